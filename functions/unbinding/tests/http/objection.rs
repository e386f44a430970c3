//! "This was not us."

use adapters::ports::Clock as _;
use contract::error::ErrorCode;
use contract::unbinding::{ObjectionKind, ObjectionView, RecoveryView};
use domain::company::CompanyEventKind;
use domain::ids::InviteId;
use domain::notice::AccountNotice;
use domain::recovery::RecoveryState;
use domain::work::SecretLink;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;
use testkit::orders;
use testkit::web::Answer;

use crate::stage::{HERE, Stage};

async fn show(stage: &Stage, token: &str) -> Answer {
    let body = json!({ "token": token });
    stage
        .stranger(HERE)
        .post_json("/api/objections", &body)
        .await
}

async fn object(stage: &Stage, token: &str) -> Answer {
    let body = json!({ "token": token });
    let client = stage.stranger(HERE);
    client.post_json("/api/objections/confirm", &body).await
}

/// covers: R30
#[tokio::test]
async fn the_link_takes_an_unbinding_back() {
    let stage = Stage::new().await;
    let company = stage.bound(1).await;
    stage.unbind(1).await;
    // Whoever unbound it got in, five days go by.
    stage.advance(5 * 24 * 60);
    let intruder = stage.session_of(1).await;
    assert!(!stage.company(1).await.is_frozen(stage.world.clock.now()));
    let token = stage.link(AccountNotice::Unbound).await;

    let view: ObjectionView = show(&stage, &token).await.json();
    assert_eq!(view.kind, ObjectionKind::Unbinding);
    assert_eq!(view.company_name, company.name);
    assert!(!stage.is_bound(1).await, "looking changes nothing");

    object(&stage, &token).await.done();
    assert!(stage.is_bound(1).await);
    assert!(!stage.is_open(1, &intruder).await);
    let now = stage.world.clock.now();
    let company = stage.company(1).await;
    assert_eq!(
        company.frozen_until,
        Some(now + SignedDuration::from_hours(24))
    );
    let events = [
        CompanyEventKind::Unbound,
        CompanyEventKind::UnbindingDisputed,
    ];
    assert_eq!(stage.history(1).await, events);
    let told = stage.told(AccountNotice::UnbindingDisputed);
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|message| message.link.is_none()));

    // Once.
    object(&stage, &token).await.refused(ErrorCode::LinkExpired);
    show(&stage, &token).await.refused(ErrorCode::LinkExpired);
    assert_eq!(stage.history(1).await, events);
}

/// covers: R30
#[tokio::test]
async fn a_link_lives_a_week() {
    let stage = Stage::new().await;
    stage.bound(1).await;
    stage.unbind(1).await;
    let token = stage.link(AccountNotice::Unbound).await;
    stage.advance(7 * 24 * 60 - 1);
    show(&stage, &token).await.json::<ObjectionView>();
    stage.advance(1);
    show(&stage, &token).await.refused(ErrorCode::LinkExpired);
    object(&stage, &token).await.refused(ErrorCode::LinkExpired);
    assert!(!stage.is_bound(1).await);
}

#[tokio::test]
async fn a_link_that_we_did_not_send_is_expired() {
    let stage = Stage::new().await;
    stage.bound(1).await;
    stage.unbind(1).await;
    let token = stage.link(AccountNotice::Unbound).await;
    let (id, secret) = token.split_once('.').unwrap();
    let invite = SecretLink::Invite {
        id: InviteId::from_ulid(&orders::ulid(1)),
    };
    let forged = [
        String::new(),
        id.to_owned(),
        format!("{id}."),
        format!("{id}.{}", secret.chars().rev().collect::<String>()),
        format!("{}.{secret}", id.replace(char::is_numeric, "0")),
        stage.world.token(&invite).await,
    ];
    for token in forged {
        show(&stage, &token).await.refused(ErrorCode::LinkExpired);
        object(&stage, &token).await.refused(ErrorCode::LinkExpired);
    }
    assert!(!stage.is_bound(1).await);
}

#[tokio::test]
async fn one_link_used_twice_at_once_counts_once() {
    let stage = Stage::new().await;
    stage.bound(1).await;
    stage.unbind(1).await;
    let token = stage.link(AccountNotice::Unbound).await;
    let (first, second) = tokio::join!(object(&stage, &token), object(&stage, &token));
    let done = [&first, &second].map(|answer| answer.status == StatusCode::NO_CONTENT);
    assert_ne!(done[0], done[1]);
    assert_eq!(stage.history(1).await.len(), 2);
    assert_eq!(stage.told(AccountNotice::UnbindingDisputed).len(), 2);
}

/// covers: R30
#[tokio::test]
async fn the_old_contact_stops_a_recovery() {
    let stage = Stage::new().await;
    let company = stage.bound(1).await;
    let (applicant, id) = stage.waiting(1).await;
    let token = stage.link(AccountNotice::RecoveryWaiting).await;
    stage.advance(24 * 60 - 1);
    let view: ObjectionView = show(&stage, &token).await.json();
    assert_eq!(view.kind, ObjectionKind::Recovery);
    assert_eq!(view.company_name, company.name);

    object(&stage, &token).await.done();
    let seen: RecoveryView = applicant.get("/api/recovery").await.json();
    assert_eq!(seen.state, RecoveryState::Objected);
    let told = stage.told(AccountNotice::RecoveryObjected);
    let mut to: Vec<&str> = told
        .iter()
        .map(|message| message.target.to.as_str())
        .collect();
    to.sort_unstable();
    assert_eq!(to, ["13900139000", "han.meimei@example.cn"]);
    object(&stage, &token).await.refused(ErrorCode::LinkExpired);
    // Nothing comes of it any more.
    stage.advance(60);
    assert!(!stage.complete(&id).await.unwrap());
    assert_eq!(stage.company(1).await, company);
    assert!(stage.is_bound(1).await);
    stage
        .decide(13, &id, true)
        .await
        .refused(ErrorCode::NotInThisState);
}

/// covers: R30
#[tokio::test]
async fn after_a_day_or_after_the_change_it_is_too_late_to_object() {
    let stage = Stage::new().await;
    stage.bound(1).await;
    let (_, id) = stage.waiting(1).await;
    let token = stage.link(AccountNotice::RecoveryWaiting).await;
    stage.advance(24 * 60);
    show(&stage, &token).await.refused(ErrorCode::LinkExpired);
    object(&stage, &token).await.refused(ErrorCode::LinkExpired);
    assert!(stage.complete(&id).await.unwrap());
    let objection = stage.objection(AccountNotice::RecoveryWaiting).await;
    assert!(objection.used_at.is_some(), "void");
    object(&stage, &token).await.refused(ErrorCode::LinkExpired);
    assert_eq!(stage.recovery(&id).await.state, RecoveryState::Done);
}

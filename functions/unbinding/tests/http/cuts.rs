//! The power goes out at each write; whoever tries again finds all of it or nothing.

use std::sync::Arc;

use domain::ids::{CodeId, RecoveryId};
use domain::notice::AccountNotice;
use domain::recovery::RecoveryState;
use http::StatusCode;
use serde_json::{Value, json};
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::Client;

use crate::stage::{HERE, Stage, application};

/// Does a deed with the power going out at each of its writes, on either side, shortly and for long.
/// `prepare` brings the world there, `deed` is tried, and tried again after a cut; `check` looks at what came
/// of it, with whether the second try said that it worked.
async fn cut_everywhere<P, D: AsyncFn(&Stage, &P) -> bool>(
    prepare: impl AsyncFn(&Stage) -> P,
    deed: D,
    check: impl AsyncFn(&Stage, &P),
) {
    let calm = Stage::new().await;
    let prepared = prepare(&calm).await;
    let before = calm.world.power.writes();
    assert!(deed(&calm, &prepared).await);
    check(&calm, &prepared).await;
    let writes = calm.world.power.writes();
    assert!(writes > before, "a deed writes");
    for number in before + 1..=writes {
        for moment in [Moment::Before, Moment::After] {
            for length in [Length::Outage, Length::Flicker] {
                let power = PowerCut::at(number, moment, length);
                let stage = Stage::with_power(Arc::clone(&power)).await;
                let prepared = prepare(&stage).await;
                assert_eq!(power.struck(), None, "too early");
                let first = deed(&stage, &prepared).await;
                assert!(power.struck().is_some(), "write {number}");
                power.restore();
                if !first {
                    let again = deed(&stage, &prepared).await;
                    // What was written and not told is there; trying again may find it done.
                    assert!(again || moment == Moment::After, "{:?}", power.struck());
                }
                check(&stage, &prepared).await;
            }
        }
    }
}

#[tokio::test]
async fn an_unbinding_is_whole() {
    let prepare = async |stage: &Stage| -> CodeId {
        stage.bound(1).await;
        stage.asked(1).await
    };
    let deed = async |stage: &Stage, code: &CodeId| {
        let digits = stage.world.digits(code).await;
        let client = stage.stranger(HERE);
        let answer = stage.type_code(&client, code, &digits).await;
        answer.status == StatusCode::NO_CONTENT
    };
    cut_everywhere(prepare, deed, async |stage, _| {
        assert!(!stage.is_bound(1).await);
        assert_eq!(stage.history(1).await.len(), 1);
        assert_eq!(stage.user(1).await.epoch, 1);
        assert_eq!(stage.world.store.count("OBJECTION#"), 1);
        assert_eq!(stage.told(AccountNotice::Unbound).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn taking_it_back_is_whole() {
    let prepare = async |stage: &Stage| {
        stage.bound(1).await;
        stage.unbind(1).await;
        stage.link(AccountNotice::Unbound).await
    };
    let deed = async |stage: &Stage, token: &String| {
        let client = stage.stranger(HERE);
        let body = json!({ "token": token });
        let answer = client.post_json("/api/objections/confirm", &body).await;
        answer.status == StatusCode::NO_CONTENT
    };
    cut_everywhere(prepare, deed, async |stage, _| {
        assert!(stage.is_bound(1).await);
        assert_eq!(stage.history(1).await.len(), 2);
        assert_eq!(stage.user(1).await.epoch, 2);
        assert_eq!(stage.told(AccountNotice::UnbindingDisputed).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn confirming_a_new_contact_is_whole() {
    let prepare = async |stage: &Stage| -> (Client, Value, RecoveryId) {
        let client = stage.stranger(HERE);
        let (client, view) = stage.begin(&client, &application(1)).await;
        let codes = stage.codes_of(&view).await;
        (client, codes, view.id)
    };
    let deed = async |_: &Stage, (client, codes, _): &(Client, Value, RecoveryId)| {
        let answer = client.post_json("/api/recovery/confirm", codes).await;
        answer.status == StatusCode::OK
    };
    cut_everywhere(prepare, deed, async |stage, (_, _, id)| {
        assert!(stage.recovery(id).await.confirmed_at.is_some());
    })
    .await;
}

#[tokio::test]
async fn handing_in_is_whole() {
    let prepare = async |stage: &Stage| -> (Client, Value, RecoveryId) {
        let (client, view) = stage.confirmed(1).await;
        let papers = stage.papers(&client).await;
        (client, papers, view.id)
    };
    let deed = async |_: &Stage, (client, papers, _): &(Client, Value, RecoveryId)| {
        let answer = client.post_json("/api/recovery/submit", papers).await;
        answer.status == StatusCode::OK
    };
    cut_everywhere(prepare, deed, async |stage, (_, _, id)| {
        let recovery = stage.recovery(id).await;
        assert_eq!(recovery.state, RecoveryState::Submitted);
        assert_eq!(recovery.papers.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn the_second_agreement_is_whole() {
    let prepare = async |stage: &Stage| -> (Client, RecoveryId) {
        stage.bound(1).await;
        let (_, id) = stage.handed_in(1).await;
        stage.decide(11, &id, true).await;
        (stage.reviewer(12).await, id)
    };
    let deed = async |_: &Stage, (reviewer, id): &(Client, RecoveryId)| {
        let path = format!("/api/console/recoveries/{id}/decide");
        let answer = reviewer.post_json(&path, &json!({"approve": true})).await;
        answer.status == StatusCode::OK
    };
    cut_everywhere(prepare, deed, async |stage, (_, id)| {
        let recovery = stage.recovery(id).await;
        assert_eq!(recovery.state, RecoveryState::Waiting);
        assert_eq!(recovery.decisions.len(), 2);
        assert_eq!(stage.world.store.count("OBJECTION#"), 1);
        assert_eq!(stage.told(AccountNotice::RecoveryWaiting).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn setting_the_new_contact_is_whole() {
    let prepare = async |stage: &Stage| -> RecoveryId {
        stage.bound(1).await;
        let (_, id) = stage.waiting(1).await;
        stage.advance(24 * 60);
        id
    };
    let deed = async |stage: &Stage, id: &RecoveryId| stage.complete(id).await.unwrap_or(false);
    cut_everywhere(prepare, deed, async |stage, id| {
        assert_eq!(stage.recovery(id).await.state, RecoveryState::Done);
        assert_eq!(stage.company(1).await.contact.mobile, "13900139000");
        assert_eq!(stage.user(1).await.mobile, "13900139000");
        assert!(!stage.is_bound(1).await);
        assert_eq!(stage.history(1).await.len(), 1);
        assert_eq!(stage.told(AccountNotice::RecoveryDone).len(), 2);
        assert_eq!(stage.told(AccountNotice::ContactChanged).len(), 2);
        assert_eq!(stage.world.store.count("CONTACT#"), 1);
    })
    .await;
}

//! 邮箱或手机已停用: papers, two reviewers, a day to object, a new contact.

use adapters::ports::Clock as _;
use adapters::registry;
use contract::error::{ErrorCode, FieldCode};
use contract::qualification::{RecoveryDetail, RecoveryQueue};
use contract::unbinding::RecoveryView;
use domain::actor::Role;
use domain::audit::AuditEntry;
use domain::company::CompanyEventKind;
use domain::ids::RecoveryId;
use domain::notice::AccountNotice;
use domain::recovery::RecoveryState;
use domain::work::Message;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders;

use crate::stage::{HERE, PAPERS, Stage, all_items, application};

fn receivers(told: &[Message]) -> Vec<&str> {
    let mut to: Vec<&str> = told
        .iter()
        .map(|message| message.target.to.as_str())
        .collect();
    to.sort_unstable();
    to
}

async fn audit(stage: &Stage, who: u32) -> Vec<(String, String)> {
    let chain = registry::audit_chain(&orders::staff(who));
    let entries: Vec<AuditEntry> = stage
        .world
        .registry()
        .load_all(&chain, registry::AUDIT_ENTRIES)
        .await
        .unwrap();
    let entry = |entry: AuditEntry| (entry.action, entry.subject);
    entries.into_iter().map(entry).collect()
}

/// covers: R30
#[tokio::test]
async fn the_whole_road_for_a_lost_mailbox() {
    let stage = Stage::new().await;
    let company = stage.bound(1).await;
    let session = stage.session_of(1).await;
    let stranger = stage.stranger(HERE);
    stranger
        .get("/api/recovery")
        .await
        .refused(ErrorCode::NotFound);

    // The new contact, confirmed by two codes.
    let (client, view) = stage.begin(&stranger, &application(1)).await;
    assert_eq!(view.state, RecoveryState::Draft);
    assert!(!view.confirmed);
    assert_eq!(view.contact.name, "韩**");
    assert_eq!(view.contact.mobile, "139****9000");
    assert_eq!(view.contact.mail, "h****@example.cn");
    stage.world.work_off().await;
    let codes = stage.codes_of(&view).await;
    let sms = stage.world.sms.sent();
    assert_eq!(sms.len(), 1);
    assert_eq!(sms[0].mobile, "13900139000");
    assert!(
        sms[0]
            .values
            .iter()
            .any(|(_, value)| codes["mobile_code"] == json!(value))
    );
    let mails = stage.world.mail.sent();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "han.meimei@example.cn");
    assert!(mails[0].text.contains(codes["mail_code"].as_str().unwrap()));
    stage
        .announce(&client, PAPERS[0])
        .await
        .refused(ErrorCode::NotInThisState);
    let view: RecoveryView = client
        .post_json("/api/recovery/confirm", &codes)
        .await
        .json();
    assert!(view.confirmed);
    assert!(view.mobile_code.is_none() && view.mail_code.is_none());

    // Three papers.
    let early = client
        .post_json("/api/recovery/submit", &json!({"papers": []}))
        .await;
    early.refused(ErrorCode::PapersMissing);
    let papers = stage.papers(&client).await;
    let view: RecoveryView = client.get("/api/recovery").await.json();
    assert_eq!(view.papers.len(), 3, "a page loaded anew shows them");
    let answer = client.post_json("/api/recovery/submit", &papers).await;
    let view: RecoveryView = answer.json();
    assert_eq!(view.state, RecoveryState::Submitted);
    let again = client.post_json("/api/recovery/submit", &papers).await;
    assert_eq!(again.json::<RecoveryView>().submitted_at, view.submitted_at);
    let id = view.id;

    // Two reviewers.
    let reviewer = stage.reviewer(11).await;
    let queue: RecoveryQueue = reviewer.get("/api/console/recoveries").await.json();
    assert_eq!(queue.recoveries.len(), 1);
    assert_eq!(queue.recoveries[0].recovery, id);
    let path = format!("/api/console/recoveries/{id}");
    let detail: RecoveryDetail = reviewer.get(&path).await.json();
    assert_eq!(detail.contact.mail, "han.meimei@example.cn");
    assert_eq!(detail.papers.len(), 3);
    assert!(detail.papers.iter().all(|paper| paper.pages.len() == 1));
    let on_record = detail.company.unwrap();
    assert_eq!(on_record.company, company.id);
    assert_eq!(on_record.contact, company.contact);
    let detail: RecoveryDetail = stage.decide(11, &id, true).await.json();
    assert_eq!(detail.state, RecoveryState::Submitted);
    assert_eq!((detail.row.approvals, detail.row.decided_by_me), (1, true));
    assert_eq!(detail.decisions[0].staff_name, "员工11");
    stage
        .decide(11, &id, true)
        .await
        .refused(ErrorCode::SecondPerson);
    stage
        .decide(11, &id, false)
        .await
        .refused(ErrorCode::SecondPerson);
    assert!(stage.told(AccountNotice::RecoveryWaiting).is_empty());
    let detail: RecoveryDetail = stage.decide(12, &id, true).await.json();
    assert_eq!(detail.state, RecoveryState::Waiting);
    let now = stage.world.clock.now();
    let until = now + SignedDuration::from_hours(24);
    assert_eq!(detail.object_until, Some(until));
    let queue: RecoveryQueue = reviewer.get("/api/console/recoveries").await.json();
    assert!(queue.recoveries.is_empty());
    stage
        .decide(13, &id, true)
        .await
        .refused(ErrorCode::NotInThisState);

    // The old contact is told and says nothing for a day.
    let told = stage.told(AccountNotice::RecoveryWaiting);
    assert_eq!(receivers(&told), ["13800138000", "li.lei.1@example.cn"]);
    assert!(told.iter().all(|message| message.link.is_some()));
    let view: RecoveryView = client.get("/api/recovery").await.json();
    assert_eq!(view.object_until, Some(until));
    stage.advance(24 * 60 - 1);
    assert!(due(&stage).await.is_empty());
    assert!(!stage.complete(&id).await.unwrap());
    assert_eq!(stage.company(1).await, company);
    stage.advance(1);
    assert_eq!(due(&stage).await, std::slice::from_ref(&id));

    // The new contact is set, and the company unbound.
    assert!(stage.complete(&id).await.unwrap());
    assert!(!stage.complete(&id).await.unwrap(), "once");
    assert!(due(&stage).await.is_empty());
    let now = stage.world.clock.now();
    let company = stage.company(1).await;
    assert_eq!(company.contact.mobile, "13900139000");
    assert_eq!(company.contact.mail, "han.meimei@example.cn");
    assert_eq!(company.unbound_at, Some(now));
    assert_eq!(
        company.frozen_until,
        Some(now + SignedDuration::from_hours(24))
    );
    assert!(!stage.is_bound(1).await);
    assert!(!stage.is_open(1, &session).await);
    assert_eq!(stage.history(1).await, [CompanyEventKind::Recovered]);
    assert_eq!(
        receivers(&stage.told(AccountNotice::RecoveryDone)),
        ["13900139000", "han.meimei@example.cn"]
    );
    assert_eq!(
        receivers(&stage.told(AccountNotice::ContactChanged)),
        ["13800138000", "li.lei.1@example.cn"]
    );
    let view: RecoveryView = client.get("/api/recovery").await.json();
    assert_eq!(view.state, RecoveryState::Done);

    // Company name and mobile number are what a forgotten password asks for (R53).
    let user = stage.user(1).await;
    assert_eq!(
        (user.name.as_str(), user.mobile.as_str()),
        ("韩梅梅", "13900139000")
    );
    assert_eq!(user.id, company.main_user);
    // And the new mailbox is what unbinding asks for.
    let mut items = all_items(1);
    items["mail"] = json!("han.meimei@example.cn");
    items["mobile"] = json!("13900139000");
    items["contact_name"] = json!("韩梅梅");
    stage
        .ask(&stranger, &items)
        .await
        .json::<contract::account::CodeSent>();
    let codes = stage.world.store.everything();
    assert_eq!(codes.matches("\"unbinding\"").count(), 1);
    stage.world.work_off().await;
    assert_eq!(
        stage.world.mail.sent().last().unwrap().to,
        "han.meimei@example.cn"
    );
}

async fn due(stage: &Stage) -> Vec<RecoveryId> {
    let now = stage.world.clock.now();
    edge::recoveries::due(stage.world.registry(), now, 10)
        .await
        .unwrap()
}

/// covers: R30
#[tokio::test]
async fn only_the_lost_one_of_mailbox_and_number_is_told_as_the_old_contact() {
    let stage = Stage::new().await;
    let company = stage.known(1).await;
    let mut body = application(1);
    body["contact"]["mobile"] = json!(company.contact.mobile);
    let stranger = stage.stranger(HERE);
    let (client, view) = stage.begin(&stranger, &body).await;
    let codes = stage.codes_of(&view).await;
    client
        .post_json("/api/recovery/confirm", &codes)
        .await
        .json::<RecoveryView>();
    let papers = stage.papers(&client).await;
    client
        .post_json("/api/recovery/submit", &papers)
        .await
        .json::<RecoveryView>();
    stage
        .decide(11, &view.id, true)
        .await
        .json::<RecoveryDetail>();
    stage
        .decide(12, &view.id, true)
        .await
        .json::<RecoveryDetail>();
    stage.advance(24 * 60);
    assert!(stage.complete(&view.id).await.unwrap());
    let told = stage.told(AccountNotice::ContactChanged);
    assert_eq!(receivers(&told), ["li.lei.1@example.cn"]);
}

/// covers: R30
#[tokio::test]
async fn nobody_learns_whether_a_company_fits() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let mut other_name = application(1);
    other_name["company_name"] = json!("南京别的公司");
    let mut seen = Vec::new();
    for (body, fits) in [
        (application(1), true),
        (other_name, false),
        (application(2), false),
    ] {
        stage.advance(30);
        let stranger = stage.stranger(HERE);
        let store = &stage.world.store;
        let parts = ["RECOVERY#", "RECOVERYCOOKIE#", "CODE#"];
        let before = parts.map(|part| store.count(part));
        let (work, log) = (store.all_work().len(), stage.world.power.log().len());
        let answer = stage.try_begin(&stranger, &body).await;
        let client = stranger.after(&answer);
        let view: RecoveryView = answer.json();
        assert_eq!(stage.recovery(&view.id).await.company.is_some(), fits);
        let grown: Vec<usize> = (0..3)
            .map(|part| store.count(parts[part]) - before[part])
            .collect();
        let work = store.all_work().len() - work;
        let log = stage.world.power.log()[log..].to_vec();
        let codes = stage.codes_of(&view).await;
        let confirmed = client.post_json("/api/recovery/confirm", &codes).await;
        let papers = stage.papers(&client).await;
        let submitted = client.post_json("/api/recovery/submit", &papers).await;
        let bare = |answer: &testkit::web::Answer| {
            let mut body = answer.without_request_id();
            for field in [
                "id",
                "company_name",
                "credit_code",
                "mobile_code",
                "mail_code",
                "papers",
                "created_at",
                "submitted_at",
            ] {
                body[field] = Value::Null;
            }
            body
        };
        seen.push((
            grown,
            work,
            log,
            [&answer, &confirmed, &submitted].map(bare),
        ));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    assert_eq!(seen[0].0, [1, 1, 2]);
}

/// covers: R30
#[tokio::test]
async fn what_fits_no_company_can_only_be_refused() {
    let stage = Stage::new().await;
    let (client, id) = stage.handed_in(1).await;
    let reviewer = stage.reviewer(11).await;
    let path = format!("/api/console/recoveries/{id}");
    let detail: RecoveryDetail = reviewer.get(&path).await.json();
    assert!(detail.company.is_none());
    let problem = stage.decide(11, &id, true).await.wrong_fields(&["approve"]);
    assert_eq!(problem.errors[0].code, FieldCode::NotOffered);
    stage.decide(11, &id, false).await.json::<RecoveryDetail>();
    let view: RecoveryView = client.get("/api/recovery").await.json();
    assert_eq!(view.state, RecoveryState::Refused);
}

/// covers: R30
#[tokio::test]
async fn one_refusal_ends_it_and_the_applicant_reads_why() {
    let stage = Stage::new().await;
    let company = stage.known(1).await;
    let (client, id) = stage.handed_in(1).await;
    stage.decide(11, &id, true).await.json::<RecoveryDetail>();
    let path = format!("/api/console/recoveries/{id}/decide");
    let second = stage.reviewer(12).await;
    let bare = second
        .post_json(&path, &json!({"approve": false, "note": " "}))
        .await;
    bare.wrong_fields(&["note"]);
    let long = json!({"approve": true, "note": "长".repeat(501)});
    second.post_json(&path, &long).await.wrong_fields(&["note"]);
    let detail: RecoveryDetail = stage.decide(12, &id, false).await.json();
    assert_eq!(detail.state, RecoveryState::Refused);
    assert_eq!(detail.decisions.len(), 2);
    let view: RecoveryView = client.get("/api/recovery").await.json();
    assert_eq!(view.refused_because, "授权书未盖章");
    let told = stage.told(AccountNotice::RecoveryRefused);
    assert_eq!(receivers(&told), ["13900139000", "han.meimei@example.cn"]);
    assert!(told.iter().all(|message| message.note == "授权书未盖章"));
    assert!(stage.told(AccountNotice::RecoveryWaiting).is_empty());
    stage.advance(48 * 60);
    assert!(!stage.complete(&id).await.unwrap());
    assert_eq!(stage.company(1).await, company);
    // From the same browser, anew.
    let (client, next) = stage.begin(&client, &application(1)).await;
    assert_ne!(next.id, id);
    let view: RecoveryView = client.get("/api/recovery").await.json();
    assert_eq!(view.id, next.id);
}

/// covers: R30
#[tokio::test]
async fn both_codes_are_right_or_none_is_used() {
    let stage = Stage::new().await;
    let stranger = stage.stranger(HERE);
    let (client, view) = stage.begin(&stranger, &application(1)).await;
    let right = stage.codes_of(&view).await;
    let path = "/api/recovery/confirm";
    let empty = json!({"mobile_code": "", "mail_code": " "});
    let answer = client.post_json(path, &empty).await;
    answer.wrong_fields(&["mobile_code", "mail_code"]);
    for wrong in [
        &["mobile_code"][..],
        &["mail_code"],
        &["mobile_code", "mail_code"],
    ] {
        let mut codes = right.clone();
        for field in wrong {
            codes[field] = json!("12345x");
        }
        let problem = client
            .post_json(path, &codes)
            .await
            .refused(ErrorCode::CodeWrong);
        let named: Vec<&str> = problem.errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(named, wrong);
        assert!(stage.recovery(&view.id).await.confirmed_at.is_none());
    }
    let done: RecoveryView = client.post_json(path, &right).await.json();
    assert!(done.confirmed);
    // The answer was lost.
    let again: RecoveryView = client.post_json(path, &right).await.json();
    assert!(again.confirmed);
}

/// covers: R30
#[tokio::test]
async fn each_code_lives_five_tries_and_ten_minutes_and_can_be_sent_again() {
    let stage = Stage::new().await;
    let stranger = stage.stranger(HERE);
    let (client, view) = stage.begin(&stranger, &application(1)).await;
    let first = stage.codes_of(&view).await;
    let mut wrong = first.clone();
    wrong["mail_code"] = json!("12345x");
    for _ in 0..5 {
        let answer = client.post_json("/api/recovery/confirm", &wrong).await;
        answer.refused(ErrorCode::CodeWrong);
    }
    let tired = client.post_json("/api/recovery/confirm", &first).await;
    tired.refused(ErrorCode::CodeWrong);
    let view: RecoveryView = client.get("/api/recovery").await.json();
    assert!(view.mail_code.is_none(), "it cannot be used");
    assert!(view.mobile_code.is_some());
    let resend = async |client: &testkit::web::Client| {
        let body = json!({"human": stage.world.solved(client).await});
        client.post_json("/api/recovery/codes", &body).await
    };
    let view: RecoveryView = resend(&client).await.json();
    let second = stage.codes_of(&view).await;
    stage.advance(10);
    let late = client.post_json("/api/recovery/confirm", &second).await;
    late.refused(ErrorCode::CodeWrong);
    let view: RecoveryView = resend(&client).await.json();
    let third = stage.codes_of(&view).await;
    let old = client.post_json("/api/recovery/confirm", &second).await;
    old.refused(ErrorCode::CodeWrong);
    client
        .post_json("/api/recovery/confirm", &third)
        .await
        .json::<RecoveryView>();
    resend(&client).await.refused(ErrorCode::NotInThisState);
}

#[tokio::test]
async fn nobody_is_flooded_with_codes() {
    let stage = Stage::new().await;
    for address in 0..5 {
        let stranger = stage.stranger(&format!("192.0.2.{address}"));
        stage.begin(&stranger, &application(address)).await;
    }
    let stranger = stage.stranger(HERE);
    let answer = stage.try_begin(&stranger, &application(1)).await;
    let problem = answer.refused(ErrorCode::TooManyRequests);
    assert_eq!(problem.retry_after, Some(600));
    assert_eq!(stage.world.store.count("RECOVERY#"), 5);
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let stage = Stage::new().await;
    let stranger = stage.stranger(HERE);
    let code = orders::credit_code(1);
    let last = if code.as_str().ends_with('0') {
        "1"
    } else {
        "0"
    };
    let body = json!({
        "storefront": "bazaar",
        "company_name": " ",
        "credit_code": format!("{}{last}", &code.as_str()[..17]),
        "contact": {"name": "", "mobile": "12", "mail": "x"},
        "consent": "2025-01",
    });
    let answer = stage.try_begin(&stranger, &body).await;
    let fields = [
        "storefront",
        "company_name",
        "credit_code",
        "contact.name",
        "contact.mobile",
        "contact.mail",
        "consent",
    ];
    let problem = answer.wrong_fields(&fields);
    assert_eq!(problem.errors[2].code, FieldCode::CheckCharacter);
    assert_eq!(stage.world.store.count("RECOVERY#"), 0);
}

#[tokio::test]
async fn an_application_is_its_browser_s_for_thirty_days() {
    let stage = Stage::new().await;
    let (client, _) = stage.confirmed(1).await;
    let other = stage.stranger(HERE);
    for path in ["/api/recovery/confirm", "/api/recovery/submit"] {
        let body = if path.ends_with("confirm") {
            json!({"mobile_code": "1", "mail_code": "1"})
        } else {
            json!({"papers": []})
        };
        other
            .post_json(path, &body)
            .await
            .refused(ErrorCode::NotFound);
    }
    other
        .get("/api/recovery")
        .await
        .refused(ErrorCode::NotFound);
    stage
        .announce(&other, PAPERS[0])
        .await
        .refused(ErrorCode::NotFound);
    // What stands in the table does not open it.
    let token = client.cookie_value(edge::cookie::RECOVERY).unwrap();
    assert!(!stage.world.store.everything().contains(&token));
    let hash = edge::cookie::token_hash(&token);
    let thief = other.cookie(format!("{}={hash}", edge::cookie::RECOVERY));
    thief
        .get("/api/recovery")
        .await
        .refused(ErrorCode::NotFound);
    stage.advance(30 * 24 * 60 - 1);
    client.get("/api/recovery").await.json::<RecoveryView>();
    stage.advance(1);
    client
        .get("/api/recovery")
        .await
        .refused(ErrorCode::NotFound);
}

#[tokio::test]
async fn only_its_own_files_that_have_come_are_handed_in() {
    let stage = Stage::new().await;
    let (client, _) = stage.confirmed(1).await;
    let (other, _) = stage.confirmed(2).await;
    let mut foreign = stage.papers(&client).await;
    foreign["papers"][2] = json!(stage.upload(&other, PAPERS[2]).await);
    let answer = client.post_json("/api/recovery/submit", &foreign).await;
    answer.wrong_fields(&["papers.2"]);
    let mut two = stage.papers(&client).await;
    two["papers"].as_array_mut().unwrap().pop();
    let answer = client.post_json("/api/recovery/submit", &two).await;
    answer.refused(ErrorCode::PapersMissing);
    let view: contract::upload::PaperUploadView = stage.announce(&client, PAPERS[2]).await.json();
    two["papers"]
        .as_array_mut()
        .unwrap()
        .push(json!(view.paper));
    let answer = client.post_json("/api/recovery/submit", &two).await;
    answer.refused(ErrorCode::PaperNotUploaded);
    let wrong = stage.announce(&client, "passport").await;
    wrong.refused(ErrorCode::MalformedRequest);
}

/// covers: R30
#[tokio::test]
async fn only_reviewers_look_and_every_look_is_in_the_audit() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let (_, draft) = stage.confirmed(2).await;
    let (_, id) = stage.handed_in(1).await;
    let path = format!("/api/console/recoveries/{id}");
    let maker = stage
        .world
        .as_staff(&stage.desk, 21, &[Role::Maker, Role::Admin])
        .await;
    for path in ["/api/console/recoveries", &path] {
        maker.get(path).await.refused(ErrorCode::Forbidden);
        let nobody = stage.world.visitor(&stage.desk, HERE);
        nobody.get(path).await.refused(ErrorCode::LoginRequired);
    }
    let reviewer = stage.reviewer(11).await;
    let unseen = format!("/api/console/recoveries/{}", draft.id);
    reviewer.get(&unseen).await.refused(ErrorCode::NotFound);
    stage
        .decide(11, &draft.id, true)
        .await
        .refused(ErrorCode::NotFound);
    for _ in 0..2 {
        reviewer.get(&path).await.json::<RecoveryDetail>();
    }
    stage.decide(11, &id, true).await.json::<RecoveryDetail>();
    stage.decide(12, &id, false).await.json::<RecoveryDetail>();
    let subject = format!("recovery {id}");
    let entry = |action: &str| (action.to_owned(), subject.clone());
    let mine = [
        entry("recovery_seen"),
        entry("recovery_seen"),
        entry("recovery_approved"),
    ];
    assert_eq!(audit(&stage, 11).await, mine);
    assert_eq!(audit(&stage, 12).await, [entry("recovery_refused")]);
    assert!(audit(&stage, 21).await.is_empty());
}

#[tokio::test]
async fn nobody_decides_about_a_contact_of_their_own() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let (_, id) = stage.handed_in(1).await;
    stage
        .change(1, |company| {
            company.contact.mail = "Staff.11@sealkey.example".to_owned();
        })
        .await;
    stage
        .decide(11, &id, true)
        .await
        .refused(ErrorCode::OwnCompany);
    stage.decide(12, &id, true).await.json::<RecoveryDetail>();

    let mut body = application(2);
    body["contact"]["mail"] = json!("staff.13@sealkey.example");
    body["contact"]["mobile"] = json!("13700137000");
    stage.known(2).await;
    stage.advance(30);
    let (client, view) = stage.begin(&stage.stranger(HERE), &body).await;
    let codes = stage.codes_of(&view).await;
    client
        .post_json("/api/recovery/confirm", &codes)
        .await
        .json::<RecoveryView>();
    let papers = stage.papers(&client).await;
    client
        .post_json("/api/recovery/submit", &papers)
        .await
        .json::<RecoveryView>();
    stage
        .decide(13, &view.id, true)
        .await
        .refused(ErrorCode::OwnCompany);
    stage
        .decide(12, &view.id, true)
        .await
        .json::<RecoveryDetail>();
}

#[tokio::test]
async fn two_who_agree_at_once_are_two_and_one_who_agrees_twice_is_one() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let (_, id) = stage.handed_in(1).await;
    stage.reviewer(11).await;
    let path = format!("/api/console/recoveries/{id}/decide");
    let body = json!({"approve": true});
    let one = stage.reviewer(11).await;
    let (first, second) = tokio::join!(one.post_json(&path, &body), one.post_json(&path, &body));
    let done = [&first, &second].map(|answer| answer.status == StatusCode::OK);
    assert_ne!(done[0], done[1]);
    assert_eq!(stage.recovery(&id).await.decisions.len(), 1);

    let (_, id) = {
        stage.known(2).await;
        stage.advance(30);
        stage.handed_in(2).await
    };
    let path = format!("/api/console/recoveries/{id}/decide");
    let (two, three) = (stage.reviewer(12).await, stage.reviewer(13).await);
    let (first, second) = tokio::join!(two.post_json(&path, &body), three.post_json(&path, &body));
    first.json::<RecoveryDetail>();
    second.json::<RecoveryDetail>();
    assert_eq!(stage.recovery(&id).await.state, RecoveryState::Waiting);
    assert_eq!(stage.told(AccountNotice::RecoveryWaiting).len(), 2);
    assert_eq!(stage.world.store.count("OBJECTION#"), 1);
}

/// covers: R30
#[tokio::test]
async fn a_company_that_changes_at_the_same_time_gets_its_new_contact_all_the_same() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let (_, id) = stage.waiting(1).await;
    stage.advance(24 * 60);
    let (done, also, _) = tokio::join!(
        stage.complete(&id),
        stage.complete(&id),
        stage.change(1, |company| company.phone = "025-1".to_owned()),
    );
    assert_ne!(done.unwrap(), also.unwrap());
    let company = stage.company(1).await;
    assert_eq!(company.phone, "025-1");
    assert_eq!(company.contact.mobile, "13900139000");
    assert_eq!(stage.history(1).await, [CompanyEventKind::Recovered]);
    assert_eq!(stage.told(AccountNotice::RecoveryDone).len(), 2);
}

/// The order service takes registrations before it sells anything; its companies lose mailboxes too.
#[tokio::test]
async fn the_road_is_open_in_every_storefront() {
    let stage = Stage::new().await;
    stage.world.company(1).await;
    for (place, storefront) in (1..).zip(["mall", "counter"]) {
        let client = stage.stranger(&format!("198.51.100.{place}"));
        let mut body = application(1);
        body["storefront"] = json!(storefront);
        let (_, view) = stage.begin(&client, &body).await;
        assert_eq!(view.state, RecoveryState::Draft, "{storefront}");
    }
}

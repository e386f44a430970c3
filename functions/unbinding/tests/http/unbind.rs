//! R28 to R30: any three items with the mailbox, a code by mail, unbound.

use adapters::ports::{Clock as _, Transaction};
use adapters::registry;
use contract::account::CodeSent;
use contract::error::{ErrorCode, FieldCode};
use domain::code::{CodePurpose, OneTimeCode, Target};
use domain::company::{Company, CompanyEventKind};
use domain::ids::{CodeId, CompanyId};
use domain::notice::{AccountNotice, Channel};
use domain::qualification::QualificationState;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders;

use crate::stage::{HERE, ITEMS, Stage, all_items, some_items};

async fn code(stage: &Stage, id: &CodeId) -> OneTimeCode {
    let registry = stage.world.registry();
    registry.load(&registry::code(id)).await.unwrap().unwrap()
}

/// Does asking with these items send a code?
async fn sends(stage: &Stage, items: &Value) -> bool {
    // Everybody of their own, and time enough for every counter.
    stage.advance(30);
    let client = stage.stranger(HERE);
    let answer = stage.ask(&client, items).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let sent: CodeSent = answer.json();
    let code = code(stage, &sent.code).await;
    assert_eq!(code.purpose, CodePurpose::Unbinding);
    assert_eq!(code.target.is_some(), code.holder.is_some());
    code.target.is_some()
}

/// covers: R29
#[tokio::test]
async fn the_mailbox_and_any_two_more_items_are_enough() {
    let stage = Stage::new().await;
    stage.known(1).await;
    stage.known(2).await;
    for (place, one) in ITEMS.iter().enumerate() {
        for other in &ITEMS[place + 1..] {
            let items = some_items(1, &[one, other]);
            assert!(sends(&stage, &items).await, "{one} {other}");
        }
    }
    assert!(sends(&stage, &some_items(1, &ITEMS)).await);
}

/// covers: R29
#[tokio::test]
async fn the_code_goes_to_the_mailbox() {
    let stage = Stage::new().await;
    let company = stage.known(1).await;
    let client = stage.stranger(HERE);
    let sent: CodeSent = stage.ask(&client, &all_items(1)).await.json();
    assert_eq!(sent.channel, Channel::Mail);
    assert_eq!(sent.to, "l****@example.cn");
    stage.world.work_off().await;
    let mails = stage.world.mail.sent();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, company.contact.mail);
    let digits = stage.world.digits(&sent.code).await;
    assert!(mails[0].text.contains(&digits));
    assert!(stage.world.sms.sent().is_empty());
    // Nobody finds the digits in the table.
    assert!(!stage.world.store.everything().contains(&digits));
}

/// covers: R29
#[tokio::test]
async fn everything_given_must_be_right() {
    let stage = Stage::new().await;
    stage.known(1).await;
    stage.known(2).await;
    let strange = json!({
        "mail": "somebody@example.cn",
        "account": "nobody-at-all",
        "contact_name": "王芳",
        "organisation_code": orders::credit_code(9).as_str(),
        "mobile": "13811112222",
        "company_name": "南京别的公司",
    });
    for item in ITEMS.into_iter().chain(["mail"]) {
        let mut items = all_items(1);
        items[item] = strange[item].clone();
        assert!(!sends(&stage, &items).await, "{item} of nobody");
        let mut items = all_items(1);
        if items[item] != all_items(2)[item] {
            items[item] = all_items(2)[item].clone();
            assert!(!sends(&stage, &items).await, "{item} of another company");
        }
    }
    assert!(
        !sends(&stage, &all_items(3)).await,
        "a company nobody knows"
    );
    assert!(sends(&stage, &all_items(1)).await);
}

/// covers: R29
#[tokio::test]
async fn names_are_compared_as_people_write_them() {
    let stage = Stage::new().await;
    let company = stage.known(1).await;
    let within = &company.credit_code.as_str()[8..17];
    let items = json!({
        "mail": " Li.Lei.1@Example.CN ",
        "account": "COMPANY-1",
        "organisation_code": format!("{}-{}", &within[..8], &within[8..]),
        "company_name": format!(" {} ", company.name),
    });
    assert!(sends(&stage, &items).await);
}

/// covers: R29
#[tokio::test]
async fn too_few_items_and_wrong_forms_are_named() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let client = stage.stranger(HERE);
    let empty = stage.ask(&client, &json!({"mail": ""})).await;
    empty.wrong_fields(&["mail", "items"]);
    let one = stage.ask(&client, &some_items(1, &["account"])).await;
    let problem = one.wrong_fields(&["items"]);
    assert_eq!(problem.errors[0].code, FieldCode::NotEnough);
    let blank = json!({"mail": "a@b.cn", "account": "x", "mobile": "  "});
    stage.ask(&client, &blank).await.wrong_fields(&["items"]);
    let mut wrong = all_items(1);
    wrong["mail"] = json!("no address");
    wrong["mobile"] = json!("12345");
    wrong["organisation_code"] = json!("9132");
    let answer = stage.ask(&client, &wrong).await;
    answer.wrong_fields(&["mail", "organisation_code", "mobile"]);
    let code = orders::credit_code(1);
    let last = if code.as_str().ends_with('0') {
        "1"
    } else {
        "0"
    };
    let mut wrong = all_items(1);
    wrong["organisation_code"] = json!(format!("{}{last}", &code.as_str()[..17]));
    let problem = stage.ask(&client, &wrong).await.problem();
    assert_eq!(problem.errors[0].code, FieldCode::CheckCharacter);
    // None of this was a try, and none sent anything.
    assert_eq!(stage.world.store.count("CODE#"), 0);
    assert_eq!(stage.world.store.count("THROTTLE#"), 0);
    let good = stage.ask(&client, &all_items(1)).await;
    assert_eq!(good.status, StatusCode::ACCEPTED);
}

/// covers: R29
#[tokio::test]
async fn no_answer_and_no_work_tells_whether_a_company_exists() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let mut seen = Vec::new();
    let mut wrong_item = all_items(1);
    wrong_item["contact_name"] = json!("王芳");
    for items in [all_items(1), wrong_item, all_items(2)] {
        let client = stage.stranger(HERE);
        stage.advance(30);
        let counts = |stage: &Stage| {
            let store = &stage.world.store;
            ["CODE#", "THROTTLE#", "CHALLENGE#", "CONTACT#", ""].map(|part| store.count(part))
        };
        let (before, work) = (counts(&stage), stage.world.store.all_work().len());
        let writes = stage.world.power.log().len();
        let answer = stage.ask(&client, &items).await;
        let grown: Vec<usize> = counts(&stage)
            .iter()
            .zip(before)
            .map(|(after, before)| after - before)
            .collect();
        let work = stage.world.store.all_work().len() - work;
        let log = stage.world.power.log()[writes..].to_vec();
        let sent: CodeSent = answer.json();
        // The digits of a code that went nowhere are right for nobody.
        let known = code(&stage, &sent.code).await.target.is_some();
        let path = format!("/api/unbindings/{}/confirm", sent.code);
        let wrong = client.post_json(&path, &json!({"code": "000000"})).await;
        let digits = stage.world.digits(&sent.code).await;
        if !known {
            let right = stage.type_code(&client, &sent.code, &digits).await;
            right.refused(ErrorCode::CodeWrong);
        }
        let mut body = answer.without_request_id();
        body["code"] = Value::Null;
        body["expires_at"] = Value::Null;
        body["to"] = Value::Null;
        assert!(sent.to.starts_with("l****@"));
        seen.push((
            answer.status,
            body,
            grown,
            work,
            log,
            wrong.without_request_id(),
        ));
    }
    // The throttle of the address is there from the first time on; its number alone differs.
    for one in &mut seen {
        one.2.remove(1);
        one.2.pop();
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    assert_eq!(seen[0].3, 1);
}

/// covers: R29
#[tokio::test]
async fn three_tries_make_browser_and_address_wait_and_never_the_company() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let client = stage.stranger(HERE);
    let mut wrong = all_items(1);
    wrong["contact_name"] = json!("王芳");
    for _ in 0..3 {
        let answer = stage.ask(&client, &wrong).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
    }
    let problem = stage
        .ask(&client, &all_items(1))
        .await
        .refused(ErrorCode::TooManyRequests);
    assert_eq!(problem.retry_after, Some(600));
    // The browser elsewhere, another browser at that address: both wait.
    let elsewhere = client.clone().from("203.0.113.9");
    let refused = stage.ask(&elsewhere, &all_items(1)).await;
    refused.refused(ErrorCode::TooManyRequests);
    let beside = stage.stranger(HERE);
    stage.advance(4);
    let problem = stage.ask(&beside, &all_items(1)).await.problem();
    assert_eq!(problem.retry_after, Some(360));
    // The company itself, from somewhere else: at once.
    stage.unbind(1).await;
    assert!(stage.company(1).await.unbound_at.is_some());
    // Ten minutes later nobody waits.
    stage.advance(6);
    let answer = stage.ask(&client, &all_items(1)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
}

/// covers: R29
#[tokio::test]
async fn a_try_that_was_right_counts_as_one_that_was_not() {
    let stage = Stage::new().await;
    stage.known(1).await;
    for items in [all_items(1), all_items(2)] {
        stage.advance(30);
        let client = stage.stranger(HERE);
        for _ in 0..3 {
            let answer = stage.ask(&client, &items).await;
            assert_eq!(answer.status, StatusCode::ACCEPTED);
        }
        let refused = stage.ask(&client, &items).await;
        refused.refused(ErrorCode::TooManyRequests);
    }
}

/// covers: R29
#[tokio::test]
async fn wrong_digits_are_tries_too_and_the_right_ones_are_taken_anyway() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let client = stage.stranger(HERE);
    let sent: CodeSent = stage.ask(&client, &all_items(1)).await.json();
    let digits = stage.world.digits(&sent.code).await;
    let wrong = if digits == "123456" {
        "654321"
    } else {
        "123456"
    };
    for _ in 0..2 {
        let answer = stage.type_code(&client, &sent.code, wrong).await;
        let problem = answer.refused(ErrorCode::CodeWrong);
        assert_eq!(problem.errors[0].field, "code");
    }
    let refused = stage.ask(&client, &all_items(1)).await;
    refused.refused(ErrorCode::TooManyRequests);
    stage.type_code(&client, &sent.code, &digits).await.done();
}

/// covers: R29
#[tokio::test]
async fn an_office_that_unbinds_one_company_after_another_never_waits() {
    let stage = Stage::new().await;
    let client = stage.stranger(HERE);
    let mut wrong = all_items(1);
    wrong["contact_name"] = json!("王芳");
    stage.known(1).await;
    for _ in 0..2 {
        stage.ask(&client, &wrong).await;
    }
    // The third try begins the waiting; typed right, it ends it, and what was wrong before still counts.
    for number in 2..6 {
        stage.known(number).await;
        let sent: CodeSent = stage.ask(&client, &all_items(number)).await.json();
        let digits = stage.world.digits(&sent.code).await;
        stage.type_code(&client, &sent.code, &digits).await.done();
    }
    stage.ask(&client, &wrong).await;
    let refused = stage.ask(&client, &all_items(1)).await;
    refused.refused(ErrorCode::TooManyRequests);
}

/// covers: R29
#[tokio::test]
async fn a_mailbox_under_attack_costs_a_longer_check_and_is_never_refused() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let mut wrong = all_items(1);
    wrong["contact_name"] = json!("王芳");
    for address in 0..5 {
        let client = stage.stranger(&format!("192.0.2.{address}"));
        let answer = stage.ask(&client, &wrong).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
    }
    let client = stage.stranger(HERE);
    for _ in 0..4 {
        let refused = stage.ask(&client, &all_items(1)).await;
        refused.refused(ErrorCode::HumanCheckHarder);
    }
    let sent: CodeSent = stage.ask_hard(&client, &all_items(1)).await.json();
    let digits = stage.world.digits(&sent.code).await;
    stage.type_code(&client, &sent.code, &digits).await.done();
    // A company that nobody attacks is as before.
    stage.known(2).await;
    stage.unbind(2).await;
}

/// covers: R29
#[tokio::test]
async fn every_try_has_a_human_check_of_its_own() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let client = stage.stranger(HERE);
    let mut body = all_items(1);
    for human in ["", "bm8="] {
        body["human"] = json!(human);
        let answer = client.post_json("/api/unbindings", &body).await;
        answer.refused(ErrorCode::HumanCheckFailed);
    }
    body["human"] = json!(stage.world.solved(&client).await);
    let other = stage.stranger(HERE);
    let answer = other.post_json("/api/unbindings", &body).await;
    answer.refused(ErrorCode::HumanCheckFailed);
    let answer = client.post_json("/api/unbindings", &body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let again = client.post_json("/api/unbindings", &body).await;
    again.refused(ErrorCode::HumanCheckFailed);
}

/// covers: R30
#[tokio::test]
async fn the_code_from_the_mailbox_unbinds() {
    let stage = Stage::new().await;
    stage.bound(1).await;
    let session = stage.session_of(1).await;
    assert!(stage.is_bound(1).await);
    assert!(stage.is_open(1, &session).await);

    stage.unbind(1).await;

    assert!(!stage.is_bound(1).await);
    assert!(!stage.is_open(1, &session).await, "all sessions have ended");
    let company = stage.company(1).await;
    let now = stage.world.clock.now();
    assert_eq!(company.unbound_at, Some(now));
    assert!(company.is_frozen(now + SignedDuration::from_secs(24 * 3600 - 1)));
    assert!(!company.is_frozen(now + SignedDuration::from_hours(24)));
    assert_eq!(stage.history(1).await, [CompanyEventKind::Unbound]);
    // Mailbox and mobile number are told, each with the link "this was not us".
    let told = stage.told(AccountNotice::Unbound);
    let mut to: Vec<&Target> = told.iter().map(|message| &message.target).collect();
    to.sort_by_key(|target| target.channel);
    let contact = &company.contact;
    assert_eq!(
        to,
        [&Target::mail(&contact.mail), &Target::sms(&contact.mobile)]
    );
    stage.world.work_off().await;
    let token = stage.link(AccountNotice::Unbound).await;
    let mails = stage.world.mail.sent();
    let link = format!("https://keys.example.cn/objection#{token}");
    assert!(mails.iter().any(|mail| mail.text.contains(&link)));
    let sms = stage.world.sms.sent();
    let said: Vec<_> = sms.iter().flat_map(|sms| &sms.values).collect();
    assert!(
        said.iter().any(|(_, value)| value.contains(&token)),
        "{said:?}"
    );
}

/// covers: R30
#[tokio::test]
async fn a_company_without_a_key_is_answered_like_one_with() {
    let stage = Stage::new().await;
    stage.known(1).await;
    stage.unbind(1).await;
    assert!(stage.company(1).await.unbound_at.is_some());
    assert_eq!(stage.told(AccountNotice::Unbound).len(), 2);
}

/// covers: R30
#[tokio::test]
async fn a_code_works_once_for_five_tries_and_ten_minutes() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let client = stage.stranger(HERE);
    // Once.
    let used = stage.asked(1).await;
    let digits = stage.world.digits(&used).await;
    let spaced = format!(" {} {}", &digits[..3], &digits[3..]);
    stage.type_code(&client, &used, &spaced).await.done();
    let again = stage.type_code(&client, &used, &digits).await;
    again.refused(ErrorCode::CodeWrong);
    assert_eq!(stage.history(1).await.len(), 1);
    // Five tries.
    let tired = stage.asked(1).await;
    let digits = stage.world.digits(&tired).await;
    let wrong = if digits == "123456" {
        "654321"
    } else {
        "123456"
    };
    for _ in 0..5 {
        let answer = stage.type_code(&client, &tired, wrong).await;
        answer.refused(ErrorCode::CodeWrong);
    }
    let late = stage.type_code(&client, &tired, &digits).await;
    late.refused(ErrorCode::CodeWrong);
    // Ten minutes.
    let old = stage.asked(1).await;
    let digits = stage.world.digits(&old).await;
    stage.advance(10);
    let late = stage.type_code(&client, &old, &digits).await;
    late.refused(ErrorCode::CodeWrong);
    // Of this kind, and at all.
    let (other, _) = stage.world.codes().make(
        CodePurpose::PasswordReset,
        Some(Target::mail("li.lei.1@example.cn")),
        None,
    );
    let all = Transaction::new(stage.world.clock.now());
    let all = all.create(&other).unwrap();
    stage.world.registry().record(&all).await.unwrap();
    let digits = stage.world.digits(&other.id).await;
    let answer = stage.type_code(&client, &other.id, &digits).await;
    answer.refused(ErrorCode::CodeWrong);
    let nobody = CodeId::from_ulid(&orders::ulid(99));
    let answer = stage.type_code(&client, &nobody, "123456").await;
    answer.refused(ErrorCode::CodeWrong);
    let empty = stage.type_code(&client, &nobody, " ").await;
    empty.wrong_fields(&["code"]);
    assert_eq!(stage.history(1).await.len(), 1);
}

#[tokio::test]
async fn a_code_to_a_mailbox_that_is_the_contact_no_more_opens_nothing() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let code = stage.asked(1).await;
    let digits = stage.world.digits(&code).await;
    let new = "new@example.cn";
    stage
        .change(1, |company| company.contact.mail = new.to_owned())
        .await;
    let client = stage.stranger(HERE);
    let answer = stage.type_code(&client, &code, &digits).await;
    answer.refused(ErrorCode::CodeWrong);
    // The old mailbox finds the company no more, the new one does.
    assert!(!sends(&stage, &all_items(1)).await);
    let mut items = all_items(1);
    items["mail"] = json!(new);
    assert!(sends(&stage, &items).await);
}

#[tokio::test]
async fn one_code_typed_twice_at_once_unbinds_once() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let code = stage.asked(1).await;
    let digits = stage.world.digits(&code).await;
    let (one, other) = (stage.stranger(HERE), stage.stranger("192.0.2.8"));
    let (first, second) = tokio::join!(
        stage.type_code(&one, &code, &digits),
        stage.type_code(&other, &code, &digits),
    );
    let done = [&first, &second].map(|answer| answer.status == StatusCode::NO_CONTENT);
    assert_ne!(done[0], done[1]);
    assert_eq!(stage.history(1).await.len(), 1);
    assert_eq!(stage.told(AccountNotice::Unbound).len(), 2);
    assert_eq!(stage.user(1).await.epoch, 1);
}

#[tokio::test]
async fn a_company_that_changes_at_the_same_time_is_unbound_all_the_same() {
    let stage = Stage::new().await;
    stage.known(1).await;
    let code = stage.asked(1).await;
    let digits = stage.world.digits(&code).await;
    let client = stage.stranger(HERE);
    let (answer, _) = tokio::join!(
        stage.type_code(&client, &code, &digits),
        stage.change(1, |company| company.phone = "025-1".to_owned()),
    );
    answer.done();
    let company = stage.company(1).await;
    assert_eq!(company.phone, "025-1");
    assert!(company.unbound_at.is_some());
}

/// A record like company 1's, of the same contact.
async fn twin(stage: &Stage, no: u32, change: impl FnOnce(&mut Company)) {
    let mut twin = orders::company(no);
    twin.contact = orders::company(1).contact;
    change(&mut twin);
    stage.world.register(&twin, &orders::user(no)).await;
    stage.findable(&twin).await;
}

#[tokio::test]
async fn what_fits_two_companies_is_too_little() {
    let stage = Stage::new().await;
    stage.known(1).await;
    twin(&stage, 2, |_| ()).await;
    assert!(!sends(&stage, &some_items(1, &["contact_name", "mobile"])).await);
    for item in ["company_name", "account", "organisation_code"] {
        assert!(
            sends(&stage, &some_items(1, &[item, "mobile"])).await,
            "{item}"
        );
    }
}

#[tokio::test]
async fn the_approved_record_of_a_company_goes_before_others_of_its_name() {
    let stage = Stage::new().await;
    stage.known(1).await;
    twin(&stage, 2, |twin| {
        twin.name = orders::company(1).name;
        twin.qualification.state = QualificationState::Open;
    })
    .await;
    let items = some_items(1, &["contact_name", "company_name"]);
    assert!(sends(&stage, &items).await);
    stage
        .change(2, |twin| {
            twin.superseded_by = Some(CompanyId::from_ulid(&orders::ulid(1)));
        })
        .await;
    stage
        .change(1, |company| {
            company.qualification.state = QualificationState::Open;
        })
        .await;
    assert!(sends(&stage, &items).await);
}

#[tokio::test]
async fn a_form_of_another_site_or_with_unknown_fields_is_refused() {
    let stage = Stage::new().await;
    let client = stage.stranger(HERE);
    let body = json!({"mail": "a@b.cn", "human": "", "password": "x"});
    let answer = client.post_json("/api/unbindings", &body).await;
    answer.refused(ErrorCode::MalformedRequest);
    let elsewhere = client.clone().from_elsewhere();
    let answer = elsewhere.post_json("/api/unbindings", &body).await;
    answer.refused(ErrorCode::NotFromOurPage);
    let answer = client
        .post_json("/api/unbindings/no-id/confirm", &json!({"code": "1"}))
        .await;
    answer.refused(ErrorCode::NotFound);
}

//! Who is told about orders.

use adapters::ports::{Clock as _, Transaction};
use adapters::registry;
use contract::company::{CompanyFile, ContactChangeView};
use contract::error::ErrorCode;
use domain::company::{Company, CompanyEventKind, User};
use domain::ids::CodeId;
use edge::contacts::companies_of;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders;
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::Client;

use crate::desk::{Desk, change, file, history, newest};

const OLD_MOBILE: &str = "13800138000";
const OLD_MAIL: &str = "li.lei.1@example.cn";
const NEW_MOBILE: &str = "13900139000";
const NEW_MAIL: &str = "han@example.cn";

fn form(version: u64, name: &str, mobile: &str, mail: &str) -> Value {
    json!({"version": version, "contact": {"name": name, "mobile": mobile, "mail": mail}})
}

async fn ask(client: &Client, name: &str, mobile: &str, mail: &str) -> ContactChangeView {
    let version = file(client).await.version;
    client
        .post_json("/api/company/contact", &form(version, name, mobile, mail))
        .await
        .json()
}

fn path(view: &ContactChangeView) -> String {
    let change = view.change.as_ref().expect("a change that waits");
    format!("/api/company/contact/{change}/confirm")
}

fn mobile_code(view: &ContactChangeView) -> &CodeId {
    &view
        .mobile_code
        .as_ref()
        .expect("a code by text message")
        .code
}

fn mail_code(view: &ContactChangeView) -> &CodeId {
    &view.mail_code.as_ref().expect("a code by mail").code
}

/// Both codes of a change, as they were sent.
async fn digits(desk: &Desk, view: &ContactChangeView) -> Value {
    json!({
        "mobile_code": desk.world.digits(mobile_code(view)).await,
        "mail_code": desk.world.digits(mail_code(view)).await,
    })
}

fn other(digits: &Value) -> Value {
    let number: u32 = digits.as_str().unwrap().parse().unwrap();
    json!(format!("{:06}", (number + 1) % 1_000_000))
}

/// covers: R56
#[tokio::test]
async fn another_name_is_changed_at_once_and_an_unchanged_contact_needs_nothing() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let same = ask(&client, "李雷", OLD_MOBILE, OLD_MAIL).await;
    assert_eq!((same.file.version, same.change), (1, None));
    let named = ask(&client, " 韩梅梅 ", OLD_MOBILE, OLD_MAIL).await;
    assert_eq!(named.change, None);
    assert_eq!(named.file.contact.name, "韩梅梅");
    assert_eq!(
        newest(&client).await,
        (
            CompanyEventKind::ContactChanged,
            vec![change("contact.name", "李雷", "韩梅梅")]
        )
    );
    assert!(desk.world.store.all_work().is_empty());
}

/// covers: R56
#[tokio::test]
async fn a_new_contact_is_confirmed_by_two_codes_and_the_old_one_is_told() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let view = ask(&client, "韩梅梅", NEW_MOBILE, NEW_MAIL).await;
    assert_eq!(
        view.file.contact.mobile, OLD_MOBILE,
        "nothing is changed yet"
    );
    assert_eq!(view.mobile_code.as_ref().unwrap().to, "139****9000");
    assert_eq!(view.mail_code.as_ref().unwrap().to, "h****@example.cn");
    desk.world.work_off().await;
    assert_eq!(
        desk.told(),
        [
            (NEW_MOBILE.to_owned(), "code_contact".to_owned()),
            (
                NEW_MAIL.to_owned(),
                "【Sealkey】验证码：更换企业联系方式".to_owned()
            ),
        ]
    );

    // A wrong code costs a try of its own and leaves the other one unused.
    let path = path(&view);
    let right = digits(&desk, &view).await;
    let mut half = right.clone();
    half["mail_code"] = other(&right["mail_code"]);
    let problem = client
        .post_json(&path, &half)
        .await
        .refused(ErrorCode::CodeWrong);
    assert_eq!(problem.errors.len(), 1);
    assert_eq!(problem.errors[0].field, "mail_code");
    let none = json!({"mobile_code": other(&right["mobile_code"]), "mail_code": "1"});
    let problem = client
        .post_json(&path, &none)
        .await
        .refused(ErrorCode::CodeWrong);
    assert_eq!(problem.errors.len(), 2);
    client
        .post_json(&path, &json!({"mobile_code": right["mobile_code"]}))
        .await
        .wrong_fields(&["mail_code"]);
    assert_eq!(desk.stored(1).await.version, 1);

    let after: CompanyFile = client.post_json(&path, &right).await.json();
    assert_eq!(after.contact.mobile, NEW_MOBILE);
    assert_eq!(after.contact.mail, NEW_MAIL);
    let (event, changes) = newest(&client).await;
    assert_eq!(event, CompanyEventKind::ContactChanged);
    assert_eq!(changes.len(), 3);
    let user = orders::user(1);
    let user: User = desk
        .load(&registry::user(&user.company, &user.id))
        .await
        .unwrap();
    assert_eq!(user.mobile, NEW_MOBILE, "their own codes go there too");
    let registry = desk.world.registry();
    assert_eq!(companies_of(registry, NEW_MAIL).await.unwrap(), [after.id]);
    assert!(companies_of(registry, OLD_MAIL).await.unwrap().is_empty());
    desk.world.work_off().await;
    let told = desk.told();
    for told_by in [
        (OLD_MOBILE, "contact_changed"),
        (OLD_MAIL, "【Sealkey】企业联系方式已变更"),
    ] {
        let entry = (told_by.0.to_owned(), told_by.1.to_owned());
        assert!(told.contains(&entry), "{told:?}");
    }
    assert_eq!(told.len(), 4);

    // Confirmed again, after a lost answer, it stays confirmed.
    let again: CompanyFile = client.post_json(&path, &right).await.json();
    assert_eq!(again.version, after.version);
    assert_eq!(history(&client).await.events.len(), 1);
}

#[tokio::test]
async fn only_what_is_new_is_confirmed_and_a_colleague_s_telephone_stays_theirs() {
    let desk = Desk::new().await;
    desk.newcomer(1).await;
    let (colleague, client) = desk.colleague(1).await;
    let view = ask(&client, "李雷", NEW_MOBILE, OLD_MAIL).await;
    assert!(view.mail_code.is_none());
    let digits = desk.world.digits(mobile_code(&view)).await;
    let after: CompanyFile = client
        .post_json(&path(&view), &json!({"mobile_code": digits}))
        .await
        .json();
    assert_eq!(after.contact.mobile, NEW_MOBILE);
    let key = registry::user(&colleague.company, &colleague.id);
    let stored: User = desk.load(&key).await.unwrap();
    assert_eq!(stored.mobile, colleague.mobile);
}

#[tokio::test]
async fn codes_end_after_five_tries_or_ten_minutes_and_are_nobody_else_s() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let (_, colleague) = desk.colleague(1).await;
    let stranger = desk.newcomer(2).await;
    let view = ask(&client, "李雷", NEW_MOBILE, NEW_MAIL).await;
    let right = digits(&desk, &view).await;
    for other in [&colleague, &stranger] {
        other
            .post_json(&path(&view), &right)
            .await
            .refused(ErrorCode::NotFound);
    }
    let mut half = right.clone();
    half["mail_code"] = other(&right["mail_code"]);
    for _ in 0..5 {
        client
            .post_json(&path(&view), &half)
            .await
            .refused(ErrorCode::CodeWrong);
    }
    let problem = client
        .post_json(&path(&view), &right)
        .await
        .refused(ErrorCode::CodeWrong);
    assert_eq!(problem.errors[0].field, "mail_code");

    let view = ask(&client, "李雷", NEW_MOBILE, NEW_MAIL).await;
    let right = digits(&desk, &view).await;
    desk.world.clock.advance(SignedDuration::from_mins(10));
    client
        .post_json(&path(&view), &right)
        .await
        .refused(ErrorCode::CodeWrong);
    assert_eq!(desk.stored(1).await.contact.mobile, OLD_MOBILE);
}

#[tokio::test]
async fn what_is_wrong_with_a_contact_is_named() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    for (body, fields) in [
        (form(1, "", OLD_MOBILE, OLD_MAIL), &["contact.name"][..]),
        (
            form(1, "李雷", "12800138000", OLD_MAIL),
            &["contact.mobile"],
        ),
        (
            form(1, "李雷", "", "x"),
            &["contact.mobile", "contact.mail"],
        ),
        // Unbinding needs a mailbox: it is replaced, not taken away.
        (form(1, "李雷", OLD_MOBILE, ""), &["contact.mail"]),
    ] {
        client
            .post_json("/api/company/contact", &body)
            .await
            .wrong_fields(fields);
    }
    client
        .post_json(
            "/api/company/contact",
            &form(7, "王强", OLD_MOBILE, OLD_MAIL),
        )
        .await
        .refused(ErrorCode::ChangedMeanwhile);
}

/// covers: R30
#[tokio::test]
async fn for_a_day_after_an_unbinding_the_contact_stays() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let view = ask(&client, "李雷", NEW_MOBILE, NEW_MAIL).await;
    let right = digits(&desk, &view).await;
    let until = desk.world.clock.now() + SignedDuration::from_hours(24);
    let frozen = Company {
        frozen_until: Some(until),
        ..desk.stored(1).await
    };
    let frozen = desk.store(frozen).await;
    assert_eq!(file(&client).await.frozen_until, Some(until));
    client
        .post_json(
            "/api/company/contact",
            &form(frozen.version, "王强", OLD_MOBILE, OLD_MAIL),
        )
        .await
        .refused(ErrorCode::Frozen);
    client
        .post_json(&path(&view), &right)
        .await
        .refused(ErrorCode::Frozen);
    desk.world.clock.advance(SignedDuration::from_hours(24));
    let client = desk.logged_in(1).await;
    assert_eq!(file(&client).await.frozen_until, None);
    let named = ask(&client, "王强", OLD_MOBILE, OLD_MAIL).await;
    assert_eq!(named.file.contact.name, "王强");
}

#[tokio::test]
async fn nobody_is_flooded_with_codes() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    for _ in 0..5 {
        ask(&client, "李雷", NEW_MOBILE, OLD_MAIL).await;
    }
    let body = form(1, "李雷", NEW_MOBILE, OLD_MAIL);
    let problem = client
        .post_json("/api/company/contact", &body)
        .await
        .refused(ErrorCode::TooManyRequests);
    assert_eq!(problem.retry_after, Some(600));
    assert_eq!(desk.world.store.count("CODE#"), 5);
    desk.world.clock.advance(SignedDuration::from_mins(10));
    ask(&client, "李雷", NEW_MOBILE, OLD_MAIL).await;
}

#[tokio::test]
async fn a_contact_that_a_colleague_has_changed_meanwhile_is_not_written_over() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let (_, colleague) = desk.colleague(1).await;
    let view = ask(&client, "韩梅梅", NEW_MOBILE, NEW_MAIL).await;
    let right = digits(&desk, &view).await;
    desk.world.clock.advance(SignedDuration::from_secs(1));
    ask(&colleague, "王强", OLD_MOBILE, OLD_MAIL).await;
    client
        .post_json(&path(&view), &right)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    assert_eq!(file(&client).await.contact.name, "王强");

    // Something else of the file is in nobody's way.
    let view = ask(&client, "韩梅梅", NEW_MOBILE, NEW_MAIL).await;
    let right = digits(&desk, &view).await;
    desk.store(desk.stored(1).await).await;
    let after: CompanyFile = client.post_json(&path(&view), &right).await.json();
    assert_eq!(after.contact.name, "韩梅梅");
}

#[tokio::test]
async fn a_power_cut_leaves_the_contact_whole_and_the_codes_usable_or_used() {
    let quiet = Desk::new().await;
    let client = quiet.newcomer(1).await;
    let view = ask(&client, "李雷", NEW_MOBILE, NEW_MAIL).await;
    let right = digits(&quiet, &view).await;
    let first = quiet.world.power.writes() + 1;
    client
        .post_json(&path(&view), &right)
        .await
        .json::<CompanyFile>();
    let last = quiet.world.power.writes();
    assert_eq!(first, last, "one write does it all");
    for moment in [Moment::Before, Moment::After] {
        let desk = Desk::with_power(PowerCut::at(first, moment, Length::Outage)).await;
        let client = desk.newcomer(1).await;
        let view = ask(&client, "李雷", NEW_MOBILE, NEW_MAIL).await;
        let right = digits(&desk, &view).await;
        client
            .post_json(&path(&view), &right)
            .await
            .refused(ErrorCode::Unavailable);
        assert!(desk.world.power.struck().is_some());
        desk.world.power.restore();
        let after: CompanyFile = client.post_json(&path(&view), &right).await.json();
        assert_eq!(after.contact.mobile, NEW_MOBILE);
        assert_eq!(after.version, 2);
        assert_eq!(history(&client).await.events.len(), 1);
        desk.world.work_off().await;
        let told = desk.told();
        let notices = told
            .iter()
            .filter(|(to, _)| to == OLD_MOBILE || to == OLD_MAIL);
        assert_eq!(notices.count(), 2, "{moment:?}");
    }
}

#[tokio::test]
async fn a_recovery_in_between_is_not_written_over() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let view = ask(&client, "李雷", NEW_MOBILE, NEW_MAIL).await;
    let right = digits(&desk, &view).await;
    desk.world.clock.advance(SignedDuration::from_secs(1));
    let company = desk.stored(1).await;
    let (next, event) = company.changed(
        domain::actor::Actor::System,
        CompanyEventKind::Recovered,
        Vec::new(),
        "",
        desk.world.clock.now(),
    );
    let all = Transaction::new(desk.world.clock.now())
        .change(&next)
        .unwrap()
        .create(&event)
        .unwrap();
    desk.world.registry().record(&all).await.unwrap();
    client
        .post_json(&path(&view), &right)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
}

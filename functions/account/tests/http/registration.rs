//! A newcomer becomes a company.

use adapters::registry::{self, CLAIMS, Claim, Claimed};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::account::{CodeSent, RegistrationView, SessionView};
use contract::error::{ErrorCode, FieldCode};
use domain::company::CompanyEventKind;
use domain::notice::AccountNotice;
use domain::qualification::QualificationState;
use domain::registration::Registration;
use domain::session::SessionLevel;
use domain::work::Task;
use edge::cookie;
use serde_json::{Value, json};
use testkit::orders;
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::{Answer, Client};

use crate::desk::{Desk, MINUTE, PASSWORD, alike, counter_form, form, mobile, name, with};

/// covers: R51
#[tokio::test]
async fn a_company_exists_once_its_mobile_number_is_confirmed() {
    let desk = Desk::new().await;
    let client = desk.visitor("198.51.100.1");
    let answer = desk.register(&client, &form(1)).await;
    assert_eq!(answer.status, 202);
    let view: RegistrationView = answer.json();
    assert_eq!(view.code.to, "138****0001");
    assert_eq!(desk.world.store.count("COMPANY#"), 0);
    assert_eq!(desk.world.store.count("LOGIN#"), 0);

    let digits = desk.texted(&mobile(1)).await;
    let path = format!("/api/registrations/{}/confirm", view.registration);
    let answer = client.post_json(&path, &json!({"code": digits})).await;
    assert_eq!(answer.status, 201);
    let seen: SessionView = answer.json();
    assert_eq!(seen.level, SessionLevel::Full);
    assert_eq!(seen.qualification, QualificationState::Open);
    assert_eq!(seen.account.as_deref(), Some("company-1"));
    assert_eq!((seen.name.as_str(), &seen.company_name), ("李雷", &name(1)));

    let inside = client.after(&answer);
    let again: SessionView = inside.get("/api/session").await.json();
    assert_eq!(
        (again.user, again.company),
        (seen.user.clone(), seen.company.clone())
    );

    let company = desk.company(&seen.company).await;
    assert_eq!((company.version, company.events), (1, 1));
    assert_eq!(company.main_user, seen.user);
    let history = desk.history(&seen.company).await;
    assert_eq!(history.len(), 1);
    assert_eq!(
        (history[0].seq, history[0].event),
        (1, CompanyEventKind::Registered)
    );
    for (what, text) in [
        (Claimed::Name, company.name.clone()),
        (Claimed::CreditCode, company.credit_code.to_string()),
    ] {
        let partition = registry::claims(what, &text);
        let claims: Vec<Claim> = desk
            .world
            .registry()
            .load_all(&partition, CLAIMS)
            .await
            .unwrap();
        assert_eq!(claims.len(), 1);
        assert_eq!(claims[0].company, company.id);
    }

    // The answer was lost, and the page calls again: the person logs in instead.
    client
        .post_json(&path, &json!({"code": digits}))
        .await
        .refused(ErrorCode::CodeWrong);
    desk.login(&client, "company-1", PASSWORD).await.cookie();
}

/// covers: R50
#[tokio::test]
async fn at_the_counter_the_full_name_of_the_company_is_the_login_name() {
    let desk = Desk::new().await;
    let client = desk.visitor("198.51.100.1");
    let inside = desk.registered(&client, &counter_form(1)).await;
    let view: SessionView = inside.get("/api/session").await.json();
    assert_eq!((view.account, view.storefront.as_str()), (None, "counter"));

    let stranger = desk.visitor("198.51.100.2");
    let body = json!({"storefront": "counter", "name": name(1), "password": PASSWORD});
    let answer = desk.send(&stranger, "/api/session", body).await;
    stranger
        .after(&answer)
        .get("/api/session")
        .await
        .json::<SessionView>();

    // An account name may be chosen there too, and works beside the other.
    let other = desk.visitor("198.51.100.3");
    let mut both = counter_form(2);
    both["account"] = json!("beside");
    desk.registered(&other, &both).await;
    for typed in ["beside", &name(2)] {
        let body = json!({"storefront": "counter", "name": typed, "password": PASSWORD});
        desk.send(&other, "/api/session", body).await.cookie();
    }
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let desk = Desk::new().await;
    let client = desk.visitor("198.51.100.1");
    let body = json!({
        "storefront": "nowhere",
        "account": "a b",
        "password": "short",
        "company_name": " ",
        "credit_code": "91440300708461136A",
        "contact": {"name": "", "mobile": "02584191234", "mail": "nobody"},
    });
    let problem = desk.register(&client, &body).await.wrong_fields(&[
        "storefront",
        "account",
        "company_name",
        "credit_code",
        "contact.name",
        "contact.mobile",
        "contact.mail",
        "password",
    ]);
    let code = |field: &str| {
        let mut errors = problem.errors.iter();
        errors.find(|error| error.field == field).unwrap().code
    };
    assert_eq!(code("credit_code"), FieldCode::CheckCharacter);
    assert_eq!(code("password"), FieldCode::TooShort);
    assert_eq!(code("storefront"), FieldCode::NotOffered);

    for (pointer, bad, wrong) in [
        ("/account", "", FieldCode::Required),
        ("/account", "ab", FieldCode::TooShort),
        ("/account", "a#c", FieldCode::Invalid),
        ("/company_name", "京", FieldCode::TooShort),
        ("/credit_code", "91440300", FieldCode::Invalid),
        ("/password", "1212121212", FieldCode::WeakPassword),
        ("/password", "Password2026!", FieldCode::WeakPassword),
        ("/password", "xx-company-1-yy", FieldCode::WeakPassword),
        (
            "/password",
            "南京第1示例科技有限公司1",
            FieldCode::WeakPassword,
        ),
    ] {
        let body = with(form(1), pointer, bad);
        let field = &pointer[1..];
        let client = desk.visitor("198.51.100.2");
        let problem = desk.register(&client, &body).await.wrong_fields(&[field]);
        assert_eq!(problem.errors[0].code, wrong, "{bad}");
    }
    let long = with(form(1), "/company_name", &"长".repeat(65));
    desk.register(&client, &long)
        .await
        .wrong_fields(&["company_name"]);
    assert_eq!(desk.traces().hashes, 0);
    assert_eq!(desk.world.store.count("REGISTRATION#"), 0);
    desk.register(&client, &form(1))
        .await
        .json::<RegistrationView>();
}

/// The same answers, hashes, writes and work, whether name and code are known or not.
#[tokio::test]
async fn registering_does_not_tell_whether_a_company_is_known() {
    let desk = Desk::new().await;
    desk.registered(&desk.visitor("198.51.100.1"), &form(1))
        .await;
    desk.world.company(2).await;
    desk.world.work_off().await;

    let mut seen = Vec::new();
    // Known and unapproved, known and approved, unknown.
    for (place, company) in [(11, 1), (12, 2), (13, 3)] {
        let client = desk.visitor(&format!("198.51.100.{place}"));
        let mut body = form(place);
        body["company_name"] = json!(name(company));
        body["credit_code"] = json!(orders::credit_code(company).as_str());
        body["contact"]["mobile"] = json!(format!("139{place:04}9000"));
        let before = desk.traces();
        let asked = desk.register(&client, &body).await;
        let middle = desk.since(before);
        let view: RegistrationView = asked.json();
        let confirmed = desk.confirm(&client, &view).await;
        let session: SessionView = confirmed.json();
        assert_eq!(session.qualification, QualificationState::Open);
        seen.push((alike(&asked), middle, desk.since(before)));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);

    // Those who were there before are told, by mail and text message; the newcomers are told nothing.
    desk.world.work_off().await;
    let told: Vec<String> = desk
        .world
        .mail
        .sent()
        .into_iter()
        .filter(|mail| mail.subject.contains("相同的企业名称"))
        .map(|mail| mail.to)
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    for no in [1, 2] {
        assert!(told.contains(&format!("li.lei.{no}@example.cn")));
    }
    let claimed = desk.world.store.all_work().into_iter().filter(|item| {
        matches!(&item.task, Task::Tell(message) if message.notice == AccountNotice::ClaimedAgain)
    });
    assert_eq!(claimed.count(), 4);
}

#[tokio::test]
async fn an_account_name_has_one_owner() {
    let desk = Desk::new().await;
    let one = desk.visitor("198.51.100.1");
    let two = desk.visitor("198.51.100.2");
    // Both ask while nobody has it.
    let first: RegistrationView = desk.register(&one, &form(1)).await.json();
    let second: RegistrationView = {
        let body = with(form(2), "/account", "Company-1");
        desk.register(&two, &body).await.json()
    };
    desk.confirm(&one, &first).await.json::<SessionView>();
    let late = desk
        .confirm(&two, &second)
        .await
        .refused(ErrorCode::AccountTaken);
    assert_eq!(late.errors[0].field, "account");
    assert_eq!(late.errors[0].code, FieldCode::Taken);
    assert_eq!(
        desk.world.store.count("COMPANY#"),
        3,
        "profile, person and one event"
    );

    let before = desk.traces();
    let body = with(form(3), "/account", " COMPANY-1 ");
    let taken = desk
        .register(&two, &body)
        .await
        .refused(ErrorCode::AccountTaken);
    assert_eq!(taken.errors[0].field, "account");
    assert_eq!(desk.since(before).hashes, 1);
    let free = with(form(3), "/account", "company-3");
    desk.registered(&two, &free).await;
}

async fn resend(desk: &Desk, client: &Client, id: &str) -> Answer {
    let path = format!("/api/registrations/{id}/code");
    desk.send(client, &path, json!({})).await
}

#[tokio::test]
async fn another_code_takes_the_place_of_the_first() {
    let desk = Desk::new().await;
    let client = desk.visitor("198.51.100.1");
    let view: RegistrationView = desk.register(&client, &form(1)).await.json();
    let old = desk.world.digits(&view.code.code).await;
    assert_eq!(desk.texted(&mobile(1)).await, old);
    let before = desk.traces();
    let answer = resend(&desk, &client, view.registration.as_str()).await;
    assert_eq!(answer.status, 202);
    let open = desk.since(before);
    let next: CodeSent = answer.json();
    assert_eq!(next.to, view.code.to);
    let new = desk.world.digits(&next.code).await;
    assert_eq!(desk.texted(&mobile(1)).await, new);
    let path = format!("/api/registrations/{}/confirm", view.registration);
    let confirm = |digits: String| {
        let (client, path) = (client.clone(), path.clone());
        async move { client.post_json(&path, &json!({"code": digits})).await }
    };
    confirm(old).await.refused(ErrorCode::CodeWrong);
    confirm(new.clone()).await.json::<SessionView>();

    // Done: the same answer and as many writes, and nothing is sent.
    let before = desk.traces();
    let done = resend(&desk, &client, view.registration.as_str()).await;
    let after = desk.since(before);
    assert_eq!(after, open);
    assert_eq!(alike(&done), alike(&answer));
    let sent = desk.world.sms.sent().len();
    desk.world.work_off().await;
    assert_eq!(desk.world.sms.sent().len(), sent);
    let digits = desk.world.digits(&done.json::<CodeSent>().code).await;
    confirm(digits).await.refused(ErrorCode::CodeWrong);

    // Not there: the same again, with stars for the number.
    let before = desk.traces();
    let stranger = desk.visitor("198.51.100.9");
    let none = resend(&desk, &stranger, "rg_00000000000000000000000000").await;
    assert_eq!(none.status, 202);
    assert_eq!(none.json::<CodeSent>().to, "***********");
    let after = desk.since(before);
    assert_eq!(
        (after.codes, after.work, after.hashes),
        (open.codes, open.work, 0)
    );
    stranger
        .post_json(
            "/api/registrations/rg_00000000000000000000000000/confirm",
            &json!({"code": "123456"}),
        )
        .await
        .refused(ErrorCode::CodeWrong);
}

/// A wrong guess that is no accident.
fn other(digits: &str) -> String {
    let number: u32 = digits.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

#[tokio::test]
async fn a_code_works_once_for_five_tries_for_ten_minutes() {
    let desk = Desk::new().await;
    let client = desk.visitor("198.51.100.1");
    let view: RegistrationView = desk.register(&client, &form(1)).await.json();
    let digits = desk.world.digits(&view.code.code).await;
    let path = format!("/api/registrations/{}/confirm", view.registration);
    for _ in 0..5 {
        let wrong = json!({"code": other(&digits)});
        let problem = client
            .post_json(&path, &wrong)
            .await
            .refused(ErrorCode::CodeWrong);
        assert_eq!(problem.errors[0].field, "code");
    }
    let right = json!({"code": digits});
    client
        .post_json(&path, &right)
        .await
        .refused(ErrorCode::CodeWrong);

    let late = desk.visitor("198.51.100.2");
    let view: RegistrationView = desk.register(&late, &form(2)).await.json();
    desk.wait(MINUTE * 10);
    desk.confirm(&late, &view)
        .await
        .refused(ErrorCode::CodeWrong);
    // The registration itself waits a day.
    let next: CodeSent = resend(&desk, &late, view.registration.as_str())
        .await
        .json();
    let view = RegistrationView { code: next, ..view };
    desk.confirm(&late, &view).await.json::<SessionView>();

    let never = desk.visitor("198.51.100.3");
    let view: RegistrationView = desk.register(&never, &form(3)).await.json();
    desk.wait(MINUTE * 60 * 24);
    let next: CodeSent = resend(&desk, &never, view.registration.as_str())
        .await
        .json();
    let view = RegistrationView { code: next, ..view };
    desk.confirm(&never, &view)
        .await
        .refused(ErrorCode::CodeWrong);
}

/// Two pages confirm at once: one company.
#[tokio::test]
async fn a_code_used_twice_at_once_makes_one_company() {
    let desk = Desk::new().await;
    let client = desk.visitor("198.51.100.1");
    let view: RegistrationView = desk.register(&client, &form(1)).await.json();
    let (one, two) = tokio::join!(desk.confirm(&client, &view), desk.confirm(&client, &view));
    let (won, lost) = if one.status == 201 {
        (one, two)
    } else {
        (two, one)
    };
    won.json::<SessionView>();
    lost.refused(ErrorCode::CodeWrong);
    let key = registry::registration(&view.registration);
    let done: Registration = desk.load(&key).await.unwrap();
    assert!(done.done_at.is_some());
    assert_eq!(desk.world.store.count("COMPANY#"), 3);
}

#[tokio::test]
async fn a_human_check_is_taken_once_from_its_own_browser_in_its_time() {
    let desk = Desk::new().await;
    let client = desk.visitor("198.51.100.1");
    let send = |client: &Client, human: String| {
        let client = client.clone();
        let mut body = form(1);
        body["human"] = json!(human);
        async move { client.post_json("/api/registrations", &body).await }
    };
    let failed = |answer: Answer| {
        answer.refused(ErrorCode::HumanCheckFailed);
    };
    for nonsense in ["", "e30=", "not base64!"] {
        failed(send(&client, nonsense.to_owned()).await);
    }
    // Another browser's, and none.
    let good = desk.world.solved(&client).await;
    failed(send(&desk.visitor("198.51.100.1"), good.clone()).await);
    failed(send(&Client::new(desk.router.clone()), good.clone()).await);
    // Two cookies of one name are none.
    let planted = client
        .clone()
        .cookie(format!("{}=planted", cookie::BROWSER));
    failed(send(&planted, good.clone()).await);
    // Forged: another number, another salt, another life.
    let payload: Value = serde_json::from_slice(&STANDARD.decode(&good).unwrap()).unwrap();
    let salt = payload["salt"].as_str().unwrap();
    let longer = salt.replace("?for=1", "?for=2");
    let harder = salt.replace(".0&", ".1&");
    assert!(longer != salt && harder != salt);
    for (field, value) in [
        ("number", json!(payload["number"].as_u64().unwrap() + 1)),
        ("salt", json!(longer)),
        ("salt", json!(harder)),
        ("signature", json!("00")),
        ("challenge", json!("00")),
    ] {
        let mut forged = payload.clone();
        forged[field] = value;
        failed(send(&client, STANDARD.encode(forged.to_string())).await);
    }
    let old = desk.world.solved(&client).await;
    // It is good until it is used, and then no more.
    send(&client, good.clone()).await.json::<RegistrationView>();
    failed(send(&client, good).await);
    desk.wait(MINUTE * 20);
    failed(send(&client, old).await);
    let all = desk.world.store.count("REGISTRATION#");
    assert_eq!(all, 1);
}

#[tokio::test]
async fn codes_are_asked_for_only_so_often_and_the_wait_is_told() {
    let desk = Desk::new().await;
    // To one number, from wherever.
    for place in 1..=5 {
        let client = desk.visitor(&format!("198.51.100.{place}"));
        desk.register(&client, &form(1))
            .await
            .json::<RegistrationView>();
    }
    let sixth = desk.visitor("198.51.100.6");
    let answer = desk.register(&sixth, &form(1)).await;
    let problem = answer.refused(ErrorCode::TooManyRequests);
    assert_eq!(problem.retry_after, Some(600));
    assert_eq!(answer.headers["retry-after"], "600");
    desk.wait(MINUTE * 9);
    let problem = desk.register(&sixth, &form(1)).await.problem();
    assert_eq!(problem.retry_after, Some(60));
    // Another number is another matter.
    desk.register(&sixth, &form(2))
        .await
        .json::<RegistrationView>();
    desk.wait(MINUTE);
    desk.register(&sixth, &form(1))
        .await
        .json::<RegistrationView>();

    // From one browser, wherever to.
    let busy = desk.visitor("198.51.100.7");
    for no in 11..=20 {
        desk.register(&busy, &form(no))
            .await
            .json::<RegistrationView>();
    }
    let problem = desk
        .register(&busy, &form(21))
        .await
        .refused(ErrorCode::TooManyRequests);
    assert_eq!(problem.retry_after, Some(600));
    let beside = desk.visitor("198.51.100.7");
    desk.register(&beside, &form(21))
        .await
        .json::<RegistrationView>();
}

/// The power goes out at each write of the confirmation, before and after it: there is all of a company or
/// nothing of it, and the person gets in by the code or by the password.
#[tokio::test]
async fn a_power_cut_leaves_all_of_a_company_or_nothing() {
    let writes = {
        let desk = Desk::new().await;
        let client = desk.visitor("198.51.100.1");
        desk.register(&client, &form(1))
            .await
            .json::<RegistrationView>();
        desk.traces().writes
    };
    for moment in [Moment::Before, Moment::After] {
        let desk = Desk::with_power(PowerCut::at(writes + 1, moment, Length::Outage)).await;
        let client = desk.visitor("198.51.100.1");
        let view: RegistrationView = desk.register(&client, &form(1)).await.json();
        desk.confirm(&client, &view)
            .await
            .refused(ErrorCode::Unavailable);
        desk.world.power.restore();
        assert!(desk.world.power.struck().is_some());
        let again = desk.confirm(&client, &view).await;
        if moment == Moment::Before {
            again.json::<SessionView>();
        } else {
            again.refused(ErrorCode::CodeWrong);
            let answer = desk.login(&client, "company-1", PASSWORD).await;
            client
                .after(&answer)
                .get("/api/session")
                .await
                .json::<SessionView>();
        }
        assert_eq!(desk.world.store.count("COMPANY#"), 3);
        assert_eq!(desk.world.store.count("CREDIT#"), 1);
    }
}

#[tokio::test]
async fn no_secret_stands_in_the_table_or_in_a_message() {
    let desk = Desk::new().await;
    let client = desk.visitor("198.51.100.1");
    let view: RegistrationView = desk.register(&client, &form(1)).await.json();
    let digits = desk.world.digits(&view.code.code).await;
    let answer = desk.confirm(&client, &view).await;
    let token = answer.cookie().split_once('=').unwrap().1.to_owned();
    let browser = client.cookie_value(cookie::BROWSER).unwrap();
    let second = desk.visitor("198.51.100.2");
    desk.registered(&second, &with(form(1), "/account", "other-1"))
        .await;
    desk.world.work_off().await;
    let table = desk.world.store.everything();
    for secret in [PASSWORD, &token, &browser, &format!("\"{digits}\"")] {
        assert!(!table.contains(secret));
    }
    let mails = desk.world.mail.sent();
    let texts = desk.world.sms.sent();
    let told = format!("{mails:?} {texts:?}");
    for secret in [PASSWORD, &token, &browser, "$argon2"] {
        assert!(!told.contains(secret));
    }
    let with_digits = texts
        .iter()
        .filter(|sms| format!("{sms:?}").contains(&digits));
    assert!(with_digits.count() <= 1);
}

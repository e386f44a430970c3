//! Forgotten and changed passwords.

use adapters::registry::{self, KEYS};
use contract::account::{CodeSent, LoginView, SessionView};
use contract::error::{ErrorCode, FieldCode};
use domain::company::CompanyEventKind;
use domain::key::CompanyKey;
use domain::session::SessionLevel;
use serde_json::json;
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::Answer;

use crate::desk::{
    Desk, MINUTE, PASSWORD, Traces, alike, counter_form, form, headers, mobile, name, with,
};

const NEXT: &str = "purple monkey dishwasher";

/// covers: R53
#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_a_code_sent_to_the_mobile() {
    let desk = Desk::new().await;
    let inside = desk.registered(&desk.visitor("192.0.2.1"), &form(1)).await;
    let view: SessionView = inside.get("/api/session").await.json();
    desk.bind(&view.company).await;
    desk.wait(MINUTE);

    let client = desk.visitor("198.51.100.1");
    let answer = desk.forgot(&client, &name(1), &mobile(1)).await;
    assert_eq!(answer.status, 202);
    let sent: CodeSent = answer.json();
    assert_eq!(sent.to, "138****0001");
    let digits = desk.texted(&mobile(1)).await;
    desk.reset(&client, &sent.code, &digits, NEXT).await.done();

    // All sessions have ended, at once.
    inside
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    desk.login(&client, &name(1), PASSWORD)
        .await
        .refused(ErrorCode::LoginFailed);
    // It never unbinds: the new password alone opens nothing.
    let login: LoginView = desk.login(&client, &name(1), NEXT).await.json();
    assert!(login.session.is_none() && login.code.is_some());
    let partition = registry::company_partition(&view.company);
    let keys: Vec<CompanyKey> = desk
        .world
        .registry()
        .load_all(&partition, KEYS)
        .await
        .unwrap();
    assert!(keys[0].revoked_at.is_none());
    assert!(desk.company(&view.company).await.unbound_at.is_none());

    let history = desk.history(&view.company).await;
    assert_eq!(
        history.last().unwrap().event,
        CompanyEventKind::PasswordReset
    );
    desk.world.work_off().await;
    let mails = desk.world.mail.sent();
    assert!(
        mails
            .iter()
            .any(|mail| mail.to == "li.lei.1@example.cn" && mail.subject.contains("密码"))
    );
    let told = format!("{:?} {mails:?}", desk.world.sms.sent());
    for secret in [PASSWORD, NEXT] {
        assert!(!told.contains(secret), "a password is never sent");
        assert!(!desk.world.store.everything().contains(secret));
    }
    desk.reset(&client, &sent.code, &digits, "once more with feeling")
        .await
        .refused(ErrorCode::CodeWrong);
}

/// A counter that was there before is written as a new one is: which of them are new says what was typed.
fn counted_anew(traces: Traces) -> Traces {
    Traces {
        documents: traces.documents - traces.counters,
        counters: 0,
        ..traces
    }
}

/// The same answers, hashes, writes and work for names and numbers that belong together and for others.
#[tokio::test]
async fn a_forgotten_password_does_not_tell_whether_a_company_is_known() {
    let desk = Desk::new().await;
    desk.registered(&desk.visitor("192.0.2.1"), &form(1)).await;
    desk.registered(
        &desk.visitor("192.0.2.2"),
        &with(form(1), "/account", "other"),
    )
    .await;
    desk.world.company(2).await;
    desk.world.work_off().await;
    let mut seen = Vec::new();
    for (place, company, to) in [
        (1, name(1), "13800000001"),
        (2, name(1), "13900000001"),
        // Owned, and asked for with its number and with another.
        (3, name(2), "13800138000"),
        (4, name(2), "13900000001"),
        (5, name(99), "13900000001"),
    ] {
        let client = desk.visitor(&format!("198.51.100.{place}"));
        let texts = desk.world.sms.sent().len();
        let before = desk.traces();
        let asked = desk.forgot(&client, &company, to).await;
        let after_asking = counted_anew(desk.since(before));
        let sent: CodeSent = asked.json();
        let digits = desk.world.digits(&sent.code).await;
        let wrong = if digits == "000000" {
            "000001"
        } else {
            "000000"
        };
        // The name in it must not tell either.
        let tried = desk
            .reset(&client, &sent.code, wrong, &format!("{company}2026abc"))
            .await;
        tried.refused(ErrorCode::CodeWrong);
        let traces = (after_asking, counted_anew(desk.since(before)));
        let mut view = alike(&asked);
        assert_eq!(view["body"]["to"], format!("{}****{}", &to[..3], &to[7..]));
        view["body"]["to"] = json!("");
        desk.world.work_off().await;
        let known = place == 1 || place == 3;
        let texted = desk.world.sms.sent().len() - texts;
        assert_eq!(texted, usize::from(known));
        seen.push((
            view,
            alike(&tried),
            headers(&asked),
            headers(&tried),
            traces,
        ));
        if !known {
            // Even the right digits of a code that went nowhere are wrong.
            desk.reset(&client, &sent.code, &digits, NEXT)
                .await
                .refused(ErrorCode::CodeWrong);
        }
    }
    assert_eq!((seen[0].4.1.hashes, seen[0].4.1.work), (0, 1));
    for (place, one) in seen.iter().enumerate() {
        assert_eq!(*one, seen[0], "{place}");
    }
}

#[tokio::test]
async fn a_weak_password_leaves_the_code_as_it_was() {
    let desk = Desk::new().await;
    desk.registered(&desk.visitor("192.0.2.1"), &form(1)).await;
    let client = desk.visitor("198.51.100.1");
    let (code, digits) = desk.reset_code(&client, 1).await;
    for (weak, why) in [
        ("short", FieldCode::TooShort),
        ("Password2026!", FieldCode::WeakPassword),
        ("my company-1 password", FieldCode::WeakPassword),
        ("南京第1示例科技有限公司2026", FieldCode::WeakPassword),
    ] {
        let answer = desk.reset(&client, &code, &digits, weak).await;
        let problem = answer.wrong_fields(&["password"]);
        assert_eq!(problem.errors[0].code, why);
    }
    desk.reset(&client, &code, &digits, NEXT).await.done();
}

#[tokio::test]
async fn a_reset_code_works_once_for_five_tries_for_ten_minutes() {
    let desk = Desk::new().await;
    desk.registered(&desk.visitor("192.0.2.1"), &form(1)).await;
    let client = desk.visitor("198.51.100.1");
    let (code, digits) = desk.reset_code(&client, 1).await;
    let wrong = if digits == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 0..5 {
        desk.reset(&client, &code, wrong, NEXT)
            .await
            .refused(ErrorCode::CodeWrong);
    }
    desk.reset(&client, &code, &digits, NEXT)
        .await
        .refused(ErrorCode::CodeWrong);

    let (code, digits) = desk.reset_code(&client, 1).await;
    desk.wait(MINUTE * 10);
    desk.reset(&client, &code, &digits, NEXT)
        .await
        .refused(ErrorCode::CodeWrong);

    let (code, digits) = desk.reset_code(&client, 1).await;
    let (one, two) = tokio::join!(
        desk.reset(&client, &code, &digits, NEXT),
        desk.reset(&client, &code, &digits, "staple of the horse")
    );
    let codes = [&one, &two].map(|answer: &Answer| answer.status.as_u16());
    assert!(codes.contains(&204) && codes.contains(&422), "{codes:?}");
    let lost = if one.status == 204 { two } else { one };
    lost.refused(ErrorCode::CodeWrong);

    // Nobody's code, and one for something else.
    let none = "cd_00000000000000000000000000".parse().unwrap();
    let answer = desk.reset(&client, &none, "123456", NEXT).await;
    answer.refused(ErrorCode::CodeWrong);
}

/// Guessing at many codes is failing to log in many times.
#[tokio::test]
async fn one_browser_does_not_guess_at_code_after_code() {
    let desk = Desk::new().await;
    let client = desk.visitor("198.51.100.1");
    for no in 1..=2 {
        let (code, digits) = desk.reset_code(&client, no).await;
        let wrong = if digits == "000000" {
            "000001"
        } else {
            "000000"
        };
        for _ in 0..5 {
            desk.reset(&client, &code, wrong, NEXT)
                .await
                .refused(ErrorCode::CodeWrong);
        }
    }
    let (code, _) = desk.reset_code(&client, 3).await;
    let answer = desk.reset(&client, &code, "000000", NEXT).await;
    assert_eq!(
        answer.refused(ErrorCode::TooManyRequests).retry_after,
        Some(600)
    );
}

/// Strangers use up what may be sent to a number; the person goes on in a browser that knows them.
#[tokio::test]
async fn strangers_do_not_keep_a_person_from_a_new_password() {
    let desk = Desk::new().await;
    let known = desk.visitor("192.0.2.1");
    desk.registered(&known, &form(1)).await;
    desk.wait(MINUTE * 10);
    for place in 1..=5 {
        let stranger = desk.visitor(&format!("198.51.100.{place}"));
        desk.forgot(&stranger, &name(1), &mobile(1))
            .await
            .json::<CodeSent>();
    }
    let sixth = desk.visitor("198.51.100.6");
    let answer = desk.forgot(&sixth, &name(1), &mobile(1)).await;
    assert_eq!(
        answer.refused(ErrorCode::TooManyRequests).retry_after,
        Some(600)
    );
    // The same for a name that nobody has.
    let unknown = desk.forgot(&sixth, &name(99), &mobile(1)).await;
    assert_eq!(alike(&unknown), alike(&answer));
    for _ in 0..5 {
        desk.forgot(&known, &name(1), &mobile(1))
            .await
            .json::<CodeSent>();
    }
    desk.forgot(&known, &name(1), &mobile(1))
        .await
        .refused(ErrorCode::TooManyRequests);
}

#[tokio::test]
async fn what_is_typed_wrong_is_named() {
    let desk = Desk::new().await;
    let client = desk.visitor("198.51.100.1");
    desk.forgot(&client, " ", "02584191234")
        .await
        .wrong_fields(&["company_name", "mobile"]);
    desk.forgot(&client, &"长".repeat(65), &mobile(1))
        .await
        .wrong_fields(&["company_name"]);
}

/// The power goes out at the write of the new password: all of it or nothing, and the way goes on.
#[tokio::test]
async fn a_power_cut_sets_a_password_wholly_or_not_at_all() {
    let prepare = async |power| {
        let desk = Desk::with_power(power).await;
        desk.registered(&desk.visitor("192.0.2.1"), &form(1)).await;
        let client = desk.visitor("198.51.100.1");
        let (code, digits) = desk.reset_code(&client, 1).await;
        (desk, client, code, digits)
    };
    let writes = prepare(PowerCut::never()).await.0.traces().writes;
    for moment in [Moment::Before, Moment::After] {
        let power = PowerCut::at(writes + 1, moment, Length::Outage);
        let (desk, client, code, digits) = prepare(power).await;
        desk.reset(&client, &code, &digits, NEXT)
            .await
            .refused(ErrorCode::Unavailable);
        desk.world.power.restore();
        let again = desk.reset(&client, &code, &digits, NEXT).await;
        if moment == Moment::Before {
            again.done();
        } else {
            again.refused(ErrorCode::CodeWrong);
        }
        desk.login(&client, &name(1), NEXT).await.cookie();
    }
}

#[tokio::test]
async fn a_person_changes_the_password_and_goes_on() {
    let desk = Desk::new().await;
    let client = desk.visitor("192.0.2.1");
    let inside = desk.registered(&client, &counter_form(1)).await;
    let view: SessionView = inside.get("/api/session").await.json();
    let elsewhere = {
        let other = desk.visitor("192.0.2.2");
        let answer = desk.login(&other, &name(1), PASSWORD).await;
        other.after(&answer)
    };
    let change = |current: &str, next: &str| json!({"current": current, "password": next});
    let wrong = inside
        .put_json("/api/password", &change("not this one", NEXT))
        .await;
    let problem = wrong.refused(ErrorCode::LoginFailed);
    assert_eq!(problem.errors[0].field, "current");
    inside
        .put_json("/api/password", &change(PASSWORD, &format!("{}1", name(1))))
        .await
        .wrong_fields(&["password"]);

    let answer = inside
        .put_json("/api/password", &change(PASSWORD, NEXT))
        .await;
    answer.done();
    for old in [&inside, &elsewhere] {
        old.get("/api/session")
            .await
            .refused(ErrorCode::LoginRequired);
    }
    let on = inside.after(&answer);
    let after: SessionView = on.get("/api/session").await.json();
    assert_eq!((after.user, after.level), (view.user, SessionLevel::Full));
    desk.login(&client, &name(1), PASSWORD)
        .await
        .refused(ErrorCode::LoginFailed);
    desk.login(&client, &name(1), NEXT).await.cookie();
    let history = desk.history(&view.company).await;
    assert_eq!(
        history.last().unwrap().event,
        CompanyEventKind::PasswordChanged
    );
    desk.world.work_off().await;
    let mails = desk.world.mail.sent();
    assert!(mails.iter().any(|mail| mail.subject.contains("密码")));

    // Somebody at an open screen does not guess on for ever, whatever else they do in their browser.
    for _ in 0..9 {
        on.put_json("/api/password", &change("not this one", PASSWORD))
            .await
            .refused(ErrorCode::LoginFailed);
    }
    let answer = on.put_json("/api/password", &change(NEXT, PASSWORD)).await;
    answer.refused(ErrorCode::TooManyRequests);
}

/// Two people of a company, or the same twice, at one moment: one is told, nothing is lost.
#[tokio::test]
async fn of_two_changes_at_once_one_counts() {
    let desk = Desk::new().await;
    let client = desk.visitor("192.0.2.1");
    let inside = desk.registered(&client, &form(1)).await;
    let one = json!({"current": PASSWORD, "password": NEXT});
    let two = json!({"current": PASSWORD, "password": "staple of the horse"});
    let (first, second) = tokio::join!(
        inside.put_json("/api/password", &one),
        inside.put_json("/api/password", &two)
    );
    let (lost, right) = if first.status == 204 {
        (second, NEXT)
    } else {
        (first, "staple of the horse")
    };
    lost.refused(ErrorCode::LoginRequired);
    desk.login(&client, &name(1), right).await.cookie();
}

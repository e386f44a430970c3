//! Logging in by name and password.

use adapters::ports::Transaction;
use adapters::registry::{Claimed, Ownership};
use contract::account::{CodeSent, LoginView, SessionView};
use contract::error::ErrorCode;
use domain::company::Company;
use domain::key::CompanyKey;
use domain::session::SessionLevel;
use edge::throttle::{LOGIN_ADDRESS, LOGIN_NAME};
use jiff::SignedDuration;
use serde_json::json;
use testkit::web::{Answer, Client};

use crate::desk::{
    Desk, MINUTE, PASSWORD, Traces, alike, counter_form, credentials, form, headers, mobile, name,
    with,
};

/// covers: R52
#[tokio::test]
async fn a_person_logs_in_by_name_password_and_human_check() {
    let desk = Desk::new().await;
    desk.registered(&desk.visitor("198.51.100.1"), &form(1))
        .await;
    let client = desk.visitor("198.51.100.2");
    for typed in [&name(1), "company-1", " Company-1 "] {
        let answer = desk.login(&client, typed, PASSWORD).await;
        let view: LoginView = answer.json();
        let session = view.session.unwrap();
        assert_eq!(session.level, SessionLevel::Full);
        assert_eq!(session.company_name, name(1));
        assert!(view.code.is_none());
        client
            .after(&answer)
            .get("/api/session")
            .await
            .json::<SessionView>();
    }
    // Each login has a session of its own.
    let one = desk.login(&client, &name(1), PASSWORD).await.cookie();
    let two = desk.login(&client, &name(1), PASSWORD).await.cookie();
    assert_ne!(one, two);

    let mut without = credentials(&name(1), PASSWORD);
    without["human"] = json!("");
    client
        .post_json("/api/session", &without)
        .await
        .refused(ErrorCode::HumanCheckFailed);
    let empty = json!({"storefront": "nowhere", "name": " ", "password": ""});
    desk.send(&client, "/api/session", empty)
        .await
        .wrong_fields(&["storefront", "name", "password"]);
    desk.login(&client, &"长".repeat(65), PASSWORD)
        .await
        .wrong_fields(&["name"]);
}

/// The same answers, hashes and writes, whatever was wrong.
#[tokio::test]
async fn a_failed_login_does_not_tell_what_was_wrong() {
    let desk = Desk::new().await;
    desk.registered(&desk.visitor("198.51.100.1"), &form(1))
        .await;
    let twice = with(form(1), "/account", "twice");
    desk.registered(&desk.visitor("198.51.100.2"), &twice).await;
    desk.world.company(2).await;
    desk.registered(&desk.visitor("198.51.100.3"), &form(3))
        .await;
    let third = with(form(4), "/account", "bound");
    let bound: SessionView = {
        let inside = desk.registered(&desk.visitor("198.51.100.4"), &third).await;
        inside.get("/api/session").await.json()
    };
    desk.bind(&bound.company).await;

    let mut seen: Vec<(serde_json::Value, Vec<String>, Traces)> = Vec::new();
    let unknown = name(99);
    let (two, one, two_claims, many) = (name(2), name(3), name(1), name(4));
    for (place, typed) in [
        unknown.as_str(),
        "nobody",
        // An account name, one claim, two claims, an owner whose person has no password, a bound company.
        "company-3",
        &one,
        &two_claims,
        &two,
        &many,
        "13800000001",
    ]
    .into_iter()
    .enumerate()
    {
        let client = desk.visitor(&format!("198.51.100.{}", 50 + place));
        let before = desk.traces();
        let answer = desk.login(&client, typed, "correct horse batterz").await;
        answer.refused(ErrorCode::LoginFailed);
        assert!(!answer.headers.contains_key("set-cookie"));
        seen.push((alike(&answer), headers(&answer), desk.since(before)));
    }
    assert_eq!(seen[0].2.hashes, 4);
    for (place, one) in seen.iter().enumerate() {
        assert_eq!(*one, seen[0], "{place}");
    }
}

#[tokio::test]
async fn two_companies_that_claim_one_name_both_log_in_until_one_owns_it() {
    let desk = Desk::new().await;
    let first = desk.visitor("198.51.100.1");
    desk.registered(&first, &counter_form(1)).await;
    desk.wait(MINUTE);
    let mut form = counter_form(2);
    form["company_name"] = json!(name(1));
    form["password"] = json!("another horse battery");
    let second = desk.visitor("198.51.100.2");
    desk.registered(&second, &form).await;

    let stranger = desk.visitor("198.51.100.3");
    let view = |answer: &Answer| answer.json::<LoginView>().session.unwrap();
    let one = view(&desk.login(&stranger, &name(1), PASSWORD).await);
    let two = view(
        &desk
            .login(&stranger, &name(1), "another horse battery")
            .await,
    );
    assert_ne!(one.company, two.company);

    // The papers of the second are approved: the name means it alone.
    desk.put(&Ownership {
        what: Claimed::Name,
        text: name(1),
        company: two.company.clone(),
        at: desk.now(),
    })
    .await;
    desk.login(&stranger, &name(1), PASSWORD)
        .await
        .refused(ErrorCode::LoginFailed);
    let again = view(
        &desk
            .login(&stranger, &name(1), "another horse battery")
            .await,
    );
    assert_eq!(again.company, two.company);
}

/// Strangers claim a name a dozen times before its company registers: where it was before, it gets in.
#[tokio::test]
async fn claims_of_strangers_do_not_shut_a_company_out() {
    let desk = Desk::new().await;
    for no in 1..=12 {
        let client = desk.visitor(&format!("198.51.100.{no}"));
        let mut form = counter_form(no);
        form["company_name"] = json!(name(50));
        form["password"] = json!(format!("stranger's secret {no}"));
        desk.registered(&client, &form).await;
        desk.wait(MINUTE);
    }
    let client = desk.visitor("198.51.100.50");
    let inside = desk.registered(&client, &counter_form(50)).await;
    let there: SessionView = inside.get("/api/session").await.json();
    let again: LoginView = desk.login(&client, &name(50), PASSWORD).await.json();
    assert_eq!(again.session.unwrap().company, there.company);
    // And a forgotten password is found by its number wherever it is.
    let sent: CodeSent = desk
        .forgot(&desk.visitor("198.51.100.51"), &name(50), &mobile(50))
        .await
        .json();
    desk.world.work_off().await;
    let digits = desk.world.digits(&sent.code).await;
    assert_eq!(desk.texted(&mobile(50)).await, digits);
}

/// A hundred failures by strangers, from a hundred addresses: the owner gets in, at once from a browser
/// where they were before, after the longer check from a new one.
#[tokio::test]
async fn nobody_locks_another_company_out() {
    let desk = Desk::new().await;
    let known = desk.visitor("192.0.2.1");
    desk.registered(&known, &form(1)).await;
    let mut harder = 0;
    for place in 0..100 {
        let stranger = desk.visitor(&format!("198.51.100.{place}"));
        let answer = desk.login(&stranger, &name(1), "wrong horse battery").await;
        let problem = answer.problem();
        match problem.code {
            ErrorCode::LoginFailed => {}
            ErrorCode::HumanCheckHarder => {
                harder += 1;
                if harder == 1 {
                    // Nor does one who does it get any further.
                    let body = credentials(&name(1), "wrong horse battery");
                    desk.send_hard(&stranger, "/api/session", body)
                        .await
                        .refused(ErrorCode::LoginFailed);
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(harder, 90);

    desk.login(&known, &name(1), PASSWORD).await.cookie();
    let new = desk.visitor("192.0.2.2");
    let before = desk.traces();
    let refused = desk.login(&new, &name(1), PASSWORD).await;
    refused.refused(ErrorCode::HumanCheckHarder);
    // Nothing was compared and nothing counted.
    let left = desk.since(before);
    assert_eq!((left.hashes, left.counters, left.writes), (0, 0, 1));
    let body = credentials(&name(1), PASSWORD);
    desk.send_hard(&new, "/api/session", body).await.cookie();
    // Now it is known too.
    desk.login(&new, &name(1), PASSWORD).await.cookie();

    // By the account name nobody failed, and nothing is asked.
    desk.login(&desk.visitor("192.0.2.3"), "company-1", PASSWORD)
        .await
        .cookie();
    // A name that nobody has is treated alike.
    for _ in 0..10 {
        let unknown = name(77);
        let failure = [(LOGIN_NAME, unknown.as_str())];
        desk.ports.throttles.count(&failure).await.unwrap();
    }
    let stranger = desk.visitor("203.0.113.99");
    let same = desk.login(&stranger, &name(77), PASSWORD).await;
    assert_eq!(alike(&same), alike(&refused));
    // An hour later all is calm.
    desk.wait(MINUTE * 61);
    desk.login(&desk.visitor("192.0.2.4"), &name(1), PASSWORD)
        .await
        .cookie();
}

#[tokio::test]
async fn a_browser_and_an_address_wait_after_failures() {
    let desk = Desk::new().await;
    desk.registered(&desk.visitor("192.0.2.1"), &form(1)).await;
    let client = desk.visitor("198.51.100.1");
    for no in 0..10 {
        // Another name each time: what waits is the browser.
        desk.login(&client, &name(20 + no), PASSWORD)
            .await
            .refused(ErrorCode::LoginFailed);
    }
    let before = desk.traces();
    let answer = desk.login(&client, &name(1), PASSWORD).await;
    let problem = answer.refused(ErrorCode::TooManyRequests);
    assert_eq!(problem.retry_after, Some(600));
    assert_eq!(answer.headers["retry-after"], "600");
    assert_eq!(desk.since(before).writes, 0);
    desk.wait(SignedDuration::from_secs(599));
    let problem = desk.login(&client, &name(1), PASSWORD).await.problem();
    assert_eq!(problem.retry_after, Some(1));
    // A colleague at the same address goes on meanwhile.
    desk.login(&desk.visitor("198.51.100.1"), &name(1), PASSWORD)
        .await
        .cookie();
    desk.wait(SignedDuration::from_secs(1));
    desk.login(&client, &name(1), PASSWORD).await.cookie();

    // Browsers are free to make: what waits then is the address.
    for _ in 0..47 {
        let failure = [(LOGIN_ADDRESS, "198.51.100.9")];
        desk.ports.throttles.count(&failure).await.unwrap();
    }
    for no in 0..3 {
        let fresh = desk.visitor("198.51.100.9");
        let answer = desk.login(&fresh, &name(100 + no), PASSWORD).await;
        answer.refused(ErrorCode::LoginFailed);
    }
    desk.login(&desk.visitor("198.51.100.9"), &name(1), PASSWORD)
        .await
        .refused(ErrorCode::TooManyRequests);
    desk.login(&desk.visitor("198.51.100.10"), &name(1), PASSWORD)
        .await
        .cookie();
}

async fn by_code(client: &Client, sent: &CodeSent, digits: &str) -> Answer {
    let body = json!({"id": sent.code, "code": digits});
    client.post_json("/api/session/code", &body).await
}

/// A company bound to a key, and a browser in which its person just typed the right password.
async fn bound(desk: &Desk) -> (Company, Client, CodeSent) {
    let inside = desk.registered(&desk.visitor("192.0.2.1"), &form(1)).await;
    let view: SessionView = inside.get("/api/session").await.json();
    desk.bind(&view.company).await;
    desk.wait(MINUTE);
    let client = desk.visitor("198.51.100.1");
    let answer = desk.login(&client, &name(1), PASSWORD).await;
    assert!(!answer.headers.contains_key("set-cookie"));
    let view: LoginView = answer.json();
    assert!(view.session.is_none());
    let company = desk
        .company(
            &inside
                .get("/api/session")
                .await
                .json::<SessionView>()
                .company,
        )
        .await;
    (company, client, view.code.unwrap())
}

#[tokio::test]
async fn a_bound_company_needs_a_code_for_a_limited_session() {
    let desk = Desk::new().await;
    let (company, client, sent) = bound(&desk).await;
    assert_eq!(sent.to, "138****0001");
    let digits = desk.texted(&mobile(1)).await;
    assert_eq!(digits, desk.world.digits(&sent.code).await);
    let answer = by_code(&client, &sent, &digits).await;
    let view: SessionView = answer.json();
    assert_eq!(
        (view.level, &view.company),
        (SessionLevel::Limited, &company.id)
    );
    assert_eq!(view.expires_at, desk.now() + SignedDuration::from_hours(2));
    let inside = client.after(&answer);
    inside.get("/api/session").await.json::<SessionView>();
    by_code(&client, &sent, &digits)
        .await
        .refused(ErrorCode::CodeWrong);

    // Unbound since, the password alone opens a full session.
    let unbound = Company {
        unbound_at: Some(desk.now()),
        version: company.version + 1,
        ..company
    };
    let write = Transaction::new(desk.now()).change(&unbound).unwrap();
    desk.world.registry().record(&write).await.unwrap();
    let view: LoginView = desk.login(&client, &name(1), PASSWORD).await.json();
    assert_eq!(view.session.unwrap().level, SessionLevel::Full);
}

#[tokio::test]
async fn a_login_code_works_once_for_five_tries_for_ten_minutes() {
    let desk = Desk::new().await;
    let (_, client, sent) = bound(&desk).await;
    let digits = desk.world.digits(&sent.code).await;
    let wrong = if digits == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 0..5 {
        by_code(&client, &sent, wrong)
            .await
            .refused(ErrorCode::CodeWrong);
    }
    by_code(&client, &sent, &digits)
        .await
        .refused(ErrorCode::CodeWrong);

    let next = |client: Client| {
        let desk = &desk;
        async move {
            let view: LoginView = desk.login(&client, &name(1), PASSWORD).await.json();
            let sent = view.code.unwrap();
            let digits = desk.world.digits(&sent.code).await;
            (sent, digits)
        }
    };
    let (sent, digits) = next(client.clone()).await;
    desk.wait(MINUTE * 10);
    by_code(&client, &sent, &digits)
        .await
        .refused(ErrorCode::CodeWrong);

    let (sent, digits) = next(client.clone()).await;
    let (one, two) = tokio::join!(
        by_code(&client, &sent, &digits),
        by_code(&client, &sent, &digits)
    );
    let (won, lost) = if one.status == 200 {
        (one, two)
    } else {
        (two, one)
    };
    won.json::<SessionView>();
    lost.refused(ErrorCode::CodeWrong);

    // A code for something else opens nothing here.
    let reset: CodeSent = desk.forgot(&client, &name(1), &mobile(1)).await.json();
    let digits = desk.world.digits(&reset.code).await;
    by_code(&client, &reset, &digits)
        .await
        .refused(ErrorCode::CodeWrong);
}

#[tokio::test]
async fn keys_that_have_ended_bind_no_more() {
    let desk = Desk::new().await;
    let (company, client, _) = bound(&desk).await;
    let key = CompanyKey {
        company: company.id,
        serial: "03000123".to_owned(),
        activated_at: desk.now(),
        not_after: desk.now() + MINUTE * 60,
        medium: domain::catalog::Medium::Bjca,
        storefront: domain::policy::StorefrontId("mall".to_owned()),
        certificate_serial: "40".to_owned(),
        seal: false,
        suspended: None,
        reported_at: None,
        earlier: Vec::new(),
        issued_by: None,
        revoked_at: None,
        version: 2,
    };
    let level = |client: Client| {
        let desk = &desk;
        async move {
            let view: LoginView = desk.login(&client, &name(1), PASSWORD).await.json();
            view.session.map(|session| session.level)
        }
    };
    desk.put(&key).await;
    assert_eq!(level(client.clone()).await, None);
    desk.wait(MINUTE * 60);
    assert_eq!(level(client.clone()).await, Some(SessionLevel::Full));
    let revoked = CompanyKey {
        not_after: desk.now() + MINUTE * 60,
        medium: domain::catalog::Medium::Bjca,
        storefront: domain::policy::StorefrontId("mall".to_owned()),
        certificate_serial: "40".to_owned(),
        seal: false,
        suspended: None,
        reported_at: None,
        earlier: Vec::new(),
        issued_by: None,
        revoked_at: Some(desk.now()),
        version: 3,
        ..key
    };
    desk.put(&revoked).await;
    assert_eq!(level(client.clone()).await, Some(SessionLevel::Full));
}

/// Only who knows the password has codes sent to a bound company's person, and not without end.
#[tokio::test]
async fn login_codes_are_sent_only_so_often() {
    let desk = Desk::new().await;
    let (_, _, _) = bound(&desk).await;
    for place in 2..=5 {
        let client = desk.visitor(&format!("198.51.100.{place}"));
        desk.login(&client, &name(1), PASSWORD)
            .await
            .json::<LoginView>();
    }
    let client = desk.visitor("198.51.100.6");
    let answer = desk.login(&client, &name(1), PASSWORD).await;
    let problem = answer.refused(ErrorCode::TooManyRequests);
    assert_eq!(problem.retry_after, Some(600));
    // Strangers who ask for codes to that number do not use these up.
    desk.wait(MINUTE * 10);
    for place in 20..25 {
        let stranger = desk.visitor(&format!("198.51.100.{place}"));
        desk.forgot(&stranger, &name(1), &mobile(1))
            .await
            .json::<CodeSent>();
    }
    let view: LoginView = desk.login(&client, &name(1), PASSWORD).await.json();
    assert!(view.code.is_some());
}

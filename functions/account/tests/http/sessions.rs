//! Sessions: where one is logged in, and the end of it. And what every caller is told.

use account::api;
use contract::account::{ChallengeView, RegistrationView, SessionList, SessionView};
use contract::error::ErrorCode;
use edge::cookie;
use jiff::SignedDuration;
use serde_json::json;
use testkit::web::Client;
use testkit::world::solution;

use crate::desk::{Desk, MINUTE, PASSWORD, form, name, ports};

#[tokio::test]
async fn a_person_sees_their_sessions_and_ends_one() {
    let desk = Desk::new().await;
    let one = desk.visitor("192.0.2.1");
    let here = desk.registered(&one, &form(1)).await;
    desk.wait(MINUTE);
    let two = desk.visitor("192.0.2.2");
    let answer = desk.login(&two, &name(1), PASSWORD).await;
    let there = two.after(&answer);
    let stranger = desk.registered(&desk.visitor("192.0.2.3"), &form(2)).await;

    let list: SessionList = here.get("/api/sessions").await.json();
    let rows: Vec<(&str, bool)> = list
        .sessions
        .iter()
        .map(|row| (row.address.as_str(), row.current))
        .collect();
    assert_eq!(rows, [("192.0.2.2", false), ("192.0.2.1", true)]);
    let other = &list.sessions[0].id;
    let path = format!("/api/sessions/{other}");
    stranger.delete(&path).await.refused(ErrorCode::NotFound);
    there.get("/api/session").await.json::<SessionView>();
    here.delete(&path).await.done();
    there
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    here.delete(&path).await.refused(ErrorCode::NotFound);
    here.delete("/api/sessions/nonsense")
        .await
        .refused(ErrorCode::NotFound);

    let own = format!("/api/sessions/{}", list.sessions[1].id);
    let out = here.delete(&own).await;
    out.done();
    assert!(
        out.headers["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    here.get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
}

#[tokio::test]
async fn logging_out_everywhere_holds_at_once() {
    let desk = Desk::new().await;
    let one = desk.visitor("192.0.2.1");
    let here = desk.registered(&one, &form(1)).await;
    let answer = desk.login(&one, &name(1), PASSWORD).await;
    let there = one.after(&answer);
    let out = here.delete("/api/sessions").await;
    out.done();
    assert!(
        out.headers["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    for client in [&here, &there] {
        client
            .get("/api/session")
            .await
            .refused(ErrorCode::LoginRequired);
        client
            .delete("/api/sessions")
            .await
            .refused(ErrorCode::LoginRequired);
    }
    let answer = desk.login(&one, &name(1), PASSWORD).await;
    let again = one.after(&answer);
    let list: SessionList = again.get("/api/sessions").await.json();
    assert_eq!(list.sessions.len(), 1);
}

#[tokio::test]
async fn logging_out_ends_this_session_only() {
    let desk = Desk::new().await;
    let one = desk.visitor("192.0.2.1");
    let here = desk.registered(&one, &form(1)).await;
    let answer = desk.login(&one, &name(1), PASSWORD).await;
    let there = one.after(&answer);
    let out = here.delete("/api/session").await;
    out.done();
    assert!(
        out.headers["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    here.get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    here.delete("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    there.get("/api/session").await.json::<SessionView>();
}

/// Nothing of a session, a code or a count stands in the memory of a function.
#[tokio::test]
async fn sessions_survive_a_deploy() {
    let desk = Desk::new().await;
    let client = desk.visitor("192.0.2.1");
    let inside = desk.registered(&client, &form(1)).await;
    let view: RegistrationView = desk.register(&client, &form(2)).await.json();
    let next = api(desk.world.gate(), ports(&desk.world)).unwrap();
    inside
        .at(&next)
        .get("/api/session")
        .await
        .json::<SessionView>();
    desk.confirm(&client.at(&next), &view)
        .await
        .json::<SessionView>();
    inside.at(&next).delete("/api/sessions").await.done();
    inside
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
}

#[tokio::test]
async fn sessions_end_by_our_clock() {
    let desk = Desk::new().await;
    let inside = desk.registered(&desk.visitor("192.0.2.1"), &form(1)).await;
    desk.wait(SignedDuration::from_hours(12) - SignedDuration::from_secs(1));
    inside.get("/api/session").await.json::<SessionView>();
    desk.wait(SignedDuration::from_secs(1));
    inside
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
}

#[tokio::test]
async fn a_planted_cookie_logs_nobody_in_and_nobody_out() {
    let desk = Desk::new().await;
    let inside = desk.registered(&desk.visitor("192.0.2.1"), &form(1)).await;
    let planted = inside
        .clone()
        .cookie(format!("{}=planted", cookie::COMPANY));
    planted
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    planted
        .delete("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    inside.get("/api/session").await.json::<SessionView>();
    // A token from before the login is worth nothing after it: each login has a new one.
    let before = desk
        .visitor("192.0.2.2")
        .cookie(format!("{}=chosen", cookie::COMPANY));
    let answer = desk.login(&before, &name(1), PASSWORD).await;
    assert_ne!(answer.cookie(), format!("{}=chosen", cookie::COMPANY));
    before
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
}

#[tokio::test]
async fn a_browser_gets_its_cookie_with_its_first_human_check() {
    let desk = Desk::new().await;
    let fresh = Client::new(desk.router.clone());
    let answer = fresh.get("/api/challenge").await;
    let made: ChallengeView = answer.json();
    let browser = fresh.after(&answer);
    assert!(answer.cookie().starts_with(cookie::BROWSER));
    let mut body = form(1);
    let solved = |made: &ChallengeView| {
        solution(&made.challenge, &made.salt, &made.signature, made.maxnumber)
    };
    body["human"] = json!(solved(&made));
    browser
        .post_json("/api/registrations", &body)
        .await
        .json::<RegistrationView>();

    let again = browser.get("/api/challenge?hard=true").await;
    assert!(!again.headers.contains_key("set-cookie"));
    let hard: ChallengeView = again.json();
    assert!(hard.maxnumber > made.maxnumber);
    browser
        .get("/api/challenge?hard=perhaps")
        .await
        .refused(ErrorCode::MalformedRequest);
    // Two of one name are none: it gets a new one.
    let planted = browser.cookie(format!("{}=planted", cookie::BROWSER));
    planted.get("/api/challenge").await.cookie();
}

#[tokio::test]
async fn what_cannot_be_read_is_told_apart_from_what_is_wrong() {
    let desk = Desk::new().await;
    let client = desk.visitor("192.0.2.1");
    let mut unknown = form(1);
    unknown["admin"] = json!(true);
    desk.register(&client, &unknown)
        .await
        .refused(ErrorCode::MalformedRequest);
    client
        .post("/api/registrations")
        .await
        .refused(ErrorCode::MalformedRequest);
    let text = [("content-type", "text/plain")];
    client
        .post_raw(
            "/api/registrations",
            &text,
            form(1).to_string().into_bytes(),
        )
        .await
        .refused(ErrorCode::MalformedRequest);
    let json = [("content-type", "application/json; charset=utf-8")];
    client
        .post_raw("/api/registrations", &json, vec![b' '; 300 * 1024])
        .await
        .refused(ErrorCode::TooLarge);
    client
        .get("/api/nothing")
        .await
        .refused(ErrorCode::NotFound);
    client
        .put_json("/api/session", &json!({}))
        .await
        .refused(ErrorCode::MethodNotAllowed);
    let elsewhere = client.clone().from_elsewhere();
    desk.login(&elsewhere, &name(1), PASSWORD)
        .await
        .refused(ErrorCode::NotFromOurPage);
}

#[tokio::test]
async fn people_read_their_own_language() {
    let desk = Desk::new().await;
    let client = desk.visitor("192.0.2.1");
    let zh = client
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    let english = client.english();
    let en = english
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    assert!(zh.title.contains("登录"), "{}", zh.title);
    assert!(en.title.contains("log in"), "{}", en.title);
}

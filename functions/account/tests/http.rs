//! Registration, logging in and out, as a page sees it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use account::{Ports, api, hash_password};
use adapters::ports::{Staff, StaffAccounts as _};
use axum::Router;
use contract::account::{SessionView, StaffSessionView};
use contract::error::{ErrorCode, FieldCode};
use domain::actor::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders;
use testkit::web::{Answer, Client};
use testkit::world::World;

const PASSWORD: &str = "correct horse battery";

fn router(world: &World) -> Router {
    let ports = Ports {
        accounts: world.store.clone(),
        staff: world.store.clone(),
        sessions: world.store.clone(),
        policies: world.policies.clone(),
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    api(world.gate(), ports).unwrap()
}

fn form(account: &str, credit_code: &str) -> Value {
    json!({
        "storefront": "mall",
        "account": account,
        "password": PASSWORD,
        "company_name": "南京示例科技有限公司",
        "credit_code": credit_code,
        "contact": {"name": "李雷", "mobile": "13800138000", "mail": "li.lei@example.cn"},
    })
}

fn with(mut body: Value, pointer: &str, value: &str) -> Value {
    *body.pointer_mut(pointer).unwrap() = json!(value);
    body
}

async fn register(client: &Client, body: &Value) -> Answer {
    client.post_json("/api/accounts", body).await
}

async fn login(client: &Client, account: &str, password: &str) -> Answer {
    client
        .post_json(
            "/api/session",
            &json!({"account": account, "password": password}),
        )
        .await
}

#[tokio::test]
async fn a_company_registers_is_logged_in_and_logs_out_for_good() {
    let world = World::new().await;
    let client = Client::new(router(&world));
    let answer = register(&client, &form("示例公司", orders::credit_code(1).as_str())).await;
    assert_eq!(answer.status, 201);
    let view: SessionView = answer.json();
    assert_eq!(
        (view.account.as_str(), view.company_name.as_str()),
        ("示例公司", "南京示例科技有限公司")
    );

    let inside = client.clone().cookie(answer.cookie());
    let again: SessionView = inside.get("/api/session").await.json();
    assert_eq!((again.user, again.company), (view.user, view.company));

    let out = inside.delete("/api/session").await;
    out.done();
    assert!(
        out.headers["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    inside
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    inside
        .delete("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);

    // The name is compared without blanks around and in one case; each login has a session of its own.
    let first = login(&client, " 示例公司 ", PASSWORD).await.cookie();
    let second = login(&client, "示例公司", PASSWORD).await.cookie();
    assert_ne!(first, second);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let world = World::new().await;
    let client = Client::new(router(&world));
    let body = json!({
        "storefront": "nowhere",
        "account": "a b",
        "password": "short",
        "company_name": " ",
        "credit_code": "91440300708461136A",
        "contact": {"name": "", "mobile": "12345", "mail": "nobody"},
    });
    let problem = register(&client, &body).await.wrong_fields(&[
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
        problem
            .errors
            .iter()
            .find(|error| error.field == field)
            .unwrap()
            .code
    };
    assert_eq!(code("credit_code"), FieldCode::CheckCharacter);
    assert_eq!(code("password"), FieldCode::TooShort);
    assert_eq!(code("storefront"), FieldCode::NotOffered);

    let good = form("company", orders::credit_code(1).as_str());
    for weak in [
        "1212121212",
        "Password2026!",
        "xx-company-yy",
        "南京示例科技有限公司1",
    ] {
        let problem = register(&client, &with(good.clone(), "/password", weak))
            .await
            .wrong_fields(&["password"]);
        assert_eq!(problem.errors[0].code, FieldCode::WeakPassword, "{weak}");
    }
    register(&client, &good).await.json::<SessionView>();
}

#[tokio::test]
async fn a_name_and_a_company_are_registered_once_and_a_refusal_leaves_nothing() {
    let world = World::new().await;
    let client = Client::new(router(&world));
    let (one, two) = (orders::credit_code(1), orders::credit_code(2));
    register(&client, &form("company", one.as_str()))
        .await
        .json::<SessionView>();

    let taken = register(&client, &form("Company", two.as_str()))
        .await
        .refused(ErrorCode::AccountTaken);
    assert_eq!(taken.errors[0].field, "account");
    let known = register(&client, &form("other", one.as_str()))
        .await
        .refused(ErrorCode::CompanyRegistered);
    assert_eq!(known.errors[0].field, "credit_code");

    register(&client, &form("other", two.as_str()))
        .await
        .json::<SessionView>();
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_are_told_the_same() {
    let world = World::new().await;
    let client = Client::new(router(&world));
    register(&client, &form("company", orders::credit_code(1).as_str()))
        .await
        .json::<SessionView>();
    let wrong = login(&client, "company", "correct horse batterz").await;
    let unknown = login(&client, "nobody", PASSWORD).await;
    wrong.refused(ErrorCode::LoginFailed);
    assert_eq!(wrong.without_request_id(), unknown.without_request_id());
    let names = |answer: &Answer| {
        answer
            .headers
            .keys()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&wrong), names(&unknown));
    assert!(!wrong.headers.contains_key("set-cookie"));

    let staff = json!({"mail": "nobody@sealkey.example", "password": PASSWORD});
    let staff = client.post_json("/api/console/session", &staff).await;
    assert_eq!(wrong.without_request_id(), staff.without_request_id());
}

#[tokio::test]
async fn staff_log_in_apart_from_companies() {
    let world = World::new().await;
    let client = Client::new(router(&world));
    let staff = Staff {
        id: orders::staff(9),
        name: "审核员".to_owned(),
        mail: "Reviewer@sealkey.example".to_owned(),
        roles: vec![Role::Reviewer],
    };
    let hash = hash_password(PASSWORD, &*world.random).unwrap();
    world.store.put_staff(&staff, &hash).await.unwrap();
    let body = json!({"mail": "reviewer@sealkey.example", "password": PASSWORD});
    let answer = client.post_json("/api/console/session", &body).await;
    let view: StaffSessionView = answer.json();
    assert_eq!(
        (view.name.as_str(), view.roles.as_slice()),
        ("审核员", &[Role::Reviewer][..])
    );

    let inside = client.clone().cookie(answer.cookie());
    inside
        .get("/api/console/session")
        .await
        .json::<StaffSessionView>();
    inside
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    // The token of one kind is worth nothing under the name of the other.
    let token = answer.cookie().split_once('=').unwrap().1.to_owned();
    let posed = client.clone().cookie(format!("__Host-sealkey={token}"));
    posed
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);

    inside.delete("/api/console/session").await.done();
    inside
        .get("/api/console/session")
        .await
        .refused(ErrorCode::LoginRequired);
}

#[tokio::test]
async fn sessions_end_by_our_clock() {
    let world = World::new().await;
    let router = router(&world);
    let inside = world.as_company(&router, 1).await;
    world
        .clock
        .advance(SignedDuration::from_hours(12) - SignedDuration::from_secs(1));
    inside.get("/api/session").await.json::<SessionView>();
    world.clock.advance(SignedDuration::from_secs(1));
    inside
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
}

#[tokio::test]
async fn a_planted_cookie_logs_nobody_in_and_nobody_out() {
    let world = World::new().await;
    let router = router(&world);
    let inside = world.as_company(&router, 1).await;
    inside
        .clone()
        .cookie("__Host-sealkey=planted")
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    inside.get("/api/session").await.json::<SessionView>();
}

#[tokio::test]
async fn what_cannot_be_read_is_told_apart_from_what_is_wrong() {
    let world = World::new().await;
    let client = Client::new(router(&world));
    let good = form("company", orders::credit_code(1).as_str());
    let mut unknown = good.clone();
    unknown["admin"] = json!(true);
    register(&client, &unknown)
        .await
        .refused(ErrorCode::MalformedRequest);
    client
        .post("/api/accounts")
        .await
        .refused(ErrorCode::MalformedRequest);
    let text = [("content-type", "text/plain")];
    client
        .post_raw("/api/accounts", &text, good.to_string().into_bytes())
        .await
        .refused(ErrorCode::MalformedRequest);
    let json = [("content-type", "application/json; charset=utf-8")];
    let long = vec![b' '; 300 * 1024];
    client
        .post_raw("/api/accounts", &json, long)
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
    client
        .post_raw("/api/accounts", &json, good.to_string().into_bytes())
        .await
        .json::<SessionView>();
}

#[tokio::test]
async fn people_read_their_own_language() {
    let world = World::new().await;
    let client = Client::new(router(&world));
    let zh = client
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    let en = client
        .clone()
        .english()
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    assert!(zh.title.contains("登录"), "{}", zh.title);
    assert!(en.title.contains("log in"), "{}", en.title);
}

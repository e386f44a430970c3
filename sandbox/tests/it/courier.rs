//! The courier's API, page and events.

use http::StatusCode;
use jiff::SignedDuration;
use sandbox::crypto::{hmac_hex, hmac_verify};
use serde_json::{Value, json};

use crate::support::*;

fn booking(reference: &str) -> Value {
    json!({
        "reference": reference,
        "sender": { "name": "发货员", "phone": "01000000000", "address": "北京市海淀区一号" },
        "recipient": {
            "name": "张<三>", "phone": "13800000000", "province": "广东省", "city": "深圳市",
            "district": "南山区", "detail": "科技路2号",
        },
        "contents": "USB 密钥",
        "freight": "collect",
    })
}

struct Signing<'a> {
    account: &'a str,
    key: &'a str,
    age: i64,
}

const GOOD: Signing<'static> = Signing {
    account: "sealkey",
    key: "courier-api-key",
    age: 0,
};

async fn request(
    world: &World,
    how: &Signing<'_>,
    method: &str,
    path: &str,
    body: &str,
) -> (StatusCode, Value) {
    let timestamp = (world.clock.now().as_second() - how.age).to_string();
    let signature = hmac_hex(
        how.key,
        format!("{timestamp}\n{method}\n{path}\n{body}").as_bytes(),
    );
    let method = method.parse().expect("a method");
    let sent = world.http.request(method, format!("{}{path}", world.url));
    let sent = sent
        .header("x-courier-account", how.account)
        .header("x-courier-timestamp", timestamp)
        .header("x-courier-signature", signature)
        .body(body.to_owned());
    let answer = sent.send().await.expect("an answer");
    (answer.status(), answer.json().await.unwrap_or(Value::Null))
}

async fn book(world: &World, body: &Value) -> (StatusCode, Value) {
    request(
        world,
        &GOOD,
        "POST",
        "/courier/v1/shipments",
        &body.to_string(),
    )
    .await
}

/// Checks an event as the customer must.
fn verified(got: &Got) -> Value {
    let timestamp = got.headers["x-courier-timestamp"]
        .to_str()
        .expect("well-formed");
    let signature = got.headers["x-courier-signature"]
        .to_str()
        .expect("well-formed");
    let message = [timestamp.as_bytes(), b"\n", &got.body].concat();
    assert!(hmac_verify("courier-webhook-key", &message, signature));
    assert!(!hmac_verify("courier-api-key", &message, signature));
    serde_json::from_slice(&got.body).expect("well-formed")
}

#[tokio::test]
async fn a_shipment_is_booked_once_per_reference_and_tells_its_way() {
    let mut customer = Merchant::start(&[(204, "")]).await;
    let more = json!({ "courier": { "webhook_url": format!("{}/hook", customer.url) } });
    let world = World::start(more).await;
    let (status, booked) = book(&world, &booking("P-1")).await;
    assert_eq!(status, StatusCode::CREATED);
    let waybill = booked["waybill"].as_str().unwrap().to_owned();
    let event = verified(&customer.next().await);
    assert_eq!(
        (&event["status"], &event["waybill"]),
        (&json!("booked"), &json!(waybill))
    );
    assert_eq!(
        (&event["reference"], &event["at"]),
        (&json!("P-1"), &json!("2026-11-21T12:00:00Z"))
    );

    assert_eq!(
        book(&world, &booking("P-1")).await,
        (StatusCode::OK, booked.clone())
    );
    let mut other = booking("P-1");
    other["freight"] = json!("prepaid");
    assert_eq!(book(&world, &other).await.0, StatusCode::CONFLICT);
    assert_ne!(book(&world, &booking("P-2")).await.1["waybill"], waybill);
    assert_eq!(verified(&customer.next().await)["reference"], "P-2");

    let (status, label) = world
        .text(
            booked["label_url"]
                .as_str()
                .unwrap()
                .strip_prefix(&world.url)
                .unwrap(),
        )
        .await;
    assert!(status == StatusCode::OK && label.contains("张&lt;三&gt;") && label.contains("到付"));
    let events = format!("/courier/shipments/{waybill}/events");
    let (status, _) = world
        .post(
            &events,
            json!({ "status": "in_transit", "place": "武汉", "note": "到达" }),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    let event = verified(&customer.next().await);
    assert_eq!(
        (&event["status"], &event["place"], &event["note"]),
        (&json!("in_transit"), &json!("武汉"), &json!("到达"))
    );

    let (_, page) = world.text("/courier/").await;
    assert!(page.contains(&waybill) && page.contains("value=\"out_for_delivery\""));
    let press = world
        .http
        .post(format!("{}/courier/shipments/{waybill}/advance", world.url));
    let pressed = press
        .form(&[("status", "out_for_delivery")])
        .send()
        .await
        .unwrap();
    assert_eq!(pressed.status(), StatusCode::SEE_OTHER);
    let event = verified(&customer.next().await);
    assert_eq!(
        (&event["status"], &event["place"]),
        (&json!("out_for_delivery"), &json!("广东省深圳市南山区"))
    );

    let path = format!("/courier/v1/shipments/{waybill}");
    let (status, told) = request(&world, &GOOD, "GET", &path, "").await;
    assert_eq!(
        (status, &told["status"]),
        (StatusCode::OK, &json!("out_for_delivery"))
    );
    assert_eq!(told["events"].as_array().unwrap().len(), 3);
    assert_eq!(
        request(&world, &GOOD, "GET", "/courier/v1/shipments/SK0", "")
            .await
            .0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        world
            .post("/courier/shipments/SK0/events", json!({ "status": "lost" }))
            .await
            .0,
        StatusCode::NOT_FOUND
    );
    customer.nothing_more();
}

#[tokio::test]
async fn requests_are_signed_by_the_account_over_all_of_them_and_now() {
    let world = World::start(json!({})).await;
    let body = booking("P-1").to_string();
    let path = "/courier/v1/shipments";
    for (how, code) in [
        (
            Signing {
                account: "other",
                ..GOOD
            },
            "unknown_account",
        ),
        (
            Signing {
                key: "courier-webhook-key",
                ..GOOD
            },
            "bad_signature",
        ),
        (Signing { age: 301, ..GOOD }, "stale_timestamp"),
        (Signing { age: -301, ..GOOD }, "stale_timestamp"),
    ] {
        let (status, answer) = request(&world, &how, "POST", path, &body).await;
        assert_eq!(
            (status, &answer["code"]),
            (StatusCode::UNAUTHORIZED, &json!(code))
        );
    }
    // A good signature over another method or path is none.
    let timestamp = world.clock.now().as_second().to_string();
    for (method, path) in [("GET", path), ("POST", "/courier/v1/shipments/1")] {
        let signature = hmac_hex(
            "courier-api-key",
            format!("{timestamp}\n{method}\n{path}\n{body}").as_bytes(),
        );
        let request = world
            .http
            .post(format!("{}/courier/v1/shipments", world.url))
            .body(body.clone());
        let request = request
            .header("x-courier-account", "sealkey")
            .header("x-courier-timestamp", &timestamp);
        let answer = request
            .header("x-courier-signature", signature)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    for (name, value) in [
        ("contents", json!(" ")),
        ("freight", json!("free")),
        ("extra", json!(1)),
    ] {
        let mut bad = booking("P-1");
        bad[name] = value;
        assert_eq!(
            book(&world, &bad).await.0,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{name}"
        );
    }
    let recent = Signing { age: 300, ..GOOD };
    assert_eq!(
        request(&world, &recent, "POST", path, &body).await.0,
        StatusCode::CREATED
    );
    assert_eq!(
        world.get("/courier/events").await,
        json!([]),
        "without an address nothing is sent"
    );
}

#[tokio::test]
async fn events_are_sent_again_until_taken_with_a_fresh_signature() {
    let mut customer = Merchant::start(&[(500, ""), (302, ""), (202, "")]).await;
    let more = json!({ "courier": { "webhook_url": customer.url } });
    let world = World::start(more).await;
    book(&world, &booking("P-1")).await;
    let first = customer.next().await;
    let event = verified(&first);
    let due = (world.clock.now() + SignedDuration::from_mins(1)).to_string();
    world
        .wait_for("/courier/events", |all| all[0]["next_at"] == due.as_str())
        .await;
    world.clock.forward(SignedDuration::from_mins(1));
    world.turn(json!({ "retry_scale": 0 })).await;
    let second = customer.next().await;
    assert_eq!(verified(&second), event);
    assert_ne!(
        first.headers["x-courier-timestamp"],
        second.headers["x-courier-timestamp"]
    );
    assert_eq!(
        verified(&customer.next().await)["event_id"],
        event["event_id"]
    );
    world
        .wait_for("/courier/events", |all| all[0]["state"] == "delivered")
        .await;
    customer.nothing_more();
}

#[tokio::test]
async fn a_courier_that_is_down_books_nothing() {
    let world = World::start(json!({ "knobs": { "courier_down": "503" } })).await;
    assert_eq!(
        book(&world, &booking("P-1")).await.0,
        StatusCode::SERVICE_UNAVAILABLE
    );
    world.turn(json!({ "courier_down": "refuse" })).await;
    let sent = world
        .http
        .post(format!("{}/courier/v1/shipments", world.url))
        .body("x")
        .send()
        .await;
    assert!(sent.is_err());
    world.turn(json!({})).await;
    assert!(world.text("/courier/").await.1.contains("还没有快递单"));
    assert_eq!(book(&world, &booking("P-1")).await.0, StatusCode::CREATED);
}

//! The courier against a small server; signatures are checked by the `openssl` command.

use crate::support::{Server, openssl_text};
use adapters::courier::HttpCourier;
use adapters::ports::{Courier, CourierError, Freight, ShipmentRequest};
use axum::http::StatusCode;
use domain::order::Address;
use domain::parcel::{ParcelEvent, ParcelStatus};
use jiff::Timestamp;
use serde_json::{Value, json};

const API_KEY: &str = "api-key-0123456789abcdef";
const WEBHOOK_KEY: &str = "webhook-key-0123456789abcdef";

fn now() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap()
}

fn secret(base_url: &str) -> Value {
    json!({
        "base_url": base_url,
        "account": "sealkey",
        "api_key": API_KEY,
        "webhook_key": WEBHOOK_KEY,
        "sender": {"name": "制证中心", "phone": "02500000000", "address": "南京市示例路 1 号"},
    })
}

fn courier(base_url: &str) -> HttpCourier {
    HttpCourier::from_secret(&secret(base_url).to_string()).unwrap()
}

fn hmac(key: &str, message: &str) -> String {
    let text = openssl_text(&format!("dgst -sha256 -hmac {key} -r"), message.as_bytes());
    text.split_whitespace().next().unwrap().to_owned()
}

fn shipment() -> ShipmentRequest {
    ShipmentRequest {
        freight: Freight::Prepaid,
        reference: "201910230935190042-1-1".to_owned(),
        recipient: Address {
            name: "李雷".to_owned(),
            mobile: "13800138000".to_owned(),
            province: "江苏省".to_owned(),
            city: "南京市".to_owned(),
            district: "玄武区".to_owned(),
            detail: "示例路 2 号".to_owned(),
        },
        contents: "USB 密钥".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_signed_over_time_method_path_and_body() {
    let server = Server::start(|_| {
        (
            StatusCode::CREATED,
            r#"{"waybill":"SK1234567890123","label_url":"x"}"#.to_owned(),
        )
    })
    .await;
    for base in ["/courier", "/courier/", ""] {
        let waybill = courier(&format!("{}{base}", server.url))
            .book(&shipment(), now())
            .await;
        assert_eq!(waybill.as_deref(), Ok("SK1234567890123"));
        let seen = server.seen().pop().unwrap();
        let path = format!("{}/v1/shipments", base.trim_end_matches('/'));
        assert_eq!(seen.uri.to_string(), path);
        assert_eq!(seen.headers["x-courier-account"], "sealkey");
        assert_eq!(seen.headers["x-courier-timestamp"], "1795000000");
        let body = std::str::from_utf8(&seen.body).unwrap();
        let expected = hmac(API_KEY, &format!("1795000000\nPOST\n{path}\n{body}"));
        assert_eq!(seen.headers["x-courier-signature"], expected.as_str());
        assert_eq!(
            serde_json::from_str::<Value>(body).unwrap(),
            json!({
                "reference": "201910230935190042-1-1",
                "recipient": {
                    "name": "李雷", "phone": "13800138000", "province": "江苏省", "city": "南京市",
                    "district": "玄武区", "detail": "示例路 2 号",
                },
                "contents": "USB 密钥",
                "freight": "prepaid",
                "sender": {"name": "制证中心", "phone": "02500000000", "address": "南京市示例路 1 号"},
            })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_for_a_person_and_everything_else_is_tried_again() {
    let refused = |text: &str| CourierError::Refused(text.to_owned());
    let unavailable = |text: &str| CourierError::Unavailable(text.to_owned());
    let said = r#"{"code":"invalid_booking","message":"no such place: 示例路 2 号"}"#;
    for (status, body, expected) in [
        (422, said, refused("invalid_booking")),
        (
            409,
            r#"{"code":"reference_conflict","message":""}"#,
            refused("reference_conflict"),
        ),
        (400, "<html>", refused("HTTP 400")),
        (422, r#"{"code":"示例路 2 号"}"#, refused("HTTP 422")),
        (401, said, unavailable("it does not know us (HTTP 401)")),
        (503, said, unavailable("HTTP 503")),
        (302, said, unavailable("HTTP 302")),
        (404, said, unavailable("HTTP 404")),
        (200, "{}", unavailable("an answer that cannot be read")),
        (
            200,
            r#"{"waybill":""}"#,
            unavailable("an answer that cannot be read"),
        ),
        (
            201,
            r#"{"waybill":"a b"}"#,
            unavailable("an answer that cannot be read"),
        ),
    ] {
        let server =
            Server::start(move |_| (StatusCode::from_u16(status).unwrap(), body.to_owned())).await;
        assert_eq!(
            courier(&server.url).book(&shipment(), now()).await,
            Err(expected),
            "{status} {body}"
        );
    }
    let nobody = courier("http://127.0.0.1:9").book(&shipment(), now()).await;
    assert_eq!(nobody, Err(unavailable("no connection")));
}

fn event() -> Value {
    json!({
        "event_id": "evt_1", "waybill": "SK1234567890123", "reference": "201910230935190042-1-1",
        "status": "out_for_delivery", "at": "2026-11-19T07:46:40Z", "place": "江苏省南京市", "note": "快件派送中",
    })
}

#[test]
fn an_event_is_believed_with_its_signature_and_for_five_minutes() {
    let courier = courier("https://courier.example.cn/api");
    let body = event().to_string();
    let verify = |timestamp: &str, signature: &str, body: &str| {
        courier.verify(timestamp, signature, body.as_bytes(), now())
    };
    let signed = |timestamp: &str, body: &str| {
        verify(
            timestamp,
            &hmac(WEBHOOK_KEY, &format!("{timestamp}\n{body}")),
            body,
        )
    };
    let message = signed("1795000000", &body).unwrap();
    assert_eq!(message.waybill(), "SK1234567890123");
    assert_eq!(
        message.event(),
        &ParcelEvent {
            event_id: "evt_1".to_owned(),
            status: ParcelStatus::OutForDelivery,
            at: "2026-11-19T07:46:40Z".parse().unwrap(),
            place: "江苏省南京市".to_owned(),
        }
    );
    for timestamp in ["1794999700", "1795000300"] {
        assert!(signed(timestamp, &body).is_ok(), "{timestamp}");
    }
    for timestamp in [
        "1794999699",
        "1795000301",
        "0",
        "",
        "-1795000000",
        "+1795000000",
        "1795000000.0",
        "999999999999",
    ] {
        assert_eq!(
            signed(timestamp, &body),
            Err(CourierError::Forged),
            "{timestamp}"
        );
    }
    let good = hmac(WEBHOOK_KEY, &format!("1795000000\n{body}"));
    for (timestamp, signature, body) in [
        ("1795000001", good.as_str(), body.as_str()),
        ("1795000000", &good, &body.replace("evt_1", "evt_2")),
        ("1795000000", &good[2..], &body),
        ("1795000000", "", &body),
        ("1795000000", "zz", &body),
        (
            "1795000000",
            &hmac(API_KEY, &format!("1795000000\n{body}")),
            &body,
        ),
    ] {
        assert_eq!(
            verify(timestamp, signature, body),
            Err(CourierError::Forged)
        );
    }
    for (name, value) in [
        ("status", json!("eaten")),
        ("status", Value::Null),
        ("at", json!("yesterday")),
        ("event_id", json!("")),
        ("waybill", json!("SK 1")),
        ("waybill", json!("S".repeat(65))),
    ] {
        let mut event = event();
        event[name] = value;
        assert_eq!(
            signed("1795000000", &event.to_string()),
            Err(CourierError::Malformed),
            "{event}"
        );
    }
    assert_eq!(signed("1795000000", "{"), Err(CourierError::Malformed));
}

#[test]
fn the_secret_is_checked_and_never_shown() {
    let shown = format!("{:?}", courier("https://courier.example.cn"));
    assert!(
        !shown.contains(API_KEY) && !shown.contains(WEBHOOK_KEY),
        "{shown}"
    );
    for (name, value) in [
        ("base_url", json!("http://courier.example.cn")),
        ("account", json!("")),
        ("account", json!("a\nb")),
        ("api_key", json!("short")),
        ("webhook_key", json!(API_KEY)),
        ("webhook_key", Value::Null),
    ] {
        let mut secret = secret("https://courier.example.cn");
        secret[name] = value;
        let error = HttpCourier::from_secret(&secret.to_string())
            .unwrap_err()
            .to_string();
        assert!(!error.contains(API_KEY), "{error}");
    }
    let mut without = secret("https://courier.example.cn");
    without["sender"] = Value::Null;
    assert!(HttpCourier::from_secret(&without.to_string()).is_ok());
}

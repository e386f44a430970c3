//! The tax platform: invoices under the seller's serials, their files, their reversals.

use http::StatusCode;
use jiff::SignedDuration;
use sandbox::crypto::hmac_hex;
use serde_json::{Value, json};

use crate::support::*;

const KEY: &str = "tax-api-key";

async fn call(world: &World, key: &str, method: &str, path: &str, body: &str) -> reqwest::Response {
    let timestamp = world.clock.now().as_second().to_string();
    let text = format!("{timestamp}\n{method}\n{path}\n{body}");
    let signature = hmac_hex(key, text.as_bytes());
    let method = method.parse().expect("a method");
    let sent = world
        .http
        .request(method, format!("{}{path}", world.url))
        .header("x-tax-account", "sealkey")
        .header("x-tax-timestamp", timestamp)
        .header("x-tax-signature", signature)
        .body(body.to_owned());
    sent.send().await.expect("an answer")
}

async fn ask(world: &World, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let answer = call(world, KEY, method, path, &body).await;
    (answer.status(), answer.json().await.unwrap_or(Value::Null))
}

fn order(serial: &str, kind: &str) -> Value {
    let mut order = json!({
        "serial": serial, "kind": kind,
        "buyer": { "title": "南京<示例>有限公司", "tax_number": "91320100MA1X0000XX" },
        "items": [
            { "name": "CA 密钥", "quantity": 2, "amount": "400.00" },
            { "name": "加急", "quantity": 1, "amount": "0.50" },
        ],
        "amount": "400.50",
    });
    if kind.ends_with("special") {
        let more =
            json!({ "address": "南京市", "phone": "025-8888", "bank": "工行", "account": "4301" });
        for (name, value) in more.as_object().expect("an object") {
            order["buyer"][name] = value.clone();
        }
    }
    order
}

#[tokio::test]
async fn an_invoice_is_issued_once_under_its_serial() {
    let world = World::start(json!({})).await;
    let first = order("201911230900000001_I1", "electronic_ordinary");
    let (status, one) = ask(&world, "POST", "/tax/v1/invoices", &first).await;
    assert_eq!((status, &one["state"]), (StatusCode::OK, &json!("issued")));
    assert_eq!(one["number"].as_str().map(str::len), Some(20));
    world.clock.forward(SignedDuration::from_mins(1));
    let (_, two) = ask(&world, "POST", "/tax/v1/invoices", &first).await;
    assert_eq!(one, two);
    let path = "/tax/v1/invoices/201911230900000001_I1";
    assert_eq!(ask(&world, "GET", path, &Value::Null).await.1, one);
    let mut other = first.clone();
    other["items"][0]["amount"] = json!("500.00");
    other["amount"] = json!("500.50");
    let (status, _) = ask(&world, "POST", "/tax/v1/invoices", &other).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (status, _) = ask(&world, "GET", "/tax/v1/invoices/nobodys", &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn each_file_says_what_was_ordered() {
    let world = World::start(json!({})).await;
    let serial = "201911230900000002_I1";
    let (_, issued) = ask(
        &world,
        "POST",
        "/tax/v1/invoices",
        &order(serial, "paper_special"),
    )
    .await;
    let number = issued["number"].as_str().expect("a number");
    let read = async |format: &str| {
        let path = format!("/tax/v1/invoices/{serial}/files/{format}");
        let answer = call(&world, KEY, "GET", &path, "").await;
        assert_eq!(answer.status(), StatusCode::OK, "{format}");
        answer.bytes().await.expect("bytes").to_vec()
    };
    let pdf = read("pdf").await;
    assert!(pdf.starts_with(b"%PDF-1.5"));
    // Digits are one byte each in UTF-16, with a zero before it.
    let hex = number.bytes().fold(String::new(), |hex, digit| {
        hex + "00" + &hex::encode([digit])
    });
    assert!(String::from_utf8_lossy(&pdf).contains(&hex));
    let xml = String::from_utf8(read("xml").await).expect("text");
    assert!(xml.contains(&format!("<Number>{number}</Number>")), "{xml}");
    assert!(xml.contains("南京&lt;示例&gt;有限公司") && xml.contains("<Amount>400.50</Amount>"));
    let ofd = read("ofd").await;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(ofd)).expect("a package");
    let mut page = String::new();
    let mut entry = archive
        .by_name("Doc_0/Pages/Page_0/Content.xml")
        .expect("a page");
    std::io::Read::read_to_string(&mut entry, &mut page).expect("text");
    assert!(
        page.contains(number) && page.contains("账号：4301"),
        "{page}"
    );
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_nothing_kept() {
    let world = World::start(json!({})).await;
    let serial = "201911230900000003_I1";
    let good = order(serial, "electronic_special");
    for (pointer, value) in [
        ("/amount", json!("400.51")),
        ("/buyer/account", Value::Null),
        ("/buyer/tax_number", json!("123")),
        ("/items", json!([])),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).expect("there") = value;
        let (status, _) = ask(&world, "POST", "/tax/v1/invoices", &bad).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{pointer}");
    }
    let body = good.to_string();
    let forged = call(&world, "another-key", "POST", "/tax/v1/invoices", &body).await;
    assert_eq!(forged.status(), StatusCode::UNAUTHORIZED);
    let path = format!("/tax/v1/invoices/{serial}");
    let (status, _) = ask(&world, "GET", &path, &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    world
        .turn(json!({ "tax": { "refuse": "quota_used_up" } }))
        .await;
    let (_, refused) = ask(&world, "POST", "/tax/v1/invoices", &good).await;
    assert_eq!(
        refused,
        json!({ "state": "refused", "code": "quota_used_up" })
    );
    world.turn(json!({ "tax": { "down": "503" } })).await;
    let (status, _) = ask(&world, "POST", "/tax/v1/invoices", &good).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_slow_one_is_issued_when_the_button_is_pressed() {
    let world = World::start(json!({ "knobs": { "tax": { "pending": true } } })).await;
    let serial = "201911230900000004_I1";
    let (_, taken) = ask(
        &world,
        "POST",
        "/tax/v1/invoices",
        &order(serial, "electronic_ordinary"),
    )
    .await;
    assert_eq!(taken, json!({ "state": "processing" }));
    let (_, page) = world.text("/tax/").await;
    assert!(page.contains(serial), "{page}");
    let url = format!("{}/tax/invoices/{serial}/finish", world.url);
    let pressed = world.http.post(url).send().await.expect("an answer");
    assert_eq!(pressed.status(), StatusCode::SEE_OTHER);
    let path = format!("/tax/v1/invoices/{serial}");
    let (_, issued) = ask(&world, "GET", &path, &Value::Null).await;
    assert_eq!(issued["state"], "issued");
}

#[tokio::test]
async fn a_special_one_is_taken_back_when_its_buyer_agrees_within_72_hours() {
    let world = World::start(json!({ "knobs": { "tax": { "agreement": "waits" } } })).await;
    let reversal = |serial: &str| json!({ "serial": format!("{serial}_R"), "invoice": serial, "reason": "订单变更" });
    let plain = "201911230900000005_I1";
    let special = "201911230900000005_I2";
    for (serial, kind) in [
        (plain, "electronic_ordinary"),
        (special, "electronic_special"),
    ] {
        ask(&world, "POST", "/tax/v1/invoices", &order(serial, kind)).await;
    }
    let (_, done) = ask(&world, "POST", "/tax/v1/reversals", &reversal(plain)).await;
    assert_eq!(done["state"], "reversed");
    let (_, waits) = ask(&world, "POST", "/tax/v1/reversals", &reversal(special)).await;
    assert_eq!(waits["state"], "awaiting_buyer");
    world.clock.forward(SignedDuration::from_hours(72));
    let path = format!("/tax/v1/reversals/{special}_R");
    let (_, over) = ask(&world, "GET", &path, &Value::Null).await;
    assert_eq!(over, json!({ "state": "expired" }));
    let (_, anew) = ask(&world, "POST", "/tax/v1/reversals", &reversal(special)).await;
    assert_eq!(anew["state"], "awaiting_buyer");
    assert_ne!(anew, waits);
    let url = format!("{}/tax/reversals/{special}_R/agree", world.url);
    world.http.post(url).send().await.expect("an answer");
    let (_, agreed) = ask(&world, "GET", &path, &Value::Null).await;
    assert_eq!(agreed["state"], "reversed");
    let (status, _) = ask(&world, "POST", "/tax/v1/reversals", &reversal("nobodys")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

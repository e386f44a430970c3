//! Alipay: money that goes back, notifies that are wrong.

use http::StatusCode;
use jiff::SignedDuration;
use sandbox::crypto::{Rsa2Verifier, notify_text};
use serde_json::{Value, json};

use crate::support::*;

fn is_good(params: &Params) -> bool {
    let list: Vec<_> = params.clone().into_iter().collect();
    let key = Rsa2Verifier::parse(GATEWAY_PUBLIC).expect("a key");
    let sign = params.get("sign").map_or("", String::as_str);
    key.verify(&notify_text(&list), sign)
}

async fn paid(world: &World, merchant: &mut Merchant, number: &str) {
    let qr_code = world
        .precreate(number, "10.00", &merchant.notify_url())
        .await;
    assert_eq!(world.pay(&qr_code).await.0, StatusCode::OK);
    merchant.next().await;
}

async fn refund(world: &World, number: &str, request: &str) -> Answer {
    let content =
        json!({ "out_trade_no": number, "refund_amount": "4.00", "out_request_no": request });
    world.call("alipay.trade.refund", content).await
}

async fn standing(world: &World, number: &str, request: &str) -> String {
    let content = json!({ "out_trade_no": number, "out_request_no": request });
    let method = "alipay.trade.fastpay.refund.query";
    let answer = world.call(method, content).await;
    answer.get("refund_status").to_owned()
}

#[tokio::test]
async fn a_refund_on_its_way_changes_no_fund_until_it_is_done() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    paid(&world, &mut merchant, "5001_1").await;
    world.turn(json!({ "refund_delay_ms": 60_000 })).await;
    for _ in 0..2 {
        let answer = refund(&world, "5001_1", "r1").await;
        assert_eq!(
            (
                answer.outcome(),
                answer.get("fund_change"),
                answer.get("refund_fee")
            ),
            ("10000", "N", "0.00")
        );
    }
    assert_eq!(standing(&world, "5001_1", "r1").await, "");
    merchant.nothing_more();
    world.clock.forward(SignedDuration::from_mins(1));
    assert_eq!(standing(&world, "5001_1", "r1").await, "REFUND_SUCCESS");
    let told = form(&merchant.next().await.body);
    assert_eq!(told["trade_status"], "TRADE_SUCCESS");
    assert_eq!(told["out_biz_no"], "r1");
    assert_eq!(told["refund_fee"], "4.00");
    assert_eq!(told["gmt_refund"], "2026-11-21 20:01:00.000");

    world
        .turn(json!({ "alipay": { "refund": "processing" } }))
        .await;
    assert_eq!(refund(&world, "5001_1", "r2").await.get("fund_change"), "N");
    world.clock.forward(SignedDuration::from_hours(24));
    assert_eq!(standing(&world, "5001_1", "r2").await, "");
    let finish = json!({ "out_request_no": "r2" });
    let (status, done) = world.post("/alipay/refunds/finish", finish.clone()).await;
    assert_eq!(
        (status, &done["status"]),
        (StatusCode::OK, &json!("SUCCESS"))
    );
    assert_eq!(form(&merchant.next().await.body)["refund_fee"], "8.00");
    assert_eq!(
        world.post("/alipay/refunds/finish", finish).await.0,
        StatusCode::NOT_FOUND
    );
    let list = world.get("/alipay/refunds").await;
    assert_eq!(list.as_array().unwrap().len(), 2);
    merchant.nothing_more();
}

#[tokio::test]
async fn a_refused_refund_may_be_asked_for_again_with_the_same_number() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    paid(&world, &mut merchant, "5002_1").await;
    for (outcome, sub_code) in [
        ("short", "ACQ.SELLER_BALANCE_NOT_ENOUGH"),
        ("abnormal", "ACQ.BUYER_ERROR"),
        ("closed", "ACQ.TRADE_NOT_ALLOW_REFUND"),
        ("refused", "ACQ.TRADE_NOT_ALLOW_REFUND"),
    ] {
        world.turn(json!({ "refund": outcome })).await;
        let answer = refund(&world, "5002_1", "r1").await;
        assert_eq!(answer.outcome(), sub_code, "{outcome}");
    }
    let errors = json!({ "alipay.trade.refund": ["ACQ.SYSTEM_ERROR", "isp.unknow-error"] });
    world
        .turn(json!({ "errors": errors, "refund_gap_ms": 3000 }))
        .await;
    assert_eq!(
        refund(&world, "5002_1", "r1").await.outcome(),
        "ACQ.SYSTEM_ERROR"
    );
    let busy = refund(&world, "5002_1", "r1").await;
    assert_eq!(
        (busy.get("code"), busy.outcome()),
        ("20000", "isp.unknow-error")
    );
    merchant.nothing_more();
    assert_eq!(refund(&world, "5002_1", "r1").await.get("fund_change"), "Y");
    assert_eq!(
        refund(&world, "5002_1", "r2").await.outcome(),
        "ACQ.SYSTEM_ERROR",
        "too soon"
    );
    world.clock.forward(SignedDuration::from_secs(3));
    assert_eq!(refund(&world, "5002_1", "r2").await.get("fund_change"), "Y");
}

#[tokio::test]
async fn notifies_and_answers_are_signed_as_the_knob_wants() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    for (signature, good) in [
        ("good", true),
        ("probe", true),
        ("forged", false),
        ("wrong_key", false),
        ("unsigned", false),
    ] {
        let number = format!("5003_{signature}");
        let qr_code = world
            .precreate(&number, "1.00", &merchant.notify_url())
            .await;
        world
            .turn(json!({ "alipay": { "notify_signature": signature } }))
            .await;
        world.pay(&qr_code).await;
        let told = form(&merchant.next().await.body);
        assert_eq!(is_good(&told), good, "{signature}");
    }
    let content = json!({ "out_trade_no": "5003_good" });
    let params = signed(world.params("alipay.trade.query", &content, None));
    world.turn(json!({ "answer_signature": "unsigned" })).await;
    let (_, raw) = world.send(&params).await.unwrap();
    assert!(!Answer::parse(raw).signed);
    world.turn(json!({ "answer_signature": "wrong_key" })).await;
    let (_, raw) = world.send(&params).await.unwrap();
    let (inner, sign) = raw.rsplit_once(",\"sign\":\"").unwrap();
    let inner = inner
        .strip_prefix("{\"alipay_trade_query_response\":")
        .unwrap();
    let key = Rsa2Verifier::parse(GATEWAY_PUBLIC).unwrap();
    assert!(!key.verify(inner, sign.strip_suffix("\"}").unwrap()));
}

#[tokio::test]
async fn made_up_notifies_have_the_same_kinds() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    paid(&world, &mut merchant, "5004_1").await;
    refund(&world, "5004_1", "r1").await;
    let about_refund = form(&merchant.next().await.body);
    let list = world.get("/alipay/notifies").await;
    let about_payment = list[0]["params"].clone();
    let mut send = async |mut ask: Value| {
        ask["out_trade_no"] = json!("5004_1");
        let (status, _) = world.post("/knobs/alipay/notify", ask).await;
        assert_eq!(status, StatusCode::OK);
        form(&merchant.next().await.body)
    };
    let again = send(json!({ "kind": "repeat" })).await;
    assert_eq!(json!(again), about_payment);
    let again = send(json!({ "kind": "repeat", "about": "refund" })).await;
    assert_eq!(again, about_refund);
    for kind in ["forged", "wrong_key"] {
        assert!(!is_good(&send(json!({ "kind": kind })).await), "{kind}");
    }
    let stale = send(json!({ "kind": "stale" })).await;
    assert!(is_good(&stale));
    assert_eq!(stale["notify_time"], "2026-11-20 20:00:00");
    let wrong = send(json!({ "kind": "wrong_sum" })).await;
    assert!(is_good(&wrong));
    assert_eq!(wrong["total_amount"], "10.01");
    let other = send(json!({ "kind": "other_merchant" })).await;
    assert!(is_good(&other));
    assert!(other["app_id"] != APP_ID && other["seller_id"] != SELLER_ID);
    let made_up = json!({ "about": "refund", "out_request_no": "r9", "refund_fee": "0.01" });
    let made_up = send(made_up).await;
    assert_eq!(
        (
            made_up["out_biz_no"].as_str(),
            made_up["refund_fee"].as_str()
        ),
        ("r9", "0.01")
    );
    let probe = json!({ "out_trade_no": "5004_1", "kind": "probe" });
    assert_eq!(
        world.post("/knobs/alipay/notify", probe).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn the_answer_comes_behind_the_notify_if_it_must() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    paid(&world, &mut merchant, "5005_1").await;
    world.turn(json!({ "answer_last": true })).await;
    assert_eq!(refund(&world, "5005_1", "r1").await.get("fund_change"), "Y");
    let got = merchant
        .already()
        .expect("the notify came before the answer");
    assert_eq!(form(&got.body)["out_biz_no"], "r1");
}

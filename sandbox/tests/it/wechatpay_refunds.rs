//! WeChat Pay: money that goes back.

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::json;

use crate::support::*;
use crate::wx::{self, Call, MCHID, PUB_KEY_ID};

const REFUNDS: &str = "/v3/refund/domestic/refunds";

#[tokio::test]
async fn a_refund_is_taken_then_done_then_told_and_only_once() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[(200, "")]).await;
    let ask = |merchant: &Merchant, fen| wx::refund("back1_1", "back1_R1", fen, 1000, merchant);
    let answer = world.wx_refund(ask(&merchant, 300)).await;
    assert_eq!(answer.outcome(), (404, "RESOURCE_NOT_EXISTS"));
    let code = world.native("back1_1", 1000, &merchant).await;
    let answer = world.wx_refund(ask(&merchant, 300)).await;
    assert_eq!(answer.outcome(), (400, "INVALID_REQUEST"));
    world.wx_pay(&code).await;
    merchant.next().await;

    world.turn(json!({ "refund_delay_ms": 60_000 })).await;
    let taken = world.wx_refund(ask(&merchant, 300)).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.raw);
    assert_eq!(taken.body["status"], "PROCESSING");
    assert_eq!(taken.body["amount"]["refund"], 300);
    assert!(taken.body.get("success_time").is_none());
    assert_eq!(world.wx_refund(ask(&merchant, 300)).await.body, taken.body);
    let path = format!("{REFUNDS}/back1_R1");
    assert_eq!(world.wx_get(&path).await.body, taken.body);
    let trade = world.wx_query("back1_1").await;
    assert_eq!(trade.body["trade_state"], "REFUND");
    assert_eq!(trade.body["amount"]["total"], 1000);
    for (ask, why) in [
        (ask(&merchant, 301), "another sum"),
        (
            wx::refund("back1_1", "back1_R2", 701, 1000, &merchant),
            "too much",
        ),
        (
            wx::refund("back1_1", "back1_R2", 1, 999, &merchant),
            "another total",
        ),
    ] {
        let answer = world.wx_refund(ask).await;
        assert_eq!(answer.outcome(), (400, "INVALID_REQUEST"), "{why}");
    }
    merchant.nothing_more();

    world.clock.forward(SignedDuration::from_mins(1));
    world.turn(json!({})).await;
    let got = merchant.next().await;
    assert_eq!(got.target, "/refund");
    let (body, plain) = wx::verified(&got, world.clock.now().as_second());
    assert_eq!(body["event_type"], "REFUND.SUCCESS");
    assert_eq!(body["resource"]["original_type"], "refund");
    let expected = json!({
        "mchid": MCHID, "out_trade_no": "back1_1",
        "transaction_id": trade.body["transaction_id"], "out_refund_no": "back1_R1",
        "refund_id": taken.body["refund_id"], "refund_status": "SUCCESS",
        "user_received_account": "支付用户零钱",
        "amount": { "total": 1000, "refund": 300, "payer_total": 1000, "payer_refund": 300 },
        "success_time": "2026-11-21T20:01:00+08:00",
    });
    assert_eq!(plain, expected);
    let done = world.wx_get(&path).await;
    assert_eq!(done.body["status"], "SUCCESS");
    assert_eq!(done.body["success_time"], "2026-11-21T20:01:00+08:00");

    let rest = wx::refund("back1_1", "back1_R2", 700, 1000, &merchant);
    assert_eq!(world.wx_refund(rest).await.body["status"], "PROCESSING");
    let (_, plain) = wx::verified(&merchant.next().await, world.clock.now().as_second());
    assert_eq!(plain["out_refund_no"], "back1_R2");
    let again = world
        .wx_post(
            "/v3/pay/transactions/native",
            wx::order("back1_1", 1000, &merchant),
        )
        .await;
    assert_eq!(again.outcome(), (403, "OUT_TRADE_NO_USED"));
    let unknown = world.wx_get(&format!("{REFUNDS}/back1_R9")).await;
    assert_eq!(unknown.outcome(), (404, "RESOURCE_NOT_EXISTS"));
    let list = world.get("/wechatpay/refunds").await;
    let standing: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["status"])
        .collect();
    assert_eq!(standing, ["SUCCESS", "SUCCESS"]);
    merchant.nothing_more();
}

#[tokio::test]
async fn a_refund_ends_as_the_knob_wants() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[(200, "")]).await;
    world.wx_paid("back2_1", 1000, &mut merchant).await;
    let ask = async |merchant: &Merchant, number: &str| {
        let body = wx::refund("back2_1", number, 100, 1000, merchant);
        let answer = world.wx_refund(body).await;
        let (status, code) = answer.outcome();
        (status, code.to_owned())
    };
    let standing = async |number: &str| {
        let answer = world.wx_get(&format!("{REFUNDS}/{number}")).await;
        let status = answer.body["status"].as_str().unwrap_or_default();
        status.to_owned()
    };
    let outcome = |word: &str| json!({ "wechatpay": { "refund": word } });

    world.turn(outcome("short")).await;
    let short = (403, "NOT_ENOUGH".to_owned());
    assert_eq!(ask(&merchant, "back2_R1").await, short);
    world.turn(outcome("refused")).await;
    let refused = (400, "INVALID_REQUEST".to_owned());
    assert_eq!(ask(&merchant, "back2_R1").await, refused);
    world.turn(json!({})).await;
    assert_eq!(ask(&merchant, "back2_R1").await.0, 200, "the same number");
    merchant.next().await;

    world.turn(outcome("abnormal")).await;
    assert_eq!(ask(&merchant, "back2_R2").await.0, 200);
    let (body, plain) = wx::opened(&merchant.next().await);
    assert_eq!(body["event_type"], "REFUND.ABNORMAL");
    assert_eq!(plain["refund_status"], "ABNORMAL");
    assert!(plain.get("success_time").is_none());
    assert_eq!(standing("back2_R2").await, "ABNORMAL");

    world.turn(outcome("closed")).await;
    assert_eq!(ask(&merchant, "back2_R3").await.0, 200);
    let (body, _) = wx::opened(&merchant.next().await);
    assert_eq!(body["event_type"], "REFUND.CLOSED");
    assert_eq!(standing("back2_R3").await, "CLOSED");

    world.turn(outcome("processing")).await;
    assert_eq!(ask(&merchant, "back2_R4").await.0, 200);
    world.clock.forward(SignedDuration::from_hours(24));
    assert_eq!(standing("back2_R4").await, "PROCESSING");
    merchant.nothing_more();

    let finish = async |number: &str| {
        let body = json!({ "out_refund_no": number });
        world.post("/wechatpay/refunds/finish", body).await.0
    };
    for number in ["back2_R2", "back2_R4"] {
        assert_eq!(finish(number).await, StatusCode::OK);
        let (body, plain) = wx::opened(&merchant.next().await);
        assert_eq!(body["event_type"], "REFUND.SUCCESS");
        assert_eq!(plain["out_refund_no"], number);
        assert_eq!(standing(number).await, "SUCCESS");
    }
    assert_eq!(finish("back2_R3").await, StatusCode::NOT_FOUND);
    merchant.nothing_more();
}

#[tokio::test]
async fn a_lost_answer_has_done_its_work_and_a_late_one_comes_behind_its_notify() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[(200, "")]).await;
    world.wx_paid("back3_1", 1000, &mut merchant).await;
    let body = wx::refund("back3_1", "back3_R1", 1000, 1000, &merchant);
    world
        .turn(json!({ "lose_response": { "wechatpay.refund": 1 } }))
        .await;
    let call = Call::new(&world, Method::POST, REFUNDS, Some(&body));
    assert!(call.sign().send(&world).await.is_err());
    let (_, plain) = wx::opened(&merchant.next().await);
    assert_eq!(plain["refund_status"], "SUCCESS");
    let again = world.wx_refund(body).await;
    assert_eq!(again.body["status"], "SUCCESS");
    merchant.nothing_more();

    world.wx_paid("back3_2", 1000, &mut merchant).await;
    world.turn(json!({ "answer_last": true })).await;
    let body = wx::refund("back3_2", "back3_R2", 1000, 1000, &merchant);
    let answer = world.wx_refund(body).await;
    assert!(answer.is_signed_by(PUB_KEY_ID));
    assert_eq!(answer.body["status"], "PROCESSING");
    let got = merchant.already();
    let (_, plain) = wx::opened(&got.expect("the notify came before the answer"));
    assert_eq!(plain["out_refund_no"], "back3_R2");
}

#[tokio::test]
async fn the_parameters_of_a_refund_are_read_strictly() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[(200, "")]).await;
    world.wx_paid("back4_1", 1000, &mut merchant).await;
    let good = wx::refund("back4_1", "back4_R1", 1000, 1000, &merchant);
    for (name, value) in [
        ("out_refund_no", json!("")),
        ("out_refund_no", json!("x".repeat(65))),
        ("out_refund_no", json!("R 1")),
        ("reason", json!("长".repeat(27))),
        ("notify_url", json!("https://merchant.invalid/?a=b")),
        (
            "amount",
            json!({ "refund": 0, "total": 1000, "currency": "CNY" }),
        ),
        ("amount", json!({ "refund": 1000, "total": 1000 })),
        (
            "amount",
            json!({ "refund": 1000, "total": 1000, "currency": "USD" }),
        ),
        ("out_trade_no", json!(null)),
        ("refund_reason", json!("x")),
    ] {
        let mut bad = good.clone();
        bad[name] = value.clone();
        let answer = world.wx_refund(bad).await;
        assert_eq!(answer.outcome(), (400, "PARAM_ERROR"), "{name} = {value}");
    }
    assert_eq!(world.get("/wechatpay/refunds").await, json!([]));
    let mut silent = good;
    silent.as_object_mut().unwrap().remove("notify_url");
    assert_eq!(world.wx_refund(silent).await.status, StatusCode::OK);
    let done = |all: &serde_json::Value| all[0]["status"] == "SUCCESS";
    world.wait_for("/wechatpay/refunds", done).await;
    let notifies = world.get("/wechatpay/notifies").await;
    assert_eq!(
        notifies.as_array().unwrap().len(),
        1,
        "no address, no notify"
    );
}

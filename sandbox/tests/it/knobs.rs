//! Misbehaviour on demand.

use http::StatusCode;
use jiff::SignedDuration;
use sandbox::crypto::{Rsa2Verifier, notify_text};
use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn a_gateway_that_is_down_does_nothing() {
    let world = World::start(json!({})).await;
    let content = json!({ "out_trade_no": "2001_1", "total_amount": "1.00", "subject": "x" });
    let params = signed(world.params("alipay.trade.precreate", &content, None));
    world.turn(json!({ "alipay_down": "503" })).await;
    assert_eq!(
        world.send(&params).await.unwrap().0,
        StatusCode::SERVICE_UNAVAILABLE
    );
    world.turn(json!({ "alipay_down": "refuse" })).await;
    let error = world.send(&params).await.unwrap_err();
    assert!(!error.is_status() && !error.is_timeout(), "{error}");
    assert_eq!(world.get("/alipay/trades").await, json!([]));
    let (status, knobs) = world.post("/knobs/reset", json!(null)).await;
    assert_eq!(
        (status, &knobs["alipay_down"]),
        (StatusCode::OK, &json!("off"))
    );
    assert_eq!(world.get("/knobs").await, knobs);
    assert_eq!(world.send(&params).await.unwrap().0, StatusCode::OK);
}

#[tokio::test]
async fn a_lost_response_has_done_its_work() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    let qr_code = world
        .precreate("2002_1", "5.00", &merchant.notify_url())
        .await;
    world.pay(&qr_code).await;
    merchant.next().await;
    world
        .turn(json!({ "lose_response": { "alipay.trade.refund": 1 } }))
        .await;
    let content =
        json!({ "out_trade_no": "2002_1", "refund_amount": "2.00", "out_request_no": "r1" });
    let params = signed(world.params("alipay.trade.refund", &content, None));
    assert!(world.send(&params).await.is_err());
    assert_eq!(form(&merchant.next().await.body)["refund_fee"], "2.00");
    let again = world.call("alipay.trade.refund", content).await;
    assert_eq!(
        (again.get("fund_change"), again.get("refund_fee")),
        ("N", "2.00")
    );
    assert_eq!(world.get("/knobs").await["lose_response"], json!({}));
}

#[tokio::test]
async fn notifies_can_be_left_out_doubled_held_and_delayed() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    let mut number = 0;
    let mut pay = async || {
        number += 1;
        let name = format!("2003_{number}");
        let qr_code = world.precreate(&name, "1.00", &merchant.notify_url()).await;
        world.pay(&qr_code).await;
        name
    };

    world.turn(json!({ "notify": "off" })).await;
    pay().await;
    assert_eq!(world.get("/alipay/notifies").await, json!([]));

    world.turn(json!({ "notify": "twice" })).await;
    let name = pay().await;
    world.turn(json!({ "hold_notifies": true })).await;
    let held = pay().await;
    world.turn(json!({ "notify_delay_ms": 60_000 })).await;
    let delayed = pay().await;
    let (one, two) = (
        form(&merchant.next().await.body),
        form(&merchant.next().await.body),
    );
    assert_eq!(one, two);
    assert_eq!(one["out_trade_no"], name);

    let all = world.get("/alipay/notifies").await;
    assert_eq!(
        (&all[2]["state"], &all[2]["out_trade_no"]),
        (&json!("held"), &json!(held))
    );
    let due = (world.clock.now() + SignedDuration::from_mins(1)).to_string();
    assert_eq!(
        (&all[3]["state"], &all[3]["next_at"]),
        (&json!("pending"), &json!(due))
    );
    assert_eq!(
        world.post("/knobs/notifies/flush", json!(null)).await.1["released"],
        1
    );
    assert_eq!(form(&merchant.next().await.body)["out_trade_no"], held);
    world.clock.forward(SignedDuration::from_mins(1));
    world.turn(json!({})).await;
    assert_eq!(form(&merchant.next().await.body)["out_trade_no"], delayed);
}

#[tokio::test]
async fn made_up_notifies_are_signed_well_or_badly_and_answered_at_once() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[(200, "fail")]).await;
    let key = Rsa2Verifier::parse(GATEWAY_PUBLIC).unwrap();
    let valid = |params: &Params| {
        let list: Vec<_> = params.clone().into_iter().collect();
        key.verify(&notify_text(&list), &params["sign"])
    };
    let path = "/knobs/alipay/notify";
    let (status, _) = world.post(path, json!({ "out_trade_no": "2004_1" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);

    world
        .precreate("2004_1", "9.00", &merchant.notify_url())
        .await;
    let (_, answer) = world
        .post(path, json!({ "out_trade_no": "2004_1", "forged": true }))
        .await;
    assert_eq!(
        answer["answers"],
        json!([{ "status": 200, "answer": "fail", "taken": false }])
    );
    let told = form(&merchant.next().await.body);
    assert!(!valid(&told), "a forged notify must not verify");
    assert_eq!(
        (told["total_amount"].as_str(), told["app_id"].as_str()),
        ("9.00", APP_ID)
    );

    merchant.answer_with(200, "success");
    let ask = json!({
        "out_trade_no": "2004_1", "total_amount": "0.01", "seller_id": "2088", "app_id": "2021", "times": 3,
    });
    let (_, answer) = world.post(path, ask).await;
    assert_eq!(answer["answers"].as_array().unwrap().len(), 3);
    assert_eq!(answer["answers"][2]["taken"], true);
    let told = form(&merchant.next().await.body);
    assert!(valid(&told));
    assert_eq!(told["total_amount"], "0.01");
    assert_eq!(
        (told["seller_id"].as_str(), told["app_id"].as_str()),
        ("2088", "2021")
    );
    assert_eq!(told["trade_status"], "TRADE_SUCCESS");
    assert_eq!(form(&merchant.next().await.body), told);
    assert_eq!(form(&merchant.next().await.body), told);

    let unknown = json!({ "out_trade_no": "nobody", "total_amount": "1.00" });
    assert_eq!(world.post(path, unknown).await.0, StatusCode::OK);
    assert_eq!(form(&merchant.next().await.body)["out_trade_no"], "nobody");
    let query = world
        .call("alipay.trade.query", json!({ "out_trade_no": "2004_1" }))
        .await;
    assert_eq!(
        query.outcome(),
        "ACQ.TRADE_NOT_EXIST",
        "made-up notifies make no trade"
    );
    assert_eq!(
        world
            .get("/alipay/notifies")
            .await
            .as_array()
            .unwrap()
            .len(),
        5
    );
    merchant.nothing_more();
}

#[tokio::test]
async fn a_payer_may_be_faster_than_a_close() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    world
        .precreate("2005_1", "1.00", &merchant.notify_url())
        .await;
    world.native("2005_1", 100, &merchant).await;
    let race = json!({ "alipay.trade.close": 1, "wechatpay.close": 1, "wechatpay.query": 1 });
    world.turn(json!({ "pay_before": race })).await;
    let content = json!({ "out_trade_no": "2005_1" });
    let answer = world.call("alipay.trade.close", content.clone()).await;
    assert_eq!(answer.outcome(), "ACQ.TRADE_STATUS_ERROR");
    merchant.next().await;
    let answer = world.wx_close("2005_1").await;
    assert_eq!(answer.outcome(), (400, "ORDERPAID"));
    merchant.next().await;
    let answer = world.wx_query("2005_1").await;
    assert_eq!(answer.body["trade_state"], "SUCCESS", "paid once");
    assert_eq!(world.get("/knobs").await["pay_before"], json!({}));
    merchant.nothing_more();
}

#[tokio::test]
async fn knobs_that_do_not_exist_are_refused() {
    let world = World::start(json!({})).await;
    let url = format!("{}/knobs", world.url);
    let sent = world
        .http
        .put(url)
        .json(&json!({ "notfy": "off" }))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

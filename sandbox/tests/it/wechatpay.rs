//! WeChat Pay: the gateway and the phone.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::*;
use crate::wx::{self, APPID, MCHID};

#[tokio::test]
async fn a_code_becomes_money_by_a_button_and_the_merchant_is_told() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[(204, "")]).await;
    let code_url = world.native("order1_1", 8880, &merchant).await;
    assert!(code_url.starts_with(&format!("{}/wechatpay/pay/wxp", world.url)));
    assert_eq!(world.native("order1_1", 8880, &merchant).await, code_url);
    let other = wx::order("order1_1", 8881, &merchant);
    let answer = world.wx_post("/v3/pay/transactions/native", other).await;
    assert_eq!(answer.outcome(), (400, "INVALID_REQUEST"));
    let answer = world.wx_query("order1_1").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["trade_state"], "NOTPAY");
    assert_eq!(answer.body["amount"]["total"], 8880);
    assert!(answer.body.get("transaction_id").is_none());

    let path = code_url.strip_prefix(&world.url).unwrap();
    let (status, page) = world.text(path).await;
    assert_eq!(status, StatusCode::OK);
    for text in [
        "微信支付",
        "测试&lt;商户&gt;",
        "企业密钥 &lt;一&gt;, 二",
        "¥88.80",
        "立即支付",
        "取消",
    ] {
        assert!(page.contains(text), "{text} is not on the phone");
    }
    let (_, cancelled) = world.text(&format!("{path}/cancel")).await;
    assert!(cancelled.contains("已取消"));
    let pressed = world.http.post(&code_url).send().await.unwrap();
    assert_eq!(pressed.status(), StatusCode::SEE_OTHER);
    let (_, page) = world
        .text(pressed.headers()["location"].to_str().unwrap())
        .await;
    assert!(page.contains("支付成功") && !page.contains("立即支付"));

    let now = world.clock.now().as_second();
    let (body, plain) = wx::verified(&merchant.next().await, now);
    assert_eq!(body["event_type"], "TRANSACTION.SUCCESS");
    assert_eq!(body["resource_type"], "encrypt-resource");
    assert_eq!(body["resource"]["original_type"], "transaction");
    assert_eq!(body["create_time"], "2026-11-21T20:00:00+08:00");
    assert_eq!(body["id"].as_str().unwrap().len(), 36);
    let id = plain["transaction_id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 28);
    let expected = json!({
        "mchid": MCHID, "appid": APPID, "out_trade_no": "order1_1", "transaction_id": id,
        "trade_type": "NATIVE", "trade_state": "SUCCESS", "trade_state_desc": "支付成功",
        "bank_type": "OTHERS", "attach": "", "success_time": "2026-11-21T20:00:00+08:00",
        "payer": plain["payer"],
        "amount": { "total": 8880, "payer_total": 8880, "currency": "CNY", "payer_currency": "CNY" },
        "promotion_detail": [],
    });
    assert_eq!(plain, expected);
    assert!(!plain["payer"]["openid"].as_str().unwrap().is_empty());
    let all = world
        .wait_for("/wechatpay/notifies", |all| all[0]["state"] == "delivered")
        .await;
    assert_eq!(all[0]["resource"], plain);

    assert_eq!(world.wx_query("order1_1").await.body, plain);
    let by_id = format!("/v3/pay/transactions/id/{id}?mchid={MCHID}");
    assert_eq!(world.wx_get(&by_id).await.body, plain);
    assert_eq!(
        world.wx_close("order1_1").await.outcome(),
        (400, "ORDERPAID")
    );
    let again = wx::order("order1_1", 8880, &merchant);
    let answer = world.wx_post("/v3/pay/transactions/native", again).await;
    assert_eq!(answer.outcome(), (400, "ORDERPAID"));
    let (status, answer) = world.wx_pay(&code_url).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::CONFLICT, &json!("ORDERPAID"))
    );
    merchant.nothing_more();
}

#[tokio::test]
async fn a_closed_order_takes_no_money_and_tells_nobody() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    let answer = world.wx_query("order2_1").await;
    assert_eq!(answer.outcome(), (404, "ORDER_NOT_EXIST"));
    assert_eq!(
        world.wx_close("order2_1").await.outcome(),
        (404, "ORDER_NOT_EXIST")
    );
    let code_url = world.native("order2_1", 100, &merchant).await;
    let closed = world.wx_close("order2_1").await;
    assert_eq!(
        (closed.status, closed.raw.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    assert_eq!(
        world.wx_close("order2_1").await.outcome(),
        (400, "ORDER_CLOSED")
    );
    assert_eq!(
        world.wx_query("order2_1").await.body["trade_state"],
        "CLOSED"
    );
    assert_eq!(world.wx_pay(&code_url).await.1["code"], "ORDER_CLOSED");
    let (status, page) = world.text(code_url.strip_prefix(&world.url).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("订单已关闭"));
    assert_eq!(world.get("/wechatpay/notifies").await, json!([]));
    merchant.nothing_more();
}

#[tokio::test]
async fn a_code_dies_after_two_hours_and_time_expire_refuses_but_closes_nothing() {
    let world = World::start(json!({})).await;
    let merchant = Merchant::start(&[]).await;
    let mut ask = wx::order("order3_1", 100, &merchant);
    ask["time_expire"] = json!("2026-11-21T20:05:00+08:00");
    let answer = world.wx_post("/v3/pay/transactions/native", ask).await;
    let short = answer.body["code_url"].as_str().unwrap().to_owned();
    let long = world.native("order3_2", 100, &merchant).await;
    world.clock.forward(SignedDuration::from_mins(5));
    let (status, answer) = world.wx_pay(&short).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::CONFLICT, &json!("SANDBOX.CODE_EXPIRED"))
    );
    let (_, page) = world.text(short.strip_prefix(&world.url).unwrap()).await;
    assert!(page.contains("二维码已失效"));
    assert_eq!(
        world.wx_query("order3_1").await.body["trade_state"],
        "NOTPAY"
    );
    world.clock.forward(SignedDuration::from_mins(115));
    assert_eq!(world.wx_pay(&long).await.0, StatusCode::CONFLICT);
    let fresh = world.native("order3_2", 100, &merchant).await;
    assert_ne!(fresh, long);
    let (status, paid) = world
        .post("/wechatpay/pay", json!({ "out_trade_no": "order3_2" }))
        .await;
    assert_eq!(
        (status, &paid["trade_state"]),
        (StatusCode::OK, &json!("SUCCESS"))
    );
    assert_eq!(
        world.wx_pay("nothing").await.1["code"],
        "SANDBOX.NO_SUCH_CODE"
    );
}

#[tokio::test]
async fn the_edges_of_money_are_held() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    world.wx_paid("order4_1", 1, &mut merchant).await;
    world
        .wx_paid("order4_2", 10_000_000_000, &mut merchant)
        .await;
    let books = world.get("/books").await;
    assert_eq!(books["wechatpay"]["paid"], "100000000.01");
    let mut ask = wx::order("order4_3", 1, &merchant);
    for total in [
        json!(0),
        json!(10_000_000_001_u64),
        json!("1"),
        json!(1.5),
        json!(-1),
    ] {
        ask["amount"]["total"] = total.clone();
        let answer = world
            .wx_post("/v3/pay/transactions/native", ask.clone())
            .await;
        assert_eq!(answer.outcome(), (400, "PARAM_ERROR"), "{total}");
    }
}

#[tokio::test]
async fn orders_survive_a_restart_and_old_configurations_start_without_wechat_pay() {
    let folder = Folder::new();
    let kept = json!({ "state_dir": folder.path(), "public_url": "http://localhost:1" });
    let mut merchant = Merchant::start(&[(200, "")]).await;
    let world = World::start(kept.clone()).await;
    world.turn(json!({ "hold_notifies": true })).await;
    let code = world.native("order5_1", 200, &merchant).await;
    world.wx_pay(&code).await;
    let before = world.get("/wechatpay/trades").await;
    let clock = world.clock.clone();
    world.sandbox.stop().await;

    let world = World::start_at(kept, clock).await;
    assert_eq!(world.get("/wechatpay/trades").await, before);
    world.post("/knobs/notifies/flush", json!(null)).await;
    let (_, plain) = wx::verified(&merchant.next().await, world.clock.now().as_second());
    assert_eq!(plain["out_trade_no"], "order5_1");

    let old = World::start(json!({ "wechatpay": null })).await;
    let (status, answer) = old
        .post("/wechatpay/v3/pay/transactions/native", Value::Null)
        .await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::NOT_FOUND, &json!("no_wechatpay"))
    );
    assert_eq!(old.get("/wechatpay/trades").await, json!([]));
}

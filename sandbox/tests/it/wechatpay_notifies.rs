//! WeChat Pay: notifies, good and bad, once and again.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::*;
use crate::wx::{self, PLATFORM_SERIAL, PUB_KEY_ID};

#[tokio::test]
async fn a_notify_is_sent_again_and_signed_anew_until_the_answer_is_200_or_204() {
    let world = World::start(json!({ "knobs": { "retry_scale": 0 } })).await;
    let refused = r#"{"code":"FAIL","message":"失败"}"#;
    let answers = [
        (500, refused),
        (401, refused),
        (201, ""),
        (302, ""),
        (200, refused),
    ];
    let mut merchant = Merchant::start(&answers).await;
    let code = world.native("tell1_1", 100, &merchant).await;
    world.wx_pay(&code).await;
    let now = world.clock.now().as_second();
    let first = merchant.next().await;
    let (body, _) = wx::verified(&first, now);
    for _ in 1..answers.len() {
        let again = merchant.next().await;
        assert_eq!(wx::verified(&again, now).0, body);
        assert_ne!(
            again.headers["wechatpay-nonce"],
            first.headers["wechatpay-nonce"]
        );
    }
    let all = world
        .wait_for("/wechatpay/notifies", |all| all[0]["state"] == "delivered")
        .await;
    let attempts = all[0]["attempts"].as_array().unwrap();
    let statuses: Vec<_> = attempts.iter().map(|a| a["status"].as_u64()).collect();
    assert_eq!(statuses, [500, 401, 201, 302, 200].map(Some));
    merchant.nothing_more();
}

#[tokio::test]
async fn resends_wait_as_long_as_the_schedule_says_and_carry_the_time_of_their_sending() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[(500, "")]).await;
    let code = world.native("tell2_1", 100, &merchant).await;
    world.wx_pay(&code).await;
    for seconds in [
        15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600,
    ] {
        wx::verified(&merchant.next().await, world.clock.now().as_second());
        let due = (world.clock.now() + SignedDuration::from_secs(seconds)).to_string();
        world
            .wait_for("/wechatpay/notifies", |all| {
                all[0]["next_at"] == due.as_str()
            })
            .await;
        world.clock.forward(SignedDuration::from_secs(seconds));
        world.turn(json!({})).await;
    }
    merchant.next().await;
    let all = world
        .wait_for("/wechatpay/notifies", |all| all[0]["state"] == "given_up")
        .await;
    assert_eq!(all[0]["attempts"].as_array().unwrap().len(), 16);
    merchant.nothing_more();
}

#[tokio::test]
async fn a_probe_is_sent_again_properly_signed_and_either_key_may_sign() {
    let world = World::start(json!({ "knobs": { "retry_scale": 0 } })).await;
    let mut merchant = Merchant::start(&[(401, ""), (200, "")]).await;
    world
        .turn(json!({ "retry_scale": 0, "notify_signature": "probe" }))
        .await;
    let code = world.native("tell3_1", 100, &merchant).await;
    world.wx_pay(&code).await;
    let probe = merchant.next().await;
    assert!(!wx::is_good(&probe));
    let signature = probe.headers["wechatpay-signature"].to_str().unwrap();
    assert!(signature.starts_with("WECHATPAY/SIGNTEST/"));
    let again = merchant.next().await;
    assert!(wx::is_good(&again));
    assert_eq!(again.headers["wechatpay-serial"], PUB_KEY_ID);

    let code = world.native("tell3_2", 100, &merchant).await;
    world
        .turn(json!({ "wechatpay_notify_serial": PLATFORM_SERIAL, "clock_skew_s": -299 }))
        .await;
    world.wx_pay(&code).await;
    let got = merchant.next().await;
    assert!(wx::is_good(&got));
    assert_eq!(got.headers["wechatpay-serial"], PLATFORM_SERIAL);
    let time = got.headers["wechatpay-timestamp"].to_str().unwrap();
    let expected = world.clock.now().as_second() - 299;
    assert_eq!(time, expected.to_string());
}

#[tokio::test]
async fn made_up_notifies_are_wrong_in_the_way_that_was_asked_for() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[(401, "no")]).await;
    let path = "/knobs/wechatpay/notify";
    let (status, _) = world.post(path, json!({ "out_trade_no": "tell4_1" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    world.native("tell4_1", 900, &merchant).await;
    let refund_url = format!("{}/refund", merchant.url);
    let now = world.clock.now().as_second();
    let mut send = async |mut ask: Value| {
        ask["out_trade_no"] = json!("tell4_1");
        let (status, answer) = world.post(path, ask).await;
        assert_eq!(status, StatusCode::OK);
        let expected = json!([{ "status": 401, "answer": "no", "taken": false }]);
        assert_eq!(answer["answers"], expected);
        merchant.next().await
    };
    for kind in ["forged", "wrong_key", "unknown_serial", "probe"] {
        let got = send(json!({ "kind": kind })).await;
        assert!(!wx::is_good(&got), "{kind}");
        let (_, plain) = wx::opened(&got);
        assert_eq!(plain["amount"]["total"], 900, "{kind}");
        let time = got.headers["wechatpay-timestamp"].to_str().unwrap();
        assert_eq!(time, now.to_string(), "{kind}");
    }
    let stale = send(json!({ "kind": "stale" })).await;
    assert!(wx::is_good(&stale));
    let time = stale.headers["wechatpay-timestamp"].to_str().unwrap();
    assert_eq!(time, (now - 600).to_string());

    let (_, plain) = wx::verified(&send(json!({ "kind": "wrong_sum" })).await, now);
    assert_eq!(plain["amount"]["total"], 901);
    let (_, plain) = wx::verified(&send(json!({ "kind": "other_merchant" })).await, now);
    assert_ne!(plain["mchid"], wx::MCHID);
    assert_ne!(plain["appid"], wx::APPID);
    let (_, plain) = wx::verified(
        &send(json!({ "currency": "USD", "trade_state": "REFUND" })).await,
        now,
    );
    assert_eq!(plain["amount"]["currency"], "USD");
    assert_eq!(plain["trade_state"], "REFUND");
    let sealed = send(json!({ "kind": "wrong_api_key" })).await;
    assert!(wx::is_good(&sealed));
    let list = world.get("/wechatpay/notifies").await;
    let last = list.as_array().unwrap().last().unwrap();
    assert_eq!(last["resource"], Value::Null, "nobody can open it");

    let (_, plain) = wx::verified(
        &send(
            json!({ "about": "refund", "out_refund_no": "tell4_R1", "amount": "0.01",
            "refund_status": "ABNORMAL", "notify_url": refund_url }),
        )
        .await,
        now,
    );
    assert_eq!(plain["out_refund_no"], "tell4_R1");
    assert_eq!(plain["refund_status"], "ABNORMAL");
    assert_eq!(plain["amount"]["refund"], 1);
    let query = world.wx_query("tell4_1").await;
    assert_eq!(query.body["trade_state"], "NOTPAY", "nothing has happened");
}

#[tokio::test]
async fn a_notify_is_repeated_with_its_id_and_many_times_at_once() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[(204, "")]).await;
    let code = world.native("tell5_1", 100, &merchant).await;
    world
        .turn(json!({ "wechatpay": { "notify": "twice" } }))
        .await;
    world.wx_pay(&code).await;
    let now = world.clock.now().as_second();
    let (first, _) = wx::verified(&merchant.next().await, now);
    let (second, _) = wx::verified(&merchant.next().await, now);
    assert_eq!(first, second);
    world.clock.forward(SignedDuration::from_mins(10));
    let ask = json!({ "out_trade_no": "tell5_1", "kind": "repeat", "times": 3 });
    let (_, answer) = world.post("/knobs/wechatpay/notify", ask).await;
    assert_eq!(answer["answers"].as_array().unwrap().len(), 3);
    for _ in 0..3 {
        let (again, _) = wx::verified(&merchant.next().await, now + 600);
        assert_eq!(again["id"], first["id"]);
    }
    let fresh = json!({ "out_trade_no": "tell5_1" });
    world.post("/knobs/wechatpay/notify", fresh).await;
    let (other, plain) = wx::verified(&merchant.next().await, now + 600);
    assert_ne!(other["id"], first["id"]);
    let list = world.get("/wechatpay/notifies").await;
    assert_eq!(plain, list[0]["resource"], "it tells of the same payment");
}

#[tokio::test]
async fn held_notifies_are_flushed_newest_first_or_one_by_one() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[(200, "success")]).await;
    world.turn(json!({ "hold_notifies": true })).await;
    for number in ["tell6_1", "tell6_2", "tell6_3"] {
        let code = world.native(number, 100, &merchant).await;
        world.wx_pay(&code).await;
    }
    let alipay = world
        .precreate("tell6_4", "1.00", &merchant.notify_url())
        .await;
    world.pay(&alipay).await;
    merchant.nothing_more();
    let flush = async |ask: Value| {
        let (_, answer) = world.post("/knobs/notifies/flush", ask).await;
        answer["released"].as_u64().unwrap()
    };
    assert_eq!(flush(json!({ "out_trade_no": "nobody" })).await, 0);
    assert_eq!(
        flush(json!({ "out_trade_no": "tell6_2", "order": "oldest_first" })).await,
        1
    );
    let (_, plain) = wx::opened(&merchant.next().await);
    assert_eq!(plain["out_trade_no"], "tell6_2");
    let ask = json!({ "order": "newest_first", "gateway": "wechatpay" });
    assert_eq!(flush(ask).await, 2);
    for number in ["tell6_3", "tell6_1"] {
        let (_, plain) = wx::opened(&merchant.next().await);
        assert_eq!(plain["out_trade_no"], number);
    }
    assert_eq!(flush(json!({})).await, 1);
    assert_eq!(form(&merchant.next().await.body)["out_trade_no"], "tell6_4");
    merchant.nothing_more();
}

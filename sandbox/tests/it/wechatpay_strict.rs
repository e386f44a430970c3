//! WeChat Pay: what the gateway refuses, and how it signs.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::*;
use crate::wx::{self, Call, MCHID, PLATFORM_SERIAL, PUB_KEY_ID};

const NATIVE: &str = "/v3/pay/transactions/native";

#[tokio::test]
async fn the_gateway_refuses_what_is_not_signed_by_this_merchant_now() {
    let world = World::start(json!({})).await;
    let merchant = Merchant::start(&[]).await;
    let body = wx::order("strict1_1", 100, &merchant);
    let call = || Call::new(&world, Method::POST, NATIVE, Some(&body));
    let refused = async |spoilt: Call, what: &str| {
        let answer = spoilt.send(&world).await.unwrap();
        assert_eq!(answer.outcome(), (401, "SIGN_ERROR"), "{what}");
        assert_eq!(answer.header("wechatpay-signature"), "", "{what}");
    };

    let mut spoilt = call().sign();
    spoilt.body.push(' ');
    refused(spoilt, "another body").await;
    let mut spoilt = call().sign();
    spoilt.target.push_str("?a=b");
    refused(spoilt, "another query").await;
    let mut spoilt = call();
    spoilt.target = NATIVE.to_owned();
    let mut spoilt = spoilt.sign();
    spoilt.target = format!("/wechatpay{NATIVE}");
    refused(spoilt, "signed without the prefix").await;
    for off in [-301, 301] {
        let mut spoilt = call();
        spoilt.timestamp += off;
        refused(spoilt.sign(), "another time").await;
    }
    let mut spoilt = call();
    spoilt.mchid = "1900000046".to_owned();
    refused(spoilt.sign(), "another merchant").await;
    let mut spoilt = call();
    spoilt.serial_no = PLATFORM_SERIAL.to_owned();
    refused(spoilt.sign(), "another certificate").await;
    for header in [
        "",
        "WECHATPAY2-SHA256-RSA2048",
        "WECHATPAY2-SHA256-RSA2048 mchid=1900000045",
        "WECHATPAY2-SM2-WITH-SM3 mchid=\"1900000045\"",
    ] {
        let mut spoilt = call().sign();
        spoilt
            .headers
            .insert("authorization", header.parse().unwrap());
        refused(spoilt, header).await;
    }
    let mut spoilt = call();
    spoilt.nonce = "a\",nonce_str=\"b".to_owned();
    refused(spoilt.sign(), "a field twice").await;
    assert_eq!(world.get("/wechatpay/trades").await, json!([]));

    for off in [-300, 300] {
        let mut good = call();
        good.timestamp += off;
        let answer = good.sign().send(&world).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{off} seconds");
    }
}

#[tokio::test]
async fn the_merchant_chooses_the_key_of_the_answer_and_an_unknown_one_is_refused() {
    let world = World::start(json!({})).await;
    let path = format!("/v3/pay/transactions/out-trade-no/strict2_1?mchid={MCHID}");
    let ask = async |serial: Option<&str>| {
        let mut call = Call::new(&world, Method::GET, &path, None);
        call.headers.remove("wechatpay-serial");
        if let Some(serial) = serial {
            call.headers
                .insert("wechatpay-serial", serial.parse().unwrap());
        }
        call.sign().send(&world).await.unwrap()
    };
    for serial in [PUB_KEY_ID, PLATFORM_SERIAL] {
        let answer = ask(Some(serial)).await;
        assert_eq!(answer.outcome(), (404, "ORDER_NOT_EXIST"));
        assert!(answer.is_signed_by(serial));
    }
    assert!(ask(None).await.is_signed_by(PUB_KEY_ID));
    let answer = ask(Some("PUB_KEY_ID_0000")).await;
    assert_eq!(answer.outcome(), (400, "PARAM_ERROR"));
    assert_eq!(answer.header("wechatpay-signature"), "");
}

#[tokio::test]
async fn answers_are_signed_as_the_knob_wants() {
    let world = World::start(json!({})).await;
    let path = format!("/v3/pay/transactions/out-trade-no/strict3_1?mchid={MCHID}");
    let now = world.clock.now().as_second();
    let ask = async |knobs: Value| {
        world.turn(knobs).await;
        let call = Call::new(&world, Method::GET, &path, None);
        let answer = call.sign().send(&world).await.unwrap();
        let time = answer.header("wechatpay-timestamp").parse().unwrap_or(0);
        let good = answer.is_signed_by(PUB_KEY_ID);
        (
            good,
            time - now,
            answer.header("wechatpay-signature").to_owned(),
        )
    };
    let answer = |signature: &str| json!({ "wechatpay": { "answer_signature": signature } });
    assert!(ask(answer("good")).await.0);
    for bad in ["forged", "wrong_key", "unknown_serial"] {
        let (good, skew, signature) = ask(answer(bad)).await;
        assert_eq!((good, skew, signature.len()), (false, 0, 344), "{bad}");
    }
    assert!(
        ask(answer("probe"))
            .await
            .2
            .starts_with("WECHATPAY/SIGNTEST/")
    );
    assert_eq!(ask(answer("unsigned")).await.2, "");
    let (good, skew, _) = ask(answer("stale")).await;
    assert_eq!((good, skew), (true, -600));
    let (good, skew, _) = ask(json!({ "clock_skew_s": 299 })).await;
    assert_eq!((good, skew), (true, 299));
}

#[tokio::test]
async fn parameters_are_read_strictly() {
    let world = World::start(json!({})).await;
    let merchant = Merchant::start(&[]).await;
    let good = wx::order("strict4_1", 100, &merchant);
    let long = "长".repeat(43);
    for (name, value, code) in [
        ("out_trade_no", json!("short"), "PARAM_ERROR"),
        ("out_trade_no", json!("x".repeat(33)), "PARAM_ERROR"),
        ("out_trade_no", json!("order#1_1"), "PARAM_ERROR"),
        ("description", json!(""), "PARAM_ERROR"),
        ("description", json!(long), "PARAM_ERROR"),
        ("description", json!("密钥😀"), "PARAM_ERROR"),
        ("description", Value::Null, "PARAM_ERROR"),
        ("attach", json!("x".repeat(129)), "PARAM_ERROR"),
        (
            "notify_url",
            json!("http://merchant.invalid/"),
            "PARAM_ERROR",
        ),
        (
            "notify_url",
            json!("https://merchant.invalid/?a=b"),
            "PARAM_ERROR",
        ),
        (
            "time_expire",
            json!("2026-11-21T20:00:59+08:00"),
            "PARAM_ERROR",
        ),
        ("time_expire", json!("2026-11-21 20:30:00"), "PARAM_ERROR"),
        ("unheard_of", json!(1), "PARAM_ERROR"),
        ("appid", json!("wx00"), "APPID_MCHID_NOT_MATCH"),
        ("mchid", json!("1900000046"), "APPID_MCHID_NOT_MATCH"),
    ] {
        let mut bad = good.clone();
        bad[name] = value.clone();
        let answer = world.wx_post(NATIVE, bad).await;
        assert_eq!(answer.outcome(), (400, code), "{name} = {value}");
    }
    let mut dollars = good.clone();
    dollars["amount"]["currency"] = json!("USD");
    let answer = world.wx_post(NATIVE, dollars).await;
    assert_eq!(answer.outcome(), (400, "PARAM_ERROR"));
    for query in ["", "?mchid=1900000046", "?mchid=1&mchid=1"] {
        let path = format!("/v3/pay/transactions/out-trade-no/strict4_1{query}");
        let answer = world.wx_get(&path).await;
        assert_eq!(answer.outcome(), (400, "PARAM_ERROR"), "{query}");
    }
    let close = "/v3/pay/transactions/out-trade-no/strict4_1/close";
    for body in [json!({}), json!({ "mchid": "1900000046" })] {
        let answer = world.wx_post(close, body).await;
        assert_eq!(answer.outcome(), (400, "PARAM_ERROR"));
    }
    for path in ["/v3/certificates", "/v3/pay/transactions/native/x"] {
        let answer = world.wx_get(path).await;
        assert_eq!(answer.outcome(), (404, "RESOURCE_NOT_EXISTS"), "{path}");
    }
    for header in ["accept", "content-type"] {
        let mut call = Call::new(&world, Method::POST, NATIVE, Some(&good));
        call.headers.insert(header, "text/html".parse().unwrap());
        let answer = call.sign().send(&world).await.unwrap();
        assert_eq!(answer.outcome(), (400, "PARAM_ERROR"), "{header}");
    }
    assert_eq!(world.get("/wechatpay/trades").await, json!([]));
    let path = format!("/v3/pay/transactions/out-trade-no/strict4%7C1?mchid={MCHID}");
    let mut escaped = good.clone();
    escaped["out_trade_no"] = json!("strict4|1");
    world.wx_post(NATIVE, escaped).await;
    assert_eq!(world.wx_get(&path).await.body["trade_state"], "NOTPAY");
}

#[tokio::test]
async fn the_gateway_is_down_slow_or_in_error_as_the_knobs_want() {
    let world = World::start(json!({})).await;
    let merchant = Merchant::start(&[]).await;
    let body = wx::order("strict5_1", 100, &merchant);
    let call = async || {
        let call = Call::new(&world, Method::POST, NATIVE, Some(&body));
        call.sign().send(&world).await
    };
    world.turn(json!({ "wechatpay_down": "503" })).await;
    let answer = call().await.unwrap();
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("wechatpay-signature"), "");
    world.turn(json!({ "wechatpay_down": "refuse" })).await;
    assert!(call().await.is_err());
    let errors = ["SYSTEM_ERROR", "FREQUENCY_LIMITED", "RULE_LIMIT"];
    world
        .turn(json!({ "errors": { "wechatpay.native": errors } }))
        .await;
    for expected in [
        (500, "SYSTEM_ERROR"),
        (429, "FREQUENCY_LIMITED"),
        (403, "RULE_LIMIT"),
    ] {
        assert_eq!(call().await.unwrap().outcome(), expected);
    }
    assert_eq!(world.get("/wechatpay/trades").await, json!([]));
    world
        .turn(json!({ "alipay_down": "503", "lose_response": { "wechatpay.native": 1 } }))
        .await;
    assert!(call().await.is_err());
    let trades = world.get("/wechatpay/trades").await;
    assert_eq!(trades[0]["trade_state"], "NOTPAY");
    let answer = call().await.unwrap();
    assert_eq!(answer.body["code_url"], trades[0]["code_url"]);
}

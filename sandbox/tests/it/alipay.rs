//! The gateway, the phone, the notifies.

use http::StatusCode;
use jiff::SignedDuration;
use sandbox::crypto::{Rsa2Verifier, notify_text, request_text};
use serde_json::{Value, json};

use crate::support::*;

/// Checks a notify as a merchant must, and answers its parameters.
fn verified(got: &Got) -> Params {
    assert_eq!(got.method, "POST");
    let content_type = got.headers["content-type"].to_str().expect("well-formed");
    assert!(content_type.starts_with("application/x-www-form-urlencoded"));
    let params = form(&got.body);
    let list: Vec<_> = params.clone().into_iter().collect();
    let key = Rsa2Verifier::parse(GATEWAY_PUBLIC).expect("well-formed");
    assert!(key.verify(&notify_text(&list), &params["sign"]));
    assert!(
        !key.verify(&request_text(&list), &params["sign"]),
        "sign_type is not signed in a notify"
    );
    params
}

#[tokio::test]
async fn a_code_becomes_a_trade_by_a_scan_and_money_by_a_button() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    let by_number = json!({ "out_trade_no": "1001_1" });

    let qr_code = world
        .precreate("1001_1", "88.80", &merchant.notify_url())
        .await;
    assert!(qr_code.starts_with(&format!("{}/alipay/pay/", world.url)));
    assert_eq!(
        world
            .precreate("1001_1", "88.8", &merchant.notify_url())
            .await,
        qr_code
    );
    let other = json!({ "out_trade_no": "1001_1", "total_amount": "88.81", "subject": "x" });
    assert_eq!(
        world.call("alipay.trade.precreate", other).await.outcome(),
        "ACQ.CONTEXT_INCONSISTENT"
    );
    for method in [
        "alipay.trade.query",
        "alipay.trade.close",
        "alipay.trade.fastpay.refund.query",
    ] {
        let content = json!({ "out_trade_no": "1001_1", "out_request_no": "r" });
        let answer = world.call(method, content).await;
        assert_eq!(answer.get("code"), "40004");
        assert_eq!(
            answer.outcome(),
            "ACQ.TRADE_NOT_EXIST",
            "{method} before the scan"
        );
    }

    let (status, page) = world.text(qr_code.strip_prefix(&world.url).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    for text in [
        "测试&lt;商户&gt;",
        "企业密钥 &lt;一&gt;",
        "¥88.80",
        "确认付款",
        "取消",
    ] {
        assert!(page.contains(text), "{text} is not on the phone");
    }
    let answer = world.call("alipay.trade.query", by_number.clone()).await;
    assert_eq!(answer.get("trade_status"), "WAIT_BUYER_PAY");
    let trade_no = answer.get("trade_no").to_owned();
    assert_eq!(trade_no.len(), 28);
    let (_, cancelled) = world
        .text(&format!(
            "{}/cancel",
            qr_code.strip_prefix(&world.url).unwrap()
        ))
        .await;
    assert!(cancelled.contains("已取消"));

    let pressed = world.http.post(&qr_code).send().await.unwrap();
    assert_eq!(pressed.status(), StatusCode::SEE_OTHER);
    let (_, page) = world
        .text(pressed.headers()["location"].to_str().unwrap())
        .await;
    assert!(page.contains("付款成功") && !page.contains("确认付款"));

    let told = verified(&merchant.next().await);
    for (name, value) in [
        ("notify_time", "2026-11-21 20:00:00"),
        ("notify_type", "trade_status_sync"),
        ("app_id", APP_ID),
        ("auth_app_id", APP_ID),
        ("charset", "utf-8"),
        ("version", "1.0"),
        ("sign_type", "RSA2"),
        ("trade_no", &trade_no),
        ("out_trade_no", "1001_1"),
        ("seller_id", SELLER_ID),
        ("trade_status", "TRADE_SUCCESS"),
        ("total_amount", "88.80"),
        ("receipt_amount", "88.80"),
        ("invoice_amount", "88.80"),
        ("buyer_pay_amount", "88.80"),
        ("point_amount", "0.00"),
        ("subject", "企业密钥 <一>"),
        ("gmt_create", "2026-11-21 20:00:00"),
        ("gmt_payment", "2026-11-21 20:00:00"),
        (
            "fund_bill_list",
            r#"[{"amount":"88.80","fundChannel":"ALIPAYACCOUNT"}]"#,
        ),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    for name in [
        "notify_id",
        "buyer_id",
        "buyer_logon_id",
        "buyer_open_id",
        "seller_email",
        "voucher_detail_list",
    ] {
        assert!(!told[name].is_empty(), "{name}");
    }
    assert!(!told.contains_key("refund_fee") && !told.contains_key("gmt_close"));
    world
        .wait_for("/alipay/notifies", |all| all[0]["state"] == "delivered")
        .await;

    let answer = world
        .call(
            "alipay.trade.query",
            json!({ "trade_no": trade_no, "out_trade_no": "wrong" }),
        )
        .await;
    assert_eq!(answer.get("trade_status"), "TRADE_SUCCESS");
    assert_eq!(answer.get("send_pay_date"), "2026-11-21 20:00:00");
    assert_eq!(answer.get("buyer_pay_amount"), "88.80");
    assert_eq!(world.pay(&qr_code).await.0, StatusCode::CONFLICT);
    assert_eq!(
        world.call("alipay.trade.close", by_number).await.outcome(),
        "ACQ.TRADE_STATUS_ERROR"
    );
    let again = json!({ "out_trade_no": "1001_1", "total_amount": "88.80", "subject": "x" });
    assert_eq!(
        world.call("alipay.trade.precreate", again).await.outcome(),
        "ACQ.TRADE_HAS_SUCCESS"
    );
    merchant.nothing_more();
}

#[tokio::test]
async fn refunds_are_done_once_and_tell_the_merchant() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    let qr_code = world
        .precreate("1002_1", "10.00", &merchant.notify_url())
        .await;
    assert_eq!(world.pay(&qr_code).await.0, StatusCode::OK);
    verified(&merchant.next().await);
    let refund = async |amount: &str, number: &str| {
        let content =
            json!({ "out_trade_no": "1002_1", "refund_amount": amount, "out_request_no": number });
        let answer = world.call("alipay.trade.refund", content).await;
        (
            answer.outcome().to_owned(),
            answer.get("fund_change").to_owned(),
            answer.get("refund_fee").to_owned(),
        )
    };
    let done = |change: &str, fee: &str| ("10000".to_owned(), change.to_owned(), fee.to_owned());

    assert_eq!(refund("3.00", "r1").await, done("Y", "3.00"));
    let told = verified(&merchant.next().await);
    assert_eq!(told["trade_status"], "TRADE_SUCCESS");
    assert_eq!(told["refund_fee"], "3.00");
    assert_eq!(told["out_biz_no"], "r1");
    assert_eq!(told["gmt_refund"], "2026-11-21 20:00:00.000");
    assert_eq!(told["total_amount"], "10.00");
    assert_eq!(refund("3.00", "r1").await, done("N", "3.00"));
    assert_eq!(
        refund("7.01", "r2").await.0,
        "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"
    );
    assert_eq!(refund("7.00", "r2").await, done("Y", "10.00"));
    let told = verified(&merchant.next().await);
    assert_eq!(told["trade_status"], "TRADE_CLOSED");
    assert_eq!(told["refund_fee"], "10.00");
    assert_eq!(told["out_biz_no"], "r2");
    assert!(told.contains_key("gmt_close"));

    let ask = async |number: &str| {
        let content = json!({ "out_trade_no": "1002_1", "out_request_no": number });
        world
            .call("alipay.trade.fastpay.refund.query", content)
            .await
    };
    let known = ask("r1").await;
    assert_eq!(
        (known.get("refund_status"), known.get("refund_amount")),
        ("REFUND_SUCCESS", "3.00")
    );
    let unknown = ask("r9").await;
    assert_eq!(
        (unknown.outcome(), unknown.get("refund_status")),
        ("10000", "")
    );
    let trade = world
        .call("alipay.trade.query", json!({ "out_trade_no": "1002_1" }))
        .await;
    assert_eq!(trade.get("trade_status"), "TRADE_CLOSED");
    let notifies = world
        .wait_for("/alipay/notifies", |all| all[2]["state"] == "delivered")
        .await;
    assert_eq!(
        notifies.as_array().unwrap().len(),
        3,
        "a repeated refund tells nothing"
    );
}

#[tokio::test]
async fn the_gateway_refuses_what_is_not_signed_by_this_merchant_now() {
    let world = World::start(json!({})).await;
    let content = json!({ "out_trade_no": "1003_1" });
    let good = signed(world.params("alipay.trade.query", &content, None));
    let outcome = async |params: &Params| {
        let answer = Answer::parse(world.send(params).await.unwrap().1);
        (
            answer.root.clone(),
            answer.outcome().to_owned(),
            answer.signed,
        )
    };
    assert_eq!(outcome(&good).await.1, "ACQ.TRADE_NOT_EXIST");

    // Not resigned: before the signature is known to be good, nothing is signed.
    for (name, value, expected) in [
        (
            "biz_content",
            r#"{"out_trade_no":"1003_2"}"#,
            "isv.invalid-signature",
        ),
        ("timestamp", "2026-11-21 20:00:01", "isv.invalid-signature"),
        ("extra", "1", "isv.invalid-signature"),
        ("sign", "AAAA", "isv.invalid-signature"),
        ("sign", "", "isv.missing-signature"),
        ("sign_type", "RSA", "isv.invalid-signature-type"),
        ("app_id", "2021000000000000", "isv.invalid-app-id"),
        ("charset", "gbk", "isv.invalid-charset"),
        ("method", "", "isv.missing-method"),
    ] {
        let mut bad = good.clone();
        bad.insert(name.to_owned(), value.to_owned());
        let expected = ("error_response".to_owned(), expected.to_owned(), false);
        assert_eq!(outcome(&bad).await, expected, "{name}");
    }
    // Signed again.
    for (name, value, expected) in [
        ("timestamp", "2026-11-21 12:00:00", "isv.invalid-timestamp"),
        ("timestamp", "2026-11-21T20:00:00", "isv.invalid-timestamp"),
        ("format", "XML", "isv.invalid-format"),
        ("version", "2.0", "isv.invalid-version"),
        ("method", "alipay.trade.pay", "isv.invalid-method"),
        ("biz_content", "[]", "isv.invalid-parameter"),
        ("notify_url", "ftp://x/", "isv.invalid-parameter"),
    ] {
        let mut bad = good.clone();
        bad.insert(name.to_owned(), value.to_owned());
        let expected = ("error_response".to_owned(), expected.to_owned(), true);
        assert_eq!(outcome(&signed(bad)).await, expected, "{name}");
    }
    let url = format!("{}/alipay/gateway.do", world.url);
    let twice = world
        .http
        .post(url)
        .query(&good)
        .form(&[("sign", "x"), ("biz_content", "{}")]);
    let answer = Answer::parse(twice.send().await.unwrap().text().await.unwrap());
    assert_eq!(answer.outcome(), "isv.invalid-parameter");
}

#[tokio::test]
async fn business_parameters_are_read_strictly() {
    let world = World::start(json!({})).await;
    let good = json!({ "out_trade_no": "1004_1", "total_amount": "1.00", "subject": "x", "seller_id": SELLER_ID });
    for (name, value) in [
        ("out_trade_no", json!("")),
        ("out_trade_no", json!("a-b")),
        ("out_trade_no", json!("x".repeat(65))),
        ("total_amount", json!(1.0)),
        ("total_amount", json!("1.001")),
        ("total_amount", json!("0")),
        ("subject", Value::Null),
        ("seller_id", json!("2088")),
        ("timeout_express", json!("1w")),
        ("qr_code_timeout_express", json!("16d")),
        ("time_expire", json!("2026-11-21 19:59:59")),
    ] {
        let mut bad = good.clone();
        bad[name] = value.clone();
        let answer = world.call("alipay.trade.precreate", bad).await;
        assert_eq!(
            answer.outcome(),
            "ACQ.INVALID_PARAMETER",
            "{name} = {value}"
        );
        assert!(answer.get("sub_msg").ends_with(name), "{name}");
    }
    assert_eq!(
        world.call("alipay.trade.query", json!({})).await.outcome(),
        "ACQ.INVALID_PARAMETER"
    );
    let refund = json!({ "out_trade_no": "1004_1", "refund_amount": "x", "out_request_no": "r" });
    assert_eq!(
        world.call("alipay.trade.refund", refund).await.outcome(),
        "ACQ.INVALID_PARAMETER"
    );
    assert_eq!(world.get("/alipay/trades").await, json!([]));
}

#[tokio::test]
async fn a_get_with_all_in_the_query_works_and_slashes_stay_escaped() {
    let world = World::start(json!({ "public_url": "http://phone.localhost:1/" })).await;
    let content = json!({ "out_trade_no": "1005_1", "total_amount": "1.00", "subject": "a/b" });
    let params = signed(world.params("alipay.trade.precreate", &content, None));
    let request = world
        .http
        .get(format!("{}/alipay/gateway.do", world.url))
        .query(&params);
    let answer = Answer::parse(request.send().await.unwrap().text().await.unwrap());
    assert!(answer.signed);
    assert!(
        answer
            .raw
            .contains(r"http:\/\/phone.localhost:1\/alipay\/pay\/bax"),
        "{}",
        answer.raw
    );
    assert!(
        answer
            .get("qr_code")
            .starts_with("http://phone.localhost:1/alipay/pay/bax")
    );
}

#[tokio::test]
async fn a_scan_or_a_payment_too_late_is_refused() {
    let world = World::start(json!({})).await;
    let precreate = async |number: &str, more: Value| {
        let mut content = json!({ "out_trade_no": number, "total_amount": "1.00", "subject": "x" });
        content
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let answer = world.call("alipay.trade.precreate", content).await;
        answer.get("qr_code").to_owned()
    };
    let unscanned = precreate("1006_1", json!({ "qr_code_timeout_express": "5m" })).await;
    let scanned = precreate("1006_2", json!({ "time_expire": "2026-11-21 20:05:00" })).await;
    let scan = async |qr_code: &str| {
        world
            .post("/alipay/scan", json!({ "qr_code": qr_code }))
            .await
    };
    assert_eq!(scan(&scanned).await.1["trade_status"], "WAIT_BUYER_PAY");
    world.clock.forward(SignedDuration::from_mins(5));
    let (status, answer) = scan(&unscanned).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::CONFLICT, &json!("SANDBOX.CODE_EXPIRED"))
    );
    let (status, page) = world
        .text(unscanned.strip_prefix(&world.url).unwrap())
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(page.contains("二维码已失效"));
    let (status, answer) = world.pay(&scanned).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::CONFLICT, &json!("ACQ.TRADE_HAS_CLOSE"))
    );
    let query = async |number: &str| {
        world
            .call("alipay.trade.query", json!({ "out_trade_no": number }))
            .await
    };
    assert_eq!(query("1006_1").await.outcome(), "ACQ.TRADE_NOT_EXIST");
    assert_eq!(query("1006_2").await.get("trade_status"), "TRADE_CLOSED");
    let fresh = precreate("1006_1", json!({})).await;
    assert_ne!(fresh, unscanned);
    assert_eq!(world.pay(&fresh).await.0, StatusCode::OK);
    assert_eq!(scan("bax00").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_closed_trade_takes_no_money() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[]).await;
    let qr_code = world
        .precreate("1007_1", "1.00", &merchant.notify_url())
        .await;
    world
        .post("/alipay/scan", json!({ "qr_code": qr_code }))
        .await;
    let content = json!({ "out_trade_no": "1007_1" });
    let answer = world.call("alipay.trade.close", content.clone()).await;
    assert_eq!(
        (answer.outcome(), answer.get("trade_no").len()),
        ("10000", 28)
    );
    assert_eq!(world.pay(&qr_code).await.1["code"], "ACQ.TRADE_HAS_CLOSE");
    assert_eq!(
        world
            .call("alipay.trade.query", content)
            .await
            .get("trade_status"),
        "TRADE_CLOSED"
    );
    assert_eq!(
        world.get("/alipay/notifies").await,
        json!([]),
        "closing tells nobody"
    );
    merchant.nothing_more();
}

#[tokio::test]
async fn a_notify_is_sent_again_until_the_answer_is_exactly_success() {
    let world = World::start(json!({ "knobs": { "retry_scale": 0 } })).await;
    let answers = [
        (500, "success"),
        (200, "SUCCESS"),
        (200, "success\n"),
        (302, "success"),
        (200, "success"),
    ];
    let mut merchant = Merchant::start(&answers).await;
    let qr_code = world
        .precreate("1008_1", "1.00", &merchant.notify_url())
        .await;
    world.pay(&qr_code).await;
    let first = verified(&merchant.next().await);
    for _ in 1..answers.len() {
        let again = verified(&merchant.next().await);
        assert_eq!(again["notify_id"], first["notify_id"]);
    }
    let all = world
        .wait_for("/alipay/notifies", |all| all[0]["state"] == "delivered")
        .await;
    let attempts = all[0]["attempts"].as_array().unwrap();
    let statuses: Vec<_> = attempts
        .iter()
        .map(|a| a["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [500, 200, 200, 302, 200]);
    assert_eq!(attempts[2]["answer"], "success\n");
    assert_eq!(all[0]["params"]["notify_id"], first["notify_id"]);
    merchant.nothing_more();
}

#[tokio::test]
async fn resends_wait_as_long_as_the_schedule_says() {
    let world = World::start(json!({})).await;
    let mut merchant = Merchant::start(&[(200, "fail")]).await;
    let qr_code = world
        .precreate("1009_1", "1.00", &merchant.notify_url())
        .await;
    world.pay(&qr_code).await;
    for minutes in [4, 10, 10, 60, 120, 360, 900] {
        merchant.next().await;
        let due = (world.clock.now() + SignedDuration::from_mins(minutes)).to_string();
        world
            .wait_for("/alipay/notifies", |all| all[0]["next_at"] == due.as_str())
            .await;
        world.clock.forward(SignedDuration::from_mins(minutes));
        world.turn(json!({})).await;
    }
    merchant.next().await;
    let all = world
        .wait_for("/alipay/notifies", |all| all[0]["state"] == "given_up")
        .await;
    assert_eq!(all[0]["attempts"].as_array().unwrap().len(), 8);
    merchant.nothing_more();
}

#[tokio::test]
async fn all_that_matters_survives_a_restart() {
    let folder = Folder::new();
    let kept = json!({ "state_dir": folder.path(), "public_url": "http://localhost:1" });
    let mut merchant = Merchant::start(&[]).await;
    let world = World::start(kept.clone()).await;
    world.turn(json!({ "hold_notifies": true })).await;
    let paid = world
        .precreate("1010_1", "2.00", &merchant.notify_url())
        .await;
    let unscanned = world
        .precreate("1010_2", "3.00", &merchant.notify_url())
        .await;
    world.pay(&paid).await;
    let before = world.get("/alipay/trades").await;
    let clock = world.clock.clone();
    world.sandbox.stop().await;

    let world = World::start_at(kept, clock).await;
    assert_eq!(world.get("/alipay/trades").await, before);
    assert_eq!(world.get("/alipay/notifies").await[0]["state"], "held");
    merchant.nothing_more();
    world.post("/knobs/notifies/flush", json!(null)).await;
    assert_eq!(verified(&merchant.next().await)["out_trade_no"], "1010_1");
    assert_eq!(world.pay(&unscanned).await.0, StatusCode::OK);
    assert_eq!(verified(&merchant.next().await)["out_trade_no"], "1010_2");
}

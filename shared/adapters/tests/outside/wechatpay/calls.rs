//! Payments, and what makes an answer worth something.

use super::*;
use adapters::ports::{CloseOutcome, GatewayError, TradeStatus};
use domain::payment::Receipt;

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_signed_as_they_go_over_the_wire() {
    let keys = Keys::make("requests");
    let answers = keys.clone();
    let server = Server::start(move |seen| {
        let path = seen.uri.path();
        let call = match seen.method.as_str() {
            "POST" if path.ends_with("/native") => "create",
            "POST" if path.ends_with("/close") => "close",
            "POST" => "refund",
            _ if path.contains("/refund/") => "refund_status",
            _ => "query",
        };
        let (status, body) = good(call);
        answers.answer(status, &body).response()
    })
    .await;
    let gateway = keys.gateway(&server.url);
    let number = NUMBER.parse().unwrap();
    let qr = gateway
        .create(&trade(SignedDuration::from_mins(30)), now())
        .await
        .unwrap();
    assert_eq!(qr, "weixin://wxpay/bizpayurl?pr=p4lpSuKzz");
    gateway.query(&number, now()).await.unwrap();
    gateway.close(&number, now()).await.unwrap();
    gateway.refund(&refund_request(), now()).await.unwrap();
    gateway
        .refund_status(&refund_request(), now())
        .await
        .unwrap();
    let seen = server.seen();
    let order = format!("/wechatpay/v3/pay/transactions/out-trade-no/{NUMBER}");
    for (seen, (method, target, body)) in seen.iter().zip([
        (
            "POST",
            "/wechatpay/v3/pay/transactions/native".to_owned(),
            json!({
                "appid": APP,
                "mchid": MERCHANT,
                "description": "企业密钥 × 2， 更多",
                "out_trade_no": NUMBER,
                "time_expire": "2026-11-21T21:30:00+08:00",
                "notify_url": "https://keys.example.cn/api/webhooks/wechatpay",
                "amount": {"total": 36_000, "currency": "CNY"},
            }),
        ),
        ("GET", format!("{order}?mchid={MERCHANT}"), Value::Null),
        ("POST", format!("{order}/close"), json!({"mchid": MERCHANT})),
        (
            "POST",
            "/wechatpay/v3/refund/domestic/refunds".to_owned(),
            json!({
                "out_trade_no": NUMBER,
                "out_refund_no": REFUND,
                "reason": "取消 1 把",
                "notify_url": "https://keys.example.cn/api/webhooks/wechatpay/refund",
                "amount": {"refund": 12_000, "total": 36_000, "currency": "CNY"},
            }),
        ),
        (
            "GET",
            format!("/wechatpay/v3/refund/domestic/refunds/{REFUND}"),
            Value::Null,
        ),
    ]) {
        assert_eq!(seen.method, method);
        assert_signed(&keys, seen, &target);
        if method == "GET" {
            assert!(seen.body.is_empty());
        } else {
            assert_eq!(seen.headers["content-type"], "application/json");
            assert_eq!(serde_json::from_slice::<Value>(&seen.body).unwrap(), body);
        }
    }
    assert_eq!(seen.len(), 5);
    let nonces: std::collections::BTreeSet<_> = seen
        .iter()
        .map(|seen| seen.headers["authorization"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(nonces.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_keeps_the_bounds() {
    let keys = Keys::make("bounds");
    let answer = keys.answer(200, &good("create").1);
    let server = Server::start(move |_| answer.response()).await;
    let gateway = keys.gateway(&server.url);
    let sent = || -> Value { serde_json::from_slice(&server.seen().last().unwrap().body).unwrap() };
    for (seconds, ends) in [
        (1, "2026-11-21T21:01:01+08:00"),
        (60, "2026-11-21T21:01:01+08:00"),
        (61, "2026-11-21T21:01:01+08:00"),
        (62, "2026-11-21T21:01:02+08:00"),
        (7200, "2026-11-21T23:00:00+08:00"),
    ] {
        let trade = trade(SignedDuration::from_secs(seconds));
        gateway.create(&trade, now()).await.unwrap();
        assert_eq!(sent()["time_expire"], ends);
    }
    for fen in [1, 10_000_000_000] {
        let trade = NewTrade {
            amount: Money::from_fen(fen),
            subject: "钥".repeat(60),
            ..trade(SignedDuration::from_mins(5))
        };
        gateway.create(&trade, now()).await.unwrap();
        assert_eq!(sent()["amount"]["total"], fen);
        assert_eq!(sent()["description"], "钥".repeat(42));
    }
    let asked = server.seen().len();
    for fen in [-1, 0, 10_000_000_001] {
        let amount = Money::from_fen(fen);
        let trade = NewTrade {
            amount,
            ..trade(SignedDuration::from_mins(5))
        };
        let refund = RefundRequest {
            amount,
            ..refund_request()
        };
        for error in [
            gateway.create(&trade, now()).await.unwrap_err(),
            gateway.refund(&refund, now()).await.unwrap_err(),
        ] {
            assert!(
                matches!(error, GatewayError::Refused { ref code, .. } if code == "sealkey.amount")
            );
        }
    }
    for seconds in [0, -1] {
        let trade = trade(SignedDuration::from_secs(seconds));
        let error = gateway.create(&trade, now()).await.unwrap_err();
        assert!(
            matches!(error, GatewayError::Refused { ref code, .. } if code == "sealkey.expired")
        );
    }
    assert_eq!(
        server.seen().len(),
        asked,
        "the gateway is not asked what we know"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_signed_as_it_must_be_is_worth_nothing() {
    let keys = Keys::make("forged");
    let second = SignedDuration::from_secs(1);
    for call in CALLS {
        let (status, body) = good(call);
        let bytes = body.as_bytes();
        let at = |at: Timestamp| keys.seal(at, bytes);
        let platform = keys.seal_by("platform", PLATFORM, now(), bytes);
        let lower = keys.seal_by("platform", &PLATFORM.to_lowercase(), now(), bytes);
        let sealed = at(now());
        let timestamp = &sealed[0].1;
        for (what, headers) in [
            ("as it must be", sealed.clone()),
            ("by the certificate", platform.clone()),
            ("by the certificate, in lower case", lower),
            (
                "without kind",
                with(&sealed, "Wechatpay-Signature-Type", None),
            ),
            ("just in time", at(now() - second * 299)),
            ("a clock that is ahead", at(now() + second * 299)),
        ] {
            let answer = Answer {
                status,
                headers,
                body: bytes.to_vec(),
            };
            let told = ask(&keys, call, answer).await;
            assert!(told.starts_with("Ok("), "{call} {what}: {told}");
        }
        let signature = sealed[3].1.clone();
        let twice = |name: &str| {
            let mut headers = sealed.clone();
            let found = headers
                .iter()
                .find(|(known, _)| known == name)
                .unwrap()
                .clone();
            headers.push(found);
            headers
        };
        let mut cases = vec![
            ("not signed", Vec::new()),
            ("stale", at(now() - second * 300)),
            ("of a time to come", at(now() + second * 300)),
            (
                "by our own key",
                keys.seal_by("merchant", KEY_ID, now(), bytes),
            ),
            (
                "by the key of another serial",
                keys.seal_by("platform", KEY_ID, now(), bytes),
            ),
            (
                "under another serial of ours",
                with(&sealed, "Wechatpay-Serial", Some(PLATFORM)),
            ),
            (
                "an unknown serial",
                with(&sealed, "Wechatpay-Serial", Some("PUB_KEY_ID_01")),
            ),
            ("no serial", with(&sealed, "Wechatpay-Serial", None)),
            (
                "another nonce",
                with(
                    &sealed,
                    "Wechatpay-Nonce",
                    Some("593BEC0C930BF1AFEB40B4A08C8FB243"),
                ),
            ),
            ("no nonce", with(&sealed, "Wechatpay-Nonce", None)),
            (
                "another time",
                with(
                    &sealed,
                    "Wechatpay-Timestamp",
                    Some(&(now() + second).as_second().to_string()),
                ),
            ),
            (
                "a time with a sign",
                with(
                    &sealed,
                    "Wechatpay-Timestamp",
                    Some(&format!("+{timestamp}")),
                ),
            ),
            ("no time", with(&sealed, "Wechatpay-Timestamp", None)),
            ("no signature", with(&sealed, "Wechatpay-Signature", None)),
            (
                "an empty signature",
                with(&sealed, "Wechatpay-Signature", Some("")),
            ),
            (
                "a probe",
                with(
                    &sealed,
                    "Wechatpay-Signature",
                    Some("WECHATPAY/SIGNTEST/kNz8Xb2PZ1JqA4rVvQ=="),
                ),
            ),
            (
                "a probe with a good end",
                with(
                    &sealed,
                    "Wechatpay-Signature",
                    Some(&format!("WECHATPAY/SIGNTEST/{signature}")),
                ),
            ),
            (
                "another kind",
                with(
                    &sealed,
                    "Wechatpay-Signature-Type",
                    Some("WECHATPAY2-SM2-WITH-SM3"),
                ),
            ),
            ("of another body", keys.seal(now(), b"{}")),
        ];
        for name in [
            "Wechatpay-Timestamp",
            "Wechatpay-Nonce",
            "Wechatpay-Serial",
            "Wechatpay-Signature",
            "Wechatpay-Signature-Type",
        ] {
            cases.push(("a header twice", twice(name)));
        }
        for (what, headers) in cases {
            let answer = Answer {
                status,
                headers,
                body: bytes.to_vec(),
            };
            assert_eq!(
                ask(&keys, call, answer).await,
                "Err(Forged)",
                "{call}: {what}"
            );
        }
        if status == 200 {
            let changed = Answer {
                status,
                headers: sealed.clone(),
                body: format!("{body} ").into_bytes(),
            };
            assert_eq!(
                ask(&keys, call, changed).await,
                "Err(Forged)",
                "{call}: changed"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_does_not_know_us_or_is_down() {
    let keys = Keys::make("down");
    let no = |code: &str| json!({"code": code, "message": "不行"}).to_string();
    for call in CALLS {
        for (status, body, told) in [
            (
                401,
                no("SIGN_ERROR"),
                "Err(Credentials(\"401 SIGN_ERROR\"))",
            ),
            (401, String::new(), "Err(Credentials(\"401\"))"),
            (403, no("NO_AUTH"), "Err(Credentials(\"403 NO_AUTH\"))"),
            (403, String::new(), "Err(Credentials(\"403 \"))"),
            (
                400,
                no("APPID_MCHID_NOT_MATCH"),
                "Err(Credentials(\"400 APPID_MCHID_NOT_MATCH\"))",
            ),
            (
                429,
                no("FREQUENCY_LIMITED"),
                "Err(Unavailable(\"HTTP 429\"))",
            ),
            (500, no("SYSTEM_ERROR"), "Err(Unavailable(\"HTTP 500\"))"),
            (502, "<html>".to_owned(), "Err(Unavailable(\"HTTP 502\"))"),
            (503, String::new(), "Err(Unavailable(\"HTTP 503\"))"),
            (302, String::new(), "Err(Unavailable(\"HTTP 302\"))"),
            (404, "<html>".to_owned(), "Err(Unavailable(\"HTTP 404\"))"),
            (
                400,
                no("SYSTEM_ERROR"),
                "Err(Unavailable(\"400 SYSTEM_ERROR\"))",
            ),
            (
                400,
                no("PARAM_ERROR"),
                "Err(Refused { code: \"PARAM_ERROR\", message: \"不行\" })",
            ),
            (
                403,
                no("RULE_LIMIT"),
                "Err(Refused { code: \"RULE_LIMIT\", message: \"不行\" })",
            ),
        ] {
            for answer in [Answer::plain(status, &body), keys.answer(status, &body)] {
                assert_eq!(ask(&keys, call, answer).await, told, "{call} {status}");
            }
        }
        // A business answer with a wrong seal is somebody else's; nothing is read from it.
        for code in [
            "ORDER_NOT_EXIST",
            "ORDERPAID",
            "NOT_ENOUGH",
            "RESOURCE_NOT_EXISTS",
            "PARAM_ERROR",
        ] {
            let body = no(code);
            for headers in [
                keys.seal(now(), b"{}"),
                keys.seal_by("merchant", KEY_ID, now(), body.as_bytes()),
                with(
                    &keys.seal(now(), body.as_bytes()),
                    "Wechatpay-Signature",
                    None,
                ),
                keys.seal(now() - SignedDuration::from_secs(300), body.as_bytes()),
            ] {
                let answer = Answer {
                    status: 400,
                    headers,
                    body: body.clone().into_bytes(),
                };
                assert_eq!(
                    ask(&keys, call, answer).await,
                    "Err(Forged)",
                    "{call} {code}"
                );
            }
        }
        let long = " ".repeat(300 * 1024);
        let answer = ask(&keys, call, Answer::plain(200, &long)).await;
        assert_eq!(answer, "Err(Unavailable(\"the answer is too long\"))");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_tells_where_a_payment_stands() {
    let keys = Keys::make("query");
    let paid = TradeStatus::Paid(Receipt {
        trade_no: "4200002026112100000001".to_owned(),
        amount: Money::from_fen(36_000),
        paid_at: "2026-11-21T13:30:59Z".parse().unwrap(),
    });
    for (state, expected) in [
        ("SUCCESS", &paid),
        ("REFUND", &paid),
        ("NOTPAY", &TradeStatus::Unpaid),
        ("ACCEPT", &TradeStatus::Unpaid),
        ("PAYERROR", &TradeStatus::Unpaid),
        ("USERPAYING", &TradeStatus::Paying),
        ("CLOSED", &TradeStatus::Closed),
        ("REVOKED", &TradeStatus::Closed),
    ] {
        let answer = keys.answer(200, &transaction(state).to_string());
        assert_eq!(
            ask(&keys, "query", answer).await,
            format!("Ok({expected:?})"),
            "{state}"
        );
    }
    for code in ["ORDER_NOT_EXIST", "ORDERNOTEXIST"] {
        let body = json!({"code": code, "message": "订单不存在"}).to_string();
        for answer in [keys.answer(404, &body), Answer::plain(404, &body)] {
            assert_eq!(ask(&keys, "query", answer).await, "Ok(Unknown)");
        }
    }
    // What an unpaid order leaves out.
    let short = json!({"appid": APP, "mchid": MERCHANT, "out_trade_no": NUMBER, "trade_state": "NOTPAY", "trade_type": ""});
    let answer = keys.answer(200, &short.to_string());
    assert_eq!(ask(&keys, "query", answer).await, "Ok(Unpaid)");
    let forged = [
        ("appid", json!("wx0000000000000000")),
        ("mchid", json!("1900000110")),
        ("out_trade_no", json!("201910230935190042_2")),
        ("trade_type", json!("JSAPI")),
        ("amount", json!({"total": 36_000, "currency": "USD"})),
    ];
    let unreadable = [
        ("transaction_id", Value::Null),
        ("transaction_id", json!("")),
        ("transaction_id", json!("a b")),
        ("success_time", Value::Null),
        ("success_time", json!("2026-11-21 21:30:59")),
        ("amount", Value::Null),
        ("amount", json!({"currency": "CNY"})),
        ("amount", json!({"total": 0, "currency": "CNY"})),
        ("amount", json!({"total": -1, "currency": "CNY"})),
        ("amount", json!({"total": 360.5, "currency": "CNY"})),
        ("amount", json!({"total": "36000", "currency": "CNY"})),
        ("trade_state", json!("HAPPY")),
        ("trade_state", Value::Null),
        ("mchid", Value::Null),
    ];
    let forged = forged.map(|change| (change, "Err(Forged)"));
    let unreadable =
        unreadable.map(|change| (change, "Err(Unavailable(\"an answer that cannot be read"));
    for ((name, value), told) in forged.into_iter().chain(unreadable) {
        let mut body = transaction("SUCCESS");
        body[name] = value.clone();
        let answer = ask(&keys, "query", keys.answer(200, &body.to_string())).await;
        assert!(answer.starts_with(told), "{name} {value}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_tells_whether_money_can_still_come() {
    let keys = Keys::make("close");
    let no = |code: &str| json!({"code": code, "message": "不行"}).to_string();
    for (status, body, expected) in [
        (204, String::new(), CloseOutcome::Closed),
        (400, no("ORDERPAID"), CloseOutcome::Paid),
        (404, no("ORDER_NOT_EXIST"), CloseOutcome::Unknown),
    ] {
        let answer = ask(&keys, "close", keys.answer(status, &body)).await;
        assert_eq!(answer, format!("Ok({expected:?})"), "{body}");
    }
    // That it is closed already is believed only from a signed query.
    for (state, expected) in [
        ("SUCCESS", "Ok(Paid)"),
        ("REFUND", "Ok(Paid)"),
        ("CLOSED", "Ok(Closed)"),
        (
            "NOTPAY",
            "Err(Unavailable(\"an unpaid payment cannot be closed now\"))",
        ),
    ] {
        for close in [
            keys.answer(400, &no("ORDER_CLOSED")),
            Answer::plain(400, &no("ORDER_CLOSED")),
        ] {
            let query = keys.answer(200, &transaction(state).to_string());
            let server = Server::start(move |seen| match seen.method.as_str() {
                "POST" => close.response(),
                _ => query.response(),
            })
            .await;
            let gateway = keys.gateway(&server.url);
            let outcome = gateway.close(&NUMBER.parse().unwrap(), now()).await;
            assert_eq!(format!("{outcome:?}"), expected);
            assert_eq!(server.seen().len(), 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_checked_in_both_directions() {
    let keys = Keys::make("check");
    let unknown = json!({"code": "ORDER_NOT_EXIST", "message": "订单不存在"}).to_string();
    let sign_error = json!({"code": "SIGN_ERROR", "message": "签名错误"}).to_string();
    for (answer, told) in [
        (keys.answer(404, &unknown), "Ok(())"),
        (
            Answer::plain(404, &unknown),
            "Err(Unavailable(\"the gateway knows us, but did not sign",
        ),
        (
            Answer {
                status: 404,
                headers: keys.seal_by("platform", KEY_ID, now(), unknown.as_bytes()),
                body: unknown.clone().into_bytes(),
            },
            "Err(Forged)",
        ),
        (keys.answer(401, &sign_error), "Err(Credentials("),
        (
            keys.answer(400, r#"{"code":"PARAM_ERROR","message":"x"}"#),
            "Err(Refused",
        ),
        (
            keys.answer(200, &transaction("SUCCESS").to_string()),
            "Err(Unavailable(",
        ),
        (Answer::plain(503, ""), "Err(Unavailable("),
    ] {
        let said = ask(&keys, "check", answer).await;
        assert!(said.starts_with(told), "{said}");
    }
    let answer = keys.answer(404, &unknown);
    let server = Server::start(move |_| answer.response()).await;
    keys.gateway(&server.url).check(now()).await.unwrap();
    assert_eq!(server.seen().len(), 1);
    assert_signed(
        &keys,
        &server.seen()[0],
        &format!("/wechatpay/v3/pay/transactions/out-trade-no/sealkey_check?mchid={MERCHANT}"),
    );
}

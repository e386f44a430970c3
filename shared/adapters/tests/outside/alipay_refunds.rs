//! Alipay: refunds, and whether credentials work.

use crate::alipay::{Keys, NUMBER, no, notice, now, pairs, verify};
use crate::support::Server;
use adapters::ports::{
    GatewayError, PaymentGateway, PaymentNotice, RefundRequest, RefundStatus, TradeStatus,
};
use axum::http::StatusCode;
use domain::money::Money;
use serde_json::{Value, json};

const REFUND: &str = "201910230935190042_R1";
const DONE: &str = "Ok(Done { receipt: \"2026112122001400001\", at: 2026-11-21T13:40:02Z })";

fn request() -> RefundRequest {
    RefundRequest {
        number: REFUND.parse().unwrap(),
        payment: NUMBER.parse().unwrap(),
        amount: Money::from_fen(12_000),
        total: Money::from_fen(36_000),
        reason: "取消 1 把".to_owned(),
    }
}

fn moved() -> Value {
    json!({
        "code": "10000", "msg": "Success", "trade_no": "2026112122001400001", "out_trade_no": NUMBER,
        "buyer_logon_id": "159****5620", "fund_change": "Y", "refund_fee": "120.00",
        "gmt_refund_pay": "2026-11-21 21:40:02",
    })
}

fn found() -> Value {
    json!({
        "code": "10000", "msg": "Success", "trade_no": "2026112122001400001", "out_trade_no": NUMBER,
        "out_request_no": REFUND, "total_amount": "360.00", "refund_amount": "120.00",
        "refund_status": "REFUND_SUCCESS", "gmt_refund_pay": "2026-11-21 21:40:02",
    })
}

fn not_found() -> Value {
    json!({"code": "10000", "msg": "Success"})
}

/// A gateway with one answer to a refund and one to a question after it.
async fn gateway(keys: &Keys, refund: &str, query: &str) -> Server {
    let refund = keys.answer("refund", refund);
    let query = keys.answer("fastpay_refund_query", query);
    Server::start(move |seen| {
        let asked = seen.uri.query().unwrap().contains("fastpay");
        (
            StatusCode::OK,
            if asked { query.clone() } else { refund.clone() },
        )
    })
    .await
}

/// Asks for a refund. How often the gateway was asked anything, and what came of it.
async fn refund(keys: &Keys, refund: &str, query: &str) -> (usize, String) {
    let server = gateway(keys, refund, query).await;
    let status = keys.alipay(&server.url).refund(&request(), now()).await;
    (server.seen().len(), format!("{status:?}"))
}

async fn status(keys: &Keys, query: &str) -> String {
    let server = gateway(keys, "{}", query).await;
    let status = keys
        .alipay(&server.url)
        .refund_status(&request(), now())
        .await;
    format!("{status:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_always_has_its_own_number() {
    let keys = Keys::make("alipay_refund_request");
    let server = gateway(&keys, &moved().to_string(), &found().to_string()).await;
    let alipay = keys.alipay(&server.url);
    let whole = RefundRequest {
        amount: Money::from_fen(36_000),
        ..request()
    };
    alipay.refund(&request(), now()).await.unwrap();
    // Less went back than was asked for: an older answer, so the gateway is asked.
    let error = alipay.refund(&whole, now()).await.unwrap_err();
    assert_eq!(error, GatewayError::Forged);
    alipay.refund_status(&request(), now()).await.unwrap();
    let seen = server.seen();
    let sent: Vec<(String, Value)> = seen
        .iter()
        .map(|seen| {
            let query = pairs(seen.uri.query().unwrap().as_bytes());
            let form = pairs(&seen.body);
            (
                query["method"].clone(),
                serde_json::from_str(&form["biz_content"]).unwrap(),
            )
        })
        .collect();
    let asked = |amount: &str| {
        let content = json!({
            "out_trade_no": NUMBER,
            "refund_amount": amount,
            "out_request_no": REFUND,
            "refund_reason": "取消 1 把",
        });
        ("alipay.trade.refund".to_owned(), content)
    };
    let after = (
        "alipay.trade.fastpay.refund.query".to_owned(),
        json!({"out_trade_no": NUMBER, "out_request_no": REFUND, "query_options": ["gmt_refund_pay"]}),
    );
    assert_eq!(
        sent,
        [asked("120.00"), asked("360.00"), after.clone(), after]
    );
    for fen in [0, -1, 10_000_000_001] {
        let none = RefundRequest {
            amount: Money::from_fen(fen),
            ..request()
        };
        let error = alipay.refund(&none, now()).await.unwrap_err();
        assert!(
            matches!(error, GatewayError::Refused { ref code, .. } if code == "sealkey.amount")
        );
    }
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_change_of_funds_or_the_query_is_success() {
    let keys = Keys::make("alipay_refund");
    let (found, not_found) = (found().to_string(), not_found().to_string());
    assert_eq!(
        refund(&keys, &moved().to_string(), "{}").await,
        (1, DONE.to_owned())
    );
    // Whatever does not say so is asked for.
    for (name, value) in [
        ("fund_change", json!("N")),
        ("fund_change", json!("")),
        ("fund_change", Value::Null),
        ("refund_fee", json!("119.99")),
        ("refund_fee", json!("360.01")),
        ("refund_fee", Value::Null),
    ] {
        let mut inner = moved();
        inner[name] = value;
        let inner = inner.to_string();
        assert_eq!(
            refund(&keys, &inner, &found).await,
            (2, DONE.to_owned()),
            "{inner}"
        );
        let waiting = refund(&keys, &inner, &not_found).await;
        assert_eq!(waiting, (2, "Ok(Processing)".to_owned()), "{inner}");
    }
    let mut timeless = moved();
    timeless["gmt_refund_pay"] = Value::Null;
    let learned = "Ok(Done { receipt: \"2026112122001400001\", at: 2026-11-21T13:00:00Z })";
    assert_eq!(refund(&keys, &timeless.to_string(), "{}").await.1, learned);
    for (name, value) in [
        ("trade_no", json!("")),
        ("trade_no", Value::Null),
        ("gmt_refund_pay", json!("yesterday")),
        ("out_trade_no", Value::Null),
    ] {
        let mut inner = moved();
        inner[name] = value.clone();
        let (_, told) = refund(&keys, &inner.to_string(), &not_found).await;
        assert!(
            told.starts_with("Err(Unavailable(\"an answer that cannot be read"),
            "{name} {value}: {told}"
        );
    }
    let other = moved().to_string().replace(NUMBER, "201910230935190042_2");
    assert_eq!(
        refund(&keys, &other, "{}").await,
        (1, "Err(Forged)".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_may_come_after_the_refund_it_refuses() {
    let keys = Keys::make("alipay_refund_refused");
    let (found, not_found) = (found().to_string(), not_found().to_string());
    let short = no("ACQ.SELLER_BALANCE_NOT_ENOUGH");
    assert_eq!(
        refund(&keys, &short, "{}").await,
        (1, "Ok(Short)".to_owned())
    );
    for code in [
        "ACQ.TRADE_NOT_EXIST",
        "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
        "ACQ.TRADE_HAS_FINISHED",
        "ACQ.TRADE_HAS_CLOSE",
        "ACQ.TRADE_STATUS_ERROR",
        "ACQ.REASON_TRADE_REFUND_FEE_ERR",
        "ACQ.DISCORDANT_REPEAT_REQUEST",
    ] {
        let told = format!("Err(Refused {{ code: {code:?}, message: \"不行\" }})");
        assert_eq!(refund(&keys, &no(code), &not_found).await, (2, told));
        assert_eq!(refund(&keys, &no(code), &found).await, (2, DONE.to_owned()));
        let (_, unknown) = refund(&keys, &no(code), &no("ACQ.SYSTEM_ERROR")).await;
        assert!(unknown.starts_with("Err(Unavailable("), "{unknown}");
    }
    for code in ["ACQ.SYSTEM_ERROR", "SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR"] {
        let (asked, told) = refund(&keys, &no(code), &found).await;
        assert!(asked == 1 && told.starts_with("Err(Unavailable("), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_query_tells_of_this_refund_only() {
    let keys = Keys::make("alipay_refund_query");
    assert_eq!(status(&keys, &found().to_string()).await, DONE);
    assert_eq!(status(&keys, &not_found().to_string()).await, "Ok(Unknown)");
    assert_eq!(
        status(&keys, &no("ACQ.TRADE_NOT_EXIST")).await,
        "Ok(Unknown)"
    );
    for (name, value, told) in [
        ("refund_status", Value::Null, "Ok(Unknown)"),
        ("refund_status", json!("REFUND_FAIL"), "Ok(Unknown)"),
        (
            "refund_status",
            json!("REFUND_PROCESSING"),
            "Ok(Processing)",
        ),
        ("refund_status", json!("HAPPY"), "Err(Unavailable("),
        (
            "out_request_no",
            json!("201910230935190042_R2"),
            "Err(Forged)",
        ),
        ("out_request_no", Value::Null, "Err(Unavailable("),
        ("out_trade_no", json!("201910230935190042_2"), "Err(Forged)"),
        ("out_trade_no", Value::Null, "Err(Unavailable("),
        ("refund_amount", json!("120.01"), "Err(Forged)"),
        ("refund_amount", Value::Null, "Err(Unavailable("),
        ("total_amount", json!("120.00"), "Err(Forged)"),
        ("trade_no", Value::Null, "Err(Unavailable("),
    ] {
        let mut inner = found();
        inner[name] = value.clone();
        let said = status(&keys, &inner.to_string()).await;
        assert!(said.starts_with(told), "{name} {value}: {said}");
    }
    let refused = status(&keys, &no("ACQ.INVALID_PARAMETER")).await;
    assert_eq!(
        refused,
        "Err(Refused { code: \"ACQ.INVALID_PARAMETER\", message: \"不行\" })"
    );
}

/// The refund interface has no address of its own for notices: the payment's hears of it.
#[test]
fn a_refund_seen_from_the_payments_side_is_no_payment() {
    let keys = Keys::make("alipay_refund_notice");
    let alipay = keys.alipay("http://127.0.0.1:9/");
    for status in ["TRADE_SUCCESS", "TRADE_CLOSED", "TRADE_FINISHED"] {
        for changes in [
            &[("refund_fee", Some("120.00"))][..],
            &[("gmt_refund", Some("2026-11-21 21:40:02.123"))],
            &[("out_biz_no", Some(REFUND))],
            &[
                ("refund_fee", Some("360.00")),
                ("gmt_refund", Some("2026-11-21 21:40:02.123")),
                ("out_biz_no", Some(REFUND)),
            ],
        ] {
            let mut changes = changes.to_vec();
            changes.push(("trade_status", Some(status)));
            let body = notice(&keys, "alipay", &changes);
            let heard = verify(&alipay, body.as_bytes()).unwrap();
            let other = PaymentNotice::Other {
                status: status.to_owned(),
            };
            assert_eq!(heard.notice(), &other, "{changes:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_refunded_in_full_is_closed_whatever_else_is_told() {
    let keys = Keys::make("alipay_refunded");
    for paid_at in [json!("2026-11-21 21:30:59"), Value::Null] {
        let inner = json!({
            "code": "10000", "out_trade_no": NUMBER, "trade_no": "1", "total_amount": "360.00",
            "trade_status": "TRADE_CLOSED", "send_pay_date": paid_at,
        });
        let answer = keys.answer("query", &inner.to_string());
        let server = Server::start(move |_| (StatusCode::OK, answer.clone())).await;
        let alipay = keys.alipay(&server.url);
        let stands = alipay.query(&NUMBER.parse().unwrap(), now()).await;
        assert_eq!(stands, Ok(TradeStatus::Closed));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_keep_their_escapes_and_every_script() {
    let keys = Keys::make("alipay_unicode");
    let inner = r#"{"code":"10000","msg":"\u6210\u529f \"退款\" }{ 🔑","trade_no":"2026112122001400001","out_trade_no":"201910230935190042_1","fund_change":"Y","refund_fee":"120.00","gmt_refund_pay":"2026-11-21 21:40:02","store_name":"南京\/一店 \\","x":[{"}":"]"}]}"#;
    assert_eq!(refund(&keys, inner, "{}").await, (1, DONE.to_owned()));
    let written_anew = keys.answer("refund", inner).replace("\\/", "/");
    let server = Server::start(move |_| (StatusCode::OK, written_anew.clone())).await;
    let error = keys.alipay(&server.url).refund(&request(), now()).await;
    assert_eq!(error, Err(GatewayError::Forged));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_checked_in_both_directions() {
    let keys = Keys::make("alipay_check");
    let unknown = no("ACQ.TRADE_NOT_EXIST");
    let by_us = keys.sign("app", &unknown);
    for (body, told) in [
        (keys.answer("query", &unknown), "Ok(())"),
        (
            format!("{{\"alipay_trade_query_response\":{unknown},\"sign\":\"{by_us}\"}}"),
            "Err(Forged)",
        ),
        (
            keys.answer("query", &no("ACQ.ACCESS_FORBIDDEN")),
            "Err(Refused",
        ),
        (
            r#"{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id"}}"#.to_owned(),
            "Err(Credentials(",
        ),
        (
            keys.answer("query", r#"{"code":"10000"}"#),
            "Err(Unavailable(",
        ),
        (String::new(), "Err(Forged)"),
    ] {
        let server = Server::start(move |_| (StatusCode::OK, body.clone())).await;
        let said = format!("{:?}", keys.alipay(&server.url).check(now()).await);
        assert!(said.starts_with(told), "{said}");
        let content = pairs(&server.seen()[0].body);
        assert_eq!(
            content["biz_content"],
            r#"{"out_trade_no":"sealkey_check"}"#
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edges_of_money_go_both_ways() {
    let keys = Keys::make("alipay_edges");
    for fen in [1, 10_000_000_000] {
        let amount = Money::from_fen(fen);
        let request = RefundRequest {
            amount,
            total: amount,
            ..request()
        };
        let mut inner = moved();
        inner["refund_fee"] = json!(amount.to_string());
        let server = gateway(&keys, &inner.to_string(), "{}").await;
        let done = keys.alipay(&server.url).refund(&request, now()).await;
        assert!(matches!(done, Ok(RefundStatus::Done { .. })), "{done:?}");
        let sent: Value =
            serde_json::from_str(&pairs(&server.seen()[0].body)["biz_content"]).unwrap();
        assert_eq!(sent["refund_amount"], amount.to_string());
        let body = notice(
            &keys,
            "alipay",
            &[("total_amount", Some(&amount.to_string()))],
        );
        let heard = verify(&keys.alipay("http://127.0.0.1:9/"), body.as_bytes()).unwrap();
        let PaymentNotice::Paid { receipt, .. } = heard.notice() else {
            panic!("{heard:?}")
        };
        assert_eq!(receipt.amount, amount);
    }
}

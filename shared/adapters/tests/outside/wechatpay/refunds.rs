//! Refunds.

use super::*;

const DONE: &str =
    "Ok(Done { receipt: \"50000000382019052709732678859\", at: 2026-11-21T13:40:02Z })";

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_stands_where_its_state_says() {
    let keys = Keys::make("refund_states");
    for call in ["refund", "refund_status"] {
        for (status, told) in [
            ("SUCCESS", DONE),
            ("PROCESSING", "Ok(Processing)"),
            ("ABNORMAL", "Ok(Abnormal)"),
            ("CLOSED", "Ok(Closed)"),
            (
                "HAPPY",
                "Err(Unavailable(\"an answer that cannot be read: unknown state of a refund\"))",
            ),
        ] {
            let answer = keys.answer(200, &refund(status).to_string());
            assert_eq!(ask(&keys, call, answer).await, told, "{call} {status}");
        }
        // An answer about something else is another answer played again.
        for (name, value) in [
            ("out_refund_no", json!("201910230935190042_R2")),
            ("out_trade_no", json!("201910230935190042_2")),
            (
                "amount",
                json!({"total": 36_000, "refund": 11_999, "currency": "CNY"}),
            ),
            (
                "amount",
                json!({"total": 36_001, "refund": 12_000, "currency": "CNY"}),
            ),
            (
                "amount",
                json!({"total": 36_000, "refund": 12_000, "currency": "USD"}),
            ),
        ] {
            let mut body = refund("SUCCESS");
            body[name] = value.clone();
            let answer = keys.answer(200, &body.to_string());
            assert_eq!(
                ask(&keys, call, answer).await,
                "Err(Forged)",
                "{call} {name} {value}"
            );
        }
        for (name, value) in [
            ("success_time", Value::Null),
            ("success_time", json!("")),
            ("refund_id", json!("")),
            ("refund_id", Value::Null),
            ("amount", json!({"total": 36_000, "refund": 120.5})),
        ] {
            let mut body = refund("SUCCESS");
            body[name] = value.clone();
            let answer = ask(&keys, call, keys.answer(200, &body.to_string())).await;
            assert!(
                answer.starts_with("Err(Unavailable(\"an answer that cannot be read"),
                "{call} {name} {value}: {answer}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_is_not_taken_says_why() {
    let keys = Keys::make("refund_errors");
    for (call, status, code, told) in [
        ("refund", 403, "NOT_ENOUGH", "Ok(Short)"),
        ("refund", 403, "USER_ACCOUNT_ABNORMAL", "Ok(Abnormal)"),
        (
            "refund",
            404,
            "RESOURCE_NOT_EXISTS",
            "Err(Refused { code: \"RESOURCE_NOT_EXISTS\", message: \"不行\" })",
        ),
        (
            "refund",
            400,
            "INVALID_REQUEST",
            "Err(Refused { code: \"INVALID_REQUEST\", message: \"不行\" })",
        ),
        ("refund_status", 404, "RESOURCE_NOT_EXISTS", "Ok(Unknown)"),
        (
            "refund_status",
            403,
            "NOT_ENOUGH",
            "Err(Refused { code: \"NOT_ENOUGH\", message: \"不行\" })",
        ),
    ] {
        let body = json!({"code": code, "message": "不行"}).to_string();
        for answer in [keys.answer(status, &body), Answer::plain(status, &body)] {
            assert_eq!(ask(&keys, call, answer).await, told, "{call} {code}");
        }
    }
}

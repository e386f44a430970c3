//! Alipay against a small gateway whose keys and signatures are made by the `openssl` command.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::support::{Seen, Server, folder, openssl};
use adapters::payment::alipay::{Alipay, Settings};
use adapters::ports::{
    CloseOutcome, GatewayError, NewTrade, NotifyError, PaymentGateway, PaymentNotice, RawNotice,
    TradeStatus, VerifiedNotice,
};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::money::Money;
use domain::payment::Receipt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::form_urlencoded;

pub const APP: &str = "2021000000000001";
pub const SELLER: &str = "2088000000000001";
pub const NUMBER: &str = "201910230935190042_1";
const METHODS: [&str; 3] = ["precreate", "query", "close"];

/// Two key pairs made by openssl.
#[derive(Clone)]
pub struct Keys(PathBuf);

impl Keys {
    pub fn make(name: &str) -> Self {
        let folder = folder(name);
        for who in ["app", "alipay"] {
            let key = folder.join(who);
            let key = key.display();
            openssl(
                &format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out {key}.pem"),
                b"",
            );
            openssl(&format!("pkey -in {key}.pem -pubout -out {key}.pub"), b"");
        }
        Self(folder)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    pub fn sign(&self, who: &str, text: &str) -> String {
        let key = self.0.join(format!("{who}.pem"));
        STANDARD.encode(openssl(
            &format!("dgst -sha256 -sign {}", key.display()),
            text.as_bytes(),
        ))
    }

    fn verifies(&self, who: &str, text: &str, signature: &str) -> bool {
        let file = self.0.join("signature");
        std::fs::write(&file, STANDARD.decode(signature).unwrap()).unwrap();
        let key = self.0.join(format!("{who}.pub"));
        let words = format!(
            "dgst -sha256 -verify {} -signature {}",
            key.display(),
            file.display()
        );
        crate::support::try_openssl(&words, text.as_bytes())
            .status
            .success()
    }

    pub fn secret(&self, gateway: &str) -> Value {
        json!({
            "gateway_url": gateway,
            "app_id": APP,
            "seller_id": SELLER,
            "app_private_key": self.text("app.pem"),
            "alipay_public_key": self.text("alipay.pub"),
            "notify_url": "https://keys.example.cn/api/webhooks/alipay",
        })
    }

    pub fn alipay(&self, gateway: &str) -> Alipay {
        Alipay::from_secret(&self.secret(gateway).to_string()).unwrap()
    }

    /// An answer signed by Alipay's key.
    pub fn answer(&self, method: &str, inner: &str) -> String {
        let sign = self.sign("alipay", inner);
        format!("{{\"alipay_trade_{method}_response\":{inner},\"sign\":\"{sign}\"}}")
    }
}

pub fn now() -> Timestamp {
    "2026-11-21T13:00:00Z".parse().unwrap()
}

pub fn verify(alipay: &Alipay, body: &[u8]) -> Result<VerifiedNotice, NotifyError> {
    let notice = RawNotice { headers: &[], body };
    alipay.verify(&notice, now())
}

fn trade(lifetime: SignedDuration) -> NewTrade {
    NewTrade {
        number: NUMBER.parse().unwrap(),
        amount: Money::from_fen(36_000),
        subject: "企业密钥 × 2 & 更多".to_owned(),
        qr_expires_at: now() + lifetime,
    }
}

pub fn pairs(text: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// Asks a gateway that always gives this body.
async fn ask(keys: &Keys, method: &str, body: String) -> String {
    ask_with_status(keys, method, StatusCode::OK, body).await
}

async fn ask_with_status(keys: &Keys, method: &str, status: StatusCode, body: String) -> String {
    let server = Server::start(move |_| (status, body.clone())).await;
    let alipay = keys.alipay(&format!("{}/gateway.do", server.url));
    let number = NUMBER.parse().unwrap();
    match method {
        "precreate" => format!(
            "{:?}",
            alipay
                .create(&trade(SignedDuration::from_mins(30)), now())
                .await
        ),
        "query" => format!("{:?}", alipay.query(&number, now()).await),
        _ => format!("{:?}", alipay.close(&number, now()).await),
    }
}

pub fn no(sub_code: &str) -> String {
    json!({"code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "不行"})
        .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_signed_as_alipay_wants_it() {
    let keys = Keys::make("alipay_request");
    let inner = r#"{"code":"10000","msg":"Success","out_trade_no":"201910230935190042_1","qr_code":"https:\/\/qr.alipay.com\/bax1"}"#;
    let body = keys.answer("precreate", inner);
    let server = Server::start(move |_| (StatusCode::OK, body.clone())).await;
    let alipay = keys.alipay(&format!("{}/gateway.do", server.url));
    let qr = alipay
        .create(&trade(SignedDuration::from_secs(30 * 60 + 59)), now())
        .await
        .unwrap();
    assert_eq!(qr, "https://qr.alipay.com/bax1");

    let seen: Vec<Seen> = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].uri.path(), "/gateway.do");
    assert!(
        seen[0].headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("application/x-www-form-urlencoded")
    );
    let query = pairs(seen[0].uri.query().unwrap().as_bytes());
    let form = pairs(&seen[0].body);
    assert_eq!(form.keys().collect::<Vec<_>>(), ["biz_content"]);
    let mut all: BTreeMap<_, _> = query.into_iter().chain(form).collect();
    let sign = all.remove("sign").unwrap();
    let text: Vec<String> = all.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert!(keys.verifies("app", &text.join("&"), &sign), "{text:?}");
    let content: Value = serde_json::from_str(&all.remove("biz_content").unwrap()).unwrap();
    assert_eq!(
        content,
        json!({
            "out_trade_no": NUMBER,
            "total_amount": "360.00",
            "subject": "企业密钥 × 2 ＆ 更多",
            "product_code": "FACE_TO_FACE_PAYMENT",
            "seller_id": SELLER,
            "qr_code_timeout_express": "30m",
        })
    );
    assert_eq!(
        all,
        [
            ("app_id", APP),
            ("charset", "utf-8"),
            ("format", "JSON"),
            ("method", "alipay.trade.precreate"),
            ("notify_url", "https://keys.example.cn/api/webhooks/alipay"),
            ("sign_type", "RSA2"),
            ("timestamp", "2026-11-21 21:00:00"),
            ("version", "1.0"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_qr_code_is_in_whole_minutes_and_never_none() {
    let keys = Keys::make("alipay_minutes");
    let server = Server::start(|_| (StatusCode::OK, String::new())).await;
    let alipay = keys.alipay(&server.url);
    for (seconds, sent) in [
        (1, "1m"),
        (59, "1m"),
        (119, "1m"),
        (120, "2m"),
        (7200, "120m"),
        (i64::from(u32::MAX), "21600m"),
    ] {
        let error = alipay
            .create(&trade(SignedDuration::from_secs(seconds)), now())
            .await
            .unwrap_err();
        assert_eq!(error, GatewayError::Forged);
        let form = pairs(&server.seen().last().unwrap().body);
        let content: Value = serde_json::from_str(&form["biz_content"]).unwrap();
        assert_eq!(content["qr_code_timeout_express"], sent);
    }
    let asked = server.seen().len();
    for seconds in [0, -1] {
        let error = alipay
            .create(&trade(SignedDuration::from_secs(seconds)), now())
            .await
            .unwrap_err();
        assert!(
            matches!(error, GatewayError::Refused { ref code, .. } if code == "sealkey.expired")
        );
    }
    for amount in [
        Money::ZERO,
        Money::from_fen(10_000_000_001),
        Money::ZERO - Money::from_fen(1),
    ] {
        let trade = NewTrade {
            amount,
            ..trade(SignedDuration::from_mins(5))
        };
        let error = alipay.create(&trade, now()).await.unwrap_err();
        assert!(
            matches!(error, GatewayError::Refused { ref code, .. } if code == "sealkey.amount")
        );
    }
    assert_eq!(
        server.seen().len(),
        asked,
        "the gateway is not asked what we know"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_alipays_is_worth_nothing() {
    let keys = Keys::make("alipay_forged");
    let inner = json!({"code": "10000", "out_trade_no": NUMBER, "qr_code": "https://evil.example/", "trade_status": "TRADE_CLOSED"}).to_string();
    for method in METHODS {
        let root = format!("\"alipay_trade_{method}_response\"");
        let good = keys.answer(method, &inner);
        assert!(
            ask(&keys, method, good.clone()).await.starts_with("Ok("),
            "{method}"
        );
        let by_us = keys.sign("app", &inner);
        let sign = keys.sign("alipay", &inner);
        for (what, body) in [
            ("changed after signing", good.replace("10000", "10001")),
            (
                "written anew with escapes",
                good.replace("https://", "https:\\/\\/"),
            ),
            (
                "signed by another",
                format!("{{{root}:{inner},\"sign\":\"{by_us}\"}}"),
            ),
            ("not signed", format!("{{{root}:{inner}}}")),
            (
                "signed by nothing",
                format!("{{{root}:{inner},\"sign\":\"\"}}"),
            ),
            ("no base64", format!("{{{root}:{inner},\"sign\":\"%%\"}}")),
            (
                "root twice, good one first",
                format!("{{{root}:{inner},{root}:{{\"code\":\"1\"}},\"sign\":\"{sign}\"}}"),
            ),
            (
                "root twice, good one last",
                format!("{{{root}:{{\"code\":\"1\"}},{root}:{inner},\"sign\":\"{sign}\"}}"),
            ),
            (
                "signature twice",
                format!("{{{root}:{inner},\"sign\":\"{sign}\",\"sign\":\"{sign}\"}}"),
            ),
            (
                "both roots",
                format!("{{{root}:{inner},\"error_response\":{inner},\"sign\":\"{sign}\"}}"),
            ),
            ("of another method", keys.answer("refund", &inner)),
            (
                "hidden in another member",
                format!("{{\"x\":{good},\"sign\":\"{sign}\"}}"),
            ),
            (
                "of another payment",
                keys.answer(method, &inner.replace(NUMBER, "201910230935190042_2")),
            ),
            ("no JSON", "<html>".to_owned()),
            ("nothing", String::new()),
        ] {
            assert_eq!(
                ask(&keys, method, body).await,
                "Err(Forged)",
                "{method}: {what}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_does_not_know_us_or_is_down() {
    let keys = Keys::make("alipay_down");
    let error = |sub_code: &str| {
        json!({"code": "40002", "msg": "Invalid Arguments", "sub_code": sub_code}).to_string()
    };
    for method in METHODS {
        let unsigned = format!("{{\"error_response\":{}}}", error("isv.invalid-signature"));
        assert_eq!(
            ask(&keys, method, unsigned).await,
            "Err(Credentials(\"40002 isv.invalid-signature\"))"
        );
        // Without signature nothing is concluded, whatever it says.
        for unsigned in [
            no("ACQ.TRADE_NOT_EXIST"),
            no("ACQ.TRADE_HAS_SUCCESS"),
            error("isv.invalid-parameter"),
            r#"{"code":"10000"}"#.to_owned(),
        ] {
            let answer = ask(&keys, method, format!("{{\"error_response\":{unsigned}}}")).await;
            assert!(
                answer.starts_with("Err(Unavailable(\"an error without signature"),
                "{answer}"
            );
        }
        let inner = error("isv.invalid-parameter");
        let signed = format!(
            "{{\"error_response\":{inner},\"sign\":\"{}\"}}",
            keys.sign("alipay", &inner)
        );
        assert_eq!(
            ask(&keys, method, signed).await,
            "Err(Refused { code: \"isv.invalid-parameter\", message: \"Invalid Arguments\" })"
        );
        for inner in [
            no("ACQ.SYSTEM_ERROR"),
            no("aop.ACQ.SYSTEM_ERROR"),
            json!({"code": "20000", "msg": "Service Currently Unavailable", "sub_code": "isp.unknow-error"}).to_string(),
            json!({"code": 10000}).to_string(),
        ] {
            let answer = ask(&keys, method, keys.answer(method, &inner)).await;
            assert!(answer.starts_with("Err(Unavailable("), "{inner}: {answer}");
        }
        let refused = ask(
            &keys,
            method,
            keys.answer(method, &no("ACQ.ACCESS_FORBIDDEN")),
        )
        .await;
        assert_eq!(
            refused,
            "Err(Refused { code: \"ACQ.ACCESS_FORBIDDEN\", message: \"不行\" })"
        );
        for status in [
            StatusCode::BAD_GATEWAY,
            StatusCode::FOUND,
            StatusCode::NOT_FOUND,
        ] {
            let answer = ask_with_status(&keys, method, status, keys.answer(method, "{}")).await;
            assert_eq!(
                answer,
                format!("Err(Unavailable(\"HTTP {}\"))", status.as_u16())
            );
        }
        let answer = ask(&keys, method, " ".repeat(300 * 1024)).await;
        assert_eq!(answer, "Err(Unavailable(\"the answer is too long\"))");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_gateway_is_not_waited_for_and_no_gateway_is_an_answer_too() {
    let keys = Keys::make("alipay_slow");
    let server = Server::slow(Duration::from_secs(5), |_| (StatusCode::OK, String::new())).await;
    let client = reqwest::Client::builder()
        .timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    let settings = Settings::parse(&keys.secret(&server.url).to_string()).unwrap();
    let alipay = Alipay::with_client(settings, client);
    let error = alipay
        .query(&NUMBER.parse().unwrap(), now())
        .await
        .unwrap_err();
    assert_eq!(error, GatewayError::Unavailable("timeout".to_owned()));
    let nobody = keys.alipay("http://127.0.0.1:9/gateway.do");
    let error = nobody
        .close(&NUMBER.parse().unwrap(), now())
        .await
        .unwrap_err();
    assert_eq!(error, GatewayError::Unavailable("no connection".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_tells_where_a_payment_stands() {
    let keys = Keys::make("alipay_query");
    let inner = |status: &str| {
        json!({
            "code": "10000", "msg": "Success", "buyer_logon_id": "159****5620", "out_trade_no": NUMBER,
            "send_pay_date": "2026-11-21 21:30:59", "total_amount": "360.00", "buyer_pay_amount": "350.00",
            "trade_no": "2026112122001400001", "trade_status": status, "fund_bill_list": [{"amount": "360.00"}],
        })
    };
    let paid = TradeStatus::Paid(Receipt {
        trade_no: "2026112122001400001".to_owned(),
        amount: Money::from_fen(36_000),
        paid_at: "2026-11-21T13:30:59Z".parse().unwrap(),
    });
    for (status, expected) in [
        ("TRADE_SUCCESS", &paid),
        ("TRADE_FINISHED", &paid),
        ("WAIT_BUYER_PAY", &TradeStatus::Paying),
        ("TRADE_CLOSED", &TradeStatus::Closed),
    ] {
        let answer = ask(
            &keys,
            "query",
            keys.answer("query", &inner(status).to_string()),
        )
        .await;
        assert_eq!(answer, format!("Ok({expected:?})"), "{status}");
    }
    let unknown = ask(
        &keys,
        "query",
        keys.answer("query", &no("ACQ.TRADE_NOT_EXIST")),
    )
    .await;
    assert_eq!(unknown, "Ok(Unknown)");
    for (name, value) in [
        ("trade_no", json!("")),
        ("trade_no", Value::Null),
        ("total_amount", json!("0.00")),
        ("total_amount", json!("-1.00")),
        ("total_amount", json!("1.001")),
        ("total_amount", json!("1e3")),
        ("total_amount", json!("9999999999999999999.00")),
        ("total_amount", json!(360.00)),
        ("send_pay_date", json!("2026-11-21T21:30:59Z")),
        ("send_pay_date", Value::Null),
        ("out_trade_no", Value::Null),
        ("trade_status", json!("TRADE_PENDING")),
        ("trade_status", Value::Null),
    ] {
        let mut inner = inner("TRADE_SUCCESS");
        inner[name] = value.clone();
        let answer = ask(&keys, "query", keys.answer("query", &inner.to_string())).await;
        assert!(
            answer.starts_with("Err(Unavailable(\"an answer that cannot be read"),
            "{name} {value}: {answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_tells_whether_money_can_still_come() {
    let keys = Keys::make("alipay_close");
    let done = json!({"code": "10000", "msg": "Success", "out_trade_no": NUMBER, "trade_no": "1"})
        .to_string();
    for (inner, expected) in [
        (done, CloseOutcome::Closed),
        (no("ACQ.TRADE_NOT_EXIST"), CloseOutcome::Unknown),
        (no("ACQ.TRADE_HAS_SUCCESS"), CloseOutcome::Paid),
        (no("ACQ.TRADE_HAS_FINISHED"), CloseOutcome::Paid),
        (no("ACQ.TRADE_HAS_CLOSE"), CloseOutcome::Closed),
    ] {
        let answer = ask(&keys, "close", keys.answer("close", &inner)).await;
        assert_eq!(answer, format!("Ok({expected:?})"), "{inner}");
    }
    // A state that forbids closing is asked for.
    for (status, expected) in [
        ("TRADE_SUCCESS", "Ok(Paid)"),
        ("TRADE_CLOSED", "Ok(Closed)"),
        (
            "WAIT_BUYER_PAY",
            "Err(Unavailable(\"an unpaid payment cannot be closed now\"))",
        ),
    ] {
        let inner = json!({
            "code": "10000", "out_trade_no": NUMBER, "trade_no": "1", "total_amount": "360.00",
            "send_pay_date": "2026-11-21 21:30:59", "trade_status": status,
        });
        let close = keys.answer("close", &no("ACQ.TRADE_STATUS_ERROR"));
        let query = keys.answer("query", &inner.to_string());
        let server = Server::start(move |seen| {
            let closing = seen.uri.query().unwrap().contains("alipay.trade.close");
            (
                StatusCode::OK,
                if closing {
                    close.clone()
                } else {
                    query.clone()
                },
            )
        })
        .await;
        let outcome = keys
            .alipay(&server.url)
            .close(&NUMBER.parse().unwrap(), now())
            .await;
        assert_eq!(format!("{outcome:?}"), expected);
        assert_eq!(server.seen().len(), 2);
    }
}

/// A notice as Alipay posts it, with some parameters changed (`None` takes one away), signed by `who`.
pub fn notice(keys: &Keys, who: &str, changes: &[(&str, Option<&str>)]) -> String {
    let mut params: BTreeMap<&str, &str> = [
        ("notify_time", "2026-11-21 21:31:00"),
        ("notify_type", "trade_status_sync"),
        ("notify_id", "2026112100222213100014001234567890"),
        ("app_id", APP),
        ("auth_app_id", APP),
        ("charset", "utf-8"),
        ("version", "1.0"),
        ("sign_type", "RSA2"),
        ("trade_no", "2026112122001400001"),
        ("out_trade_no", NUMBER),
        ("buyer_logon_id", "159****5620"),
        ("seller_id", SELLER),
        ("trade_status", "TRADE_SUCCESS"),
        ("total_amount", "360.00"),
        ("receipt_amount", "360.00"),
        ("subject", "企业密钥 100% + 2 & a=b"),
        ("body", ""),
        ("gmt_payment", "2026-11-21 21:30:59"),
        (
            "fund_bill_list",
            r#"[{"amount":"360.00","fundChannel":"ALIPAYACCOUNT"}]"#,
        ),
    ]
    .into();
    for (name, value) in changes {
        match value {
            Some(value) => params.insert(name, value),
            None => params.remove(name),
        };
    }
    let signed: Vec<String> = params
        .iter()
        .filter(|(k, _)| **k != "sign_type")
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    let sign = keys.sign(who, &signed.join("&"));
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params.iter().rev())
        .append_pair("sign", &sign)
        .finish()
}

#[test]
fn a_notice_is_believed_only_with_alipays_signature_for_us() {
    let keys = Keys::make("alipay_notify");
    let alipay = keys.alipay("http://127.0.0.1:9/");
    let good = notice(&keys, "alipay", &[]);
    let paid = verify(&alipay, good.as_bytes()).unwrap();
    assert_eq!(
        paid.notice(),
        &PaymentNotice::Paid {
            out_trade_no: NUMBER.to_owned(),
            receipt: Receipt {
                trade_no: "2026112122001400001".to_owned(),
                amount: Money::from_fen(36_000),
                paid_at: "2026-11-21T13:30:59Z".parse().unwrap(),
            },
        }
    );
    let verify =
        |body: &str| verify(&alipay, body.as_bytes()).map(|verified| verified.notice().clone());
    let signature = Err(NotifyError::Signature);
    assert_eq!(verify(&good.replace("360.00", "1.00")), signature);
    assert_eq!(verify(&format!("{good}&extra=1")), signature);
    assert_eq!(verify(&notice(&keys, "app", &[])), signature);
    assert_eq!(
        verify(&notice(&keys, "alipay", &[("sign_type", Some("RSA"))])),
        signature
    );
    assert_eq!(
        verify(&notice(&keys, "alipay", &[("sign_type", None)])),
        signature
    );
    assert_eq!(verify(good.rsplit_once("&sign=").unwrap().0), signature);
    assert_eq!(verify(""), signature);
    // Signed text with sign_type in it is another rule, for other messages.
    let v2 = {
        let mut params = pairs(good.as_bytes());
        params.remove("sign");
        let text: Vec<String> = params.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let sign = keys.sign("alipay", &text.join("&"));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&params)
            .append_pair("sign", &sign)
            .finish()
    };
    assert_eq!(verify(&v2), signature);
    assert_eq!(
        verify(&format!("{good}&app_id={APP}")),
        Err(NotifyError::Malformed)
    );
    assert_eq!(
        verify(&format!("{good}&x={}", "y".repeat(70_000))),
        Err(NotifyError::Malformed)
    );
    for changes in [
        [("app_id", Some("2021000000000002"))],
        [("app_id", None)],
        [("seller_id", Some("2088000000000002"))],
        [("seller_id", None)],
    ] {
        assert_eq!(
            verify(&notice(&keys, "alipay", &changes)),
            Err(NotifyError::OtherMerchant),
            "{changes:?}"
        );
    }
}

#[test]
fn only_a_payment_is_a_payment() {
    let keys = Keys::make("alipay_notify_kinds");
    let alipay = keys.alipay("http://127.0.0.1:9/");
    let verify = |changes: &[(&str, Option<&str>)]| {
        let body = notice(&keys, "alipay", changes);
        verify(&alipay, body.as_bytes()).map(|verified| verified.notice().clone())
    };
    let is_paid = |changes: &[(&str, Option<&str>)]| {
        matches!(verify(changes), Ok(PaymentNotice::Paid { .. }))
    };
    assert!(is_paid(&[("trade_status", Some("TRADE_FINISHED"))]));
    assert!(is_paid(&[
        ("refund_fee", Some("0.00")),
        ("gmt_refund", Some("")),
        ("out_biz_no", Some(""))
    ]));
    for changes in [
        &[("trade_status", Some("WAIT_BUYER_PAY"))][..],
        &[
            ("trade_status", Some("TRADE_CLOSED")),
            ("refund_fee", Some("360.00")),
        ],
        &[("refund_fee", Some("10.00"))],
        &[("refund_fee", Some("?"))],
        &[("gmt_refund", Some("2026-11-22 08:00:00.123"))],
        &[("out_biz_no", Some("refund-1"))],
        &[("notify_type", Some("fund_change"))],
    ] {
        assert!(
            matches!(verify(changes), Ok(PaymentNotice::Other { .. })),
            "{changes:?}"
        );
    }
    for changes in [
        [("trade_status", None)],
        [("out_trade_no", None)],
        [("trade_no", None)],
        [("trade_no", Some("a b"))],
        [("total_amount", Some("360.001"))],
        [("total_amount", Some("99999999999999999999"))],
        [("gmt_payment", None)],
        [("gmt_payment", Some("yesterday"))],
    ] {
        assert_eq!(verify(&changes), Err(NotifyError::Malformed), "{changes:?}");
    }
}

#[test]
fn keys_are_taken_in_every_form_and_never_shown() {
    let keys = Keys::make("alipay_keys");
    let path = |name: &str| keys.0.join(name).display().to_string();
    let pkcs1 =
        crate::support::openssl_text(&format!("pkey -in {} -traditional", path("app.pem")), b"");
    let public_pkcs1 = crate::support::openssl_text(
        &format!("rsa -pubin -in {} -RSAPublicKey_out", path("alipay.pub")),
        b"",
    );
    let bare = |pem: &str| {
        pem.lines()
            .filter(|line| !line.starts_with("---"))
            .collect::<String>()
    };
    let (pkcs8, spki) = (keys.text("app.pem"), keys.text("alipay.pub"));
    let body = notice(&keys, "alipay", &[]);
    for private in [
        &pkcs8,
        &bare(&pkcs8),
        &pkcs1,
        &bare(&pkcs1),
        &pkcs8.replace('\n', "\r\n"),
    ] {
        for public in [&spki, &bare(&spki), &public_pkcs1, &bare(&public_pkcs1)] {
            let mut secret = keys.secret("https://openapi.alipay.com/gateway.do");
            secret["app_private_key"] = json!(private);
            secret["alipay_public_key"] = json!(public);
            let alipay = Alipay::from_secret(&secret.to_string()).unwrap();
            assert!(verify(&alipay, body.as_bytes()).is_ok());
            let shown = format!("{alipay:?}");
            assert!(
                !shown.contains(&bare(&pkcs8)[40..80])
                    && shown.contains("https://openapi.alipay.com"),
                "{shown}"
            );
        }
    }
    openssl(
        &format!(
            "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out {}",
            path("short.pem")
        ),
        b"",
    );
    openssl(
        &format!(
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {}",
            path("ec.pem")
        ),
        b"",
    );
    for (name, value) in [
        ("app_private_key", json!(spki)),
        ("app_private_key", json!(keys.text("short.pem"))),
        ("app_private_key", json!(keys.text("ec.pem"))),
        ("app_private_key", json!("")),
        (
            "app_private_key",
            json!(pkcs8.replace("-----END PRIVATE KEY-----", "")),
        ),
        ("app_private_key", json!(7)),
        ("alipay_public_key", json!(pkcs8)),
        ("alipay_public_key", json!(keys.text("app.pub"))),
        ("alipay_public_key", Value::Null),
        ("app_id", json!("")),
        ("seller_id", json!("a&b")),
        ("gateway_url", json!("http://openapi.alipay.com/gateway.do")),
        ("notify_url", json!("javascript:1")),
    ] {
        let mut secret = keys.secret("https://openapi.alipay.com/gateway.do");
        secret[name] = value.clone();
        let error = Alipay::from_secret(&secret.to_string()).unwrap_err();
        let GatewayError::Credentials(text) = error else {
            panic!("{error}")
        };
        assert!(
            text.len() < 120 && !text.contains(&bare(&pkcs8)[40..80]),
            "{name} {value}: {text}"
        );
    }
}

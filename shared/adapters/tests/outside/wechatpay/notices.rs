//! Notices.

use super::*;
use adapters::ports::{NotifyError, PaymentNotice, RawNotice, RefundStatus};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use domain::payment::Receipt;

/// A payment, encrypted by another implementation (Python's `cryptography`), nonce `fdasflkja484`, associated
/// data `transaction`.
const VECTOR: &str = "wCTPX4BeMWzWYz1tmgJHmqRi5Laa70X8rjV2opVj20VoDqKFmJryQdnORZ3X9ZEebwTLfhm5Vo0hSXzj6ob9R2HRtYfR2g8IaaWeNusREpgjt7uaOOapDNpIAzr7Tad6H8n7LNDJqVz52pmODltlMzcuUEvBm/TAkmT+MszzFgiSeccsCBXUUysosJv1fAmJP6aZNhKeH/0oLAONGlTBI9QoEZXvSZPgEE4WXGkS53uuQAvWYu10ygRk5slcRBY38GZ3Kyarzg7UeTGn2Im/4Ihp0BavfgfIz0f8FQRtbFtvDllhITMT+J55rWhos6+BtRiRrjIaSAplHjer+pwRPUMktn7Us4EaxQiMzd6BlXf8FOe27/eEK7BggOfPLgCO2A8/nONZD0ktq7BwFxuLhvBmykAoGwtJWPQiwgasHJp+";

fn encrypt(key: &str, nonce: &str, aad: &str, text: &str) -> String {
    let key = UnboundKey::new(&AES_256_GCM, key.as_bytes()).unwrap();
    let mut text = text.as_bytes().to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).unwrap();
    LessSafeKey::new(key)
        .seal_in_place_append_tag(nonce, Aad::from(aad.as_bytes()), &mut text)
        .unwrap();
    STANDARD.encode(text)
}

fn resource(original: &str, content: &Value) -> Value {
    json!({
        "original_type": original,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": encrypt(V3_KEY, "fdasflkja484", original, &content.to_string()),
        "associated_data": original,
        "nonce": "fdasflkja484",
    })
}

fn envelope(event: &str, resource: &Value) -> Value {
    json!({
        "id": "EV-2018022511223320873",
        "create_time": "2026-11-21T21:31:00+08:00",
        "resource_type": "encrypt-resource",
        "event_type": event,
        "summary": "支付成功",
        "resource": resource,
    })
}

fn payment_notice(content: &Value) -> String {
    envelope("TRANSACTION.SUCCESS", &resource("transaction", content)).to_string()
}

fn refund_content(status: &str) -> Value {
    json!({
        "mchid": MERCHANT,
        "transaction_id": "4200002026112100000001",
        "out_trade_no": NUMBER,
        "refund_id": "50000000382019052709732678859",
        "out_refund_no": REFUND,
        "refund_status": status,
        "success_time": "2026-11-21T21:40:02+08:00",
        "user_received_account": "招商银行信用卡0403",
        "amount": {"total": 36_000, "refund": 12_000, "payer_total": 35_000, "payer_refund": 11_667},
    })
}

type Told = Result<PaymentNotice, NotifyError>;

fn hear(keys: &Keys, headers: &Headers, body: &[u8]) -> Told {
    let notice = RawNotice { headers, body };
    let verified = keys.gateway("http://127.0.0.1:9").verify(&notice, now());
    verified.map(|verified| verified.notice().clone())
}

/// Hears a body that is sealed well.
fn told(keys: &Keys, body: &str) -> Told {
    hear(keys, &keys.seal(now(), body.as_bytes()), body.as_bytes())
}

fn paid() -> PaymentNotice {
    PaymentNotice::Paid {
        out_trade_no: NUMBER.to_owned(),
        receipt: Receipt {
            trade_no: "4200002026112100000001".to_owned(),
            amount: Money::from_fen(36_000),
            paid_at: "2026-11-21T13:30:59Z".parse().unwrap(),
        },
    }
}

#[test]
fn a_notice_is_believed_only_with_the_gateways_seal_of_this_time() {
    let keys = Keys::make("notice");
    let mut known = resource("transaction", &Value::Null);
    known["ciphertext"] = json!(VECTOR);
    let body = envelope("TRANSACTION.SUCCESS", &known).to_string();
    let body = body.as_bytes();
    let second = SignedDuration::from_secs(1);
    let at = |at: Timestamp| keys.seal(at, body);
    let sealed = at(now());
    let lower: Headers = sealed
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.clone()))
        .collect();
    for (what, headers) in [
        ("as it must be", sealed.clone()),
        ("names in lower case", lower),
        (
            "by the certificate",
            keys.seal_by("platform", PLATFORM, now(), body),
        ),
        (
            "without kind",
            with(&sealed, "Wechatpay-Signature-Type", None),
        ),
        ("almost too late", at(now() - second * 299)),
        ("almost too early", at(now() + second * 299)),
    ] {
        assert_eq!(hear(&keys, &headers, body), Ok(paid()), "{what}");
    }
    for (what, headers) in [
        ("too late", at(now() - second * 300)),
        ("too early", at(now() + second * 300)),
        ("much too late", at(now() - second * 90_000)),
    ] {
        assert_eq!(
            hear(&keys, &headers, body),
            Err(NotifyError::Stale),
            "{what}"
        );
    }
    let signature = sealed[3].1.clone();
    let mut bad = vec![
        ("no seal", Vec::new()),
        ("another body", keys.seal(now(), b"{}")),
        ("our own key", keys.seal_by("merchant", KEY_ID, now(), body)),
        (
            "the key of another serial",
            keys.seal_by("platform", KEY_ID, now(), body),
        ),
        (
            "another known serial",
            with(&sealed, "Wechatpay-Serial", Some(PLATFORM)),
        ),
        (
            "unknown serial",
            with(&sealed, "Wechatpay-Serial", Some("00")),
        ),
        (
            "another kind",
            with(&sealed, "Wechatpay-Signature-Type", Some("WECHATPAY2-SHA1")),
        ),
        (
            "another time",
            with(&sealed, "Wechatpay-Timestamp", Some("1795266001")),
        ),
        (
            "no number",
            with(&sealed, "Wechatpay-Timestamp", Some("yesterday")),
        ),
        ("another nonce", with(&sealed, "Wechatpay-Nonce", Some("x"))),
        (
            "no base64",
            with(&sealed, "Wechatpay-Signature", Some("%%")),
        ),
        (
            "a probe",
            with(
                &sealed,
                "Wechatpay-Signature",
                Some(&format!("WECHATPAY/SIGNTEST/{signature}")),
            ),
        ),
    ];
    for name in [
        "Wechatpay-Timestamp",
        "Wechatpay-Nonce",
        "Wechatpay-Serial",
        "Wechatpay-Signature",
    ] {
        bad.push(("a header is missing", with(&sealed, name, None)));
    }
    for (name, value) in &sealed {
        let mut twice = sealed.clone();
        twice.insert(0, (name.to_lowercase(), value.clone()));
        bad.push(("a header twice", twice));
    }
    for (what, headers) in bad {
        assert_eq!(
            hear(&keys, &headers, body),
            Err(NotifyError::Signature),
            "{what}"
        );
    }
    // Borders of what is signed cannot be moved: the same text, cut elsewhere.
    let text = [sealed[1].1.as_bytes(), b"\n", body].concat();
    let headers = with(&sealed, "Wechatpay-Nonce", Some(""));
    assert_eq!(hear(&keys, &headers, &text), Err(NotifyError::Signature));
    let (first, rest) = body.split_at(1);
    let moved = format!("{}\n{}", sealed[1].1, String::from_utf8_lossy(first));
    let headers = with(&sealed, "Wechatpay-Nonce", Some(&moved));
    assert_eq!(hear(&keys, &headers, rest), Err(NotifyError::Signature));
    let mut changed = body.to_vec();
    changed.push(b' ');
    assert_eq!(hear(&keys, &sealed, &changed), Err(NotifyError::Signature));
    let long = vec![b' '; 64 * 1024 + 1];
    assert_eq!(
        hear(&keys, &keys.seal(now(), &long), &long),
        Err(NotifyError::Malformed)
    );
}

#[test]
fn what_is_in_a_notice_is_encrypted_with_our_key() {
    let keys = Keys::make("notice_cipher");
    let content = transaction("SUCCESS");
    let good = envelope("TRANSACTION.SUCCESS", &resource("transaction", &content));
    assert_eq!(told(&keys, &good.to_string()), Ok(paid()));
    let text = content.to_string();
    let cipher = |key: &str, aad: &str| json!(encrypt(key, "fdasflkja484", aad, &text));
    let mut flipped = STANDARD
        .decode(good["resource"]["ciphertext"].as_str().unwrap())
        .unwrap();
    flipped[3] ^= 1;
    for (name, value) in [
        ("ciphertext", json!(STANDARD.encode(&flipped))),
        ("ciphertext", json!(STANDARD.encode(&flipped[..15]))),
        ("ciphertext", json!("")),
        ("ciphertext", json!("%%")),
        (
            "ciphertext",
            cipher("another-key-another-key-another-", "transaction"),
        ),
        ("ciphertext", cipher(V3_KEY, "refund")),
        ("associated_data", json!("refund")),
        ("associated_data", json!("")),
        ("associated_data", Value::Null),
        ("nonce", json!("fdasflkja485")),
        ("nonce", json!("fdasflkja48")),
        ("nonce", Value::Null),
        ("algorithm", json!("AEAD_SM4_GCM")),
        ("original_type", json!("refund")),
        ("original_type", Value::Null),
    ] {
        let mut body = good.clone();
        body["resource"][name] = value.clone();
        assert_eq!(
            told(&keys, &body.to_string()),
            Err(NotifyError::Malformed),
            "{name} {value}"
        );
    }
    // No associated data is the same as empty ones.
    for missing in [json!(""), Value::Null] {
        let mut body = good.clone();
        body["resource"]["ciphertext"] = cipher(V3_KEY, "");
        body["resource"]["associated_data"] = missing;
        assert_eq!(told(&keys, &body.to_string()), Ok(paid()));
    }
    let mut bare = good.clone();
    bare["resource"]["ciphertext"] = cipher(V3_KEY, "");
    bare["resource"]
        .as_object_mut()
        .unwrap()
        .remove("associated_data");
    assert_eq!(told(&keys, &bare.to_string()), Ok(paid()));
    for body in [
        String::new(),
        "[]".to_owned(),
        good.to_string().replace("encrypt-resource", "plain"),
        good.to_string().replace("event_type", "kind"),
        good.to_string()
            .replacen('{', "{\"event_type\":\"REFUND.SUCCESS\",", 1),
    ] {
        assert_eq!(told(&keys, &body), Err(NotifyError::Malformed), "{body}");
    }
}

#[test]
fn only_a_payment_to_us_is_a_payment() {
    let keys = Keys::make("notice_payment");
    let with = |name: &str, value: Value| {
        let mut content = transaction("SUCCESS");
        match name.split_once('/') {
            Some((inside, name)) => content[inside][name] = value,
            None => content[name] = value,
        }
        told(&keys, &payment_notice(&content))
    };
    for (fen, expected) in [(1, true), (10_000_000_000, true), (0, false), (-1, false)] {
        let heard = with("amount/total", json!(fen));
        let amount = match heard {
            Ok(PaymentNotice::Paid { receipt, .. }) => Some(receipt.amount),
            _ => None,
        };
        assert_eq!(amount, expected.then(|| Money::from_fen(fen)), "{fen}");
    }
    for (name, value) in [
        ("mchid", json!("1900000110")),
        ("appid", json!("wx0000000000000000")),
    ] {
        assert_eq!(with(name, value), Err(NotifyError::OtherMerchant), "{name}");
    }
    for (name, value) in [
        ("mchid", Value::Null),
        ("appid", Value::Null),
        ("out_trade_no", Value::Null),
        ("out_trade_no", json!("")),
        ("transaction_id", Value::Null),
        ("transaction_id", json!("a b")),
        ("success_time", Value::Null),
        ("success_time", json!("yesterday")),
        ("trade_type", json!("JSAPI")),
        ("trade_type", Value::Null),
        ("amount", Value::Null),
        ("amount/currency", json!("USD")),
        ("amount/currency", Value::Null),
        ("amount/total", json!(360.5)),
        ("amount/total", json!("36000")),
        ("amount/total", Value::Null),
    ] {
        let heard = with(name, value.clone());
        assert_eq!(heard, Err(NotifyError::Malformed), "{name} {value}");
    }
    assert_eq!(
        with("trade_state", json!("CLOSED")),
        Ok(PaymentNotice::Other {
            status: "CLOSED".to_owned()
        })
    );
    let content = transaction("SUCCESS");
    let other = envelope("PAYSCORE.USER_PAID", &resource("payscore", &content)).to_string();
    assert_eq!(
        told(&keys, &other),
        Ok(PaymentNotice::Other {
            status: "PAYSCORE.USER_PAID".to_owned()
        })
    );
    // A refund under the name of a payment, and the other way round.
    for (event, original, content) in [
        ("TRANSACTION.SUCCESS", "refund", &refund_content("SUCCESS")),
        (
            "TRANSACTION.SUCCESS",
            "transaction",
            &refund_content("SUCCESS"),
        ),
        ("REFUND.SUCCESS", "transaction", &content),
        ("REFUND.SUCCESS", "refund", &content),
    ] {
        let body = envelope(event, &resource(original, content)).to_string();
        assert_eq!(
            told(&keys, &body),
            Err(NotifyError::Malformed),
            "{event} {original}"
        );
    }
}

#[test]
fn a_refund_comes_to_something() {
    let keys = Keys::make("notice_refund");
    let hear = |event: &str, content: &Value| {
        told(
            &keys,
            &envelope(event, &resource("refund", content)).to_string(),
        )
    };
    let done = RefundStatus::Done {
        receipt: "50000000382019052709732678859".to_owned(),
        at: "2026-11-21T13:40:02Z".parse().unwrap(),
    };
    for (status, expected) in [
        ("SUCCESS", done),
        ("ABNORMAL", RefundStatus::Abnormal),
        ("CLOSED", RefundStatus::Closed),
    ] {
        let mut content = refund_content(status);
        let refunded = Ok(PaymentNotice::Refunded {
            out_refund_no: REFUND.to_owned(),
            out_trade_no: NUMBER.to_owned(),
            amount: Money::from_fen(12_000),
            status: expected,
        });
        let event = format!("REFUND.{status}");
        assert_eq!(hear(&event, &content), refunded);
        content.as_object_mut().unwrap().remove("mchid");
        assert_eq!(hear(&event, &content), refunded);
    }
    let good = refund_content("SUCCESS");
    assert_eq!(hear("REFUND.CLOSED", &good), Err(NotifyError::Malformed));
    let mut other = good.clone();
    other["mchid"] = json!("1900000110");
    assert_eq!(
        hear("REFUND.SUCCESS", &other),
        Err(NotifyError::OtherMerchant)
    );
    for (name, value) in [
        ("refund_id", json!("")),
        ("refund_id", Value::Null),
        ("out_refund_no", json!("")),
        ("out_trade_no", Value::Null),
        ("success_time", Value::Null),
        ("amount", json!({"refund": 0})),
        ("amount", json!({"refund": 12_000, "currency": "USD"})),
        ("amount", json!({"refund": "12000"})),
        ("amount", json!({})),
    ] {
        let mut content = good.clone();
        content[name] = value.clone();
        assert_eq!(
            hear("REFUND.SUCCESS", &content),
            Err(NotifyError::Malformed),
            "{name} {value}"
        );
    }
}

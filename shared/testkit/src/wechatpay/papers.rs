//! What is signed and encrypted.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::money::Money;
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde_json::{Value, json};

use super::{API_V3_KEY, APP, KEY_ID, MERCHANT, OUR_SERIAL, Trade};
use crate::alipay::our_key;

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// WeChat Pay.
    WechatPay,
    /// We, with the key by which WeChat Pay knows us.
    Merchant,
}

static KEY: LazyLock<RsaKeyPair> =
    LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"));

fn sign(who: Signer, text: &[u8]) -> String {
    let key = match who {
        Signer::WechatPay => &KEY,
        Signer::Merchant => our_key(),
    };
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text,
        &mut signature,
    )
    .expect("a signature");
    STANDARD.encode(signature)
}

pub(super) fn rfc3339(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(offset(8)))
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

/// A number that comes only once.
fn unique() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::SeqCst) + 1
}

/// The secret `wechatpay` for a gateway at `base`, as a path before `/v3`.
pub fn secret(base: &str) -> String {
    let private: Pkcs8V1Der<'_> = our_key().as_der().expect("DER");
    let public: PublicKeyX509Der<'_> = KEY.public_key().as_der().expect("DER");
    json!({
        "gateway_url": format!("{base}/wechatpay"),
        "appid": APP,
        "mchid": MERCHANT,
        "merchant_serial": OUR_SERIAL,
        "merchant_private_key": STANDARD.encode(private.as_ref()),
        "api_v3_key": API_V3_KEY,
        "notify_url": "https://keys.example.cn/api/webhooks/wechatpay",
        "refund_notify_url": "https://keys.example.cn/api/webhooks/wechatpay/refund",
        "wechatpay_keys": { KEY_ID: STANDARD.encode(public.as_ref()) },
        "wechatpay_serial": KEY_ID,
    })
    .to_string()
}

/// The headers that seal a body.
pub fn seal(body: &[u8], at: Timestamp, who: Signer) -> Vec<(String, String)> {
    let timestamp = at.as_second().to_string();
    let nonce = format!("nonce{:027}", unique());
    let text = [timestamp.as_bytes(), nonce.as_bytes(), body, b""].join(&b'\n');
    [
        ("Wechatpay-Timestamp", timestamp),
        ("Wechatpay-Nonce", nonce),
        ("Wechatpay-Serial", KEY_ID.to_owned()),
        (
            "Wechatpay-Signature-Type",
            "WECHATPAY2-SHA256-RSA2048".to_owned(),
        ),
        ("Wechatpay-Signature", sign(who, &text)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// A notice as WeChat Pay posts it: headers, and a body with `content` encrypted in it.
pub fn envelope(
    event_type: &str,
    content: &Value,
    at: Timestamp,
    who: Signer,
) -> (Vec<(String, String)>, Vec<u8>) {
    let (original, aad) = match event_type.split_once('.') {
        Some(("REFUND", _)) => ("refund", "refund"),
        _ => ("transaction", "transaction"),
    };
    let number = unique();
    let nonce = format!("{number:012}");
    let key = UnboundKey::new(&AES_256_GCM, API_V3_KEY.as_bytes()).expect("a key");
    let mut text = content.to_string().into_bytes();
    LessSafeKey::new(key)
        .seal_in_place_append_tag(
            Nonce::try_assume_unique_for_key(nonce.as_bytes()).expect("twelve bytes"),
            Aad::from(aad.as_bytes()),
            &mut text,
        )
        .expect("a ciphertext");
    let body = json!({
        "id": format!("EV-{number:033}"),
        "create_time": rfc3339(at),
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "summary": "支付成功",
        "resource": {
            "original_type": original,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": STANDARD.encode(&text),
            "associated_data": aad,
            "nonce": nonce,
        },
    })
    .to_string()
    .into_bytes();
    (seal(&body, at, who), body)
}

pub(super) fn fen(amount: Money) -> i64 {
    amount.fen().expect("an amount of money")
}

/// A payment as answers and notices tell of it.
pub(super) fn transaction(number: &str, trade: &Trade) -> Value {
    let state = match trade {
        trade if !trade.refunds.is_empty() => "REFUND",
        Trade {
            paid_at: Some(_), ..
        } => "SUCCESS",
        Trade { closed: true, .. } => "CLOSED",
        Trade { scanned: true, .. } => "USERPAYING",
        _ => "NOTPAY",
    };
    let mut told = json!({
        "appid": APP,
        "mchid": MERCHANT,
        "out_trade_no": number,
        "trade_state": state,
        "trade_state_desc": state,
        "amount": {"total": fen(trade.amount), "currency": "CNY"},
    });
    if let Some(at) = trade.paid_at {
        told["transaction_id"] = json!(trade_no(number));
        told["trade_type"] = json!("NATIVE");
        told["bank_type"] = json!("OTHERS");
        told["attach"] = json!("");
        told["success_time"] = json!(rfc3339(at));
        told["payer"] = json!({"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"});
        told["amount"]["payer_total"] = json!(fen(trade.amount));
        told["amount"]["payer_currency"] = json!("CNY");
    }
    told
}

/// A notice about a payment of `amount`, with some members changed (null takes one away), signed by `who`.
pub fn notice(
    number: &str,
    amount: Money,
    at: Timestamp,
    changes: &[(&str, Value)],
    who: Signer,
) -> (Vec<(String, String)>, Vec<u8>) {
    let mut content = transaction(number, &Trade::new(amount, Some(at)));
    change(&mut content, changes);
    envelope("TRANSACTION.SUCCESS", &content, at, who)
}

/// Changes members; one within another is named with a slash.
pub(super) fn change(content: &mut Value, changes: &[(&str, Value)]) {
    for (name, value) in changes {
        let (inside, name) = name
            .split_once('/')
            .map_or((None, *name), |(i, n)| (Some(i), n));
        let object = match inside {
            Some(inside) => content[inside].as_object_mut(),
            None => content.as_object_mut(),
        }
        .expect("an object");
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.to_owned(), value.clone());
        }
    }
}

/// WeChat Pay's own number for a payment of ours.
pub fn trade_no(number: &str) -> String {
    format!("42000{}", number.replace('_', "0"))
}

/// WeChat Pay's own number for a refund of ours.
pub fn refund_id(refund: &str) -> String {
    format!("50000{}", refund.replace("_R", "0"))
}

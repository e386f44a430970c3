//! Notifies: built, encrypted, queued, listed. They are signed when they are sent.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::ledger::{Order, Payment, TradeState};
use super::{Merchant, OPENID};
use crate::app::AppRef;
use crate::clock::china_rfc3339;
use crate::crypto::{Aes, CryptoError, random};
use crate::knobs::{About, Turned};
use crate::outbox::{self, Channel, Outbox, Parcel};
use crate::refunds::{Refund, Standing};

/// Queues the notify about an order that was just paid.
pub fn paid(
    merchant: &Merchant,
    outbox: &mut Outbox,
    order: &Order,
    knobs: &Turned,
    now: Timestamp,
) -> Result<(), CryptoError> {
    if let Some(payment) = &order.payment {
        let plain = payment_text(merchant, order, payment);
        let body = body(
            &merchant.aes,
            About::Pay,
            "TRANSACTION.SUCCESS",
            &plain,
            now,
        )?;
        let url = order.asked.notify_url.clone();
        queue(outbox, order, url, body, knobs, now);
    }
    Ok(())
}

/// Queues the notify about a refund that came to an end, if the merchant gave an address for it.
pub fn refunded(
    merchant: &Merchant,
    outbox: &mut Outbox,
    order: &Order,
    refund: &Refund,
    knobs: &Turned,
    now: Timestamp,
) -> Result<(), CryptoError> {
    if let Some(url) = &refund.notify_url {
        let plain = refund_text(merchant, order, refund);
        let event = format!("REFUND.{}", refund.standing.as_str());
        let body = body(&merchant.aes, About::Refund, &event, &plain, now)?;
        queue(outbox, order, url.clone(), body, knobs, now);
    }
    Ok(())
}

fn queue(
    outbox: &mut Outbox,
    order: &Order,
    url: String,
    body: String,
    knobs: &Turned,
    now: Timestamp,
) {
    let parcel = Parcel {
        signature: knobs.notify_signature,
        serial: knobs.notify_serial.clone(),
        ..Parcel::new(Channel::WechatPay, order.out_trade_no.clone(), url, body)
    };
    outbox::add_notify(outbox, &parcel, knobs, now);
}

/// What a notify about a payment says; a query says the same.
pub(super) fn payment_text(merchant: &Merchant, order: &Order, payment: &Payment) -> Value {
    let (state, description) = TradeState::Success.tell();
    json!({
        "mchid": merchant.config.mchid,
        "appid": merchant.config.appid,
        "out_trade_no": order.out_trade_no,
        "transaction_id": payment.transaction_id,
        "trade_type": "NATIVE",
        "trade_state": state,
        "trade_state_desc": description,
        "bank_type": "OTHERS",
        "attach": order.asked.attach.as_deref().unwrap_or_default(),
        "success_time": china_rfc3339(payment.at),
        "payer": { "openid": OPENID },
        "amount": {
            "total": payment.amount, "payer_total": payment.amount,
            "currency": "CNY", "payer_currency": "CNY",
        },
        "promotion_detail": [],
    })
}

/// What a notify about a refund says.
pub(super) fn refund_text(merchant: &Merchant, order: &Order, refund: &Refund) -> Value {
    let payment = order.payment.as_ref();
    let total = payment.map_or(order.asked.amount, |payment| payment.amount);
    let mut text = json!({
        "mchid": merchant.config.mchid,
        "out_trade_no": order.out_trade_no,
        "transaction_id": payment.map(|payment| &payment.transaction_id),
        "out_refund_no": refund.number,
        "refund_id": refund.gateway_no,
        "refund_status": refund.standing.as_str(),
        "user_received_account": "支付用户零钱",
        "amount": {
            "total": total, "refund": refund.amount,
            "payer_total": total, "payer_refund": refund.amount,
        },
    });
    if refund.standing == Standing::Success {
        text["success_time"] = json!(china_rfc3339(refund.at()));
    }
    text
}

/// The body of a notify, its `plain` part encrypted with `key`.
pub(super) fn body(
    key: &Aes,
    about: About,
    event_type: &str,
    plain: &Value,
    now: Timestamp,
) -> Result<String, CryptoError> {
    let (original_type, summary) = match (about, event_type) {
        (About::Pay, _) => ("transaction", "支付成功"),
        (About::Refund, "REFUND.SUCCESS") => ("refund", "退款成功"),
        (About::Refund, "REFUND.ABNORMAL") => ("refund", "退款异常"),
        (About::Refund, _) => ("refund", "退款关闭"),
    };
    let nonce = hex::encode(random::<6>()?);
    let mut bytes = [0; 12];
    bytes.copy_from_slice(nonce.as_bytes());
    let ciphertext = key.seal(bytes, original_type, &plain.to_string())?;
    let id = hex::encode(random::<16>()?);
    let id = format!(
        "{}-{}-{}-{}-{}",
        &id[..8],
        &id[8..12],
        &id[12..16],
        &id[16..20],
        &id[20..]
    );
    Ok(json!({
        "id": id,
        "create_time": china_rfc3339(now),
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "summary": summary,
        "resource": {
            "original_type": original_type,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": ciphertext,
            "associated_data": original_type,
            "nonce": nonce,
        },
    })
    .to_string())
}

/// What is encrypted in a notify, if it is with the merchant's key.
pub(super) fn open(merchant: &Merchant, body: &Value) -> Option<Value> {
    let part = |name: &str| body["resource"][name].as_str();
    let plain = merchant.aes.open(
        part("nonce")?,
        part("associated_data")?,
        part("ciphertext")?,
    )?;
    serde_json::from_str(&plain).ok()
}

/// `GET /wechatpay/notifies`: all notifies, oldest first, with what was sent, decrypted, and answered.
pub async fn list(State(app): State<AppRef>) -> Json<Value> {
    let all = app.store.read(|world| {
        let list = world.outbox.of(Channel::WechatPay).map(|delivery| {
            let parcel = &delivery.parcel;
            let body: Value = serde_json::from_str(&parcel.body).unwrap_or_default();
            let merchant = app.wechatpay.as_ref();
            json!({
                "id": delivery.id, "out_trade_no": parcel.subject, "url": parcel.url,
                "state": delivery.state, "next_at": delivery.next_at,
                "notify_id": body["id"], "event_type": body["event_type"],
                "resource": merchant.and_then(|merchant| open(merchant, &body)),
                "signature": parcel.signature, "body": parcel.body, "attempts": delivery.attempts,
            })
        });
        Value::Array(list.collect())
    });
    Json(all)
}

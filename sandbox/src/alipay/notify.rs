//! Asynchronous notifies: built, signed, queued, listed.

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::ledger::{Order, Trade};
use super::{BUYER_ID, BUYER_LOGON_ID, BUYER_OPEN_ID, Merchant};
use crate::app::{App, AppRef};
use crate::clock::{china, china_digits, china_millis};
use crate::crypto::{CryptoError, notify_text, random};
use crate::knobs::{Signature, Turned};
use crate::money::Fen;
use crate::outbox::{self, Channel, Outbox, Parcel};
use crate::refunds::Refund;

/// The parameters of a notify before it is signed.
pub(super) type Params = Vec<(String, String)>;

/// What differs between a notify about a trade and one that a knob makes up.
pub(super) struct Told<'a> {
    pub(super) app_id: &'a str,
    pub(super) seller_id: &'a str,
    pub(super) trade_no: &'a str,
    pub(super) status: &'a str,
    pub(super) total_amount: &'a str,
}

/// Queues the notify about an order that was just paid, or refunded by `refund`.
pub fn enqueue(
    merchant: &Merchant,
    outbox: &mut Outbox,
    order: &Order,
    refund: Option<&Refund>,
    knobs: &Turned,
    now: Timestamp,
) -> Result<(), CryptoError> {
    let (Some(url), Some(trade)) = (&order.notify_url, &order.trade) else {
        return Ok(());
    };
    let told = Told {
        app_id: &merchant.config.app_id,
        seller_id: &merchant.config.seller_id,
        trade_no: &trade.trade_no,
        status: trade.status.as_str(),
        total_amount: &order.paid().to_string(),
    };
    let shifted = skewed(now, knobs.clock_skew_s);
    let params = params(merchant, order, refund, &told, shifted)?;
    let body = signed_body(merchant, params, knobs.notify_signature)?;
    let subject = order.out_trade_no.clone();
    let parcel = Parcel::new(Channel::Alipay, subject, url.clone(), body);
    outbox::add_notify(outbox, &parcel, knobs, now);
    Ok(())
}

/// `at` by a clock that is wrong.
fn skewed(at: Timestamp, seconds: i32) -> Timestamp {
    let by = SignedDuration::from_secs(seconds.into());
    at.checked_add(by).unwrap_or(at)
}

/// All parameters but the signature.
pub(super) fn params(
    merchant: &Merchant,
    order: &Order,
    refund: Option<&Refund>,
    told: &Told<'_>,
    now: Timestamp,
) -> Result<Params, CryptoError> {
    let trade = order.trade.as_ref();
    let paid = told.total_amount;
    let created = trade.map_or(now, |trade| trade.created_at);
    let paid_at = trade.and_then(|trade| trade.paid_at).unwrap_or(now);
    let fund_bill_list = json!([{ "amount": paid, "fundChannel": "ALIPAYACCOUNT" }]).to_string();
    let notify_id = format!("{}{}", china_digits(now), hex::encode(random::<10>()?));
    let mut params: Params = [
        ("notify_time", china(now).as_str()),
        ("notify_type", "trade_status_sync"),
        ("notify_id", &notify_id),
        ("app_id", told.app_id),
        ("auth_app_id", told.app_id),
        ("charset", "utf-8"),
        ("version", "1.0"),
        ("sign_type", "RSA2"),
        ("trade_no", told.trade_no),
        ("out_trade_no", &order.out_trade_no),
        ("buyer_id", BUYER_ID),
        ("buyer_logon_id", BUYER_LOGON_ID),
        ("buyer_open_id", BUYER_OPEN_ID),
        ("seller_id", told.seller_id),
        ("seller_email", &merchant.config.seller_email),
        ("trade_status", told.status),
        ("total_amount", paid),
        ("receipt_amount", paid),
        ("invoice_amount", paid),
        ("buyer_pay_amount", paid),
        ("point_amount", "0.00"),
        ("subject", &order.subject),
        ("gmt_create", &china(created)),
        ("gmt_payment", &china(paid_at)),
        ("fund_bill_list", &fund_bill_list),
        ("voucher_detail_list", "[]"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .to_vec();
    let mut also = |key: &str, value: String| params.push((key.to_owned(), value));
    if let Some(body) = &order.body {
        also("body", body.clone());
    }
    if let Some(passback) = &order.passback_params {
        also("passback_params", passback.clone());
    }
    if let Some(refund) = refund {
        let total = trade.map_or(Fen(0), Trade::refunded);
        also("out_biz_no", refund.number.clone());
        also("refund_fee", total.to_string());
        also("gmt_refund", china_millis(refund.at()));
    }
    if let Some(closed_at) = trade.and_then(|trade| trade.closed_at) {
        also("gmt_close", china(closed_at));
    }
    Ok(params)
}

/// The form, signed as a knob wants it.
pub(super) fn signed_body(
    merchant: &Merchant,
    mut params: Params,
    signature: Signature,
) -> Result<String, CryptoError> {
    if let Some(sign) = merchant.sign(&notify_text(&params), signature)? {
        params.push(("sign".to_owned(), sign));
    }
    Ok(form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .finish())
}

/// `GET /alipay/notifies`: all notifies, oldest first, with what was sent and answered.
pub async fn list(State(app): State<AppRef>) -> Json<Value> {
    Json(all(&app))
}

fn all(app: &App) -> Value {
    app.store.read(|world| {
        let list = world.outbox.of(Channel::Alipay).map(|delivery| {
            let parcel = &delivery.parcel;
            let params: Map<String, Value> = form_urlencoded::parse(parcel.body.as_bytes())
                .map(|(key, value)| (key.into_owned(), Value::String(value.into_owned())))
                .collect();
            json!({
                "id": delivery.id, "out_trade_no": parcel.subject, "url": parcel.url,
                "state": delivery.state, "next_at": delivery.next_at,
                "body": parcel.body, "params": params, "attempts": delivery.attempts,
            })
        });
        Value::Array(list.collect())
    })
}

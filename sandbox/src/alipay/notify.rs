//! Asynchronous notifies: built, signed, queued, listed.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;
use url::form_urlencoded;

use super::ledger::{Order, Refund, Status};
use super::money::Fen;
use super::{BUYER_ID, BUYER_LOGON_ID, BUYER_OPEN_ID, Merchant, trade_no};
use crate::app::{App, AppRef, Failure};
use crate::clock::{china, china_digits, china_millis};
use crate::crypto::{CryptoError, notify_text, random};
use crate::knobs::Knobs;
use crate::outbox::{self, Channel, Outbox, Parcel};

/// The parameters of a notify before it is signed.
type Params = Vec<(String, String)>;

/// What differs between a notify about a trade and one that a knob makes up.
struct Told<'a> {
    app_id: &'a str,
    seller_id: &'a str,
    trade_no: &'a str,
    status: &'a str,
    total_amount: &'a str,
}

/// Queues the notify about an order that was just paid, or refunded by `refund`.
pub fn enqueue(
    merchant: &Merchant,
    outbox: &mut Outbox,
    order: &Order,
    refund: Option<&Refund>,
    knobs: &Knobs,
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
        total_amount: &order.amount.to_string(),
    };
    let body = signed_body(
        merchant,
        params(merchant, order, refund, &told, now)?,
        false,
    )?;
    let parcel = Parcel {
        channel: Channel::Alipay,
        subject: order.out_trade_no.clone(),
        url: url.clone(),
        body,
    };
    outbox::add_notify(outbox, &parcel, knobs, now);
    Ok(())
}

fn params(
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
        let total = trade.map_or(Fen(0), super::ledger::Trade::refunded);
        also("out_biz_no", refund.out_request_no.clone());
        also("refund_fee", total.to_string());
        also("gmt_refund", china_millis(refund.at));
    }
    if let Some(closed_at) = trade.and_then(|trade| trade.closed_at) {
        also("gmt_close", china(closed_at));
    }
    Ok(params)
}

/// The form. A forged one carries a well-formed signature of Alipay's key over something else.
fn signed_body(
    merchant: &Merchant,
    mut params: Params,
    forged: bool,
) -> Result<String, CryptoError> {
    let mut text = notify_text(&params);
    if forged {
        text.push_str("&forged=1");
    }
    params.push(("sign".to_owned(), merchant.signer.sign(&text)?));
    Ok(form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .finish())
}

/// `POST /knobs/alipay/notify`: a notify that no trade has caused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// The order that it claims to be about; need not exist.
    pub out_trade_no: String,
    /// Default: the order's.
    #[serde(default)]
    pub total_amount: Option<String>,
    /// Default: the merchant's.
    #[serde(default)]
    pub seller_id: Option<String>,
    /// Default: the merchant's.
    #[serde(default)]
    pub app_id: Option<String>,
    /// Default: the trade's, or a fresh one.
    #[serde(default)]
    pub trade_no: Option<String>,
    /// Default: `TRADE_SUCCESS`.
    #[serde(default)]
    pub trade_status: Option<String>,
    /// Default: the order's, or that of any order.
    #[serde(default)]
    pub notify_url: Option<String>,
    /// Whether the signature is one over something else.
    #[serde(default)]
    pub forged: bool,
    /// How many are sent, all at the same moment and with the same `notify_id`. Default: 1.
    #[serde(default = "once")]
    pub times: u8,
}

fn once() -> u8 {
    1
}

/// Sends a made-up notify at once and answers what the merchant said to each.
pub async fn send_extra(app: &AppRef, ask: Extra) -> Result<Vec<Value>, Failure> {
    let now = app.clock.now();
    let (known, any_url) = app.store.read(|world| {
        let ledger = &world.alipay;
        let any = ledger.orders().find_map(|order| order.notify_url.clone());
        (ledger.order(&ask.out_trade_no).cloned(), any)
    });
    let invalid = |text: &str| Failure::Invalid("invalid_notify", text.to_owned());
    let known_amount = known.as_ref().map(|order| order.amount.to_string());
    let total_amount = ask
        .total_amount
        .or(known_amount)
        .ok_or_else(|| invalid("no such order, so total_amount is needed"))?;
    let url = ask
        .notify_url
        .or_else(|| known.as_ref().and_then(|order| order.notify_url.clone()))
        .or(any_url)
        .ok_or_else(|| invalid("no order has a notify_url, so it is needed"))?;
    let order = known.unwrap_or_else(|| Order {
        out_trade_no: ask.out_trade_no.clone(),
        amount: Fen(0),
        subject: "沙箱".to_owned(),
        body: None,
        passback_params: None,
        notify_url: None,
        code: String::new(),
        expires_at: now,
        timeout: None,
        trade: None,
    });
    let known_trade_no = order.trade.as_ref().map(|trade| trade.trade_no.clone());
    let trade_no = match ask.trade_no.or(known_trade_no) {
        Some(given) => given,
        None => trade_no(now)?,
    };
    let merchant = &app.alipay;
    let told = Told {
        app_id: ask.app_id.as_deref().unwrap_or(&merchant.config.app_id),
        seller_id: ask
            .seller_id
            .as_deref()
            .unwrap_or(&merchant.config.seller_id),
        trade_no: &trade_no,
        status: ask
            .trade_status
            .as_deref()
            .unwrap_or(Status::TradeSuccess.as_str()),
        total_amount: &total_amount,
    };
    let params = params(merchant, &order, None, &told, now)?;
    let parcel = Parcel {
        channel: Channel::Alipay,
        subject: ask.out_trade_no,
        url,
        body: signed_body(merchant, params, ask.forged)?,
    };
    let mut tries = JoinSet::new();
    for _ in 0..ask.times {
        let (app, parcel) = (app.clone(), parcel.clone());
        tries.spawn(async move { outbox::attempt(&app, &parcel).await });
    }
    let mut answers = Vec::new();
    for attempt in tries.join_all().await {
        answers.push(
            json!({ "status": attempt.status, "answer": attempt.answer, "taken": attempt.taken }),
        );
        app.store
            .update(|world| world.outbox.note(parcel.clone(), attempt))?;
    }
    Ok(answers)
}

/// `GET /alipay/notifies`: all notifies, oldest first, with what was sent and answered.
pub async fn list(State(app): State<AppRef>) -> Json<Value> {
    Json(all(&app))
}

fn all(app: &App) -> Value {
    app.store.read(|world| {
        let list = world.outbox.of(Channel::Alipay).map(|delivery| {
            let params: Map<String, Value> = form_urlencoded::parse(delivery.body.as_bytes())
                .map(|(key, value)| (key.into_owned(), Value::String(value.into_owned())))
                .collect();
            json!({
                "id": delivery.id, "out_trade_no": delivery.subject, "url": delivery.url,
                "state": delivery.state, "next_at": delivery.next_at,
                "body": delivery.body, "params": params, "attempts": delivery.attempts,
            })
        });
        Value::Array(list.collect())
    })
}

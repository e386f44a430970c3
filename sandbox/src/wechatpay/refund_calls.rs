//! The calls about refunds, their end by hand, and their list.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::calls::{Answer, Done, Request, check_currency, check_text, check_url, is_number, sum};
use super::ledger::{Order, OrderRef};
use super::refunds::Ask;
use super::terms::{Problem, Refusal};
use super::{merchant, notify, refund_id};
use crate::app::{App, AppRef, Failure};
use crate::clock::china_rfc3339;
use crate::knobs::{RefundOutcome, Turned};
use crate::money::Fen;
use crate::refunds::{Refund, Standing, plan};

/// The body of a refund.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is not played is still checked for its form")]
struct Body {
    transaction_id: Option<String>,
    out_trade_no: Option<String>,
    out_refund_no: String,
    reason: Option<String>,
    notify_url: Option<String>,
    funds_account: Option<String>,
    amount: Amount,
    goods_detail: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is not played is still checked for its form")]
struct Amount {
    refund: u64,
    total: u64,
    currency: String,
    from: Option<IgnoredAny>,
}

/// `POST /v3/refund/domestic/refunds`. Its answer says that the refund was taken, not that the money is there.
pub(super) fn refund(app: &App, request: &Request<'_>, knobs: &Turned, now: Timestamp) -> Done {
    let (body, amount, total) = match read(request) {
        Ok(read) => read,
        Err(problem) => return Ok(Err(problem)),
    };
    let which = match (&body.transaction_id, &body.out_trade_no) {
        (Some(id), _) => OrderRef::TransactionId(id),
        (None, Some(number)) => OrderRef::OutTradeNo(number),
        (None, None) => return Ok(Err(Problem::parameter("out_trade_no"))),
    };
    let refund_id = refund_id(now)?;
    let ask = Ask {
        which,
        number: &body.out_refund_no,
        amount,
        total,
        reason: body.reason.as_deref(),
        notify_url: body.notify_url.as_deref(),
        refund_id: &refund_id,
        refuse: match knobs.refund {
            RefundOutcome::Short => Some(Refusal::NOT_ENOUGH),
            RefundOutcome::Refused => Some(Refusal::NOT_ALLOWED),
            _ => None,
        },
        due: plan(knobs, now),
    };
    let taken = app.store.update(|world| {
        let (order, refund) = world.wechatpay.refund(ask, now)?;
        Ok(tell(order, refund))
    })?;
    app.wake.notify_one();
    Ok(taken
        .map(|told| Answer::json(200, &told))
        .map_err(|refusal: Refusal| refusal.into()))
}

fn read(request: &Request<'_>) -> Result<(Body, Fen, Fen), Problem> {
    let body: Body = request.json()?;
    if body.out_refund_no.len() > 64 || !is_number(&body.out_refund_no, "_-|*@") {
        return Err(Problem::parameter("out_refund_no"));
    }
    if let Some(reason) = &body.reason {
        check_text(reason, 80, "reason")?;
    }
    if let Some(url) = &body.notify_url {
        check_url(url, "notify_url")?;
    }
    check_currency(Some(&body.amount.currency))?;
    let amount = sum(body.amount.refund, "amount.refund")?;
    let total = sum(body.amount.total, "amount.total")?;
    Ok((body, amount, total))
}

/// `GET /v3/refund/domestic/refunds/{out_refund_no}`.
pub(super) fn query(app: &App, number: &str) -> Result<Answer, Problem> {
    app.store.read(|world| {
        let found = world.wechatpay.refund_of(number);
        let (order, refund) = found.ok_or(Refusal::NO_REFUND)?;
        Ok(Answer::json(200, &tell(order, refund)))
    })
}

/// What the gateway tells of a refund.
fn tell(order: &Order, refund: &Refund) -> Value {
    let payment = order.payment.as_ref();
    let total = payment.map_or(order.asked.amount, |payment| payment.amount);
    let mut told = json!({
        "refund_id": refund.gateway_no,
        "out_refund_no": refund.number,
        "transaction_id": payment.map(|payment| &payment.transaction_id),
        "out_trade_no": order.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": china_rfc3339(refund.asked_at),
        "status": refund.standing.as_str(),
        "funds_account": "AVAILABLE",
        "amount": {
            "total": total, "refund": refund.amount, "from": [],
            "payer_total": total, "payer_refund": refund.amount,
            "settlement_total": total, "settlement_refund": refund.amount,
            "discount_refund": 0, "currency": "CNY", "refund_fee": 0,
        },
        "promotion_detail": [],
    });
    if refund.standing == Standing::Success {
        told["success_time"] = json!(china_rfc3339(refund.at()));
    }
    told
}

/// Which refund shall come to which end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    /// One that is on its way, or abnormal.
    pub out_refund_no: String,
    /// How it ends.
    #[serde(default)]
    pub outcome: End,
}

/// How a refund ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The money is with the payer: by itself, or because somebody settled it in the console.
    #[default]
    Success,
    /// The payer's account does not take it.
    Abnormal,
    /// Given up.
    Closed,
}

/// `POST /wechatpay/refunds/finish`: what the bank, or a person in WeChat Pay's console, does.
pub async fn finish(
    State(app): State<AppRef>,
    Json(ask): Json<Finish>,
) -> Result<Json<Value>, Failure> {
    let merchant = merchant(&app)?;
    let now = app.clock.now();
    let knobs = app.knobs.get().wechatpay();
    let standing = match ask.outcome {
        End::Success => Standing::Success,
        End::Abnormal => Standing::Abnormal,
        End::Closed => Standing::Closed,
    };
    let told = app.store.update(|world| -> Result<Value, Failure> {
        let unknown =
            || Failure::NotFound("no_such_refund", "no such refund is on its way".to_owned());
        let number = &ask.out_refund_no;
        world
            .wechatpay
            .finish_refund(number, standing, now)
            .ok_or_else(unknown)?;
        let (order, refund) = world.wechatpay.refund_of(number).ok_or_else(unknown)?;
        notify::refunded(merchant, &mut world.outbox, order, refund, &knobs, now)?;
        Ok(describe(order, refund))
    })??;
    app.wake.notify_one();
    Ok(Json(told))
}

/// `GET /wechatpay/refunds`: all refunds.
pub async fn list(State(app): State<AppRef>) -> Json<Value> {
    Json(app.store.read(|world| {
        let orders = world.wechatpay.orders();
        let all = orders.flat_map(|order| order.refunds.iter().map(|r| describe(order, r)));
        Value::Array(all.collect())
    }))
}

/// A refund for machines.
pub(super) fn describe(order: &Order, refund: &Refund) -> Value {
    json!({
        "out_trade_no": order.out_trade_no,
        "out_refund_no": refund.number,
        "refund_id": refund.gateway_no,
        "refund_amount": refund.amount.to_string(),
        "status": refund.standing.as_str(),
        "reason": refund.reason,
        "notify_url": refund.notify_url,
        "asked_at": refund.asked_at,
        "at": refund.at(),
    })
}

//! Giving money back: what the ledger allows, the calls about it, and their end.

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::{Done, Fields, Wrong, amount, fields, text, trade_ref};
use super::ledger::{Ledger, Order, Status, TradeRef};
use super::terms::Refusal;
use super::{BUYER_ID, BUYER_LOGON_ID, BUYER_OPEN_ID, notify};
use crate::app::{App, AppRef, Failure};
use crate::clock::china;
use crate::knobs::RefundOutcome;
use crate::money::Fen;
use crate::refunds::{Due, Refund, Standing, plan, taken};

/// A refund as asked for, and what the knobs make of it.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Of which trade.
    pub which: TradeRef<'a>,
    /// How much.
    pub amount: Fen,
    /// `out_request_no`.
    pub number: Option<&'a str>,
    /// `refund_reason`.
    pub reason: Option<&'a str>,
    /// What a new refund is refused with.
    pub refuse: Option<Refusal>,
    /// What becomes of a new refund, if it is not to wait.
    pub due: Option<Due>,
    /// What must lie between two refunds of one trade.
    pub gap: SignedDuration,
}

impl Ledger {
    /// Takes a refund. The same number again changes nothing and answers `false`.
    pub fn refund(&mut self, ask: Ask<'_>, now: Timestamp) -> Result<(&Order, bool), Refusal> {
        let number = self.number(ask.which)?;
        self.settle(&number, now);
        let order = self.order_mut(&number).ok_or(Refusal::NOT_EXIST)?;
        let paid = order.paid();
        let trade = order.trade.as_mut().ok_or(Refusal::NOT_EXIST)?;
        let request = match ask.number {
            Some(given) => given,
            None if ask.amount == paid => &order.out_trade_no,
            None => return Err(Refusal::PARAMETER),
        };
        if let Some(known) = trade.refunds.iter().find(|r| r.number == request) {
            return if known.amount == ask.amount {
                Ok((order, false))
            } else {
                Err(Refusal::REFUND_CHANGED)
            };
        }
        if trade.status != Status::TradeSuccess {
            return Err(Refusal::STATUS);
        }
        if taken(&trade.refunds).0 + ask.amount.0 > paid.0 {
            return Err(Refusal::TOO_MUCH);
        }
        if let Some(last) = trade.refunds.last()
            && now.duration_since(last.asked_at) < ask.gap
        {
            return Err(Refusal::TOO_SOON);
        }
        if let Some(refusal) = ask.refuse {
            return Err(refusal);
        }
        let mut refund = Refund::new(request.to_owned(), ask.amount, ask.due, now);
        refund.reason = ask.reason.map(str::to_owned);
        trade.refunds.push(refund);
        order.settle_refunds(now);
        Ok((order, true))
    }

    /// Does all refunds that are due. Answers whose they are, and their numbers.
    pub fn settle_refunds(&mut self, now: Timestamp) -> Vec<(String, String)> {
        let mut done = Vec::new();
        for order in self.orders_mut() {
            for number in order.settle_refunds(now) {
                done.push((order.out_trade_no.clone(), number));
            }
        }
        done
    }

    /// When the next refund is due.
    pub fn next_refund(&self) -> Option<Timestamp> {
        let refunds = self.orders().flat_map(Order::refunds);
        refunds.filter_map(|refund| Some(refund.due?.at)).min()
    }

    /// Does a refund that waits now. Answers whose it is.
    pub fn finish_refund(&mut self, number: &str, now: Timestamp) -> Option<String> {
        let waits = |r: &Refund| r.number == number && r.standing == Standing::Processing;
        for order in self.orders_mut() {
            let Some(trade) = &mut order.trade else {
                continue;
            };
            if let Some(refund) = trade.refunds.iter_mut().find(|refund| waits(refund)) {
                refund.due = Some(Due {
                    at: now,
                    standing: Standing::Success,
                });
                order.settle_refunds(now);
                return Some(order.out_trade_no.clone());
            }
        }
        None
    }
}

impl Order {
    /// All refunds, oldest first.
    pub fn refunds(&self) -> &[Refund] {
        self.trade.as_ref().map_or(&[], |trade| &trade.refunds)
    }

    /// The refund of this number.
    pub fn refund(&self, number: &str) -> Option<&Refund> {
        self.refunds().iter().find(|r| r.number == number)
    }

    /// Does what is due, and closes the trade when nothing is left of it. Answers the numbers.
    fn settle_refunds(&mut self, now: Timestamp) -> Vec<String> {
        let paid = self.paid();
        let Some(trade) = &mut self.trade else {
            return Vec::new();
        };
        let due = trade.refunds.iter_mut().filter_map(|refund| {
            let done = refund.settle(now);
            done.then(|| refund.number.clone())
        });
        let done: Vec<String> = due.collect();
        if trade.status == Status::TradeSuccess && trade.refunded() == paid {
            trade.status = Status::TradeClosed;
            trade.closed_at = Some(now);
        }
        done
    }
}

/// What a knob has new refunds refused with.
fn refusal(outcome: RefundOutcome) -> Option<Refusal> {
    match outcome {
        RefundOutcome::Success | RefundOutcome::Processing => None,
        RefundOutcome::Short => Some(Refusal::SHORT),
        RefundOutcome::Abnormal => Some(Refusal::BUYER),
        RefundOutcome::Closed | RefundOutcome::Refused => Some(Refusal::NOT_ALLOWED),
    }
}

/// `alipay.trade.refund`. `fund_change` is `Y` only if this very call moved the money.
pub(super) fn refund(app: &App, content: &Fields, now: Timestamp) -> Done {
    let read = || -> Result<_, Wrong> {
        let number = text(content, "out_request_no")?;
        if number.is_some_and(|number| number.len() > 64) {
            return Err(Wrong::parameter("out_request_no"));
        }
        let reason = text(content, "refund_reason")?;
        let which = trade_ref(content)?;
        Ok((which, amount(content, "refund_amount")?, number, reason))
    };
    let (which, amount, number, reason) = match read() {
        Ok(asked) => asked,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let knobs = app.knobs.get().alipay();
    let ask = Ask {
        which,
        amount,
        number,
        reason,
        refuse: refusal(knobs.refund),
        due: plan(&knobs, now),
        gap: SignedDuration::from_millis(i64::try_from(knobs.refund_gap_ms).unwrap_or(i64::MAX)),
    };
    let done = app.store.update(|world| -> Done {
        let (order, fresh) = match world.alipay.refund(ask, now) {
            Ok(done) => done,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        let (Some(trade), Some(refund)) = (
            &order.trade,
            order.refund(number.unwrap_or(&order.out_trade_no)),
        ) else {
            return Ok(Err(Refusal::NOT_EXIST.into()));
        };
        let moved = fresh && refund.standing == Standing::Success;
        if moved {
            let outbox = &mut world.outbox;
            notify::enqueue(&app.alipay, outbox, order, Some(refund), &knobs, now)?;
        }
        let mut told = fields(json!({
            "trade_no": trade.trade_no,
            "out_trade_no": order.out_trade_no,
            "buyer_logon_id": BUYER_LOGON_ID,
            "buyer_user_id": BUYER_ID,
            "buyer_open_id": BUYER_OPEN_ID,
            "fund_change": if moved { "Y" } else { "N" },
            "refund_fee": trade.refunded().to_string(),
        }));
        if moved {
            told.insert("gmt_refund_pay".to_owned(), Value::String(china(now)));
        }
        Ok(Ok(told))
    })??;
    app.wake.notify_one();
    Ok(done)
}

/// `alipay.trade.fastpay.refund.query`. Without `refund_status` the refund is not done, or not known.
pub(super) fn refund_query(app: &App, content: &Fields, now: Timestamp) -> Done {
    let read = || -> Result<_, Wrong> {
        let number = text(content, "out_request_no")?;
        let number = number.ok_or(Wrong::parameter("out_request_no"))?;
        Ok((trade_ref(content)?, number))
    };
    let (which, number) = match read() {
        Ok(asked) => asked,
        Err(wrong) => return Ok(Err(wrong)),
    };
    Ok(app.store.update(|world| {
        let (order, trade) = world.alipay.query(which, now)?;
        let mut told = fields(json!({
            "trade_no": trade.trade_no,
            "out_trade_no": order.out_trade_no,
            "out_request_no": number,
        }));
        if let Some(refund) = order.refund(number) {
            told.extend(fields(json!({
                "total_amount": order.paid().to_string(),
                "refund_amount": refund.amount.to_string(),
            })));
            if refund.standing == Standing::Success {
                told.extend(fields(json!({
                    "refund_status": "REFUND_SUCCESS",
                    "gmt_refund_pay": china(refund.at()),
                })));
            }
        }
        Ok(told)
    })?)
}

/// Which refund shall be done now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    /// `out_request_no` of one that waits.
    pub out_request_no: String,
}

/// `POST /alipay/refunds/finish`: does a refund that waits.
pub async fn finish(
    State(app): State<AppRef>,
    Json(ask): Json<Finish>,
) -> Result<Json<Value>, Failure> {
    let now = app.clock.now();
    let knobs = app.knobs.get().alipay();
    let told = app.store.update(|world| -> Result<Value, Failure> {
        let unknown =
            || Failure::NotFound("no_such_refund", "no such refund is on its way".to_owned());
        let number = &ask.out_request_no;
        let order = world
            .alipay
            .finish_refund(number, now)
            .ok_or_else(unknown)?;
        let order = world.alipay.order(&order).ok_or_else(unknown)?;
        let refund = order.refund(number).ok_or_else(unknown)?;
        notify::enqueue(
            &app.alipay,
            &mut world.outbox,
            order,
            Some(refund),
            &knobs,
            now,
        )?;
        Ok(describe(order, refund))
    })??;
    app.wake.notify_one();
    Ok(Json(told))
}

/// `GET /alipay/refunds`: all refunds.
pub async fn list(State(app): State<AppRef>) -> Json<Value> {
    Json(app.store.read(|world| {
        let orders = world.alipay.orders();
        let all = orders.flat_map(|order| order.refunds().iter().map(|r| describe(order, r)));
        Value::Array(all.collect())
    }))
}

/// A refund for machines.
pub(super) fn describe(order: &Order, refund: &Refund) -> Value {
    json!({
        "out_trade_no": order.out_trade_no,
        "out_request_no": refund.number,
        "refund_amount": refund.amount.to_string(),
        "status": refund.standing.as_str(),
        "reason": refund.reason,
        "asked_at": refund.asked_at,
        "at": refund.at(),
    })
}

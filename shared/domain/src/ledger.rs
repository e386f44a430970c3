//! The ledger (账簿): what every transition of an order does to money, as double entries that are only ever
//! added.
//!
//! Each posting moves one amount from one account to another, so debits and credits are equal by
//! construction. What companies paid is `held` until a line of the order is delivered, which earns its
//! price, or until it went back. So of every order: paid = earned + refunded + held.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{LineNo, OrderId};
use crate::money::Money;
use crate::order::{Event, EventKind, LineState, Order};
use crate::payment::{OutTradeNo, PaymentMethod};
use crate::refund::RefundState;

/// An account of the ledger.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Our money at Alipay.
    Alipay,
    /// Our money at WeChat Pay.
    #[serde(rename = "wechatpay")]
    WechatPay,
    /// Our money at the bank, as far as refunds were paid out from there by hand.
    Bank,
    /// What companies paid and nobody has earned yet.
    Held,
    /// What was delivered.
    Earned,
}

impl Account {
    /// The account at a gateway.
    pub fn of(method: PaymentMethod) -> Self {
        match method {
            PaymentMethod::Alipay => Self::Alipay,
            PaymentMethod::WechatPay => Self::WechatPay,
        }
    }
}

/// What a posting is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Cause {
    /// A gateway received money on an attempt.
    Paid {
        /// Its number there.
        number: String,
    },
    /// A gateway gave money back.
    Refunded {
        /// The number of the refund there.
        number: String,
    },
    /// Money was given back by hand.
    Settled {
        /// The number of the refund.
        number: String,
        /// The number of the transfer.
        reference: String,
    },
    /// A line was delivered.
    Earned {
        /// Which.
        line: LineNo,
    },
}

/// One double entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Posting {
    /// The order.
    pub order: OrderId,
    /// The event of the order that made it.
    pub event: u32,
    /// Its place among the postings of that event, from 1.
    pub no: u32,
    /// When it was written.
    pub at: Timestamp,
    /// The day in China that it counts for: for money at a gateway the gateway's own, so that a day of ours
    /// and a day of its bill are the same.
    pub day: Date,
    /// The account that gets more: of what we have, or less of what we owe.
    pub debit: Account,
    /// The account that gives.
    pub credit: Account,
    /// How much.
    pub amount: Money,
    /// What for.
    pub cause: Cause,
}

/// The day in China.
pub fn day_of(at: Timestamp) -> Date {
    // China has kept one time, UTC+8, since 1991.
    at.to_zoned(TimeZone::fixed(offset(8))).date()
}

/// What a transition does to money.
pub fn postings(before: &Order, after: &Order, event: &Event, now: Timestamp) -> Vec<Posting> {
    let mut entries: Vec<(Timestamp, Account, Account, Money, Cause)> = Vec::new();
    if let EventKind::PaymentReceived {
        attempt,
        method,
        amount,
        paid_at,
        ..
    } = &event.kind
    {
        let number = OutTradeNo {
            order: after.id.clone(),
            attempt: *attempt,
        };
        let cause = Cause::Paid {
            number: number.to_string(),
        };
        entries.push((
            *paid_at,
            Account::of(*method),
            Account::Held,
            *amount,
            cause,
        ));
    }
    for refund in &after.refunds {
        let old = before.refunds.iter().find(|old| old.no == refund.no);
        if old.is_some_and(|old| old.state == refund.state) {
            continue;
        }
        let number = refund.number(&after.id).to_string();
        match refund.state {
            RefundState::Done => entries.push((
                refund.done_at.unwrap_or(now),
                Account::Held,
                Account::of(refund.method),
                refund.amount,
                Cause::Refunded { number },
            )),
            RefundState::Settled => entries.push((
                now,
                Account::Held,
                Account::Bank,
                refund.amount,
                Cause::Settled {
                    number,
                    reference: refund
                        .settlement
                        .as_ref()
                        .map(|settlement| settlement.reference.clone())
                        .unwrap_or_default(),
                },
            )),
            RefundState::Asking | RefundState::Waiting | RefundState::Abnormal => {}
        }
    }
    for line in &after.lines {
        let old = before.line(line.no).map(|old| old.state);
        if line.state == LineState::Completed
            && old != Some(LineState::Completed)
            && line.kept() > Money::ZERO
        {
            entries.push((
                now,
                Account::Held,
                Account::Earned,
                line.kept(),
                Cause::Earned { line: line.no },
            ));
        }
    }
    entries
        .into_iter()
        .zip(1..)
        .map(|((value_at, debit, credit, amount, cause), no)| Posting {
            order: after.id.clone(),
            event: after.events,
            no,
            at: now,
            day: day_of(value_at),
            debit,
            credit,
            amount,
            cause,
        })
        .collect()
}

/// The sums of some postings. Amounts are never below zero here; `held` may be when money went back twice,
/// and then says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Books {
    /// What gateways received.
    pub paid: Money,
    /// What was delivered.
    pub earned: Money,
    /// What went back, by gateway or by hand.
    pub refunded: Money,
}

impl Books {
    /// The sums of these.
    pub fn of<'a>(postings: impl IntoIterator<Item = &'a Posting>) -> Self {
        let mut books = Self::default();
        for posting in postings {
            let sum = match posting.cause {
                Cause::Paid { .. } => &mut books.paid,
                Cause::Refunded { .. } | Cause::Settled { .. } => &mut books.refunded,
                Cause::Earned { .. } => &mut books.earned,
            };
            *sum = *sum + posting.amount;
        }
        books
    }

    /// What is neither earned nor back: paid − earned − refunded. Below zero only when more went out than
    /// came in, which a person has to look at.
    pub fn held(&self) -> Money {
        self.paid - self.earned - self.refunded
    }
}

/// The balance of each account after these postings: what it was debited less what it was credited.
pub fn balances<'a>(postings: impl IntoIterator<Item = &'a Posting>) -> BTreeMap<Account, Money> {
    let mut balances: BTreeMap<Account, Money> = BTreeMap::new();
    for posting in postings {
        let debit = balances.entry(posting.debit).or_default();
        *debit = *debit + posting.amount;
        let credit = balances.entry(posting.credit).or_default();
        *credit = *credit - posting.amount;
    }
    balances
}

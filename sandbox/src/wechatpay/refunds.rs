//! Giving money back: what the ledger allows.

use jiff::{SignedDuration, Timestamp};

use super::ledger::{Ledger, Order, OrderRef};
use super::terms::Refusal;
use crate::money::Fen;
use crate::refunds::{Due, Refund, Standing, taken};

/// How many refunds one payment may have.
const MOST: usize = 50;
/// How long after a payment it can be refunded.
const LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);

/// A refund as asked for, and what the knobs make of it.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Of which order.
    pub which: OrderRef<'a>,
    /// `out_refund_no`.
    pub number: &'a str,
    /// How much.
    pub amount: Fen,
    /// What was paid in all, as the merchant has it.
    pub total: Fen,
    /// What the payer reads.
    pub reason: Option<&'a str>,
    /// Where the notify goes.
    pub notify_url: Option<&'a str>,
    /// The number of a new refund.
    pub refund_id: &'a str,
    /// What a new refund is refused with.
    pub refuse: Option<Refusal>,
    /// What becomes of a new refund, if it is not to wait.
    pub due: Option<Due>,
}

impl Ledger {
    /// Takes a refund. The same number again changes nothing.
    pub fn refund(&mut self, ask: Ask<'_>, now: Timestamp) -> Result<(&Order, &Refund), Refusal> {
        let order = self.find(ask.which).ok_or(Refusal::NO_ORDER)?;
        let payment = order.payment.as_ref().ok_or(Refusal::UNPAID)?;
        if payment.amount != ask.total {
            return Err(Refusal::REFUND_CHANGED);
        }
        let (paid, paid_at) = (payment.amount, payment.at);
        let whose = order.out_trade_no.clone();
        if let Some((other, known)) = self.refund_of(ask.number) {
            if other.out_trade_no != whose || known.amount != ask.amount {
                return Err(Refusal::REFUND_CHANGED);
            }
        } else {
            let order = self.order_mut(&whose).ok_or(Refusal::NO_ORDER)?;
            if now.duration_since(paid_at) > LIFE {
                return Err(Refusal::TOO_LATE);
            }
            if order.refunds.len() >= MOST {
                return Err(Refusal::TOO_MANY);
            }
            if taken(&order.refunds).0 + ask.amount.0 > paid.0 {
                return Err(Refusal::TOO_MUCH);
            }
            if let Some(refusal) = ask.refuse {
                return Err(refusal);
            }
            order.refunds.push(Refund {
                gateway_no: ask.refund_id.to_owned(),
                reason: ask.reason.map(str::to_owned),
                notify_url: ask.notify_url.map(str::to_owned),
                ..Refund::new(ask.number.to_owned(), ask.amount, ask.due, now)
            });
        }
        self.refund_of(ask.number).ok_or(Refusal::NO_REFUND)
    }

    /// The refund of this number, and its order.
    pub fn refund_of(&self, number: &str) -> Option<(&Order, &Refund)> {
        self.orders()
            .find_map(|order| Some((order, order.refund(number)?)))
    }

    /// Does all refunds that are due. Answers whose they are, and their numbers.
    pub fn settle_refunds(&mut self, now: Timestamp) -> Vec<(String, String)> {
        let mut done = Vec::new();
        for order in self.orders_mut() {
            for refund in &mut order.refunds {
                if refund.settle(now) {
                    done.push((order.out_trade_no.clone(), refund.number.clone()));
                }
            }
        }
        done
    }

    /// When the next refund is due.
    pub fn next_refund(&self) -> Option<Timestamp> {
        let refunds = self.orders().flat_map(|order| &order.refunds);
        refunds.filter_map(|refund| Some(refund.due?.at)).min()
    }

    /// Brings a refund that waits, or is abnormal, to an end. Answers whose it is.
    pub fn finish_refund(
        &mut self,
        number: &str,
        standing: Standing,
        now: Timestamp,
    ) -> Option<String> {
        let open = |r: &Refund| matches!(r.standing, Standing::Processing | Standing::Abnormal);
        for order in self.orders_mut() {
            let mut refunds = order.refunds.iter_mut();
            if let Some(refund) = refunds.find(|r| r.number == number && open(r)) {
                refund.finish(standing, now);
                return Some(order.out_trade_no.clone());
            }
        }
        None
    }
}

impl Order {
    /// The refund of this number.
    pub fn refund(&self, number: &str) -> Option<&Refund> {
        self.refunds.iter().find(|r| r.number == number)
    }
}

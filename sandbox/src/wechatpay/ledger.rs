//! Orders and payments: what WeChat Pay knows and allows. Pure, apart from the time passed in.
//!
//! An order is there from the call on, unlike Alipay's. Its end to pay closes nothing: the phone refuses, the
//! state stays `NOTPAY`.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::terms::Refusal;
use crate::bills::{RefundPart, Row};
use crate::money::Fen;
use crate::refunds::{Refund, Standing};

/// How long a code lives.
const CODE_LIFE: SignedDuration = SignedDuration::from_hours(2);
/// How long an order can be paid if the merchant sets nothing.
const ORDER_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// All orders by the merchant's number, and all codes ever shown.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    orders: BTreeMap<String, Order>,
    codes: BTreeMap<String, String>,
}

/// What the merchant asked for; the same again must be the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// What is to be paid.
    pub amount: Fen,
    /// What the payer reads.
    pub description: String,
    /// The merchant's own text, told again in notifies.
    pub attach: Option<String>,
    /// Where notifies go.
    pub notify_url: String,
    /// Until when it can be paid.
    pub time_expire: Option<Timestamp>,
}

/// One order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// The merchant's number.
    pub out_trade_no: String,
    /// What was asked for.
    pub asked: Asked,
    /// When.
    pub created_at: Timestamp,
    /// The code of the QR that is valid now.
    pub code: String,
    /// Until when that code lives.
    pub code_expires_at: Timestamp,
    /// There once it is paid.
    pub payment: Option<Payment>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// In the order in which they were asked for.
    pub refunds: Vec<Refund>,
}

/// Money that came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Payment {
    /// WeChat Pay's number.
    pub transaction_id: String,
    /// How much.
    pub amount: Fen,
    /// When.
    pub at: Timestamp,
}

/// `trade_state` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TradeState {
    /// Not paid, perhaps never.
    NotPay,
    /// Paid.
    Success,
    /// Paid, and a refund was taken, be it of a part.
    Refund,
    /// Closed before anybody paid.
    Closed,
}

impl TradeState {
    /// The words on the wire: state and description.
    pub fn tell(self) -> (&'static str, &'static str) {
        match self {
            Self::NotPay => ("NOTPAY", "订单未支付"),
            Self::Success => ("SUCCESS", "支付成功"),
            Self::Refund => ("REFUND", "订单发生过退款，退款详情请查询退款单"),
            Self::Closed => ("CLOSED", "订单已关闭"),
        }
    }
}

/// Which of its two numbers names an order.
#[derive(Debug, Clone, Copy)]
pub enum OrderRef<'a> {
    /// WeChat Pay's.
    TransactionId(&'a str),
    /// The merchant's.
    OutTradeNo(&'a str),
}

impl Order {
    /// Where it stands.
    pub fn state(&self) -> TradeState {
        if self.closed_at.is_some() {
            return TradeState::Closed;
        }
        let refunded = |r: &Refund| r.standing != Standing::Closed;
        match self.payment {
            None => TradeState::NotPay,
            Some(_) if self.refunds.iter().any(refunded) => TradeState::Refund,
            Some(_) => TradeState::Success,
        }
    }

    /// Until when it can be paid.
    pub fn pay_until(&self) -> Timestamp {
        let by_default = || {
            let end = self.created_at.checked_add(ORDER_LIFE);
            end.unwrap_or(Timestamp::MAX)
        };
        self.asked.time_expire.unwrap_or_else(by_default)
    }

    /// A payment, then each refund that was asked for.
    fn rows(&self) -> Vec<Row> {
        let Some(payment) = &self.payment else {
            return Vec::new();
        };
        let row = |at, refund| Row {
            out_trade_no: self.out_trade_no.clone(),
            trade_no: payment.transaction_id.clone(),
            subject: self.asked.description.clone(),
            paid: payment.amount,
            created_at: self.created_at,
            at,
            refund,
        };
        let mut rows = vec![row(payment.at, None)];
        rows.extend(self.refunds.iter().map(|refund| {
            let part = RefundPart {
                number: refund.number.clone(),
                gateway_no: refund.gateway_no.clone(),
                amount: refund.amount,
                standing: refund.standing,
            };
            row(refund.asked_at, Some(part))
        }));
        rows
    }
}

impl Ledger {
    /// Makes an order, or shows the code of one again. `fresh` is used if a new code is needed.
    pub fn native(
        &mut self,
        out_trade_no: &str,
        asked: Asked,
        fresh: String,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        let until = now.checked_add(CODE_LIFE).unwrap_or(Timestamp::MAX);
        if let Some(order) = self.orders.get_mut(out_trade_no) {
            match order.state() {
                TradeState::Success => return Err(Refusal::PAID),
                TradeState::Refund => return Err(Refusal::USED),
                TradeState::Closed => return Err(Refusal::CLOSED),
                TradeState::NotPay => {}
            }
            if order.asked != asked {
                return Err(Refusal::CHANGED);
            }
            if now >= order.pay_until() {
                return Err(Refusal::LATE);
            }
            if now < order.code_expires_at {
                return Ok(order.code.clone());
            }
            order.code.clone_from(&fresh);
            order.code_expires_at = until;
        } else {
            let order = Order {
                out_trade_no: out_trade_no.to_owned(),
                asked,
                created_at: now,
                code: fresh.clone(),
                code_expires_at: until,
                payment: None,
                closed_at: None,
                refunds: Vec::new(),
            };
            self.orders.insert(out_trade_no.to_owned(), order);
        }
        self.codes.insert(fresh.clone(), out_trade_no.to_owned());
        Ok(fresh)
    }

    /// Somebody points a phone at the code.
    pub fn scan(&self, code: &str, now: Timestamp) -> Result<&Order, Refusal> {
        let number = self.codes.get(code).ok_or(Refusal::NO_CODE)?;
        let order = self.orders.get(number).ok_or(Refusal::NO_CODE)?;
        let late = order.code != code || now >= order.code_expires_at || now >= order.pay_until();
        if late && order.state() == TradeState::NotPay {
            return Err(Refusal::EXPIRED);
        }
        Ok(order)
    }

    /// The payer confirms. `instead` is a sum other than the one asked for.
    pub fn pay(
        &mut self,
        code: &str,
        transaction_id: String,
        instead: Option<Fen>,
        now: Timestamp,
    ) -> Result<&Order, Refusal> {
        let order = self.scan(code, now)?;
        match order.state() {
            TradeState::Success | TradeState::Refund => return Err(Refusal::PAID),
            TradeState::Closed => return Err(Refusal::CLOSED),
            TradeState::NotPay => {}
        }
        let number = order.out_trade_no.clone();
        let order = self.orders.get_mut(&number).ok_or(Refusal::NO_CODE)?;
        order.payment = Some(Payment {
            transaction_id,
            amount: instead.unwrap_or(order.asked.amount),
            at: now,
        });
        Ok(order)
    }

    /// Closes an order that nobody has paid.
    pub fn close(&mut self, out_trade_no: &str, now: Timestamp) -> Result<(), Refusal> {
        let order = self
            .orders
            .get_mut(out_trade_no)
            .ok_or(Refusal::NOT_EXIST)?;
        match order.state() {
            TradeState::Success | TradeState::Refund => Err(Refusal::PAID),
            TradeState::Closed => Err(Refusal::CLOSED),
            TradeState::NotPay => {
                order.closed_at = Some(now);
                Ok(())
            }
        }
    }

    /// Finds an order.
    pub fn find(&self, which: OrderRef<'_>) -> Option<&Order> {
        match which {
            OrderRef::OutTradeNo(number) => self.orders.get(number),
            OrderRef::TransactionId(id) => self.orders.values().find(|order| {
                let payment = order.payment.as_ref();
                payment.is_some_and(|payment| payment.transaction_id == id)
            }),
        }
    }

    /// The order of this merchant's number.
    pub fn order(&self, out_trade_no: &str) -> Option<&Order> {
        self.orders.get(out_trade_no)
    }

    /// The order of this merchant's number, to be changed.
    pub(super) fn order_mut(&mut self, out_trade_no: &str) -> Option<&mut Order> {
        self.orders.get_mut(out_trade_no)
    }

    /// All orders.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// All orders, to be changed.
    pub(super) fn orders_mut(&mut self) -> impl Iterator<Item = &mut Order> {
        self.orders.values_mut()
    }

    /// All money that moved or is asked back, for the bill.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        self.orders.values().flat_map(Order::rows)
    }
}

#[cfg(test)]
mod tests;

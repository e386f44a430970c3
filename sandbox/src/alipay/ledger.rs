//! Orders and trades: what Alipay knows and allows. Pure, apart from the time passed in.
//!
//! A precreate makes an order with a code to be scanned, and no trade. The first scan makes the trade.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::terms::{Refusal, Timeout, later};
use crate::bills::{RefundPart, Row};
use crate::money::Fen;
use crate::refunds::{self, Refund, Standing};

/// How long an unscanned code lives if the merchant sets nothing.
const CODE_LIFE: SignedDuration = SignedDuration::from_hours(2);
/// How long a scanned trade waits for the payer if the merchant sets nothing.
const TRADE_LIFE: SignedDuration = SignedDuration::from_hours(15 * 24);

/// All orders by the merchant's number, and all codes ever shown.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    orders: BTreeMap<String, Order>,
    codes: BTreeMap<String, String>,
}

/// What a precreate asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// The merchant's number.
    pub out_trade_no: String,
    /// What is to be paid.
    pub amount: Fen,
    /// What the payer reads.
    pub subject: String,
    /// Longer description, told again in notifies.
    pub body: Option<String>,
    /// The merchant's own text, told again in notifies.
    pub passback_params: Option<String>,
    /// Where notifies go.
    pub notify_url: Option<String>,
    /// The code of the QR that is valid now.
    pub code: String,
    /// Until when it can be scanned and paid.
    pub expires_at: Timestamp,
    /// How long a trade waits after its scan.
    pub timeout: Option<Timeout>,
    /// There from the first scan on.
    pub trade: Option<Trade>,
}

/// A trade: somebody has scanned the code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trade {
    /// Alipay's number.
    pub trade_no: String,
    /// Where it stands.
    pub status: Status,
    /// When it was scanned.
    pub created_at: Timestamp,
    /// Until when it can be paid.
    pub expires_at: Timestamp,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// What was paid, if not what was asked.
    #[serde(default)]
    pub paid_instead: Option<Fen>,
    /// When it was closed or fully refunded.
    pub closed_at: Option<Timestamp>,
    /// In the order in which they were asked for.
    pub refunds: Vec<Refund>,
}

impl Trade {
    /// All that has been paid back.
    pub fn refunded(&self) -> Fen {
        refunds::refunded(&self.refunds)
    }
}

/// `trade_status` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Scanned, not paid.
    WaitBuyerPay,
    /// Paid, perhaps partly refunded.
    TradeSuccess,
    /// Never paid, or fully refunded.
    TradeClosed,
}

impl Status {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WaitBuyerPay => "WAIT_BUYER_PAY",
            Self::TradeSuccess => "TRADE_SUCCESS",
            Self::TradeClosed => "TRADE_CLOSED",
        }
    }
}

/// A precreate as asked for.
#[derive(Debug)]
pub struct Precreate {
    /// The merchant's number.
    pub out_trade_no: String,
    /// What is to be paid.
    pub amount: Fen,
    /// What the payer reads.
    pub subject: String,
    /// Longer description.
    pub body: Option<String>,
    /// The merchant's own text.
    pub passback_params: Option<String>,
    /// Where notifies go.
    pub notify_url: Option<String>,
    /// `qr_code_timeout_express`: from now on.
    pub code_timeout: Option<Timeout>,
    /// `timeout_express`: from the scan on.
    pub timeout: Option<Timeout>,
    /// `time_expire`: an absolute end.
    pub time_expire: Option<Timestamp>,
}

/// Which of its two numbers names a trade.
#[derive(Debug, Clone, Copy)]
pub enum TradeRef<'a> {
    /// Alipay's.
    TradeNo(&'a str),
    /// The merchant's.
    OutTradeNo(&'a str),
}

impl Ledger {
    /// Makes an order, or shows the living code of one again. `fresh` is used if a new code is needed.
    pub fn precreate(
        &mut self,
        ask: Precreate,
        fresh: String,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        self.settle(&ask.out_trade_no, now);
        if let Some(order) = self.orders.get_mut(&ask.out_trade_no) {
            match order.trade.as_ref().map(|trade| trade.status) {
                Some(Status::TradeSuccess) => return Err(Refusal::PAID),
                Some(Status::TradeClosed) => return Err(Refusal::CLOSED),
                Some(Status::WaitBuyerPay) | None => {}
            }
            if order.amount != ask.amount {
                return Err(Refusal::CHANGED);
            }
            if now < order.expires_at {
                order.notify_url = ask.notify_url;
                return Ok(order.code.clone());
            }
        }
        let by_timeout = match ask.code_timeout {
            Some(timeout) => timeout.after(now),
            None => later(now, CODE_LIFE).unwrap_or(Timestamp::MAX),
        };
        let order = Order {
            out_trade_no: ask.out_trade_no.clone(),
            amount: ask.amount,
            subject: ask.subject,
            body: ask.body,
            passback_params: ask.passback_params,
            notify_url: ask.notify_url,
            code: fresh.clone(),
            expires_at: ask
                .time_expire
                .map_or(by_timeout, |end| end.min(by_timeout)),
            timeout: ask.timeout,
            trade: None,
        };
        self.orders.insert(ask.out_trade_no.clone(), order);
        self.codes.insert(fresh.clone(), ask.out_trade_no);
        Ok(fresh)
    }

    /// Somebody points a phone at the code. Makes the trade if there is none.
    pub fn scan(
        &mut self,
        code: &str,
        trade_no: String,
        now: Timestamp,
    ) -> Result<&Order, Refusal> {
        let number = self.codes.get(code).ok_or(Refusal::NO_CODE)?.clone();
        self.settle(&number, now);
        let order = self.orders.get_mut(&number).ok_or(Refusal::NO_CODE)?;
        if order.code != code || (order.trade.is_none() && now >= order.expires_at) {
            return Err(Refusal::EXPIRED);
        }
        if order.trade.is_none() {
            let by_timeout = match order.timeout {
                Some(timeout) => timeout.after(now),
                None => later(now, TRADE_LIFE).unwrap_or(Timestamp::MAX),
            };
            order.trade = Some(Trade {
                trade_no,
                status: Status::WaitBuyerPay,
                created_at: now,
                expires_at: order.expires_at.min(by_timeout),
                paid_at: None,
                paid_instead: None,
                closed_at: None,
                refunds: Vec::new(),
            });
        }
        Ok(order)
    }

    /// The payer confirms. Scans first if nobody has. `instead` is a sum other than the one asked for.
    pub fn pay(
        &mut self,
        code: &str,
        trade_no: String,
        instead: Option<Fen>,
        now: Timestamp,
    ) -> Result<&Order, Refusal> {
        let number = self.scan(code, trade_no, now)?.out_trade_no.clone();
        let order = self.orders.get_mut(&number).ok_or(Refusal::NO_CODE)?;
        let trade = order.trade.as_mut().ok_or(Refusal::NOT_EXIST)?;
        match trade.status {
            Status::TradeSuccess => Err(Refusal::PAID),
            Status::TradeClosed => Err(Refusal::CLOSED),
            Status::WaitBuyerPay => {
                trade.status = Status::TradeSuccess;
                trade.paid_at = Some(now);
                trade.paid_instead = instead;
                Ok(order)
            }
        }
    }

    /// Finds a trade; an order that nobody has scanned has none.
    pub fn query(
        &mut self,
        which: TradeRef<'_>,
        now: Timestamp,
    ) -> Result<(&Order, &Trade), Refusal> {
        let number = self.number(which)?;
        self.settle(&number, now);
        let order = self.orders.get(&number).ok_or(Refusal::NOT_EXIST)?;
        let trade = order.trade.as_ref().ok_or(Refusal::NOT_EXIST)?;
        Ok((order, trade))
    }

    /// Closes a trade that waits for its payer.
    pub fn close(
        &mut self,
        which: TradeRef<'_>,
        now: Timestamp,
    ) -> Result<(&Order, &Trade), Refusal> {
        let number = self.number(which)?;
        self.settle(&number, now);
        let order = self.orders.get_mut(&number).ok_or(Refusal::NOT_EXIST)?;
        let trade = order.trade.as_mut().ok_or(Refusal::NOT_EXIST)?;
        if trade.status != Status::WaitBuyerPay {
            return Err(Refusal::STATUS);
        }
        trade.status = Status::TradeClosed;
        trade.closed_at = Some(now);
        self.query(which, now)
    }

    /// Closes every trade whose time has run out.
    pub fn settle_all(&mut self, now: Timestamp) {
        for order in self.orders.values_mut() {
            order.settle(now);
        }
    }

    /// All orders.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// The order of this merchant's number.
    pub fn order(&self, out_trade_no: &str) -> Option<&Order> {
        self.orders.get(out_trade_no)
    }

    /// The order of this merchant's number, to be changed.
    pub(super) fn order_mut(&mut self, out_trade_no: &str) -> Option<&mut Order> {
        self.orders.get_mut(out_trade_no)
    }

    /// All orders, to be changed.
    pub(super) fn orders_mut(&mut self) -> impl Iterator<Item = &mut Order> {
        self.orders.values_mut()
    }

    /// All money that moved, for the bill.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        self.orders.values().flat_map(Order::rows)
    }

    /// The merchant's number of a trade.
    pub(super) fn number(&self, which: TradeRef<'_>) -> Result<String, Refusal> {
        match which {
            TradeRef::OutTradeNo(number) => Ok(number.to_owned()),
            TradeRef::TradeNo(number) => self
                .orders
                .values()
                .find(|order| order.trade.as_ref().is_some_and(|t| t.trade_no == number))
                .map(|order| order.out_trade_no.clone())
                .ok_or(Refusal::NOT_EXIST),
        }
    }

    /// Closes the trade of an order if its time has run out.
    pub(super) fn settle(&mut self, out_trade_no: &str, now: Timestamp) {
        if let Some(order) = self.orders.get_mut(out_trade_no) {
            order.settle(now);
        }
    }
}

impl Order {
    /// What was paid; of an order that nobody has paid, what is asked.
    pub fn paid(&self) -> Fen {
        let instead = self.trade.as_ref().and_then(|trade| trade.paid_instead);
        instead.unwrap_or(self.amount)
    }

    /// A payment, then each refund that was done.
    fn rows(&self) -> Vec<Row> {
        let Some(trade) = &self.trade else {
            return Vec::new();
        };
        let Some(paid_at) = trade.paid_at else {
            return Vec::new();
        };
        let row = |at, refund| Row {
            out_trade_no: self.out_trade_no.clone(),
            trade_no: trade.trade_no.clone(),
            subject: self.subject.clone(),
            paid: self.paid(),
            created_at: trade.created_at,
            at,
            refund,
        };
        let mut rows = vec![row(paid_at, None)];
        let done = trade
            .refunds
            .iter()
            .filter(|r| r.standing == Standing::Success);
        rows.extend(done.map(|refund| {
            let part = RefundPart {
                number: refund.number.clone(),
                gateway_no: refund.gateway_no.clone(),
                amount: refund.amount,
                standing: refund.standing,
            };
            row(refund.at(), Some(part))
        }));
        rows
    }

    /// Closes the trade if its time has run out, as of when it did.
    fn settle(&mut self, now: Timestamp) {
        if let Some(trade) = &mut self.trade
            && trade.status == Status::WaitBuyerPay
            && now >= trade.expires_at
        {
            trade.status = Status::TradeClosed;
            trade.closed_at = Some(trade.expires_at);
        }
    }
}

#[cfg(test)]
mod tests;

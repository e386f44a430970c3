//! Payment attempts: one QR code, one `out_trade_no`, one fate.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{InvalidId, OrderId};
use crate::money::Money;
use crate::order::{Order, OrderState};

/// A gateway.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// 支付宝 当面付.
    Alipay,
    /// 微信支付 Native.
    #[serde(rename = "wechatpay")]
    WechatPay,
}

impl PaymentMethod {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Alipay, Self::WechatPay];

    /// Its name in JSON, keys, secrets and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alipay => "alipay",
            Self::WechatPay => "wechatpay",
        }
    }
}

/// The number that we give a payment at the gateway: order and attempt. It fits both gateways' rules
/// (6–32 characters of `[0-9A-Za-z_]`), and one attempt has exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct OutTradeNo {
    /// The order.
    pub order: OrderId,
    /// The attempt, from 1.
    pub attempt: u32,
}

impl fmt::Display for OutTradeNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.order, self.attempt)
    }
}

impl FromStr for OutTradeNo {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId {
            kind: "payment number",
        };
        let (order, attempt) = text.split_once('_').ok_or_else(|| invalid.clone())?;
        Ok(Self {
            order: order.parse().map_err(|_| invalid.clone())?,
            attempt: counting_number(attempt).ok_or(invalid)?,
        })
    }
}

impl TryFrom<String> for OutTradeNo {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<OutTradeNo> for String {
    fn from(number: OutTradeNo) -> Self {
        number.to_string()
    }
}

/// The number that we give a refund at the gateway: order and refund. One refund has exactly one, however
/// often it is asked for; both gateways take it (at most 64 characters of `[0-9A-Za-z_]`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct RefundNo {
    /// The order.
    pub order: OrderId,
    /// The refund, from 1.
    pub refund: u32,
}

impl fmt::Display for RefundNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_R{}", self.order, self.refund)
    }
}

impl FromStr for RefundNo {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId {
            kind: "refund number",
        };
        let (order, refund) = text.split_once("_R").ok_or_else(|| invalid.clone())?;
        Ok(Self {
            order: order.parse().map_err(|_| invalid.clone())?,
            refund: counting_number(refund).ok_or(invalid)?,
        })
    }
}

impl TryFrom<String> for RefundNo {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<RefundNo> for String {
    fn from(number: RefundNo) -> Self {
        number.to_string()
    }
}

/// A number from 1, written in one way only.
fn counting_number(text: &str) -> Option<u32> {
    let plain = !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// The life of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// The number is taken, the gateway has perhaps not answered yet. Asking it again with the same
    /// number is harmless.
    Creating,
    /// The QR code can be scanned.
    Open,
    /// We gave it up, but the gateway could not close what nobody had scanned: the QR may still be
    /// scanned until it expires. Money on it counts or is refunded.
    Lapsing,
    /// No money came and none can come.
    Closed,
    /// Money came.
    Paid,
}

/// What became of money that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It paid the order.
    Counted,
    /// To be given back: the order had ended.
    RefundLate,
    /// To be given back: the order was paid already.
    RefundPaidTwice,
    /// To be given back: not the sum that was asked for.
    RefundWrongSum,
}

/// Money that a gateway says it received, after its signature and our four checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The gateway's number.
    pub trade_no: String,
    /// How much.
    pub amount: Money,
    /// When, by the gateway.
    pub paid_at: Timestamp,
}

/// One attempt to pay an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its number at the gateway.
    pub number: OutTradeNo,
    /// Which gateway.
    pub method: PaymentMethod,
    /// What it asks for.
    pub amount: Money,
    /// Where it stands.
    pub state: AttemptState,
    /// What the QR code says, once the gateway told.
    pub qr: Option<String>,
    /// Until when the QR can be scanned.
    pub qr_expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// How often the gateway was asked.
    pub queries: u32,
    /// Not to be asked again before.
    pub next_query_at: Timestamp,
    /// Has the payer it on the telephone, as the gateway said last?
    #[serde(default)]
    pub paying: bool,
    /// Could the gateway not be asked the last time?
    #[serde(default)]
    pub silent: bool,
    /// The money, if it came.
    pub receipt: Option<Receipt>,
    /// What became of it.
    pub disposition: Option<Disposition>,
    /// Raised by every change.
    pub version: u64,
}

impl Attempt {
    /// Can a payer still pay on it at `now`, as far as we know? One minute of grace covers clocks that
    /// differ and a payment under way.
    pub fn may_receive(&self, now: Timestamp) -> bool {
        match self.state {
            AttemptState::Creating | AttemptState::Open | AttemptState::Lapsing => {
                now < self.qr_expires_at + jiff::SignedDuration::from_secs(60)
            }
            AttemptState::Closed | AttemptState::Paid => false,
        }
    }

    /// When to ask the gateway the next time, after `queries` questions: often at first, then rarely.
    pub fn query_pause(queries: u32) -> jiff::SignedDuration {
        jiff::SignedDuration::from_secs(match queries {
            0..=2 => 30,
            3..=6 => 60,
            7..=20 => 300,
            _ => 1800,
        })
    }
}

/// What a receipt means for its order, decided without writing anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// This very money is on record. Answer success, change nothing.
    Known,
    /// Record it with this fate.
    New(Disposition),
    /// The attempt has other money on record under another number. A gateway never does that for one
    /// `out_trade_no`; a person has to look.
    Contradiction,
}

/// Decides what a receipt on `attempt` means for `order`.
pub fn receive(order: &Order, attempt: &Attempt, receipt: &Receipt) -> Reception {
    if let Some(known) = &attempt.receipt {
        return if known.trade_no == receipt.trade_no {
            Reception::Known
        } else {
            Reception::Contradiction
        };
    }
    if receipt.amount != attempt.amount {
        return Reception::New(Disposition::RefundWrongSum);
    }
    Reception::New(match order.state {
        OrderState::AwaitingPayment if attempt.amount == order.total => Disposition::Counted,
        OrderState::AwaitingPayment => Disposition::RefundWrongSum,
        OrderState::Paid | OrderState::Completed => Disposition::RefundPaidTwice,
        OrderState::Draft | OrderState::Cancelled => Disposition::RefundLate,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_number_names_order_and_attempt() {
        let number: OutTradeNo = "201910230935190042_12".parse().unwrap();
        assert_eq!(
            (number.order.as_str(), number.attempt),
            ("201910230935190042", 12)
        );
        assert_eq!(number.to_string(), "201910230935190042_12");
        for bad in [
            "201910230935190042",
            "201910230935190042_",
            "201910230935190042_01",
            "201910230935190042_-1",
            "x_1",
            "201910230935190042_1_1",
        ] {
            assert!(bad.parse::<OutTradeNo>().is_err(), "{bad}");
        }
    }
}

//! Words of the protocol: time limits and refusals.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::china_day_end;

/// `timeout_express` and its sisters: `90m`, `2h`, `1d`, or `1c` for the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Timeout {
    /// So many minutes.
    Minutes(u32),
    /// The end of the China day.
    DayEnd,
}

impl Timeout {
    /// Reads one between `1m` and `15d`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "1c" {
            return Some(Self::DayEnd);
        }
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let minutes_per_unit = match unit {
            "m" => 1,
            "h" => 60,
            "d" => 24 * 60,
            _ => return None,
        };
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let minutes = number.parse::<u32>().ok()?.checked_mul(minutes_per_unit)?;
        (1..=15 * 24 * 60)
            .contains(&minutes)
            .then_some(Self::Minutes(minutes))
    }

    /// When it ends if it begins at `from`.
    pub fn after(self, from: Timestamp) -> Timestamp {
        let end = match self {
            Self::Minutes(minutes) => later(from, SignedDuration::from_mins(minutes.into())),
            Self::DayEnd => china_day_end(from),
        };
        end.unwrap_or(Timestamp::MAX)
    }
}

/// `by` after `from`, if there is such a time.
pub(super) fn later(from: Timestamp, by: SignedDuration) -> Option<Timestamp> {
    from.checked_add(by).ok()
}

/// A business refusal: `sub_code` and a text for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Such as `ACQ.TRADE_NOT_EXIST`.
    pub sub_code: &'static str,
    /// In Chinese, as Alipay's are.
    pub sub_msg: &'static str,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        impl Refusal {
            $($(#[$doc])* pub const $name: Self = Self { sub_code: $code, sub_msg: $text };)*
        }
    };
}

refusals! {
    /// Nobody has scanned, or no such number.
    NOT_EXIST = "ACQ.TRADE_NOT_EXIST", "交易不存在";
    /// The trade is in no state for this.
    STATUS = "ACQ.TRADE_STATUS_ERROR", "交易状态不合法";
    /// Paid already.
    PAID = "ACQ.TRADE_HAS_SUCCESS", "交易已被支付";
    /// Closed already.
    CLOSED = "ACQ.TRADE_HAS_CLOSE", "交易已经关闭";
    /// The same number with another amount.
    CHANGED = "ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改";
    /// More than is left.
    TOO_MUCH = "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限";
    /// The merchant's balance is too small.
    SHORT = "ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足";
    /// The payer's account takes no money.
    BUYER = "ACQ.BUYER_ERROR", "买家状态异常";
    /// Never.
    NOT_ALLOWED = "ACQ.TRADE_NOT_ALLOW_REFUND", "当前交易不允许退款";
    /// Too soon after another refund of the same trade.
    TOO_SOON = "ACQ.SYSTEM_ERROR", "系统错误，请稍后使用相同的参数重试";
    /// No trade on that day, or its bill is not made yet.
    NO_BILL = "isp.bill_not_exist", "账单不存在";
    /// The same refund number with another amount.
    REFUND_CHANGED = "ACQ.DISCORDANT_REPEAT_REQUEST", "不一致的请求";
    /// A parameter is missing or wrong.
    PARAMETER = "ACQ.INVALID_PARAMETER", "参数无效";
    /// The QR code or the trade has run out.
    EXPIRED = "SANDBOX.CODE_EXPIRED", "二维码已失效";
    /// No such QR code.
    NO_CODE = "SANDBOX.NO_SUCH_CODE", "二维码不存在";
}

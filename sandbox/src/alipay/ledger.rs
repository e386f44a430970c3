//! Orders, trades and refunds: what Alipay knows and allows. Pure, apart from the time passed in.
//!
//! A precreate makes an order with a code to be scanned, and no trade. The first scan makes the trade.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::money::Fen;
use crate::clock::china_day_end;

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
    /// When it was closed or fully refunded.
    pub closed_at: Option<Timestamp>,
    /// In the order in which they were done.
    pub refunds: Vec<Refund>,
}

impl Trade {
    /// All that has been paid back.
    pub fn refunded(&self) -> Fen {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }
}

/// One refund, done at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refund {
    /// The merchant's number of this refund.
    pub out_request_no: String,
    /// What was paid back.
    pub amount: Fen,
    /// When.
    pub at: Timestamp,
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

fn later(from: Timestamp, by: SignedDuration) -> Option<Timestamp> {
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
    /// The same refund number with another amount.
    REFUND_CHANGED = "ACQ.DISCORDANT_REPEAT_REQUEST", "不一致的请求";
    /// A parameter is missing or wrong.
    PARAMETER = "ACQ.INVALID_PARAMETER", "参数无效";
    /// The QR code or the trade has run out.
    EXPIRED = "SANDBOX.CODE_EXPIRED", "二维码已失效";
    /// No such QR code.
    NO_CODE = "SANDBOX.NO_SUCH_CODE", "二维码不存在";
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
                closed_at: None,
                refunds: Vec::new(),
            });
        }
        Ok(order)
    }

    /// The payer confirms. Scans first if nobody has.
    pub fn pay(&mut self, code: &str, trade_no: String, now: Timestamp) -> Result<&Order, Refusal> {
        let number = self.scan(code, trade_no, now)?.out_trade_no.clone();
        let order = self.orders.get_mut(&number).ok_or(Refusal::NO_CODE)?;
        let trade = order.trade.as_mut().ok_or(Refusal::NOT_EXIST)?;
        match trade.status {
            Status::TradeSuccess => Err(Refusal::PAID),
            Status::TradeClosed => Err(Refusal::CLOSED),
            Status::WaitBuyerPay => {
                trade.status = Status::TradeSuccess;
                trade.paid_at = Some(now);
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

    /// Pays back. The same number again changes nothing and answers `false`.
    pub fn refund(
        &mut self,
        which: TradeRef<'_>,
        amount: Fen,
        out_request_no: Option<&str>,
        now: Timestamp,
    ) -> Result<(&Order, bool), Refusal> {
        let number = self.number(which)?;
        self.settle(&number, now);
        let order = self.orders.get_mut(&number).ok_or(Refusal::NOT_EXIST)?;
        let trade = order.trade.as_mut().ok_or(Refusal::NOT_EXIST)?;
        let request = match out_request_no {
            Some(given) => given,
            None if amount == order.amount => &order.out_trade_no,
            None => return Err(Refusal::PARAMETER),
        };
        if let Some(done) = trade.refunds.iter().find(|r| r.out_request_no == request) {
            return if done.amount == amount {
                Ok((order, false))
            } else {
                Err(Refusal::REFUND_CHANGED)
            };
        }
        if trade.status != Status::TradeSuccess {
            return Err(Refusal::STATUS);
        }
        let total = Fen(trade.refunded().0 + amount.0);
        if total > order.amount {
            return Err(Refusal::TOO_MUCH);
        }
        trade.refunds.push(Refund {
            out_request_no: request.to_owned(),
            amount,
            at: now,
        });
        if total == order.amount {
            trade.status = Status::TradeClosed;
            trade.closed_at = Some(now);
        }
        Ok((order, true))
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

    fn number(&self, which: TradeRef<'_>) -> Result<String, Refusal> {
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

    fn settle(&mut self, out_trade_no: &str, now: Timestamp) {
        if let Some(order) = self.orders.get_mut(out_trade_no) {
            order.settle(now);
        }
    }
}

impl Order {
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
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::UNIX_EPOCH;

    fn minutes(n: i64) -> Timestamp {
        T0 + SignedDuration::from_mins(n)
    }

    fn ask(number: &str, amount: u64) -> Precreate {
        Precreate {
            out_trade_no: number.to_owned(),
            amount: Fen(amount),
            subject: "密钥".to_owned(),
            body: None,
            passback_params: None,
            notify_url: None,
            code_timeout: None,
            timeout: None,
            time_expire: None,
        }
    }

    fn precreate(
        ledger: &mut Ledger,
        ask: Precreate,
        code: &str,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        ledger.precreate(ask, code.to_owned(), now)
    }

    fn status(ledger: &mut Ledger, number: &str, now: Timestamp) -> Result<Status, Refusal> {
        Ok(ledger.query(TradeRef::OutTradeNo(number), now)?.1.status)
    }

    #[test]
    fn timeouts_are_read_as_alipay_writes_them() {
        assert_eq!(Timeout::parse("90m"), Some(Timeout::Minutes(90)));
        assert_eq!(Timeout::parse("2h"), Some(Timeout::Minutes(120)));
        assert_eq!(Timeout::parse("15d"), Some(Timeout::Minutes(21_600)));
        assert_eq!(Timeout::parse("1c"), Some(Timeout::DayEnd));
        for wrong in [
            "",
            "m",
            "0m",
            "16d",
            "1.5h",
            "2c",
            "10",
            "+1m",
            "1时",
            "99999999999d",
        ] {
            assert_eq!(Timeout::parse(wrong), None, "{wrong}");
        }
        assert_eq!(
            Timeout::DayEnd.after(T0),
            "1970-01-01T15:59:59Z".parse().unwrap()
        );
    }

    #[test]
    fn a_code_lives_two_hours_unless_told_otherwise() {
        let mut ledger = Ledger::default();
        precreate(&mut ledger, ask("a", 1), "ca", T0).unwrap();
        let short = Precreate {
            code_timeout: Some(Timeout::Minutes(5)),
            ..ask("b", 1)
        };
        precreate(&mut ledger, short, "cb", T0).unwrap();
        let absolute = Precreate {
            time_expire: Some(minutes(3)),
            ..ask("c", 1)
        };
        precreate(&mut ledger, absolute, "cc", T0).unwrap();
        for (code, life) in [("ca", 120), ("cb", 5), ("cc", 3)] {
            let end = minutes(life);
            let late = ledger.scan(code, "t".to_owned(), end).map(|_| ());
            assert_eq!(late, Err(Refusal::EXPIRED), "{code}");
            assert!(
                ledger.scan(code, "t".to_owned(), minutes(life - 1)).is_ok(),
                "{code}"
            );
            // Scanned in time, but not paid in time.
            assert_eq!(
                ledger.pay(code, "t".to_owned(), end).map(|_| ()),
                Err(Refusal::CLOSED),
                "{code}"
            );
        }
        assert_eq!(
            status(&mut ledger, "a", minutes(120)),
            Ok(Status::TradeClosed)
        );
    }

    #[test]
    fn a_scanned_trade_waits_as_long_as_timeout_express_says() {
        let mut ledger = Ledger::default();
        let asked = Precreate {
            timeout: Some(Timeout::Minutes(10)),
            ..ask("a", 1)
        };
        precreate(&mut ledger, asked, "c", T0).unwrap();
        ledger.scan("c", "t".to_owned(), minutes(50)).unwrap();
        assert_eq!(
            status(&mut ledger, "a", minutes(59)),
            Ok(Status::WaitBuyerPay)
        );
        assert_eq!(
            status(&mut ledger, "a", minutes(60)),
            Ok(Status::TradeClosed)
        );
        assert_eq!(
            ledger.order("a").unwrap().trade.as_ref().unwrap().closed_at,
            Some(minutes(60))
        );
    }

    #[test]
    fn the_same_number_shows_the_living_code_again_and_a_new_one_after_it() {
        let mut ledger = Ledger::default();
        assert_eq!(
            precreate(&mut ledger, ask("a", 7), "c1", T0),
            Ok("c1".to_owned())
        );
        assert_eq!(
            precreate(&mut ledger, ask("a", 7), "c2", minutes(1)),
            Ok("c1".to_owned())
        );
        assert_eq!(
            precreate(&mut ledger, ask("a", 8), "c2", minutes(1)),
            Err(Refusal::CHANGED)
        );
        assert_eq!(
            precreate(&mut ledger, ask("a", 7), "c2", minutes(120)),
            Ok("c2".to_owned())
        );
        assert_eq!(
            ledger.pay("c1", "t".to_owned(), minutes(121)).map(|_| ()),
            Err(Refusal::EXPIRED)
        );
        assert!(ledger.pay("c2", "t".to_owned(), minutes(121)).is_ok());
        assert_eq!(
            precreate(&mut ledger, ask("a", 7), "c3", minutes(122)),
            Err(Refusal::PAID)
        );
    }

    #[test]
    fn a_trade_is_found_by_either_number_once_scanned() {
        let mut ledger = Ledger::default();
        precreate(&mut ledger, ask("a", 7), "c", T0).unwrap();
        assert_eq!(status(&mut ledger, "a", T0), Err(Refusal::NOT_EXIST));
        assert_eq!(
            ledger.close(TradeRef::OutTradeNo("a"), T0).map(|_| ()),
            Err(Refusal::NOT_EXIST)
        );
        ledger.scan("c", "t1".to_owned(), T0).unwrap();
        ledger.scan("c", "t2".to_owned(), T0).unwrap();
        assert_eq!(
            ledger
                .query(TradeRef::TradeNo("t1"), T0)
                .unwrap()
                .0
                .out_trade_no,
            "a"
        );
        assert!(ledger.query(TradeRef::TradeNo("t2"), T0).is_err());
        ledger.close(TradeRef::TradeNo("t1"), T0).unwrap();
        assert_eq!(
            ledger.pay("c", "t".to_owned(), T0).map(|_| ()),
            Err(Refusal::CLOSED)
        );
        assert_eq!(
            ledger.close(TradeRef::TradeNo("t1"), T0).map(|_| ()),
            Err(Refusal::STATUS)
        );
        assert_eq!(
            precreate(&mut ledger, ask("a", 7), "c2", T0),
            Err(Refusal::CLOSED)
        );
    }

    #[test]
    fn refunds_never_exceed_what_was_paid_and_are_done_once() {
        let mut ledger = Ledger::default();
        let which = TradeRef::OutTradeNo("a");
        precreate(&mut ledger, ask("a", 100), "c", T0).unwrap();
        assert_eq!(
            ledger.refund(which, Fen(1), Some("r"), T0).map(|_| ()),
            Err(Refusal::NOT_EXIST)
        );
        ledger.scan("c", "t".to_owned(), T0).unwrap();
        assert_eq!(
            ledger.refund(which, Fen(1), Some("r"), T0).map(|_| ()),
            Err(Refusal::STATUS)
        );
        ledger.pay("c", "t".to_owned(), T0).unwrap();
        assert_eq!(ledger.close(which, T0).map(|_| ()), Err(Refusal::STATUS));
        let mut refund = |amount, number| {
            let done = ledger.refund(which, Fen(amount), number, T0);
            done.map(|(order, fresh)| {
                let trade = order.trade.as_ref().unwrap();
                (trade.status, trade.refunded().0, fresh)
            })
        };
        assert_eq!(refund(30, None), Err(Refusal::PARAMETER));
        assert_eq!(refund(30, Some("r1")), Ok((Status::TradeSuccess, 30, true)));
        assert_eq!(
            refund(30, Some("r1")),
            Ok((Status::TradeSuccess, 30, false))
        );
        assert_eq!(refund(31, Some("r1")), Err(Refusal::REFUND_CHANGED));
        assert_eq!(refund(71, Some("r2")), Err(Refusal::TOO_MUCH));
        assert_eq!(refund(70, Some("r2")), Ok((Status::TradeClosed, 100, true)));
        assert_eq!(
            refund(70, Some("r2")),
            Ok((Status::TradeClosed, 100, false))
        );
        assert_eq!(refund(1, Some("r3")), Err(Refusal::STATUS));
    }
}

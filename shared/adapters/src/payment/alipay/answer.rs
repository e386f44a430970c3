//! What the gateway's answers mean.

use domain::money::Money;
use domain::payment::{OutTradeNo, Receipt};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, offset};
use serde::Deserialize;

use super::keys::Verifier;
use super::wire::{self, Root};
use crate::ports::{CloseOutcome, GatewayError, TradeStatus};

/// How every time is written at Alipay, in China time.
const TIME: &str = "%Y-%m-%d %H:%M:%S";

/// How many characters of the gateway's words are kept.
const WORDS: usize = 200;

/// China has kept one time, UTC+8, since 1991.
fn china() -> TimeZone {
    TimeZone::fixed(offset(8))
}

/// A moment as Alipay writes it.
pub(super) fn write_time(at: Timestamp) -> String {
    at.to_zoned(china()).strftime(TIME).to_string()
}

/// Reads a moment as Alipay writes it.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime(TIME, text).ok()?;
    Some(civil.to_zoned(china()).ok()?.timestamp())
}

/// The money of a payment, from the three values that tell it. `None` when one cannot be read.
pub(super) fn receipt(trade_no: &str, total_amount: &str, paid_at: &str) -> Option<Receipt> {
    let amount: Money = total_amount.parse().ok()?;
    let sane = (1..=64).contains(&trade_no.len()) && trade_no.bytes().all(|b| b.is_ascii_graphic());
    if !sane || amount.fen()? < 1 {
        return None;
    }
    Some(Receipt {
        trade_no: trade_no.to_owned(),
        amount,
        paid_at: read_time(paid_at)?,
    })
}

/// The members of an answer that we read; all are strings.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    code: String,
    msg: Option<String>,
    sub_code: Option<String>,
    sub_msg: Option<String>,
    pub(super) out_trade_no: Option<String>,
    trade_no: Option<String>,
    pub(super) qr_code: Option<String>,
    trade_status: Option<String>,
    total_amount: Option<String>,
    send_pay_date: Option<String>,
}

impl Fields {
    /// The gateway's code, without the `aop.` that some of its layers put before it.
    fn sub_code(&self) -> &str {
        let code = self.sub_code.as_deref().unwrap_or_default();
        code.strip_prefix("aop.").unwrap_or(code)
    }

    fn refused(&self) -> GatewayError {
        let words = self.sub_msg.as_deref().or(self.msg.as_deref());
        let code = Some(self.sub_code()).filter(|code| !code.is_empty());
        GatewayError::Refused {
            code: code.unwrap_or(&self.code).chars().take(WORDS).collect(),
            message: words.unwrap_or_default().chars().take(WORDS).collect(),
        }
    }

    /// Does the gateway complain about who we are, not about what we ask?
    fn blames_credentials(&self) -> bool {
        const ABOUT_US: [&str; 6] = [
            "signature",
            "app-id",
            "app_id",
            "insufficient",
            "token",
            "encrypt",
        ];
        matches!(self.code.as_str(), "20001" | "40006")
            || matches!(self.code.as_str(), "40001" | "40002" | "40003")
                && ABOUT_US.iter().any(|word| self.sub_code().contains(word))
    }
}

/// An answer that was believed.
#[derive(Debug)]
pub(super) enum Reply {
    /// Code 10000: done.
    Done(Fields),
    /// Code 40004: understood, and the business says no, with its own code.
    No(Fields),
}

/// Unreadable though signed. What was asked for may or may not have happened.
pub(super) fn unreadable(what: &str) -> GatewayError {
    GatewayError::Unavailable(format!("an answer that cannot be read: {what}"))
}

/// Believes an answer to a question of `method` about `number`, or not.
///
/// - Signed by Alipay's key over the raw text, or [`GatewayError::Forged`].
/// - Only `error_response` may come without signature, for a gateway that cannot tell who asks has no key to
///   sign with (Alipay OpenAPI, answers). Nothing is concluded from it but that the call did not go through:
///   it is never a business answer.
/// - Answers carry no nonce, so one that names another payment than ours is an old one played again: forged.
pub(super) fn believe(
    key: &Verifier,
    method: &str,
    number: &OutTradeNo,
    body: &[u8],
) -> Result<Reply, GatewayError> {
    let body = std::str::from_utf8(body).map_err(|_| GatewayError::Forged)?;
    let answer = wire::cut(body, method).ok_or(GatewayError::Forged)?;
    let signed = match &answer.sign {
        Some(sign) if key.verify(answer.text, sign) => true,
        None if answer.root == Root::Error => false,
        _ => return Err(GatewayError::Forged),
    };
    let fields: Fields =
        serde_json::from_str(answer.text).map_err(|_| unreadable("unexpected members"))?;
    if fields.blames_credentials() {
        return Err(GatewayError::Credentials(
            format!("{} {}", fields.code, fields.sub_code())
                .chars()
                .take(WORDS)
                .collect(),
        ));
    }
    if !signed {
        let code: String = fields.sub_code().chars().take(WORDS).collect();
        return Err(GatewayError::Unavailable(format!(
            "an error without signature: {code}"
        )));
    }
    if fields
        .out_trade_no
        .as_ref()
        .is_some_and(|named| !named.is_empty() && *named != number.to_string())
    {
        return Err(GatewayError::Forged);
    }
    match (fields.code.as_str(), answer.root, fields.sub_code()) {
        ("10000", Root::Response, _) => Ok(Reply::Done(fields)),
        ("20000", ..) | (.., "ACQ.SYSTEM_ERROR") => Err(GatewayError::Unavailable(format!(
            "{} {}",
            fields.code,
            fields.sub_code()
        ))),
        ("40004", Root::Response, _) => Ok(Reply::No(fields)),
        _ => Err(fields.refused()),
    }
}

/// What `alipay.trade.precreate` came to.
pub(super) fn created(reply: Reply, number: &OutTradeNo) -> Result<String, GatewayError> {
    match reply {
        Reply::No(fields) => Err(fields.refused()),
        Reply::Done(fields) => match (fields.out_trade_no, fields.qr_code) {
            (Some(named), Some(qr)) if named == number.to_string() && !qr.is_empty() => Ok(qr),
            _ => Err(unreadable("no QR code")),
        },
    }
}

/// What `alipay.trade.query` came to. A trade exists only after the buyer has scanned the QR code
/// (Alipay OpenAPI, methods: "precreate does not create a trade").
pub(super) fn queried(reply: Reply, number: &OutTradeNo) -> Result<TradeStatus, GatewayError> {
    let fields = match reply {
        Reply::No(fields) if fields.sub_code() == "ACQ.TRADE_NOT_EXIST" => {
            return Ok(TradeStatus::Unknown);
        }
        Reply::No(fields) => return Err(fields.refused()),
        Reply::Done(fields) => fields,
    };
    if fields.out_trade_no != Some(number.to_string()) {
        return Err(unreadable("no payment number"));
    }
    match fields.trade_status.as_deref() {
        Some("WAIT_BUYER_PAY") => Ok(TradeStatus::Unpaid),
        Some("TRADE_CLOSED") => Ok(TradeStatus::Closed),
        Some("TRADE_SUCCESS" | "TRADE_FINISHED") => {
            let [trade_no, amount, paid_at] =
                [fields.trade_no, fields.total_amount, fields.send_pay_date]
                    .map(Option::unwrap_or_default);
            receipt(&trade_no, &amount, &paid_at)
                .map(TradeStatus::Paid)
                .ok_or_else(|| unreadable("a payment without number, amount or time"))
        }
        _ => Err(unreadable("unknown state of a payment")),
    }
}

/// What `alipay.trade.close` came to; `None` when its state forbids closing and only a query can tell which
/// state that is: paid, or closed already.
pub(super) fn closed(reply: Reply) -> Result<Option<CloseOutcome>, GatewayError> {
    let Reply::No(fields) = reply else {
        return Ok(Some(CloseOutcome::Closed));
    };
    match fields.sub_code() {
        "ACQ.TRADE_NOT_EXIST" => Ok(Some(CloseOutcome::Unknown)),
        "ACQ.TRADE_HAS_SUCCESS" | "ACQ.TRADE_HAS_FINISHED" => Ok(Some(CloseOutcome::Paid)),
        "ACQ.TRADE_HAS_CLOSE" => Ok(Some(CloseOutcome::Closed)),
        "ACQ.TRADE_STATUS_ERROR"
        | "ACQ.REASON_TRADE_STATUS_INVALID"
        | "ACQ.REASON_ILLEGAL_STATUS" => Ok(None),
        _ => Err(fields.refused()),
    }
}

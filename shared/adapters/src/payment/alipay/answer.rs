//! What the gateway's answers mean: which are believed, and those about payments.

use domain::money::Money;
use domain::payment::{OutTradeNo, Receipt};
use serde::Deserialize;

use super::wire::{self, Root};
use crate::payment::common::{is_gateway_number, read_time, refused, unreadable, words};
use crate::payment::rsa::Verifier;
use crate::ports::{CloseOutcome, GatewayError, TradeStatus};

/// The money of a payment, from the three values that tell it. `None` when one cannot be read.
pub(super) fn receipt(trade_no: &str, total_amount: &str, paid_at: &str) -> Option<Receipt> {
    let amount: Money = total_amount.parse().ok()?;
    if !is_gateway_number(trade_no) || amount.fen()? < 1 {
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
    out_trade_no: Option<String>,
    pub(super) trade_no: Option<String>,
    qr_code: Option<String>,
    trade_status: Option<String>,
    pub(super) total_amount: Option<String>,
    send_pay_date: Option<String>,
    pub(super) fund_change: Option<String>,
    pub(super) refund_fee: Option<String>,
    pub(super) gmt_refund_pay: Option<String>,
    pub(super) out_request_no: Option<String>,
    pub(super) refund_amount: Option<String>,
    pub(super) refund_status: Option<String>,
    pub(super) bill_download_url: Option<String>,
}

impl Fields {
    /// The gateway's code, without the `aop.` that some of its layers put before it.
    pub(super) fn sub_code(&self) -> &str {
        let code = self.sub_code.as_deref().unwrap_or_default();
        code.strip_prefix("aop.").unwrap_or(code)
    }

    pub(super) fn refused(&self) -> GatewayError {
        let message = self.sub_msg.as_deref().or(self.msg.as_deref());
        let code = Some(self.sub_code()).filter(|code| !code.is_empty());
        refused(code.unwrap_or(&self.code), message.unwrap_or_default())
    }

    /// Does it name this payment?
    pub(super) fn names(&self, number: &OutTradeNo) -> bool {
        self.out_trade_no == Some(number.to_string())
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

/// Believes an answer to a question of `method` about the payment `number`, if about one, or not.
///
/// - Signed by Alipay's key over the raw text, or [`GatewayError::Forged`].
/// - Only `error_response` may come without signature, for a gateway that cannot tell who asks has no key to
///   sign with (Alipay OpenAPI, answers). Nothing is concluded from it but that the call did not go through:
///   it is never a business answer.
/// - Answers carry no nonce, so one that names another payment than ours is an old one played again: forged.
pub(super) fn believe(
    key: &Verifier,
    method: &str,
    number: Option<&str>,
    body: &[u8],
) -> Result<Reply, GatewayError> {
    let body = std::str::from_utf8(body).map_err(|_| GatewayError::Forged)?;
    let answer = wire::cut(body, method).ok_or(GatewayError::Forged)?;
    let signed = match &answer.sign {
        Some(sign) if key.verify(answer.text.as_bytes(), sign) => true,
        None if answer.root == Root::Error => false,
        _ => return Err(GatewayError::Forged),
    };
    let fields: Fields =
        serde_json::from_str(answer.text).map_err(|_| unreadable("unexpected members"))?;
    if fields.blames_credentials() {
        return Err(GatewayError::Credentials(words(&format!(
            "{} {}",
            fields.code,
            fields.sub_code()
        ))));
    }
    if !signed {
        return Err(GatewayError::Unavailable(format!(
            "an error without signature: {}",
            words(fields.sub_code())
        )));
    }
    if fields
        .out_trade_no
        .as_ref()
        .is_some_and(|named| !named.is_empty() && number.is_some_and(|number| number != named))
    {
        return Err(GatewayError::Forged);
    }
    match (fields.code.as_str(), answer.root, fields.sub_code()) {
        ("10000", Root::Response, _) => Ok(Reply::Done(fields)),
        ("20000", ..) | (.., "ACQ.SYSTEM_ERROR" | "SYSTEM_ERROR") => Err(
            GatewayError::Unavailable(words(&format!("{} {}", fields.code, fields.sub_code()))),
        ),
        ("40004", Root::Response, _) => Ok(Reply::No(fields)),
        _ => Err(fields.refused()),
    }
}

/// What `alipay.trade.precreate` came to.
pub(super) fn created(reply: Reply, number: &OutTradeNo) -> Result<String, GatewayError> {
    match reply {
        Reply::No(fields) => Err(fields.refused()),
        Reply::Done(fields) if !fields.names(number) => Err(unreadable("no payment number")),
        Reply::Done(fields) => fields
            .qr_code
            .filter(|qr| !qr.is_empty())
            .ok_or_else(|| unreadable("no QR code")),
    }
}

/// What `alipay.trade.query` came to. A trade exists only after the buyer has scanned the QR code
/// (Alipay OpenAPI, methods: "precreate does not create a trade").
///
/// `TRADE_CLOSED` is what Alipay calls a payment that died without money, and one that was paid and then
/// refunded in full. The answer does not tell them apart: `send_pay_date` may be there or not. So it is
/// [`TradeStatus::Closed`], and says nothing against a receipt that is on record.
pub(super) fn queried(reply: Reply, number: &OutTradeNo) -> Result<TradeStatus, GatewayError> {
    let fields = match reply {
        Reply::No(fields) if fields.sub_code() == "ACQ.TRADE_NOT_EXIST" => {
            return Ok(TradeStatus::Unknown);
        }
        Reply::No(fields) => return Err(fields.refused()),
        Reply::Done(fields) => fields,
    };
    if !fields.names(number) {
        return Err(unreadable("no payment number"));
    }
    match fields.trade_status.as_deref() {
        Some("WAIT_BUYER_PAY") => Ok(TradeStatus::Paying),
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

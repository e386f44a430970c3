//! What answers about refunds mean.

use domain::money::Money;
use jiff::Timestamp;

use super::answer::{Fields, Reply};
use crate::payment::common::{is_gateway_number, read_time, unreadable};
use crate::ports::{GatewayError, RefundRequest, RefundStatus};

/// What `alipay.trade.refund` came to.
#[derive(Debug)]
pub(super) enum Asked {
    /// Nothing more to ask.
    Told(RefundStatus),
    /// Understood, but the answer does not say that money went back.
    Accepted,
    /// The business says no. It may do so because the very refund was done before.
    Refused(GatewayError),
}

fn amount(text: Option<&str>) -> Option<Money> {
    text?.parse().ok()
}

/// When the money went back, by the gateway. Where it does not say, now is when we learned of it.
fn done(fields: &Fields, now: Timestamp) -> Result<RefundStatus, GatewayError> {
    let receipt = fields.trade_no.as_deref().unwrap_or_default();
    if !is_gateway_number(receipt) {
        return Err(unreadable("a refund without number"));
    }
    let at = match fields.gmt_refund_pay.as_deref().unwrap_or_default() {
        "" => now,
        text => read_time(text).ok_or_else(|| unreadable("a refund at no time"))?,
    };
    Ok(RefundStatus::Done {
        receipt: receipt.to_owned(),
        at,
    })
}

/// Only `fund_change` `Y` is success; `N` is a repetition, or nothing happened (Alipay OpenAPI, refunds).
/// The answer does not name the refund; `refund_fee` is all that the payment gave back so far, so an answer
/// that tells of less than was asked for is an older one.
pub(super) fn asked(
    reply: Reply,
    request: &RefundRequest,
    now: Timestamp,
) -> Result<Asked, GatewayError> {
    match reply {
        Reply::No(fields) if fields.sub_code() == "ACQ.SELLER_BALANCE_NOT_ENOUGH" => {
            Ok(Asked::Told(RefundStatus::Short))
        }
        Reply::No(fields) => Ok(Asked::Refused(fields.refused())),
        Reply::Done(fields) if !fields.names(&request.payment) => {
            Err(unreadable("no payment number"))
        }
        Reply::Done(fields) if fields.fund_change.as_deref() == Some("Y") => {
            match amount(fields.refund_fee.as_deref()) {
                Some(all) if all >= request.amount && all <= request.total => {
                    done(&fields, now).map(Asked::Told)
                }
                _ => Ok(Asked::Accepted),
            }
        }
        Reply::Done(_) => Ok(Asked::Accepted),
    }
}

/// What `alipay.trade.fastpay.refund.query` came to. Without `refund_status` the refund never came, or
/// failed: both are asked for again with the same number (Alipay OpenAPI, refund query). What it tells of
/// must be what was asked for; answers carry no nonce, so one about another refund is an old one played
/// again.
pub(super) fn found(
    reply: Reply,
    request: &RefundRequest,
    now: Timestamp,
) -> Result<RefundStatus, GatewayError> {
    let fields = match reply {
        Reply::No(fields) if fields.sub_code() == "ACQ.TRADE_NOT_EXIST" => {
            return Ok(RefundStatus::Unknown);
        }
        Reply::No(fields) => return Err(fields.refused()),
        Reply::Done(fields) => fields,
    };
    let named = fields.out_request_no.as_deref().unwrap_or_default();
    if !named.is_empty() && named != request.number.to_string() {
        return Err(GatewayError::Forged);
    }
    let status = match fields.refund_status.as_deref().unwrap_or_default() {
        "" | "REFUND_FAIL" => return Ok(RefundStatus::Unknown),
        "REFUND_PROCESSING" => RefundStatus::Processing,
        "REFUND_SUCCESS" => done(&fields, now)?,
        _ => return Err(unreadable("unknown state of a refund")),
    };
    if named.is_empty() || !fields.names(&request.payment) {
        return Err(unreadable("no number of a refund"));
    }
    let told = |text: &Option<String>, asked: Money| match text.as_deref() {
        None | Some("") => Err(unreadable("a refund without amount")),
        Some(text) if text.parse() == Ok(asked) => Ok(()),
        Some(_) => Err(GatewayError::Forged),
    };
    told(&fields.refund_amount, request.amount)?;
    told(&fields.total_amount, request.total)?;
    Ok(status)
}

//! Doors for the fuzz targets (folder `fuzz`): what stands behind an HTTP call has no public path that takes
//! bytes. Notices need none, for [`Alipay`] verifies them as bytes.
//!
//! Everything here reads what it is given, and reaches nothing.

use domain::payment::OutTradeNo;
use jiff::Timestamp;

use super::wire::{self, Root};
use super::{Alipay, QUERY, REFUND_QUERY, answer, bill, refund};
use crate::ports::{BillRow, GatewayError, RefundRequest, RefundStatus, TradeStatus};

/// An answer as it is cut, before anybody believes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Cut<'a> {
    /// Did it come as `error_response`?
    pub is_error: bool,
    /// What is signed.
    pub text: &'a str,
    /// The signature, if there is one.
    pub sign: Option<String>,
}

/// Cuts an answer to `alipay.trade.query`.
pub fn cut(body: &str) -> Option<Cut<'_>> {
    let answer = wire::cut(body, QUERY)?;
    Some(Cut {
        is_error: answer.root == Root::Error,
        text: answer.text,
        sign: answer.sign,
    })
}

/// What a query makes of its answer.
pub fn queried(
    gateway: &Alipay,
    number: &OutTradeNo,
    body: &[u8],
) -> Result<TradeStatus, GatewayError> {
    let key = &gateway.settings.alipay_key;
    let reply = answer::believe(key, QUERY, Some(&number.to_string()), body)?;
    answer::queried(reply, number)
}

/// What a question after a refund makes of its answer.
pub fn refund_queried(
    gateway: &Alipay,
    request: &RefundRequest,
    now: Timestamp,
    body: &[u8],
) -> Result<RefundStatus, GatewayError> {
    let key = &gateway.settings.alipay_key;
    let reply = answer::believe(key, REFUND_QUERY, Some(&request.payment.to_string()), body)?;
    refund::found(reply, request, now)
}

/// The rows of a packed bill.
pub fn bill_rows(packed: &[u8]) -> Result<Vec<BillRow>, GatewayError> {
    Ok(bill::rows(packed)?)
}

//! What answers about refunds mean.

use domain::money::Money;
use jiff::Timestamp;
use serde::Deserialize;

use super::CURRENCY;
use super::answer::read;
use super::call::Reply;
use crate::payment::common::{is_gateway_number, unreadable};
use crate::ports::{GatewayError, RefundRequest, RefundStatus};

/// A refund as an answer tells of it.
#[derive(Debug, Deserialize)]
struct Returned {
    refund_id: String,
    out_refund_no: String,
    out_trade_no: String,
    status: String,
    #[serde(default)]
    success_time: Option<String>,
    amount: Amount,
}

/// What a refund is about, in fen.
#[derive(Debug, Deserialize)]
struct Amount {
    refund: i64,
    total: i64,
    #[serde(default)]
    currency: Option<String>,
}

/// Where a refund stands, from the three values that tell it. `None` when they cannot be read.
pub(super) fn state(
    status: &str,
    refund_id: &str,
    success_time: Option<&str>,
) -> Option<RefundStatus> {
    match status {
        "PROCESSING" => Some(RefundStatus::Processing),
        "ABNORMAL" => Some(RefundStatus::Abnormal),
        "CLOSED" => Some(RefundStatus::Closed),
        "SUCCESS" if is_gateway_number(refund_id) => {
            let at: Timestamp = success_time?.parse().ok()?;
            Some(RefundStatus::Done {
                receipt: refund_id.to_owned(),
                at,
            })
        }
        _ => None,
    }
}

fn told(body: &[u8], request: &RefundRequest) -> Result<RefundStatus, GatewayError> {
    let refund: Returned = read(body)?;
    let amount = &refund.amount;
    if refund.out_refund_no != request.number.to_string()
        || refund.out_trade_no != request.payment.to_string()
        || Money::from_fen(amount.refund) != request.amount
        || Money::from_fen(amount.total) != request.total
        || amount
            .currency
            .as_deref()
            .is_some_and(|currency| currency != CURRENCY)
    {
        return Err(GatewayError::Forged);
    }
    state(
        &refund.status,
        &refund.refund_id,
        refund.success_time.as_deref(),
    )
    .ok_or_else(|| unreadable("unknown state of a refund"))
}

/// What `POST /v3/refund/domestic/refunds` came to. That it was accepted is no success; the state tells.
pub(super) fn asked(reply: Reply, request: &RefundRequest) -> Result<RefundStatus, GatewayError> {
    match reply {
        Reply::Done(body) => told(&body, request),
        Reply::No(no) => match no.code.as_str() {
            "NOT_ENOUGH" | "NOTENOUGH" => Ok(RefundStatus::Short),
            // The payer's account is gone.
            "USER_ACCOUNT_ABNORMAL" => Ok(RefundStatus::Abnormal),
            _ => Err(no.error()),
        },
    }
}

/// What `GET /v3/refund/domestic/refunds/{number}` came to.
pub(super) fn found(reply: Reply, request: &RefundRequest) -> Result<RefundStatus, GatewayError> {
    match reply {
        Reply::Done(body) => told(&body, request),
        Reply::No(no) => match no.code.as_str() {
            "RESOURCE_NOT_EXISTS" | "REFUND_NOT_EXISTS" | "REFUNDNOTEXIST" => {
                Ok(RefundStatus::Unknown)
            }
            _ => Err(no.error()),
        },
    }
}

//! What answers about payments mean.

use domain::money::Money;
use domain::payment::Receipt;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::CURRENCY;
use super::call::Reply;
use super::settings::Settings;
use crate::payment::common::{is_gateway_number, unreadable};
use crate::ports::{CloseOutcome, GatewayError, TradeStatus};

/// A payment, in an answer and in a notice.
#[derive(Debug, Deserialize)]
pub(super) struct Payment {
    pub(super) appid: String,
    pub(super) mchid: String,
    pub(super) out_trade_no: String,
    pub(super) trade_state: String,
    #[serde(default)]
    pub(super) trade_type: Option<String>,
    #[serde(default)]
    transaction_id: Option<String>,
    #[serde(default)]
    success_time: Option<String>,
    #[serde(default)]
    pub(super) amount: Option<Amount>,
}

/// What a payment was about.
#[derive(Debug, Deserialize)]
pub(super) struct Amount {
    /// In fen; what the order asked for. What the payer gave is less by coupons of WeChat Pay, which it
    /// settles.
    #[serde(default)]
    total: Option<i64>,
    #[serde(default)]
    pub(super) currency: Option<String>,
}

impl Payment {
    /// The money. `None` when something is missing or cannot be read.
    pub(super) fn receipt(&self) -> Option<Receipt> {
        let trade_no = self.transaction_id.as_deref()?;
        let total = self.amount.as_ref()?.total?;
        if !is_gateway_number(trade_no) || total < 1 {
            return None;
        }
        Some(Receipt {
            trade_no: trade_no.to_owned(),
            amount: Money::from_fen(total),
            paid_at: self.success_time.as_deref()?.parse().ok()?,
        })
    }
}

/// Reads a signed body.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, GatewayError> {
    serde_json::from_slice(body).map_err(|_| unreadable("unexpected members"))
}

/// What `POST /v3/pay/transactions/native` came to. The answer names no payment; it is ours by TLS and by
/// its time.
pub(super) fn created(reply: Reply) -> Result<String, GatewayError> {
    #[derive(Deserialize)]
    struct Created {
        code_url: String,
    }
    match reply {
        Reply::No(no) => Err(no.error()),
        Reply::Done(body) => Some(read::<Created>(&body)?.code_url)
            .filter(|url| !url.is_empty())
            .ok_or_else(|| unreadable("no QR code")),
    }
}

/// What a query came to. An answer about another payment, or another merchant's, is another answer played
/// again.
pub(super) fn queried(
    reply: Reply,
    settings: &Settings,
    number: &str,
) -> Result<TradeStatus, GatewayError> {
    let body = match reply {
        Reply::No(no) if no.is_unknown_order() => return Ok(TradeStatus::Unknown),
        Reply::No(no) => return Err(no.error()),
        Reply::Done(body) => body,
    };
    let trade: Payment = read(&body)?;
    let currency = trade
        .amount
        .as_ref()
        .and_then(|sum| sum.currency.as_deref());
    if trade.appid != settings.appid
        || trade.mchid != settings.mchid
        || trade.out_trade_no != number
        || currency.is_some_and(|currency| currency != CURRENCY)
        || trade
            .trade_type
            .as_deref()
            .is_some_and(|kind| !matches!(kind, "" | "NATIVE"))
    {
        return Err(GatewayError::Forged);
    }
    match trade.trade_state.as_str() {
        // PAYERROR is one try of the payer's that failed; the order still takes another.
        "NOTPAY" | "ACCEPT" | "PAYERROR" => Ok(TradeStatus::Unpaid),
        "USERPAYING" => Ok(TradeStatus::Paying),
        "CLOSED" | "REVOKED" => Ok(TradeStatus::Closed),
        // What went back, in part or in full, came first.
        "SUCCESS" | "REFUND" => trade
            .receipt()
            .map(TradeStatus::Paid)
            .ok_or_else(|| unreadable("a payment without number, amount or time")),
        _ => Err(unreadable("unknown state of a payment")),
    }
}

/// What closing came to; `None` when a signed query has to tell: that it is closed is the one thing that
/// nothing looks at again.
pub(super) fn closed(reply: Reply) -> Result<Option<CloseOutcome>, GatewayError> {
    let no = match reply {
        Reply::Done(_) => return Ok(Some(CloseOutcome::Closed)),
        Reply::No(no) => no,
    };
    match no.code.as_str() {
        "ORDERPAID" | "ORDER_PAID" => Ok(Some(CloseOutcome::Paid)),
        "ORDER_CLOSED" | "ORDERCLOSED" | "TRADE_ERROR" | "TRADE_STATE_ERROR" => Ok(None),
        _ if no.is_unknown_order() => Ok(Some(CloseOutcome::Unknown)),
        _ => Err(no.error()),
    }
}

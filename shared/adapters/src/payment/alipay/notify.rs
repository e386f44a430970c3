//! Notices that Alipay posts about payments.

use super::Settings;
use super::answer::receipt;
use super::wire::{Params, read_form, signed_text};
use crate::ports::{NotifyError, PaymentNotice, VerifiedNotice};
use domain::money::Money;

/// The longest notice that is read. Real ones have one or two thousand bytes.
const MOST: usize = 64 * 1024;

/// A value that is there and not empty.
fn value<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params
        .get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

/// Does it tell of a refund? A partial refund sends `TRADE_SUCCESS` again, with `refund_fee`, `gmt_refund`
/// and `out_biz_no` (Alipay OpenAPI, notices); it must never count as a second payment.
fn is_refund(params: &Params) -> bool {
    let refunded =
        value(params, "refund_fee").is_some_and(|fee| fee.parse::<Money>() != Ok(Money::ZERO));
    refunded || value(params, "gmt_refund").is_some() || value(params, "out_biz_no").is_some()
}

/// Alipay OpenAPI, async notify: all parameters but `sign` and `sign_type`, decoded once, sorted, RSA2 with
/// Alipay's public key; then app and seller must be ours. The other two of the four required checks, number
/// and sum, are the caller's, who knows the order.
pub(super) fn verify(settings: &Settings, body: &[u8]) -> Result<VerifiedNotice, NotifyError> {
    if body.len() > MOST {
        return Err(NotifyError::Malformed);
    }
    let params = read_form(body).ok_or(NotifyError::Malformed)?;
    let sign = value(&params, "sign").ok_or(NotifyError::Signature)?;
    // Several SDKs take the hash from this attacker's field; here there is one, and the field must say so.
    if value(&params, "sign_type") != Some("RSA2") {
        return Err(NotifyError::Signature);
    }
    let text = signed_text(&params, &["sign", "sign_type"]);
    if !settings.alipay_key.verify(text.as_bytes(), sign) {
        return Err(NotifyError::Signature);
    }
    if value(&params, "app_id") != Some(&settings.app_id)
        || value(&params, "seller_id") != Some(&settings.seller_id)
    {
        return Err(NotifyError::OtherMerchant);
    }
    let status = value(&params, "trade_status").ok_or(NotifyError::Malformed)?;
    let other = value(&params, "notify_type").is_some_and(|kind| kind != "trade_status_sync");
    let paid = matches!(status, "TRADE_SUCCESS" | "TRADE_FINISHED");
    if !paid || other || is_refund(&params) {
        return Ok(VerifiedNotice::new(PaymentNotice::Other {
            status: status.chars().take(64).collect(),
        }));
    }
    let [number, trade_no, amount, paid_at] =
        ["out_trade_no", "trade_no", "total_amount", "gmt_payment"]
            .map(|name| value(&params, name).unwrap_or_default());
    if number.is_empty() {
        return Err(NotifyError::Malformed);
    }
    Ok(VerifiedNotice::new(PaymentNotice::Paid {
        out_trade_no: number.to_owned(),
        receipt: receipt(trade_no, amount, paid_at).ok_or(NotifyError::Malformed)?,
    }))
}

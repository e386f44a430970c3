//! Notices that WeChat Pay posts about payments and refunds.

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::money::Money;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::CURRENCY;
use super::answer::Payment;
use super::refund::state;
use super::seal::{self, Fault};
use super::settings::Settings;
use crate::ports::{NotifyError, PaymentNotice, RawNotice, VerifiedNotice};

/// The longest notice that is read. Real ones have one or two thousand bytes.
const MOST: usize = 64 * 1024;

/// The longest name of an event that is kept.
const EVENT: usize = 64;

/// A notice as it is posted.
#[derive(Deserialize)]
struct Envelope {
    event_type: String,
    resource_type: String,
    resource: Resource,
}

/// What is in it, encrypted.
#[derive(Deserialize)]
struct Resource {
    original_type: String,
    algorithm: String,
    ciphertext: String,
    #[serde(default)]
    associated_data: Option<String>,
    nonce: String,
}

/// A refund as a notice tells of it. Official SDKs do not read `mchid` there, the documents show it. What
/// was encrypted with our key is ours without it; with another one it is not.
#[derive(Deserialize)]
struct Returned {
    #[serde(default)]
    mchid: Option<String>,
    out_trade_no: String,
    out_refund_no: String,
    refund_id: String,
    refund_status: String,
    #[serde(default)]
    success_time: Option<String>,
    amount: Amount,
}

#[derive(Deserialize)]
struct Amount {
    refund: i64,
    #[serde(default)]
    currency: Option<String>,
}

impl Resource {
    /// AES-256-GCM with our `APIv3` key; the tag stands at the end.
    fn open(&self, settings: &Settings) -> Option<Vec<u8>> {
        if self.algorithm != "AEAD_AES_256_GCM" {
            return None;
        }
        let nonce: [u8; NONCE_LEN] = self.nonce.as_bytes().try_into().ok()?;
        let nonce = Nonce::assume_unique_for_key(nonce);
        let aad = Aad::from(self.associated_data.as_deref().unwrap_or_default());
        let mut text = STANDARD.decode(&self.ciphertext).ok()?;
        let length = settings
            .api_v3_key
            .open_in_place(nonce, aad, &mut text)
            .ok()?
            .len();
        text.truncate(length);
        Some(text)
    }
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, NotifyError> {
    serde_json::from_slice(text).map_err(|_| NotifyError::Malformed)
}

/// Believes a notice: signed by a key of the gateway over the raw body, of this time, encrypted with our
/// key, about our account and our app, in yuan. Number and sum are the caller's to compare, who knows the
/// order.
pub(super) fn verify(
    settings: &Settings,
    notice: &RawNotice<'_>,
    now: Timestamp,
) -> Result<VerifiedNotice, NotifyError> {
    if notice.body.len() > MOST {
        return Err(NotifyError::Malformed);
    }
    seal::check(settings, notice, now).map_err(|fault| match fault {
        Fault::Absent | Fault::Bad => NotifyError::Signature,
        Fault::Stale => NotifyError::Stale,
    })?;
    let envelope: Envelope = read(notice.body)?;
    if envelope.resource_type != "encrypt-resource" {
        return Err(NotifyError::Malformed);
    }
    let text = envelope
        .resource
        .open(settings)
        .ok_or(NotifyError::Malformed)?;
    let original = envelope.resource.original_type.as_str();
    let event = envelope.event_type.as_str();
    let notice = match (event, original) {
        ("TRANSACTION.SUCCESS", "transaction") => payment(settings, &read(&text)?)?,
        ("REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED", "refund") => {
            refund(settings, event, read(&text)?)?
        }
        ("TRANSACTION.SUCCESS" | "REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED", _) => {
            return Err(NotifyError::Malformed);
        }
        _ => PaymentNotice::Other {
            status: event.chars().take(EVENT).collect(),
        },
    };
    Ok(VerifiedNotice::new(notice))
}

fn payment(settings: &Settings, trade: &Payment) -> Result<PaymentNotice, NotifyError> {
    if trade.mchid != settings.mchid || trade.appid != settings.appid {
        return Err(NotifyError::OtherMerchant);
    }
    if trade.trade_state != "SUCCESS" {
        return Ok(PaymentNotice::Other {
            status: trade.trade_state.chars().take(EVENT).collect(),
        });
    }
    let currency = trade
        .amount
        .as_ref()
        .and_then(|sum| sum.currency.as_deref());
    // We make only one kind of order, in one currency.
    if currency != Some(CURRENCY)
        || trade.trade_type.as_deref() != Some("NATIVE")
        || trade.out_trade_no.is_empty()
    {
        return Err(NotifyError::Malformed);
    }
    Ok(PaymentNotice::Paid {
        out_trade_no: trade.out_trade_no.clone(),
        receipt: trade.receipt().ok_or(NotifyError::Malformed)?,
    })
}

fn refund(
    settings: &Settings,
    event: &str,
    refund: Returned,
) -> Result<PaymentNotice, NotifyError> {
    if refund
        .mchid
        .as_ref()
        .is_some_and(|named| *named != settings.mchid)
    {
        return Err(NotifyError::OtherMerchant);
    }
    // The event and what is in it must say the same.
    let same = event.strip_prefix("REFUND.") == Some(refund.refund_status.as_str());
    let yuan = refund
        .amount
        .currency
        .as_deref()
        .is_none_or(|named| named == CURRENCY);
    if !same || !yuan || refund.amount.refund < 1 || refund.out_refund_no.is_empty() {
        return Err(NotifyError::Malformed);
    }
    let status = state(
        &refund.refund_status,
        &refund.refund_id,
        refund.success_time.as_deref(),
    )
    .ok_or(NotifyError::Malformed)?;
    Ok(PaymentNotice::Refunded {
        out_refund_no: refund.out_refund_no,
        out_trade_no: refund.out_trade_no,
        amount: Money::from_fen(refund.amount.refund),
        status,
    })
}

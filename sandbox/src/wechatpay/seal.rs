//! The headers that sign answers and notifies.

use jiff::{SignedDuration, Timestamp};

use super::Merchant;
use crate::app::App;
use crate::crypto::{CryptoError, Rsa2Signer, random};
use crate::knobs::Signature;
use crate::outbox::Parcel;

/// Header names and values.
pub type Seal = Vec<(&'static str, String)>;

/// How old a stale signature is.
const STALE: SignedDuration = SignedDuration::from_mins(10);
/// A serial that nobody was ever told.
const STRANGE_SERIAL: &str = "PUB_KEY_ID_0000000000000000000000000000";

/// Signs `body` with the key of `serial` as a knob wants it, at `at` by a clock that may be wrong.
pub fn seal(
    merchant: &Merchant,
    serial: Option<&str>,
    signature: Signature,
    skew_s: i32,
    body: &str,
    at: Timestamp,
) -> Result<Seal, CryptoError> {
    let Some((serial, key)) = merchant.key(serial).or_else(|| merchant.key(None)) else {
        return Err(CryptoError::Key);
    };
    let mut at = at
        .checked_add(SignedDuration::from_secs(skew_s.into()))
        .unwrap_or(at);
    if signature == Signature::Stale {
        at = at.checked_sub(STALE).unwrap_or(at);
    }
    let timestamp = at.as_second().to_string();
    let nonce = hex::encode(random::<16>()?);
    let text = format!("{timestamp}\n{nonce}\n{body}\n");
    let (serial, value) = match signature {
        Signature::Unsigned => return Ok(Vec::new()),
        Signature::Good | Signature::Stale => (serial, key.sign(&text)?),
        Signature::Forged => (serial, key.sign(&format!("{text}forged\n"))?),
        Signature::WrongKey => (serial, Rsa2Signer::stranger()?.sign(&text)?),
        Signature::UnknownSerial => (STRANGE_SERIAL, Rsa2Signer::stranger()?.sign(&text)?),
        Signature::Probe => {
            let wrong = key.sign(&nonce)?;
            (serial, format!("WECHATPAY/SIGNTEST/{}", &wrong[19..]))
        }
    };
    Ok(vec![
        ("wechatpay-timestamp", timestamp),
        ("wechatpay-nonce", nonce),
        ("wechatpay-serial", serial.to_owned()),
        ("wechatpay-signature", value),
        (
            "wechatpay-signature-type",
            "WECHATPAY2-SHA256-RSA2048".to_owned(),
        ),
    ])
}

/// Signs a notify that is sent now. Without a merchant, or when signing fails, it goes out unsigned.
pub fn of_parcel(app: &App, parcel: &Parcel, at: Timestamp) -> Seal {
    let Some(merchant) = &app.wechatpay else {
        return Vec::new();
    };
    let skew = app.knobs.get().wechatpay().clock_skew_s;
    let serial = parcel.serial.as_deref();
    seal(merchant, serial, parcel.signature, skew, &parcel.body, at).unwrap_or_else(|error| {
        tracing::error!(%error, "a notify goes out unsigned");
        Vec::new()
    })
}

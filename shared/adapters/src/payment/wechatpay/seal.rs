//! Texts that are signed, in both directions.

use jiff::Timestamp;

use super::settings::Settings;
use crate::ports::RawNotice;

/// The one kind of signature. A message that says nothing of its kind has this one.
pub(super) const KIND: &str = "WECHATPAY2-SHA256-RSA2048";

/// Seconds by which a message may differ from our clock; at this difference it is refused.
const WINDOW: u64 = 300;

/// The headers that make a seal.
pub(super) const HEADERS: [&str; 5] = [
    "wechatpay-timestamp",
    "wechatpay-nonce",
    "wechatpay-serial",
    "wechatpay-signature",
    "wechatpay-signature-type",
];

/// What is wrong with a seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is none: not one of its headers.
    Absent,
    /// It is not the gateway's, or not whole.
    Bad,
    /// It is the gateway's, but not of this time.
    Stale,
}

/// The text of a request that we sign: method, target as on the wire, seconds, nonce, body.
pub(super) fn request_text(
    method: &str,
    target: &str,
    at: Timestamp,
    nonce: &str,
    body: &str,
) -> String {
    format!("{method}\n{target}\n{}\n{nonce}\n{body}\n", at.as_second())
}

/// Checks the seal of an answer or a notice over its raw body, also an empty one.
///
/// The key is the one that the message names and no other. A probe, whose signature begins with
/// `WECHATPAY/SIGNTEST/`, is a wrong signature like any other: base64 has no place for it.
pub(super) fn check(
    settings: &Settings,
    message: &RawNotice<'_>,
    now: Timestamp,
) -> Result<(), Fault> {
    let there = |name: &str| {
        message
            .headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    };
    if !HEADERS.iter().any(|name| there(name)) {
        return Err(Fault::Absent);
    }
    let [timestamp, nonce, serial, signature, kind] = HEADERS.map(|name| message.header(name));
    let kind_known = match kind {
        Some(kind) => kind == KIND,
        // None also when it is there twice.
        None => !there(HEADERS[4]),
    };
    let (Some(timestamp), Some(nonce), Some(serial), Some(signature), true) =
        (timestamp, nonce, serial, signature, kind_known)
    else {
        return Err(Fault::Bad);
    };
    // A line break in a value would move the borders of what is signed.
    let line = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    let digits =
        (1..=12).contains(&timestamp.len()) && timestamp.bytes().all(|b| b.is_ascii_digit());
    if !digits || !line(nonce) {
        return Err(Fault::Bad);
    }
    let key = settings.wechatpay_key(serial).ok_or(Fault::Bad)?;
    let text = [timestamp.as_bytes(), nonce.as_bytes(), message.body, b""].join(&b'\n');
    if !key.verify(&text, signature) {
        return Err(Fault::Bad);
    }
    let at: i64 = timestamp.parse().map_err(|_| Fault::Bad)?;
    if now.as_second().abs_diff(at) >= WINDOW {
        return Err(Fault::Stale);
    }
    Ok(())
}

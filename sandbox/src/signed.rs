//! Requests of a customer, signed by HMAC-SHA256 over time, method, path and body.

use http::{HeaderMap, Method, Uri};
use jiff::Timestamp;

use crate::app::Failure;
use crate::crypto::hmac_verify;

/// How many seconds a request's timestamp may be off.
const SKEW: u64 = 300;

/// Who may call.
pub struct Caller<'a> {
    /// What the headers begin with: `<prefix>-account`, `-timestamp` (unix seconds), `-signature` (hex).
    pub prefix: &'static str,
    /// Account name.
    pub account: &'a str,
    /// Key of its requests.
    pub api_key: &'a str,
}

/// Is it this caller's, and of now? The signature is over `timestamp\nMETHOD\npath\nbody`, where path is as on the
/// wire with its query.
///
/// # Errors
/// [`Failure::Unauthorized`].
pub fn check(
    caller: &Caller<'_>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Failure> {
    let header = |name: &str| {
        let name = format!("{}-{name}", caller.prefix);
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let refuse =
        |code| Failure::Unauthorized(code, "the request is not signed as it must be".to_owned());
    if header("account") != caller.account {
        return Err(refuse("unknown_account"));
    }
    let timestamp = header("timestamp");
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut message = format!("{timestamp}\n{method}\n{path}\n").into_bytes();
    message.extend_from_slice(body);
    if !hmac_verify(caller.api_key, &message, &header("signature")) {
        return Err(refuse("bad_signature"));
    }
    let fresh = |at: i64| at.abs_diff(now.as_second()) <= SKEW;
    if !timestamp.parse().is_ok_and(fresh) {
        return Err(refuse("stale_timestamp"));
    }
    Ok(())
}

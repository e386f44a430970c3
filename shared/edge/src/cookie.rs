//! Session cookies: an opaque random token, of which only the hash is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header};

use adapters::ports::Random;

/// The cookie of a company's person.
pub const COMPANY: &str = "__Host-sealkey";
/// The cookie of a member of staff.
pub const STAFF: &str = "__Host-sealkey-staff";

/// The cookie that tells one browser from another, whoever uses it.
pub const BROWSER: &str = "__Host-sealkey-browser";
/// The cookie of a browser that asked for a login by key.
pub const LOGIN: &str = "__Host-login";
/// The cookie of somebody who lost mailbox or mobile number, for their application.
pub const RECOVERY: &str = "__Host-sealkey-recovery";

/// A new token of 256 random bits.
pub fn new_token(random: &dyn Random) -> String {
    let mut bytes = [0u8; 32];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a token: SHA-256, hex.
pub fn token_hash(token: &str) -> String {
    hex::encode(aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA256,
        token.as_bytes(),
    ))
}

/// The value of a cookie in a request. Two of one name are none: somebody planted one.
pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned());
    let first = found.next()?;
    if found.next().is_some() {
        None
    } else {
        Some(first)
    }
}

/// The header that sets a session cookie. Without `Max-Age` it ends with the browser; the server ends it
/// by its own clock anyway.
pub fn set(name: &str, token: &str) -> String {
    format!("{name}={token}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

/// The header that takes a session cookie away.
pub fn clear(name: &str) -> String {
    format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_planted_second_cookie_is_no_cookie() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("a=1; __Host-sealkey=x; b=2"),
        );
        assert_eq!(read(&headers, COMPANY).as_deref(), Some("x"));
        assert_eq!(read(&headers, STAFF), None);
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-sealkey=y"));
        assert_eq!(read(&headers, COMPANY), None);
    }
}

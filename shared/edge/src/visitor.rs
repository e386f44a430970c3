//! Who asks, before anybody is logged in: browser, address, device.

use adapters::ports::Random;
use axum::extract::FromRequestParts;
use domain::throttle::Rule;
use http::request::Parts;
use http::{HeaderMap, header};

use crate::cookie;
use crate::error::ApiError;

/// The header in which the CDN tells the client's address and port. Never `X-Forwarded-For`, which the
/// client may write.
pub const VIEWER_HEADER: &str = "cloudfront-viewer-address";

/// A browser at an address.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Hash of the browser's cookie; none for one that never asked for a human check.
    pub browser: Option<String>,
    /// Its address: whole for IPv4, the network (/64) for IPv6, for one line has all of that.
    pub address: String,
    /// Browser and system in a few words, as the browser says.
    pub device: String,
}

impl Visitor {
    /// Out of the headers of a request.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        Self {
            browser: cookie::read(headers, cookie::BROWSER).map(|token| cookie::token_hash(&token)),
            address: network(text(VIEWER_HEADER)),
            device: device(text(header::USER_AGENT.as_str())),
        }
    }

    /// What is counted for a visitor: the browser by its rule, its address by another.
    ///
    /// A browser without a cookie counts as its address only: members of staff have none before they log in,
    /// and a rule made for one browser would keep a whole office out after the mistakes of a few.
    pub fn counted(&self, browser: Rule, address: Rule) -> Vec<(Rule, &str)> {
        let of_browser = self.browser.as_deref().map(|key| (browser, key));
        of_browser
            .into_iter()
            .chain([(address, self.address.as_str())])
            .collect()
    }
}

/// A new cookie for a browser, with the header that sets it. It says nothing about anybody: it only tells
/// one browser from another.
pub fn new_browser(random: &dyn Random) -> (String, String) {
    let token = cookie::new_token(random);
    let set = format!(
        "{}={token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=15552000",
        cookie::BROWSER
    );
    (cookie::token_hash(&token), set)
}

fn network(viewer: &str) -> String {
    let host = viewer.rsplit_once(':').map_or(viewer, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(address)) => address.to_string(),
        Ok(std::net::IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Err(_) => "unknown".to_owned(),
    }
}

fn device(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 8] = [
        ("MicroMessenger", "WeChat"),
        ("QIHU", "360"),
        ("360SE", "360"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("HarmonyOS", "HarmonyOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(sign, _)| agent.contains(sign))
            .map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_cdn_s_word() {
        assert_eq!(network("198.51.100.10:46532"), "198.51.100.10");
        assert_eq!(network("[2001:db8:1:2:3::4]:443"), "2001:db8:1:2::/64");
        assert_eq!(network("2001:db8:1:2:3:4:5:6:443"), "2001:db8:1:2::/64");
        assert_eq!(network(""), "unknown");
    }

    #[test]
    fn a_device_is_a_few_words() {
        let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(device(agent), "Edge · Windows");
        assert_eq!(device("curl/8"), "");
    }
}

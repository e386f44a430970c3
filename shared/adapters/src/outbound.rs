//! HTTP to partners that are no AWS service: where it may go, how long it may take, how much it may answer.

use std::time::Duration;

use url::{Host, Url};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);

/// How long a whole call may take. A call happens inside a request of ours, which API Gateway ends after 30
/// seconds.
const CALL: Duration = Duration::from_secs(8);

/// The longest answer that is read.
const MOST: usize = 256 * 1024;

/// Why an address or a client cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub(crate) &'static str);

/// Reads an address of a partner: `https`, or `http` on loopback only (the sandbox of a laptop), and nothing
/// but scheme, host, port and path.
pub fn endpoint(text: &str) -> Result<Url, Unusable> {
    let url = public(text)?;
    let loopback = match url.host() {
        None => return Err(Unusable("an address without a host")),
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
    };
    match url.scheme() {
        "http" if !loopback => Err(Unusable("plain http is for loopback only")),
        _ => Ok(url),
    }
}

/// Reads an address of something that everybody may read and that its maker signed, as revocation lists are: `http`
/// will do too, and nothing but scheme, host, port and path.
pub fn public(text: &str) -> Result<Url, Unusable> {
    let url = Url::parse(text).map_err(|_| Unusable("not an address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Unusable("an address must be http or https"));
    }
    if url.host().is_none() {
        return Err(Unusable("an address without a host"));
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(Unusable(
            "an address is scheme, host, port and path, nothing else",
        ));
    }
    Ok(url)
}

/// A client for one partner: timeouts, no redirects, no proxy of the environment. The system's root
/// certificates are read only for `https`; reading them costs half of an empty function's cold start.
pub fn client(endpoint: &Url) -> Result<reqwest::Client, Unusable> {
    let builder = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .timeout(CALL)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent("sealkey");
    let builder = if endpoint.scheme() == "https" {
        builder.https_only(true)
    } else {
        builder.tls_certs_only([])
    };
    builder
        .build()
        .map_err(|_| Unusable("the HTTP client cannot be made"))
}

/// What went wrong, without the address: a signed address is nobody's business.
pub(crate) fn describe(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else {
        "the request failed"
    }
}

/// Reads a whole answer, up to a limit.
pub(crate) async fn read(response: reqwest::Response) -> Result<Vec<u8>, &'static str> {
    read_at_most(response, MOST).await
}

/// Reads a whole answer that may be as long as `most`.
pub(crate) async fn read_at_most(
    mut response: reqwest::Response,
    most: usize,
) -> Result<Vec<u8>, &'static str> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
        if body.len() + chunk.len() > most {
            return Err("the answer is too long");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_loopback() {
        for good in [
            "https://openapi.alipay.com/gateway.do",
            "http://127.0.0.1:4580/alipay/gateway.do",
            "http://localhost/x",
            "http://[::1]:1/x",
        ] {
            assert!(endpoint(good).is_ok(), "{good}");
            assert!(client(&endpoint(good).unwrap()).is_ok(), "{good}");
        }
        for bad in [
            "",
            "openapi.alipay.com",
            "http://openapi.alipay.com/gateway.do",
            "http://localhost.example.com/",
            "http://10.0.0.1/",
            "ftp://localhost/",
            "https://u:p@example.com/",
            "https://example.com/?a=1",
            "https://example.com/#a",
            "data:text/plain,x",
        ] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_public_and_signed_may_come_by_plain_http() {
        assert!(public("http://crl.example.cn/ca/1.crl").is_ok());
        for bad in [
            "ldap://crl.example.cn/cn=ca",
            "file:///etc/passwd",
            "http://u:p@crl.example.cn/",
            "http://crl.example.cn/?a=1",
        ] {
            assert!(public(bad).is_err(), "{bad}");
        }
    }
}

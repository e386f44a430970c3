//! HTTP as far as both gateways use it: one client for each, made late; and the download of bills.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use url::{Host, Url};

use super::common::unavailable;
use crate::outbound;
use crate::ports::GatewayError;

/// The most of a bill that is read, packed or not: a hundred thousand rows and more. Larger ones, and zip
/// bombs, are refused.
pub(super) const MOST_BILL: usize = 32 * 1024 * 1024;

/// How long a bill may take. Nobody waits for it but a schedule, and Alipay's address lives 30 seconds.
const BILL: Duration = Duration::from_secs(25);

/// A gateway's HTTP client.
pub(super) struct Http {
    base: Url,
    client: OnceLock<reqwest::Client>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Http").field(&self.base.as_str()).finish()
    }
}

impl Http {
    /// It makes its client when it is first asked for one. Verifying a notice asks nothing, so a function
    /// that only does that never reads root certificates.
    pub(super) fn new(base: Url) -> Self {
        Self {
            base,
            client: OnceLock::new(),
        }
    }

    /// With this client, which must have timeouts and follow no redirect.
    pub(super) fn with_client(base: Url, client: reqwest::Client) -> Self {
        Self {
            base,
            client: OnceLock::from(client),
        }
    }

    /// Where the gateway is.
    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// The client.
    pub(super) fn client(&self) -> Result<&reqwest::Client, GatewayError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = outbound::client(&self.base).map_err(|why| unavailable(why.0))?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Reads the address of a bill: `https`, or, for a gateway on loopback, loopback too. Alipay's own
    /// sample is an `http` address; its host answers `https` as well, and a bill is not for everybody's eyes.
    pub(super) fn bill_address(&self, text: &str) -> Result<Url, GatewayError> {
        let bad = || unavailable("the address of a bill cannot be used");
        let mut url = Url::parse(text).map_err(|_| bad())?;
        let plain = url.username().is_empty() && url.password().is_none();
        if !plain || url.fragment().is_some() {
            return Err(bad());
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if is_loopback(&url) && is_loopback(&self.base) => Ok(url),
            "http" if url.port().is_none() && !is_loopback(&url) => {
                url.set_scheme("https").map_err(|()| bad())?;
                Ok(url)
            }
            _ => Err(bad()),
        }
    }

    /// Downloads a bill. Its address is nobody's business, so no error has it.
    pub(super) async fn download(
        &self,
        url: Url,
        headers: &[(&'static str, String)],
    ) -> Result<Vec<u8>, GatewayError> {
        let mut request = self.client()?.get(url).timeout(BILL);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = request
            .send()
            .await
            .map_err(|error| unavailable(outbound::describe(&error)))?;
        let status = response.status();
        if status != reqwest::StatusCode::OK {
            return Err(unavailable(&format!("bill: HTTP {}", status.as_u16())));
        }
        outbound::read_at_most(response, MOST_BILL)
            .await
            .map_err(unavailable)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_comes_from_a_safe_address() {
        let at = |base: &str, text: &str| {
            Http::new(Url::parse(base).unwrap())
                .bill_address(text)
                .map(String::from)
                .ok()
        };
        let real = "https://openapi.alipay.com/gateway.do";
        let here = "http://127.0.0.1:4580/alipay/gateway.do";
        let bill = "dwbillcenter.alipay.com/downloadBillFile.resource?fileId=1";
        let safe = Some(format!("https://{bill}"));
        assert_eq!(at(real, &format!("https://{bill}")), safe);
        assert_eq!(at(real, &format!("http://{bill}")), safe);
        assert_eq!(
            at(here, "http://127.0.0.1:4580/bill?x=1"),
            Some("http://127.0.0.1:4580/bill?x=1".to_owned())
        );
        for (base, bad) in [
            (real, "http://127.0.0.1/bill"),
            (real, "http://localhost/bill"),
            (real, "http://[::1]/bill"),
            (real, "http://bill.example:8080/"),
            (real, "ftp://bill.example/"),
            (real, "file:///etc/passwd"),
            (real, "https://u:p@bill.example/"),
            (real, "/bill"),
            (real, ""),
            (here, "https://bill.example/#a"),
        ] {
            assert_eq!(at(base, bad), None, "{bad}");
        }
    }
}

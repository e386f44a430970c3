//! A tax platform with an HTTP API: requests are signed by HMAC-SHA256, in lower-case hex.
//!
//! There is no one protocol that all providers of 数电发票 speak; this is the one of the sandbox, and of a small
//! service that an operator puts in front of their provider. A request carries `x-tax-account`, `x-tax-timestamp`
//! (unix seconds) and `x-tax-signature` over `timestamp\nMETHOD\npath\nbody` with the API key; the path is the one on
//! the wire. `docs/tax-platform.md` has it whole.

use std::fmt;
use std::sync::OnceLock;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use domain::money::Money;
use domain::policy::InvoiceKind;
use jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::outbound;
use crate::ports::{
    InvoiceFormat, InvoiceRequest, ReversalRequest, TaxError, TaxPlatform, TaxStatus,
};

/// The longest answer that is read.
#[expect(clippy::cast_possible_truncation, reason = "four million fit")]
const MOST: usize = InvoiceFormat::MOST as usize;

/// The secret `tax` as it is stored.
#[derive(Deserialize)]
struct Secret {
    base_url: String,
    account: String,
    api_key: Zeroizing<String>,
}

/// Where the platform is, and who we are there.
pub struct Settings {
    base: Url,
    account: String,
    api_key: hmac::Key,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("base", &self.base.as_str())
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// Why the secret cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the tax platform's secret cannot be used: {0}")]
pub struct InvalidSettings(String);

impl Settings {
    /// Reads the JSON text of the secret `tax`: `base_url`, `account`, `api_key`.
    ///
    /// # Errors
    /// [`InvalidSettings`].
    pub fn parse(secret: &str) -> Result<Self, InvalidSettings> {
        let bad = |why: &str| InvalidSettings(why.to_owned());
        // The error of serde_json may repeat what it read.
        let secret: Secret = serde_json::from_str(secret)
            .map_err(|_| bad("not the JSON object that is expected"))?;
        let base = outbound::endpoint(&secret.base_url).map_err(|why| bad(&why.to_string()))?;
        if secret.account.is_empty() || !secret.account.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(bad("account must be plain ASCII"));
        }
        if secret.api_key.len() < 16 {
            return Err(bad("the key has less than 16 characters"));
        }
        Ok(Self {
            base,
            account: secret.account,
            api_key: hmac::Key::new(hmac::HMAC_SHA256, secret.api_key.as_bytes()),
        })
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }
}

/// The platform.
#[derive(Debug)]
pub struct HttpTaxPlatform {
    settings: Settings,
    client: OnceLock<reqwest::Client>,
}

#[derive(Serialize)]
struct Order<'a> {
    serial: &'a str,
    kind: InvoiceKind,
    buyer: Buyer<'a>,
    items: Vec<Item<'a>>,
    amount: Money,
}

#[derive(Serialize)]
struct Buyer<'a> {
    title: &'a str,
    tax_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bank: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
}

#[derive(Serialize)]
struct Item<'a> {
    name: &'a str,
    quantity: u32,
    amount: Money,
}

#[derive(Serialize)]
struct Reversal<'a> {
    serial: &'a str,
    invoice: &'a str,
    reason: &'a str,
}

/// What it answers.
#[derive(Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Answer {
    Issued {
        number: String,
        issued_at: Timestamp,
    },
    Processing,
    Refused {
        code: String,
    },
    AwaitingBuyer {
        until: Timestamp,
    },
    Expired,
    Reversed {
        number: String,
        at: Timestamp,
    },
}

/// A refusal in the platform's words. Its message may repeat what was sent, so only the code is kept.
#[derive(Deserialize)]
struct Refusal {
    code: String,
}

/// A number or code that is safe as a key and in a log.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

impl HttpTaxPlatform {
    /// A platform that makes its own HTTP client when it is first asked something.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            client: OnceLock::new(),
        }
    }

    /// Reads the secret `tax`; see [`Settings::parse`].
    ///
    /// # Errors
    /// [`InvalidSettings`].
    pub fn from_secret(secret: &str) -> Result<Self, InvalidSettings> {
        Settings::parse(secret).map(Self::new)
    }

    fn client(&self) -> Result<reqwest::Client, TaxError> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = outbound::client(&self.settings.base)
            .map_err(|why| TaxError::Unavailable(why.to_string()))?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: String,
        now: Timestamp,
    ) -> Result<(u16, Vec<u8>), TaxError> {
        let unavailable = |why: &str| TaxError::Unavailable(why.to_owned());
        let url = self.settings.at(path);
        let timestamp = now.as_second().to_string();
        let message = format!("{timestamp}\n{method}\n{}\n{body}", url.path());
        let signature = hmac::sign(&self.settings.api_key, message.as_bytes());
        let response = self
            .client()?
            .request(method, url)
            .header("content-type", "application/json")
            .header("x-tax-account", &self.settings.account)
            .header("x-tax-timestamp", &timestamp)
            .header("x-tax-signature", hex::encode(signature))
            .body(body)
            .send()
            .await
            .map_err(|error| unavailable(outbound::describe(&error)))?;
        let status = response.status().as_u16();
        let body = outbound::read_at_most(response, MOST)
            .await
            .map_err(unavailable)?;
        match status {
            401 | 403 => Err(TaxError::Credentials(format!("HTTP {status}"))),
            200 | 201 | 400 | 404 | 409 | 422 => Ok((status, body)),
            _ => Err(unavailable(&format!("HTTP {status}"))),
        }
    }

    async fn asked(
        &self,
        method: Method,
        path: &str,
        body: String,
        now: Timestamp,
    ) -> Result<TaxStatus, TaxError> {
        let (status, body) = self.call(method, path, body, now).await?;
        match status {
            200 | 201 => {}
            404 => return Ok(TaxStatus::Unknown),
            _ => {
                let code = serde_json::from_slice::<Refusal>(&body).map(|refusal| refusal.code);
                let code = code.ok().filter(|code| is_name(code));
                return Ok(TaxStatus::Refused(
                    code.unwrap_or_else(|| format!("HTTP-{status}")),
                ));
            }
        }
        let unreadable = || TaxError::Unavailable("an answer that cannot be read".to_owned());
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| unreadable())?;
        let status = match answer {
            Answer::Issued { number, issued_at } if is_name(&number) => TaxStatus::Issued {
                number,
                at: issued_at,
            },
            Answer::Reversed { number, at } if is_name(&number) => {
                TaxStatus::Reversed { number, at }
            }
            Answer::Issued { .. } | Answer::Reversed { .. } => return Err(unreadable()),
            Answer::Processing => TaxStatus::Processing,
            Answer::Refused { code } if is_name(&code) => TaxStatus::Refused(code),
            Answer::Refused { .. } => TaxStatus::Refused("unnamed".to_owned()),
            Answer::AwaitingBuyer { until } => TaxStatus::AwaitingBuyer { until },
            Answer::Expired => TaxStatus::Expired,
        };
        Ok(status)
    }
}

fn json(value: &impl Serialize) -> Result<String, TaxError> {
    serde_json::to_string(value)
        .map_err(|_| TaxError::Unavailable("the request cannot be written".to_owned()))
}

#[async_trait]
impl TaxPlatform for HttpTaxPlatform {
    async fn issue(&self, invoice: &InvoiceRequest, now: Timestamp) -> Result<TaxStatus, TaxError> {
        let special = invoice.buyer.special.as_ref();
        let items = invoice.items.iter().map(|item| Item {
            name: &item.name,
            quantity: item.quantity,
            amount: item.amount,
        });
        let order = Order {
            serial: &invoice.serial,
            kind: invoice.kind,
            buyer: Buyer {
                title: &invoice.buyer.title,
                tax_number: &invoice.buyer.tax_number,
                address: special.map(|it| it.address.as_str()),
                phone: special.map(|it| it.phone.as_str()),
                bank: special.map(|it| it.bank.as_str()),
                account: special.map(|it| it.account.as_str()),
            },
            items: items.collect(),
            amount: invoice.amount,
        };
        self.asked(Method::POST, "/v1/invoices", json(&order)?, now)
            .await
    }

    async fn look(&self, serial: &str, now: Timestamp) -> Result<TaxStatus, TaxError> {
        let path = format!("/v1/invoices/{serial}");
        self.asked(Method::GET, &path, String::new(), now).await
    }

    async fn reverse(
        &self,
        reversal: &ReversalRequest,
        now: Timestamp,
    ) -> Result<TaxStatus, TaxError> {
        let body = json(&Reversal {
            serial: &reversal.serial,
            invoice: &reversal.invoice,
            reason: &reversal.reason,
        })?;
        self.asked(Method::POST, "/v1/reversals", body, now).await
    }

    async fn look_reversal(&self, serial: &str, now: Timestamp) -> Result<TaxStatus, TaxError> {
        let path = format!("/v1/reversals/{serial}");
        self.asked(Method::GET, &path, String::new(), now).await
    }

    async fn file(
        &self,
        serial: &str,
        format: InvoiceFormat,
        now: Timestamp,
    ) -> Result<Vec<u8>, TaxError> {
        let path = format!("/v1/invoices/{serial}/files/{}", format.as_str());
        match self.call(Method::GET, &path, String::new(), now).await? {
            (200, body) => Ok(body),
            (status, _) => Err(TaxError::Unavailable(format!("HTTP {status}"))),
        }
    }
}

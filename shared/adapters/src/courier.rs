//! A courier with an HTTP API: requests and events are signed by HMAC-SHA256, in lower-case hex.
//!
//! - A request carries `x-courier-account`, `x-courier-timestamp` (unix seconds) and
//!   `x-courier-signature` over `timestamp\nMETHOD\npath\nbody` with the API key; the path is the one on the
//!   wire, with whatever the base address puts before it.
//! - An event is signed over `timestamp\nbody` with the webhook key, and is refused when its timestamp is
//!   more than 300 seconds away.

use std::fmt;
use std::sync::OnceLock;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use domain::parcel::{ParcelEvent, ParcelStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::outbound;
use crate::ports::{Courier, CourierError, Freight, ShipmentRequest, VerifiedCourierMessage};

/// How many seconds the timestamp of an event may be away.
const WINDOW: u64 = 300;

/// The longest event that is read.
const MOST: usize = 64 * 1024;

/// How many characters of a place or of the courier's words are kept.
const WORDS: usize = 200;

/// Who sends parcels, as the courier's label says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// A person or desk.
    pub name: String,
    /// To be called at collection.
    pub phone: String,
    /// On one line.
    pub address: String,
}

/// The secret `courier` as it is stored.
#[derive(Deserialize)]
struct Secret {
    base_url: String,
    account: String,
    api_key: Zeroizing<String>,
    webhook_key: Zeroizing<String>,
    #[serde(default)]
    sender: Option<Sender>,
}

/// Where the courier is, who we are there, and both keys.
pub struct Settings {
    shipments: Url,
    account: String,
    api_key: hmac::Key,
    webhook_key: hmac::Key,
    sender: Option<Sender>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("shipments", &self.shipments.as_str())
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// Why the secret cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the courier's secret cannot be used: {0}")]
pub struct InvalidSettings(String);

impl Settings {
    /// Reads the JSON text of the secret `courier`: `base_url`, `account`, `api_key`, `webhook_key`, and
    /// `sender` {`name`, `phone`, `address`} unless the courier knows it from the account.
    pub fn parse(secret: &str) -> Result<Self, InvalidSettings> {
        let bad = |why: &str| InvalidSettings(why.to_owned());
        // The error of serde_json may repeat what it read.
        let secret: Secret = serde_json::from_str(secret)
            .map_err(|_| bad("not the JSON object that is expected"))?;
        let base = outbound::endpoint(&secret.base_url).map_err(|why| bad(&why.to_string()))?;
        let mut shipments = base.clone();
        shipments.set_path(&format!(
            "{}/v1/shipments",
            base.path().trim_end_matches('/')
        ));
        if secret.account.is_empty() || !secret.account.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(bad("account must be plain ASCII"));
        }
        for key in [&secret.api_key, &secret.webhook_key] {
            if key.len() < 16 {
                return Err(bad("a key has less than 16 characters"));
            }
        }
        if secret.api_key == secret.webhook_key {
            return Err(bad("both keys are the same"));
        }
        let key = |text: &str| hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes());
        Ok(Self {
            shipments,
            account: secret.account,
            api_key: key(&secret.api_key),
            webhook_key: key(&secret.webhook_key),
            sender: secret.sender,
        })
    }
}

/// The courier.
#[derive(Debug)]
pub struct HttpCourier {
    settings: Settings,
    client: OnceLock<reqwest::Client>,
}

impl HttpCourier {
    /// A courier that makes its own HTTP client when it is first asked something.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            client: OnceLock::new(),
        }
    }

    /// A courier that uses this client, which must have timeouts and follow no redirect.
    pub fn with_client(settings: Settings, client: reqwest::Client) -> Self {
        Self {
            settings,
            client: OnceLock::from(client),
        }
    }

    /// Reads the secret `courier`; see [`Settings::parse`].
    pub fn from_secret(secret: &str) -> Result<Self, InvalidSettings> {
        Settings::parse(secret).map(Self::new)
    }

    fn client(&self) -> Result<reqwest::Client, CourierError> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = outbound::client(&self.settings.shipments)
            .map_err(|why| CourierError::Unavailable(why.to_string()))?;
        Ok(self.client.get_or_init(|| client).clone())
    }
}

/// Booking as it goes out.
#[derive(Serialize)]
struct Booking<'a> {
    reference: &'a str,
    recipient: Recipient<'a>,
    contents: &'a str,
    freight: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<&'a Sender>,
}

#[derive(Serialize)]
struct Recipient<'a> {
    name: &'a str,
    phone: &'a str,
    province: &'a str,
    city: &'a str,
    district: &'a str,
    detail: &'a str,
}

#[derive(Deserialize)]
struct Booked {
    waybill: String,
}

/// A refusal in the courier's words. Its message may repeat what was sent, so only the code is kept.
#[derive(Deserialize)]
struct Refusal {
    code: String,
}

/// An event as it comes in.
#[derive(Deserialize)]
struct Message {
    event_id: String,
    waybill: String,
    status: ParcelStatus,
    at: Timestamp,
    #[serde(default)]
    place: String,
}

/// A number or name that is safe as a key and in a log.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}

#[async_trait]
impl Courier for HttpCourier {
    /// The courier keys bookings by `reference`, so a repetition books nothing new.
    async fn book(
        &self,
        shipment: &ShipmentRequest,
        now: Timestamp,
    ) -> Result<String, CourierError> {
        let unavailable = |why: &str| CourierError::Unavailable(why.to_owned());
        let to = &shipment.recipient;
        let booking = Booking {
            reference: &shipment.reference,
            recipient: Recipient {
                name: &to.name,
                phone: &to.mobile,
                province: &to.province,
                city: &to.city,
                district: &to.district,
                detail: &to.detail,
            },
            contents: &shipment.contents,
            freight: match shipment.freight {
                Freight::Prepaid => "prepaid",
                Freight::Collect => "collect",
            },
            sender: self.settings.sender.as_ref(),
        };
        let body = serde_json::to_string(&booking)
            .map_err(|_| unavailable("the booking cannot be written"))?;
        let timestamp = now.as_second().to_string();
        let url = &self.settings.shipments;
        let message = format!("{timestamp}\nPOST\n{}\n{body}", url.path());
        let signature = hmac::sign(&self.settings.api_key, message.as_bytes());
        let response = self
            .client()?
            .post(url.clone())
            .header("content-type", "application/json")
            .header("x-courier-account", &self.settings.account)
            .header("x-courier-timestamp", &timestamp)
            .header("x-courier-signature", hex::encode(signature))
            .body(body)
            .send()
            .await
            .map_err(|error| unavailable(outbound::describe(&error)))?;
        let status = response.status().as_u16();
        let body = outbound::read(response).await.map_err(unavailable)?;
        match status {
            200 | 201 => serde_json::from_slice::<Booked>(&body)
                .ok()
                .map(|booked| booked.waybill)
                .filter(|waybill| is_name(waybill))
                .ok_or_else(|| unavailable("an answer that cannot be read")),
            // Understood, and no: a person has to change the booking. Everything else may pass by itself or
            // by mending our settings, so it is asked again.
            400 | 409 | 422 => {
                let code = serde_json::from_slice::<Refusal>(&body).map(|refusal| refusal.code);
                let code = code.ok().filter(|code| is_name(code));
                Err(CourierError::Refused(
                    code.unwrap_or_else(|| format!("HTTP {status}")),
                ))
            }
            401 | 403 => Err(unavailable(&format!("it does not know us (HTTP {status})"))),
            _ => Err(unavailable(&format!("HTTP {status}"))),
        }
    }

    fn verify(
        &self,
        timestamp: &str,
        signature: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<VerifiedCourierMessage, CourierError> {
        let plain =
            (1..=12).contains(&timestamp.len()) && timestamp.bytes().all(|b| b.is_ascii_digit());
        if !plain || body.len() > MOST {
            return Err(CourierError::Forged);
        }
        let mut message = format!("{timestamp}\n").into_bytes();
        message.extend_from_slice(body);
        let signature = hex::decode(signature).map_err(|_| CourierError::Forged)?;
        // Compared in constant time, and before anything else is looked at.
        hmac::verify(&self.settings.webhook_key, &message, &signature)
            .map_err(|_| CourierError::Forged)?;
        let sent: i64 = timestamp.parse().map_err(|_| CourierError::Forged)?;
        if sent.abs_diff(now.as_second()) > WINDOW {
            return Err(CourierError::Forged);
        }
        let message: Message = serde_json::from_slice(body).map_err(|_| CourierError::Malformed)?;
        if !is_name(&message.event_id) || !is_name(&message.waybill) {
            return Err(CourierError::Malformed);
        }
        Ok(VerifiedCourierMessage {
            waybill: message.waybill,
            event: ParcelEvent {
                event_id: message.event_id,
                status: message.status,
                at: message.at,
                place: message.place.chars().take(WORDS).collect(),
            },
        })
    }
}

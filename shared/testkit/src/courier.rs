//! The courier: books by our name for the parcel, and signs what it tells.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::lock;
use crate::power::PowerCut;
use crate::wire::{self, Reply, Request};

const API_KEY: &str = "courier-api-key-of-the-tests";
const WEBHOOK_KEY: &str = "courier-webhook-key-of-the-tests";
const PATH: &str = "/v1/shipments";

fn mac(key: &str, text: &[u8]) -> String {
    hex::encode(hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()),
        text,
    ))
}

/// The secret `courier` for a courier at `base`.
pub fn secret(base: &str) -> String {
    json!({"base_url": base, "account": "sealkey", "api_key": API_KEY, "webhook_key": WEBHOOK_KEY})
        .to_string()
}

/// A message of the courier: its headers and its body.
#[derive(Debug, Clone)]
pub struct Message {
    /// When it was sent, unix seconds.
    pub timestamp: String,
    /// Over timestamp and body.
    pub signature: String,
    /// JSON.
    pub body: Vec<u8>,
}

/// What the courier posts when something happened to a parcel.
pub fn message(
    event_id: &str,
    waybill: &str,
    status: &str,
    at: Timestamp,
    sent: Timestamp,
) -> Message {
    let body = json!({
        "event_id": event_id,
        "waybill": waybill,
        "reference": "ours",
        "status": status,
        "at": at,
        "place": "南京玄武营业部",
    })
    .to_string();
    let timestamp = sent.as_second().to_string();
    let signature = mac(WEBHOOK_KEY, format!("{timestamp}\n{body}").as_bytes());
    Message {
        timestamp,
        signature,
        body: body.into_bytes(),
    }
}

/// The courier.
pub struct FakeCourier {
    power: Arc<PowerCut>,
    waybills: Mutex<BTreeMap<String, String>>,
    bookings: Mutex<u32>,
    down: AtomicBool,
    url: String,
}

impl FakeCourier {
    /// A courier on loopback, as long as the test's runtime lives.
    pub async fn start(power: Arc<PowerCut>) -> Arc<Self> {
        let cell: Arc<Mutex<Option<Arc<Self>>>> = Arc::default();
        let behind = cell.clone();
        let url = wire::serve(move |request| {
            let house = lock(&behind).clone()?;
            house.answer(request)
        })
        .await;
        let house = Arc::new(Self {
            power,
            waybills: Mutex::default(),
            bookings: Mutex::default(),
            down: AtomicBool::new(false),
            url,
        });
        *lock(&cell) = Some(house.clone());
        house
    }

    /// The secret `courier` for this courier.
    pub fn secret(&self) -> String {
        secret(&self.url)
    }

    /// It does not answer, or does again.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Waybills by our names for the parcels.
    pub fn waybills(&self) -> BTreeMap<String, String> {
        lock(&self.waybills).clone()
    }

    /// How often it was asked for a waybill.
    pub fn bookings(&self) -> u32 {
        *lock(&self.bookings)
    }

    fn answer(&self, request: &Request) -> Reply {
        if self.down.load(Ordering::SeqCst) {
            return Some((503, String::new()));
        }
        let ticket = self.power.before("courier.book").ok()?;
        let timestamp = request.headers.get("x-courier-timestamp")?;
        let mut signed = format!("{timestamp}\nPOST\n{PATH}\n").into_bytes();
        signed.extend_from_slice(&request.body);
        if request.target != PATH
            || request.headers.get("x-courier-signature") != Some(&mac(API_KEY, &signed))
        {
            return Some((401, String::new()));
        }
        let booking: Value = serde_json::from_slice(&request.body).ok()?;
        let reference = booking["reference"].as_str()?.to_owned();
        let waybill = {
            *lock(&self.bookings) += 1;
            let mut waybills = lock(&self.waybills);
            let next = format!("SF{:010}", waybills.len() + 1);
            waybills.entry(reference).or_insert(next).clone()
        };
        self.power.after(&ticket).ok()?;
        Some((201, json!({"waybill": waybill}).to_string()))
    }
}

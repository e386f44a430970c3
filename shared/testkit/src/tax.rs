//! The tax platform: issues under our serial numbers and takes back, as told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::ambient::FixedClock;
use crate::lock;
use crate::power::PowerCut;
use crate::wire::{self, Answer, Request};
use adapters::ports::Clock as _;

const API_KEY: &str = "tax-api-key-of-the-tests";
/// How long a buyer has to agree.
const PATIENCE: SignedDuration = SignedDuration::from_hours(72);

/// How it fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mood {
    /// It issues, and takes back, at once.
    #[default]
    Well,
    /// It does not answer.
    Down,
    /// It takes orders, and issues later.
    Slow,
    /// It refuses with this code.
    Refusing(String),
    /// Buyers have to agree to reversals.
    BuyersWait,
}

#[derive(Debug, Default)]
struct Ledger {
    /// What was ordered by serial, and the number once it is issued.
    invoices: BTreeMap<String, (Value, Option<String>)>,
    /// Reversals by serial: until when, and the number once it is done.
    reversals: BTreeMap<String, (Timestamp, Option<String>)>,
    asked: Vec<String>,
    mood: Mood,
}

/// The tax platform.
pub struct FakeTax {
    power: Arc<PowerCut>,
    clock: Arc<FixedClock>,
    ledger: Mutex<Ledger>,
    url: String,
}

impl FakeTax {
    /// A platform on loopback, as long as the test's runtime lives.
    pub async fn start(power: Arc<PowerCut>, clock: Arc<FixedClock>) -> Arc<Self> {
        let cell: Arc<Mutex<Option<Arc<Self>>>> = Arc::default();
        let behind = cell.clone();
        let url = wire::serve(move |request| {
            let house = lock(&behind).clone()?;
            house.answer(request)
        })
        .await;
        let house = Arc::new(Self {
            power,
            clock,
            ledger: Mutex::default(),
            url,
        });
        *lock(&cell) = Some(house.clone());
        house
    }

    /// The secret `tax` for this platform.
    pub fn secret(&self) -> String {
        json!({"base_url": self.url, "account": "sealkey", "api_key": API_KEY}).to_string()
    }

    /// How it fares from now on.
    pub fn set(&self, mood: Mood) {
        lock(&self.ledger).mood = mood;
    }

    /// What was ordered, by serial.
    pub fn orders(&self) -> BTreeMap<String, Value> {
        let ledger = lock(&self.ledger);
        let orders = ledger.invoices.iter();
        orders
            .map(|(serial, (order, _))| (serial.clone(), order.clone()))
            .collect()
    }

    /// The numbers of invoices that count: issued, and not taken back.
    pub fn standing(&self) -> Vec<String> {
        let ledger = lock(&self.ledger);
        let gone = |serial: &str| {
            let reversal = ledger.reversals.get(&format!("{serial}_R"));
            reversal.is_some_and(|(_, number)| number.is_some())
        };
        let issued = ledger.invoices.iter().filter(|(serial, _)| !gone(serial));
        issued
            .filter_map(|(_, (_, number))| number.clone())
            .collect()
    }

    /// Issues what it has taken.
    pub fn finish(&self) {
        let mut ledger = lock(&self.ledger);
        for (no, (_, number)) in (1..).zip(ledger.invoices.values_mut()) {
            number.get_or_insert_with(|| format!("2632{no:016}"));
        }
    }

    /// Every buyer agrees to what waits.
    pub fn agree(&self) {
        let mut ledger = lock(&self.ledger);
        for (no, (_, number)) in (1..).zip(ledger.reversals.values_mut()) {
            number.get_or_insert_with(|| format!("2633{no:016}"));
        }
    }

    /// Every call, as method and path.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.ledger).asked.clone()
    }

    fn answer(&self, request: &Request) -> Option<Answer> {
        let (method, path) = (request.method.as_str(), request.target.as_str());
        let signed = {
            let timestamp = request.headers.get("x-tax-timestamp")?;
            let mut text = format!("{timestamp}\n{method}\n{path}\n").into_bytes();
            text.extend_from_slice(&request.body);
            let key = hmac::Key::new(hmac::HMAC_SHA256, API_KEY.as_bytes());
            hex::encode(hmac::sign(&key, &text))
        };
        if request.headers.get("x-tax-signature") != Some(&signed)
            || request.headers.get("x-tax-account").map(String::as_str) != Some("sealkey")
        {
            return Some((401, String::new()).into());
        }
        let writes = method == "POST";
        let ticket = if writes {
            Some(self.power.before("tax.ask").ok()?)
        } else {
            None
        };
        let answer = {
            let mut ledger = lock(&self.ledger);
            ledger.asked.push(format!("{method} {path}"));
            match ledger.mood {
                Mood::Down => (503, Value::Null),
                _ => ledger.hear(method, path, &request.body, self.clock.now())?,
            }
        };
        if let Some(ticket) = ticket {
            self.power.after(&ticket).ok()?;
        }
        let (status, body) = answer;
        if let Some(text) = body.as_str() {
            return Some((status, text.to_owned()).into());
        }
        Some((status, body.to_string()).into())
    }
}

impl Ledger {
    fn hear(
        &mut self,
        method: &str,
        path: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Option<(u16, Value)> {
        let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        let unknown = (404, json!({"code": "no_such_serial"}));
        Some(match (method, parts.as_slice()) {
            ("POST", ["invoices"]) => self.issue(body, now)?,
            ("GET", ["invoices", serial]) => match self.invoices.get(*serial) {
                Some((_, number)) => (200, issued(number.as_ref(), now)),
                None => unknown,
            },
            ("GET", ["invoices", serial, "files", format]) => match self.invoices.get(*serial) {
                Some((_, Some(number))) => (200, Value::String(format!("{format} of {number}"))),
                _ => unknown,
            },
            ("POST", ["reversals"]) => self.reverse(body, now)?,
            ("GET", ["reversals", serial]) => match self.reversals.get(*serial) {
                Some((until, number)) => (200, reversed(*until, number.as_ref(), now)),
                None => unknown,
            },
            _ => unknown,
        })
    }

    fn issue(&mut self, body: &[u8], now: Timestamp) -> Option<(u16, Value)> {
        let order: Value = serde_json::from_slice(body).ok()?;
        let serial = order["serial"].as_str()?.to_owned();
        if let Some((known, number)) = self.invoices.get(&serial) {
            if *known != order {
                return Some((409, json!({"code": "serial_conflict"})));
            }
            return Some((200, issued(number.as_ref(), now)));
        }
        if let Mood::Refusing(code) = &self.mood {
            return Some((200, json!({"state": "refused", "code": code})));
        }
        let number = format!("2632{:016}", self.invoices.len() + 1);
        let number = (self.mood != Mood::Slow).then_some(number);
        let answer = issued(number.as_ref(), now);
        self.invoices.insert(serial, (order, number));
        Some((200, answer))
    }

    fn reverse(&mut self, body: &[u8], now: Timestamp) -> Option<(u16, Value)> {
        let order: Value = serde_json::from_slice(body).ok()?;
        let serial = order["serial"].as_str()?.to_owned();
        let invoice = self.invoices.get(order["invoice"].as_str()?);
        if !invoice.is_some_and(|(_, number)| number.is_some()) {
            return Some((409, json!({"code": "not_issued"})));
        }
        let next = format!("2633{:016}", self.reversals.len() + 1);
        let waits = self.mood == Mood::BuyersWait;
        let (until, number) = self
            .reversals
            .entry(serial)
            .or_insert_with(|| (now + PATIENCE, (!waits).then_some(next)));
        if number.is_none() && *until <= now {
            *until = now + PATIENCE;
        }
        Some((200, reversed(*until, number.as_ref(), now)))
    }
}

fn issued(number: Option<&String>, now: Timestamp) -> Value {
    match number {
        Some(number) => json!({"state": "issued", "number": number, "issued_at": now}),
        None => json!({"state": "processing"}),
    }
}

fn reversed(until: Timestamp, number: Option<&String>, now: Timestamp) -> Value {
    match number {
        Some(number) => json!({"state": "reversed", "number": number, "at": now}),
        None if until <= now => json!({"state": "expired"}),
        None => json!({"state": "awaiting_buyer", "until": until}),
    }
}

//! The courier: an API to book shipments, a page to move them, and signed events about them.
//!
//! Requests carry `x-courier-account`, `x-courier-timestamp` (unix seconds, at most five minutes off) and
//! `x-courier-signature`: hex HMAC-SHA256 with the API key over `timestamp\nMETHOD\npath\nbody`, where path is
//! as on the wire with its query. Events carry timestamp and signature over `timestamp\nbody` with the webhook key.

use std::collections::BTreeMap;

use axum::extract::{ConnectInfo, Form, OriginalUri, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::{App, AppRef, Failure};
use crate::clock::china;
use crate::crypto::{CryptoError, hmac_hex, random, random_digits};
use crate::html::{escape, page};
use crate::knobs::Outage;
use crate::outbox::{Channel, Delivery, Outbox, Parcel};
use crate::serve::Peer;
use crate::signed::{self, Caller};

/// The header that names the customer.
pub const ACCOUNT: &str = "x-courier-account";
/// The header with unix seconds.
pub const TIMESTAMP: &str = "x-courier-timestamp";
/// The header with the signature.
pub const SIGNATURE: &str = "x-courier-signature";

/// All shipments by waybill.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Shipments {
    shipments: BTreeMap<String, Shipment>,
}

/// What a customer books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Booking {
    /// The customer's own name for it; the same again is the same shipment.
    pub reference: String,
    /// Who sends.
    pub sender: Sender,
    /// Who receives.
    pub recipient: Recipient,
    /// What is inside.
    pub contents: String,
    /// Who pays the freight.
    pub freight: Freight,
}

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// A person or desk.
    pub name: String,
    /// To be called at collection.
    pub phone: String,
    /// On one line.
    pub address: String,
}

/// Who receives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// A person.
    pub name: String,
    /// To be called at delivery.
    pub phone: String,
    /// 省.
    pub province: String,
    /// 市.
    pub city: String,
    /// 区.
    pub district: String,
    /// Street and number.
    pub detail: String,
}

/// Who pays the freight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freight {
    /// 寄付: the sender.
    Prepaid,
    /// 到付: the recipient.
    Collect,
}

/// Where a shipment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 已下单.
    Booked,
    /// 已揽收.
    Collected,
    /// 运输中.
    InTransit,
    /// 派送中.
    OutForDelivery,
    /// 已签收.
    Delivered,
    /// 已退回.
    Returned,
    /// 已遗失.
    Lost,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Collected => "collected",
            Self::InTransit => "in_transit",
            Self::OutForDelivery => "out_for_delivery",
            Self::Delivered => "delivered",
            Self::Returned => "returned",
            Self::Lost => "lost",
        }
    }

    fn chinese(self) -> &'static str {
        match self {
            Self::Booked => "已下单",
            Self::Collected => "已揽收",
            Self::InTransit => "运输中",
            Self::OutForDelivery => "派送中",
            Self::Delivered => "已签收",
            Self::Returned => "已退回",
            Self::Lost => "已遗失",
        }
    }

    /// What the page offers next.
    fn next(self) -> &'static [Self] {
        match self {
            Self::Booked => &[Self::Collected],
            Self::Collected => &[Self::InTransit, Self::Lost],
            Self::InTransit => &[Self::OutForDelivery, Self::Returned, Self::Lost],
            Self::OutForDelivery => &[Self::Delivered, Self::Returned, Self::Lost],
            Self::Delivered | Self::Returned | Self::Lost => &[],
        }
    }
}

/// A booked shipment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shipment {
    /// The courier's number.
    pub waybill: String,
    /// As booked.
    pub booking: Booking,
    /// All events, oldest first.
    pub events: Vec<Event>,
}

impl Shipment {
    fn status(&self) -> Status {
        self.events
            .last()
            .map_or(Status::Booked, |event| event.status)
    }
}

/// Something that happened to a shipment, as webhooks tell it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// Unique; the same over all resends.
    pub event_id: String,
    /// The courier's number.
    pub waybill: String,
    /// The customer's.
    pub reference: String,
    /// What happened.
    pub status: Status,
    /// When, RFC 3339.
    pub at: Timestamp,
    /// Where.
    pub place: String,
    /// For people.
    pub note: String,
}

/// Timestamp and signature of an event sent at `at`.
pub(crate) fn sign(key: &str, body: &str, at: Timestamp) -> (String, String) {
    let timestamp = at.as_second().to_string();
    let signature = hmac_hex(key, format!("{timestamp}\n{body}").as_bytes());
    (timestamp, signature)
}

/// The routes below `/courier`.
pub fn routes() -> Router<AppRef> {
    Router::new()
        .route("/courier/v1/shipments", post(book))
        .route("/courier/v1/shipments/{waybill}", get(look))
        .route("/courier/shipments/{waybill}/events", post(happen))
        .route("/courier/shipments/{waybill}/advance", post(press))
        .route("/courier/labels/{waybill}", get(label))
        .route("/courier/events", get(events))
        .route("/courier", get(|| async { Redirect::to("/courier/") }))
        .route("/courier/", get(list))
}

/// The answer of an API that is down.
fn outage(app: &App, peer: &Peer) -> Option<Response> {
    match app.knobs.get().courier_down {
        Outage::Off => None,
        Outage::Unavailable => Some(StatusCode::SERVICE_UNAVAILABLE.into_response()),
        Outage::Refuse => Some(peer.hang_up()),
    }
}

fn caller(app: &App) -> Caller<'_> {
    Caller {
        prefix: "x-courier",
        account: &app.courier.account,
        api_key: &app.courier.api_key,
    }
}

async fn book(
    State(app): State<AppRef>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    if let Some(down) = outage(&app, &peer) {
        return Ok(down);
    }
    signed::check(
        &caller(&app),
        &Method::POST,
        &uri,
        &headers,
        &body,
        app.clock.now(),
    )?;
    let booking: Booking = serde_json::from_slice(&body)
        .map_err(|e| Failure::Invalid("invalid_booking", e.to_string()))?;
    check(&booking)?;
    let now = app.clock.now();
    let waybill = format!("SK{}", random_digits(13)?);
    let event_id = event_id()?;
    let (fresh, waybill) = app.store.update(|world| -> Result<_, Failure> {
        let known = world.courier.shipments.values();
        let known = known
            .into_iter()
            .find(|s| s.booking.reference == booking.reference);
        if let Some(shipment) = known {
            return if shipment.booking == booking {
                Ok((false, shipment.waybill.clone()))
            } else {
                let text = "this reference was booked with other contents".to_owned();
                Err(Failure::Conflict("reference_conflict", text))
            };
        }
        let event = Event {
            event_id,
            waybill: waybill.clone(),
            reference: booking.reference.clone(),
            status: Status::Booked,
            at: now,
            place: booking.sender.address.clone(),
            note: "快递已下单，等待揽收".to_owned(),
        };
        let events = vec![event.clone()];
        let shipment = Shipment {
            waybill: waybill.clone(),
            booking,
            events,
        };
        world.courier.shipments.insert(waybill.clone(), shipment);
        enqueue(&app, &mut world.outbox, &event, now)?;
        Ok((true, waybill))
    })??;
    app.wake.notify_one();
    tracing::info!(waybill, fresh, "shipment booked");
    let status = if fresh {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let label_url = format!("{}/courier/labels/{waybill}", app.public_url);
    let answer = json!({ "waybill": waybill, "label_url": label_url });
    Ok((status, Json(answer)).into_response())
}

fn check(booking: &Booking) -> Result<(), Failure> {
    let Booking {
        reference,
        sender,
        recipient,
        contents,
        ..
    } = booking;
    let filled = [
        ("reference", reference),
        ("sender.name", &sender.name),
        ("sender.phone", &sender.phone),
        ("sender.address", &sender.address),
        ("recipient.name", &recipient.name),
        ("recipient.phone", &recipient.phone),
        ("recipient.province", &recipient.province),
        ("recipient.city", &recipient.city),
        ("recipient.detail", &recipient.detail),
        ("contents", contents),
    ];
    match filled.iter().find(|(_, value)| value.trim().is_empty()) {
        Some((name, _)) => Err(Failure::Invalid(
            "invalid_booking",
            format!("{name} is empty"),
        )),
        None => Ok(()),
    }
}

fn event_id() -> Result<String, CryptoError> {
    Ok(format!("evt_{}", hex::encode(random::<12>()?)))
}

fn enqueue(app: &App, outbox: &mut Outbox, event: &Event, now: Timestamp) -> std::io::Result<()> {
    if let Some(url) = &app.courier.webhook_url {
        let body = serde_json::to_string(event)?;
        let subject = event.waybill.clone();
        let parcel = Parcel::new(Channel::Courier, subject, url.clone(), body);
        outbox.add(parcel, false, now);
    }
    Ok(())
}

fn unknown() -> Failure {
    Failure::NotFound("no_such_waybill", "there is no such waybill".to_owned())
}

fn find(app: &App, waybill: &str) -> Result<Shipment, Failure> {
    app.store
        .read(|world| world.courier.shipments.get(waybill).cloned())
        .ok_or_else(unknown)
}

async fn look(
    State(app): State<AppRef>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    OriginalUri(uri): OriginalUri,
    Path(waybill): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if let Some(down) = outage(&app, &peer) {
        return Ok(down);
    }
    signed::check(
        &caller(&app),
        &Method::GET,
        &uri,
        &headers,
        &[],
        app.clock.now(),
    )?;
    let shipment = find(&app, &waybill)?;
    let answer = json!({
        "waybill": shipment.waybill,
        "reference": shipment.booking.reference,
        "status": shipment.status(),
        "freight": shipment.booking.freight,
        "events": shipment.events,
    });
    Ok(Json(answer).into_response())
}

/// What a machine or a button lets happen. Any order is allowed, for couriers do not keep one either.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Happening {
    status: Status,
    #[serde(default)]
    place: Option<String>,
    #[serde(default)]
    note: Option<String>,
    /// Default: now.
    #[serde(default)]
    at: Option<Timestamp>,
}

fn record(app: &App, waybill: &str, happening: Happening) -> Result<Event, Failure> {
    let now = app.clock.now();
    let event_id = event_id()?;
    let event = app.store.update(|world| -> Result<_, Failure> {
        let shipment = world.courier.shipments.get_mut(waybill);
        let shipment = shipment.ok_or_else(unknown)?;
        let status = happening.status;
        let Recipient {
            province,
            city,
            district,
            ..
        } = &shipment.booking.recipient;
        let place = match status {
            Status::Booked | Status::Collected | Status::Returned => {
                shipment.booking.sender.address.clone()
            }
            _ => format!("{province}{city}{district}"),
        };
        let event = Event {
            event_id,
            waybill: waybill.to_owned(),
            reference: shipment.booking.reference.clone(),
            status,
            at: happening.at.unwrap_or(now),
            place: happening.place.unwrap_or(place),
            note: happening
                .note
                .unwrap_or_else(|| format!("快件{}", status.chinese())),
        };
        shipment.events.push(event.clone());
        enqueue(app, &mut world.outbox, &event, now)?;
        Ok(event)
    })??;
    app.wake.notify_one();
    Ok(event)
}

async fn happen(
    State(app): State<AppRef>,
    Path(waybill): Path<String>,
    Json(happening): Json<Happening>,
) -> Result<Json<Event>, Failure> {
    Ok(Json(record(&app, &waybill, happening)?))
}

async fn press(
    State(app): State<AppRef>,
    Path(waybill): Path<String>,
    Form(happening): Form<Happening>,
) -> Result<Redirect, Failure> {
    record(&app, &waybill, happening)?;
    Ok(Redirect::to("/courier/"))
}

/// `GET /courier/events`: all events sent, with what was answered.
async fn events(State(app): State<AppRef>) -> Json<Value> {
    let shown = |delivery: &Delivery| {
        json!({
            "id": delivery.id, "waybill": delivery.parcel.subject, "url": delivery.parcel.url,
            "state": delivery.state, "next_at": delivery.next_at,
            "body": delivery.parcel.body, "attempts": delivery.attempts,
        })
    };
    Json(app.store.read(|world| {
        let all = world.outbox.of(Channel::Courier);
        Value::Array(all.map(shown).collect())
    }))
}

fn address(recipient: &Recipient) -> String {
    let Recipient {
        province,
        city,
        district,
        detail,
        ..
    } = recipient;
    escape(&format!("{province}{city}{district}{detail}"))
}

fn freight(freight: Freight) -> &'static str {
    match freight {
        Freight::Prepaid => "寄付",
        Freight::Collect => "到付",
    }
}

async fn label(
    State(app): State<AppRef>,
    Path(waybill): Path<String>,
) -> Result<Response, Failure> {
    let Shipment {
        waybill, booking, ..
    } = find(&app, &waybill)?;
    let Booking {
        sender,
        recipient,
        contents,
        ..
    } = &booking;
    let body = format!(
        "<p class=\"amount\">{}</p><dl><dt>收件人</dt><dd>{} {}<br>{}</dd>\
         <dt>寄件人</dt><dd>{} {}<br>{}</dd><dt>托寄物</dt><dd>{}</dd><dt>运费</dt><dd>{}</dd><dt>订单号</dt><dd>{}</dd></dl>",
        escape(&waybill),
        escape(&recipient.name),
        escape(&recipient.phone),
        address(recipient),
        escape(&sender.name),
        escape(&sender.phone),
        escape(&sender.address),
        escape(contents),
        freight(booking.freight),
        escape(&booking.reference),
    );
    Ok(page("快递面单（沙箱）", "", &body))
}

async fn list(State(app): State<AppRef>) -> Response {
    let mut shipments: Vec<Shipment> = app
        .store
        .read(|world| world.courier.shipments.values().cloned().collect());
    shipments
        .sort_by_key(|shipment| std::cmp::Reverse(shipment.events.first().map(|event| event.at)));
    let mut body = String::new();
    if shipments.is_empty() {
        body.push_str("<p class=\"note\">还没有快递单。</p>");
    }
    for shipment in &shipments {
        body.push_str(&article(shipment));
    }
    page("快递公司（沙箱）", "wide", &body)
}

fn article(shipment: &Shipment) -> String {
    let booking = &shipment.booking;
    let recipient = &booking.recipient;
    let waybill = escape(&shipment.waybill);
    let mut events = String::new();
    for event in &shipment.events {
        let at = china(event.at);
        let parts = [
            "<li>",
            &at,
            " <strong>",
            event.status.chinese(),
            "</strong> ",
            &escape(&event.place),
            " ",
            &escape(&event.note),
            "</li>",
        ];
        events.extend(parts);
    }
    let mut buttons = String::new();
    for next in shipment.status().next() {
        let (word, chinese) = (next.word(), next.chinese());
        buttons.extend([
            "<button name=\"status\" value=\"",
            word,
            "\">",
            chinese,
            "</button>",
        ]);
    }
    format!(
        "<article><h2><a href=\"/courier/labels/{waybill}\">{waybill}</a> · {}</h2>\
         <p class=\"note\">{} → {}，{}，{}，{}</p><ol>{events}</ol>\
         <form class=\"small\" method=\"post\" action=\"/courier/shipments/{waybill}/advance\">{buttons}</form></article>",
        shipment.status().chinese(),
        escape(&booking.reference),
        escape(&recipient.name),
        address(recipient),
        escape(&booking.contents),
        freight(booking.freight),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_buttons_are_the_words_on_the_wire() {
        let mut seen = vec![Status::Booked];
        let mut i = 0;
        while let Some(status) = seen.get(i).copied() {
            assert_eq!(serde_json::to_value(status).unwrap(), status.word());
            for next in status.next() {
                if !seen.contains(next) {
                    seen.push(*next);
                }
            }
            i += 1;
        }
        assert_eq!(seen.len(), 7, "every status can be reached by buttons");
    }
}

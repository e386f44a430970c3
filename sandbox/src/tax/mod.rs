//! The tax platform: it issues invoices under the seller's own serial numbers, keeps their files, and takes invoices
//! back, some only when the buyer agrees.
//!
//! Requests are signed as the courier's are, with headers `x-tax-…`. There is no one protocol that all such platforms
//! speak, so this one is our own: what they have in common is a serial number of the seller's under which a thing
//! happens once, an answer that may come later, and 72 hours for a buyer to agree.

mod files;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::extract::{ConnectInfo, OriginalUri, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::{App, AppRef, Failure};
use crate::clock::{china, china_digits};
use crate::crypto::random_digits;
use crate::html::{encode, escape, page};
use crate::knobs::Outage;
use crate::money::{Fen, Yuan};
use crate::serve::Peer;
use crate::signed::{self, Caller};

/// How long a buyer has to agree.
const PATIENCE: SignedDuration = SignedDuration::from_hours(72);

/// All that the platform knows, by the seller's serial numbers.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Taxes {
    invoices: BTreeMap<String, Issued>,
    reversals: BTreeMap<String, Reversal>,
}

/// The kinds of invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 纸质普通.
    PaperOrdinary,
    /// 纸质专用.
    PaperSpecial,
    /// 电子普通.
    ElectronicOrdinary,
    /// 电子专用.
    ElectronicSpecial,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::PaperOrdinary => "paper_ordinary",
            Self::PaperSpecial => "paper_special",
            Self::ElectronicOrdinary => "electronic_ordinary",
            Self::ElectronicSpecial => "electronic_special",
        }
    }

    fn is_special(self) -> bool {
        matches!(self, Self::PaperSpecial | Self::ElectronicSpecial)
    }
}

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buyer {
    /// 抬头.
    pub title: String,
    /// 纳税人识别号.
    pub tax_number: String,
    /// Special only.
    #[serde(default)]
    pub address: Option<String>,
    /// Special only.
    #[serde(default)]
    pub phone: Option<String>,
    /// Special only.
    #[serde(default)]
    pub bank: Option<String>,
    /// Special only.
    #[serde(default)]
    pub account: Option<String>,
}

/// What for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// In words.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// All of them, tax included.
    pub amount: Yuan,
}

/// What a seller orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvoiceOrder {
    /// The seller's own number; the same again is the same invoice.
    pub serial: String,
    /// Which kind.
    pub kind: Kind,
    /// To whom.
    pub buyer: Buyer,
    /// What for.
    pub items: Vec<Item>,
    /// The sum of the items.
    pub amount: Yuan,
}

/// An invoice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Issued {
    /// As ordered.
    pub order: InvoiceOrder,
    /// The platform's number, twenty digits.
    pub number: String,
    /// When.
    pub issued_at: Timestamp,
    /// Is the answer kept back until somebody presses the button?
    pub pending: bool,
}

/// What a seller asks to be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReversalOrder {
    /// The seller's own number; the same again is the same reversal.
    pub serial: String,
    /// The serial of the invoice.
    pub invoice: String,
    /// Why, in words.
    pub reason: String,
}

/// An invoice that is being taken back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reversal {
    /// As asked for.
    pub order: ReversalOrder,
    /// Until when the buyer may agree.
    pub until: Timestamp,
    /// Number and time, once it is done.
    pub done: Option<(String, Timestamp)>,
}

/// What becomes of reversals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// Ordinary ones need no buyer; of special ones the buyer agrees at once.
    #[default]
    AtOnce,
    /// The buyer has to press the button.
    Waits,
}

/// How the platform misbehaves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaxKnobs {
    /// Is it down, and how?
    pub down: Outage,
    /// Invoices are taken, and issued only when somebody presses the button.
    pub pending: bool,
    /// New invoices are refused with this code, such as `buyer_unknown` or `quota_used_up`.
    pub refuse: Option<String>,
    /// What becomes of reversals.
    pub agreement: Agreement,
}

/// The routes below `/tax`.
pub fn routes() -> Router<AppRef> {
    Router::new()
        .route("/tax/v1/invoices", post(issue))
        .route("/tax/v1/invoices/{serial}", get(look))
        .route("/tax/v1/invoices/{serial}/files/{format}", get(file))
        .route("/tax/v1/reversals", post(reverse))
        .route("/tax/v1/reversals/{serial}", get(look_reversal))
        .route("/tax/invoices/{serial}/finish", post(finish))
        .route("/tax/reversals/{serial}/agree", post(agree))
        .route("/tax", get(|| async { Redirect::to("/tax/") }))
        .route("/tax/", get(list))
}

fn caller(app: &App) -> Caller<'_> {
    Caller {
        prefix: "x-tax",
        account: &app.tax.account,
        api_key: &app.tax.api_key,
    }
}

fn outage(app: &App, peer: &Peer) -> Option<Response> {
    match app.knobs.get().tax.down {
        Outage::Off => None,
        Outage::Unavailable => Some(StatusCode::SERVICE_UNAVAILABLE.into_response()),
        Outage::Refuse => Some(peer.hang_up()),
    }
}

fn invalid(why: impl Into<String>) -> Failure {
    Failure::Invalid("invalid_invoice", why.into())
}

fn check(order: &InvoiceOrder) -> Result<(), Failure> {
    let filled = |text: &str| !text.trim().is_empty();
    if !filled(&order.serial) || !filled(&order.buyer.title) || order.items.is_empty() {
        return Err(invalid("serial, buyer.title or items are empty"));
    }
    if !(15..=20).contains(&order.buyer.tax_number.len()) {
        return Err(Failure::Invalid(
            "buyer_unknown",
            "no such tax number".to_owned(),
        ));
    }
    let buyer = &order.buyer;
    let special = [&buyer.address, &buyer.phone, &buyer.bank, &buyer.account];
    if order.kind.is_special() && special.iter().any(|it| !it.as_deref().is_some_and(filled)) {
        return Err(invalid(
            "a special invoice names address, phone, bank and account",
        ));
    }
    let sum: Fen = order.items.iter().map(|item| item.amount.0).sum();
    if sum != order.amount.0 {
        return Err(invalid("the items are not the sum"));
    }
    Ok(())
}

fn shown(invoice: &Issued) -> Value {
    if invoice.pending {
        return json!({ "state": "processing" });
    }
    json!({ "state": "issued", "number": invoice.number, "issued_at": invoice.issued_at })
}

fn shown_reversal(reversal: &Reversal, now: Timestamp) -> Value {
    match &reversal.done {
        Some((number, at)) => json!({ "state": "reversed", "number": number, "at": at }),
        None if reversal.until <= now => json!({ "state": "expired" }),
        None => json!({ "state": "awaiting_buyer", "until": reversal.until }),
    }
}

fn number(now: Timestamp) -> Result<String, Failure> {
    let year = &china_digits(now)[2..4];
    Ok(format!("{year}{}", random_digits(18)?))
}

async fn issue(
    State(app): State<AppRef>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    if let Some(down) = outage(&app, &peer) {
        return Ok(down);
    }
    let now = app.clock.now();
    signed::check(&caller(&app), &Method::POST, &uri, &headers, &body, now)?;
    let order: InvoiceOrder =
        serde_json::from_slice(&body).map_err(|error| invalid(error.to_string()))?;
    check(&order)?;
    let knobs = app.knobs.get().tax;
    let fresh = Issued {
        number: number(now)?,
        issued_at: now,
        pending: knobs.pending,
        order,
    };
    let answer = app.store.update(|world| -> Result<Value, Failure> {
        let serial = fresh.order.serial.clone();
        if let Some(known) = world.tax.invoices.get(&serial) {
            return if known.order == fresh.order {
                Ok(shown(known))
            } else {
                let text = "this serial was used for another invoice".to_owned();
                Err(Failure::Conflict("serial_conflict", text))
            };
        }
        if let Some(code) = &knobs.refuse {
            return Ok(json!({ "state": "refused", "code": code }));
        }
        let answer = shown(&fresh);
        world.tax.invoices.insert(serial, fresh);
        Ok(answer)
    })??;
    Ok(Json(answer).into_response())
}

fn unknown() -> Failure {
    Failure::NotFound("no_such_serial", "there is no such serial".to_owned())
}

fn find(app: &App, serial: &str) -> Result<Issued, Failure> {
    let found = app
        .store
        .read(|world| world.tax.invoices.get(serial).cloned());
    found.ok_or_else(unknown)
}

async fn look(
    State(app): State<AppRef>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    OriginalUri(uri): OriginalUri,
    Path(serial): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if let Some(down) = outage(&app, &peer) {
        return Ok(down);
    }
    let now = app.clock.now();
    signed::check(&caller(&app), &Method::GET, &uri, &headers, &[], now)?;
    Ok(Json(shown(&find(&app, &serial)?)).into_response())
}

async fn file(
    State(app): State<AppRef>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    OriginalUri(uri): OriginalUri,
    Path((serial, format)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if let Some(down) = outage(&app, &peer) {
        return Ok(down);
    }
    let now = app.clock.now();
    signed::check(&caller(&app), &Method::GET, &uri, &headers, &[], now)?;
    let invoice = find(&app, &serial)?;
    if invoice.pending {
        return Err(unknown());
    }
    let (kind, bytes) = match format.as_str() {
        "pdf" => ("application/pdf", files::pdf(&invoice)),
        "ofd" => ("application/ofd", files::ofd(&invoice)?),
        "xml" => ("application/xml", files::xml(&invoice)),
        _ => return Err(unknown()),
    };
    Ok(([(CONTENT_TYPE, kind)], bytes).into_response())
}

async fn reverse(
    State(app): State<AppRef>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    if let Some(down) = outage(&app, &peer) {
        return Ok(down);
    }
    let now = app.clock.now();
    signed::check(&caller(&app), &Method::POST, &uri, &headers, &body, now)?;
    let order: ReversalOrder =
        serde_json::from_slice(&body).map_err(|error| invalid(error.to_string()))?;
    let done = number(now)?;
    let agreement = app.knobs.get().tax.agreement;
    let answer = app.store.update(|world| -> Result<Value, Failure> {
        let invoice = world.tax.invoices.get(&order.invoice).ok_or_else(unknown)?;
        if invoice.pending {
            let text = "it is not issued yet".to_owned();
            return Err(Failure::Conflict("not_issued", text));
        }
        let waits = invoice.order.kind.is_special() && agreement == Agreement::Waits;
        let reversal = world
            .tax
            .reversals
            .entry(order.serial.clone())
            .or_insert_with(|| Reversal {
                order: order.clone(),
                until: now + PATIENCE,
                done: (!waits).then_some((done, now)),
            });
        if reversal.order != order {
            let text = "this serial was used for another reversal".to_owned();
            return Err(Failure::Conflict("serial_conflict", text));
        }
        // Asked for again after the buyer's time was over: it begins anew.
        if reversal.done.is_none() && reversal.until <= now {
            reversal.until = now + PATIENCE;
        }
        Ok(shown_reversal(reversal, now))
    })??;
    Ok(Json(answer).into_response())
}

async fn look_reversal(
    State(app): State<AppRef>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    OriginalUri(uri): OriginalUri,
    Path(serial): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if let Some(down) = outage(&app, &peer) {
        return Ok(down);
    }
    let now = app.clock.now();
    signed::check(&caller(&app), &Method::GET, &uri, &headers, &[], now)?;
    let found = app
        .store
        .read(|world| world.tax.reversals.get(&serial).cloned());
    let reversal = found.ok_or_else(unknown)?;
    Ok(Json(shown_reversal(&reversal, now)).into_response())
}

/// A button: what was pending is issued.
async fn finish(
    State(app): State<AppRef>,
    Path(serial): Path<String>,
) -> Result<Redirect, Failure> {
    let now = app.clock.now();
    app.store.update(|world| -> Result<(), Failure> {
        let invoice = world.tax.invoices.get_mut(&serial).ok_or_else(unknown)?;
        if invoice.pending {
            invoice.pending = false;
            invoice.issued_at = now;
        }
        Ok(())
    })??;
    Ok(Redirect::to("/tax/"))
}

/// A button: the buyer agrees.
async fn agree(State(app): State<AppRef>, Path(serial): Path<String>) -> Result<Redirect, Failure> {
    let now = app.clock.now();
    let done = number(now)?;
    app.store.update(|world| -> Result<(), Failure> {
        let reversal = world.tax.reversals.get_mut(&serial).ok_or_else(unknown)?;
        if reversal.done.is_none() && reversal.until > now {
            reversal.done = Some((done, now));
        }
        Ok(())
    })??;
    Ok(Redirect::to("/tax/"))
}

fn button(action: &str, word: &str) -> String {
    format!(
        "<form class=\"small\" method=\"post\" action=\"{action}\"><button>{word}</button></form>"
    )
}

async fn list(State(app): State<AppRef>) -> Response {
    let now = app.clock.now();
    let mut body = String::new();
    app.store.read(|world| {
        for (serial, invoice) in &world.tax.invoices {
            let order = &invoice.order;
            let state = if invoice.pending {
                button(&format!("/tax/invoices/{}/finish", encode(serial)), "开具")
            } else {
                format!(
                    "<p>{} · {}</p>",
                    escape(&invoice.number),
                    china(invoice.issued_at)
                )
            };
            let _ = write!(
                body,
                "<article><h2>{}</h2><p class=\"note\">{} · {} · ¥{}</p>{state}</article>",
                escape(serial),
                order.kind.word(),
                escape(&order.buyer.title),
                order.amount.0
            );
        }
        for (serial, reversal) in &world.tax.reversals {
            let state = match &reversal.done {
                Some((number, at)) => format!("<p>已红冲 {} · {}</p>", escape(number), china(*at)),
                None if reversal.until <= now => "<p>购买方未在 72 小时内确认</p>".to_owned(),
                None => button(
                    &format!("/tax/reversals/{}/agree", encode(serial)),
                    "购买方确认",
                ),
            };
            let _ = write!(
                body,
                "<article><h2>{}</h2><p class=\"note\">红冲 {} · {}</p>{state}</article>",
                escape(serial),
                escape(&reversal.order.invoice),
                escape(&reversal.order.reason)
            );
        }
    });
    if body.is_empty() {
        body.push_str("<p class=\"note\">还没有发票。</p>");
    }
    page("税务平台（沙箱）", "wide", &body)
}

//! The stock of blank keys: taken in by an administrator, counted one by one, used by desks.

use std::collections::BTreeSet;

use adapters::ports::{CommitError, Index, PortError, Span, Transaction};
use adapters::registry::{blank_keys, stock_key, stock_of};
use axum::extract::State;
use contract::desk::{
    EscrowRequest, ScrapRequest, StockCount, StockKeyView, StockQuery, StockRequest, StockView,
};
use contract::error::{ErrorCode, FieldCode};
use domain::audit::Deed;
use domain::catalog::Medium;
use domain::stock::{MOST_AT_ONCE, StockKey, StockState, is_serial};
use edge::extract::{Json, Path, Query, StaffMember};
use edge::fields::SO_PIN;
use edge::{ApiError, FieldErrors};
use http::StatusCode;

use crate::Ports;

const PAGE: u32 = 50;

pub(crate) async fn list(
    State(ports): State<Ports>,
    Query(query): Query<StockQuery>,
) -> Result<Json<StockView>, ApiError> {
    let mut counts = Vec::new();
    for medium in Medium::ALL {
        let blank = blank_keys(&*ports.registry, medium).await?;
        counts.push(StockCount { medium, blank });
    }
    let span = Span::all(Index::ByState, stock_of(query.medium, query.state));
    let page = ports
        .registry
        .load_page::<StockKey>(&span, query.cursor.as_ref(), PAGE)
        .await?;
    Ok(Json(StockView {
        counts,
        keys: page.rows.into_iter().map(Into::into).collect(),
        cursor: page.cursor,
    }))
}

/// Takes keys in. One that is there already stays as it is, whatever it became: so a list that was sent twice, or with
/// keys of an earlier one, takes in what is new.
pub(crate) async fn add(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Json(request): Json<StockRequest>,
) -> Result<StatusCode, ApiError> {
    let mut errors = FieldErrors::new();
    let mut serials: Vec<String> = request
        .serials
        .iter()
        .map(|serial| serial.trim().to_owned())
        .collect();
    errors.require(!serials.is_empty(), "serials", FieldCode::Required);
    errors.require(serials.len() <= MOST_AT_ONCE, "serials", FieldCode::TooLong);
    for (no, serial) in serials.iter().enumerate().take(MOST_AT_ONCE) {
        errors.require(
            is_serial(serial),
            format!("serials.{no}"),
            FieldCode::Invalid,
        );
    }
    errors.finish()?;
    serials.sort();
    serials.dedup();
    let now = ports.clock.now();
    let mut new = Vec::new();
    for serial in serials {
        let there: Option<StockKey> = ports.registry.load(&stock_key(&serial)).await?;
        match there {
            // The same number on another medium is a mistake of whoever typed it.
            Some(key) if key.medium != request.medium => {
                return Err(ApiError::field("serials", FieldCode::Taken).because(serial));
            }
            Some(_) => {}
            None => new.push(StockKey::blank(
                serial,
                request.medium,
                staff.id.clone(),
                now,
            )),
        }
    }
    if new.is_empty() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let mut transaction = Transaction::new(now).audited(Deed {
        staff: staff.id,
        at: now,
        action: "stock_added".to_owned(),
        subject: format!("stock {}", request.medium.as_str()),
        detail: format!("{} keys", new.len()),
    });
    for key in &new {
        transaction = transaction.create(key)?;
    }
    match ports.registry.record(&transaction).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(CommitError::Refused(_)) => Err(ErrorCode::ChangedMeanwhile.into()),
        Err(error) => Err(PortError::from(error).into()),
    }
}

/// How long an SO PIN may be, bytes: what makers of tokens have.
const SO_PIN_BYTES: std::ops::RangeInclusive<usize> = 6..=64;

/// Takes SO PINs over. Sealed before they are kept, and shown to nobody again. One that was used here already is not
/// replaced: the key has another one since.
pub(crate) async fn escrow(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Json(request): Json<EscrowRequest>,
) -> Result<StatusCode, ApiError> {
    let mut errors = FieldErrors::new();
    errors.require(!request.keys.is_empty(), "keys", FieldCode::Required);
    errors.require(
        request.keys.len() <= MOST_AT_ONCE,
        "keys",
        FieldCode::TooLong,
    );
    let mut seen = BTreeSet::new();
    for (no, key) in request.keys.iter().enumerate().take(MOST_AT_ONCE) {
        let field = format!("keys.{no}.serial");
        errors.require(is_serial(&key.serial), field.clone(), FieldCode::Invalid);
        errors.require(seen.insert(&key.serial), field, FieldCode::KeyTwice);
        errors.require(
            SO_PIN_BYTES.contains(&key.so_pin.expose().len()),
            format!("keys.{no}.so_pin"),
            FieldCode::Invalid,
        );
    }
    errors.finish()?;
    let now = ports.clock.now();
    let mut transaction = Transaction::new(now).audited(Deed {
        staff: staff.id.clone(),
        at: now,
        action: "escrow_added".to_owned(),
        subject: format!("stock {}", request.medium.as_str()),
        detail: format!("{} keys", request.keys.len()),
    });
    for (no, key) in request.keys.iter().enumerate() {
        let sealed = ports.cipher.seal(&key.serial, SO_PIN, key.so_pin.expose());
        let escrowed = StockKey::escrowed(
            key.serial.clone(),
            request.medium,
            sealed.await?,
            staff.id.clone(),
            now,
        );
        let there: Option<StockKey> = ports.registry.load(&stock_key(&key.serial)).await?;
        transaction = if let Some(old) = there {
            let next = old.escrowed_anew(escrowed).ok_or_else(|| {
                let field = format!("keys.{no}.serial");
                ApiError::field(&field, FieldCode::Taken)
            })?;
            transaction.change(&next)?
        } else {
            transaction.create(&escrowed)?
        };
    }
    match ports.registry.record(&transaction).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(CommitError::Refused(_)) => Err(ErrorCode::ChangedMeanwhile.into()),
        Err(error) => Err(PortError::from(error).into()),
    }
}

pub(crate) async fn scrap(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Path(serial): Path<String>,
    Json(request): Json<ScrapRequest>,
) -> Result<Json<StockKeyView>, ApiError> {
    let now = ports.clock.now();
    let key: Option<StockKey> = ports.registry.load(&stock_key(&serial)).await?;
    let key = key.ok_or(ErrorCode::NotFound)?;
    if key.state == StockState::Scrapped {
        return Ok(Json(key.into()));
    }
    let next = key
        .removed(request.reason, now)
        .ok_or(ErrorCode::NotInThisState)?;
    let transaction = Transaction::new(now).change(&next)?.audited(Deed {
        staff: staff.id,
        at: now,
        action: "stock_scrapped".to_owned(),
        subject: format!("stock key {serial}"),
        detail: request.reason.as_str().to_owned(),
    });
    match ports.registry.record(&transaction).await {
        Ok(()) => Ok(Json(next.into())),
        Err(CommitError::Refused(_)) => Err(ErrorCode::ChangedMeanwhile.into()),
        Err(error) => Err(PortError::from(error).into()),
    }
}

//! The stock of blank keys, and the desks at which keys are made.

use domain::catalog::Medium;
use domain::desk::Desk;
use domain::ids::DeskId;
use domain::key::{CompanyKey, HandedMove};
use domain::order::Change;
use domain::stock::{StockKey, StockMove, StockState};

use super::{company_key, endings, place};
use crate::ports::{Index, Kept, Key, Place, PortError, Registry, Span, Write};

/// A key of the stock, by the token's own serial number.
pub fn stock_key(serial: &str) -> Key {
    Key::new(format!("STOCK#{serial}"), "STOCK")
}

/// The index partition of the keys of one medium that stand alike.
pub fn stock_of(medium: Medium, state: StockState) -> String {
    format!("STOCK#{}#{}", medium.as_str(), state.as_str())
}

impl Kept for StockKey {
    fn key(&self) -> Key {
        stock_key(&self.serial)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
    fn places(&self) -> Vec<Place> {
        vec![place(
            Index::ByState,
            stock_of(self.medium, self.state),
            self.serial.clone(),
        )]
    }
}

/// How many keys are counted before one says "at least so many".
const COUNTED: u32 = 5_000;
/// How many are read at once.
const PAGE: u32 = 1_000;

/// How many blank keys of a medium there are, at most [`COUNTED`] and a page. May be a moment behind.
///
/// # Errors
/// The store's.
pub async fn blank_keys(registry: &dyn Registry, medium: Medium) -> Result<u32, PortError> {
    let span = Span::all(Index::ByState, stock_of(medium, StockState::Blank));
    let (mut count, mut cursor) = (0, None);
    loop {
        let page = registry.fetch_page(&span, cursor.as_ref(), PAGE).await?;
        count += u32::try_from(page.rows.len()).unwrap_or(PAGE);
        match page.cursor {
            Some(next) if count < COUNTED => cursor = Some(next),
            _ => return Ok(count),
        }
    }
}

/// The partition of the desks.
pub const DESKS: &str = "DESKS";
/// What begins their sort keys.
pub const DESK: &str = "DESK#";

/// A desk.
pub fn desk(id: &DeskId) -> Key {
    Key::new(DESKS, format!("{DESK}{id}"))
}

impl Kept for Desk {
    fn key(&self) -> Key {
        desk(&self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// What is written with a transition so that each blank key is used once, and each one that was used is known.
///
/// # Errors
/// [`PortError::Conflict`] when a key is not blank. The store's.
async fn stock_moves(registry: &dyn Registry, change: &Change) -> Result<Vec<Write>, PortError> {
    let now = change.record.at;
    let mut writes = Vec::new();
    for moved in &change.stock {
        let (StockMove::Take { serial, .. }
        | StockMove::Use { serial }
        | StockMove::Scrap { serial }) = moved;
        let there: Option<StockKey> = registry.load(&stock_key(serial)).await?;
        let next = match moved {
            StockMove::Take { unit, .. } => Some(
                there
                    .and_then(|key| key.take(unit.clone(), now))
                    .ok_or(PortError::Conflict)?,
            ),
            StockMove::Use { .. } => there.and_then(|key| key.used(now)),
            StockMove::Scrap { .. } => there.and_then(|key| key.scrapped(now)),
        };
        if let Some(next) = next {
            writes.push(Write::next(&next)?);
        }
    }
    Ok(writes)
}

/// What is written with a transition so that a renewed key is known by its new certificate.
///
/// # Errors
/// The store's.
async fn renewals(registry: &dyn Registry, change: &Change) -> Result<Vec<Write>, PortError> {
    let mut writes = Vec::new();
    for renewed in &change.renewed {
        let place = company_key(&renewed.company, &renewed.serial);
        let there: Option<CompanyKey> = registry.load(&place).await?;
        if let Some(next) = there.and_then(|key| key.renewed(&renewed.certificate)) {
            writes.push(Write::next(&next)?);
        }
    }
    Ok(writes)
}

/// Everything that follows from a transition beside its order: no key that ended keeps a good certificate, the
/// stock is right, and the company finds what it can activate and how long its keys hold. Both stores add it to every commit by themselves.
///
/// # Errors
/// [`PortError::Conflict`] when it must not become true. The store's.
pub async fn consequences(
    registry: &dyn Registry,
    change: &Change,
) -> Result<Vec<Write>, PortError> {
    let mut writes = endings(registry, change).await?;
    writes.extend(stock_moves(registry, change).await?);
    writes.extend(renewals(registry, change).await?);
    for moved in &change.handed {
        writes.push(match moved {
            HandedMove::Add(key) => Write::mark(key)?,
            HandedMove::Remove(key) => Write::remove(key),
        });
    }
    Ok(writes)
}

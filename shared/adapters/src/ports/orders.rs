//! Orders and what belongs to them.

use async_trait::async_trait;
use domain::catalog::ProductKind;
use domain::ids::{BranchId, CompanyId, LineNo, OrderId, PaperId};
use domain::order::{Change, DisplayState, EventRecord, LineStage, Order};
use domain::paper::Paper;
use domain::parcel::Parcel;
use domain::payment::Attempt;
use jiff::Timestamp;

use super::{PortError, Write};

/// One transaction: a change of an order with what else must be written or not at all.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The change.
    pub change: Change,
    /// An attempt that changes with it; its `version` is the new one, conditional on the one before.
    pub attempt: Option<Attempt>,
    /// A parcel that changes with it; the same.
    pub parcel: Option<Parcel>,
    /// Documents that are written with it, each with its condition.
    pub beside: Vec<Write>,
}

impl Commit {
    /// Only the change.
    pub fn of(change: Change) -> Self {
        Self {
            change,
            attempt: None,
            parcel: None,
            beside: Vec::new(),
        }
    }
}

/// Orders.
#[async_trait]
pub trait Orders: Send + Sync {
    /// An order with its begun units, read consistently.
    async fn load(&self, id: &OrderId) -> Result<Option<Order>, PortError>;

    /// Writes all of it, or nothing. [`PortError::Conflict`] when the order, attempt or parcel is no
    /// longer at the version that was expected, or a new order's number is taken.
    async fn commit(&self, commit: &Commit) -> Result<(), PortError>;

    /// The history of an order, oldest first.
    async fn history(&self, id: &OrderId) -> Result<Vec<EventRecord>, PortError>;
}

/// Payment attempts.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// The attempts of an order, oldest first, read consistently.
    async fn attempts(&self, order: &OrderId) -> Result<Vec<Attempt>, PortError>;

    /// Writes an attempt alone. Its `version` is the new one; [`PortError::Conflict`] when the one before
    /// is not there.
    async fn save_attempt(&self, attempt: &Attempt) -> Result<(), PortError>;
}

/// Uploaded papers.
#[async_trait]
pub trait Papers: Send + Sync {
    /// Announces one.
    async fn announce(&self, paper: &Paper) -> Result<(), PortError>;

    /// The papers announced for a line.
    async fn papers(&self, order: &OrderId, line: LineNo) -> Result<Vec<Paper>, PortError>;

    /// Notes the page images made of one.
    async fn set_previews(
        &self,
        order: &OrderId,
        line: LineNo,
        paper: &PaperId,
        previews: &[String],
    ) -> Result<(), PortError>;
}

/// Parcels.
#[async_trait]
pub trait Parcels: Send + Sync {
    /// The parcel of a line.
    async fn parcel(&self, order: &OrderId, line: LineNo) -> Result<Option<Parcel>, PortError>;

    /// The parcel of a waybill.
    async fn parcel_by_waybill(&self, waybill: &str) -> Result<Option<Parcel>, PortError>;

    /// Writes a parcel alone, as [`Attempts::save_attempt`] does.
    async fn save_parcel(&self, parcel: &Parcel) -> Result<(), PortError>;
}

/// Where a page ended. Opaque to callers.
pub type Cursor = String;

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// Where to go on.
    pub cursor: Option<Cursor>,
}

/// A line in a queue: its order and where it is.
#[derive(Debug, Clone)]
pub struct QueuedLine {
    /// The order as it is now.
    pub order: Order,
    /// The line.
    pub line: LineNo,
    /// What it waits for.
    pub stage: LineStage,
    /// Since when.
    pub since: Timestamp,
}

/// Which of a company's orders are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Those shown in this state.
    pub shown: Option<DisplayState>,
    /// Those with a line of this kind.
    pub kind: Option<ProductKind>,
    /// Those made at this time or later.
    pub from: Option<Timestamp>,
    /// Those made at this time or before.
    pub to: Option<Timestamp>,
}

/// Lists of orders and lines. They may be a moment behind.
#[async_trait]
pub trait Lists: Send + Sync {
    /// A company's orders that a filter lets through, newest first. Read from an index of their own for each
    /// filter: nothing is read only to be left out.
    async fn company_orders(
        &self,
        company: &CompanyId,
        filter: &OrderFilter,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Order>, PortError>;

    /// Lines that wait at a branch to be fetched, the longest waiting first.
    async fn pickups(
        &self,
        branch: &BranchId,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<QueuedLine>, PortError>;

    /// Lines at a stage, the longest waiting first.
    async fn queue(
        &self,
        stage: LineStage,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<QueuedLine>, PortError>;
}

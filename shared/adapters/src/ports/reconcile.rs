//! What is due, unsent or stuck.

use async_trait::async_trait;
use domain::ids::OrderId;
use domain::payment::OutTradeNo;
use domain::work::WorkItem;
use jiff::Timestamp;

use super::PortError;

/// A work item nobody has done.
#[derive(Debug, Clone)]
pub struct DueWork {
    /// The item.
    pub item: WorkItem,
    /// How often it was tried.
    pub tries: u32,
}

/// A wait with its fact on record and nobody woken.
#[derive(Debug, Clone)]
pub struct DueWait {
    /// Its key.
    pub key: String,
    /// Who waits; none when the fact was there first and nobody ever will.
    pub token: Option<String>,
    /// The fact; none when the wait has no fact yet.
    pub outcome: Option<String>,
}

/// Everything that has still to be done. Each list is the oldest first and at most `limit` long.
#[async_trait]
pub trait Outstanding: Send + Sync {
    /// Open orders that somebody has to look at by `now`.
    async fn due_orders(&self, now: Timestamp, limit: u32) -> Result<Vec<OrderId>, PortError>;

    /// All open orders, whenever they are due: after an outage.
    async fn open_orders(&self) -> Result<Vec<OrderId>, PortError>;

    /// Attempts that the gateway is to be asked about by `now`.
    async fn due_attempts(&self, now: Timestamp, limit: u32) -> Result<Vec<OutTradeNo>, PortError>;

    /// Work items not done by `now`, though they should be.
    async fn due_work(&self, now: Timestamp, limit: u32) -> Result<Vec<DueWork>, PortError>;

    /// Waits not woken by `now`, though they should be.
    async fn due_waits(&self, now: Timestamp, limit: u32) -> Result<Vec<DueWait>, PortError>;

    /// Since when the oldest work item or wait that should be done is due; none when all is done.
    async fn oldest_due(&self, now: Timestamp) -> Result<Option<Timestamp>, PortError>;

    /// A work item, unless it is done.
    async fn work(&self, id: &str) -> Result<Option<DueWork>, PortError>;

    /// Notes that a work item is done. Noting it again is nothing.
    async fn work_done(&self, id: &str, now: Timestamp) -> Result<(), PortError>;

    /// Notes that a work item failed and when to try again.
    async fn work_failed(&self, id: &str, again_at: Timestamp) -> Result<(), PortError>;

    /// A wait.
    async fn wait(&self, key: &str) -> Result<Option<DueWait>, PortError>;

    /// Notes that a wait is over.
    async fn wait_over(&self, key: &str, now: Timestamp) -> Result<(), PortError>;

    /// Notes when an open order is to be looked at again, if it is still at this version.
    async fn check_again(
        &self,
        order: &OrderId,
        version: u64,
        at: Timestamp,
    ) -> Result<(), PortError>;
}

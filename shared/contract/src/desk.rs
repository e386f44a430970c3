//! The stock of blank keys, and the desks at which keys are made.

use domain::catalog::Medium;
use domain::desk::Desk;
use domain::ids::DeskId;
use domain::stock::{ScrapReason, StockKey, StockState, UnitPlace};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// Which keys of the stock are shown.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StockQuery {
    /// Those that stand so.
    pub state: StockState,
    /// Of this medium.
    pub medium: Medium,
    /// Where the last page ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The stock.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StockView {
    /// How many blank keys there are, by medium.
    pub counts: Vec<StockCount>,
    /// The keys that were asked for, by serial number.
    pub keys: Vec<StockKeyView>,
    /// Where to go on; none at the end.
    pub cursor: Option<String>,
}

/// How many blank keys of a medium there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockCount {
    /// The medium.
    pub medium: Medium,
    /// How many.
    pub blank: u32,
}

/// A key of the stock.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StockKeyView {
    /// The token's own serial number.
    pub serial: String,
    /// The token.
    pub medium: Medium,
    /// Where it stands.
    pub state: StockState,
    /// When it was taken in.
    pub added_at: Timestamp,
    /// What it became.
    pub unit: Option<UnitPlace>,
    /// Why it was taken out.
    pub scrapped_for: Option<ScrapReason>,
    /// Since when it stands so.
    pub since: Timestamp,
}

impl From<StockKey> for StockKeyView {
    fn from(key: StockKey) -> Self {
        Self {
            serial: key.serial,
            medium: key.medium,
            state: key.state,
            added_at: key.added_at,
            unit: key.unit,
            scrapped_for: key.scrapped_for,
            since: key.since,
        }
    }
}

/// Takes blank keys into the stock.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StockRequest {
    /// What they are.
    pub medium: Medium,
    /// Their serial numbers, as printed on them: at most 25, each once.
    pub serials: Vec<String>,
}

/// Takes over the SO PINs of keys that were made elsewhere, so that they can be unlocked here.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscrowRequest {
    /// What they are.
    pub medium: Medium,
    /// At most 25, each once.
    pub keys: Vec<EscrowedKey>,
}

/// A key that was made elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscrowedKey {
    /// Its serial number, as printed on it.
    pub serial: String,
    /// The SO PIN that it has, as its maker's escrow file says.
    pub so_pin: Secret,
}

/// Gives a key up.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScrapRequest {
    /// Why.
    pub reason: ScrapReason,
}

/// Gives a key of a line up, with its token.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitScrapRequest {
    /// Which try is meant: a later one stays.
    pub attempt: u32,
    /// Why.
    pub reason: ScrapReason,
}

/// Makes a computer a desk: its ticket is opened there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeskRequest {
    /// What people are to call it.
    pub name: String,
}

/// All desks, the newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DeskList {
    /// The desks.
    pub desks: Vec<DeskView>,
}

/// A desk.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DeskView {
    /// Its number.
    pub id: DeskId,
    /// Its name.
    pub name: String,
    /// The system of its computer.
    pub system: String,
    /// Who enrolled it.
    pub enrolled_by: String,
    /// When.
    pub enrolled_at: Timestamp,
    /// Since when it may make nothing any more.
    pub dismissed_at: Option<Timestamp>,
}

impl DeskView {
    /// A desk, enrolled by somebody of this name.
    pub fn of(desk: Desk, enrolled_by: String) -> Self {
        Self {
            id: desk.id,
            name: desk.name,
            system: desk.agent.system,
            enrolled_by,
            enrolled_at: desk.enrolled_at,
            dismissed_at: desk.dismissed_at,
        }
    }
}

//! The operators' side.

use domain::certificate::Subject;
use domain::ids::{LineNo, OrderId, StaffId, UnitNo};
use domain::order::{Address, BasicData, BoughtProduct, Delivery, Line, LineStage, Order};
use domain::paper::{PaperFormat, PaperKind, PaperRefusal};
use domain::parcel::ParcelEvent;
use domain::policy::Urgency;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::order::{HistoryEntry, UnitView};

/// A page of a queue, the oldest work first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QueueView {
    /// The rows.
    pub lines: Vec<QueueRow>,
    /// Where to go on; none at the end.
    pub cursor: Option<String>,
}

/// Where the last page of a queue ended.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueueQuery {
    /// From the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One line in a queue.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QueueRow {
    /// Order.
    pub order: OrderId,
    /// Line.
    pub line: LineNo,
    /// What it waits for.
    pub stage: LineStage,
    /// Company.
    pub company_name: String,
    /// What was bought.
    pub product: BoughtProduct,
    /// How many keys.
    pub quantity: u32,
    /// How fast.
    pub urgency: Urgency,
    /// Since when it is in this queue.
    pub since: Timestamp,
    /// Has a reviewer taken it?
    pub claimed: bool,
    /// Is that reviewer you?
    pub mine: bool,
    /// Waybill, once booked.
    pub waybill: Option<String>,
}

/// A line before a reviewer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ReviewView {
    /// The line as the queue shows it.
    pub row: QueueRow,
    /// Whom the certificate will name.
    pub subject: Subject,
    /// What was typed.
    pub basic: Option<BasicData>,
    /// The papers, as images made by us.
    pub papers: Vec<ReviewPaper>,
    /// What was sent back before, and why.
    pub refusals: Vec<PaperRefusal>,
    /// What happened so far.
    pub history: Vec<HistoryEntry>,
}

/// A paper before a reviewer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ReviewPaper {
    /// What it is said to be.
    pub kind: PaperKind,
    /// Name of the file.
    pub file_name: String,
    /// Its format.
    pub format: PaperFormat,
    /// Its pages as images, short-lived addresses.
    pub pages: Vec<String>,
    /// When it came in.
    pub uploaded_at: Timestamp,
}

/// Sends papers back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectRequest {
    /// Which, and why; at least one.
    pub refusals: Vec<PaperRefusal>,
}

/// A line before a maker.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ProductionView {
    /// The line as the queue shows it.
    pub row: QueueRow,
    /// Whom the certificate will name.
    pub subject: Subject,
    /// Its keys.
    pub units: Vec<UnitView>,
}

/// A certificate request for one key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateRequest {
    /// PKCS#10, PEM. Only its public key is taken; subject and validity come from the order.
    pub csr: String,
}

/// A certificate of one key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CertificateView {
    /// The key.
    pub unit: UnitNo,
    /// Serial number, hex.
    pub serial: String,
    /// The certificate, PEM.
    pub certificate: String,
    /// Issuing CA and root, PEM.
    pub chain: String,
    /// When it ends.
    pub not_after: Timestamp,
}

/// Says that a key is finished.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitMadeRequest {
    /// The token's own serial number, as printed on it.
    pub key_serial: String,
}

/// A line before the one who hands parcels over.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ShippingView {
    /// The line as the queue shows it.
    pub row: QueueRow,
    /// How it goes.
    pub delivery: Delivery,
    /// Where to.
    pub address: Address,
    /// What the courier told, oldest first.
    pub events: Vec<ParcelEvent>,
}

impl QueueRow {
    /// The row of a line, as `viewer` sees it.
    pub fn of(order: &Order, line: &Line, viewer: &StaffId) -> Self {
        Self {
            order: order.id.clone(),
            line: line.no,
            stage: order.line_stage(line),
            company_name: order.subject.company_name.clone(),
            product: line.product.clone(),
            quantity: line.price.quantity,
            urgency: order.urgency,
            since: line.since,
            claimed: line.claim.is_some(),
            mine: line
                .claim
                .as_ref()
                .is_some_and(|claim| claim.staff == *viewer),
            waybill: line.waybill.clone(),
        }
    }
}

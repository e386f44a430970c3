//! The operators' side.

use domain::certificate::Subject;
use domain::company::Contact;
use domain::credit::Credit;
use domain::ids::{LineNo, OrderId, StaffId, UnitNo};
use domain::money::Money;
use domain::order::{Address, BasicData, BoughtProduct, Delivery, ExitWay, Line, LineStage, Order};
use domain::paper::{PaperFormat, PaperKind, PaperRefusal};
use domain::parcel::ParcelEvent;
use domain::policy::Urgency;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::order::{HistoryEntry, OrderRow, OrderView, UnitView};
use crate::stamps::ReviewSeals;

/// A page of a queue: what is due first comes first, and where nothing is promised, what waits longest.
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
    /// By when it is promised; none where we do not have the next step.
    pub due_at: Option<Timestamp>,
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
    /// The stamps of its seal sheet, where its keys carry e-seals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seals: Option<ReviewSeals>,
    /// What the time left on the old key takes off, and which key that is: of an upgrade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<ReviewCredit>,
    /// What was sent back before, and why.
    pub refusals: Vec<PaperRefusal>,
    /// What happened so far.
    pub history: Vec<HistoryEntry>,
}

/// What the time left on an old key takes off the price of the line under review.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ReviewCredit {
    /// The token's own serial number.
    pub serial: String,
    /// The reckoning.
    pub credit: Credit,
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

/// A line before the one who hands parcels over.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ShippingView {
    /// The line as the queue shows it.
    pub row: QueueRow,
    /// How it goes.
    pub delivery: Delivery,
    /// Where to; none when it is fetched at a branch.
    pub address: Option<Address>,
    /// Whom to call when it is ready.
    pub contact: Contact,
    /// What the courier told, oldest first.
    pub events: Vec<ParcelEvent>,
}

/// What an order is looked for by. Exactly one of the first four.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderSearchQuery {
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The company's full name or credit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The serial number of a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// 快递单号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waybill: Option<String>,
    /// Where the last page ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Orders that were found, the newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OrderSearchView {
    /// The rows.
    pub orders: Vec<FoundOrder>,
    /// Where to go on; none at the end.
    pub cursor: Option<String>,
}

/// An order that was found.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FoundOrder {
    /// The company, as it stood when the order was made.
    pub company_name: String,
    /// The order as its company sees it in a list.
    pub row: OrderRow,
}

/// An order before the staff.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ConsoleOrder {
    /// The order as its company sees it.
    pub order: OrderView,
    /// Ways out that wait for a second person, by line.
    pub exits: Vec<ExitView>,
    /// What can be done with each line, by you.
    pub ways: Vec<LineWays>,
    /// Everything that happened, who of the staff it was too.
    pub history: Vec<StaffHistoryEntry>,
}

/// A way out of a line that was asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExitView {
    /// The line.
    pub line: LineNo,
    /// Which way.
    pub way: ExitWay,
    /// What goes back to the payer when it is agreed to.
    pub refund: Money,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub by: StaffId,
    /// Their name.
    pub by_name: String,
    /// Was it you? Then another one has to agree.
    pub mine: bool,
    /// When.
    pub at: Timestamp,
}

/// What can be done with a line now, by whoever reads it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LineWays {
    /// The line.
    pub line: LineNo,
    /// It can be reviewed again.
    pub return_to_review: bool,
    /// It can end, and its price go back.
    pub refund: bool,
    /// It can become a replacement of its key: these products.
    pub convert: Vec<String>,
}

/// An entry of an order's history, for staff.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StaffHistoryEntry {
    /// As the company sees it.
    pub entry: HistoryEntry,
    /// Who of the staff.
    pub staff: Option<StaffId>,
    /// Their name.
    pub name: Option<String>,
}

/// Wants an approved line reviewed again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnRequest {
    /// Why, for the reviewer and the history.
    pub reason: String,
}

/// Asks for a way out of a line.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExitRequest {
    /// The product that it becomes; none when the line ends and its price goes back.
    #[serde(default)]
    pub convert_to: Option<String>,
    /// Why, for the company to read.
    pub reason: String,
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
            due_at: line.due_at,
            claimed: line.claim.is_some(),
            mine: line
                .claim
                .as_ref()
                .is_some_and(|claim| claim.staff == *viewer),
            waybill: line.waybill.clone(),
        }
    }
}

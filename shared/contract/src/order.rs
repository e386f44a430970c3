//! Orders as the company sees them.

use domain::actor::Actor;
use domain::catalog::{LinePrice, ProductKind};
use domain::certificate::Subject;
use domain::company::Contact;
use domain::ids::{LineNo, OrderId, PaperId, UnitNo};
use domain::key::ReplacementReason;
use domain::money::Money;
use domain::order::{
    BasicData, BoughtProduct, Delivery, DisplayState, EventRecord, Line, LineState, NamedKey,
    Order, OrderState, Unit, UnitState,
};
use domain::paper::{Paper, PaperKind, PaperRefusal};
use domain::parcel::{Parcel, ParcelEvent};
use domain::payment::PaymentMethod;
use domain::plan::Plan;
use domain::policy::{CancelPaid, StorefrontPolicy, Urgency};
use domain::refund::{Refund, RefundReason, RefundState};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::invoice::{InvoiceChoiceView, InvoiceRequest, InvoiceView};

/// One line of a draft or quote.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineRequest {
    /// What.
    pub sku: String,
    /// How many keys.
    pub quantity: u32,
    /// The line of the draft that this was, so that it keeps what was uploaded for it; none for a new one.
    #[serde(default)]
    pub line: Option<LineNo>,
    /// How many of the keys carry an e-seal, where that is the buyer's choice (R58).
    #[serde(default)]
    pub seals: u32,
    /// The key that it is about, for everything but a new key.
    #[serde(default)]
    pub key_serial: Option<String>,
    /// Why that key is replaced.
    #[serde(default)]
    pub reason: Option<ReplacementReason>,
    /// Does the buyer accept that time left on the old key is worth more than the price, and is lost?
    #[serde(default)]
    pub accept_loss: bool,
}

/// Asks what something would cost.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    /// Where.
    pub storefront: String,
    /// What.
    pub lines: Vec<LineRequest>,
    /// How fast.
    pub urgency: Urgency,
}

/// What it would cost now.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QuoteView {
    /// Each line with its reckoning, in the order asked. A year that an upgrade carries over is told in its
    /// credit, and becomes a line of its own at no price.
    pub lines: Vec<LinePrice>,
    /// Their sum.
    pub total: Money,
    /// What is promised for keys that are made for it; none when nothing is made at a desk.
    pub promise: Option<PromiseView>,
}

/// What would be promised if each step that the company has were done now (R8, R9).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PromiseView {
    /// Papers that are handed in now are looked at by then.
    pub reviewed_by: Timestamp,
    /// What is approved now is with the courier, or at the branch, by then.
    pub handed_over_by: Timestamp,
}

/// A draft, new or changed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftRequest {
    /// Where. Cannot be changed later.
    pub storefront: String,
    /// What.
    pub lines: Vec<LineRequest>,
    /// How fast.
    pub urgency: Urgency,
    /// How and where to.
    pub delivery: Delivery,
    /// Which invoice, or none. None is final (R10).
    pub invoice: Option<InvoiceRequest>,
    /// The version that was looked at, when a draft is changed.
    #[serde(default)]
    pub version: Option<u64>,
}

/// Filters of the order list; all optional.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderListQuery {
    /// Only orders shown in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<DisplayState>,
    /// Only orders with a line of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ProductKind>,
    /// Only orders made on this day, in China, or later (R70).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Only orders made on this day, in China, or before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    /// Where the last page ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One row of the order list.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OrderRow {
    /// Number.
    pub id: OrderId,
    /// Where it was placed.
    pub storefront: String,
    /// What a person reads.
    pub display: DisplayState,
    /// Names and numbers of what was bought.
    pub items: Vec<OrderRowItem>,
    /// What it costs.
    pub total: Money,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it waits for money.
    pub pay_by: Option<Timestamp>,
}

/// What one line of an order bought.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OrderRowItem {
    /// The line.
    pub line: LineNo,
    /// What.
    pub product: BoughtProduct,
    /// How many.
    pub quantity: u32,
    /// What a person reads for this line (R20).
    pub display: DisplayState,
}

/// A page of orders, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OrderList {
    /// The rows.
    pub orders: Vec<OrderRow>,
    /// Where to go on; none at the end.
    pub cursor: Option<String>,
}

/// An order whole.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OrderView {
    /// Number.
    pub id: OrderId,
    /// Where it was placed.
    pub storefront: String,
    /// Where it stands.
    pub state: OrderState,
    /// What a person reads.
    pub display: DisplayState,
    /// To be sent back when a draft is changed.
    pub version: u64,
    /// Whom the certificates name.
    pub subject: Subject,
    /// Who is told.
    pub contact: Contact,
    /// Its lines.
    pub lines: Vec<LineView>,
    /// How fast.
    pub urgency: Urgency,
    /// How and where to.
    pub delivery: Delivery,
    /// Which invoice was asked for.
    pub invoice: Option<InvoiceChoiceView>,
    /// Its invoices, those that were taken back too.
    pub invoices: Vec<InvoiceView>,
    /// What it costs.
    pub total: Money,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
    /// Until when it waits for money.
    pub pay_by: Option<Timestamp>,
    /// When the money came.
    pub paid_at: Option<Timestamp>,
    /// May it be given up now? What was paid goes back.
    pub can_cancel: bool,
    /// May it be taken back now to change it?
    pub can_withdraw: bool,
    /// Money that goes back, or went.
    pub refunds: Vec<RefundView>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// How far a refund is, as the company reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundProgress {
    /// On its way.
    UnderWay,
    /// It takes longer; our finance staff look after it.
    Delayed,
    /// With the payer.
    Done,
}

/// Money that goes back, or went.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RefundView {
    /// Its number.
    pub number: String,
    /// How much.
    pub amount: Money,
    /// By which gateway, always to the original payer.
    pub method: PaymentMethod,
    /// Why.
    pub reason: RefundReason,
    /// How far it is.
    pub progress: RefundProgress,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// When it is usually there.
    pub expected_by: Timestamp,
    /// When it was there.
    pub done_at: Option<Timestamp>,
    /// The number to ask the gateway or bank for.
    pub receipt: Option<String>,
}

impl RefundView {
    fn of(order: &Order, refund: &Refund) -> Self {
        let progress = match refund.state {
            RefundState::Done | RefundState::Settled => RefundProgress::Done,
            RefundState::Abnormal => RefundProgress::Delayed,
            RefundState::Asking | RefundState::Waiting => RefundProgress::UnderWay,
        };
        let by_hand = refund
            .settlement
            .as_ref()
            .filter(|_| refund.state == RefundState::Settled)
            .map(|settlement| settlement.reference.clone());
        Self {
            number: refund.number(&order.id).to_string(),
            amount: refund.amount,
            method: refund.method,
            reason: refund.reason,
            progress,
            ordered_at: refund.ordered_at,
            expected_by: refund.expected_by(),
            done_at: refund.done_at,
            receipt: by_hand.or_else(|| refund.receipt.clone()),
        }
    }
}

/// A line of an order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LineView {
    /// Number.
    pub no: LineNo,
    /// What was bought.
    pub product: BoughtProduct,
    /// What it costs.
    pub price: LinePrice,
    /// Its steps.
    pub plan: Plan,
    /// The key that it is about.
    pub key: Option<NamedKey>,
    /// How many of its keys carry an e-seal.
    pub seals: u8,
    /// The upgrade that this year was carried over for; the system made this line.
    pub carried_from: Option<LineNo>,
    /// Are its papers complete, as far as it asks for any now?
    pub papers_complete: bool,
    /// Where it stands.
    pub state: LineState,
    /// What a person reads.
    pub display: DisplayState,
    /// By when our next step is promised; none while the company has it.
    pub due_at: Option<Timestamp>,
    /// When it was noted that its keys are late.
    pub late_at: Option<Timestamp>,
    /// When what was handed over counts as received, whatever the company says.
    pub receive_by: Option<Timestamp>,
    /// Which papers it asks for.
    pub required_papers: Vec<PaperKind>,
    /// Which were handed in.
    pub papers: Vec<PaperView>,
    /// Which were sent back, and why.
    pub refusals: Vec<PaperRefusal>,
    /// What was typed.
    pub basic: Option<BasicData>,
    /// Its keys.
    pub units: Vec<UnitView>,
    /// Its parcel, once booked.
    pub parcel: Option<ParcelView>,
}

/// A paper that was handed in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PaperView {
    /// Which.
    pub id: PaperId,
    /// What it is.
    pub kind: PaperKind,
    /// Its name on the disk it came from.
    pub file_name: String,
    /// Bytes.
    pub length: u64,
}

/// A key of a line.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct UnitView {
    /// Which.
    pub no: UnitNo,
    /// Where it stands.
    pub state: UnitState,
    /// Serial number of its certificate.
    pub certificate_serial: Option<String>,
    /// When that ends.
    pub not_after: Option<Timestamp>,
    /// Serial number of the token.
    pub key_serial: Option<String>,
    /// Which try to make it.
    pub attempt: u32,
}

/// A parcel.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ParcelView {
    /// 快递单号.
    pub waybill: String,
    /// What the courier told, oldest first.
    pub events: Vec<ParcelEvent>,
}

/// Hands in the materials of a line.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaterialsRequest {
    /// What was typed.
    pub basic: BasicData,
    /// All papers of the line: those kept and those new.
    pub papers: Vec<PaperId>,
}

/// The history of an order (查看记录), oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct HistoryView {
    /// Its entries.
    pub events: Vec<HistoryEntry>,
}

/// One entry. Staff are not named to the company.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct HistoryEntry {
    /// Place, from 1.
    pub seq: u32,
    /// When.
    pub at: Timestamp,
    /// `company`, `staff`, `gateway`, `courier` or `system`.
    pub by: String,
    /// What: `created`, `submitted`, `payment_received`, ….
    pub event: String,
    /// State before.
    pub from: String,
    /// State after.
    pub to: String,
    /// The line it is about.
    pub line: Option<LineNo>,
    /// The key it is about.
    pub unit: Option<UnitNo>,
    /// Papers sent back with it.
    pub refusals: Vec<PaperRefusal>,
    /// Waybill, certificate serial, amount.
    pub note: String,
}

impl HistoryEntry {
    /// What the company may read of an entry: who of the staff it was stays with us.
    pub fn of(record: EventRecord) -> Self {
        let by = match record.actor {
            Actor::Company { .. } => "company",
            Actor::Staff { .. } => "staff",
            Actor::Gateway => "gateway",
            Actor::Courier => "courier",
            Actor::System => "system",
        };
        Self {
            seq: record.seq,
            at: record.at,
            by: by.to_owned(),
            event: record.event,
            from: record.from,
            to: record.to,
            line: record.line,
            unit: record.unit,
            refusals: record.refusals,
            note: record.note,
        }
    }
}

impl From<Unit> for UnitView {
    fn from(unit: Unit) -> Self {
        Self {
            no: unit.no,
            state: unit.state,
            certificate_serial: unit
                .certificate
                .as_ref()
                .map(|certificate| certificate.serial.clone()),
            not_after: unit
                .certificate
                .as_ref()
                .map(|certificate| certificate.not_after),
            key_serial: unit.key_serial,
            attempt: unit.attempt,
        }
    }
}

impl OrderRow {
    /// The row of an order.
    pub fn of(order: &Order, policy: &StorefrontPolicy) -> Self {
        Self {
            id: order.id.clone(),
            storefront: order.storefront.0.clone(),
            display: policy.shown(order.display()),
            items: order
                .lines
                .iter()
                .map(|line| OrderRowItem {
                    line: line.no,
                    product: line.product.clone(),
                    quantity: line.price.quantity,
                    display: policy.shown(order.line_display(line)),
                })
                .collect(),
            total: order.total,
            created_at: order.created_at,
            pay_by: order.pay_by,
        }
    }
}

impl OrderView {
    /// An order with the papers and parcels of its lines.
    pub fn of(
        order: &Order,
        policy: &StorefrontPolicy,
        papers: &[Paper],
        parcels: &[Parcel],
    ) -> Self {
        Self {
            id: order.id.clone(),
            storefront: order.storefront.0.clone(),
            state: order.state,
            display: policy.shown(order.display()),
            version: order.version,
            subject: order.subject.clone(),
            contact: order.contact.clone(),
            lines: order
                .lines
                .iter()
                .map(|line| LineView::of(order, line, policy, papers, parcels))
                .collect(),
            urgency: order.urgency,
            delivery: order.delivery.clone(),
            invoice: order.invoice.as_ref().map(InvoiceChoiceView::from),
            invoices: InvoiceView::all(order),
            total: order.total,
            created_at: order.created_at,
            submitted_at: order.submitted_at,
            pay_by: order.pay_by,
            paid_at: order.payment.as_ref().map(|payment| payment.at),
            can_cancel: match order.state {
                OrderState::Draft | OrderState::AwaitingPayment => true,
                OrderState::Paid => {
                    policy.cancel_paid == CancelPaid::BeforeApproval && order.may_cancel_paid()
                }
                OrderState::Completed | OrderState::Cancelled => false,
            },
            can_withdraw: policy.withdraw_unpaid && order.state == OrderState::AwaitingPayment,
            refunds: order
                .refunds
                .iter()
                .map(|refund| RefundView::of(order, refund))
                .collect(),
            ended_at: order.ended_at,
        }
    }
}

impl LineView {
    fn of(
        order: &Order,
        line: &Line,
        policy: &StorefrontPolicy,
        papers: &[Paper],
        parcels: &[Parcel],
    ) -> Self {
        let handed_in = |paper: &&Paper| line.papers.iter().any(|known| known.id == paper.id);
        Self {
            no: line.no,
            product: line.product.clone(),
            price: line.price.clone(),
            plan: line.plan,
            key: line.key.clone(),
            seals: line.seals,
            carried_from: line.carried_from,
            papers_complete: line.papers_complete(),
            state: line.state,
            display: policy.shown(order.line_display(line)),
            due_at: line.due_at,
            late_at: line.late_at,
            receive_by: line.receive_by,
            required_papers: line.required_papers(),
            papers: papers.iter().filter(handed_in).map(PaperView::of).collect(),
            refusals: line.refusals.clone(),
            basic: line.basic.clone(),
            units: line.all_units().into_iter().map(UnitView::from).collect(),
            parcel: parcels
                .iter()
                .find(|parcel| parcel.line == line.no)
                .map(|parcel| ParcelView {
                    waybill: parcel.waybill.clone(),
                    events: parcel.events.clone(),
                }),
        }
    }
}

impl PaperView {
    fn of(paper: &Paper) -> Self {
        Self {
            id: paper.id.clone(),
            kind: paper.kind,
            file_name: paper.file_name.clone(),
            length: paper.length,
        }
    }
}

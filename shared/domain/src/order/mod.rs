//! Orders (订单), their lines (商品) and the keys of a line.
//!
//! - `state`: what an order, a line and a unit can be in, and the stage that the state machine waits in.
//! - `event`: what can happen.
//! - `billing`: what it bills, and its invoices.
//! - `apply`: the one function that says what an event makes of an order.
//! - `change`: that, plus everything that has to be written with it.
//! - `display`: the words a person reads.
//! - `promise`: by when the next step is promised.

mod apply;
mod billing;
mod change;
mod display;
mod event;
mod promise;
mod state;

pub use apply::{Refusal, TransitionError, apply};
pub use change::{Change, CreditMove, EventRecord, transition};
pub use display::DisplayState;
pub use event::{DraftContent, Event, EventKind};
pub use state::{
    InvoiceStage, LineStage, LineState, OrderStage, OrderState, RefundStage, UnitState,
};

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Duty;
use crate::calendar::Calendar;
use crate::catalog::{LinePrice, Medium, Product, ProductKind};
use crate::certificate::{Subject, Validity};
use crate::company::Contact;
use crate::ids::{BranchId, CompanyId, LineNo, OperationId, OrderId, PaperId, StaffId, UnitNo};
use crate::invoice::{Buyer, Invoice};
use crate::key::ReplacementReason;
use crate::money::Money;
use crate::paper::{PaperKind, PaperRefusal};
use crate::payment::PaymentMethod;
use crate::plan::Plan;
use crate::policy::{DeliveryKind, InvoiceKind, StorefrontId, Text, Urgency};
use crate::refund::Refund;
use crate::work::Execution;

/// Where parcels go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// Recipient.
    pub name: String,
    /// Mobile number of the recipient.
    pub mobile: String,
    /// 省.
    pub province: String,
    /// 市.
    pub city: String,
    /// 区县.
    pub district: String,
    /// Street, house, room.
    pub detail: String,
}

/// How the order is to be received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// The way.
    pub kind: DeliveryKind,
    /// Where to; none when it is fetched.
    #[serde(default)]
    pub address: Option<Address>,
    /// The branch where it is fetched.
    #[serde(default)]
    pub branch: Option<BranchId>,
}

/// The invoice asked for, or none. None is final: it cannot be asked for later (R10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceChoice {
    /// The kind.
    pub kind: InvoiceKind,
    /// To whom; none in a draft that was made before there were titles.
    #[serde(default)]
    pub buyer: Option<Buyer>,
    /// Is a special one asked for where only an ordinary one is automatic? Then customer service decides (R74).
    #[serde(default)]
    pub ask_special: bool,
}

/// The product of a line as it was when the order was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BoughtProduct {
    /// Its name in the catalogue.
    pub sku: String,
    /// What it does.
    pub kind: ProductKind,
    /// Its name for people.
    pub name: Text,
    /// The token.
    pub medium: Medium,
    /// Does each key carry an e-seal?
    pub seal: bool,
    /// Years.
    pub term_years: u8,
}

impl BoughtProduct {
    /// As it stands in the catalogue.
    pub fn of(product: &Product) -> Self {
        Self {
            sku: product.sku.clone(),
            kind: product.kind,
            name: product.name.clone(),
            medium: product.medium,
            seal: product.seal,
            term_years: product.term_years,
        }
    }
}

/// The key that a line is about, as it stood when the line was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamedKey {
    /// The token's own serial number.
    pub serial: String,
    /// The serial number of its certificate, hex.
    pub certificate_serial: String,
    /// The token.
    pub medium: Medium,
    /// When its certificate ends.
    pub not_after: Timestamp,
    /// Why it is replaced.
    #[serde(default)]
    pub reason: Option<ReplacementReason>,
}

/// A way out of a line that one of the staff asked for: another one has to agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineExit {
    /// Which.
    pub way: ExitWay,
    /// Why, for the company to read.
    pub reason: String,
    /// Who asked.
    pub by: StaffId,
    /// When.
    pub at: Timestamp,
}

/// Ways out of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "way")]
pub enum ExitWay {
    /// It ends, and what it cost goes back.
    Refund,
    /// A renewal or unlock of a key that is dead becomes its replacement; what the line cost beyond that goes
    /// back, what it lacks is waived.
    Convert {
        /// The replacement.
        product: BoughtProduct,
        /// What it costs.
        price: Money,
        /// Its steps.
        plan: Plan,
    },
}

impl ExitWay {
    /// Its name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Convert { .. } => "convert",
        }
    }
}

/// Basic data (基本资料) of a line: typed in, checked by the reviewer against the papers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BasicData {
    /// Legal representative, as on the licence.
    pub legal_representative: String,
    /// The person who handles the matter (经办人).
    pub agent_name: String,
    /// Their mobile number.
    pub agent_mobile: String,
}

/// A paper that belongs to the materials of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaperRef {
    /// Which.
    pub id: PaperId,
    /// What it is.
    pub kind: PaperKind,
}

/// A reviewer who has taken a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// Who.
    pub staff: StaffId,
    /// Since when.
    pub at: Timestamp,
}

/// The certificate of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IssuedCertificate {
    /// Serial number, hex.
    pub serial: String,
    /// When it ends.
    pub not_after: Timestamp,
}

/// One key of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Which.
    pub no: UnitNo,
    /// Where it stands.
    pub state: UnitState,
    /// Counts tries to make it: the CA issues once per unit and attempt.
    pub attempt: u32,
    /// Its certificate.
    pub certificate: Option<IssuedCertificate>,
    /// The serial number of the token it was written on.
    pub key_serial: Option<String>,
    /// The operation by which it is, or was, written.
    #[serde(default)]
    pub operation: Option<OperationId>,
    /// Who made it.
    pub maker: Option<StaffId>,
}

impl Unit {
    /// A key that nobody has begun.
    pub fn waiting(no: UnitNo) -> Self {
        Self {
            no,
            state: UnitState::Waiting,
            attempt: 1,
            certificate: None,
            key_serial: None,
            operation: None,
            maker: None,
        }
    }

    /// What stands in its place when it is given up: a key that nobody has begun, and a further try.
    #[must_use]
    pub fn given_up(&self) -> Self {
        Self {
            attempt: self.attempt + 1,
            ..Self::waiting(self.no)
        }
    }
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its number.
    pub no: LineNo,
    /// What was bought.
    pub product: BoughtProduct,
    /// What it costs, frozen at submit.
    pub price: LinePrice,
    /// Its steps, made at submit.
    pub plan: Plan,
    /// The key that it is about.
    #[serde(default)]
    pub key: Option<NamedKey>,
    /// How many of its keys carry an e-seal: the first ones.
    #[serde(default)]
    pub seals: u8,
    /// The line of the upgrade whose old key had this year left: the system made this line (R40).
    #[serde(default)]
    pub carried_from: Option<LineNo>,
    /// A way out that waits for a second person.
    #[serde(default)]
    pub exit: Option<LineExit>,
    /// Where it stands.
    pub state: LineState,
    /// Since when it is at its stage.
    pub since: Timestamp,
    /// By when our next step is promised: a reviewer's word, then the courier or the branch. None while nobody waits
    /// for us.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// When it was noted, and told, that its keys are late.
    #[serde(default)]
    pub late_at: Option<Timestamp>,
    /// What of its price went back for that.
    #[serde(default)]
    pub given_back: Money,
    /// When what was handed over counts as received, whatever the company says.
    #[serde(default)]
    pub receive_by: Option<Timestamp>,
    /// Raised whenever the line goes back, so that each wait is one of its own.
    pub round: u32,
    /// Did the machine look at the papers of this round?
    pub papers_checked: bool,
    /// What was typed.
    pub basic: Option<BasicData>,
    /// What was uploaded.
    pub papers: Vec<PaperRef>,
    /// What was sent back, and why, until it is uploaded again.
    pub refusals: Vec<PaperRefusal>,
    /// When the papers came in.
    pub materials_at: Option<Timestamp>,
    /// Who is looking at them.
    pub claim: Option<Claim>,
    /// Who approved.
    pub reviewer: Option<StaffId>,
    /// When.
    pub approved_at: Option<Timestamp>,
    /// The waybill, once booked.
    pub waybill: Option<String>,
    /// Who gave the parcel to the courier.
    pub handed_over_by: Option<StaffId>,
    /// The keys that somebody has begun. Stored as items of their own; the rest are waiting.
    #[serde(skip)]
    pub units: BTreeMap<UnitNo, Unit>,
}

impl Line {
    /// A line that nobody has touched yet, without price, key or seal.
    pub fn new(no: LineNo, product: &Product, plan: Plan, now: Timestamp) -> Self {
        Self {
            no,
            product: BoughtProduct::of(product),
            price: LinePrice::nothing(),
            plan,
            key: None,
            seals: 0,
            carried_from: None,
            exit: None,
            state: LineState::AwaitingMaterials,
            since: now,
            due_at: None,
            late_at: None,
            given_back: Money::ZERO,
            receive_by: None,
            round: 1,
            papers_checked: false,
            basic: None,
            papers: Vec::new(),
            refusals: Vec::new(),
            materials_at: None,
            claim: None,
            reviewer: None,
            approved_at: None,
            waybill: None,
            handed_over_by: None,
            units: BTreeMap::new(),
        }
    }

    /// What of its price is not given back for a missed promise.
    pub fn kept(&self) -> Money {
        self.price.amount - self.given_back
    }

    /// Its place in a queue: what is due first comes first; where nothing is promised, what waits longest.
    pub fn turn(&self) -> Timestamp {
        self.due_at.unwrap_or(self.since)
    }

    /// How many keys it has.
    pub fn quantity(&self) -> u8 {
        u8::try_from(self.price.quantity).unwrap_or(u8::MAX)
    }

    /// A key of this line, begun or not. `None` when the line has no such key.
    pub fn unit(&self, no: UnitNo) -> Option<Unit> {
        if no.0 == 0 || no.0 > self.quantity() {
            return None;
        }
        Some(
            self.units
                .get(&no)
                .cloned()
                .unwrap_or_else(|| Unit::waiting(no)),
        )
    }

    /// All keys of this line.
    pub fn all_units(&self) -> Vec<Unit> {
        (1..=self.quantity())
            .filter_map(|no| self.unit(UnitNo(no)))
            .collect()
    }

    /// The first key that nobody has begun.
    pub fn next_waiting(&self) -> Option<Unit> {
        self.all_units()
            .into_iter()
            .find(|unit| unit.state == UnitState::Waiting)
    }

    /// The key that is on a token.
    pub fn unit_on(&self, key_serial: &str) -> Option<&Unit> {
        self.units
            .values()
            .find(|unit| unit.key_serial.as_deref() == Some(key_serial))
    }

    /// How many of its keys are made, wherever they are.
    pub fn made(&self) -> u8 {
        let made = self
            .units
            .values()
            .filter(|unit| matches!(unit.state, UnitState::Made | UnitState::HandedOver));
        u8::try_from(made.count()).unwrap_or(u8::MAX)
    }

    /// The papers it asks for.
    pub fn required_papers(&self) -> Vec<PaperKind> {
        if self.plan.materials.is_none() {
            return Vec::new();
        }
        PaperKind::required(self.seals > 0)
    }

    /// Are basic data and papers complete, and everything that was sent back replaced?
    pub fn papers_complete(&self) -> bool {
        let there = |kind: &PaperKind| self.papers.iter().any(|paper| paper.kind == *kind);
        self.plan.materials.is_none()
            || (self.basic.is_some()
                && self.refusals.is_empty()
                && self.required_papers().iter().all(there))
    }

    /// Has anybody begun a key of it?
    pub fn is_begun(&self) -> bool {
        self.units
            .values()
            .any(|unit| !matches!(unit.state, UnitState::Waiting | UnitState::Scrapped))
    }

    /// The same choice made anew, at today's price, with what was typed and uploaded for it so far.
    #[must_use]
    pub fn renewed(&self, new: Self) -> Self {
        if self.product.kind != new.product.kind {
            return new;
        }
        let required = new.required_papers();
        Self {
            round: self.round,
            basic: self.basic.clone(),
            papers: self
                .papers
                .iter()
                .filter(|paper| required.contains(&paper.kind))
                .cloned()
                .collect(),
            refusals: self
                .refusals
                .iter()
                .filter(|refusal| required.contains(&refusal.kind))
                .cloned()
                .collect(),
            reviewer: self.reviewer.clone(),
            ..new
        }
    }

    /// Are all keys made, whether they are still with us or not?
    pub fn all_made(&self) -> bool {
        self.all_units()
            .iter()
            .all(|unit| matches!(unit.state, UnitState::Made | UnitState::HandedOver))
    }
}

/// Who paid, how much, when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The attempt that brought it.
    pub attempt: u32,
    /// By which gateway.
    pub method: PaymentMethod,
    /// How much.
    pub amount: Money,
    /// When, by the gateway.
    pub at: Timestamp,
}

/// An order: the aggregate that every transition reads and writes whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its number.
    pub id: OrderId,
    /// Where it was placed.
    pub storefront: StorefrontId,
    /// Whose it is.
    pub company: CompanyId,
    /// The subject of its certificates, frozen when it was made.
    pub subject: Subject,
    /// Who is told, frozen when it was made.
    pub contact: Contact,
    /// Where it stands.
    pub state: OrderState,
    /// Raised by every transition; every write is conditional on it.
    pub version: u64,
    /// Raised by every submission and restart.
    pub run: u32,
    /// How many events it has.
    pub events: u32,
    /// Speed.
    pub urgency: Urgency,
    /// Way and place.
    pub delivery: Delivery,
    /// Invoice.
    pub invoice: Option<InvoiceChoice>,
    /// What it costs.
    pub total: Money,
    /// Its lines.
    pub lines: Vec<Line>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
    /// The desk's working days as they were known at submit: what was promised then is kept by them.
    #[serde(default)]
    pub calendar: Option<Calendar>,
    /// Until when it waits for money.
    pub pay_by: Option<Timestamp>,
    /// The money.
    pub payment: Option<Payment>,
    /// Money that goes back, or went.
    #[serde(default)]
    pub refunds: Vec<Refund>,
    /// Invoices, the ones that count no more too.
    #[serde(default)]
    pub invoices: Vec<Invoice>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When `reconcile` looks at it next, as long as it is open.
    pub check_at: Option<Timestamp>,
}

impl Order {
    /// A line by its number.
    pub fn line(&self, no: LineNo) -> Option<&Line> {
        self.lines.iter().find(|line| line.no == no)
    }

    pub(crate) fn line_mut(&mut self, no: LineNo) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.no == no)
    }

    /// The line of the year that an upgrade carries over.
    pub fn carried_by(&self, upgrade: LineNo) -> Option<&Line> {
        self.lines
            .iter()
            .find(|line| line.carried_from == Some(upgrade))
    }

    pub(crate) fn waits_for_upgrade(&self, line: &Line) -> bool {
        line.carried_from
            .and_then(|no| self.line(no))
            .is_some_and(|upgrade| !upgrade.all_made())
    }

    pub(crate) fn has_year_to_write(&self, upgrade: &Line) -> bool {
        self.carried_by(upgrade.no)
            .is_some_and(|line| line.state == LineState::InProduction)
    }

    /// From when to when the certificate of a key holds that is issued now. None when the order does not say
    /// so yet, or past the end of the calendar.
    pub fn validity(&self, line: LineNo, now: Timestamp) -> Option<Validity> {
        let line = self.line(line)?;
        if let Some(upgrade) = line.carried_from.and_then(|no| self.line(no)) {
            // Exactly twelve months more than the new key has by itself.
            let own = upgrade
                .units
                .values()
                .find_map(|unit| unit.certificate.as_ref())?;
            return Validity::until_years_after(now, own.not_after, 1);
        }
        match (line.product.kind, &line.key) {
            // The new certificate ends when the old one would have.
            (ProductKind::Replacement, Some(key)) => Validity::until(now, key.not_after),
            _ => Validity::from_now(now, line.product.term_years),
        }
    }

    /// The execution of the machine `order`.
    pub fn execution(&self) -> Execution {
        Execution {
            order: self.id.clone(),
            line: None,
            refund: None,
            invoice: None,
            run: self.run,
        }
    }

    /// A refund by its number.
    pub fn refund(&self, no: u32) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.no == no)
    }

    pub(crate) fn refund_mut(&mut self, no: u32) -> Option<&mut Refund> {
        self.refunds.iter_mut().find(|refund| refund.no == no)
    }

    /// The execution of the machine `refund` for a refund.
    pub fn refund_execution(&self, refund: &Refund) -> Execution {
        Execution {
            order: self.id.clone(),
            line: None,
            refund: Some(refund.no),
            invoice: None,
            run: refund.run,
        }
    }

    /// The execution of the machine `invoice` for an invoice.
    pub fn invoice_execution(&self, invoice: &Invoice) -> Execution {
        Execution {
            order: self.id.clone(),
            line: None,
            refund: None,
            invoice: Some(invoice.no),
            run: invoice.run,
        }
    }

    /// Is money of it on its way back?
    pub fn is_refunding(&self) -> bool {
        self.refunds.iter().any(Refund::is_open)
    }

    /// May the company give it up, paid as it is? As long as no reviewer has approved any line and no agent has
    /// begun any: from then on keys are made.
    pub fn may_cancel_paid(&self) -> bool {
        self.state == OrderState::Paid
            && self.lines.iter().all(|line| {
                matches!(
                    line.state,
                    LineState::AwaitingMaterials
                        | LineState::UnderReview
                        | LineState::ChangesRequested
                ) || ((line.carried_from.is_some() || line.state == LineState::AwaitingAgent)
                    && !line.is_begun())
            })
    }

    /// The execution of the machine `line` for a line.
    pub fn line_execution(&self, line: LineNo) -> Execution {
        Execution {
            order: self.id.clone(),
            line: Some(line),
            refund: None,
            invoice: None,
            run: self.run,
        }
    }

    /// Has this member of staff had another duty on this order? Then they may not take on `duty` too.
    pub fn has_other_duty(&self, staff: &StaffId, duty: Duty) -> bool {
        self.lines.iter().any(|line| {
            let reviewed = line.reviewer.as_ref() == Some(staff);
            let handed_over = line.handed_over_by.as_ref() == Some(staff);
            let made = line
                .units
                .values()
                .any(|unit| unit.maker.as_ref() == Some(staff));
            (reviewed && duty != Duty::Review)
                || (made && duty != Duty::Make)
                || (handed_over && duty != Duty::HandOver)
        })
    }

    /// Has it ended?
    pub fn is_closed(&self) -> bool {
        matches!(self.state, OrderState::Completed | OrderState::Cancelled)
    }
}

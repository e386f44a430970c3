//! The finance desk: refunds that need somebody, the ledger, the gateways' bills.

use domain::ids::{OrderId, StaffId};
use domain::ledger::{Books, Posting};
use domain::money::Money;
use domain::order::{DisplayState, Order, RefundStage};
use domain::payment::{Attempt, AttemptState, Disposition, PaymentMethod};
use domain::refund::{Refund, RefundReason, RefundState, Trouble};
use domain::statement::{Difference, DifferenceKind, Statement, StatementState};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which refunds to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundQueue {
    /// Those that cannot go on without somebody.
    #[default]
    NeedsYou,
    /// Those that wait for the gateway.
    UnderWay,
}

impl RefundQueue {
    /// The stage that its refunds stand at.
    pub fn stage(self) -> RefundStage {
        match self {
            Self::NeedsYou => RefundStage::AwaitFinance,
            Self::UnderWay => RefundStage::AwaitRefund,
        }
    }
}

/// Which page of refunds.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundQueueQuery {
    /// Which.
    #[serde(default)]
    pub queue: RefundQueue,
    /// Where the last page ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A page of refunds, the longest waiting first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RefundQueueView {
    /// The rows.
    pub refunds: Vec<RefundRow>,
    /// Where to go on; none at the end.
    pub cursor: Option<String>,
}

/// One refund at the finance desk.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RefundRow {
    /// The order.
    pub order: OrderId,
    /// Its place in the order.
    pub no: u32,
    /// Its number at the gateway.
    pub number: String,
    /// The company.
    pub company_name: String,
    /// The payment it comes from, by its number at the gateway.
    pub payment_number: String,
    /// By which gateway.
    pub method: PaymentMethod,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// Where it stands.
    pub state: RefundState,
    /// How often the gateway was to be asked.
    pub round: u32,
    /// When it is asked next, while it waits.
    pub ask_at: Option<Timestamp>,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// When the money was back.
    pub done_at: Option<Timestamp>,
    /// The gateway's number.
    pub receipt: Option<String>,
    /// What hinders it.
    pub trouble: Option<Trouble>,
    /// That it was paid out by hand.
    pub settlement: Option<SettlementView>,
    /// May the gateway be asked again?
    pub can_retry: bool,
    /// May you say that it was paid out by hand?
    pub can_settle: bool,
}

/// That a refund was paid out by hand.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SettlementView {
    /// The number of the transfer.
    pub reference: String,
    /// When it was said.
    pub at: Timestamp,
    /// Did you say so? Then another has to agree.
    pub mine: bool,
    /// Has another agreed?
    pub agreed: bool,
}

impl RefundRow {
    /// A refund as this member of staff sees it.
    pub fn of(order: &Order, refund: &Refund, staff: &StaffId) -> Self {
        let told = refund.settlement.is_some();
        let abnormal = refund.state == RefundState::Abnormal;
        Self {
            order: order.id.clone(),
            no: refund.no,
            number: refund.number(&order.id).to_string(),
            company_name: order.subject.company_name.clone(),
            payment_number: format!("{}_{}", order.id, refund.attempt),
            method: refund.method,
            amount: refund.amount,
            reason: refund.reason,
            state: refund.state,
            round: refund.round,
            ask_at: (refund.state == RefundState::Waiting).then_some(refund.ask_at),
            ordered_at: refund.ordered_at,
            done_at: refund.done_at,
            receipt: refund.receipt.clone(),
            trouble: refund.trouble.clone(),
            settlement: refund.settlement.as_ref().map(|told| SettlementView {
                reference: told.reference.clone(),
                at: told.at,
                mine: told.by == *staff,
                agreed: told.agreed_by.is_some(),
            }),
            can_retry: refund.state == RefundState::Waiting || (abnormal && !told),
            can_settle: abnormal && !told,
        }
    }
}

/// Says that a refund was paid out by hand.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleRequest {
    /// The number of the transfer, as on the receipt of bank or gateway.
    pub reference: String,
}

/// The books of one order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OrderBooks {
    /// The order.
    pub order: OrderId,
    /// The company.
    pub company_name: String,
    /// What a person reads of it.
    pub display: DisplayState,
    /// What it costs.
    pub total: Money,
    /// The sums.
    pub books: BooksView,
    /// Every try to pay.
    pub attempts: Vec<AttemptRow>,
    /// Every refund.
    pub refunds: Vec<RefundRow>,
    /// Every entry, oldest first.
    pub postings: Vec<Posting>,
}

/// Sums: paid = earned + refunded + held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BooksView {
    /// What gateways received.
    pub paid: Money,
    /// What was delivered.
    pub earned: Money,
    /// What went back.
    pub refunded: Money,
    /// What is neither; zero when `overdrawn`.
    pub held: Money,
    /// Did more go out than came in? Then somebody has to look.
    pub overdrawn: bool,
}

impl From<Books> for BooksView {
    fn from(books: Books) -> Self {
        let held = books.held();
        Self {
            paid: books.paid,
            earned: books.earned,
            refunded: books.refunded,
            held: if held.is_negative() {
                Money::ZERO
            } else {
                held
            },
            overdrawn: held.is_negative(),
        }
    }
}

/// One try to pay, at the finance desk.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AttemptRow {
    /// Its number at the gateway.
    pub number: String,
    /// Which gateway.
    pub method: PaymentMethod,
    /// What it asked for.
    pub amount: Money,
    /// Where it stands.
    pub state: AttemptState,
    /// When it was made.
    pub created_at: Timestamp,
    /// The gateway's number, when money came.
    pub trade_no: Option<String>,
    /// How much came.
    pub received: Option<Money>,
    /// When, by the gateway.
    pub paid_at: Option<Timestamp>,
    /// What became of it.
    pub disposition: Option<Disposition>,
}

impl From<Attempt> for AttemptRow {
    fn from(attempt: Attempt) -> Self {
        Self {
            number: attempt.number.to_string(),
            method: attempt.method,
            amount: attempt.amount,
            state: attempt.state,
            created_at: attempt.created_at,
            received: attempt.receipt.as_ref().map(|receipt| receipt.amount),
            paid_at: attempt.receipt.as_ref().map(|receipt| receipt.paid_at),
            trade_no: attempt.receipt.map(|receipt| receipt.trade_no),
            disposition: attempt.disposition,
        }
    }
}

/// Which page of a day's entries.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DayQuery {
    /// Where the last page ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The books of one day in China.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DayBooks {
    /// The day.
    pub day: Date,
    /// The sums at each gateway, over the whole day.
    pub gateways: Vec<GatewayDay>,
    /// What was delivered that day.
    pub earned: Money,
    /// What was paid out by hand that day.
    pub settled: Money,
    /// How many entries the day has.
    pub count: u32,
    /// One page of them, by time.
    pub postings: Vec<Posting>,
    /// Where to go on; none at the end.
    pub cursor: Option<String>,
}

/// One gateway's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GatewayDay {
    /// Which.
    pub method: PaymentMethod,
    /// What came in.
    pub paid: Money,
    /// What went back.
    pub refunded: Money,
}

/// Which month of bills.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementQuery {
    /// `yyyy-mm`; without it the present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
}

/// The bills of a month, the newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StatementList {
    /// Which month, `yyyy-mm`.
    pub month: String,
    /// The rows.
    pub statements: Vec<StatementRow>,
}

/// One gateway's bill of one day.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StatementRow {
    /// The day, in China.
    pub day: Date,
    /// The gateway.
    pub method: PaymentMethod,
    /// Where the comparison stands.
    pub state: StatementState,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// Payments on the bill.
    pub payments: u32,
    /// Their sum.
    pub paid: Money,
    /// Refunds on the bill.
    pub refunds: u32,
    /// Their sum.
    pub refunded: Money,
    /// How many things do not fit.
    pub differences: u32,
    /// How many of them nobody has looked into.
    pub unhandled: u32,
    /// Will it be read again within minutes, because somebody asked?
    pub wanted: bool,
    /// Why it could not be read.
    pub trouble: Option<String>,
}

impl StatementRow {
    /// The row of a comparison.
    pub fn of(statement: &Statement) -> Self {
        let count = |differences: usize| u32::try_from(differences).unwrap_or(u32::MAX);
        let unhandled = statement
            .differences
            .iter()
            .filter(|difference| difference.handled.is_none());
        Self {
            day: statement.day,
            method: statement.method,
            state: statement.state,
            read_at: statement.read_at,
            payments: statement.payments,
            paid: statement.paid,
            refunds: statement.refunds,
            refunded: statement.refunded,
            differences: count(statement.differences.len()),
            unhandled: count(unhandled.count()),
            wanted: statement.wanted,
            trouble: statement.trouble.clone(),
        }
    }
}

/// One gateway's bill of one day, with what does not fit.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StatementView {
    /// The bill.
    pub row: StatementRow,
    /// The same sums by our ledger.
    pub ours: GatewayDay,
    /// What does not fit.
    pub differences: Vec<Difference>,
}

/// Notes what came of a difference.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandledRequest {
    /// Which kind of difference.
    pub kind: DifferenceKind,
    /// About which number.
    pub number: String,
    /// What came of it.
    pub note: String,
}

//! What can happen to an order.

use jiff::Timestamp;

use crate::actor::Actor;
use crate::calendar::Calendar;
use crate::certificate::Validity;
use crate::ids::{LineNo, OperationId, UnitNo};
use crate::invoice::{Buyer, TaxAnswer};
use crate::money::Money;
use crate::paper::PaperRefusal;
use crate::payment::{Disposition, PaymentMethod};
use crate::refund::RefundAnswer;

use crate::policy::{InvoiceKind, Urgency};
use crate::stock::ScrapReason;

use super::{BasicData, Delivery, ExitWay, InvoiceChoice, Line, PaperRef};

/// Something that happened, and who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Who.
    pub actor: Actor,
    /// What.
    pub kind: EventKind,
}

/// What a company chooses in a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftContent {
    /// Lines with the prices of this moment.
    pub lines: Vec<Line>,
    /// Speed.
    pub urgency: Urgency,
    /// Way and place.
    pub delivery: Delivery,
    /// Invoice.
    pub invoice: Option<InvoiceChoice>,
}

/// What happened. Facts, told in the past tense; [`super::apply`] says what they make of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// The company changed its draft.
    DraftChanged {
        /// Lines, speed, place and invoice as they are now.
        content: Box<DraftContent>,
    },
    /// The company ordered. Prices are frozen, the clock for payment runs.
    Submitted {
        /// The lines with their prices and plans of this moment.
        lines: Vec<Line>,
        /// The desk's working days, from which promises follow.
        calendar: Calendar,
        /// Until when it waits for money.
        pay_by: Timestamp,
    },
    /// The company filled in basic data and papers of a draft whose papers are part of it.
    MaterialsPrepared {
        /// For which line.
        line: LineNo,
        /// What was typed.
        basic: BasicData,
        /// All papers of the line, old and new.
        papers: Vec<PaperRef>,
    },
    /// The company took a submitted order back to change it.
    Withdrawn,
    /// A gateway has the money, verified.
    PaymentReceived {
        /// On which attempt.
        attempt: u32,
        /// Which gateway.
        method: PaymentMethod,
        /// How much.
        amount: Money,
        /// When, by the gateway.
        paid_at: Timestamp,
        /// What becomes of it; only counted money moves the order.
        disposition: Disposition,
    },
    /// The time to pay is over, and the gateway said of every attempt that it is unpaid and dead.
    PaymentWindowClosed,
    /// The company gave the order up. What was paid goes back.
    Cancelled,
    /// A gateway said where a refund stands, or could not be asked.
    RefundAnswered {
        /// Which.
        refund: u32,
        /// In which round it was asked; none for what the gateway told by itself.
        round: Option<u32>,
        /// What it said.
        answer: RefundAnswer,
    },
    /// It is time to ask the gateway again.
    RefundDue {
        /// About which.
        refund: u32,
    },
    /// One of the finance staff wants the gateway asked again.
    RefundRetried {
        /// About which.
        refund: u32,
    },
    /// One of the finance staff says that the money went back by another way.
    SettlementTold {
        /// Of which refund.
        refund: u32,
        /// The number of the transfer.
        reference: String,
    },
    /// Another one agrees.
    SettlementAgreed {
        /// To which.
        refund: u32,
    },
    /// It was not so.
    SettlementWithdrawn {
        /// Of which refund.
        refund: u32,
    },
    /// The execution of a refund is started anew, for the old one is gone.
    RefundRestarted {
        /// Of which.
        refund: u32,
    },
    /// The tax platform said where an invoice stands, or could not be asked.
    InvoiceAnswered {
        /// Which.
        invoice: u32,
        /// In which round it was asked.
        round: u32,
        /// What it said.
        answer: TaxAnswer,
    },
    /// It is time to ask the tax platform again.
    InvoiceDue {
        /// About which.
        invoice: u32,
    },
    /// One of the finance staff wants the tax platform asked again.
    InvoiceRetried {
        /// About which.
        invoice: u32,
    },
    /// Customer service has said which kind a held invoice becomes (R74).
    InvoiceReleased {
        /// Which.
        invoice: u32,
        /// As this kind.
        kind: InvoiceKind,
    },
    /// The company said anew to whom its invoice is made out.
    InvoiceTitleChanged {
        /// Of which.
        invoice: u32,
        /// To whom.
        buyer: Box<Buyer>,
    },
    /// The company wants its invoice mailed once more (R75).
    InvoiceSentAgain {
        /// Which.
        invoice: u32,
    },
    /// The execution of an invoice is started anew, for the old one is gone.
    InvoiceRestarted {
        /// Of which.
        invoice: u32,
    },
    /// The company handed in papers.
    MaterialsSubmitted {
        /// For which line.
        line: LineNo,
        /// What was typed.
        basic: BasicData,
        /// All papers of the line, old and new.
        papers: Vec<PaperRef>,
    },
    /// The machine looked at the papers of a round. With refusals the line goes back.
    PapersChecked {
        /// Of which line.
        line: LineNo,
        /// In which round; a check of an old round means nothing.
        round: u32,
        /// What it found.
        refusals: Vec<PaperRefusal>,
    },
    /// A reviewer took the line.
    ReviewClaimed {
        /// Which.
        line: LineNo,
    },
    /// The reviewer gave it back to the queue.
    ReviewReleased {
        /// Which.
        line: LineNo,
    },
    /// The reviewer approved.
    Approved {
        /// Which line.
        line: LineNo,
    },
    /// The reviewer sent papers back.
    Rejected {
        /// Of which line.
        line: LineNo,
        /// Which papers, and why. Never empty.
        refusals: Vec<PaperRefusal>,
    },
    /// One of the staff wants an approved line reviewed again.
    ReturnedToReview {
        /// Which.
        line: LineNo,
        /// Why.
        reason: String,
    },
    /// One of the staff asks for a way out of a line.
    ExitAsked {
        /// Of which.
        line: LineNo,
        /// Which way.
        way: Box<ExitWay>,
        /// Why.
        reason: String,
    },
    /// Another one agrees: it is taken.
    ExitAgreed {
        /// Of which line.
        line: LineNo,
    },
    /// It is not taken after all.
    ExitWithdrawn {
        /// Of which line.
        line: LineNo,
    },
    /// The agent beside the company's key began to do it. Begun by another operation before, that try is given up.
    ServiceBegun {
        /// Which line.
        line: LineNo,
        /// The token's own serial number.
        key_serial: String,
        /// The operation by which it is done.
        operation: OperationId,
    },
    /// The agent beside the company's key did it, verified.
    AgentFinished {
        /// Which line.
        line: LineNo,
    },
    /// Somebody of the company fetched it at a branch.
    PickedUp {
        /// Which line.
        line: LineNo,
    },
    /// The maker began a key on a blank token.
    UnitBegun {
        /// Of which line.
        line: LineNo,
        /// Which.
        unit: UnitNo,
        /// The token's own serial number.
        key_serial: String,
        /// The operation by which it is made.
        operation: OperationId,
    },
    /// A key was given up with the token that it was on; it is made anew on another one.
    UnitScrapped {
        /// Of which line.
        line: LineNo,
        /// Which.
        unit: UnitNo,
        /// Why.
        reason: ScrapReason,
    },
    /// The CA signed.
    CertificateIssued {
        /// For which line.
        line: LineNo,
        /// For which key.
        unit: UnitNo,
        /// Serial number, hex.
        serial: String,
        /// From when to when it holds.
        validity: Validity,
    },
    /// The maker finished a key.
    UnitMade {
        /// Of which line.
        line: LineNo,
        /// Which.
        unit: UnitNo,
        /// The token's own serial number.
        key_serial: String,
    },
    /// The keys were promised for an earlier time. An urgent line gets its surcharge back.
    PromiseMissed {
        /// Of which line.
        line: LineNo,
    },
    /// The courier gave a waybill.
    ShipmentBooked {
        /// For which line.
        line: LineNo,
        /// The number.
        waybill: String,
    },
    /// The parcel left us: a member of staff gave it away, or the courier says it has it.
    HandedToCourier {
        /// Of which line.
        line: LineNo,
    },
    /// The courier says it is there.
    Delivered {
        /// Of which line.
        line: LineNo,
    },
    /// The company says that it has its keys, or it has said nothing long enough (R64).
    ReceiptConfirmed {
        /// Of which line.
        line: LineNo,
    },
    /// Executions are started anew, for the old ones are gone.
    Restarted,
}

impl EventKind {
    /// What stays with us: steps of refunds and invoices that say nothing to the company.
    pub const INTERNAL: [&'static str; 13] = [
        "exit_asked",
        "exit_withdrawn",
        "invoice_accepted",
        "invoice_delayed",
        "invoice_due",
        "invoice_restarted",
        "invoice_retried",
        "invoice_stuck",
        "refund_due",
        "refund_retried",
        "refund_restarted",
        "settlement_told",
        "settlement_withdrawn",
    ];

    /// What moves money that is on its way back, and nothing else of an order.
    pub const OF_MONEY_BACK: [&'static str; 20] = [
        "invoice_accepted",
        "invoice_awaits_buyer",
        "invoice_delayed",
        "invoice_due",
        "invoice_issued",
        "invoice_restarted",
        "invoice_retried",
        "invoice_reversed",
        "invoice_stuck",
        "payment_to_refund",
        "refund_accepted",
        "refund_delayed",
        "refund_done",
        "refund_due",
        "refund_restarted",
        "refund_retried",
        "refund_stuck",
        "settlement_agreed",
        "settlement_told",
        "settlement_withdrawn",
    ];

    /// Its name in the history.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DraftChanged { .. } => "draft_changed",
            Self::Submitted { .. } => "submitted",
            Self::MaterialsPrepared { .. } => "materials_prepared",
            Self::Withdrawn => "withdrawn",
            Self::PaymentReceived {
                disposition: Disposition::Counted,
                ..
            } => "payment_received",
            Self::PaymentReceived { .. } => "payment_to_refund",
            Self::PaymentWindowClosed => "payment_window_closed",
            Self::Cancelled => "cancelled",
            Self::RefundAnswered { answer, .. } => match answer {
                RefundAnswer::Done { .. } => "refund_done",
                RefundAnswer::Processing => "refund_accepted",
                RefundAnswer::Later(..) => "refund_delayed",
                RefundAnswer::Stuck(..) => "refund_stuck",
            },
            Self::RefundDue { .. } => "refund_due",
            Self::RefundRetried { .. } => "refund_retried",
            Self::SettlementTold { .. } => "settlement_told",
            Self::SettlementAgreed { .. } => "settlement_agreed",
            Self::SettlementWithdrawn { .. } => "settlement_withdrawn",
            Self::RefundRestarted { .. } => "refund_restarted",
            Self::InvoiceAnswered { answer, .. } => match answer {
                TaxAnswer::Issued { .. } => "invoice_issued",
                TaxAnswer::Reversed { .. } => "invoice_reversed",
                TaxAnswer::AwaitingBuyer { .. } => "invoice_awaits_buyer",
                TaxAnswer::Processing => "invoice_accepted",
                TaxAnswer::Later(..) => "invoice_delayed",
                TaxAnswer::Stuck(..) => "invoice_stuck",
            },
            Self::InvoiceDue { .. } => "invoice_due",
            Self::InvoiceRetried { .. } => "invoice_retried",
            Self::InvoiceReleased { .. } => "invoice_released",
            Self::InvoiceTitleChanged { .. } => "invoice_title_changed",
            Self::InvoiceSentAgain { .. } => "invoice_sent_again",
            Self::InvoiceRestarted { .. } => "invoice_restarted",
            Self::MaterialsSubmitted { .. } => "materials_submitted",
            Self::PapersChecked { .. } => "papers_checked",
            Self::ReviewClaimed { .. } => "review_claimed",
            Self::ReviewReleased { .. } => "review_released",
            Self::Approved { .. } => "approved",
            Self::Rejected { .. } => "rejected",
            Self::ReturnedToReview { .. } => "returned_to_review",
            Self::ExitAsked { .. } => "exit_asked",
            Self::ExitAgreed { .. } => "exit_agreed",
            Self::ExitWithdrawn { .. } => "exit_withdrawn",
            Self::ServiceBegun { .. } => "service_begun",
            Self::AgentFinished { .. } => "agent_finished",
            Self::PickedUp { .. } => "picked_up",
            Self::UnitBegun { .. } => "unit_begun",
            Self::UnitScrapped { .. } => "unit_scrapped",
            Self::CertificateIssued { .. } => "certificate_issued",
            Self::UnitMade { .. } => "unit_made",
            Self::PromiseMissed { .. } => "promise_missed",
            Self::ShipmentBooked { .. } => "shipment_booked",
            Self::HandedToCourier { .. } => "handed_to_courier",
            Self::Delivered { .. } => "delivered",
            Self::ReceiptConfirmed { .. } => "receipt_confirmed",
            Self::Restarted => "restarted",
        }
    }

    /// The line it is about.
    pub fn line(&self) -> Option<LineNo> {
        match self {
            Self::MaterialsSubmitted { line, .. }
            | Self::MaterialsPrepared { line, .. }
            | Self::ReturnedToReview { line, .. }
            | Self::ExitAsked { line, .. }
            | Self::ExitAgreed { line }
            | Self::ExitWithdrawn { line }
            | Self::ServiceBegun { line, .. }
            | Self::AgentFinished { line }
            | Self::PickedUp { line }
            | Self::PapersChecked { line, .. }
            | Self::ReviewClaimed { line }
            | Self::ReviewReleased { line }
            | Self::Approved { line }
            | Self::Rejected { line, .. }
            | Self::UnitBegun { line, .. }
            | Self::UnitScrapped { line, .. }
            | Self::CertificateIssued { line, .. }
            | Self::UnitMade { line, .. }
            | Self::PromiseMissed { line }
            | Self::ShipmentBooked { line, .. }
            | Self::HandedToCourier { line }
            | Self::ReceiptConfirmed { line }
            | Self::Delivered { line } => Some(*line),
            Self::DraftChanged { .. }
            | Self::Submitted { .. }
            | Self::Withdrawn
            | Self::PaymentReceived { .. }
            | Self::PaymentWindowClosed
            | Self::Cancelled
            | Self::RefundAnswered { .. }
            | Self::RefundDue { .. }
            | Self::RefundRetried { .. }
            | Self::SettlementTold { .. }
            | Self::SettlementAgreed { .. }
            | Self::SettlementWithdrawn { .. }
            | Self::RefundRestarted { .. }
            | Self::InvoiceAnswered { .. }
            | Self::InvoiceDue { .. }
            | Self::InvoiceRetried { .. }
            | Self::InvoiceReleased { .. }
            | Self::InvoiceTitleChanged { .. }
            | Self::InvoiceSentAgain { .. }
            | Self::InvoiceRestarted { .. }
            | Self::Restarted => None,
        }
    }

    /// The refund it is about.
    pub fn refund(&self) -> Option<u32> {
        match self {
            Self::RefundAnswered { refund, .. }
            | Self::RefundDue { refund }
            | Self::RefundRetried { refund }
            | Self::SettlementTold { refund, .. }
            | Self::SettlementAgreed { refund }
            | Self::SettlementWithdrawn { refund }
            | Self::RefundRestarted { refund } => Some(*refund),
            _ => None,
        }
    }

    /// The invoice it is about.
    pub fn invoice(&self) -> Option<u32> {
        match self {
            Self::InvoiceAnswered { invoice, .. }
            | Self::InvoiceDue { invoice }
            | Self::InvoiceRetried { invoice }
            | Self::InvoiceReleased { invoice, .. }
            | Self::InvoiceTitleChanged { invoice, .. }
            | Self::InvoiceSentAgain { invoice }
            | Self::InvoiceRestarted { invoice } => Some(*invoice),
            _ => None,
        }
    }

    /// The key it is about.
    pub fn unit(&self) -> Option<UnitNo> {
        match self {
            Self::UnitBegun { unit, .. }
            | Self::UnitScrapped { unit, .. }
            | Self::CertificateIssued { unit, .. }
            | Self::UnitMade { unit, .. } => Some(*unit),
            _ => None,
        }
    }
}

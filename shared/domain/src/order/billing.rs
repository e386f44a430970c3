//! What an order bills, and what becomes of its invoices when that changes (R12, R73, R74).

use jiff::Timestamp;

use crate::invoice::{Invoice, InvoiceItem, InvoiceState, InvoiceTask, TaxAnswer};
use crate::money::Money;

use super::apply::Refusal;
use super::{Event, EventKind, LineStage, LineState, Order, OrderState};
use crate::actor::Actor;

impl Order {
    /// What is to be billed: none while nobody can say so yet.
    ///
    /// An invoice is issued once every line is past review and nothing is left for the company to do with its own key;
    /// until then an order may still be given up as a whole. What stands already is kept right whatever comes.
    pub fn billable(&self) -> Option<Money> {
        if !matches!(self.state, OrderState::Paid | OrderState::Completed) {
            return Some(Money::ZERO);
        }
        let decided = |stage| {
            !matches!(
                stage,
                LineStage::NotStarted
                    | LineStage::AwaitMaterials
                    | LineStage::CheckPapers
                    | LineStage::AwaitReview
                    | LineStage::AwaitAgent
            )
        };
        let stands = self.invoices.iter().any(Invoice::is_live);
        let all_decided = self.lines.iter().all(|line| decided(self.line_stage(line)));
        (stands || all_decided).then(|| {
            self.lines
                .iter()
                .filter(|line| line.state != LineState::Cancelled)
                .map(super::Line::kept)
                .sum()
        })
    }

    /// An invoice by its number.
    pub fn invoice(&self, no: u32) -> Option<&Invoice> {
        self.invoices.iter().find(|invoice| invoice.no == no)
    }

    /// Is something still to happen to an invoice of it?
    pub fn is_invoicing(&self) -> bool {
        self.invoices.iter().any(Invoice::is_open)
    }

    fn invoice_mut(&mut self, no: u32) -> Option<&mut Invoice> {
        self.invoices.iter_mut().find(|invoice| invoice.no == no)
    }
}

/// Brings the invoices of an order into line with what it bills.
pub(super) fn settle(order: &mut Order, now: Timestamp) {
    let Some(amount) = order.billable() else {
        return;
    };
    if let Some(invoice) = order.invoices.iter_mut().find(|invoice| invoice.is_live())
        && invoice.amount != amount
    {
        invoice.is_wrong_now(now);
    }
    let stands = order.invoices.iter().any(Invoice::is_live);
    let Some(choice) = order.invoice.as_ref().filter(|_| !stands) else {
        return;
    };
    if amount > Money::ZERO {
        let no = u32::try_from(order.invoices.len()).unwrap_or(u32::MAX) + 1;
        let next = Invoice::ordered(no, choice.kind, items(order), choice.ask_special, now);
        order.invoices.push(next);
    }
}

/// What an order bills, line by line; what costs nothing is not billed.
fn items(order: &Order) -> Vec<InvoiceItem> {
    let billed = order
        .lines
        .iter()
        .filter(|line| line.state != LineState::Cancelled && line.kept() > Money::ZERO);
    billed
        .map(|line| InvoiceItem {
            name: line.product.name.zh.clone(),
            quantity: line.price.quantity.max(1),
            amount: line.kept(),
        })
        .collect()
}

/// From the order for an invoice to its number, and back.
pub(super) fn invoices(order: &mut Order, event: &Event, now: Timestamp) -> Result<(), Refusal> {
    let actor = &event.actor;
    let no = event.kind.invoice().ok_or(Refusal::NoSuchPart)?;
    if let EventKind::InvoiceTitleChanged { buyer, .. } = &event.kind
        && let Some(choice) = &mut order.invoice
    {
        choice.buyer = Some((**buyer).clone());
    }
    let special = order
        .invoice
        .as_ref()
        .and_then(|choice| choice.buyer.as_ref())
        .is_some_and(|buyer| buyer.special.is_some());
    let invoice = order.invoice_mut(no).ok_or(Refusal::NoSuchPart)?;
    let by_staff = actor.staff().is_some();
    let by_company = matches!(actor, Actor::Company { .. });
    let fits = match &event.kind {
        EventKind::InvoiceAnswered { round, answer, .. } => {
            if *actor != Actor::System {
                return Err(Refusal::Actor);
            }
            if invoice.round != *round {
                return Err(Refusal::OldRound);
            }
            let fits = invoice.state == InvoiceState::Asking && answers(invoice.task, answer);
            if fits {
                invoice.take(answer, now);
            }
            fits
        }
        EventKind::InvoiceDue { .. } => {
            let fits = *actor == Actor::System && invoice.waits();
            if fits {
                invoice.ask_again(now);
            }
            fits
        }
        EventKind::InvoiceRetried { .. } => {
            let stands = invoice.waits() || invoice.state == InvoiceState::Abnormal;
            let fits = by_staff && stands;
            if fits {
                invoice.ask_again(now);
            }
            fits
        }
        EventKind::InvoiceReleased { kind, .. } => {
            // A special one names more of its buyer than an ordinary title has.
            let named = special || !kind.is_special();
            let fits = by_staff && named && invoice.state == InvoiceState::Held;
            if fits {
                invoice.release(*kind, now);
            }
            fits
        }
        EventKind::InvoiceTitleChanged { .. } => {
            let named = special || !invoice.kind.is_special();
            let fits = by_company && named && invoice.awaits_title();
            if fits && invoice.state == InvoiceState::Abnormal {
                invoice.ask_again(now);
            }
            fits
        }
        EventKind::InvoiceSentAgain { .. } => {
            let fits = by_company && invoice.is_live() && invoice.has_files();
            if fits {
                invoice.mailed_at = Some(now);
            }
            fits
        }
        EventKind::InvoiceRestarted { .. } => {
            let fits = *actor == Actor::System && invoice.is_open();
            if fits {
                invoice.run += 1;
            }
            fits
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(Refusal::State) }
}

/// Is it an answer to what was asked?
fn answers(task: InvoiceTask, answer: &TaxAnswer) -> bool {
    match answer {
        TaxAnswer::Issued { .. } => task == InvoiceTask::Issue,
        TaxAnswer::Reversed { .. } | TaxAnswer::AwaitingBuyer { .. } => {
            task == InvoiceTask::Reverse
        }
        TaxAnswer::Processing | TaxAnswer::Later(..) | TaxAnswer::Stuck(..) => true,
    }
}

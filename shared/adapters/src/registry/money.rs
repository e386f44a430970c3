//! What money leaves behind: postings, where refunds stand, statements.

use domain::ids::{CompanyId, OrderId};
use domain::invoice::Invoice;
use domain::ledger::Posting;
use domain::order::{Change, InvoiceStage, Order, RefundStage};
use domain::payment::PaymentMethod;
use domain::refund::Refund;
use domain::statement::Statement;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{place, time};
use crate::ports::{Index, Kept, Key, Place, PortError, Write};

/// What begins the sort keys of an order's postings.
pub const POSTINGS: &str = "LEDGER#";

/// The partition of an order.
pub fn order_partition(id: &OrderId) -> String {
    format!("ORDER#{id}")
}

/// The index partition of a day's postings.
pub fn ledger_day(day: Date) -> String {
    format!("LEDGERDAY#{day}")
}

impl Kept for Posting {
    fn key(&self) -> Key {
        Key::new(
            order_partition(&self.order),
            format!("{POSTINGS}{:06}#{:02}", self.event, self.no),
        )
    }
    fn places(&self) -> Vec<Place> {
        vec![place(
            Index::ByState,
            ledger_day(self.day),
            format!(
                "{}#{}#{:06}#{:02}",
                time(self.at),
                self.order,
                self.event,
                self.no
            ),
        )]
    }
}

/// Where a refund stands: what the machine `refund` and the queues of the finance desk read. Derived from
/// its order, and written with every change of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundPlace {
    /// The order.
    pub order: OrderId,
    /// The refund.
    pub refund: u32,
    /// What comes next.
    pub stage: RefundStage,
    /// The run that is valid now.
    pub run: u32,
    /// The round of asking.
    pub round: u32,
    /// Since when money is owed.
    pub since: Timestamp,
}

impl RefundPlace {
    fn of(order: &Order, refund: &Refund) -> Self {
        Self {
            order: order.id.clone(),
            refund: refund.no,
            stage: refund.stage(),
            run: refund.run,
            round: refund.round,
            since: refund.ordered_at,
        }
    }
}

/// Where a refund stands.
pub fn refund_place(order: &OrderId, refund: u32) -> Key {
    Key::new(order_partition(order), format!("REFUND#{refund:02}"))
}

/// The queue of refunds at a stage.
pub fn refund_queue(stage: RefundStage) -> String {
    format!("QUEUE#{}", stage.as_str())
}

impl Kept for RefundPlace {
    fn key(&self) -> Key {
        refund_place(&self.order, self.refund)
    }
    fn places(&self) -> Vec<Place> {
        if self.stage == RefundStage::Completed {
            return Vec::new();
        }
        vec![place(
            Index::ByState,
            refund_queue(self.stage),
            format!("{}#{}#{:02}", time(self.since), self.order, self.refund),
        )]
    }
}

/// Where an invoice stands: what the machine `invoice` and the queues of finance and customer service read. Derived
/// from its order, and written with every change of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoicePlace {
    /// The order.
    pub order: OrderId,
    /// The invoice.
    pub invoice: u32,
    /// What comes next.
    pub stage: InvoiceStage,
    /// The run that is valid now.
    pub run: u32,
    /// The round of asking.
    pub round: u32,
    /// Since when it is owed.
    pub since: Timestamp,
    /// Whose: companies list their invoices.
    pub company: CompanyId,
    /// Is it issued, or was it?
    pub issued_at: Option<Timestamp>,
}

/// Where an invoice stands.
pub fn invoice_place(order: &OrderId, invoice: u32) -> Key {
    Key::new(order_partition(order), format!("INVOICE#{invoice:02}"))
}

/// The queue of invoices at a stage.
pub fn invoice_queue(stage: InvoiceStage) -> String {
    format!("QUEUE#{}", stage.as_str())
}

/// The index partition of a company's issued invoices.
pub fn invoices_of(company: &CompanyId) -> String {
    format!("INVOICES#{company}")
}

impl Kept for InvoicePlace {
    fn key(&self) -> Key {
        invoice_place(&self.order, self.invoice)
    }
    fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        if self.stage != InvoiceStage::Completed {
            places.push(place(
                Index::ByState,
                invoice_queue(self.stage),
                format!("{}#{}#{:02}", time(self.since), self.order, self.invoice),
            ));
        }
        if let Some(at) = self.issued_at {
            places.push(place(
                Index::ByOwner,
                invoices_of(&self.company),
                format!("{}#{}#{:02}", time(at), self.order, self.invoice),
            ));
        }
        places
    }
}

/// Where the invoices of an order stand: written whole with every change, so that none can be stale.
pub fn invoice_places(order: &Order) -> Vec<InvoicePlace> {
    let place = |invoice: &Invoice| InvoicePlace {
        order: order.id.clone(),
        invoice: invoice.no,
        stage: invoice.stage(),
        run: invoice.run,
        round: invoice.round,
        since: invoice.ordered_at,
        company: order.company.clone(),
        issued_at: invoice.issued_at,
    };
    order.invoices.iter().map(place).collect()
}

/// The postings of a transition: each is written once.
///
/// # Errors
/// Only when something cannot be written as JSON.
pub fn postings(change: &Change) -> Result<Vec<Write>, PortError> {
    change.postings.iter().map(Write::new).collect()
}

/// Where the refunds of an order stand: written whole with every change, so that none can be stale.
pub fn refund_places(order: &Order) -> Vec<RefundPlace> {
    let place = |refund| RefundPlace::of(order, refund);
    order.refunds.iter().map(place).collect()
}

/// The comparison of a day's bill.
pub fn statement(day: Date, method: PaymentMethod) -> Key {
    Key::new(format!("STATEMENT#{day}"), method.as_str())
}

/// The index partition of a month's statements.
pub fn statements_of(year: i16, month: i8) -> String {
    format!("STATEMENTS#{year:04}-{month:02}")
}

/// The index partition of statements that somebody wants read again.
pub const WANTED_STATEMENTS: &str = "DUE#statement";

impl Kept for Statement {
    fn key(&self) -> Key {
        statement(self.day, self.method)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
    fn places(&self) -> Vec<Place> {
        let here = format!("{}#{}", self.day, self.method.as_str());
        let mut places = vec![place(
            Index::ByState,
            statements_of(self.day.year(), self.day.month()),
            here.clone(),
        )];
        if self.wanted {
            places.push(place(Index::Due, WANTED_STATEMENTS, here));
        }
        places
    }
}

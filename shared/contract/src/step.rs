//! Inputs and outputs of the steps that the state machines call: ids and closed enums only.

use domain::ids::{LineNo, OrderId};
use domain::order::{InvoiceStage, LineStage, RefundStage};
use serde::{Deserialize, Serialize};

/// What a step of the machine `line` is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineStep {
    /// Order.
    pub order: OrderId,
    /// Line.
    pub line: LineNo,
    /// The run of the execution that asks; a step of an old run ends without effect.
    pub run: u32,
}

/// What a step answers: where the line stands now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LineStepDone {
    /// The stage after the step.
    pub stage: LineStage,
}

/// What a step of the machine `refund` is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundStep {
    /// Order.
    pub order: OrderId,
    /// Refund.
    pub refund: u32,
    /// The run of the execution that asks; a step of an old run ends without effect.
    pub run: u32,
}

/// What a step answers: where the refund stands now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefundStepDone {
    /// The stage after the step.
    pub stage: RefundStage,
}

/// What a step of the machine `invoice` is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvoiceStep {
    /// Order.
    pub order: OrderId,
    /// Invoice.
    pub invoice: u32,
    /// The run of the execution that asks; a step of an old run ends without effect.
    pub run: u32,
}

/// What a step answers: where the invoice stands now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InvoiceStepDone {
    /// The stage after the step.
    pub stage: InvoiceStage,
}

/// What `statement` may be told when it is called by hand.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StatementRequest {
    /// Read the bills of this day now; without it, of the days that are missing.
    #[serde(default)]
    pub day: Option<jiff::civil::Date>,
}

/// What `statement` did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementReport {
    /// Bills read in which everything fits.
    pub balanced: u32,
    /// Bills read in which something does not.
    pub different: u32,
    /// Bills that were not there yet, or could not be read.
    pub waiting: u32,
}

/// What `reconcile` may be told when it is called by hand.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ReconcileRequest {
    /// Look at every open order now, not only at those that are due: after an outage.
    #[serde(default)]
    pub recover: bool,
}

/// What `reconcile` did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconcileReport {
    /// Orders that ended because nobody paid.
    pub expired: u32,
    /// Payment attempts asked about.
    pub queried: u32,
    /// Work items done that `dispatch` had left.
    pub work: u32,
    /// Waits woken that `dispatch` had left.
    pub woken: u32,
    /// Orders, refunds and invoices whose executions were started anew.
    pub restarted: u32,
    /// Refunds that the gateway is asked about again.
    #[serde(default)]
    pub refunds: u32,
    /// Invoices that the tax platform is asked about again.
    #[serde(default)]
    pub invoices: u32,
    /// Lines whose keys are later than promised, told of now.
    #[serde(default)]
    pub late: u32,
    /// Lines that count as received, their companies having said nothing.
    #[serde(default)]
    pub received: u32,
    /// Companies whose new contact was set, nobody having objected.
    #[serde(default)]
    pub recovered: u32,
    /// Heads of the audit signed.
    #[serde(default)]
    pub signed: u32,
    /// Revocation lists asked for.
    #[serde(default)]
    pub lists: u32,
    /// Things that could not be done now and stay due.
    pub failed: u32,
}

//! Inputs and outputs of the steps that the state machines call: ids and closed enums only.

use domain::ids::{LineNo, OrderId};
use domain::order::LineStage;
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
    /// Orders whose executions were started anew.
    pub restarted: u32,
    /// Companies whose new contact was set, nobody having objected.
    #[serde(default)]
    pub recovered: u32,
    /// Heads of the audit signed.
    #[serde(default)]
    pub signed: u32,
    /// Things that could not be done now and stay due.
    pub failed: u32,
}

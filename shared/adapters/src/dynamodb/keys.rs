//! Keys of the table. Sort keys carry numbers with leading zeros, so that text order is number order.

use domain::ids::{BranchId, CompanyId, LineNo, OrderId, PaperId, UnitNo};
use domain::order::{DisplayState, LineStage};
use jiff::Timestamp;

/// The sort key of an order's own item.
pub(super) const ORDER: &str = "ORDER";
pub(super) const EVENT: &str = "EVENT#";
pub(super) const UNIT: &str = "UNIT#";
pub(super) const ATTEMPT: &str = "ATTEMPT#";
pub(super) const WAIT: &str = "WAIT";
pub(super) const WORK: &str = "WORK";
pub(super) const WAYBILL: &str = "WAYBILL";

pub(super) const BY_OWNER: &str = "by_owner";
pub(super) const BY_STATE: &str = "by_state";
pub(super) const DUE: &str = "due";

pub(super) const DUE_ORDER: &str = "DUE#order";
pub(super) const DUE_ATTEMPT: &str = "DUE#attempt";
pub(super) const DUE_WORK: &str = "DUE#work";
pub(super) const DUE_WAIT: &str = "DUE#wait";

pub(super) fn order(id: &OrderId) -> String {
    format!("ORDER#{id}")
}

pub(super) fn line(no: LineNo) -> String {
    format!("LINE#{:02}", no.0)
}

pub(super) fn event(seq: u32) -> String {
    format!("{EVENT}{seq:06}")
}

pub(super) fn unit(line: LineNo, unit: UnitNo) -> String {
    format!("{UNIT}{:02}#{:02}", line.0, unit.0)
}

pub(super) fn attempt(no: u32) -> String {
    format!("{ATTEMPT}{no:04}")
}

pub(super) fn papers(line: LineNo) -> String {
    format!("PAPER#{:02}#", line.0)
}

pub(super) fn paper(line: LineNo, id: &PaperId) -> String {
    format!("{}{id}", papers(line))
}

pub(super) fn parcel(line: LineNo) -> String {
    format!("PARCEL#{:02}", line.0)
}

pub(super) fn certificate(line: LineNo, unit: UnitNo, attempt: u32) -> String {
    format!("CERTIFICATE#{:02}#{:02}#{attempt:03}", line.0, unit.0)
}

pub(super) fn waybill(number: &str) -> String {
    format!("WAYBILL#{number}")
}

pub(super) fn work(id: &str) -> String {
    format!("WORK#{id}")
}

pub(super) fn company(id: &CompanyId) -> String {
    format!("COMPANY#{id}")
}

pub(super) fn owner_state(company: &CompanyId, state: DisplayState) -> String {
    format!("COMPANY#{company}#{}", state.as_str())
}

/// The queue of a stage. What waits to be fetched waits at its branch.
pub(super) fn queue(stage: LineStage, branch: Option<&BranchId>) -> String {
    match (stage, branch) {
        (LineStage::AwaitPickup, Some(branch)) => format!("QUEUE#{}#{branch}", stage.as_str()),
        _ => format!("QUEUE#{}", stage.as_str()),
    }
}

pub(super) fn due(at: Timestamp, what: &str) -> String {
    format!("{}#{what}", crate::registry::time(at))
}

//! By when the next step of a line is promised, and what follows from a promise that was missed (R8, R9).
//!
//! Two clocks run, one after the other, by the calendar that the order took along when it was submitted: from papers
//! to a reviewer's word, and from approval to the courier or the branch. While the company has the next step, none
//! runs.

use jiff::Timestamp;

use crate::ids::LineNo;
use crate::money::Money;
use crate::refund::RefundReason;

use super::apply::{Refusal, refund_part};
use super::{Line, LineStage, Order};

/// What we have to do next for a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Running {
    /// Look at its papers.
    Review,
    /// Make its keys and hand them over.
    Making,
}

impl Running {
    fn at(stage: LineStage) -> Option<Self> {
        match stage {
            LineStage::CheckPapers | LineStage::AwaitReview => Some(Self::Review),
            LineStage::AwaitUpgrade
            | LineStage::AwaitProduction
            | LineStage::BookShipment
            | LineStage::AwaitCollection => Some(Self::Making),
            LineStage::NotStarted
            | LineStage::AwaitMaterials
            | LineStage::AwaitDelivery
            | LineStage::AwaitPickup
            | LineStage::AwaitReceipt
            | LineStage::AwaitAgent
            | LineStage::Completed
            | LineStage::Cancelled => None,
        }
    }
}

/// By when the next step of a line is promised, after what happened `now`: a clock that runs already goes on, another
/// begins.
pub(super) fn due(before: &Order, after: &Order, line: &Line, now: Timestamp) -> Option<Timestamp> {
    let calendar = after.calendar.as_ref()?;
    // A carried year goes along with the key of its upgrade.
    if let Some(upgrade) = line.carried_from.and_then(|no| after.line(no)) {
        return due(before, after, upgrade, now);
    }
    let running = Running::at(after.line_stage(line))?;
    let ran = before.line(line.no).and_then(|old| {
        let ran = Running::at(before.line_stage(old)) == Some(running);
        old.due_at.filter(|_| ran)
    });
    ran.or_else(|| match running {
        Running::Review => calendar.reviewed_by(after.urgency, now),
        Running::Making => calendar.handed_over_by(after.urgency, now),
    })
}

/// Somebody was to have the keys of a line by now, and does not. It is told once, and once the surcharge for speed
/// goes back.
pub(super) fn missed(order: &mut Order, no: LineNo, now: Timestamp) -> Result<(), Refusal> {
    let line = order.line(no).ok_or(Refusal::NoSuchPart)?;
    if !order.is_late(line, now) {
        return Err(Refusal::State);
    }
    let surcharge = line.price.surcharge();
    let payment = order.payment.clone();
    let line = order.line_mut(no).ok_or(Refusal::NoSuchPart)?;
    line.late_at = Some(now);
    // What cost nothing has nothing to go back.
    if let Some(payment) = payment.filter(|_| surcharge > Money::ZERO) {
        line.given_back = surcharge;
        let from = (payment.attempt, payment.method);
        let why = RefundReason::PromiseMissed;
        refund_part(order, from, surcharge, payment.amount, why, now);
    }
    Ok(())
}

impl Order {
    /// Is it we who have to make its keys and hand them over? A carried year has no promise of its own.
    fn is_making(&self, line: &Line) -> bool {
        line.carried_from.is_none() && Running::at(self.line_stage(line)) == Some(Running::Making)
    }

    /// Is the time for which its keys are promised over, and was that not told yet?
    pub fn is_late(&self, line: &Line, now: Timestamp) -> bool {
        self.is_making(line) && line.late_at.is_none() && line.due_at.is_some_and(|due| due <= now)
    }

    /// Did its company say nothing long enough of what it has?
    pub fn is_received(&self, line: &Line, now: Timestamp) -> bool {
        self.line_stage(line) == LineStage::AwaitReceipt
            && line.receive_by.is_some_and(|end| end <= now)
    }

    /// When something happens to one of its lines by time alone: a promise ends, or keys count as received.
    pub fn next_clock(&self) -> Option<Timestamp> {
        let receipts = self.lines.iter().filter_map(|line| line.receive_by);
        receipts.chain(self.first_promise()).min()
    }

    /// When the first of its promises that still runs has passed: somebody looks at it then.
    pub fn first_promise(&self) -> Option<Timestamp> {
        self.lines
            .iter()
            .filter(|line| line.late_at.is_none() && self.is_making(line))
            .filter_map(|line| line.due_at)
            .min()
    }
}

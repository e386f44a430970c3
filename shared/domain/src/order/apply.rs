//! What an event makes of an order.

use jiff::{SignedDuration, Timestamp};

use crate::actor::{Actor, Duty};
use crate::catalog::{LinePrice, ProductKind};
use crate::ids::{LineNo, StaffId, UnitNo};
use crate::invoice::InvoiceState;
use crate::money::Money;
use crate::paper::{PaperKind, PaperRefusal};
use crate::payment::{Disposition, PaymentMethod};
use crate::plan::{Handover, Make};
use crate::policy::{MaterialsWhen, OnRejection};
use crate::refund::{Refund, RefundReason, RefundState, Settlement};

use super::billing;
use super::promise;
use super::{
    Claim, Event, EventKind, ExitWay, IssuedCertificate, Line, LineExit, LineStage, LineState,
    Order, OrderState, Payment, Unit, UnitState,
};

/// An event that does not fit. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} does not fit {from}: {refusal}")]
pub struct TransitionError {
    /// Where the order or line stood.
    pub from: &'static str,
    /// What was to happen.
    pub event: &'static str,
    /// Why it cannot.
    pub refusal: Refusal,
}

/// Why an event does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not in this state. Often somebody else was faster.
    #[error("not in this state")]
    State,
    /// The order has no such line or key.
    #[error("no such line or key")]
    NoSuchPart,
    /// It is for a round that is over.
    #[error("for a round that is over")]
    OldRound,
    /// Reviewer, maker and hand-over of one order must be different people.
    #[error("reviewer, maker and hand-over must be different people")]
    SamePerson,
    /// Another reviewer has taken the line.
    #[error("another reviewer has it")]
    ClaimedByOther,
    /// Papers are missing, or refused ones were not replaced.
    #[error("papers are missing")]
    PapersMissing,
    /// This event is not for this kind of actor.
    #[error("not by this actor")]
    Actor,
    /// A rejection names no paper.
    #[error("nothing is refused")]
    NothingRefused,
    /// An order needs a line.
    #[error("no lines")]
    Empty,
    /// Whoever agrees must be another person than whoever asked.
    #[error("a second person has to agree")]
    SecondPerson,
}

/// The key of a line that is done by an agent: it has one.
const SERVED: UnitNo = UnitNo(1);

/// How long `reconcile` leaves an open order alone before it asks whether its executions still run.
const HEALTH_CHECK: SignedDuration = SignedDuration::from_hours(1);

/// What `event` makes of `order` at `now`. Pure: the same three always give the same order.
///
/// # Errors
/// [`TransitionError`] when the event does not fit. A repeated fact is no error at its source: callers
/// look whether it is on record before they come here.
pub fn apply(order: &Order, event: &Event, now: Timestamp) -> Result<Order, TransitionError> {
    let mut next = order.clone();
    let from = match event.kind.line().and_then(|no| order.line(no)) {
        Some(line) => line.state.as_str(),
        None => order.state.as_str(),
    };
    step(&mut next, event, now).map_err(|refusal| TransitionError {
        from,
        event: event.kind.name(),
        refusal,
    })?;
    settle(&mut next, now);
    billing::settle(&mut next, now);
    let stages: Vec<_> = next
        .lines
        .iter()
        .map(|line| next.line_stage(line))
        .collect();
    for (line, stage) in next.lines.iter_mut().zip(stages) {
        let old = order.line(line.no);
        if old.is_none_or(|old| order.line_stage(old) != stage || old.round != line.round) {
            line.since = now;
        }
    }
    let dues: Vec<_> = next
        .lines
        .iter()
        .map(|line| promise::due(order, &next, line, now))
        .collect();
    for (line, due) in next.lines.iter_mut().zip(dues) {
        line.due_at = due;
    }
    next.check_at = check_at(&next, now);
    next.version += 1;
    next.events += 1;
    Ok(next)
}

fn step(order: &mut Order, event: &Event, now: Timestamp) -> Result<(), Refusal> {
    let actor = &event.actor;
    match &event.kind {
        EventKind::DraftChanged { content } => {
            by_company(actor)?;
            expect(order.state == OrderState::Draft)?;
            if content.lines.is_empty() {
                return Err(Refusal::Empty);
            }
            choose(order, &content.lines);
            order.urgency = content.urgency;
            order.delivery = content.delivery.clone();
            order.invoice.clone_from(&content.invoice);
        }
        EventKind::Submitted {
            lines,
            calendar,
            pay_by,
        } => {
            by_company(actor)?;
            expect(order.state == OrderState::Draft)?;
            if lines.is_empty() {
                return Err(Refusal::Empty);
            }
            choose(order, lines);
            let complete =
                |line: &Line| !line.plan.papers_before_submit() || line.papers_complete();
            if !order.lines.iter().all(complete) {
                return Err(Refusal::PapersMissing);
            }
            order.state = OrderState::AwaitingPayment;
            order.submitted_at = Some(now);
            order.calendar = Some(calendar.clone());
            order.pay_by = Some(*pay_by);
            order.run += 1;
            // The time left on an old key may be worth the whole price, and no gateway takes nothing (R40).
            if order.total == Money::ZERO {
                order.state = OrderState::Paid;
                order.pay_by = None;
                for line in &mut order.lines {
                    begin(line, now);
                }
            }
        }
        EventKind::PaymentReceived {
            attempt,
            method,
            amount,
            paid_at,
            disposition,
        } => {
            expect(*actor == Actor::Gateway)?;
            if *disposition == Disposition::Counted {
                expect(order.state == OrderState::AwaitingPayment)?;
                order.state = OrderState::Paid;
                order.payment = Some(Payment {
                    attempt: *attempt,
                    method: *method,
                    amount: *amount,
                    at: *paid_at,
                });
                for line in &mut order.lines {
                    begin(line, now);
                }
            } else if let Some(reason) = RefundReason::of(*disposition) {
                give_back(order, (*attempt, *method), *amount, reason, now);
            }
        }
        EventKind::Withdrawn => {
            by_company(actor)?;
            expect(order.state == OrderState::AwaitingPayment)?;
            back_to_draft(order);
        }
        EventKind::PaymentWindowClosed => {
            expect(*actor == Actor::System && order.state == OrderState::AwaitingPayment)?;
            cancel(order);
        }
        EventKind::Cancelled => {
            by_company(actor)?;
            expect(
                matches!(order.state, OrderState::Draft | OrderState::AwaitingPayment)
                    || order.may_cancel_paid(),
            )?;
            if let Some(payment) = order
                .payment
                .clone()
                .filter(|_| order.state == OrderState::Paid)
            {
                // Lines that ended before took their part of it with them.
                let amount = payment.amount - refunded_of(order, payment.attempt);
                let from = (payment.attempt, payment.method);
                give_back(order, from, amount, RefundReason::Cancelled, now);
            }
            cancel(order);
        }
        EventKind::Restarted => {
            expect(*actor == Actor::System)?;
            expect(matches!(
                order.state,
                OrderState::AwaitingPayment | OrderState::Paid
            ))?;
            order.run += 1;
        }
        EventKind::HandedToCourier { line } => {
            if let Some(staff) = actor.staff() {
                parted(order, staff, Duty::HandOver)?;
            }
            let (stage, target) = line_of(order, *line)?;
            expect(stage == LineStage::AwaitCollection)?;
            hand_over(target, actor)?;
        }
        EventKind::Delivered { line } => {
            expect(*actor == Actor::Courier)?;
            let (stage, target) = line_of(order, *line)?;
            // The message that it was collected may come after the one that it arrived, or never.
            expect(matches!(
                stage,
                LineStage::AwaitCollection | LineStage::AwaitDelivery
            ))?;
            if stage == LineStage::AwaitCollection {
                hand_over(target, actor)?;
            }
            arrive(target, now);
        }
        EventKind::PickedUp { line } => {
            let staff = by_staff(actor)?;
            parted(order, &staff, Duty::HandOver)?;
            let (stage, target) = line_of(order, *line)?;
            expect(stage == LineStage::AwaitPickup)?;
            hand_over(target, actor)?;
            arrive(target, now);
        }
        EventKind::PromiseMissed { line } => {
            expect(*actor == Actor::System)?;
            promise::missed(order, *line, now)?;
        }
        EventKind::ReceiptConfirmed { line } => {
            let own = matches!(actor, Actor::Company { .. });
            let (stage, target) = line_of(order, *line)?;
            let over = target.receive_by.is_some_and(|end| end <= now);
            expect(match stage {
                LineStage::AwaitReceipt => own || (*actor == Actor::System && over),
                // The courier's word may be late or lost: who has the keys knows.
                LineStage::AwaitDelivery => own && target.plan.receipt_days.is_some(),
                _ => false,
            })?;
            target.state = LineState::Completed;
            target.receive_by = None;
        }
        EventKind::ServiceBegun { .. } | EventKind::AgentFinished { .. } => service(order, event)?,
        EventKind::ReturnedToReview { .. }
        | EventKind::ExitAsked { .. }
        | EventKind::ExitAgreed { .. }
        | EventKind::ExitWithdrawn { .. } => exits(order, event, now)?,
        EventKind::MaterialsPrepared { .. }
        | EventKind::MaterialsSubmitted { .. }
        | EventKind::PapersChecked { .. }
        | EventKind::ReviewClaimed { .. }
        | EventKind::ReviewReleased { .. }
        | EventKind::Approved { .. }
        | EventKind::Rejected { .. } => papers(order, event, now)?,
        EventKind::UnitBegun { .. }
        | EventKind::UnitScrapped { .. }
        | EventKind::CertificateIssued { .. }
        | EventKind::UnitMade { .. }
        | EventKind::ShipmentBooked { .. } => {
            production(order, event)?;
        }
        EventKind::RefundAnswered { .. }
        | EventKind::RefundDue { .. }
        | EventKind::RefundRetried { .. }
        | EventKind::SettlementTold { .. }
        | EventKind::SettlementAgreed { .. }
        | EventKind::SettlementWithdrawn { .. }
        | EventKind::RefundRestarted { .. } => refunds(order, event, now)?,
        EventKind::InvoiceAnswered { .. }
        | EventKind::InvoiceDue { .. }
        | EventKind::InvoiceRetried { .. }
        | EventKind::InvoiceReleased { .. }
        | EventKind::InvoiceTitleChanged { .. }
        | EventKind::InvoiceSentAgain { .. }
        | EventKind::InvoiceRestarted { .. } => billing::invoices(order, event, now)?,
    }
    Ok(())
}

/// Lines chosen anew keep what was typed and uploaded for them.
fn choose(order: &mut Order, lines: &[Line]) {
    order.lines = lines
        .iter()
        .map(|new| match order.line(new.no) {
            Some(old) => old.renewed(new.clone()),
            None => new.clone(),
        })
        .collect();
    order.total = order
        .lines
        .iter()
        .map(|line| line.price.amount)
        .sum::<Money>();
}

/// A paid line begins as its plan says.
fn begin(line: &mut Line, now: Timestamp) {
    line.state = match (line.plan.materials, line.plan.make) {
        (Some(MaterialsWhen::AfterPayment), _) => LineState::AwaitingMaterials,
        (Some(MaterialsWhen::BeforeSubmit), _) => {
            line.materials_at = Some(now);
            line.papers_checked = false;
            LineState::UnderReview
        }
        (None, Make::Desk) => LineState::InProduction,
        (None, Make::Agent) => LineState::AwaitingAgent,
    };
}

/// 待提交 again: as it was chosen, with what was uploaded, and with what was sent back.
fn back_to_draft(order: &mut Order) {
    order.state = OrderState::Draft;
    order.submitted_at = None;
    order.calendar = None;
    order.pay_by = None;
    order.payment = None;
    for line in &mut order.lines {
        line.state = LineState::AwaitingMaterials;
        line.papers_checked = false;
        line.materials_at = None;
        line.claim = None;
        line.approved_at = None;
        line.late_at = None;
        line.given_back = Money::ZERO;
        line.exit = None;
        line.round += 1;
    }
}

/// What of one attempt's money is on its way back already, or back.
fn refunded_of(order: &Order, attempt: u32) -> Money {
    order
        .refunds
        .iter()
        .filter(|refund| refund.attempt == attempt && refund.reason.of_the_order())
        .map(|refund| refund.amount)
        .sum()
}

/// Ways out that staff take.
fn exits(order: &mut Order, event: &Event, now: Timestamp) -> Result<(), Refusal> {
    let staff = by_staff(&event.actor)?;
    match &event.kind {
        EventKind::ReturnedToReview { line, .. } => {
            let (stage, target) = line_of(order, *line)?;
            // A key that is begun has a certificate already: that needs a new key, not a new review.
            expect(stage == LineStage::AwaitProduction)?;
            expect(target.plan.materials.is_some() && !target.is_begun())?;
            target.state = LineState::UnderReview;
            target.approved_at = None;
            target.claim = None;
            target.round += 1;
        }
        EventKind::ExitAsked { line, way, reason } => {
            let (stage, target) = open_line(order, *line)?;
            expect(target.exit.is_none() && target.carried_from.is_none())?;
            if let ExitWay::Convert { product, .. } = &**way {
                expect(stage == LineStage::AwaitAgent)?;
                expect(product.kind == ProductKind::Replacement)?;
            }
            target.exit = Some(LineExit {
                way: (**way).clone(),
                reason: reason.clone(),
                by: staff,
                at: now,
            });
        }
        EventKind::ExitWithdrawn { line } => {
            let (_, target) = open_line(order, *line)?;
            expect(target.exit.take().is_some())?;
        }
        EventKind::ExitAgreed { line } => {
            let (_, target) = open_line(order, *line)?;
            let exit = target.exit.take().ok_or(Refusal::State)?;
            if exit.by == staff {
                return Err(Refusal::SecondPerson);
            }
            take_exit(order, *line, exit.way, now)?;
        }
        _ => return Err(Refusal::State),
    }
    Ok(())
}

/// A line that is on its way.
fn open_line(order: &mut Order, no: LineNo) -> Result<(LineStage, &mut Line), Refusal> {
    let (stage, line) = line_of(order, no)?;
    expect(!matches!(
        stage,
        LineStage::NotStarted | LineStage::Completed | LineStage::Cancelled
    ))?;
    Ok((stage, line))
}

fn take_exit(order: &mut Order, no: LineNo, way: ExitWay, now: Timestamp) -> Result<(), Refusal> {
    let (_, line) = line_of(order, no)?;
    let back = match way {
        ExitWay::Refund => {
            let back = line.kept();
            let carried = order.carried_by(no).map(|line| line.no);
            for no in carried.into_iter().chain([no]) {
                if let Some(line) = order.line_mut(no) {
                    end_line(line);
                }
            }
            back
        }
        ExitWay::Convert {
            product,
            price,
            plan,
        } => {
            let paid = line.kept();
            let price = price.min(paid);
            line.seals = u8::from(product.seal);
            line.product = product;
            line.plan = plan;
            line.price = LinePrice {
                unit_price: price,
                amount: price,
                ..LinePrice::nothing()
            };
            line.round += 1;
            line.state = LineState::AwaitingMaterials;
            // What an agent began on the old key is none of the new one's.
            for unit in line.units.values_mut() {
                *unit = unit.given_up();
            }
            paid - price
        }
    };
    // What a line ended with stays part of what the order cost; what it became cheaper by does not.
    order.total = order.lines.iter().map(|line| line.price.amount).sum();
    if back > Money::ZERO {
        let payment = order.payment.clone().ok_or(Refusal::State)?;
        let from = (payment.attempt, payment.method);
        refund_part(
            order,
            from,
            back,
            payment.amount,
            RefundReason::LineEnded,
            now,
        );
    }
    Ok(())
}

/// A line ends without keys: whatever was begun is not to be used.
fn end_line(line: &mut Line) {
    line.state = LineState::Cancelled;
    line.claim = None;
    for unit in line.units.values_mut() {
        if unit.state != UnitState::Waiting {
            unit.state = UnitState::Scrapped;
        }
    }
}

/// Orders a refund of money that one attempt brought, all of it.
fn give_back(
    order: &mut Order,
    from: (u32, PaymentMethod),
    amount: Money,
    reason: RefundReason,
    now: Timestamp,
) {
    let total = amount + refunded_of(order, from.0);
    refund_part(order, from, amount, total, reason, now);
}

/// Orders a refund of a part of the money that one attempt brought.
pub(super) fn refund_part(
    order: &mut Order,
    from: (u32, PaymentMethod),
    amount: Money,
    total: Money,
    reason: RefundReason,
    now: Timestamp,
) {
    let no = order
        .refunds
        .iter()
        .map(|refund| refund.no)
        .max()
        .unwrap_or(0)
        + 1;
    order
        .refunds
        .push(Refund::ordered(no, from, amount, total, reason, now));
}

/// From the order for a refund to the money with its payer.
fn refunds(order: &mut Order, event: &Event, now: Timestamp) -> Result<(), Refusal> {
    let actor = &event.actor;
    let no = event.kind.refund().ok_or(Refusal::NoSuchPart)?;
    let refund = order.refund_mut(no).ok_or(Refusal::NoSuchPart)?;
    match &event.kind {
        EventKind::RefundAnswered { round, answer, .. } => {
            // What we asked for is the system's word, what a gateway told by itself is the gateway's.
            let teller = if round.is_some() {
                Actor::System
            } else {
                Actor::Gateway
            };
            expect(*actor == teller && refund.is_open())?;
            if let Some(round) = round {
                if refund.round != *round {
                    return Err(Refusal::OldRound);
                }
                expect(refund.state == RefundState::Asking)?;
            }
            refund.take(answer, now);
        }
        EventKind::RefundDue { .. } => {
            expect(*actor == Actor::System && refund.state == RefundState::Waiting)?;
            refund.ask_again(now);
        }
        EventKind::RefundRetried { .. } => {
            by_staff(actor)?;
            // Somebody says that it was paid out by hand: asking again might pay it out twice.
            expect(refund.settlement.is_none())?;
            expect(matches!(
                refund.state,
                RefundState::Waiting | RefundState::Abnormal
            ))?;
            refund.ask_again(now);
        }
        EventKind::SettlementTold { reference, .. } => {
            let by = by_staff(actor)?;
            expect(refund.state == RefundState::Abnormal && refund.settlement.is_none())?;
            refund.settlement = Some(Settlement {
                reference: reference.clone(),
                by,
                at: now,
                agreed_by: None,
            });
        }
        EventKind::SettlementAgreed { .. } => {
            let by = by_staff(actor)?;
            expect(refund.state == RefundState::Abnormal)?;
            let told = refund.settlement.as_mut().ok_or(Refusal::State)?;
            if told.by == by {
                return Err(Refusal::SecondPerson);
            }
            told.agreed_by = Some(by);
            refund.state = RefundState::Settled;
            refund.done_at = Some(now);
            refund.trouble = None;
        }
        EventKind::SettlementWithdrawn { .. } => {
            by_staff(actor)?;
            expect(refund.state == RefundState::Abnormal && refund.settlement.is_some())?;
            refund.settlement = None;
        }
        EventKind::RefundRestarted { .. } => {
            expect(*actor == Actor::System && refund.is_open())?;
            refund.run += 1;
        }
        _ => return Err(Refusal::State),
    }
    Ok(())
}

/// From the company's papers to a reviewer's word.
fn papers(order: &mut Order, event: &Event, now: Timestamp) -> Result<(), Refusal> {
    let actor = &event.actor;
    match &event.kind {
        EventKind::MaterialsSubmitted {
            line,
            basic,
            papers,
        } => {
            by_company(actor)?;
            let (stage, target) = line_of(order, *line)?;
            expect(stage == LineStage::AwaitMaterials)?;
            let complete = target
                .required_papers()
                .iter()
                .all(|kind| papers.iter().any(|paper| paper.kind == *kind));
            let replaced = target.refusals.iter().all(|refusal| {
                let old = |id| target.papers.iter().any(|paper| paper.id == id);
                papers.iter().any(|p| p.kind == refusal.kind)
                    && papers
                        .iter()
                        .filter(|p| p.kind == refusal.kind)
                        .all(|p| !old(p.id.clone()))
            });
            if !complete || !replaced {
                return Err(Refusal::PapersMissing);
            }
            target.basic = Some(basic.clone());
            target.papers.clone_from(papers);
            target.state = LineState::UnderReview;
            target.materials_at = Some(now);
            target.papers_checked = false;
        }
        EventKind::MaterialsPrepared {
            line,
            basic,
            papers,
        } => {
            by_company(actor)?;
            let draft = order.state == OrderState::Draft;
            let (_, target) = line_of(order, *line)?;
            expect(draft && target.plan.papers_before_submit())?;
            // What was sent back is replaced by other papers of that kind, all of them.
            let old = std::mem::replace(&mut target.papers, papers.clone());
            target.refusals.retain(|refusal| {
                let mut new = papers.iter().filter(|paper| paper.kind == refusal.kind);
                !(new.clone().next().is_some() && new.all(|paper| !old.contains(paper)))
            });
            target.basic = Some(basic.clone());
        }
        EventKind::PapersChecked {
            line,
            round,
            refusals,
        } => {
            expect(*actor == Actor::System)?;
            let (stage, target) = line_of(order, *line)?;
            if target.round != *round {
                return Err(Refusal::OldRound);
            }
            expect(stage == LineStage::CheckPapers)?;
            if refusals.is_empty() {
                target.papers_checked = true;
                target.refusals.clear();
            } else {
                refuse(order, *line, refusals, now)?;
            }
        }
        EventKind::ReviewClaimed { line } => {
            let staff = by_staff(actor)?;
            parted(order, &staff, Duty::Review)?;
            let (stage, target) = line_of(order, *line)?;
            expect(stage == LineStage::AwaitReview)?;
            match &target.claim {
                Some(claim) if claim.staff != staff => return Err(Refusal::ClaimedByOther),
                _ => target.claim = Some(Claim { staff, at: now }),
            }
        }
        EventKind::ReviewReleased { line } => {
            let staff = by_staff(actor)?;
            let (stage, target) = line_of(order, *line)?;
            expect(stage == LineStage::AwaitReview)?;
            claimed_by(target, &staff)?;
            target.claim = None;
        }
        EventKind::Approved { line } => {
            let staff = by_staff(actor)?;
            let (stage, target) = line_of(order, *line)?;
            expect(stage == LineStage::AwaitReview)?;
            claimed_by(target, &staff)?;
            target.state = LineState::InProduction;
            target.claim = None;
            target.approved_at = Some(now);
            target.reviewer = Some(staff);
        }
        EventKind::Rejected { line, refusals } => {
            let staff = by_staff(actor)?;
            let (stage, target) = line_of(order, *line)?;
            expect(stage == LineStage::AwaitReview)?;
            claimed_by(target, &staff)?;
            let known: Vec<PaperKind> = target.required_papers();
            if refusals.is_empty()
                || refusals
                    .iter()
                    .any(|refusal| !known.contains(&refusal.kind))
            {
                return Err(Refusal::NothingRefused);
            }
            target.reviewer = Some(staff);
            refuse(order, *line, refusals, now)?;
        }
        _ => return Err(Refusal::State),
    }
    Ok(())
}

/// The tokens that a carried year may be written into: those of its upgrade. None for a line that is no carried year.
fn tokens_of_year(order: &Order, line: LineNo) -> Option<Vec<String>> {
    let upgrade = order.line(order.line(line)?.carried_from?)?;
    let made = upgrade
        .units
        .values()
        .filter(|unit| unit.state == UnitState::Made)
        .filter_map(|unit| unit.key_serial.clone());
    Some(made.collect())
}

/// A key is given up, and whatever else is on its token: a year that was carried over too. Lines that were further
/// on go back to production, each in a round of its own, so that none waits where it has waited before.
fn scrap(order: &mut Order, line: LineNo, unit: UnitNo) -> Result<(), Refusal> {
    let target = order.line(line).ok_or(Refusal::NoSuchPart)?;
    expect(target.state == LineState::InProduction)?;
    let key = target.unit(unit).ok_or(Refusal::NoSuchPart)?;
    expect(matches!(key.state, UnitState::Writing | UnitState::Made))?;
    let stages: Vec<LineStage> = order
        .lines
        .iter()
        .map(|line| order.line_stage(line))
        .collect();
    let mut reopened = false;
    for other in &mut order.lines {
        let this = other.no == line;
        for held in other.units.values_mut() {
            let same_token = held.key_serial.is_some() && held.key_serial == key.key_serial;
            if (this && held.no == unit) || same_token {
                expect(matches!(held.state, UnitState::Writing | UnitState::Made))?;
                *held = held.given_up();
            }
        }
        // A carried year that was written ends its line; it is written anew with the key.
        if other.carried_from.is_some() && other.state == LineState::Completed && !other.all_made()
        {
            other.state = LineState::InProduction;
            reopened = true;
        }
    }
    // The execution of a line that had ended is over: all start anew.
    if reopened {
        order.run += 1;
    }
    let now: Vec<LineStage> = order
        .lines
        .iter()
        .map(|line| order.line_stage(line))
        .collect();
    for (other, (was, is)) in order.lines.iter_mut().zip(stages.into_iter().zip(now)) {
        if was != is {
            other.round += 1;
        }
    }
    Ok(())
}

/// What the agent beside the company's own key does for a line: a renewal, or an unlock.
fn service(order: &mut Order, event: &Event) -> Result<(), Refusal> {
    match &event.kind {
        EventKind::ServiceBegun {
            line,
            key_serial,
            operation,
        } => {
            by_company(&event.actor)?;
            let (stage, target) = line_of(order, *line)?;
            expect(stage == LineStage::AwaitAgent)?;
            let named = target
                .key
                .as_ref()
                .is_some_and(|key| key.serial == *key_serial);
            if !named {
                return Err(Refusal::NoSuchPart);
            }
            let key = target.unit(SERVED).ok_or(Refusal::NoSuchPart)?;
            expect(key.operation.as_ref() != Some(operation))?;
            let key = match key.state {
                UnitState::Waiting => key,
                _ => key.given_up(),
            };
            let begun = Unit {
                state: UnitState::Writing,
                key_serial: Some(key_serial.clone()),
                operation: Some(operation.clone()),
                ..key
            };
            target.units.insert(SERVED, begun);
        }
        EventKind::AgentFinished { line } => {
            expect(event.actor == Actor::System)?;
            let (stage, target) = line_of(order, *line)?;
            // Somebody asked for the end of it: two things at once must not both be true.
            expect(stage == LineStage::AwaitAgent)?;
            let renews = target.product.kind == ProductKind::Renewal;
            let key = target.units.get_mut(&SERVED).ok_or(Refusal::State)?;
            expect(key.state == UnitState::Writing && renews == key.certificate.is_some())?;
            key.state = UnitState::Made;
            target.exit = None;
            target.state = LineState::Completed;
        }
        _ => return Err(Refusal::State),
    }
    Ok(())
}

/// From an approved line to a parcel with a waybill.
fn production(order: &mut Order, event: &Event) -> Result<(), Refusal> {
    let actor = &event.actor;
    match &event.kind {
        EventKind::UnitBegun {
            line,
            unit,
            key_serial,
            operation,
        } => {
            let staff = by_staff(actor)?;
            parted(order, &staff, Duty::Make)?;
            line_of(order, *line)?;
            let there = tokens_of_year(order, *line);
            let used = order
                .lines
                .iter()
                .any(|line| line.unit_on(key_serial).is_some());
            // A carried year goes onto a key that is made already, everything else onto one that nobody has used.
            expect(match &there {
                Some(tokens) => tokens.contains(key_serial),
                None => !used,
            })?;
            let (stage, target) = line_of(order, *line)?;
            expect(stage == LineStage::AwaitProduction)?;
            expect(target.unit_on(key_serial).is_none())?;
            let mut key = target.unit(*unit).ok_or(Refusal::NoSuchPart)?;
            expect(key.state == UnitState::Waiting)?;
            key.state = UnitState::Writing;
            key.key_serial = Some(key_serial.clone());
            key.operation = Some(operation.clone());
            key.maker = Some(staff);
            target.units.insert(*unit, key);
        }
        EventKind::UnitScrapped { line, unit, .. } => {
            let staff = by_staff(actor)?;
            parted(order, &staff, Duty::Make)?;
            scrap(order, *line, *unit)?;
        }
        EventKind::CertificateIssued {
            line,
            unit,
            serial,
            validity,
        } => {
            let maker = match actor {
                // The company's own key, which it holds itself.
                Actor::Company { .. } => None,
                _ => Some(by_staff(actor)?),
            };
            if let Some(staff) = &maker {
                parted(order, staff, Duty::Make)?;
            }
            let (stage, target) = line_of(order, *line)?;
            let renews = target.product.kind == ProductKind::Renewal;
            expect(match &maker {
                Some(_) => stage == LineStage::AwaitProduction,
                None => stage == LineStage::AwaitAgent && renews,
            })?;
            let mut key = target.unit(*unit).ok_or(Refusal::NoSuchPart)?;
            // A key that is written without a desk is not begun before its certificate.
            expect(match key.state {
                UnitState::Waiting => maker.is_some(),
                UnitState::Writing => key.certificate.is_none(),
                UnitState::Made | UnitState::HandedOver | UnitState::Scrapped => false,
            })?;
            key.state = UnitState::Writing;
            key.certificate = Some(IssuedCertificate {
                serial: serial.clone(),
                not_after: validity.not_after,
            });
            key.maker = maker;
            target.units.insert(*unit, key);
        }
        EventKind::UnitMade {
            line,
            unit,
            key_serial,
        } => {
            let staff = by_staff(actor)?;
            parted(order, &staff, Duty::Make)?;
            let (stage, target) = line_of(order, *line)?;
            expect(stage == LineStage::AwaitProduction)?;
            let mut key = target.unit(*unit).ok_or(Refusal::NoSuchPart)?;
            expect(key.state == UnitState::Writing && key.certificate.is_some())?;
            let begun_on_another = key.key_serial.as_ref().is_some_and(|it| it != key_serial);
            expect(!begun_on_another)?;
            key.state = UnitState::Made;
            key.key_serial = Some(key_serial.clone());
            key.maker = Some(staff);
            target.units.insert(*unit, key);
        }
        EventKind::ShipmentBooked { line, waybill } => {
            expect(*actor == Actor::System)?;
            let (stage, target) = line_of(order, *line)?;
            expect(stage == LineStage::BookShipment)?;
            target.waybill = Some(waybill.clone());
        }
        _ => return Err(Refusal::State),
    }
    Ok(())
}

/// What follows by itself: what is made goes on, and an order whose lines have all ended has ended.
fn settle(order: &mut Order, now: Timestamp) {
    // What is made goes on as its plan says: first a carried year, which frees the key that it is written into.
    for carried in [true, false] {
        let made: Vec<(LineNo, Handover)> = order
            .lines
            .iter()
            .filter(|line| {
                order.state == OrderState::Paid && line.carried_from.is_some() == carried
            })
            .filter(|line| line.state == LineState::InProduction && line.all_made())
            .filter(|line| !order.has_year_to_write(line))
            .map(|line| (line.no, line.plan.handover))
            .collect();
        for (no, handover) in made {
            let Some(line) = order.line_mut(no) else {
                continue;
            };
            match handover {
                Handover::Courier => {}
                Handover::Branch => line.state = LineState::ReadyForPickup,
                Handover::None => line.state = LineState::Completed,
            }
        }
    }
    if order.state == OrderState::Paid
        && order
            .lines
            .iter()
            .all(|line| matches!(line.state, LineState::Completed | LineState::Cancelled))
    {
        let any = order
            .lines
            .iter()
            .any(|line| line.state == LineState::Completed);
        order.state = if any {
            OrderState::Completed
        } else {
            OrderState::Cancelled
        };
    }
    if order.is_closed() && order.ended_at.is_none() {
        order.ended_at = Some(now);
    }
}

/// When somebody has to look at an order next.
fn check_at(order: &Order, now: Timestamp) -> Option<Timestamp> {
    let own = match order.state {
        OrderState::Draft | OrderState::Completed | OrderState::Cancelled => None,
        OrderState::AwaitingPayment => order.pay_by,
        OrderState::Paid => Some(now + HEALTH_CHECK),
    };
    let refunds = order
        .refunds
        .iter()
        .filter(|refund| refund.is_open())
        .map(|refund| match refund.state {
            // Nothing is due but a look whether its execution still waits.
            RefundState::Abnormal => now + HEALTH_CHECK,
            _ => refund.ask_at,
        });
    let invoices = order
        .invoices
        .iter()
        .filter_map(|invoice| match invoice.state {
            InvoiceState::Asking | InvoiceState::Waiting | InvoiceState::AwaitingBuyer => {
                Some(invoice.ask_at)
            }
            // Nothing is due but a look whether its execution still waits.
            InvoiceState::Held | InvoiceState::Abnormal => Some(now + HEALTH_CHECK),
            InvoiceState::Issued | InvoiceState::Reversed | InvoiceState::Void => None,
        });
    own.into_iter()
        .chain(refunds)
        .chain(invoices)
        .chain(order.next_clock())
        .min()
}

fn cancel(order: &mut Order) {
    order.state = OrderState::Cancelled;
    for line in &mut order.lines {
        line.state = LineState::Cancelled;
    }
}

/// Papers are not good: the company uploads others, or the whole order is a draft again and its money goes
/// back, as the plan says.
fn refuse(
    order: &mut Order,
    no: LineNo,
    refusals: &[PaperRefusal],
    now: Timestamp,
) -> Result<(), Refusal> {
    let (_, line) = line_of(order, no)?;
    if line.plan.on_rejection == OnRejection::UploadAgain {
        send_back(line, refusals);
        return Ok(());
    }
    line.refusals = refusals.to_vec();
    // Money is never back while a key of it is made.
    expect(order.lines.iter().all(|line| !line.is_begun()))?;
    // What cost nothing has nothing to go back.
    if let Some(payment) = order.payment.clone() {
        let amount = payment.amount - refunded_of(order, payment.attempt);
        let from = (payment.attempt, payment.method);
        give_back(order, from, amount, RefundReason::Rejected, now);
    }
    back_to_draft(order);
    Ok(())
}

fn send_back(line: &mut Line, refusals: &[PaperRefusal]) {
    line.state = LineState::ChangesRequested;
    line.refusals = refusals.to_vec();
    line.claim = None;
    line.papers_checked = false;
    line.round += 1;
}

fn hand_over(line: &mut Line, actor: &Actor) -> Result<(), Refusal> {
    match actor {
        Actor::Courier => {}
        Actor::Staff { staff } => {
            line.handed_over_by = Some(staff.clone());
        }
        _ => return Err(Refusal::Actor),
    }
    line.state = LineState::Shipped;
    let numbers: Vec<UnitNo> = line.all_units().into_iter().map(|unit| unit.no).collect();
    for no in numbers {
        if let Some(mut unit) = line.unit(no) {
            unit.state = UnitState::HandedOver;
            line.units.insert(no, unit);
        }
    }
    Ok(())
}

/// What was handed over is with the company: that is the end, or it says so itself.
fn arrive(line: &mut Line, now: Timestamp) {
    match line.plan.receipt_days {
        None => line.state = LineState::Completed,
        Some(days) => {
            line.state = LineState::Delivered;
            line.receive_by = Some(now + SignedDuration::from_hours(24 * i64::from(days)));
        }
    }
}

fn line_of(order: &mut Order, no: LineNo) -> Result<(LineStage, &mut Line), Refusal> {
    let stage = order
        .line(no)
        .map(|line| order.line_stage(line))
        .ok_or(Refusal::NoSuchPart)?;
    let line = order.line_mut(no).ok_or(Refusal::NoSuchPart)?;
    Ok((stage, line))
}

fn parted(order: &Order, staff: &StaffId, duty: Duty) -> Result<(), Refusal> {
    if order.has_other_duty(staff, duty) {
        Err(Refusal::SamePerson)
    } else {
        Ok(())
    }
}

fn claimed_by(line: &Line, staff: &StaffId) -> Result<(), Refusal> {
    match &line.claim {
        Some(claim) if claim.staff == *staff => Ok(()),
        Some(_) => Err(Refusal::ClaimedByOther),
        None => Err(Refusal::State),
    }
}

fn by_staff(actor: &Actor) -> Result<StaffId, Refusal> {
    actor.staff().cloned().ok_or(Refusal::Actor)
}

fn by_company(actor: &Actor) -> Result<(), Refusal> {
    match actor {
        Actor::Company { .. } => Ok(()),
        _ => Err(Refusal::Actor),
    }
}

fn expect(fits: bool) -> Result<(), Refusal> {
    if fits { Ok(()) } else { Err(Refusal::State) }
}

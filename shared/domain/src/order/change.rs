//! A transition with everything that has to be written with it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::audit::Deed;
use crate::catalog::ProductKind;
use crate::certificate::{EndedKey, EndedKeys, RevocationReason};
use crate::credit::CreditUse;
use crate::ids::{LineNo, UnitNo};
use crate::invoice::TaxAnswer;
use crate::key::{HandedKey, HandedMove, RenewedKey};
use crate::ledger::{self, Posting};
use crate::notice::NoticeKind;
use crate::paper::PaperRefusal;
use crate::payment::Disposition;
use crate::plan::Make;
use crate::policy::StorefrontPolicy;
use crate::stock::{StockMove, UnitPlace};
use crate::work::{ExecutionInput, Notice, Outcome, WorkItem, wait_key};

use super::{
    DisplayState, Event, EventKind, Line, LineStage, LineState, Order, OrderStage, OrderState,
    TransitionError, Unit, UnitState, apply,
};

/// One entry of an order's history (查看记录).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventRecord {
    /// Its place, from 1.
    pub seq: u32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What: [`EventKind::name`], or `created`.
    pub event: String,
    /// The state of the line it is about, or of the order, before.
    pub from: String,
    /// The same after.
    pub to: String,
    /// The line it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineNo>,
    /// The key it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitNo>,
    /// Papers sent back with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<PaperRefusal>,
    /// A number that belongs to it: waybill, certificate serial, amount.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What one transaction writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The version that must still be there; none for a new order.
    pub expected: Option<u64>,
    /// The order as it will be.
    pub order: Order,
    /// What a person reads for it then, in the words of its storefront: lists filter by it.
    pub shown: DisplayState,
    /// The entry of the history.
    pub record: EventRecord,
    /// Keys that changed.
    pub units: Vec<(LineNo, Unit)>,
    /// Waits that end.
    pub outcomes: Vec<Outcome>,
    /// What is to be done afterwards.
    pub work: Vec<WorkItem>,
    /// What it does to money.
    pub postings: Vec<Posting>,
    /// Certificates whose time left is taken for a price, or comes free.
    pub credits: Vec<CreditMove>,
    /// Keys that lines are about, or that were made for them: by their serial numbers one finds the order.
    pub serials: Vec<(String, LineNo)>,
    /// Kinds that its lines no longer have.
    pub kinds_gone: Vec<ProductKind>,
    /// Keys whose certificates are revoked with it.
    pub ended: Vec<EndedKeys>,
    /// Blank keys that it takes from the stock, and what becomes of those it took.
    pub stock: Vec<StockMove>,
    /// Keys that wait to be activated from now on, or no longer.
    pub handed: Vec<HandedMove>,
    /// Keys of the company that have a further term.
    pub renewed: Vec<RenewedKey>,
}

/// What a transition does to a certificate's credit. It is given once, ever (R38–R41).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreditMove {
    /// It is taken; only if nobody has it.
    Reserve(CreditUse),
    /// It is paid for.
    Spend(CreditUse),
    /// It comes free.
    Free(CreditUse),
}

impl Change {
    /// The first write of an order: a draft with its history of one entry.
    pub fn create(
        mut draft: Order,
        actor: Actor,
        now: Timestamp,
        policy: &StorefrontPolicy,
    ) -> Self {
        draft.version = 1;
        draft.events = 1;
        let record = EventRecord {
            seq: 1,
            at: now,
            actor,
            event: "created".to_owned(),
            from: String::new(),
            to: draft.state.as_str().to_owned(),
            line: None,
            unit: None,
            refusals: Vec::new(),
            note: String::new(),
        };
        Self {
            expected: None,
            shown: policy.shown(draft.display()),
            order: draft,
            record,
            units: Vec::new(),
            outcomes: Vec::new(),
            work: Vec::new(),
            postings: Vec::new(),
            credits: Vec::new(),
            serials: Vec::new(),
            kinds_gone: Vec::new(),
            ended: Vec::new(),
            stock: Vec::new(),
            handed: Vec::new(),
            renewed: Vec::new(),
        }
    }

    /// What goes into the audit with it: everything that staff do to an order.
    pub fn deed(&self) -> Option<Deed> {
        let staff = self.record.actor.staff()?;
        Some(Deed {
            staff: staff.clone(),
            at: self.record.at,
            action: self.record.event.clone(),
            subject: match self.record.line {
                Some(line) => format!("order {} line {line}", self.order.id),
                None => format!("order {}", self.order.id),
            },
            detail: self.record.note.clone(),
        })
    }
}

/// Applies an event and works out what has to be written with it.
///
/// # Errors
/// [`TransitionError`] when the event does not fit.
pub fn transition(
    order: &Order,
    event: &Event,
    now: Timestamp,
    policy: &StorefrontPolicy,
) -> Result<Change, TransitionError> {
    let next = apply(order, event, now)?;
    Ok(Change {
        expected: Some(order.version),
        record: record(order, &next, event, now),
        units: changed_units(order, &next),
        outcomes: outcomes(order, &next),
        work: work(order, &next, event, policy),
        postings: ledger::postings(order, &next, event, now),
        credits: credits(order, &next),
        serials: serials(order, &next),
        kinds_gone: kinds_gone(order, &next),
        ended: ended(order, &next),
        stock: stock(order, &next),
        handed: handed(order, &next, now),
        renewed: renewed(order, &next),
        shown: policy.shown(next.display()),
        order: next,
    })
}

/// The credits that an order holds: from its submission, and for good once it is paid, unless what they were
/// given for ends without a key.
fn held_credits(order: &Order) -> BTreeMap<&str, CreditUse> {
    let paid = match order.state {
        OrderState::AwaitingPayment => false,
        OrderState::Paid | OrderState::Completed => true,
        OrderState::Draft | OrderState::Cancelled => return BTreeMap::new(),
    };
    order
        .lines
        .iter()
        .filter(|line| line.state != LineState::Cancelled)
        .filter_map(|line| {
            let certificate = line.price.credit.as_ref()?.certificate_serial.as_str();
            let taken = CreditUse {
                certificate_serial: certificate.to_owned(),
                order: order.id.clone(),
                line: line.no,
                paid,
            };
            Some((certificate, taken))
        })
        .collect()
}

fn credits(before: &Order, after: &Order) -> Vec<CreditMove> {
    let (was, is) = (held_credits(before), held_credits(after));
    let freed = was
        .iter()
        .filter(|(certificate, _)| !is.contains_key(*certificate))
        .map(|(_, taken)| CreditMove::Free(taken.clone()));
    let moved = is
        .iter()
        .filter_map(|(certificate, taken)| match was.get(certificate) {
            None => Some(CreditMove::Reserve(taken.clone())),
            Some(old) if old.paid != taken.paid => Some(CreditMove::Spend(taken.clone())),
            Some(_) => None,
        });
    freed.chain(moved).collect()
}

/// Whose certificates no longer count. It follows from what units and lines are before and after, so no event can
/// end a key and forget them.
fn ended(before: &Order, after: &Order) -> Vec<EndedKeys> {
    let mut all = Vec::new();
    for line in &after.lines {
        let Some(old) = before.line(line.no) else {
            continue;
        };
        // Before an approval nothing is issued; a carried year has none, and a renewal neither.
        let issuing = old.approved_at.is_some() || old.carried_from.is_some() || old.is_begun();
        if issuing && line.state == LineState::Cancelled && old.state != LineState::Cancelled {
            all.push(EndedKeys::Line(line.no));
            continue;
        }
        let keys: Vec<EndedKey> = old
            .units
            .values()
            .filter_map(|was| {
                let is = line.units.get(&was.no)?;
                let reason = if is.attempt != was.attempt {
                    RevocationReason::Superseded
                } else if is.state == was.state {
                    return None;
                } else {
                    match is.state {
                        UnitState::Scrapped => RevocationReason::CessationOfOperation,
                        UnitState::Waiting
                        | UnitState::Writing
                        | UnitState::Made
                        | UnitState::HandedOver => return None,
                    }
                };
                Some(EndedKey {
                    unit: was.no,
                    attempt: was.attempt,
                    reason,
                })
            })
            .collect();
        if !keys.is_empty() {
            all.push(EndedKeys::Some(line.no, keys));
        }
    }
    all
}

/// What becomes of blank keys. It follows from the units too, so no event can begin one and forget to count it. A
/// carried year is written into a key that its upgrade took.
fn stock(before: &Order, after: &Order) -> Vec<StockMove> {
    let mut moves = Vec::new();
    for line in after.lines.iter().filter(|it| it.carried_from.is_none()) {
        let old = before.line(line.no);
        // An agent writes on the company's own key.
        if old.is_some_and(|old| old.plan.make == Make::Agent) {
            continue;
        }
        for unit in line.units.values() {
            let was = old.and_then(|old| old.units.get(&unit.no));
            let held = was.and_then(|was| was.key_serial.as_ref());
            let begun = unit.state == UnitState::Writing && unit.key_serial.is_some();
            let scrapped = |unit: &Unit| unit.state == UnitState::Scrapped;
            match (held, &unit.key_serial) {
                (None, Some(serial)) if begun => moves.push(StockMove::Take {
                    serial: serial.clone(),
                    unit: UnitPlace {
                        order: after.id.clone(),
                        line: line.no,
                        unit: unit.no,
                        attempt: unit.attempt,
                    },
                }),
                (Some(serial), Some(same)) if serial == same => {
                    if scrapped(unit) && !was.is_some_and(scrapped) {
                        moves.push(StockMove::Scrap {
                            serial: serial.clone(),
                        });
                    } else if unit.state == UnitState::Made
                        && was.is_some_and(|was| was.state == UnitState::Writing)
                    {
                        moves.push(StockMove::Use {
                            serial: serial.clone(),
                        });
                    }
                }
                (Some(serial), _) => moves.push(StockMove::Scrap {
                    serial: serial.clone(),
                }),
                (None, _) => {}
            }
        }
    }
    moves
}

/// Which keys came into the company's hands, and which of them were given up after that.
fn handed(before: &Order, after: &Order, now: Timestamp) -> Vec<HandedMove> {
    let mut moves = Vec::new();
    for line in after.lines.iter().filter(|it| it.carried_from.is_none()) {
        let old = before.line(line.no);
        for unit in line.units.values() {
            let was = old.and_then(|old| old.units.get(&unit.no));
            let was_handed = was.is_some_and(|was| was.state == UnitState::HandedOver);
            let is_handed = unit.state == UnitState::HandedOver;
            if was_handed == is_handed {
                continue;
            }
            let held = if is_handed { Some(unit) } else { was };
            let Some(key) = held.and_then(|held| handed_key(after, line, held, now)) else {
                continue;
            };
            moves.push(if is_handed {
                HandedMove::Add(key)
            } else {
                HandedMove::Remove(key)
            });
        }
    }
    moves
}

/// Whose certificate gave way to one that holds longer.
fn renewed(before: &Order, after: &Order) -> Vec<RenewedKey> {
    let made = |line: &Line| {
        line.plan.make == Make::Agent
            && line.product.kind == ProductKind::Renewal
            && line.state == LineState::Completed
    };
    let ended = after
        .lines
        .iter()
        .filter(|line| made(line) && !before.line(line.no).is_some_and(made));
    ended
        .flat_map(|line| line.units.values())
        .filter_map(|unit| {
            Some(RenewedKey {
                company: after.company.clone(),
                serial: unit.key_serial.clone()?,
                certificate: unit.certificate.clone()?,
            })
        })
        .collect()
}

fn handed_key(order: &Order, line: &Line, unit: &Unit, now: Timestamp) -> Option<HandedKey> {
    let serial = unit.key_serial.clone()?;
    // The year that was carried over is the certificate that holds longest.
    let certificate = order
        .carried_by(line.no)
        .and_then(|year| year.unit_on(&serial)?.certificate.as_ref())
        .or(unit.certificate.as_ref())?;
    Some(HandedKey {
        company: order.company.clone(),
        medium: line.product.medium,
        storefront: order.storefront.clone(),
        certificate_serial: certificate.serial.clone(),
        not_after: certificate.not_after,
        seal: unit.no.0 <= line.seals,
        order: order.id.clone(),
        line: line.no,
        unit: unit.no,
        replaces: line.key.as_ref().map(|key| key.serial.clone()),
        handed_at: now,
        serial,
    })
}

fn kinds_gone(before: &Order, after: &Order) -> Vec<ProductKind> {
    let has = |order: &Order, kind| order.lines.iter().any(|line| line.product.kind == kind);
    ProductKind::ALL
        .into_iter()
        .filter(|kind| has(before, *kind) && !has(after, *kind))
        .collect()
}

fn serials(before: &Order, after: &Order) -> Vec<(String, LineNo)> {
    let of = |order: &Order| -> BTreeSet<(String, LineNo)> {
        // What is only a draft may still name another key.
        let named = order
            .lines
            .iter()
            .filter(|_| order.run > 0)
            .filter_map(|line| Some((line.key.as_ref()?.serial.clone(), line.no)));
        let made = order.lines.iter().flat_map(|line| {
            let serials = line
                .units
                .values()
                .filter_map(|unit| unit.key_serial.clone());
            serials.map(|serial| (serial, line.no))
        });
        named.chain(made).collect()
    };
    of(after).difference(&of(before)).cloned().collect()
}

fn record(before: &Order, after: &Order, event: &Event, now: Timestamp) -> EventRecord {
    let line = event.kind.line();
    let refund = event.kind.refund();
    let invoice = event.kind.invoice();
    let state = |order: &Order| match (
        line.and_then(|no| order.line(no)),
        refund.and_then(|no| order.refund(no)),
        invoice.and_then(|no| order.invoice(no)),
    ) {
        (Some(line), ..) => line.state.as_str().to_owned(),
        (None, Some(refund), _) => refund.stage().as_str().to_owned(),
        (None, None, Some(invoice)) => invoice.stage().as_str().to_owned(),
        (None, None, None) => order.state.as_str().to_owned(),
    };
    let (refusals, note) = match &event.kind {
        EventKind::PapersChecked { refusals, .. } | EventKind::Rejected { refusals, .. } => {
            (refusals.clone(), String::new())
        }
        EventKind::PaymentReceived { amount, .. } => (Vec::new(), amount.to_string()),
        EventKind::CertificateIssued { serial, .. } => (Vec::new(), serial.clone()),
        EventKind::UnitMade { key_serial, .. }
        | EventKind::UnitBegun { key_serial, .. }
        | EventKind::ServiceBegun { key_serial, .. } => (Vec::new(), key_serial.clone()),
        EventKind::UnitScrapped { reason, .. } => (Vec::new(), reason.as_str().to_owned()),
        EventKind::ShipmentBooked { waybill, .. } => (Vec::new(), waybill.clone()),
        EventKind::SettlementTold { reference, .. } => (Vec::new(), reference.clone()),
        EventKind::ReturnedToReview { reason, .. } | EventKind::ExitAsked { reason, .. } => {
            (Vec::new(), reason.clone())
        }
        EventKind::ExitAgreed { line } => {
            let exit = before.line(*line).and_then(|line| line.exit.as_ref());
            (
                Vec::new(),
                exit.map(|exit| exit.reason.clone()).unwrap_or_default(),
            )
        }
        EventKind::InvoiceAnswered { answer, .. } => {
            let number = match answer {
                TaxAnswer::Issued { number, .. } | TaxAnswer::Reversed { number, .. } => {
                    number.clone()
                }
                _ => String::new(),
            };
            (Vec::new(), number)
        }
        // What a gateway calls its trouble is for the finance desk, not for the history.
        _ if refund.is_some() => {
            let number = refund.and_then(|no| after.refund(no));
            (
                Vec::new(),
                number
                    .map(|refund| refund.amount.to_string())
                    .unwrap_or_default(),
            )
        }
        _ => (Vec::new(), String::new()),
    };
    EventRecord {
        seq: after.events,
        at: now,
        actor: event.actor.clone(),
        event: event.kind.name().to_owned(),
        from: state(before),
        to: state(after),
        line,
        unit: event.kind.unit(),
        refusals,
        note,
    }
}

fn changed_units(before: &Order, after: &Order) -> Vec<(LineNo, Unit)> {
    let mut changed = Vec::new();
    for line in &after.lines {
        let old = before.line(line.no);
        for (no, unit) in &line.units {
            if old.and_then(|old| old.units.get(no)) != Some(unit) {
                changed.push((line.no, unit.clone()));
            }
        }
    }
    changed
}

/// A wait ends when its order or line is no longer at that stage of that round. So every way out of a
/// state ends its wait, the cancellation of an order too, and nobody has to remember to.
fn outcomes(before: &Order, after: &Order) -> Vec<Outcome> {
    // A new run has its own waits; whoever still waits in an old one wakes, sees the new one and ends.
    let superseded = before.run != after.run;
    let mut outcomes = Vec::new();
    let (was, is) = (before.stage(), after.stage());
    if was.is_wait() && (was != is || superseded) {
        outcomes.push(Outcome {
            wait: wait_key(&before.execution(), was.as_str(), 1),
            outcome: is.as_str(),
        });
    }
    for line in &before.lines {
        let Some(now) = after.line(line.no) else {
            continue;
        };
        let (was, is) = (before.line_stage(line), after.line_stage(now));
        if was.is_wait() && (was != is || line.round != now.round || superseded) {
            let execution = before.line_execution(line.no);
            outcomes.push(Outcome {
                wait: wait_key(&execution, was.as_str(), line.round),
                outcome: is.as_str(),
            });
        }
    }
    for refund in &before.refunds {
        let Some(now) = after.refund(refund.no) else {
            continue;
        };
        let (was, is) = (refund.stage(), now.stage());
        if was.is_wait() && (was != is || refund.round != now.round || refund.run != now.run) {
            let execution = before.refund_execution(refund);
            outcomes.push(Outcome {
                wait: wait_key(&execution, was.as_str(), refund.round),
                outcome: is.as_str(),
            });
        }
    }
    for invoice in &before.invoices {
        let Some(now) = after.invoice(invoice.no) else {
            continue;
        };
        let (was, is) = (invoice.stage(), now.stage());
        if was.is_wait() && (was != is || invoice.round != now.round || invoice.run != now.run) {
            let execution = before.invoice_execution(invoice);
            outcomes.push(Outcome {
                wait: wait_key(&execution, was.as_str(), invoice.round),
                outcome: is.as_str(),
            });
        }
    }
    outcomes
}

fn work(before: &Order, after: &Order, event: &Event, policy: &StorefrontPolicy) -> Vec<WorkItem> {
    let mut work = Vec::new();
    let new_run = before.run != after.run;
    if new_run {
        work.push(WorkItem::start(ExecutionInput {
            execution: after.execution(),
            plan: None,
        }));
    }
    if after.stage() == OrderStage::AwaitLines
        && (new_run || before.stage() == OrderStage::AwaitPayment)
    {
        for line in &after.lines {
            if !matches!(
                after.line_stage(line),
                LineStage::Completed | LineStage::Cancelled
            ) {
                let execution = after.line_execution(line.no);
                work.push(WorkItem::start(ExecutionInput {
                    execution,
                    plan: Some(line.plan),
                }));
            }
        }
    }
    for refund in &after.refunds {
        if before.refund(refund.no).map(|old| old.run) != Some(refund.run) {
            work.push(WorkItem::start(ExecutionInput {
                execution: after.refund_execution(refund),
                plan: None,
            }));
        }
    }
    for invoice in &after.invoices {
        if before.invoice(invoice.no).map(|old| old.run) != Some(invoice.run) {
            work.push(WorkItem::start(ExecutionInput {
                execution: after.invoice_execution(invoice),
                plan: None,
            }));
        }
    }
    if let Some(notice) = notice_for(before, after, event) {
        let amount = match &event.kind {
            EventKind::PaymentReceived { amount, .. } => Some(*amount),
            _ if after.refunds.len() > before.refunds.len() => {
                after.refunds.last().map(|refund| refund.amount)
            }
            kind => kind
                .refund()
                .and_then(|no| after.refund(no))
                .map(|refund| refund.amount),
        };
        for channel in policy.channels(notice, after.delivery.kind) {
            let about = Notice {
                notice,
                order: after.id.clone(),
                line: event.kind.line(),
                invoice: event.kind.invoice(),
                amount,
            };
            work.push(WorkItem::notice(after.events, channel, about));
        }
    }
    work
}

fn became_ready(before: &Order, after: &Order, line: LineNo) -> bool {
    let is = |order: &Order| {
        let line = order.line(line);
        line.is_some_and(|line| order.line_stage(line) == LineStage::AwaitPickup)
    };
    !is(before) && is(after)
}

fn notice_for(before: &Order, after: &Order, event: &Event) -> Option<NoticeKind> {
    match &event.kind {
        EventKind::Submitted { .. } if after.state == OrderState::Paid => {
            Some(NoticeKind::OrderPaid)
        }
        EventKind::Submitted { .. } => Some(NoticeKind::OrderSubmitted),
        EventKind::PaymentReceived {
            disposition: Disposition::Counted,
            ..
        } => Some(NoticeKind::OrderPaid),
        EventKind::PaymentReceived { .. } => Some(NoticeKind::PaymentToRefund),
        EventKind::PaymentWindowClosed => Some(NoticeKind::OrderExpired),
        EventKind::Cancelled if before.state == OrderState::AwaitingPayment => {
            Some(NoticeKind::OrderCancelled)
        }
        EventKind::Cancelled if before.state == OrderState::Paid => Some(NoticeKind::RefundOrdered),
        kind if kind
            .refund()
            .and_then(|no| Some((before.refund(no)?, after.refund(no)?)))
            .is_some_and(|(was, is)| was.is_open() && !is.is_open()) =>
        {
            Some(NoticeKind::RefundDone)
        }
        EventKind::PapersChecked { .. } | EventKind::Rejected { .. }
            if before.state == OrderState::Paid && after.state == OrderState::Draft =>
        {
            Some(NoticeKind::OrderReturned)
        }
        EventKind::PapersChecked { refusals, .. } if !refusals.is_empty() => {
            Some(NoticeKind::PapersRefused)
        }
        EventKind::Rejected { .. } => Some(NoticeKind::PapersRefused),
        EventKind::ExitAgreed { .. } => Some(NoticeKind::LineEnded),
        EventKind::Approved { .. } => Some(NoticeKind::PapersApproved),
        EventKind::UnitMade { line, .. } if became_ready(before, after, *line) => {
            Some(NoticeKind::ReadyForPickup)
        }
        EventKind::PromiseMissed { .. } => Some(NoticeKind::PromiseMissed),
        EventKind::InvoiceAnswered {
            answer: TaxAnswer::Issued { .. },
            ..
        }
        | EventKind::InvoiceSentAgain { .. } => Some(NoticeKind::InvoiceIssued),
        EventKind::InvoiceAnswered {
            invoice,
            answer: TaxAnswer::AwaitingBuyer { until },
            ..
        } => {
            // Once for each time that the buyer is given.
            let known = before.invoice(*invoice).and_then(|it| it.buyer_until);
            (known != Some(*until)).then_some(NoticeKind::InvoiceAwaitsBuyer)
        }
        EventKind::HandedToCourier { .. } => Some(NoticeKind::LineShipped),
        EventKind::Delivered { .. } => Some(NoticeKind::LineDelivered),
        _ => None,
    }
}

//! Looking at one order: is its time to pay over, are refunds to be asked about, do its executions run?

use adapters::ports::ExecutionStatus;
use contract::error::ErrorCode;
use domain::actor::Actor;
use domain::ids::{LineNo, OrderId};
use domain::invoice::Invoice;
use domain::order::{Event, EventKind, Line, LineStage, Order, OrderState};
use domain::payment::{AttemptState, OutTradeNo};
use domain::refund::{Refund, RefundState};
use domain::work::{Execution, ExecutionInput, WorkItem};
use edge::ApiError;
use edge::orders::advance;
use edge::payments::Asking;
use jiff::{SignedDuration, Timestamp};

use crate::Ports;

/// How long an order whose attempts cannot be settled yet is left alone.
const SOON: SignedDuration = SignedDuration::from_secs(60);
/// How long a healthy order is left alone.
const LATER: SignedDuration = SignedDuration::from_hours(1);

/// What looking came to.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Its time to pay was over.
    pub(crate) expired: bool,
    /// Executions that were gone.
    pub(crate) restarted: u32,
    /// Refunds that the gateway is asked about again.
    pub(crate) refunds: u32,
    /// Invoices that the tax platform is asked about again.
    pub(crate) invoices: u32,
    /// Lines whose keys are later than promised.
    pub(crate) late: u32,
    /// Lines that count as received.
    pub(crate) received: u32,
}

/// Asks the gateway about one attempt and writes down what it says.
pub(crate) async fn ask_gateway(ports: &Ports, number: &OutTradeNo) -> Result<(), ApiError> {
    let Some(order) = ports.orders.load(&number.order).await? else {
        return Ok(());
    };
    let attempts = ports.attempts.attempts(&number.order).await?;
    let Some(attempt) = attempts
        .into_iter()
        .find(|attempt| attempt.number == *number)
    else {
        return Ok(());
    };
    ports
        .payments
        .refresh(&order, attempt, Asking::After, ports.clock.now())
        .await?;
    Ok(())
}

/// Looks at an order that is open, or whose money is on its way back. `thorough` asks after its executions
/// even when it waits for money.
pub(crate) async fn look_at(
    ports: &Ports,
    id: &OrderId,
    thorough: bool,
) -> Result<Looked, ApiError> {
    let mut looked = Looked::default();
    let Some(order) = ports.orders.load(id).await? else {
        return Ok(looked);
    };
    for refund in order.refunds.iter().filter(|refund| refund.is_open()) {
        look_at_refund(ports, &order, refund, &mut looked).await?;
    }
    for invoice in order.invoices.iter().filter(|invoice| invoice.is_open()) {
        look_at_invoice(ports, &order, invoice, &mut looked).await?;
    }
    let now = ports.clock.now();
    // What happened to its refunds and invoices has moved it.
    let Some(order) = ports.orders.load(id).await? else {
        return Ok(looked);
    };
    match order.state {
        OrderState::Draft | OrderState::Completed | OrderState::Cancelled => {
            look_later(ports, &order).await?;
            return Ok(looked);
        }
        OrderState::AwaitingPayment if order.pay_by.is_some_and(|end| end <= now) => {
            looked.expired = expire(ports, order).await?;
            return Ok(looked);
        }
        OrderState::AwaitingPayment if !thorough => {
            look_later(ports, &order).await?;
            return Ok(looked);
        }
        OrderState::AwaitingPayment | OrderState::Paid => {}
    }
    looked.late = by_time(ports, &order, Order::is_late, |line| {
        EventKind::PromiseMissed { line }
    })
    .await?;
    looked.received = by_time(ports, &order, Order::is_received, |line| {
        EventKind::ReceiptConfirmed { line }
    })
    .await?;
    // Only what happened by time has moved it.
    let order = if looked.late + looked.received > 0 {
        ports.orders.load(id).await?
    } else {
        Some(order)
    };
    let Some(order) = order else {
        return Ok(looked);
    };
    if runs(ports, &order).await? {
        look_later(ports, &order).await?;
        return Ok(looked);
    }
    let seen = order.version;
    let mut restarted = false;
    advance(&*ports.orders, &ports.policies, id, now, |order| {
        // It moved meanwhile: whoever moved it also wrote what has to follow.
        restarted = order.version == seen;
        Ok(restarted.then_some(Event {
            actor: Actor::System,
            kind: EventKind::Restarted,
        }))
    })
    .await?;
    tracing::warn!(order = %id, "executions started anew");
    looked.restarted += u32::from(restarted);
    Ok(looked)
}

/// What happens to lines by time alone: it happens to each once, however often this runs.
async fn by_time(
    ports: &Ports,
    order: &Order,
    is_time: fn(&Order, &Line, Timestamp) -> bool,
    kind: fn(LineNo) -> EventKind,
) -> Result<u32, ApiError> {
    let now = ports.clock.now();
    let mut happened = 0;
    for line in order.lines.iter().filter(|line| is_time(order, line, now)) {
        let no = line.no;
        let mut happens = false;
        advance(&*ports.orders, &ports.policies, &order.id, now, |order| {
            happens = order.line(no).is_some_and(|line| is_time(order, line, now));
            Ok(happens.then_some(Event {
                actor: Actor::System,
                kind: kind(no),
            }))
        })
        .await?;
        happened += u32::from(happens);
    }
    Ok(happened)
}

/// Notes when a healthy order is to be looked at again.
async fn look_later(ports: &Ports, order: &Order) -> Result<(), ApiError> {
    let now = ports.clock.now();
    let own = match order.state {
        OrderState::Draft | OrderState::Completed | OrderState::Cancelled => None,
        OrderState::AwaitingPayment => order.pay_by,
        OrderState::Paid => Some(now + LATER),
    };
    let refunds = order
        .refunds
        .iter()
        .filter(|refund| refund.is_open())
        .map(|refund| match refund.state {
            RefundState::Waiting => refund.ask_at,
            _ => now + LATER,
        });
    let invoices = order
        .invoices
        .iter()
        .filter(|invoice| invoice.is_open())
        .map(|invoice| {
            if invoice.waits() {
                invoice.ask_at
            } else {
                now + LATER
            }
        });
    let clock = order.next_clock();
    let all = own.into_iter().chain(refunds).chain(invoices).chain(clock);
    if let Some(again) = all.min() {
        ports
            .outstanding
            .check_again(&order.id, order.version, again)
            .await?;
    }
    Ok(())
}

/// Has a refund asked about again when it is time, and its execution started anew when it is gone.
async fn look_at_refund(
    ports: &Ports,
    order: &Order,
    refund: &Refund,
    looked: &mut Looked,
) -> Result<(), ApiError> {
    let now = ports.clock.now();
    let (no, run, round) = (refund.no, refund.run, refund.round);
    let fare = execution_runs(ports, order.refund_execution(refund), None).await?;
    let due = refund.state == RefundState::Waiting && refund.ask_at <= now;
    if fare && !due {
        return Ok(());
    }
    let mut moved = false;
    advance(&*ports.orders, &ports.policies, &order.id, now, |order| {
        moved = order.refund(no).is_some_and(|now| {
            now.is_open() && (now.run, now.round) == (run, round) && now.state == refund.state
        });
        let kind = if due {
            EventKind::RefundDue { refund: no }
        } else {
            EventKind::RefundRestarted { refund: no }
        };
        Ok(moved.then_some(Event {
            actor: Actor::System,
            kind,
        }))
    })
    .await?;
    if due {
        looked.refunds += u32::from(moved);
    } else {
        looked.restarted += u32::from(moved);
    }
    Ok(())
}

/// Has the tax platform asked about an invoice again when it is time, and its execution started anew when it is gone.
async fn look_at_invoice(
    ports: &Ports,
    order: &Order,
    invoice: &Invoice,
    looked: &mut Looked,
) -> Result<(), ApiError> {
    let now = ports.clock.now();
    let (no, run, round) = (invoice.no, invoice.run, invoice.round);
    let fare = execution_runs(ports, order.invoice_execution(invoice), None).await?;
    let due = invoice.is_due(now);
    if fare && !due {
        return Ok(());
    }
    let mut moved = false;
    advance(&*ports.orders, &ports.policies, &order.id, now, |order| {
        moved = order.invoice(no).is_some_and(|now| {
            now.is_open() && (now.run, now.round) == (run, round) && now.state == invoice.state
        });
        let kind = if due {
            EventKind::InvoiceDue { invoice: no }
        } else {
            EventKind::InvoiceRestarted { invoice: no }
        };
        Ok(moved.then_some(Event {
            actor: Actor::System,
            kind,
        }))
    })
    .await?;
    if due {
        looked.invoices += u32::from(moved);
    } else {
        looked.restarted += u32::from(moved);
    }
    Ok(())
}

/// Ends an order that nobody paid: only when every attempt is dead at its gateway.
async fn expire(ports: &Ports, order: Order) -> Result<bool, ApiError> {
    let now = ports.clock.now();
    let mut open = false;
    for attempt in ports.attempts.attempts(&order.id).await? {
        if matches!(attempt.state, AttemptState::Closed | AttemptState::Paid) {
            continue;
        }
        let after = ports
            .payments
            .refresh(&order, attempt, Asking::After, now)
            .await?;
        open |= !matches!(after.state, AttemptState::Closed | AttemptState::Paid);
    }
    let order = ports
        .orders
        .load(&order.id)
        .await?
        .ok_or(ErrorCode::NotFound)?;
    if order.state != OrderState::AwaitingPayment {
        // The last question found the money.
        return Ok(false);
    }
    if open {
        ports
            .outstanding
            .check_again(&order.id, order.version, now + SOON)
            .await?;
        return Ok(false);
    }
    let mut expired = false;
    advance(&*ports.orders, &ports.policies, &order.id, now, |order| {
        expired = order.state == OrderState::AwaitingPayment;
        Ok(expired.then_some(Event {
            actor: Actor::System,
            kind: EventKind::PaymentWindowClosed,
        }))
    })
    .await?;
    Ok(expired)
}

/// Do all executions run that should? One whose start is still to be done is started here.
async fn runs(ports: &Ports, order: &Order) -> Result<bool, ApiError> {
    let mut expected = vec![(order.execution(), None)];
    if order.state == OrderState::Paid {
        for line in &order.lines {
            if !matches!(
                order.line_stage(line),
                LineStage::Completed | LineStage::Cancelled
            ) {
                expected.push((order.line_execution(line.no), Some(line.plan)));
            }
        }
    }
    for (execution, plan) in expected {
        if !execution_runs(ports, execution, plan).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn execution_runs(
    ports: &Ports,
    execution: Execution,
    plan: Option<domain::plan::Plan>,
) -> Result<bool, ApiError> {
    let start = WorkItem::start(ExecutionInput {
        execution: execution.clone(),
        plan,
    });
    if ports.outstanding.work(&start.id).await?.is_some() {
        ports.worker.perform(&start.id).await?;
    }
    Ok(ports.executions.status(&execution).await? == ExecutionStatus::Running)
}

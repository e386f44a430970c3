//! Looking at one order: is its time to pay over, do its executions run?

use adapters::ports::ExecutionStatus;
use contract::error::ErrorCode;
use domain::actor::Actor;
use domain::ids::OrderId;
use domain::order::{Event, EventKind, LineStage, Order, OrderState};
use domain::payment::{AttemptState, OutTradeNo};
use domain::work::{Execution, ExecutionInput, WorkItem};
use edge::ApiError;
use edge::orders::advance;
use jiff::SignedDuration;

use crate::Ports;

/// How long an order whose attempts cannot be settled yet is left alone.
const SOON: SignedDuration = SignedDuration::from_secs(60);
/// How long a healthy order is left alone.
const LATER: SignedDuration = SignedDuration::from_hours(1);

/// What looking came to.
pub(crate) enum Looked {
    /// All is as it should be.
    Fine,
    /// Its time to pay was over.
    Expired,
    /// An execution was gone.
    Restarted,
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
    let gateway = ports.gateway(attempt.method).await?;
    ports
        .payments
        .refresh(&*gateway, &order, attempt, ports.clock.now())
        .await?;
    Ok(())
}

/// Looks at an open order. `thorough` asks after its executions even when it waits for money.
pub(crate) async fn look_at(
    ports: &Ports,
    id: &OrderId,
    thorough: bool,
) -> Result<Looked, ApiError> {
    let now = ports.clock.now();
    let Some(order) = ports.orders.load(id).await? else {
        return Ok(Looked::Fine);
    };
    match order.state {
        OrderState::Draft | OrderState::Completed | OrderState::Cancelled => {
            return Ok(Looked::Fine);
        }
        OrderState::AwaitingPayment if order.pay_by.is_some_and(|end| end <= now) => {
            return expire(ports, order).await;
        }
        OrderState::AwaitingPayment if !thorough => return Ok(Looked::Fine),
        OrderState::AwaitingPayment | OrderState::Paid => {}
    }
    if runs(ports, &order).await? {
        let again = order
            .pay_by
            .filter(|_| order.state == OrderState::AwaitingPayment)
            .unwrap_or(now + LATER);
        ports
            .outstanding
            .check_again(id, order.version, again)
            .await?;
        return Ok(Looked::Fine);
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
    Ok(if restarted {
        Looked::Restarted
    } else {
        Looked::Fine
    })
}

/// Ends an order that nobody paid: only when every attempt is dead at its gateway.
async fn expire(ports: &Ports, order: Order) -> Result<Looked, ApiError> {
    let now = ports.clock.now();
    let mut open = false;
    for attempt in ports.attempts.attempts(&order.id).await? {
        if matches!(attempt.state, AttemptState::Closed | AttemptState::Paid) {
            continue;
        }
        let gateway = ports.gateway(attempt.method).await?;
        let after = ports
            .payments
            .refresh(&*gateway, &order, attempt, now)
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
        return Ok(Looked::Fine);
    }
    if open {
        ports
            .outstanding
            .check_again(&order.id, order.version, now + SOON)
            .await?;
        return Ok(Looked::Fine);
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
    Ok(if expired {
        Looked::Expired
    } else {
        Looked::Fine
    })
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

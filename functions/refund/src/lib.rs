//! Step `refund` of the machine `refund`: asks the gateway for the money to go back, or where it is.
//!
//! May run twice: the refund has one number, and a gateway gives nothing twice under one. When the power
//! goes out after the gateway has done it and before that is on record, the next run asks with the same
//! number and hears that it is done.

use std::sync::Arc;

use adapters::payment::FromSecrets;
use adapters::ports::{Clock, Gateways, Orders, PaymentGateway, RefundRequest, RefundStatus};
use contract::error::ErrorCode;
use contract::step::{RefundStep, RefundStepDone};
use domain::actor::Actor;
use domain::order::{Event, EventKind, Order};
use domain::payment::OutTradeNo;
use domain::policy::Policies;
use domain::refund::{BETWEEN, Hindrance, Refund, RefundAnswer, RefundReason, RefundState};
use edge::ApiError;
use edge::orders::advance;
use edge::payments::{heard, hindered};
use edge::real::SystemClock;
use edge::step::StepError;
use jiff::Timestamp;

/// What this step reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Gateways.
    pub gateways: Arc<dyn Gateways>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The step with its real ports.
///
/// # Errors
/// When the environment lacks something.
pub fn connect() -> Result<Ports, lambda_runtime::Error> {
    Ok(Ports {
        orders: edge::wiring::table()?,
        gateways: Arc::new(FromSecrets::new(edge::wiring::secrets()?)),
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
    })
}

/// Asks the gateway about a refund once, and writes down what it says. A gateway that does not answer is no
/// error: the refund waits, and is asked about again.
///
/// # Errors
/// The store's troubles, which the machine tries again.
pub async fn run(ports: &Ports, step: RefundStep) -> Result<RefundStepDone, StepError> {
    let order = ports.orders.load(&step.order).await?;
    let order =
        order.ok_or_else(|| ApiError::internal("an execution of an order that is not there"))?;
    let refund = order
        .refund(step.refund)
        .ok_or_else(|| ApiError::internal("an execution of a refund that is not there"))?;
    if refund.run != step.run || refund.state != RefundState::Asking {
        return Ok(RefundStepDone {
            stage: refund.stage(),
        });
    }
    let round = refund.round;
    let now = ports.clock.now();
    let answer = if too_soon(&order, refund, now) {
        RefundAnswer::Later(Hindrance::Unreachable, String::new())
    } else {
        match ports.gateways.gateway(refund.method).await {
            Ok(gateway) => ask(&*gateway, &order, refund, now).await,
            Err(error) => hindered(&error),
        }
    };
    let after = advance(&*ports.orders, &ports.policies, &step.order, now, |order| {
        let refund = order.refund(step.refund).ok_or(ErrorCode::NotFound)?;
        // A notice, or another run of this step, was faster: what is on record counts.
        let mine = refund.round == round && refund.state == RefundState::Asking;
        Ok(mine.then(|| Event {
            actor: Actor::System,
            kind: EventKind::RefundAnswered {
                refund: step.refund,
                round: Some(round),
                answer: answer.clone(),
            },
        }))
    })
    .await?;
    let refund = after
        .refund(step.refund)
        .ok_or_else(|| ApiError::internal("a refund that is gone"))?;
    Ok(RefundStepDone {
        stage: refund.stage(),
    })
}

/// Was the gateway asked about another refund of the same payment a moment ago?
fn too_soon(order: &Order, refund: &Refund, now: Timestamp) -> bool {
    order.refunds.iter().any(|other| {
        other.no != refund.no
            && other.attempt == refund.attempt
            && other.answered_at.is_some_and(|at| now < at + BETWEEN)
    })
}

async fn ask(
    gateway: &dyn PaymentGateway,
    order: &Order,
    refund: &Refund,
    now: Timestamp,
) -> RefundAnswer {
    let request = RefundRequest {
        number: refund.number(&order.id),
        payment: OutTradeNo {
            order: order.id.clone(),
            attempt: refund.attempt,
        },
        amount: refund.amount,
        total: refund.total,
        reason: reason(refund.reason).to_owned(),
    };
    let status = if refund.accepted {
        match gateway.refund_status(&request, now).await {
            // It took the order and knows nothing of it now: order it again, under the same number.
            Ok(RefundStatus::Unknown) => gateway.refund(&request, now).await,
            other => other,
        }
    } else {
        gateway.refund(&request, now).await
    };
    match status {
        Ok(status) => heard(&status),
        Err(error) => {
            tracing::warn!(number = %request.number, why = %error, "refund could not be asked for");
            hindered(&error)
        }
    }
}

/// What the payer reads in their wallet.
fn reason(reason: RefundReason) -> &'static str {
    match reason {
        RefundReason::Cancelled => "订单已取消",
        RefundReason::PaidTwice => "重复支付退款",
        RefundReason::PaidLate => "订单已失效退款",
        RefundReason::WrongSum => "金额不符退款",
        RefundReason::Rejected => "资料未通过审核退款",
        RefundReason::LineEnded => "商品变更退款",
        RefundReason::PromiseMissed => "加急未按时完成退款",
    }
}

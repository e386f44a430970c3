//! Money that came, recorded once, whoever tells of it first: the gateway's notice, the page's poll or
//! `reconcile`.

use std::sync::Arc;

use adapters::ports::{
    Attempts, CloseOutcome, Commit, GatewayError, Orders, PaymentGateway, PortError, TradeStatus,
};
use contract::error::ErrorCode;
use domain::actor::Actor;
use domain::order::{Event, EventKind, Order, OrderState, transition};
use domain::payment::{
    Attempt, AttemptState, Disposition, OutTradeNo, Receipt, Reception, receive,
};
use domain::policy::Policies;
use jiff::Timestamp;

use crate::error::ApiError;
use crate::orders::policy_of;

const TRIES: u32 = 8;

/// What recording money and asking gateways needs.
#[derive(Clone)]
pub struct Payments {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Attempts.
    pub attempts: Arc<dyn Attempts>,
    /// Policies.
    pub policies: Arc<Policies>,
}

/// What recording came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is on record now, with this fate.
    New(Disposition),
    /// It was on record before.
    Known,
    /// The number is none of ours.
    NotOurs,
}

impl Payments {
    /// Records money on the attempt `number`, in one transaction with what it does to the order. Telling
    /// it again changes nothing.
    ///
    /// # Errors
    /// The store's troubles; a defect when a gateway tells two different payments on one number.
    pub async fn record(
        &self,
        number: &OutTradeNo,
        receipt: &Receipt,
        now: Timestamp,
    ) -> Result<Recorded, ApiError> {
        for _ in 0..TRIES {
            let Some(order) = self.orders.load(&number.order).await? else {
                return Ok(Recorded::NotOurs);
            };
            let attempts = self.attempts.attempts(&number.order).await?;
            let Some(attempt) = attempts
                .into_iter()
                .find(|attempt| attempt.number == *number)
            else {
                return Ok(Recorded::NotOurs);
            };
            let disposition = match receive(&order, &attempt, receipt) {
                Reception::Known => return Ok(Recorded::Known),
                Reception::Contradiction => {
                    return Err(ApiError::internal(format!(
                        "a second payment on the number {number}"
                    )));
                }
                Reception::New(disposition) => disposition,
            };
            let event = Event {
                actor: Actor::Gateway,
                kind: EventKind::PaymentReceived {
                    attempt: number.attempt,
                    method: attempt.method,
                    amount: receipt.amount,
                    paid_at: receipt.paid_at,
                    disposition,
                },
            };
            let mut commit = Commit::of(transition(
                &order,
                &event,
                now,
                policy_of(&self.policies, &order)?,
            )?);
            commit.attempt = Some(Attempt {
                state: AttemptState::Paid,
                receipt: Some(receipt.clone()),
                disposition: Some(disposition),
                version: attempt.version + 1,
                ..attempt
            });
            match self.orders.commit(&commit).await {
                Ok(()) => return Ok(Recorded::New(disposition)),
                Err(PortError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ErrorCode::ChangedMeanwhile.into())
    }

    /// Asks the gateway about an attempt and writes down what it says. An attempt whose QR is dead, or
    /// whose order has ended, is closed at the gateway too. Returns the attempt as it is afterwards.
    ///
    /// # Errors
    /// The store's troubles. A gateway that does not answer is no error: the attempt stays as it is and
    /// is asked about again later.
    pub async fn refresh(
        &self,
        gateway: &dyn PaymentGateway,
        order: &Order,
        attempt: Attempt,
        now: Timestamp,
    ) -> Result<Attempt, ApiError> {
        if matches!(attempt.state, AttemptState::Closed | AttemptState::Paid) {
            return Ok(attempt);
        }
        // Taking the turn first: of several who want to ask at once, one does.
        let mut asked = Attempt {
            queries: attempt.queries + 1,
            next_query_at: now + Attempt::query_pause(attempt.queries),
            version: attempt.version + 1,
            ..attempt.clone()
        };
        match self.attempts.save_attempt(&asked).await {
            Ok(()) => {}
            Err(PortError::Conflict) => return Ok(attempt),
            Err(error) => return Err(error.into()),
        }
        let number = asked.number.clone();
        let mut status = gateway.query(&number, now).await;
        let wanted = order.state == OrderState::AwaitingPayment && asked.may_receive(now);
        if !wanted && matches!(status, Ok(TradeStatus::Unpaid | TradeStatus::Unknown)) {
            match gateway.close(&number, now).await {
                Ok(CloseOutcome::Closed) => status = Ok(TradeStatus::Closed),
                Ok(CloseOutcome::Paid) => status = gateway.query(&number, now).await,
                // Nobody scanned it. Once the QR is dead, nobody can.
                Ok(CloseOutcome::Unknown) if !asked.may_receive(now) => {
                    status = Ok(TradeStatus::Closed);
                }
                Ok(CloseOutcome::Unknown) => {
                    if asked.state != AttemptState::Lapsing {
                        asked.state = AttemptState::Lapsing;
                        asked.version += 1;
                        self.attempts.save_attempt(&asked).await?;
                    }
                    return Ok(asked);
                }
                Err(error) => status = Err(error),
            }
        }
        match status {
            Ok(TradeStatus::Paid(receipt)) => {
                self.record(&number, &receipt, now).await?;
                let attempts = self.attempts.attempts(&number.order).await?;
                Ok(attempts
                    .into_iter()
                    .find(|attempt| attempt.number == number)
                    .unwrap_or(asked))
            }
            Ok(TradeStatus::Closed) => {
                asked.state = AttemptState::Closed;
                asked.version += 1;
                self.attempts.save_attempt(&asked).await?;
                Ok(asked)
            }
            Ok(TradeStatus::Unpaid | TradeStatus::Unknown) => Ok(asked),
            Err(error) => {
                report(&number, &error);
                Ok(asked)
            }
        }
    }
}

fn report(number: &OutTradeNo, error: &GatewayError) {
    tracing::warn!(%number, why = %error, "gateway could not be asked");
}

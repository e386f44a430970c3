//! Money that came and money that went back, recorded once, whoever tells of it first: the gateway's notice,
//! the page's poll, a step or `reconcile`.

use std::sync::Arc;

use adapters::ports::{
    Attempts, CloseOutcome, Commit, GatewayError, Gateways, Orders, PaymentGateway, PortError,
    RefundStatus, TradeStatus,
};
use contract::error::ErrorCode;
use domain::actor::Actor;
use domain::money::Money;
use domain::order::{Event, EventKind, Order, OrderState, transition};
use domain::payment::{
    Attempt, AttemptState, Disposition, OutTradeNo, Receipt, Reception, RefundNo, receive,
};
use domain::policy::Policies;
use domain::refund::{Hindrance, RefundAnswer, RefundState};
use jiff::Timestamp;

use crate::error::ApiError;
use crate::orders::{advance, policy_of};

const TRIES: u32 = 8;

/// What recording money and asking gateways needs.
#[derive(Clone)]
pub struct Payments {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Attempts.
    pub attempts: Arc<dyn Attempts>,
    /// Gateways.
    pub gateways: Arc<dyn Gateways>,
    /// Policies.
    pub policies: Arc<Policies>,
}

/// What recording came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded<T> {
    /// It is on record now, with this fate.
    New(T),
    /// It was on record before.
    Known,
    /// The number is none of ours.
    NotOurs,
}

/// Why the gateway is asked about an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// To see whether money came. An attempt that nobody needs any more is closed as well.
    After,
    /// To give it up, for the payer wants another way.
    ToClose,
}

impl Payments {
    /// Records money on the attempt `number`, in one transaction with what it does to the order: it pays it,
    /// or its refund is ordered. Telling it again changes nothing.
    ///
    /// # Errors
    /// The store's troubles; a defect when a gateway tells two different payments on one number.
    pub async fn record(
        &self,
        number: &OutTradeNo,
        receipt: &Receipt,
        now: Timestamp,
    ) -> Result<Recorded<Disposition>, ApiError> {
        for _ in 0..TRIES {
            let Some(order) = self.orders.load(&number.order).await? else {
                return Ok(Recorded::NotOurs);
            };
            let Some(attempt) = self.attempt(number).await? else {
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
                paying: false,
                silent: false,
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

    /// Records what a gateway told of a refund by itself. Telling it again changes nothing.
    ///
    /// # Errors
    /// The store's troubles; a defect when it tells of another sum or another payment than we asked for, or
    /// that money went back which two people say was paid out by hand.
    pub async fn record_refund(
        &self,
        number: &RefundNo,
        payment: &str,
        amount: Money,
        status: &RefundStatus,
        now: Timestamp,
    ) -> Result<Recorded<RefundState>, ApiError> {
        let Some(order) = self.orders.load(&number.order).await? else {
            return Ok(Recorded::NotOurs);
        };
        let Some(refund) = order.refund(number.refund) else {
            return Ok(Recorded::NotOurs);
        };
        let ours = OutTradeNo {
            order: order.id.clone(),
            attempt: refund.attempt,
        };
        if refund.amount != amount || ours.to_string() != payment {
            return Err(ApiError::internal(format!(
                "a gateway tells of the refund {number} with another sum or payment"
            )));
        }
        let answer = heard(status);
        let mut recorded = Recorded::Known;
        advance(&*self.orders, &self.policies, &order.id, now, |order| {
            let refund = order.refund(number.refund).ok_or(ErrorCode::NotFound)?;
            let news = match (&answer, refund.state) {
                (RefundAnswer::Done { .. }, RefundState::Settled) => {
                    return Err(ApiError::internal(format!(
                        "the refund {number} was paid out twice: by hand and by the gateway"
                    )));
                }
                (_, RefundState::Done | RefundState::Settled)
                | (RefundAnswer::Processing | RefundAnswer::Later(..), _)
                | (RefundAnswer::Stuck(..), RefundState::Abnormal) => false,
                (RefundAnswer::Done { .. } | RefundAnswer::Stuck(..), _) => true,
            };
            if !news {
                recorded = Recorded::Known;
                return Ok(None);
            }
            recorded = Recorded::New(match answer {
                RefundAnswer::Done { .. } => RefundState::Done,
                _ => RefundState::Abnormal,
            });
            Ok(Some(Event {
                actor: Actor::Gateway,
                kind: EventKind::RefundAnswered {
                    refund: number.refund,
                    round: None,
                    answer: answer.clone(),
                },
            }))
        })
        .await?;
        Ok(recorded)
    }

    async fn attempt(&self, number: &OutTradeNo) -> Result<Option<Attempt>, PortError> {
        let attempts = self.attempts.attempts(&number.order).await?;
        Ok(attempts
            .into_iter()
            .find(|attempt| attempt.number == *number))
    }

    /// Asks the gateway about an attempt and writes down what it says. An attempt whose QR is dead, or
    /// whose order has ended, is closed at the gateway too. Returns the attempt as it is afterwards.
    ///
    /// When the power goes out after the question, nothing is written but that it was asked, and it is asked
    /// again; closing again answers the same.
    ///
    /// # Errors
    /// The store's troubles. A gateway that does not answer is no error: the attempt says so, stays as it is
    /// otherwise, and is asked about again later.
    pub async fn refresh(
        &self,
        order: &Order,
        attempt: Attempt,
        why: Asking,
        now: Timestamp,
    ) -> Result<Attempt, ApiError> {
        if matches!(attempt.state, AttemptState::Closed | AttemptState::Paid) {
            return Ok(attempt);
        }
        // Taking the turn first: of several who want to ask at once, one does.
        let asked = Attempt {
            queries: attempt.queries + 1,
            next_query_at: now + Attempt::query_pause(attempt.queries),
            version: attempt.version + 1,
            ..attempt.clone()
        };
        match self.attempts.save_attempt(&asked).await {
            Ok(()) => {}
            Err(PortError::Conflict) => {
                return Ok(self.attempt(&attempt.number).await?.unwrap_or(attempt));
            }
            Err(error) => return Err(error.into()),
        }
        let number = asked.number.clone();
        let wanted = why == Asking::After
            && order.state == OrderState::AwaitingPayment
            && asked.state != AttemptState::Lapsing
            && asked.may_receive(now);
        let status = match self.gateways.gateway(asked.method).await {
            Ok(gateway) => ask(&*gateway, &asked, wanted, now).await,
            Err(error) => Err(error),
        };
        let next = match status {
            Ok(Said::Paid(receipt)) => {
                self.record(&number, &receipt, now).await?;
                return Ok(self.attempt(&number).await?.unwrap_or(asked));
            }
            Ok(Said::Closed) => Attempt {
                state: AttemptState::Closed,
                paying: false,
                silent: false,
                ..asked.clone()
            },
            Ok(Said::Lapses) => Attempt {
                state: AttemptState::Lapsing,
                paying: false,
                silent: false,
                ..asked.clone()
            },
            Ok(Said::Unpaid { paying }) => Attempt {
                paying,
                silent: false,
                ..asked.clone()
            },
            Err(error) => {
                tracing::warn!(%number, why = %error, "gateway could not be asked");
                Attempt {
                    silent: true,
                    ..asked.clone()
                }
            }
        };
        if next == asked {
            return Ok(asked);
        }
        let next = Attempt {
            version: asked.version + 1,
            ..next
        };
        match self.attempts.save_attempt(&next).await {
            Ok(()) => Ok(next),
            // A notice was faster: what it wrote counts.
            Err(PortError::Conflict) => Ok(self.attempt(&number).await?.unwrap_or(asked)),
            Err(error) => Err(error.into()),
        }
    }
}

/// What asking about an attempt came to.
enum Said {
    Paid(Receipt),
    Closed,
    Lapses,
    Unpaid { paying: bool },
}

/// Asks, and closes what nobody wants any more.
async fn ask(
    gateway: &dyn PaymentGateway,
    attempt: &Attempt,
    wanted: bool,
    now: Timestamp,
) -> Result<Said, GatewayError> {
    let number = &attempt.number;
    let status = gateway.query(number, now).await?;
    let open = match status {
        TradeStatus::Paid(receipt) => return Ok(Said::Paid(receipt)),
        TradeStatus::Closed => return Ok(Said::Closed),
        TradeStatus::Paying => true,
        TradeStatus::Unpaid | TradeStatus::Unknown => false,
    };
    if wanted {
        return Ok(Said::Unpaid { paying: open });
    }
    match gateway.close(number, now).await? {
        CloseOutcome::Closed => Ok(Said::Closed),
        CloseOutcome::Paid => match gateway.query(number, now).await? {
            TradeStatus::Paid(receipt) => Ok(Said::Paid(receipt)),
            _ => Err(GatewayError::Unavailable(
                "it says that it is paid, and then that it is not".to_owned(),
            )),
        },
        // Nobody scanned it. Once the QR is dead, nobody can.
        CloseOutcome::Unknown if !attempt.may_receive(now) => Ok(Said::Closed),
        CloseOutcome::Unknown => Ok(Said::Lapses),
    }
}

/// What a gateway's word on a refund means.
pub fn heard(status: &RefundStatus) -> RefundAnswer {
    match status {
        RefundStatus::Done { receipt, at } => RefundAnswer::Done {
            receipt: receipt.clone(),
            at: *at,
        },
        RefundStatus::Processing => RefundAnswer::Processing,
        RefundStatus::Unknown => RefundAnswer::Later(Hindrance::Unreachable, String::new()),
        RefundStatus::Short => RefundAnswer::Later(Hindrance::Short, String::new()),
        RefundStatus::Abnormal => RefundAnswer::Stuck(Hindrance::PayerAccount, String::new()),
        RefundStatus::Closed => RefundAnswer::Stuck(Hindrance::Closed, String::new()),
    }
}

/// What a gateway's failure means for a refund.
pub fn hindered(error: &GatewayError) -> RefundAnswer {
    match error {
        GatewayError::Unavailable(_) | GatewayError::Forged => {
            RefundAnswer::Later(Hindrance::Unreachable, String::new())
        }
        GatewayError::Refused { code, .. } => RefundAnswer::Stuck(Hindrance::Refused, code.clone()),
        GatewayError::Credentials(_) => RefundAnswer::Later(Hindrance::Credentials, String::new()),
    }
}

//! Function `pay`: shows the QR code of an order and tells where its payment stands.

use std::sync::Arc;

use adapters::payment::FromSecrets;
use adapters::ports::{Attempts, Clock, GatewayError, NewTrade, Orders, PortError};
use axum::Router;
use axum::extract::State;
use contract::error::{ErrorCode, FieldCode};
use contract::payment::{AttemptView, PaymentPhase, PaymentRequest, PaymentView};
use domain::ids::OrderId;
use domain::order::{Order, OrderState};
use domain::payment::{Attempt, AttemptState, OutTradeNo, PaymentMethod};
use domain::policy::{Policies, StorefrontPolicy};
use edge::ApiError;
use edge::api::{Api, Gate};
use edge::extract::{Json, Path, Person};
use edge::orders::policy_of;
use edge::payments::{Asking, Payments};
use edge::real::SystemClock;
use jiff::{SignedDuration, Timestamp};
use lambda_http::Error;

/// A QR code that lives shorter than this is not worth showing; gateways count in whole minutes.
const SHORTEST_QR: SignedDuration = SignedDuration::from_secs(60);
/// How often the page's poll may make us ask the gateway about one attempt.
const POLL_PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// For how long it may; after that `reconcile` asks, ever more rarely.
const POLL_ASKS: SignedDuration = SignedDuration::from_mins(5);
/// Two tabs and a double click try at once; each try means that another one got through.
const TRIES: u32 = 6;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Attempts.
    pub attempts: Arc<dyn Attempts>,
    /// Recording money, and the gateways.
    pub payments: Payments,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("pay")
        .operation("startPayment", start)
        .operation("paymentState", state)
        .finish(gate, ports)
}

/// The function with its real ports.
///
/// # Errors
/// When the environment lacks something.
#[expect(clippy::unused_async, reason = "every function connects the same way")]
pub async fn connect() -> Result<Router, Error> {
    let table = edge::wiring::table()?;
    let gate = edge::wiring::gate(&table)?;
    let policies = Arc::new(Policies::shipped()?);
    let ports = Ports {
        orders: table.clone(),
        attempts: table.clone(),
        payments: Payments {
            orders: table.clone(),
            attempts: table,
            gateways: Arc::new(FromSecrets::new(edge::wiring::secrets()?)),
            policies: policies.clone(),
        },
        policies,
        clock: Arc::new(SystemClock),
    };
    Ok(api(gate, ports)?)
}

async fn load_own(ports: &Ports, id: &OrderId, person: &Person) -> Result<Order, ApiError> {
    let order = ports
        .orders
        .load(id)
        .await?
        .filter(|order| order.company == person.company);
    order.ok_or_else(|| ErrorCode::NotFound.into())
}

/// Shows a QR code. The number is taken in the store before the gateway is asked, and the answer is
/// written after: when the power goes out in between, the next call asks again with the same number,
/// which the gateway takes for the same payment.
///
/// Another way to pay is possible while a code is shown: that one is closed at its gateway first. One that
/// cannot be closed, for nobody has scanned it, lapses; money on it would come back.
async fn start(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<OrderId>,
    Json(request): Json<PaymentRequest>,
) -> Result<Json<PaymentView>, ApiError> {
    for _ in 0..TRIES {
        let now = ports.clock.now();
        let order = load_own(&ports, &id, &person).await?;
        let policy = policy_of(&ports.policies, &order)?;
        if !policy.payment_methods.contains(&request.method) {
            return Err(ApiError::field("method", FieldCode::NotOffered));
        }
        let attempts = ports.attempts.attempts(&id).await?;
        if order.state != OrderState::AwaitingPayment {
            return match order.state {
                OrderState::Paid | OrderState::Completed => {
                    Ok(Json(view(&order, policy, &attempts, now)))
                }
                _ => Err(ErrorCode::NotInThisState.into()),
            };
        }
        let current = attempts.last().filter(|attempt| is_alive(attempt, now));
        let attempt = match current {
            // Another gateway, or another sum: the order was taken back and changed since.
            Some(attempt) if attempt.method != request.method || attempt.amount != order.total => {
                let after = ports
                    .payments
                    .refresh(&order, attempt.clone(), Asking::ToClose, now)
                    .await?;
                if is_alive(&after, now) {
                    // The gateway was not reached, or the payer is just paying: the code stays the one.
                    return Err(ErrorCode::NotInThisState.into());
                }
                continue;
            }
            Some(attempt) if attempt.state == AttemptState::Open => {
                return Ok(Json(view(&order, policy, &attempts, now)));
            }
            Some(attempt) => attempt.clone(),
            None => {
                let qr_life = SignedDuration::from_mins(i64::from(policy.qr_minutes));
                let number = u32::try_from(attempts.len())
                    .unwrap_or(u32::MAX)
                    .saturating_add(1);
                let attempt = new_attempt(&order, number, request.method, qr_life, now)?;
                match ports.attempts.save_attempt(&attempt).await {
                    Ok(()) => attempt,
                    Err(PortError::Conflict) => continue,
                    Err(error) => return Err(error.into()),
                }
            }
        };
        let gateway = ports.payments.gateways.gateway(attempt.method).await;
        let gateway = gateway.map_err(gateway_error)?;
        let trade = NewTrade {
            number: attempt.number.clone(),
            amount: attempt.amount,
            subject: format!("电子密钥订单 {}", order.id),
            qr_expires_at: attempt.qr_expires_at,
        };
        let qr = gateway.create(&trade, now).await.map_err(gateway_error)?;
        let open = Attempt {
            state: AttemptState::Open,
            qr: Some(qr),
            version: attempt.version + 1,
            ..attempt
        };
        match ports.attempts.save_attempt(&open).await {
            Ok(()) | Err(PortError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

/// Tells where the payment stands. While a code is young, this also asks the gateway, at most every few
/// seconds for each attempt, so that the page sees the money even when a notice is lost.
async fn state(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<OrderId>,
) -> Result<Json<PaymentView>, ApiError> {
    let now = ports.clock.now();
    let order = load_own(&ports, &id, &person).await?;
    let policy = policy_of(&ports.policies, &order)?;
    let attempts = ports.attempts.attempts(&id).await?;
    let to_ask = attempts.last().filter(|attempt| {
        let asked_at =
            attempt.next_query_at - Attempt::query_pause(attempt.queries.saturating_sub(1));
        let young = now < attempt.created_at + POLL_ASKS;
        // The last question of all: the code is over, and money may have come at the last moment.
        let over = now >= attempt.qr_expires_at;
        order.state == OrderState::AwaitingPayment
            && attempt.state == AttemptState::Open
            && (young || over)
            && now >= attempt.created_at + POLL_PAUSE
            && now >= asked_at + POLL_PAUSE
    });
    let Some(attempt) = to_ask else {
        return Ok(Json(view(&order, policy, &attempts, now)));
    };
    ports
        .payments
        .refresh(&order, attempt.clone(), Asking::After, now)
        .await?;
    let order = load_own(&ports, &id, &person).await?;
    let attempts = ports.attempts.attempts(&id).await?;
    Ok(Json(view(&order, policy, &attempts, now)))
}

fn is_alive(attempt: &Attempt, now: Timestamp) -> bool {
    matches!(attempt.state, AttemptState::Creating | AttemptState::Open)
        && now < attempt.qr_expires_at
}

fn new_attempt(
    order: &Order,
    number: u32,
    method: PaymentMethod,
    qr_life: SignedDuration,
    now: Timestamp,
) -> Result<Attempt, ApiError> {
    let pay_by = order.pay_by.ok_or(ErrorCode::NotInThisState)?;
    let qr_expires_at = pay_by.min(now + qr_life);
    if qr_expires_at.duration_since(now) < SHORTEST_QR {
        return Err(ErrorCode::NotInThisState.into());
    }
    Ok(Attempt {
        number: OutTradeNo {
            order: order.id.clone(),
            attempt: number,
        },
        method,
        amount: order.total,
        state: AttemptState::Creating,
        qr: None,
        qr_expires_at,
        created_at: now,
        queries: 0,
        next_query_at: now + Attempt::query_pause(0),
        paying: false,
        silent: false,
        receipt: None,
        disposition: None,
        version: 1,
    })
}

fn view(
    order: &Order,
    policy: &StorefrontPolicy,
    attempts: &[Attempt],
    now: Timestamp,
) -> PaymentView {
    let last = attempts.last();
    let older = attempts.split_last().map_or(&[][..], |(_, older)| older);
    PaymentView {
        amount: order.total,
        paid: order.payment.is_some(),
        phase: phase(order, last, now),
        methods: policy.payment_methods.clone(),
        confirm: policy.confirm_payment,
        silent: last.is_some_and(|attempt| attempt.silent),
        older_code: order.state == OrderState::AwaitingPayment
            && older
                .iter()
                .chain(last.filter(|a| a.state == AttemptState::Lapsing))
                .any(|attempt| attempt.may_receive(now)),
        now,
        pay_by: order.pay_by,
        attempt: last.map(|attempt| AttemptView {
            number: attempt.number.to_string(),
            method: attempt.method,
            state: attempt.state,
            qr: attempt
                .qr
                .clone()
                .filter(|_| attempt.state == AttemptState::Open && now < attempt.qr_expires_at),
            qr_expires_at: attempt.qr_expires_at,
            disposition: attempt.disposition,
        }),
    }
}

fn phase(order: &Order, last: Option<&Attempt>, now: Timestamp) -> PaymentPhase {
    match (order.state, last) {
        (OrderState::Paid | OrderState::Completed, _) => PaymentPhase::Paid,
        (OrderState::Draft | OrderState::Cancelled, _) => PaymentPhase::Ended,
        (OrderState::AwaitingPayment, None) => PaymentPhase::Choose,
        (OrderState::AwaitingPayment, Some(attempt)) => match attempt.state {
            AttemptState::Creating if now < attempt.qr_expires_at => PaymentPhase::Preparing,
            AttemptState::Open if now >= attempt.qr_expires_at => PaymentPhase::Confirming,
            AttemptState::Open if attempt.paying => PaymentPhase::Paying,
            AttemptState::Open => PaymentPhase::Scan,
            // Paid, and the order waits still: it was not the sum that was asked for.
            AttemptState::Creating
            | AttemptState::Lapsing
            | AttemptState::Closed
            | AttemptState::Paid => PaymentPhase::Choose,
        },
    }
}

fn gateway_error(error: GatewayError) -> ApiError {
    match error {
        GatewayError::Credentials(why) => ApiError::internal(why),
        other => ApiError::new(ErrorCode::GatewayUnavailable).because(other),
    }
}

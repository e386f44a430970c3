//! Function `statement`: reads the gateways' bills of the days before and compares them with the ledger
//! (对账).
//!
//! It comes every ten minutes and mostly finds nothing to do. It may run twice: reading changes nothing at a
//! gateway, what it records is recorded once, and a statement is written under its version. Money that a
//! bill has and we had not is asked after and recorded at once, so that a lost notice heals here at the
//! latest.

mod compare;

use std::sync::Arc;

use adapters::payment::FromSecrets;
use adapters::ports::{
    Attempts, Bill, Clock, CommitError, Index, Orders, Registry, Span, Transaction,
};
use adapters::registry::{WANTED_STATEMENTS, statement};
use contract::step::{StatementReport, StatementRequest};
use domain::ledger::day_of;
use domain::payment::PaymentMethod;
use domain::policy::Policies;
use domain::statement::{Statement, StatementState};
use edge::ApiError;
use edge::payments::Payments;
use edge::real::SystemClock;
use edge::step::StepError;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// How many days back a missing bill is asked for. Gateways keep them for months; after this a person asks.
const DAYS: i64 = 14;
/// From when on yesterday's bill is asked for, in minutes after midnight in China: WeChat Pay makes it from
/// nine to ten (WeChat Pay, trade bill).
const FROM: SignedDuration = SignedDuration::from_hours(10);
/// How long to wait when a bill was not there.
const AGAIN: SignedDuration = SignedDuration::from_mins(30);
/// How many statements that somebody wants are read at a time.
const WANTED: u32 = 20;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Attempts.
    pub attempts: Arc<dyn Attempts>,
    /// Postings and statements.
    pub registry: Arc<dyn Registry>,
    /// Recording money, and the gateways.
    pub payments: Payments,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The function with its real ports.
///
/// # Errors
/// When the environment lacks something.
pub fn connect() -> Result<Ports, lambda_runtime::Error> {
    let table = edge::wiring::table()?;
    let policies = Arc::new(Policies::shipped()?);
    Ok(Ports {
        orders: table.clone(),
        attempts: table.clone(),
        registry: table.clone(),
        payments: Payments {
            orders: table.clone(),
            attempts: table,
            gateways: Arc::new(FromSecrets::new(edge::wiring::secrets()?)),
            policies: policies.clone(),
        },
        policies,
        clock: Arc::new(SystemClock),
    })
}

/// Reads what is missing or wanted. One bill that cannot be read does not hold up the others.
///
/// # Errors
/// Only when the table cannot even be asked what is missing.
pub async fn run(ports: &Ports, request: StatementRequest) -> Result<StatementReport, StepError> {
    let mut report = StatementReport::default();
    let now = ports.clock.now();
    let todo = match request.day {
        Some(day) => methods(&ports.policies)
            .map(|method| (day, method))
            .collect(),
        None => missing(ports, now).await?,
    };
    for (day, method) in todo {
        match read(ports, day, method, now).await {
            Ok(StatementState::Balanced) => report.balanced += 1,
            Ok(StatementState::Different) => report.different += 1,
            Ok(StatementState::Waiting) => report.waiting += 1,
            Err(error) => {
                report.waiting += 1;
                let why = error.internal.as_deref().unwrap_or(error.code.as_str());
                tracing::warn!(%day, method = method.as_str(), why, "bill could not be compared");
            }
        }
    }
    if report != StatementReport::default() {
        tracing::info!(?report, "bills read");
    }
    Ok(report)
}

/// The gateways that any storefront takes money by.
fn methods(policies: &Policies) -> impl Iterator<Item = PaymentMethod> {
    PaymentMethod::ALL.into_iter().filter(|method| {
        policies
            .iter()
            .any(|policy| policy.payment_methods.contains(method))
    })
}

/// The bills that are to be read now: those of the last days that are not there, and those somebody wants.
async fn missing(ports: &Ports, now: Timestamp) -> Result<Vec<(Date, PaymentMethod)>, ApiError> {
    let span = Span::all(Index::Due, WANTED_STATEMENTS);
    let wanted = ports
        .registry
        .load_page::<Statement>(&span, None, WANTED)
        .await?;
    let mut todo: Vec<(Date, PaymentMethod)> = wanted
        .rows
        .iter()
        .map(|statement| (statement.day, statement.method))
        .collect();
    // Before ten in the morning, yesterday is not there yet.
    let last = day_of(now - FROM).checked_sub(1.day());
    let last = last.map_err(|error| ApiError::internal(error.to_string()))?;
    for back in 0..DAYS {
        let Ok(day) = last.checked_sub(back.days()) else {
            break;
        };
        for method in methods(&ports.policies) {
            let found: Option<Statement> = ports.registry.load(&statement(day, method)).await?;
            let waits = found.is_none_or(|found| {
                found.state == StatementState::Waiting
                    && found.read_at.is_none_or(|at| at + AGAIN <= now)
            });
            if waits && !todo.contains(&(day, method)) {
                todo.push((day, method));
            }
        }
    }
    Ok(todo)
}

/// Reads one bill and writes down what it came to.
async fn read(
    ports: &Ports,
    day: Date,
    method: PaymentMethod,
    now: Timestamp,
) -> Result<StatementState, ApiError> {
    let found: Option<Statement> = ports.registry.load(&statement(day, method)).await?;
    let mut next = found.unwrap_or_else(|| Statement::waiting(day, method));
    let bill = match ports.payments.gateways.gateway(method).await {
        Ok(gateway) => gateway.bill(day, now).await,
        Err(error) => Err(error),
    };
    match bill {
        Ok(Bill::Rows(rows)) => {
            let found = compare::compare(ports, day, method, &rows, now).await?;
            next.payments = found.payments;
            next.paid = found.paid;
            next.refunds = found.refunds;
            next.refunded = found.refunded;
            next.refund_numbers = found.refund_numbers;
            next.take(found.differences, now);
        }
        Ok(Bill::NotReady) => {
            next.read_at = Some(now);
            next.trouble = Some("not ready".to_owned());
        }
        Err(error) => {
            next.read_at = Some(now);
            next.trouble = Some(error.to_string());
        }
    }
    next.version += 1;
    let transaction = Transaction::new(now).change(&next)?;
    match ports.registry.record(&transaction).await {
        Ok(()) => Ok(next.state),
        // Somebody noted something in between: it is read again.
        Err(CommitError::Refused(_)) => Ok(StatementState::Waiting),
        Err(CommitError::Port(error)) => Err(error.into()),
    }
}

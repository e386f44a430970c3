//! Function `finance`: the finance desk (财务). Refunds and invoices that need somebody, the ledger, the gateways' bills.

mod invoices;
mod ledger;
mod refunds;
mod statements;

use std::sync::Arc;

use adapters::ports::{Attempts, Clock, Orders, Registry};
use axum::Router;
use domain::policy::Policies;
use edge::api::{Api, Gate};
use edge::real::SystemClock;
use lambda_http::Error;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders, with their refunds.
    pub orders: Arc<dyn Orders>,
    /// Tries to pay.
    pub attempts: Arc<dyn Attempts>,
    /// Postings, queues and statements.
    pub registry: Arc<dyn Registry>,
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
    Api::new("finance")
        .operation("refundQueue", refunds::queue)
        .operation("retryRefund", refunds::retry)
        .operation("settleRefund", refunds::settle)
        .operation("withdrawSettlement", refunds::withdraw)
        .operation("agreeSettlement", refunds::agree)
        .operation("invoiceQueue", invoices::queue)
        .operation("retryInvoice", invoices::retry)
        .operation("releaseInvoice", invoices::release)
        .operation("orderBooks", ledger::order)
        .operation("dayBooks", ledger::day)
        .operation("listStatements", statements::list)
        .operation("getStatement", statements::get)
        .operation("readStatement", statements::read_again)
        .operation("handleDifference", statements::handled)
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
    let ports = Ports {
        orders: table.clone(),
        attempts: table.clone(),
        registry: table,
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
    };
    Ok(api(gate, ports)?)
}

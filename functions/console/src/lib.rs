//! Function `console`: orders before the staff. Found by number, company, key or waybill, shown whole, and
//! brought back to a road when they left it.

mod exits;
mod search;

use std::sync::Arc;

use adapters::ports::{Clock, Lists, Orders, Papers, Parcels, Registry};
use axum::Router;
use domain::policy::Policies;
use edge::api::{Api, Gate};
use edge::real::SystemClock;
use lambda_http::Error;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Lists of a company's orders.
    pub lists: Arc<dyn Lists>,
    /// Announced papers.
    pub papers: Arc<dyn Papers>,
    /// Parcels, also by waybill.
    pub parcels: Arc<dyn Parcels>,
    /// Who has which name, which order a key is in, what is on sale.
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
    Api::new("console")
        .operation("searchOrders", search::find)
        .operation("consoleOrder", exits::show)
        .operation("returnToReview", exits::return_to_review)
        .operation("askExit", exits::ask)
        .operation("agreeExit", exits::agree)
        .operation("withdrawExit", exits::withdraw)
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
        lists: table.clone(),
        papers: table.clone(),
        parcels: table.clone(),
        registry: table,
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
    };
    Ok(api(gate, ports)?)
}

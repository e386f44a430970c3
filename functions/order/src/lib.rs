//! Function `order`: quotes, drafts, submission, lists, history, materials.

mod choice;
mod draft;
mod invoices;
mod materials;
mod read;
mod receipt;

use std::sync::Arc;

use adapters::dynamodb::Table;
use adapters::ports::{Clock, Lists, Objects, Orders, Papers, Parcels, Random, Registry};
use adapters::s3::Bucket;
use axum::Router;
use contract::error::ErrorCode;
use contract::order::OrderView;
use domain::ids::OrderId;
use domain::order::Order;
use domain::policy::Policies;
use edge::ApiError;
use edge::api::{Api, Gate};
use edge::extract::Person;
use edge::real::{OsRandom, SystemClock};
use lambda_http::Error;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Lists of them.
    pub lists: Arc<dyn Lists>,
    /// What is on sale; companies, for the subject of certificates; their keys.
    pub registry: Arc<dyn Registry>,
    /// Announced papers.
    pub papers: Arc<dyn Papers>,
    /// Parcels.
    pub parcels: Arc<dyn Parcels>,
    /// The papers' bucket.
    pub objects: Arc<dyn Objects>,
    /// The files of invoices.
    pub invoices: Arc<dyn Objects>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Order numbers.
    pub random: Arc<dyn Random>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("order")
        .operation("quote", draft::quote)
        .operation("createOrder", draft::create)
        .operation("changeOrder", draft::change)
        .operation("submitOrder", draft::submit)
        .operation("cancelOrder", draft::cancel)
        .operation("confirmReceipt", receipt::confirm)
        .operation("withdrawOrder", draft::withdraw)
        .operation("listOrders", read::list)
        .operation("getOrder", read::get)
        .operation("orderHistory", read::history)
        .operation("submitMaterials", materials::submit)
        .operation("listInvoices", invoices::list)
        .operation("getInvoice", invoices::get)
        .operation("getInvoiceFile", invoices::file)
        .operation("sendInvoice", invoices::send)
        .operation("changeInvoiceBuyer", invoices::change_buyer)
        .finish(gate, ports)
}

/// The function with its real ports.
///
/// # Errors
/// When the environment lacks something.
#[expect(clippy::unused_async, reason = "every function connects the same way")]
pub async fn connect() -> Result<Router, Error> {
    let table: Arc<Table> = edge::wiring::table()?;
    let gate = edge::wiring::gate(&table)?;
    let config = edge::aws::sdk_config()?;
    let bucket = |name| Arc::new(Bucket::connect(config, name, edge::aws::has_own_endpoint()));
    let ports = Ports {
        orders: table.clone(),
        lists: table.clone(),
        registry: table.clone(),
        papers: table.clone(),
        parcels: table,
        objects: bucket(edge::config::required("PAPERS_BUCKET")?),
        invoices: bucket(edge::config::required("INVOICES_BUCKET")?),
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
    };
    Ok(api(gate, ports)?)
}

/// A stranger's order is not there: 404, as for a number that nobody has.
fn own(order: &Order, person: &Person) -> Result<(), ApiError> {
    if order.company == person.company {
        Ok(())
    } else {
        Err(ErrorCode::NotFound.into())
    }
}

async fn load_own(ports: &Ports, id: &OrderId, person: &Person) -> Result<Order, ApiError> {
    let order = ports.orders.load(id).await?.ok_or(ErrorCode::NotFound)?;
    own(&order, person)?;
    Ok(order)
}

async fn view(ports: &Ports, order: &Order) -> Result<OrderView, ApiError> {
    edge::orders::whole(&*ports.papers, &*ports.parcels, &ports.policies, order).await
}

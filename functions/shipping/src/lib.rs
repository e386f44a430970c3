//! Function `shipping`: the parcel desk, and the courier's messages (查看物流).

mod courier;
mod desk;
mod pickups;

use std::sync::Arc;

use adapters::ports::{Clock, Lists, Orders, Parcels, Secrets};
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
    /// The queue.
    pub lists: Arc<dyn Lists>,
    /// Parcels.
    pub parcels: Arc<dyn Parcels>,
    /// The courier's key.
    pub secrets: Arc<dyn Secrets>,
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
    Api::new("shipping")
        .operation("shippingQueue", desk::queue)
        .operation("shippingLine", desk::show)
        .operation("handedOver", desk::handed_over)
        .operation("pickupQueue", pickups::queue)
        .operation("pickupLine", pickups::show)
        .operation("pickedUp", pickups::picked_up)
        .operation("courierMessage", courier::message)
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
        parcels: table,
        secrets: edge::wiring::secrets()?,
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
    };
    Ok(api(gate, ports)?)
}

//! Function `audit`: what staff did, looked up and written to a file.

mod days;
mod export;
mod list;

use std::sync::Arc;

use adapters::ports::{Clock, Objects, Random, Registry};
use adapters::s3::Bucket;
use axum::Router;
use edge::api::{Api, Gate};
use edge::real::{OsRandom, SystemClock};
use lambda_http::Error;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Chains, and names of staff.
    pub registry: Arc<dyn Registry>,
    /// The bucket for exports.
    pub exports: Arc<dyn Objects>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Names of files.
    pub random: Arc<dyn Random>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("audit")
        .operation("listAudit", list::list)
        .operation("exportAudit", export::export)
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
    let bucket = Bucket::connect(
        edge::aws::sdk_config()?,
        edge::config::required("EXPORTS_BUCKET")?,
        edge::aws::has_own_endpoint(),
    );
    let ports = Ports {
        registry: table,
        exports: Arc::new(bucket),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
    };
    Ok(api(gate, ports)?)
}

//! Function `catalog`: what a storefront sells, and how.

use std::sync::Arc;

use adapters::ports::Products;
use axum::Router;
use axum::extract::State;
use contract::catalog::CatalogView;
use contract::error::ErrorCode;
use domain::policy::{Policies, StorefrontId};
use edge::ApiError;
use edge::api::{Api, Gate};
use edge::extract::{Json, Path};
use lambda_http::Error;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// What is on sale.
    pub products: Arc<dyn Products>,
    /// Policies.
    pub policies: Arc<Policies>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("catalog")
        .operation("catalog", catalog)
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
        products: table,
        policies: Arc::new(Policies::shipped()?),
    };
    Ok(api(gate, ports)?)
}

async fn catalog(
    State(ports): State<Ports>,
    Path(storefront): Path<String>,
) -> Result<Json<CatalogView>, ApiError> {
    let id = StorefrontId(storefront);
    let policy = ports.policies.get(&id).ok_or(ErrorCode::NotFound)?;
    Ok(Json(CatalogView {
        storefront: id.0.clone(),
        name: policy.name.clone(),
        products: ports.products.products(&id).await?,
        payment_methods: policy.payment_methods.clone(),
        invoice_kinds: policy.invoice_kinds.clone(),
        invoice_by_default: policy.invoice_by_default,
        delivery_kinds: policy.delivery_kinds.clone(),
        urgency_levels: policy.urgency_levels.clone(),
        max_keys_per_line: policy.max_keys_per_line,
        max_lines: policy.max_lines,
    }))
}

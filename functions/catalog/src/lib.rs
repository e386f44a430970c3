//! Function `catalog`: what a storefront sells, and how; and the desk where that is edited.

mod desk;

use std::collections::BTreeSet;
use std::sync::Arc;

use adapters::ports::{Clock, Registry};
use adapters::registry;
use axum::Router;
use axum::extract::State;
use contract::catalog::{CatalogView, PickupBranch};
use contract::error::ErrorCode;
use domain::order::DisplayState;
use domain::policy::{DeliveryKind, Policies, StorefrontId};
use edge::ApiError;
use edge::api::{Api, Gate};
use edge::extract::{Json, Path};
use edge::real::SystemClock;
use lambda_http::Error;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// What is on sale, and branches.
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
    Api::new("catalog")
        .operation("catalog", catalog)
        .operation("listPolicies", desk::policies)
        .operation("consoleCatalog", desk::list)
        .operation("changeProduct", desk::change)
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
        registry: table,
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
    };
    Ok(api(gate, ports)?)
}

async fn catalog(
    State(ports): State<Ports>,
    Path(storefront): Path<String>,
) -> Result<Json<CatalogView>, ApiError> {
    let id = StorefrontId(storefront);
    let policy = ports.policies.get(&id).ok_or(ErrorCode::NotFound)?;
    let products = registry::on_sale(&*ports.registry, policy, ports.clock.now()).await?;
    let mut branches: Vec<PickupBranch> = Vec::new();
    if policy.delivery_kinds.contains(&DeliveryKind::BranchPickup) {
        branches = registry::branches(&*ports.registry)
            .await?
            .into_iter()
            .map(|branch| PickupBranch {
                id: branch.id,
                name: branch.name,
                address: branch.address,
                phone: branch.phone,
            })
            .collect();
    }
    // What another storefront calls otherwise is not offered twice, and what never comes here is not offered.
    let states: BTreeSet<DisplayState> = DisplayState::ALL
        .into_iter()
        .filter(|state| match state {
            DisplayState::Submitted => false,
            DisplayState::AwaitingReceipt => policy.receipt_days.is_some(),
            _ => true,
        })
        .map(|state| policy.shown(state))
        .collect();
    Ok(Json(CatalogView {
        storefront: id.0.clone(),
        name: policy.name.clone(),
        products,
        payment_methods: policy.payment_methods.clone(),
        invoice_kinds: policy.invoice_kinds.clone(),
        invoice_by_default: policy.invoice_by_default,
        delivery_kinds: policy.delivery_kinds.clone(),
        urgency_levels: policy.urgency_levels.clone(),
        max_keys_per_line: policy.max_keys_per_line,
        max_lines: policy.max_lines,
        max_pages_per_paper: policy.max_pages_per_paper,
        alone: policy.alone.clone(),
        renewal_window: policy.renewal_window,
        materials: policy.materials,
        on_rejection: policy.on_rejection,
        cancel_paid: policy.cancel_paid,
        states: states.into_iter().collect(),
        branches,
    }))
}

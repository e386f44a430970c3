//! The company's keys (我的密钥), and reporting one lost.

use std::cmp::Reverse;

use adapters::registry;
use axum::extract::State;
use contract::error::FieldCode;
use contract::keys::{KeyList, KeyView, LossRequest};
use domain::credit::{CreditUse, Inspection};
use domain::key::{CompanyKey, HandedKey};
use domain::stock::StockKey;
use edge::ApiError;
use edge::extract::{Json, Path, Person};
use edge::keys::{found, suspend};
use jiff::Timestamp;

use crate::Ports;

async fn view(ports: &Ports, key: &CompanyKey, now: Timestamp) -> Result<KeyView, ApiError> {
    let place = registry::inspection(&key.company, &key.serial);
    let inspection: Option<Inspection> = ports.registry.load(&place).await?;
    let used = match &inspection {
        Some(inspection) => {
            let place = registry::credit_use(&inspection.certificate_serial);
            let used: Option<CreditUse> = ports.registry.load(&place).await?;
            used.is_some()
        }
        None => false,
    };
    let policy = ports.policies.get(&key.storefront);
    let inspection = inspection.as_ref().map(|inspection| (inspection, used));
    let stock: Option<StockKey> = ports
        .registry
        .load(&registry::stock_key(&key.serial))
        .await?;
    Ok(KeyView::of(key, policy, stock.as_ref(), inspection, now))
}

pub(crate) async fn list(
    State(ports): State<Ports>,
    person: Person,
) -> Result<Json<KeyList>, ApiError> {
    let now = ports.clock.now();
    let partition = registry::company_partition(&person.company);
    let mut keys: Vec<CompanyKey> = ports.registry.load_all(&partition, registry::KEYS).await?;
    keys.sort_by_key(|key| (Reverse(key.not_after), key.serial.clone()));
    let mut views = Vec::new();
    for key in &keys {
        views.push(view(&ports, key, now).await?);
    }
    let mut waiting: Vec<HandedKey> = ports
        .registry
        .load_all(&partition, registry::HANDED)
        .await?;
    waiting.sort_by_key(|key| (Reverse(key.handed_at), key.serial.clone()));
    Ok(Json(KeyList {
        keys: views,
        to_activate: waiting.into_iter().map(Into::into).collect(),
    }))
}

/// The key is there again (R34): as for the report, a limited session is enough.
pub(crate) async fn report_found(
    State(ports): State<Ports>,
    person: Person,
    Path(serial): Path<String>,
) -> Result<Json<KeyView>, ApiError> {
    let now = ports.clock.now();
    let key = found(&*ports.registry, &person, &serial, now).await?;
    Ok(Json(view(&ports, &key, now).await?))
}

/// Takes effect at once, free, before and without any order (R33, R34). A limited session may do it: who has
/// lost the key cannot log in by it.
pub(crate) async fn report_loss(
    State(ports): State<Ports>,
    person: Person,
    Path(serial): Path<String>,
    Json(request): Json<LossRequest>,
) -> Result<Json<KeyView>, ApiError> {
    let now = ports.clock.now();
    if !request.reason.suspends() {
        return Err(ApiError::field("reason", FieldCode::NotOffered));
    }
    let key = suspend(&*ports.registry, &person, &serial, request.reason, now).await?;
    Ok(Json(view(&ports, &key, now).await?))
}

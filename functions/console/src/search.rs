//! Finding orders, exactly: what was typed is a number, a name or a code, never a part of one.

use std::collections::BTreeSet;

use adapters::ports::{OrderFilter, Page};
use adapters::registry::{self, CLAIMS, Claim, Claimed, SerialUse};
use axum::extract::State;
use contract::console::{FoundOrder, OrderSearchQuery, OrderSearchView};
use contract::error::FieldCode;
use contract::order::OrderRow;
use domain::ids::{CompanyId, OrderId};
use domain::order::Order;
use edge::ApiError;
use edge::extract::{Json, Query};
use edge::orders::policy_of;

use crate::Ports;

const PAGE: u32 = 20;

pub(crate) async fn find(
    State(ports): State<Ports>,
    Query(query): Query<OrderSearchQuery>,
) -> Result<Json<OrderSearchView>, ApiError> {
    let given = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim).unwrap_or_default();
        Some(text.to_owned()).filter(|text| !text.is_empty())
    };
    let by = (
        given(&query.order),
        given(&query.company),
        given(&query.serial),
        given(&query.waybill),
    );
    let page = match by {
        (Some(number), None, None, None) => one(&ports, number.parse().ok()).await?,
        (None, Some(company), None, None) => {
            of_company(&ports, &company, query.cursor.as_deref()).await?
        }
        (None, None, Some(serial), None) => of_key(&ports, &serial).await?,
        (None, None, None, Some(waybill)) => {
            let parcel = ports.parcels.parcel_by_waybill(&waybill).await?;
            one(&ports, parcel.map(|parcel| parcel.order)).await?
        }
        _ => return Err(ApiError::field("order", FieldCode::NotEnough)),
    };
    let found = |order: &Order| {
        Ok(FoundOrder {
            company_name: order.subject.company_name.clone(),
            row: OrderRow::of(order, policy_of(&ports.policies, order)?),
        })
    };
    let orders: Result<Vec<FoundOrder>, ApiError> = page.rows.iter().map(found).collect();
    Ok(Json(OrderSearchView {
        orders: orders?,
        cursor: page.cursor,
    }))
}

async fn one(ports: &Ports, id: Option<OrderId>) -> Result<Page<Order>, ApiError> {
    let order = match id {
        Some(id) => ports.orders.load(&id).await?,
        None => None,
    };
    Ok(Page {
        rows: order.into_iter().collect(),
        cursor: None,
    })
}

async fn of_key(ports: &Ports, serial: &str) -> Result<Page<Order>, ApiError> {
    let partition = registry::serial_partition(serial);
    let uses: Vec<SerialUse> = ports
        .registry
        .load_all(&partition, registry::SERIAL_USES)
        .await?;
    // Several lines of one order may be about a key.
    let ids: BTreeSet<OrderId> = uses.into_iter().map(|used| used.order).collect();
    let mut rows = Vec::new();
    for id in ids.iter().rev() {
        rows.extend(ports.orders.load(id).await?);
    }
    Ok(Page { rows, cursor: None })
}

/// Everybody who says that the name or code is theirs, one company after the other; a cursor names the one
/// it is in.
async fn of_company(
    ports: &Ports,
    text: &str,
    cursor: Option<&str>,
) -> Result<Page<Order>, ApiError> {
    let mut companies: Vec<CompanyId> = Vec::new();
    for what in [Claimed::Name, Claimed::CreditCode] {
        let partition = registry::claims(what, text);
        let claims: Vec<Claim> = ports.registry.load_all(&partition, CLAIMS).await?;
        for claim in claims {
            if !companies.contains(&claim.company) {
                companies.push(claim.company);
            }
        }
    }
    let (first, mut inner) = match cursor.and_then(|cursor| cursor.split_once('.')) {
        Some((place, inner)) => (place.parse().unwrap_or(0), Some(inner.to_owned())),
        None => (0, None),
    };
    let mut rows = Vec::new();
    for (place, company) in companies.iter().enumerate().skip(first) {
        let all = OrderFilter::default();
        let inner = inner.take().filter(|inner| !inner.is_empty());
        let page = ports
            .lists
            .company_orders(company, &all, inner.as_ref(), PAGE)
            .await?;
        rows.extend(page.rows);
        if let Some(more) = page.cursor {
            let cursor = Some(format!("{place}.{more}"));
            return Ok(Page { rows, cursor });
        }
        // Enough for one page, and others say that the name is theirs too.
        if rows.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX) && place + 1 < companies.len()
        {
            let cursor = Some(format!("{}.", place + 1));
            return Ok(Page { rows, cursor });
        }
    }
    Ok(Page { rows, cursor: None })
}

//! Looking at orders.

use axum::extract::State;
use contract::order::{HistoryEntry, HistoryView, OrderList, OrderListQuery, OrderRow, OrderView};
use domain::ids::OrderId;
use domain::order::EventKind;
use edge::ApiError;
use edge::extract::{Json, Path, Person, Query};

use crate::{Ports, load_own, view};

const PAGE: u32 = 20;

pub(crate) async fn list(
    State(ports): State<Ports>,
    person: Person,
    Query(query): Query<OrderListQuery>,
) -> Result<Json<OrderList>, ApiError> {
    let page = ports
        .lists
        .company_orders(&person.company, query.state, query.cursor.as_ref(), PAGE)
        .await?;
    Ok(Json(OrderList {
        orders: page.rows.iter().map(OrderRow::of).collect(),
        cursor: page.cursor,
    }))
}

pub(crate) async fn get(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderView>, ApiError> {
    let order = load_own(&ports, &id, &person).await?;
    Ok(Json(view(&ports, &order).await?))
}

pub(crate) async fn history(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<OrderId>,
) -> Result<Json<HistoryView>, ApiError> {
    load_own(&ports, &id, &person).await?;
    let events = ports.orders.history(&id).await?;
    Ok(Json(HistoryView {
        events: events
            .into_iter()
            .filter(|record| !EventKind::INTERNAL.contains(&record.event.as_str()))
            .map(HistoryEntry::of)
            .collect(),
    }))
}

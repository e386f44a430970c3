//! Looking at orders.

use adapters::ports::OrderFilter;
use axum::extract::State;
use contract::error::ErrorCode;
use contract::order::{HistoryEntry, HistoryView, OrderList, OrderListQuery, OrderRow, OrderView};
use domain::ids::OrderId;
use domain::order::{EventKind, Order};
use edge::ApiError;
use edge::extract::{Json, Path, Person, Query};
use edge::orders::policy_of;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::{Ports, load_own, view};

const PAGE: u32 = 20;

fn day_begins(day: Date) -> Result<Timestamp, jiff::Error> {
    Ok(day.in_tz(domain::CIVIL_ZONE)?.timestamp())
}

pub(crate) async fn list(
    State(ports): State<Ports>,
    person: Person,
    Query(query): Query<OrderListQuery>,
) -> Result<Json<OrderList>, ApiError> {
    // A day is China's: from its first second to its last.
    let begin =
        |day: Date| day_begins(day).map_err(|_| ApiError::from(ErrorCode::MalformedRequest));
    let filter = OrderFilter {
        shown: query.state,
        kind: query.kind,
        from: query.from.map(begin).transpose()?,
        to: query
            .to
            .and_then(|day| day.tomorrow().ok())
            .map(begin)
            .transpose()?
            .map(|next| next - SignedDuration::from_secs(1)),
    };
    let page = ports
        .lists
        .company_orders(&person.company, &filter, query.cursor.as_ref(), PAGE)
        .await?;
    let row = |order: &Order| Ok(OrderRow::of(order, policy_of(&ports.policies, order)?));
    let orders: Result<Vec<OrderRow>, ApiError> = page.rows.iter().map(row).collect();
    Ok(Json(OrderList {
        orders: orders?,
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

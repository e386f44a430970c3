//! The desk of a branch (网点): keys that wait to be fetched. Its staff see only what waits at their own.

use axum::extract::State;
use contract::console::{QueueQuery, QueueRow, QueueView, ShippingView};
use contract::error::ErrorCode;
use domain::ids::{BranchId, LineNo, OrderId};
use domain::order::{Event, EventKind, LineState, Order};
use edge::ApiError;
use edge::extract::{Json, Path, Query, StaffMember};
use edge::orders::advance;

use crate::Ports;
use crate::desk::view;

const PAGE: u32 = 50;

/// The branch of a member of its staff. Without one they have no desk.
fn branch_of(staff: &StaffMember) -> Result<&BranchId, ApiError> {
    Ok(staff.0.branch.as_ref().ok_or(ErrorCode::Forbidden)?)
}

/// What is to be fetched elsewhere is not there.
fn here(order: &Order, staff: &StaffMember) -> Result<(), ApiError> {
    if order.delivery.branch.as_ref() == Some(branch_of(staff)?) {
        Ok(())
    } else {
        Err(ErrorCode::NotFound.into())
    }
}

pub(crate) async fn queue(
    State(ports): State<Ports>,
    staff: StaffMember,
    Query(query): Query<QueueQuery>,
) -> Result<Json<QueueView>, ApiError> {
    let branch = branch_of(&staff)?;
    let page = ports
        .lists
        .pickups(branch, query.cursor.as_ref(), PAGE)
        .await?;
    // The index may be a moment behind: only what the order itself says is shown.
    let waiting = page.rows.iter().filter_map(|queued| {
        let line = queued.order.line(queued.line)?;
        let ready = line.state == LineState::ReadyForPickup;
        ready.then(|| QueueRow::of(&queued.order, line, &staff.0.id))
    });
    Ok(Json(QueueView {
        lines: waiting.collect(),
        cursor: page.cursor,
    }))
}

pub(crate) async fn show(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line)): Path<(OrderId, LineNo)>,
) -> Result<Json<ShippingView>, ApiError> {
    // First of all: who works at no branch learns nothing of any number.
    branch_of(&staff)?;
    let order = ports.orders.load(&id).await?.ok_or(ErrorCode::NotFound)?;
    here(&order, &staff)?;
    Ok(Json(view(&ports, &order, line, &staff).await?))
}

/// Saying it again changes nothing.
pub(crate) async fn picked_up(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
) -> Result<Json<ShippingView>, ApiError> {
    branch_of(&staff)?;
    let now = ports.clock.now();
    let order = advance(&*ports.orders, &ports.policies, &id, now, |order| {
        here(order, &staff)?;
        let line = order.line(line_no).ok_or(ErrorCode::NotFound)?;
        if matches!(line.state, LineState::Delivered | LineState::Completed) {
            return Ok(None);
        }
        Ok(Some(Event {
            actor: staff.actor(),
            kind: EventKind::PickedUp { line: line_no },
        }))
    })
    .await?;
    Ok(Json(view(&ports, &order, line_no, &staff).await?))
}

//! Refunds that need somebody.
//!
//! Nothing here speaks to a gateway: "ask again" moves the refund back to where its machine asks, and what
//! was paid out by hand needs two people.

use adapters::ports::{Index, Span};
use adapters::registry::{RefundPlace, refund_queue};
use axum::extract::State;
use contract::error::{ErrorCode, FieldCode};
use contract::finance::{RefundQueueQuery, RefundQueueView, RefundRow, SettleRequest};
use domain::ids::OrderId;
use domain::order::{Event, EventKind, Order};
use domain::refund::{Refund, RefundState};
use edge::ApiError;
use edge::extract::{Json, Path, Query, StaffMember};
use edge::orders::advance;

use crate::Ports;

const PAGE: u32 = 50;
/// The longest number of a transfer that is taken, in characters.
const REFERENCE: usize = 64;

pub(crate) async fn queue(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Query(query): Query<RefundQueueQuery>,
) -> Result<Json<RefundQueueView>, ApiError> {
    let span = Span::all(Index::ByState, refund_queue(query.queue.stage()));
    let page = ports
        .registry
        .load_page::<RefundPlace>(&span, query.cursor.as_ref(), PAGE)
        .await?;
    let mut refunds = Vec::new();
    for place in page.rows {
        // The index may be a moment behind: only what the order itself confirms is shown.
        let order = ports.orders.load(&place.order).await?;
        let row = order.as_ref().and_then(|order| {
            let refund = order.refund(place.refund)?;
            (refund.stage() == query.queue.stage()).then(|| RefundRow::of(order, refund, &staff.id))
        });
        refunds.extend(row);
    }
    Ok(Json(RefundQueueView {
        refunds,
        cursor: page.cursor,
    }))
}

/// Moves a refund by one event, unless it is where the event leads already.
async fn act(
    ports: &Ports,
    staff: &StaffMember,
    (id, no): (OrderId, u32),
    mut event: impl FnMut(&Order, &Refund) -> Result<Option<EventKind>, ApiError> + Send,
) -> Result<Json<RefundRow>, ApiError> {
    let now = ports.clock.now();
    let order = advance(&*ports.orders, &ports.policies, &id, now, |order| {
        let refund = order.refund(no).ok_or(ErrorCode::NotFound)?;
        Ok(event(order, refund)?.map(|kind| Event {
            actor: staff.actor(),
            kind,
        }))
    })
    .await?;
    let refund = order.refund(no).ok_or(ErrorCode::NotFound)?;
    Ok(Json(RefundRow::of(&order, refund, &staff.0.id)))
}

pub(crate) async fn retry(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, no)): Path<(OrderId, u32)>,
) -> Result<Json<RefundRow>, ApiError> {
    act(&ports, &staff, (id, no), |_, refund| {
        let asked = refund.state == RefundState::Asking;
        Ok((!asked).then_some(EventKind::RefundRetried { refund: no }))
    })
    .await
}

pub(crate) async fn settle(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, no)): Path<(OrderId, u32)>,
    Json(request): Json<SettleRequest>,
) -> Result<Json<RefundRow>, ApiError> {
    let reference = request.reference.trim().to_owned();
    if reference.is_empty() {
        return Err(ApiError::field("reference", FieldCode::Required));
    }
    if reference.chars().count() > REFERENCE || reference.chars().any(char::is_control) {
        return Err(ApiError::field("reference", FieldCode::TooLong));
    }
    act(&ports, &staff, (id, no), |_, refund| {
        let told = refund.settlement.as_ref();
        if told.is_some_and(|told| told.reference == reference && told.by == staff.0.id) {
            return Ok(None);
        }
        Ok(Some(EventKind::SettlementTold {
            refund: no,
            reference: reference.clone(),
        }))
    })
    .await
}

pub(crate) async fn withdraw(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, no)): Path<(OrderId, u32)>,
) -> Result<Json<RefundRow>, ApiError> {
    act(&ports, &staff, (id, no), |_, refund| {
        let told = refund.settlement.is_some();
        Ok(told.then_some(EventKind::SettlementWithdrawn { refund: no }))
    })
    .await
}

pub(crate) async fn agree(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, no)): Path<(OrderId, u32)>,
) -> Result<Json<RefundRow>, ApiError> {
    act(&ports, &staff, (id, no), |_, refund| {
        let settled = refund.state == RefundState::Settled;
        Ok((!settled).then_some(EventKind::SettlementAgreed { refund: no }))
    })
    .await
}

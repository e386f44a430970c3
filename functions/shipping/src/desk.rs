//! The desk: what waits for the courier, what is on its way.

use axum::extract::State;
use contract::console::{QueueQuery, QueueRow, QueueView, ShippingView};
use contract::error::ErrorCode;
use domain::ids::{LineNo, OrderId};
use domain::order::{Event, EventKind, LineStage, LineState, Order};
use edge::ApiError;
use edge::extract::{Json, Path, Query, StaffMember};
use edge::orders::advance;

use crate::Ports;

const PAGE: u32 = 50;
/// The queues of this desk, one after the other; a cursor names the one it is in.
const STAGES: [LineStage; 3] = [
    LineStage::BookShipment,
    LineStage::AwaitCollection,
    LineStage::AwaitDelivery,
];

pub(crate) async fn queue(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Query(query): Query<QueueQuery>,
) -> Result<Json<QueueView>, ApiError> {
    let (first, mut inner) = match query
        .cursor
        .as_deref()
        .and_then(|cursor| cursor.split_once('.'))
    {
        Some((stage, inner)) => (
            stage.parse().unwrap_or(0),
            Some(inner.to_owned()).filter(|inner| !inner.is_empty()),
        ),
        None => (0, None),
    };
    let mut lines = Vec::new();
    for (index, stage) in STAGES.iter().enumerate().skip(first) {
        let page = ports
            .lists
            .queue(*stage, inner.take().as_ref(), PAGE)
            .await?;
        for queued in &page.rows {
            let Some(line) = queued.order.line(queued.line) else {
                continue;
            };
            if matches!(line.state, LineState::InProduction | LineState::Shipped) {
                lines.push(QueueRow {
                    stage: queued.stage,
                    ..QueueRow::of(&queued.order, line, &staff.id)
                });
            }
        }
        if let Some(more) = page.cursor {
            return Ok(Json(QueueView {
                lines,
                cursor: Some(format!("{index}.{more}")),
            }));
        }
    }
    Ok(Json(QueueView {
        lines,
        cursor: None,
    }))
}

pub(crate) async fn view(
    ports: &Ports,
    order: &Order,
    line_no: LineNo,
    staff: &StaffMember,
) -> Result<ShippingView, ApiError> {
    let line = order
        .line(line_no)
        .filter(|line| line.all_made())
        .ok_or(ErrorCode::NotFound)?;
    let parcel = ports.parcels.parcel(&order.id, line_no).await?;
    Ok(ShippingView {
        row: QueueRow::of(order, line, &staff.0.id),
        delivery: order.delivery.clone(),
        address: order.delivery.address.clone(),
        contact: order.contact.clone(),
        events: parcel.map(|parcel| parcel.events).unwrap_or_default(),
    })
}

pub(crate) async fn show(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
) -> Result<Json<ShippingView>, ApiError> {
    let order = ports.orders.load(&id).await?.ok_or(ErrorCode::NotFound)?;
    Ok(Json(view(&ports, &order, line_no, &staff).await?))
}

pub(crate) async fn handed_over(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
) -> Result<Json<ShippingView>, ApiError> {
    let order = advance(
        &*ports.orders,
        &ports.policies,
        &id,
        ports.clock.now(),
        |order| {
            let line = order.line(line_no).ok_or(ErrorCode::NotFound)?;
            // With the courier already: by this call before, or by the courier's own word.
            if matches!(
                line.state,
                LineState::Shipped | LineState::Delivered | LineState::Completed
            ) {
                return Ok(None);
            }
            Ok(Some(Event {
                actor: staff.actor(),
                kind: EventKind::HandedToCourier { line: line_no },
            }))
        },
    )
    .await?;
    Ok(Json(view(&ports, &order, line_no, &staff).await?))
}

//! Invoices that need somebody: of the finance staff, or of customer service (R74).
//!
//! Nothing here speaks to the tax platform: "ask again" moves the invoice back to where its machine asks.

use adapters::ports::{Index, Span};
use adapters::registry::{InvoicePlace, invoice_queue};
use axum::extract::State;
use contract::error::{ErrorCode, FieldCode};
use contract::invoice::{InvoiceQueueQuery, InvoiceQueueView, InvoiceReleaseRequest, InvoiceRow};
use domain::ids::OrderId;
use domain::invoice::{Invoice, InvoiceState};
use domain::order::{Event, EventKind, Order};
use edge::ApiError;
use edge::extract::{Json, Path, Query, StaffMember};
use edge::orders::advance;

use crate::Ports;

const PAGE: u32 = 50;

pub(crate) async fn queue(
    State(ports): State<Ports>,
    Query(query): Query<InvoiceQueueQuery>,
) -> Result<Json<InvoiceQueueView>, ApiError> {
    let span = Span::all(Index::ByState, invoice_queue(query.queue.stage()));
    let page = ports
        .registry
        .load_page::<InvoicePlace>(&span, query.cursor.as_ref(), PAGE)
        .await?;
    let mut invoices = Vec::new();
    for place in page.rows {
        // The index may be a moment behind: only what the order itself confirms is shown.
        let order = ports.orders.load(&place.order).await?;
        let row = order.as_ref().and_then(|order| {
            let invoice = order.invoice(place.invoice)?;
            (invoice.stage() == query.queue.stage()).then(|| InvoiceRow::of(order, invoice))
        });
        invoices.extend(row);
    }
    Ok(Json(InvoiceQueueView {
        invoices,
        cursor: page.cursor,
    }))
}

/// Moves an invoice by one event, unless it is where the event leads already.
async fn act(
    ports: &Ports,
    staff: &StaffMember,
    (id, no): (OrderId, u32),
    mut event: impl FnMut(&Order, &Invoice) -> Result<Option<EventKind>, ApiError> + Send,
) -> Result<Json<InvoiceRow>, ApiError> {
    let now = ports.clock.now();
    let order = advance(&*ports.orders, &ports.policies, &id, now, |order| {
        let invoice = order.invoice(no).ok_or(ErrorCode::NotFound)?;
        Ok(event(order, invoice)?.map(|kind| Event {
            actor: staff.actor(),
            kind,
        }))
    })
    .await?;
    let invoice = order.invoice(no).ok_or(ErrorCode::NotFound)?;
    Ok(Json(InvoiceRow::of(&order, invoice)))
}

pub(crate) async fn retry(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, no)): Path<(OrderId, u32)>,
) -> Result<Json<InvoiceRow>, ApiError> {
    act(&ports, &staff, (id, no), |_, invoice| {
        let asked = invoice.state == InvoiceState::Asking;
        Ok((!asked).then_some(EventKind::InvoiceRetried { invoice: no }))
    })
    .await
}

/// Said again, it changes nothing.
pub(crate) async fn release(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, no)): Path<(OrderId, u32)>,
    Json(request): Json<InvoiceReleaseRequest>,
) -> Result<Json<InvoiceRow>, ApiError> {
    act(&ports, &staff, (id, no), |order, invoice| {
        if invoice.state != InvoiceState::Held && invoice.kind == request.kind {
            return Ok(None);
        }
        let row = InvoiceRow::of(order, invoice);
        if invoice.state == InvoiceState::Held && !row.can_become.contains(&request.kind) {
            return Err(ApiError::field("kind", FieldCode::NotOffered));
        }
        Ok(Some(EventKind::InvoiceReleased {
            invoice: no,
            kind: request.kind,
        }))
    })
    .await
}

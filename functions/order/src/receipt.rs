//! The company says that it has its keys (R64).

use axum::extract::State;
use contract::error::ErrorCode;
use contract::order::OrderView;
use domain::ids::{LineNo, OrderId};
use domain::order::{Event, EventKind, LineState};
use edge::ApiError;
use edge::extract::{Json, Path, Person};
use edge::orders::advance;

use crate::{Ports, own, view};

/// Ends a line that was handed over. Called twice, or after it counted as received, it changes nothing.
pub(crate) async fn confirm(
    State(ports): State<Ports>,
    person: Person,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
) -> Result<Json<OrderView>, ApiError> {
    let now = ports.clock.now();
    let order = advance(&*ports.orders, &ports.policies, &id, now, |order| {
        own(order, &person)?;
        let line = order.line(line_no).ok_or(ErrorCode::NotFound)?;
        if line.state == LineState::Completed {
            return Ok(None);
        }
        Ok(Some(Event {
            actor: person.actor(),
            kind: EventKind::ReceiptConfirmed { line: line_no },
        }))
    })
    .await?;
    Ok(Json(view(&ports, &order).await?))
}

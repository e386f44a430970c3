//! The courier's messages.

use adapters::courier::HttpCourier;
use adapters::ports::{Commit, Courier, CourierError, PortError, VerifiedCourierMessage};
use axum::extract::State;
use bytes::Bytes;
use contract::error::ErrorCode;
use domain::actor::Actor;
use domain::ids::LineNo;
use domain::order::{Event, EventKind, LineStage, Order, transition};
use domain::parcel::ParcelStatus;
use edge::ApiError;
use edge::orders::policy_of;
use http::{HeaderMap, StatusCode};

use crate::Ports;

const TRIES: u32 = 8;

/// Takes a message: verified first, then one transaction of parcel and order. A repeated message changes
/// nothing; a late one finds its place in the history and moves nothing back.
pub(crate) async fn message(
    State(ports): State<Ports>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    let header = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let courier = HttpCourier::from_secret(&ports.secrets.read("courier").await?)
        .map_err(|error| ApiError::internal(error.to_string()))?;
    let now = ports.clock.now();
    let verified = courier
        .verify(
            header("x-courier-timestamp"),
            header("x-courier-signature"),
            &body,
            now,
        )
        .map_err(|error| match error {
            CourierError::Forged => ApiError::new(ErrorCode::Forbidden).because(error),
            other => ApiError::new(ErrorCode::MalformedRequest).because(other),
        })?;
    take(&ports, &verified).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn take(ports: &Ports, message: &VerifiedCourierMessage) -> Result<(), ApiError> {
    let now = ports.clock.now();
    for _ in 0..TRIES {
        let parcel = ports.parcels.parcel_by_waybill(message.waybill()).await?;
        let mut parcel =
            parcel.ok_or_else(|| ApiError::new(ErrorCode::NotFound).because("no such waybill"))?;
        if !parcel.take(message.event().clone()) {
            return Ok(());
        }
        parcel.version += 1;
        let order = ports
            .orders
            .load(&parcel.order)
            .await?
            .ok_or_else(|| ApiError::internal("parcel without order"))?;
        let written = match event_of(&order, parcel.line, message.event().status) {
            Some(kind) => {
                let event = Event {
                    actor: Actor::Courier,
                    kind,
                };
                let change = transition(&order, &event, now, policy_of(&ports.policies, &order)?)?;
                ports
                    .orders
                    .commit(&Commit {
                        change,
                        attempt: None,
                        parcel: Some(parcel),
                        beside: Vec::new(),
                    })
                    .await
            }
            None => ports.parcels.save_parcel(&parcel).await,
        };
        match written {
            Ok(()) => return Ok(()),
            Err(PortError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::Unavailable.into())
}

/// What a message makes of the line, if anything.
fn event_of(order: &Order, line_no: LineNo, status: ParcelStatus) -> Option<EventKind> {
    let stage = order.line_stage(order.line(line_no)?);
    match (status, stage) {
        (ParcelStatus::Delivered, LineStage::AwaitCollection | LineStage::AwaitDelivery) => {
            Some(EventKind::Delivered { line: line_no })
        }
        (status, LineStage::AwaitCollection) if status.left_us() => {
            Some(EventKind::HandedToCourier { line: line_no })
        }
        _ => None,
    }
}

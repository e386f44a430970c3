//! Step `book-shipment` of the machine `line`: asks the courier for a waybill.
//!
//! May run twice: the parcel's own name makes the booking one; what is on record already is the answer.
//! When the power goes out after the courier answered, the next run gets the same waybill.

use std::sync::Arc;

use adapters::courier::HttpCourier;
use adapters::ports::{
    Clock, Commit, Courier, CourierError, Freight, Orders, PortError, Secrets, ShipmentRequest,
};
use contract::error::ErrorCode;
use contract::step::{LineStep, LineStepDone};
use domain::actor::Actor;
use domain::order::{Event, EventKind, Line, LineStage, Order, transition};
use domain::parcel::{Parcel, ParcelStatus};
use domain::policy::{DeliveryKind, Policies};
use edge::ApiError;
use edge::orders::policy_of;
use edge::real::SystemClock;
use edge::step::StepError;

const TRIES: u32 = 8;

/// What this step reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// The courier's credentials.
    pub secrets: Arc<dyn Secrets>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The step with its real ports.
///
/// # Errors
/// When the environment lacks something.
pub fn connect() -> Result<Ports, lambda_runtime::Error> {
    Ok(Ports {
        orders: edge::wiring::table()?,
        secrets: edge::wiring::secrets()?,
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
    })
}

/// Books the parcel of a line.
///
/// # Errors
/// [`ErrorCode::CourierUnavailable`], which the machine tries again for hours; a refusal of the courier is
/// a defect that a person has to look at.
pub async fn run(ports: &Ports, step: LineStep) -> Result<LineStepDone, StepError> {
    for _ in 0..TRIES {
        let order = load(ports, &step).await?;
        let line = order
            .line(step.line)
            .ok_or(ApiError::new(ErrorCode::NotFound))?;
        let stage = order.line_stage(line);
        if order.run != step.run || stage != LineStage::BookShipment {
            return Ok(LineStepDone { stage });
        }
        let now = ports.clock.now();
        let courier = HttpCourier::from_secret(&ports.secrets.read("courier").await?)
            .map_err(|error| ApiError::internal(error.to_string()))?;
        let waybill = courier
            .book(&shipment(&order, line)?, now)
            .await
            .map_err(courier_error)?;
        let kind = EventKind::ShipmentBooked {
            line: step.line,
            waybill: waybill.clone(),
        };
        let event = Event {
            actor: Actor::System,
            kind,
        };
        let change = transition(&order, &event, now, policy_of(&ports.policies, &order)?)
            .map_err(ApiError::from)?;
        let parcel = Parcel {
            order: order.id.clone(),
            line: step.line,
            waybill,
            status: ParcelStatus::Booked,
            events: Vec::new(),
            version: 1,
        };
        let stage = change
            .order
            .line(step.line)
            .map_or(stage, |line| change.order.line_stage(line));
        match ports
            .orders
            .commit(&Commit {
                change,
                attempt: None,
                parcel: Some(parcel),
                beside: Vec::new(),
            })
            .await
        {
            Ok(()) => return Ok(LineStepDone { stage }),
            Err(PortError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::new(ErrorCode::ChangedMeanwhile).into())
}

async fn load(ports: &Ports, step: &LineStep) -> Result<Order, StepError> {
    let order = ports.orders.load(&step.order).await?;
    order.ok_or_else(|| ApiError::internal("an execution of an order that is not there").into())
}

fn shipment(order: &Order, line: &Line) -> Result<ShipmentRequest, StepError> {
    let recipient = order.delivery.address.clone();
    let recipient = recipient.ok_or_else(|| ApiError::internal("a parcel without an address"))?;
    Ok(ShipmentRequest {
        reference: format!("{}-{}", order.id, line.no),
        recipient,
        freight: if order.delivery.kind == DeliveryKind::CourierCollect {
            Freight::Collect
        } else {
            Freight::Prepaid
        },
        contents: format!("电子密钥 {} 个", line.price.quantity),
    })
}

fn courier_error(error: CourierError) -> StepError {
    let code = match error {
        CourierError::Unavailable(_) | CourierError::Forged => ErrorCode::CourierUnavailable,
        CourierError::Refused(_) | CourierError::Malformed => ErrorCode::Internal,
    };
    ApiError::new(code).because(error).into()
}

//! Function `production`: the maker's desk (制作).

mod desks;
mod stock;

use std::sync::Arc;

use adapters::kms::KmsFieldCipher;
use adapters::ports::{Clock, FieldCipher, Lists, Orders, Registry};
use axum::Router;
use axum::extract::State;
use contract::console::{ProductionView, QueueQuery, QueueRow, QueueView};
use contract::desk::UnitScrapRequest;
use contract::error::ErrorCode;
use contract::order::UnitView;
use domain::ids::{LineNo, OrderId, UnitNo};
use domain::order::{Event, EventKind, LineStage, LineState, Order};
use domain::policy::Policies;
use edge::ApiError;
use edge::api::{Api, Gate};
use edge::config::required;
use edge::extract::{Json, Path, Query, StaffMember};
use edge::orders::advance;
use edge::real::SystemClock;
use lambda_http::Error;

const PAGE: u32 = 50;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// The queue.
    pub lists: Arc<dyn Lists>,
    /// Stock and desks.
    pub registry: Arc<dyn Registry>,
    /// Seals SO PINs that came from elsewhere.
    pub cipher: Arc<dyn FieldCipher>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("production")
        .operation("productionQueue", queue)
        .operation("productionLine", show)
        .operation("scrapUnit", scrap)
        .operation("listStock", stock::list)
        .operation("addStock", stock::add)
        .operation("addEscrow", stock::escrow)
        .operation("scrapStock", stock::scrap)
        .operation("listDesks", desks::list)
        .operation("dismissDesk", desks::dismiss)
        .finish(gate, ports)
}

/// The function with its real ports.
///
/// # Errors
/// When the environment lacks something.
#[expect(clippy::unused_async, reason = "every function connects the same way")]
pub async fn connect() -> Result<Router, Error> {
    let table = edge::wiring::table()?;
    let gate = edge::wiring::gate(&table)?;
    let ports = Ports {
        orders: table.clone(),
        lists: table.clone(),
        registry: table,
        cipher: Arc::new(KmsFieldCipher::connect(
            edge::aws::sdk_config()?,
            required("FIELD_KEY_ID")?,
        )),
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
    };
    Ok(api(gate, ports)?)
}

async fn queue(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Query(query): Query<QueueQuery>,
) -> Result<Json<QueueView>, ApiError> {
    let page = ports
        .lists
        .queue(LineStage::AwaitProduction, query.cursor.as_ref(), PAGE)
        .await?;
    let lines = page
        .rows
        .iter()
        .filter_map(|queued| Some((queued, queued.order.line(queued.line)?)))
        .filter(|(_, line)| line.state == LineState::InProduction)
        .map(|(queued, line)| QueueRow {
            stage: queued.stage,
            ..QueueRow::of(&queued.order, line, &staff.id)
        })
        .collect();
    Ok(Json(QueueView {
        lines,
        cursor: page.cursor,
    }))
}

/// A line is shown to makers from its approval on, and a carried year with its upgrade.
fn view(order: &Order, line_no: LineNo, staff: &StaffMember) -> Result<ProductionView, ApiError> {
    let line = order
        .line(line_no)
        .filter(|line| line.approved_at.is_some() || line.carried_from.is_some())
        .ok_or(ErrorCode::NotFound)?;
    Ok(ProductionView {
        row: QueueRow::of(order, line, &staff.0.id),
        subject: order.subject.clone(),
        units: line.all_units().into_iter().map(UnitView::from).collect(),
    })
}

async fn show(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
) -> Result<Json<ProductionView>, ApiError> {
    let order = ports.orders.load(&id).await?.ok_or(ErrorCode::NotFound)?;
    Ok(Json(view(&order, line_no, &staff)?))
}

/// Gives a key up with its token. The agent that is at it, if any, hears of it with its next call.
async fn scrap(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line_no, unit_no)): Path<(OrderId, LineNo, UnitNo)>,
    Json(request): Json<UnitScrapRequest>,
) -> Result<Json<ProductionView>, ApiError> {
    let order = advance(
        &*ports.orders,
        &ports.policies,
        &id,
        ports.clock.now(),
        |order| {
            let line = order.line(line_no).ok_or(ErrorCode::NotFound)?;
            let unit = line.unit(unit_no).ok_or(ErrorCode::NotFound)?;
            if unit.attempt > request.attempt {
                return Ok(None);
            }
            let kind = EventKind::UnitScrapped {
                line: line_no,
                unit: unit_no,
                reason: request.reason,
            };
            Ok(Some(Event {
                actor: staff.actor(),
                kind,
            }))
        },
    )
    .await?;
    Ok(Json(view(&order, line_no, &staff)?))
}

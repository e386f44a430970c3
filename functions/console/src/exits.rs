//! An order whole, and the ways back to a road for lines that left it.

use adapters::registry;
use axum::extract::State;
use contract::console::{
    ConsoleOrder, ExitRequest, ExitView, LineWays, ReturnRequest, StaffHistoryEntry,
};
use contract::error::{ErrorCode, FieldCode};
use contract::order::HistoryEntry;
use domain::catalog::{Product, ProductKind, on_sale};
use domain::ids::{LineNo, OrderId};
use domain::money::Money;
use domain::order::{BoughtProduct, Event, EventKind, ExitWay, Line, LineStage, Order};
use domain::plan::Plan;
use edge::extract::{Json, Path, StaffMember};
use edge::orders::{advance, policy_of};
use edge::staff_names::staff_names;
use edge::{ApiError, FieldErrors};

use crate::Ports;

/// Products that a line may become.
async fn replacements(ports: &Ports, order: &Order) -> Result<Vec<Product>, ApiError> {
    let all = registry::products(&*ports.registry, &order.storefront).await?;
    Ok(on_sale(&all, ports.clock.now())
        .into_iter()
        .filter(|product| product.kind == ProductKind::Replacement)
        .collect())
}

fn is_open(stage: LineStage) -> bool {
    !matches!(
        stage,
        LineStage::NotStarted | LineStage::Completed | LineStage::Cancelled
    )
}

fn ways(order: &Order, line: &Line, replacements: &[Product], staff: &StaffMember) -> LineWays {
    let stage = order.line_stage(line);
    let may = |operation| staff.may(operation);
    let open =
        may("askExit") && is_open(stage) && line.exit.is_none() && line.carried_from.is_none();
    let convert = open && stage == LineStage::AwaitAgent && line.key.is_some();
    LineWays {
        line: line.no,
        return_to_review: may("returnToReview")
            && stage == LineStage::AwaitProduction
            && line.plan.materials.is_some()
            && !line.is_begun(),
        refund: open,
        convert: replacements
            .iter()
            .filter(|_| convert)
            .map(|product| product.sku.clone())
            .collect(),
    }
}

/// What goes back to the payer when a way out is taken.
fn refund(line: &Line, way: &ExitWay) -> Money {
    match way {
        ExitWay::Refund => line.kept(),
        ExitWay::Convert { price, .. } => line.kept() - (*price).min(line.kept()),
    }
}

async fn view(ports: &Ports, staff: &StaffMember, order: &Order) -> Result<ConsoleOrder, ApiError> {
    let replacements = replacements(ports, order).await?;
    let history = ports.orders.history(&order.id).await?;
    let acted = history.iter().filter_map(|record| record.actor.staff());
    let asked = order
        .lines
        .iter()
        .filter_map(|line| Some(&line.exit.as_ref()?.by));
    let who = acted.chain(asked).cloned().collect();
    let names = staff_names(&*ports.registry, who).await?;
    Ok(ConsoleOrder {
        order: edge::orders::whole(&*ports.papers, &*ports.parcels, &ports.policies, order).await?,
        exits: order
            .lines
            .iter()
            .filter(|line| is_open(order.line_stage(line)))
            .filter_map(|line| {
                let exit = line.exit.as_ref()?;
                Some(ExitView {
                    line: line.no,
                    refund: refund(line, &exit.way),
                    way: exit.way.clone(),
                    reason: exit.reason.clone(),
                    by_name: names.get(&exit.by).cloned().unwrap_or_default(),
                    by: exit.by.clone(),
                    mine: exit.by == staff.0.id,
                    at: exit.at,
                })
            })
            .collect(),
        ways: order
            .lines
            .iter()
            .map(|line| ways(order, line, &replacements, staff))
            .collect(),
        history: history
            .into_iter()
            .map(|record| StaffHistoryEntry {
                name: record.actor.staff().and_then(|id| names.get(id).cloned()),
                staff: record.actor.staff().cloned(),
                entry: HistoryEntry::of(record),
            })
            .collect(),
    })
}

pub(crate) async fn show(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path(id): Path<OrderId>,
) -> Result<Json<ConsoleOrder>, ApiError> {
    let order = ports.orders.load(&id).await?.ok_or(ErrorCode::NotFound)?;
    Ok(Json(view(&ports, &staff, &order).await?))
}

/// One event on a line, unless what it would bring is there already.
async fn act(
    ports: &Ports,
    staff: &StaffMember,
    (id, line_no): (OrderId, LineNo),
    done: impl Fn(&Order, &Line) -> bool + Send + Sync,
    kind: EventKind,
) -> Result<Json<ConsoleOrder>, ApiError> {
    let now = ports.clock.now();
    let order = advance(&*ports.orders, &ports.policies, &id, now, |order| {
        let line = order.line(line_no).ok_or(ErrorCode::NotFound)?;
        if done(order, line) {
            return Ok(None);
        }
        Ok(Some(Event {
            actor: staff.actor(),
            kind: kind.clone(),
        }))
    })
    .await?;
    Ok(Json(view(ports, staff, &order).await?))
}

fn reason(text: &str) -> Result<String, ApiError> {
    let mut errors = FieldErrors::new();
    let reason = errors.text(text, "reason", 200);
    errors.finish()?;
    Ok(reason)
}

pub(crate) async fn return_to_review(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line)): Path<(OrderId, LineNo)>,
    Json(request): Json<ReturnRequest>,
) -> Result<Json<ConsoleOrder>, ApiError> {
    let reason = reason(&request.reason)?;
    let kind = EventKind::ReturnedToReview { line, reason };
    let back = |order: &Order, line: &Line| order.line_stage(line) == LineStage::AwaitReview;
    act(&ports, &staff, (id, line), back, kind).await
}

/// Asks for a way out. Asking for the same again changes nothing; while one waits, another one has to wait.
pub(crate) async fn ask(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
    Json(request): Json<ExitRequest>,
) -> Result<Json<ConsoleOrder>, ApiError> {
    let reason = reason(&request.reason)?;
    let order = ports.orders.load(&id).await?.ok_or(ErrorCode::NotFound)?;
    order.line(line_no).ok_or(ErrorCode::NotFound)?;
    let way = match &request.convert_to {
        None => ExitWay::Refund,
        Some(sku) => {
            let policy = policy_of(&ports.policies, &order)?;
            let replacements = replacements(&ports, &order).await?;
            let product = replacements.into_iter().find(|product| product.sku == *sku);
            let product =
                product.ok_or_else(|| ApiError::field("convert_to", FieldCode::NotOffered))?;
            ExitWay::Convert {
                price: product.price,
                // It was paid for: its papers are asked for now, and a refusal asks for others.
                plan: Plan::for_converted(policy, order.delivery.kind),
                product: BoughtProduct::of(&product),
            }
        }
    };
    let same = |_: &Order, line: &Line| {
        line.exit
            .as_ref()
            .is_some_and(|exit| exit.by == staff.0.id && exit.way == way && exit.reason == reason)
    };
    let kind = EventKind::ExitAsked {
        line: line_no,
        way: Box::new(way.clone()),
        reason: reason.clone(),
    };
    act(&ports, &staff, (id, line_no), same, kind).await
}

pub(crate) async fn agree(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line)): Path<(OrderId, LineNo)>,
) -> Result<Json<ConsoleOrder>, ApiError> {
    let never = |_: &Order, _: &Line| false;
    act(
        &ports,
        &staff,
        (id, line),
        never,
        EventKind::ExitAgreed { line },
    )
    .await
}

pub(crate) async fn withdraw(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line)): Path<(OrderId, LineNo)>,
) -> Result<Json<ConsoleOrder>, ApiError> {
    let gone = |order: &Order, line: &Line| line.exit.is_none() && is_open(order.line_stage(line));
    act(
        &ports,
        &staff,
        (id, line),
        gone,
        EventKind::ExitWithdrawn { line },
    )
    .await
}

//! Keys made at a desk (制作, R45): one blank token after the other becomes a key of the line.
//!
//! | step | in the cloud | when the power goes out after it |
//! | --- | --- | --- |
//! | a token is taken | unit `writing` on it, its blank key `taken`, in one transaction | the same token gets the same unit, with the same PINs |
//! | certificates (function `ca`) | issuance on record, unit with certificate | the same request gets the same ones |
//! | the key is made | unit `made`, blank key `used` | said again, it is known |
//! | the last of the line | operation `done`, by the same call | said again, the operation ends |
//! | a token is given up | unit waits again with a further try, certificates revoked, blank key `scrapped` | said again, it is known |
//!
//! What a unit is on and by which operation is in the order; so there is nothing here that could say otherwise.

use adapters::ports::Transaction;
use adapters::registry;
use axum::extract::State;
use bytes::Bytes;
use contract::agent::{
    Assigned, Evidence, KeyMade, Making, MakingView, OperationView, ScrapKey, TakeKey, TicketView,
};
use contract::error::ErrorCode;
use domain::actor::{Actor, Duty};
use domain::ids::{LineNo, OperationId, OrderId};
use domain::operation::{Asked, LineOf, Operation, OperationState};
use domain::order::{Event, EventKind, Line, LineStage, Order, Unit, UnitState};
use domain::stock::{StockKey, StockState, is_serial};
use edge::ApiError;
use edge::agents::{Maker, advance, ended, find, heard, maker};
use edge::extract::{Json, Path, StaffMember};
use edge::seals::is_missing;
use http::StatusCode;
use jiff::Timestamp;

use crate::Ports;
use crate::evidence::proved;
use crate::secrets::sealed_secrets;
use crate::site::{Shown, give, withdrawn};

/// A line whose keys may be made: approved, or a carried year.
fn line_of(order: &Order, no: LineNo) -> Result<&Line, ErrorCode> {
    order
        .line(no)
        .filter(|line| line.approved_at.is_some() || line.carried_from.is_some())
        .ok_or(ErrorCode::NotFound)
}

pub(crate) async fn offer(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, no)): Path<(OrderId, LineNo)>,
) -> Result<(StatusCode, Json<TicketView>), ApiError> {
    let order = ports.orders.load(&id).await?.ok_or(ErrorCode::NotFound)?;
    let line = line_of(&order, no)?;
    if order.line_stage(line) != LineStage::AwaitProduction {
        return Err(ErrorCode::NotInThisState.into());
    }
    if line.all_made() {
        return Err(ErrorCode::NothingToMake.into());
    }
    if order.has_other_duty(&staff.0.id, Duty::Make) {
        return Err(ErrorCode::SamePerson.into());
    }
    let shown = Shown {
        company: order.subject.company_name.clone(),
        making: Some(Making {
            order: id.clone(),
            line: no,
            product: line.product.name.zh.clone(),
            medium: line.product.medium,
            of: line.quantity(),
            onto_made: line.carried_from.is_some(),
        }),
        ..Shown::default()
    };
    let asked = Asked::making(
        staff.0.id,
        LineOf {
            order: id,
            line: no,
        },
    );
    give(&ports, asked, shown).await
}

/// An operation that this member of staff asked for; another's is not there.
async fn own(ports: &Ports, staff: &StaffMember, id: &OperationId) -> Result<Operation, ApiError> {
    find(&*ports.registry, id)
        .await?
        .filter(|operation| operation.staff() == Some(&staff.0.id))
        .ok_or_else(|| ErrorCode::NotFound.into())
}

pub(crate) async fn show(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path(id): Path<OperationId>,
) -> Result<Json<OperationView>, ApiError> {
    let operation = own(&ports, &staff, &id).await?;
    Ok(Json(OperationView::of(&operation, ports.clock.now())))
}

pub(crate) async fn withdraw(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path(id): Path<OperationId>,
) -> Result<Json<OperationView>, ApiError> {
    let operation = own(&ports, &staff, &id).await?;
    withdrawn(&ports, operation).await
}

/// One of a maker's events.
fn by(maker: &Maker, kind: EventKind) -> Event {
    Event {
        actor: Actor::Staff {
            staff: maker.staff.clone(),
        },
        kind,
    }
}

/// The key that this operation has begun on a token, or none when nobody has. Whatever else is on it is not its own.
fn begun<'a>(
    line: &'a Line,
    serial: &str,
    operation: &OperationId,
) -> Result<Option<&'a Unit>, ErrorCode> {
    match line.unit_on(serial) {
        None => Ok(None),
        Some(unit) if unit.operation.as_ref() == Some(operation) => Ok(Some(unit)),
        Some(_) => Err(ErrorCode::UnitGone),
    }
}

/// Is this a token on which a key of the line may be begun?
fn usable(
    order: &Order,
    line: &Line,
    stock: Option<&StockKey>,
    said: &TakeKey,
) -> Result<(), ErrorCode> {
    let upgrade = line.carried_from.and_then(|no| order.line(no));
    let stock = stock.ok_or(ErrorCode::KeyNotBlank)?;
    let fits = match upgrade {
        // A carried year goes onto a key that is made already.
        Some(upgrade) => upgrade
            .unit_on(&said.serial)
            .is_some_and(|unit| unit.state == UnitState::Made),
        None => stock.state == StockState::Blank,
    };
    if !fits {
        return Err(ErrorCode::KeyNotBlank);
    }
    let medium = line.product.medium;
    if stock.medium != medium || said.medium.is_some_and(|said| said != medium) {
        return Err(ErrorCode::KeyOfOtherMedium);
    }
    Ok(())
}

pub(crate) async fn take(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<Assigned>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<TakeKey>(&*ports.registry, &body, now).await?;
    let maker = maker(&*ports.registry, &operation).await?;
    let said = &call.says;
    if operation.state != OperationState::Claimed {
        return Err(ErrorCode::OperationEnded.into());
    }
    if !is_serial(&said.serial) {
        return Err(ErrorCode::KeyNotBlank.into());
    }
    let no = maker.line.line;
    let place = registry::stock_key(&said.serial);
    let stock: Option<StockKey> = ports.registry.load(&place).await?;
    let order = edge::orders::advance(
        &*ports.orders,
        &ports.policies,
        &maker.line.order,
        now,
        |order| {
            let line = line_of(order, no)?;
            if let Some(unit) = begun(line, &said.serial, &operation.id)? {
                return match unit.state {
                    UnitState::Writing => Ok(None),
                    _ => Err(ErrorCode::KeyNotBlank.into()),
                };
            }
            if order.line_stage(line) != LineStage::AwaitProduction {
                return Err(ErrorCode::NothingToMake.into());
            }
            usable(order, line, stock.as_ref(), said)?;
            let unit = line.next_waiting().ok_or(ErrorCode::NothingToMake)?;
            let kind = EventKind::UnitBegun {
                line: no,
                unit: unit.no,
                key_serial: said.serial.clone(),
                operation: operation.id.clone(),
            };
            Ok(Some(by(&maker, kind)))
        },
    )
    .await?;
    let line = line_of(&order, no)?;
    let unit = begun(line, &said.serial, &operation.id)?.ok_or(ErrorCode::UnitGone)?;
    // Written with the unit: which unit the token was taken for says which PIN it travels with.
    let stock: Option<StockKey> = ports.registry.load(&place).await?;
    let stock = stock.ok_or_else(|| ApiError::internal("a key that left the stock"))?;
    let made_for = stock
        .unit
        .clone()
        .ok_or_else(|| ApiError::internal("a key that was not taken"))?;
    let blank = line.carried_from.is_none();
    let secrets = sealed_secrets(
        &ports,
        &operation.id,
        &said.serial,
        &made_for,
        blank.then_some(&stock),
        &said.seal_to,
    )
    .await?;
    Ok(Json(Assigned {
        unit: unit.no,
        attempt: unit.attempt,
        blank,
        label: "Sealkey".to_owned(),
        secrets,
    }))
}

/// How far the line is; and the end of the operation, when nothing is left for it.
async fn progress(
    ports: &Ports,
    operation: Operation,
    order: &Order,
    no: LineNo,
    now: Timestamp,
) -> Result<Json<MakingView>, ApiError> {
    let line = line_of(order, no)?;
    let left = line.all_units().into_iter().any(|unit| match unit.state {
        UnitState::Waiting => true,
        UnitState::Writing => unit.operation.as_ref() == Some(&operation.id),
        UnitState::Made | UnitState::HandedOver | UnitState::Scrapped => false,
    });
    let over = !left || order.line_stage(line) != LineStage::AwaitProduction;
    let operation = if over && operation.state == OperationState::Claimed {
        advance(&*ports.registry, operation, |operation| {
            let next = operation.finished(now).map_err(ended)?;
            Ok(next.map(|next| (next, Transaction::new(now))))
        })
        .await?
    } else {
        operation
    };
    Ok(Json(MakingView {
        state: operation.state,
        of: line.quantity(),
        made: line.made(),
    }))
}

/// Is the e-seal of a key on record, where it has one? An agent that did not ask for it has not written it.
///
/// # Errors
/// [`ErrorCode::NotInThisState`], the store's.
pub(crate) async fn sealed(
    ports: &Ports,
    operation: &Operation,
    evidence: &Evidence,
) -> Result<(), ApiError> {
    let Some(of) = &operation.line else {
        return Ok(());
    };
    let order = ports.orders.load(&of.order).await?;
    let order = order.ok_or(ErrorCode::NotFound)?;
    let line = order.line(of.line).ok_or(ErrorCode::NotFound)?;
    let Some(unit) = line.unit_on(&evidence.serial) else {
        return Ok(());
    };
    if is_missing(&*ports.registry, &order, line, unit).await? {
        return Err(ApiError::new(ErrorCode::NotInThisState).because("its e-seal is not made"));
    }
    Ok(())
}

pub(crate) async fn made(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<MakingView>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<KeyMade>(&*ports.registry, &body, now).await?;
    let maker = maker(&*ports.registry, &operation).await?;
    let evidence = &call.says.evidence;
    let certificate = proved(&ports, &operation, evidence)?;
    let no = maker.line.line;
    sealed(&ports, &operation, evidence).await?;
    let order = edge::orders::advance(
        &*ports.orders,
        &ports.policies,
        &maker.line.order,
        now,
        |order| {
            let line = line_of(order, no)?;
            let unit = begun(line, &evidence.serial, &operation.id)?.ok_or(ErrorCode::UnitGone)?;
            let own = unit
                .certificate
                .as_ref()
                .is_some_and(|issued| issued.serial == certificate.serial);
            if !own {
                return Err(ApiError::new(ErrorCode::NoPossession)
                    .because("another certificate than the unit's"));
            }
            if unit.state != UnitState::Writing {
                return Ok(None);
            }
            let kind = EventKind::UnitMade {
                line: no,
                unit: unit.no,
                key_serial: evidence.serial.clone(),
            };
            Ok(Some(by(&maker, kind)))
        },
    )
    .await?;
    progress(&ports, operation, &order, no, now).await
}

pub(crate) async fn scrap(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<MakingView>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<ScrapKey>(&*ports.registry, &body, now).await?;
    let maker = maker(&*ports.registry, &operation).await?;
    let ScrapKey { serial, reason } = call.says;
    let no = maker.line.line;
    let order = edge::orders::advance(
        &*ports.orders,
        &ports.policies,
        &maker.line.order,
        now,
        |order| {
            let line = line_of(order, no)?;
            // Given up before, by this call or by the maker at the console.
            let Some(unit) = begun(line, &serial, &operation.id)? else {
                return Ok(None);
            };
            let kind = EventKind::UnitScrapped {
                line: no,
                unit: unit.no,
                reason,
            };
            Ok(Some(by(&maker, kind)))
        },
    )
    .await?;
    progress(&ports, operation, &order, no, now).await
}

/// Did this operation make a key? Asked when its agent stops.
///
/// # Errors
/// [`ErrorCode::KeyBegun`] while one is neither made nor given up.
pub(crate) async fn made_between_keys(
    ports: &Ports,
    operation: &Operation,
) -> Result<bool, ApiError> {
    let Some(making) = &operation.line else {
        return Ok(false);
    };
    let Some(order) = ports.orders.load(&making.order).await? else {
        return Ok(false);
    };
    let Some(line) = order.line(making.line) else {
        return Ok(false);
    };
    let own = line
        .units
        .values()
        .filter(|unit| unit.operation.as_ref() == Some(&operation.id));
    let mut any = false;
    for unit in own {
        if unit.state == UnitState::Writing {
            return Err(ErrorCode::KeyBegun.into());
        }
        any |= matches!(unit.state, UnitState::Made | UnitState::HandedOver);
    }
    Ok(any)
}

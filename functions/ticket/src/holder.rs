//! Calls of the agent that holds an operation, or wants to.

use adapters::ports::Transaction;
use adapters::registry;
use axum::extract::State;
use bytes::Bytes;
use contract::agent::{
    AT_DESK, AgentView, AtDesk, Call, Claim, ClaimedDesk, GiveUp, Hindered, OLDEST_AGENT, TICKET,
    Ticket,
};
use contract::error::ErrorCode;
use domain::desk::Desk;
use domain::ids::DeskId;
use domain::operation::{NotClaimed, Obstacle, Operation, OperationState, Verb};
use edge::ApiError;
use edge::agents::{advance, believed, ended, find, heard, parts, unverified};
use edge::extract::Json;
use jiff::Timestamp;
use jws::Parts;

use crate::{Ports, login, making, service};

/// The operation as its agent hears of it.
pub(crate) async fn view(
    ports: &Ports,
    operation: &Operation,
    now: Timestamp,
) -> Result<Json<AgentView>, ApiError> {
    let done = operation.state == OperationState::Done;
    let login_code = if done && operation.verb == Verb::Login {
        Some(login::code(ports, &operation.id).await?)
    } else {
        None
    };
    Ok(Json(AgentView {
        operation: operation.id.clone(),
        state: operation.state,
        now: now.as_second(),
        read: operation.read.clone(),
        login_code,
    }))
}

/// Is this the agent of the desk that it says, and may that desk still make keys? Only its own key can say that the
/// key of this operation is its own.
async fn at_desk(
    ports: &Ports,
    claimed: &ClaimedDesk,
    operation: &Operation,
    holder: &str,
) -> Result<DeskId, ApiError> {
    let desk: Option<Desk> = ports.registry.load(&registry::desk(&claimed.desk)).await?;
    let desk = desk.filter(Desk::is_active).ok_or(ErrorCode::DeskUnknown)?;
    let key: jws::PublicKey = desk
        .key
        .parse()
        .map_err(|_| ApiError::internal("a desk whose key is none"))?;
    let said: AtDesk = Parts::of(&claimed.proof, AT_DESK)
        .and_then(|proof| proof.verified(std::slice::from_ref(&key)))
        .map_err(|why| ApiError::new(ErrorCode::DeskUnknown).because(why))?;
    if said.operation != operation.id || said.key != holder {
        return Err(ApiError::new(ErrorCode::DeskUnknown).because("a proof of another operation"));
    }
    Ok(desk.id)
}

pub(crate) async fn claim(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<AgentView>, ApiError> {
    let now = ports.clock.now();
    let parts = parts(&body)?;
    let said: Call<Claim> = unverified(&parts)?;
    let key: jws::PublicKey = said
        .says
        .key
        .parse()
        .map_err(|why| ApiError::new(ErrorCode::MalformedRequest).because(why))?;
    let call: Call<Claim> = believed(&parts, &key, now)?;
    let bad = |why: jws::BadToken| ApiError::new(ErrorCode::BadTicket).because(why);
    let ticket: Ticket = Parts::of(&call.says.ticket, TICKET)
        .and_then(|ticket| ticket.verified(std::slice::from_ref(&ports.ticket_key)))
        .map_err(bad)?;
    if ticket.operation != call.operation {
        return Err(ErrorCode::BadTicket.into());
    }
    let agent = &call.says.agent;
    if !agent.is_well_formed() || !agent.is_at_least(OLDEST_AGENT) {
        return Err(ErrorCode::AgentTooOld.into());
    }
    let operation = find(&*ports.registry, &ticket.operation)
        .await?
        .ok_or(ErrorCode::TicketExpired)?;
    let holder = key.to_string();
    let desk = match (operation.verb, &call.says.desk) {
        (Verb::Make, Some(claimed)) => Some(at_desk(&ports, claimed, &operation, &holder).await?),
        (Verb::Make, None) => return Err(ErrorCode::DeskUnknown.into()),
        _ => None,
    };
    let mut taken = false;
    let operation = advance(&*ports.registry, operation, |operation| {
        taken = false;
        let next = match operation.claim(&holder, agent, desk.as_ref(), now) {
            Ok(next) => next,
            Err(NotClaimed::Expired) => return Err(ErrorCode::TicketExpired.into()),
            Err(NotClaimed::Taken) => {
                taken = true;
                operation.contested(now)
            }
        };
        Ok(next.map(|next| (next, Transaction::new(now))))
    })
    .await?;
    if taken {
        tracing::warn!(operation = %operation.id, "a ticket in the hands of a second agent");
        return Err(ErrorCode::TicketTaken.into());
    }
    view(&ports, &operation, now).await
}

pub(crate) async fn hindered(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<AgentView>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<Hindered>(&*ports.registry, &body, now).await?;
    let lost = matches!(
        call.says.by,
        Some(Obstacle::SoPinLocked | Obstacle::SoPinUnknown)
    );
    let with = if lost && operation.verb == Verb::Unlock && operation.confirmed_at.is_some() {
        service::so_lost(&ports, &operation, now).await?
    } else {
        Transaction::new(now)
    };
    let operation = advance(&*ports.registry, operation, |operation| {
        let next = operation.hindered(call.says.by).map_err(ended)?;
        Ok(next.map(|next| (next, with.clone())))
    })
    .await?;
    view(&ports, &operation, now).await
}

/// Nothing is left behind. An operation that makes keys ends so only between two keys; it is done when it made one.
pub(crate) async fn give_up(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<AgentView>, ApiError> {
    let now = ports.clock.now();
    let (_, operation) = heard::<GiveUp>(&*ports.registry, &body, now).await?;
    let made = match operation.verb {
        Verb::Make => making::made_between_keys(&ports, &operation).await?,
        _ => false,
    };
    let operation = advance(&*ports.registry, operation, |operation| {
        let next = if made {
            operation.finished(now)
        } else {
            operation.rolled_back(now)
        };
        Ok(next
            .map_err(ended)?
            .map(|next| (next, Transaction::new(now))))
    })
    .await?;
    view(&ports, &operation, now).await
}

//! Calls of the agent that holds an operation, or wants to.

use adapters::ports::Transaction;
use axum::extract::State;
use bytes::Bytes;
use contract::agent::{
    AgentView, CALL, CLOCK_SECONDS, Call, Claim, GiveUp, Hindered, OLDEST_AGENT, Says, TICKET,
    Ticket,
};
use contract::error::ErrorCode;
use domain::operation::{Ended, NotClaimed, Operation};
use edge::ApiError;
use edge::extract::Json;
use jiff::Timestamp;
use jws::Parts;
use serde::de::DeserializeOwned;

use crate::{Ports, advance, find};

/// The call in a body, not believed yet.
fn parts(body: &Bytes) -> Result<Parts<'_>, ApiError> {
    let token = std::str::from_utf8(body).map_err(|_| ErrorCode::MalformedRequest)?;
    Parts::of(token, CALL).map_err(|why| ApiError::new(ErrorCode::MalformedRequest).because(why))
}

/// A call, once it is known who signed it.
fn believed<T: Says + DeserializeOwned>(
    parts: &Parts<'_>,
    key: &jws::PublicKey,
    now: Timestamp,
) -> Result<Call<T>, ApiError> {
    let call: Call<T> = parts
        .verified(std::slice::from_ref(key))
        .map_err(|why| ApiError::new(ErrorCode::NotTheHolder).because(why))?;
    if call.act != T::ACT {
        return Err(ApiError::new(ErrorCode::MalformedRequest).because("a call for another route"));
    }
    if (call.at - now.as_second()).abs() > CLOCK_SECONDS {
        return Err(ErrorCode::ClockWrong.into());
    }
    Ok(call)
}

/// A call of the agent that holds the operation it names.
pub(crate) async fn heard<T: Says + DeserializeOwned>(
    ports: &Ports,
    body: &Bytes,
    now: Timestamp,
) -> Result<(Call<T>, Operation), ApiError> {
    let parts = parts(body)?;
    let said: Call<T> = parts
        .unverified()
        .map_err(|why| ApiError::new(ErrorCode::MalformedRequest).because(why))?;
    // What is not there and what is somebody else's read alike.
    let operation = find(ports, &said.operation)
        .await?
        .ok_or(ErrorCode::NotTheHolder)?;
    let holder = operation.holder.as_deref().ok_or(ErrorCode::NotTheHolder)?;
    let holder = holder
        .parse()
        .map_err(|_| ApiError::internal("a holder that is no key"))?;
    let call = believed(&parts, &holder, now)?;
    Ok((call, operation))
}

pub(crate) fn view(operation: &Operation, now: Timestamp) -> Json<AgentView> {
    Json(AgentView {
        operation: operation.id.clone(),
        state: operation.state,
        now: now.as_second(),
        read: operation.read.clone(),
    })
}

pub(crate) fn ended(_: Ended) -> ApiError {
    ErrorCode::OperationEnded.into()
}

pub(crate) async fn claim(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<AgentView>, ApiError> {
    let now = ports.clock.now();
    let parts = parts(&body)?;
    let said: Call<Claim> = parts
        .unverified()
        .map_err(|why| ApiError::new(ErrorCode::MalformedRequest).because(why))?;
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
    let operation = find(&ports, &ticket.operation)
        .await?
        .ok_or(ErrorCode::TicketExpired)?;
    let holder = key.to_string();
    let mut taken = false;
    let operation = advance(&ports, operation, |operation| {
        taken = false;
        let next = match operation.claim(&holder, agent, now) {
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
    Ok(view(&operation, now))
}

pub(crate) async fn hindered(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<AgentView>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<Hindered>(&ports, &body, now).await?;
    let operation = advance(&ports, operation, |operation| {
        let next = operation.hindered(call.says.by).map_err(ended)?;
        Ok(next.map(|next| (next, Transaction::new(now))))
    })
    .await?;
    Ok(view(&operation, now))
}

pub(crate) async fn give_up(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<AgentView>, ApiError> {
    let now = ports.clock.now();
    let (_, operation) = heard::<GiveUp>(&ports, &body, now).await?;
    let operation = advance(&ports, operation, |operation| {
        let next = operation.rolled_back(now).map_err(ended)?;
        Ok(next.map(|next| (next, Transaction::new(now))))
    })
    .await?;
    Ok(view(&operation, now))
}

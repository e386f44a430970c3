//! Desks: an administrator opens a ticket at a computer, and its agent becomes one that may make keys.

use adapters::ports::Transaction;
use adapters::registry;
use axum::extract::State;
use bytes::Bytes;
use contract::agent::{AT_DESK, AtDesk, Enrol, Enrolled, TicketView};
use contract::desk::DeskRequest;
use contract::error::{ErrorCode, FieldCode};
use domain::actor::Role;
use domain::audit::Deed;
use domain::desk::{Desk, LONGEST_DESK_NAME};
use domain::ids::DeskId;
use domain::operation::{Asked, Operation, OperationState, Verb};
use domain::staff::Staff;
use edge::agents::{advance, ended, heard};
use edge::extract::{Json, StaffMember};
use edge::{ApiError, FieldErrors};
use http::StatusCode;
use jws::Parts;

use crate::Ports;
use crate::site::{Shown, give};

pub(crate) async fn offer(
    State(ports): State<Ports>,
    staff: StaffMember,
    Json(request): Json<DeskRequest>,
) -> Result<(StatusCode, Json<TicketView>), ApiError> {
    let mut errors = FieldErrors::new();
    let name = errors.text(&request.name, "name", LONGEST_DESK_NAME);
    let known: Vec<Desk> = ports
        .registry
        .load_all(registry::DESKS, registry::DESK)
        .await?;
    let taken = known
        .iter()
        .any(|desk| desk.is_active() && desk.name == name);
    errors.require(!taken, "name", FieldCode::Taken);
    errors.finish()?;
    let shown = Shown {
        desk: Some(name.clone()),
        ..Shown::default()
    };
    give(&ports, Asked::enrolment(staff.0.id, name), shown).await
}

/// The desk that an operation makes: its number follows from the operation's, so that a call that comes twice makes
/// one desk.
fn desk_of(operation: &Operation) -> Result<DeskId, ApiError> {
    let ulid = operation.id.as_str().trim_start_matches("op_");
    format!("dk_{ulid}")
        .parse()
        .map_err(|_| ApiError::internal("an operation without a number"))
}

pub(crate) async fn enrol(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<Enrolled>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<Enrol>(&*ports.registry, &body, now).await?;
    let (Verb::Enrol, Some(name), Some(by)) = (
        operation.verb,
        operation.desk_name.clone(),
        operation.staff().cloned(),
    ) else {
        return Err(ApiError::new(ErrorCode::MalformedRequest).because("it enrols no desk"));
    };
    let key: jws::PublicKey = call
        .says
        .key
        .parse()
        .map_err(|why| ApiError::new(ErrorCode::MalformedRequest).because(why))?;
    let said: AtDesk = Parts::of(&call.says.proof, AT_DESK)
        .and_then(|proof| proof.verified(std::slice::from_ref(&key)))
        .map_err(|why| ApiError::new(ErrorCode::NoPossession).because(why))?;
    if said.operation != operation.id || Some(&said.key) != operation.holder.as_ref() {
        return Err(ErrorCode::NoPossession.into());
    }
    let id = desk_of(&operation)?;
    let key = key.to_string();
    if operation.state == OperationState::Done {
        let there: Option<Desk> = ports.registry.load(&registry::desk(&id)).await?;
        return match there {
            Some(desk) if desk.key == key => Ok(Json(Enrolled { desk: id, name })),
            _ => Err(ErrorCode::OperationEnded.into()),
        };
    }
    let staff: Option<Staff> = ports.registry.load(&registry::staff(&by)).await?;
    if !staff.is_some_and(|staff| staff.is_active() && staff.roles.contains(&Role::Admin)) {
        return Err(ErrorCode::Forbidden.into());
    }
    let agent = operation
        .agent
        .clone()
        .ok_or_else(|| ApiError::internal("claimed by nobody"))?;
    advance(&*ports.registry, operation, |operation| {
        let Some(next) = operation.enrolled(&id, now).map_err(ended)? else {
            return Ok(None);
        };
        let desk = Desk {
            id: id.clone(),
            name: name.clone(),
            key: key.clone(),
            agent: agent.clone(),
            enrolled_by: by.clone(),
            enrolled_at: now,
            dismissed_at: None,
            version: 1,
        };
        let deed = Deed {
            staff: by.clone(),
            at: now,
            action: "desk_enrolled".to_owned(),
            subject: format!("desk {id}"),
            detail: name.clone(),
        };
        let transaction = Transaction::new(now).create(&desk)?.audited(deed);
        Ok(Some((next, transaction)))
    })
    .await?;
    Ok(Json(Enrolled { desk: id, name }))
}

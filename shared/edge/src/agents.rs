//! Calls of the agents beside keys: whom one is believed to be from, and for what.
//!
//! A call is a compact JWS by the key that its operation was claimed with. Functions that hear agents ask here, so
//! that no route believes more than another.

#[cfg(feature = "ca")]
use adapters::ca::{Believed, Issuers};
use adapters::ports::{CommitError, Registry, Transaction};
use adapters::registry;
#[cfg(feature = "ca")]
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use contract::agent::{CALL, CLOCK_SECONDS, Call, Says};
use contract::error::ErrorCode;
use domain::actor::Role;
use domain::desk::Desk;
use domain::ids::{OperationId, StaffId};
use domain::operation::{Ended, LineOf, Operation, OperationState, Verb};
use domain::staff::Staff;
use jiff::Timestamp;
use jws::Parts;

use crate::ApiError;

/// How often an operation that somebody else moves is read again.
const TRIES: u32 = 4;

/// An operation.
///
/// # Errors
/// The store's.
pub async fn find(
    registry: &dyn Registry,
    id: &OperationId,
) -> Result<Option<Operation>, ApiError> {
    Ok(registry.load(&registry::operation(id)).await?)
}

/// Moves an operation: `decide` says what it becomes and what else becomes true with it, or nothing when that is
/// so already. It may be asked several times, each time with the operation as it stands.
///
/// # Errors
/// `decide`'s, [`ErrorCode::ChangedMeanwhile`] after too many tries, the store's.
pub async fn advance(
    registry: &dyn Registry,
    operation: Operation,
    mut decide: impl FnMut(&Operation) -> Result<Option<(Operation, Transaction)>, ApiError>,
) -> Result<Operation, ApiError> {
    let mut operation = operation;
    for _ in 0..TRIES {
        let Some((next, transaction)) = decide(&operation)? else {
            return Ok(operation);
        };
        match registry.record(&transaction.change(&next)?).await {
            Ok(()) => return Ok(next),
            Err(CommitError::Refused(_)) => {
                operation = find(registry, &operation.id)
                    .await?
                    .ok_or(ErrorCode::NotFound)?;
            }
            Err(CommitError::Port(error)) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

/// What an operation that has ended answers.
pub fn ended(_: Ended) -> ApiError {
    ErrorCode::OperationEnded.into()
}

/// The call in a body, not believed yet.
///
/// # Errors
/// [`ErrorCode::MalformedRequest`].
pub fn parts(body: &Bytes) -> Result<Parts<'_>, ApiError> {
    let token = std::str::from_utf8(body).map_err(|_| ErrorCode::MalformedRequest)?;
    Parts::of(token, CALL).map_err(|why| ApiError::new(ErrorCode::MalformedRequest).because(why))
}

/// What a call says it says, before anybody knows who it is from.
///
/// # Errors
/// [`ErrorCode::MalformedRequest`].
pub fn unverified<T: Says>(parts: &Parts<'_>) -> Result<Call<T>, ApiError> {
    parts
        .unverified()
        .map_err(|why| ApiError::new(ErrorCode::MalformedRequest).because(why))
}

/// A call, once it is known who signed it.
///
/// # Errors
/// [`ErrorCode::NotTheHolder`] when another key did, [`ErrorCode::MalformedRequest`] when it is for another route,
/// [`ErrorCode::ClockWrong`].
pub fn believed<T: Says>(
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
///
/// # Errors
/// As [`believed`]; what is not there and what is somebody else's read alike.
pub async fn heard<T: Says>(
    registry: &dyn Registry,
    body: &Bytes,
    now: Timestamp,
) -> Result<(Call<T>, Operation), ApiError> {
    let parts = parts(body)?;
    let said: Call<T> = unverified(&parts)?;
    let operation = find(registry, &said.operation)
        .await?
        .ok_or(ErrorCode::NotTheHolder)?;
    let holder = operation.holder.as_deref().ok_or(ErrorCode::NotTheHolder)?;
    let holder = holder
        .parse()
        .map_err(|_| ApiError::internal("a holder that is no key"))?;
    let call = believed(&parts, &holder, now)?;
    Ok((call, operation))
}

fn decoded(text: &str) -> Result<Vec<u8>, ApiError> {
    STANDARD
        .decode(text)
        .map_err(|_| ApiError::new(ErrorCode::MalformedRequest).because("no base64"))
}

/// A certificate that an issuer of ours signed, base64 of DER. Whose it is and whether it still counts is the caller's
/// to ask.
///
/// # Errors
/// [`ErrorCode::UnknownIssuer`]; [`ErrorCode::MalformedRequest`] where it is no base64.
pub fn read_certificate(issuers: &Issuers, certificate: &str) -> Result<Believed, ApiError> {
    issuers
        .read(&decoded(certificate)?)
        .map_err(|why| ApiError::new(ErrorCode::UnknownIssuer).because(why))
}

/// The certificate, when an issuer that counts signed it and its key has just signed a message. Whether it holds, and
/// whose it is, is another question.
///
/// # Errors
/// [`ErrorCode::MalformedRequest`], [`ErrorCode::UnknownIssuer`], [`ErrorCode::NoPossession`].
#[cfg(feature = "ca")]
pub fn signed_by(
    issuers: &Issuers,
    certificate: &str,
    message: &[u8],
    signature: &str,
) -> Result<Believed, ApiError> {
    let certificate = read_certificate(issuers, certificate)?;
    if !certificate.signed(message, &decoded(signature)?) {
        return Err(ErrorCode::NoPossession.into());
    }
    Ok(certificate)
}

/// Who may make the keys of a line, as of this call.
#[derive(Debug, Clone)]
pub struct Maker {
    /// Who asked for it.
    pub staff: StaffId,
    /// The line.
    pub line: LineOf,
}

/// Is it still so that this operation makes keys: by somebody who is a maker, at a desk that was not dismissed?
/// Asked at every call, so that a role that was withdrawn and a desk that was dismissed are gone at once.
///
/// # Errors
/// [`ErrorCode::MalformedRequest`] for another verb, [`ErrorCode::OperationEnded`], [`ErrorCode::DeskUnknown`],
/// [`ErrorCode::Forbidden`].
pub async fn maker(registry: &dyn Registry, operation: &Operation) -> Result<Maker, ApiError> {
    let (Verb::Make, Some(line), Some(id)) = (operation.verb, &operation.line, operation.staff())
    else {
        return Err(ApiError::new(ErrorCode::MalformedRequest).because("it makes no keys"));
    };
    if operation.state == OperationState::RolledBack {
        return Err(ErrorCode::OperationEnded.into());
    }
    let desk = operation.desk.as_ref().ok_or(ErrorCode::DeskUnknown)?;
    let desk: Option<Desk> = registry.load(&registry::desk(desk)).await?;
    if !desk.is_some_and(|desk| desk.is_active()) {
        return Err(ErrorCode::DeskUnknown.into());
    }
    let staff: Option<Staff> = registry.load(&registry::staff(id)).await?;
    if !staff.is_some_and(|staff| staff.is_active() && staff.roles.contains(&Role::Maker)) {
        return Err(ErrorCode::Forbidden.into());
    }
    Ok(Maker {
        staff: id.clone(),
        line: line.clone(),
    })
}

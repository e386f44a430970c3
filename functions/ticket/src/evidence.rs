//! What a key shows of itself, believed only after it was verified (R36): an issuer that counts signed its
//! certificate, that has not ended and was not revoked, it is the company's, and the key that signed now is the
//! one in it.

use adapters::ca::Believed;
use adapters::ports::Transaction;
use adapters::registry;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use contract::agent::{AgentView, Evidence, possession};
use contract::error::ErrorCode;
use domain::company::Company;
use domain::credit::Inspection;
use domain::key::CompanyKey;
use domain::operation::{KeyRead, Operation, OperationState, Verb};
use edge::ApiError;
use edge::extract::Json;
use jiff::Timestamp;

use crate::holder::{ended, heard, view};
use crate::{Ports, advance};

/// The certificate, when the key that it is about has just signed for this operation.
fn proved(ports: &Ports, operation: &Operation, evidence: &Evidence) -> Result<Believed, ApiError> {
    let decoded = |text: &str| {
        STANDARD
            .decode(text)
            .map_err(|_| ApiError::new(ErrorCode::MalformedRequest).because("no base64"))
    };
    let certificate = ports
        .issuers
        .read(&decoded(&evidence.certificate)?)
        .map_err(|why| ApiError::new(ErrorCode::UnknownIssuer).because(why))?;
    let signed = possession(
        &operation.id,
        &operation.nonce,
        &evidence.serial,
        &evidence.certificate,
    );
    if !certificate.signed(&signed, &decoded(&evidence.signature)?) {
        return Err(ErrorCode::NoPossession.into());
    }
    Ok(certificate)
}

/// What is read from the key, when it is one of the company's and its certificate counts.
async fn read(
    ports: &Ports,
    operation: &Operation,
    evidence: &Evidence,
    now: Timestamp,
) -> Result<KeyRead, ApiError> {
    if operation
        .key_serial
        .as_ref()
        .is_some_and(|serial| *serial != evidence.serial)
    {
        return Err(ErrorCode::WrongKey.into());
    }
    let certificate = proved(ports, operation, evidence)?;
    let company: Option<Company> = ports
        .registry
        .load(&registry::company(&operation.company))
        .await?;
    let company = company.ok_or(ErrorCode::NotYourKey)?;
    let place = registry::company_key(&operation.company, &evidence.serial);
    let key: Option<CompanyKey> = ports.registry.load(&place).await?;
    let key = key
        .filter(|key| key.certificate_serial == certificate.serial)
        .filter(|_| certificate.credit_code.as_ref() == Some(&company.credit_code))
        .ok_or(ErrorCode::NotYourKey)?;
    key.in_hand().map_err(|_| ErrorCode::CertificateRevoked)?;
    if !(certificate.not_before..certificate.not_after).contains(&now) {
        return Err(ErrorCode::CertificateEnded.into());
    }
    Ok(KeyRead {
        serial: key.serial,
        medium: key.medium,
        certificate_serial: certificate.serial,
        not_after: certificate.not_after,
    })
}

pub(crate) async fn take(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<AgentView>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<Evidence>(&ports, &body, now).await?;
    // It may have ended since the answer got lost: what was read then is the answer.
    if operation.state == OperationState::Done {
        return Ok(view(&operation, now));
    }
    let read = read(&ports, &operation, &call.says, now).await?;
    let operation = advance(&ports, operation, |operation| {
        let Some(next) = operation.done(read.clone(), now).map_err(ended)? else {
            return Ok(None);
        };
        let mut transaction = Transaction::new(now);
        if operation.verb == Verb::Inspect {
            transaction = transaction.mark(&Inspection {
                company: operation.company.clone(),
                serial: read.serial.clone(),
                certificate_serial: read.certificate_serial.clone(),
                medium: read.medium,
                not_after: read.not_after,
                at: now,
            })?;
        }
        Ok(Some((next, transaction)))
    })
    .await?;
    Ok(view(&operation, now))
}

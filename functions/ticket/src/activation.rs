//! First use of a key: the PIN with which it travelled gives way to the company's own.
//!
//! | step | in the cloud | on the key | when the power goes out after it |
//! | --- | --- | --- | --- |
//! | the ticket is given | operation offered, code used up | transport PIN | a new code, a new ticket |
//! | the transport PIN is handed to the agent | | transport PIN | it is handed out again, to the same agent |
//! | the agent sets the company's PIN | | own PIN | the agent asks for it again and goes on |
//! | the key signs, the evidence is taken | the key is the company's, nothing waits any more, the key before it has ended: one transaction with the operation's end | own PIN | said again, it is known |

use adapters::ports::{PortError, Transaction};
use adapters::registry::{self, KeyMove};
use axum::extract::State;
use bytes::Bytes;
use contract::account::LoginCodeRequest;
use contract::agent::{SealedText, TakeTransportPin};
use contract::error::{ErrorCode, FieldCode};
use domain::code::{CodePurpose, OneTimeCode};
use domain::ids::CompanyId;
use domain::key::{CompanyKey, HandedKey};
use domain::operation::{OperationState, Verb};
use domain::stock::StockKey;
use edge::ApiError;
use edge::agents::heard;
use edge::codes::wrong_code;
use edge::extract::{Json, Person};
use jiff::Timestamp;

use crate::Ports;
use crate::secrets::sealed_secrets;

/// The code that the person got with their password, used up; to be written with the operation.
pub(crate) async fn confirmed(
    ports: &Ports,
    person: &Person,
    code: Option<&LoginCodeRequest>,
) -> Result<OneTimeCode, ApiError> {
    let given = code.ok_or_else(|| ApiError::field("code", FieldCode::Required))?;
    let used = ports
        .codes
        .take(
            &given.id,
            CodePurpose::Activation,
            given.code.expose(),
            "code",
        )
        .await?;
    let own = used.holder.as_ref().is_some_and(|holder| {
        holder.company == person.company && holder.user.as_ref() == Some(&person.user)
    });
    if own {
        Ok(used)
    } else {
        Err(wrong_code("code"))
    }
}

/// The key that waits, or none.
pub(crate) async fn waiting(
    ports: &Ports,
    company: &CompanyId,
    serial: &str,
) -> Result<Option<HandedKey>, PortError> {
    ports
        .registry
        .load(&registry::handed_key(company, serial))
        .await
}

pub(crate) async fn transport_pin(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<SealedText>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<TakeTransportPin>(&*ports.registry, &body, now).await?;
    let (Verb::Activate, Some(company)) = (operation.verb, operation.company()) else {
        return Err(ApiError::new(ErrorCode::MalformedRequest).because("it activates nothing"));
    };
    if operation.state != OperationState::Claimed {
        return Err(ErrorCode::OperationEnded.into());
    }
    let serial = &call.says.serial;
    if operation.key_serial.as_ref() != Some(serial) {
        return Err(ErrorCode::WrongKey.into());
    }
    let handed = waiting(&ports, company, serial).await?;
    handed.ok_or(ErrorCode::NotYourKey)?;
    let stock: Option<StockKey> = ports.registry.load(&registry::stock_key(serial)).await?;
    let unit = stock
        .and_then(|stock| stock.unit)
        .ok_or_else(|| ApiError::internal("a key that was handed over and never in stock"))?;
    let seal_to = &call.says.seal_to;
    let sealed = sealed_secrets(&ports, &operation.id, serial, &unit, None, seal_to).await?;
    Ok(Json(sealed))
}

/// What becomes true when a key is activated: it is the company's, it waits no more, and the one before it has ended.
pub(crate) async fn writes(
    ports: &Ports,
    handed: &HandedKey,
    now: Timestamp,
) -> Result<Transaction, ApiError> {
    let mut all = Transaction::new(now)
        .create(&handed.activated(now))?
        .remove(handed);
    let before = match &handed.replaces {
        Some(serial) => {
            let place = registry::company_key(&handed.company, serial);
            let key: Option<CompanyKey> = ports.registry.load(&place).await?;
            key.and_then(|key| key.revoked(now))
        }
        None => None,
    };
    if let Some(before) = before {
        let ends =
            registry::restand_key(&*ports.registry, &before, KeyMove::Supersede, now).await?;
        all = all.change(&before)?;
        all.writes.extend(ends);
    }
    Ok(all)
}

//! What a key shows of itself, believed only after it was verified (R36): an issuer that counts signed its
//! certificate, that has not ended and was not revoked, it is the company's, and the key that signed now is the
//! one in it. A key of another issuer joins the company's so, once that one's own list was asked. A key whose PIN is
//! locked signs nothing: its time left is noted as read without PIN, and a reviewer confirms what that is worth.

use adapters::ca::Believed;
use adapters::ports::Transaction;
use adapters::registry::{self, Claimed, Ownership};
use axum::extract::State;
use bytes::Bytes;
use contract::agent::{AgentView, Evidence, possession};
use contract::error::ErrorCode;
use domain::company::Company;
use domain::credit::Inspection;
use domain::ids::CompanyId;
use domain::key::{CompanyKey, HandedKey, JoiningKey, KnownOtherwise};
use domain::operation::{KeyRead, Operation, OperationState, Verb};
use domain::order::IssuedCertificate;
use edge::agents::{advance, ended, heard, signed_by};
use edge::extract::Json;
use edge::{ApiError, cookie};
use jiff::Timestamp;

use crate::holder::view;
use crate::making::sealed;
use crate::{Ports, activation, login, service};

/// The certificate, when the key that it is about has just signed for this operation; of a key that is inspected by
/// its number, and locked, the certificate alone.
pub(crate) fn proved(
    ports: &Ports,
    operation: &Operation,
    evidence: &Evidence,
) -> Result<Believed, ApiError> {
    let Some(signature) = &evidence.signature else {
        return if operation.verb == Verb::Inspect && operation.key_serial.is_some() {
            edge::agents::read_certificate(&ports.issuers, &evidence.certificate)
        } else {
            Err(ErrorCode::NoPossession.into())
        };
    };
    let signed = possession(
        &operation.id,
        &operation.nonce,
        &evidence.serial,
        &evidence.certificate,
    );
    signed_by(&ports.issuers, &evidence.certificate, &signed, signature)
}

/// A key that has shown itself, and whose it is.
struct Known {
    company: CompanyId,
    read: KeyRead,
    /// What has to become true now that it is activated; none when it was before.
    handed: Option<HandedKey>,
    /// As it is counted among the company's keys from now on; none when it is already.
    joined: Option<CompanyKey>,
}

/// Does its issuer still stand by a certificate? Of our own the company's key tells that.
async fn stood_by(ports: &Ports, certificate: &Believed, now: Timestamp) -> Result<(), ApiError> {
    let Some(issuer) = &certificate.elsewhere else {
        return Ok(());
    };
    match ports.lists.lists(issuer, &certificate.serial, now).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(ErrorCode::CertificateRevoked.into()),
        Err(error) => {
            tracing::warn!(issuer = %issuer.config.name, %error, "an issuer is silent");
            Err(ErrorCode::IssuerSilent.into())
        }
    }
}

/// A key of another issuer as the company's from now on (R36): only an inspection of any key does that, only one that
/// has signed, and never what is known as another key. None when there is nothing to change.
fn joined(
    operation: &Operation,
    evidence: &Evidence,
    certificate: &Believed,
    company: &CompanyId,
    known: Option<&CompanyKey>,
    now: Timestamp,
) -> Result<Option<CompanyKey>, ApiError> {
    let Some(issuer) = &certificate.elsewhere else {
        return Ok(None);
    };
    let named = known.is_none() && operation.key_serial.is_some();
    if operation.verb != Verb::Inspect || evidence.signature.is_none() || named {
        return Ok(None);
    }
    let joining = JoiningKey {
        company: company.clone(),
        serial: evidence.serial.clone(),
        medium: issuer.config.medium,
        storefront: issuer.config.storefront.clone(),
        issued_by: issuer.config.name.clone(),
        certificate: IssuedCertificate {
            serial: certificate.serial.clone(),
            not_after: certificate.not_after,
        },
    };
    joining
        .joined(known, now)
        .map_err(|KnownOtherwise| ErrorCode::NotYourKey.into())
}

/// The company whose key it must be: the one that asked, or for a login the one that the certificate names and that
/// owns the code in it.
async fn company_of(
    ports: &Ports,
    operation: &Operation,
    certificate: &Believed,
) -> Result<Company, ApiError> {
    let id = if let Some(company) = operation.company() {
        company.clone()
    } else {
        let code = certificate
            .credit_code
            .as_ref()
            .ok_or(ErrorCode::NotYourKey)?;
        let place = registry::ownership(Claimed::CreditCode, code.as_str());
        let owner: Option<Ownership> = ports.registry.load(&place).await?;
        owner.ok_or(ErrorCode::NotYourKey)?.company
    };
    let company: Option<Company> = ports.registry.load(&registry::company(&id)).await?;
    let company = company.ok_or(ErrorCode::NotYourKey)?;
    if certificate.credit_code.as_ref() == Some(&company.credit_code) {
        Ok(company)
    } else {
        Err(ErrorCode::NotYourKey.into())
    }
}

/// The key that showed itself, when it is one of the company's and its certificate counts.
async fn known(
    ports: &Ports,
    operation: &Operation,
    evidence: &Evidence,
    now: Timestamp,
) -> Result<Known, ApiError> {
    if operation
        .key_serial
        .as_ref()
        .is_some_and(|serial| *serial != evidence.serial)
    {
        return Err(ErrorCode::WrongKey.into());
    }
    let certificate = proved(ports, operation, evidence)?;
    let company = company_of(ports, operation, &certificate).await?.id;
    let place = registry::company_key(&company, &evidence.serial);
    let key: Option<CompanyKey> = ports.registry.load(&place).await?;
    let handed = match (&key, operation.verb) {
        (None, Verb::Activate) => activation::waiting(ports, &company, &evidence.serial).await?,
        _ => None,
    };
    // A key that is being renewed is known by its new certificate once it has shown that it has it.
    let expected = match operation.verb {
        Verb::Renew => Some(service::renewed_certificate(ports, operation).await?),
        _ => None,
    };
    if !(certificate.not_before..certificate.not_after).contains(&now) {
        return Err(ErrorCode::CertificateEnded.into());
    }
    let joined = joined(
        operation,
        evidence,
        &certificate,
        &company,
        key.as_ref(),
        now,
    )?;
    let key = joined
        .clone()
        .or(key)
        .or_else(|| handed.as_ref().map(|handed| handed.activated(now)))
        .filter(|key| {
            let known = expected.as_ref().unwrap_or(&key.certificate_serial);
            *known == certificate.serial
        })
        .ok_or(ErrorCode::NotYourKey)?;
    key.in_hand().map_err(|_| ErrorCode::CertificateRevoked)?;
    stood_by(ports, &certificate, now).await?;
    Ok(Known {
        company,
        read: KeyRead {
            serial: key.serial,
            medium: key.medium,
            certificate_serial: certificate.serial,
            not_after: certificate.not_after,
            without_pin: evidence.signature.is_none(),
        },
        handed,
        joined,
    })
}

pub(crate) async fn take(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<AgentView>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<Evidence>(&*ports.registry, &body, now).await?;
    if matches!(operation.verb, Verb::Make | Verb::Enrol) {
        return Err(ApiError::new(ErrorCode::MalformedRequest).because("no evidence is asked for"));
    }
    // It may have ended since the answer got lost: what was read then is the answer.
    if operation.state == OperationState::Done {
        return view(&ports, &operation, now).await;
    }
    let known = known(&ports, &operation, &call.says, now).await?;
    if operation.verb.serves_line() {
        sealed(&ports, &operation, &call.says).await?;
        service::finish_line(&ports, &operation, now).await?;
    }
    let Known {
        company,
        read,
        handed,
        joined,
    } = &known;
    let with = match (operation.verb, handed) {
        (Verb::Inspect, _) => {
            let inspected = Transaction::new(now).mark(&Inspection {
                company: company.clone(),
                serial: read.serial.clone(),
                certificate_serial: read.certificate_serial.clone(),
                medium: read.medium,
                not_after: read.not_after,
                at: now,
                without_pin: read.without_pin,
            })?;
            match joined {
                Some(key) => inspected.change(key)?,
                None => inspected,
            }
        }
        (Verb::Activate, Some(handed)) => activation::writes(&ports, handed, now).await?,
        (Verb::Unlock, _) => service::rotated(&ports, &read.serial, now).await?,
        _ => Transaction::new(now),
    };
    let code_hash = match operation.verb {
        Verb::Login => {
            let code = login::code(&ports, &operation.id).await?;
            Some(cookie::token_hash(code.expose()))
        }
        _ => None,
    };
    let operation = advance(&*ports.registry, operation, |operation| {
        let next = match &code_hash {
            Some(hash) => operation.logged_in(read.clone(), company.clone(), hash.clone(), now),
            None => operation.done(read.clone(), now),
        };
        Ok(next.map_err(ended)?.map(|next| (next, with.clone())))
    })
    .await?;
    view(&ports, &operation, now).await
}

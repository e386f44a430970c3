//! "This was not us": the link in a notice takes an unbinding back, or stops a recovery.

use adapters::ports::{CommitError, Transaction};
use adapters::registry;
use axum::extract::State;
use contract::error::ErrorCode;
use contract::unbinding::{LinkRequest, ObjectionKind, ObjectionView};
use domain::actor::Actor;
use domain::company::{Company, CompanyEventKind};
use domain::ids::{CompanyId, RecoveryId};
use domain::notice::AccountNotice;
use domain::recovery::{Objection, ObjectionAbout, Recovery, RecoveryState};
use domain::work::SecretLink;
use edge::ApiError;
use edge::codes::read_link;
use edge::extract::Json;
use edge::recoveries::{FREEZE, News, TRIES, logged_out, over, people, targets};
use http::StatusCode;

use crate::Ports;

fn expired() -> ApiError {
    ErrorCode::LinkExpired.into()
}

/// The objection of a link, if it can still be used.
async fn read(ports: &Ports, request: &LinkRequest) -> Result<Objection, ApiError> {
    let link = |id| SecretLink::Objection { id };
    let id = read_link(&*ports.mac, request.token.expose(), link).await?;
    let found: Option<Objection> = ports.registry.load(&registry::objection(&id)).await?;
    let now = ports.clock.now();
    found
        .filter(|objection| objection.used_at.is_none() && now < objection.expires_at)
        .ok_or_else(expired)
}

async fn company(ports: &Ports, id: &CompanyId) -> Result<Company, ApiError> {
    let found: Option<Company> = ports.registry.load(&registry::company(id)).await?;
    found.ok_or_else(expired)
}

/// The recovery, while it waits for objections.
async fn waiting(ports: &Ports, id: &RecoveryId) -> Result<Recovery, ApiError> {
    let found: Option<Recovery> = ports.registry.load(&registry::recovery(id)).await?;
    found
        .filter(|recovery| recovery.state == RecoveryState::Waiting)
        .ok_or_else(expired)
}

/// Tells what a link would stop, and changes nothing: programs open links too.
pub(crate) async fn show(
    State(ports): State<Ports>,
    Json(request): Json<LinkRequest>,
) -> Result<Json<ObjectionView>, ApiError> {
    let objection = read(&ports, &request).await?;
    let (kind, company_name) = match &objection.about {
        ObjectionAbout::Unbinding { company: id } => {
            (ObjectionKind::Unbinding, company(&ports, id).await?.name)
        }
        ObjectionAbout::Recovery { recovery } => {
            let recovery = waiting(&ports, recovery).await?;
            (ObjectionKind::Recovery, recovery.company_name)
        }
    };
    Ok(Json(ObjectionView {
        kind,
        company_name,
        expires_at: objection.expires_at,
    }))
}

/// Stops it. Called twice, the second finds the link used; it is stopped.
pub(crate) async fn confirm(
    State(ports): State<Ports>,
    Json(request): Json<LinkRequest>,
) -> Result<StatusCode, ApiError> {
    for _ in 0..TRIES {
        let objection = read(&ports, &request).await?;
        let all = match &objection.about {
            ObjectionAbout::Unbinding { company } => disputed(&ports, &objection, company).await?,
            ObjectionAbout::Recovery { recovery } => stopped(&ports, &objection, recovery).await?,
        };
        match ports.registry.record(&all).await {
            Ok(()) => return Ok(StatusCode::NO_CONTENT),
            // Read again: used by then, or a company that was changed in between.
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

/// The company is bound again, and whoever got in by the unbinding is out; the contact stays frozen.
async fn disputed(
    ports: &Ports,
    objection: &Objection,
    id: &CompanyId,
) -> Result<Transaction, ApiError> {
    let now = ports.clock.now();
    let company = company(ports, id).await?;
    let (next, event) = company.changed(
        Actor::System,
        CompanyEventKind::UnbindingDisputed,
        Vec::new(),
        String::new(),
        now,
    );
    let next = Company {
        unbound_at: None,
        frozen_until: Some(now + FREEZE),
        ..next
    };
    let news = News {
        occasion: format!("{}-{}", next.id, next.version),
        notice: AccountNotice::UnbindingDisputed,
        name: &next.name,
        note: String::new(),
        objection: None,
    };
    let all = Transaction::new(now)
        .change(&over(objection, now))?
        .change(&next)?
        .create(&event)?;
    let all = logged_out(all, &people(&*ports.registry, id).await?)?;
    Ok(all.then(news.to(&targets(&next.contact))))
}

/// The recovery has ended, and the one who applied is told.
async fn stopped(
    ports: &Ports,
    objection: &Objection,
    id: &RecoveryId,
) -> Result<Transaction, ApiError> {
    let now = ports.clock.now();
    let recovery = waiting(ports, id).await?;
    let next = Recovery {
        state: RecoveryState::Objected,
        version: recovery.version + 1,
        ..recovery
    };
    let news = News {
        occasion: format!("{}-{}", next.id, next.version),
        notice: AccountNotice::RecoveryObjected,
        name: &next.company_name,
        note: String::new(),
        objection: None,
    };
    let all = Transaction::new(now)
        .change(&over(objection, now))?
        .change(&next)?;
    Ok(all.then(news.to(&targets(&next.contact))))
}

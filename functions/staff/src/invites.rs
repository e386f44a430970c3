//! Taking an invitation up: the one who has the link sets password and second factor.

use adapters::ports::Transaction;
use adapters::registry;
use axum::extract::State;
use contract::error::ErrorCode;
use contract::secret::Secret;
use contract::staff::{InviteAcceptRequest, InviteView};
use contract::unbinding::LinkRequest;
use domain::audit::Deed;
use domain::staff::{Invite, Staff, StaffState};
use edge::codes::{read_link, wrong_code};
use edge::extract::Json;
use edge::throttle::{LOGIN_ADDRESS, LOGIN_BROWSER};
use edge::visitor::Visitor;
use edge::{ApiError, FieldErrors, password};
use http::StatusCode;

use crate::{Ports, about};
use edge::invitation::{self, TOTP_FIELD};

/// The invitation of a link, if it can be taken up now. Whatever is wrong, the answer is the same.
async fn open(ports: &Ports, token: &Secret) -> Result<(Invite, Staff), ApiError> {
    let id = read_link(&*ports.mac, token.expose(), invitation::link).await?;
    let invite: Option<Invite> = ports.registry.load(&registry::invite(&id)).await?;
    let now = ports.clock.now();
    let invite = invite
        .filter(|invite| invite.used_at.is_none() && now < invite.expires_at)
        .ok_or(ErrorCode::LinkExpired)?;
    let staff: Option<Staff> = ports.registry.load(&registry::staff(&invite.staff)).await?;
    let staff = staff
        .filter(|staff| staff.state == StaffState::Invited && invitation::id_of(staff) == id)
        .ok_or(ErrorCode::LinkExpired)?;
    Ok((invite, staff))
}

async fn secret_of(ports: &Ports, invite: &Invite) -> Result<String, ApiError> {
    let owner = invite.staff.as_str();
    Ok(ports.fields.open(owner, TOTP_FIELD, &invite.totp).await?)
}

/// Shows the same as often as it is asked, until the invitation is taken up.
pub(crate) async fn show(
    State(ports): State<Ports>,
    Json(request): Json<LinkRequest>,
) -> Result<Json<InviteView>, ApiError> {
    let (invite, staff) = open(&ports, &request.token).await?;
    let secret = secret_of(&ports, &invite).await?;
    let otpauth = invitation::otpauth(&secret, &staff.mail)?;
    Ok(Json(InviteView {
        name: staff.name,
        mail: staff.mail,
        secret: Secret::new(secret),
        otpauth: Secret::new(otpauth),
        expires_at: invite.expires_at,
    }))
}

/// What must not be part of somebody's password.
fn names(staff: &Staff) -> Vec<&str> {
    let local = staff.mail.split('@').next().unwrap_or_default();
    let parts = local.split(|c: char| !c.is_alphanumeric());
    [staff.name.as_str(), staff.mail.as_str(), local]
        .into_iter()
        .chain(parts)
        .collect()
}

/// Whoever calls again after a lost answer reads that the link is used, and can log in.
pub(crate) async fn accept(
    State(ports): State<Ports>,
    visitor: Visitor,
    Json(request): Json<InviteAcceptRequest>,
) -> Result<StatusCode, ApiError> {
    let (invite, staff) = open(&ports, &request.token).await?;
    let counted = [
        (LOGIN_BROWSER, staff.id.as_str()),
        (LOGIN_ADDRESS, visitor.address.as_str()),
    ];
    ports.throttles.admit(&counted).await?;
    let mut errors = FieldErrors::new();
    if let Some(wrong) = password::check(request.password.expose(), &names(&staff)) {
        errors.add("password", wrong);
    }
    errors.finish()?;
    let now = ports.clock.now();
    let secret = secret_of(&ports, &invite).await?;
    let Some(step) = invitation::step_of(&secret, request.code.expose(), now)? else {
        ports.throttles.count(&counted).await?;
        return Err(wrong_code("code"));
    };
    let password = ports
        .passwords
        .hash(request.password.expose(), &*ports.random)?;
    let taken_up = Invite {
        used_at: Some(now),
        version: invite.version + 1,
        ..invite.clone()
    };
    let joined = Staff {
        state: StaffState::Active,
        password: Some(password),
        totp: Some(invite.totp),
        totp_step: step,
        version: staff.version + 1,
        ..staff
    };
    let deed = Deed {
        staff: joined.id.clone(),
        at: now,
        action: "invite_accepted".to_owned(),
        subject: about(&joined.id),
        detail: String::new(),
    };
    let all = Transaction::new(now)
        .change(&taken_up)?
        .change(&joined)?
        .audited(deed);
    ports.registry.record(&all).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Staff: mail address, password and second factor (TOTP, RFC 6238) in one form, and their sessions.

use adapters::ports::{CommitError, Transaction};
use adapters::registry::{self, StaffMail};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::account::{StaffLoginRequest, StaffSessionView};
use contract::error::{ErrorCode, FieldCode};
use contract::staff::StaffSessionList;
use domain::audit::Deed;
use domain::company::login_key;
use domain::session::{Session, SessionOwner};
use domain::staff::{Branch, Staff};
use domain::throttle::Rule;
use edge::extract::{Json, StaffMember};
use edge::throttle::LOGIN_NAME;
use edge::visitor::Visitor;
use edge::{ApiError, FieldErrors, cookie};
use http::HeaderMap;
use jiff::Timestamp;
use totp_rs::{Algorithm, Builder, Secret};

use crate::Ports;
use crate::codes::failing;
use crate::session::{TRIES, left, rows};

/// Failed second factors after the right password, of one member of staff. Six digits are few, so these are
/// refused for a while from wherever they come: only who has the password can bring that about.
const SECOND_FACTOR: Rule = Rule {
    name: "staff-code",
    tries: 5,
    within_minutes: 10,
    wait_minutes: 10,
};
/// The field under which the secret of a second factor is sealed.
const SEALED_AS: &str = "totp";

fn deed(staff: &Staff, action: &str, at: Timestamp) -> Deed {
    Deed {
        staff: staff.id.clone(),
        at,
        action: action.to_owned(),
        subject: format!("staff {}", staff.id),
        detail: String::new(),
    }
}

/// The time step whose code was typed: the present one, or the one before or after it, for clocks differ.
fn step_of(secret: Secret, typed: &str, now: Timestamp) -> Result<Option<u64>, ApiError> {
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(30)
        .with_skew(1)
        .with_secret(secret)
        .build()
        .map_err(|error| ApiError::internal(format!("second factor: {error}")))?;
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    Ok(totp.check(&typed, seconds))
}

async fn secret_of(ports: &Ports, staff: &Staff) -> Result<Option<Secret>, ApiError> {
    let Some(sealed) = &staff.totp else {
        return Ok(None);
    };
    let base32 = ports
        .fields
        .open(staff.id.as_str(), SEALED_AS, sealed)
        .await?;
    Secret::try_from_base32(base32)
        .map(Some)
        .map_err(|_| ApiError::internal("the secret of a second factor does not parse"))
}

async fn by_mail(ports: &Ports, mail: &str) -> Result<Option<Staff>, ApiError> {
    let found: Option<StaffMail> = ports.registry.load(&registry::staff_mail(mail)).await?;
    match found {
        None => Ok(None),
        Some(found) => Ok(ports.registry.load(&registry::staff(&found.staff)).await?),
    }
}

/// Logs a member of staff in. Called twice with one code, the second time fails: no code works twice.
///
/// Every failure reads the same and costs the same: one password is compared, one code is worked out, four
/// counters rise. The sealed secret is opened only after the right password.
pub(crate) async fn login(
    State(ports): State<Ports>,
    visitor: Visitor,
    Json(request): Json<StaffLoginRequest>,
) -> Result<Response, ApiError> {
    ports.throttles.admit(&failing(&visitor)).await?;
    let mut errors = FieldErrors::new();
    let mail = errors.text(&request.mail, "mail", 254);
    for (typed, field) in [(&request.password, "password"), (&request.code, "code")] {
        errors.require(!typed.expose().is_empty(), field, FieldCode::Required);
    }
    errors.finish()?;
    let mail = login_key(&mail);
    let found = by_mail(&ports, &mail).await?;
    let hash = found.as_ref().and_then(|staff| staff.password.as_ref());
    let fits = ports.passwords.verify(request.password.expose(), hash);
    let secret = match &found {
        Some(staff) if fits => secret_of(&ports, staff).await?,
        _ => None,
    };
    // What is counted after a right password is another counter than after a wrong one; only the first is
    // ever asked.
    let counter = format!("{} {mail}", if fits { "right" } else { "wrong" });
    let waits = ports.throttles.is_hot(&SECOND_FACTOR, &counter).await?;
    let has_secret = secret.is_some();
    // Nobody's secret takes as long as anybody's.
    let secret = secret.unwrap_or_else(|| Secret::new_stack([0; 20]));
    let step = step_of(secret, request.code.expose(), ports.clock.now())?;
    let entering = found.filter(|_| fits && has_secret && !waits).zip(step);
    if let Some((staff, step)) = entering
        && let Some(entered) = enter(&ports, &visitor, staff, step).await?
    {
        return Ok(entered);
    }
    ports.throttles.count(&failing(&visitor)).await?;
    ports
        .throttles
        .count(&[(LOGIN_NAME, &mail), (SECOND_FACTOR, &counter)])
        .await?;
    Err(ErrorCode::LoginFailed.into())
}

/// The session of a member of staff, if they may log in and the code of this step is new. That it was used
/// is written with the session it opens.
async fn enter(
    ports: &Ports,
    visitor: &Visitor,
    mut staff: Staff,
    step: u64,
) -> Result<Option<Response>, ApiError> {
    let password = staff.password.clone();
    for _ in 0..TRIES {
        if !staff.is_active() || step <= staff.totp_step || staff.password != password {
            return Ok(None);
        }
        let now = ports.clock.now();
        let next = Staff {
            totp_step: step,
            version: staff.version + 1,
            ..staff.clone()
        };
        let new = ports.sessions.of_staff(&next, visitor);
        let all = Transaction::new(now)
            .change(&next)?
            .create(&new.session)?
            .audited(deed(&next, "logged_in", now));
        match ports.registry.record(&all).await {
            Ok(()) => {
                let view = view(ports, &next, &new.session).await?;
                return Ok(Some(([new.cookie], Json(view)).into_response()));
            }
            // Changed at the same moment, perhaps by the same code.
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let key = registry::staff(&staff.id);
        match ports.registry.load::<Staff>(&key).await? {
            Some(found) => staff = found,
            None => return Ok(None),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

async fn view(
    ports: &Ports,
    staff: &Staff,
    session: &Session,
) -> Result<StaffSessionView, ApiError> {
    let branch: Option<Branch> = match &staff.branch {
        Some(id) => ports.registry.load(&registry::branch(id)).await?,
        None => None,
    };
    Ok(StaffSessionView {
        staff: staff.id.clone(),
        name: staff.name.clone(),
        mail: staff.mail.clone(),
        roles: staff.roles.clone(),
        branch_name: branch.map(|branch| branch.name),
        expires_at: session.expires_at,
    })
}

async fn present(ports: &Ports, headers: &HeaderMap) -> Result<Session, ApiError> {
    let found = ports.sessions.find(headers, cookie::STAFF).await?;
    // It was there when the access layer looked.
    Ok(found.ok_or(ErrorCode::LoginRequired)?)
}

/// Tells which member of staff is logged in.
pub(crate) async fn current(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    headers: HeaderMap,
) -> Result<Json<StaffSessionView>, ApiError> {
    let session = present(&ports, &headers).await?;
    Ok(Json(view(&ports, &staff, &session).await?))
}

/// Ends this session. Called twice, the second time nobody is logged in.
pub(crate) async fn logout(
    State(ports): State<Ports>,
    _: StaffMember,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    ports
        .sessions
        .end(&present(&ports, &headers).await?)
        .await?;
    Ok(left(cookie::STAFF))
}

/// Lists one's own sessions.
pub(crate) async fn list(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    headers: HeaderMap,
) -> Result<Json<StaffSessionList>, ApiError> {
    let current = present(&ports, &headers).await?.id;
    let owner = SessionOwner::Staff { staff: staff.id };
    let sessions = ports.sessions.list(&owner, staff.epoch).await?;
    Ok(Json(StaffSessionList {
        sessions: rows(sessions, &current),
    }))
}

/// Ends all of one's own sessions at once. Called twice, the second time nobody is logged in.
pub(crate) async fn logout_everywhere(
    State(ports): State<Ports>,
    StaffMember(mut staff): StaffMember,
) -> Result<Response, ApiError> {
    let key = registry::staff(&staff.id);
    for _ in 0..TRIES {
        let now = ports.clock.now();
        let next = staff.logged_out();
        let all =
            Transaction::new(now)
                .change(&next)?
                .audited(deed(&next, "logged_out_everywhere", now));
        match ports.registry.record(&all).await {
            Ok(()) => return Ok(left(cookie::STAFF)),
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let found: Option<Staff> = ports.registry.load(&key).await?;
        staff = found.ok_or(ErrorCode::LoginRequired)?;
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

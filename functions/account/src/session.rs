//! Logging in and out.

use adapters::ports::{Session, SessionOwner};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::account::{LoginRequest, SessionView, StaffLoginRequest, StaffSessionView};
use contract::error::ErrorCode;
use domain::company::{Company, User};
use edge::extract::{Json, Person, StaffMember};
use edge::{ApiError, cookie};
use http::{HeaderMap, StatusCode, header};
use jiff::SignedDuration;

use crate::{Ports, password};

/// How long a company's person stays logged in.
pub(crate) const COMPANY_SESSION: SignedDuration = SignedDuration::from_hours(12);
/// How long a member of staff stays logged in: a working day.
const STAFF_SESSION: SignedDuration = SignedDuration::from_hours(10);

pub(crate) fn session_view(company: &Company, user: &User) -> SessionView {
    SessionView {
        user: user.id.clone(),
        account: user.account.clone(),
        company: company.id.clone(),
        company_name: company.name.clone(),
        credit_code: company.credit_code.as_str().to_owned(),
        contact: company.contact.clone(),
        storefront: company.storefront.0.clone(),
    }
}

/// Opens a session under a new token: one that was planted before the login is worth nothing.
async fn open(
    ports: &Ports,
    owner: SessionOwner,
    name: &'static str,
    lifetime: SignedDuration,
) -> Result<[(header::HeaderName, String); 1], ApiError> {
    let now = ports.clock.now();
    let token = cookie::new_token(&*ports.random);
    let session = Session {
        token_hash: cookie::token_hash(&token),
        owner,
        created_at: now,
        expires_at: now + lifetime,
    };
    ports.sessions.open(&session).await?;
    Ok([(header::SET_COOKIE, cookie::set(name, &token))])
}

async fn close(
    ports: &Ports,
    headers: &HeaderMap,
    name: &'static str,
) -> Result<Response, ApiError> {
    if let Some(token) = cookie::read(headers, name) {
        ports.sessions.end(&cookie::token_hash(&token)).await?;
    }
    Ok((
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, cookie::clear(name))],
    )
        .into_response())
}

pub(crate) async fn login(
    State(ports): State<Ports>,
    Json(request): Json<LoginRequest>,
) -> Result<Response, ApiError> {
    let login = ports.accounts.login(&request.account).await?;
    let hash = login.as_ref().map(|login| login.password_hash.as_str());
    if !password::verify(request.password.expose(), hash) {
        return Err(ErrorCode::LoginFailed.into());
    }
    let user = login.ok_or(ErrorCode::LoginFailed)?.owner;
    let company = ports
        .accounts
        .company(&user.company)
        .await?
        .ok_or(ErrorCode::LoginFailed)?;
    let owner = SessionOwner::Company {
        company: company.id.clone(),
        user: user.id.clone(),
    };
    let set = open(&ports, owner, cookie::COMPANY, COMPANY_SESSION).await?;
    Ok((set, Json(session_view(&company, &user))).into_response())
}

pub(crate) async fn current(
    State(ports): State<Ports>,
    person: Person,
) -> Result<Json<SessionView>, ApiError> {
    let company = ports
        .accounts
        .company(&person.company)
        .await?
        .ok_or(ErrorCode::LoginRequired)?;
    let user = ports
        .accounts
        .user(&person.company, &person.user)
        .await?
        .ok_or(ErrorCode::LoginRequired)?;
    Ok(Json(session_view(&company, &user)))
}

pub(crate) async fn logout(
    State(ports): State<Ports>,
    _: Person,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    close(&ports, &headers, cookie::COMPANY).await
}

pub(crate) async fn staff_login(
    State(ports): State<Ports>,
    Json(request): Json<StaffLoginRequest>,
) -> Result<Response, ApiError> {
    let login = ports.staff.staff_login(&request.mail).await?;
    let hash = login.as_ref().map(|login| login.password_hash.as_str());
    if !password::verify(request.password.expose(), hash) {
        return Err(ErrorCode::LoginFailed.into());
    }
    let staff = login.ok_or(ErrorCode::LoginFailed)?.owner;
    let set = open(
        &ports,
        SessionOwner::Staff {
            staff: staff.id.clone(),
        },
        cookie::STAFF,
        STAFF_SESSION,
    )
    .await?;
    let view = StaffSessionView {
        staff: staff.id,
        name: staff.name,
        roles: staff.roles,
    };
    Ok((set, Json(view)).into_response())
}

pub(crate) async fn staff_current(StaffMember(staff): StaffMember) -> Json<StaffSessionView> {
    Json(StaffSessionView {
        staff: staff.id,
        name: staff.name,
        roles: staff.roles,
    })
}

pub(crate) async fn staff_logout(
    State(ports): State<Ports>,
    _: StaffMember,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    close(&ports, &headers, cookie::STAFF).await
}

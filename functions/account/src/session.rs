//! One's own sessions: who is logged in, where else, and the end of it.

use adapters::ports::{CommitError, PortError, Transaction};
use adapters::registry::{self, KnownBrowser};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::account::{SessionList, SessionRow, SessionView};
use contract::error::ErrorCode;
use domain::company::{Company, User};
use domain::ids::SessionId;
use domain::session::{Session, SessionOwner};
use edge::extract::{Json, Path, Person};
use edge::sessions::NewSession;
use edge::visitor::Visitor;
use edge::{ApiError, cookie};
use http::{HeaderMap, StatusCode, header};

use crate::Ports;

/// How often a change is decided anew when somebody else changed the same in between.
pub(crate) const TRIES: u32 = 8;

pub(crate) fn session_view(company: &Company, user: &User, session: &Session) -> SessionView {
    SessionView {
        user: user.id.clone(),
        name: user.name.clone(),
        account: user.account.clone(),
        level: session.level,
        expires_at: session.expires_at,
        company: company.id.clone(),
        company_name: company.name.clone(),
        credit_code: company.credit_code.to_string(),
        contact: company.contact.clone(),
        storefront: company.storefront.0.clone(),
        qualification: company.qualification.state,
    }
}

/// A session and the mark that this person was at this browser, to be written with what opens it.
pub(crate) fn with_session(
    transaction: Transaction,
    new: &NewSession,
    user: &User,
    visitor: &Visitor,
) -> Result<Transaction, PortError> {
    let at = transaction.at;
    let transaction = transaction.create(&new.session)?;
    match &visitor.browser {
        None => Ok(transaction),
        Some(browser) => transaction.mark(&KnownBrowser {
            user: user.id.clone(),
            browser: browser.clone(),
            seen_at: at,
        }),
    }
}

pub(crate) fn rows(sessions: Vec<Session>, current: &SessionId) -> Vec<SessionRow> {
    let row = |session: Session| SessionRow {
        current: session.id == *current,
        id: session.id,
        level: session.level,
        device: session.device,
        address: session.address,
        created_at: session.created_at,
        expires_at: session.expires_at,
    };
    sessions.into_iter().map(row).collect()
}

/// Done, and the cookie is gone.
pub(crate) fn left(name: &str) -> Response {
    let clear = [(header::SET_COOKIE, cookie::clear(name))];
    (StatusCode::NO_CONTENT, clear).into_response()
}

async fn user_of(ports: &Ports, person: &Person) -> Result<User, ApiError> {
    let key = registry::user(&person.company, &person.user);
    let found: Option<User> = ports.registry.load(&key).await?;
    Ok(found.ok_or(ErrorCode::LoginRequired)?)
}

/// Tells who is logged in.
pub(crate) async fn current(
    State(ports): State<Ports>,
    person: Person,
    headers: HeaderMap,
) -> Result<Json<SessionView>, ApiError> {
    let user = user_of(&ports, &person).await?;
    let key = registry::company(&person.company);
    let company: Option<Company> = ports.registry.load(&key).await?;
    let session = ports.sessions.find(&headers, cookie::COMPANY).await?;
    match (company, session) {
        (Some(company), Some(session)) => Ok(Json(session_view(&company, &user, &session))),
        // It ended just now.
        _ => Err(ErrorCode::LoginRequired.into()),
    }
}

/// Ends this session. Called twice, the second time nobody is logged in.
pub(crate) async fn logout(
    State(ports): State<Ports>,
    _: Person,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(session) = ports.sessions.find(&headers, cookie::COMPANY).await? {
        ports.sessions.end(&session).await?;
    }
    Ok(left(cookie::COMPANY))
}

async fn own(ports: &Ports, person: &Person) -> Result<Vec<Session>, ApiError> {
    let user = user_of(ports, person).await?;
    let owner = SessionOwner::Company {
        company: user.company.clone(),
        user: user.id.clone(),
    };
    Ok(ports.sessions.list(&owner, user.epoch).await?)
}

/// Lists one's own sessions.
pub(crate) async fn list(
    State(ports): State<Ports>,
    person: Person,
) -> Result<Json<SessionList>, ApiError> {
    let sessions = rows(own(&ports, &person).await?, &person.session);
    Ok(Json(SessionList { sessions }))
}

/// Ends one of one's own sessions; any other is not there. Called twice, the second time it is not there
/// either. Ending the present one also takes its cookie away.
pub(crate) async fn end(
    State(ports): State<Ports>,
    person: Person,
    Path(id): Path<SessionId>,
) -> Result<Response, ApiError> {
    let found = own(&ports, &person)
        .await?
        .into_iter()
        .find(|session| session.id == id);
    let session = found.ok_or(ErrorCode::NotFound)?;
    ports.sessions.end(&session).await?;
    if id == person.session {
        Ok(left(cookie::COMPANY))
    } else {
        Ok(StatusCode::NO_CONTENT.into_response())
    }
}

/// Ends all of one's own sessions at once: each of them is asked for the person's epoch, and that is another
/// now. Called twice, the second time nobody is logged in.
pub(crate) async fn logout_everywhere(
    State(ports): State<Ports>,
    person: Person,
) -> Result<Response, ApiError> {
    for _ in 0..TRIES {
        let user = user_of(&ports, &person).await?;
        let out = Transaction::new(ports.clock.now()).change(&user.logged_out())?;
        match ports.registry.record(&out).await {
            Ok(()) => return Ok(left(cookie::COMPANY)),
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

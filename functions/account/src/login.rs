//! Logging in by name and password; a company that is bound to a key also needs a code, for a limited
//! session.

use adapters::ports::Transaction;
use adapters::registry::{self, KEYS};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::account::{LoginCodeRequest, LoginRequest, LoginView};
use contract::error::{ErrorCode, FieldCode};
use domain::code::{CodePurpose, Holder, Target};
use domain::company::{Company, User, login_key};
use domain::key::{CompanyKey, is_bound};
use domain::policy::{Storefront, StorefrontId};
use domain::session::SessionLevel;
use edge::codes::{Codes, wrong_code};
use edge::extract::Json;
use edge::human::Effort;
use edge::throttle::{CODES_TARGET, LOGIN_NAME};
use edge::visitor::Visitor;
use edge::{ApiError, FieldErrors};

use crate::Ports;
use crate::codes::{DIGITS, failing, take};
use crate::names::{Candidate, who};
use crate::session::{session_view, with_session};

/// How many passwords are compared at every login, whoever is meant: that of an account name and those of
/// three claims on a company's name. Fewer would tell how many there are.
pub(crate) const PASSWORDS_TRIED: usize = 4;
/// The longest login name: that of a company.
const LONGEST_NAME: usize = 64;

fn checked<'a>(
    ports: &'a Ports,
    request: &LoginRequest,
) -> Result<(&'a Storefront, String), ApiError> {
    let id = StorefrontId(request.storefront.clone());
    let storefront = ports.policies.storefront(&id);
    let mut errors = FieldErrors::new();
    errors.require(storefront.is_some(), "storefront", FieldCode::NotOffered);
    let name = errors.text(&request.name, "name", LONGEST_NAME);
    let typed = !request.password.expose().is_empty();
    errors.require(typed, "password", FieldCode::Required);
    errors.finish()?;
    let storefront =
        storefront.ok_or_else(|| ApiError::field("storefront", FieldCode::NotOffered))?;
    Ok((storefront, name))
}

/// Logs in. Called twice it is two sessions, or two codes of which both work.
///
/// A name that strangers fail at is never refused: a browser that was never at one of those whom it means
/// does the longer human check first, and so does one that tries a name nobody has.
pub(crate) async fn login(
    State(ports): State<Ports>,
    visitor: Visitor,
    Json(request): Json<LoginRequest>,
) -> Result<Response, ApiError> {
    ports.throttles.admit(&failing(&visitor)).await?;
    let effort = ports.human.take(&request.human, &visitor).await?;
    let (storefront, name) = checked(&ports, &request)?;
    let found = who(&ports, &visitor, storefront, &name).await?;
    let name = login_key(&name);
    let familiar = found.iter().any(|candidate| candidate.known);
    let hot = ports.throttles.is_hot(&LOGIN_NAME, &name).await?;
    if hot && !familiar && effort == Effort::Easy {
        return Err(ErrorCode::HumanCheckHarder.into());
    }
    let mut right: Option<&Candidate> = None;
    for place in 0..PASSWORDS_TRIED {
        let candidate = found.get(place);
        let hash = candidate.and_then(|candidate| candidate.user.password.as_ref());
        let fits = ports.passwords.verify(request.password.expose(), hash);
        right = right.or(candidate.filter(|_| fits));
    }
    let Some(Candidate { company, user, .. }) = right else {
        ports.throttles.count(&failing(&visitor)).await?;
        ports.throttles.count(&[(LOGIN_NAME, &name)]).await?;
        return Err(ErrorCode::LoginFailed.into());
    };
    let partition = registry::company_partition(&company.id);
    let keys: Vec<CompanyKey> = ports.registry.load_all(&partition, KEYS).await?;
    if is_bound(&keys, company.unbound_at, ports.clock.now()) {
        second_step(&ports, user).await
    } else {
        enter(&ports, &visitor, company, user).await
    }
}

/// The password was right and the company is unbound: a full session.
async fn enter(
    ports: &Ports,
    visitor: &Visitor,
    company: &Company,
    user: &User,
) -> Result<Response, ApiError> {
    let new = ports.sessions.of_user(user, SessionLevel::Full, visitor);
    let open = with_session(Transaction::new(ports.clock.now()), &new, user, visitor)?;
    ports.registry.record(&open).await?;
    let view = LoginView {
        session: Some(session_view(company, user, &new.session)),
        code: None,
    };
    Ok(([new.cookie], Json(view)).into_response())
}

/// The password was right and the company is bound: a code to the person's own number (R27).
async fn second_step(ports: &Ports, user: &User) -> Result<Response, ApiError> {
    // Counted by person, not by number: only who knows the password asks for these, so nobody else can
    // keep them from coming.
    let counted = [(CODES_TARGET, user.id.as_str())];
    ports.throttles.admit(&counted).await?;
    ports.throttles.count(&counted).await?;
    let target = Target::sms(&user.mobile);
    let holder = Holder {
        company: user.company.clone(),
        user: Some(user.id.clone()),
    };
    let (code, send) = ports
        .codes
        .make(CodePurpose::Login, Some(target.clone()), Some(holder));
    let ask = Transaction::new(ports.clock.now())
        .create(&code)?
        .then([send]);
    ports.registry.record(&ask).await?;
    let view = LoginView {
        session: None,
        code: Some(Codes::sent(&code, &target)),
    };
    Ok(Json(view).into_response())
}

/// Opens the limited session of a bound company. The code is used up in the same transaction; called twice,
/// the second time is [`ErrorCode::CodeWrong`].
pub(crate) async fn by_code(
    State(ports): State<Ports>,
    visitor: Visitor,
    Json(request): Json<LoginCodeRequest>,
) -> Result<Response, ApiError> {
    let typed = request.code.expose();
    let id = Some(&request.id);
    let used = take(&ports, &visitor, id, CodePurpose::Login, typed).await?;
    let holder = used.holder.clone().ok_or_else(|| wrong_code(DIGITS))?;
    let user = holder.user.ok_or_else(|| wrong_code(DIGITS))?;
    let company: Option<Company> = ports
        .registry
        .load(&registry::company(&holder.company))
        .await?;
    let user: Option<User> = ports
        .registry
        .load(&registry::user(&holder.company, &user))
        .await?;
    // The person may have been taken away since.
    let (Some(company), Some(user)) = (company, user) else {
        return Err(wrong_code(DIGITS));
    };
    let new = ports
        .sessions
        .of_user(&user, SessionLevel::Limited, &visitor);
    let open = Transaction::new(ports.clock.now()).change(&used)?;
    let open = with_session(open, &new, &user, &visitor)?;
    match ports.registry.record(&open).await {
        Ok(()) => {}
        Err(error) if error.refuses(0) => return Err(wrong_code(DIGITS)),
        Err(error) => return Err(error.into()),
    }
    let view = session_view(&company, &user, &new.session);
    Ok(([new.cookie], Json(view)).into_response())
}

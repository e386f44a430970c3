//! Logging in by key (R27), and the code by which a key is activated.

use adapters::ports::Transaction;
use adapters::registry;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::account::SessionView;
use contract::agent::{ActivationRequest, KeyLoginRequest};
use contract::error::{ErrorCode, FieldCode};
use domain::code::{CodePurpose, Holder, Target};
use domain::company::{Company, User};
use domain::operation::Operation;
use domain::session::OpeningKey;
use edge::codes::{Codes, wrong_code};
use edge::extract::{Json, Person};
use edge::throttle::{CODES_TARGET, LOGIN_BROWSER};
use edge::visitor::Visitor;
use edge::{ApiError, cookie};
use http::{HeaderMap, StatusCode, header};

use crate::Ports;
use crate::codes::{DIGITS, asking, failing};
use crate::session::{session_view, with_session};

/// Opens the session of a login by key. It needs what the agent handed to the page where the PIN was typed, and the
/// cookie of the browser that asked for the ticket: a ticket in somebody else's hands brings the two together nowhere.
/// Called twice, the second time is [`ErrorCode::CodeWrong`]; so is everything that does not fit.
pub(crate) async fn login(
    State(ports): State<Ports>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(request): Json<KeyLoginRequest>,
) -> Result<Response, ApiError> {
    ports.throttles.admit(&failing(&visitor)).await?;
    let now = ports.clock.now();
    let place = registry::operation(&request.operation);
    let operation: Option<Operation> = ports.registry.load(&place).await?;
    let browser = cookie::read(&headers, cookie::LOGIN).map(|token| cookie::token_hash(&token));
    let code = cookie::token_hash(request.code.expose());
    let used = operation
        .zip(browser)
        .and_then(|(operation, browser)| operation.taken_up(&browser, &code, now));
    let opened = used.and_then(|used| {
        let key = OpeningKey {
            serial: used.read.as_ref()?.serial.clone(),
            proved_at: used.ended_at?,
        };
        Some((used.clone(), used.login?, key))
    });
    let Some((used, login, key)) = opened else {
        ports.throttles.count(&failing(&visitor)).await?;
        return Err(wrong_code(DIGITS));
    };
    let company: Option<Company> = ports
        .registry
        .load(&registry::company(&login.company))
        .await?;
    let company = company.ok_or_else(|| wrong_code(DIGITS))?;
    // A key is the company's and no person's: it opens the account of the one whom the company's name means.
    let user = registry::user(&company.id, &company.main_user);
    let user: Option<User> = ports.registry.load(&user).await?;
    let user = user.ok_or_else(|| wrong_code(DIGITS))?;
    let new = ports.sessions.of_key(&user, key, &visitor);
    // Reported after it signed: whoever has the code may not be who has the key.
    if ports.sessions.lost_its_key(&new.session).await? {
        return Err(wrong_code(DIGITS));
    }
    let open = Transaction::new(now).change(&used)?;
    let open = with_session(open, &new, &user, &visitor)?;
    match ports.registry.record(&open).await {
        Ok(()) => {}
        Err(error) if error.refuses(0) => return Err(wrong_code(DIGITS)),
        Err(error) => return Err(error.into()),
    }
    let view: SessionView = session_view(&company, &user, &new.session);
    let gone = (header::SET_COOKIE, cookie::clear(cookie::LOGIN));
    let mut response = ([new.cookie], Json(view)).into_response();
    if let Ok(value) = gone.1.parse() {
        response.headers_mut().append(gone.0, value);
    }
    Ok(response)
}

/// Sends the code by which a key may be activated to the person's own number. The password is asked for once more: a
/// browser that was left alone activates nothing.
pub(crate) async fn activation(
    State(ports): State<Ports>,
    visitor: Visitor,
    person: Person,
    Json(request): Json<ActivationRequest>,
) -> Result<Response, ApiError> {
    let by_person = [(LOGIN_BROWSER, person.user.as_str())];
    ports.throttles.admit(&by_person).await?;
    ports.throttles.admit(&asking(&visitor)).await?;
    let place = registry::user(&person.company, &person.user);
    let user: Option<User> = ports.registry.load(&place).await?;
    let user = user.ok_or(ErrorCode::LoginRequired)?;
    let typed = request.password.expose();
    if typed.is_empty() {
        return Err(ApiError::field("password", FieldCode::Required));
    }
    if !ports.passwords.verify(typed, user.password.as_ref()) {
        ports.throttles.count(&by_person).await?;
        return Err(ApiError {
            fields: vec![("password".to_owned(), FieldCode::Invalid)],
            ..ApiError::new(ErrorCode::LoginFailed)
        });
    }
    let counted = [(CODES_TARGET, user.id.as_str())];
    ports.throttles.admit(&counted).await?;
    ports.throttles.count(&asking(&visitor)).await?;
    ports.throttles.count(&counted).await?;
    let target = Target::sms(&user.mobile);
    let holder = Holder {
        company: user.company.clone(),
        user: Some(user.id.clone()),
    };
    let (code, send) =
        ports
            .codes
            .make(CodePurpose::Activation, Some(target.clone()), Some(holder));
    let ask = Transaction::new(ports.clock.now())
        .create(&code)?
        .then([send]);
    ports.registry.record(&ask).await?;
    Ok((StatusCode::ACCEPTED, Json(Codes::sent(&code, &target))).into_response())
}

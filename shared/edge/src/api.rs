//! The front of every HTTP function: default deny.
//!
//! A handler is hung on an operation of [`contract::routes::ROUTES`], never on a path of its own. What
//! the table does not know is 404; who may call is read from the table before the handler runs; a
//! handler cannot forget to ask.

use std::sync::Arc;

use adapters::ports::{Clock, Random, Registry, Secrets, new_ulid};
use adapters::registry;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use contract::error::{ErrorCode, FieldError, Language, Problem};
use contract::routes::{Access, ROUTES, Route, find};
use domain::company::User;
use domain::session::SessionOwner;
use domain::staff::Staff;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;

use crate::cookie;
use crate::error::ApiError;
use crate::extract::{Caller, Person, language};
use crate::sessions::Sessions;

/// The header that every write of our pages carries. A form of another site cannot set it.
pub const WRITE_HEADER: &str = "x-sealkey-request";
/// The header by which the CDN shows that a request came through it.
pub const ORIGIN_HEADER: &str = "x-sealkey-origin";
/// Bodies are JSON of forms; files never come this way.
const BODY_LIMIT: usize = 256 * 1024;

/// What the access layer needs.
#[derive(Clone)]
pub struct Gate {
    /// For the CDN's secret.
    pub secrets: Arc<dyn Secrets>,
    /// Sessions, and their owners as they are now: a session that was ended and a role that was withdrawn
    /// are gone at once.
    pub registry: Arc<dyn Registry>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Request ids.
    pub random: Arc<dyn Random>,
}

/// The HTTP side of one function, being put together.
pub struct Api<S> {
    function: &'static str,
    router: Router<S>,
    handled: Vec<&'static str>,
    mistakes: Vec<String>,
}

impl<S: Clone + Send + Sync + 'static> Api<S> {
    /// For the function of this name.
    pub fn new(function: &'static str) -> Self {
        Self {
            function,
            router: Router::new(),
            handled: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    /// Hangs a handler on an operation.
    pub fn operation<H, T>(mut self, operation: &'static str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let route = ROUTES
            .iter()
            .find(|route| route.operation == operation && route.function == self.function);
        let filter = route.and_then(|route| method_filter(route.method));
        match (route, filter) {
            (Some(route), Some(filter)) => {
                self.router = self.router.route(route.path, on(filter, handler));
                self.handled.push(operation);
            }
            _ => self
                .mistakes
                .push(format!("{operation} is no operation of {}", self.function)),
        }
        self
    }

    /// The finished service.
    ///
    /// # Errors
    /// When an operation of the table has no handler or a handler no operation: the function refuses to
    /// start, and its unit test fails first.
    pub fn finish(mut self, gate: Gate, state: S) -> Result<Router, String> {
        for route in ROUTES
            .iter()
            .filter(|route| route.function == self.function)
        {
            if !self.handled.contains(&route.operation) {
                self.mistakes
                    .push(format!("{} has no handler", route.operation));
            }
        }
        if !self.mistakes.is_empty() {
            return Err(self.mistakes.join("; "));
        }
        Ok(self
            .router
            .fallback(|| async { ApiError::new(ErrorCode::NotFound) })
            .method_not_allowed_fallback(|| async { ApiError::new(ErrorCode::MethodNotAllowed) })
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .layer(from_fn_with_state(gate, access))
            .with_state(state))
    }
}

fn method_filter(method: &str) -> Option<MethodFilter> {
    Some(match method {
        "GET" => MethodFilter::GET,
        "POST" => MethodFilter::POST,
        "PUT" => MethodFilter::PUT,
        "DELETE" => MethodFilter::DELETE,
        _ => return None,
    })
}

async fn access(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let request_id = new_ulid(&*gate.clock, &*gate.random);
    let language = language(request.headers());
    let method = request.method().clone();
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let route = path.as_deref().and_then(|path| find(method.as_str(), path));
    let response = match admit(&gate, route, request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    };
    let operation = route.map_or("-", |route| route.operation);
    render(response, operation, &request_id, language)
}

/// Who calls, if they may.
async fn admit(
    gate: &Gate,
    route: Option<&'static Route>,
    headers: &HeaderMap,
) -> Result<Caller, ApiError> {
    through_the_cdn(gate, headers).await?;
    // Without a route the fallback answers 404 or 405.
    let Some(route) = route else {
        return Ok(Caller::Unknown);
    };
    if route.access == Access::Signed {
        return Ok(Caller::Unknown);
    }
    if route.method != "GET" && headers.get(WRITE_HEADER).is_none_or(|value| value != "1") {
        return Err(ErrorCode::NotFromOurPage.into());
    }
    match route.access {
        Access::Public | Access::Signed => Ok(Caller::Unknown),
        Access::Company | Access::CompanyFull => {
            let person = person(gate, headers)
                .await?
                .ok_or(ErrorCode::LoginRequired)?;
            if route.access == Access::CompanyFull && !person.level.is_full() {
                return Err(ErrorCode::KeyLoginRequired.into());
            }
            Ok(Caller::Company(person))
        }
        Access::Staff | Access::Roles(_) => {
            let staff = staff(gate, headers)
                .await?
                .ok_or(ErrorCode::LoginRequired)?;
            match route.access {
                Access::Roles(roles) if !roles.iter().any(|role| staff.roles.contains(role)) => {
                    Err(ErrorCode::Forbidden.into())
                }
                _ => Ok(Caller::Staff(staff)),
            }
        }
    }
}

/// The secret that only the CDN knows; two are valid while one replaces the other.
#[derive(Deserialize)]
struct OriginSecret {
    current: String,
    #[serde(default)]
    previous: Option<String>,
}

async fn through_the_cdn(gate: &Gate, headers: &HeaderMap) -> Result<(), ApiError> {
    let secret: OriginSecret = serde_json::from_str(&gate.secrets.read("origin").await?)
        .map_err(|_| ApiError::internal("secret origin does not parse"))?;
    let shown = headers
        .get(ORIGIN_HEADER)
        .map(HeaderValue::as_bytes)
        .unwrap_or_default();
    let same = |known: &str| {
        !known.is_empty()
            && aws_lc_rs::constant_time::verify_slices_are_equal(known.as_bytes(), shown).is_ok()
    };
    if same(&secret.current) || secret.previous.as_deref().is_some_and(same) {
        Ok(())
    } else {
        Err(ApiError::new(ErrorCode::Forbidden).because("not through the CDN"))
    }
}

fn sessions(gate: &Gate) -> Sessions {
    Sessions {
        registry: gate.registry.clone(),
        clock: gate.clock.clone(),
        random: gate.random.clone(),
    }
}

/// The person of a company whose session the request shows, if it has not been ended.
async fn person(gate: &Gate, headers: &HeaderMap) -> Result<Option<Person>, ApiError> {
    let sessions = sessions(gate);
    let Some(session) = sessions.find(headers, cookie::COMPANY).await? else {
        return Ok(None);
    };
    if sessions.lost_its_key(&session).await? {
        return Ok(None);
    }
    let SessionOwner::Company { company, user } = session.owner else {
        return Ok(None);
    };
    let found: Option<User> = gate.registry.load(&registry::user(&company, &user)).await?;
    let valid = found.is_some_and(|user| user.epoch == session.epoch);
    Ok(valid.then_some(Person {
        company,
        user,
        level: session.level,
        key: session.key,
        session: session.id,
    }))
}

/// The member of staff whose session the request shows, if it has not been ended.
async fn staff(gate: &Gate, headers: &HeaderMap) -> Result<Option<Staff>, ApiError> {
    let Some(session) = sessions(gate).find(headers, cookie::STAFF).await? else {
        return Ok(None);
    };
    let SessionOwner::Staff { staff } = session.owner else {
        return Ok(None);
    };
    let found: Option<Staff> = gate.registry.load(&registry::staff(&staff)).await?;
    Ok(found.filter(|staff| staff.is_active() && staff.epoch == session.epoch))
}

/// Turns an error into problem+json, writes the one log line of the request, adds the common headers.
fn render(response: Response, operation: &str, request_id: &str, language: Language) -> Response {
    let error = response.extensions().get::<Arc<ApiError>>().cloned();
    let status = response.status().as_u16();
    let mut response = match &error {
        None => response,
        Some(error) => problem(error, request_id, language),
    };
    match &error {
        Some(error) if error.code == ErrorCode::Internal => {
            tracing::error!(
                operation,
                request_id,
                code = error.code.as_str(),
                why = error.internal,
                "defect"
            );
        }
        Some(error) => {
            let fields: Vec<&str> = error
                .fields
                .iter()
                .map(|(field, _)| field.as_str())
                .collect();
            let why = error.internal.as_deref();
            tracing::info!(
                operation,
                request_id,
                code = error.code.as_str(),
                ?fields,
                why,
                "refused"
            );
        }
        None => tracing::info!(operation, request_id, status, "done"),
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

fn problem(error: &ApiError, request_id: &str, language: Language) -> Response {
    let code = error.code;
    let problem = Problem {
        type_: format!("urn:sealkey:error:{}", code.as_str()),
        title: code.text(language).to_owned(),
        status: code.status(),
        code,
        request_id: request_id.to_owned(),
        detail: String::new(),
        retry_after: error.retry_after,
        errors: error
            .fields
            .iter()
            .map(|(field, code)| FieldError {
                field: field.clone(),
                code: *code,
                message: code.text(language).to_owned(),
            })
            .collect(),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if let Some(seconds) = error.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

//! What handlers take out of a request.

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use contract::error::ErrorCode;
use contract::routes::{Access, ROUTES};
use domain::ids::{CompanyId, LineNo, OrderId, SessionId, UnitNo, UserId};
use domain::session::{OpeningKey, SessionLevel};
use domain::staff::Staff;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// Who calls, as the access layer found out.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Nobody known.
    Unknown,
    /// A person of a company.
    Company(Person),
    /// A member of staff.
    Staff(Staff),
}

/// A person of a company.
#[derive(Debug, Clone)]
pub struct Person {
    /// Whose.
    pub company: CompanyId,
    /// Who.
    pub user: UserId,
    /// How much the session may do.
    pub level: SessionLevel,
    /// The key that opened it, if one did.
    pub key: Option<OpeningKey>,
    /// The session that was shown.
    pub session: SessionId,
}

impl Person {
    /// As the one who caused an event.
    pub fn actor(&self) -> domain::actor::Actor {
        domain::actor::Actor::Company {
            user: self.user.clone(),
        }
    }
}

/// The member of staff who calls. Only on routes for staff; anything else is a defect of the table.
#[derive(Debug, Clone)]
pub struct StaffMember(pub Staff);

impl StaffMember {
    /// As the one who caused an event.
    pub fn actor(&self) -> domain::actor::Actor {
        domain::actor::Actor::Staff {
            staff: self.0.id.clone(),
        }
    }

    /// May they call an operation? By the table of routes, as when they do.
    pub fn may(&self, operation: &str) -> bool {
        let route = ROUTES.iter().find(|route| route.operation == operation);
        route.is_some_and(|route| match route.access {
            Access::Roles(wanted) => wanted.iter().any(|role| self.0.roles.contains(role)),
            Access::Staff => true,
            Access::Public | Access::Company | Access::CompanyFull | Access::Signed => false,
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Person {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Company(person)) => Ok(person.clone()),
            _ => Err(ErrorCode::LoginRequired.into()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for StaffMember {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Staff(staff)) => Ok(Self(staff.clone())),
            _ => Err(ErrorCode::LoginRequired.into()),
        }
    }
}

/// A JSON body. Wrong JSON, an unknown field or a wrong type is [`ErrorCode::MalformedRequest`].
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S: Sync + Send, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let json = request
            .headers()
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| {
                value
                    .split(';')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .eq_ignore_ascii_case("application/json")
            });
        if !json {
            return Err(ApiError::new(ErrorCode::MalformedRequest)
                .because("content type is not application/json"));
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|error| ApiError::new(ErrorCode::TooLarge).because(error))?;
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            // serde's own words may repeat a value that was sent; line and column do not.
            ApiError::new(ErrorCode::MalformedRequest).because(format!(
                "{:?} at line {} column {}",
                error.classify(),
                error.line(),
                error.column()
            ))
        })
    }
}

impl<T: serde::Serialize> axum::response::IntoResponse for Json<T> {
    fn into_response(self) -> axum::response::Response {
        axum::Json(self.0).into_response()
    }
}

/// A query string.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S: Sync + Send, T: DeserializeOwned + Send> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map(|query| Self(query.0))
            .map_err(|_| ApiError::new(ErrorCode::MalformedRequest).because("query does not parse"))
    }
}

/// The ids in a path. What cannot be an id is simply not there: 404.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<S: Sync + Send, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|path| Self(path.0))
            .map_err(|_| ErrorCode::NotFound.into())
    }
}

/// `…/{order}/{line}` in a path.
pub type LinePath = Path<(OrderId, LineNo)>;
/// `…/{order}/{line}/units/{unit}/…` in a path.
pub type UnitPath = Path<(OrderId, LineNo, UnitNo)>;

/// The language that the caller reads.
pub fn language(headers: &http::HeaderMap) -> contract::error::Language {
    let header = headers
        .get(http::header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    contract::error::Language::from_header(header)
}

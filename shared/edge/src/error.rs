//! Errors on their way out. What the caller reads and what we log are two different things.

use adapters::ports::{CommitError, PortError};
use axum::response::{IntoResponse, Response};
use contract::error::{ErrorCode, FieldCode};
use domain::order::{Refusal, TransitionError};

/// An error answer: a code, wrong fields, and what only the log may know.
#[derive(Debug)]
pub struct ApiError {
    /// What the caller reads.
    pub code: ErrorCode,
    /// The wrong fields.
    pub fields: Vec<(String, FieldCode)>,
    /// For the log. Never sent.
    pub internal: Option<String>,
    /// After how many seconds to try again.
    pub retry_after: Option<u32>,
}

impl ApiError {
    /// An error by its code.
    pub fn new(code: ErrorCode) -> Self {
        Self {
            code,
            fields: Vec::new(),
            internal: None,
            retry_after: None,
        }
    }

    /// A defect of ours, with what to log.
    pub fn internal(what: impl Into<String>) -> Self {
        Self {
            code: ErrorCode::Internal,
            fields: Vec::new(),
            internal: Some(what.into()),
            retry_after: None,
        }
    }

    /// One wrong field.
    pub fn field(field: impl Into<String>, code: FieldCode) -> Self {
        Self {
            code: ErrorCode::InvalidFields,
            fields: vec![(field.into(), code)],
            internal: None,
            retry_after: None,
        }
    }

    /// Adds how long to wait; part of a second is a whole one.
    pub fn after(mut self, wait: jiff::SignedDuration) -> Self {
        let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
        self.retry_after = Some(u32::try_from(seconds.max(1)).unwrap_or(u32::MAX));
        self
    }

    /// Adds what to log.
    pub fn because(mut self, why: impl std::fmt::Display) -> Self {
        self.internal = Some(why.to_string());
        self
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl From<PortError> for ApiError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Unavailable { what, source } => {
                Self::new(ErrorCode::Unavailable).because(format!("{what}: {source}"))
            }
            PortError::Conflict => Self::new(ErrorCode::ChangedMeanwhile),
            PortError::Defect { what, detail } => Self::internal(format!("{what}: {detail}")),
        }
    }
}

impl From<CommitError> for ApiError {
    fn from(error: CommitError) -> Self {
        PortError::from(error).into()
    }
}

impl From<TransitionError> for ApiError {
    fn from(error: TransitionError) -> Self {
        let code = match error.refusal {
            Refusal::State | Refusal::OldRound | Refusal::Actor => ErrorCode::NotInThisState,
            Refusal::NoSuchPart => ErrorCode::NotFound,
            Refusal::SamePerson => ErrorCode::SamePerson,
            Refusal::SecondPerson => ErrorCode::SecondPerson,
            Refusal::ClaimedByOther => ErrorCode::ClaimedByOther,
            Refusal::PapersMissing => ErrorCode::PapersMissing,
            Refusal::NothingRefused | Refusal::Empty => ErrorCode::InvalidFields,
        };
        Self::new(code).because(error)
    }
}

/// Rendering needs the language and the id of the request: the access layer of [`crate::api`] does it.
/// This only carries the error there.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = http::StatusCode::from_u16(self.code.status())
            .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}

/// Gathers wrong fields, so that a person reads all of them at once.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<(String, FieldCode)>);

impl FieldErrors {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a wrong field.
    pub fn add(&mut self, field: impl Into<String>, code: FieldCode) {
        self.0.push((field.into(), code));
    }

    /// Notes the field when it is not so.
    pub fn require(&mut self, holds: bool, field: impl Into<String>, code: FieldCode) {
        if !holds {
            self.add(field, code);
        }
    }

    /// A text that must be there, of at most `max` characters, without control characters. Returned
    /// trimmed.
    pub fn text(&mut self, value: &str, field: &str, max: usize) -> String {
        let value = value.trim();
        if value.is_empty() {
            self.add(field, FieldCode::Required);
        } else if value.chars().count() > max {
            self.add(field, FieldCode::TooLong);
        } else if value.chars().any(char::is_control) {
            self.add(field, FieldCode::Invalid);
        }
        value.to_owned()
    }

    /// Was something noted, and nothing but this?
    pub fn only(&self, code: FieldCode) -> bool {
        !self.0.is_empty() && self.0.iter().all(|(_, noted)| *noted == code)
    }

    /// All is well, or the error that names every wrong field.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidFields`] when any was noted.
    pub fn finish(self) -> Result<(), ApiError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ApiError {
                code: ErrorCode::InvalidFields,
                fields: self.0,
                internal: None,
                retry_after: None,
            })
        }
    }
}

//! What all routes that make or take one-time codes do alike.

use contract::error::ErrorCode;
use domain::code::{CodePurpose, OneTimeCode};
use domain::ids::CodeId;
use domain::throttle::Rule;
use edge::ApiError;
use edge::codes::wrong_code;
use edge::throttle::{CODES_ADDRESS, CODES_BROWSER, LOGIN_ADDRESS, LOGIN_BROWSER};
use edge::visitor::Visitor;

use crate::Ports;

/// The field in which digits are typed.
pub(crate) const DIGITS: &str = "code";

/// What is counted when somebody asks for a code.
pub(crate) fn asking(visitor: &Visitor) -> Vec<(Rule, &str)> {
    visitor.counted(CODES_BROWSER, CODES_ADDRESS)
}

/// What is counted when somebody fails to show who they are.
pub(crate) fn failing(visitor: &Visitor) -> Vec<(Rule, &str)> {
    visitor.counted(LOGIN_BROWSER, LOGIN_ADDRESS)
}

/// Tries a code; without an id nothing fits. Wrong digits count as a failed login does: a code has five
/// tries, and this keeps one address from trying five of each of many codes.
///
/// # Errors
/// [`ErrorCode::CodeWrong`], [`ErrorCode::TooManyRequests`], the store's troubles.
pub(crate) async fn take(
    ports: &Ports,
    visitor: &Visitor,
    id: Option<&CodeId>,
    purpose: CodePurpose,
    typed: &str,
) -> Result<OneTimeCode, ApiError> {
    ports.throttles.admit(&failing(visitor)).await?;
    let taken = match id {
        Some(id) => ports.codes.take(id, purpose, typed, DIGITS).await,
        None => Err(wrong_code(DIGITS)),
    };
    if let Err(error) = &taken
        && error.code == ErrorCode::CodeWrong
    {
        ports.throttles.count(&failing(visitor)).await?;
    }
    taken
}

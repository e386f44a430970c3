//! The human check that every form of a stranger carries.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::account::ChallengeQuery;
use edge::ApiError;
use edge::extract::{Json, Query};
use edge::visitor::{Visitor, new_browser};
use http::header;

use crate::Ports;

/// Makes a check for this browser; one without a cookie gets its cookie first. Asking again makes another
/// check, and the one before stays good.
pub(crate) async fn challenge(
    State(ports): State<Ports>,
    visitor: Visitor,
    Query(query): Query<ChallengeQuery>,
) -> Result<Response, ApiError> {
    if let Some(browser) = &visitor.browser {
        let made = ports.human.challenge(browser, query.hard).await?;
        return Ok(Json(made).into_response());
    }
    let (browser, set) = new_browser(&*ports.random);
    let made = ports.human.challenge(&browser, query.hard).await?;
    Ok(([(header::SET_COOKIE, set)], Json(made)).into_response())
}

//! Login by key (R27): a ticket for a browser that nobody has logged in at.
//!
//! A stranger could give their ticket to somebody else, who types the PIN: then the stranger's browser must not be in.
//! So the ticket belongs to a browser (its cookie), the code that opens the session goes to the page where the PIN was
//! typed, and a session is made only where both come together. Asking how the operation stands never yields one:
//! there is no route by which this browser could ask.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::secret::Secret;
use domain::ids::OperationId;
use domain::operation::Asked;
use edge::throttle::{OFFERS_ADDRESS, OFFERS_BROWSER};
use edge::visitor::Visitor;
use edge::{ApiError, cookie};
use http::header::SET_COOKIE;

use crate::Ports;
use crate::site::{Shown, give};

/// The code of a login: it follows from the operation, so that evidence whose answer got lost is answered the same.
pub(crate) async fn code(ports: &Ports, operation: &OperationId) -> Result<Secret, ApiError> {
    let message = format!("sealkey login by key, version 1\n{operation}");
    let mac = ports.key_secrets.mac(message.as_bytes()).await?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(mac)))
}

pub(crate) async fn offer(
    State(ports): State<Ports>,
    visitor: Visitor,
) -> Result<Response, ApiError> {
    // Everybody may ask, so asking is counted: each leaves an operation behind until it is swept away.
    let counted = visitor.counted(OFFERS_BROWSER, OFFERS_ADDRESS);
    ports.throttles.admit(&counted).await?;
    ports.throttles.count(&counted).await?;
    let token = cookie::new_token(&*ports.random);
    let asked = Asked::login(cookie::token_hash(&token));
    let given = give(&ports, asked, Shown::default()).await?;
    let set = [(SET_COOKIE, cookie::set(cookie::LOGIN, &token))];
    Ok((set, given).into_response())
}

//! What all handlers share.

use std::io;
use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{HOST, HeaderMap};
use serde_json::json;
use tokio::sync::Notify;

use crate::alipay;
use crate::bills::Shelf;
use crate::clock::Clock;
use crate::config::{CourierConfig, TaxConfig};
use crate::crypto::CryptoError;
use crate::knobs::Board;
use crate::store::Store;
use crate::wechatpay;

/// The outside world, as handlers hold it.
pub type AppRef = Arc<App>;

/// One running outside world.
pub struct App {
    /// The time.
    pub clock: Clock,
    /// What it remembers.
    pub store: Store,
    /// How it misbehaves.
    pub knobs: Board,
    /// Woken when there may be something to send.
    pub wake: Notify,
    /// Sends notifies and events.
    pub client: reqwest::Client,
    /// The merchant, as Alipay knows it.
    pub alipay: alipay::Merchant,
    /// The merchant, as WeChat Pay knows it.
    pub wechatpay: Option<wechatpay::Merchant>,
    /// Bills that wait to be fetched.
    pub bills: Shelf,
    /// The customer, as the courier knows it.
    pub courier: CourierConfig,
    /// The seller, as the tax platform knows it.
    pub tax: TaxConfig,
    /// What links begin with, without a slash at the end.
    pub public_url: String,
}

/// What the caller calls this program: whoever reached it under this name reaches it again.
pub fn host(headers: &HeaderMap) -> &str {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    host.unwrap_or("127.0.0.1")
}

/// Why a page or a call of the machine API fails.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No such thing.
    #[error("{1}")]
    NotFound(&'static str, String),
    /// It is in no state for that.
    #[error("{1}")]
    Conflict(&'static str, String),
    /// The request is wrong.
    #[error("{1}")]
    Invalid(&'static str, String),
    /// The caller is not who it says.
    #[error("{1}")]
    Unauthorized(&'static str, String),
    /// The state cannot be written.
    #[error("the state cannot be written: {0}")]
    Io(#[from] io::Error),
    /// A signature cannot be made.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let message = self.to_string();
        let (status, code) = match self {
            Self::NotFound(code, _) => (StatusCode::NOT_FOUND, code),
            Self::Conflict(code, _) => (StatusCode::CONFLICT, code),
            Self::Invalid(code, _) => (StatusCode::UNPROCESSABLE_ENTITY, code),
            Self::Unauthorized(code, _) => (StatusCode::UNAUTHORIZED, code),
            Self::Io(_) | Self::Crypto(_) => {
                tracing::error!(%message, "sandbox failure");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        };
        (status, Json(json!({ "code": code, "message": message }))).into_response()
    }
}

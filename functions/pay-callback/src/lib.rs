//! Function `pay-callback`: takes the notices of payment gateways.
//!
//! Raw bytes are verified first; what follows only sees a [`VerifiedNotice`]. Then one conditional
//! transaction, then the answer that the gateway wants. A notice that is on record already is answered
//! the same; one that cannot be recorded now is refused, and the gateway sends it again.

use std::sync::Arc;

use adapters::payment::alipay::Alipay;
use adapters::ports::{Clock, PaymentGateway, PaymentNotice, Secrets, VerifiedNotice};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use contract::error::ErrorCode;
use domain::payment::OutTradeNo;
use domain::policy::Policies;
use edge::ApiError;
use edge::api::{Api, Gate};
use edge::payments::{Payments, Recorded};
use edge::real::SystemClock;
use http::{StatusCode, header};
use lambda_http::Error;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Credentials.
    pub secrets: Arc<dyn Secrets>,
    /// Recording money.
    pub payments: Payments,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("pay-callback")
        .operation("alipayNotify", alipay)
        .finish(gate, ports)
}

/// The function with its real ports.
///
/// # Errors
/// When the environment lacks something.
#[expect(clippy::unused_async, reason = "every function connects the same way")]
pub async fn connect() -> Result<Router, Error> {
    let table = edge::wiring::table()?;
    let gate = edge::wiring::gate(&table)?;
    let payments = Payments {
        orders: table.clone(),
        attempts: table,
        policies: Arc::new(Policies::shipped()?),
    };
    let ports = Ports {
        secrets: edge::wiring::secrets()?,
        payments,
        clock: Arc::new(SystemClock),
    };
    Ok(api(gate, ports)?)
}

/// Alipay's notice. The answer is exactly `success`, or `fail` and Alipay sends it again (Alipay
/// OpenAPI, asynchronous notice).
async fn alipay(State(ports): State<Ports>, body: Bytes) -> Response {
    match take_alipay(&ports, &body).await {
        Ok(()) => answer("success"),
        Err(error) => {
            let why = error.internal.as_deref().unwrap_or_default();
            match error.code {
                ErrorCode::Internal => tracing::error!(why, "payment notice not taken"),
                code => tracing::warn!(code = code.as_str(), why, "payment notice not taken"),
            }
            answer("fail")
        }
    }
}

async fn take_alipay(ports: &Ports, body: &[u8]) -> Result<(), ApiError> {
    let gateway = Alipay::from_secret(&ports.secrets.read("alipay").await?)
        .map_err(|error| ApiError::internal(error.to_string()))?;
    let notice = gateway
        .verify(body)
        .map_err(|error| ApiError::new(ErrorCode::Forbidden).because(error))?;
    take(ports, &notice).await
}

async fn take(ports: &Ports, notice: &VerifiedNotice) -> Result<(), ApiError> {
    match notice.notice() {
        PaymentNotice::Paid {
            out_trade_no,
            receipt,
        } => {
            let not_ours = || {
                ApiError::new(ErrorCode::NotFound)
                    .because("a payment on a number that is none of ours")
            };
            let number: OutTradeNo = out_trade_no.parse().map_err(|_| not_ours())?;
            match ports
                .payments
                .record(&number, receipt, ports.clock.now())
                .await?
            {
                Recorded::New(disposition) => {
                    tracing::info!(%number, ?disposition, "money recorded");
                    Ok(())
                }
                Recorded::Known => Ok(()),
                Recorded::NotOurs => Err(not_ours()),
            }
        }
        PaymentNotice::Other { status } => {
            tracing::info!(status, "a notice that moves nothing");
            Ok(())
        }
    }
}

fn answer(text: &'static str) -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain")], text).into_response()
}

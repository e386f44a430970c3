//! Function `pay-callback`: takes the notices of payment gateways.
//!
//! Raw bytes are verified first; what follows only sees a [`VerifiedNotice`]. Then one conditional
//! transaction, then the notice is kept as it came, then the answer that the gateway wants. A notice that
//! is on record already is answered the same; one that cannot be recorded or kept now is refused, and the
//! gateway sends it again.

use std::sync::Arc;

use adapters::payment::FromSecrets;
use adapters::ports::{Clock, Objects, PaymentNotice, RawNotice, VerifiedNotice};
use adapters::s3::Bucket;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use contract::error::ErrorCode;
use domain::ledger::day_of;
use domain::payment::{OutTradeNo, PaymentMethod, RefundNo};
use domain::policy::Policies;
use edge::ApiError;
use edge::api::{Api, Gate};
use edge::payments::{Payments, Recorded};
use edge::real::SystemClock;
use http::{HeaderMap, StatusCode, header};
use lambda_http::Error;
use sha2::{Digest as _, Sha256};

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Recording money, and the gateways.
    pub payments: Payments,
    /// Where notices are kept.
    pub notices: Arc<dyn Objects>,
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
        .operation("wechatpayNotify", wechatpay)
        .operation("wechatpayRefundNotify", wechatpay)
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
        gateways: Arc::new(FromSecrets::new(edge::wiring::secrets()?)),
        policies: Arc::new(Policies::shipped()?),
    };
    let notices = Bucket::connect(
        edge::aws::sdk_config()?,
        edge::config::required("NOTICES_BUCKET")?,
        edge::aws::has_own_endpoint(),
    );
    let ports = Ports {
        payments,
        notices: Arc::new(notices),
        clock: Arc::new(SystemClock),
    };
    Ok(api(gate, ports)?)
}

/// Alipay's notice. The answer is exactly `success`, or `fail` and Alipay sends it again (Alipay
/// OpenAPI, asynchronous notice).
async fn alipay(State(ports): State<Ports>, headers: HeaderMap, body: Bytes) -> Response {
    let text = match take(&ports, PaymentMethod::Alipay, &headers, &body).await {
        Ok(()) => "success",
        Err(error) => {
            report(PaymentMethod::Alipay, &error);
            "fail"
        }
    };
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain")], text).into_response()
}

/// A notice of WeChat Pay, of a payment or a refund. Taken is 204; anything else is 4xx or 5xx with `FAIL`,
/// and WeChat Pay sends it again (WeChat Pay, notices: the status counts, not the body).
async fn wechatpay(State(ports): State<Ports>, headers: HeaderMap, body: Bytes) -> Response {
    match take(&ports, PaymentMethod::WechatPay, &headers, &body).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            report(PaymentMethod::WechatPay, &error);
            let status = match error.code {
                ErrorCode::Forbidden => StatusCode::UNAUTHORIZED,
                ErrorCode::NotFound => StatusCode::NOT_FOUND,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            let body = r#"{"code":"FAIL","message":"失败"}"#;
            (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
    }
}

fn report(method: PaymentMethod, error: &ApiError) {
    let (method, why) = (
        method.as_str(),
        error.internal.as_deref().unwrap_or_default(),
    );
    match error.code {
        ErrorCode::Internal => tracing::error!(method, why, "notice not taken"),
        code => tracing::warn!(method, code = code.as_str(), why, "notice not taken"),
    }
}

async fn take(
    ports: &Ports,
    method: PaymentMethod,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), ApiError> {
    let now = ports.clock.now();
    let gateway = ports.payments.gateways.gateway(method).await;
    let gateway = gateway.map_err(|error| ApiError::internal(error.to_string()))?;
    let headers: Vec<(String, String)> = headers
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect();
    let notice = gateway
        .verify(
            &RawNotice {
                headers: &headers,
                body,
            },
            now,
        )
        .map_err(|error| ApiError::new(ErrorCode::Forbidden).because(error))?;
    record(ports, &notice).await?;
    // Money first: should this fail, the notice comes again, is known, and is kept then.
    let key = format!(
        "notices/{}/{}/{}",
        method.as_str(),
        day_of(now),
        hex::encode(Sha256::digest(body))
    );
    let kept = as_it_came(&headers, body);
    ports.notices.write(&key, "message/http", kept).await?;
    Ok(())
}

/// The notice with the headers that its signature is about.
fn as_it_came(headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    for (name, value) in headers {
        if name == "content-type" || name.starts_with("wechatpay-") {
            kept.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
    }
    kept.extend_from_slice(b"\r\n");
    kept.extend_from_slice(body);
    kept
}

async fn record(ports: &Ports, notice: &VerifiedNotice) -> Result<(), ApiError> {
    let now = ports.clock.now();
    match notice.notice() {
        PaymentNotice::Paid {
            out_trade_no,
            receipt,
        } => {
            let number: OutTradeNo = out_trade_no.parse().map_err(|_| not_ours())?;
            match ports.payments.record(&number, receipt, now).await? {
                Recorded::New(disposition) => {
                    tracing::info!(%number, ?disposition, "money recorded");
                    Ok(())
                }
                Recorded::Known => Ok(()),
                Recorded::NotOurs => Err(not_ours()),
            }
        }
        PaymentNotice::Refunded {
            out_refund_no,
            out_trade_no,
            amount,
            status,
        } => {
            let number: RefundNo = out_refund_no.parse().map_err(|_| not_ours())?;
            match ports
                .payments
                .record_refund(&number, out_trade_no, *amount, status, now)
                .await?
            {
                Recorded::New(state) => {
                    tracing::info!(%number, ?state, "refund recorded");
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

fn not_ours() -> ApiError {
    ApiError::new(ErrorCode::NotFound).because("a number that is none of ours")
}

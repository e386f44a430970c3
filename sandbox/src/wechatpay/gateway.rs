//! `/wechatpay/v3/…`: the `APIv3` protocol around the [`Ledger`](super::ledger::Ledger).
//!
//! What the public facts leave open is decided here: errors before the request is known to be the merchant's come
//! unsigned, later ones signed; members that the documents do not know are refused; texts are measured in bytes
//! and may not hold characters beyond U+FFFF; closing twice is `ORDER_CLOSED`.

use axum::extract::{ConnectInfo, OriginalUri, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::json;

use super::calls::{Answer, Call, Request, business};
use super::terms::{Problem, Refusal};
use super::{Merchant, merchant, phone, seal};
use crate::advance;
use crate::app::{AppRef, Failure, host};
use crate::crypto::random;
use crate::knobs::{Outage, Turned};
use crate::outbox::Channel;
use crate::serve::Peer;

/// How many seconds the merchant's clock may be off.
const WINDOW: u64 = 300;
/// How the merchant signs.
const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048 ";

/// All calls of the API.
pub async fn gateway(
    State(app): State<AppRef>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    OriginalUri(uri): OriginalUri,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let merchant = merchant(&app)?;
    let knobs = app.knobs.get();
    match knobs.wechatpay_down {
        Outage::Off => {}
        Outage::Unavailable => return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response()),
        Outage::Refuse => return Ok(peer.hang_up()),
    }
    let knobs = knobs.wechatpay();
    advance::dawdle(knobs.slow_ms).await;
    let now = app.clock.now();
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let serial = match authenticate(merchant, &method, target, &headers, &body, now) {
        Ok(serial) => serial,
        Err(refusal) => {
            tracing::warn!(code = refusal.code, status = refusal.status, "call refused");
            return Ok(respond(&Answer::problem(&refusal.into()), Vec::new()));
        }
    };
    let Some((call, name)) = Call::parse(&method, uri.path()) else {
        let answer = Answer::problem(&Refusal::NO_CALL.into());
        return signed(merchant, serial, &answer, &knobs, now);
    };
    advance::advance(&app, now)?;
    let request = Request {
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        body: &body,
        host: host(&headers),
    };
    let done = match (media(&headers, &method), app.knobs.next_error(name)) {
        (Err(refusal), _) => Err(refusal.into()),
        (Ok(()), Some(code)) => Err(Problem::Knob(code)),
        (Ok(()), None) => {
            if app.knobs.pays_before(name)
                && let Some(number) = call.out_trade_no(&request)
            {
                phone::pay_now(&app, &number)?;
            }
            business(&app, merchant, call, &request, &knobs, now)?
        }
    };
    let answer = done.unwrap_or_else(|problem| Answer::problem(&problem));
    tracing::info!(call = name, status = answer.status, "wechatpay call");
    if app.knobs.loses_response(name) {
        tracing::info!(call = name, "answer lost, as the knob wants");
        return Ok(peer.hang_up());
    }
    if knobs.answer_last {
        advance::quiet(&app, Channel::WechatPay).await?;
    }
    signed(merchant, serial, &answer, &knobs, app.clock.now())
}

/// Checks that the merchant sent this now. Answers the serial of the key that it wants the answer signed with.
fn authenticate<'a>(
    merchant: &'a Merchant,
    method: &Method,
    target: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<&'a str, Refusal> {
    let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let given = header(AUTHORIZATION).and_then(|value| value.strip_prefix(SCHEME));
    let claim = given.and_then(Claim::parse).ok_or(Refusal::AUTHORIZATION)?;
    let at: i64 = claim
        .timestamp
        .parse()
        .map_err(|_| Refusal::AUTHORIZATION)?;
    if at.abs_diff(now.as_second()) > WINDOW {
        return Err(Refusal::CLOCK);
    }
    let config = &merchant.config;
    if claim.mchid != config.mchid
        || !claim
            .serial_no
            .eq_ignore_ascii_case(&config.merchant_serial)
    {
        return Err(Refusal::CERTIFICATE);
    }
    let body = std::str::from_utf8(body).map_err(|_| Refusal::SIGNATURE)?;
    let (timestamp, nonce) = (claim.timestamp, claim.nonce_str);
    let text = format!("{method}\n{target}\n{timestamp}\n{nonce}\n{body}\n");
    if !merchant.verifier.verify(&text, claim.signature) {
        return Err(Refusal::SIGNATURE);
    }
    let wanted = header(HeaderName::from_static("wechatpay-serial"));
    let (serial, _) = merchant.key(wanted).ok_or(Refusal::SERIAL)?;
    Ok(serial)
}

/// What the header `Authorization` says.
#[derive(Default)]
struct Claim<'a> {
    mchid: &'a str,
    nonce_str: &'a str,
    timestamp: &'a str,
    serial_no: &'a str,
    signature: &'a str,
}

impl<'a> Claim<'a> {
    /// Reads `name="value"` pairs in any order, each exactly once.
    fn parse(text: &'a str) -> Option<Self> {
        let mut claim = Self::default();
        for pair in text.split(',') {
            let (name, value) = pair.trim().split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            let slot = match name {
                "mchid" => &mut claim.mchid,
                "nonce_str" => &mut claim.nonce_str,
                "timestamp" => &mut claim.timestamp,
                "serial_no" => &mut claim.serial_no,
                "signature" => &mut claim.signature,
                _ => return None,
            };
            if value.is_empty() || !slot.is_empty() {
                return None;
            }
            *slot = value;
        }
        let Self {
            mchid,
            nonce_str,
            timestamp,
            serial_no,
            signature,
        } = &claim;
        let all = [mchid, nonce_str, timestamp, serial_no, signature];
        all.iter().all(|value| !value.is_empty()).then_some(claim)
    }
}

/// A body must be JSON, and JSON must be welcome.
fn media(headers: &HeaderMap, method: &Method) -> Result<(), Refusal> {
    let says = |name: HeaderName, words: &[&str]| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| words.iter().any(|word| value.contains(word)))
    };
    let accepts = says(ACCEPT, &["application/json", "*/*"]);
    let sends = *method == Method::GET || says(CONTENT_TYPE, &["application/json"]);
    if accepts && sends {
        Ok(())
    } else {
        Err(Refusal::MEDIA)
    }
}

fn signed(
    merchant: &Merchant,
    serial: &str,
    answer: &Answer,
    knobs: &Turned,
    now: Timestamp,
) -> Result<Response, Failure> {
    let Some(body) = answer.text() else {
        // A file, which is named by its hash instead.
        return Ok(respond(answer, Vec::new()));
    };
    let (signature, skew) = (knobs.answer_signature, knobs.clock_skew_s);
    let seal = seal::seal(merchant, Some(serial), signature, skew, body, now)?;
    Ok(respond(answer, seal))
}

fn respond(answer: &Answer, seal: seal::Seal) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.bytes.clone()).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    if let Some(kind) = answer.content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    let id = random::<10>().map(hex::encode).unwrap_or_default();
    let named = [("request-id", id)];
    for (name, value) in seal.into_iter().chain(named) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

impl Answer {
    /// An error.
    fn problem(problem: &Problem) -> Self {
        let (status, code, message) = problem.tell();
        Self::json(status, &json!({ "code": code, "message": message }))
    }
}

//! `gateway.do`: the OpenAPI v2 protocol with RSA2 around the [`Ledger`](super::ledger::Ledger).
//!
//! What the public facts leave open is decided here: errors before the signature is known to be good come
//! unsigned under `error_response`, later ones signed; a timestamp may be ten minutes off; values are
//! strings only; `/` in answers is escaped as `\/`, so that nobody verifies a text that was parsed and
//! written again.

use axum::extract::{ConnectInfo, RawQuery, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::calls::{Call, Fields, business, error_fields};
use super::phone;
use crate::advance;
use crate::app::{App, AppRef, Failure, host};
use crate::clock::parse_china;
use crate::crypto::request_text;
use crate::knobs::{Outage, Signature};
use crate::outbox::Channel;
use crate::serve::Peer;

/// How far the merchant's clock may be off.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// An error of the gateway itself, before any business.
struct GatewayError {
    code: &'static str,
    sub_code: &'static str,
    sub_msg: &'static str,
}

impl GatewayError {
    fn missing(sub_code: &'static str) -> Self {
        Self {
            code: "40001",
            sub_code,
            sub_msg: "缺少必选参数",
        }
    }

    fn invalid(sub_code: &'static str, sub_msg: &'static str) -> Self {
        Self {
            code: "40002",
            sub_code,
            sub_msg,
        }
    }

    fn fields(&self) -> Fields {
        let msg = if self.code == "40001" {
            "Missing Required Arguments"
        } else {
            "Invalid Arguments"
        };
        error_fields(self.code, msg, self.sub_code, self.sub_msg)
    }
}

/// Parameters of query and body together.
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    fn read(query: Option<&str>, body: &[u8]) -> Result<Self, GatewayError> {
        let mut params: Vec<(String, String)> = Vec::new();
        let query = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        for (key, value) in query.chain(form_urlencoded::parse(body)) {
            if params.iter().any(|(known, _)| *known == key) {
                return Err(GatewayError::invalid("isv.invalid-parameter", "参数重复"));
            }
            params.push((key.into_owned(), value.into_owned()));
        }
        Ok(Self(params))
    }

    /// A parameter that is there and not empty.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == key);
        found
            .map(|(_, value)| value.as_str())
            .filter(|v| !v.is_empty())
    }
}

/// `POST` or `GET /alipay/gateway.do`.
pub async fn gateway(
    State(app): State<AppRef>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, Failure> {
    let knobs = app.knobs.get();
    match knobs.alipay_down {
        Outage::Off => {}
        Outage::Unavailable => return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response()),
        Outage::Refuse => return Ok(peer.hang_up()),
    }
    let knobs = knobs.alipay();
    advance::dawdle(knobs.slow_ms).await;
    let form = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    if method == Method::POST && !form && !body.is_empty() {
        let error = GatewayError::invalid("isv.invalid-parameter", "请求体必须是表单");
        return Ok(unsigned(&error));
    }
    let params = match Params::read(query.as_deref(), &body) {
        Ok(params) => params,
        Err(error) => return Ok(unsigned(&error)),
    };
    let method = match authenticate(&app, &params) {
        Ok(method) => method,
        Err(error) => {
            tracing::warn!(sub_code = error.sub_code, "gateway call refused");
            return Ok(unsigned(&error));
        }
    };
    let (root, answer) = match accept(&app, &params, method) {
        Err(error) => {
            tracing::warn!(method, sub_code = error.sub_code, "gateway call refused");
            ("error_response".to_owned(), error.fields())
        }
        Ok((call, content)) => {
            let root = format!("{}_response", method.replace('.', "_"));
            advance::advance(&app, app.clock.now())?;
            let answer = if let Some(sub_code) = app.knobs.next_error(method) {
                knob_error(&sub_code)
            } else {
                if app.knobs.pays_before(method)
                    && let Some(number) = content.get("out_trade_no").and_then(Value::as_str)
                {
                    phone::pay_now(&app, number)?;
                }
                business(&app, call, host(&headers), &params, &content)?
            };
            tracing::info!(method, code = ?answer.get("code"), sub_code = ?answer.get("sub_code"), "gateway call");
            (root, answer)
        }
    };
    if app.knobs.loses_response(method) {
        tracing::info!(method, "answer lost, as the knob wants");
        return Ok(peer.hang_up());
    }
    if knobs.answer_last {
        advance::quiet(&app, Channel::Alipay).await?;
    }
    signed(&app, &root, answer, knobs.answer_signature)
}

/// An error that a knob wants: of the gateway for `isp.` and `aop.`, of the business otherwise.
fn knob_error(sub_code: &str) -> Fields {
    if sub_code.starts_with("isp.") || sub_code.starts_with("aop.") {
        error_fields(
            "20000",
            "Service Currently Unavailable",
            sub_code,
            "系统繁忙",
        )
    } else {
        error_fields("40004", "Business Failed", sub_code, "业务出错")
    }
}

/// Everything up to a good signature of the merchant. Answers the method.
fn authenticate<'a>(app: &App, params: &'a Params) -> Result<&'a str, GatewayError> {
    let need = |key: &str, sub_code| params.get(key).ok_or(GatewayError::missing(sub_code));
    let method = need("method", "isv.missing-method")?;
    if need("app_id", "isv.missing-app-id")? != app.alipay.config.app_id {
        let error = GatewayError::invalid("isv.invalid-app-id", "无效的AppID参数");
        return Err(error);
    }
    if need("sign_type", "isv.missing-signature-type")? != "RSA2" {
        let error = GatewayError::invalid("isv.invalid-signature-type", "无效的签名类型");
        return Err(error);
    }
    let charset = need("charset", "isv.missing-charset")?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return Err(GatewayError::invalid("isv.invalid-charset", "字符集错误"));
    }
    let signature = need("sign", "isv.missing-signature")?;
    if !app
        .alipay
        .verifier
        .verify(&request_text(&params.0), signature)
    {
        return Err(GatewayError::invalid("isv.invalid-signature", "无效签名"));
    }
    Ok(method)
}

/// The rest of the common parameters. Answers the call and its `biz_content`.
fn accept(app: &App, params: &Params, method: &str) -> Result<(Call, Fields), GatewayError> {
    let call = Call::parse(method)
        .ok_or_else(|| GatewayError::invalid("isv.invalid-method", "不存在的方法名"))?;
    let need = |key: &str, sub_code| params.get(key).ok_or(GatewayError::missing(sub_code));
    let timestamp = parse_china(need("timestamp", "isv.missing-timestamp")?);
    let now = app.clock.now();
    if timestamp.is_none_or(|at| at.duration_since(now).abs() > SKEW) {
        return Err(GatewayError::invalid(
            "isv.invalid-timestamp",
            "非法的时间戳参数",
        ));
    }
    if need("version", "isv.missing-version")? != "1.0" {
        return Err(GatewayError::invalid("isv.invalid-version", "版本号错误"));
    }
    if params
        .get("format")
        .is_some_and(|f| !f.eq_ignore_ascii_case("json"))
    {
        return Err(GatewayError::invalid(
            "isv.invalid-format",
            "无效的数据格式",
        ));
    }
    if params
        .get("notify_url")
        .is_some_and(|url| !is_web_address(url))
    {
        return Err(GatewayError::invalid(
            "isv.invalid-parameter",
            "notify_url 无效",
        ));
    }
    match serde_json::from_str(need("biz_content", "isv.missing-biz-content")?) {
        Ok(Value::Object(content)) => Ok((call, content)),
        _ => Err(GatewayError::invalid(
            "isv.invalid-parameter",
            "biz_content 不是 JSON 对象",
        )),
    }
}

fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn unsigned(error: &GatewayError) -> Response {
    let inner = written(error.fields());
    respond(format!("{{\"error_response\":{inner}}}"))
}

fn signed(
    app: &App,
    root: &str,
    answer: Fields,
    signature: Signature,
) -> Result<Response, Failure> {
    let inner = written(answer);
    Ok(respond(match app.alipay.sign(&inner, signature)? {
        Some(sign) => format!("{{\"{root}\":{inner},\"sign\":\"{sign}\"}}"),
        None => format!("{{\"{root}\":{inner}}}"),
    }))
}

fn written(answer: Fields) -> String {
    Value::Object(answer).to_string().replace('/', "\\/")
}

fn respond(body: String) -> Response {
    ([(CONTENT_TYPE, "application/json;charset=utf-8")], body).into_response()
}

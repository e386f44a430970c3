//! `gateway.do`: the OpenAPI v2 protocol with RSA2 around the [`Ledger`](super::ledger::Ledger).
//!
//! What the public facts leave open is decided here: errors before the signature is known to be good come
//! unsigned under `error_response`, later ones signed; a timestamp may be ten minutes off; values are
//! strings only; `/` in answers is escaped as `\/`, so that nobody verifies a text that was parsed and
//! written again.

use std::time::Duration;

use axum::extract::{ConnectInfo, RawQuery, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use super::ledger::{Order, Precreate, Refusal, Timeout, Trade, TradeRef};
use super::money::Fen;
use super::{BUYER_ID, BUYER_LOGON_ID, BUYER_OPEN_ID, code, notify, qr_code};
use crate::app::{App, AppRef, Failure};
use crate::clock::{china, parse_china};
use crate::crypto::request_text;
use crate::knobs::Outage;
use crate::serve::Peer;

/// How far the merchant's clock may be off.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

type Fields = Map<String, Value>;

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

fn error_fields(code: &str, msg: &str, sub_code: &str, sub_msg: &str) -> Fields {
    fields(json!({ "code": code, "msg": msg, "sub_code": sub_code, "sub_msg": sub_msg }))
}

fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

/// The methods that are played.
#[derive(Clone, Copy)]
enum Call {
    Precreate,
    Query,
    Close,
    Refund,
    RefundQuery,
}

impl Call {
    fn parse(method: &str) -> Option<Self> {
        Some(match method {
            "alipay.trade.precreate" => Self::Precreate,
            "alipay.trade.query" => Self::Query,
            "alipay.trade.close" => Self::Close,
            "alipay.trade.refund" => Self::Refund,
            "alipay.trade.fastpay.refund.query" => Self::RefundQuery,
            _ => return None,
        })
    }
}

/// Parameters of query and body together.
struct Params(Vec<(String, String)>);

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

    fn get(&self, key: &str) -> Option<&str> {
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
    if knobs.slow_ms > 0 {
        tokio::time::sleep(Duration::from_millis(knobs.slow_ms)).await;
    }
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
            let answer = business(&app, call, &params, &content)?;
            tracing::info!(method, code = ?answer.get("code"), sub_code = ?answer.get("sub_code"), "gateway call");
            (root, answer)
        }
    };
    if app.knobs.loses_response(method) {
        tracing::info!(method, "answer lost, as the knob wants");
        return Ok(peer.hang_up());
    }
    signed(&app, &root, answer)
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

/// A business error, with the parameter if it is about one.
struct Wrong(Refusal, Option<&'static str>);

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self(refusal, None)
    }
}

impl Wrong {
    fn parameter(name: &'static str) -> Self {
        Self(Refusal::PARAMETER, Some(name))
    }

    fn fields(&self) -> Fields {
        let Self(refusal, parameter) = self;
        let sub_msg = match parameter {
            Some(name) => format!("{}：{name}", refusal.sub_msg),
            None => refusal.sub_msg.to_owned(),
        };
        error_fields("40004", "Business Failed", refusal.sub_code, &sub_msg)
    }
}

/// A string of `biz_content`; empty counts as absent, anything but a string is wrong.
fn text<'a>(content: &'a Fields, name: &'static str) -> Result<Option<&'a str>, Wrong> {
    match content.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(Wrong::parameter(name)),
    }
}

fn timeout(content: &Fields, name: &'static str) -> Result<Option<Timeout>, Wrong> {
    text(content, name)?
        .map(|given| Timeout::parse(given).ok_or(Wrong::parameter(name)))
        .transpose()
}

fn amount(content: &Fields, name: &'static str) -> Result<Fen, Wrong> {
    text(content, name)?
        .and_then(Fen::parse)
        .ok_or(Wrong::parameter(name))
}

/// A number given by the merchant: at most 64 letters, digits and underscores.
fn is_number(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn trade_ref(content: &Fields) -> Result<TradeRef<'_>, Wrong> {
    match (text(content, "trade_no")?, text(content, "out_trade_no")?) {
        (Some(number), _) => Ok(TradeRef::TradeNo(number)),
        (None, Some(number)) => Ok(TradeRef::OutTradeNo(number)),
        (None, None) => Err(Wrong::parameter("out_trade_no")),
    }
}

fn business(app: &App, call: Call, params: &Params, content: &Fields) -> Result<Fields, Failure> {
    let now = app.clock.now();
    let done = match call {
        Call::Precreate => precreate(app, params, content, now)?,
        Call::Query => query(app, content, now)?,
        Call::Close => close(app, content, now)?,
        Call::Refund => refund(app, content, now)?,
        Call::RefundQuery => refund_query(app, content, now)?,
    };
    Ok(match done {
        Ok(answer) => {
            let mut all = fields(json!({ "code": "10000", "msg": "Success" }));
            all.extend(answer);
            all
        }
        Err(wrong) => wrong.fields(),
    })
}

/// Outside: the sandbox fails. Inside: what Alipay answers.
type Done = Result<Result<Fields, Wrong>, Failure>;

fn precreate(app: &App, params: &Params, content: &Fields, now: Timestamp) -> Done {
    let ask = match read_precreate(app, params, content, now) {
        Ok(ask) => ask,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let out_trade_no = ask.out_trade_no.clone();
    let fresh = code()?;
    let shown = app
        .store
        .update(|world| world.alipay.precreate(ask, fresh, now))?;
    Ok(shown.map_err(Wrong::from).map(|code| {
        fields(json!({
            "out_trade_no": out_trade_no,
            "qr_code": qr_code(&app.public_url, &code),
        }))
    }))
}

fn read_precreate(
    app: &App,
    params: &Params,
    content: &Fields,
    now: Timestamp,
) -> Result<Precreate, Wrong> {
    let own = |name| Ok::<_, Wrong>(text(content, name)?.map(str::to_owned));
    let out_trade_no = own("out_trade_no")?
        .filter(|number| is_number(number))
        .ok_or(Wrong::parameter("out_trade_no"))?;
    let subject = own("subject")?
        .filter(|subject| subject.chars().count() <= 256)
        .ok_or(Wrong::parameter("subject"))?;
    if text(content, "seller_id")?.is_some_and(|id| id != app.alipay.config.seller_id) {
        return Err(Wrong::parameter("seller_id"));
    }
    let time_expire = match text(content, "time_expire")? {
        None => None,
        Some(given) => {
            let end = parse_china(given).filter(|end| *end > now);
            Some(end.ok_or(Wrong::parameter("time_expire"))?)
        }
    };
    Ok(Precreate {
        out_trade_no,
        amount: amount(content, "total_amount")?,
        subject,
        body: own("body")?,
        passback_params: own("passback_params")?,
        notify_url: params.get("notify_url").map(str::to_owned),
        code_timeout: timeout(content, "qr_code_timeout_express")?,
        timeout: timeout(content, "timeout_express")?,
        time_expire,
    })
}

fn query(app: &App, content: &Fields, now: Timestamp) -> Done {
    let which = match trade_ref(content) {
        Ok(which) => which,
        Err(wrong) => return Ok(Err(wrong)),
    };
    Ok(app.store.update(|world| {
        let (order, trade) = world.alipay.query(which, now)?;
        Ok(tell(order, trade))
    })?)
}

/// What a query tells.
fn tell(order: &Order, trade: &Trade) -> Fields {
    let amount = order.amount.to_string();
    let mut told = fields(json!({
        "trade_no": trade.trade_no,
        "out_trade_no": order.out_trade_no,
        "buyer_logon_id": BUYER_LOGON_ID,
        "buyer_user_id": BUYER_ID,
        "buyer_open_id": BUYER_OPEN_ID,
        "trade_status": trade.status,
        "total_amount": amount,
        "point_amount": "0.00",
    }));
    let paid = trade.paid_at.is_some();
    let received = if paid { amount } else { "0.00".to_owned() };
    for name in ["receipt_amount", "invoice_amount", "buyer_pay_amount"] {
        told.insert(name.to_owned(), Value::String(received.clone()));
    }
    if let Some(paid_at) = trade.paid_at {
        told.insert("send_pay_date".to_owned(), Value::String(china(paid_at)));
    }
    told
}

fn close(app: &App, content: &Fields, now: Timestamp) -> Done {
    let which = match trade_ref(content) {
        Ok(which) => which,
        Err(wrong) => return Ok(Err(wrong)),
    };
    Ok(app.store.update(|world| {
        let (order, trade) = world.alipay.close(which, now)?;
        Ok(fields(json!({
            "trade_no": trade.trade_no,
            "out_trade_no": order.out_trade_no,
        })))
    })?)
}

fn refund(app: &App, content: &Fields, now: Timestamp) -> Done {
    let read = || -> Result<_, Wrong> {
        let number = text(content, "out_request_no")?;
        if number.is_some_and(|number| number.len() > 64) {
            return Err(Wrong::parameter("out_request_no"));
        }
        let which = trade_ref(content)?;
        Ok((which, amount(content, "refund_amount")?, number))
    };
    let (which, amount, number) = match read() {
        Ok(asked) => asked,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let knobs = app.knobs.get();
    let done = app.store.update(|world| -> Done {
        let (order, fresh) = match world.alipay.refund(which, amount, number, now) {
            Ok(done) => done,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        let Some(trade) = &order.trade else {
            return Ok(Err(Refusal::NOT_EXIST.into()));
        };
        if fresh {
            let latest = trade.refunds.last();
            notify::enqueue(&app.alipay, &mut world.outbox, order, latest, &knobs, now)?;
        }
        let mut told = fields(json!({
            "trade_no": trade.trade_no,
            "out_trade_no": order.out_trade_no,
            "buyer_logon_id": BUYER_LOGON_ID,
            "buyer_user_id": BUYER_ID,
            "buyer_open_id": BUYER_OPEN_ID,
            "fund_change": if fresh { "Y" } else { "N" },
            "refund_fee": trade.refunded().to_string(),
        }));
        if fresh {
            told.insert("gmt_refund_pay".to_owned(), Value::String(china(now)));
        }
        Ok(Ok(told))
    })??;
    app.wake.notify_one();
    Ok(done)
}

fn refund_query(app: &App, content: &Fields, now: Timestamp) -> Done {
    let read = || -> Result<_, Wrong> {
        let number = text(content, "out_request_no")?;
        let number = number.ok_or(Wrong::parameter("out_request_no"))?;
        Ok((trade_ref(content)?, number))
    };
    let (which, number) = match read() {
        Ok(asked) => asked,
        Err(wrong) => return Ok(Err(wrong)),
    };
    Ok(app.store.update(|world| {
        let (order, trade) = world.alipay.query(which, now)?;
        let mut told = fields(json!({
            "trade_no": trade.trade_no,
            "out_trade_no": order.out_trade_no,
            "out_request_no": number,
        }));
        let done = trade.refunds.iter().find(|r| r.out_request_no == number);
        if let Some(refund) = done {
            told.extend(fields(json!({
                "total_amount": order.amount.to_string(),
                "refund_amount": refund.amount.to_string(),
                "refund_status": "REFUND_SUCCESS",
                "gmt_refund_pay": china(refund.at),
            })));
        }
        Ok(told)
    })?)
}

fn unsigned(error: &GatewayError) -> Response {
    let inner = written(error.fields());
    respond(format!("{{\"error_response\":{inner}}}"))
}

fn signed(app: &App, root: &str, answer: Fields) -> Result<Response, Failure> {
    let inner = written(answer);
    let sign = app.alipay.signer.sign(&inner)?;
    Ok(respond(format!(
        "{{\"{root}\":{inner},\"sign\":\"{sign}\"}}"
    )))
}

fn written(answer: Fields) -> String {
    Value::Object(answer).to_string().replace('/', "\\/")
}

fn respond(body: String) -> Response {
    ([(CONTENT_TYPE, "application/json;charset=utf-8")], body).into_response()
}

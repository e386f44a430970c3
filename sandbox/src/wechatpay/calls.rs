//! What the calls do: native, query, close. Giving money back and bills have files of their own.

use bytes::Bytes;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use url::{Host, Url, form_urlencoded};

use super::ledger::{Asked, Order, OrderRef};
use super::terms::{Problem, Refusal};
use super::{Merchant, bill, code, code_url, notify, refund_calls};
use crate::app::{App, Failure};
use crate::knobs::Turned;
use crate::money::Fen;

/// Outside: the sandbox fails. Inside: what WeChat Pay answers.
pub(super) type Done = Result<Result<Answer, Problem>, Failure>;

/// The calls that are played.
#[derive(Clone, Copy)]
pub(super) enum Call {
    Native,
    Query,
    QueryById,
    Close,
    Refund,
    RefundQuery,
    TradeBill,
    Download,
}

const ORDERS: &str = "/wechatpay/v3/pay/transactions/out-trade-no/";
const PAYMENTS: &str = "/wechatpay/v3/pay/transactions/id/";
const REFUNDS: &str = "/wechatpay/v3/refund/domestic/refunds";

impl Call {
    /// The call of this method and path, and its name for the knobs.
    pub(super) fn parse(method: &Method, path: &str) -> Option<(Self, &'static str)> {
        let one = |rest: Option<&str>| rest.is_some_and(|r| !r.is_empty() && !r.contains('/'));
        let get = *method == Method::GET;
        let post = *method == Method::POST;
        let order = path.strip_prefix(ORDERS);
        Some(match path {
            "/wechatpay/v3/pay/transactions/native" if post => (Self::Native, "wechatpay.native"),
            REFUNDS if post => (Self::Refund, "wechatpay.refund"),
            "/wechatpay/v3/bill/tradebill" if get => (Self::TradeBill, "wechatpay.tradebill"),
            "/wechatpay/v3/billdownload/file" if get => (Self::Download, "wechatpay.download"),
            _ if post && one(order.and_then(|rest| rest.strip_suffix("/close"))) => {
                (Self::Close, "wechatpay.close")
            }
            _ if get && one(order) => (Self::Query, "wechatpay.query"),
            _ if get && one(path.strip_prefix(PAYMENTS)) => (Self::QueryById, "wechatpay.query"),
            _ if get && one(path.strip_prefix(REFUNDS).and_then(|r| r.strip_prefix('/'))) => {
                (Self::RefundQuery, "wechatpay.refund_query")
            }
            _ => return None,
        })
    }
}

impl Call {
    /// The order that the path of a query or close names.
    pub(super) fn out_trade_no(self, request: &Request<'_>) -> Option<String> {
        let suffix = match self {
            Self::Query => "",
            Self::Close => "/close",
            _ => return None,
        };
        request.segment(ORDERS, suffix).ok()
    }
}

/// What a call is made of.
pub(super) struct Request<'a> {
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) body: &'a [u8],
    pub(super) host: &'a str,
}

impl Request<'_> {
    /// What stands in the path behind `prefix`, without `suffix`.
    pub(super) fn segment(&self, prefix: &str, suffix: &str) -> Result<String, Problem> {
        let rest = self.path.strip_prefix(prefix).unwrap_or_default();
        let rest = rest.strip_suffix(suffix).unwrap_or(rest);
        let text = percent_decode_str(rest).decode_utf8();
        text.map(std::borrow::Cow::into_owned)
            .map_err(|_| Problem::parameter("path"))
    }

    /// A parameter of the query that is there once.
    pub(super) fn parameter(&self, name: &'static str) -> Result<Option<String>, Problem> {
        let all = form_urlencoded::parse(self.query.as_bytes());
        let mut found = all.filter_map(|(key, value)| (key == name).then(|| value.into_owned()));
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            _ => Err(Problem::parameter(name)),
        }
    }

    /// The body. Members that are not documented are refused, as in life.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(self.body).map_err(|e| Problem::Parameter(e.to_string().into()))
    }
}

/// What is answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) bytes: Bytes,
    pub(super) content_type: Option<&'static str>,
    file: bool,
}

impl Answer {
    /// JSON.
    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            bytes: value.to_string().into(),
            content_type: Some("application/json; charset=utf-8"),
            file: false,
        }
    }

    /// Nothing, well done.
    fn nothing() -> Self {
        Self {
            status: 204,
            bytes: Bytes::new(),
            content_type: None,
            file: false,
        }
    }

    /// A file, which is not signed.
    pub(super) fn file(bytes: Vec<u8>) -> Self {
        Self {
            status: 200,
            bytes: bytes.into(),
            content_type: Some("text/plain"),
            file: true,
        }
    }

    /// What is signed.
    pub(super) fn text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.bytes).ok();
        text.filter(|_| !self.file)
    }
}

/// Does a call of the merchant.
pub(super) fn business(
    app: &App,
    merchant: &Merchant,
    call: Call,
    request: &Request<'_>,
    knobs: &Turned,
    now: Timestamp,
) -> Done {
    match call {
        Call::Native => native(app, merchant, request, now),
        Call::Query => Ok(request.segment(ORDERS, "").and_then(|number| {
            let which = OrderRef::OutTradeNo(&number);
            query(app, merchant, request, which)
        })),
        Call::QueryById => Ok(request.segment(PAYMENTS, "").and_then(|id| {
            let which = OrderRef::TransactionId(&id);
            query(app, merchant, request, which)
        })),
        Call::Close => close(app, merchant, request, now),
        Call::Refund => refund_calls::refund(app, request, knobs, now),
        Call::RefundQuery => Ok(request
            .segment(&format!("{REFUNDS}/"), "")
            .and_then(|number| refund_calls::query(app, &number))),
        Call::TradeBill => bill::url(app, merchant, request, knobs, now),
        Call::Download => Ok(bill::download(app, request, now)),
    }
}

/// The body of a native order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is not played is still checked for its form")]
struct Native {
    appid: String,
    mchid: String,
    description: String,
    out_trade_no: String,
    notify_url: String,
    amount: NativeAmount,
    time_expire: Option<String>,
    attach: Option<String>,
    goods_tag: Option<String>,
    support_fapiao: Option<bool>,
    detail: Option<IgnoredAny>,
    scene_info: Option<SceneInfo>,
    settle_info: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NativeAmount {
    total: u64,
    currency: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "checked for its form only")]
struct SceneInfo {
    payer_client_ip: String,
    device_id: Option<String>,
    store_info: Option<IgnoredAny>,
}

fn native(app: &App, merchant: &Merchant, request: &Request<'_>, now: Timestamp) -> Done {
    let (number, asked) = match read_native(merchant, request, now) {
        Ok(read) => read,
        Err(problem) => return Ok(Err(problem)),
    };
    let fresh = code()?;
    let shown = app
        .store
        .update(|world| world.wechatpay.native(&number, asked, fresh, now))?;
    Ok(shown.map_err(Problem::from).map(|code| {
        let url = code_url(&app.public_url, &code);
        Answer::json(200, &json!({ "code_url": url }))
    }))
}

fn read_native(
    merchant: &Merchant,
    request: &Request<'_>,
    now: Timestamp,
) -> Result<(String, Asked), Problem> {
    let body: Native = request.json()?;
    if body.appid != merchant.config.appid || body.mchid != merchant.config.mchid {
        return Err(Refusal::APPID.into());
    }
    if !(6..=32).contains(&body.out_trade_no.len()) || !is_number(&body.out_trade_no, "_-|*") {
        return Err(Problem::parameter("out_trade_no"));
    }
    check_text(&body.description, 127, "description")?;
    if let Some(attach) = &body.attach {
        check_text(attach, 128, "attach")?;
    }
    check_url(&body.notify_url, "notify_url")?;
    check_currency(body.amount.currency.as_deref())?;
    let time_expire = match &body.time_expire {
        None => None,
        Some(text) => {
            let end = text.parse::<Timestamp>().ok();
            let soonest = now.checked_add(SignedDuration::from_mins(1)).ok();
            let end = end.filter(|end| soonest.is_some_and(|soonest| *end >= soonest));
            Some(end.ok_or(Problem::parameter("time_expire"))?)
        }
    };
    let asked = Asked {
        amount: sum(body.amount.total, "amount.total")?,
        description: body.description,
        attach: body.attach,
        notify_url: body.notify_url,
        time_expire,
    };
    Ok((body.out_trade_no, asked))
}

/// Letters, digits, and what else a number may hold.
pub(super) fn is_number(text: &str, more: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
}

/// A text has at least one byte and at most `most`, and no character of four bytes.
pub(super) fn check_text(text: &str, most: usize, name: &'static str) -> Result<(), Problem> {
    let good = (1..=most).contains(&text.len()) && text.chars().all(|c| c.len_utf8() < 4);
    good.then_some(()).ok_or(Problem::parameter(name))
}

/// An address for notifies: https, or a loopback of this machine; no query; not too long.
pub(super) fn check_url(text: &str, name: &'static str) -> Result<(), Problem> {
    let good = Url::parse(text).is_ok_and(|url| {
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        url.query().is_none() && (url.scheme() == "https" || url.scheme() == "http" && loopback)
    });
    (good && text.len() <= 255)
        .then_some(())
        .ok_or(Problem::parameter(name))
}

/// Only the yuan is played.
pub(super) fn check_currency(given: Option<&str>) -> Result<(), Problem> {
    let good = given.is_none_or(|currency| currency == "CNY");
    good.then_some(())
        .ok_or(Problem::parameter("amount.currency"))
}

/// An amount in fen that is neither nothing nor too much.
pub(super) fn sum(fen: u64, name: &'static str) -> Result<Fen, Problem> {
    let good = (1..=Fen::MOST.0).contains(&fen);
    good.then_some(Fen(fen)).ok_or(Problem::parameter(name))
}

fn query(
    app: &App,
    merchant: &Merchant,
    request: &Request<'_>,
    which: OrderRef<'_>,
) -> Result<Answer, Problem> {
    if request.parameter("mchid")?.as_deref() != Some(merchant.config.mchid.as_str()) {
        return Err(Problem::parameter("mchid"));
    }
    app.store.read(|world| {
        let order = world.wechatpay.find(which).ok_or(Refusal::NOT_EXIST)?;
        Ok(Answer::json(200, &tell(merchant, order)))
    })
}

/// What a query tells. Of an order that nobody has paid it tells less.
fn tell(merchant: &Merchant, order: &Order) -> Value {
    let (state, description) = order.state().tell();
    let Some(payment) = &order.payment else {
        return json!({
            "amount": { "payer_currency": "CNY", "total": order.asked.amount },
            "appid": merchant.config.appid,
            "mchid": merchant.config.mchid,
            "out_trade_no": order.out_trade_no,
            "promotion_detail": [],
            "scene_info": { "device_id": "" },
            "trade_state": state,
            "trade_state_desc": description,
        });
    };
    let mut told = notify::payment_text(merchant, order, payment);
    told["trade_state"] = json!(state);
    told["trade_state_desc"] = json!(description);
    told
}

/// The body of a close.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Close {
    mchid: String,
}

fn close(app: &App, merchant: &Merchant, request: &Request<'_>, now: Timestamp) -> Done {
    let read = || {
        let body: Close = request.json()?;
        if body.mchid != merchant.config.mchid {
            return Err(Problem::parameter("mchid"));
        }
        request.segment(ORDERS, "/close")
    };
    let number = match read() {
        Ok(number) => number,
        Err(problem) => return Ok(Err(problem)),
    };
    let closed = app
        .store
        .update(|world| world.wechatpay.close(&number, now))?;
    Ok(closed.map(|()| Answer::nothing()).map_err(Problem::from))
}

//! What the methods do: precreate, query, close. Giving money back and bills have files of their own.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::gateway::Params;
use super::ledger::{Order, Precreate, Trade, TradeRef};
use super::terms::{Refusal, Timeout};
use super::{BUYER_ID, BUYER_LOGON_ID, BUYER_OPEN_ID, bill, code, qr_code, refunds};
use crate::app::{App, Failure};
use crate::clock::{china, parse_china};
use crate::money::Fen;

/// A JSON object.
pub(super) type Fields = Map<String, Value>;

/// The methods that are played.
#[derive(Clone, Copy)]
pub(super) enum Call {
    Precreate,
    Query,
    Close,
    Refund,
    RefundQuery,
    BillUrl,
}

impl Call {
    /// The method of this name.
    pub(super) fn parse(method: &str) -> Option<Self> {
        Some(match method {
            "alipay.trade.precreate" => Self::Precreate,
            "alipay.trade.query" => Self::Query,
            "alipay.trade.close" => Self::Close,
            "alipay.trade.refund" => Self::Refund,
            "alipay.trade.fastpay.refund.query" => Self::RefundQuery,
            "alipay.data.dataservice.bill.downloadurl.query" => Self::BillUrl,
            _ => return None,
        })
    }
}

/// The members of an object.
pub(super) fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

/// The members of an error.
pub(super) fn error_fields(code: &str, msg: &str, sub_code: &str, sub_msg: &str) -> Fields {
    fields(json!({ "code": code, "msg": msg, "sub_code": sub_code, "sub_msg": sub_msg }))
}

/// A business error, with the parameter if it is about one.
pub(super) struct Wrong(Refusal, Option<&'static str>);

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self(refusal, None)
    }
}

impl Wrong {
    /// One about this parameter.
    pub(super) fn parameter(name: &'static str) -> Self {
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
pub(super) fn text<'a>(content: &'a Fields, name: &'static str) -> Result<Option<&'a str>, Wrong> {
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

/// An amount of `biz_content`, which must be there.
pub(super) fn amount(content: &Fields, name: &'static str) -> Result<Fen, Wrong> {
    text(content, name)?
        .and_then(Fen::parse)
        .ok_or(Wrong::parameter(name))
}

/// A number given by the merchant: at most 64 letters, digits and underscores.
fn is_number(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Which trade `biz_content` is about.
pub(super) fn trade_ref(content: &Fields) -> Result<TradeRef<'_>, Wrong> {
    match (text(content, "trade_no")?, text(content, "out_trade_no")?) {
        (Some(number), _) => Ok(TradeRef::TradeNo(number)),
        (None, Some(number)) => Ok(TradeRef::OutTradeNo(number)),
        (None, None) => Err(Wrong::parameter("out_trade_no")),
    }
}

/// Does a call. Answers what is inside the answer.
pub(super) fn business(
    app: &App,
    call: Call,
    host: &str,
    params: &Params,
    content: &Fields,
) -> Result<Fields, Failure> {
    let now = app.clock.now();
    let done = match call {
        Call::Precreate => precreate(app, params, content, now)?,
        Call::Query => query(app, content, now)?,
        Call::Close => close(app, content, now)?,
        Call::Refund => refunds::refund(app, content, now)?,
        Call::RefundQuery => refunds::refund_query(app, content, now)?,
        Call::BillUrl => bill::url(app, host, content, now)?,
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
pub(super) type Done = Result<Result<Fields, Wrong>, Failure>;

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
    let amount = order.paid().to_string();
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

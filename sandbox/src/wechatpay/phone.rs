//! The payer's phone: a page to scan into and pay on, and the same for machines.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ledger::{Order, TradeState};
use super::terms::Refusal;
use super::{code_url, merchant, notify, refund_calls, transaction_id};
use crate::app::{App, AppRef, Failure};
use crate::clock::china;
use crate::html::{encode, escape, page};
use crate::money::{Fen, Yuan};
use crate::refunds::refunded;

const TITLE: &str = "微信支付（沙箱）";

/// What a machine pays: one of the first two.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pay {
    /// The text of the QR, or only the code at its end.
    #[serde(alias = "code_url", alias = "qr_code")]
    pub code: Option<String>,
    /// The merchant's number of an order.
    pub out_trade_no: Option<String>,
    /// What is paid instead of what is asked, in yuan.
    pub amount: Option<Yuan>,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.message.to_owned();
        if refusal == Refusal::NO_CODE {
            Self::NotFound(refusal.code, text)
        } else {
            Self::Conflict(refusal.code, text)
        }
    }
}

fn do_scan(app: &App, code: &str) -> Result<Order, Refusal> {
    let now = app.clock.now();
    app.store
        .read(|world| world.wechatpay.scan(code, now).cloned())
}

fn do_pay(app: &App, code: &str, amount: Option<Fen>) -> Result<Result<Order, Refusal>, Failure> {
    let merchant = merchant(app)?;
    let now = app.clock.now();
    let id = transaction_id(now)?;
    let knobs = app.knobs.get().wechatpay();
    let instead = amount.or(knobs.payer_pays);
    let paid = app.store.update(|world| -> Result<_, Failure> {
        let order = match world.wechatpay.pay(code, id, instead, now) {
            Ok(order) => order.clone(),
            Err(refusal) => return Ok(Err(refusal)),
        };
        notify::paid(merchant, &mut world.outbox, &order, &knobs, now)?;
        Ok(Ok(order))
    })??;
    app.wake.notify_one();
    Ok(paid)
}

/// The payer scans and pays now, if that can be.
pub(super) fn pay_now(app: &App, out_trade_no: &str) -> Result<(), Failure> {
    let code = app.store.read(|world| {
        let order = world.wechatpay.order(out_trade_no);
        order.map(|order| order.code.clone())
    });
    if let Some(code) = code
        && let Err(refusal) = do_pay(app, &code, None)?
    {
        tracing::info!(code = refusal.code, "the payer was to pay, and could not");
    }
    Ok(())
}

/// `GET /wechatpay/pay/{code}`: scanning. Shows what is to be paid.
pub async fn scan(State(app): State<AppRef>, Path(code): Path<String>) -> Response {
    match do_scan(&app, &code) {
        Ok(order) => show(&app, &order),
        Err(refusal) => refused(refusal),
    }
}

/// `POST /wechatpay/pay/{code}`: the button 「立即支付」.
pub async fn confirm(
    State(app): State<AppRef>,
    Path(code): Path<String>,
) -> Result<Response, Failure> {
    Ok(match do_pay(&app, &code, None)? {
        // A second press of the button, or a press too late: the page says how it stands.
        Ok(_) | Err(Refusal::PAID | Refusal::CLOSED) => {
            Redirect::to(&format!("/wechatpay/pay/{}", encode(&code))).into_response()
        }
        Err(refusal) => refused(refusal),
    })
}

/// `GET /wechatpay/pay/{code}/cancel`: the payer turns away. The order goes on waiting.
pub async fn cancel(State(app): State<AppRef>, Path(code): Path<String>) -> Response {
    if let Err(refusal) = do_scan(&app, &code) {
        return refused(refusal);
    }
    let body = format!(
        "<p class=\"state\">已取消，未支付</p>\
         <p class=\"note center\">在二维码有效期内，您可以重新扫码支付。</p>\
         <a class=\"button plain\" href=\"/wechatpay/pay/{}\">重新扫码</a>",
        encode(&code)
    );
    page(TITLE, "wechat", &body)
}

fn refused(refusal: Refusal) -> Response {
    let (status, hint) = match refusal {
        Refusal::NO_CODE => (StatusCode::NOT_FOUND, "请核对二维码是否来自本沙箱。"),
        _ => (StatusCode::CONFLICT, "请回到商家页面，重新获取二维码。"),
    };
    let body = format!(
        "<p class=\"state\">{}</p><p class=\"note center\">{hint}</p>",
        escape(refusal.message)
    );
    (status, page(TITLE, "wechat", &body)).into_response()
}

fn show(app: &App, order: &Order) -> Response {
    let merchant = app.wechatpay.as_ref();
    let name = merchant.map_or("", |merchant| merchant.config.merchant_name.as_str());
    let amount = order
        .payment
        .as_ref()
        .map_or(order.asked.amount, |p| p.amount);
    let back = refunded(&order.refunds);
    let head = match order.state() {
        TradeState::NotPay => "请确认支付信息",
        TradeState::Success => "支付成功",
        TradeState::Refund if back == amount => "已全额退款",
        TradeState::Refund => "支付成功，已申请退款",
        TradeState::Closed => "订单已关闭，无法支付",
    };
    let rest = match (&order.payment, order.state()) {
        (None, TradeState::NotPay) => {
            let code = encode(&order.code);
            let end = china(order.code_expires_at.min(order.pay_until()));
            format!(
                "<dt>支付截止</dt><dd>{end}</dd></dl>\
                 <form method=\"post\" action=\"/wechatpay/pay/{code}\"><button>立即支付</button></form>\
                 <a class=\"button plain\" href=\"/wechatpay/pay/{code}/cancel\">取消</a>\
                 <p class=\"note center\">沙箱环境，不会发生真实扣款。</p>"
            )
        }
        (None, _) => "</dl>".to_owned(),
        (Some(payment), _) => {
            let returned = if back == Fen(0) {
                String::new()
            } else {
                format!("<dt>已退款</dt><dd>¥{back}</dd>")
            };
            format!(
                "<dt>支付时间</dt><dd>{}</dd><dt>交易单号</dt><dd>{}</dd>{returned}</dl>\
                 <p class=\"note center\">您可以关闭本页，回到商家页面。</p>",
                china(payment.at),
                escape(&payment.transaction_id),
            )
        }
    };
    let body = format!(
        "<p class=\"state\">{head}</p><p class=\"amount\">¥{amount}</p>\
         <dl><dt>收款方</dt><dd>{}</dd><dt>商品</dt><dd>{}</dd><dt>商户单号</dt><dd>{}</dd>{rest}",
        escape(name),
        escape(&order.asked.description),
        escape(&order.out_trade_no),
    );
    page(TITLE, "wechat", &body)
}

/// `POST /wechatpay/pay`.
pub async fn pay_by_machine(
    State(app): State<AppRef>,
    Json(pay): Json<Pay>,
) -> Result<Json<Value>, Failure> {
    let code = match (&pay.code, &pay.out_trade_no) {
        (Some(text), _) => {
            let end = text
                .rsplit_once('/')
                .map_or(text.as_str(), |(_, code)| code);
            Some(end.to_owned())
        }
        (None, Some(number)) => app.store.read(|world| {
            let order = world.wechatpay.order(number);
            order.map(|order| order.code.clone())
        }),
        (None, None) => None,
    };
    let code = code.ok_or(Refusal::NO_CODE)?;
    let order = do_pay(&app, &code, pay.amount.map(|yuan| yuan.0))??;
    Ok(Json(describe(&app, &order)))
}

/// `GET /wechatpay/trades`: all orders.
pub async fn trades(State(app): State<AppRef>) -> Json<Value> {
    Json(app.store.read(|world| {
        let orders = world.wechatpay.orders();
        Value::Array(orders.map(|order| describe(&app, order)).collect())
    }))
}

fn describe(app: &App, order: &Order) -> Value {
    let payment = order.payment.as_ref();
    let all = order.refunds.iter();
    let refunds: Vec<_> = all.map(|r| refund_calls::describe(order, r)).collect();
    json!({
        "out_trade_no": order.out_trade_no,
        "transaction_id": payment.map(|payment| &payment.transaction_id),
        "trade_state": order.state().tell().0,
        "total_amount": order.asked.amount.to_string(),
        "paid_amount": payment.map(|payment| payment.amount.to_string()),
        "refund_fee": payment.map(|_| refunded(&order.refunds).to_string()),
        "description": order.asked.description,
        "notify_url": order.asked.notify_url,
        "code_url": code_url(&app.public_url, &order.code),
        "code_expires_at": order.code_expires_at,
        "pay_until": order.pay_until(),
        "created_at": order.created_at,
        "paid_at": payment.map(|payment| payment.at),
        "closed_at": order.closed_at,
        "refunds": refunds,
    })
}

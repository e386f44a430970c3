//! The payer's phone: a page to scan into and pay on, and the same for machines.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ledger::{Order, Status};
use super::terms::Refusal;
use super::{notify, qr_code, refunds, trade_no};
use crate::app::{App, AppRef, Failure};
use crate::clock::china;
use crate::html::{encode, escape, page};
use crate::money::{Fen, Yuan};

/// What a machine scans: the text of the QR, only the code at its end, or the merchant's number.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scan {
    /// The text of the QR, or only the code at its end.
    pub qr_code: Option<String>,
    /// The merchant's number of an order, instead.
    pub out_trade_no: Option<String>,
    /// What is paid instead of what is asked, in yuan.
    pub amount: Option<Yuan>,
}

impl Scan {
    fn code(&self, app: &App) -> Result<String, Failure> {
        let code = match (&self.qr_code, &self.out_trade_no) {
            (Some(text), _) => {
                let end = text
                    .rsplit_once('/')
                    .map_or(text.as_str(), |(_, code)| code);
                Some(end.to_owned())
            }
            (None, Some(number)) => app.store.read(|world| {
                let order = world.alipay.order(number);
                order.map(|order| order.code.clone())
            }),
            (None, None) => None,
        };
        code.ok_or_else(|| Refusal::NO_CODE.into())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.sub_msg.to_owned();
        if refusal == Refusal::NO_CODE {
            Self::NotFound(refusal.sub_code, text)
        } else {
            Self::Conflict(refusal.sub_code, text)
        }
    }
}

fn do_scan(app: &App, code: &str) -> Result<Result<Order, Refusal>, Failure> {
    let now = app.clock.now();
    let number = trade_no(now)?;
    Ok(app
        .store
        .update(|world| world.alipay.scan(code, number, now).cloned())?)
}

fn do_pay(app: &App, code: &str, amount: Option<Fen>) -> Result<Result<Order, Refusal>, Failure> {
    let now = app.clock.now();
    let number = trade_no(now)?;
    let knobs = app.knobs.get().alipay();
    let instead = amount.or(knobs.payer_pays);
    let paid = app.store.update(|world| -> Result<_, Failure> {
        let order = match world.alipay.pay(code, number, instead, now) {
            Ok(order) => order.clone(),
            Err(refusal) => return Ok(Err(refusal)),
        };
        notify::enqueue(&app.alipay, &mut world.outbox, &order, None, &knobs, now)?;
        Ok(Ok(order))
    })??;
    app.wake.notify_one();
    Ok(paid)
}

/// The payer scans and pays now, if that can be.
pub(super) fn pay_now(app: &App, out_trade_no: &str) -> Result<(), Failure> {
    let code = app.store.read(|world| {
        let order = world.alipay.order(out_trade_no);
        order.map(|order| order.code.clone())
    });
    if let Some(code) = code
        && let Err(refusal) = do_pay(app, &code, None)?
    {
        tracing::info!(
            sub_code = refusal.sub_code,
            "the payer was to pay, and could not"
        );
    }
    Ok(())
}

/// `GET /alipay/pay/{code}`: scanning. Makes the trade and shows what is to be paid.
pub async fn scan(
    State(app): State<AppRef>,
    Path(code): Path<String>,
) -> Result<Response, Failure> {
    Ok(match do_scan(&app, &code)? {
        Ok(order) => show(&app, &order),
        Err(refusal) => refused(refusal),
    })
}

/// `POST /alipay/pay/{code}`: the button 「确认付款」.
pub async fn confirm(
    State(app): State<AppRef>,
    Path(code): Path<String>,
) -> Result<Response, Failure> {
    Ok(match do_pay(&app, &code, None)? {
        // A second press of the button, or a press too late: the page says how it stands.
        Ok(_) | Err(Refusal::PAID | Refusal::CLOSED) => {
            Redirect::to(&format!("/alipay/pay/{}", encode(&code))).into_response()
        }
        Err(refusal) => refused(refusal),
    })
}

/// `GET /alipay/pay/{code}/cancel`: the payer turns away. The trade goes on waiting.
pub async fn cancel(State(app): State<AppRef>, Path(code): Path<String>) -> Response {
    let known = app
        .store
        .read(|world| world.alipay.orders().any(|order| order.code == code));
    if !known {
        return refused(Refusal::NO_CODE);
    }
    let body = format!(
        "<p class=\"state\">已取消，未付款</p>\
         <p class=\"note center\">在二维码有效期内，您可以重新扫码付款。</p>\
         <a class=\"button plain\" href=\"/alipay/pay/{}\">重新扫码</a>",
        encode(&code)
    );
    page("支付宝（沙箱）", "", &body)
}

fn refused(refusal: Refusal) -> Response {
    let hint = match refusal {
        Refusal::EXPIRED => "请回到商家页面，重新获取二维码。",
        Refusal::NO_CODE => "请核对二维码是否来自本沙箱。",
        _ => "请回到商家页面查看订单。",
    };
    let status = if refusal == Refusal::NO_CODE {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::CONFLICT
    };
    let body = format!(
        "<p class=\"state\">{}</p><p class=\"note center\">{hint}</p>",
        escape(refusal.sub_msg)
    );
    (status, page("支付宝（沙箱）", "", &body)).into_response()
}

fn show(app: &App, order: &Order) -> Response {
    let Some(trade) = &order.trade else {
        return refused(Refusal::NOT_EXIST);
    };
    let head = match trade.status {
        Status::WaitBuyerPay => "请确认付款信息",
        Status::TradeSuccess => "付款成功",
        Status::TradeClosed if trade.paid_at.is_some() => "已全额退款",
        Status::TradeClosed => "交易已关闭，无法付款",
    };
    let rest = match (trade.status, trade.paid_at) {
        (Status::WaitBuyerPay, _) => {
            let (code, end) = (encode(&order.code), china(trade.expires_at));
            format!(
                "<dt>付款截止</dt><dd>{end}</dd></dl>\
                 <form method=\"post\" action=\"/alipay/pay/{code}\"><button>确认付款</button></form>\
                 <a class=\"button plain\" href=\"/alipay/pay/{code}/cancel\">取消</a>\
                 <p class=\"note center\">沙箱环境，不会发生真实扣款。</p>"
            )
        }
        (_, Some(paid_at)) => {
            let refunded = if trade.refunded() == Fen(0) {
                String::new()
            } else {
                format!("<dt>已退款</dt><dd>¥{}</dd>", trade.refunded())
            };
            let paid_at = china(paid_at);
            format!(
                "<dt>付款时间</dt><dd>{paid_at}</dd>{refunded}</dl>\
                 <p class=\"note center\">您可以关闭本页，回到商家页面。</p>"
            )
        }
        (_, None) => "</dl>".to_owned(),
    };
    let body = format!(
        "<p class=\"state\">{head}</p><p class=\"amount\">¥{}</p>\
         <dl><dt>收款方</dt><dd>{}</dd><dt>商品</dt><dd>{}</dd><dt>商户订单号</dt><dd>{}</dd>\
         <dt>交易号</dt><dd>{}</dd>{rest}",
        order.paid(),
        escape(&app.alipay.config.merchant_name),
        escape(&order.subject),
        escape(&order.out_trade_no),
        escape(&trade.trade_no),
    );
    page("支付宝（沙箱）", "", &body)
}

/// `POST /alipay/scan`.
pub async fn scan_by_machine(
    State(app): State<AppRef>,
    Json(scan): Json<Scan>,
) -> Result<Json<Value>, Failure> {
    let order = do_scan(&app, &scan.code(&app)?)??;
    Ok(Json(describe(&app, &order)))
}

/// `POST /alipay/pay`: scans if needed, and pays.
pub async fn pay_by_machine(
    State(app): State<AppRef>,
    Json(scan): Json<Scan>,
) -> Result<Json<Value>, Failure> {
    let order = do_pay(&app, &scan.code(&app)?, scan.amount.map(|yuan| yuan.0))??;
    Ok(Json(describe(&app, &order)))
}

/// `GET /alipay/trades`: all orders; one that nobody has scanned has no trade number and no status.
pub async fn trades(State(app): State<AppRef>) -> Result<Json<Value>, Failure> {
    let now = app.clock.now();
    Ok(Json(app.store.update(|world| {
        world.alipay.settle_all(now);
        let orders = world.alipay.orders();
        Value::Array(orders.map(|order| describe(&app, order)).collect())
    })?))
}

fn describe(app: &App, order: &Order) -> Value {
    let trade = order.trade.as_ref();
    let all = order.refunds().iter();
    let refunds: Vec<_> = all.map(|r| refunds::describe(order, r)).collect();
    json!({
        "out_trade_no": order.out_trade_no,
        "trade_no": trade.map(|trade| &trade.trade_no),
        "trade_status": trade.map(|trade| trade.status),
        "total_amount": order.amount.to_string(),
        "paid_amount": trade.and_then(|trade| trade.paid_at).map(|_| order.paid().to_string()),
        "refund_fee": trade.map(|trade| trade.refunded().to_string()),
        "subject": order.subject,
        "notify_url": order.notify_url,
        "qr_code": qr_code(&app.public_url, &order.code),
        "code_expires_at": order.expires_at,
        "created_at": trade.map(|trade| trade.created_at),
        "expires_at": trade.map(|trade| trade.expires_at),
        "paid_at": trade.and_then(|trade| trade.paid_at),
        "closed_at": trade.and_then(|trade| trade.closed_at),
        "refunds": refunds,
    })
}

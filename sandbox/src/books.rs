//! The gateways' own sums, to hold a merchant's books against.

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::AppRef;
use crate::money::Fen;
use crate::refunds::{Refund, pending, refunded};

/// The route of the books.
pub fn routes() -> Router<AppRef> {
    Router::new().route("/books", get(books))
}

/// Whose payments count.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those of this order: numbers that are `<order>_<something>`. Default: all.
    #[serde(default)]
    order: Option<String>,
}

/// Sums over payments.
#[derive(Default)]
struct Sums {
    paid: Fen,
    refunded: Fen,
    pending: Fen,
    trades: usize,
}

impl Sums {
    fn add(&mut self, paid: Fen, refunds: &[Refund]) {
        self.paid.0 += paid.0;
        self.refunded.0 += refunded(refunds).0;
        self.pending.0 += pending(refunds).0;
        self.trades += 1;
    }

    fn tell(&self) -> Value {
        json!({
            "paid": self.paid.to_string(), "refunded": self.refunded.to_string(),
            "pending": self.pending.to_string(), "trades": self.trades,
        })
    }
}

/// `GET /books`: what was paid, what went back, what is on its way back, and how many payments there were.
async fn books(State(app): State<AppRef>, Query(which): Query<Which>) -> Json<Value> {
    let counts = |number: &str| match &which.order {
        None => true,
        Some(order) => number
            .strip_prefix(order.as_str())
            .is_some_and(|rest| rest.starts_with('_')),
    };
    let (mut alipay, mut wechatpay) = (Sums::default(), Sums::default());
    app.store.read(|world| {
        for order in world.alipay.orders() {
            let paid = order.trade.as_ref().and_then(|trade| trade.paid_at);
            if paid.is_some() && counts(&order.out_trade_no) {
                alipay.add(order.paid(), order.refunds());
            }
        }
        for order in world.wechatpay.orders() {
            if let Some(payment) = &order.payment
                && counts(&order.out_trade_no)
            {
                wechatpay.add(payment.amount, &order.refunds);
            }
        }
    });
    Json(json!({ "alipay": alipay.tell(), "wechatpay": wechatpay.tell() }))
}

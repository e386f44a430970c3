//! The routes below `/knobs`.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Knobs;
use crate::alipay::extra as alipay_extra;
use crate::app::{AppRef, Failure};
use crate::outbox::{self, Channel};
use crate::wechatpay::extra as wechatpay_extra;

/// The routes below `/knobs`.
pub fn routes() -> Router<AppRef> {
    Router::new()
        .route("/knobs", get(show).put(turn))
        .route("/knobs/reset", post(reset))
        .route("/knobs/notifies/flush", post(flush))
        .route("/knobs/alipay/notify", post(alipay_notify))
        .route("/knobs/wechatpay/notify", post(wechatpay_notify))
}

async fn show(State(app): State<AppRef>) -> Json<Knobs> {
    Json(app.knobs.get())
}

async fn turn(State(app): State<AppRef>, Json(knobs): Json<Knobs>) -> Json<Knobs> {
    app.knobs.set(knobs);
    app.wake.notify_one();
    show(State(app)).await
}

async fn reset(State(app): State<AppRef>) -> Json<Knobs> {
    app.knobs.reset();
    app.wake.notify_one();
    show(State(app)).await
}

/// What is flushed, and how. Without a body: all that is held, at once and in no order.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Flush {
    /// One after another, each when the one before was answered.
    order: Option<Order>,
    /// Only those of this gateway.
    gateway: Option<Channel>,
    /// Only those about this payment.
    out_trade_no: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    OldestFirst,
    NewestFirst,
}

async fn flush(
    State(app): State<AppRef>,
    ask: Option<Json<Option<Flush>>>,
) -> Result<Json<Value>, Failure> {
    let ask = ask.and_then(|Json(ask)| ask).unwrap_or_default();
    let mut held: Vec<u64> = app.store.read(|world| {
        world
            .outbox
            .held()
            .filter(|d| {
                ask.gateway
                    .is_none_or(|channel| d.parcel.channel == channel)
            })
            .filter(|d| {
                let number = ask.out_trade_no.as_ref();
                number.is_none_or(|number| d.parcel.subject == *number)
            })
            .map(|delivery| delivery.id)
            .collect()
    });
    let Some(order) = ask.order else {
        let now = app.clock.now();
        let released = app.store.update(|world| world.outbox.release(&held, now))?;
        app.wake.notify_one();
        return Ok(Json(json!({ "released": released })));
    };
    if order == Order::NewestFirst {
        held.reverse();
    }
    let mut released = 0;
    for id in held {
        released += usize::from(outbox::send_held(&app, id).await?);
    }
    Ok(Json(json!({ "released": released })))
}

async fn alipay_notify(
    State(app): State<AppRef>,
    Json(ask): Json<alipay_extra::Extra>,
) -> Result<Json<Value>, Failure> {
    let answers = alipay_extra::send(&app, ask).await?;
    Ok(Json(json!({ "answers": answers })))
}

async fn wechatpay_notify(
    State(app): State<AppRef>,
    Json(ask): Json<wechatpay_extra::Extra>,
) -> Result<Json<Value>, Failure> {
    let answers = wechatpay_extra::send(&app, ask).await?;
    Ok(Json(json!({ "answers": answers })))
}

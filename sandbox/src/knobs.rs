//! Knobs: how the outside world misbehaves, for tests and demonstrations.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::alipay::notify;
use crate::app::{AppRef, Failure};

/// All knobs. A field that is left out of `PUT /knobs` goes back to its quiet setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// Whether Alipay's gateway is down, and how. The phone and the machine API go on.
    pub alipay_down: Outage,
    /// Milliseconds that Alipay's gateway takes for each call.
    pub slow_ms: u64,
    /// How often each notify is sent. Those of the time of `off` are never made.
    pub notify: Sendings,
    /// Milliseconds between a payment or refund and its notify.
    pub notify_delay_ms: u64,
    /// Keeps back new notifies until `POST /knobs/notifies/flush`, also over a restart.
    pub hold_notifies: bool,
    /// Resends of notifies and courier events wait this many thousandths of their real time: 1000 is
    /// true to life, 1 makes four minutes 0.24 s, 0 sends again at once.
    pub retry_scale: u32,
    /// For the next so many calls of a method, such as `alipay.trade.refund`: the work is done, the answer lost.
    pub lose_response: BTreeMap<String, u32>,
    /// Whether the courier's API is down, and how.
    pub courier_down: Outage,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            alipay_down: Outage::Off,
            slow_ms: 0,
            notify: Sendings::Once,
            notify_delay_ms: 0,
            hold_notifies: false,
            retry_scale: 1000,
            lose_response: BTreeMap::new(),
            courier_down: Outage::Off,
        }
    }
}

/// Ways of being down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outage {
    /// Up.
    #[default]
    Off,
    /// Answers 503.
    #[serde(rename = "503")]
    Unavailable,
    /// Hangs up without an answer and without doing anything.
    Refuse,
}

/// How often a notify is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sendings {
    /// Never.
    Off,
    /// As it should be.
    Once,
    /// Two at the same moment, each with its own resends.
    Twice,
}

/// The knobs as they stand, and as they stood at start.
pub struct Board {
    now: Mutex<Knobs>,
    at_start: Knobs,
}

impl Board {
    /// A board that starts, and after a reset stands, at `at_start`.
    pub fn new(at_start: Knobs) -> Self {
        let now = Mutex::new(at_start.clone());
        Self { now, at_start }
    }

    /// The knobs as they stand.
    pub fn get(&self) -> Knobs {
        self.lock().clone()
    }

    /// Turns all knobs.
    pub fn set(&self, knobs: Knobs) {
        *self.lock() = knobs;
    }

    /// Turns all knobs back.
    pub fn reset(&self) {
        self.set(self.at_start.clone());
    }

    /// Whether the answer to this call of `method` is to be lost; counts down.
    pub fn loses_response(&self, method: &str) -> bool {
        let mut knobs = self.lock();
        let Some(left) = knobs.lose_response.get_mut(method) else {
            return false;
        };
        let lost = *left > 0;
        *left = left.saturating_sub(1);
        if *left == 0 {
            knobs.lose_response.remove(method);
        }
        lost
    }

    fn lock(&self) -> MutexGuard<'_, Knobs> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The routes below `/knobs`.
pub fn routes() -> Router<AppRef> {
    Router::new()
        .route("/knobs", get(show).put(turn))
        .route("/knobs/reset", post(reset))
        .route("/knobs/notifies/flush", post(flush))
        .route("/knobs/alipay/notify", post(notify_now))
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

async fn flush(State(app): State<AppRef>) -> Result<Json<Value>, Failure> {
    let now = app.clock.now();
    let released = app.store.update(|world| world.outbox.release(now))?;
    app.wake.notify_one();
    Ok(Json(json!({ "released": released })))
}

async fn notify_now(
    State(app): State<AppRef>,
    Json(ask): Json<notify::Extra>,
) -> Result<Json<Value>, Failure> {
    let answers = notify::send_extra(&app, ask).await?;
    Ok(Json(json!({ "answers": answers })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_speak_the_documented_words() {
        let knobs: Knobs = serde_json::from_value(json!({
            "alipay_down": "503", "courier_down": "refuse", "notify": "twice",
        }))
        .unwrap();
        assert_eq!(knobs.alipay_down, Outage::Unavailable);
        assert_eq!(knobs.courier_down, Outage::Refuse);
        assert_eq!(knobs.retry_scale, 1000);
        assert!(serde_json::from_value::<Knobs>(json!({ "alipay_dwon": "503" })).is_err());
    }

    #[test]
    fn a_lost_response_counts_down() {
        let lose_response = BTreeMap::from([("m".to_owned(), 2)]);
        let board = Board::new(Knobs {
            lose_response,
            ..Knobs::default()
        });
        assert!(!board.loses_response("other"));
        assert!(board.loses_response("m"));
        assert!(board.loses_response("m"));
        assert!(!board.loses_response("m"));
        assert_eq!(board.get(), Knobs::default());
        board.reset();
        assert!(board.loses_response("m"));
    }
}

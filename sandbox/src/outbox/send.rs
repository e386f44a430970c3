//! Sending: one try, all tries that are due, and those that a knob asks for.

use std::io;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Limited};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Attempt, Channel, Parcel};
use crate::advance::advance;
use crate::app::{App, AppRef, Failure};
use crate::courier;
use crate::wechatpay;

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How much of an answer is read, and how much of it is kept.
const ANSWER_READ: usize = 64 * 1024;
const ANSWER_KEPT: usize = 2000;

/// Tries a parcel once.
async fn attempt(app: &App, parcel: &Parcel) -> Attempt {
    let at = app.clock.now();
    let request = app.client.post(&parcel.url).timeout(PATIENCE);
    let request = match parcel.channel {
        Channel::Alipay => request.header(
            CONTENT_TYPE,
            "application/x-www-form-urlencoded;charset=utf-8",
        ),
        Channel::WechatPay => {
            let seal = wechatpay::seal::of_parcel(app, parcel, at);
            let request = request.header(CONTENT_TYPE, "application/json");
            seal.into_iter().fold(request, |request, (name, value)| {
                request.header(name, value)
            })
        }
        Channel::Courier => {
            let (timestamp, signature) = courier::sign(&app.courier.webhook_key, &parcel.body, at);
            request
                .header(CONTENT_TYPE, "application/json")
                .header(courier::TIMESTAMP, timestamp)
                .header(courier::SIGNATURE, signature)
        }
    };
    let (status, answer) = match request.body(parcel.body.clone()).send().await {
        Err(e) => (None, describe(&e)),
        Ok(response) => {
            let status = response.status().as_u16();
            let body = Limited::new(reqwest::Body::from(response), ANSWER_READ);
            match body.collect().await {
                Ok(body) => (
                    Some(status),
                    String::from_utf8_lossy(&body.to_bytes()).into_owned(),
                ),
                Err(e) => (None, e.to_string()),
            }
        }
    };
    let taken = match (parcel.channel, status) {
        (Channel::Alipay, Some(200)) => answer == "success",
        (Channel::WechatPay, Some(200 | 204)) => true,
        (Channel::Courier, Some(status)) => (200..300).contains(&status),
        _ => false,
    };
    let answer = answer.chars().take(ANSWER_KEPT).collect();
    Attempt {
        at,
        status,
        answer,
        taken,
    }
}

/// An error with its causes.
pub fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// Sends what is due until `stop` turns true; then waits a little for what is on its way.
pub async fn run(app: AppRef, mut stop: watch::Receiver<bool>) {
    let mut tries = JoinSet::new();
    loop {
        let now = app.clock.now();
        let refund = advance(&app, now).unwrap_or_else(|error| {
            tracing::error!(%error, "refunds stand still");
            None
        });
        let next = match app.store.update(|world| world.outbox.take_due(now)) {
            Ok((due, next)) => {
                for (id, parcel) in due {
                    tries.spawn(send(app.clone(), id, parcel));
                }
                next.into_iter().chain(refund).min()
            }
            Err(error) => {
                tracing::error!(%error, "the state cannot be written");
                None
            }
        };
        let wait = next.map_or(Duration::from_hours(1), |at| {
            Duration::try_from(at.duration_since(now)).unwrap_or_default()
        });
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            () = app.wake.notified() => {}
            Some(_) = tries.join_next() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    let rest = async { while tries.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_secs(3), rest)
        .await
        .is_err()
    {
        tracing::warn!("deliveries on their way were dropped and will be sent again");
    }
}

async fn send(app: AppRef, id: u64, parcel: Parcel) {
    let attempt = attempt(&app, &parcel).await;
    tracing::info!(
        channel = ?parcel.channel, subject = parcel.subject, status = attempt.status,
        taken = attempt.taken, "delivery tried"
    );
    let now = app.clock.now();
    let scale = app.knobs.get().retry_scale;
    let noted = app
        .store
        .update(|world| world.outbox.tried(id, attempt, scale, now));
    if let Err(error) = noted {
        tracing::error!(%error, "the state cannot be written");
    }
}

/// Tries one that is held, and waits for the answer. False if it is not held any more.
pub async fn send_held(app: &AppRef, id: u64) -> Result<bool, Failure> {
    let now = app.clock.now();
    let parcel = app.store.update(|world| world.outbox.take_held(id, now))?;
    let Some(parcel) = parcel else {
        return Ok(false);
    };
    send(app.clone(), id, parcel).await;
    app.wake.notify_one();
    Ok(true)
}

/// Sends a parcel `times` times at the same moment, and tells what was answered to each.
pub async fn send_now(app: &AppRef, parcel: &Parcel, times: u8) -> io::Result<Vec<Value>> {
    let mut tries = JoinSet::new();
    for _ in 0..times {
        let (app, parcel) = (app.clone(), parcel.clone());
        tries.spawn(async move { attempt(&app, &parcel).await });
    }
    let mut answers = Vec::new();
    for attempt in tries.join_all().await {
        answers.push(
            json!({ "status": attempt.status, "answer": attempt.answer, "taken": attempt.taken }),
        );
        app.store
            .update(|world| world.outbox.note(parcel.clone(), attempt))?;
    }
    Ok(answers)
}

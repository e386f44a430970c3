//! What is sent to the merchant: each delivery is kept, tried, and tried again on its channel's schedule.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Limited};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::{App, AppRef};
use crate::courier;
use crate::knobs::Knobs;

/// Finished deliveries kept for looking at.
const KEPT: usize = 2000;
/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How much of an answer is read, and how much of it is kept.
const ANSWER_READ: usize = 64 * 1024;
const ANSWER_KEPT: usize = 2000;

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A notify: a form, taken when the answer is 200 and exactly `success`.
    Alipay,
    /// An event: JSON signed anew at each try, taken when the answer is 2xx.
    Courier,
}

impl Channel {
    /// Seconds between one try and the next. Alipay's are 4m, 10m, 10m, 1h, 2h, 6h, 15h.
    fn schedule(self) -> &'static [i64] {
        match self {
            Self::Alipay => &[240, 600, 600, 3600, 7200, 21_600, 54_000],
            Self::Courier => &[60, 300, 600, 1800, 3600, 7200, 21_600],
        }
    }

    /// How long to wait after the try number `tries`, counted from 1; nothing when that was the last.
    fn delay(self, tries: usize, retry_scale: u32) -> Option<SignedDuration> {
        let seconds = self.schedule().get(tries.checked_sub(1)?)?;
        Some(SignedDuration::from_millis(
            seconds * i64::from(retry_scale),
        ))
    }
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Kept back by a knob.
    Held,
    /// To be sent at `next_at`.
    Pending,
    /// Taken by the receiver.
    Delivered,
    /// Refused to the end of the schedule.
    GivenUp,
}

/// One thing to be sent to one address.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// Running number.
    pub id: u64,
    /// Who sends.
    pub channel: Channel,
    /// The order or waybill that it is about.
    pub subject: String,
    /// Where to.
    pub url: String,
    /// The body, the same at each try.
    pub body: String,
    /// Where it stands.
    pub state: State,
    /// When the next try is due.
    pub next_at: Option<Timestamp>,
    /// All tries.
    pub attempts: Vec<Attempt>,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// The receiver's status, if it answered.
    pub status: Option<u16>,
    /// The beginning of its answer, or why there is none.
    pub answer: String,
    /// Whether the receiver has taken it.
    pub taken: bool,
}

/// Something to be sent.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Who sends.
    pub channel: Channel,
    /// The order or waybill that it is about.
    pub subject: String,
    /// Where to.
    pub url: String,
    /// The body.
    pub body: String,
}

/// All deliveries.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Outbox {
    last_id: u64,
    deliveries: BTreeMap<u64, Delivery>,
    /// Being tried now; not written down, so that a crash tries them again.
    #[serde(skip)]
    in_flight: HashSet<u64>,
}

impl Outbox {
    /// Adds a delivery due at `at`, or one that is held.
    pub fn add(&mut self, parcel: Parcel, held: bool, at: Timestamp) -> u64 {
        let state = if held { State::Held } else { State::Pending };
        self.insert(parcel, state, (!held).then_some(at), Vec::new())
    }

    /// Notes a delivery that was tried once, outside of any schedule.
    pub fn note(&mut self, parcel: Parcel, attempt: Attempt) -> u64 {
        let state = if attempt.taken {
            State::Delivered
        } else {
            State::GivenUp
        };
        self.insert(parcel, state, None, vec![attempt])
    }

    fn insert(
        &mut self,
        parcel: Parcel,
        state: State,
        next_at: Option<Timestamp>,
        attempts: Vec<Attempt>,
    ) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        let Parcel {
            channel,
            subject,
            url,
            body,
        } = parcel;
        let delivery = Delivery {
            id,
            channel,
            subject,
            url,
            body,
            state,
            next_at,
            attempts,
        };
        self.deliveries.insert(id, delivery);
        self.forget_old();
        id
    }

    /// Makes all that is held due at `now`; answers how many.
    pub fn release(&mut self, now: Timestamp) -> usize {
        let mut released = 0;
        for delivery in self.deliveries.values_mut() {
            if delivery.state == State::Held {
                delivery.state = State::Pending;
                delivery.next_at = Some(now);
                released += 1;
            }
        }
        released
    }

    /// Takes what is due for trying, and tells when the next will be.
    fn take_due(&mut self, now: Timestamp) -> (Vec<(u64, Parcel)>, Option<Timestamp>) {
        let mut due = Vec::new();
        let mut next: Option<Timestamp> = None;
        for delivery in self.deliveries.values() {
            let Some(at) = delivery.next_at else { continue };
            if self.in_flight.contains(&delivery.id) {
                continue;
            }
            if at <= now {
                let parcel = Parcel {
                    channel: delivery.channel,
                    subject: delivery.subject.clone(),
                    url: delivery.url.clone(),
                    body: delivery.body.clone(),
                };
                due.push((delivery.id, parcel));
            } else {
                next = Some(next.map_or(at, |other| other.min(at)));
            }
        }
        self.in_flight.extend(due.iter().map(|(id, _)| *id));
        (due, next)
    }

    /// Notes a try and decides about the next.
    fn tried(&mut self, id: u64, attempt: Attempt, retry_scale: u32, now: Timestamp) {
        self.in_flight.remove(&id);
        let Some(delivery) = self.deliveries.get_mut(&id) else {
            return;
        };
        let taken = attempt.taken;
        delivery.attempts.push(attempt);
        let delay = delivery
            .channel
            .delay(delivery.attempts.len(), retry_scale)
            .filter(|_| !taken);
        delivery.next_at = delay.and_then(|delay| now.checked_add(delay).ok());
        delivery.state = match (taken, delivery.next_at) {
            (true, _) => State::Delivered,
            (false, Some(_)) => State::Pending,
            (false, None) => State::GivenUp,
        };
    }

    fn forget_old(&mut self) {
        let finished = |d: &&Delivery| matches!(d.state, State::Delivered | State::GivenUp);
        let ids: Vec<_> = self
            .deliveries
            .values()
            .filter(finished)
            .map(|d| d.id)
            .collect();
        for id in ids.iter().take(ids.len().saturating_sub(KEPT)) {
            self.deliveries.remove(id);
        }
    }

    /// All deliveries of a channel, oldest first.
    pub fn of(&self, channel: Channel) -> impl Iterator<Item = &Delivery> {
        self.deliveries
            .values()
            .filter(move |d| d.channel == channel)
    }
}

/// Adds a notify as the knobs want it: never, once or twice; now, later or held.
pub fn add_notify(outbox: &mut Outbox, parcel: &Parcel, knobs: &Knobs, now: Timestamp) {
    let delay =
        SignedDuration::from_millis(i64::try_from(knobs.notify_delay_ms).unwrap_or(i64::MAX));
    let at = now.checked_add(delay).unwrap_or(Timestamp::MAX);
    let times = match knobs.notify {
        crate::knobs::Sendings::Off => 0,
        crate::knobs::Sendings::Once => 1,
        crate::knobs::Sendings::Twice => 2,
    };
    for _ in 0..times {
        outbox.add(parcel.clone(), knobs.hold_notifies, at);
    }
}

/// Tries a parcel once.
pub async fn attempt(app: &App, parcel: &Parcel) -> Attempt {
    let at = app.clock.now();
    let request = app.client.post(&parcel.url).timeout(PATIENCE);
    let request = match parcel.channel {
        Channel::Alipay => request.header(
            CONTENT_TYPE,
            "application/x-www-form-urlencoded;charset=utf-8",
        ),
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
        let next = match app.store.update(|world| world.outbox.take_due(now)) {
            Ok((due, next)) => {
                for (id, parcel) in due {
                    tries.spawn(send(app.clone(), id, parcel));
                }
                next
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

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::UNIX_EPOCH;

    fn parcel(subject: &str) -> Parcel {
        Parcel {
            channel: Channel::Alipay,
            subject: subject.to_owned(),
            url: "http://127.0.0.1:9/".to_owned(),
            body: "b".to_owned(),
        }
    }

    fn failed(at: Timestamp) -> Attempt {
        Attempt {
            at,
            status: Some(500),
            answer: String::new(),
            taken: false,
        }
    }

    #[test]
    fn alipay_tries_eight_times_within_a_day() {
        let mut outbox = Outbox::default();
        let id = outbox.add(parcel("a"), false, T0);
        let mut now = T0;
        let mut gaps = Vec::new();
        loop {
            let (due, _) = outbox.take_due(now);
            assert_eq!(due.len(), 1);
            assert!(outbox.take_due(now).0.is_empty(), "taken while in flight");
            outbox.tried(id, failed(now), 1000, now);
            let Some(next) = outbox.deliveries[&id].next_at else {
                break;
            };
            let (early, told) = outbox.take_due(next - SignedDuration::from_secs(1));
            assert!(early.is_empty());
            assert_eq!(told, Some(next));
            gaps.push(next.duration_since(now).as_mins());
            now = next;
        }
        assert_eq!(gaps, [4, 10, 10, 60, 120, 360, 900]);
        assert_eq!(outbox.deliveries[&id].state, State::GivenUp);
        assert_eq!(
            Channel::Alipay.delay(1, 1),
            Some(SignedDuration::from_millis(240))
        );
        assert_eq!(Channel::Alipay.delay(7, 0), Some(SignedDuration::ZERO));
        assert_eq!(Channel::Alipay.delay(8, 0), None);
    }

    #[test]
    fn held_deliveries_wait_for_release_and_taken_ones_are_done() {
        let mut outbox = Outbox::default();
        let id = outbox.add(parcel("a"), true, T0);
        assert!(outbox.take_due(T0).0.is_empty());
        assert_eq!(outbox.release(T0), 1);
        assert_eq!(outbox.release(T0), 0);
        assert_eq!(outbox.take_due(T0).0.len(), 1);
        let taken = Attempt {
            taken: true,
            ..failed(T0)
        };
        outbox.tried(id, taken, 0, T0);
        assert_eq!(outbox.deliveries[&id].state, State::Delivered);
        assert!(outbox.take_due(Timestamp::MAX).0.is_empty());
    }

    #[test]
    fn a_restart_tries_again_what_was_in_flight() {
        let mut outbox = Outbox::default();
        outbox.add(parcel("a"), false, T0);
        assert_eq!(outbox.take_due(T0).0.len(), 1);
        let text = serde_json::to_string(&outbox).unwrap();
        let mut again: Outbox = serde_json::from_str(&text).unwrap();
        assert_eq!(again.take_due(T0).0.len(), 1);
    }

    #[test]
    fn only_finished_deliveries_are_forgotten() {
        let mut outbox = Outbox::default();
        let pending = outbox.add(parcel("kept"), false, T0);
        for _ in 0..KEPT + 5 {
            outbox.note(parcel("done"), failed(T0));
        }
        assert_eq!(outbox.of(Channel::Alipay).count(), KEPT + 1);
        assert!(outbox.deliveries.contains_key(&pending));
    }
}

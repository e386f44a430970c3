//! What is sent to the merchant: each delivery is kept, tried, and tried again on its channel's schedule.

mod send;

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::knobs::{Sendings, Signature, Turned};

pub use send::{describe, run, send_held, send_now};

/// Finished deliveries kept for looking at.
const KEPT: usize = 2000;

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A notify: a form, taken when the answer is 200 and exactly `success`.
    Alipay,
    /// A notify: JSON signed anew at each try, taken when the answer is 200 or 204.
    #[serde(rename = "wechatpay")]
    WechatPay,
    /// An event: JSON signed anew at each try, taken when the answer is 2xx.
    Courier,
}

impl Channel {
    /// Seconds between one try and the next. Alipay's are 4m, 10m, 10m, 1h, 2h, 6h, 15h; WeChat Pay's are
    /// 15s, 15s, 30s, 3m, 10m, 20m, 30m, 30m, 30m, 60m, 3h, 3h, 3h, 6h, 6h.
    fn schedule(self) -> &'static [i64] {
        match self {
            Self::Alipay => &[240, 600, 600, 3600, 7200, 21_600, 54_000],
            Self::WechatPay => &[
                15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600,
                21_600,
            ],
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
    /// What.
    #[serde(flatten)]
    pub parcel: Parcel,
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
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parcel {
    /// Who sends.
    pub channel: Channel,
    /// The order or waybill that it is about.
    pub subject: String,
    /// Where to.
    pub url: String,
    /// The body, the same at each try.
    pub body: String,
    /// How it is signed when it is sent, if its channel signs then.
    #[serde(default)]
    pub signature: Signature,
    /// The serial of the key that signs it then.
    #[serde(default)]
    pub serial: Option<String>,
}

impl Parcel {
    /// One that is signed as it should be.
    pub fn new(channel: Channel, subject: String, url: String, body: String) -> Self {
        Self {
            channel,
            subject,
            url,
            body,
            signature: Signature::Good,
            serial: None,
        }
    }
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
        let delivery = Delivery {
            id,
            parcel,
            state,
            next_at,
            attempts,
        };
        self.deliveries.insert(id, delivery);
        self.forget_old();
        id
    }

    /// All that is held, oldest first.
    pub fn held(&self) -> impl Iterator<Item = &Delivery> {
        let all = self.deliveries.values();
        all.filter(|delivery| delivery.state == State::Held)
    }

    /// Makes those of `ids` that are held due at `now`; answers how many.
    pub fn release(&mut self, ids: &[u64], now: Timestamp) -> usize {
        let mut released = 0;
        for id in ids {
            if let Some(delivery) = self.deliveries.get_mut(id)
                && delivery.state == State::Held
            {
                delivery.state = State::Pending;
                delivery.next_at = Some(now);
                released += 1;
            }
        }
        released
    }

    /// Takes one that is held for trying.
    fn take_held(&mut self, id: u64, now: Timestamp) -> Option<Parcel> {
        if self.release(&[id], now) == 0 {
            return None;
        }
        self.in_flight.insert(id);
        Some(self.deliveries.get(&id)?.parcel.clone())
    }

    /// Whether something of `channel` is due at `now` and was never tried to its end.
    pub fn has_untried(&self, channel: Channel, now: Timestamp) -> bool {
        self.of(channel)
            .any(|d| d.attempts.is_empty() && d.next_at.is_some_and(|at| at <= now))
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
                let mut parcel = delivery.parcel.clone();
                if parcel.signature == Signature::Probe && !delivery.attempts.is_empty() {
                    // WeChat Pay sends what it tested with again, properly signed.
                    parcel.signature = Signature::Good;
                }
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
            .parcel
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
            .filter(move |d| d.parcel.channel == channel)
    }
}

/// Adds a notify as the knobs want it: never, once or twice; now, later or held.
pub fn add_notify(outbox: &mut Outbox, parcel: &Parcel, knobs: &Turned, now: Timestamp) {
    let delay =
        SignedDuration::from_millis(i64::try_from(knobs.notify_delay_ms).unwrap_or(i64::MAX));
    let at = now.checked_add(delay).unwrap_or(Timestamp::MAX);
    let times = match knobs.notify {
        Sendings::Off => 0,
        Sendings::Once => 1,
        Sendings::Twice => 2,
    };
    for _ in 0..times {
        outbox.add(parcel.clone(), knobs.hold_notifies, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::UNIX_EPOCH;

    fn parcel(subject: &str) -> Parcel {
        let url = "http://127.0.0.1:9/".to_owned();
        Parcel::new(Channel::Alipay, subject.to_owned(), url, "b".to_owned())
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
    fn wechat_pay_tries_sixteen_times_within_a_day() {
        let gaps = (1..).map_while(|tries| Channel::WechatPay.delay(tries, 1000));
        let seconds: Vec<_> = gaps.map(|gap| gap.as_secs()).collect();
        assert_eq!(seconds.len(), 15);
        assert_eq!(seconds[..5], [15, 15, 30, 180, 600]);
        assert_eq!(seconds.iter().sum::<i64>(), 24 * 3600 + 4 * 60);
    }

    #[test]
    fn only_the_first_sending_is_a_probe() {
        let mut outbox = Outbox::default();
        let probe = Parcel {
            signature: Signature::Probe,
            ..parcel("a")
        };
        let id = outbox.add(probe, false, T0);
        assert_eq!(outbox.take_due(T0).0[0].1.signature, Signature::Probe);
        outbox.tried(id, failed(T0), 0, T0);
        assert_eq!(outbox.take_due(T0).0[0].1.signature, Signature::Good);
    }

    #[test]
    fn held_deliveries_wait_for_release_and_taken_ones_are_done() {
        let mut outbox = Outbox::default();
        let id = outbox.add(parcel("a"), true, T0);
        assert!(outbox.take_due(T0).0.is_empty());
        assert_eq!(outbox.held().count(), 1);
        assert!(!outbox.has_untried(Channel::Alipay, T0));
        assert_eq!(outbox.release(&[id, id + 1], T0), 1);
        assert_eq!(outbox.release(&[id], T0), 0);
        assert!(outbox.has_untried(Channel::Alipay, T0));
        assert!(!outbox.has_untried(Channel::WechatPay, T0));
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
    fn a_delivery_of_an_older_state_file_is_read() {
        let old = r#"{"id":1,"channel":"alipay","subject":"a","url":"u","body":"b","state":"held",
            "next_at":null,"attempts":[]}"#;
        let delivery: Delivery = serde_json::from_str(old).unwrap();
        assert_eq!(delivery.parcel.signature, Signature::Good);
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

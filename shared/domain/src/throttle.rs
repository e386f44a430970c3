//! Throttling: how often something may fail before the one who tries has to wait.
//!
//! What is counted is a browser, an address, or both; a name that is tried is counted too, but never
//! refused: nobody can lock another company out by failing on purpose. A name under attack only costs
//! strangers more work ([`Throttle::is_hot`]).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How much is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name, part of the counter's key.
    pub name: &'static str,
    /// So many.
    pub tries: u32,
    /// In so many minutes.
    pub within_minutes: i64,
    /// Then wait for so many.
    pub wait_minutes: i64,
}

/// A counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    /// Rule and hash of what is counted.
    pub key: String,
    /// How many since `since`.
    pub count: u32,
    /// Since when.
    pub since: Timestamp,
    /// Until when one has to wait.
    #[serde(default)]
    pub wait_until: Option<Timestamp>,
    /// Raised by every change.
    pub version: u64,
}

impl Throttle {
    /// A counter that has counted nothing.
    pub fn new(key: String, now: Timestamp) -> Self {
        Self {
            key,
            count: 0,
            since: now,
            wait_until: None,
            version: 0,
        }
    }

    /// How long one still has to wait.
    pub fn wait(&self, now: Timestamp) -> Option<SignedDuration> {
        self.wait_until
            .filter(|until| now < *until)
            .map(|until| until.duration_since(now))
    }

    /// One more. After the last one that is allowed, waiting begins and counting starts anew.
    #[must_use]
    pub fn counted(&self, rule: &Rule, now: Timestamp) -> Self {
        let window = SignedDuration::from_mins(rule.within_minutes);
        let fresh = now.duration_since(self.since) >= window;
        let (count, since) = if fresh {
            (1, now)
        } else {
            (self.count + 1, self.since)
        };
        let full = count >= rule.tries;
        Self {
            key: self.key.clone(),
            count: if full { 0 } else { count },
            since: if full { now } else { since },
            wait_until: if full {
                Some(now + SignedDuration::from_mins(rule.wait_minutes))
            } else {
                self.wait_until
            },
            version: self.version + 1,
        }
    }

    /// One less: what was counted has turned out to be right. Waiting that the last one began is over, and the
    /// others still count.
    #[must_use]
    pub fn taken_back(&self, rule: &Rule, now: Timestamp) -> Self {
        let count = if self.wait(now).is_some() {
            rule.tries
        } else {
            self.count
        };
        Self {
            key: self.key.clone(),
            count: count.saturating_sub(1),
            since: self.since,
            wait_until: None,
            version: self.version + 1,
        }
    }

    /// Were there too many lately? For what is never refused.
    pub fn is_hot(&self, now: Timestamp) -> bool {
        self.wait(now).is_some()
    }

    /// From when on nobody needs it any more.
    pub fn useless_at(&self, rule: &Rule) -> Timestamp {
        let counted = self.since + SignedDuration::from_mins(rule.within_minutes);
        self.wait_until.map_or(counted, |until| until.max(counted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        name: "test",
        tries: 3,
        within_minutes: 10,
        wait_minutes: 10,
    };

    fn minute(minute: i64) -> Timestamp {
        "2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
    }

    #[test]
    fn the_third_try_in_ten_minutes_makes_wait_ten_minutes() {
        let none = Throttle::new("k".to_owned(), minute(0));
        let two = none.counted(&RULE, minute(0)).counted(&RULE, minute(9));
        assert_eq!(two.wait(minute(9)), None);
        let three = two.counted(&RULE, minute(9));
        assert_eq!(three.wait(minute(9)), Some(SignedDuration::from_mins(10)));
        assert_eq!(three.wait(minute(18)), Some(SignedDuration::from_mins(1)));
        assert_eq!(three.wait(minute(19)), None);
        assert_eq!(three.useless_at(&RULE), minute(19));
    }

    #[test]
    fn one_that_was_right_is_taken_back_and_ends_the_waiting_it_began() {
        let none = Throttle::new("k".to_owned(), minute(0));
        let two = none.counted(&RULE, minute(0)).counted(&RULE, minute(1));
        let back = two.taken_back(&RULE, minute(2));
        assert_eq!((back.count, back.version), (1, 3));
        let waits = two.counted(&RULE, minute(2));
        let back = waits.taken_back(&RULE, minute(3));
        assert_eq!((back.count, back.wait(minute(3))), (2, None));
        assert!(back.counted(&RULE, minute(4)).wait(minute(4)).is_some());
        // Of none there is none to take.
        assert_eq!(none.taken_back(&RULE, minute(0)).count, 0);
    }

    #[test]
    fn slow_failures_are_forgotten() {
        let mut throttle = Throttle::new("k".to_owned(), minute(0));
        for hour in 0..50 {
            throttle = throttle.counted(&RULE, minute(hour * 60));
            assert_eq!(throttle.wait(minute(hour * 60)), None);
        }
        assert_eq!(throttle.version, 50);
    }
}

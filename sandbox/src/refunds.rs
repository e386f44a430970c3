//! Refunds, as both gateways keep them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::knobs::{RefundOutcome, Turned};
use crate::money::Fen;

/// One refund of one payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refund {
    /// The merchant's number of it.
    #[serde(alias = "out_request_no")]
    pub number: String,
    /// The gateway's number of it. Alipay has none.
    #[serde(default)]
    pub gateway_no: String,
    /// How much.
    pub amount: Fen,
    /// When the merchant asked.
    #[serde(alias = "at")]
    pub asked_at: Timestamp,
    /// Where it stands. Those of an older state file were done at once.
    #[serde(default)]
    pub standing: Standing,
    /// What becomes of it, and when; nothing while it waits for somebody to decide.
    #[serde(default)]
    pub due: Option<Due>,
    /// When it came to its end.
    #[serde(default)]
    pub finished_at: Option<Timestamp>,
    /// What the merchant said why.
    #[serde(default)]
    pub reason: Option<String>,
    /// Where notifies about it go, if not where those about the payment go.
    #[serde(default)]
    pub notify_url: Option<String>,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// On its way.
    Processing,
    /// With the payer.
    #[default]
    Success,
    /// The payer's account does not take it; somebody has to settle it by hand.
    Abnormal,
    /// Given up; the money is free for another refund.
    Closed,
}

impl Standing {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "PROCESSING",
            Self::Success => "SUCCESS",
            Self::Abnormal => "ABNORMAL",
            Self::Closed => "CLOSED",
        }
    }
}

/// What becomes of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// What.
    pub standing: Standing,
}

impl Refund {
    /// One just asked for, that comes to `due`, or waits.
    pub fn new(number: String, amount: Fen, due: Option<Due>, now: Timestamp) -> Self {
        Self {
            number,
            gateway_no: String::new(),
            amount,
            asked_at: now,
            standing: Standing::Processing,
            due,
            finished_at: None,
            reason: None,
            notify_url: None,
        }
    }

    /// When it came to its end, or else when it was asked for.
    pub fn at(&self) -> Timestamp {
        self.finished_at.unwrap_or(self.asked_at)
    }

    /// Brings it to an end, whatever was planned.
    pub fn finish(&mut self, standing: Standing, now: Timestamp) {
        self.standing = standing;
        self.due = None;
        self.finished_at = Some(now);
    }

    /// Does what is due at `now`; tells whether something was.
    pub fn settle(&mut self, now: Timestamp) -> bool {
        let Some(due) = self.due.filter(|due| due.at <= now) else {
            return false;
        };
        self.finish(due.standing, due.at);
        true
    }
}

/// What becomes of a refund that is taken at `now`; nothing if it is to wait.
pub fn plan(knobs: &Turned, now: Timestamp) -> Option<Due> {
    let standing = match knobs.refund {
        RefundOutcome::Processing => return None,
        RefundOutcome::Abnormal => Standing::Abnormal,
        RefundOutcome::Closed => Standing::Closed,
        RefundOutcome::Success | RefundOutcome::Short | RefundOutcome::Refused => Standing::Success,
    };
    let delay =
        SignedDuration::from_millis(i64::try_from(knobs.refund_delay_ms).unwrap_or(i64::MAX));
    let at = now.checked_add(delay).unwrap_or(Timestamp::MAX);
    Some(Due { at, standing })
}

/// What is with the payer again.
pub fn refunded(refunds: &[Refund]) -> Fen {
    sum(refunds, |standing| standing == Standing::Success)
}

/// What is neither with the payer nor free again.
pub fn pending(refunds: &[Refund]) -> Fen {
    sum(refunds, |standing| {
        matches!(standing, Standing::Processing | Standing::Abnormal)
    })
}

/// What cannot be refunded once more.
pub fn taken(refunds: &[Refund]) -> Fen {
    sum(refunds, |standing| standing != Standing::Closed)
}

fn sum(refunds: &[Refund], counts: impl Fn(Standing) -> bool) -> Fen {
    let counted = refunds.iter().filter(|refund| counts(refund.standing));
    counted.map(|refund| refund.amount).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_refund_of_an_older_state_file_is_done() {
        let old = r#"{"out_request_no":"r1","amount":30,"at":"2026-11-21T12:00:00Z"}"#;
        let refund: Refund = serde_json::from_str(old).unwrap();
        assert_eq!(refund.standing, Standing::Success);
        assert_eq!(refund.at(), "2026-11-21T12:00:00Z".parse().unwrap());
        assert_eq!(refunded(&[refund]), Fen(30));
    }

    #[test]
    fn a_refund_comes_to_its_end_once_and_only_a_closed_one_frees_its_money() {
        let due = |standing| Some(Due { at: T0, standing });
        let mut all = [
            Refund::new("a".to_owned(), Fen(1), due(Standing::Success), T0),
            Refund::new("b".to_owned(), Fen(2), due(Standing::Abnormal), T0),
            Refund::new("c".to_owned(), Fen(4), due(Standing::Closed), T0),
            Refund::new("d".to_owned(), Fen(8), None, T0),
        ];
        assert_eq!((refunded(&all), taken(&all)), (Fen(0), Fen(15)));
        assert_eq!(pending(&all), Fen(15));
        for refund in &mut all[..3] {
            assert!(refund.settle(T0) && !refund.settle(T0));
        }
        assert!(!all[3].settle(Timestamp::MAX));
        assert_eq!((refunded(&all), taken(&all)), (Fen(1), Fen(11)));
        assert_eq!(pending(&all), Fen(10));
    }
}

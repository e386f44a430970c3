//! Refunds (退款): money on its way back to whoever paid it, by the gateway that it came by.
//!
//! A refund is part of its order and is ordered in the same transaction as the fact that causes it, so no
//! money is ever without a fate. It has one number at the gateway; asking again with that number gives
//! nothing twice. The machine `refund` follows it.

use jiff::civil::Weekday;
use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, StaffId};
use crate::money::Money;
use crate::payment::{Disposition, PaymentMethod, RefundNo};

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// The company gave a paid order up.
    Cancelled,
    /// The order had been paid already.
    PaidTwice,
    /// The order had ended.
    PaidLate,
    /// Not the sum that was asked for.
    WrongSum,
    /// The papers were refused, and the order is a draft again (R72).
    Rejected,
    /// A line of it ended, or became something cheaper.
    LineEnded,
    /// The keys of an urgent line were handed over later than promised: the surcharge goes back (R8, R9).
    PromiseMissed,
}

impl RefundReason {
    /// Is it money that had paid the order, and not money that came beside it?
    pub fn of_the_order(self) -> bool {
        matches!(
            self,
            Self::Cancelled | Self::Rejected | Self::LineEnded | Self::PromiseMissed
        )
    }

    /// Why money with this fate goes back; none when it stays.
    pub fn of(disposition: Disposition) -> Option<Self> {
        match disposition {
            Disposition::Counted => None,
            Disposition::RefundLate => Some(Self::PaidLate),
            Disposition::RefundPaidTwice => Some(Self::PaidTwice),
            Disposition::RefundWrongSum => Some(Self::WrongSum),
        }
    }
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// The gateway is to be asked now.
    Asking,
    /// It is to be asked again at `ask_at`: it has taken the order, could not be reached, or our balance there
    /// is short.
    Waiting,
    /// It cannot go on without somebody of the finance staff.
    Abnormal,
    /// The money is with the payer, the gateway says.
    Done,
    /// The money went back by another way, two of the finance staff say.
    Settled,
}

/// What hinders a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hindrance {
    /// The gateway does not answer, or not as it must.
    Unreachable,
    /// Our balance at the gateway is too small.
    Short,
    /// The gateway refuses it.
    Refused,
    /// The gateway gave it up.
    Closed,
    /// The payer's account cannot take it.
    PayerAccount,
    /// Our keys or ids at the gateway do not work.
    Credentials,
}

/// What stands in the way, as long as something does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trouble {
    /// What.
    pub hindrance: Hindrance,
    /// The gateway's own code, for whoever looks into it.
    #[serde(default)]
    pub code: String,
    /// Since when.
    pub since: Timestamp,
}

/// A refund that was paid out by hand: told by one of the finance staff, agreed to by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settlement {
    /// The number of the transfer, as on the bank's or gateway's receipt.
    pub reference: String,
    /// Who says so.
    pub by: StaffId,
    /// When.
    pub at: Timestamp,
    /// Who agreed.
    pub agreed_by: Option<StaffId>,
}

/// One refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its place in the order, from 1.
    pub no: u32,
    /// The attempt whose money goes back.
    pub attempt: u32,
    /// By which gateway.
    pub method: PaymentMethod,
    /// How much.
    pub amount: Money,
    /// How much that attempt brought in all.
    pub total: Money,
    /// Why.
    pub reason: RefundReason,
    /// Where it stands.
    pub state: RefundState,
    /// Has the gateway taken the order? From then on it is only asked where it stands.
    pub accepted: bool,
    /// Raised each time the gateway is to be asked, so that each wait is one of its own.
    pub round: u32,
    /// Raised by every restart of its execution.
    pub run: u32,
    /// When it is to be asked next, or when somebody should look whether it is being asked.
    pub ask_at: Timestamp,
    /// When the gateway answered last.
    pub answered_at: Option<Timestamp>,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// When the money was with the payer.
    pub done_at: Option<Timestamp>,
    /// The gateway's number.
    pub receipt: Option<String>,
    /// What hinders it.
    pub trouble: Option<Trouble>,
    /// How it was settled by hand.
    pub settlement: Option<Settlement>,
}

/// What came of asking a gateway, or what its notice told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundAnswer {
    /// The money is with the payer.
    Done {
        /// The gateway's number.
        receipt: String,
        /// When.
        at: Timestamp,
    },
    /// It took the order.
    Processing,
    /// It has to be asked again.
    Later(Hindrance, String),
    /// A person has to look.
    Stuck(Hindrance, String),
}

/// How long the gateway may take to be asked before somebody looks whether the execution still runs.
pub const ASKING: SignedDuration = SignedDuration::from_mins(5);

/// Between two questions about refunds of one payment, at least (Alipay `alipay.trade.refund`: three
/// seconds); rounded up to what `reconcile` keeps.
pub const BETWEEN: SignedDuration = SignedDuration::from_secs(4);

impl Refund {
    /// A refund that is to be asked for at once.
    pub fn ordered(
        no: u32,
        (attempt, method): (u32, PaymentMethod),
        amount: Money,
        total: Money,
        reason: RefundReason,
        now: Timestamp,
    ) -> Self {
        Self {
            no,
            attempt,
            method,
            amount,
            total,
            reason,
            state: RefundState::Asking,
            accepted: false,
            round: 1,
            run: 1,
            ask_at: now + ASKING,
            answered_at: None,
            ordered_at: now,
            done_at: None,
            receipt: None,
            trouble: None,
            settlement: None,
        }
    }

    /// Its number at the gateway.
    pub fn number(&self, order: &OrderId) -> RefundNo {
        RefundNo {
            order: order.clone(),
            refund: self.no,
        }
    }

    /// Is it still under way?
    pub fn is_open(&self) -> bool {
        !matches!(self.state, RefundState::Done | RefundState::Settled)
    }

    /// When the payer should have the money: three working days after it was ordered, which is what cards
    /// take; wallets get it within minutes (WeChat Pay, refunds). Holidays are not known here, so
    /// pages say "usually".
    pub fn expected_by(&self) -> Timestamp {
        // China has kept one time, UTC+8, since 1991.
        let mut at = self.ordered_at.to_zoned(TimeZone::fixed(offset(8)));
        let mut days = 3;
        while days > 0 {
            let Ok(next) = at.tomorrow() else { break };
            at = next;
            if !matches!(at.weekday(), Weekday::Saturday | Weekday::Sunday) {
                days -= 1;
            }
        }
        at.timestamp()
    }

    /// How long to wait before the question after `round`: soon at first, then rarely.
    pub fn pause(round: u32) -> SignedDuration {
        SignedDuration::from_mins(match round {
            0..=2 => 1,
            3..=4 => 5,
            5..=6 => 15,
            7..=10 => 60,
            11..=16 => 180,
            _ => 360,
        })
    }

    /// Asks the gateway once more.
    pub(crate) fn ask_again(&mut self, now: Timestamp) {
        self.state = RefundState::Asking;
        self.round += 1;
        self.ask_at = now + ASKING;
    }

    /// Takes what the gateway says. What is done stays done, whatever comes later.
    pub(crate) fn take(&mut self, answer: &RefundAnswer, now: Timestamp) {
        self.answered_at = Some(now);
        let since = |old: &Option<Trouble>, hindrance: Hindrance| {
            old.as_ref()
                .filter(|old| old.hindrance == hindrance)
                .map_or(now, |old| old.since)
        };
        match answer {
            RefundAnswer::Done { receipt, at } => {
                self.state = RefundState::Done;
                self.done_at = Some(*at);
                self.receipt = Some(receipt.clone());
                self.trouble = None;
            }
            RefundAnswer::Processing => {
                self.state = RefundState::Waiting;
                self.accepted = true;
                self.ask_at = now + Self::pause(self.round);
                self.trouble = None;
            }
            RefundAnswer::Later(hindrance, code) => {
                self.state = RefundState::Waiting;
                self.ask_at = now + Self::pause(self.round);
                self.trouble = Some(Trouble {
                    hindrance: *hindrance,
                    code: code.clone(),
                    since: since(&self.trouble, *hindrance),
                });
            }
            RefundAnswer::Stuck(hindrance, code) => {
                self.state = RefundState::Abnormal;
                self.ask_at = now + ASKING;
                self.trouble = Some(Trouble {
                    hindrance: *hindrance,
                    code: code.clone(),
                    since: since(&self.trouble, *hindrance),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refund(at: &str) -> Refund {
        Refund::ordered(
            1,
            (1, PaymentMethod::Alipay),
            Money::from_fen(1),
            Money::from_fen(1),
            RefundReason::PaidTwice,
            at.parse().unwrap(),
        )
    }

    #[test]
    fn three_working_days_skip_the_weekend() {
        for (ordered, expected) in [
            ("2026-11-23T04:00:00Z", "2026-11-26T04:00:00Z"),
            ("2026-11-20T04:00:00Z", "2026-11-25T04:00:00Z"),
            // 23:30 UTC on Thursday is Friday in China.
            ("2026-11-19T23:30:00Z", "2026-11-24T23:30:00Z"),
        ] {
            assert_eq!(
                refund(ordered).expected_by(),
                expected.parse().unwrap(),
                "{ordered}"
            );
        }
    }

    #[test]
    fn questions_thin_out_and_never_stop() {
        let pauses: Vec<i64> = (1..40)
            .map(|round| Refund::pause(round).as_mins())
            .collect();
        assert!(pauses.is_sorted());
        assert_eq!((pauses[0], pauses[38]), (1, 360));
    }

    #[test]
    fn trouble_keeps_its_beginning_as_long_as_it_is_the_same() {
        let now: Timestamp = "2026-11-23T04:00:00Z".parse().unwrap();
        let later = now + SignedDuration::from_mins(9);
        let mut refund = refund("2026-11-23T04:00:00Z");
        let answer = |hindrance| RefundAnswer::Later(hindrance, String::new());
        refund.take(&answer(Hindrance::Short), now);
        refund.take(&answer(Hindrance::Short), later);
        assert_eq!(refund.trouble.as_ref().unwrap().since, now);
        refund.take(&answer(Hindrance::Unreachable), later);
        assert_eq!(refund.trouble.as_ref().unwrap().since, later);
        refund.take(&RefundAnswer::Processing, later);
        assert_eq!((refund.trouble.is_none(), refund.accepted), (true, true));
    }
}

//! The comparison of a gateway's bill of a day with our ledger of that day (对账), and what differs.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, StaffId};
use crate::money::Money;
use crate::payment::PaymentMethod;

/// Where the comparison of a day stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementState {
    /// The gateway has not made its bill yet, or could not be asked.
    Waiting,
    /// It was read, and everything fits.
    Balanced,
    /// It was read, and some things do not fit.
    Different,
}

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The bill has money of ours that we had not recorded. The gateway was asked at once; what it said is
    /// on record now.
    PaymentRecordedLate,
    /// The bill has money on a number of ours, and the gateway does not confirm it when asked.
    PaymentUnconfirmed,
    /// The bill has money on a number that is none of ours: somebody else uses the account.
    PaymentNotOurs,
    /// We recorded money that the bill does not have.
    PaymentNotOnBill,
    /// Both have it, with different sums.
    PaymentSum,
    /// The bill has a refund that we did not order: made by hand in the gateway's console.
    RefundNotOurs,
    /// The bill has a refund of ours that we had not recorded as done.
    RefundRecordedLate,
    /// We recorded a refund as done that the bill does not have.
    RefundNotOnBill,
    /// Both have it, with different sums.
    RefundSum,
}

/// One thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// What.
    pub kind: DifferenceKind,
    /// The number it is about: of the payment or the refund, as the bill or our ledger has it.
    pub number: String,
    /// The order, when the number names one.
    pub order: Option<OrderId>,
    /// What the bill says.
    pub theirs: Option<Money>,
    /// What our ledger says.
    pub ours: Option<Money>,
    /// Who looked into it, when, and what came of it.
    pub handled: Option<Handled>,
}

impl Difference {
    /// Is it the same thing, found again?
    pub fn is_same(&self, other: &Self) -> bool {
        (self.kind, &self.number) == (other.kind, &other.number)
    }
}

/// What somebody noted about a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Handled {
    /// Who.
    pub by: StaffId,
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub note: String,
}

/// The comparison of one day of one gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The day, in China.
    pub day: Date,
    /// The gateway.
    pub method: PaymentMethod,
    /// Where it stands.
    pub state: StatementState,
    /// When it was tried last.
    pub read_at: Option<Timestamp>,
    /// Payments on the bill.
    pub payments: u32,
    /// Their sum.
    pub paid: Money,
    /// Refunds on the bill.
    pub refunds: u32,
    /// Their sum.
    pub refunded: Money,
    /// The numbers of those refunds. A bill lists a refund on the day it was asked for, which may be days
    /// before the payer has the money, so later days look here.
    pub refund_numbers: Vec<String>,
    /// What does not fit.
    pub differences: Vec<Difference>,
    /// Somebody wants it read again.
    pub wanted: bool,
    /// Why it could not be read, for those who operate the system.
    pub trouble: Option<String>,
    /// Raised by every change.
    pub version: u64,
}

impl Statement {
    /// A day that nobody has looked at.
    pub fn waiting(day: Date, method: PaymentMethod) -> Self {
        Self {
            day,
            method,
            state: StatementState::Waiting,
            read_at: None,
            payments: 0,
            paid: Money::ZERO,
            refunds: 0,
            refunded: Money::ZERO,
            refund_numbers: Vec::new(),
            differences: Vec::new(),
            wanted: false,
            trouble: None,
            version: 0,
        }
    }

    /// Takes what a reading found. What somebody noted about the same difference stays.
    pub fn take(&mut self, mut differences: Vec<Difference>, now: Timestamp) {
        for difference in &mut differences {
            let known = self
                .differences
                .iter()
                .find(|known| known.is_same(difference));
            difference.handled = known.and_then(|known| known.handled.clone());
        }
        // What was found once and put right by the reading itself stays on the list.
        for known in &self.differences {
            let healed = matches!(
                known.kind,
                DifferenceKind::PaymentRecordedLate | DifferenceKind::RefundRecordedLate
            );
            if healed && !differences.iter().any(|found| found.is_same(known)) {
                differences.push(known.clone());
            }
        }
        self.state = if differences.is_empty() {
            StatementState::Balanced
        } else {
            StatementState::Different
        };
        self.differences = differences;
        self.read_at = Some(now);
        self.wanted = false;
        self.trouble = None;
    }

    /// Does it still need somebody?
    pub fn is_open(&self) -> bool {
        self.state == StatementState::Waiting
            || self
                .differences
                .iter()
                .any(|difference| difference.handled.is_none())
    }
}

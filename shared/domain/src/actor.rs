//! Who did a thing: every event names one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{StaffId, UserId};

/// The one who caused an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Actor {
    /// A person of the company that owns the order.
    Company {
        /// Who.
        user: UserId,
    },
    /// A member of staff.
    Staff {
        /// Who.
        staff: StaffId,
    },
    /// A payment gateway, by a verified message or answer.
    Gateway,
    /// The courier, by a verified message.
    Courier,
    /// The system itself: a deadline that passed, a check that ran.
    System,
}

impl Actor {
    /// The member of staff, if it is one.
    pub fn staff(&self) -> Option<&StaffId> {
        match self {
            Self::Staff { staff } => Some(staff),
            _ => None,
        }
    }
}

/// What a member of staff may do. One person may hold several, but on one order reviewer, maker and
/// hand-over are different people ([`crate::order::Refusal::SamePerson`]).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 审核人员: approves papers or sends them back with reasons.
    Reviewer,
    /// 制证人员: makes keys.
    Maker,
    /// Hands parcels to the courier.
    Shipper,
    /// 网点人员: hands keys over at a branch.
    Branch,
    /// Refunds, invoices, books.
    Finance,
    /// 客服: looks, answers, decides nothing.
    Support,
    /// Staff and settings; no part in any order.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::Reviewer,
        Self::Maker,
        Self::Shipper,
        Self::Branch,
        Self::Finance,
        Self::Support,
        Self::Admin,
    ];
}

/// A duty on an order that must be a different person's than the other two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Judging its papers.
    Review,
    /// Making its keys.
    Make,
    /// Giving its parcels away.
    HandOver,
}

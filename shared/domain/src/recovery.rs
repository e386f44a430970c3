//! The road back for somebody who lost mailbox or mobile number (邮箱或手机已停用, R30).
//!
//! Papers are handed in without login; two reviewers decide; the old contacts have 24 hours to object;
//! then the new contact is set and the company is unbound.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::company::{Contact, CreditCode};
use crate::ids::{CodeId, CompanyId, ObjectionId, PaperId, RecoveryId, StaffId};
use crate::policy::StorefrontId;
use crate::qualification::{CompanyPaperKind, Consent};

/// How long the old contacts may object, in hours.
pub const OBJECTION_HOURS: i64 = 24;
/// How many reviewers have to agree.
pub const REVIEWERS: usize = 2;
/// The papers that have to be there.
pub const PAPERS: [CompanyPaperKind; 3] = [
    CompanyPaperKind::BusinessLicence,
    CompanyPaperKind::AuthorisationLetter,
    CompanyPaperKind::LegalRepresentativeId,
];

/// Where an application stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryState {
    /// The new contact is not confirmed, or papers are missing.
    Draft,
    /// Reviewers look.
    Submitted,
    /// Both agreed; the old contacts may object.
    Waiting,
    /// The new contact is set.
    Done,
    /// A reviewer refused.
    Refused,
    /// An old contact objected.
    Objected,
}

/// What a reviewer decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryDecision {
    /// Who.
    pub staff: StaffId,
    /// When.
    pub at: Timestamp,
    /// Yes or no.
    pub approve: bool,
    /// Why.
    pub note: String,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Its id.
    pub id: RecoveryId,
    /// Where.
    pub storefront: StorefrontId,
    /// The name that was typed.
    pub company_name: String,
    /// The code that was typed.
    pub credit_code: CreditCode,
    /// The company that it fits, if there is one. The one who applies is never told.
    #[serde(default)]
    pub company: Option<CompanyId>,
    /// The new contact.
    pub contact: Contact,
    /// The code sent to the new mobile number.
    pub mobile_code: CodeId,
    /// The code sent to the new mailbox.
    pub mail_code: CodeId,
    /// When both were confirmed.
    #[serde(default)]
    pub confirmed_at: Option<Timestamp>,
    /// Agreement to the handling of identity papers.
    pub consent: Consent,
    /// The files handed in.
    #[serde(default)]
    pub papers: Vec<PaperId>,
    /// Where it stands.
    pub state: RecoveryState,
    /// What reviewers decided.
    #[serde(default)]
    pub decisions: Vec<RecoveryDecision>,
    /// Until when the old contacts may object.
    #[serde(default)]
    pub object_until: Option<Timestamp>,
    /// The link by which they may.
    #[serde(default)]
    pub objection: Option<ObjectionId>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was handed in.
    #[serde(default)]
    pub submitted_at: Option<Timestamp>,
    /// Raised by every change.
    pub version: u64,
}

/// Why a decision is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecisionRefusal {
    /// It does not wait for reviewers.
    #[error("not in this state")]
    State,
    /// The same reviewer has agreed already.
    #[error("a second reviewer has to decide")]
    SamePerson,
    /// There is no company to give it to.
    #[error("no company fits")]
    NoCompany,
}

impl Recovery {
    /// The application after a reviewer's decision. A second agreement by the same reviewer is refused,
    /// a first refusal ends it.
    ///
    /// # Errors
    /// [`DecisionRefusal`].
    pub fn decided(&self, decision: RecoveryDecision) -> Result<Self, DecisionRefusal> {
        if self.state != RecoveryState::Submitted {
            return Err(DecisionRefusal::State);
        }
        if self
            .decisions
            .iter()
            .any(|made| made.staff == decision.staff)
        {
            return Err(DecisionRefusal::SamePerson);
        }
        if decision.approve && self.company.is_none() {
            return Err(DecisionRefusal::NoCompany);
        }
        let at = decision.at;
        let mut next = Self {
            version: self.version + 1,
            ..self.clone()
        };
        let approve = decision.approve;
        next.decisions.push(decision);
        if !approve {
            next.state = RecoveryState::Refused;
        } else if next.decisions.len() >= REVIEWERS {
            next.state = RecoveryState::Waiting;
            next.object_until = Some(at + jiff::SignedDuration::from_hours(OBJECTION_HOURS));
        }
        Ok(next)
    }
}

/// What a link stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ObjectionAbout {
    /// An unbinding that has happened.
    Unbinding {
        /// Whose.
        company: CompanyId,
    },
    /// A recovery that waits.
    Recovery {
        /// Which.
        recovery: RecoveryId,
    },
}

/// "This was not us": what the link in a notice stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Its id.
    pub id: ObjectionId,
    /// What it stops.
    pub about: ObjectionAbout,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// When it was used.
    #[serde(default)]
    pub used_at: Option<Timestamp>,
    /// Raised by every change.
    pub version: u64,
}

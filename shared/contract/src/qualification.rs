//! The reviewer's desk for companies: qualifications and recoveries.

use domain::company::Contact;
use domain::ids::{CompanyId, RecoveryId};
use domain::paper::PaperFormat;
use domain::qualification::{CompanyPaperKind, QualificationRefusal, QualificationState};
use domain::recovery::RecoveryState;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::company::CompanyEventView;

/// Companies that wait for a reviewer, the longest waiting first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QualificationQueue {
    /// Its rows.
    pub companies: Vec<QualificationRow>,
    /// Where to go on.
    pub cursor: Option<String>,
}

/// One company.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QualificationRow {
    /// Which.
    pub company: CompanyId,
    /// Its name.
    pub name: String,
    /// Its code.
    pub credit_code: String,
    /// Since when it waits.
    pub submitted_at: Timestamp,
    /// Has a reviewer taken it?
    pub claimed: bool,
    /// Is that reviewer you?
    pub mine: bool,
}

/// A company before a reviewer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QualificationDetail {
    /// The company.
    pub company: CompanyId,
    /// Its version.
    pub version: u64,
    /// Full name.
    pub name: String,
    /// Credit code.
    pub credit_code: String,
    /// Legal representative.
    pub legal_representative: String,
    /// Their ID number, masked; the full one is asked for by itself, and noted.
    pub legal_representative_id: Option<String>,
    /// Registered address.
    pub registered_address: String,
    /// The contact.
    pub contact: Contact,
    /// Where it registered.
    pub storefront: String,
    /// Where it stands.
    pub state: QualificationState,
    /// What was sent back before, and why.
    pub refusals: Vec<QualificationRefusal>,
    /// Since when it waits.
    pub submitted_at: Option<Timestamp>,
    /// Has a reviewer taken it?
    pub claimed: bool,
    /// Is that reviewer you?
    pub mine: bool,
    /// The papers, as images made by us.
    pub papers: Vec<CompanyPaperImages>,
    /// Others who claim the same name or code.
    pub rivals: Vec<RivalView>,
    /// The company's history.
    pub history: Vec<CompanyEventView>,
}

/// A paper as images.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CompanyPaperImages {
    /// What it is said to be.
    pub kind: CompanyPaperKind,
    /// Name of the file.
    pub file_name: String,
    /// Its format.
    pub format: PaperFormat,
    /// Its pages, short-lived addresses.
    pub pages: Vec<String>,
    /// When it came in.
    pub created_at: Timestamp,
}

/// Another record with the same name or code.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RivalView {
    /// Which.
    pub company: CompanyId,
    /// Its name.
    pub name: String,
    /// Its code.
    pub credit_code: String,
    /// When it registered.
    pub created_at: Timestamp,
    /// Where its own papers stand. Approved ones cannot be taken over.
    pub state: QualificationState,
}

/// Approves a company's papers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualificationApproveRequest {
    /// The version that was looked at.
    pub version: u64,
}

/// Sends a company's papers back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualificationRejectRequest {
    /// The version that was looked at.
    pub version: u64,
    /// Which items, and why; at least one.
    pub refusals: Vec<QualificationRefusal>,
}

/// A full ID number. The look is noted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct IdNumberView {
    /// The number.
    pub id_number: crate::secret::Secret,
}

/// Recoveries that wait for a reviewer, the longest waiting first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryQueue {
    /// Its rows.
    pub recoveries: Vec<RecoveryRow>,
    /// Where to go on.
    pub cursor: Option<String>,
}

/// One recovery.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryRow {
    /// Which.
    pub recovery: RecoveryId,
    /// The name that was typed.
    pub company_name: String,
    /// The code that was typed.
    pub credit_code: String,
    /// Since when it waits.
    pub submitted_at: Timestamp,
    /// How many reviewers have agreed.
    pub approvals: u32,
    /// Did you decide already?
    pub decided_by_me: bool,
}

/// A recovery before a reviewer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryDetail {
    /// As the queue shows it.
    pub row: RecoveryRow,
    /// Where it stands.
    pub state: RecoveryState,
    /// The new contact, confirmed by codes.
    pub contact: Contact,
    /// The papers, as images made by us.
    pub papers: Vec<CompanyPaperImages>,
    /// The company that it fits; none when none does, and then it can only be refused.
    pub company: Option<RecoveryCompany>,
    /// What was decided so far.
    pub decisions: Vec<RecoveryDecisionView>,
    /// Until when the old contacts may object.
    pub object_until: Option<Timestamp>,
}

/// The company of a recovery, as on record.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryCompany {
    /// Which.
    pub company: CompanyId,
    /// Its name.
    pub name: String,
    /// Its code.
    pub credit_code: String,
    /// Its legal representative.
    pub legal_representative: String,
    /// The contact that would be replaced.
    pub contact: Contact,
    /// Where its qualification stands.
    pub qualification: QualificationState,
}

/// What a reviewer decided.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryDecisionView {
    /// Who.
    pub staff_name: String,
    /// When.
    pub at: Timestamp,
    /// Yes or no.
    pub approve: bool,
    /// Why.
    pub note: String,
}

/// Decides.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryDecisionRequest {
    /// Yes or no.
    pub approve: bool,
    /// Why; required when it is a no, for the applicant reads it.
    #[serde(default)]
    pub note: String,
}

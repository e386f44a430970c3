//! Qualification (R2, R3): a company's papers are reviewed before it may buy where the storefront asks
//! for that.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{PaperId, StaffId};
use crate::paper::{PaperFormat, RefusalReason};

/// Where a company's qualification stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum QualificationState {
    /// Nothing handed in, or name or code changed since.
    #[default]
    Open,
    /// A reviewer has to look.
    Submitted,
    /// Sent back with reasons.
    ChangesRequested,
    /// Approved: it may buy.
    Approved,
}

/// What a reviewer judges.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum QualificationItem {
    /// 企业名称, as on the licence.
    CompanyName,
    /// 统一社会信用代码, as on the licence.
    CreditCode,
    /// 法定代表人, as on the licence.
    LegalRepresentative,
    /// The scan of the licence itself.
    Licence,
}

impl QualificationItem {
    /// Every item.
    pub const ALL: [Self; 4] = [
        Self::CompanyName,
        Self::CreditCode,
        Self::LegalRepresentative,
        Self::Licence,
    ];
}

/// One item sent back, with why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QualificationRefusal {
    /// Which item.
    pub item: QualificationItem,
    /// Why.
    pub reason: RefusalReason,
    /// In words, for the company; required with [`RefusalReason::Other`].
    #[serde(default)]
    pub note: String,
}

/// A paper about the company itself, not about an order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CompanyPaperKind {
    /// 营业执照.
    BusinessLicence,
    /// 授权书, stamped.
    AuthorisationLetter,
    /// 法定代表人身份证, both sides.
    LegalRepresentativeId,
}

/// The largest number of files for one kind of paper.
pub const MAX_FILES_PER_PAPER: usize = 5;

/// An announced file about a company. Its bytes are in the bucket, if their length, type and hash are
/// the announced ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyPaper {
    /// Its id.
    pub id: PaperId,
    /// Whose: an id of a company or of a recovery. Part of the object's key.
    pub owner: String,
    /// What it is said to be.
    pub kind: CompanyPaperKind,
    /// The name on the user's disk, shown back to them only.
    pub file_name: String,
    /// The format it is said to have.
    pub format: PaperFormat,
    /// Length in bytes.
    pub length: u64,
    /// SHA-256 of the content, hex.
    pub sha256: String,
    /// When it was announced.
    pub created_at: Timestamp,
    /// Server-made page images, once checked: object keys.
    #[serde(default)]
    pub previews: Vec<String>,
    /// Raised by every change.
    pub version: u64,
}

impl CompanyPaper {
    /// Where its bytes stand in the papers bucket.
    pub fn object_key(&self) -> String {
        format!("papers/{}/{}", self.owner, self.id)
    }

    /// Where the image of a page stands, counted from 1.
    pub fn image_key(&self, page: usize) -> String {
        format!("images/{}/{}/{page}.jpg", self.owner, self.id)
    }
}

/// A reviewer who has taken something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskClaim {
    /// Who.
    pub staff: StaffId,
    /// Since when.
    pub at: Timestamp,
}

/// A company's qualification.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Qualification {
    /// Where it stands.
    pub state: QualificationState,
    /// The files handed in last.
    #[serde(default)]
    pub papers: Vec<PaperId>,
    /// What was sent back, and why.
    #[serde(default)]
    pub refusals: Vec<QualificationRefusal>,
    /// When they were handed in.
    #[serde(default)]
    pub submitted_at: Option<Timestamp>,
    /// Who is looking at them.
    #[serde(default)]
    pub claim: Option<DeskClaim>,
    /// When a reviewer decided.
    #[serde(default)]
    pub decided_at: Option<Timestamp>,
    /// Which reviewer.
    #[serde(default)]
    pub reviewer: Option<StaffId>,
}

/// Agreement to the handling of identity papers: which text, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Consent {
    /// Version of the text that was shown.
    pub version: String,
    /// When it was agreed to.
    pub at: Timestamp,
}

/// The version of the text about identity papers that the pages show now.
pub const CONSENT_VERSION: &str = "2026-11";

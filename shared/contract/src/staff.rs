//! Staff, branches, the audit.

use domain::actor::Role;
use domain::ids::{BranchId, StaffId, StaffRequestId};
use domain::staff::{Branch, StaffChange, StaffRequestState, StaffState};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::account::SessionRow;
use crate::secret::Secret;

/// All staff.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StaffList {
    /// By name.
    pub staff: Vec<StaffView>,
}

/// A member of staff.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StaffView {
    /// Who.
    pub id: StaffId,
    /// Name.
    pub name: String,
    /// Mail address.
    pub mail: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// Where, for the role `branch`.
    pub branch: Option<BranchId>,
    /// Where they stand.
    pub state: StaffState,
    /// Is it you?
    pub you: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// Raised by every change.
    pub version: u64,
}

/// Asks to invite somebody. A second administrator agrees, then the mail goes out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    /// Name.
    pub name: String,
    /// Mail address.
    pub mail: String,
    /// Roles; `admin` goes with no other.
    pub roles: Vec<Role>,
    /// Branch, for the role `branch`.
    #[serde(default)]
    pub branch: Option<BranchId>,
    /// Why.
    pub reason: String,
}

/// Changes somebody's roles. Taking away is done at once, giving waits for a second administrator.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolesRequest {
    /// The version that was looked at.
    pub version: u64,
    /// All roles afterwards.
    pub roles: Vec<Role>,
    /// Branch afterwards.
    #[serde(default)]
    pub branch: Option<BranchId>,
    /// Why.
    pub reason: String,
}

/// Why something is done.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonRequest {
    /// Why.
    pub reason: String,
}

/// What waits for a second administrator, and what was decided lately.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StaffRequestList {
    /// Open ones first.
    pub requests: Vec<StaffRequestView>,
}

/// A change that waits or waited.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StaffRequestView {
    /// Its id.
    pub id: StaffRequestId,
    /// What.
    pub change: StaffChange,
    /// Name of the person it is about.
    pub about: String,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// Did you ask? Then another one decides.
    pub mine: bool,
    /// Where it stands.
    pub state: StaffRequestState,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
}

/// What an invitation offers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InviteView {
    /// Name.
    pub name: String,
    /// Mail address, the login name.
    pub mail: String,
    /// The secret for the second factor, base32, to be typed by hand.
    pub secret: Secret,
    /// The same as `otpauth://` address, to be shown as a QR code.
    pub otpauth: Secret,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Takes an invitation up.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteAcceptRequest {
    /// What stands behind the `#`.
    pub token: Secret,
    /// The password.
    pub password: Secret,
    /// Six digits that the second factor shows now.
    pub code: Secret,
}

/// Own sessions of a member of staff.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StaffSessionList {
    /// The newest first.
    pub sessions: Vec<SessionRow>,
}

/// All branches.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct BranchList {
    /// By name.
    pub branches: Vec<Branch>,
}

/// Adds or changes a branch.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchRequest {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Its telephone.
    pub phone: String,
    /// The version that was looked at; none for a new one.
    #[serde(default)]
    pub version: Option<u64>,
}

/// Asks what staff did. Exactly one of `staff` and `subject`, or neither and a time of at most 31 days.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    /// To what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// From this day on (Asia/Shanghai), for example `2026-11-01`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// To this day, that day too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// From the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One page of the audit, the newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AuditPage {
    /// Its entries.
    pub entries: Vec<AuditRow>,
    /// Where to go on.
    pub cursor: Option<String>,
}

/// One entry.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AuditRow {
    /// Who.
    pub staff: StaffId,
    /// Their name.
    pub staff_name: String,
    /// Its place in that person's chain.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More.
    pub detail: String,
    /// Hash of the entry.
    pub hash: String,
}

/// Writes entries of some days to a file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditExportRequest {
    /// From this day on (Asia/Shanghai).
    pub from: String,
    /// To this day, that day too; at most 31 days.
    pub to: String,
}

/// The file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AuditExportView {
    /// Where to fetch it; short-lived.
    pub url: String,
    /// How many entries.
    pub entries: u64,
    /// Until when the address works.
    pub expires_at: Timestamp,
}

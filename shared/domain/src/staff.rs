//! Staff: invited, given roles by two people, suspended.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::company::{PasswordHash, SealedText};
use crate::ids::{BranchId, InviteId, StaffId, StaffRequestId};

/// How long an invitation can be taken up, in hours.
pub const INVITE_HOURS: i64 = 72;

/// Where a member of staff stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StaffState {
    /// Has not set password and second factor yet, or has to set them anew.
    Invited,
    /// May log in.
    Active,
    /// May not.
    Suspended,
}

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// Id.
    pub id: StaffId,
    /// Name.
    pub name: String,
    /// Mail address, the login name.
    pub mail: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// Where, for [`Role::Branch`].
    #[serde(default)]
    pub branch: Option<BranchId>,
    /// Where they stand.
    pub state: StaffState,
    /// The password.
    #[serde(default)]
    pub password: Option<PasswordHash>,
    /// The secret of the second factor (TOTP, RFC 6238), base32.
    #[serde(default)]
    pub totp: Option<SealedText>,
    /// The last time step whose code was used: none works twice.
    #[serde(default)]
    pub totp_step: u64,
    /// Counts "log out everywhere": a session of another number has ended.
    #[serde(default)]
    pub epoch: u32,
    /// When they were invited.
    pub created_at: Timestamp,
    /// Raised by every change.
    pub version: u64,
}

impl Staff {
    /// May they log in, and do what their roles allow?
    pub fn is_active(&self) -> bool {
        self.state == StaffState::Active
    }

    /// The next version with all sessions ended.
    #[must_use]
    pub fn logged_out(&self) -> Self {
        Self {
            epoch: self.epoch + 1,
            version: self.version + 1,
            ..self.clone()
        }
    }
}

/// What a second administrator has to agree to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum StaffChange {
    /// Somebody new.
    Invite {
        /// Name.
        name: String,
        /// Mail address.
        mail: String,
        /// Roles.
        roles: Vec<Role>,
        /// Branch.
        branch: Option<BranchId>,
    },
    /// Roles that somebody does not have yet, or another branch.
    Grant {
        /// Who.
        staff: StaffId,
        /// All roles afterwards.
        roles: Vec<Role>,
        /// Branch afterwards.
        branch: Option<BranchId>,
    },
    /// Password and second factor anew: the telephone is lost.
    ResetSecondFactor {
        /// Who.
        staff: StaffId,
    },
    /// A suspended person may log in again.
    Resume {
        /// Who.
        staff: StaffId,
    },
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StaffRequestState {
    /// Waits for a second administrator.
    Open,
    /// Agreed to, and done.
    Approved,
    /// Declined.
    Declined,
}

/// A change that one administrator asked for and another decides on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRequest {
    /// Its id.
    pub id: StaffRequestId,
    /// What.
    pub change: StaffChange,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub asked_by: StaffId,
    /// When.
    pub asked_at: Timestamp,
    /// Where it stands.
    pub state: StaffRequestState,
    /// Who decided.
    #[serde(default)]
    pub decided_by: Option<StaffId>,
    /// When.
    #[serde(default)]
    pub decided_at: Option<Timestamp>,
    /// Raised by every change.
    pub version: u64,
}

/// An invitation: the link by which somebody sets password and second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Its id.
    pub id: InviteId,
    /// Who.
    pub staff: StaffId,
    /// Until when it can be taken up.
    pub expires_at: Timestamp,
    /// When it was.
    #[serde(default)]
    pub used_at: Option<Timestamp>,
    /// The secret that is offered for the second factor.
    pub totp: SealedText,
    /// Raised by every change.
    pub version: u64,
}

/// A branch (网点).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Branch {
    /// Its id.
    pub id: BranchId,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Its telephone.
    pub phone: String,
    /// Raised by every change.
    pub version: u64,
}

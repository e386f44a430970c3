//! Sessions of companies' people and of staff.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{CompanyId, SessionId, StaffId, UserId};

/// Who a session is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum SessionOwner {
    /// A person of a company.
    Company {
        /// Company.
        company: CompanyId,
        /// Person.
        user: UserId,
    },
    /// A member of staff.
    Staff {
        /// Who.
        staff: StaffId,
    },
}

/// How much a session may do (R27). Each rise is a new session under a new token.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SessionLevel {
    /// Password and code while the company is bound to a key: sees orders, uploads, pays, confirms.
    Limited,
    /// Password, the company bound to no key: everything.
    Full,
    /// By key: everything.
    Key,
}

impl SessionLevel {
    /// May it buy, and change the company's file?
    pub fn is_full(self) -> bool {
        matches!(self, Self::Full | Self::Key)
    }
}

/// The key that opened a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningKey {
    /// The token's own serial number.
    pub serial: String,
    /// When it signed. A report after that ends the session, also one that came before the session was opened.
    pub proved_at: Timestamp,
}

/// A session. Only the hash of its token is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    /// What a list calls it.
    pub id: SessionId,
    /// Whose.
    pub owner: SessionOwner,
    /// How much it may do.
    pub level: SessionLevel,
    /// The key that opened it, of level [`SessionLevel::Key`]: it has ended when that key is reported lost or is
    /// revoked.
    #[serde(default)]
    pub key: Option<OpeningKey>,
    /// The owner's epoch when it was opened: it has ended when the owner's is another.
    pub epoch: u32,
    /// Browser and system in a few words, as the browser said.
    pub device: String,
    /// Address it was opened from.
    pub address: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

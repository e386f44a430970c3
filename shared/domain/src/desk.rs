//! Desks: computers of ours whose agent may make keys. An administrator enrols each, sitting at it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{DeskId, StaffId};
use crate::operation::AgentAbout;

/// The longest name of a desk, characters.
pub const LONGEST_DESK_NAME: usize = 40;

/// A computer at which keys are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    /// Its number.
    pub id: DeskId,
    /// What people call it.
    pub name: String,
    /// The public key of its agent: a point of P-256, base64url. The private half never leaves that computer.
    pub key: String,
    /// What its agent said of itself then.
    pub agent: AgentAbout,
    /// Who enrolled it.
    pub enrolled_by: StaffId,
    /// When.
    pub enrolled_at: Timestamp,
    /// Since when it may make nothing any more.
    pub dismissed_at: Option<Timestamp>,
    /// Raised by every change.
    pub version: u64,
}

impl Desk {
    /// May it make keys?
    pub fn is_active(&self) -> bool {
        self.dismissed_at.is_none()
    }

    /// It may make nothing any more. None when that is so already.
    pub fn dismissed(&self, now: Timestamp) -> Option<Self> {
        self.is_active().then(|| Self {
            dismissed_at: Some(now),
            version: self.version + 1,
            ..self.clone()
        })
    }
}

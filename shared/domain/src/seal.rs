//! E-seals (电子印章): which picture was approved for a key, and which seal was made of it.
//!
//! A seal names the certificate of its key, and stands as that stands: suspended, revoked and ended with it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{LineNo, OrderId, StaffId, UnitNo};

/// The most bytes of a picture. A token has room for 64 to 128 kB in all, and a renewed key holds two seals at least.
pub const MOST_PICTURE_BYTES: usize = 30 * 1024;

/// How large something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StampSize {
    /// From left to right, in tenths of a millimetre.
    pub width: u16,
    /// From top to bottom, in tenths of a millimetre.
    pub height: u16,
}

/// The pictures of a line's e-seals, as approved. Written with the approval; another approval of the same line,
/// after it was returned to review, writes it over. Only pictures named here may be written on the line's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedSeals {
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// In which round of papers.
    pub round: u32,
    /// Who approved.
    pub staff: StaffId,
    /// When.
    pub at: Timestamp,
    /// One for each key with an e-seal.
    pub seals: Vec<ApprovedSeal>,
}

impl ApprovedSeals {
    /// The picture for a key.
    pub fn of(&self, unit: UnitNo) -> Option<&ApprovedSeal> {
        self.seals.iter().find(|seal| seal.unit == unit)
    }
}

/// The picture of one key's e-seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedSeal {
    /// The key.
    pub unit: UnitNo,
    /// The transparent PNG: a key in the papers bucket.
    pub picture: String,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
    /// Its size as approved.
    pub size: StampSize,
    /// Its size as measured.
    pub measured: StampSize,
}

/// An e-seal that was made: one for a certificate, ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeSeal {
    /// The serial number of the certificate that it names, hex.
    pub certificate_serial: String,
    /// Its own number (`esID`), 32 hex digits.
    pub id: String,
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// The key.
    pub unit: UnitNo,
    /// Which try.
    pub attempt: u32,
    /// Whose it is.
    pub name: String,
    /// SHA-256 of its picture, hex.
    pub picture_sha256: String,
    /// Its size as approved.
    pub size: StampSize,
    /// `SESeal` of GB/T 38540-2020, base64 of DER.
    pub seal: String,
    /// When it was made.
    pub made_at: Timestamp,
}

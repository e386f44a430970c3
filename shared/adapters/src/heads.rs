//! Signed heads of the audit's chains, as they lie in a bucket that nobody can overwrite.
//!
//! `reconcile` writes them, `operator audit-verify` compares: a chain that was changed as a whole, all its
//! hashes worked out anew, is whole in itself, and yet differs from what was signed before.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::audit::AuditHead;
use domain::ids::StaffId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ports::PortError;

/// What begins the keys of all heads.
pub const PREFIX: &str = "heads/";

/// A head that was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// Whose chain.
    pub staff: StaffId,
    /// The place of its last entry then.
    pub seq: u64,
    /// The hash of that entry.
    pub hash: String,
    /// When that entry was written.
    pub at: Timestamp,
    /// ECDSA over P-256 and SHA-256 of [`SignedHead::text`], DER, base64.
    pub signature: String,
}

/// Where the head of a chain at a place lies.
pub fn key(staff: &StaffId, seq: u64) -> String {
    format!("{PREFIX}{staff}/{seq:012}.json")
}

/// Chain and place that a key names, if it is the key of a head.
pub fn read_key(key: &str) -> Option<(StaffId, u64)> {
    let (staff, file) = key.strip_prefix(PREFIX)?.split_once('/')?;
    let seq = file.strip_suffix(".json").filter(|seq| seq.len() == 12)?;
    Some((staff.parse().ok()?, seq.parse().ok()?))
}

/// SHA-256 of what is signed of a head.
pub fn digest(head: &AuditHead) -> [u8; 32] {
    Sha256::digest(head.signed_text().as_bytes()).into()
}

impl SignedHead {
    /// A head with its signature.
    pub fn new(head: &AuditHead, signature: &[u8]) -> Self {
        Self {
            staff: head.staff.clone(),
            seq: head.seq,
            hash: head.hash.clone(),
            at: head.at,
            signature: STANDARD.encode(signature),
        }
    }

    /// What is signed.
    pub fn text(&self) -> String {
        AuditHead {
            staff: self.staff.clone(),
            seq: self.seq,
            hash: self.hash.clone(),
            at: self.at,
            signed_seq: 0,
            version: 0,
        }
        .signed_text()
    }

    /// The signature, DER; none when it is no base64.
    pub fn signature_der(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.signature).ok()
    }

    /// Its form in the bucket.
    ///
    /// # Errors
    /// Only when it cannot be written as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, PortError> {
        serde_json::to_vec(self).map_err(|error| PortError::defect("heads", error.to_string()))
    }

    /// Reads what lies in the bucket; none when it is no head.
    pub fn from_json(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_chain_and_place_and_sorts_by_it() {
        let staff = StaffId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV");
        let known = "heads/st_01arz3ndektsv4rrffq69g5fav/000000000042.json";
        assert_eq!(key(&staff, 42), known);
        assert_eq!(read_key(known), Some((staff.clone(), 42)));
        assert!(key(&staff, 9) < key(&staff, 10));
        for other in [
            "heads/st_01arz3ndektsv4rrffq69g5fav/42.json",
            "heads/co_01arz3ndektsv4rrffq69g5fav/000000000042.json",
            "heads/000000000042.json",
            "other/st_01arz3ndektsv4rrffq69g5fav/000000000042.json",
        ] {
            assert_eq!(read_key(other), None, "{other}");
        }
    }

    #[test]
    fn what_lies_in_the_bucket_says_what_was_signed() {
        let head = AuditHead {
            staff: StaffId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
            seq: 7,
            hash: "ab".repeat(32),
            at: "2026-11-22T00:00:00Z".parse().unwrap(),
            signed_seq: 3,
            version: 9,
        };
        let signed = SignedHead::new(&head, &[1, 2, 3]);
        let read = SignedHead::from_json(&signed.to_json().unwrap()).unwrap();
        assert_eq!(read, signed);
        assert_eq!(read.text(), head.signed_text());
        assert_eq!(read.signature_der(), Some(vec![1, 2, 3]));
        assert_eq!(SignedHead::from_json(b"{}"), None);
    }
}

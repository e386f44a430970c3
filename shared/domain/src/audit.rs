//! What staff did: one hash chain for each member of staff.
//!
//! Each entry holds the hash of the one before, so that none can be changed or taken away unseen. Heads
//! are signed and kept where nobody can overwrite them; `verify` compares.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ids::StaffId;

/// The hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Something that a member of staff did, as the one who writes it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub staff: StaffId,
    /// When.
    pub at: Timestamp,
    /// What, a word like `approved` or `staff_invited`.
    pub action: String,
    /// To what, for example `order 202611220935190042 line 1` or `company co_…`.
    pub subject: String,
    /// More, never personal data.
    pub detail: String,
}

/// An entry of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Who.
    pub staff: StaffId,
    /// Its place, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More.
    pub detail: String,
    /// The hash of the entry before.
    pub previous: String,
    /// The hash of this one: of everything above.
    pub hash: String,
}

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Whose.
    pub staff: StaffId,
    /// The last entry's place.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// When it was written.
    pub at: Timestamp,
    /// Up to which place heads were signed.
    #[serde(default)]
    pub signed_seq: u64,
    /// Raised by every change.
    pub version: u64,
}

impl AuditEntry {
    /// The entry that follows a head.
    pub fn after(head: Option<&AuditHead>, deed: &Deed) -> Self {
        let mut entry = Self {
            staff: deed.staff.clone(),
            seq: head.map_or(1, |head| head.seq + 1),
            at: deed.at,
            action: deed.action.clone(),
            subject: deed.subject.clone(),
            detail: deed.detail.clone(),
            previous: head.map_or_else(|| GENESIS.to_owned(), |head| head.hash.clone()),
            hash: String::new(),
        };
        entry.hash = entry.computed_hash();
        entry
    }

    /// The hash that it must have: SHA-256 over its fields, each after its length, so that no two entries
    /// are one text.
    pub fn computed_hash(&self) -> String {
        let seq = self.seq.to_string();
        let at = self.at.to_string();
        let mut sha = Sha256::new();
        for field in [
            self.staff.as_str(),
            &seq,
            &at,
            &self.action,
            &self.subject,
            &self.detail,
            &self.previous,
        ] {
            sha.update(field.len().to_be_bytes());
            sha.update(field.as_bytes());
        }
        sha.finalize().iter().fold(String::new(), |mut hex, byte| {
            use std::fmt::Write as _;
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

impl AuditHead {
    /// The head after an entry.
    pub fn after(head: Option<&Self>, entry: &AuditEntry) -> Self {
        Self {
            staff: entry.staff.clone(),
            seq: entry.seq,
            hash: entry.hash.clone(),
            at: entry.at,
            signed_seq: head.map_or(0, |head| head.signed_seq),
            version: head.map_or(1, |head| head.version + 1),
        }
    }

    /// What is signed of it.
    pub fn signed_text(&self) -> String {
        format!(
            "sealkey-audit-head\n{}\n{}\n{}\n",
            self.staff, self.seq, self.hash
        )
    }
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// An entry is missing or twice.
    #[error("entry {0} is not where it must be")]
    Place(u64),
    /// An entry does not follow the one before.
    #[error("entry {0} does not follow the one before")]
    Link(u64),
    /// An entry was changed.
    #[error("entry {0} was changed")]
    Content(u64),
    /// The head is another than the last entry.
    #[error("the head does not fit the last entry")]
    Head,
}

/// Is a chain whole, from its first entry to its head?
///
/// # Errors
/// [`BrokenChain`], the first place where it is not.
pub fn verify(entries: &[AuditEntry], head: Option<&AuditHead>) -> Result<(), BrokenChain> {
    let mut previous = GENESIS.to_owned();
    for (place, entry) in (1u64..).zip(entries) {
        if entry.seq != place {
            return Err(BrokenChain::Place(place));
        }
        if entry.previous != previous {
            return Err(BrokenChain::Link(place));
        }
        if entry.computed_hash() != entry.hash {
            return Err(BrokenChain::Content(place));
        }
        previous.clone_from(&entry.hash);
    }
    let last = entries.last().map(|entry| (entry.seq, entry.hash.as_str()));
    if head.map(|head| (head.seq, head.hash.as_str())) == last {
        Ok(())
    } else {
        Err(BrokenChain::Head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: u64) -> (Vec<AuditEntry>, AuditHead) {
        let mut head: Option<AuditHead> = None;
        let mut entries = Vec::new();
        for n in 0..length {
            let deed = Deed {
                staff: StaffId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
                at: "2026-11-22T00:00:00Z".parse().unwrap(),
                action: "approved".to_owned(),
                subject: format!("order {n}"),
                detail: String::new(),
            };
            let entry = AuditEntry::after(head.as_ref(), &deed);
            head = Some(AuditHead::after(head.as_ref(), &entry));
            entries.push(entry);
        }
        (entries, head.unwrap())
    }

    #[test]
    fn a_whole_chain_is_whole_and_any_change_is_seen() {
        let (entries, head) = chain(4);
        assert_eq!(verify(&entries, Some(&head)), Ok(()));
        assert_eq!(verify(&[], None), Ok(()));

        let mut changed = entries.clone();
        changed[1].subject = "order 9".to_owned();
        assert_eq!(verify(&changed, Some(&head)), Err(BrokenChain::Content(2)));
        changed[1].hash = changed[1].computed_hash();
        assert_eq!(verify(&changed, Some(&head)), Err(BrokenChain::Link(3)));

        let mut missing = entries.clone();
        missing.remove(1);
        assert_eq!(verify(&missing, Some(&head)), Err(BrokenChain::Place(2)));
        assert_eq!(verify(&entries[..3], Some(&head)), Err(BrokenChain::Head));
        assert_eq!(verify(&entries, None), Err(BrokenChain::Head));
    }

    #[test]
    fn words_do_not_run_into_one_another() {
        let (entries, _) = chain(1);
        let mut other = entries[0].clone();
        other.action = "approvedorder".to_owned();
        other.subject = " 0".to_owned();
        assert_ne!(other.computed_hash(), entries[0].computed_hash());
    }
}

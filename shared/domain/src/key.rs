//! Keys of a company: what binds it (R27).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::CompanyId;

/// A key that a company has activated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyKey {
    /// Whose.
    pub company: CompanyId,
    /// The token's own serial number.
    pub serial: String,
    /// When it was activated: only that binds, never issue or shipping.
    pub activated_at: Timestamp,
    /// When its certificate ends.
    pub not_after: Timestamp,
    /// When its certificate was revoked.
    #[serde(default)]
    pub revoked_at: Option<Timestamp>,
    /// Raised by every change.
    pub version: u64,
}

/// Is a company with these keys bound at `now`: is one activated since the last unbinding, neither
/// expired nor revoked?
pub fn is_bound(keys: &[CompanyKey], unbound_at: Option<Timestamp>, now: Timestamp) -> bool {
    keys.iter().any(|key| {
        key.revoked_at.is_none()
            && now < key.not_after
            && unbound_at.is_none_or(|unbound| unbound < key.activated_at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_active_key_binds_and_only_until_it_is_unbound() {
        let at = |day: u32| {
            format!("2026-11-{day:02}T00:00:00Z")
                .parse::<Timestamp>()
                .unwrap()
        };
        let key = CompanyKey {
            company: CompanyId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
            serial: "1".to_owned(),
            activated_at: at(10),
            not_after: at(20),
            revoked_at: None,
            version: 1,
        };
        let revoked = CompanyKey {
            revoked_at: Some(at(11)),
            ..key.clone()
        };
        assert!(!is_bound(&[], None, at(12)));
        assert!(is_bound(&[revoked.clone(), key.clone()], None, at(12)));
        assert!(!is_bound(&[revoked], None, at(12)));
        assert!(!is_bound(std::slice::from_ref(&key), None, at(20)));
        assert!(is_bound(std::slice::from_ref(&key), Some(at(9)), at(12)));
        assert!(!is_bound(std::slice::from_ref(&key), Some(at(10)), at(12)));
    }
}

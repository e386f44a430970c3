//! What a certificate of ours says, decided before anything is signed; and whether it still counts.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{LineNo, OrderId, UnitNo};

/// The subject of a certificate: the company as it stood when the order was submitted. It comes from the
/// order and never from the certificate request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// Full name, both O and CN.
    pub company_name: String,
    /// Unified social credit code, an extension of its own.
    pub credit_code: String,
}

/// What the key of a certificate is for. Each token holds one pair of each.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum KeyPurpose {
    /// It signs: documents, and that its owner is there.
    Sign,
    /// It agrees on secrets, by which others encrypt to it.
    Encrypt,
}

impl KeyPurpose {
    /// Both, the one that signs first.
    pub const ALL: [Self; 2] = [Self::Sign, Self::Encrypt];
}

/// From when to when a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Validity {
    /// Its first second.
    pub not_before: Timestamp,
    /// Its last second.
    pub not_after: Timestamp,
}

impl Validity {
    /// From `now` until `end`. None when that is over.
    pub fn until(now: Timestamp, end: Timestamp) -> Option<Self> {
        let start = Timestamp::from_second(now.as_second()).ok()?;
        (start < end).then_some(Self {
            not_before: start,
            not_after: end,
        })
    }

    /// From `now` until some calendar years after `end`, in Asia/Shanghai.
    pub fn until_years_after(now: Timestamp, end: Timestamp, years: u8) -> Option<Self> {
        let more = Self::from_now(end, years)?;
        Self::until(now, more.not_after)
    }

    /// A further term of a certificate that ends, or ended, at `end`: days that are left are added, and after its end
    /// the term begins now (R25). None past the end of the calendar.
    pub fn renewed(now: Timestamp, end: Timestamp, years: u8) -> Option<Self> {
        if now < end {
            Self::until_years_after(now, end, years)
        } else {
            Self::from_now(now, years)
        }
    }

    /// `years` calendar years from `now`, in Asia/Shanghai. `None` only past the end of the calendar.
    pub fn from_now(now: Timestamp, years: u8) -> Option<Self> {
        let zone = TimeZone::get(crate::CIVIL_ZONE).ok()?;
        let start = Timestamp::from_second(now.as_second()).ok()?;
        let end = start
            .to_zoned(zone)
            .checked_add(jiff::Span::new().years(i64::from(years)))
            .ok()?;
        Some(Self {
            not_before: start,
            not_after: end.timestamp(),
        })
    }
}

/// Why a certificate is revoked: those of RFC 5280 §5.3.1 that happen here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// The key got lost on its way: nobody knows who has it.
    KeyCompromise,
    /// Another key was made in its place.
    Superseded,
    /// It is not to be used: scrapped, or its line ended.
    CessationOfOperation,
}

/// Does a certificate count?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Standing {
    /// It does, while it is valid.
    Good,
    /// Not now: its key was reported lost or stolen. A hold, for whoever finds it again may say so to us.
    Suspended {
        /// Since when.
        at: Timestamp,
    },
    /// Never again.
    Revoked {
        /// Since when. What was suspended before has not counted since then.
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
}

impl Standing {
    /// Suspends what is good. None: nothing changes.
    #[must_use]
    pub fn suspend(self, now: Timestamp) -> Option<Self> {
        (self == Self::Good).then_some(Self::Suspended { at: now })
    }

    /// Takes a suspension back. None: nothing changes.
    #[must_use]
    pub fn release(self) -> Option<Self> {
        matches!(self, Self::Suspended { .. }).then_some(Self::Good)
    }

    /// Revokes, once and for all. None: that was done before.
    #[must_use]
    pub fn revoke(self, reason: RevocationReason, now: Timestamp) -> Option<Self> {
        match self {
            Self::Good => Some(Self::Revoked { at: now, reason }),
            Self::Suspended { at } => Some(Self::Revoked { at, reason }),
            Self::Revoked { .. } => None,
        }
    }
}

/// One certificate in the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// What its key is for.
    pub purpose: KeyPurpose,
    /// Its serial number, hex.
    pub serial: String,
}

/// What the register knows of one try to make a key. Its certificates share a token, and so a standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredKey {
    /// The key.
    pub unit: UnitNo,
    /// Which try.
    pub attempt: u32,
    /// Its certificates: from when it is decided what they say, for from then on they may be signed. None when
    /// the try ended before that, and then there never are any.
    pub certificates: Vec<Registered>,
    /// Their last second.
    pub not_after: Timestamp,
    /// Do they count?
    pub standing: Standing,
}

/// The register of a line: every certificate that was issued for it. One document for all its keys, so that a
/// line of fifty keys ends in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// Its keys, in the order of their certificates.
    pub keys: Vec<RegisteredKey>,
    /// Did the line end without keys? Then nothing is issued for it any more.
    pub closed: bool,
    /// Raised by every change.
    pub version: u64,
}

impl Register {
    /// One without certificates, which is not on record.
    pub fn empty(order: OrderId, line: LineNo) -> Self {
        Self {
            order,
            line,
            keys: Vec::new(),
            closed: false,
            version: 0,
        }
    }

    fn changed(&self) -> Self {
        Self {
            version: self.version + 1,
            ..self.clone()
        }
    }

    fn key(&self, unit: UnitNo, attempt: u32) -> Option<&RegisteredKey> {
        let mut keys = self.keys.iter();
        keys.find(|key| key.unit == unit && key.attempt == attempt)
    }

    /// With the certificates of a key. None when it has some already, or its line or try has ended.
    #[must_use]
    pub fn with(&self, key: RegisteredKey) -> Option<Self> {
        if self.closed || self.key(key.unit, key.attempt).is_some() {
            return None;
        }
        let mut next = self.changed();
        next.keys.push(key);
        Some(next)
    }

    /// With another standing of those keys for which `change` names one. None: nothing changes.
    fn standing(&self, change: impl Fn(&RegisteredKey) -> Option<Standing>) -> Option<Self> {
        let mut next = self.changed();
        let mut any = false;
        for key in &mut next.keys {
            if let Some(standing) = change(key) {
                key.standing = standing;
                any = true;
            }
        }
        any.then_some(next)
    }

    /// Suspends the key that has a certificate. None: nothing changes.
    #[must_use]
    pub fn suspend(&self, serial: &str, now: Timestamp) -> Option<Self> {
        self.standing(|key| key.has(serial).then(|| key.standing.suspend(now))?)
    }

    /// Takes a suspension back: the key that has a certificate was found again. None: nothing changes.
    #[must_use]
    pub fn release(&self, serial: &str) -> Option<Self> {
        self.standing(|key| key.has(serial).then(|| key.standing.release())?)
    }

    /// Revokes what tries to make keys led to; those without certificates get none. None: nothing changes.
    #[must_use]
    pub fn revoke(&self, tries: &[EndedKey], now: Timestamp) -> Option<Self> {
        let reason = |unit: UnitNo, attempt: u32| {
            let mut tries = tries.iter();
            let ended = tries.find(|ended| ended.unit == unit && ended.attempt == attempt);
            ended.map(|ended| ended.reason)
        };
        let revoked = self.standing(|key| key.standing.revoke(reason(key.unit, key.attempt)?, now));
        let without: Vec<&EndedKey> = tries
            .iter()
            .filter(|ended| self.key(ended.unit, ended.attempt).is_none())
            .collect();
        if without.is_empty() {
            return revoked;
        }
        let mut next = revoked.unwrap_or_else(|| self.changed());
        next.keys
            .extend(without.into_iter().map(|ended| RegisteredKey {
                unit: ended.unit,
                attempt: ended.attempt,
                certificates: Vec::new(),
                not_after: now,
                standing: Standing::Revoked {
                    at: now,
                    reason: ended.reason,
                },
            }));
        Some(next)
    }

    /// Revokes everything, and nothing is issued any more. None: that was done before.
    #[must_use]
    pub fn close(&self, now: Timestamp) -> Option<Self> {
        if self.closed {
            return None;
        }
        let reason = RevocationReason::CessationOfOperation;
        let revoked = self.standing(|key| key.standing.revoke(reason, now));
        Some(Self {
            closed: true,
            ..revoked.unwrap_or_else(|| self.changed())
        })
    }

    /// Those of its certificates that do not count, for the revocation list.
    pub fn listed(&self) -> impl Iterator<Item = Listed> {
        let bad = self
            .keys
            .iter()
            .filter(|key| key.standing != Standing::Good);
        bad.flat_map(|key| {
            key.certificates.iter().map(|certificate| Listed {
                serial: certificate.serial.clone(),
                standing: key.standing,
                not_after: key.not_after,
            })
        })
    }
}

impl RegisteredKey {
    /// Is one of its certificates this one?
    pub fn has(&self, serial: &str) -> bool {
        let mut certificates = self.certificates.iter();
        certificates.any(|certificate| certificate.serial == serial)
    }
}

/// A try to make a key that led to nothing, or no longer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedKey {
    /// The key.
    pub unit: UnitNo,
    /// Which try.
    pub attempt: u32,
    /// Why its certificates are revoked.
    pub reason: RevocationReason,
}

/// Keys of a line whose certificates are revoked with a transition of their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndedKeys {
    /// All of them, and no others follow.
    Line(LineNo),
    /// Some.
    Some(LineNo, Vec<EndedKey>),
}

/// A certificate that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its serial number, hex.
    pub serial: String,
    /// Suspended or revoked.
    pub standing: Standing,
    /// When it ends by itself.
    pub not_after: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_counted_in_calendar_years() {
        let leap: Timestamp = "2028-02-28T18:00:00.5Z".parse().unwrap();
        let validity = Validity::from_now(leap, 1).unwrap();
        assert_eq!(validity.not_before.to_string(), "2028-02-28T18:00:00Z");
        assert_eq!(validity.not_after.to_string(), "2029-02-27T18:00:00Z");
    }

    fn at(hour: u32) -> Timestamp {
        format!("2026-11-22T{hour:02}:00:00Z").parse().unwrap()
    }

    fn key(unit: u8, attempt: u32) -> RegisteredKey {
        let certificate = |purpose, what: &str| Registered {
            purpose,
            serial: format!("{what}{unit}{attempt}"),
        };
        RegisteredKey {
            unit: UnitNo(unit),
            attempt,
            certificates: vec![
                certificate(KeyPurpose::Sign, "a"),
                certificate(KeyPurpose::Encrypt, "b"),
            ],
            not_after: at(23),
            standing: Standing::Good,
        }
    }

    fn register() -> Register {
        let empty = Register::empty(OrderId::new(at(0), 1), LineNo(1));
        empty.with(key(1, 1)).unwrap().with(key(2, 1)).unwrap()
    }

    fn serials(register: &Register) -> Vec<String> {
        register.listed().map(|listed| listed.serial).collect()
    }

    #[test]
    fn what_was_suspended_or_revoked_stays_so_since_then() {
        let reason = RevocationReason::KeyCompromise;
        let suspended = Standing::Good.suspend(at(1)).unwrap();
        assert_eq!(suspended, Standing::Suspended { at: at(1) });
        assert_eq!(suspended.suspend(at(2)), None, "the first report counts");
        // It has not counted since it was reported.
        let revoked = suspended.revoke(reason, at(3)).unwrap();
        assert_eq!(revoked, Standing::Revoked { at: at(1), reason });
        assert_eq!(
            Standing::Good.revoke(reason, at(3)),
            Some(Standing::Revoked { at: at(3), reason })
        );
        assert_eq!(revoked.suspend(at(4)), None);
        assert_eq!(revoked.revoke(RevocationReason::Superseded, at(4)), None);
    }

    #[test]
    fn both_certificates_of_a_key_share_its_standing() {
        let register = register();
        assert!(serials(&register).is_empty());
        let suspended = register.suspend("b11", at(1)).unwrap();
        assert_eq!(serials(&suspended), ["a11", "b11"]);
        assert_eq!(suspended.version, register.version + 1);
        assert_eq!(suspended.suspend("a11", at(2)), None);
        assert_eq!(register.suspend("c11", at(1)), None, "none of ours");
    }

    #[test]
    fn a_try_that_ended_is_revoked_and_gets_no_certificate_later() {
        let ended = |unit: u8, attempt| EndedKey {
            unit: UnitNo(unit),
            attempt,
            reason: RevocationReason::Superseded,
        };
        let register = register();
        assert_eq!(register.with(key(2, 1)), None, "it has them");
        let revoked = register.revoke(&[ended(2, 1), ended(3, 1)], at(1)).unwrap();
        assert_eq!(serials(&revoked), ["a21", "b21"]);
        assert_eq!(revoked.version, register.version + 1);
        assert_eq!(revoked.revoke(&[ended(2, 1), ended(3, 1)], at(2)), None);
        assert_eq!(revoked.with(key(3, 1)), None, "it ended first");
        let remade = revoked.with(key(3, 2)).unwrap();
        assert_eq!(serials(&remade), ["a21", "b21"]);
    }

    #[test]
    fn a_closed_line_has_no_good_certificate_and_gets_none() {
        let closed = register().close(at(1)).unwrap();
        assert_eq!(serials(&closed), ["a11", "b11", "a21", "b21"]);
        assert_eq!(closed.close(at(2)), None);
        assert_eq!(closed.with(key(3, 1)), None);
        let never_begun = Register::empty(OrderId::new(at(0), 1), LineNo(1));
        let closed = never_begun.close(at(1)).unwrap();
        assert_eq!((closed.version, closed.with(key(1, 1))), (1, None));
    }
}

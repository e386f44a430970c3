//! Keys of a company: what binds it (R27).

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::Medium;
use crate::ids::{CompanyId, LineNo, OrderId, UnitNo};
use crate::order::{IssuedCertificate, NamedKey};
use crate::policy::{RenewalWindow, StorefrontId};
use crate::stock::StockKey;

/// Why a key is replaced (R33, R34).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplacementReason {
    /// Nobody knows where it is.
    Lost,
    /// It no longer works.
    Damaged,
    /// Somebody took it.
    Stolen,
}

impl ReplacementReason {
    /// Could somebody else use the key? Then certificate and seal are suspended when it is reported, before
    /// and without any order.
    pub fn suspends(self) -> bool {
        matches!(self, Self::Lost | Self::Stolen)
    }
}

/// A key that was reported lost or stolen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suspension {
    /// Lost or stolen.
    pub reason: ReplacementReason,
    /// Since when.
    pub at: Timestamp,
}

/// A key that a company has activated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyKey {
    /// Whose.
    pub company: CompanyId,
    /// The token's own serial number.
    pub serial: String,
    /// The token.
    pub medium: Medium,
    /// Where it was bought: its services follow the policy of that storefront.
    pub storefront: StorefrontId,
    /// The serial number of its certificate, hex.
    pub certificate_serial: String,
    /// Does it carry an e-seal?
    pub seal: bool,
    /// When it was activated, or joined: only an activation binds, never issue or shipping, and no key that joined.
    pub activated_at: Timestamp,
    /// When its certificate ends.
    pub not_after: Timestamp,
    /// Who issued its certificate, as it is called here, where that was not our CA: it joined by an inspection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_by: Option<String>,
    /// When its certificate was revoked.
    #[serde(default)]
    pub revoked_at: Option<Timestamp>,
    /// Lost or stolen, as reported.
    #[serde(default)]
    pub suspended: Option<Suspension>,
    /// When it was last reported lost or stolen. A session for which it signed before has ended, and stays so when it is
    /// found again: who had it meanwhile nobody knows.
    #[serde(default)]
    pub reported_at: Option<Timestamp>,
    /// The certificates that it had before it was renewed: they stay on it, and hold until their own ends.
    #[serde(default)]
    pub earlier: Vec<IssuedCertificate>,
    /// Raised by every change.
    pub version: u64,
}

/// A key that was handed over and is not activated yet: what is needed to make it the company's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedKey {
    /// Whose.
    pub company: CompanyId,
    /// The token's own serial number.
    pub serial: String,
    /// The token.
    pub medium: Medium,
    /// Where it was bought.
    pub storefront: StorefrontId,
    /// The serial number of its certificate, hex.
    pub certificate_serial: String,
    /// When that ends.
    pub not_after: Timestamp,
    /// Does it carry an e-seal?
    pub seal: bool,
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// The key of the line.
    pub unit: UnitNo,
    /// The serial number of the key in whose place it comes: that one's certificate ends when this key is activated
    /// (R33, R34, R38).
    #[serde(default)]
    pub replaces: Option<String>,
    /// When it was handed over.
    pub handed_at: Timestamp,
}

impl HandedKey {
    /// As the company's own, from now on.
    pub fn activated(&self, now: Timestamp) -> CompanyKey {
        CompanyKey {
            company: self.company.clone(),
            serial: self.serial.clone(),
            medium: self.medium,
            storefront: self.storefront.clone(),
            certificate_serial: self.certificate_serial.clone(),
            seal: self.seal,
            activated_at: now,
            not_after: self.not_after,
            issued_by: None,
            revoked_at: None,
            suspended: None,
            reported_at: None,
            earlier: Vec::new(),
            version: 1,
        }
    }
}

/// A key of another issuer that has just shown itself, to be counted among the company's.
#[derive(Debug, Clone)]
pub struct JoiningKey {
    /// Whose.
    pub company: CompanyId,
    /// The token's own serial number.
    pub serial: String,
    /// What its issuer's keys are.
    pub medium: Medium,
    /// Which storefront serves them.
    pub storefront: StorefrontId,
    /// What its issuer is called here.
    pub issued_by: String,
    /// The certificate on it.
    pub certificate: IssuedCertificate,
}

/// Why a key does not join: by that number one of ours is known, or a third issuer's. Two tokens, or one that somebody
/// made anew; a person has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownOtherwise;

impl JoiningKey {
    /// As one of the company's, in place of what is known of it. None when all of it is known.
    ///
    /// # Errors
    /// [`KnownOtherwise`].
    pub fn joined(
        &self,
        known: Option<&CompanyKey>,
        now: Timestamp,
    ) -> Result<Option<CompanyKey>, KnownOtherwise> {
        let Some(known) = known else {
            return Ok(Some(CompanyKey {
                company: self.company.clone(),
                serial: self.serial.clone(),
                medium: self.medium,
                storefront: self.storefront.clone(),
                certificate_serial: self.certificate.serial.clone(),
                seal: false,
                activated_at: now,
                not_after: self.certificate.not_after,
                issued_by: Some(self.issued_by.clone()),
                revoked_at: None,
                suspended: None,
                reported_at: None,
                earlier: Vec::new(),
                version: 1,
            }));
        };
        if known.issued_by.as_ref() == Some(&self.issued_by) {
            // Its issuer has renewed it.
            Ok(known.renewed(&self.certificate))
        } else {
            Err(KnownOtherwise)
        }
    }
}

/// What a transition of an order does to the keys that wait to be activated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandedMove {
    /// It was handed over.
    Add(HandedKey),
    /// It was given up after all.
    Remove(HandedKey),
}

/// A key of a company has a further term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewedKey {
    /// Whose.
    pub company: CompanyId,
    /// The token's own serial number.
    pub serial: String,
    /// The certificate by which it is known from now on.
    pub certificate: IssuedCertificate,
}

/// Why a service is not to be had for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoService {
    /// Its certificate was revoked.
    Revoked,
    /// It was reported lost or stolen: only a replacement helps.
    Suspended,
    /// Too early to renew.
    TooEarly,
    /// Too late to renew.
    TooLate,
    /// Its certificate has ended.
    Expired,
    /// It is not of the medium that this is for.
    Medium,
    /// We do not have its SO PIN: it was made elsewhere, or somebody changed it.
    NoEscrow,
    /// Another issuer's certificate is on it, which only that one renews, revokes and replaces.
    Elsewhere,
}

impl CompanyKey {
    /// Its certificate ended, for another key came in its place. None when it was revoked before.
    pub fn revoked(&self, now: Timestamp) -> Option<Self> {
        self.revoked_at.is_none().then(|| Self {
            revoked_at: Some(now),
            version: self.version + 1,
            ..self.clone()
        })
    }

    /// With a certificate that holds longer. None when it is the one that it has.
    pub fn renewed(&self, certificate: &IssuedCertificate) -> Option<Self> {
        if self.certificate_serial == certificate.serial {
            return None;
        }
        let mut next = self.clone();
        next.earlier.push(IssuedCertificate {
            serial: std::mem::replace(&mut next.certificate_serial, certificate.serial.clone()),
            not_after: std::mem::replace(&mut next.not_after, certificate.not_after),
        });
        next.version += 1;
        Some(next)
    }

    /// It was reported lost or stolen.
    #[must_use]
    pub fn reported(&self, suspension: Suspension) -> Self {
        Self {
            reported_at: Some(suspension.at),
            suspended: Some(suspension),
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// It was found again. None when it is not reported lost or stolen.
    pub fn found(&self) -> Option<Self> {
        self.suspended.is_some().then(|| Self {
            suspended: None,
            version: self.version + 1,
            ..self.clone()
        })
    }

    /// The serial numbers of its certificates, the one by which it is known first.
    pub fn certificates(&self) -> impl Iterator<Item = &str> {
        let earlier = self.earlier.iter().rev().map(|it| it.serial.as_str());
        std::iter::once(self.certificate_serial.as_str()).chain(earlier)
    }

    /// As a line names it, replaced for a reason or served.
    pub fn named(&self, reason: Option<ReplacementReason>) -> NamedKey {
        NamedKey {
            serial: self.serial.clone(),
            certificate_serial: self.certificate_serial.clone(),
            medium: self.medium,
            not_after: self.not_after,
            reason,
        }
    }

    /// May it be renewed now (R25)?
    ///
    /// # Errors
    /// Why not.
    pub fn renewable(&self, window: RenewalWindow, now: Timestamp) -> Result<(), NoService> {
        self.in_hand()?;
        self.ours()?;
        let days = |days: u16| SignedDuration::from_hours(24 * i64::from(days));
        if now < self.not_after - days(window.days_before) {
            return Err(NoService::TooEarly);
        }
        if now > self.not_after + days(window.days_after) {
            return Err(NoService::TooLate);
        }
        Ok(())
    }

    /// Days of China until the one on which its certificate ends: 0 on that day, none once it has ended.
    pub fn days_left(&self, now: Timestamp) -> Option<u16> {
        self.valid(now).ok()?;
        let zone = TimeZone::get(crate::CIVIL_ZONE).ok()?;
        let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
        let left = day(now).until((Unit::Day, day(self.not_after))).ok()?;
        u16::try_from(left.get_days()).ok()
    }

    /// The reminder to renew it that is due: the last one of `reminders`, days before its end, that was reached. None
    /// while it cannot be renewed, and once it has ended; renewed, it ends later.
    pub fn reminder(
        &self,
        reminders: &[u16],
        window: RenewalWindow,
        now: Timestamp,
    ) -> Option<u16> {
        self.renewable(window, now).ok()?;
        let left = self.days_left(now)?;
        let reached = reminders.iter().copied().filter(|days| left <= *days);
        reached.min()
    }

    /// May it be unlocked now? `stock` is what we know of its SO PIN.
    ///
    /// # Errors
    /// Why not.
    pub fn unlockable(&self, stock: Option<&StockKey>, now: Timestamp) -> Result<(), NoService> {
        self.in_hand()?;
        self.valid(now)?;
        if stock.is_some_and(StockKey::is_unlockable) {
            Ok(())
        } else {
            Err(NoService::NoEscrow)
        }
    }

    /// May it be replaced now? Reported lost or stolen, or still whole: what counts is that its certificate
    /// has time left, for the new one ends when the old one would have.
    ///
    /// # Errors
    /// Why not.
    pub fn replaceable(&self, now: Timestamp) -> Result<(), NoService> {
        if self.revoked_at.is_some() {
            return Err(NoService::Revoked);
        }
        self.ours()?;
        self.valid(now)
    }

    /// May it be upgraded to a medium (R35)? After its end too, without credit.
    ///
    /// # Errors
    /// Why not.
    pub fn upgradable(&self, to: Medium) -> Result<(), NoService> {
        self.in_hand()?;
        if self.medium == Medium::Cpp && to == Medium::Bjca {
            Ok(())
        } else {
            Err(NoService::Medium)
        }
    }

    /// Is it still the company's to use: neither revoked nor reported lost or stolen?
    ///
    /// # Errors
    /// Why not.
    pub fn in_hand(&self) -> Result<(), NoService> {
        if self.revoked_at.is_some() {
            Err(NoService::Revoked)
        } else if self.suspended.is_some() {
            Err(NoService::Suspended)
        } else {
            Ok(())
        }
    }

    /// Is a session good for which it signed then? Whoever found or stole a key does not stay in with it (R34).
    pub fn keeps_open(&self, proved_at: Timestamp) -> bool {
        self.in_hand().is_ok() && self.reported_at.is_none_or(|reported| reported < proved_at)
    }

    fn ours(&self) -> Result<(), NoService> {
        match self.issued_by {
            None => Ok(()),
            Some(_) => Err(NoService::Elsewhere),
        }
    }

    fn valid(&self, now: Timestamp) -> Result<(), NoService> {
        if now < self.not_after {
            Ok(())
        } else {
            Err(NoService::Expired)
        }
    }
}

/// Is a company with these keys bound at `now`: is one activated since the last unbinding, neither
/// expired nor revoked? One that joined was only read: nobody agreed to be bound by it.
pub fn is_bound(keys: &[CompanyKey], unbound_at: Option<Timestamp>, now: Timestamp) -> bool {
    keys.iter().any(|key| {
        key.revoked_at.is_none()
            && key.issued_by.is_none()
            && now < key.not_after
            && unbound_at.is_none_or(|unbound| unbound < key.activated_at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: u32) -> Timestamp {
        format!("2026-11-{day:02}T00:00:00Z").parse().unwrap()
    }

    fn key() -> CompanyKey {
        CompanyKey {
            company: CompanyId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
            serial: "1".to_owned(),
            medium: Medium::Bjca,
            storefront: StorefrontId("mall".to_owned()),
            certificate_serial: "40".to_owned(),
            seal: true,
            activated_at: at(10),
            not_after: at(20),
            issued_by: None,
            revoked_at: None,
            suspended: None,
            reported_at: None,
            earlier: Vec::new(),
            version: 1,
        }
    }

    /// What only its issuer can do is refused; what is done here without that one is not.
    #[test]
    fn a_key_that_joined_is_upgraded_here_and_renewed_and_replaced_by_its_issuer() {
        let key = CompanyKey {
            issued_by: Some("某 CA".to_owned()),
            medium: Medium::Cpp,
            ..key()
        };
        let window = RenewalWindow {
            days_before: 90,
            days_after: 90,
        };
        let elsewhere = Err(NoService::Elsewhere);
        assert_eq!(key.renewable(window, at(15)), elsewhere);
        assert_eq!(key.replaceable(at(15)), elsewhere);
        assert_eq!(key.reminder(&[30], window, at(15)), None);
        assert_eq!(key.unlockable(None, at(15)), Err(NoService::NoEscrow));
        assert_eq!(key.upgradable(Medium::Bjca), Ok(()));
    }

    /// Days are those of China, where a day begins at 16:00 of universal time.
    #[test]
    fn reminders_come_with_the_days_that_are_left() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let key = CompanyKey {
            not_after: at("2027-03-31T15:59:59Z"),
            ..key()
        };
        let window = RenewalWindow {
            days_before: 90,
            days_after: 365,
        };
        let reminders = [90, 60, 30, 7, 1];
        for (now, left, due) in [
            ("2026-12-30T15:59:59Z", Some(91), None),
            // The renewal opens with the hour.
            ("2026-12-31T15:59:58Z", Some(90), None),
            ("2026-12-31T15:59:59Z", Some(90), Some(90)),
            ("2027-01-28T16:00:00Z", Some(61), Some(90)),
            ("2027-01-30T00:00:00Z", Some(60), Some(60)),
            ("2027-03-01T00:00:00Z", Some(30), Some(30)),
            ("2027-03-24T00:00:00Z", Some(7), Some(7)),
            ("2027-03-29T16:00:00Z", Some(1), Some(1)),
            ("2027-03-31T15:59:58Z", Some(0), Some(1)),
            ("2027-03-31T15:59:59Z", None, None),
        ] {
            let now = at(now);
            assert_eq!(key.days_left(now), left, "{now}");
            assert_eq!(key.reminder(&reminders, window, now), due, "{now}");
            assert_eq!(key.reminder(&[], window, now), None);
        }
        let now = at("2027-03-24T00:00:00Z");
        let renewed = CompanyKey {
            not_after: at("2028-03-31T15:59:59Z"),
            ..key.clone()
        };
        assert_eq!(renewed.reminder(&reminders, window, now), None);
        assert_eq!(
            key.revoked(now).unwrap().reminder(&reminders, window, now),
            None
        );
        let lost = key.reported(Suspension {
            reason: ReplacementReason::Lost,
            at: now,
        });
        assert_eq!(lost.reminder(&reminders, window, now), None);
    }

    #[test]
    fn only_an_active_key_binds_and_only_until_it_is_unbound() {
        let key = key();
        let revoked = CompanyKey {
            revoked_at: Some(at(11)),
            ..key.clone()
        };
        assert!(!is_bound(&[], None, at(12)));
        assert!(is_bound(&[revoked.clone(), key.clone()], None, at(12)));
        assert!(!is_bound(&[revoked], None, at(12)));
        assert!(!is_bound(std::slice::from_ref(&key), None, at(20)));
        let joined = CompanyKey {
            issued_by: Some("某 CA".to_owned()),
            ..key.clone()
        };
        assert!(!is_bound(&[joined], None, at(12)));
        assert!(is_bound(std::slice::from_ref(&key), Some(at(9)), at(12)));
        assert!(!is_bound(std::slice::from_ref(&key), Some(at(10)), at(12)));
    }
}

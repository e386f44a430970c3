//! The register of certificates, and what the revocation list is made of.
//!
//! A line's register is one document. Whatever of it does not count stands once more in the partition `CRL`, which
//! is read consistently: an index may be a moment behind, and a list made from it could forget what the list before
//! it had. A mark beside it asks for a new list.

use domain::certificate::{
    EndedKey, EndedKeys, KeyPurpose, Listed, Register, Registered, RegisteredKey, RevocationReason,
    Standing,
};
use domain::ids::{LineNo, OrderId, UnitNo};
use domain::key::CompanyKey;
use domain::order::Change;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{order_partition, place, time};
use crate::ports::{Index, IssuanceRecord, Kept, Key, Place, PortError, Registry, Write};

/// The partition of everything that makes the revocation list.
pub const CRL: &str = "CRL";
/// What begins the sort keys of what is on it.
pub const CRL_LINES: &str = "LINE#";
/// What begins those of the marks that ask for a new one.
pub const CRL_MARKS: &str = "WANTED#";
/// Marks and lists that are to be looked at.
pub const DUE_CRL: &str = "DUE#crl";

/// How long function `crl` has for a list that is asked for, until `reconcile` asks again.
const LIST_GRACE: SignedDuration = SignedDuration::from_mins(1);
/// How long what has ended by itself stays on the list: more than the time from one list to the next, so that each
/// stands on one list after its end (RFC 5280 §3.3).
pub const LISTED_AFTER_END: SignedDuration = SignedDuration::from_hours(24);

/// The register of a line.
pub fn register(order: &OrderId, line: LineNo) -> Key {
    Key::new(
        order_partition(order),
        format!("CERTIFICATES#{:02}", line.0),
    )
}

impl Kept for Register {
    fn key(&self) -> Key {
        register(&self.order, self.line)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// Where a certificate stands, by its serial number. Written with it and never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatePlace {
    /// Its serial number, hex.
    pub serial: String,
    /// What its key is for.
    pub purpose: KeyPurpose,
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// The key.
    pub unit: UnitNo,
    /// Which try.
    pub attempt: u32,
}

/// The place of a certificate.
pub fn certificate_place(serial: &str) -> Key {
    Key::new(format!("CERTIFICATE#{serial}"), "CERTIFICATE")
}

impl Kept for CertificatePlace {
    fn key(&self) -> Key {
        certificate_place(&self.serial)
    }
}

/// What a line has on the revocation list: a projection of its register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrlLine {
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// Its certificates that do not count.
    pub listed: Vec<Listed>,
}

impl Kept for CrlLine {
    fn key(&self) -> Key {
        Key::new(CRL, format!("{CRL_LINES}{}#{:02}", self.order, self.line.0))
    }
    fn sweep_at(&self) -> Option<Timestamp> {
        // Long after the list no longer has any of it.
        let last = self.listed.iter().map(|listed| listed.not_after).max();
        last.map(|end| end + LISTED_AFTER_END + LISTED_AFTER_END)
    }
}

/// Somebody wants a new revocation list. Function `crl` takes it away when there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrlWanted {
    /// What for: the change of a register, or `reconcile`.
    pub what: String,
    /// Since when.
    pub at: Timestamp,
}

impl CrlWanted {
    /// That of `reconcile`, which asks as often as it must.
    pub fn again(now: Timestamp) -> Self {
        Self {
            what: "again".to_owned(),
            at: now,
        }
    }
}

impl Kept for CrlWanted {
    fn key(&self) -> Key {
        Key::new(CRL, format!("{CRL_MARKS}{}", self.what))
    }
    fn places(&self) -> Vec<Place> {
        vec![place(
            Index::Due,
            DUE_CRL,
            format!("{}#{}", time(self.at + LIST_GRACE), self.what),
        )]
    }
}

/// The note of the revocation lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrlNote {
    /// The number of the newest list that was begun. Each number is one list's; one may be left out.
    pub taken: u64,
    /// The number of a list that is published.
    pub issued: u64,
    /// When that one was made.
    pub issued_at: Option<Timestamp>,
    /// Raised by every change.
    pub version: u64,
}

/// The note of the revocation lists.
pub fn crl_note() -> Key {
    Key::new(CRL, "NOTE")
}

impl Kept for CrlNote {
    fn key(&self) -> Key {
        crl_note()
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

async fn load(
    registry: &dyn Registry,
    order: &OrderId,
    line: LineNo,
) -> Result<Register, PortError> {
    let there = registry.load(&register(order, line)).await?;
    Ok(there.unwrap_or_else(|| Register::empty(order.clone(), line)))
}

/// A register with what the revocation list has of it, and the wish for a new one.
fn restanding(register: &Register, now: Timestamp) -> Result<[Write; 3], PortError> {
    let line = CrlLine {
        order: register.order.clone(),
        line: register.line,
        listed: register.listed().collect(),
    };
    let wanted = CrlWanted {
        what: format!(
            "{}#{:02}#{}",
            register.order, register.line.0, register.version
        ),
        at: now,
    };
    Ok([
        Write::next(register)?,
        Write::mark(&line)?,
        Write::mark(&wanted)?,
    ])
}

/// What is written with the record of an issuance: its certificates are known before they are signed, so that
/// whatever ends the key finds them.
///
/// # Errors
/// [`PortError::Conflict`] when the key has certificates, or has ended. The store's.
pub async fn registering(
    registry: &dyn Registry,
    record: &IssuanceRecord,
) -> Result<Vec<Write>, PortError> {
    let key = RegisteredKey {
        unit: record.unit,
        attempt: record.attempt,
        certificates: record
            .parts
            .iter()
            .map(|part| Registered {
                purpose: part.purpose,
                serial: part.serial.clone(),
            })
            .collect(),
        not_after: record.validity.not_after,
        standing: Standing::Good,
    };
    let register = load(registry, &record.order, record.line).await?;
    let register = register.with(key).ok_or(PortError::Conflict)?;
    let mut writes = vec![Write::next(&register)?];
    for part in &record.parts {
        writes.push(Write::new(&CertificatePlace {
            serial: part.serial.clone(),
            purpose: part.purpose,
            order: record.order.clone(),
            line: record.line,
            unit: record.unit,
            attempt: record.attempt,
        })?);
    }
    Ok(writes)
}

/// What is written with a transition so that no key that ended keeps a good certificate.
///
/// # Errors
/// The store's.
pub async fn endings(registry: &dyn Registry, change: &Change) -> Result<Vec<Write>, PortError> {
    let now = change.record.at;
    let mut writes = Vec::new();
    for ended in &change.ended {
        let (EndedKeys::Line(line) | EndedKeys::Some(line, _)) = ended;
        let register = load(registry, &change.order.id, *line).await?;
        let next = match ended {
            EndedKeys::Line(_) => register.close(now),
            EndedKeys::Some(_, keys) => register.revoke(keys, now),
        };
        // Without certificates nothing is on the list; but none may follow either.
        match next {
            Some(next) if next.listed().next().is_some() => {
                writes.extend(restanding(&next, now)?);
            }
            Some(next) => writes.push(Write::next(&next)?),
            None => {}
        }
    }
    Ok(writes)
}

/// What becomes of certificates that a key of a company has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyMove {
    /// It was reported lost or stolen: they do not count.
    Suspend,
    /// It was found again: they count.
    Release,
    /// Another key comes in its place: they never count again.
    Supersede,
}

/// What is written so that the certificates of a company's key stand otherwise from now on. Nothing for one that is
/// not ours, or stands so already. A key that was renewed has certificates of several lines.
///
/// # Errors
/// The store's.
pub async fn restand_key(
    registry: &dyn Registry,
    key: &CompanyKey,
    what: KeyMove,
    now: Timestamp,
) -> Result<Vec<Write>, PortError> {
    // Two of its certificates may stand in one register, which is written once.
    let mut registers: Vec<(Register, bool)> = Vec::new();
    for serial in key.certificates() {
        let there: Option<CertificatePlace> = registry.load(&certificate_place(serial)).await?;
        let Some(place) = there else {
            continue;
        };
        let is_there = |(register, _): &(Register, bool)| {
            register.order == place.order && register.line == place.line
        };
        let at = if let Some(at) = registers.iter().position(is_there) {
            at
        } else {
            let register = load(registry, &place.order, place.line).await?;
            registers.push((register, false));
            registers.len() - 1
        };
        let (register, changed) = &mut registers[at];
        let next = match what {
            KeyMove::Suspend => register.suspend(serial, now),
            KeyMove::Release => register.release(serial),
            KeyMove::Supersede => register.revoke(
                &[EndedKey {
                    unit: place.unit,
                    attempt: place.attempt,
                    reason: RevocationReason::Superseded,
                }],
                now,
            ),
        };
        if let Some(next) = next {
            // Its version is one more than the one that is stored, however many of it changed.
            let version = if *changed {
                register.version
            } else {
                next.version
            };
            *register = Register { version, ..next };
            *changed = true;
        }
    }
    let mut writes = Vec::new();
    for (register, _) in registers.iter().filter(|(_, changed)| *changed) {
        writes.extend(restanding(register, now)?);
    }
    Ok(writes)
}

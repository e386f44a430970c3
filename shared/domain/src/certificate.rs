//! What a certificate of ours says, decided before anything is signed.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
}

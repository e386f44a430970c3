//! Days as people mean them, and the parts of the index of months that hold them.

use adapters::ports::{Index, Span};
use adapters::registry;
use contract::error::FieldCode;
use edge::FieldErrors;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// How many days may be asked for at once.
const MOST: i64 = 31;
/// How many are shown when none are asked for.
const USUAL: i64 = 7;

/// Some days, one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days {
    /// The first.
    pub(crate) first: Date,
    /// The last, that day too.
    pub(crate) last: Date,
}

fn zone() -> TimeZone {
    TimeZone::get(domain::CIVIL_ZONE).unwrap_or(TimeZone::fixed(jiff::tz::offset(8)))
}

/// A time as people here write it.
pub(crate) fn local(at: Timestamp) -> String {
    at.to_zoned(zone())
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

fn day(text: &str, field: &str, errors: &mut FieldErrors) -> Option<Date> {
    let text = text.trim();
    if text.is_empty() {
        errors.add(field, FieldCode::Required);
        return None;
    }
    // Only this form: others that the parser takes hold a time as well.
    let date = Some(text).filter(|text| text.len() == 10);
    let date = date.and_then(|text| text.parse::<Date>().ok());
    errors.require(date.is_some(), field, FieldCode::Invalid);
    date
}

impl Days {
    /// The days from `from` to `to`, with wrong fields noted.
    pub(crate) fn read(from: &str, to: &str, errors: &mut FieldErrors) -> Option<Self> {
        let first = day(from, "from", errors);
        let last = day(to, "to", errors);
        Self::checked(first?, last?, errors)
    }

    /// The same where each may be missing: the last week, or the week before `to`, or all since `from`.
    pub(crate) fn read_some(
        from: Option<&str>,
        to: Option<&str>,
        now: Timestamp,
        errors: &mut FieldErrors,
    ) -> Option<Self> {
        let last = match to {
            Some(to) => day(to, "to", errors)?,
            None => now.to_zoned(zone()).date(),
        };
        let first = match from {
            Some(from) => day(from, "from", errors)?,
            None => last.checked_sub((USUAL - 1).days()).unwrap_or(last),
        };
        Self::checked(first, last, errors)
    }

    fn checked(first: Date, last: Date, errors: &mut FieldErrors) -> Option<Self> {
        let most = first.checked_add((MOST - 1).days()).unwrap_or(Date::MAX);
        let fits = first <= last && last <= most;
        errors.require(fits, "to", FieldCode::OutOfRange);
        fits.then_some(Self { first, last })
    }

    /// From when on, and before when; none for days that no clock shows.
    pub(crate) fn bounds(self) -> Option<(Timestamp, Timestamp)> {
        let begin = |date: Date| Some(date.to_zoned(zone()).ok()?.timestamp());
        let after = self.last.checked_add(1.days()).ok()?;
        Some((begin(self.first)?, begin(after)?))
    }

    /// The parts of the index that hold these days, the newest month first.
    pub(crate) fn spans(self) -> Vec<Span> {
        let Some((from, before)) = self.bounds() else {
            return Vec::new();
        };
        let month = |at: Timestamp| at.to_zoned(TimeZone::UTC).date().first_of_month();
        let (mut at, first) = (month(before), month(from));
        let mut spans = Vec::new();
        while at >= first {
            if let Ok(begin) = at.to_zoned(TimeZone::UTC) {
                let pk = registry::audit_month(begin.timestamp());
                // A place is a time and more: it comes after the time alone, so `before` itself is outside.
                let span = Span::all(Index::ByState, pk).newest_first();
                spans.push(span.between(registry::time(from), registry::time(before)));
            }
            match at.checked_sub(1.month()) {
                Ok(earlier) => at = earlier,
                Err(_) => break,
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, to: &str) -> Result<Days, edge::ApiError> {
        let mut errors = FieldErrors::new();
        let days = Days::read(from, to, &mut errors);
        errors.finish().map(|()| days.unwrap())
    }

    #[test]
    fn a_day_begins_at_midnight_in_nanjing() {
        let (from, before) = days("2026-11-01", "2026-11-01").unwrap().bounds().unwrap();
        assert_eq!(from.to_string(), "2026-10-31T16:00:00Z");
        assert_eq!(before.to_string(), "2026-11-01T16:00:00Z");
        assert_eq!(local(from), "2026-11-01 00:00:00");
    }

    #[test]
    fn days_of_two_months_are_in_both_months_of_the_index() {
        let spans = days("2026-11-01", "2026-11-02").unwrap().spans();
        let months: Vec<&str> = spans.iter().map(|span| span.pk.as_str()).collect();
        assert_eq!(months, ["AUDITMONTH#2026-11", "AUDITMONTH#2026-10"]);
        assert_eq!(spans[0].from.as_deref(), Some("2026-10-31T16:00:00Z"));
        let spans = days("2026-12-31", "2027-01-02").unwrap().spans();
        assert_eq!(spans.len(), 2);
    }

    #[test]
    fn at_most_a_month_and_in_order() {
        assert!(days("2026-10-01", "2026-10-31").is_ok());
        for (from, to) in [
            ("2026-10-01", "2026-11-01"),
            ("2026-11-02", "2026-11-01"),
            ("2026-02-30", "2026-03-01"),
            ("20261101", "2026-11-01"),
            ("2026-11-01T00", "2026-11-01"),
            ("", "2026-11-01"),
        ] {
            assert!(days(from, to).is_err(), "{from} {to}");
        }
        assert!(days("9999-12-31", "9999-12-31").unwrap().spans().is_empty());
    }
}

//! Credit (折算优惠): what the time left on an old key takes off the price of an upgrade (R36–R41).

use jiff::{Span, Timestamp, Unit, Zoned};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::Medium;
use crate::ids::{CompanyId, LineNo, OrderId};
use crate::money::Money;

/// What an agent read from a key and the server verified (检测年限, R36): with proof, unless its PIN is locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// Whose key.
    pub company: CompanyId,
    /// The token's own serial number.
    pub serial: String,
    /// The serial number of the certificate on it, hex.
    pub certificate_serial: String,
    /// The token.
    pub medium: Medium,
    /// When the certificate ends.
    pub not_after: Timestamp,
    /// When it was read.
    pub at: Timestamp,
    /// Was the PIN locked, so that the certificate was read and the key proved nothing? Then what it is worth is
    /// confirmed at review.
    #[serde(default)]
    pub without_pin: bool,
}

/// How old an inspection may be.
const INSPECTION_HOURS: i64 = 24;

impl Inspection {
    /// May it still be relied on?
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.at <= now && now.duration_since(self.at).as_hours() < INSPECTION_HOURS
    }
}

/// Months that are carried over into the new key, at most.
const CARRIED_MONTHS: u32 = 12;

/// What the time left on an old key is worth, with its reckoning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Credit {
    /// The certificate that gives it, once ever.
    pub certificate_serial: String,
    /// When that ends.
    pub not_after: Timestamp,
    /// Whole months left in all.
    pub months_left: u32,
    /// Days left beyond them.
    pub days_left: u32,
    /// Months of it that are carried over into the new key: 12, or 0 when less than a year is left.
    pub months_carried: u32,
    /// Days of the month that the days beyond fall in.
    pub days_in_month: u32,
    /// What one year of renewal costs.
    pub yearly: Money,
    /// What the time that is not carried over is worth: months × yearly ÷ 12.
    pub worth: Money,
    /// What is taken off: that, and never more than the price.
    pub amount: Money,
    /// What is lost, for it is above the price; the buyer has to accept that.
    pub lost: Money,
    /// Was it read from a locked key, which proved nothing? Then a reviewer confirms it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_pin: bool,
}

/// Whole calendar months from one time to another, the days beyond them, and the days of the month that
/// those fall in: from the last whole month to the next. So the days are always fewer.
fn apart(from: &Zoned, to: &Zoned) -> Option<(u32, u32, u32)> {
    if to <= from {
        return Some((0, 0, 1));
    }
    let after = |months: u32| from.checked_add(Span::new().months(i64::from(months))).ok();
    let years = u32::try_from(i32::from(to.year()) - i32::from(from.year())).ok()?;
    let mut months = years * 12 + 12;
    let mut begun = after(months)?;
    while begun > *to {
        months = months.checked_sub(1)?;
        begun = after(months)?;
    }
    let days = |to: &Zoned| {
        let span = begun.until((Unit::Day, to)).ok()?;
        u32::try_from(span.get_days()).ok()
    };
    Some((months, days(to)?, days(&after(months + 1)?)?))
}

impl Credit {
    /// What the time from `now` to the end of an inspected certificate takes off a price. None when nothing
    /// is left: an expired key is upgraded at the full price.
    pub fn reckon(
        inspected: &Inspection,
        now: Timestamp,
        yearly: Money,
        price: Money,
    ) -> Option<Self> {
        let zone = jiff::tz::TimeZone::get(crate::CIVIL_ZONE).ok()?;
        let now = now.to_zoned(zone.clone());
        let end = inspected.not_after.to_zoned(zone);
        if end <= now {
            return None;
        }
        let (months_left, days_left, days_in_month) = apart(&now, &end)?;
        let months_carried = if months_left < CARRIED_MONTHS {
            0
        } else {
            CARRIED_MONTHS
        };
        // (months + days ÷ length) × yearly ÷ 12, rounded once.
        let parts = u64::from(months_left - months_carried) * u64::from(days_in_month)
            + u64::from(days_left);
        let whole = 12 * u64::from(days_in_month);
        let worth = yearly.fraction(Decimal::from(parts), Decimal::from(whole))?;
        let amount = worth.min(price);
        Some(Self {
            certificate_serial: inspected.certificate_serial.clone(),
            not_after: inspected.not_after,
            months_left,
            days_left,
            months_carried,
            days_in_month,
            yearly,
            worth,
            amount,
            lost: worth - amount,
            without_pin: inspected.without_pin,
        })
    }

    /// Is a year carried over, as a line of its own?
    pub fn carries(&self) -> bool {
        self.months_carried > 0
    }
}

/// A certificate that has given its credit, or is about to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditUse {
    /// The certificate.
    pub certificate_serial: String,
    /// The order that took it.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// Is it paid for? Until then it comes free when the order ends.
    pub paid: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    const YEARLY: i64 = 24_000;

    fn zone() -> TimeZone {
        TimeZone::get(crate::CIVIL_ZONE).unwrap()
    }

    fn inspected(end: Timestamp) -> Inspection {
        Inspection {
            company: CompanyId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
            serial: "CPP1".to_owned(),
            certificate_serial: "40".to_owned(),
            medium: Medium::Cpp,
            not_after: end,
            at: end,
            without_pin: false,
        }
    }

    fn credit(now: &Zoned, end: &Zoned, price: i64) -> Option<Credit> {
        let (yearly, price) = (Money::from_fen(YEARLY), Money::from_fen(price));
        Credit::reckon(&inspected(end.timestamp()), now.timestamp(), yearly, price)
    }

    /// covers: R38, R39, R41
    #[test]
    fn the_manuals_own_examples() {
        let now = date(2026, 11, 23).at(9, 0, 0, 0).to_zoned(zone()).unwrap();
        let after = |years: i64, months: i64, days: i64| {
            now.checked_add(Span::new().years(years).months(months).days(days))
                .unwrap()
        };
        for (years, months, days, carried, fen) in [
            (0, 8, 0, 0, 16_000),   // 8 个月: all of it is credit
            (0, 11, 29, 0, 23_871), // two days less than a year: 11 + 29/31 months
            (1, 0, 0, 12, 0),       // exactly a year is carried over whole
            (1, 0, 15, 12, 1_000),  // half of a month of 30 days
            (1, 8, 0, 12, 16_000),  // 1 年 8 个月
            (2, 8, 0, 12, 40_000),  // 2 years 8 months: 20 months
            (0, 0, 1, 0, 67),       // 24 000 ÷ 12 ÷ 30 = 66.67
        ] {
            let credit = credit(&now, &after(years, months, days), 1_000_000).unwrap();
            assert_eq!(
                (credit.months_carried, credit.worth),
                (carried, Money::from_fen(fen)),
                "{years} years {months} months {days} days: {credit:?}"
            );
            assert_eq!((credit.amount, credit.lost), (credit.worth, Money::ZERO));
        }
        assert_eq!(credit(&now, &now, 1_000_000), None);
        let capped = credit(&now, &after(2, 8, 0), 30_000).unwrap();
        assert_eq!(
            (capped.amount, capped.lost),
            (Money::from_fen(30_000), Money::from_fen(10_000))
        );
    }

    /// covers: R41
    #[test]
    fn over_four_years_of_starts_more_time_is_never_worth_less() {
        let mut start = date(2027, 1, 1).at(17, 30, 0, 0).to_zoned(zone()).unwrap();
        for _ in 0..=(4 * 365) {
            let (mut last, mut last_carried) = (Money::ZERO, 0);
            let year = start.checked_add(Span::new().months(12)).unwrap();
            for days in (1..=800)
                .step_by(7)
                .chain([364, 365, 366, 367])
                .collect::<std::collections::BTreeSet<_>>()
            {
                let end = start.checked_add(Span::new().days(days)).unwrap();
                let credit = credit(&start, &end, 10_000_000).unwrap();
                assert!(
                    credit.days_left < credit.days_in_month,
                    "{start} {end}: {credit:?}"
                );
                assert!(
                    (28..=31).contains(&credit.days_in_month),
                    "{start} {end}: {credit:?}"
                );
                assert_eq!(credit.months_carried == 12, end >= year, "{start} {end}");
                // At one year the credit begins anew; on either side it only grows.
                assert!(
                    credit.worth >= last || credit.months_carried > last_carried,
                    "{start} {end}: {credit:?}"
                );
                (last, last_carried) = (credit.worth, credit.months_carried);
            }
            start = start.checked_add(Span::new().days(1)).unwrap();
        }
    }
}

//! Working hours of a desk, and what is promised in them (R8, R9).
//!
//! | speed | approved on a working day | promised: with the courier, or at the branch, by |
//! | --- | --- | --- |
//! | 6 h | before noon | the end of that day |
//! | 6 h | later | noon of the next working day |
//! | 12 h | before the desk's cut-off | the end of that day |
//! | 12 h | later | the end of the next working day |
//! | none | at any time | the end of the third working day after it |
//!
//! What is approved on a day off counts as approved when the next working day begins. Moments are civil time of China.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CIVIL_ZONE;
use crate::policy::Urgency;

/// Working days after an approval in which what is not urgent is made.
const ORDINARY_DAYS: u8 = 3;
/// Working hours in which urgent papers are reviewed.
pub const URGENT_REVIEW: SignedDuration = SignedDuration::from_hours(2);
/// Days without work in a row, at most: a calendar with more is a mistake.
const LONGEST_BREAK: usize = 31;

/// When a desk works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// A working day begins.
    #[schemars(with = "String")]
    pub opens: Time,
    /// Its morning ends.
    #[schemars(with = "String")]
    pub noon: Time,
    /// What is to be made on the same day has to be approved before this.
    #[schemars(with = "String")]
    pub cut_off: Time,
    /// It ends.
    #[schemars(with = "String")]
    pub closes: Time,
    /// Days off that would be working days: public holidays, in the days that they are given.
    #[schemars(with = "BTreeSet<String>")]
    pub holidays: BTreeSet<Date>,
    /// Saturdays and Sundays that are worked instead (调休).
    #[schemars(with = "BTreeSet<String>")]
    pub worked: BTreeSet<Date>,
}

/// Why a calendar cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCalendar {
    /// A day begins, has its noon and its cut-off, and ends, in this order.
    #[error("a day begins, has its noon and its cut-off, and ends")]
    Hours,
    /// A day is both a holiday and worked.
    #[error("{0} is both a holiday and worked")]
    Both(Date),
    /// There are too many days off in a row from this one.
    #[error("more than a month off from {0}")]
    Break(Date),
}

impl Calendar {
    /// Checks what somebody typed.
    ///
    /// # Errors
    /// [`BadCalendar`].
    pub fn check(&self) -> Result<(), BadCalendar> {
        let within = |time: Time| self.opens < time && time < self.closes;
        if !within(self.noon) || !within(self.cut_off) {
            return Err(BadCalendar::Hours);
        }
        if let Some(both) = self.holidays.intersection(&self.worked).next() {
            return Err(BadCalendar::Both(*both));
        }
        match self
            .holidays
            .iter()
            .find(|day| self.workday(**day).is_none())
        {
            Some(day) => Err(BadCalendar::Break(*day)),
            None => Ok(()),
        }
    }

    /// The same without the days before a moment: what an order takes along.
    #[must_use]
    pub fn since(&self, at: Timestamp) -> Self {
        // A moment in whose zone it may still be the day before.
        let first = at.to_zoned(TimeZone::UTC).date().yesterday().ok();
        let kept = |days: &BTreeSet<Date>| {
            let days = days
                .iter()
                .filter(|day| first.is_none_or(|first| **day >= first));
            days.copied().collect()
        };
        Self {
            holidays: kept(&self.holidays),
            worked: kept(&self.worked),
            ..self.clone()
        }
    }

    /// Is it a day on which the desk works?
    pub fn is_worked(&self, day: Date) -> bool {
        if self.holidays.contains(&day) {
            return false;
        }
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        !weekend || self.worked.contains(&day)
    }

    /// This day, or the next one on which the desk works.
    fn workday(&self, day: Date) -> Option<Date> {
        day.series(1.day())
            .take(LONGEST_BREAK)
            .find(|day| self.is_worked(*day))
    }

    /// The working day after one.
    fn next(&self, day: Date) -> Option<Date> {
        self.workday(day.tomorrow().ok()?)
    }

    /// The working day and the time on it that count for a moment: on a day off, the next one when it begins.
    fn counted(&self, at: Timestamp) -> Option<(Date, Time)> {
        let there = at.to_zoned(TimeZone::get(CIVIL_ZONE).ok()?);
        let (day, time) = (there.date(), there.time());
        if self.is_worked(day) {
            Some((day, time))
        } else {
            Some((self.workday(day)?, self.opens))
        }
    }

    fn moment(day: Date, time: Time) -> Option<Timestamp> {
        let there = day.to_datetime(time).in_tz(CIVIL_ZONE).ok()?;
        Some(there.timestamp())
    }

    /// By when what is approved at a moment is handed over: to the courier, or to whoever fetches it. None where the
    /// calendar does not say.
    pub fn handed_over_by(&self, speed: Urgency, approved: Timestamp) -> Option<Timestamp> {
        let (day, time) = self.counted(approved)?;
        let (day, time) = match speed {
            Urgency::HalfDay if time < self.noon => (day, self.closes),
            Urgency::HalfDay => (self.next(day)?, self.noon),
            Urgency::SameDay if time < self.cut_off => (day, self.closes),
            Urgency::SameDay => (self.next(day)?, self.closes),
            Urgency::None => {
                let mut day = day;
                for _ in 0..ORDINARY_DAYS {
                    day = self.next(day)?;
                }
                (day, self.closes)
            }
        };
        Self::moment(day, time)
    }

    /// By when papers that were handed in at a moment are reviewed: urgent ones in two working hours, others by the end
    /// of the next working day.
    pub fn reviewed_by(&self, speed: Urgency, handed_in: Timestamp) -> Option<Timestamp> {
        match speed {
            Urgency::None => {
                let (day, _) = self.counted(handed_in)?;
                Self::moment(self.next(day)?, self.closes)
            }
            Urgency::HalfDay | Urgency::SameDay => self.after(handed_in, URGENT_REVIEW),
        }
    }

    /// So much working time after a moment.
    pub fn after(&self, from: Timestamp, time: SignedDuration) -> Option<Timestamp> {
        let (mut day, at) = self.counted(from)?;
        let mut left = time;
        let mut begin = at.max(self.opens);
        loop {
            let (begins, closes) = (Self::moment(day, begin)?, Self::moment(day, self.closes)?);
            let rest = closes.duration_since(begins).max(SignedDuration::ZERO);
            if left <= rest {
                return begins.checked_add(left).ok();
            }
            left = left.checked_sub(rest)?;
            day = self.next(day)?;
            begin = self.opens;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        let day = |text: &str| text.parse::<Date>().unwrap();
        Calendar {
            opens: "09:00".parse().unwrap(),
            noon: "12:00".parse().unwrap(),
            cut_off: "15:00".parse().unwrap(),
            closes: "17:30".parse().unwrap(),
            holidays: [
                "2026-09-25",
                "2026-10-01",
                "2026-10-02",
                "2026-10-05",
                "2026-10-06",
                "2026-10-07",
            ]
            .map(day)
            .into(),
            worked: ["2026-09-20", "2026-10-10"].map(day).into(),
        }
    }

    fn at(text: &str) -> Timestamp {
        format!("{text}:00+08:00").parse().unwrap()
    }

    /// covers: R8, R9
    #[test]
    fn what_is_promised_follows_from_speed_and_hour() {
        let calendar = calendar();
        for (approved, six, twelve, none) in [
            // Monday to Friday.
            (
                "2026-11-23T08:00",
                "2026-11-23T17:30",
                "2026-11-23T17:30",
                "2026-11-26T17:30",
            ),
            (
                "2026-11-23T11:59",
                "2026-11-23T17:30",
                "2026-11-23T17:30",
                "2026-11-26T17:30",
            ),
            (
                "2026-11-23T12:00",
                "2026-11-24T12:00",
                "2026-11-23T17:30",
                "2026-11-26T17:30",
            ),
            (
                "2026-11-23T15:00",
                "2026-11-24T12:00",
                "2026-11-24T17:30",
                "2026-11-26T17:30",
            ),
            (
                "2026-11-23T20:00",
                "2026-11-24T12:00",
                "2026-11-24T17:30",
                "2026-11-26T17:30",
            ),
            // Over a weekend, and on one.
            (
                "2026-11-27T13:00",
                "2026-11-30T12:00",
                "2026-11-27T17:30",
                "2026-12-02T17:30",
            ),
            (
                "2026-11-28T13:00",
                "2026-11-30T17:30",
                "2026-11-30T17:30",
                "2026-12-03T17:30",
            ),
            // Over a holiday, to a Saturday that is worked.
            (
                "2026-09-30T16:00",
                "2026-10-08T12:00",
                "2026-10-08T17:30",
                "2026-10-10T17:30",
            ),
            // A Sunday that is worked.
            (
                "2026-09-20T10:00",
                "2026-09-20T17:30",
                "2026-09-20T17:30",
                "2026-09-23T17:30",
            ),
        ] {
            for (speed, promised) in [
                (Urgency::HalfDay, six),
                (Urgency::SameDay, twelve),
                (Urgency::None, none),
            ] {
                let by = calendar.handed_over_by(speed, at(approved));
                assert_eq!(by, Some(at(promised)), "{speed:?} {approved}");
            }
        }
    }

    #[test]
    fn urgent_papers_are_reviewed_in_two_hours_of_work() {
        let calendar = calendar();
        for (handed_in, by) in [
            ("2026-11-23T07:00", "2026-11-23T11:00"),
            ("2026-11-23T10:30", "2026-11-23T12:30"),
            ("2026-11-23T15:30", "2026-11-23T17:30"),
            ("2026-11-23T16:30", "2026-11-24T10:00"),
            ("2026-11-27T18:00", "2026-11-30T11:00"),
            ("2026-11-28T10:00", "2026-11-30T11:00"),
        ] {
            let said = calendar.reviewed_by(Urgency::HalfDay, at(handed_in));
            assert_eq!(said, Some(at(by)), "{handed_in}");
        }
        let by = calendar.reviewed_by(Urgency::None, at("2026-11-27T10:00"));
        assert_eq!(by, Some(at("2026-11-30T17:30")));
    }

    #[test]
    fn a_calendar_that_makes_no_sense_is_none() {
        assert_eq!(calendar().check(), Ok(()));
        let late = Calendar {
            cut_off: "18:00".parse().unwrap(),
            ..calendar()
        };
        assert_eq!(late.check(), Err(BadCalendar::Hours));
        let mut both = calendar();
        let day = "2026-10-01".parse().unwrap();
        both.worked.insert(day);
        assert_eq!(both.check(), Err(BadCalendar::Both(day)));
        let mut long = calendar();
        long.worked.clear();
        long.holidays.extend(day.series(1.day()).take(40));
        assert_eq!(long.check(), Err(BadCalendar::Break(day)));
        assert_eq!(
            long.handed_over_by(Urgency::HalfDay, at("2026-10-01T10:00")),
            None
        );
    }
}

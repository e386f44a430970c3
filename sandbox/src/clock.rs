//! Time, and the way the gateways write it.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, offset};

/// How Alipay writes a moment: China time, no offset.
const CHINA_FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// Where the time comes from. `main` passes the wall clock, tests pass one that they move themselves.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks `source` each time.
    pub fn new(source: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// The moment that it is.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// China has one time zone without summer time.
fn china_zone() -> TimeZone {
    TimeZone::fixed(offset(8))
}

/// `at` in China time, as `2026-11-21 20:15:00`.
pub fn china(at: Timestamp) -> String {
    at.to_zoned(china_zone()).strftime(CHINA_FORMAT).to_string()
}

/// `at` in China time with milliseconds, as Alipay writes `gmt_refund`.
pub fn china_millis(at: Timestamp) -> String {
    at.to_zoned(china_zone())
        .strftime("%Y-%m-%d %H:%M:%S.%3f")
        .to_string()
}

/// `at` in China time as digits only, the way trade numbers begin.
pub fn china_digits(at: Timestamp) -> String {
    at.to_zoned(china_zone())
        .strftime("%Y%m%d%H%M%S")
        .to_string()
}

/// `at` in China time as WeChat Pay writes it: `2026-11-21T20:15:00+08:00`.
pub fn china_rfc3339(at: Timestamp) -> String {
    at.to_zoned(china_zone())
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

/// The day in China on which `at` lies.
pub fn china_date(at: Timestamp) -> Date {
    at.to_zoned(china_zone()).date()
}

/// Reads exactly what [`china`] writes.
pub fn parse_china(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime(CHINA_FORMAT, text).ok()?;
    let at = civil.to_zoned(china_zone()).ok()?.timestamp();
    (china(at) == text).then_some(at)
}

/// The last second of the China day in which `at` lies.
pub fn china_day_end(at: Timestamp) -> Option<Timestamp> {
    let last = at.to_zoned(china_zone()).date().at(23, 59, 59, 0);
    Some(last.to_zoned(china_zone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn china_time_is_eight_hours_ahead_and_read_back_strictly() {
        let at: Timestamp = "2026-11-21T16:05:09Z".parse().unwrap();
        assert_eq!(china(at), "2026-11-22 00:05:09");
        assert_eq!(china_millis(at), "2026-11-22 00:05:09.000");
        assert_eq!(china_digits(at), "20261122000509");
        assert_eq!(china_rfc3339(at), "2026-11-22T00:05:09+08:00");
        assert_eq!(china_date(at).to_string(), "2026-11-22");
        assert_eq!(parse_china("2026-11-22 00:05:09"), Some(at));
        for wrong in [
            "2026-11-22T00:05:09",
            "2026-11-22 0:05:09",
            "2026-13-01 00:00:00",
            "",
        ] {
            assert_eq!(parse_china(wrong), None, "{wrong}");
        }
        assert_eq!(
            china_day_end(at),
            Some("2026-11-22T15:59:59Z".parse().unwrap())
        );
    }
}

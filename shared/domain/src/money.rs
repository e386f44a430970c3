//! Money: yuan with two decimals, never a float.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// An amount in CNY, exact to the fen. On the wire and in the store it is a string such as `"360.00"`;
/// at a gateway it is an integer of fen or a string of yuan, as that gateway wants.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Money(Decimal);

/// A text that is not an amount in yuan with at most two decimals, or is below zero.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an amount in yuan with at most two decimals")]
pub struct InvalidMoney;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// An amount from fen.
    pub fn from_fen(fen: i64) -> Self {
        Self(Decimal::new(fen, 2))
    }

    /// The amount in fen. `None` only beyond the range of an `i64`, far above any gateway's limit.
    pub fn fen(self) -> Option<i64> {
        i64::try_from((self.0 * Decimal::ONE_HUNDRED).trunc().mantissa()).ok()
    }

    /// `self` times a whole number of pieces.
    pub fn times(self, count: u32) -> Self {
        Self(self.0 * Decimal::from(count))
    }

    /// `self × numerator ÷ denominator`, rounded half up to the fen: the one rounding rule (R38–R41).
    /// `None` when the denominator is zero.
    pub fn fraction(self, numerator: Decimal, denominator: Decimal) -> Option<Self> {
        let exact = (self.0 * numerator).checked_div(denominator)?;
        Some(Self(exact.round_dp_with_strategy(
            2,
            RoundingStrategy::MidpointAwayFromZero,
        )))
    }

    /// Is it below zero?
    pub fn is_negative(self) -> bool {
        self.0 < Decimal::ZERO
    }
}

impl FromStr for Money {
    type Err = InvalidMoney;
    fn from_str(text: &str) -> Result<Self, InvalidMoney> {
        let valid = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let (whole, cents) = text.split_once('.').unwrap_or((text, "0"));
        if text.len() > 15 || !valid(whole) || !valid(cents) || cents.len() > 2 {
            return Err(InvalidMoney);
        }
        let mut value = Decimal::from_str(text).map_err(|_| InvalidMoney)?;
        value.rescale(2);
        Ok(Self(value))
    }
}

impl TryFrom<String> for Money {
    type Error = InvalidMoney;
    fn try_from(text: String) -> Result<Self, InvalidMoney> {
        text.parse()
    }
}

impl From<Money> for String {
    fn from(money: Money) -> Self {
        money.to_string()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0;
        value.rescale(2);
        value.fmt(f)
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9]{1,12}(\\.[0-9]{1,2})?$", "description": "CNY, yuan with two decimals.", "examples": ["360.00"]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_and_print_to_the_fen() {
        for (text, fen) in [
            ("0.01", 1),
            ("88.88", 8888),
            ("360", 36_000),
            ("100000000.00", 10_000_000_000),
            ("1.5", 150),
        ] {
            let money: Money = text.parse().unwrap();
            assert_eq!(money.fen(), Some(fen), "{text}");
            assert_eq!(Money::from_fen(fen), money);
        }
        assert_eq!(Money::from_fen(150).to_string(), "1.50");
        assert_eq!(Money::from_fen(0).to_string(), "0.00");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for bad in [
            "",
            "-1",
            "1.234",
            "1e5",
            ".5",
            "5.",
            "1,000",
            "NaN",
            "1234567890123456",
            " 1",
        ] {
            assert!(bad.parse::<Money>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_fraction_rounds_half_up() {
        let yearly = Money::from_fen(10_001);
        assert_eq!(
            yearly.fraction(Decimal::from(6), Decimal::from(12)),
            Some(Money::from_fen(5_001))
        );
        assert_eq!(yearly.fraction(Decimal::ONE, Decimal::ZERO), None);
    }
}

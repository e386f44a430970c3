//! Yuan on the wire, fen inside.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in fen.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Fen(pub u64);

impl Fen {
    /// The most that one trade may cost: 100000000 yuan.
    pub const MOST: Self = Self(10_000_000_000);

    /// Reads yuan with at most two decimals, between 0.01 and 100000000.
    pub fn parse(text: &str) -> Option<Self> {
        let (yuan, fen) = text.split_once('.').unwrap_or((text, "00"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(yuan) || !digits(fen) || yuan.len() > 9 || fen.len() > 2 {
            return None;
        }
        let amount =
            Self(yuan.parse::<u64>().ok()? * 100 + format!("{fen:0<2}").parse::<u64>().ok()?);
        (Self(1)..=Self::MOST).contains(&amount).then_some(amount)
    }
}

/// An amount that JSON writes as text in yuan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Yuan(pub Fen);

impl TryFrom<String> for Yuan {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Fen::parse(&text).map(Self).ok_or("no amount in yuan")
    }
}

impl From<Yuan> for String {
    fn from(amount: Yuan) -> Self {
        amount.0.to_string()
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl std::iter::Sum for Fen {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(|amount| amount.0).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_are_read_strictly_and_written_with_two_decimals() {
        for (text, fen, shown) in [
            ("0.01", 1, "0.01"),
            ("1", 100, "1.00"),
            ("1.5", 150, "1.50"),
            ("88.88", 8888, "88.88"),
            ("100000000", 10_000_000_000, "100000000.00"),
        ] {
            assert_eq!(Fen::parse(text), Some(Fen(fen)), "{text}");
            assert_eq!(Fen(fen).to_string(), shown);
        }
        for wrong in [
            "",
            "0",
            "0.00",
            "-1",
            "+1",
            "1.",
            ".5",
            "1.005",
            "1e3",
            " 1",
            "1,00",
            "100000000.01",
            "99999999999999999999",
            "１",
        ] {
            assert_eq!(Fen::parse(wrong), None, "{wrong}");
        }
    }
}

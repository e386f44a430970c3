//! What both gateways have in common: China's time, the bounds of money, texts for payers.

use domain::money::Money;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, offset};

use crate::ports::GatewayError;

/// How times are written at Alipay, and in the bills of both.
const TIME: &str = "%Y-%m-%d %H:%M:%S";

/// The most that one payment may ask for: 100000000 yuan, in fen (Alipay OpenAPI, methods). For WeChat Pay
/// no bound was found, so it is the same there.
const MOST_FEN: i64 = 10_000_000_000;

/// How many characters of a gateway's words are kept.
const WORDS: usize = 200;

/// China has kept one time, UTC+8, since 1991.
pub(super) fn china() -> TimeZone {
    TimeZone::fixed(offset(8))
}

/// A moment in China's time.
#[cfg(feature = "alipay")]
pub(super) fn write_time(at: Timestamp) -> String {
    at.to_zoned(china()).strftime(TIME).to_string()
}

/// Reads a moment in China's time.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime(TIME, text).ok()?;
    Some(civil.to_zoned(china()).ok()?.timestamp())
}

/// The amount in fen, when it is one that can be asked for.
pub(super) fn payable(amount: Money) -> Result<i64, GatewayError> {
    amount
        .fen()
        .filter(|fen| (1..=MOST_FEN).contains(fen))
        .ok_or_else(|| refused("sealkey.amount", "gateways take 0.01 to 100000000 yuan"))
}

/// Is it a number as gateways give them?
pub(super) fn is_gateway_number(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// A text of ours that is safe in every hand, cut where `most` is reached, each character counting `size`;
/// `otherwise` when nothing is left.
///
/// Alipay's own notice is signed as `k=v` joined by `&`, so a text with these characters could be read as
/// other parameters; in a bill a comma, a quote or a backtick could be read as the end of a value. Payers
/// see the full-width forms instead.
pub(super) fn plain(text: &str, most: usize, size: fn(char) -> usize, otherwise: &str) -> String {
    let same = |c: char| match c {
        '&' => '＆',
        '=' => '＝',
        '<' => '＜',
        '>' => '＞',
        '"' | '\'' => '＂',
        '\\' | '/' => '／',
        ',' => '，',
        '`' => '｀',
        c if c.is_control() => ' ',
        c => c,
    };
    let mut left = most;
    let mut plain = String::new();
    for c in text.trim().chars().map(same) {
        let Some(rest) = left.checked_sub(size(c)) else {
            break;
        };
        left = rest;
        plain.push(c);
    }
    if plain.is_empty() {
        otherwise.to_owned()
    } else {
        plain
    }
}

/// As much of a gateway's words as is kept.
pub(super) fn words(text: &str) -> String {
    text.chars().take(WORDS).collect()
}

/// We refuse it ourselves, or the gateway does.
pub(super) fn refused(code: &str, message: &str) -> GatewayError {
    GatewayError::Refused {
        code: words(code),
        message: words(message),
    }
}

/// Unreadable though it is the gateway's. What was asked for may or may not have happened.
pub(super) fn unreadable(what: &str) -> GatewayError {
    GatewayError::Unavailable(format!("an answer that cannot be read: {what}"))
}

/// It did not work this time.
pub(super) fn unavailable(why: &str) -> GatewayError {
    GatewayError::Unavailable(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_pose_as_something_else() {
        let chars = |text: &str| plain(text, 256, |_| 1, "Sealkey");
        assert_eq!(
            chars(" 企业密钥 & a=b/c\n\"x\",`y "),
            "企业密钥 ＆ a＝b／c ＂x＂，｀y"
        );
        assert_eq!(chars(" "), "Sealkey");
        assert_eq!(chars(&"钥".repeat(300)).chars().count(), 256);
        let bytes = |text: &str| plain(text, 127, char::len_utf8, "Sealkey");
        assert_eq!(bytes(&"钥".repeat(300)), "钥".repeat(42));
        assert_eq!(bytes(&"a".repeat(300)), "a".repeat(127));
    }

    #[test]
    fn times_are_china_time() {
        let at: Timestamp = "2026-11-21T16:00:01Z".parse().unwrap();
        #[cfg(feature = "alipay")]
        assert_eq!(write_time(at), "2026-11-22 00:00:01");
        assert_eq!(read_time("2026-11-22 00:00:01"), Some(at));
        for bad in [
            "",
            "2026-11-22",
            "2026-11-22T00:00:01Z",
            "2026-13-01 00:00:00",
            "2026-11-22 00:00:01.5",
        ] {
            assert_eq!(read_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn money_has_its_bounds() {
        for (fen, good) in [
            (-1, false),
            (0, false),
            (1, true),
            (10_000_000_000, true),
            (10_000_000_001, false),
        ] {
            assert_eq!(payable(Money::from_fen(fen)).ok(), good.then_some(fen));
        }
    }
}

//! Blank keys in stock: what the production desk writes on, counted one by one.
//!
//! A key is blank until a unit is begun on it; then it is that unit's, made or scrapped. It never becomes blank
//! again: what was on it once might still be there.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::Medium;
use crate::ids::{LineNo, OrderId, StaffId, UnitNo};

/// The longest serial number of a token, characters.
pub const LONGEST_SERIAL: usize = 32;
/// How many keys are taken in at once.
pub const MOST_AT_ONCE: usize = 25;

/// Can a token have this serial number? Letters, digits and hyphens, as makers print them.
pub fn is_serial(text: &str) -> bool {
    (1..=LONGEST_SERIAL).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Where a key of the stock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockState {
    /// Nobody has begun it.
    Blank,
    /// Being written.
    Taken,
    /// Made.
    Used,
    /// Not to be used any more.
    Scrapped,
}

impl StockState {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Blank, Self::Taken, Self::Used, Self::Scrapped];

    /// Its name, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Taken => "taken",
            Self::Used => "used",
            Self::Scrapped => "scrapped",
        }
    }
}

/// Why a key is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScrapReason {
    /// It, or its module, does not do what it is asked.
    KeyFails,
    /// There is no room on it for what belongs there.
    NoRoom,
    /// It was written, and what it then signed or derived was wrong.
    SelfTest,
    /// Nobody knows any more what is on it: the work on it was interrupted for good.
    Interrupted,
    /// It is damaged, or its print is wrong: seen by the maker.
    Damaged,
}

impl ScrapReason {
    /// Its name, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeyFails => "key_fails",
            Self::NoRoom => "no_room",
            Self::SelfTest => "self_test",
            Self::Interrupted => "interrupted",
            Self::Damaged => "damaged",
        }
    }
}

/// The unit that a key of the stock became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitPlace {
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// The key of the line.
    pub unit: UnitNo,
    /// Which try.
    pub attempt: u32,
}

/// A key of the stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockKey {
    /// The token's own serial number.
    pub serial: String,
    /// The token.
    pub medium: Medium,
    /// Where it stands.
    pub state: StockState,
    /// Which SO PIN it has once it was initialised: each rotation has a number of its own.
    pub so_epoch: u32,
    /// Was a further SO PIN released, and nobody knows yet whether it is on the key?
    #[serde(default)]
    pub so_releasing: bool,
    /// When an agent found that its SO PIN is locked, or another one than ours: it cannot be unlocked any more.
    #[serde(default)]
    pub so_lost_at: Option<Timestamp>,
    /// Its first SO PIN, sealed, of a key that was made elsewhere; none when it follows from our own secret.
    #[serde(default)]
    pub escrow: Option<String>,
    /// Who took it in.
    pub added_by: StaffId,
    /// When.
    pub added_at: Timestamp,
    /// What it became.
    pub unit: Option<UnitPlace>,
    /// Why it was given up, when it never became anything.
    pub scrapped_for: Option<ScrapReason>,
    /// Since when it stands so.
    pub since: Timestamp,
    /// Raised by every change.
    pub version: u64,
}

impl StockKey {
    /// A blank one, taken in now.
    pub fn blank(serial: String, medium: Medium, by: StaffId, now: Timestamp) -> Self {
        Self {
            serial,
            medium,
            state: StockState::Blank,
            so_epoch: 0,
            so_releasing: false,
            so_lost_at: None,
            escrow: None,
            added_by: by,
            added_at: now,
            unit: None,
            scrapped_for: None,
            since: now,
            version: 1,
        }
    }

    /// One that was made elsewhere, with the SO PIN that it has, sealed.
    pub fn escrowed(
        serial: String,
        medium: Medium,
        so_pin: String,
        by: StaffId,
        now: Timestamp,
    ) -> Self {
        Self {
            state: StockState::Used,
            escrow: Some(so_pin),
            ..Self::blank(serial, medium, by, now)
        }
    }

    /// The same made elsewhere, with an SO PIN that was typed right this time. None when it is not one of those, or its
    /// SO PIN was released already: then it may have another one.
    pub fn escrowed_anew(&self, new: Self) -> Option<Self> {
        let untouched = self.escrow.is_some() && self.so_epoch == 0 && !self.so_releasing;
        (untouched && self.medium == new.medium).then(|| Self {
            version: self.version + 1,
            ..new
        })
    }

    fn to(&self, state: StockState, now: Timestamp) -> Self {
        Self {
            state,
            since: now,
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// A unit is begun on it. None when it is not blank.
    pub fn take(&self, unit: UnitPlace, now: Timestamp) -> Option<Self> {
        (self.state == StockState::Blank).then(|| Self {
            unit: Some(unit),
            ..self.to(StockState::Taken, now)
        })
    }

    /// Its unit is made. None when that is known, or it was not begun.
    pub fn used(&self, now: Timestamp) -> Option<Self> {
        (self.state == StockState::Taken).then(|| self.to(StockState::Used, now))
    }

    /// It is given up. None when it was before.
    pub fn scrapped(&self, now: Timestamp) -> Option<Self> {
        (self.state != StockState::Scrapped).then(|| self.to(StockState::Scrapped, now))
    }

    /// Can it be unlocked: is it made, and do we know its SO PIN?
    pub fn is_unlockable(&self) -> bool {
        self.state == StockState::Used && self.so_lost_at.is_none()
    }

    /// Which SO PINs it may have, the likeliest first, by their numbers; and the one that it gets next. A number that
    /// was released once is never next again.
    pub fn so_epochs(&self) -> (Vec<u32>, u32) {
        let next = self.so_epoch + 1;
        if self.so_releasing {
            (vec![next, self.so_epoch], next)
        } else {
            (vec![self.so_epoch], next)
        }
    }

    /// The next SO PIN is released. None when it was before.
    pub fn releasing(&self) -> Option<Self> {
        (!self.so_releasing).then(|| Self {
            so_releasing: true,
            version: self.version + 1,
            ..self.clone()
        })
    }

    /// It has the SO PIN that was released. None when that is known.
    pub fn rotated(&self) -> Option<Self> {
        self.so_releasing.then(|| Self {
            so_epoch: self.so_epoch + 1,
            so_releasing: false,
            version: self.version + 1,
            ..self.clone()
        })
    }

    /// Nobody can unlock it any more. None when that is known.
    pub fn so_lost(&self, now: Timestamp) -> Option<Self> {
        self.so_lost_at.is_none().then(|| Self {
            so_lost_at: Some(now),
            version: self.version + 1,
            ..self.clone()
        })
    }

    /// A blank one is taken out of the stock. None when it is not blank.
    pub fn removed(&self, reason: ScrapReason, now: Timestamp) -> Option<Self> {
        (self.state == StockState::Blank).then(|| Self {
            scrapped_for: Some(reason),
            ..self.to(StockState::Scrapped, now)
        })
    }
}

/// What a transition of an order does to the stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StockMove {
    /// A unit is begun on a blank key; only if it is blank.
    Take {
        /// The token's serial number.
        serial: String,
        /// The unit.
        unit: UnitPlace,
    },
    /// The unit on it is made.
    Use {
        /// The token's serial number.
        serial: String,
    },
    /// The unit on it was given up, and it with it.
    Scrap {
        /// The token's serial number.
        serial: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn blank() -> StockKey {
        let by = StaffId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV");
        StockKey::blank("SK-1".to_owned(), Medium::Bjca, by, at(0))
    }

    fn place() -> UnitPlace {
        UnitPlace {
            order: OrderId::new(at(0), 1),
            line: LineNo(1),
            unit: UnitNo(2),
            attempt: 1,
        }
    }

    #[test]
    fn a_key_is_taken_once_and_never_becomes_blank_again() {
        let taken = blank().take(place(), at(1)).unwrap();
        assert_eq!(taken.take(place(), at(2)), None);
        let used = taken.used(at(2)).unwrap();
        assert_eq!((used.state, used.version), (StockState::Used, 3));
        assert_eq!(used.take(place(), at(3)), None);
        assert_eq!(used.removed(ScrapReason::Damaged, at(3)), None);
        let scrapped = used.scrapped(at(3)).unwrap();
        assert_eq!(scrapped.scrapped(at(4)), None);
        assert_eq!(scrapped.take(place(), at(4)), None);
        assert_eq!(blank().used(at(1)), None);
    }

    #[test]
    fn serial_numbers_are_what_makers_print() {
        for good in ["1", "SK-0001", "abcDEF123"] {
            assert!(is_serial(good), "{good}");
        }
        for bad in ["", "a b", "a#b", "号", &"1".repeat(33)] {
            assert!(!is_serial(bad), "{bad}");
        }
    }
}

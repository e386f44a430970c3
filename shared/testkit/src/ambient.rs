//! Time that moves only when it is told to, and chance that is the same in every run.

use std::sync::Mutex;

use adapters::ports::{Clock, Random};
use jiff::{SignedDuration, Timestamp};

use crate::lock;

/// The moment at which tests begin: a working day, nine in the morning in Nanjing.
pub const MORNING: &str = "2026-11-23T01:00:00Z";

/// A clock that stands still.
#[derive(Debug)]
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    /// A clock that stands at `text`.
    pub fn at(text: &str) -> Self {
        Self(Mutex::new(text.parse().expect("a moment")))
    }

    /// Time goes by.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = lock(&self.0);
        *now += by;
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::at(MORNING)
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *lock(&self.0)
    }
}

/// Numbers that look like chance and repeat from the same seed (SplitMix64).
#[derive(Debug)]
pub struct SeededRandom(Mutex<u64>);

impl SeededRandom {
    /// Numbers from a seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// The next number.
    pub fn next(&self) -> u64 {
        let mut state = lock(&self.0);
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// One of `count` numbers from 0.
    pub fn below(&self, count: usize) -> usize {
        let count = u64::try_from(count.max(1)).unwrap_or(1);
        usize::try_from(self.next() % count).unwrap_or_default()
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let number = self.next().to_be_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
    }
}

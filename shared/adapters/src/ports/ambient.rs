//! Time and chance, passed in like everything else from outside.

use jiff::Timestamp;

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Random bytes that nobody can guess.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// A new ULID: sorts by time, 80 random bits.
pub fn new_ulid(clock: &dyn Clock, random: &dyn Random) -> String {
    let mut bytes = [0u8; 16];
    random.fill(&mut bytes);
    let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or_default();
    ulid::Ulid::from_parts(millis, u128::from_be_bytes(bytes)).to_string()
}

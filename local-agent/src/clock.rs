//! The clock of the machine, and its chance: the two things that the agent takes from it and nobody passes in.

use jiff::Timestamp;

/// What time it is. Everything that asks for it gets one of these.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine. It may be wrong: it belongs to a stranger.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the time comes from"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Bytes from the random source of the operating system.
///
/// # Errors
/// When it gives none; then nothing here is safe to do.
pub fn random<const LENGTH: usize>() -> std::io::Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(bytes)
}

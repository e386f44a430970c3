//! The list of certificates that do not count: asked for again when it grows old, or nobody made it in time.

use adapters::ports::{Index, PortError, Registry, Span, Transaction};
use adapters::registry::{self, CrlNote, CrlWanted, DUE_CRL, time};
use jiff::{SignedDuration, Timestamp};

/// How old a list may grow before there is another one: a quarter of what it is good for, so that there are days to
/// mend whatever hinders it.
const OLD: SignedDuration = SignedDuration::from_hours(12);

/// Asks function `crl` for a list, if there is none, if it is old, or if somebody has waited for one too long.
/// Answers whether it did. Asking each minute until there is one does no harm.
///
/// # Errors
/// The store's.
pub async fn ask(registry: &dyn Registry, now: Timestamp) -> Result<bool, PortError> {
    let note: Option<CrlNote> = registry.load(&registry::crl_note()).await?;
    let issued_at = note.and_then(|note| note.issued_at);
    let old = issued_at.is_none_or(|at| now >= at + OLD);
    if !old {
        let span = Span {
            to: Some(format!("{}~", time(now))),
            ..Span::all(Index::Due, DUE_CRL)
        };
        let late = registry.load_page::<CrlWanted>(&span, None, 1).await?;
        if late.rows.is_empty() {
            return Ok(false);
        }
    }
    let asking = Transaction::new(now).mark(&CrlWanted::again(now))?;
    registry.record(&asking).await?;
    Ok(true)
}

//! Function `crl`: publishes the list of certificates that do not count. The table's stream calls it when somebody
//! wants a new one.
//!
//! Whatever revokes or suspends writes a mark in the same transaction; `reconcile` writes one when the list grows
//! old, or when a mark has waited too long. A run makes one list for all marks that it finds:
//!
//! | step | when the power goes out after it |
//! | --- | --- |
//! | reads the marks, then what is published now | nothing happened |
//! | takes the next number in the note, under its version | the number is left out; the marks stay, so `reconcile` asks again |
//! | reads, consistently, what does not count; signs | the same |
//! | puts the list over the one it read of, by S3's own condition | it is published; the marks stay, so there is one more list with the same content and a larger number |
//! | notes it, and takes its marks away, in one transaction | done |
//!
//! **An older list never comes over a newer one.** A run looks at what is published before it takes its number and
//! publishes only over that very object. Of two runs at once, whoever publishes second looks at another object than
//! it had read of, is refused by S3 and begins anew with a larger number.
//!
//! **A mark is taken away only by a list that has it.** It was written in the transaction of what it stands for, and
//! the run read it before it read what does not count.

use std::sync::Arc;

use adapters::ca::{CRL_KEY, ListIssuer};
use adapters::kms::KmsSigner;
use adapters::ports::{
    Clock, CommitError, ListContent, Objects, PortError, PublicObject, Registry, RevocationLists,
    Transaction, Write,
};
use adapters::registry::{
    self, CRL, CRL_LINES, CRL_MARKS, CrlLine, CrlNote, CrlWanted, LISTED_AFTER_END,
};
use adapters::s3::Bucket;
use domain::certificate::Listed;
use edge::real::SystemClock;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// How long a list is good for: four times as long as `reconcile` lets it grow old.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(48);
/// How long caches may keep it, in seconds: so late may a reader learn of a revocation.
const CACHE_SECONDS: u32 = 300;
/// How often a run begins anew because another one was faster.
const TRIES: u32 = 4;
/// Marks that are taken away at once; a transaction holds a hundred writes.
const MARKS_AT_ONCE: usize = 90;

/// What the stream tells. That it tells something is enough: the marks are read from the table.
#[derive(Debug, Deserialize)]
pub struct Batch {}

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Marks, what does not count, and the note.
    pub registry: Arc<dyn Registry>,
    /// Where lists are read.
    pub public: Arc<dyn Objects>,
    /// The CA, for lists.
    pub lists: Arc<dyn RevocationLists>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The function with its real ports.
///
/// # Errors
/// When the environment lacks something, or the chain of the CA is not in the public bucket: the root ceremony puts
/// it there.
pub async fn connect() -> Result<Ports, lambda_runtime::Error> {
    let table = edge::wiring::table()?;
    let config = edge::aws::sdk_config()?;
    let public = Arc::new(Bucket::connect(
        config,
        edge::config::required("PUBLIC_BUCKET")?,
        edge::aws::has_own_endpoint(),
    ));
    let chain = adapters::ca::chain(&*public).await?;
    let signer = Arc::new(KmsSigner::connect(
        config,
        edge::config::required("CA_KEY_ID")?,
    ));
    Ok(Ports {
        registry: table,
        public,
        lists: Arc::new(ListIssuer::new(&chain, signer)?),
        clock: Arc::new(SystemClock),
    })
}

/// Publishes a new list if somebody wants one, and answers with its number.
///
/// # Errors
/// The ports' troubles. Then the marks stay, and `reconcile` asks again.
pub async fn run(ports: &Ports) -> Result<Option<u64>, PortError> {
    let registry = &*ports.registry;
    for _ in 0..TRIES {
        let marks: Vec<CrlWanted> = registry.load_all(CRL, CRL_MARKS).await?;
        if marks.is_empty() {
            return Ok(None);
        }
        let published = ports.public.info(CRL_KEY).await?.map(|info| info.tag);
        let Some(note) = take_number(ports).await? else {
            continue;
        };
        let now = ports.clock.now();
        let content = ListContent {
            number: note.taken,
            this_update: now,
            next_update: now + LIFETIME,
            listed: listed(registry, now).await?,
        };
        let entries = content.listed.len();
        let object = PublicObject {
            key: CRL_KEY,
            media_type: "application/pkix-crl",
            cache_seconds: CACHE_SECONDS,
            bytes: ports.lists.list(&content).await?,
        };
        match ports.public.replace(object, published.as_deref()).await {
            Ok(()) => {}
            Err(PortError::Conflict) => continue,
            Err(error) => return Err(error),
        }
        tracing::info!(number = note.taken, entries, "list published");
        let number = note.taken;
        close(ports, note, &marks, now).await?;
        return Ok(Some(number));
    }
    Err(PortError::Conflict)
}

/// The note with the next number taken; none when another run was faster.
async fn take_number(ports: &Ports) -> Result<Option<CrlNote>, PortError> {
    let there: Option<CrlNote> = ports.registry.load(&registry::crl_note()).await?;
    let mut note = there.unwrap_or(CrlNote {
        taken: 0,
        issued: 0,
        issued_at: None,
        version: 0,
    });
    note.taken += 1;
    note.version += 1;
    let transaction = Transaction::new(ports.clock.now()).change(&note)?;
    match ports.registry.record(&transaction).await {
        Ok(()) => Ok(Some(note)),
        Err(CommitError::Refused(_)) => Ok(None),
        Err(CommitError::Port(error)) => Err(error),
    }
}

/// What stands on a list now, by serial number.
async fn listed(registry: &dyn Registry, now: Timestamp) -> Result<Vec<Listed>, PortError> {
    let lines: Vec<CrlLine> = registry.load_all(CRL, CRL_LINES).await?;
    let mut listed: Vec<Listed> = lines
        .into_iter()
        .flat_map(|line| line.listed)
        .filter(|listed| now < listed.not_after + LISTED_AFTER_END)
        .collect();
    listed.sort_by(|a, b| a.serial.cmp(&b.serial));
    Ok(listed)
}

/// Notes a list that is published, and takes away the marks that it answers.
async fn close(
    ports: &Ports,
    mut note: CrlNote,
    marks: &[CrlWanted],
    now: Timestamp,
) -> Result<(), PortError> {
    note.issued = note.taken;
    note.issued_at = Some(now);
    note.version += 1;
    let mut noted = vec![Write::next(&note)?];
    for some in marks.chunks(MARKS_AT_ONCE) {
        let mut transaction = Transaction::new(now);
        transaction.writes = std::mem::take(&mut noted);
        transaction.writes.extend(some.iter().map(Write::remove));
        match ports.registry.record(&transaction).await {
            Ok(()) => {}
            // Another run has taken a number since: it makes a list for these marks too.
            Err(CommitError::Refused(_)) => return Ok(()),
            Err(CommitError::Port(error)) => return Err(error),
        }
    }
    Ok(())
}

//! Comparing the audit's chains with the heads that were signed.
//!
//! A chain by itself shows that nothing in it was changed or taken away, as long as not all of it was
//! written anew. The signed heads show that too: what was signed once must be in the chain for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use adapters::heads::{self, SignedHead};
use adapters::ports::{Index, PortError, Registry, Span};
use adapters::registry::{self, AUDIT_CHAINS, AUDIT_ENTRIES};
use adapters::s3::{Bucket, ObjectVersion};
use anyhow::{Context, Result};
use async_trait::async_trait;
use domain::audit::{self, AuditEntry, AuditHead, BrokenChain};
use domain::ids::StaffId;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use tokio::task::JoinSet;

/// A head is a few hundred bytes.
const HEAD_LIMIT: u64 = 4096;
/// Rows of an index at once.
const PAGE: u32 = 200;
/// How many objects are read at the same time.
const AT_ONCE: usize = 16;
/// How often a chain is read again that grew while it was read.
const TRIES: u32 = 5;

/// Where signed heads lie.
#[async_trait]
pub trait Vault: Send + Sync {
    /// All versions of all heads, those too that newer ones hide.
    async fn list(&self) -> Result<Vec<ObjectVersion>, PortError>;

    /// One of them.
    async fn read(&self, object: &ObjectVersion) -> Result<Option<Vec<u8>>, PortError>;
}

#[async_trait]
impl Vault for Bucket {
    async fn list(&self) -> Result<Vec<ObjectVersion>, PortError> {
        self.versions(heads::PREFIX).await
    }

    async fn read(&self, object: &ObjectVersion) -> Result<Option<Vec<u8>>, PortError> {
        self.read_version(object, HEAD_LIMIT).await
    }
}

/// What a check came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// So many chains were looked at.
    pub chains: usize,
    /// So many entries.
    pub entries: usize,
    /// So many signed heads.
    pub heads: usize,
    /// The newest entries of so many chains are not signed yet: `reconcile` does it within a minute.
    pub unsigned: usize,
    /// Where something is not as it was.
    pub differences: Vec<String>,
}

/// Hashes that were signed, by chain and place.
type Signed = BTreeMap<StaffId, BTreeMap<u64, BTreeSet<String>>>;

/// Checks every chain and every signed head.
///
/// # Errors
/// When table or bucket do not answer: then nothing is known.
pub async fn verify(
    registry: &dyn Registry,
    vault: Arc<dyn Vault>,
    key: &VerifyingKey,
) -> Result<Findings> {
    let mut findings = Findings::default();
    // In this order: what is said to be signed is in the bucket by then, what is in the bucket is in its
    // chain by then, whatever is added meanwhile.
    let known = chains(registry).await.context("listing the chains")?;
    let signed = signed_heads(vault, key, &mut findings)
        .await
        .context("reading the signed heads")?;
    let staff: BTreeSet<&StaffId> = known.keys().chain(signed.keys()).collect();
    let none = BTreeMap::new();
    for id in staff {
        let signed = signed.get(id).unwrap_or(&none);
        if let Some(head) = known.get(id) {
            if head.signed_seq > 0 && !signed.contains_key(&head.signed_seq) {
                findings.differences.push(format!(
                    "chain {id}: the head of entry {} was signed and is not in the bucket",
                    head.signed_seq
                ));
            }
            findings.unsigned += usize::from(head.signed_seq < head.seq);
        }
        chain(registry, id, signed, &mut findings)
            .await
            .with_context(|| format!("reading the chain {id}"))?;
    }
    Ok(findings)
}

/// The heads of all chains, as the index tells them.
async fn chains(registry: &dyn Registry) -> Result<BTreeMap<StaffId, AuditHead>, PortError> {
    let span = Span::all(Index::ByOwner, AUDIT_CHAINS);
    let mut found = BTreeMap::new();
    let mut cursor = None;
    loop {
        let page = registry
            .load_page::<AuditHead>(&span, cursor.as_ref(), PAGE)
            .await?;
        let rows = page.rows.into_iter();
        found.extend(rows.map(|head| (head.staff.clone(), head)));
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

async fn signed_heads(
    vault: Arc<dyn Vault>,
    key: &VerifyingKey,
    findings: &mut Findings,
) -> Result<Signed> {
    let mut waiting = vault.list().await?.into_iter();
    let mut reading = JoinSet::new();
    let mut signed = Signed::new();
    loop {
        while reading.len() < AT_ONCE
            && let Some(object) = waiting.next()
        {
            if object.deleted {
                let key = &object.key;
                findings
                    .differences
                    .push(format!("object {key}: somebody deleted it"));
                continue;
            }
            let vault = vault.clone();
            reading.spawn(async move {
                let body = vault.read(&object).await;
                (object, body)
            });
        }
        let Some(done) = reading.join_next().await else {
            return Ok(signed);
        };
        let (object, body) = done?;
        findings.heads += 1;
        match head(&object, body?.as_deref(), key) {
            Ok(head) => {
                let places = signed.entry(head.staff).or_default();
                places.entry(head.seq).or_default().insert(head.hash);
            }
            Err(why) => {
                let difference =
                    format!("object {} (version {}): {why}", object.key, object.version);
                findings.differences.push(difference);
            }
        }
    }
}

/// A signed head, if it is one, lies where it belongs and is signed by this key.
fn head(
    object: &ObjectVersion,
    body: Option<&[u8]>,
    key: &VerifyingKey,
) -> Result<SignedHead, &'static str> {
    let head = body
        .and_then(SignedHead::from_json)
        .ok_or("it is no signed head")?;
    if heads::read_key(&object.key) != Some((head.staff.clone(), head.seq)) {
        return Err("it is the head of another chain or place");
    }
    let signature = head
        .signature_der()
        .and_then(|der| Signature::from_der(&der).ok())
        .ok_or("its signature cannot be read")?;
    key.verify(head.text().as_bytes(), &signature)
        .map_err(|_| "it is not signed by the key of the audit")?;
    Ok(head)
}

/// A chain and its head, read so that they belong together: either may grow in between.
async fn read_chain(
    registry: &dyn Registry,
    id: &StaffId,
) -> Result<(Vec<AuditEntry>, Option<AuditHead>), PortError> {
    let mut read = (Vec::new(), None);
    for _ in 0..TRIES {
        let head: Option<AuditHead> = registry.load(&registry::audit_head(id)).await?;
        let entries: Vec<AuditEntry> = registry
            .load_all(&registry::audit_chain(id), AUDIT_ENTRIES)
            .await?;
        let grown = match (&head, entries.last()) {
            (Some(head), Some(last)) => last.seq > head.seq,
            (None, Some(_)) => true,
            _ => false,
        };
        read = (entries, head);
        if !grown {
            break;
        }
    }
    Ok(read)
}

async fn chain(
    registry: &dyn Registry,
    id: &StaffId,
    signed: &BTreeMap<u64, BTreeSet<String>>,
    findings: &mut Findings,
) -> Result<(), PortError> {
    let (entries, head) = read_chain(registry, id).await?;
    findings.chains += 1;
    findings.entries += entries.len();
    if entries.is_empty() && head.is_none() {
        let last = signed.keys().last().copied().unwrap_or_default();
        findings.differences.push(format!(
            "chain {id}: it is gone, and had {last} entries when it was signed"
        ));
        return Ok(());
    }
    if let Some(foreign) = entries.iter().find(|entry| entry.staff != *id) {
        findings.differences.push(format!(
            "chain {id}: entry {} is of another chain",
            foreign.seq
        ));
    }
    if let Err(broken) = audit::verify(&entries, head.as_ref()) {
        findings
            .differences
            .push(format!("chain {id}: {}", told(&broken)));
    }
    let by_place: BTreeMap<u64, &str> = entries
        .iter()
        .map(|entry| (entry.seq, entry.hash.as_str()))
        .collect();
    // The first place is enough: all after it differ too.
    for (place, hashes) in signed {
        let difference = match by_place.get(place) {
            None => "was signed and is gone",
            Some(hash) if hashes.iter().all(|signed| signed == hash) => continue,
            Some(_) => "is not what was signed",
        };
        findings
            .differences
            .push(format!("chain {id}: entry {place} {difference}"));
        break;
    }
    Ok(())
}

fn told(broken: &BrokenChain) -> String {
    match broken {
        BrokenChain::Place(place) => format!("entry {place} is missing, or another stands there"),
        BrokenChain::Link(_) | BrokenChain::Content(_) | BrokenChain::Head => broken.to_string(),
    }
}

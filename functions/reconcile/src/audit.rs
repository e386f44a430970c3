//! Signing the heads of the audit's chains, and keeping them where nobody can overwrite them.
//!
//! Done twice it is one thing: the same head is signed again and kept as another version of the same object.

use std::sync::Arc;

use adapters::heads::{self, SignedHead};
use adapters::ports::{
    CommitError, DigestSigner, Index, Kept, Objects, PortError, Registry, Span, Transaction,
};
use adapters::registry::DUE_AUDIT;
use domain::audit::AuditHead;
use jiff::Timestamp;

/// What signing reaches.
#[derive(Clone)]
pub struct AuditPorts {
    /// Chains.
    pub registry: Arc<dyn Registry>,
    /// The bucket for heads.
    pub heads: Arc<dyn Objects>,
    /// The key for heads.
    pub signer: Arc<dyn DigestSigner>,
}

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signed {
    /// So many heads are signed now.
    pub heads: u32,
    /// These could not be signed now, with why; they stay due.
    pub failed: Vec<(String, String)>,
}

/// Signs the heads of all chains that have grown, at most `limit` of them. One that cannot be signed does
/// not hold up the others.
///
/// # Errors
/// Only when the table cannot even be asked which have grown.
pub async fn sign_heads(
    ports: &AuditPorts,
    now: Timestamp,
    limit: u32,
) -> Result<Signed, PortError> {
    let span = Span::all(Index::Due, DUE_AUDIT);
    let due = ports
        .registry
        .load_page::<AuditHead>(&span, None, limit)
        .await?;
    let mut signed = Signed::default();
    for seen in due.rows {
        match sign(ports, &seen, now).await {
            Ok(true) => signed.heads += 1,
            Ok(false) => {}
            Err(error) => signed
                .failed
                .push((seen.staff.to_string(), error.to_string())),
        }
    }
    Ok(signed)
}

/// Signs one head. `false` when there is nothing to sign, or it has grown meanwhile: then it is due again.
async fn sign(ports: &AuditPorts, seen: &AuditHead, now: Timestamp) -> Result<bool, PortError> {
    // The index may be behind.
    let head: Option<AuditHead> = ports.registry.load(&seen.key()).await?;
    let Some(head) = head.filter(|head| head.signed_seq < head.seq) else {
        return Ok(false);
    };
    let signature = ports.signer.sign_sha256(&heads::digest(&head)).await?;
    let body = SignedHead::new(&head, &signature).to_json()?;
    let key = heads::key(&head.staff, head.seq);
    ports.heads.write(&key, "application/json", body).await?;
    // Only now: what says that it is signed must be true.
    let next = AuditHead {
        signed_seq: head.seq,
        version: head.version + 1,
        ..head
    };
    let note = Transaction::new(now).change(&next)?;
    match ports.registry.record(&note).await {
        Ok(()) => Ok(true),
        Err(CommitError::Refused(_) | CommitError::Port(PortError::Conflict)) => Ok(false),
        Err(CommitError::Port(error)) => Err(error),
    }
}

//! Which companies a mailbox is the contact of.
//!
//! Whoever unbinds names the mailbox and at least two more items (R29), so the mailbox is what a company is
//! found by. The pointers are written in the same transaction as the contact itself: a company that
//! registers, that changes its contact, that gets one back.

use adapters::ports::{Kept, Key, PortError, Registry, Transaction};
use domain::company::{Company, login_key};
use domain::ids::CompanyId;
use serde::{Deserialize, Serialize};

use crate::cookie::token_hash;

/// What begins the sort keys of a mailbox's companies.
const COMPANIES: &str = "COMPANY#";

/// A mailbox is the contact of a company. The address itself is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPointer {
    /// Hash of the address as [`login_key`] compares it.
    pub mail_hash: String,
    /// Whose contact it is.
    pub company: CompanyId,
}

fn mailbox(mail: &str) -> String {
    format!("CONTACT#{}", token_hash(&login_key(mail)))
}

impl Kept for ContactPointer {
    fn key(&self) -> Key {
        Key::new(
            format!("CONTACT#{}", self.mail_hash),
            format!("{COMPANIES}{}", self.company),
        )
    }
}

/// The pointer of a company; none while its contact has no mailbox.
pub fn pointer(company: &Company) -> Option<ContactPointer> {
    let mail = login_key(&company.contact.mail);
    (!mail.is_empty()).then(|| ContactPointer {
        mail_hash: token_hash(&mail),
        company: company.id.clone(),
    })
}

/// Adds to a transaction that writes `after` what its mailbox needs: the new pointer, and the one of
/// `before` taken away. Nothing when the mailbox stays. Its writes are the last ones of the transaction so
/// far, and never what is refused.
///
/// # Errors
/// As [`Transaction::mark`].
pub fn moved(
    all: Transaction,
    before: Option<&Company>,
    after: &Company,
) -> Result<Transaction, PortError> {
    let old = before.and_then(pointer);
    let new = pointer(after);
    if old == new {
        return Ok(all);
    }
    let all = match &old {
        Some(old) => all.remove(old),
        None => all,
    };
    match &new {
        Some(new) => all.mark(new),
        None => Ok(all),
    }
}

/// The companies whose contact has this mailbox, the oldest first.
///
/// # Errors
/// The store's troubles.
pub async fn companies_of(
    registry: &dyn Registry,
    mail: &str,
) -> Result<Vec<CompanyId>, PortError> {
    let found: Vec<ContactPointer> = registry.load_all(&mailbox(mail), COMPANIES).await?;
    Ok(found.into_iter().map(|pointer| pointer.company).collect())
}

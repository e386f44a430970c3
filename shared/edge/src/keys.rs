//! A company's keys.

use adapters::ports::{CommitError, Registry, Transaction};
use adapters::registry;
use contract::error::ErrorCode;
use domain::company::{Company, CompanyEventKind};
use domain::key::{CompanyKey, ReplacementReason, Suspension};
use jiff::Timestamp;

use crate::error::ApiError;
use crate::extract::Person;

/// How often a key that somebody else changes is read again.
const TRIES: u32 = 4;

/// Takes a report that a key is lost or stolen: from now on its certificate and seal do not count. Reporting
/// it again changes nothing.
///
/// # Errors
/// [`ErrorCode::NotFound`] for a key that is not the company's, [`ErrorCode::NotInThisState`] for one that was
/// revoked; the store's troubles.
pub async fn suspend(
    store: &dyn Registry,
    person: &Person,
    serial: &str,
    reason: ReplacementReason,
    now: Timestamp,
) -> Result<CompanyKey, ApiError> {
    for _ in 0..TRIES {
        let key: Option<CompanyKey> = store
            .load(&registry::company_key(&person.company, serial))
            .await?;
        let mut key = key.ok_or(ErrorCode::NotFound)?;
        if key.suspended.is_some() {
            return Ok(key);
        }
        if key.revoked_at.is_some() {
            return Err(ErrorCode::NotInThisState.into());
        }
        key.suspended = Some(Suspension { reason, at: now });
        key.version += 1;
        let company: Option<Company> = store.load(&registry::company(&person.company)).await?;
        let company = company.ok_or_else(|| ApiError::internal("a person without a company"))?;
        let kind = CompanyEventKind::KeyReported;
        let note = key.serial.clone();
        let (company, told) = company.changed(person.actor(), kind, Vec::new(), note, now);
        let mut transaction = Transaction::new(now)
            .change(&key)?
            .change(&company)?
            .create(&told)?;
        let certificate = &key.certificate_serial;
        let held = registry::suspending(store, certificate, now).await?;
        transaction.writes.extend(held);
        match store.record(&transaction).await {
            Ok(()) => return Ok(key),
            Err(CommitError::Refused(_)) => {}
            Err(CommitError::Port(error)) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

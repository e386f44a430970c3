//! A company's keys.

use adapters::ports::{CommitError, Orders, Registry, Transaction};
use adapters::registry::{self, KeyMove};
use contract::error::ErrorCode;
use domain::actor::Actor;
use domain::company::{Company, CompanyEventKind};
use domain::key::{CompanyKey, ReplacementReason, Suspension};
use domain::operation::{AskedBy, Operation};
use domain::order::{Event, EventKind, LineStage, Order};
use domain::policy::Policies;
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
    let event = (KeyMove::Suspend, CompanyEventKind::KeyReported);
    reported(store, person, serial, event, now, |key| {
        if key.suspended.is_some() {
            return Ok(None);
        }
        if key.revoked_at.is_some() {
            return Err(ErrorCode::NotInThisState);
        }
        Ok(Some(key.reported(Suspension { reason, at: now })))
    })
    .await
}

/// Writes what becomes of a key by a word of its company: the key, its certificates, and that it was said. `next` says
/// what the key becomes, or nothing when it is so already.
async fn reported(
    store: &dyn Registry,
    person: &Person,
    serial: &str,
    (certificates, event): (KeyMove, CompanyEventKind),
    now: Timestamp,
    next: impl Fn(&CompanyKey) -> Result<Option<CompanyKey>, ErrorCode>,
) -> Result<CompanyKey, ApiError> {
    for _ in 0..TRIES {
        let key: Option<CompanyKey> = store
            .load(&registry::company_key(&person.company, serial))
            .await?;
        let key = key.ok_or(ErrorCode::NotFound)?;
        let Some(key) = next(&key)? else {
            return Ok(key);
        };
        let company: Option<Company> = store.load(&registry::company(&person.company)).await?;
        let company = company.ok_or_else(|| ApiError::internal("a person without a company"))?;
        let note = key.serial.clone();
        let (company, told) = company.changed(person.actor(), event, Vec::new(), note, now);
        let mut transaction = Transaction::new(now)
            .change(&key)?
            .change(&company)?
            .create(&told)?;
        let restanding = registry::restand_key(store, &key, certificates, now).await?;
        transaction.writes.extend(restanding);
        match store.record(&transaction).await {
            Ok(()) => return Ok(key),
            Err(CommitError::Refused(_)) => {}
            Err(CommitError::Port(error)) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

/// An agent begins what was bought for a company's key; begun by it before, it is known. Asked at every call by which
/// something leaves for the key, so that a key that was reported meanwhile gets nothing.
///
/// # Errors
/// [`ErrorCode::NotInThisState`] when the line waits for no agent, [`ErrorCode::UnitGone`] when another one began anew
/// since, [`ErrorCode::NotYourKey`], [`ErrorCode::CertificateRevoked`], the store's.
pub async fn begin_service(
    (store, orders): (&dyn Registry, &dyn Orders),
    policies: &Policies,
    operation: &Operation,
    now: Timestamp,
) -> Result<(Order, CompanyKey), ApiError> {
    let (AskedBy::Company { company, user }, Some(of), Some(serial)) =
        (&operation.by, &operation.line, &operation.key_serial)
    else {
        return Err(ApiError::new(ErrorCode::MalformedRequest).because("it serves no line"));
    };
    let place = registry::company_key(company, serial);
    let key: Option<CompanyKey> = store.load(&place).await?;
    let key = key.ok_or(ErrorCode::NotYourKey)?;
    key.in_hand().map_err(|_| ErrorCode::CertificateRevoked)?;
    let order = crate::orders::advance(orders, policies, &of.order, now, |order| {
        let line = order.line(of.line).ok_or(ErrorCode::NotFound)?;
        let begun = line.units.values().find_map(|unit| unit.operation.as_ref());
        if begun == Some(&operation.id) {
            return Ok(None);
        }
        // Ids of operations are ULIDs: one that was asked for before the one that began is not the newest wish.
        if begun.is_some_and(|begun| *begun > operation.id) {
            return Err(ErrorCode::UnitGone.into());
        }
        if order.line_stage(line) != LineStage::AwaitAgent {
            return Err(ErrorCode::NotInThisState.into());
        }
        Ok(Some(Event {
            actor: Actor::Company { user: user.clone() },
            kind: EventKind::ServiceBegun {
                line: of.line,
                key_serial: serial.clone(),
                operation: operation.id.clone(),
            },
        }))
    })
    .await?;
    Ok((order, key))
}

/// Takes a report back: the key was found, and its certificates count again. Found before, it is known.
///
/// # Errors
/// [`ErrorCode::NotFound`] for a key that is not the company's, [`ErrorCode::NotInThisState`] for one that was
/// revoked; the store's troubles.
pub async fn found(
    store: &dyn Registry,
    person: &Person,
    serial: &str,
    now: Timestamp,
) -> Result<CompanyKey, ApiError> {
    let event = (KeyMove::Release, CompanyEventKind::KeyFound);
    reported(store, person, serial, event, now, |key| {
        if key.revoked_at.is_some() {
            return Err(ErrorCode::NotInThisState);
        }
        Ok(key.found())
    })
    .await
}

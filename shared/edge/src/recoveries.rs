//! Unbinding and the road for lost contacts (R28 to R30), as far as several functions take part: whom to
//! tell, ending everybody's sessions, objections, setting the new contact when nobody objected.

use adapters::ports::{
    Clock, CommitError, Index, PortError, Random, Registry, Span, Transaction, new_ulid,
};
use adapters::registry;
use contract::error::ErrorCode;
use domain::actor::Actor;
use domain::code::Target;
use domain::company::{
    Company, CompanyEvent, CompanyEventKind, Contact, FREEZE_HOURS, FieldChange, User,
};
use domain::ids::{CompanyId, ObjectionId, RecoveryId};
use domain::notice::AccountNotice;
use domain::recovery::{Objection, ObjectionAbout, Recovery, RecoveryState};
use domain::work::{Message, SecretLink, WorkItem};
use jiff::{SignedDuration, Timestamp};

use crate::contacts;
use crate::error::ApiError;

/// How often something is read and decided again when somebody else wrote in between.
pub const TRIES: u32 = 8;
/// For how long an unbinding freezes contact and address of paid orders.
pub const FREEZE: SignedDuration = SignedDuration::from_hours(FREEZE_HOURS);
/// For how long "this was not us" takes an unbinding back.
pub const UNBINDING_OBJECTION: SignedDuration = SignedDuration::from_hours(24 * 7);

/// What several people are told at once.
#[derive(Debug, Clone)]
pub struct News<'a> {
    /// What makes it this one: the id of the thing it is about, and its version.
    pub occasion: String,
    /// What happened.
    pub notice: AccountNotice,
    /// The company's name.
    pub name: &'a str,
    /// A reason.
    pub note: String,
    /// "This was not us."
    pub objection: Option<&'a Objection>,
}

impl News<'_> {
    /// The work of telling it to each of these.
    pub fn to(&self, targets: &[Target]) -> Vec<WorkItem> {
        let message = |target: &Target| Message {
            notice: self.notice,
            target: target.clone(),
            name: self.name.to_owned(),
            note: self.note.clone(),
            link: self.objection.map(|objection| SecretLink::Objection {
                id: objection.id.clone(),
            }),
        };
        let work = |target| WorkItem::tell(&self.occasion, message(target));
        targets.iter().map(work).collect()
    }
}

/// Mailbox and mobile number of a contact, as far as there are any.
pub fn targets(contact: &Contact) -> Vec<Target> {
    let mut targets = Vec::new();
    if !contact.mail.is_empty() {
        targets.push(Target::mail(&contact.mail));
    }
    if !contact.mobile.is_empty() {
        targets.push(Target::sms(&contact.mobile));
    }
    targets
}

/// A new objection, not written yet.
pub fn objection(
    about: ObjectionAbout,
    expires_at: Timestamp,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Objection {
    Objection {
        id: ObjectionId::from_ulid(&new_ulid(clock, random)),
        about,
        expires_at,
        used_at: None,
        version: 1,
    }
}

/// The objection after its use, or after what it was about is past stopping.
#[must_use]
pub fn over(objection: &Objection, now: Timestamp) -> Objection {
    Objection {
        used_at: Some(now),
        version: objection.version + 1,
        ..objection.clone()
    }
}

/// Everybody who logs in for a company.
///
/// # Errors
/// The store's troubles.
pub async fn people(registry: &dyn Registry, company: &CompanyId) -> Result<Vec<User>, PortError> {
    let partition = registry::company_partition(company);
    registry.load_all(&partition, registry::USERS).await
}

/// Adds to a transaction that all these people are logged out everywhere.
///
/// # Errors
/// As [`Transaction::change`].
pub fn logged_out(mut all: Transaction, people: &[User]) -> Result<Transaction, PortError> {
    for person in people {
        all = all.change(&person.logged_out())?;
    }
    Ok(all)
}

/// The company unbound, with the entry of its history; its contact is frozen for a day.
pub fn unbound(
    company: &Company,
    event: CompanyEventKind,
    changes: Vec<FieldChange>,
    note: String,
    now: Timestamp,
) -> (Company, CompanyEvent) {
    let (next, entry) = company.changed(Actor::System, event, changes, note, now);
    let next = Company {
        unbound_at: Some(now),
        frozen_until: Some(now + FREEZE),
        ..next
    };
    (next, entry)
}

/// Recoveries whose time to object is over, the longest over first.
///
/// # Errors
/// The store's troubles.
pub async fn due(
    registry: &dyn Registry,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<RecoveryId>, PortError> {
    let span = Span {
        // Behind every id of this very second.
        to: Some(format!("{}~", registry::time(now))),
        ..Span::all(Index::Due, registry::DUE_RECOVERY)
    };
    let page = registry.load_page::<Recovery>(&span, None, limit).await?;
    Ok(page.rows.into_iter().map(|recovery| recovery.id).collect())
}

/// Sets the new contact of a recovery that nobody objected to, and unbinds the company. `false` when there is
/// nothing to do (any more): it may run twice, at once or after one another. A company that was changed in
/// between is read and changed again.
///
/// # Errors
/// The store's troubles; [`ErrorCode::ChangedMeanwhile`] when somebody else was faster eight times.
pub async fn complete(
    registry: &dyn Registry,
    clock: &dyn Clock,
    id: &RecoveryId,
) -> Result<bool, ApiError> {
    for _ in 0..TRIES {
        let now = clock.now();
        let found: Option<Recovery> = registry.load(&registry::recovery(id)).await?;
        let due = found.filter(|recovery| {
            recovery.state == RecoveryState::Waiting
                && recovery.object_until.is_some_and(|until| until <= now)
        });
        let Some(recovery) = due else {
            return Ok(false);
        };
        match registry
            .record(&completed(registry, &recovery, now).await?)
            .await
        {
            Ok(()) => return Ok(true),
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

async fn completed(
    registry: &dyn Registry,
    recovery: &Recovery,
    now: Timestamp,
) -> Result<Transaction, ApiError> {
    let lost = |what: &str| ApiError::internal(format!("recovery {}: no {what}", recovery.id));
    let id = recovery.company.as_ref().ok_or_else(|| lost("company"))?;
    let found: Option<Company> = registry.load(&registry::company(id)).await?;
    let company = found.ok_or_else(|| lost("record of its company"))?;

    let (old, new) = (&company.contact, &recovery.contact);
    let changes = [
        FieldChange::of("contact.name", &old.name, &new.name),
        FieldChange::of("contact.mobile", &old.mobile, &new.mobile),
        FieldChange::of("contact.mail", &old.mail, &new.mail),
    ];
    let changes = changes.into_iter().flatten().collect();
    let (next, event) = unbound(
        &company,
        CompanyEventKind::Recovered,
        changes,
        String::new(),
        now,
    );
    let next = Company {
        contact: new.clone(),
        ..next
    };
    let done = Recovery {
        state: RecoveryState::Done,
        version: recovery.version + 1,
        ..recovery.clone()
    };
    let mut all = Transaction::new(now)
        .change(&done)?
        .change(&next)?
        .create(&event)?;
    for person in people(registry, id).await? {
        let mut person = person.logged_out();
        if person.id == company.main_user {
            // Codes go to this person's number: for a forgotten password, for a login while bound.
            person.name.clone_from(&new.name);
            person.mobile.clone_from(&new.mobile);
        }
        all = all.change(&person)?;
    }
    if let Some(objection) = &recovery.objection {
        let found: Option<Objection> = registry.load(&registry::objection(objection)).await?;
        if let Some(open) = found.filter(|objection| objection.used_at.is_none()) {
            all = all.change(&over(&open, now))?;
        }
    }
    let all = contacts::moved(all, Some(&company), &next)?;

    let reached = targets(new);
    let mut left = targets(old);
    left.retain(|target| !reached.contains(target));
    let news = |notice| News {
        occasion: format!("{}-{}", done.id, done.version),
        notice,
        name: &next.name,
        note: String::new(),
        objection: None,
    };
    Ok(all
        .then(news(AccountNotice::RecoveryDone).to(&reached))
        .then(news(AccountNotice::ContactChanged).to(&left)))
}

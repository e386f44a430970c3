//! Approving a company's papers, sending them back, looking at the full ID number.

use adapters::account_text::qualification_note;
use adapters::ports::{CommitError, Transaction};
use adapters::registry::{self, Claimed, Ownership};
use axum::extract::State;
use contract::error::{ErrorCode, FieldCode};
use contract::qualification::{
    IdNumberView, QualificationApproveRequest, QualificationRejectRequest,
};
use contract::secret::Secret;
use domain::audit::Deed;
use domain::company::{Company, CompanyEvent, CompanyEventKind};
use domain::ids::CompanyId;
use domain::notice::AccountNotice;
use domain::paper::RefusalReason;
use domain::qualification::{Qualification, QualificationRefusal, QualificationState};
use domain::staff::Staff;
use domain::work::WorkItem;
use edge::extract::{Json, Path, StaffMember};
use edge::fields::LEGAL_REPRESENTATIVE_ID;
use edge::recoveries::{News, TRIES, logged_out, people, targets};
use edge::{ApiError, FieldErrors};
use http::StatusCode;
use jiff::Timestamp;

use crate::Ports;
use crate::desk::{load, not_own, rivals};

/// The field of a company that an ID number is sealed for.
/// Items that fit one transaction of the table.
const ITEMS: usize = 100;
/// Those of them that are added to a takeover at its end: the company, the entry of its history, and two for
/// the audit.
const LAST_ITEMS: usize = 4;
/// Others whose records are taken over in one go, at most.
const MAX_SUPERSEDED: usize = 10;
/// The longest note on a refused item.
const LONGEST_NOTE: usize = 500;

/// May this reviewer decide now? Only who has taken it, and never about their own company.
fn in_charge(company: &Company, staff: &Staff) -> Result<(), ApiError> {
    not_own(company, staff)?;
    if company.qualification.state != QualificationState::Submitted {
        return Err(ErrorCode::NotInThisState.into());
    }
    match &company.qualification.claim {
        Some(claim) if claim.staff == staff.id => Ok(()),
        Some(_) => Err(ErrorCode::ClaimedByOther.into()),
        None => Err(ErrorCode::NotInThisState.into()),
    }
}

/// Is the company still as it was looked at? Looks at the ID number have raised its version since, and
/// changed nothing: each version has at most one entry of the history, so when as many of the last entries
/// are such looks, there was nothing else.
async fn as_looked_at(ports: &Ports, company: &Company, version: u64) -> Result<(), ApiError> {
    if company.version == version {
        return Ok(());
    }
    let since = company.version.checked_sub(version);
    let since = since.and_then(|since| usize::try_from(since).ok());
    let partition = registry::company_partition(&company.id);
    let events: Vec<CompanyEvent> = ports
        .registry
        .load_all(&partition, registry::COMPANY_EVENTS)
        .await?;
    let only_looks = since.is_some_and(|since| {
        let last = events.iter().rev().take(since);
        since <= events.len()
            && last
                .into_iter()
                .all(|event| event.event == CompanyEventKind::IdNumberShown)
    });
    if only_looks {
        Ok(())
    } else {
        Err(ErrorCode::ChangedMeanwhile.into())
    }
}

fn deed(staff: &Staff, company: &Company, action: &str, detail: String, now: Timestamp) -> Deed {
    Deed {
        staff: staff.id.clone(),
        at: now,
        action: action.to_owned(),
        subject: format!("company {}", company.id),
        detail,
    }
}

/// The work of telling a company's contact.
fn tell(company: &Company, notice: AccountNotice, note: String) -> Vec<WorkItem> {
    let news = News {
        occasion: format!("{}-{}", company.id, company.version),
        notice,
        name: &company.name,
        note,
        objection: None,
    };
    news.to(&targets(&company.contact))
}

/// What the company says about itself that only one may own.
fn owned(company: &Company) -> [(Claimed, String); 2] {
    [
        (Claimed::Name, company.name.clone()),
        (Claimed::CreditCode, company.credit_code.as_str().to_owned()),
    ]
}

/// Name and code as this company's own, as far as they are not yet.
async fn ownerships(
    ports: &Ports,
    company: &Company,
    now: Timestamp,
) -> Result<Vec<Ownership>, ApiError> {
    let mut new = Vec::new();
    for (what, text) in owned(company) {
        let key = registry::ownership(what, &text);
        let owner: Option<Ownership> = ports.registry.load(&key).await?;
        match owner {
            Some(owner) if owner.company == company.id => {}
            Some(_) => return Err(ErrorCode::NameOwned.into()),
            None => new.push(Ownership {
                what,
                text,
                company: company.id.clone(),
                at: now,
            }),
        }
    }
    Ok(new)
}

/// Adds to the transaction that others lose name and code to this company: the oldest first, as many as
/// fit. Those that do not fit are refused at their own review, for name and code have an owner then.
async fn take_over(
    ports: &Ports,
    staff: &StaffMember,
    company: &Company,
    rivals: &[Company],
    mut all: Transaction,
) -> Result<(Transaction, Vec<CompanyId>), ApiError> {
    let mut taken = Vec::new();
    for rival in rivals {
        let people = people(&*ports.registry, &rival.id).await?;
        let told = targets(&rival.contact).len();
        let items = all.writes.len() + all.work.len() + LAST_ITEMS;
        if taken.len() == MAX_SUPERSEDED || items + 2 + people.len() + told > ITEMS {
            continue;
        }
        let (next, event) = rival.changed(
            staff.actor(),
            CompanyEventKind::Superseded,
            Vec::new(),
            "",
            all.at,
        );
        let next = Company {
            superseded_by: Some(company.id.clone()),
            ..next
        };
        all = all.change(&next)?.create(&event)?;
        all = logged_out(all, &people)?.then(tell(&next, AccountNotice::TakenOver, String::new()));
        taken.push(rival.id.clone());
    }
    Ok((all, taken))
}

/// The company approved, with everything that becomes true by that.
async fn approved(
    ports: &Ports,
    staff: &StaffMember,
    company: &Company,
) -> Result<Transaction, ApiError> {
    let now = ports.clock.now();
    let ownerships = ownerships(ports, company, now).await?;
    let rivals: Vec<Company> = rivals(ports, company)
        .await?
        .into_iter()
        .filter(|rival| rival.qualification.state != QualificationState::Approved)
        .filter(|rival| rival.superseded_by.as_ref() != Some(&company.id))
        .collect();
    let (next, event) = company.changed(
        staff.actor(),
        CompanyEventKind::QualificationApproved,
        Vec::new(),
        "",
        now,
    );
    let mut next = Company {
        qualification: Qualification {
            state: QualificationState::Approved,
            refusals: Vec::new(),
            claim: None,
            decided_at: Some(now),
            reviewer: Some(staff.0.id.clone()),
            ..company.qualification.clone()
        },
        superseded_by: None,
        ..next
    };
    let mut all = Transaction::new(now).create(&event)?;
    for ownership in &ownerships {
        all = all.create(ownership)?;
    }
    all = all.then(tell(
        &next,
        AccountNotice::QualificationApproved,
        String::new(),
    ));
    let mut detail = String::new();
    if !rivals.is_empty() {
        let (with_rivals, taken) = take_over(ports, staff, company, &rivals, all).await?;
        let note = if taken.len() == rivals.len() {
            taken.len().to_string()
        } else {
            format!("{}/{}", taken.len(), rivals.len())
        };
        let (after, event) = next.changed(
            staff.actor(),
            CompanyEventKind::TookOver,
            Vec::new(),
            note,
            now,
        );
        // One transaction is one version, however many entries it has.
        next = Company {
            version: next.version,
            ..after
        };
        all = with_rivals.create(&event)?;
        let ids: Vec<&str> = taken.iter().map(CompanyId::as_str).collect();
        detail = format!("took over from {}", ids.join(" "));
    }
    let deed = deed(&staff.0, company, "qualification_approved", detail, now);
    Ok(all.change(&next)?.audited(deed))
}

/// Approved again by the same reviewer nothing more happens: the answer was lost. Another one who takes
/// name or code at the same moment, or a rival who changes something, is seen at the next round.
pub(crate) async fn approve(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path(id): Path<CompanyId>,
    Json(request): Json<QualificationApproveRequest>,
) -> Result<StatusCode, ApiError> {
    for _ in 0..TRIES {
        let company = load(&ports, &id).await?;
        let decided = &company.qualification;
        let mine = decided.reviewer.as_ref() == Some(&staff.0.id);
        if decided.state == QualificationState::Approved && mine {
            return Ok(StatusCode::NO_CONTENT);
        }
        in_charge(&company, &staff.0)?;
        as_looked_at(&ports, &company, request.version).await?;
        let all = approved(&ports, &staff, &company).await?;
        match ports.registry.record(&all).await {
            Ok(()) => return Ok(StatusCode::NO_CONTENT),
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

/// What is sent back, in order: each item once, each with a reason that its reader can act on.
fn refusals(request: &QualificationRejectRequest) -> Result<Vec<QualificationRefusal>, ApiError> {
    let mut errors = FieldErrors::new();
    errors.require(
        !request.refusals.is_empty(),
        "refusals",
        FieldCode::Required,
    );
    let mut refusals: Vec<QualificationRefusal> = Vec::new();
    for (index, refusal) in request.refusals.iter().enumerate() {
        let twice = refusals.iter().any(|known| known.item == refusal.item);
        errors.require(!twice, format!("refusals.{index}.item"), FieldCode::Invalid);
        let field = format!("refusals.{index}.note");
        let note = refusal.note.trim();
        errors.require(
            note.chars().count() <= LONGEST_NOTE,
            field.clone(),
            FieldCode::TooLong,
        );
        errors.require(
            !note.is_empty() || refusal.reason != RefusalReason::Other,
            field,
            FieldCode::Required,
        );
        refusals.push(QualificationRefusal {
            note: note.to_owned(),
            ..refusal.clone()
        });
    }
    errors.finish()?;
    Ok(refusals)
}

/// Sent back again by the same reviewer with the same reasons nothing more happens: the answer was lost.
pub(crate) async fn reject(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path(id): Path<CompanyId>,
    Json(request): Json<QualificationRejectRequest>,
) -> Result<StatusCode, ApiError> {
    let refusals = refusals(&request)?;
    let company = load(&ports, &id).await?;
    let decided = &company.qualification;
    let mine = decided.reviewer.as_ref() == Some(&staff.0.id);
    let same = decided.refusals == refusals;
    if decided.state == QualificationState::ChangesRequested && mine && same {
        return Ok(StatusCode::NO_CONTENT);
    }
    in_charge(&company, &staff.0)?;
    as_looked_at(&ports, &company, request.version).await?;
    let now = ports.clock.now();
    let note = qualification_note(&refusals);
    let (next, event) = company.changed(
        staff.actor(),
        CompanyEventKind::QualificationSentBack,
        Vec::new(),
        note.clone(),
        now,
    );
    let items = format!("{} items", refusals.len());
    let next = Company {
        qualification: Qualification {
            state: QualificationState::ChangesRequested,
            refusals,
            claim: None,
            decided_at: Some(now),
            reviewer: Some(staff.0.id.clone()),
            ..company.qualification.clone()
        },
        ..next
    };
    let deed = deed(&staff.0, &company, "qualification_sent_back", items, now);
    let all = Transaction::new(now)
        .change(&next)?
        .create(&event)?
        .then(tell(&next, AccountNotice::QualificationSentBack, note))
        .audited(deed);
    ports.registry.record(&all).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Each look is noted, in the company's history and in the audit, before anything is answered.
pub(crate) async fn show_id_number(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path(id): Path<CompanyId>,
) -> Result<Json<IdNumberView>, ApiError> {
    for _ in 0..TRIES {
        let company = load(&ports, &id).await?;
        in_charge(&company, &staff.0)?;
        let sealed = company
            .legal_representative
            .as_ref()
            .and_then(|person| person.id_number.as_ref())
            .ok_or(ErrorCode::NotFound)?;
        let number = ports
            .fields
            .open(company.id.as_str(), LEGAL_REPRESENTATIVE_ID, sealed)
            .await?;
        let now = ports.clock.now();
        let (next, event) = company.changed(
            staff.actor(),
            CompanyEventKind::IdNumberShown,
            Vec::new(),
            "",
            now,
        );
        let deed = deed(&staff.0, &company, "id_number_shown", String::new(), now);
        let all = Transaction::new(now)
            .change(&next)?
            .create(&event)?
            .audited(deed);
        match ports.registry.record(&all).await {
            Ok(()) => {
                return Ok(Json(IdNumberView {
                    id_number: Secret::new(number),
                }));
            }
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

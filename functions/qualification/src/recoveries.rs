//! Applications by people who lost mailbox or mobile number (R30): two reviewers decide, then the old
//! contacts are asked.

use adapters::ports::{CommitError, Index, Span, Transaction};
use adapters::registry;
use axum::extract::State;
use contract::console::QueueQuery;
use contract::error::{ErrorCode, FieldCode};
use contract::qualification::{
    RecoveryCompany, RecoveryDecisionRequest, RecoveryDecisionView, RecoveryDetail, RecoveryQueue,
    RecoveryRow,
};
use domain::audit::Deed;
use domain::company::{Company, login_key};
use domain::ids::RecoveryId;
use domain::notice::AccountNotice;
use domain::recovery::{
    DecisionRefusal, ObjectionAbout, Recovery, RecoveryDecision, RecoveryState,
};
use domain::staff::Staff;
use edge::extract::{Json, Path, Query, StaffMember};
use edge::recoveries::{News, TRIES, objection, targets};
use edge::{ApiError, FieldErrors};
use jiff::Timestamp;

use crate::Ports;
use crate::desk::not_own;

const PAGE: u32 = 50;
/// The longest note on a decision.
const LONGEST_NOTE: usize = 500;

fn row(recovery: &Recovery, staff: &Staff) -> RecoveryRow {
    let approvals = recovery.decisions.iter().filter(|made| made.approve);
    RecoveryRow {
        recovery: recovery.id.clone(),
        company_name: recovery.company_name.clone(),
        credit_code: recovery.credit_code.as_str().to_owned(),
        submitted_at: recovery.submitted_at.unwrap_or(recovery.created_at),
        approvals: u32::try_from(approvals.count()).unwrap_or(u32::MAX),
        decided_by_me: recovery.decisions.iter().any(|made| made.staff == staff.id),
    }
}

pub(crate) async fn queue(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Query(query): Query<QueueQuery>,
) -> Result<Json<RecoveryQueue>, ApiError> {
    let span = Span::all(Index::ByState, registry::RECOVERY_QUEUE);
    let page = ports
        .registry
        .load_page::<Recovery>(&span, query.cursor.as_ref(), PAGE)
        .await?;
    // An index may be a moment behind.
    let waits = page
        .rows
        .iter()
        .filter(|recovery| recovery.state == RecoveryState::Submitted);
    Ok(Json(RecoveryQueue {
        recoveries: waits.map(|recovery| row(recovery, &staff)).collect(),
        cursor: page.cursor,
    }))
}

/// An application that was handed in: before that it is nothing to reviewers.
async fn load(ports: &Ports, id: &RecoveryId) -> Result<Recovery, ApiError> {
    let found: Option<Recovery> = ports.registry.load(&registry::recovery(id)).await?;
    let shown = found.filter(|recovery| recovery.submitted_at.is_some());
    Ok(shown.ok_or(ErrorCode::NotFound)?)
}

async fn company(ports: &Ports, recovery: &Recovery) -> Result<Option<Company>, ApiError> {
    let Some(id) = &recovery.company else {
        return Ok(None);
    };
    Ok(ports.registry.load(&registry::company(id)).await?)
}

fn deed(staff: &Staff, recovery: &RecoveryId, action: &str, at: Timestamp) -> Deed {
    Deed {
        staff: staff.id.clone(),
        at,
        action: action.to_owned(),
        subject: format!("recovery {recovery}"),
        detail: String::new(),
    }
}

async fn view(
    ports: &Ports,
    recovery: &Recovery,
    staff: &Staff,
) -> Result<RecoveryDetail, ApiError> {
    let on_record = |company: Company| RecoveryCompany {
        company: company.id,
        name: company.name,
        credit_code: company.credit_code.into(),
        legal_representative: company
            .legal_representative
            .map_or_else(String::new, |person| person.name),
        contact: company.contact,
        qualification: company.qualification.state,
    };
    let mut decisions = Vec::new();
    for made in &recovery.decisions {
        let found: Option<Staff> = ports.registry.load(&registry::staff(&made.staff)).await?;
        decisions.push(RecoveryDecisionView {
            staff_name: found.map_or_else(String::new, |staff| staff.name),
            at: made.at,
            approve: made.approve,
            note: made.note.clone(),
        });
    }
    Ok(RecoveryDetail {
        row: row(recovery, staff),
        state: recovery.state,
        contact: recovery.contact.clone(),
        papers: ports
            .papers
            .images(recovery.id.as_str(), &recovery.papers)
            .await?,
        company: company(ports, recovery).await?.map(on_record),
        decisions,
        object_until: recovery.object_until,
    })
}

/// Each look is in the audit before anything is answered: the papers show identity cards.
pub(crate) async fn detail(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Path(id): Path<RecoveryId>,
) -> Result<Json<RecoveryDetail>, ApiError> {
    let recovery = load(&ports, &id).await?;
    let now = ports.clock.now();
    let seen = Transaction::new(now).audited(deed(&staff, &id, "recovery_seen", now));
    ports.registry.record(&seen).await?;
    Ok(Json(view(&ports, &recovery, &staff).await?))
}

/// What was typed, with a reason where the applicant reads it.
fn read(request: &RecoveryDecisionRequest) -> Result<String, ApiError> {
    let note = request.note.trim();
    let mut errors = FieldErrors::new();
    errors.require(
        request.approve || !note.is_empty(),
        "note",
        FieldCode::Required,
    );
    errors.require(
        note.chars().count() <= LONGEST_NOTE,
        "note",
        FieldCode::TooLong,
    );
    errors.finish()?;
    Ok(note.to_owned())
}

/// Agrees or refuses. The second to agree starts the time to object; one refusal ends the application. Two who
/// decide at once: the later one decides anew on what the other left.
///
/// Called twice, the second is refused, for the same person does not decide twice.
pub(crate) async fn decide(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Path(id): Path<RecoveryId>,
    Json(request): Json<RecoveryDecisionRequest>,
) -> Result<Json<RecoveryDetail>, ApiError> {
    let note = read(&request)?;
    for _ in 0..TRIES {
        let recovery = load(&ports, &id).await?;
        let decision = RecoveryDecision {
            staff: staff.id.clone(),
            at: ports.clock.now(),
            approve: request.approve,
            note: note.clone(),
        };
        let (next, all) = decided(&ports, &recovery, decision, &staff).await?;
        match ports.registry.record(&all).await {
            Ok(()) => return Ok(Json(view(&ports, &next, &staff).await?)),
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

/// The application after a decision, and everything that is written with it.
async fn decided(
    ports: &Ports,
    recovery: &Recovery,
    decision: RecoveryDecision,
    staff: &Staff,
) -> Result<(Recovery, Transaction), ApiError> {
    let company = company(ports, recovery).await?;
    if let Some(company) = &company {
        not_own(company, staff)?;
    }
    if login_key(&recovery.contact.mail) == login_key(&staff.mail) {
        return Err(ErrorCode::OwnCompany.into());
    }
    let (now, approve, note) = (decision.at, decision.approve, decision.note.clone());
    let mut next = recovery
        .decided(decision)
        .map_err(|refusal| match refusal {
            DecisionRefusal::State => ApiError::new(ErrorCode::NotInThisState),
            DecisionRefusal::SamePerson => ApiError::new(ErrorCode::SecondPerson),
            DecisionRefusal::NoCompany => ApiError::field("approve", FieldCode::NotOffered),
        })?;
    let mut all = Transaction::new(now);
    let mut work = Vec::new();
    let news = |next: &Recovery, notice, name, note| News {
        occasion: format!("{}-{}", next.id, next.version),
        notice,
        name,
        note,
        objection: None,
    };
    match (next.state, next.object_until) {
        (RecoveryState::Waiting, Some(until)) => {
            let company = company
                .as_ref()
                .ok_or_else(|| ApiError::internal(format!("{}: its company is gone", next.id)))?;
            let about = ObjectionAbout::Recovery {
                recovery: next.id.clone(),
            };
            let objection = objection(about, until, &*ports.clock, &*ports.random);
            next.objection = Some(objection.id.clone());
            all = all.create(&objection)?;
            let waiting = News {
                objection: Some(&objection),
                ..news(
                    &next,
                    AccountNotice::RecoveryWaiting,
                    &company.name,
                    String::new(),
                )
            };
            work = waiting.to(&targets(&company.contact));
        }
        (RecoveryState::Refused, _) => {
            let refused = news(
                &next,
                AccountNotice::RecoveryRefused,
                &next.company_name,
                note,
            );
            work = refused.to(&targets(&next.contact));
        }
        _ => {}
    }
    let action = if approve {
        "recovery_approved"
    } else {
        "recovery_refused"
    };
    let all = all
        .change(&next)?
        .then(work)
        .audited(deed(staff, &next.id, action, now));
    Ok((next, all))
}

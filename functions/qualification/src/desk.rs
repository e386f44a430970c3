//! The queue, a company's papers beside its data, taking a company and giving it back.

use std::collections::BTreeSet;

use adapters::ports::{CommitError, Index, PortError, Span, Transaction};
use adapters::registry::{self, Claim, Claimed};
use axum::extract::State;
use contract::company::CompanyEventView;
use contract::console::QueueQuery;
use contract::error::ErrorCode;
use contract::qualification::{
    QualificationDetail, QualificationQueue, QualificationRow, RivalView,
};
use domain::actor::{Actor, Role};
use domain::company::{Company, CompanyEvent};
use domain::ids::CompanyId;
use domain::qualification::{DeskClaim, Qualification, QualificationState};
use domain::staff::Staff;
use edge::ApiError;
use edge::extract::{Json, Path, Query, StaffMember};
use edge::recoveries::{TRIES, people};
use http::StatusCode;

use crate::Ports;

const PAGE: u32 = 50;
/// How many others with the same name or code are shown, the oldest ones.
const RIVALS_SHOWN: usize = 50;

pub(crate) async fn queue(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Query(query): Query<QueueQuery>,
) -> Result<Json<QualificationQueue>, ApiError> {
    let span = Span::all(Index::ByState, registry::QUALIFICATION_QUEUE);
    let page = ports
        .registry
        .load_page::<Company>(&span, query.cursor.as_ref(), PAGE)
        .await?;
    let row = |company: Company| {
        let submitted_at = company.qualification.submitted_at?;
        let claim = company.qualification.claim.as_ref();
        Some(QualificationRow {
            submitted_at,
            claimed: claim.is_some(),
            mine: claim.is_some_and(|claim| claim.staff == staff.id),
            credit_code: company.credit_code.as_str().to_owned(),
            company: company.id,
            name: company.name,
        })
    };
    // An index may be a moment behind.
    let waits = |company: &Company| company.qualification.state == QualificationState::Submitted;
    Ok(Json(QualificationQueue {
        companies: page
            .rows
            .into_iter()
            .filter(waits)
            .filter_map(row)
            .collect(),
        cursor: page.cursor,
    }))
}

/// A company that has handed papers in: before that it is nothing to reviewers.
pub(crate) async fn load(ports: &Ports, id: &CompanyId) -> Result<Company, ApiError> {
    let found: Option<Company> = ports.registry.load(&registry::company(id)).await?;
    let shown = found.filter(|company| company.qualification.submitted_at.is_some());
    Ok(shown.ok_or(ErrorCode::NotFound)?)
}

/// Others who claim the name or the code of a company, the oldest first.
pub(crate) async fn rivals(ports: &Ports, company: &Company) -> Result<Vec<Company>, PortError> {
    let mut ids: BTreeSet<CompanyId> = BTreeSet::new();
    for (what, text) in [
        (Claimed::Name, company.name.as_str()),
        (Claimed::CreditCode, company.credit_code.as_str()),
    ] {
        let partition = registry::claims(what, text);
        let claims: Vec<Claim> = ports
            .registry
            .load_all(&partition, registry::CLAIMS)
            .await?;
        ids.extend(claims.into_iter().map(|claim| claim.company));
    }
    let mut rivals = Vec::new();
    for id in ids
        .into_iter()
        .filter(|id| *id != company.id)
        .take(RIVALS_SHOWN)
    {
        let found: Option<Company> = ports.registry.load(&registry::company(&id)).await?;
        rivals.extend(found);
    }
    Ok(rivals)
}

async fn history(ports: &Ports, company: &Company) -> Result<Vec<CompanyEventView>, PortError> {
    let partition = registry::company_partition(&company.id);
    let events: Vec<CompanyEvent> = ports
        .registry
        .load_all(&partition, registry::COMPANY_EVENTS)
        .await?;
    let people = people(&*ports.registry, &company.id).await?;
    let name = |actor: &Actor| match actor {
        Actor::Company { user } => people
            .iter()
            .find(|person| person.id == *user)
            .map(|person| person.name.clone())
            .unwrap_or_default(),
        _ => String::new(),
    };
    let view = |event: CompanyEvent| CompanyEventView {
        seq: event.seq,
        at: event.at,
        actor_name: name(&event.actor),
        actor: event.actor,
        event: event.event,
        changes: event.changes,
        note: event.note,
    };
    Ok(events.into_iter().rev().map(view).collect())
}

async fn view(
    ports: &Ports,
    company: Company,
    staff: &Staff,
) -> Result<QualificationDetail, ApiError> {
    let rivals = rivals(ports, &company).await?;
    let rival = |rival: Company| RivalView {
        company: rival.id,
        name: rival.name,
        credit_code: rival.credit_code.into(),
        created_at: rival.created_at,
        state: rival.qualification.state,
    };
    let papers = ports
        .papers
        .images(company.id.as_str(), &company.qualification.papers)
        .await?;
    let history = history(ports, &company).await?;
    let (representative, id_number) = match company.legal_representative {
        Some(person) => (person.name, person.id_number.map(|number| number.masked)),
        None => (String::new(), None),
    };
    let claim = company.qualification.claim.as_ref();
    Ok(QualificationDetail {
        claimed: claim.is_some(),
        mine: claim.is_some_and(|claim| claim.staff == staff.id),
        company: company.id,
        version: company.version,
        name: company.name,
        credit_code: company.credit_code.into(),
        legal_representative: representative,
        legal_representative_id: id_number,
        registered_address: company.registered_address,
        contact: company.contact,
        storefront: company.storefront.0,
        state: company.qualification.state,
        refusals: company.qualification.refusals,
        submitted_at: company.qualification.submitted_at,
        papers,
        rivals: rivals.into_iter().map(rival).collect(),
        history,
    })
}

pub(crate) async fn show(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Path(id): Path<CompanyId>,
) -> Result<Json<QualificationDetail>, ApiError> {
    let company = load(&ports, &id).await?;
    Ok(Json(view(&ports, company, &staff).await?))
}

/// Nobody decides about the company that they speak for: its contact has their mailbox.
pub(crate) fn not_own(company: &Company, staff: &Staff) -> Result<(), ApiError> {
    let own = company
        .contact
        .mail
        .trim()
        .eq_ignore_ascii_case(staff.mail.trim());
    if own && !staff.mail.trim().is_empty() {
        return Err(ErrorCode::OwnCompany.into());
    }
    Ok(())
}

/// May the one who took it still decide? A company does not wait for somebody who has left the desk.
async fn still_there(ports: &Ports, claim: &DeskClaim) -> Result<bool, PortError> {
    let found: Option<Staff> = ports.registry.load(&registry::staff(&claim.staff)).await?;
    Ok(found.is_some_and(|staff| staff.is_active() && staff.roles.contains(&Role::Reviewer)))
}

/// The company with another claim. No entry of its history: nothing of the company has changed.
fn with_claim(company: &Company, claim: Option<DeskClaim>) -> Company {
    Company {
        qualification: Qualification {
            claim,
            ..company.qualification.clone()
        },
        version: company.version + 1,
        ..company.clone()
    }
}

/// Taken again by the same reviewer it stays taken.
pub(crate) async fn claim(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Path(id): Path<CompanyId>,
) -> Result<Json<QualificationDetail>, ApiError> {
    for _ in 0..TRIES {
        let company = load(&ports, &id).await?;
        not_own(&company, &staff)?;
        if company.qualification.state != QualificationState::Submitted {
            return Err(ErrorCode::NotInThisState.into());
        }
        match &company.qualification.claim {
            Some(claim) if claim.staff == staff.id => {
                return Ok(Json(view(&ports, company, &staff).await?));
            }
            Some(claim) if still_there(&ports, claim).await? => {
                return Err(ErrorCode::ClaimedByOther.into());
            }
            _ => {}
        }
        let now = ports.clock.now();
        let claim = DeskClaim {
            staff: staff.id.clone(),
            at: now,
        };
        let next = with_claim(&company, Some(claim));
        match ports
            .registry
            .record(&Transaction::new(now).change(&next)?)
            .await
        {
            Ok(()) => return Ok(Json(view(&ports, next, &staff).await?)),
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

/// Given back again it is nobody's still.
pub(crate) async fn release(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Path(id): Path<CompanyId>,
) -> Result<StatusCode, ApiError> {
    for _ in 0..TRIES {
        let company = load(&ports, &id).await?;
        match &company.qualification.claim {
            None => return Ok(StatusCode::NO_CONTENT),
            Some(claim) if claim.staff != staff.id => {
                return Err(ErrorCode::ClaimedByOther.into());
            }
            Some(_) => {}
        }
        let next = with_claim(&company, None);
        let all = Transaction::new(ports.clock.now()).change(&next)?;
        match ports.registry.record(&all).await {
            Ok(()) => return Ok(StatusCode::NO_CONTENT),
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

//! Handing in what reviewers look at (企业资料审核).

use adapters::ports::Transaction;
use axum::extract::State;
use contract::company::{CompanyFile, CompanyPaperRequest, QualificationRequest};
use contract::error::{ErrorCode, FieldCode};
use contract::upload::PaperUploadView;
use domain::company::{Company, CompanyEventKind};
use domain::ids::PaperId;
use domain::qualification::{
    CompanyPaperKind, Qualification, QualificationItem, QualificationState,
};
use edge::ApiError;
use edge::extract::{Json, Person};
use http::StatusCode;

use crate::read::file;
use crate::{Ports, load, same_version};

/// What a company may hand in.
const ALLOWED: [CompanyPaperKind; 2] = [
    CompanyPaperKind::BusinessLicence,
    CompanyPaperKind::AuthorisationLetter,
];
/// What must be there.
const REQUIRED: [CompanyPaperKind; 1] = [CompanyPaperKind::BusinessLicence];

/// Papers are handed in before a reviewer looks, and after some were sent back.
fn open(company: &Company) -> Result<(), ApiError> {
    match company.qualification.state {
        QualificationState::Open | QualificationState::ChangesRequested => Ok(()),
        QualificationState::Submitted | QualificationState::Approved => {
            Err(ErrorCode::NotInThisState.into())
        }
    }
}

/// Each call announces another file; one that nothing is put for is in nobody's way.
pub(crate) async fn announce(
    State(ports): State<Ports>,
    person: Person,
    Json(request): Json<CompanyPaperRequest>,
) -> Result<(StatusCode, Json<PaperUploadView>), ApiError> {
    let company = load(&ports, &person).await?;
    open(&company)?;
    let view = ports
        .papers
        .announce(company.id.as_str(), &request, &ALLOWED)
        .await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Was the licence sent back, and is the same one handed in again?
fn not_replaced(company: &Company, licences: &[&PaperId]) -> bool {
    let before = &company.qualification;
    let refused = before
        .refusals
        .iter()
        .any(|refusal| refusal.item == QualificationItem::Licence);
    refused && licences.iter().all(|id| before.papers.contains(id))
}

/// The same papers again while they wait change nothing. What was sent back before stays beside them: the
/// reviewer looks at that first.
pub(crate) async fn submit(
    State(ports): State<Ports>,
    person: Person,
    Json(request): Json<QualificationRequest>,
) -> Result<Json<CompanyFile>, ApiError> {
    let company = load(&ports, &person).await?;
    let before = &company.qualification;
    if before.state == QualificationState::Submitted && before.papers == request.papers {
        return Ok(Json(file(&ports, company).await?));
    }
    open(&company)?;
    same_version(request.version, company.version)?;
    if company.legal_representative.is_none() {
        return Err(ApiError::field("legal_representative", FieldCode::Required));
    }
    let papers = ports
        .papers
        .check(company.id.as_str(), &request.papers, &REQUIRED)
        .await?;
    let licences: Vec<&PaperId> = papers
        .iter()
        .filter(|paper| paper.kind == CompanyPaperKind::BusinessLicence)
        .map(|paper| &paper.id)
        .collect();
    if not_replaced(&company, &licences) {
        return Err(ErrorCode::PapersMissing.into());
    }
    let now = ports.clock.now();
    let kind = CompanyEventKind::QualificationSubmitted;
    let (next, event) = company.changed(person.actor(), kind, Vec::new(), "", now);
    let next = Company {
        qualification: Qualification {
            state: QualificationState::Submitted,
            papers: request.papers,
            refusals: before.refusals.clone(),
            submitted_at: Some(now),
            claim: None,
            decided_at: None,
            reviewer: None,
        },
        ..next
    };
    let all = Transaction::new(now).change(&next)?.create(&event)?;
    ports.registry.record(&all).await?;
    Ok(Json(file(&ports, next).await?))
}

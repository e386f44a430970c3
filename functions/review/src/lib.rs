//! Function `review`: the reviewer's desk (审核).

pub mod seals;

use std::sync::Arc;

use adapters::ports::{Clock, Commit, Lists, Objects, Orders, Papers, PortError, Registry};
use adapters::s3::Bucket;
use axum::Router;
use axum::extract::{FromRequest, Request, State};
use contract::console::{
    QueueQuery, QueueRow, QueueView, RejectRequest, ReviewCredit, ReviewPaper, ReviewView,
};
use contract::error::{ErrorCode, FieldCode};
use contract::order::HistoryEntry;
use contract::stamps::ApproveRequest;
use domain::ids::{LineNo, OrderId};
use domain::order::{Event, EventKind, EventRecord, LineStage, LineState, Order, transition};
use domain::paper::{PaperRefusal, RefusalReason};
use domain::policy::Policies;
use edge::api::{Api, Gate};
use edge::extract::{Json, Path, Query, StaffMember};
use edge::orders::{advance, policy_of};
use edge::real::SystemClock;
use edge::{ApiError, FieldErrors};
use http::StatusCode;
use jiff::SignedDuration;
use lambda_http::Error;

const PAGE: u32 = 50;
/// How often an approval is tried again when somebody else moved the order, as [`advance`] does.
const TRIES: u32 = 8;
/// How long an image's address can be used.
const IMAGE_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// The queue.
    pub lists: Arc<dyn Lists>,
    /// Papers.
    pub papers: Arc<dyn Papers>,
    /// Their images.
    pub objects: Arc<dyn Objects>,
    /// What was chosen for keys.
    pub registry: Arc<dyn Registry>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("review")
        .operation("reviewQueue", queue)
        .operation("reviewLine", show)
        .operation("claimReview", claim)
        .operation("releaseReview", release)
        .operation("approveReview", approve)
        .operation("rejectReview", reject)
        .finish(gate, ports)
}

/// The function with its real ports.
///
/// # Errors
/// When the environment lacks something.
#[expect(clippy::unused_async, reason = "every function connects the same way")]
pub async fn connect() -> Result<Router, Error> {
    let table = edge::wiring::table()?;
    let gate = edge::wiring::gate(&table)?;
    let bucket = Bucket::connect(
        edge::aws::sdk_config()?,
        edge::config::required("PAPERS_BUCKET")?,
        edge::aws::has_own_endpoint(),
    );
    let ports = Ports {
        orders: table.clone(),
        lists: table.clone(),
        papers: table.clone(),
        registry: table,
        objects: Arc::new(bucket),
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
    };
    Ok(api(gate, ports)?)
}

async fn queue(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Query(query): Query<QueueQuery>,
) -> Result<Json<QueueView>, ApiError> {
    let page = ports
        .lists
        .queue(LineStage::AwaitReview, query.cursor.as_ref(), PAGE)
        .await?;
    let lines = page
        .rows
        .iter()
        .filter_map(|queued| {
            Some(QueueRow::of(
                &queued.order,
                queued.order.line(queued.line)?,
                &staff.id,
            ))
        })
        .filter(|row| row.stage == LineStage::AwaitReview)
        .collect();
    Ok(Json(QueueView {
        lines,
        cursor: page.cursor,
    }))
}

async fn view(
    ports: &Ports,
    order: &Order,
    line_no: LineNo,
    staff: &StaffMember,
) -> Result<ReviewView, ApiError> {
    let line = order.line(line_no).ok_or(ErrorCode::NotFound)?;
    let known = ports.papers.papers(&order.id, line_no).await?;
    let mut papers = Vec::new();
    for paper in known
        .into_iter()
        .filter(|paper| line.papers.iter().any(|part| part.id == paper.id))
    {
        let mut pages = Vec::new();
        for key in &paper.previews {
            pages.push(ports.objects.presign_get(key, IMAGE_LIFETIME).await?);
        }
        papers.push(ReviewPaper {
            kind: paper.kind,
            file_name: paper.file_name,
            format: paper.format,
            pages,
            uploaded_at: paper.created_at,
        });
    }
    let history = ports.orders.history(&order.id).await?;
    Ok(ReviewView {
        row: QueueRow::of(order, line, &staff.0.id),
        subject: order.subject.clone(),
        basic: line.basic.clone(),
        papers,
        seals: seals::view(ports, order, line).await?,
        credit: line
            .key
            .as_ref()
            .zip(line.price.credit.as_ref())
            .map(|(key, credit)| ReviewCredit {
                serial: key.serial.clone(),
                credit: credit.clone(),
            }),
        refusals: last_refusals(&history, line_no),
        history: history.into_iter().map(HistoryEntry::of).collect(),
    })
}

/// What was sent back last time, and why: the reviewer looks at that first.
fn last_refusals(history: &[EventRecord], line_no: LineNo) -> Vec<PaperRefusal> {
    let last = history
        .iter()
        .rev()
        .find(|event| event.line == Some(line_no) && !event.refusals.is_empty());
    last.map(|event| event.refusals.clone()).unwrap_or_default()
}

/// A line is shown to reviewers from the first look at its papers on; before that it is the company's.
async fn show(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
) -> Result<Json<ReviewView>, ApiError> {
    let order = ports.orders.load(&id).await?.ok_or(ErrorCode::NotFound)?;
    let line = order
        .line(line_no)
        .filter(|line| line.materials_at.is_some())
        .ok_or(ErrorCode::NotFound)?;
    let no = line.no;
    Ok(Json(view(&ports, &order, no, &staff).await?))
}

async fn claim(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
) -> Result<Json<ReviewView>, ApiError> {
    let order = advance(
        &*ports.orders,
        &ports.policies,
        &id,
        ports.clock.now(),
        |order| {
            let line = order.line(line_no).ok_or(ErrorCode::NotFound)?;
            if line
                .claim
                .as_ref()
                .is_some_and(|claim| claim.staff == staff.0.id)
            {
                return Ok(None);
            }
            Ok(Some(Event {
                actor: staff.actor(),
                kind: EventKind::ReviewClaimed { line: line_no },
            }))
        },
    )
    .await?;
    Ok(Json(view(&ports, &order, line_no, &staff).await?))
}

async fn release(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
) -> Result<StatusCode, ApiError> {
    advance(
        &*ports.orders,
        &ports.policies,
        &id,
        ports.clock.now(),
        |order| {
            if order
                .line(line_no)
                .ok_or(ErrorCode::NotFound)?
                .claim
                .is_none()
            {
                return Ok(None);
            }
            Ok(Some(Event {
                actor: staff.actor(),
                kind: EventKind::ReviewReleased { line: line_no },
            }))
        },
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The body of an approval. Without one no stamp is chosen, as for keys without e-seals.
struct Approval(ApproveRequest);

impl<S: Sync + Send> FromRequest<S> for Approval {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !request.headers().contains_key(http::header::CONTENT_TYPE) {
            return Ok(Self(ApproveRequest::default()));
        }
        let Json(request) = Json::from_request(request, state).await?;
        Ok(Self(request))
    }
}

/// Approves a line. What was chosen for its keys is written in the same transaction.
async fn approve(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
    Approval(request): Approval,
) -> Result<StatusCode, ApiError> {
    for _ in 0..TRIES {
        let order = ports.orders.load(&id).await?.ok_or(ErrorCode::NotFound)?;
        let line = order.line(line_no).ok_or(ErrorCode::NotFound)?;
        // Approved by the same reviewer before: the answer was lost.
        if line.approved_at.is_some() && line.reviewer.as_ref() == Some(&staff.0.id) {
            return Ok(StatusCode::NO_CONTENT);
        }
        let now = ports.clock.now();
        let event = Event {
            actor: staff.actor(),
            kind: EventKind::Approved { line: line_no },
        };
        let change = transition(&order, &event, now, policy_of(&ports.policies, &order)?)?;
        let credit = line.price.credit.as_ref();
        let unproved = credit.is_some_and(|credit| credit.without_pin);
        if unproved && !request.credit_confirmed {
            return Err(ApiError::field("credit_confirmed", FieldCode::Required));
        }
        let mut commit = Commit::of(change);
        commit.beside = seals::chosen(&ports, &order, line, &request.seals, &staff, now).await?;
        match ports.orders.commit(&commit).await {
            Ok(()) => return Ok(StatusCode::NO_CONTENT),
            Err(PortError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

async fn reject(
    State(ports): State<Ports>,
    staff: StaffMember,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
    Json(request): Json<RejectRequest>,
) -> Result<StatusCode, ApiError> {
    let mut errors = FieldErrors::new();
    errors.require(
        !request.refusals.is_empty(),
        "refusals",
        FieldCode::Required,
    );
    let mut refusals: Vec<PaperRefusal> = Vec::new();
    for (index, refusal) in request.refusals.iter().enumerate() {
        let field = format!("refusals.{index}.note");
        let note = refusal.note.trim();
        errors.require(
            note.chars().count() <= 500,
            field.clone(),
            FieldCode::TooLong,
        );
        errors.require(
            !note.is_empty() || refusal.reason != RefusalReason::Other,
            field,
            FieldCode::Required,
        );
        let twice = refusals.iter().any(|known| known.kind == refusal.kind);
        errors.require(!twice, format!("refusals.{index}.kind"), FieldCode::Invalid);
        refusals.push(PaperRefusal {
            note: note.to_owned(),
            ..refusal.clone()
        });
    }
    errors.finish()?;
    advance(
        &*ports.orders,
        &ports.policies,
        &id,
        ports.clock.now(),
        |order| {
            let line = order.line(line_no).ok_or(ErrorCode::NotFound)?;
            let mine = line.reviewer.as_ref() == Some(&staff.0.id);
            if line.state == LineState::ChangesRequested && mine && line.refusals == refusals {
                return Ok(None);
            }
            let kind = EventKind::Rejected {
                line: line_no,
                refusals: refusals.clone(),
            };
            Ok(Some(Event {
                actor: staff.actor(),
                kind,
            }))
        },
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Function `upload-presign`: announces a file and tells where to put it.

use std::sync::Arc;

use adapters::ports::{Clock, Objects, Orders, Papers, Random, new_ulid};
use adapters::s3::Bucket;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contract::error::{ErrorCode, FieldCode};
use contract::upload::{PaperUploadRequest, PaperUploadView};
use domain::ids::{LineNo, OrderId, PaperId};
use domain::order::{LineStage, OrderState};
use domain::paper::{MAX_PAPER_BYTES, Paper};
use edge::api::{Api, Gate};
use edge::extract::{Json, Path, Person};
use edge::real::{OsRandom, SystemClock};
use edge::{ApiError, FieldErrors};
use http::StatusCode;
use jiff::SignedDuration;
use lambda_http::Error;

/// How long the address can be used: a large file over a slow line.
const LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Announced papers.
    pub papers: Arc<dyn Papers>,
    /// The papers' bucket.
    pub objects: Arc<dyn Objects>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("upload-presign")
        .operation("announcePaper", announce)
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
        papers: table,
        objects: Arc::new(bucket),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
    };
    Ok(api(gate, ports)?)
}

async fn announce(
    State(ports): State<Ports>,
    person: Person,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
    Json(request): Json<PaperUploadRequest>,
) -> Result<Response, ApiError> {
    let now = ports.clock.now();
    let order = ports
        .orders
        .load(&id)
        .await?
        .filter(|order| order.company == person.company);
    let order = order.ok_or(ErrorCode::NotFound)?;
    let line = order.line(line_no).ok_or(ErrorCode::NotFound)?;
    // Where papers are part of the draft, they are uploaded while it is one.
    let draft = order.state == OrderState::Draft && line.plan.papers_before_submit();
    if !draft && order.line_stage(line) != LineStage::AwaitMaterials {
        return Err(ErrorCode::NotInThisState.into());
    }
    let mut errors = FieldErrors::new();
    errors.require(
        line.required_papers().contains(&request.kind),
        "kind",
        FieldCode::NotOffered,
    );
    let file_name = errors.text(&request.file_name, "file_name", 255);
    errors.require(
        (1..=MAX_PAPER_BYTES).contains(&request.length),
        "length",
        FieldCode::OutOfRange,
    );
    let hash = request.sha256.to_ascii_lowercase();
    let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    errors.require(is_hash, "sha256", FieldCode::Invalid);
    errors.finish()?;

    let paper = Paper {
        id: PaperId::from_ulid(&new_ulid(&*ports.clock, &*ports.random)),
        order: id,
        line: line_no,
        kind: request.kind,
        file_name,
        format: request.format,
        length: request.length,
        sha256: hash,
        created_at: now,
        previews: Vec::new(),
    };
    let media_type = paper.format.media_type();
    let put = ports
        .objects
        .presign_put(
            &paper.object_key(),
            media_type,
            paper.length,
            &paper.sha256,
            now,
            LIFETIME,
        )
        .await?;
    ports.papers.announce(&paper).await?;
    let view = PaperUploadView {
        paper: paper.id,
        url: put.url,
        headers: put.headers,
        expires_at: put.expires_at,
    };
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

//! Step `paper-check` of the machine `line`: looks at every paper by machine and makes the page images
//! that reviewers see.
//!
//! A file is judged by its bytes. One that cannot be opened goes back to the company with the reason;
//! raw files never reach a reviewer's browser. May run twice: images are written over under the same
//! keys, the verdict is one conditional transition. From a seal sheet it also cuts the stamps ([`stamps`]).

mod stamps;

use std::sync::Arc;

use adapters::ports::{Clock, Objects, Orders, Papers};
use adapters::s3::Bucket;
use contract::error::ErrorCode;
use contract::step::{LineStep, LineStepDone};
use domain::actor::Actor;
use domain::order::{Event, EventKind, LineStage};
use domain::paper::{
    MAX_PAPER_BYTES, Paper, PaperKind, PaperRefusal, RefusalReason, is_another_orders_sheet,
};
use domain::policy::Policies;
use edge::ApiError;
use edge::orders::advance;
use edge::real::SystemClock;
use edge::step::StepError;
use imaging::BadFile;

/// What this step reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Papers.
    pub papers: Arc<dyn Papers>,
    /// The papers' bucket.
    pub objects: Arc<dyn Objects>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The step with its real ports.
///
/// # Errors
/// When the environment lacks something.
pub fn connect() -> Result<Ports, lambda_runtime::Error> {
    let table = edge::wiring::table()?;
    let bucket = Bucket::connect(
        edge::aws::sdk_config()?,
        edge::config::required("PAPERS_BUCKET")?,
        edge::aws::has_own_endpoint(),
    );
    Ok(Ports {
        orders: table.clone(),
        papers: table,
        objects: Arc::new(bucket),
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
    })
}

/// Looks at the papers of a line.
///
/// # Errors
/// The store's troubles, which the machine tries again.
pub async fn run(ports: &Ports, step: LineStep) -> Result<LineStepDone, StepError> {
    let order = ports.orders.load(&step.order).await?;
    let order =
        order.ok_or_else(|| ApiError::internal("an execution of an order that is not there"))?;
    let line = order
        .line(step.line)
        .ok_or(ApiError::new(ErrorCode::NotFound))?;
    let stage = order.line_stage(line);
    if order.run != step.run || stage != LineStage::CheckPapers {
        return Ok(LineStepDone { stage });
    }
    let round = line.round;
    let known = ports.papers.papers(&order.id, step.line).await?;
    let mut refusals: Vec<PaperRefusal> = Vec::new();
    for paper in known
        .iter()
        .filter(|paper| line.papers.iter().any(|part| part.id == paper.id))
    {
        let verdict = check(ports, paper).await?;
        let first = refusals.iter().all(|refusal| refusal.kind != paper.kind);
        if let Some(note) = verdict.err().filter(|_| first) {
            let note = format!("{}：{note}", paper.file_name);
            refusals.push(PaperRefusal {
                kind: paper.kind,
                reason: RefusalReason::BadFile,
                note,
            });
        }
    }
    let after = advance(
        &*ports.orders,
        &ports.policies,
        &order.id,
        ports.clock.now(),
        |order| {
            let line = order.line(step.line).ok_or(ErrorCode::NotFound)?;
            // Another run of this step was faster, or the order moved on.
            if order.line_stage(line) != LineStage::CheckPapers || line.round != round {
                return Ok(None);
            }
            let kind = EventKind::PapersChecked {
                line: step.line,
                round,
                refusals: refusals.clone(),
            };
            Ok(Some(Event {
                actor: Actor::System,
                kind,
            }))
        },
    )
    .await?;
    let stage = after
        .line(step.line)
        .map_or(stage, |line| after.line_stage(line));
    Ok(LineStepDone { stage })
}

/// Makes the images of one paper. The inner error is what the company reads.
async fn check(ports: &Ports, paper: &Paper) -> Result<Result<(), &'static str>, StepError> {
    if !paper.previews.is_empty() {
        return Ok(Ok(()));
    }
    let Some(bytes) = ports
        .objects
        .read(&paper.object_key(), MAX_PAPER_BYTES)
        .await?
    else {
        return Ok(Err("文件没有上传完成，请重新上传"));
    };
    let pages = if paper.kind == PaperKind::SealSheet {
        sheet(ports, paper, &bytes).await?
    } else {
        imaging::pages(&bytes, paper.format).map_err(BadFile::text)
    };
    let pages = match pages {
        Ok(pages) => pages,
        Err(why) => return Ok(Err(why)),
    };
    let mut keys = Vec::new();
    for (page, jpeg) in (1..).zip(pages) {
        let key = format!(
            "images/{}/{}/{}/{page}.jpg",
            paper.order, paper.line, paper.id
        );
        ports.objects.write(&key, "image/jpeg", jpeg).await?;
        keys.push(key);
    }
    ports
        .papers
        .set_previews(&paper.order, paper.line, &paper.id, &keys)
        .await?;
    Ok(Ok(()))
}

/// What a company reads whose sheet was printed for another order: its stamps were given for that one.
const OTHER_SHEET: &str =
    "这张采集模板是为其他订单打印的，请从本订单的资料页打印模板，重新盖章后上传";

/// The page images of a seal sheet; on the way its code is compared and its stamps are cut.
async fn sheet(
    ports: &Ports,
    paper: &Paper,
    bytes: &[u8],
) -> Result<Result<Vec<Vec<u8>>, &'static str>, StepError> {
    let scans = match imaging::scans(bytes, paper.format) {
        Ok(scans) => scans,
        Err(bad) => return Ok(Err(bad.text())),
    };
    let mut codes = scans.iter().flat_map(imaging::codes);
    if codes.any(|code| is_another_orders_sheet(&code, &paper.order)) {
        return Ok(Err(OTHER_SHEET));
    }
    let pages = scans.iter().map(imaging::preview).collect::<Result<_, _>>();
    let pages = pages.map_err(BadFile::text);
    stamps::cut(&*ports.objects, paper, scans).await?;
    Ok(pages)
}

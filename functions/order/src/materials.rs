//! Handing in basic data and papers (上传资料).

use axum::extract::State;
use contract::error::{ErrorCode, FieldCode};
use contract::order::{MaterialsRequest, OrderView};
use domain::company::is_mobile;
use domain::ids::{LineNo, OrderId};
use domain::order::{BasicData, Event, EventKind, LineState, OrderState, PaperRef};
use domain::paper::Paper;
use edge::extract::{Json, Path, Person};
use edge::orders::{advance, policy_of};
use edge::{ApiError, FieldErrors};

use crate::{Ports, load_own, own, view};

/// The papers named must have been announced for this line and lie in the bucket in full: the bucket
/// took them only with the length and hash that were announced.
pub(crate) async fn submit(
    State(ports): State<Ports>,
    person: Person,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
    Json(request): Json<MaterialsRequest>,
) -> Result<Json<OrderView>, ApiError> {
    let now = ports.clock.now();
    let order = load_own(&ports, &id, &person).await?;
    let line = order.line(line_no).ok_or(ErrorCode::NotFound)?;
    let pages = usize::from(policy_of(&ports.policies, &order)?.max_pages_per_paper);

    let mut errors = FieldErrors::new();
    let mobile = request.basic.agent_mobile.trim().to_owned();
    errors.require(is_mobile(&mobile), "basic.agent_mobile", FieldCode::Invalid);
    let basic = BasicData {
        legal_representative: errors.text(
            &request.basic.legal_representative,
            "basic.legal_representative",
            50,
        ),
        agent_name: errors.text(&request.basic.agent_name, "basic.agent_name", 50),
        agent_mobile: mobile,
    };
    let announced = ports.papers.papers(&id, line_no).await?;
    let mut papers: Vec<&Paper> = Vec::new();
    for (index, wanted) in request.papers.iter().enumerate() {
        match announced.iter().find(|paper| paper.id == *wanted) {
            Some(paper) if papers.iter().all(|known| known.id != paper.id) => papers.push(paper),
            _ => errors.add(format!("papers.{index}"), FieldCode::Invalid),
        }
    }
    for kind in line.required_papers() {
        errors.require(
            papers.iter().filter(|paper| paper.kind == kind).count() <= pages,
            "papers",
            FieldCode::TooLong,
        );
    }
    errors.finish()?;
    for paper in &papers {
        let there = ports.objects.info(&paper.object_key()).await?;
        if there.is_none_or(|object| object.length != paper.length) {
            return Err(ErrorCode::PaperNotUploaded.into());
        }
    }
    let papers: Vec<PaperRef> = papers
        .into_iter()
        .map(|paper| PaperRef {
            id: paper.id.clone(),
            kind: paper.kind,
        })
        .collect();

    let order = advance(&*ports.orders, &ports.policies, &id, now, |order| {
        own(order, &person)?;
        let line = order.line(line_no).ok_or(ErrorCode::NotFound)?;
        if order.state == OrderState::Draft && line.plan.papers_before_submit() {
            // Kept as far as they are there: a draft need not be complete.
            if line.papers == papers && line.basic.as_ref() == Some(&basic) {
                return Ok(None);
            }
            return Ok(Some(Event {
                actor: person.actor(),
                kind: EventKind::MaterialsPrepared {
                    line: line_no,
                    basic: basic.clone(),
                    papers: papers.clone(),
                },
            }));
        }
        // The same papers handed in again, after an answer that was lost.
        if line.state == LineState::UnderReview
            && line.papers == papers
            && line.basic.as_ref() == Some(&basic)
        {
            return Ok(None);
        }
        let kind = EventKind::MaterialsSubmitted {
            line: line_no,
            basic: basic.clone(),
            papers: papers.clone(),
        };
        Ok(Some(Event {
            actor: person.actor(),
            kind,
        }))
    })
    .await?;
    Ok(Json(view(&ports, &order).await?))
}

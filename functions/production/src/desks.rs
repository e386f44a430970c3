//! The desks at which keys are made: who they are, and the end of one.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use adapters::ports::{CommitError, PortError, Transaction};
use adapters::registry;
use axum::extract::State;
use contract::desk::{DeskList, DeskView};
use contract::error::ErrorCode;
use domain::audit::Deed;
use domain::desk::Desk;
use domain::ids::DeskId;
use edge::ApiError;
use edge::extract::{Json, Path, StaffMember};
use edge::staff_names::staff_names;

use crate::Ports;

pub(crate) async fn list(State(ports): State<Ports>) -> Result<Json<DeskList>, ApiError> {
    let mut desks: Vec<Desk> = ports
        .registry
        .load_all(registry::DESKS, registry::DESK)
        .await?;
    desks.sort_by_key(|desk| Reverse(desk.enrolled_at));
    let who: BTreeSet<_> = desks.iter().map(|desk| desk.enrolled_by.clone()).collect();
    let names = staff_names(&*ports.registry, who).await?;
    let views = desks.into_iter().map(|desk| {
        let by = names.get(&desk.enrolled_by).cloned().unwrap_or_default();
        DeskView::of(desk, by)
    });
    Ok(Json(DeskList {
        desks: views.collect(),
    }))
}

/// What its agent has begun stays begun, and is given up at the console or made at another desk's order: it is asked
/// at every call whether its desk is still one.
pub(crate) async fn dismiss(
    State(ports): State<Ports>,
    StaffMember(staff): StaffMember,
    Path(id): Path<DeskId>,
) -> Result<Json<DeskList>, ApiError> {
    let now = ports.clock.now();
    let desk: Option<Desk> = ports.registry.load(&registry::desk(&id)).await?;
    let desk = desk.ok_or(ErrorCode::NotFound)?;
    if let Some(next) = desk.dismissed(now) {
        let transaction = Transaction::new(now).change(&next)?.audited(Deed {
            staff: staff.id,
            at: now,
            action: "desk_dismissed".to_owned(),
            subject: format!("desk {id}"),
            detail: desk.name,
        });
        match ports.registry.record(&transaction).await {
            Ok(()) => {}
            Err(CommitError::Refused(_)) => return Err(ErrorCode::ChangedMeanwhile.into()),
            Err(error) => return Err(PortError::from(error).into()),
        }
    }
    list(State(ports)).await
}

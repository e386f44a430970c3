//! New contacts whose time to object is over (R30).

use std::sync::Arc;

use adapters::ports::{Clock, PortError, Registry};
use domain::ids::RecoveryId;
use edge::ApiError;
use edge::recoveries;

use crate::BATCH;

/// Sets every new contact that nobody objected to in time. Each by itself, with what came of it: `true` when
/// it was set now, `false` when there was nothing to do any more. One that cannot be set stays due.
///
/// # Errors
/// Only when the table cannot even be asked what is due.
pub async fn due(
    registry: &Arc<dyn Registry>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<(RecoveryId, Result<bool, ApiError>)>, PortError> {
    let mut looked = Vec::new();
    for id in recoveries::due(&**registry, clock.now(), BATCH).await? {
        let came = recoveries::complete(&**registry, &**clock, &id).await;
        looked.push((id, came));
    }
    Ok(looked)
}

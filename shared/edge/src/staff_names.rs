//! Names of staff, for those who read what was done.

use std::collections::{BTreeMap, BTreeSet};

use adapters::ports::Registry;
use adapters::registry;
use domain::ids::StaffId;
use domain::staff::Staff;

use crate::error::ApiError;

/// The names of these. Nobody is ever taken out of the table, but a name that is missing all the same must not
/// hide what was done: then the id stands for it.
///
/// # Errors
/// The store's.
pub async fn staff_names(
    registry: &dyn Registry,
    staff: BTreeSet<StaffId>,
) -> Result<BTreeMap<StaffId, String>, ApiError> {
    let mut names = BTreeMap::new();
    for id in staff {
        let found: Option<Staff> = registry.load(&registry::staff(&id)).await?;
        let name = found.map_or_else(|| id.to_string(), |staff| staff.name);
        names.insert(id, name);
    }
    Ok(names)
}

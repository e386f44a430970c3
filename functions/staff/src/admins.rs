//! There are always two administrators: otherwise nobody could agree to anything any more.

use adapters::ports::{Index, Kept, Key, PortError, Registry, Span};
use adapters::registry;
use contract::error::ErrorCode;
use domain::actor::Role;
use domain::staff::Staff;
use edge::ApiError;
use serde::{Deserialize, Serialize};

/// So many must be left.
const LEAST: usize = 2;
/// Rows of an index at once.
const PAGE: u32 = 200;

/// Raised whenever somebody stops being an administrator. So two who do that to one another at once meet
/// here, and one of them is told.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AdminCount {
    version: u64,
}

fn count_key() -> Key {
    Key::new("ADMINS", "ADMINS")
}

impl Kept for AdminCount {
    fn key(&self) -> Key {
        count_key()
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// All staff, as the index tells them: it may be a moment behind.
pub(crate) async fn everybody(registry: &dyn Registry) -> Result<Vec<Staff>, PortError> {
    let span = Span::all(Index::ByOwner, registry::ALL_STAFF);
    let mut staff = Vec::new();
    let mut cursor = None;
    loop {
        let page = registry
            .load_page::<Staff>(&span, cursor.as_ref(), PAGE)
            .await?;
        staff.extend(page.rows);
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(staff);
        }
    }
}

/// Is somebody an administrator who can act?
pub(crate) fn is_admin(staff: &Staff) -> bool {
    staff.is_active() && staff.roles.contains(&Role::Admin)
}

/// The mark to be written with a change of somebody after which they are no administrator any more; none
/// when they stay one or never were one.
///
/// # Errors
/// [`ErrorCode::NotInThisState`] when fewer than two would be left.
pub(crate) async fn one_less(
    registry: &dyn Registry,
    before: &Staff,
    after: &Staff,
) -> Result<Option<AdminCount>, ApiError> {
    if !is_admin(before) || is_admin(after) {
        return Ok(None);
    }
    // Before the others are read: whoever stops being one in between raises it, and this is refused.
    let known: Option<AdminCount> = registry.load(&count_key()).await?;
    let mut left = 0;
    for other in everybody(registry).await? {
        if other.id == before.id {
            continue;
        }
        // The index may be behind: what counts is the document itself.
        let now: Option<Staff> = registry.load(&other.key()).await?;
        left += usize::from(now.as_ref().is_some_and(is_admin));
    }
    if left < LEAST {
        return Err(ApiError::new(ErrorCode::NotInThisState)
            .because("fewer than two administrators would be left"));
    }
    let version = known.map_or(1, |known| known.version + 1);
    Ok(Some(AdminCount { version }))
}

//! Branches (网点).

use adapters::ports::{Transaction, new_ulid};
use adapters::registry;
use axum::extract::State;
use contract::error::{ErrorCode, FieldCode};
use contract::staff::{BranchList, BranchRequest};
use domain::ids::BranchId;
use domain::staff::Branch;
use edge::extract::{Json, Path, StaffMember};
use edge::{ApiError, FieldErrors};
use http::StatusCode;

use crate::{Ports, deed};

pub(crate) async fn list(State(ports): State<Ports>) -> Result<Json<BranchList>, ApiError> {
    let branches = registry::branches(&*ports.registry).await?;
    Ok(Json(BranchList { branches }))
}

/// The branch as the form has it, with wrong fields noted.
fn read(request: &BranchRequest, id: BranchId, version: u64, errors: &mut FieldErrors) -> Branch {
    let phone = errors.text(&request.phone, "phone", 30);
    let dialled = phone
        .chars()
        .all(|c| c.is_ascii_digit() || " +-()".contains(c));
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    errors.require(
        phone.is_empty() || (dialled && digits >= 5),
        "phone",
        FieldCode::Invalid,
    );
    Branch {
        id,
        name: errors.text(&request.name, "name", 50),
        address: errors.text(&request.address, "address", 200),
        phone,
        version,
    }
}

fn same(a: &Branch, b: &Branch) -> bool {
    (&a.name, &a.address, &a.phone) == (&b.name, &b.address, &b.phone)
}

/// Adding again what is there, word for word, adds nothing: the answer was lost.
pub(crate) async fn add(
    State(ports): State<Ports>,
    me: StaffMember,
    Json(request): Json<BranchRequest>,
) -> Result<(StatusCode, Json<BranchList>), ApiError> {
    let mut errors = FieldErrors::new();
    errors.require(request.version.is_none(), "version", FieldCode::Invalid);
    let id = BranchId::from_ulid(&new_ulid(&*ports.clock, &*ports.random));
    let branch = read(&request, id, 1, &mut errors);
    let known = registry::branches(&*ports.registry).await?;
    if let Some(known) = known.iter().find(|known| known.name == branch.name) {
        errors.require(same(known, &branch), "name", FieldCode::Taken);
        errors.finish()?;
        return Ok((StatusCode::CREATED, list(State(ports)).await?));
    }
    errors.finish()?;
    let now = ports.clock.now();
    let subject = format!("branch {}", branch.id);
    let write = Transaction::new(now).create(&branch)?.audited(deed(
        &me,
        now,
        "branch_added",
        subject,
        String::new(),
    ));
    ports.registry.record(&write).await?;
    Ok((StatusCode::CREATED, list(State(ports)).await?))
}

/// Changing to what is there already changes nothing.
pub(crate) async fn change(
    State(ports): State<Ports>,
    me: StaffMember,
    Path(id): Path<BranchId>,
    Json(request): Json<BranchRequest>,
) -> Result<Json<BranchList>, ApiError> {
    let known = registry::branches(&*ports.registry).await?;
    let before = known
        .iter()
        .find(|branch| branch.id == id)
        .ok_or(ErrorCode::NotFound)?;
    let mut errors = FieldErrors::new();
    errors.require(request.version.is_some(), "version", FieldCode::Required);
    let next = read(&request, id, before.version + 1, &mut errors);
    let taken = known
        .iter()
        .any(|other| other.id != next.id && other.name == next.name);
    errors.require(!taken, "name", FieldCode::Taken);
    errors.finish()?;
    if same(before, &next) {
        return list(State(ports)).await;
    }
    if request.version != Some(before.version) {
        return Err(ErrorCode::ChangedMeanwhile.into());
    }
    let changed: Vec<&str> = [
        ("name", before.name != next.name),
        ("address", before.address != next.address),
        ("phone", before.phone != next.phone),
    ]
    .into_iter()
    .filter_map(|(field, other)| other.then_some(field))
    .collect();
    let now = ports.clock.now();
    let subject = format!("branch {}", next.id);
    let write = Transaction::new(now).change(&next)?.audited(deed(
        &me,
        now,
        "branch_changed",
        subject,
        changed.join(","),
    ));
    ports.registry.record(&write).await?;
    list(State(ports)).await
}

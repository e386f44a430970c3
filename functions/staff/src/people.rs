//! Members of staff: invited, given roles, suspended.

use std::sync::Arc;

use adapters::ports::{Registry, Transaction};
use adapters::registry::{self, StaffMail};
use axum::extract::State;
use contract::error::{ErrorCode, FieldCode};
use contract::staff::{
    InviteRequest, ReasonRequest, RolesRequest, StaffList, StaffRequestList, StaffView,
};
use domain::actor::Role;
use domain::company::{is_mail, login_key};
use domain::ids::{BranchId, StaffId};
use domain::staff::{Branch, Staff, StaffChange, StaffState};
use edge::extract::{Json, Path, StaffMember};
use edge::{ApiError, FieldErrors};
use http::StatusCode;

use crate::admins::{everybody, one_less};
use crate::{Ports, REASON, about, deed, member, requests, words};
use edge::invitation;

/// All staff by name. `changed` has just been written: the index may not know it yet.
async fn everyone(
    registry: &Arc<dyn Registry>,
    me: &StaffMember,
    changed: Option<Staff>,
) -> Result<Json<StaffList>, ApiError> {
    let mut staff = everybody(&**registry).await?;
    if let Some(changed) = changed {
        staff.retain(|known| known.id != changed.id);
        staff.push(changed);
    }
    staff.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let view = |staff: Staff| StaffView {
        you: staff.id == me.0.id,
        id: staff.id,
        name: staff.name,
        mail: staff.mail,
        roles: staff.roles,
        branch: staff.branch,
        state: staff.state,
        created_at: staff.created_at,
        version: staff.version,
    };
    Ok(Json(StaffList {
        staff: staff.into_iter().map(view).collect(),
    }))
}

pub(crate) async fn list(
    State(ports): State<Ports>,
    me: StaffMember,
) -> Result<Json<StaffList>, ApiError> {
    everyone(&ports.registry, &me, None).await
}

/// The roles as they are kept, with wrong fields noted. An administrator does nothing else; a branch is for
/// the role `branch` and for no other.
async fn roles(
    ports: &Ports,
    roles: &[Role],
    branch: Option<&BranchId>,
    errors: &mut FieldErrors,
) -> Result<Vec<Role>, ApiError> {
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.dedup();
    let admin = roles.contains(&Role::Admin);
    errors.require(!admin || roles.len() == 1, "roles", FieldCode::Invalid);
    match (roles.contains(&Role::Branch), branch) {
        (true, None) => errors.add("branch", FieldCode::Required),
        (false, Some(_)) => errors.add("branch", FieldCode::Invalid),
        (true, Some(id)) => {
            let known: Option<Branch> = ports.registry.load(&registry::branch(id)).await?;
            errors.require(known.is_some(), "branch", FieldCode::NotOffered);
        }
        (false, None) => {}
    }
    Ok(roles)
}

/// Asking again for the same, word for word, asks for nothing more: the answer was lost.
pub(crate) async fn invite(
    State(ports): State<Ports>,
    me: StaffMember,
    Json(request): Json<InviteRequest>,
) -> Result<(StatusCode, Json<StaffRequestList>), ApiError> {
    let mut errors = FieldErrors::new();
    let name = errors.text(&request.name, "name", 50);
    let mail = errors.text(&request.mail, "mail", 254);
    errors.require(
        mail.is_empty() || is_mail(&mail),
        "mail",
        FieldCode::Invalid,
    );
    let branch = request.branch;
    let roles = roles(&ports, &request.roles, branch.as_ref(), &mut errors).await?;
    errors.require(!roles.is_empty(), "roles", FieldCode::Required);
    let reason = errors.text(&request.reason, "reason", REASON);
    errors.finish()?;
    let change = StaffChange::Invite {
        name,
        mail: mail.clone(),
        roles,
        branch,
    };
    let known: Option<StaffMail> = ports.registry.load(&registry::staff_mail(&mail)).await?;
    let asked = requests::open(&ports).await?.into_iter().any(|open| {
        let same = matches!(&open.change, StaffChange::Invite { mail: other, .. } if login_key(other) == login_key(&mail));
        same && open.change != change
    });
    if known.is_some() || asked {
        return Err(ApiError::field("mail", FieldCode::Taken));
    }
    requests::ask(&ports, &me, change, reason).await
}

/// Taking roles away is done at once, and closes what is asked for about this person: two people agree to
/// what somebody is to be, and that has changed. Whatever gives a role, or another branch, waits as a whole
/// for a second administrator.
pub(crate) async fn change_roles(
    State(ports): State<Ports>,
    me: StaffMember,
    Path(id): Path<StaffId>,
    Json(request): Json<RolesRequest>,
) -> Result<Json<StaffList>, ApiError> {
    let before = member(&ports, &id).await?;
    let mut errors = FieldErrors::new();
    let branch = request.branch;
    let roles = roles(&ports, &request.roles, branch.as_ref(), &mut errors).await?;
    let reason = errors.text(&request.reason, "reason", REASON);
    errors.finish()?;
    let after = Staff {
        roles,
        branch,
        version: before.version + 1,
        ..before.clone()
    };
    let same = before.branch == after.branch
        && before.roles.len() == after.roles.len()
        && before.roles.iter().all(|role| after.roles.contains(role));
    if same {
        return everyone(&ports.registry, &me, None).await;
    }
    if request.version != before.version {
        return Err(ErrorCode::ChangedMeanwhile.into());
    }
    let less = one_less(&*ports.registry, &before, &after).await?;
    let gives = after.roles.iter().any(|role| !before.roles.contains(role))
        || (after.branch.is_some() && after.branch != before.branch);
    if gives {
        not_myself(&me, &id)?;
        in_state(before.state != StaffState::Suspended)?;
        let change = StaffChange::Grant {
            staff: id,
            roles: after.roles,
            branch: after.branch,
        };
        requests::ask(&ports, &me, change, reason).await?;
        return everyone(&ports.registry, &me, None).await;
    }
    let now = ports.clock.now();
    let detail = format!("left {}; {reason}", words(&after.roles));
    let mut all = Transaction::new(now).change(&after)?;
    if let Some(less) = less {
        all = all.change(&less)?;
    }
    let all = requests::close_about(&ports, &me, &id, all)
        .await?
        .audited(deed(&me, now, "roles_removed", about(&id), detail));
    ports.registry.record(&all).await?;
    everyone(&ports.registry, &me, Some(after)).await
}

/// Suspending somebody who is suspended changes nothing.
pub(crate) async fn suspend(
    State(ports): State<Ports>,
    me: StaffMember,
    Path(id): Path<StaffId>,
    Json(request): Json<ReasonRequest>,
) -> Result<Json<StaffList>, ApiError> {
    let reason = reason(&request)?;
    let before = member(&ports, &id).await?;
    if before.state == StaffState::Suspended {
        return everyone(&ports.registry, &me, Some(before)).await;
    }
    let after = Staff {
        state: StaffState::Suspended,
        ..before.logged_out()
    };
    let now = ports.clock.now();
    let mut all = Transaction::new(now).change(&after)?;
    if let Some(less) = one_less(&*ports.registry, &before, &after).await? {
        all = all.change(&less)?;
    }
    let all = requests::close_about(&ports, &me, &id, all)
        .await?
        .audited(deed(&me, now, "staff_suspended", about(&id), reason));
    ports.registry.record(&all).await?;
    everyone(&ports.registry, &me, Some(after)).await
}

/// Asking again for the same asks for nothing more.
pub(crate) async fn resume(
    State(ports): State<Ports>,
    me: StaffMember,
    Path(id): Path<StaffId>,
    Json(request): Json<ReasonRequest>,
) -> Result<(StatusCode, Json<StaffRequestList>), ApiError> {
    let reason = reason(&request)?;
    not_myself(&me, &id)?;
    let staff = member(&ports, &id).await?;
    in_state(staff.state == StaffState::Suspended)?;
    requests::ask(&ports, &me, StaffChange::Resume { staff: id }, reason).await
}

/// Asking again for the same asks for nothing more. Somebody invited needs no reset but a new invitation.
pub(crate) async fn reset(
    State(ports): State<Ports>,
    me: StaffMember,
    Path(id): Path<StaffId>,
    Json(request): Json<ReasonRequest>,
) -> Result<(StatusCode, Json<StaffRequestList>), ApiError> {
    let reason = reason(&request)?;
    not_myself(&me, &id)?;
    let staff = member(&ports, &id).await?;
    in_state(staff.state == StaffState::Active)?;
    let change = StaffChange::ResetSecondFactor { staff: id };
    requests::ask(&ports, &me, change, reason).await
}

/// Sends a new invitation, with a new secret, to the address that two administrators agreed to. The one
/// before is void. Called twice it sends two, of which the second works.
pub(crate) async fn resend_invite(
    State(ports): State<Ports>,
    me: StaffMember,
    Path(id): Path<StaffId>,
) -> Result<StatusCode, ApiError> {
    let before = member(&ports, &id).await?;
    in_state(before.state == StaffState::Invited)?;
    let now = ports.clock.now();
    let after = before.logged_out();
    let invite = invitation::draw(&ports.fields, &*ports.random, &after, now).await?;
    let all = Transaction::new(now)
        .change(&after)?
        .create(&invite)?
        .then([invitation::notice(&after, &invite)])
        .audited(deed(&me, now, "invite_resent", about(&id), String::new()));
    ports.registry.record(&all).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The reason that was typed.
fn reason(request: &ReasonRequest) -> Result<String, ApiError> {
    let mut errors = FieldErrors::new();
    let reason = errors.text(&request.reason, "reason", REASON);
    errors.finish()?;
    Ok(reason)
}

/// Nobody gives themselves anything, not even by asking.
fn not_myself(me: &StaffMember, id: &StaffId) -> Result<(), ApiError> {
    if me.0.id == *id {
        return Err(ErrorCode::SecondPerson.into());
    }
    Ok(())
}

fn in_state(holds: bool) -> Result<(), ApiError> {
    if holds {
        Ok(())
    } else {
        Err(ErrorCode::NotInThisState.into())
    }
}

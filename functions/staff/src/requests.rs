//! What one administrator asks for and another decides on.

use std::collections::BTreeMap;

use adapters::ports::{Index, PortError, Span, Transaction, new_ulid};
use adapters::registry::{self, DECIDED_STAFF_REQUESTS, OPEN_STAFF_REQUESTS, StaffMail};
use axum::extract::State;
use contract::error::ErrorCode;
use contract::staff::{ReasonRequest, StaffRequestList, StaffRequestView};
use domain::ids::{StaffId, StaffRequestId};
use domain::staff::{Invite, Staff, StaffChange, StaffRequest, StaffRequestState, StaffState};
use domain::work::WorkItem;
use edge::extract::{Json, Path, StaffMember};
use edge::{ApiError, FieldErrors};
use http::StatusCode;
use jiff::Timestamp;

use crate::admins::{everybody, is_admin, one_less};
use crate::{Ports, REASON, about, deed, words};
use edge::invitation;

/// Rows of an index at once.
const PAGE: u32 = 200;
/// How many of those that were decided are listed.
const DECIDED: u32 = 50;

/// Whom a change is about; nobody yet when somebody is invited.
fn target(change: &StaffChange) -> Option<&StaffId> {
    match change {
        StaffChange::Invite { .. } => None,
        StaffChange::Grant { staff, .. }
        | StaffChange::ResetSecondFactor { staff }
        | StaffChange::Resume { staff } => Some(staff),
    }
}

/// What a request is about, as the audit tells it.
fn subject(request: &StaffRequest) -> String {
    target(&request.change).map_or_else(|| format!("staff request {}", request.id), about)
}

/// The same with everything of it that is no data about a person.
fn detail(request: &StaffRequest) -> String {
    let id = &request.id;
    match &request.change {
        StaffChange::Invite { roles, branch, .. } | StaffChange::Grant { roles, branch, .. } => {
            let branch = branch
                .as_ref()
                .map_or_else(String::new, |id| format!(" at {id}"));
            format!("request {id}; {}{branch}", words(roles))
        }
        StaffChange::ResetSecondFactor { .. } | StaffChange::Resume { .. } => {
            format!("request {id}")
        }
    }
}

/// All that waits, the longest first.
pub(crate) async fn open(ports: &Ports) -> Result<Vec<StaffRequest>, PortError> {
    let span = Span::all(Index::ByState, OPEN_STAFF_REQUESTS);
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = ports
            .registry
            .load_page::<StaffRequest>(&span, cursor.as_ref(), PAGE)
            .await?;
        found.extend(page.rows);
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

/// The list for `me`. `changed` has just been written: the index may not know it yet.
async fn view(
    ports: &Ports,
    me: &StaffMember,
    changed: Option<StaffRequest>,
) -> Result<Json<StaffRequestList>, ApiError> {
    let mut waiting = open(ports).await?;
    let span = Span::all(Index::ByState, DECIDED_STAFF_REQUESTS).newest_first();
    let decided = ports.registry.load_page(&span, None, DECIDED).await?;
    let mut decided: Vec<StaffRequest> = decided.rows;
    if let Some(changed) = changed {
        waiting.retain(|known| known.id != changed.id);
        decided.retain(|known| known.id != changed.id);
        match changed.state {
            StaffRequestState::Open => waiting.push(changed),
            StaffRequestState::Approved | StaffRequestState::Declined => {
                decided.insert(0, changed);
            }
        }
    }
    let staff = everybody(&*ports.registry).await?;
    let names: BTreeMap<&StaffId, &str> = staff
        .iter()
        .map(|staff| (&staff.id, staff.name.as_str()))
        .collect();
    let name = |id: &StaffId| names.get(id).map_or(id.as_str(), |name| *name).to_owned();
    let requests = waiting.into_iter().chain(decided).map(|request| {
        let about = match &request.change {
            StaffChange::Invite { name, .. } => name.clone(),
            StaffChange::Grant { staff, .. }
            | StaffChange::ResetSecondFactor { staff }
            | StaffChange::Resume { staff } => name(staff),
        };
        StaffRequestView {
            about,
            asked_by: name(&request.asked_by),
            mine: request.asked_by == me.0.id,
            decided_by: request.decided_by.as_ref().map(name),
            id: request.id,
            change: request.change,
            reason: request.reason,
            asked_at: request.asked_at,
            state: request.state,
            decided_at: request.decided_at,
        }
    });
    Ok(Json(StaffRequestList {
        requests: requests.collect(),
    }))
}

pub(crate) async fn list(
    State(ports): State<Ports>,
    me: StaffMember,
) -> Result<Json<StaffRequestList>, ApiError> {
    view(&ports, &me, None).await
}

/// Writes a request, unless the same is asked for already, by whomever.
pub(crate) async fn ask(
    ports: &Ports,
    me: &StaffMember,
    change: StaffChange,
    reason: String,
) -> Result<(StatusCode, Json<StaffRequestList>), ApiError> {
    if open(ports).await?.iter().any(|open| open.change == change) {
        return Ok((StatusCode::CREATED, view(ports, me, None).await?));
    }
    let now = ports.clock.now();
    let action = match &change {
        StaffChange::Invite { .. } => "invite_asked",
        StaffChange::Grant { .. } => "roles_asked",
        StaffChange::ResetSecondFactor { .. } => "second_factor_reset_asked",
        StaffChange::Resume { .. } => "staff_resume_asked",
    };
    let request = StaffRequest {
        id: StaffRequestId::from_ulid(&new_ulid(&*ports.clock, &*ports.random)),
        change,
        reason,
        asked_by: me.0.id.clone(),
        asked_at: now,
        state: StaffRequestState::Open,
        decided_by: None,
        decided_at: None,
        version: 1,
    };
    let all = Transaction::new(now).create(&request)?.audited(deed(
        me,
        now,
        action,
        subject(&request),
        detail(&request),
    ));
    ports.registry.record(&all).await?;
    Ok((StatusCode::CREATED, view(ports, me, Some(request)).await?))
}

fn decided(
    request: &StaffRequest,
    by: &StaffMember,
    state: StaffRequestState,
    now: Timestamp,
) -> StaffRequest {
    StaffRequest {
        state,
        decided_by: Some(by.0.id.clone()),
        decided_at: Some(now),
        version: request.version + 1,
        ..request.clone()
    }
}

/// Adds to a transaction that everything asked for about somebody is declined.
pub(crate) async fn close_about(
    ports: &Ports,
    by: &StaffMember,
    staff: &StaffId,
    mut all: Transaction,
) -> Result<Transaction, ApiError> {
    let now = all.at;
    for request in open(ports).await? {
        if target(&request.change) == Some(staff) {
            all = all.change(&decided(&request, by, StaffRequestState::Declined, now))?;
        }
    }
    Ok(all)
}

/// The request, if it waits; none when this person has decided on it so before: the answer was lost.
async fn waiting(
    ports: &Ports,
    id: &StaffRequestId,
    me: &StaffMember,
    as_decided: StaffRequestState,
) -> Result<Option<StaffRequest>, ApiError> {
    let found: Option<StaffRequest> = ports.registry.load(&registry::staff_request(id)).await?;
    let found = found.ok_or(ErrorCode::NotFound)?;
    if found.state == StaffRequestState::Open {
        return Ok(Some(found));
    }
    if found.state == as_decided && found.decided_by.as_ref() == Some(&me.0.id) {
        return Ok(None);
    }
    Err(ErrorCode::NotInThisState.into())
}

/// What agreeing does to somebody.
struct Effect {
    /// Who, before; none for somebody new.
    before: Option<Staff>,
    /// Who, afterwards.
    after: Staff,
    /// What the audit calls it.
    action: &'static str,
    /// Do they get an invitation?
    invited: bool,
}

/// What a change does to people as they are now. A person whom it does not fit any more was changed
/// meanwhile.
async fn effect(ports: &Ports, change: &StaffChange, now: Timestamp) -> Result<Effect, ApiError> {
    let present = match target(change) {
        None => None,
        Some(id) => Some(crate::member(ports, id).await?),
    };
    let changed = || ApiError::new(ErrorCode::ChangedMeanwhile);
    let effect = match (change, present) {
        (
            StaffChange::Invite {
                name,
                mail,
                roles,
                branch,
            },
            _,
        ) => Effect {
            before: None,
            after: Staff {
                id: StaffId::from_ulid(&new_ulid(&*ports.clock, &*ports.random)),
                name: name.clone(),
                mail: mail.clone(),
                roles: roles.clone(),
                branch: branch.clone(),
                state: StaffState::Invited,
                password: None,
                totp: None,
                totp_step: 0,
                epoch: 0,
                created_at: now,
                version: 1,
            },
            action: "staff_invited",
            invited: true,
        },
        (StaffChange::Grant { roles, branch, .. }, Some(before))
            if before.state != StaffState::Suspended =>
        {
            Effect {
                after: Staff {
                    roles: roles.clone(),
                    branch: branch.clone(),
                    version: before.version + 1,
                    ..before.clone()
                },
                before: Some(before),
                action: "roles_granted",
                invited: false,
            }
        }
        (StaffChange::ResetSecondFactor { .. }, Some(before))
            if before.state == StaffState::Active =>
        {
            Effect {
                after: Staff {
                    state: StaffState::Invited,
                    password: None,
                    totp: None,
                    ..before.logged_out()
                },
                before: Some(before),
                action: "second_factor_reset",
                invited: true,
            }
        }
        (StaffChange::Resume { .. }, Some(before)) if before.state == StaffState::Suspended => {
            let whole = before.password.is_some() && before.totp.is_some();
            Effect {
                after: Staff {
                    state: if whole {
                        StaffState::Active
                    } else {
                        StaffState::Invited
                    },
                    ..before.logged_out()
                },
                before: Some(before),
                action: "staff_resumed",
                invited: !whole,
            }
        }
        _ => return Err(changed()),
    };
    Ok(effect)
}

/// Agrees, and does it in the same transaction. Agreeing again changes nothing.
pub(crate) async fn approve(
    State(ports): State<Ports>,
    me: StaffMember,
    Path(id): Path<StaffRequestId>,
) -> Result<Json<StaffRequestList>, ApiError> {
    let Some(request) = waiting(&ports, &id, &me, StaffRequestState::Approved).await? else {
        return view(&ports, &me, None).await;
    };
    if request.asked_by == me.0.id || target(&request.change) == Some(&me.0.id) {
        return Err(ErrorCode::SecondPerson.into());
    }
    // Two administrators have to want it now: who asked and was suspended since is none.
    let asker: Option<Staff> = ports
        .registry
        .load(&registry::staff(&request.asked_by))
        .await?;
    if !asker.as_ref().is_some_and(is_admin) {
        return Err(ApiError::new(ErrorCode::ChangedMeanwhile)
            .because("who asked is no administrator any more"));
    }
    let now = ports.clock.now();
    let effect = effect(&ports, &request.change, now).await?;
    let after = &effect.after;
    let agreed = decided(&request, &me, StaffRequestState::Approved, now);
    let mut all = Transaction::new(now).change(&agreed)?.change(after)?;
    match &effect.before {
        Some(before) => {
            if let Some(less) = one_less(&*ports.registry, before, after).await? {
                all = all.change(&less)?;
            }
        }
        None => {
            all = all.create(&StaffMail {
                mail: after.mail.clone(),
                staff: after.id.clone(),
            })?;
        }
    }
    if effect.invited {
        let invite: Invite = invitation::draw(&ports.fields, &*ports.random, after, now).await?;
        let notice: WorkItem = invitation::notice(after, &invite);
        all = all.create(&invite)?.then([notice]);
    }
    let all = all.audited(deed(
        &me,
        now,
        effect.action,
        about(&after.id),
        detail(&request),
    ));
    ports.registry.record(&all).await?;
    view(&ports, &me, Some(agreed)).await
}

/// Declines; who asked may take it back so. Declining again changes nothing.
pub(crate) async fn decline(
    State(ports): State<Ports>,
    me: StaffMember,
    Path(id): Path<StaffRequestId>,
    Json(request): Json<ReasonRequest>,
) -> Result<Json<StaffRequestList>, ApiError> {
    let mut errors = FieldErrors::new();
    let reason = errors.text(&request.reason, "reason", REASON);
    errors.finish()?;
    let Some(request) = waiting(&ports, &id, &me, StaffRequestState::Declined).await? else {
        return view(&ports, &me, None).await;
    };
    let now = ports.clock.now();
    let declined = decided(&request, &me, StaffRequestState::Declined, now);
    let all = Transaction::new(now).change(&declined)?.audited(deed(
        &me,
        now,
        "request_declined",
        subject(&request),
        format!("request {}; {reason}", request.id),
    ));
    ports.registry.record(&all).await?;
    view(&ports, &me, Some(declined)).await
}

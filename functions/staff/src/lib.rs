//! Function `staff`: who works here, what they may do, and the branches.
//!
//! What gives rights needs two administrators: one asks, another agrees. What takes them away is done at
//! once. Each change is one transaction with its entry in the audit.

mod admins;
mod branches;
mod invites;
mod people;
mod requests;

use std::sync::Arc;

use adapters::kms::{KmsFieldCipher, KmsMac};
use adapters::ports::{Clock, Mac, Random, Registry};
use axum::Router;
use contract::error::ErrorCode;
use domain::actor::Role;
use domain::audit::Deed;
use domain::ids::StaffId;
use domain::staff::Staff;
use edge::ApiError;
use edge::api::{Api, Gate};
use edge::doors::Doors;
use edge::extract::StaffMember;
use edge::fields::Fields;
use edge::password::Passwords;
use edge::real::{OsRandom, SystemClock};
use edge::throttle::Throttles;
use jiff::Timestamp;
use lambda_http::Error;

/// The longest reason.
const REASON: usize = 200;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Staff, requests, invitations, branches.
    pub registry: Arc<dyn Registry>,
    /// What links follow from.
    pub mac: Arc<dyn Mac>,
    /// Secrets of second factors.
    pub fields: Fields,
    /// Counters of failures.
    pub throttles: Throttles,
    /// Hashes of passwords.
    pub passwords: Arc<Passwords>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids, salts, secrets.
    pub random: Arc<dyn Random>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("staff")
        .operation("listStaff", people::list)
        .operation("inviteStaff", people::invite)
        .operation("changeRoles", people::change_roles)
        .operation("suspendStaff", people::suspend)
        .operation("resumeStaff", people::resume)
        .operation("resetStaff", people::reset)
        .operation("resendInvite", people::resend_invite)
        .operation("listStaffRequests", requests::list)
        .operation("approveStaffRequest", requests::approve)
        .operation("declineStaffRequest", requests::decline)
        .operation("showInvite", invites::show)
        .operation("acceptInvite", invites::accept)
        .operation("listBranches", branches::list)
        .operation("addBranch", branches::add)
        .operation("changeBranch", branches::change)
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
    let config = edge::aws::sdk_config()?;
    let doors = Doors {
        registry: table,
        mac: Arc::new(KmsMac::connect(
            config,
            edge::config::required("MAC_KEY_ID")?,
        )),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
    };
    let cipher = KmsFieldCipher::connect(config, edge::config::required("FIELD_KEY_ID")?);
    let ports = Ports {
        fields: doors.fields(Arc::new(cipher)),
        throttles: doors.throttles(),
        passwords: Arc::default(),
        registry: doors.registry,
        mac: doors.mac,
        clock: doors.clock,
        random: doors.random,
    };
    Ok(api(gate, ports)?)
}

/// A member of staff by id.
async fn member(ports: &Ports, id: &StaffId) -> Result<Staff, ApiError> {
    let found: Option<Staff> = ports.registry.load(&adapters::registry::staff(id)).await?;
    Ok(found.ok_or(ErrorCode::NotFound)?)
}

/// Something that an administrator did.
fn deed(by: &StaffMember, at: Timestamp, action: &str, subject: String, detail: String) -> Deed {
    Deed {
        staff: by.0.id.clone(),
        at,
        action: action.to_owned(),
        subject,
        detail,
    }
}

/// A member of staff as subject of a deed.
fn about(id: &StaffId) -> String {
    format!("staff {id}")
}

/// Roles as the audit tells them.
fn words(roles: &[Role]) -> String {
    let words: Vec<&str> = roles.iter().map(|role| word(*role)).collect();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(",")
    }
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Reviewer => "reviewer",
        Role::Maker => "maker",
        Role::Shipper => "shipper",
        Role::Branch => "branch",
        Role::Finance => "finance",
        Role::Support => "support",
        Role::Admin => "admin",
    }
}

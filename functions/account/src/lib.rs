//! Function `account`: registration, login, sessions of companies and of staff.

mod password;
mod register;
mod session;

use std::sync::Arc;

use adapters::ports::{Accounts, Clock, Random, Sessions, StaffAccounts};
use axum::Router;
use domain::policy::Policies;
use edge::api::{Api, Gate};
use edge::real::{OsRandom, SystemClock};
use lambda_http::Error;

pub use password::hash_password;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Companies and their people.
    pub accounts: Arc<dyn Accounts>,
    /// Staff.
    pub staff: Arc<dyn StaffAccounts>,
    /// Sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids, salts, tokens.
    pub random: Arc<dyn Random>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("account")
        .operation("register", register::register)
        .operation("login", session::login)
        .operation("session", session::current)
        .operation("logout", session::logout)
        .operation("staffLogin", session::staff_login)
        .operation("staffSession", session::staff_current)
        .operation("staffLogout", session::staff_logout)
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
    let ports = Ports {
        accounts: table.clone(),
        staff: table.clone(),
        sessions: table,
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
    };
    Ok(api(gate, ports)?)
}

//! Function `account`: registration, login, passwords, sessions of companies and of staff.
//!
//! Nothing that a stranger can ask tells whether a company exists: for a known name and for an unknown one
//! there are the same answers, as many hashes of passwords, as many writes and as much work for `dispatch`.
//! Nobody can lock another company out: what is made to wait is a browser or an address, never a name.

mod by_key;
mod challenge;
mod codes;
mod login;
mod names;
mod password;
mod register;
mod session;
mod staff;

use std::sync::Arc;

use adapters::kms::{KmsFieldCipher, KmsMac};
use adapters::ports::{Clock, FieldCipher, Random, Registry};
use axum::Router;
use domain::policy::Policies;
use edge::api::{Api, Gate};
use edge::codes::Codes;
use edge::doors::Doors;
use edge::fields::Fields;
use edge::human::HumanCheck;
use edge::password::Passwords;
use edge::real::{OsRandom, SystemClock};
use edge::sessions::Sessions;
use edge::throttle::Throttles;
use lambda_http::Error;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Companies, people, staff, codes, sessions.
    pub registry: Arc<dyn Registry>,
    /// Storefronts, for the names one may log in by.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids, salts, tokens.
    pub random: Arc<dyn Random>,
    /// Human checks.
    pub human: HumanCheck,
    /// One-time codes.
    pub codes: Codes,
    /// Waiting after failures.
    pub throttles: Throttles,
    /// Sessions.
    pub sessions: Sessions,
    /// For the secrets of second factors.
    pub fields: Fields,
    /// Hashing and comparing, counted.
    pub passwords: Arc<Passwords>,
}

impl Ports {
    /// All of them, from the few things outside that they stand on.
    pub fn new(doors: Doors, cipher: Arc<dyn FieldCipher>, policies: Arc<Policies>) -> Self {
        Self {
            human: doors.human(),
            codes: doors.codes(),
            throttles: doors.throttles(),
            sessions: doors.sessions(),
            fields: doors.fields(cipher),
            passwords: Arc::default(),
            registry: doors.registry,
            policies,
            clock: doors.clock,
            random: doors.random,
        }
    }
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("account")
        .operation("challenge", challenge::challenge)
        .operation("register", register::register)
        .operation("resendRegistrationCode", register::resend)
        .operation("confirmRegistration", register::confirm)
        .operation("login", login::login)
        .operation("loginByCode", login::by_code)
        .operation("loginByKey", by_key::login)
        .operation("requestActivation", by_key::activation)
        .operation("session", session::current)
        .operation("logout", session::logout)
        .operation("listSessions", session::list)
        .operation("logoutEverywhere", session::logout_everywhere)
        .operation("endSession", session::end)
        .operation("requestPasswordReset", password::request_reset)
        .operation("resetPassword", password::reset)
        .operation("changePassword", password::change)
        .operation("staffLogin", staff::login)
        .operation("staffSession", staff::current)
        .operation("staffLogout", staff::logout)
        .operation("listStaffSessions", staff::list)
        .operation("staffLogoutEverywhere", staff::logout_everywhere)
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
    let ports = Ports::new(doors, Arc::new(cipher), Arc::new(Policies::shipped()?));
    Ok(api(gate, ports)?)
}

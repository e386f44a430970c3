//! Function `account`: registration, login, passwords, sessions of companies and of staff.
//!
//! Nothing that a stranger can ask tells whether a company exists: for a known name and for an unknown one
//! there are the same answers, as many hashes of passwords, as many writes and as much work for `dispatch`.
//! Nobody can lock another company out: what is made to wait is a browser or an address, never a name.

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
use adapters::ports::{Clock, FieldCipher, Mac, Random, Registry};
use axum::Router;
use domain::policy::Policies;
use edge::api::{Api, Gate};
use edge::codes::Codes;
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
    pub fn new(
        registry: Arc<dyn Registry>,
        mac: Arc<dyn Mac>,
        cipher: Arc<dyn FieldCipher>,
        policies: Arc<Policies>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            human: HumanCheck {
                mac: mac.clone(),
                registry: registry.clone(),
                clock: clock.clone(),
                random: random.clone(),
            },
            codes: Codes {
                registry: registry.clone(),
                mac: mac.clone(),
                clock: clock.clone(),
                random: random.clone(),
            },
            throttles: Throttles {
                registry: registry.clone(),
                clock: clock.clone(),
            },
            sessions: Sessions {
                registry: registry.clone(),
                clock: clock.clone(),
                random: random.clone(),
            },
            fields: Fields { cipher, mac },
            passwords: Arc::default(),
            registry,
            policies,
            clock,
            random,
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
    let ports = Ports::new(
        table,
        Arc::new(KmsMac::connect(
            config,
            edge::config::required("MAC_KEY_ID")?,
        )),
        Arc::new(KmsFieldCipher::connect(
            config,
            edge::config::required("FIELD_KEY_ID")?,
        )),
        Arc::new(Policies::shipped()?),
        Arc::new(SystemClock),
        Arc::new(OsRandom),
    );
    Ok(api(gate, ports)?)
}

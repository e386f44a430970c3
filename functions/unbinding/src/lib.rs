//! Function `unbinding`: unbinding a company from its keys (证书解绑), the road for a lost mailbox or mobile
//! number, "this was not us" (R28 to R30).
//!
//! Nobody here is logged in. No answer tells whether a company exists: what is read may differ, but hashes,
//! writes and answers are the same for a company that is known and for one that is not.

mod find;
mod objection;
mod recovery;
mod unbind;

use std::sync::Arc;

use adapters::kms::KmsMac;
use adapters::ports::{Clock, Mac, Random, Registry};
use adapters::s3::Bucket;
use axum::Router;
use domain::policy::Policies;
use edge::api::{Api, Gate};
use edge::codes::Codes;
use edge::company_papers::CompanyPapers;
use edge::config::required;
use edge::doors::Doors;
use edge::human::HumanCheck;
use edge::real::{OsRandom, SystemClock};
use edge::throttle::Throttles;
use lambda_http::Error;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Companies, codes, recoveries, objections.
    pub registry: Arc<dyn Registry>,
    /// What codes and links follow from.
    pub mac: Arc<dyn Mac>,
    /// One-time codes.
    pub codes: Codes,
    /// Human checks.
    pub human: HumanCheck,
    /// Counters of failures.
    pub throttles: Throttles,
    /// Files of applications.
    pub papers: CompanyPapers,
    /// Policies: which storefronts there are.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and cookies.
    pub random: Arc<dyn Random>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("unbinding")
        .operation("requestUnbinding", unbind::request)
        .operation("confirmUnbinding", unbind::confirm)
        .operation("beginRecovery", recovery::begin)
        .operation("getRecovery", recovery::show)
        .operation("resendRecoveryCodes", recovery::resend)
        .operation("confirmRecovery", recovery::confirm)
        .operation("announceRecoveryPaper", recovery::announce)
        .operation("submitRecovery", recovery::submit)
        .operation("showObjection", objection::show)
        .operation("confirmObjection", objection::confirm)
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
        mac: Arc::new(KmsMac::connect(config, required("MAC_KEY_ID")?)),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
    };
    let bucket = Bucket::connect(
        config,
        required("PAPERS_BUCKET")?,
        edge::aws::has_own_endpoint(),
    );
    let ports = Ports {
        codes: doors.codes(),
        human: doors.human(),
        throttles: doors.throttles(),
        papers: doors.papers(Arc::new(bucket)),
        policies: Arc::new(Policies::shipped()?),
        registry: doors.registry,
        mac: doors.mac,
        clock: doors.clock,
        random: doors.random,
    };
    Ok(api(gate, ports)?)
}

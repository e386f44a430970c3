//! Function `company`: a company's own file (企业信息).
//!
//! - `read`: the file, its history.
//! - `basics`: 基本信息.
//! - `contact`: who is told about orders; a new mobile number or mailbox is confirmed by code.
//! - `titles`, `addresses`: 发票信息, the address book.
//! - `people`: who logs in for the company.
//! - `papers`: handing in what reviewers look at.
//!
//! Whoever changes something sends the version that they looked at. A change is one transaction: the next
//! version of the company, one entry of its history, and whatever becomes true with it. A change that would
//! change nothing writes nothing and answers with the file as it is, so the same call again, after a lost
//! answer, is harmless.

mod addresses;
mod basics;
mod changes;
mod contact;
mod keys;
mod papers;
mod people;
mod read;
mod titles;

use std::sync::Arc;

use adapters::kms::{KmsFieldCipher, KmsMac};
use adapters::ports::{Clock, Random, Registry};
use adapters::registry;
use adapters::s3::Bucket;
use axum::Router;
use contract::error::ErrorCode;
use domain::company::Company;
use domain::policy::Policies;
use edge::ApiError;
use edge::api::{Api, Gate};
use edge::codes::Codes;
use edge::company_papers::CompanyPapers;
use edge::doors::Doors;
use edge::extract::Person;
use edge::fields::Fields;
use edge::real::{OsRandom, SystemClock};
use edge::throttle::Throttles;
use lambda_http::Error;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Companies, their people and their history.
    pub registry: Arc<dyn Registry>,
    /// Papers.
    pub papers: CompanyPapers,
    /// ID numbers and bank accounts.
    pub fields: Fields,
    /// Codes to a new mobile number or mailbox.
    pub codes: Codes,
    /// How many of them.
    pub throttles: Throttles,
    /// Storefronts: which names are login names.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("company")
        .operation("companyFile", read::show)
        .operation("companyHistory", read::history)
        .operation("changeBasics", basics::change)
        .operation("changeContact", contact::change)
        .operation("confirmContact", contact::confirm)
        .operation("addInvoiceTitle", titles::add)
        .operation("changeInvoiceTitle", titles::change)
        .operation("removeInvoiceTitle", titles::remove)
        .operation("addAddress", addresses::add)
        .operation("changeAddress", addresses::change)
        .operation("removeAddress", addresses::remove)
        .operation("listKeys", keys::list)
        .operation("reportLoss", keys::report_loss)
        .operation("reportFound", keys::report_found)
        .operation("listPeople", people::list)
        .operation("addPerson", people::add)
        .operation("changePerson", people::change)
        .operation("removePerson", people::remove)
        .operation("makeMain", people::make_main)
        .operation("announceCompanyPaper", papers::announce)
        .operation("submitQualification", papers::submit)
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
    let bucket = Bucket::connect(
        config,
        edge::config::required("PAPERS_BUCKET")?,
        edge::aws::has_own_endpoint(),
    );
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
        papers: doors.papers(Arc::new(bucket)),
        fields: doors.fields(Arc::new(cipher)),
        codes: doors.codes(),
        throttles: doors.throttles(),
        policies: Arc::new(Policies::shipped()?),
        registry: doors.registry,
        clock: doors.clock,
        random: doors.random,
    };
    Ok(api(gate, ports)?)
}

/// The caller's company.
async fn load(ports: &Ports, person: &Person) -> Result<Company, ApiError> {
    let found: Option<Company> = ports
        .registry
        .load(&registry::company(&person.company))
        .await?;
    found.ok_or_else(|| ApiError::internal("a person without a company"))
}

/// Is it still the version that was looked at?
fn same_version(looked_at: u64, now: u64) -> Result<(), ApiError> {
    if looked_at == now {
        Ok(())
    } else {
        Err(ErrorCode::ChangedMeanwhile.into())
    }
}

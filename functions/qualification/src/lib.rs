//! Function `qualification`: the reviewer's desk for companies (企业资料审核), and for recoveries.
//!
//! - `desk`: the queue, a company's papers beside its data, taking it and giving it back.
//! - `decide`: approving, sending back, looking at the full ID number.
//! - `recoveries`: applications by people who lost mailbox or mobile number.

mod decide;
mod desk;
mod recoveries;

use std::sync::Arc;

use adapters::kms::{KmsFieldCipher, KmsMac};
use adapters::ports::{Clock, Mac, Random, Registry};
use adapters::s3::Bucket;
use axum::Router;
use edge::api::{Api, Gate};
use edge::company_papers::CompanyPapers;
use edge::doors::Doors;
use edge::fields::Fields;
use edge::real::{OsRandom, SystemClock};
use lambda_http::Error;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Companies, their people and their history, recoveries.
    pub registry: Arc<dyn Registry>,
    /// Papers as images.
    pub papers: CompanyPapers,
    /// ID numbers.
    pub fields: Fields,
    /// What links follow from.
    pub mac: Arc<dyn Mac>,
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
    Api::new("qualification")
        .operation("qualificationQueue", desk::queue)
        .operation("qualificationDetail", desk::show)
        .operation("claimQualification", desk::claim)
        .operation("releaseQualification", desk::release)
        .operation("approveQualification", decide::approve)
        .operation("rejectQualification", decide::reject)
        .operation("showIdNumber", decide::show_id_number)
        .operation("recoveryQueue", recoveries::queue)
        .operation("recoveryDetail", recoveries::detail)
        .operation("decideRecovery", recoveries::decide)
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
        registry: doors.registry,
        mac: doors.mac,
        clock: doors.clock,
        random: doors.random,
    };
    Ok(api(gate, ports)?)
}

//! Function `ticket`: lets the agent beside a company's key do one thing, and hears how it went.
//!
//! The site asks for a ticket; everything that decides whether it may be given is checked before it is signed.
//! The agent claims it, which is one conditional write, and from then on each of its calls is signed by the key
//! that it claimed with. Every call may come twice: the second finds what the first did, and is answered the same.
//! When the power goes out between a write and its answer, the agent asks again.

mod evidence;
mod holder;
mod site;

use std::sync::Arc;

use adapters::ca::Issuers;
use adapters::kms::KmsSigner;
use adapters::ports::{Clock, CommitError, DigestSigner, Random, Registry, Transaction};
use adapters::registry;
use adapters::s3::Bucket;
use axum::Router;
use contract::error::ErrorCode;
use domain::ids::OperationId;
use domain::operation::Operation;
use edge::ApiError;
use edge::api::{Api, Gate};
use edge::config::required;
use edge::real::{OsRandom, SystemClock};
use lambda_http::Error;

/// How often an operation that somebody else moves is read again.
const TRIES: u32 = 4;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Operations, keys, inspections.
    pub registry: Arc<dyn Registry>,
    /// Signs tickets.
    pub signer: Arc<dyn DigestSigner>,
    /// The public half of it.
    pub ticket_key: jws::PublicKey,
    /// Whose certificates count.
    pub issuers: Arc<Issuers>,
    /// The site's own address.
    pub site: String,
    /// Where agents listen.
    pub agent_port: u16,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and nonces.
    pub random: Arc<dyn Random>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("ticket")
        .operation("offerOperation", site::offer)
        .operation("getOperation", site::show)
        .operation("withdrawOperation", site::withdraw)
        .operation("claimOperation", holder::claim)
        .operation("reportObstacle", holder::hindered)
        .operation("giveEvidence", evidence::take)
        .operation("giveUpOperation", holder::give_up)
        .finish(gate, ports)
}

/// The function with its real ports.
///
/// # Errors
/// When the environment lacks something, KMS does not tell the ticket key, or the chain of the CA is not in the
/// public bucket: the root ceremony puts it there.
pub async fn connect() -> Result<Router, Error> {
    let table = edge::wiring::table()?;
    let gate = edge::wiring::gate(&table)?;
    let config = edge::aws::sdk_config()?;
    let bucket = Bucket::connect(
        config,
        required("PUBLIC_BUCKET")?,
        edge::aws::has_own_endpoint(),
    );
    let chain = adapters::ca::chain(&bucket).await?;
    let signer = KmsSigner::connect(config, required("TICKET_KEY_ID")?);
    let ticket_key = jws::PublicKey::from_der(&signer.public_key_der().await?)?;
    let ports = Ports {
        registry: table,
        signer: Arc::new(signer),
        ticket_key,
        issuers: Arc::new(Issuers::new(&chain)?),
        site: required("SITE_URL")?.trim_end_matches('/').to_owned(),
        agent_port: required("AGENT_PORT")?.parse()?,
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
    };
    Ok(api(gate, ports)?)
}

/// Moves an operation: `decide` says what it becomes and what else becomes true with it, or nothing when that is
/// so already. It may be asked several times, each time with the operation as it stands.
///
/// # Errors
/// `decide`'s, [`ErrorCode::ChangedMeanwhile`] after too many tries, the store's.
async fn advance(
    ports: &Ports,
    operation: Operation,
    mut decide: impl FnMut(&Operation) -> Result<Option<(Operation, Transaction)>, ApiError>,
) -> Result<Operation, ApiError> {
    let mut operation = operation;
    for _ in 0..TRIES {
        let Some((next, transaction)) = decide(&operation)? else {
            return Ok(operation);
        };
        match ports.registry.record(&transaction.change(&next)?).await {
            Ok(()) => return Ok(next),
            Err(CommitError::Refused(_)) => {
                operation = find(ports, &operation.id)
                    .await?
                    .ok_or(ErrorCode::NotFound)?;
            }
            Err(CommitError::Port(error)) => return Err(error.into()),
        }
    }
    Err(ErrorCode::ChangedMeanwhile.into())
}

async fn find(ports: &Ports, id: &OperationId) -> Result<Option<Operation>, ApiError> {
    Ok(ports.registry.load(&registry::operation(id)).await?)
}

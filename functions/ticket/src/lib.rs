//! Function `ticket`: lets the agent beside a company's key do one thing, and hears how it went.
//!
//! The site, or one of the staff at a desk, asks for a ticket; everything that decides whether it may be given is checked before it is signed.
//! The agent claims it, which is one conditional write, and from then on each of its calls is signed by the key
//! that it claimed with. Every call may come twice: the second finds what the first did, and is answered the same.
//! When the power goes out between a write and its answer, the agent asks again.

mod activation;
mod desk;
mod evidence;
mod holder;
mod login;
mod making;
mod secrets;
mod service;
mod site;

use std::sync::Arc;

use adapters::ca::{Issuers, OtherLists};
use adapters::kms::{KmsFieldCipher, KmsMac, KmsSigner};
use adapters::ports::{Clock, DigestSigner, Mac, Orders, Random, Registry};
use adapters::remote_lists::HttpLists;
use adapters::s3::Bucket;
use axum::Router;
use domain::policy::Policies;
use edge::api::{Api, Gate};
use edge::codes::Codes;
use edge::config::required;
use edge::fields::Fields;
use edge::real::{OsRandom, SystemClock};
use edge::throttle::Throttles;
use lambda_http::Error;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Operations, keys, inspections.
    pub registry: Arc<dyn Registry>,
    /// Orders whose keys are made.
    pub orders: Arc<dyn Orders>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// What the PINs of tokens follow from.
    pub key_secrets: Arc<dyn Mac>,
    /// ID-card numbers, and SO PINs of keys that were made elsewhere.
    pub fields: Fields,
    /// Codes by which keys are activated.
    pub codes: Codes,
    /// Counters.
    pub throttles: Throttles,
    /// Signs tickets.
    pub signer: Arc<dyn DigestSigner>,
    /// The public half of it.
    pub ticket_key: jws::PublicKey,
    /// Whose certificates count.
    pub issuers: Arc<Issuers>,
    /// What those say of their certificates who are not our CA.
    pub lists: Arc<OtherLists>,
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
        .operation("takeTransportPin", activation::transport_pin)
        .operation("offerService", service::offer)
        .operation("confirmOperation", service::confirm)
        .operation("takeSoPins", service::so_pins)
        .operation("offerKeyLogin", login::offer)
        .operation("offerEnrolment", desk::offer)
        .operation("enrolDesk", desk::enrol)
        .operation("offerMaking", making::offer)
        .operation("deskOperation", making::show)
        .operation("withdrawDeskOperation", making::withdraw)
        .operation("takeKey", making::take)
        .operation("keyMade", making::made)
        .operation("scrapKey", making::scrap)
        .finish(gate, ports)
}

/// The function with its real ports.
///
/// # Errors
/// When the environment lacks something, KMS does not tell the ticket key, or the chain of the CA is not in the
/// public bucket: the root ceremony puts it there; when the other issuers in it cannot be used.
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
    let others = adapters::ca::elsewhere(&bucket).await?;
    let signer = KmsSigner::connect(config, required("TICKET_KEY_ID")?);
    let ticket_key = jws::PublicKey::from_der(&signer.public_key_der().await?)?;
    let mac = Arc::new(KmsMac::connect(config, required("MAC_KEY_ID")?));
    let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let ports = Ports {
        registry: table.clone(),
        orders: table.clone(),
        policies: Arc::new(Policies::shipped()?),
        key_secrets: Arc::new(KmsMac::connect(config, required("KEY_SECRETS_KEY_ID")?)),
        fields: Fields {
            cipher: Arc::new(KmsFieldCipher::connect(config, required("FIELD_KEY_ID")?)),
            mac: mac.clone(),
        },
        codes: Codes {
            registry: table.clone(),
            mac: mac.clone(),
            clock: clock.clone(),
            random: random.clone(),
        },
        throttles: Throttles {
            registry: table,
            clock: clock.clone(),
        },
        signer: Arc::new(signer),
        ticket_key,
        issuers: Arc::new(Issuers::new(&chain)?.with(others)?),
        lists: Arc::new(OtherLists::new(Arc::new(HttpLists))),
        site: required("SITE_URL")?.trim_end_matches('/').to_owned(),
        agent_port: required("AGENT_PORT")?.parse()?,
        clock,
        random,
    };
    Ok(api(gate, ports)?)
}

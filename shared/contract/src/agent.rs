//! Tickets, operations, and what agent and cloud say to each other.
//!
//! The site asks for a ticket and opens the agent's own page with it; it follows the operation here. The agent
//! speaks for itself: each of its calls is a compact JWS (ES256) of type [`CALL`] over [`Call`], signed by the key
//! that the agent made for this one operation, and sent as the body. The call names its act and its operation, so
//! that a call for one route is no call for another.

use domain::ids::OperationId;
use domain::operation::{AgentAbout, KeyRead, Obstacle, Operation, OperationState, Verb};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `typ` of tickets.
pub const TICKET: &str = "sealkey-ticket";
/// The `typ` of an agent's calls.
pub const CALL: &str = "sealkey-call";
/// The content type of an agent's calls.
pub const JOSE: &str = "application/jose";
/// How far an agent's clock may be off, seconds.
pub const CLOCK_SECONDS: i64 = 300;
/// The port of agents, on 127.0.0.1.
pub const PORT: u16 = 27_415;
/// The oldest agent that may still claim.
pub const OLDEST_AGENT: [u32; 3] = [0, 1, 0];

/// Asks for a ticket.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketRequest {
    /// What is to be done.
    pub verb: Verb,
    /// The key that it must be; none when any key of the company will do.
    pub key_serial: Option<String>,
}

/// A ticket.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TicketView {
    /// The operation that it allows.
    pub operation: OperationView,
    /// Where it is opened, in a window of its own: the agent's page, with the ticket in the fragment.
    pub address: String,
}

/// An operation as its company follows it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OperationView {
    /// Its number.
    pub id: OperationId,
    /// What is done.
    pub verb: Verb,
    /// The key that it must be.
    pub key_serial: Option<String>,
    /// How it stands.
    pub state: OperationState,
    /// Was its ticket not claimed in time? Then it is over.
    pub expired: bool,
    /// Until when the ticket may be claimed.
    pub expires_at: Timestamp,
    /// The agent that has it.
    pub agent: Option<AgentAbout>,
    /// What keeps that agent from going on.
    pub obstacle: Option<Obstacle>,
    /// When another agent tried to claim the same ticket.
    pub contested_at: Option<Timestamp>,
    /// What was read from the key.
    pub read: Option<KeyRead>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl OperationView {
    /// As it stands at `now`.
    pub fn of(operation: &Operation, now: Timestamp) -> Self {
        Self {
            id: operation.id.clone(),
            verb: operation.verb,
            key_serial: operation.key_serial.clone(),
            state: operation.state,
            expired: operation.state == OperationState::Offered && !operation.is_open(now),
            expires_at: operation.expires_at,
            agent: operation.agent.clone(),
            obstacle: operation.obstacle,
            contested_at: operation.contested_at,
            read: operation.read.clone(),
            ended_at: operation.ended_at,
        }
    }
}

/// What a ticket says. It is signed, not secret: whoever sees it reads a company's name and a serial number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// The operation that it allows.
    pub operation: OperationId,
    /// What is done.
    pub verb: Verb,
    /// Who asks for it, as the agent's page shows it.
    pub company: String,
    /// The key that it must be.
    pub key_serial: Option<String>,
    /// What proofs of possession are made over.
    pub nonce: String,
    /// The site that gave it.
    pub site: String,
    /// When it was given, seconds of the epoch.
    pub issued_at: i64,
    /// Until when it may be claimed, seconds of the epoch.
    pub expires_at: i64,
}

/// What an agent's call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// [`Claim`].
    Claim,
    /// [`Hindered`].
    Hindered,
    /// [`Evidence`].
    Evidence,
    /// [`GiveUp`].
    GiveUp,
}

/// What an agent's call carries.
pub trait Says: Serialize + for<'de> Deserialize<'de> {
    /// What it is for.
    const ACT: Act;
}

/// One call of an agent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call<T> {
    /// What it is for.
    pub act: Act,
    /// The operation.
    pub operation: OperationId,
    /// The agent's clock, seconds of the epoch.
    pub at: i64,
    /// What it says.
    pub says: T,
}

/// Claims an operation by its ticket. The call is signed by the key that it brings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The ticket.
    pub ticket: String,
    /// The agent's public key for this operation: a point of P-256, base64url.
    pub key: String,
    /// What the agent says of itself.
    pub agent: AgentAbout,
}

impl Says for Claim {
    const ACT: Act = Act::Claim;
}

/// Says what keeps the agent from going on, or that nothing does any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hindered {
    /// What.
    pub by: Option<Obstacle>,
}

impl Says for Hindered {
    const ACT: Act = Act::Hindered;
}

/// Shows that a key with a certificate is there, and signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The token's own serial number.
    pub serial: String,
    /// The certificate on it, base64 of DER.
    pub certificate: String,
    /// By that certificate's key over [`possession`]: ECDSA with SHA-256, base64 of DER.
    pub signature: String,
}

impl Says for Evidence {
    const ACT: Act = Act::Evidence;
}

/// Gives the operation up; nothing was left behind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiveUp {}

impl Says for GiveUp {
    const ACT: Act = Act::GiveUp;
}

/// What a key signs to show that it is there. It begins with what it is for and holds what only this operation
/// has, so that it is never a signature under anything else. Fields are one line each; none holds a line break.
pub fn possession(
    operation: &OperationId,
    nonce: &str,
    serial: &str,
    certificate: &str,
) -> Vec<u8> {
    let line = |text: &str| text.replace(['\r', '\n'], " ");
    [
        "sealkey possession of a key, version 1",
        operation.as_str(),
        &line(nonce),
        &line(serial),
        &line(certificate),
    ]
    .join("\n")
    .into_bytes()
}

/// The answer to every call of an agent: the operation as the cloud has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentView {
    /// Its number.
    pub operation: OperationId,
    /// How it stands.
    pub state: OperationState,
    /// The cloud's clock, seconds of the epoch.
    pub now: i64,
    /// What was read, once done.
    pub read: Option<KeyRead>,
}

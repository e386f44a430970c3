//! Tickets, operations, and what agent and cloud say to each other.
//!
//! The site asks for a ticket and opens the agent's own page with it; it follows the operation here. The agent
//! speaks for itself: each of its calls is a compact JWS (ES256) of type [`CALL`] over [`Call`], signed by the key
//! that the agent made for this one operation, and sent as the body. The call names its act and its operation, so
//! that a call for one route is no call for another.

use domain::catalog::Medium;
use domain::ids::{DeskId, LineNo, OperationId, OrderId, UnitNo};
use domain::operation::{AgentAbout, KeyRead, Obstacle, Operation, OperationState, Verb};
use domain::stock::ScrapReason;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::account::LoginCodeRequest;
use crate::secret::Secret;

/// The `typ` of tickets.
pub const TICKET: &str = "sealkey-ticket";
/// The `typ` of an agent's calls.
pub const CALL: &str = "sealkey-call";
/// The `typ` of what a desk's agent signs to show that it is that desk's.
pub const AT_DESK: &str = "sealkey-desk";
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
    /// The code of [`ActivationRequest`]; only with [`Verb::Activate`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<LoginCodeRequest>,
}

/// Asks for the code by which a key may be activated, sent to the person's own mobile number.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivationRequest {
    /// The person's password, once more.
    pub password: Secret,
}

/// Opens the session of a login by key, in the browser that asked for it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyLoginRequest {
    /// The operation.
    pub operation: OperationId,
    /// What its agent handed to the page.
    pub code: Secret,
}

/// Asks for a ticket for a line that was bought for a key: its renewal, or its unlocking.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceTicketRequest {
    /// The ID-card number of the legal representative on file; asked for to unlock a key (R31).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_number: Option<Secret>,
}

/// The code that the agent shows, as the person typed it on the site.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationRequest {
    /// Six digits.
    pub code: Secret,
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
    /// The desk at which it is done, or that it made.
    pub desk: Option<DeskId>,
    /// What keeps that agent from going on.
    pub obstacle: Option<Obstacle>,
    /// Was the code confirmed that the agent shows? None when none is asked for.
    pub confirmed: Option<bool>,
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
            desk: operation.desk.clone(),
            obstacle: operation.obstacle,
            confirmed: (operation.verb == Verb::Unlock).then_some(operation.confirmed_at.is_some()),
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
    /// The company that it is for, as the agent's page shows it; empty when it is for none.
    pub company: String,
    /// The key that it must be.
    pub key_serial: Option<String>,
    /// The keys to be made; only with [`Verb::Make`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub making: Option<Making>,
    /// What was bought for the key; only with [`Verb::Renew`] and [`Verb::Unlock`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serving: Option<Serving>,
    /// What this computer is to be called as a desk; only with [`Verb::Enrol`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk: Option<String>,
    /// What proofs of possession are made over.
    pub nonce: String,
    /// The site that gave it.
    pub site: String,
    /// When it was given, seconds of the epoch.
    pub issued_at: i64,
    /// Until when it may be claimed, seconds of the epoch.
    pub expires_at: i64,
}

/// The keys that a ticket lets a desk make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Making {
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// The product, in Chinese.
    pub product: String,
    /// The token that it is sold on.
    pub medium: Medium,
    /// How many keys the line has.
    pub of: u8,
    /// Is a carried year written into keys that are made already, and none begun (R40)?
    pub onto_made: bool,
}

/// What a ticket lets an agent do for a line of an order, with a key of the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serving {
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// The product, in Chinese.
    pub product: String,
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
    /// [`Enrol`].
    Enrol,
    /// [`TakeKey`].
    TakeKey,
    /// [`RequestCertificates`].
    RequestCertificates,
    /// [`KeyMade`].
    KeyMade,
    /// [`ScrapKey`].
    ScrapKey,
    /// [`TakeTransportPin`].
    TakeTransportPin,
    /// [`RequestRenewal`].
    RequestRenewal,
    /// [`TakeSoPins`].
    TakeSoPins,
    /// [`RequestSeal`].
    RequestSeal,
}

impl Act {
    /// The path of its route, without a slash before it.
    pub fn path(self) -> &'static str {
        match self {
            Self::Claim => "api/agent/claims",
            Self::Hindered => "api/agent/obstacles",
            Self::Evidence => "api/agent/evidence",
            Self::GiveUp => "api/agent/endings",
            Self::Enrol => "api/agent/desks",
            Self::TakeKey => "api/agent/keys",
            Self::RequestCertificates => "api/agent/certificates",
            Self::KeyMade => "api/agent/keys/made",
            Self::ScrapKey => "api/agent/keys/scrapped",
            Self::TakeTransportPin => "api/agent/transport-pins",
            Self::RequestRenewal => "api/agent/renewals",
            Self::TakeSoPins => "api/agent/so-pins",
            Self::RequestSeal => "api/agent/seals",
        }
    }
}

/// What an agent's call carries, and what it is answered.
pub trait Says: Serialize + for<'de> Deserialize<'de> {
    /// What it is for.
    const ACT: Act;
    /// The answer.
    type Answer: Serialize + for<'de> Deserialize<'de>;
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
    /// The desk that it stands at; asked for with [`Verb::Make`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk: Option<ClaimedDesk>,
}

impl Says for Claim {
    const ACT: Act = Act::Claim;
    type Answer = AgentView;
}

/// A desk, as its agent shows that it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimedDesk {
    /// Which.
    pub desk: DeskId,
    /// A compact JWS of type [`AT_DESK`] over [`AtDesk`], by the desk's key.
    pub proof: String,
}

/// What a desk's key signs, so that the key of one operation is its own. Nothing else is ever signed by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtDesk {
    /// The operation.
    pub operation: OperationId,
    /// The agent's public key for it, as in [`Claim`].
    pub key: String,
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
    type Answer = AgentView;
}

/// Shows that a key with a certificate is there, and signs; or, for an inspection alone, that it is there and locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The token's own serial number.
    pub serial: String,
    /// The certificate on it, base64 of DER.
    pub certificate: String,
    /// By that certificate's key over [`possession`]: ECDSA with SHA-256, base64 of DER. None when its PIN is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl Says for Evidence {
    const ACT: Act = Act::Evidence;
    type Answer = AgentView;
}

/// Gives the operation up; nothing was left behind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiveUp {}

impl Says for GiveUp {
    const ACT: Act = Act::GiveUp;
    type Answer = AgentView;
}

/// Makes the computer of the agent a desk. The agent made a key for it first, which never leaves it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    /// The desk's public key: a point of P-256, base64url.
    pub key: String,
    /// As in [`ClaimedDesk`]: shows that the private half is there.
    pub proof: String,
}

impl Says for Enrol {
    const ACT: Act = Act::Enrol;
    type Answer = Enrolled;
}

/// The computer is a desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Enrolled {
    /// Its number: the agent shows it with each claim.
    pub desk: DeskId,
    /// Its name.
    pub name: String,
}

/// Begins a key of the line on a token, or goes on with the one that was begun on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeKey {
    /// The token's own serial number: blank in stock, or made already for a carried year.
    pub serial: String,
    /// The token, if its model tells.
    pub medium: Option<Medium>,
    /// The public key that the secrets are sealed to, made for this call: X25519, base64url.
    pub seal_to: String,
}

impl Says for TakeKey {
    const ACT: Act = Act::TakeKey;
    type Answer = Assigned;
}

/// What a token becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assigned {
    /// The key of the line.
    pub unit: UnitNo,
    /// Which try.
    pub attempt: u32,
    /// Is it blank, to be initialised? Otherwise it is made, and a carried year is written into it.
    pub blank: bool,
    /// What it is called when its module lists it.
    pub label: String,
    /// [`KeySecrets`], sealed for [`sealed_for`].
    pub secrets: SealedText,
}

/// A text that only one key opens: HPKE (RFC 9180) in base mode, X25519, HKDF-SHA-256, ChaCha20-Poly1305.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SealedText {
    /// The encapsulated key, base64url.
    pub enc: String,
    /// The ciphertext with its tag, base64url.
    pub text: String,
}

/// What a key is given, and nobody ever sees. Both are letters of A to Z and digits of 2 to 7.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySecrets {
    /// Its SO PIN; none when it has one already.
    pub so_pin: Option<Secret>,
    /// The user PIN with which it travels.
    pub transport_pin: Secret,
}

/// The length of SO PINs.
pub const SO_PIN_LENGTH: usize = 16;
/// The length of transport PINs.
pub const TRANSPORT_PIN_LENGTH: usize = 12;

/// What secrets are sealed for: they open for no other operation and no other token.
pub fn sealed_for(operation: &OperationId, serial: &str) -> Vec<u8> {
    let serial = serial.replace(['\r', '\n'], " ");
    format!("sealkey secrets of a key, version 1\n{operation}\n{serial}").into_bytes()
}

/// Asks for the certificates of a key that was begun. The same request gets the same ones.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestCertificates {
    /// The token's own serial number.
    pub serial: String,
    /// PKCS#10, PEM, for both key pairs, with the operation's nonce.
    pub request: String,
}

impl Says for RequestCertificates {
    const ACT: Act = Act::RequestCertificates;
    type Answer = KeyCertificates;
}

/// The certificates of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyCertificates {
    /// Of the pair that signs, PEM.
    pub sign: String,
    /// Of the pair that agrees on secrets, PEM.
    pub encrypt: String,
    /// Issuing CA and root, PEM.
    pub chain: String,
}

/// Asks for the e-seal of a key whose certificates were issued in this operation. The same key gets the same one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestSeal {
    /// The token's own serial number.
    pub serial: String,
}

impl Says for RequestSeal {
    const ACT: Act = Act::RequestSeal;
    type Answer = KeySeal;
}

/// The e-seal of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeySeal {
    /// `SESeal` of GB/T 38540-2020, base64 of DER; none when the key has no e-seal.
    pub seal: Option<String>,
}

/// A key is made: certificates are on it, it signs, and it derives.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyMade {
    /// Shown by the pair that signs.
    pub evidence: Evidence,
}

impl Says for KeyMade {
    const ACT: Act = Act::KeyMade;
    type Answer = MakingView;
}

/// A token is given up, with what was on it. Its key is made anew on another one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScrapKey {
    /// The token's own serial number.
    pub serial: String,
    /// Why.
    pub reason: ScrapReason,
}

impl Says for ScrapKey {
    const ACT: Act = Act::ScrapKey;
    type Answer = MakingView;
}

/// Asks for the PIN with which a key travelled, to replace it by the company's own at once; only with
/// [`Verb::Activate`]. The answer is [`KeySecrets`] without SO PIN, sealed for [`sealed_for`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeTransportPin {
    /// The token's own serial number.
    pub serial: String,
    /// The public key that it is sealed to, made for this call: X25519, base64url.
    pub seal_to: String,
}

impl Says for TakeTransportPin {
    const ACT: Act = Act::TakeTransportPin;
    type Answer = SealedText;
}

/// Asks for the certificates of a key's further term; only with [`Verb::Renew`]. The same request gets the same
/// ones. When they are on the key, and the new pairs sign and derive, [`Evidence`] of the new certificate ends the
/// operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestRenewal {
    /// The token's own serial number.
    pub serial: String,
    /// The certificate that is renewed, base64 of DER. It may have ended.
    pub certificate: String,
    /// PKCS#10, PEM, for both new key pairs, with the operation's nonce.
    pub request: String,
    /// By the renewed certificate's key over [`consent`]: ECDSA with SHA-256, base64 of DER.
    pub signature: String,
}

impl Says for RequestRenewal {
    const ACT: Act = Act::RequestRenewal;
    type Answer = KeyCertificates;
}

/// What the old pair signs so that new ones come in its place: everything that [`possession`] has, and the request.
/// Fields are one line each; the request is named by its SHA-256, lower-case hex.
pub fn consent(
    operation: &OperationId,
    nonce: &str,
    serial: &str,
    certificate: &str,
    request_sha256: &str,
) -> Vec<u8> {
    signable(
        "sealkey consent to the renewal of a key, version 1",
        operation,
        &[nonce, serial, certificate, request_sha256],
    )
}

/// Asks for the SO PINs by which a key is unlocked; only with [`Verb::Unlock`], and refused as long as the company has
/// not confirmed on the site the code that the agent shows ([`confirmation_code`]). The answer is [`SoPins`], sealed
/// for [`sealed_for`]. When the key has its new SO PIN and its new user PIN, [`Evidence`] ends the operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeSoPins {
    /// The token's own serial number.
    pub serial: String,
    /// The public key that they are sealed to, made for this call: X25519, base64url.
    pub seal_to: String,
}

impl Says for TakeSoPins {
    const ACT: Act = Act::TakeSoPins;
    type Answer = SealedText;
}

/// How a key is unlocked: log in as SO with one of `known`, set `next` before anything else, then the user PIN.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoPins {
    /// What the key's SO PIN may be, the likeliest first; each is tried once. Two only when an unlock was begun
    /// before and nobody knows how far it came: then the first is `next` itself.
    pub known: Vec<Secret>,
    /// What it is afterwards.
    pub next: Secret,
}

/// The code that the agent shows and the company types on the site before a key's SO PIN is released: it says that
/// the agent on the person's own screen is the one that holds the operation. Six digits, of the operation, its nonce
/// and the holder's public key (a point of P-256, base64url); `digest` is SHA-256 of [`confirmed`].
pub fn confirmation_code(digest: &[u8; 32]) -> String {
    let [a, b, c, d, ..] = *digest;
    format!("{:06}", u32::from_be_bytes([a, b, c, d]) % 1_000_000)
}

/// What [`confirmation_code`] is the digest of.
pub fn confirmed(operation: &OperationId, nonce: &str, holder: &str) -> Vec<u8> {
    signable(
        "sealkey confirmation of an unlock, version 1",
        operation,
        &[nonce, holder],
    )
}

/// How far the keys of a line are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MakingView {
    /// How the operation stands: done when no key is left to begin.
    pub state: OperationState,
    /// How many keys the line has.
    pub of: u8,
    /// How many are made.
    pub made: u8,
}

/// What it is for, the operation, and fields of one line each: a line break in one of them makes no further field.
fn signable(purpose: &str, operation: &OperationId, fields: &[&str]) -> Vec<u8> {
    let mut text = format!("{purpose}\n{operation}");
    for field in fields {
        text.push('\n');
        text.push_str(&field.replace(['\r', '\n'], " "));
    }
    text.into_bytes()
}

/// What a key signs to show that it is there. It begins with what it is for and holds what only this operation
/// has, so that it is never a signature under anything else. Fields are one line each; none holds a line break.
pub fn possession(
    operation: &OperationId,
    nonce: &str,
    serial: &str,
    certificate: &str,
) -> Vec<u8> {
    signable(
        "sealkey possession of a key, version 1",
        operation,
        &[nonce, serial, certificate],
    )
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
    /// With [`Verb::Login`], once done: what the agent's page hands to the site that gave the ticket, in the fragment
    /// of [`LOGIN_PATH`]. It opens a session once, and only in the browser that asked for the ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_code: Option<Secret>,
}

/// The page of the site that a login by key returns to, with `#<operation>.<login code>` behind it.
pub const LOGIN_PATH: &str = "/login/key";

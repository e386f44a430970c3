//! An agent, as the cloud hears it: real calls with real signatures, and tokens of a few lines. What a real agent does
//! with a real token is tested where that lives.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::agent::{
    AT_DESK, Act, AgentView, Assigned, AtDesk, CALL, Call, Claim, ClaimedDesk, Enrol, Enrolled,
    Evidence, KeyCertificates, KeyMade, KeySeal, KeySecrets, MakingView, RequestCertificates,
    RequestSeal, Says, TICKET, TakeKey, Ticket, TicketView, possession, sealed_for,
};
use domain::catalog::Medium;
use domain::ids::{DeskId, OperationId};
use domain::operation::AgentAbout;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use sealed::{Opener, Sealed};
use serde::de::DeserializeOwned;

use crate::pki;

/// How calls reach the cloud.
#[async_trait(?Send)]
pub trait Wire {
    /// The agent's clock, seconds of the epoch.
    fn now(&self) -> i64;

    /// Says something until there is an answer; what it is when it worked, and what was said instead when it did not.
    async fn say(&self, act: Act, call: String) -> Result<Vec<u8>, String>;
}

/// A ticket in an agent's hands.
#[derive(Debug, Clone)]
pub struct Held {
    /// The ticket as it is brought back.
    pub text: String,
    /// What it says.
    pub ticket: Ticket,
}

impl Held {
    /// Out of the address that the site opens.
    ///
    /// # Panics
    /// When there is no ticket in it.
    pub fn of(view: &TicketView) -> Self {
        let (_, text) = view.address.split_once('#').expect("a fragment");
        let parts = jws::Parts::of(text, TICKET).expect("a ticket");
        Self {
            text: text.to_owned(),
            ticket: parts.unverified().expect("a ticket's content"),
        }
    }

    /// Its operation.
    pub fn operation(&self) -> &OperationId {
        &self.ticket.operation
    }
}

/// What an agent has for one operation: the key that it made for it.
pub struct Agent {
    key: SigningKey,
    /// What it says of itself.
    pub about: AgentAbout,
}

impl Agent {
    /// With a key of its own for each number.
    pub fn new(no: u8) -> Self {
        Self {
            key: pki::token_key(no),
            about: AgentAbout {
                version: "1.2.3".to_owned(),
                system: "linux x86_64".to_owned(),
            },
        }
    }

    /// Its public key.
    pub fn public(&self) -> jws::PublicKey {
        (&self.key).into()
    }

    /// A call, signed.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn call<T: Says>(&self, operation: &OperationId, at: i64, says: T) -> String {
        let call = Call {
            act: T::ACT,
            operation: operation.clone(),
            at,
            says,
        };
        let unsigned = jws::Unsigned::new(CALL, &self.public().id(), &call);
        unsigned.expect("a call").sign(&self.key)
    }

    /// What it claims a ticket with, at a desk or elsewhere.
    pub fn claim(&self, held: &Held, desk: Option<&DeskKey>) -> Claim {
        Claim {
            ticket: held.text.clone(),
            key: self.public().to_string(),
            agent: self.about.clone(),
            desk: desk.map(|desk| ClaimedDesk {
                desk: desk.id.clone(),
                proof: proof(&desk.key, held.operation(), &self.public()),
            }),
        }
    }

    /// Says something, and reads the answer.
    ///
    /// # Errors
    /// What was answered when it did not work.
    pub async fn say<T: Says>(
        &self,
        wire: &dyn Wire,
        held: &Held,
        says: T,
    ) -> Result<T::Answer, String> {
        let call = self.call(held.operation(), wire.now(), says);
        let answer = wire.say(T::ACT, call).await?;
        read(&answer)
    }
}

fn read<T: DeserializeOwned>(answer: &[u8]) -> Result<T, String> {
    serde_json::from_slice(answer).map_err(|error| error.to_string())
}

/// What a desk's key signs of an operation.
///
/// # Panics
/// When it cannot be written.
pub fn proof(desk: &SigningKey, operation: &OperationId, key: &jws::PublicKey) -> String {
    let at = AtDesk {
        operation: operation.clone(),
        key: key.to_string(),
    };
    let public: jws::PublicKey = desk.into();
    let unsigned = jws::Unsigned::new(AT_DESK, &public.id(), &at);
    unsigned.expect("a proof").sign(desk)
}

/// A desk, with the key that only its computer has.
pub struct DeskKey {
    /// Its number.
    pub id: DeskId,
    key: SigningKey,
}

impl DeskKey {
    /// A desk with its key.
    pub fn new(id: DeskId, key: SigningKey) -> Self {
        Self { id, key }
    }
}

/// What a desk says to be enrolled by.
pub fn enrolment(key: &SigningKey, agent: &Agent, operation: &OperationId) -> Enrol {
    let public: jws::PublicKey = key.into();
    Enrol {
        key: public.to_string(),
        proof: proof(key, operation, &agent.public()),
    }
}

/// A computer becomes a desk, by the ticket of an administrator.
///
/// # Errors
/// What was answered when it did not work.
pub async fn enrol(wire: &dyn Wire, view: &TicketView, no: u8) -> Result<DeskKey, String> {
    let (agent, held) = (Agent::new(no), Held::of(view));
    let _: AgentView = agent.say(wire, &held, agent.claim(&held, None)).await?;
    let key = pki::token_key(no.wrapping_add(100));
    let says = enrolment(&key, &agent, held.operation());
    let Enrolled { desk, .. } = agent.say(wire, &held, says).await?;
    Ok(DeskKey { id: desk, key })
}

/// A token: its serial number, and keys that follow from a number.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its serial number.
    pub serial: String,
    /// Which keys it has.
    pub no: u8,
}

impl Token {
    /// What its key shows of itself, with this certificate (PEM or base64 of DER).
    pub fn evidence(&self, held: &Held, certificate: &str) -> Evidence {
        let der = der::pem::decode_vec(certificate.as_bytes())
            .map_or_else(|_| certificate.to_owned(), |(_, der)| STANDARD.encode(der));
        let Ticket {
            operation, nonce, ..
        } = &held.ticket;
        let message = possession(operation, nonce, &self.serial, &der);
        let signature: DerSignature = pki::token_key(self.no).sign(&message);
        Evidence {
            serial: self.serial.clone(),
            certificate: der,
            signature: Some(STANDARD.encode(signature.as_bytes())),
        }
    }

    /// The call that takes it, and what opens the secrets of the answer.
    pub fn take(&self, medium: Option<Medium>) -> (TakeKey, Opener) {
        let opener = Opener::generate();
        let says = TakeKey {
            serial: self.serial.clone(),
            medium,
            seal_to: opener.public(),
        };
        (says, opener)
    }
}

/// What was sealed for an agent.
///
/// # Errors
/// When it does not open.
pub fn secrets(
    held: &Held,
    serial: &str,
    opener: &Opener,
    sealed: &contract::agent::SealedText,
) -> Result<KeySecrets, String> {
    let sealed = Sealed {
        enc: sealed.enc.clone(),
        text: sealed.text.clone(),
    };
    let info = sealed_for(held.operation(), serial);
    let text = opener
        .open(&info, &sealed)
        .map_err(|error| error.to_string())?;
    read(&text)
}

/// A key that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// What the token became.
    pub assigned: Assigned,
    /// The PIN with which it travels.
    pub transport_pin: String,
    /// Its certificates.
    pub certificates: KeyCertificates,
    /// Its e-seal, base64 of DER.
    pub seal: Option<String>,
    /// How far the line was then.
    pub view: MakingView,
}

/// Makes one key of a claimed operation on a token.
///
/// # Errors
/// What was answered when it did not work.
pub async fn make_key(
    wire: &dyn Wire,
    agent: &Agent,
    held: &Held,
    token: &Token,
) -> Result<Made, String> {
    let (take, opener) = token.take(None);
    let assigned = agent.say(wire, held, take).await?;
    let opened = secrets(held, &token.serial, &opener, &assigned.secrets)?;
    let says = RequestCertificates {
        serial: token.serial.clone(),
        request: pki::request(token.no, &held.ticket.nonce),
    };
    let certificates = agent.say(wire, held, says).await?;
    let serial = token.serial.clone();
    let KeySeal { seal } = agent.say(wire, held, RequestSeal { serial }).await?;
    let evidence = token.evidence(held, &certificates.sign);
    let view = agent.say(wire, held, KeyMade { evidence }).await?;
    Ok(Made {
        assigned,
        transport_pin: opened.transport_pin.expose().to_owned(),
        certificates,
        seal,
        view,
    })
}

/// Makes keys at a desk, on these tokens one after the other.
///
/// # Errors
/// What was answered when it did not work.
pub async fn make_keys(
    wire: &dyn Wire,
    view: &TicketView,
    agent: &Agent,
    desk: &DeskKey,
    tokens: &[Token],
) -> Result<Vec<Made>, String> {
    let held = Held::of(view);
    let _: AgentView = agent
        .say(wire, &held, agent.claim(&held, Some(desk)))
        .await?;
    let mut made = Vec::new();
    for token in tokens {
        made.push(make_key(wire, agent, &held, token).await?);
    }
    Ok(made)
}

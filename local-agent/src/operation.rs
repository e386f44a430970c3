//! The one operation that is under way: from its ticket to its end.
//!
//! | step | on the disk | in the cloud | when the power goes out after it |
//! | --- | --- | --- | --- |
//! | the key of the operation is made | ticket and key | offered | the ticket is claimed again by the same key |
//! | it is claimed | | claimed | the claim is repeated, and answered the same |
//! | | `claimed` | claimed | it is taken up where the person is asked |
//! | the key has signed | `evidence` | claimed | the evidence is sent; no PIN is asked for again |
//! | the evidence is taken | `evidence` | done | it is sent again, and answered the same |
//! | the end | its file is gone | done | |
//!
//! Nothing here changes a key, so giving up leaves nothing behind.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::agent::{AgentView, Claim, Evidence, GiveUp, Hindered, TICKET, Ticket, possession};
use contract::error::ErrorCode;
use domain::operation::{AgentAbout, Obstacle, OperationState};
use jiff::Timestamp;
use jws::{BadToken, Parts, PublicKey};
use p256::ecdsa::SigningKey;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;

use crate::certificate;
use crate::clock::{self, Clock};
use crate::cloud::{Cloud, NotDone};
use crate::http::{Answer, Field, Key, Operation, PinRule, Stage, State, StepName, Tries, Trouble};
use crate::journal::{Entry, Journal, JournalError, Step};
use crate::log::{Event, Log, SerialEnd};
use crate::token::{Pin, Present, TokenDriver};

/// The claim was answered.
const CLAIMED: &str = "claimed";
/// The key has signed; the data is the [`Evidence`].
const EVIDENCE: &str = "evidence";

/// Steps that a person who waits sees, after the PIN.
const STEPS: u8 = 4;

/// What an operation needs of the machine.
#[derive(Clone)]
pub struct Means {
    /// Keys.
    pub tokens: Arc<dyn TokenDriver>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What survives.
    pub journal: Arc<Journal>,
    /// What is told to whoever helps.
    pub log: Arc<Log>,
    /// The cloud.
    pub cloud: Cloud,
    /// Keys that tickets are signed by.
    pub ticket_keys: Vec<PublicKey>,
    /// Sites whose tickets count.
    pub sites: Vec<String>,
}

/// The operation as it is known here.
struct Current {
    ticket: Ticket,
    /// None once it has ended.
    entry: Option<Entry>,
    stage: Stage,
}

/// The operation under way, if any.
pub struct Operations {
    means: Means,
    current: Arc<Mutex<Option<Current>>>,
}

fn journal(_: JournalError) -> Trouble {
    Trouble::JournalUnwritable
}

/// What the page says of an answer of the cloud.
fn refused(not_done: NotDone) -> Trouble {
    let code = match not_done {
        NotDone::Unknown => return Trouble::CloudUnreachable,
        NotDone::ClockWrong { minutes } => return Trouble::ClockWrong { minutes },
        NotDone::Refused(code) => code,
    };
    match code {
        ErrorCode::TicketExpired => Trouble::TicketExpired,
        ErrorCode::TicketTaken | ErrorCode::NotTheHolder => Trouble::TicketTaken,
        ErrorCode::BadTicket => Trouble::TicketUnknown,
        ErrorCode::OperationEnded => Trouble::OperationEnded,
        ErrorCode::AgentTooOld => Trouble::AgentOld,
        ErrorCode::UnknownIssuer => Trouble::IssuerUnknown,
        ErrorCode::NotYourKey | ErrorCode::WrongKey => Trouble::NotYourKey,
        ErrorCode::CertificateEnded => Trouble::CertificateEnded,
        ErrorCode::CertificateRevoked => Trouble::CertificateRevoked,
        ErrorCode::NoPossession => Trouble::KeyFails,
        _ => Trouble::CloudRefused,
    }
}

/// Does it end the operation, as far as this agent is concerned?
fn is_final(trouble: &Trouble) -> bool {
    matches!(
        trouble,
        Trouble::TicketExpired
            | Trouble::TicketTaken
            | Trouble::TicketUnknown
            | Trouble::OperationEnded
            | Trouble::AgentOld
    )
}

/// What the site is told of a trouble.
fn obstacle(trouble: &Trouble) -> Option<Obstacle> {
    Some(match trouble {
        Trouble::NoModule { .. } | Trouble::ModuleBroken { .. } | Trouble::NoProfile { .. } => {
            Obstacle::NoModule
        }
        Trouble::NoKey => Obstacle::NoKey,
        Trouble::WrongKey { .. } | Trouble::NotYourKey => Obstacle::WrongKey,
        Trouble::NoCertificate => Obstacle::NoCertificate,
        Trouble::PinWrong { .. } => Obstacle::PinWrong,
        Trouble::PinLocked => Obstacle::PinLocked,
        Trouble::Removed => Obstacle::KeyRemoved,
        Trouble::Full => Obstacle::KeyFull,
        Trouble::ModuleReports { .. } | Trouble::Unsupported | Trouble::KeyFails => {
            Obstacle::KeyFails
        }
        Trouble::ClockWrong { .. } => Obstacle::ClockWrong,
        _ => return None,
    })
}

fn about() -> AgentAbout {
    AgentAbout {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
    }
}

impl Means {
    /// What a ticket says, if one of our keys signed it for a site of ours.
    fn admitted(&self, ticket: &str) -> Result<Ticket, Trouble> {
        let parts = Parts::of(ticket, TICKET).map_err(|error| match error {
            BadToken::Form => Trouble::TicketMalformed,
            BadToken::Use | BadToken::Key | BadToken::Signature => Trouble::TicketUnknown,
        })?;
        // Signed by ours, but in a form that this agent does not know: a newer cloud.
        let ticket: Ticket = match parts.verified(&self.ticket_keys) {
            Ok(ticket) => ticket,
            Err(BadToken::Form) => return Err(Trouble::AgentOld),
            Err(_) => return Err(Trouble::TicketUnknown),
        };
        let known = self.sites.contains(&ticket.site);
        known.then_some(ticket).ok_or(Trouble::TicketUnknown)
    }

    fn step(&self, entry: &mut Entry, name: &str, data: Value) -> Result<(), Trouble> {
        let step = Step {
            name: name.to_owned(),
            at: self.clock.now(),
            data,
        };
        self.journal.append(entry, step).map_err(journal)
    }

    async fn claim(&self, entry: &Entry, ticket: &Ticket) -> Result<AgentView, Trouble> {
        let says = Claim {
            ticket: entry.ticket.clone(),
            key: PublicKey::from(&entry.key).to_string(),
            agent: about(),
            desk: None,
        };
        let claimed = self
            .cloud
            .say(&*self.clock, &entry.key, &ticket.operation, says);
        claimed.await.map_err(refused)
    }

    /// Tells the site what keeps the agent from going on. It is told again with the next trouble, so one that gets
    /// lost is no harm.
    async fn hindered(&self, key: &SigningKey, ticket: &Ticket, by: Option<Obstacle>) {
        let says = Hindered { by };
        let _ = self
            .cloud
            .say(&*self.clock, key, &ticket.operation, says)
            .await;
    }

    /// Has the key sign that it is there. Blocks.
    fn evidence(&self, ticket: &Ticket, serial: &str, pin: &Pin) -> Result<Evidence, Trouble> {
        let certificates = self.tokens.certificates(serial)?;
        if certificates.is_empty() {
            return Err(Trouble::NoCertificate);
        }
        let session = self.tokens.login(serial, pin)?;
        let keys = session.keys()?;
        // Of several, the one that signs and holds longest: a renewed key keeps its old ones.
        let best = certificates
            .into_iter()
            .filter(|certificate| keys.iter().any(|key| key.id == certificate.id))
            .filter_map(|certificate| {
                let until = signs_until(&certificate.der)?;
                Some((until, certificate))
            })
            .max_by_key(|(until, _)| *until);
        let (_, certificate) = best.ok_or(Trouble::NoCertificate)?;
        let text = STANDARD.encode(&certificate.der);
        let message = possession(&ticket.operation, &ticket.nonce, serial, &text);
        let digest: [u8; 32] = Sha256::digest(&message).into();
        let signature = session.sign_sha256(&certificate.id, &digest)?;
        Ok(Evidence {
            serial: serial.to_owned(),
            certificate: text,
            signature: STANDARD.encode(signature),
        })
    }

    /// The keys that are there, and which of them will do. Blocks.
    fn keys(&self, needed: Option<&str>) -> Vec<Key> {
        self.tokens
            .present()
            .into_iter()
            .map(|present| {
                let trouble = unfit(&present, needed);
                let certificates = self.tokens.certificates(&present.serial);
                let until = |all: Vec<crate::token::Certificate>| {
                    all.iter().filter_map(|one| signs_until(&one.der)).max()
                };
                Key {
                    not_after: certificates.ok().and_then(until),
                    medium: present.medium,
                    tries: present.tries.into(),
                    pin: PinRule {
                        min: present.pin_min,
                        max: present.pin_max,
                        pad: present.pin_pad,
                    },
                    label: present.label,
                    serial: present.serial,
                    trouble,
                }
            })
            .collect()
    }
}

/// Why a key is not the one, or not to be used.
fn unfit(present: &Present, needed: Option<&str>) -> Option<Trouble> {
    if let Some(needed) = needed.filter(|needed| *needed != present.serial) {
        return Some(Trouble::WrongKey {
            found: Some(present.serial.clone()),
            needed: needed.to_owned(),
        });
    }
    match (Tries::from(present.tries), present.pin_set) {
        (Tries::Locked, _) => Some(Trouble::PinLocked),
        (_, Some(false)) => Some(Trouble::PinNotSet),
        _ => None,
    }
}

/// Until when a certificate holds, if its key signs.
fn signs_until(der: &[u8]) -> Option<Timestamp> {
    certificate::read(der)
        .filter(|read| read.signs)
        .map(|read| read.until)
}

fn has(entry: &Entry, name: &str) -> bool {
    entry.steps.iter().any(|step| step.name == name)
}

fn asking(trouble: Option<Trouble>) -> Stage {
    Stage::Asking {
        fields: vec![Field::Current],
        trouble,
    }
}

fn working(step: StepName, done: u8) -> Stage {
    Stage::Working {
        step,
        done,
        of: STEPS,
    }
}

impl Operations {
    /// None under way yet.
    pub fn new(means: Means) -> Self {
        Self {
            means,
            current: Arc::new(Mutex::new(None)),
        }
    }

    /// Takes up what the journal holds: what a loss of power interrupted. What cannot be taken up is looked at
    /// again at the next start.
    pub async fn resume(&self) {
        let Ok(listing) = self.means.journal.list() else {
            return;
        };
        for entry in listing.entries {
            let mut current = self.current.lock().await;
            if current
                .as_ref()
                .is_some_and(|current| current.entry.is_some())
            {
                return;
            }
            let ticket = entry.ticket.clone();
            // Signed by keys that this agent no longer knows: it stays, for they may come back.
            if let Ok(ticket) = self.means.admitted(&ticket) {
                let _ = self.take_up(&mut current, entry, ticket).await;
            }
        }
    }

    /// How it stands.
    pub async fn state(&self) -> State {
        let (ticket, stage) = {
            let current = self.current.lock().await;
            let Some(current) = current.as_ref() else {
                return State::default();
            };
            (current.ticket.clone(), current.stage.clone())
        };
        let (means, needed) = (self.means.clone(), ticket.key_serial.clone());
        let look = tokio::task::spawn_blocking(move || means.keys(needed.as_deref()));
        State {
            operation: Some(Operation {
                operation: ticket.operation,
                company: ticket.company,
                site: ticket.site,
                verb: ticket.verb,
                needed: ticket.key_serial,
                keys: look.await.unwrap_or_default(),
                stage,
            }),
        }
    }

    /// Takes a ticket.
    ///
    /// # Errors
    /// Why not.
    pub async fn begin(&self, text: &str) -> Result<(), Trouble> {
        let ticket = self.means.admitted(text)?;
        let mut current = self.current.lock().await;
        if let Some(there) = current.as_ref() {
            let same = there.ticket.operation == ticket.operation;
            match (&there.entry, same) {
                // A window was opened twice, or reloaded.
                (_, true) => return Ok(()),
                (Some(_), false) => return Err(Trouble::Busy),
                (None, false) => {}
            }
        }
        let name = ticket.operation.as_str();
        let known = self.means.journal.list().map_err(journal)?.entries;
        let known = known.into_iter().find(|entry| entry.operation == name);
        let entry = if let Some(entry) = known {
            entry
        } else {
            let key = new_key().ok_or(Trouble::JournalUnwritable)?;
            self.means.journal.begin(name, text, key).map_err(journal)?
        };
        self.means.log.write(&Event::Begun {
            operation: ticket.operation.clone(),
            verb: ticket.verb,
        });
        self.take_up(&mut current, entry, ticket).await
    }

    /// Goes on with what the journal says of an operation.
    async fn take_up(
        &self,
        current: &mut Option<Current>,
        mut entry: Entry,
        ticket: Ticket,
    ) -> Result<(), Trouble> {
        if !has(&entry, CLAIMED) {
            let claimed = match self.means.claim(&entry, &ticket).await {
                Ok(view) => view,
                Err(trouble) => {
                    // Nothing was begun: what cannot come to anything leaves nothing behind.
                    if is_final(&trouble) {
                        self.means.journal.close(entry).map_err(journal)?;
                    }
                    return Err(trouble);
                }
            };
            if claimed.state != OperationState::Claimed {
                self.means.journal.close(entry).map_err(journal)?;
                return Err(Trouble::OperationEnded);
            }
            self.means.step(&mut entry, CLAIMED, Value::Null)?;
        }
        let signed = has(&entry, EVIDENCE);
        *current = Some(Current {
            ticket,
            entry: Some(entry),
            stage: if signed {
                working(StepName::Reporting, STEPS - 1)
            } else {
                asking(None)
            },
        });
        if signed {
            let (means, current) = (self.means.clone(), self.current.clone());
            tokio::spawn(async move { report(&means, &current).await });
        }
        Ok(())
    }

    /// The person chose a key and typed its PIN. Comes back once that is taken.
    ///
    /// # Errors
    /// Why it is not taken.
    pub async fn answer(&self, answer: Answer) -> Result<(), Trouble> {
        let mut current = self.current.lock().await;
        let Some(there) = current.as_mut() else {
            return Err(Trouble::NotAsked);
        };
        let (Stage::Asking { fields, .. }, Some(entry)) = (&there.stage, &there.entry) else {
            return Err(Trouble::NotAsked);
        };
        if fields.is_empty() {
            there.stage = working(StepName::Reporting, STEPS - 1);
            let (means, current) = (self.means.clone(), self.current.clone());
            tokio::spawn(async move { report(&means, &current).await });
            return Ok(());
        }
        let (key, ticket) = (entry.key.clone(), there.ticket.clone());
        let (means, serial) = (self.means.clone(), answer.serial.clone());
        let needed = ticket.key_serial.clone();
        let look = tokio::task::spawn_blocking(move || {
            let all = means.tokens.present();
            let found = all.into_iter().find(|present| present.serial == serial);
            found.map(|present| {
                (
                    unfit(&present, needed.as_deref()),
                    Tries::from(present.tries),
                )
            })
        });
        let trouble = match look.await.unwrap_or(None) {
            None => Some(Trouble::NoKey),
            Some((Some(trouble), _)) => Some(trouble),
            // A PIN is typed for the last time only by somebody who was told.
            Some((None, Tries::Last)) if !answer.last_try => Some(Trouble::LastTry),
            Some((None, _)) => None,
        };
        if let Some(trouble) = trouble {
            if let Some(by) = obstacle(&trouble) {
                let means = self.means.clone();
                tokio::spawn(async move { means.hindered(&key, &ticket, Some(by)).await });
            }
            return Err(trouble);
        }
        let Some(pin) = answer.current else {
            return Err(Trouble::Malformed);
        };
        self.means.log.write(&Event::Answered {
            serial: SerialEnd::of(&answer.serial),
        });
        there.stage = working(StepName::CheckingPin, 0);
        let (means, current) = (self.means.clone(), self.current.clone());
        let serial = answer.serial;
        tokio::spawn(async move {
            match sign(&means, &current, &ticket, &serial, pin).await {
                Ok(()) => report(&means, &current).await,
                Err(trouble) => ask_again(&means, &current, trouble).await,
            }
        });
        Ok(())
    }

    /// Gives the operation up, or forgets one that has ended.
    ///
    /// # Errors
    /// [`Trouble::Busy`] while the key works, [`Trouble::CloudUnreachable`]: it is still this agent's then.
    pub async fn stop(&self) -> Result<(), Trouble> {
        let mut current = self.current.lock().await;
        let Some(there) = current.as_mut() else {
            return Ok(());
        };
        if let Some(entry) = &there.entry {
            if matches!(there.stage, Stage::Working { .. }) {
                return Err(Trouble::Busy);
            }
            let operation = &there.ticket.operation;
            let said = self
                .means
                .cloud
                .say(&*self.means.clock, &entry.key, operation, GiveUp {})
                .await;
            match said.map_err(refused) {
                Ok(_) => {}
                Err(trouble) if is_final(&trouble) => {}
                Err(trouble) => return Err(trouble),
            }
            self.means.log.write(&Event::GivenUp);
        }
        if let Some(entry) = there.entry.take() {
            self.means.journal.close(entry).map_err(journal)?;
        }
        *current = None;
        Ok(())
    }
}

fn new_key() -> Option<SigningKey> {
    // One in 2^32 draws is no key of P-256.
    (0..4).find_map(|_| SigningKey::from_slice(&clock::random::<32>().ok()?).ok())
}

/// The key signs, and what it signed is on the disk.
async fn sign(
    means: &Means,
    current: &Mutex<Option<Current>>,
    ticket: &Ticket,
    serial: &str,
    pin: Pin,
) -> Result<(), Trouble> {
    means.log.write(&Event::Step {
        step: StepName::Signing,
    });
    let (own, ticket, serial) = (means.clone(), ticket.clone(), serial.to_owned());
    let signed = tokio::task::spawn_blocking(move || own.evidence(&ticket, &serial, &pin));
    let evidence = signed.await.map_err(|_| Trouble::KeyFails)??;
    let data = serde_json::to_value(&evidence).map_err(|_| Trouble::JournalUnwritable)?;
    let mut current = current.lock().await;
    let Some(there) = current.as_mut() else {
        return Err(Trouble::NotAsked);
    };
    let entry = there.entry.as_mut().ok_or(Trouble::NotAsked)?;
    // Of an earlier key, which was refused.
    entry.steps.retain(|step| step.name != EVIDENCE);
    means.step(entry, EVIDENCE, data)?;
    there.stage = working(StepName::Reporting, STEPS - 1);
    Ok(())
}

/// Sends what the key signed, until it is known what came of it.
async fn report(means: &Means, current: &Mutex<Option<Current>>) {
    let (key, ticket, evidence) = {
        let current = current.lock().await;
        let Some(there) = current.as_ref() else {
            return;
        };
        let Some(entry) = there.entry.as_ref() else {
            return;
        };
        let signed = entry.steps.iter().rev().find(|step| step.name == EVIDENCE);
        let Some(evidence) =
            signed.and_then(|step| serde_json::from_value::<Evidence>(step.data.clone()).ok())
        else {
            return;
        };
        (entry.key.clone(), there.ticket.clone(), evidence)
    };
    means.log.write(&Event::Step {
        step: StepName::Reporting,
    });
    let said = means
        .cloud
        .say(&*means.clock, &key, &ticket.operation, evidence)
        .await;
    match said.map_err(refused) {
        Ok(view) => {
            let mut current = current.lock().await;
            let Some(there) = current.as_mut() else {
                return;
            };
            if let Some(entry) = there.entry.take() {
                // If the file stays, the next start sends the same again and is answered the same.
                let _ = means.journal.close(entry);
            }
            there.stage = Stage::Done { read: view.read };
            means.log.write(&Event::Done);
        }
        Err(trouble) => ask_again(means, current, trouble).await,
    }
}

/// Something went wrong: the person is told and asked again, or it is over.
async fn ask_again(means: &Means, current: &Mutex<Option<Current>>, trouble: Trouble) {
    means.log.write(&Event::Failed {
        code: (&trouble).into(),
    });
    let told = {
        let mut current = current.lock().await;
        let Some(there) = current.as_mut() else {
            return;
        };
        if is_final(&trouble) {
            if let Some(entry) = there.entry.take() {
                let _ = means.journal.close(entry);
            }
            there.stage = Stage::Failed {
                trouble: trouble.clone(),
            };
            None
        } else {
            let entry = there.entry.as_ref();
            let signed = entry.is_some_and(|entry| has(entry, EVIDENCE));
            // What is signed already is only sent again.
            there.stage = if signed && trouble == Trouble::CloudUnreachable {
                Stage::Asking {
                    fields: Vec::new(),
                    trouble: Some(trouble.clone()),
                }
            } else {
                asking(Some(trouble.clone()))
            };
            entry.map(|entry| (entry.key.clone(), there.ticket.clone()))
        }
    };
    if let (Some((key, ticket)), Some(by)) = (told, obstacle(&trouble)) {
        means.hindered(&key, &ticket, Some(by)).await;
    }
}

//! The one operation that is under way: from its ticket to its end.
//!
//! | step | on the disk | in the cloud | when the power goes out after it |
//! | --- | --- | --- | --- |
//! | the key of the operation is made | ticket and key | offered | the ticket is claimed again by the same key |
//! | it is claimed | | claimed | the claim is repeated, and answered the same |
//! | | `claimed` | claimed | it is taken up where the person is asked |
//! | what its verb does | see there | | |
//! | the end | its file is gone | done | |
//!
//! - `evidence`: inspect, test, log in: the key signs, and nothing on it changes.
//! - `pin`: activate, change the PIN.
//! - `make`: keys at a desk, one after the other.
//! - `enrol`: the computer becomes a desk.
//! - `renew`: a further term for a key, beside what is on it.
//! - `unlock`: a new PIN for a key whose PIN is locked or forgotten.

mod enrol;
mod evidence;
mod make;
mod pairs;
mod pin;
mod renew;
mod seal;
mod unlock;

use std::sync::Arc;

use contract::agent::{
    AgentView, Claim, GiveUp, Hindered, LOGIN_PATH, Says, TICKET, Ticket, possession,
};
use contract::error::ErrorCode;
use contract::secret::Secret;
use domain::catalog::Medium;
use domain::operation::{AgentAbout, Obstacle, OperationState, Verb};
use domain::stock::ScrapReason;
use jiff::Timestamp;
use jws::{BadToken, Parts, PublicKey};
use p256::ecdsa::SigningKey;
use serde_json::Value;
use tokio::sync::{Mutex, Notify};

use crate::certificate;
use crate::clock::Clock;
use crate::cloud::{Cloud, NotDone};
use crate::enrolment::{Enrolment, new_key};
use crate::http::{
    Answer, Field, Key, Making, Operation, PinRule, Serving, Stage, State, StepName, Tries, Trouble,
};
use crate::journal::{Entry, Journal, JournalError, Step};
use crate::log::{Event, Log, SerialEnd};
use crate::token::{Pin, Present, TokenDriver};

/// The claim was answered.
const CLAIMED: &str = "claimed";
/// The key has signed; the data is the evidence.
const EVIDENCE: &str = "evidence";

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
    told: Told,
    /// Is it over after the key in hand, or once nothing is left behind?
    finishing: bool,
    /// How many keys are made, as the cloud said.
    made: Option<u8>,
    /// Where the page goes to end a login, until it was told.
    login: Option<Secret>,
}

/// What the site knows of what hinders.
#[derive(Default)]
struct Told {
    by: Option<Obstacle>,
    /// Does it end by itself, when the right key comes?
    waiting: bool,
    /// Is it being told right now?
    telling: bool,
}

/// The operation under way, if any.
pub struct Operations(Work);

/// What works at the operation under way.
#[derive(Clone)]
struct Work {
    means: Means,
    current: Arc<Mutex<Option<Current>>>,
    /// Held while the site is told what hinders.
    telling: Arc<Mutex<()>>,
    /// Told when the person gives up while the site is waited for.
    stopped: Arc<Notify>,
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
        ErrorCode::IssuerSilent => Trouble::IssuerSilent,
        ErrorCode::NotYourKey | ErrorCode::WrongKey => Trouble::NotYourKey,
        ErrorCode::CertificateEnded => Trouble::CertificateEnded,
        ErrorCode::CertificateRevoked => Trouble::CertificateRevoked,
        ErrorCode::NoPossession => Trouble::KeyFails,
        ErrorCode::DeskUnknown => Trouble::NotADesk,
        ErrorCode::KeyNotBlank => Trouble::KeyNotBlank,
        ErrorCode::KeyOfOtherMedium => Trouble::KeyOfOtherMedium,
        ErrorCode::UnitGone => Trouble::UnitGone,
        ErrorCode::NothingToMake => Trouble::NothingToMake,
        ErrorCode::KeyBegun => Trouble::KeyBegun,
        ErrorCode::CertificateAlreadyIssued => Trouble::CertificateAlreadyIssued,
        ErrorCode::NotConfirmed => Trouble::NotConfirmed,
        ErrorCode::NoUnlock => Trouble::NoUnlock,
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
        Trouble::WrongKey { .. }
        | Trouble::NotYourKey
        | Trouble::KeyNotBlank
        | Trouble::KeyNotMade
        | Trouble::KeyOfOtherMedium
        | Trouble::UnitGone => Obstacle::WrongKey,
        Trouble::NoCertificate => Obstacle::NoCertificate,
        Trouble::PinWrong { .. } | Trouble::TransportPinWrong => Obstacle::PinWrong,
        Trouble::PinLocked => Obstacle::PinLocked,
        Trouble::Removed => Obstacle::KeyRemoved,
        Trouble::Full => Obstacle::KeyFull,
        Trouble::SoPinLocked => Obstacle::SoPinLocked,
        Trouble::SoPinUnknown => Obstacle::SoPinUnknown,
        Trouble::ModuleReports { .. }
        | Trouble::Unsupported
        | Trouble::KeyFails
        | Trouble::SoPinWrong
        | Trouble::SerialChanged { .. }
        | Trouble::SelfTest
        | Trouble::CertificateAlreadyIssued
        | Trouble::RenewalLost => Obstacle::KeyFails,
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

/// Which keys will do.
enum Wanted {
    /// None at all.
    Nothing,
    /// One in use: this one, or any.
    InUse(Option<String>),
    /// One that is read, and may be locked: this one.
    ToRead(String),
    /// One whose PIN is locked or forgotten.
    ToUnlock(String),
    /// The one in hand, in whatever state it is.
    InHand(String),
    /// One to be made, and none of those that are finished.
    ToMake {
        medium: Medium,
        onto_made: bool,
        finished: Vec<String>,
    },
}

impl Wanted {
    fn of(ticket: &Ticket, entry: Option<&Entry>) -> Self {
        let Some(making) = &ticket.making else {
            return match (ticket.verb, ticket.key_serial.clone()) {
                (Verb::Enrol | Verb::Make, _) | (Verb::Renew | Verb::Unlock, None) => Self::Nothing,
                (Verb::Unlock, Some(serial)) => Self::ToUnlock(serial),
                (Verb::Inspect, Some(serial)) => Self::ToRead(serial),
                (_, serial) => Self::InUse(serial),
            };
        };
        match entry.and_then(make::in_hand) {
            Some(serial) => Self::InHand(serial),
            None => Self::ToMake {
                medium: making.medium,
                onto_made: making.onto_made,
                finished: entry.map(make::finished).unwrap_or_default().serials,
            },
        }
    }

    /// Why a key is not the one, or not to be used.
    fn unfit(&self, present: &Present) -> Option<Trouble> {
        let needed = match self {
            Self::InUse(needed) => needed.as_ref(),
            Self::InHand(needed) | Self::ToRead(needed) | Self::ToUnlock(needed) => Some(needed),
            Self::Nothing | Self::ToMake { .. } => None,
        };
        if let Some(needed) = needed.filter(|needed| **needed != present.serial) {
            return Some(Trouble::WrongKey {
                found: Some(present.serial.clone()),
                needed: needed.clone(),
            });
        }
        match self {
            Self::InUse(_) => match (Tries::from(present.tries), present.pin_set) {
                (Tries::Locked, _) => Some(Trouble::PinLocked),
                (_, Some(false)) => Some(Trouble::PinNotSet),
                _ => None,
            },
            Self::ToUnlock(_) | Self::ToRead(_) if present.pin_set == Some(false) => {
                Some(Trouble::PinNotSet)
            }
            Self::InHand(_) | Self::ToRead(_) | Self::ToUnlock(_) => None,
            Self::Nothing => Some(Trouble::NotAsked),
            Self::ToMake {
                medium,
                onto_made,
                finished,
            } => {
                let in_use = present.initialised == Some(true) && present.pin_set == Some(true);
                if present.serial.is_empty() {
                    // The stock knows it by none.
                    Some(Trouble::Unsupported)
                } else if present.medium.is_some_and(|is| is != *medium) {
                    Some(Trouble::KeyOfOtherMedium)
                } else if finished.contains(&present.serial) || (in_use && !onto_made) {
                    Some(Trouble::KeyNotBlank)
                } else if *onto_made && !in_use {
                    Some(Trouble::KeyNotMade)
                } else if *onto_made && Tries::from(present.tries) == Tries::Locked {
                    Some(Trouble::PinLocked)
                } else {
                    None
                }
            }
        }
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

    /// Notes a step that is done, in place of the one of this name, and forgets those named.
    fn step(
        &self,
        entry: &mut Entry,
        name: &str,
        data: Value,
        forget: &[&str],
    ) -> Result<(), Trouble> {
        let keeps = |step: &&Step| step.name != name && !forget.contains(&step.name.as_str());
        let mut steps: Vec<Step> = entry.steps.iter().filter(keeps).cloned().collect();
        steps.push(Step {
            name: name.to_owned(),
            at: self.clock.now(),
            data,
        });
        self.journal.replace(entry, steps).map_err(journal)
    }

    async fn claim(&self, entry: &Entry, ticket: &Ticket) -> Result<AgentView, Trouble> {
        let desk = if ticket.verb == Verb::Make {
            let enrolment = Enrolment::read(&self.journal).map_err(journal)?;
            let claimed = enrolment.claim(&ticket.operation, &entry.key);
            Some(claimed.ok_or(Trouble::NotADesk)?)
        } else {
            None
        };
        let says = Claim {
            ticket: entry.ticket.clone(),
            key: PublicKey::from(&entry.key).to_string(),
            agent: about(),
            desk,
        };
        let claimed = self
            .cloud
            .say(&*self.clock, &entry.key, &ticket.operation, says);
        claimed.await.map_err(refused)
    }

    /// The keys that are there, and which of them will do. Blocks.
    fn keys(&self, wanted: &Wanted) -> Vec<Key> {
        if matches!(wanted, Wanted::Nothing) {
            return Vec::new();
        }
        self.tokens
            .present()
            .into_iter()
            .map(|present| {
                let until = |all: Vec<crate::token::Certificate>| {
                    all.iter().filter_map(|one| signs_until(&one.der)).max()
                };
                // A blank one has none.
                let certificates = (present.initialised != Some(false))
                    .then(|| self.tokens.certificates(&present.serial).ok());
                Key {
                    trouble: wanted.unfit(&present),
                    not_after: certificates.flatten().and_then(until),
                    medium: present.medium,
                    tries: present.tries.into(),
                    pin: PinRule {
                        min: present.pin_min,
                        max: present.pin_max,
                        pad: present.pin_pad,
                    },
                    label: present.label,
                    serial: present.serial,
                }
            })
            .collect()
    }

    /// What keeps us waiting, when none of the keys will do. Blocks.
    fn waits_for(&self, wanted: &Wanted, keys: &[Key]) -> Option<Obstacle> {
        if matches!(wanted, Wanted::Nothing) || keys.iter().any(|key| key.trouble.is_none()) {
            return None;
        }
        if let Some(key) = keys.first() {
            return key.trouble.as_ref().and_then(obstacle);
        }
        let works = self.tokens.modules().iter().any(|one| one.keys.is_ok());
        Some(if works {
            Obstacle::NoKey
        } else {
            Obstacle::NoModule
        })
    }
}

/// Until when a certificate holds, if its key signs.
fn signs_until(der: &[u8]) -> Option<Timestamp> {
    certificate::read(der)
        .filter(|read| read.signs)
        .map(|read| read.until)
}

fn found<'a>(entry: &'a Entry, name: &str) -> Option<&'a Value> {
    let mut steps = entry.steps.iter().rev();
    steps.find(|step| step.name == name).map(|step| &step.data)
}

fn has(entry: &Entry, name: &str) -> bool {
    found(entry, name).is_some()
}

/// What the person is asked for, as far as the operation is.
fn asks(ticket: &Ticket, entry: &Entry, trouble: Option<Trouble>) -> Stage {
    let fields = match ticket.verb {
        // What is signed already is only sent again.
        _ if has(entry, EVIDENCE) && trouble == Some(Trouble::CloudUnreachable) => Vec::new(),
        Verb::Enrol | Verb::Make => Vec::new(),
        // Nobody can do anything any more.
        Verb::Unlock if unlock::is_over(entry) => Vec::new(),
        Verb::Unlock => vec![Field::New],
        Verb::Inspect | Verb::Test | Verb::Login | Verb::Renew => vec![Field::Current],
        Verb::Activate | Verb::ChangePin => pin::fields(ticket.verb, entry, trouble.as_ref()),
    };
    Stage::Asking { fields, trouble }
}

fn working(step: StepName, done: u8, of: u8) -> Stage {
    Stage::Working { step, done, of }
}

impl Current {
    fn asks(&mut self, trouble: Option<Trouble>) {
        if let Some(entry) = &self.entry {
            self.stage = asks(&self.ticket, entry, trouble);
        }
    }

    /// The entry, while the person is asked.
    fn asked(&self) -> Result<(&Entry, &[Field]), Trouble> {
        match (&self.stage, &self.entry) {
            (Stage::Asking { fields, .. }, Some(entry)) => Ok((entry, fields)),
            _ => Err(Trouble::NotAsked),
        }
    }

    /// What the page shows of keys that are made.
    fn making(&self) -> Option<Making> {
        let making = self.ticket.making.clone()?;
        let trouble = match &self.stage {
            Stage::Asking { trouble, .. } => trouble.as_ref(),
            _ => None,
        };
        let serial = self.entry.as_ref().and_then(make::in_hand);
        Some(Making {
            order: making.order,
            line: making.line,
            product: making.product,
            medium: making.medium,
            onto_made: making.onto_made,
            of: making.of,
            made: self.made,
            scrap: serial
                .as_ref()
                .map(|_| trouble.map_or(ScrapReason::Damaged, make::scrap)),
            serial,
            finishing: self.finishing,
        })
    }
}

impl Work {
    /// What calls are signed by, and the ticket.
    async fn bound(&self) -> Result<(SigningKey, Ticket), Trouble> {
        let current = self.current.lock().await;
        let there = current.as_ref().ok_or(Trouble::NotAsked)?;
        let entry = there.entry.as_ref().ok_or(Trouble::NotAsked)?;
        Ok((entry.key.clone(), there.ticket.clone()))
    }

    /// What a step gave.
    async fn found(&self, name: &str) -> Option<Value> {
        let current = self.current.lock().await;
        let entry = current.as_ref()?.entry.as_ref()?;
        found(entry, name).cloned()
    }

    /// Says something to the cloud.
    async fn say<T: Says>(&self, says: T) -> Result<T::Answer, Trouble> {
        let (key, ticket) = self.bound().await?;
        let means = &self.means;
        let said = means
            .cloud
            .say(&*means.clock, &key, &ticket.operation, says)
            .await;
        said.map_err(refused)
    }

    /// Notes a step that is done, and forgets those named.
    async fn step(&self, name: &str, data: Value, forget: &[&str]) -> Result<(), Trouble> {
        let mut current = self.current.lock().await;
        let there = current.as_mut().ok_or(Trouble::NotAsked)?;
        let entry = there.entry.as_mut().ok_or(Trouble::NotAsked)?;
        self.means.step(entry, name, data, forget)
    }

    /// The same, from a thread that may block.
    fn note_now(&self, name: &str, data: Value, forget: &[&str]) -> Result<(), Trouble> {
        let mut current = self.current.blocking_lock();
        let there = current.as_mut().ok_or(Trouble::NotAsked)?;
        let entry = there.entry.as_mut().ok_or(Trouble::NotAsked)?;
        self.means.step(entry, name, data, forget)
    }

    /// Steps that turned out not to be done, or are undone.
    async fn forget(&self, names: &[&str]) -> Result<(), Trouble> {
        self.step(CLAIMED, Value::Null, names).await
    }

    /// Shows what is done now.
    async fn at(&self, step: StepName, done: u8, of: u8) {
        self.means.log.write(&Event::Step { step });
        if let Some(there) = self.current.lock().await.as_mut() {
            there.stage = working(step, done, of);
        }
    }

    /// The same, from a thread that may block.
    fn at_now(&self, step: StepName, done: u8, of: u8) {
        self.means.log.write(&Event::Step { step });
        if let Some(there) = self.current.blocking_lock().as_mut() {
            there.stage = working(step, done, of);
        }
    }

    /// Does something with keys, on a thread that may block.
    async fn on_keys<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Means) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let means = self.means.clone();
        let done = tokio::task::spawn_blocking(move || act(&means)).await;
        done.map_err(|_| Trouble::KeyFails)?
    }

    /// Tells the site what keeps the agent from going on, or that nothing does. It is told again with the next
    /// trouble, so one that gets lost is no harm.
    async fn tell(&self, by: Option<Obstacle>) {
        self.tell_as(by, false).await;
    }

    async fn tell_as(&self, by: Option<Obstacle>, waiting: bool) {
        // One after the other, so that what is told last here is the last that the site hears.
        let turn = self.telling.lock().await;
        let Ok((key, ticket)) = self.bound().await else {
            return;
        };
        let means = &self.means;
        let (clock, says) = (&*means.clock, Hindered { by });
        let said = means.cloud.say(clock, &key, &ticket.operation, says).await;
        if said != Err(NotDone::Unknown)
            && let Some(there) = self.current.lock().await.as_mut()
        {
            there.told.by = by;
            there.told.waiting = waiting;
        }
        drop(turn);
    }

    /// Tells the site that the right key is waited for, or is there: when it changes, once.
    async fn tell_wait(&self, by: Option<Obstacle>) {
        {
            let mut current = self.current.lock().await;
            let Some(there) = current.as_mut() else {
                return;
            };
            let told = &mut there.told;
            let old = told.telling || told.by == by || (by.is_none() && !told.waiting);
            if old || !matches!(there.stage, Stage::Asking { .. }) {
                return;
            }
            told.telling = true;
        }
        self.tell_as(by, by.is_some()).await;
        if let Some(there) = self.current.lock().await.as_mut() {
            there.told.telling = false;
        }
    }

    /// Something went wrong: the person is told and asked again, or it is over.
    async fn failed(&self, trouble: Trouble) {
        self.means.log.write(&Event::Failed {
            code: (&trouble).into(),
        });
        {
            let mut current = self.current.lock().await;
            let Some(there) = current.as_mut() else {
                return;
            };
            if is_final(&trouble) {
                if let Some(entry) = there.entry.take() {
                    let _ = self.means.journal.close(entry);
                }
                there.stage = Stage::Failed { trouble };
                return;
            }
            there.asks(Some(trouble.clone()));
        }
        if let Some(by) = obstacle(&trouble) {
            self.tell(Some(by)).await;
        }
    }

    /// It is done. If its file stays, the next start says the same again and is answered the same.
    async fn done(&self, stage: Stage) {
        self.means.log.write(&Event::Done);
        self.ended_as(stage).await;
    }

    /// It has ended, and how is shown.
    async fn ended_as(&self, stage: Stage) {
        let mut current = self.current.lock().await;
        let Some(there) = current.as_mut() else {
            return;
        };
        if let Some(entry) = there.entry.take() {
            let _ = self.means.journal.close(entry);
        }
        there.stage = stage;
    }

    /// It was given up: nothing is under way any more.
    async fn end(&self) {
        let ended = self.current.lock().await.take();
        if let Some(entry) = ended.and_then(|there| there.entry) {
            let _ = self.means.journal.close(entry);
        }
    }

    /// The key that the person chose, if it will do. A PIN is typed for the last time only by somebody who was told.
    async fn chosen(&self, there: &Current, answer: &Answer) -> Result<Present, Trouble> {
        let wanted = Wanted::of(&there.ticket, there.entry.as_ref());
        let (means, serial) = (self.means.clone(), answer.serial.clone());
        let look = tokio::task::spawn_blocking(move || {
            let all = means.tokens.present();
            let found = all.into_iter().find(|present| present.serial == serial);
            let present = found.ok_or(Trouble::NoKey)?;
            wanted.unfit(&present).map_or(Ok(present), Err)
        });
        // Who unlocks a key types none that it has.
        let asks_pin = there.ticket.verb != Verb::Unlock && !matches!(there.asked(), Ok((_, [])));
        let chosen = match look.await.unwrap_or(Err(Trouble::KeyFails)) {
            Ok(present)
                if asks_pin && Tries::from(present.tries) == Tries::Last && !answer.last_try =>
            {
                Err(Trouble::LastTry)
            }
            chosen => chosen,
        };
        if let Err(Some(by)) = chosen.as_ref().map_err(obstacle) {
            let work = self.clone();
            tokio::spawn(async move { work.tell(Some(by)).await });
        }
        if chosen.is_ok() {
            self.means.log.write(&Event::Answered {
                serial: SerialEnd::of(&answer.serial),
            });
        }
        chosen
    }

    /// What was done before the power went out, if it only has to be said.
    fn goes_on(&self, verb: Verb, entry: &Entry) -> bool {
        match verb {
            Verb::Enrol => enrol::goes_on(&self.means, entry),
            Verb::Make => make::goes_on(entry),
            Verb::Unlock => has(entry, EVIDENCE) || unlock::is_over(entry),
            _ => has(entry, EVIDENCE),
        }
    }

    /// Says it.
    async fn go_on(&self, verb: Verb) {
        match verb {
            Verb::Enrol => self.enrol().await,
            Verb::Make => self.make_on().await,
            Verb::Unlock if self.found(EVIDENCE).await.is_none() => self.unlock_over().await,
            _ => self.report().await,
        }
    }
}

impl Operations {
    /// None under way yet.
    pub fn new(means: Means) -> Self {
        Self(Work {
            means,
            current: Arc::default(),
            telling: Arc::default(),
            stopped: Arc::default(),
        })
    }

    /// Takes up what the journal holds: what a loss of power interrupted. What cannot be taken up is looked at
    /// again at the next start.
    pub async fn resume(&self) {
        let means = &self.0.means;
        let Ok(listing) = means.journal.list() else {
            return;
        };
        for entry in listing.entries {
            let mut current = self.0.current.lock().await;
            if current
                .as_ref()
                .is_some_and(|current| current.entry.is_some())
            {
                return;
            }
            let ticket = entry.ticket.clone();
            // Signed by keys that this agent no longer knows: it stays, for they may come back.
            if let Ok(ticket) = means.admitted(&ticket) {
                let _ = self.take_up(&mut current, entry, ticket).await;
            }
        }
    }

    /// How it stands.
    pub async fn state(&self) -> State {
        let (ticket, stage, wanted, making, serving, code, login) = {
            let mut current = self.0.current.lock().await;
            let Some(there) = current.as_mut() else {
                return State::default();
            };
            let login = there.login.take();
            if login.is_some()
                && let Some(entry) = there.entry.take()
            {
                // From here on only the page has it.
                let _ = self.0.means.journal.close(entry);
            }
            (
                there.ticket.clone(),
                there.stage.clone(),
                Wanted::of(&there.ticket, there.entry.as_ref()),
                there.making(),
                there.serving(),
                there.code(),
                login,
            )
        };
        let means = self.0.means.clone();
        let look = tokio::task::spawn_blocking(move || {
            let keys = means.keys(&wanted);
            (means.waits_for(&wanted, &keys), keys)
        });
        let keys = match look.await {
            Ok((waits_for, keys)) => {
                let work = self.0.clone();
                tokio::spawn(async move { work.tell_wait(waits_for).await });
                keys
            }
            Err(_) => Vec::new(),
        };
        State {
            operation: Some(Operation {
                operation: ticket.operation,
                company: ticket.company,
                site: ticket.site,
                verb: ticket.verb,
                needed: ticket.key_serial,
                keys,
                desk: ticket.desk,
                making,
                serving,
                code,
                login,
                stage,
            }),
        }
    }

    /// Takes a ticket.
    ///
    /// # Errors
    /// Why not.
    pub async fn begin(&self, text: &str) -> Result<(), Trouble> {
        let means = &self.0.means;
        let ticket = means.admitted(text)?;
        let mut current = self.0.current.lock().await;
        if let Some(there) = current.as_mut() {
            let same = there.ticket.operation == ticket.operation;
            let over = matches!(there.stage, Stage::Done { .. });
            match (&there.entry, same) {
                // A window was opened twice, or reloaded.
                (_, true) => return Ok(()),
                (Some(_), false) if !over => return Err(Trouble::Busy),
                _ => {}
            }
            if let Some(entry) = there.entry.take() {
                means.journal.close(entry).map_err(journal)?;
            }
        }
        let name = ticket.operation.as_str();
        let known = means.journal.list().map_err(journal)?.entries;
        let known = known.into_iter().find(|entry| entry.operation == name);
        let entry = if let Some(entry) = known {
            entry
        } else {
            let key = new_key().ok_or(Trouble::JournalUnwritable)?;
            means.journal.begin(name, text, key).map_err(journal)?
        };
        means.log.write(&Event::Begun {
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
        let means = &self.0.means;
        if !has(&entry, CLAIMED) {
            let claimed = match means.claim(&entry, &ticket).await {
                Ok(view) => view,
                Err(trouble) => {
                    // Nothing was begun: what cannot come to anything leaves nothing behind.
                    if is_final(&trouble) || trouble == Trouble::NotADesk {
                        means.journal.close(entry).map_err(journal)?;
                    }
                    return Err(trouble);
                }
            };
            if claimed.state != OperationState::Claimed {
                means.journal.close(entry).map_err(journal)?;
                return Err(Trouble::OperationEnded);
            }
            means.step(&mut entry, CLAIMED, Value::Null, &[])?;
        }
        let goes_on = self.0.goes_on(ticket.verb, &entry);
        let trouble = match ticket.verb {
            Verb::Make => make::in_hand(&entry).map(|_| Trouble::MakingInterrupted),
            Verb::Activate | Verb::ChangePin => pin::interrupted(&entry),
            Verb::Renew => renew::interrupted(&entry),
            Verb::Unlock => unlock::interrupted(&entry),
            _ => None,
        };
        let verb = ticket.verb;
        *current = Some(Current {
            stage: if goes_on {
                working(StepName::Reporting, 0, 1)
            } else {
                asks(&ticket, &entry, trouble)
            },
            made: make::finished(&entry).made,
            ticket,
            entry: Some(entry),
            told: Told::default(),
            finishing: false,
            login: None,
        });
        if goes_on {
            let work = self.0.clone();
            tokio::spawn(async move { work.go_on(verb).await });
        }
        Ok(())
    }

    /// The person chose a key and typed its PIN. Comes back once that is taken.
    ///
    /// # Errors
    /// Why it is not taken.
    pub async fn answer(&self, answer: Answer) -> Result<(), Trouble> {
        let mut current = self.0.current.lock().await;
        let Some(there) = current.as_mut() else {
            return Err(Trouble::NotAsked);
        };
        let (entry, _) = there.asked()?;
        let verb = there.ticket.verb;
        if verb != Verb::Make && (verb == Verb::Enrol || there.says_again(entry)) {
            there.stage = working(StepName::Reporting, 0, 1);
            let work = self.0.clone();
            tokio::spawn(async move { work.go_on(verb).await });
            return Ok(());
        }
        match verb {
            Verb::Make => self.0.make_answered(there, answer).await,
            Verb::Activate | Verb::ChangePin => self.0.pin_answered(there, answer).await,
            Verb::Renew => self.0.renew_answered(there, answer).await,
            Verb::Unlock => self.0.unlock_answered(there, answer).await,
            _ => self.0.evidence_answered(there, answer).await,
        }
    }

    /// Gives the operation up, or forgets one that has ended. While keys are made: after the one in hand. A renewal
    /// whose pairs are on the key asks for the PIN first, so that they go; one whose certificates were asked for is
    /// put aside, and taken up at the next start or with its ticket.
    ///
    /// # Errors
    /// [`Trouble::Busy`] while the key works, [`Trouble::KeyBegun`] while one is in hand,
    /// [`Trouble::CloudUnreachable`]: it is still this agent's then.
    pub async fn stop(&self) -> Result<(), Trouble> {
        let means = &self.0.means;
        let mut current = self.0.current.lock().await;
        let Some(there) = current.as_mut() else {
            return Ok(());
        };
        if there.ticket.verb == Verb::Renew && matches!(there.stage, Stage::Asking { .. }) {
            if there.is_kept() {
                *current = None;
                return Ok(());
            }
            if there.keeps_pairs() {
                return Ok(());
            }
        }
        if let Some(entry) = &there.entry
            && !matches!(there.stage, Stage::Done { .. })
        {
            if matches!(there.stage, Stage::Working { .. }) {
                if there.ticket.verb == Verb::Make || there.waits_for_code() {
                    there.finishing = true;
                    self.0.stopped.notify_one();
                    return Ok(());
                }
                return Err(Trouble::Busy);
            }
            let operation = &there.ticket.operation;
            let said = means
                .cloud
                .say(&*means.clock, &entry.key, operation, GiveUp {})
                .await;
            match said.map_err(refused) {
                Ok(_) => {}
                Err(trouble) if is_final(&trouble) => {}
                Err(trouble) => {
                    there.finishing =
                        there.ticket.verb == Verb::Make && trouble == Trouble::KeyBegun;
                    return Err(trouble);
                }
            }
            if there.ticket.verb == Verb::Enrol {
                let mut enrolment = Enrolment::read(&means.journal).map_err(journal)?;
                enrolment
                    .forget(&means.journal, operation)
                    .map_err(journal)?;
            }
            means.log.write(&Event::GivenUp);
        }
        if let Some(entry) = there.entry.take() {
            means.journal.close(entry).map_err(journal)?;
        }
        *current = None;
        Ok(())
    }
}

impl Current {
    /// Has the person only to say that what is signed is sent again?
    fn says_again(&self, entry: &Entry) -> bool {
        matches!(&self.stage, Stage::Asking { fields, .. } if fields.is_empty())
            && (has(entry, EVIDENCE) || unlock::is_over(entry))
    }

    /// Is it only put aside when the person stops?
    fn is_kept(&self) -> bool {
        self.ticket.verb == Verb::Renew && self.entry.as_ref().is_some_and(renew::is_asked)
    }

    /// What the page shows of what was bought for a key.
    fn serving(&self) -> Option<Serving> {
        let serving = self.ticket.serving.clone()?;
        Some(Serving {
            order: serving.order,
            line: serving.line,
            product: serving.product,
            kept: self.is_kept(),
            ending: self.finishing,
        })
    }

    /// The code that the page shows, as long as it may be asked for.
    fn code(&self) -> Option<String> {
        let entry = self
            .entry
            .as_ref()
            .filter(|entry| !unlock::is_over(entry))?;
        unlock::code(&self.ticket, &entry.key)
    }
}

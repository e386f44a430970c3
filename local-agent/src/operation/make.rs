//! Keys are made at a desk, one after the other.
//!
//! | step | on the disk | in the cloud | on the key | when the power goes out after it |
//! | --- | --- | --- | --- | --- |
//! | the person says yes to a key | `key` | | blank | it is in hand: taken, or given up |
//! | it is taken | `key` | begun | blank | the same call gets the same key of the line, and its secrets |
//! | it is initialised, has PINs and pairs | `key` | begun | pairs | it is initialised again, with the very same SO PIN |
//! | the request is signed | `request` | begun | pairs | while the pairs are those in it, it is sent as it is |
//! | certificates are issued | `request` | issued | pairs | the same request gets the same certificates |
//! | its e-seal is made | `request` | issued, sealed | pairs | it is asked for again: the same |
//! | all is written, it was tried | `request` | issued, sealed | whole | written and tried again: the same |
//! | it has signed | `evidence` | issued | whole | the evidence is sent; the key need not be there |
//! | the cloud counts it | `evidence` | made | whole | it is sent again, and answered the same |
//! | | `finished` | made | whole | the next one is asked for |
//! | or: the person gives it up | `scrapping` | begun | anything | it is said again |
//! | | `finished` | given up | anything | the next one is asked for |
//!
//! A key that is made already and gets a carried year keeps its pairs: the new ones stand beside them, under ids that
//! only this operation has. Secrets are in memory only, and fetched anew after each interruption. What the key refused
//! for a wrong PIN (`refused`) is never tried again: there is only giving it up.

use contract::agent::{
    Assigned, Evidence, KeyCertificates, KeyMade, KeySeal, KeySecrets, MakingView,
    RequestCertificates, RequestSeal, ScrapKey, TakeKey, Ticket,
};
use domain::catalog::Medium;
use domain::operation::OperationState;
use domain::stock::ScrapReason;
use sealed::Opener;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::evidence::signed;
use super::pairs::{self, Ids, Issued, are_of};
use super::pin::opened;
use super::seal::Seal;
use super::{
    Answer, Current, EVIDENCE, Entry, GiveUp, Means, Pin, Stage, StepName, Trouble, Work, found,
    has, working,
};
use crate::token::TokenError;

/// The key in hand; the data is its serial number.
const KEY: &str = "key";
/// The request for its certificates.
const REQUEST: &str = "request";
/// It refused a PIN; the data says which: `so` or `transport`.
const REFUSED: &str = "refused";
/// It is given up; the data says why.
const SCRAPPING: &str = "scrapping";
/// Keys that are done with; the data is [`Finished`].
const FINISHED: &str = "finished";
/// What is of the key in hand.
const IN_HAND: [&str; 5] = [KEY, REQUEST, REFUSED, SCRAPPING, EVIDENCE];

/// Steps that a person who waits sees.
const STEPS: u8 = 8;

/// Keys that are done with.
#[derive(Default, Clone, Serialize, Deserialize)]
pub(super) struct Finished {
    /// Their serial numbers, made or given up.
    pub(super) serials: Vec<String>,
    /// How many of the line are made, as the cloud said.
    pub(super) made: Option<u8>,
}

/// The key in hand.
pub(super) fn in_hand(entry: &Entry) -> Option<String> {
    Some(found(entry, KEY)?.as_str()?.to_owned())
}

/// The keys that are done with.
pub(super) fn finished(entry: &Entry) -> Finished {
    let data = found(entry, FINISHED).cloned().unwrap_or_default();
    serde_json::from_value(data).unwrap_or_default()
}

/// Has the key only to be reported?
pub(super) fn goes_on(entry: &Entry) -> bool {
    has(entry, EVIDENCE) || has(entry, SCRAPPING)
}

/// Why a key would be given up.
pub(super) fn scrap(trouble: &Trouble) -> ScrapReason {
    match trouble {
        Trouble::Full => ScrapReason::NoRoom,
        Trouble::SelfTest => ScrapReason::SelfTest,
        Trouble::MakingInterrupted | Trouble::CertificateAlreadyIssued => ScrapReason::Interrupted,
        _ => ScrapReason::KeyFails,
    }
}

/// Is the key not this operation's, so that another one may be taken?
fn releases(trouble: &Trouble) -> bool {
    matches!(
        trouble,
        Trouble::KeyNotBlank
            | Trouble::KeyOfOtherMedium
            | Trouble::UnitGone
            | Trouble::NothingToMake
            | Trouble::KeyBegun
            | Trouble::NotYourKey
    )
}

/// The ids of the pairs of one try.
fn ids(ticket: &Ticket, assigned: &Assigned) -> Ids {
    let (unit, attempt) = (assigned.unit, assigned.attempt);
    Ids::of(&format!("{}\n{unit}\n{attempt}", ticket.operation))
}

/// What a key is made with. In memory only.
#[derive(Clone)]
struct Plan {
    ticket: Ticket,
    serial: String,
    assigned: Assigned,
    so_pin: Option<Pin>,
    transport: Pin,
    ids: Ids,
}

impl Means {
    /// Makes the token ready, up to the request for its certificates; one that was signed before is taken as it is
    /// while its pairs are there. Blocks.
    fn prepare(
        &self,
        plan: &Plan,
        before: Option<String>,
        at: impl Fn(StepName, u8),
    ) -> Result<String, Trouble> {
        let Plan {
            serial,
            transport,
            ids,
            ..
        } = plan;
        if let Some(request) = before {
            match self.tokens.login(serial, transport) {
                Ok(session) if are_of(&*session, ids, &request)? => return Ok(request),
                Ok(_) => {}
                // It is initialised anew, which is the cure.
                Err(TokenError::PinWrong(_) | TokenError::PinLocked | TokenError::PinNotSet)
                    if plan.assigned.blank => {}
                Err(error) => return Err(travels(error)),
            }
        }
        if plan.assigned.blank {
            at(StepName::Initialising, 1);
            let so_pin = plan.so_pin.as_ref().ok_or(Trouble::CloudRefused)?;
            let is = self
                .tokens
                .initialise(serial, so_pin, &plan.assigned.label)?;
            if is != *serial {
                return Err(Trouble::SerialChanged {
                    found: is,
                    needed: serial.clone(),
                });
            }
            self.tokens.set_user_pin(serial, so_pin, transport)?;
        }
        at(StepName::Generating, 2);
        let session = self.tokens.login(serial, transport).map_err(travels)?;
        pairs::generate(&*session, ids, &plan.ticket.nonce)
    }

    /// Writes certificates and seal, tries both pairs, and has the new one show that it is there. Blocks.
    fn complete(
        &self,
        plan: &Plan,
        certificates: &KeyCertificates,
        seal: &KeySeal,
        at: impl Fn(StepName, u8),
    ) -> Result<Evidence, Trouble> {
        at(StepName::Writing, 4);
        let issued = Issued::read(certificates)?;
        let seal = Seal::read(seal, &issued.sign)?;
        let login = self.tokens.login(&plan.serial, &plan.transport);
        let session = login.map_err(travels)?;
        issued.write(&*session, &plan.ids)?;
        if let Some(seal) = seal {
            seal.write(&*session)?;
        }
        at(StepName::Trying, 5);
        issued.fit(&*session, &plan.ids)?;
        at(StepName::Signing, 6);
        signed(&*session, &plan.ticket, &plan.ids.sign, &issued.sign)
    }
}

/// What it means that the transport PIN does not let us in.
fn travels(error: TokenError) -> Trouble {
    match error {
        TokenError::PinWrong(_) => Trouble::TransportPinWrong,
        error => error.into(),
    }
}

impl Work {
    pub(super) async fn make_answered(
        &self,
        there: &mut Current,
        answer: Answer,
    ) -> Result<(), Trouble> {
        let (entry, _) = there.asked()?;
        let serial = in_hand(entry);
        let work = self.clone();
        if let Some(reason) = answer.scrap {
            if serial.as_ref() != Some(&answer.serial) {
                return Err(Trouble::NotAsked);
            }
            there.stage = working(StepName::Reporting, STEPS - 1, STEPS);
            tokio::spawn(async move {
                let data = json!(reason);
                match work.step(SCRAPPING, data, &[EVIDENCE]).await {
                    Ok(()) => work.make_on().await,
                    Err(trouble) => work.failed(trouble).await,
                }
            });
            return Ok(());
        }
        if goes_on(entry) {
            there.stage = working(StepName::Reporting, STEPS - 1, STEPS);
            tokio::spawn(async move { work.make_on().await });
            return Ok(());
        }
        match found(entry, REFUSED).and_then(Value::as_str) {
            Some("so") => return Err(Trouble::SoPinWrong),
            Some(_) => return Err(Trouble::TransportPinWrong),
            None => {}
        }
        let present = self.chosen(there, &answer).await?;
        there.stage = working(StepName::Taking, 0, STEPS);
        tokio::spawn(async move {
            match work.make_one(present.serial, present.medium).await {
                Ok(()) => work.make_on().await,
                Err(trouble) => work.make_failed(trouble).await,
            }
        });
        Ok(())
    }

    /// From a key that the person said yes to until it has signed that it is made.
    async fn make_one(&self, serial: String, medium: Option<Medium>) -> Result<(), Trouble> {
        let (_, ticket) = self.bound().await?;
        if self.found(KEY).await.is_none() {
            self.step(KEY, json!(serial), &IN_HAND).await?;
        }
        self.at(StepName::Taking, 0, STEPS).await;
        let opener = Opener::generate();
        let taken = TakeKey {
            serial: serial.clone(),
            medium,
            seal_to: opener.public(),
        };
        let assigned = self.say(taken).await?;
        let secrets: KeySecrets = opened(&opener, &ticket, &serial, assigned.secrets.clone())?;
        let pin = |secret: &contract::secret::Secret| Pin::new(secret.expose().to_owned());
        let plan = Plan {
            ids: ids(&ticket, &assigned),
            ticket,
            serial: serial.clone(),
            so_pin: secrets.so_pin.as_ref().map(pin),
            transport: pin(&secrets.transport_pin),
            assigned,
        };
        let before = self.found(REQUEST).await;
        let before = before.and_then(|data| data.as_str().map(str::to_owned));
        let (own, work, known) = (plan.clone(), self.clone(), before.clone());
        let prepared = self.on_keys(move |means| {
            means.prepare(&own, known, |step, done| work.at_now(step, done, STEPS))
        });
        let request = prepared.await?;
        if before.as_ref() != Some(&request) {
            self.step(REQUEST, json!(request), &[]).await?;
        }
        self.at(StepName::Requesting, 3, STEPS).await;
        let asked = RequestCertificates {
            serial: serial.clone(),
            request,
        };
        let certificates = self.say(asked).await?;
        let seal = self.say(RequestSeal { serial }).await?;
        let work = self.clone();
        let completed = self.on_keys(move |means| {
            means.complete(&plan, &certificates, &seal, |step, done| {
                work.at_now(step, done, STEPS);
            })
        });
        let evidence = completed.await?;
        let data = serde_json::to_value(&evidence).map_err(|_| Trouble::JournalUnwritable)?;
        self.step(EVIDENCE, data, &[]).await
    }

    /// Tells what became of the key in hand, and asks for the next one.
    pub(super) async fn make_on(&self) {
        let step = StepName::Reporting;
        self.at(step, STEPS - 1, STEPS).await;
        let view = match self.told().await {
            Ok(view) => view,
            Err(trouble) => return self.make_failed(trouble).await,
        };
        let (finishing, hindered) = {
            let mut current = self.current.lock().await;
            let Some(there) = current.as_mut() else {
                return;
            };
            there.made = Some(view.made);
            if view.state == OperationState::Claimed && !there.finishing {
                there.asks(None);
            }
            (there.finishing, there.told.by.is_some())
        };
        let ended = view.state != OperationState::Claimed;
        if !ended
            && finishing
            && let Err(trouble) = self.say(GiveUp {}).await
        {
            return self.failed(trouble).await;
        }
        if ended || finishing {
            self.done(Stage::Done { read: None }).await;
        } else if hindered {
            self.tell(None).await;
        }
    }

    /// Says what became of the key in hand, and notes that it is done with.
    async fn told(&self) -> Result<MakingView, Trouble> {
        let serial = self.found(KEY).await;
        let serial = serial.as_ref().and_then(Value::as_str);
        let serial = serial.ok_or(Trouble::NotAsked)?.to_owned();
        let view = if let Some(data) = self.found(SCRAPPING).await {
            let reason = serde_json::from_value(data).unwrap_or(ScrapReason::Interrupted);
            let says = ScrapKey {
                serial: serial.clone(),
                reason,
            };
            self.say(says).await?
        } else {
            let data = self.found(EVIDENCE).await.ok_or(Trouble::NotAsked)?;
            let evidence = serde_json::from_value(data).map_err(|_| Trouble::JournalUnwritable)?;
            self.say(KeyMade { evidence }).await?
        };
        self.put_down(serial, Some(view.made)).await?;
        Ok(view)
    }

    /// The key in hand is done with.
    async fn put_down(&self, serial: String, made: Option<u8>) -> Result<(), Trouble> {
        let data = self.found(FINISHED).await.unwrap_or_default();
        let mut finished: Finished = serde_json::from_value(data).unwrap_or_default();
        finished.serials.push(serial);
        finished.made = made.or(finished.made);
        self.step(FINISHED, json!(finished), &IN_HAND).await
    }

    /// The key in hand is stuck, or turned out not to be ours.
    async fn make_failed(&self, trouble: Trouble) {
        let noted = if releases(&trouble) {
            self.put_back().await
        } else {
            match trouble {
                Trouble::SoPinWrong | Trouble::SoPinLocked => {
                    self.step(REFUSED, json!("so"), &[]).await
                }
                Trouble::TransportPinWrong => self.step(REFUSED, json!("transport"), &[]).await,
                // What the cloud does not take is not sent again: the key has to sign anew.
                Trouble::KeyFails
                | Trouble::IssuerUnknown
                | Trouble::IssuerSilent
                | Trouble::CertificateEnded
                | Trouble::CertificateRevoked
                | Trouble::CertificateAlreadyIssued
                | Trouble::CloudRefused => self.forget_evidence().await,
                _ => Ok(()),
            }
        };
        self.failed(noted.err().unwrap_or(trouble)).await;
    }

    /// The key in hand is not ours: another one may be taken, or this one again.
    async fn put_back(&self) -> Result<(), Trouble> {
        let data = self.found(FINISHED).await;
        let data = data.unwrap_or_else(|| json!(Finished::default()));
        self.step(FINISHED, data, &IN_HAND).await
    }

    async fn forget_evidence(&self) -> Result<(), Trouble> {
        if self.found(EVIDENCE).await.is_none() && self.found(SCRAPPING).await.is_none() {
            return Ok(());
        }
        self.forget(&[EVIDENCE, SCRAPPING]).await
    }
}

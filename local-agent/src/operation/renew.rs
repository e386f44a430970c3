//! A key gets a further term: new pairs, certificates and e-seal beside the old ones, which stay as they are.
//!
//! | step | on the disk | in the cloud | on the key | when the power goes out after it |
//! | --- | --- | --- | --- | --- |
//! | the PIN lets us in | | | old | it begins anew |
//! | new pairs are about to be made | `pairs` | | old, perhaps half a pair | they are made anew, under the same ids |
//! | the old pair signed for them | `request` | | old, new pairs | the very same request is sent |
//! | it is about to be sent | `sent` too | | old, new pairs | the same |
//! | certificates are issued | `request` | issued | old, new pairs | the same request gets the same certificates |
//! | the e-seal is made anew | `request` | issued, sealed | old, new pairs | it is asked for again: the same |
//! | all is written, it was tried | `request` | issued, sealed | old, new | written and tried again: the same |
//! | the new pair has signed | `evidence` | issued | old, new | the evidence is sent; no PIN is asked for again |
//! | the cloud counts it | `evidence` | done | old, new | it is sent again, and answered the same |
//!
//! Whoever gives up before the request, or after the cloud said no to it (`denied`), types the PIN once more, so that
//! the new pairs go; who cannot says so twice. From the request on it is only put aside, and goes on with the next start
//! of the agent: the cloud has issued.
//!
//! Whether certificates and seal have room too is tried before they are asked for, with an object of their size: what
//! is issued and cannot be written helps nobody.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::agent::{
    Evidence, KeyCertificates, KeySeal, RequestRenewal, RequestSeal, Ticket, consent,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::evidence::{leading, signed};
use super::pairs::{self, Ids, Issued, are_of};
use super::seal::{self, Seal};
use super::{
    Answer, CLAIMED, Current, EVIDENCE, Entry, Event, GiveUp, Means, Pin, StepName, Trouble, Work,
    has, working,
};
use crate::token::{TokenError, UserSession};

/// New pairs are about to be made, or are.
const PAIRS: &str = "pairs";
/// The request, signed by the old pair: the data is what is said to the cloud.
const REQUEST: &str = "request";
/// The request is about to be sent, or was, and nobody knows what came of it.
const SENT: &str = "sent";
/// The cloud said no to the request the first time that it heard it: nothing was issued for it.
const DENIED: &str = "denied";

/// Steps that a person who waits sees, after the PIN.
const STEPS: u8 = 7;

/// Whose the object is by which room is tried.
const APPLICATION: &str = "sealkey";
/// What two certificates take, generously, bytes.
const ROOM: usize = 4096;

/// Was the new pairs' making begun?
fn left_pairs(entry: &Entry) -> bool {
    has(entry, PAIRS)
}

/// Were certificates asked for, so that it goes on and is not given up?
pub(super) fn is_asked(entry: &Entry) -> bool {
    has(entry, REQUEST) && !has(entry, DENIED)
}

/// What a person is told who comes back after a loss of power.
pub(super) fn interrupted(entry: &Entry) -> Option<Trouble> {
    left_pairs(entry).then_some(Trouble::RenewalInterrupted)
}

/// Says the cloud with this that nothing was or will be issued for the request?
fn denies(trouble: &Trouble) -> bool {
    matches!(
        trouble,
        Trouble::CloudRefused
            | Trouble::KeyFails
            | Trouble::IssuerUnknown
            | Trouble::IssuerSilent
            | Trouble::NotYourKey
            | Trouble::CertificateRevoked
            | Trouble::CertificateEnded
    )
}

/// What a key is renewed with. In memory only.
#[derive(Clone)]
struct Plan {
    ticket: Ticket,
    serial: String,
    pin: Pin,
    ids: Ids,
}

impl Plan {
    fn new(ticket: Ticket, serial: String, pin: Pin) -> Self {
        let ids = Ids::of(&format!("{}\nrenewal", ticket.operation));
        Self {
            ticket,
            serial,
            pin,
            ids,
        }
    }

    /// The name of the object by which room is tried.
    fn room(&self) -> String {
        format!("room for {}", self.ticket.operation)
    }
}

/// Makes the new pairs, sees to it that their certificates and a seal of so many bytes have room, and has the old pair
/// agree. Blocks.
fn begun(
    session: &dyn UserSession,
    plan: &Plan,
    old: &crate::token::Certificate,
    seal: usize,
) -> Result<RequestRenewal, Trouble> {
    session.delete_data(APPLICATION, &plan.room())?;
    let request = pairs::generate(session, &plan.ids, &plan.ticket.nonce)?;
    match session.write_data(APPLICATION, &plan.room(), &vec![0; ROOM + seal]) {
        Ok(()) => session.delete_data(APPLICATION, &plan.room()).map(drop)?,
        Err(error @ (TokenError::Full | TokenError::Removed | TokenError::WrongToken { .. })) => {
            return Err(error.into());
        }
        // It keeps no such object, and says nothing about room.
        Err(_) => {}
    }
    let certificate = STANDARD.encode(&old.der);
    let Ticket {
        operation, nonce, ..
    } = &plan.ticket;
    let digest = hex::encode(Sha256::digest(request.as_bytes()));
    let message = consent(operation, nonce, &plan.serial, &certificate, &digest);
    let signature = session.sign_sha256(&old.id, &Sha256::digest(&message).into())?;
    Ok(RequestRenewal {
        serial: plan.serial.clone(),
        certificate,
        request,
        signature: STANDARD.encode(signature),
    })
}

/// Leaves nothing of the new term on the key. Blocks.
fn undone(session: &dyn UserSession, plan: &Plan) -> Result<(), TokenError> {
    pairs::remove(session, &plan.ids)?;
    session.delete_data(APPLICATION, &plan.room())?;
    Ok(())
}

impl Means {
    /// The request for the certificates: the one that was signed before as it is, while its pairs are there. Blocks.
    fn request(
        &self,
        plan: &Plan,
        before: Option<RequestRenewal>,
        work: &Work,
    ) -> Result<RequestRenewal, Trouble> {
        let certificates = self.tokens.certificates(&plan.serial)?;
        if certificates.is_empty() {
            return Err(Trouble::NoCertificate);
        }
        let session = self.tokens.login(&plan.serial, &plan.pin)?;
        if let Some(before) = before
            && are_of(&*session, &plan.ids, &before.request)?
        {
            return Ok(before);
        }
        let old = leading(&*session, certificates, |id| !plan.ids.have(id))?;
        work.note_now(PAIRS, Value::Null, &[])?;
        work.at_now(StepName::Generating, 1, STEPS);
        let seal = seal::room(&self.tokens.data(&plan.serial)?);
        let done = begun(&*session, plan, &old, seal);
        if matches!(done, Err(Trouble::Full)) {
            undone(&*session, plan)?;
            work.note_now(CLAIMED, Value::Null, &[PAIRS, REQUEST, SENT, DENIED])?;
        }
        done
    }

    /// Writes certificates and seal, tries both pairs, and has the new one show that it is there. Blocks.
    fn renewed(
        &self,
        plan: &Plan,
        certificates: &KeyCertificates,
        seal: &KeySeal,
        work: &Work,
    ) -> Result<Evidence, Trouble> {
        work.at_now(StepName::Writing, 3, STEPS);
        let issued = Issued::read(certificates)?;
        let seal = Seal::read(seal, &issued.sign)?;
        let session = self.tokens.login(&plan.serial, &plan.pin)?;
        issued.write(&*session, &plan.ids)?;
        if let Some(seal) = seal {
            seal.write(&*session)?;
        }
        work.at_now(StepName::Trying, 4, STEPS);
        issued.fit(&*session, &plan.ids)?;
        work.at_now(StepName::Signing, 5, STEPS);
        signed(&*session, &plan.ticket, &plan.ids.sign, &issued.sign)
    }
}

impl Work {
    pub(super) async fn renew_answered(
        &self,
        there: &mut Current,
        answer: Answer,
    ) -> Result<(), Trouble> {
        self.chosen(there, &answer).await?;
        let pin = answer.current.ok_or(Trouble::Malformed)?;
        let plan = Plan::new(there.ticket.clone(), answer.serial, pin);
        let (work, gives_up) = (self.clone(), there.finishing);
        there.stage = working(StepName::CheckingPin, 0, STEPS);
        tokio::spawn(async move {
            let done = if gives_up {
                work.renewal_undone(plan).await
            } else {
                work.renew(plan).await
            };
            match done {
                Ok(()) if gives_up => {}
                Ok(()) => work.report().await,
                Err(trouble) => work.failed(trouble).await,
            }
        });
        Ok(())
    }

    /// From the PIN until the new pair has signed that it is there.
    async fn renew(&self, plan: Plan) -> Result<(), Trouble> {
        let before = self.found(REQUEST).await;
        let before: Option<RequestRenewal> =
            before.and_then(|data| serde_json::from_value(data).ok());
        let (own, work, known) = (plan.clone(), self.clone(), before.clone());
        let request = self.on_keys(move |means| means.request(&own, known, &work));
        let request = request.await?;
        if before.as_ref().map(|before| &before.request) != Some(&request.request) {
            let data = serde_json::to_value(&request).map_err(|_| Trouble::JournalUnwritable)?;
            self.step(REQUEST, data, &[DENIED, SENT]).await?;
        }
        self.at(StepName::Requesting, 2, STEPS).await;
        let certificates = self.certificates(request).await?;
        let serial = plan.serial.clone();
        let seal = self.say(RequestSeal { serial }).await?;
        let work = self.clone();
        let renewed = self.on_keys(move |means| means.renewed(&plan, &certificates, &seal, &work));
        let data = serde_json::to_value(renewed.await?).map_err(|_| Trouble::JournalUnwritable)?;
        self.step(EVIDENCE, data, &[]).await
    }

    /// Asks for the certificates, and notes a no. One that comes after a question without an answer says nothing: then
    /// they may be issued all the same.
    async fn certificates(&self, request: RequestRenewal) -> Result<KeyCertificates, Trouble> {
        let first = self.found(SENT).await.is_none();
        self.step(SENT, Value::Null, &[DENIED]).await?;
        match self.say(request).await {
            Ok(certificates) => Ok(certificates),
            // What that one was signed with is gone.
            Err(Trouble::CertificateAlreadyIssued) => Err(Trouble::RenewalLost),
            Err(trouble) => {
                if first && denies(&trouble) {
                    self.step(DENIED, Value::Null, &[SENT]).await?;
                }
                Err(trouble)
            }
        }
    }

    /// Removes the new pairs, and gives the operation up.
    async fn renewal_undone(&self, plan: Plan) -> Result<(), Trouble> {
        let removed = self.on_keys(move |means| {
            let session = means.tokens.login(&plan.serial, &plan.pin)?;
            Ok(undone(&*session, &plan)?)
        });
        removed.await?;
        self.forget(&[PAIRS, REQUEST, SENT, DENIED]).await?;
        self.say(GiveUp {}).await?;
        self.means.log.write(&Event::GivenUp);
        self.end().await;
        Ok(())
    }
}

impl Current {
    /// Somebody gives a renewal up. Does that have to wait? The first time, for the PIN by which new pairs go.
    pub(super) fn keeps_pairs(&mut self) -> bool {
        let left = self.entry.as_ref().is_some_and(left_pairs);
        if !left || self.finishing {
            return false;
        }
        self.finishing = true;
        self.asks(Some(Trouble::PairsLeft));
        true
    }
}

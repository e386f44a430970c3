//! Inspect, test, log in: the key signs that it is there. One whose PIN is locked can be inspected all the same: its
//! certificate is read, and nothing proved.
//!
//! | step | on the disk | in the cloud | when the power goes out after it |
//! | --- | --- | --- | --- |
//! | the key has signed, or was read | `evidence` | claimed | the evidence is sent; no PIN is asked for again |
//! | the evidence is taken | `evidence` | done | it is sent again, and answered the same |
//! | a login's code is with the page | the file is gone | done | the site has it, or one begins anew |
//!
//! Nothing here changes a key, so giving up leaves nothing behind. The code of a login is in memory only; until the
//! page has it the file stays.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::agent::Evidence;
use sha2::{Digest as _, Sha256};

use super::{
    Answer, Current, EVIDENCE, Event, LOGIN_PATH, Means, Obstacle, Pin, Secret, Stage, StepName,
    Ticket, Tries, Trouble, Verb, Work, possession, working,
};
use crate::certificate;
use crate::token::{Certificate, TokenError, UserSession};

/// Steps that a person who waits sees, after the PIN.
pub(super) const STEPS: u8 = 4;

/// What a key signs to show that it is there, by the pair of this id and its certificate, DER. Blocks.
pub(super) fn signed(
    session: &dyn UserSession,
    ticket: &Ticket,
    id: &[u8],
    certificate: &[u8],
) -> Result<Evidence, Trouble> {
    let serial = session.serial();
    let text = STANDARD.encode(certificate);
    let message = possession(&ticket.operation, &ticket.nonce, serial, &text);
    let digest: [u8; 32] = Sha256::digest(&message).into();
    let signature = session.sign_sha256(id, &digest)?;
    Ok(Evidence {
        serial: serial.to_owned(),
        certificate: text,
        signature: Some(STANDARD.encode(signature)),
    })
}

/// Does the token have the pair that a certificate is for?
fn has_pair(session: &dyn UserSession, certificate: &Certificate) -> Result<bool, Trouble> {
    match session.public_key(&certificate.id) {
        Ok(key) => Ok(certificate::public_key(&certificate.der) == Some(key)),
        // Some keep the private one only: then the id counts.
        Err(TokenError::NoSuchKey) => Ok(true),
        // No pair of ours.
        Err(TokenError::Unsupported(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The certificate by which a key shows itself, and by its id the pair: of those that sign, the one that ends last. A
/// renewed key keeps its old ones. Only ids that `counts` says yes to are looked at. Blocks.
pub(super) fn leading(
    session: &dyn UserSession,
    certificates: Vec<Certificate>,
    counts: impl Fn(&[u8]) -> bool,
) -> Result<Certificate, Trouble> {
    let keys = session.keys()?;
    let mut best = None;
    for certificate in certificates {
        let Some(read) = certificate::read(&certificate.der).filter(|read| read.signs) else {
            continue;
        };
        let is_ours = counts(&certificate.id) && keys.iter().any(|key| key.id == certificate.id);
        if !is_ours || !has_pair(session, &certificate)? {
            continue;
        }
        let term = (read.until, read.from);
        if best.as_ref().is_none_or(|(longest, _)| *longest < term) {
            best = Some((term, certificate));
        }
    }
    let (_, certificate) = best.ok_or(Trouble::NoCertificate)?;
    Ok(certificate)
}

impl Means {
    /// Has the key sign that it is there. Blocks.
    pub(super) fn evidence(
        &self,
        ticket: &Ticket,
        serial: &str,
        pin: &Pin,
    ) -> Result<Evidence, Trouble> {
        let certificates = self.tokens.certificates(serial)?;
        if certificates.is_empty() {
            return Err(Trouble::NoCertificate);
        }
        let session = self.tokens.login(serial, pin)?;
        let certificate = leading(&*session, certificates, |_| true)?;
        signed(&*session, ticket, &certificate.id, &certificate.der)
    }
}

impl Means {
    /// What a locked key shows: the certificate that ends last of those whose keys sign. Which of the pairs are there it
    /// tells only whoever knows the PIN. Blocks.
    fn reading(&self, serial: &str) -> Result<Evidence, Trouble> {
        let certificates = self.tokens.certificates(serial)?;
        let signing = certificates.into_iter().filter_map(|certificate| {
            let read = certificate::read(&certificate.der).filter(|read| read.signs)?;
            Some(((read.until, read.from), certificate.der))
        });
        let (_, der) = signing
            .max_by_key(|(term, _)| *term)
            .ok_or(Trouble::NoCertificate)?;
        Ok(Evidence {
            serial: serial.to_owned(),
            certificate: STANDARD.encode(der),
            signature: None,
        })
    }
}

impl Work {
    pub(super) async fn evidence_answered(
        &self,
        there: &mut Current,
        answer: Answer,
    ) -> Result<(), Trouble> {
        let present = self.chosen(there, &answer).await?;
        let locked = Tries::from(present.tries) == Tries::Locked;
        let pin = match answer.current {
            Some(_) if locked => {
                let work = self.clone();
                tokio::spawn(async move { work.tell(Some(Obstacle::PinLocked)).await });
                return Err(Trouble::PinLocked);
            }
            None if !locked => return Err(Trouble::Malformed),
            pin => pin,
        };
        there.stage = working(StepName::CheckingPin, 0, STEPS);
        let work = self.clone();
        tokio::spawn(async move {
            let shown = match pin {
                Some(pin) => work.sign(answer.serial, pin).await,
                None => work.read(answer.serial).await,
            };
            match shown {
                Ok(()) => work.report().await,
                Err(trouble) => work.failed(trouble).await,
            }
        });
        Ok(())
    }

    /// The key signs, and what it signed is on the disk.
    pub(super) async fn sign(&self, serial: String, pin: Pin) -> Result<(), Trouble> {
        self.means.log.write(&Event::Step {
            step: StepName::Signing,
        });
        let (_, ticket) = self.bound().await?;
        let signed = self.on_keys(move |means| means.evidence(&ticket, &serial, &pin));
        self.shown(signed.await?).await
    }

    /// A locked key is read, and what it showed is on the disk.
    async fn read(&self, serial: String) -> Result<(), Trouble> {
        let read = self.on_keys(move |means| means.reading(&serial));
        self.shown(read.await?).await
    }

    async fn shown(&self, evidence: Evidence) -> Result<(), Trouble> {
        let data = serde_json::to_value(&evidence).map_err(|_| Trouble::JournalUnwritable)?;
        self.step(EVIDENCE, data, &[]).await
    }

    /// Sends what the key signed, until it is known what came of it.
    pub(super) async fn report(&self) {
        let signed = self.found(EVIDENCE).await;
        let Some(evidence) = signed.and_then(|data| serde_json::from_value::<Evidence>(data).ok())
        else {
            return;
        };
        self.at(StepName::Reporting, STEPS - 1, STEPS).await;
        let view = match self.say(evidence).await {
            Ok(view) => view,
            Err(trouble) => return self.failed(trouble).await,
        };
        let stage = Stage::Done { read: view.read };
        if let Some(code) = view.login_code {
            let mut current = self.current.lock().await;
            if let Some(there) = current.as_mut()
                && there.ticket.verb == Verb::Login
            {
                let (site, operation) = (&there.ticket.site, &there.ticket.operation);
                let address = format!("{site}{LOGIN_PATH}#{operation}.{}", code.expose());
                there.login = Some(Secret::new(address));
                there.stage = stage;
                self.means.log.write(&Event::Done);
                return;
            }
        }
        self.done(stage).await;
    }
}

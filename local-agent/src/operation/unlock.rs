//! A key whose PIN is locked or forgotten gets another one, by its SO PIN.
//!
//! | step | on the disk | in the cloud | on the key | when the power goes out after it |
//! | --- | --- | --- | --- | --- |
//! | the code is shown | `claimed` | claimed | locked | it is shown again: the same |
//! | a PIN is chosen, the code is confirmed | `claimed` | confirmed | locked | a PIN is chosen again |
//! | the SO PINs are released | `claimed` | released | locked | they are released anew |
//! | one of them is about to be tried | `tried` | released | locked | the same; what was refused is not tried again |
//! | it lets us in | `tried` | released | locked | the same |
//! | the SO PIN is the next one | `tried` | released | locked, next SO PIN | the same, and the next one lets us in |
//! | the user PIN is set | `tried` | released | open, next SO PIN | the same; the PIN may be another one |
//! | the key has signed, with the new PIN | `evidence` | released | open, next SO PIN | the evidence is sent |
//! | the evidence is taken | `evidence` | done | open, next SO PIN | it is sent again, and answered the same |
//! | or: nobody can unlock it | `ended` | released | locked | that is said again |
//!
//! An SO PIN locks as well, and then for ever. So each is tried once in a release, and one that was refused never again
//! in this operation. Only one of which nobody knows what came of it, since the power went out in between, may be tried
//! again: after a new release, on the word of a person, and not often. PINs and SO PINs are in memory only; of the
//! latter the journal knows which it was, the old or the next.

use std::time::Duration;

use contract::agent::{GiveUp, Hindered, TakeSoPins, Ticket, confirmation_code, confirmed};
use domain::operation::{Obstacle, Verb};
use jws::PublicKey;
use p256::ecdsa::SigningKey;
use sealed::Opener;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::pin::{good, opened};
use super::{
    Answer, Current, EVIDENCE, Entry, Event, Pin, Stage, StepName, Trouble, Work, found, has,
    obstacle, signs_until, working,
};
use crate::token::{TokenError, Tries};

/// Which SO PINs were tried; the data is [`Tried`].
const TRIED: &str = "tried";
/// Nobody can unlock it; the data is the [`Obstacle`].
const ENDED: &str = "ended";

/// Steps that a person who waits sees.
const STEPS: u8 = 6;

/// How long until the cloud is asked again whether the code was typed.
const EVERY: Duration = Duration::from_secs(2);
/// How often an SO PIN is tried of which nobody knows what came of the times before.
const DOUBTS: u8 = 3;

/// What was tried in this operation.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Tried {
    /// The SO PIN that the key has afterwards.
    next: Attempts,
    /// The one that it had before.
    old: Attempts,
}

/// What came of trying an SO PIN.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Attempts {
    /// Attempts of which nobody knows what came of them.
    doubts: u8,
    /// Was it wrong?
    refused: bool,
}

impl Tried {
    fn of(&mut self, which: Which) -> &mut Attempts {
        match which {
            Which::Next => &mut self.next,
            Which::Old => &mut self.old,
        }
    }

    /// Was any of them wrong?
    fn any_refused(self) -> bool {
        self.next.refused || self.old.refused
    }
}

/// Which SO PIN it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Next,
    Old,
}

/// An SO PIN, straight from the sealed text into what wipes it.
struct SoPin(Pin);

impl<'de> Deserialize<'de> for SoPin {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Pin::new(text)))
    }
}

/// [`contract::agent::SoPins`] as they are kept here: in memory, and wiped.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Released {
    known: Vec<SoPin>,
    next: SoPin,
}

impl Released {
    /// What is to be tried, in its order, each once.
    fn candidates(self) -> (Vec<(Which, Pin)>, Pin) {
        let next = self.next.0;
        let mut candidates: Vec<(Which, Pin)> = Vec::new();
        for SoPin(pin) in self.known {
            let which = if pin.expose() == next.expose() {
                Which::Next
            } else {
                Which::Old
            };
            if candidates.iter().all(|(known, _)| *known != which) {
                candidates.push((which, pin));
            }
        }
        (candidates, next)
    }
}

/// May this one be tried, by what was tried before and what the key says of itself?
fn may_be_tried(tried: Tried, which: Which, tries: Tries) -> Result<bool, Trouble> {
    let mut all = tried;
    let this = *all.of(which);
    match tries {
        Tries::Locked => Err(Trouble::SoPinLocked),
        Tries::Few | Tries::Last if tried.any_refused() => Err(Trouble::SoPinUnknown),
        Tries::Last if this.doubts > 0 => Err(Trouble::SoPinUnknown),
        _ if this.doubts >= DOUBTS => Err(Trouble::SoPinUnknown),
        _ => Ok(!this.refused),
    }
}

/// Says this error that the SO PIN never reached the key?
fn was_not_tried(error: &TokenError) -> bool {
    matches!(
        error,
        TokenError::NoModule(_)
            | TokenError::ModuleBroken(_)
            | TokenError::NoToken
            | TokenError::WrongToken { .. }
            | TokenError::Busy
            | TokenError::PinLength { .. }
    )
}

/// Is it over, so that it has only to be said?
pub(super) fn is_over(entry: &Entry) -> bool {
    has(entry, ENDED)
}

/// What a person is told who comes back after a loss of power.
pub(super) fn interrupted(entry: &Entry) -> Option<Trouble> {
    has(entry, TRIED).then_some(Trouble::UnlockInterrupted)
}

/// The code that the person types on the site.
pub(super) fn code(ticket: &Ticket, key: &SigningKey) -> Option<String> {
    let holder = PublicKey::from(key).to_string();
    let text = confirmed(&ticket.operation, &ticket.nonce, &holder);
    (ticket.verb == Verb::Unlock).then(|| confirmation_code(&Sha256::digest(text).into()))
}

/// Why it ended.
fn end_of(entry: &Entry) -> Option<Trouble> {
    let locked = found(entry, ENDED)? == &json!(Obstacle::SoPinLocked);
    Some(if locked {
        Trouble::SoPinLocked
    } else {
        Trouble::SoPinUnknown
    })
}

impl Current {
    /// Does it wait for the code to be typed on the site?
    pub(super) fn waits_for_code(&self) -> bool {
        let step = StepName::Confirming;
        matches!(&self.stage, Stage::Working { step: is, .. } if *is == step)
    }
}

impl Work {
    pub(super) async fn unlock_answered(
        &self,
        there: &mut Current,
        answer: Answer,
    ) -> Result<(), Trouble> {
        let present = self.chosen(there, &answer).await?;
        let new = answer.new.ok_or(Trouble::Malformed)?;
        good(&new, &present)?;
        there.finishing = false;
        there.stage = working(StepName::Reading, 0, STEPS);
        let work = self.clone();
        tokio::spawn(async move {
            match work.unlock(answer.serial, new).await {
                Ok(true) => work.report().await,
                Ok(false) => {}
                Err(trouble) => work.unlock_failed(trouble).await,
            }
        });
        Ok(())
    }

    /// From the chosen PIN until the key has signed with it. False: it was given up while it waited.
    async fn unlock(&self, serial: String, new: Pin) -> Result<bool, Trouble> {
        let (_, ticket) = self.bound().await?;
        self.can_sign(&serial).await?;
        let Some(released) = self.released(&ticket, &serial).await? else {
            return Ok(false);
        };
        let (candidates, next) = released.candidates();
        if candidates.is_empty() || next.is_empty() {
            return Err(Trouble::CloudRefused);
        }
        for (which, so_pin) in candidates {
            if self.unlocked(&serial, which, so_pin, &next, &new).await? {
                self.sign(serial, new).await?;
                return Ok(true);
            }
        }
        Err(Trouble::SoPinUnknown)
    }

    /// Is there a certificate to show in the end, and an SO PIN that may be tried? Before anything is released.
    async fn can_sign(&self, serial: &str) -> Result<(), Trouble> {
        self.so_tries(serial).await?;
        let serial = serial.to_owned();
        let looked = self.on_keys(move |means| {
            let all = means.tokens.certificates(&serial)?;
            let signs = all.iter().any(|one| signs_until(&one.der).is_some());
            signs.then_some(()).ok_or(Trouble::NoCertificate)
        });
        looked.await
    }

    /// What the key says of its SO PIN.
    async fn so_tries(&self, serial: &str) -> Result<Tries, Trouble> {
        let serial = serial.to_owned();
        let looked = self.on_keys(move |means| {
            let all = means.tokens.present();
            let found = all.into_iter().find(|present| present.serial == serial);
            Ok(found.ok_or(Trouble::Removed)?.so_tries)
        });
        match looked.await? {
            Tries::Locked => Err(Trouble::SoPinLocked),
            tries => Ok(tries),
        }
    }

    /// The SO PINs, once the code is typed on the site. None: it was given up meanwhile.
    async fn released(&self, ticket: &Ticket, serial: &str) -> Result<Option<Released>, Trouble> {
        self.at(StepName::Confirming, 0, STEPS).await;
        loop {
            let opener = Opener::generate();
            let says = TakeSoPins {
                serial: serial.to_owned(),
                seal_to: opener.public(),
            };
            let said = self.say(says).await;
            let waits = matches!(said, Err(Trouble::NotConfirmed));
            if self.was_stopped(waits).await {
                self.give_up().await?;
                return Ok(None);
            }
            match said {
                Ok(text) => return opened(&opener, ticket, serial, text).map(Some),
                Err(Trouble::NotConfirmed) => {}
                Err(trouble) => return Err(trouble),
            }
            // Whoever gives up is not kept waiting.
            let _ = tokio::time::timeout(EVERY, self.stopped.notified()).await;
        }
    }

    /// Did the person give up while the code was waited for? If not, and it is waited for no longer, it is too late.
    async fn was_stopped(&self, waits: bool) -> bool {
        let mut current = self.current.lock().await;
        let Some(there) = current.as_mut() else {
            return true;
        };
        if !there.finishing && !waits {
            there.stage = working(StepName::Unlocking, 1, STEPS);
        }
        there.finishing
    }

    /// Tries an SO PIN, once. If it lets us in, the key has the next one and the new user PIN. False: it is wrong.
    async fn unlocked(
        &self,
        serial: &str,
        which: Which,
        so_pin: Pin,
        next: &Pin,
        new: &Pin,
    ) -> Result<bool, Trouble> {
        let tries = self.so_tries(serial).await?;
        let mut tried = self.tried().await;
        if !may_be_tried(tried, which, tries)? {
            return Ok(false);
        }
        self.at(StepName::Unlocking, 1, STEPS).await;
        tried.of(which).doubts += 1;
        self.step(TRIED, json!(tried), &[]).await?;
        let (at, by) = (serial.to_owned(), so_pin.clone());
        let login = self.on_keys(move |means| Ok(means.tokens.login_officer(&at, &by)));
        let session = match login.await? {
            Ok(session) => session,
            Err(TokenError::SoPinWrong) => return self.refused(tried, which).await,
            Err(error) => {
                if was_not_tried(&error) {
                    tried.of(which).doubts -= 1;
                    self.step(TRIED, json!(tried), &[]).await?;
                }
                return Err(error.into());
            }
        };
        tried.of(which).doubts = 0;
        self.step(TRIED, json!(tried), &[]).await?;
        self.at(StepName::Changing, 2, STEPS).await;
        let (next, new) = (next.clone(), new.clone());
        let set = self.on_keys(move |_| {
            // Before anything else: what was released opens nothing any more.
            if which == Which::Old
                && let Err(error) = session.change_so_pin(&so_pin, &next)
            {
                return Ok(Err(error));
            }
            session.set_user_pin(&new)?;
            Ok(Ok(()))
        });
        match set.await? {
            Ok(()) => Ok(true),
            // It let us in, and does not take it back: no riddle to solve by trying.
            Err(TokenError::SoPinWrong) => self.refused(tried, which).await,
            Err(TokenError::PinLength { .. }) => Err(Trouble::Unsupported),
            Err(error) => Err(error.into()),
        }
    }

    /// An SO PIN is wrong. It is never tried again.
    async fn refused(&self, mut tried: Tried, which: Which) -> Result<bool, Trouble> {
        *tried.of(which) = Attempts {
            doubts: 0,
            refused: true,
        };
        self.step(TRIED, json!(tried), &[]).await?;
        Ok(false)
    }

    async fn tried(&self) -> Tried {
        let data = self.found(TRIED).await.unwrap_or_default();
        serde_json::from_value(data).unwrap_or_default()
    }

    /// The key is not unlocked: it may be tried again, or nobody can.
    async fn unlock_failed(&self, trouble: Trouble) {
        let (Trouble::SoPinLocked | Trouble::SoPinUnknown) = trouble else {
            return self.failed(trouble).await;
        };
        let noted = self.step(ENDED, json!(obstacle(&trouble)), &[EVIDENCE]);
        match noted.await {
            Ok(()) => self.unlock_over().await,
            Err(trouble) => self.failed(trouble).await,
        }
    }

    /// Says that nobody can unlock the key, and gives the operation up.
    pub(super) async fn unlock_over(&self) {
        self.at(StepName::Reporting, STEPS - 1, STEPS).await;
        let why = {
            let current = self.current.lock().await;
            let entry = current.as_ref().and_then(|there| there.entry.as_ref());
            entry.and_then(end_of)
        };
        let Some(why) = why else {
            return self.failed(Trouble::NotAsked).await;
        };
        let by = obstacle(&why);
        let said = match self.say(Hindered { by }).await {
            Ok(_) => self.say(GiveUp {}).await.map(drop),
            Err(trouble) => Err(trouble),
        };
        match said {
            // Given up before, and the answer was lost.
            Ok(()) | Err(Trouble::OperationEnded) => {
                self.means.log.write(&Event::Failed {
                    code: (&why).into(),
                });
                self.ended_as(Stage::Failed { trouble: why }).await;
            }
            Err(trouble) => self.failed(trouble).await,
        }
    }

    /// Gives the operation up; nothing of it is on the key.
    async fn give_up(&self) -> Result<(), Trouble> {
        match self.say(GiveUp {}).await {
            Ok(_) | Err(Trouble::OperationEnded) => {
                self.means.log.write(&Event::GivenUp);
                self.end().await;
                Ok(())
            }
            Err(trouble) => Err(trouble),
        }
    }
}

#[cfg(test)]
mod tests {
    use contract::agent::SoPins;
    use contract::secret::Secret;

    use super::*;

    #[test]
    fn what_is_released_is_read_and_each_is_there_once() {
        let known = ["BBBB", "AAAA", "BBBB"].map(Secret::new).to_vec();
        let next = Secret::new("BBBB");
        let text = serde_json::to_vec(&SoPins { known, next }).unwrap();
        let released: Released = serde_json::from_slice(&text).unwrap();
        let (candidates, next) = released.candidates();
        let all: Vec<_> = candidates
            .iter()
            .map(|(which, pin)| (*which, pin.expose()))
            .collect();
        assert_eq!(all, [(Which::Next, "BBBB"), (Which::Old, "AAAA")]);
        assert_eq!(next.expose(), "BBBB");
    }

    #[test]
    fn what_could_lock_the_key_for_ever_is_not_tried() {
        let is = |refused, doubts| Attempts { doubts, refused };
        let tried = |next, old| Tried { next, old };
        let fresh = is(false, 0);
        let may = |tried, tries| may_be_tried(tried, Which::Old, tries);
        for tries in [Tries::Many, Tries::Few, Tries::Last] {
            assert_eq!(may(tried(fresh, fresh), tries), Ok(true), "{tries:?}");
        }
        let locked = may(tried(fresh, fresh), Tries::Locked);
        assert_eq!(locked, Err(Trouble::SoPinLocked));
        // The second one, after the first was wrong.
        let second = tried(is(true, 0), fresh);
        assert_eq!(may(second, Tries::Many), Ok(true));
        assert_eq!(may(second, Tries::Few), Err(Trouble::SoPinUnknown));
        assert_eq!(may(second, Tries::Last), Err(Trouble::SoPinUnknown));
        // Itself was wrong, or may have been.
        assert_eq!(may(tried(fresh, is(true, 0)), Tries::Many), Ok(false));
        let doubted = tried(fresh, is(false, 1));
        assert_eq!(may(doubted, Tries::Few), Ok(true));
        assert_eq!(may(doubted, Tries::Last), Err(Trouble::SoPinUnknown));
        let often = tried(fresh, is(false, DOUBTS));
        assert_eq!(may(often, Tries::Many), Err(Trouble::SoPinUnknown));
    }
}

//! A key gets another PIN: the company's own for the one that it travelled with, or a new one for that.
//!
//! | step | on the disk | on the key | when the power goes out after it |
//! | --- | --- | --- | --- |
//! | the PIN that it has lets us in | | the old one | it begins anew |
//! | | `changing` | the old one | the chosen PIN is asked for again and tried; if wrong, the old one |
//! | the PIN is changed | `changing` | the new one | the same: the chosen one lets us in |
//! | the key has signed, with the new PIN | `evidence` | the new one | the evidence is sent |
//! | the evidence is taken | `evidence` | the new one | it is sent again, and answered the same |
//!
//! The transport PIN is fetched anew each time, sealed for this operation and this key; it is in memory only. Once it
//! was wrong (`refused`) this operation never tries it again: it would lock the key.

use contract::agent::{KeySecrets, SealedText, TakeTransportPin, Ticket, sealed_for};
use sealed::{Opener, Sealed};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::evidence::STEPS;
use super::{
    Answer, Current, EVIDENCE, Entry, Field, Pin, Present, StepName, Trouble, Verb, Work, found,
    has, working,
};
use crate::token::TokenError;

/// The PIN is about to be changed, or is.
const CHANGING: &str = "changing";
/// The transport PIN was wrong. The data says whether it may be because the chosen one is in force.
const REFUSED: &str = "refused";

/// Was the transport PIN wrong, and not because we had changed it?
fn is_stuck(entry: &Entry) -> bool {
    found(entry, REFUSED).is_some_and(|data| data == &Value::Bool(true))
}

/// Which PINs are asked for.
pub(super) fn fields(verb: Verb, entry: &Entry, trouble: Option<&Trouble>) -> Vec<Field> {
    let wrong = matches!(trouble, Some(Trouble::PinWrong { .. }));
    match verb {
        Verb::ChangePin if wrong || !has(entry, CHANGING) => vec![Field::Current, Field::New],
        _ if is_stuck(entry) => Vec::new(),
        _ => vec![Field::New],
    }
}

/// What a person is told who comes back after a loss of power.
pub(super) fn interrupted(entry: &Entry) -> Option<Trouble> {
    if is_stuck(entry) {
        Some(Trouble::TransportPinWrong)
    } else {
        has(entry, CHANGING).then_some(Trouble::PinInterrupted)
    }
}

/// Is it one of those that are guessed first?
fn is_weak(pin: &str, serial: &str) -> bool {
    let bytes = pin.as_bytes();
    let steps = |by: i16| {
        bytes
            .windows(2)
            .all(|two| i16::from(two[1]) - i16::from(two[0]) == by)
    };
    let lower = |text: &str| text.to_ascii_lowercase();
    steps(0) || steps(1) || steps(-1) || lower(serial).contains(&lower(pin))
}

/// May it be the PIN of a key?
pub(super) fn good(pin: &Pin, present: &Present) -> Result<(), Trouble> {
    let (min, max) = (present.pin_min, present.pin_max);
    if !(min..=max).contains(&pin.len()) {
        return Err(Trouble::PinLength { min, max });
    }
    if is_weak(pin.expose(), &present.serial) {
        return Err(Trouble::PinWeak);
    }
    Ok(())
}

/// Opens what was sealed for an operation and a key.
pub(super) fn opened<T: DeserializeOwned>(
    opener: &Opener,
    ticket: &Ticket,
    serial: &str,
    text: SealedText,
) -> Result<T, Trouble> {
    let sealed = Sealed {
        enc: text.enc,
        text: text.text,
    };
    let info = sealed_for(&ticket.operation, serial);
    let text = opener
        .open(&info, &sealed)
        .map_err(|_| Trouble::CloudRefused)?;
    serde_json::from_slice(&text).map_err(|_| Trouble::CloudRefused)
}

impl Work {
    pub(super) async fn pin_answered(
        &self,
        there: &mut Current,
        answer: Answer,
    ) -> Result<(), Trouble> {
        let (entry, fields) = there.asked()?;
        if is_stuck(entry) {
            return Err(Trouble::TransportPinWrong);
        }
        let asks_current = fields.contains(&Field::Current);
        let present = self.chosen(there, &answer).await?;
        let new = answer.new.ok_or(Trouble::Malformed)?;
        if asks_current != answer.current.is_some() {
            return Err(Trouble::Malformed);
        }
        good(&new, &present)?;
        there.stage = working(StepName::CheckingPin, 0, STEPS);
        let work = self.clone();
        tokio::spawn(async move {
            match work.change(answer.serial, answer.current, new).await {
                Ok(()) => work.report().await,
                Err(trouble) => work.failed(trouble).await,
            }
        });
        Ok(())
    }

    /// The PIN with which the key travelled.
    async fn transport_pin(&self, ticket: &Ticket, serial: &str) -> Result<Pin, Trouble> {
        self.at(StepName::Taking, 0, STEPS).await;
        let opener = Opener::generate();
        let says = TakeTransportPin {
            serial: serial.to_owned(),
            seal_to: opener.public(),
        };
        let text = self.say(says).await?;
        let secrets: KeySecrets = opened(&opener, ticket, serial, text)?;
        Ok(Pin::new(secrets.transport_pin.expose().to_owned()))
    }

    async fn change(&self, serial: String, current: Option<Pin>, new: Pin) -> Result<(), Trouble> {
        let (_, ticket) = self.bound().await?;
        let changing = self.found(CHANGING).await.is_some();
        if changing && current.is_none() {
            let (chosen, at) = (new.clone(), serial.clone());
            let tried =
                self.on_keys(
                    move |means| match means.tokens.login(&at, &chosen).map(drop) {
                        Err(error @ TokenError::PinWrong(_)) => Ok(Some(error)),
                        done => done.map(|()| None).map_err(Trouble::from),
                    },
                );
            match tried.await? {
                None => return self.sign(serial, new).await,
                Some(wrong) if ticket.verb == Verb::ChangePin => return Err(wrong.into()),
                Some(wrong) if self.found(REFUSED).await.is_some() => return Err(wrong.into()),
                Some(_) => {}
            }
        }
        let old = match current {
            Some(current) => current,
            None => self.transport_pin(&ticket, &serial).await?,
        };
        let (at, by) = (serial.clone(), old.clone());
        let login = self.on_keys(move |means| match means.tokens.login(&at, &by) {
            Err(error @ TokenError::PinWrong(_)) => Ok(Err(error)),
            done => done.map(Ok).map_err(Trouble::from),
        });
        let session = match login.await? {
            Ok(session) => session,
            Err(wrong) if ticket.verb == Verb::Activate => {
                self.step(REFUSED, json!(!changing), &[]).await?;
                let chosen = Trouble::from(wrong);
                return Err(if changing {
                    chosen
                } else {
                    Trouble::TransportPinWrong
                });
            }
            Err(wrong) => return Err(wrong.into()),
        };
        self.step(CHANGING, Value::Null, &[]).await?;
        self.at(StepName::Changing, 1, STEPS).await;
        let chosen = new.clone();
        let changed = self.on_keys(move |_| Ok(session.change_pin(&old, &chosen)));
        match changed.await? {
            Ok(()) => self.sign(serial, new).await,
            // The module is stricter than it says: nothing was changed.
            Err(error @ TokenError::PinLength { .. }) => {
                self.forget(&[CHANGING, EVIDENCE]).await?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_weak;

    #[test]
    fn what_is_guessed_first_is_weak() {
        for weak in ["000000", "aaaaaaaa", "123456", "987654", "abcdef", "CPP-12"] {
            assert!(is_weak(weak, "SK-CPP-123456"), "{weak}");
        }
        for fine in ["135792", "112233", "hunter2x", "123457"] {
            assert!(!is_weak(fine, "SK-CPP-000001"), "{fine}");
        }
    }
}

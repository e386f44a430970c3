//! The computer becomes a desk. No key is involved.
//!
//! | step | on the disk | in the cloud | when the power goes out after it |
//! | --- | --- | --- | --- |
//! | the person says yes, the desk's key is made | in `desk.key`, as asked | claimed | it is said by the same key |
//! | the cloud answers | as asked | done | it is said again, and answered the same |
//! | | in `desk.key`, with its number | done | there is nothing left to say |
//!
//! A computer that is a desk already stays the one that it was until the answer is there.

use contract::agent::Enrol;

use super::{Enrolment, Entry, Means, Stage, StepName, Trouble, Work, journal};

/// Was the person's yes there already?
pub(super) fn goes_on(means: &Means, entry: &Entry) -> bool {
    let Ok(operation) = entry.operation.parse() else {
        return false;
    };
    Enrolment::read(&means.journal)
        .is_ok_and(|enrolment| enrolment.is_asked(&operation) || enrolment.is_of(&operation))
}

impl Work {
    /// Makes the desk's key, or finds it, and says it.
    pub(super) async fn enrol(&self) {
        self.at(StepName::Reporting, 0, 1).await;
        match self.enrolled().await {
            Ok(()) => self.done(Stage::Done { read: None }).await,
            Err(trouble) => self.failed(trouble).await,
        }
    }

    async fn enrolled(&self) -> Result<(), Trouble> {
        let (key, ticket) = self.bound().await?;
        let own = &self.means.journal;
        let mut enrolment = Enrolment::read(own).map_err(journal)?;
        if enrolment.is_of(&ticket.operation) {
            return Ok(());
        }
        let asked = enrolment
            .ask(own, &ticket.operation, &key)
            .map_err(journal)?;
        let (public, proof) = asked.ok_or(Trouble::JournalUnwritable)?;
        let says = Enrol {
            key: public.to_string(),
            proof,
        };
        let enrolled = self.say(says).await?;
        enrolment
            .answered(own, &ticket.operation, enrolled)
            .map_err(journal)
    }
}

//! What stands behind the pages: the one operation that is under way, and the check of the agent itself.
//!
//! Everything here is written for the page to show. Texts are not: the page has those, in two languages, under
//! the names that are used here.

use async_trait::async_trait;
use contract::secret::Secret;
use domain::catalog::Medium;
use domain::ids::{LineNo, OperationId, OrderId};
use domain::operation::{KeyRead, Verb};
use domain::stock::ScrapReason;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::token;
use crate::token::{Pin, TokenError};

/// A PIN as the page sends it, straight into what wipes it.
fn pin<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Pin>, D::Error> {
    Option::<String>::deserialize(from).map(|typed| typed.map(Pin::new))
}

/// What comes with a ticket.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// As it stood in the fragment. Signed, not secret; but whoever has it first has the operation.
    pub ticket: String,
}

/// What the person chose and typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The key; empty where none is asked for.
    pub serial: String,
    /// Its PIN, when that was asked for.
    #[serde(default, deserialize_with = "pin")]
    pub current: Option<Pin>,
    /// The PIN that it shall have, when that was asked for. The page compared it with a second typing.
    #[serde(default, deserialize_with = "pin")]
    pub new: Option<Pin>,
    /// Was it told that this is the last try, and did it say yes to that? Without, [`Trouble::LastTry`].
    #[serde(default)]
    pub last_try: bool,
    /// Shall the key that is being made be given up, and why? Then nothing else is looked at.
    #[serde(default)]
    pub scrap: Option<ScrapReason>,
}

/// How many tries a PIN has left, as far as a key tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tries {
    /// None was lost.
    Many,
    /// Some were lost.
    Few,
    /// One is left.
    Last,
    /// None is left.
    Locked,
    /// The key does not tell.
    Unknown,
}

impl From<token::Tries> for Tries {
    fn from(tries: token::Tries) -> Self {
        match tries {
            token::Tries::Many => Self::Many,
            token::Tries::Few => Self::Few,
            token::Tries::Last => Self::Last,
            token::Tries::Locked => Self::Locked,
            token::Tries::Unknown => Self::Unknown,
        }
    }
}

/// What a PIN must be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PinRule {
    /// Bytes at least; of what is on every keyboard each character is one.
    pub min: usize,
    /// Bytes at most.
    pub max: usize,
    /// Is it typed on the key or its reader, and not in the page?
    pub pad: bool,
}

/// A key that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Its serial number.
    pub serial: String,
    /// The name that it carries.
    pub label: String,
    /// The token, when its profile says.
    pub medium: Option<Medium>,
    /// Tries of its PIN.
    pub tries: Tries,
    /// What its PIN must be like.
    pub pin: PinRule,
    /// When its certificate ends.
    pub not_after: Option<Timestamp>,
    /// Why it is not the one, or not to be used. None: it may be chosen.
    pub trouble: Option<Trouble>,
}

/// A PIN that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The one that the key has.
    Current,
    /// The one that it shall have; typed twice.
    New,
}

/// What the agent does, as far as somebody who waits wants to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// It tells the cloud that it has the ticket.
    Claiming,
    /// It checks the PIN.
    CheckingPin,
    /// It waits for the code to be typed on the site.
    Confirming,
    /// It tries an SO PIN.
    Unlocking,
    /// It reads the key.
    Reading,
    /// The cloud gives what belongs to the key.
    Taking,
    /// The key is wiped, and gets its PINs.
    Initialising,
    /// The key makes its key pairs.
    Generating,
    /// The CA issues its certificates.
    Requesting,
    /// They are written to the key.
    Writing,
    /// The key is tried.
    Trying,
    /// The key gets its new PIN.
    Changing,
    /// The key signs.
    Signing,
    /// It tells the cloud what came of it.
    Reporting,
}

/// How far an operation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Stage {
    /// It waits for the person.
    Asking {
        /// The PINs that are needed, in this order. None: a yes is enough.
        fields: Vec<Field>,
        /// What was wrong the last time.
        trouble: Option<Trouble>,
    },
    /// It works.
    Working {
        /// At what.
        step: StepName,
        /// How many steps are done.
        done: u8,
        /// How many there are.
        of: u8,
    },
    /// It is done.
    Done {
        /// What was read from the key.
        read: Option<KeyRead>,
    },
    /// It ended without, and left nothing behind.
    Failed {
        /// Why.
        trouble: Trouble,
    },
}

/// The operation that is under way, or just ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Operation {
    /// Its number, for whoever helps.
    pub operation: OperationId,
    /// Who asks.
    pub company: String,
    /// The site by which it asks.
    pub site: String,
    /// For what.
    pub verb: Verb,
    /// The serial number of the key that it must be. None: any of the company's.
    pub needed: Option<String>,
    /// The keys that are there.
    pub keys: Vec<Key>,
    /// What this computer is to be called as a desk.
    pub desk: Option<String>,
    /// The keys to be made, and how far that is.
    pub making: Option<Making>,
    /// What was bought for the key.
    pub serving: Option<Serving>,
    /// The code that the person types on the site before the key is unlocked.
    pub code: Option<String>,
    /// Where the page goes to end a login. It is told once.
    pub login: Option<Secret>,
    /// How far it is.
    pub stage: Stage,
}

/// Keys that are made one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Making {
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// The product, in Chinese.
    pub product: String,
    /// The token that it is sold on.
    pub medium: Medium,
    /// Is it written into keys that are made already?
    pub onto_made: bool,
    /// How many keys the line has.
    pub of: u8,
    /// How many are made, once the cloud said so.
    pub made: Option<u8>,
    /// The serial number of the key in hand: begun, neither made nor given up.
    pub serial: Option<String>,
    /// Why it would be given up, by what went wrong.
    pub scrap: Option<ScrapReason>,
    /// Is it over after the key in hand?
    pub finishing: bool,
}

/// What was bought for a key: a further term, or a new PIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Serving {
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
    /// The product, in Chinese.
    pub product: String,
    /// Is it too late to give it up, so that it is only put aside?
    pub kept: bool,
    /// Does it end once what was begun is gone from the key?
    pub ending: bool,
}

/// What the page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct State {
    /// None: nothing is under way, and the page checks the agent.
    pub operation: Option<Operation>,
}

/// What went wrong, with what a person has to know of it. The page has a text and a way out for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Trouble {
    /// The page sent what no page of ours sends: it is of another version.
    #[error("a request of another version")]
    Malformed,
    /// Not a ticket.
    #[error("not a ticket")]
    TicketMalformed,
    /// A ticket that is signed by none of the keys that count, or of a site that does not.
    #[error("a ticket of somebody else")]
    TicketUnknown,
    /// Too late.
    #[error("the ticket has expired")]
    TicketExpired,
    /// Another agent has it.
    #[error("another agent has the ticket")]
    TicketTaken,
    /// The operation has ended.
    #[error("the operation has ended")]
    OperationEnded,
    /// This agent is too old for what is asked.
    #[error("the agent is too old")]
    AgentOld,
    /// The clock of this computer is wrong.
    #[error("the clock is off by {minutes} minutes")]
    ClockWrong {
        /// By how much, minutes.
        minutes: i64,
    },
    /// Another operation is under way.
    #[error("another operation is under way")]
    Busy,
    /// Nobody asked for this answer, or not any more.
    #[error("nothing was asked")]
    NotAsked,
    /// The cloud does not answer.
    #[error("the cloud cannot be reached")]
    CloudUnreachable,
    /// The cloud says no.
    #[error("the cloud refuses")]
    CloudRefused,
    /// The journal cannot be written; nothing is begun without it.
    #[error("the journal cannot be written")]
    JournalUnwritable,
    /// Files of the journal were damaged and are set aside.
    #[error("{files} files of the journal were set aside")]
    JournalAside {
        /// How many.
        files: usize,
    },
    /// There is no profile of a key model that can be read.
    #[error("no profile")]
    NoProfile {
        /// Where they were looked for.
        folder: String,
    },
    /// The maker's module is not installed.
    #[error("no module")]
    NoModule {
        /// Where it was looked for.
        path: String,
    },
    /// The maker's module does not load, or fails.
    #[error("the module fails")]
    ModuleBroken {
        /// Where it is.
        path: String,
    },
    /// The maker's module reports a failure.
    #[error("the module reports {name}")]
    ModuleReports {
        /// Its name for it.
        name: String,
    },
    /// No key is there.
    #[error("no key")]
    NoKey,
    /// Another key than the one that is asked for.
    #[error("the wrong key")]
    WrongKey {
        /// The one that is there, when it is one.
        found: Option<String>,
        /// The one that it must be.
        needed: String,
    },
    /// The key was pulled out, or swapped.
    #[error("the key was pulled out")]
    Removed,
    /// The PIN was wrong.
    #[error("the PIN was wrong")]
    PinWrong {
        /// What is left.
        tries: Tries,
    },
    /// One try is left, and nobody said yes to that.
    #[error("one try is left")]
    LastTry,
    /// The PIN is locked.
    #[error("the PIN is locked")]
    PinLocked,
    /// The PIN is too short or too long.
    #[error("a PIN has {min} to {max} bytes")]
    PinLength {
        /// Bytes at least.
        min: usize,
        /// Bytes at most.
        max: usize,
    },
    /// The key has no PIN yet: it was never put to use.
    #[error("the key has no PIN")]
    PinNotSet,
    /// The key has no room.
    #[error("the key is full")]
    Full,
    /// There is no certificate on the key.
    #[error("no certificate")]
    NoCertificate,
    /// Its certificate has ended, or not begun.
    #[error("the certificate is not valid now")]
    CertificateNotValid {
        /// When it ends.
        not_after: Timestamp,
    },
    /// The certificate on it is from no issuer that counts.
    #[error("the issuer is unknown")]
    IssuerUnknown,
    /// Whether its certificate still counts its issuer does not say now.
    #[error("the issuer's list cannot be read")]
    IssuerSilent,
    /// Its certificate was revoked, or the key reported lost.
    #[error("the certificate was revoked")]
    CertificateRevoked,
    /// Its certificate has ended, by the cloud's clock.
    #[error("the certificate has ended")]
    CertificateEnded,
    /// It is no key of the company's.
    #[error("not a key of the company")]
    NotYourKey,
    /// It does not do what it should, and nobody knows why.
    #[error("the key fails")]
    KeyFails,
    /// This computer is no desk, or no longer one.
    #[error("not a desk")]
    NotADesk,
    /// The key is not blank, or not in stock as a blank one.
    #[error("the key is not blank")]
    KeyNotBlank,
    /// The key was never made, so no carried year can be written into it.
    #[error("the key is not made")]
    KeyNotMade,
    /// The key is of another medium than the product.
    #[error("the key is of another medium")]
    KeyOfOtherMedium,
    /// The work on the key was given up, or another desk does it.
    #[error("the work on the key was given up")]
    UnitGone,
    /// No key of the line is left to begin.
    #[error("nothing is left to make")]
    NothingToMake,
    /// A key is begun, and neither made nor given up.
    #[error("a key is begun")]
    KeyBegun,
    /// Certificates were issued for this key on another request: what that was made for is lost.
    #[error("certificates were issued on another request")]
    CertificateAlreadyIssued,
    /// The key was initialised with another SO PIN. It is never tried again.
    #[error("the SO PIN was wrong")]
    SoPinWrong,
    /// The SO PIN of the key is locked: nobody can unlock it any more.
    #[error("the SO PIN is locked")]
    SoPinLocked,
    /// The key has another SO PIN than the cloud knows. None is tried again.
    #[error("the SO PIN is unknown")]
    SoPinUnknown,
    /// The code was not typed on the site yet.
    #[error("the code is not confirmed")]
    NotConfirmed,
    /// The cloud says that the key cannot be unlocked any more.
    #[error("the key cannot be unlocked")]
    NoUnlock,
    /// The unlocking was interrupted.
    #[error("the unlocking was interrupted")]
    UnlockInterrupted,
    /// The renewal was interrupted.
    #[error("the renewal was interrupted")]
    RenewalInterrupted,
    /// The new pairs are gone for which certificates were issued.
    #[error("the new pairs are gone")]
    RenewalLost,
    /// A renewal is given up, and its pairs are still on the key.
    #[error("new pairs are left")]
    PairsLeft,
    /// The key has another serial number since it was initialised.
    #[error("the serial number changed")]
    SerialChanged {
        /// The one that it has now.
        found: String,
        /// The one that is in stock.
        needed: String,
    },
    /// What the key signed or derived was wrong.
    #[error("the self-test failed")]
    SelfTest,
    /// The work on the key was interrupted.
    #[error("the making was interrupted")]
    MakingInterrupted,
    /// The PIN with which the key travelled does not fit. It is never tried again.
    #[error("the transport PIN was wrong")]
    TransportPinWrong,
    /// The PIN was about to be changed, and nobody knows whether it was.
    #[error("the change of the PIN was interrupted")]
    PinInterrupted,
    /// A PIN that is guessed first.
    #[error("a weak PIN")]
    PinWeak,
    /// The key cannot do what is asked.
    #[error("the key cannot do that")]
    Unsupported,
}

impl From<TokenError> for Trouble {
    fn from(error: TokenError) -> Self {
        let path = |path: std::path::PathBuf| path.display().to_string();
        match error {
            TokenError::NoModule(module) => Self::NoModule { path: path(module) },
            TokenError::ModuleBroken(module) => Self::ModuleBroken { path: path(module) },
            TokenError::NoToken => Self::NoKey,
            TokenError::WrongToken { serial } => Self::WrongKey {
                found: None,
                needed: serial,
            },
            TokenError::Removed => Self::Removed,
            TokenError::Busy => Self::Busy,
            TokenError::PinWrong(tries) => Self::PinWrong {
                tries: tries.into(),
            },
            TokenError::PinLocked => Self::PinLocked,
            TokenError::PinLength { min, max } => Self::PinLength { min, max },
            TokenError::PinNotSet => Self::PinNotSet,
            TokenError::Full => Self::Full,
            TokenError::Unsupported(_) => Self::Unsupported,
            TokenError::Module(name) => Self::ModuleReports { name },
            TokenError::SoPinWrong => Self::SoPinWrong,
            TokenError::SoPinLocked => Self::SoPinLocked,
            // Of what an interrupted run left: nothing that a person could mend.
            TokenError::NoSuchKey | TokenError::Taken => Self::ModuleReports {
                name: error.to_string(),
            },
        }
    }
}

/// The name of a trouble, for the log: never what it carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Code(String);

impl From<&Trouble> for Code {
    fn from(trouble: &Trouble) -> Self {
        let value = serde_json::to_value(trouble).unwrap_or_default();
        Self(value["code"].as_str().unwrap_or_default().to_owned())
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a line of the check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// The agent runs, and its journal is whole.
    Agent,
    /// Which version.
    Version,
    /// A maker's module.
    Module,
    /// The readers: are there keys at all?
    Reader,
    /// A key.
    Key,
    /// A key's certificate.
    Certificate,
    /// This computer's clock, against the cloud's.
    Clock,
    /// The cloud.
    Cloud,
}

/// What is said of an item that is as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// A version, an address, a path: as it is.
    Text {
        /// It.
        text: String,
    },
    /// So many.
    Count {
        /// How many.
        count: usize,
    },
    /// A key.
    Key {
        /// Its serial number.
        serial: String,
        /// The name that it carries.
        label: String,
        /// Tries of its PIN.
        tries: Tries,
    },
    /// A certificate.
    Certificate {
        /// The serial number of its key.
        serial: String,
        /// When it ends.
        not_after: Timestamp,
    },
    /// Off by so much.
    Seconds {
        /// Seconds; below zero when this computer is late.
        seconds: i64,
    },
}

/// One line of the check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// About what.
    pub item: Item,
    /// What there is to say.
    pub fact: Option<Fact>,
    /// What is wrong with it. None: nothing.
    pub trouble: Option<Trouble>,
}

/// What the check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// One line for each item, and for each of its modules, keys, certificates.
    pub lines: Vec<Line>,
    /// The end of the log.
    pub log: Vec<String>,
    /// All of it for whoever helps. Of serial numbers four characters; no name.
    pub report: String,
}

/// What is behind the routes. One operation at a time.
#[async_trait]
pub trait Desk: Send + Sync {
    /// How it stands. Asked every second.
    async fn state(&self) -> State;

    /// A ticket came. The same ticket again is no other operation: it answers how that stands.
    ///
    /// # Errors
    /// Why it is not taken.
    async fn begin(&self, begin: Begin) -> Result<State, Trouble>;

    /// The person answered. Comes back once the answer is taken, not when the work is done.
    ///
    /// # Errors
    /// Why it is not taken.
    async fn answer(&self, answer: Answer) -> Result<State, Trouble>;

    /// The person gives it up, or has seen how it ended.
    ///
    /// # Errors
    /// Why it cannot be given up.
    async fn stop(&self) -> Result<State, Trouble>;

    /// Looks at everything that has to be in order.
    async fn check(&self) -> Check;
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: &str = include_str!("../../pages/texts.js");

    /// All names of an enum, as serde tells them to whoever gets one wrong.
    fn names<T: serde::de::DeserializeOwned>(wrong: serde_json::Value) -> Vec<String> {
        let Err(error) = serde_json::from_value::<T>(wrong) else {
            panic!("a name that there is not")
        };
        let text = error.to_string();
        let (_, list) = text.split_once(", expected ").unwrap();
        list.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn the_page_has_two_texts_for_everything_that_is_said_to_it() {
        let wrong = || serde_json::json!("?");
        let mut wanted: Vec<String> = Vec::new();
        let mut want = |prefix: &str, names: Vec<String>| {
            assert!(names.len() > 1, "{prefix}");
            wanted.extend(names.into_iter().map(|name| format!("{prefix}.{name}")));
        };
        let troubles = names::<Trouble>(serde_json::json!({"code": "?"}));
        want("trouble", troubles.clone());
        want("way", troubles);
        want("step", names::<StepName>(wrong()));
        want("item", names::<Item>(wrong()));
        want("tries", names::<Tries>(wrong()));
        want("verb", names::<Verb>(wrong()));
        want("scrap", names::<ScrapReason>(wrong()));
        want("medium", names::<Medium>(wrong()));
        for name in wanted {
            let found = TEXTS.matches(&format!("\"{name}\":")).count();
            assert_eq!(found, 2, "pages/texts.js has {found} texts for `{name}`");
        }
    }

    #[test]
    fn what_was_typed_is_never_shown() {
        let json = r#"{"serial":"1","current":"13579246","new":"8642097531"}"#;
        let answer: Answer = serde_json::from_str(json).unwrap();
        assert_eq!(answer.current.as_ref().map(Pin::expose), Some("13579246"));
        let shown = format!("{answer:?}");
        assert!(
            !shown.contains("13579246") && !shown.contains("8642097531"),
            "{shown}"
        );
    }

    #[test]
    fn a_code_says_nothing_but_its_name() {
        let trouble = Trouble::WrongKey {
            found: Some("SK1".to_owned()),
            needed: "SK2".to_owned(),
        };
        assert_eq!(Code::from(&trouble).to_string(), "wrong_key");
    }
}

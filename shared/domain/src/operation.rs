//! Operations: what an agent does with a company's key, from the ticket that allows it to its end.
//!
//! A ticket is signed and short-lived. Claiming it, which happens once, binds the operation to a public key that
//! the agent made: from then on only who holds the private half goes on with it. An operation that was claimed
//! ends when it is done or rolled back, and never by time: an agent that lost its power goes on tomorrow.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::Medium;
use crate::ids::{CompanyId, DeskId, LineNo, OperationId, OrderId, StaffId, UserId};

/// How often the code that an agent shows may be typed wrong.
pub const CONFIRMATIONS: u8 = 5;

/// How long a ticket may be claimed.
pub const TICKET_MINUTES: i64 = 10;

/// What is done.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Reads the time that is left on a key, with proof that it is there (检测年限, R36).
    Inspect,
    /// Tries a key: does it sign, and is its certificate good? Changes nothing.
    Test,
    /// Makes the keys of a line, one after the other, at a desk (R45).
    Make,
    /// Makes the computer that it is done at a desk.
    Enrol,
    /// First use: the transport PIN gives way to the company's own.
    Activate,
    /// Another PIN for a key whose PIN is known.
    ChangePin,
    /// Opens a session by key (R27).
    Login,
    /// A further term for a key: new pairs and certificates beside the old ones, which stay (R25, R26).
    Renew,
    /// A new PIN for a key whose PIN is locked or forgotten (R31, R32).
    Unlock,
}

impl Verb {
    /// May a company ask for it?
    pub fn is_of_companies(self) -> bool {
        match self {
            Self::Inspect | Self::Test | Self::Activate | Self::ChangePin => true,
            Self::Make | Self::Enrol | Self::Login | Self::Renew | Self::Unlock => false,
        }
    }

    /// Is it done for a paid line of an order, beside the company's own key?
    pub fn serves_line(self) -> bool {
        matches!(self, Self::Renew | Self::Unlock)
    }
}

/// Who asked for an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum AskedBy {
    /// A company, for a key of its own.
    Company {
        /// Which.
        company: CompanyId,
        /// Who of it.
        user: UserId,
    },
    /// One of the staff, at a desk.
    Staff {
        /// Who.
        staff: StaffId,
    },
    /// A browser that nobody has logged in at yet.
    Browser {
        /// SHA-256 of its cookie, hex.
        cookie: String,
    },
}

/// The line of an order that an operation is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineOf {
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: LineNo,
}

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// Its ticket waits for an agent.
    Offered,
    /// An agent has it.
    Claimed,
    /// It was done.
    Done,
    /// It was given up, and left nothing behind.
    RolledBack,
}

/// What keeps an agent from going on, as the site tells it with the way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// The module of the key's model is missing or does not load.
    NoModule,
    /// No key is plugged in.
    NoKey,
    /// Another key is plugged in.
    WrongKey,
    /// There is no certificate on the key.
    NoCertificate,
    /// The PIN was wrong, and may be typed again.
    PinWrong,
    /// The PIN is locked.
    PinLocked,
    /// The key was pulled out.
    KeyRemoved,
    /// The key has no room left.
    KeyFull,
    /// The key or its module fails.
    KeyFails,
    /// The computer's clock is wrong.
    ClockWrong,
    /// The SO PIN is locked: nobody can unlock the key any more.
    SoPinLocked,
    /// The key has another SO PIN than we know: it cannot be unlocked from here.
    SoPinUnknown,
}

/// What an agent says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentAbout {
    /// Its version: three numbers.
    pub version: String,
    /// The system that it runs on, for example `linux x86_64`.
    pub system: String,
}

impl AgentAbout {
    /// Is it of a form that may be kept?
    pub fn is_well_formed(&self) -> bool {
        let short = |text: &str| {
            (1..=40).contains(&text.len())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || " ._+-".contains(c))
        };
        short(&self.version) && short(&self.system)
    }

    /// Is its version at least this one? A version that is no version is an old one.
    pub fn is_at_least(&self, least: [u32; 3]) -> bool {
        let mut parts = self.version.split('.').map(|part| part.parse::<u32>().ok());
        let mut next = || parts.next().flatten();
        match (next(), next(), next()) {
            (Some(major), Some(minor), Some(patch)) => [major, minor, patch] >= least,
            _ => false,
        }
    }
}

/// What an agent read from a key, once the server has verified it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyRead {
    /// The token's own serial number.
    pub serial: String,
    /// The token.
    pub medium: Medium,
    /// The serial number of the certificate on it, hex.
    pub certificate_serial: String,
    /// When that ends.
    pub not_after: Timestamp,
    /// Was the PIN locked, so that the certificate was read and the key proved nothing? Of an inspection alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_pin: bool,
}

/// What a login by key opens, once its evidence was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLogin {
    /// The company whose key it is.
    pub company: CompanyId,
    /// SHA-256 of the code that opens a session, hex. The code itself stands nowhere.
    pub code_hash: String,
    /// When it did.
    pub used_at: Option<Timestamp>,
}

/// How long a login by key may be taken up, once the key has signed.
pub const LOGIN_MINUTES: i64 = 5;

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its number.
    pub id: OperationId,
    /// What is done.
    pub verb: Verb,
    /// Who asked for it.
    pub by: AskedBy,
    /// The serial number of the key that it must be; none when any key of the company will do.
    pub key_serial: Option<String>,
    /// The line that it is for: whose keys it makes, or that was bought for the key.
    #[serde(default)]
    pub line: Option<LineOf>,
    /// What a computer that becomes a desk is to be called.
    #[serde(default)]
    pub desk_name: Option<String>,
    /// The desk at which it is done, or that it made.
    #[serde(default)]
    pub desk: Option<DeskId>,
    /// What proofs of possession are made over, base64url: so that a proof is of this operation only.
    pub nonce: String,
    /// How it stands.
    pub state: OperationState,
    /// When the ticket was given.
    pub created_at: Timestamp,
    /// Until when the ticket may be claimed.
    pub expires_at: Timestamp,
    /// The agent's public key, once claimed.
    pub holder: Option<String>,
    /// What that agent says of itself.
    pub agent: Option<AgentAbout>,
    /// What keeps it from going on.
    pub obstacle: Option<Obstacle>,
    /// When another agent tried to claim it too: the ticket was in a stranger's hands.
    pub contested_at: Option<Timestamp>,
    /// When the company confirmed, on the site, the code that its agent shows; only with [`Verb::Unlock`].
    #[serde(default)]
    pub confirmed_at: Option<Timestamp>,
    /// How often that code was typed wrong.
    #[serde(default)]
    pub wrong_confirmations: u8,
    /// What was read.
    pub read: Option<KeyRead>,
    /// What it opens.
    #[serde(default)]
    pub login: Option<KeyLogin>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Raised by every change.
    pub version: u64,
}

/// Why a ticket is not given to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotClaimed {
    /// It was claimed too late.
    Expired,
    /// Another agent has it.
    Taken,
}

/// Why an operation does not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended;

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is to be done.
    pub verb: Verb,
    /// By whom.
    pub by: AskedBy,
    /// The serial number of the key that it must be; none when any key of the company will do.
    pub key_serial: Option<String>,
    /// The line that it is for.
    pub line: Option<LineOf>,
    /// What a computer that becomes a desk is to be called.
    pub desk_name: Option<String>,
}

impl Asked {
    /// To log in by key, in a browser that nobody has logged in at yet. `cookie` is the hash of its cookie.
    pub fn login(cookie: String) -> Self {
        Self {
            verb: Verb::Login,
            by: AskedBy::Browser { cookie },
            key_serial: None,
            line: None,
            desk_name: None,
        }
    }

    /// Something with a key of a company.
    pub fn of_company(
        verb: Verb,
        company: CompanyId,
        user: UserId,
        key_serial: Option<String>,
    ) -> Self {
        Self {
            verb,
            by: AskedBy::Company { company, user },
            key_serial,
            line: None,
            desk_name: None,
        }
    }

    /// What was bought for a key of a company.
    pub fn serving(
        verb: Verb,
        company: CompanyId,
        user: UserId,
        key_serial: String,
        line: LineOf,
    ) -> Self {
        Self {
            line: Some(line),
            ..Self::of_company(verb, company, user, Some(key_serial))
        }
    }

    /// To make the keys of a line.
    pub fn making(staff: StaffId, line: LineOf) -> Self {
        Self {
            verb: Verb::Make,
            by: AskedBy::Staff { staff },
            key_serial: None,
            line: Some(line),
            desk_name: None,
        }
    }

    /// To make a computer a desk.
    pub fn enrolment(staff: StaffId, name: String) -> Self {
        Self {
            verb: Verb::Enrol,
            by: AskedBy::Staff { staff },
            key_serial: None,
            line: None,
            desk_name: Some(name),
        }
    }
}

impl Operation {
    /// A new one, whose ticket may be claimed for [`TICKET_MINUTES`].
    pub fn offered(id: OperationId, asked: Asked, nonce: String, now: Timestamp) -> Self {
        Self {
            id,
            verb: asked.verb,
            by: asked.by,
            key_serial: asked.key_serial,
            line: asked.line,
            desk_name: asked.desk_name,
            desk: None,
            nonce,
            state: OperationState::Offered,
            created_at: now,
            expires_at: now + SignedDuration::from_mins(TICKET_MINUTES),
            holder: None,
            agent: None,
            obstacle: None,
            contested_at: None,
            confirmed_at: None,
            wrong_confirmations: 0,
            read: None,
            login: None,
            ended_at: None,
            version: 1,
        }
    }

    /// The company that asked for it.
    pub fn company(&self) -> Option<&CompanyId> {
        match &self.by {
            AskedBy::Company { company, .. } => Some(company),
            AskedBy::Staff { .. } | AskedBy::Browser { .. } => None,
        }
    }

    /// The member of staff who asked for it.
    pub fn staff(&self) -> Option<&StaffId> {
        match &self.by {
            AskedBy::Staff { staff } => Some(staff),
            AskedBy::Company { .. } | AskedBy::Browser { .. } => None,
        }
    }

    /// May its ticket still be claimed for the first time?
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == OperationState::Offered && now < self.expires_at
    }

    fn next(&self) -> Self {
        Self {
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// An agent claims it, at a desk or elsewhere. None when it has it already: its answer was lost.
    ///
    /// # Errors
    /// Too late, or somebody else's.
    pub fn claim(
        &self,
        holder: &str,
        agent: &AgentAbout,
        desk: Option<&DeskId>,
        now: Timestamp,
    ) -> Result<Option<Self>, NotClaimed> {
        match &self.holder {
            Some(known) if known == holder => Ok(None),
            Some(_) => Err(NotClaimed::Taken),
            None if !self.is_open(now) => Err(NotClaimed::Expired),
            None => Ok(Some(Self {
                state: OperationState::Claimed,
                holder: Some(holder.to_owned()),
                agent: Some(agent.clone()),
                desk: desk.cloned(),
                ..self.next()
            })),
        }
    }

    /// Another agent tried to claim it. None when that is known.
    pub fn contested(&self, now: Timestamp) -> Option<Self> {
        self.contested_at.is_none().then(|| Self {
            contested_at: Some(now),
            ..self.next()
        })
    }

    /// The company types, on the site, the code that its agent shows. None when it is confirmed already. The last
    /// of [`CONFIRMATIONS`] wrong ones rolls the operation back: nothing was released to it.
    ///
    /// # Errors
    /// It has ended, or no agent has it yet.
    pub fn confirm(&self, right: bool, now: Timestamp) -> Result<Option<Self>, Ended> {
        self.under_way()?;
        if self.confirmed_at.is_some() {
            return Ok(None);
        }
        let next = self.next();
        if right {
            return Ok(Some(Self {
                confirmed_at: Some(now),
                ..next
            }));
        }
        let wrong = self.wrong_confirmations + 1;
        let over = wrong >= CONFIRMATIONS;
        Ok(Some(Self {
            wrong_confirmations: wrong,
            state: if over {
                OperationState::RolledBack
            } else {
                self.state
            },
            ended_at: over.then_some(now),
            ..next
        }))
    }

    fn under_way(&self) -> Result<(), Ended> {
        (self.state == OperationState::Claimed)
            .then_some(())
            .ok_or(Ended)
    }

    /// Its agent says what keeps it from going on, or that nothing does any more. None when that is known.
    ///
    /// # Errors
    /// It has ended.
    pub fn hindered(&self, by: Option<Obstacle>) -> Result<Option<Self>, Ended> {
        self.under_way()?;
        Ok((self.obstacle != by).then(|| Self {
            obstacle: by,
            ..self.next()
        }))
    }

    /// It is done. None when the same was said before.
    ///
    /// # Errors
    /// It was rolled back, or done with another result.
    pub fn done(&self, read: KeyRead, now: Timestamp) -> Result<Option<Self>, Ended> {
        if self.state == OperationState::Done && self.read.as_ref() == Some(&read) {
            return Ok(None);
        }
        self.under_way()?;
        Ok(Some(Self {
            state: OperationState::Done,
            obstacle: None,
            read: Some(read),
            ended_at: Some(now),
            ..self.next()
        }))
    }

    /// The key of a company has signed for it: its browser may go in.
    ///
    /// # Errors
    /// As [`Self::done`].
    pub fn logged_in(
        &self,
        read: KeyRead,
        company: CompanyId,
        code_hash: String,
        now: Timestamp,
    ) -> Result<Option<Self>, Ended> {
        Ok(self.done(read, now)?.map(|done| Self {
            login: Some(KeyLogin {
                company,
                code_hash,
                used_at: None,
            }),
            ..done
        }))
    }

    /// The session of a login by key is opened, by the browser that asked, with the code that its agent got: once,
    /// and soon. None when any of that is not so.
    pub fn taken_up(&self, cookie_hash: &str, code_hash: &str, now: Timestamp) -> Option<Self> {
        let AskedBy::Browser { cookie } = &self.by else {
            return None;
        };
        let login = self.login.as_ref()?;
        let soon = now < self.ended_at? + SignedDuration::from_mins(LOGIN_MINUTES);
        let own = cookie == cookie_hash && login.code_hash == code_hash;
        (soon && own && login.used_at.is_none()).then(|| Self {
            login: Some(KeyLogin {
                used_at: Some(now),
                ..login.clone()
            }),
            ..self.next()
        })
    }

    /// Every key of its line is made, or enough of them. None when that was said before.
    ///
    /// # Errors
    /// It was rolled back, or nobody has it.
    pub fn finished(&self, now: Timestamp) -> Result<Option<Self>, Ended> {
        if self.state == OperationState::Done {
            return Ok(None);
        }
        self.under_way()?;
        Ok(Some(Self {
            state: OperationState::Done,
            obstacle: None,
            ended_at: Some(now),
            ..self.next()
        }))
    }

    /// The computer is a desk from now on. None when that was said before, of the same desk.
    ///
    /// # Errors
    /// It ended otherwise, or nobody has it.
    pub fn enrolled(&self, desk: &DeskId, now: Timestamp) -> Result<Option<Self>, Ended> {
        if self.state == OperationState::Done && self.desk.as_ref() == Some(desk) {
            return Ok(None);
        }
        self.under_way()?;
        Ok(Some(Self {
            state: OperationState::Done,
            obstacle: None,
            desk: Some(desk.clone()),
            ended_at: Some(now),
            ..self.next()
        }))
    }

    /// It is given up: by its agent, or by the company as long as no agent has it. None when it was before.
    ///
    /// # Errors
    /// It is done.
    pub fn rolled_back(&self, now: Timestamp) -> Result<Option<Self>, Ended> {
        match self.state {
            OperationState::RolledBack => Ok(None),
            OperationState::Done => Err(Ended),
            OperationState::Offered | OperationState::Claimed => Ok(Some(Self {
                state: OperationState::RolledBack,
                ended_at: Some(now),
                ..self.next()
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
    }

    fn offered() -> Operation {
        let asked = Asked::of_company(
            Verb::Inspect,
            CompanyId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
            UserId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
            None,
        );
        let id = OperationId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV");
        Operation::offered(id, asked, "n".to_owned(), at(0))
    }

    fn agent(version: &str) -> AgentAbout {
        AgentAbout {
            version: version.to_owned(),
            system: "linux".to_owned(),
        }
    }

    fn claimed() -> Operation {
        let claimed = offered().claim("A", &agent("1.0.0"), None, at(1));
        claimed.unwrap().unwrap()
    }

    fn read() -> KeyRead {
        KeyRead {
            serial: "1".to_owned(),
            medium: Medium::Cpp,
            certificate_serial: "40".to_owned(),
            not_after: at(99),
            without_pin: false,
        }
    }

    #[test]
    fn a_ticket_is_claimed_once_in_time_and_again_by_its_own_agent_at_any_time() {
        let claimed = claimed();
        assert_eq!(
            (claimed.state, claimed.version),
            (OperationState::Claimed, 2)
        );
        assert_eq!(
            claimed.claim("A", &agent("1.0.0"), None, at(9999)),
            Ok(None)
        );
        let other = claimed.claim("B", &agent("1.0.0"), None, at(2));
        assert_eq!(other, Err(NotClaimed::Taken));
        let late = offered().claim("A", &agent("1.0.0"), None, at(TICKET_MINUTES));
        assert_eq!(late, Err(NotClaimed::Expired));
        let given_up = offered().rolled_back(at(1)).unwrap().unwrap();
        let claim = given_up.claim("A", &agent("1.0.0"), None, at(2));
        assert_eq!(claim, Err(NotClaimed::Expired));
    }

    #[test]
    fn what_ended_stays_as_it_ended() {
        let done = claimed().done(read(), at(3)).unwrap().unwrap();
        assert_eq!(done.done(read(), at(4)), Ok(None));
        let other = KeyRead {
            serial: "2".to_owned(),
            ..read()
        };
        assert_eq!(done.done(other, at(4)), Err(Ended));
        assert_eq!(done.rolled_back(at(4)), Err(Ended));
        assert_eq!(done.hindered(Some(Obstacle::NoKey)), Err(Ended));
        let back = claimed().rolled_back(at(3)).unwrap().unwrap();
        assert_eq!(back.rolled_back(at(4)), Ok(None));
        assert_eq!(back.done(read(), at(4)), Err(Ended));
        assert_eq!(offered().done(read(), at(1)), Err(Ended));
    }

    #[test]
    fn a_obstacle_comes_and_goes_and_what_is_known_writes_nothing() {
        let hindered = claimed().hindered(Some(Obstacle::PinWrong));
        let hindered = hindered.unwrap().unwrap();
        assert_eq!(hindered.hindered(Some(Obstacle::PinWrong)), Ok(None));
        assert_eq!(hindered.hindered(None).unwrap().unwrap().obstacle, None);
        assert_eq!(
            hindered.done(read(), at(3)).unwrap().unwrap().obstacle,
            None
        );
        let contested = hindered.contested(at(4)).unwrap();
        assert_eq!(contested.contested(at(5)), None);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, least, at_least) in [
            ("1.10.0", [1, 9, 0], true),
            ("1.9.9", [1, 10, 0], false),
            ("1.10", [1, 0, 0], false),
            ("x", [0, 0, 0], false),
        ] {
            assert_eq!(agent(version).is_at_least(least), at_least, "{version}");
        }
        assert!(!agent("1.0.0\n").is_well_formed());
        assert!(!agent("").is_well_formed());
    }
}

//! One-time codes: six digits by mail or text message. Each works once, for five tries, for ten minutes.
//!
//! The digits stand nowhere. They follow from the code's id and a key in KMS, so that whoever sends them
//! and whoever compares them work them out anew, and the table tells nobody.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{CodeId, CompanyId, UserId};
use crate::notice::Channel;

/// How long a code lives, in minutes.
pub const LIFETIME_MINUTES: i64 = 10;
/// How often it may be tried.
pub const TRIES: u8 = 5;

/// What a code is for. One made for one thing opens no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodePurpose {
    /// Confirms the mobile number of a registration (R51).
    Registration,
    /// Sets a new password (R53).
    PasswordReset,
    /// Opens a limited session of a bound company (R27).
    Login,
    /// Confirms a new mobile number.
    ContactMobile,
    /// Confirms a new mailbox.
    ContactMail,
    /// Unbinds (R30).
    Unbinding,
    /// Confirms the new mobile number of somebody who lost the old one.
    RecoveryMobile,
    /// Confirms the new mailbox likewise.
    RecoveryMail,
    /// Lets a key be activated.
    Activation,
}

impl CodePurpose {
    /// Every purpose.
    pub const ALL: [Self; 9] = [
        Self::Registration,
        Self::PasswordReset,
        Self::Login,
        Self::ContactMobile,
        Self::ContactMail,
        Self::Unbinding,
        Self::RecoveryMobile,
        Self::RecoveryMail,
        Self::Activation,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::PasswordReset => "password_reset",
            Self::Login => "login",
            Self::ContactMobile => "contact_mobile",
            Self::ContactMail => "contact_mail",
            Self::Unbinding => "unbinding",
            Self::RecoveryMobile => "recovery_mobile",
            Self::RecoveryMail => "recovery_mail",
            Self::Activation => "activation",
        }
    }
}

/// Where something goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The way.
    pub channel: Channel,
    /// Mail address or mobile number.
    pub to: String,
}

impl Target {
    /// A mailbox.
    pub fn mail(to: impl Into<String>) -> Self {
        Self {
            channel: Channel::Mail,
            to: to.into(),
        }
    }

    /// A mobile number.
    pub fn sms(to: impl Into<String>) -> Self {
        Self {
            channel: Channel::Sms,
            to: to.into(),
        }
    }

    /// What may be shown to somebody who has not proved anything: `138****8000`, `l*****@example.com`.
    pub fn masked(&self) -> String {
        match self.channel {
            Channel::Sms => crate::company::masked(&self.to, 3, 4),
            Channel::Mail => match self.to.split_once('@') {
                Some((name, host)) => {
                    let first: String = name.chars().take(1).collect();
                    format!("{first}****@{host}")
                }
                None => "****".to_owned(),
            },
        }
    }
}

/// Whose code it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The company.
    pub company: CompanyId,
    /// The person, when it is about one.
    #[serde(default)]
    pub user: Option<UserId>,
}

/// A one-time code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeCode {
    /// Its id: random, and all that the one who asked gets.
    pub id: CodeId,
    /// What for.
    pub purpose: CodePurpose,
    /// Where it goes; none when nobody was found to send it to. Such a code is never right.
    #[serde(default)]
    pub target: Option<Target>,
    /// Whose it is; none before there is anybody.
    #[serde(default)]
    pub holder: Option<Holder>,
    /// Tries so far.
    pub tries: u8,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was used.
    #[serde(default)]
    pub used_at: Option<Timestamp>,
    /// Raised by every change.
    pub version: u64,
}

/// Why a code is not taken. What the caller reads is the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefusal {
    /// Not these digits.
    #[error("not these digits")]
    Wrong,
    /// Used, too old or tried too often.
    #[error("used, too old or tried too often")]
    Over,
}

impl OneTimeCode {
    /// A new code.
    pub fn new(
        id: CodeId,
        purpose: CodePurpose,
        target: Option<Target>,
        holder: Option<Holder>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            purpose,
            target,
            holder,
            tries: 0,
            created_at: now,
            used_at: None,
            version: 1,
        }
    }

    /// Until when it can be used.
    pub fn expires_at(&self) -> Timestamp {
        self.created_at + SignedDuration::from_mins(LIFETIME_MINUTES)
    }

    /// Can it still be used?
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.tries < TRIES && now < self.expires_at()
    }

    /// One try: the code as it has to be written whatever came of it, and what came of it.
    pub fn tried(&self, right: bool, now: Timestamp) -> (Self, Result<(), CodeRefusal>) {
        if !self.is_open(now) {
            return (self.clone(), Err(CodeRefusal::Over));
        }
        let right = right && self.target.is_some();
        let next = Self {
            tries: self.tries + 1,
            used_at: right.then_some(now),
            version: self.version + 1,
            ..self.clone()
        };
        (
            next,
            if right {
                Ok(())
            } else {
                Err(CodeRefusal::Wrong)
            },
        )
    }
}

/// The six digits that follow from a keyed hash of the code's id and purpose.
pub fn digits(mac: &[u8; 32]) -> String {
    let mut number = 0u64;
    for byte in &mac[..8] {
        number = (number << 8) | u64::from(*byte);
    }
    format!("{:06}", number % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(target: Option<Target>) -> OneTimeCode {
        let id = CodeId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV");
        OneTimeCode::new(id, CodePurpose::Unbinding, target, None, at(0))
    }

    fn at(minute: i64) -> Timestamp {
        "2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
    }

    #[test]
    fn it_works_once() {
        let (used, first) = code(Some(Target::sms("13800138000"))).tried(true, at(9));
        assert_eq!(first, Ok(()));
        assert_eq!(used.tried(true, at(9)).1, Err(CodeRefusal::Over));
    }

    #[test]
    fn five_tries_and_ten_minutes() {
        let fresh = code(Some(Target::mail("a@b.cn")));
        let mut tried = fresh.clone();
        for _ in 0..TRIES {
            let (next, came) = tried.tried(false, at(1));
            assert_eq!(came, Err(CodeRefusal::Wrong));
            tried = next;
        }
        assert_eq!(tried.tried(true, at(1)).1, Err(CodeRefusal::Over));
        assert_eq!(fresh.tried(true, at(10)).1, Err(CodeRefusal::Over));
    }

    #[test]
    fn a_code_that_was_sent_to_nobody_is_never_right() {
        let (next, came) = code(None).tried(true, at(0));
        assert_eq!(came, Err(CodeRefusal::Wrong));
        assert_eq!((next.tries, next.used_at), (1, None));
    }

    #[test]
    fn digits_are_six() {
        assert_eq!(digits(&[0; 32]), "000000");
        assert_eq!(digits(&[0xFF; 32]), "551615");
        assert_eq!(Target::sms("13800138000").masked(), "138****8000");
        assert_eq!(
            Target::mail("li.lei@example.com").masked(),
            "l****@example.com"
        );
    }
}

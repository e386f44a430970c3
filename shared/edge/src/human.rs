//! The human check (ALTCHA): a proof of work, made and checked here, without any foreign service.
//!
//! A check is bound to the browser's cookie, lives some minutes and is taken once.

use std::sync::Arc;

use adapters::ports::{Clock, CommitError, Mac, PortError, Random, Registry, Transaction};
use adapters::registry::UsedChallenge;
use altcha_lib_rs::{ChallengeOptions, Payload, create_challenge, verify_solution};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::account::ChallengeView;
use contract::error::ErrorCode;
use jiff::{SignedDuration, Timestamp};

use crate::error::ApiError;
use crate::visitor::Visitor;

/// How long a check can be used: a form is filled in meanwhile.
const LIFETIME: SignedDuration = SignedDuration::from_mins(20);
/// The number to be found is below this: a fraction of a second on a telephone.
const EASY: u64 = 30_000;
/// The same for the longer check: several seconds.
const HARD: u64 = 200_000;

/// Makes and checks human checks.
#[derive(Clone)]
pub struct HumanCheck {
    /// Its key.
    pub mac: Arc<dyn Mac>,
    /// What was used.
    pub registry: Arc<dyn Registry>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Salts and numbers.
    pub random: Arc<dyn Random>,
}

/// How hard a check was that somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// The ordinary one.
    Easy,
    /// The longer one.
    Hard,
}

impl HumanCheck {
    async fn key(&self) -> Result<String, PortError> {
        Ok(hex::encode(self.mac.mac(b"human-check").await?))
    }

    /// A new check for the browser with this hash.
    ///
    /// # Errors
    /// The key's troubles.
    pub async fn challenge(&self, browser: &str, hard: bool) -> Result<ChallengeView, ApiError> {
        let key = self.key().await?;
        let expires = (self.clock.now() + LIFETIME).as_second();
        let mut bytes = [0u8; 24];
        self.random.fill(&mut bytes);
        let (salt, number) = bytes.split_at(12);
        let most = if hard { HARD } else { EASY };
        let drawn = number
            .iter()
            .take(8)
            .fold(0u64, |number, byte| (number << 8) | u64::from(*byte));
        // One parameter only: the library gives no promise about the order of several.
        let salt = format!(
            "{}?for={expires}.{browser}.{}&",
            hex::encode(salt),
            u8::from(hard)
        );
        let made = create_challenge(ChallengeOptions {
            max_number: Some(most),
            hmac_key: &key,
            salt: Some(salt),
            number: Some(drawn % most),
            ..ChallengeOptions::default()
        })
        .map_err(|error| ApiError::internal(error.to_string()))?;
        Ok(ChallengeView {
            algorithm: made.algorithm.to_string(),
            challenge: made.challenge,
            maxnumber: made.maxnumber,
            salt: made.salt,
            signature: made.signature,
        })
    }

    /// Takes a solved check, once.
    ///
    /// # Errors
    /// [`ErrorCode::HumanCheckFailed`] for one that is wrong, too old, another browser's or used.
    pub async fn take(&self, human: &str, visitor: &Visitor) -> Result<Effort, ApiError> {
        let failed = || ApiError::new(ErrorCode::HumanCheckFailed);
        let json = STANDARD.decode(human).map_err(|_| failed())?;
        let payload: Payload = serde_json::from_slice(&json).map_err(|_| failed())?;
        verify_solution(&payload, &self.key().await?, false).map_err(|_| failed())?;
        let (expires, browser, effort) = read(&payload.salt).ok_or_else(failed)?;
        let now = self.clock.now();
        if expires <= now || visitor.browser.as_deref() != Some(browser) {
            return Err(failed());
        }
        let used = UsedChallenge {
            challenge: payload.challenge,
            expires_at: expires,
        };
        match self
            .registry
            .record(&Transaction::new(now).create(&used)?)
            .await
        {
            Ok(()) => Ok(effort),
            Err(CommitError::Refused(_)) => Err(failed()),
            Err(error) => Err(PortError::from(error).into()),
        }
    }
}

/// What we wrote into the salt.
fn read(salt: &str) -> Option<(Timestamp, &str, Effort)> {
    let (_, told) = salt.split_once("?for=")?;
    let mut parts = told.strip_suffix('&')?.split('.');
    let expires = Timestamp::from_second(parts.next()?.parse().ok()?).ok()?;
    let browser = parts.next()?;
    let effort = match parts.next()? {
        "1" => Effort::Hard,
        _ => Effort::Easy,
    };
    parts.next().is_none().then_some((expires, browser, effort))
}

//! Waiting after failures: per browser and address, never per company.

use std::sync::Arc;

use adapters::ports::{Clock, Registry, Transaction};
use adapters::registry::{self, KeptThrottle};
use contract::error::ErrorCode;
use domain::throttle::{Rule, Throttle};
use jiff::Timestamp;

use crate::error::ApiError;

/// How often a counter is read and written again when somebody else counted in between.
const TRIES: u32 = 8;

/// Failed logins of one browser.
pub const LOGIN_BROWSER: Rule = Rule {
    name: "login-browser",
    tries: 10,
    within_minutes: 10,
    wait_minutes: 10,
};
/// Failed logins from one address: an office shares one.
pub const LOGIN_ADDRESS: Rule = Rule {
    name: "login-address",
    tries: 50,
    within_minutes: 10,
    wait_minutes: 10,
};
/// Failed logins to one name. Never refused: a name under attack costs unknown browsers a longer check.
pub const LOGIN_NAME: Rule = Rule {
    name: "login-name",
    tries: 10,
    within_minutes: 15,
    wait_minutes: 60,
};
/// Logins by key that one browser began. Beginning one is no failure, but leaves an operation behind.
pub const OFFERS_BROWSER: Rule = Rule {
    name: "offers-browser",
    tries: 20,
    within_minutes: 10,
    wait_minutes: 10,
};
/// Logins by key begun from one address.
pub const OFFERS_ADDRESS: Rule = Rule {
    name: "offers-address",
    tries: 100,
    within_minutes: 10,
    wait_minutes: 10,
};
/// Codes that one browser asked for.
pub const CODES_BROWSER: Rule = Rule {
    name: "codes-browser",
    tries: 10,
    within_minutes: 10,
    wait_minutes: 10,
};
/// Codes asked for from one address.
pub const CODES_ADDRESS: Rule = Rule {
    name: "codes-address",
    tries: 60,
    within_minutes: 10,
    wait_minutes: 10,
};
/// Codes to one mobile number or mailbox that was typed: nobody is flooded with messages.
pub const CODES_TARGET: Rule = Rule {
    name: "codes-target",
    tries: 5,
    within_minutes: 10,
    wait_minutes: 10,
};
/// Unbindings of one browser that came to nothing (R29).
pub const UNBINDING_BROWSER: Rule = Rule {
    name: "unbinding-browser",
    tries: 3,
    within_minutes: 10,
    wait_minutes: 10,
};
/// Unbindings from one address that came to nothing (R29): an office that does them for many is not stopped.
pub const UNBINDING_ADDRESS: Rule = Rule {
    name: "unbinding-address",
    tries: 3,
    within_minutes: 10,
    wait_minutes: 10,
};

/// Counters.
#[derive(Clone)]
pub struct Throttles {
    /// Where they stand.
    pub registry: Arc<dyn Registry>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What is counted under a rule: the key of its counter. What is counted may be a name or a number of
/// somebody, so only its hash is stored.
pub fn key(rule: &Rule, counted: &str) -> String {
    format!("{}#{}", rule.name, crate::cookie::token_hash(counted))
}

impl Throttles {
    async fn load(&self, rule: &Rule, counted: &str) -> Result<Throttle, ApiError> {
        let key = key(rule, counted);
        let kept: Option<KeptThrottle> = self.registry.load(&registry::throttle(&key)).await?;
        Ok(kept.map_or_else(
            || Throttle::new(key, self.clock.now()),
            |kept| kept.throttle,
        ))
    }

    /// Goes on, unless one of these has to wait: then the error says for how long.
    ///
    /// # Errors
    /// [`ErrorCode::TooManyRequests`], the store's troubles.
    pub async fn admit(&self, counted: &[(Rule, &str)]) -> Result<(), ApiError> {
        let now = self.clock.now();
        for (rule, what) in counted {
            if let Some(wait) = self.load(rule, what).await?.wait(now) {
                return Err(ApiError::new(ErrorCode::TooManyRequests).after(wait));
            }
        }
        Ok(())
    }

    /// Counts one more of each.
    ///
    /// # Errors
    /// The store's troubles.
    pub async fn count(&self, counted: &[(Rule, &str)]) -> Result<(), ApiError> {
        for (rule, what) in counted {
            self.change(rule, what, Throttle::counted).await?;
        }
        Ok(())
    }

    /// Counts one less of each: what was counted has turned out to be right.
    ///
    /// # Errors
    /// The store's troubles.
    pub async fn take_back(&self, counted: &[(Rule, &str)]) -> Result<(), ApiError> {
        for (rule, what) in counted {
            self.change(rule, what, Throttle::taken_back).await?;
        }
        Ok(())
    }

    async fn change(
        &self,
        rule: &Rule,
        counted: &str,
        next: fn(&Throttle, &Rule, Timestamp) -> Throttle,
    ) -> Result<(), ApiError> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let throttle = next(&self.load(rule, counted).await?, rule, now);
            let useless_at = throttle.useless_at(rule);
            let kept = KeptThrottle {
                throttle,
                useless_at,
            };
            let changed = Transaction::new(now).change(&kept)?;
            match self.registry.record(&changed).await {
                Ok(()) => return Ok(()),
                Err(adapters::ports::CommitError::Refused(_)) => {}
                Err(error) => return Err(adapters::ports::PortError::from(error).into()),
            }
        }
        // Eight others counted at once: this one is counted well enough.
        Ok(())
    }

    /// Was this tried too often lately?
    ///
    /// # Errors
    /// The store's troubles.
    pub async fn is_hot(&self, rule: &Rule, counted: &str) -> Result<bool, ApiError> {
        Ok(self.load(rule, counted).await?.is_hot(self.clock.now()))
    }
}

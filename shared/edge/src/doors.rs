//! What every door asks with: codes, human checks, counters, sessions, fields, all on the same few ports.

use std::sync::Arc;

use adapters::ports::{Clock, FieldCipher, Mac, Random, Registry};

use crate::codes::Codes;
use crate::fields::Fields;
use crate::human::HumanCheck;
use crate::sessions::Sessions;
use crate::throttle::Throttles;

/// The ports that doors stand on.
#[derive(Clone)]
pub struct Doors {
    /// Documents.
    pub registry: Arc<dyn Registry>,
    /// What codes, links and tags follow from.
    pub mac: Arc<dyn Mac>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids, salts, tokens.
    pub random: Arc<dyn Random>,
}

impl Doors {
    /// One-time codes.
    pub fn codes(&self) -> Codes {
        Codes {
            registry: self.registry.clone(),
            mac: self.mac.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
        }
    }

    /// Human checks.
    pub fn human(&self) -> HumanCheck {
        HumanCheck {
            mac: self.mac.clone(),
            registry: self.registry.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
        }
    }

    /// Counters of failures.
    pub fn throttles(&self) -> Throttles {
        Throttles {
            registry: self.registry.clone(),
            clock: self.clock.clone(),
        }
    }

    /// Sessions.
    pub fn sessions(&self) -> Sessions {
        Sessions {
            registry: self.registry.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
        }
    }

    /// Encrypted fields.
    pub fn fields(&self, cipher: Arc<dyn FieldCipher>) -> Fields {
        Fields {
            cipher,
            mac: self.mac.clone(),
        }
    }

    /// Files about companies, in this bucket.
    #[cfg(feature = "papers")]
    pub fn papers(
        &self,
        objects: Arc<dyn adapters::ports::Objects>,
    ) -> crate::company_papers::CompanyPapers {
        crate::company_papers::CompanyPapers {
            registry: self.registry.clone(),
            objects,
            clock: self.clock.clone(),
            random: self.random.clone(),
        }
    }
}

//! What makes this computer a desk at which keys are made: a key of its own, in the file `desk.key` beside the
//! journal, for its user alone. It is there before the cloud hears of it, and stays until the cloud knows the next
//! one; the file is replaced as a whole, as those of the journal are.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::agent::{AT_DESK, AtDesk, ClaimedDesk, Enrolled};
use domain::ids::{DeskId, OperationId};
use jws::{PublicKey, Unsigned};
use p256::ecdsa::SigningKey;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::clock;
use crate::journal::{Journal, JournalError};

/// What the file is written as.
const FORMAT: u32 = 1;

/// A private key as text. Wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Private(String);

impl Drop for Private {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Private {
    fn key(&self) -> Option<SigningKey> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(&self.0).ok()?);
        SigningKey::from_slice(&bytes).ok()
    }
}

impl From<&SigningKey> for Private {
    fn from(key: &SigningKey) -> Self {
        Self(URL_SAFE_NO_PAD.encode(Zeroizing::new(key.to_bytes()).as_slice()))
    }
}

/// A desk that the cloud knows.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    operation: OperationId,
    desk: DeskId,
    name: String,
    key: Private,
}

/// A key that the cloud was told, or will be.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    operation: OperationId,
    key: Private,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnDisk {
    format: u32,
    desk: Option<Known>,
    asked: Option<Asked>,
}

/// What the file says.
pub struct Enrolment(OnDisk);

/// A new key of P-256.
pub fn new_key() -> Option<SigningKey> {
    // One in 2^32 draws is no key of P-256.
    (0..4).find_map(|_| {
        let bytes = Zeroizing::new(clock::random::<32>().ok()?);
        SigningKey::from_slice(bytes.as_slice()).ok()
    })
}

/// What a desk's key signs so that the key of an operation is its own.
fn proof(desk: &SigningKey, operation: &OperationId, key: &SigningKey) -> Option<String> {
    let says = AtDesk {
        operation: operation.clone(),
        key: PublicKey::from(key).to_string(),
    };
    let unsigned = Unsigned::new(AT_DESK, &PublicKey::from(desk).id(), &says).ok()?;
    Some(unsigned.sign(desk))
}

impl Enrolment {
    /// Reads the file. One that is none of ours makes no desk, and the next enrolment replaces it.
    ///
    /// # Errors
    /// [`JournalError::Disk`].
    pub fn read(journal: &Journal) -> Result<Self, JournalError> {
        let none = OnDisk {
            format: FORMAT,
            desk: None,
            asked: None,
        };
        let read = journal.read_desk()?;
        let read = read.and_then(|bytes| serde_json::from_slice::<OnDisk>(&bytes).ok());
        Ok(Self(
            read.filter(|read| read.format == FORMAT).unwrap_or(none),
        ))
    }

    fn write(&self, journal: &Journal) -> Result<(), JournalError> {
        let bytes = serde_json::to_vec_pretty(&self.0).unwrap_or_default();
        journal.write_desk(&Zeroizing::new(bytes))
    }

    /// The name of the desk that this computer is.
    pub fn name(&self) -> Option<&str> {
        self.0.desk.as_ref().map(|desk| desk.name.as_str())
    }

    /// Shows for an operation with this key that it is done at the desk. None: this computer is none.
    pub fn claim(&self, operation: &OperationId, key: &SigningKey) -> Option<ClaimedDesk> {
        let desk = self.0.desk.as_ref()?;
        Some(ClaimedDesk {
            desk: desk.desk.clone(),
            proof: proof(&desk.key.key()?, operation, key)?,
        })
    }

    /// Was a key made for this operation, and not answered yet?
    pub fn is_asked(&self, operation: &OperationId) -> bool {
        let asked = self.0.asked.as_ref();
        asked.is_some_and(|asked| asked.operation == *operation)
    }

    /// Did this operation make this computer a desk?
    pub fn is_of(&self, operation: &OperationId) -> bool {
        let desk = self.0.desk.as_ref();
        desk.is_some_and(|desk| desk.operation == *operation)
    }

    /// The key that an operation makes known, and the proof of it: the same ones each time. On the disk when this
    /// returns. None: the system gave no chance.
    ///
    /// # Errors
    /// [`JournalError::Disk`].
    pub fn ask(
        &mut self,
        journal: &Journal,
        operation: &OperationId,
        key: &SigningKey,
    ) -> Result<Option<(PublicKey, String)>, JournalError> {
        let known = self.0.asked.as_ref();
        let known = known.filter(|asked| asked.operation == *operation);
        let own = if let Some(own) = known.and_then(|asked| asked.key.key()) {
            own
        } else {
            let Some(own) = new_key() else {
                return Ok(None);
            };
            self.0.asked = Some(Asked {
                operation: operation.clone(),
                key: Private::from(&own),
            });
            self.write(journal)?;
            own
        };
        let public = PublicKey::from(&own);
        Ok(proof(&own, operation, key).map(|proof| (public, proof)))
    }

    /// The cloud knows the key now: it takes the place of the one before.
    ///
    /// # Errors
    /// [`JournalError::Disk`].
    pub fn answered(
        &mut self,
        journal: &Journal,
        operation: &OperationId,
        enrolled: Enrolled,
    ) -> Result<(), JournalError> {
        let Some(asked) = self.0.asked.take() else {
            return Ok(());
        };
        self.0.desk = Some(Known {
            operation: operation.clone(),
            desk: enrolled.desk,
            name: enrolled.name,
            key: asked.key,
        });
        self.write(journal)
    }

    /// The operation was given up: its key is of no use.
    ///
    /// # Errors
    /// [`JournalError::Disk`].
    pub fn forget(
        &mut self,
        journal: &Journal,
        operation: &OperationId,
    ) -> Result<(), JournalError> {
        if self.is_asked(operation) {
            self.0.asked = None;
            self.write(journal)?;
        }
        Ok(())
    }
}

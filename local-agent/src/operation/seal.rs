//! The e-seal that is written beside a key's certificates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::agent::KeySeal;

use super::Trouble;
use crate::token::{DataObject, TokenError, UserSession};

/// Whose the data objects are that seals stand in.
const APPLICATION: &str = "sealkey e-seal";
/// What a seal may have more than the one before it, bytes: its certificate may have become longer.
const SLACK: usize = 512;

/// A seal as it is written.
pub(super) struct Seal {
    id: String,
    der: Vec<u8>,
}

impl Seal {
    /// What the cloud answered, when it is whole and for this very certificate, DER. None: the key gets no seal. That
    /// its maker is ours is the cloud's to see to: this guards against damage and a mix-up.
    pub(super) fn read(answer: &KeySeal, certificate: &[u8]) -> Result<Option<Self>, Trouble> {
        let Some(text) = &answer.seal else {
            return Ok(None);
        };
        let der = STANDARD.decode(text).map_err(|_| Trouble::CloudRefused)?;
        let seen = eseal::verify(&der).map_err(|_| Trouble::CloudRefused)?;
        if seen.certificates != [certificate] {
            return Err(Trouble::CloudRefused);
        }
        Ok(Some(Self { id: seen.id, der }))
    }

    /// Writes it. One that is there already stays, and so do those of earlier terms.
    pub(super) fn write(&self, session: &dyn UserSession) -> Result<(), TokenError> {
        session.write_data(APPLICATION, &self.id, &self.der)
    }
}

/// How much room a further seal takes on a key that has these, bytes.
pub(super) fn room(objects: &[DataObject]) -> usize {
    objects
        .iter()
        .filter(|object| object.application == APPLICATION)
        .map(|object| object.value.len() + SLACK)
        .max()
        .unwrap_or_default()
}

//! Fields that are stored encrypted: ID numbers, bank accounts, secrets of second factors.

use std::sync::Arc;

use adapters::ports::{FieldCipher, Mac, PortError};
use domain::company::{SealedText, masked};

/// The field of the legal representative's ID-card number.
pub const LEGAL_REPRESENTATIVE_ID: &str = "legal_representative_id";

/// The field of a token's SO PIN that came from elsewhere; its owner is the token's serial number.
pub const SO_PIN: &str = "so_pin";

/// Seals and opens fields.
#[derive(Clone)]
pub struct Fields {
    /// Encrypts.
    pub cipher: Arc<dyn FieldCipher>,
    /// Tags.
    pub mac: Arc<dyn Mac>,
}

impl Fields {
    /// Encrypts a field of an owner. `first` and `last` characters stay readable in the mask.
    ///
    /// # Errors
    /// The keys' troubles.
    pub async fn seal(
        &self,
        owner: &str,
        field: &str,
        text: &str,
        (first, last): (usize, usize),
    ) -> Result<SealedText, PortError> {
        Ok(SealedText {
            sealed: self.cipher.seal(owner, field, text).await?,
            tag: self.tag(owner, field, text).await?,
            masked: masked(text, first, last),
        })
    }

    /// Decrypts a field of an owner.
    ///
    /// # Errors
    /// The keys' troubles; a field moved from elsewhere does not open.
    pub async fn open(
        &self,
        owner: &str,
        field: &str,
        sealed: &SealedText,
    ) -> Result<String, PortError> {
        self.cipher.open(owner, field, &sealed.sealed).await
    }

    /// Tells whether two texts are the same without opening either.
    ///
    /// # Errors
    /// The key's troubles.
    pub async fn tag(&self, owner: &str, field: &str, text: &str) -> Result<String, PortError> {
        let message = format!("field\0{owner}\0{field}\0{text}");
        Ok(hex::encode(self.mac.mac(message.as_bytes()).await?))
    }
}

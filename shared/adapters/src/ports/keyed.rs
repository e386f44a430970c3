//! Keys in KMS that keep secrets of people: keyed hashes and the encryption of single fields.

use async_trait::async_trait;

use super::PortError;

/// A keyed hash (HMAC-SHA-256) whose key nobody can read. What follows from it (digits of codes, links,
/// tags of ID numbers) need not be stored.
#[async_trait]
pub trait Mac: Send + Sync {
    /// The hash of a message. The message begins with what it is for, so that one use never gives
    /// another's answer.
    async fn mac(&self, message: &[u8]) -> Result<[u8; 32], PortError>;
}

/// Encrypts single fields. Owner and field are bound to the ciphertext: moved to another place it opens no
/// more.
#[async_trait]
pub trait FieldCipher: Send + Sync {
    /// Encrypts; the answer is base64.
    async fn seal(&self, owner: &str, field: &str, text: &str) -> Result<String, PortError>;

    /// Decrypts what [`FieldCipher::seal`] made for the same owner and field.
    async fn open(&self, owner: &str, field: &str, sealed: &str) -> Result<String, PortError>;
}

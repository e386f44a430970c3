//! The maker of e-seals.

use async_trait::async_trait;

use super::PortError;

/// Whoever may say that an e-seal is one: a key of SM2, and the certificate that names it.
#[async_trait]
pub trait SealMaker: Send + Sync {
    /// Its identifier in seals (`Vid`), and its certificate, DER.
    async fn maker(&self) -> Result<(String, Vec<u8>), PortError>;

    /// Signs with SM2 over SM3, under the name that is used where none was agreed on. The answer is the DER of r
    /// and s.
    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, PortError>;
}

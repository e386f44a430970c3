//! Keys in KMS.

use async_trait::async_trait;
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};

use crate::ports::{DigestSigner, PortError};
use crate::sdk::port_error;

/// A P-256 signing key.
#[derive(Debug, Clone)]
pub struct KmsSigner {
    client: Client,
    key_id: String,
}

impl KmsSigner {
    /// The key of this id or ARN, in the account and region of `config`.
    pub fn connect(config: &aws_types::SdkConfig, key_id: impl Into<String>) -> Self {
        Self::new(Client::new(config), key_id)
    }

    /// The key of this id or ARN, by this client.
    pub fn new(client: Client, key_id: impl Into<String>) -> Self {
        Self {
            client,
            key_id: key_id.into(),
        }
    }
}

impl KmsSigner {
    /// The public key, DER of `SubjectPublicKeyInfo`: for the certificate that a root gives it.
    ///
    /// # Errors
    /// When KMS does not answer or refuses.
    pub async fn public_key_der(&self) -> Result<Vec<u8>, PortError> {
        let answer = self
            .client
            .get_public_key()
            .key_id(&self.key_id)
            .send()
            .await;
        let answer = answer.map_err(|error| port_error("kms", &error))?;
        let key = answer
            .public_key
            .ok_or_else(|| PortError::defect("kms", "answer without public key"))?;
        Ok(key.into_inner())
    }
}

#[async_trait]
impl DigestSigner for KmsSigner {
    async fn sign_sha256(&self, digest: &[u8; 32]) -> Result<Vec<u8>, PortError> {
        let answer = self
            .client
            .sign()
            .key_id(&self.key_id)
            .message(Blob::new(digest.to_vec()))
            .message_type(MessageType::Digest)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .send()
            .await
            .map_err(|error| port_error("kms", &error))?;
        let signature = answer
            .signature
            .ok_or_else(|| PortError::defect("kms", "answer without signature"))?;
        Ok(signature.into_inner())
    }
}

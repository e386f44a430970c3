//! The maker of e-seals, with a key of SM2 in a secret: KMS has such keys in China's regions only.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sm2::SecretKey;
use sm2::dsa::signature::Signer as _;
use sm2::dsa::{Signature, SigningKey};
use sm2::pkcs8::DecodePrivateKey as _;
use zeroize::Zeroizing;

use crate::ports::{PortError, SealMaker, Secrets};

/// The secret's name.
pub const SECRET: &str = "seal-maker";
/// The signer's name in the digest where nothing else was agreed on (GB/T 35276).
const DEFAULT_ID: &str = "1234567812345678";

/// What the secret holds.
#[derive(Deserialize)]
struct Held {
    /// Its identifier in seals.
    id: String,
    /// PKCS#8, base64 of DER.
    private_key: Zeroizing<String>,
    /// Base64 of DER.
    certificate: String,
}

/// The maker whose key and certificate stand in [`Secrets`].
pub struct SecretSealMaker {
    secrets: Arc<dyn Secrets>,
}

fn defect(why: &'static str) -> PortError {
    PortError::defect("seal-maker", why)
}

impl SecretSealMaker {
    /// The maker of these secrets.
    pub fn new(secrets: Arc<dyn Secrets>) -> Self {
        Self { secrets }
    }

    async fn held(&self) -> Result<Held, PortError> {
        let text = Zeroizing::new(self.secrets.read(SECRET).await?);
        serde_json::from_str(&text).map_err(|_| defect("the secret lacks a field"))
    }
}

#[async_trait]
impl SealMaker for SecretSealMaker {
    async fn maker(&self) -> Result<(String, Vec<u8>), PortError> {
        let held = self.held().await?;
        let certificate = STANDARD.decode(&held.certificate);
        let certificate = certificate.map_err(|_| defect("the certificate is not base64"))?;
        Ok((held.id, certificate))
    }

    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, PortError> {
        let held = self.held().await?;
        let bad = || defect("the private key is none of SM2 in PKCS#8");
        let der = STANDARD.decode(held.private_key.as_str());
        let der = Zeroizing::new(der.map_err(|_| bad())?);
        let secret = SecretKey::from_pkcs8_der(&der).map_err(|_| bad())?;
        let key = SigningKey::new(DEFAULT_ID, &secret).map_err(|_| bad())?;
        let signature: Signature = key.try_sign(message).map_err(|_| bad())?;
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

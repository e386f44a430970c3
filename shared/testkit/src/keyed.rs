//! Keyed hashes and field encryption with keys of a test: real HMAC, real AES-GCM, the key on the table.

use std::sync::Arc;

use adapters::ports::{FieldCipher, Mac, PortError};
use async_trait::async_trait;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::power::PowerCut;

const MAC_KEY: &[u8] = b"the mac key of the tests, 32 by.";
const FIELD_KEY: &[u8; 32] = b"the field key of the tests, 32b.";

/// HMAC-SHA-256.
#[derive(Debug)]
pub struct FakeMac {
    power: Arc<PowerCut>,
}

impl FakeMac {
    /// A key that everybody knows.
    pub fn new(power: Arc<PowerCut>) -> Self {
        Self { power }
    }

    /// The hash, at once: for tests that work out what was sent.
    pub fn now(message: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, MAC_KEY);
        let mut bytes = [0u8; 32];
        bytes.copy_from_slice(hmac::sign(&key, message).as_ref());
        bytes
    }
}

#[async_trait]
impl Mac for FakeMac {
    async fn mac(&self, message: &[u8]) -> Result<[u8; 32], PortError> {
        self.power.read()?;
        Ok(Self::now(message))
    }
}

/// AES-256-GCM, owner and field bound to it.
#[derive(Debug)]
pub struct FakeCipher {
    power: Arc<PowerCut>,
}

impl FakeCipher {
    /// A key that everybody knows.
    pub fn new(power: Arc<PowerCut>) -> Self {
        Self { power }
    }

    fn key() -> Result<LessSafeKey, PortError> {
        UnboundKey::new(&AES_256_GCM, FIELD_KEY)
            .map(LessSafeKey::new)
            .map_err(|error| PortError::defect("cipher", error.to_string()))
    }
}

fn context(owner: &str, field: &str) -> Aad<Vec<u8>> {
    Aad::from(format!("{owner}\0{field}").into_bytes())
}

#[async_trait]
impl FieldCipher for FakeCipher {
    async fn seal(&self, owner: &str, field: &str, text: &str) -> Result<String, PortError> {
        self.power.read()?;
        let mut bytes = text.as_bytes().to_vec();
        // One nonce for one text: enough for a test, and the same each time.
        let mut nonce = [0u8; 12];
        nonce.copy_from_slice(&FakeMac::now(text.as_bytes())[..12]);
        Self::key()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                context(owner, field),
                &mut bytes,
            )
            .map_err(|error| PortError::defect("cipher", error.to_string()))?;
        Ok(STANDARD.encode([&nonce[..], &bytes].concat()))
    }

    async fn open(&self, owner: &str, field: &str, sealed: &str) -> Result<String, PortError> {
        self.power.read()?;
        let wrong = || PortError::defect("cipher", "does not open");
        let bytes = STANDARD.decode(sealed).map_err(|_| wrong())?;
        let (nonce, text) = bytes.split_first_chunk::<12>().ok_or_else(wrong)?;
        let mut text = text.to_vec();
        let opened = Self::key()?
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                context(owner, field),
                &mut text,
            )
            .map_err(|_| wrong())?;
        String::from_utf8(opened.to_vec()).map_err(|_| wrong())
    }
}

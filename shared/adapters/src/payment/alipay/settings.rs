//! Who we are at Alipay, and the keys of both sides.

use std::fmt;

use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use crate::outbound;
use crate::payment::rsa::{Signer, Verifier};
use crate::ports::GatewayError;

/// Which gateway, who we are there, and the keys of both sides.
pub struct Settings {
    pub(super) gateway_url: Url,
    pub(super) app_id: String,
    pub(super) seller_id: String,
    pub(super) app_key: Signer,
    pub(super) alipay_key: Verifier,
    pub(super) notify_url: Url,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("gateway_url", &self.gateway_url.as_str())
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}

/// The secret `alipay` as it is stored.
#[derive(Deserialize)]
struct Secret {
    gateway_url: String,
    app_id: String,
    seller_id: String,
    app_private_key: Zeroizing<String>,
    alipay_public_key: String,
    notify_url: String,
}

impl Settings {
    /// Reads the JSON text of the secret `alipay`: `gateway_url`, `app_id`, `seller_id`, `app_private_key`
    /// (PKCS#8 or PKCS#1), `alipay_public_key` (SPKI or PKCS#1), `notify_url`. Keys are PEM or bare base64.
    pub fn parse(secret: &str) -> Result<Self, GatewayError> {
        let bad = |what: &str, why: &dyn fmt::Display| {
            GatewayError::Credentials(format!("{what}: {why}"))
        };
        // The error of serde_json may repeat what it read.
        let secret: Secret = serde_json::from_str(secret)
            .map_err(|_| bad("secret", &"not the JSON object that is expected"))?;
        let is_id = |id: &str| {
            (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        for (name, id) in [("app_id", &secret.app_id), ("seller_id", &secret.seller_id)] {
            if !is_id(id) {
                return Err(bad(name, &"letters and digits are expected"));
            }
        }
        let app_key =
            Signer::parse(&secret.app_private_key).map_err(|why| bad("app_private_key", &why))?;
        let alipay_key = Verifier::parse(&secret.alipay_public_key)
            .map_err(|why| bad("alipay_public_key", &why))?;
        // The console shows both public keys side by side, and the wrong one makes us believe ourselves.
        if app_key.is_pair_of(&alipay_key) {
            return Err(bad("alipay_public_key", &"this is our own public key"));
        }
        Ok(Self {
            gateway_url: outbound::endpoint(&secret.gateway_url)
                .map_err(|why| bad("gateway_url", &why))?,
            app_id: secret.app_id,
            seller_id: secret.seller_id,
            app_key,
            alipay_key,
            notify_url: outbound::endpoint(&secret.notify_url)
                .map_err(|why| bad("notify_url", &why))?,
        })
    }

    /// Where the gateway is.
    pub fn gateway_url(&self) -> &Url {
        &self.gateway_url
    }
}

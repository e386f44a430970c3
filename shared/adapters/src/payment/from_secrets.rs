//! Gateways as the secrets describe them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::payment::PaymentMethod;
use sha2::{Digest, Sha256};

use super::alipay::Alipay;
use super::wechatpay::WechatPay;
use crate::ports::{GatewayError, Gateways, PaymentGateway, PortError, Secrets};

/// What is kept of a secret's text: enough to see a change, and no key.
type Fingerprint = [u8; 32];

/// A gateway, and the secret it was made from.
type Kept = (Fingerprint, Arc<dyn PaymentGateway>);

/// The gateways whose credentials stand in [`Secrets`], each under its method's name.
///
/// A gateway, with its keys and its HTTP client, is kept as long as its secret's text is the same. So a
/// changed secret counts as soon as [`Secrets`] tells it, and keys are not parsed at each call.
pub struct FromSecrets {
    secrets: Arc<dyn Secrets>,
    kept: Mutex<HashMap<PaymentMethod, Kept>>,
}

impl FromSecrets {
    /// The gateways of these secrets.
    pub fn new(secrets: Arc<dyn Secrets>) -> Self {
        Self {
            secrets,
            kept: Mutex::default(),
        }
    }
}

#[async_trait]
impl Gateways for FromSecrets {
    async fn gateway(
        &self,
        method: PaymentMethod,
    ) -> Result<Arc<dyn PaymentGateway>, GatewayError> {
        let secret = self
            .secrets
            .read(method.as_str())
            .await
            .map_err(|error| match error {
                // Such as a secret that is not there: a stage without this gateway.
                PortError::Defect { .. } => GatewayError::Credentials(error.to_string()),
                _ => GatewayError::Unavailable(error.to_string()),
            })?;
        let fingerprint: Fingerprint = Sha256::digest(secret.as_bytes()).into();
        if let Ok(kept) = self.kept.lock()
            && let Some((known, gateway)) = kept.get(&method)
            && *known == fingerprint
        {
            return Ok(gateway.clone());
        }
        let gateway: Arc<dyn PaymentGateway> = match method {
            PaymentMethod::Alipay => Arc::new(Alipay::from_secret(&secret)?),
            PaymentMethod::WechatPay => Arc::new(WechatPay::from_secret(&secret)?),
        };
        if let Ok(mut kept) = self.kept.lock() {
            kept.insert(method, (fingerprint, gateway.clone()));
        }
        Ok(gateway)
    }
}

//! Secrets Manager.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use jiff::{SignedDuration, Timestamp};

use crate::ports::{Clock, PortError, Secrets};
use crate::sdk::port_error;

/// A changed secret is picked up within this.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// The secrets below one prefix, each kept for a minute.
pub struct SecretsManager {
    client: Client,
    prefix: String,
    clock: Arc<dyn Clock>,
    kept: Mutex<HashMap<String, (Timestamp, String)>>,
}

impl SecretsManager {
    /// The secrets below a prefix, in the account and region of `config`.
    pub fn connect(
        config: &aws_types::SdkConfig,
        prefix: impl Into<String>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self::new(Client::new(config), prefix, clock)
    }

    /// The secrets whose names begin with `prefix` and a slash.
    pub fn new(client: Client, prefix: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self {
            client,
            prefix: prefix.into(),
            clock,
            kept: Mutex::new(HashMap::new()),
        }
    }

    fn kept(&self, name: &str, now: Timestamp) -> Option<String> {
        let kept = self.kept.lock().ok()?;
        let (since, text) = kept.get(name)?;
        (now.duration_since(*since) < FRESH).then(|| text.clone())
    }
}

#[async_trait]
impl Secrets for SecretsManager {
    async fn read(&self, name: &str) -> Result<String, PortError> {
        let now = self.clock.now();
        if let Some(text) = self.kept(name, now) {
            return Ok(text);
        }
        let answer = self
            .client
            .get_secret_value()
            .secret_id(format!("{}/{name}", self.prefix))
            .send()
            .await
            .map_err(|error| port_error("secrets", &error))?;
        let text = answer
            .secret_string
            .ok_or_else(|| PortError::defect("secrets", "secret without text"))?;
        if let Ok(mut kept) = self.kept.lock() {
            kept.insert(name.to_owned(), (now, text.clone()));
        }
        Ok(text)
    }
}

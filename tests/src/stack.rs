//! A running stack, as `stack.json` describes it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use edge::aws::{Account, Credentials, sdk_config_for};
use serde::Deserialize;
use serde_json::Value;

use crate::hire::StaffLogin;

/// A stack.
#[derive(Debug, Clone, Deserialize)]
pub struct Stack {
    /// The site, and below `/api` the API, through the CDN.
    pub web: String,
    /// The HTTP API past the CDN.
    pub gateway: String,
    /// The outside world.
    pub sandbox: String,
    /// The cloud.
    pub ministack: String,
    /// Always `local`: nothing here runs against another.
    pub stage: String,
    /// Region of the cloud.
    pub region: String,
    /// Credentials of its owner.
    pub credentials: Keys,
    /// The table.
    pub table: String,
    /// Buckets.
    pub buckets: Buckets,
    /// The issuing CA's key.
    pub ca_key: String,
    /// The key of fields.
    pub field_key: String,
    /// The key of codes, links and tags.
    pub mac_key: String,
    /// Where its files are.
    pub dir: PathBuf,
    /// Its virtual keys.
    pub tokens: PathBuf,
    /// Prefix of function names.
    pub function_prefix: String,
    /// Demo logins.
    #[serde(default)]
    pub logins: Value,
    /// Where it was read from.
    #[serde(skip)]
    pub file: PathBuf,
}

/// Credentials.
#[derive(Debug, Clone, Deserialize)]
pub struct Keys {
    /// Id.
    pub access_key_id: String,
    /// Secret.
    pub secret_access_key: String,
}

/// Buckets.
#[derive(Debug, Clone, Deserialize)]
pub struct Buckets {
    /// Papers.
    pub papers: String,
    /// What everybody may read.
    pub public: String,
}

impl Stack {
    /// Reads a `stack.json`.
    ///
    /// # Errors
    /// When it is not there, does not parse or is not of a laptop.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| {
            format!(
                "no stack at {}: `cargo xtask up --detach` makes one",
                file.display()
            )
        })?;
        let mut stack: Self = serde_json::from_str(&text).context("stack.json does not parse")?;
        anyhow::ensure!(stack.stage == "local", "this is only for the stage `local`");
        file.clone_into(&mut stack.file);
        Ok(stack)
    }

    /// The stack that the test command started.
    ///
    /// # Errors
    /// When there is none.
    #[expect(
        clippy::disallowed_methods,
        reason = "the test command says by the environment where its stack is"
    )]
    pub fn of_the_tests() -> Result<Self> {
        let file = std::env::var("SEALKEY_STACK").context(
            "SEALKEY_STACK is not set: `cargo xtask test system` starts a stack and sets it",
        )?;
        Self::read(Path::new(&file))
    }

    /// Its cloud, as its owner.
    pub fn cloud(&self) -> edge::aws::SdkConfig {
        sdk_config_for(Account {
            region: self.region.clone(),
            credentials: Credentials::new(
                self.credentials.access_key_id.clone(),
                self.credentials.secret_access_key.clone(),
                None,
                None,
                "stack.json",
            ),
            endpoint: Some(self.ministack.clone()),
        })
    }

    /// What the cloud of a laptop has sent: `ses/messages` or `sns/sms-messages`.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn outbox(&self, what: &str) -> Result<Value> {
        let url = format!("{}/_ministack/{what}", self.ministack);
        let answer = reqwest::get(url).await?.error_for_status()?;
        Ok(answer.json().await?)
    }

    /// The demo login of a member of staff.
    ///
    /// # Errors
    /// When the seeds made none.
    pub fn staff_login(&self, person: &str) -> Result<StaffLogin> {
        serde_json::from_value(self.logins["staff"][person].clone())
            .with_context(|| format!("no demo login for {person}"))
    }
}

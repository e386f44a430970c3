//! Secrets.

use async_trait::async_trait;

use super::PortError;

/// The secrets of this stage.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The JSON text of a secret by its short name, for example `alipay`. At most a minute old.
    async fn read(&self, name: &str) -> Result<String, PortError>;
}

//! The ports that most functions want, from the environment.

use std::sync::Arc;

use adapters::dynamodb::Table;
use adapters::ports::Secrets;
use adapters::secrets::SecretsManager;

use crate::api::Gate;
use crate::config::{self, MissingVariable};
use crate::real::{OsRandom, SystemClock};
use crate::{aws, telemetry};

/// Sets up the log and connects to the table.
///
/// # Errors
/// [`MissingVariable`] when the template does not set one.
pub fn table() -> Result<Arc<Table>, MissingVariable> {
    telemetry::init();
    Ok(Arc::new(Table::connect(
        aws::sdk_config()?,
        config::required("TABLE")?,
    )))
}

/// The secrets of the stage.
///
/// # Errors
/// [`MissingVariable`] when the template does not set one.
pub fn secrets() -> Result<Arc<dyn Secrets>, MissingVariable> {
    let prefix = config::required("SECRETS_PREFIX")?;
    Ok(Arc::new(SecretsManager::connect(
        aws::sdk_config()?,
        prefix,
        Arc::new(SystemClock),
    )))
}

/// What the access layer needs.
///
/// # Errors
/// [`MissingVariable`] when the template does not set one.
pub fn gate(table: &Arc<Table>) -> Result<Gate, MissingVariable> {
    Ok(Gate {
        secrets: secrets()?,
        registry: table.clone(),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
    })
}

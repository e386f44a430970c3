//! `gateway check`: the program `operator`, with the secrets of a stage.

use std::fs;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::operator::{Account, text};
use crate::stack::{Place, Stack};
use crate::{deploy, repo};

/// Where the secrets of a stage are. They may be there before the stage itself is, so its stack is not asked.
#[derive(Debug, PartialEq, Eq)]
struct Secrets {
    account: Account,
    prefix: String,
}

impl Secrets {
    /// The laptop's, as its `stack.json` tells.
    fn of_stack(info: &Value) -> Result<Self> {
        Ok(Self {
            account: Account::of_stack(info)?,
            prefix: text(&info["secrets_prefix"], "place for secrets")?,
        })
    }

    /// Another stage's, as `samconfig.toml` tells.
    fn of_config(config: &str, stage: &str) -> Result<Self> {
        let (region, _) = deploy::place(config, stage)?;
        Ok(Self {
            account: Account::at_aws(region),
            prefix: format!("sealkey/{stage}"),
        })
    }

    fn find(stage: Option<&str>, dir: Option<String>) -> Result<Self> {
        match stage {
            None | Some("local") => {
                Self::of_stack(&Stack::load(Some(&Place::of_up(dir)?.file()))?.info)
            }
            Some(_) if dir.is_some() => bail!("--dir is for the stage local"),
            Some(stage @ ("staging" | "prod")) => {
                let config = fs::read_to_string(repo::root().join("samconfig.toml"))?;
                Self::of_config(&config, stage)
            }
            Some(other) => bail!("there is no stage {other}; there are local, staging, prod"),
        }
    }
}

/// Tries the credentials of the payment gateways, without charging anybody.
pub(crate) fn check(stage: Option<&str>, dir: Option<String>) -> Result<()> {
    let secrets = Secrets::find(stage, dir)?;
    secrets
        .account
        .operator(&[("--secrets", &secrets.prefix)], "gateway-check")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_stage_has_its_own_secrets() {
        let config = fs::read_to_string(repo::root().join("samconfig.toml")).unwrap();
        let staging = Secrets::of_config(&config, "staging").unwrap();
        assert_eq!(staging.prefix, "sealkey/staging");
        let prod = Secrets::of_config(&config, "prod").unwrap();
        assert_eq!(prod.prefix, "sealkey/prod");
        let mut info = json!({
            "region": "us-east-1", "ministack": "http://127.0.0.1:4566", "secrets_prefix": "sealkey/local",
            "credentials": { "access_key_id": "test" },
        });
        assert_eq!(Secrets::of_stack(&info).unwrap().prefix, "sealkey/local");
        info["secrets_prefix"] = json!("");
        let error = Secrets::of_stack(&info).unwrap_err().to_string();
        assert!(error.contains("place for secrets"), "{error}");
        assert!(Secrets::find(Some("test"), None).is_err());
        assert!(Secrets::find(Some("prod"), Some(".local".to_owned())).is_err());
    }
}

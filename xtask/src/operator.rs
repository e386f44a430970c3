//! The program `operator`: how it is built, and where a stage is.

use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{build, cloud, process};

/// A value that a stage must have.
pub(crate) fn text(value: &Value, what: &str) -> Result<String> {
    let text = value.as_str().filter(|text| !text.is_empty());
    Ok(text
        .with_context(|| format!("the stage has no {what}; deploy it again"))?
        .to_owned())
}

/// Where a stage is, and who asks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Account {
    region: String,
    /// Endpoint and credentials of a laptop's cloud.
    local: Option<(String, String)>,
}

impl Account {
    /// The laptop's, as its `stack.json` tells.
    pub(crate) fn of_stack(info: &Value) -> Result<Self> {
        Ok(Self {
            region: text(&info["region"], "region")?,
            local: Some((
                text(&info["ministack"], "endpoint")?,
                text(&info["credentials"]["access_key_id"], "credentials")?,
            )),
        })
    }

    /// AWS, with the credentials of the environment.
    pub(crate) fn at_aws(region: String) -> Self {
        Self {
            region,
            local: None,
        }
    }

    /// Runs the program. It speaks to the terminal itself.
    pub(crate) fn operator(&self, arguments: &[(&str, &str)], command: &str) -> Result<()> {
        // Out of the whole workspace, as everything is built: a package alone would choose other features of what
        // it shares, and the SDKs would be compiled once more.
        process::visibly(process::command("cargo").args([
            "build",
            "--quiet",
            "--workspace",
            "--bin",
            "operator",
        ]))?;
        process::visibly(&mut self.command(arguments, command))
    }

    /// What the program says, as it was built with everything that `up` starts.
    pub(crate) fn answer(&self, arguments: &[(&str, &str)], command: &str) -> Result<String> {
        let said = process::output(&mut self.command(arguments, command))?;
        Ok(said.trim().to_owned())
    }

    fn command(&self, arguments: &[(&str, &str)], command: &str) -> Command {
        let mut operator = process::command(build::program("operator"));
        operator.arg(command);
        for (name, value) in arguments {
            operator.args([name, value]);
        }
        self.environment(&mut operator);
        operator
    }

    fn environment(&self, command: &mut Command) {
        command.env("AWS_REGION", &self.region);
        match &self.local {
            // What stands in the environment for AWS must not reach a laptop's cloud, nor the other way round.
            Some((endpoint, credentials)) => {
                command
                    .env("AWS_ENDPOINT_URL", endpoint)
                    .env("AWS_ACCESS_KEY_ID", credentials)
                    .env("AWS_SECRET_ACCESS_KEY", cloud::ACCESS_KEY)
                    .env_remove("AWS_SESSION_TOKEN");
            }
            None => {
                command.env_remove("AWS_ENDPOINT_URL");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_laptop_is_read_from_its_stack_and_keeps_to_itself() {
        let info = json!({
            "region": "us-east-1", "ministack": "http://127.0.0.1:4566",
            "credentials": { "access_key_id": "test" },
        });
        let account = Account::of_stack(&info).unwrap();
        let mut command = Command::new("true");
        account.environment(&mut command);
        let set: Vec<_> = command.get_envs().collect();
        let value = |name: &str| set.iter().find(|(known, _)| *known == name).unwrap().1;
        assert_eq!(value("AWS_ENDPOINT_URL").unwrap(), "http://127.0.0.1:4566");
        assert_eq!(value("AWS_ACCESS_KEY_ID").unwrap(), "test");
        assert!(value("AWS_SESSION_TOKEN").is_none());
    }

    #[test]
    fn another_stage_goes_to_aws_whatever_endpoint_is_set() {
        let account = Account::at_aws("eu-central-1".to_owned());
        let mut command = Command::new("true");
        account.environment(&mut command);
        let set: Vec<_> = command.get_envs().collect();
        assert!(set.contains(&("AWS_ENDPOINT_URL".as_ref(), None)));
        assert!(set.contains(&("AWS_REGION".as_ref(), Some("eu-central-1".as_ref()))));
    }
}

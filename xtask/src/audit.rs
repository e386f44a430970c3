//! `audit verify` and `staff first-admin`: the program `operator`, with the names of a stage.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::cloud::{self, Cloud};
use crate::stack::{Place, Stack};
use crate::{build, deploy, process, repo, tools};

/// What `operator` has to know of a stage.
#[derive(Debug, PartialEq, Eq)]
struct Stage {
    region: String,
    table: String,
    audit_bucket: String,
    audit_key: String,
    field_key: String,
    mac_key: String,
    site_url: String,
    /// Endpoint and credentials of a laptop's cloud.
    local: Option<(String, String)>,
}

fn text(value: &Value, what: &str) -> Result<String> {
    let text = value.as_str().filter(|text| !text.is_empty());
    Ok(text
        .with_context(|| format!("the stage has no {what}; deploy it again"))?
        .to_owned())
}

impl Stage {
    /// The laptop's, as its `stack.json` tells.
    fn of_stack(info: &Value) -> Result<Self> {
        Ok(Self {
            region: text(&info["region"], "region")?,
            table: text(&info["table"], "table")?,
            audit_bucket: text(&info["buckets"]["audit"], "bucket for the audit")?,
            audit_key: text(&info["audit_key"], "key for the audit")?,
            field_key: text(&info["field_key"], "key for fields")?,
            mac_key: text(&info["mac_key"], "key for codes and links")?,
            site_url: text(&info["web"], "site")?,
            local: Some((
                text(&info["ministack"], "endpoint")?,
                text(&info["credentials"]["access_key_id"], "credentials")?,
            )),
        })
    }

    /// Another one's, as its stack's outputs tell.
    fn of_outputs(region: String, outputs: &Value) -> Result<Self> {
        let output = |name: &str| text(&outputs[name], &format!("output {name}"));
        Ok(Self {
            region,
            table: output("Table")?,
            audit_bucket: output("AuditBucket")?,
            audit_key: output("AuditKey")?,
            field_key: output("FieldKey")?,
            mac_key: output("MacKey")?,
            site_url: output("SiteUrl")?,
            local: None,
        })
    }

    fn find(stage: Option<&str>, dir: Option<String>) -> Result<Self> {
        match stage {
            None | Some("local") => {
                let stack = Stack::load(Some(&Place::of_up(dir)?.file()))?;
                Self::of_stack(&stack.info)
            }
            Some(_) if dir.is_some() => bail!("--dir is for the stage local"),
            Some(stage @ ("staging" | "prod")) => {
                tools::python()?;
                let config = fs::read_to_string(repo::root().join("samconfig.toml"))?;
                let (region, stack) = deploy::place(&config, stage)?;
                let question = json!({ "stack": stack, "region": region });
                let there: Value = Cloud::Aws.ask("outputs", &question)?;
                Self::of_outputs(region, &there["outputs"])
            }
            Some(other) => bail!("there is no stage {other}; there are local, staging, prod"),
        }
    }

    /// Runs the program with these arguments before it. It speaks to the terminal itself.
    fn operator(&self, arguments: &[(&str, &str)], command: &str) -> Result<()> {
        // Out of the whole workspace, as everything is built: a package alone would choose other features of what
        // it shares, and the SDKs would be compiled once more.
        process::visibly(process::command("cargo").args([
            "build",
            "--quiet",
            "--workspace",
            "--bin",
            "operator",
        ]))?;
        let mut operator = process::command(build::program("operator"));
        operator.arg(command);
        for (name, value) in arguments {
            operator.args([name, value]);
        }
        self.environment(&mut operator);
        process::visibly(&mut operator)
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

/// Compares the audit with what was signed of it.
pub(crate) fn verify(stage: Option<&str>, dir: Option<String>) -> Result<()> {
    let stage = Stage::find(stage, dir)?;
    stage.operator(
        &[
            ("--table", &stage.table),
            ("--audit-bucket", &stage.audit_bucket),
            ("--audit-key", &stage.audit_key),
        ],
        "audit-verify",
    )
}

/// Invites one of the first two administrators and shows the link.
pub(crate) fn first_admin(
    stage: Option<&str>,
    dir: Option<String>,
    name: &str,
    mail: &str,
) -> Result<()> {
    let stage = Stage::find(stage, dir)?;
    stage.operator(
        &[
            ("--table", &stage.table),
            ("--field-key", &stage.field_key),
            ("--mac-key", &stage.mac_key),
            ("--site-url", &stage.site_url),
            ("--name", name),
            ("--mail", mail),
        ],
        "first-admin",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_stack() -> Value {
        json!({
            "region": "us-east-1", "table": "t", "buckets": { "audit": "b" }, "audit_key": "a", "field_key": "f",
            "mac_key": "m", "web": "http://localhost:4567", "ministack": "http://127.0.0.1:4566",
            "credentials": { "access_key_id": "test" },
        })
    }

    #[test]
    fn a_laptop_is_read_from_its_stack_and_keeps_to_itself() {
        let stage = Stage::of_stack(&of_stack()).unwrap();
        let mut command = Command::new("true");
        stage.environment(&mut command);
        let set: Vec<_> = command.get_envs().collect();
        let value = |name: &str| set.iter().find(|(known, _)| *known == name).unwrap().1;
        assert_eq!(value("AWS_ENDPOINT_URL").unwrap(), "http://127.0.0.1:4566");
        assert_eq!(value("AWS_ACCESS_KEY_ID").unwrap(), "test");
        assert!(value("AWS_SESSION_TOKEN").is_none());
    }

    #[test]
    fn what_a_stage_lacks_is_named() {
        let mut info = of_stack();
        info["buckets"] = json!({});
        let error = Stage::of_stack(&info).unwrap_err().to_string();
        assert!(error.contains("bucket for the audit"), "{error}");
        let error = Stage::of_outputs("r".to_owned(), &json!({ "Table": "t" })).unwrap_err();
        assert!(error.to_string().contains("AuditBucket"), "{error}");
    }

    #[test]
    fn another_stage_goes_to_aws_whatever_endpoint_is_set() {
        let names = [
            "Table",
            "AuditBucket",
            "AuditKey",
            "FieldKey",
            "MacKey",
            "SiteUrl",
        ];
        let outputs: Value = names
            .iter()
            .map(|name| ((*name).to_owned(), json!("x")))
            .collect();
        let stage = Stage::of_outputs("eu-central-1".to_owned(), &outputs).unwrap();
        let mut command = Command::new("true");
        stage.environment(&mut command);
        let set: Vec<_> = command.get_envs().collect();
        assert!(set.contains(&("AWS_ENDPOINT_URL".as_ref(), None)));
        assert!(set.contains(&("AWS_REGION".as_ref(), Some("eu-central-1".as_ref()))));
    }
}

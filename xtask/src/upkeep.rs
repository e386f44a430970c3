//! `audit verify`, `orders reindex`, `agent ticket-key` and `staff first-admin`: the program `operator`, with the names of a stage.

use std::fs;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::operator::{Account, text};
use crate::stack::{Place, Stack};
use crate::{deploy, repo, tools};

/// What `operator` has to know of a stage.
#[derive(Debug, PartialEq, Eq)]
struct Stage {
    account: Account,
    table: String,
    audit_bucket: String,
    audit_key: String,
    field_key: String,
    mac_key: String,
    ticket_key: String,
    site_url: String,
}

impl Stage {
    /// The laptop's, as its `stack.json` tells.
    fn of_stack(info: &Value) -> Result<Self> {
        Ok(Self {
            account: Account::of_stack(info)?,
            table: text(&info["table"], "table")?,
            audit_bucket: text(&info["buckets"]["audit"], "bucket for the audit")?,
            audit_key: text(&info["audit_key"], "key for the audit")?,
            field_key: text(&info["field_key"], "key for fields")?,
            mac_key: text(&info["mac_key"], "key for codes and links")?,
            ticket_key: text(&info["ticket_key"], "key for tickets")?,
            site_url: text(&info["web"], "site")?,
        })
    }

    /// Another one's, as its stack's outputs tell.
    fn of_outputs(region: String, outputs: &Value) -> Result<Self> {
        let output = |name: &str| text(&outputs[name], &format!("output {name}"));
        Ok(Self {
            account: Account::at_aws(region),
            table: output("Table")?,
            audit_bucket: output("AuditBucket")?,
            audit_key: output("AuditKey")?,
            field_key: output("FieldKey")?,
            mac_key: output("MacKey")?,
            ticket_key: output("TicketKey")?,
            site_url: output("SiteUrl")?,
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
}

/// Compares the audit with what was signed of it.
pub(crate) fn verify(stage: Option<&str>, dir: Option<String>) -> Result<()> {
    let stage = Stage::find(stage, dir)?;
    stage.account.operator(
        &[
            ("--table", &stage.table),
            ("--audit-bucket", &stage.audit_bucket),
            ("--audit-key", &stage.audit_key),
        ],
        "audit-verify",
    )
}

/// Writes companies' lists anew, after a policy calls states by other words.
pub(crate) fn reindex(stage: Option<&str>, dir: Option<String>) -> Result<()> {
    let stage = Stage::find(stage, dir)?;
    stage
        .account
        .operator(&[("--table", &stage.table)], "orders-reindex")
}

/// Shows the public half of the key of tickets, as agents' configurations have it.
pub(crate) fn ticket_key(stage: Option<&str>, dir: Option<String>) -> Result<()> {
    let stage = Stage::find(stage, dir)?;
    stage
        .account
        .operator(&[("--ticket-key", &stage.ticket_key)], "ticket-key")
}

/// Invites one of the first two administrators and shows the link.
pub(crate) fn first_admin(
    stage: Option<&str>,
    dir: Option<String>,
    name: &str,
    mail: &str,
) -> Result<()> {
    let stage = Stage::find(stage, dir)?;
    stage.account.operator(
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
            "mac_key": "m", "ticket_key": "k", "web": "http://localhost:4567", "ministack": "http://127.0.0.1:4566",
            "credentials": { "access_key_id": "test" },
        })
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
    fn what_a_stage_has_is_read() {
        assert_eq!(Stage::of_stack(&of_stack()).unwrap().audit_bucket, "b");
        let names = [
            "Table",
            "AuditBucket",
            "AuditKey",
            "FieldKey",
            "MacKey",
            "TicketKey",
            "SiteUrl",
        ];
        let outputs: Value = names
            .iter()
            .map(|name| ((*name).to_owned(), json!("x")))
            .collect();
        let stage = Stage::of_outputs("eu-central-1".to_owned(), &outputs).unwrap();
        assert_eq!(stage.account, Account::at_aws("eu-central-1".to_owned()));
    }
}

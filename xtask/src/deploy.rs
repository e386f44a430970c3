//! `deploy STAGE`: to AWS, with the credentials of the environment.

use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::terminal::step;
use crate::{build, process, repo, tools, web};

/// What a stage of samconfig.toml chose.
struct Chosen {
    region: String,
    stack: String,
    overrides: Vec<String>,
}

/// What regions lack that a stage may choose: beginning of the region's name, choice, what is missing.
const LACKING: &[(&str, &str, &str)] = &[(
    "cn-",
    "Stage=",
    "SES, SMS by SNS, CloudFront functions and origin access controls, which the template needs",
)];

/// Reads the few lines of samconfig.toml that matter here; sam reads the file itself.
fn chosen(config: &str, stage: &str) -> Result<Chosen> {
    let head = format!("[{stage}.deploy.parameters]");
    let section = config
        .split_once(&head)
        .with_context(|| format!("samconfig.toml has no {head}"))?
        .1;
    let section = section.split("\n[").next().unwrap_or_default();
    let value = |name: &str| {
        let line = section
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='))?;
        Some(line.trim().trim_matches('"').to_owned())
    };
    Ok(Chosen {
        region: value("region").context("the stage has no region")?,
        stack: value("stack_name").context("the stage has no stack_name")?,
        overrides: section
            .lines()
            .filter_map(|line| Some(line.trim().strip_prefix('"')?.split('"').next()?.to_owned()))
            .collect(),
    })
}

/// Refuses a stage whose region lacks a service it chose.
fn check(stage: &str, chosen: &Chosen) -> Result<()> {
    let has = |choice: &str| chosen.overrides.iter().any(|there| there == choice);
    if !has(&format!("Stage={stage}")) {
        bail!("samconfig.toml, {stage}: parameter_overrides must have Stage={stage}");
    }
    for (region, choice, lack) in LACKING {
        if chosen.region.starts_with(region)
            && chosen
                .overrides
                .iter()
                .any(|there| there.starts_with(choice))
        {
            bail!("{} has no {lack} (samconfig.toml, {stage})", chosen.region);
        }
    }
    Ok(())
}

/// Region and stack of a stage.
pub(crate) fn place(config: &str, stage: &str) -> Result<(String, String)> {
    let chosen = chosen(config, stage)?;
    Ok((chosen.region, chosen.stack))
}

pub(crate) fn to_aws(stage: Option<&str>) -> Result<()> {
    let stage = stage
        .filter(|stage| ["staging", "prod"].contains(stage))
        .context("deploy to staging or prod; for a laptop there is cargo xtask up")?;
    let config = repo::root().join("samconfig.toml");
    let chosen = chosen(&fs::read_to_string(&config)?, stage)?;
    check(stage, &chosen)?;
    tools::python()?;
    let aws = Cloud::Aws;
    step("secrets", || {
        let wanted = [
            "origin",
            "alipay",
            "wechatpay",
            "courier",
            "tax",
            "seal-maker",
        ]
        .map(|name| format!("sealkey/{stage}/{name}"));
        let missing: Vec<String> = aws.ask(
            "missing_secrets",
            &json!({ "region": chosen.region, "names": wanted }),
        )?;
        if !missing.is_empty() {
            bail!(
                "Secrets Manager in {} lacks {}; docs/operations.md says what they hold",
                chosen.region,
                missing.join(", ")
            );
        }
        Ok(((), String::new()))
    })?;
    step("web: packages", || Ok(((), web::install()?)))?;
    step("web: pages", || Ok(((), web::build()?)))?;
    build::functions(build::Profile::Release)?;
    let mut sam = aws.tool("sam")?;
    sam.args(["deploy", "--config-env", stage, "--config-file"])
        .arg(&config);
    sam.arg("--template-file")
        .arg(repo::root().join("infra/template.yaml"));
    process::visibly(&mut sam)?;
    let there: Value = aws.ask(
        "outputs",
        &json!({ "stack": chosen.stack, "region": chosen.region }),
    )?;
    let outputs = &there["outputs"];
    step("site", || {
        let files: u64 = aws.ask(
            "site",
            &json!({ "bucket": outputs["SiteBucket"], "folder": repo::root().join("web/dist"), "distribution": outputs["Distribution"], "region": chosen.region }),
        )?;
        Ok(((), format!("{files} files")))
    })?;
    println!("\n  {}", outputs["SiteUrl"].as_str().unwrap_or_default());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "version = 0.1
[prod.deploy.parameters]
stack_name = \"sealkey-prod\"
region = \"eu-central-1\"
parameter_overrides = [
    \"Stage=prod\",
    \"Mail=ses\",
]
[staging.deploy.parameters]
region = \"eu-central-1\"
";

    #[test]
    fn a_stage_is_read_from_its_own_section() {
        let prod = chosen(CONFIG, "prod").unwrap();
        assert_eq!(
            (
                prod.region.as_str(),
                prod.stack.as_str(),
                prod.overrides.len()
            ),
            ("eu-central-1", "sealkey-prod", 2)
        );
        check("prod", &prod).unwrap();
        assert!(check("staging", &prod).is_err());
        assert!(chosen(CONFIG, "other").is_err());
    }

    #[test]
    fn a_region_without_a_chosen_service_is_refused() {
        let mut prod = chosen(CONFIG, "prod").unwrap();
        prod.region = "cn-north-1".to_owned();
        let error = check("prod", &prod).unwrap_err().to_string();
        assert!(error.contains("SES"), "{error}");
    }

    #[test]
    fn the_stages_of_this_checkout_pass() {
        let config = fs::read_to_string(repo::root().join("samconfig.toml")).unwrap();
        for stage in ["staging", "prod"] {
            check(stage, &chosen(&config, stage).unwrap()).unwrap();
        }
    }
}

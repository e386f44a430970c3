//! What is generated, and whether it is fresh.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{process, repo, web};

const BEGIN: &str = "  # >>> generated";
const END: &str = "  # <<< generated";

fn template_file() -> PathBuf {
    repo::root().join("infra/template.yaml")
}

/// Logical id (without `Function`) and name of each function of the template, in its order.
fn functions_of(template: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = template.lines().collect();
    let mut found = Vec::new();
    for at in 1..lines.len() {
        if lines[at].trim() != "Type: AWS::Serverless::Function" {
            continue;
        }
        let id = lines[at - 1].trim().trim_end_matches(':');
        let name = lines[at..].iter().find_map(|line| {
            line.trim()
                .strip_prefix("FunctionName: !Sub sealkey-${Stage}-")
        });
        if let (Some(id), Some(name)) = (id.strip_suffix("Function"), name) {
            found.push((id.to_owned(), name.to_owned()));
        }
    }
    found
}

/// Names of the functions.
pub(crate) fn functions() -> Result<Vec<String>> {
    let template = fs::read_to_string(template_file()).context("reading infra/template.yaml")?;
    Ok(functions_of(&template)
        .into_iter()
        .map(|(_, name)| name)
        .collect())
}

/// What an example of a package prints.
fn printed_by(package: &str, example: &str) -> Result<String> {
    process::output(process::command("cargo").args([
        "run",
        "--quiet",
        "--package",
        package,
        "--example",
        example,
    ]))
}

/// Writes everything; with `check`, says what was stale, puts it back and fails.
pub(crate) fn run(check: bool) -> Result<()> {
    let mut targets = vec![template_file()];
    let openapi = repo::root().join("web/openapi.json");
    if openapi.parent().is_some_and(Path::is_dir) {
        targets.push(openapi.clone());
    }
    let states = repo::root().join("docs/order-states.md");
    targets.push(states.clone());
    let types = repo::root().join("web/src/api/schema.ts");
    if web::exists() && web::has_script("gen") {
        targets.push(types);
    }
    let before: Vec<Option<Vec<u8>>> = targets.iter().map(|file| fs::read(file).ok()).collect();

    let template = fs::read_to_string(template_file())?;
    let routes = printed_by("contract", "routes")?;
    fs::write(template_file(), fill(&template, &routes)?)?;
    if targets.contains(&openapi) {
        fs::write(&openapi, printed_by("contract", "openapi")?)?;
    }
    fs::write(&states, printed_by("testkit", "order_states")?)?;
    if web::exists() && web::has_script("gen") {
        web::install()?;
        process::output(&mut web::npm("gen"))?;
    }

    let mut stale = Vec::new();
    for (file, before) in targets.iter().zip(before) {
        if fs::read(file).ok() == before {
            continue;
        }
        stale.push(
            file.strip_prefix(repo::root())
                .unwrap_or(file)
                .display()
                .to_string(),
        );
        if check {
            match before {
                Some(bytes) => fs::write(file, bytes)?,
                None => fs::remove_file(file)?,
            }
        }
    }
    match (check, stale.is_empty()) {
        (_, true) => println!("Everything generated is fresh."),
        (false, false) => println!("Wrote {}.", stale.join(", ")),
        (true, false) => bail!("stale: {}; run: cargo xtask gen", stale.join(", ")),
    }
    Ok(())
}

/// The template with the block between its two marks written anew: each function's log group and alarm, and each
/// route with its integration and permission.
fn fill(template: &str, routes: &str) -> Result<String> {
    let functions = functions_of(template);
    let mut block = String::new();
    for (id, name) in &functions {
        write!(
            block,
            "  {id}Logs:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      LogGroupName: !Sub /aws/lambda/sealkey-${{Stage}}-{name}
      RetentionInDays: !Ref LogRetentionDays
  {id}Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: Function {name} fails.
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{{ Name: FunctionName, Value: !Ref {id}Function }}]
      Statistic: Sum
      Period: 300
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
      AlarmActions: [!Ref AlarmTopic]
"
        )?;
    }
    let mut by_function: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for line in routes.lines() {
        let [method, path, function] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            bail!("a route is METHOD PATH function, not {line:?}");
        };
        by_function
            .entry(function)
            .or_default()
            .push((method, path));
    }
    for (function, routes) in by_function {
        let (id, _) = functions
            .iter()
            .find(|(_, name)| name == function)
            .with_context(|| {
                format!("routes go to function {function}, which infra/template.yaml does not have")
            })?;
        write!(
            block,
            "  {id}Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref HttpApi
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt {id}Function.Arn
      PayloadFormatVersion: \"2.0\"
  {id}Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref {id}Function
      Action: lambda:InvokeFunction
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{HttpApi}}/*/*
"
        )?;
        for (method, path) in routes {
            write!(
                block,
                "  {}Route:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref HttpApi
      RouteKey: {method} {path}
      Target: !Sub integrations/${{{id}Integration}}
",
                route_id(method, path)
            )?;
        }
    }
    let begin = template
        .find(BEGIN)
        .context("infra/template.yaml has lost its mark `# >>> generated`")?;
    let begin = begin
        + template[begin..]
            .find('\n')
            .context("a line after the mark")?
        + 1;
    let end = template
        .find(END)
        .context("infra/template.yaml has lost its mark `# <<< generated`")?;
    Ok(format!("{}{block}{}", &template[..begin], &template[end..]))
}

/// `GET /api/orders/{order}` is `GetOrdersOrder`.
fn route_id(method: &str, path: &str) -> String {
    let words = path
        .strip_prefix("/api")
        .unwrap_or(path)
        .split(|c: char| !c.is_ascii_alphanumeric());
    std::iter::once(method)
        .chain(words)
        .fold(String::new(), |mut id, word| {
            let mut letters = word.chars();
            id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            id.push_str(&letters.as_str().to_ascii_lowercase());
            id
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "Resources:
  PayCallbackFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub sealkey-${Stage}-pay-callback

  # >>> generated by `cargo xtask gen`
old
  # <<< generated

Outputs: {}
";

    #[test]
    fn the_block_between_the_marks_is_written_anew() {
        let once = fill(TEMPLATE, "POST /api/webhooks/alipay pay-callback\n").unwrap();
        assert!(once.contains("  PayCallbackLogs:\n"));
        assert!(once.contains("  PostWebhooksAlipayRoute:\n"));
        assert!(once.contains("      RouteKey: POST /api/webhooks/alipay\n"));
        assert!(!once.contains("\nold\n"));
        assert!(once.ends_with("  # <<< generated\n\nOutputs: {}\n"));
        assert_eq!(
            fill(&once, "POST /api/webhooks/alipay pay-callback\n").unwrap(),
            once
        );
    }

    #[test]
    fn a_route_needs_its_function() {
        let error = fill(TEMPLATE, "GET /api/x nobody\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("nobody"), "{error}");
    }

    #[test]
    fn ids_of_routes_are_letters_and_digits() {
        assert_eq!(
            route_id("GET", "/api/orders/{order}/lines/{line}/papers"),
            "GetOrdersOrderLinesLinePapers"
        );
        assert_eq!(
            route_id("POST", "/api/console/shipping/{order}/{line}/handed-over"),
            "PostConsoleShippingOrderLineHandedOver"
        );
    }
}

//! Breaking a stack on purpose, and looking at what its owner sees.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::job::until;
use crate::stack::Stack;

/// Runs `xtask stack …` on a stack and returns what it printed last.
///
/// # Errors
/// When it fails, with what it said.
pub async fn xtask(stack: &Stack, words: &[&str]) -> Result<String> {
    let file = stack.file.to_str().context("stack.json has a name")?;
    let said = run(&[&["stack"], words, &["--stack", file]].concat()).await?;
    Ok(said.trim().lines().last().unwrap_or_default().to_owned())
}

/// Runs `xtask` and returns all that it printed.
#[expect(
    clippy::disallowed_methods,
    reason = "the test command says by the environment where its program is"
)]
async fn run(words: &[&str]) -> Result<String> {
    let program = std::env::var("SEALKEY_XTASK")
        .context("SEALKEY_XTASK is not set: use `cargo xtask test system`")?;
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let named = words.join(" ");
    let output = tokio::task::spawn_blocking(move || {
        std::process::Command::new(program)
            .args(words)
            .stdin(Stdio::null())
            .output()
    })
    .await??;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "xtask {named}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(said)
}

/// The executions of an order: name and status.
///
/// # Errors
/// When the cloud does not answer.
pub async fn executions(stack: &Stack, order: &str) -> Result<Vec<(String, String)>> {
    Ok(serde_json::from_str(
        &xtask(stack, &["executions", order]).await?,
    )?)
}

/// Waits until every execution of an order has ended, and holds each to one of `wanted`.
///
/// # Errors
/// When one never ends, or ends otherwise.
pub async fn executions_end(stack: &Stack, order: &str, wanted: &[&str]) -> Result<()> {
    let ended = until(&format!("the executions of {order} end"), || async {
        let found = executions(stack, order).await?;
        let running = found.iter().any(|(_, status)| status == "RUNNING");
        Ok((!found.is_empty() && !running).then_some(found))
    })
    .await?;
    for (name, status) in &ended {
        ensure!(
            wanted.contains(&status.as_str()),
            "{name} ended {status}: {ended:?}"
        );
    }
    Ok(())
}

/// Calls a function directly.
///
/// # Errors
/// When it fails.
pub async fn invoke(stack: &Stack, function: &str, payload: &Value) -> Result<Value> {
    let answer: Value =
        serde_json::from_str(&xtask(stack, &["invoke", function, &payload.to_string()]).await?)?;
    ensure!(answer["failed"] == false, "{function}: {answer}");
    Ok(answer["answer"].clone())
}

/// Compares the audit of a stack with what was signed of it, as its owner does.
///
/// # Errors
/// When anything differs, with what.
pub async fn audit_verify(stack: &Stack) -> Result<String> {
    let folder = stack.file.parent().context("stack.json lies in a folder")?;
    let folder = folder.to_str().context("a folder with a name")?.to_owned();
    run(&["audit", "verify", "--dir", &folder]).await
}

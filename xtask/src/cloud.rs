//! The local cloud seen from here: environment of its tools, and `infra/local/cloud.py`, which speaks to it.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{process, repo, tools};

/// Region that the local stage plays.
pub(crate) const REGION: &str = "us-east-1";
/// Account that MiniStack plays.
pub(crate) const ACCOUNT: &str = "000000000000";
/// Root credentials of MiniStack. They open nothing else.
pub(crate) const ACCESS_KEY: &str = "test";

/// Which cloud a tool speaks to.
#[derive(Debug, Clone)]
pub(crate) enum Cloud {
    /// MiniStack at this URL.
    Local(String),
    /// AWS, with the credentials of the environment.
    Aws,
}

impl Cloud {
    /// A tool of the venv, pointed at this cloud.
    pub(crate) fn tool(&self, name: &str) -> Result<Command> {
        let mut command = process::command(tools::python()?.with_file_name(name));
        command
            .env("SAM_CLI_TELEMETRY", "0")
            .env("SAM_CLI_POLL_DELAY", "0.2")
            .env("PYTHONUNBUFFERED", "1");
        if let Cloud::Local(endpoint) = self {
            for name in [
                "AWS_PROFILE",
                "AWS_SESSION_TOKEN",
                "AWS_REGION",
                "AWS_ROLE_ARN",
                "AWS_WEB_IDENTITY_TOKEN_FILE",
            ] {
                command.env_remove(name);
            }
            command
                .env("AWS_ENDPOINT_URL", endpoint)
                .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
                .env("AWS_SECRET_ACCESS_KEY", ACCESS_KEY)
                .env("AWS_DEFAULT_REGION", REGION)
                .env("AWS_EC2_METADATA_DISABLED", "true")
                .env("AWS_CONFIG_FILE", "/dev/null")
                .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
                .env("NO_PROXY", "127.0.0.1,localhost");
        }
        Ok(command)
    }

    /// Does a task of `infra/local/cloud.py`.
    pub(crate) fn ask<T: DeserializeOwned>(&self, task: &str, arguments: &Value) -> Result<T> {
        self.run(task, arguments, Stdio::piped())
    }

    /// Does a task that speaks to the terminal.
    pub(crate) fn show(&self, task: &str, arguments: &Value) -> Result<()> {
        self.run::<Value>(task, arguments, Stdio::inherit())
            .map(drop)
    }

    fn run<T: DeserializeOwned>(&self, task: &str, arguments: &Value, errors: Stdio) -> Result<T> {
        let mut child = self
            .tool("python")?
            .arg(repo::root().join("infra/local/cloud.py"))
            .arg(task)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .context("starting python")?;
        child
            .stdin
            .take()
            .context("its input")?
            .write_all(&serde_json::to_vec(arguments)?)?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!(
                "{task}: {}",
                said.lines().last().unwrap_or("no reason was given")
            );
        }
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("reading the answer of {task}"))
    }
}

/// Status and body of a GET on loopback; `None` while nobody answers.
pub(crate) fn get(port: u16, path: &str) -> Option<(u16, String)> {
    use std::io::Read;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut socket = TcpStream::connect_timeout(&address, Duration::from_millis(500)).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    socket
        .write_all(
            format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        )
        .ok()?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
}

/// Whether somebody listens.
pub(crate) fn taken(port: u16) -> bool {
    TcpStream::connect_timeout(
        &SocketAddr::from(([127, 0, 0, 1], port)),
        Duration::from_millis(300),
    )
    .is_ok()
}

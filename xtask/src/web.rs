//! The web part: installing and building it when something changed.

use anyhow::{Result, bail};

use crate::stack::Stack;
use crate::{process, repo};

fn dir() -> std::path::PathBuf {
    repo::root().join("web")
}

/// Whether there is a web part to install.
pub(crate) fn exists() -> bool {
    dir().join("package-lock.json").is_file()
}

/// `npm run SCRIPT` as a command.
pub(crate) fn npm(script: &str) -> std::process::Command {
    let mut command = process::command("npm");
    command
        .current_dir(dir())
        .args(["run", "--silent", script])
        .env("NO_UPDATE_NOTIFIER", "1");
    command
}

/// Whether package.json has this script.
pub(crate) fn has_script(script: &str) -> bool {
    repo::read_json::<serde_json::Value>(&dir().join("package.json"))
        .is_some_and(|package| package["scripts"][script].is_string())
}

/// `npm ci`, when the lock file has changed.
pub(crate) fn install() -> Result<String> {
    if !exists() {
        return Ok("nothing yet".to_owned());
    }
    let wanted = repo::fingerprint([dir().join("package-lock.json")])?;
    let mark = dir().join("node_modules/.sealkey-lock");
    if repo::marked(&mark, &wanted) {
        return Ok(String::new());
    }
    process::output(process::command("npm").current_dir(dir()).args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]))?;
    repo::mark(&mark, &wanted)?;
    Ok("installed".to_owned())
}

/// `npm run build`, when a source has changed.
pub(crate) fn build() -> Result<String> {
    std::fs::create_dir_all(dir().join("dist"))?;
    if !exists() || !has_script("build") {
        return Ok("nothing yet".to_owned());
    }
    let tests = dir().join("e2e");
    let sources = repo::files(&dir())?.into_iter();
    let wanted = repo::fingerprint(sources.filter(|file| !file.starts_with(&tests)))?;
    let mark = repo::root().join(".local/web-built");
    if repo::marked(&mark, &wanted) && dir().join("dist/index.html").is_file() {
        return Ok("unchanged".to_owned());
    }
    process::output(&mut npm("build"))?;
    repo::mark(&mark, &wanted)?;
    Ok("built".to_owned())
}

/// Pictures of every page.
pub(crate) fn screenshots(stack: &Stack) -> Result<()> {
    let script = dir().join("scripts/screenshots.mjs");
    if !script.is_file() {
        bail!("web/scripts/screenshots.mjs is not there yet");
    }
    process::visibly(
        process::command("node")
            .current_dir(dir())
            .arg(script)
            .env("SEALKEY_STACK", stack.place.file()),
    )
}

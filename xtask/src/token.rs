//! Virtual keys of the laptop: made, listed, locked, pulled out and plugged in.

use anyhow::Result;

use crate::{build, process, repo};

/// Hands the words to `sealkey-token`, with the laptop's folder of keys. Neither
/// `down` nor `reset` touches them: a person keeps a key, whatever a cloud forgets.
pub(crate) fn run(words: &[String]) -> Result<()> {
    // Out of the whole workspace, as everything is built: a package alone would choose other features of what it
    // shares.
    process::visibly(process::command("cargo").args([
        "build",
        "--quiet",
        "--workspace",
        "--bin",
        "sealkey-token",
        "--lib",
    ]))?;
    let mut command = process::command(build::program("sealkey-token"));
    command.args(words);
    if !words.is_empty() {
        command.arg(repo::root().join(".local/tokens"));
    }
    process::visibly(&mut command)
}

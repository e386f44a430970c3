//! Virtual keys of the laptop: made, listed, locked, pulled out and plugged in.

use anyhow::{Result, bail};

use crate::stack::Place;
use crate::{build, process};

/// Hands the words to `sealkey-token`, with the folder of keys of the stack in `--dir`.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let mut words = words.to_vec();
    let dir = match words.iter().position(|word| word == "--dir") {
        Some(at) if at + 1 < words.len() => {
            words.remove(at);
            Some(words.remove(at))
        }
        Some(_) => bail!("--dir needs a value"),
        None => None,
    };
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
    if !words.is_empty() {
        command.args(&words).arg(Place::of_up(dir)?.tokens());
    }
    process::visibly(&mut command)
}

//! Virtual keys of the laptop: made, listed, locked, ended, pulled out and plugged in.

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
        "--bin",
        "seed",
        "--lib",
    ]))?;
    if words.first().map(String::as_str) == Some("expire") {
        return expire(&words[1..], &Place::of_up(dir)?);
    }
    let mut command = process::command(build::program("sealkey-token"));
    if !words.is_empty() {
        command.args(&words).arg(Place::of_up(dir)?.tokens());
    }
    process::visibly(&mut command)?;
    if words.iter().any(|word| word == "--help") {
        println!("\nOf the running stack, not of the key alone:\n\n  {EXPIRE}");
    }
    Ok(())
}

const EXPIRE: &str = "expire SERIAL [--days N]   the certificate of one of the demo's keys ends in N days; below zero it ended so many \
                      days ago (default: -1)";

/// Gives one of the demo's keys a certificate that ends in so many days, or has ended: for that a CA is wanted, and the
/// company's record of it, so the running stack does it and not the key alone.
fn expire(words: &[String], place: &Place) -> Result<()> {
    let (serial, days) = match words {
        [serial] => (serial, "-1"),
        [serial, option, days] if option == "--days" => (serial, days.as_str()),
        _ => bail!("token {EXPIRE}"),
    };
    process::visibly(
        process::command(build::program("seed"))
            .arg("--stack")
            .arg(place.file())
            .args(["--end", serial, "--days", days]),
    )
}

//! `fuzz`: the targets of the folder `fuzz`, each for a while. It runs on stable Rust: without a sanitizer, which
//! safe code does not need, all that is asked of the compiler are options of LLVM.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::{process, repo, terminal, tools};

/// Seconds for each target.
const SECONDS: &str = "60";
/// The longest that one input may take, in seconds. What is slower is a finding.
const SLOW: u32 = 10;
/// The most memory, in MiB. What takes more is a finding.
const MEMORY: u32 = 1024;

/// What a run leaves: what is built, inputs that reach more, inputs that fail. None of it is for the repository.
fn place(what: &str) -> PathBuf {
    repo::root().join(".local/fuzz").join(what)
}

/// Fuzzes one target, or all one after the other.
pub(crate) fn run(target: Option<&str>, seconds: Option<&str>) -> Result<()> {
    let seconds: u32 = seconds
        .unwrap_or(SECONDS)
        .parse()
        .ok()
        .filter(|seconds| *seconds > 0)
        .context("for how many seconds? a number is expected")?;
    let corpus = repo::root().join("fuzz/corpus");
    let mut targets: Vec<String> = fs::read_dir(&corpus)?
        .map(|folder| Ok(folder?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    targets.sort();
    if let Some(target) = target {
        if !targets.iter().any(|known| known == target) {
            bail!(
                "there is no target {target}; there are {}",
                targets.join(", ")
            );
        }
        targets = vec![target.to_owned()];
    }
    let cargo_fuzz = tools::cargo_fuzz()?;
    // What is fuzzed are the versions that are shipped.
    fs::copy(
        repo::root().join("Cargo.lock"),
        repo::root().join("fuzz/Cargo.lock"),
    )?;
    for target in &targets {
        println!("{}", terminal::bold(target));
        let found = place("corpus").join(target);
        let failed = place("failed").join(target);
        fs::create_dir_all(&found)?;
        fs::create_dir_all(&failed)?;
        let mut fuzz = process::command(&cargo_fuzz);
        fuzz.args(["run", "--fuzz-dir", "fuzz", "--sanitizer", "none"])
            .arg("--target-dir")
            .arg(place("target"))
            .arg(target)
            // New inputs go into the first folder.
            .args([&found, &corpus.join(target)])
            .arg("--")
            .args([
                format!("-max_total_time={seconds}"),
                format!("-timeout={SLOW}"),
                format!("-rss_limit_mb={MEMORY}"),
                format!("-artifact_prefix={}/", failed.display()),
                "-print_final_stats=1".to_owned(),
            ]);
        process::visibly(&mut fuzz).with_context(|| {
            format!(
                "{target}: an input failed; it is in {}. Make it small (cargo fuzz tmin), mend the fault, and put \
                 the input into fuzz/corpus/{target}",
                failed.display()
            )
        })?;
    }
    Ok(())
}

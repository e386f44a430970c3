//! Builds the functions and packs them for deployment.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::{generate, process, repo, terminal};

/// How they are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Fast to build: tests and the laptop.
    Dev,
    /// Small and fast to start: AWS. By cargo-lambda, which links against the libc of Lambda.
    Release,
}

/// Programs of the laptop that are no function.
const BESIDE: &[&str] = &["sandbox", "seed", "demo"];

/// The archive of a function.
pub(crate) fn archive(function: &str) -> PathBuf {
    repo::build_dir().join(format!("{function}.zip"))
}

/// A program that runs on the laptop as it is.
pub(crate) fn program(name: &str) -> PathBuf {
    repo::target_dir().join("debug").join(name)
}

/// Whether the workspace has this package beside the functions.
pub(crate) fn has_program(name: &str) -> bool {
    beside().iter().any(|(_, program)| program == name)
}

/// Packages and programs that run beside the functions, as far as they are there.
fn beside() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for name in BESIDE {
        for (package, file) in [
            (*name, format!("{name}/src/main.rs")),
            ("system-tests", format!("tests/src/bin/{name}.rs")),
            ("system-tests", format!("tests/src/bin/{name}/main.rs")),
        ] {
            if repo::root().join(file).is_file() {
                found.push((package.to_owned(), (*name).to_owned()));
                break;
            }
        }
    }
    found
}

/// Builds everything that runs in one call of cargo, and packs what has changed.
pub(crate) fn functions(profile: Profile) -> Result<()> {
    let functions = generate::functions()?;
    let there = repo::packages("functions")?;
    if let Some(missing) = functions.iter().find(|name| !there.contains(name)) {
        bail!("infra/template.yaml has function {missing}, but functions/{missing} does not exist");
    }
    let compress = profile == Profile::Release;
    let compiled = match profile {
        Profile::Dev => dev(&functions)?,
        Profile::Release => release(&functions)?,
    };
    terminal::step("functions: packing", || {
        Ok(((), pack(&functions, &compiled, compress)?))
    })
}

/// Answers where each function's binary is, in their order.
fn dev(functions: &[String]) -> Result<Vec<PathBuf>> {
    println!("  functions, sandbox and agent: cargo build");
    if !program("sandbox").is_file() {
        println!("  (the first build takes a quarter of an hour: the AWS SDKs)");
    }
    // The whole workspace, as the tests build it: a choice of packages would choose other features of what they
    // share, and the SDKs would be compiled once more.
    // Libraries too: the module of virtual keys is one.
    process::visibly(process::command("cargo").args(["build", "--workspace", "--bins", "--lib"]))?;
    Ok(functions.iter().map(|name| program(name)).collect())
}

fn release(functions: &[String]) -> Result<Vec<PathBuf>> {
    if !process::there_is("cargo-lambda") {
        bail!("cargo-lambda is missing; run: pip install cargo-lambda (it brings zig)");
    }
    let out = repo::target_dir().join("lambda");
    let mut cargo = process::command("cargo");
    cargo
        .args(["lambda", "build", "--release", "--lambda-dir"])
        .arg(&out);
    for function in functions {
        cargo.args(["--package", function]);
    }
    process::visibly(&mut cargo)?;
    Ok(functions
        .iter()
        .map(|name| out.join(name).join("bootstrap"))
        .collect())
}

/// Strips and zips each binary that is not the one packed last.
fn pack(functions: &[String], compiled: &[PathBuf], compress: bool) -> Result<String> {
    fs::create_dir_all(repo::build_dir())?;
    let lock = File::create(repo::build_dir().join("lock"))?;
    lock.lock()?;
    let index_file = repo::build_dir().join("index.json");
    let mut index: BTreeMap<String, String> = repo::read_json(&index_file).unwrap_or_default();
    let mut files = Vec::new();
    for (function, binary) in functions.iter().zip(compiled) {
        let meta = fs::metadata(binary).with_context(|| format!("finding {}", binary.display()))?;
        let age = meta.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
        let stamp = format!("{} {age} {}", binary.display(), meta.len());
        if index.get(function) == Some(&stamp) && archive(function).is_file() {
            continue;
        }
        let stripped = repo::build_dir().join(function);
        process::output(
            process::command("strip")
                .arg("-o")
                .arg(&stripped)
                .arg(binary),
        )?;
        files.push(json!([stripped, archive(function)]));
        index.insert(function.clone(), stamp);
    }
    if files.is_empty() {
        return Ok("unchanged".to_owned());
    }
    let count = files.len();
    let _: Value = Cloud::Aws.ask("zips", &json!({ "files": files, "compress": compress }))?;
    for function in functions {
        let _ = fs::remove_file(repo::build_dir().join(function));
    }
    repo::write_json(&index_file, &index)?;
    let size: u64 = functions
        .iter()
        .filter_map(|name| fs::metadata(archive(name)).ok())
        .map(|meta| meta.len())
        .sum();
    Ok(format!("{count} changed, {} MB in all", size / 1_000_000))
}

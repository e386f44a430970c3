//! What must be installed: found, or installed where that is possible, or said in one line.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

use crate::{process, repo, terminal};

/// Program, or a file where it is no program (`*` for a number of its folder); Debian package.
type Tool = (&'static str, &'static str);

/// The last ones build the virtual keys.
const FOR_UP: &[Tool] = &[
    ("cc", "gcc"),
    ("strip", "binutils"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("pkg-config", "pkg-config"),
    ("/usr/lib/llvm-*/lib/libclang.so", "libclang-dev"),
    ("openssl", "openssl"),
    ("/usr/include/openssl/ssl.h", "libssl-dev"),
    ("/usr/include/sqlite3.h", "libsqlite3-dev"),
];
/// The last one is a second module beside the virtual keys.
const FOR_TEST: &[Tool] = &[("chromium", "chromium"), ("softhsm2-util", "softhsm2")];
/// cargo-deb asks it what the agent is linked with.
const FOR_PACKAGE: &[Tool] = &[("dpkg-shlibdeps", "dpkg-dev")];
/// They install the package where it harms nobody, and look at what it brought.
const FOR_PACKAGE_TEST: &[Tool] = &[
    ("unshare", "util-linux"),
    ("systemd-analyze", "systemd"),
    ("desktop-file-validate", "desktop-file-utils"),
];
/// The version that the package's metadata was written for.
const CARGO_DEB: &str = "3.8.0";

/// What a stack writes beside the build: the packed functions, and the local cloud's two copies of them.
const ROOM_GIB: u64 = 4;

/// A full disk shows itself late, as a function that does not start; so it is asked first.
fn room() -> Result<()> {
    let disk = rustix::fs::statvfs(repo::root()).context("the free space of this disk")?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize) >> 30;
    if free < ROOM_GIB {
        bail!(
            "the disk of {} has {free} GiB left, a stack needs {ROOM_GIB}; old builds go with: cargo clean",
            repo::root().display()
        );
    }
    Ok(())
}

fn is_there(what: &str) -> bool {
    let Some((before, after)) = what.split_once('*') else {
        return process::there_is(what);
    };
    let (folder, begin) = before.rsplit_once('/').unwrap_or_default();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.any(|name| {
        name.starts_with(begin) && process::there_is(&format!("{folder}/{name}{after}"))
    })
}

/// Programs of the system and room on the disk, for `up` or for all of `test`.
pub(crate) fn system(for_test: bool) -> Result<String> {
    room()?;
    let for_test: &[&[Tool]] = if for_test {
        &[FOR_TEST, FOR_PACKAGE, FOR_PACKAGE_TEST]
    } else {
        &[]
    };
    let wanted = FOR_UP.iter().chain(for_test.iter().copied().flatten());
    ensure(wanted)
}

/// Programs of the system to make a package.
pub(crate) fn packaging() -> Result<String> {
    ensure(FOR_PACKAGE.iter())
}

fn ensure<'a>(wanted: impl Iterator<Item = &'a Tool>) -> Result<String> {
    let missing: Vec<&str> = wanted
        .filter(|(what, _)| !is_there(what))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(String::new());
    }
    let packages = missing.join(" ");
    let debian = process::there_is("apt-get");
    if debian && rustix::process::getuid().is_root() {
        process::output(process::command("apt-get").args(["update", "-q"]))?;
        process::output(
            process::command("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(["install", "-y", "-q", "--no-install-recommends"])
                .args(&missing),
        )?;
        return Ok(format!("installed {packages}"));
    }
    if debian {
        bail!("some programs are missing; run: sudo apt-get install -y {packages}");
    }
    bail!("some programs are missing; install with your package manager: {packages}")
}

/// Cargo tools that the tests need.
pub(crate) fn nextest() -> Result<String> {
    if process::there_is("cargo-nextest") {
        return Ok(String::new());
    }
    process::output(process::command("cargo").args(["install", "--locked", "cargo-nextest"]))?;
    Ok("installed cargo-nextest".to_owned())
}

/// Cargo's fuzzer, in a folder of this checkout: only `fuzz` needs it.
pub(crate) fn cargo_fuzz() -> Result<PathBuf> {
    if let Some(there) = process::find("cargo-fuzz") {
        return Ok(there);
    }
    let tools = repo::root().join(".local/tools");
    let program = tools.join("bin/cargo-fuzz");
    if !program.is_file() {
        terminal::step("cargo-fuzz: installing it", || {
            process::output(
                process::command("cargo")
                    .args(["install", "--locked", "cargo-fuzz", "--root"])
                    .arg(&tools),
            )?;
            Ok(((), format!("into {}", tools.display())))
        })?;
    }
    Ok(program)
}

/// What makes packages of the agent: this version and no other, beside what cargo builds.
pub(crate) fn cargo_deb() -> Result<PathBuf> {
    let folder = repo::target_dir()
        .join("tools")
        .join(format!("cargo-deb-{CARGO_DEB}"));
    let program = folder.join("bin/cargo-deb");
    if !program.is_file() {
        terminal::step("cargo-deb: installing it", || {
            process::output(
                process::command("cargo")
                    .args(["install", "--locked", "cargo-deb", "--version", CARGO_DEB])
                    .arg("--root")
                    .arg(&folder)
                    // Its own build would else be thrown away with that of the workspace, or stay in it.
                    .arg("--target-dir")
                    .arg(folder.join("build")),
            )?;
            let _ = std::fs::remove_dir_all(folder.join("build"));
            Ok(((), format!("into {}", folder.display())))
        })?;
    }
    Ok(program)
}

fn venv() -> PathBuf {
    std::env::var_os("SEALKEY_VENV")
        .map_or_else(|| repo::root().join(".venv"), |dir| repo::root().join(dir))
}

/// The Python of the venv; makes the venv when it is missing or its pins have changed. Once a process.
pub(crate) fn python() -> Result<PathBuf> {
    static READY: OnceLock<PathBuf> = OnceLock::new();
    if let Some(python) = READY.get() {
        return Ok(python.clone());
    }
    let pins = repo::root().join("infra/local/requirements.txt");
    let mark = venv().join("sealkey-pins");
    // By what they say alone: clones beside each other share the venv.
    let wanted = repo::sha256(&pins)?;
    let python = venv().join("bin/python");
    if !repo::marked(&mark, &wanted) || !python.exists() {
        terminal::step("local cloud: installing the pins", || {
            Ok(((), install_venv(&pins)?))
        })?;
        repo::mark(&mark, &wanted)?;
    }
    Ok(READY.get_or_init(|| python).clone())
}

fn install_venv(pins: &Path) -> Result<String> {
    let base = ["python3.11", "python3.12", "python3.13", "python3"]
        .into_iter()
        .find(|name| {
            let probe = "import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))";
            process::output(process::command(name).args(["-c", probe])).is_ok()
        })
        .context("no Python between 3.11 and 3.13 with venv was found; on Debian: apt-get install -y python3 python3-venv")?;
    process::output(
        process::command(base)
            .args(["-m", "venv", "--clear"])
            .arg(venv()),
    )?;
    process::output(
        process::command(venv().join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                // The pins are complete, so nothing is resolved.
                "--no-deps",
                "--require-hashes",
                "-r",
            ])
            .arg(pins),
    )
    .context(
        "the pins could not be installed; without a network this needs the wheels in pip's cache",
    )?;
    Ok(format!("into {}", venv().display()))
}

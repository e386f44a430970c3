//! `package`: the agent for a user's computer, as a Debian package.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::build::{self, Profile};
use crate::{process, repo, terminal, tools};

/// Profiles of modules that no customer has.
const OF_TESTS: [&str; 2] = ["soft.toml", "softhsm2.toml"];

/// A point of P-256 that everybody knows: the one that all others are counted from. It signs for nobody.
const NOBODYS: &str =
    "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";

fn place() -> PathBuf {
    repo::root().join(".local/package")
}

/// Builds it as it is shipped, and says what it is. `config` is a folder with what the agent has to know of a stage.
pub(crate) fn run(config: Option<&str>) -> Result<()> {
    tools::packaging()?;
    let out = repo::target_dir().join("package/debian");
    let made = make(Profile::Release, config.map(Path::new), &out)?;
    let bytes = fs::metadata(&made)?.len();
    println!("  {}", made.display());
    println!("  {}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10);
    println!("  SHA-256 {}", repo::sha256(&made)?);
    if config.is_none() {
        println!(
            "  It knows of no stage: whoever installs it writes /etc/sealkey-agent/config.json, or packs it with --config."
        );
    }
    Ok(())
}

/// Makes the package of the agent in a folder. The agent of tests is the one that lies in cargo's folder.
pub(crate) fn make(profile: Profile, config: Option<&Path>, out: &Path) -> Result<PathBuf> {
    let cargo_deb = tools::cargo_deb()?;
    fs::create_dir_all(place())?;
    // What is laid out for one package must not get into another.
    let lock = File::create(place().join("lock"))?;
    lock.lock()?;
    let (program, target) = match profile {
        Profile::Dev => (build::program("sealkey-agent"), repo::target_dir()),
        Profile::Release => release()?,
    };
    if let Some(config) = config {
        lay_out(config, &place().join("etc"))?;
        process::output(
            process::command(program)
                .arg("--config")
                .arg(place().join("etc/config.json"))
                .arg("--check-config"),
        )?;
    }
    terminal::step("agent: packing", || {
        let _ = fs::remove_dir_all(out);
        fs::create_dir_all(out)?;
        let mut pack = process::command(cargo_deb);
        pack.args(["--package", "local-agent", "--no-build", "--locked"])
            .env("CARGO_TARGET_DIR", &target)
            .arg("--output")
            .arg(out);
        match profile {
            Profile::Dev => pack.args(["--profile", "dev", "--fast", "--quiet"]),
            Profile::Release => pack.args(["--profile", "release"]),
        };
        if config.is_some() {
            pack.args(["--variant", "configured"]);
        }
        if let Some(time) = committed() {
            pack.env("SOURCE_DATE_EPOCH", time);
        }
        process::output(&mut pack)?;
        let made = repo::files(out)?;
        let [made] = made.as_slice() else {
            bail!("cargo-deb left {} files in {}", made.len(), out.display());
        };
        let name = made.file_name().unwrap_or_default().to_string_lossy();
        Ok((made.clone(), name.into_owned()))
    })
}

/// Packages of the agent that lies in cargo's folder, for the tests that install them: `bare`, `configured` for an
/// agent on this port, and `again`, the same once more.
pub(crate) fn for_tests(folder: &Path, port: u16) -> Result<()> {
    let _ = fs::remove_dir_all(folder);
    let config = folder.join("stage");
    let said = json!({
        "cloud": "http://127.0.0.1:1",
        "site_origins": ["https://site.test"],
        "ticket_keys": [NOBODYS],
        "port": port,
    });
    repo::write_json(&config.join("config.json"), &said)?;
    let example = repo::root().join("local-agent/profiles/vendor.toml.example");
    let model = fs::read_to_string(&example)?.replace("name = \"vendor\"", "name = \"model\"");
    fs::create_dir_all(config.join("profiles"))?;
    fs::write(config.join("profiles/model.toml"), model)?;
    for (name, config) in [
        ("bare", None),
        ("configured", Some(config.as_path())),
        ("again", Some(config.as_path())),
    ] {
        make(Profile::Dev, config, &folder.join(name))?;
    }
    Ok(())
}

/// When this commit was made: the time of every file in a package. Outside of a repository, cargo-deb has its own.
fn committed() -> Option<String> {
    let mut git = process::command("git");
    let said = process::output(git.args(["log", "-1", "--format=%ct"])).ok()?;
    Some(said.trim().to_owned())
}

/// The agent as it is shipped, and the folder of cargo that it is in: one of its own, since what is built there is
/// built with other flags. Whoever builds it, the paths in it are the same.
fn release() -> Result<(PathBuf, PathBuf)> {
    let target = repo::target_dir().join("package");
    let cargo_home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    );
    let flags = [
        format!("--remap-path-prefix={}=/sealkey", repo::root().display()),
        format!("--remap-path-prefix={}=/cargo", cargo_home.display()),
    ];
    println!("  agent: cargo build --release");
    let mut cargo = process::command("cargo");
    cargo
        .args(["build", "--release", "--locked", "--package", "local-agent"])
        .args(["--bin", "sealkey-agent"])
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    process::visibly(&mut cargo)?;
    Ok((target.join("release/sealkey-agent"), target))
}

/// Copies `config.json` and `profiles/*.toml` to where cargo-deb looks for them. What else lies there was hardly
/// meant for every customer, so it is refused.
fn lay_out(config: &Path, to: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to.join("profiles"))?;
    let wrong = |path: &Path, why: &str| format!("{}: {why}", path.display());
    for found in fs::read_dir(config).with_context(|| format!("reading {}", config.display()))? {
        let path = found?.path();
        match path.file_name().and_then(|name| name.to_str()) {
            Some("config.json" | "profiles") => {}
            _ => bail!(wrong(&path, "only config.json and profiles are packed")),
        }
    }
    let file = config.join("config.json");
    let said: Value = serde_json::from_slice(
        &fs::read(&file).with_context(|| format!("reading {}", file.display()))?,
    )
    .with_context(|| wrong(&file, "not JSON"))?;
    for field in ["journal", "profiles"] {
        if said.get(field).is_some() {
            bail!(wrong(
                &file,
                &format!(
                    "a package leaves `{field}` where it is: each user has a journal, and profiles lie beside the file"
                )
            ));
        }
    }
    fs::copy(&file, to.join("config.json"))?;
    let profiles = config.join("profiles");
    if profiles.is_dir() {
        for found in fs::read_dir(&profiles)? {
            let path = found?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.extension().is_none_or(|end| end != "toml") || OF_TESTS.contains(&name.as_ref())
            {
                bail!(wrong(&path, "not the profile of a model that is sold"));
            }
            fs::copy(&path, to.join("profiles").join(name.as_ref()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_meant_for_everybody_is_packed() {
        let place = std::env::temp_dir().join(format!("sealkey-package-{}", std::process::id()));
        let (from, to) = (place.join("from"), place.join("to"));
        fs::create_dir_all(from.join("profiles")).unwrap();
        fs::write(from.join("config.json"), r#"{"cloud": "x"}"#).unwrap();
        fs::write(from.join("profiles/model.toml"), "").unwrap();
        lay_out(&from, &to).unwrap();
        assert_eq!(
            repo::files(&to).unwrap(),
            [to.join("config.json"), to.join("profiles/model.toml")]
        );
        for (file, text) in [
            ("desk.key", ""),
            ("profiles/soft.toml", ""),
            ("profiles/model.toml.old", ""),
            ("config.json", r#"{"journal": "state"}"#),
            ("config.json", r#"{"profiles": "elsewhere"}"#),
            ("config.json", "{"),
        ] {
            let path = from.join(file);
            let before = fs::read(&path).ok();
            fs::write(&path, text).unwrap();
            let error = lay_out(&from, &to).unwrap_err().to_string();
            assert!(error.starts_with(path.to_str().unwrap()), "{error}");
            match before {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
        }
        lay_out(&from, &to).unwrap();
        fs::remove_file(from.join("config.json")).unwrap();
        assert!(lay_out(&from, &to).is_err());
        fs::remove_dir_all(&place).unwrap();
    }
}

//! What all rules use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a rule found: each says the place, what is wrong and the mend.
pub type Faults = Vec<String>;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// A file of the repository.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of the folders under `functions/`.
pub fn function_folders() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Every `.rs` file under a folder, relative to the repository.
pub fn rust_files(folder: &str) -> Vec<String> {
    let mut found: Vec<String> = committed()
        .into_iter()
        .filter(|path| path.starts_with(folder) && is(path, "rs"))
        .collect();
    found.sort();
    found
}

/// Does the name end so?
pub fn is(path: &str, extension: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|found| found == extension)
}

/// Every file that is, or would be, committed.
pub fn committed() -> Vec<String> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        listed.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let text = String::from_utf8(listed.stdout).unwrap();
    let names = text.split('\0').filter(|name| !name.is_empty());
    names
        .filter(|name| root().join(name).is_file())
        .map(ToOwned::to_owned)
        .collect()
}

/// `book-shipment` as `BookShipment`.
pub fn pascal(name: &str) -> String {
    let part = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').map(part).collect()
}

/// Fails with everything that was found.
#[track_caller]
pub fn none(faults: &[String]) {
    assert!(
        faults.is_empty(),
        "{} found:\n- {}",
        faults.len(),
        faults.join("\n- ")
    );
}

/// A rule must be able to fail: of what it found, something says this.
#[track_caller]
pub fn says(faults: &[String], what: &str) {
    assert!(
        faults.iter().any(|fault| fault.contains(what)),
        "no fault says `{what}`; found:\n- {}",
        faults.join("\n- ")
    );
}

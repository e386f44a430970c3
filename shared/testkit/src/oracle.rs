//! Programs that are not ours, which look at what is issued: Python's asn1crypto and gmssl (`tests/oracle/look.py`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub enum Look<'a> {
    /// An e-seal, DER.
    Seal(&'a [u8]),
    /// A company's certificate and its issuer's, PEM.
    Certificate(&'a str, &'a str),
    /// A revocation list, DER, and its issuer's certificate, PEM.
    Crl(&'a [u8], &'a str),
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Python of the local cloud: `cargo xtask test tools` installs it.
fn python() -> PathBuf {
    let venv =
        std::env::var_os("SEALKEY_VENV").map_or_else(|| PathBuf::from(".venv"), PathBuf::from);
    root().join(venv).join("bin/python")
}

/// What they say of it; the error is their reason not to believe it.
///
/// # Errors
/// Why it does not hold.
///
/// # Panics
/// When they cannot be asked.
pub fn look(at: Look<'_>) -> Result<Value, String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let no = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("sealkey-oracle-{}-{no}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let (kind, files) = match at {
        Look::Seal(seal) => ("seal", vec![seal]),
        Look::Certificate(one, issuer) => ("certificate", vec![one.as_bytes(), issuer.as_bytes()]),
        Look::Crl(list, issuer) => ("crl", vec![list, issuer.as_bytes()]),
    };
    let mut command = Command::new(python());
    command.arg(root().join("tests/oracle/look.py")).arg(kind);
    for (no, content) in files.into_iter().enumerate() {
        let file = folder.join(no.to_string());
        fs::write(&file, content).expect("written");
        command.arg(file);
    }
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; cargo xtask test tools", python().display()));
    let _ = fs::remove_dir_all(&folder);
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).expect("JSON"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

//! Programs, folders, drivers and certificates for the tests.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::str::FromStr as _;
use std::time::Duration;

use local_agent::token::{Pin, Pkcs11Driver, Profile, profile};
use p256::ecdsa::{DerSignature, SigningKey};
use x509_cert::builder::profile::cabf::Root;
use x509_cert::builder::{Builder as _, CertificateBuilder};
use x509_cert::der::Encode as _;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Validity;

/// The folder of a test that runs in a program of its own.
const FOLDER: &str = "SEALKEY_TOKEN_TEST";

pub const PIN: &str = "135792468";
pub const SO_PIN: &str = "SO2468013579";

/// Runs a test in a program of its own, with a folder of its own in which the modules find their configuration.
pub fn alone(name: &str, test: impl FnOnce(&Machine)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return test(&Machine(folder.into()));
    }
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("hsm");
    std::fs::create_dir(&tokens).unwrap();
    let hsm = folder.path().join("softhsm2.conf");
    std::fs::write(
        &hsm,
        format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        ),
    )
    .unwrap();
    std::fs::write(folder.path().join("token.conf"), "slots = []\n").unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder.path())
        .env("KRYOPTIC_CONF", folder.path().join("token.conf"))
        .env("SOFTHSM2_CONF", hsm)
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    // A name that fits no test would succeed without a word.
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

/// Where `libsoft_token.so` is.
pub fn soft_token() -> PathBuf {
    std::env::current_exe()
        .unwrap()
        .with_file_name("libsoft_token.so")
}

/// Profiles as they are shipped, except for where the module of this test is.
pub fn profiles(names: &[&str]) -> Vec<Profile> {
    let modules = BTreeMap::from([("soft".to_owned(), soft_token())]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
    let mut profiles = profile::load(&folder, &modules).unwrap();
    profiles.retain(|profile| names.contains(&profile.name.as_str()));
    assert_eq!(profiles.len(), names.len());
    profiles
}

pub fn driver(names: &[&str]) -> Pkcs11Driver {
    Pkcs11Driver::new(profiles(names))
}

pub fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned())
}

/// A folder that is a machine with its sockets.
pub struct Machine(pub PathBuf);

impl Machine {
    /// Runs `sealkey-token`.
    pub fn run(&self, words: &[&str]) -> Output {
        self.run_with(words, "")
    }

    /// Runs `sealkey-token` with a text as its input.
    pub fn run_with(&self, words: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sealkey-token"))
            .args(words)
            .arg("--module")
            .arg(soft_token())
            .arg(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Most commands end without reading it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Runs `sealkey-token`, which must do it, and answers with its first line.
    pub fn does(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        said.lines().next().unwrap_or_default().to_owned()
    }

    /// A key in use, with [`PIN`] and [`SO_PIN`].
    pub fn key(&self, serial: &str) -> String {
        self.does(&[
            "new", "--medium", "cpp", "--serial", serial, "--pin", PIN, "--so-pin", SO_PIN,
        ])
    }
}

/// Some certificate for a public key.
pub fn certificate(spki: &[u8], name: &str) -> Vec<u8> {
    let signer = SigningKey::from_slice(&[7; 32]).unwrap();
    CertificateBuilder::new(
        Root::new(
            false,
            Name::from_str(&format!("CN={name},O=Sealkey,C=CN")).unwrap(),
        )
        .unwrap(),
        SerialNumber::from(42_u32),
        Validity::from_now(Duration::from_hours(1)).unwrap(),
        SubjectPublicKeyInfoOwned::try_from(spki).unwrap(),
    )
    .unwrap()
    .build::<_, DerSignature>(&signer)
    .unwrap()
    .to_der()
    .unwrap()
}

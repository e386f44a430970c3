//! The root ceremony: a root that is made and kept offline signs the CA of a stage, whose key lies in KMS.
//!
//! | command | where | takes | leaves |
//! | --- | --- | --- | --- |
//! | `ca-root` | offline | a name | `root.key.pem` (mode 0600), `root.pem` |
//! | `ca-request` | with the stage | the key in KMS | `issuing.pub`, its public half |
//! | `ca-issue` | offline | `issuing.pub` and the root | `chain.pem` |
//! | `ca-install` | with the stage | `chain.pem` | the chain in the public bucket |
//!
//! Only public things are carried between the two. Nothing is ever written over.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use adapters::ca::{
    CHAIN_KEY, CaName, SoftwareKey, issuing_certificate, issuing_key, self_signed_root,
};
use adapters::ports::{Objects, PublicObject, Random};
use anyhow::{Context as _, Result, bail, ensure};
use domain::certificate::Validity;
use jiff::Timestamp;

/// The root's private key, PKCS#8.
pub const ROOT_KEY: &str = "root.key.pem";
/// The root.
pub const ROOT: &str = "root.pem";
/// The public half of the key of the issuing CA, DER.
pub const REQUEST: &str = "issuing.pub";
/// Issuing certificate and root.
pub const CHAIN: &str = "chain.pem";
/// A chain of two is far shorter.
const LONGEST_CHAIN: u64 = 64 * 1024;

fn serial(random: &dyn Random) -> [u8; 16] {
    let mut serial = [0; 16];
    random.fill(&mut serial);
    serial[0] = (serial[0] & 0x7f) | 0x40;
    serial
}

fn term(now: Timestamp, years: u8) -> Result<Validity> {
    ensure!((1..=30).contains(&years), "a CA is good for 1 to 30 years");
    Validity::from_now(now, years).context("no such term")
}

/// Writes a file that must not be there yet.
fn write(folder: &Path, name: &str, bytes: &[u8], mode: u32) -> Result<()> {
    let path = folder.join(name);
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(mode).open(&path);
    let mut file = file.with_context(|| format!("making {}", path.display()))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("writing {}", path.display()))
}

fn read(folder: &Path, name: &str) -> Result<String> {
    let path = folder.join(name);
    fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
}

/// Makes a root and its key, in a folder of their own that nobody else may look into.
///
/// # Errors
/// When the folder is there: a root is made once.
pub fn root(
    folder: &Path,
    name: &CaName,
    years: u8,
    now: Timestamp,
    random: &dyn Random,
) -> Result<String> {
    let key = SoftwareKey::generate(random)?;
    let root = self_signed_root(name, &key, &term(now, years)?, serial(random))?;
    DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("making the folder {}", folder.display()))?;
    write(folder, ROOT_KEY, key.to_pem()?.as_bytes(), 0o600)?;
    write(folder, ROOT, root.as_bytes(), 0o644)?;
    Ok(root)
}

/// Writes the public half of a stage's key for whoever holds the root.
///
/// # Errors
/// When there is one in the folder already.
pub fn request(folder: &Path, public_key: &[u8]) -> Result<()> {
    write(folder, REQUEST, public_key, 0o644)
}

/// Signs an issuing CA with the root of a folder, and leaves its chain there.
///
/// # Errors
/// When the folder has no root, or a chain already; when the CA would outlive its root, or has its name or key.
pub fn issue(
    folder: &Path,
    name: &CaName,
    years: u8,
    now: Timestamp,
    random: &dyn Random,
) -> Result<String> {
    let key = SoftwareKey::from_pem(&read(folder, ROOT_KEY)?)?;
    let root = read(folder, ROOT)?;
    let public = fs::read(folder.join(REQUEST))
        .with_context(|| format!("reading {REQUEST}: what ca-request wrote has to be here"))?;
    let valid = term(now, years)?;
    let issuing = issuing_certificate(&root, &key, name, &public, &valid, serial(random))?;
    let chain = format!("{}\n{}\n", issuing.trim(), root.trim());
    write(folder, CHAIN, chain.as_bytes(), 0o644)?;
    Ok(chain)
}

/// Puts a chain where functions and everybody else read it. The same one again does nothing.
///
/// # Errors
/// When the chain is not one of the stage's key, or another one is there: certificates and lists hang on that one.
pub async fn install(public: &dyn Objects, public_key: &[u8], chain: &str) -> Result<()> {
    ensure!(
        issuing_key(chain)? == public_key,
        "the chain is not one of this stage's key"
    );
    if let Some(there) = public.read(CHAIN_KEY, LONGEST_CHAIN).await? {
        if there == chain.as_bytes() {
            return Ok(());
        }
        bail!("another chain is there, and certificates hang on it");
    }
    let object = PublicObject {
        key: CHAIN_KEY,
        media_type: "application/x-pem-file",
        cache_seconds: 300,
        bytes: chain.as_bytes().to_vec(),
    };
    Ok(public.replace(object, None).await?)
}

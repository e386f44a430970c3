//! The root ceremony, from nothing to a chain that is read and verified.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use adapters::ca::{CHAIN_KEY, CaName, SoftwareKey};
use adapters::ports::Objects as _;
use jiff::Timestamp;
use operator::ceremony::{self, CHAIN, REQUEST, ROOT, ROOT_KEY};
use testkit::ambient::SeededRandom;
use testkit::objects::MemoryObjects;
use testkit::power::PowerCut;

fn now() -> Timestamp {
    "2026-11-23T01:00:00Z".parse().unwrap()
}

fn name(common: &str) -> CaName {
    CaName {
        organisation: "示例科技".to_owned(),
        common_name: common.to_owned(),
    }
}

/// A folder that is not there yet.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The stage's key, as KMS tells its public half.
fn stage_key(seed: u64) -> Vec<u8> {
    let key = SoftwareKey::generate(&SeededRandom::new(seed)).unwrap();
    key.public_key_der().unwrap()
}

fn bucket() -> MemoryObjects {
    MemoryObjects::new(PowerCut::never())
}

fn chain_of(folder: &Path, random: &SeededRandom) -> String {
    ceremony::root(folder, &name("Root"), 20, now(), random).unwrap();
    ceremony::request(folder, &stage_key(5)).unwrap();
    ceremony::issue(folder, &name("Issuing"), 10, now(), random).unwrap()
}

#[tokio::test]
async fn a_ceremony_leads_to_a_chain_that_verifies() {
    let folder = folder("ceremony_whole");
    let random = SeededRandom::new(1);
    let chain = chain_of(&folder, &random);
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join(ROOT_KEY)), 0o600);
    let verified = Command::new("openssl")
        .args(["verify", "-x509_strict", "-attime"])
        .arg(now().as_second().to_string())
        .args(["-CAfile", ROOT, CHAIN])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");

    let public = bucket();
    ceremony::install(&public, &stage_key(5), &chain)
        .await
        .unwrap();
    let there = public.read(CHAIN_KEY, 100_000).await.unwrap().unwrap();
    assert_eq!(there, chain.as_bytes());
    ceremony::install(&public, &stage_key(5), &chain)
        .await
        .unwrap();
}

#[tokio::test]
async fn nothing_is_made_twice_and_no_chain_replaces_another() {
    let (one, two) = (folder("ceremony_once"), folder("ceremony_twice"));
    let random = SeededRandom::new(1);
    let chain = chain_of(&one, &random);
    let key = fs::read(one.join(ROOT_KEY)).unwrap();
    assert!(ceremony::root(&one, &name("Root"), 20, now(), &random).is_err());
    assert!(ceremony::request(&one, &stage_key(6)).is_err());
    assert!(ceremony::issue(&one, &name("Issuing"), 10, now(), &random).is_err());
    assert_eq!(fs::read(one.join(ROOT_KEY)).unwrap(), key);
    assert_eq!(fs::read(one.join(CHAIN)).unwrap(), chain.as_bytes());

    let public = bucket();
    ceremony::install(&public, &stage_key(5), &chain)
        .await
        .unwrap();
    let other = chain_of(&two, &random);
    let refused = ceremony::install(&public, &stage_key(5), &other).await;
    assert!(refused.unwrap_err().to_string().contains("another chain"));
    let there = public.read(CHAIN_KEY, 100_000).await.unwrap().unwrap();
    assert_eq!(there, chain.as_bytes());
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let folder = folder("ceremony_wrong");
    let random = SeededRandom::new(1);
    assert!(ceremony::root(&folder, &name("Root"), 0, now(), &random).is_err());
    assert!(ceremony::root(&folder, &name("Root"), 31, now(), &random).is_err());
    ceremony::root(&folder, &name("Root"), 20, now(), &random).unwrap();
    let issue =
        |common: &str, years| ceremony::issue(&folder, &name(common), years, now(), &random);
    assert!(issue("Issuing", 10).is_err(), "no request");
    fs::write(folder.join(REQUEST), b"no key").unwrap();
    assert!(issue("Issuing", 10).is_err(), "no key");
    fs::write(folder.join(REQUEST), stage_key(5)).unwrap();
    assert!(issue("Root", 10).is_err(), "the root's name");
    assert!(issue("Issuing", 21).is_err(), "it would outlive its root");
    let chain = issue("Issuing", 20).unwrap();
    let public = bucket();
    let refused = ceremony::install(&public, &stage_key(6), &chain).await;
    assert!(refused.unwrap_err().to_string().contains("stage's key"));
    assert!(
        ceremony::install(&public, &stage_key(5), "x")
            .await
            .is_err()
    );
    assert!(public.read(CHAIN_KEY, 100_000).await.unwrap().is_none());
}

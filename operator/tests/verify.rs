//! The check of the audit finds what somebody with all rights on the table has done to it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::sync::{Arc, Mutex};

use adapters::heads::{self, SignedHead};
use adapters::ports::{Key, PortError, Registry, Transaction, Write};
use adapters::registry;
use adapters::s3::ObjectVersion;
use async_trait::async_trait;
use domain::audit::{AuditEntry, AuditHead, Deed};
use jiff::Timestamp;
use operator::verify::{Findings, Vault, verify};
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use testkit::orders::staff;
use testkit::power::PowerCut;
use testkit::store::MemoryStore;

/// A bucket that forgets nothing.
#[derive(Default)]
struct Kept(Mutex<Vec<(ObjectVersion, Vec<u8>)>>);

#[async_trait]
impl Vault for Kept {
    async fn list(&self) -> Result<Vec<ObjectVersion>, PortError> {
        let all = self.0.lock().unwrap();
        Ok(all.iter().map(|(object, _)| object.clone()).collect())
    }

    async fn read(&self, object: &ObjectVersion) -> Result<Option<Vec<u8>>, PortError> {
        let all = self.0.lock().unwrap();
        let found = all.iter().find(|(known, _)| known == object);
        Ok(found.map(|(_, body)| body.clone()))
    }
}

impl Kept {
    fn put(&self, key: String, body: Vec<u8>, deleted: bool) {
        let mut all = self.0.lock().unwrap();
        let version = all.len().to_string();
        let object = ObjectVersion {
            key,
            version,
            deleted,
        };
        all.push((object, body));
    }
}

struct Scene {
    store: MemoryStore,
    bucket: Arc<Kept>,
    key: SigningKey,
}

fn key(first: u8) -> SigningKey {
    SigningKey::from_slice(&[first; 32]).unwrap()
}

impl Scene {
    /// Two chains, of three and two entries, each signed after its last.
    async fn new() -> Self {
        let scene = Self {
            store: MemoryStore::new(PowerCut::never()),
            bucket: Arc::default(),
            key: key(7),
        };
        for (who, count) in [(1, 3), (2, 2)] {
            for number in 0..count {
                scene.done(who, &format!("order {number}")).await;
            }
            scene.sign(who, &scene.key).await;
        }
        scene
    }

    fn registry(&self) -> &dyn Registry {
        &self.store
    }

    async fn done(&self, who: u32, subject: &str) {
        let at: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let deed = Deed {
            staff: staff(who),
            at,
            action: "approved".to_owned(),
            subject: subject.to_owned(),
            detail: String::new(),
        };
        let all = Transaction::new(at).audited(deed);
        self.registry().record(&all).await.unwrap();
    }

    async fn head(&self, who: u32) -> AuditHead {
        let key = registry::audit_head(&staff(who));
        self.registry().load(&key).await.unwrap().unwrap()
    }

    async fn entries(&self, who: u32) -> Vec<AuditEntry> {
        let chain = registry::audit_chain(&staff(who));
        let all = self.registry().load_all(&chain, registry::AUDIT_ENTRIES);
        all.await.unwrap()
    }

    async fn write(&self, writes: Vec<Write>) {
        let mut all = Transaction::new("2026-11-22T00:00:00Z".parse().unwrap());
        all.writes = writes;
        self.registry().record(&all).await.unwrap();
    }

    /// As `reconcile` does.
    async fn sign(&self, who: u32, key: &SigningKey) {
        let head = self.head(who).await;
        let signature: Signature = key.sign_prehash(&heads::digest(&head)).unwrap();
        let signed = SignedHead::new(&head, signature.to_der().as_bytes());
        let place = heads::key(&head.staff, head.seq);
        self.bucket.put(place, signed.to_json().unwrap(), false);
        let next = AuditHead {
            signed_seq: head.seq,
            version: head.version + 1,
            ..head
        };
        self.write(vec![Write::next(&next).unwrap()]).await;
    }

    /// Writes a chain anew from these entries, all hashes right, and its head with them.
    async fn rewrite(&self, who: u32, subjects: &[&str], signed_seq: u64) {
        let mut writes: Vec<Write> = self.entries(who).await.iter().map(Write::remove).collect();
        let mut head: Option<AuditHead> = None;
        for subject in subjects {
            let deed = Deed {
                staff: staff(who),
                at: "2026-11-22T00:00:00Z".parse().unwrap(),
                action: "approved".to_owned(),
                subject: (*subject).to_owned(),
                detail: String::new(),
            };
            let entry = AuditEntry::after(head.as_ref(), &deed);
            head = Some(AuditHead::after(head.as_ref(), &entry));
            writes.push(Write::mark(&entry).unwrap());
        }
        let head = AuditHead {
            signed_seq,
            ..head.unwrap()
        };
        writes.push(Write::mark(&head).unwrap());
        self.write(writes).await;
    }

    async fn check(&self) -> Findings {
        let key = VerifyingKey::from(&self.key);
        verify(self.registry(), self.bucket.clone(), &key)
            .await
            .unwrap()
    }

    /// What is found, when one thing is.
    async fn difference(&self) -> String {
        let found = self.check().await.differences;
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].replace(staff(1).as_str(), "ONE")
    }
}

#[tokio::test]
async fn what_nobody_touched_does_not_differ() {
    let scene = Scene::new().await;
    let whole = Findings {
        chains: 2,
        entries: 5,
        heads: 2,
        unsigned: 0,
        differences: Vec::new(),
    };
    assert_eq!(scene.check().await, whole);
    // Grown since it was signed, and signed again.
    scene.done(1, "order 9").await;
    let found = scene.check().await;
    assert_eq!(
        (found.entries, found.unsigned, found.differences.len()),
        (6, 1, 0)
    );
    scene.sign(1, &scene.key).await;
    // Signed twice, for the answer was lost: two versions of one object.
    scene.sign(1, &scene.key).await;
    let found = scene.check().await;
    assert_eq!(
        (found.heads, found.unsigned, found.differences.len()),
        (4, 0, 0)
    );
    let empty = Scene {
        store: MemoryStore::new(PowerCut::never()),
        bucket: Arc::default(),
        key: key(7),
    };
    assert_eq!(empty.check().await, Findings::default());
}

#[tokio::test]
async fn an_entry_that_was_changed_is_found() {
    let scene = Scene::new().await;
    let mut entry = scene.entries(1).await.remove(1);
    entry.subject = "order 7".to_owned();
    scene.write(vec![Write::mark(&entry).unwrap()]).await;
    assert_eq!(scene.difference().await, "chain ONE: entry 2 was changed");
    entry.hash = entry.computed_hash();
    scene.write(vec![Write::mark(&entry).unwrap()]).await;
    assert_eq!(
        scene.difference().await,
        "chain ONE: entry 3 does not follow the one before"
    );
}

#[tokio::test]
async fn an_entry_that_was_taken_away_is_found() {
    let scene = Scene::new().await;
    let entry = scene.entries(1).await.remove(1);
    scene.write(vec![Write::remove(&entry)]).await;
    assert_eq!(
        scene.difference().await,
        "chain ONE: entry 2 is missing, or another stands there"
    );
}

#[tokio::test]
async fn an_end_that_was_cut_off_is_found_by_what_was_signed() {
    let scene = Scene::new().await;
    scene.rewrite(1, &["order 0", "order 1"], 0).await;
    assert_eq!(
        scene.difference().await,
        "chain ONE: entry 3 was signed and is gone"
    );
}

#[tokio::test]
async fn a_chain_that_was_written_anew_is_found_by_what_was_signed() {
    let scene = Scene::new().await;
    scene
        .rewrite(1, &["order 0", "order 8", "order 2"], 3)
        .await;
    assert_eq!(
        scene.difference().await,
        "chain ONE: entry 3 is not what was signed"
    );
    // It grows, and its new head is signed in good faith: the older signature still tells.
    scene.done(1, "order 9").await;
    scene.sign(1, &scene.key).await;
    assert_eq!(
        scene.difference().await,
        "chain ONE: entry 3 is not what was signed"
    );
}

#[tokio::test]
async fn a_chain_that_is_gone_is_found_by_what_was_signed() {
    let scene = Scene::new().await;
    let mut writes: Vec<Write> = scene.entries(1).await.iter().map(Write::remove).collect();
    writes.push(Write::remove(&scene.head(1).await));
    scene.write(writes).await;
    assert_eq!(
        scene.difference().await,
        "chain ONE: it is gone, and had 3 entries when it was signed"
    );
}

#[tokio::test]
async fn a_head_that_was_not_signed_by_us_is_found() {
    let scene = Scene::new().await;
    scene.done(1, "order 3").await;
    scene.sign(1, &key(8)).await;
    let found = scene.check().await.differences;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("it is not signed by the key of the audit"));
    assert!(found[1].contains("the head of entry 4 was signed and is not in the bucket"));
}

#[tokio::test]
async fn what_was_done_to_the_bucket_is_found() {
    // Emptied, while the table says that heads were signed.
    let scene = Scene::new().await;
    scene.bucket.0.lock().unwrap().clear();
    assert_eq!(scene.check().await.differences.len(), 2);

    // Hidden by a mark of deletion: the version below is still compared.
    let scene = Scene::new().await;
    let place = heads::key(&staff(1), 3);
    scene.bucket.put(place.clone(), Vec::new(), true);
    let found = scene.check().await;
    assert_eq!(found.heads, 2);
    assert_eq!(
        found.differences,
        [format!("object {place}: somebody deleted it")]
    );

    // Nonsense, and a head that lies where another belongs.
    let scene = Scene::new().await;
    scene
        .bucket
        .put(format!("{}x", heads::PREFIX), b"x".to_vec(), false);
    let body = scene.bucket.0.lock().unwrap()[0].1.clone();
    scene.bucket.put(heads::key(&staff(1), 2), body, false);
    let found = scene.check().await.differences;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|one| one.contains("it is no signed head")));
    assert!(
        found
            .iter()
            .any(|one| one.contains("another chain or place"))
    );
}

/// Entries of one person put into the chain of another are no deeds of theirs.
#[tokio::test]
async fn a_foreign_entry_in_a_chain_is_found() {
    let scene = Scene::new().await;
    let foreign = scene.entries(2).await.remove(0);
    let mut write = Write::mark(&foreign).unwrap();
    write.key = Key::new(
        registry::audit_chain(&staff(1)),
        format!("{}{:012}", registry::AUDIT_ENTRIES, 1),
    );
    scene.write(vec![write]).await;
    let found = scene.check().await.differences;
    assert!(
        found.iter().any(|one| one.contains("is of another chain")),
        "{found:?}"
    );
}

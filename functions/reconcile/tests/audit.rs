//! Heads of the audit's chains: signed once, and again when it is not known whether they were.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::sync::Arc;

use adapters::heads::{self, SignedHead};
use adapters::ports::{Clock as _, DigestSigner, Objects as _, PortError, Transaction};
use adapters::registry;
use async_trait::async_trait;
use domain::audit::{AuditHead, Deed};
use domain::ids::StaffId;
use reconcile::audit::{AuditPorts, Signed, sign_heads};
use testkit::orders::staff;
use testkit::power::{Length, Moment, PowerCut};
use testkit::world::World;

/// Says what it was asked to sign.
struct Echo;

#[async_trait]
impl DigestSigner for Echo {
    async fn sign_sha256(&self, digest: &[u8; 32]) -> Result<Vec<u8>, PortError> {
        Ok(digest.to_vec())
    }
}

/// Signs for nobody.
struct Broken;

#[async_trait]
impl DigestSigner for Broken {
    async fn sign_sha256(&self, _: &[u8; 32]) -> Result<Vec<u8>, PortError> {
        Err(PortError::unavailable("kms", "test"))
    }
}

fn ports(world: &World, signer: Arc<dyn DigestSigner>) -> AuditPorts {
    AuditPorts {
        registry: world.store.clone(),
        heads: world.objects.clone(),
        signer,
    }
}

async fn done(world: &World, who: u32) {
    let deed = Deed {
        staff: staff(who),
        at: world.clock.now(),
        action: "approved".to_owned(),
        subject: "order 1".to_owned(),
        detail: String::new(),
    };
    let all = Transaction::new(deed.at).audited(deed);
    // A flicker after the write is a lost answer: it happened.
    let _ = world.registry().record(&all).await;
}

async fn head(world: &World, id: &StaffId) -> AuditHead {
    let key = registry::audit_head(id);
    world.registry().load(&key).await.unwrap().unwrap()
}

async fn kept(world: &World, id: &StaffId, seq: u64) -> SignedHead {
    let bytes = world.objects.read(&heads::key(id, seq), 4096).await;
    SignedHead::from_json(&bytes.unwrap().unwrap()).unwrap()
}

async fn round(world: &World) -> Signed {
    let now = world.clock.now();
    let ports = ports(world, Arc::new(Echo));
    sign_heads(&ports, now, 200).await.unwrap()
}

fn heads_signed(count: u32) -> Signed {
    Signed {
        heads: count,
        failed: Vec::new(),
    }
}

#[tokio::test]
async fn each_head_is_signed_once_until_its_chain_grows() {
    let world = World::new().await;
    for who in [1, 1, 2] {
        done(&world, who).await;
    }
    assert_eq!(round(&world).await, heads_signed(2));
    assert_eq!(round(&world).await, heads_signed(0));
    assert_eq!(
        world.objects.keys(),
        [heads::key(&staff(1), 2), heads::key(&staff(2), 1)]
    );
    let one = head(&world, &staff(1)).await;
    assert_eq!(one.signed_seq, 2);
    let signed = kept(&world, &staff(1), 2).await;
    assert_eq!(
        (&signed.staff, signed.seq, &signed.hash),
        (&one.staff, 2, &one.hash)
    );
    assert_eq!(signed.signature_der().unwrap(), heads::digest(&one));

    done(&world, 1).await;
    assert_eq!(head(&world, &staff(1)).await.signed_seq, 2);
    assert_eq!(round(&world).await, heads_signed(1));
    assert_eq!(
        kept(&world, &staff(1), 3).await.hash,
        head(&world, &staff(1)).await.hash
    );
    assert_eq!(world.objects.keys().len(), 3, "what was signed stays");
}

#[tokio::test]
async fn what_cannot_be_signed_stays_due_and_is_told() {
    let world = World::new().await;
    done(&world, 1).await;
    let now = world.clock.now();
    let failed = sign_heads(&ports(&world, Arc::new(Broken)), now, 200)
        .await
        .unwrap();
    assert_eq!((failed.heads, failed.failed.len()), (0, 1));
    assert_eq!(failed.failed[0].0, staff(1).to_string());
    assert!(world.objects.keys().is_empty());
    assert_eq!(round(&world).await, heads_signed(1));
}

#[tokio::test]
async fn so_many_at_once_and_the_rest_the_next_minute() {
    let world = World::new().await;
    for who in 1..=3 {
        done(&world, who).await;
    }
    let now = world.clock.now();
    let ports = ports(&world, Arc::new(Echo));
    assert_eq!(sign_heads(&ports, now, 2).await.unwrap(), heads_signed(2));
    assert_eq!(sign_heads(&ports, now, 2).await.unwrap(), heads_signed(1));
}

/// The head is in the bucket before the table says that it is signed; a second round makes up for whatever
/// the first one left.
#[tokio::test]
async fn a_power_cut_leaves_nothing_unsigned() {
    for number in 2..=3 {
        for moment in [Moment::Before, Moment::After] {
            let power = PowerCut::at(number, moment, Length::Outage);
            let world = World::with_power(power.clone()).await;
            done(&world, 1).await;
            let first = round(&world).await;
            assert_eq!(first.failed.len(), 1, "{:?}", power.struck());
            power.restore();
            let before = head(&world, &staff(1)).await;
            if before.signed_seq > 0 {
                assert_eq!(world.objects.keys().len(), 1);
            }
            round(&world).await;
            let after = head(&world, &staff(1)).await;
            assert_eq!(after.signed_seq, 1);
            assert_eq!(kept(&world, &staff(1), 1).await.hash, after.hash);
            assert_eq!(world.objects.keys().len(), 1);
        }
    }
}

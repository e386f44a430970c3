//! The revocation list is asked for when there is none, when it is old, and when somebody waits too long.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::{Clock as _, Transaction};
use adapters::registry::{CRL, CRL_MARKS, CrlWanted};
use jiff::SignedDuration;
use reconcile::lists::ask;
use testkit::pki;
use testkit::world::World;

fn publisher(world: &World) -> crl::Ports {
    crl::Ports {
        registry: world.store.clone(),
        public: world.objects.clone(),
        lists: pki::lists(world.power.clone()),
        clock: world.clock.clone(),
    }
}

async fn asks(world: &World) -> bool {
    ask(world.registry(), world.clock.now()).await.unwrap()
}

#[tokio::test]
async fn a_list_is_asked_for_until_there_is_one_and_again_when_it_is_old() {
    let world = World::new().await;
    let lists = publisher(&world);
    assert!(asks(&world).await, "there is none");
    assert!(asks(&world).await, "and still none");
    let marks: Vec<CrlWanted> = world.registry().load_all(CRL, CRL_MARKS).await.unwrap();
    assert_eq!(marks.len(), 1, "asking again leaves nothing more behind");
    assert_eq!(crl::run(&lists).await.unwrap(), Some(1));
    assert!(!asks(&world).await);
    let half_a_day = SignedDuration::from_hours(12);
    world
        .clock
        .advance(half_a_day - SignedDuration::from_secs(1));
    assert!(!asks(&world).await);
    world.clock.advance(SignedDuration::from_secs(1));
    assert!(asks(&world).await);
    assert_eq!(crl::run(&lists).await.unwrap(), Some(2));
    assert!(!asks(&world).await);
}

#[tokio::test]
async fn whoever_waits_for_a_list_waits_a_minute() {
    let world = World::new().await;
    let lists = publisher(&world);
    asks(&world).await;
    crl::run(&lists).await.unwrap();
    let wanted = CrlWanted {
        what: "20261123000000001#01#2".to_owned(),
        at: world.clock.now(),
    };
    let marked = Transaction::new(wanted.at).mark(&wanted).unwrap();
    world.registry().record(&marked).await.unwrap();
    world.clock.advance(SignedDuration::from_secs(59));
    assert!(!asks(&world).await, "function crl has its time");
    world.clock.advance(SignedDuration::from_secs(1));
    assert!(asks(&world).await);
    assert_eq!(crl::run(&lists).await.unwrap(), Some(2));
    assert!(!asks(&world).await, "one list for both");
}

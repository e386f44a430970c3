//! E-seals, as a desk's agent asks for them and a maker sees them. Those of a renewal are tested beside function
//! `ticket`.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::sync::Arc;

use adapters::ports::{Clock as _, Objects as _, Transaction};
use adapters::registry;
use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::agent::{KeyCertificates, KeySeal, RequestCertificates, RequestSeal};
use contract::error::ErrorCode;
use contract::stamps::{LineSeals, SealStanding};
use domain::actor::Role;
use domain::certificate::Register;
use domain::ids::{LineNo, UnitNo};
use domain::operation::Operation;
use domain::seal::{ApprovedSeal, ApprovedSeals, MadeSeal, StampSize};
use eseal::SealSeen;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use testkit::begun::{Begun, NONCE, TOKEN};
use testkit::oracle::{Look, look};
use testkit::orders;
use testkit::power::{Length, Moment, PowerCut};
use testkit::seals::{self, PICTURE};
use testkit::web::{Answer, Client};
use testkit::world::World;
use testkit::{agent::Agent, pki};

const OBJECT: &str = "images/stamp.png";
const SIZE: StampSize = StampSize {
    width: 418,
    height: 423,
};

fn ca(world: &World) -> Router {
    let ports = ca::Ports {
        orders: world.store.clone(),
        registry: world.store.clone(),
        certificates: world.store.clone(),
        issuers: Arc::new(pki::issuers()),
        ca: pki::ca(world.power.clone()),
        policies: world.policies.clone(),
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    ca::api(world.gate(), ports).unwrap()
}

fn router(world: &World) -> Router {
    let ports = seal_maker::Ports {
        orders: world.store.clone(),
        registry: world.store.clone(),
        certificates: world.store.clone(),
        objects: world.objects.clone(),
        maker: seals::maker(world.power.clone()),
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    seal_maker::api(world.gate(), ports).unwrap()
}

/// A desk with a begun key, and whom it talks to.
struct Desk {
    begun: Begun,
    ca: Client,
    wire: Client,
    maker: Client,
}

impl Desk {
    async fn with_power(power: Arc<PowerCut>) -> Self {
        let world = World::with_power(power).await;
        let router = router(&world);
        let maker = world.as_staff(&router, 2, &[Role::Maker]).await;
        Self {
            ca: Client::new(ca(&world)),
            wire: Client::new(router),
            maker,
            begun: Begun::on(world).await,
        }
    }

    async fn new() -> Self {
        Self::with_power(PowerCut::never()).await
    }

    /// The reviewer chose this stamp for the first key.
    async fn approve(&self) {
        let at = self.begun.order.lines[0].approved_at.unwrap();
        self.approve_at(at).await;
    }

    /// The same, at a time.
    async fn approve_at(&self, at: Timestamp) {
        let (world, order) = (&self.begun.world, &self.begun.order);
        let written = world.objects.write(OBJECT, "image/png", PICTURE.clone());
        written.await.unwrap();
        let approved = ApprovedSeals {
            order: order.id.clone(),
            line: LineNo(1),
            round: 1,
            staff: orders::staff(1),
            at,
            seals: vec![ApprovedSeal {
                unit: UnitNo(1),
                picture: OBJECT.to_owned(),
                sha256: hex::encode(Sha256::digest(&*PICTURE)),
                size: SIZE,
                measured: SIZE,
            }],
        };
        let write = Transaction::new(world.clock.now()).mark(&approved).unwrap();
        world.registry().record(&write).await.unwrap();
    }

    async fn certificate(&self) -> KeyCertificates {
        let says = RequestCertificates {
            serial: TOKEN.to_owned(),
            request: pki::request(1, NONCE),
        };
        self.begun.say(&self.ca, says).await.json()
    }

    async fn ask(&self) -> Answer {
        let serial = TOKEN.to_owned();
        self.begun.say(&self.wire, RequestSeal { serial }).await
    }

    async fn seal(&self) -> Option<String> {
        self.ask().await.json::<KeySeal>().seal
    }

    async fn shown(&self) -> LineSeals {
        let path = format!("/api/console/production/{}/1/seals", self.begun.order.id);
        self.maker.get(&path).await.json()
    }

    /// What is on record for the certificate of the key.
    async fn record(&self) -> Option<MadeSeal> {
        let unit = self.begun.order().await.lines[0].all_units().remove(0);
        let place = registry::made_seal(&unit.certificate?.serial);
        self.begun.world.registry().load(&place).await.unwrap()
    }

    async fn standing(&self) -> Option<SealStanding> {
        self.shown().await.seals[0].standing
    }

    async fn restand(&self, change: impl Fn(&Register) -> Option<Register>) {
        let world = &self.begun.world;
        let place = registry::register(&self.begun.order.id, LineNo(1));
        let register: Option<Register> = world.registry().load(&place).await.unwrap();
        let next = change(&register.unwrap()).unwrap();
        let write = Transaction::new(world.clock.now()).change(&next).unwrap();
        world.registry().record(&write).await.unwrap();
    }
}

fn read(seal: &str) -> SealSeen {
    eseal::verify(&STANDARD.decode(seal).unwrap()).unwrap()
}

#[tokio::test]
async fn a_seal_is_made_once_of_the_approved_picture_for_the_certificate_of_its_key() {
    let desk = Desk::new().await;
    desk.approve().await;
    let before = desk.shown().await;
    assert_eq!(before.pictures.len(), 1);
    assert_eq!(STANDARD.decode(&before.pictures[0].png).unwrap(), *PICTURE);
    let [seal] = before.seals.as_slice() else {
        panic!("the second key has no seal: {before:?}");
    };
    assert_eq!((seal.unit, seal.size), (UnitNo(1), SIZE));
    assert_eq!(seal.picture, before.pictures[0].sha256);
    assert_eq!(seal.standing, None, "it is not made yet");

    let certificates = desk.certificate().await;
    let made = desk.seal().await.unwrap();
    let seen = read(&made);
    let (_, certificate) = der::pem::decode_vec(certificates.sign.as_bytes()).unwrap();
    assert_eq!(seen.certificates, [certificate]);
    assert_eq!(seen.name, desk.begun.order.subject.company_name);
    assert_eq!(seen.png, *PICTURE);
    assert_eq!((seen.width, seen.height), (42, 42));
    let record = desk.record().await.unwrap();
    assert_eq!((record.id, record.seal), (seen.id, made.clone()));
    assert_eq!(desk.standing().await, Some(SealStanding::Good));

    desk.begun
        .world
        .clock
        .advance(SignedDuration::from_secs(60));
    assert_eq!(desk.seal().await, Some(made), "asked again: the same");
}

/// GB/T 38540-2020 read once more by asn1crypto, SM2 with SM3 by gmssl.
#[tokio::test]
async fn programs_that_are_not_ours_read_the_seal_and_verify_it() {
    let desk = Desk::new().await;
    desk.approve().await;
    let certificates = desk.certificate().await;
    let made = STANDARD.decode(desk.seal().await.unwrap()).unwrap();
    let seen = eseal::verify(&made).unwrap();
    let said = look(Look::Seal(&made)).unwrap();
    let (_, certificate) = der::pem::decode_vec(certificates.sign.as_bytes()).unwrap();
    let digest = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    let expected = json!({
        "id": seen.id,
        "vid": said["vid"],
        "name": desk.begun.order.subject.company_name,
        "certificates": [digest(&certificate)],
        "serials": [desk.record().await.unwrap().certificate_serial],
        "from": seen.from,
        "until": seen.until,
        "picture": digest(&PICTURE),
        "millimetres": [42, 42],
        "maker": digest(&seen.maker),
    });
    assert_eq!(said, expected);
    // One bit of the picture, of the signature, of the name of the company.
    let at = |part: &[u8]| made.windows(part.len()).position(|window| window == part);
    let name = at(desk.begun.order.subject.company_name.as_bytes());
    for place in [
        at(&PICTURE).unwrap() + 20,
        name.unwrap() + 2,
        made.len() - 1,
    ] {
        let mut forged = made.clone();
        forged[place] ^= 1;
        assert!(look(Look::Seal(&forged)).is_err(), "byte {place}");
    }
}

#[tokio::test]
async fn a_seal_stands_as_its_certificate_does() {
    let desk = Desk::new().await;
    desk.approve().await;
    desk.certificate().await;
    desk.seal().await.unwrap();
    let now = desk.begun.world.clock.now();
    let serial = desk.record().await.unwrap().certificate_serial;
    desk.restand(|register| register.suspend(&serial, now))
        .await;
    assert_eq!(desk.standing().await, Some(SealStanding::Suspended));
    desk.restand(|register| register.release(&serial)).await;
    assert_eq!(desk.standing().await, Some(SealStanding::Good));
    desk.begun
        .world
        .clock
        .advance(SignedDuration::from_hours(24 * 366));
    // The session of a year ago is over too.
    let router = router(&desk.begun.world);
    let maker = desk.begun.world.as_staff(&router, 2, &[Role::Maker]).await;
    let path = format!("/api/console/production/{}/1/seals", desk.begun.order.id);
    let shown: LineSeals = maker.get(&path).await.json();
    assert_eq!(shown.seals[0].standing, Some(SealStanding::Ended));

    let desk = Desk::new().await;
    desk.approve().await;
    desk.certificate().await;
    desk.seal().await.unwrap();
    desk.restand(|register| register.close(now)).await;
    assert_eq!(desk.standing().await, Some(SealStanding::Ended));
}

#[tokio::test]
async fn a_key_without_an_approved_picture_gets_no_seal() {
    let desk = Desk::new().await;
    desk.certificate().await;
    assert_eq!(desk.seal().await, None);
    assert!(desk.shown().await.seals.is_empty());
    // Another approval than the one that the line has: what was chosen with it does not count.
    desk.approve_at(desk.begun.world.clock.now() - SignedDuration::from_hours(30))
        .await;
    assert_eq!(desk.seal().await, None);
    assert_eq!(desk.record().await, None);
}

#[tokio::test]
async fn only_the_approved_picture_is_sealed() {
    let desk = Desk::new().await;
    desk.approve().await;
    desk.certificate().await;
    let objects = &desk.begun.world.objects;
    let other = b"\x89PNG\r\n\x1a\nanother".to_vec();
    objects.write(OBJECT, "image/png", other).await.unwrap();
    desk.ask().await.refused(ErrorCode::Internal);
    assert_eq!(desk.record().await, None);
    desk.approve().await;
    desk.seal().await.unwrap();
}

#[tokio::test]
async fn only_who_makes_the_key_gets_its_seal_and_only_with_its_certificate() {
    let desk = Desk::new().await;
    desk.approve().await;
    desk.ask().await.refused(ErrorCode::NotInThisState);
    let serial = "B-2".to_owned();
    let other = RequestSeal { serial };
    let answer = desk.begun.say(&desk.wire, other).await;
    answer.refused(ErrorCode::UnitGone);
    // Another agent, with a key of its own.
    let stranger = Agent::new(2);
    let at = desk.begun.world.clock.now().as_second();
    let says = RequestSeal {
        serial: TOKEN.to_owned(),
    };
    let call = stranger.call(&desk.begun.operation, at, says);
    let headers = [("content-type", contract::agent::JOSE)];
    let answer = desk
        .wire
        .post_raw("/api/agent/seals", &headers, call.into_bytes());
    answer.await.refused(ErrorCode::NotTheHolder);

    desk.certificate().await;
    let world = &desk.begun.world;
    let place = registry::operation(&desk.begun.operation);
    let claimed: Option<Operation> = world.registry().load(&place).await.unwrap();
    let ended = claimed.unwrap().finished(world.clock.now()).unwrap();
    let write = Transaction::new(world.clock.now())
        .change(&ended.unwrap())
        .unwrap();
    world.registry().record(&write).await.unwrap();
    desk.ask().await.refused(ErrorCode::OperationEnded);
    assert_eq!(desk.record().await, None);
}

/// At every write on the way, before and after: there is one seal in the end, and it is the one on record.
#[tokio::test]
async fn a_power_cut_leads_to_one_seal() {
    let first = {
        let desk = Desk::new().await;
        desk.approve().await;
        desk.certificate().await;
        desk.begun.world.power.writes() + 1
    };
    for moment in [Moment::Before, Moment::After] {
        for number in first.. {
            let desk = Desk::with_power(PowerCut::at(number, moment, Length::Outage)).await;
            desk.approve().await;
            desk.certificate().await;
            let answer = desk.ask().await;
            if desk.begun.world.power.struck().is_none() {
                assert_eq!(number, first + 1, "one write");
                break;
            }
            answer.refused(ErrorCode::Unavailable);
            desk.begun.world.power.restore();
            let made = desk.seal().await.unwrap();
            assert_eq!(desk.record().await.unwrap().seal, made);
            assert_eq!(desk.seal().await.unwrap(), made);
        }
    }
}

/// Six at once: all get the same one.
#[tokio::test]
async fn of_several_at_once_one_is_kept() {
    let desk = Arc::new(Desk::new().await);
    desk.approve().await;
    desk.certificate().await;
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.seal().await.unwrap() })
        })
        .collect();
    let kept = desk.seal().await.unwrap();
    for call in calls {
        assert_eq!(call.await.unwrap(), kept);
    }
}

//! Certificates of keys, as a desk's agent and the console see them. How an operation comes to hold a key is tested
//! beside function `ticket`.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::sync::Arc;

use adapters::ports::Orders as _;
use axum::Router;
use ca::{Ports, api};
use contract::agent::{KeyCertificates, RequestCertificates};
use contract::console::CertificateView;
use contract::error::ErrorCode;
use domain::actor::Role;
use domain::certificate::KeyPurpose;
use jiff::SignedDuration;
use testkit::begun::{Begun, NONCE, TOKEN};
use testkit::pki;
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::{Answer, Client};
use testkit::world::World;

fn router(world: &World) -> Router {
    let ports = Ports {
        orders: world.store.clone(),
        registry: world.store.clone(),
        certificates: world.store.clone(),
        issuers: Arc::new(pki::issuers()),
        ca: pki::ca(world.power.clone()),
        policies: world.policies.clone(),
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    api(world.gate(), ports).unwrap()
}

/// A desk, and a maker at the console.
struct Desk {
    begun: Begun,
    wire: Client,
    maker: Client,
}

impl std::ops::Deref for Desk {
    type Target = Begun;

    fn deref(&self) -> &Begun {
        &self.begun
    }
}

impl Desk {
    async fn with_power(power: Arc<PowerCut>) -> Self {
        let world = World::with_power(power).await;
        let router = router(&world);
        let maker = world.as_staff(&router, 2, &[Role::Maker]).await;
        Self {
            begun: Begun::on(world).await,
            wire: Client::new(router),
            maker,
        }
    }

    async fn new() -> Self {
        Self::with_power(PowerCut::never()).await
    }

    async fn request(&self, request: String) -> Answer {
        let serial = TOKEN.to_owned();
        let says = RequestCertificates { serial, request };
        self.begun.say(&self.wire, says).await
    }

    async fn shown(&self, unit: u8) -> Answer {
        let path = format!(
            "/api/console/production/{}/1/units/{unit}/certificate",
            self.order.id
        );
        self.maker.get(&path).await
    }
}

fn of_token(no: u8) -> String {
    pki::request(no, NONCE)
}

#[tokio::test]
async fn the_same_request_gets_the_same_certificates_and_another_none() {
    let desk = Desk::new().await;
    desk.shown(1).await.refused(ErrorCode::NotFound);
    let first: KeyCertificates = desk.request(of_token(1)).await.json();
    for pem in [&first.sign, &first.encrypt] {
        assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    }
    assert_eq!(first.chain.matches("BEGIN CERTIFICATE").count(), 2);
    desk.world.clock.advance(SignedDuration::from_hours(1));
    let again: KeyCertificates = desk.request(of_token(1)).await.json();
    assert_eq!(again, first);
    let shown: CertificateView = desk.shown(1).await.json();
    assert_eq!(shown.certificate, first.sign);
    desk.shown(2).await.refused(ErrorCode::NotFound);
    desk.request(of_token(9))
        .await
        .refused(ErrorCode::CertificateAlreadyIssued);
    let stored = desk.world.store.load(&desk.order.id).await.unwrap();
    assert_eq!(stored.unwrap().events, desk.order.events + 1);
}

#[tokio::test]
async fn a_request_that_cannot_be_used_is_refused_before_anything_is_on_record() {
    let desk = Desk::new().await;
    let good = of_token(1);
    let broken = good.replacen('A', "B", 3);
    for bad in [
        "",
        "hello",
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        &broken,
        // Of one key only, and of another operation.
        &pki::csr(1),
        &pki::request(1, "another nonce"),
    ] {
        let problem = desk
            .request(bad.to_owned())
            .await
            .refused(ErrorCode::BadCertificateRequest);
        assert_eq!(problem.errors[0].field, "request");
    }
    desk.request("x".repeat(10_001))
        .await
        .wrong_fields(&["request"]);
    assert!(desk.world.store.all_issuances().is_empty());
    desk.request(good).await.json::<KeyCertificates>();
}

/// Requests of two tokens at once, three times each: one token has the certificates, and whoever asked for the other
/// is told so.
#[tokio::test]
async fn of_two_requests_at_once_one_is_signed() {
    let desk = Arc::new(Desk::new().await);
    let calls: Vec<_> = (0..6u8)
        .map(|no| {
            let desk = desk.clone();
            tokio::spawn(async move { (no % 2, desk.request(of_token(no % 2 + 1)).await) })
        })
        .collect();
    let (mut signed, mut refused) = (Vec::new(), Vec::new());
    for call in calls {
        let (token, answer) = call.await.unwrap();
        if answer.status.is_success() {
            signed.push((token, answer.json::<KeyCertificates>()));
        } else {
            answer.refused(ErrorCode::CertificateAlreadyIssued);
            refused.push(token);
        }
    }
    signed.dedup();
    assert_eq!(signed.len(), 1, "one token, one pair of certificates");
    assert_eq!(refused, [1 - signed[0].0; 3]);
    assert_eq!(desk.world.store.all_issuances().len(), 1);
}

/// At every write on the way, before and after: the next call gets certificates, the only ones there are.
#[tokio::test]
async fn a_power_cut_leads_to_the_same_certificates_again() {
    let first = Desk::new().await.world.power.writes() + 1;
    for moment in [Moment::Before, Moment::After] {
        for number in first.. {
            let cut = PowerCut::at(number, moment, Length::Outage);
            let desk = Desk::with_power(cut).await;
            let answer = desk.request(of_token(1)).await;
            if desk.world.power.struck().is_none() {
                let writes = "begin, sign, finish, sign, finish, commit";
                assert_eq!(number, first + 6, "{writes}");
                break;
            }
            answer.refused(ErrorCode::Unavailable);
            desk.world.power.restore();
            desk.world.clock.advance(SignedDuration::from_hours(3));
            let issued: KeyCertificates = desk.request(of_token(1)).await.json();
            let stored = desk
                .world
                .store
                .load(&desk.order.id)
                .await
                .unwrap()
                .unwrap();
            let known = stored.lines[0].all_units()[0].certificate.clone().unwrap();
            let records = desk.world.store.all_issuances();
            assert_eq!(records.len(), 1);
            let signing = records[0].part(KeyPurpose::Sign).unwrap();
            assert_eq!(
                (Some(&issued.sign), &known.serial),
                (signing.certificate_pem.as_ref(), &signing.serial)
            );
        }
    }
}

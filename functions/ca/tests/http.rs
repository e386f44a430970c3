//! Certificates of keys, as the console sees them.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::sync::Arc;

use adapters::ports::Orders as _;
use axum::Router;
use ca::{Ports, api};
use contract::console::CertificateView;
use contract::error::ErrorCode;
use domain::actor::Role;
use domain::order::{Order, UnitState};
use jiff::SignedDuration;
use serde_json::json;
use testkit::orders::{Point, key_with_seal};
use testkit::pki;
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::{Answer, Client};
use testkit::world::World;

fn router(world: &World) -> Router {
    let ports = Ports {
        orders: world.store.clone(),
        registry: world.store.clone(),
        certificates: world.store.clone(),
        ca: pki::ca(world.power.clone()),
        policies: world.policies.clone(),
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    api(world.gate(), ports).unwrap()
}

async fn desk_with(power: Arc<PowerCut>, point: Point) -> (World, Client, Order) {
    let world = World::with_power(power).await;
    let maker = world.as_staff(&router(&world), 2, &[Role::Maker]).await;
    let order = world.order(1, &[(key_with_seal(), 2)], point).await;
    (world, maker, order)
}

async fn desk(point: Point) -> (World, Client, Order) {
    desk_with(PowerCut::never(), point).await
}

fn path(order: &Order, unit: u8) -> String {
    format!(
        "/api/console/production/{}/1/units/{unit}/certificate",
        order.id
    )
}

async fn issue(client: &Client, order: &Order, unit: u8, csr: &str) -> Answer {
    client
        .post_json(&path(order, unit), &json!({"csr": csr}))
        .await
}

#[tokio::test]
async fn the_same_request_gets_the_same_certificate_and_another_none() {
    let (world, maker, order) = desk(Point::Approved).await;
    maker
        .get(&path(&order, 1))
        .await
        .refused(ErrorCode::NotFound);
    let first: CertificateView = issue(&maker, &order, 1, &pki::csr(1)).await.json();
    assert!(first.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
    assert_eq!(first.chain.matches("BEGIN CERTIFICATE").count(), 2);
    world.clock.advance(SignedDuration::from_hours(1));
    let again: CertificateView = issue(&maker, &order, 1, &pki::csr(1)).await.json();
    assert_eq!(
        (&again.certificate, &again.serial, again.not_after),
        (&first.certificate, &first.serial, first.not_after)
    );
    let shown: CertificateView = maker.get(&path(&order, 1)).await.json();
    assert_eq!(shown.certificate, first.certificate);

    issue(&maker, &order, 1, &pki::csr(9))
        .await
        .refused(ErrorCode::CertificateAlreadyIssued);
    let second: CertificateView = issue(&maker, &order, 2, &pki::csr(2)).await.json();
    assert_ne!(second.serial, first.serial);
    let stored = world.store.load(&order.id).await.unwrap().unwrap();
    assert_eq!(stored.events, order.events + 2);
    assert!(
        stored.lines[0]
            .all_units()
            .iter()
            .all(|unit| unit.state == UnitState::Writing)
    );
    assert_eq!(world.store.all_issuances().len(), 2);
}

#[tokio::test]
async fn only_an_approved_key_gets_a_certificate() {
    for point in [Point::Draft, Point::Paid, Point::Checked, Point::Claimed] {
        let (world, maker, order) = desk(point).await;
        issue(&maker, &order, 1, &pki::csr(1))
            .await
            .refused(ErrorCode::NotFound);
        assert!(world.store.all_issuances().is_empty(), "{point:?}");
    }
    let (world, maker, order) = desk(Point::Made).await;
    issue(&maker, &order, 1, &pki::csr(1))
        .await
        .refused(ErrorCode::NotInThisState);
    issue(&maker, &order, 3, &pki::csr(1))
        .await
        .refused(ErrorCode::NotFound);
    assert!(world.store.all_issuances().is_empty());
}

#[tokio::test]
async fn whoever_approved_the_papers_gets_no_certificate_made() {
    let (world, maker, order) = desk(Point::Approved).await;
    let both = world
        .as_staff(&router(&world), 1, &[Role::Reviewer, Role::Maker])
        .await;
    issue(&both, &order, 1, &pki::csr(1))
        .await
        .refused(ErrorCode::SamePerson);
    assert!(
        world.store.all_issuances().is_empty(),
        "the CA was not asked"
    );
    issue(&maker, &order, 1, &pki::csr(1))
        .await
        .json::<CertificateView>();
}

#[tokio::test]
async fn a_request_that_cannot_be_used_is_refused_before_anything_is_on_record() {
    let (world, maker, order) = desk(Point::Approved).await;
    let good = pki::csr(1);
    let broken = good.replacen('A', "B", 3);
    for bad in [
        "",
        "hello",
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        &broken,
    ] {
        let problem = issue(&maker, &order, 1, bad)
            .await
            .refused(ErrorCode::BadCertificateRequest);
        assert_eq!(problem.errors[0].field, "csr");
    }
    issue(&maker, &order, 1, &"x".repeat(10_001))
        .await
        .wrong_fields(&["csr"]);
    assert!(world.store.all_issuances().is_empty());
    issue(&maker, &order, 1, &good)
        .await
        .json::<CertificateView>();
}

/// Two people click at once with requests of two tokens, three times each: one token has the certificate, and
/// whoever asked for the other is told so.
#[tokio::test]
async fn of_two_requests_at_once_one_is_signed() {
    let (world, maker, order) = desk(Point::Approved).await;
    let calls: Vec<_> = (0..6u8)
        .map(|no| {
            let (maker, order) = (maker.clone(), order.clone());
            tokio::spawn(async move {
                (
                    no % 2,
                    issue(&maker, &order, 1, &pki::csr(no % 2 + 1)).await,
                )
            })
        })
        .collect();
    let (mut signed, mut refused) = (Vec::new(), Vec::new());
    for call in calls {
        let (token, answer) = call.await.unwrap();
        if answer.status.is_success() {
            signed.push((token, answer.json::<CertificateView>().certificate));
        } else {
            answer.refused(ErrorCode::CertificateAlreadyIssued);
            refused.push(token);
        }
    }
    signed.dedup();
    assert_eq!(signed.len(), 1, "one token, one certificate");
    assert_eq!(refused, [1 - signed[0].0; 3]);
    assert_eq!(world.store.all_issuances().len(), 1);
}

/// At every write on the way, before and after: the next call gets a certificate, the only one there is.
#[tokio::test]
async fn a_power_cut_leads_to_the_same_certificate_again() {
    let (world, ..) = desk(Point::Approved).await;
    let first = world.power.writes() + 1;
    for moment in [Moment::Before, Moment::After] {
        for number in first.. {
            let (world, maker, order) = desk_with(
                PowerCut::at(number, moment, Length::Outage),
                Point::Approved,
            )
            .await;
            let cut = issue(&maker, &order, 1, &pki::csr(1)).await;
            if world.power.struck().is_none() {
                assert_eq!(number, first + 4, "begin, sign, finish, commit");
                break;
            }
            cut.refused(ErrorCode::Unavailable);
            world.power.restore();
            world.clock.advance(SignedDuration::from_hours(3));
            let view: CertificateView = issue(&maker, &order, 1, &pki::csr(1)).await.json();
            let stored = world.store.load(&order.id).await.unwrap().unwrap();
            let known = stored.lines[0].all_units()[0].certificate.clone().unwrap();
            assert_eq!(
                (known.serial, known.not_after),
                (view.serial.clone(), view.not_after)
            );
            assert_eq!(world.store.all_issuances().len(), 1);
        }
    }
}

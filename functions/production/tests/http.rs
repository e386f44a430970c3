//! The maker's desk, as the console sees it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::Orders as _;
use axum::Router;
use contract::console::{ProductionView, QueueView};
use contract::error::ErrorCode;
use domain::actor::Role;
use domain::order::{LineStage, Order, UnitState};
use jiff::SignedDuration;
use production::{Ports, api};
use serde_json::json;
use testkit::orders::{Point, key_with_seal};
use testkit::web::{Answer, Client};
use testkit::world::World;

fn router(world: &World) -> Router {
    let ports = Ports {
        orders: world.store.clone(),
        lists: world.store.clone(),
        registry: world.store.clone(),
        policies: world.policies.clone(),
        clock: world.clock.clone(),
    };
    api(world.gate(), ports).unwrap()
}

/// A maker and an order of two keys.
async fn desk(point: Point) -> (World, Client, Order) {
    let world = World::new().await;
    let maker = world.as_staff(&router(&world), 2, &[Role::Maker]).await;
    let order = world.order(1, &[(key_with_seal(), 2)], point).await;
    (world, maker, order)
}

async fn made(client: &Client, order: &Order, unit: u8, serial: &str) -> Answer {
    let path = format!("/api/console/production/{}/1/units/{unit}/made", order.id);
    client
        .post_json(&path, &json!({"key_serial": serial}))
        .await
}

fn line(order: &Order) -> String {
    format!("/api/console/production/{}/1", order.id)
}

#[tokio::test]
async fn the_desk_shows_approved_lines_only() {
    for (point, shown) in [
        (Point::Paid, false),
        (Point::Claimed, false),
        (Point::Approved, true),
        (Point::Certified, true),
        (Point::Made, false),
    ] {
        let (_world, maker, order) = desk(point).await;
        let queue: QueueView = maker.get("/api/console/production").await.json();
        assert_eq!(!queue.lines.is_empty(), shown, "{point:?}");
        if point < Point::Approved {
            maker.get(&line(&order)).await.refused(ErrorCode::NotFound);
        } else {
            let view: ProductionView = maker.get(&line(&order)).await.json();
            assert_eq!(view.units.len(), 2);
        }
        if shown {
            assert_eq!(queue.lines[0].stage, LineStage::AwaitProduction);
        }
    }
}

#[tokio::test]
async fn a_key_is_made_once_on_a_token_of_its_own() {
    let (world, maker, order) = desk(Point::Certified).await;
    for (bad, code) in [("", "required"), ("CPP 1", "invalid"), ("钥", "invalid")] {
        let problem = made(&maker, &order, 1, bad)
            .await
            .refused(ErrorCode::InvalidFields);
        assert_eq!(
            serde_json::to_value(problem.errors[0].code).unwrap(),
            code,
            "{bad}"
        );
    }
    let view: ProductionView = made(&maker, &order, 1, "CPP-1").await.json();
    assert_eq!(
        view.units.iter().map(|unit| unit.state).collect::<Vec<_>>(),
        [UnitState::Made, UnitState::Writing]
    );
    made(&maker, &order, 1, "CPP-1")
        .await
        .json::<ProductionView>();
    made(&maker, &order, 1, "CPP-9")
        .await
        .refused(ErrorCode::NotInThisState);
    made(&maker, &order, 2, "CPP-1")
        .await
        .wrong_fields(&["key_serial"]);
    made(&maker, &order, 3, "CPP-3")
        .await
        .refused(ErrorCode::NotFound);
    made(&maker, &order, 0, "CPP-3")
        .await
        .refused(ErrorCode::NotFound);
    let view: ProductionView = made(&maker, &order, 2, "CPP-2").await.json();
    assert_eq!(view.row.stage, LineStage::BookShipment);
    let stored = world.store.load(&order.id).await.unwrap().unwrap();
    assert_eq!(stored.events, order.events + 2);
}

#[tokio::test]
async fn a_key_without_certificate_is_not_finished() {
    let (_world, maker, order) = desk(Point::Approved).await;
    made(&maker, &order, 1, "CPP-1")
        .await
        .refused(ErrorCode::NotInThisState);
}

#[tokio::test]
async fn whoever_approved_the_papers_does_not_make_the_key() {
    let (world, maker, order) = desk(Point::Certified).await;
    // The reviewer of all these orders, who is a maker as well.
    let both = world
        .as_staff(&router(&world), 1, &[Role::Reviewer, Role::Maker])
        .await;
    made(&both, &order, 1, "CPP-1")
        .await
        .refused(ErrorCode::SamePerson);
    made(&maker, &order, 1, "CPP-1")
        .await
        .json::<ProductionView>();
}

#[tokio::test]
async fn a_long_queue_is_read_page_by_page() {
    let (world, maker, _) = desk(Point::Approved).await;
    for _ in 0..59 {
        world.clock.advance(SignedDuration::from_secs(1));
        world
            .order(1, &[(key_with_seal(), 1)], Point::Approved)
            .await;
    }
    let first: QueueView = maker.get("/api/console/production").await.json();
    let path = format!("/api/console/production?cursor={}", first.cursor.unwrap());
    let second: QueueView = maker.get(&path).await.json();
    assert_eq!(
        (first.lines.len(), second.lines.len(), second.cursor),
        (50, 10, None)
    );
    let mut seen: Vec<_> = first
        .lines
        .iter()
        .chain(&second.lines)
        .map(|row| row.order.clone())
        .collect();
    seen.dedup();
    assert_eq!(seen.len(), 60);
}

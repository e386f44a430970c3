//! The maker's desk, as the console sees it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::Orders as _;
use axum::Router;
use contract::console::{ProductionView, QueueView};
use contract::desk::{DeskList, StockKeyView, StockView};
use contract::error::ErrorCode;
use domain::actor::Role;
use domain::order::{LineStage, Order, UnitState};
use domain::stock::{ScrapReason, StockState};
use jiff::SignedDuration;
use production::{Ports, api};
use serde_json::json;
use testkit::orders::{Point, key_with_seal};
use testkit::web::Client;
use testkit::world::World;

fn router(world: &World) -> Router {
    let ports = Ports {
        orders: world.store.clone(),
        lists: world.store.clone(),
        registry: world.store.clone(),
        cipher: world.cipher.clone(),
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

/// A key that was made and is bad: given up, it is to be made anew, and the try that was meant is given up once.
#[tokio::test]
async fn a_key_is_given_up_with_a_reason_and_made_anew() {
    let (world, maker, order) = desk(Point::Made).await;
    let path = format!("{}/units/1/scrap", line(&order));
    let body = json!({"attempt": 1, "reason": "damaged"});
    let nothing = maker.post_json(&path, &json!({"attempt": 1})).await;
    nothing.refused(ErrorCode::MalformedRequest);
    for _ in 0..2 {
        let view: ProductionView = maker.post_json(&path, &body).await.json();
        let seen = (view.units[0].state, view.units[0].attempt);
        assert_eq!(seen, (UnitState::Waiting, 2));
        assert_eq!(view.units[1].state, UnitState::Made);
        assert_eq!(view.row.stage, LineStage::AwaitProduction);
    }
    let stored = world.store.load(&order.id).await.unwrap().unwrap();
    assert_eq!(stored.events, order.events + 1);
    let history = world.store.history(&order.id).await.unwrap();
    let last = history.last().unwrap();
    assert_eq!(
        (last.event.as_str(), last.note.as_str()),
        ("unit_scrapped", "damaged")
    );
    // What nobody has begun cannot be given up, nor what left us.
    let again = json!({"attempt": 2, "reason": "damaged"});
    maker
        .post_json(&path, &again)
        .await
        .refused(ErrorCode::NotInThisState);
    let (_world, maker, shipped) = desk(Point::Shipped).await;
    let path = format!("{}/units/1/scrap", line(&shipped));
    maker
        .post_json(&path, &body)
        .await
        .refused(ErrorCode::NotInThisState);
}

#[tokio::test]
async fn whoever_approved_the_papers_gives_no_key_up() {
    let (world, _, order) = desk(Point::Made).await;
    // The reviewer of all these orders, who is a maker as well.
    let both = world
        .as_staff(&router(&world), 1, &[Role::Reviewer, Role::Maker])
        .await;
    let path = format!("{}/units/1/scrap", line(&order));
    let body = json!({"attempt": 1, "reason": "damaged"});
    both.post_json(&path, &body)
        .await
        .refused(ErrorCode::SamePerson);
}

const STOCK: &str = "/api/console/stock";

async fn stock(client: &Client, state: &str, medium: &str) -> StockView {
    let path = format!("{STOCK}?state={state}&medium={medium}");
    client.get(&path).await.json()
}

#[tokio::test]
async fn blank_keys_are_taken_in_counted_and_taken_out() {
    let (world, maker, _) = desk(Point::Approved).await;
    let admin = world.as_staff(&router(&world), 5, &[Role::Admin]).await;
    let body = json!({"medium": "bjca", "serials": ["B-2", " B-1 ", "B-2"]});
    maker
        .post_json(STOCK, &body)
        .await
        .refused(ErrorCode::Forbidden);
    admin.post_json(STOCK, &body).await.done();
    // Sent twice, and once more with a further one: what is there stays.
    admin.post_json(STOCK, &body).await.done();
    let more = json!({"medium": "bjca", "serials": ["B-1", "B-3"]});
    admin.post_json(STOCK, &more).await.done();
    let view = stock(&maker, "blank", "bjca").await;
    let serials: Vec<&str> = view.keys.iter().map(|key| key.serial.as_str()).collect();
    assert_eq!(serials, ["B-1", "B-2", "B-3"]);
    let counts: Vec<u32> = view.counts.iter().map(|count| count.blank).collect();
    assert_eq!(counts, [0, 3]);

    let out = format!("{STOCK}/B-2/scrap");
    for _ in 0..2 {
        let key: StockKeyView = maker
            .post_json(&out, &json!({"reason": "damaged"}))
            .await
            .json();
        assert_eq!(key.state, StockState::Scrapped);
    }
    maker
        .post_json(
            &format!("{STOCK}/NONE/scrap"),
            &json!({"reason": "damaged"}),
        )
        .await
        .refused(ErrorCode::NotFound);
    assert_eq!(stock(&maker, "blank", "bjca").await.keys.len(), 2);
    let scrapped = stock(&maker, "scrapped", "bjca").await;
    assert_eq!(scrapped.keys[0].scrapped_for, Some(ScrapReason::Damaged));
    // Taken in again it stays out.
    admin.post_json(STOCK, &body).await.done();
    assert_eq!(stock(&maker, "blank", "bjca").await.keys.len(), 2);
}

#[tokio::test]
async fn a_list_of_serial_numbers_is_read_whole_or_not_at_all() {
    let (world, maker, _) = desk(Point::Approved).await;
    let admin = world.as_staff(&router(&world), 5, &[Role::Admin]).await;
    let many: Vec<String> = (0..26).map(|no| format!("B-{no}")).collect();
    for (serials, wrong) in [
        (json!([]), "serials"),
        (json!(many), "serials"),
        (json!(["B-1", "B 2"]), "serials.1"),
        (json!(["号"]), "serials.0"),
    ] {
        let body = json!({"medium": "cpp", "serials": serials});
        admin.post_json(STOCK, &body).await.wrong_fields(&[wrong]);
    }
    let other = json!({"medium": "bjca", "serials": ["X-1"]});
    admin.post_json(STOCK, &other).await.done();
    let same = json!({"medium": "cpp", "serials": ["X-0", "X-1"]});
    admin
        .post_json(STOCK, &same)
        .await
        .wrong_fields(&["serials"]);
    assert!(stock(&maker, "blank", "cpp").await.keys.is_empty());
}

#[tokio::test]
async fn a_desk_is_dismissed_at_once_and_stays_in_the_list() {
    let (world, maker, _) = desk(Point::Approved).await;
    let admin = world.as_staff(&router(&world), 5, &[Role::Admin]).await;
    let enrolled = world.enrolled(1).await;
    let path = format!("/api/console/desks/{}", enrolled.id);
    maker.delete(&path).await.refused(ErrorCode::Forbidden);
    for _ in 0..2 {
        let list: DeskList = admin.delete(&path).await.json();
        assert_eq!(list.desks.len(), 1);
        assert!(list.desks[0].dismissed_at.is_some());
    }
    let list: DeskList = maker.get("/api/console/desks").await.json();
    assert_eq!(list.desks[0].id, enrolled.id);
    let nobody = "/api/console/desks/dk_00000000000000000000000000";
    admin.delete(nobody).await.refused(ErrorCode::NotFound);
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

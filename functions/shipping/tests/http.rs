//! The parcel desk and the courier's messages.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::{Clock as _, Orders as _, Parcels as _};
use axum::Router;
use contract::console::{QueueView, ShippingView};
use contract::error::ErrorCode;
use domain::actor::Role;
use domain::ids::LineNo;
use domain::order::{DisplayState, LineStage, LineState, Order, UnitState};
use domain::parcel::{Parcel, ParcelStatus};
use jiff::SignedDuration;
use shipping::{Ports, api};
use testkit::courier::{Message, message};
use testkit::orders::{self, Point, key_with_seal};
use testkit::web::{Answer, Client};
use testkit::world::World;

fn router(world: &World) -> Router {
    let ports = Ports {
        orders: world.store.clone(),
        lists: world.store.clone(),
        parcels: world.store.clone(),
        secrets: world.secrets.clone(),
        policies: world.policies.clone(),
        clock: world.clock.clone(),
    };
    api(world.gate(), ports).unwrap()
}

async fn desk(point: Point) -> (World, Client, Order) {
    let world = World::new().await;
    let shipper = world.as_staff(&router(&world), 3, &[Role::Shipper]).await;
    let order = world.order(1, &[(key_with_seal(), 2)], point).await;
    (world, shipper, order)
}

/// What the courier posts now about something that happened so many minutes ago.
async fn tell(world: &World, order: &Order, id: &str, status: &str, minutes_ago: i64) -> Answer {
    let now = world.clock.now();
    let waybill = orders::waybill(&order.id, LineNo(1));
    post(
        world,
        &message(
            id,
            &waybill,
            status,
            now - SignedDuration::from_mins(minutes_ago),
            now,
        ),
    )
    .await
}

async fn post(world: &World, message: &Message) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("x-courier-timestamp", message.timestamp.as_str()),
        ("x-courier-signature", message.signature.as_str()),
    ];
    let courier = Client::new(router(world)).from_elsewhere();
    courier
        .post_raw("/api/webhooks/courier", &headers, message.body.clone())
        .await
}

async fn load(world: &World, order: &Order) -> (Order, Parcel) {
    let order = world.store.load(&order.id).await.unwrap().unwrap();
    let parcel = world
        .store
        .parcel(&order.id, LineNo(1))
        .await
        .unwrap()
        .unwrap();
    (order, parcel)
}

fn shown(order: &Order) -> DisplayState {
    order.line_display(&order.lines[0])
}

#[tokio::test]
async fn a_parcel_is_collected_carried_and_delivered_by_the_couriers_word() {
    let (world, _, order) = desk(Point::Booked).await;
    for (id, status, expected) in [
        ("e1", "booked", DisplayState::InProduction),
        ("e2", "collected", DisplayState::Shipped),
        ("e3", "in_transit", DisplayState::Shipped),
        ("e4", "out_for_delivery", DisplayState::Shipped),
        ("e5", "delivered", DisplayState::Completed),
    ] {
        world.clock.advance(SignedDuration::from_mins(10));
        tell(&world, &order, id, status, 0).await.done();
        let (now, _) = load(&world, &order).await;
        assert_eq!(shown(&now), expected, "{status}");
    }
    let (now, parcel) = load(&world, &order).await;
    assert_eq!(now.display(), DisplayState::Completed);
    assert_eq!(
        (parcel.status, parcel.events.len()),
        (ParcelStatus::Delivered, 5)
    );
    assert!(
        now.lines[0]
            .all_units()
            .iter()
            .all(|unit| unit.state == UnitState::HandedOver)
    );
}

#[tokio::test]
async fn repeated_messages_are_one_message() {
    let (world, _, order) = desk(Point::Booked).await;
    tell(&world, &order, "e1", "collected", 0).await.done();
    let before = load(&world, &order).await;
    for _ in 0..3 {
        world.clock.advance(SignedDuration::from_secs(30));
        tell(&world, &order, "e1", "collected", 0).await.done();
    }
    assert_eq!(load(&world, &order).await, before);
    tell(&world, &order, "e2", "delivered", 0).await.done();
    let done = load(&world, &order).await;
    tell(&world, &order, "e2", "delivered", 0).await.done();
    assert_eq!(load(&world, &order).await, done);
}

#[tokio::test]
async fn messages_in_any_order_tell_one_story() {
    let all = [
        ("a", "collected", 40),
        ("b", "in_transit", 30),
        ("c", "out_for_delivery", 20),
        ("d", "delivered", 10),
    ];
    for first in 0..4 {
        for step in [1, 3] {
            let (world, _, order) = desk(Point::Booked).await;
            let mut done = false;
            for place in 0..4 {
                let (id, status, ago) = all[(first + place * step) % 4];
                tell(&world, &order, id, status, ago).await.done();
                done |= status == "delivered";
                let (now, _) = load(&world, &order).await;
                let expected = if done {
                    DisplayState::Completed
                } else {
                    DisplayState::Shipped
                };
                assert_eq!(
                    shown(&now),
                    expected,
                    "from {first} by {step}, after {status}"
                );
            }
            let (_, parcel) = load(&world, &order).await;
            assert_eq!(parcel.status, ParcelStatus::Delivered);
            let told: Vec<&str> = parcel
                .events
                .iter()
                .map(|event| event.event_id.as_str())
                .collect();
            assert_eq!(told, ["a", "b", "c", "d"]);
        }
    }
}

#[tokio::test]
async fn what_is_not_the_couriers_word_is_refused_and_changes_nothing() {
    let (world, _, order) = desk(Point::Booked).await;
    let now = world.clock.now();
    let waybill = orders::waybill(&order.id, LineNo(1));
    let good = message("e1", &waybill, "delivered", now, now);
    let before = load(&world, &order).await;
    let text = String::from_utf8(good.body.clone()).unwrap();
    let minutes = SignedDuration::from_mins;
    for (what, forged) in [
        (
            "another body",
            Message {
                body: text.replace("e1", "e2").into_bytes(),
                ..good.clone()
            },
        ),
        (
            "another time",
            Message {
                timestamp: (now.as_second() + 1).to_string(),
                ..good.clone()
            },
        ),
        (
            "no signature",
            Message {
                signature: String::new(),
                ..good.clone()
            },
        ),
        (
            "no time",
            Message {
                timestamp: String::new(),
                ..good.clone()
            },
        ),
        (
            "an old one played again",
            message("e1", &waybill, "delivered", now, now - minutes(6)),
        ),
        (
            "one from the future",
            message("e1", &waybill, "delivered", now, now + minutes(6)),
        ),
    ] {
        post(&world, &forged).await.refused(ErrorCode::Forbidden);
        assert_eq!(load(&world, &order).await, before, "{what}");
    }
    post(
        &world,
        &message("e1", "SF-of-nobody", "delivered", now, now),
    )
    .await
    .refused(ErrorCode::NotFound);
    post(&world, &message("e1", &waybill, "eaten", now, now))
        .await
        .refused(ErrorCode::MalformedRequest);
    assert_eq!(load(&world, &order).await, before);
    post(&world, &good).await.done();
}

#[tokio::test]
async fn a_parcel_that_is_lost_or_returned_stays_visible_and_ends_nothing() {
    let (world, shipper, order) = desk(Point::Shipped).await;
    tell(&world, &order, "e1", "lost", 0).await.done();
    let (now, parcel) = load(&world, &order).await;
    assert_eq!(
        (now.lines[0].state, parcel.status),
        (LineState::Shipped, ParcelStatus::Lost)
    );
    let view: ShippingView = shipper
        .get(&format!("/api/console/shipping/{}/1", order.id))
        .await
        .json();
    assert_eq!(view.events.last().unwrap().status, ParcelStatus::Lost);
}

#[tokio::test]
async fn the_desk_hands_over_once() {
    let (world, shipper, order) = desk(Point::Booked).await;
    let queue: QueueView = shipper.get("/api/console/shipping").await.json();
    assert_eq!(
        (queue.lines[0].stage, queue.lines.len()),
        (LineStage::AwaitCollection, 1)
    );
    let path = format!("/api/console/shipping/{}/1/handed-over", order.id);
    let view: ShippingView = shipper.post(&path).await.json();
    assert_eq!(
        (view.row.stage, view.address.name.as_str()),
        (LineStage::AwaitDelivery, "韩梅梅")
    );
    let (before, _) = load(&world, &order).await;
    shipper.post(&path).await.json::<ShippingView>();
    assert_eq!(load(&world, &order).await.0, before);
    // The courier's own word comes after: nothing moves.
    tell(&world, &order, "e1", "collected", 0).await.done();
    assert_eq!(load(&world, &order).await.0, before);
    let history = world.store.history(&order.id).await.unwrap();
    assert_eq!(
        history
            .iter()
            .filter(|record| record.event == "handed_to_courier")
            .count(),
        1
    );
}

#[tokio::test]
async fn nothing_is_handed_over_before_it_has_a_waybill() {
    for point in [Point::Paid, Point::Approved, Point::Made] {
        let (_world, shipper, order) = desk(point).await;
        let path = format!("/api/console/shipping/{}/1", order.id);
        shipper
            .post(&format!("{path}/handed-over"))
            .await
            .refused(ErrorCode::NotInThisState);
        if point < Point::Made {
            shipper.get(&path).await.refused(ErrorCode::NotFound);
        }
    }
}

#[tokio::test]
async fn reviewer_and_maker_do_not_hand_over_themselves() {
    let (world, shipper, order) = desk(Point::Booked).await;
    let path = format!("/api/console/shipping/{}/1/handed-over", order.id);
    for no in [1, 2] {
        let both = world
            .as_staff(
                &router(&world),
                no,
                &[Role::Reviewer, Role::Maker, Role::Shipper],
            )
            .await;
        both.post(&path).await.refused(ErrorCode::SamePerson);
    }
    shipper.post(&path).await.json::<ShippingView>();
}

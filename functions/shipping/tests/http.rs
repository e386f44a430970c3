//! The parcel desk, the courier's messages, and the desks of branches.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::{Clock as _, Orders as _, Parcels as _, Transaction};
use axum::Router;
use contract::console::{QueueView, ShippingView};
use contract::error::ErrorCode;
use contract::order::{HistoryEntry, OrderRow, OrderView};
use domain::actor::Role;
use domain::ids::{BranchId, LineNo, OrderId};
use domain::order::{Delivery, DisplayState, LineStage, LineState, Order, OrderState, UnitState};
use domain::parcel::{Parcel, ParcelStatus};
use domain::plan::Handover;
use domain::policy::DeliveryKind;
use domain::staff::Staff;
use jiff::SignedDuration;
use shipping::{Ports, api};
use testkit::courier::{Message, message};
use testkit::orders::{self, Point, counter_key, key_with_seal};
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
        (view.row.stage, view.address.as_ref().unwrap().name.as_str()),
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

// ---- branches ------------------------------------------------------------------------------------------

const PICKUPS: &str = "/api/console/pickups";

fn branch(no: u32) -> BranchId {
    BranchId::from_ulid(&orders::ulid(no))
}

/// A member of staff who hands keys over, at a branch or at none.
async fn at_branch(world: &World, no: u32, at: Option<u32>) -> Client {
    let staff = world.staff(no, &[Role::Branch]).await;
    let staff = Staff {
        branch: at.map(branch),
        version: staff.version + 1,
        ..staff
    };
    let moved = Transaction::new(world.clock.now()).change(&staff).unwrap();
    world.registry().record(&moved).await.unwrap();
    Client::new(router(world)).cookie(world.staff_cookie(&staff.id).await)
}

/// An order of two keys that company 1 fetches at a branch, of a second of its own.
async fn to_be_fetched(world: &World, at: u32, point: Point) -> Order {
    world.company(1).await;
    world.clock.advance(SignedDuration::from_secs(1));
    let now = world.clock.now();
    let mut draft = orders::draft(1, 1, &[(counter_key(), 2)], now);
    draft.delivery = Delivery {
        kind: DeliveryKind::BranchPickup,
        address: None,
        branch: Some(branch(at)),
    };
    draft.lines[0].plan.handover = Handover::Branch;
    let journey = orders::bring(1, draft, point, now);
    journey.write(&world.store, &world.objects).await.unwrap();
    journey.order
}

async fn stored(world: &World, order: &Order) -> Order {
    world.store.load(&order.id).await.unwrap().unwrap()
}

async fn waiting(client: &Client) -> Vec<OrderId> {
    let queue: QueueView = client.get(PICKUPS).await.json();
    assert!(queue.cursor.is_none());
    queue.lines.into_iter().map(|row| row.order).collect()
}

fn pickup(order: &Order) -> String {
    format!("{PICKUPS}/{}/1", order.id)
}

#[tokio::test]
async fn a_branch_sees_what_waits_there_the_longest_first() {
    let world = World::new().await;
    let staff = at_branch(&world, 4, Some(1)).await;
    assert!(waiting(&staff).await.is_empty());
    let first = to_be_fetched(&world, 1, Point::Made).await;
    let second = to_be_fetched(&world, 1, Point::Made).await;
    to_be_fetched(&world, 1, Point::Certified).await;
    to_be_fetched(&world, 1, Point::Completed).await;
    let elsewhere = to_be_fetched(&world, 2, Point::Made).await;
    world.order(1, &[(key_with_seal(), 1)], Point::Made).await;

    assert_eq!(waiting(&staff).await, [first.id.clone(), second.id]);
    let queue: QueueView = staff.get(PICKUPS).await.json();
    let row = &queue.lines[0];
    assert_eq!(
        (row.stage, row.quantity, row.waybill.as_deref()),
        (LineStage::AwaitPickup, 2, None)
    );
    let view: ShippingView = staff.get(&pickup(&first)).await.json();
    assert_eq!(view.address, None);
    assert_eq!(view.delivery.branch, Some(branch(1)));
    assert_eq!(view.contact, first.contact, "whom to call");
    assert!(view.events.is_empty());
    let others = at_branch(&world, 5, Some(2)).await;
    assert_eq!(waiting(&others).await, [elsewhere.id]);
    // Whoever moves to another branch sees that one, at once.
    let staff = at_branch(&world, 4, Some(2)).await;
    assert_eq!(waiting(&staff).await.len(), 1);
    staff
        .get(&pickup(&first))
        .await
        .refused(ErrorCode::NotFound);
}

#[tokio::test]
async fn what_waits_at_another_branch_is_not_there_word_for_word() {
    let world = World::new().await;
    let staff = at_branch(&world, 4, Some(1)).await;
    let elsewhere = to_be_fetched(&world, 2, Point::Made).await;
    let carried = world.order(1, &[(key_with_seal(), 1)], Point::Booked).await;
    let nobodys = format!("{PICKUPS}/201910230935190042/1");
    let unknown = staff.get(&nobodys).await;
    unknown.refused(ErrorCode::NotFound);
    for order in [&elsewhere, &carried] {
        let before = stored(&world, order).await;
        let there = pickup(order);
        for answer in [
            staff.get(&there).await,
            staff.post(&format!("{there}/picked-up")).await,
            staff.get(&format!("{PICKUPS}/{}/9", order.id)).await,
        ] {
            answer.refused(ErrorCode::NotFound);
            assert_eq!(answer.without_request_id(), unknown.without_request_id());
        }
        assert_eq!(stored(&world, order).await, before);
    }
    staff
        .post(&format!("{nobodys}/picked-up"))
        .await
        .refused(ErrorCode::NotFound);
    // Here too there is no ninth line, and nothing to see of what is not made.
    let here = to_be_fetched(&world, 1, Point::Certified).await;
    for path in [pickup(&here), format!("{PICKUPS}/{}/9", here.id)] {
        staff.get(&path).await.refused(ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn without_a_branch_there_is_no_desk() {
    let world = World::new().await;
    let staff = at_branch(&world, 4, None).await;
    let order = to_be_fetched(&world, 1, Point::Made).await;
    let before = stored(&world, &order).await;
    let path = pickup(&order);
    let no = ErrorCode::Forbidden;
    staff.get(PICKUPS).await.refused(no);
    staff.get(&path).await.refused(no);
    staff.post(&format!("{path}/picked-up")).await.refused(no);
    assert_eq!(stored(&world, &order).await, before);
    // Not even for what is brought by courier, which has no branch either.
    let carried = world.order(1, &[(key_with_seal(), 1)], Point::Booked).await;
    staff.get(&pickup(&carried)).await.refused(no);
}

#[tokio::test]
async fn keys_are_fetched_once_and_the_company_has_the_last_word() {
    let world = World::new().await;
    let staff = at_branch(&world, 4, Some(1)).await;
    let order = to_be_fetched(&world, 1, Point::Made).await;
    assert_eq!(shown(&stored(&world, &order).await), DisplayState::Handling);
    world.clock.advance(SignedDuration::from_hours(1));
    let path = format!("{}/picked-up", pickup(&order));
    let view: ShippingView = staff.post(&path).await.json();
    assert_eq!(view.row.stage, LineStage::AwaitReceipt);
    assert_eq!(view.address, None);

    // The branch has done its part; the company says that it has its keys (R64).
    let after = stored(&world, &order).await;
    assert_eq!((after.state, after.ended_at), (OrderState::Paid, None));
    assert_eq!(
        after.lines[0].receive_by,
        Some(world.clock.now() + SignedDuration::from_hours(7 * 24))
    );
    assert_eq!(after.lines[0].handed_over_by, Some(orders::staff(4)));
    let units = after.lines[0].all_units();
    assert_eq!(units.len(), 2);
    assert!(units.iter().all(|unit| unit.state == UnitState::HandedOver));
    // A double click, a lost answer: one event.
    for _ in 0..2 {
        world.clock.advance(SignedDuration::from_secs(5));
        staff.post(&path).await.json::<ShippingView>();
    }
    assert_eq!(stored(&world, &order).await, after);
    let history = world.store.history(&order.id).await.unwrap();
    let fetched = history.iter().filter(|record| record.event == "picked_up");
    assert_eq!(fetched.count(), 1);
    assert!(waiting(&staff).await.is_empty());
    staff.get(&pickup(&order)).await.json::<ShippingView>();

    // What the company reads: 待确认收货 in list and detail, and by staff without a name.
    let policy = orders::counter();
    let whole = OrderView::of(&after, &policy, &[], &[]);
    assert_eq!(
        (whole.display, whole.lines[0].display),
        (DisplayState::AwaitingReceipt, DisplayState::AwaitingReceipt)
    );
    let row = OrderRow::of(&after, &policy);
    assert_eq!(row.items[0].display, DisplayState::AwaitingReceipt);
    let entry = HistoryEntry::of(history.last().unwrap().clone());
    assert_eq!(
        (entry.event.as_str(), entry.by.as_str(), entry.to.as_str()),
        ("picked_up", "staff", "delivered")
    );
}

#[tokio::test]
async fn of_two_clicks_at_once_one_hands_the_keys_over() {
    let world = World::new().await;
    let one = at_branch(&world, 4, Some(1)).await;
    let two = at_branch(&world, 5, Some(1)).await;
    let order = to_be_fetched(&world, 1, Point::Made).await;
    let path = format!("{}/picked-up", pickup(&order));
    let (first, second) = tokio::join!(one.post(&path), two.post(&path));
    first.json::<ShippingView>();
    second.json::<ShippingView>();
    let history = world.store.history(&order.id).await.unwrap();
    let fetched = history.iter().filter(|record| record.event == "picked_up");
    assert_eq!(fetched.count(), 1);
}

#[tokio::test]
async fn nothing_is_fetched_before_it_is_made() {
    let world = World::new().await;
    let staff = at_branch(&world, 4, Some(1)).await;
    for point in [
        Point::Submitted,
        Point::Checked,
        Point::Approved,
        Point::Certified,
    ] {
        let order = to_be_fetched(&world, 1, point).await;
        let path = pickup(&order);
        staff.get(&path).await.refused(ErrorCode::NotFound);
        staff
            .post(&format!("{path}/picked-up"))
            .await
            .refused(ErrorCode::NotInThisState);
        assert_eq!(stored(&world, &order).await.version, order.version);
    }
}

#[tokio::test]
async fn reviewer_and_maker_do_not_hand_keys_over_at_a_branch() {
    let world = World::new().await;
    let order = to_be_fetched(&world, 1, Point::Made).await;
    let path = format!("{}/picked-up", pickup(&order));
    for no in [1, 2] {
        let both = at_branch(&world, no, Some(1)).await;
        both.post(&path).await.refused(ErrorCode::SamePerson);
    }
    assert_eq!(stored(&world, &order).await.version, order.version);
    let other = at_branch(&world, 4, Some(1)).await;
    other.post(&path).await.json::<ShippingView>();
}

/// What is fetched never lies among the parcels, and no courier takes it along.
#[tokio::test]
async fn what_is_fetched_is_no_parcel() {
    let world = World::new().await;
    let shipper = world.as_staff(&router(&world), 3, &[Role::Shipper]).await;
    let order = to_be_fetched(&world, 1, Point::Made).await;
    let parcels: QueueView = shipper.get("/api/console/shipping").await.json();
    assert!(parcels.lines.is_empty());
    shipper
        .post(&format!("/api/console/shipping/{}/1/handed-over", order.id))
        .await
        .refused(ErrorCode::NotInThisState);
    assert_eq!(stored(&world, &order).await.version, order.version);
}

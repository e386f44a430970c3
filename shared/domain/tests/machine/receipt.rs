//! What was handed over, until the company says that it has it (R64), and how it is told of keys at a branch (R62, R63).

use domain::actor::Actor;
use domain::ids::{BranchId, LineNo};
use domain::notice::{Channel, NoticeKind};
use domain::order::{
    Change, Delivery, DisplayState, Event, EventKind, LineState, Order, OrderState,
    TransitionError, transition,
};
use domain::plan::Handover;
use domain::policy::DeliveryKind;
use domain::work::Task;
use jiff::{SignedDuration, Timestamp};
use testkit::orders::{self, Journey, Point};
use testkit::places::now;

const ONE: LineNo = LineNo(1);

/// An order of the order service, fetched or sent.
fn at(kind: DeliveryKind, point: Point) -> Journey {
    let mut draft = orders::draft(1, 1, &[(orders::counter_key(), 2)], now());
    draft.delivery.kind = kind;
    if kind == DeliveryKind::BranchPickup {
        draft.delivery = Delivery {
            kind,
            address: None,
            branch: Some(BranchId::from_ulid(&orders::ulid(1))),
        };
        draft.lines[0].plan.handover = Handover::Branch;
    }
    orders::bring(1, draft, point, now())
}

fn confirmed(order: &Order, actor: Actor, at: Timestamp) -> Result<Change, TransitionError> {
    let kind = EventKind::ReceiptConfirmed { line: ONE };
    transition(order, &Event { actor, kind }, at, &orders::counter())
}

fn handed(kind: DeliveryKind) -> Order {
    let event = match kind {
        DeliveryKind::BranchPickup => Event {
            actor: orders::by(orders::shipper()),
            kind: EventKind::PickedUp { line: ONE },
        },
        _ => Event {
            actor: Actor::Courier,
            kind: EventKind::Delivered { line: ONE },
        },
    };
    let before = match kind {
        DeliveryKind::BranchPickup => at(kind, Point::Made).order,
        _ => at(kind, Point::Shipped).order,
    };
    transition(&before, &event, now(), &orders::counter())
        .unwrap()
        .order
}

#[test]
fn what_was_handed_over_ends_with_the_companys_word() {
    for kind in [DeliveryKind::BranchPickup, DeliveryKind::CourierCollect] {
        let order = handed(kind);
        assert_eq!(
            (order.state, order.lines[0].state, order.display()),
            (
                OrderState::Paid,
                LineState::Delivered,
                DisplayState::AwaitingReceipt
            )
        );
        let after = confirmed(&order, orders::person(1), now()).unwrap().order;
        assert_eq!(after.display(), DisplayState::Completed);
        assert!(confirmed(&after, orders::person(1), now()).is_err());
        // Nobody else says so.
        for stranger in [Actor::Courier, Actor::Gateway, orders::by(orders::staff(9))] {
            assert!(confirmed(&order, stranger, now()).is_err());
        }
    }
}

#[test]
fn who_says_nothing_has_received_it_after_a_week() {
    let order = handed(DeliveryKind::CourierCollect);
    let end = now() + SignedDuration::from_hours(7 * 24);
    assert_eq!(order.lines[0].receive_by, Some(end));
    let before = end - SignedDuration::from_secs(1);
    assert!(!order.is_received(&order.lines[0], before));
    assert!(confirmed(&order, Actor::System, before).is_err());
    assert!(order.is_received(&order.lines[0], end));
    let after = confirmed(&order, Actor::System, end).unwrap().order;
    assert_eq!(after.state, OrderState::Completed);
    assert_eq!(after.next_clock(), None);
}

#[test]
fn a_lost_word_of_the_courier_keeps_nobody_from_confirming() {
    let order = at(DeliveryKind::CourierCollect, Point::Shipped).order;
    let after = confirmed(&order, orders::person(1), now()).unwrap().order;
    assert_eq!(after.state, OrderState::Completed);
    // Time alone does not: nobody knows that it arrived.
    let later = now() + SignedDuration::from_hours(1000);
    assert!(confirmed(&order, Actor::System, later).is_err());
}

#[test]
fn in_the_mall_the_hand_over_is_the_end() {
    let order = orders::bring(
        1,
        orders::draft(1, 1, &[(orders::key_with_seal(), 1)], now()),
        Point::Shipped,
        now(),
    )
    .order;
    assert!(confirmed(&order, orders::person(1), now()).is_err());
}

/// covers: R61, R62, R63
#[test]
fn keys_that_are_fetched_are_told_of_without_text_messages() {
    let told = |journey: &Journey| -> Vec<(NoticeKind, Channel)> {
        let work = journey
            .commits
            .iter()
            .flat_map(|commit| &commit.change.work);
        work.filter_map(|item| match &item.task {
            Task::Notice {
                notice, channel, ..
            } => Some((*notice, *channel)),
            _ => None,
        })
        .collect()
    };
    let fetched = told(&at(DeliveryKind::BranchPickup, Point::Completed));
    assert!(fetched.contains(&(NoticeKind::ReadyForPickup, Channel::Mail)));
    assert!(fetched.iter().all(|(_, channel)| *channel == Channel::Mail));
    let sent = told(&at(DeliveryKind::CourierCollect, Point::Completed));
    assert!(sent.contains(&(NoticeKind::LineShipped, Channel::Sms)));
    assert!(!sent.contains(&(NoticeKind::ReadyForPickup, Channel::Mail)));
}

//! By when each step is promised, and what a missed promise makes of an order.

use domain::actor::Actor;
use domain::catalog::ProductKind;
use domain::ids::LineNo;
use domain::money::Money;
use domain::order::{Change, Event, EventKind, ExitWay, LineStage, Order, transition};
use domain::policy::Urgency;
use domain::refund::RefundReason;
use jiff::{SignedDuration, Timestamp};
use testkit::orders::{self, Journey, Point, key_with_seal};
use testkit::places::now;

use crate::laws::{self, Seen};

const ONE: LineNo = LineNo(1);

/// Two keys at a speed, on a Monday at nine in the morning, when the desk opens.
fn at(speed: Urgency, point: Point) -> Journey {
    let line = orders::line(1, &key_with_seal(), 2, speed, now());
    let mut draft = orders::draft_of(1, 1, vec![line], now());
    draft.urgency = speed;
    orders::bring(1, draft, point, now())
}

fn due(order: &Order) -> Option<Timestamp> {
    order.lines[0].due_at
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn missed(order: &Order, at: Timestamp) -> Result<Change, domain::order::TransitionError> {
    let kind = EventKind::PromiseMissed { line: ONE };
    let event = Event {
        actor: Actor::System,
        kind,
    };
    transition(order, &event, at, &orders::mall())
}

#[test]
fn our_steps_are_due_and_the_companys_are_not() {
    for (point, half_day, same_day, none) in [
        (Point::Paid, None, None, None),
        // Two working hours, or the end of the next working day.
        (
            Point::HandedIn,
            Some(time("2026-11-23T03:00:00Z")),
            Some(time("2026-11-23T03:00:00Z")),
            Some(time("2026-11-24T09:30:00Z")),
        ),
        (
            Point::Claimed,
            Some(time("2026-11-23T03:00:00Z")),
            Some(time("2026-11-23T03:00:00Z")),
            Some(time("2026-11-24T09:30:00Z")),
        ),
        // The end of this day, or of the third one after it.
        (
            Point::Approved,
            Some(time("2026-11-23T09:30:00Z")),
            Some(time("2026-11-23T09:30:00Z")),
            Some(time("2026-11-26T09:30:00Z")),
        ),
        (
            Point::Booked,
            Some(time("2026-11-23T09:30:00Z")),
            Some(time("2026-11-23T09:30:00Z")),
            Some(time("2026-11-26T09:30:00Z")),
        ),
        (Point::Shipped, None, None, None),
    ] {
        for (speed, expected) in [
            (Urgency::HalfDay, half_day),
            (Urgency::SameDay, same_day),
            (Urgency::None, none),
        ] {
            assert_eq!(
                due(&at(speed, point).order),
                expected,
                "{point:?} {speed:?}"
            );
        }
    }
}

#[test]
fn a_clock_that_runs_goes_on_and_another_begins_anew() {
    let mut journey = at(Urgency::HalfDay, Point::Approved);
    let promised = due(&journey.order);
    let later = now() + SignedDuration::from_hours(4);
    orders::onward(&mut journey, 1, Point::Certified, later);
    assert_eq!(due(&journey.order), promised);
    let kind = EventKind::Restarted;
    journey.event(Actor::System, kind, later);
    assert_eq!(
        due(&journey.order),
        promised,
        "a restart gives nobody more time"
    );

    let mut back = at(Urgency::HalfDay, Point::Approved);
    let kind = EventKind::ReturnedToReview {
        line: ONE,
        reason: "再看一次".to_owned(),
    };
    back.event(orders::by(orders::reviewer()), kind, later);
    assert_eq!(due(&back.order), Some(time("2026-11-23T07:00:00Z")));
}

#[test]
fn a_missed_promise_gives_the_surcharge_back_once() {
    let order = at(Urgency::HalfDay, Point::Approved).order;
    let promised = due(&order).unwrap();
    assert!(missed(&order, promised - SignedDuration::from_secs(1)).is_err());
    let change = missed(&order, promised).unwrap();
    laws::check(&order, &change, &mut Seen::with_starts(&order));
    let late = change.order;
    assert_eq!(late.lines[0].late_at, Some(promised));
    let [refund] = late.refunds.as_slice() else {
        panic!("{:?}", late.refunds);
    };
    assert_eq!(
        (refund.amount, refund.reason, refund.attempt),
        (Money::from_fen(20_000), RefundReason::PromiseMissed, 1)
    );
    assert_eq!(late.line_stage(&late.lines[0]), LineStage::AwaitProduction);
    assert!(missed(&late, promised + SignedDuration::from_hours(48)).is_err());

    // Only we say so of ourselves.
    let event = Event {
        actor: orders::by(orders::maker()),
        kind: EventKind::PromiseMissed { line: ONE },
    };
    assert!(transition(&order, &event, promised, &orders::mall()).is_err());

    // Ended after that, the rest goes back and no more.
    let mut ended = late;
    for (staff, kind) in [
        (
            orders::maker(),
            EventKind::ExitAsked {
                line: ONE,
                way: Box::new(ExitWay::Refund),
                reason: "不再需要".to_owned(),
            },
        ),
        (orders::reviewer(), EventKind::ExitAgreed { line: ONE }),
    ] {
        let event = Event {
            actor: orders::by(staff),
            kind,
        };
        ended = transition(&ended, &event, promised, &orders::mall())
            .unwrap()
            .order;
    }
    let back: Money = ended.refunds.iter().map(|refund| refund.amount).sum();
    assert_eq!(back, ended.payment.unwrap().amount);
}

#[test]
fn somebody_looks_when_a_promise_ends() {
    let order = at(Urgency::HalfDay, Point::Approved).order;
    let promised = due(&order).unwrap();
    assert_eq!(order.first_promise(), Some(promised));
    // A paid order is looked at every hour anyway; the last look before the promise is due at it.
    let mut journey = at(Urgency::HalfDay, Point::Approved);
    let nearly = promised - SignedDuration::from_mins(10);
    orders::onward(&mut journey, 1, Point::Certified, nearly);
    assert_eq!(journey.order.check_at, Some(promised));
}

#[test]
fn what_the_company_does_itself_is_never_late() {
    let renewal = orders::line(
        1,
        &orders::service(ProductKind::Renewal),
        1,
        Urgency::None,
        now(),
    );
    let draft = orders::draft_of(1, 1, vec![renewal], now());
    let order = orders::bring(1, draft, Point::Paid, now()).order;
    assert_eq!(order.line_stage(&order.lines[0]), LineStage::AwaitAgent);
    assert_eq!((due(&order), order.first_promise()), (None, None));
}

#[test]
fn a_carried_year_goes_along_with_its_upgrade() {
    let draft = orders::draft_of(1, 1, orders::upgrade_lines(now()), now());
    let paid = orders::bring(1, draft.clone(), Point::Paid, now()).order;
    assert_eq!(paid.lines.iter().filter_map(|line| line.due_at).count(), 0);
    let approved = orders::bring(1, draft, Point::Approved, now()).order;
    let dues: Vec<_> = approved.lines.iter().map(|line| line.due_at).collect();
    assert_eq!(dues, [Some(time("2026-11-26T09:30:00Z")); 2]);
    let later = dues[0].unwrap();
    assert!(approved.is_late(&approved.lines[0], later));
    assert!(!approved.is_late(&approved.lines[1], later), "told once");
}

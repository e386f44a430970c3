//! What is written with a transition: starts, ended waits, notices, changed keys.

use domain::actor::Actor;
use domain::certificate::EndedKeys;
use domain::ids::LineNo;
use domain::notice::{Channel, NoticeKind};
use domain::order::{Change, Event, EventKind, ExitWay, LineStage, Order, OrderState, transition};
use domain::payment::Disposition;
use domain::refund::RefundReason;
use domain::work::Task;
use testkit::orders::{self, Exit, Journey, Point, key_with_seal, plain_key};

use crate::laws::{self, Seen};
use crate::table::fits;
use testkit::places::{events, now, places};

fn two_lines(point: Point) -> Journey {
    let lines = [(key_with_seal(), 2), (plain_key(), 1)];
    orders::bring(1, orders::draft(1, 1, &lines, now()), point, now())
}

fn starts(change: &Change) -> Vec<String> {
    let starts = change
        .work
        .iter()
        .filter(|item| matches!(item.task, Task::Start(_)));
    starts
        .map(|item| item.id.trim_start_matches("start-").to_owned())
        .collect()
}

fn outcomes(change: &Change) -> Vec<(String, &'static str)> {
    change
        .outcomes
        .iter()
        .map(|outcome| (outcome.wait.clone(), outcome.outcome))
        .collect()
}

fn notices(change: &Change) -> Vec<(NoticeKind, Channel)> {
    change
        .work
        .iter()
        .filter_map(|item| match &item.task {
            Task::Notice {
                notice, channel, ..
            } => Some((*notice, *channel)),
            Task::Start(_) | Task::Code { .. } | Task::Tell(_) => None,
        })
        .collect()
}

fn happens(journey: &Journey, actor: Actor, kind: EventKind) -> Change {
    transition(
        &journey.order,
        &Event { actor, kind },
        now(),
        &orders::mall(),
    )
    .unwrap()
}

#[test]
fn the_laws_hold_for_every_event_of_the_table() {
    for (place, order) in places() {
        for (name, event) in events(&order)
            .into_iter()
            .filter(|(name, _)| fits(name, place))
        {
            let mut seen = Seen::default();
            let change = transition(&order, &event, now(), &orders::mall()).unwrap();
            // The starts of this run were written before, with the events that led here.
            if change.order.run == order.run && name != "payment_received" {
                seen = Seen::with_starts(&order);
            } else if name == "payment_received" {
                seen = Seen::with_start(&order);
            }
            laws::check(&order, &change, &mut seen);
        }
    }
}

#[test]
fn submitting_starts_the_machine_of_the_order_once() {
    let draft = two_lines(Point::Draft);
    let lines = draft.order.lines.clone();
    let change = happens(
        &draft,
        orders::person(1),
        EventKind::Submitted {
            lines,
            calendar: orders::mall().calendar,
            pay_by: now(),
        },
    );
    assert_eq!(starts(&change), [format!("{}-1", draft.order.id)]);
    assert_eq!(outcomes(&change), []);
    assert_eq!(
        notices(&change),
        [(NoticeKind::OrderSubmitted, Channel::Mail)]
    );
}

#[test]
fn payment_ends_the_wait_and_starts_one_machine_a_line() {
    let unpaid = two_lines(Point::Submitted);
    let id = &unpaid.order.id;
    let change = happens(
        &unpaid,
        Actor::Gateway,
        orders::payment(&unpaid.order, 1, Disposition::Counted, now()),
    );
    assert_eq!(starts(&change), [format!("{id}-1-1"), format!("{id}-2-1")]);
    assert_eq!(
        outcomes(&change),
        [(format!("WAIT#{id}-1#AwaitPayment#1"), "AwaitLines")]
    );
    assert_eq!(
        notices(&change),
        [
            (NoticeKind::OrderPaid, Channel::Mail),
            (NoticeKind::OrderPaid, Channel::Sms)
        ]
    );
    for line in &change.order.lines {
        assert_eq!(change.order.line_stage(line), LineStage::AwaitMaterials);
    }
}

#[test]
fn money_that_goes_back_moves_nothing_but_is_told() {
    let paid = two_lines(Point::Paid);
    for disposition in [
        Disposition::RefundLate,
        Disposition::RefundPaidTwice,
        Disposition::RefundWrongSum,
    ] {
        let change = happens(
            &paid,
            Actor::Gateway,
            orders::payment(&paid.order, 2, disposition, now()),
        );
        // Its refund is ordered with the very fact, and that is all.
        let id = &paid.order.id;
        assert_eq!(starts(&change), [format!("{id}-R1-1")]);
        assert!(outcomes(&change).is_empty());
        let refund = &change.order.refunds[0];
        assert_eq!((refund.attempt, refund.amount), (2, paid.order.total));
        assert_eq!(Some(refund.reason), RefundReason::of(disposition));
        assert_eq!(change.postings.len(), 1);
        assert_eq!(change.order.payment, paid.order.payment);
        assert_eq!(change.order.lines, paid.order.lines);
        assert_eq!(change.record.event, "payment_to_refund");
        assert_eq!(change.record.note, paid.order.total.to_string());
        assert_eq!(
            notices(&change).first(),
            Some(&(NoticeKind::PaymentToRefund, Channel::Mail))
        );
    }
}

#[test]
fn cancelling_and_expiring_end_every_open_wait() {
    for exit in [Exit::Cancelled, Exit::Expired] {
        let mut journey = two_lines(Point::Submitted);
        let id = journey.order.id.clone();
        orders::leave(&mut journey, 1, exit, now());
        let change = &journey.commits.last().unwrap().change;
        assert_eq!(
            outcomes(change),
            [(format!("WAIT#{id}-1#AwaitPayment#1"), "OrderCancelled")]
        );
        assert_eq!(change.order.state, OrderState::Cancelled);
    }
    // Nothing waits for a draft, and nobody is told that it is gone.
    let draft = two_lines(Point::Draft);
    let change = happens(&draft, orders::person(1), EventKind::Cancelled);
    assert_eq!((outcomes(&change).len(), change.work.len()), (0, 0));
}

#[test]
fn a_restart_frees_whoever_waits_in_the_old_run_and_starts_the_new_one() {
    let unpaid = two_lines(Point::Submitted);
    let id = unpaid.order.id.clone();
    let change = happens(&unpaid, Actor::System, EventKind::Restarted);
    assert_eq!(starts(&change), [format!("{id}-2")]);
    assert_eq!(
        outcomes(&change),
        [(format!("WAIT#{id}-1#AwaitPayment#1"), "AwaitPayment")]
    );

    let paid = two_lines(Point::Paid);
    let change = happens(&paid, Actor::System, EventKind::Restarted);
    assert_eq!(
        starts(&change),
        [format!("{id}-2"), format!("{id}-1-2"), format!("{id}-2-2")]
    );
    assert_eq!(
        outcomes(&change),
        [
            (format!("WAIT#{id}-1#AwaitLines#1"), "AwaitLines"),
            (format!("WAIT#{id}-1-1#AwaitMaterials#1"), "AwaitMaterials"),
            (format!("WAIT#{id}-2-1#AwaitMaterials#1"), "AwaitMaterials"),
        ]
    );

    // A line that has ended is not started again.
    let mut shipped = two_lines(Point::Shipped);
    shipped.event(
        Actor::Courier,
        EventKind::Delivered { line: LineNo(1) },
        now(),
    );
    let change = happens(&shipped, Actor::System, EventKind::Restarted);
    assert_eq!(starts(&change), [format!("{id}-2"), format!("{id}-2-2")]);
}

#[test]
fn papers_sent_back_are_a_new_round_with_a_wait_of_its_own() {
    let mut journey = two_lines(Point::Claimed);
    let id = journey.order.id.clone();
    let refusals = vec![orders::refusal()];
    let kind = EventKind::Rejected {
        line: LineNo(1),
        refusals: refusals.clone(),
    };
    let change = happens(&journey, orders::by(orders::reviewer()), kind.clone());
    assert_eq!(
        outcomes(&change),
        [(format!("WAIT#{id}-1-1#AwaitReview#1"), "AwaitMaterials")]
    );
    assert_eq!(change.order.lines[0].round, 2);
    assert_eq!(
        (change.record.refusals.clone(), change.order.lines[1].round),
        (refusals, 1)
    );
    assert_eq!(
        notices(&change).first(),
        Some(&(NoticeKind::PapersRefused, Channel::Mail))
    );
    journey.event(orders::by(orders::reviewer()), kind, now());
    let line = &journey.order.lines[0];
    let papers = orders::papers_for(&id, line, 700, now());
    let papers = papers
        .iter()
        .map(|paper| domain::order::PaperRef {
            id: paper.id.clone(),
            kind: paper.kind,
        })
        .collect();
    let kind = EventKind::MaterialsSubmitted {
        line: LineNo(1),
        basic: orders::basic(),
        papers,
    };
    let change = happens(&journey, orders::person(1), kind);
    assert_eq!(
        outcomes(&change),
        [(format!("WAIT#{id}-1-1#AwaitMaterials#2"), "CheckPapers")]
    );
}

#[test]
fn the_last_line_ends_the_order() {
    let mut journey = two_lines(Point::Shipped);
    let id = journey.order.id.clone();
    journey.event(
        Actor::Courier,
        EventKind::Delivered { line: LineNo(2) },
        now(),
    );
    assert_eq!(journey.order.state, OrderState::Paid);
    let change = happens(
        &journey,
        Actor::Courier,
        EventKind::Delivered { line: LineNo(1) },
    );
    assert_eq!(change.order.state, OrderState::Completed);
    assert_eq!(
        outcomes(&change),
        [
            (format!("WAIT#{id}-1#AwaitLines#1"), "OrderCompleted"),
            (format!("WAIT#{id}-1-1#AwaitDelivery#1"), "LineCompleted"),
        ]
    );
}

/// The courier says that it arrived and never said that it left: both happened.
#[test]
fn a_delivery_that_overtakes_the_collection_hands_the_keys_over_too() {
    let booked = two_lines(Point::Booked);
    let change = happens(
        &booked,
        Actor::Courier,
        EventKind::Delivered { line: LineNo(1) },
    );
    assert_eq!(change.units.len(), 2);
    assert!(
        change
            .units
            .iter()
            .all(|(_, unit)| unit.state == domain::order::UnitState::HandedOver)
    );
    assert_eq!(change.outcomes.len(), 1);
}

/// The largest order, at the events that write the most.
#[test]
fn the_largest_order_fits_one_transaction_at_every_event() {
    let lines: Vec<_> = (0..20).map(|_| (key_with_seal(), 50)).collect();
    let journey = orders::bring(1, orders::draft(1, 1, &lines, now()), Point::Booked, now());
    for commit in &journey.commits {
        let Change {
            order,
            units,
            outcomes,
            work,
            ..
        } = &commit.change;
        let items = 2 + order.lines.len() + units.len() + outcomes.len() + work.len();
        assert!(
            items <= 97,
            "{} writes {items} items",
            commit.change.record.event
        );
    }
    for kind in [
        EventKind::HandedToCourier { line: LineNo(1) },
        EventKind::Delivered { line: LineNo(1) },
    ] {
        let change = happens(&journey, Actor::Courier, kind);
        let items = 2 + 20 + change.units.len() + change.outcomes.len() + change.work.len();
        assert!(items <= 97, "{} writes {items} items", change.record.event);
    }
    let change = happens(&journey, Actor::System, EventKind::Restarted);
    let items = 2 + 20 + change.units.len() + change.outcomes.len() + change.work.len();
    assert!(items <= 97, "a restart writes {items} items");
    // Every key of a full line ends at once, with its certificates: with the register, what the list has of it, and
    // the mark that asks for another one.
    let last = journey.commits.iter().rev();
    let mut begun = last.filter(|commit| commit.change.record.event == "certificate_issued");
    let order = &begun.next().unwrap().change.order;
    let end = |order: &Order, staff, kind| {
        let actor = orders::by(orders::staff(staff));
        transition(
            order,
            &Event { actor, kind },
            now(),
            &orders::policy_of(order),
        )
        .unwrap()
    };
    let asked = EventKind::ExitAsked {
        line: LineNo(1),
        way: Box::new(ExitWay::Refund),
        reason: "x".to_owned(),
    };
    let asked = end(order, 8, asked).order;
    let change = end(&asked, 9, EventKind::ExitAgreed { line: LineNo(1) });
    assert_eq!(change.ended, [EndedKeys::Line(LineNo(1))]);
    assert_eq!(change.units.len(), 50);
    let money = change.postings.len() + change.order.refunds.len();
    let items = 2 + 20 + 50 + change.outcomes.len() + change.work.len() + money + 3 + 2;
    assert!(items <= 97, "the end of a line writes {items} items");
}

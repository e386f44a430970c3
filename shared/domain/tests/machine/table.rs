//! Every state against every event. What the table does not say is refused and changes nothing.

use domain::actor::Actor;
use domain::ids::{LineNo, UnitNo};
use domain::order::{
    DraftContent, Event, EventKind, LineStage, Order, OrderStage, OrderState, PaperRef, Refusal,
    apply, transition,
};
use domain::payment::Disposition;
use domain::refund::{Hindrance, RefundAnswer};
use jiff::{SignedDuration, Timestamp};
use testkit::ambient::MORNING;
use testkit::orders::{self, Exit, Journey, Point, key_with_seal};

/// Rows: events. Columns: where an order of one line of two keys stands. `x`: fits.
const TABLE: &str = "
                      draft submitted paid handed_in checked claimed approved certified made booked shipped completed sent_back cancelled expired asking waiting abnormal told refunded
draft_changed         x     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .
submitted             x     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .
payment_received      .     x         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .
payment_to_refund     x     x         x    x         x       x       x        x         x    x      x       x         x         x         x       x      x       x        x    x
payment_window_closed .     x         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .
cancelled             x     x         x    x         x       x       .        .         .    .      .       .         x         .         .       .      .       .        .    .
restarted             .     x         x    x         x       x       x        x         x    x      x       .         x         .         .       .      .       .        .    .
materials_submitted   .     .         x    .         .       .       .        .         .    .      .       .         x         .         .       .      .       .        .    .
papers_checked        .     .         .    x         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .
papers_found_bad      .     .         .    x         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .
review_claimed        .     .         .    .         x       x       .        .         .    .      .       .         .         .         .       .      .       .        .    .
review_released       .     .         .    .         .       x       .        .         .    .      .       .         .         .         .       .      .       .        .    .
approved              .     .         .    .         .       x       .        .         .    .      .       .         .         .         .       .      .       .        .    .
rejected              .     .         .    .         .       x       .        .         .    .      .       .         .         .         .       .      .       .        .    .
certificate_issued    .     .         .    .         .       .       x        .         .    .      .       .         .         .         .       .      .       .        .    .
unit_made             .     .         .    .         .       .       .        x         .    .      .       .         .         .         .       .      .       .        .    .
shipment_booked       .     .         .    .         .       .       .        .         x    .      .       .         .         .         .       .      .       .        .    .
handed_to_courier     .     .         .    .         .       .       .        .         .    x      .       .         .         .         .       .      .       .        .    .
delivered             .     .         .    .         .       .       .        .         .    x      x       .         .         .         .       .      .       .        .    .
refund_answered       .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       x      .       .        .    .
refund_told           .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       x      x       x        x    .
refund_due            .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      x       .        .    .
refund_retried        .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      x       x        .    .
settlement_told       .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       x        .    .
settlement_agreed     .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        x    .
settlement_withdrawn  .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        x    .
refund_restarted      .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       x      x       x        x    .
";

pub fn now() -> Timestamp {
    MORNING.parse().unwrap()
}

/// Every point of the table with an order that stands there.
pub fn places() -> Vec<(&'static str, Order)> {
    places_of(2)
}

/// The same for a line of so many keys.
fn places_of(keys: u32) -> Vec<(&'static str, Order)> {
    let names = [
        "draft",
        "submitted",
        "paid",
        "handed_in",
        "checked",
        "claimed",
        "approved",
        "certified",
        "made",
        "booked",
        "shipped",
        "completed",
    ];
    let at = |point| {
        orders::bring(
            1,
            orders::draft(1, 1, &[(key_with_seal(), keys)], now()),
            point,
            now(),
        )
    };
    let leave = |mut journey: Journey, exit| {
        orders::leave(&mut journey, 1, exit, now());
        journey.order
    };
    let mut places: Vec<_> = names
        .into_iter()
        .zip(Point::ALL.map(|point| at(point).order))
        .collect();
    places.push(("sent_back", leave(at(Point::Claimed), Exit::SentBack)));
    places.push(("cancelled", leave(at(Point::Submitted), Exit::Cancelled)));
    places.push(("expired", leave(at(Point::Submitted), Exit::Expired)));
    places.extend(refund_places(&at(Point::Paid).order));
    places
}

/// A paid order that was given up, at every point of its refund.
fn refund_places(paid: &Order) -> Vec<(&'static str, Order)> {
    let then = |order: &Order, actor, kind| apply(order, &Event { actor, kind }, now()).unwrap();
    let answered = |order: &Order, answer| {
        let round = Some(order.refunds[0].round);
        let kind = EventKind::RefundAnswered {
            refund: 1,
            round,
            answer,
        };
        then(order, Actor::System, kind)
    };
    let asking = then(paid, orders::person(1), EventKind::Cancelled);
    let waiting = answered(&asking, RefundAnswer::Processing);
    let abnormal = answered(
        &asking,
        RefundAnswer::Stuck(Hindrance::PayerAccount, String::new()),
    );
    let told = then(
        &abnormal,
        orders::by(orders::staff(8)),
        EventKind::SettlementTold {
            refund: 1,
            reference: "T1".to_owned(),
        },
    );
    let refunded = answered(&asking, done());
    vec![
        ("asking", asking),
        ("waiting", waiting),
        ("abnormal", abnormal),
        ("told", told),
        ("refunded", refunded),
    ]
}

/// What a gateway says when the money is with the payer.
pub fn done() -> RefundAnswer {
    RefundAnswer::Done {
        receipt: "50000000000000000001".to_owned(),
        at: now(),
    }
}

/// Every event, as it would fit an order of one line if the order stood at the right place.
pub fn events(order: &Order) -> Vec<(&'static str, Event)> {
    let line = LineNo(1);
    let round = order.lines[0].round;
    let content = DraftContent {
        lines: vec![orders::line(1, &key_with_seal(), 3, order.urgency, now())],
        urgency: order.urgency,
        delivery: order.delivery.clone(),
        invoice: None,
    };
    let fresh = orders::papers_for(&order.id, &order.lines[0], 500, now());
    let papers = fresh
        .iter()
        .map(|paper| PaperRef {
            id: paper.id.clone(),
            kind: paper.kind,
        })
        .collect();
    let reviewer = || orders::by(orders::reviewer());
    let maker = || orders::by(orders::maker());
    let lines = order.lines.clone();
    let bad = vec![orders::refusal()];
    [
        (
            "draft_changed",
            orders::person(1),
            EventKind::DraftChanged {
                content: Box::new(content),
            },
        ),
        (
            "submitted",
            orders::person(1),
            EventKind::Submitted {
                lines,
                pay_by: now() + SignedDuration::from_hours(24),
            },
        ),
        (
            "payment_received",
            Actor::Gateway,
            orders::payment(order, 1, Disposition::Counted, now()),
        ),
        (
            "payment_to_refund",
            Actor::Gateway,
            orders::payment(order, 1, Disposition::RefundLate, now()),
        ),
        (
            "payment_window_closed",
            Actor::System,
            EventKind::PaymentWindowClosed,
        ),
        ("cancelled", orders::person(1), EventKind::Cancelled),
        ("restarted", Actor::System, EventKind::Restarted),
        (
            "materials_submitted",
            orders::person(1),
            EventKind::MaterialsSubmitted {
                line,
                basic: orders::basic(),
                papers,
            },
        ),
        (
            "papers_checked",
            Actor::System,
            EventKind::PapersChecked {
                line,
                round,
                refusals: Vec::new(),
            },
        ),
        (
            "papers_found_bad",
            Actor::System,
            EventKind::PapersChecked {
                line,
                round,
                refusals: bad.clone(),
            },
        ),
        (
            "review_claimed",
            reviewer(),
            EventKind::ReviewClaimed { line },
        ),
        (
            "review_released",
            reviewer(),
            EventKind::ReviewReleased { line },
        ),
        ("approved", reviewer(), EventKind::Approved { line }),
        (
            "rejected",
            reviewer(),
            EventKind::Rejected {
                line,
                refusals: bad,
            },
        ),
        (
            "certificate_issued",
            maker(),
            orders::certificate(line, UnitNo(1), now()),
        ),
        ("unit_made", maker(), orders::made(line, UnitNo(1))),
        (
            "shipment_booked",
            Actor::System,
            EventKind::ShipmentBooked {
                line,
                waybill: "SF1".to_owned(),
            },
        ),
        (
            "handed_to_courier",
            orders::by(orders::shipper()),
            EventKind::HandedToCourier { line },
        ),
        ("delivered", Actor::Courier, EventKind::Delivered { line }),
        (
            "refund_answered",
            Actor::System,
            EventKind::RefundAnswered {
                refund: 1,
                round: Some(order.refund(1).map_or(1, |refund| refund.round)),
                answer: done(),
            },
        ),
        (
            "refund_told",
            Actor::Gateway,
            EventKind::RefundAnswered {
                refund: 1,
                round: None,
                answer: done(),
            },
        ),
        (
            "refund_due",
            Actor::System,
            EventKind::RefundDue { refund: 1 },
        ),
        (
            "refund_retried",
            orders::by(orders::staff(9)),
            EventKind::RefundRetried { refund: 1 },
        ),
        (
            "settlement_told",
            orders::by(orders::staff(8)),
            EventKind::SettlementTold {
                refund: 1,
                reference: "T1".to_owned(),
            },
        ),
        (
            "settlement_agreed",
            orders::by(orders::staff(9)),
            EventKind::SettlementAgreed { refund: 1 },
        ),
        (
            "settlement_withdrawn",
            orders::by(orders::staff(8)),
            EventKind::SettlementWithdrawn { refund: 1 },
        ),
        (
            "refund_restarted",
            Actor::System,
            EventKind::RefundRestarted { refund: 1 },
        ),
    ]
    .map(|(name, actor, kind)| (name, Event { actor, kind }))
    .into()
}

/// Does the table say that it fits?
pub fn fits(event: &str, place: &str) -> bool {
    let mut rows = TABLE
        .trim()
        .lines()
        .map(|row| row.split_whitespace().collect::<Vec<_>>());
    let head = rows.next().unwrap();
    let column = head.iter().position(|name| *name == place).unwrap();
    let row = rows.find(|row| row[0] == event).unwrap();
    row[column + 1] == "x"
}

#[test]
fn exactly_the_events_of_the_table_fit() {
    let later = now() + SignedDuration::from_mins(1);
    for (place, order) in places() {
        for (name, event) in events(&order) {
            let before = order.clone();
            match apply(&order, &event, later) {
                Ok(next) => {
                    assert!(
                        fits(name, place),
                        "{name} fits {place}, and the table says no"
                    );
                    assert_eq!(
                        (next.version, next.events),
                        (before.version + 1, before.events + 1)
                    );
                }
                Err(error) => {
                    assert!(!fits(name, place), "{name} does not fit {place}: {error}");
                    assert_eq!(error.event, event.kind.name());
                    assert!(!error.from.is_empty());
                }
            }
            assert_eq!(order, before);
        }
    }
}

#[test]
fn the_table_knows_every_event_and_every_place() {
    let rows = TABLE.trim().lines().count() - 1;
    let columns = TABLE
        .trim()
        .lines()
        .next()
        .unwrap()
        .split_whitespace()
        .count();
    let places = places();
    assert_eq!((rows, columns), (events(&places[0].1).len(), places.len()));
}

#[test]
fn every_place_but_the_ends_has_a_way_on() {
    for (place, order) in places() {
        let ways: Vec<_> = events(&order)
            .into_iter()
            .filter_map(|(name, event)| Some((name, apply(&order, &event, now()).ok()?)))
            .filter(|(_, next)| {
                next.state != order.state
                    || next.lines[0] != order.lines[0]
                    || (order.is_refunding() && next.refunds[0] != order.refunds[0])
            })
            .map(|(name, _)| name)
            .collect();
        let over = order.is_closed() && !order.is_refunding();
        assert_eq!(ways.is_empty(), over, "{place}: {ways:?}");
        assert_eq!(
            order.check_at.is_some(),
            !over && order.state != OrderState::Draft,
            "{place}"
        );
    }
}

#[test]
fn every_wait_of_both_machines_is_left_by_some_event_and_told_so() {
    let policy = orders::mall();
    let mut order_waits: Vec<OrderStage> = OrderStage::ALL
        .iter()
        .copied()
        .filter(|stage| stage.is_wait())
        .collect();
    let mut line_waits: Vec<LineStage> = LineStage::ALL
        .iter()
        .copied()
        .filter(|stage| stage.is_wait())
        .collect();
    // Of two keys the second one ends the wait, of one the first.
    for (_, order) in places().into_iter().chain(places_of(1)) {
        for (_, event) in events(&order) {
            let Ok(change) = transition(&order, &event, now(), &policy) else {
                continue;
            };
            let told = |execution: &str, stage: &str| {
                change.outcomes.iter().any(|outcome| {
                    outcome
                        .wait
                        .starts_with(&format!("WAIT#{execution}#{stage}#"))
                })
            };
            let (line, after) = (&order.lines[0], &change.order.lines[0]);
            if order.stage() != change.order.stage()
                && told(&order.execution().name(), order.stage().as_str())
            {
                order_waits.retain(|stage| *stage != order.stage());
            }
            let stage = order.line_stage(line);
            if stage != change.order.line_stage(after)
                && told(&order.line_execution(line.no).name(), stage.as_str())
            {
                line_waits.retain(|known| *known != stage);
            }
        }
    }
    assert_eq!((order_waits, line_waits), (vec![], vec![]));
}

#[test]
fn a_line_or_key_that_is_not_there_is_refused_as_such() {
    for (_, order) in places() {
        for (name, mut event) in events(&order) {
            match &mut event.kind {
                EventKind::MaterialsSubmitted { line, .. }
                | EventKind::PapersChecked { line, .. }
                | EventKind::ReviewClaimed { line }
                | EventKind::ReviewReleased { line }
                | EventKind::Approved { line }
                | EventKind::Rejected { line, .. }
                | EventKind::CertificateIssued { line, .. }
                | EventKind::UnitMade { line, .. }
                | EventKind::ShipmentBooked { line, .. }
                | EventKind::HandedToCourier { line }
                | EventKind::Delivered { line } => *line = LineNo(2),
                _ => continue,
            }
            assert_eq!(
                apply(&order, &event, now()).unwrap_err().refusal,
                Refusal::NoSuchPart,
                "{name}"
            );
        }
    }
    let (_, approved) = places()
        .into_iter()
        .find(|(place, _)| *place == "approved")
        .unwrap();
    for unit in [0, 3] {
        let event = Event {
            actor: orders::by(orders::maker()),
            kind: orders::certificate(LineNo(1), UnitNo(unit), now()),
        };
        assert_eq!(
            apply(&approved, &event, now()).unwrap_err().refusal,
            Refusal::NoSuchPart
        );
    }
}

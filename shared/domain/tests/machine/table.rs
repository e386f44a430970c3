//! Every state against every event. What the table does not say is refused and changes nothing.

use domain::ids::{LineNo, UnitNo};
use domain::order::{
    Event, EventKind, LineStage, Order, OrderStage, OrderState, Refusal, apply, transition,
};
use jiff::SignedDuration;
use testkit::orders;
use testkit::places::{agent_places, counter_places, events, now, places, places_of};

/// Rows: events. Columns: where an order of one line of two keys stands. `x`: fits.
const TABLE: &str = "
                      draft submitted paid handed_in checked claimed approved certified made booked shipped completed sent_back cancelled expired asking waiting abnormal told refunded exit
draft_changed         x     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
submitted             x     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
payment_received      .     x         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
payment_to_refund     x     x         x    x         x       x       x        x         x    x      x       x         x         x         x       x      x       x        x    x        x
payment_window_closed .     x         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
cancelled             x     x         x    x         x       x       .        .         .    .      .       .         x         .         .       .      .       .        .    .        x
restarted             .     x         x    x         x       x       x        x         x    x      x       .         x         .         .       .      .       .        .    .        x
materials_submitted   .     .         x    .         .       .       .        .         .    .      .       .         x         .         .       .      .       .        .    .        x
papers_checked        .     .         .    x         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
papers_found_bad      .     .         .    x         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
review_claimed        .     .         .    .         x       x       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
review_released       .     .         .    .         .       x       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
approved              .     .         .    .         .       x       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
rejected              .     .         .    .         .       x       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
unit_begun            .     .         .    .         .       .       x        .         .    .      .       .         .         .         .       .      .       .        .    .        .
unit_scrapped         .     .         .    .         .       .       .        x         x    x      .       .         .         .         .       .      .       .        .    .        .
certificate_issued    .     .         .    .         .       .       x        .         .    .      .       .         .         .         .       .      .       .        .    .        .
unit_made             .     .         .    .         .       .       .        x         .    .      .       .         .         .         .       .      .       .        .    .        .
shipment_booked       .     .         .    .         .       .       .        .         x    .      .       .         .         .         .       .      .       .        .    .        .
handed_to_courier     .     .         .    .         .       .       .        .         .    x      .       .         .         .         .       .      .       .        .    .        .
delivered             .     .         .    .         .       .       .        .         .    x      x       .         .         .         .       .      .       .        .    .        .
receipt_confirmed     .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
refund_answered       .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       x      .       .        .    .        .
refund_told           .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       x      x       x        x    .        .
refund_due            .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      x       .        .    .        .
refund_retried        .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      x       x        .    .        .
settlement_told       .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       x        .    .        .
settlement_agreed     .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        x    .        .
settlement_withdrawn  .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        x    .        .
refund_restarted      .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       x      x       x        x    .        .
withdrawn             .     x         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
materials_prepared    .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
returned_to_review    .     .         .    .         .       .       x        .         .    .      .       .         .         .         .       .      .       .        .    .        .
exit_asked            .     .         x    x         x       x       x        x         x    x      x       .         x         .         .       .      .       .        .    .        .
exit_agreed           .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        x
exit_withdrawn        .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        x
service_begun         .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
certificate_renewed   .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
agent_finished        .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
picked_up             .     .         .    .         .       .       .        .         .    .      .       .         .         .         .       .      .       .        .    .        .
";

/// The same where papers are part of the draft, a rejection leads back to it, and keys are fetched.
/// Events without a row fit nowhere.
const COUNTER: &str = "
                      draft ready submitted paid checked claimed approved certified made handed completed returned withdrawn
draft_changed         x     x     .         .    .       .       .        .         .    .      .         x        x
submitted             .     x     .         .    .       .       .        .         .    .      .         .        x
materials_prepared    x     x     .         .    .       .       .        .         .    .      .         x        x
payment_received      .     .     x         .    .       .       .        .         .    .      .         .        .
payment_to_refund     x     x     x         x    x       x       x        x         x    x      x         x        x
payment_window_closed .     .     x         .    .       .       .        .         .    .      .         .        .
withdrawn             .     .     x         .    .       .       .        .         .    .      .         .        .
cancelled             x     x     x         x    x       x       .        .         .    .      .         x        x
restarted             .     .     x         x    x       x       x        x         x    x      .         .        .
papers_checked        .     .     .         x    .       .       .        .         .    .      .         .        .
papers_found_bad      .     .     .         x    .       .       .        .         .    .      .         .        .
review_claimed        .     .     .         .    x       x       .        .         .    .      .         .        .
review_released       .     .     .         .    .       x       .        .         .    .      .         .        .
approved              .     .     .         .    .       x       .        .         .    .      .         .        .
rejected              .     .     .         .    .       x       .        .         .    .      .         .        .
returned_to_review    .     .     .         .    .       .       x        .         .    .      .         .        .
unit_begun            .     .     .         .    .       .       x        .         .    .      .         .        .
unit_scrapped         .     .     .         .    .       .       .        x         .    .      .         .        .
certificate_issued    .     .     .         .    .       .       x        .         .    .      .         .        .
unit_made             .     .     .         .    .       .       .        x         .    .      .         .        .
picked_up             .     .     .         .    .       .       .        .         x    .      .         .        .
receipt_confirmed     .     .     .         .    .       .       .        .         .    x      .         .        .
exit_asked            .     .     .         x    x       x       x        x         x    x      .         .        .
refund_answered       .     .     .         .    .       .       .        .         .    .      .         x        .
refund_told           .     .     .         .    .       .       .        .         .    .      .         x        .
refund_restarted      .     .     .         .    .       .       .        .         .    .      .         x        .
";

/// The same for what the company does itself with its key.
const AGENT: &str = "
                      draft submitted paid exit begun certified completed
draft_changed         x     .         .    .    .     .         .
submitted             x     .         .    .    .     .         .
payment_received      .     x         .    .    .     .         .
payment_to_refund     x     x         x    x    x     x         x
payment_window_closed .     x         .    .    .     .         .
withdrawn             .     x         .    .    .     .         .
cancelled             x     x         x    x    .     .         .
restarted             .     x         x    x    x     x         .
service_begun         .     .         x    x    x     x         .
certificate_renewed   .     .         .    .    x     .         .
agent_finished        .     .         .    .    .     x         .
exit_asked            .     .         x    .    x     x         .
exit_agreed           .     .         .    x    .     .         .
exit_withdrawn        .     .         .    x    .     .         .
";

/// Does the table say that it fits?
pub fn fits(event: &str, place: &str) -> bool {
    says(TABLE, event, place)
}

fn says(table: &str, event: &str, place: &str) -> bool {
    let mut rows = table
        .trim()
        .lines()
        .map(|row| row.split_whitespace().collect::<Vec<_>>());
    let head = rows.next().unwrap();
    let column = head.iter().position(|name| *name == place).unwrap();
    rows.find(|row| row[0] == event)
        .is_some_and(|row| row[column + 1] == "x")
}

#[test]
fn exactly_the_events_of_the_table_fit() {
    for (table, places) in [
        (TABLE, places()),
        (COUNTER, counter_places()),
        (AGENT, agent_places()),
    ] {
        let columns = table.trim().lines().next().unwrap();
        assert_eq!(columns.split_whitespace().count(), places.len());
        exactly(table, &places);
    }
}

fn exactly(table: &str, places: &[(&str, Order)]) {
    let later = now() + SignedDuration::from_mins(1);
    for (place, order) in places {
        for (name, event) in events(order) {
            let before = order.clone();
            match apply(order, &event, later) {
                Ok(next) => {
                    assert!(
                        says(table, name, place),
                        "{name} fits {place}, and the table says no"
                    );
                    assert_eq!(
                        (next.version, next.events),
                        (before.version + 1, before.events + 1)
                    );
                }
                Err(error) => {
                    assert!(
                        !says(table, name, place),
                        "{name} does not fit {place}: {error}"
                    );
                    assert_eq!(error.event, event.kind.name());
                    assert!(!error.from.is_empty());
                }
            }
            assert_eq!(*order, before);
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
    let all = places()
        .into_iter()
        .chain(places_of(1))
        .chain(counter_places())
        .chain(agent_places());
    // A year that is carried over waits in `upgrade.rs`.
    line_waits.retain(|stage| *stage != LineStage::AwaitUpgrade);
    for (_, order) in all {
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
                | EventKind::UnitBegun { line, .. }
                | EventKind::UnitScrapped { line, .. }
                | EventKind::CertificateIssued { line, .. }
                | EventKind::UnitMade { line, .. }
                | EventKind::ShipmentBooked { line, .. }
                | EventKind::MaterialsPrepared { line, .. }
                | EventKind::ReturnedToReview { line, .. }
                | EventKind::ExitAsked { line, .. }
                | EventKind::ExitAgreed { line }
                | EventKind::ExitWithdrawn { line }
                | EventKind::ServiceBegun { line, .. }
                | EventKind::AgentFinished { line }
                | EventKind::PickedUp { line }
                | EventKind::PromiseMissed { line }
                | EventKind::ReceiptConfirmed { line }
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

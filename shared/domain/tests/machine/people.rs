//! Who may cause what.

use domain::actor::Actor;
use domain::ids::{LineNo, UnitNo};
use domain::order::{Event, EventKind, Refusal, apply};
use testkit::orders::{self, Point, key_with_seal};

use crate::table::fits;
use testkit::places::{events, now, places};

fn kind_of(actor: &Actor) -> &'static str {
    match actor {
        Actor::Company { .. } => "company",
        Actor::Staff { .. } => "staff",
        Actor::Gateway => "gateway",
        Actor::Courier => "courier",
        Actor::System => "system",
    }
}

/// Beside the actor of the table, one more may hand a parcel over: the courier, by its own word.
#[test]
fn an_event_is_believed_from_its_own_actor_only() {
    let others = || {
        [
            orders::person(1),
            orders::by(orders::staff(9)),
            Actor::Gateway,
            Actor::Courier,
            Actor::System,
        ]
    };
    for (place, order) in places() {
        for (name, event) in events(&order)
            .into_iter()
            .filter(|(name, _)| fits(name, place))
        {
            for actor in others() {
                let same = kind_of(&actor) == kind_of(&event.actor);
                if same || (name == "handed_to_courier" && actor == Actor::Courier) {
                    continue;
                }
                let forged = Event {
                    actor: actor.clone(),
                    kind: event.kind.clone(),
                };
                assert!(
                    apply(&order, &forged, now()).is_err(),
                    "{name} at {place} by {}",
                    kind_of(&actor)
                );
            }
        }
    }
}

#[test]
fn reviewer_maker_and_hand_over_are_three_people() {
    let line = LineNo(1);
    let unit = UnitNo(1);
    let at = |point| {
        orders::bring(
            1,
            orders::draft(1, 1, &[(key_with_seal(), 2)], now()),
            point,
            now(),
        )
        .order
    };
    for (point, staff, kind) in [
        (
            Point::Approved,
            orders::reviewer(),
            orders::certificate(line, unit, now()),
        ),
        (
            Point::Certified,
            orders::reviewer(),
            orders::made(line, unit),
        ),
        (
            Point::Booked,
            orders::reviewer(),
            EventKind::HandedToCourier { line },
        ),
        (
            Point::Booked,
            orders::maker(),
            EventKind::HandedToCourier { line },
        ),
    ] {
        let event = Event {
            actor: orders::by(staff),
            kind,
        };
        assert_eq!(
            apply(&at(point), &event, now()).unwrap_err().refusal,
            Refusal::SamePerson,
            "{point:?}"
        );
    }
}

/// One key was made by one maker, the other by another: neither hands the parcel over.
#[test]
fn every_maker_of_a_line_counts() {
    let line = LineNo(1);
    let mut journey = orders::bring(
        1,
        orders::draft(1, 1, &[(key_with_seal(), 2)], now()),
        Point::Certified,
        now(),
    );
    journey.event(
        orders::by(orders::maker()),
        orders::made(line, UnitNo(1)),
        now(),
    );
    journey.event(
        orders::by(orders::staff(8)),
        orders::made(line, UnitNo(2)),
        now(),
    );
    journey.event(
        Actor::System,
        EventKind::ShipmentBooked {
            line,
            waybill: "SF1".to_owned(),
        },
        now(),
    );
    for staff in [orders::maker(), orders::staff(8)] {
        let event = Event {
            actor: orders::by(staff),
            kind: EventKind::HandedToCourier { line },
        };
        assert_eq!(
            apply(&journey.order, &event, now()).unwrap_err().refusal,
            Refusal::SamePerson
        );
    }
    journey.event(
        orders::by(orders::staff(9)),
        EventKind::HandedToCourier { line },
        now(),
    );
}

#[test]
fn a_line_that_one_reviewer_has_taken_is_closed_to_others() {
    let line = LineNo(1);
    let order = orders::bring(
        1,
        orders::draft(1, 1, &[(key_with_seal(), 1)], now()),
        Point::Claimed,
        now(),
    )
    .order;
    let refusals = vec![orders::refusal()];
    for kind in [
        EventKind::ReviewClaimed { line },
        EventKind::ReviewReleased { line },
        EventKind::Approved { line },
        EventKind::Rejected { line, refusals },
    ] {
        let event = Event {
            actor: orders::by(orders::staff(9)),
            kind,
        };
        assert_eq!(
            apply(&order, &event, now()).unwrap_err().refusal,
            Refusal::ClaimedByOther
        );
    }
}

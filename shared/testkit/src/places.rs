//! Every place where an order may stand, and every event that may come to it: for the test that enumerates both, and for
//! `docs/order-states.md`.

use domain::actor::Actor;
use domain::catalog::ProductKind;
use domain::ids::{BranchId, LineNo, OperationId, UnitNo};
use domain::order::{Delivery, DraftContent, Event, EventKind, ExitWay, Order, PaperRef, apply};
use domain::payment::Disposition;
use domain::plan::Handover;
use domain::policy::DeliveryKind;
use domain::refund::{Hindrance, RefundAnswer};
use domain::stock::ScrapReason;
use jiff::{SignedDuration, Timestamp};

use crate::ambient::MORNING;
use crate::orders::{self, Exit, Journey, Point, key_with_seal};

/// When all of it happens.
///
/// # Panics
/// Never.
pub fn now() -> Timestamp {
    MORNING.parse().expect("an instant")
}

/// Where an order of one line of two keys may stand, by name, with an order that stands there.
pub fn places() -> Vec<(&'static str, Order)> {
    places_of(2)
}

/// The same for a line of so many keys.
pub fn places_of(keys: u32) -> Vec<(&'static str, Order)> {
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
    places.push(("exit", with_exit(&at(Point::Paid).order)));
    places
}

/// A way out of the first line was asked for.
fn with_exit(order: &Order) -> Order {
    let kind = EventKind::ExitAsked {
        line: LineNo(1),
        way: Box::new(ExitWay::Refund),
        reason: "密钥无法制作".to_owned(),
    };
    let actor = orders::by(orders::staff(8));
    apply(order, &Event { actor, kind }, now()).expect("it fits here")
}

/// Every point of the storefront where papers are part of the draft, a rejection leads back to it, and keys are fetched.
pub fn counter_places() -> Vec<(&'static str, Order)> {
    let mut draft = orders::draft(1, 1, &[(orders::counter_key(), 2)], now());
    draft.delivery = Delivery {
        kind: DeliveryKind::BranchPickup,
        address: None,
        branch: Some(BranchId::from_ulid(&orders::ulid(1))),
    };
    draft.lines[0].plan.handover = Handover::Branch;
    let at = |point| orders::bring(1, draft.clone(), point, now());
    let then = |journey: &Journey, actor, kind| {
        let mut journey = journey.clone();
        journey.event(actor, kind, now());
        journey
    };
    let withdrawn = then(
        &at(Point::Submitted),
        orders::person(1),
        EventKind::Withdrawn,
    );
    let ready = then(&withdrawn, orders::person(1), draft_again(&withdrawn.order));
    let handed = then(
        &at(Point::Made),
        orders::by(orders::shipper()),
        EventKind::PickedUp { line: LineNo(1) },
    );
    let mut returned = at(Point::Claimed);
    orders::leave(&mut returned, 1, Exit::SentBack, now());
    vec![
        ("draft", at(Point::Draft).order),
        ("ready", ready.order),
        ("submitted", at(Point::Submitted).order),
        ("paid", at(Point::Paid).order),
        ("checked", at(Point::Checked).order),
        ("claimed", at(Point::Claimed).order),
        ("approved", at(Point::Approved).order),
        ("certified", at(Point::Certified).order),
        ("made", at(Point::Made).order),
        ("handed", handed.order),
        ("completed", at(Point::Completed).order),
        ("returned", returned.order),
        ("withdrawn", withdrawn.order),
    ]
}

/// A draft saved as it is.
pub fn draft_again(order: &Order) -> EventKind {
    EventKind::DraftChanged {
        content: Box::new(DraftContent {
            lines: order.lines.clone(),
            urgency: order.urgency,
            delivery: order.delivery.clone(),
            invoice: order.invoice.clone(),
        }),
    }
}

/// Every point of what the company does itself with its key.
pub fn agent_places() -> Vec<(&'static str, Order)> {
    let renewal = orders::service(ProductKind::Renewal);
    let at = |point| {
        let draft = orders::draft(1, 1, &[(renewal.clone(), 1)], now());
        orders::bring(1, draft, point, now()).order
    };
    let paid = at(Point::Paid);
    let steps = orders::served(&paid.lines[0], 1, now());
    let after = |steps: &[(Actor, EventKind)]| {
        steps
            .iter()
            .cloned()
            .fold(paid.clone(), |order, (actor, kind)| {
                apply(&order, &Event { actor, kind }, now()).expect("it fits here")
            })
    };
    vec![
        ("draft", at(Point::Draft)),
        ("submitted", at(Point::Submitted)),
        ("paid", paid.clone()),
        ("exit", with_exit(&paid)),
        ("begun", after(&steps[..1])),
        ("certified", after(&steps[..2])),
        ("completed", at(Point::Completed)),
    ]
}

/// A paid order that was given up, at every point of its refund.
fn refund_places(paid: &Order) -> Vec<(&'static str, Order)> {
    let then = |order: &Order, actor, kind| {
        apply(order, &Event { actor, kind }, now()).expect("it fits here")
    };
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
    let papers: Vec<PaperRef> = fresh
        .iter()
        .map(|paper| PaperRef {
            id: paper.id.clone(),
            kind: paper.kind,
        })
        .collect();
    let prepared = papers.clone();
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
                calendar: orders::policy_of(order).calendar,
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
        ("unit_begun", maker(), orders::begun(line, UnitNo(1))),
        (
            "unit_scrapped",
            maker(),
            EventKind::UnitScrapped {
                line,
                unit: UnitNo(1),
                reason: ScrapReason::Damaged,
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
            "receipt_confirmed",
            orders::person(1),
            EventKind::ReceiptConfirmed { line },
        ),
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
        ("withdrawn", orders::person(1), EventKind::Withdrawn),
        (
            "materials_prepared",
            orders::person(1),
            EventKind::MaterialsPrepared {
                line,
                basic: orders::basic(),
                papers: prepared,
            },
        ),
        (
            "returned_to_review",
            maker(),
            EventKind::ReturnedToReview {
                line,
                reason: "照片不清".to_owned(),
            },
        ),
        (
            "exit_asked",
            orders::by(orders::staff(8)),
            EventKind::ExitAsked {
                line,
                way: Box::new(ExitWay::Refund),
                reason: "密钥无法制作".to_owned(),
            },
        ),
        (
            "exit_agreed",
            orders::by(orders::staff(9)),
            EventKind::ExitAgreed { line },
        ),
        (
            "exit_withdrawn",
            orders::by(orders::staff(8)),
            EventKind::ExitWithdrawn { line },
        ),
        (
            "service_begun",
            orders::person(1),
            EventKind::ServiceBegun {
                line,
                key_serial: "CPP1".to_owned(),
                operation: OperationId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAW"),
            },
        ),
        (
            "certificate_renewed",
            orders::person(1),
            orders::certificate(line, UnitNo(1), now()),
        ),
        (
            "agent_finished",
            Actor::System,
            EventKind::AgentFinished { line },
        ),
        (
            "picked_up",
            orders::by(orders::shipper()),
            EventKind::PickedUp { line },
        ),
    ]
    .map(|(name, actor, kind)| (name, Event { actor, kind }))
    .into()
}

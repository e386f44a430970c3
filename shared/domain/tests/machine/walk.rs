//! A hundred thousand events at random, on orders of several lines.

use domain::actor::Actor;
use domain::ids::{LineNo, UnitNo};
use domain::order::{Event, EventKind, LineStage, Order, OrderState, PaperRef, transition};
use domain::payment::Disposition;
use domain::refund::{Hindrance, RefundAnswer};
use jiff::SignedDuration;
use testkit::ambient::SeededRandom;
use testkit::orders::{self, Journey, key_with_seal, plain_key};

use crate::laws::{self, Seen};
use crate::table::{done, now};

const STEPS: u32 = 100_000;
const STEPS_OF_ONE: u32 = 250;

/// An event with everything in it drawn: often nonsense, sometimes just right.
fn draw(random: &SeededRandom, order: &Order, step: u32) -> Event {
    let line = LineNo(
        u8::try_from(random.below(order.lines.len() + 1)).unwrap() + u8::from(random.below(8) != 0),
    );
    let unit = UnitNo(u8::try_from(random.below(3)).unwrap() + 1);
    let staff = orders::by(orders::staff(u32::try_from(random.below(4)).unwrap() + 1));
    let here = order.line(line);
    let round = here.map_or(1, |line| line.round) - u32::from(random.below(6) == 0);
    let refusals = if random.below(3) == 0 {
        vec![orders::refusal()]
    } else {
        Vec::new()
    };
    let lines = order.lines.clone();
    let disposition = if random.below(4) == 0 {
        Disposition::RefundPaidTwice
    } else {
        Disposition::Counted
    };
    let mut papers: Vec<PaperRef> = here
        .map(|line| orders::papers_for(&order.id, line, step * 10, now()))
        .unwrap_or_default()
        .into_iter()
        .map(|paper| PaperRef {
            id: paper.id,
            kind: paper.kind,
        })
        .collect();
    if random.below(5) == 0 {
        papers.pop();
    }
    let (actor, kind) = match random.below(29) {
        0 => (
            orders::person(1),
            EventKind::Submitted {
                lines,
                pay_by: now() + SignedDuration::from_hours(24),
            },
        ),
        1 | 2 => (
            Actor::Gateway,
            orders::payment(order, 1, disposition, now()),
        ),
        3 if random.below(4) == 0 => (Actor::System, EventKind::PaymentWindowClosed),
        4 if random.below(4) == 0 => (orders::person(1), EventKind::Cancelled),
        5 if random.below(6) == 0 => (Actor::System, EventKind::Restarted),
        3..=7 => (
            orders::person(1),
            EventKind::MaterialsSubmitted {
                line,
                basic: orders::basic(),
                papers,
            },
        ),
        8 | 9 => (
            Actor::System,
            EventKind::PapersChecked {
                line,
                round,
                refusals,
            },
        ),
        10 | 11 => (staff, EventKind::ReviewClaimed { line }),
        12 => (staff, EventKind::ReviewReleased { line }),
        13 | 14 => (staff, EventKind::Approved { line }),
        15 => (staff, EventKind::Rejected { line, refusals }),
        16 | 17 => (staff, orders::certificate(line, unit, now())),
        18 | 19 => (staff, orders::made(line, unit)),
        20 => (
            Actor::System,
            EventKind::ShipmentBooked {
                line,
                waybill: format!("SF{step}"),
            },
        ),
        22..=28 => refund_event(random, order, staff),
        _ if random.below(2) == 0 => (staff, EventKind::HandedToCourier { line }),
        _ => (Actor::Courier, EventKind::Delivered { line }),
    };
    let actor = if random.below(40) == 0 {
        orders::person(1)
    } else {
        actor
    };
    Event { actor, kind }
}

/// Something that happens to a refund, if there is one.
fn refund_event(random: &SeededRandom, order: &Order, staff: Actor) -> (Actor, EventKind) {
    let refund = u32::try_from(random.below(order.refunds.len() + 1)).unwrap() + 1;
    let round = order.refund(refund).map_or(1, |refund| refund.round);
    let answer = match random.below(4) {
        0 => done(),
        1 => RefundAnswer::Processing,
        2 => RefundAnswer::Later(Hindrance::Short, String::new()),
        _ => RefundAnswer::Stuck(Hindrance::Closed, String::new()),
    };
    match random.below(9) {
        0..=2 => {
            let round = Some(round - u32::from(random.below(5) == 0));
            let kind = EventKind::RefundAnswered {
                refund,
                round,
                answer,
            };
            (Actor::System, kind)
        }
        3 => {
            let kind = EventKind::RefundAnswered {
                refund,
                round: None,
                answer: done(),
            };
            (Actor::Gateway, kind)
        }
        4 => (Actor::System, EventKind::RefundDue { refund }),
        5 => (staff, EventKind::RefundRetried { refund }),
        6 => {
            let reference = "T1".to_owned();
            (staff, EventKind::SettlementTold { refund, reference })
        }
        7 if random.below(3) == 0 => (staff, EventKind::SettlementWithdrawn { refund }),
        7 => (staff, EventKind::SettlementAgreed { refund }),
        _ => (Actor::System, EventKind::RefundRestarted { refund }),
    }
}

/// What would bring a line drawn at random on.
fn helpful(random: &SeededRandom, order: &Order, step: u32) -> Event {
    let line = &order.lines[random.below(order.lines.len())];
    let no = line.no;
    let unit = UnitNo(u8::try_from(random.below(2)).unwrap() + 1);
    let papers = orders::papers_for(&order.id, line, step * 10, now());
    let papers = papers
        .into_iter()
        .map(|paper| PaperRef {
            id: paper.id,
            kind: paper.kind,
        })
        .collect();
    let refusals = vec![orders::refusal()];
    let (actor, kind) = match order.line_stage(line) {
        LineStage::NotStarted if order.state == OrderState::Draft => {
            let lines = order.lines.clone();
            (
                orders::person(1),
                EventKind::Submitted {
                    lines,
                    pay_by: now() + SignedDuration::from_hours(24),
                },
            )
        }
        LineStage::NotStarted => (
            Actor::Gateway,
            orders::payment(order, 1, Disposition::Counted, now()),
        ),
        LineStage::AwaitMaterials => (
            orders::person(1),
            EventKind::MaterialsSubmitted {
                line: no,
                basic: orders::basic(),
                papers,
            },
        ),
        LineStage::CheckPapers => (
            Actor::System,
            EventKind::PapersChecked {
                line: no,
                round: line.round,
                refusals: Vec::new(),
            },
        ),
        LineStage::AwaitReview if line.claim.is_none() => (
            orders::by(orders::reviewer()),
            EventKind::ReviewClaimed { line: no },
        ),
        LineStage::AwaitReview => {
            let staff = line
                .claim
                .as_ref()
                .map(|claim| claim.staff.clone())
                .unwrap();
            let rejected = random.below(4) == 0;
            let kind = if rejected {
                EventKind::Rejected { line: no, refusals }
            } else {
                EventKind::Approved { line: no }
            };
            (orders::by(staff), kind)
        }
        LineStage::AwaitProduction if random.below(2) == 0 => (
            orders::by(orders::maker()),
            orders::certificate(no, unit, now()),
        ),
        LineStage::AwaitProduction => (orders::by(orders::maker()), orders::made(no, unit)),
        LineStage::BookShipment => (
            Actor::System,
            EventKind::ShipmentBooked {
                line: no,
                waybill: format!("SF{step}"),
            },
        ),
        LineStage::AwaitCollection => (
            orders::by(orders::shipper()),
            EventKind::HandedToCourier { line: no },
        ),
        _ => (Actor::Courier, EventKind::Delivered { line: no }),
    };
    Event { actor, kind }
}

#[test]
fn whatever_happens_the_laws_hold() {
    let random = SeededRandom::new(1);
    let policy = orders::mall();
    let (mut completed, mut cancelled, mut accepted) = (0, 0, 0);
    for salt in 0..STEPS / STEPS_OF_ONE {
        let product = |no| {
            if no == 0 {
                key_with_seal()
            } else {
                plain_key()
            }
        };
        let lines: Vec<_> = (0..=random.below(3))
            .map(|no| (product(no % 2), u32::from(no == 1) + 1))
            .collect();
        let draft = orders::draft(1, u16::try_from(salt % 10_000).unwrap(), &lines, now());
        let mut order = Journey::begin(draft, orders::person(1), now()).order;
        let mut seen = Seen::whole();
        for step in 1..=STEPS_OF_ONE {
            let at = now() + SignedDuration::from_secs(i64::from(step));
            let event = if random.below(4) == 0 {
                helpful(&random, &order, step)
            } else {
                draw(&random, &order, step)
            };
            let Ok(change) = transition(&order, &event, at, &policy) else {
                continue;
            };
            laws::check(&order, &change, &mut seen);
            order = change.order;
            accepted += 1;
        }
        completed += u32::from(order.state == OrderState::Completed);
        cancelled += u32::from(order.state == OrderState::Cancelled);
    }
    // The walk means something only if it gets about.
    assert!(
        completed > 40 && cancelled > 10 && accepted > 8_000,
        "{completed} {cancelled} {accepted}"
    );
}

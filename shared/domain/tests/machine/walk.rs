//! A hundred thousand events at random, on orders of several lines.

use domain::actor::Actor;
use domain::catalog::ProductKind;
use domain::ids::{BranchId, LineNo, OperationId, UnitNo};
use domain::invoice::{Invoice, InvoiceTask, TaxAnswer, TaxHindrance};
use domain::order::{
    Delivery, Event, EventKind, ExitWay, InvoiceChoice, LineStage, Order, OrderState, PaperRef,
    transition,
};
use domain::payment::Disposition;
use domain::plan::{Handover, Plan};
use domain::policy::{DeliveryKind, InvoiceKind, Urgency};
use domain::refund::{Hindrance, RefundAnswer};
use jiff::SignedDuration;
use testkit::ambient::SeededRandom;
use testkit::orders::{self, Journey, key_with_seal, plain_key};

use crate::laws::{self, Seen};
use testkit::places::{done, draft_again, now};

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
    let (actor, kind) = match random.below(40) {
        0 => (
            orders::person(1),
            EventKind::Submitted {
                lines,
                calendar: orders::policy_of(order).calendar,
                pay_by: now() + SignedDuration::from_hours(24),
            },
        ),
        1 | 2 => (
            Actor::Gateway,
            orders::payment(order, order.run, disposition, now()),
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
        21 | 39 => invoice_event(random, order, staff),
        22..=28 => refund_event(random, order, staff),
        29 if random.below(3) == 0 => (orders::person(1), EventKind::Withdrawn),
        29 | 30 => (
            orders::person(1),
            EventKind::MaterialsPrepared {
                line,
                basic: orders::basic(),
                papers,
            },
        ),
        31 => (
            staff,
            EventKind::ReturnedToReview {
                line,
                reason: "再看一次".to_owned(),
            },
        ),
        32 if random.below(4) == 0 => (staff, exit(random, line)),
        33 => (staff, EventKind::ExitAgreed { line }),
        34 => (staff, EventKind::ExitWithdrawn { line }),
        35 if random.below(2) == 0 => (orders::person(1), EventKind::ReceiptConfirmed { line }),
        35 => (Actor::System, EventKind::AgentFinished { line }),
        38 => (orders::person(1), begun_anew(random, order, line)),
        36 => (staff, EventKind::PickedUp { line }),
        37 => (orders::person(1), draft_again(order)),
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

/// Another agent begins what was begun.
fn begun_anew(random: &SeededRandom, order: &Order, line: LineNo) -> EventKind {
    let key = order.line(line).and_then(|line| line.key.clone());
    EventKind::ServiceBegun {
        line,
        key_serial: key.map_or_else(|| "CPP9".to_owned(), |key| key.serial),
        operation: OperationId::from_ulid(&format!(
            "01ARZ3NDEKTSV4RRFFQ69G5F{:02}",
            random.below(100)
        )),
    }
}

/// A way out: the end of a line, or its replacement.
fn exit(random: &SeededRandom, line: LineNo) -> EventKind {
    let replacement = orders::line(
        1,
        &orders::service(ProductKind::Replacement),
        1,
        Urgency::None,
        now(),
    );
    let way = if random.below(2) == 0 {
        ExitWay::Refund
    } else {
        ExitWay::Convert {
            product: replacement.product,
            price: replacement.price.amount,
            plan: Plan::for_converted(&orders::mall(), DeliveryKind::CourierPrepaid),
        }
    };
    EventKind::ExitAsked {
        line,
        way: Box::new(way),
        reason: "密钥已损坏".to_owned(),
    }
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

/// Something that happens to an invoice, if there is one.
fn invoice_event(random: &SeededRandom, order: &Order, staff: Actor) -> (Actor, EventKind) {
    let invoice = u32::try_from(random.below(order.invoices.len() + 1)).unwrap() + 1;
    let found = order.invoice(invoice);
    let round = found.map_or(1, |it| it.round) - u32::from(random.below(6) == 0);
    let number = format!("2632{}", random.below(1000));
    let answer = match random.below(6) {
        0 => TaxAnswer::Processing,
        1 => TaxAnswer::Later(TaxHindrance::Unreachable, String::new()),
        2 => TaxAnswer::Stuck(TaxHindrance::Buyer, "buyer_unknown".to_owned()),
        3 => TaxAnswer::AwaitingBuyer {
            until: now() + SignedDuration::from_hours(72),
        },
        _ if found.is_some_and(|it| it.task == InvoiceTask::Reverse) => {
            TaxAnswer::Reversed { number, at: now() }
        }
        _ => TaxAnswer::Issued { number, at: now() },
    };
    let buyer = orders::invoice(InvoiceKind::PaperSpecial).buyer.unwrap();
    match random.below(10) {
        0..=4 => {
            let kind = EventKind::InvoiceAnswered {
                invoice,
                round,
                answer,
            };
            (Actor::System, kind)
        }
        5 => (Actor::System, EventKind::InvoiceDue { invoice }),
        6 => (staff, EventKind::InvoiceRetried { invoice }),
        7 => {
            let kind = InvoiceKind::ElectronicSpecial;
            (staff, EventKind::InvoiceReleased { invoice, kind })
        }
        8 => {
            let buyer = Box::new(buyer);
            let kind = EventKind::InvoiceTitleChanged { invoice, buyer };
            (orders::person(1), kind)
        }
        _ if random.below(2) == 0 => (orders::person(1), EventKind::InvoiceSentAgain { invoice }),
        _ => (Actor::System, EventKind::InvoiceRestarted { invoice }),
    }
}

/// What would bring an invoice on.
fn heard(order: &Order) -> Event {
    let open = order.invoices.iter().find(|invoice| invoice.is_open());
    let invoice = open.unwrap();
    let number = "26320000000000000001".to_owned();
    let answer = match invoice.task {
        InvoiceTask::Issue => TaxAnswer::Issued { number, at: now() },
        InvoiceTask::Reverse => TaxAnswer::Reversed { number, at: now() },
    };
    Event {
        actor: Actor::System,
        kind: EventKind::InvoiceAnswered {
            invoice: invoice.no,
            round: invoice.round,
            answer,
        },
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
        LineStage::NotStarted
            if order.state == OrderState::Draft
                && line.plan.papers_before_submit()
                && !line.papers_complete() =>
        {
            let kind = EventKind::MaterialsPrepared {
                line: no,
                basic: orders::basic(),
                papers,
            };
            (orders::person(1), kind)
        }
        LineStage::AwaitReceipt => (orders::person(1), EventKind::ReceiptConfirmed { line: no }),
        LineStage::AwaitPickup => (
            orders::by(orders::shipper()),
            EventKind::PickedUp { line: no },
        ),
        LineStage::AwaitAgent => {
            let begun = line
                .unit(UnitNo(1))
                .is_some_and(|unit| unit.operation.is_some());
            let served = orders::served(line, 1, now());
            // What comes next; the last is tried last.
            let next = match (begun, line.product.kind) {
                (false, _) => 0,
                (true, ProductKind::Renewal) => 1 + random.below(2),
                (true, _) => 1,
            };
            served[next].clone()
        }
        LineStage::NotStarted if order.state == OrderState::Draft => {
            let lines = order.lines.clone();
            (
                orders::person(1),
                EventKind::Submitted {
                    lines,
                    calendar: orders::policy_of(order).calendar,
                    pay_by: now() + SignedDuration::from_hours(24),
                },
            )
        }
        LineStage::NotStarted => (
            Actor::Gateway,
            orders::payment(order, order.run, Disposition::Counted, now()),
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

/// Certificates of the order service, sent or fetched.
fn counter(salt: u16, fetched: bool) -> Order {
    let mut draft = orders::draft(1, salt, &[(orders::counter_key(), 2)], now());
    if fetched {
        draft.delivery = Delivery {
            kind: DeliveryKind::BranchPickup,
            address: None,
            branch: Some(BranchId::from_ulid(&orders::ulid(1))),
        };
        draft.lines[0].plan.handover = Handover::Branch;
    }
    draft
}

/// An upgrade with the year that it carries over, a renewal and an unlock.
fn services(salt: u16) -> Order {
    let mut lines = orders::upgrade_lines(now());
    for (no, kind) in [(3, ProductKind::Renewal), (4, ProductKind::Unlock)] {
        lines.push(orders::line(
            no,
            &orders::service(kind),
            1,
            Urgency::None,
            now(),
        ));
    }
    orders::draft_of(1, salt, lines, now())
}

#[test]
fn whatever_happens_the_laws_hold() {
    let random = SeededRandom::new(1);
    let (mut completed, mut cancelled, mut accepted) = (0, 0, 0);
    let mut taken_back = 0;
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
        let number = u16::try_from(salt % 10_000).unwrap();
        let draft = match salt % 4 {
            0 | 1 => orders::draft(1, number, &lines, now()),
            2 => counter(number, random.below(2) == 0),
            _ => services(number),
        };
        let mut draft = draft;
        draft.invoice = (random.below(4) != 0).then(|| InvoiceChoice {
            ask_special: random.below(3) == 0,
            ..orders::invoice(InvoiceKind::ElectronicOrdinary)
        });
        let policy = orders::policy_of(&draft);
        let mut order = Journey::begin(draft, orders::person(1), now()).order;
        let mut seen = Seen::whole();
        for step in 1..=STEPS_OF_ONE {
            let at = now() + SignedDuration::from_secs(i64::from(step));
            let event = if random.below(4) == 0 {
                helpful(&random, &order, step)
            } else if random.below(6) == 0 && order.is_invoicing() {
                heard(&order)
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
        let reversed = |invoice: &Invoice| invoice.reversed_by.is_some();
        taken_back += u32::from(order.invoices.iter().any(reversed));
    }
    // The walk means something only if it gets about.
    assert!(
        completed > 40 && cancelled > 10 && accepted > 8_000 && taken_back > 5,
        "{completed} {cancelled} {accepted} {taken_back}"
    );
}

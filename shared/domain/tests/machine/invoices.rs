//! What is billed, and what becomes of it when the order changes (R12, R73, R74).

use domain::actor::Actor;
use domain::ids::LineNo;
use domain::invoice::{Invoice, InvoiceState, InvoiceTask, TaxAnswer, TaxHindrance};
use domain::money::Money;
use domain::notice::NoticeKind;
use domain::order::{
    Change, DisplayState, Event, EventKind, ExitWay, InvoiceChoice, InvoiceStage, Order,
    TransitionError, transition,
};
use domain::policy::InvoiceKind;
use domain::work::Task;
use jiff::SignedDuration;
use testkit::orders::{self, Point, plain_key};
use testkit::places::now;

const ORDINARY: InvoiceKind = InvoiceKind::ElectronicOrdinary;

/// An order of two lines, brought there, that asks for this invoice.
fn at(point: Point, choice: InvoiceChoice) -> Order {
    let lines = [(orders::key_with_seal(), 1), (plain_key(), 2)];
    let mut draft = orders::draft(1, 1, &lines, now());
    draft.invoice = Some(choice);
    orders::bring(1, draft, point, now()).order
}

fn happens(order: &Order, actor: Actor, kind: EventKind) -> Result<Change, TransitionError> {
    let event = Event { actor, kind };
    transition(order, &event, now(), &orders::policy_of(order))
}

fn then(order: &Order, actor: Actor, kind: EventKind) -> Order {
    happens(order, actor, kind).unwrap().order
}

fn answered(order: &Order, no: u32, answer: TaxAnswer) -> Order {
    let round = order.invoice(no).unwrap().round;
    let kind = EventKind::InvoiceAnswered {
        invoice: no,
        round,
        answer,
    };
    then(order, Actor::System, kind)
}

fn issued() -> TaxAnswer {
    TaxAnswer::Issued {
        number: "26320000000000000001".to_owned(),
        at: now(),
    }
}

fn reversed() -> TaxAnswer {
    TaxAnswer::Reversed {
        number: "26330000000000000001".to_owned(),
        at: now(),
    }
}

/// Two of the staff end a line.
fn end(order: &Order, line: u8) -> Order {
    let line = LineNo(line);
    let asked = EventKind::ExitAsked {
        line,
        way: Box::new(ExitWay::Refund),
        reason: "不需要了".to_owned(),
    };
    let order = then(order, orders::by(orders::staff(7)), asked);
    then(
        &order,
        orders::by(orders::staff(8)),
        EventKind::ExitAgreed { line },
    )
}

fn one(order: &Order) -> &Invoice {
    order.invoice(1).unwrap()
}

fn told(change: &Change) -> Vec<NoticeKind> {
    let work = change.work.iter();
    work.filter_map(|item| match &item.task {
        Task::Notice { notice, .. } => Some(*notice),
        _ => None,
    })
    .collect()
}

#[test]
fn an_invoice_is_ordered_once_every_line_is_past_review_and_bills_each_line() {
    let before = at(Point::Claimed, orders::invoice(ORDINARY));
    assert_eq!((before.billable(), before.invoices.len()), (None, 0));
    let half = then(
        &before,
        orders::by(orders::reviewer()),
        EventKind::Approved { line: LineNo(1) },
    );
    assert_eq!(half.invoices.len(), 0);
    let kind = EventKind::Approved { line: LineNo(2) };
    let change = happens(&half, orders::by(orders::reviewer()), kind).unwrap();
    let order = &change.order;
    assert_eq!(order.invoices.len(), 1);
    let invoice = one(order);
    assert_eq!(
        (invoice.kind, invoice.state, invoice.stage(), invoice.amount),
        (
            ORDINARY,
            InvoiceState::Asking,
            InvoiceStage::IssueInvoice,
            order.total
        )
    );
    let billed: Vec<(u32, Money)> = invoice
        .items
        .iter()
        .map(|item| (item.quantity, item.amount))
        .collect();
    let lines: Vec<(u32, Money)> = order
        .lines
        .iter()
        .map(|line| (line.price.quantity, line.price.amount))
        .collect();
    assert_eq!(billed, lines);
    let start = format!("start-{}-I1-1", order.id);
    assert!(change.work.iter().any(|item| item.id == start));
    // Whoever asked for none gets none, for ever (R10).
    let mut none = at(Point::Claimed, orders::invoice(ORDINARY));
    none.invoice = None;
    let reviewer = orders::by(orders::reviewer());
    for line in [1, 2] {
        none = then(
            &none,
            reviewer.clone(),
            EventKind::Approved { line: LineNo(line) },
        );
    }
    assert_eq!(none.invoices, []);
}

/// covers: R73
#[test]
fn what_is_issued_is_mailed_once_and_once_more_when_asked() {
    let order = at(Point::Approved, orders::invoice(ORDINARY));
    let kind = EventKind::InvoiceAnswered {
        invoice: 1,
        round: 1,
        answer: issued(),
    };
    let change = happens(&order, Actor::System, kind.clone()).unwrap();
    assert_eq!(told(&change), [NoticeKind::InvoiceIssued]);
    let order = change.order;
    assert_eq!(one(&order).state, InvoiceState::Issued);
    assert!(
        happens(&order, Actor::System, kind).is_err(),
        "heard already"
    );
    let again = EventKind::InvoiceSentAgain { invoice: 1 };
    let change = happens(&order, orders::person(1), again.clone()).unwrap();
    assert_eq!(told(&change), [NoticeKind::InvoiceIssued]);
    assert!(happens(&order, orders::by(orders::staff(7)), again).is_err());
}

#[test]
fn a_line_that_ends_takes_the_invoice_back_and_the_rest_is_billed_anew() {
    let order = at(Point::Approved, orders::invoice(ORDINARY));
    let order = end(&answered(&order, 1, issued()), 2);
    let invoice = one(&order);
    assert_eq!(
        (invoice.task, invoice.state, invoice.run),
        (InvoiceTask::Reverse, InvoiceState::Asking, 2)
    );
    assert_eq!(order.invoices.len(), 1, "one at a time");
    let order = answered(&order, 1, reversed());
    assert_eq!(one(&order).state, InvoiceState::Reversed);
    let next = order.invoice(2).unwrap();
    assert_eq!(
        (next.state, next.amount),
        (InvoiceState::Asking, order.lines[0].price.amount)
    );
    // Nothing is left: the last is taken back, and none follows.
    let order = end(&answered(&order, 2, issued()), 1);
    let order = answered(&order, 2, reversed());
    assert_eq!(order.invoices.len(), 2);
    assert!(order.invoices.iter().all(|invoice| !invoice.is_live()));
}

#[test]
fn an_order_that_is_refunded_while_the_platform_is_asked_ends_with_nothing_billed() {
    let order = at(Point::Approved, orders::invoice(ORDINARY));
    let order = end(&end(&order, 1), 2);
    // Nobody knows yet whether it is issued: nothing is taken back before that is known.
    assert_eq!(
        (one(&order).task, one(&order).state),
        (InvoiceTask::Issue, InvoiceState::Asking)
    );
    let order = answered(&order, 1, issued());
    assert_eq!(
        (one(&order).task, one(&order).state),
        (InvoiceTask::Reverse, InvoiceState::Asking)
    );
    let order = answered(&order, 1, reversed());
    assert_eq!(order.invoices.len(), 1);
    assert!(matches!(
        order.display(),
        DisplayState::Refunding | DisplayState::Refunded
    ));
    // Had it been refused, there was nothing to take back.
    let order = at(Point::Approved, orders::invoice(ORDINARY));
    let order = end(&end(&order, 1), 2);
    let stuck = TaxAnswer::Stuck(TaxHindrance::Quota, "quota_used_up".to_owned());
    let order = answered(&order, 1, stuck);
    assert_eq!(one(&order).state, InvoiceState::Void);
}

/// covers: R74
#[test]
fn a_special_one_that_is_not_automatic_waits_for_customer_service() {
    let asked = InvoiceChoice {
        ask_special: true,
        ..orders::invoice(ORDINARY)
    };
    let order = at(Point::Approved, asked.clone());
    assert_eq!(one(&order).stage(), InvoiceStage::AwaitCase);
    let release = |kind| EventKind::InvoiceReleased { invoice: 1, kind };
    let support = || orders::by(orders::staff(7));
    let special = release(InvoiceKind::ElectronicSpecial);
    assert!(happens(&order, orders::person(1), special.clone()).is_err());
    let released = then(&order, support(), special.clone());
    assert_eq!(
        (one(&released).kind, one(&released).stage()),
        (InvoiceKind::ElectronicSpecial, InvoiceStage::IssueInvoice)
    );
    assert!(happens(&released, support(), release(ORDINARY)).is_err());
    // A title that names no bank makes no special invoice.
    let mut plain = asked;
    plain.buyer.as_mut().unwrap().special = None;
    let order = at(Point::Approved, plain);
    assert!(happens(&order, support(), special).is_err());
    then(&order, support(), release(ORDINARY));
}

#[test]
fn a_title_that_the_platform_does_not_know_is_mended_by_the_company() {
    let order = at(Point::Approved, orders::invoice(ORDINARY));
    let mut buyer = orders::invoice(ORDINARY).buyer.unwrap();
    buyer.title = "南京示例科技股份有限公司".to_owned();
    let change = EventKind::InvoiceTitleChanged {
        invoice: 1,
        buyer: Box::new(buyer.clone()),
    };
    assert!(
        happens(&order, orders::person(1), change.clone()).is_err(),
        "it is being asked for"
    );
    let unknown = TaxAnswer::Stuck(TaxHindrance::Buyer, "buyer_unknown".to_owned());
    let order = answered(&order, 1, unknown);
    assert_eq!(one(&order).stage(), InvoiceStage::AwaitInvoiceDesk);
    assert!(happens(&order, orders::by(orders::staff(7)), change.clone()).is_err());
    let order = then(&order, orders::person(1), change);
    assert_eq!(one(&order).stage(), InvoiceStage::IssueInvoice);
    assert_eq!(order.invoice.as_ref().unwrap().buyer, Some(buyer));
    // Another trouble is not theirs to mend.
    let order = at(Point::Approved, orders::invoice(ORDINARY));
    let quota = TaxAnswer::Stuck(TaxHindrance::Quota, "quota_used_up".to_owned());
    let order = answered(&order, 1, quota);
    let buyer = Box::new(orders::invoice(ORDINARY).buyer.unwrap());
    let change = EventKind::InvoiceTitleChanged { invoice: 1, buyer };
    assert!(happens(&order, orders::person(1), change).is_err());
    let again = EventKind::InvoiceRetried { invoice: 1 };
    let order = then(&order, orders::by(orders::staff(7)), again);
    assert_eq!(one(&order).round, 2);
}

#[test]
fn an_answer_to_an_old_question_changes_nothing() {
    let order = at(Point::Approved, orders::invoice(ORDINARY));
    let order = answered(&order, 1, TaxAnswer::Processing);
    let due = one(&order).ask_at;
    assert_eq!(due, now() + SignedDuration::from_mins(1));
    let order = then(&order, Actor::System, EventKind::InvoiceDue { invoice: 1 });
    assert_eq!(one(&order).round, 2);
    let late = EventKind::InvoiceAnswered {
        invoice: 1,
        round: 1,
        answer: issued(),
    };
    assert!(happens(&order, Actor::System, late).is_err());
    let wrong = EventKind::InvoiceAnswered {
        invoice: 1,
        round: 2,
        answer: reversed(),
    };
    assert!(
        happens(&order, Actor::System, wrong).is_err(),
        "nobody asked for that"
    );
}

#[test]
fn a_reversal_waits_for_its_buyer_and_no_refund_waits_for_it() {
    let order = at(
        Point::Approved,
        orders::invoice(InvoiceKind::ElectronicSpecial),
    );
    let order = end(&answered(&order, 1, issued()), 2);
    assert_eq!(order.refunds.len(), 1, "money goes back at once");
    let until = now() + SignedDuration::from_hours(72);
    let kind = EventKind::InvoiceAnswered {
        invoice: 1,
        round: one(&order).round,
        answer: TaxAnswer::AwaitingBuyer { until },
    };
    let change = happens(&order, Actor::System, kind).unwrap();
    assert_eq!(told(&change), [NoticeKind::InvoiceAwaitsBuyer]);
    let order = change.order;
    assert_eq!(
        (one(&order).stage(), one(&order).buyer_until),
        (InvoiceStage::AwaitBuyer, Some(until))
    );
    assert_eq!(one(&order).ask_at, now() + SignedDuration::from_hours(6));
    // Asked after, and nothing new: the company is not told again.
    let order = then(&order, Actor::System, EventKind::InvoiceDue { invoice: 1 });
    let kind = EventKind::InvoiceAnswered {
        invoice: 1,
        round: one(&order).round,
        answer: TaxAnswer::AwaitingBuyer { until },
    };
    let change = happens(&order, Actor::System, kind).unwrap();
    assert_eq!(told(&change), []);
}

//! An upgrade of a key with time left: what it costs, and the year that goes along.

use domain::actor::Actor;
use domain::ids::{LineNo, UnitNo};
use domain::ledger::Books;
use domain::money::Money;
use domain::order::Event;
use domain::order::{
    CreditMove, EventKind, LineStage, LineState, Order, OrderState, UnitState, transition,
};
use domain::work::Task;
use testkit::orders::{self, Journey, Point};

use testkit::places::now;

fn at(point: Point) -> Journey {
    orders::bring(
        1,
        orders::draft_of(1, 1, orders::upgrade_lines(now()), now()),
        point,
        now(),
    )
}

fn moves(journey: &Journey) -> Vec<&'static str> {
    let all = journey
        .commits
        .iter()
        .flat_map(|commit| &commit.change.credits);
    all.map(|moved| match moved {
        CreditMove::Reserve(_) => "reserve",
        CreditMove::Spend(_) => "spend",
        CreditMove::Free(_) => "free",
    })
    .collect()
}

fn stages(order: &Order) -> Vec<LineStage> {
    order
        .lines
        .iter()
        .map(|line| order.line_stage(line))
        .collect()
}

/// covers: R38, R39
#[test]
fn the_price_is_less_by_what_the_time_is_worth_and_one_year_is_a_line_of_its_own() {
    let draft = at(Point::Draft).order;
    // 20 months: 12 are carried over, 8 are worth 8/12 of 240 yuan.
    let price = &draft.lines[0].price;
    assert_eq!(price.credit.as_ref().unwrap().worth.to_string(), "160.00");
    assert_eq!(draft.total.to_string(), "140.00");
    assert_eq!(draft.lines[1].carried_from, Some(LineNo(1)));
    assert_eq!(draft.lines[1].price.amount.to_string(), "0.00");
}

#[test]
fn the_year_waits_for_the_new_key_and_the_key_waits_for_the_year() {
    let approved = at(Point::Approved);
    assert_eq!(
        stages(&approved.order),
        [LineStage::AwaitProduction, LineStage::AwaitUpgrade]
    );
    let mut journey = approved;
    let maker = || orders::by(orders::maker());
    journey.event(
        maker(),
        orders::certificate(LineNo(1), UnitNo(1), now()),
        now(),
    );
    let change = {
        journey.event(maker(), orders::made(LineNo(1), UnitNo(1)), now());
        &journey.commits.last().unwrap().change
    };
    // The key is made and stays: there is a year to be written into it; whoever waited for the key is told.
    assert_eq!(
        stages(&change.order),
        [LineStage::AwaitProduction, LineStage::AwaitProduction]
    );
    let told: Vec<_> = change
        .outcomes
        .iter()
        .map(|outcome| outcome.wait.as_str())
        .collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("-2-1#AwaitUpgrade#"), "{told:?}");
    // Its certificate ends exactly twelve months after the one that the new key has by itself.
    let own = journey.order.lines[0].units[&UnitNo(1)]
        .certificate
        .clone()
        .unwrap();
    let more = journey.order.validity(LineNo(2), now()).unwrap();
    let year = own.not_after.in_tz(domain::CIVIL_ZONE).unwrap();
    let year = year.checked_add(jiff::Span::new().years(1)).unwrap();
    assert_eq!(more.not_after, year.timestamp());
    journey.event(
        maker(),
        orders::certificate(LineNo(2), UnitNo(1), now()),
        now(),
    );
    journey.event(maker(), orders::made(LineNo(2), UnitNo(1)), now());
    assert_eq!(
        stages(&journey.order),
        [LineStage::BookShipment, LineStage::Completed]
    );
}

#[test]
fn a_certificate_gives_credit_once_and_gets_it_back_with_the_money() {
    assert!(moves(&at(Point::Draft)).is_empty());
    assert_eq!(moves(&at(Point::Submitted)), ["reserve"]);
    let mut paid = at(Point::Paid);
    assert_eq!(moves(&paid), ["reserve", "spend"]);
    let mut unpaid = at(Point::Submitted);
    unpaid.event(Actor::System, EventKind::PaymentWindowClosed, now());
    assert_eq!(moves(&unpaid), ["reserve", "free"]);
    paid.event(orders::person(1), EventKind::Cancelled, now());
    assert_eq!(moves(&paid), ["reserve", "spend", "free"]);
    let mut withdrawn = at(Point::Submitted);
    withdrawn.event(orders::person(1), EventKind::Withdrawn, now());
    assert_eq!(moves(&withdrawn), ["reserve", "free"]);
}

/// No gateway takes nothing, so nobody is asked to pay it.
#[test]
fn an_upgrade_that_the_old_key_pays_for_whole_begins_when_it_is_submitted() {
    let mut lines = orders::upgrade_lines(now());
    let credit = lines[0].price.credit.clone().unwrap();
    lines[0].price.unit_price = credit.amount;
    lines[0].price.amount = Money::ZERO;
    let draft = orders::draft_of(1, 1, lines, now());
    let mut journey = orders::bring(1, draft, Point::Submitted, now());
    assert_eq!(
        (journey.order.total, journey.order.state),
        (Money::ZERO, OrderState::Paid)
    );
    assert_eq!(
        stages(&journey.order),
        [LineStage::AwaitMaterials, LineStage::AwaitUpgrade]
    );
    assert_eq!(moves(&journey).len(), 1);
    // Its machines start at once, and nothing waits for money.
    let change = &journey.commits.last().unwrap().change;
    let starts = change
        .work
        .iter()
        .filter(|item| matches!(item.task, Task::Start(_)));
    assert_eq!(starts.count(), 3);
    assert!(journey.order.pay_by.is_none());
    // Given up, there is nothing to go back but the credit.
    journey.event(orders::person(1), EventKind::Cancelled, now());
    assert!(journey.order.refunds.is_empty());
    assert_eq!(moves(&journey).last(), Some(&"free"));
}

#[test]
fn a_refunded_upgrade_takes_its_year_along_and_scraps_what_was_made() {
    let mut journey = at(Point::Certified);
    let ask = EventKind::ExitAsked {
        line: LineNo(1),
        way: Box::new(domain::order::ExitWay::Refund),
        reason: "无法写入".to_owned(),
    };
    journey.event(orders::by(orders::staff(8)), ask, now());
    // Whoever asked cannot agree.
    let agreed = Event {
        actor: orders::by(orders::staff(8)),
        kind: EventKind::ExitAgreed { line: LineNo(1) },
    };
    assert!(transition(&journey.order, &agreed, now(), &orders::mall()).is_err());
    journey.event(
        orders::by(orders::staff(9)),
        EventKind::ExitAgreed { line: LineNo(1) },
        now(),
    );
    let order = &journey.order;
    assert_eq!(order.state, OrderState::Cancelled);
    assert!(
        order
            .lines
            .iter()
            .all(|line| line.state == LineState::Cancelled)
    );
    assert_eq!(order.lines[0].units[&UnitNo(1)].state, UnitState::Scrapped);
    assert_eq!(order.refunds[0].amount.to_string(), "140.00");
    assert_eq!(moves(&journey), ["reserve", "spend", "free"]);
    let postings = journey
        .commits
        .iter()
        .flat_map(|commit| &commit.change.postings);
    assert_eq!(Books::of(postings).held().to_string(), "140.00");
}

//! Keys made on blank tokens: begun, given up, made anew; and what that does to stock and certificates.

use domain::certificate::{EndedKeys, RevocationReason};
use domain::ids::{LineNo, UnitNo};
use domain::order::{Change, EventKind, LineStage, LineState, Refusal, UnitState, transition};
use domain::order::{Event, Order};
use domain::stock::{ScrapReason, StockMove};
use testkit::orders::{self, Journey, Point};
use testkit::places::now;

const LINE: LineNo = LineNo(1);
const YEAR: LineNo = LineNo(2);

fn approved() -> Journey {
    let lines = [(orders::key_with_seal(), 2)];
    orders::bring(
        1,
        orders::draft(1, 1, &lines, now()),
        Point::Approved,
        now(),
    )
}

fn upgrade() -> Journey {
    let lines = orders::upgrade_lines(now());
    orders::bring(
        1,
        orders::draft_of(1, 1, lines, now()),
        Point::Approved,
        now(),
    )
}

/// What one of the makers' events writes.
fn does(journey: &mut Journey, kind: EventKind) -> Change {
    journey.event(orders::by(orders::maker()), kind, now());
    journey.commits.last().unwrap().change.clone()
}

fn refused(order: &Order, kind: EventKind) -> Refusal {
    let event = Event {
        actor: orders::by(orders::maker()),
        kind,
    };
    transition(order, &event, now(), &orders::policy_of(order))
        .unwrap_err()
        .refusal
}

fn makes(journey: &mut Journey, line: LineNo, unit: u8) -> Change {
    does(journey, orders::begun(line, UnitNo(unit)));
    does(journey, orders::certificate(line, UnitNo(unit), now()));
    does(journey, orders::made(line, UnitNo(unit)))
}

fn scrap(line: LineNo, unit: u8) -> EventKind {
    EventKind::UnitScrapped {
        line,
        unit: UnitNo(unit),
        reason: ScrapReason::SelfTest,
    }
}

fn on(line: LineNo, unit: u8, serial: &str) -> EventKind {
    let EventKind::UnitBegun { operation, .. } = orders::begun(line, UnitNo(unit)) else {
        unreachable!()
    };
    EventKind::UnitBegun {
        line,
        unit: UnitNo(unit),
        key_serial: serial.to_owned(),
        operation,
    }
}

fn serials(change: &Change) -> Vec<(&'static str, &str)> {
    let all = change.stock.iter().map(|moved| match moved {
        StockMove::Take { serial, .. } => ("take", serial.as_str()),
        StockMove::Use { serial } => ("use", serial.as_str()),
        StockMove::Scrap { serial } => ("scrap", serial.as_str()),
    });
    all.collect()
}

#[test]
fn a_key_takes_one_from_the_stock_and_one_that_is_given_up_takes_another() {
    let mut journey = approved();
    let begun = does(&mut journey, orders::begun(LINE, UnitNo(1)));
    assert_eq!(serials(&begun), [("take", "CPP0101")]);
    assert_eq!(begun.ended, []);
    assert_eq!(
        refused(&journey.order, on(LINE, 2, "CPP0101")),
        Refusal::State,
        "one token for two keys"
    );
    let issued = does(&mut journey, orders::certificate(LINE, UnitNo(1), now()));
    assert_eq!(serials(&issued), []);
    let scrapped = does(&mut journey, scrap(LINE, 1));
    assert_eq!(serials(&scrapped), [("scrap", "CPP0101")]);
    let [EndedKeys::Some(LINE, ended)] = &scrapped.ended[..] else {
        panic!("{:?}", scrapped.ended)
    };
    assert_eq!(
        (ended[0].unit, ended[0].attempt, ended[0].reason),
        (UnitNo(1), 1, RevocationReason::Superseded)
    );
    let unit = journey.order.lines[0].unit(UnitNo(1)).unwrap();
    assert_eq!((unit.state, unit.attempt), (UnitState::Waiting, 2));
    assert_eq!((unit.certificate, unit.key_serial), (None, None));
    let again = does(&mut journey, on(LINE, 1, "OTHER"));
    assert_eq!(serials(&again), [("take", "OTHER")]);
}

#[test]
fn a_key_is_made_on_the_token_on_which_it_was_begun() {
    let mut journey = approved();
    does(&mut journey, on(LINE, 1, "OTHER"));
    assert_eq!(
        refused(&journey.order, orders::made(LINE, UnitNo(1))),
        Refusal::State,
        "without a certificate"
    );
    does(&mut journey, orders::certificate(LINE, UnitNo(1), now()));
    assert_eq!(
        refused(&journey.order, orders::made(LINE, UnitNo(1))),
        Refusal::State,
        "on another token"
    );
}

#[test]
fn what_is_given_up_on_the_shelf_brings_its_line_back_to_production_in_a_new_round() {
    let mut journey = approved();
    makes(&mut journey, LINE, 1);
    let last = makes(&mut journey, LINE, 2);
    assert_eq!(serials(&last), [("use", "CPP0102")]);
    let line = &journey.order.lines[0];
    assert_eq!(journey.order.line_stage(line), LineStage::BookShipment);
    let round = line.round;
    let change = does(&mut journey, scrap(LINE, 2));
    assert_eq!(serials(&change), [("scrap", "CPP0102")]);
    let line = &journey.order.lines[0];
    assert_eq!(journey.order.line_stage(line), LineStage::AwaitProduction);
    assert_eq!(line.round, round + 1);
    assert_eq!(line.made(), 1);
}

/// covers: R40
#[test]
fn the_carried_year_goes_onto_the_very_key_and_takes_none_from_the_stock() {
    let mut journey = upgrade();
    makes(&mut journey, LINE, 1);
    assert_eq!(
        refused(&journey.order, on(YEAR, 1, "BLANK")),
        Refusal::State,
        "a blank key for a year that is carried over"
    );
    let begun = does(&mut journey, on(YEAR, 1, "CPP0101"));
    assert_eq!(serials(&begun), []);
    does(&mut journey, orders::certificate(YEAR, UnitNo(1), now()));
    let made = does(
        &mut journey,
        EventKind::UnitMade {
            line: YEAR,
            unit: UnitNo(1),
            key_serial: "CPP0101".to_owned(),
        },
    );
    assert_eq!(serials(&made), []);
    assert_eq!(journey.order.lines[1].state, LineState::Completed);

    // The token turns out bad: both are given up, and the execution that had ended is started anew.
    let run = journey.order.run;
    let scrapped = does(&mut journey, scrap(LINE, 1));
    assert_eq!(serials(&scrapped), [("scrap", "CPP0101")]);
    assert_eq!(scrapped.ended.len(), 2);
    let order = &journey.order;
    assert_eq!(order.run, run + 1);
    let stages: Vec<LineStage> = order
        .lines
        .iter()
        .map(|line| order.line_stage(line))
        .collect();
    assert_eq!(
        stages,
        [LineStage::AwaitProduction, LineStage::AwaitUpgrade]
    );
}

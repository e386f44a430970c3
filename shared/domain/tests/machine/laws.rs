//! What holds of every transition, whatever it is.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalog::ProductKind;
use domain::invoice::{Invoice, InvoiceState};
use domain::ledger::{Books, Posting, balances};
use domain::money::Money;
use domain::order::{Change, CreditMove, DisplayState, LineState, Order, OrderState, UnitState};
use domain::refund::RefundReason;
use domain::work::{Task, wait_key};

/// What was seen of one order so far.
#[derive(Debug, Default)]
pub struct Seen {
    ended_waits: BTreeSet<String>,
    work: BTreeSet<String>,
    made: BTreeSet<(u8, u8, u32)>,
    /// Credits that the order holds, and whether they are paid for.
    credits: BTreeMap<String, bool>,
    /// Every posting, when the order was followed from its beginning.
    ledger: Option<Vec<Posting>>,
}

impl Seen {
    /// Nothing yet, of an order that is followed from its beginning.
    pub fn whole() -> Self {
        Self {
            ledger: Some(Vec::new()),
            ..Self::default()
        }
    }

    /// As if the machine of the order had been started.
    pub fn with_start(order: &Order) -> Self {
        let work = [format!("start-{}", order.execution().name())].into();
        Self {
            work,
            ..Self::default()
        }
    }

    /// As if all machines of the order had been started.
    pub fn with_starts(order: &Order) -> Self {
        let mut seen = Self::with_start(order);
        for line in &order.lines {
            seen.work
                .insert(format!("start-{}", order.line_execution(line.no).name()));
        }
        for refund in &order.refunds {
            seen.work
                .insert(format!("start-{}", order.refund_execution(refund).name()));
        }
        seen
    }
}

fn rank(state: OrderState) -> u8 {
    match state {
        OrderState::Draft => 0,
        OrderState::AwaitingPayment => 1,
        OrderState::Paid => 2,
        OrderState::Completed | OrderState::Cancelled => 3,
    }
}

fn line_rank(state: LineState) -> u8 {
    match state {
        LineState::AwaitingMaterials | LineState::ChangesRequested | LineState::AwaitingAgent => 0,
        LineState::UnderReview => 1,
        LineState::InProduction => 2,
        LineState::Shipped | LineState::ReadyForPickup | LineState::Delivered => 3,
        LineState::Completed | LineState::Cancelled => 4,
    }
}

fn unit_rank(state: UnitState) -> u8 {
    match state {
        UnitState::Waiting => 0,
        UnitState::Writing => 1,
        UnitState::Made => 2,
        UnitState::HandedOver => 3,
        UnitState::Scrapped => 4,
    }
}

/// The waits in which the machines of an order are, by their keys.
fn waits(order: &Order) -> BTreeSet<String> {
    let mut waits = BTreeSet::new();
    if order.stage().is_wait() {
        waits.insert(wait_key(&order.execution(), order.stage().as_str(), 1));
    }
    for line in &order.lines {
        let stage = order.line_stage(line);
        if stage.is_wait() {
            waits.insert(wait_key(
                &order.line_execution(line.no),
                stage.as_str(),
                line.round,
            ));
        }
    }
    for refund in &order.refunds {
        let stage = refund.stage();
        if stage.is_wait() {
            let execution = order.refund_execution(refund);
            waits.insert(wait_key(&execution, stage.as_str(), refund.round));
        }
    }
    for invoice in &order.invoices {
        let stage = invoice.stage();
        if stage.is_wait() {
            let execution = order.invoice_execution(invoice);
            waits.insert(wait_key(&execution, stage.as_str(), invoice.round));
        }
    }
    waits
}

/// Money that is neither earned nor back, by the order itself: what is still to be delivered, and what is
/// on its way back.
fn held(order: &Order) -> Money {
    let lines: Money = order
        .lines
        .iter()
        .filter(|line| {
            order.state == OrderState::Paid
                && !matches!(line.state, LineState::Completed | LineState::Cancelled)
        })
        .map(domain::order::Line::kept)
        .sum();
    let refunds = order.refunds.iter().filter(|refund| refund.is_open());
    lines + refunds.map(|refund| refund.amount).sum()
}

/// Checks one transition against all laws.
pub fn check(before: &Order, change: &Change, seen: &mut Seen) {
    let after = &change.order;
    assert_eq!(
        (after.version, after.events),
        (before.version + 1, before.events + 1)
    );
    assert_eq!(
        (change.expected, change.record.seq),
        (Some(before.version), after.events)
    );
    assert_eq!(
        (&after.id, &after.company, &after.subject),
        (&before.id, &before.company, &before.subject)
    );

    // An order goes back only to be a draft again, which ends its run; and it has its end exactly when it is
    // over.
    let returned = after.state == OrderState::Draft && before.state != OrderState::Draft;
    assert!(rank(after.state) >= rank(before.state) || returned);
    assert!(!before.is_closed() || after.state == before.state);
    assert_eq!(after.ended_at.is_some(), after.is_closed());
    assert_eq!(
        after.check_at.is_none(),
        (after.is_closed() || after.state == OrderState::Draft)
            && !after.is_refunding()
            && !after.is_invoicing()
    );

    // A line goes back only by a new round; a key only by a new try.
    for line in &after.lines {
        let Some(old) = before.line(line.no) else {
            continue;
        };
        assert!(line.round >= old.round);
        assert!(
            line.round > old.round
                || line_rank(line.state) >= line_rank(old.state)
                || after.state == OrderState::Draft
        );
        for unit in line.all_units() {
            let was = old.unit(unit.no).map_or(0, |old| unit_rank(old.state));
            let again = old
                .unit(unit.no)
                .is_some_and(|old| unit.attempt == old.attempt + 1);
            assert!(unit_rank(unit.state) >= was || again || before.state == OrderState::Draft);
            let begun = unit.state == UnitState::Writing && unit.key_serial.is_some();
            // Unlocking a key needs no certificate.
            let unlocked = line.product.kind == ProductKind::Unlock;
            assert!(
                unit.certificate.is_some() == (unit.state != UnitState::Waiting)
                    || begun
                    || unlocked
                    || line.state == LineState::Cancelled
            );
            // No key is both made and paid back: what a refunded line had is not to be used.
            assert!(
                line.state != LineState::Cancelled
                    || matches!(unit.state, UnitState::Waiting | UnitState::Scrapped)
            );
            if unit.state == UnitState::Made && was < 2 {
                assert!(
                    seen.made.insert((line.no.0, unit.no.0, unit.attempt)),
                    "a key is made once in each try"
                );
            }
        }
        let changed = old.units != line.units;
        assert_eq!(changed, change.units.iter().any(|(no, _)| *no == line.no));
    }

    // Money: the sum of the lines, and once paid it stays.
    assert_eq!(
        after.total,
        after.lines.iter().map(|line| line.price.amount).sum()
    );
    assert!(before.payment.is_none() || returned || after.payment == before.payment);
    let given_back = |order: &Order| {
        order.refunds.iter().any(|refund| {
            matches!(
                refund.reason,
                RefundReason::Cancelled | RefundReason::LineEnded | RefundReason::PromiseMissed
            )
        })
    };
    match after.state {
        OrderState::Draft | OrderState::AwaitingPayment => assert!(after.payment.is_none()),
        OrderState::Paid | OrderState::Completed => assert!(after.payment.is_some()),
        OrderState::Cancelled => assert_eq!(
            after.payment.is_some(),
            before.payment.is_some() && (given_back(after) || after.total == Money::ZERO)
        ),
    }
    // Of the money that pays an order no more goes back than came.
    if let Some(payment) = &after.payment {
        let back = after
            .refunds
            .iter()
            .filter(|refund| refund.attempt == payment.attempt && refund.reason.of_the_order())
            .map(|refund| refund.amount)
            .sum::<Money>();
        assert!(back <= payment.amount, "{back} of {}", payment.amount);
    }

    // Refunds are only ever added, keep number, sum and gateway, and stay done. The books always balance.
    assert!(after.refunds.len() >= before.refunds.len());
    for (old, refund) in before.refunds.iter().zip(&after.refunds) {
        assert_eq!(
            (old.no, old.amount, old.method, old.attempt),
            (refund.no, refund.amount, refund.method, refund.attempt)
        );
        assert!(old.is_open() || refund == old);
        assert!(refund.round >= old.round && refund.run >= old.run);
    }
    let balance: Money = balances(&change.postings)
        .into_values()
        .fold(Money::ZERO, |sum, balance| sum + balance);
    assert_eq!(balance, Money::ZERO);
    if let Some(ledger) = &mut seen.ledger {
        ledger.extend(change.postings.iter().cloned());
        let books = Books::of(&*ledger);
        assert_eq!(books.held(), held(after), "{books:?}");
    }

    // Whoever waited in a wait that is no longer one is told, and nobody else; and no wait that was ended is
    // ever entered again, for its outcome is there already.
    let (was, is) = (waits(before), waits(after));
    let told: BTreeSet<String> = change
        .outcomes
        .iter()
        .map(|outcome| outcome.wait.clone())
        .collect();
    assert_eq!(told.len(), change.outcomes.len());
    assert_eq!(told, was.difference(&is).cloned().collect());
    seen.ended_waits.extend(told);
    assert!(is.is_disjoint(&seen.ended_waits), "{is:?} was ended before");

    // Work has names of its own, and what runs after a new run began was started with it.
    for item in &change.work {
        assert!(seen.work.insert(item.id.clone()), "{} twice", item.id);
    }
    let started = |name: String| seen.work.contains(&format!("start-{name}"));
    if after.state != OrderState::Draft && after.run > 0 {
        assert!(started(after.execution().name()));
    }
    for line in &after.lines {
        if after.line_stage(line).is_wait() {
            assert!(
                started(after.line_execution(line.no).name()),
                "line {} runs",
                line.no
            );
        }
    }
    for refund in &after.refunds {
        if refund.is_open() {
            let name = after.refund_execution(refund).name();
            assert!(started(name), "refund {} runs", refund.no);
        }
    }
    // One invoice at a time stands for an order, and what stands is right or on its way to be.
    let live: Vec<_> = after.invoices.iter().filter(|it| it.is_live()).collect();
    assert!(live.len() <= 1, "{live:?}");
    for invoice in &after.invoices {
        if invoice.is_open() {
            let name = after.invoice_execution(invoice).name();
            assert!(started(name), "invoice {} runs", invoice.no);
        }
        let old = before.invoice(invoice.no);
        assert!(old.is_none_or(|old| old.amount == invoice.amount && old.run <= invoice.run));
        let over = |invoice: &Invoice| !invoice.is_live();
        assert!(
            old.is_none_or(|old| !over(old) || old == invoice),
            "what is over stays so"
        );
    }
    if let (Some(invoice), Some(billed)) = (live.first(), after.billable()) {
        assert!(invoice.state != InvoiceState::Issued || invoice.amount == billed);
    }
    // A credit is moved by the order that holds it, once each way.
    for moved in &change.credits {
        match moved {
            CreditMove::Reserve(taken) => {
                assert!(
                    seen.credits
                        .insert(taken.certificate_serial.clone(), taken.paid)
                        .is_none()
                );
            }
            CreditMove::Spend(taken) => {
                assert_eq!(
                    seen.credits.insert(taken.certificate_serial.clone(), true),
                    Some(false)
                );
            }
            CreditMove::Free(taken) => {
                assert!(seen.credits.remove(&taken.certificate_serial).is_some());
            }
        }
    }
    for item in &change.work {
        if let Task::Start(input) = &item.task {
            let run = match (input.execution.refund, input.execution.invoice) {
                (Some(no), _) => after.refund(no).unwrap().run,
                (None, Some(no)) => after.invoice(no).unwrap().run,
                (None, None) => after.run,
            };
            assert_eq!(
                (&input.execution.order, input.execution.run),
                (&after.id, run)
            );
            assert_eq!(input.plan.is_some(), input.execution.line.is_some());
            let name = input.execution.name();
            assert!(
                name.len() <= 80 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            );
        }
    }

    // Everything can be shown, and everything can be stored. Units are stored apart.
    assert!(DisplayState::ALL.contains(&after.display()));
    for line in &after.lines {
        assert!(DisplayState::ALL.contains(&after.line_display(line)));
    }
    let mut stored: Order = serde_json::from_str(&serde_json::to_string(after).unwrap()).unwrap();
    for line in &mut stored.lines {
        line.units.clone_from(&after.line(line.no).unwrap().units);
    }
    assert_eq!(stored, *after);

    // One transaction holds at most 100 items, whatever happens.
    let money = change.postings.len() + after.refunds.len();
    let items = 2
        + after.lines.len()
        + change.units.len()
        + change.outcomes.len()
        + change.work.len()
        + money.min(20)
        + 3;
    assert!(items <= 100, "{items} items");
}

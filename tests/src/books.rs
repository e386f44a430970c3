//! The books of a stack, held against the gateways' own.

use adapters::dynamodb::Table;
use adapters::ports::{Attempts as _, Commit, Orders as _, Registry};
use adapters::registry::{POSTINGS, order_partition};
use anyhow::{Context, Result, ensure};
use domain::actor::Actor;
use domain::ids::OrderId;
use domain::ledger::{Account, Books, Posting, balances};
use domain::money::Money;
use domain::order::{Change, EventRecord, LineState, Order, OrderState};
use domain::payment::PaymentMethod;
use domain::refund::RefundState;
use jiff::Timestamp;
use serde_json::Value;

use crate::stack::Stack;

/// An order, what came in for it, and what its ledger says.
#[derive(Debug)]
pub struct Accounts {
    /// As it stands.
    pub order: Order,
    /// Its sums.
    pub books: Books,
}

/// The table of a stack.
pub fn table(stack: &Stack) -> Table {
    Table::connect(&stack.cloud(), &stack.table)
}

/// What neither was delivered nor went back, by the order itself.
fn held(order: &Order) -> Money {
    let lines = order
        .lines
        .iter()
        .filter(|_| order.state == OrderState::Paid)
        .filter(|line| !matches!(line.state, LineState::Completed | LineState::Cancelled));
    let refunds = order.refunds.iter().filter(|refund| refund.is_open());
    let undelivered: Money = lines.map(|line| line.price.amount).sum();
    undelivered + refunds.map(|refund| refund.amount).sum()
}

/// Holds the ledger of an order against its attempts, its refunds, itself, and both gateways: paid = earned +
/// refunded + held, to the fen, told by each of them.
///
/// # Errors
/// When anything differs, with what.
pub async fn balanced(stack: &Stack, id: &OrderId) -> Result<Accounts> {
    let table = table(stack);
    let order = table.load(id).await?.context("no such order")?;
    let registry: &dyn Registry = &table;
    let postings: Vec<Posting> = registry.load_all(&order_partition(id), POSTINGS).await?;
    let books = Books::of(&postings);
    let attempts = table.attempts(id).await?;
    let received: Money = attempts
        .iter()
        .filter_map(|attempt| attempt.receipt.as_ref())
        .map(|receipt| receipt.amount)
        .sum();
    let back: Money = order
        .refunds
        .iter()
        .filter(|refund| !refund.is_open())
        .map(|refund| refund.amount)
        .sum();
    ensure!(
        books.paid == received,
        "{id}: {books:?}, received {received}"
    );
    ensure!(books.refunded == back, "{id}: {books:?}, refunds {back}");
    ensure!(
        books.held() == held(&order),
        "{id}: {books:?}, held {}",
        held(&order)
    );

    let url = format!("{}/books?order={id}", stack.sandbox);
    let theirs: Value = reqwest::get(url).await?.error_for_status()?.json().await?;
    let ours = balances(&postings);
    for method in PaymentMethod::ALL {
        let theirs = &theirs[method.as_str()];
        let yuan = |what: &str| -> Result<Money> {
            let text = theirs[what].as_str().context("a sum")?;
            Ok(text.parse()?)
        };
        let by_hand: Money = order
            .refunds
            .iter()
            .filter(|refund| refund.method == method && refund.state == RefundState::Settled)
            .map(|refund| refund.amount)
            .sum();
        let there = yuan("paid")? - yuan("refunded")?;
        let here = ours.get(&Account::of(method)).copied().unwrap_or_default();
        ensure!(
            here == there,
            "{id}: {} has {there}, our ledger {here} ({by_hand} settled by hand)",
            method.as_str()
        );
    }
    Ok(Accounts { order, books })
}

/// Every order that has money at a gateway.
///
/// # Errors
/// When the sandbox does not answer.
pub async fn orders_with_money(stack: &Stack) -> Result<Vec<OrderId>> {
    let mut orders = Vec::new();
    for method in PaymentMethod::ALL {
        let url = format!("{}/{}/trades", stack.sandbox, method.as_str());
        let trades: Value = reqwest::get(url).await?.error_for_status()?.json().await?;
        for trade in trades.as_array().context("a list")? {
            let number = trade["out_trade_no"].as_str().unwrap_or_default();
            if let Some((order, _)) = number.split_once('_')
                && let Ok(order) = order.parse::<OrderId>()
                && !orders.contains(&order)
            {
                orders.push(order);
            }
        }
    }
    Ok(orders)
}

/// Lets time go by for one order: what it would have to wait for is moved into the past.
///
/// # Errors
/// When somebody else writes it at the same time, again and again.
pub async fn age(
    stack: &Stack,
    id: &OrderId,
    now: Timestamp,
    change: impl Fn(&mut Order),
) -> Result<()> {
    let table = table(stack);
    for _ in 0..10 {
        let mut aged = table.load(id).await?.context("no such order")?;
        let expected = aged.version;
        aged.version += 1;
        aged.events += 1;
        change(&mut aged);
        let record = EventRecord {
            seq: aged.events,
            at: now,
            actor: Actor::System,
            event: "aged_by_test".to_owned(),
            from: String::new(),
            to: String::new(),
            line: None,
            unit: None,
            refusals: Vec::new(),
            note: String::new(),
        };
        let change = Change {
            shown: aged.display(),
            credits: Vec::new(),
            serials: Vec::new(),
            kinds_gone: Vec::new(),
            ended: Vec::new(),
            stock: Vec::new(),
            handed: Vec::new(),
            renewed: Vec::new(),
            expected: Some(expected),
            order: aged,
            record,
            units: Vec::new(),
            outcomes: Vec::new(),
            work: Vec::new(),
            postings: Vec::new(),
        };
        match table.commit(&Commit::of(change)).await {
            Err(adapters::ports::PortError::Conflict) => {}
            done => return Ok(done?),
        }
    }
    anyhow::bail!("{id} is written all the time")
}

//! Prices, sums, and what becomes of money that comes.

use domain::catalog::{Amount, NoPrice};
use domain::money::Money;
use domain::order::OrderState;
use domain::payment::{Attempt, AttemptState, Disposition, Receipt, Reception, receive};
use domain::policy::Urgency;
use jiff::SignedDuration;
use testkit::ambient::SeededRandom;
use testkit::orders::{self, key_with_seal, plain_key};

use testkit::places::{now, places};

fn receipt(trade_no: &str, amount: Money) -> Receipt {
    Receipt {
        trade_no: trade_no.to_owned(),
        amount,
        paid_at: now(),
    }
}

fn amount(quantity: u32, urgency: Urgency) -> Amount {
    Amount {
        quantity,
        seals: quantity,
        urgency,
    }
}

#[test]
fn a_price_explains_itself_to_the_fen() {
    let random = SeededRandom::new(2);
    for _ in 0..2_000 {
        let quantity = u32::try_from(random.below(50)).unwrap() + 1;
        let mut product = key_with_seal();
        product.price = Money::from_fen(i64::try_from(random.below(10_000_000)).unwrap());
        for urgency in [Urgency::None, Urgency::HalfDay, Urgency::SameDay] {
            let price = product.price(amount(quantity, urgency)).unwrap();
            let fen = |money: Money| money.fen().unwrap();
            assert_eq!(
                fen(price.amount),
                (fen(price.unit_price) + fen(price.unit_surcharge)) * i64::from(quantity)
            );
            assert_eq!(
                price.amount.to_string().parse::<Money>().unwrap(),
                price.amount
            );
        }
    }
    assert_eq!(
        plain_key().price(amount(1, Urgency::HalfDay)),
        Err(NoPrice::Urgency)
    );
}

#[test]
fn an_order_costs_the_sum_of_its_lines() {
    let order = orders::draft(1, 1, &[(key_with_seal(), 2), (plain_key(), 3)], now());
    assert_eq!(order.total.to_string(), "1081.50");
}

#[test]
fn every_money_that_comes_has_one_fate() {
    let attempt = |amount| orders::open_attempt(&places()[0].1.id, 1, amount, now());
    for (place, order) in places() {
        let right = receive(&order, &attempt(order.total), &receipt("t1", order.total));
        let expected = match order.state {
            OrderState::AwaitingPayment => Disposition::Counted,
            OrderState::Paid | OrderState::Completed => Disposition::RefundPaidTwice,
            OrderState::Draft | OrderState::Cancelled => Disposition::RefundLate,
        };
        assert_eq!(right, Reception::New(expected), "{place}");
        for fen in [
            1,
            order.total.fen().unwrap() - 1,
            order.total.fen().unwrap() + 1,
        ] {
            let wrong = receive(
                &order,
                &attempt(order.total),
                &receipt("t1", Money::from_fen(fen)),
            );
            assert_eq!(
                wrong,
                Reception::New(Disposition::RefundWrongSum),
                "{place}"
            );
        }
        // On record already: the same again is nothing new, another is a contradiction.
        let known = Attempt {
            receipt: Some(receipt("t1", order.total)),
            ..attempt(order.total)
        };
        assert_eq!(
            receive(&order, &known, &receipt("t1", order.total)),
            Reception::Known
        );
        assert_eq!(
            receive(&order, &known, &receipt("t2", order.total)),
            Reception::Contradiction
        );
    }
    // The attempt asked for another sum than the order costs now: not what the company owes.
    let (_, unpaid) = places()
        .into_iter()
        .find(|(place, _)| *place == "submitted")
        .unwrap();
    let old = attempt(Money::from_fen(100));
    assert_eq!(
        receive(&unpaid, &old, &receipt("t1", Money::from_fen(100))),
        Reception::New(Disposition::RefundWrongSum)
    );
}

#[test]
fn an_attempt_may_bring_money_a_minute_past_its_code_and_not_longer() {
    let open = orders::open_attempt(&places()[0].1.id, 1, Money::from_fen(1), now());
    let dead = open.qr_expires_at + SignedDuration::from_secs(60);
    for state in [
        AttemptState::Creating,
        AttemptState::Open,
        AttemptState::Lapsing,
    ] {
        let attempt = Attempt {
            state,
            ..open.clone()
        };
        assert!(
            attempt.may_receive(dead - SignedDuration::from_secs(1)),
            "{state:?}"
        );
        assert!(!attempt.may_receive(dead), "{state:?}");
    }
    for state in [AttemptState::Closed, AttemptState::Paid] {
        assert!(
            !Attempt {
                state,
                ..open.clone()
            }
            .may_receive(now()),
            "{state:?}"
        );
    }
}

//! What the ledger allows.

use super::*;
use crate::refunds::Due;
use crate::wechatpay::refunds::Ask;

const T0: Timestamp = Timestamp::UNIX_EPOCH;

fn minutes(n: i64) -> Timestamp {
    T0 + SignedDuration::from_mins(n)
}

fn asked(amount: u64) -> Asked {
    Asked {
        amount: Fen(amount),
        description: "密钥".to_owned(),
        attach: None,
        notify_url: "https://merchant.invalid/notify".to_owned(),
        time_expire: None,
    }
}

fn native(
    ledger: &mut Ledger,
    asked: Asked,
    code: &str,
    now: Timestamp,
) -> Result<String, Refusal> {
    ledger.native("order_1", asked, code.to_owned(), now)
}

fn pay(ledger: &mut Ledger, code: &str, now: Timestamp) -> Result<TradeState, Refusal> {
    ledger
        .pay(code, "t".to_owned(), None, now)
        .map(Order::state)
}

#[test]
fn the_same_order_shows_the_living_code_again_and_a_new_one_after_two_hours() {
    let mut ledger = Ledger::default();
    let show = |ledger: &mut Ledger, code, now| native(ledger, asked(7), code, now);
    assert_eq!(show(&mut ledger, "c1", T0), Ok("c1".to_owned()));
    assert_eq!(show(&mut ledger, "c2", minutes(119)), Ok("c1".to_owned()));
    for other in [
        asked(8),
        Asked {
            description: "x".to_owned(),
            ..asked(7)
        },
        Asked {
            time_expire: Some(minutes(500)),
            ..asked(7)
        },
    ] {
        assert_eq!(native(&mut ledger, other, "c2", T0), Err(Refusal::CHANGED));
    }
    assert_eq!(show(&mut ledger, "c2", minutes(120)), Ok("c2".to_owned()));
    assert_eq!(pay(&mut ledger, "c1", minutes(121)), Err(Refusal::EXPIRED));
    assert_eq!(pay(&mut ledger, "c3", T0), Err(Refusal::NO_CODE));
    assert_eq!(
        pay(&mut ledger, "c2", minutes(239)),
        Ok(TradeState::Success)
    );
    assert_eq!(pay(&mut ledger, "c2", minutes(400)), Err(Refusal::PAID));
    assert_eq!(show(&mut ledger, "c3", minutes(240)), Err(Refusal::PAID));
}

#[test]
fn the_end_to_pay_refuses_the_payer_and_closes_nothing() {
    let mut ledger = Ledger::default();
    let until = Asked {
        time_expire: Some(minutes(5)),
        ..asked(7)
    };
    native(&mut ledger, until.clone(), "c", T0).unwrap();
    assert_eq!(pay(&mut ledger, "c", minutes(5)), Err(Refusal::EXPIRED));
    let order = ledger.order("order_1").unwrap();
    assert_eq!(order.state(), TradeState::NotPay);
    assert_eq!(
        native(&mut ledger, until, "d", minutes(5)),
        Err(Refusal::LATE)
    );
    assert_eq!(ledger.close("order_1", minutes(6)), Ok(()));
    assert_eq!(ledger.close("order_1", minutes(6)), Err(Refusal::CLOSED));
    assert_eq!(ledger.close("nobody", T0), Err(Refusal::NOT_EXIST));
    assert_eq!(pay(&mut ledger, "c", minutes(1)), Err(Refusal::CLOSED));
}

fn refund(number: &str, amount: u64) -> Ask<'_> {
    Ask {
        which: OrderRef::OutTradeNo("order_1"),
        number,
        amount: Fen(amount),
        total: Fen(100),
        reason: None,
        notify_url: None,
        refund_id: "5030",
        refuse: None,
        due: Some(Due {
            at: minutes(1),
            standing: Standing::Success,
        }),
    }
}

fn paid() -> Ledger {
    let mut ledger = Ledger::default();
    native(&mut ledger, asked(100), "c", T0).unwrap();
    ledger.pay("c", "t".to_owned(), None, T0).unwrap();
    ledger
}

#[test]
fn a_refund_is_taken_first_and_done_later_and_only_once() {
    let mut ledger = Ledger::default();
    let take = |ledger: &mut Ledger, ask| {
        let taken = ledger.refund(ask, T0);
        taken.map(|(order, refund)| (order.state(), refund.standing))
    };
    assert_eq!(take(&mut ledger, refund("r1", 30)), Err(Refusal::NO_ORDER));
    native(&mut ledger, asked(100), "c", T0).unwrap();
    assert_eq!(take(&mut ledger, refund("r1", 30)), Err(Refusal::UNPAID));
    ledger.pay("c", "t".to_owned(), None, T0).unwrap();
    let taken = Ok((TradeState::Refund, Standing::Processing));
    assert_eq!(take(&mut ledger, refund("r1", 30)), taken);
    assert_eq!(take(&mut ledger, refund("r1", 30)), taken);
    let by_id = Ask {
        which: OrderRef::TransactionId("t"),
        ..refund("r1", 30)
    };
    assert_eq!(take(&mut ledger, by_id), taken);
    let total = Ask {
        total: Fen(99),
        ..refund("r2", 1)
    };
    for (ask, refusal) in [
        (refund("r1", 31), Refusal::REFUND_CHANGED),
        (total, Refusal::REFUND_CHANGED),
        (refund("r2", 71), Refusal::TOO_MUCH),
    ] {
        assert_eq!(take(&mut ledger, ask), Err(refusal));
    }
    assert_eq!(ledger.next_refund(), Some(minutes(1)));
    let done = vec![("order_1".to_owned(), "r1".to_owned())];
    assert_eq!(ledger.settle_refunds(minutes(1)), done);
    assert!(ledger.settle_refunds(minutes(2)).is_empty());
    assert_eq!(ledger.next_refund(), None);
    assert!(
        ledger
            .finish_refund("r1", Standing::Success, minutes(2))
            .is_none()
    );
}

#[test]
fn an_abnormal_refund_holds_its_money_until_somebody_settles_it_and_a_closed_one_does_not() {
    let mut ledger = paid();
    let ends = |standing| Some(Due { at: T0, standing });
    let abnormal = Ask {
        due: ends(Standing::Abnormal),
        ..refund("r1", 60)
    };
    let closed = Ask {
        due: ends(Standing::Closed),
        ..refund("r2", 40)
    };
    ledger.refund(abnormal, T0).unwrap();
    ledger.refund(closed, T0).unwrap();
    ledger.settle_refunds(T0);
    assert_eq!(
        ledger.refund(refund("r3", 41), T0).map(|_| ()),
        Err(Refusal::TOO_MUCH)
    );
    assert!(ledger.refund(refund("r3", 40), T0).is_ok());
    let whose = ledger.finish_refund("r1", Standing::Success, minutes(9));
    assert_eq!(whose.as_deref(), Some("order_1"));
    let (_, refund) = ledger.refund_of("r1").unwrap();
    assert_eq!(
        (refund.standing, refund.at()),
        (Standing::Success, minutes(9))
    );
}

#[test]
fn a_payment_has_at_most_fifty_refunds_within_a_year() {
    let mut ledger = paid();
    for n in 0..50 {
        let number = format!("r{n}");
        ledger.refund(refund(&number, 1), T0).unwrap();
    }
    let one_more = ledger.refund(refund("r50", 1), T0).map(|_| ());
    assert_eq!(one_more, Err(Refusal::TOO_MANY));
    let mut ledger = paid();
    let late = minutes(365 * 24 * 60 + 1);
    assert_eq!(
        ledger.refund(refund("r", 1), late).map(|_| ()),
        Err(Refusal::TOO_LATE)
    );
    let short = Ask {
        refuse: Some(Refusal::NOT_ENOUGH),
        ..refund("r", 1)
    };
    assert_eq!(
        ledger.refund(short, T0).map(|_| ()),
        Err(Refusal::NOT_ENOUGH)
    );
    assert!(
        ledger.refund(refund("r", 1), T0).is_ok(),
        "the same number may be asked for again"
    );
}

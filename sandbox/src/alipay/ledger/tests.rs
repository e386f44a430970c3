//! What the ledger allows.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::alipay::refunds::Ask;
use crate::refunds::Due;

const T0: Timestamp = Timestamp::UNIX_EPOCH;

fn minutes(n: i64) -> Timestamp {
    T0 + SignedDuration::from_mins(n)
}

fn ask(number: &str, amount: u64) -> Precreate {
    Precreate {
        out_trade_no: number.to_owned(),
        amount: Fen(amount),
        subject: "密钥".to_owned(),
        body: None,
        passback_params: None,
        notify_url: None,
        code_timeout: None,
        timeout: None,
        time_expire: None,
    }
}

fn precreate(
    ledger: &mut Ledger,
    ask: Precreate,
    code: &str,
    now: Timestamp,
) -> Result<String, Refusal> {
    ledger.precreate(ask, code.to_owned(), now)
}

fn status(ledger: &mut Ledger, number: &str, now: Timestamp) -> Result<Status, Refusal> {
    Ok(ledger.query(TradeRef::OutTradeNo(number), now)?.1.status)
}

#[test]
fn timeouts_are_read_as_alipay_writes_them() {
    assert_eq!(Timeout::parse("90m"), Some(Timeout::Minutes(90)));
    assert_eq!(Timeout::parse("2h"), Some(Timeout::Minutes(120)));
    assert_eq!(Timeout::parse("15d"), Some(Timeout::Minutes(21_600)));
    assert_eq!(Timeout::parse("1c"), Some(Timeout::DayEnd));
    for wrong in [
        "",
        "m",
        "0m",
        "16d",
        "1.5h",
        "2c",
        "10",
        "+1m",
        "1时",
        "99999999999d",
    ] {
        assert_eq!(Timeout::parse(wrong), None, "{wrong}");
    }
    assert_eq!(
        Timeout::DayEnd.after(T0),
        "1970-01-01T15:59:59Z".parse().unwrap()
    );
}

#[test]
fn a_code_lives_two_hours_unless_told_otherwise() {
    let mut ledger = Ledger::default();
    precreate(&mut ledger, ask("a", 1), "ca", T0).unwrap();
    let short = Precreate {
        code_timeout: Some(Timeout::Minutes(5)),
        ..ask("b", 1)
    };
    precreate(&mut ledger, short, "cb", T0).unwrap();
    let absolute = Precreate {
        time_expire: Some(minutes(3)),
        ..ask("c", 1)
    };
    precreate(&mut ledger, absolute, "cc", T0).unwrap();
    for (code, life) in [("ca", 120), ("cb", 5), ("cc", 3)] {
        let end = minutes(life);
        let late = ledger.scan(code, "t".to_owned(), end).map(|_| ());
        assert_eq!(late, Err(Refusal::EXPIRED), "{code}");
        assert!(
            ledger.scan(code, "t".to_owned(), minutes(life - 1)).is_ok(),
            "{code}"
        );
        // Scanned in time, but not paid in time.
        assert_eq!(
            ledger.pay(code, "t".to_owned(), None, end).map(|_| ()),
            Err(Refusal::CLOSED),
            "{code}"
        );
    }
    assert_eq!(
        status(&mut ledger, "a", minutes(120)),
        Ok(Status::TradeClosed)
    );
}

#[test]
fn a_scanned_trade_waits_as_long_as_timeout_express_says() {
    let mut ledger = Ledger::default();
    let asked = Precreate {
        timeout: Some(Timeout::Minutes(10)),
        ..ask("a", 1)
    };
    precreate(&mut ledger, asked, "c", T0).unwrap();
    ledger.scan("c", "t".to_owned(), minutes(50)).unwrap();
    assert_eq!(
        status(&mut ledger, "a", minutes(59)),
        Ok(Status::WaitBuyerPay)
    );
    assert_eq!(
        status(&mut ledger, "a", minutes(60)),
        Ok(Status::TradeClosed)
    );
    assert_eq!(
        ledger.order("a").unwrap().trade.as_ref().unwrap().closed_at,
        Some(minutes(60))
    );
}

#[test]
fn the_same_number_shows_the_living_code_again_and_a_new_one_after_it() {
    let mut ledger = Ledger::default();
    assert_eq!(
        precreate(&mut ledger, ask("a", 7), "c1", T0),
        Ok("c1".to_owned())
    );
    assert_eq!(
        precreate(&mut ledger, ask("a", 7), "c2", minutes(1)),
        Ok("c1".to_owned())
    );
    assert_eq!(
        precreate(&mut ledger, ask("a", 8), "c2", minutes(1)),
        Err(Refusal::CHANGED)
    );
    assert_eq!(
        precreate(&mut ledger, ask("a", 7), "c2", minutes(120)),
        Ok("c2".to_owned())
    );
    assert_eq!(
        ledger
            .pay("c1", "t".to_owned(), None, minutes(121))
            .map(|_| ()),
        Err(Refusal::EXPIRED)
    );
    assert!(ledger.pay("c2", "t".to_owned(), None, minutes(121)).is_ok());
    assert_eq!(
        precreate(&mut ledger, ask("a", 7), "c3", minutes(122)),
        Err(Refusal::PAID)
    );
}

#[test]
fn a_trade_is_found_by_either_number_once_scanned() {
    let mut ledger = Ledger::default();
    precreate(&mut ledger, ask("a", 7), "c", T0).unwrap();
    assert_eq!(status(&mut ledger, "a", T0), Err(Refusal::NOT_EXIST));
    assert_eq!(
        ledger.close(TradeRef::OutTradeNo("a"), T0).map(|_| ()),
        Err(Refusal::NOT_EXIST)
    );
    ledger.scan("c", "t1".to_owned(), T0).unwrap();
    ledger.scan("c", "t2".to_owned(), T0).unwrap();
    assert_eq!(
        ledger
            .query(TradeRef::TradeNo("t1"), T0)
            .unwrap()
            .0
            .out_trade_no,
        "a"
    );
    assert!(ledger.query(TradeRef::TradeNo("t2"), T0).is_err());
    ledger.close(TradeRef::TradeNo("t1"), T0).unwrap();
    assert_eq!(
        ledger.pay("c", "t".to_owned(), None, T0).map(|_| ()),
        Err(Refusal::CLOSED)
    );
    assert_eq!(
        ledger.close(TradeRef::TradeNo("t1"), T0).map(|_| ()),
        Err(Refusal::STATUS)
    );
    assert_eq!(
        precreate(&mut ledger, ask("a", 7), "c2", T0),
        Err(Refusal::CLOSED)
    );
}

fn done(amount: u64, number: Option<&str>) -> Ask<'_> {
    Ask {
        which: TradeRef::OutTradeNo("a"),
        amount: Fen(amount),
        number,
        reason: None,
        refuse: None,
        due: Some(Due {
            at: T0,
            standing: Standing::Success,
        }),
        gap: SignedDuration::ZERO,
    }
}

#[test]
fn refunds_never_exceed_what_was_paid_and_are_done_once() {
    let mut ledger = Ledger::default();
    let which = TradeRef::OutTradeNo("a");
    precreate(&mut ledger, ask("a", 100), "c", T0).unwrap();
    let early = |ledger: &mut Ledger| ledger.refund(done(1, Some("r")), T0).map(|_| ());
    assert_eq!(early(&mut ledger), Err(Refusal::NOT_EXIST));
    ledger.scan("c", "t".to_owned(), T0).unwrap();
    assert_eq!(early(&mut ledger), Err(Refusal::STATUS));
    ledger.pay("c", "t".to_owned(), None, T0).unwrap();
    assert_eq!(ledger.close(which, T0).map(|_| ()), Err(Refusal::STATUS));
    let mut refund = |amount, number| {
        let done = ledger.refund(done(amount, number), T0);
        done.map(|(order, fresh)| {
            let trade = order.trade.as_ref().unwrap();
            (trade.status, trade.refunded().0, fresh)
        })
    };
    assert_eq!(refund(30, None), Err(Refusal::PARAMETER));
    assert_eq!(refund(30, Some("r1")), Ok((Status::TradeSuccess, 30, true)));
    assert_eq!(
        refund(30, Some("r1")),
        Ok((Status::TradeSuccess, 30, false))
    );
    assert_eq!(refund(31, Some("r1")), Err(Refusal::REFUND_CHANGED));
    assert_eq!(refund(71, Some("r2")), Err(Refusal::TOO_MUCH));
    assert_eq!(refund(70, Some("r2")), Ok((Status::TradeClosed, 100, true)));
    assert_eq!(
        refund(70, Some("r2")),
        Ok((Status::TradeClosed, 100, false))
    );
    assert_eq!(refund(1, Some("r3")), Err(Refusal::STATUS));
}

#[test]
fn a_refund_on_its_way_holds_its_money_and_moves_it_once() {
    let mut ledger = Ledger::default();
    precreate(&mut ledger, ask("a", 100), "c", T0).unwrap();
    // The payer paid less than was asked: no more can come back.
    ledger.pay("c", "t".to_owned(), Some(Fen(90)), T0).unwrap();
    assert_eq!(
        ledger.refund(done(100, Some("r0")), T0).map(|_| ()),
        Err(Refusal::TOO_MUCH)
    );
    let waits = Ask {
        due: None,
        ..done(60, Some("r1"))
    };
    assert!(ledger.refund(waits, T0).unwrap().1);
    assert_eq!(
        ledger.refund(done(31, Some("r2")), T0).map(|_| ()),
        Err(Refusal::TOO_MUCH)
    );
    let later = Ask {
        due: Some(Due {
            at: minutes(5),
            standing: Standing::Success,
        }),
        ..done(30, Some("r2"))
    };
    ledger.refund(later, T0).unwrap();
    assert_eq!(ledger.next_refund(), Some(minutes(5)));
    assert!(ledger.settle_refunds(minutes(4)).is_empty());
    let numbers = vec![("a".to_owned(), "r2".to_owned())];
    assert_eq!(ledger.settle_refunds(minutes(5)), numbers);
    assert_eq!(
        status(&mut ledger, "a", minutes(5)),
        Ok(Status::TradeSuccess)
    );
    assert_eq!(ledger.finish_refund("r2", minutes(6)), None);
    let whose = ledger.finish_refund("r1", minutes(6));
    assert_eq!(whose.as_deref(), Some("a"));
    assert_eq!(
        status(&mut ledger, "a", minutes(6)),
        Ok(Status::TradeClosed)
    );
    let rows: Vec<_> = ledger.rows().map(|row| (row.paid, row.at)).collect();
    assert_eq!(
        rows,
        [(Fen(90), T0), (Fen(90), minutes(6)), (Fen(90), minutes(5))]
    );
}

#[test]
fn two_refunds_of_one_trade_keep_their_distance_if_they_must() {
    let mut ledger = Ledger::default();
    precreate(&mut ledger, ask("a", 100), "c", T0).unwrap();
    ledger.pay("c", "t".to_owned(), None, T0).unwrap();
    let gap = |number| Ask {
        gap: SignedDuration::from_mins(1),
        ..done(10, Some(number))
    };
    ledger.refund(gap("r1"), T0).unwrap();
    assert_eq!(
        ledger.refund(gap("r2"), T0).map(|_| ()),
        Err(Refusal::TOO_SOON)
    );
    assert!(!ledger.refund(gap("r1"), T0).unwrap().1);
    assert!(ledger.refund(gap("r2"), minutes(1)).unwrap().1);
    let refused = Ask {
        refuse: Some(Refusal::SHORT),
        ..done(10, Some("r3"))
    };
    assert_eq!(
        ledger.refund(refused, minutes(2)).map(|_| ()),
        Err(Refusal::SHORT)
    );
    assert!(
        ledger.refund(done(10, Some("r3")), minutes(2)).unwrap().1,
        "the same number may be asked for again"
    );
}

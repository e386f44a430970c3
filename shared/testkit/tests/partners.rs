//! The gateways of this crate and the adapters, which share no code, over a wire.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use adapters::payment::alipay::Alipay;
use adapters::payment::wechatpay::WechatPay;
use adapters::ports::{
    Bill, BillKind, Clock, CloseOutcome, GatewayError, NewTrade, NotifyError, PaymentGateway,
    PaymentNotice, RawNotice, RefundRequest, RefundStatus, TradeStatus,
};
use domain::money::Money;
use domain::payment::OutTradeNo;
use jiff::SignedDuration;
use jiff::civil::date;
use testkit::ambient::FixedClock;
use testkit::power::{Length, Moment, PowerCut};
use testkit::{alipay, wechatpay};

const FIRST: &str = "201910230935190042_1";
const SECOND: &str = "201910230935190042_2";

fn number(text: &str) -> OutTradeNo {
    text.parse().unwrap()
}

fn trade(text: &str, clock: &FixedClock) -> NewTrade {
    NewTrade {
        number: number(text),
        amount: Money::from_fen(36_000),
        subject: "企业密钥, 两把".to_owned(),
        qr_expires_at: clock.now() + SignedDuration::from_mins(30),
    }
}

fn refund(index: u32, fen: i64) -> RefundRequest {
    RefundRequest {
        number: format!("201910230935190042_R{index}").parse().unwrap(),
        payment: number(FIRST),
        amount: Money::from_fen(fen),
        total: Money::from_fen(36_000),
        reason: "取消".to_owned(),
    }
}

fn is_done(status: &RefundStatus) -> bool {
    matches!(status, RefundStatus::Done { .. })
}

/// What a payer's phone does.
type Phone<'a> = &'a dyn Fn(&str) -> bool;

/// From the first QR code to the bill of the day, at either gateway.
async fn a_day(gateway: &dyn PaymentGateway, clock: &FixedClock, scan: Phone<'_>, pay: Phone<'_>) {
    gateway.check(clock.now()).await.unwrap();
    for number in [FIRST, SECOND] {
        let trade = trade(number, clock);
        let qr = gateway.create(&trade, clock.now()).await.unwrap();
        assert_eq!(gateway.create(&trade, clock.now()).await.unwrap(), qr);
    }
    assert!(scan(FIRST));
    let stands = async |text: &str| gateway.query(&number(text), clock.now()).await;
    assert_eq!(stands(FIRST).await.unwrap(), TradeStatus::Paying);
    assert!(pay(FIRST));
    let TradeStatus::Paid(receipt) = stands(FIRST).await.unwrap() else {
        panic!("not paid")
    };
    assert_eq!(receipt.amount, Money::from_fen(36_000));
    let close = async |text: &str| gateway.close(&number(text), clock.now()).await;
    assert_eq!(close(FIRST).await.unwrap(), CloseOutcome::Paid);
    assert!(scan(SECOND));
    assert_eq!(close(SECOND).await.unwrap(), CloseOutcome::Closed);
    assert_eq!(stands(SECOND).await.unwrap(), TradeStatus::Closed);

    let part = refund(1, 12_000);
    let now = clock.now();
    assert_eq!(
        gateway.refund_status(&part, now).await.unwrap(),
        RefundStatus::Unknown
    );
    assert!(is_done(&gateway.refund(&part, now).await.unwrap()));
    assert!(is_done(&gateway.refund(&part, now).await.unwrap()));
    assert!(is_done(&gateway.refund_status(&part, now).await.unwrap()));
    let much = gateway.refund(&refund(2, 24_001), now).await.unwrap_err();
    assert!(matches!(much, GatewayError::Refused { .. }), "{much}");

    let today = date(2026, 11, 23);
    assert_eq!(gateway.bill(today, now).await.unwrap(), Bill::NotReady);
    clock.advance(SignedDuration::from_hours(24));
    let Bill::Rows(rows) = gateway.bill(today, clock.now()).await.unwrap() else {
        panic!("no bill")
    };
    let [paid, back] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert_eq!((&paid.kind, paid.amount), (&BillKind::Paid, receipt.amount));
    assert_eq!(
        (&paid.trade_no, paid.at),
        (&receipt.trade_no, receipt.paid_at)
    );
    let kind = BillKind::Refunded {
        out_refund_no: part.number.to_string(),
    };
    assert_eq!((&back.kind, back.amount), (&kind, part.amount));
    assert_eq!((&*paid.out_trade_no, &*back.out_trade_no), (FIRST, FIRST));
    let quiet = gateway.bill(date(2026, 11, 20), clock.now()).await.unwrap();
    assert_eq!(quiet, Bill::Rows(Vec::new()));
}

#[tokio::test]
async fn a_day_at_alipay() {
    let clock = Arc::new(FixedClock::default());
    let house = alipay::FakeAlipay::start(PowerCut::never(), clock.clone()).await;
    let gateway = Alipay::from_secret(&house.secret()).unwrap();
    a_day(&gateway, &clock, &|no| house.scan(no), &|no| house.pay(no)).await;
    let refunded = [("201910230935190042_R1".to_owned(), Money::from_fen(12_000))];
    assert_eq!(house.refunded(), refunded);
    let hear = |body: Vec<u8>| {
        let notice = RawNotice {
            headers: &[],
            body: &body,
        };
        gateway
            .verify(&notice, clock.now())
            .unwrap()
            .notice()
            .clone()
    };
    assert!(matches!(
        hear(house.notice(FIRST)),
        PaymentNotice::Paid { .. }
    ));
    let status = |status: &str| PaymentNotice::Other {
        status: status.to_owned(),
    };
    let part = hear(house.refund_notice("201910230935190042_R1"));
    assert_eq!(part, status("TRADE_SUCCESS"));

    house.set_refunds(alipay::Refunds::Short);
    let rest = refund(2, 24_000);
    let short = gateway.refund(&rest, clock.now()).await.unwrap();
    assert_eq!(short, RefundStatus::Short);
    house.set_refunds(alipay::Refunds::Pending);
    let pending = gateway.refund(&rest, clock.now()).await.unwrap();
    assert_eq!(pending, RefundStatus::Processing);
    house.settle_refunds();
    assert!(is_done(&gateway.refund(&rest, clock.now()).await.unwrap()));
    let whole = hear(house.refund_notice("201910230935190042_R2"));
    assert_eq!(whole, status("TRADE_CLOSED"));
    // Given back in full, it is closed like one that nobody paid.
    let stands = gateway.query(&number(FIRST), clock.now()).await.unwrap();
    assert_eq!(stands, TradeStatus::Closed);
}

#[tokio::test]
async fn a_day_at_wechat_pay() {
    let clock = Arc::new(FixedClock::default());
    let house = wechatpay::FakeWechatPay::start(PowerCut::never(), clock.clone()).await;
    let gateway = WechatPay::from_secret(&house.secret()).unwrap();
    a_day(&gateway, &clock, &|no| house.scan(no), &|no| house.pay(no)).await;
    let hear = |(headers, body): (Vec<(String, String)>, Vec<u8>)| {
        let notice = RawNotice {
            headers: &headers,
            body: &body,
        };
        let heard = gateway.verify(&notice, clock.now());
        heard.map(|verified| verified.notice().clone())
    };
    let paid = hear(house.notice(FIRST));
    assert!(matches!(paid, Ok(PaymentNotice::Paid { .. })), "{paid:?}");

    let rest = refund(2, 24_000);
    house.set_refunds(wechatpay::Refunds::Short);
    let short = gateway.refund(&rest, clock.now()).await.unwrap();
    assert_eq!(short, RefundStatus::Short);
    house.set_refunds(wechatpay::Refunds::Taken(
        wechatpay::RefundState::Processing,
    ));
    let taken = gateway.refund(&rest, clock.now()).await.unwrap();
    assert_eq!(taken, RefundStatus::Processing);
    for (state, expected) in [
        (
            wechatpay::RefundState::Abnormal,
            Some(RefundStatus::Abnormal),
        ),
        (wechatpay::RefundState::Closed, Some(RefundStatus::Closed)),
        (wechatpay::RefundState::Success, None),
    ] {
        let no = rest.number.to_string();
        house.settle_refund(&no, state);
        let told = gateway.refund_status(&rest, clock.now()).await.unwrap();
        match expected {
            Some(expected) => assert_eq!(told, expected),
            None => assert!(is_done(&told)),
        }
        assert_eq!(
            hear(house.refund_notice(&no)),
            Ok(PaymentNotice::Refunded {
                out_refund_no: no,
                out_trade_no: FIRST.to_owned(),
                amount: rest.amount,
                status: told,
            })
        );
    }
    assert_eq!(house.refunded().len(), 2);
    let stands = gateway.query(&number(FIRST), clock.now()).await.unwrap();
    assert!(matches!(stands, TradeStatus::Paid(_)), "{stands:?}");

    let (amount, now) = (Money::from_fen(1), clock.now());
    let notice = |changes: &[(&str, serde_json::Value)], who| {
        hear(wechatpay::notice(FIRST, amount, now, changes, who))
    };
    let by = wechatpay::Signer::WechatPay;
    assert!(matches!(notice(&[], by), Ok(PaymentNotice::Paid { .. })));
    let other = notice(&[("mchid", "1900000110".into())], by);
    assert_eq!(other, Err(NotifyError::OtherMerchant));
    let dollars = notice(&[("amount/currency", "USD".into())], by);
    assert_eq!(dollars, Err(NotifyError::Malformed));
    let ours = notice(&[], wechatpay::Signer::Merchant);
    assert_eq!(ours, Err(NotifyError::Signature));
    let (headers, body) = house.notice(FIRST);
    clock.advance(SignedDuration::from_secs(300));
    assert_eq!(hear((headers, body)), Err(NotifyError::Stale));
}

/// The line goes dead before or after the refund happened: asked again, it happens once.
#[tokio::test]
async fn a_refund_that_nobody_was_told_of_happens_once() {
    for moment in [Moment::Before, Moment::After] {
        let clock = Arc::new(FixedClock::default());
        let power = PowerCut::at(2, moment, Length::Flicker);
        let house = alipay::FakeAlipay::start(power.clone(), clock.clone()).await;
        let gateway = Alipay::from_secret(&house.secret()).unwrap();
        gateway
            .create(&trade(FIRST, &clock), clock.now())
            .await
            .unwrap();
        assert!(house.pay(FIRST));
        twice(&gateway, &clock).await;
        assert_eq!(
            (house.refunded().len(), power.log()[1]),
            (1, "alipay.refund")
        );

        let power = PowerCut::at(2, moment, Length::Flicker);
        let house = wechatpay::FakeWechatPay::start(power.clone(), clock.clone()).await;
        let gateway = WechatPay::from_secret(&house.secret()).unwrap();
        gateway
            .create(&trade(FIRST, &clock), clock.now())
            .await
            .unwrap();
        assert!(house.pay(FIRST));
        twice(&gateway, &clock).await;
        assert_eq!(
            (house.refunded().len(), power.log()[1]),
            (1, "wechatpay.refund")
        );
        house.set_down(true);
        let down = gateway.refund(&refund(1, 36_000), clock.now()).await;
        assert!(
            matches!(down, Err(GatewayError::Unavailable(_))),
            "{down:?}"
        );
        assert_eq!(
            house.asked().last().unwrap(),
            "refund 201910230935190042_R1"
        );
    }
}

async fn twice(gateway: &dyn PaymentGateway, clock: &FixedClock) {
    let whole = refund(1, 36_000);
    let lost = gateway.refund(&whole, clock.now()).await;
    assert!(
        matches!(lost, Err(GatewayError::Unavailable(_))),
        "{lost:?}"
    );
    assert!(is_done(&gateway.refund(&whole, clock.now()).await.unwrap()));
}

/// The same, when the answer is lost and not the power.
#[tokio::test]
async fn a_silent_refund_is_found_again() {
    let clock = Arc::new(FixedClock::default());
    let house = alipay::FakeAlipay::start(PowerCut::never(), clock.clone()).await;
    let gateway = Alipay::from_secret(&house.secret()).unwrap();
    gateway
        .create(&trade(FIRST, &clock), clock.now())
        .await
        .unwrap();
    assert!(house.pay(FIRST));
    house.set_refunds(alipay::Refunds::Silent);
    silent(&gateway, &clock).await;
    house.set_refunds(alipay::Refunds::Done);
    assert!(is_done(
        &gateway
            .refund(&refund(1, 36_000), clock.now())
            .await
            .unwrap()
    ));
    assert_eq!(house.refunded().len(), 1);

    let house = wechatpay::FakeWechatPay::start(PowerCut::never(), clock.clone()).await;
    let gateway = WechatPay::from_secret(&house.secret()).unwrap();
    gateway
        .create(&trade(FIRST, &clock), clock.now())
        .await
        .unwrap();
    assert!(house.pay(FIRST));
    house.set_refunds(wechatpay::Refunds::Silent);
    silent(&gateway, &clock).await;
    assert_eq!(house.refunded().len(), 1);
}

async fn silent(gateway: &dyn PaymentGateway, clock: &FixedClock) {
    let whole = refund(1, 36_000);
    let lost = gateway.refund(&whole, clock.now()).await;
    assert!(
        matches!(lost, Err(GatewayError::Unavailable(_))),
        "{lost:?}"
    );
    let found = gateway.refund_status(&whole, clock.now()).await;
    assert!(is_done(&found.unwrap()));
}

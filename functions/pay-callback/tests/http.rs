//! Alipay's notices, signed with real keys made for this test.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::{Attempts as _, Clock as _, Orders as _};
use axum::Router;
use domain::money::Money;
use domain::order::{Order, OrderState};
use domain::payment::{Attempt, AttemptState, Disposition};
use jiff::SignedDuration;
use pay_callback::{Ports, api};
use testkit::alipay::{Signer, notice};
use testkit::orders::{self, Exit, Point, key_with_seal};
use testkit::web::{Answer, Client};
use testkit::world::World;

fn router(world: &World) -> Router {
    let ports = Ports {
        payments: world.payments(),
        notices: world.objects.clone(),
        clock: world.clock.clone(),
    };
    api(world.gate(), ports).unwrap()
}

/// An order that waits for money, with so many open attempts.
async fn unpaid(attempts: u32) -> (World, Client, Order) {
    let world = World::new().await;
    let order = world
        .order(1, &[(key_with_seal(), 1)], Point::Submitted)
        .await;
    for no in 1..=attempts {
        let attempt = orders::open_attempt(&order.id, no, order.total, world.clock.now());
        world.store.save_attempt(&attempt).await.unwrap();
    }
    let client = Client::new(router(&world));
    (world, client, order)
}

async fn post(client: &Client, body: Vec<u8>) -> Answer {
    let form = [(
        "content-type",
        "application/x-www-form-urlencoded; charset=utf-8",
    )];
    client.post_raw("/api/webhooks/alipay", &form, body).await
}

/// Exactly the seven letters: Alipay sends again until it reads them.
async fn taken(client: &Client, body: Vec<u8>) {
    let answer = post(client, body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text().as_str()),
        (200, "success")
    );
}

async fn refused(client: &Client, body: Vec<u8>) {
    let answer = post(client, body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text().as_str()),
        (200, "fail")
    );
}

async fn now(world: &World, order: &Order) -> (Order, Vec<Attempt>) {
    let order_now = world.store.load(&order.id).await.unwrap().unwrap();
    (order_now, world.store.attempts(&order.id).await.unwrap())
}

#[tokio::test]
async fn a_genuine_notice_pays_the_order_and_a_repeated_one_changes_nothing() {
    let (world, client, order) = unpaid(1).await;
    let number = format!("{}_1", order.id);
    let body = notice(&number, order.total, world.clock.now(), &[], Signer::Alipay);
    taken(&client, body.clone()).await;
    let (paid, attempts) = now(&world, &order).await;
    assert_eq!(paid.state, OrderState::Paid);
    assert_eq!(paid.payment.as_ref().unwrap().amount, order.total);
    assert_eq!(
        (attempts[0].state, attempts[0].disposition),
        (AttemptState::Paid, Some(Disposition::Counted))
    );
    for _ in 0..3 {
        taken(&client, body.clone()).await;
    }
    assert_eq!(now(&world, &order).await, (paid, attempts));
}

#[tokio::test]
async fn what_is_not_alipays_word_about_our_order_is_refused_and_changes_nothing() {
    let (world, client, order) = unpaid(1).await;
    let number = format!("{}_1", order.id);
    let at = world.clock.now();
    let signed =
        |number: &str, changes: &[(&str, &str)], who| notice(number, order.total, at, changes, who);
    let good = signed(&number, &[], Signer::Alipay);
    let text = String::from_utf8(good.clone()).unwrap();
    let before = now(&world, &order).await;
    for (what, body) in [
        ("signed by us", signed(&number, &[], Signer::App)),
        (
            "another sum put in",
            text.replace("360.00", "0.01").into_bytes(),
        ),
        ("a parameter added", format!("{text}&x=1").into_bytes()),
        (
            "a parameter twice",
            format!("{text}&total_amount=0.01").into_bytes(),
        ),
        (
            "without signature",
            text.split("&sign=").next().unwrap().as_bytes().to_vec(),
        ),
        (
            "an older kind of signature",
            signed(&number, &[("sign_type", "RSA")], Signer::Alipay),
        ),
        (
            "for another app",
            signed(&number, &[("app_id", "2021000000000009")], Signer::Alipay),
        ),
        (
            "for another account",
            signed(
                &number,
                &[("seller_id", "2088000000000009")],
                Signer::Alipay,
            ),
        ),
        (
            "without account",
            signed(&number, &[("seller_id", "")], Signer::Alipay),
        ),
        (
            "on an order of nobody",
            signed("201910230935190042_1", &[], Signer::Alipay),
        ),
        (
            "on an attempt of nobody",
            signed(&format!("{}_2", order.id), &[], Signer::Alipay),
        ),
        ("on no number of ours", signed("hello", &[], Signer::Alipay)),
        ("nothing", Vec::new()),
        ("no form", b"\xFF\xFE{".to_vec()),
    ] {
        refused(&client, body).await;
        assert_eq!(now(&world, &order).await, before, "{what}");
    }
    taken(&client, good).await;
}

#[tokio::test]
async fn two_notices_at_once_are_one_payment() {
    let (world, client, order) = unpaid(1).await;
    let body = notice(
        &format!("{}_1", order.id),
        order.total,
        world.clock.now(),
        &[],
        Signer::Alipay,
    );
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (client, body) = (client.clone(), body.clone());
            tokio::spawn(async move { taken(&client, body).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    let history = world.store.history(&order.id).await.unwrap();
    assert_eq!(
        history
            .iter()
            .filter(|record| record.event == "payment_received")
            .count(),
        1
    );
    assert_eq!(history.len(), 3);
}

/// Whatever money comes is on record, with what becomes of it, once.
#[tokio::test]
async fn money_that_pays_nothing_is_recorded_to_be_given_back() {
    // The wrong sum.
    let (world, client, order) = unpaid(1).await;
    let number = format!("{}_1", order.id);
    let body = notice(
        &number,
        Money::from_fen(35_999),
        world.clock.now(),
        &[],
        Signer::Alipay,
    );
    taken(&client, body.clone()).await;
    taken(&client, body).await;
    let (order, attempts) = now(&world, &order).await;
    assert_eq!(
        (order.state, order.payment.is_some()),
        (OrderState::AwaitingPayment, false)
    );
    assert_eq!(attempts[0].disposition, Some(Disposition::RefundWrongSum));
    assert_eq!(
        attempts[0].receipt.as_ref().unwrap().amount,
        Money::from_fen(35_999)
    );
    assert_eq!(order.events, 3);

    // Twice, on two attempts.
    let (world, client, order) = unpaid(2).await;
    for no in 1..=2 {
        let body = notice(
            &format!("{}_{no}", order.id),
            order.total,
            world.clock.now(),
            &[],
            Signer::Alipay,
        );
        taken(&client, body.clone()).await;
        taken(&client, body).await;
    }
    let (order, attempts) = now(&world, &order).await;
    assert_eq!(
        (order.state, order.payment.unwrap().attempt),
        (OrderState::Paid, 1)
    );
    assert_eq!(attempts[1].disposition, Some(Disposition::RefundPaidTwice));
    assert_eq!(order.events, 4);

    // Late, for an order that was given up.
    let (world, client, order) = unpaid(1).await;
    let mut journey = orders::Journey {
        order,
        commits: Vec::new(),
        papers: Vec::new(),
    };
    orders::leave(&mut journey, 1, Exit::Cancelled, world.clock.now());
    journey.write(&world.store, &world.objects).await.unwrap();
    world.clock.advance(SignedDuration::from_mins(5));
    let number = format!("{}_1", journey.order.id);
    let body = notice(
        &number,
        journey.order.total,
        world.clock.now(),
        &[],
        Signer::Alipay,
    );
    taken(&client, body).await;
    let (order, attempts) = now(&world, &journey.order).await;
    assert_eq!((order.state, order.payment), (OrderState::Cancelled, None));
    assert_eq!(attempts[0].disposition, Some(Disposition::RefundLate));
    // The company is told of money that goes back.
    let told: Vec<String> = world.store.open_work();
    assert!(
        told.contains(&format!("notice-{}-{}-mail", order.id, order.events)),
        "{told:?}"
    );
}

/// Another trade on a number that has its money: a gateway never does that, so a person has to look.
#[tokio::test]
async fn a_second_trade_on_one_number_is_not_swallowed() {
    let (world, client, order) = unpaid(1).await;
    let number = format!("{}_1", order.id);
    taken(
        &client,
        notice(&number, order.total, world.clock.now(), &[], Signer::Alipay),
    )
    .await;
    let before = now(&world, &order).await;
    let other = [("trade_no", "2026112399999999")];
    refused(
        &client,
        notice(
            &number,
            order.total,
            world.clock.now(),
            &other,
            Signer::Alipay,
        ),
    )
    .await;
    assert_eq!(now(&world, &order).await, before);
}

#[tokio::test]
async fn notices_that_tell_of_no_payment_move_nothing() {
    let (world, client, order) = unpaid(1).await;
    let number = format!("{}_1", order.id);
    let before = now(&world, &order).await;
    for changes in [
        vec![("trade_status", "WAIT_BUYER_PAY")],
        vec![("trade_status", "TRADE_CLOSED")],
        vec![
            ("refund_fee", "360.00"),
            ("gmt_refund", "2026-11-23 10:00:00.000"),
            ("out_biz_no", "r1"),
        ],
        vec![("refund_fee", "0.01")],
        vec![("out_biz_no", "r1")],
    ] {
        taken(
            &client,
            notice(
                &number,
                order.total,
                world.clock.now(),
                &changes,
                Signer::Alipay,
            ),
        )
        .await;
        assert_eq!(now(&world, &order).await, before, "{changes:?}");
    }
}

/// No page of ours sends notices: neither cookie nor write header is asked for. The CDN's secret is.
#[tokio::test]
async fn a_notice_comes_through_the_cdn_and_needs_no_page() {
    let (world, client, order) = unpaid(1).await;
    let body = notice(
        &format!("{}_1", order.id),
        order.total,
        world.clock.now(),
        &[],
        Signer::Alipay,
    );
    let answer = post(&client.clone().origin(None), body.clone()).await;
    assert_eq!(answer.status, 403);
    assert_eq!(
        now(&world, &order).await.0.state,
        OrderState::AwaitingPayment
    );
    taken(&client.from_elsewhere(), body).await;
}

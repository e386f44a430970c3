//! Paying by QR code, as a page sees it. Behind the real adapter stands a gateway that speaks Alipay's protocol.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::{Attempts as _, Clock as _, Orders as _};
use axum::Router;
use contract::error::ErrorCode;
use contract::payment::{AttemptView, PaymentView};
use domain::order::{Order, OrderState};
use domain::payment::{AttemptState, Disposition};
use jiff::SignedDuration;
use pay::{Ports, api};
use serde_json::json;
use testkit::orders::{self, Exit, Point, key_with_seal};
use testkit::web::{Answer, Client};
use testkit::world::World;

fn router(world: &World) -> Router {
    let ports = Ports {
        orders: world.store.clone(),
        attempts: world.store.clone(),
        payments: world.payments(),
        policies: world.policies.clone(),
        clock: world.clock.clone(),
    };
    api(world.gate(), ports).unwrap()
}

async fn unpaid() -> (World, Client, Order) {
    let world = World::new().await;
    let client = world.as_company(&router(&world), 1).await;
    let order = world
        .order(1, &[(key_with_seal(), 2)], Point::Submitted)
        .await;
    (world, client, order)
}

fn path(order: &Order) -> String {
    format!("/api/orders/{}/payments", order.id)
}

async fn start(client: &Client, order: &Order) -> Answer {
    client
        .post_json(&path(order), &json!({"method": "alipay"}))
        .await
}

async fn started(client: &Client, order: &Order) -> AttemptView {
    start(client, order)
        .await
        .json::<PaymentView>()
        .attempt
        .unwrap()
}

async fn state(client: &Client, order: &Order) -> PaymentView {
    client.get(&path(order)).await.json()
}

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

#[tokio::test]
async fn the_same_code_is_shown_as_long_as_it_lives_and_a_new_number_after() {
    let (world, client, order) = unpaid().await;
    let first = started(&client, &order).await;
    assert_eq!(first.number, format!("{}_1", order.id));
    assert!(first.qr.is_some());
    assert_eq!(first.qr_expires_at, world.clock.now() + minutes(30));
    world.clock.advance(minutes(29));
    let again = started(&client, &order).await;
    assert_eq!((&again.number, &again.qr), (&first.number, &first.qr));
    assert_eq!(
        world
            .alipay
            .asked()
            .iter()
            .filter(|asked| asked.starts_with("precreate"))
            .count(),
        1
    );

    world.clock.advance(minutes(1));
    assert_eq!(
        state(&client, &order).await.attempt.unwrap().qr,
        None,
        "a dead code is not shown"
    );
    let second = started(&client, &order).await;
    assert_eq!(second.number, format!("{}_2", order.id));
    assert_ne!(second.qr, first.qr);
}

#[tokio::test]
async fn a_code_never_outlives_the_time_to_pay() {
    let (world, _, order) = unpaid().await;
    world
        .clock
        .advance(SignedDuration::from_hours(24) - minutes(10));
    // The next morning: logged in anew.
    let client = world.as_company(&router(&world), 1).await;
    assert_eq!(
        started(&client, &order).await.qr_expires_at,
        order.pay_by.unwrap()
    );

    let (world, _, order) = unpaid().await;
    world
        .clock
        .advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(59));
    let client = world.as_company(&router(&world), 1).await;
    start(&client, &order)
        .await
        .refused(ErrorCode::NotInThisState);
    assert!(world.alipay.asked().is_empty());
}

#[tokio::test]
async fn a_gateway_that_is_down_costs_nothing_but_time() {
    let (world, client, order) = unpaid().await;
    world.alipay.set_down(true);
    let problem = start(&client, &order)
        .await
        .refused(ErrorCode::GatewayUnavailable);
    assert!(problem.code.is_retryable());
    let seen = state(&client, &order).await.attempt.unwrap();
    assert_eq!((seen.state, seen.qr), (AttemptState::Creating, None));
    world.alipay.set_down(false);
    world.clock.advance(minutes(1));
    let attempt = started(&client, &order).await;
    assert_eq!(
        attempt.number,
        format!("{}_1", order.id),
        "the same number is asked for again"
    );
    assert_eq!(attempt.state, AttemptState::Open);
}

#[tokio::test]
async fn two_tabs_get_one_code() {
    let (world, client, order) = unpaid().await;
    // A current-thread runtime interleaves them at every wait.
    let other = client.clone();
    let order2 = order.clone();
    let tab = tokio::spawn(async move { start(&other, &order2).await });
    let one = started(&client, &order).await;
    let two: PaymentView = tab.await.unwrap().json();
    let two = two.attempt.unwrap();
    assert_eq!((one.number, one.qr), (two.number, two.qr));
    assert_eq!(world.store.attempts(&order.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_page_sees_the_money_though_no_notice_comes() {
    let (world, client, order) = unpaid().await;
    let attempt = started(&client, &order).await;
    assert!(world.alipay.pay(&attempt.number));
    assert!(
        !state(&client, &order).await.paid,
        "the gateway is not asked at once"
    );
    assert!(
        !world
            .alipay
            .asked()
            .iter()
            .any(|asked| asked.starts_with("query"))
    );
    world.clock.advance(SignedDuration::from_secs(5));
    let seen = state(&client, &order).await;
    assert!(seen.paid);
    assert_eq!(
        seen.attempt.unwrap().disposition,
        Some(Disposition::Counted)
    );
    let order = world.store.load(&order.id).await.unwrap().unwrap();
    assert_eq!(order.state, OrderState::Paid);
    // Asked to pay again, the page is shown that it is paid, and no new code.
    let view: PaymentView = start(&client, &order).await.json();
    assert!(view.paid);
    assert!(view.attempt.unwrap().qr.is_none());
    assert_eq!(world.store.attempts(&order.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_impatient_page_does_not_make_us_ask_without_end() {
    let (world, client, order) = unpaid().await;
    started(&client, &order).await;
    world.clock.advance(SignedDuration::from_secs(5));
    for _ in 0..10 {
        state(&client, &order).await;
    }
    let queries = || {
        world
            .alipay
            .asked()
            .iter()
            .filter(|asked| asked.starts_with("query"))
            .count()
    };
    assert_eq!(queries(), 1);
    world.clock.advance(SignedDuration::from_secs(5));
    state(&client, &order).await;
    assert_eq!(queries(), 2);
}

#[tokio::test]
async fn what_waits_for_no_money_has_no_code() {
    let (world, client, _) = unpaid().await;
    world.clock.advance(SignedDuration::from_secs(1));
    let draft = world.order(1, &[(key_with_seal(), 1)], Point::Draft).await;
    start(&client, &draft)
        .await
        .refused(ErrorCode::NotInThisState);
    world.clock.advance(SignedDuration::from_secs(1));
    let mut journey = orders::bring(
        1,
        orders::draft(1, 5, &[(key_with_seal(), 1)], world.clock.now()),
        Point::Submitted,
        world.clock.now(),
    );
    orders::leave(&mut journey, 1, Exit::Cancelled, world.clock.now());
    journey.write(&world.store, &world.objects).await.unwrap();
    start(&client, &journey.order)
        .await
        .refused(ErrorCode::NotInThisState);
    assert!(world.alipay.asked().is_empty());
}

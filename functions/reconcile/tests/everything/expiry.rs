//! Orders that nobody pays, or somebody pays at the last moment. No notice of Alipay arrives here: what is
//! known is known by asking.

use adapters::ports::{Attempts as _, Outstanding as _};
use contract::order::OrderView;
use contract::payment::PaymentView;
use domain::ids::OrderId;
use domain::order::{DisplayState, OrderState};
use domain::payment::{Attempt, AttemptState, Disposition};
use jiff::SignedDuration;
use serde_json::json;
use testkit::power::PowerCut;

use crate::job::Job;

/// An order submitted just now, that waits for money for 24 hours.
async fn unpaid() -> (Job, OrderId) {
    let job = Job::new(PowerCut::never()).await;
    let id = job.buy().await;
    (job, id)
}

/// The company asks for a code, logged in anew.
async fn code(job: &Job, id: &OrderId) -> String {
    let company = job.world.as_company(&job.apis.pay, 1).await;
    let body = json!({"method": "alipay"});
    let view: PaymentView = company
        .post_json(&format!("/api/orders/{id}/payments"), &body)
        .await
        .json();
    view.attempt.unwrap().number
}

async fn attempt(job: &Job, id: &OrderId) -> Attempt {
    job.world.store.attempts(id).await.unwrap().pop().unwrap()
}

fn later(job: &Job, seconds: i64) {
    job.world.clock.advance(SignedDuration::from_secs(seconds));
}

const DAY: i64 = 24 * 60 * 60;

#[tokio::test]
async fn an_order_that_nobody_pays_ends_by_itself_and_the_company_is_told() {
    let (job, id) = unpaid().await;
    later(&job, DAY - 1);
    assert_eq!(job.reconcile().await.expired, 0);
    later(&job, 1);
    assert_eq!(job.reconcile().await.expired, 1);
    let order = job.load(&id).await;
    assert_eq!(
        (order.state, order.display()),
        (OrderState::Cancelled, DisplayState::Cancelled)
    );
    assert_eq!(
        job.world.states.ended_in(&format!("{id}-1")).as_deref(),
        Some("OrderCancelled")
    );
    assert_eq!(job.reconcile().await.expired, 0);
    assert!(job.world.store.open_work().is_empty());
    let subjects: Vec<String> = job
        .world
        .mail
        .sent()
        .into_iter()
        .map(|mail| mail.subject)
        .collect();
    assert_eq!(subjects.len(), 2, "submitted, expired: {subjects:?}");
}

#[tokio::test]
async fn a_code_that_nobody_scanned_is_asked_about_once_more_and_then_given_up() {
    let (job, id) = unpaid().await;
    code(&job, &id).await;
    later(&job, DAY);
    assert_eq!(job.reconcile().await.expired, 1);
    assert_eq!(attempt(&job, &id).await.state, AttemptState::Closed);
    assert!(
        job.world
            .alipay
            .asked()
            .iter()
            .any(|asked| asked.starts_with("query"))
    );
}

/// The code lives to the last minute of the order, and the money comes in that minute.
#[tokio::test]
async fn money_of_the_last_minute_pays_the_order() {
    let (job, id) = unpaid().await;
    later(&job, DAY - 600);
    let number = code(&job, &id).await;
    later(&job, 599);
    assert!(job.world.alipay.pay(&number));
    later(&job, 1);
    assert_eq!(job.reconcile().await.expired, 0);
    assert_eq!(job.load(&id).await.state, OrderState::Paid);
    assert_eq!(
        attempt(&job, &id).await.disposition,
        Some(Disposition::Counted)
    );
}

/// At the end of the window the code may still bring money: the order waits the minute of grace.
#[tokio::test]
async fn an_order_does_not_end_while_its_code_may_bring_money() {
    let (job, id) = unpaid().await;
    later(&job, DAY - 600);
    let number = code(&job, &id).await;
    later(&job, 600);
    assert_eq!(job.reconcile().await.expired, 0);
    assert_eq!(job.load(&id).await.state, OrderState::AwaitingPayment);
    assert!(
        job.world.alipay.pay(&number),
        "clocks differ by a few seconds"
    );
    later(&job, 61);
    assert_eq!(job.reconcile().await.expired, 0);
    assert_eq!(job.load(&id).await.state, OrderState::Paid);
}

#[tokio::test]
async fn an_order_does_not_end_while_its_gateway_does_not_answer() {
    let (job, id) = unpaid().await;
    let number = code(&job, &id).await;
    job.world.alipay.pay(&number);
    job.world.alipay.set_down(true);
    later(&job, DAY);
    for _ in 0..5 {
        assert_eq!(job.reconcile().await.expired, 0);
        later(&job, 61);
    }
    assert_eq!(job.load(&id).await.state, OrderState::AwaitingPayment);
    job.world.alipay.set_down(false);
    later(&job, 3600);
    job.reconcile().await;
    assert_eq!(
        job.load(&id).await.state,
        OrderState::Paid,
        "the money was there all the time"
    );
}

#[tokio::test]
async fn a_code_that_was_scanned_is_closed_before_the_order_ends() {
    let (job, id) = unpaid().await;
    let number = code(&job, &id).await;
    assert!(job.world.alipay.scan(&number));
    later(&job, DAY);
    assert_eq!(job.reconcile().await.expired, 1);
    assert!(
        job.world
            .alipay
            .asked()
            .contains(&format!("close {number}"))
    );
    assert!(!job.world.alipay.pay(&number), "nobody can pay any more");
    assert_eq!(attempt(&job, &id).await.state, AttemptState::Closed);
}

/// Given up while its code lives: the code cannot be called back, so money on it is found and goes back.
#[tokio::test]
async fn money_for_an_order_that_was_given_up_is_found_and_recorded_once() {
    let (job, id) = unpaid().await;
    let number = code(&job, &id).await;
    let company = job.company.at(&job.apis.order);
    company
        .post(&format!("/api/orders/{id}/cancel"))
        .await
        .json::<OrderView>();
    later(&job, 31);
    job.reconcile().await;
    assert_eq!(attempt(&job, &id).await.state, AttemptState::Lapsing);
    assert!(job.world.alipay.pay(&number));
    for _ in 0..3 {
        later(&job, 120);
        job.reconcile().await;
    }
    assert_eq!(
        attempt(&job, &id).await.disposition,
        Some(Disposition::RefundLate)
    );
    assert_eq!(job.load(&id).await.state, OrderState::Cancelled);
    let late = job.world.clock.clone();
    let due = job
        .world
        .store
        .due_attempts(adapters::ports::Clock::now(&*late), 10)
        .await
        .unwrap();
    assert!(due.is_empty(), "nobody asks about it any more");
    let mails = job.world.mail.sent();
    assert!(
        mails.last().unwrap().text.contains("720.00"),
        "{}",
        mails.last().unwrap().text
    );
}

//! What was promised and not kept: told, and paid for, once and by itself (R8, R9).

use adapters::ports::{Clock as _, Orders as _};
use contract::console::QueueView;
use domain::actor::Role;
use domain::ids::OrderId;
use domain::money::Money;
use domain::order::{LineStage, OrderState};
use domain::refund::{RefundReason, RefundState};
use jiff::{SignedDuration, Timestamp};
use testkit::power::{Length, Moment, PowerCut};

use crate::job::Job;
use crate::refunds::{check_books, until_back};

/// An order of two keys at this speed, approved just now.
async fn approved(power: std::sync::Arc<PowerCut>, speed: &str) -> (Job, OrderId) {
    let job = Job::new(power).await;
    let id = job.buy_at(speed).await;
    job.pay(&id).await;
    job.until(&id, LineStage::AwaitMaterials).await;
    job.hand_in(&id).await;
    job.until(&id, LineStage::AwaitReview).await;
    job.approve(&id).await;
    job.settle().await;
    (job, id)
}

async fn due(job: &Job, id: &OrderId) -> Timestamp {
    job.load(id).await.lines[0].due_at.unwrap()
}

fn come(job: &Job, at: Timestamp) {
    let left = at.duration_since(job.world.clock.now());
    job.world.clock.advance(left);
}

async fn times(job: &Job, id: &OrderId, event: &str) -> usize {
    let history = job.world.store.history(id).await.unwrap();
    history
        .iter()
        .filter(|record| record.event == event)
        .count()
}

/// Told once and given back once, whatever happened; the keys are made and delivered all the same.
async fn kept_after_all(job: &Job, id: &OrderId) {
    let broken = job.world.power.struck();
    let order = job.load(id).await;
    assert_eq!(times(job, id, "promise_missed").await, 1, "{broken:?}");
    let [refund] = order.refunds.as_slice() else {
        panic!("one refund, {broken:?}: {:?}", order.refunds);
    };
    assert_eq!(
        (refund.reason, refund.amount, refund.state),
        (
            RefundReason::PromiseMissed,
            Money::from_fen(20_000),
            RefundState::Done
        ),
        "{broken:?}"
    );
    assert_eq!(
        job.world.alipay.refunded(),
        [(format!("{id}_R1"), Money::from_fen(20_000))]
    );
    job.make(id).await;
    job.until(id, LineStage::AwaitCollection).await;
    job.ship(id).await;
    job.until(id, LineStage::Completed).await;
    let order = job.load(id).await;
    assert_eq!(order.state, OrderState::Completed);
    check_books(job).await;
    // 2 × (360 + 100), less what went back.
    let postings = job.world.store.all_postings();
    let books = domain::ledger::Books::of(&postings);
    assert_eq!(
        (order.total, books.earned),
        (Money::from_fen(92_000), Money::from_fen(72_000))
    );
    assert_eq!(books.held(), Money::ZERO);
}

/// covers: R8
#[tokio::test]
async fn an_urgent_order_that_is_late_gets_its_surcharge_back_once_and_goes_on() {
    let (mut job, id) = approved(PowerCut::never(), "half_day").await;
    // Approved at nine in the morning: with the courier by the end of the day.
    assert_eq!(
        due(&job, &id).await,
        "2026-11-23T09:30:00Z".parse().unwrap()
    );
    come(&job, due(&job, &id).await - SignedDuration::from_secs(1));
    assert_eq!(job.reconcile().await.late, 0);
    job.world.clock.advance(SignedDuration::from_secs(1));
    job.twins = true;
    job.reconcile().await;
    job.twins = false;
    until_back(&job, &id).await;
    assert_eq!(job.reconcile().await.late, 0);
    let told: Vec<_> = job
        .world
        .mail
        .sent()
        .into_iter()
        .filter(|mail| mail.subject.contains("晚于承诺"))
        .collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("200.00 元"), "{}", told[0].text);
    kept_after_all(&job, &id).await;
}

/// covers: R9
#[tokio::test]
async fn an_urgent_order_that_is_with_the_courier_in_time_keeps_its_surcharge() {
    let (job, id) = approved(PowerCut::never(), "same_day").await;
    let promised = due(&job, &id).await;
    assert_eq!(promised, "2026-11-23T09:30:00Z".parse().unwrap());
    job.make(&id).await;
    job.until(&id, LineStage::AwaitCollection).await;
    assert_eq!(
        due(&job, &id).await,
        promised,
        "the clock of making goes on to the courier"
    );
    come(&job, promised - SignedDuration::from_secs(1));
    job.ship(&id).await;
    job.until(&id, LineStage::Completed).await;
    come(&job, promised + SignedDuration::from_hours(48));
    assert_eq!(job.reconcile().await.late, 0);
    assert_eq!(job.load(&id).await.refunds, []);
    assert_eq!(times(&job, &id, "promise_missed").await, 0);
}

#[tokio::test]
async fn an_order_without_surcharge_is_late_after_three_working_days_and_told_so() {
    let (job, id) = approved(PowerCut::never(), "none").await;
    assert_eq!(
        due(&job, &id).await,
        "2026-11-26T09:30:00Z".parse().unwrap()
    );
    come(&job, due(&job, &id).await);
    assert_eq!(job.reconcile().await.late, 1);
    assert_eq!(job.load(&id).await.refunds, []);
    assert!(
        job.world
            .mail
            .sent()
            .iter()
            .any(|mail| mail.subject.contains("晚于承诺") && !mail.text.contains("退回"))
    );
}

/// What is due first stands first, however long the other waits.
#[tokio::test]
async fn an_urgent_line_stands_before_one_that_waits_longer() {
    let job = Job::new(PowerCut::never()).await;
    let mut handed_in = Vec::new();
    for speed in ["none", "half_day"] {
        let id = job.buy_at(speed).await;
        job.pay(&id).await;
        job.until(&id, LineStage::AwaitMaterials).await;
        job.hand_in(&id).await;
        job.until(&id, LineStage::AwaitReview).await;
        job.world.clock.advance(SignedDuration::from_mins(5));
        handed_in.push(id);
    }
    let reviewer = job
        .world
        .as_staff(&job.apis.review, 1, &[Role::Reviewer])
        .await;
    let queue: QueueView = reviewer.get("/api/console/reviews").await.json();
    let rows: Vec<_> = queue.lines.iter().map(|row| row.order.clone()).collect();
    handed_in.reverse();
    assert_eq!(rows, handed_in);
    assert!(queue.lines[0].due_at < queue.lines[1].due_at);
}

async fn cut_everywhere(moment: Moment, length: Length) {
    let (before, _) = Box::pin(approved(PowerCut::never(), "half_day")).await;
    let first = before.world.power.writes() + 1;
    let mut struck = Vec::new();
    for number in first.. {
        let (job, id) = Box::pin(approved(PowerCut::at(number, moment, length), "half_day")).await;
        come(&job, due(&job, &id).await);
        job.reconcile().await;
        until_back(&job, &id).await;
        let place = job.world.power.struck();
        Box::pin(kept_after_all(&job, &id)).await;
        match place {
            Some(place) => struck.push(place),
            None => break,
        }
    }
    for what in ["orders.commit", "states.start", "alipay.refund"] {
        assert!(
            struck.iter().any(|place| place.contains(what)),
            "{what} was never hit: {struck:?}"
        );
    }
}

#[tokio::test]
async fn an_outage_at_any_write_gives_a_surcharge_back_once() {
    for moment in [Moment::Before, Moment::After] {
        Box::pin(cut_everywhere(moment, Length::Outage)).await;
    }
}

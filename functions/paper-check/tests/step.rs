//! The step of the machine `line` that looks at papers.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::{Orders as _, Papers as _};
use contract::error::ErrorCode;
use contract::step::LineStep;
use domain::ids::LineNo;
use domain::order::{LineStage, Order};
use domain::paper::{PaperKind, RefusalReason};
use paper_check::{Ports, run};
use testkit::orders::{self, Journey, Point, key_with_seal};
use testkit::power::{Length, Moment, PowerCut};
use testkit::world::World;

fn ports(world: &World) -> Ports {
    Ports {
        orders: world.store.clone(),
        papers: world.store.clone(),
        objects: world.objects.clone(),
        policies: world.policies.clone(),
        clock: world.clock.clone(),
    }
}

/// An order whose papers were just handed in; nobody has looked at them.
async fn handed_in(world: &World) -> Journey {
    let now = adapters::ports::Clock::now(&*world.clock);
    let mut journey = orders::bring(
        1,
        orders::draft(1, 1, &[(key_with_seal(), 1)], now),
        Point::HandedIn,
        now,
    );
    for paper in &mut journey.papers {
        paper.previews.clear();
    }
    journey.write(&world.store, &world.objects).await.unwrap();
    journey
}

fn step(order: &Order, run: u32) -> LineStep {
    LineStep {
        order: order.id.clone(),
        line: LineNo(1),
        run,
    }
}

async fn load(world: &World, order: &Order) -> Order {
    world.store.load(&order.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn good_papers_go_to_the_reviewers_with_images_made_by_us() {
    let world = World::new().await;
    let journey = handed_in(&world).await;
    let done = run(&ports(&world), step(&journey.order, 1)).await.unwrap();
    assert_eq!(done.stage, LineStage::AwaitReview);
    for paper in world
        .store
        .papers(&journey.order.id, LineNo(1))
        .await
        .unwrap()
    {
        assert_eq!(paper.previews.len(), 1);
        assert!(world.objects.keys().contains(&paper.previews[0]));
    }
    // Twice is once.
    let before = load(&world, &journey.order).await;
    let again = run(&ports(&world), step(&journey.order, 1)).await.unwrap();
    assert_eq!(
        (again.stage, load(&world, &journey.order).await),
        (LineStage::AwaitReview, before)
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_goes_back_with_the_reason() {
    let world = World::new().await;
    let journey = handed_in(&world).await;
    world
        .objects
        .put(&journey.papers[1].object_key(), b"<html>".to_vec());
    let done = run(&ports(&world), step(&journey.order, 1)).await.unwrap();
    assert_eq!(done.stage, LineStage::AwaitMaterials);
    let line = load(&world, &journey.order).await.lines[0].clone();
    assert_eq!(line.refusals.len(), 1);
    assert_eq!(
        (line.refusals[0].kind, line.refusals[0].reason),
        (PaperKind::AuthorisationLetter, RefusalReason::BadFile)
    );
    assert!(
        line.refusals[0]
            .note
            .starts_with(&journey.papers[1].file_name),
        "{}",
        line.refusals[0].note
    );
    assert_eq!(line.round, 2);
}

#[tokio::test]
async fn a_step_of_an_old_run_or_another_stage_ends_without_effect() {
    let world = World::new().await;
    let journey = handed_in(&world).await;
    let before = load(&world, &journey.order).await;
    let done = run(&ports(&world), step(&journey.order, 2)).await.unwrap();
    assert_eq!(done.stage, LineStage::CheckPapers);
    assert_eq!(load(&world, &journey.order).await, before);
    let unknown = LineStep {
        order: "201910230935190042".parse().unwrap(),
        line: LineNo(1),
        run: 1,
    };
    assert_eq!(
        run(&ports(&world), unknown).await.unwrap_err().code,
        ErrorCode::Internal
    );
}

#[tokio::test]
async fn a_power_cut_at_any_write_is_made_good_by_the_next_try() {
    let quiet = World::new().await;
    let _ = handed_in(&quiet).await;
    let first = quiet.power.writes() + 1;
    for moment in [Moment::Before, Moment::After] {
        for number in first.. {
            let world = World::with_power(PowerCut::at(number, moment, Length::Outage)).await;
            let journey = handed_in(&world).await;
            let cut = run(&ports(&world), step(&journey.order, 1)).await;
            if world.power.struck().is_none() {
                assert_eq!(number, first + 7, "three images, three notes, one verdict");
                break;
            }
            assert_eq!(
                cut.unwrap_err().code,
                ErrorCode::Unavailable,
                "the machine tries again"
            );
            world.power.restore();
            let done = run(&ports(&world), step(&journey.order, 1)).await.unwrap();
            assert_eq!(done.stage, LineStage::AwaitReview);
            let history = world.store.history(&journey.order.id).await.unwrap();
            assert_eq!(
                history
                    .iter()
                    .filter(|record| record.event == "papers_checked")
                    .count(),
                1
            );
        }
    }
}

//! The step of the machine `line` that looks at papers.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::{Objects as _, Orders as _, Papers as _};
use contract::error::ErrorCode;
use contract::stamps::{Measured, StampInk, StampProblem, StampRecord, StampShape, record_key};
use contract::step::LineStep;
use domain::ids::LineNo;
use domain::order::{LineStage, Order};
use domain::paper::{PaperKind, RefusalReason};
use paper_check::{Ports, run};
use sha2::Digest as _;
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

/// A page of 200 dpi with the sheet's marks and a red frame of 20 × 25 mm, drawn by pixels.
fn sheet_with_a_chop() -> Vec<u8> {
    let points = |tenths: u32| tenths * 200 / 254;
    let (width, height) = (points(2100), points(2970));
    let within = |value: u32, from: u32, to: u32| (points(from)..points(to)).contains(&value);
    let page = image::RgbImage::from_fn(width, height, |x, y| {
        let mark = |v: u32, side: u32| within(v, 100, 160) || within(v, side - 160, side - 100);
        let chop = within(x, 900, 1100) && within(y, 1300, 1550);
        let hole = within(x, 915, 1085) && within(y, 1315, 1535);
        if mark(x, 2100) && mark(y, 2970) {
            image::Rgb([20, 20, 20])
        } else if chop && !hole {
            image::Rgb([200, 30, 35])
        } else {
            image::Rgb([250, 250, 248])
        }
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    page.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A page with a code of five points a module.
fn sheet_with_code(text: &str) -> Vec<u8> {
    let code = qrcode::QrCode::new(text).unwrap();
    let (side, colours) = (code.width(), code.to_colors());
    let module = |at: u32| -> Option<usize> {
        let module = usize::try_from(at.checked_sub(800)? / 5).ok()?;
        (module < side).then_some(module)
    };
    let page = image::RgbImage::from_fn(1200, 1700, |x, y| {
        let here = module(x).zip(module(y.saturating_add(600)));
        let dark = here.is_some_and(|(x, y)| colours[y * side + x] == qrcode::Color::Dark);
        image::Rgb(if dark { [20; 3] } else { [250; 3] })
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    page.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// covers: R19
#[tokio::test]
async fn a_seal_sheet_that_was_printed_for_another_order_goes_back() {
    for (says, another) in [
        (None, false),
        (Some("sealkey:seal_sheet:202611230000000001:1"), true),
        (Some("https://example.com/whatever"), false),
    ] {
        let world = World::new().await;
        let journey = handed_in(&world).await;
        let own = format!("sealkey:seal_sheet:{}:1", journey.order.id);
        let sheet = journey
            .papers
            .iter()
            .find(|paper| paper.kind == PaperKind::SealSheet)
            .unwrap();
        let scan = sheet_with_code(says.unwrap_or(&own));
        world.objects.put(&sheet.object_key(), scan);
        let done = run(&ports(&world), step(&journey.order, 1)).await.unwrap();
        let line = load(&world, &journey.order).await.lines[0].clone();
        if another {
            assert_eq!(done.stage, LineStage::AwaitMaterials);
            assert_eq!(line.refusals.len(), 1);
            assert_eq!(line.refusals[0].kind, PaperKind::SealSheet);
            assert!(line.refusals[0].note.contains("为其他订单打印"));
        } else {
            assert_eq!(done.stage, LineStage::AwaitReview, "{says:?}");
        }
    }
}

async fn record(world: &World, journey: &Journey) -> StampRecord {
    let sheet = journey
        .papers
        .iter()
        .find(|paper| paper.kind == PaperKind::SealSheet)
        .unwrap();
    let key = record_key(&sheet.order, sheet.line, &sheet.id);
    let bytes = world.objects.read(&key, 100_000).await.unwrap().unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn the_stamps_of_a_seal_sheet_are_cut_for_the_reviewer() {
    let world = World::new().await;
    let journey = handed_in(&world).await;
    for paper in &journey.papers {
        world.objects.put(&paper.object_key(), sheet_with_a_chop());
    }
    run(&ports(&world), step(&journey.order, 1)).await.unwrap();
    let found = record(&world, &journey).await;
    assert_eq!((found.findings.len(), found.stamps.len()), (0, 1));
    assert_eq!(found.pages[0].measured, Measured::ByMarks);
    let stamp = &found.stamps[0];
    assert_eq!(
        (stamp.shape, stamp.ink),
        (StampShape::Square, StampInk::Red)
    );
    assert!(stamp.size.width.abs_diff(200) <= 5 && stamp.size.height.abs_diff(250) <= 5);
    let picture = world
        .objects
        .read(&stamp.picture, 100_000)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(hex::encode(sha2::Sha256::digest(&picture)), stamp.sha256);
    assert!(
        world
            .objects
            .read(&stamp.original, 1_000_000)
            .await
            .unwrap()
            .is_some()
    );
    // Only the seal sheet is cut, and only beside its images.
    let cut: Vec<String> = world
        .objects
        .keys()
        .into_iter()
        .filter(|key| key.contains("stamp"))
        .collect();
    assert_eq!(cut.len(), 3, "{cut:?}");
}

#[tokio::test]
async fn a_sheet_without_a_stamp_goes_to_the_reviewer_who_is_told() {
    let world = World::new().await;
    let journey = handed_in(&world).await;
    let done = run(&ports(&world), step(&journey.order, 1)).await.unwrap();
    assert_eq!(done.stage, LineStage::AwaitReview, "no refusal by machine");
    let found = record(&world, &journey).await;
    assert!(found.stamps.is_empty());
    let named = |problem| {
        found
            .findings
            .iter()
            .any(|finding| finding.problem == problem)
    };
    assert!(named(StampProblem::NoStamp) && named(StampProblem::Coarse));
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
                assert_eq!(
                    number,
                    first + 8,
                    "three images, three notes, one record of stamps, one verdict"
                );
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

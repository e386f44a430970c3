//! The reviewer's desk, as the console sees it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::{Clock as _, Objects as _, Orders as _, Registry};
use axum::Router;
use contract::console::{QueueView, ReviewView};
use contract::error::{ErrorCode, FieldCode};
use contract::stamps::{
    CutStamp, Measured, ReviewSeals, SheetPage, StampFinding, StampInk, StampPlace, StampProblem,
    StampRecord, StampShape, StampSize, record_key,
};
use domain::actor::Role;
use domain::ids::{LineNo, UnitNo};
use domain::order::{LineState, Order};
use domain::paper::PaperKind;
use domain::seal::ApprovedSeals;
use jiff::SignedDuration;
use review::{Ports, api};
use serde_json::{Value, json};
use testkit::orders::{self, Point, key_with_seal, plain_key};
use testkit::web::Client;
use testkit::world::World;

fn router(world: &World) -> Router {
    let ports = Ports {
        orders: world.store.clone(),
        lists: world.store.clone(),
        papers: world.store.clone(),
        objects: world.objects.clone(),
        registry: world.store.clone(),
        policies: world.policies.clone(),
        clock: world.clock.clone(),
    };
    api(world.gate(), ports).unwrap()
}

/// Two reviewers and an order at a point.
async fn desk(point: Point) -> (World, Client, Client, Order) {
    let world = World::new().await;
    let router = router(&world);
    let one = world.as_staff(&router, 11, &[Role::Reviewer]).await;
    let two = world
        .as_staff(&router, 12, &[Role::Reviewer, Role::Maker])
        .await;
    let order = world.order(1, &[(key_with_seal(), 1)], point).await;
    (world, one, two, order)
}

fn path(order: &Order, what: &str) -> String {
    format!("/api/console/reviews/{}/1{what}", order.id)
}

async fn load(world: &World, order: &Order) -> Order {
    world.store.load(&order.id).await.unwrap().unwrap()
}

fn reject(kind: &str, reason: &str, note: &str) -> Value {
    json!({"refusals": [{"kind": kind, "reason": reason, "note": note}]})
}

#[tokio::test]
async fn the_queue_shows_what_waits_the_longest_first() {
    let (world, one, _, first) = desk(Point::Checked).await;
    world.clock.advance(SignedDuration::from_mins(1));
    let second = world.order(2, &[(plain_key(), 1)], Point::Checked).await;
    world.clock.advance(SignedDuration::from_mins(1));
    for point in [Point::Paid, Point::HandedIn, Point::Approved] {
        world.clock.advance(SignedDuration::from_secs(1));
        world.order(3, &[(plain_key(), 1)], point).await;
    }
    let queue: QueueView = one.get("/api/console/reviews").await.json();
    assert_eq!(
        queue
            .lines
            .iter()
            .map(|row| row.order.clone())
            .collect::<Vec<_>>(),
        [first.id, second.id]
    );
    assert!(queue.cursor.is_none());
    assert!(!queue.lines[0].claimed);
}

#[tokio::test]
async fn a_reviewer_sees_images_made_by_us_and_never_the_upload() {
    let (_world, one, _, order) = desk(Point::Checked).await;
    let view: ReviewView = one.get(&path(&order, "")).await.json();
    assert_eq!(view.papers.len(), 3);
    assert_eq!(view.subject.company_name, "南京第1示例科技有限公司");
    for paper in &view.papers {
        assert_eq!(paper.pages.len(), 1);
        assert!(paper.pages[0].contains("/images/"), "{}", paper.pages[0]);
    }
    assert!(view.basic.is_some());
}

#[tokio::test]
async fn a_line_is_the_companys_until_its_papers_are_handed_in() {
    for point in [Point::Draft, Point::Submitted, Point::Paid] {
        let (_world, one, _, order) = desk(point).await;
        one.get(&path(&order, ""))
            .await
            .refused(ErrorCode::NotFound);
        one.post(&path(&order, "/claim"))
            .await
            .refused(ErrorCode::NotInThisState);
        one.get(&format!("/api/console/reviews/{}/9", order.id))
            .await
            .refused(ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn of_two_reviewers_one_has_the_line() {
    let (world, one, two, order) = desk(Point::Checked).await;
    cut(&world, &order, vec![stamp(1)]).await;
    let mine: ReviewView = one.post(&path(&order, "/claim")).await.json();
    assert!(mine.row.claimed && mine.row.mine);
    two.post(&path(&order, "/claim"))
        .await
        .refused(ErrorCode::ClaimedByOther);
    let theirs: ReviewView = two.get(&path(&order, "")).await.json();
    assert!(theirs.row.claimed && !theirs.row.mine);
    one.post(&path(&order, "/claim")).await.json::<ReviewView>();
    two.post(&path(&order, "/approve"))
        .await
        .refused(ErrorCode::ClaimedByOther);
    two.post_json(
        &path(&order, "/reject"),
        &reject("business_licence", "expired", ""),
    )
    .await
    .refused(ErrorCode::ClaimedByOther);
    two.post(&path(&order, "/release"))
        .await
        .refused(ErrorCode::ClaimedByOther);
    one.post(&path(&order, "/release")).await.done();
    one.post(&path(&order, "/release")).await.done();
    two.post(&path(&order, "/claim")).await.json::<ReviewView>();
    let body = json!({"seals": [choice(1, 1, 420)]});
    two.post_json(&path(&order, "/approve"), &body).await.done();
}

#[tokio::test]
async fn nobody_decides_on_what_they_have_not_taken() {
    let (_world, one, _, order) = desk(Point::Checked).await;
    one.post(&path(&order, "/approve"))
        .await
        .refused(ErrorCode::NotInThisState);
    one.post_json(
        &path(&order, "/reject"),
        &reject("business_licence", "expired", ""),
    )
    .await
    .refused(ErrorCode::NotInThisState);
}

#[tokio::test]
async fn approving_twice_is_approving_once() {
    let (world, one, two, order) = desk(Point::Checked).await;
    cut(&world, &order, vec![stamp(1)]).await;
    let body = json!({"seals": [choice(1, 1, 420)]});
    one.post(&path(&order, "/claim")).await.json::<ReviewView>();
    one.post_json(&path(&order, "/approve"), &body).await.done();
    let after = load(&world, &order).await;
    assert_eq!(after.lines[0].state, LineState::InProduction);
    one.post_json(&path(&order, "/approve"), &body).await.done();
    assert_eq!(load(&world, &order).await, after);
    two.post(&path(&order, "/approve"))
        .await
        .refused(ErrorCode::NotInThisState);
    one.post_json(
        &path(&order, "/reject"),
        &reject("business_licence", "expired", ""),
    )
    .await
    .refused(ErrorCode::NotInThisState);
    let queue: QueueView = one.get("/api/console/reviews").await.json();
    assert!(queue.lines.is_empty());
}

/// An upgrade before the reviewer, its time left read from a key that was locked or not.
async fn upgrade(without_pin: bool) -> (World, Client, Order) {
    let (world, one, _, _) = desk(Point::Checked).await;
    let now = world.clock.now();
    let mut lines = orders::upgrade_lines(now);
    if let Some(credit) = &mut lines[0].price.credit {
        credit.without_pin = without_pin;
    }
    world.company(2).await;
    let journey = orders::bring(2, orders::draft_of(2, 9, lines, now), Point::Checked, now);
    journey.write(&world.store, &world.objects).await.unwrap();
    one.post(&path(&journey.order, "/claim"))
        .await
        .json::<ReviewView>();
    (world, one, journey.order)
}

/// R36, R42: what a locked key could not prove somebody looks at before it counts.
#[tokio::test]
async fn time_read_from_a_locked_key_is_confirmed_before_the_approval() {
    let (world, one, order) = upgrade(true).await;
    let view: ReviewView = one.get(&path(&order, "")).await.json();
    let credit = view.credit.unwrap();
    assert_eq!(
        Some(&credit.serial),
        order.lines[0].key.as_ref().map(|key| &key.serial)
    );
    assert!(credit.credit.without_pin);
    let approve = path(&order, "/approve");
    for body in [json!({}), json!({"credit_confirmed": false})] {
        let refused = one.post_json(&approve, &body).await;
        refused.wrong_fields(&["credit_confirmed"]);
    }
    one.post(&approve).await.wrong_fields(&["credit_confirmed"]);
    assert_eq!(
        load(&world, &order).await.lines[0].state,
        order.lines[0].state
    );
    let confirmed = json!({"credit_confirmed": true});
    for _ in 0..2 {
        one.post_json(&approve, &confirmed).await.done();
    }
    assert_eq!(
        load(&world, &order).await.lines[0].state,
        LineState::InProduction
    );
    // Proved by the key itself, there is nothing to confirm.
    let (_, one, order) = upgrade(false).await;
    one.post(&path(&order, "/approve")).await.done();
}

#[tokio::test]
async fn a_rejection_says_what_and_why() {
    let (world, one, _, order) = desk(Point::Checked).await;
    one.post(&path(&order, "/claim")).await.json::<ReviewView>();
    let to = path(&order, "/reject");
    one.post_json(&to, &json!({"refusals": []}))
        .await
        .wrong_fields(&["refusals"]);
    let problem = one
        .post_json(&to, &reject("business_licence", "other", " "))
        .await
        .wrong_fields(&["refusals.0.note"]);
    assert_eq!(problem.errors[0].code, FieldCode::Required);
    one.post_json(
        &to,
        &reject("business_licence", "expired", &"长".repeat(501)),
    )
    .await
    .wrong_fields(&["refusals.0.note"]);
    let twice = json!({"refusals": [
        {"kind": "seal_sheet", "reason": "unreadable"}, {"kind": "seal_sheet", "reason": "missing_stamp"},
    ]});
    one.post_json(&to, &twice)
        .await
        .wrong_fields(&["refusals.1.kind"]);
    one.post_json(
        &to,
        &json!({"refusals": [{"kind": "passport", "reason": "expired"}]}),
    )
    .await
    .refused(ErrorCode::MalformedRequest);
    one.post_json(&to, &json!({"refusals": [{"kind": "seal_sheet"}]}))
        .await
        .refused(ErrorCode::MalformedRequest);

    let body = reject("business_licence", "other", " 请盖公章 ");
    one.post_json(&to, &body).await.done();
    let after = load(&world, &order).await;
    assert_eq!(after.lines[0].state, LineState::ChangesRequested);
    assert_eq!(after.lines[0].refusals[0].note, "请盖公章");
    assert!(after.lines[0].claim.is_none());
    one.post_json(&to, &body).await.done();
    assert_eq!(
        load(&world, &order).await,
        after,
        "an answer that was lost and a call that was repeated"
    );
    let view: ReviewView = one.get(&path(&order, "")).await.json();
    let last = view.history.last().unwrap();
    assert_eq!(
        (last.event.as_str(), last.by.as_str(), last.refusals.len()),
        ("rejected", "staff", 1)
    );
}

/// A plain key asks for no seal sheet, so none can be sent back.
#[tokio::test]
async fn what_was_not_asked_for_is_not_refused() {
    let (world, one, _, _) = desk(Point::Checked).await;
    world.clock.advance(SignedDuration::from_secs(1));
    let plain = world.order(1, &[(plain_key(), 1)], Point::Checked).await;
    one.post(&path(&plain, "/claim")).await.json::<ReviewView>();
    one.post_json(
        &path(&plain, "/reject"),
        &reject("seal_sheet", "expired", ""),
    )
    .await
    .refused(ErrorCode::InvalidFields);
}

/// Both click at once: one of them has it, the other is told.
#[tokio::test]
async fn of_two_reviewers_who_click_at_once_one_has_the_line() {
    let (_world, one, two, order) = desk(Point::Checked).await;
    let to = path(&order, "/claim");
    let (first, second) = tokio::join!(one.post(&to), two.post(&to));
    let (winner, loser) = if first.status.is_success() {
        (first, second)
    } else {
        (second, first)
    };
    assert!(winner.json::<ReviewView>().row.mine);
    loser.refused(ErrorCode::ClaimedByOther);
}

/// A stamp that was cut.
fn stamp(no: u8) -> CutStamp {
    CutStamp {
        no,
        page: 1,
        shape: StampShape::Round,
        ink: StampInk::Red,
        size: StampSize {
            width: 420,
            height: 421,
        },
        place: StampPlace {
            left: 600,
            top: 1000,
            width: 420,
            height: 421,
        },
        picture: format!("images/test/stamp-{no}.png"),
        sha256: format!("{no:02}").repeat(32),
        original: format!("images/test/stamp-{no}-original.jpg"),
    }
}

/// What `paper-check` leaves of the seal sheet of an order.
async fn cut(world: &World, order: &Order, stamps: Vec<CutStamp>) {
    let papers = &order.lines[0].papers;
    let sheet = papers
        .iter()
        .find(|paper| paper.kind == PaperKind::SealSheet)
        .unwrap();
    let record = StampRecord {
        paper: sheet.id.clone(),
        pages: vec![SheetPage {
            page: 1,
            measured: Measured::ByMarks,
        }],
        stamps,
        findings: vec![StampFinding {
            problem: StampProblem::NotAStamp,
            page: 1,
            stamp: None,
        }],
    };
    let key = record_key(&order.id, LineNo(1), &sheet.id);
    let bytes = serde_json::to_vec(&record).unwrap();
    world
        .objects
        .write(&key, "application/json", bytes)
        .await
        .unwrap();
}

/// A line of two keys with e-seals, in the hands of the first reviewer.
async fn two_keys() -> (World, Client, Order) {
    let (world, one, _, _) = desk(Point::Checked).await;
    let order = world
        .order(2, &[(key_with_seal(), 2)], Point::Checked)
        .await;
    one.post(&path(&order, "/claim")).await.json::<ReviewView>();
    (world, one, order)
}

async fn approved(world: &World, order: &Order) -> Option<ApprovedSeals> {
    let registry: &dyn Registry = &*world.store;
    registry
        .load(&adapters::registry::approved_seals(&order.id, LineNo(1)))
        .await
        .unwrap()
}

fn choice(unit: u8, stamp: u8, width: u16) -> Value {
    json!({"unit": unit, "sha256": format!("{stamp:02}").repeat(32), "size": {"width": width, "height": 421}})
}

#[tokio::test]
async fn a_reviewer_sees_the_stamps_beside_their_originals_with_what_to_look_at() {
    let (world, one, order) = two_keys().await;
    let seals = |view: ReviewView| -> ReviewSeals { view.seals.unwrap() };
    let before = seals(one.get(&path(&order, "")).await.json());
    assert_eq!((before.wanted, before.stamps.len()), (2, 0), "not cut yet");
    cut(&world, &order, vec![stamp(1), stamp(2)]).await;
    let after = seals(one.get(&path(&order, "")).await.json());
    assert_eq!((after.stamps.len(), after.findings.len()), (2, 1));
    assert_eq!(after.stamps[0].measured, Measured::ByMarks);
    assert!(after.stamps[0].picture.contains("/images/test/stamp-1.png"));
    assert!(after.stamps[0].original.contains("original.jpg"));
    // A plain key has no seals to look at.
    let plain = world.order(3, &[(plain_key(), 1)], Point::Checked).await;
    let view: ReviewView = one.get(&path(&plain, "")).await.json();
    assert!(view.seals.is_none());
}

#[tokio::test]
async fn what_is_chosen_is_written_with_the_approval_and_once() {
    let (world, one, order) = two_keys().await;
    cut(&world, &order, vec![stamp(1), stamp(2)]).await;
    let body = json!({"seals": [choice(1, 2, 423), choice(2, 2, 420)]});
    one.post_json(&path(&order, "/approve"), &body).await.done();
    let written = approved(&world, &order).await.unwrap();
    assert_eq!(written.seals.len(), 2);
    assert_eq!(written.seals[0].unit, UnitNo(1));
    assert_eq!(written.seals[0].picture, stamp(2).picture);
    assert_eq!(
        (written.seals[0].size.width, written.seals[0].measured.width),
        (423, 420)
    );
    // The answer was lost, and somebody changed their mind: it is approved already.
    let other = json!({"seals": [choice(1, 1, 420), choice(2, 1, 420)]});
    one.post_json(&path(&order, "/approve"), &other)
        .await
        .done();
    assert_eq!(approved(&world, &order).await.unwrap(), written);
    let view: ReviewView = one.get(&path(&order, "")).await.json();
    assert_eq!(view.seals.unwrap().chosen.len(), 2);
}

#[tokio::test]
async fn every_key_with_an_e_seal_needs_a_stamp_that_was_cut() {
    let (world, one, order) = two_keys().await;
    // None was found on the sheet: it can only be sent back.
    let to = path(&order, "/approve");
    one.post(&to).await.wrong_fields(&["seals", "seals"]);
    one.post_json(
        &to,
        &json!({"seals": [choice(1, 1, 420), choice(2, 1, 420)]}),
    )
    .await
    .wrong_fields(&["seals.0.sha256", "seals.1.sha256"]);
    cut(&world, &order, vec![stamp(1)]).await;
    one.post(&to).await.wrong_fields(&["seals", "seals"]);
    for (seals, wrong) in [
        (json!([choice(1, 1, 420)]), vec!["seals"]),
        (
            json!([choice(1, 1, 420), choice(1, 1, 420)]),
            vec!["seals", "seals.1.unit"],
        ),
        (
            json!([choice(1, 1, 420), choice(2, 1, 420), choice(3, 1, 420)]),
            vec!["seals.2.unit"],
        ),
        (
            json!([choice(1, 1, 420), choice(2, 9, 420)]),
            vec!["seals.1.sha256"],
        ),
        (
            json!([choice(1, 1, 49), choice(2, 1, 801)]),
            vec!["seals.0.size", "seals.1.size"],
        ),
    ] {
        one.post_json(&to, &json!({"seals": seals}))
            .await
            .wrong_fields(&wrong);
    }
    one.post_json(&to, &json!({"seals": [{"unit": 1}]}))
        .await
        .refused(ErrorCode::MalformedRequest);
    assert_eq!(
        load(&world, &order).await.lines[0].state,
        LineState::UnderReview
    );
    assert!(approved(&world, &order).await.is_none());
}

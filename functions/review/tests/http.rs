//! The reviewer's desk, as the console sees it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::Orders as _;
use axum::Router;
use contract::console::{QueueView, ReviewView};
use contract::error::{ErrorCode, FieldCode};
use domain::actor::Role;
use domain::order::{LineState, Order};
use jiff::SignedDuration;
use review::{Ports, api};
use serde_json::{Value, json};
use testkit::orders::{Point, key_with_seal, plain_key};
use testkit::web::Client;
use testkit::world::World;

fn router(world: &World) -> Router {
    let ports = Ports {
        orders: world.store.clone(),
        lists: world.store.clone(),
        papers: world.store.clone(),
        objects: world.objects.clone(),
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
    let (_world, one, two, order) = desk(Point::Checked).await;
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
    two.post(&path(&order, "/approve")).await.done();
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
    one.post(&path(&order, "/claim")).await.json::<ReviewView>();
    one.post(&path(&order, "/approve")).await.done();
    let after = load(&world, &order).await;
    assert_eq!(after.lines[0].state, LineState::InProduction);
    one.post(&path(&order, "/approve")).await.done();
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

//! Announcing files, as a page sees it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::{Clock as _, Papers as _};
use axum::Router;
use contract::error::ErrorCode;
use contract::upload::PaperUploadView;
use domain::ids::LineNo;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders::{self, Point, key_with_seal, plain_key};
use testkit::world::World;
use upload_presign::{Ports, api};

fn router(world: &World) -> Router {
    let ports = Ports {
        orders: world.store.clone(),
        papers: world.store.clone(),
        objects: world.objects.clone(),
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    api(world.gate(), ports).unwrap()
}

fn file() -> Value {
    json!({
        "kind": "business_licence",
        "file_name": "营业执照.png",
        "format": "image/png",
        "length": orders::png().len(),
        "sha256": "ab".repeat(32),
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut body = file();
    body[name] = value;
    body
}

#[tokio::test]
async fn a_file_is_announced_and_put_once_as_announced() {
    let world = World::new().await;
    let client = world.as_company(&router(&world), 1).await;
    let order = world.order(1, &[(key_with_seal(), 1)], Point::Paid).await;
    let path = format!("/api/orders/{}/lines/1/papers", order.id);
    let answer = client.post_json(&path, &file()).await;
    assert_eq!(answer.status, 201);
    let view: PaperUploadView = answer.json();
    assert_eq!(view.headers["content-type"], "image/png");
    assert_eq!(view.headers["if-none-match"], "*");
    assert_eq!(
        view.expires_at,
        world.clock.now() + SignedDuration::from_mins(15)
    );
    let known = world.store.papers(&order.id, LineNo(1)).await.unwrap();
    assert_eq!(
        (known[0].id.clone(), known[0].file_name.as_str()),
        (view.paper, "营业执照.png")
    );

    let now = world.clock.now();
    assert!(
        !world
            .objects
            .upload(&view.url, "image/png", vec![0; 7], now),
        "another length"
    );
    assert!(
        !world
            .objects
            .upload(&view.url, "text/html", orders::png(), now),
        "another type"
    );
    assert!(
        world
            .objects
            .upload(&view.url, "image/png", orders::png(), now)
    );
    assert!(
        !world
            .objects
            .upload(&view.url, "image/png", orders::png(), now),
        "over what is there"
    );
}

/// covers: R16
#[tokio::test]
async fn papers_are_uploaded_only_where_a_paid_line_asks_for_them() {
    let world = World::new().await;
    let client = world.as_company(&router(&world), 1).await;
    for point in Point::ALL {
        world.clock.advance(SignedDuration::from_secs(1));
        let order = world.order(1, &[(key_with_seal(), 1)], point).await;
        let answer = client
            .post_json(&format!("/api/orders/{}/lines/1/papers", order.id), &file())
            .await;
        if point == Point::Paid {
            answer.json::<PaperUploadView>();
        } else {
            answer.refused(ErrorCode::NotInThisState);
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_named() {
    let world = World::new().await;
    let client = world.as_company(&router(&world), 1).await;
    let order = world.order(1, &[(plain_key(), 1)], Point::Paid).await;
    let path = format!("/api/orders/{}/lines/1/papers", order.id);
    for (body, field) in [
        (with("kind", json!("seal_sheet")), "kind"),
        (with("file_name", json!("")), "file_name"),
        (with("file_name", json!("a\nb.png")), "file_name"),
        (with("length", json!(0)), "length"),
        (with("length", json!(20 * 1024 * 1024 + 1)), "length"),
        (with("sha256", json!("ab".repeat(31))), "sha256"),
        (with("sha256", json!("zz".repeat(32))), "sha256"),
    ] {
        client.post_json(&path, &body).await.wrong_fields(&[field]);
    }
    client
        .post_json(&path, &with("format", json!("image/gif")))
        .await
        .refused(ErrorCode::MalformedRequest);
    client
        .post_json(&path, &with("length", json!(20 * 1024 * 1024)))
        .await
        .json::<PaperUploadView>();
    let nowhere = format!("/api/orders/{}/lines/2/papers", order.id);
    client
        .post_json(&nowhere, &file())
        .await
        .refused(ErrorCode::NotFound);
    assert_eq!(
        world
            .store
            .papers(&order.id, LineNo(1))
            .await
            .unwrap()
            .len(),
        1
    );
}

//! The catalogue, as a page sees it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use catalog::{Ports, api};
use contract::catalog::CatalogView;
use contract::error::ErrorCode;
use testkit::web::Client;
use testkit::world::World;

fn client(world: &World) -> Client {
    let ports = Ports {
        products: world.store.clone(),
        policies: world.policies.clone(),
    };
    Client::new(api(world.gate(), ports).unwrap())
}

#[tokio::test]
async fn a_storefront_shows_what_it_sells_and_how() {
    let world = World::new().await;
    world.stock().await;
    let view: CatalogView = client(&world).get("/api/catalog/mall").await.json();
    let names: Vec<&str> = view
        .products
        .iter()
        .map(|product| product.sku.as_str())
        .collect();
    assert_eq!(names, ["key-with-seal", "key"]);
    assert_eq!(view.products[0].price.to_string(), "360.00");
    assert_eq!((view.max_lines, view.max_keys_per_line), (20, 50));
    assert!(view.invoice_by_default);
}

#[tokio::test]
async fn a_storefront_that_is_none_is_not_there() {
    let world = World::new().await;
    client(&world)
        .get("/api/catalog/nowhere")
        .await
        .refused(ErrorCode::NotFound);
}

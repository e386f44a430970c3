//! The company says that it has its keys (R64).

use contract::error::ErrorCode;
use contract::order::OrderView;
use domain::order::DisplayState;
use testkit::orders::{self, Point, key_with_seal};

use crate::{router, shop};

/// covers: R64
#[tokio::test]
async fn who_has_the_keys_says_so_and_the_order_is_done() {
    let (world, client) = shop().await;
    let keys = [(orders::counter_key(), 2)];
    let order = world.order(1, &keys, Point::Shipped).await;
    let path = format!("/api/orders/{}/lines/1/receipt", order.id);
    // Nobody else's business.
    let stranger = world.as_company(&router(&world), 2).await;
    stranger.post(&path).await.refused(ErrorCode::NotFound);
    let view: OrderView = client.post(&path).await.json();
    assert_eq!(view.display, DisplayState::Completed);
    let again: OrderView = client.post(&path).await.json();
    assert_eq!((again.display, again.version), (view.display, view.version));
    client
        .post(&format!("/api/orders/{}/lines/9/receipt", order.id))
        .await
        .refused(ErrorCode::NotFound);
}

#[tokio::test]
async fn what_is_not_handed_over_is_received_by_nobody() {
    let (world, client) = shop().await;
    for (product, point) in [
        (orders::counter_key(), Point::Booked),
        // Where the hand-over itself is the end.
        (key_with_seal(), Point::Shipped),
    ] {
        let order = world.order(1, &[(product, 1)], point).await;
        let path = format!("/api/orders/{}/lines/1/receipt", order.id);
        client.post(&path).await.refused(ErrorCode::NotInThisState);
    }
}

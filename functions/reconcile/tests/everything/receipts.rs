//! What was handed over and nobody confirmed: it counts as received after the days of its storefront (R64).

use adapters::ports::Clock as _;
use contract::order::OrderView;
use domain::order::{DisplayState, OrderState};
use jiff::SignedDuration;
use testkit::orders::{self, Point};
use testkit::power::PowerCut;
use testkit::web::Client;

use crate::job::Job;

/// covers: R64
#[tokio::test]
async fn keys_that_nobody_confirms_are_received_after_a_week_once() {
    let mut job = Job::new(PowerCut::never()).await;
    let keys = [(orders::counter_key(), 1)];
    let order = job.world.order(1, &keys, Point::Shipped).await;
    let waybill = orders::waybill(&order.id, order.lines[0].no);
    let now = job.world.clock.now();
    let courier = Client::new(job.apis.shipping.clone());
    let message = testkit::courier::message("e-1", &waybill, "delivered", now, now);
    let headers = [
        ("x-courier-timestamp", message.timestamp.as_str()),
        ("x-courier-signature", message.signature.as_str()),
    ];
    courier
        .post_raw("/api/webhooks/courier", &headers, message.body)
        .await
        .done();
    let company = job.company.at(&job.apis.order);
    let view: OrderView = company
        .get(&format!("/api/orders/{}", order.id))
        .await
        .json();
    assert_eq!(view.display, DisplayState::AwaitingReceipt);
    assert_eq!(
        view.lines[0].receive_by,
        Some(now + SignedDuration::from_hours(7 * 24))
    );
    job.settle().await;
    let asked = job.world.mail.sent();
    assert!(asked.iter().any(|mail| mail.subject.contains("请确认收货")));
    job.world
        .clock
        .advance(SignedDuration::from_hours(7 * 24) - SignedDuration::from_secs(1));
    assert_eq!(job.reconcile().await.received, 0);
    job.world.clock.advance(SignedDuration::from_secs(1));
    job.twins = true;
    job.reconcile().await;
    job.twins = false;
    assert_eq!(job.load(&order.id).await.state, OrderState::Completed);
    assert_eq!(job.reconcile().await.received, 0);
}

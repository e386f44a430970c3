//! The step of the machine `line` that books a parcel. Behind the real adapter stands a courier on loopback.

use adapters::ports::{Orders as _, Parcels as _};
use book_shipment::{Ports, run};
use contract::error::ErrorCode;
use contract::step::LineStep;
use domain::ids::LineNo;
use domain::order::{LineStage, Order};
use domain::parcel::ParcelStatus;
use testkit::orders::{Point, key_with_seal};
use testkit::power::{Length, Moment, PowerCut};
use testkit::world::World;

fn ports(world: &World) -> Ports {
    Ports {
        orders: world.store.clone(),
        secrets: world.secrets.clone(),
        policies: world.policies.clone(),
        clock: world.clock.clone(),
    }
}

fn step(order: &Order) -> LineStep {
    LineStep {
        order: order.id.clone(),
        line: LineNo(1),
        run: 1,
    }
}

#[tokio::test]
async fn a_parcel_is_booked_once_however_often_the_step_runs() {
    let world = World::new().await;
    let order = world.order(1, &[(key_with_seal(), 2)], Point::Made).await;
    for _ in 0..3 {
        let done = run(&ports(&world), step(&order)).await.unwrap();
        assert_eq!(done.stage, LineStage::AwaitCollection);
    }
    assert_eq!(world.courier.bookings(), 1);
    let stored = world.store.load(&order.id).await.unwrap().unwrap();
    let waybill = stored.lines[0].waybill.clone().unwrap();
    let parcel = world
        .store
        .parcel_by_waybill(&waybill)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (parcel.order, parcel.status),
        (order.id, ParcelStatus::Booked)
    );
}

#[tokio::test]
async fn a_courier_who_is_down_is_asked_again_by_the_machine() {
    let world = World::new().await;
    let order = world.order(1, &[(key_with_seal(), 1)], Point::Made).await;
    world.courier.set_down(true);
    let error = run(&ports(&world), step(&order)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::CourierUnavailable);
    assert!(error.code.is_retryable());
    world.courier.set_down(false);
    assert_eq!(
        run(&ports(&world), step(&order)).await.unwrap().stage,
        LineStage::AwaitCollection
    );
}

#[tokio::test]
async fn an_answer_that_is_lost_leads_to_the_same_waybill() {
    let quiet = World::new().await;
    quiet.order(1, &[(key_with_seal(), 1)], Point::Made).await;
    let first = quiet.power.writes() + 1;
    for moment in [Moment::Before, Moment::After] {
        for number in first..first + 2 {
            let world = World::with_power(PowerCut::at(number, moment, Length::Outage)).await;
            let order = world.order(1, &[(key_with_seal(), 1)], Point::Made).await;
            let error = run(&ports(&world), step(&order)).await.unwrap_err();
            assert!(
                error.code.is_retryable(),
                "{error:?} {:?}",
                world.power.struck()
            );
            world.power.restore();
            run(&ports(&world), step(&order)).await.unwrap();
            let waybills: Vec<String> = world.courier.waybills().into_values().collect();
            let stored = world.store.load(&order.id).await.unwrap().unwrap();
            assert_eq!(waybills, [stored.lines[0].waybill.clone().unwrap()]);
        }
    }
}

#[tokio::test]
async fn nothing_is_booked_before_every_key_is_made_or_by_an_old_run() {
    let world = World::new().await;
    let order = world
        .order(1, &[(key_with_seal(), 1)], Point::Certified)
        .await;
    assert_eq!(
        run(&ports(&world), step(&order)).await.unwrap().stage,
        LineStage::AwaitProduction
    );
    let old = LineStep {
        run: 7,
        ..step(&order)
    };
    run(&ports(&world), old).await.unwrap();
    assert_eq!(world.courier.bookings(), 0);
}

//! Power cuts of the cloud: a dead dispatch, lost executions, a restart in the middle, steps run twice.

use adapters::ports::Clock as _;
use anyhow::{Context as _, Result};
use domain::ids::OrderId;
use domain::order::{DisplayState, OrderState};
use edge::real::SystemClock;
use jiff::SignedDuration;
use serde_json::json;
use system_tests::books::age;
use system_tests::faults::{executions, executions_end, invoke, xtask};
use system_tests::job::{CompanyAt, StaffAt, courier, until};
use system_tests::stack::Stack;

/// From papers to delivery, whatever happened before.
async fn finish(stack: &Stack, company: &CompanyAt, order: &OrderId) -> Result<()> {
    company.hand_in(order).await?;
    StaffAt::login(stack, "reviewer")
        .await?
        .approve(order)
        .await?;
    make_and_deliver(stack, company, order).await
}

async fn make_and_deliver(stack: &Stack, company: &CompanyAt, order: &OrderId) -> Result<()> {
    StaffAt::login(stack, "maker").await?.make(order, 1).await?;
    StaffAt::login(stack, "shipper")
        .await?
        .hand_over(order)
        .await?;
    let shipped = company.until_shown(order, DisplayState::Shipped).await?;
    let waybill = shipped.lines[0]
        .parcel
        .clone()
        .context("no parcel")?
        .waybill;
    courier(stack, &waybill, "delivered").await?;
    company.until_shown(order, DisplayState::Completed).await?;
    Ok(())
}

/// The money is there before the execution that waits for it: dispatch is switched off while the order is
/// placed and paid, and told everything afterwards.
#[tokio::test]
async fn a_fact_that_comes_before_its_wait_is_found() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    xtask(&stack, &["stream-off"]).await?;
    let paid = company.paid_order(1).await;
    let started = executions(&stack, paid.as_ref().map_or("-", |order| order.id.as_str())).await;
    xtask(&stack, &["stream-on"]).await?;
    let order = paid?.id;
    assert_eq!(started?, [], "nothing ran while dispatch was off");
    finish(&stack, &company, &order).await?;
    executions_end(&stack, order.as_str(), &["SUCCEEDED"]).await
}

/// Dispatch is dead between commit and deed, and its records are never read: reconcile does the work.
#[tokio::test]
async fn what_dispatch_never_did_reconcile_does() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    xtask(&stack, &["stream-off"]).await?;
    let worked = async {
        let order = company.paid_order(1).await?.id;
        until("reconcile starts both executions", || async {
            invoke(&stack, "reconcile", &json!({})).await?;
            let found = executions(&stack, order.as_str()).await?;
            let line = found
                .iter()
                .any(|(name, status)| *name == format!("{order}-1-1") && status == "RUNNING");
            Ok(line.then_some(()))
        })
        .await?;
        anyhow::Ok(order)
    }
    .await;
    xtask(&stack, &["stream-on"]).await?;
    let order = worked?;
    finish(&stack, &company, &order).await?;
    executions_end(&stack, order.as_str(), &["SUCCEEDED"]).await
}

#[tokio::test]
async fn lost_executions_are_started_anew_and_the_order_goes_on() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let order = company.paid_order(1).await?.id;
    company.hand_in(&order).await?;
    StaffAt::login(&stack, "reviewer")
        .await?
        .approve(&order)
        .await?;
    until("both executions run", || async {
        let found = executions(&stack, order.as_str()).await?;
        Ok((found
            .iter()
            .filter(|(_, status)| status == "RUNNING")
            .count()
            == 2)
            .then_some(()))
    })
    .await?;
    xtask(&stack, &["stop-executions", order.as_str()]).await?;
    xtask(&stack, &["recover"]).await?;
    make_and_deliver(&stack, &company, &order).await?;
    executions_end(&stack, order.as_str(), &["SUCCEEDED", "ABORTED"]).await?;
    let ended = executions(&stack, order.as_str()).await?;
    let second: Vec<_> = ended
        .iter()
        .filter(|(name, _)| name.ends_with("-2"))
        .map(|(_, s)| s.as_str())
        .collect();
    assert_eq!(second, ["SUCCEEDED", "SUCCEEDED"], "{ended:?}");
    Ok(())
}

/// The cloud is killed at every stage of one order, and the order ends as it should.
#[tokio::test]
async fn a_restart_of_the_cloud_at_any_stage_loses_nothing() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let restart = || xtask(&stack, &["restart-ministack"]);
    let order = company.order(1).await?.id;
    restart().await?;
    let qr = company.qr(&order).await?;
    company.pay_by_phone(&qr).await?;
    company
        .until_shown(&order, DisplayState::AwaitingMaterials)
        .await?;
    restart().await?;
    company.hand_in(&order).await?;
    restart().await?;
    StaffAt::login(&stack, "reviewer")
        .await?
        .approve(&order)
        .await?;
    restart().await?;
    StaffAt::login(&stack, "maker")
        .await?
        .make(&order, 1)
        .await?;
    restart().await?;
    StaffAt::login(&stack, "shipper")
        .await?
        .hand_over(&order)
        .await?;
    restart().await?;
    let shipped = company.until_shown(&order, DisplayState::Shipped).await?;
    let waybill = shipped.lines[0]
        .parcel
        .clone()
        .context("no parcel")?
        .waybill;
    courier(&stack, &waybill, "delivered").await?;
    company.until_shown(&order, DisplayState::Completed).await?;
    let events = company.history(&order).await?.events;
    for once in [
        "payment_received",
        "approved",
        "certificate_issued",
        "shipment_booked",
        "delivered",
    ] {
        assert_eq!(
            events.iter().filter(|event| event.event == once).count(),
            1,
            "{once}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_step_that_runs_again_changes_nothing() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let order = company.paid_order(1).await?.id;
    company.hand_in(&order).await?;
    StaffAt::login(&stack, "reviewer")
        .await?
        .approve(&order)
        .await?;
    StaffAt::login(&stack, "maker")
        .await?
        .make(&order, 1)
        .await?;
    let shipper = StaffAt::login(&stack, "shipper").await?;
    shipper
        .until_queued(
            "shipping",
            &order,
            domain::order::LineStage::AwaitCollection,
        )
        .await?;
    let before = company.see(&order).await?;
    for step in ["paper-check", "book-shipment"] {
        for run in [1, 7] {
            let answer = invoke(
                &stack,
                step,
                &json!({"order": order, "line": 1, "run": run}),
            )
            .await?;
            assert_eq!(answer["stage"], "AwaitCollection", "{step}");
        }
    }
    let after = company.see(&order).await?;
    assert_eq!(after.version, before.version);
    assert_eq!(
        after.lines[0].parcel.as_ref().map(|p| &p.waybill),
        before.lines[0].parcel.as_ref().map(|p| &p.waybill)
    );
    Ok(())
}

#[tokio::test]
async fn an_order_that_nobody_pays_ends_by_itself() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let order = company.order(1).await?.id;
    // A day passes.
    let now = SystemClock.now();
    age(&stack, &order, now, |order| {
        order.pay_by = Some(now - SignedDuration::from_secs(1));
        order.check_at = order.pay_by;
    })
    .await?;
    invoke(&stack, "reconcile", &json!({})).await?;
    let ended = company.until_shown(&order, DisplayState::Cancelled).await?;
    assert_eq!(ended.state, OrderState::Cancelled);
    executions_end(&stack, order.as_str(), &["SUCCEEDED"]).await
}

//! Plays the main job on a stack that runs, through its API, and prints the order's timeline.
//!
//! `demo --stack FILE`
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::path::Path;

use anyhow::{Context, Result};
use domain::order::DisplayState;
use domain::paper::PaperKind;
use jiff::tz::TimeZone;
use system_tests::job::{CompanyAt, StaffAt, courier};
use system_tests::stack::Stack;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments
        .find(|word| word == "--stack")
        .and_then(|_| arguments.next());
    let stack = Stack::read(Path::new(&file.context("usage: demo --stack FILE")?))?;

    let company = CompanyAt::register(&stack).await?;
    println!("{} registers.", company.session.company_name);
    company.ask_for_approval().await?;
    let reviewer = StaffAt::demo(&stack, "reviewer").await?;
    reviewer.approve_company(&company.session.company).await?;
    println!("Hands its licence in and is approved.");
    let order = company.order(1).await?.id;
    println!("Orders one key: {order}.");
    let qr = company.qr(&order).await?;
    company.pay_by_phone(&qr).await?;
    company
        .until_shown(&order, DisplayState::AwaitingMaterials)
        .await?;
    println!("Scans {qr} and pays.");
    company.hand_in(&order).await?;
    reviewer
        .reject(&order, PaperKind::SealSheet, "印章不清晰，请重新扫描")
        .await?;
    company
        .until_shown(&order, DisplayState::ChangesRequested)
        .await?;
    company.hand_in(&order).await?;
    reviewer.approve(&order).await?;
    let certificate = StaffAt::demo(&stack, "maker")
        .await?
        .make(&order, 1)
        .await?;
    println!("The key is made, with certificate {}.", certificate.serial);
    StaffAt::demo(&stack, "shipper")
        .await?
        .hand_over(&order)
        .await?;
    let shipped = company.until_shown(&order, DisplayState::Shipped).await?;
    let parcel = shipped
        .lines
        .first()
        .and_then(|line| line.parcel.clone())
        .context("no parcel")?;
    for status in ["in_transit", "delivered"] {
        courier(&stack, &parcel.waybill, status).await?;
    }
    company.until_shown(&order, DisplayState::Completed).await?;

    println!("\nOrder {order}, as its history tells it:\n");
    let zone = TimeZone::get(domain::CIVIL_ZONE)?;
    for event in company.history(&order).await?.events {
        let at = event
            .at
            .to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string();
        let line = event
            .line
            .map(|line| format!("line {line}"))
            .unwrap_or_default();
        let moved = if event.from == event.to {
            event.to
        } else {
            format!("{} → {}", event.from, event.to)
        };
        println!(
            "{:>3}  {at}  {:<8} {:<20} {line:<7} {moved:<42} {}",
            event.seq, event.by, event.event, event.note
        );
    }
    Ok(())
}

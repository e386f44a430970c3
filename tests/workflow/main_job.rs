//! A new key in the mall, from registration to delivery.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use contract::error::ErrorCode;
use domain::order::DisplayState;
use domain::paper::PaperKind;
use reqwest::Method;
use system_tests::job::{CompanyAt, StaffAt, courier};
use system_tests::stack::Stack;

/// covers: R1, R16, R20
///
/// Any company registers and orders online; papers come after payment; the state stands on the line and
/// goes from 待审核 to 制作中; a refused paper is uploaded again as often as needed.
#[tokio::test]
async fn a_company_gets_its_keys() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let order = company.order(2).await?;
    assert_eq!(order.total.to_string(), "720.00");

    let early = company
        .upload(
            &order.id,
            PaperKind::BusinessLicence,
            "image/png",
            system_tests::job::picture(),
        )
        .await;
    let early = early
        .err()
        .context("papers were taken before the money")?
        .to_string();
    assert!(
        early.contains(ErrorCode::NotInThisState.as_str()),
        "{early}"
    );

    let qr = company.qr(&order.id).await?;
    assert_eq!(
        company.qr(&order.id).await?,
        qr,
        "as long as a code lives, the same one is shown"
    );
    company.pay_by_phone(&qr).await?;
    company
        .until_shown(&order.id, DisplayState::AwaitingMaterials)
        .await?;

    let reviewer = StaffAt::login(&stack, "reviewer").await?;
    company.hand_in(&order.id).await?;
    for note in ["印章不清晰", "仍不清晰，请用平板扫描仪"] {
        reviewer
            .reject(&order.id, PaperKind::SealSheet, note)
            .await?;
        let refused = company
            .until_shown(&order.id, DisplayState::ChangesRequested)
            .await?;
        assert_eq!(refused.lines[0].refusals[0].note, note);
        let kept: Vec<_> = refused.lines[0]
            .papers
            .iter()
            .map(|paper| paper.id.clone())
            .collect();
        let again = company.hand_in(&order.id).await?;
        assert_eq!(again.lines[0].display, DisplayState::UnderReview);
        let kept = again.lines[0]
            .papers
            .iter()
            .filter(|paper| kept.contains(&paper.id))
            .count();
        assert_eq!(kept, 2, "only the refused paper was uploaded again");
    }
    reviewer.approve(&order.id).await?;
    let making = company.see(&order.id).await?;
    assert_eq!(making.lines[0].display, DisplayState::InProduction);

    let maker = StaffAt::login(&stack, "maker").await?;
    for unit in 1..=2 {
        let certificate = maker.make(&order.id, unit).await?;
        verify(&certificate.chain, &certificate.certificate)?;
    }
    let shipper = StaffAt::login(&stack, "shipper").await?;
    shipper.hand_over(&order.id).await?;
    let shipped = company
        .until_shown(&order.id, DisplayState::Shipped)
        .await?;
    let waybill = shipped.lines[0]
        .parcel
        .clone()
        .context("no parcel")?
        .waybill;
    for status in ["in_transit", "out_for_delivery", "delivered"] {
        courier(&stack, &waybill, status).await?;
    }
    let done = company
        .until_shown(&order.id, DisplayState::Completed)
        .await?;
    assert!(done.ended_at.is_some());
    let told: Vec<_> = done.lines[0]
        .parcel
        .iter()
        .flat_map(|parcel| &parcel.events)
        .map(|event| event.status)
        .collect();
    assert!(
        told.contains(&domain::parcel::ParcelStatus::Delivered),
        "{told:?}"
    );

    notices(&stack, &company, order.id.as_str()).await?;
    system_tests::faults::executions_end(&stack, order.id.as_str(), &["SUCCEEDED"]).await
}

/// A program that we did not write accepts the chain.
fn verify(chain: &str, certificate: &str) -> Result<()> {
    let folder =
        std::env::temp_dir().join(format!("sealkey-{}", system_tests::job::random_hex(6)?));
    std::fs::create_dir_all(&folder)?;
    let root = chain
        .rsplit_once("-----BEGIN CERTIFICATE-----")
        .context("no root in the chain")?;
    std::fs::write(
        folder.join("root.pem"),
        format!("-----BEGIN CERTIFICATE-----{}", root.1),
    )?;
    std::fs::write(folder.join("issuing.pem"), root.0)?;
    std::fs::write(folder.join("leaf.pem"), certificate)?;
    let output = Command::new("openssl")
        .current_dir(&folder)
        .args([
            "verify",
            "-x509_strict",
            "-CAfile",
            "root.pem",
            "-untrusted",
            "issuing.pem",
            "leaf.pem",
        ])
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let mut subject = Command::new("openssl")
        .args([
            "x509",
            "-noout",
            "-subject",
            "-nameopt",
            "utf8,sep_comma_plus",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    subject
        .stdin
        .take()
        .context("no input")?
        .write_all(certificate.as_bytes())?;
    let said = String::from_utf8(subject.wait_with_output()?.stdout)?;
    assert!(
        said.contains("南京示例科技") && !said.contains("whatever"),
        "{said}"
    );
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// Each turn was told: by mail and, where the policy says so, by text message.
async fn notices(stack: &Stack, company: &CompanyAt, order: &str) -> Result<()> {
    let mails = system_tests::job::until("six mails about the order", || async {
        let text = company
            .person
            .client()
            .get(format!("{}/_ministack/ses/messages", stack.ministack))
            .send()
            .await?;
        let text = text.text().await?;
        Ok((text.matches(order).count() >= 6).then_some(text))
    })
    .await?;
    assert!(mails.contains(&company.session.contact.mail));
    Ok(())
}

#[tokio::test]
async fn one_order_cannot_be_submitted_into_two() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let draft: contract::order::OrderView = company
        .person
        .post("/api/orders", &CompanyAt::draft(1))
        .await?
        .ok()?;
    let path = format!("/api/orders/{}/submit", draft.id);
    let (one, two) = tokio::join!(
        company.person.act(Method::POST, &path),
        company.person.act(Method::POST, &path)
    );
    assert!(one?.status.is_success() && two?.status.is_success());
    assert!(
        company
            .person
            .act(Method::POST, &path)
            .await?
            .status
            .is_success()
    );
    let submitted = company
        .history(&draft.id)
        .await?
        .events
        .iter()
        .filter(|e| e.event == "submitted")
        .count();
    assert_eq!(submitted, 1);
    let executions = system_tests::faults::executions(&stack, draft.id.as_str()).await?;
    assert!(executions.len() <= 1, "{executions:?}");
    Ok(())
}

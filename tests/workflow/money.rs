//! Money that is told twice, forged or unannounced. What it can do to an order stands in `matrix`.

use adapters::dynamodb::Table;
use adapters::ports::{Attempts, Clock as _};
use anyhow::{Context, Result};
use contract::finance::StatementView;
use contract::payment::PaymentView;
use domain::ids::OrderId;
use domain::ledger::day_of;
use domain::order::DisplayState;
use domain::payment::{AttemptState, Disposition, PaymentMethod};
use domain::statement::DifferenceKind;
use edge::real::SystemClock;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::faults::invoke;
use system_tests::job::{CompanyAt, StaffAt, until};
use system_tests::people::Person;
use system_tests::stack::Stack;

async fn knobs(stack: &Stack, knobs: Value) -> Result<()> {
    let answer = Person::at(&stack.sandbox)?
        .with_body(Method::PUT, "/knobs", &knobs)
        .await?;
    anyhow::ensure!(answer.status.is_success(), "{}", answer.body);
    Ok(())
}

/// Sends notices at once, and returns what we answered to each.
async fn notify(stack: &Stack, notice: Value) -> Result<Vec<String>> {
    let sent: Value = Person::at(&stack.sandbox)?
        .post("/knobs/alipay/notify", &notice)
        .await?
        .ok()?;
    let answers = sent["answers"].as_array().context("no answers")?;
    Ok(answers
        .iter()
        .map(|answer| answer["answer"].as_str().unwrap_or_default().to_owned())
        .collect())
}

async fn payments_in_history(company: &CompanyAt, order: &OrderId) -> Result<Vec<String>> {
    let history = company.history(order).await?;
    Ok(history
        .events
        .into_iter()
        .map(|e| e.event)
        .filter(|event| event.starts_with("payment_"))
        .collect())
}

async fn dispositions(
    stack: &Stack,
    order: &OrderId,
) -> Result<Vec<(AttemptState, Option<Disposition>)>> {
    let attempts = Table::connect(&stack.cloud(), &stack.table)
        .attempts(order)
        .await?;
    Ok(attempts
        .into_iter()
        .map(|attempt| (attempt.state, attempt.disposition))
        .collect())
}

#[tokio::test]
async fn a_notice_sent_many_times_at_once_counts_once() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let order = company.paid_order(1).await?.id;
    let answers = notify(
        &stack,
        json!({"out_trade_no": format!("{order}_1"), "forged": false, "times": 5}),
    )
    .await?;
    // The sandbox gives each made-up notice the trade's own number: it is the same money, told again.
    assert!(
        answers.iter().all(|answer| answer == "success"),
        "{answers:?}"
    );
    assert_eq!(
        payments_in_history(&company, &order).await?,
        ["payment_received"]
    );
    assert_eq!(
        dispositions(&stack, &order).await?,
        [(AttemptState::Paid, Some(Disposition::Counted))]
    );
    Ok(())
}

#[tokio::test]
async fn what_is_forged_or_not_for_us_is_answered_fail_and_changes_nothing() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let order = company.order(1).await?.id;
    company.qr(&order).await?;
    let before = company.see(&order).await?.version;
    let number = format!("{order}_1");
    for notice in [
        json!({"out_trade_no": number, "forged": true, "times": 1}),
        json!({"out_trade_no": number, "forged": false, "times": 1, "app_id": "2021000000000000"}),
        json!({"out_trade_no": number, "forged": false, "times": 1, "seller_id": "2088000000000000"}),
        json!({"out_trade_no": format!("{order}_9"), "total_amount": "360.00", "forged": false, "times": 1,
               "notify_url": format!("{}/api/webhooks/alipay", stack.web)}),
    ] {
        assert_eq!(notify(&stack, notice.clone()).await?, ["fail"], "{notice}");
    }
    assert_eq!(company.see(&order).await?.version, before);
    assert_eq!(
        dispositions(&stack, &order).await?,
        [(AttemptState::Open, None)]
    );
    Ok(())
}

#[tokio::test]
async fn money_is_found_when_no_notice_comes() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let order = company.order(1).await?.id;
    let qr = company.qr(&order).await?;
    knobs(&stack, json!({"notify": "off"})).await?;
    let paid = company.pay_by_phone(&qr).await;
    let seen = until("the page's own question finds the money", || async {
        let view: PaymentView = company
            .person
            .get(&format!("/api/orders/{order}/payments"))
            .await?
            .ok()?;
        Ok(view.paid.then_some(view))
    })
    .await;
    Person::at(&stack.sandbox)?
        .post("/knobs/reset", &json!({}))
        .await?;
    paid?;
    assert_eq!(
        seen?.attempt.map(|attempt| attempt.state),
        Some(AttemptState::Paid)
    );
    company
        .until_shown(&order, DisplayState::AwaitingMaterials)
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_gateway_that_is_down_is_said_and_nothing_is_lost() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let order = company.order(1).await?.id;
    knobs(&stack, json!({"alipay_down": "503"})).await?;
    let path = format!("/api/orders/{order}/payments");
    let refused = company
        .person
        .post(&path, &json!({"method": "alipay"}))
        .await?;
    Person::at(&stack.sandbox)?
        .post("/knobs/reset", &json!({}))
        .await?;
    assert_eq!(
        refused.code()?,
        contract::error::ErrorCode::GatewayUnavailable
    );
    let qr = company.qr(&order).await?;
    assert_eq!(
        dispositions(&stack, &order).await?.len(),
        1,
        "the same number was asked for again"
    );
    company.pay_by_phone(&qr).await?;
    company
        .until_shown(&order, DisplayState::AwaitingMaterials)
        .await?;
    Ok(())
}

/// The bills of both gateways are read and compared; finance sees what differs, and says what came of it.
#[tokio::test]
async fn the_bills_of_a_day_are_compared_and_what_differs_is_listed() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let finance = StaffAt::login(&stack, "finance").await?;
    let day = day_of(SystemClock.now());
    for method in PaymentMethod::ALL {
        let order = company.order(1).await?.id;
        let qr = company.qr_by(&order, method).await?;
        company.pay_by_phone(&qr).await?;
        company
            .until_shown(&order, DisplayState::AwaitingMaterials)
            .await?;
        let hidden = format!("{order}_1");
        let alien = format!("shop{order}");
        let bill = json!({"hide": [hidden], "add": [{"out_trade_no": alien, "amount": "8.88"}]});
        knobs(&stack, json!({ method.as_str(): {"bill": bill} })).await?;
        let read = invoke(&stack, "statement", &json!({ "day": day })).await;
        Person::at(&stack.sandbox)?
            .post("/knobs/reset", &json!({}))
            .await?;
        read?;
        let path = format!("/api/console/statements/{day}/{}", method.as_str());
        let seen: StatementView = finance.person.get(&path).await?.ok()?;
        let kind_of = |number: &str| {
            let found = seen.differences.iter().find(|known| known.number == number);
            found.map(|found| found.kind)
        };
        assert_eq!(
            (kind_of(&hidden), kind_of(&alien)),
            (
                Some(DifferenceKind::PaymentNotOnBill),
                Some(DifferenceKind::PaymentNotOurs)
            ),
            "{seen:?}"
        );
        let note = json!({"kind": "payment_not_ours", "number": alien, "note": "另一家店的收款"});
        let noted: StatementView = finance
            .person
            .post(&format!("{path}/handled"), &note)
            .await?
            .ok()?;
        assert_eq!(noted.row.unhandled + 1, seen.row.unhandled);
        let wanted: StatementView = finance
            .person
            .act(Method::POST, &format!("{path}/read"))
            .await?
            .ok()?;
        assert!(wanted.row.wanted);
        // Read again, as somebody wanted: the bill is as it should be now.
        invoke(&stack, "statement", &json!({})).await?;
        let again: StatementView = finance.person.get(&path).await?.ok()?;
        assert!(!again.row.wanted);
        assert!(
            again
                .differences
                .iter()
                .all(|left| left.number != hidden && left.number != alien),
            "{again:?}"
        );
    }
    Ok(())
}

//! What all other tests left: every order that has money at a gateway, and its books.

use anyhow::{Result, ensure};
use serde_json::json;
use system_tests::books::{balanced, orders_with_money};
use system_tests::faults::invoke;
use system_tests::job::until;
use system_tests::stack::Stack;

/// paid = earned + refunded + held, to the fen, for every order of the whole run, told by ledger, attempts,
/// refunds and both gateways.
#[tokio::test]
#[ignore = "the test command runs it after all others"]
async fn the_books_of_every_order_are_those_of_the_gateways() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let orders = orders_with_money(&stack).await?;
    ensure!(!orders.is_empty(), "nothing was paid");
    let mut wrong = Vec::new();
    for order in &orders {
        // What is on its way still is waited for; what never balances is told.
        let fits = until("the books balance", || async {
            if balanced(&stack, order).await.is_ok() {
                return Ok(Some(()));
            }
            invoke(&stack, "reconcile", &json!({})).await?;
            Ok(None)
        })
        .await;
        if fits.is_err() {
            wrong.extend(balanced(&stack, order).await.err());
        }
    }
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

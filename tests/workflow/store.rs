//! The store's contract, on the real table. The same suite runs over the store in memory that other
//! tests use, so what those show holds here too.

use std::sync::Arc;

use adapters::dynamodb::Table;
use anyhow::Result;
use system_tests::stack::Stack;
use testkit::contract_suite::Suite;

#[tokio::test]
async fn the_table_keeps_the_contract_of_the_store() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let table = Arc::new(Table::connect(&stack.cloud(), &stack.table));
    // Another salt in each run, for a table keeps what the last run left.
    let salt = u32::from_str_radix(&system_tests::job::random_hex(2)?, 16)?;
    Suite::new(table, salt).run().await;
    Ok(())
}

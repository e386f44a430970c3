//! The machine of orders, lines and keys: which events fit where, what is written with them, and what holds
//! whatever happens.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

mod invoices;
mod laws;
mod making;
mod money;
mod people;
mod promise;
mod receipt;
mod table;
mod upgrade;
mod walk;
mod work;

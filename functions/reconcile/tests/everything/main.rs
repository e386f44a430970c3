//! All functions together: who may call what, and the whole job with the power cut at every write.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

mod apis;
mod expiry;
mod invoices;
mod job;
mod promises;
mod receipts;
mod refunds;
mod roles;

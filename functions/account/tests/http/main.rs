//! Registration, logging in and out, passwords, staff, as a page and as a stranger see them.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

mod desk;
mod login;
mod passwords;
mod registration;
mod sessions;
mod staff;

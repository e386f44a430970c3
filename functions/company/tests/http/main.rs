//! A company's own file, as its people see it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

mod contact;
mod desk;
mod file;
mod keys;
mod papers;
mod people;

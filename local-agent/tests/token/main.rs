//! The token driver against real modules: kryoptic in its reader (`soft-token`) and `SoftHSM2`.
//!
//! Both read their configuration from the environment, and only when they start: each test that uses one runs in a
//! program of its own (`support::alone`). `libsoft_token.so` lies beside this program, since `soft-token` is a
//! dependency of the tests: cargo has built it before them, in whatever folder and by whatever command.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

mod profiles;
mod soft;
mod softhsm;
mod support;

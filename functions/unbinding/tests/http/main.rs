//! Unbinding, lost contacts and objections, as the pages see them.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

mod cuts;
mod objection;
mod recovery;
mod stage;
mod unbind;

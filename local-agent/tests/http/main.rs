//! The agent's server, spoken to by hand: byte by byte, as no browser would and as a hostile page might.

#![expect(
    clippy::unwrap_used,
    reason = "what a test stands on is there, or it fails"
)]

mod guards;
mod limits;
mod pages;
mod program;
mod support;

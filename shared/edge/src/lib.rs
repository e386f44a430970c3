//! The edge of a function: the only place that knows Lambda, HTTP status and the environment.
//!
//! - [`config`]: the environment, read once.
//! - [`aws`]: SDK clients, one HTTP client for all, made when first used.
//! - [`api`]: routes by the table of `contract`, sessions, roles, problem+json.
//! - [`step`]: inputs of Step Functions, errors by their codes.
//! - [`orders`]: load, decide, commit, again if somebody was faster.
//! - [`payments`]: record money once, ask gateways.
//! - [`work`]: do what a commit left to be done.
//! - [`wiring`]: the ports that most functions want.

pub mod api;
pub mod aws;
pub mod config;
pub mod cookie;
pub mod error;
pub mod extract;
pub mod orders;
pub mod payments;
pub mod real;
pub mod step;
pub mod telemetry;
pub mod wiring;
pub mod work;

pub use error::{ApiError, FieldErrors};

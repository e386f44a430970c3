//! The edge of a function: the only place that knows Lambda, HTTP status and the environment.
//!
//! - [`config`]: the environment, read once.
//! - [`aws`]: SDK clients, one HTTP client for all, made when first used.
//! - [`api`]: routes by the table of `contract`, sessions, roles, problem+json.
//! - [`visitor`], [`human`], [`throttle`], [`codes`], [`password`], [`sessions`]: who somebody is.
//! - [`fields`]: what is stored encrypted.
//! - `company_papers`, with the feature `papers`: files about companies.
//! - [`contacts`]: which companies a mailbox is the contact of.
//! - [`recoveries`]: unbinding and the road for lost contacts, as far as several functions take part.
//! - [`staff_names`]: who it was, for those who read what was done.
//! - [`step`]: inputs of Step Functions, errors by their codes.
//! - [`once`]: make a thing once, however often it is asked for.
//! - [`keys`]: report one lost.
//! - [`orders`]: load, decide, commit, again if somebody was faster.
//! - [`payments`]: record money once, ask gateways.
//! - [`work`]: do what a commit left to be done.
//! - [`wiring`]: the ports that most functions want.

pub mod agents;
pub mod api;
pub mod aws;
pub mod codes;
#[cfg(feature = "papers")]
pub mod company_papers;
pub mod config;
pub mod contacts;
pub mod cookie;
pub mod doors;
pub mod error;
pub mod extract;
pub mod fields;
pub mod human;
pub mod invitation;
pub mod keys;
pub mod once;
pub mod orders;
pub mod password;
pub mod payments;
pub mod real;
pub mod recoveries;
pub mod seals;
pub mod sessions;
pub mod staff_names;
pub mod step;
pub mod telemetry;
pub mod throttle;
pub mod visitor;
pub mod wiring;
pub mod work;

pub use error::{ApiError, FieldErrors};

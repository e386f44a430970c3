//! The agent beside a user's USB key: a service with pages of its own on loopback.
//!
//! - `http`: the pages, who may speak to them, and what stands behind them.
//! - `desk`: what does stand behind them.
//! - `operation`: the one thing that is under way; `cloud`: what is said of it.
//! - `token`: keys; `certificate`: what stands in one; `request`: how one is asked for.
//! - `enrolment`: what makes this computer a desk at which keys are made.
//! - `journal`: what survives a loss of power; `log`: what helps whoever helps.
//! - `config`: whose agent this is; `clock`: what is taken of the machine.

pub mod certificate;
pub mod clock;
pub mod cloud;
pub mod config;
pub mod desk;
pub mod enrolment;
pub mod http;
pub mod journal;
pub mod log;
pub mod operation;
pub mod request;
pub mod token;

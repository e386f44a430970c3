//! The workflow on a real stack: the main job, and what goes wrong on the way.
//!
//! `cargo xtask test system` starts a stack of its own for these; they never touch the one of `up`.

mod accounts;
mod books;
mod faults;
mod lists;
mod main_job;
mod matrix;
mod money;
mod orders;
mod store;

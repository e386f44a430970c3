//! The system from outside: a stack that runs, and people who use it through its API.

pub mod books;
pub mod faults;
pub mod hire;
pub mod job;
pub mod people;
pub mod stack;

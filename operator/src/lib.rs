//! What is done past the API, by whoever runs a stage: the first administrators, and a check of the audit
//! that trusts neither the table nor the functions.

pub mod first_admin;
pub mod verify;

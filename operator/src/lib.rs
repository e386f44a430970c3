//! What is done past the API, by whoever runs a stage: the first administrators, the root ceremony, other issuers
//! whose keys may join, a check of the audit that trusts neither the table nor the functions, and a check of the
//! payment gateways' credentials.

pub mod ceremony;
pub mod first_admin;
pub mod gateway;
pub mod issuers;
pub mod verify;

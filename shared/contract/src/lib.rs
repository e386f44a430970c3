//! What crosses a wire: the routes with who may call them, the bodies of HTTP, the inputs of steps, the
//! codes of errors.
//!
//! [`routes::ROUTES`] is the one table of routes. The OpenAPI document ([`openapi::document`]), the
//! routes of the CloudFormation template, the check of roles in `edge` and the types of the web client
//! all come from it.

pub mod account;
pub mod agent;
pub mod catalog;
pub mod company;
pub mod console;
pub mod desk;
pub mod error;
pub mod finance;
pub mod invoice;
pub mod keys;
pub mod openapi;
pub mod order;
pub mod payment;
pub mod qualification;
pub mod routes;
pub mod secret;
pub mod staff;
pub mod stamps;
pub mod step;
pub mod unbinding;
pub mod upload;
pub mod webhook;

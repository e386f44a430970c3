//! What Sealkey is about, and nothing else: orders, lines, units, plans, prices, policies.
//!
//! Everything here is pure. There is no async, no AWS, no clock and no randomness: the time and every
//! new id come in as arguments. So each rule can be tested with a table, and each decision can be taken
//! again after a crash with the same result.
//!
//! Start with [`order::transition`]: one event on one order gives one [`order::Change`], which an
//! adapter writes in one transaction.

pub mod actor;
pub mod audit;
pub mod calendar;
pub mod catalog;
pub mod certificate;
pub mod code;
pub mod company;
pub mod credit;
pub mod desk;
pub mod ids;
pub mod invoice;
pub mod key;
pub mod ledger;
pub mod money;
pub mod notice;
pub mod operation;
pub mod order;
pub mod paper;
pub mod parcel;
pub mod payment;
pub mod plan;
pub mod policy;
pub mod qualification;
pub mod recovery;
pub mod refund;
pub mod registration;
pub mod seal;
pub mod session;
pub mod staff;
pub mod statement;
pub mod stock;
pub mod throttle;
pub mod work;

/// The civil time of every rule of this system: the manuals speak of working days in China.
pub const CIVIL_ZONE: &str = "Asia/Shanghai";

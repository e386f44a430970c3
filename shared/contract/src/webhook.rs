//! Messages from outside.

use domain::parcel::ParcelStatus;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A message of the courier about one parcel.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CourierMessage {
    /// The same in every resend.
    pub event_id: String,
    /// The parcel.
    pub waybill: String,
    /// Our own name for it.
    pub reference: String,
    /// What happened.
    pub status: ParcelStatus,
    /// When.
    pub at: Timestamp,
    /// Where.
    #[serde(default)]
    pub place: String,
    /// More.
    #[serde(default)]
    pub note: String,
}

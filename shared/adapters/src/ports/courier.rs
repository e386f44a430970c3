//! The courier.

use async_trait::async_trait;
use domain::order::Address;
use domain::parcel::ParcelEvent;
use jiff::Timestamp;

/// A parcel to be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipmentRequest {
    /// Our own name for the parcel. Booking again under the same name gives the same waybill.
    pub reference: String,
    /// Where to.
    pub recipient: Address,
    /// What is in it, in words.
    pub contents: String,
    /// Who pays the freight.
    pub freight: Freight,
}

/// Who pays the freight of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freight {
    /// 寄付: we do.
    Prepaid,
    /// 到付: whoever receives it (R60).
    Collect,
}

/// Why the courier did not do its work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CourierError {
    /// No answer, or one that says to come again.
    #[error("the courier does not answer: {0}")]
    Unavailable(String),
    /// Understood and refused, for example an address it does not know.
    #[error("the courier refuses: {0}")]
    Refused(String),
    /// The message is not signed as it must be, or too old.
    #[error("the message is not the courier's")]
    Forged,
    /// Signed, but not to be understood.
    #[error("the message cannot be read")]
    Malformed,
}

/// A message whose signature and age were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCourierMessage {
    pub(crate) waybill: String,
    pub(crate) event: ParcelEvent,
}

impl VerifiedCourierMessage {
    /// The parcel.
    pub fn waybill(&self) -> &str {
        &self.waybill
    }

    /// What happened to it.
    pub fn event(&self) -> &ParcelEvent {
        &self.event
    }
}

/// The courier.
#[async_trait]
pub trait Courier: Send + Sync {
    /// Books a parcel and returns the waybill number.
    async fn book(
        &self,
        shipment: &ShipmentRequest,
        now: Timestamp,
    ) -> Result<String, CourierError>;

    /// Verifies a message: `timestamp` and `signature` as in its headers, `body` as received.
    fn verify(
        &self,
        timestamp: &str,
        signature: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<VerifiedCourierMessage, CourierError>;
}

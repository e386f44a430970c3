//! Paying an order.

use domain::money::Money;
use domain::payment::{AttemptState, Disposition, PaymentMethod};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Asks for a QR code.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentRequest {
    /// By which gateway.
    pub method: PaymentMethod,
}

/// Where the payment of an order stands.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PaymentView {
    /// What to pay.
    pub amount: Money,
    /// Is the order paid?
    pub paid: bool,
    /// The time on our side, to count down by.
    pub now: Timestamp,
    /// Until when the order waits.
    pub pay_by: Option<Timestamp>,
    /// The attempt that is shown, if any was made.
    pub attempt: Option<AttemptView>,
}

/// One attempt.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AttemptView {
    /// Its number at the gateway.
    pub number: String,
    /// Which gateway.
    pub method: PaymentMethod,
    /// Where it stands.
    pub state: AttemptState,
    /// What to draw as QR code; none unless it can be scanned.
    pub qr: Option<String>,
    /// Until when it can be scanned.
    pub qr_expires_at: Timestamp,
    /// What became of its money.
    pub disposition: Option<Disposition>,
}

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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own on the page"
)]
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PaymentView {
    /// What to pay.
    pub amount: Money,
    /// Is the order paid?
    pub paid: bool,
    /// What is happening.
    pub phase: PaymentPhase,
    /// Ways to pay this order, the first one preselected.
    pub methods: Vec<PaymentMethod>,
    /// Is the payer asked whether it is right before a code is shown (R68)?
    pub confirm: bool,
    /// Could the gateway not be reached when it was asked last?
    pub silent: bool,
    /// Is there an older code that somebody may still have on their screen? It must not be scanned: money on
    /// it would come back.
    pub older_code: bool,
    /// The time on our side, to count down by.
    pub now: Timestamp,
    /// Until when the order waits.
    pub pay_by: Option<Timestamp>,
    /// The attempt that is shown, if any was made.
    pub attempt: Option<AttemptView>,
}

/// What is happening to a payment, in the words of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentPhase {
    /// A way to pay is to be chosen; there is no code yet, or the last one is over.
    Choose,
    /// The gateway is being asked for a code.
    Preparing,
    /// The code can be scanned.
    Scan,
    /// It was scanned; the payer has it on the telephone.
    Paying,
    /// The code is over and the gateway is asked whether money came at the last moment.
    Confirming,
    /// Paid.
    Paid,
    /// The order ended without being paid.
    Ended,
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

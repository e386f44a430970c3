//! What the company is told, and how. Texts stand with the adapters that send them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An occasion for a notice. The name is also that of its templates.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The order waits for payment.
    OrderSubmitted,
    /// The money is here; papers are wanted.
    OrderPaid,
    /// Nobody paid in time.
    OrderExpired,
    /// The company cancelled.
    OrderCancelled,
    /// Money came that no order wanted: late, twice or the wrong sum. It goes back.
    PaymentToRefund,
    /// A reviewer (or the first check) sent papers back.
    PapersRefused,
    /// The papers are good; the key is being made.
    PapersApproved,
    /// The parcel is with the courier.
    LineShipped,
    /// The parcel arrived.
    LineDelivered,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::OrderSubmitted,
        Self::OrderPaid,
        Self::OrderExpired,
        Self::OrderCancelled,
        Self::PaymentToRefund,
        Self::PapersRefused,
        Self::PapersApproved,
        Self::LineShipped,
        Self::LineDelivered,
    ];

    /// The name of its templates.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrderSubmitted => "order_submitted",
            Self::OrderPaid => "order_paid",
            Self::OrderExpired => "order_expired",
            Self::OrderCancelled => "order_cancelled",
            Self::PaymentToRefund => "payment_to_refund",
            Self::PapersRefused => "papers_refused",
            Self::PapersApproved => "papers_approved",
            Self::LineShipped => "line_shipped",
            Self::LineDelivered => "line_delivered",
        }
    }
}

/// A way to tell somebody.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// E-mail.
    Mail,
    /// Text message by a registered template.
    Sms,
}

impl Channel {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
        }
    }
}

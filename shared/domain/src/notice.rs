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
    /// The company gave a paid order up; the money goes back.
    RefundOrdered,
    /// The money is back.
    RefundDone,
    /// A reviewer (or the first check) sent papers back.
    PapersRefused,
    /// The papers were refused, the order is a draft again, and its money goes back (R72).
    OrderReturned,
    /// A line ended or became something else by two of our staff; money goes back.
    LineEnded,
    /// The papers are good; the key is being made.
    PapersApproved,
    /// The keys are not handed over by the time that was promised; a surcharge for speed goes back.
    PromiseMissed,
    /// The keys are at the branch and can be fetched (R62).
    ReadyForPickup,
    /// The invoice is issued (R73).
    InvoiceIssued,
    /// An invoice is to be taken back, and its buyer has to agree.
    InvoiceAwaitsBuyer,
    /// The parcel is with the courier.
    LineShipped,
    /// The parcel arrived.
    LineDelivered,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::OrderSubmitted,
        Self::OrderPaid,
        Self::OrderExpired,
        Self::OrderCancelled,
        Self::PaymentToRefund,
        Self::RefundOrdered,
        Self::RefundDone,
        Self::PapersRefused,
        Self::OrderReturned,
        Self::LineEnded,
        Self::PapersApproved,
        Self::PromiseMissed,
        Self::ReadyForPickup,
        Self::InvoiceIssued,
        Self::InvoiceAwaitsBuyer,
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
            Self::RefundOrdered => "refund_ordered",
            Self::RefundDone => "refund_done",
            Self::PapersRefused => "papers_refused",
            Self::OrderReturned => "order_returned",
            Self::LineEnded => "line_ended",
            Self::PapersApproved => "papers_approved",
            Self::PromiseMissed => "promise_missed",
            Self::ReadyForPickup => "ready_for_pickup",
            Self::InvoiceIssued => "invoice_issued",
            Self::InvoiceAwaitsBuyer => "invoice_awaits_buyer",
            Self::LineShipped => "line_shipped",
            Self::LineDelivered => "line_delivered",
        }
    }
}

/// An occasion for a notice about an account. The name is also that of its templates.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AccountNotice {
    /// Somebody else registered the same name or code; to those who did before.
    ClaimedAgain,
    /// The papers of a company are approved: it may buy.
    QualificationApproved,
    /// They were sent back.
    QualificationSentBack,
    /// Another record took the name over, for its papers were approved.
    TakenOver,
    /// The contact was changed; to the old one.
    ContactChanged,
    /// Somebody may log in for a company now; to that person.
    PersonAdded,
    /// The password was set anew or changed.
    PasswordChanged,
    /// The company was unbound; with a link to say that it was not them.
    Unbound,
    /// The unbinding was taken back.
    UnbindingDisputed,
    /// Two reviewers agreed to a new contact; to the old ones, with a link to object.
    RecoveryWaiting,
    /// The new contact is set; to the new one.
    RecoveryDone,
    /// A reviewer refused; to the new one.
    RecoveryRefused,
    /// An old contact objected; to the new one.
    RecoveryObjected,
    /// Somebody is to join the staff, or to set password and second factor anew.
    StaffInvited,
}

impl AccountNotice {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::ClaimedAgain,
        Self::QualificationApproved,
        Self::QualificationSentBack,
        Self::TakenOver,
        Self::ContactChanged,
        Self::PersonAdded,
        Self::PasswordChanged,
        Self::Unbound,
        Self::UnbindingDisputed,
        Self::RecoveryWaiting,
        Self::RecoveryDone,
        Self::RecoveryRefused,
        Self::RecoveryObjected,
        Self::StaffInvited,
    ];

    /// The name of its templates.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClaimedAgain => "claimed_again",
            Self::QualificationApproved => "qualification_approved",
            Self::QualificationSentBack => "qualification_sent_back",
            Self::TakenOver => "taken_over",
            Self::ContactChanged => "contact_changed",
            Self::PersonAdded => "person_added",
            Self::PasswordChanged => "password_changed",
            Self::Unbound => "unbound",
            Self::UnbindingDisputed => "unbinding_disputed",
            Self::RecoveryWaiting => "recovery_waiting",
            Self::RecoveryDone => "recovery_done",
            Self::RecoveryRefused => "recovery_refused",
            Self::RecoveryObjected => "recovery_objected",
            Self::StaffInvited => "staff_invited",
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

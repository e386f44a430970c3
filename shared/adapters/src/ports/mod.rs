//! The traits between the business and the world.

mod ambient;
mod ca;
mod courier;
mod executions;
mod keyed;
mod notices;
mod objects;
mod orders;
mod payments;
mod reconcile;
mod registry;
mod seals;
mod secrets;
mod tax;

pub use ambient::{Clock, Random, new_ulid};
pub use ca::{
    CaError, CertificateAuthority, Certificates, DigestSigner, IssuancePart, IssuanceRecord,
    IssueRequest, ListContent, Prepared, RemoteLists, RevocationLists, SignedCertificate,
};
pub use courier::{Courier, CourierError, Freight, ShipmentRequest, VerifiedCourierMessage};
pub use executions::{ExecutionStatus, Executions, Wake};
pub use keyed::{FieldCipher, Mac};
pub use notices::{Mail, MailFile, Mailer, Sms, SmsSender};
pub use objects::{ObjectInfo, Objects, PresignedPut, PublicObject};
pub use orders::{
    Attempts, Commit, Cursor, Lists, OrderFilter, Orders, Page, Papers, Parcels, QueuedLine,
};
pub use payments::{
    Bill, BillKind, BillRow, CloseOutcome, GatewayError, Gateways, NewTrade, NotifyError,
    PaymentGateway, PaymentNotice, RawNotice, RefundRequest, RefundStatus, TradeStatus,
    VerifiedNotice,
};
pub use reconcile::{DueWait, DueWork, Outstanding};
pub use registry::{
    CommitError, Document, Expect, Index, Kept, Key, Place, Registry, Span, Transaction, Write,
};
pub use seals::SealMaker;
pub use secrets::Secrets;
pub use tax::{
    InvoiceBank, InvoiceBuyer, InvoiceFormat, InvoiceRequest, ReversalRequest, TaxError,
    TaxPlatform, TaxStatus,
};

/// What a source error is kept as.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a port could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The thing outside does not answer, or asks to come again. The same call may succeed later; whether
    /// it had its effect is unknown, so every call through a port may be repeated.
    #[error("{what} is unavailable")]
    Unavailable {
        /// What.
        what: &'static str,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// A conditional write found another state than expected: somebody else was faster. Load again and
    /// decide again.
    #[error("somebody else was faster")]
    Conflict,
    /// Something that cannot be: stored data that does not parse, a refused right. A person has to look.
    #[error("{what}: {detail}")]
    Defect {
        /// Where.
        what: &'static str,
        /// What was seen. Never holds personal data.
        detail: String,
    },
}

impl PortError {
    /// A thing outside that does not answer.
    pub fn unavailable(what: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Unavailable {
            what,
            source: source.into(),
        }
    }

    /// Something that cannot be.
    pub fn defect(what: &'static str, detail: impl Into<String>) -> Self {
        Self::Defect {
            what,
            detail: detail.into(),
        }
    }
}

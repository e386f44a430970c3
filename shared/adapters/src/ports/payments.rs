//! Payment gateways.

use async_trait::async_trait;
use domain::money::Money;
use domain::payment::{OutTradeNo, Receipt};
use jiff::Timestamp;

/// A payment to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTrade {
    /// Our number. Asking again with the same number and sum is harmless.
    pub number: OutTradeNo,
    /// How much.
    pub amount: Money,
    /// What the payer reads.
    pub subject: String,
    /// When the QR code dies. Gateways count in minutes and round down.
    pub qr_expires_at: Timestamp,
}

/// What a gateway says of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TradeStatus {
    /// Nobody has scanned the QR code, so the gateway knows nothing. It may still be scanned until the
    /// QR dies.
    Unknown,
    /// Scanned, not paid.
    Unpaid,
    /// Paid.
    Paid(Receipt),
    /// Dead without money, or refunded in full.
    Closed,
}

/// What closing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseOutcome {
    /// Closed; no money can come.
    Closed,
    /// Nobody has scanned it, so there is nothing to close: it lapses when the QR dies.
    Unknown,
    /// Too late: it is paid. Ask for the receipt.
    Paid,
}

/// Why a gateway did not do its work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// No answer, or one that says to come again. The effect is unknown; repeat with the same number.
    #[error("the gateway does not answer: {0}")]
    Unavailable(String),
    /// The gateway understood and refuses.
    #[error("the gateway refuses: {code} {message}")]
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        message: String,
    },
    /// The answer is not signed as it must be. It is worth nothing; for a write the effect is unknown.
    #[error("the answer is not the gateway's")]
    Forged,
    /// Our keys or ids cannot be used.
    #[error("credentials cannot be used: {0}")]
    Credentials(String),
}

/// One gateway.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Asks for a payment and returns what its QR code says.
    async fn create(&self, trade: &NewTrade, now: Timestamp) -> Result<String, GatewayError>;

    /// Asks where a payment stands.
    async fn query(&self, number: &OutTradeNo, now: Timestamp)
    -> Result<TradeStatus, GatewayError>;

    /// Makes sure that no money comes any more.
    async fn close(
        &self,
        number: &OutTradeNo,
        now: Timestamp,
    ) -> Result<CloseOutcome, GatewayError>;

    /// Verifies a notice, given the raw bytes of the body as received.
    fn verify(&self, body: &[u8]) -> Result<VerifiedNotice, NotifyError>;
}

/// Why a notice is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// It does not parse.
    #[error("not a notice")]
    Malformed,
    /// Its signature is not the gateway's, or of a kind that is not accepted.
    #[error("signature not valid")]
    Signature,
    /// Signed by the gateway, but not for our app or our account.
    #[error("for another merchant")]
    OtherMerchant,
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentNotice {
    /// A payment succeeded.
    Paid {
        /// Our number as the gateway sends it back; it may be nobody's.
        out_trade_no: String,
        /// The money.
        receipt: Receipt,
    },
    /// Something that moves no order: waiting, closed, a refund seen from the payment's side.
    Other {
        /// What the gateway calls it.
        status: String,
    },
}

/// A notice whose signature, app and account were checked. Only a gateway adapter can make one, so what
/// holds one need not ask again. In tests `testkit` makes them through a real adapter and real keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedNotice(PaymentNotice);

impl VerifiedNotice {
    #[cfg_attr(
        not(feature = "alipay"),
        expect(dead_code, reason = "only gateway adapters make one")
    )]
    pub(crate) fn new(notice: PaymentNotice) -> Self {
        Self(notice)
    }

    /// What it says.
    pub fn notice(&self) -> &PaymentNotice {
        &self.0
    }
}

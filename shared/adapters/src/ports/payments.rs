//! Payment gateways.

use std::sync::Arc;

use async_trait::async_trait;
use domain::money::Money;
use domain::payment::{OutTradeNo, PaymentMethod, Receipt, RefundNo};
use jiff::Timestamp;
use jiff::civil::Date;

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
    /// Known there, not paid.
    Unpaid,
    /// Scanned: the payer has it on the telephone. Alipay `WAIT_BUYER_PAY`, WeChat Pay `USERPAYING`.
    Paying,
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

/// Money to be given back to whoever paid it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// Our number. Asking again with the same number gives nothing twice.
    pub number: RefundNo,
    /// The payment it comes from.
    pub payment: OutTradeNo,
    /// How much.
    pub amount: Money,
    /// How much that payment brought in all.
    pub total: Money,
    /// What the payer reads.
    pub reason: String,
}

/// What a gateway says of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundStatus {
    /// It knows of none under this number.
    Unknown,
    /// It took the order; the money is on its way.
    Processing,
    /// The money is with the payer.
    Done {
        /// The gateway's number of the refund; where it gives none, that of the payment.
        receipt: String,
        /// When, by the gateway.
        at: Timestamp,
    },
    /// Our balance there is too small. Ask again with the same number when it is filled up.
    Short,
    /// The payer's account cannot take it: somebody has to settle it in the gateway's console.
    Abnormal,
    /// The gateway gave this refund up.
    Closed,
}

/// One row of a gateway's trade bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillRow {
    /// Money that came, or money that went back.
    pub kind: BillKind,
    /// The merchant's number of the payment, as it stands there; it may be nobody's.
    pub out_trade_no: String,
    /// The gateway's number of the payment.
    pub trade_no: String,
    /// Always above zero.
    pub amount: Money,
    /// When, by the gateway.
    pub at: Timestamp,
}

/// What a row of a bill is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BillKind {
    /// Money came.
    Paid,
    /// Money went back.
    Refunded {
        /// The merchant's number of the refund, as it stands there; empty when none was given.
        out_refund_no: String,
    },
}

/// The bill of one day in China.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bill {
    /// The gateway has not made it yet: ask again later.
    NotReady,
    /// It is there; without rows when there was no trade.
    Rows(Vec<BillRow>),
}

/// A notice as it came in.
#[derive(Debug, Clone, Copy)]
pub struct RawNotice<'a> {
    /// Its headers, names in any case.
    pub headers: &'a [(String, String)],
    /// Its body, byte for byte.
    pub body: &'a [u8],
}

impl RawNotice<'_> {
    /// A header by its name, in any case; none when it is there twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let first = found.next()?;
        found.next().is_none().then_some(first.1.as_str())
    }
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

    /// Asks for money to be given back. Asked again with the same number it gives nothing twice, and says
    /// where the refund stands.
    async fn refund(
        &self,
        request: &RefundRequest,
        now: Timestamp,
    ) -> Result<RefundStatus, GatewayError>;

    /// Asks where a refund stands.
    async fn refund_status(
        &self,
        request: &RefundRequest,
        now: Timestamp,
    ) -> Result<RefundStatus, GatewayError>;

    /// The trade bill of a day (China time).
    async fn bill(&self, day: Date, now: Timestamp) -> Result<Bill, GatewayError>;

    /// Do our keys and ids work, in both directions? Asks after a payment that cannot exist, so nothing is
    /// charged.
    async fn check(&self, now: Timestamp) -> Result<(), GatewayError>;

    /// Verifies a notice as it was received.
    fn verify(&self, notice: &RawNotice<'_>, now: Timestamp)
    -> Result<VerifiedNotice, NotifyError>;
}

/// The gateways, with credentials that are at most a minute old.
#[async_trait]
pub trait Gateways: Send + Sync {
    /// The gateway of a payment method.
    async fn gateway(&self, method: PaymentMethod)
    -> Result<Arc<dyn PaymentGateway>, GatewayError>;
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
    /// Signed too long ago, or for a time to come.
    #[error("not of this time")]
    Stale,
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
    /// A refund came to something.
    Refunded {
        /// Our number of the refund as the gateway sends it back; it may be nobody's.
        out_refund_no: String,
        /// Our number of the payment, likewise.
        out_trade_no: String,
        /// How much the refund is about.
        amount: Money,
        /// Where it stands.
        status: RefundStatus,
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
        not(any(feature = "alipay", feature = "wechatpay")),
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

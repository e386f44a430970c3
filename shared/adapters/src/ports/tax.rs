//! The tax platform (电子发票服务平台, or a provider in front of it).

use async_trait::async_trait;
use domain::invoice::InvoiceItem;
use domain::money::Money;
use domain::policy::InvoiceKind;
use jiff::Timestamp;

/// To whom an invoice is made out, in clear.
#[derive(Clone, PartialEq, Eq)]
pub struct InvoiceBuyer {
    /// 发票抬头.
    pub title: String,
    /// 纳税人识别号.
    pub tax_number: String,
    /// What only a special invoice says.
    pub special: Option<InvoiceBank>,
}

/// Address and bank of a buyer, in clear: no `Debug`, so that they stay out of logs.
#[derive(Clone, PartialEq, Eq)]
pub struct InvoiceBank {
    /// 注册地址.
    pub address: String,
    /// 注册电话.
    pub phone: String,
    /// 开户银行.
    pub bank: String,
    /// 银行账号.
    pub account: String,
}

/// An invoice to be issued.
#[derive(Clone, PartialEq, Eq)]
pub struct InvoiceRequest {
    /// Our own number: asked again under it, the platform issues nothing new.
    pub serial: String,
    /// Which kind.
    pub kind: InvoiceKind,
    /// To whom.
    pub buyer: InvoiceBuyer,
    /// What for; tax included.
    pub items: Vec<InvoiceItem>,
    /// Their sum.
    pub amount: Money,
}

/// An invoice to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReversalRequest {
    /// Our own number for it.
    pub serial: String,
    /// Our number of the invoice.
    pub invoice: String,
    /// Why, in words that the buyer reads.
    pub reason: String,
}

/// What the platform says of an invoice or a reversal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaxStatus {
    /// Issued.
    Issued {
        /// Its number.
        number: String,
        /// When.
        at: Timestamp,
    },
    /// Taken, not done yet.
    Processing,
    /// Understood, and no: the platform's code.
    Refused(String),
    /// The buyer has to agree.
    AwaitingBuyer {
        /// Until when.
        until: Timestamp,
    },
    /// The buyer did not agree in time; it has to be asked for again.
    Expired,
    /// Taken back.
    Reversed {
        /// The number of the invoice that takes it back.
        number: String,
        /// When.
        at: Timestamp,
    },
    /// It knows nothing of this serial.
    Unknown,
}

/// A file of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceFormat {
    /// For people.
    Pdf,
    /// The same by the Chinese standard (GB/T 33190).
    Ofd,
    /// For bookkeeping programs; the one that has to be kept.
    Xml,
}

impl InvoiceFormat {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Ofd, Self::Xml];
    /// The longest file that is taken or read, in bytes.
    pub const MOST: u64 = 4 * 1024 * 1024;

    /// Its name in addresses and keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Ofd => "ofd",
            Self::Xml => "xml",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Ofd => "application/ofd",
            Self::Xml => "application/xml",
        }
    }
}

/// Why the platform could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaxError {
    /// No answer, or one that says to come again.
    #[error("the tax platform does not answer: {0}")]
    Unavailable(String),
    /// It does not know us.
    #[error("the tax platform does not know us: {0}")]
    Credentials(String),
}

/// The tax platform.
#[async_trait]
pub trait TaxPlatform: Send + Sync {
    /// Orders an invoice.
    async fn issue(&self, invoice: &InvoiceRequest, now: Timestamp) -> Result<TaxStatus, TaxError>;

    /// Where an invoice stands.
    async fn look(&self, serial: &str, now: Timestamp) -> Result<TaxStatus, TaxError>;

    /// Asks for an invoice to be taken back; asked again after the buyer's time was over, it begins anew.
    async fn reverse(
        &self,
        reversal: &ReversalRequest,
        now: Timestamp,
    ) -> Result<TaxStatus, TaxError>;

    /// Where a reversal stands.
    async fn look_reversal(&self, serial: &str, now: Timestamp) -> Result<TaxStatus, TaxError>;

    /// A file of an issued invoice.
    async fn file(
        &self,
        serial: &str,
        format: InvoiceFormat,
        now: Timestamp,
    ) -> Result<Vec<u8>, TaxError>;
}

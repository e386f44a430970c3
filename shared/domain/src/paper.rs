//! Papers (资料): what a company uploads so that a reviewer can tell who it is.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{LineNo, OrderId, PaperId};

/// What a paper is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PaperKind {
    /// 营业执照.
    BusinessLicence,
    /// 法人代表授权书, handwritten or printed (R18).
    AuthorisationLetter,
    /// 电子印章采集模板, stamped with the seals to be made (R19).
    SealSheet,
}

/// What the code on every seal sheet of ours begins with.
const SHEET_CODE: &str = "sealkey:seal_sheet:";

/// Is this the code of a seal sheet that was printed for another order? What is no code of ours says nothing.
pub fn is_another_orders_sheet(code: &str, order: &OrderId) -> bool {
    code.strip_prefix(SHEET_CODE)
        .is_some_and(|rest| rest.split(':').next() != Some(order.as_str()))
}

impl PaperKind {
    /// Which kinds a key asks for.
    pub fn required(seal: bool) -> Vec<Self> {
        let mut kinds = vec![Self::BusinessLicence, Self::AuthorisationLetter];
        if seal {
            kinds.push(Self::SealSheet);
        }
        kinds
    }
}

/// The formats that are taken. A file is judged by its first bytes, never by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PaperFormat {
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// PDF.
    #[serde(rename = "application/pdf")]
    Pdf,
}

impl PaperFormat {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// The format that the first bytes of a file show.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        if head.starts_with(&[0xFF, 0xD8, 0xFF]) {
            Some(Self::Jpeg)
        } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if head.starts_with(b"%PDF-") {
            Some(Self::Pdf)
        } else {
            None
        }
    }
}

/// The largest file, in bytes.
pub const MAX_PAPER_BYTES: u64 = 20 * 1024 * 1024;

/// An upload that was announced. Whether the bytes arrived is the bucket's to say: the object exists
/// only if its length, type and hash were the announced ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Its id.
    pub id: PaperId,
    /// For which order.
    pub order: OrderId,
    /// For which line.
    pub line: LineNo,
    /// What it is said to be.
    pub kind: PaperKind,
    /// The name on the user's disk, shown back to them only.
    pub file_name: String,
    /// The format it is said to have.
    pub format: PaperFormat,
    /// Length in bytes.
    pub length: u64,
    /// SHA-256 of the content, hex.
    pub sha256: String,
    /// When it was announced.
    pub created_at: Timestamp,
    /// Server-made page images, once checked: object keys.
    pub previews: Vec<String>,
}

impl Paper {
    /// Where its bytes stand in the papers bucket.
    pub fn object_key(&self) -> String {
        format!("papers/{}/{}/{}", self.order, self.line, self.id)
    }
}

/// Why a paper is sent back.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// Cannot be opened or is not what its name says.
    BadFile,
    /// Too blurred, dark or small to read.
    Unreadable,
    /// Another document than asked for.
    WrongDocument,
    /// The stamp or signature is missing.
    MissingStamp,
    /// It says something else than the data of the order.
    DataMismatch,
    /// No longer valid.
    Expired,
    /// What the note says.
    Other,
}

/// One paper sent back, with why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaperRefusal {
    /// Which paper.
    pub kind: PaperKind,
    /// Why.
    pub reason: RefusalReason,
    /// In words, for the company; required with [`RefusalReason::Other`].
    #[serde(default)]
    pub note: String,
}

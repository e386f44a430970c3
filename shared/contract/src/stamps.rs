//! Stamps cut from a seal sheet (电子印章采集模板): what `paper-check` found, what the reviewer sees of it and
//! what they chose.
//!
//! Lengths are whole tenths of a millimetre.

use domain::ids::{LineNo, OrderId, PaperId, UnitNo};
pub use domain::seal::{MOST_PICTURE_BYTES, StampSize};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The outline of a stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StampShape {
    /// A circle: a company's seal.
    Round,
    /// An ellipse: a seal for invoices, for instance.
    Oval,
    /// A rectangle: the chop of a legal representative, for instance.
    Square,
}

/// The colour of a stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StampInk {
    /// Red.
    Red,
    /// Blue.
    Blue,
}

/// What the millimetres of a page were told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// The four marks of the sheet.
    ByMarks,
    /// The marks were not found: the picture was taken for a whole A4 page.
    ByPage,
}

/// A rectangle on the straightened page, in tenths of a millimetre from its left upper corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct StampPlace {
    /// Its left side.
    pub left: u16,
    /// Its upper side.
    pub top: u16,
    /// Its width.
    pub width: u16,
    /// Its height.
    pub height: u16,
}

/// What the reviewer should look at. None of them refuses a sheet by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StampProblem {
    /// No stamp is on the page.
    NoStamp,
    /// Only the pages before this one were looked at.
    MorePages,
    /// There are more than can be meant; the largest were cut.
    TooMany,
    /// Without marks and of other proportions than A4: sizes are a guess.
    OddPage,
    /// The scan has too few points to an inch; edges will be rough.
    Coarse,
    /// The stamp goes over the edge of the scan.
    CutByEdge,
    /// The stamp is smaller than stamps of its shape are.
    TooSmall,
    /// The stamp is larger than stamps of its shape are.
    TooLarge,
    /// Red or blue ink without the outline of a stamp: handwriting, a fingerprint, a stamp that hardly printed.
    NotAStamp,
}

/// A problem and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StampFinding {
    /// What.
    pub problem: StampProblem,
    /// The page of the file, from 1.
    pub page: u8,
    /// The stamp, where it is about one.
    pub stamp: Option<u8>,
}

/// A page that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetPage {
    /// Which, from 1.
    pub page: u8,
    /// What its millimetres were told by.
    pub measured: Measured,
}

/// A stamp that was cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutStamp {
    /// Its number on this sheet, from 1.
    pub no: u8,
    /// The page that it is on.
    pub page: u8,
    /// Its outline.
    pub shape: StampShape,
    /// Its colour.
    pub ink: StampInk,
    /// Its measured size.
    pub size: StampSize,
    /// Where it is.
    pub place: StampPlace,
    /// The transparent PNG: a key in the papers bucket.
    pub picture: String,
    /// SHA-256 of that PNG, hex.
    pub sha256: String,
    /// The same part of the scan as it is, JPEG: a key in the papers bucket.
    pub original: String,
}

/// What was found on a seal sheet. Kept as JSON beside the sheet's images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampRecord {
    /// The sheet.
    pub paper: PaperId,
    /// Its pages.
    pub pages: Vec<SheetPage>,
    /// Its stamps.
    pub stamps: Vec<CutStamp>,
    /// What to look at.
    pub findings: Vec<StampFinding>,
}

/// The longest record that is read, in bytes. A stamp takes half a kilobyte, a sheet has at most 36.
pub const MAX_RECORD_BYTES: u64 = 256 * 1024;

/// The folder of a sheet's images in the papers bucket.
fn folder(order: &OrderId, line: LineNo, paper: &PaperId) -> String {
    format!("images/{order}/{line}/{paper}")
}

/// Where the record of a sheet stands in the papers bucket.
pub fn record_key(order: &OrderId, line: LineNo, paper: &PaperId) -> String {
    format!("{}/stamps.json", folder(order, line, paper))
}

/// Where the transparent PNG of a stamp stands.
pub fn picture_key(order: &OrderId, line: LineNo, paper: &PaperId, stamp: u8) -> String {
    format!("{}/stamp-{stamp}.png", folder(order, line, paper))
}

/// Where the part of the scan that a stamp was cut from stands.
pub fn original_key(order: &OrderId, line: LineNo, paper: &PaperId, stamp: u8) -> String {
    format!("{}/stamp-{stamp}-original.jpg", folder(order, line, paper))
}

/// The stamps of a line before a reviewer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ReviewSeals {
    /// How many keys of the line carry an e-seal: the first ones.
    pub wanted: u8,
    /// What was cut.
    pub stamps: Vec<ReviewStamp>,
    /// What to look at.
    pub findings: Vec<StampFinding>,
    /// What was chosen when the line was approved.
    pub chosen: Vec<SealChoice>,
}

/// A stamp before a reviewer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ReviewStamp {
    /// SHA-256 of the picture, hex: it is chosen by this.
    pub sha256: String,
    /// Its number among the stamps of the line, from 1.
    pub no: u8,
    /// The page of the sheet.
    pub page: u8,
    /// Its outline.
    pub shape: StampShape,
    /// Its colour.
    pub ink: StampInk,
    /// Its measured size.
    pub size: StampSize,
    /// What its millimetres were told by.
    pub measured: Measured,
    /// The transparent picture, a short-lived address.
    pub picture: String,
    /// The same part of the scan, a short-lived address.
    pub original: String,
}

/// Which stamp goes on which key, and how large.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SealChoice {
    /// The key, from 1.
    pub unit: UnitNo,
    /// SHA-256 of the picture.
    pub sha256: String,
    /// Its size on paper, as measured or as the reviewer corrected it.
    pub size: StampSize,
}

/// Approves a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveRequest {
    /// One stamp for each key with an e-seal, or none at all.
    #[serde(default)]
    pub seals: Vec<SealChoice>,
    /// Is the time left on the old key confirmed? Asked for where it was read from a locked one, which proved nothing.
    #[serde(default)]
    pub credit_confirmed: bool,
}

/// The shortest side that a reviewer may set: 5 mm.
pub const SHORTEST_SIDE: u16 = 50;
/// The longest: 80 mm.
pub const LONGEST_SIDE: u16 = 800;

/// How an e-seal stands, which is how its certificate does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SealStanding {
    /// It may be used.
    Good,
    /// Not now: its key was reported lost or stolen.
    Suspended,
    /// Never again: its certificate ended or was revoked.
    Ended,
}

/// The e-seals of a line, before a maker.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LineSeals {
    /// Each picture once.
    pub pictures: Vec<SealPicture>,
    /// Keys with an e-seal.
    pub seals: Vec<UnitSeal>,
}

/// A picture that goes into e-seals.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SealPicture {
    /// SHA-256 of it, hex.
    pub sha256: String,
    /// The transparent PNG, base64.
    pub png: String,
}

/// The e-seal of one key of a line.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct UnitSeal {
    /// The key.
    pub unit: UnitNo,
    /// Its picture, by [`SealPicture::sha256`].
    pub picture: String,
    /// How large it is shown in documents.
    pub size: StampSize,
    /// How it stands; none before it is made.
    pub standing: Option<SealStanding>,
}

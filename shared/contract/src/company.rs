//! A company's own file: data, contact, invoice titles, addresses, people, papers, history.

use domain::actor::Actor;
use domain::company::{CompanyEventKind, Contact, FieldChange, SavedAddress, TitleKind};
use domain::ids::{CompanyId, ContactChangeId, PaperId, TitleId, UserId};
use domain::order::Address;
use domain::paper::PaperFormat;
use domain::qualification::{CompanyPaperKind, QualificationRefusal, QualificationState};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::account::CodeSent;
use crate::secret::Secret;

/// A company's file. Whoever changes it sends `version` back; another one in between is
/// `changed_meanwhile`, and nothing typed is lost.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CompanyFile {
    /// The company.
    pub id: CompanyId,
    /// Its version.
    pub version: u64,
    /// 基本信息.
    pub basics: BasicsView,
    /// Who is told about orders.
    pub contact: Contact,
    /// Until when contact and address of paid orders are frozen.
    pub frozen_until: Option<Timestamp>,
    /// 发票信息.
    pub invoice_titles: Vec<InvoiceTitleView>,
    /// Address book.
    pub addresses: Vec<SavedAddress>,
    /// 企业资料审核.
    pub qualification: QualificationView,
    /// The record that took name and code over, if one did.
    pub superseded: bool,
    /// When it registered.
    pub created_at: Timestamp,
}

/// 基本信息.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct BasicsView {
    /// Full name.
    pub name: String,
    /// Unified social credit code.
    pub credit_code: String,
    /// Name of the legal representative; may be empty.
    pub legal_representative: String,
    /// Their ID number, masked; none while it was not told.
    pub legal_representative_id: Option<String>,
    /// Registered address.
    pub registered_address: String,
    /// Telephone.
    pub phone: String,
}

/// Changes 基本信息. Another name or code closes the qualification again (R2).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicsRequest {
    /// The version that was looked at.
    pub version: u64,
    /// Full name.
    pub name: String,
    /// Unified social credit code.
    pub credit_code: String,
    /// Name of the legal representative.
    pub legal_representative: String,
    /// Their ID number; none leaves it as it is, an empty one takes it away.
    #[serde(default)]
    pub legal_representative_id: Option<Secret>,
    /// Agreement to the handling of the ID number: the version of the text shown. Needed with a new number.
    #[serde(default)]
    pub consent: Option<String>,
    /// Registered address.
    pub registered_address: String,
    /// Telephone.
    pub phone: String,
}

/// Changes the contact. A new mobile number or mailbox is confirmed by code first (R56).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactRequest {
    /// The version that was looked at.
    pub version: u64,
    /// The contact.
    pub contact: Contact,
}

/// What became of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ContactChangeView {
    /// The file as it is now.
    pub file: CompanyFile,
    /// What waits for codes; none when it is done.
    pub change: Option<ContactChangeId>,
    /// The code sent to the new mobile number.
    pub mobile_code: Option<CodeSent>,
    /// The code sent to the new mailbox.
    pub mail_code: Option<CodeSent>,
}

/// Confirms a new contact.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactConfirmRequest {
    /// The digits sent to the new mobile number.
    #[serde(default)]
    pub mobile_code: Option<Secret>,
    /// The digits sent to the new mailbox.
    #[serde(default)]
    pub mail_code: Option<Secret>,
}

/// A title for invoices.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceTitleView {
    /// Its id.
    pub id: TitleId,
    /// For which kind.
    pub kind: TitleKind,
    /// 发票抬头.
    pub title: String,
    /// 纳税人识别号.
    pub tax_number: String,
    /// 开户银行.
    pub bank: String,
    /// 银行账号, masked.
    pub bank_account: Option<String>,
    /// 注册地址.
    pub address: String,
    /// 注册电话.
    pub phone: String,
    /// Where the electronic invoice is mailed.
    pub mail: String,
    /// The one chosen at first.
    pub is_default: bool,
}

/// Adds or changes a title.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceTitleRequest {
    /// The version of the file that was looked at.
    pub version: u64,
    /// For which kind.
    pub kind: TitleKind,
    /// 发票抬头.
    pub title: String,
    /// 纳税人识别号.
    pub tax_number: String,
    /// 开户银行; special only.
    #[serde(default)]
    pub bank: String,
    /// 银行账号; special only. None leaves it as it is.
    #[serde(default)]
    pub bank_account: Option<Secret>,
    /// 注册地址; special only.
    #[serde(default)]
    pub address: String,
    /// 注册电话; special only.
    #[serde(default)]
    pub phone: String,
    /// Where the electronic invoice is mailed; may be empty.
    #[serde(default)]
    pub mail: String,
    /// The one chosen at first.
    #[serde(default)]
    pub is_default: bool,
}

/// Adds or changes an address.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressRequest {
    /// The version of the file that was looked at.
    pub version: u64,
    /// The address.
    pub address: Address,
    /// The one chosen at first.
    #[serde(default)]
    pub is_default: bool,
}

/// The version of the file that was looked at, where there is no body.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionQuery {
    /// The version.
    pub version: u64,
}

/// A company's own history, the newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CompanyHistory {
    /// Its entries.
    pub events: Vec<CompanyEventView>,
}

/// One entry.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CompanyEventView {
    /// Its place.
    pub seq: u32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Their name, where it is a person of the company.
    pub actor_name: String,
    /// What.
    pub event: CompanyEventKind,
    /// Which fields.
    pub changes: Vec<FieldChange>,
    /// A reason, a name.
    pub note: String,
}

/// The people who log in for a company.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PeopleView {
    /// All of them.
    pub people: Vec<PersonView>,
}

/// One of them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PersonView {
    /// Id.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// Mobile number.
    pub mobile: String,
    /// Account name.
    pub account: Option<String>,
    /// Is it whom a login by the company's name means?
    pub main: bool,
    /// Is it you?
    pub you: bool,
    /// Has the person set a password?
    pub ready: bool,
    /// Raised by every change.
    pub version: u64,
}

/// Adds or changes a person. A new one sets the password by the road for a forgotten one (R53).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonRequest {
    /// Name.
    pub name: String,
    /// Mobile number: codes go there.
    pub mobile: String,
    /// Account name; the main person may do without where the company's name is a login name.
    #[serde(default)]
    pub account: Option<String>,
    /// The version that was looked at; none for a new one.
    #[serde(default)]
    pub version: Option<u64>,
}

/// Announces a file about a company.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompanyPaperRequest {
    /// What it is.
    pub kind: CompanyPaperKind,
    /// The file's name.
    pub file_name: String,
    /// Its format.
    pub format: PaperFormat,
    /// Its length in bytes, at most 20 MB.
    pub length: u64,
    /// SHA-256 of its content, hex.
    pub sha256: String,
}

/// 企业资料审核.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QualificationView {
    /// Where it stands.
    pub state: QualificationState,
    /// The files handed in last.
    pub papers: Vec<CompanyPaperView>,
    /// What was sent back, and why.
    pub refusals: Vec<QualificationRefusal>,
    /// When they were handed in.
    pub submitted_at: Option<Timestamp>,
    /// When a reviewer decided.
    pub decided_at: Option<Timestamp>,
}

/// A file about a company.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CompanyPaperView {
    /// Its id.
    pub id: PaperId,
    /// What it is.
    pub kind: CompanyPaperKind,
    /// Its name.
    pub file_name: String,
    /// When it was announced.
    pub created_at: Timestamp,
}

/// Hands the company's papers in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualificationRequest {
    /// The version of the file that was looked at.
    pub version: u64,
    /// The announced files; their bytes have arrived.
    pub papers: Vec<PaperId>,
}

//! Unbinding (证书解绑), the road for a lost mailbox, objections.

use domain::company::Contact;
use domain::ids::{PaperId, RecoveryId};
use domain::recovery::RecoveryState;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::account::CodeSent;
use crate::company::CompanyPaperView;
use crate::secret::Secret;

/// Asks for an unbinding (R29): the mailbox and at least two more; all that are given must be right. With
/// the code that makes the manual's seven.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnbindingRequest {
    /// 邮箱, required: the code goes there.
    pub mail: String,
    /// 账号.
    #[serde(default)]
    pub account: String,
    /// 联系人.
    #[serde(default)]
    pub contact_name: String,
    /// 组织机构代码: the credit code, or the 9 characters of the organisation code within it.
    #[serde(default)]
    pub organisation_code: String,
    /// 手机号.
    #[serde(default)]
    pub mobile: String,
    /// 企业名称.
    #[serde(default)]
    pub company_name: String,
    /// The solved human check, base64.
    pub human: String,
}

/// Begins the road for a lost mailbox or mobile number (邮箱或手机已停用).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryRequest {
    /// Where.
    pub storefront: String,
    /// Full name, as on the licence.
    pub company_name: String,
    /// Unified social credit code.
    pub credit_code: String,
    /// The new contact; mobile number and mailbox are confirmed by code.
    pub contact: Contact,
    /// Agreement to the handling of identity papers: the version of the text shown.
    pub consent: String,
    /// The solved human check, base64.
    pub human: String,
}

/// An application, as the one who made it sees it. A cookie of that browser opens it; it never tells
/// whether the company exists.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryView {
    /// Its id, to name on the telephone.
    pub id: RecoveryId,
    /// Where it stands.
    pub state: RecoveryState,
    /// The name that was typed.
    pub company_name: String,
    /// The code that was typed.
    pub credit_code: String,
    /// The new contact, masked.
    pub contact: Contact,
    /// Are mobile number and mailbox confirmed?
    pub confirmed: bool,
    /// The code sent to the new mobile number, while it can be used.
    pub mobile_code: Option<CodeSent>,
    /// The code sent to the new mailbox, while it can be used.
    pub mail_code: Option<CodeSent>,
    /// The files so far.
    pub papers: Vec<CompanyPaperView>,
    /// Why it was refused.
    pub refused_because: String,
    /// Until when the old contacts may object.
    pub object_until: Option<Timestamp>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was handed in.
    pub submitted_at: Option<Timestamp>,
}

/// Confirms the new contact.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryConfirmRequest {
    /// The digits sent to the new mobile number.
    pub mobile_code: Secret,
    /// The digits sent to the new mailbox.
    pub mail_code: Secret,
}

/// Hands the papers in: licence, stamped authorisation, the legal representative's ID.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoverySubmitRequest {
    /// The announced files; their bytes have arrived.
    pub papers: Vec<PaperId>,
}

/// The secret part of a link.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// What stands behind the `#`.
    pub token: Secret,
}

/// What an objection would stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionKind {
    /// An unbinding.
    Unbinding,
    /// A new contact.
    Recovery,
}

/// What the link is about.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ObjectionView {
    /// What it would stop.
    pub kind: ObjectionKind,
    /// The company.
    pub company_name: String,
    /// Until when.
    pub expires_at: Timestamp,
}

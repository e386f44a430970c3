//! Registration, login, sessions, passwords.

use domain::actor::Role;
use domain::company::Contact;
use domain::ids::{CodeId, CompanyId, RegistrationId, SessionId, StaffId, UserId};
use domain::notice::Channel;
use domain::qualification::QualificationState;
use domain::session::SessionLevel;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// Asks for a human check.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeQuery {
    /// The longer one, asked for by the code `human_check_harder`.
    #[serde(default)]
    pub hard: bool,
}

/// A human check (ALTCHA): find the number whose hash with the salt is the challenge. Bound to the
/// browser's cookie, good for one request within some minutes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ChallengeView {
    /// `SHA-256`.
    pub algorithm: String,
    /// The hash to be found, hex.
    pub challenge: String,
    /// The number is not larger than this.
    pub maxnumber: u64,
    /// What goes before the number.
    pub salt: String,
    /// Ours.
    pub signature: String,
}

/// A one-time code is on its way, or would be if there were somebody to send it to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CodeSent {
    /// Its id.
    pub code: CodeId,
    /// How it is sent.
    pub channel: Channel,
    /// Where to, as typed, with most of it hidden.
    pub to: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// Registers a company.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// Where.
    pub storefront: String,
    /// The account name, where the storefront has login by account names.
    #[serde(default)]
    pub account: Option<String>,
    /// At least 10 characters.
    pub password: Secret,
    /// Full name, as on the licence.
    pub company_name: String,
    /// Unified social credit code.
    pub credit_code: String,
    /// The first person, and who is told about orders. The mobile number is confirmed by code.
    pub contact: Contact,
    /// The solved human check, base64.
    pub human: String,
}

/// A registration that waits for its code.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RegistrationView {
    /// Its id.
    pub registration: RegistrationId,
    /// The code sent to the mobile number.
    pub code: CodeSent,
}

/// Asks for a code once more.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HumanRequest {
    /// The solved human check, base64.
    pub human: String,
}

/// Six digits.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// The digits.
    pub code: Secret,
}

/// Logs in with a password.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// Where: the storefront decides which names it takes.
    pub storefront: String,
    /// Account name or the company's full name.
    pub name: String,
    /// The password.
    pub password: Secret,
    /// The solved human check, base64.
    pub human: String,
}

/// What became of a login by password.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LoginView {
    /// Who is logged in now; none while a code has to be typed first.
    pub session: Option<SessionView>,
    /// The company is bound to a key: this code opens a limited session; unbinding opens a full one.
    pub code: Option<CodeSent>,
}

/// Opens the limited session of a bound company.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginCodeRequest {
    /// The code's id.
    pub id: CodeId,
    /// The digits.
    pub code: Secret,
}

/// Who is logged in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// The person.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// The account name, if they have one.
    pub account: Option<String>,
    /// How much the session may do.
    pub level: SessionLevel,
    /// Until when.
    pub expires_at: Timestamp,
    /// Their company.
    pub company: CompanyId,
    /// Its name.
    pub company_name: String,
    /// Its code.
    pub credit_code: String,
    /// Who is told about orders.
    pub contact: Contact,
    /// Where the company registered.
    pub storefront: String,
    /// Whether its papers are approved.
    pub qualification: QualificationState,
}

/// One's own sessions.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionList {
    /// The newest first.
    pub sessions: Vec<SessionRow>,
}

/// One session.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Is it this one?
    pub current: bool,
    /// How much it may do.
    pub level: SessionLevel,
    /// Browser and system, as the browser said.
    pub device: String,
    /// Address it was opened from.
    pub address: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Asks for a code to set a new password (R53). The answer is the same whether the company exists or not.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordResetRequest {
    /// Full name of the company.
    pub company_name: String,
    /// Mobile number of the person, as registered.
    pub mobile: String,
    /// The solved human check, base64.
    pub human: String,
}

/// Sets a new password by code. Ends all sessions of that person; never unbinds.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasswordRequest {
    /// The digits.
    pub code: Secret,
    /// The new password.
    pub password: Secret,
}

/// Changes one's own password. Ends all other sessions of that person.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChangeRequest {
    /// The present password.
    pub current: Secret,
    /// The new one.
    pub password: Secret,
}

/// Logs a member of staff in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffLoginRequest {
    /// Mail address.
    pub mail: String,
    /// Password.
    pub password: Secret,
    /// The six digits of the second factor (TOTP).
    pub code: Secret,
}

/// Which member of staff is logged in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StaffSessionView {
    /// Who.
    pub staff: StaffId,
    /// Name.
    pub name: String,
    /// Mail address.
    pub mail: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// At which branch, for the role `branch`.
    pub branch_name: Option<String>,
    /// Until when.
    pub expires_at: Timestamp,
}

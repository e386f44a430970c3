//! A registration that waits for the code sent to its mobile number.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::company::{Contact, CreditCode, PasswordHash};
use crate::ids::{CodeId, RegistrationId};
use crate::policy::StorefrontId;

/// What was typed, until the mobile number is confirmed. Nothing else of the company exists before that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Its id.
    pub id: RegistrationId,
    /// Where.
    pub storefront: StorefrontId,
    /// Full name, as on the licence.
    pub company_name: String,
    /// Its code.
    pub credit_code: CreditCode,
    /// The account name, where there is one.
    #[serde(default)]
    pub account: Option<String>,
    /// The first person, and whom to tell about orders.
    pub contact: Contact,
    /// The password.
    pub password: PasswordHash,
    /// The code that confirms it; another one after it was asked for again.
    pub code: CodeId,
    /// When it became a company.
    #[serde(default)]
    pub done_at: Option<Timestamp>,
    /// Swept away after that.
    pub expires_at: Timestamp,
    /// Raised by every change.
    pub version: u64,
}

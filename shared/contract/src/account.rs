//! Accounts and sessions.

use domain::actor::Role;
use domain::company::Contact;
use domain::ids::{CompanyId, StaffId, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// Registers a company and logs its first person in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// Where.
    pub storefront: String,
    /// The name to log in with.
    pub account: String,
    /// At least 10 characters.
    pub password: Secret,
    /// Full name, as on the licence.
    pub company_name: String,
    /// Unified social credit code.
    pub credit_code: String,
    /// Who is told about orders.
    pub contact: Contact,
}

/// Logs in with a password.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// Account name.
    pub account: String,
    /// The password.
    pub password: Secret,
}

/// Who is logged in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// The person.
    pub user: UserId,
    /// The name they log in with.
    pub account: String,
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
}

/// Logs a member of staff in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffLoginRequest {
    /// Mail address.
    pub mail: String,
    /// Password.
    pub password: Secret,
}

/// Which member of staff is logged in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StaffSessionView {
    /// Who.
    pub staff: StaffId,
    /// Name.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
}

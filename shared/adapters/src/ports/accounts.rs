//! Companies, people, sessions.

use async_trait::async_trait;
use domain::actor::Role;
use domain::company::{Company, User};
use domain::ids::{CompanyId, StaffId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PortError;

/// A company on the day it registers, with its first person.
#[derive(Debug, Clone)]
pub struct NewCompany {
    /// The company.
    pub company: Company,
    /// The person.
    pub user: User,
    /// argon2id, PHC string.
    pub password_hash: String,
}

/// What is needed to check a password.
#[derive(Debug, Clone)]
pub struct StoredLogin<T> {
    /// Whose it is.
    pub owner: T,
    /// argon2id, PHC string.
    pub password_hash: String,
}

/// Why a registration is refused.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Somebody has this account name.
    #[error("account name taken")]
    AccountTaken,
    /// A company with this credit code is there.
    #[error("company registered")]
    CompanyRegistered,
    /// The store does not answer.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Companies and the people who log in for them.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Writes company, person, login name and credit code in one transaction, or nothing.
    async fn register(&self, new: &NewCompany) -> Result<(), RegisterError>;

    /// The login of an account name, compared by [`domain::company::login_key`].
    async fn login(&self, account: &str) -> Result<Option<StoredLogin<User>>, PortError>;

    /// A company.
    async fn company(&self, id: &CompanyId) -> Result<Option<Company>, PortError>;

    /// A person of a company.
    async fn user(&self, company: &CompanyId, user: &UserId) -> Result<Option<User>, PortError>;
}

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// Id.
    pub id: StaffId,
    /// Name.
    pub name: String,
    /// Mail address, the login name.
    pub mail: String,
    /// What they may do.
    pub roles: Vec<Role>,
}

/// Staff.
#[async_trait]
pub trait StaffAccounts: Send + Sync {
    /// The login of a mail address.
    async fn staff_login(&self, mail: &str) -> Result<Option<StoredLogin<Staff>>, PortError>;

    /// A member of staff.
    async fn staff(&self, id: &StaffId) -> Result<Option<Staff>, PortError>;

    /// Takes somebody on, or changes them.
    async fn put_staff(&self, staff: &Staff, password_hash: &str) -> Result<(), PortError>;
}

/// Who a session is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum SessionOwner {
    /// A person of a company.
    Company {
        /// Company.
        company: CompanyId,
        /// Person.
        user: UserId,
    },
    /// A member of staff.
    Staff {
        /// Who.
        staff: StaffId,
    },
}

/// A session. Only the hash of its token is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    /// Whose.
    pub owner: SessionOwner,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Sessions.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens one.
    async fn open(&self, session: &Session) -> Result<(), PortError>;

    /// The session of a token's hash, if it has not ended at `now`. TTL only sweeps; this decides.
    async fn find(&self, token_hash: &str, now: Timestamp) -> Result<Option<Session>, PortError>;

    /// Ends one. Ending it again is nothing.
    async fn end(&self, token_hash: &str) -> Result<(), PortError>;
}

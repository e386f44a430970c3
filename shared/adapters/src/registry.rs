//! The kinds of documents behind [`Registry`], with their keys. [ADR 0005](../../../docs/adr/0005-dynamodb-keys.md)
//! lists them; that page and this file change together.

mod certificates;
mod money;
mod orders;
mod seals;
mod stock;

pub use certificates::*;
pub use money::*;
pub use orders::*;
pub use seals::*;
pub use stock::*;

use domain::audit::{AuditEntry, AuditHead};
use domain::code::OneTimeCode;
use domain::company::{Company, CompanyEvent, ContactChange, User, login_key};
use domain::ids::{
    BranchId, CodeId, CompanyId, ContactChangeId, InviteId, ObjectionId, OperationId, PaperId,
    RecoveryId, RegistrationId, StaffId, StaffRequestId, UserId,
};
use domain::key::{CompanyKey, HandedKey};
use domain::operation::{Operation, OperationState};
use domain::qualification::{CompanyPaper, QualificationState};
use domain::recovery::{Objection, Recovery, RecoveryState};
use domain::registration::Registration;
use domain::session::{Session, SessionOwner};
use domain::staff::{Branch, Invite, Staff, StaffRequest, StaffRequestState};
use domain::throttle::Throttle;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use crate::ports::Registry;
use crate::ports::{Index, Kept, Key, Place, PortError};

/// A time in a sort key: seconds, fixed width.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn place(index: Index, pk: impl Into<String>, sk: impl Into<String>) -> Place {
    Place {
        index,
        pk: pk.into(),
        sk: sk.into(),
    }
}

/// What begins the sort keys of a company's people.
pub const USERS: &str = "USER#";
/// What begins those of its history.
pub const COMPANY_EVENTS: &str = "EVENT#";
/// What begins those of its keys.
pub const KEYS: &str = "KEY#";
/// What begins those of its files.
pub const COMPANY_PAPERS: &str = "PAPER#";
/// What begins those of the claims on a name or code.
pub const CLAIMS: &str = "CLAIM#";
/// What begins those of a chain's entries.
pub const AUDIT_ENTRIES: &str = "ENTRY#";

/// The partition of a company.
pub fn company_partition(id: &CompanyId) -> String {
    format!("COMPANY#{id}")
}

/// A company.
pub fn company(id: &CompanyId) -> Key {
    Key::new(company_partition(id), "PROFILE")
}

/// The queue of companies that wait for a reviewer.
pub const QUALIFICATION_QUEUE: &str = "QUEUE#qualification";

impl Kept for Company {
    fn key(&self) -> Key {
        company(&self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
    fn places(&self) -> Vec<Place> {
        match (self.qualification.state, self.qualification.submitted_at) {
            (QualificationState::Submitted, Some(at)) => vec![place(
                Index::ByState,
                QUALIFICATION_QUEUE,
                format!("{}#{}", time(at), self.id),
            )],
            _ => Vec::new(),
        }
    }
}

/// A person of a company.
pub fn user(company: &CompanyId, user: &UserId) -> Key {
    Key::new(company_partition(company), format!("{USERS}{user}"))
}

impl Kept for User {
    fn key(&self) -> Key {
        user(&self.company, &self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

impl Kept for CompanyEvent {
    fn key(&self) -> Key {
        Key::new(
            company_partition(&self.company),
            format!("{COMPANY_EVENTS}{:06}", self.seq),
        )
    }
}

/// A company's key, by the token's own serial number.
pub fn company_key(company: &CompanyId, serial: &str) -> Key {
    Key::new(company_partition(company), format!("{KEYS}{serial}"))
}

impl Kept for CompanyKey {
    fn key(&self) -> Key {
        company_key(&self.company, &self.serial)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// What begins the sort keys of a company's keys that wait to be activated.
pub const HANDED: &str = "HANDED#";

/// A key that waits to be activated.
pub fn handed_key(company: &CompanyId, serial: &str) -> Key {
    Key::new(company_partition(company), format!("{HANDED}{serial}"))
}

impl Kept for HandedKey {
    fn key(&self) -> Key {
        handed_key(&self.company, &self.serial)
    }
}

/// An account name, taken by one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountName {
    /// As the person wrote it.
    pub account: String,
    /// Whose company.
    pub company: CompanyId,
    /// Who.
    pub user: UserId,
}

/// An account name, compared by [`login_key`].
pub fn account_name(account: &str) -> Key {
    Key::new(format!("LOGIN#{}", login_key(account)), "LOGIN")
}

impl Kept for AccountName {
    fn key(&self) -> Key {
        account_name(&self.account)
    }
}

/// What is claimed: a company's name, or its credit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claimed {
    /// The name.
    Name,
    /// The code.
    CreditCode,
}

/// The partition of a name or code: its claims and its owner.
pub fn claims(what: Claimed, text: &str) -> String {
    match what {
        Claimed::Name => format!("NAME#{}", login_key(text)),
        Claimed::CreditCode => format!("CREDIT#{text}"),
    }
}

/// A company says that a name or code is its own. Many may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What.
    pub what: Claimed,
    /// The name or code.
    pub text: String,
    /// Who says so.
    pub company: CompanyId,
    /// Since when: the ids of companies are in that order too.
    pub at: Timestamp,
}

impl Kept for Claim {
    fn key(&self) -> Key {
        Key::new(
            claims(self.what, &self.text),
            format!("{CLAIMS}{}", self.company),
        )
    }
}

/// A name or code whose company's papers were approved. At most one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ownership {
    /// What.
    pub what: Claimed,
    /// The name or code.
    pub text: String,
    /// Whose it is.
    pub company: CompanyId,
    /// Since when.
    pub at: Timestamp,
}

/// The owner of a name or code.
pub fn ownership(what: Claimed, text: &str) -> Key {
    Key::new(claims(what, text), "OWNER")
}

impl Kept for Ownership {
    fn key(&self) -> Key {
        ownership(self.what, &self.text)
    }
}

/// A registration.
pub fn registration(id: &RegistrationId) -> Key {
    Key::new(format!("REGISTRATION#{id}"), "REGISTRATION")
}

impl Kept for Registration {
    fn key(&self) -> Key {
        registration(&self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
    fn sweep_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// A one-time code.
pub fn code(id: &CodeId) -> Key {
    Key::new(format!("CODE#{id}"), "CODE")
}

impl Kept for OneTimeCode {
    fn key(&self) -> Key {
        code(&self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
    fn sweep_at(&self) -> Option<Timestamp> {
        Some(self.expires_at() + SignedDuration::from_hours(24))
    }
}

/// A counter of failures.
pub fn throttle(key: &str) -> Key {
    Key::new(format!("THROTTLE#{key}"), "THROTTLE")
}

/// A throttle with the moment from which on nobody needs it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptThrottle {
    /// The counter.
    #[serde(flatten)]
    pub throttle: Throttle,
    /// Swept away then.
    pub useless_at: Timestamp,
}

impl Kept for KeptThrottle {
    fn key(&self) -> Key {
        throttle(&self.throttle.key)
    }
    fn version(&self) -> Option<u64> {
        Some(self.throttle.version)
    }
    fn sweep_at(&self) -> Option<Timestamp> {
        Some(self.useless_at)
    }
}

/// A human check that was used.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UsedChallenge {
    /// The challenge, hex.
    pub challenge: String,
    /// When it would have ended by itself.
    pub expires_at: Timestamp,
}

impl Kept for UsedChallenge {
    fn key(&self) -> Key {
        Key::new(format!("CHALLENGE#{}", self.challenge), "CHALLENGE")
    }
    fn sweep_at(&self) -> Option<Timestamp> {
        Some(self.expires_at + SignedDuration::from_hours(1))
    }
}

/// A browser from which somebody has logged in: strangers' failures cost it nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KnownBrowser {
    /// Who.
    pub user: UserId,
    /// Hash of the browser's cookie.
    pub browser: String,
    /// Last time.
    pub seen_at: Timestamp,
}

/// A browser of somebody.
pub fn known_browser(user: &UserId, browser: &str) -> Key {
    Key::new(format!("BROWSERS#{user}"), format!("BROWSER#{browser}"))
}

impl Kept for KnownBrowser {
    fn key(&self) -> Key {
        known_browser(&self.user, &self.browser)
    }
    fn sweep_at(&self) -> Option<Timestamp> {
        Some(self.seen_at + SignedDuration::from_hours(24 * 180))
    }
}

/// A session by the hash of its token.
pub fn session(token_hash: &str) -> Key {
    Key::new(format!("SESSION#{token_hash}"), "SESSION")
}

/// The index partition of somebody's sessions.
pub fn sessions_of(owner: &SessionOwner) -> String {
    match owner {
        SessionOwner::Company { user, .. } => format!("SESSIONS#{user}"),
        SessionOwner::Staff { staff } => format!("SESSIONS#{staff}"),
    }
}

impl Kept for Session {
    fn key(&self) -> Key {
        session(&self.token_hash)
    }
    fn places(&self) -> Vec<Place> {
        vec![place(
            Index::ByOwner,
            sessions_of(&self.owner),
            format!("{}#{}", time(self.created_at), self.id),
        )]
    }
    fn sweep_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// A change of contact.
pub fn contact_change(id: &ContactChangeId) -> Key {
    Key::new(format!("CONTACTCHANGE#{id}"), "CONTACTCHANGE")
}

impl Kept for ContactChange {
    fn key(&self) -> Key {
        contact_change(&self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
    fn sweep_at(&self) -> Option<Timestamp> {
        Some(self.expires_at + SignedDuration::from_hours(24))
    }
}

/// The partition in which the files of an owner stand: a company or a recovery.
pub fn company_papers(owner: &str) -> String {
    format!("PAPERS#{owner}")
}

/// A file about a company.
pub fn company_paper(owner: &str, id: &PaperId) -> Key {
    Key::new(company_papers(owner), format!("{COMPANY_PAPERS}{id}"))
}

impl Kept for CompanyPaper {
    fn key(&self) -> Key {
        company_paper(&self.owner, &self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// A recovery.
pub fn recovery(id: &RecoveryId) -> Key {
    Key::new(format!("RECOVERY#{id}"), "RECOVERY")
}

/// The queue of recoveries that wait for reviewers.
pub const RECOVERY_QUEUE: &str = "QUEUE#recovery";
/// Recoveries whose time to object runs.
pub const DUE_RECOVERY: &str = "DUE#recovery";

impl Kept for Recovery {
    fn key(&self) -> Key {
        recovery(&self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
    fn places(&self) -> Vec<Place> {
        match (self.state, self.submitted_at, self.object_until) {
            (RecoveryState::Submitted, Some(at), _) => vec![place(
                Index::ByState,
                RECOVERY_QUEUE,
                format!("{}#{}", time(at), self.id),
            )],
            (RecoveryState::Waiting, _, Some(until)) => vec![place(
                Index::Due,
                DUE_RECOVERY,
                format!("{}#{}", time(until), self.id),
            )],
            _ => Vec::new(),
        }
    }
}

/// The browser that may look at a recovery: the hash of its cookie.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecoveryCookie {
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    /// What it opens.
    pub recovery: RecoveryId,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A recovery's cookie by its hash.
pub fn recovery_cookie(token_hash: &str) -> Key {
    Key::new(format!("RECOVERYCOOKIE#{token_hash}"), "RECOVERYCOOKIE")
}

impl Kept for RecoveryCookie {
    fn key(&self) -> Key {
        recovery_cookie(&self.token_hash)
    }
    fn sweep_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// An objection.
pub fn objection(id: &ObjectionId) -> Key {
    Key::new(format!("OBJECTION#{id}"), "OBJECTION")
}

impl Kept for Objection {
    fn key(&self) -> Key {
        objection(&self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
    fn sweep_at(&self) -> Option<Timestamp> {
        Some(self.expires_at + SignedDuration::from_hours(24 * 30))
    }
}

/// A member of staff.
pub fn staff(id: &StaffId) -> Key {
    Key::new(format!("STAFF#{id}"), "STAFF")
}

/// The index partition of all staff.
pub const ALL_STAFF: &str = "STAFF";

impl Kept for Staff {
    fn key(&self) -> Key {
        staff(&self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
    fn places(&self) -> Vec<Place> {
        vec![place(Index::ByOwner, ALL_STAFF, self.id.as_str())]
    }
}

/// The mail address of a member of staff.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StaffMail {
    /// As it was written.
    pub mail: String,
    /// Whose.
    pub staff: StaffId,
}

/// A mail address, compared by [`login_key`].
pub fn staff_mail(mail: &str) -> Key {
    Key::new(format!("STAFFLOGIN#{}", login_key(mail)), "LOGIN")
}

impl Kept for StaffMail {
    fn key(&self) -> Key {
        staff_mail(&self.mail)
    }
}

/// A request for a second administrator.
pub fn staff_request(id: &StaffRequestId) -> Key {
    Key::new(format!("STAFFREQUEST#{id}"), "STAFFREQUEST")
}

/// Requests that wait.
pub const OPEN_STAFF_REQUESTS: &str = "QUEUE#staff-requests";
/// Requests that were decided.
pub const DECIDED_STAFF_REQUESTS: &str = "DONE#staff-requests";

impl Kept for StaffRequest {
    fn key(&self) -> Key {
        staff_request(&self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
    fn places(&self) -> Vec<Place> {
        let queue = match self.state {
            StaffRequestState::Open => OPEN_STAFF_REQUESTS,
            StaffRequestState::Approved | StaffRequestState::Declined => DECIDED_STAFF_REQUESTS,
        };
        let at = self.decided_at.unwrap_or(self.asked_at);
        vec![place(
            Index::ByState,
            queue,
            format!("{}#{}", time(at), self.id),
        )]
    }
}

/// An invitation.
pub fn invite(id: &InviteId) -> Key {
    Key::new(format!("INVITE#{id}"), "INVITE")
}

impl Kept for Invite {
    fn key(&self) -> Key {
        invite(&self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
    fn sweep_at(&self) -> Option<Timestamp> {
        Some(self.expires_at + SignedDuration::from_hours(24 * 30))
    }
}

/// A branch.
pub fn branch(id: &BranchId) -> Key {
    Key::new(BRANCHES, format!("{BRANCH}{id}"))
}

/// The partition of all branches.
pub const BRANCHES: &str = "BRANCHES";

/// An operation of an agent.
pub fn operation(id: &OperationId) -> Key {
    Key::new(format!("OPERATION#{id}"), "OPERATION")
}

/// How long an operation is kept after its end, for whoever asks what happened.
const OPERATION_DAYS: i64 = 400;

impl Kept for Operation {
    fn key(&self) -> Key {
        operation(&self.id)
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }

    fn sweep_at(&self) -> Option<Timestamp> {
        match self.state {
            OperationState::Offered => Some(self.expires_at),
            // It ends by its agent alone, whenever that comes back.
            OperationState::Claimed => None,
            OperationState::Done | OperationState::RolledBack => self
                .ended_at
                .map(|end| end + SignedDuration::from_hours(24 * OPERATION_DAYS)),
        }
    }
}

/// All branches, by their names.
///
/// # Errors
/// The store's.
pub async fn branches(registry: &dyn Registry) -> Result<Vec<Branch>, PortError> {
    let mut branches: Vec<Branch> = registry.load_all(BRANCHES, BRANCH).await?;
    branches.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(branches)
}
/// What begins the keys of branches.
pub const BRANCH: &str = "BRANCH#";

impl Kept for Branch {
    fn key(&self) -> Key {
        branch(&self.id)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// The partition of somebody's chain.
pub fn audit_chain(staff: &StaffId) -> String {
    format!("AUDIT#{staff}")
}

/// The head of a chain.
pub fn audit_head(staff: &StaffId) -> Key {
    Key::new(audit_chain(staff), "HEAD")
}

/// Heads that nobody has signed yet.
pub const DUE_AUDIT: &str = "DUE#audit";

impl Kept for AuditHead {
    fn key(&self) -> Key {
        audit_head(&self.staff)
    }
    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
    fn places(&self) -> Vec<Place> {
        let mut places = vec![place(Index::ByOwner, AUDIT_CHAINS, self.staff.as_str())];
        if self.signed_seq < self.seq {
            places.push(place(
                Index::Due,
                DUE_AUDIT,
                format!("{}#{}", time(self.at), self.staff),
            ));
        }
        places
    }
}

/// The index partition of all chains.
pub const AUDIT_CHAINS: &str = "AUDITCHAINS";

/// The index partition of a month, in UTC: `AUDITMONTH#2026-11`.
pub fn audit_month(at: Timestamp) -> String {
    format!("AUDITMONTH#{}", at.strftime("%Y-%m"))
}

/// The index partition of everything done to one thing.
pub fn audit_subject(subject: &str) -> String {
    format!("AUDITSUBJECT#{subject}")
}

impl Kept for AuditEntry {
    fn key(&self) -> Key {
        Key::new(
            audit_chain(&self.staff),
            format!("{AUDIT_ENTRIES}{:012}", self.seq),
        )
    }
    fn places(&self) -> Vec<Place> {
        let at = format!("{}#{}#{:012}", time(self.at), self.staff, self.seq);
        vec![
            place(Index::ByState, audit_month(self.at), at.clone()),
            place(Index::ByOwner, audit_subject(&self.subject), at),
        ]
    }
}

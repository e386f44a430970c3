//! Sessions: opened under a new token at each rise of rights, found by the token's hash, ended at once.

use std::sync::Arc;

use adapters::ports::{
    Clock, Index, Kept, PortError, Random, Registry, Span, Transaction, new_ulid,
};
use adapters::registry;
use domain::company::User;
use domain::ids::SessionId;
use domain::key::CompanyKey;
use domain::session::{OpeningKey, Session, SessionLevel, SessionOwner};
use domain::staff::Staff;
use http::{HeaderMap, HeaderName, header};
use jiff::SignedDuration;

use crate::cookie;
use crate::error::ApiError;
use crate::visitor::Visitor;

/// How long a company's person stays logged in.
pub const COMPANY_SESSION: SignedDuration = SignedDuration::from_hours(12);
/// How long a limited session lasts.
pub const LIMITED_SESSION: SignedDuration = SignedDuration::from_hours(2);
/// How long a member of staff stays logged in: a working day.
pub const STAFF_SESSION: SignedDuration = SignedDuration::from_hours(10);
/// How many of one's own sessions are listed.
const LISTED: u32 = 50;

/// A session that is to be opened: written by the caller, its cookie set by the caller.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// The header that sets its cookie.
    pub cookie: (HeaderName, String),
}

/// Sessions.
#[derive(Clone)]
pub struct Sessions {
    /// Where they stand.
    pub registry: Arc<dyn Registry>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Tokens.
    pub random: Arc<dyn Random>,
}

/// The cookie of an owner's sessions.
pub fn cookie_of(owner: &SessionOwner) -> &'static str {
    match owner {
        SessionOwner::Company { .. } => cookie::COMPANY,
        SessionOwner::Staff { .. } => cookie::STAFF,
    }
}

impl Sessions {
    fn begin(
        &self,
        owner: SessionOwner,
        level: SessionLevel,
        epoch: u32,
        lifetime: SignedDuration,
        visitor: &Visitor,
    ) -> NewSession {
        let now = self.clock.now();
        let token = cookie::new_token(&*self.random);
        let set = cookie::set(cookie_of(&owner), &token);
        NewSession {
            session: Session {
                token_hash: cookie::token_hash(&token),
                id: SessionId::from_ulid(&new_ulid(&*self.clock, &*self.random)),
                owner,
                level,
                key: None,
                epoch,
                device: visitor.device.clone(),
                address: visitor.address.clone(),
                created_at: now,
                expires_at: now + lifetime,
            },
            cookie: (header::SET_COOKIE, set),
        }
    }

    /// A session of a company's person.
    pub fn of_user(&self, user: &User, level: SessionLevel, visitor: &Visitor) -> NewSession {
        let owner = SessionOwner::Company {
            company: user.company.clone(),
            user: user.id.clone(),
        };
        let lifetime = if level.is_full() {
            COMPANY_SESSION
        } else {
            LIMITED_SESSION
        };
        self.begin(owner, level, user.epoch, lifetime, visitor)
    }

    /// A session that one of the company's keys opened. It ends with the key.
    pub fn of_key(&self, user: &User, key: OpeningKey, visitor: &Visitor) -> NewSession {
        let mut new = self.of_user(user, SessionLevel::Key, visitor);
        new.session.key = Some(key);
        new
    }

    /// A session of a member of staff.
    pub fn of_staff(&self, staff: &Staff, visitor: &Visitor) -> NewSession {
        let owner = SessionOwner::Staff {
            staff: staff.id.clone(),
        };
        self.begin(
            owner,
            SessionLevel::Full,
            staff.epoch,
            STAFF_SESSION,
            visitor,
        )
    }

    /// The session of a request's cookie, if it has not ended. Whether its owner still has that epoch and its
    /// key is still good is the access layer's to ask.
    ///
    /// # Errors
    /// The store's troubles.
    pub async fn find(
        &self,
        headers: &HeaderMap,
        name: &str,
    ) -> Result<Option<Session>, PortError> {
        let Some(token) = cookie::read(headers, name) else {
            return Ok(None);
        };
        let key = registry::session(&cookie::token_hash(&token));
        let found: Option<Session> = self.registry.load(&key).await?;
        Ok(found.filter(|session| self.clock.now() < session.expires_at))
    }

    /// Somebody's sessions that have not ended, the newest first. `epoch` is the owner's.
    ///
    /// # Errors
    /// The store's troubles.
    pub async fn list(&self, owner: &SessionOwner, epoch: u32) -> Result<Vec<Session>, PortError> {
        let span = Span::all(Index::ByOwner, registry::sessions_of(owner)).newest_first();
        let now = self.clock.now();
        let page = self
            .registry
            .load_page::<Session>(&span, None, LISTED)
            .await?;
        let alive = |session: &Session| session.epoch == epoch && now < session.expires_at;
        let mut listed = Vec::new();
        for session in page.rows.into_iter().filter(alive) {
            if !self.lost_its_key(&session).await? {
                listed.push(session);
            }
        }
        Ok(listed)
    }

    /// Has the key that opened a session been reported lost since it signed, or revoked? Never of one that a password
    /// opened.
    ///
    /// # Errors
    /// The store's troubles.
    pub async fn lost_its_key(&self, session: &Session) -> Result<bool, PortError> {
        let (Some(opening), SessionOwner::Company { company, .. }) = (&session.key, &session.owner)
        else {
            return Ok(session.level == SessionLevel::Key);
        };
        let place = registry::company_key(company, &opening.serial);
        let key: Option<CompanyKey> = self.registry.load(&place).await?;
        Ok(!key.is_some_and(|key| key.keeps_open(opening.proved_at)))
    }

    /// Ends one. Ending it again is nothing.
    ///
    /// # Errors
    /// The store's troubles.
    pub async fn end(&self, session: &Session) -> Result<(), ApiError> {
        debug_assert!(
            session.version().is_none(),
            "sessions are opened and ended, never changed"
        );
        let end = Transaction::new(self.clock.now()).remove(session);
        self.registry.record(&end).await.map_err(PortError::from)?;
        Ok(())
    }
}

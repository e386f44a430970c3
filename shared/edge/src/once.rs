//! Making a thing once: a request that comes again after a lost answer, a double click, two tabs.
//!
//! The page names each thing that it wants made by a key of its own (`Idempotency-Key`). Whoever makes it
//! writes the key with it, in the same transaction; so whatever happens in between, the key stands for one
//! thing or for none.

use adapters::ports::{Kept, Key, PortError, Registry, Write};
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::FromRequestParts;
use contract::error::FieldCode;
use contract::routes::find;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::extract::Caller;

/// The header that names what is to be made.
pub const ONCE_HEADER: &str = "idempotency-key";

/// How long a key stands for what it made, at least.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// What a key made.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Made {
    /// Whose key, of which operation: hashed.
    key: String,
    /// The request, hashed: another one under the same key is a mistake.
    request: String,
    /// The id of what was made.
    id: String,
    /// Until when the key counts at least.
    until: Timestamp,
}

fn place(key: &str) -> Key {
    Key::new(format!("ONCE#{key}"), "ONCE")
}

impl Kept for Made {
    fn key(&self) -> Key {
        place(&self.key)
    }
    fn sweep_at(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// The key of a request, if it has one.
#[derive(Debug, Clone)]
pub struct Once(Option<String>);

impl<S: Sync> FromRequestParts<S> for Once {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(ONCE_HEADER) else {
            return Ok(Self(None));
        };
        let text = value.to_str().unwrap_or_default();
        let fits = (16..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !fits {
            return Err(ApiError::field("Idempotency-Key", FieldCode::Invalid));
        }
        // A key is its owner's: nobody learns from a guessed one what another has made.
        let owner = match parts.extensions.get::<Caller>() {
            Some(Caller::Company(person)) => person.company.as_str(),
            Some(Caller::Staff(staff)) => staff.id.as_str(),
            Some(Caller::Unknown) | None => return Ok(Self(None)),
        };
        let path = parts
            .extensions
            .get::<axum::extract::MatchedPath>()
            .map(axum::extract::MatchedPath::as_str)
            .unwrap_or_default();
        let operation = find(parts.method.as_str(), path)
            .map_or_else(String::new, |route| route.operation.to_owned());
        Ok(Self(Some(hash(&format!("{owner}\0{operation}\0{text}")))))
    }
}

fn hash(text: &str) -> String {
    hex::encode(digest(&SHA256, text.as_bytes()))
}

fn hash_of(request: &impl Serialize) -> Result<String, ApiError> {
    let text =
        serde_json::to_string(request).map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(hash(&text))
}

impl Once {
    /// What this key made before, if it did.
    ///
    /// # Errors
    /// When it made something of another request; the store's troubles.
    pub async fn made(
        &self,
        registry: &dyn Registry,
        request: &(impl Serialize + Sync),
    ) -> Result<Option<String>, ApiError> {
        let Some(key) = &self.0 else { return Ok(None) };
        let made: Option<Made> = registry.load(&place(key)).await?;
        // A day, and until it is swept: as long as it is there nothing is made twice.
        let Some(made) = made else { return Ok(None) };
        if made.request == hash_of(request)? {
            Ok(Some(made.id))
        } else {
            Err(ApiError::field("Idempotency-Key", FieldCode::Taken))
        }
    }

    /// What is written together with the thing. Nothing when the request has no key.
    ///
    /// # Errors
    /// Only when something cannot be written as JSON.
    pub fn mark(
        &self,
        id: &str,
        request: &impl Serialize,
        now: Timestamp,
    ) -> Result<Vec<Write>, ApiError> {
        let Some(key) = &self.0 else {
            return Ok(Vec::new());
        };
        let made = Made {
            key: key.clone(),
            request: hash_of(request)?,
            id: id.to_owned(),
            until: now + LIFETIME,
        };
        let write = Write::new(&made).map_err(|error: PortError| ApiError::from(error))?;
        Ok(vec![write])
    }
}

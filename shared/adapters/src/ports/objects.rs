//! Buckets.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::PortError;

/// Permission to put one object once: this length, this type, this hash, and only if nothing is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedPut {
    /// Where to.
    pub url: String,
    /// Headers that must be sent exactly so.
    pub headers: BTreeMap<String, String>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// What a bucket knows of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Bytes.
    pub length: u64,
    /// Which writing of it this is: each has its own word.
    pub tag: String,
}

/// An object that everybody may read.
#[derive(Debug, Clone)]
pub struct PublicObject<'a> {
    /// Its name.
    pub key: &'a str,
    /// What it is.
    pub media_type: &'a str,
    /// How long caches may keep it, in seconds.
    pub cache_seconds: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One bucket.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Permission to put.
    async fn presign_put(
        &self,
        key: &str,
        media_type: &str,
        length: u64,
        sha256_hex: &str,
        now: Timestamp,
        lifetime: SignedDuration,
    ) -> Result<PresignedPut, PortError>;

    /// A short-lived address to read from.
    async fn presign_get(&self, key: &str, lifetime: SignedDuration) -> Result<String, PortError>;

    /// Is it there?
    async fn info(&self, key: &str) -> Result<Option<ObjectInfo>, PortError>;

    /// Reads it, at most `limit` bytes; longer is a defect.
    async fn read(&self, key: &str, limit: u64) -> Result<Option<Vec<u8>>, PortError>;

    /// Writes it, over what was there.
    async fn write(&self, key: &str, media_type: &str, bytes: Vec<u8>) -> Result<(), PortError>;

    /// Writes it over what was there, if that is still what [`Self::info`] told: the writing with this tag, or
    /// nothing. [`PortError::Conflict`] when somebody has written since.
    async fn replace(&self, object: PublicObject<'_>, there: Option<&str>)
    -> Result<(), PortError>;
}

//! A bucket in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use adapters::ports::{ObjectInfo, Objects, PortError, PresignedPut, PublicObject};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};

use crate::power::PowerCut;
use crate::{lock, pause};

const SCHEME: &str = "https://bucket.test/";

/// Permission to put one object.
#[derive(Debug, Clone)]
struct Permit {
    media_type: String,
    length: u64,
    expires_at: Timestamp,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, (String, Vec<u8>)>,
    permits: BTreeMap<String, Permit>,
}

/// One bucket.
#[derive(Debug, Default)]
pub struct MemoryObjects {
    power: Arc<PowerCut>,
    state: Mutex<State>,
}

impl MemoryObjects {
    /// An empty bucket.
    pub fn new(power: Arc<PowerCut>) -> Self {
        Self {
            power,
            state: Mutex::default(),
        }
    }

    /// What a browser does with a permission. `false` when the bucket refuses: no permission, another length
    /// or type, too late, or something is there already.
    pub fn upload(&self, url: &str, media_type: &str, bytes: Vec<u8>, now: Timestamp) -> bool {
        let mut state = lock(&self.state);
        let Some(key) = url.strip_prefix(SCHEME) else {
            return false;
        };
        let Some(permit) = state.permits.get(key) else {
            return false;
        };
        let fits = permit.media_type == media_type
            && u64::try_from(bytes.len()) == Ok(permit.length)
            && now < permit.expires_at
            && !state.objects.contains_key(key);
        if fits {
            state
                .objects
                .insert(key.to_owned(), (media_type.to_owned(), bytes));
        }
        fits
    }

    /// Puts an object there without asking.
    pub fn put(&self, key: &str, bytes: Vec<u8>) {
        lock(&self.state).objects.insert(
            key.to_owned(),
            ("application/octet-stream".to_owned(), bytes),
        );
    }

    /// The names of all objects.
    pub fn keys(&self) -> Vec<String> {
        lock(&self.state).objects.keys().cloned().collect()
    }
}

#[async_trait]
impl Objects for MemoryObjects {
    async fn presign_put(
        &self,
        key: &str,
        media_type: &str,
        length: u64,
        sha256_hex: &str,
        now: Timestamp,
        lifetime: SignedDuration,
    ) -> Result<PresignedPut, PortError> {
        // Signing asks nobody, so no power cut can hinder it.
        let digest =
            hex::decode(sha256_hex).map_err(|error| PortError::defect("s3", error.to_string()))?;
        let expires_at = now + lifetime;
        let permit = Permit {
            media_type: media_type.to_owned(),
            length,
            expires_at,
        };
        lock(&self.state).permits.insert(key.to_owned(), permit);
        let headers = [
            ("content-type", media_type.to_owned()),
            ("if-none-match", "*".to_owned()),
            ("x-amz-checksum-sha256", STANDARD.encode(digest)),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).into();
        Ok(PresignedPut {
            url: format!("{SCHEME}{key}"),
            headers,
            expires_at,
        })
    }

    async fn presign_get(&self, key: &str, _: SignedDuration) -> Result<String, PortError> {
        Ok(format!("{SCHEME}{key}?signed"))
    }

    async fn info(&self, key: &str) -> Result<Option<ObjectInfo>, PortError> {
        self.power.read()?;
        let state = lock(&self.state);
        Ok(state.objects.get(key).map(|(_, bytes)| ObjectInfo {
            length: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            tag: tag(bytes),
        }))
    }

    async fn read(&self, key: &str, limit: u64) -> Result<Option<Vec<u8>>, PortError> {
        self.power.read()?;
        let Some((_, bytes)) = lock(&self.state).objects.get(key).cloned() else {
            return Ok(None);
        };
        if u64::try_from(bytes.len()).is_ok_and(|length| length > limit) {
            return Err(PortError::defect("s3", "object longer than its limit"));
        }
        Ok(Some(bytes))
    }

    async fn write(&self, key: &str, media_type: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        let ticket = self.power.before("objects.write")?;
        lock(&self.state)
            .objects
            .insert(key.to_owned(), (media_type.to_owned(), bytes));
        Ok(self.power.after(&ticket)?)
    }

    async fn replace(
        &self,
        object: PublicObject<'_>,
        there: Option<&str>,
    ) -> Result<(), PortError> {
        // Others go first, so that two who replace at once really do.
        pause().await;
        let ticket = self.power.before("objects.replace")?;
        let written = {
            let mut state = lock(&self.state);
            let is = state.objects.get(object.key).map(|(_, bytes)| tag(bytes));
            let fits = is.as_deref() == there;
            if fits {
                let media_type = object.media_type.to_owned();
                let key = object.key.to_owned();
                state.objects.insert(key, (media_type, object.bytes));
            }
            fits
        };
        self.power.after(&ticket)?;
        written.then_some(()).ok_or(PortError::Conflict)
    }
}

/// S3 takes a hash of the bytes; whole bytes tell one writing from another as well.
fn tag(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

//! One bucket in S3.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};

use crate::ports::{ObjectInfo, Objects, PortError, PresignedPut, PublicObject};
use crate::sdk::port_error;

/// A bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    /// The bucket of this name, in the account and region of `config`. With `path_style` its name stands
    /// in the path of addresses, for clouds that have no host name for each bucket.
    pub fn connect(
        config: &aws_types::SdkConfig,
        name: impl Into<String>,
        path_style: bool,
    ) -> Self {
        let config = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(path_style)
            .build();
        Self::new(Client::from_conf(config), name)
    }

    /// The bucket of this name, by this client.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self {
            client,
            name: name.into(),
        }
    }
}

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectVersion {
    /// The object's key.
    pub key: String,
    /// Which version.
    pub version: String,
    /// Is it only the mark that the object was deleted?
    pub deleted: bool,
}

impl Bucket {
    /// All versions of all objects whose keys begin so, those too that newer ones hide.
    ///
    /// # Errors
    /// When S3 does not answer or refuses.
    pub async fn versions(&self, prefix: &str) -> Result<Vec<ObjectVersion>, PortError> {
        let mut found = Vec::new();
        let (mut key, mut version) = (None, None);
        loop {
            let answer = self
                .client
                .list_object_versions()
                .bucket(&self.name)
                .prefix(prefix)
                .set_key_marker(key)
                .set_version_id_marker(version)
                .send()
                .await
                .map_err(|error| port_error("s3", &error))?;
            let named = |key: Option<String>, version: Option<String>, deleted| ObjectVersion {
                key: key.unwrap_or_default(),
                version: version.unwrap_or_default(),
                deleted,
            };
            for there in answer.versions.unwrap_or_default() {
                found.push(named(there.key, there.version_id, false));
            }
            for mark in answer.delete_markers.unwrap_or_default() {
                found.push(named(mark.key, mark.version_id, true));
            }
            if answer.is_truncated != Some(true) {
                return Ok(found);
            }
            if answer.next_key_marker.is_none() {
                return Err(PortError::defect("s3", "a list without its next page"));
            }
            (key, version) = (answer.next_key_marker, answer.next_version_id_marker);
        }
    }

    /// Reads one version of an object, at most `limit` bytes; longer is a defect.
    ///
    /// # Errors
    /// When S3 does not answer or refuses.
    pub async fn read_version(
        &self,
        object: &ObjectVersion,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let version = Some(object.version.clone()).filter(|version| !version.is_empty());
        self.fetch(&object.key, version, limit).await
    }

    async fn fetch(
        &self,
        key: &str,
        version: Option<String>,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let answer = match self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .set_version_id(version)
            .send()
            .await
        {
            Ok(answer) => answer,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(port_error("s3", &error)),
        };
        let length = answer
            .content_length
            .and_then(|n| u64::try_from(n).ok())
            .unwrap_or(u64::MAX);
        if length > limit {
            return Err(PortError::defect("s3", "object longer than its limit"));
        }
        let body = answer
            .body
            .collect()
            .await
            .map_err(|error| PortError::unavailable("s3", error))?;
        Ok(Some(body.to_vec()))
    }
}

fn presigning(lifetime: SignedDuration) -> Result<PresigningConfig, PortError> {
    let lifetime =
        Duration::try_from(lifetime).map_err(|error| PortError::defect("s3", error.to_string()))?;
    PresigningConfig::expires_in(lifetime)
        .map_err(|error| PortError::defect("s3", error.to_string()))
}

#[async_trait]
impl Objects for Bucket {
    async fn presign_put(
        &self,
        key: &str,
        media_type: &str,
        length: u64,
        sha256_hex: &str,
        now: Timestamp,
        lifetime: SignedDuration,
    ) -> Result<PresignedPut, PortError> {
        let digest =
            hex::decode(sha256_hex).map_err(|error| PortError::defect("s3", error.to_string()))?;
        let length =
            i64::try_from(length).map_err(|error| PortError::defect("s3", error.to_string()))?;
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_type(media_type)
            .content_length(length)
            .checksum_sha256(base64::engine::general_purpose::STANDARD.encode(digest))
            .if_none_match("*")
            .presigned(presigning(lifetime)?)
            .await
            .map_err(|error| port_error("s3", &error))?;
        // A browser sets the length and the host itself and lets no page do it.
        let headers: BTreeMap<String, String> = request
            .headers()
            .filter(|(name, _)| {
                !name.eq_ignore_ascii_case("content-length") && !name.eq_ignore_ascii_case("host")
            })
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(PresignedPut {
            url: request.uri().to_owned(),
            headers,
            expires_at: now + lifetime,
        })
    }

    async fn presign_get(&self, key: &str, lifetime: SignedDuration) -> Result<String, PortError> {
        let request = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .presigned(presigning(lifetime)?)
            .await
            .map_err(|error| port_error("s3", &error))?;
        Ok(request.uri().to_owned())
    }

    async fn info(&self, key: &str) -> Result<Option<ObjectInfo>, PortError> {
        match self
            .client
            .head_object()
            .bucket(&self.name)
            .key(key)
            .send()
            .await
        {
            Ok(answer) => Ok(Some(ObjectInfo {
                length: answer
                    .content_length
                    .and_then(|n| u64::try_from(n).ok())
                    .unwrap_or(0),
                tag: answer.e_tag.unwrap_or_default(),
            })),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(port_error("s3", &error)),
        }
    }

    async fn read(&self, key: &str, limit: u64) -> Result<Option<Vec<u8>>, PortError> {
        self.fetch(key, None, limit).await
    }

    async fn write(&self, key: &str, media_type: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        self.client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_type(media_type)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| port_error("s3", &error))
    }

    async fn replace(
        &self,
        object: PublicObject<'_>,
        there: Option<&str>,
    ) -> Result<(), PortError> {
        let put = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(object.key)
            .content_type(object.media_type)
            .cache_control(format!("public, max-age={}", object.cache_seconds))
            .body(ByteStream::from(object.bytes));
        let put = match there {
            Some(tag) => put.if_match(tag),
            None => put.if_none_match("*"),
        };
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if is_other(&error) => Err(PortError::Conflict),
            Err(error) => Err(port_error("s3", &error)),
        }
    }
}

/// Somebody wrote or took away what a write was to replace.
fn is_other<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let status = error.raw_response().map(|raw| raw.status().as_u16());
    matches!(status, Some(404 | 409 | 412)) && !matches!(error.code(), Some("NoSuchBucket"))
}

fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let missing = error
        .raw_response()
        .is_some_and(|raw| raw.status().as_u16() == 404);
    missing || matches!(error.code(), Some("NoSuchKey" | "NotFound"))
}

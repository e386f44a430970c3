//! Announcing an upload.

use std::collections::BTreeMap;

use domain::ids::PaperId;
use domain::paper::{PaperFormat, PaperKind};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file that is about to be uploaded.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperUploadRequest {
    /// What it is.
    pub kind: PaperKind,
    /// Its name on the user's disk.
    pub file_name: String,
    /// Its format.
    pub format: PaperFormat,
    /// Bytes, at most 20 MiB.
    pub length: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// Where and how to put it: one PUT with exactly these headers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PaperUploadView {
    /// Its id, to be named in the materials.
    pub paper: PaperId,
    /// Where to.
    pub url: String,
    /// Headers to send.
    pub headers: BTreeMap<String, String>,
    /// Until when.
    pub expires_at: Timestamp,
}

//! The certificate authority.

use async_trait::async_trait;
use domain::certificate::{Subject, Validity};
use domain::ids::{LineNo, OrderId, UnitNo};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PortError;

/// What a certificate is to say, and for which public key.
#[derive(Debug, Clone)]
pub struct IssueRequest {
    /// PKCS#10, PEM. Only its public key is taken, after its own signature was checked.
    pub csr_pem: String,
    /// From the order.
    pub subject: Subject,
    /// From the order.
    pub validity: Validity,
    /// 16 random bytes; the first bit is cleared and the number is not zero.
    pub serial: [u8; 16],
}

/// A certificate ready to be signed, checked against the profile. Signing consumes it.
#[derive(Debug)]
pub struct Prepared {
    /// Its to-be-signed part, DER.
    pub(crate) tbs: Vec<u8>,
    /// Serial number, hex.
    pub(crate) serial: String,
    /// SHA-256 of the public key in it, hex.
    pub(crate) key_hash: String,
}

impl Prepared {
    /// SHA-256 of the public key in it, hex: what tells one request from another.
    pub fn key_hash(&self) -> &str {
        &self.key_hash
    }

    /// Serial number, hex.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The to-be-signed part, DER.
    pub fn tbs(&self) -> &[u8] {
        &self.tbs
    }

    /// Takes up a certificate again whose to-be-signed part is on record. The record is ours and was
    /// checked when it was prepared.
    pub fn resume(tbs: Vec<u8>, serial: String, key_hash: String) -> Self {
        Self {
            tbs,
            serial,
            key_hash,
        }
    }
}

/// A signed certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedCertificate {
    /// Serial number, hex.
    pub serial: String,
    /// PEM.
    pub certificate_pem: String,
}

/// Why a certificate is not issued.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// The request cannot be used: not PKCS#10, another kind of key, a wrong signature of its own.
    #[error("certificate request cannot be used: {0}")]
    BadRequest(String),
    /// The CA does not answer.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A CA that signs with a key of its own. `prepare` decides everything and may be tried as often as
/// wanted; `issue` is the one irrevocable step.
#[async_trait]
pub trait CertificateAuthority: Send + Sync {
    /// Checks the request and builds what will be signed. Pure.
    fn prepare(&self, request: &IssueRequest) -> Result<Prepared, CaError>;

    /// Signs.
    async fn issue(&self, prepared: Prepared) -> Result<SignedCertificate, CaError>;

    /// Issuing CA and root, PEM.
    fn chain_pem(&self) -> &str;
}

/// Signs SHA-256 digests with a key that nobody can take away.
#[async_trait]
pub trait DigestSigner: Send + Sync {
    /// ECDSA over P-256; the answer is DER.
    async fn sign_sha256(&self, digest: &[u8; 32]) -> Result<Vec<u8>, PortError>;
}

/// The record of one issuance: which request got which certificate, for which unit and attempt. It is
/// written before anything is signed, so that a crash in between leads to the same certificate again and
/// never to a second one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuanceRecord {
    /// Order.
    pub order: OrderId,
    /// Line.
    pub line: LineNo,
    /// Key.
    pub unit: UnitNo,
    /// Which try to make the key.
    pub attempt: u32,
    /// SHA-256 of the request's public key, hex: the same key asking again gets the same certificate.
    pub key_hash: String,
    /// Serial number, hex.
    pub serial: String,
    /// What is signed, base64 of DER.
    pub tbs: String,
    /// From when to when it holds.
    pub validity: Validity,
    /// When it was decided.
    pub created_at: Timestamp,
    /// The certificate, once signed.
    pub certificate_pem: Option<String>,
}

/// The records of issuance.
#[async_trait]
pub trait Certificates: Send + Sync {
    /// The record for a unit and attempt.
    async fn issuance(
        &self,
        order: &OrderId,
        line: LineNo,
        unit: UnitNo,
        attempt: u32,
    ) -> Result<Option<IssuanceRecord>, PortError>;

    /// Writes a new record. [`PortError::Conflict`] when one is there.
    async fn begin_issuance(&self, record: &IssuanceRecord) -> Result<(), PortError>;

    /// Adds the certificate to its record; keeps the one that is there.
    async fn finish_issuance(
        &self,
        record: &IssuanceRecord,
        certificate_pem: &str,
    ) -> Result<(), PortError>;
}

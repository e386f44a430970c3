//! The certificate authority.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::certificate::{KeyPurpose, Listed, Subject, Validity};
use domain::ids::{LineNo, OrderId, UnitNo};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PortError;

/// What a certificate is to say, and for which public key.
#[derive(Debug, Clone)]
pub struct IssueRequest {
    /// PKCS#10, PEM, as `shared/csr` writes it. Only its public keys are taken, after its own signature was
    /// checked.
    pub csr_pem: String,
    /// For which of them.
    pub purpose: KeyPurpose,
    /// The nonce of the operation that the request must be for; none when it need not name one.
    pub nonce: Option<String>,
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
    /// What its key is for.
    pub(crate) purpose: KeyPurpose,
    /// Its to-be-signed part, DER.
    pub(crate) tbs: Vec<u8>,
    /// Serial number, hex.
    pub(crate) serial: String,
    /// SHA-256 of the public key in it, hex.
    pub(crate) key_hash: String,
}

impl Prepared {
    /// What its key is for.
    pub fn purpose(&self) -> KeyPurpose {
        self.purpose
    }

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
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn resume(part: &IssuancePart) -> Result<Self, PortError> {
        let tbs = STANDARD.decode(&part.tbs).map_err(|_| {
            PortError::defect("certificates", "the record of an issuance does not decode")
        })?;
        Ok(Self {
            purpose: part.purpose,
            tbs,
            serial: part.serial.clone(),
            key_hash: part.key_hash.clone(),
        })
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

/// What a revocation list says.
#[derive(Debug, Clone)]
pub struct ListContent {
    /// Its number: a newer list has a larger one.
    pub number: u64,
    /// When it was made.
    pub this_update: Timestamp,
    /// When there will be another one at the latest.
    pub next_update: Timestamp,
    /// The certificates that do not count, each once.
    pub listed: Vec<Listed>,
}

/// Signs revocation lists with the key of the CA.
#[async_trait]
pub trait RevocationLists: Send + Sync {
    /// A list, DER. Signing the same content twice gives two signatures, both good.
    async fn list(&self, content: &ListContent) -> Result<Vec<u8>, PortError>;
}

/// Revocation lists of other issuers, from where they publish them.
#[async_trait]
pub trait RemoteLists: Send + Sync {
    /// What is there now, DER; whether it is to be believed is the caller's question.
    async fn fetch(&self, address: &str) -> Result<Vec<u8>, PortError>;
}

/// Signs SHA-256 digests with a key that nobody can take away.
#[async_trait]
pub trait DigestSigner: Send + Sync {
    /// ECDSA over P-256; the answer is DER.
    async fn sign_sha256(&self, digest: &[u8; 32]) -> Result<Vec<u8>, PortError>;
}

/// One of the certificates of an issuance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuancePart {
    /// What its key is for.
    pub purpose: KeyPurpose,
    /// SHA-256 of its public key, hex: the same key asking again gets the same certificate.
    pub key_hash: String,
    /// Serial number, hex.
    pub serial: String,
    /// What is signed, base64 of DER.
    pub tbs: String,
    /// The certificate, PEM, once signed.
    pub certificate_pem: Option<String>,
}

impl From<&Prepared> for IssuancePart {
    fn from(prepared: &Prepared) -> Self {
        Self {
            purpose: prepared.purpose,
            key_hash: prepared.key_hash.clone(),
            serial: prepared.serial.clone(),
            tbs: STANDARD.encode(&prepared.tbs),
            certificate_pem: None,
        }
    }
}

/// The record of one issuance: which request got which certificates, for which unit and attempt. It is
/// written once, with everything that will be signed, before anything is; so a crash in between leads to the
/// same certificates again and never to others.
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
    /// Its certificates, the one that signs first.
    pub parts: Vec<IssuancePart>,
    /// From when to when they hold.
    pub validity: Validity,
    /// When it was decided.
    pub created_at: Timestamp,
}

impl IssuanceRecord {
    /// The certificate for a purpose.
    pub fn part(&self, purpose: KeyPurpose) -> Option<&IssuancePart> {
        self.parts.iter().find(|part| part.purpose == purpose)
    }

    /// Is it of these keys, and no others?
    pub fn is_of(&self, prepared: &[Prepared]) -> bool {
        let same = |(part, prepared): (&IssuancePart, &Prepared)| {
            part.purpose == prepared.purpose && part.key_hash == prepared.key_hash
        };
        self.parts.len() == prepared.len() && self.parts.iter().zip(prepared).all(same)
    }

    /// Is every certificate of it signed?
    pub fn is_finished(&self) -> bool {
        self.parts.iter().all(|part| part.certificate_pem.is_some())
    }
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

    /// Writes a new record, and its certificates into the register. [`PortError::Conflict`] when one is there, or
    /// the key has ended meanwhile.
    async fn begin_issuance(&self, record: &IssuanceRecord) -> Result<(), PortError>;

    /// Adds one certificate to its record, where the part of its purpose has its serial number; keeps the one
    /// that is there.
    async fn finish_issuance(
        &self,
        record: &IssuanceRecord,
        purpose: KeyPurpose,
        certificate: &SignedCertificate,
    ) -> Result<(), PortError>;
}

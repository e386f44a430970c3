//! Our own issuing CA: P-256, below an offline root, its key in KMS.
//!
//! - `profile`: what certificates say, names and extensions.
//! - `request`: which key of a PKCS#10 request is taken, and what is refused.
//! - `issuers`: certificates that come back from a key, and whom they are believed from.
//! - `crl`: revocation lists.
//! - `elsewhere`: other issuers, whose keys may join, and their lists.
//! - `ceremony`: the root and the issuing certificate, made once, outside of every function.
//!
//! The two certificates of a key of a company, one for each of its pairs:
//!
//! | field | signs | encrypts |
//! | --- | --- | --- |
//! | serial | 16 random bytes from the caller, first bit cleared | the same, others |
//! | subject | C=CN, O and CN = the company's name (`UTF8String`, at most 64 characters), from the order | the same |
//! | public key | P-256, of the request, after its signature was checked | P-256, for which the other vouches there |
//! | basicConstraints | critical, no CA | the same |
//! | keyUsage | critical, digitalSignature and nonRepudiation | critical, keyAgreement |
//! | extendedKeyUsage | clientAuth, emailProtection | emailProtection |
//! | 1.2.156.10260.4.4 | the unified social credit code, `PrintableString`, not critical | the same |
//! | cRLDistributionPoints | one address | the same |
//!
//! keyAgreement, for P-256 agrees on secrets (ECDH, RFC 5480 §3); keyEncipherment is for RSA.

mod ceremony;
mod crl;
mod elsewhere;
mod issuers;
mod profile;
mod request;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::digest;
use der::asn1::{AnyRef, BitStringRef};
use der::pem::{LineEnding, PemLabel};
use der::{Decode, Encode, Sequence};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{DerSignature, VerifyingKey};
use p256::pkcs8::{DecodePublicKey, EncodePublicKey as _};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use x509_cert::name::Name;

pub use self::ceremony::{CaName, SoftwareKey, issuing_certificate, self_signed_root};
pub use self::crl::ListIssuer;
pub use self::elsewhere::{
    ELSEWHERE_KEY, OtherIssuer, OtherIssuerConfig, OtherLists, elsewhere, other_issuers,
};
pub use self::issuers::{Believed, Issuers, NotBelieved};
use crate::ports::{
    CaError, CertificateAuthority, DigestSigner, IssueRequest, Objects, PortError, Prepared,
    SignedCertificate,
};

/// What errors of this adapter name.
const WHAT: &str = "certificate authority";

fn defect(detail: impl Into<String>) -> PortError {
    PortError::defect(WHAT, detail)
}

/// Where the root ceremony puts the chain of the CA in the public bucket.
pub const CHAIN_KEY: &str = "pki/chain.pem";
/// Where the newest revocation list stands in it, DER.
pub const CRL_KEY: &str = "pki/ca.crl";
/// A chain of two certificates is far shorter.
const LONGEST_CHAIN: u64 = 64 * 1024;

/// The chain of the CA, PEM.
///
/// # Errors
/// A defect when it is not there: the root ceremony was not held. The bucket's.
pub async fn chain(public: &dyn Objects) -> Result<String, PortError> {
    let chain = public
        .read(CHAIN_KEY, LONGEST_CHAIN)
        .await?
        .ok_or_else(|| defect("no CA chain in the public bucket: hold the root ceremony first"))?;
    String::from_utf8(chain).map_err(|_| defect("the chain cannot be read"))
}

/// DER failures inside our own building are defects.
fn broken(error: impl fmt::Display) -> PortError {
    defect(error.to_string())
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// A number without the zeros before it.
fn significant(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// A signed certificate or list with its signed part as bytes, never decoded and written anew.
#[derive(Sequence)]
struct Signed<'a> {
    tbs: AnyRef<'a>,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitStringRef<'a>,
}

/// Puts signed part and signature together, after checking that the signature is one of `key`. DER.
fn signed_der(tbs: &[u8], signature: &[u8], key: &VerifyingKey) -> Result<Vec<u8>, PortError> {
    let checked = DerSignature::from_bytes(signature)
        .is_ok_and(|signature| key.verify_prehash(&sha256(tbs), &signature).is_ok());
    if !checked {
        return Err(defect("the signature is not one of the issuer's key"));
    }
    let signed = Signed {
        tbs: AnyRef::from_der(tbs).map_err(broken)?,
        algorithm: profile::ecdsa_with_sha256(),
        signature: BitStringRef::from_bytes(signature).map_err(broken)?,
    };
    signed.to_der().map_err(broken)
}

/// A certificate of these, PEM.
fn assemble(tbs: &[u8], signature: &[u8], key: &VerifyingKey) -> Result<String, PortError> {
    let der = signed_der(tbs, signature, key)?;
    der::pem::encode_string(Certificate::PEM_LABEL, LineEnding::LF, &der).map_err(broken)
}

/// The P-256 key of a certificate.
fn key_of(certificate: &Certificate) -> Result<VerifyingKey, PortError> {
    let spki = certificate.tbs_certificate().subject_public_key_info();
    let der = spki.to_der().map_err(broken)?;
    VerifyingKey::from_public_key_der(&der)
        .map_err(|_| defect("a certificate with another kind of key"))
}

/// Is `certificate` signed by `key`?
fn is_signed_by(certificate: &Certificate, key: &VerifyingKey) -> Result<bool, PortError> {
    let tbs = certificate.tbs_certificate().to_der().map_err(broken)?;
    let signature = certificate.signature().as_bytes().unwrap_or_default();
    Ok(
        *certificate.signature_algorithm() == profile::ecdsa_with_sha256()
            && DerSignature::from_bytes(signature)
                .is_ok_and(|signature| key.verify_prehash(&sha256(&tbs), &signature).is_ok()),
    )
}

/// A certificate that signs others, with what has to be known of it.
struct Issuer {
    name: Name,
    key: VerifyingKey,
    key_id: SubjectKeyIdentifier,
    /// May it sign revocation lists too?
    signs_lists: bool,
    /// Seconds of the epoch.
    not_before: u64,
    /// Seconds of the epoch.
    not_after: u64,
}

impl Issuer {
    /// Checks that a certificate may sign others.
    fn of(certificate: &Certificate) -> Result<Self, PortError> {
        let tbs = certificate.tbs_certificate();
        let constraints = tbs.get_extension::<BasicConstraints>().map_err(broken)?;
        let usage = tbs.get_extension::<KeyUsage>().map_err(broken)?;
        let usage = usage.map(|(_, usage)| usage);
        if !constraints.is_some_and(|(_, constraints)| constraints.ca)
            || !usage.is_some_and(|usage| usage.key_cert_sign())
        {
            return Err(defect("the issuing certificate is not one of a CA"));
        }
        let key_id = tbs
            .get_extension::<SubjectKeyIdentifier>()
            .map_err(broken)?;
        let (_, key_id) =
            key_id.ok_or_else(|| defect("the issuing certificate has no key identifier"))?;
        Ok(Self {
            name: tbs.subject().clone(),
            key: key_of(certificate)?,
            key_id,
            signs_lists: usage.is_some_and(|usage| usage.crl_sign()),
            not_before: tbs.validity().not_before.to_unix_duration().as_secs(),
            not_after: tbs.validity().not_after.to_unix_duration().as_secs(),
        })
    }
}

/// The issuer of a chain: issuing certificate first, root last, each signed by the next, the last by itself.
fn issuer_of(chain_pem: &str) -> Result<Issuer, PortError> {
    let chain = Certificate::load_pem_chain(chain_pem.as_bytes())
        .map_err(|_| defect("the chain cannot be read"))?;
    let Some((first, last)) = chain.first().zip(chain.last()) else {
        return Err(defect("the chain is empty"));
    };
    for (certificate, above) in chain.iter().zip(chain.iter().skip(1).chain([last])) {
        if certificate.tbs_certificate().issuer() != above.tbs_certificate().subject()
            || !is_signed_by(certificate, &key_of(above)?)?
        {
            return Err(defect("the chain does not hold together"));
        }
    }
    Issuer::of(first)
}

/// The public key of the issuer of a chain, DER of `SubjectPublicKeyInfo`.
///
/// # Errors
/// When the chain does not hold together.
pub fn issuing_key(chain_pem: &str) -> Result<Vec<u8>, PortError> {
    let der = issuer_of(chain_pem)?.key.to_public_key_der();
    Ok(der.map_err(broken)?.into_vec())
}

/// The CA.
pub struct IssuingCa {
    chain_pem: String,
    issuer: Issuer,
    crl_url: String,
    signer: Arc<dyn DigestSigner>,
}

impl fmt::Debug for IssuingCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuingCa")
            .field("issuer", &self.issuer.name.to_string())
            .finish_non_exhaustive()
    }
}

impl IssuingCa {
    /// A CA of the chain `chain_pem` (issuing certificate first, root last), whose issuing key `signer`
    /// holds. Certificates name `crl_url` as the place of their revocation list.
    ///
    /// Every certificate of the chain must be signed by the next, the last by itself. Whether `signer` holds
    /// the right key shows at the first signature, which is checked before it leaves.
    pub fn new(
        chain_pem: &str,
        crl_url: &str,
        signer: Arc<dyn DigestSigner>,
    ) -> Result<Self, PortError> {
        let issuer = issuer_of(chain_pem)?;
        if !(crl_url.is_ascii()
            && (crl_url.starts_with("http://") || crl_url.starts_with("https://")))
        {
            return Err(defect("the address of the revocation list is no address"));
        }
        Ok(Self {
            chain_pem: chain_pem.trim().to_owned() + "\n",
            issuer,
            crl_url: crl_url.to_owned(),
            signer,
        })
    }
}

#[async_trait]
impl CertificateAuthority for IssuingCa {
    fn prepare(&self, request: &IssueRequest) -> Result<Prepared, CaError> {
        let key = request::public_key(request)?;
        if key == self.issuer.key {
            return Err(CaError::BadRequest("the key is the CA's own".to_owned()));
        }
        let serial = profile::serial(request.serial)?;
        let subject = profile::company_name(&request.subject.company_name)?;
        if subject == self.issuer.name {
            return Err(CaError::BadRequest("the name is the CA's own".to_owned()));
        }
        let validity = profile::validity(&request.validity, &self.issuer)?;
        let extensions = profile::leaf_extensions(
            request.purpose,
            &key,
            &self.issuer.key_id,
            &request.subject.credit_code,
            &self.crl_url,
        )?;
        let key_hash = profile::key_hash(&profile::spki(&key)?)?;
        let tbs = profile::to_be_signed(profile::Content {
            issuer: self.issuer.name.clone(),
            issuer_key: self.issuer.key,
            subject,
            key,
            serial: &serial,
            validity,
            extensions,
        })?;
        Ok(Prepared {
            purpose: request.purpose,
            tbs,
            serial: hex::encode(serial),
            key_hash,
        })
    }

    async fn issue(&self, prepared: Prepared) -> Result<SignedCertificate, CaError> {
        // A record made under another issuing certificate must not be signed by this one.
        let tbs = x509_cert::TbsCertificate::from_der(&prepared.tbs)
            .map_err(|_| defect("the record of an issuance cannot be read"))?;
        if *tbs.issuer() != self.issuer.name {
            return Err(defect("the record of an issuance names another issuer").into());
        }
        let serial = hex::decode(&prepared.serial).unwrap_or_default();
        if significant(&serial) != significant(tbs.serial_number().as_bytes()) {
            return Err(defect("the record of an issuance has another serial number").into());
        }
        if profile::key_hash(tbs.subject_public_key_info())? != prepared.key_hash {
            return Err(defect("the record of an issuance has another key").into());
        }
        let signature = self.signer.sign_sha256(&sha256(&prepared.tbs)).await?;
        Ok(SignedCertificate {
            certificate_pem: assemble(&prepared.tbs, &signature, &self.issuer.key)?,
            serial: prepared.serial,
        })
    }

    fn chain_pem(&self) -> &str {
        &self.chain_pem
    }
}

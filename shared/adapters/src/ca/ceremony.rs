//! The root ceremony: a root whose key lies in software and goes offline, and an issuing certificate for a
//! key that KMS holds. Called by `xtask`, never by a function.

use std::fmt;

use async_trait::async_trait;
use domain::certificate::Validity;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{DerSignature, SigningKey, VerifyingKey};
use p256::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding,
};
use x509_cert::Certificate;
use x509_cert::name::Name;
use zeroize::Zeroizing;

use super::profile::{self, Content};
use super::{Issuer, assemble, broken, defect, sha256};
use crate::ports::{CaError, DigestSigner, PortError, Random};

/// The name of a CA: O and CN below C=CN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaName {
    /// O.
    pub organisation: String,
    /// CN.
    pub common_name: String,
}

impl CaName {
    fn build(&self) -> Result<Name, CaError> {
        profile::name(&self.organisation, &self.common_name)
    }
}

/// A P-256 key in memory: the root's in the ceremony, and in tests the issuing CA's in place of KMS. It is
/// wiped when it is dropped.
pub struct SoftwareKey(SigningKey);

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SoftwareKey(redacted)")
    }
}

impl SoftwareKey {
    /// Makes a key.
    pub fn generate(random: &dyn Random) -> Result<Self, PortError> {
        // Not one draw in 2^32 is refused.
        for _ in 0..8 {
            let mut bytes = Zeroizing::new([0; 32]);
            random.fill(bytes.as_mut_slice());
            if let Ok(key) = SigningKey::from_slice(bytes.as_slice()) {
                return Ok(Self(key));
            }
        }
        Err(defect("the random source gives no key"))
    }

    /// Reads PKCS#8, PEM.
    pub fn from_pem(pem: &str) -> Result<Self, PortError> {
        SigningKey::from_pkcs8_pem(pem)
            .map(Self)
            .map_err(|_| defect("not a P-256 key in PKCS#8"))
    }

    /// Writes PKCS#8, PEM.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, PortError> {
        self.0.to_pkcs8_pem(LineEnding::LF).map_err(broken)
    }

    /// The public key, DER of `SubjectPublicKeyInfo`.
    pub fn public_key_der(&self) -> Result<Vec<u8>, PortError> {
        let der = self.0.verifying_key().to_public_key_der().map_err(broken)?;
        Ok(der.into_vec())
    }

    fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>, PortError> {
        let signature: DerSignature = self.0.sign_prehash(digest).map_err(broken)?;
        Ok(signature.as_bytes().to_vec())
    }
}

#[async_trait]
impl DigestSigner for SoftwareKey {
    async fn sign_sha256(&self, digest: &[u8; 32]) -> Result<Vec<u8>, PortError> {
        self.sign(digest)
    }
}

/// Makes a root: self-signed, may sign certificates and revocation lists. PEM.
pub fn self_signed_root(
    name: &CaName,
    key: &SoftwareKey,
    validity: &Validity,
    serial: [u8; 16],
) -> Result<String, CaError> {
    let name = name.build()?;
    let public = *key.0.verifying_key();
    let tbs = profile::to_be_signed(Content {
        issuer: name.clone(),
        issuer_key: public,
        subject: name,
        key: public,
        serial: &profile::serial(serial)?,
        validity: profile::plain_validity(validity)?,
        extensions: profile::ca_extensions(&public, None, None)?,
    })?;
    Ok(assemble(&tbs, &key.sign(&sha256(&tbs))?, &public)?)
}

/// Makes an issuing certificate below a root, for a key that lies elsewhere: `public_key_der` is its
/// `SubjectPublicKeyInfo` as KMS tells it. It may sign certificates and revocation lists, and no further CA
/// (pathLen 0). PEM.
pub fn issuing_certificate(
    root_pem: &str,
    root_key: &SoftwareKey,
    name: &CaName,
    public_key_der: &[u8],
    validity: &Validity,
    serial: [u8; 16],
) -> Result<String, CaError> {
    let root = Certificate::load_pem_chain(root_pem.as_bytes())
        .map_err(|_| defect("the root cannot be read"))?;
    let [root] = root.as_slice() else {
        return Err(defect("one root is expected").into());
    };
    let root = Issuer::of(root)?;
    if root.key != *root_key.0.verifying_key() {
        return Err(defect("the key is not the root's").into());
    }
    let name = name.build()?;
    let key = VerifyingKey::from_public_key_der(public_key_der)
        .map_err(|_| CaError::BadRequest("the key is not one of P-256".to_owned()))?;
    if name == root.name || key == root.key {
        return Err(CaError::BadRequest(
            "an issuing CA has a name and a key of its own".to_owned(),
        ));
    }
    let tbs = profile::to_be_signed(Content {
        issuer: root.name.clone(),
        issuer_key: root.key,
        subject: name,
        key,
        serial: &profile::serial(serial)?,
        validity: profile::validity(validity, &root)?,
        extensions: profile::ca_extensions(&key, Some(&root.key_id), Some(0))?,
    })?;
    Ok(assemble(&tbs, &root_key.sign(&sha256(&tbs))?, &root.key)?)
}

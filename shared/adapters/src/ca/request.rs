//! PKCS#10 requests. Only the public key is taken, and only from a request that proves that its sender
//! holds the private one; its subject and the extensions it asks for are never looked at.

use der::asn1::{AnyRef, BitStringRef};
use der::pem::PemLabel;
use der::{Decode, Encode, Sequence};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{DerSignature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;
use spki::AlgorithmIdentifierOwned;
use x509_cert::request::{CertReq, CertReqInfo};

use super::profile;
use crate::ports::CaError;

/// The longest request that is read. One for P-256 has about 500 bytes.
const MOST: usize = 16 * 1024;

/// A request with its signed part as bytes.
#[derive(Sequence)]
struct SignedRequest<'a> {
    info: AnyRef<'a>,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitStringRef<'a>,
}

/// The public key of a request.
pub(super) fn public_key(csr_pem: &str) -> Result<VerifyingKey, CaError> {
    let bad = |why: &str| CaError::BadRequest(why.to_owned());
    if csr_pem.len() > MOST {
        return Err(bad("too long"));
    }
    let (label, der) = der::pem::decode_vec(csr_pem.as_bytes()).map_err(|_| bad("not PEM"))?;
    if label != CertReq::PEM_LABEL {
        return Err(bad("PEM, but no CERTIFICATE REQUEST"));
    }
    let not_pkcs10 = |_: der::Error| bad("not PKCS#10");
    let request = SignedRequest::from_der(&der).map_err(not_pkcs10)?;
    let signed = request.info.to_der().map_err(not_pkcs10)?;
    let info = CertReqInfo::from_der(&signed).map_err(not_pkcs10)?;
    let spki = info.public_key.to_der().map_err(not_pkcs10)?;
    let key =
        VerifyingKey::from_public_key_der(&spki).map_err(|_| bad("the key is not one of P-256"))?;
    if request.algorithm != profile::ecdsa_with_sha256() {
        return Err(bad("not signed by ECDSA with SHA-256"));
    }
    let signature = DerSignature::from_bytes(request.signature.raw_bytes())
        .map_err(|_| bad("its signature cannot be read"))?;
    key.verify(&signed, &signature)
        .map_err(|_| bad("its signature is not one of its key"))?;
    Ok(key)
}

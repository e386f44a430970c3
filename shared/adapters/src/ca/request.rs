//! PKCS#10 requests, as `shared/csr` reads them. Only public keys are taken.

use domain::certificate::KeyPurpose;
use p256::ecdsa::VerifyingKey;

use crate::ports::{CaError, IssueRequest};

/// The public key of a request that a certificate is for.
pub(super) fn public_key(request: &IssueRequest) -> Result<VerifyingKey, CaError> {
    let bad = |why: &str| CaError::BadRequest(why.to_owned());
    let read = csr::read(&request.csr_pem).map_err(|why| bad(&why.to_string()))?;
    match (&request.nonce, &read.nonce) {
        (Some(_), None) => return Err(bad("it names no operation")),
        (Some(wanted), Some(named)) if wanted != named => {
            return Err(bad("it is for another operation"));
        }
        _ => {}
    }
    match request.purpose {
        KeyPurpose::Sign => Ok(read.sign),
        KeyPurpose::Encrypt => read
            .encrypt
            .map(VerifyingKey::from)
            .ok_or_else(|| bad("it carries no encryption key")),
    }
}

//! Certificate requests (PKCS#10) for key pairs that do not leave their token.

use std::cell::RefCell;

use p256::ecdsa::signature::{Error, Keypair, Signer};
use p256::ecdsa::{DerSignature, VerifyingKey};
use p256::pkcs8::DecodePublicKey as _;
use sha2::{Digest as _, Sha256};
use x509_cert::builder::Builder as _;
use x509_cert::der::EncodePem as _;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::pem::LineEnding;
use x509_cert::name::Name;
use x509_cert::request::RequestBuilder;
use x509_cert::spki::{AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier};

use crate::token::{TokenError, UserSession};

/// ecdsa-with-SHA256, RFC 5758.
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// A key pair on a token, as what signs a request.
struct OnToken<'a> {
    session: &'a dyn UserSession,
    id: &'a [u8],
    public: VerifyingKey,
    /// Why it did not sign: an error of signing has no room for it.
    why: RefCell<Option<TokenError>>,
}

impl Signer<DerSignature> for OnToken<'_> {
    fn try_sign(&self, message: &[u8]) -> Result<DerSignature, Error> {
        let signature = self
            .session
            .sign_sha256(self.id, &Sha256::digest(message).into());
        match signature {
            Ok(signature) => DerSignature::from_bytes(&signature),
            Err(error) => {
                self.why.replace(Some(error));
                Err(Error::new())
            }
        }
    }
}

impl Keypair for OnToken<'_> {
    type VerifyingKey = VerifyingKey;

    fn verifying_key(&self) -> VerifyingKey {
        self.public
    }
}

impl DynSignatureAlgorithmIdentifier for OnToken<'_> {
    fn signature_algorithm_identifier(&self) -> x509_cert::spki::Result<AlgorithmIdentifierOwned> {
        Ok(AlgorithmIdentifierOwned {
            oid: ECDSA_WITH_SHA256,
            parameters: None,
        })
    }
}

/// A request for the key pair of an id, PEM, signed by that key. It names nobody: whose certificate it will be the
/// CA knows from elsewhere.
///
/// # Errors
/// `NoSuchKey` when it has no key pair of this id; `Module` when what the token says is no key or no signature of
/// P-256; any other of the token's.
pub fn pem(session: &dyn UserSession, id: &[u8]) -> Result<String, TokenError> {
    let broken = |what: &str| TokenError::Module(what.to_owned());
    let public = VerifyingKey::from_public_key_der(&session.public_key(id)?)
        .map_err(|_| broken("a public key that is none of P-256"))?;
    let key = OnToken {
        session,
        id,
        public,
        why: RefCell::new(None),
    };
    let signed = RequestBuilder::new(Name::default())
        .and_then(|request| request.build::<_, DerSignature>(&key))
        .map_err(|_| {
            let why = key.why.take();
            why.unwrap_or_else(|| broken("a signature that is none of P-256"))
        })?;
    signed
        .to_pem(LineEnding::LF)
        .map_err(|_| broken("a request that cannot be written"))
}

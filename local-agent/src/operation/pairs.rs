//! The two key pairs of a term: one signs, one agrees on secrets. They are made, asked certificates for and tried here,
//! by who makes keys and by who renews them. All of it blocks.

use contract::agent::KeyCertificates;
use p256::PublicKey;
use p256::SecretKey;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{DerSignature, VerifyingKey};
use p256::elliptic_curve::point::AffineCoordinates as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::pkcs8::DecodePublicKey as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use x509_cert::Certificate;
use x509_cert::der::{DecodePem as _, Encode as _};

use super::{Trouble, new_key};
use crate::token::{Purpose, TokenError, UserSession};

/// Labels of the pairs and their certificates.
const SIGN: &str = "sign";
const ENCRYPT: &str = "encrypt";

/// The ids of the pairs: those of one try in one operation, and of nothing else on the token.
#[derive(Clone)]
pub(super) struct Ids {
    pub(super) sign: Vec<u8>,
    pub(super) encrypt: Vec<u8>,
}

impl Ids {
    /// Those of a try that is named so. No two tries have the same name.
    pub(super) fn of(name: &str) -> Self {
        let id = |what: &str| Sha256::digest(format!("{name}\n{what}").as_bytes())[..8].to_vec();
        Self {
            sign: id(SIGN),
            encrypt: id(ENCRYPT),
        }
    }

    /// Is it one of them?
    pub(super) fn have(&self, id: &[u8]) -> bool {
        self.sign == id || self.encrypt == id
    }
}

/// Are the pairs on the token those of a request?
pub(super) fn are_of(session: &dyn UserSession, ids: &Ids, request: &str) -> Result<bool, Trouble> {
    let Ok(read) = csr::read(request) else {
        return Ok(false);
    };
    let public = |id: &[u8]| match session.public_key(id) {
        Ok(spki) => Ok(PublicKey::from_public_key_der(&spki).ok()),
        Err(TokenError::NoSuchKey) => Ok(None),
        Err(error) => Err(error),
    };
    Ok(public(&ids.sign)? == Some(PublicKey::from(read.sign))
        && public(&ids.encrypt)?.is_some_and(|key| Some(key) == read.encrypt))
}

/// Removes the pairs, and what certificates they have.
pub(super) fn remove(session: &dyn UserSession, ids: &Ids) -> Result<(), TokenError> {
    session.delete(&ids.sign)?;
    session.delete(&ids.encrypt)?;
    Ok(())
}

/// Makes the pairs anew, whatever an interrupted run left, and a request for their certificates.
pub(super) fn generate(
    session: &dyn UserSession,
    ids: &Ids,
    nonce: &str,
) -> Result<String, Trouble> {
    remove(session, ids)?;
    let sign = session.generate_key_pair(Purpose::Sign, &ids.sign, SIGN)?;
    let encrypt = session.generate_key_pair(Purpose::Encrypt, &ids.encrypt, ENCRYPT)?;
    let bad = |_| Trouble::SelfTest;
    let request = csr::Request::new(&sign, &encrypt, nonce).map_err(bad)?;
    let signature = session.sign_sha256(&ids.sign, &request.digest())?;
    request.with_signature(&signature).map_err(bad)
}

/// Certificates as they are written and tried.
pub(super) struct Issued {
    /// Of the pair that signs, DER.
    pub(super) sign: Vec<u8>,
    sign_key: PublicKey,
    encrypt: Vec<u8>,
    encrypt_key: PublicKey,
}

impl Issued {
    /// Reads what the CA answered.
    pub(super) fn read(certificates: &KeyCertificates) -> Result<Self, Trouble> {
        let (sign, sign_key) = read(&certificates.sign).ok_or(Trouble::SelfTest)?;
        let (encrypt, encrypt_key) = read(&certificates.encrypt).ok_or(Trouble::SelfTest)?;
        Ok(Self {
            sign,
            sign_key,
            encrypt,
            encrypt_key,
        })
    }

    /// Writes them. Those that are there already stay.
    pub(super) fn write(&self, session: &dyn UserSession, ids: &Ids) -> Result<(), TokenError> {
        session.write_certificate(&ids.sign, SIGN, &self.sign)?;
        session.write_certificate(&ids.encrypt, ENCRYPT, &self.encrypt)
    }

    /// Do both pairs do what their certificates say?
    pub(super) fn fit(&self, session: &dyn UserSession, ids: &Ids) -> Result<(), Trouble> {
        if signs(session, &ids.sign, self.sign_key)?
            && derives(session, &ids.encrypt, self.encrypt_key)?
        {
            Ok(())
        } else {
            Err(Trouble::SelfTest)
        }
    }
}

/// A certificate as PEM has it, its DER and its public key. None: it is none of P-256.
fn read(pem: &str) -> Option<(Vec<u8>, PublicKey)> {
    let certificate = Certificate::from_pem(pem).ok()?;
    let spki = certificate.tbs_certificate().subject_public_key_info();
    let key = PublicKey::from_public_key_der(&spki.to_der().ok()?).ok()?;
    Some((certificate.to_der().ok()?, key))
}

/// Does the pair sign so that its certificate's key agrees?
fn signs(session: &dyn UserSession, id: &[u8], key: PublicKey) -> Result<bool, Trouble> {
    let said = crate::clock::random::<32>().map_err(|_| Trouble::JournalUnwritable)?;
    let digest: [u8; 32] = Sha256::digest(said).into();
    let signature = session.sign_sha256(id, &digest)?;
    let verified = DerSignature::from_bytes(&signature)
        .and_then(|signature| VerifyingKey::from(key).verify_prehash(&digest, &signature));
    Ok(verified.is_ok())
}

/// Does the pair come to the same secret as we do, by its certificate's key?
fn derives(session: &dyn UserSession, id: &[u8], key: PublicKey) -> Result<bool, Trouble> {
    let own = new_key().ok_or(Trouble::JournalUnwritable)?;
    let own = SecretKey::from(own);
    let point = own.public_key().to_sec1_point(false);
    let theirs = session.derive(id, point.as_bytes())?;
    let ours = (key.to_projective() * *own.to_nonzero_scalar()).to_affine();
    Ok(theirs.as_slice().ct_eq(ours.x().as_slice()).into())
}

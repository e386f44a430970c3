//! Certificate requests (PKCS#10, RFC 2986) of a key with two pairs on P-256: one that signs, one that agrees on
//! secrets. The agent writes them, the CA reads them; neither takes anything else from such a request than its
//! keys and whose it is, so its subject stays empty.
//!
//! | part | says |
//! | --- | --- |
//! | subject | nothing: it comes from the order |
//! | public key | the pair that signs, and that signed this request |
//! | challengePassword, 1.2.840.113549.1.9.7 | the nonce of the operation that the request is for, `UTF8String` |
//! | [`ENCRYPTION_KEY`] | the `SubjectPublicKeyInfo` of the pair that agrees on secrets |
//!
//! The second pair cannot sign, so it cannot have a request of its own: on the token it may derive and nothing else.
//! The first vouches for it. Whether the token really holds it shows when it derives, which is looked at where keys
//! are made.

use der::asn1::{
    Any, AnyRef, BitStringRef, ObjectIdentifier, PrintableString, SetOfVec, Utf8StringRef,
};
use der::pem::{LineEnding, PemLabel as _};
use der::{Decode, Encode, Sequence};
use p256::PublicKey;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{DerSignature, VerifyingKey};
use p256::pkcs8::DecodePublicKey as _;
use sha2::{Digest as _, Sha256};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, Version};

/// The attribute that carries the second public key. It stands below 1.3.6.1.4.1.32473, the number that RFC 5612
/// keeps for those who have none of their own: only our agent and our CA ever see it, and no certificate does.
pub const ENCRYPTION_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.6.1");
/// PKCS#9 (RFC 2985 §5.4.1): a word by which whoever asked for the request knows it again.
const CHALLENGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.7");
/// ECDSA with SHA-256 (RFC 5758 §3.2), without parameters.
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// The longest request that is read, in bytes. One of ours has about 700.
const MOST: usize = 16 * 1024;
/// The longest word in a request, in bytes: PKCS#9 takes 255 characters.
const MOST_NONCE: usize = 255;

/// Why a request cannot be used, for whoever reads the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadRequest(&'static str);

fn ecdsa_with_sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ECDSA_WITH_SHA256,
        parameters: None,
    }
}

/// Did `key` sign what has this digest? The signature is DER.
fn signed(key: &VerifyingKey, digest: &[u8; 32], signature: &[u8]) -> Result<(), BadRequest> {
    let signature = DerSignature::from_bytes(signature)
        .map_err(|_| BadRequest("its signature cannot be read"))?;
    key.verify_prehash(digest, &signature)
        .map_err(|_| BadRequest("its signature is not one of its key"))
}

/// A request with its signed part as bytes, never decoded and written anew.
#[derive(Sequence)]
struct Signed<'a> {
    info: AnyRef<'a>,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitStringRef<'a>,
}

/// A request that is to be signed.
#[derive(Debug, Clone)]
pub struct Request {
    info: Vec<u8>,
    key: VerifyingKey,
}

impl Request {
    /// A request by the pair that signs, for itself and for the pair that agrees on secrets; each is DER of
    /// `SubjectPublicKeyInfo`. `nonce` is that of the operation.
    ///
    /// # Errors
    /// When one of them is not a key on P-256, both are the same, or the nonce is empty or too long.
    pub fn new(sign: &[u8], encrypt: &[u8], nonce: &str) -> Result<Self, BadRequest> {
        let key = VerifyingKey::from_public_key_der(sign)
            .map_err(|_| BadRequest("the key is not one of P-256"))?;
        let other = PublicKey::from_public_key_der(encrypt)
            .map_err(|_| BadRequest("the encryption key is not one of P-256"))?;
        if PublicKey::from(key) == other {
            return Err(BadRequest("one key for both uses"));
        }
        if nonce.is_empty() || nonce.len() > MOST_NONCE {
            return Err(BadRequest("a nonce of no usable length"));
        }
        let info =
            info(sign, encrypt, nonce).map_err(|_| BadRequest("it cannot be written as DER"))?;
        Ok(Self { info, key })
    }

    /// SHA-256 of what is signed.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.info).into()
    }

    /// The whole request, PEM. The signature is DER.
    ///
    /// # Errors
    /// When the pair that signs did not make it.
    pub fn with_signature(&self, signature: &[u8]) -> Result<String, BadRequest> {
        signed(&self.key, &self.digest(), signature)?;
        let whole = || -> der::Result<String> {
            let whole = Signed {
                info: AnyRef::from_der(&self.info)?,
                algorithm: ecdsa_with_sha256(),
                signature: BitStringRef::from_bytes(signature)?,
            };
            let der = whole.to_der()?;
            Ok(der::pem::encode_string(
                CertReq::PEM_LABEL,
                LineEnding::LF,
                &der,
            )?)
        };
        whole().map_err(|_| BadRequest("it cannot be written as DER"))
    }
}

fn info(sign: &[u8], encrypt: &[u8], nonce: &str) -> der::Result<Vec<u8>> {
    let attribute = |oid, value: Any| -> der::Result<Attribute> {
        let mut values = SetOfVec::new();
        values.insert(value)?;
        Ok(Attribute { oid, values })
    };
    let mut attributes = Attributes::new();
    attributes.insert(attribute(
        CHALLENGE,
        Any::encode_from(&Utf8StringRef::new(nonce)?)?,
    )?)?;
    attributes.insert(attribute(ENCRYPTION_KEY, Any::from_der(encrypt)?)?)?;
    CertReqInfo {
        version: Version::V1,
        subject: Name::default(),
        public_key: SubjectPublicKeyInfoOwned::from_der(sign)?,
        attributes,
    }
    .to_der()
}

/// What a request says that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// The public key that signed it.
    pub sign: VerifyingKey,
    /// The public key that this one vouches for.
    pub encrypt: Option<PublicKey>,
    /// The word in it.
    pub nonce: Option<String>,
}

/// Reads a request, PEM: only after its own signature was found good. What else it says or wishes, such as a
/// subject or extensions, is never looked at.
///
/// # Errors
/// When it is none, is not signed by its own key on P-256 with SHA-256, or says something of ours in a wrong way.
pub fn read(pem: &str) -> Result<Requested, BadRequest> {
    if pem.len() > MOST {
        return Err(BadRequest("too long"));
    }
    let (label, der) = der::pem::decode_vec(pem.as_bytes()).map_err(|_| BadRequest("not PEM"))?;
    if label != CertReq::PEM_LABEL {
        return Err(BadRequest("PEM, but no CERTIFICATE REQUEST"));
    }
    let not_pkcs10 = |_: der::Error| BadRequest("not PKCS#10");
    let request = Signed::from_der(&der).map_err(not_pkcs10)?;
    let info_der = request.info.to_der().map_err(not_pkcs10)?;
    let info = CertReqInfo::from_der(&info_der).map_err(not_pkcs10)?;
    let spki = info.public_key.to_der().map_err(not_pkcs10)?;
    let sign = VerifyingKey::from_public_key_der(&spki)
        .map_err(|_| BadRequest("the key is not one of P-256"))?;
    if request.algorithm != ecdsa_with_sha256() {
        return Err(BadRequest("not signed by ECDSA with SHA-256"));
    }
    let digest = Sha256::digest(&info_der).into();
    signed(&sign, &digest, request.signature.raw_bytes())?;
    let encrypt = single(&info.attributes, ENCRYPTION_KEY)?
        .map(|value| {
            let spki = value.to_der().map_err(not_pkcs10)?;
            PublicKey::from_public_key_der(&spki)
                .map_err(|_| BadRequest("the encryption key is not one of P-256"))
        })
        .transpose()?;
    if encrypt == Some(PublicKey::from(sign)) {
        return Err(BadRequest("one key for both uses"));
    }
    let nonce = single(&info.attributes, CHALLENGE)?
        .map(|value| {
            // A DirectoryString; other programs write the shorter kind when they can.
            let text = value.decode_as::<String>().or_else(|_| {
                value
                    .decode_as::<PrintableString>()
                    .map(|text| text.to_string())
            });
            text.map_err(|_| BadRequest("the nonce is no text"))
        })
        .transpose()?;
    Ok(Requested {
        sign,
        encrypt,
        nonce,
    })
}

/// The value of an attribute that has one, and stands there once.
fn single(attributes: &Attributes, oid: ObjectIdentifier) -> Result<Option<&Any>, BadRequest> {
    let mut values = attributes
        .iter()
        .filter(|attribute| attribute.oid == oid)
        .flat_map(|attribute| attribute.values.iter());
    match (values.next(), values.next()) {
        (first, None) => Ok(first),
        _ => Err(BadRequest("an attribute with several values")),
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::SigningKey;
    use p256::ecdsa::signature::hazmat::PrehashSigner as _;
    use p256::pkcs8::EncodePublicKey as _;

    use super::*;

    fn key(no: u8) -> SigningKey {
        SigningKey::from_slice(&[no; 32]).unwrap()
    }

    fn spki(no: u8) -> Vec<u8> {
        let der = key(no).verifying_key().to_public_key_der().unwrap();
        der.into_vec()
    }

    fn signature(by: u8, digest: &[u8; 32]) -> Vec<u8> {
        let signature: DerSignature = key(by).sign_prehash(digest).unwrap();
        signature.as_bytes().to_vec()
    }

    #[test]
    fn what_is_written_is_read() {
        let request = Request::new(&spki(1), &spki(2), "aZ09-_").unwrap();
        let pem = request
            .with_signature(&signature(1, &request.digest()))
            .unwrap();
        let read = read(&pem).unwrap();
        assert_eq!(read.sign, *key(1).verifying_key());
        assert_eq!(read.encrypt, Some(PublicKey::from(key(2).verifying_key())));
        assert_eq!(read.nonce.as_deref(), Some("aZ09-_"));
    }

    #[test]
    fn a_signature_of_another_key_is_refused_at_once() {
        let request = Request::new(&spki(1), &spki(2), "n").unwrap();
        for wrong in [
            signature(2, &request.digest()),
            signature(1, &[0; 32]),
            Vec::new(),
        ] {
            assert!(request.with_signature(&wrong).is_err());
        }
    }

    #[test]
    fn what_no_request_can_carry_is_refused() {
        for (sign, encrypt, nonce) in [
            (spki(1), spki(1), "n".to_owned()),
            (spki(1)[1..].to_vec(), spki(2), "n".to_owned()),
            (spki(1), spki(2)[1..].to_vec(), "n".to_owned()),
            (spki(1), spki(2), String::new()),
            (spki(1), spki(2), "n".repeat(256)),
        ] {
            assert!(Request::new(&sign, &encrypt, &nonce).is_err());
        }
    }

    /// Somebody in the middle exchanges the second key, which the first one had signed.
    #[test]
    fn another_second_key_breaks_the_signature() {
        let request = Request::new(&spki(1), &spki(2), "n").unwrap();
        let pem = request
            .with_signature(&signature(1, &request.digest()))
            .unwrap();
        let (_, der) = der::pem::decode_vec(pem.as_bytes()).unwrap();
        let (good, bad) = (spki(2), spki(3));
        let at = der
            .windows(good.len())
            .position(|window| window == good)
            .unwrap();
        let mut other = der.clone();
        other[at..at + bad.len()].copy_from_slice(&bad);
        let pem = der::pem::encode_string(CertReq::PEM_LABEL, LineEnding::LF, &other).unwrap();
        assert_eq!(
            read(&pem),
            Err(BadRequest("its signature is not one of its key"))
        );
    }
}

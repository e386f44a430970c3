//! The e-seal itself: `SESeal` of GB/T 38540-2020, signed by the seal maker with SM2 and SM3.
//!
//! ```text
//! SESeal        ::= SEQUENCE { eSealInfo SES_SealInfo, cert OCTET STRING, signAlgID OBJECT IDENTIFIER, signedValue BIT STRING }
//! SES_SealInfo  ::= SEQUENCE { header SES_Header, esID IA5String, property SES_ESPropertyInfo, picture SES_ESPictrueInfo }
//! ```
//!
//! The signature is over the DER of `eSealInfo`. Extensions (`extDatas`) are left out: implementations disagree about
//! their tag, and nothing needs them. A seal with extensions, or with digests in place of certificates, is refused
//! as unreadable. A seal names the certificate of the key that it is for, so a renewed certificate needs a new seal.

use der::asn1::{BitString, GeneralizedTime, Ia5String, ObjectIdentifier, OctetString};
use der::{Decode as _, Encode as _, Sequence};
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};

/// SM2 with SM3 (GB/T 33560).
const SM2_WITH_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.501");
/// The signer's name in the digest where nothing else was agreed on (GB/T 35276).
pub const DEFAULT_ID: &str = "1234567812345678";
/// What a header says that it is.
const HEADER: &str = "ES";
/// The version of GB/T 38540-2020.
const VERSION: u8 = 4;
/// The list holds certificates, not their digests.
const CERTIFICATES: u8 = 1;
/// Longer seals fit on no key.
const MOST: usize = 64 * 1024;

/// Whose a seal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealKind {
    /// An organisation's.
    Unit,
    /// A person's.
    Personal,
}

impl SealKind {
    fn number(self) -> u8 {
        match self {
            Self::Unit => 1,
            Self::Personal => 2,
        }
    }
}

/// What a seal is made of.
#[derive(Debug, Clone)]
pub struct SealWish {
    /// Its number, 32 hex digits: the same is never given twice.
    pub id: String,
    /// The seal maker's identifier.
    pub maker: String,
    /// Whose.
    pub kind: SealKind,
    /// Its name: the company's, mostly.
    pub name: String,
    /// Certificates that may use it, DER.
    pub certificates: Vec<Vec<u8>>,
    /// When it is made, in seconds since 1970.
    pub created: u64,
    /// From when it may be used.
    pub from: u64,
    /// Until when.
    pub until: u64,
    /// The transparent PNG.
    pub png: Vec<u8>,
    /// Its width in tenths of a millimetre; the seal holds whole millimetres.
    pub width: u16,
    /// Its height, the same.
    pub height: u16,
}

/// The seal maker's key: in memory, or in a KMS.
pub trait SealMaker {
    /// The maker's certificate, DER.
    fn certificate(&self) -> &[u8];

    /// Signs with SM2 over SM3 and [`DEFAULT_ID`]. The answer is the DER of r and s.
    ///
    /// # Errors
    /// When it cannot be signed now.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SealError>;
}

/// A maker whose key is in memory.
pub struct LocalMaker {
    key: SigningKey,
    certificate: Vec<u8>,
}

impl LocalMaker {
    /// With a PKCS#8 key, PEM, and its certificate, DER.
    ///
    /// # Errors
    /// When the key is none of SM2.
    pub fn new(pem: &str, certificate: Vec<u8>) -> Result<Self, SealError> {
        use sm2::pkcs8::DecodePrivateKey as _;
        let secret = sm2::SecretKey::from_pkcs8_pem(pem).map_err(|_| SealError::Key)?;
        let key = SigningKey::new(DEFAULT_ID, &secret).map_err(|_| SealError::Key)?;
        Ok(Self { key, certificate })
    }
}

impl SealMaker for LocalMaker {
    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SealError> {
        let signature: Signature = self.key.try_sign(message).map_err(|_| SealError::Key)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

/// Why a seal cannot be made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A part of a wish does not fit the format.
    #[error("the seal's {0} does not fit")]
    Wish(&'static str),
    /// The maker's key cannot be used.
    #[error("the seal maker's key cannot be used")]
    Key,
    /// It is no seal that we can read.
    #[error("not a readable seal")]
    Unreadable,
    /// The maker did not sign this.
    #[error("the seal's signature is not its maker's")]
    Signature,
}

#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
struct Header {
    id: Ia5String,
    version: u8,
    vid: Ia5String,
}

#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
struct Property {
    kind: u8,
    name: String,
    list_type: u8,
    certificates: Vec<OctetString>,
    created: GeneralizedTime,
    from: GeneralizedTime,
    until: GeneralizedTime,
}

#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
struct Picture {
    kind: Ia5String,
    data: OctetString,
    width: u16,
    height: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
struct Info {
    header: Header,
    id: Ia5String,
    property: Property,
    picture: Picture,
}

#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
struct Seal {
    info: Info,
    certificate: OctetString,
    algorithm: ObjectIdentifier,
    signature: BitString,
}

/// A seal whose signature was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealSeen {
    /// Its number.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Certificates that may use it, DER.
    pub certificates: Vec<Vec<u8>>,
    /// From when it may be used, in seconds since 1970.
    pub from: u64,
    /// Until when.
    pub until: u64,
    /// The picture.
    pub png: Vec<u8>,
    /// Its width in millimetres.
    pub width: u16,
    /// Its height in millimetres.
    pub height: u16,
    /// The maker's certificate, DER. Whether it is trusted is the caller's to ask.
    pub maker: Vec<u8>,
}

/// Makes a seal, DER.
///
/// # Errors
/// A wish that does not fit the format, or a maker who cannot sign.
pub fn make(wish: &SealWish, maker: &dyn SealMaker) -> Result<Vec<u8>, SealError> {
    let info = info(wish)?;
    let message = info.to_der().map_err(|_| SealError::Wish("content"))?;
    let seal = Seal {
        info,
        certificate: octets(maker.certificate(), "maker's certificate")?,
        algorithm: SM2_WITH_SM3,
        signature: BitString::from_bytes(&maker.sign(&message)?).map_err(|_| SealError::Key)?,
    };
    seal.to_der().map_err(|_| SealError::Wish("content"))
}

/// Reads a seal and verifies that the holder of this public key made it (SEC1, as it stands in a certificate).
///
/// # Errors
/// When it cannot be read, or another key signed it.
pub fn verify(seal: &[u8], maker: &[u8]) -> Result<SealSeen, SealError> {
    if seal.len() > MOST {
        return Err(SealError::Unreadable);
    }
    let seal = Seal::from_der(seal).map_err(|_| SealError::Unreadable)?;
    let Info {
        header,
        id,
        property,
        picture,
    } = &seal.info;
    let known = header.id.as_str() == HEADER
        && header.version == VERSION
        && property.list_type == CERTIFICATES
        && seal.algorithm == SM2_WITH_SM3;
    if !known {
        return Err(SealError::Unreadable);
    }
    let key = VerifyingKey::from_sec1_bytes(DEFAULT_ID, maker).map_err(|_| SealError::Key)?;
    let signature = seal.signature.as_bytes().ok_or(SealError::Unreadable)?;
    let signature = Signature::from_der(signature).map_err(|_| SealError::Unreadable)?;
    // DER has one form for each value, so this is what was signed.
    let message = seal.info.to_der().map_err(|_| SealError::Unreadable)?;
    key.verify(&message, &signature)
        .map_err(|_| SealError::Signature)?;
    Ok(SealSeen {
        id: id.as_str().to_owned(),
        name: property.name.clone(),
        certificates: property
            .certificates
            .iter()
            .map(|one| one.as_bytes().to_vec())
            .collect(),
        from: property.from.to_unix_duration().as_secs(),
        until: property.until.to_unix_duration().as_secs(),
        png: picture.data.as_bytes().to_vec(),
        width: picture.width,
        height: picture.height,
        maker: seal.certificate.as_bytes().to_vec(),
    })
}

fn info(wish: &SealWish) -> Result<Info, SealError> {
    let id = wish.id.len() == 32 && wish.id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let checks = [
        (id, "id"),
        (!wish.name.is_empty(), "name"),
        (!wish.certificates.is_empty(), "certificates"),
        (wish.from < wish.until, "time"),
        (wish.png.starts_with(b"\x89PNG\r\n\x1a\n"), "picture"),
        (wish.width >= 10 && wish.height >= 10, "size"),
    ];
    if let Some((_, part)) = checks.into_iter().find(|(holds, _)| !holds) {
        return Err(SealError::Wish(part));
    }
    let certificates: Result<Vec<_>, _> = wish
        .certificates
        .iter()
        .map(|one| octets(one, "certificates"))
        .collect();
    Ok(Info {
        header: Header {
            id: text(HEADER, "header")?,
            version: VERSION,
            vid: text(&wish.maker, "maker")?,
        },
        id: text(&wish.id, "id")?,
        property: Property {
            kind: wish.kind.number(),
            name: wish.name.clone(),
            list_type: CERTIFICATES,
            certificates: certificates?,
            created: time(wish.created)?,
            from: time(wish.from)?,
            until: time(wish.until)?,
        },
        picture: Picture {
            kind: text("PNG", "picture")?,
            data: octets(&wish.png, "picture")?,
            width: whole(wish.width),
            height: whole(wish.height),
        },
    })
}

/// Tenths of a millimetre as whole millimetres, the nearest.
fn whole(tenths: u16) -> u16 {
    tenths.saturating_add(5) / 10
}

fn text(text: &str, part: &'static str) -> Result<Ia5String, SealError> {
    Ia5String::new(text).map_err(|_| SealError::Wish(part))
}

fn octets(bytes: &[u8], part: &'static str) -> Result<OctetString, SealError> {
    OctetString::new(bytes).map_err(|_| SealError::Wish(part))
}

fn time(seconds: u64) -> Result<GeneralizedTime, SealError> {
    GeneralizedTime::from_unix_duration(std::time::Duration::from_secs(seconds))
        .map_err(|_| SealError::Wish("time"))
}

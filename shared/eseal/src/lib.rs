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
//!
//! Nothing here holds a key of a seal maker: who has it signs [`Unsigned::message`].

use der::asn1::{BitString, GeneralizedTime, Ia5String, ObjectIdentifier, OctetString};
use der::{Decode as _, Encode as _, Sequence};
use sm2::dsa::signature::Verifier as _;
use sm2::dsa::{Signature, VerifyingKey};
use x509_cert::Certificate;

/// SM2 with SM3 (GB/T 33560).
const SM2_WITH_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.501");
/// The curve of SM2 (GB/T 33560).
const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
/// The signer's name in the digest where nothing else was agreed on (GB/T 35276).
pub const DEFAULT_ID: &str = "1234567812345678";
/// What a header says that it is.
const HEADER: &str = "ES";
/// The version of GB/T 38540-2020.
const VERSION: u8 = 4;
/// It is an organisation's seal, not a person's.
const UNIT: u8 = 1;
/// The list holds certificates, not their digests.
const CERTIFICATES: u8 = 1;
/// Longer seals fit on no key beside what else is there, and in base64 in no answer that an agent reads.
const MOST: usize = 44 * 1024;

/// What a seal is made of.
#[derive(Debug, Clone)]
pub struct SealWish {
    /// Its number, 32 hex digits: the same is never given twice.
    pub id: String,
    /// The seal maker's identifier.
    pub maker: String,
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

/// Why a seal cannot be made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A part of a wish does not fit the format.
    #[error("the seal's {0} does not fit")]
    Wish(&'static str),
    /// The maker's certificate, or what it signed with, is not one of SM2.
    #[error("the seal maker's certificate or signature is not one of SM2")]
    Maker,
    /// The maker's certificate has ended when the seal is made.
    #[error("the seal maker's certificate has ended")]
    MakerEnded,
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

/// A seal that its maker has still to sign.
pub struct Unsigned {
    info: Info,
    certificate: OctetString,
    message: Vec<u8>,
}

impl Unsigned {
    /// What the maker signs, with SM2 over SM3 and [`DEFAULT_ID`].
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The seal, DER. `signature` is the DER of r and s.
    ///
    /// # Errors
    /// [`SealError::Maker`], [`SealError::Signature`] when the maker's certificate is another key's.
    pub fn signed(self, signature: &[u8]) -> Result<Vec<u8>, SealError> {
        let seal = Seal {
            info: self.info,
            certificate: self.certificate,
            algorithm: SM2_WITH_SM3,
            signature: BitString::from_bytes(signature).map_err(|_| SealError::Maker)?,
        };
        let seal = seal.to_der().map_err(|_| SealError::Wish("content"))?;
        if seal.len() > MOST {
            return Err(SealError::Wish("picture"));
        }
        verify(&seal)?;
        Ok(seal)
    }
}

/// A seal to be signed by the maker of this certificate, DER.
///
/// # Errors
/// A wish that does not fit the format, a certificate of another kind, or one that has ended.
pub fn prepare(wish: &SealWish, maker: &[u8]) -> Result<Unsigned, SealError> {
    let info = info(wish)?;
    let maker_certificate = Certificate::from_der(maker).map_err(|_| SealError::Maker)?;
    let until = maker_certificate.tbs_certificate().validity().not_after;
    if wish.created > until.to_unix_duration().as_secs() {
        return Err(SealError::MakerEnded);
    }
    let message = info.to_der().map_err(|_| SealError::Wish("content"))?;
    Ok(Unsigned {
        info,
        certificate: octets(maker, "maker's certificate")?,
        message,
    })
}

/// Reads a seal and verifies that the key of the maker's certificate in it signed it.
///
/// # Errors
/// When it cannot be read, or another key signed it.
pub fn verify(seal: &[u8]) -> Result<SealSeen, SealError> {
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
    let key = key_of(seal.certificate.as_bytes())?;
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

/// The key of SM2 that a certificate is for.
fn key_of(certificate: &[u8]) -> Result<VerifyingKey, SealError> {
    let certificate = Certificate::from_der(certificate).map_err(|_| SealError::Maker)?;
    let spki = certificate.tbs_certificate().subject_public_key_info();
    let curve = spki.algorithm.parameters.as_ref();
    let curve = curve.and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    if curve != Some(SM2_CURVE) {
        return Err(SealError::Maker);
    }
    let point = spki.subject_public_key.as_bytes();
    let point = point.ok_or(SealError::Maker)?;
    VerifyingKey::from_sec1_bytes(DEFAULT_ID, point).map_err(|_| SealError::Maker)
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
            kind: UNIT,
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

//! What our certificates say.

use std::time::Duration;

use der::asn1::{Ia5String, ObjectIdentifier, OctetString, PrintableString, Utf8StringRef};
use der::{Any, DateTime, Decode, Encode};
use domain::certificate::{KeyPurpose, Validity};
use domain::company::CreditCode;
use p256::ecdsa::VerifyingKey;
use p256::ecdsa::signature::Keypair;
use spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, SubjectPublicKeyInfoOwned,
    SubjectPublicKeyInfoRef,
};
use x509_cert::TbsCertificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage,
    KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity as X509Validity};

use super::{Issuer, broken, defect, sha256};
use crate::ports::{CaError, PortError};

const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const EMAIL_PROTECTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");

/// The unified social credit code (GM/T 0015-2023). Its value is written as `PrintableString`, like the
/// numbers of organisations and taxpayers that the same standard puts into certificates; the code's
/// characters are digits and capitals.
const CREDIT_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10260.4.4");

/// `ub-organization-name` and `ub-common-name` of X.520, as RFC 5280 appendix A.1 has them: 64 characters,
/// whatever number of bytes those take.
const NAME_CHARACTERS: usize = 64;

fn bad(why: impl Into<String>) -> CaError {
    CaError::BadRequest(why.into())
}

/// The signature algorithm of everything here. RFC 5758: no parameters.
pub(super) fn ecdsa_with_sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ECDSA_WITH_SHA256,
        parameters: None,
    }
}

/// A serial number that is positive: the first bit is cleared, and zero is refused.
pub(super) fn serial(mut bytes: [u8; 16]) -> Result<[u8; 16], CaError> {
    bytes[0] &= 0x7f;
    if bytes == [0; 16] {
        return Err(bad("a serial number of zero"));
    }
    Ok(bytes)
}

/// Is it a character that shows, and shows as itself? Controls, marks that turn the reading direction and
/// blanks of no width make one name look like another.
fn shows(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Checks a name for O or CN.
fn lint_name(what: &str, text: &str) -> Result<(), CaError> {
    let characters = text.chars().count();
    if characters == 0 || text.trim() != text {
        return Err(bad(format!(
            "{what} is empty or begins or ends with a blank"
        )));
    }
    if characters > NAME_CHARACTERS {
        return Err(bad(format!(
            "{what} has {characters} characters, a certificate holds {NAME_CHARACTERS}"
        )));
    }
    if !text.chars().all(shows) {
        return Err(bad(format!("{what} has characters that do not show")));
    }
    Ok(())
}

/// C=CN, then O, then CN, one attribute each.
pub(super) fn name(organisation: &str, common_name: &str) -> Result<Name, CaError> {
    lint_name("the name of the organisation", organisation)?;
    lint_name("the common name", common_name)?;
    let build = || -> der::Result<Name> {
        let mut sequence = RdnSequence::default();
        let country = Any::encode_from(&PrintableString::new("CN")?)?;
        let organisation = Any::encode_from(&Utf8StringRef::new(organisation)?)?;
        let common_name = Any::encode_from(&Utf8StringRef::new(common_name)?)?;
        for (oid, value) in [
            (COUNTRY, country),
            (ORGANISATION, organisation),
            (COMMON_NAME, common_name),
        ] {
            let mut single = RelativeDistinguishedName::default();
            single.insert(AttributeTypeAndValue { oid, value })?;
            sequence.push(single);
        }
        Name::from_der(&sequence.to_der()?)
    };
    Ok(build().map_err(broken)?)
}

/// The subject of a company.
pub(super) fn company_name(company: &str) -> Result<Name, CaError> {
    name(company, company)
}

/// A time in whole seconds, in the form that certificates and lists want for its year.
pub(super) fn time(at: jiff::Timestamp) -> Result<Time, PortError> {
    let seconds = u64::try_from(at.as_second()).map_err(|_| defect("a time before 1970"))?;
    let time = DateTime::from_unix_duration(Duration::from_secs(seconds));
    Ok(Time::from(time.map_err(broken)?))
}

/// A validity in whole seconds; not before 1970.
pub(super) fn plain_validity(validity: &Validity) -> Result<X509Validity, CaError> {
    if validity.not_after.as_second() <= validity.not_before.as_second() {
        return Err(bad("it would end before it begins"));
    }
    let time = |at, what: &str| time(at).map_err(|_| bad(what));
    Ok(X509Validity::new(
        time(validity.not_before, "it begins before 1970")?,
        time(validity.not_after, "it ends after the year 9999")?,
    ))
}

/// A validity within that of the issuer, for nothing outlives the certificate that it is checked against.
pub(super) fn validity(validity: &Validity, issuer: &Issuer) -> Result<X509Validity, CaError> {
    let plain = plain_validity(validity)?;
    if plain.not_before.to_unix_duration().as_secs() < issuer.not_before
        || plain.not_after.to_unix_duration().as_secs() > issuer.not_after
    {
        return Err(bad(
            "it would begin before or end after the issuing certificate",
        ));
    }
    Ok(plain)
}

/// A public key as certificates hold it, written anew from the point.
pub(super) fn spki(key: &VerifyingKey) -> Result<SubjectPublicKeyInfoOwned, PortError> {
    SubjectPublicKeyInfoOwned::from_key(key).map_err(broken)
}

/// What tells one key from another in records: SHA-256 of its `SubjectPublicKeyInfo`, hex, as
/// `openssl pkey -pubin -outform DER | sha256sum` has it.
pub(super) fn key_hash(spki: &SubjectPublicKeyInfoOwned) -> Result<String, PortError> {
    Ok(hex::encode(sha256(&spki.to_der().map_err(broken)?)))
}

/// The identifier of a key: SHA-1 of its bits (RFC 5280 §4.2.1.2, method 1). It only names.
pub(super) fn key_id(key: &VerifyingKey) -> Result<SubjectKeyIdentifier, PortError> {
    let der = spki(key)?.to_der().map_err(broken)?;
    let spki = SubjectPublicKeyInfoRef::from_der(&der).map_err(broken)?;
    SubjectKeyIdentifier::try_from(spki).map_err(broken)
}

fn extension<T: der::Encode>(
    oid: ObjectIdentifier,
    critical: bool,
    value: &T,
) -> Result<Extension, PortError> {
    Ok(Extension {
        extn_id: oid,
        critical,
        extn_value: OctetString::new(value.to_der().map_err(broken)?).map_err(broken)?,
    })
}

/// An extension of RFC 5280, critical or not as that says.
pub(super) fn standard<'a, T>(value: &'a T) -> Result<Extension, PortError>
where
    &'a T: ToExtension<Error = der::Error>,
{
    value.to_extension(&Name::default(), &[]).map_err(broken)
}

pub(super) fn authority(key_id: &SubjectKeyIdentifier) -> AuthorityKeyIdentifier {
    AuthorityKeyIdentifier {
        key_identifier: Some(key_id.0.clone()),
        ..AuthorityKeyIdentifier::default()
    }
}

/// Extensions of a company's certificate.
pub(super) fn leaf_extensions(
    purpose: KeyPurpose,
    key: &VerifyingKey,
    issuer: &SubjectKeyIdentifier,
    credit_code: &str,
    crl_url: &str,
) -> Result<Vec<Extension>, CaError> {
    let credit_code: CreditCode = credit_code
        .parse()
        .map_err(|why| bad(format!("credit code: {why}")))?;
    let credit_code = PrintableString::new(credit_code.as_str()).map_err(broken)?;
    let crl = DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![
            GeneralName::UniformResourceIdentifier(Ia5String::new(crl_url).map_err(broken)?),
        ])),
        reasons: None,
        crl_issuer: None,
    };
    let (usage, extended) = match purpose {
        KeyPurpose::Sign => (
            KeyUsages::DigitalSignature | KeyUsages::NonRepudiation,
            vec![CLIENT_AUTH, EMAIL_PROTECTION],
        ),
        KeyPurpose::Encrypt => (KeyUsages::KeyAgreement.into(), vec![EMAIL_PROTECTION]),
    };
    Ok(vec![
        standard(&BasicConstraints {
            ca: false,
            path_len_constraint: None,
        })?,
        standard(&KeyUsage(usage))?,
        standard(&ExtendedKeyUsage(extended))?,
        standard(&key_id(key)?)?,
        standard(&authority(issuer))?,
        standard(&CrlDistributionPoints(vec![crl]))?,
        extension(CREDIT_CODE, false, &credit_code)?,
    ])
}

/// The unified social credit code that a certificate says.
pub(super) fn credit_code(tbs: &TbsCertificate) -> Option<CreditCode> {
    let mut extensions = tbs.extensions()?.iter();
    let extension = extensions.find(|extension| extension.extn_id == CREDIT_CODE)?;
    let code = PrintableString::from_der(extension.extn_value.as_bytes()).ok()?;
    code.as_str().parse().ok()
}

/// Extensions of a CA's certificate. `issuer` is none for a root, which is its own.
pub(super) fn ca_extensions(
    key: &VerifyingKey,
    issuer: Option<&SubjectKeyIdentifier>,
    path_len: Option<u8>,
) -> Result<Vec<Extension>, PortError> {
    let mut extensions = vec![
        standard(&BasicConstraints {
            ca: true,
            path_len_constraint: path_len,
        })?,
        standard(&KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?,
        standard(&key_id(key)?)?,
    ];
    if let Some(issuer) = issuer {
        extensions.push(standard(&authority(issuer))?);
    }
    Ok(extensions)
}

/// Everything that a certificate says.
pub(super) struct Content<'a> {
    pub(super) issuer: Name,
    pub(super) issuer_key: VerifyingKey,
    pub(super) subject: Name,
    pub(super) key: VerifyingKey,
    pub(super) serial: &'a [u8; 16],
    pub(super) validity: X509Validity,
    pub(super) extensions: Vec<Extension>,
}

/// The part of a certificate that is signed, DER.
pub(super) fn to_be_signed(content: Content<'_>) -> Result<Vec<u8>, PortError> {
    let key = spki(&content.key)?;
    let serial = SerialNumber::new(content.serial).map_err(broken)?;
    let signer = AbsentSigner(content.issuer_key);
    let profile = Fixed {
        issuer: content.issuer,
        subject: content.subject,
        extensions: content.extensions,
    };
    CertificateBuilder::new(profile, serial, content.validity, key)
        .and_then(|mut builder| builder.finalize(&signer))
        .map_err(broken)
}

/// Stands for the signer while a certificate is built; the key itself is elsewhere.
struct AbsentSigner(VerifyingKey);

impl Keypair for AbsentSigner {
    type VerifyingKey = VerifyingKey;
    fn verifying_key(&self) -> VerifyingKey {
        self.0
    }
}

impl DynSignatureAlgorithmIdentifier for AbsentSigner {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(ecdsa_with_sha256())
    }
}

/// A profile whose names and extensions are decided already.
struct Fixed {
    issuer: Name,
    subject: Name,
    extensions: Vec<Extension>,
}

impl BuilderProfile for Fixed {
    fn get_issuer(&self, _: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        _: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        Ok(self.extensions.clone())
    }
}

//! What the agent reads of a certificate. Whether it is believed is the cloud's question.

use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::KeyUsage;
use x509_cert::time::Time;

/// What a certificate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// Its first second.
    pub from: Timestamp,
    /// Its last second.
    pub until: Timestamp,
    /// Is its key one that signs?
    pub signs: bool,
}

/// Reads a certificate, DER. None: it is none.
pub fn read(der: &[u8]) -> Option<Read> {
    let certificate = Certificate::from_der(der).ok()?;
    let tbs = certificate.tbs_certificate();
    let at = |time: Time| {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
        Timestamp::from_second(seconds).ok()
    };
    let usage = tbs.get_extension::<KeyUsage>().ok().flatten();
    Some(Read {
        from: at(tbs.validity().not_before)?,
        until: at(tbs.validity().not_after)?,
        signs: usage.is_some_and(|(_, usage)| usage.digital_signature()),
    })
}

/// The public key that a certificate, DER, is for: DER of `SubjectPublicKeyInfo`. None: it is no certificate.
pub fn public_key(der: &[u8]) -> Option<Vec<u8>> {
    let certificate = Certificate::from_der(der).ok()?;
    let key = certificate.tbs_certificate().subject_public_key_info();
    key.to_der().ok()
}

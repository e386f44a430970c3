//! Certificates that come back: read from a key, and believed only when an issuer that counts here signed them.

use std::fmt;
use std::sync::Arc;

use der::Decode;
use domain::company::CreditCode;
use jiff::Timestamp;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{DerSignature, VerifyingKey};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

use super::elsewhere::OtherIssuer;
use super::{Issuer, is_signed_by, key_of, profile, significant};
use crate::ports::PortError;

/// The longest certificate that is read. Ours have about 800 bytes.
const MOST: usize = 8 * 1024;

/// Why a certificate is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    /// It cannot be read as one of a company: no certificate, another kind of key, one of a CA.
    #[error("no certificate of a company")]
    Form,
    /// No issuer that counts here signed it, or none that was valid then.
    #[error("no issuer that counts")]
    Issuer,
}

/// The issuers whose certificates count: those of our chain, and others that were agreed on.
pub struct Issuers {
    own: Vec<Issuer>,
    others: Vec<Arc<OtherIssuer>>,
}

impl fmt::Debug for Issuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.all().map(|(issuer, _)| issuer.name.to_string());
        f.debug_list().entries(names).finish()
    }
}

/// A certificate that an issuer signed.
#[derive(Debug, Clone)]
pub struct Believed {
    /// Its serial number, hex.
    pub serial: String,
    /// The unified social credit code in it.
    pub credit_code: Option<CreditCode>,
    /// Its first second.
    pub not_before: Timestamp,
    /// Its last second.
    pub not_after: Timestamp,
    /// Who issued it, when that was not our CA.
    pub elsewhere: Option<Arc<OtherIssuer>>,
    key: VerifyingKey,
}

impl Believed {
    /// Did its key sign a message, by ECDSA with SHA-256? The signature is DER.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        DerSignature::from_bytes(signature)
            .is_ok_and(|signature| self.key.verify(message, &signature).is_ok())
    }
}

impl Issuers {
    /// The issuers among certificates, PEM. A root counts as what signs issuers, never as an issuer of
    /// companies' certificates, and what is signed by none of the others does not count at all.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(chains_pem: &str) -> Result<Self, PortError> {
        let defect = |why: &str| PortError::defect("issuers", why);
        let all = Certificate::load_pem_chain(chains_pem.as_bytes())
            .map_err(|_| defect("the chain cannot be read"))?;
        let mut issuers = Vec::new();
        for certificate in &all {
            let tbs = certificate.tbs_certificate();
            if tbs.issuer() == tbs.subject() {
                continue;
            }
            let mut above = all
                .iter()
                .filter(|other| other.tbs_certificate().subject() == tbs.issuer());
            let vouched = above.any(|other| {
                key_of(other).is_ok_and(|key| is_signed_by(certificate, &key).unwrap_or(false))
            });
            if vouched {
                issuers.push(Issuer::of(certificate)?);
            }
        }
        if issuers.is_empty() {
            return Err(defect("no issuer in the chain"));
        }
        Ok(Self {
            own: issuers,
            others: Vec::new(),
        })
    }

    /// With others beside our own.
    ///
    /// # Errors
    /// When one of them goes by a name that another one has: whose certificate it is would be anybody's guess.
    pub fn with(mut self, others: Vec<OtherIssuer>) -> Result<Self, PortError> {
        for other in others {
            if self
                .all()
                .any(|(issuer, _)| issuer.name == other.issuer.name)
            {
                let why = format!("two issuers are called {}", other.issuer.name);
                return Err(PortError::defect("issuers", why));
            }
            self.others.push(Arc::new(other));
        }
        Ok(self)
    }

    fn all(&self) -> impl Iterator<Item = (&Issuer, Option<&Arc<OtherIssuer>>)> {
        let others = self.others.iter().map(|other| (&other.issuer, Some(other)));
        self.own.iter().map(|issuer| (issuer, None)).chain(others)
    }

    /// Reads a certificate, DER. Whether it has ended is the caller's question; that its issuer was valid when
    /// it began is asked here.
    ///
    /// # Errors
    /// [`NotBelieved`].
    pub fn read(&self, der: &[u8]) -> Result<Believed, NotBelieved> {
        if der.len() > MOST {
            return Err(NotBelieved::Form);
        }
        let certificate = Certificate::from_der(der).map_err(|_| NotBelieved::Form)?;
        let tbs = certificate.tbs_certificate();
        let key = key_of(&certificate).map_err(|_| NotBelieved::Form)?;
        let constraints = tbs
            .get_extension::<BasicConstraints>()
            .map_err(|_| NotBelieved::Form)?;
        let usage = tbs
            .get_extension::<KeyUsage>()
            .map_err(|_| NotBelieved::Form)?;
        let is_ca = constraints.is_some_and(|(_, constraints)| constraints.ca);
        if is_ca || !usage.is_some_and(|(_, usage)| usage.digital_signature()) {
            return Err(NotBelieved::Form);
        }
        let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
        let (from, until) = (
            seconds(tbs.validity().not_before),
            seconds(tbs.validity().not_after),
        );
        let (_, elsewhere) = self
            .all()
            .find(|(issuer, _)| {
                issuer.name == *tbs.issuer()
                    && (issuer.not_before..=issuer.not_after).contains(&from)
                    && is_signed_by(&certificate, &issuer.key).unwrap_or(false)
            })
            .ok_or(NotBelieved::Issuer)?;
        let moment = |seconds: u64| {
            let seconds = i64::try_from(seconds).map_err(|_| NotBelieved::Form)?;
            Timestamp::from_second(seconds).map_err(|_| NotBelieved::Form)
        };
        Ok(Believed {
            serial: hex::encode(significant(tbs.serial_number().as_bytes())),
            credit_code: profile::credit_code(tbs),
            not_before: moment(from)?,
            not_after: moment(until)?,
            elsewhere: elsewhere.cloned(),
            key,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_without_issuer_is_none() {
        assert!(Issuers::new("").is_err());
        assert!(
            Issuers::new("-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n").is_err()
        );
    }
}

//! Revocation lists (RFC 5280 §5): version 2, complete, of one issuer, signed by its own key.
//!
//! | field | value |
//! | --- | --- |
//! | cRLNumber | from the caller, growing |
//! | authorityKeyIdentifier | the issuer's key identifier |
//! | entry | serial number, since when, reason; certificateHold for what is suspended |

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use der::Encode;
use domain::certificate::{Listed, RevocationReason, Standing};
use x509_cert::Version;
use x509_cert::certificate::Rfc5280;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::ext::pkix::{CrlNumber, CrlReason};
use x509_cert::serial_number::SerialNumber;

use super::{Issuer, broken, defect, issuer_of, profile, sha256, signed_der};
use crate::ports::{DigestSigner, ListContent, PortError, RevocationLists};

/// The issuer of revocation lists: the CA, for lists only.
pub struct ListIssuer {
    issuer: Issuer,
    signer: Arc<dyn DigestSigner>,
}

impl fmt::Debug for ListIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListIssuer")
            .field("issuer", &self.issuer.name.to_string())
            .finish_non_exhaustive()
    }
}

impl ListIssuer {
    /// Lists of the CA of a chain (issuing certificate first, root last), whose key `signer` holds.
    ///
    /// # Errors
    /// When the chain does not hold together, or its issuer may not sign lists.
    pub fn new(chain_pem: &str, signer: Arc<dyn DigestSigner>) -> Result<Self, PortError> {
        let issuer = issuer_of(chain_pem)?;
        if !issuer.signs_lists {
            return Err(defect("the issuing certificate may not sign lists"));
        }
        Ok(Self { issuer, signer })
    }
}

fn entry(listed: &Listed) -> Result<Option<RevokedCert<Rfc5280>>, PortError> {
    let (at, reason) = match listed.standing {
        Standing::Good => return Ok(None),
        Standing::Suspended { at } => (at, CrlReason::CertificateHold),
        Standing::Revoked { at, reason } => {
            let reason = match reason {
                RevocationReason::KeyCompromise => CrlReason::KeyCompromise,
                RevocationReason::Superseded => CrlReason::Superseded,
                RevocationReason::CessationOfOperation => CrlReason::CessationOfOperation,
            };
            (at, reason)
        }
    };
    let serial = hex::decode(&listed.serial)
        .map_err(|_| defect("a serial number in the register is not hex"))?;
    Ok(Some(RevokedCert {
        serial_number: SerialNumber::new(&serial).map_err(broken)?,
        revocation_date: profile::time(at)?,
        crl_entry_extensions: Some(vec![profile::standard(&reason)?]),
    }))
}

#[async_trait]
impl RevocationLists for ListIssuer {
    async fn list(&self, content: &ListContent) -> Result<Vec<u8>, PortError> {
        let mut entries = Vec::with_capacity(content.listed.len());
        for listed in &content.listed {
            entries.extend(entry(listed)?);
        }
        let number = CrlNumber::try_from(content.number).map_err(broken)?;
        let tbs = TbsCertList {
            version: Version::V2,
            signature: profile::ecdsa_with_sha256(),
            issuer: self.issuer.name.clone(),
            this_update: profile::time(content.this_update)?,
            next_update: Some(profile::time(content.next_update)?),
            // An empty list is left out (RFC 5280 §5.1.2.6).
            revoked_certificates: (!entries.is_empty()).then_some(entries),
            crl_extensions: Some(vec![
                profile::standard(&profile::authority(&self.issuer.key_id))?,
                profile::standard(&number)?,
            ]),
        };
        let tbs = tbs.to_der().map_err(broken)?;
        let signature = self.signer.sign_sha256(&sha256(&tbs)).await?;
        signed_der(&tbs, &signature, &self.issuer.key)
    }
}

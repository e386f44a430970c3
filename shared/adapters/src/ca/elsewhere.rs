//! Other issuers, whose keys may join: agreed on by the operator of a stage, in one document of the public bucket.
//!
//! A certificate of theirs is believed as ours is, and asked for once more on the issuer's own revocation list, which
//! is fetched when somebody shows such a key. A list that cannot be had, that is old, or of a kind that does not say
//! everything (delta, partial or indirect, RFC 5280 §5.2), leaves the question open: then nothing is done with the key.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use der::{Decode, Encode as _};
use domain::catalog::Medium;
use domain::policy::StorefrontId;
use jiff::{SignedDuration, Timestamp};
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{DerSignature, VerifyingKey};
use serde::{Deserialize, Serialize};
use x509_cert::crl::CertificateList;
use x509_cert::ext::Extension;
use x509_cert::time::Time;

use super::{Issuer, Signed, defect, issuer_of, profile, sha256, significant};
use crate::ports::{Objects, PortError, RemoteLists};

/// Where the document stands in the public bucket.
pub const ELSEWHERE_KEY: &str = "pki/elsewhere.json";
/// A few chains.
const LONGEST: u64 = 256 * 1024;
/// How long a list that was fetched is good without being asked for again, if it does not end before.
const KEPT: SignedDuration = SignedDuration::from_hours(1);
/// How far a list may have been made after now: clocks differ.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// Another issuer, as the operator writes it down.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherIssuerConfig {
    /// What its name is on pages.
    pub name: String,
    /// The medium of its keys.
    pub medium: Medium,
    /// The storefront that serves them.
    pub storefront: StorefrontId,
    /// Its chain, PEM: issuing certificate first, root last.
    pub chain: String,
    /// Where its revocation list is, complete and signed by the issuing certificate's own key; http or https.
    pub list: String,
}

/// Another issuer.
pub struct OtherIssuer {
    /// As it was written down.
    pub config: OtherIssuerConfig,
    pub(super) issuer: Issuer,
}

impl fmt::Debug for OtherIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtherIssuer")
            .field("name", &self.config.name)
            .field("subject", &self.issuer.name.to_string())
            .finish_non_exhaustive()
    }
}

impl OtherIssuer {
    /// Checks what was written down.
    ///
    /// # Errors
    /// When the chain does not hold together, or its issuer may not sign lists.
    pub fn new(config: OtherIssuerConfig) -> Result<Self, PortError> {
        let why = |why: &str| defect(format!("the issuer {}: {why}", config.name));
        if config.name.trim().is_empty() {
            return Err(defect("an issuer without a name"));
        }
        let issuer = issuer_of(&config.chain).map_err(|error| why(&error.to_string()))?;
        if !issuer.signs_lists {
            return Err(why("its issuing certificate may not sign lists"));
        }
        Ok(Self { config, issuer })
    }
}

/// The issuers that are written down in the public bucket; none where nothing is.
///
/// # Errors
/// A defect when the document cannot be used; the bucket's.
pub async fn elsewhere(public: &dyn Objects) -> Result<Vec<OtherIssuer>, PortError> {
    match public.read(ELSEWHERE_KEY, LONGEST).await? {
        Some(document) => other_issuers(&document),
        None => Ok(Vec::new()),
    }
}

/// The issuers of such a document: a JSON list.
///
/// # Errors
/// A defect when it cannot be used.
pub fn other_issuers(document: &[u8]) -> Result<Vec<OtherIssuer>, PortError> {
    let configs: Vec<OtherIssuerConfig> = serde_json::from_slice(document)
        .map_err(|why| defect(format!("the document of other issuers: {why}")))?;
    configs.into_iter().map(OtherIssuer::new).collect()
}

/// A revocation list that was believed.
struct List {
    made_at: Timestamp,
    until: Timestamp,
    /// Serial numbers without the zeros before them.
    listed: HashSet<Vec<u8>>,
}

struct Fetched {
    list: List,
    at: Timestamp,
}

/// What other issuers say of their certificates.
pub struct OtherLists {
    remote: Arc<dyn RemoteLists>,
    /// By address.
    fetched: Mutex<HashMap<String, Arc<Fetched>>>,
}

impl fmt::Debug for OtherLists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtherLists").finish_non_exhaustive()
    }
}

impl OtherLists {
    /// Those that are fetched so.
    pub fn new(remote: Arc<dyn RemoteLists>) -> Self {
        Self {
            remote,
            fetched: Mutex::default(),
        }
    }

    /// Does a certificate stand on its issuer's list, revoked or suspended? `serial` is hex.
    ///
    /// # Errors
    /// When nobody can say so now.
    pub async fn lists(
        &self,
        issuer: &OtherIssuer,
        serial: &str,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        let serial = hex::decode(serial).map_err(|_| defect("a serial number that is not hex"))?;
        let fetched = self.newest(issuer, now).await?;
        Ok(fetched.list.listed.contains(significant(&serial)))
    }

    async fn newest(
        &self,
        issuer: &OtherIssuer,
        now: Timestamp,
    ) -> Result<Arc<Fetched>, PortError> {
        let address = &issuer.config.list;
        let before = self.kept().get(address).cloned();
        let before = before.filter(|before| now < before.list.until);
        if let Some(before) = &before
            && now < before.at + KEPT
        {
            return Ok(before.clone());
        }
        let list = match self.remote.fetch(address).await {
            Ok(bytes) => read(&issuer.issuer, &bytes, now),
            Err(error) => Err(error),
        };
        let list = match (list, before) {
            // Whoever is between here and there hands out an old one.
            (Ok(list), Some(before)) if list.made_at < before.list.made_at => return Ok(before),
            (Ok(list), _) => list,
            // The one before it has not ended: its issuer still stands by it.
            (Err(error), Some(before)) => {
                tracing::warn!(issuer = %issuer.config.name, %error, "a newer list is not to be had");
                return Ok(before);
            }
            (Err(error), None) => return Err(error),
        };
        let fetched = Arc::new(Fetched { list, at: now });
        self.kept().insert(address.clone(), fetched.clone());
        Ok(fetched)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Fetched>>> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a list, DER, that its issuer signed and that holds now.
fn read(issuer: &Issuer, bytes: &[u8], now: Timestamp) -> Result<List, PortError> {
    let silent = |why: &'static str| PortError::unavailable("an issuer's list", why);
    let all = CertificateList::<x509_cert::certificate::Rfc5280>::from_der(bytes)
        .map_err(|_| silent("it cannot be read"))?;
    let tbs = &all.tbs_cert_list;
    if tbs.issuer != issuer.name {
        return Err(silent("it is another issuer's"));
    }
    if !is_signed(&all, bytes, &issuer.key) {
        return Err(silent("its issuer did not sign it"));
    }
    // What must be understood and is not: a delta, a part, somebody else's certificates.
    if is_critical(tbs.crl_extensions.as_deref()) {
        return Err(silent("it does not say everything"));
    }
    let made_at = moment(tbs.this_update).ok_or_else(|| silent("it has no date"))?;
    let until = tbs.next_update.and_then(moment);
    let until = until.ok_or_else(|| silent("it does not say until when it holds"))?;
    if now + CLOCKS < made_at {
        return Err(silent("it is of the future"));
    }
    if until <= now {
        return Err(silent("it has ended"));
    }
    let mut listed = HashSet::new();
    for entry in tbs.revoked_certificates.iter().flatten() {
        if is_critical(entry.crl_entry_extensions.as_deref()) {
            return Err(silent("it is of several issuers"));
        }
        listed.insert(significant(entry.serial_number.as_bytes()).to_vec());
    }
    Ok(List {
        made_at,
        until,
        listed,
    })
}

fn is_critical(extensions: Option<&[Extension]>) -> bool {
    let mut all = extensions.unwrap_or_default().iter();
    all.any(|extension| extension.critical)
}

/// Is it signed by this key, as certificates are? What was signed is taken from the bytes as they came.
fn is_signed(list: &CertificateList, bytes: &[u8], key: &VerifyingKey) -> bool {
    let Ok(signed) = Signed::from_der(bytes) else {
        return false;
    };
    let Ok(tbs) = signed.tbs.to_der() else {
        return false;
    };
    let wanted = profile::ecdsa_with_sha256();
    list.signature_algorithm == wanted
        && list.tbs_cert_list.signature == wanted
        && list.signature.as_bytes().is_some_and(|signature| {
            DerSignature::from_bytes(signature)
                .is_ok_and(|signature| key.verify_prehash(&sha256(&tbs), &signature).is_ok())
        })
}

fn moment(time: Time) -> Option<Timestamp> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
    Timestamp::from_second(seconds).ok()
}

//! The CAs of a laptop: its own, whose key is in KMS, and another issuer's, of which the stage knows no more than of
//! any other: a chain, and where its list is.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use adapters::ca::{
    Believed, CHAIN_KEY, CaName, Issuers, IssuingCa, ListIssuer, OtherIssuerConfig, SoftwareKey,
    issuing_certificate, self_signed_root,
};
use adapters::kms::KmsSigner;
use adapters::ports::{
    CertificateAuthority, Clock, IssueRequest, ListContent, Objects, Random, RevocationLists,
};
use adapters::remote_lists::HttpLists;
use adapters::s3::Bucket;
use anyhow::{Context, Result};
use domain::catalog::Medium;
use domain::certificate::{KeyPurpose, Subject, Validity};
use domain::company::Company;
use domain::policy::StorefrontId;
use edge::real::{OsRandom, SystemClock};
use jiff::SignedDuration;
use operator::issuers;
use system_tests::stack::Stack;
use x509_cert::Certificate;
use x509_cert::der::{DecodePem as _, Encode as _};

/// What the other issuer is called on pages.
const OTHER_NAME: &str = "别家演示 CA";
/// Where its list is, below the site's address.
const OTHER_LIST: &str = "pki/elsewhere.crl";
/// How long that list is good for: until the next `up`, as long as that may be away.
const OTHER_LIST_HOURS: i64 = 24 * 365;

fn public(stack: &Stack) -> Bucket {
    Bucket::connect(&stack.cloud(), &stack.buckets.public, true)
}

fn serial() -> [u8; 16] {
    let mut serial = [0u8; 16];
    OsRandom.fill(&mut serial);
    serial[0] = (serial[0] & 0x7F) | 0x40;
    serial
}

/// So many years from now, as if it had been at work for some: keys of the past are wanted too (`token expire`).
fn years(years: i64) -> Result<Validity> {
    let now = SystemClock.now().in_tz(domain::CIVIL_ZONE)?;
    let span = jiff::Span::new();
    Ok(Validity {
        not_before: now.checked_sub(span.years(5))?.timestamp(),
        not_after: now.checked_add(span.years(years))?.timestamp(),
    })
}

/// A root with its key, and a chain for an issuing key.
struct Ceremony {
    root: String,
    root_key: SoftwareKey,
    chain: String,
}

fn ceremony(organisation: &str, what: &str, public: &[u8]) -> Result<Ceremony> {
    let name = |common: &str| CaName {
        organisation: organisation.to_owned(),
        common_name: format!("{what}{common}"),
    };
    let root_key = SoftwareKey::generate(&OsRandom)?;
    let root = self_signed_root(&name("根 CA"), &root_key, &years(20)?, serial())?;
    let (name, valid) = (name("签发 CA"), years(10)?);
    let issuing = issuing_certificate(&root, &root_key, &name, public, &valid, serial())?;
    Ok(Ceremony {
        chain: format!("{}\n{}\n", issuing.trim(), root.trim()),
        root,
        root_key,
    })
}

/// The root ceremony of a laptop: a root whose key stays in a file here, an issuing certificate for the key
/// in KMS. Done once; a chain that fits the key is left alone.
pub(crate) async fn own(stack: &Stack) -> Result<()> {
    let bucket = public(stack);
    let signer = KmsSigner::connect(&stack.cloud(), &stack.ca_key);
    let public = signer.public_key_der().await?;
    let marker = stack.dir.join("ca-issuing-key.hex");
    let known = fs::read_to_string(&marker).unwrap_or_default();
    if known == hex::encode(&public) && bucket.info(CHAIN_KEY).await?.is_some() {
        return Ok(());
    }
    let Ceremony {
        root,
        root_key,
        chain,
    } = ceremony("Sealkey 本地演示", "Sealkey 演示", &public)?;
    IssuingCa::new(&chain, "http://localhost/pki/ca.crl", Arc::new(signer))?;
    write_private(&stack.dir.join("ca-root.key.pem"), &root_key.to_pem()?)?;
    fs::write(stack.dir.join("ca-root.pem"), &root)?;
    bucket
        .write(CHAIN_KEY, "application/x-pem-file", chain.into_bytes())
        .await?;
    fs::write(marker, hex::encode(&public))?;
    Ok(())
}

/// The other issuer: made once, its list published, and written down as `operator issuers-install` does.
pub(crate) async fn elsewhere(stack: &Stack) -> Result<()> {
    let (chain, key) = other_files(stack)?;
    let now = SystemClock.now();
    let lists = ListIssuer::new(&chain, Arc::new(key))?;
    let list = ListContent {
        number: u64::try_from(now.as_second())?,
        this_update: now,
        next_update: now + SignedDuration::from_hours(OTHER_LIST_HOURS),
        listed: Vec::new(),
    };
    let bucket = public(stack);
    bucket
        .write(OTHER_LIST, "application/pkix-crl", lists.list(&list).await?)
        .await?;
    let config = OtherIssuerConfig {
        name: OTHER_NAME.to_owned(),
        medium: Medium::Cpp,
        storefront: StorefrontId("mall".to_owned()),
        chain,
        list: other_list(stack),
    };
    let document = serde_json::to_vec_pretty(&[config])?;
    issuers::install(&bucket, Arc::new(HttpLists), document, now).await?;
    Ok(())
}

fn other_list(stack: &Stack) -> String {
    format!("{}/{OTHER_LIST}", stack.web)
}

/// Its chain and its issuing key, which lie in files here.
fn other_files(stack: &Stack) -> Result<(String, SoftwareKey)> {
    let [chain, key] =
        ["ca-elsewhere.pem", "ca-elsewhere.key.pem"].map(|name| stack.dir.join(name));
    if let (Ok(chain), Ok(key)) = (fs::read_to_string(&chain), fs::read_to_string(&key)) {
        return Ok((chain, SoftwareKey::from_pem(&key)?));
    }
    let issuing = SoftwareKey::generate(&OsRandom)?;
    let public = issuing.public_key_der()?;
    let made = ceremony("别家演示", OTHER_NAME, &public)?;
    write_private(&key, &issuing.to_pem()?)?;
    fs::write(&chain, &made.chain)?;
    Ok((made.chain, issuing))
}

/// A CA of the laptop: what issues, and what believes.
pub(crate) struct Authority {
    ca: IssuingCa,
    issuers: Issuers,
}

impl Authority {
    /// The stage's own.
    pub(crate) async fn own(stack: &Stack) -> Result<Self> {
        let chain = adapters::ca::chain(&public(stack)).await?;
        let signer = Arc::new(KmsSigner::connect(&stack.cloud(), &stack.ca_key));
        let crl = format!("{}/pki/ca.crl", stack.web);
        Ok(Self {
            ca: IssuingCa::new(&chain, &crl, signer)?,
            issuers: Issuers::new(&chain)?,
        })
    }

    /// The other issuer.
    pub(crate) fn elsewhere(stack: &Stack) -> Result<Self> {
        let (chain, key) = other_files(stack)?;
        Ok(Self {
            ca: IssuingCa::new(&chain, &other_list(stack), Arc::new(key))?,
            issuers: Issuers::new(&chain)?,
        })
    }

    /// A certificate for a company, for the key of a request: its number, and PEM.
    pub(crate) async fn issue(
        &self,
        csr_pem: String,
        company: &Company,
        validity: Validity,
    ) -> Result<(String, String)> {
        let prepared = self.ca.prepare(&IssueRequest {
            csr_pem,
            purpose: KeyPurpose::Sign,
            nonce: None,
            subject: Subject {
                company_name: company.name.clone(),
                credit_code: company.credit_code.as_str().to_owned(),
            },
            validity,
            serial: serial(),
        });
        let prepared = prepared.context(
            "a laptop's CA that is too young for this is made anew by `cargo xtask reset`; `up` then gives the key a certificate",
        )?;
        let signed = self.ca.issue(prepared).await?;
        Ok((signed.serial, signed.certificate_pem))
    }

    /// A certificate, PEM, if it is of this CA.
    pub(crate) fn read(&self, pem: &str) -> Option<Believed> {
        let certificate = Certificate::from_pem(pem).ok()?;
        self.issuers.read(&certificate.to_der().ok()?).ok()
    }
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

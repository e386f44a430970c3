//! A CA of two certificates, and certificate requests.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use adapters::ca::{
    CaName, Issuers, IssuingCa, ListIssuer, OtherIssuer, OtherIssuerConfig, OtherLists,
    SoftwareKey, issuing_certificate, self_signed_root,
};
use adapters::ports::{
    CertificateAuthority, DigestSigner, IssueRequest, ListContent, PortError, RemoteLists,
    RevocationLists,
};
use async_trait::async_trait;
use der::EncodePem as _;
use der::pem::LineEnding;
use domain::catalog::Medium;
use domain::certificate::{KeyPurpose, Subject, Validity};
use domain::policy::StorefrontId;
use p256::SecretKey;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::EncodePublicKey as _;
use x509_cert::builder::Builder as _;
use x509_cert::request::RequestBuilder;

use crate::ambient::SeededRandom;
use crate::power::PowerCut;

struct Ceremony {
    chain: String,
    key: Arc<SoftwareKey>,
}

static CEREMONY: LazyLock<Ceremony> = LazyLock::new(|| ceremony(7, "Sealkey 测试"));
/// The CA of somebody else.
static ELSEWHERE: LazyLock<Ceremony> = LazyLock::new(|| ceremony(8, "别家测试"));

fn ceremony(seed: u64, organisation: &str) -> Ceremony {
    let random = SeededRandom::new(seed);
    let key = || SoftwareKey::generate(&random).expect("a key");
    let name = |what: &str| CaName {
        organisation: organisation.to_owned(),
        common_name: what.to_owned(),
    };
    let years = |until: &str| Validity {
        not_before: "2026-01-01T00:00:00Z".parse().expect("a moment"),
        not_after: until.parse().expect("a moment"),
    };
    let (root_key, key) = (key(), Arc::new(key()));
    let root = self_signed_root(
        &name("Root"),
        &root_key,
        &years("2056-01-01T00:00:00Z"),
        [9; 16],
    )
    .expect("a root");
    let public = key.public_key_der().expect("DER");
    let valid = years("2036-01-01T00:00:00Z");
    let issuing = issuing_certificate(&root, &root_key, &name("Issuing"), &public, &valid, [8; 16])
        .expect("issued");
    Ceremony {
        chain: format!("{issuing}{root}"),
        key,
    }
}

/// The issuing key, behind the power: signing in KMS is a call like any other.
struct PoweredKey(Arc<PowerCut>);

#[async_trait]
impl DigestSigner for PoweredKey {
    async fn sign_sha256(&self, digest: &[u8; 32]) -> Result<Vec<u8>, PortError> {
        let ticket = self.0.before("kms.sign")?;
        let signature = CEREMONY.key.sign_sha256(digest).await?;
        self.0.after(&ticket)?;
        Ok(signature)
    }
}

/// A key in KMS, behind the power: of the CA, of the audit, of tickets.
pub fn kms_key(power: Arc<PowerCut>) -> Arc<dyn DigestSigner> {
    Arc::new(PoweredKey(power))
}

/// Its public half, DER.
pub fn kms_public_key() -> Vec<u8> {
    CEREMONY.key.public_key_der().expect("DER")
}

/// Those whose certificates count: the CA.
pub fn issuers() -> Issuers {
    Issuers::new(&CEREMONY.chain).expect("issuers")
}

/// Where the other issuer's list is, in tests.
pub const OTHER_LIST: &str = "http://crl.example.cn/other.crl";
/// What the other issuer is called.
pub const OTHER_NAME: &str = "别家 CA";

/// Another issuer, of keys of `medium`.
pub fn other_issuer(medium: Medium) -> OtherIssuer {
    let config = OtherIssuerConfig {
        name: OTHER_NAME.to_owned(),
        medium,
        storefront: StorefrontId("mall".to_owned()),
        chain: ELSEWHERE.chain.clone(),
        list: OTHER_LIST.to_owned(),
    };
    OtherIssuer::new(config).expect("an issuer")
}

/// A certificate of the other issuer, as [`issued`].
pub async fn issued_elsewhere(
    csr_pem: String,
    no: u8,
    subject: Subject,
    validity: Validity,
) -> (String, Vec<u8>) {
    let ca = IssuingCa::new(&ELSEWHERE.chain, OTHER_LIST, ELSEWHERE.key.clone()).expect("a CA");
    issued_by(&ca, csr_pem, no, subject, validity).await
}

/// A list of the other issuer.
pub async fn list_elsewhere(content: &ListContent) -> Vec<u8> {
    let lists = ListIssuer::new(&ELSEWHERE.chain, ELSEWHERE.key.clone()).expect("a CA");
    lists.list(content).await.expect("a list")
}

/// The lists of nobody, where there are no other issuers.
pub fn no_other_lists() -> Arc<OtherLists> {
    Arc::new(OtherLists::new(Arc::new(PublishedLists::default())))
}

/// What other issuers publish, by address.
#[derive(Default)]
pub struct PublishedLists(Mutex<HashMap<String, Vec<u8>>>);

impl PublishedLists {
    /// Publishes a list; none takes it away.
    ///
    /// # Panics
    /// When a test panicked while it held the lists.
    pub fn publish(&self, address: &str, list: Option<Vec<u8>>) {
        let mut all = self.0.lock().expect("lists");
        match list {
            Some(list) => all.insert(address.to_owned(), list),
            None => all.remove(address),
        };
    }
}

#[async_trait]
impl RemoteLists for PublishedLists {
    async fn fetch(&self, address: &str) -> Result<Vec<u8>, PortError> {
        let all = self.0.lock().expect("lists");
        let list = all.get(address).cloned();
        list.ok_or_else(|| PortError::unavailable("an issuer's list", "answered 404"))
    }
}

/// The CA.
pub fn ca(power: Arc<PowerCut>) -> Arc<dyn CertificateAuthority> {
    let ca = IssuingCa::new(
        &CEREMONY.chain,
        "http://keys.example.cn/pki/ca.crl",
        Arc::new(PoweredKey(power)),
    );
    Arc::new(ca.expect("a CA"))
}

/// Its certificates, PEM: issuing, then root.
pub fn chain() -> &'static str {
    &CEREMONY.chain
}

/// The CA, for revocation lists.
pub fn lists(power: Arc<PowerCut>) -> Arc<dyn RevocationLists> {
    let lists = ListIssuer::new(&CEREMONY.chain, Arc::new(PoweredKey(power)));
    Arc::new(lists.expect("a CA"))
}

/// A key of its own for each number, as a token holds one. 0 and 255 have that of the number beside them: neither zero
/// nor ones alone are a key of P-256.
pub fn token_key(no: u8) -> SigningKey {
    SigningKey::from_slice(&[no.clamp(1, 0xfe); 32]).expect("a key")
}

/// The key beside it that agrees on secrets: never the one that signs, whatever the number.
pub fn token_secret(no: u8) -> SecretKey {
    SecretKey::from_slice(&[no.max(1), no, !no].repeat(11)[..32]).expect("a key")
}

/// A certificate for the key that signs of a request, numbered: its serial number, and DER.
///
/// # Panics
/// When the CA refuses.
pub async fn issued(
    csr_pem: String,
    no: u8,
    subject: Subject,
    validity: Validity,
) -> (String, Vec<u8>) {
    issued_by(&*ca(PowerCut::never()), csr_pem, no, subject, validity).await
}

async fn issued_by(
    ca: &dyn CertificateAuthority,
    csr_pem: String,
    no: u8,
    subject: Subject,
    validity: Validity,
) -> (String, Vec<u8>) {
    let wanted = IssueRequest {
        csr_pem,
        purpose: KeyPurpose::Sign,
        nonce: None,
        subject,
        validity,
        serial: [0x40 | no; 16],
    };
    let prepared = ca.prepare(&wanted).expect("a good request");
    let signed = ca.issue(prepared).await.expect("issued");
    let (_, der) = der::pem::decode_vec(signed.certificate_pem.as_bytes()).expect("PEM");
    (signed.serial, der)
}

/// A request as another program writes it for such a key, without a second one. It names another company: that
/// must not matter.
pub fn csr(no: u8) -> String {
    let key = token_key(no);
    let subject = "CN=evil.example,O=Evil,C=US".parse().expect("a name");
    let request = RequestBuilder::new(subject).expect("a request");
    let request = request.build::<_, DerSignature>(&key).expect("signed");
    request.to_pem(LineEnding::LF).expect("PEM")
}

/// A request as an agent writes it, for both keys of such a token.
pub fn request(no: u8, nonce: &str) -> String {
    let key = token_key(no);
    let sign = key.verifying_key().to_public_key_der().expect("DER");
    let secret = token_secret(no).public_key();
    let encrypt = secret.to_public_key_der().expect("DER");
    let request = csr::Request::new(sign.as_bytes(), encrypt.as_bytes(), nonce).expect("a request");
    let signature: DerSignature = key.sign_prehash(&request.digest()).expect("signed");
    request.with_signature(signature.as_bytes()).expect("PEM")
}

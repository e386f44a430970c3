//! The CA, with the `openssl` command as the second opinion: root, issuing certificate and a company's
//! certificate must verify there, strictly.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::support::{folder, openssl, openssl_text, try_openssl};
use adapters::ca::{
    CaName, Issuers, IssuingCa, NotBelieved, SoftwareKey, issuing_certificate, self_signed_root,
};
use adapters::ports::{
    CaError, CertificateAuthority, DigestSigner as _, IssuancePart, IssueRequest, PortError,
    Prepared, Random, SignedCertificate,
};
use domain::certificate::{KeyPurpose, Subject, Validity};
use jiff::Timestamp;

const COMPANY: &str = "南京示例科技有限公司";
const CREDIT_CODE: &str = "91110000802100433B";
const CRL: &str = "https://public.example.cn/crl/issuing-1.crl";

/// Bytes that are random enough for a test and the same every time.
struct Counter(u8);

impl Random for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = self.0.wrapping_add(u8::try_from(index % 251).unwrap());
        }
    }
}

/// No randomness at all.
struct Zeros;

impl Random for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn key(seed: u8) -> SoftwareKey {
    SoftwareKey::generate(&Counter(seed)).unwrap()
}

fn validity(from: &str, to: &str) -> Validity {
    let at = |text: &str| format!("{text}T00:00:00Z").parse::<Timestamp>().unwrap();
    Validity {
        not_before: at(from),
        not_after: at(to),
    }
}

fn ca_name(common_name: &str) -> CaName {
    CaName {
        organisation: "Sealkey 测试".to_owned(),
        common_name: common_name.to_owned(),
    }
}

/// A root, an issuing CA and the chain of both.
struct Ceremony {
    root: String,
    issuing: String,
    ca: IssuingCa,
}

fn ceremony() -> Ceremony {
    let root_key = key(1);
    let root = self_signed_root(
        &ca_name("Root"),
        &root_key,
        &validity("2026-01-01", "2056-01-01"),
        [9; 16],
    )
    .unwrap();
    let issuing_key = key(2);
    let issuing = issuing_certificate(
        &root,
        &root_key,
        &ca_name("Issuing"),
        &issuing_key.public_key_der().unwrap(),
        &validity("2026-01-01", "2036-01-01"),
        [8; 16],
    )
    .unwrap();
    let ca = IssuingCa::new(&format!("{issuing}{root}"), CRL, Arc::new(issuing_key)).unwrap();
    Ceremony { root, issuing, ca }
}

/// A request by openssl for a new key of its own.
fn csr(folder: &Path, extra: &str) -> String {
    let path = folder.join("leaf.pem");
    openssl(
        &format!(
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {}",
            path.display()
        ),
        b"",
    );
    openssl_text(
        &format!(
            "req -new -key {} -subj /C=US/O=Evil/CN=evil.example{extra}",
            path.display()
        ),
        b"",
    )
}

fn request(csr_pem: &str) -> IssueRequest {
    IssueRequest {
        csr_pem: csr_pem.to_owned(),
        purpose: KeyPurpose::Sign,
        nonce: None,
        subject: Subject {
            company_name: COMPANY.to_owned(),
            credit_code: CREDIT_CODE.to_owned(),
        },
        validity: validity("2026-11-21", "2027-11-21"),
        serial: [0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    }
}

/// A request as our agent writes it: the pair 6 signs, the pair 7 agrees on secrets.
async fn two_keys(nonce: &str) -> String {
    let spki = |seed| key(seed).public_key_der().unwrap();
    let request = csr::Request::new(&spki(6), &spki(7), nonce).unwrap();
    let signature = key(6).sign_sha256(&request.digest()).await.unwrap();
    request.with_signature(&signature).unwrap()
}

/// Both certificates of such a request.
async fn issue_both(ca: &IssuingCa, csr_pem: &str, nonce: &str) -> [SignedCertificate; 2] {
    let signing = IssueRequest {
        nonce: Some(nonce.to_owned()),
        ..request(csr_pem)
    };
    let mut encryption = IssueRequest {
        purpose: KeyPurpose::Encrypt,
        ..signing.clone()
    };
    encryption.serial[15] = 0x10;
    [issue(ca, &signing).await, issue(ca, &encryption).await]
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn text_of(pem: &str) -> String {
    openssl_text(
        "x509 -noout -text -nameopt utf8,sep_comma_plus -certopt ext_parse",
        pem.as_bytes(),
    )
}

async fn issue(ca: &IssuingCa, request: &IssueRequest) -> SignedCertificate {
    ca.issue(ca.prepare(request).unwrap()).await.unwrap()
}

#[tokio::test]
async fn openssl_verifies_root_issuing_and_company_certificate_strictly() {
    let folder = folder("ca_verify");
    let Ceremony { root, issuing, ca } = ceremony();
    let csr = csr(
        &folder,
        " -addext subjectAltName=DNS:evil.example -addext basicConstraints=critical,CA:TRUE",
    );
    let signed = issue(&ca, &request(&csr)).await;
    assert_eq!(signed.serial, "7f0102030405060708090a0b0c0d0e0f");
    let [root_file, issuing_file, leaf_file] = [
        ("root.pem", &root),
        ("issuing.pem", &issuing),
        ("leaf.crt", &signed.certificate_pem),
    ]
    .map(|(name, pem)| write(&folder, name, pem).display().to_string());
    let at = "1798000000"; // December 2026
    for extra in [
        "",
        " -purpose sslclient",
        " -purpose smimesign",
        " -check_ss_sig",
    ] {
        let words = format!(
            "verify -attime {at} -x509_strict{extra} -CAfile {root_file} -untrusted {issuing_file} {leaf_file}"
        );
        assert!(openssl_text(&words, b"").ends_with(": OK\n"), "{extra}");
    }
    for (what, words) in [
        (
            "it is no CA",
            format!(
                "verify -attime {at} -purpose crlsign -CAfile {root_file} -untrusted {issuing_file} {leaf_file}"
            ),
        ),
        (
            "it is no server",
            format!(
                "verify -attime {at} -purpose sslserver -CAfile {root_file} -untrusted {issuing_file} {leaf_file}"
            ),
        ),
        (
            "it ends",
            format!(
                "verify -attime 1890000000 -CAfile {root_file} -untrusted {issuing_file} {leaf_file}"
            ),
        ),
    ] {
        assert!(!try_openssl(&words, b"").status.success(), "{what}");
    }
    let text = text_of(&signed.certificate_pem);
    assert!(
        text.contains(&format!("Subject: C=CN,O={COMPANY},CN={COMPANY}\n")),
        "{text}"
    );
    assert!(
        text.contains("Issuer: C=CN,O=Sealkey 测试,CN=Issuing\n"),
        "{text}"
    );
    assert!(
        !text.contains("vil"),
        "the request's own wishes are ignored: {text}"
    );
    let key = openssl("x509 -noout -pubkey", signed.certificate_pem.as_bytes());
    assert_eq!(key, openssl("req -noout -pubkey", csr.as_bytes()));
    assert!(ca.chain_pem().starts_with(&issuing) && ca.chain_pem().ends_with(&root));
}

/// The second opinion on a request of ours: openssl checks its signature and reads nonce and second key.
#[tokio::test]
async fn a_request_of_two_keys_becomes_two_certificates() {
    let folder = folder("ca_two_keys");
    let Ceremony { root, issuing, ca } = ceremony();
    let csr_pem = two_keys("bm9uY2U_-x").await;
    let read = openssl_text("req -noout -verify -text", csr_pem.as_bytes());
    assert!(read.contains("bm9uY2U_-x"), "{read}");
    assert!(read.contains(&csr::ENCRYPTION_KEY.to_string()), "{read}");
    let [signing, encryption] = issue_both(&ca, &csr_pem, "bm9uY2U_-x").await;
    assert_ne!(signing.serial, encryption.serial);
    let [root_file, issuing_file] = [("root.pem", &root), ("issuing.pem", &issuing)]
        .map(|(name, pem)| write(&folder, name, pem).display().to_string());
    let at = "1798000000"; // December 2026
    for (name, signed, seed, good, bad) in [
        (
            "sign.crt",
            &signing,
            6,
            ["sslclient", "smimesign"],
            "smimeencrypt",
        ),
        ("encrypt.crt", &encryption, 7, ["any", "any"], "smimesign"),
    ] {
        let file = write(&folder, name, &signed.certificate_pem);
        let verify = |purpose: &str| {
            let words = format!(
                "verify -attime {at} -x509_strict -purpose {purpose} -CAfile {root_file} -untrusted {issuing_file} {}",
                file.display()
            );
            try_openssl(&words, b"").status.success()
        };
        assert!(good.iter().all(|purpose| verify(purpose)), "{name}");
        assert!(!verify(bad), "{name}");
        let public = openssl("x509 -noout -pubkey", signed.certificate_pem.as_bytes());
        assert_eq!(
            openssl("pkey -pubin -outform DER", &public),
            key(seed).public_key_der().unwrap()
        );
    }
    // What a secret is agreed with is no signature: an agent that shows it proves nothing.
    let issuers = Issuers::new(ca.chain_pem()).unwrap();
    let der = |pem: &str| openssl("x509 -outform DER", pem.as_bytes());
    assert!(issuers.read(&der(&signing.certificate_pem)).is_ok());
    assert_eq!(
        issuers.read(&der(&encryption.certificate_pem)).unwrap_err(),
        NotBelieved::Form
    );
}

#[tokio::test]
async fn a_request_is_good_for_its_own_operation_only() {
    let folder = folder("ca_nonce");
    let ca = ceremony().ca;
    let wanting = |csr_pem: &str, purpose, nonce: Option<&str>| IssueRequest {
        purpose,
        nonce: nonce.map(ToOwned::to_owned),
        ..request(csr_pem)
    };
    let ours = two_keys("mine").await;
    for purpose in KeyPurpose::ALL {
        let is_good = |nonce| ca.prepare(&wanting(&ours, purpose, nonce)).is_ok();
        assert!(is_good(Some("mine")) && is_good(None));
        for other in ["", "Mine", "mine ", "other"] {
            assert_eq!(
                refusal(&ca, &wanting(&ours, purpose, Some(other))),
                "it is for another operation"
            );
        }
    }
    let plain = csr(&folder, "");
    assert_eq!(
        refusal(&ca, &wanting(&plain, KeyPurpose::Sign, Some("mine"))),
        "it names no operation"
    );
    assert_eq!(
        refusal(&ca, &wanting(&plain, KeyPurpose::Encrypt, None)),
        "it carries no encryption key"
    );
    // Another program writes the nonce as PrintableString where it can.
    let config = write(
        &folder,
        "req.cnf",
        "[req]\ndistinguished_name=dn\nattributes=at\nprompt=no\n[dn]\nCN=x\n[at]\nchallengePassword=mine\n",
    );
    let words = format!(
        "req -new -key {} -config {}",
        folder.join("leaf.pem").display(),
        config.display()
    );
    let foreign = openssl_text(&words, b"");
    assert!(
        ca.prepare(&wanting(&foreign, KeyPurpose::Sign, Some("mine")))
            .is_ok()
    );
    assert_eq!(
        refusal(&ca, &wanting(&foreign, KeyPurpose::Sign, Some("other"))),
        "it is for another operation"
    );
}

#[tokio::test]
async fn the_certificates_as_openssl_reads_them() {
    let Ceremony { root, issuing, ca } = ceremony();
    let [signing, encryption] = issue_both(&ca, &two_keys("n").await, "n").await;
    // What differs from run to run: the company's key, its identifier, and signatures.
    let mut all = String::new();
    for (name, pem) in [
        ("root", &root),
        ("issuing", &issuing),
        ("signs", &signing.certificate_pem),
        ("encrypts", &encryption.certificate_pem),
    ] {
        all.extend(["## ", name, "\n"]);
        for line in text_of(pem).lines() {
            let hex = line
                .trim()
                .split(':')
                .all(|part| part.len() <= 2 && part.bytes().all(|b| b.is_ascii_hexdigit()));
            if !hex {
                all.push_str(line.trim_end());
                all.push('\n');
            }
        }
    }
    insta::assert_snapshot!(all);
}

#[tokio::test]
async fn the_credit_code_is_an_extension_of_printable_text() {
    let folder = folder("ca_credit_code");
    let ca = ceremony().ca;
    let leaf = issue(&ca, &request(&csr(&folder, "")))
        .await
        .certificate_pem;
    let parsed = openssl_text("asn1parse", leaf.as_bytes());
    let lines: Vec<&str> = parsed.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.ends_with(":1.2.156.10260.4.4"))
        .unwrap();
    // PrintableString, 18 bytes; directly after the OID, so not critical.
    let hex = lines[at + 1].rsplit(':').next().unwrap();
    let expected: String = CREDIT_CODE
        .bytes()
        .fold("1312".to_owned(), |text, b| format!("{text}{b:02X}"));
    assert_eq!(hex, expected);
}

#[tokio::test]
async fn a_certificate_taken_up_again_is_the_same_certificate() {
    let folder = folder("ca_resume");
    let ca = ceremony().ca;
    let request = request(&csr(&folder, ""));
    let prepared = ca.prepare(&request).unwrap();
    let (tbs, serial) = (prepared.tbs().to_vec(), prepared.serial().to_owned());
    let key_hash = prepared.key_hash().to_owned();
    let spki = openssl(
        "pkey -pubin -outform DER",
        &openssl("req -noout -pubkey", request.csr_pem.as_bytes()),
    );
    assert!(openssl_text("dgst -sha256 -r", &spki).starts_with(&format!("{key_hash} ")));
    assert_eq!(
        ca.prepare(&request).unwrap().tbs(),
        tbs,
        "preparing is pure"
    );
    let part = IssuancePart::from(&prepared);
    let first = ca.issue(prepared).await.unwrap();
    let again = ca.issue(Prepared::resume(&part).unwrap()).await.unwrap();
    assert_eq!(again.serial, first.serial);
    let tbs_of = |pem: &str| openssl("x509 -outform DER", pem.as_bytes());
    for signed in [&first, &again] {
        let der = tbs_of(&signed.certificate_pem);
        assert_eq!(
            der.windows(tbs.len()).position(|window| window == tbs),
            Some(4)
        );
    }
    let base64 = |bytes: &[u8]| openssl_text("base64 -A", bytes);
    for (tbs, serial, key_hash) in [
        (part.tbs.clone(), "01", key_hash.as_str()),
        (part.tbs.clone(), "", &key_hash),
        (
            part.tbs.clone(),
            &serial,
            &key_hash.chars().rev().collect::<String>(),
        ),
        (part.tbs.clone(), &serial, ""),
        (base64(&tbs[1..]), &serial, &key_hash),
        (String::new(), &serial, &key_hash),
    ] {
        let damaged = IssuancePart {
            tbs,
            serial: serial.to_owned(),
            key_hash: key_hash.to_owned(),
            ..part.clone()
        };
        let error = ca
            .issue(Prepared::resume(&damaged).unwrap())
            .await
            .unwrap_err();
        assert!(
            matches!(error, CaError::Port(PortError::Defect { .. })),
            "{error}"
        );
    }
    let no_base64 = IssuancePart {
        tbs: "%".to_owned(),
        ..part.clone()
    };
    assert!(Prepared::resume(&no_base64).is_err());
    // Another CA does not sign it: the record names its issuer.
    let (root_key, other_key) = (key(1), key(5));
    let root = self_signed_root(
        &ca_name("Root"),
        &root_key,
        &validity("2026-01-01", "2056-01-01"),
        [9; 16],
    )
    .unwrap();
    let name = ca_name("Issuing 2");
    let spki = other_key.public_key_der().unwrap();
    let issuing = issuing_certificate(
        &root,
        &root_key,
        &name,
        &spki,
        &validity("2026-01-01", "2036-01-01"),
        [7; 16],
    )
    .unwrap();
    let other = IssuingCa::new(&format!("{issuing}{root}"), CRL, Arc::new(other_key)).unwrap();
    let error = other
        .issue(Prepared::resume(&part).unwrap())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("another issuer"), "{error}");
}

#[tokio::test]
async fn a_signature_of_a_wrong_key_never_leaves() {
    let folder = folder("ca_wrong_key");
    let Ceremony { root, issuing, .. } = ceremony();
    let ca = IssuingCa::new(&format!("{issuing}{root}"), CRL, Arc::new(key(3))).unwrap();
    let prepared = ca.prepare(&request(&csr(&folder, ""))).unwrap();
    let error = ca.issue(prepared).await.unwrap_err();
    assert!(
        error.to_string().contains("not one of the issuer's key"),
        "{error}"
    );
}

fn refusal(ca: &IssuingCa, request: &IssueRequest) -> String {
    match ca.prepare(request).unwrap_err() {
        CaError::BadRequest(why) => why,
        CaError::Port(error) => panic!("{error}"),
    }
}

#[test]
fn requests_that_cannot_be_used_are_refused() {
    let folder = folder("ca_bad_requests");
    let ca = ceremony().ca;
    let good = csr(&folder, "");
    assert!(ca.prepare(&request(&good)).is_ok());
    let new_request = |key: &str, extra: &str| {
        let path = folder.join("other.pem");
        openssl(&format!("genpkey {key} -out {}", path.display()), b"");
        openssl_text(
            &format!("req -new -key {} -subj /CN=x{extra}", path.display()),
            b"",
        )
    };
    let der = openssl("req -outform DER", good.as_bytes());
    let armour = |label: &str, der: &[u8]| {
        let pem = String::from_utf8(openssl("base64", der)).unwrap();
        format!("-----BEGIN {label}-----\n{pem}-----END {label}-----\n")
    };
    let tampered = |at: usize| {
        let mut der = der.clone();
        der[at] ^= 1;
        armour("CERTIFICATE REQUEST", &der)
    };
    let subject = der.windows(4).position(|window| window == b"Evil").unwrap();
    for (what, csr, why) in [
        (
            "RSA",
            new_request("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", ""),
            "the key is not one of P-256",
        ),
        (
            "P-384",
            new_request("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", ""),
            "the key is not one of P-256",
        ),
        (
            "SHA-384",
            new_request("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", " -sha384"),
            "not signed by ECDSA with SHA-256",
        ),
        (
            "another subject",
            tampered(subject),
            "its signature is not one of its key",
        ),
        (
            "another signature",
            tampered(der.len() - 1),
            "its signature is not one of its key",
        ),
        ("a broken outer length", tampered(3), "not PKCS#10"),
        (
            "bytes behind it",
            armour("CERTIFICATE REQUEST", &[der.as_slice(), b"x"].concat()),
            "not PKCS#10",
        ),
        (
            "half of it",
            armour("CERTIFICATE REQUEST", &der[..der.len() / 2]),
            "not PKCS#10",
        ),
        (
            "nothing in it",
            armour("CERTIFICATE REQUEST", b"\x30\x00"),
            "not PKCS#10",
        ),
        (
            "another label",
            armour("CERTIFICATE", &der),
            "PEM, but no CERTIFICATE REQUEST",
        ),
        (
            "an old label",
            armour("NEW CERTIFICATE REQUEST", &der),
            "PEM, but no CERTIFICATE REQUEST",
        ),
        ("DER", String::from_utf8_lossy(&der).into_owned(), "not PEM"),
        (
            "garbage",
            "-----BEGIN CERTIFICATE REQUEST-----\n%%%\n-----END CERTIFICATE REQUEST-----\n"
                .to_owned(),
            "not PEM",
        ),
        ("nothing", String::new(), "not PEM"),
        ("much", format!("{good}{}", " ".repeat(20_000)), "too long"),
    ] {
        assert_eq!(refusal(&ca, &request(&csr)), why, "{what}");
    }
    let own = write(&folder, "own.pem", &key(2).to_pem().unwrap());
    let own = openssl_text(&format!("req -new -key {} -subj /CN=x", own.display()), b"");
    assert_eq!(refusal(&ca, &request(&own)), "the key is the CA's own");
}

#[test]
fn what_the_profile_does_not_allow_is_refused_before_signing() {
    let folder = folder("ca_lint");
    let ca = ceremony().ca;
    let good = request(&csr(&folder, ""));
    let named = |name: &str| {
        let subject = Subject {
            company_name: name.to_owned(),
            ..good.subject.clone()
        };
        ca.prepare(&IssueRequest {
            subject,
            ..good.clone()
        })
    };
    assert!(named(&"钥".repeat(64)).is_ok(), "64 characters, 192 bytes");
    let error = named(&"钥".repeat(65)).unwrap_err().to_string();
    assert!(
        error.contains("has 65 characters, a certificate holds 64"),
        "{error}"
    );
    for bad in [
        "",
        " ",
        "公司 ",
        "公\n司",
        "公\u{202e}司",
        "公\u{200b}司",
        "\u{feff}公司",
    ] {
        assert!(matches!(named(bad), Err(CaError::BadRequest(_))), "{bad:?}");
    }
    for bad in ["", "91110000802100433C", "9111000080210043B"] {
        let subject = Subject {
            credit_code: bad.to_owned(),
            ..good.subject.clone()
        };
        assert!(
            refusal(
                &ca,
                &IssueRequest {
                    subject,
                    ..good.clone()
                }
            )
            .starts_with("credit code"),
            "{bad}"
        );
    }
    for (from, to) in [
        ("2026-11-21", "2026-11-21"),
        ("2027-11-21", "2026-11-21"),
        ("2025-12-31", "2026-11-21"),
        ("2035-11-21", "2036-01-02"),
        ("1969-01-01", "2026-11-21"),
    ] {
        let request = IssueRequest {
            validity: validity(from, to),
            ..good.clone()
        };
        refusal(&ca, &request);
    }
    let to_the_end = IssueRequest {
        validity: validity("2026-01-01", "2036-01-01"),
        ..good.clone()
    };
    assert!(ca.prepare(&to_the_end).is_ok());
    for zero in [[0; 16], {
        let mut serial = [0; 16];
        serial[0] = 0x80;
        serial
    }] {
        assert_eq!(
            refusal(
                &ca,
                &IssueRequest {
                    serial: zero,
                    ..good.clone()
                }
            ),
            "a serial number of zero"
        );
    }
    let mut small = [0; 16];
    small[15] = 1;
    assert_eq!(
        ca.prepare(&IssueRequest {
            serial: small,
            ..good
        })
        .unwrap()
        .serial(),
        "00000000000000000000000000000001"
    );
}

#[test]
fn a_chain_that_does_not_hold_is_refused() {
    let Ceremony { root, issuing, .. } = ceremony();
    let new = |chain: &str, crl: &str| IssuingCa::new(chain, crl, Arc::new(key(2)));
    let other_root = self_signed_root(
        &ca_name("Root"),
        &key(4),
        &validity("2026-01-01", "2056-01-01"),
        [9; 16],
    )
    .unwrap();
    assert!(new(&format!("{issuing}\n{root}"), CRL).is_ok());
    for chain in [
        String::new(),
        issuing.clone(),
        format!("{root}{issuing}"),
        format!("{issuing}{other_root}"),
        "x".to_owned(),
    ] {
        assert!(new(&chain, CRL).is_err(), "{chain}");
    }
    assert!(new(&format!("{issuing}{root}"), "ftp://x").is_err());
    let shown = format!("{:?}", new(&format!("{issuing}{root}"), CRL).unwrap());
    assert!(shown.contains("CN=Issuing"), "{shown}");
}

#[test]
fn the_ceremony_refuses_what_is_not_the_roots() {
    let root_key = key(1);
    let years = validity("2026-01-01", "2056-01-01");
    let root = self_signed_root(&ca_name("Root"), &root_key, &years, [9; 16]).unwrap();
    let spki = key(2).public_key_der().unwrap();
    let make = |root: &str, key: &SoftwareKey, name: &str, spki: &[u8], years: &Validity| {
        issuing_certificate(root, key, &ca_name(name), spki, years, [8; 16])
    };
    assert!(make(&root, &root_key, "Issuing", &spki, &years).is_ok());
    assert!(
        make(&root, &key(3), "Issuing", &spki, &years).is_err(),
        "another key"
    );
    assert!(
        make(&root, &root_key, "Root", &spki, &years).is_err(),
        "the root's name"
    );
    assert!(
        make(
            &root,
            &root_key,
            "Issuing",
            &root_key.public_key_der().unwrap(),
            &years
        )
        .is_err(),
        "the root's key"
    );
    assert!(
        make(&root, &root_key, "Issuing", &spki[1..], &years).is_err(),
        "no key"
    );
    assert!(
        make(
            &root,
            &root_key,
            "Issuing",
            &spki,
            &validity("2026-01-01", "2057-01-01")
        )
        .is_err(),
        "outlives it"
    );
    assert!(
        make("", &root_key, "Issuing", &spki, &years).is_err(),
        "no root"
    );
    let again = SoftwareKey::from_pem(&root_key.to_pem().unwrap()).unwrap();
    assert_eq!(
        again.public_key_der().unwrap(),
        root_key.public_key_der().unwrap()
    );
    assert!(SoftwareKey::from_pem("x").is_err());
    assert_eq!(format!("{root_key:?}"), "SoftwareKey(redacted)");
    assert!(SoftwareKey::generate(&Zeros).is_err());
}

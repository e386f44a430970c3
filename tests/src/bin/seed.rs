//! Fills a laptop's stack: the CA's chain, a catalogue, demo logins, and the virtual keys of the demo's companies.
//! May run again and again, and be killed anywhere: each part looks at what is there and does what is missing.
//!
//! `seed --stack FILE` prints the demo logins as JSON; with `--end SERIAL --days N` it gives one of the demo's keys
//! another certificate, which ends in N days (below zero: so many days ago), and prints nothing. It refuses any stage
//! but `local`: a demo login must not exist anywhere else.
#![expect(
    clippy::print_stdout,
    reason = "xtask reads the logins from standard output"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use adapters::ca::{
    Believed, CHAIN_KEY, CaName, Issuers, IssuingCa, SoftwareKey, issuing_certificate,
    self_signed_root,
};
use adapters::dynamodb::Table;
use adapters::kms::KmsSigner;
use adapters::ports::{
    CertificateAuthority, Clock, IssueRequest, Objects, Random, Registry, Transaction, new_ulid,
};
use adapters::registry::{
    self, AccountName, CertificatePlace, Claim, Claimed, Ownership, StaffMail,
};
use adapters::s3::Bucket;
use anyhow::{Context, Result, ensure};
use domain::actor::Role;
use domain::catalog::{Medium, Product};
use domain::certificate::{
    KeyPurpose, Register, Registered, RegisteredKey, Standing, Subject, Validity,
};
use domain::company::{Company, Contact, LegalRepresentative, User, is_id_number};
use domain::ids::{CompanyId, LineNo, OrderId, StaffId, UnitNo, UserId};
use domain::key::CompanyKey;
use domain::policy::StorefrontId;
use domain::qualification::QualificationState;
use domain::stock::StockKey;
use edge::fields::{Fields, LEGAL_REPRESENTATIVE_ID, SO_PIN};
use edge::real::{OsRandom, SystemClock};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use system_tests::hire::{fields, hire, password_hash};
use system_tests::job::random_hex;
use system_tests::stack::Stack;
use x509_cert::Certificate;
use x509_cert::der::{DecodePem as _, Encode as _};

const PRODUCTS: &str = include_str!("../../../infra/local/catalog.json");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let stack = Stack::read(Path::new(&argument("--stack").context(USAGE)?))?;
    let cloud = stack.cloud();
    let table = Table::connect(&cloud, &stack.table);
    if let Some(serial) = argument("--end") {
        let days = argument("--days").context(USAGE)?;
        let days = days.parse().context("--days is a whole number")?;
        return end(&stack, &table, &serial, days).await;
    }

    certificate_authority(&stack).await?;
    catalogue(&table).await?;
    let staff = staff(&stack, &table, &system_tests::hire::fields(&stack)).await?;
    let (company, bound) = companies(&stack, &table).await?;
    let keys = keys(&stack, &table).await?;
    println!(
        "{}",
        json!({"company": company, "bound": bound, "staff": staff, "keys": keys})
    );
    Ok(())
}

const USAGE: &str = "usage: seed --stack FILE [--end SERIAL --days N]";

/// What follows a word of the command line.
fn argument(name: &str) -> Option<String> {
    let mut words = std::env::args().skip(1);
    words.find(|word| word == name).and_then(|_| words.next())
}

/// What a laptop sells. Somebody's own changes stay: they are later than these.
async fn catalogue(registry: &dyn Registry) -> Result<()> {
    let mut sale = Transaction::new(SystemClock.now());
    for product in serde_json::from_str::<Vec<Product>>(PRODUCTS)? {
        sale = sale.mark(&product)?;
    }
    Ok(registry.record(&sale).await?)
}

/// The root ceremony of a laptop: a root whose key stays in a file here, an issuing certificate for the key
/// in KMS. Done once; a chain that fits the key is left alone.
async fn certificate_authority(stack: &Stack) -> Result<()> {
    let cloud = stack.cloud();
    let bucket = Bucket::connect(&cloud, &stack.buckets.public, true);
    let signer = KmsSigner::connect(&cloud, &stack.ca_key);
    let public = signer.public_key_der().await?;
    let marker = stack.dir.join("ca-issuing-key.hex");
    let known = fs::read_to_string(&marker).unwrap_or_default();
    if known == hex::encode(&public) && bucket.info(CHAIN_KEY).await?.is_some() {
        return Ok(());
    }
    let now = SystemClock.now();
    // As if it had been at work for some years: keys of the past are wanted too (`token expire`).
    let begun = now
        .in_tz(domain::CIVIL_ZONE)?
        .checked_sub(jiff::Span::new().years(5))?
        .timestamp();
    let years = |years| -> Result<Validity> {
        let term = Validity::from_now(now, years).context("no such term")?;
        Ok(Validity {
            not_before: begun,
            ..term
        })
    };
    let serial = || {
        let mut serial = [0u8; 16];
        OsRandom.fill(&mut serial);
        serial[0] = (serial[0] & 0x7F) | 0x40;
        serial
    };
    let name = |common: &str| CaName {
        organisation: "Sealkey 本地演示".to_owned(),
        common_name: common.to_owned(),
    };
    let root_key = SoftwareKey::generate(&OsRandom)?;
    let root = self_signed_root(&name("Sealkey 演示根 CA"), &root_key, &years(20)?, serial())?;
    let issuing = issuing_certificate(
        &root,
        &root_key,
        &name("Sealkey 演示签发 CA"),
        &public,
        &years(10)?,
        serial(),
    )?;
    let chain = format!("{}\n{}\n", issuing.trim(), root.trim());
    IssuingCa::new(&chain, "http://localhost/pki/ca.crl", Arc::new(signer))?;
    write_private(&stack.dir.join("ca-root.key.pem"), &root_key.to_pem()?)?;
    fs::write(stack.dir.join("ca-root.pem"), &root)?;
    bucket
        .write(CHAIN_KEY, "application/x-pem-file", chain.into_bytes())
        .await?;
    fs::write(marker, hex::encode(&public))?;
    Ok(())
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    Ok(())
}

/// One member of staff for each role, with password and second factor. Somebody who is there keeps both.
async fn staff(stack: &Stack, registry: &dyn Registry, fields: &Fields) -> Result<Value> {
    let mut logins = serde_json::Map::new();
    for role in Role::ALL {
        let name = serde_json::to_value(role)?
            .as_str()
            .unwrap_or_default()
            .to_owned();
        // Two administrators: what one asks for the other agrees to.
        let people = if role == Role::Admin {
            vec![name.clone(), format!("{name}2")]
        } else {
            vec![name.clone()]
        };
        for person in people {
            let mail = format!("{person}@sealkey.example");
            let known: Option<StaffMail> = registry.load(&registry::staff_mail(&mail)).await?;
            let kept = &stack.logins["staff"][&person];
            anyhow::ensure!(
                known.is_none() || kept.is_object(),
                "{mail} is there and the password is not: `cargo xtask reset`"
            );
            let login = match known {
                Some(_) => kept.clone(),
                None => serde_json::to_value(hire(registry, fields, &person, role).await?)?,
            };
            logins.insert(person, login);
        }
    }
    Ok(Value::Object(logins))
}

/// Two companies: one that can order at once, and one that is bound to a key.
async fn companies(stack: &Stack, registry: &dyn Registry) -> Result<(Value, Value)> {
    let demo = company(stack, registry, "demo", "南京演示科技有限公司", 1).await?;
    let bound = company(stack, registry, "bound", "南京演示绑定科技有限公司", 2).await?;
    Ok((demo, bound))
}

async fn company(
    stack: &Stack,
    registry: &dyn Registry,
    account: &str,
    name: &str,
    no: u32,
) -> Result<Value> {
    let kept = &stack.logins[if no == 1 { "company" } else { "bound" }];
    let known: Option<AccountName> = registry.load(&registry::account_name(account)).await?;
    if known.is_some() {
        anyhow::ensure!(
            kept.is_object(),
            "{account} is there and the password is not: `cargo xtask reset`"
        );
        return Ok(kept.clone());
    }
    let now = SystemClock.now();
    let password = new_password()?;
    let contact = Contact {
        name: "李雷".to_owned(),
        mobile: format!("1380013800{no}"),
        mail: format!("{account}@example.com"),
    };
    let id = CompanyId::from_ulid(&new_ulid(&SystemClock, &OsRandom));
    let user = User {
        id: UserId::from_ulid(&new_ulid(&SystemClock, &OsRandom)),
        company: id.clone(),
        account: Some(account.to_owned()),
        name: contact.name.clone(),
        mobile: contact.mobile.clone(),
        password: Some(password_hash(&password)?),
        epoch: 0,
        created_at: now,
        version: 1,
    };
    let mut company = Company::new(
        id,
        name.to_owned(),
        demo_code(no).parse()?,
        contact.clone(),
        user.id.clone(),
        StorefrontId("mall".to_owned()),
        now,
    );
    company.qualification.state = QualificationState::Approved;
    // By its ID-card number a key is unlocked (R31).
    let id_number = demo_id_number(no)?;
    let owner = company.id.as_str().to_owned();
    let fields = fields(stack);
    let sealed = fields.seal(&owner, LEGAL_REPRESENTATIVE_ID, &id_number, (4, 4));
    company.legal_representative = Some(LegalRepresentative {
        name: "王五".to_owned(),
        id_number: Some(sealed.await?),
    });
    // Both have keys as if those had been activated. The first one has unbound since, so it may buy by
    // password; the second one is bound: a login by password then asks for a code, or for unbinding.
    if no == 1 {
        company.unbound_at = Some(now);
    }
    let all = Transaction::new(now)
        .change(&company)?
        .change(&user)?
        .create(&AccountName {
            account: account.to_owned(),
            company: company.id.clone(),
            user: user.id.clone(),
        })?;
    let mut all = edge::contacts::moved(all, None, &company)?;
    for (what, text) in [
        (Claimed::Name, company.name.clone()),
        (Claimed::CreditCode, company.credit_code.as_str().to_owned()),
    ] {
        let company = company.id.clone();
        all = all
            .create(&Claim {
                what,
                text: text.clone(),
                company: company.clone(),
                at: now,
            })?
            .create(&Ownership {
                what,
                text,
                company,
                at: now,
            })?;
    }
    for key in DEMO_KEYS.iter().filter(|key| key.account == account) {
        all = all.change(&company_key(&company, key, now)?)?;
    }
    registry.record(&all).await?;
    Ok(json!({
        "name": account, "password": password, "company_name": name, "mobile": contact.mobile,
        "mail": contact.mail, "id_number": id_number,
    }))
}

/// The ID-card number of somebody who never was: a place, a birthday, a number, and the check character that fits.
fn demo_id_number(no: u32) -> Result<String> {
    "0123456789X"
        .chars()
        .map(|check| format!("32010219800101{no:03}{check}"))
        .find(|number| is_id_number(number))
        .context("no check character fits")
}

/// A key of a demo company.
struct DemoKey {
    account: &'static str,
    serial: &'static str,
    medium: Medium,
    /// How long its certificate holds.
    months: i64,
}

const fn demo_key(
    account: &'static str,
    serial: &'static str,
    medium: Medium,
    months: i64,
) -> DemoKey {
    DemoKey {
        account,
        serial,
        medium,
        months,
    }
}

const DEMO_KEYS: [DemoKey; 4] = [
    demo_key("demo", "DEMO-CPP-20M", Medium::Cpp, 20),
    demo_key("demo", "DEMO-RENEW-2M", Medium::Bjca, 2),
    demo_key("demo", "DEMO-BJCA-11M", Medium::Bjca, 11),
    demo_key("bound", "DEMO-BOUND-1", Medium::Bjca, 12),
];
/// Keys for the maker's desk, as they come from the factory.
const BLANK_KEYS: [&str; 2] = ["BLANK-BJCA-1", "BLANK-BJCA-2"];
/// The PIN of the demo's keys: the usual one of `sealkey-token`.
const PIN: &str = "12345678";

/// A key as if an agent had activated it a moment ago. Which certificate is on it [`keys`] writes down.
fn company_key(company: &Company, key: &DemoKey, now: Timestamp) -> Result<CompanyKey> {
    let end = now
        .in_tz(domain::CIVIL_ZONE)?
        .checked_add(jiff::Span::new().months(key.months))?;
    let bound = company.unbound_at.is_none();
    Ok(CompanyKey {
        company: company.id.clone(),
        serial: key.serial.to_owned(),
        medium: key.medium,
        storefront: company.storefront.clone(),
        certificate_serial: format!("40{}", random_hex(15)?),
        seal: true,
        activated_at: if bound {
            now
        } else {
            now - SignedDuration::from_secs(1)
        },
        // Certificates end with a second.
        not_after: Timestamp::from_second(end.timestamp().as_second())?,
        revoked_at: None,
        suspended: None,
        reported_at: None,
        earlier: Vec::new(),
        version: 1,
    })
}

/// The folder of virtual keys, and the program that reaches into it: its module takes its configuration from the
/// environment of a program, once.
struct Tokens {
    program: PathBuf,
    folder: PathBuf,
}

/// A key as `sealkey-token list --json` tells of it.
#[derive(Deserialize)]
struct Listed {
    serial: String,
    state: String,
    certificates: Vec<String>,
}

impl Tokens {
    fn of(stack: &Stack) -> Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?.with_file_name("sealkey-token"),
            folder: stack.tokens.clone(),
        })
    }

    fn run(&self, words: &[&str], input: &str) -> Result<String> {
        let mut child = Command::new(&self.program)
            .args(words)
            .arg(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", self.program.display()))?;
        // Most commands end without reading it.
        let _ = child
            .stdin
            .take()
            .context("its input")?
            .write_all(input.as_bytes());
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{}",
            said.trim().trim_start_matches("error: ")
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    fn list(&self) -> Result<Vec<Listed>> {
        Ok(serde_json::from_str(&self.run(&["list", "--json"], "")?)?)
    }

    /// Makes the keys that are not there, and finishes those whose making was interrupted.
    fn make(&self) -> Result<Vec<Listed>> {
        let there = self.list()?;
        let state = |serial: &str| {
            let found = there.iter().find(|key| key.serial == serial);
            found.map(|key| key.state.as_str())
        };
        let mut made = false;
        for key in &DEMO_KEYS {
            if matches!(state(key.serial), None | Some("blank" | "no_pin")) {
                let medium = match key.medium {
                    Medium::Cpp => "cpp",
                    Medium::Bjca => "bjca",
                };
                let words = ["new", "--keep", "--serial", key.serial, "--medium", medium];
                self.run(&[&words[..], &["--pin", PIN]].concat(), "")?;
                made = true;
            }
        }
        for serial in BLANK_KEYS {
            if state(serial).is_none() {
                let words = ["new", "--blank", "--serial", serial, "--medium", "bjca"];
                self.run(&words, "")?;
                // In the maker's drawer, not in a reader.
                self.run(&["eject", serial], "")?;
                made = true;
            }
        }
        if made { self.list() } else { Ok(there) }
    }
}

/// The keys of the demo's companies, as virtual keys with certificates of this laptop's CA. They outlive a `reset`,
/// which throws the CA away: then they get new ones.
async fn keys(stack: &Stack, registry: &dyn Registry) -> Result<Value> {
    let tokens = Tokens::of(stack)?;
    let there = tokens.make()?;
    let Cas { ca, issuers } = Cas::of(stack).await?;
    let mut notes = Vec::new();
    for key in &DEMO_KEYS {
        let listed = there.iter().find(|listed| listed.serial == key.serial);
        let listed = listed.with_context(|| format!("{} was not made", key.serial))?;
        if let Err(why) = certify(&tokens, &ca, &issuers, registry, key, listed).await? {
            notes.push(why);
        }
    }
    stock(registry).await?;
    escrow(stack, registry).await?;
    let serials: Vec<&str> = DEMO_KEYS.iter().map(|key| key.serial).collect();
    Ok(json!({"pin": PIN, "serials": serials, "blank": BLANK_KEYS, "notes": notes}))
}

/// The laptop's CA: what issues, and what believes.
struct Cas {
    ca: IssuingCa,
    issuers: Issuers,
}

impl Cas {
    async fn of(stack: &Stack) -> Result<Self> {
        let cloud = stack.cloud();
        let bucket = Bucket::connect(&cloud, &stack.buckets.public, true);
        let chain = adapters::ca::chain(&bucket).await?;
        let signer = Arc::new(KmsSigner::connect(&cloud, &stack.ca_key));
        let crl = format!("{}/pki/ca.crl", stack.web);
        Ok(Self {
            ca: IssuingCa::new(&chain, &crl, signer)?,
            issuers: Issuers::new(&chain)?,
        })
    }
}

/// Takes the blank keys in. What became of those that are there already stays.
async fn stock(registry: &dyn Registry) -> Result<()> {
    let now = SystemClock.now();
    for serial in BLANK_KEYS {
        let there: Option<StockKey> = registry.load(&registry::stock_key(serial)).await?;
        if there.is_none() {
            let by = StaffId::from_ulid(&new_ulid(&SystemClock, &OsRandom));
            let key = StockKey::blank(serial.to_owned(), Medium::Bjca, by, now);
            let add = Transaction::new(now).create(&key)?;
            registry.record(&add).await?;
        }
    }
    Ok(())
}

/// Takes the SO PINs of the demo's keys over, as of any that were made elsewhere: so they can be unlocked.
async fn escrow(stack: &Stack, registry: &dyn Registry) -> Result<()> {
    let cipher = fields(stack).cipher;
    let now = SystemClock.now();
    for key in &DEMO_KEYS {
        let there: Option<StockKey> = registry.load(&registry::stock_key(key.serial)).await?;
        if there.is_none() {
            let so_pin = cipher.seal(key.serial, SO_PIN, PIN).await?;
            let by = StaffId::from_ulid(&new_ulid(&SystemClock, &OsRandom));
            let key = StockKey::escrowed(key.serial.to_owned(), key.medium, so_pin, by, now);
            let add = Transaction::new(now).create(&key)?;
            registry.record(&add).await?;
        }
    }
    Ok(())
}

/// Sees to it that a key has a certificate of this CA, and the company's record its number. What somebody did to the
/// key stays done: the inner error says what is left for them.
async fn certify(
    tokens: &Tokens,
    ca: &IssuingCa,
    issuers: &Issuers,
    registry: &dyn Registry,
    key: &DemoKey,
    listed: &Listed,
) -> Result<Result<(), String>> {
    let company = owner(registry, key).await?;
    let place = registry::company_key(&company.id, key.serial);
    let record: Option<CompanyKey> = registry.load(&place).await?;
    let Some(record) = record.filter(|record| record.in_hand().is_ok()) else {
        return Ok(Ok(()));
    };
    let serial = key.serial;
    if listed.state == "out" {
        return Ok(Err(format!(
            "{serial} is pulled out, and its certificate was not looked at; `cargo xtask token insert {serial}`"
        )));
    }
    let fits = |believed: &Believed| {
        believed.credit_code.as_ref() == Some(&company.credit_code)
            && believed.not_after == record.not_after
    };
    let mut believed: Vec<Believed> = listed
        .certificates
        .iter()
        .filter_map(|pem| issuers.read(&der(pem).ok()?).ok())
        .collect();
    if believed
        .iter()
        .any(|certificate| certificate.serial == record.certificate_serial)
    {
        return Ok(Ok(()));
    }
    // Written to the key, and then the power went out.
    believed.retain(fits);
    let number = if let Some(certificate) = believed.pop() {
        certificate.serial
    } else {
        let now = SystemClock.now();
        // It may have ended (`token expire`): then as if it had been given a year before.
        let year = SignedDuration::from_hours(365 * 24);
        let validity = Validity {
            not_before: if now < record.not_after {
                now
            } else {
                record.not_after - year
            },
            not_after: record.not_after,
        };
        match written(tokens, ca, issuers, registry, &company, serial, validity).await? {
            Ok(number) => number,
            Err(why) => {
                return Ok(Err(format!(
                    "{serial} has no certificate of this CA and cannot get one ({why}); without {} `up` makes all keys anew",
                    tokens.folder.display()
                )));
            }
        }
    };
    let record = CompanyKey {
        certificate_serial: number,
        version: record.version + 1,
        ..record
    };
    let written = Transaction::new(SystemClock.now()).change(&record)?;
    registry.record(&written).await?;
    Ok(Ok(()))
}

/// Gives a key a new pair with a certificate of this CA, whose number it answers with. The inner error says why the key
/// does not ask for one.
async fn written(
    tokens: &Tokens,
    ca: &IssuingCa,
    issuers: &Issuers,
    registry: &dyn Registry,
    company: &Company,
    serial: &str,
    validity: Validity,
) -> Result<Result<String, String>> {
    let csr_pem = match tokens.run(&["request", serial, "--pin", PIN], "") {
        Ok(csr) => csr,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let mut number = [0; 16];
    OsRandom.fill(&mut number);
    let prepared = ca.prepare(&IssueRequest {
        csr_pem,
        purpose: KeyPurpose::Sign,
        nonce: None,
        subject: Subject {
            company_name: company.name.clone(),
            credit_code: company.credit_code.as_str().to_owned(),
        },
        validity,
        serial: number,
    });
    let prepared = prepared.context(
        "a laptop's CA that is too young for this is made anew by `cargo xtask reset`; `up` then gives the key a certificate",
    )?;
    let signed = ca.issue(prepared).await?;
    let number = issuers.read(&der(&signed.certificate_pem)?)?.serial;
    // Before it is on the key: one on record that is nowhere is no harm.
    register(registry, serial, &number, validity.not_after).await?;
    tokens.run(&["certify", serial, "--pin", PIN], &signed.certificate_pem)?;
    Ok(Ok(number))
}

/// Enters a certificate, before it is on the key, as function `ca` would: so that it gets onto the revocation list with
/// its key. The orders of the demo's keys are older than this stack, and nothing else of them is there.
async fn register(
    registry: &dyn Registry,
    serial: &str,
    number: &str,
    not_after: Timestamp,
) -> Result<()> {
    let no = DEMO_KEYS.iter().position(|key| key.serial == serial);
    let no = no.context("a key of the demo")?;
    let order = OrderId::try_from(format!("20200101000000{no:04}"))?;
    let line = LineNo(1);
    let place = registry::register(&order, line);
    let there: Option<Register> = registry.load(&place).await?;
    let mut next = there.unwrap_or_else(|| Register::empty(order, line));
    let attempt = u32::try_from(next.keys.len())? + 1;
    let unit = UnitNo(1);
    let purpose = KeyPurpose::Sign;
    next.keys.push(RegisteredKey {
        unit,
        attempt,
        certificates: vec![Registered {
            purpose,
            serial: number.to_owned(),
        }],
        not_after,
        standing: Standing::Good,
    });
    next.version += 1;
    let at = CertificatePlace {
        serial: number.to_owned(),
        purpose,
        order: next.order.clone(),
        line,
        unit,
        attempt,
    };
    let write = Transaction::new(SystemClock.now())
        .change(&next)?
        .mark(&at)?;
    Ok(registry.record(&write).await?)
}

/// Gives one of the demo's keys a certificate that ends in so many days, as if it had been issued a year before that;
/// and writes the end down with the company. Loses power between the two: whoever asks again repairs it.
async fn end(stack: &Stack, registry: &dyn Registry, serial: &str, days: i64) -> Result<()> {
    let key = DEMO_KEYS.iter().find(|key| key.serial == serial);
    let known: Vec<&str> = DEMO_KEYS.iter().map(|key| key.serial).collect();
    let key =
        key.with_context(|| format!("{serial} is none of the demo's keys: {}", known.join(", ")))?;
    let company = owner(registry, key).await?;
    let place = registry::company_key(&company.id, serial);
    let record: Option<CompanyKey> = registry.load(&place).await?;
    let record = record.with_context(|| format!("{serial} is not on record; `cargo xtask up`"))?;
    ensure!(
        record.in_hand().is_ok(),
        "{serial} is reported lost or was revoked, and ends no more"
    );
    let today = SystemClock.now().in_tz(domain::CIVIL_ZONE)?;
    let last = today.checked_add(jiff::Span::new().days(days))?;
    let validity = Validity {
        not_before: last.checked_sub(jiff::Span::new().years(1))?.timestamp(),
        // Certificates end with a second.
        not_after: Timestamp::from_second(last.timestamp().as_second())?,
    };
    let Cas { ca, issuers } = Cas::of(stack).await?;
    let not_after = validity.not_after;
    let number = written(
        &Tokens::of(stack)?,
        &ca,
        &issuers,
        registry,
        &company,
        serial,
        validity,
    )
    .await?
    .map_err(|why| anyhow::anyhow!("{serial}: {why}"))?;
    let record = CompanyKey {
        certificate_serial: number,
        not_after,
        version: record.version + 1,
        ..record
    };
    let written = Transaction::new(SystemClock.now()).change(&record)?;
    Ok(registry.record(&written).await?)
}

/// Whose a key of the demo is.
async fn owner(registry: &dyn Registry, key: &DemoKey) -> Result<Company> {
    let account: Option<AccountName> = registry.load(&registry::account_name(key.account)).await?;
    let account = account.with_context(|| format!("the company {}", key.account))?;
    let company: Option<Company> = registry.load(&registry::company(&account.company)).await?;
    company.with_context(|| format!("the company {}", key.account))
}

fn der(pem: &str) -> Result<Vec<u8>> {
    let certificate = Certificate::from_pem(pem).context("reading a certificate")?;
    Ok(certificate.to_der()?)
}

/// A made-up code with the right check character.
fn demo_code(no: u32) -> String {
    let first = format!("91320100MA000000{no}");
    let check = domain::company::CreditCode::check_character(&first).unwrap_or('0');
    format!("{first}{check}")
}

fn new_password() -> Result<String> {
    Ok(format!("Demo-{}", random_hex(6)?))
}

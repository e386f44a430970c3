//! The virtual keys of the demo: those of its companies, one that another issuer made, and the blank ones of its desk.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use adapters::ca::Believed;
use adapters::ports::{Clock, Registry, Transaction, new_ulid};
use adapters::registry::{self, AccountName, CertificatePlace};
use anyhow::{Context, Result, ensure};
use domain::catalog::Medium;
use domain::certificate::{KeyPurpose, Register, Registered, RegisteredKey, Standing, Validity};
use domain::company::Company;
use domain::ids::{LineNo, OrderId, StaffId, UnitNo};
use domain::key::CompanyKey;
use domain::stock::StockKey;
use edge::fields::SO_PIN;
use edge::real::{OsRandom, SystemClock};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use system_tests::hire::fields;
use system_tests::job::random_hex;
use system_tests::stack::Stack;

use crate::authorities::Authority;

/// A key of a demo company.
pub(crate) struct DemoKey {
    pub(crate) account: &'static str,
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

pub(crate) const DEMO: [DemoKey; 4] = [
    demo_key("demo", "DEMO-CPP-20M", Medium::Cpp, 20),
    demo_key("demo", "DEMO-RENEW-2M", Medium::Bjca, 2),
    demo_key("demo", "DEMO-BJCA-11M", Medium::Bjca, 11),
    demo_key("bound", "DEMO-BOUND-1", Medium::Bjca, 12),
];
/// One that another issuer made, and that nobody has shown here yet.
const ELSEWHERE: DemoKey = demo_key("demo", "DEMO-OTHER-8M", Medium::Cpp, 8);
/// Keys for the maker's desk, as they come from the factory.
const BLANK_KEYS: [&str; 2] = ["BLANK-BJCA-1", "BLANK-BJCA-2"];
/// The PIN of the demo's keys: the usual one of `sealkey-token`.
const PIN: &str = "12345678";

/// So many months from now; certificates end with a second.
fn end_in(now: Timestamp, months: i64) -> Result<Timestamp> {
    let now = now.in_tz(domain::CIVIL_ZONE)?;
    let end = now.checked_add(jiff::Span::new().months(months))?;
    Ok(Timestamp::from_second(end.timestamp().as_second())?)
}

/// A key as if an agent had activated it a moment ago. Which certificate is on it [`seed`] writes down.
pub(crate) fn record(company: &Company, key: &DemoKey, now: Timestamp) -> Result<CompanyKey> {
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
        not_after: end_in(now, key.months)?,
        issued_by: None,
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

impl Listed {
    /// Its certificates that are of a CA.
    fn believed(&self, authority: &Authority) -> Vec<Believed> {
        let all = self.certificates.iter();
        all.filter_map(|pem| authority.read(pem)).collect()
    }
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

    /// Gives a key a new pair with a certificate of a CA, whose number it answers with; one of our own is entered in
    /// the registry. The inner error says why the key does not ask for one.
    async fn give(
        &self,
        authority: &Authority,
        registry: Option<&dyn Registry>,
        company: &Company,
        serial: &str,
        validity: Validity,
    ) -> Result<Result<String, String>> {
        let csr = match self.run(&["request", serial, "--pin", PIN], "") {
            Ok(csr) => csr,
            Err(why) => return Ok(Err(why.to_string())),
        };
        let not_after = validity.not_after;
        let (number, pem) = authority.issue(csr, company, validity).await?;
        // Before it is on the key: one on record that is nowhere is no harm.
        if let Some(registry) = registry {
            register(registry, serial, &number, not_after).await?;
        }
        self.run(&["certify", serial, "--pin", PIN], &pem)?;
        Ok(Ok(number))
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
        for key in DEMO.iter().chain([&ELSEWHERE]) {
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

/// The keys of the demo's companies, as virtual keys with certificates of this laptop's CAs. They outlive a `reset`,
/// which throws those away: then they get new ones.
pub(crate) async fn seed(stack: &Stack, registry: &dyn Registry) -> Result<Value> {
    let tokens = Tokens::of(stack)?;
    let there = tokens.make()?;
    let own = Authority::own(stack).await?;
    let found = |key: &DemoKey| {
        let listed = there.iter().find(|listed| listed.serial == key.serial);
        listed.with_context(|| format!("{} was not made", key.serial))
    };
    let mut notes = Vec::new();
    for key in &DEMO {
        if let Err(why) = certify(&tokens, &own, registry, key, found(key)?).await? {
            notes.push(why);
        }
    }
    let other = Authority::elsewhere(stack)?;
    if let Err(why) = certify_elsewhere(&tokens, &other, registry, found(&ELSEWHERE)?).await? {
        notes.push(why);
    }
    stock(registry).await?;
    escrow(stack, registry).await?;
    let serials: Vec<&str> = DEMO.iter().map(|key| key.serial).collect();
    Ok(json!({
        "pin": PIN, "serials": serials, "elsewhere": ELSEWHERE.serial, "blank": BLANK_KEYS, "notes": notes
    }))
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
    for key in &DEMO {
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
    own: &Authority,
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
    let mut believed = listed.believed(own);
    if believed
        .iter()
        .any(|certificate| certificate.serial == record.certificate_serial)
    {
        return Ok(Ok(()));
    }
    // Written to the key, and then the power went out.
    believed.retain(|certificate| {
        certificate.credit_code.as_ref() == Some(&company.credit_code)
            && certificate.not_after == record.not_after
    });
    let end = record.not_after;
    let number = if let Some(certificate) = believed.pop() {
        certificate.serial
    } else {
        let now = SystemClock.now();
        // It may have ended (`token expire`): then as if it had been given a year before.
        let year = SignedDuration::from_hours(365 * 24);
        let validity = Validity {
            not_before: if now < end { now } else { end - year },
            not_after: end,
        };
        match tokens
            .give(own, Some(registry), &company, serial, validity)
            .await?
        {
            Ok(number) => number,
            Err(why) => return Ok(Err(no_certificate(serial, &why, tokens))),
        }
    };
    known_by(registry, record, number, end).await?;
    Ok(Ok(()))
}

/// The same for the key of the other issuer, of which nothing is on record. It lies in the drawer until somebody takes
/// it out.
async fn certify_elsewhere(
    tokens: &Tokens,
    other: &Authority,
    registry: &dyn Registry,
    listed: &Listed,
) -> Result<Result<(), String>> {
    let serial = ELSEWHERE.serial;
    let was_out = listed.state == "out";
    if was_out {
        // What is on a key shows only while it is plugged in.
        tokens.run(&["insert", serial], "")?;
    }
    let there = tokens.list()?;
    let mut given = Ok(String::new());
    let is_new = there
        .iter()
        .filter(|listed| listed.serial == serial)
        .all(|listed| listed.believed(other).is_empty());
    if is_new {
        let company = owner(registry, &ELSEWHERE).await?;
        let now = SystemClock.now();
        let validity = Validity {
            not_before: now,
            not_after: end_in(now, ELSEWHERE.months)?,
        };
        given = tokens.give(other, None, &company, serial, validity).await?;
    }
    if was_out || is_new {
        tokens.run(&["eject", serial], "")?;
    }
    Ok(given
        .map(|_| ())
        .map_err(|why| no_certificate(serial, &why, tokens)))
}

fn no_certificate(serial: &str, why: &str, tokens: &Tokens) -> String {
    format!(
        "{serial} has no certificate of this CA and cannot get one ({why}); without {} `up` makes all keys anew",
        tokens.folder.display()
    )
}

/// Writes down by which certificate the company's key is known.
async fn known_by(
    registry: &dyn Registry,
    record: CompanyKey,
    certificate_serial: String,
    not_after: Timestamp,
) -> Result<()> {
    let record = CompanyKey {
        certificate_serial,
        not_after,
        version: record.version + 1,
        ..record
    };
    let written = Transaction::new(SystemClock.now()).change(&record)?;
    Ok(registry.record(&written).await?)
}

/// Enters a certificate, before it is on the key, as function `ca` would: so that it gets onto the revocation list with
/// its key. The orders of the demo's keys are older than this stack, and nothing else of them is there.
async fn register(
    registry: &dyn Registry,
    serial: &str,
    number: &str,
    not_after: Timestamp,
) -> Result<()> {
    let no = DEMO.iter().position(|key| key.serial == serial);
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
pub(crate) async fn end(
    stack: &Stack,
    registry: &dyn Registry,
    serial: &str,
    days: i64,
) -> Result<()> {
    let key = DEMO.iter().find(|key| key.serial == serial);
    let known: Vec<&str> = DEMO.iter().map(|key| key.serial).collect();
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
    let own = Authority::own(stack).await?;
    let not_after = validity.not_after;
    let tokens = Tokens::of(stack)?;
    let given = tokens.give(&own, Some(registry), &company, serial, validity);
    let number = given
        .await?
        .map_err(|why| anyhow::anyhow!("{serial}: {why}"))?;
    known_by(registry, record, number, not_after).await
}

/// Whose a key of the demo is.
async fn owner(registry: &dyn Registry, key: &DemoKey) -> Result<Company> {
    let account: Option<AccountName> = registry.load(&registry::account_name(key.account)).await?;
    let account = account.with_context(|| format!("the company {}", key.account))?;
    let company: Option<Company> = registry.load(&registry::company(&account.company)).await?;
    company.with_context(|| format!("the company {}", key.account))
}

//! Fills a laptop's stack: the CA's chain, a catalogue, demo logins. May run again and again.
//!
//! `seed --stack FILE` prints the demo logins as JSON. It refuses any stage but `local`: a demo login
//! must not exist anywhere else.
#![expect(
    clippy::print_stdout,
    reason = "xtask reads the logins from standard output"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use adapters::ca::{
    CHAIN_KEY, CaName, IssuingCa, SoftwareKey, issuing_certificate, self_signed_root,
};
use adapters::dynamodb::Table;
use adapters::kms::KmsSigner;
use adapters::ports::{Clock, Objects, Random, Registry, Transaction, new_ulid};
use adapters::registry::{self, AccountName, Claim, Claimed, Ownership, StaffMail};
use adapters::s3::Bucket;
use anyhow::{Context, Result};
use domain::actor::Role;
use domain::catalog::{Medium, Product};
use domain::certificate::Validity;
use domain::company::{Company, Contact, User};
use domain::credit::Inspection;
use domain::ids::{CompanyId, UserId};
use domain::key::CompanyKey;
use domain::policy::StorefrontId;
use domain::qualification::QualificationState;
use edge::fields::Fields;
use edge::real::{OsRandom, SystemClock};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use system_tests::hire::{hire, password_hash};
use system_tests::job::random_hex;
use system_tests::stack::Stack;

const PRODUCTS: &str = include_str!("../../../infra/local/catalog.json");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments
        .find(|word| word == "--stack")
        .and_then(|_| arguments.next());
    let stack = Stack::read(Path::new(&file.context("usage: seed --stack FILE")?))?;
    let cloud = stack.cloud();
    let table = Table::connect(&cloud, &stack.table);

    certificate_authority(&stack).await?;
    catalogue(&table).await?;
    let staff = staff(&stack, &table, &system_tests::hire::fields(&stack)).await?;
    let (company, bound) = companies(&stack, &table).await?;
    inspections(&table).await?;
    println!(
        "{}",
        json!({"company": company, "bound": bound, "staff": staff})
    );
    Ok(())
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
    let years = |years| Validity::from_now(now, years).context("no such term");
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
    // Both have keys as if those had been activated. The first one has unbound since, so it may buy by
    // password; the second one is bound: a login by password then asks for a code, or for unbinding.
    let demo = [
        ("DEMO-CPP-20M", Medium::Cpp, 20),
        ("DEMO-RENEW-2M", Medium::Bjca, 2),
        ("DEMO-BJCA-11M", Medium::Bjca, 11),
    ];
    let keys: &[(&str, Medium, i64)] = if no == 1 {
        company.unbound_at = Some(now);
        &demo
    } else {
        &[("DEMO-BOUND-1", Medium::Bjca, 12)]
    };
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
    for (serial, medium, months) in keys {
        let key = company_key(&company, serial, *medium, *months, now)?;
        all = all.change(&key)?;
    }
    registry.record(&all).await?;
    Ok(json!({
        "name": account, "password": password, "company_name": name, "mobile": contact.mobile,
        "mail": contact.mail,
    }))
}

/// A key as if an agent had activated it a moment ago, with so many months left.
fn company_key(
    company: &Company,
    serial: &str,
    medium: Medium,
    months: i64,
    now: Timestamp,
) -> Result<CompanyKey> {
    let end = now
        .in_tz(domain::CIVIL_ZONE)?
        .checked_add(jiff::Span::new().months(months))?;
    let bound = company.unbound_at.is_none();
    Ok(CompanyKey {
        company: company.id.clone(),
        serial: serial.to_owned(),
        medium,
        storefront: company.storefront.clone(),
        certificate_serial: format!("40{}", random_hex(15)?),
        seal: true,
        activated_at: if bound {
            now
        } else {
            now - SignedDuration::from_secs(1)
        },
        not_after: end.timestamp(),
        revoked_at: None,
        suspended: None,
        version: 1,
    })
}

/// What the agent would read from the demo company's old key (检测年限). It is read anew with every seed, for
/// it holds a day only; the agent itself comes with its own issue.
async fn inspections(registry: &dyn Registry) -> Result<()> {
    let demo: Option<AccountName> = registry.load(&registry::account_name("demo")).await?;
    let demo = demo.context("the demo company")?;
    let key: Option<CompanyKey> = registry
        .load(&registry::company_key(&demo.company, "DEMO-CPP-20M"))
        .await?;
    let Some(key) = key else { return Ok(()) };
    let now = SystemClock.now();
    let inspection = Inspection {
        company: key.company,
        serial: key.serial,
        certificate_serial: key.certificate_serial,
        medium: key.medium,
        not_after: key.not_after,
        at: now,
    };
    let read = Transaction::new(now).mark(&inspection)?;
    Ok(registry.record(&read).await?)
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

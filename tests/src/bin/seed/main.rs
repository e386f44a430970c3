//! Fills a laptop's stack: the CA's chain, another issuer's, a catalogue, demo logins, and the virtual keys of the demo's companies.
//! May run again and again, and be killed anywhere: each part looks at what is there and does what is missing.
//!
//! `seed --stack FILE` prints the demo logins as JSON; with `--end SERIAL --days N` it gives one of the demo's keys
//! another certificate, which ends in N days (below zero: so many days ago), and prints nothing. It refuses any stage
//! but `local`: a demo login must not exist anywhere else.
#![expect(
    clippy::print_stdout,
    reason = "xtask reads the logins from standard output"
)]

mod authorities;
mod keys;

use std::path::Path;

use adapters::dynamodb::Table;
use adapters::ports::{Clock, Registry, Transaction, new_ulid};
use adapters::registry::{self, AccountName, Claim, Claimed, Ownership, StaffMail};
use anyhow::{Context, Result};
use domain::actor::Role;
use domain::catalog::Product;
use domain::company::{Company, Contact, LegalRepresentative, User, is_id_number};
use domain::ids::{CompanyId, UserId};
use domain::policy::StorefrontId;
use domain::qualification::QualificationState;
use edge::fields::{Fields, LEGAL_REPRESENTATIVE_ID};
use edge::real::{OsRandom, SystemClock};
use serde_json::{Value, json};
use system_tests::hire::{fields, hire, password_hash};
use system_tests::job::random_hex;
use system_tests::stack::Stack;

const PRODUCTS: &str = include_str!("../../../../infra/local/catalog.json");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let stack = Stack::read(Path::new(&argument("--stack").context(USAGE)?))?;
    let cloud = stack.cloud();
    let table = Table::connect(&cloud, &stack.table);
    if let Some(serial) = argument("--end") {
        let days = argument("--days").context(USAGE)?;
        let days = days.parse().context("--days is a whole number")?;
        return keys::end(&stack, &table, &serial, days).await;
    }

    authorities::own(&stack).await?;
    authorities::elsewhere(&stack).await?;
    catalogue(&table).await?;
    let staff = staff(&stack, &table, &system_tests::hire::fields(&stack)).await?;
    let (company, bound) = companies(&stack, &table).await?;
    let keys = keys::seed(&stack, &table).await?;
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
    for key in keys::DEMO.iter().filter(|key| key.account == account) {
        all = all.change(&keys::record(&company, key, now)?)?;
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

/// A made-up code with the right check character.
fn demo_code(no: u32) -> String {
    let first = format!("91320100MA000000{no}");
    let check = domain::company::CreditCode::check_character(&first).unwrap_or('0');
    format!("{first}{check}")
}

fn new_password() -> Result<String> {
    Ok(format!("Demo-{}", random_hex(6)?))
}

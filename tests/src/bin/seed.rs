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

use adapters::ca::{CaName, IssuingCa, SoftwareKey, issuing_certificate, self_signed_root};
use adapters::dynamodb::Table;
use adapters::kms::KmsSigner;
use adapters::ports::{
    Accounts, Clock, NewCompany, Objects, Products, Random, RegisterError, Staff, StaffAccounts,
    new_ulid,
};
use adapters::s3::Bucket;
use anyhow::{Context, Result};
use domain::actor::Role;
use domain::catalog::Product;
use domain::certificate::Validity;
use domain::company::{Company, Contact, User};
use domain::ids::{CompanyId, StaffId, UserId};
use domain::policy::StorefrontId;
use edge::real::{OsRandom, SystemClock};
use serde_json::{Value, json};
use system_tests::job::random_hex;
use system_tests::stack::Stack;

const PRODUCTS: &str = include_str!("../../../infra/local/catalog.json");
const CHAIN: &str = "pki/chain.pem";

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
    for product in serde_json::from_str::<Vec<Product>>(PRODUCTS)? {
        table.put_product(&product).await?;
    }
    let staff = staff(&stack, &table).await?;
    let company = company(&stack, &table).await?;
    println!("{}", json!({"company": company, "staff": staff}));
    Ok(())
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
    if known == hex::encode(&public) && bucket.info(CHAIN).await?.is_some() {
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
        .write(CHAIN, "application/x-pem-file", chain.into_bytes())
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

/// One member of staff for each role.
async fn staff(stack: &Stack, table: &Table) -> Result<Value> {
    let mut logins = serde_json::Map::new();
    for role in Role::ALL {
        let name = serde_json::to_value(role)?
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mail = format!("{name}@sealkey.example");
        let known = table.staff_login(&mail).await?;
        let kept = known.as_ref().and_then(|_| {
            stack.logins["staff"][&name]["password"]
                .as_str()
                .map(str::to_owned)
        });
        let password = match kept {
            Some(password) => password,
            None => new_password()?,
        };
        let id = known.map_or_else(
            || StaffId::from_ulid(&new_ulid(&SystemClock, &OsRandom)),
            |login| login.owner.id,
        );
        let person = Staff {
            id,
            name: format!("演示{name}"),
            mail: mail.clone(),
            roles: vec![role],
        };
        table.put_staff(&person, &hash(&password)?).await?;
        logins.insert(name, json!({"mail": mail, "password": password}));
    }
    Ok(Value::Object(logins))
}

/// A company that can order at once.
async fn company(stack: &Stack, table: &Table) -> Result<Value> {
    let known = &stack.logins["company"];
    if table.login("demo").await?.is_some() && known.is_object() {
        return Ok(known.clone());
    }
    let now = SystemClock.now();
    let password = new_password()?;
    let company = Company {
        id: CompanyId::from_ulid(&new_ulid(&SystemClock, &OsRandom)),
        name: "南京演示科技有限公司".to_owned(),
        credit_code: demo_code().parse()?,
        contact: Contact {
            name: "李雷".to_owned(),
            mobile: "13800138000".to_owned(),
            mail: "demo@example.com".to_owned(),
        },
        storefront: StorefrontId("mall".to_owned()),
        created_at: now,
        version: 1,
    };
    let user = User {
        id: UserId::from_ulid(&new_ulid(&SystemClock, &OsRandom)),
        company: company.id.clone(),
        account: "demo".to_owned(),
        created_at: now,
    };
    let new = NewCompany {
        company,
        user,
        password_hash: hash(&password)?,
    };
    match table.register(&new).await {
        Ok(()) => Ok(json!({"name": "demo", "password": password})),
        Err(RegisterError::Port(error)) => Err(error.into()),
        Err(error) => Err(error)
            .context("the demo company is there and its password is not: `cargo xtask reset`"),
    }
}

/// A made-up code with the right check character.
fn demo_code() -> String {
    let first = "91320100MA0000001";
    let check = domain::company::CreditCode::check_character(first).unwrap_or('0');
    format!("{first}{check}")
}

fn new_password() -> Result<String> {
    Ok(format!("Demo-{}", random_hex(6)?))
}

fn hash(password: &str) -> Result<String> {
    account::hash_password(password, &OsRandom).map_err(|error| anyhow::anyhow!("{error:?}"))
}

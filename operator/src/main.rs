//! `operator`: what is done past the API, by whoever runs a stage. `cargo xtask audit`, `staff`, `agent` and
//! `gateway` call it with the names of a stage; credentials, region and endpoint come from the environment.
#![expect(clippy::print_stdout, reason = "it speaks to a person at a terminal")]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use adapters::ca::CaName;
use adapters::dynamodb::Table;
use adapters::kms::{KmsFieldCipher, KmsMac, KmsSigner};
use adapters::ports::Clock as _;
use adapters::remote_lists::HttpLists;
use adapters::s3::Bucket;
use adapters::secrets::SecretsManager;
use anyhow::{Context, Result, bail, ensure};
use domain::policy::Policies;
use edge::fields::Fields;
use edge::real::{OsRandom, SystemClock};
use operator::gateway::{self, State};
use operator::{ceremony, first_admin, issuers, verify};
use p256::ecdsa::VerifyingKey;
use p256::pkcs8::DecodePublicKey as _;
use sha2::{Digest as _, Sha256};

const HELP: &str = "\
operator audit-verify --table T --audit-bucket B --audit-key K
    compares every chain of the audit with the heads that were signed; fails when anything differs
operator first-admin --table T --field-key F --mac-key K --site-url U --name N --mail M
    invites one of the first two administrators and prints the link
operator orders-reindex --table T
    writes companies' lists anew where a policy calls a state by another word than when they were written
operator ticket-key --ticket-key K
    prints the public half of the key that tickets are signed by, as `ticket_keys` in an agent's configuration has it
operator gateway-check --secrets P
    tries the credentials of the payment gateways, in the secrets P/alipay and P/wechatpay, without charging
    anybody; fails when any is wrong, or none is there

The root ceremony; ca-root and ca-issue need no network, and belong on a machine that has none:
operator ca-root --folder D --organisation O --name N --years Y
    makes the folder D with a root and its key
operator ca-request --ca-key K --folder D
    writes the public half of a stage's key to D/issuing.pub
operator ca-issue --folder D --organisation O --name N --years Y
    signs the CA whose key D/issuing.pub is, with the root in D; leaves D/chain.pem
operator ca-install --ca-key K --public-bucket B --folder D
    puts D/chain.pem where the stage and everybody else read it

operator issuers-install --public-bucket B --file F
    puts F where the stage reads which other issuers' keys may join: a JSON list of name, medium, storefront, chain
    and list, as docs/operations.md has it. Asks each for its list first, and changes nothing when one cannot be had

Region, credentials and, for a laptop, endpoint: AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
AWS_SESSION_TOKEN, AWS_ENDPOINT_URL.
";
/// Something differs, or is wrong.
const DIFFERENT: u8 = 1;
/// Nothing is known: it could not be done.
const NOT_DONE: u8 = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let command = if words.is_empty() {
        "help".to_owned()
    } else {
        words.remove(0)
    };
    match run(&command, words).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("operator: {error:#}");
            ExitCode::from(NOT_DONE)
        }
    }
}

async fn run(command: &str, words: Vec<String>) -> Result<ExitCode> {
    match command {
        "audit-verify" => {
            let options = Options::read(words, &["--table", "--audit-bucket", "--audit-key"])?;
            audit_verify(&options).await
        }
        "first-admin" => {
            let known = [
                "--table",
                "--field-key",
                "--mac-key",
                "--site-url",
                "--name",
                "--mail",
            ];
            let options = Options::read(words, &known)?;
            invite(&options).await
        }
        "orders-reindex" => reindex(&Options::read(words, &["--table"])?).await,
        "ticket-key" => ticket_key(&Options::read(words, &["--ticket-key"])?).await,
        "gateway-check" => gateway_check(&Options::read(words, &["--secrets"])?).await,
        "ca-root" => {
            let known = ["--folder", "--organisation", "--name", "--years"];
            ca_root(&Options::read(words, &known)?)
        }
        "ca-request" => ca_request(&Options::read(words, &["--ca-key", "--folder"])?).await,
        "ca-issue" => {
            let known = ["--folder", "--organisation", "--name", "--years"];
            ca_issue(&Options::read(words, &known)?)
        }
        "ca-install" => {
            let known = ["--ca-key", "--public-bucket", "--folder"];
            ca_install(&Options::read(words, &known)?).await
        }
        "issuers-install" => {
            issuers_install(&Options::read(words, &["--public-bucket", "--file"])?).await
        }
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("there is no command {other}; `operator help` lists them"),
    }
}

async fn audit_verify(options: &Options) -> Result<ExitCode> {
    let config = edge::aws::sdk_config()?;
    let public = KmsSigner::connect(config, options.value("--audit-key")?)
        .public_key_der()
        .await
        .context("asking for the key of the audit")?;
    let key = VerifyingKey::from_public_key_der(&public).context("reading the key of the audit")?;
    let table = Table::connect(config, options.value("--table")?);
    let bucket = Bucket::connect(
        config,
        options.value("--audit-bucket")?,
        edge::aws::has_own_endpoint(),
    );
    let found = verify::verify(&table, Arc::new(bucket), &key).await?;
    println!(
        "{} chains, {} entries, {} signed heads",
        found.chains, found.entries, found.heads
    );
    if found.unsigned > 0 {
        println!(
            "of {} chains the newest entries are not signed yet; if that stays so, reconcile does not sign",
            found.unsigned
        );
    }
    if found.differences.is_empty() {
        println!("nothing differs");
        return Ok(ExitCode::SUCCESS);
    }
    for difference in &found.differences {
        println!("DIFFERS  {difference}");
    }
    Ok(ExitCode::from(DIFFERENT))
}

async fn invite(options: &Options) -> Result<ExitCode> {
    let config = edge::aws::sdk_config()?;
    let table = Arc::new(Table::connect(config, options.value("--table")?));
    let mac = Arc::new(KmsMac::connect(config, options.value("--mac-key")?));
    let cipher = KmsFieldCipher::connect(config, options.value("--field-key")?);
    let ports = first_admin::Ports {
        registry: table,
        mac: mac.clone(),
        fields: Fields {
            cipher: Arc::new(cipher),
            mac,
        },
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
        site_url: options.value("--site-url")?.to_owned(),
    };
    let link = first_admin::invite(&ports, options.value("--name")?, options.value("--mail")?);
    println!("{}", link.await?);
    Ok(ExitCode::SUCCESS)
}

async fn reindex(options: &Options) -> Result<ExitCode> {
    let table = Table::connect(edge::aws::sdk_config()?, options.value("--table")?);
    let found = table.reindex(&Policies::shipped()?).await?;
    println!("{} orders, {} written anew", found.orders, found.changed);
    if found.unknown > 0 {
        println!("{} are of storefronts that have no policy", found.unknown);
    }
    if found.busy > 0 {
        println!(
            "{} were changed meanwhile: run it again once the new functions serve alone",
            found.busy
        );
        return Ok(ExitCode::from(DIFFERENT));
    }
    Ok(ExitCode::SUCCESS)
}

async fn ticket_key(options: &Options) -> Result<ExitCode> {
    let config = edge::aws::sdk_config()?;
    let public = KmsSigner::connect(config, options.value("--ticket-key")?)
        .public_key_der()
        .await
        .context("asking for the key of tickets")?;
    let key = jws::PublicKey::from_der(&public)
        .ok()
        .context("the key of tickets is none of P-256")?;
    println!("{key}");
    Ok(ExitCode::SUCCESS)
}

async fn gateway_check(options: &Options) -> Result<ExitCode> {
    let config = edge::aws::sdk_config()?;
    let prefix = options.value("--secrets")?;
    let secrets = SecretsManager::connect(config, prefix, Arc::new(SystemClock));
    let findings = gateway::check(&secrets, SystemClock.now()).await;
    for finding in &findings {
        println!("{finding}");
    }
    let wrong = |state: &State| matches!(state, State::Wrong { .. });
    let none = findings
        .iter()
        .all(|finding| finding.state == State::Absent);
    if none {
        println!("no secret was found below {prefix}: is it the right stage and region?");
    }
    if none || findings.iter().any(|finding| wrong(&finding.state)) {
        return Ok(ExitCode::from(DIFFERENT));
    }
    Ok(ExitCode::SUCCESS)
}

/// What two people compare aloud, on both sides of what is carried: SHA-256, in groups of four.
fn fingerprint(what: &str, bytes: &[u8]) {
    let mut digits = String::new();
    for (place, byte) in Sha256::digest(bytes).iter().enumerate() {
        let blank = if place > 0 && place % 2 == 0 { " " } else { "" };
        digits.extend([blank.to_owned(), format!("{byte:02x}")]);
    }
    println!("SHA-256 of {what}: {digits}");
}

fn ca_name(options: &Options) -> Result<(CaName, u8)> {
    let name = CaName {
        organisation: options.value("--organisation")?.to_owned(),
        common_name: options.value("--name")?.to_owned(),
    };
    let years = options.value("--years")?.parse();
    Ok((name, years.context("--years is a number")?))
}

fn ca_root(options: &Options) -> Result<ExitCode> {
    let folder = Path::new(options.value("--folder")?);
    let (name, years) = ca_name(options)?;
    let root = ceremony::root(folder, &name, years, SystemClock.now(), &OsRandom)?;
    fingerprint(ceremony::ROOT, root.as_bytes());
    Ok(ExitCode::SUCCESS)
}

async fn stage_key(options: &Options) -> Result<Vec<u8>> {
    let signer = KmsSigner::connect(edge::aws::sdk_config()?, options.value("--ca-key")?);
    let public = signer.public_key_der().await;
    public.context("asking for the key of the CA")
}

async fn ca_request(options: &Options) -> Result<ExitCode> {
    let public = stage_key(options).await?;
    ceremony::request(Path::new(options.value("--folder")?), &public)?;
    fingerprint(ceremony::REQUEST, &public);
    Ok(ExitCode::SUCCESS)
}

fn ca_issue(options: &Options) -> Result<ExitCode> {
    let folder = Path::new(options.value("--folder")?);
    let (name, years) = ca_name(options)?;
    let request = std::fs::read(folder.join(ceremony::REQUEST)).unwrap_or_default();
    let chain = ceremony::issue(folder, &name, years, SystemClock.now(), &OsRandom)?;
    fingerprint(ceremony::REQUEST, &request);
    fingerprint(ceremony::CHAIN, chain.as_bytes());
    Ok(ExitCode::SUCCESS)
}

async fn ca_install(options: &Options) -> Result<ExitCode> {
    let path = Path::new(options.value("--folder")?).join(ceremony::CHAIN);
    let chain =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let public = stage_key(options).await?;
    let bucket = Bucket::connect(
        edge::aws::sdk_config()?,
        options.value("--public-bucket")?,
        edge::aws::has_own_endpoint(),
    );
    ceremony::install(&bucket, &public, &chain).await?;
    fingerprint(ceremony::CHAIN, chain.as_bytes());
    Ok(ExitCode::SUCCESS)
}

async fn issuers_install(options: &Options) -> Result<ExitCode> {
    let path = Path::new(options.value("--file")?);
    let document = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let bucket = Bucket::connect(
        edge::aws::sdk_config()?,
        options.value("--public-bucket")?,
        edge::aws::has_own_endpoint(),
    );
    let now = SystemClock.now();
    for name in issuers::install(&bucket, Arc::new(HttpLists), document.clone(), now).await? {
        println!("{name}");
    }
    fingerprint("the document", &document);
    Ok(ExitCode::SUCCESS)
}

/// Options, each with its value.
struct Options(Vec<(String, String)>);

impl Options {
    fn read(words: Vec<String>, known: &[&str]) -> Result<Self> {
        let mut options = Vec::new();
        let mut words = words.into_iter();
        while let Some(name) = words.next() {
            ensure!(
                known.contains(&name.as_str()),
                "there is no option {name}; `operator help` lists what there is"
            );
            let value = words
                .next()
                .with_context(|| format!("{name} needs a value"))?;
            options.push((name, value));
        }
        Ok(Self(options))
    }

    fn value(&self, name: &str) -> Result<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        let (_, value) = found.with_context(|| format!("{name} is missing"))?;
        Ok(value)
    }
}

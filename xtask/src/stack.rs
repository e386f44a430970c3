//! A local stack: MiniStack, the sandbox, an agent with virtual keys, and what is deployed, all state in one folder. `up` has one in
//! `.local`, each test run one in `.local/test`; `--dir` makes more.

use std::fmt::Write as _;
use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cloud::{self, Cloud};
use crate::operator::{self, Account};
use crate::process::{self, Resident};
use crate::terminal::{bold, green, red, step};
use crate::{build, generate, repo, tools, web};

const STAGE: &str = "local";
const CLOUD_STACK: &str = "sealkey-local";
const ARTIFACTS: &str = "sealkey-artifacts";

/// The folder that holds a stack.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    dir: PathBuf,
}

impl Place {
    /// The folder of `up`, or the one that was asked for.
    pub(crate) fn of_up(dir: Option<String>) -> Result<Place> {
        let dir = repo::root().join(dir.unwrap_or_else(|| ".local".to_owned()));
        if dir == repo::root() {
            bail!("--dir must not be the checkout itself");
        }
        Ok(Place { dir })
    }

    /// The folder of a test run.
    pub(crate) fn of_tests() -> Place {
        Place {
            dir: repo::root().join(".local/test"),
        }
    }

    /// `stack.json`, which tells other programs how to drive the stack.
    pub(crate) fn file(&self) -> PathBuf {
        self.dir.join("stack.json")
    }

    /// Log of a resident of this stack.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        process::log(&self.dir, name)
    }

    /// The log that the agent keeps itself.
    pub(crate) fn agent_log(&self) -> PathBuf {
        self.dir.join("agent/state/log/agent.log")
    }

    /// Its virtual keys. Neither `down` nor `reset` touches them: a person keeps a key, whatever a cloud forgets.
    pub(crate) fn tokens(&self) -> PathBuf {
        self.dir.join("tokens")
    }

    /// What belongs to this stack, but for its virtual keys; `.local` also holds what all stacks share.
    fn parts(&self) -> [PathBuf; 10] {
        [
            "agent",
            "stack.json",
            "run",
            "log",
            "ministack",
            "sandbox",
            "keys.json",
            "deployed",
            "logs",
            "never-logged",
        ]
        .map(|part| self.dir.join(part))
    }

    /// Ends what a former run left, and throws its state away.
    pub(crate) fn clear(&self) -> Result<()> {
        for name in ["agent", "sandbox", "ministack"] {
            if let Some(resident) = Resident::find(&self.dir, name) {
                resident.kill(&self.dir)?;
            }
        }
        self.parts().iter().try_for_each(|part| remove(part))
    }

    /// The same with its virtual keys: what one run of the tests did to a key must not matter to the next.
    pub(crate) fn clear_all(&self) -> Result<()> {
        self.clear()?;
        remove(&self.tokens())
    }

    /// Only one command at a time changes a stack.
    fn lock(&self) -> Result<File> {
        fs::create_dir_all(self.dir.join("run"))?;
        // Keys and papers lie in it.
        fs::set_permissions(&self.dir, Permissions::from_mode(0o700))?;
        let file = File::create(self.dir.join("run/lock"))?;
        if file.try_lock().is_err() {
            println!(
                "  waiting for another xtask to finish with {} …",
                self.dir.display()
            );
            file.lock()?;
        }
        Ok(file)
    }
}

/// Removes a file or a folder that may be there.
fn remove(part: &Path) -> Result<()> {
    let gone = if part.is_dir() {
        fs::remove_dir_all(part)
    } else {
        fs::remove_file(part)
    };
    match gone {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", part.display()))
        }
        _ => Ok(()),
    }
}

/// Where agents listen unless told otherwise: the default of the template's `AgentPort`.
const AGENT_PORT: u16 = 27_415;

/// Where each of the four listens, on loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ports {
    pub(crate) ministack: u16,
    pub(crate) web: u16,
    pub(crate) sandbox: u16,
    /// 0: not chosen yet.
    #[serde(default)]
    pub(crate) agent: u16,
}

impl Ports {
    fn from(first: u16) -> Ports {
        Ports {
            ministack: first,
            web: first + 1,
            sandbox: first + 2,
            agent: 0,
        }
    }

    /// Four ports that nobody has.
    pub(crate) fn free() -> Result<Ports> {
        let held: Vec<TcpListener> = (0..4)
            .map(|_| TcpListener::bind(("127.0.0.1", 0)))
            .collect::<std::io::Result<_>>()?;
        let port = |at: usize| held[at].local_addr().map(|address| address.port());
        Ok(Ports {
            ministack: port(0)?,
            web: port(1)?,
            sandbox: port(2)?,
            agent: port(3)?,
        })
    }
}

/// A stack that stands: its place and its `stack.json`.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    pub(crate) place: Place,
    pub(crate) ports: Ports,
    pub(crate) info: Value,
}

impl Stack {
    /// The stack that a `stack.json` tells of; the one of `up` without one.
    pub(crate) fn load(file: Option<&Path>) -> Result<Stack> {
        let file = file.map_or_else(|| repo::root().join(".local/stack.json"), Path::to_owned);
        let info: Value = repo::read_json(&file).with_context(|| {
            format!("nothing stands at {}; run: cargo xtask up", file.display())
        })?;
        let ports = serde_json::from_value(info["ports"].clone()).context("reading its ports")?;
        let dir = file.parent().context("its folder")?.canonicalize()?;
        Ok(Stack {
            place: Place { dir },
            ports,
            info,
        })
    }

    fn endpoint(&self) -> String {
        // Not `localhost`: with an address, every AWS SDK puts the bucket into the path, and no name is looked up.
        format!("http://127.0.0.1:{}", self.ports.ministack)
    }

    pub(crate) fn cloud(&self) -> Cloud {
        Cloud::Local(self.endpoint())
    }

    fn site_url(&self) -> String {
        format!("http://localhost:{}", self.ports.web)
    }

    // ------------------------------------------------------------ MiniStack

    /// Starts MiniStack unless it runs as it should.
    fn start_ministack(&self) -> Result<String> {
        let dir = &self.place.dir;
        let home = dir.join("ministack");
        let python = tools::python()?;
        let launcher = repo::root().join("infra/local/ministack_run.py");
        for part in ["state", "s3", "tmp", "home"] {
            fs::create_dir_all(home.join(part))?;
        }
        // Functions inherit this environment, so it holds nothing but this.
        let environment: Vec<(&str, String)> = vec![
            (
                "PATH",
                format!(
                    "{}:/usr/local/bin:/usr/bin:/bin",
                    python.with_file_name("").display()
                ),
            ),
            ("HOME", home.join("home").display().to_string()),
            ("TMPDIR", home.join("tmp").display().to_string()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TZ", "UTC".to_owned()),
            ("GATEWAY_PORT", self.ports.ministack.to_string()),
            ("BIND_HOST", "127.0.0.1".to_owned()),
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("MINISTACK_REGION", cloud::REGION.to_owned()),
            ("AUTH", "true".to_owned()),
            ("IOT_MTLS_ENABLED", "0".to_owned()),
            ("SFTP_ENABLED", "0".to_owned()),
            ("PERSIST_STATE", "1".to_owned()),
            ("STATE_DIR", home.join("state").display().to_string()),
            ("S3_PERSIST", "1".to_owned()),
            ("S3_DATA_DIR", home.join("s3").display().to_string()),
        ];
        let recipe = format!("{} {environment:?}", repo::fingerprint([&launcher])?);
        if let Some(running) = Resident::find(dir, "ministack") {
            if running.recipe == recipe && self.ministack_answers() {
                return Ok(format!("runs on port {}", self.ports.ministack));
            }
            running.stop(dir, Duration::from_mins(1))?;
        }
        claim(self.ports.ministack)?;
        let mut command = process::command(python);
        command
            .arg(launcher)
            .current_dir(&home)
            .env_clear()
            .envs(environment);
        let resident = Resident::start(dir, "ministack", recipe, &mut command)?;
        if !process::wait_until(Duration::from_mins(1), || {
            self.ministack_answers() || !resident.lives()
        }) || !resident.lives()
        {
            bail!(
                "MiniStack does not start:\n{}",
                process::tail(&self.place.log("ministack"), 15)
            );
        }
        Ok(format!("on port {}", self.ports.ministack))
    }

    fn ministack_answers(&self) -> bool {
        cloud::get(self.ports.ministack, "/_ministack/health")
            .is_some_and(|(status, _)| status == 200)
    }

    /// Has MiniStack write all its state, and waits until that is done.
    fn checkpoint(&self) -> Result<()> {
        let Some(ministack) = Resident::find(&self.place.dir, "ministack") else {
            return Ok(());
        };
        let mark = self.place.dir.join("ministack/state/checkpoint");
        let before = fs::read_to_string(&mark).unwrap_or_default();
        ministack.signal(Signal::USR1)?;
        let done = || fs::read_to_string(&mark).is_ok_and(|now| now != before);
        if !process::wait_until(Duration::from_mins(1), done) {
            bail!(
                "MiniStack does not write its state; see {}",
                self.place.log("ministack").display()
            );
        }
        Ok(())
    }

    // ------------------------------------------------------------ deployment

    /// The secrets of this laptop.
    fn keys(&self) -> Result<Value> {
        Cloud::Aws.ask("keys", &json!({ "file": self.place.dir.join("keys.json") }))
    }

    /// Puts secrets, template and code into MiniStack, each only where it differs. Answers the stack's outputs.
    fn deploy(&self) -> Result<(Value, String)> {
        let (cloud, keys) = (self.cloud(), self.keys()?);
        let wechatpay = &keys["wechatpay"];
        let serial = wechatpay["serial"].as_str().unwrap_or_default();
        let secrets = json!({
            "sealkey/local/origin": keys["origin"],
            "sealkey/local/seal-maker": keys["seal_maker"],
            "sealkey/local/alipay": {
                "gateway_url": format!("http://127.0.0.1:{}/alipay/gateway.do", self.ports.sandbox),
                "app_id": keys["alipay"]["app_id"],
                "seller_id": keys["alipay"]["seller_id"],
                "app_private_key": keys["alipay"]["merchant"]["private"],
                "alipay_public_key": keys["alipay"]["gateway"]["public"],
                "notify_url": format!("{}/api/webhooks/alipay", self.site_url()),
            },
            "sealkey/local/wechatpay": {
                "gateway_url": format!("http://127.0.0.1:{}/wechatpay", self.ports.sandbox),
                "appid": wechatpay["appid"],
                "mchid": wechatpay["mchid"],
                "merchant_serial": wechatpay["merchant_serial"],
                "merchant_private_key": wechatpay["merchant"]["private"],
                "api_v3_key": wechatpay["api_v3_key"],
                "notify_url": format!("{}/api/webhooks/wechatpay", self.site_url()),
                "refund_notify_url": format!("{}/api/webhooks/wechatpay/refund", self.site_url()),
                "wechatpay_keys": { serial: wechatpay["gateway"]["public"] },
                "wechatpay_serial": serial,
            },
            "sealkey/local/tax": {
                "base_url": format!("http://127.0.0.1:{}/tax", self.ports.sandbox),
                "account": keys["tax"]["account"],
                "api_key": keys["tax"]["api_key"],
            },
            "sealkey/local/courier": {
                "base_url": format!("http://127.0.0.1:{}/courier", self.ports.sandbox),
                "account": keys["courier"]["account"],
                "api_key": keys["courier"]["api_key"],
                "webhook_key": keys["courier"]["webhook_key"],
                "sender": { "name": "Sealkey 制证中心", "phone": "02588880000", "address": "江苏省南京市建邺区江东中路1号" },
            },
        });
        let prepare = json!({ "bucket": ARTIFACTS, "secrets": secrets, "stack": CLOUD_STACK });
        let mut there: Value = cloud.ask("prepare", &prepare)?;

        let parameters = [
            format!("Stage={STAGE}"),
            format!("SiteUrl={}", self.site_url()),
            format!("AgentPort={}", self.ports.agent),
        ];
        let mut sources = repo::files(&repo::root().join("stepfunctions"))?;
        sources.push(repo::root().join("infra/template.yaml"));
        let wanted = format!("{} {parameters:?}", repo::fingerprint(&sources)?);
        let mark = self.place.dir.join("deployed");
        let stands = matches!(
            there["status"].as_str(),
            Some("CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE")
        );
        let mut notes = Vec::new();
        if !(stands && repo::marked(&mark, &wanted)) {
            if !stands && !there["status"].is_null() {
                let _: Value = cloud.ask("forget", &json!({ "stack": CLOUD_STACK }))?;
            }
            self.sam_deploy(&cloud, &parameters)?;
            there = cloud.ask("outputs", &json!({ "stack": CLOUD_STACK }))?;
            repo::mark(&mark, &wanted)?;
            notes.push("template".to_owned());
        }
        let _: Value = cloud.ask(
            "publish",
            &json!({ "bucket": there["outputs"]["PublicBucket"] }),
        )?;
        let functions = generate::functions()?;
        let archives: Value = functions
            .iter()
            .map(|name| (format!("{CLOUD_STACK}-{name}"), json!(build::archive(name))))
            .collect();
        let changed: Vec<String> = cloud.ask("code", &json!({ "functions": archives }))?;
        if !changed.is_empty() {
            notes.push(format!("code of {} functions", changed.len()));
        }
        if !notes.is_empty() {
            let keep: Vec<PathBuf> = functions.iter().map(|name| build::archive(name)).collect();
            let _: Value = cloud.ask("prune", &json!({ "bucket": ARTIFACTS, "keep": keep }))?;
            self.checkpoint()?;
        }
        let note = if notes.is_empty() {
            "unchanged".to_owned()
        } else {
            notes.join(", ")
        };
        Ok((there["outputs"].clone(), note))
    }

    fn sam_deploy(&self, cloud: &Cloud, parameters: &[String]) -> Result<()> {
        let log = self.place.log("deploy");
        let mut sam = cloud.tool("sam")?;
        sam.args(["deploy", "--config-env", STAGE, "--config-file"])
            .arg(repo::root().join("samconfig.toml"))
            .arg("--template-file")
            .arg(repo::root().join("infra/template.yaml"))
            .arg("--parameter-overrides")
            .args(parameters)
            .env("HOME", self.place.dir.join("ministack/home"));
        let _ = fs::remove_file(&log);
        if process::logged(&mut sam, &log)? {
            return Ok(());
        }
        let reasons: Vec<String> = cloud
            .ask("why", &json!({ "stack": CLOUD_STACK }))
            .unwrap_or_default();
        if reasons.is_empty() {
            bail!(
                "sam deploy failed; {} says:\n{}",
                log.display(),
                process::tail(&log, 8)
            );
        }
        bail!(
            "sam deploy failed: {} (all of it: {})",
            reasons.join("; "),
            log.display()
        )
    }

    // ------------------------------------------------------------ the world outside

    /// Starts the sandbox unless it runs as it should.
    fn start_sandbox(&self, api: &str) -> Result<String> {
        let dir = &self.place.dir;
        let keys = self.keys()?;
        let bucket = self.info["buckets"]["public"].as_str();
        let public = bucket.map(|bucket| format!("{}/{bucket}", self.endpoint()));
        let config = json!({
            "port": self.ports.sandbox,
            "public_url": format!("http://localhost:{}", self.ports.sandbox),
            "state_dir": dir.join("sandbox"),
            "alipay": {
                "app_id": keys["alipay"]["app_id"],
                "seller_id": keys["alipay"]["seller_id"],
                "app_public_key": keys["alipay"]["merchant"]["public"],
                "private_key": keys["alipay"]["gateway"]["private"],
            },
            "wechatpay": {
                "appid": keys["wechatpay"]["appid"],
                "mchid": keys["wechatpay"]["mchid"],
                "merchant_serial": keys["wechatpay"]["merchant_serial"],
                "merchant_public_key": keys["wechatpay"]["merchant"]["public"],
                "api_v3_key": keys["wechatpay"]["api_v3_key"],
                "keys": [{ "serial": keys["wechatpay"]["serial"], "private_key": keys["wechatpay"]["gateway"]["private"] }],
            },
            "courier": {
                "account": keys["courier"]["account"],
                "api_key": keys["courier"]["api_key"],
                "webhook_key": keys["courier"]["webhook_key"],
                "webhook_url": format!("{}/api/webhooks/courier", self.site_url()),
            },
            "tax": { "account": keys["tax"]["account"], "api_key": keys["tax"]["api_key"] },
            "cdn": {
                "port": self.ports.web,
                "api_url": api,
                "origin_secret": keys["origin"]["current"],
                "site_dir": repo::root().join("web/dist"),
                "public_url": public,
                "headers": self.site_headers(),
            },
        });
        let file = dir.join("sandbox/config.json");
        let program = build::program("sandbox");
        let meta =
            fs::metadata(&program).with_context(|| format!("finding {}", program.display()))?;
        let recipe = format!("{config} {:?} {}", meta.modified()?, meta.len());
        if let Some(running) = Resident::find(dir, "sandbox") {
            if running.recipe == recipe && cloud::taken(self.ports.web) {
                return Ok(format!(
                    "runs on port {}, the site on {}",
                    self.ports.sandbox, self.ports.web
                ));
            }
            running.stop(dir, Duration::from_secs(5))?;
        }
        claim(self.ports.web)?;
        claim(self.ports.sandbox)?;
        repo::write_json(&file, &config)?;
        let ready = dir.join("run/sandbox.ready");
        let _ = fs::remove_file(&ready);
        let mut command = process::command(program);
        command
            .arg("--config")
            .arg(&file)
            .arg("--ready")
            .arg(&ready);
        let resident = Resident::start(dir, "sandbox", recipe, &mut command)?;
        if !process::wait_until(Duration::from_secs(20), || {
            ready.exists() || !resident.lives()
        }) || !resident.lives()
        {
            bail!(
                "the sandbox does not start:\n{}",
                process::tail(&self.place.log("sandbox"), 10)
            );
        }
        Ok(format!(
            "on port {}, the site on {}",
            self.ports.sandbox, self.ports.web
        ))
    }

    /// What CloudFront adds on AWS (infra/template.yaml, `SecurityHeaders`), with this laptop's addresses.
    fn site_headers(&self) -> Value {
        let bucket = self.endpoint();
        json!({
            "content-security-policy": format!(
                "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; \
                 img-src 'self' data: blob: {bucket}; connect-src 'self' {bucket}; worker-src 'self'; child-src 'self'; form-action 'self'; \
                 base-uri 'none'; frame-ancestors 'none'"
            ),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
        })
    }

    // ------------------------------------------------------------ the user's own computer

    /// Starts the agent, with the virtual keys as what is plugged in, unless it runs as it should.
    fn start_agent(&self) -> Result<String> {
        let dir = &self.place.dir;
        let home = dir.join("agent");
        let port = self.ports.agent;
        let ticket_key = operator::text(&self.info["ticket_key"], "key for tickets")?;
        let ticket_key = Account::of_stack(&self.info)?
            .answer(&[("--ticket-key", &ticket_key)], "ticket-key")?;
        // Only the profile of virtual keys: a module that this machine also has may hold keys of somebody.
        let profile = repo::root().join("local-agent/profiles/soft.toml");
        let config = json!({
            "cloud": self.site_url(),
            "site_origins": [self.site_url()],
            "ticket_keys": [ticket_key],
            "port": port,
            "journal": "state",
        });
        let keys = self.place.tokens().join("token.conf");
        let program = build::program("sealkey-agent");
        let mut recipe = format!(
            "{config} {} {}",
            keys.display(),
            repo::fingerprint([&profile])?
        );
        for built in [&program, &build::program("libsoft_token.so")] {
            let meta =
                fs::metadata(built).with_context(|| format!("finding {}", built.display()))?;
            write!(recipe, " {:?} {}", meta.modified()?, meta.len())?;
        }
        if let Some(running) = Resident::find(dir, "agent") {
            if running.recipe == recipe && answers_as_agent(port) {
                return Ok(format!("runs on port {port}"));
            }
            running.stop(dir, Duration::from_secs(5))?;
        }
        let free = || is_free(port);
        if !process::wait_until(Duration::from_secs(3), free) {
            bail!(
                "port {port}, where the agent was to listen, was taken by {} meanwhile; cargo xtask up chooses another",
                holder(port)
            );
        }
        fs::create_dir_all(home.join("profiles"))?;
        fs::copy(&profile, home.join("profiles/soft.toml"))?;
        repo::write_json(&home.join("config.json"), &config)?;
        let mut command = process::command(program);
        command
            .arg("--config")
            .arg(home.join("config.json"))
            .env("KRYOPTIC_CONF", keys);
        let resident = Resident::start(dir, "agent", recipe, &mut command)?;
        let ready = || answers_as_agent(port) || !resident.lives();
        if !process::wait_until(Duration::from_secs(20), ready) || !resident.lives() {
            bail!(
                "the agent does not start:\n{}",
                process::tail(&self.place.log("agent"), 10)
            );
        }
        Ok(format!("on port {port}"))
    }

    // ------------------------------------------------------------ data

    /// Puts a catalogue, demo logins and what is on the demo's virtual keys in: program `seed` gets `--stack FILE` and prints what belongs under `logins`
    /// of stack.json. It may run again and again.
    fn seed(&mut self) -> Result<String> {
        if !build::has_program("seed") {
            return Ok("nothing yet".to_owned());
        }
        let said = process::output(
            process::command(build::program("seed"))
                .arg("--stack")
                .arg(self.place.file()),
        )?;
        self.info["logins"] =
            serde_json::from_str(&said).context("reading the logins that seed printed")?;
        self.write()?;
        Ok(String::new())
    }

    /// Has reconcile take up every open order: executions do not survive a restart of MiniStack.
    fn recover(&self) -> Result<String> {
        let question = json!({ "function": format!("{CLOUD_STACK}-reconcile"), "payload": { "recover": true } });
        let answer: Value = self.cloud().ask("invoke", &question)?;
        if answer["failed"] == true {
            bail!(
                "reconcile could not take up open orders: {}",
                answer["answer"]["errorMessage"]
                    .as_str()
                    .unwrap_or("no reason")
            );
        }
        Ok(if answer["answer"].is_object() {
            answer["answer"].to_string()
        } else {
            String::new()
        })
    }

    fn describe(&mut self, outputs: &Value) -> Result<()> {
        let (endpoint, site) = (self.endpoint(), self.site_url());
        let api = gateway(&endpoint, outputs);
        let logins = self.info["logins"].take();
        self.info = json!({
            "web": site,
            "api": format!("{site}/api"),
            "sandbox": format!("http://localhost:{}", self.ports.sandbox),
            "ministack": endpoint,
            "gateway": api,
            "stage": STAGE,
            "region": cloud::REGION,
            "account": cloud::ACCOUNT,
            "credentials": { "access_key_id": cloud::ACCESS_KEY, "secret_access_key": cloud::ACCESS_KEY },
            "stack": CLOUD_STACK,
            "table": outputs["Table"],
            "buckets": { "papers": outputs["PapersBucket"], "public": outputs["PublicBucket"], "site": outputs["SiteBucket"], "audit": outputs["AuditBucket"] },
            "machines": { "order": outputs["OrderMachine"], "line": outputs["LineMachine"], "refund": outputs["RefundMachine"] },
            "function_prefix": format!("{CLOUD_STACK}-"),
            "dispatch_stream": outputs["DispatchStream"],
            "ca_key": outputs["CaKey"],
            "field_key": outputs["FieldKey"],
            "mac_key": outputs["MacKey"],
            "audit_key": outputs["AuditKey"],
            "ticket_key": outputs["TicketKey"],
            "agent": format!("http://127.0.0.1:{}", self.ports.agent),
            "tokens": self.place.tokens(),
            "secrets_prefix": format!("sealkey/{STAGE}"),
            "dir": self.place.dir,
            "keys": self.place.dir.join("keys.json"),
            "never_logged": self.place.dir.join("never-logged"),
            "logs": { "ministack": self.place.log("ministack"), "sandbox": self.place.log("sandbox"), "agent": self.place.agent_log() },
            "ports": self.ports,
            "logins": logins,
        });
        self.write()
    }

    fn write(&self) -> Result<()> {
        repo::write_json(&self.place.file(), &self.info)
    }

    // ------------------------------------------------------------ the whole

    /// Starts and fills a stack of what is built. Harmless when it stands already.
    pub(crate) fn bring_up(place: &Place, ports: Ports) -> Result<Stack> {
        let _lock = place.lock()?;
        let info = repo::read_json(&place.file()).unwrap_or_else(|| json!({}));
        let mut stack = Stack {
            place: place.clone(),
            ports,
            info,
        };
        step("MiniStack", || Ok(((), stack.start_ministack()?)))?;
        let outputs = step("deploy", || stack.deploy())?;
        stack.describe(&outputs)?;
        step("sandbox and site", || {
            Ok((
                (),
                stack.start_sandbox(&gateway(&stack.endpoint(), &outputs))?,
            ))
        })?;
        step("seeds", || Ok(((), stack.seed()?)))?;
        step("agent", || Ok(((), stack.start_agent()?)))?;
        step("open orders", || Ok(((), stack.recover()?)))?;
        Ok(stack)
    }

    /// Stops what runs, agent and sandbox first: they must not call into the void.
    pub(crate) fn take_down(&self) -> Result<()> {
        take_down(&self.place)
    }

    /// What must never stand in a log, each with a name to tell it by.
    pub(crate) fn secrets(&self) -> Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        collect(
            &self.keys()?,
            "keys.json",
            &[
                "private",
                "private_key",
                "api_key",
                "webhook_key",
                "current",
            ],
            &mut found,
        );
        collect(
            &self.info["logins"],
            "logins",
            &["password", "totp", "id_number"],
            &mut found,
        );
        // Tests add what they typed: one a line.
        let typed = fs::read_to_string(self.place.dir.join("never-logged")).unwrap_or_default();
        found.extend(
            typed
                .lines()
                .map(|line| ("never-logged".to_owned(), line.trim().to_owned())),
        );
        found.retain(|(_, secret)| secret.len() >= 8);
        Ok(found)
    }
}

fn gateway(endpoint: &str, outputs: &Value) -> String {
    format!(
        "{endpoint}/_aws/execute-api/{}",
        outputs["ApiId"].as_str().unwrap_or_default()
    )
}

fn collect(value: &Value, path: &str, names: &[&str], found: &mut Vec<(String, String)>) {
    let Value::Object(fields) = value else { return };
    for (name, value) in fields {
        match value {
            Value::String(text) if names.contains(&name.as_str()) && !text.is_empty() => {
                found.push((format!("{path}.{name}"), text.clone()));
            }
            other => collect(other, &format!("{path}.{name}"), names, found),
        }
    }
}

/// Somebody may also listen on the wildcard address only, which a bind would not notice.
fn is_free(port: u16) -> bool {
    !cloud::taken(port) && TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Does an agent's page answer there?
fn answers_as_agent(port: u16) -> bool {
    cloud::get(port, "/")
        .is_some_and(|(status, page)| status == 200 && page.contains("sealkey-page"))
}

/// Who has a port that is taken.
fn holder(port: u16) -> &'static str {
    if answers_as_agent(port) {
        "another Sealkey agent (installed here, or of another stack)"
    } else {
        "another program"
    }
}

/// Where the agent of a stack listens: as before, else where agents do, else anywhere.
fn agent_port(place: &Place, known: Option<u16>) -> Result<u16> {
    let known = known.filter(|port| *port != 0);
    if let Some(known) = known.filter(|_| Resident::find(&place.dir, "agent").is_some()) {
        return Ok(known);
    }
    let mut wanted = known.into_iter().chain([AGENT_PORT]);
    if let Some(port) = wanted.find(|port| is_free(*port)) {
        return Ok(port);
    }
    let port = Ports::free()?.agent;
    println!(
        "  Port {AGENT_PORT}, where agents listen, is taken by {}: this stack's agent listens on {port}.",
        holder(AGENT_PORT)
    );
    Ok(port)
}

/// Refuses a port that another program has, with the way out.
fn claim(port: u16) -> Result<()> {
    // A killed process may need a moment to let go.
    let free = || is_free(port);
    if !process::wait_until(Duration::from_secs(3), free) {
        bail!(
            "port {port} is taken by another program; choose the first of three others: cargo xtask up --port {}",
            port + 100
        );
    }
    Ok(())
}

fn take_down(place: &Place) -> Result<()> {
    for (name, patience) in [("agent", 5), ("sandbox", 5), ("ministack", 60)] {
        if let Some(resident) = Resident::find(&place.dir, name) {
            step(&format!("stopping {name}"), || {
                Ok((
                    resident.stop(&place.dir, Duration::from_secs(patience))?,
                    String::new(),
                ))
            })?;
        }
    }
    Ok(())
}

// ---------------------------------------------------------------- commands

pub(crate) fn up(place: &Place, port: Option<&str>, detach: bool) -> Result<()> {
    let known: Option<Ports> = Stack::load(Some(&place.file()))
        .ok()
        .map(|stack| stack.ports);
    let asked = port
        .map(ToOwned::to_owned)
        .or_else(|| std::env::var("SEALKEY_PORT").ok());
    let mut ports = match (&asked, known) {
        (Some(port), _) => Ports::from(
            port.parse()
                .ok()
                .filter(|port| (1024..65000).contains(port))
                .context("a port is a number from 1024 to 64999")?,
        ),
        (None, Some(known)) => known,
        (None, None) => Ports::from(4566),
    };
    ports.agent = agent_port(place, known.map(|known| known.agent))?;
    if let Some(known) = known.filter(|known| {
        known.ministack != ports.ministack && Resident::find(&place.dir, "ministack").is_some()
    }) {
        bail!(
            "it runs on port {} already; run cargo xtask down first",
            known.ministack
        );
    }
    if Resident::find(&place.dir, "ministack").is_none() {
        claim(ports.ministack)?;
    }
    println!("{}", bold("Sealkey on loopback"));
    step("programs", || Ok(((), tools::system(false)?)))?;
    tools::python()?;
    step("web: packages", || Ok(((), web::install()?)))?;
    build::functions(build::Profile::Dev)?;
    step("web: pages", || Ok(((), web::build()?)))?;
    let stack = Stack::bring_up(place, ports)?;
    announce(&stack);
    if detach {
        println!("\nIt goes on in the background. Stop it: cargo xtask down");
        return Ok(());
    }
    println!("\nCtrl-C stops it and keeps its data.\n");
    follow_until_interrupted(&stack)?;
    println!();
    stack.take_down()
}

fn announce(stack: &Stack) {
    let text = |name: &str| stack.info[name].as_str().unwrap_or_default().to_owned();
    println!("\n  {:<12} {}", "site", bold(&text("web")));
    println!("  {:<12} {}/console", "console", text("web"));
    println!(
        "  {:<12} {}   (Alipay, WeChat Pay, courier, tax platform)",
        "sandbox",
        text("sandbox")
    );
    println!("  {:<12} {}", "agent", text("agent"));
    println!("  {:<12} {}", "MiniStack", text("ministack"));
    println!("  {:<12} {}", "for programs", stack.place.file().display());
    let logins = &stack.info["logins"];
    println!();
    for (name, what) in [("company", ""), ("bound", "   (bound to a key)")] {
        if let Some(company) = logins[name].as_object() {
            println!(
                "  {:<12} {} / {}{what}",
                "company",
                shown(company, "name"),
                shown(company, "password")
            );
        }
    }
    for (role, login) in logins["staff"].as_object().into_iter().flatten() {
        if let Some(login) = login.as_object() {
            println!(
                "  {role:<12} {} / {}",
                shown(login, "mail"),
                shown(login, "password")
            );
        }
    }
    println!("  The six digits of staff: `cargo xtask staff code reviewer`.");
    let keys = &logins["keys"];
    let serials: Vec<&str> = texts(&keys["serials"]).collect();
    println!(
        "\n  {:<12} {} / PIN {}",
        "keys",
        serials.join(", "),
        keys["pin"].as_str().unwrap_or("?")
    );
    println!(
        "  They are plugged in: `cargo xtask token list`; `token --help` says what else can be done with them."
    );
    if let Some(other) = keys["elsewhere"].as_str() {
        println!(
            "  {other} is another issuer's and lies in the drawer: `cargo xtask token insert {other}`."
        );
    }
    for note in texts(&keys["notes"]) {
        println!("  {} {note}", red("!"));
    }
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn shown<'a>(fields: &'a serde_json::Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or("?")
}

/// Shows what the sandbox and the functions say until Ctrl-C, or until one of them dies.
fn follow_until_interrupted(stack: &Stack) -> Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
    ])?;
    let logs = ["sandbox", "ministack", "agent"].map(|name| stack.place.log(name));
    let mut agent = true;
    let mut read: Vec<u64> = logs
        .iter()
        .map(|log| fs::metadata(log).map_or(0, |meta| meta.len()))
        .collect();
    loop {
        if signals.pending().next().is_some() {
            return Ok(());
        }
        for (log, at) in logs.iter().zip(&mut read) {
            let bytes = fs::read(log).unwrap_or_default();
            let from = usize::try_from(*at).unwrap_or(0).min(bytes.len());
            print!("{}", String::from_utf8_lossy(&bytes[from..]));
            *at = bytes.len() as u64;
        }
        for name in ["ministack", "sandbox"] {
            if Resident::find(&stack.place.dir, name).is_none() {
                println!(
                    "{} {name} has ended; its log: {}",
                    red("!"),
                    stack.place.log(name).display()
                );
                return Ok(());
            }
        }
        // A site without an agent is worth looking at, too.
        if agent != Resident::find(&stack.place.dir, "agent").is_some() {
            agent = !agent;
            if !agent {
                println!(
                    "{} the agent has ended; its log: {}; it starts again by: cargo xtask stack start-agent",
                    red("!"),
                    stack.place.agent_log().display()
                );
            }
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

pub(crate) fn down(place: &Place) -> Result<()> {
    let _lock = place.lock()?;
    take_down(place)?;
    println!("Nothing of {} runs; its data is kept.", place.dir.display());
    Ok(())
}

pub(crate) fn reset(place: &Place) -> Result<()> {
    let _lock = place.lock()?;
    place.clear()?;
    println!(
        "The data of {} is gone. Its virtual keys stay; the next `up` gives the demo's new certificates.",
        place.dir.display()
    );
    Ok(())
}

pub(crate) fn status(place: &Place) -> Result<()> {
    let stack = Stack::load(Some(&place.file()))?;
    let mut all = true;
    for (name, port) in [
        ("ministack", stack.ports.ministack),
        ("sandbox", stack.ports.sandbox),
        ("site", stack.ports.web),
        ("agent", stack.ports.agent),
    ] {
        let resident = if name == "site" { "sandbox" } else { name };
        let runs = Resident::find(&place.dir, resident).is_some() && cloud::taken(port);
        all &= runs;
        println!(
            "  {name:<12} {:<8} port {port}",
            if runs { green("runs") } else { red("stopped") }
        );
    }
    if !all {
        bail!("not everything runs; run: cargo xtask up");
    }
    let cloud = stack.cloud();
    let there: Value = cloud.ask("outputs", &json!({ "stack": CLOUD_STACK }))?;
    println!(
        "  {:<12} {}",
        "deployed",
        there["status"].as_str().unwrap_or("nothing")
    );
    let question =
        json!({ "prefix": format!("{CLOUD_STACK}-"), "functions": generate::functions()? });
    let failing: Vec<Value> = cloud.ask("health", &question)?;
    for function in &failing {
        println!(
            "  {:<12} {} in the last hour: {}",
            function["function"].as_str().unwrap_or_default(),
            red(&format!("failed {}×", function["times"])),
            function["last"].as_str().unwrap_or_default()
        );
    }
    if failing.is_empty() {
        println!("  {:<12} none failed in the last hour", "functions");
    }
    announce(&stack);
    Ok(())
}

pub(crate) fn logs(place: &Place, name: Option<&str>, follow: bool) -> Result<()> {
    let stack = Stack::load(Some(&place.file()))?;
    if let Some(name @ ("ministack" | "sandbox" | "agent" | "deploy")) = name {
        let log = if name == "agent" {
            place.agent_log()
        } else {
            place.log(name)
        };
        let mut tail = process::command("tail");
        tail.args(["-n", "200"]).arg(&log);
        if follow {
            tail.arg("-F");
        }
        return process::visibly(&mut tail);
    }
    let known = generate::functions()?;
    let functions = match name {
        Some(name) if known.iter().any(|known| known == name) => vec![name.to_owned()],
        Some(name) => bail!(
            "there is no {name}; there are ministack, sandbox, agent, deploy, {}",
            known.join(", ")
        ),
        None => known,
    };
    let question = json!({ "prefix": format!("{CLOUD_STACK}-"), "functions": functions, "since": 0, "follow": follow });
    stack.cloud().show("logs", &question)
}

pub(crate) fn demo(stack: &Stack, rest: &[String]) -> Result<()> {
    if !build::has_program("demo") {
        bail!("the demo is not there yet");
    }
    process::visibly(
        process::command(build::program("demo"))
            .arg("--stack")
            .arg(stack.place.file())
            .args(rest),
    )
}

/// Shows the six digits of a demo login's second factor.
pub(crate) fn second_factor(stack: &Stack, person: &str) -> Result<()> {
    let secret = stack.info["logins"]["staff"][person]["totp"]
        .as_str()
        .with_context(|| format!("there is no demo login {person}"))?;
    let digits: String = stack
        .cloud()
        .ask("second_factor", &json!({ "secret": secret }))?;
    println!("{digits}");
    Ok(())
}

/// What tests do to a stack.
pub(crate) fn act(stack: &Stack, action: Option<&str>, rest: &[String], soft: bool) -> Result<()> {
    let place = &stack.place;
    let _lock = place.lock()?;
    let stream = |enabled: bool| -> Result<()> {
        let question = json!({ "enabled": enabled, "mapping": stack.info["dispatch_stream"] });
        let state: String = stack.cloud().ask("stream", &question)?;
        println!("  dispatch reads its stream: {state}");
        Ok(())
    };
    match action {
        Some("stop") => take_down(place),
        Some("start") => {
            step("MiniStack", || Ok(((), stack.start_ministack()?)))?;
            let api = stack.info["gateway"].as_str().unwrap_or_default();
            step("sandbox and site", || Ok(((), stack.start_sandbox(api)?)))?;
            step("agent", || Ok(((), stack.start_agent()?)))?;
            step("open orders", || Ok(((), stack.recover()?)))
        }
        Some("restart-ministack") => {
            let ministack =
                Resident::find(&place.dir, "ministack").context("MiniStack does not run")?;
            if soft {
                ministack.stop(&place.dir, Duration::from_mins(1))?;
            } else {
                stack.checkpoint()?;
                ministack.kill(&place.dir)?;
            }
            step("MiniStack", || Ok(((), stack.start_ministack()?)))?;
            step("open orders", || Ok(((), stack.recover()?)))
        }
        Some("stop-agent") => match Resident::find(&place.dir, "agent") {
            Some(agent) => agent.stop(&place.dir, Duration::from_secs(5)),
            None => Ok(()),
        },
        Some("start-agent") => step("agent", || Ok(((), stack.start_agent()?))),
        Some("recover") => step("open orders", || Ok(((), stack.recover()?))),
        Some("stream-off") => stream(false),
        Some("stream-on") => stream(true),
        Some(asked @ ("executions" | "stop-executions")) => {
            let order = rest.first().context("of which order?")?;
            let machines = [
                &stack.info["machines"]["order"],
                &stack.info["machines"]["line"],
                &stack.info["machines"]["refund"],
            ];
            let question = json!({ "machines": machines, "order": order });
            let answer: Value = stack.cloud().ask(&asked.replace('-', "_"), &question)?;
            println!("{answer}");
            Ok(())
        }
        Some("age-code") => {
            let order = rest.first().context("of which order?")?;
            let question = json!({ "table": stack.info["table"], "order": order });
            let number: String = stack.cloud().ask("age_code", &question)?;
            println!("the code of {number} is over");
            Ok(())
        }
        Some("invoke") => {
            let [function, payload] = rest else {
                bail!("stack invoke FUNCTION PAYLOAD")
            };
            let payload: Value = serde_json::from_str(payload).context("the payload is no JSON")?;
            let question =
                json!({ "function": format!("{CLOUD_STACK}-{function}"), "payload": payload });
            let answer: Value = stack.cloud().ask("invoke", &question)?;
            println!("{answer}");
            Ok(())
        }
        other => bail!(
            "stack does stop, start, restart-ministack, stop-agent, start-agent, recover, stream-off, stream-on, executions, stop-executions, \
             age-code, invoke, not {}",
            other.unwrap_or("nothing")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_listen_where_the_template_says() {
        let template = fs::read_to_string(repo::root().join("infra/template.yaml")).unwrap();
        let (_, parameter) = template.split_once("\n  AgentPort:\n").unwrap();
        let (_, default) = parameter.split_once("Default: ").unwrap();
        let (default, _) = default.split_once('\n').unwrap();
        assert_eq!(default.trim(), AGENT_PORT.to_string());
    }

    #[test]
    fn a_port_that_somebody_has_is_not_given_to_the_agent() {
        let place = Place {
            dir: repo::root().join(".local/of-no-stack"),
        };
        let other = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let taken = other.local_addr().unwrap().port();
        assert_ne!(agent_port(&place, Some(taken)).unwrap(), taken);
        drop(other);
        assert_eq!(agent_port(&place, Some(taken)).unwrap(), taken);
    }
}

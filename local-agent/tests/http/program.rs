//! The program itself: how it starts, what it refuses to start with, what it leaves on the disk.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use jws::{PublicKey, Unsigned};
use p256::ecdsa::SigningKey;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::PATIENCE;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sealkey-agent"))
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A folder with a configuration, and the cloud of it on a port where nobody is.
struct Place {
    folder: TempDir,
    port: u16,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
        };
        std::fs::create_dir(place.path("profiles")).unwrap();
        place.configure(&json!({}));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, more: &Value) {
        let mut config = json!({
            "cloud": "http://127.0.0.1:1",
            "site_origins": ["https://site.test"],
            "ticket_keys": [PublicKey::from(&key(7))],
            "port": self.port,
            "journal": "state",
        });
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        std::fs::write(self.path("config.json"), config.to_string()).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = program();
        command.arg("--config").arg(self.path("config.json"));
        command
    }

    fn start(&self) -> Running {
        self.start_by(&mut self.command())
    }

    fn start_by(&self, command: &mut Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let running = Running {
            child,
            port: self.port,
        };
        assert_eq!(
            line,
            format!("sealkey-agent 0.1.0 on http://127.0.0.1:{}/\n", self.port)
        );
        running
    }
}

struct Running {
    child: Child,
    port: u16,
}

impl Running {
    fn get(&self, path: &str) -> String {
        let address = format!("http://127.0.0.1:{}{path}", self.port);
        asked(client().get(address))
    }

    fn call(&self, verb: &str, message: &Value) -> Value {
        let html = self.get("/");
        let (_, rest) = html.split_once("name=\"sealkey-page\" content=\"").unwrap();
        let page = rest.split_once('"').unwrap().0;
        let origin = format!("http://127.0.0.1:{}", self.port);
        let request = client()
            .post(format!("{origin}/api/{verb}"))
            .header("origin", origin)
            .header("x-sealkey-page", page)
            .json(message);
        serde_json::from_str(&asked(request)).unwrap()
    }

    /// Ends it as a system ends its services.
    fn end(mut self) -> bool {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

fn asked(request: reqwest::RequestBuilder) -> String {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async { request.send().await.unwrap().text().await.unwrap() })
}

fn error(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// All that it left on the disk.
fn everything(folder: &Path) -> String {
    let mut text = String::new();
    for found in std::fs::read_dir(folder).unwrap() {
        let path = found.unwrap().path();
        if path.is_dir() {
            text.push_str(&everything(&path));
        } else {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
        }
    }
    text
}

#[test]
fn it_says_its_version_and_what_is_wrong_with_a_configuration() {
    let output = program().arg("--version").output().unwrap();
    assert_eq!(output.stdout, b"sealkey-agent 0.1.0\n");
    let place = Place::new();
    let check = |place: &Place| place.command().arg("--check-config").output().unwrap();
    assert!(check(&place).status.success());
    assert!(!place.path("state").exists(), "a check leaves nothing");
    place.configure(&json!({"pin": "1"}));
    assert!(error(&check(&place)).contains("config.json: field `pin`: unknown"));
    place.configure(&json!({"profiles": "elsewhere"}));
    assert!(error(&check(&place)).contains("elsewhere"));
    assert!(error(&program().arg("--else").output().unwrap()).contains("--config FILE"));
    assert!(error(&program().arg("--config").output().unwrap()).contains("needs a file"));
}

#[test]
fn a_second_agent_says_that_one_is_running_and_ends() {
    let place = Place::new();
    let running = place.start();
    let said = format!(
        "an agent is running already: http://127.0.0.1:{}/\n",
        place.port
    );
    let by_link = place.command().arg("--url").output().unwrap();
    for second in [place.command().output().unwrap(), by_link] {
        assert!(second.status.success(), "what was wanted is there");
        assert_eq!(String::from_utf8(second.stdout).unwrap(), said);
    }
    // As another user does: the same port, another journal.
    place.configure(&json!({"journal": "other"}));
    let other = place.command().output().unwrap();
    assert!(error(&other).contains("an agent with another journal"));
    assert!(!place.path("other").exists(), "asking leaves nothing");
    // On another port, but with the same journal.
    place.configure(&json!({"port": free_port()}));
    let third = place.command().output().unwrap();
    assert!(error(&third).contains("another agent of this user is running"));
    assert!(running.end());
    // Something else has the port.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    place.configure(&json!({"port": taken.local_addr().unwrap().port()}));
    let fourth = place.command().output().unwrap();
    assert!(error(&fourth).contains("taken by another program"));
}

/// Any page can open such a link. Some of these are taken apart at their spaces by what hands them on.
#[test]
fn a_link_starts_it_and_says_nothing_to_it() {
    let place = Place::new();
    let evil = place.path("evil.json");
    std::fs::write(&evil, "{}").unwrap();
    let evil = evil.to_str().unwrap();
    for link in [
        vec!["sealkey-agent:"],
        vec!["sealkey-agent:", "--config", evil],
        vec!["--config", evil],
        vec!["--version"],
        vec!["--check-config"],
        vec!["sealkey-agent:$(touch evil)`touch evil`;touch evil|&\"'%u\n"],
        vec![],
    ] {
        let before = std::fs::read(place.path("config.json")).unwrap();
        let mut command = place.command();
        command.arg("--url").args(&link);
        let running = place.start_by(command.current_dir(place.folder.path()));
        let check = running.call("check", &json!({})).to_string();
        assert!(running.end());
        let left: Vec<_> = std::fs::read_dir(place.folder.path()).unwrap().collect();
        assert_eq!(left.len(), 4, "{link:?}: {left:?}");
        assert_eq!(std::fs::read(place.path("config.json")).unwrap(), before);
        let kept = format!("{check}{}", everything(&place.path("state")));
        assert!(!kept.contains("evil"), "{kept}");
    }
}

#[test]
fn it_starts_again_where_it_was_ended() {
    let place = Place::new();
    assert!(place.start().end());
    drop(place.start());
    let running = place.start();
    let log = running.call("check", &json!({}))["log"].to_string();
    let count = |event: &str| {
        log.matches(&format!("\\\"event\\\":\\\"{event}\\\""))
            .count()
    };
    assert_eq!((count("started"), count("stopped")), (3, 1), "{log}");
}

#[test]
fn the_check_names_what_is_wrong_and_its_report_tells_no_secret() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("state")).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(
        place.path("state"),
        std::os::unix::fs::PermissionsExt::from_mode(0o700),
    )
    .unwrap();
    std::fs::write(place.path("state/op-1.json"), "{\"torn").unwrap();
    let running = place.start();
    let check = running.call("check", &json!({}));
    let of = |item: &str| {
        let mut lines = check["lines"].as_array().unwrap().iter();
        let line = lines.find(|line| line["item"] == item).unwrap();
        line["trouble"]["code"].as_str().map(str::to_owned)
    };
    assert_eq!(of("agent").as_deref(), Some("journal_aside"));
    assert_eq!(of("version"), None);
    assert_eq!(of("module").as_deref(), Some("no_profile"));
    assert_eq!(of("reader").as_deref(), Some("no_key"));
    assert_eq!(of("clock"), None);
    assert_eq!(of("cloud").as_deref(), Some("cloud_unreachable"));
    let report = check["report"].as_str().unwrap();
    assert!(report.starts_with("sealkey-agent 0.1.0 "), "{report}");
    assert!(report.contains("\nversion: ok 0.1.0\n"), "{report}");
    assert!(report.contains("\nclock: unknown\n"), "{report}");
    assert!(
        report.contains("\"event\":\"set_aside\",\"files\":1"),
        "{report}"
    );
    let kept = std::fs::read_to_string(place.path("state/aside/op-1.json")).unwrap();
    assert_eq!(kept, "{\"torn");
}

/// A cloud of which only the clock counts.
fn cloud(date: &str) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer =
        format!("HTTP/1.1 404 Not Found\r\n{date}content-length: 0\r\nconnection: close\r\n\r\n");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            std::io::Write::write_all(&mut stream, answer.as_bytes()).unwrap();
        }
    });
    port
}

#[test]
fn the_clock_is_compared_with_the_cloud() {
    let now = jiff::Timestamp::try_from(SystemTime::UNIX_EPOCH + since_epoch()).unwrap();
    let date = |hours: i64| {
        let at = now - jiff::SignedDuration::from_hours(hours);
        format!("date: {}\r\n", at.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    };
    for (date, trouble, known) in [
        (date(0), None, true),
        (date(24), Some("clock_wrong"), true),
        (date(-24), Some("clock_wrong"), true),
        (String::new(), None, false),
        ("date: soon\r\n".to_owned(), None, false),
    ] {
        let place = Place::new();
        place.configure(&json!({"cloud": format!("http://127.0.0.1:{}", cloud(&date))}));
        let running = place.start();
        let check = running.call("check", &json!({}));
        let lines = check["lines"].as_array().unwrap();
        let clock = lines.iter().find(|line| line["item"] == "clock").unwrap();
        assert_eq!(clock["trouble"]["code"].as_str(), trouble, "{clock}");
        assert_eq!(clock["fact"].is_object(), known, "{clock}");
        let cloud = lines.iter().find(|line| line["item"] == "cloud").unwrap();
        assert!(cloud["trouble"].is_null(), "{cloud}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program under test has the machine's clock"
)]
fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
}

#[test]
fn only_a_ticket_of_a_pinned_key_is_more_than_a_text() {
    let place = Place::new();
    let running = place.start();
    let ticket = |typ: &str, seed: u8| {
        let kid = PublicKey::from(&key(seed)).id();
        let payload = json!({"operation": "OP-secret-of-a-ticket"});
        Unsigned::new(typ, &kid, &payload).unwrap().sign(&key(seed))
    };
    let good = ticket("sealkey-ticket", 7);
    for (ticket, code) in [
        ("", "ticket_malformed"),
        ("a.b.c", "ticket_malformed"),
        ("<img src=x onerror=alert(1)>", "ticket_malformed"),
        (&good[..good.len() - 4], "ticket_malformed"),
        (&ticket("sealkey-ticket", 8), "ticket_unknown"),
        (&ticket("sealkey-call", 7), "ticket_unknown"),
    ] {
        let answer = running.call("begin", &json!({"ticket": ticket}));
        assert_eq!(answer, json!({"trouble": {"code": code}}), "{ticket}");
    }
    assert_eq!(
        running.call("state", &json!({})),
        json!({"operation": null})
    );
    assert!(running.end());
    // Of none of it anything is kept.
    let left = everything(&place.path("state"));
    assert!(left.contains("ticket_refused"), "{left}");
    for secret in [&good[..20], "onerror", "secret-of-a-ticket"] {
        assert!(!left.contains(secret), "{secret}");
    }
}

#[cfg(unix)]
#[test]
fn it_does_not_start_in_a_folder_that_others_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    std::fs::create_dir(place.path("state")).unwrap();
    std::fs::set_permissions(place.path("state"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let said = error(&place.command().output().unwrap());
    assert!(said.contains("others may read it (mode 755)"), "{said}");
    std::fs::set_permissions(place.path("state"), std::fs::Permissions::from_mode(0o700)).unwrap();
    let running = place.start();
    let mode = |name: &str| {
        let data = std::fs::metadata(place.path(name)).unwrap();
        data.permissions().mode() & 0o777
    };
    assert_eq!(mode("state/log"), 0o700);
    assert_eq!(mode("state/log/agent.log"), 0o600);
    assert_eq!(mode("state/lock"), 0o600);
    assert!(running.end());
}

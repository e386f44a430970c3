//! The binary: flags, the ready file, signals, one port for each run.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::*;

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Polls until there is something, but not for ever.
async fn wait<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let polling = async {
        loop {
            if let Some(found) = look() {
                break found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), polling)
        .await
        .expect("it never came")
}

fn run(args: &[&Path]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox"));
    command.arg("--config").arg(args[0]);
    if let Some(ready) = args.get(1) {
        command.arg("--ready").arg(ready);
    }
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    Process(child.expect("the sandbox starts"))
}

async fn ended(process: &mut Process) -> ExitStatus {
    wait(|| process.0.try_wait().expect("a child")).await
}

#[tokio::test]
async fn the_binary_tells_its_ports_and_stops_when_told_to() {
    let folder = Folder::new();
    let more = json!({
        "state_dir": folder.path().join("state"),
        "cdn": { "api_url": "http://127.0.0.1:9", "origin_secret": "s", "site_dir": folder.path() },
    });
    folder.write("config.json", &config(&more).to_string());
    let config = folder.path().join("config.json");
    let ready = folder.path().join("ready.json");
    for round in 0..2 {
        let mut process = run(&[&config, &ready]);
        let bound: Value = wait(|| serde_json::from_slice(&fs::read(&ready).ok()?).ok()).await;
        let (sandbox, cdn) = (
            bound["sandbox"].as_str().unwrap(),
            bound["cdn"].as_str().unwrap(),
        );
        assert!(sandbox.starts_with("127.0.0.1:") && cdn.starts_with("127.0.0.1:"));
        let http = client();
        let index = http
            .get(format!("http://{sandbox}/"))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(index.contains("外部世界") && index.contains("world outside Sealkey"));
        assert!(
            http.get(format!("http://{cdn}/_cdn/health"))
                .send()
                .await
                .unwrap()
                .status()
                .is_success()
        );

        let ask = json!({ "out_trade_no": "1", "total_amount": "1.00", "notify_url": "http://127.0.0.1:9/" });
        let notifies = format!("http://{sandbox}/alipay/notifies");
        let seen: Value = http
            .get(&notifies)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(
            seen.as_array().unwrap().len(),
            round,
            "what was before the restart is still there"
        );
        http.post(format!("http://{sandbox}/knobs/alipay/notify"))
            .json(&ask)
            .send()
            .await
            .unwrap();

        fs::remove_file(&ready).unwrap();
        let pid = process.0.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        assert!(ended(&mut process).await.success());
        let mut stdout = String::new();
        std::io::Read::read_to_string(process.0.stdout.as_mut().unwrap(), &mut stdout).unwrap();
        assert_eq!(stdout, "", "nothing is printed");
    }
}

#[tokio::test]
async fn a_wrong_configuration_ends_at_once() {
    let folder = Folder::new();
    let config = folder.path().join("config.json");
    for more in [
        json!({ "alipya": {} }),
        json!({ "alipay": { "private_key": APP_PUBLIC } }),
        json!({ "cdn": { "api_url": "nowhere", "origin_secret": "s", "site_dir": "/" } }),
    ] {
        folder.write("config.json", &crate::support::config(&more).to_string());
        let mut process = run(&[&config]);
        assert!(!ended(&mut process).await.success(), "{more}");
    }
    let mut missing = run(&[&folder.path().join("none.json")]);
    assert!(!ended(&mut missing).await.success());
}

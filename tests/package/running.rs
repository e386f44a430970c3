//! The agent as installed: started, started again, started by links, removed.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Machine, Running, contents, good, tree};

const AGENT: &str = "/usr/bin/sealkey-agent";
const STATE: &str = ".local/state/sealkey-agent";

/// How a desktop starts it: the words of its line `Exec`, with the link for `%u`.
fn handler(machine: &Machine, link: &[&str]) -> Vec<String> {
    let file = machine
        .root()
        .join("usr/share/applications/sealkey-agent.desktop");
    let text = fs::read_to_string(file).unwrap();
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("Exec="));
    let line = lines.next().unwrap();
    assert_eq!(lines.next(), None);
    let words = line.split(' ').flat_map(|word| match word {
        "%u" => link.to_vec(),
        _ => vec![word],
    });
    words.map(str::to_owned).collect()
}

/// Puts a program of this name before those of the system.
fn stand_in(machine: &Machine, name: &str, script: &str) -> String {
    let folder = machine.path("bin");
    let _ = fs::create_dir(&folder);
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:/usr/bin:/bin", folder.display())
}

#[test]
#[ignore = "needs packages: cargo xtask test package"]
fn it_runs_as_installed_and_a_second_start_finds_it() {
    let machine = Machine::with("configured");
    let checked = machine
        .command(AGENT)
        .arg("--check-config")
        .output()
        .unwrap();
    assert_eq!(good(&checked), "/etc/sealkey-agent/config.json: in order\n");
    assert_eq!(machine.ask("/"), None, "nobody is there yet");
    let (running, line) = Running::start(&mut machine.command(AGENT));
    let address = format!("http://127.0.0.1:{}/", machine.port());
    assert!(line.ends_with(&format!(" on {address}\n")), "{line}");
    let page = machine.ask("/").unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("name=\"sealkey-page\""), "{page}");

    let second = machine.command(AGENT).output().unwrap();
    assert_eq!(
        good(&second),
        format!("an agent is running already: {address}\n")
    );
    drop(running);
    assert_eq!(machine.ask("/"), None, "nothing of it stays behind");
}

#[test]
#[ignore = "needs packages: cargo xtask test package"]
fn without_a_stage_it_says_what_is_missing() {
    let machine = Machine::with("bare");
    let started = machine.command(AGENT).output().unwrap();
    assert!(!started.status.success());
    let error = String::from_utf8_lossy(&started.stderr);
    assert!(
        error.contains("/etc/sealkey-agent/config.json: cannot be read"),
        "{error}"
    );
    assert!(tree(&machine.home()).is_empty());
}

/// What any page may open. The first ones as a good desktop hands them over, the last ones as a bad one does.
fn hostile(evil: &str) -> Vec<Vec<String>> {
    let one = |link: String| vec![link];
    let several = |link: &str| link.split(' ').map(str::to_owned).collect();
    vec![
        one("sealkey-agent:".to_owned()),
        one(format!("sealkey-agent://x/;touch${{IFS}}{evil}")),
        one(format!(
            "sealkey-agent:$(touch {evil})`touch {evil}`' ; touch {evil} #"
        )),
        one(format!("sealkey-agent:\" --config \"{evil}.json")),
        several(&format!("sealkey-agent: --config {evil}.json --version")),
        several(&format!("--config {evil}.json")),
        vec![],
    ]
}

#[test]
#[ignore = "needs packages: cargo xtask test package"]
fn a_link_starts_the_service_and_tells_it_nothing() {
    let machine = Machine::with("configured");
    let evil = machine.path("evil").display().to_string();
    let before = contents(&machine.root());
    fs::write(format!("{evil}.json"), "{}").unwrap();
    // In place of the manager of the user's services: writes down what it is asked, and starts the agent.
    let asked = machine.path("asked");
    let path = stand_in(
        &machine,
        "systemctl",
        &format!(
            "for word in \"$@\"; do echo \"$word\"; done >> {}\n{AGENT} >/dev/null 2>&1 &",
            asked.display()
        ),
    );
    for link in hostile(&evil) {
        let link: Vec<&str> = link.iter().map(String::as_str).collect();
        let words = handler(&machine, &link);
        let opened = machine
            .command(&words[0])
            .args(&words[1..])
            .env("PATH", &path)
            .output()
            .unwrap();
        let said = good(&opened);
        assert!(
            said.starts_with("an agent is running already: http://127.0.0.1:"),
            "{said}"
        );
        assert_eq!(
            fs::read_to_string(&asked).unwrap(),
            "--user\nstart\nsealkey-agent.service\n"
        );
        fs::remove_file(&asked).unwrap();
        // Nobody else was started, and what started is gone with this link's processes.
        assert_eq!(machine.ask("/"), None);
        nothing_came_of_it(&machine, &before, &evil);
    }
}

#[test]
#[ignore = "needs packages: cargo xtask test package"]
fn where_there_is_no_service_a_link_starts_the_agent_and_tells_it_nothing() {
    let machine = Machine::with("configured");
    let evil = machine.path("evil").display().to_string();
    let before = contents(&machine.root());
    fs::write(format!("{evil}.json"), "{}").unwrap();
    let path = stand_in(&machine, "systemctl", "exit 1");
    for link in hostile(&evil) {
        let link: Vec<&str> = link.iter().map(String::as_str).collect();
        let words = handler(&machine, &link);
        let mut command = machine.command(&words[0]);
        command.args(&words[1..]).env("PATH", &path);
        let (running, line) = Running::start(&mut command);
        assert!(line.contains(" on http://127.0.0.1:"), "{link:?}: {line}");
        assert!(machine.ask("/").unwrap().starts_with("HTTP/1.1 200 "));
        // A second click, while it runs.
        let again = machine
            .command(&words[0])
            .args(&words[1..])
            .env("PATH", &path)
            .output()
            .unwrap();
        assert!(good(&again).starts_with("an agent is running already"));
        drop(running);
        nothing_came_of_it(&machine, &before, &evil);
    }
}

/// The configuration is what it was, no file is new but journal and log, and no word of a link is in them.
fn nothing_came_of_it(machine: &Machine, before: &[(String, Vec<u8>)], evil: &str) {
    assert!(
        contents(&machine.root()) == before,
        "the system was changed"
    );
    assert!(!fs::exists(evil).unwrap(), "something was carried out");
    assert_eq!(fs::read(format!("{evil}.json")).unwrap(), b"{}");
    for (name, bytes) in contents(&machine.home()) {
        let known = ["lock 600", "log/agent.log 600"].map(|file| format!("{STATE}/{file}"));
        assert!(known.contains(&name), "{name}");
        assert!(!String::from_utf8_lossy(&bytes).contains("evil"));
    }
}

#[test]
#[ignore = "needs packages: cargo xtask test package"]
fn what_a_user_has_survives_removal_and_what_an_administrator_wrote_an_upgrade() {
    let machine = Machine::with("configured");
    let (running, _) = Running::start(&mut machine.command(AGENT));
    assert!(machine.ask("/").is_some());
    drop(running);
    let state = machine.home().join(STATE);
    fs::write(state.join("op-1.json"), "of an operation under way").unwrap();
    let kept = contents(&machine.home());
    assert_eq!(kept.len(), 3, "journal and log");

    let config = machine.root().join("etc/sealkey-agent/config.json");
    let written = fs::read_to_string(&config).unwrap() + "\n\n";
    fs::write(&config, &written).unwrap();
    machine.dpkg(&[
        OsStr::new("--install"),
        crate::support::package("configured").as_os_str(),
    ]);
    assert_eq!(fs::read_to_string(&config).unwrap(), written);

    machine.dpkg(&[OsStr::new("--remove"), OsStr::new("sealkey-agent")]);
    let mut left = tree(&machine.root());
    left.retain(|line| !line.starts_with("var/lib/dpkg/"));
    assert!(
        left.iter()
            .all(|line| line.starts_with("etc/sealkey-agent/")),
        "{left:?}"
    );
    assert_eq!(left.len(), 4, "{left:?}");
    assert_eq!(fs::read_to_string(&config).unwrap(), written);
    machine.dpkg(&[OsStr::new("--purge"), OsStr::new("sealkey-agent")]);
    assert!(!fs::exists(machine.root().join("etc/sealkey-agent")).unwrap());
    assert_eq!(contents(&machine.home()), kept);
}

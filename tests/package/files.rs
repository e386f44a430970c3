//! What the package consists of, and what the system makes of it.

use std::fs;
use std::process::Command;

use crate::support::{Machine, package, said, tree};

/// Every file of the package that knows of no stage.
const FILES: [&str; 9] = [
    "etc/sealkey-agent/config.json.example 644",
    "etc/sealkey-agent/profiles/vendor.toml.example 644",
    "usr/bin/sealkey-agent 755",
    "usr/lib/systemd/user/default.target.wants/sealkey-agent.service -> ../sealkey-agent.service",
    "usr/lib/systemd/user/sealkey-agent.service 644",
    "usr/share/applications/sealkey-agent.desktop 644",
    "usr/share/doc/sealkey-agent/copyright 644",
    "usr/share/icons/hicolor/scalable/apps/sealkey-agent.svg 644",
    "usr/share/man/man1/sealkey-agent.1.gz 644",
];

/// What it has besides when it was made for a stage.
const OF_A_STAGE: [&str; 2] = [
    "etc/sealkey-agent/config.json 644",
    "etc/sealkey-agent/profiles/model.toml 644",
];

fn installed(machine: &Machine) -> Vec<String> {
    let mut all = tree(&machine.root());
    all.retain(|line| !line.starts_with("var/lib/dpkg/"));
    all
}

/// The virtual keys of tests above all must not be there, nor what makes them.
#[test]
#[ignore = "needs packages: cargo xtask test package"]
fn every_file_is_where_it_must_be_and_no_other() {
    assert_eq!(installed(&Machine::with("bare")), FILES);
    let mut files: Vec<&str> = FILES.into_iter().chain(OF_A_STAGE).collect();
    files.sort_unstable();
    let machine = Machine::with("configured");
    assert_eq!(installed(&machine), files);
    let link = machine
        .root()
        .join("usr/lib/systemd/user/default.target.wants/sealkey-agent.service");
    assert!(
        fs::read_to_string(link)
            .unwrap()
            .contains("[Service]\nType=exec\n")
    );
}

#[test]
#[ignore = "needs packages: cargo xtask test package"]
fn it_says_what_it_is_and_has_no_script() {
    for (name, conffiles) in [("bare", 2), ("configured", 4)] {
        let field = |field: &str| {
            let mut command = Command::new("dpkg-deb");
            let text = said(command.arg("--field").arg(package(name)).arg(field));
            text.trim_end().to_owned()
        };
        assert_eq!(field("Package"), "sealkey-agent");
        assert!(
            field("Depends").contains("libc6 (>= "),
            "{}",
            field("Depends")
        );
        assert!(field("Depends").contains("ca-certificates"));
        assert!(field("Recommends").contains("pcscd"));
        let machine = Machine::new();
        let control = machine.path("control");
        said(
            Command::new("dpkg-deb")
                .arg("--control")
                .arg(package(name))
                .arg(&control),
        );
        assert_eq!(tree(&control), ["conffiles 644", "control 644"]);
        let marked = fs::read_to_string(control.join("conffiles")).unwrap();
        assert_eq!(marked.lines().count(), conffiles, "{marked}");
        assert!(
            marked
                .lines()
                .all(|line| line.starts_with("/etc/sealkey-agent/"))
        );
        let list = said(
            Command::new("dpkg-deb")
                .arg("--contents")
                .arg(package(name)),
        );
        for line in list.lines() {
            let owner = line.split_whitespace().nth(1);
            assert!(matches!(owner, Some("root/root" | "0/0")), "{line}");
        }
    }
}

#[test]
#[ignore = "needs packages: cargo xtask test package"]
fn the_same_source_makes_the_same_package() {
    let (once, again) = (package("configured"), package("again"));
    assert_eq!(once.file_name(), again.file_name());
    assert!(
        fs::read(once).unwrap() == fs::read(again).unwrap(),
        "they differ"
    );
}

#[test]
#[ignore = "needs packages: cargo xtask test package"]
fn a_system_would_take_it() {
    let mut apt = Command::new("apt-get");
    apt.args(["install", "--simulate", "--no-install-recommends"])
        .args(["-o", "Debug::NoLocking=true"])
        .arg(package("configured"))
        .env("LC_ALL", "C");
    let would = said(&mut apt);
    assert!(would.contains("\nInst sealkey-agent ("), "{would}");
    assert!(!would.contains("\nRemv "), "{would}");
}

#[test]
#[ignore = "needs packages: cargo xtask test package"]
fn systemd_understands_the_service() {
    let machine = Machine::with("configured");
    let unit = "usr/lib/systemd/user/sealkey-agent.service";
    let runtime = machine.path("runtime");
    fs::create_dir(&runtime).unwrap();
    let verify = |what: &str| {
        let mut command = machine.command("systemd-analyze");
        command
            .args(["--user", "verify", "--man=no", what])
            .env("XDG_RUNTIME_DIR", &runtime)
            // Else it tells a journal, if it finds one.
            .env("SYSTEMD_LOG_TARGET", "console");
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        // This machine may have other services, with faults of their own.
        let ours = text.lines().filter(|line| line.contains("sealkey"));
        ours.map(str::to_owned).collect::<Vec<_>>()
    };
    let (itself, session) = (format!("/{unit}"), "default.target");
    for what in [&itself, session] {
        assert_eq!(verify(what), [""; 0]);
    }
    // It would say so, and reading what begins with every session it comes by.
    let text = fs::read_to_string(machine.root().join(unit)).unwrap();
    for (line, wrong, what) in [
        ("NoNewPrivileges=yes", "NoNewPrivilege=yes", session),
        ("ProtectSystem=strict", "ProtectSystem=strickt", session),
        (
            "SystemCallArchitectures=native",
            "SystemCallArchitectures=naive",
            session,
        ),
        (
            "ExecStart=/usr/bin/sealkey-agent",
            "ExecStart=/usr/bin/sealkey",
            &itself,
        ),
    ] {
        let changed = text.replace(line, wrong);
        assert_ne!(changed, text, "{line}");
        fs::write(machine.root().join(unit), changed).unwrap();
        assert_ne!(verify(what), [""; 0], "{wrong}");
    }
}

#[test]
#[ignore = "needs packages: cargo xtask test package"]
fn desktops_know_who_opens_the_links() {
    let machine = Machine::with("bare");
    let folder = machine.root().join("usr/share/applications");
    let file = folder.join("sealkey-agent.desktop");
    let said_of = said(Command::new("desktop-file-validate").arg(&file));
    assert_eq!(said_of, "");
    said(Command::new("update-desktop-database").arg(&folder));
    let cache = fs::read_to_string(folder.join("mimeinfo.cache")).unwrap();
    assert!(
        cache.contains("\nx-scheme-handler/sealkey-agent=sealkey-agent.desktop;\n"),
        "{cache}"
    );
}

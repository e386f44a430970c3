//! `test`: everything CI checks, phase by phase, on a stack of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::stack::{Place, Ports, Stack};
use crate::terminal::{bold, green, red, seconds};
use crate::{build, cloud::Cloud, package, process, repo, tools, web};

/// Name, what it does.
const PHASES: &[(&str, &str)] = &[
    ("tools", "programs, pins and packages are there"),
    ("fmt", "cargo fmt --check"),
    ("clippy", "no warning in any target"),
    ("unit", "tests of all packages but system-tests"),
    ("template", "cfn-lint"),
    (
        "web",
        "the pages: build, lint, unit tests, each page in Chromium",
    ),
    ("package", "the agent's package, installed into a folder"),
    ("gen", "what is generated is fresh"),
    ("coverage", "each row of the requirements has its tests"),
    ("stack", "a stack of its own is built and deployed"),
    ("system", "the system tests"),
    ("e2e", "the whole job in Chromium"),
    (
        "books",
        "the ledger of the whole run is that of the gateways",
    ),
    ("secrets", "no secret in any log of the run"),
];

/// Builds the agent as all else is built here; as it is shipped takes minutes more.
const AGENT: [&str; 4] = ["build", "--workspace", "--bin", "sealkey-agent"];

/// How a phase ended.
struct Ended {
    phase: &'static str,
    time: String,
    passed: u64,
    failed: u64,
    note: String,
}

/// A phase's own failure is counted; an `Err` is that the phase could not be carried out.
enum Outcome {
    /// Passed and failed tests; a phase that counts none is one check.
    Counted(u64, u64),
    Skipped(&'static str),
}

fn log_dir() -> PathBuf {
    repo::root().join(".local/test-log")
}

fn log(phase: &str) -> PathBuf {
    log_dir().join(format!("{phase}.log"))
}

pub(crate) fn run(only: &[String], list: bool, keep: bool) -> Result<()> {
    if list {
        for (name, what) in PHASES {
            println!("  {name:<10} {what}");
        }
        return Ok(());
    }
    if let Some(unknown) = only
        .iter()
        .find(|name| PHASES.iter().all(|(phase, _)| phase != name))
    {
        bail!("there is no phase {unknown}; cargo xtask test --list names them");
    }
    let wants = |phase: &str| only.is_empty() || only.iter().any(|name| name == phase);
    let needs_stack = ["stack", "system", "e2e", "books", "secrets"]
        .iter()
        .any(|phase| wants(phase));
    let _ = fs::remove_dir_all(log_dir());
    let place = Place::of_tests();
    stop_when_interrupted(place.clone())?;

    let began = Instant::now();
    let mut stack = None;
    let mut ended = Vec::new();
    for &(phase, what) in PHASES {
        if !(wants(phase) || phase == "tools" || (phase == "stack" && needs_stack)) {
            continue;
        }
        println!("{} {what}", bold(&format!("{phase:<10}")));
        let start = Instant::now();
        let outcome = carry_out(phase, &place, &mut stack);
        let time = seconds(start);
        let (passed, failed, note) = match outcome {
            Ok(Outcome::Counted(passed, 0)) => (passed, 0, String::new()),
            Ok(Outcome::Counted(passed, failed)) => {
                (passed, failed, format!("log: {}", log(phase).display()))
            }
            Ok(Outcome::Skipped(why)) => (0, 0, why.to_owned()),
            Err(error) => {
                println!("{error:#}");
                (
                    0,
                    1,
                    format!("{error}")
                        .lines()
                        .next()
                        .unwrap_or_default()
                        .to_owned(),
                )
            }
        };
        let stop = failed > 0 && phase == "tools";
        ended.push(Ended {
            phase,
            time,
            passed,
            failed,
            note,
        });
        if stop {
            break;
        }
    }
    if let Some(stack) = stack {
        if keep {
            println!(
                "The stack goes on: {}; end it: cargo xtask down --dir .local/test",
                stack.place.file().display()
            );
        } else {
            stack.take_down()?;
        }
    }
    report(&ended, began)
}

fn report(ended: &[Ended], began: Instant) -> Result<()> {
    println!();
    for one in ended {
        let state = match (one.failed, one.note.as_str()) {
            (0, "") => green("ok     "),
            (0, _) => "skipped".to_owned(),
            _ => red("failed "),
        };
        println!(
            "  {:<10} {state} {:>9} {:>5}  {}",
            one.phase,
            one.time,
            if one.passed > 0 {
                one.passed.to_string()
            } else {
                String::new()
            },
            one.note
        );
    }
    println!("  {:<10}         {:>9}\n", "all", seconds(began));
    let passed: u64 = ended.iter().map(|one| one.passed).sum();
    let failed: u64 = ended.iter().map(|one| one.failed).sum();
    let names: Vec<&str> = ended
        .iter()
        .filter(|one| one.failed > 0)
        .map(|one| one.phase)
        .collect();
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("failed: {}", names.join(", "));
    }
    Ok(())
}

fn carry_out(phase: &'static str, place: &Place, stack: &mut Option<Stack>) -> Result<Outcome> {
    let cargo = |arguments: &[&str]| {
        let mut command = process::command("cargo");
        command.args(arguments);
        command
    };
    match phase {
        "tools" => {
            tools::system(true)?;
            tools::nextest()?;
            tools::python()?;
            web::install()?;
            Ok(Outcome::Counted(0, 0))
        }
        "fmt" => counted(phase, cargo(&["fmt", "--all", "--check"])),
        "clippy" => counted(
            phase,
            cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--quiet",
                "--",
                "-D",
                "warnings",
            ]),
        ),
        "unit" => counted(
            phase,
            cargo(&[
                "nextest",
                "run",
                "--workspace",
                "--filterset",
                "not package(system-tests)",
                "--no-fail-fast",
                "--no-tests=pass",
                "--status-level=fail",
                "--final-status-level=fail",
                "--failure-output=final",
            ]),
        ),
        "template" => {
            let mut lint = Cloud::Aws.tool("cfn-lint")?;
            lint.arg("--regions")
                .args(["us-east-1", "ap-southeast-1"])
                .arg("--")
                .arg("infra/template.yaml");
            counted(phase, lint)
        }
        "web" => {
            if !web::exists() {
                return Ok(Outcome::Skipped("there is no web part yet"));
            }
            web::build()?;
            let (mut passed, mut failed) = (0, 0);
            let mut commands = vec![cargo(&AGENT)];
            for script in ["lint", "test", "pages", "agent"] {
                let mut command = web::npm(script);
                command.env("SEALKEY_AGENT", build::program("sealkey-agent"));
                commands.push(command);
            }
            for command in commands {
                if let Outcome::Counted(more, wrong) = counted(phase, command)? {
                    passed += more;
                    failed += wrong;
                }
            }
            Ok(Outcome::Counted(passed, failed))
        }
        "package" => {
            process::visibly(&mut cargo(&AGENT))?;
            let packages = repo::root().join(".local/test-packages");
            package::for_tests(&packages, Ports::free()?.agent)?;
            let mut tests = cargo(&[
                "nextest",
                "run",
                "--package",
                "package-tests",
                "--run-ignored",
                "only",
                "--no-fail-fast",
                "--status-level=fail",
                "--final-status-level=fail",
                "--failure-output=final",
            ]);
            tests.env("SEALKEY_PACKAGES", packages);
            counted(phase, tests)
        }
        "gen" => counted(phase, again(&["gen", "--check"])),
        "coverage" => counted(phase, again(&["coverage"])),
        "stack" => {
            place.clear_all()?;
            build::functions(build::Profile::Dev)?;
            web::build()?;
            *stack = Some(Stack::bring_up(place, Ports::free()?)?);
            Ok(Outcome::Counted(1, 0))
        }
        _ => {
            let Some(stack) = stack else {
                return Ok(Outcome::Skipped("there is no stack"));
            };
            on_stack(phase, stack)
        }
    }
}

fn on_stack(phase: &'static str, stack: &Stack) -> Result<Outcome> {
    match phase {
        "system" => system_tests(phase, stack, "default"),
        "books" => system_tests(phase, stack, "only"),
        "e2e" => {
            if !web::has_script("e2e") {
                return Ok(Outcome::Skipped("there are no tests of the pages yet"));
            }
            let mut command = web::npm("e2e");
            command
                .env("SEALKEY_STACK", stack.place.file())
                .env("SEALKEY_XTASK", build::program("xtask"));
            counted(phase, command)
        }
        _ => no_secrets(stack),
    }
}

/// Tests against a stack: all of them, or `only` those that are left out otherwise because they look at what
/// the others left.
fn system_tests(phase: &'static str, stack: &Stack, ignored: &str) -> Result<Outcome> {
    let mut command = process::command("cargo");
    command.args([
        "nextest",
        "run",
        "--workspace",
        "--filterset",
        "package(system-tests)",
        "--run-ignored",
        ignored,
        "--no-fail-fast",
        "--no-tests=pass",
        "--status-level=slow",
        "--final-status-level=fail",
        "--failure-output=final",
    ]);
    command
        .env("SEALKEY_STACK", stack.place.file())
        .env("SEALKEY_XTASK", build::program("xtask"));
    counted(phase, command)
}

/// This program again, so that what it prints goes into the log of the phase. By its path in cargo's folder: a
/// build in between may have replaced the file that runs.
fn again(arguments: &[&str]) -> Command {
    let mut command = process::command(build::program("xtask"));
    command.args(arguments);
    command
}

/// Runs a command into the phase's log and counts what its test runner counted.
fn counted(phase: &str, mut command: Command) -> Result<Outcome> {
    let log = log(phase);
    let before = fs::metadata(&log).map_or(0, |meta| usize::try_from(meta.len()).unwrap_or(0));
    command
        .env("NO_COLOR", "1")
        .env("CARGO_TERM_COLOR", "never")
        .env_remove("FORCE_COLOR");
    let succeeded = process::logged(&mut command, &log)?;
    let said = fs::read(&log).unwrap_or_default();
    let said = String::from_utf8_lossy(&said[before.min(said.len())..]);
    let (passed, failed) = count(&said);
    if !succeeded {
        println!("{}{}", refused(&said), process::last_lines(&said, 60));
    }
    Ok(match (succeeded, passed + failed) {
        (true, 0) => Outcome::Counted(1, 0),
        (false, 0) => Outcome::Counted(0, 1),
        (true, _) => Outcome::Counted(passed, 0),
        (false, _) => Outcome::Counted(passed, failed.max(1)),
    })
}

/// What Node's runner says of each test that failed: it says so where it happened, which may be far from the end.
fn refused(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut said = String::new();
    for at in (0..lines.len()).filter(|&at| lines[at].trim_start().starts_with("not ok ")) {
        for line in &lines[at..lines.len().min(at + 12)] {
            said.push_str(line);
            said.push('\n');
        }
    }
    said
}

/// Sums the closing lines of nextest (`3 tests run: 2 passed, 1 failed`), Vitest (`Tests  1 failed | 4 passed (5)`)
/// and Node (`# pass 3`, `ℹ fail 0`).
fn count(text: &str) -> (u64, u64) {
    let (mut passed, mut failed) = (0, 0);
    for line in text.lines().map(str::trim) {
        let counted = line
            .split_once("run: ")
            .filter(|(head, _)| head.starts_with("Summary"))
            .map(|(_, rest)| rest);
        let counted = counted.or_else(|| line.strip_prefix("Tests  "));
        if let Some(counted) = counted {
            let words: Vec<&str> = counted
                .split([' ', ',', '|', '(', ')'])
                .filter(|word| !word.is_empty())
                .collect();
            for pair in words.windows(2) {
                let number = pair[0].parse::<u64>().unwrap_or(0);
                match pair[1] {
                    "passed" => passed += number,
                    "failed" | "timed" | "exec" => failed += number,
                    _ => {}
                }
            }
        } else if let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
            match rest.split_once(' ') {
                Some(("pass", number)) => passed += number.parse().unwrap_or(0),
                Some(("fail" | "cancelled", number)) => failed += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
    (passed, failed)
}

/// Looks for every secret of the stack in everything that was logged.
fn no_secrets(stack: &Stack) -> Result<Outcome> {
    let folder = log_dir().join("cloud");
    let lines: u64 = stack.cloud().ask("dump", &json!({ "folder": folder }))?;
    let mut files = repo::files(&folder)?;
    files.extend(["ministack", "sandbox", "agent"].map(|name| stack.place.log(name)));
    files.push(stack.place.agent_log());
    let secrets = stack.secrets()?;
    let mut found = Vec::new();
    for file in &files {
        let text = fs::read(file).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        for (name, secret) in &secrets {
            // A long key is found by a piece of it, too.
            let piece = secret.get(40..100).unwrap_or(secret);
            if text.contains(piece) {
                found.push(format!("{name} stands in {}", file.display()));
            }
        }
    }
    let summary =
        json!({ "lines": lines, "files": files.len(), "secrets": secrets.len(), "found": found });
    fs::write(
        log("secrets"),
        serde_json::to_string_pretty::<Value>(&summary)?,
    )
    .context("writing the log")?;
    Ok(if found.is_empty() {
        Outcome::Counted(1, 0)
    } else {
        println!("{}", found.join("\n"));
        Outcome::Counted(0, found.len() as u64)
    })
}

/// Ctrl-C ends what this run started.
fn stop_when_interrupted(place: Place) -> Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
    ])?;
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            std::thread::sleep(Duration::from_millis(200));
            let _ = place.clear();
            std::process::exit(130);
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_shown_wherever_it_stands() {
        let text = format!(
            "ok 1 - a\nnot ok 2 - b\n  error: 'why'\n{}",
            "ok\n".repeat(100)
        );
        assert!(refused(&text).starts_with("not ok 2 - b\n  error: 'why'\n"));
        assert_eq!(refused("ok 1 - a"), "");
    }

    #[test]
    fn closing_lines_of_the_runners_are_summed() {
        assert_eq!(
            count("     Summary [   0.036s] 4 tests run: 3 passed (1 slow), 1 failed, 2 skipped"),
            (3, 1)
        );
        assert_eq!(count("      Tests  1 failed | 4 passed (5)"), (4, 1));
        assert_eq!(
            count("# tests 3\n# pass 3\n# fail 0\n# cancelled 1"),
            (3, 1)
        );
        assert_eq!(count("nothing"), (0, 0));
    }
}

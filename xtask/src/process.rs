//! Child processes: those that are waited for, and those that stay (recorded by id and start time, ended only by these).

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};
use serde::{Deserialize, Serialize};

use crate::repo;

/// A command that begins with a clean slate of what `cargo run` put around us, so that an inner cargo rebuilds nothing.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_")
            || text.starts_with("CARGO_MANIFEST_")
            || text == "LD_LIBRARY_PATH"
            || text == "CARGO"
        {
            command.env_remove(&name);
        }
    }
    command.current_dir(repo::root());
    command
}

/// Runs a command and takes its output; an error carries the end of what it said.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = name(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {name}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    bail!("{name} failed:\n{}", last_lines(&said, 15))
}

/// Runs a command that speaks to the terminal itself.
pub(crate) fn visibly(command: &mut Command) -> Result<()> {
    let name = name(command);
    let status = command
        .status()
        .with_context(|| format!("starting {name}"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

/// Runs a command into a log file; the answer is whether it succeeded.
pub(crate) fn logged(command: &mut Command, log: &Path) -> Result<bool> {
    let name = name(command);
    if let Some(parent) = log.parent() {
        fs::create_dir_all(parent)?;
    }
    let file = OpenOptions::new().create(true).append(true).open(log)?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()
        .with_context(|| format!("starting {name}"))?;
    Ok(status.success())
}

/// Whether a program of this name can be found.
pub(crate) fn there_is(program: &str) -> bool {
    find(program).is_some()
}

/// Where a program is.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|dir| dir.join(program))
        .find(|path| path.is_file())
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    command.get_args().take(2).fold(program, |name, arg| {
        format!("{name} {}", arg.to_string_lossy())
    })
}

/// The end of a text.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// The end of a file, or nothing.
pub(crate) fn tail(file: &Path, count: usize) -> String {
    let Ok(mut open) = File::open(file) else {
        return String::new();
    };
    let length = open.metadata().map_or(0, |meta| meta.len());
    let _ = open.seek(SeekFrom::Start(length.saturating_sub(200_000)));
    let mut bytes = Vec::new();
    let _ = open.read_to_end(&mut bytes);
    last_lines(&String::from_utf8_lossy(&bytes), count)
}

/// A process that outlives this one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Resident {
    /// What it is called in records, logs and messages.
    pub(crate) name: String,
    pid: i32,
    /// Start time in clock ticks since boot: with it, an id that was given to another program is not mistaken.
    started: u64,
    /// What it was started with; when that has changed, it must start again.
    pub(crate) recipe: String,
}

impl Resident {
    /// The record of `name` in `dir`, if that process still lives.
    pub(crate) fn find(dir: &Path, name: &str) -> Option<Resident> {
        let resident: Resident = repo::read_json(&record(dir, name))?;
        resident.lives().then_some(resident)
    }

    /// Starts it in a group of its own, with its output in a log.
    pub(crate) fn start(
        dir: &Path,
        name: &str,
        recipe: String,
        command: &mut Command,
    ) -> Result<Resident> {
        let log = log(dir, name);
        fs::create_dir_all(dir.join("log"))?;
        let mut file = OpenOptions::new().create(true).append(true).open(&log)?;
        writeln!(file, "---- {name} starts")?;
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let pid = i32::try_from(child.id()).context("a process id")?;
        // Whoever starts it may wait for it; else it would stay as a zombie of a test that restarts things.
        std::thread::spawn(move || {
            let mut child = child;
            let _ = child.wait();
        });
        let Some(started) = start_time(pid) else {
            bail!("{name} ended at once:\n{}", tail(&log, 10))
        };
        let resident = Resident {
            name: name.to_owned(),
            pid,
            started,
            recipe,
        };
        repo::write_json(&record(dir, name), &resident)?;
        Ok(resident)
    }

    /// Whether it still runs.
    pub(crate) fn lives(&self) -> bool {
        start_time(self.pid) == Some(self.started)
    }

    /// Asks it something by a signal.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        if self.lives() {
            kill_process(self.pid()?, signal)
                .with_context(|| format!("signalling {}", self.name))?;
        }
        Ok(())
    }

    /// Asks it to end, and ends it and its children after `patience`.
    pub(crate) fn stop(&self, dir: &Path, patience: Duration) -> Result<()> {
        self.signal(Signal::TERM)?;
        if !wait_until(patience, || !self.lives()) {
            self.kill(dir)?;
        }
        self.sweep();
        let _ = fs::remove_file(record(dir, &self.name));
        Ok(())
    }

    /// Ends it and its children at once.
    pub(crate) fn kill(&self, dir: &Path) -> Result<()> {
        if self.lives() {
            kill_process_group(self.pid()?, Signal::KILL)
                .with_context(|| format!("ending {}", self.name))?;
            wait_until(Duration::from_secs(5), || !self.lives());
        }
        let _ = fs::remove_file(record(dir, &self.name));
        Ok(())
    }

    /// Its children carry its group's id, which nobody else can get while one of them lives.
    fn sweep(&self) {
        if let Ok(pid) = self.pid() {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }

    pub(crate) fn pid(&self) -> Result<Pid> {
        Pid::from_raw(self.pid).context("a process id is not zero")
    }
}

/// The log of a resident.
pub(crate) fn log(dir: &Path, name: &str) -> PathBuf {
    dir.join("log").join(format!("{name}.log"))
}

fn record(dir: &Path, name: &str) -> PathBuf {
    dir.join("run").join(format!("{name}.json"))
}

/// Start time of a live process. A zombie is dead.
fn start_time(pid: i32) -> Option<u64> {
    test_kill_process(Pid::from_raw(pid)?).ok()?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything; the fields after it are numbers. State is field 3, start time 22.
    let fields: Vec<&str> = stat[stat.rfind(')')? + 2..].split(' ').collect();
    if fields.first() == Some(&"Z") {
        return None;
    }
    fields.get(19)?.parse().ok()
}

/// Asks again and again; whether it became true in time.
pub(crate) fn wait_until(patience: Duration, mut done: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    loop {
        if done() {
            return true;
        }
        if began.elapsed() > patience {
            return false;
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}

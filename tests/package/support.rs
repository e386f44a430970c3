//! A machine with the package on it, as far as a folder can be one.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// The package of this name.
pub fn package(name: &str) -> PathBuf {
    let folder = std::env::var_os("SEALKEY_PACKAGES")
        .expect("SEALKEY_PACKAGES is not set; run: cargo xtask test package");
    let mut found = fs::read_dir(Path::new(&folder).join(name)).unwrap();
    let path = found.next().unwrap().unwrap().path();
    assert!(found.next().is_none(), "one package in {}", path.display());
    path
}

/// What a command says; it must succeed.
pub fn said(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Namespaces of its own; who is not root becomes it in there.
fn unshare(options: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.arg("--map-root-user");
    }
    command.args(options);
    command
}

/// A root folder with dpkg's records, and a user's home beside it.
pub struct Machine {
    folder: TempDir,
}

impl Machine {
    /// With nothing on it.
    pub fn new() -> Self {
        let machine = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in ["etc", "usr", "var/lib/dpkg/updates", "var/lib/dpkg/info"] {
            fs::create_dir_all(machine.root().join(folder)).unwrap();
        }
        fs::write(machine.root().join("var/lib/dpkg/status"), "").unwrap();
        fs::create_dir(machine.home()).unwrap();
        machine
    }

    /// With this package.
    pub fn with(name: &str) -> Self {
        let machine = Self::new();
        machine.dpkg(&[OsStr::new("--install"), package(name).as_os_str()]);
        machine
    }

    /// `/`.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// Of the user.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A place for what a test makes.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// dpkg, on this machine. What the package depends on is on the real one.
    pub fn dpkg(&self, arguments: &[&OsStr]) -> String {
        let mut command = if is_root() {
            Command::new("dpkg")
        } else {
            let mut command = unshare(&[]);
            command.arg("dpkg");
            command
        };
        let under = |name: &str, to: &Path| format!("--{name}={}", to.display());
        command
            .arg(under("root", &self.root()))
            .arg(under("log", &self.path("dpkg.log")))
            .args(["--force-depends", "--force-bad-path"])
            .args(arguments);
        said(&mut command)
    }

    /// A program as it runs on this machine: with its own processes, which end with it.
    pub fn command(&self, program: &str) -> Command {
        let mut command = unshare(&["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
        let script = "set -e; \
            for part in etc usr; do mount -t overlay -o \"lowerdir=$0/$part:/$part\" overlay /$part; done; \
            exec \"$@\"";
        command
            .args(["sh", "-c", script])
            .arg(self.root())
            .arg(program)
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        command
    }

    /// What answers on the port of the configuration: the whole answer, or nothing.
    pub fn ask(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port())).ok()?;
        let wait = Some(Duration::from_secs(10));
        stream.set_read_timeout(wait).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\n\r\n",
            self.port()
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// The port that the configuration names.
    pub fn port(&self) -> u16 {
        let text = fs::read_to_string(self.root().join("etc/sealkey-agent/config.json")).unwrap();
        let (_, rest) = text.split_once("\"port\":").unwrap();
        let end = rest.find([',', '}']).unwrap();
        rest[..end].trim().parse().unwrap()
    }
}

/// A process that ends with the test.
pub struct Running(pub Child);

impl Running {
    /// Starts it, and reads its first line.
    pub fn start(command: &mut Command) -> (Self, String) {
        let mut running = Self(
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        let mut line = String::new();
        let out = running.0.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
        (running, line)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // `--kill-child`: whatever runs in there goes with it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Standard output of what must succeed.
pub fn good(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Everything below a folder: path from there, mode in octal, and for a link where it leads.
pub fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::symlink_metadata(&path).unwrap();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if data.is_dir() {
                assert_eq!(data.permissions().mode() & 0o7022, 0, "{name}");
                open.push(path);
            } else if data.is_symlink() {
                found.push(format!(
                    "{name} -> {}",
                    fs::read_link(&path).unwrap().display()
                ));
            } else {
                found.push(format!("{name} {:o}", data.permissions().mode() & 0o7777));
            }
        }
    }
    found.sort();
    found
}

/// Names and bytes of everything below a folder.
pub fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = tree(folder).into_iter();
    files
        .map(|line| {
            let bytes = fs::read(folder.join(line.split(' ').next().unwrap())).unwrap();
            (line, bytes)
        })
        .collect()
}

//! `sealkey-agent`: the service. Takes its folder and its port, then serves until it is told to end.
//!
//! Any page of any site can open `sealkey-agent:` with whatever text it likes behind it, so a link may start the agent
//! and nothing else: what stands behind `--url` is not looked at.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use local_agent::clock::SystemClock;
use local_agent::config::{self, Config};
use local_agent::desk::LocalDesk;
use local_agent::http::{self, Limits, Pages};
use local_agent::journal::{self, Journal};
use local_agent::log::{Event, Log};
use local_agent::token::{Pkcs11Driver, profile};

const USAGE: &str = "\
sealkey-agent [--config FILE]   serves the agent's pages on 127.0.0.1
sealkey-agent --check-config    says what is wrong with the configuration, if anything
sealkey-agent --version
sealkey-agent [--config FILE] --url [LINK]
                                makes sure that it runs, as a link `sealkey-agent:` asks for; nothing of the link is read
";

/// What starts it at login, where a system has such a thing; the package of the agent brings it.
#[cfg(target_os = "linux")]
const SERVICE: &str = "sealkey-agent.service";
/// How long a service may take until its pages answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is wrong, in words for whoever started it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Default)]
struct Asked {
    config: Option<PathBuf>,
    check: bool,
    version: bool,
    url: bool,
}

fn asked(mut arguments: impl Iterator<Item = OsString>) -> Result<Asked, Failure> {
    let mut asked = Asked::default();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--config") => {
                let file = arguments.next().ok_or("--config needs a file")?;
                asked.config = Some(file.into());
            }
            Some("--check-config") => asked.check = true,
            Some("--version") => asked.version = true,
            // All that follows was written by whoever made the link. A program that took it apart at its spaces or
            // quotation marks hands it over as several arguments, some of which may look like ours.
            Some("--url") => {
                asked.url = true;
                return Ok(asked);
            }
            _ => return Err(USAGE.into()),
        }
    }
    Ok(asked)
}

/// To whoever started it. A service has nobody there, and nothing is lost.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "sealkey-agent: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let asked = asked(std::env::args_os().skip(1))?;
    if asked.version {
        say(concat!("sealkey-agent ", env!("CARGO_PKG_VERSION")));
        return Ok(());
    }
    let usual = asked.config.is_none();
    let file = asked.config.map_or_else(config::default_file, Ok)?;
    let config = Config::read(&file)?;
    let profiles = profile::load(&config.profiles, &config.modules)?;
    if asked.check {
        say(&format!("{}: in order", file.display()));
        return Ok(());
    }
    // The service has the usual configuration; an agent with another is nobody's but the caller's.
    if asked.url && usual && !stands(&config).is_ours() && begin_service() {
        return await_service(&config);
    }
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(serve(config, profiles))
}

/// Does an agent of ours answer on a port?
fn is_agent(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let wait = Duration::from_secs(3);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, wait)?;
        stream.set_read_timeout(Some(wait))?;
        stream.set_write_timeout(Some(wait))?;
        write!(
            stream,
            "GET /favicon.svg HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n"
        )?;
        let mut head = Vec::new();
        stream.take(4096).read_to_end(&mut head)?;
        Ok(String::from_utf8_lossy(&head).contains("\r\nserver: sealkey-agent/"))
    };
    ask().unwrap_or(false)
}

/// Who has the port, as far as agents go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// An agent of this user, with this journal.
    Ours,
    /// An agent with another journal: for the most part, another user's.
    Others,
    /// No agent.
    Nobody,
}

impl Stands {
    fn is_ours(self) -> bool {
        self == Self::Ours
    }
}

/// Who has the port? An agent answers only after it has taken its journal.
fn stands(config: &Config) -> Stands {
    if !is_agent(config.port) {
        Stands::Nobody
    } else if Journal::is_taken(&config.journal) {
        Stands::Ours
    } else {
        Stands::Others
    }
}

/// Asks the system for the service of this user. `false`: there is no such thing here.
#[cfg(target_os = "linux")]
fn begin_service() -> bool {
    use std::process::{Command, Stdio};
    let mut command = Command::new("systemctl");
    command.args(["--user", "start", SERVICE]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Elsewhere what a link starts serves by itself.
#[cfg(not(target_os = "linux"))]
fn begin_service() -> bool {
    false
}

fn await_service(config: &Config) -> Result<(), Failure> {
    let port = config.port;
    let mut left = PATIENCE;
    let pause = Duration::from_millis(100);
    while !stands(config).is_ours() {
        left = left.checked_sub(pause).ok_or_else(|| {
            format!("the service was started, and no agent of this user answers on port {port} of 127.0.0.1")
        })?;
        std::thread::sleep(pause);
    }
    say(&running(port));
    Ok(())
}

fn running(port: u16) -> String {
    format!("an agent is running already: http://127.0.0.1:{port}/")
}

async fn serve(config: Config, profiles: Vec<profile::Profile>) -> Result<(), Failure> {
    let port = config.port;
    let listener = match http::listen(port).await {
        Ok(listener) => listener,
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let (who, config) =
                tokio::task::spawn_blocking(move || (stands(&config), config)).await?;
            return match who {
                // Whoever started it has what was wanted.
                Stands::Ours => {
                    say(&running(config.port));
                    Ok(())
                }
                Stands::Others => Err(format!(
                    "port {port} of 127.0.0.1 has an agent with another journal: that of another user, who has to log out"
                )
                .into()),
                Stands::Nobody => Err(format!("port {port} of 127.0.0.1 is taken by another program; `port` in the configuration can name another").into()),
            };
        }
        Err(error) => return Err(format!("port {port} of 127.0.0.1: {error}").into()),
    };
    let clock = Arc::new(SystemClock);
    let journal = Arc::new(Journal::open(&config.journal)?);
    let log = Arc::new(Log::open(
        &Path::new(&config.journal).join(journal::LOG),
        clock.clone(),
    )?);
    let files = journal.list()?.set_aside;
    if files > 0 {
        log.write(&Event::SetAside { files });
    }
    let tokens = Arc::new(Pkcs11Driver::new(profiles));
    let desk = Arc::new(LocalDesk::new(
        &config,
        tokens,
        clock,
        journal,
        log.clone(),
    )?);
    let pages = Pages::new(port, desk.clone(), log.clone(), Limits::default())?;
    let end = told_to_end()?;
    log.write(&Event::Started {
        version: env!("CARGO_PKG_VERSION"),
        port,
    });
    say(&format!(
        "sealkey-agent {} on http://127.0.0.1:{port}/",
        env!("CARGO_PKG_VERSION")
    ));
    // Beside the pages: without a cloud it takes its time, and the pages say so meanwhile.
    tokio::spawn(async move { desk.resume().await });
    let served = pages.serve(listener, end).await;
    log.write(&Event::Stopped);
    Ok(served?)
}

/// The user, or the system that ends its services. Listens from the call on, not from the first look.
fn told_to_end() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut end = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        Ok(async move {
            tokio::select! {
                _ = end.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
    #[cfg(windows)]
    {
        use tokio::signal::windows::{ctrl_c, ctrl_shutdown};
        let mut interrupt = ctrl_c()?;
        let mut end = ctrl_shutdown()?;
        Ok(async move {
            tokio::select! {
                _ = end.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
}

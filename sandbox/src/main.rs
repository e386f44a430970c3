//! `sandbox --config FILE [--ready FILE]`: plays the outside world until SIGTERM or Ctrl-C.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::Timestamp;
use sandbox::Sandbox;
use sandbox::clock::Clock;
use sandbox::config::Config;
use sandbox::store::write_atomically;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "sandbox");
            ExitCode::FAILURE
        }
    }
}

/// The two flags.
struct Flags {
    config: PathBuf,
    ready: Option<PathBuf>,
}

impl Flags {
    fn parse(mut args: impl Iterator<Item = OsString>) -> Option<Self> {
        let (mut config, mut ready) = (None, None);
        while let Some(flag) = args.next() {
            let slot = match flag.to_str()? {
                "--config" => &mut config,
                "--ready" => &mut ready,
                _ => return None,
            };
            if slot.replace(PathBuf::from(args.next()?)).is_some() {
                return None;
            }
        }
        let config = config?;
        Some(Self { config, ready })
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let flags = Flags::parse(std::env::args_os().skip(1))
        .ok_or("usage: sandbox --config FILE [--ready FILE]")?;
    let path = flags.config.display();
    let text = fs::read_to_string(&flags.config).map_err(|e| format!("{path}: {e}"))?;
    let config: Config = serde_json::from_str(&text).map_err(|e| format!("{path}: {e}"))?;

    // Before anyone can know that it runs, so that no signal is missed.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the sandbox takes the wall clock"
    )]
    let clock = Clock::new(Timestamp::now);
    let sandbox = Sandbox::start(config, clock).await?;
    tracing::info!(addr = %sandbox.addr, cdn = ?sandbox.cdn_addr, "ready");
    if let Some(ready) = &flags.ready {
        let cdn = sandbox.cdn_addr.map(|addr| addr.to_string());
        let bound = json!({ "sandbox": sandbox.addr.to_string(), "cdn": cdn });
        write_atomically(ready, bound.to_string().as_bytes())?;
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    sandbox.stop().await;
    Ok(())
}

//! What stands behind the pages: the one operation under way, and the check of the agent itself.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use contract::agent::CLOCK_SECONDS;
use jiff::Timestamp;

use crate::certificate;
use crate::clock::Clock;
use crate::cloud::{self, Cloud};
use crate::config::Config;
use crate::http::{Answer, Begin, Check, Code, Desk, Fact, Item, Line, State, Trouble};
use crate::journal::Journal;
use crate::log::{Event, Log, SerialEnd};
use crate::operation::{Means, Operations};
use crate::token::{self, Present, TokenDriver};

/// Lines of the log that the check shows.
const LOG_LINES: usize = 60;

/// The desk of this computer.
pub struct LocalDesk {
    profiles: String,
    tokens: Arc<dyn TokenDriver>,
    clock: Arc<dyn Clock>,
    journal: Arc<Journal>,
    log: Arc<Log>,
    cloud: Cloud,
    operations: Operations,
}

impl LocalDesk {
    /// Puts it together.
    ///
    /// # Errors
    /// When this system has no root certificates to know the cloud by.
    pub fn new(
        config: &Config,
        tokens: Arc<dyn TokenDriver>,
        clock: Arc<dyn Clock>,
        journal: Arc<Journal>,
        log: Arc<Log>,
    ) -> Result<Self, reqwest::Error> {
        let cloud = Cloud::new(config.cloud.clone())?;
        let operations = Operations::new(Means {
            tokens: tokens.clone(),
            clock: clock.clone(),
            journal: journal.clone(),
            log: log.clone(),
            cloud: cloud.clone(),
            ticket_keys: config.ticket_keys.clone(),
            sites: config.site_origins.clone(),
        });
        Ok(Self {
            profiles: config.profiles.display().to_string(),
            tokens,
            clock,
            journal,
            log,
            cloud,
            operations,
        })
    }

    /// Takes up what a loss of power interrupted.
    pub async fn resume(&self) {
        self.operations.resume().await;
    }

    /// Everything that has to be asked of modules and keys, which takes its time.
    async fn token_lines(&self) -> Vec<Line> {
        let (tokens, now) = (self.tokens.clone(), self.clock.now());
        let folder = self.profiles.clone();
        let lines = tokio::task::spawn_blocking(move || token_lines(&*tokens, folder, now)).await;
        lines.unwrap_or_else(|_| {
            let trouble = Trouble::ModuleBroken {
                path: String::new(),
            };
            vec![Line::bad(Item::Module, trouble)]
        })
    }

    /// The cloud, and by its `Date` this computer's clock.
    async fn cloud_lines(&self) -> [Line; 2] {
        let Ok(answer) = self.cloud.greet().await else {
            return [
                Line::unknown(Item::Clock),
                Line::bad(Item::Cloud, Trouble::CloudUnreachable),
            ];
        };
        let now = self.clock.now().as_second();
        let clock = cloud::date(answer.headers()).map_or(Line::unknown(Item::Clock), |date| {
            clock_line(now - date.as_second())
        });
        let text = self.cloud.address().to_string();
        [clock, Line::good(Item::Cloud, Fact::Text { text })]
    }
}

impl Line {
    fn good(item: Item, fact: Fact) -> Self {
        Self {
            item,
            fact: Some(fact),
            trouble: None,
        }
    }

    fn bad(item: Item, trouble: Trouble) -> Self {
        Self {
            item,
            fact: None,
            trouble: Some(trouble),
        }
    }

    fn unknown(item: Item) -> Self {
        Self {
            item,
            fact: None,
            trouble: None,
        }
    }
}

fn clock_line(seconds: i64) -> Line {
    let trouble = (seconds.abs() > CLOCK_SECONDS).then_some(Trouble::ClockWrong {
        minutes: seconds / 60,
    });
    Line {
        item: Item::Clock,
        fact: Some(Fact::Seconds { seconds }),
        trouble,
    }
}

fn token_lines(tokens: &dyn TokenDriver, folder: String, now: Timestamp) -> Vec<Line> {
    let mut lines: Vec<Line> = tokens
        .modules()
        .into_iter()
        .map(|module| {
            if let Err(error) = module.keys {
                return Line::bad(Item::Module, error.into());
            }
            let path = module.path.map(|path| path.display().to_string());
            let text = path.unwrap_or(module.profile);
            Line::good(Item::Module, Fact::Text { text })
        })
        .collect();
    if lines.is_empty() {
        lines.push(Line::bad(Item::Module, Trouble::NoProfile { folder }));
    }
    let keys = tokens.present();
    lines.push(match keys.len() {
        0 => Line::bad(Item::Reader, Trouble::NoKey),
        count => Line::good(Item::Reader, Fact::Count { count }),
    });
    for key in &keys {
        lines.push(key_line(key));
        // A blank key has no certificate, and nobody misses it.
        if key.pin_set != Some(false) {
            lines.extend(certificate_lines(tokens, key, now));
        }
    }
    lines
}

fn key_line(key: &Present) -> Line {
    let tries = key.tries.into();
    let trouble = if key.pin_set == Some(false) {
        Some(Trouble::PinNotSet)
    } else {
        (tries == crate::http::Tries::Locked).then_some(Trouble::PinLocked)
    };
    Line {
        item: Item::Key,
        fact: Some(Fact::Key {
            serial: key.serial.clone(),
            label: key.label.clone(),
            tries,
        }),
        trouble,
    }
}

/// The certificates that count: of those that sign, and of those that do not, the one that ends last. A renewed key
/// keeps its old ones, and nobody has to mend that they have ended.
fn latest(certificates: &[token::Certificate]) -> Vec<certificate::Read> {
    let mut latest: Vec<certificate::Read> = Vec::new();
    for read in certificates
        .iter()
        .filter_map(|certificate| certificate::read(&certificate.der))
    {
        match latest.iter_mut().find(|known| known.signs == read.signs) {
            None => latest.push(read),
            Some(known) if (known.until, known.from) < (read.until, read.from) => *known = read,
            Some(_) => {}
        }
    }
    latest
}

fn certificate_lines(tokens: &dyn TokenDriver, key: &Present, now: Timestamp) -> Vec<Line> {
    let certificates = match tokens.certificates(&key.serial) {
        Err(error) => return vec![Line::bad(Item::Certificate, error.into())],
        Ok(certificates) => certificates,
    };
    let lines: Vec<Line> = latest(&certificates)
        .into_iter()
        .map(|read| Line {
            item: Item::Certificate,
            fact: Some(Fact::Certificate {
                serial: key.serial.clone(),
                not_after: read.until,
            }),
            trouble: (now < read.from || read.until < now).then_some(
                Trouble::CertificateNotValid {
                    not_after: read.until,
                },
            ),
        })
        .collect();
    if lines.is_empty() {
        return vec![Line::bad(Item::Certificate, Trouble::NoCertificate)];
    }
    lines
}

/// The check as a text that may be sent to somebody: no name, no whole serial number, and what is in the log.
fn report(lines: &[Line], log: &[String], now: Timestamp) -> String {
    let mut text = format!(
        "sealkey-agent {} {} {} {now:.0}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    );
    for line in lines {
        let item = serde_json::to_value(line.item).unwrap_or_default();
        let _ = write!(text, "{}:", item.as_str().unwrap_or_default());
        let _ = match &line.trouble {
            Some(trouble) => write!(text, " {}", Code::from(trouble)),
            None if line.fact.is_none() => write!(text, " unknown"),
            None => write!(text, " ok"),
        };
        let _ = match &line.fact {
            None => Ok(()),
            Some(Fact::Text { text: fact }) if fact.is_empty() => Ok(()),
            Some(Fact::Text { text: fact }) => write!(text, " {fact}"),
            Some(Fact::Count { count }) => write!(text, " {count}"),
            Some(Fact::Key { serial, tries, .. }) => {
                write!(text, " {} tries {tries:?}", SerialEnd::of(serial))
            }
            Some(Fact::Certificate { serial, not_after }) => {
                write!(text, " {} until {not_after:.0}", SerialEnd::of(serial))
            }
            Some(Fact::Seconds { seconds }) => write!(text, " off by {seconds} s"),
        };
        text.push('\n');
    }
    for line in log {
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[async_trait]
impl Desk for LocalDesk {
    async fn state(&self) -> State {
        self.operations.state().await
    }

    async fn begin(&self, begin: Begin) -> Result<State, Trouble> {
        match self.operations.begin(&begin.ticket).await {
            Ok(()) => Ok(self.operations.state().await),
            Err(trouble) => {
                self.log.write(&Event::TicketRefused {
                    code: (&trouble).into(),
                });
                Err(trouble)
            }
        }
    }

    async fn answer(&self, answer: Answer) -> Result<State, Trouble> {
        self.operations.answer(answer).await?;
        Ok(self.operations.state().await)
    }

    async fn stop(&self) -> Result<State, Trouble> {
        self.operations.stop().await?;
        Ok(self.operations.state().await)
    }

    async fn check(&self) -> Check {
        let (tokens, cloud) = tokio::join!(self.token_lines(), self.cloud_lines());
        let mut lines = vec![
            match self.journal.aside() {
                0 => Line::good(
                    Item::Agent,
                    Fact::Text {
                        text: String::new(),
                    },
                ),
                files => Line::bad(Item::Agent, Trouble::JournalAside { files }),
            },
            Line::good(
                Item::Version,
                Fact::Text {
                    text: env!("CARGO_PKG_VERSION").to_owned(),
                },
            ),
        ];
        lines.extend(tokens);
        lines.extend(cloud);
        let log = self.log.tail(LOG_LINES);
        Check {
            report: report(&lines, &log, self.clock.now()),
            lines,
            log,
        }
    }
}

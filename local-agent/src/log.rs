//! What happened, for whoever helps a user: two files that replace each other, at most 256 KiB each.
//!
//! An event has a name and closed fields. There is no field for a free text, so that no PIN, no ticket, no command
//! to a key and nothing that a page sent can get in; of a key's serial number the last four characters are kept.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::OperationId;
use domain::operation::Verb;
use jiff::Timestamp;
use serde::Serialize;

use crate::clock::Clock;
use crate::http::{Code, StepName};
use crate::journal::{JournalError, private_file, private_folder};

/// Bytes of one file.
const FULL: u64 = 256 * 1024;
const NOW: &str = "agent.log";
const BEFORE: &str = "agent.log.1";

/// The last four characters of a key's serial number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SerialEnd(String);

impl SerialEnd {
    /// Of a serial number.
    pub fn of(serial: &str) -> Self {
        let from = serial.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        Self(serial[from..].to_owned())
    }
}

impl std::fmt::Display for SerialEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "…{}", self.0)
    }
}

/// Why a request is refused, before anybody looks at what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Not a request as a browser sends it: another version, an absolute address, a query, a header that is there twice.
    Form,
    /// It wants to become something else than HTTP.
    Upgrade,
    /// Its Host is not ours.
    Host,
    /// Its method is not the one for the path.
    Method,
    /// The browser says that it is for a frame, a script of another page, or the like.
    Fetch,
    /// Its Origin is not ours.
    Origin,
    /// It brings a cookie, and we have none.
    Cookie,
    /// Its body is not said to be JSON.
    Content,
    /// It does not prove that it comes from our page.
    Page,
    /// Its body is too long, or does not come.
    Body,
}

impl Refused {
    /// How many there are.
    pub(crate) const COUNT: usize = 10;
}

/// What is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The agent listens.
    Started {
        /// Its version.
        version: &'static str,
        /// Its port.
        port: u16,
    },
    /// The agent was told to end.
    Stopped,
    /// A request was refused. Written the first, second, fourth, eighth … time, so that a page that knocks all
    /// day does not wash everything else out.
    Refused {
        /// Why.
        why: Refused,
        /// How often since the start.
        times: u64,
    },
    /// A ticket was not taken.
    TicketRefused {
        /// Why.
        code: Code,
    },
    /// An operation began, or went on.
    Begun {
        /// Its number.
        operation: OperationId,
        /// What it does.
        verb: Verb,
    },
    /// Somebody typed a PIN and went on with a key.
    Answered {
        /// The key.
        serial: SerialEnd,
    },
    /// The operation is at a step.
    Step {
        /// Which.
        step: StepName,
    },
    /// The operation cannot go on.
    Failed {
        /// Why.
        code: Code,
    },
    /// The operation is done.
    Done,
    /// The operation was given up.
    GivenUp,
    /// Files of the journal were no files of ours.
    SetAside {
        /// How many.
        files: usize,
    },
}

#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    #[serde(flatten)]
    event: &'a Event,
}

#[derive(Debug)]
struct Ring {
    file: File,
    length: u64,
}

/// The log.
pub struct Log {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    ring: Mutex<Ring>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

fn append(folder: &Path) -> io::Result<Ring> {
    let file = private_file()
        .create(true)
        .append(true)
        .open(folder.join(NOW))?;
    let length = file.metadata()?.len();
    Ok(Ring { file, length })
}

impl Log {
    /// Goes on with the log in a folder, or begins one.
    ///
    /// # Errors
    /// As of a folder for this user alone.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        private_folder(folder)?;
        let ring = append(folder).map_err(|source| JournalError::Disk {
            path: folder.join(NOW).display().to_string(),
            source,
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            clock,
            ring: Mutex::new(ring),
        })
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes an event. A log that cannot be written stops nothing: what must not be lost is in the journal.
    pub fn write(&self, event: &Event) {
        let line = Line {
            at: self.clock.now(),
            event,
        };
        let Ok(mut bytes) = serde_json::to_vec(&line) else {
            return;
        };
        bytes.push(b'\n');
        let mut ring = self.ring();
        let length = bytes.len() as u64;
        if ring.length + length > FULL
            && std::fs::rename(self.folder.join(NOW), self.folder.join(BEFORE)).is_ok()
            && let Ok(next) = append(&self.folder)
        {
            *ring = next;
        }
        if ring.length + length <= FULL && ring.file.write_all(&bytes).is_ok() {
            ring.length += length;
        }
    }

    /// The last lines, oldest first.
    pub fn tail(&self, lines: usize) -> Vec<String> {
        let _held = self.ring();
        let read = |name: &str| std::fs::read(self.folder.join(name)).unwrap_or_default();
        let (before, now) = (read(BEFORE), read(NOW));
        let (before, now) = (
            String::from_utf8_lossy(&before),
            String::from_utf8_lossy(&now),
        );
        let mut last: Vec<String> = now
            .lines()
            .rev()
            .chain(before.lines().rev())
            .take(lines)
            .map(str::to_owned)
            .collect();
        last.reverse();
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(1_800_000_000).unwrap()
        }
    }

    fn log(folder: &Path) -> Log {
        Log::open(&folder.join("log"), Arc::new(Fixed)).unwrap()
    }

    #[test]
    fn of_a_serial_number_four_characters_are_kept() {
        for (serial, end) in [
            ("SK2026000123", "…0123"),
            ("123", "…123"),
            ("", "…"),
            ("钥匙一二三", "…匙一二三"),
        ] {
            assert_eq!(SerialEnd::of(serial).to_string(), end);
        }
    }

    #[test]
    fn lines_go_on_after_a_start() {
        let folder = tempfile::tempdir().unwrap();
        log(folder.path()).write(&Event::Stopped);
        let log = log(folder.path());
        log.write(&Event::Refused {
            why: Refused::Host,
            times: 2,
        });
        log.write(&Event::Answered {
            serial: SerialEnd::of("SK2026000123"),
        });
        let tail = log.tail(10);
        assert_eq!(
            tail,
            [
                r#"{"at":"2027-01-15T08:00:00Z","event":"stopped"}"#,
                r#"{"at":"2027-01-15T08:00:00Z","event":"refused","why":"host","times":2}"#,
                r#"{"at":"2027-01-15T08:00:00Z","event":"answered","serial":"0123"}"#,
            ]
        );
        assert_eq!(log.tail(1), tail[2..]);
    }

    #[test]
    fn two_files_hold_no_more_than_they_may_and_keep_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let log = log(folder.path());
        let size = |name| {
            std::fs::metadata(folder.path().join("log").join(name)).map_or(0, |file| file.len())
        };
        for times in 0..12_000 {
            log.write(&Event::Refused {
                why: Refused::Origin,
                times,
            });
        }
        assert!((1..=FULL).contains(&size(NOW)));
        assert!((FULL - 200..=FULL).contains(&size(BEFORE)));
        let tail = log.tail(4_000);
        assert_eq!(tail.len(), 4_000);
        let number =
            |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["times"].as_u64();
        for (place, line) in tail.iter().enumerate() {
            assert_eq!(number(line), Some(8_000 + place as u64));
        }
        assert_eq!(
            std::fs::read_dir(folder.path().join("log"))
                .unwrap()
                .count(),
            2
        );
    }
}

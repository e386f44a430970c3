//! What survives a loss of power: each operation that is under way, in a file of its own.
//!
//! A file holds the ticket, the private key that the operation is bound to, and the steps that are done with what
//! they gave. Never a PIN: the type for those cannot be written as JSON.
//!
//! A file is written beside itself, flushed, and put in place by one rename, which is flushed too; so it is always
//! either as before a step or as after it. What is in the folder and is no whole file of ours is set aside in
//! `aside/` and told, never thrown away. The folder belongs to one agent at a time, and to its user alone.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use p256::ecdsa::SigningKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

/// What the files are written as. A file with another number is not ours.
const FORMAT: u32 = 1;
/// The one agent that the folder belongs to holds this.
const LOCK: &str = "lock";
/// Folder of what was no file of ours.
const ASIDE: &str = "aside";
/// What makes this computer a desk; see `enrolment`.
pub const DESK: &str = "desk.key";
/// Folder of the log.
pub const LOG: &str = "log";

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The folder is open to others.
    #[error("{folder}: others may read it (mode {mode:o}); it must be the user's alone (700)")]
    Open {
        /// Which.
        folder: String,
        /// Its mode.
        mode: u32,
    },
    /// Another agent has it.
    #[error("{folder}: another agent of this user is running")]
    Taken {
        /// Which.
        folder: String,
    },
    /// No name of an operation: letters, digits, `-` and `_`, at most 64.
    #[error("not a name for an operation")]
    Name,
    /// There is one of this name.
    #[error("the operation is in the journal already")]
    Exists,
    /// The disk failed, or is full.
    #[error("{path}: {source}")]
    Disk {
        /// Which file or folder.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

fn disk(path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    let path = path.display().to_string();
    move |source| JournalError::Disk { path, source }
}

/// One step that is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Which.
    pub name: String,
    /// When it was done.
    pub at: Timestamp,
    /// What it gave.
    pub data: Value,
}

/// An operation under way, as it is on the disk.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number.
    pub operation: String,
    /// The ticket that allowed it.
    pub ticket: String,
    /// The private key that it is bound to.
    pub key: SigningKey,
    /// What is done, oldest first.
    pub steps: Vec<Step>,
}

/// The form of a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnDisk {
    format: u32,
    operation: String,
    ticket: String,
    key: String,
    steps: Vec<Step>,
}

impl Drop for OnDisk {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl Entry {
    fn bytes(&self) -> io::Result<Zeroizing<Vec<u8>>> {
        let secret = Zeroizing::new(self.key.to_bytes());
        let on_disk = OnDisk {
            format: FORMAT,
            operation: self.operation.clone(),
            ticket: self.ticket.clone(),
            key: URL_SAFE_NO_PAD.encode(secret.as_slice()),
            steps: self.steps.clone(),
        };
        Ok(Zeroizing::new(serde_json::to_vec_pretty(&on_disk)?))
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let mut on_disk: OnDisk = serde_json::from_slice(bytes).ok()?;
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.decode(on_disk.key.as_bytes()).ok()?);
        let key = SigningKey::from_slice(&secret).ok()?;
        (on_disk.format == FORMAT).then_some(Self {
            operation: std::mem::take(&mut on_disk.operation),
            ticket: std::mem::take(&mut on_disk.ticket),
            key,
            steps: std::mem::take(&mut on_disk.steps),
        })
    }
}

/// What a look into the folder gave.
#[derive(Debug)]
pub struct Listing {
    /// Operations under way, by name.
    pub entries: Vec<Entry>,
    /// How many files were set aside in this look.
    pub set_aside: usize,
}

/// The folder.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    /// Held as long as this lives; the system lets go of it when the agent dies.
    _lock: File,
}

/// Makes a folder for this user alone, with all above it.
///
/// # Errors
/// [`JournalError::Open`] when it is there and is not; [`JournalError::Disk`].
pub fn private_folder(folder: &Path) -> Result<(), JournalError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(disk(folder))?;
    // On Windows a folder inherits that only its user may read it.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder)
            .map_err(disk(folder))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            return Err(JournalError::Open {
                folder: folder.display().to_string(),
                mode: mode & 0o777,
            });
        }
    }
    Ok(())
}

/// How files for this user alone are opened.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a rename or a removal in a folder last. Windows has no such call, and needs none.
fn flush(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

impl Journal {
    /// Takes a folder, and makes it if it is not there.
    ///
    /// # Errors
    /// [`JournalError::Open`], [`JournalError::Taken`], [`JournalError::Disk`].
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        private_folder(folder)?;
        let path = folder.join(LOCK);
        let lock = private_file()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(disk(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                folder: folder.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(JournalError::Taken {
                folder: folder.display().to_string(),
            }),
            Err(TryLockError::Error(source)) => Err(disk(&path)(source)),
        }
    }

    /// Does an agent have this folder? Leaves nothing behind.
    pub fn is_taken(folder: &Path) -> bool {
        let lock = private_file().write(true).open(folder.join(LOCK));
        lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
    }

    fn path(&self, operation: &str) -> Result<PathBuf, JournalError> {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if operation.is_empty() || operation.len() > 64 || !operation.chars().all(good) {
            return Err(JournalError::Name);
        }
        Ok(self.folder.join(format!("{operation}.json")))
    }

    /// What is under way. What is in the folder besides is set aside.
    ///
    /// # Errors
    /// [`JournalError::Disk`].
    pub fn list(&self) -> Result<Listing, JournalError> {
        let mut listing = Listing {
            entries: Vec::new(),
            set_aside: 0,
        };
        for found in std::fs::read_dir(&self.folder).map_err(disk(&self.folder))? {
            let path = found.map_err(disk(&self.folder))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy());
            let name = name.unwrap_or_default();
            if [LOCK, ASIDE, LOG, DESK].contains(&name.as_ref()) {
                continue;
            }
            if path.extension().is_some_and(|end| end == "new") && path.is_file() {
                // Of a write that no caller was told had happened; what it was to replace is still there.
                std::fs::remove_file(&path).map_err(disk(&path))?;
                continue;
            }
            if let Some(entry) = self.read(&path) {
                listing.entries.push(entry);
            } else {
                self.set_aside(&path, &name)?;
                listing.set_aside += 1;
            }
        }
        listing
            .entries
            .sort_by(|left, right| left.operation.cmp(&right.operation));
        Ok(listing)
    }

    /// How many files were ever set aside and are still there.
    pub fn aside(&self) -> usize {
        std::fs::read_dir(self.folder.join(ASIDE)).map_or(0, Iterator::count)
    }

    fn read(&self, path: &Path) -> Option<Entry> {
        let bytes = Zeroizing::new(std::fs::read(path).ok()?);
        let entry = Entry::of(&bytes)?;
        // A file under another's name would be overwritten as that one.
        (self.path(&entry.operation).ok()? == path).then_some(entry)
    }

    fn set_aside(&self, path: &Path, name: &str) -> Result<(), JournalError> {
        let aside = self.folder.join(ASIDE);
        private_folder(&aside)?;
        let mut to = aside.join(name);
        let mut number = 1;
        while to.exists() {
            number += 1;
            to = aside.join(format!("{name}.{number}"));
        }
        std::fs::rename(path, &to).map_err(disk(path))?;
        flush(&aside).map_err(disk(&aside))?;
        flush(&self.folder).map_err(disk(&self.folder))
    }

    /// Begins an operation. On the disk when this returns.
    ///
    /// # Errors
    /// [`JournalError::Name`], [`JournalError::Exists`], [`JournalError::Disk`].
    pub fn begin(
        &self,
        operation: &str,
        ticket: &str,
        key: SigningKey,
    ) -> Result<Entry, JournalError> {
        if self.path(operation)?.exists() {
            return Err(JournalError::Exists);
        }
        let entry = Entry {
            operation: operation.to_owned(),
            ticket: ticket.to_owned(),
            key,
            steps: Vec::new(),
        };
        self.write(&entry)?;
        Ok(entry)
    }

    /// Adds a step that is done. On the disk when this returns; when it fails, `entry` is as before.
    ///
    /// # Errors
    /// [`JournalError::Disk`].
    pub fn append(&self, entry: &mut Entry, step: Step) -> Result<(), JournalError> {
        entry.steps.push(step);
        let written = self.write(entry);
        if written.is_err() {
            entry.steps.pop();
        }
        written
    }

    /// Puts other steps in place of those that there are. On the disk when this returns; when it fails, `entry` is
    /// as before.
    ///
    /// # Errors
    /// [`JournalError::Disk`].
    pub fn replace(&self, entry: &mut Entry, steps: Vec<Step>) -> Result<(), JournalError> {
        let before = std::mem::replace(&mut entry.steps, steps);
        let written = self.write(entry);
        if written.is_err() {
            entry.steps = before;
        }
        written
    }

    /// Reads the file that makes this computer a desk. None: there is none.
    ///
    /// # Errors
    /// [`JournalError::Disk`].
    pub fn read_desk(&self) -> Result<Option<Zeroizing<Vec<u8>>>, JournalError> {
        let path = self.folder.join(DESK);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(disk(&path)(error)),
        }
    }

    /// Writes that file, whole. On the disk when this returns.
    ///
    /// # Errors
    /// [`JournalError::Disk`].
    pub fn write_desk(&self, bytes: &[u8]) -> Result<(), JournalError> {
        let path = self.folder.join(DESK);
        self.put(&path, bytes).map_err(disk(&path))
    }

    /// Ends an operation: its file goes, and its key with it.
    ///
    /// # Errors
    /// [`JournalError::Disk`].
    pub fn close(&self, entry: Entry) -> Result<(), JournalError> {
        let path = self.path(&entry.operation)?;
        drop(entry);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(disk(&path)(error));
            }
            _ => {}
        }
        flush(&self.folder).map_err(disk(&self.folder))
    }

    fn write(&self, entry: &Entry) -> Result<(), JournalError> {
        let path = self.path(&entry.operation)?;
        let bytes = entry.bytes().map_err(disk(&path))?;
        self.put(&path, &bytes).map_err(disk(&path))
    }

    /// Writes a file beside itself, and puts it in place.
    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let new = path.with_extension("new");
        let mut options = private_file();
        let mut file = options.create(true).write(true).truncate(true).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        flush(&self.folder)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_slice(&[seed; 32]).unwrap()
    }

    fn step(name: &str) -> Step {
        Step {
            name: name.to_owned(),
            at: Timestamp::from_second(1_800_000_000).unwrap(),
            data: json!({"b": 1, "a": [2]}),
        }
    }

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }
        fn folder(&self) -> PathBuf {
            self.0.path().join("journal")
        }
        fn open(&self) -> Journal {
            Journal::open(&self.folder()).unwrap()
        }
    }

    #[test]
    fn what_was_done_is_there_after_a_loss_of_power() {
        let place = Place::new();
        {
            let journal = place.open();
            let mut entry = journal.begin("op-1", "the.tic.ket", key(1)).unwrap();
            journal.append(&mut entry, step("claimed")).unwrap();
            journal.append(&mut entry, step("signed")).unwrap();
            journal.begin("op-2", "another", key(2)).unwrap();
        }
        let journal = place.open();
        let listing = journal.list().unwrap();
        assert_eq!(listing.set_aside, 0);
        let [first, second] = listing.entries.try_into().unwrap();
        assert_eq!(first.ticket, "the.tic.ket");
        assert_eq!(first.key, key(1));
        assert_eq!(first.steps, [step("claimed"), step("signed")]);
        assert_eq!(second.key, key(2));
        journal.close(first).unwrap();
        assert_eq!(journal.list().unwrap().entries.len(), 1);
        assert!(!place.folder().join("op-1.json").exists());
    }

    #[test]
    fn a_write_that_was_cut_off_leaves_the_step_before_it() {
        let place = Place::new();
        let journal = place.open();
        let mut entry = journal.begin("op-1", "t", key(1)).unwrap();
        journal.append(&mut entry, step("claimed")).unwrap();
        let half = &entry.bytes().unwrap()[..40];
        std::fs::write(place.folder().join("op-1.new"), half).unwrap();
        let listing = journal.list().unwrap();
        assert_eq!(listing.set_aside, 0);
        assert_eq!(listing.entries[0].steps, [step("claimed")]);
        assert!(!place.folder().join("op-1.new").exists());
    }

    #[test]
    fn a_torn_or_foreign_file_is_set_aside_and_kept() {
        let place = Place::new();
        let journal = place.open();
        let whole = journal.begin("op-1", "t", key(1)).unwrap().bytes().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            std::fs::write(place.folder().join(name), bytes).unwrap();
        };
        let text = String::from_utf8(whole.to_vec()).unwrap();
        put("op-1.json", &whole[..whole.len() - 1]);
        put("op-2.json", &whole);
        put(
            "op-3.json",
            text.replace("\"format\": 1", "\"format\": 2").as_bytes(),
        );
        put(
            "op-4.json",
            text.replace("\"ticket\"", "\"pin\": \"1\", \"ticket\"")
                .as_bytes(),
        );
        put("op-5.json", b"");
        put("note.txt", b"x");
        std::fs::create_dir(place.folder().join("op-6.json")).unwrap();
        let listing = journal.list().unwrap();
        assert!(listing.entries.is_empty());
        assert_eq!((listing.set_aside, journal.aside()), (7, 7));
        let kept = std::fs::read(place.folder().join("aside/op-1.json")).unwrap();
        assert_eq!(kept, whole[..whole.len() - 1]);
        // The same name once more does not overwrite what is kept.
        put("op-1.json", b"again");
        assert_eq!(journal.list().unwrap().set_aside, 1);
        assert_eq!(journal.aside(), 8);
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let place = Place::new();
        let journal = place.open();
        for name in ["", "../x", "a/b", "a.b", "a\\b", "键", &"a".repeat(65)] {
            let refused = journal.begin(name, "t", key(1));
            assert!(matches!(refused, Err(JournalError::Name)), "{name}");
        }
        journal.begin("op-1", "t", key(1)).unwrap();
        let again = journal.begin("op-1", "t", key(2));
        assert!(matches!(again, Err(JournalError::Exists)));
    }

    #[test]
    fn one_agent_at_a_time() {
        let place = Place::new();
        assert!(!Journal::is_taken(&place.folder()));
        assert!(!place.folder().exists(), "asking leaves nothing");
        let first = place.open();
        assert!(Journal::is_taken(&place.folder()));
        let second = Journal::open(&place.folder());
        assert!(matches!(second, Err(JournalError::Taken { .. })));
        drop(first);
        assert!(!Journal::is_taken(&place.folder()));
        place.open();
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_look() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let place = Place::new();
        {
            let journal = place.open();
            journal.begin("op-1", "t", key(1)).unwrap();
            assert_eq!(mode(&place.folder()), 0o700);
            assert_eq!(mode(&place.folder().join("op-1.json")), 0o600);
        }
        for open in [0o750, 0o701, 0o740] {
            let set = std::fs::Permissions::from_mode(open);
            std::fs::set_permissions(place.folder(), set).unwrap();
            let refused = Journal::open(&place.folder());
            assert!(
                matches!(refused, Err(JournalError::Open { mode, .. }) if mode == open),
                "{open:o}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_step_that_could_not_be_written_is_not_done() {
        let place = Place::new();
        let journal = place.open();
        let mut entry = journal.begin("op-1", "t", key(1)).unwrap();
        // A folder where the new file should go fails like a disk that is full.
        std::fs::create_dir(place.folder().join("op-1.new")).unwrap();
        let failed = journal.append(&mut entry, step("claimed"));
        assert!(matches!(failed, Err(JournalError::Disk { .. })));
        assert!(entry.steps.is_empty());
        assert_eq!(journal.list().unwrap().entries[0].steps, []);
    }
}

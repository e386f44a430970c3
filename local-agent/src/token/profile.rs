//! Profiles: what has to be known of a model before it can be used. One TOML file a model, read at start.
//!
//! `profiles/` in the source has one for each module that tests use, and a documented example of a vendor's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::catalog::Medium;
use serde::Deserialize;

/// A profile is a page of text; what is much longer is another file.
const LONGEST: u64 = 64 * 1024;
/// Standard numbers of mechanisms end here; above are the vendors' own.
pub(crate) const VENDOR: u32 = 0x8000_0000;

/// How a model is used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name, which is that of its file.
    pub name: String,
    /// Where its module is, by system.
    pub module: Paths,
    /// Lengths of PINs.
    pub pin: Lengths,
    /// Lengths of SO PINs.
    pub so_pin: Lengths,
    /// Which product a token of it is.
    pub medium: MediumRule,
    /// Where its serial number stands.
    #[serde(default)]
    pub serial: SerialField,
    /// How it tells that keys come and go.
    #[serde(default)]
    pub hotplug: Hotplug,
    /// Numbers of its mechanisms.
    #[serde(default)]
    pub mechanisms: Mechanisms,
    /// How it writes a signature.
    #[serde(default)]
    pub signature: SignatureForm,
}

/// A module's file on each system. A bare name is a file beside the agent itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paths {
    /// On Linux.
    pub linux: Option<PathBuf>,
    /// On Windows.
    pub windows: Option<PathBuf>,
    /// On macOS.
    pub macos: Option<PathBuf>,
}

/// Lengths in bytes, both ends included. Where the module is stricter, the module counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    /// The shortest.
    pub min: usize,
    /// The longest.
    pub max: usize,
}

/// Which product a token is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum MediumRule {
    /// Every token of this model is the same.
    Always(Medium),
    /// One of its texts tells: the first word that stands in it counts.
    Text {
        /// Which text.
        of: TextField,
        /// What stands in it of one that is `cpp`.
        cpp: Option<String>,
        /// What stands in it of one that is `bjca`.
        bjca: Option<String>,
    },
}

/// A text that a token tells of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextField {
    /// Given when it was initialised.
    Label,
    /// Given by its maker.
    Model,
    /// Its maker.
    Manufacturer,
}

/// Where a serial number stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SerialField {
    /// Where it should.
    #[default]
    Serial,
    /// In the label, for models whose serial number is empty or changes.
    Label,
}

/// How a module shows that keys come and go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hotplug {
    /// Its list of slots is always up to date.
    #[default]
    List,
    /// It looks only when it starts: it is ended and started again before each look, never during a session.
    Restart,
}

/// Numbers of mechanisms, for models that have their own (from 0x80000000) for what we need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mechanisms {
    /// Makes a key pair on a curve; usually `CKM_EC_KEY_PAIR_GEN`.
    pub key_pair: u32,
    /// Signs a digest; usually `CKM_ECDSA`.
    pub sign: u32,
    /// Agrees on a secret; usually `CKM_ECDH1_DERIVE`.
    pub derive: u32,
}

impl Mechanisms {
    /// Those of the standard.
    pub const STANDARD: Self = Self {
        key_pair: 0x1040,
        sign: 0x1041,
        derive: 0x1050,
    };
}

impl Default for Mechanisms {
    fn default() -> Self {
        Self::STANDARD
    }
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureForm {
    /// Both numbers one after the other, as the standard has it.
    #[default]
    Raw,
    /// DER, as some makers have it.
    Der,
}

/// What is wrong with a profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// A file or the folder cannot be read.
    #[error("{}: {reason}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{}, line {line}: {reason}", file.display())]
    Syntax {
        /// Which.
        file: PathBuf,
        /// Where.
        line: usize,
        /// What and in which field.
        reason: String,
    },
    /// A field holds something that cannot be.
    #[error("{}: field {field}: {reason}", file.display())]
    Field {
        /// Which file.
        file: PathBuf,
        /// Which field.
        field: &'static str,
        /// Why it cannot be.
        reason: String,
    },
    /// This machine's configuration names a module for a profile that is not there.
    #[error("a module is configured for the profile {0}, which does not exist")]
    NoProfile(String),
}

/// Reads the profiles of a folder: every file `*.toml`. `modules` are the places of modules on this machine, by
/// profile, where they are not where the profile says.
///
/// # Errors
/// The first thing that is wrong, with file and field. Nothing is left out silently.
pub fn load(
    folder: &Path,
    modules: &BTreeMap<String, PathBuf>,
) -> Result<Vec<Profile>, ProfileError> {
    let cannot = |file: &Path| {
        let file = file.to_owned();
        move |reason| ProfileError::File { file, reason }
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot(folder))? {
        let file = entry.map_err(cannot(folder))?.path();
        if file.extension().is_some_and(|ending| ending == "toml") {
            files.push(file);
        }
    }
    files.sort();
    let mut profiles: Vec<Profile> = Vec::new();
    for file in files {
        let mut profile = read(&file)?;
        if let Some(path) = modules.get(&profile.name) {
            profile.module.set(path.clone());
        }
        if let Some(other) = profiles.iter().find(|other| {
            profile.module_path().is_some() && other.module_path() == profile.module_path()
        }) {
            return Err(ProfileError::Field {
                file,
                field: "module",
                reason: format!("the profile {} has the same module", other.name),
            });
        }
        profiles.push(profile);
    }
    match modules
        .keys()
        .find(|name| profiles.iter().all(|profile| profile.name != **name))
    {
        Some(name) => Err(ProfileError::NoProfile(name.clone())),
        None => Ok(profiles),
    }
}

fn read(file: &Path) -> Result<Profile, ProfileError> {
    let cannot = |reason| ProfileError::File {
        file: file.to_owned(),
        reason,
    };
    if std::fs::metadata(file).map_err(cannot)?.len() > LONGEST {
        return Err(cannot(std::io::Error::from(
            std::io::ErrorKind::FileTooLarge,
        )));
    }
    let text = std::fs::read_to_string(file).map_err(cannot)?;
    let profile: Profile = toml::from_str(&text).map_err(|error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        // The message names an unknown or missing field, but not the one whose value is wrong: its line does.
        let beginning = text.lines().nth(line - 1).unwrap_or_default().trim();
        let reason = match beginning.split_once('=') {
            Some((field, _)) => format!("{}: {}", field.trim(), error.message()),
            None => error.message().to_owned(),
        };
        ProfileError::Syntax {
            file: file.to_owned(),
            line,
            reason,
        }
    })?;
    profile
        .check(file)
        .map_err(|(field, reason)| ProfileError::Field {
            file: file.to_owned(),
            field,
            reason: reason.to_owned(),
        })?;
    Ok(profile)
}

impl Profile {
    /// What serde cannot see.
    fn check(&self, file: &Path) -> Result<(), (&'static str, &'static str)> {
        if file.file_stem().is_none_or(|stem| *stem != *self.name) {
            return Err(("name", "it must be that of the file"));
        }
        for (field, lengths) in [("pin", self.pin), ("so_pin", self.so_pin)] {
            if lengths.min == 0 || lengths.min > lengths.max {
                return Err((field, "min must be at least 1 and at most max"));
            }
        }
        for path in [&self.module.linux, &self.module.windows, &self.module.macos]
            .into_iter()
            .flatten()
        {
            // Paths of another system are not absolute on this one; what counts is that none is relative by way of
            // a folder, since nobody knows where an agent was started.
            let text = path.to_string_lossy();
            let bare = !text.contains(['/', '\\']);
            let absolute = text.starts_with('/') || text.get(1..3) == Some(":\\");
            if text.is_empty() || !(bare || absolute) {
                return Err(("module", "a path must be absolute or a bare name"));
            }
        }
        if let MediumRule::Text { cpp, bjca, .. } = &self.medium {
            let words: Vec<&String> = [cpp, bjca].into_iter().flatten().collect();
            if words.is_empty() || words.iter().any(|word| word.is_empty()) || cpp == bjca {
                return Err(("medium", "there must be a word for each, and not the same"));
            }
        }
        let Mechanisms {
            key_pair,
            sign,
            derive,
        } = Mechanisms::STANDARD;
        for (field, number, standard) in [
            ("mechanisms.key_pair", self.mechanisms.key_pair, key_pair),
            ("mechanisms.sign", self.mechanisms.sign, sign),
            ("mechanisms.derive", self.mechanisms.derive, derive),
        ] {
            if number != standard && number < VENDOR {
                return Err((
                    field,
                    "neither the standard's number nor a vendor's (from 0x80000000)",
                ));
            }
        }
        Ok(())
    }

    /// Where its module is on this system. A bare name is looked for beside the program.
    pub fn module_path(&self) -> Option<PathBuf> {
        let path = self.module.here()?;
        if path.components().count() > 1 || path.is_absolute() {
            return Some(path.clone());
        }
        let program = std::env::current_exe().ok()?;
        Some(program.with_file_name(path))
    }
}

impl Paths {
    fn here(&self) -> Option<&PathBuf> {
        if cfg!(target_os = "windows") {
            self.windows.as_ref()
        } else if cfg!(target_os = "macos") {
            self.macos.as_ref()
        } else {
            self.linux.as_ref()
        }
    }

    fn set(&mut self, path: PathBuf) {
        let place = if cfg!(target_os = "windows") {
            &mut self.windows
        } else if cfg!(target_os = "macos") {
            &mut self.macos
        } else {
            &mut self.linux
        };
        *place = Some(path);
    }
}

impl MediumRule {
    /// The product, by what a token tells of itself.
    pub fn medium(&self, label: &str, model: &str, manufacturer: &str) -> Option<Medium> {
        match self {
            Self::Always(medium) => Some(*medium),
            Self::Text { of, cpp, bjca } => {
                let text = match of {
                    TextField::Label => label,
                    TextField::Model => model,
                    TextField::Manufacturer => manufacturer,
                };
                let says =
                    |word: &Option<String>| word.as_ref().is_some_and(|word| text.contains(word));
                if says(cpp) {
                    Some(Medium::Cpp)
                } else if says(bjca) {
                    Some(Medium::Bjca)
                } else {
                    None
                }
            }
        }
    }
}

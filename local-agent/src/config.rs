//! The file that says whose agent this is: which cloud it calls, whose tickets count.
//!
//! JSON. Whoever installs the agent writes it, for it names the keys that tickets are signed by; nothing that
//! comes from a page changes it.
//!
//! | field | what it is | without it |
//! | --- | --- | --- |
//! | `cloud` | address of the cloud: https, or http on this machine | refused |
//! | `site_origins` | origins of the sites whose tickets count, for example `https://example.cn` | refused |
//! | `ticket_keys` | public keys of tickets: points of P-256, base64url | refused |
//! | `port` | port on 127.0.0.1 | 27415 |
//! | `profiles` | folder of the profiles of key models | `profiles` beside this file |
//! | `modules` | paths of makers' modules on this machine, by profile, in place of the profile's | none |
//! | `journal` | folder of journal and log, for this user alone | see below |
//!
//! A folder that is not absolute stands beside the file.
//!
//! | system | this file, without `--config` | `journal` |
//! | --- | --- | --- |
//! | Linux | `/etc/sealkey-agent/config.json` | `$XDG_STATE_HOME/sealkey-agent`, else `~/.local/state/sealkey-agent` |
//! | Windows | `%PROGRAMDATA%\Sealkey Agent\config.json` | `%LOCALAPPDATA%\Sealkey Agent` |
//! | macOS | `/Library/Application Support/Sealkey Agent/config.json` | `~/Library/Application Support/Sealkey Agent` |

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use contract::agent::PORT;
use jws::PublicKey;
use reqwest::Url;
use serde_json::{Map, Value};

/// What the file says, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Address of the cloud; its path ends with a slash.
    pub cloud: Url,
    /// Origins of the sites whose tickets count.
    pub site_origins: Vec<String>,
    /// Keys that tickets are signed by.
    pub ticket_keys: Vec<PublicKey>,
    /// Port on 127.0.0.1.
    pub port: u16,
    /// Folder of the profiles.
    pub profiles: PathBuf,
    /// Paths of makers' modules, by profile.
    pub modules: BTreeMap<String, PathBuf>,
    /// Folder of journal and log.
    pub journal: PathBuf,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum BadConfig {
    /// The file cannot be read.
    #[error("{path}: cannot be read")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is no JSON object.
    #[error("{path}: not a JSON object")]
    Form {
        /// Which file.
        path: String,
    },
    /// A field is wrong.
    #[error("{path}: field `{field}`: {why}")]
    Field {
        /// Which file.
        path: String,
        /// Which field.
        field: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The system does not say where the user's folders are.
    #[error("the environment variable {0} is not set")]
    NoFolder(&'static str),
}

const ALL: [&str; 7] = [
    "cloud",
    "site_origins",
    "ticket_keys",
    "port",
    "profiles",
    "modules",
    "journal",
];

/// A folder that the environment names.
fn folder(variable: &'static str) -> Result<PathBuf, BadConfig> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .ok_or(BadConfig::NoFolder(variable))
}

/// Where the file is when nobody says otherwise.
///
/// # Errors
/// [`BadConfig::NoFolder`], on Windows only.
pub fn default_file() -> Result<PathBuf, BadConfig> {
    Ok(if cfg!(windows) {
        folder("PROGRAMDATA")?
            .join("Sealkey Agent")
            .join("config.json")
    } else if cfg!(target_os = "macos") {
        PathBuf::from("/Library/Application Support/Sealkey Agent/config.json")
    } else {
        PathBuf::from("/etc/sealkey-agent/config.json")
    })
}

fn default_journal() -> Result<PathBuf, BadConfig> {
    if cfg!(windows) {
        Ok(folder("LOCALAPPDATA")?.join("Sealkey Agent"))
    } else if cfg!(target_os = "macos") {
        Ok(folder("HOME")?.join("Library/Application Support/Sealkey Agent"))
    } else {
        let state = folder("XDG_STATE_HOME").or_else(|_| Ok(folder("HOME")?.join(".local/state")));
        Ok(state?.join("sealkey-agent"))
    }
}

/// An address of the cloud or of a site. What is not encrypted stays on this machine.
fn address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "not an address")?;
    let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
    if url.scheme() != "https" && !(url.scheme() == "http" && here) {
        return Err("neither https, nor http on this machine");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user's name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it holds a query or a fragment");
    }
    Ok(url)
}

fn cloud(text: &str) -> Result<Url, &'static str> {
    let mut url = address(text)?;
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

fn origin(text: &str) -> Result<String, &'static str> {
    let origin = address(text)?.origin().ascii_serialization();
    if origin == text {
        Ok(origin)
    } else {
        Err("not an origin: scheme, host and port, and no slash at the end")
    }
}

/// The fields of one file, taken one by one.
struct Fields<'a> {
    path: &'a Path,
    all: Map<String, Value>,
}

impl Fields<'_> {
    fn wrong(&self, field: &str, why: &'static str) -> BadConfig {
        BadConfig::Field {
            path: self.path.display().to_string(),
            field: field.to_owned(),
            why,
        }
    }

    fn take<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&Value) -> Result<T, &'static str>,
    ) -> Result<Option<T>, BadConfig> {
        match self.all.remove(field) {
            None => Ok(None),
            Some(value) => read(&value).map(Some).map_err(|why| self.wrong(field, why)),
        }
    }

    fn must<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&Value) -> Result<T, &'static str>,
    ) -> Result<T, BadConfig> {
        self.take(field, read)?
            .ok_or_else(|| self.wrong(field, "missing"))
    }

    fn folder(&mut self, field: &str) -> Result<Option<PathBuf>, BadConfig> {
        let beside = self.path.parent().unwrap_or(Path::new("")).to_owned();
        self.take(field, |value| match text(value)? {
            "" => Err("empty"),
            path => Ok(beside.join(path)),
        })
    }
}

fn text(value: &Value) -> Result<&str, &'static str> {
    value.as_str().ok_or("not a text")
}

/// A list of texts, at least one.
fn list<T>(
    value: &Value,
    read: impl Fn(&str) -> Result<T, &'static str>,
) -> Result<Vec<T>, &'static str> {
    let items = value.as_array().ok_or("not a list")?;
    if items.is_empty() {
        return Err("empty");
    }
    items.iter().map(|item| read(text(item)?)).collect()
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// [`BadConfig`], which names the file and the field.
    pub fn read(path: &Path) -> Result<Self, BadConfig> {
        let name = || path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| BadConfig::File {
            path: name(),
            source,
        })?;
        let Ok(Value::Object(all)) = serde_json::from_slice(&bytes) else {
            return Err(BadConfig::Form { path: name() });
        };
        Self::of(path, all)
    }

    fn of(path: &Path, all: Map<String, Value>) -> Result<Self, BadConfig> {
        let mut fields = Fields { path, all };
        let unknown = fields.all.keys().find(|name| !ALL.contains(&name.as_str()));
        if let Some(unknown) = unknown {
            return Err(fields.wrong(unknown, "unknown"));
        }
        let port = fields.take("port", |value| {
            let port = value.as_u64().and_then(|port| u16::try_from(port).ok());
            port.filter(|port| *port != 0)
                .ok_or("not a port: 1 to 65535")
        })?;
        let profiles = fields.folder("profiles")?;
        let modules = fields.take("modules", |value| {
            let all = value
                .as_object()
                .ok_or("not an object of paths by profile")?;
            let path = |(profile, path): (&String, &Value)| match Path::new(text(path)?) {
                path if path.is_absolute() => Ok((profile.clone(), path.to_owned())),
                _ => Err("a path that is not absolute"),
            };
            all.iter().map(path).collect()
        })?;
        let journal = fields.folder("journal")?;
        Ok(Self {
            cloud: fields.must("cloud", |value| cloud(text(value)?))?,
            site_origins: fields.must("site_origins", |value| list(value, origin))?,
            ticket_keys: fields.must("ticket_keys", |value| {
                list(value, |key| {
                    key.parse().map_err(|_| "not a key of P-256 as base64url")
                })
            })?,
            port: port.unwrap_or(PORT),
            profiles: profiles
                .unwrap_or_else(|| path.parent().unwrap_or(Path::new("")).join("profiles")),
            modules: modules.unwrap_or_default(),
            journal: journal.map_or_else(default_journal, Ok)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn good() -> Value {
        let key = p256::ecdsa::SigningKey::from_slice(&KEY).unwrap();
        json!({
            "cloud": "https://cloud.example.cn/x",
            "site_origins": ["https://example.cn", "http://127.0.0.1:5173"],
            "ticket_keys": [PublicKey::from(&key)],
            "journal": "state",
        })
    }

    fn read(value: Value) -> Result<Config, String> {
        let Value::Object(all) = value else {
            panic!("an object")
        };
        Config::of(Path::new("/etc/agent/config.json"), all).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_said_has_its_usual_value() {
        let config = read(good()).unwrap();
        assert_eq!(config.cloud.as_str(), "https://cloud.example.cn/x/");
        assert_eq!(config.port, 27_415);
        assert_eq!(config.profiles, Path::new("/etc/agent/profiles"));
        assert_eq!(config.journal, Path::new("/etc/agent/state"));
        assert_eq!(config.ticket_keys.len(), 1);
    }

    #[test]
    fn what_a_package_shows_an_operator_is_right_once_it_is_filled_in() {
        let example = include_str!("../package/config.json.example");
        let key = good()["ticket_keys"][0].as_str().unwrap().to_owned();
        let filled = example.replace("DOMAIN", "example.cn").replace("KEY", &key);
        let mut value: Value = serde_json::from_str(&filled).unwrap();
        value["journal"] = json!("state");
        assert_eq!(read(value).unwrap().site_origins, ["https://example.cn"]);
        assert!(read(serde_json::from_str(example).unwrap()).is_err());
    }

    #[test]
    fn every_fault_names_its_field() {
        let remove = |field: &str| {
            let mut value = good();
            value.as_object_mut().unwrap().remove(field);
            value
        };
        let set = |field: &str, to: Value| {
            let mut value = good();
            value[field] = to;
            value
        };
        for (value, field) in [
            (remove("cloud"), "cloud"),
            (remove("site_origins"), "site_origins"),
            (remove("ticket_keys"), "ticket_keys"),
            (set("cloud", json!(1)), "cloud"),
            (set("cloud", json!("http://cloud.example.cn")), "cloud"),
            (set("cloud", json!("ftp://127.0.0.1")), "cloud"),
            (set("cloud", json!("https://a:b@cloud.example.cn")), "cloud"),
            (set("cloud", json!("https://cloud.example.cn/?a")), "cloud"),
            (set("site_origins", json!([])), "site_origins"),
            (
                set("site_origins", json!("https://example.cn")),
                "site_origins",
            ),
            (
                set("site_origins", json!(["https://example.cn/"])),
                "site_origins",
            ),
            (
                set("site_origins", json!(["https://example.cn", "null"])),
                "site_origins",
            ),
            (set("ticket_keys", json!(["AAAA"])), "ticket_keys"),
            (set("ticket_keys", json!([])), "ticket_keys"),
            (set("port", json!(0)), "port"),
            (set("port", json!(65_536)), "port"),
            (set("port", json!("27415")), "port"),
            (set("profiles", json!(["a"])), "profiles"),
            (set("modules", json!({"soft": "a.so"})), "modules"),
            (set("modules", json!(["/a.so"])), "modules"),
            (set("journal", json!("")), "journal"),
            (set("pin", json!("1")), "pin"),
        ] {
            let error = read(value).unwrap_err();
            let start = format!("/etc/agent/config.json: field `{field}`: ");
            assert!(error.starts_with(&start), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        let error = Config::read(&path).unwrap_err();
        assert!(matches!(error, BadConfig::File { .. }), "{error}");
        std::fs::write(&path, "[]").unwrap();
        let error = Config::read(&path).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("config.json: not a JSON object")
        );
    }
}

//! `sealkey-token`: virtual keys, plugged in and pulled out by command. For tests and the laptop; packages of the
//! agent leave it out.
//!
//! A folder is a machine with its USB sockets. `token.conf` in it lists the keys and is what the module
//! `soft-token` reads; `SERIAL.sql` is a key, `SERIAL.out` says that it is not plugged in. An agent started with
//! `KRYOPTIC_CONF` naming that file sees keys come and go while it runs: at its next look, or, in the midst of a
//! session, at its next call.
#![expect(clippy::print_stdout, reason = "it speaks to a person at a terminal")]

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use domain::catalog::Medium;
use local_agent::request;
use local_agent::token::profile::Paths;
use local_agent::token::{
    Pin, Pkcs11Driver, Present, Profile, Purpose, TokenDriver, TokenError, Tries,
};
use serde::{Deserialize, Serialize};
use x509_cert::Certificate;
use x509_cert::der::pem::{LineEnding, PemLabel as _};
use x509_cert::der::{DecodePem as _, Encode as _};

const HELP: &str = "\
sealkey-token COMMAND ... DIR

  new --medium cpp|bjca      makes a key and plugs it in
      [--serial S]           its serial number: capitals, digits and dashes, at most 16 (default: the next free one)
      [--pin P] [--so-pin P] its PINs (default: 12345678, for both)
      [--room BYTES]         how much it holds (default: as much as one likes)
      [--blank]              as it comes from the factory: not initialised, without PINs
      [--keep]               leaves a key of this serial number as it is; finishes one that was interrupted
  list [--json]              what is there; as JSON with the certificates
  lock SERIAL                types wrong PINs until it locks
  eject SERIAL               pulls it out
  insert SERIAL              plugs it in again
  request SERIAL [--pin P]   makes a key pair in place of what it has, prints a certificate request (PEM)
  certify SERIAL [--pin P]   reads the certificate for that (PEM) from standard input and writes it to the key

Option of all: --module FILE, the module soft-token (default: beside this program).
";

/// The PIN of a virtual key unless told otherwise. It protects nothing.
const PIN: &str = "12345678";
/// Id and label of the key pair that signs, and of its certificate.
const SIGN: &str = "sign";
/// No certificate is longer.
const LONGEST: u64 = 64 * 1024;
/// A real key locks after some ten.
const PATIENCE: usize = 100;

type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<ExitCode> {
    let mut args = Args(words.to_vec());
    if words.is_empty() || args.flag("--help") {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let module = args.value("--module")?;
    let new = New {
        medium: args.value("--medium")?,
        serial: args.value("--serial")?,
        so_pin: args.value("--so-pin")?,
        room: args.value("--room")?,
        blank: args.flag("--blank"),
        keep: args.flag("--keep"),
    };
    let pin = args.value("--pin")?;
    let json = args.flag("--json");
    let command = args.word().unwrap_or_default();
    let named = match command.as_str() {
        "lock" | "eject" | "insert" | "request" | "certify" => {
            Some(args.word().ok_or("which key? Its SERIAL is missing")?)
        }
        "new" | "list" => None,
        other => return Err(format!("there is no command {other}; try --help")),
    };
    let folder = args.word().ok_or("the folder DIR is missing")?;
    args.done()?;
    let typed = matches!(command.as_str(), "new" | "request" | "certify");
    for (given, of, fits) in [
        (new.is_given(), "`new`", command == "new"),
        (pin.is_some(), "`new`, `request` and `certify`", typed),
        (json, "`list`", command == "list"),
    ] {
        if given && !fits {
            return Err(format!("that option belongs to {of}"));
        }
    }
    let pin = Pin::new(pin.unwrap_or_else(|| PIN.to_owned()));

    let mut sockets = Sockets::open(Path::new(&folder))?;
    // The module looks into its environment only, and a program may not change its own.
    if std::env::var_os("KRYOPTIC_CONF").as_deref() != Some(sockets.file().as_os_str()) {
        return again(words, &sockets.file());
    }
    let driver = driver(module.map(PathBuf::from))?;
    match (command.as_str(), named) {
        ("new", _) => println!("{}", new.make(&mut sockets, &driver, &pin)?),
        ("list", _) if json => println!("{}", as_json(&sockets, &driver)?),
        ("list", _) => print!("{}", list(&sockets, &driver)),
        ("lock", Some(serial)) => lock(&driver, &serial)?,
        ("request", Some(serial)) => print!("{}", ask(&driver, &serial, &pin)?),
        ("certify", Some(serial)) => certify(&driver, &serial, &pin)?,
        ("eject", Some(serial)) => sockets.plug(&serial, false)?,
        (_, Some(serial)) => sockets.plug(&serial, true)?,
        (_, None) => return Err("which key?".to_owned()),
    }
    Ok(ExitCode::SUCCESS)
}

/// What `new` was told.
struct New {
    medium: Option<String>,
    serial: Option<String>,
    so_pin: Option<String>,
    room: Option<String>,
    blank: bool,
    keep: bool,
}

impl New {
    fn is_given(&self) -> bool {
        let values = [&self.medium, &self.serial, &self.so_pin, &self.room];
        values.iter().any(|value| value.is_some()) || self.blank || self.keep
    }

    /// Makes the key, or what is missing of it, and answers with its serial number.
    fn make(self, sockets: &mut Sockets, driver: &Pkcs11Driver, pin: &Pin) -> Result<String> {
        let medium = match self.medium.as_deref() {
            Some("cpp") => Medium::Cpp,
            Some("bjca") => Medium::Bjca,
            _ => return Err("--medium is cpp or bjca".to_owned()),
        };
        let room = match self.room {
            Some(room) => Some(room.parse().map_err(|_| "--room is a number of bytes")?),
            None => None,
        };
        if self.keep && self.serial.is_none() {
            return Err("--keep needs --serial".to_owned());
        }
        let so_pin = Pin::new(self.so_pin.unwrap_or_else(|| PIN.to_owned()));
        if let Some(serial) = &self.serial
            && self.keep
            && sockets.has(serial)
        {
            // Whoever was interrupted had added it to the list and no more, or initialised it and no more.
            let state = state(sockets, serial, &driver.present());
            if !self.blank && state == State::Blank {
                finish(driver, serial, medium, &so_pin, pin).map_err(|error| error.to_string())?;
            } else if !self.blank && state == State::NoPin {
                driver
                    .set_user_pin(serial, &so_pin, pin)
                    .map_err(|error| error.to_string())?;
            }
            return Ok(serial.clone());
        }
        let serial = sockets.add(medium, self.serial, room)?;
        if !self.blank
            && let Err(error) = finish(driver, &serial, medium, &so_pin, pin)
        {
            sockets.forget(&serial)?;
            return Err(error.to_string());
        }
        Ok(serial)
    }
}

/// Initialises a blank key and sets its PIN.
fn finish(
    driver: &Pkcs11Driver,
    serial: &str,
    medium: Medium,
    so_pin: &Pin,
    pin: &Pin,
) -> std::result::Result<(), TokenError> {
    driver.initialise(serial, so_pin, label(medium))?;
    driver.set_user_pin(serial, so_pin, pin)
}

/// Makes a key pair and asks for its certificate. What was there goes: whoever wants to keep it does not ask.
fn ask(driver: &Pkcs11Driver, serial: &str, pin: &Pin) -> Result<String> {
    let session = driver
        .login(serial, pin)
        .map_err(|error| error.to_string())?;
    let id = SIGN.as_bytes();
    let asked = || {
        // What was renewed has pairs of other names, and certificates that hold longer.
        for pair in session.keys()? {
            session.delete(&pair.id)?;
        }
        session.delete(id)?;
        session.generate_key_pair(Purpose::Sign, id, SIGN)?;
        request::pem(&*session, id)
    };
    asked().map_err(|error| error.to_string())
}

/// Writes the certificate that somebody issued for the request.
fn certify(driver: &Pkcs11Driver, serial: &str, pin: &Pin) -> Result<()> {
    let mut pem = String::new();
    std::io::stdin()
        .take(LONGEST)
        .read_to_string(&mut pem)
        .map_err(|error| error.to_string())?;
    let none = "that is no certificate in PEM";
    let certificate = Certificate::from_pem(&pem).map_err(|_| none)?;
    let key = certificate.tbs_certificate().subject_public_key_info();
    let (key, der) = (
        key.to_der().map_err(|_| none)?,
        certificate.to_der().map_err(|_| none)?,
    );
    let session = driver
        .login(serial, pin)
        .map_err(|error| error.to_string())?;
    let id = SIGN.as_bytes();
    if session.public_key(id).map_err(|error| error.to_string())? != key {
        return Err(format!(
            "that certificate is for another key pair than the one on {serial}"
        ));
    }
    session
        .write_certificate(id, SIGN, &der)
        .map_err(|error| error.to_string())
}

/// The same once more, with the configuration in the environment.
fn again(words: &[String], configuration: &Path) -> Result<ExitCode> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let status = Command::new(program)
        .args(words)
        .env("KRYOPTIC_CONF", configuration)
        .status()
        .map_err(|error| error.to_string())?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The agent's own driver, by the agent's own profile of a virtual key.
fn driver(module: Option<PathBuf>) -> Result<Pkcs11Driver> {
    let module = match module {
        Some(module) => module,
        None => std::env::current_exe()
            .map_err(|error| error.to_string())?
            .with_file_name(format!(
                "{}soft_token{}",
                std::env::consts::DLL_PREFIX,
                std::env::consts::DLL_SUFFIX
            )),
    };
    if !module.is_file() {
        return Err(format!(
            "there is no {}; `cargo build -p soft-token` makes it",
            module.display()
        ));
    }
    let mut profile: Profile = toml::from_str(include_str!("../../profiles/soft.toml"))
        .map_err(|error| format!("profiles/soft.toml: {error}"))?;
    profile.module = Paths {
        linux: Some(module.clone()),
        windows: Some(module.clone()),
        macos: Some(module),
    };
    Ok(Pkcs11Driver::new(vec![profile]))
}

/// How a key of the list does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Out,
    NotReadable,
    Blank,
    NoPin,
    Locked,
    LastTry,
    FewTries,
    In,
}

impl State {
    fn text(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::NotReadable => "not readable",
            Self::Blank => "in, blank",
            Self::NoPin => "in, no PIN",
            Self::Locked => "in, locked",
            Self::LastTry => "in, one try left",
            Self::FewTries => "in, few tries left",
            Self::In => "in",
        }
    }
}

fn state(sockets: &Sockets, serial: &str, present: &[Present]) -> State {
    match present.iter().find(|key| key.serial == serial) {
        None if sockets.out(serial).exists() => State::Out,
        None => State::NotReadable,
        Some(key) if key.initialised == Some(false) => State::Blank,
        Some(key) if key.pin_set == Some(false) => State::NoPin,
        Some(key) => match key.tries {
            Tries::Locked => State::Locked,
            Tries::Last => State::LastTry,
            Tries::Few => State::FewTries,
            Tries::Many | Tries::Unknown => State::In,
        },
    }
}

fn list(sockets: &Sockets, driver: &Pkcs11Driver) -> String {
    let present = driver.present();
    let mut text = String::new();
    for slot in &sockets.configuration.slots {
        let state = state(sockets, slot.serial(), &present).text();
        let _ = writeln!(text, "{:<16}  {:<8}  {state}", slot.serial(), slot.medium());
    }
    let _ = writeln!(text, "KRYOPTIC_CONF={}", sockets.file().display());
    text
}

/// A key of the list, for programs.
#[derive(Debug, Serialize)]
struct Listed {
    serial: String,
    medium: String,
    state: State,
    /// PEM.
    certificates: Vec<String>,
}

fn as_json(sockets: &Sockets, driver: &Pkcs11Driver) -> Result<String> {
    let present = driver.present();
    let mut all = Vec::new();
    for slot in &sockets.configuration.slots {
        let state = state(sockets, slot.serial(), &present);
        let mut certificates = Vec::new();
        // A key without a PIN has none, and one that is away shows none.
        if !matches!(
            state,
            State::Out | State::NotReadable | State::Blank | State::NoPin
        ) {
            for certificate in driver
                .certificates(slot.serial())
                .map_err(|error| error.to_string())?
            {
                let pem = x509_cert::der::pem::encode_string(
                    Certificate::PEM_LABEL,
                    LineEnding::LF,
                    &certificate.der,
                );
                certificates.push(pem.map_err(|error| error.to_string())?);
            }
        }
        all.push(Listed {
            serial: slot.serial().to_owned(),
            medium: slot.medium().to_lowercase(),
            state,
            certificates,
        });
    }
    serde_json::to_string(&all).map_err(|error| error.to_string())
}

/// Types wrong PINs.
fn lock(driver: &Pkcs11Driver, serial: &str) -> Result<()> {
    for attempt in 0..PATIENCE {
        match driver.login(serial, &Pin::new(format!("wrong-{attempt:04}"))) {
            Err(TokenError::PinLocked) => return Ok(()),
            Err(TokenError::PinWrong(_)) => {}
            Err(error) => return Err(error.to_string()),
            Ok(_) => return Err("that was the PIN; it is not locked".to_owned()),
        }
    }
    Err("it does not lock".to_owned())
}

fn label(medium: Medium) -> &'static str {
    match medium {
        Medium::Cpp => "CPP",
        Medium::Bjca => "BJCA",
    }
}

/// `token.conf`: kryoptic's form, our conventions (see `soft-token`).
#[derive(Debug, Default, Serialize, Deserialize)]
struct Configuration {
    slots: Vec<Socket>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Socket {
    slot: u32,
    description: String,
    manufacturer: String,
    dbtype: String,
    dbargs: String,
}

impl Socket {
    fn serial(&self) -> &str {
        self.description.split(' ').next().unwrap_or_default()
    }

    fn medium(&self) -> &str {
        self.manufacturer.rsplit(' ').next().unwrap_or_default()
    }
}

struct Sockets {
    folder: PathBuf,
    configuration: Configuration,
}

impl Sockets {
    fn open(folder: &Path) -> Result<Self> {
        let told = |error: std::io::Error| format!("{}: {error}", folder.display());
        std::fs::create_dir_all(folder).map_err(told)?;
        let folder = folder.canonicalize().map_err(told)?;
        let mut sockets = Self {
            folder,
            configuration: Configuration::default(),
        };
        match std::fs::read_to_string(sockets.file()) {
            Ok(text) => {
                sockets.configuration = toml::from_str(&text)
                    .map_err(|error| format!("{}: {error}", sockets.file().display()))?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => sockets.write()?,
            Err(error) => return Err(error.to_string()),
        }
        Ok(sockets)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("token.conf")
    }

    fn out(&self, serial: &str) -> PathBuf {
        self.folder.join(format!("{serial}.out"))
    }

    /// Writes it as a whole: an agent reads it at any moment.
    fn write(&self) -> Result<()> {
        let text = toml::to_string(&self.configuration).map_err(|error| error.to_string())?;
        let new = self.folder.join("token.conf.new");
        std::fs::write(&new, text)
            .and_then(|()| std::fs::rename(&new, self.file()))
            .map_err(|error| format!("{}: {error}", new.display()))
    }

    fn has(&self, serial: &str) -> bool {
        let mut slots = self.configuration.slots.iter();
        slots.any(|slot| slot.serial() == serial)
    }

    fn add(&mut self, medium: Medium, serial: Option<String>, room: Option<u64>) -> Result<String> {
        let taken = |serial: &str| self.has(serial);
        let serial = match serial {
            Some(serial) => serial,
            None => (1..1_000_000)
                .map(|number: u32| format!("SK-{}-{number:06}", label(medium)))
                .find(|serial| !taken(serial))
                .ok_or("no serial number is free")?,
        };
        let letter = |letter: u8| matches!(letter, b'A'..=b'Z' | b'0'..=b'9' | b'-');
        if serial.is_empty() || serial.len() > 16 || !serial.bytes().all(letter) {
            return Err("a serial number has 1 to 16 capitals, digits and dashes".to_owned());
        }
        if taken(&serial) {
            return Err(format!("there is a key {serial} already"));
        }
        // A number is never given again, lest a key be taken for the one that was there before.
        let slots = &mut self.configuration.slots;
        let slot = slots.iter().map(|slot| slot.slot).max().unwrap_or(0) + 1;
        let description = match room {
            Some(room) => format!("{serial} {room}"),
            None => serial.clone(),
        };
        slots.push(Socket {
            slot,
            description,
            manufacturer: format!("Sealkey soft {}", label(medium)),
            dbtype: "sqlite".to_owned(),
            dbargs: self
                .folder
                .join(format!("{serial}.sql"))
                .to_string_lossy()
                .into_owned(),
        });
        self.write()?;
        Ok(serial)
    }

    fn forget(&mut self, serial: &str) -> Result<()> {
        self.configuration
            .slots
            .retain(|slot| slot.serial() != serial);
        self.write()?;
        let _ = std::fs::remove_file(self.folder.join(format!("{serial}.sql")));
        Ok(())
    }

    fn plug(&self, serial: &str, plugged_in: bool) -> Result<()> {
        if !self.has(serial) {
            return Err(format!("there is no key {serial}"));
        }
        let (out, count) = (
            self.out(serial),
            self.folder.join(format!("{serial}.plugged")),
        );
        let told = |error: std::io::Error| format!("{}: {error}", out.display());
        if !plugged_in {
            return std::fs::write(&out, "").map_err(told);
        }
        // Whatever was open before it left must not go on, even if nobody looked in between.
        let before: u64 = std::fs::read_to_string(&count)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        std::fs::write(&count, (before + 1).to_string()).map_err(told)?;
        match std::fs::remove_file(&out) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(told(error)),
            _ => Ok(()),
        }
    }
}

/// What was typed after the command.
struct Args(Vec<String>);

impl Args {
    fn flag(&mut self, name: &str) -> bool {
        let at = self.0.iter().position(|word| word == name);
        at.map(|at| self.0.remove(at)).is_some()
    }

    fn value(&mut self, name: &str) -> Result<Option<String>> {
        let Some(at) = self.0.iter().position(|word| word == name) else {
            return Ok(None);
        };
        if at + 1 >= self.0.len() {
            return Err(format!("{name} needs a value"));
        }
        self.0.remove(at);
        Ok(Some(self.0.remove(at)))
    }

    fn word(&mut self) -> Option<String> {
        let at = self.0.iter().position(|word| !word.starts_with("--"))?;
        Some(self.0.remove(at))
    }

    fn done(&self) -> Result<()> {
        match self.0.first() {
            Some(word) => Err(format!("what is {word}? Try --help")),
            None => Ok(()),
        }
    }
}

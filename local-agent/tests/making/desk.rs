//! The computer beside the keys: agents that can be killed at any moment, and somebody who answers them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::ids::OperationId;
use domain::operation::{OperationState, Verb};
use jiff::{SignedDuration, Timestamp};
use local_agent::clock::Clock;
use local_agent::config::Config;
use local_agent::desk::LocalDesk;
use local_agent::http::{Answer, Begin, Desk, Field, Operation, Stage, Trouble};
use local_agent::journal::Journal;
use local_agent::log::Log;
use local_agent::token::{
    Certificate, DataObject, ModuleState, OfficerSession, Pin, Pkcs11Driver, Present, PrivateKey,
    Purpose, TokenDriver, TokenError, UserSession,
};
use zeroize::Zeroizing;

use crate::cloud::{Cloud, SITE, now};
use crate::support::{Machine, driver, pin};

/// Kills an agent at the moment with a number: before and after whatever reaches a key, before each write of the
/// journal, before each call and after its answer. Nothing that it does afterwards reaches anything.
#[derive(Default)]
pub struct Fuse {
    count: AtomicU32,
    at: u32,
    /// Or before the first thing that is called so.
    before: Option<&'static str>,
    dead: AtomicBool,
    /// What it was at.
    pub log: Mutex<Vec<&'static str>>,
}

impl Fuse {
    pub fn at(at: u32) -> Arc<Self> {
        Arc::new(Self {
            at,
            ..Self::default()
        })
    }

    /// Dies before it does that for the first time.
    pub fn before(what: &'static str) -> Arc<Self> {
        Arc::new(Self {
            before: Some(what),
            ..Self::default()
        })
    }

    pub fn never() -> Arc<Self> {
        Self::at(0)
    }

    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// How many moments there were.
    pub fn count(&self) -> u32 {
        self.count.load(Ordering::SeqCst)
    }

    fn alive(&self) {
        assert!(!self.is_dead(), "killed");
    }

    fn moment(&self, what: &'static str) {
        self.alive();
        self.log.lock().unwrap().push(what);
        let is_at = self.count.fetch_add(1, Ordering::SeqCst) + 1 == self.at;
        if is_at || self.before == Some(what) {
            self.dead.store(true, Ordering::SeqCst);
        }
        self.alive();
    }

    fn around<T>(&self, what: &'static str, act: impl FnOnce() -> T) -> T {
        self.moment(what);
        let done = act();
        self.moment(what);
        done
    }
}

/// The clock, asked before each write and around each call.
struct FusedClock(Arc<Fuse>, SignedDuration);

impl Clock for FusedClock {
    fn now(&self) -> Timestamp {
        self.0.moment("clock");
        now() + self.1
    }
}

/// The clock of the log, which is beside everything.
struct StillClock;

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        now()
    }
}

/// Keys that are reached only while the agent lives.
pub struct FusedTokens {
    driver: Pkcs11Driver,
    fuse: Arc<Fuse>,
    /// Spoils what the next key derives.
    pub wrong: Arc<AtomicBool>,
}

struct FusedSession {
    session: Box<dyn UserSession>,
    fuse: Arc<Fuse>,
    wrong: Arc<AtomicBool>,
}

impl TokenDriver for FusedTokens {
    fn modules(&self) -> Vec<ModuleState> {
        self.fuse.alive();
        self.driver.modules()
    }
    fn present(&self) -> Vec<Present> {
        self.fuse.alive();
        self.driver.present()
    }
    fn certificates(&self, serial: &str) -> Result<Vec<Certificate>, TokenError> {
        self.fuse.alive();
        self.driver.certificates(serial)
    }
    fn data(&self, serial: &str) -> Result<Vec<DataObject>, TokenError> {
        self.fuse.alive();
        self.driver.data(serial)
    }
    fn login(&self, serial: &str, pin: &Pin) -> Result<Box<dyn UserSession>, TokenError> {
        let session = self
            .fuse
            .around("login", || self.driver.login(serial, pin))?;
        Ok(Box::new(FusedSession {
            session,
            fuse: self.fuse.clone(),
            wrong: self.wrong.clone(),
        }))
    }
    fn initialise(&self, serial: &str, so_pin: &Pin, label: &str) -> Result<String, TokenError> {
        self.fuse.around("initialise", || {
            self.driver.initialise(serial, so_pin, label)
        })
    }
    fn rotate_so_pin(&self, serial: &str, old: &Pin, new: &Pin) -> Result<(), TokenError> {
        self.fuse
            .around("rotate", || self.driver.rotate_so_pin(serial, old, new))
    }
    fn set_user_pin(&self, serial: &str, so_pin: &Pin, new: &Pin) -> Result<(), TokenError> {
        self.fuse
            .around("set_pin", || self.driver.set_user_pin(serial, so_pin, new))
    }
    fn login_officer(
        &self,
        serial: &str,
        so_pin: &Pin,
    ) -> Result<Box<dyn OfficerSession>, TokenError> {
        let session = self
            .fuse
            .around("officer", || self.driver.login_officer(serial, so_pin))?;
        Ok(Box::new(FusedOfficer(session, self.fuse.clone())))
    }
}

struct FusedOfficer(Box<dyn OfficerSession>, Arc<Fuse>);

impl OfficerSession for FusedOfficer {
    fn change_so_pin(&self, old: &Pin, new: &Pin) -> Result<(), TokenError> {
        self.1
            .around("change_so", || self.0.change_so_pin(old, new))
    }
    fn set_user_pin(&self, new: &Pin) -> Result<(), TokenError> {
        self.1.around("set_pin", || self.0.set_user_pin(new))
    }
}

impl UserSession for FusedSession {
    fn serial(&self) -> &str {
        self.session.serial()
    }
    fn keys(&self) -> Result<Vec<PrivateKey>, TokenError> {
        self.fuse.alive();
        self.session.keys()
    }
    fn public_key(&self, id: &[u8]) -> Result<Vec<u8>, TokenError> {
        self.fuse.alive();
        self.session.public_key(id)
    }
    fn sign_sha256(&self, id: &[u8], digest: &[u8; 32]) -> Result<Vec<u8>, TokenError> {
        self.fuse.moment("sign");
        self.session.sign_sha256(id, digest)
    }
    fn derive(&self, id: &[u8], peer: &[u8]) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        self.fuse.moment("derive");
        let mut secret = self.session.derive(id, peer)?;
        if self.wrong.swap(false, Ordering::SeqCst) {
            secret[0] ^= 1;
        }
        Ok(secret)
    }
    fn generate_key_pair(
        &self,
        purpose: Purpose,
        id: &[u8],
        label: &str,
    ) -> Result<Vec<u8>, TokenError> {
        self.fuse.around("generate", || {
            self.session.generate_key_pair(purpose, id, label)
        })
    }
    fn write_certificate(&self, id: &[u8], label: &str, der: &[u8]) -> Result<(), TokenError> {
        self.fuse
            .around("write", || self.session.write_certificate(id, label, der))
    }
    fn write_data(&self, application: &str, label: &str, value: &[u8]) -> Result<(), TokenError> {
        self.fuse.around("data", || {
            self.session.write_data(application, label, value)
        })
    }
    fn delete(&self, id: &[u8]) -> Result<usize, TokenError> {
        self.fuse.around("delete", || self.session.delete(id))
    }
    fn delete_data(&self, application: &str, label: &str) -> Result<usize, TokenError> {
        self.session.delete_data(application, label)
    }
    fn change_pin(&self, old: &Pin, new: &Pin) -> Result<(), TokenError> {
        self.fuse
            .around("change", || self.session.change_pin(old, new))
    }
}

/// An agent, and what it stands on.
pub struct Agent {
    pub desk: Arc<LocalDesk>,
    pub fuse: Arc<Fuse>,
    /// Spoils what the next key derives.
    pub wrong: Arc<AtomicBool>,
}

/// A computer with an agent.
pub struct Computer<'a> {
    pub machine: &'a Machine,
    pub cloud: Arc<Cloud>,
    /// What its agents reach keys by.
    pub driver: fn() -> Pkcs11Driver,
    journal: PathBuf,
}

impl<'a> Computer<'a> {
    pub fn new(machine: &'a Machine, cloud: &Arc<Cloud>, name: &str) -> Self {
        Self {
            machine,
            cloud: cloud.clone(),
            driver: || driver(&["soft"]),
            journal: machine.0.join(name),
        }
    }

    /// A computer that is a desk.
    pub async fn enrolled(machine: &'a Machine, cloud: &Arc<Cloud>, name: &str) -> Self {
        let computer = Self::new(machine, cloud, name);
        let (_, ticket) = cloud.ticket(Verb::Enrol, |ticket| {
            ticket.desk = Some("工位一".to_owned());
        });
        let agent = computer.agent().await;
        agent.begin(&ticket).await.unwrap();
        agent.answer(key("")).await.unwrap();
        assert_eq!(agent.settled().await, Some(Stage::Done { read: None }));
        computer
    }

    /// Blank keys on the shelf, known to the cloud's stock, and plugged in.
    pub fn blank(&self, serials: &[&str]) {
        for serial in serials {
            let words = ["new", "--medium", "cpp", "--serial", serial, "--blank"];
            self.machine.does(&words);
            let mut books = self.cloud.books.lock().unwrap();
            books.blank.push((*serial).to_owned());
        }
    }

    /// All keys are gone for good.
    pub fn clear(&self) {
        std::fs::write(self.machine.0.join("token.conf"), "slots = []\n").unwrap();
    }

    pub async fn agent(&self) -> Agent {
        self.fused(Fuse::never(), SignedDuration::ZERO).await
    }

    /// An agent, once the one before has let go of its journal.
    pub async fn fused(&self, fuse: Arc<Fuse>, off: SignedDuration) -> Agent {
        for _ in 0..400 {
            if Journal::open(&self.journal).is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let config = Config {
            cloud: self.cloud.address.parse().unwrap(),
            site_origins: vec![SITE.to_owned()],
            ticket_keys: vec![self.cloud.ticket_key()],
            port: 0,
            profiles: PathBuf::new(),
            modules: std::collections::BTreeMap::new(),
            journal: self.journal.clone(),
        };
        let wrong = Arc::<AtomicBool>::default();
        let desk = LocalDesk::new(
            &config,
            Arc::new(FusedTokens {
                driver: (self.driver)(),
                fuse: fuse.clone(),
                wrong: wrong.clone(),
            }),
            Arc::new(FusedClock(fuse.clone(), off)),
            Arc::new(Journal::open(&self.journal).unwrap()),
            Arc::new(Log::open(&self.journal.join("log"), Arc::new(StillClock)).unwrap()),
        );
        Agent {
            desk: Arc::new(desk.unwrap()),
            fuse,
            wrong,
        }
    }

    /// Names of the files of operations under way.
    pub fn under_way(&self) -> usize {
        let files = std::fs::read_dir(&self.journal).unwrap();
        files
            .filter(|file| {
                let path = file.as_ref().unwrap().path();
                path.extension().is_some_and(|end| end == "json")
            })
            .count()
    }

    /// Who may read the desk's key.
    pub fn mode_of_desk(&self) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        let file = std::fs::metadata(self.journal.join("desk.key")).unwrap();
        file.permissions().mode() & 0o777
    }

    /// Everything that the agent has on the disk.
    pub fn disk(&self) -> Vec<u8> {
        fn all(folder: &std::path::Path, bytes: &mut Vec<u8>) {
            for file in std::fs::read_dir(folder).unwrap() {
                let path = file.unwrap().path();
                if path.is_dir() {
                    all(&path, bytes);
                } else {
                    bytes.extend(std::fs::read(&path).unwrap());
                }
            }
        }
        let mut bytes = Vec::new();
        all(&self.journal, &mut bytes);
        bytes
    }

    /// No secret that the cloud gave out, and none of these, is on the disk.
    pub fn holds_no_secret(&self, more: &[&str]) {
        let disk = self.disk();
        let given = self.cloud.books.lock().unwrap().given.clone();
        assert!(!disk.is_empty());
        for secret in given.iter().map(String::as_str).chain(more.iter().copied()) {
            let found = disk.windows(secret.len()).any(|at| at == secret.as_bytes());
            assert!(!found, "{secret} is on the disk");
        }
    }

    pub fn state(&self, operation: &OperationId) -> OperationState {
        self.cloud.with(operation, |operation| operation.state)
    }
}

/// A yes to a key.
pub fn key(serial: &str) -> Answer {
    Answer {
        serial: serial.to_owned(),
        current: None,
        new: None,
        last_try: false,
        scrap: None,
    }
}

impl Agent {
    /// None: it was killed meanwhile.
    async fn does<T: Send + 'static>(
        &self,
        act: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        tokio::spawn(act).await.ok()
    }

    pub async fn begin(&self, ticket: &str) -> Result<(), Trouble> {
        let (desk, ticket) = (self.desk.clone(), ticket.to_owned());
        let begun = self.does(async move { desk.begin(Begin { ticket }).await });
        begun.await.unwrap_or(Err(Trouble::NotAsked)).map(drop)
    }

    pub async fn answer(&self, answer: Answer) -> Result<(), Trouble> {
        let desk = self.desk.clone();
        let answered = self.does(async move { desk.answer(answer).await });
        answered.await.unwrap_or(Err(Trouble::NotAsked)).map(drop)
    }

    pub async fn stop(&self) -> Result<(), Trouble> {
        let desk = self.desk.clone();
        let stopped = self.does(async move { desk.stop().await });
        stopped.await.unwrap_or(Err(Trouble::NotAsked)).map(drop)
    }

    pub async fn resume(&self) {
        let desk = self.desk.clone();
        self.does(async move { desk.resume().await }).await;
    }

    pub async fn shown(&self) -> Option<Operation> {
        self.desk.state().await.operation
    }

    /// The stage once it does not work any more. None: it was killed, or there is no operation.
    pub async fn settled(&self) -> Option<Stage> {
        for _ in 0..2000 {
            if self.fuse.is_dead() {
                return None;
            }
            let stage = self.shown().await?.stage;
            if !matches!(stage, Stage::Working { .. }) {
                return Some(stage);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it works and works")
    }

    /// Waits until something is so; what is looked at is asked for as a page would.
    pub async fn until(&self, what: &str, is: impl Fn(&Operation) -> bool) {
        for _ in 0..2000 {
            if self.shown().await.is_some_and(|shown| is(&shown)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never {what}: {:?}", self.shown().await)
    }

    /// Waits until nothing is under way any more.
    pub async fn gone(&self) {
        for _ in 0..2000 {
            if self.shown().await.is_none() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("still there: {:?}", self.shown().await)
    }

    /// Answers as somebody would who wants it done: until it is, or the agent is killed.
    pub async fn through(&self, new: &str, old: &str) -> Option<Stage> {
        for _ in 0..12 {
            let stage = self.settled().await?;
            let Stage::Asking { fields, .. } = &stage else {
                return Some(stage);
            };
            let shown = self.shown().await?;
            let fit = |key: &&local_agent::http::Key| key.trouble.is_none();
            let chosen = shown.keys.iter().find(fit);
            let in_hand = shown
                .making
                .as_ref()
                .and_then(|making| making.serial.clone());
            let serial = in_hand.or(chosen.map(|key| key.serial.clone()));
            let mut answer = key(&serial.unwrap_or_default());
            if fields.contains(&Field::Current) {
                answer.current = Some(pin(old));
            }
            if fields.contains(&Field::New) {
                answer.new = Some(pin(new));
            }
            let _ = self.answer(answer).await;
        }
        panic!("it asks and asks: {:?}", self.shown().await)
    }
}

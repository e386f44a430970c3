//! The agent against the real function `ticket`, with a virtual key that locks: what a company would see, and what
//! happens when power, network or cloud fail at each write.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

#[path = "../token/support.rs"]
#[expect(dead_code, reason = "certificates come from the CA here")]
mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use adapters::ports::{Clock as _, Transaction};
use adapters::registry;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use contract::agent::{OperationView, TicketView};
use domain::certificate::{Subject, Validity};
use domain::credit::Inspection;
use domain::ids::OperationId;
use domain::key::CompanyKey;
use domain::operation::{Obstacle, OperationState};
use jiff::{SignedDuration, Timestamp};
use local_agent::clock::Clock;
use local_agent::config::Config;
use local_agent::desk::LocalDesk;
use local_agent::http::{Answer, Begin, Desk, Field, Stage, State, Tries, Trouble};
use local_agent::journal::Journal;
use local_agent::log::Log;
use local_agent::request;
use local_agent::token::{Pkcs11Driver, Purpose, TokenDriver};
use serde_json::json;
use testkit::ambient::FixedClock;
use testkit::orders::company_key;
use testkit::pki;
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::Client;
use testkit::world::World;

use crate::support::{Machine, PIN, alone, driver, pin};

const KEY: &str = "CPP-1";
const SITE: &str = "https://keys.example.cn";
const OPERATIONS: &str = "/api/operations";

/// The clock of a computer: the cloud's, or off.
struct Off(Arc<FixedClock>, SignedDuration);

impl Clock for Off {
    fn now(&self) -> Timestamp {
        adapters::ports::Clock::now(&*self.0) + self.1
    }
}

/// Puts a key with a certificate for a company on a virtual token, and answers with the certificate's serial number.
async fn furnish(
    tokens: &Pkcs11Driver,
    serial: &str,
    subject: Subject,
    validity: Validity,
) -> String {
    let id = b"sign";
    let session = tokens.login(serial, &pin(PIN)).unwrap();
    session
        .generate_key_pair(Purpose::Sign, id, "sign")
        .unwrap();
    let csr = request::pem(&*session, id).unwrap();
    let (number, der) = pki::issued(csr, 5, subject, validity).await;
    session.write_certificate(id, "sign", &der).unwrap();
    number
}

/// A company with one key, a site, and the computer that the key is plugged into.
struct Office<'a> {
    world: World,
    site: Client,
    cloud: String,
    machine: &'a Machine,
}

async fn through_the_cdn(mut request: Request, next: Next) -> axum::response::Response {
    let secret = testkit::world::ORIGIN.parse().unwrap();
    request.headers_mut().insert(edge_header(), secret);
    next.run(request).await
}

fn edge_header() -> http::HeaderName {
    http::HeaderName::from_static("x-sealkey-origin")
}

fn ticket_key() -> jws::PublicKey {
    jws::PublicKey::from_der(&pki::kms_public_key()).unwrap()
}

fn router(world: &World) -> Router {
    let ports = ticket::Ports {
        registry: world.store.clone(),
        orders: world.store.clone(),
        policies: world.policies.clone(),
        key_secrets: world.mac.clone(),
        fields: world.fields(),
        codes: world.codes(),
        throttles: world.throttles(),
        signer: pki::kms_key(world.power.clone()),
        ticket_key: ticket_key(),
        issuers: Arc::new(pki::issuers()),
        lists: pki::no_other_lists(),
        site: SITE.to_owned(),
        agent_port: 27_415,
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    ticket::api(world.gate(), ports).unwrap()
}

impl<'a> Office<'a> {
    async fn open(machine: &'a Machine, power: Arc<PowerCut>) -> Self {
        let world = World::with_power(power).await;
        let router = router(&world);
        let company = world.company(1).await;
        let now = world.clock.now();
        let validity = Validity::from_now(now, 1).unwrap();
        let subject = Subject {
            company_name: company.name.clone(),
            credit_code: company.credit_code.as_str().to_owned(),
        };
        let number = machine.furnished(subject, validity).await;
        let key = CompanyKey {
            certificate_serial: number,
            ..company_key(1, KEY, validity.not_after)
        };
        let given = Transaction::new(now).change(&key).unwrap();
        world.registry().record(&given).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cloud = format!("http://{}/", listener.local_addr().unwrap());
        let served = router.clone().layer(from_fn(through_the_cdn));
        tokio::spawn(async move { axum::serve(listener, served).await });
        Self {
            site: world.as_company(&router, 1).await,
            world,
            cloud,
            machine,
        }
    }

    /// A ticket: its operation, and the text in the fragment.
    async fn ticket(&self) -> (OperationId, String) {
        self.asked_for("inspect").await
    }

    /// The same for another verb.
    async fn asked_for(&self, verb: &str) -> (OperationId, String) {
        let body = json!({"verb": verb, "key_serial": KEY});
        let view: TicketView = self.site.post_json(OPERATIONS, &body).await.json();
        let (_, ticket) = view.address.split_once('#').unwrap();
        (view.operation.id, ticket.to_owned())
    }

    /// An agent on this computer, with a journal of its own.
    fn agent(&self, journal: &str) -> Arc<LocalDesk> {
        self.agent_off(journal, SignedDuration::ZERO)
    }

    fn agent_off(&self, journal: &str, off: SignedDuration) -> Arc<LocalDesk> {
        let clock = Arc::new(Off(self.world.clock.clone(), off));
        let folder = self.machine.0.join(journal);
        let config = Config {
            cloud: self.cloud.parse().unwrap(),
            site_origins: vec![SITE.to_owned()],
            ticket_keys: vec![ticket_key()],
            port: 0,
            profiles: PathBuf::new(),
            modules: std::collections::BTreeMap::new(),
            journal: folder.clone(),
        };
        let log = Log::open(&folder.join("log"), clock.clone());
        let desk = LocalDesk::new(
            &config,
            Arc::new(driver(&["soft"])),
            clock,
            Arc::new(Journal::open(&folder).unwrap()),
            Arc::new(log.unwrap()),
        );
        Arc::new(desk.unwrap())
    }

    async fn followed(&self, operation: &OperationId) -> OperationView {
        let path = format!("{OPERATIONS}/{operation}");
        self.site.get(&path).await.json()
    }

    /// Until the site reads something of an operation.
    async fn until(&self, operation: &OperationId, is: impl Fn(&OperationView) -> bool) {
        for _ in 0..200 {
            if is(&self.followed(operation).await) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{:?}", self.followed(operation).await);
    }

    async fn inspection(&self) -> Option<Inspection> {
        let company = testkit::orders::company(1).id;
        let place = registry::inspection(&company, KEY);
        self.world.registry().load(&place).await.unwrap()
    }

    /// What the journal holds.
    fn under_way(&self, journal: &str) -> usize {
        let files = std::fs::read_dir(self.machine.0.join(journal)).unwrap();
        let names = files.map(|file| file.unwrap().path());
        names.filter(|path| is_entry(path)).count()
    }
}

fn is_entry(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "json")
}

impl Machine {
    /// The company's key, plugged in; made once for all offices of a test.
    async fn furnished(&self, subject: Subject, validity: Validity) -> String {
        let mark = self.0.join("number");
        if let Ok(number) = std::fs::read_to_string(&mark) {
            return number;
        }
        self.key(KEY);
        let number = furnish(&driver(&["soft"]), KEY, subject, validity).await;
        std::fs::write(&mark, &number).unwrap();
        number
    }
}

fn typed(serial: &str, text: &str) -> Answer {
    Answer {
        serial: serial.to_owned(),
        current: Some(pin(text)),
        new: None,
        last_try: false,
        scrap: None,
    }
}

/// The same without a PIN.
fn silent(serial: &str) -> Answer {
    Answer {
        current: None,
        ..typed(serial, "")
    }
}

fn stage(state: State) -> Stage {
    state.operation.expect("an operation").stage
}

/// The stage once the agent does not work any more.
async fn settled(agent: &LocalDesk) -> Stage {
    for _ in 0..400 {
        let stage = stage(agent.state().await);
        if !matches!(stage, Stage::Working { .. }) {
            return stage;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it works and works")
}

fn begin(ticket: &str) -> Begin {
    Begin {
        ticket: ticket.to_owned(),
    }
}

fn asked(trouble: Option<Trouble>) -> Stage {
    Stage::Asking {
        fields: vec![Field::Current],
        trouble,
    }
}

/// A test that has a computer and a program of its own.
fn at_a_desk(name: &str, test: impl AsyncFnOnce(&Machine)) {
    alone(name, |machine| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(test(machine));
    });
}

/// R36, from the ticket to the record.
#[test]
fn a_key_is_inspected() {
    at_a_desk("a_key_is_inspected", async |machine| {
        let office = Office::open(machine, PowerCut::never()).await;
        let (operation, ticket) = office.ticket().await;
        let agent = office.agent("one");
        let state = agent.begin(begin(&ticket)).await.unwrap();
        let shown = state.operation.unwrap();
        assert_eq!(shown.company, testkit::orders::company(1).name);
        assert_eq!(shown.needed.as_deref(), Some(KEY));
        assert_eq!(shown.keys.len(), 1);
        assert_eq!(
            (shown.keys[0].serial.as_str(), &shown.keys[0].trouble),
            (KEY, &None)
        );
        assert_eq!(shown.stage, asked(None));

        // A wrong PIN is told here and on the site, and may be typed again.
        agent.answer(typed(KEY, "000000000")).await.unwrap();
        let Stage::Asking {
            trouble: Some(Trouble::PinWrong { .. }),
            ..
        } = settled(&agent).await
        else {
            panic!("a wrong PIN");
        };
        office
            .until(&operation, |view| view.obstacle == Some(Obstacle::PinWrong))
            .await;

        // Another window with the same ticket is the same operation.
        agent.begin(begin(&ticket)).await.unwrap();
        agent.answer(typed(KEY, PIN)).await.unwrap();
        let Stage::Done { read: Some(read) } = settled(&agent).await else {
            panic!("done");
        };
        let inspection = office.inspection().await.unwrap();
        assert_eq!(inspection.certificate_serial, read.certificate_serial);
        let view = office.followed(&operation).await;
        assert_eq!((view.state, view.obstacle), (OperationState::Done, None));
        assert_eq!(office.under_way("one"), 0);
        agent.stop().await.unwrap();
        assert_eq!(agent.state().await, State::default());
    });
}

/// Network, cloud and computer fail at each write there is, before it and after it; then the agent starts anew. It is
/// done in the end, once, and nobody else was let in.
#[test]
fn whatever_fails_wherever_it_is_done_in_the_end() {
    let name = "whatever_fails_wherever_it_is_done_in_the_end";
    at_a_desk(name, async |machine| {
        let first = {
            let office = Office::open(machine, PowerCut::never()).await;
            office.ticket().await;
            office.world.power.writes() + 1
        };
        for moment in [Moment::Before, Moment::After] {
            for number in first.. {
                let power = PowerCut::at(number, moment, Length::Outage);
                let office = Office::open(machine, power).await;
                let (operation, ticket) = office.ticket().await;
                let journal = format!("{moment:?}{number}");
                {
                    let agent = office.agent(&journal);
                    if agent.begin(begin(&ticket)).await.is_ok() {
                        agent.answer(typed(KEY, PIN)).await.unwrap();
                        settled(&agent).await;
                    }
                }
                let struck = office.world.power.struck().is_some();
                office.world.power.restore();
                let agent = loop_until_free(&office, &journal).await;
                agent.resume().await;
                if agent.state().await.operation.is_some() {
                    if matches!(settled(&agent).await, Stage::Asking { .. }) {
                        agent.answer(typed(KEY, PIN)).await.unwrap();
                    }
                    assert!(matches!(settled(&agent).await, Stage::Done { .. }));
                }
                let view = office.followed(&operation).await;
                assert_eq!(view.state, OperationState::Done, "{moment:?} {number}");
                assert_eq!(view.contested_at, None);
                assert!(office.inspection().await.is_some());
                assert_eq!(office.under_way(&journal), 0);
                if !struck {
                    assert_eq!(number, first + 2, "claim, evidence");
                    break;
                }
            }
        }
    });
}

/// The agent of before may still hold its journal for a moment, until its last task has ended.
async fn loop_until_free(office: &Office<'_>, journal: &str) -> Arc<LocalDesk> {
    let folder = office.machine.0.join(journal);
    for _ in 0..200 {
        if Journal::open(&folder).is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    office.agent(journal)
}

/// Killed while it asks: tomorrow it asks again, without the ticket.
#[test]
fn an_operation_is_taken_up_the_next_day_and_given_up_by_its_agent() {
    let name = "an_operation_is_taken_up_the_next_day_and_given_up_by_its_agent";
    at_a_desk(name, async |machine| {
        let mut office = Office::open(machine, PowerCut::never()).await;
        let (operation, ticket) = office.ticket().await;
        office.agent("one").begin(begin(&ticket)).await.unwrap();
        office.world.clock.advance(SignedDuration::from_hours(24));
        // The person logs in again.
        office.site = office.world.as_company(&router(&office.world), 1).await;
        let agent = loop_until_free(&office, "one").await;
        agent.resume().await;
        assert_eq!(settled(&agent).await, asked(None));
        let (_, other) = office.ticket().await;
        assert_eq!(agent.begin(begin(&other)).await, Err(Trouble::Busy));
        agent.stop().await.unwrap();
        let view = office.followed(&operation).await;
        assert_eq!(view.state, OperationState::RolledBack);
        assert_eq!(office.under_way("one"), 0);
        agent.begin(begin(&other)).await.unwrap();
    });
}

#[test]
fn a_ticket_of_somebody_else_a_late_one_and_a_wrong_clock_are_named() {
    let name = "a_ticket_of_somebody_else_a_late_one_and_a_wrong_clock_are_named";
    at_a_desk(name, async |machine| {
        let office = Office::open(machine, PowerCut::never()).await;
        let (operation, ticket) = office.ticket().await;
        let (_, late) = office.ticket().await;
        let (one, two) = (office.agent("one"), office.agent("two"));
        one.begin(begin(&ticket)).await.unwrap();
        assert_eq!(two.begin(begin(&ticket)).await, Err(Trouble::TicketTaken));
        assert!(office.followed(&operation).await.contested_at.is_some());
        assert_eq!(two.begin(begin("x")).await, Err(Trouble::TicketMalformed));
        let forged = format!("{}A", &ticket[..ticket.len() - 1]);
        let forged = if forged == ticket {
            format!("{}B", &ticket[..ticket.len() - 1])
        } else {
            forged
        };
        assert_eq!(two.begin(begin(&forged)).await, Err(Trouble::TicketUnknown));
        let off = office.agent_off("off", SignedDuration::from_hours(24));
        let Err(Trouble::ClockWrong { .. }) = off.begin(begin(&late)).await else {
            panic!("a clock that is wrong by a day");
        };
        office.world.clock.advance(SignedDuration::from_hours(1));
        assert_eq!(two.begin(begin(&late)).await, Err(Trouble::TicketExpired));
        assert_eq!(
            office.under_way("two"),
            0,
            "nothing is left of what came to nothing"
        );
    });
}

#[test]
fn the_wrong_key_a_locked_one_and_one_that_is_pulled_out_are_named_here_and_on_the_site() {
    let name =
        "the_wrong_key_a_locked_one_and_one_that_is_pulled_out_are_named_here_and_on_the_site";
    at_a_desk(name, async |machine| {
        let office = Office::open(machine, PowerCut::never()).await;
        let (operation, ticket) = office.ticket().await;
        let agent = office.agent("one");
        agent.begin(begin(&ticket)).await.unwrap();
        machine.key("CPP-2");
        let Err(Trouble::WrongKey { .. }) = agent.answer(typed("CPP-2", PIN)).await else {
            panic!("another key than the ticket names");
        };
        office
            .until(&operation, |view| view.obstacle == Some(Obstacle::WrongKey))
            .await;
        machine.does(&["eject", KEY]);
        assert_eq!(agent.answer(typed(KEY, PIN)).await, Err(Trouble::NoKey));
        office
            .until(&operation, |view| view.obstacle == Some(Obstacle::NoKey))
            .await;
        machine.does(&["insert", KEY]);
        machine.does(&["lock", KEY]);
        assert_eq!(agent.answer(typed(KEY, PIN)).await, Err(Trouble::PinLocked));
        office
            .until(&operation, |view| {
                view.obstacle == Some(Obstacle::PinLocked)
            })
            .await;
        let shown = agent.state().await.operation.unwrap();
        let key = shown.keys.iter().find(|key| key.serial == KEY).unwrap();
        assert_eq!((key.tries, &key.trouble), (Tries::Locked, &None));
        assert_eq!(office.inspection().await, None);

        // It signs nothing any more; what is on it is read all the same, and noted as what it is.
        agent.answer(silent(KEY)).await.unwrap();
        let Stage::Done { read: Some(read) } = settled(&agent).await else {
            panic!("done");
        };
        assert!(read.without_pin);
        let inspection = office.inspection().await.unwrap();
        assert!(inspection.without_pin);
        assert_eq!(inspection.certificate_serial, read.certificate_serial);
        let view = office.followed(&operation).await;
        assert_eq!((view.state, view.obstacle), (OperationState::Done, None));
    });
}

/// Only a locked key is read without its PIN, and only where no more than reading is asked for.
#[test]
fn a_key_that_can_sign_has_to() {
    at_a_desk("a_key_that_can_sign_has_to", async |machine| {
        let office = Office::open(machine, PowerCut::never()).await;
        let (_, ticket) = office.ticket().await;
        let agent = office.agent("one");
        agent.begin(begin(&ticket)).await.unwrap();
        let refused = agent.answer(silent(KEY)).await;
        assert_eq!(refused, Err(Trouble::Malformed));
        agent.stop().await.unwrap();

        machine.does(&["lock", KEY]);
        let (_, ticket) = office.asked_for("test").await;
        agent.begin(begin(&ticket)).await.unwrap();
        let refused = agent.answer(silent(KEY)).await;
        assert_eq!(refused, Err(Trouble::PinLocked));
        assert_eq!(office.inspection().await, None);
    });
}

/// Nobody types a PIN for the last time without having been told.
#[test]
fn the_last_try_is_asked_for_once_more() {
    at_a_desk("the_last_try_is_asked_for_once_more", async |machine| {
        let office = Office::open(machine, PowerCut::never()).await;
        let (_, ticket) = office.ticket().await;
        let agent = office.agent("one");
        agent.begin(begin(&ticket)).await.unwrap();
        let mut refused = None;
        for _ in 0..10 {
            match agent.answer(typed(KEY, "000000000")).await {
                Ok(_) => {
                    settled(&agent).await;
                }
                Err(trouble) => {
                    refused = Some(trouble);
                    break;
                }
            }
        }
        assert_eq!(refused, Some(Trouble::LastTry));
        let sure = Answer {
            last_try: true,
            ..typed(KEY, PIN)
        };
        agent.answer(sure).await.unwrap();
        assert!(matches!(settled(&agent).await, Stage::Done { .. }));
    });
}

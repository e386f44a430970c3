//! First use of a key: asked for with password and code, once it was handed over.

use std::sync::Arc;

use adapters::ports::{Clock as _, Orders as _, Transaction};
use adapters::registry;
use axum::Router;
use contract::account::CodeSent;
use contract::agent::{AgentView, TakeTransportPin, TicketView};
use contract::error::ErrorCode;
use domain::actor::Actor;
use domain::certificate::{Register, Standing};
use domain::company::User;
use domain::ids::LineNo;
use domain::key::{CompanyKey, HandedKey};
use domain::operation::OperationState;
use domain::order::{Event, EventKind};
use edge::password::Passwords;
use jiff::SignedDuration;
use sealed::Opener;
use serde_json::{Value, json};
use testkit::agent::{Agent, Held, Made, Token, make_keys, secrets};
use testkit::orders::{self, company_key};
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::{Answer, Client};

use crate::OPERATIONS;
use crate::making::{Floor, code, token};

pub(crate) const PASSWORD: &str = "correct horse battery";
const ACTIVATIONS: &str = "/api/activations";

/// A key that was made, and lies on the company's table.
pub(crate) struct Table {
    pub(crate) floor: Floor,
    pub(crate) site: Client,
    pub(crate) account: Router,
    pub(crate) token: Token,
    pub(crate) made: Made,
}

impl Table {
    /// The key is still with us.
    async fn made(power: Arc<PowerCut>) -> Self {
        let floor = Floor::with_power(power, 1).await;
        let view = floor.offer().await;
        let token = token(1);
        let tokens = std::slice::from_ref(&token);
        let made = make_keys(&floor, &view, &Agent::new(1), &floor.desk, tokens)
            .await
            .unwrap();
        let world = &floor.world;
        let user = orders::user(1);
        let place = registry::user(&user.company, &user.id);
        let user: User = world.registry().load(&place).await.unwrap().unwrap();
        let hash = Passwords::default().hash(PASSWORD, &*world.random).unwrap();
        let user = User {
            password: Some(hash),
            version: user.version + 1,
            ..user
        };
        let known = Transaction::new(world.clock.now()).change(&user).unwrap();
        world.registry().record(&known).await.unwrap();
        let ports =
            account::Ports::new(world.doors(), world.cipher.clone(), world.policies.clone());
        Self {
            site: world.as_limited(&floor.ticket, 1).await,
            account: account::api(world.gate(), ports).unwrap(),
            token,
            made: made.into_iter().next().unwrap(),
            floor,
        }
    }

    async fn with_power(power: Arc<PowerCut>) -> Self {
        let table = Self::made(power).await;
        table.hand_over().await;
        table
    }

    pub(crate) async fn new() -> Self {
        Self::with_power(PowerCut::never()).await
    }

    /// The courier takes it.
    async fn hand_over(&self) {
        let world = &self.floor.world;
        let line = LineNo(1);
        for (actor, kind) in [
            (
                Actor::System,
                EventKind::ShipmentBooked {
                    line,
                    waybill: "SF1".to_owned(),
                },
            ),
            (
                orders::by(orders::shipper()),
                EventKind::HandedToCourier { line },
            ),
        ] {
            let event = Event { actor, kind };
            let now = world.clock.now();
            edge::orders::advance(
                &*world.store,
                &world.policies,
                &self.floor.order.id,
                now,
                |_| Ok(Some(event.clone())),
            )
            .await
            .unwrap();
        }
    }

    fn in_account(&self) -> Client {
        self.site.at(&self.account)
    }

    /// A code, by password.
    async fn code(&self) -> Value {
        let body = json!({"password": PASSWORD});
        let sent: CodeSent = self
            .until_answered(async || self.in_account().post_json(ACTIVATIONS, &body).await)
            .await
            .json();
        let digits = self.floor.world.digits(&sent.code).await;
        json!({"id": sent.code, "code": digits})
    }

    async fn until_answered(&self, act: impl AsyncFn() -> Answer) -> Answer {
        loop {
            let answer = act().await;
            if answer.status.is_success() || !self.floor.world.power.is_out() {
                return answer;
            }
            self.floor.world.power.restore();
        }
    }

    async fn ask(&self, code: &Value) -> Answer {
        let body = json!({"verb": "activate", "key_serial": "B-1", "code": code});
        self.site.post_json(OPERATIONS, &body).await
    }

    /// Asked for until there is a ticket: a code that was used up with an answer that got lost is replaced.
    async fn offered(&self) -> Held {
        loop {
            let answer = self.ask(&self.code().await).await;
            if answer.status.is_success() {
                return Held::of(&answer.json::<TicketView>());
            }
            assert!(self.floor.world.power.is_out(), "{}", answer.text());
            self.floor.world.power.restore();
        }
    }

    async fn transport_pin(&self, agent: &Agent, held: &Held) -> Result<String, String> {
        let opener = Opener::generate();
        let says = TakeTransportPin {
            serial: self.token.serial.clone(),
            seal_to: opener.public(),
        };
        let sealed = agent.say(&self.floor, held, says).await?;
        let opened = secrets(held, &self.token.serial, &opener, &sealed)?;
        assert!(opened.so_pin.is_none(), "nobody gets the SO PIN");
        Ok(opened.transport_pin.expose().to_owned())
    }

    pub(crate) async fn activate(&self) -> AgentView {
        let (agent, held) = (Agent::new(3), self.offered().await);
        let says = agent.claim(&held, None);
        agent.say(&self.floor, &held, says).await.unwrap();
        self.transport_pin(&agent, &held).await.unwrap();
        let evidence = self.token.evidence(&held, &self.made.certificates.sign);
        agent.say(&self.floor, &held, evidence).await.unwrap()
    }

    async fn key(&self) -> Option<CompanyKey> {
        let place = registry::company_key(&orders::company(1).id, "B-1");
        self.floor.world.registry().load(&place).await.unwrap()
    }

    async fn waits(&self) -> Option<HandedKey> {
        let place = registry::handed_key(&orders::company(1).id, "B-1");
        self.floor.world.registry().load(&place).await.unwrap()
    }
}

#[tokio::test]
async fn a_key_that_was_handed_over_is_activated_and_is_the_companys() {
    let table = Table::new().await;
    let waits = table.waits().await.unwrap();
    assert_eq!((waits.seal, waits.replaces), (true, None));
    let (agent, held) = (Agent::new(3), table.offered().await);
    let says = agent.claim(&held, None);
    agent.say(&table.floor, &held, says).await.unwrap();
    for _ in 0..2 {
        let pin = table.transport_pin(&agent, &held).await.unwrap();
        assert_eq!(pin, table.made.transport_pin);
    }
    assert_eq!(table.key().await, None, "asking for the PIN binds nothing");
    for _ in 0..2 {
        let evidence = table.token.evidence(&held, &table.made.certificates.sign);
        let view = agent.say(&table.floor, &held, evidence).await.unwrap();
        assert_eq!(view.state, OperationState::Done);
    }
    let key = table.key().await.unwrap();
    assert_eq!(key.activated_at, table.floor.world.clock.now());
    assert_eq!(table.waits().await, None);
    // It has travelled: its transport PIN is given to nobody any more.
    assert_eq!(
        code(table.transport_pin(&agent, &held).await),
        ErrorCode::OperationEnded
    );
    table
        .ask(&table.code().await)
        .await
        .wrong_fields(&["key_serial"]);
}

#[tokio::test]
async fn nothing_is_activated_before_it_was_handed_over() {
    let table = Table::made(PowerCut::never()).await;
    table
        .ask(&table.code().await)
        .await
        .wrong_fields(&["key_serial"]);
}

#[tokio::test]
async fn it_takes_the_password_and_the_code_of_this_person() {
    let table = Table::new().await;
    let wrong = table
        .in_account()
        .post_json(ACTIVATIONS, &json!({"password": "wrong"}))
        .await;
    wrong.refused(ErrorCode::LoginFailed);
    let body = json!({"verb": "activate", "key_serial": "B-1"});
    table
        .site
        .post_json(OPERATIONS, &body)
        .await
        .wrong_fields(&["code"]);
    let good = table.code().await;
    let bad = json!({"id": good["id"], "code": "000000"});
    table.ask(&bad).await.refused(ErrorCode::CodeWrong);
    let none = json!({"verb": "activate", "key_serial": null, "code": good});
    table
        .site
        .post_json(OPERATIONS, &none)
        .await
        .wrong_fields(&["key_serial"]);
    // Another company's person, with a code that is not theirs.
    table.floor.world.company(2).await;
    let other = table.floor.world.as_company(&table.floor.ticket, 2).await;
    let body = json!({"verb": "activate", "key_serial": "B-1", "code": good});
    other
        .post_json(OPERATIONS, &body)
        .await
        .wrong_fields(&["key_serial"]);
    let held = Held::of(&table.ask(&good).await.json::<TicketView>());
    table.ask(&good).await.refused(ErrorCode::CodeWrong);
    // Only of the key that the ticket names, and only to the agent that has it.
    let agent = Agent::new(3);
    assert_eq!(
        code(table.transport_pin(&agent, &held).await),
        ErrorCode::NotTheHolder
    );
    let says = agent.claim(&held, None);
    agent.say(&table.floor, &held, says).await.unwrap();
    let says = TakeTransportPin {
        serial: "B-2".to_owned(),
        seal_to: Opener::generate().public(),
    };
    assert_eq!(
        code(agent.say(&table.floor, &held, says).await),
        ErrorCode::WrongKey
    );
    let stranger = Agent::new(4);
    assert_eq!(
        code(table.transport_pin(&stranger, &held).await),
        ErrorCode::NotTheHolder
    );
    table
        .floor
        .world
        .clock
        .advance(SignedDuration::from_mins(11));
    assert_eq!(
        table.transport_pin(&agent, &held).await.unwrap(),
        table.made.transport_pin,
        "what was claimed goes on tomorrow"
    );
}

/// No other verb gives a PIN out, and no other key's PIN.
#[tokio::test]
async fn only_an_activation_gets_the_pin() {
    let table = Table::new().await;
    table.activate().await;
    let agent = Agent::new(5);
    for verb in ["test", "change_pin"] {
        let body = json!({"verb": verb, "key_serial": "B-1"});
        let view: TicketView = table.site.post_json(OPERATIONS, &body).await.json();
        let held = Held::of(&view);
        let says = agent.claim(&held, None);
        agent.say(&table.floor, &held, says).await.unwrap();
        assert_eq!(
            code(table.transport_pin(&agent, &held).await),
            ErrorCode::MalformedRequest
        );
        let evidence = table.token.evidence(&held, &table.made.certificates.sign);
        let view = agent.say(&table.floor, &held, evidence).await.unwrap();
        assert_eq!(view.state, OperationState::Done);
    }
    let body = json!({"verb": "change_pin", "key_serial": null});
    table
        .site
        .post_json(OPERATIONS, &body)
        .await
        .wrong_fields(&["key_serial"]);
}

/// covers: R33, R34
#[tokio::test]
async fn the_key_before_it_ends_with_the_activation() {
    let table = Table::new().await;
    let world = &table.floor.world;
    let now = world.clock.now();
    let old = company_key(1, "OLD-1", now + SignedDuration::from_hours(24 * 100));
    let waits = table.waits().await.unwrap();
    let waits = HandedKey {
        replaces: Some("OLD-1".to_owned()),
        ..waits
    };
    let given = Transaction::new(now).change(&old).unwrap();
    let given = given.mark(&waits).unwrap();
    world.registry().record(&given).await.unwrap();
    table.activate().await;
    let place = registry::company_key(&old.company, "OLD-1");
    let old: CompanyKey = world.registry().load(&place).await.unwrap().unwrap();
    assert_eq!(old.revoked_at, Some(now));
    let register = registry::register(&table.floor.order.id, LineNo(1));
    let register: Register = world.registry().load(&register).await.unwrap().unwrap();
    assert!(
        register
            .keys
            .iter()
            .all(|key| key.standing == Standing::Good)
    );
}

#[tokio::test]
async fn a_power_cut_at_any_write_of_an_activation_leaves_a_key_that_is_the_companys() {
    let first = Table::new().await.floor.world.power.writes() + 1;
    for moment in [Moment::Before, Moment::After] {
        for number in first.. {
            let table = Table::with_power(PowerCut::at(number, moment, Length::Outage)).await;
            let view = table.activate().await;
            let told = table.floor.world.power.struck();
            assert_eq!(view.state, OperationState::Done, "{told:?}");
            assert!(table.key().await.is_some(), "{told:?}");
            assert_eq!(table.waits().await, None, "{told:?}");
            let order = table.floor.world.store.load(&table.floor.order.id).await;
            assert!(order.unwrap().is_some());
            if told.is_none() {
                assert!(number > first + 4, "it cuts at every write");
                break;
            }
        }
    }
}

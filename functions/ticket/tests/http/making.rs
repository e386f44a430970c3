//! Keys made at a desk: by tickets, with stock, certificates and PINs; and what a desk may not do.

use std::sync::Arc;

use adapters::ports::{Clock as _, Orders as _, Transaction};
use adapters::registry;
use async_trait::async_trait;
use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::agent::{
    Act, AgentView, GiveUp, JOSE, KeyMade, MakingView, OperationView, RequestCertificates,
    SO_PIN_LENGTH, ScrapKey, TRANSPORT_PIN_LENGTH, TakeKey, TicketView,
};
use contract::error::{ErrorCode, Problem};
use domain::actor::Role;
use domain::catalog::Medium;
use domain::certificate::{Register, Standing};
use domain::desk::Desk;
use domain::ids::{LineNo, UnitNo};
use domain::operation::OperationState;
use domain::order::{Event, EventKind, Order, UnitState};
use domain::stock::{ScrapReason, StockKey, StockState};
use serde_json::json;
use testkit::agent::{Agent, DeskKey, Held, Token, Wire, enrolment, make_key, make_keys, secrets};
use testkit::orders::{self, Point, key_with_seal};
use testkit::pki;
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::Client;
use testkit::world::World;

/// The production floor: a maker at the console, desks, and blank keys.
pub(crate) struct Floor {
    pub(crate) world: World,
    pub(crate) ticket: Router,
    ca: Router,
    seals: Router,
    pub(crate) maker: Client,
    pub(crate) desk: DeskKey,
    pub(crate) order: Order,
}

pub(crate) fn ca(world: &World) -> Router {
    let ports = ca::Ports {
        orders: world.store.clone(),
        registry: world.store.clone(),
        certificates: world.store.clone(),
        issuers: Arc::new(pki::issuers()),
        ca: pki::ca(world.power.clone()),
        policies: world.policies.clone(),
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    ca::api(world.gate(), ports).unwrap()
}

pub(crate) fn seals(world: &World) -> Router {
    let ports = seal_maker::Ports {
        orders: world.store.clone(),
        registry: world.store.clone(),
        certificates: world.store.clone(),
        objects: world.objects.clone(),
        maker: testkit::seals::maker(world.power.clone()),
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    seal_maker::api(world.gate(), ports).unwrap()
}

#[async_trait(?Send)]
impl Wire for Floor {
    fn now(&self) -> i64 {
        self.world.clock.now().as_second()
    }

    /// Said until it is answered: the power comes back.
    async fn say(&self, act: Act, call: String) -> Result<Vec<u8>, String> {
        let router = match act {
            Act::RequestCertificates => &self.ca,
            Act::RequestSeal => &self.seals,
            _ => &self.ticket,
        };
        let client = Client::new(router.clone());
        let path = format!("/{}", act.path());
        let headers = [("content-type", JOSE)];
        loop {
            let body = call.clone().into_bytes();
            let answer = client.post_raw(&path, &headers, body).await;
            if answer.status.is_success() {
                return Ok(answer.body.to_vec());
            }
            if self.world.power.is_out() {
                self.world.power.restore();
                continue;
            }
            return Err(answer.text());
        }
    }
}

/// Why a call was refused.
#[track_caller]
pub(crate) fn code<T: std::fmt::Debug>(answer: Result<T, String>) -> ErrorCode {
    let text = answer.expect_err("refused");
    let problem: Problem = serde_json::from_str(&text).unwrap();
    problem.code
}

impl Floor {
    pub(crate) async fn with_power(power: Arc<PowerCut>, lines: u32) -> Self {
        let world = World::with_power(power).await;
        let ticket = super::router(&world);
        let medium = key_with_seal().medium;
        world.blanks(medium, &["B-1", "B-2", "B-3", "B-4"]).await;
        let order = world
            .order(1, &[(key_with_seal(), lines)], Point::Approved)
            .await;
        Self {
            ca: ca(&world),
            seals: seals(&world),
            maker: world.as_staff(&ticket, 2, &[Role::Maker]).await,
            desk: world.enrolled(1).await,
            ticket,
            world,
            order,
        }
    }

    pub(crate) async fn new(lines: u32) -> Self {
        Self::with_power(PowerCut::never(), lines).await
    }

    fn offers(&self) -> String {
        format!("/api/console/production/{}/1/operations", self.order.id)
    }

    pub(crate) async fn offer(&self) -> TicketView {
        loop {
            let answer = self.maker.post(&self.offers()).await;
            if answer.status.is_success() {
                return answer.json();
            }
            assert!(self.world.power.is_out(), "{}", answer.text());
            self.world.power.restore();
        }
    }

    /// An operation that a desk has claimed.
    async fn claimed(&self, agent: &Agent) -> Held {
        let held = Held::of(&self.offer().await);
        let says = agent.claim(&held, Some(&self.desk));
        agent.say(self, &held, says).await.unwrap();
        held
    }

    async fn order(&self) -> Order {
        self.world
            .store
            .load(&self.order.id)
            .await
            .unwrap()
            .unwrap()
    }

    async fn stock(&self, serial: &str) -> StockKey {
        let key = registry::stock_key(serial);
        self.world.registry().load(&key).await.unwrap().unwrap()
    }

    async fn register(&self) -> Register {
        let key = registry::register(&self.order.id, LineNo(1));
        self.world.registry().load(&key).await.unwrap().unwrap()
    }

    async fn followed(&self, held: &Held) -> OperationView {
        let path = format!("/api/console/operations/{}", held.operation());
        self.maker.get(&path).await.json()
    }
}

pub(crate) fn token(no: u8) -> Token {
    Token {
        serial: format!("B-{no}"),
        no,
    }
}

async fn take(floor: &Floor, agent: &Agent, held: &Held, token: &Token) -> Result<UnitNo, String> {
    let (says, _) = token.take(None);
    let assigned = agent.say(floor, held, says).await?;
    Ok(assigned.unit)
}

// ---- the way ---------------------------------------------------------------------------------------------

/// covers: R45
#[tokio::test]
async fn one_blank_key_after_the_other_becomes_a_key_of_the_line() {
    let floor = Floor::new(2).await;
    let agent = Agent::new(1);
    let view = floor.offer().await;
    let held = Held::of(&view);
    let making = held.ticket.making.clone().unwrap();
    assert_eq!((making.of, making.onto_made), (2, false));
    let tokens = [token(1), token(2)];
    let made = make_keys(&floor, &view, &agent, &floor.desk, &tokens)
        .await
        .unwrap();
    let seen: Vec<(u8, OperationState, u8)> = made
        .iter()
        .map(|made| (made.assigned.unit.0, made.view.state, made.view.made))
        .collect();
    assert_eq!(
        seen,
        [
            (1, OperationState::Claimed, 1),
            (2, OperationState::Done, 2)
        ]
    );
    for key in &made {
        assert_eq!(key.transport_pin.len(), TRANSPORT_PIN_LENGTH);
        assert_ne!(key.certificates.sign, key.certificates.encrypt);
        assert_eq!(
            key.certificates.chain.matches("BEGIN CERTIFICATE").count(),
            2
        );
    }
    assert_ne!(made[0].transport_pin, made[1].transport_pin);
    let order = floor.order().await;
    for (no, unit) in order.lines[0].all_units().into_iter().enumerate() {
        assert_eq!(unit.state, UnitState::Made);
        assert_eq!(unit.key_serial, Some(tokens[no].serial.clone()));
        assert_eq!(unit.maker, Some(orders::staff(2)));
    }
    assert_eq!(floor.stock("B-1").await.state, StockState::Used);
    assert_eq!(floor.stock("B-3").await.state, StockState::Blank);
    let followed = floor.followed(&held).await;
    assert_eq!(followed.state, OperationState::Done);
    assert_eq!(followed.desk, Some(floor.desk.id.clone()));
    // Nothing is left to make.
    floor
        .maker
        .post(&floor.offers())
        .await
        .refused(ErrorCode::NotInThisState);
}

#[tokio::test]
async fn every_call_may_come_twice_and_a_token_keeps_its_pins() {
    let floor = Floor::new(1).await;
    let agent = Agent::new(1);
    let held = floor.claimed(&agent).await;
    let token = token(1);
    let mut pins = Vec::new();
    for _ in 0..2 {
        let (says, opener) = token.take(Some(key_with_seal().medium));
        let assigned = agent.say(&floor, &held, says).await.unwrap();
        assert!(assigned.blank);
        let opened = secrets(&held, &token.serial, &opener, &assigned.secrets).unwrap();
        let so_pin = opened.so_pin.unwrap();
        assert_eq!(so_pin.expose().len(), SO_PIN_LENGTH);
        pins.push((
            so_pin.expose().to_owned(),
            opened.transport_pin.expose().to_owned(),
        ));
    }
    assert_eq!(pins[0], pins[1]);
    let mut certificates = Vec::new();
    for _ in 0..2 {
        let says = RequestCertificates {
            serial: token.serial.clone(),
            request: pki::request(1, &held.ticket.nonce),
        };
        certificates.push(agent.say(&floor, &held, says).await.unwrap());
    }
    assert_eq!(certificates[0], certificates[1]);
    let other = RequestCertificates {
        serial: token.serial.clone(),
        request: pki::request(7, &held.ticket.nonce),
    };
    assert_eq!(
        code(agent.say(&floor, &held, other).await),
        ErrorCode::CertificateAlreadyIssued
    );
    for _ in 0..2 {
        let evidence = token.evidence(&held, &certificates[0].sign);
        let view = agent.say(&floor, &held, KeyMade { evidence }).await;
        assert_eq!(view.unwrap().state, OperationState::Done);
    }
    assert_eq!(floor.world.store.all_issuances().len(), 1);
    assert_eq!(floor.order().await.events, floor.order.events + 3);
}

/// A token that fails is given up; its key is made anew on another one, and the first certificates count no more.
#[tokio::test]
async fn a_key_that_fails_is_scrapped_and_made_anew() {
    let floor = Floor::new(1).await;
    let agent = Agent::new(1);
    let held = floor.claimed(&agent).await;
    let first = token(1);
    take(&floor, &agent, &held, &first).await.unwrap();
    let says = RequestCertificates {
        serial: first.serial.clone(),
        request: pki::request(1, &held.ticket.nonce),
    };
    agent.say(&floor, &held, says).await.unwrap();
    for _ in 0..2 {
        let says = ScrapKey {
            serial: first.serial.clone(),
            reason: ScrapReason::SelfTest,
        };
        let view: MakingView = agent.say(&floor, &held, says).await.unwrap();
        assert_eq!((view.state, view.made), (OperationState::Claimed, 0));
    }
    assert_eq!(floor.stock("B-1").await.state, StockState::Scrapped);
    assert_eq!(
        code(take(&floor, &agent, &held, &first).await),
        ErrorCode::KeyNotBlank
    );
    let made = make_key(&floor, &agent, &held, &token(2)).await.unwrap();
    assert_eq!((made.assigned.unit, made.assigned.attempt), (UnitNo(1), 2));
    assert_eq!(made.view.state, OperationState::Done);
    let standings: Vec<bool> = floor
        .register()
        .await
        .keys
        .iter()
        .map(|key| key.standing == Standing::Good)
        .collect();
    assert_eq!(standings, [false, true]);
}

/// covers: R40
#[tokio::test]
async fn a_carried_year_goes_onto_the_key_that_was_made() {
    let floor = Floor::new(1).await;
    let now = floor.world.clock.now();
    let mut lines = orders::upgrade_lines(now);
    lines[0].seals = 1;
    let draft = orders::draft_of(1, 77, lines, now);
    let journey = orders::bring(1, draft, Point::Approved, now);
    journey
        .write(&floor.world.store, &floor.world.objects)
        .await
        .unwrap();
    let medium = journey.order.lines[0].product.medium;
    floor.world.blanks(medium, &["U-1"]).await;
    floor.world.approve_seals(&journey.order, LineNo(1)).await;
    let agent = Agent::new(1);
    let offered = async |line: u8| -> Held {
        let path = format!(
            "/api/console/production/{}/{line}/operations",
            journey.order.id
        );
        let view: TicketView = floor.maker.post(&path).await.json();
        let held = Held::of(&view);
        let says = agent.claim(&held, Some(&floor.desk));
        agent.say(&floor, &held, says).await.unwrap();
        held
    };
    let upgraded = Token {
        serial: "U-1".to_owned(),
        no: 31,
    };
    let new = make_key(&floor, &agent, &offered(1).await, &upgraded)
        .await
        .unwrap();
    let year = offered(2).await;
    assert!(year.ticket.making.clone().unwrap().onto_made);
    assert_eq!(
        code(take(&floor, &agent, &year, &token(1)).await),
        ErrorCode::KeyNotBlank
    );
    let with_more = Token { no: 32, ..upgraded };
    let carried = make_key(&floor, &agent, &year, &with_more).await.unwrap();
    assert!(!carried.assigned.blank);
    // Its seal goes on to the certificate of the carried year, with the same picture.
    let seals = [&new, &carried].map(|made| {
        let seal = STANDARD.decode(made.seal.as_ref().unwrap()).unwrap();
        let seal = eseal::verify(&seal).unwrap();
        let (_, own) = der::pem::decode_vec(made.certificates.sign.as_bytes()).unwrap();
        assert_eq!(seal.certificates, [own]);
        seal
    });
    assert_eq!(seals[0].png, seals[1].png);
    assert_ne!(seals[0].id, seals[1].id);
    assert_eq!(carried.transport_pin, new.transport_pin);
    assert_eq!(carried.view.state, OperationState::Done);
}

/// One of two is given up after all were made: the key that takes its place has its seal too.
#[tokio::test]
async fn a_key_that_is_made_anew_has_its_seal_and_without_it_no_key_counts() {
    let floor = Floor::new(2).await;
    floor.world.approve_seals(&floor.order, LineNo(1)).await;
    let agent = Agent::new(1);
    let held = Held::of(&floor.offer().await);
    let says = agent.claim(&held, Some(&floor.desk));
    agent.say(&floor, &held, says).await.unwrap();
    for no in [1, 2] {
        let made = make_key(&floor, &agent, &held, &token(no)).await.unwrap();
        assert!(made.seal.is_some());
    }
    let order = floor.world.store.load(&floor.order.id).await.unwrap();
    let round = order.unwrap().lines[0].round;
    let scrapped = Event {
        actor: orders::by(orders::staff(2)),
        kind: EventKind::UnitScrapped {
            line: LineNo(1),
            unit: UnitNo(2),
            reason: ScrapReason::KeyFails,
        },
    };
    let now = floor.world.clock.now();
    let order = edge::orders::advance(
        &*floor.world.store,
        &floor.world.policies,
        &floor.order.id,
        now,
        |_| Ok(Some(scrapped.clone())),
    );
    assert!(order.await.unwrap().lines[0].round > round);

    let held = Held::of(&floor.offer().await);
    let says = agent.claim(&held, Some(&floor.desk));
    agent.say(&floor, &held, says).await.unwrap();
    // An agent that forgets the seal.
    let third = token(3);
    let (take, _) = third.take(None);
    agent.say(&floor, &held, take).await.unwrap();
    let asks = RequestCertificates {
        serial: third.serial.clone(),
        request: pki::request(third.no, &held.ticket.nonce),
    };
    let certificates = agent.say(&floor, &held, asks).await.unwrap();
    let evidence = third.evidence(&held, &certificates.sign);
    assert_eq!(
        code(agent.say(&floor, &held, KeyMade { evidence }).await),
        ErrorCode::NotInThisState
    );
    let made = make_key(&floor, &agent, &held, &third).await.unwrap();
    assert!(made.seal.is_some());
    assert_eq!(made.view.state, OperationState::Done);
}

// ---- who may ---------------------------------------------------------------------------------------------

#[tokio::test]
async fn only_a_desk_of_ours_makes_keys_and_only_while_it_is_one() {
    let floor = Floor::new(1).await;
    let agent = Agent::new(1);
    let held = Held::of(&floor.offer().await);
    let nowhere = agent.say(&floor, &held, agent.claim(&held, None)).await;
    assert_eq!(code(nowhere), ErrorCode::DeskUnknown);
    let stranger = DeskKey::new(floor.desk.id.clone(), pki::token_key(99));
    let forged = agent.claim(&held, Some(&stranger));
    assert_eq!(
        code(agent.say(&floor, &held, forged).await),
        ErrorCode::DeskUnknown
    );
    // Another operation's proof, by the right desk.
    let other = Held::of(&floor.offer().await);
    let mut borrowed = agent.claim(&held, Some(&floor.desk));
    borrowed.desk = agent.claim(&other, Some(&floor.desk)).desk;
    assert_eq!(
        code(agent.say(&floor, &held, borrowed).await),
        ErrorCode::DeskUnknown
    );
    let right = agent.claim(&held, Some(&floor.desk));
    agent.say(&floor, &held, right).await.unwrap();
    take(&floor, &agent, &held, &token(1)).await.unwrap();

    // The maker loses the role: the next call finds out.
    let maker = floor.world.staff(2, &[Role::Reviewer]).await;
    assert_eq!(
        code(take(&floor, &agent, &held, &token(1)).await),
        ErrorCode::Forbidden
    );
    floor.world.staff(2, &[Role::Maker]).await;
    assert_eq!(maker.id, orders::staff(2));
    let place = registry::desk(&floor.desk.id);
    let desk: Desk = floor.world.registry().load(&place).await.unwrap().unwrap();
    let now = floor.world.clock.now();
    let gone = desk.dismissed(now).unwrap();
    let end = Transaction::new(now).change(&gone).unwrap();
    floor.world.registry().record(&end).await.unwrap();
    assert_eq!(
        code(take(&floor, &agent, &held, &token(1)).await),
        ErrorCode::DeskUnknown
    );
    let says = RequestCertificates {
        serial: token(1).serial,
        request: pki::request(1, &held.ticket.nonce),
    };
    assert_eq!(
        code(agent.say(&floor, &held, says).await),
        ErrorCode::DeskUnknown
    );
    assert!(floor.world.store.all_issuances().is_empty());
}

#[tokio::test]
async fn whoever_approved_the_papers_makes_no_key() {
    let floor = Floor::new(1).await;
    let both = floor
        .world
        .as_staff(&floor.ticket, 1, &[Role::Reviewer, Role::Maker])
        .await;
    both.post(&floor.offers())
        .await
        .refused(ErrorCode::SamePerson);
    let company = floor.world.as_company(&floor.ticket, 1).await;
    company
        .post(&floor.offers())
        .await
        .refused(ErrorCode::LoginRequired);
    let body = json!({"verb": "make", "key_serial": null});
    company
        .post_json("/api/operations", &body)
        .await
        .wrong_fields(&["verb"]);
}

#[tokio::test]
async fn each_token_that_does_not_fit_is_refused_by_name() {
    let floor = Floor::new(2).await;
    let other = match key_with_seal().medium {
        Medium::Cpp => Medium::Bjca,
        Medium::Bjca => Medium::Cpp,
    };
    floor.world.blanks(other, &["C-1"]).await;
    let agent = Agent::new(1);
    let held = floor.claimed(&agent).await;
    let on = |serial: &str| Token {
        serial: serial.to_owned(),
        no: 50,
    };
    for (serial, why) in [
        ("UNKNOWN", ErrorCode::KeyNotBlank),
        ("", ErrorCode::KeyNotBlank),
        ("B-1\nB-2", ErrorCode::KeyNotBlank),
        ("C-1", ErrorCode::KeyOfOtherMedium),
    ] {
        assert_eq!(
            code(take(&floor, &agent, &held, &on(serial)).await),
            why,
            "{serial}"
        );
    }
    let (says, _) = token(1).take(Some(other));
    assert_eq!(
        code(agent.say(&floor, &held, says).await),
        ErrorCode::KeyOfOtherMedium
    );
    let says = TakeKey {
        serial: "B-1".to_owned(),
        medium: None,
        seal_to: "no key".to_owned(),
    };
    assert_eq!(
        code(agent.say(&floor, &held, says).await),
        ErrorCode::MalformedRequest
    );
    // A second desk's operation on the same line gets other keys, and not the first one's tokens.
    take(&floor, &agent, &held, &token(1)).await.unwrap();
    let second = Agent::new(2);
    let theirs = floor.claimed(&second).await;
    assert_eq!(
        code(take(&floor, &second, &theirs, &token(1)).await),
        ErrorCode::UnitGone
    );
    let unit = take(&floor, &second, &theirs, &token(2)).await.unwrap();
    assert_eq!(unit, UnitNo(2));
    assert_eq!(
        code(take(&floor, &second, &theirs, &token(3)).await),
        ErrorCode::NothingToMake
    );
    let says = RequestCertificates {
        serial: "B-1".to_owned(),
        request: pki::request(1, &theirs.ticket.nonce),
    };
    assert_eq!(
        code(second.say(&floor, &theirs, says).await),
        ErrorCode::UnitGone
    );
    // A request without the operation's nonce is somebody else's.
    for request in [pki::request(1, "another"), pki::csr(1)] {
        let says = RequestCertificates {
            serial: "B-1".to_owned(),
            request,
        };
        assert_eq!(
            code(agent.say(&floor, &held, says).await),
            ErrorCode::BadCertificateRequest
        );
    }
}

#[tokio::test]
async fn a_key_is_made_only_by_the_key_whose_certificate_it_has() {
    let floor = Floor::new(2).await;
    let agent = Agent::new(1);
    let held = floor.claimed(&agent).await;
    let mut certificates = Vec::new();
    for no in [1, 2] {
        take(&floor, &agent, &held, &token(no)).await.unwrap();
        let says = RequestCertificates {
            serial: token(no).serial,
            request: pki::request(no, &held.ticket.nonce),
        };
        certificates.push(agent.say(&floor, &held, says).await.unwrap());
    }
    // Swapped: the second token's keys under the first one's number.
    let swapped = Token {
        serial: token(1).serial,
        no: 2,
    };
    for (token, certificate) in [
        (&swapped, &certificates[1].sign),
        (&swapped, &certificates[0].sign),
        (&token(1), &certificates[1].sign),
    ] {
        let evidence = token.evidence(&held, certificate);
        assert_eq!(
            code(agent.say(&floor, &held, KeyMade { evidence }).await),
            ErrorCode::NoPossession
        );
    }
    let evidence = token(1).evidence(&held, &certificates[0].encrypt);
    assert_eq!(
        code(agent.say(&floor, &held, KeyMade { evidence }).await),
        ErrorCode::UnknownIssuer,
        "the certificate for secrets signs nothing"
    );
    assert_eq!(floor.order().await.lines[0].made(), 0);
}

/// An agent stops between two keys, and never in the middle of one.
#[tokio::test]
async fn a_desk_stops_only_between_keys() {
    let floor = Floor::new(2).await;
    let agent = Agent::new(1);
    let held = floor.claimed(&agent).await;
    take(&floor, &agent, &held, &token(1)).await.unwrap();
    assert_eq!(
        code(agent.say(&floor, &held, GiveUp {}).await),
        ErrorCode::KeyBegun
    );
    make_key(&floor, &agent, &held, &token(1)).await.unwrap();
    for _ in 0..2 {
        let view: AgentView = agent.say(&floor, &held, GiveUp {}).await.unwrap();
        assert_eq!(view.state, OperationState::Done);
    }
    assert_eq!(
        code(take(&floor, &agent, &held, &token(2)).await),
        ErrorCode::OperationEnded
    );
    let next = floor.claimed(&Agent::new(2)).await;
    let view = Agent::new(2).say(&floor, &next, GiveUp {}).await.unwrap();
    assert_eq!(view.state, OperationState::RolledBack);
}

/// Nobody but the maker who asked follows it; a ticket nobody claimed is taken back.
#[tokio::test]
async fn a_makers_operation_is_theirs() {
    let floor = Floor::new(1).await;
    let held = Held::of(&floor.offer().await);
    let other = floor.world.as_staff(&floor.ticket, 3, &[Role::Maker]).await;
    let path = format!("/api/console/operations/{}", held.operation());
    other.get(&path).await.refused(ErrorCode::NotFound);
    other.delete(&path).await.refused(ErrorCode::NotFound);
    let back: OperationView = floor.maker.delete(&path).await.json();
    assert_eq!(back.state, OperationState::RolledBack);
    let agent = Agent::new(1);
    let late = agent.claim(&held, Some(&floor.desk));
    assert_eq!(
        code(agent.say(&floor, &held, late).await),
        ErrorCode::TicketExpired
    );
    let enrol = enrolment(&pki::token_key(9), &agent, held.operation());
    assert_eq!(
        code(agent.say(&floor, &held, enrol).await),
        ErrorCode::NotTheHolder
    );
}

// ---- when the power goes out -----------------------------------------------------------------------------

/// A line of two, the first token given up, with the power cut at every write: each call is repeated until it is
/// answered, and everything is as without the cut.
#[tokio::test]
async fn a_power_cut_at_any_write_makes_nothing_twice_and_loses_nothing() {
    let first = Floor::new(2).await.world.power.writes() + 1;
    for moment in [Moment::Before, Moment::After] {
        for number in first.. {
            let cut = PowerCut::at(number, moment, Length::Outage);
            let floor = Floor::with_power(cut, 2).await;
            let agent = Agent::new(1);
            let held = floor.claimed(&agent).await;
            take(&floor, &agent, &held, &token(1)).await.unwrap();
            let says = ScrapKey {
                serial: token(1).serial,
                reason: ScrapReason::KeyFails,
            };
            agent.say(&floor, &held, says).await.unwrap();
            for no in [2, 3] {
                make_key(&floor, &agent, &held, &token(no)).await.unwrap();
            }
            let told = floor.world.power.struck();
            assert_eq!(floor.world.store.all_issuances().len(), 2, "{told:?}");
            let order = floor.order().await;
            let attempts: Vec<(UnitState, u32)> = order.lines[0]
                .all_units()
                .iter()
                .map(|unit| (unit.state, unit.attempt))
                .collect();
            assert_eq!(
                attempts,
                [(UnitState::Made, 2), (UnitState::Made, 1)],
                "{told:?}"
            );
            let mut stock = Vec::new();
            for no in 1..=4 {
                stock.push(floor.stock(&format!("B-{no}")).await.state);
            }
            assert_eq!(
                stock,
                [
                    StockState::Scrapped,
                    StockState::Used,
                    StockState::Used,
                    StockState::Blank
                ],
                "{told:?}"
            );
            assert_eq!(floor.followed(&held).await.state, OperationState::Done);
            if told.is_none() {
                assert!(number > first + 10, "it cuts at every write");
                break;
            }
        }
    }
}

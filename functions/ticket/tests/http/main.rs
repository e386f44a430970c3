//! Tickets and operations, as the site and an agent see them. The agent here is a few lines that sign: what a real
//! one does with a real token is tested beside it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

mod activating;
mod enrolling;
mod joining;
mod logging_in;
mod making;
mod serving;

use std::sync::Arc;

use adapters::ca::{Issuers, OtherLists};
use adapters::ports::{Clock as _, Transaction};
use adapters::registry;
use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::agent::{
    Act, AgentView, CALL, CLOCK_SECONDS, Call, Claim, Evidence, GiveUp, Hindered, JOSE,
    OperationView, Says, TICKET, Ticket, TicketView, possession,
};
use contract::error::ErrorCode;
use domain::catalog::Medium;
use domain::certificate::{Subject, Validity};
use domain::credit::Inspection;
use domain::ids::OperationId;
use domain::key::{CompanyKey, ReplacementReason, Suspension};
use domain::operation::{AgentAbout, Obstacle, OperationState, TICKET_MINUTES};
use jiff::SignedDuration;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use serde_json::{Value, json};
use testkit::orders::company_key;
use testkit::pki;
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::{Answer, Client};
use testkit::world::World;
use ticket::{Ports, api};

const KEY: &str = "CPP-1";
const OPERATIONS: &str = "/api/operations";
const CLAIMS: &str = "/api/agent/claims";
const OBSTACLES: &str = "/api/agent/obstacles";
const EVIDENCE: &str = "/api/agent/evidence";
const ENDINGS: &str = "/api/agent/endings";

fn ticket_key() -> jws::PublicKey {
    jws::PublicKey::from_der(&pki::kms_public_key()).unwrap()
}

fn router(world: &World) -> Router {
    router_with(world, pki::issuers(), Arc::default())
}

fn router_with(world: &World, issuers: Issuers, lists: Arc<pki::PublishedLists>) -> Router {
    let ports = Ports {
        registry: world.store.clone(),
        orders: world.store.clone(),
        policies: world.policies.clone(),
        key_secrets: world.mac.clone(),
        fields: world.fields(),
        codes: world.codes(),
        throttles: world.throttles(),
        signer: pki::kms_key(world.power.clone()),
        ticket_key: ticket_key(),
        issuers: Arc::new(issuers),
        lists: Arc::new(OtherLists::new(lists)),
        site: "https://keys.example.cn".to_owned(),
        agent_port: 27_415,
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    api(world.gate(), ports).unwrap()
}

/// A company with one key, which lies in somebody's reader.
struct Desk {
    world: World,
    site: Client,
    wire: Client,
    key: CompanyKey,
    certificate: Vec<u8>,
}

/// An agent: the key that it made for one operation.
struct Agent {
    key: SigningKey,
    about: AgentAbout,
}

impl Agent {
    fn new(seed: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            about: AgentAbout {
                version: "1.2.3".to_owned(),
                system: "linux x86_64".to_owned(),
            },
        }
    }

    fn public(&self) -> jws::PublicKey {
        (&self.key).into()
    }
}

/// A ticket in somebody's hands.
struct Given {
    operation: OperationId,
    nonce: String,
    ticket: String,
}

impl Desk {
    async fn new() -> Self {
        Self::with_power(PowerCut::never()).await
    }

    async fn with_power(power: Arc<PowerCut>) -> Self {
        let world = World::with_power(power).await;
        let router = router(&world);
        let company = world.company(1).await;
        let now = world.clock.now();
        let subject = Subject {
            company_name: company.name.clone(),
            credit_code: company.credit_code.as_str().to_owned(),
        };
        let validity = Validity::from_now(now, 1).unwrap();
        let (serial, certificate) = pki::issued(pki::csr(5), 5, subject, validity).await;
        let key = CompanyKey {
            certificate_serial: serial,
            not_after: validity.not_after,
            ..company_key(1, KEY, validity.not_after)
        };
        let given = Transaction::new(now).change(&key).unwrap();
        world.registry().record(&given).await.unwrap();
        Self {
            site: world.as_company(&router, 1).await,
            wire: Client::new(router),
            world,
            key,
            certificate,
        }
    }

    async fn offer(&self, body: &Value) -> Given {
        let view: TicketView = self.site.post_json(OPERATIONS, body).await.json();
        given(&view)
    }

    async fn inspect(&self) -> Given {
        let body = json!({"verb": "inspect", "key_serial": KEY});
        self.offer(&body).await
    }

    async fn call<T: Says>(&self, path: &str, agent: &Agent, given: &Given, says: T) -> Answer {
        let call = Call {
            act: T::ACT,
            operation: given.operation.clone(),
            at: self.world.clock.now().as_second(),
            says,
        };
        self.send(path, agent, &call).await
    }

    async fn send<T: Says>(&self, path: &str, agent: &Agent, call: &Call<T>) -> Answer {
        let token = jws::Unsigned::new(CALL, &agent.public().id(), call);
        self.raw(path, token.unwrap().sign(&agent.key)).await
    }

    async fn raw(&self, path: &str, token: String) -> Answer {
        let headers = [("content-type", JOSE)];
        self.wire.post_raw(path, &headers, token.into_bytes()).await
    }

    async fn claim(&self, agent: &Agent, given: &Given) -> Answer {
        let says = Claim {
            ticket: given.ticket.clone(),
            key: agent.public().to_string(),
            agent: agent.about.clone(),
            desk: None,
        };
        self.call(CLAIMS, agent, given, says).await
    }

    /// What a key shows: the one of this seed, with this certificate.
    fn evidence(&self, seed: u8, given: &Given) -> Evidence {
        let certificate = STANDARD.encode(&self.certificate);
        shown(seed, &certificate, given)
    }

    async fn show(&self, agent: &Agent, given: &Given, evidence: Evidence) -> Answer {
        self.call(EVIDENCE, agent, given, evidence).await
    }

    async fn followed(&self, given: &Given) -> OperationView {
        let path = format!("{OPERATIONS}/{}", given.operation);
        self.site.get(&path).await.json()
    }

    async fn inspection(&self) -> Option<Inspection> {
        let place = registry::inspection(&self.key.company, KEY);
        self.world.registry().load(&place).await.unwrap()
    }

    async fn change(&self, key: CompanyKey) {
        let key = CompanyKey {
            version: self.key.version + 1,
            ..key
        };
        let change = Transaction::new(self.world.clock.now());
        let change = change.change(&key).unwrap();
        self.world.registry().record(&change).await.unwrap();
    }
}

fn given(view: &TicketView) -> Given {
    let (address, ticket) = view.address.split_once('#').unwrap();
    assert_eq!(address, "http://127.0.0.1:27415/");
    let parts = jws::Parts::of(ticket, TICKET).unwrap();
    let read: Ticket = parts.verified(&[ticket_key()]).unwrap();
    assert_eq!(read.operation, view.operation.id);
    Given {
        operation: read.operation,
        nonce: read.nonce,
        ticket: ticket.to_owned(),
    }
}

fn shown(seed: u8, certificate: &str, given: &Given) -> Evidence {
    let message = possession(&given.operation, &given.nonce, KEY, certificate);
    let signature: DerSignature = pki::token_key(seed).sign(&message);
    Evidence {
        serial: KEY.to_owned(),
        certificate: certificate.to_owned(),
        signature: Some(STANDARD.encode(signature.as_bytes())),
    }
}

// ---- the way ---------------------------------------------------------------------------------------------

/// R36: what an agent read is an inspection, by which a price is reckoned.
#[tokio::test]
async fn a_key_is_inspected_and_every_call_may_come_twice() {
    let desk = Desk::new().await;
    let given = desk.inspect().await;
    assert_eq!(desk.followed(&given).await.state, OperationState::Offered);
    let agent = Agent::new(1);
    for _ in 0..2 {
        let claimed: AgentView = desk.claim(&agent, &given).await.json();
        assert_eq!(claimed.state, OperationState::Claimed);
    }
    let mut answers = Vec::new();
    for _ in 0..2 {
        let evidence = desk.evidence(5, &given);
        let answer = desk.show(&agent, &given, evidence).await;
        answers.push(answer.json::<AgentView>());
    }
    assert_eq!(answers[0], answers[1]);
    let followed = desk.followed(&given).await;
    assert_eq!(followed.state, OperationState::Done);
    assert_eq!(followed.agent, Some(agent.about.clone()));
    let read = followed.read.unwrap();
    let inspection = desk.inspection().await.unwrap();
    assert_eq!(
        (read.serial.as_str(), read.medium, read.not_after),
        (KEY, Medium::Cpp, desk.key.not_after)
    );
    assert_eq!(inspection.certificate_serial, desk.key.certificate_serial);
    assert!(inspection.is_fresh(desk.world.clock.now()));
    // Whoever claimed it may ask again after its end.
    assert_eq!(
        desk.claim(&agent, &given).await.json::<AgentView>().state,
        OperationState::Done
    );
}

/// A locked key signs nothing: what was read from it is noted as that, and a reviewer confirms what it is worth.
#[tokio::test]
async fn a_locked_key_is_read_and_the_inspection_says_that_it_proved_nothing() {
    let desk = Desk::new().await;
    let agent = Agent::new(1);
    let silent = |evidence: Evidence| Evidence {
        signature: None,
        ..evidence
    };
    let given = desk.inspect().await;
    desk.claim(&agent, &given).await.json::<AgentView>();
    for _ in 0..2 {
        let evidence = silent(desk.evidence(5, &given));
        let answer = desk.show(&agent, &given, evidence).await;
        assert!(answer.json::<AgentView>().read.unwrap().without_pin);
    }
    let inspection = desk.inspection().await.unwrap();
    assert!(inspection.without_pin);
    assert_eq!(inspection.not_after, desk.key.not_after);

    // For nothing else, and not for whichever key happens to be there.
    for body in [
        json!({"verb": "test", "key_serial": KEY}),
        json!({"verb": "inspect", "key_serial": null}),
    ] {
        let given = desk.offer(&body).await;
        desk.claim(&agent, &given).await.json::<AgentView>();
        let evidence = silent(desk.evidence(5, &given));
        let answer = desk.show(&agent, &given, evidence).await;
        answer.refused(ErrorCode::NoPossession);
    }

    // Signed again, it is proved again.
    let given = desk.inspect().await;
    desk.claim(&agent, &given).await.json::<AgentView>();
    let evidence = desk.evidence(5, &given);
    desk.show(&agent, &given, evidence)
        .await
        .json::<AgentView>();
    assert!(!desk.inspection().await.unwrap().without_pin);
}

#[tokio::test]
async fn a_test_shows_that_a_key_works_and_leaves_nothing() {
    let desk = Desk::new().await;
    let given = desk
        .offer(&json!({"verb": "test", "key_serial": null}))
        .await;
    let agent = Agent::new(1);
    desk.claim(&agent, &given).await.json::<AgentView>();
    desk.show(&agent, &given, desk.evidence(5, &given))
        .await
        .json::<AgentView>();
    assert_eq!(desk.followed(&given).await.state, OperationState::Done);
    assert_eq!(desk.inspection().await, None);
}

#[tokio::test]
async fn what_hinders_the_agent_is_told_on_the_site_and_goes_again() {
    let desk = Desk::new().await;
    let given = desk.inspect().await;
    let agent = Agent::new(1);
    desk.claim(&agent, &given).await.json::<AgentView>();
    for by in [Some(Obstacle::WrongKey), Some(Obstacle::WrongKey), None] {
        let says = Hindered { by };
        desk.call(OBSTACLES, &agent, &given, says)
            .await
            .json::<AgentView>();
        assert_eq!(desk.followed(&given).await.obstacle, by);
    }
    desk.call(ENDINGS, &agent, &given, GiveUp {})
        .await
        .json::<AgentView>();
    desk.call(ENDINGS, &agent, &given, GiveUp {})
        .await
        .json::<AgentView>();
    assert_eq!(
        desk.followed(&given).await.state,
        OperationState::RolledBack
    );
    let says = Hindered { by: None };
    let late = desk.call(OBSTACLES, &agent, &given, says).await;
    late.refused(ErrorCode::OperationEnded);
    let late = desk.show(&agent, &given, desk.evidence(5, &given)).await;
    late.refused(ErrorCode::OperationEnded);
}

// ---- whose it is -----------------------------------------------------------------------------------------

#[tokio::test]
async fn a_second_agent_gets_nothing_and_the_site_hears_of_it() {
    let desk = Desk::new().await;
    let given = desk.inspect().await;
    let (first, second) = (Agent::new(1), Agent::new(2));
    desk.claim(&first, &given).await.json::<AgentView>();
    for _ in 0..2 {
        desk.claim(&second, &given)
            .await
            .refused(ErrorCode::TicketTaken);
    }
    assert!(desk.followed(&given).await.contested_at.is_some());
    let evidence = desk.evidence(5, &given);
    let theirs = desk.show(&second, &given, evidence.clone()).await;
    theirs.refused(ErrorCode::NotTheHolder);
    let theirs = desk.call(ENDINGS, &second, &given, GiveUp {}).await;
    theirs.refused(ErrorCode::NotTheHolder);
    desk.show(&first, &given, evidence)
        .await
        .json::<AgentView>();
}

#[tokio::test]
async fn of_two_that_claim_at_once_one_has_it() {
    let desk = Desk::new().await;
    let given = desk.inspect().await;
    let (one, two) = (Agent::new(1), Agent::new(2));
    let (one, two) = tokio::join!(desk.claim(&one, &given), desk.claim(&two, &given));
    let won = [&one, &two].map(|answer| answer.status.is_success());
    assert!(won[0] != won[1], "{won:?}");
}

#[tokio::test]
async fn a_ticket_is_claimed_in_time_or_not_at_all() {
    let desk = Desk::new().await;
    let (claimed, left) = (desk.inspect().await, desk.inspect().await);
    let agent = Agent::new(1);
    desk.claim(&agent, &claimed).await.json::<AgentView>();
    desk.world
        .clock
        .advance(SignedDuration::from_mins(TICKET_MINUTES));
    desk.claim(&agent, &left)
        .await
        .refused(ErrorCode::TicketExpired);
    assert!(desk.followed(&left).await.expired);
    // What was claimed ends by its agent alone: it comes back days later.
    desk.world.clock.advance(SignedDuration::from_hours(72));
    desk.claim(&agent, &claimed).await.json::<AgentView>();
    desk.show(&agent, &claimed, desk.evidence(5, &claimed))
        .await
        .json::<AgentView>();
}

#[tokio::test]
async fn a_ticket_is_taken_back_only_before_an_agent_has_it() {
    let desk = Desk::new().await;
    let path = |given: &Given| format!("{OPERATIONS}/{}", given.operation);
    let (back, kept) = (desk.inspect().await, desk.inspect().await);
    for _ in 0..2 {
        let view: OperationView = desk.site.delete(&path(&back)).await.json();
        assert_eq!(view.state, OperationState::RolledBack);
    }
    let agent = Agent::new(1);
    desk.claim(&agent, &back)
        .await
        .refused(ErrorCode::TicketExpired);
    desk.claim(&agent, &kept).await.json::<AgentView>();
    let late = desk.site.delete(&path(&kept)).await;
    late.refused(ErrorCode::NotInThisState);
}

#[tokio::test]
async fn an_operation_of_another_company_is_not_there() {
    let desk = Desk::new().await;
    let given = desk.inspect().await;
    desk.world.company(2).await;
    let other = desk.world.as_company(&router(&desk.world), 2).await;
    let path = format!("{OPERATIONS}/{}", given.operation);
    other.get(&path).await.refused(ErrorCode::NotFound);
    other.delete(&path).await.refused(ErrorCode::NotFound);
    let body = json!({"verb": "inspect", "key_serial": KEY});
    other
        .post_json(OPERATIONS, &body)
        .await
        .wrong_fields(&["key_serial"]);
}

// ---- what is forged --------------------------------------------------------------------------------------

#[tokio::test]
async fn a_ticket_that_we_did_not_sign_or_for_another_operation_is_none() {
    let desk = Desk::new().await;
    let (given, other) = (desk.inspect().await, desk.inspect().await);
    let agent = Agent::new(1);
    let parts = jws::Parts::of(&given.ticket, TICKET).unwrap();
    let payload: Value = parts.unverified().unwrap();
    let by = |typ: &str, kid: &jws::PublicKey, key: &SigningKey| {
        let token = jws::Unsigned::new(typ, &kid.id(), &payload);
        token.unwrap().sign(key)
    };
    for ticket in [
        by(TICKET, &ticket_key(), &agent.key),
        by(TICKET, &agent.public(), &agent.key),
        by(CALL, &ticket_key(), &agent.key),
        other.ticket.clone(),
        String::new(),
    ] {
        let forged = Given {
            operation: given.operation.clone(),
            nonce: given.nonce.clone(),
            ticket,
        };
        desk.claim(&agent, &forged)
            .await
            .refused(ErrorCode::BadTicket);
    }
    assert_eq!(desk.followed(&given).await.state, OperationState::Offered);
}

#[tokio::test]
async fn a_call_counts_by_its_key_its_route_and_its_clock() {
    let desk = Desk::new().await;
    let given = desk.inspect().await;
    let agent = Agent::new(1);
    let now = desk.world.clock.now().as_second();
    let claim = |at: i64, act: Act| Call {
        act,
        operation: given.operation.clone(),
        at,
        says: Claim {
            ticket: given.ticket.clone(),
            key: agent.public().to_string(),
            agent: agent.about.clone(),
            desk: None,
        },
    };
    for off in [CLOCK_SECONDS + 1, -CLOCK_SECONDS - 1, 86_400] {
        let answer = desk
            .send(CLAIMS, &agent, &claim(now + off, Act::Claim))
            .await;
        answer.refused(ErrorCode::ClockWrong);
    }
    let answer = desk.send(CLAIMS, &agent, &claim(now, Act::GiveUp)).await;
    answer.refused(ErrorCode::MalformedRequest);
    // Signed by another key than the one it brings.
    let answer = desk
        .send(CLAIMS, &Agent::new(2), &claim(now, Act::Claim))
        .await;
    answer.refused(ErrorCode::NotTheHolder);
    for text in ["", "a.b.c", "{}", "\u{0}"] {
        let answer = desk.raw(CLAIMS, text.to_owned()).await;
        answer.refused(ErrorCode::MalformedRequest);
    }
    desk.send(CLAIMS, &agent, &claim(now, Act::Claim))
        .await
        .json::<AgentView>();
    // Nobody has claimed this one; nobody knows the last one.
    let unclaimed = desk.inspect().await;
    let answer = desk.call(ENDINGS, &agent, &unclaimed, GiveUp {}).await;
    answer.refused(ErrorCode::NotTheHolder);
    let unknown = Given {
        operation: OperationId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ..unclaimed
    };
    let answer = desk.call(ENDINGS, &agent, &unknown, GiveUp {}).await;
    answer.refused(ErrorCode::NotTheHolder);
}

#[tokio::test]
async fn an_old_agent_is_told_to_be_renewed() {
    let desk = Desk::new().await;
    let given = desk.inspect().await;
    for version in ["0.0.9", "0.1", "new", "", "1.0.0\r\nx"] {
        let mut agent = Agent::new(1);
        version.clone_into(&mut agent.about.version);
        let answer = desk.claim(&agent, &given).await;
        answer.refused(ErrorCode::AgentTooOld);
    }
    assert_eq!(desk.followed(&given).await.state, OperationState::Offered);
}

// ---- what a key shows ------------------------------------------------------------------------------------

#[tokio::test]
async fn only_the_companys_own_key_with_a_certificate_that_counts_is_believed() {
    let desk = Desk::new().await;
    let (given, other) = (desk.inspect().await, desk.inspect().await);
    let agent = Agent::new(1);
    desk.claim(&agent, &given).await.json::<AgentView>();
    desk.claim(&agent, &other).await.json::<AgentView>();
    let now = desk.world.clock.now();
    let validity = Validity::from_now(now, 1).unwrap();
    let certificate = STANDARD.encode(&desk.certificate);
    let subject = |no: u32| {
        let company = testkit::orders::company(no);
        Subject {
            company_name: company.name.clone(),
            credit_code: company.credit_code.as_str().to_owned(),
        }
    };
    let (_, foreign) = pki::issued(pki::csr(6), 6, subject(2), validity).await;
    let (_, second) = pki::issued(pki::csr(7), 7, subject(1), validity).await;
    let mut broken = desk.certificate.clone();
    *broken.last_mut().unwrap() ^= 1;
    let encoded = |der: &[u8]| STANDARD.encode(der);
    let mut moved = desk.evidence(5, &given);
    "CPP-2".clone_into(&mut moved.serial);
    for (what, evidence, code) in [
        (
            "another key signed",
            desk.evidence(6, &given),
            ErrorCode::NoPossession,
        ),
        (
            "signed for another operation",
            desk.evidence(5, &other),
            ErrorCode::NoPossession,
        ),
        (
            "another company's",
            shown(6, &encoded(&foreign), &given),
            ErrorCode::NotYourKey,
        ),
        (
            "a certificate nobody knows",
            shown(7, &encoded(&second), &given),
            ErrorCode::NotYourKey,
        ),
        (
            "a changed certificate",
            shown(5, &encoded(&broken), &given),
            ErrorCode::UnknownIssuer,
        ),
        (
            "no certificate",
            shown(5, &encoded(b"no"), &given),
            ErrorCode::UnknownIssuer,
        ),
        ("another token", moved, ErrorCode::WrongKey),
        (
            "no base64",
            shown(5, &format!("{certificate}*"), &given),
            ErrorCode::MalformedRequest,
        ),
    ] {
        let answer = desk.show(&agent, &given, evidence).await;
        assert_eq!(answer.problem().code, code, "{what}");
    }
    assert_eq!(desk.followed(&given).await.state, OperationState::Claimed);
    assert_eq!(desk.inspection().await, None);
    desk.show(&agent, &given, desk.evidence(5, &given))
        .await
        .json::<AgentView>();
}

#[tokio::test]
async fn a_certificate_that_ended_or_was_taken_back_gives_nothing() {
    let desk = Desk::new().await;
    let now = desk.world.clock.now();
    let agent = Agent::new(1);
    let given = desk.inspect().await;
    desk.claim(&agent, &given).await.json::<AgentView>();
    desk.world
        .clock
        .advance(SignedDuration::from_hours(24 * 366));
    let answer = desk.show(&agent, &given, desk.evidence(5, &given)).await;
    answer.refused(ErrorCode::CertificateEnded);

    let suspended = CompanyKey {
        suspended: Some(Suspension {
            reason: ReplacementReason::Lost,
            at: now,
        }),
        ..desk.key.clone()
    };
    let revoked = CompanyKey {
        revoked_at: Some(now),
        ..desk.key.clone()
    };
    for key in [suspended, revoked] {
        let desk = Desk::new().await;
        let given = desk.inspect().await;
        desk.claim(&agent, &given).await.json::<AgentView>();
        desk.change(key).await;
        let answer = desk.show(&agent, &given, desk.evidence(5, &given)).await;
        answer.refused(ErrorCode::CertificateRevoked);
        let body = json!({"verb": "inspect", "key_serial": KEY});
        let answer = desk.site.post_json(OPERATIONS, &body).await;
        answer.wrong_fields(&["key_serial"]);
    }
}

// ---- when the power goes out -----------------------------------------------------------------------------

/// Every call is made until it is answered: nothing is done twice, and it ends as without the cut.
#[tokio::test]
async fn a_power_cut_at_any_write_changes_nothing_that_is_seen() {
    let first = Desk::new().await.world.power.writes() + 1;
    for moment in [Moment::Before, Moment::After] {
        for number in first.. {
            let desk = Desk::with_power(PowerCut::at(number, moment, Length::Outage)).await;
            let agent = Agent::new(1);
            let body = json!({"verb": "inspect", "key_serial": KEY});
            let mut answer = desk.site.post_json(OPERATIONS, &body).await;
            if !answer.status.is_success() {
                desk.world.power.restore();
                answer = desk.site.post_json(OPERATIONS, &body).await;
            }
            let given = given(&answer.json());
            for call in 0..3 {
                for again in [false, true] {
                    let answer = match call {
                        0 => desk.claim(&agent, &given).await,
                        1 => {
                            let says = Hindered {
                                by: Some(Obstacle::NoKey),
                            };
                            desk.call(OBSTACLES, &agent, &given, says).await
                        }
                        _ => desk.show(&agent, &given, desk.evidence(5, &given)).await,
                    };
                    if answer.status.is_success() {
                        break;
                    }
                    answer.refused(ErrorCode::Unavailable);
                    assert!(!again, "the power is back");
                    desk.world.power.restore();
                }
            }
            let followed = desk.followed(&given).await;
            assert_eq!(followed.state, OperationState::Done);
            assert_eq!(followed.contested_at, None);
            assert!(desk.inspection().await.is_some());
            if desk.world.power.struck().is_none() {
                assert_eq!(number, first + 5, "sign, offer, claim, obstacle, evidence");
                break;
            }
        }
    }
}

//! What was bought for a key and is done beside it: renewals, unlocks.

use std::sync::Arc;

use adapters::ports::{Clock as _, Orders as _, Transaction};
use adapters::registry;
use async_trait::async_trait;
use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::agent::{
    Act, AgentView, Evidence, Hindered, JOSE, KeyCertificates, OperationView, RequestRenewal,
    RequestSeal, SoPins, TakeSoPins, TicketView, confirmation_code, confirmed, consent, sealed_for,
};
use contract::error::ErrorCode;
use domain::catalog::ProductKind;
use domain::certificate::{Register, Standing, Subject, Validity};
use domain::company::{Company, LegalRepresentative};
use domain::ids::{LineNo, UnitNo};
use domain::key::{CompanyKey, ReplacementReason, Suspension};
use domain::operation::{CONFIRMATIONS, Obstacle, OperationState};
use domain::order::{LineState, Order, UnitState};
use domain::seal::{MadeSeal, StampSize};
use domain::stock::StockKey;
use edge::fields::{LEGAL_REPRESENTATIVE_ID, SO_PIN};
use jiff::SignedDuration;
use p256::ecdsa::DerSignature;
use p256::ecdsa::signature::Signer as _;
use sealed::{Opener, Sealed};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::agent::{Agent, Held, Token, Wire};
use testkit::orders::{Point, company_key, escrow, service};
use testkit::pki;
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::{Answer, Client};
use testkit::world::World;

use crate::making::{ca, code, seals};

const SERIAL: &str = "CPP1";
const ID_NUMBER: &str = "320102198001010017";
/// What the escrow file said.
const FIRST_SO_PIN: &str = "factory-so-pin";
/// Which keys are on the token: those that it came with, and those of its renewal.
const OLD: u8 = 5;
const NEW: u8 = 6;

/// A company with a key, and a paid line for it.
struct Home {
    world: World,
    ticket: Router,
    ca: Router,
    seals: Router,
    site: Client,
    order: Order,
    key: CompanyKey,
    /// Base64 of DER.
    certificate: String,
}

#[async_trait(?Send)]
impl Wire for Home {
    fn now(&self) -> i64 {
        self.world.clock.now().as_second()
    }

    /// Said until it is answered: the power comes back.
    async fn say(&self, act: Act, call: String) -> Result<Vec<u8>, String> {
        let router = match act {
            Act::RequestRenewal => &self.ca,
            Act::RequestSeal => &self.seals,
            _ => &self.ticket,
        };
        let client = Client::new(router.clone());
        let (path, headers) = (format!("/{}", act.path()), [("content-type", JOSE)]);
        loop {
            let answer = client
                .post_raw(&path, &headers, call.clone().into_bytes())
                .await;
            if answer.status.is_success() {
                return Ok(answer.body.to_vec());
            }
            if !self.world.power.is_out() {
                return Err(answer.text());
            }
            self.world.power.restore();
        }
    }
}

impl Home {
    async fn new(kind: ProductKind) -> Self {
        Self::with_power(PowerCut::never(), kind).await
    }

    async fn with_power(power: Arc<PowerCut>, kind: ProductKind) -> Self {
        let world = World::with_power(power).await;
        let ticket = super::router(&world);
        let company = world.company(1).await;
        let now = world.clock.now();
        let subject = Subject {
            company_name: company.name.clone(),
            credit_code: company.credit_code.as_str().to_owned(),
        };
        let validity = Validity::from_now(now, 1).unwrap();
        let (serial, certificate) = pki::issued(pki::csr(OLD), OLD, subject, validity).await;
        let key = CompanyKey {
            certificate_serial: serial,
            ..company_key(1, SERIAL, validity.not_after)
        };
        let fields = world.fields();
        let owner = company.id.as_str();
        let number = fields.seal(owner, LEGAL_REPRESENTATIVE_ID, ID_NUMBER, (4, 4));
        let company = Company {
            legal_representative: Some(LegalRepresentative {
                name: "王五".to_owned(),
                id_number: Some(number.await.unwrap()),
            }),
            version: company.version + 1,
            ..company
        };
        let so_pin = fields
            .cipher
            .seal(SERIAL, SO_PIN, FIRST_SO_PIN)
            .await
            .unwrap();
        let all = Transaction::new(now)
            .change(&key)
            .and_then(|all| all.change(&company))
            .and_then(|all| all.create(&escrow(&key, &so_pin, now)))
            .unwrap();
        world.registry().record(&all).await.unwrap();
        let order = world.order(1, &[(service(kind), 1)], Point::Paid).await;
        Self {
            ca: ca(&world),
            seals: seals(&world),
            site: world.as_company(&ticket, 1).await,
            ticket,
            order,
            key,
            certificate: STANDARD.encode(certificate),
            world,
        }
    }

    async fn offered(&self, body: &Value) -> Answer {
        let path = format!("/api/orders/{}/lines/1/operations", self.order.id);
        loop {
            let answer = self.site.post_json(&path, body).await;
            if !self.world.power.is_out() {
                return answer;
            }
            self.world.power.restore();
        }
    }

    /// An operation that an agent has claimed.
    async fn claimed(&self, agent: &Agent) -> Held {
        let view: TicketView = self.offered(&json!({"id_number": ID_NUMBER})).await.json();
        let held = Held::of(&view);
        let _: AgentView = agent
            .say(self, &held, agent.claim(&held, None))
            .await
            .unwrap();
        held
    }

    async fn order(&self) -> Order {
        let order = self.world.store.load(&self.order.id).await;
        order.unwrap().unwrap()
    }

    async fn company_key(&self) -> CompanyKey {
        let place = registry::company_key(&self.key.company, SERIAL);
        self.world.registry().load(&place).await.unwrap().unwrap()
    }

    async fn stock(&self) -> StockKey {
        let place = registry::stock_key(SERIAL);
        self.world.registry().load(&place).await.unwrap().unwrap()
    }

    async fn register(&self) -> Register {
        let key = registry::register(&self.order.id, LineNo(1));
        self.world.registry().load(&key).await.unwrap().unwrap()
    }

    async fn followed(&self, held: &Held) -> OperationView {
        let path = format!("/api/operations/{}", held.operation());
        self.site.get(&path).await.json()
    }

    /// What the agent asks of the CA: new pairs, and the old one's word for them.
    fn renewal(&self, held: &Held, new: u8, signer: u8) -> RequestRenewal {
        let nonce = &held.ticket.nonce;
        let request = pki::request(new, nonce);
        let digest = hex::encode(Sha256::digest(&request));
        let signed = consent(held.operation(), nonce, SERIAL, &self.certificate, &digest);
        let signature: DerSignature = pki::token_key(signer).sign(&signed);
        RequestRenewal {
            serial: SERIAL.to_owned(),
            certificate: self.certificate.clone(),
            request,
            signature: STANDARD.encode(signature.as_bytes()),
        }
    }

    async fn renew(&self, agent: &Agent, held: &Held, new: u8) -> Result<KeyCertificates, String> {
        agent.say(self, held, self.renewal(held, new, OLD)).await
    }

    /// A key of these pairs signs, and shows this certificate.
    async fn show(
        &self,
        agent: &Agent,
        held: &Held,
        pairs: u8,
        certificate: &str,
    ) -> Result<AgentView, String> {
        let evidence: Evidence = token(pairs).evidence(held, certificate);
        agent.say(self, held, evidence).await
    }

    /// The company types on the site what its agent shows.
    async fn confirm(&self, held: &Held, code: &str) -> Answer {
        let path = format!("/api/operations/{}/confirmation", held.operation());
        loop {
            let answer = self.site.post_json(&path, &json!({"code": code})).await;
            if !self.world.power.is_out() {
                return answer;
            }
            self.world.power.restore();
        }
    }

    async fn pins(&self, agent: &Agent, held: &Held) -> Result<SoPins, String> {
        let opener = Opener::generate();
        let says = TakeSoPins {
            serial: SERIAL.to_owned(),
            seal_to: opener.public(),
        };
        let answer = agent.say(self, held, says).await?;
        let sealed = Sealed {
            enc: answer.enc,
            text: answer.text,
        };
        let info = sealed_for(held.operation(), SERIAL);
        let text = opener.open(&info, &sealed).map_err(|why| why.to_string())?;
        serde_json::from_slice(&text).map_err(|why| why.to_string())
    }
}

fn token(no: u8) -> Token {
    Token {
        serial: SERIAL.to_owned(),
        no,
    }
}

fn shown_code(agent: &Agent, held: &Held) -> String {
    let text = confirmed(
        held.operation(),
        &held.ticket.nonce,
        &agent.public().to_string(),
    );
    confirmation_code(&Sha256::digest(text).into())
}

fn said(pins: &SoPins) -> (Vec<String>, String) {
    let known = pins.known.iter().map(|pin| pin.expose().to_owned());
    (known.collect(), pins.next.expose().to_owned())
}

// ---- renewals --------------------------------------------------------------------------------------------

/// covers: R25, R26
#[tokio::test]
async fn a_renewed_key_is_known_by_its_new_certificate_and_loses_no_day() {
    let home = Home::new(ProductKind::Renewal).await;
    let agent = Agent::new(1);
    let held = home.claimed(&agent).await;
    let serving = held.ticket.serving.clone().unwrap();
    assert_eq!((&serving.order, serving.line), (&home.order.id, LineNo(1)));
    let certificates = home.renew(&agent, &held, NEW).await.unwrap();
    // Not before the new pair has signed.
    assert_eq!(home.company_key().await, home.key);
    let view = home
        .show(&agent, &held, NEW, &certificates.sign)
        .await
        .unwrap();
    assert_eq!(view.state, OperationState::Done);
    let key = home.company_key().await;
    let expected = Validity::renewed(home.world.clock.now(), home.key.not_after, 1).unwrap();
    assert_eq!(key.not_after, expected.not_after);
    assert_eq!(view.read.unwrap().not_after, expected.not_after);
    assert_eq!(key.earlier.len(), 1);
    assert_eq!(key.earlier[0].serial, home.key.certificate_serial);
    let order = home.order().await;
    assert_eq!(order.lines[0].state, LineState::Completed);
    // Said again, all of it is known.
    home.renew(&agent, &held, NEW)
        .await
        .expect_err("it has ended");
    home.show(&agent, &held, NEW, &certificates.sign)
        .await
        .unwrap();
    assert_eq!(home.order().await.version, order.version);
    assert_eq!(home.register().await.keys.len(), 1, "issued once");
}

/// covers: R25
#[tokio::test]
async fn a_renewed_key_gets_its_seal_anew_with_the_picture_of_the_one_before() {
    let home = Home::new(ProductKind::Renewal).await;
    let now = home.world.clock.now();
    let before = STANDARD.decode(&home.certificate).unwrap();
    let before = der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, &before).unwrap();
    let old = MadeSeal {
        certificate_serial: home.key.certificate_serial.clone(),
        id: hex::encode([1; 16]),
        order: home.order.id.clone(),
        line: LineNo(9),
        unit: UnitNo(1),
        attempt: 1,
        name: "某某有限公司".to_owned(),
        picture_sha256: hex::encode(Sha256::digest(&*testkit::seals::PICTURE)),
        size: StampSize {
            width: 418,
            height: 422,
        },
        seal: testkit::seals::seal_for(&before, 1).await,
        made_at: now,
    };
    let there = Transaction::new(now).create(&old).unwrap();
    home.world.registry().record(&there).await.unwrap();
    let agent = Agent::new(1);
    let held = home.claimed(&agent).await;
    let asked = || RequestSeal {
        serial: SERIAL.to_owned(),
    };
    assert_eq!(
        code(agent.say(&home, &held, asked()).await),
        ErrorCode::UnitGone,
        "nothing is begun"
    );
    let certificates = home.renew(&agent, &held, NEW).await.unwrap();
    let made = agent
        .say(&home, &held, asked())
        .await
        .unwrap()
        .seal
        .unwrap();
    let seal = eseal::verify(&STANDARD.decode(&made).unwrap()).unwrap();
    let (_, issued) = der::pem::decode_vec(certificates.sign.as_bytes()).unwrap();
    assert_eq!(seal.certificates, [issued]);
    assert_eq!(seal.png, *testkit::seals::PICTURE);
    assert_eq!((seal.width, seal.height), (42, 42));
    assert_ne!(seal.id, old.id);
    let again = agent.say(&home, &held, asked()).await.unwrap().seal;
    assert_eq!(again, Some(made));
    home.show(&agent, &held, NEW, &certificates.sign)
        .await
        .unwrap();
    assert_eq!(
        code(agent.say(&home, &held, asked()).await),
        ErrorCode::OperationEnded
    );
}

#[tokio::test]
async fn after_its_end_a_term_begins_when_it_is_issued() {
    let home = Home::new(ProductKind::Renewal).await;
    home.world
        .clock
        .advance(SignedDuration::from_hours(24 * (365 + 30)));
    let agent = Agent::new(1);
    // The session is long over.
    let site = home.world.as_company(&home.ticket, 1).await;
    let path = format!("/api/orders/{}/lines/1/operations", home.order.id);
    let view: TicketView = site.post_json(&path, &json!({})).await.json();
    let held = Held::of(&view);
    let claim = agent.claim(&held, None);
    let _: AgentView = agent.say(&home, &held, claim).await.unwrap();
    let certificates = home.renew(&agent, &held, NEW).await.unwrap();
    home.show(&agent, &held, NEW, &certificates.sign)
        .await
        .unwrap();
    let expected = Validity::from_now(home.world.clock.now(), 1).unwrap();
    assert_eq!(home.company_key().await.not_after, expected.not_after);
}

#[tokio::test]
async fn only_the_key_that_is_renewed_asks_for_its_certificates() {
    let home = Home::new(ProductKind::Renewal).await;
    let agent = Agent::new(1);
    let held = home.claimed(&agent).await;
    let refused = async |says: RequestRenewal| code(agent.say(&home, &held, says).await);
    assert_eq!(
        refused(home.renewal(&held, NEW, NEW)).await,
        ErrorCode::NoPossession,
        "the new pair speaks for itself"
    );
    let mut other = home.renewal(&held, NEW, OLD);
    other.request = pki::request(NEW + 1, &held.ticket.nonce);
    assert_eq!(
        refused(other).await,
        ErrorCode::NoPossession,
        "another request"
    );
    let mut swapped = home.renewal(&held, NEW, OLD);
    swapped.serial = "CPP2".to_owned();
    assert_eq!(refused(swapped).await, ErrorCode::WrongKey);
    // Reported stolen meanwhile: nothing is issued.
    let stolen = CompanyKey {
        suspended: Some(Suspension {
            reason: ReplacementReason::Stolen,
            at: home.world.clock.now(),
        }),
        version: home.key.version + 1,
        ..home.key.clone()
    };
    let all = Transaction::new(home.world.clock.now())
        .change(&stolen)
        .unwrap();
    home.world.registry().record(&all).await.unwrap();
    assert_eq!(
        refused(home.renewal(&held, NEW, OLD)).await,
        ErrorCode::CertificateRevoked
    );
    let answer = home.offered(&json!({})).await;
    answer.refused(ErrorCode::CertificateRevoked);
    assert!(home.order().await.lines[0].units.is_empty());
}

/// The computer is gone: another one begins anew, and what the first had issued is revoked.
#[tokio::test]
async fn another_agent_begins_anew_and_the_first_one_has_lost() {
    let home = Home::new(ProductKind::Renewal).await;
    let (first, second) = (Agent::new(1), Agent::new(2));
    let lost = home.claimed(&first).await;
    let certificates = home.renew(&first, &lost, NEW).await.unwrap();
    home.world.clock.advance(SignedDuration::from_secs(5));
    let held = home.claimed(&second).await;
    let anew = home.renew(&second, &held, NEW + 1).await.unwrap();
    let standings: Vec<Standing> = home
        .register()
        .await
        .keys
        .iter()
        .map(|key| key.standing)
        .collect();
    assert!(
        matches!(standings[..], [Standing::Revoked { .. }, Standing::Good]),
        "{standings:?}"
    );
    assert_eq!(
        code(home.show(&first, &lost, NEW, &certificates.sign).await),
        ErrorCode::UnitGone
    );
    assert_eq!(
        code(home.renew(&first, &lost, NEW).await),
        ErrorCode::UnitGone
    );
    home.show(&second, &held, NEW + 1, &anew.sign)
        .await
        .unwrap();
    assert_eq!(home.order().await.lines[0].state, LineState::Completed);
}

/// Each call is repeated until it is answered: one issuance, and everything is as without the cut.
#[tokio::test]
async fn a_power_cut_at_any_write_of_a_renewal_issues_once() {
    let first = Home::new(ProductKind::Renewal).await.world.power.writes() + 1;
    for moment in [Moment::Before, Moment::After] {
        for number in first.. {
            let cut = PowerCut::at(number, moment, Length::Outage);
            let home = Home::with_power(cut, ProductKind::Renewal).await;
            let agent = Agent::new(1);
            let held = home.claimed(&agent).await;
            let certificates = home.renew(&agent, &held, NEW).await.unwrap();
            let view = home
                .show(&agent, &held, NEW, &certificates.sign)
                .await
                .unwrap();
            assert_eq!(view.state, OperationState::Done);
            assert_eq!(home.register().await.keys.len(), 1);
            assert_eq!(home.company_key().await.earlier.len(), 1);
            let order = home.order().await;
            let unit = order.lines[0].units.values().next().unwrap();
            assert_eq!((unit.state, unit.attempt), (UnitState::Made, 1));
            if home.world.power.struck().is_none() {
                assert!(number > first + 5, "it cuts at every write");
                break;
            }
        }
    }
}

// ---- unlocks ---------------------------------------------------------------------------------------------

/// covers: R31, R32
#[tokio::test]
async fn a_key_is_unlocked_by_an_so_pin_that_is_worth_nothing_afterwards() {
    let home = Home::new(ProductKind::Unlock).await;
    let agent = Agent::new(1);
    let held = home.claimed(&agent).await;
    assert_eq!(home.followed(&held).await.confirmed, Some(false));
    assert_eq!(
        code(home.pins(&agent, &held).await),
        ErrorCode::NotConfirmed
    );
    assert!(!home.stock().await.so_releasing, "nothing has left");
    let answer = home.confirm(&held, &shown_code(&agent, &held)).await;
    assert_eq!(answer.json::<OperationView>().confirmed, Some(true));
    let (known, next) = said(&home.pins(&agent, &held).await.unwrap());
    assert_eq!(known, [FIRST_SO_PIN]);
    assert_ne!(next, FIRST_SO_PIN);
    // The answer was lost, or the agent was: nobody knows which one the key has.
    let (again, same) = said(&home.pins(&agent, &held).await.unwrap());
    assert_eq!(
        (again, &same),
        (vec![next.clone(), FIRST_SO_PIN.to_owned()], &next)
    );
    let view = home
        .show(&agent, &held, OLD, &home.certificate)
        .await
        .unwrap();
    assert_eq!(view.state, OperationState::Done);
    let stock = home.stock().await;
    assert_eq!((stock.so_epoch, stock.so_releasing), (1, false));
    assert_eq!(home.order().await.lines[0].state, LineState::Completed);
    // Once more, a year later: what was next is what it has, and is not next again.
    let unlock = [(service(ProductKind::Unlock), 1)];
    let order = home.world.order(1, &unlock, Point::Paid).await;
    let home = Home { order, ..home };
    let held = home.claimed(&agent).await;
    home.confirm(&held, &shown_code(&agent, &held)).await;
    let (known, after) = said(&home.pins(&agent, &held).await.unwrap());
    assert_eq!(known, std::slice::from_ref(&next));
    assert!(after != next && after != FIRST_SO_PIN);
}

#[tokio::test]
async fn an_unlock_asks_for_the_id_card_number_on_file_five_times_a_day() {
    let home = Home::new(ProductKind::Unlock).await;
    home.offered(&json!({})).await.wrong_fields(&["id_number"]);
    let wrong = json!({"id_number": "320102198001010018"});
    for _ in 0..5 {
        home.offered(&wrong).await.refused(ErrorCode::WrongIdNumber);
    }
    let right = json!({"id_number": ID_NUMBER});
    home.offered(&right)
        .await
        .refused(ErrorCode::TooManyRequests);
    home.world.clock.advance(SignedDuration::from_hours(24));
    let home = Home {
        site: home.world.as_company(&home.ticket, 1).await,
        ..home
    };
    let lower = json!({"id_number": format!(" {ID_NUMBER} ")});
    let _: TicketView = home.offered(&lower).await.json();
}

/// A stranger's agent has the ticket: what the company reads on its own screen is not what that one shows.
#[tokio::test]
async fn a_code_that_another_agent_shows_releases_nothing() {
    let home = Home::new(ProductKind::Unlock).await;
    let stranger = Agent::new(9);
    let held = home.claimed(&stranger).await;
    let own = shown_code(&Agent::new(1), &held);
    for _ in 1..CONFIRMATIONS {
        home.confirm(&held, &own)
            .await
            .refused(ErrorCode::WrongConfirmation);
    }
    assert_eq!(
        code(home.pins(&stranger, &held).await),
        ErrorCode::NotConfirmed
    );
    home.confirm(&held, &own)
        .await
        .refused(ErrorCode::WrongConfirmation);
    assert_eq!(home.followed(&held).await.state, OperationState::RolledBack);
    home.confirm(&held, &shown_code(&stranger, &held))
        .await
        .refused(ErrorCode::OperationEnded);
    assert_eq!(
        code(home.pins(&stranger, &held).await),
        ErrorCode::OperationEnded
    );
    assert!(!home.stock().await.so_releasing);
}

#[tokio::test]
async fn a_key_whose_so_pin_is_lost_is_not_offered_an_unlock_again() {
    let home = Home::new(ProductKind::Unlock).await;
    let agent = Agent::new(1);
    let held = home.claimed(&agent).await;
    let says = Hindered {
        by: Some(Obstacle::SoPinLocked),
    };
    // Before the company has confirmed anything, an agent's word ends nothing.
    let _: AgentView = agent.say(&home, &held, says.clone()).await.unwrap();
    assert!(home.stock().await.is_unlockable());
    home.confirm(&held, &shown_code(&agent, &held)).await;
    home.pins(&agent, &held).await.unwrap();
    let _: AgentView = agent
        .say(&home, &held, Hindered { by: None })
        .await
        .unwrap();
    let _: AgentView = agent.say(&home, &held, says).await.unwrap();
    assert!(!home.stock().await.is_unlockable());
    assert_eq!(code(home.pins(&agent, &held).await), ErrorCode::NoUnlock);
    home.offered(&json!({"id_number": ID_NUMBER}))
        .await
        .refused(ErrorCode::NoUnlock);
}

#[tokio::test]
async fn what_was_bought_is_done_for_its_own_company_and_its_own_line() {
    let home = Home::new(ProductKind::Renewal).await;
    let stranger = home.world.as_company(&home.ticket, 2).await;
    let path = format!("/api/orders/{}/lines/1/operations", home.order.id);
    stranger
        .post_json(&path, &json!({}))
        .await
        .refused(ErrorCode::NotFound);
    let none = format!("/api/orders/{}/lines/2/operations", home.order.id);
    home.site
        .post_json(&none, &json!({}))
        .await
        .refused(ErrorCode::NotFound);
    // A renewal releases no SO PIN.
    let agent = Agent::new(1);
    let held = home.claimed(&agent).await;
    assert_eq!(
        code(home.pins(&agent, &held).await),
        ErrorCode::MalformedRequest
    );
    home.confirm(&held, "000000")
        .await
        .refused(ErrorCode::NotInThisState);
    // And ends with the certificate that it brought, not with the one that was there.
    assert_eq!(
        code(home.show(&agent, &held, OLD, &home.certificate).await),
        ErrorCode::UnitGone
    );
    home.renew(&agent, &held, NEW).await.unwrap();
    assert_eq!(
        code(home.show(&agent, &held, OLD, &home.certificate).await),
        ErrorCode::NotYourKey
    );
}

#[tokio::test]
async fn a_power_cut_at_any_write_of_an_unlock_loses_no_so_pin() {
    let first = Home::new(ProductKind::Unlock).await.world.power.writes() + 1;
    for moment in [Moment::Before, Moment::After] {
        for number in first.. {
            let cut = PowerCut::at(number, moment, Length::Outage);
            let home = Home::with_power(cut, ProductKind::Unlock).await;
            let agent = Agent::new(1);
            let held = home.claimed(&agent).await;
            home.confirm(&held, &shown_code(&agent, &held)).await;
            // Confirmed before the answer was lost, it is known.
            home.confirm(&held, &shown_code(&agent, &held)).await;
            let (known, next) = said(&home.pins(&agent, &held).await.unwrap());
            assert!(known.contains(&FIRST_SO_PIN.to_owned()));
            home.show(&agent, &held, OLD, &home.certificate)
                .await
                .unwrap();
            let stock = home.stock().await;
            assert_eq!((stock.so_epoch, stock.so_releasing), (1, false));
            assert!(!known.contains(&next) || known.len() == 2);
            assert_eq!(home.order().await.lines[0].state, LineState::Completed);
            if home.world.power.struck().is_none() {
                assert!(number > first + 4, "it cuts at every write");
                break;
            }
        }
    }
}

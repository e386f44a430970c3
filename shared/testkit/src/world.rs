//! Everything outside of a function, wired together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use adapters::payment::FromSecrets;
use adapters::ports::{Objects as _, PortError, Registry, Secrets, Transaction};
use adapters::registry::{self, AccountName, Claim, Claimed, Ownership, StaffMail};
use altcha_lib_rs::{Payload, algorithm::AltchaAlgorithm, solve_challenge};
use async_trait::async_trait;
use axum::Router;
use base64::Engine as _;
use domain::actor::Role;
use domain::catalog::{Medium, Product};
use domain::code::OneTimeCode;
use domain::company::{Company, User};
use domain::desk::Desk;
use domain::ids::{BranchId, CodeId, DeskId, LineNo, StaffId, UnitNo};
use domain::order::Order;
use domain::policy::Policies;
use domain::qualification::QualificationState;
use domain::seal::{ApprovedSeal, ApprovedSeals, StampSize};
use domain::session::SessionLevel;
use domain::staff::{Staff, StaffState};
use domain::stock::StockKey;
use domain::work::SecretLink;
use edge::api::Gate;
use edge::codes::{Codes, digits_of, link_token};
use edge::cookie;
use edge::doors::Doors;
use edge::fields::Fields;
use edge::human::HumanCheck;
use edge::payments::Payments;
use edge::sessions::{NewSession, Sessions};
use edge::throttle::Throttles;
use edge::visitor::Visitor;
use edge::work::Worker;

use adapters::ports::Clock;

use crate::agent::{Agent, DeskKey};
use crate::alipay::FakeAlipay;
use crate::ambient::{FixedClock, SeededRandom};
use crate::courier::FakeCourier;
use crate::keyed::{FakeCipher, FakeMac};
use crate::lock;
use crate::objects::MemoryObjects;
use crate::orders::{self, Journey, Point};
use crate::outbox::{OutboxMailer, OutboxSms};
use crate::pki;
use crate::power::PowerCut;
use crate::seals;
use crate::states::FakeStates;
use crate::store::MemoryStore;
use crate::tax::FakeTax;
use crate::web::Client;
use crate::wechatpay::FakeWechatPay;

/// What the CDN of these tests shows.
pub const ORIGIN: &str = "origin-secret-of-the-tests";

/// Secrets of the stage.
#[derive(Debug, Default)]
pub struct FakeSecrets {
    power: Arc<PowerCut>,
    texts: Mutex<BTreeMap<String, String>>,
}

impl FakeSecrets {
    /// Stores one.
    pub fn put(&self, name: &str, text: impl Into<String>) {
        lock(&self.texts).insert(name.to_owned(), text.into());
    }
}

#[async_trait]
impl Secrets for FakeSecrets {
    async fn read(&self, name: &str) -> Result<String, PortError> {
        self.power.read()?;
        lock(&self.texts)
            .get(name)
            .cloned()
            .ok_or_else(|| PortError::defect("secrets", format!("no {name}")))
    }
}

/// The world.
pub struct World {
    /// The power behind all of it.
    pub power: Arc<PowerCut>,
    /// The time.
    pub clock: Arc<FixedClock>,
    /// Chance.
    pub random: Arc<SeededRandom>,
    /// The table.
    pub store: Arc<MemoryStore>,
    /// The papers' bucket.
    pub objects: Arc<MemoryObjects>,
    /// The bucket of invoices.
    pub invoices: Arc<MemoryObjects>,
    /// Step Functions.
    pub states: Arc<FakeStates>,
    /// Mail.
    pub mail: Arc<OutboxMailer>,
    /// Text messages.
    pub sms: Arc<OutboxSms>,
    /// Secrets.
    pub secrets: Arc<FakeSecrets>,
    /// Keyed hashes.
    pub mac: Arc<FakeMac>,
    /// Field encryption.
    pub cipher: Arc<FakeCipher>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The gateways by their secrets, as every function has them.
    pub gateways: Arc<FromSecrets>,
    /// Alipay.
    pub alipay: Arc<FakeAlipay>,
    /// WeChat Pay.
    pub wechatpay: Arc<FakeWechatPay>,
    /// The courier.
    pub courier: Arc<FakeCourier>,
    /// The tax platform.
    pub tax: Arc<FakeTax>,
}

impl World {
    /// A world whose power never fails.
    pub async fn new() -> Self {
        Self::with_power(PowerCut::never()).await
    }

    /// A world with this power.
    ///
    /// # Panics
    /// When it cannot be set up.
    pub async fn with_power(power: Arc<PowerCut>) -> Self {
        let clock = Arc::new(FixedClock::default());
        let secrets = Arc::new(FakeSecrets {
            power: power.clone(),
            ..FakeSecrets::default()
        });
        let alipay = FakeAlipay::start(power.clone(), clock.clone()).await;
        let wechatpay = FakeWechatPay::start(power.clone(), clock.clone()).await;
        let courier = FakeCourier::start(power.clone()).await;
        let tax = FakeTax::start(power.clone(), clock.clone()).await;
        secrets.put(
            "origin",
            format!(r#"{{"current":"{ORIGIN}","previous":"origin-secret-of-yesterday"}}"#),
        );
        secrets.put("alipay", alipay.secret());
        secrets.put("wechatpay", wechatpay.secret());
        secrets.put("courier", courier.secret());
        secrets.put("tax", tax.secret());
        Self {
            clock,
            random: Arc::new(SeededRandom::new(20_261_123)),
            store: Arc::new(MemoryStore::new(power.clone())),
            objects: Arc::new(MemoryObjects::new(power.clone())),
            invoices: Arc::new(MemoryObjects::new(power.clone())),
            states: Arc::new(FakeStates::new(power.clone())),
            mail: Arc::new(OutboxMailer::new(power.clone())),
            sms: Arc::new(OutboxSms::new(power.clone())),
            gateways: Arc::new(FromSecrets::new(secrets.clone())),
            secrets,
            mac: Arc::new(FakeMac::new(power.clone())),
            cipher: Arc::new(FakeCipher::new(power.clone())),
            policies: Arc::new(orders::policies()),
            alipay,
            wechatpay,
            courier,
            tax,
            power,
        }
    }

    /// What the access layer of a function needs.
    pub fn gate(&self) -> Gate {
        Gate {
            secrets: self.secrets.clone(),
            registry: self.store.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
        }
    }

    /// Documents, to be read and written past every function.
    pub fn registry(&self) -> &dyn Registry {
        &*self.store
    }

    /// What doors stand on.
    pub fn doors(&self) -> Doors {
        Doors {
            registry: self.store.clone(),
            mac: self.mac.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
        }
    }

    /// One-time codes.
    pub fn codes(&self) -> Codes {
        self.doors().codes()
    }

    /// Human checks.
    pub fn human(&self) -> HumanCheck {
        self.doors().human()
    }

    /// Counters of failures.
    pub fn throttles(&self) -> Throttles {
        self.doors().throttles()
    }

    /// Sessions.
    pub fn sessions(&self) -> Sessions {
        self.doors().sessions()
    }

    /// Encrypted fields.
    pub fn fields(&self) -> Fields {
        self.doors().fields(self.cipher.clone())
    }

    /// Somebody not logged in, before a function, in a browser of their own at this address.
    pub fn visitor(&self, router: &Router, address: &str) -> Client {
        let token = cookie::new_token(&*self.random);
        Client::new(router.clone())
            .cookie(format!("{}={token}", cookie::BROWSER))
            .from(address)
    }

    /// A human check, done, for this browser.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn solved(&self, client: &Client) -> String {
        self.solve(client, false).await
    }

    /// The longer one.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn solved_hard(&self, client: &Client) -> String {
        self.solve(client, true).await
    }

    async fn solve(&self, client: &Client, hard: bool) -> String {
        let browser = client.cookie_value(cookie::BROWSER).expect("a browser");
        let browser = cookie::token_hash(&browser);
        let made = self
            .human()
            .challenge(&browser, hard)
            .await
            .expect("a check");
        solution(&made.challenge, &made.salt, &made.signature, made.maxnumber)
    }

    /// The digits that were sent with a code.
    ///
    /// # Panics
    /// When there is no such code.
    pub async fn digits(&self, code: &CodeId) -> String {
        let code: Option<OneTimeCode> = self
            .registry()
            .load(&registry::code(code))
            .await
            .expect("an answer");
        digits_of(&*self.mac, &code.expect("a code"))
            .await
            .expect("digits")
    }

    /// What stands behind the `#` of a link.
    ///
    /// # Panics
    /// Never while the power is on.
    pub async fn token(&self, link: &SecretLink) -> String {
        link_token(&*self.mac, link).await.expect("a token")
    }

    /// Does everything that commits left to be done.
    ///
    /// # Panics
    /// When some of it cannot be done.
    pub async fn work_off(&self) {
        let worker = self.worker();
        for id in self.store.open_work() {
            worker.perform(&id).await.expect("done");
        }
    }

    /// Recording money.
    pub fn payments(&self) -> Payments {
        Payments {
            orders: self.store.clone(),
            attempts: self.store.clone(),
            gateways: self.gateways.clone(),
            policies: self.policies.clone(),
        }
    }

    /// Doing what commits left.
    pub fn worker(&self) -> Worker {
        Worker {
            outstanding: self.store.clone(),
            orders: self.store.clone(),
            executions: self.states.clone(),
            mailer: self.mail.clone(),
            sms: self.sms.clone(),
            registry: self.store.clone(),
            mac: self.mac.clone(),
            files: self.invoices.clone(),
            clock: self.clock.clone(),
            site_url: "https://keys.example.cn".to_owned(),
        }
    }

    /// Puts both products on sale.
    ///
    /// # Panics
    /// When the table does not take them.
    pub async fn stock(&self) {
        for product in [orders::key_with_seal(), orders::plain_key()] {
            self.sell(&product).await;
        }
    }

    /// Puts a product on sale, or changes it.
    ///
    /// # Panics
    /// When the table does not take it.
    pub async fn sell(&self, product: &Product) {
        let sale = Transaction::new(self.clock.now())
            .mark(product)
            .expect("a product is JSON");
        self.registry().record(&sale).await.expect("on sale");
    }

    /// Blank keys in stock.
    ///
    /// # Panics
    /// When the table does not take them.
    pub async fn blanks(&self, medium: Medium, serials: &[&str]) {
        let now = self.clock.now();
        for serial in serials {
            let key = StockKey::blank((*serial).to_owned(), medium, orders::staff(9), now);
            let add = Transaction::new(now).create(&key).expect("JSON");
            self.registry().record(&add).await.expect("in stock");
        }
    }

    /// A desk, enrolled, with the key that only its computer has.
    ///
    /// # Panics
    /// When the table does not take it.
    pub async fn enrolled(&self, no: u8) -> DeskKey {
        let key = pki::token_key(200 + no);
        let public: jws::PublicKey = (&key).into();
        let now = self.clock.now();
        let desk = Desk {
            id: DeskId::from_ulid(&orders::ulid(u32::from(no))),
            name: format!("工位{no}"),
            key: public.to_string(),
            agent: Agent::new(no).about,
            enrolled_by: orders::staff(9),
            enrolled_at: now,
            dismissed_at: None,
            version: 1,
        };
        let add = Transaction::new(now).create(&desk).expect("JSON");
        self.registry().record(&add).await.expect("enrolled");
        DeskKey::new(desk.id, key)
    }

    /// Company `no`, registered and approved unless it is there, with nobody's password.
    ///
    /// # Panics
    /// When the table does not take it.
    pub async fn company(&self, no: u32) -> Company {
        let company = orders::company(no);
        let key = registry::company(&company.id);
        let there: Option<Company> = self.registry().load(&key).await.expect("an answer");
        if let Some(there) = there {
            return there;
        }
        self.register(&company, &orders::user(no)).await;
        company
    }

    /// Writes a company with its first person, as if they had registered; an approved one owns its name and
    /// code.
    ///
    /// # Panics
    /// When the table does not take it.
    pub async fn register(&self, company: &Company, user: &User) {
        let mut all = Transaction::new(self.clock.now())
            .change(company)
            .and_then(|all| all.change(user))
            .expect("documents");
        let owned = company.qualification.state == QualificationState::Approved;
        for (what, text) in [
            (Claimed::Name, company.name.clone()),
            (Claimed::CreditCode, company.credit_code.as_str().to_owned()),
        ] {
            let claim = Claim {
                what,
                text: text.clone(),
                company: company.id.clone(),
                at: company.created_at,
            };
            all = all.create(&claim).expect("a claim");
            if owned {
                let owner = Ownership {
                    what,
                    text,
                    company: company.id.clone(),
                    at: company.created_at,
                };
                all = all.create(&owner).expect("an owner");
            }
        }
        if let Some(account) = &user.account {
            let name = AccountName {
                account: account.clone(),
                company: company.id.clone(),
                user: user.id.clone(),
            };
            all = all.create(&name).expect("a name");
        }
        let all = edge::contacts::moved(all, None, company).expect("a pointer");
        self.registry().record(&all).await.expect("registered");
    }

    async fn opened(&self, new: NewSession) -> String {
        let open = Transaction::new(self.clock.now())
            .create(&new.session)
            .expect("a session");
        self.registry().record(&open).await.expect("opened");
        let (_, set) = new.cookie;
        set.split(';').next().unwrap_or_default().to_owned()
    }

    fn desk() -> Visitor {
        Visitor {
            browser: None,
            address: "192.0.2.1".to_owned(),
            device: "Chrome · Windows".to_owned(),
        }
    }

    /// A session of somebody of company `no`, as its cookie.
    ///
    /// # Panics
    /// When the company is not there.
    pub async fn session(&self, no: u32, level: SessionLevel) -> String {
        let stored = orders::user(no);
        let key = registry::user(&stored.company, &stored.id);
        let user: Option<User> = self.registry().load(&key).await.expect("an answer");
        let user = user.expect("a person");
        self.opened(self.sessions().of_user(&user, level, &Self::desk()))
            .await
    }

    /// Company `no`, logged in, before a function.
    pub async fn as_company(&self, router: &Router, no: u32) -> Client {
        self.company(no).await;
        let cookie = self.session(no, SessionLevel::Full).await;
        Client::new(router.clone()).cookie(cookie)
    }

    /// The same with a limited session: bound to a key, logged in by password and code.
    pub async fn as_limited(&self, router: &Router, no: u32) -> Client {
        self.company(no).await;
        let cookie = self.session(no, SessionLevel::Limited).await;
        Client::new(router.clone()).cookie(cookie)
    }

    /// A member of staff by number with these roles: taken on, or given them.
    ///
    /// # Panics
    /// When the table does not take them.
    pub async fn staff(&self, no: u32, roles: &[Role]) -> Staff {
        let id = orders::staff(no);
        let found: Option<Staff> = self
            .registry()
            .load(&registry::staff(&id))
            .await
            .expect("an answer");
        let version = found.map_or(1, |staff| staff.version + 1);
        let staff = Staff {
            id: id.clone(),
            name: format!("员工{no}"),
            mail: format!("staff.{no}@sealkey.example"),
            roles: roles.to_vec(),
            // Whoever works at a branch works at one.
            branch: roles
                .contains(&Role::Branch)
                .then(|| BranchId::from_ulid(&orders::ulid(1))),
            state: StaffState::Active,
            password: None,
            totp: None,
            totp_step: 0,
            epoch: 0,
            created_at: self.clock.now(),
            version,
        };
        let mail = StaffMail {
            mail: staff.mail.clone(),
            staff: id,
        };
        let write = Transaction::new(self.clock.now())
            .change(&staff)
            .and_then(|all| all.mark(&mail))
            .expect("documents");
        self.registry().record(&write).await.expect("taken on");
        staff
    }

    /// The same, logged in, before a function.
    pub async fn as_staff(&self, router: &Router, no: u32, roles: &[Role]) -> Client {
        let staff = self.staff(no, roles).await;
        Client::new(router.clone()).cookie(self.staff_cookie(&staff.id).await)
    }

    /// A session of a member of staff.
    ///
    /// # Panics
    /// When there is no such person.
    pub async fn staff_cookie(&self, id: &StaffId) -> String {
        let staff: Option<Staff> = self
            .registry()
            .load(&registry::staff(id))
            .await
            .expect("an answer");
        let staff = staff.expect("a member of staff");
        self.opened(self.sessions().of_staff(&staff, &Self::desk()))
            .await
    }

    /// An order of company `no` at a point, with everything that belongs to it.
    ///
    /// # Panics
    /// When the table does not take it.
    pub async fn order(&self, no: u32, lines: &[(Product, u32)], point: Point) -> Order {
        self.journey(no, lines, point).await.order
    }

    /// A stamp was chosen for every key of an approved line that has an e-seal.
    ///
    /// # Panics
    /// When the line is not approved, or the table does not take it.
    pub async fn approve_seals(&self, order: &Order, no: LineNo) {
        let line = order.line(no).expect("a line");
        let picture = "images/stamp.png".to_owned();
        let written = self
            .objects
            .write(&picture, "image/png", seals::PICTURE.clone());
        written.await.expect("written");
        let size = StampSize {
            width: 420,
            height: 420,
        };
        let approved = ApprovedSeals {
            order: order.id.clone(),
            line: no,
            round: line.round,
            staff: orders::staff(1),
            at: line.approved_at.expect("approved"),
            seals: (1..=line.seals)
                .map(|unit| ApprovedSeal {
                    unit: UnitNo(unit),
                    picture: picture.clone(),
                    sha256: hex::encode(aws_lc_rs::digest::digest(
                        &aws_lc_rs::digest::SHA256,
                        &seals::PICTURE,
                    )),
                    size,
                    measured: size,
                })
                .collect(),
        };
        let write = Transaction::new(self.clock.now()).mark(&approved);
        let write = write.expect("a write");
        self.store.record(&write).await.expect("recorded");
    }

    /// The same, with all that was written.
    ///
    /// # Panics
    /// When the table does not take it.
    pub async fn journey(&self, no: u32, lines: &[(Product, u32)], point: Point) -> Journey {
        self.company(no).await;
        let salt = u16::try_from(self.random.below(10_000)).unwrap_or_default();
        let now = self.clock.now();
        let journey = orders::bring(no, orders::draft(no, salt, lines, now), point, now);
        journey
            .write(&self.store, &self.objects)
            .await
            .expect("written");
        journey
    }
}

/// A human check, done: what a browser sends.
///
/// # Panics
/// When there is no solution, which we never make.
pub fn solution(challenge: &str, salt: &str, signature: &str, most: u64) -> String {
    let number = solve_challenge(challenge, salt, None, Some(most), 0).expect("a solution");
    let payload = Payload {
        algorithm: AltchaAlgorithm::Sha256,
        challenge: challenge.to_owned(),
        number,
        salt: salt.to_owned(),
        signature: signature.to_owned(),
        took: None,
    };
    let json = serde_json::to_vec(&payload).expect("JSON");
    base64::engine::general_purpose::STANDARD.encode(json)
}

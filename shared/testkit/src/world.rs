//! Everything outside of a function, wired together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use adapters::ports::{
    Accounts, NewCompany, PortError, Products, Secrets, Session, SessionOwner, Sessions, Staff,
    StaffAccounts,
};
use async_trait::async_trait;
use axum::Router;
use domain::actor::Role;
use domain::catalog::Product;
use domain::company::Company;
use domain::ids::StaffId;
use domain::order::Order;
use domain::policy::Policies;
use edge::api::Gate;
use edge::cookie;
use edge::payments::Payments;
use edge::work::Worker;
use jiff::SignedDuration;

use adapters::ports::Clock;

use crate::alipay::FakeAlipay;
use crate::ambient::{FixedClock, SeededRandom};
use crate::courier::FakeCourier;
use crate::lock;
use crate::objects::MemoryObjects;
use crate::orders::{self, Journey, Point};
use crate::outbox::{OutboxMailer, OutboxSms};
use crate::power::PowerCut;
use crate::states::FakeStates;
use crate::store::MemoryStore;
use crate::web::Client;

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
    /// Step Functions.
    pub states: Arc<FakeStates>,
    /// Mail.
    pub mail: Arc<OutboxMailer>,
    /// Text messages.
    pub sms: Arc<OutboxSms>,
    /// Secrets.
    pub secrets: Arc<FakeSecrets>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// Alipay.
    pub alipay: Arc<FakeAlipay>,
    /// The courier.
    pub courier: Arc<FakeCourier>,
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
        let courier = FakeCourier::start(power.clone()).await;
        secrets.put(
            "origin",
            format!(r#"{{"current":"{ORIGIN}","previous":"origin-secret-of-yesterday"}}"#),
        );
        secrets.put("alipay", alipay.secret());
        secrets.put("courier", courier.secret());
        Self {
            clock,
            random: Arc::new(SeededRandom::new(20_261_123)),
            store: Arc::new(MemoryStore::new(power.clone())),
            objects: Arc::new(MemoryObjects::new(power.clone())),
            states: Arc::new(FakeStates::new(power.clone())),
            mail: Arc::new(OutboxMailer::new(power.clone())),
            sms: Arc::new(OutboxSms::new(power.clone())),
            secrets,
            policies: Arc::new(orders::policies()),
            alipay,
            courier,
            power,
        }
    }

    /// What the access layer of a function needs.
    pub fn gate(&self) -> Gate {
        Gate {
            secrets: self.secrets.clone(),
            sessions: self.store.clone(),
            staff: self.store.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
        }
    }

    /// Recording money.
    pub fn payments(&self) -> Payments {
        Payments {
            orders: self.store.clone(),
            attempts: self.store.clone(),
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
        self.store.put_product(product).await.expect("on sale");
    }

    /// Company `no`, registered unless it is there, with nobody's password.
    ///
    /// # Panics
    /// When the table does not take it.
    pub async fn company(&self, no: u32) -> Company {
        let company = orders::company(no);
        if self
            .store
            .company(&company.id)
            .await
            .expect("the table answers")
            .is_none()
        {
            let new = NewCompany {
                company: company.clone(),
                user: orders::user(no),
                password_hash: "-".to_owned(),
            };
            self.store.register(&new).await.expect("registered");
        }
        company
    }

    /// Opens a session and gives its cookie.
    ///
    /// # Panics
    /// When the table does not take it.
    pub async fn session(&self, owner: SessionOwner) -> String {
        let (name, owner) = match &owner {
            SessionOwner::Company { .. } => (cookie::COMPANY, owner),
            SessionOwner::Staff { .. } => (cookie::STAFF, owner),
        };
        let token = cookie::new_token(&*self.random);
        let now = self.clock.now();
        let session = Session {
            token_hash: cookie::token_hash(&token),
            owner,
            created_at: now,
            expires_at: now + SignedDuration::from_hours(12),
        };
        self.store.open(&session).await.expect("a session");
        format!("{name}={token}")
    }

    /// Company `no`, logged in, before a function.
    pub async fn as_company(&self, router: &Router, no: u32) -> Client {
        let company = self.company(no).await;
        let user = orders::user(no).id;
        let cookie = self
            .session(SessionOwner::Company {
                company: company.id,
                user,
            })
            .await;
        Client::new(router.clone()).cookie(cookie)
    }

    /// A member of staff by number, taken on with these roles, logged in, before a function.
    ///
    /// # Panics
    /// When the table does not take them.
    pub async fn as_staff(&self, router: &Router, no: u32, roles: &[Role]) -> Client {
        let id = orders::staff(no);
        let staff = Staff {
            id: id.clone(),
            name: format!("员工{no}"),
            mail: format!("staff.{no}@sealkey.example"),
            roles: roles.to_vec(),
        };
        self.store.put_staff(&staff, "-").await.expect("taken on");
        Client::new(router.clone()).cookie(self.staff_cookie(&id).await)
    }

    /// A session of a member of staff.
    pub async fn staff_cookie(&self, id: &StaffId) -> String {
        self.session(SessionOwner::Staff { staff: id.clone() })
            .await
    }

    /// An order of company `no` at a point, with everything that belongs to it.
    ///
    /// # Panics
    /// When the table does not take it.
    pub async fn order(&self, no: u32, lines: &[(Product, u32)], point: Point) -> Order {
        self.journey(no, lines, point).await.order
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

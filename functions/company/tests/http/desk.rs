//! What all of these tests stand on.

use std::sync::Arc;

use adapters::ports::{Clock as _, Kept, Key, Transaction};
use adapters::registry::{self, AccountName};
use axum::Router;
use company::{Ports, api};
use contract::company::{CompanyFile, CompanyHistory, PeopleView};
use domain::company::{Company, CompanyEventKind, User};
use domain::ids::UserId;
use domain::qualification::{Qualification, QualificationState};
use domain::session::SessionLevel;
use edge::visitor::Visitor;
use serde_json::{Value, json};
use testkit::orders;
use testkit::power::PowerCut;
use testkit::web::Client;
use testkit::world::World;

pub struct Desk {
    pub world: World,
    pub router: Router,
}

impl Desk {
    pub async fn new() -> Self {
        Self::with_power(PowerCut::never()).await
    }

    pub async fn with_power(power: Arc<PowerCut>) -> Self {
        let world = World::with_power(power).await;
        let ports = Ports {
            registry: world.store.clone(),
            papers: world.doors().papers(world.objects.clone()),
            fields: world.fields(),
            codes: world.codes(),
            throttles: world.throttles(),
            policies: world.policies.clone(),
            clock: world.clock.clone(),
            random: world.random.clone(),
        };
        let router = api(world.gate(), ports).unwrap();
        Self { world, router }
    }

    /// Company `no` as it is, logged in: approved long ago unless it came as something else.
    pub async fn logged_in(&self, no: u32) -> Client {
        self.world.as_company(&self.router, no).await
    }

    /// Company `no`, which has registered and handed nothing in, logged in.
    pub async fn newcomer(&self, no: u32) -> Client {
        let company = Company {
            qualification: Qualification::default(),
            ..orders::company(no)
        };
        self.world.register(&company, &orders::user(no)).await;
        self.world.as_company(&self.router, no).await
    }

    /// A second person of company `no`, with their own session.
    pub async fn colleague(&self, no: u32) -> (User, Client) {
        let user = User {
            id: UserId::from_ulid(&orders::ulid(no + 500)),
            account: Some(format!("colleague-{no}")),
            name: "韩梅梅".to_owned(),
            mobile: "13700137000".to_owned(),
            ..orders::user(no)
        };
        let name = AccountName {
            account: format!("colleague-{no}"),
            company: user.company.clone(),
            user: user.id.clone(),
        };
        let all = Transaction::new(self.world.clock.now())
            .change(&user)
            .unwrap()
            .create(&name)
            .unwrap();
        self.world.registry().record(&all).await.unwrap();
        let client = self.session(&user).await;
        (user, client)
    }

    /// The second person of company `no` in another browser.
    pub async fn colleague_again(&self, no: u32) -> Client {
        let id = UserId::from_ulid(&orders::ulid(no + 500));
        let key = registry::user(&orders::company(no).id, &id);
        let user: User = self.load(&key).await.unwrap();
        self.session(&user).await
    }

    async fn session(&self, user: &User) -> Client {
        let desk = Visitor {
            browser: None,
            address: "192.0.2.2".to_owned(),
            device: String::new(),
        };
        let sessions = self.world.sessions();
        let opened = sessions.of_user(user, SessionLevel::Full, &desk);
        let all = Transaction::new(self.world.clock.now())
            .create(&opened.session)
            .unwrap();
        self.world.registry().record(&all).await.unwrap();
        let cookie = opened.cookie.1.split(';').next().unwrap().to_owned();
        Client::new(self.router.clone()).cookie(cookie)
    }

    pub async fn load<T: Kept>(&self, key: &Key) -> Option<T> {
        self.world.registry().load(key).await.unwrap()
    }

    /// Company `no` as it is stored.
    pub async fn stored(&self, no: u32) -> Company {
        let key = registry::company(&orders::company(no).id);
        self.load(&key).await.unwrap()
    }

    /// Writes company `no` as something else has left it.
    pub async fn store(&self, company: Company) -> Company {
        let next = Company {
            version: company.version + 1,
            ..company
        };
        let all = Transaction::new(self.world.clock.now())
            .change(&next)
            .unwrap();
        self.world.registry().record(&all).await.unwrap();
        next
    }

    /// Company `no` with papers before a reviewer.
    pub async fn submitted(&self, no: u32) {
        let mut company = self.stored(no).await;
        company.qualification.state = QualificationState::Submitted;
        company.qualification.submitted_at = Some(self.world.clock.now());
        self.store(company).await;
    }

    /// Everybody who was sent something by text message or mail, with the template or subject.
    pub fn told(&self) -> Vec<(String, String)> {
        let sms = self.world.sms.sent().into_iter();
        let mail = self.world.mail.sent().into_iter();
        sms.map(|sms| (sms.mobile, sms.template.to_owned()))
            .chain(mail.map(|mail| (mail.to, mail.subject)))
            .collect()
    }
}

pub async fn file(client: &Client) -> CompanyFile {
    client.get("/api/company").await.json()
}

pub async fn people(client: &Client) -> PeopleView {
    client.get("/api/company/people").await.json()
}

pub async fn history(client: &Client) -> CompanyHistory {
    client.get("/api/company/history").await.json()
}

/// The newest entry of the history: what, and which fields.
pub async fn newest(client: &Client) -> (CompanyEventKind, Vec<(String, String, String)>) {
    let entry = history(client).await.events.remove(0);
    let changes = entry.changes.into_iter();
    let changes = changes.map(|change| (change.field, change.from, change.to));
    (entry.event, changes.collect())
}

pub fn change(field: &str, from: &str, to: &str) -> (String, String, String) {
    (field.to_owned(), from.to_owned(), to.to_owned())
}

/// What the page sends back of a file that nobody has edited.
pub fn basics(file: &CompanyFile) -> Value {
    json!({
        "version": file.version,
        "name": file.basics.name,
        "credit_code": file.basics.credit_code,
        "legal_representative": file.basics.legal_representative,
        "registered_address": file.basics.registered_address,
        "phone": file.basics.phone,
    })
}

/// A form with some fields typed over.
pub fn with(mut form: Value, typed: &Value) -> Value {
    for (field, value) in typed.as_object().unwrap() {
        form[field] = value.clone();
    }
    form
}

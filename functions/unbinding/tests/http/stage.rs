//! The world, both functions before it, and companies that can be found.

use std::sync::Arc;

use adapters::ports::{Clock as _, Kept, Key, Registry, Transaction};
use adapters::registry;
use axum::Router;
use contract::account::CodeSent;
use contract::unbinding::RecoveryView;
use domain::actor::Role;
use domain::company::{Company, CompanyEvent, CompanyEventKind, User};
use domain::ids::{CodeId, RecoveryId};
use domain::key::CompanyKey;
use domain::notice::AccountNotice;
use domain::recovery::{Objection, Recovery};
use domain::work::{Message, SecretLink, Task};
use edge::{contacts, cookie};
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders;
use testkit::power::PowerCut;
use testkit::web::{Answer, Client};
use testkit::world::World;

/// An address for strangers.
pub(crate) const HERE: &str = "198.51.100.1";

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) router: Router,
    pub(crate) desk: Router,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with_power(PowerCut::never()).await
    }

    pub(crate) async fn with_power(power: Arc<PowerCut>) -> Self {
        let world = World::with_power(power).await;
        let papers = world.doors().papers(world.objects.clone());
        let ports = unbinding::Ports {
            registry: world.store.clone(),
            mac: world.mac.clone(),
            codes: world.codes(),
            human: world.human(),
            throttles: world.throttles(),
            papers: papers.clone(),
            policies: world.policies.clone(),
            clock: world.clock.clone(),
            random: world.random.clone(),
        };
        let desk = qualification::Ports {
            registry: world.store.clone(),
            papers,
            fields: world.fields(),
            mac: world.mac.clone(),
            clock: world.clock.clone(),
            random: world.random.clone(),
        };
        Self {
            router: unbinding::api(world.gate(), ports).unwrap(),
            desk: qualification::api(world.gate(), desk).unwrap(),
            world,
        }
    }

    pub(crate) fn advance(&self, minutes: i64) {
        self.world.clock.advance(SignedDuration::from_mins(minutes));
    }

    async fn load<T: Kept>(&self, key: &Key) -> T {
        self.world.registry().load(key).await.unwrap().unwrap()
    }

    /// Company `no`, registered and found by its mailbox.
    pub(crate) async fn known(&self, no: u32) -> Company {
        let company = self.world.company(no).await;
        self.findable(&company).await;
        company
    }

    pub(crate) async fn findable(&self, company: &Company) {
        let all = contacts::moved(Transaction::new(self.world.clock.now()), None, company);
        self.world.registry().record(&all.unwrap()).await.unwrap();
    }

    /// Company `no` with a key that binds it.
    pub(crate) async fn bound(&self, no: u32) -> Company {
        let company = self.known(no).await;
        let now = self.world.clock.now();
        let key = CompanyKey {
            company: company.id.clone(),
            serial: "8000123".to_owned(),
            activated_at: now - SignedDuration::from_hours(24),
            not_after: now + SignedDuration::from_hours(24 * 300),
            medium: domain::catalog::Medium::Bjca,
            storefront: domain::policy::StorefrontId("mall".to_owned()),
            certificate_serial: "40".to_owned(),
            seal: false,
            suspended: None,
            reported_at: None,
            earlier: Vec::new(),
            issued_by: None,
            revoked_at: None,
            version: 1,
        };
        let all = Transaction::new(now).change(&key).unwrap();
        self.world.registry().record(&all).await.unwrap();
        company
    }

    pub(crate) async fn company(&self, no: u32) -> Company {
        self.load(&registry::company(&orders::company(no).id)).await
    }

    pub(crate) async fn user(&self, no: u32) -> User {
        let user = orders::user(no);
        self.load(&registry::user(&user.company, &user.id)).await
    }

    pub(crate) async fn is_bound(&self, no: u32) -> bool {
        let company = self.company(no).await;
        let partition = registry::company_partition(&company.id);
        let registry: &dyn Registry = self.world.registry();
        let keys: Vec<CompanyKey> = registry.load_all(&partition, registry::KEYS).await.unwrap();
        domain::key::is_bound(&keys, company.unbound_at, self.world.clock.now())
    }

    /// What happened to company `no`, by its history.
    pub(crate) async fn history(&self, no: u32) -> Vec<CompanyEventKind> {
        let partition = registry::company_partition(&orders::company(no).id);
        let events: Vec<CompanyEvent> = self
            .world
            .registry()
            .load_all(&partition, registry::COMPANY_EVENTS)
            .await
            .unwrap();
        events.into_iter().map(|event| event.event).collect()
    }

    /// Changes company `no` past every function.
    pub(crate) async fn change(&self, no: u32, change: impl FnOnce(&mut Company)) -> Company {
        let before = self.company(no).await;
        let mut next = before.clone();
        change(&mut next);
        next.version += 1;
        let all = Transaction::new(self.world.clock.now()).change(&next);
        let all = contacts::moved(all.unwrap(), Some(&before), &next).unwrap();
        self.world.registry().record(&all).await.unwrap();
        next
    }

    /// Somebody new in a browser of their own.
    pub(crate) fn stranger(&self, address: &str) -> Client {
        self.world.visitor(&self.router, address)
    }

    /// Everything that was, or is to be, told on an occasion.
    pub(crate) fn told(&self, notice: AccountNotice) -> Vec<Message> {
        let work = self.world.store.all_work().into_iter();
        work.filter_map(|work| match work.task {
            Task::Tell(message) if message.notice == notice => Some(message),
            _ => None,
        })
        .collect()
    }

    /// The token of the link that was sent on an occasion.
    pub(crate) async fn link(&self, notice: AccountNotice) -> String {
        let told = self.told(notice);
        let SecretLink::Objection { id } = told[0].link.clone().unwrap() else {
            panic!("another link");
        };
        self.world.token(&SecretLink::Objection { id }).await
    }

    pub(crate) async fn objection(&self, notice: AccountNotice) -> Objection {
        let token = self.link(notice).await;
        let id = token.split_once('.').unwrap().0.parse().unwrap();
        self.load(&registry::objection(&id)).await
    }

    // ------------------------------------------------------------ unbinding

    /// Asks for an unbinding with these items and a human check.
    pub(crate) async fn ask(&self, client: &Client, items: &Value) -> Answer {
        let mut body = items.clone();
        body["human"] = json!(self.world.solved(client).await);
        client.post_json("/api/unbindings", &body).await
    }

    /// The same with the longer check.
    pub(crate) async fn ask_hard(&self, client: &Client, items: &Value) -> Answer {
        let mut body = items.clone();
        body["human"] = json!(self.world.solved_hard(client).await);
        client.post_json("/api/unbindings", &body).await
    }

    /// Asks from anywhere for company `no`, with everything right.
    pub(crate) async fn asked(&self, no: u32) -> CodeId {
        let client = self.stranger("203.0.113.77");
        let answer = self.ask(&client, &all_items(no)).await;
        answer.json::<CodeSent>().code
    }

    pub(crate) async fn type_code(&self, client: &Client, code: &CodeId, digits: &str) -> Answer {
        let path = format!("/api/unbindings/{code}/confirm");
        client.post_json(&path, &json!({"code": digits})).await
    }

    /// Company `no`, unbound by its own people.
    pub(crate) async fn unbind(&self, no: u32) {
        let code = self.asked(no).await;
        let digits = self.world.digits(&code).await;
        let client = self.stranger("203.0.113.77");
        self.type_code(&client, &code, &digits).await.done();
    }

    // ------------------------------------------------------------ recovery

    /// Begins a recovery; the browser with its cookie.
    pub(crate) async fn begin(&self, client: &Client, body: &Value) -> (Client, RecoveryView) {
        let answer = self.try_begin(client, body).await;
        (client.after(&answer), answer.json())
    }

    pub(crate) async fn try_begin(&self, client: &Client, body: &Value) -> Answer {
        let mut body = body.clone();
        body["human"] = json!(self.world.solved(client).await);
        client.post_json("/api/recoveries", &body).await
    }

    pub(crate) async fn recovery(&self, id: &RecoveryId) -> Recovery {
        self.load(&registry::recovery(id)).await
    }

    pub(crate) async fn codes_of(&self, view: &RecoveryView) -> Value {
        let mobile = view.mobile_code.as_ref().unwrap();
        let mail = view.mail_code.as_ref().unwrap();
        json!({
            "mobile_code": self.world.digits(&mobile.code).await,
            "mail_code": self.world.digits(&mail.code).await,
        })
    }

    /// A browser with an application for company `no` whose new contact is confirmed.
    pub(crate) async fn confirmed(&self, no: u32) -> (Client, RecoveryView) {
        let client = self.stranger(HERE);
        let (client, view) = self.begin(&client, &application(no)).await;
        let codes = self.codes_of(&view).await;
        let answer = client.post_json("/api/recovery/confirm", &codes).await;
        (client, answer.json())
    }

    /// Announces a file and puts it there; its id.
    pub(crate) async fn upload(&self, client: &Client, kind: &str) -> String {
        let answer = self.announce(client, kind).await;
        let view: contract::upload::PaperUploadView = answer.json();
        let now = self.world.clock.now();
        let objects = &self.world.objects;
        assert!(objects.upload(&view.url, "image/png", orders::png(), now));
        view.paper.to_string()
    }

    pub(crate) async fn announce(&self, client: &Client, kind: &str) -> Answer {
        let body = json!({
            "kind": kind,
            "file_name": format!("{kind}.png"),
            "format": "image/png",
            "length": orders::png().len(),
            "sha256": "ab".repeat(32),
        });
        client.post_json("/api/recovery/papers", &body).await
    }

    pub(crate) async fn papers(&self, client: &Client) -> Value {
        let mut papers = Vec::new();
        for kind in PAPERS {
            papers.push(self.upload(client, kind).await);
        }
        json!({ "papers": papers })
    }

    /// An application for company `no`, handed in.
    pub(crate) async fn handed_in(&self, no: u32) -> (Client, RecoveryId) {
        let (client, view) = self.confirmed(no).await;
        let papers = self.papers(&client).await;
        let answer = client.post_json("/api/recovery/submit", &papers).await;
        answer.json::<RecoveryView>();
        (client, view.id)
    }

    /// A reviewer by number.
    pub(crate) async fn reviewer(&self, no: u32) -> Client {
        self.world.as_staff(&self.desk, no, &[Role::Reviewer]).await
    }

    pub(crate) async fn decide(&self, who: u32, id: &RecoveryId, approve: bool) -> Answer {
        let path = format!("/api/console/recoveries/{id}/decide");
        let note = if approve { "" } else { "授权书未盖章" };
        let body = json!({"approve": approve, "note": note});
        self.reviewer(who).await.post_json(&path, &body).await
    }

    /// An application that both reviewers agreed to.
    pub(crate) async fn waiting(&self, no: u32) -> (Client, RecoveryId) {
        let (client, id) = self.handed_in(no).await;
        for who in [11, 12] {
            let answer = self.decide(who, &id, true).await;
            answer.json::<contract::qualification::RecoveryDetail>();
        }
        (client, id)
    }

    pub(crate) async fn complete(&self, id: &RecoveryId) -> Result<bool, edge::ApiError> {
        edge::recoveries::complete(self.world.registry(), &*self.world.clock, id).await
    }

    /// Somebody of company `no` with an open session.
    pub(crate) async fn session_of(&self, no: u32) -> String {
        let level = domain::session::SessionLevel::Full;
        self.world.session(no, level).await
    }

    /// Is the session of that cookie still one?
    pub(crate) async fn is_open(&self, no: u32, cookie_pair: &str) -> bool {
        let token = cookie_pair.split_once('=').unwrap().1;
        let key = registry::session(&cookie::token_hash(token));
        let session: domain::session::Session = self.load(&key).await;
        session.epoch == self.user(no).await.epoch
    }
}

pub(crate) const PAPERS: [&str; 3] = [
    "business_licence",
    "authorisation_letter",
    "legal_representative_id",
];

/// Every item of company `no`, right.
pub(crate) fn all_items(no: u32) -> Value {
    let company = orders::company(no);
    json!({
        "mail": company.contact.mail,
        "account": orders::user(no).account.unwrap(),
        "contact_name": company.contact.name,
        "organisation_code": company.credit_code.as_str(),
        "mobile": company.contact.mobile,
        "company_name": company.name,
    })
}

/// The names of the items besides the mailbox.
pub(crate) const ITEMS: [&str; 5] = [
    "account",
    "contact_name",
    "organisation_code",
    "mobile",
    "company_name",
];

/// The mailbox of company `no` and these items.
pub(crate) fn some_items(no: u32, which: &[&str]) -> Value {
    let all = all_items(no);
    let mut some = json!({"mail": all["mail"]});
    for item in which {
        some[item] = all[item].clone();
    }
    some
}

/// An application for company `no` by somebody with a new mobile number and mailbox.
pub(crate) fn application(no: u32) -> Value {
    let company = orders::company(no);
    json!({
        "storefront": "mall",
        "company_name": company.name,
        "credit_code": company.credit_code.as_str(),
        "contact": {"name": "韩梅梅", "mobile": "13900139000", "mail": "han.meimei@example.cn"},
        "consent": "2026-11",
    })
}

//! What all of these tests stand on.

use std::sync::Arc;

use account::{Ports, api};
use adapters::ports::{Clock as _, Kept, Key, Transaction};
use adapters::registry;
use axum::Router;
use contract::account::{CodeSent, RegistrationView};
use domain::company::{Company, CompanyEvent};
use domain::ids::{CodeId, CompanyId};
use domain::key::CompanyKey;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use testkit::orders;
use testkit::power::PowerCut;
use testkit::web::{Answer, Client};
use testkit::world::World;

pub const PASSWORD: &str = "correct horse battery";
pub const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// The function in its world.
pub struct Desk {
    pub world: World,
    pub ports: Ports,
    pub router: Router,
}

/// What a call left: told by counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traces {
    pub hashes: u64,
    pub writes: u32,
    pub documents: usize,
    pub codes: usize,
    pub counters: usize,
    pub work: usize,
}

pub fn ports(world: &World) -> Ports {
    Ports::new(world.doors(), world.cipher.clone(), world.policies.clone())
}

impl Desk {
    pub async fn new() -> Self {
        Self::with_power(PowerCut::never()).await
    }

    pub async fn with_power(power: Arc<PowerCut>) -> Self {
        let world = World::with_power(power).await;
        let ports = ports(&world);
        let router = api(world.gate(), ports.clone()).unwrap();
        Self {
            world,
            ports,
            router,
        }
    }

    /// Somebody in a browser of their own.
    pub fn visitor(&self, address: &str) -> Client {
        self.world.visitor(&self.router, address)
    }

    /// Writes with a human check that was done for it.
    pub async fn send(&self, client: &Client, path: &str, mut body: Value) -> Answer {
        body["human"] = json!(self.world.solved(client).await);
        client.post_json(path, &body).await
    }

    /// The same with the longer check.
    pub async fn send_hard(&self, client: &Client, path: &str, mut body: Value) -> Answer {
        body["human"] = json!(self.world.solved_hard(client).await);
        client.post_json(path, &body).await
    }

    pub async fn register(&self, client: &Client, form: &Value) -> Answer {
        self.send(client, "/api/registrations", form.clone()).await
    }

    pub async fn confirm(&self, client: &Client, view: &RegistrationView) -> Answer {
        let digits = self.world.digits(&view.code.code).await;
        let path = format!("/api/registrations/{}/confirm", view.registration);
        client.post_json(&path, &json!({"code": digits})).await
    }

    /// A company that has registered, and its person, logged in.
    pub async fn registered(&self, client: &Client, form: &Value) -> Client {
        let view: RegistrationView = self.register(client, form).await.json();
        let answer = self.confirm(client, &view).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        client.after(&answer)
    }

    pub async fn login(&self, client: &Client, name: &str, password: &str) -> Answer {
        self.send(client, "/api/session", credentials(name, password))
            .await
    }

    pub async fn forgot(&self, client: &Client, name: &str, mobile: &str) -> Answer {
        let body = json!({"company_name": name, "mobile": mobile});
        self.send(client, "/api/password-resets", body).await
    }

    pub async fn reset(
        &self,
        client: &Client,
        code: &CodeId,
        digits: &str,
        password: &str,
    ) -> Answer {
        let path = format!("/api/password-resets/{code}/confirm");
        let body = json!({"code": digits, "password": password});
        client.post_json(&path, &body).await
    }

    /// A code for the person of a company to set a new password.
    pub async fn reset_code(&self, client: &Client, no: u32) -> (CodeId, String) {
        let sent: CodeSent = self.forgot(client, &name(no), &mobile(no)).await.json();
        let digits = self.world.digits(&sent.code).await;
        (sent.code, digits)
    }

    pub async fn load<T: Kept>(&self, key: &Key) -> Option<T> {
        self.world.registry().load(key).await.unwrap()
    }

    pub async fn company(&self, id: &CompanyId) -> Company {
        self.load(&registry::company(id)).await.unwrap()
    }

    pub async fn history(&self, id: &CompanyId) -> Vec<CompanyEvent> {
        let partition = registry::company_partition(id);
        let events = self
            .world
            .registry()
            .load_all(&partition, registry::COMPANY_EVENTS);
        events.await.unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    pub fn wait(&self, by: SignedDuration) {
        self.world.clock.advance(by);
    }

    /// Writes something past every function.
    pub async fn put<T: Kept>(&self, kept: &T) {
        let write = Transaction::new(self.now()).mark(kept).unwrap();
        self.world.registry().record(&write).await.unwrap();
    }

    /// The company activates a key.
    pub async fn bind(&self, company: &CompanyId) {
        let now = self.now();
        let key = CompanyKey {
            company: company.clone(),
            serial: "03000123".to_owned(),
            activated_at: now,
            not_after: now + SignedDuration::from_hours(24 * 365),
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
        self.put(&key).await;
    }

    pub fn traces(&self) -> Traces {
        Traces {
            hashes: self.ports.passwords.work(),
            writes: self.world.power.writes(),
            documents: self.world.store.count(""),
            codes: self.world.store.count("CODE#"),
            counters: self.world.store.count("THROTTLE#"),
            work: self.world.store.all_work().len(),
        }
    }

    /// What happened since.
    pub fn since(&self, before: Traces) -> Traces {
        let now = self.traces();
        Traces {
            hashes: now.hashes - before.hashes,
            writes: now.writes - before.writes,
            documents: now.documents - before.documents,
            codes: now.codes - before.codes,
            counters: now.counters - before.counters,
            work: now.work - before.work,
        }
    }

    /// The digits that stand in the last text message to a number.
    pub async fn texted(&self, mobile: &str) -> String {
        self.world.work_off().await;
        let sent = self.world.sms.sent();
        let last = sent.iter().rev().find(|sms| sms.mobile == mobile).unwrap();
        let digits = last
            .values
            .iter()
            .find(|(_, value)| value.len() == 6 && value.bytes().all(|byte| byte.is_ascii_digit()));
        digits.unwrap().1.clone()
    }
}

pub fn name(no: u32) -> String {
    format!("南京第{no}示例科技有限公司")
}

pub fn mobile(no: u32) -> String {
    format!("138{no:08}")
}

/// The registration of company `no`.
pub fn form(no: u32) -> Value {
    json!({
        "storefront": "mall",
        "account": format!("company-{no}"),
        "password": PASSWORD,
        "company_name": name(no),
        "credit_code": orders::credit_code(no).as_str(),
        "contact": {
            "name": "李雷",
            "mobile": mobile(no),
            "mail": format!("li.lei.{no}@example.cn"),
        },
    })
}

/// The same at a storefront where the company's name is the login name.
pub fn counter_form(no: u32) -> Value {
    let mut form = form(no);
    form["storefront"] = json!("counter");
    form.as_object_mut().unwrap().remove("account");
    form
}

pub fn with(mut body: Value, pointer: &str, value: &str) -> Value {
    *body.pointer_mut(pointer).unwrap() = json!(value);
    body
}

pub fn credentials(name: &str, password: &str) -> Value {
    json!({"storefront": "mall", "name": name, "password": password})
}

/// An answer without what is drawn by chance in each of them.
pub fn alike(answer: &Answer) -> Value {
    fn blank(value: &mut Value) {
        match value {
            Value::String(text) if text.starts_with("cd_") || text.starts_with("rg_") => {
                text.truncate(3);
            }
            Value::Object(fields) => {
                fields.remove("requestId");
                fields.values_mut().for_each(blank);
            }
            _ => {}
        }
    }
    let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
    blank(&mut body);
    json!({"status": answer.status.as_u16(), "body": body})
}

/// The names of the headers of an answer.
pub fn headers(answer: &Answer) -> Vec<String> {
    answer.headers.keys().map(ToString::to_string).collect()
}

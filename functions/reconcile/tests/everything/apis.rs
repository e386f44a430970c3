//! The HTTP side of every function, before one world.

use std::sync::Arc;

use axum::Router;
use testkit::pki;
use testkit::world::World;

/// Routers by function.
pub struct Apis {
    pub account: Router,
    pub company: Router,
    pub unbinding: Router,
    pub qualification: Router,
    pub staff: Router,
    pub audit: Router,
    pub catalog: Router,
    pub console: Router,
    pub order: Router,
    pub pay: Router,
    pub pay_callback: Router,
    pub upload: Router,
    pub review: Router,
    pub production: Router,
    pub ca: Router,
    pub seal_maker: Router,
    pub shipping: Router,
    pub finance: Router,
    pub ticket: Router,
}

impl Apis {
    pub fn new(world: &World) -> Self {
        let (store, clock, policies) = (
            world.store.clone(),
            world.clock.clone(),
            world.policies.clone(),
        );
        let (objects, random, secrets) = (
            world.objects.clone(),
            world.random.clone(),
            world.secrets.clone(),
        );
        let papers = world.doors().papers(world.objects.clone());
        let account = account::Ports {
            registry: store.clone(),
            policies: policies.clone(),
            clock: clock.clone(),
            random: random.clone(),
            human: world.human(),
            codes: world.codes(),
            throttles: world.throttles(),
            sessions: world.sessions(),
            fields: world.fields(),
            passwords: Arc::default(),
        };
        let company = company::Ports {
            registry: store.clone(),
            policies: policies.clone(),
            papers: papers.clone(),
            fields: world.fields(),
            codes: world.codes(),
            throttles: world.throttles(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let unbinding = unbinding::Ports {
            registry: store.clone(),
            mac: world.mac.clone(),
            codes: world.codes(),
            human: world.human(),
            throttles: world.throttles(),
            papers: papers.clone(),
            policies: policies.clone(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let qualification = qualification::Ports {
            registry: store.clone(),
            papers,
            fields: world.fields(),
            mac: world.mac.clone(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let staff = staff::Ports {
            registry: store.clone(),
            mac: world.mac.clone(),
            fields: world.fields(),
            throttles: world.throttles(),
            passwords: Arc::default(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let audit = audit::Ports {
            registry: store.clone(),
            exports: objects.clone(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let catalog = catalog::Ports {
            registry: store.clone(),
            policies: policies.clone(),
            clock: clock.clone(),
        };
        let console = console::Ports {
            orders: store.clone(),
            lists: store.clone(),
            papers: store.clone(),
            parcels: store.clone(),
            registry: store.clone(),
            policies: policies.clone(),
            clock: clock.clone(),
        };
        let order = order::Ports {
            orders: store.clone(),
            lists: store.clone(),
            registry: store.clone(),
            papers: store.clone(),
            parcels: store.clone(),
            objects: objects.clone(),
            invoices: world.invoices.clone(),
            policies: policies.clone(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let pay = pay::Ports {
            orders: store.clone(),
            attempts: store.clone(),
            payments: world.payments(),
            policies: policies.clone(),
            clock: clock.clone(),
        };
        let pay_callback = pay_callback::Ports {
            payments: world.payments(),
            notices: objects.clone(),
            clock: clock.clone(),
        };
        let finance = finance::Ports {
            orders: store.clone(),
            attempts: store.clone(),
            registry: store.clone(),
            policies: policies.clone(),
            clock: clock.clone(),
        };
        let upload = upload_presign::Ports {
            orders: store.clone(),
            papers: store.clone(),
            objects: objects.clone(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let review = review::Ports {
            orders: store.clone(),
            lists: store.clone(),
            registry: store.clone(),
            papers: store.clone(),
            objects,
            policies: policies.clone(),
            clock: clock.clone(),
        };
        let production = production::Ports {
            orders: store.clone(),
            lists: store.clone(),
            registry: store.clone(),
            cipher: world.cipher.clone(),
            policies: policies.clone(),
            clock: clock.clone(),
        };
        let ca = ca::Ports {
            orders: store.clone(),
            registry: store.clone(),
            certificates: store.clone(),
            issuers: Arc::new(pki::issuers()),
            ca: pki::ca(world.power.clone()),
            policies: policies.clone(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let seal_maker = seal_maker::Ports {
            orders: store.clone(),
            registry: store.clone(),
            certificates: store.clone(),
            objects: world.objects.clone(),
            maker: testkit::seals::maker(world.power.clone()),
            clock: clock.clone(),
            random: random.clone(),
        };
        let ticket = ticket::Ports {
            registry: store.clone(),
            orders: store.clone(),
            policies: policies.clone(),
            key_secrets: world.mac.clone(),
            fields: world.fields(),
            codes: world.codes(),
            throttles: world.throttles(),
            signer: pki::kms_key(world.power.clone()),
            ticket_key: jws::PublicKey::from_der(&pki::kms_public_key()).unwrap(),
            issuers: Arc::new(pki::issuers()),
            lists: pki::no_other_lists(),
            site: "https://keys.example.cn".to_owned(),
            agent_port: contract::agent::PORT,
            clock: clock.clone(),
            random,
        };
        let shipping = shipping::Ports {
            orders: store.clone(),
            lists: store.clone(),
            parcels: store,
            secrets,
            policies,
            clock,
        };
        Self {
            account: account::api(world.gate(), account).unwrap(),
            company: company::api(world.gate(), company).unwrap(),
            unbinding: unbinding::api(world.gate(), unbinding).unwrap(),
            qualification: qualification::api(world.gate(), qualification).unwrap(),
            staff: staff::api(world.gate(), staff).unwrap(),
            audit: audit::api(world.gate(), audit).unwrap(),
            catalog: catalog::api(world.gate(), catalog).unwrap(),
            console: console::api(world.gate(), console).unwrap(),
            order: order::api(world.gate(), order).unwrap(),
            pay: pay::api(world.gate(), pay).unwrap(),
            pay_callback: pay_callback::api(world.gate(), pay_callback).unwrap(),
            upload: upload_presign::api(world.gate(), upload).unwrap(),
            review: review::api(world.gate(), review).unwrap(),
            production: production::api(world.gate(), production).unwrap(),
            ca: ca::api(world.gate(), ca).unwrap(),
            seal_maker: seal_maker::api(world.gate(), seal_maker).unwrap(),
            shipping: shipping::api(world.gate(), shipping).unwrap(),
            finance: finance::api(world.gate(), finance).unwrap(),
            ticket: ticket::api(world.gate(), ticket).unwrap(),
        }
    }

    /// The router of the function of this name in the table of routes.
    pub fn of(&self, function: &str) -> &Router {
        match function {
            "account" => &self.account,
            "company" => &self.company,
            "unbinding" => &self.unbinding,
            "qualification" => &self.qualification,
            "staff" => &self.staff,
            "audit" => &self.audit,
            "catalog" => &self.catalog,
            "console" => &self.console,
            "order" => &self.order,
            "pay" => &self.pay,
            "pay-callback" => &self.pay_callback,
            "upload-presign" => &self.upload,
            "review" => &self.review,
            "production" => &self.production,
            "ca" => &self.ca,
            "seal-maker" => &self.seal_maker,
            "shipping" => &self.shipping,
            "finance" => &self.finance,
            "ticket" => &self.ticket,
            other => panic!("{other} serves routes and is not tested here"),
        }
    }
}

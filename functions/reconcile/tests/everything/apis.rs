//! The HTTP side of every function, before one world.

use std::sync::Arc;

use adapters::payment::alipay::Alipay;
use adapters::ports::PaymentGateway;
use async_trait::async_trait;
use axum::Router;
use domain::payment::PaymentMethod;
use edge::ApiError;
use testkit::pki;
use testkit::world::World;

/// Alipay by its real adapter.
struct Gateways {
    secret: String,
}

#[async_trait]
impl pay::Gateways for Gateways {
    async fn gateway(&self, _: PaymentMethod) -> Result<Arc<dyn PaymentGateway>, ApiError> {
        let alipay = Alipay::from_secret(&self.secret);
        Ok(Arc::new(
            alipay.map_err(|error| ApiError::internal(error.to_string()))?,
        ))
    }
}

/// Routers by function.
pub struct Apis {
    pub account: Router,
    pub catalog: Router,
    pub order: Router,
    pub pay: Router,
    pub pay_callback: Router,
    pub upload: Router,
    pub review: Router,
    pub production: Router,
    pub ca: Router,
    pub shipping: Router,
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
        let account = account::Ports {
            accounts: store.clone(),
            staff: store.clone(),
            sessions: store.clone(),
            policies: policies.clone(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let catalog = catalog::Ports {
            products: store.clone(),
            policies: policies.clone(),
        };
        let order = order::Ports {
            orders: store.clone(),
            lists: store.clone(),
            products: store.clone(),
            accounts: store.clone(),
            papers: store.clone(),
            parcels: store.clone(),
            objects: objects.clone(),
            policies: policies.clone(),
            clock: clock.clone(),
            random: random.clone(),
        };
        let pay = pay::Ports {
            orders: store.clone(),
            attempts: store.clone(),
            gateways: Arc::new(Gateways {
                secret: world.alipay.secret(),
            }),
            payments: world.payments(),
            policies: policies.clone(),
            clock: clock.clone(),
        };
        let pay_callback = pay_callback::Ports {
            secrets: secrets.clone(),
            payments: world.payments(),
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
            papers: store.clone(),
            objects,
            policies: policies.clone(),
            clock: clock.clone(),
        };
        let production = production::Ports {
            orders: store.clone(),
            lists: store.clone(),
            policies: policies.clone(),
            clock: clock.clone(),
        };
        let ca = ca::Ports {
            orders: store.clone(),
            certificates: store.clone(),
            ca: pki::ca(world.power.clone()),
            policies: policies.clone(),
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
            catalog: catalog::api(world.gate(), catalog).unwrap(),
            order: order::api(world.gate(), order).unwrap(),
            pay: pay::api(world.gate(), pay).unwrap(),
            pay_callback: pay_callback::api(world.gate(), pay_callback).unwrap(),
            upload: upload_presign::api(world.gate(), upload).unwrap(),
            review: review::api(world.gate(), review).unwrap(),
            production: production::api(world.gate(), production).unwrap(),
            ca: ca::api(world.gate(), ca).unwrap(),
            shipping: shipping::api(world.gate(), shipping).unwrap(),
        }
    }

    /// The router of the function of this name in the table of routes.
    pub fn of(&self, function: &str) -> &Router {
        match function {
            "account" => &self.account,
            "catalog" => &self.catalog,
            "order" => &self.order,
            "pay" => &self.pay,
            "pay-callback" => &self.pay_callback,
            "upload-presign" => &self.upload,
            "review" => &self.review,
            "production" => &self.production,
            "ca" => &self.ca,
            "shipping" => &self.shipping,
            other => panic!("{other} serves routes and is not tested here"),
        }
    }
}

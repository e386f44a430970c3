//! The catalogue: as a page sees it, and as administrators edit it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::Clock as _;
use adapters::registry::{self, AUDIT_ENTRIES};
use axum::Router;
use catalog::{Ports, api};
use contract::catalog::{CatalogView, ConsoleCatalog, ConsoleProduct, PoliciesView};
use contract::error::{ErrorCode, FieldCode};
use domain::actor::Role;
use domain::audit::AuditEntry;
use domain::catalog::{Product, ProductKind};
use domain::policy::StorefrontPolicy;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use testkit::orders::{self, plain_key, service};
use testkit::web::Client;
use testkit::world::World;

/// The number of the administrator.
const ADMIN: u32 = 7;
const MALL: &str = "/api/console/catalog/mall";
const KEY: &str = "/api/console/catalog/mall/key";

fn router(world: &World) -> Router {
    let ports = Ports {
        registry: world.store.clone(),
        clock: world.clock.clone(),
        policies: world.policies.clone(),
    };
    api(world.gate(), ports).unwrap()
}

fn client(world: &World) -> Client {
    Client::new(router(world))
}

/// Both products on sale, and an administrator.
async fn desk() -> (World, Client) {
    let world = World::new().await;
    world.stock().await;
    world.clock.advance(SignedDuration::from_mins(1));
    let admin = world.as_staff(&router(&world), ADMIN, &[Role::Admin]).await;
    (world, admin)
}

/// What the form sends for a product that is to be so from a time on.
fn form(product: &Product, from: Timestamp) -> Value {
    json!({
        "kind": product.kind,
        "name": product.name,
        "description": product.description,
        "medium": product.medium,
        "seal": product.seal,
        "seal_price": product.seal_price,
        "term_years": product.term_years,
        "price": product.price,
        "surcharges": product.surcharges,
        "position": product.position,
        "effective_from": from,
        "withdrawn": product.withdrawn,
    })
}

fn with(mut form: Value, typed: &Value) -> Value {
    for (field, value) in typed.as_object().unwrap() {
        form[field] = value.clone();
    }
    form
}

/// The form of the plain key at another price.
fn at_price(price: &str, from: Timestamp) -> Value {
    with(form(&plain_key(), from), &json!({"price": price}))
}

/// What a visitor reads of the mall: names and prices, in order.
async fn public(world: &World) -> Vec<(String, String)> {
    let view: CatalogView = client(world).get("/api/catalog/mall").await.json();
    let products = view.products.into_iter();
    products
        .map(|product| (product.sku, product.price.to_string()))
        .collect()
}

async fn public_price(world: &World, sku: &str) -> Option<String> {
    let products = public(world).await.into_iter();
    let mut prices = products.filter(|(name, _)| name == sku);
    prices.next().map(|(_, price)| price)
}

fn product<'a>(catalog: &'a ConsoleCatalog, sku: &str) -> &'a ConsoleProduct {
    let mut products = catalog.products.iter();
    products.find(|product| product.sku == sku).unwrap()
}

fn price(product: Option<&Product>) -> Option<String> {
    product.map(|product| product.price.to_string())
}

fn prices(product: &ConsoleProduct) -> Vec<String> {
    let changes = product.changes.iter();
    changes.map(|change| change.price.to_string()).collect()
}

async fn deeds(world: &World) -> Vec<AuditEntry> {
    let chain = registry::audit_chain(&orders::staff(ADMIN));
    world
        .registry()
        .load_all(&chain, AUDIT_ENTRIES)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_storefront_shows_what_it_sells_and_how() {
    let world = World::new().await;
    world.stock().await;
    let view: CatalogView = client(&world).get("/api/catalog/mall").await.json();
    let names: Vec<&str> = view
        .products
        .iter()
        .map(|product| product.sku.as_str())
        .collect();
    assert_eq!(names, ["key-with-seal", "key"]);
    assert_eq!(view.products[0].price.to_string(), "360.00");
    assert_eq!((view.max_lines, view.max_keys_per_line), (20, 50));
    assert!(view.invoice_by_default);
}

#[tokio::test]
async fn a_storefront_that_is_none_is_not_there() {
    let world = World::new().await;
    client(&world)
        .get("/api/catalog/nowhere")
        .await
        .refused(ErrorCode::NotFound);
}

// ---- the desk ------------------------------------------------------------------------------------------

#[tokio::test]
async fn staff_see_how_every_storefront_sells_side_by_side() {
    let world = World::new().await;
    let staff = world.as_staff(&router(&world), 4, &[Role::Support]).await;
    let view: PoliciesView = staff.get("/api/console/policies").await.json();
    let shipped: Vec<StorefrontPolicy> = world.policies.iter().cloned().collect();
    assert_eq!(view.policies, shipped);
    let names: Vec<&str> = shipped.iter().map(|policy| policy.id.0.as_str()).collect();
    for name in ["counter", "mall"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[tokio::test]
async fn the_desk_shows_what_may_be_sold_and_what_is() {
    let (world, admin) = desk().await;
    let mall: ConsoleCatalog = admin.get(MALL).await.json();
    assert_eq!(
        (mall.storefront.as_str(), mall.name.zh.as_str()),
        ("mall", "商城")
    );
    assert_eq!(mall.kinds, orders::mall().kinds);
    assert_eq!(mall.urgency_levels, orders::mall().urgency_levels);
    let names: Vec<&str> = mall
        .products
        .iter()
        .map(|product| product.sku.as_str())
        .collect();
    assert_eq!(names, ["key-with-seal", "key"]);
    for product in &mall.products {
        assert_eq!(product.changes.len(), 1);
        assert_eq!(product.current.as_ref(), Some(&product.changes[0]));
    }
    let counter: ConsoleCatalog = admin.get("/api/console/catalog/counter").await.json();
    assert!(counter.products.is_empty(), "each storefront has its own");
    admin
        .get("/api/console/catalog/nowhere")
        .await
        .refused(ErrorCode::NotFound);
    assert_eq!(deeds(&world).await, [], "looking is no deed");
}

#[tokio::test]
async fn a_change_of_now_is_sold_at_once_and_the_past_stays_readable() {
    let (world, admin) = desk().await;
    let now = world.clock.now();
    let body = with(
        at_price("150.00", now),
        &json!({"name": {"zh": " 密钥（新） ", "en": "New key"}, "position": 0}),
    );
    let after: ConsoleCatalog = admin.put_json(KEY, &body).await.json();
    let changed = product(&after, "key");
    assert_eq!(prices(changed), ["150.00", "120.50"], "the newest first");
    assert_eq!(price(changed.current.as_ref()).as_deref(), Some("150.00"));
    assert_eq!(changed.changes[0].effective_from, now);
    assert_eq!(changed.changes[0].name.zh, "密钥（新）");
    assert_eq!(changed.changes[1], plain_key());
    assert_eq!(
        public(&world).await,
        [
            ("key".to_owned(), "150.00".to_owned()),
            ("key-with-seal".to_owned(), "360.00".to_owned())
        ],
        "its place in the list too"
    );
}

#[tokio::test]
async fn a_change_of_tomorrow_is_sold_tomorrow() {
    let (world, admin) = desk().await;
    let due = world.clock.now() + SignedDuration::from_hours(2);
    let after: ConsoleCatalog = admin.put_json(KEY, &at_price("180.00", due)).await.json();
    let coming = product(&after, "key");
    assert_eq!(prices(coming), ["180.00", "120.50"]);
    assert_eq!(price(coming.current.as_ref()).as_deref(), Some("120.50"));
    assert_eq!(public_price(&world, "key").await.as_deref(), Some("120.50"));

    // Thought better of, for the same time: it replaces what has not come yet.
    let after: ConsoleCatalog = admin.put_json(KEY, &at_price("170.00", due)).await.json();
    assert_eq!(prices(product(&after, "key")), ["170.00", "120.50"]);

    world.clock.advance(SignedDuration::from_secs(2 * 3600 - 1));
    assert_eq!(public_price(&world, "key").await.as_deref(), Some("120.50"));
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(public_price(&world, "key").await.as_deref(), Some("170.00"));
    let now: ConsoleCatalog = admin.get(MALL).await.json();
    let current = product(&now, "key").current.as_ref();
    assert_eq!(price(current).as_deref(), Some("170.00"));
    assert_eq!(prices(product(&now, "key")), ["170.00", "120.50"]);
}

/// What is planned stays planned when something is changed before it.
#[tokio::test]
async fn a_change_of_now_leaves_the_coming_one_alone() {
    let (world, admin) = desk().await;
    let now = world.clock.now();
    let due = now + SignedDuration::from_hours(1);
    admin
        .put_json(KEY, &at_price("180.00", due))
        .await
        .json::<ConsoleCatalog>();
    let after: ConsoleCatalog = admin.put_json(KEY, &at_price("130.00", now)).await.json();
    assert_eq!(
        prices(product(&after, "key")),
        ["180.00", "130.00", "120.50"]
    );
    assert_eq!(public_price(&world, "key").await.as_deref(), Some("130.00"));
    world.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(public_price(&world, "key").await.as_deref(), Some("180.00"));
}

#[tokio::test]
async fn what_is_withdrawn_is_no_longer_sold_and_can_come_back() {
    let (world, admin) = desk().await;
    let due = world.clock.now() + SignedDuration::from_hours(1);
    let withdrawn = with(form(&plain_key(), due), &json!({"withdrawn": true}));
    admin
        .put_json(KEY, &withdrawn)
        .await
        .json::<ConsoleCatalog>();
    assert!(
        public_price(&world, "key").await.is_some(),
        "until then it is"
    );
    world.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(public_price(&world, "key").await, None);
    assert!(public_price(&world, "key-with-seal").await.is_some());
    let gone: ConsoleCatalog = admin.get(MALL).await.json();
    assert_eq!(product(&gone, "key").current, None);
    assert_eq!(product(&gone, "key").changes.len(), 2, "and not forgotten");

    world.clock.advance(SignedDuration::from_mins(1));
    let again = at_price("99.00", world.clock.now());
    let back: ConsoleCatalog = admin.put_json(KEY, &again).await.json();
    assert!(product(&back, "key").current.is_some());
    assert_eq!(public_price(&world, "key").await.as_deref(), Some("99.00"));
}

#[tokio::test]
async fn a_new_product_is_sold_from_its_first_day() {
    let (world, admin) = desk().await;
    let due = world.clock.now() + SignedDuration::from_hours(1);
    let path = format!("{MALL}/renewal-3y");
    let renewal = with(
        form(&service(ProductKind::Renewal), due),
        &json!({"term_years": 3, "price": "600.00"}),
    );
    let after: ConsoleCatalog = admin.put_json(&path, &renewal).await.json();
    let new = product(&after, "renewal-3y");
    assert_eq!((new.current.as_ref(), new.changes.len()), (None, 1));
    assert_eq!(new.changes[0].term_years, 3);
    assert_eq!(public_price(&world, "renewal-3y").await, None);
    world.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(
        public_price(&world, "renewal-3y").await.as_deref(),
        Some("600.00")
    );
    // Elsewhere it is not sold.
    let counter: CatalogView = client(&world).get("/api/catalog/counter").await.json();
    assert!(counter.products.is_empty());
}

/// A lost answer, a double click: the same again is there already, and nobody did anything twice.
#[tokio::test]
async fn the_same_change_again_changes_nothing() {
    let (world, admin) = desk().await;
    let now = world.clock.now();
    let due = now + SignedDuration::from_hours(1);
    for body in [at_price("150.00", now), at_price("180.00", due)] {
        admin.put_json(KEY, &body).await.json::<ConsoleCatalog>();
        let (stored, done) = (world.store.everything(), deeds(&world).await);
        world.clock.advance(SignedDuration::from_secs(5));
        admin.put_json(KEY, &body).await.json::<ConsoleCatalog>();
        assert_eq!(world.store.everything(), stored);
        assert_eq!(deeds(&world).await, done);
    }
}

#[tokio::test]
async fn of_two_changes_in_one_second_the_second_is_told() {
    let (world, admin) = desk().await;
    let now = world.clock.now();
    admin
        .put_json(KEY, &at_price("150.00", now))
        .await
        .json::<ConsoleCatalog>();
    admin
        .put_json(KEY, &at_price("160.00", now))
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    assert_eq!(public_price(&world, "key").await.as_deref(), Some("150.00"));
    world.clock.advance(SignedDuration::from_secs(1));
    admin
        .put_json(KEY, &at_price("160.00", now))
        .await
        .json::<ConsoleCatalog>();
    assert_eq!(public_price(&world, "key").await.as_deref(), Some("160.00"));
}

/// A form stays open for a while; what it calls now is now when it arrives, never a price of the past.
#[tokio::test]
async fn what_the_form_called_now_is_now() {
    let (world, admin) = desk().await;
    let opened = world.clock.now();
    world.clock.advance(SignedDuration::from_mins(10));
    let after: ConsoleCatalog = admin
        .put_json(KEY, &at_price("150.00", opened))
        .await
        .json();
    let newest = &product(&after, "key").changes[0];
    assert_eq!(newest.effective_from, world.clock.now());
    world.clock.advance(SignedDuration::from_secs(1));
    admin
        .put_json(KEY, &at_price("160.00", opened))
        .await
        .wrong_fields(&["effective_from"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_product_is_named_and_nothing_is_written() {
    let (world, admin) = desk().await;
    let now = world.clock.now();
    let key = form(&plain_key(), now);
    let renewal = form(&service(ProductKind::Renewal), now);
    let unlock = form(&service(ProductKind::Unlock), now);
    let replacement = form(&service(ProductKind::Replacement), now);
    let upgrade = form(&service(ProductKind::Upgrade), now);
    let before = world.store.everything();
    let long = "长".repeat(61);
    for (path, form, typed, field, code) in [
        (
            "mall/key",
            &key,
            json!({"price": "0.00"}),
            "price",
            FieldCode::OutOfRange,
        ),
        (
            "mall/key",
            &key,
            json!({"kind": "renewal"}),
            "kind",
            FieldCode::Invalid,
        ),
        (
            "mall/key",
            &key,
            json!({"term_years": 0}),
            "term_years",
            FieldCode::OutOfRange,
        ),
        (
            "mall/key",
            &key,
            json!({"term_years": 6}),
            "term_years",
            FieldCode::OutOfRange,
        ),
        (
            "mall/key",
            &key,
            json!({"seal_price": "80.00"}),
            "seal_price",
            FieldCode::Invalid,
        ),
        (
            "mall/key",
            &key,
            json!({"surcharges": {"none": "1.00"}}),
            "surcharges",
            FieldCode::NotOffered,
        ),
        (
            "mall/key",
            &key,
            json!({"name": {"zh": " ", "en": "Key"}}),
            "name.zh",
            FieldCode::Required,
        ),
        (
            "mall/key",
            &key,
            json!({"name": {"zh": long, "en": "Key"}}),
            "name.zh",
            FieldCode::TooLong,
        ),
        (
            "mall/key",
            &key,
            json!({"name": {"zh": "密钥", "en": ""}}),
            "name.en",
            FieldCode::Required,
        ),
        (
            "mall/key",
            &key,
            json!({"description": {"zh": "", "en": "A key."}}),
            "description.zh",
            FieldCode::Required,
        ),
        (
            "mall/key",
            &key,
            json!({"description": {"zh": "密钥", "en": "k".repeat(301)}}),
            "description.en",
            FieldCode::TooLong,
        ),
        (
            "mall/key",
            &key,
            json!({"effective_from": now - SignedDuration::from_secs(601)}),
            "effective_from",
            FieldCode::OutOfRange,
        ),
        (
            "mall/renewal-1y",
            &renewal,
            json!({"seal": true}),
            "seal",
            FieldCode::Invalid,
        ),
        (
            "mall/renewal-1y",
            &renewal,
            json!({"term_years": 0}),
            "term_years",
            FieldCode::OutOfRange,
        ),
        (
            "mall/renewal-1y",
            &renewal,
            json!({"surcharges": {"half_day": "100.00"}}),
            "surcharges",
            FieldCode::NotOffered,
        ),
        (
            "mall/unlock",
            &unlock,
            json!({"term_years": 1}),
            "term_years",
            FieldCode::OutOfRange,
        ),
        (
            "mall/replacement",
            &replacement,
            json!({"term_years": 1}),
            "term_years",
            FieldCode::OutOfRange,
        ),
        (
            "counter/upgrade",
            &upgrade,
            json!({}),
            "kind",
            FieldCode::NotOffered,
        ),
        (
            "counter/key",
            &key,
            json!({"surcharges": {"half_day": "100.00"}}),
            "surcharges",
            FieldCode::NotOffered,
        ),
        ("mall/Key", &key, json!({}), "sku", FieldCode::Invalid),
        ("mall/k", &key, json!({}), "sku", FieldCode::Invalid),
        ("mall/key_1", &key, json!({}), "sku", FieldCode::Invalid),
        (
            "mall/%E5%AF%86%E9%92%A5",
            &key,
            json!({}),
            "sku",
            FieldCode::Invalid,
        ),
    ] {
        let path = format!("/api/console/catalog/{path}");
        let answer = admin.put_json(&path, &with(form.clone(), &typed)).await;
        let problem = answer.wrong_fields(&[field]);
        assert_eq!(problem.errors[0].code, code, "{path} {typed}");
    }
    let path = format!("{MALL}/{}", "k".repeat(41));
    admin.put_json(&path, &key).await.wrong_fields(&["sku"]);
    // All of it at once, so that a person reads it once.
    let all = json!({
        "kind": "renewal", "price": "0.00", "term_years": 9, "seal_price": "1.00",
        "effective_from": "2026-01-01T00:00:00Z", "name": {"zh": "", "en": "Key"},
    });
    admin
        .put_json(KEY, &with(key.clone(), &all))
        .await
        .wrong_fields(&[
            "kind",
            "name.zh",
            "price",
            "term_years",
            "seal_price",
            "effective_from",
        ]);
    for typed in [
        json!({"price": "-1.00"}),
        json!({"price": "1.005"}),
        json!({"price": 12}),
        json!({"kind": "gift"}),
        json!({"surcharges": {"tomorrow": "1.00"}}),
        json!({"sku": "key"}),
    ] {
        admin
            .put_json(KEY, &with(key.clone(), &typed))
            .await
            .refused(ErrorCode::MalformedRequest);
    }
    admin
        .put_json("/api/console/catalog/nowhere/key", &key)
        .await
        .refused(ErrorCode::NotFound);
    assert_eq!(world.store.everything(), before);
    assert_eq!(deeds(&world).await, []);
    assert_eq!(public_price(&world, "key").await.as_deref(), Some("120.50"));
}

#[tokio::test]
async fn every_kind_is_sold_as_it_can_be() {
    let (world, admin) = desk().await;
    let now = world.clock.now();
    for kind in ProductKind::ALL {
        let product = service(kind);
        // For one to five years, or until the key would have ended anyway.
        let years = if product.term_years == 0 {
            0..=0
        } else {
            1..=5
        };
        for years in years {
            let sku = format!("{}-{years}", product.sku);
            let body = with(form(&product, now), &json!({"term_years": years}));
            let path = format!("{MALL}/{sku}");
            admin.put_json(&path, &body).await.json::<ConsoleCatalog>();
            assert!(public_price(&world, &sku).await.is_some(), "{sku}");
        }
    }
    // A seal that the buyer may choose, and speed for more money.
    let sealed = json!({
        "seal": true, "seal_price": "80.00",
        "surcharges": {"half_day": "100.00", "same_day": "50.00"},
    });
    let path = format!("{MALL}/key-or-seal");
    let body = with(form(&plain_key(), now), &sealed);
    let after: ConsoleCatalog = admin.put_json(&path, &body).await.json();
    let current = product(&after, "key-or-seal").current.as_ref().unwrap();
    assert_eq!(current.seal_price.unwrap().to_string(), "80.00");
    assert_eq!(current.surcharges.len(), 2);
}

#[tokio::test]
async fn every_change_stands_in_the_audit_with_who_and_when() {
    let (world, admin) = desk().await;
    let now = world.clock.now();
    let due = now + SignedDuration::from_hours(1);
    admin
        .put_json(KEY, &at_price("150.00", now))
        .await
        .json::<ConsoleCatalog>();
    let withdrawn = with(at_price("150.00", due), &json!({"withdrawn": true}));
    admin
        .put_json(KEY, &withdrawn)
        .await
        .json::<ConsoleCatalog>();
    let done: Vec<(String, String, String)> = deeds(&world)
        .await
        .into_iter()
        .map(|entry| {
            assert_eq!((entry.staff, entry.at), (orders::staff(ADMIN), now));
            (entry.action, entry.subject, entry.detail)
        })
        .collect();
    let action = "product_changed".to_owned();
    let subject = "product mall key".to_owned();
    assert_eq!(
        done,
        [
            (
                action.clone(),
                subject.clone(),
                format!("150.00 from {now}")
            ),
            (action, subject, format!("150.00 from {due}, withdrawn")),
        ]
    );
}

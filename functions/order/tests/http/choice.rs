//! What a company may choose, for which key and at which price; and that a request that comes twice makes one
//! order.

use adapters::ports::{Clock as _, Transaction};
use adapters::registry;
use axum::body::Body;
use contract::error::{ErrorCode, FieldCode};
use contract::order::{OrderView, QuoteView};
use domain::catalog::{Medium, Product, ProductKind};
use domain::credit::Inspection;
use domain::key::CompanyKey;
use domain::money::Money;
use domain::order::{DisplayState, LineStage, OrderState};
use domain::policy::StorefrontId;
use http::Method;
use jiff::{SignedDuration, Span, Timestamp};
use serde_json::{Value, json};
use testkit::orders::{self, Point, counter_key, key_with_seal, service};
use testkit::web::{Answer, Client};
use testkit::world::World;

use crate::{router, shop};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A mall with everything on sale, and a company whose keys are listed beside it: serial and end.
async fn mall(keys: &[(&str, SignedDuration)]) -> (World, Client) {
    let (world, client) = shop().await;
    for kind in ProductKind::ALL.into_iter().filter(|kind| kind.names_key()) {
        world.sell(&service(kind)).await;
    }
    for (serial, left) in keys {
        give(
            &world,
            &orders::company_key(1, serial, world.clock.now() + *left),
        )
        .await;
    }
    (world, client)
}

async fn give(world: &World, key: &CompanyKey) {
    let now = world.clock.now();
    let stock = orders::escrow(key, "sealed", now);
    // What was made elsewhere, and nobody brought its SO PIN.
    let all = Transaction::new(now).change(key).unwrap();
    let all = if key.serial == "FOREIGN" {
        all
    } else {
        all.mark(&stock).unwrap()
    };
    world.registry().record(&all).await.unwrap();
}

/// The agent has read a key: its certificate ends then.
async fn inspect(world: &World, serial: &str, not_after: Timestamp) {
    let key = orders::company_key(1, serial, not_after);
    let inspection = Inspection {
        company: key.company,
        serial: key.serial,
        certificate_serial: key.certificate_serial,
        medium: Medium::Cpp,
        not_after,
        at: world.clock.now(),
        without_pin: false,
    };
    let mark = Transaction::new(world.clock.now())
        .mark(&inspection)
        .unwrap();
    world.registry().record(&mark).await.unwrap();
}

fn months(world: &World, months: i32) -> Timestamp {
    let now = world.clock.now().in_tz(domain::CIVIL_ZONE).unwrap();
    now.checked_add(Span::new().months(months))
        .unwrap()
        .timestamp()
}

fn order_of(lines: &Value) -> Value {
    json!({
        "storefront": "mall",
        "lines": lines,
        "urgency": "none",
        "delivery": {"kind": "courier_prepaid", "address": orders::address()},
        "invoice": null,
    })
}

async fn create(client: &Client, lines: &Value) -> OrderView {
    client
        .post_json("/api/orders", &order_of(lines))
        .await
        .json()
}

async fn refused(client: &Client, lines: &Value, field: &str, code: FieldCode) {
    let answer = client.post_json("/api/orders", &order_of(lines)).await;
    let problem = answer.wrong_fields(&[field]);
    assert_eq!(problem.errors[0].code, code);
}

fn upgrade(serial: &str) -> Value {
    json!([{"sku": "upgrade", "quantity": 1, "key_serial": serial}])
}

/// covers: R23
#[tokio::test]
async fn lines_of_different_kinds_stand_in_one_order_with_their_keys() {
    let (_world, client) = mall(&[("CPP-1", DAY * 30), ("CPP-2", DAY * 200)]).await;
    let lines = json!([
        {"sku": "key-with-seal", "quantity": 2},
        {"sku": "renewal-1y", "quantity": 1, "key_serial": "CPP-1"},
        {"sku": "unlock", "quantity": 1, "key_serial": "CPP-2"},
    ]);
    let order = create(&client, &lines).await;
    let told: Vec<_> = order
        .lines
        .iter()
        .map(|line| {
            let serial = line.key.as_ref().map(|key| key.serial.as_str());
            (line.product.kind, serial, line.price.amount.to_string())
        })
        .collect();
    assert_eq!(
        told,
        [
            (ProductKind::NewKey, None, "720.00".to_owned()),
            (ProductKind::Renewal, Some("CPP-1"), "240.00".to_owned()),
            (ProductKind::Unlock, Some("CPP-2"), "30.00".to_owned()),
        ]
    );
    assert_eq!(order.total.to_string(), "990.00");
}

/// covers: R24
#[tokio::test]
async fn a_renewal_asks_for_no_papers() {
    let (world, client) = mall(&[("CPP-1", DAY * 30)]).await;
    let lines = json!([{"sku": "renewal-1y", "quantity": 1, "key_serial": "CPP-1"}]);
    let order = create(&client, &lines).await;
    assert!(order.lines[0].plan.materials.is_none());
    let paid = world
        .order(1, &[(service(ProductKind::Renewal), 1)], Point::Paid)
        .await;
    assert_eq!(paid.line_stage(&paid.lines[0]), LineStage::AwaitAgent);
}

#[tokio::test]
async fn a_service_says_why_a_key_cannot_have_it() {
    let keys = [
        ("EARLY", DAY * 91),
        ("OPEN", DAY * 90),
        ("ENDED", DAY * -1),
        ("LATE", DAY * -366),
        ("LOST", DAY * 60),
        ("DEAD", DAY * 60),
        ("BJCA", DAY * 60),
        ("FOREIGN", DAY * 60),
    ];
    let (world, client) = mall(&keys).await;
    let now = world.clock.now();
    let change = |serial: &str, how: fn(&mut CompanyKey, Timestamp)| {
        let mut key = orders::company_key(1, serial, now + DAY * 60);
        how(&mut key, now);
        key.version = 2;
        key
    };
    give(
        &world,
        &change("DEAD", |key, now| key.revoked_at = Some(now)),
    )
    .await;
    give(&world, &change("BJCA", |key, _| key.medium = Medium::Bjca)).await;
    let lost: CompanyKey = change("LOST", |key, now| {
        key.suspended = Some(domain::key::Suspension {
            reason: domain::key::ReplacementReason::Lost,
            at: now,
        });
    });
    give(&world, &lost).await;
    let mut elsewhere = orders::company_key(1, "COUNTER", now + DAY * 60);
    elsewhere.storefront = StorefrontId("counter".to_owned());
    give(&world, &elsewhere).await;
    give(&world, &orders::company_key(2, "THEIRS", now + DAY * 60)).await;

    for (sku, serial, code) in [
        ("renewal-1y", "EARLY", Some(FieldCode::TooEarly)),
        ("renewal-1y", "OPEN", None),
        ("renewal-1y", "ENDED", None),
        ("renewal-1y", "LATE", Some(FieldCode::TooLate)),
        ("renewal-1y", "LOST", Some(FieldCode::KeySuspended)),
        ("renewal-1y", "DEAD", Some(FieldCode::KeyRevoked)),
        ("unlock", "OPEN", None),
        ("unlock", "FOREIGN", Some(FieldCode::NoEscrow)),
        ("renewal-1y", "FOREIGN", None),
        ("unlock", "ENDED", Some(FieldCode::KeyExpired)),
        ("unlock", "LOST", Some(FieldCode::KeySuspended)),
        ("upgrade", "BJCA", Some(FieldCode::WrongMedium)),
        ("upgrade", "OPEN", Some(FieldCode::NotInspected)),
        // An expired key has nothing to be read: upgraded at the full price.
        ("upgrade", "ENDED", None),
        // Bought elsewhere, another company's, nobody's: the same answer.
        ("renewal-1y", "COUNTER", Some(FieldCode::NotOffered)),
        ("renewal-1y", "THEIRS", Some(FieldCode::NotOffered)),
        ("renewal-1y", "NOBODYS", Some(FieldCode::NotOffered)),
    ] {
        let lines = json!([{"sku": sku, "quantity": 1, "key_serial": serial}]);
        match code {
            Some(code) => refused(&client, &lines, "lines.0.key_serial", code).await,
            None => assert_eq!(
                create(&client, &lines).await.lines.len(),
                1,
                "{sku} {serial}"
            ),
        }
    }
    let nameless = json!([{"sku": "unlock", "quantity": 1}]);
    refused(
        &client,
        &nameless,
        "lines.0.key_serial",
        FieldCode::Required,
    )
    .await;
    let two = json!([{"sku": "unlock", "quantity": 2, "key_serial": "OPEN"}]);
    refused(&client, &two, "lines.0.quantity", FieldCode::OutOfRange).await;
    let line = json!({"sku": "unlock", "quantity": 1, "key_serial": "OPEN"});
    let twice = json!([line, line]);
    refused(&client, &twice, "lines.1.key_serial", FieldCode::KeyTwice).await;
}

/// covers: R33
///
/// Whatever becomes of the order: what is lost may be in somebody's hands.
#[tokio::test]
async fn a_key_that_is_lost_or_stolen_is_suspended_when_another_is_ordered() {
    for (reason, suspends) in [("lost", true), ("stolen", true), ("damaged", false)] {
        let (world, client) = mall(&[("CPP-1", DAY * 200)]).await;
        let line = |reason: Value| json!([{"sku": "replacement", "quantity": 1, "key_serial": "CPP-1", "reason": reason}]);
        refused(
            &client,
            &line(Value::Null),
            "lines.0.reason",
            FieldCode::Required,
        )
        .await;
        let order = create(&client, &line(reason.into())).await;
        let place = registry::company_key(&orders::company(1).id, "CPP-1");
        let key: CompanyKey = world.registry().load(&place).await.unwrap().unwrap();
        assert_eq!(key.suspended.is_some(), suspends, "{reason}");
        // It can still be replaced, and the order goes on.
        let submit = format!("/api/orders/{}/submit", order.id);
        let submitted: OrderView = client.post(&submit).await.json();
        assert_eq!(submitted.display, DisplayState::AwaitingPayment);
    }
}

#[tokio::test]
async fn what_a_company_does_with_its_own_key_is_promised_by_nobody() {
    let (_world, client) = mall(&[("CPP-1", DAY * 60)]).await;
    for (kind, promised) in [("renewal-1y", false), ("replacement", true)] {
        let mut line = json!({"sku": kind, "quantity": 1, "key_serial": "CPP-1"});
        if promised {
            line["reason"] = json!("damaged");
        }
        let body = json!({"storefront": "mall", "lines": [line], "urgency": "none"});
        let quote: QuoteView = client.post_json("/api/quotes", &body).await.json();
        assert_eq!(quote.promise.is_some(), promised, "{kind}");
    }
}

/// covers: R37, R38, R39
#[tokio::test]
async fn an_upgrade_costs_less_by_the_time_left_and_carries_a_year_over() {
    for (left, carried, credit, total) in [
        (8, 0, "160.00", "140.00"),
        (12, 12, "0.00", "300.00"),
        (20, 12, "160.00", "140.00"),
    ] {
        let (world, client) = mall(&[]).await;
        let end = months(&world, left);
        give(&world, &orders::company_key(1, "CPP-1", end)).await;
        inspect(&world, "CPP-1", end).await;
        let quote: QuoteView = client
            .post_json(
                "/api/quotes",
                &json!({"storefront": "mall", "lines": upgrade("CPP-1"), "urgency": "none"}),
            )
            .await
            .json();
        let reckoning = quote.lines[0].credit.as_ref().unwrap();
        assert_eq!(
            (
                reckoning.months_left,
                reckoning.months_carried,
                reckoning.amount.to_string(),
                quote.total.to_string()
            ),
            (
                left.unsigned_abs(),
                carried,
                credit.to_owned(),
                total.to_owned()
            )
        );
        let order = create(&client, &upgrade("CPP-1")).await;
        assert_eq!(
            (order.total, &order.lines[0].price),
            (quote.total, &quote.lines[0])
        );
        let years: Vec<_> = order
            .lines
            .iter()
            .filter(|line| line.carried_from.is_some())
            .collect();
        assert_eq!(years.len(), usize::from(carried == 12));
        assert!(years.iter().all(|line| line.price.amount == Money::ZERO));
    }
}

/// covers: R41
#[tokio::test]
async fn time_that_is_worth_more_than_the_price_is_lost_only_when_the_company_says_so() {
    let (world, client) = mall(&[]).await;
    // Two years and eleven months: one is carried over, 23 months are worth 460 yuan of 300.
    let end = months(&world, 35);
    give(&world, &orders::company_key(1, "CPP-1", end)).await;
    inspect(&world, "CPP-1", end).await;
    refused(
        &client,
        &upgrade("CPP-1"),
        "lines.0.accept_loss",
        FieldCode::LossNotAccepted,
    )
    .await;
    let mut lines = upgrade("CPP-1");
    lines[0]["accept_loss"] = true.into();
    let order = create(&client, &lines).await;
    let credit = order.lines[0].price.credit.as_ref().unwrap();
    assert_eq!(
        (credit.amount.to_string(), credit.lost.to_string()),
        ("300.00".to_owned(), "160.00".to_owned())
    );
    assert_eq!(order.total, Money::ZERO);
    // No gateway takes nothing: it is paid for when it is submitted.
    let submit = format!("/api/orders/{}/submit", order.id);
    let begun: OrderView = client.post(&submit).await.json();
    assert_eq!((begun.state, begun.pay_by), (OrderState::Paid, None));
    let again: OrderView = client.post(&submit).await.json();
    assert_eq!(again.version, begun.version);
}

/// covers: R41
#[tokio::test]
async fn a_certificate_gives_its_credit_to_one_order_and_gets_it_back_when_that_ends() {
    let (world, client) = mall(&[]).await;
    let end = months(&world, 20);
    give(&world, &orders::company_key(1, "CPP-1", end)).await;
    inspect(&world, "CPP-1", end).await;
    let (first, second) = (
        create(&client, &upgrade("CPP-1")).await,
        create(&client, &upgrade("CPP-1")).await,
    );
    let path = |order: &OrderView, what: &str| format!("/api/orders/{}/{what}", order.id);
    let paths = [&first, &second].map(|order| path(order, "submit"));
    let (one, two): (Answer, Answer) = tokio::join!(client.post(&paths[0]), client.post(&paths[1]));
    let (winner, loser) = if one.status.is_success() {
        (&first, &second)
    } else {
        (&second, &first)
    };
    assert_ne!(one.status.is_success(), two.status.is_success());
    client
        .post(&path(loser, "submit"))
        .await
        .refused(ErrorCode::CreditTaken);
    // Nor is another one sold at the full price without a word.
    client
        .post_json("/api/orders", &order_of(&upgrade("CPP-1")))
        .await
        .refused(ErrorCode::CreditTaken);
    let ended: OrderView = client.post(&path(winner, "cancel")).await.json();
    assert_eq!(ended.state, OrderState::Cancelled);
    let submitted: OrderView = client.post(&path(loser, "submit")).await.json();
    assert_eq!(submitted.total.to_string(), "140.00");
}

/// What was read yesterday is read again before it counts; what is worth less tomorrow is told.
#[tokio::test]
async fn an_inspection_holds_a_day_and_no_price_changes_unseen() {
    let (world, client) = mall(&[]).await;
    let end = months(&world, 8);
    give(&world, &orders::company_key(1, "CPP-1", end)).await;
    inspect(&world, "CPP-1", end).await;
    let order = create(&client, &upgrade("CPP-1")).await;
    let submit = format!("/api/orders/{}/submit", order.id);
    // Over a midnight one day of it is gone: the draft shows the new price before anybody buys at it.
    world.clock.advance(SignedDuration::from_hours(23));
    let fresh = world.as_company(&router(&world), 1).await;
    fresh
        .post(&submit)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    let path = format!("/api/orders/{}", order.id);
    let seen: OrderView = fresh.get(&path).await.json();
    assert!(seen.total > order.total);
    world.clock.advance(SignedDuration::from_hours(1));
    fresh
        .post(&submit)
        .await
        .wrong_fields(&["lines.0.key_serial"]);
    inspect(&world, "CPP-1", end).await;
    let again = fresh.post(&submit).await;
    if !again.status.is_success() {
        again.refused(ErrorCode::ChangedMeanwhile);
        let submitted: OrderView = fresh.post(&submit).await.json();
        assert_eq!(submitted.state, OrderState::AwaitingPayment);
    }
}

fn certificates(keys: u32, seals: u32) -> Value {
    json!({"storefront": "counter", "urgency": "none",
        "lines": [{"sku": "counter-key", "quantity": keys, "seals": seals}]})
}

/// covers: R58, R59
#[tokio::test]
async fn there_are_as_many_seals_as_keys_at_most() {
    let (world, client) = shop().await;
    world.sell(&counter_key()).await;
    for (keys, seals, total) in [
        (2, 1, "480.00"),
        (2, 0, "400.00"),
        (2, 2, "560.00"),
        (50, 50, "14000.00"),
    ] {
        let quote: QuoteView = client
            .post_json("/api/quotes", &certificates(keys, seals))
            .await
            .json();
        let line = &quote.lines[0];
        assert_eq!((line.quantity, line.seals), (keys, seals));
        assert_eq!(quote.total.to_string(), total);
    }
    let answer = client
        .post_json("/api/quotes", &certificates(2, 3))
        .await
        .wrong_fields(&["lines.0.seals"]);
    assert_eq!(answer.errors[0].code, FieldCode::MoreThanKeys);
}

/// Papers are filed under a line's number: whoever takes a line out or puts one in mixes up none of them.
#[tokio::test]
async fn lines_that_stay_keep_their_numbers() {
    let (_world, client) = mall(&[("CPP-1", DAY * 30), ("CPP-2", DAY * 30)]).await;
    let service = |sku: &str, serial: &str, line: Value| json!({"sku": sku, "quantity": 1, "key_serial": serial, "line": line});
    let lines = json!([
        {"sku": "key-with-seal", "quantity": 1},
        service("renewal-1y", "CPP-1", Value::Null),
        service("unlock", "CPP-2", Value::Null),
    ]);
    let order = create(&client, &lines).await;
    let path = format!("/api/orders/{}", order.id);
    let fewer = json!([
        service("unlock", "CPP-2", 3.into()),
        {"sku": "key", "quantity": 1, "line": null},
        {"sku": "key-with-seal", "quantity": 1, "line": 1},
    ]);
    let mut body = order_of(&fewer);
    body["version"] = order.version.into();
    let changed: OrderView = client.put_json(&path, &body).await.json();
    let told: Vec<_> = changed
        .lines
        .iter()
        .map(|line| (line.no.0, line.product.sku.as_str()))
        .collect();
    assert_eq!(told, [(3, "unlock"), (4, "key"), (1, "key-with-seal")]);
}

async fn create_once(client: &Client, key: &str, body: &Value) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", key),
    ];
    client
        .send(
            Method::POST,
            "/api/orders",
            &headers,
            Body::from(body.to_string()),
        )
        .await
}

#[tokio::test]
async fn a_request_that_comes_twice_makes_one_order() {
    let (world, client) = shop().await;
    let body = order_of(&json!([{"sku": "key", "quantity": 1}]));
    let key = "0a1b2c3d-4e5f-6789";
    let made: OrderView = create_once(&client, key, &body).await.json();
    // The answer was lost; meanwhile the order went on.
    let submit = format!("/api/orders/{}/submit", made.id);
    client.post(&submit).await.json::<OrderView>();
    let again: OrderView = create_once(&client, key, &body).await.json();
    assert_eq!(
        (again.id, again.state),
        (made.id.clone(), OrderState::AwaitingPayment)
    );
    // Two tabs at once.
    let (one, two) = tokio::join!(
        create_once(&client, "ffffffff-0000-1111", &body),
        create_once(&client, "ffffffff-0000-1111", &body)
    );
    let (one, two): (OrderView, OrderView) = (one.json(), two.json());
    assert_eq!(one.id, two.id);
    assert_eq!(world.store.all_orders().len(), 2);

    let other = order_of(&json!([{"sku": "key", "quantity": 2}]));
    create_once(&client, key, &other)
        .await
        .wrong_fields(&["Idempotency-Key"]);
    for odd in [
        "short",
        "with spaces in the middle",
        "ü0123456789abcdef",
        &"x".repeat(65),
    ] {
        create_once(&client, odd, &body)
            .await
            .wrong_fields(&["Idempotency-Key"]);
    }
    // A key is its owner's.
    let stranger = world.as_company(&router(&world), 2).await;
    let theirs: OrderView = create_once(&stranger, key, &body).await.json();
    assert_ne!(theirs.id, made.id);
    // For a day at least, whoever of the company asks again.
    world.clock.advance(DAY);
    let later = world.as_company(&router(&world), 1).await;
    let same: OrderView = create_once(&later, key, &body).await.json();
    assert_eq!(same.id, made.id);
}

/// A new price is bought from now on; what was submitted before keeps the old one.
#[tokio::test]
async fn a_submitted_order_keeps_what_it_bought() {
    let (world, client) = shop().await;
    let order = create(&client, &json!([{"sku": "key-with-seal", "quantity": 1}])).await;
    let submit = format!("/api/orders/{}/submit", order.id);
    client.post(&submit).await.json::<OrderView>();
    let dearer = Product {
        price: Money::from_fen(99_900),
        effective_from: world.clock.now() + DAY,
        ..key_with_seal()
    };
    world.sell(&dearer).await;
    world.clock.advance(DAY);
    let later = world.as_company(&router(&world), 1).await;
    let kept: OrderView = later.get(&format!("/api/orders/{}", order.id)).await.json();
    assert_eq!(kept.total.to_string(), "360.00");
    let new = create(&later, &json!([{"sku": "key-with-seal", "quantity": 1}])).await;
    assert_eq!(new.total.to_string(), "999.00");
}

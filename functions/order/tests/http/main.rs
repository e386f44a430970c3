//! From a quote to a submitted order and its papers, as a page sees it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

mod choice;
mod receipt;
mod storefronts;

use adapters::ports::{Clock as _, Objects as _, Orders as _, Papers as _, Transaction};
use axum::Router;
use contract::error::{ErrorCode, FieldCode};
use contract::order::{HistoryView, OrderList, OrderView, QuoteView, RefundProgress};
use domain::ids::OrderId;
use domain::money::Money;
use domain::order::{DisplayState, Order, OrderState};
use domain::paper::{Paper, PaperKind};
use domain::qualification::QualificationState;
use jiff::SignedDuration;
use order::{Ports, api};
use serde_json::{Value, json};
use testkit::orders::{self, Exit, Point, key_with_seal, plain_key};
use testkit::web::Client;
use testkit::world::World;

fn router(world: &World) -> Router {
    let ports = Ports {
        orders: world.store.clone(),
        lists: world.store.clone(),
        registry: world.store.clone(),
        papers: world.store.clone(),
        parcels: world.store.clone(),
        objects: world.objects.clone(),
        invoices: world.invoices.clone(),
        policies: world.policies.clone(),
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    api(world.gate(), ports).unwrap()
}

async fn shop() -> (World, Client) {
    let world = World::new().await;
    world.stock().await;
    let client = world.as_company(&router(&world), 1).await;
    (world, client)
}

fn draft() -> Value {
    json!({
        "storefront": "mall",
        "lines": [{"sku": "key-with-seal", "quantity": 2}, {"sku": "key-with-seal", "quantity": 1}],
        "urgency": "half_day",
        "delivery": {"kind": "courier_prepaid", "address": orders::address()},
        "invoice": {"kind": "paper_ordinary"},
    })
}

fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

async fn create(client: &Client) -> OrderView {
    client.post_json("/api/orders", &draft()).await.json()
}

#[tokio::test]
async fn a_quote_explains_its_sum() {
    let (_world, client) = shop().await;
    let body = json!({"storefront": "mall", "lines": [{"sku": "key-with-seal", "quantity": 3}], "urgency": "same_day"});
    let quote: QuoteView = client.post_json("/api/quotes", &body).await.json();
    let line = &quote.lines[0];
    assert_eq!(
        (line.unit_price.to_string(), line.unit_surcharge.to_string()),
        ("360.00".to_owned(), "50.00".to_owned())
    );
    assert_eq!(quote.total.to_string(), "1230.00");
}

/// covers: R8, R9
#[tokio::test]
async fn a_quote_says_when_it_would_be_with_the_courier() {
    let (world, client) = shop().await;
    let end_of = |day: &str| format!("{day}T09:30:00Z");
    let noon_of = |day: &str| format!("{day}T04:00:00Z");
    let promised = async |speed: &str| {
        let body = json!({"storefront": "mall", "lines": [{"sku": "key-with-seal", "quantity": 1}], "urgency": speed});
        let quote: QuoteView = client.post_json("/api/quotes", &body).await.json();
        quote.promise.unwrap().handed_over_by.to_string()
    };
    // Monday, nine in the morning; three in the afternoon, after the cut-off.
    for (hours, half_day, same_day) in [
        (0, end_of("2026-11-23"), end_of("2026-11-23")),
        (6, noon_of("2026-11-24"), end_of("2026-11-24")),
    ] {
        world.clock.advance(SignedDuration::from_hours(hours));
        assert_eq!(promised("half_day").await, half_day);
        assert_eq!(promised("same_day").await, same_day);
        assert_eq!(promised("none").await, end_of("2026-11-26"));
    }
}

#[tokio::test]
async fn an_order_is_drafted_submitted_and_given_up() {
    let (world, client) = shop().await;
    let made = client.post_json("/api/orders", &draft()).await;
    assert_eq!(made.status, 201);
    let order: OrderView = made.json();
    assert_eq!(
        (order.state, order.display),
        (OrderState::Draft, DisplayState::Draft)
    );
    assert_eq!(order.total.to_string(), "1380.00");
    assert_eq!(order.subject.credit_code, orders::credit_code(1).as_str());
    assert!(order.pay_by.is_none());

    let path = format!("/api/orders/{}", order.id);
    let submitted: OrderView = client.post(&format!("{path}/submit")).await.json();
    assert_eq!(submitted.display, DisplayState::AwaitingPayment);
    assert_eq!(
        submitted.pay_by.unwrap(),
        submitted.submitted_at.unwrap() + SignedDuration::from_hours(24)
    );
    assert_eq!(submitted.total, order.total);

    // A double click and a lost answer: the same order, submitted once.
    let again: OrderView = client.post(&format!("{path}/submit")).await.json();
    assert_eq!(
        (again.version, again.pay_by),
        (submitted.version, submitted.pay_by)
    );

    let cancelled: OrderView = client.post(&format!("{path}/cancel")).await.json();
    assert_eq!(cancelled.display, DisplayState::Cancelled);
    assert!(
        cancelled
            .lines
            .iter()
            .all(|line| line.display == DisplayState::Cancelled)
    );
    let again: OrderView = client.post(&format!("{path}/cancel")).await.json();
    assert_eq!(again.version, cancelled.version);
    client
        .post(&format!("{path}/submit"))
        .await
        .refused(ErrorCode::NotInThisState);

    let history: HistoryView = client.get(&format!("{path}/history")).await.json();
    let told: Vec<_> = history
        .events
        .iter()
        .map(|entry| (entry.event.as_str(), entry.by.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("created", "company"),
            ("submitted", "company"),
            ("cancelled", "company")
        ]
    );
    assert_eq!(world.store.all_orders().len(), 1);
}

#[tokio::test]
async fn a_paid_order_is_given_up_until_something_is_approved_and_all_of_it_goes_back() {
    let (world, client) = shop().await;
    for point in [Point::Paid, Point::HandedIn, Point::Claimed] {
        let order = world.order(1, &[(key_with_seal(), 1)], point).await;
        let path = format!("/api/orders/{}", order.id);
        assert!(client.get(&path).await.json::<OrderView>().can_cancel);
        let seen: OrderView = client.post(&format!("{path}/cancel")).await.json();
        assert_eq!(
            (seen.display, seen.can_cancel),
            (DisplayState::Refunding, false)
        );
        let refund = &seen.refunds[0];
        assert_eq!(
            (&refund.number, refund.amount, refund.progress),
            (
                &format!("{}_R1", order.id),
                order.total,
                RefundProgress::UnderWay
            )
        );
        // Again: the same order, and no second refund.
        let again: OrderView = client.post(&format!("{path}/cancel")).await.json();
        assert_eq!((again.refunds.len(), again.version), (1, seen.version));
    }
    let order = world
        .order(1, &[(key_with_seal(), 1)], Point::Approved)
        .await;
    let path = format!("/api/orders/{}", order.id);
    assert!(!client.get(&path).await.json::<OrderView>().can_cancel);
    client
        .post(&format!("{path}/cancel"))
        .await
        .refused(ErrorCode::NotInThisState);
}

#[tokio::test]
async fn what_is_wrong_with_a_draft_is_named_field_by_field() {
    let (_world, client) = shop().await;
    let at = |pointer: &str, value: Value| with(draft(), pointer, value);
    for (body, fields) in [
        (at("/lines", json!([])), vec!["lines"]),
        (at("/lines/0/quantity", json!(0)), vec!["lines.0.quantity"]),
        (at("/lines/1/quantity", json!(51)), vec!["lines.1.quantity"]),
        (at("/lines/1/sku", json!("gold")), vec!["lines.1.sku"]),
        (at("/lines/0/sku", json!("key")), vec!["urgency"]),
        (at("/storefront", json!("nowhere")), vec!["storefront"]),
        (
            at("/delivery/address/mobile", json!("021-555")),
            vec!["delivery.address.mobile"],
        ),
        (
            at("/delivery/address/name", json!("")),
            vec!["delivery.address.name"],
        ),
        (
            at("/delivery/address/detail", json!("路".repeat(201))),
            vec!["delivery.address.detail"],
        ),
        (
            at("/delivery/address/city", json!("南\u{0}京")),
            vec!["delivery.address.city"],
        ),
        (
            with(
                at("/delivery/address/province", json!(" ")),
                "/lines/0/quantity",
                json!(99),
            ),
            vec!["delivery.address.province", "lines.0.quantity"],
        ),
    ] {
        client
            .post_json("/api/orders", &body)
            .await
            .wrong_fields(&fields);
    }
    let lines = vec![json!({"sku": "key-with-seal", "quantity": 1}); 21];
    let problem = client
        .post_json("/api/orders", &at("/lines", json!(lines)))
        .await
        .wrong_fields(&["lines"]);
    assert_eq!(problem.errors[0].code, FieldCode::TooLong);
    client
        .post_json("/api/orders", &at("/urgency", json!("now")))
        .await
        .refused(ErrorCode::MalformedRequest);
    client
        .post_json("/api/orders", &at("/lines/0/quantity", json!(1.5)))
        .await
        .refused(ErrorCode::MalformedRequest);
    client
        .post_json("/api/orders", &at("/lines/0/quantity", json!(-1)))
        .await
        .refused(ErrorCode::MalformedRequest);
}

#[tokio::test]
async fn the_largest_order_is_taken() {
    let (_world, client) = shop().await;
    let lines = vec![json!({"sku": "key-with-seal", "quantity": 50}); 20];
    let order: OrderView = client
        .post_json("/api/orders", &with(draft(), "/lines", json!(lines)))
        .await
        .json();
    assert_eq!(order.total.to_string(), "460000.00");
    let order: OrderView = client
        .post(&format!("/api/orders/{}/submit", order.id))
        .await
        .json();
    assert_eq!(
        order
            .lines
            .iter()
            .map(|line| line.units.len())
            .sum::<usize>(),
        1000
    );
}

#[tokio::test]
async fn of_two_people_on_one_draft_the_second_is_told() {
    let (_world, client) = shop().await;
    let order = create(&client).await;
    let path = format!("/api/orders/{}", order.id);
    let mine = with(draft(), "/lines/0/quantity", json!(5));
    let mut mine = mine;
    mine["version"] = json!(order.version);
    let changed: OrderView = client.put_json(&path, &mine).await.json();
    assert_eq!(changed.lines[0].price.quantity, 5);

    let mut theirs = draft();
    theirs["version"] = json!(order.version);
    client
        .put_json(&path, &theirs)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    let seen: OrderView = client.get(&path).await.json();
    assert_eq!(
        (seen.version, seen.lines[0].price.quantity),
        (changed.version, 5)
    );

    client
        .post(&format!("{path}/submit"))
        .await
        .json::<OrderView>();
    theirs["version"] = json!(seen.version + 1);
    client
        .put_json(&path, &theirs)
        .await
        .refused(ErrorCode::NotInThisState);
}

#[tokio::test]
async fn nobody_buys_at_a_price_that_they_have_not_seen() {
    let (world, client) = shop().await;
    let order = create(&client).await;
    let mut dearer = key_with_seal();
    dearer.price = Money::from_fen(40_000);
    world.sell(&dearer).await;

    let path = format!("/api/orders/{}", order.id);
    client
        .post(&format!("{path}/submit"))
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    let seen: OrderView = client.get(&path).await.json();
    assert_eq!(
        (seen.state, seen.total.to_string()),
        (OrderState::Draft, "1500.00".to_owned())
    );
    let bought: OrderView = client.post(&format!("{path}/submit")).await.json();
    assert_eq!(
        (bought.state, bought.total.to_string()),
        (OrderState::AwaitingPayment, "1500.00".to_owned())
    );

    // Submitted, the price is frozen.
    dearer.price = Money::from_fen(90_000);
    world.sell(&dearer).await;
    let seen: OrderView = client.get(&path).await.json();
    assert_eq!(seen.total, bought.total);
}

#[tokio::test]
async fn what_is_no_longer_sold_is_not_submitted() {
    let (world, client) = shop().await;
    let order = create(&client).await;
    let mut slow = key_with_seal();
    slow.surcharges.clear();
    world.sell(&slow).await;
    client
        .post(&format!("/api/orders/{}/submit", order.id))
        .await
        .refused(ErrorCode::NotOnSale);
}

#[tokio::test]
async fn a_company_lists_its_orders_newest_first_and_by_state() {
    let (world, client) = shop().await;
    let mut mine = Vec::new();
    for _ in 0..23 {
        world.clock.advance(SignedDuration::from_secs(1));
        mine.push(
            world
                .order(1, &[(plain_key(), 1)], Point::Submitted)
                .await
                .id,
        );
    }
    world.clock.advance(SignedDuration::from_secs(1));
    let paid = world.order(1, &[(plain_key(), 1)], Point::Paid).await;
    world.order(2, &[(plain_key(), 1)], Point::Submitted).await;

    let mut seen: Vec<OrderId> = Vec::new();
    let mut path = "/api/orders".to_owned();
    loop {
        let page: OrderList = client.get(&path).await.json();
        assert!(page.orders.len() <= 20);
        seen.extend(page.orders.into_iter().map(|row| row.id));
        let Some(cursor) = page.cursor else { break };
        path = format!("/api/orders?cursor={cursor}");
    }
    let newest: Vec<OrderId> = [paid.id.clone()]
        .into_iter()
        .chain(mine.into_iter().rev())
        .collect();
    assert_eq!(seen, newest);

    let page: OrderList = client
        .get("/api/orders?state=awaiting_materials")
        .await
        .json();
    assert_eq!(
        page.orders
            .iter()
            .map(|row| row.id.clone())
            .collect::<Vec<_>>(),
        [paid.id]
    );
    assert_eq!(
        page.orders[0].items[0].display,
        DisplayState::AwaitingMaterials
    );
    client
        .get("/api/orders?state=lost")
        .await
        .refused(ErrorCode::MalformedRequest);
    let odd: OrderList = client.get("/api/orders?cursor=made-up").await.json();
    assert_eq!(
        odd.orders.len(),
        20,
        "a cursor that is none starts from the beginning"
    );
}

/// Two orders of one second may draw the same number: the second takes another.
#[tokio::test]
async fn no_two_orders_have_one_number() {
    let (world, client) = shop().await;
    for _ in 0..150 {
        create(&client).await;
    }
    assert_eq!(world.store.all_orders().len(), 150);
}

/// Submitting and giving up at once: both happen, one after the other, and nothing twice.
#[tokio::test]
async fn clicks_at_once_happen_one_after_the_other() {
    let (world, client) = shop().await;
    let order = create(&client).await;
    let path = format!("/api/orders/{}", order.id);
    let (submit, cancel) = (format!("{path}/submit"), format!("{path}/cancel"));
    let (one, two, three) = tokio::join!(
        client.post(&submit),
        client.post(&submit),
        client.post(&cancel)
    );
    for answer in [&one, &two] {
        if !answer.status.is_success() {
            answer.refused(ErrorCode::NotInThisState);
        }
    }
    three.json::<OrderView>();
    let seen: OrderView = client.get(&path).await.json();
    assert_eq!(seen.display, DisplayState::Cancelled);
    let history: HistoryView = client.get(&format!("{path}/history")).await.json();
    let submitted = history
        .events
        .iter()
        .filter(|entry| entry.event == "submitted")
        .count();
    assert!(submitted <= 1);
    assert_eq!(
        world.store.history(&order.id).await.unwrap().len(),
        2 + submitted
    );
}

// ---- papers --------------------------------------------------------------------------------------------

async fn upload(world: &World, order: &OrderId, kind: PaperKind, no: u32) -> Paper {
    let paper = orders::paper(order, domain::ids::LineNo(1), kind, no, world.clock.now());
    world.store.announce(&paper).await.unwrap();
    world.objects.put(&paper.object_key(), orders::png());
    paper
}

async fn all_papers(world: &World, order: &OrderId, from: u32) -> Vec<Paper> {
    let mut papers = Vec::new();
    for (no, kind) in (from..).zip(PaperKind::required(true)) {
        papers.push(upload(world, order, kind, no).await);
    }
    papers
}

fn materials(papers: &[&Paper]) -> Value {
    let ids: Vec<_> = papers.iter().map(|paper| paper.id.clone()).collect();
    json!({"basic": orders::basic(), "papers": ids})
}

fn path_of(order: &Order) -> String {
    format!("/api/orders/{}/lines/1/materials", order.id)
}

/// covers: R16
#[tokio::test]
async fn papers_are_handed_in_after_payment_and_not_before() {
    let (world, client) = shop().await;
    for point in [Point::Draft, Point::Submitted] {
        world.clock.advance(SignedDuration::from_secs(1));
        let order = world.order(1, &[(key_with_seal(), 1)], point).await;
        let papers = all_papers(&world, &order.id, 1).await;
        let body = materials(&papers.iter().collect::<Vec<_>>());
        client
            .post_json(&path_of(&order), &body)
            .await
            .refused(ErrorCode::NotInThisState);
    }
    world.clock.advance(SignedDuration::from_secs(1));
    let order = world.order(1, &[(key_with_seal(), 1)], Point::Paid).await;
    let papers = all_papers(&world, &order.id, 11).await;
    let body = materials(&papers.iter().collect::<Vec<_>>());
    let seen: OrderView = client.post_json(&path_of(&order), &body).await.json();
    assert_eq!(seen.lines[0].display, DisplayState::UnderReview);
    assert_eq!(seen.lines[0].papers.len(), 3);
    // A double click, a lost answer: handed in once.
    let again: OrderView = client.post_json(&path_of(&order), &body).await.json();
    assert_eq!(again.version, seen.version);
}

#[tokio::test]
async fn papers_that_are_missing_foreign_or_not_there_are_told_apart() {
    let (world, client) = shop().await;
    let order = world.order(1, &[(key_with_seal(), 1)], Point::Paid).await;
    let papers = all_papers(&world, &order.id, 1).await;
    let path = path_of(&order);
    let some = materials(&[&papers[0], &papers[1]]);
    client
        .post_json(&path, &some)
        .await
        .refused(ErrorCode::PapersMissing);

    world.clock.advance(SignedDuration::from_secs(1));
    let other = world.order(2, &[(key_with_seal(), 1)], Point::Paid).await;
    let foreign = upload(&world, &other.id, PaperKind::SealSheet, 50).await;
    let body = materials(&[&papers[0], &papers[1], &foreign]);
    client
        .post_json(&path, &body)
        .await
        .wrong_fields(&["papers.2"]);
    let twice = materials(&[&papers[0], &papers[0], &papers[1], &papers[2]]);
    client
        .post_json(&path, &twice)
        .await
        .wrong_fields(&["papers.1"]);

    let never = orders::paper(
        &order.id,
        domain::ids::LineNo(1),
        PaperKind::SealSheet,
        60,
        world.clock.now(),
    );
    world.store.announce(&never).await.unwrap();
    let body = materials(&[&papers[0], &papers[1], &never]);
    let problem = client
        .post_json(&path, &body)
        .await
        .refused(ErrorCode::PaperNotUploaded);
    assert!(problem.code.is_retryable());
    world
        .objects
        .write(&never.object_key(), "image/png", vec![1, 2, 3])
        .await
        .unwrap();
    client
        .post_json(&path, &body)
        .await
        .refused(ErrorCode::PaperNotUploaded);

    let mut pages: Vec<Paper> = Vec::new();
    for no in 70..76 {
        pages.push(upload(&world, &order.id, PaperKind::BusinessLicence, no).await);
    }
    let many: Vec<&Paper> = pages.iter().chain(&papers[1..]).collect();
    client
        .post_json(&path, &materials(&many))
        .await
        .wrong_fields(&["papers"]);

    let mut body = materials(&papers.iter().collect::<Vec<_>>());
    body["basic"]["agent_mobile"] = json!("1");
    body["basic"]["agent_name"] = json!(" ");
    client
        .post_json(&path, &body)
        .await
        .wrong_fields(&["basic.agent_mobile", "basic.agent_name"]);
    client
        .post_json(
            &format!("/api/orders/{}/lines/2/materials", order.id),
            &body,
        )
        .await
        .refused(ErrorCode::NotFound);
    let seen: OrderView = client
        .get(&format!("/api/orders/{}", order.id))
        .await
        .json();
    assert_eq!(seen.version, order.version, "nothing was changed");
}

#[tokio::test]
async fn refused_papers_are_replaced_and_good_ones_stay() {
    let (world, client) = shop().await;
    let mut journey = orders::bring(
        1,
        orders::draft(1, 77, &[(key_with_seal(), 1)], world.clock.now()),
        Point::Claimed,
        world.clock.now(),
    );
    orders::leave(&mut journey, 1, Exit::SentBack, world.clock.now());
    journey.write(&world.store, &world.objects).await.unwrap();
    let (order, old) = (&journey.order, &journey.papers);
    let seen: OrderView = client
        .get(&format!("/api/orders/{}", order.id))
        .await
        .json();
    assert_eq!(seen.lines[0].display, DisplayState::ChangesRequested);
    assert_eq!(seen.lines[0].refusals, [orders::refusal()]);

    let path = path_of(order);
    client
        .post_json(&path, &materials(&old.iter().collect::<Vec<_>>()))
        .await
        .refused(ErrorCode::PapersMissing);
    let new = upload(&world, &order.id, PaperKind::BusinessLicence, 90).await;
    let both: Vec<&Paper> = old.iter().chain([&new]).collect();
    client
        .post_json(&path, &materials(&both))
        .await
        .refused(ErrorCode::PapersMissing);
    let seen: OrderView = client
        .post_json(&path, &materials(&[&new, &old[1], &old[2]]))
        .await
        .json();
    assert_eq!(seen.lines[0].display, DisplayState::UnderReview);
    let stored = world.store.load(&order.id).await.unwrap().unwrap();
    assert_eq!(stored.lines[0].round, 2);
}

/// covers: R20
#[tokio::test]
async fn the_state_stands_on_the_line() {
    let (world, client) = shop().await;
    let now = world.clock.now();
    let two = [(key_with_seal(), 1), (plain_key(), 1)];
    let mut journey = orders::bring(1, orders::draft(1, 78, &two, now), Point::Checked, now);
    let first = journey.order.lines[0].no;
    let staff = orders::by(orders::reviewer());
    journey.event(
        staff.clone(),
        domain::order::EventKind::ReviewClaimed { line: first },
        now,
    );
    let before = journey.clone();
    journey.event(
        staff,
        domain::order::EventKind::Approved { line: first },
        now,
    );
    before.write(&world.store, &world.objects).await.unwrap();
    let shown = async || {
        let order: OrderView = client
            .get(&format!("/api/orders/{}", before.order.id))
            .await
            .json();
        let list: OrderList = client.get("/api/orders").await.json();
        let listed: Vec<_> = list.orders[0]
            .items
            .iter()
            .map(|item| item.display)
            .collect();
        let lines: Vec<_> = order.lines.iter().map(|line| line.display).collect();
        assert_eq!(lines, listed, "the detail and the list say the same");
        lines
    };
    assert_eq!(
        shown().await,
        [DisplayState::UnderReview, DisplayState::UnderReview]
    );
    world
        .store
        .commit(journey.commits.last().unwrap())
        .await
        .unwrap();
    assert_eq!(
        shown().await,
        [DisplayState::InProduction, DisplayState::UnderReview]
    );
}

/// covers: R2, R3
///
/// The draft is kept; buying opens with the approval, and closes when the papers are looked at anew.
#[tokio::test]
async fn only_a_company_whose_papers_are_approved_buys_in_the_mall() {
    let world = World::new().await;
    world.stock().await;
    let api = router(&world);
    let client = world.as_company(&api, 1).await;
    let mut company = orders::company(1);
    for (state, opens) in [
        (QualificationState::Open, false),
        (QualificationState::Submitted, false),
        (QualificationState::ChangesRequested, false),
        (QualificationState::Approved, true),
    ] {
        company.version += 1;
        company.qualification.state = state;
        let change = Transaction::new(world.clock.now())
            .change(&company)
            .unwrap();
        world.registry().record(&change).await.unwrap();
        let draft: OrderView = client.post_json("/api/orders", &draft()).await.json();
        let submit = format!("/api/orders/{}/submit", draft.id);
        let answer = client.post(&submit).await;
        if opens {
            let order: OrderView = answer.json();
            assert_eq!(order.display, DisplayState::AwaitingPayment);
        } else {
            answer.refused(ErrorCode::QualificationRequired);
            let kept: OrderView = client
                .get(&format!("/api/orders/{}", draft.id))
                .await
                .json();
            assert_eq!(kept.display, DisplayState::Draft);
        }
    }
}

/// A session by password and code of a company that is bound to a key sees, and does not buy (R27).
#[tokio::test]
async fn a_limited_session_sees_orders_and_does_not_buy() {
    let world = World::new().await;
    world.stock().await;
    let api = router(&world);
    let order = world.order(1, &[(key_with_seal(), 1)], Point::Draft).await;
    let client = world.as_limited(&api, 1).await;
    let seen: OrderView = client
        .get(&format!("/api/orders/{}", order.id))
        .await
        .json();
    assert_eq!(seen.id, order.id);
    client
        .post_json("/api/orders", &draft())
        .await
        .refused(ErrorCode::KeyLoginRequired);
    client
        .post(&format!("/api/orders/{}/submit", order.id))
        .await
        .refused(ErrorCode::KeyLoginRequired);
}

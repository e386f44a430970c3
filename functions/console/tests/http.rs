//! Orders before the staff: found exactly, shown whole, and brought back to a road when they left it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::fmt::Write as _;

use adapters::ports::{Clock as _, Lists as _, Orders as _};
use adapters::registry;
use axum::Router;
use console::{Ports, api};
use contract::console::{ConsoleOrder, LineWays, OrderSearchView};
use contract::error::{ErrorCode, FieldCode};
use contract::order::{HistoryView, OrderView};
use domain::actor::{Actor, Role};
use domain::catalog::{Product, ProductKind};
use domain::company::Company;
use domain::credit::CreditUse;
use domain::ids::{LineNo, OrderId, StaffId, UnitNo};
use domain::money::Money;
use domain::notice::NoticeKind;
use domain::order::{
    DisplayState, EventKind, ExitWay, LineStage, LineState, Order, OrderState, UnitState,
};
use domain::plan::Make;
use domain::qualification::{Qualification, QualificationState};
use domain::refund::RefundReason;
use domain::work::Task;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders::{self, Journey, Point, key_with_seal, plain_key, service};
use testkit::web::Client;
use testkit::world::World;

/// Numbers of two of the support staff.
const ONE: u32 = 21;
const TWO: u32 = 22;

struct Desk {
    world: World,
    router: Router,
    one: Client,
    two: Client,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new().await;
        let ports = Ports {
            orders: world.store.clone(),
            lists: world.store.clone(),
            papers: world.store.clone(),
            parcels: world.store.clone(),
            registry: world.store.clone(),
            policies: world.policies.clone(),
            clock: world.clock.clone(),
        };
        let router = api(world.gate(), ports).unwrap();
        let one = world.as_staff(&router, ONE, &[Role::Support]).await;
        let two = world.as_staff(&router, TWO, &[Role::Support]).await;
        Self {
            world,
            router,
            one,
            two,
        }
    }

    /// The same with an order of company 1.
    async fn with(lines: &[(Product, u32)], point: Point) -> (Self, Order) {
        let desk = Self::new().await;
        let order = desk.world.order(1, lines, point).await;
        (desk, order)
    }

    /// An order of a second of its own, so that the later one has the higher number.
    async fn order(&self, no: u32, product: Product, point: Point) -> Order {
        self.world.clock.advance(SignedDuration::from_secs(1));
        self.world.order(no, &[(product, 1)], point).await
    }

    async fn write(&self, journey: &Journey) {
        let world = &self.world;
        world.company(1).await;
        journey.write(&world.store, &world.objects).await.unwrap();
    }

    async fn load(&self, order: &Order) -> Order {
        self.world.store.load(&order.id).await.unwrap().unwrap()
    }

    /// What happened to an order, by name.
    async fn events(&self, order: &Order) -> Vec<String> {
        let history = self.world.store.history(&order.id).await.unwrap();
        history.into_iter().map(|record| record.event).collect()
    }

    /// Company 1 before its own orders.
    async fn company(&self) -> Client {
        let world = &self.world;
        let ports = order::Ports {
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
        let router = order::api(world.gate(), ports).unwrap();
        world.as_company(&router, 1).await
    }
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "%{byte:02X}");
        all
    })
}

async fn search(client: &Client, by: &str, text: &str) -> OrderSearchView {
    let path = format!("/api/console/orders?{by}={}", encoded(text));
    client.get(&path).await.json()
}

fn numbers(found: &OrderSearchView) -> Vec<OrderId> {
    let rows = found.orders.iter();
    rows.map(|found| found.row.id.clone()).collect()
}

async fn found(client: &Client, by: &str, text: &str) -> Vec<OrderId> {
    let found = search(client, by, text).await;
    assert_eq!(found.cursor, None);
    numbers(&found)
}

/// The number of one order, and no other.
fn only(order: &Order) -> &[OrderId] {
    std::slice::from_ref(&order.id)
}

fn path(order: &Order) -> String {
    format!("/api/console/orders/{}", order.id)
}

fn line(order: &Order, no: u8, what: &str) -> String {
    format!("/api/console/orders/{}/lines/{no}/{what}", order.id)
}

async fn show(client: &Client, order: &Order) -> ConsoleOrder {
    client.get(&path(order)).await.json()
}

fn why(reason: &str) -> Value {
    json!({"reason": reason})
}

fn into(sku: &str) -> Value {
    json!({"convert_to": sku, "reason": "密钥已损坏"})
}

async fn ask(client: &Client, order: &Order, body: &Value) -> ConsoleOrder {
    client.post_json(&line(order, 1, "exit"), body).await.json()
}

fn mine(shown: &ConsoleOrder) -> Vec<bool> {
    shown.exits.iter().map(|exit| exit.mine).collect()
}

// ---- finding -------------------------------------------------------------------------------------------

#[tokio::test]
async fn an_order_is_found_by_its_number_and_by_no_part_of_it() {
    let (desk, order) = Desk::with(&[(key_with_seal(), 2)], Point::Paid).await;
    desk.order(2, plain_key(), Point::Submitted).await;
    let seen = search(&desk.one, "order", order.id.as_str()).await;
    assert_eq!(numbers(&seen), only(&order));
    assert_eq!(seen.cursor, None);
    let row = &seen.orders[0];
    assert_eq!(row.company_name, "南京第1示例科技有限公司");
    assert_eq!(
        (
            row.row.display,
            row.row.total.to_string(),
            row.row.items[0].quantity
        ),
        (DisplayState::AwaitingMaterials, "720.00".to_owned(), 2)
    );
    let number = order.id.as_str();
    let around = format!("  {number} ");
    assert_eq!(found(&desk.one, "order", &around).await, only(&order));
    for wrong in [
        number[..17].to_owned(),
        number[1..].to_owned(),
        format!("{number}0"),
        "201910230935190042".to_owned(),
        "２０１９１０２３０９３５１９００４２".to_owned(),
        "%".to_owned(),
    ] {
        assert!(
            found(&desk.one, "order", &wrong).await.is_empty(),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_companys_orders_are_found_by_its_full_name_or_its_code() {
    let desk = Desk::new().await;
    let first = desk.order(1, plain_key(), Point::Draft).await;
    let second = desk.order(1, plain_key(), Point::Completed).await;
    let other = desk.order(2, plain_key(), Point::Paid).await;
    let newest_first = [second.id, first.id];
    let name = "南京第1示例科技有限公司";
    let code = orders::credit_code(1);
    for text in [
        name,
        " 南京第1示例科技有限公司　",
        "南京第１示例科技有限公司",
        code.as_str(),
    ] {
        assert_eq!(
            found(&desk.one, "company", text).await,
            newest_first,
            "{text}"
        );
    }
    let theirs = orders::credit_code(2);
    assert_eq!(
        found(&desk.one, "company", theirs.as_str()).await,
        [other.id]
    );
    for wrong in [
        "南京第1示例科技",
        "南京",
        &code.as_str()[..17],
        "南京第9示例科技有限公司",
    ] {
        assert!(
            found(&desk.one, "company", wrong).await.is_empty(),
            "{wrong}"
        );
    }
}

/// A name is no proof: whoever says that it is theirs is shown, for support has to tell them apart.
#[tokio::test]
async fn everybody_who_claims_a_name_is_found_by_it() {
    let desk = Desk::new().await;
    let owner = desk.order(1, plain_key(), Point::Paid).await;
    let claims = Company {
        name: orders::company(1).name,
        qualification: Qualification {
            state: QualificationState::Submitted,
            ..Qualification::default()
        },
        ..orders::company(2)
    };
    desk.world.register(&claims, &orders::user(2)).await;
    let claimant = desk.order(2, plain_key(), Point::Submitted).await;
    let name = orders::company(1).name;
    assert_eq!(
        found(&desk.one, "company", &name).await,
        [owner.id.clone(), claimant.id]
    );
    let code = orders::credit_code(1);
    assert_eq!(found(&desk.one, "company", code.as_str()).await, [owner.id]);
}

#[tokio::test]
async fn the_orders_of_a_company_come_page_by_page_and_none_twice() {
    let desk = Desk::new().await;
    let mut expected = Vec::new();
    for _ in 0..45 {
        expected.insert(0, desk.order(1, plain_key(), Point::Submitted).await.id);
    }
    let twin = Company {
        name: orders::company(1).name,
        qualification: Qualification::default(),
        ..orders::company(2)
    };
    desk.world.register(&twin, &orders::user(2)).await;
    let mut theirs = Vec::new();
    for _ in 0..3 {
        theirs.insert(0, desk.order(2, plain_key(), Point::Draft).await.id);
    }
    expected.extend(theirs);
    let name = encoded(&orders::company(1).name);
    let begin = format!("/api/console/orders?company={name}");
    let (mut seen, mut pages) = (Vec::new(), 0);
    let mut path = begin.clone();
    loop {
        let page: OrderSearchView = desk.one.get(&path).await.json();
        pages += 1;
        assert!(page.orders.len() < 40, "a page is a page");
        seen.extend(numbers(&page));
        let Some(cursor) = page.cursor else { break };
        assert!(pages < 9, "it comes to an end");
        path = format!("{begin}&cursor={}", encoded(&cursor));
    }
    assert_eq!(seen, expected);
    assert_eq!(pages, 3);
    let odd: OrderSearchView = desk
        .one
        .get(&format!("{begin}&cursor=made-up"))
        .await
        .json();
    assert_eq!(
        numbers(&odd),
        expected[..20],
        "a cursor that is none starts from the beginning"
    );
}

#[tokio::test]
async fn orders_are_found_by_the_key_they_are_about_and_by_the_keys_made_for_them() {
    let desk = Desk::new().await;
    // The first line names the key CPP1; what is only a draft may still name another one.
    desk.order(1, service(ProductKind::Renewal), Point::Draft)
        .await;
    let renewed = desk
        .order(1, service(ProductKind::Renewal), Point::Submitted)
        .await;
    let unlocked = desk
        .order(1, service(ProductKind::Unlock), Point::Paid)
        .await;
    let made = desk.order(2, plain_key(), Point::Made).await;
    assert_eq!(
        found(&desk.one, "serial", " CPP1 ").await,
        [unlocked.id, renewed.id],
        "the newest first"
    );
    assert_eq!(found(&desk.one, "serial", "CPP0101").await, [made.id]);
    for wrong in ["CPP", "PP1", "cpp1", "CPP2"] {
        assert!(
            found(&desk.one, "serial", wrong).await.is_empty(),
            "{wrong}"
        );
    }
}

/// An upgrade and the year that it carries over are about the same key.
#[tokio::test]
async fn an_order_with_two_lines_about_a_key_is_found_once() {
    let desk = Desk::new().await;
    let now = desk.world.clock.now();
    let draft = orders::draft_of(1, 7, orders::upgrade_lines(now), now);
    let journey = orders::bring(1, draft, Point::Paid, now);
    desk.write(&journey).await;
    assert_eq!(
        found(&desk.one, "serial", "CPP1").await,
        only(&journey.order)
    );
}

#[tokio::test]
async fn an_order_is_found_by_its_waybill_as_soon_as_it_has_one() {
    let desk = Desk::new().await;
    let booked = desk.order(1, plain_key(), Point::Booked).await;
    let arrived = desk.order(1, plain_key(), Point::Completed).await;
    let waiting = desk.order(1, plain_key(), Point::Made).await;
    for order in [&booked, &arrived] {
        let waybill = orders::waybill(&order.id, LineNo(1));
        assert_eq!(found(&desk.one, "waybill", &waybill).await, only(order));
        let part = &waybill[..waybill.len() - 1];
        assert!(found(&desk.one, "waybill", part).await.is_empty());
    }
    let none = orders::waybill(&waiting.id, LineNo(1));
    assert!(found(&desk.one, "waybill", &none).await.is_empty());
}

#[tokio::test]
async fn exactly_one_thing_is_looked_for() {
    let (desk, order) = Desk::with(&[(plain_key(), 1)], Point::Paid).await;
    let number = &order.id;
    for query in [
        String::new(),
        "?".to_owned(),
        "?order=&company=%20&serial=".to_owned(),
        "?cursor=0.ab".to_owned(),
        format!("?order={number}&serial=CPP1"),
        format!("?order={number}&waybill=SF1"),
        "?company=x&serial=y".to_owned(),
        format!("?order={number}&company=x&serial=y&waybill=z"),
    ] {
        let path = format!("/api/console/orders{query}");
        let problem = desk.one.get(&path).await.wrong_fields(&["order"]);
        assert_eq!(problem.errors[0].code, FieldCode::NotEnough, "{query}");
    }
    desk.one
        .get(&format!("/api/console/orders?number={number}"))
        .await
        .refused(ErrorCode::MalformedRequest);
    // What is empty was not typed.
    let path = format!("/api/console/orders?order={number}&company=&serial=%20");
    let seen: OrderSearchView = desk.one.get(&path).await.json();
    assert_eq!(numbers(&seen), [order.id]);
}

// ---- showing -------------------------------------------------------------------------------------------

#[tokio::test]
async fn staff_read_who_of_them_did_what_and_the_company_does_not() {
    let (desk, order) = Desk::with(&[(key_with_seal(), 1)], Point::Completed).await;
    let shown = show(&desk.one, &order).await;
    assert_eq!(shown.order.id, order.id);
    assert_eq!(shown.order.display, DisplayState::Completed);
    let who: Vec<(&str, Option<StaffId>)> = shown
        .history
        .iter()
        .map(|record| (record.entry.event.as_str(), record.staff.clone()))
        .collect();
    assert_eq!(
        who,
        [
            ("created", None),
            ("submitted", None),
            ("payment_received", None),
            ("materials_submitted", None),
            ("papers_checked", None),
            ("review_claimed", Some(orders::reviewer())),
            ("approved", Some(orders::reviewer())),
            ("certificate_issued", Some(orders::maker())),
            ("unit_made", Some(orders::maker())),
            ("shipment_booked", None),
            ("handed_to_courier", Some(orders::shipper())),
            ("delivered", None),
        ]
    );
    let client = desk.company().await;
    let path = format!("/api/orders/{}/history", order.id);
    let answer = client.get(&path).await;
    assert!(!answer.text().contains(orders::reviewer().as_str()));
    let own: HistoryView = answer.json();
    assert_eq!(own.events.len(), shown.history.len());
}

#[tokio::test]
async fn what_is_not_there_is_not_there() {
    let (desk, order) = Desk::with(&[(key_with_seal(), 1)], Point::Paid).await;
    for nobodys in ["201910230935190042", "2019", "x"] {
        let path = format!("/api/console/orders/{nobodys}");
        desk.one.get(&path).await.refused(ErrorCode::NotFound);
    }
    let before = desk.load(&order).await;
    for no in [0, 2] {
        for what in ["return", "exit"] {
            desk.one
                .post_json(&line(&order, no, what), &why("照片不清"))
                .await
                .refused(ErrorCode::NotFound);
        }
        let exit = line(&order, no, "exit");
        desk.two
            .post(&format!("{exit}/agree"))
            .await
            .refused(ErrorCode::NotFound);
        desk.two.delete(&exit).await.refused(ErrorCode::NotFound);
    }
    assert_eq!(desk.load(&order).await, before);
}

fn told(way: &LineWays) -> (bool, bool, Vec<&str>) {
    let convert = way.convert.iter().map(String::as_str).collect();
    (way.return_to_review, way.refund, convert)
}

#[tokio::test]
async fn the_ways_out_of_a_line_follow_from_where_it_stands() {
    let desk = Desk::new().await;
    desk.world.sell(&service(ProductKind::Replacement)).await;
    for (point, again, refund) in [
        (Point::Draft, false, false),
        (Point::Submitted, false, false),
        (Point::Paid, false, true),
        (Point::Checked, false, true),
        (Point::Approved, true, true),
        (Point::Certified, false, true),
        (Point::Made, false, true),
        (Point::Shipped, false, true),
        (Point::Completed, false, false),
    ] {
        let order = desk.order(1, key_with_seal(), point).await;
        let shown = show(&desk.one, &order).await;
        assert_eq!(told(&shown.ways[0]), (again, refund, vec![]), "{point:?}");
        assert!(shown.exits.is_empty());
    }
    for kind in [ProductKind::Renewal, ProductKind::Unlock] {
        for (point, refund, convert) in [
            (Point::Submitted, false, vec![]),
            (Point::Paid, true, vec!["replacement"]),
            (Point::Completed, false, vec![]),
        ] {
            let order = desk.order(1, service(kind), point).await;
            let shown = show(&desk.one, &order).await;
            assert_eq!(
                told(&shown.ways[0]),
                (false, refund, convert),
                "{kind:?} {point:?}"
            );
        }
    }
}

/// The year that is carried over goes with the upgrade, never alone.
#[tokio::test]
async fn an_upgrade_ends_together_with_the_year_that_it_carries_over() {
    let desk = Desk::new().await;
    let now = desk.world.clock.now();
    let draft = orders::draft_of(1, 7, orders::upgrade_lines(now), now);
    let journey = orders::bring(1, draft, Point::Paid, now);
    desk.write(&journey).await;
    let order = &journey.order;
    let certificate = registry::credit_use("CCPP1");
    let registry = desk.world.registry();
    let credit: Option<CreditUse> = registry.load(&certificate).await.unwrap();
    assert!(credit.unwrap().paid);

    let shown = show(&desk.one, order).await;
    assert!(shown.ways[0].refund && !shown.ways[1].refund);
    desk.one
        .post_json(&line(order, 2, "exit"), &why("密钥无法制作"))
        .await
        .refused(ErrorCode::NotInThisState);
    let asked = ask(&desk.one, order, &why("密钥无法制作")).await;
    let price = order.lines[0].price.amount;
    assert_eq!((price, asked.exits[0].refund), (order.total, price));
    let ended: ConsoleOrder = desk.two.post(&line(order, 1, "exit/agree")).await.json();
    let states: Vec<LineState> = ended.order.lines.iter().map(|line| line.state).collect();
    assert_eq!(states, [LineState::Cancelled, LineState::Cancelled]);
    assert_eq!(ended.order.display, DisplayState::Refunding);
    assert_eq!(ended.order.refunds[0].amount, price);
    // No key came of it: the time left on the old one can be credited again.
    let credit: Option<CreditUse> = registry.load(&certificate).await.unwrap();
    assert_eq!(credit, None);
}

// ---- reviewing again -----------------------------------------------------------------------------------

#[tokio::test]
async fn an_approved_line_goes_back_to_review_with_a_reason() {
    for (no, role) in [(31, Role::Maker), (32, Role::Support)] {
        let (desk, order) = Desk::with(&[(key_with_seal(), 2)], Point::Approved).await;
        let who = desk.world.as_staff(&desk.router, no, &[role]).await;
        let path = line(&order, 1, "return");
        let shown: ConsoleOrder = who.post_json(&path, &why(" 照片不清 ")).await.json();
        assert_eq!(shown.order.lines[0].display, DisplayState::UnderReview);
        assert!(!shown.ways[0].return_to_review);
        let last = shown.history.last().unwrap();
        assert_eq!(last.staff, Some(orders::staff(no)));
        assert_eq!(
            (last.entry.event.as_str(), last.entry.note.as_str()),
            ("returned_to_review", "照片不清")
        );
        let after = desk.load(&order).await;
        assert_eq!(after.lines[0].approved_at, None);
        assert_eq!(after.lines[0].round, order.lines[0].round + 1);
        let waiting = desk
            .world
            .store
            .queue(LineStage::AwaitReview, None, 9)
            .await;
        let waiting: Vec<OrderId> = waiting
            .unwrap()
            .rows
            .into_iter()
            .map(|row| row.order.id)
            .collect();
        assert_eq!(waiting, only(&order));

        // A double click, a lost answer, another who had the same thought.
        let again: ConsoleOrder = who.post_json(&path, &why("照片不清")).await.json();
        assert_eq!(again.order.version, shown.order.version);
        let too: ConsoleOrder = desk.two.post_json(&path, &why("不清楚")).await.json();
        assert_eq!(too.order.version, shown.order.version);
        assert_eq!(desk.load(&order).await, after);
    }
}

#[tokio::test]
async fn without_a_reason_nothing_goes_back_and_nothing_ends() {
    let (desk, order) = Desk::with(&[(key_with_seal(), 1)], Point::Approved).await;
    let before = desk.load(&order).await;
    for what in ["return", "exit"] {
        for (reason, code) in [
            ("", FieldCode::Required),
            (" \t ", FieldCode::Required),
            (&*"长".repeat(201), FieldCode::TooLong),
            ("照片\u{7}", FieldCode::Invalid),
        ] {
            let problem = desk
                .one
                .post_json(&line(&order, 1, what), &why(reason))
                .await
                .wrong_fields(&["reason"]);
            assert_eq!(problem.errors[0].code, code, "{what} {reason:?}");
        }
        desk.one
            .post_json(&line(&order, 1, what), &json!({}))
            .await
            .refused(ErrorCode::MalformedRequest);
    }
    assert_eq!(desk.load(&order).await, before);
}

/// From the first certificate on a new key is needed, not a new look at the papers.
#[tokio::test]
async fn with_the_first_certificate_the_way_back_to_review_is_shut() {
    let desk = Desk::new().await;
    let now = desk.world.clock.now();
    let draft = orders::draft(1, 7, &[(key_with_seal(), 2)], now);
    let mut journey = orders::bring(1, draft, Point::Approved, now);
    let certificate = orders::certificate(LineNo(1), UnitNo(1), now);
    journey.event(orders::by(orders::maker()), certificate, now);
    desk.write(&journey).await;
    let order = &journey.order;
    assert!(!show(&desk.one, order).await.ways[0].return_to_review);
    let before = desk.load(order).await;
    desk.one
        .post_json(&line(order, 1, "return"), &why("照片不清"))
        .await
        .refused(ErrorCode::NotInThisState);
    assert_eq!(desk.load(order).await, before);
}

#[tokio::test]
async fn only_what_was_approved_goes_back_to_review() {
    let desk = Desk::new().await;
    for (product, point) in [
        (key_with_seal(), Point::Submitted),
        (key_with_seal(), Point::Paid),
        (key_with_seal(), Point::HandedIn),
        (key_with_seal(), Point::Made),
        (key_with_seal(), Point::Completed),
        // It has no papers, and nobody reviews it.
        (service(ProductKind::Renewal), Point::Paid),
    ] {
        let order = desk.order(1, product, point).await;
        desk.one
            .post_json(&line(&order, 1, "return"), &why("照片不清"))
            .await
            .refused(ErrorCode::NotInThisState);
        assert_eq!(desk.load(&order).await.version, order.version, "{point:?}");
    }
}

// ---- ending a line -------------------------------------------------------------------------------------

#[tokio::test]
async fn a_line_ends_when_a_second_person_agrees_and_its_price_goes_back() {
    let two_lines = [(key_with_seal(), 2), (plain_key(), 1)];
    let (desk, order) = Desk::with(&two_lines, Point::Certified).await;
    let asked = ask(&desk.one, &order, &why(" 密钥无法制作 ")).await;
    let exit = &asked.exits[0];
    assert_eq!((asked.exits.len(), exit.line), (1, LineNo(1)));
    assert_eq!(
        (&exit.way, exit.refund.to_string()),
        (&ExitWay::Refund, "720.00".to_owned())
    );
    assert_eq!(
        (exit.reason.as_str(), &exit.by),
        ("密钥无法制作", &orders::staff(ONE))
    );
    assert_eq!(exit.at, desk.world.clock.now());
    assert_eq!(mine(&asked), [true]);
    assert_eq!(mine(&show(&desk.two, &order).await), [false]);
    assert!(!asked.ways[0].refund && asked.ways[1].refund);
    // So far it is a matter between staff.
    let company = desk.company().await;
    let own = format!("/api/orders/{}", order.id);
    let seen: OrderView = company.get(&own).await.json();
    assert_eq!(seen.lines[0].display, DisplayState::InProduction);
    assert!(seen.refunds.is_empty());
    let told: HistoryView = company.get(&format!("{own}/history")).await.json();
    assert!(
        told.events
            .iter()
            .all(|entry| !entry.event.starts_with("exit_"))
    );

    let waiting = desk.load(&order).await;
    let agree = line(&order, 1, "exit/agree");
    desk.one.post(&agree).await.refused(ErrorCode::SecondPerson);
    assert_eq!(desk.load(&order).await, waiting);

    let ended: ConsoleOrder = desk.two.post(&agree).await.json();
    assert!(ended.exits.is_empty());
    let after = desk.load(&order).await;
    assert_eq!(after.state, OrderState::Paid, "the other line goes on");
    assert_eq!(after.lines[0].state, LineState::Cancelled);
    assert!(
        after.lines[0]
            .all_units()
            .iter()
            .all(|unit| unit.state == UnitState::Scrapped)
    );
    assert_eq!(after.lines[1], waiting.lines[1]);
    assert_eq!(after.refunds.len(), 1);
    let refund = &after.refunds[0];
    assert_eq!(
        (refund.amount, refund.total, refund.reason),
        (
            order.lines[0].price.amount,
            order.total,
            RefundReason::LineEnded
        )
    );
    assert_eq!(refund.attempt, order.payment.as_ref().unwrap().attempt);

    // The company reads it, with the reason, and is told by mail and text message.
    let seen: OrderView = company.get(&own).await.json();
    assert_eq!(
        (seen.lines[0].display, seen.lines[1].display),
        (DisplayState::Cancelled, DisplayState::InProduction)
    );
    assert_eq!(
        (seen.refunds[0].amount.to_string(), seen.refunds[0].reason),
        ("720.00".to_owned(), RefundReason::LineEnded)
    );
    let told: HistoryView = company.get(&format!("{own}/history")).await.json();
    let last = told.events.last().unwrap();
    assert_eq!(
        (last.event.as_str(), last.by.as_str(), last.note.as_str()),
        ("exit_agreed", "staff", "密钥无法制作")
    );
    let notices = desk.world.store.all_work().into_iter().filter(|item| {
        matches!(&item.task, Task::Notice { notice: NoticeKind::LineEnded, amount, line, .. }
            if *amount == Some(refund.amount) && *line == Some(LineNo(1)))
    });
    assert_eq!(notices.count(), 2);
    // Agreeing again finds nothing to agree to, and nothing goes back twice.
    for client in [&desk.one, &desk.two] {
        client.post(&agree).await.refused(ErrorCode::NotInThisState);
    }
    assert_eq!(desk.load(&order).await, after);
}

#[tokio::test]
async fn what_is_asked_for_twice_is_asked_for_once_and_another_way_has_to_wait() {
    let (desk, order) = Desk::with(&[(key_with_seal(), 1)], Point::Paid).await;
    let first = ask(&desk.one, &order, &why("密钥无法制作")).await;
    desk.world.clock.advance(SignedDuration::from_mins(5));
    let again = ask(&desk.one, &order, &why(" 密钥无法制作")).await;
    assert_eq!(again.order.version, first.order.version);
    assert_eq!(again.exits[0].at, first.exits[0].at);
    let before = desk.load(&order).await;
    for (client, body) in [
        (&desk.one, why("另一个原因")),
        (&desk.two, why("密钥无法制作")),
    ] {
        client
            .post_json(&line(&order, 1, "exit"), &body)
            .await
            .refused(ErrorCode::NotInThisState);
    }
    assert_eq!(desk.load(&order).await, before);
    let asked = desk.events(&order).await;
    assert_eq!(
        asked.iter().filter(|event| *event == "exit_asked").count(),
        1
    );
}

#[tokio::test]
async fn wherever_a_paid_line_stands_it_can_end_and_all_of_its_price_goes_back() {
    let desk = Desk::new().await;
    for (product, point) in [
        (key_with_seal(), Point::Paid),
        (key_with_seal(), Point::HandedIn),
        (key_with_seal(), Point::Claimed),
        (key_with_seal(), Point::Approved),
        (key_with_seal(), Point::Made),
        (key_with_seal(), Point::Booked),
        (key_with_seal(), Point::Shipped),
        (service(ProductKind::Renewal), Point::Paid),
    ] {
        let order = desk.order(1, product, point).await;
        ask(&desk.one, &order, &why("密钥无法使用")).await;
        let ended: ConsoleOrder = desk.two.post(&line(&order, 1, "exit/agree")).await.json();
        assert_eq!(ended.order.display, DisplayState::Refunding, "{point:?}");
        let after = desk.load(&order).await;
        assert_eq!(after.state, OrderState::Cancelled, "{point:?}");
        assert_eq!(
            after
                .refunds
                .iter()
                .map(|refund| refund.amount)
                .collect::<Vec<_>>(),
            [order.total],
            "{point:?}"
        );
        for unit in after.lines[0].units.values() {
            assert_eq!(unit.state, UnitState::Scrapped, "{point:?}");
        }
    }
    for point in [Point::Draft, Point::Submitted, Point::Completed] {
        let order = desk.order(1, key_with_seal(), point).await;
        desk.one
            .post_json(&line(&order, 1, "exit"), &why("密钥无法使用"))
            .await
            .refused(ErrorCode::NotInThisState);
        assert_eq!(desk.load(&order).await.version, order.version, "{point:?}");
    }
}

/// Two people agree in the same moment: the money goes back once.
#[tokio::test]
async fn of_two_who_agree_at_once_one_does() {
    let (desk, order) = Desk::with(&[(key_with_seal(), 1)], Point::Paid).await;
    let three = desk
        .world
        .as_staff(&desk.router, 23, &[Role::Finance])
        .await;
    ask(&desk.one, &order, &why("密钥无法制作")).await;
    let agree = line(&order, 1, "exit/agree");
    let (second, third) = tokio::join!(desk.two.post(&agree), three.post(&agree));
    let loser = if second.status.is_success() {
        third
    } else {
        second
    };
    loser.refused(ErrorCode::NotInThisState);
    assert_eq!(desk.load(&order).await.refunds.len(), 1);
}

#[tokio::test]
async fn a_way_out_that_is_withdrawn_leaves_all_as_it_was() {
    let (desk, order) = Desk::with(&[(key_with_seal(), 2)], Point::Certified).await;
    let before = desk.load(&order).await;
    let exit = line(&order, 1, "exit");
    // Nothing was asked for: nothing to withdraw.
    let untouched: ConsoleOrder = desk.one.delete(&exit).await.json();
    assert_eq!(untouched.order.version, before.version);

    for withdraws in [&desk.one, &desk.two] {
        ask(&desk.one, &order, &why("密钥无法制作")).await;
        let shown: ConsoleOrder = withdraws.delete(&exit).await.json();
        assert!(shown.exits.is_empty());
        let after = desk.load(&order).await;
        assert_eq!(
            (&after.lines, after.state, after.total, after.refunds.len()),
            (&before.lines, before.state, before.total, 0)
        );
        let again: ConsoleOrder = withdraws.delete(&exit).await.json();
        assert_eq!(again.order.version, shown.order.version);
        desk.two
            .post(&format!("{exit}/agree"))
            .await
            .refused(ErrorCode::NotInThisState);
        assert_eq!(desk.load(&order).await, after);
    }
    let events = desk.events(&order).await;
    let tail: Vec<&str> = events
        .iter()
        .rev()
        .take(4)
        .rev()
        .map(String::as_str)
        .collect();
    assert_eq!(
        tail,
        [
            "exit_asked",
            "exit_withdrawn",
            "exit_asked",
            "exit_withdrawn"
        ]
    );
}

/// While somebody made up their mind the parcel arrived: the company has its keys, and no money goes back.
#[tokio::test]
async fn what_was_completed_meanwhile_does_not_end() {
    let asked = EventKind::ExitAsked {
        line: LineNo(1),
        way: Box::new(ExitWay::Refund),
        reason: "快递丢失".to_owned(),
    };
    let delivered = (Actor::Courier, EventKind::Delivered { line: LineNo(1) });
    for (product, point) in [
        (key_with_seal(), Point::Shipped),
        (service(ProductKind::Renewal), Point::Paid),
    ] {
        let desk = Desk::new().await;
        let now = desk.world.clock.now();
        let draft = orders::draft(1, 7, &[(product, 1)], now);
        let mut journey = orders::bring(1, draft, point, now);
        let mut before_it = match point {
            Point::Paid => orders::served(&journey.order.lines[0], 1, now),
            _ => vec![delivered.clone()],
        };
        let (actor, last) = before_it.pop().expect("an end");
        for (actor, kind) in before_it {
            journey.event(actor, kind, now);
        }
        journey.event(orders::by(orders::staff(ONE)), asked.clone(), now);
        journey.event(actor, last, now);
        desk.write(&journey).await;
        let order = &journey.order;
        let before = desk.load(order).await;
        assert_eq!(before.state, OrderState::Completed);
        let shown = show(&desk.two, order).await;
        assert!(shown.exits.is_empty() && !shown.ways[0].refund);

        let exit = line(order, 1, "exit");
        let no = ErrorCode::NotInThisState;
        desk.two.post(&format!("{exit}/agree")).await.refused(no);
        desk.two
            .post_json(&exit, &why("快递丢失"))
            .await
            .refused(no);
        desk.two.delete(&exit).await.refused(no);
        assert_eq!(desk.load(order).await, before);
        assert!(before.refunds.is_empty());
    }
}

// ---- becoming a replacement ----------------------------------------------------------------------------

/// The key turned out to be dead: what was paid for it pays for another one.
#[tokio::test]
async fn a_paid_renewal_becomes_a_replacement_and_the_difference_goes_back() {
    let desk = Desk::new().await;
    desk.world.sell(&service(ProductKind::Replacement)).await;
    let order = desk
        .order(1, service(ProductKind::Renewal), Point::Paid)
        .await;
    let before = desk.load(&order).await;
    let asked = ask(&desk.one, &order, &into("replacement")).await;
    assert_eq!(asked.exits[0].refund.to_string(), "140.00");
    let ExitWay::Convert { product, price, .. } = &asked.exits[0].way else {
        panic!("{:?}", asked.exits[0].way);
    };
    assert_eq!(
        (product.kind, price.to_string()),
        (ProductKind::Replacement, "100.00".to_owned())
    );
    assert_eq!(
        desk.load(&order).await.lines[0].state,
        before.lines[0].state
    );
    let again = ask(&desk.one, &order, &into("replacement")).await;
    assert_eq!(again.order.version, asked.order.version);

    // What was asked for is what is agreed to, whatever the catalogue says by then.
    desk.world.clock.advance(SignedDuration::from_mins(1));
    let dearer = Product {
        price: Money::from_fen(20_000),
        effective_from: desk.world.clock.now(),
        ..service(ProductKind::Replacement)
    };
    desk.world.sell(&dearer).await;
    let agree = line(&order, 1, "exit/agree");
    desk.one.post(&agree).await.refused(ErrorCode::SecondPerson);
    desk.two.post(&agree).await.json::<ConsoleOrder>();

    let company = desk.company().await;
    let own = format!("/api/orders/{}", order.id);
    let seen: OrderView = company.get(&own).await.json();
    let became = &seen.lines[0];
    assert_eq!(
        (became.product.sku.as_str(), became.product.kind),
        ("replacement", ProductKind::Replacement)
    );
    assert_eq!(
        (became.price.amount.to_string(), seen.total.to_string()),
        ("100.00".to_owned(), "100.00".to_owned())
    );
    assert_eq!(became.key, order.lines[0].key, "of the same key");
    assert_eq!(became.display, DisplayState::AwaitingMaterials);
    assert!(!became.required_papers.is_empty() && !became.papers_complete);
    assert_eq!(
        (became.plan.make, seen.state),
        (Make::Desk, OrderState::Paid)
    );
    let back: Vec<(String, RefundReason)> = seen
        .refunds
        .iter()
        .map(|refund| (refund.amount.to_string(), refund.reason))
        .collect();
    assert_eq!(back, [("140.00".to_owned(), RefundReason::LineEnded)]);
    let after = desk.load(&order).await;
    desk.two
        .post(&agree)
        .await
        .refused(ErrorCode::NotInThisState);
    assert_eq!(desk.load(&order).await, after);
    // It is a line like others now: it can end too, and the rest goes back.
    ask(&desk.one, &order, &why("不再需要")).await;
    let ended: ConsoleOrder = desk.two.post(&agree).await.json();
    let back: Vec<String> = ended
        .order
        .refunds
        .iter()
        .map(|refund| refund.amount.to_string())
        .collect();
    assert_eq!(back, ["140.00", "100.00"]);
    assert_eq!(ended.order.display, DisplayState::Refunding);
}

#[tokio::test]
async fn an_unlock_becomes_a_replacement_and_what_it_lacks_is_waived() {
    let desk = Desk::new().await;
    desk.world.sell(&service(ProductKind::Replacement)).await;
    let order = desk
        .order(1, service(ProductKind::Unlock), Point::Paid)
        .await;
    let asked = ask(&desk.one, &order, &into("replacement")).await;
    assert_eq!(asked.exits[0].refund, Money::ZERO);
    let done: ConsoleOrder = desk.two.post(&line(&order, 1, "exit/agree")).await.json();
    assert_eq!(done.order.lines[0].product.kind, ProductKind::Replacement);
    assert_eq!(done.order.total.to_string(), "30.00");
    assert_eq!(done.order.lines[0].display, DisplayState::AwaitingMaterials);
    assert!(done.order.refunds.is_empty());
}

#[tokio::test]
async fn a_line_becomes_only_a_replacement_that_is_on_sale() {
    let desk = Desk::new().await;
    let now = desk.world.clock.now();
    desk.world.stock().await;
    let replacement = service(ProductKind::Replacement);
    let gone = Product {
        sku: "withdrawn".to_owned(),
        withdrawn: true,
        ..replacement.clone()
    };
    let tomorrow = Product {
        sku: "tomorrow".to_owned(),
        effective_from: now + SignedDuration::from_hours(24),
        ..replacement.clone()
    };
    let elsewhere = Product {
        sku: "elsewhere".to_owned(),
        storefront: orders::counter_key().storefront,
        ..replacement.clone()
    };
    for product in [&replacement, &gone, &tomorrow, &elsewhere] {
        desk.world.sell(product).await;
    }
    let order = desk
        .order(1, service(ProductKind::Renewal), Point::Paid)
        .await;
    let shown = show(&desk.one, &order).await;
    assert_eq!(shown.ways[0].convert, ["replacement"]);
    for sku in ["", "nothing", "key", "withdrawn", "tomorrow", "elsewhere"] {
        let problem = desk
            .one
            .post_json(&line(&order, 1, "exit"), &into(sku))
            .await
            .wrong_fields(&["convert_to"]);
        assert_eq!(problem.errors[0].code, FieldCode::NotOffered, "{sku}");
    }
    assert_eq!(desk.load(&order).await.version, order.version);
    // What makes a key is not about a dead one.
    let key = desk.order(1, key_with_seal(), Point::Paid).await;
    desk.one
        .post_json(&line(&key, 1, "exit"), &into("replacement"))
        .await
        .refused(ErrorCode::NotInThisState);
    assert_eq!(desk.load(&key).await.version, key.version);
}

//! One suite over every storefront: the two that ship and one that is made up. What each allows stands in its
//! policy, and the suite reads it from there.

use std::collections::BTreeSet;

use adapters::ports::{Clock as _, Commit, Orders as _, Transaction};
use contract::error::ErrorCode;
use contract::order::OrderView;
use domain::actor::Actor;
use domain::catalog::{Medium, Product, ProductKind};
use domain::credit::Inspection;
use domain::ids::BranchId;
use domain::order::{DisplayState, Event, EventKind, OrderState, transition};
use domain::paper::PaperKind;
use domain::policy::{
    CancelPaid, DeliveryKind, InvoiceKind, MaterialsWhen, OnRejection, StorefrontId,
    StorefrontPolicy, Urgency,
};
use domain::refund::RefundAnswer;
use domain::staff::Branch;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders::{self, Exit, Journey, Point};
use testkit::web::Client;
use testkit::world::World;

use crate::{materials, router, upload};

/// A key that every storefront's renewal window is open for.
const KEY: &str = "CPP-1";

/// A storefront with one product of each kind, also of those it does not sell, before a company with a key.
struct Shop {
    world: World,
    client: Client,
    policy: StorefrontPolicy,
    branch: BranchId,
}

fn product(kind: ProductKind, storefront: &StorefrontId) -> Product {
    let base = orders::service(kind);
    Product {
        sku: kind.as_str().replace('_', "-"),
        storefront: storefront.clone(),
        ..base
    }
}

impl Shop {
    async fn open(storefront: &StorefrontId) -> Self {
        let world = World::new().await;
        let policy = world.policies.get(storefront).unwrap().clone();
        for kind in ProductKind::ALL {
            world.sell(&product(kind, storefront)).await;
        }
        let client = world.as_company(&router(&world), 1).await;
        let now = world.clock.now();
        let branch = Branch {
            id: BranchId::from_ulid(&orders::ulid(1)),
            name: "玄武网点".to_owned(),
            address: "珠江路 1 号".to_owned(),
            phone: "025-84730000".to_owned(),
            version: 1,
        };
        let mut key = orders::company_key(1, KEY, now + SignedDuration::from_hours(9 * 24));
        key.storefront = storefront.clone();
        let inspection = Inspection {
            company: key.company.clone(),
            serial: key.serial.clone(),
            certificate_serial: key.certificate_serial.clone(),
            medium: Medium::Cpp,
            not_after: key.not_after,
            at: now,
            without_pin: false,
        };
        let all = Transaction::new(now)
            .change(&branch)
            .and_then(|all| all.change(&key))
            .and_then(|all| all.mark(&orders::escrow(&key, "sealed", now)))
            .and_then(|all| all.mark(&inspection))
            .unwrap();
        world.registry().record(&all).await.unwrap();
        Self {
            world,
            client,
            policy,
            branch: branch.id,
        }
    }

    fn line(kind: ProductKind) -> Value {
        let mut line = json!({"sku": kind.as_str().replace('_', "-"), "quantity": 1});
        if kind.names_key() {
            line["key_serial"] = KEY.into();
        }
        if kind == ProductKind::Replacement {
            line["reason"] = "damaged".into();
        }
        line
    }

    fn delivery(&self, kind: DeliveryKind) -> Value {
        if kind.by_courier() {
            json!({"kind": kind, "address": orders::address()})
        } else {
            json!({"kind": kind, "branch": self.branch})
        }
    }

    fn draft(&self, kinds: &[ProductKind]) -> Value {
        let lines: Vec<Value> = kinds.iter().copied().map(Self::line).collect();
        json!({
            "storefront": self.policy.id,
            "lines": lines,
            "urgency": "none",
            "delivery": self.delivery(self.policy.delivery_kinds[0]),
            "invoice": null,
        })
    }

    async fn create(&self, body: &Value) -> OrderView {
        self.client.post_json("/api/orders", body).await.json()
    }

    /// Papers of a draft, where they are part of it.
    async fn prepare(&self, order: &OrderView, from: u32) {
        if self.policy.materials == MaterialsWhen::AfterPayment {
            return;
        }
        let mut papers = Vec::new();
        for (no, kind) in (from..).zip(PaperKind::required(false)) {
            papers.push(upload(&self.world, &order.id, kind, no).await);
        }
        let body = materials(&papers.iter().collect::<Vec<_>>());
        let path = format!("/api/orders/{}/lines/1/materials", order.id);
        let seen: OrderView = self.client.post_json(&path, &body).await.json();
        assert_eq!(
            (seen.state, seen.lines[0].papers_complete),
            (OrderState::Draft, true)
        );
    }

    async fn submit(&self, order: &OrderView) -> OrderView {
        let path = format!("/api/orders/{}/submit", order.id);
        self.client.post(&path).await.json()
    }

    /// An order of one key that has come to a point.
    async fn at(&self, point: Point) -> Journey {
        self.world.clock.advance(SignedDuration::from_secs(1));
        let key = product(ProductKind::NewKey, &self.policy.id);
        let now = self.world.clock.now();
        let mut draft = orders::draft(1, 1, &[(key, 1)], now);
        draft.delivery = serde_json::from_value(self.delivery(draft.delivery.kind)).unwrap();
        let journey = orders::bring(1, draft, point, now);
        journey
            .write(&self.world.store, &self.world.objects)
            .await
            .unwrap();
        journey
    }
}

impl Shop {
    /// The gateway took the order to give the money back.
    async fn money_moves(&self, journey: &Journey) {
        let order = self
            .world
            .store
            .load(&journey.order.id)
            .await
            .unwrap()
            .unwrap();
        let kind = EventKind::RefundAnswered {
            refund: 1,
            round: Some(order.refunds[0].round),
            answer: RefundAnswer::Processing,
        };
        let event = Event {
            actor: Actor::System,
            kind,
        };
        let change = transition(&order, &event, self.world.clock.now(), &self.policy).unwrap();
        self.world.store.commit(&Commit::of(change)).await.unwrap();
    }
}

async fn shops() -> Vec<Shop> {
    let mut shops = Vec::new();
    for policy in orders::policies().iter() {
        shops.push(Shop::open(&policy.id).await);
    }
    assert_eq!(
        shops.len(),
        3,
        "both that ship, and the one that is made up"
    );
    shops
}

/// covers: R4
#[tokio::test]
async fn it_sells_what_its_policy_names_and_nothing_else() {
    for shop in shops().await {
        for kind in ProductKind::ALL {
            let answer = shop
                .client
                .post_json("/api/orders", &shop.draft(&[kind]))
                .await;
            if shop.policy.kinds.contains(&kind) {
                let order: OrderView = answer.json();
                assert_eq!(order.lines[0].product.kind, kind, "{}", shop.policy.id);
            } else {
                answer.wrong_fields(&["lines.0.sku"]);
            }
        }
    }
}

/// covers: R37
#[tokio::test]
async fn what_is_sold_alone_has_no_other_line_beside_it() {
    for shop in shops()
        .await
        .iter()
        .filter(|shop| shop.policy.max_lines > 1)
    {
        for kind in &shop.policy.kinds {
            let other = shop
                .policy
                .kinds
                .iter()
                .find(|other| *other != kind && !shop.policy.alone.contains(other))
                .unwrap();
            let body = shop.draft(&[*kind, *other]);
            let answer = shop.client.post_json("/api/orders", &body).await;
            if shop.policy.alone.contains(kind) {
                answer.wrong_fields(&["lines.0.sku"]);
            } else {
                assert!(answer.status.is_success(), "{kind:?} {}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn as_many_lines_and_keys_as_its_policy_says() {
    for shop in shops().await {
        let most = usize::from(shop.policy.max_lines);
        let full = shop.draft(&vec![ProductKind::NewKey; most]);
        assert_eq!(shop.create(&full).await.lines.len(), most);
        let over = shop.draft(&vec![ProductKind::NewKey; most + 1]);
        shop.client
            .post_json("/api/orders", &over)
            .await
            .wrong_fields(&["lines"]);
        let mut keys = shop.draft(&[ProductKind::NewKey]);
        keys["lines"][0]["quantity"] = shop.policy.max_keys_per_line.into();
        shop.create(&keys).await;
        keys["lines"][0]["quantity"] = (shop.policy.max_keys_per_line + 1).into();
        shop.client
            .post_json("/api/orders", &keys)
            .await
            .wrong_fields(&["lines.0.quantity"]);
    }
}

/// covers: R60
#[tokio::test]
async fn keys_come_as_its_policy_says() {
    let kinds = [
        DeliveryKind::CourierPrepaid,
        DeliveryKind::CourierCollect,
        DeliveryKind::BranchPickup,
    ];
    for shop in shops().await {
        for kind in kinds {
            let mut body = shop.draft(&[ProductKind::NewKey]);
            body["delivery"] = shop.delivery(kind);
            let answer = shop.client.post_json("/api/orders", &body).await;
            if !shop.policy.delivery_kinds.contains(&kind) {
                answer.wrong_fields(&["delivery.kind"]);
                continue;
            }
            let order: OrderView = answer.json();
            assert_eq!(order.delivery.kind, kind);
            // Fetched at a branch it has no address, sent it has no branch.
            assert_eq!(order.delivery.address.is_some(), kind.by_courier());
            assert_eq!(order.delivery.branch.is_some(), !kind.by_courier());
        }
        if shop
            .policy
            .delivery_kinds
            .contains(&DeliveryKind::BranchPickup)
        {
            let mut body = shop.draft(&[ProductKind::NewKey]);
            for branch in [Value::Null, "br_00000000000000000000009999".into()] {
                body["delivery"] = json!({"kind": "branch_pickup", "branch": branch});
                shop.client
                    .post_json("/api/orders", &body)
                    .await
                    .wrong_fields(&["delivery.branch"]);
            }
        }
    }
}

#[tokio::test]
async fn speeds_and_invoices_are_those_of_its_policy() {
    let invoices = [
        InvoiceKind::PaperOrdinary,
        InvoiceKind::PaperSpecial,
        InvoiceKind::ElectronicOrdinary,
        InvoiceKind::ElectronicSpecial,
    ];
    for shop in shops().await {
        let mut fast = product(ProductKind::NewKey, &shop.policy.id);
        for urgency in [Urgency::HalfDay, Urgency::SameDay] {
            fast.surcharges
                .insert(urgency, domain::money::Money::from_fen(100));
        }
        shop.world.sell(&fast).await;
        for urgency in [Urgency::None, Urgency::HalfDay, Urgency::SameDay] {
            let mut body = shop.draft(&[ProductKind::NewKey]);
            body["urgency"] = serde_json::to_value(urgency).unwrap();
            let answer = shop.client.post_json("/api/orders", &body).await;
            if shop.policy.urgency_levels.contains(&urgency) {
                assert_eq!(answer.json::<OrderView>().urgency, urgency);
            } else {
                answer.wrong_fields(&["urgency"]);
            }
        }
        for invoice in invoices {
            let mut body = shop.draft(&[ProductKind::NewKey]);
            body["invoice"] = json!({"kind": invoice});
            let answer = shop.client.post_json("/api/orders", &body).await;
            if !shop.policy.invoice_kinds.contains(&invoice) {
                answer.wrong_fields(&["invoice.kind"]);
            } else if invoice.is_special() {
                // The company has no title that names its bank.
                answer.wrong_fields(&["invoice.title"]);
            } else {
                assert!(answer.json::<OrderView>().invoice.is_some());
            }
        }
    }
}

/// covers: R66, R77
#[tokio::test]
async fn a_submitted_order_is_called_and_taken_back_as_its_policy_says() {
    for shop in shops().await {
        let order = shop.create(&shop.draft(&[ProductKind::NewKey])).await;
        let submit = format!("/api/orders/{}/submit", order.id);
        if shop.policy.materials == MaterialsWhen::BeforeSubmit {
            shop.client
                .post(&submit)
                .await
                .refused(ErrorCode::PapersMissing);
        }
        shop.prepare(&order, 1).await;
        let submitted = shop.submit(&order).await;
        let called = shop.policy.shown(DisplayState::AwaitingPayment);
        assert_eq!(
            (submitted.state, submitted.display),
            (OrderState::AwaitingPayment, called)
        );
        let window = SignedDuration::from_mins(i64::from(shop.policy.payment_window_minutes));
        assert_eq!(
            submitted.pay_by.unwrap(),
            submitted.submitted_at.unwrap() + window
        );
        assert_eq!(submitted.can_withdraw, shop.policy.withdraw_unpaid);
        let withdraw = format!("/api/orders/{}/withdraw", order.id);
        let answer = shop.client.post(&withdraw).await;
        if !shop.policy.withdraw_unpaid {
            answer.refused(ErrorCode::NotInThisState);
            continue;
        }
        let back: OrderView = answer.json();
        assert_eq!(
            (back.state, back.display),
            (OrderState::Draft, DisplayState::Draft)
        );
        // A double click; then it is changed and submitted again, with the papers that it had.
        let again: OrderView = shop.client.post(&withdraw).await.json();
        assert_eq!(again.version, back.version);
        let mut body = shop.draft(&[ProductKind::NewKey]);
        body["lines"][0]["line"] = 1.into();
        body["lines"][0]["quantity"] = 2.into();
        body["version"] = back.version.into();
        let path = format!("/api/orders/{}", order.id);
        let changed: OrderView = shop.client.put_json(&path, &body).await.json();
        assert_eq!(changed.lines[0].price.quantity, 2);
        assert_eq!(shop.submit(&order).await.display, called);
    }
}

#[tokio::test]
async fn a_paid_order_is_given_up_as_its_policy_says() {
    for shop in shops().await {
        let order = shop.at(Point::Paid).await.order;
        let path = format!("/api/orders/{}", order.id);
        let allowed = shop.policy.cancel_paid == CancelPaid::BeforeApproval;
        let seen: OrderView = shop.client.get(&path).await.json();
        assert_eq!(seen.can_cancel, allowed, "{}", shop.policy.id);
        let answer = shop.client.post(&format!("{path}/cancel")).await;
        if allowed {
            let seen: OrderView = answer.json();
            assert_eq!(seen.refunds[0].amount, order.total);
        } else {
            answer.refused(ErrorCode::NotInThisState);
        }
    }
}

/// covers: R72
#[tokio::test]
async fn a_refusal_leads_where_its_policy_says() {
    for shop in shops().await {
        let mut journey = shop.at(Point::Claimed).await;
        let before = journey.commits.len();
        let now = shop.world.clock.now();
        orders::leave(&mut journey, 1, Exit::SentBack, now);
        for commit in &journey.commits[before..] {
            shop.world.store.commit(commit).await.unwrap();
        }
        let path = format!("/api/orders/{}", journey.order.id);
        let seen: OrderView = shop.client.get(&path).await.json();
        // Which paper, and why, stands on the line either way.
        assert!(!seen.lines[0].refusals.is_empty());
        match shop.policy.on_rejection {
            OnRejection::UploadAgain => {
                assert_eq!(seen.display, DisplayState::ChangesRequested);
                assert!(seen.refunds.is_empty());
            }
            OnRejection::RefundToDraft => {
                assert_eq!(
                    (seen.state, seen.display),
                    (OrderState::Draft, DisplayState::Draft)
                );
                assert_eq!(seen.refunds[0].amount, seen.total);
                assert!(seen.paid_at.is_none());
                // Refused papers are wanted again before it can be submitted again.
                shop.client
                    .post(&format!("{path}/submit"))
                    .await
                    .refused(ErrorCode::PapersMissing);
                shop.prepare(&seen, 900).await;
                // The refund goes its own way, and nobody who is at the draft is told that it changed.
                let seen: OrderView = shop.client.get(&path).await.json();
                shop.money_moves(&journey).await;
                let mut body = shop.draft(&[ProductKind::NewKey]);
                body["lines"][0]["line"] = 1.into();
                body["version"] = seen.version.into();
                let changed: OrderView = shop.client.put_json(&path, &body).await.json();
                assert_eq!(changed.version, seen.version + 2);
                let stale = shop.client.put_json(&path, &body).await;
                stale.refused(ErrorCode::ChangedMeanwhile);
                assert_eq!(shop.submit(&seen).await.state, OrderState::AwaitingPayment);
            }
        }
    }
}

/// Nothing of a storefront is known by its name: one that is not there sells nothing.
#[tokio::test]
async fn a_storefront_without_a_policy_sells_nothing() {
    let shop = Shop::open(&StorefrontId("mall".to_owned())).await;
    let names: BTreeSet<String> = orders::policies()
        .iter()
        .map(|policy| policy.id.to_string())
        .collect();
    let nowhere = names.iter().fold(String::new(), |all, name| all + name);
    let mut body = shop.draft(&[ProductKind::NewKey]);
    body["storefront"] = nowhere.into();
    shop.client
        .post_json("/api/orders", &body)
        .await
        .wrong_fields(&["storefront"]);
}

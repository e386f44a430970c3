//! Money on its way back, in one process: by both gateways, with the power cut at every write, by finance when
//! a gateway cannot, and always with books that balance.

use std::sync::Arc;

use adapters::ports::{Attempts as _, Clock as _, ExecutionStatus, Outstanding as _};
use contract::finance::{OrderBooks, RefundQueueView, RefundRow};
use contract::order::OrderView;
use contract::payment::PaymentView;
use contract::step::{ReconcileRequest, StatementRequest};
use domain::actor::Role;
use domain::ids::OrderId;
use domain::ledger::{Account, Books, balances};
use domain::money::Money;
use domain::order::DisplayState;
use domain::payment::{AttemptState, PaymentMethod};
use domain::refund::{Hindrance, RefundState};
use domain::statement::DifferenceKind;
use jiff::SignedDuration;
use serde_json::json;
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::Client;
use testkit::{alipay, wechatpay};

use crate::job::Job;

const METHODS: [PaymentMethod; 2] = PaymentMethod::ALL;

/// The code of a gateway for an order: its number there.
async fn code(job: &Job, id: &OrderId, method: PaymentMethod) -> String {
    let company = job.company.at(&job.apis.pay);
    let path = format!("/api/orders/{id}/payments");
    let body = json!({ "method": method });
    let view: PaymentView = job
        .insist(async || company.post_json(&path, &body).await)
        .await
        .json();
    view.attempt.unwrap().number
}

fn phone(job: &Job, method: PaymentMethod, number: &str) {
    let paid = match method {
        PaymentMethod::Alipay => job.world.alipay.pay(number),
        PaymentMethod::WechatPay => job.world.wechatpay.pay(number),
    };
    assert!(paid, "{number} can be paid");
}

/// The gateway's notice of a payment reaches us.
async fn tell(job: &Job, method: PaymentMethod, number: &str) {
    let gateway = Client::new(job.apis.pay_callback.clone());
    job.insist(async || match method {
        PaymentMethod::Alipay => {
            let body = job.world.alipay.notice(number);
            gateway.post_raw("/api/webhooks/alipay", &[], body).await
        }
        PaymentMethod::WechatPay => {
            let (headers, body) = job.world.wechatpay.notice(number);
            post(&gateway, "/api/webhooks/wechatpay", &headers, body).await
        }
    })
    .await;
}

async fn post(
    gateway: &Client,
    path: &str,
    headers: &[(String, String)],
    body: Vec<u8>,
) -> testkit::web::Answer {
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    gateway.post_raw(path, &headers, body).await
}

async fn give_up(job: &Job, id: &OrderId) {
    let company = job.company.at(&job.apis.order);
    let path = format!("/api/orders/{id}/cancel");
    job.insist(async || company.post(&path).await).await;
}

async fn paid(job: &Job, method: PaymentMethod) -> OrderId {
    let id = job.buy().await;
    let number = code(job, &id, method).await;
    phone(job, method, &number);
    tell(job, method, &number).await;
    id
}

/// Time goes by, with `reconcile` each minute, until every refund of the order has ended.
pub(crate) async fn until_back(job: &Job, id: &OrderId) {
    for _ in 0..40 {
        job.settle().await;
        if job.world.power.is_out() {
            job.recover().await;
        }
        let (work, outcomes) = (job.world.store.open_work(), job.world.store.open_outcomes());
        if !job.load(id).await.is_refunding() && work.is_empty() && outcomes.is_empty() {
            return;
        }
        job.world.clock.advance(SignedDuration::from_secs(61));
        job.reconcile().await;
    }
    panic!(
        "the money never is back: {:?} {:?}",
        job.load(id).await.refunds,
        job.world.power.struck()
    );
}

/// What the gateway gave back, by number.
fn gave_back(job: &Job, method: PaymentMethod) -> Vec<(String, Money)> {
    match method {
        PaymentMethod::Alipay => job.world.alipay.refunded(),
        PaymentMethod::WechatPay => job.world.wechatpay.refunded(),
    }
}

/// The books of everything balance, and are those of the gateways.
pub(crate) async fn check_books(job: &Job) {
    let postings = job.world.store.all_postings();
    let books = Books::of(&postings);
    let balances = balances(&postings);
    let mut held = Money::ZERO;
    for id in job.world.store.all_orders() {
        let order = job.load(&id).await;
        let own = postings.iter().filter(|posting| posting.order == id);
        let own = Books::of(own);
        let open: Money = order
            .refunds
            .iter()
            .filter(|refund| refund.is_open())
            .map(|refund| refund.amount)
            .sum();
        let undelivered = match order.display() {
            DisplayState::Cancelled
            | DisplayState::Refunding
            | DisplayState::Refunded
            | DisplayState::Completed
            | DisplayState::AwaitingPayment
            | DisplayState::Draft => Money::ZERO,
            _ => order.total,
        };
        assert_eq!(own.held(), open + undelivered, "{id}: {own:?}");
        held = held + own.held();
    }
    assert_eq!(books.held(), held);
    for method in METHODS {
        let numbers = match method {
            PaymentMethod::Alipay => job.world.alipay.paid(),
            PaymentMethod::WechatPay => job.world.wechatpay.paid(),
        };
        let mut there = Money::ZERO;
        for number in numbers {
            let order: OrderId = number.split_once('_').unwrap().0.parse().unwrap();
            let attempts = job.world.store.attempts(&order).await.unwrap();
            let attempt = attempts.iter().find(|a| a.number.to_string() == number);
            there = there + attempt.unwrap().amount;
        }
        for (_, amount) in gave_back(job, method) {
            there = there - amount;
        }
        let here = balances
            .get(&Account::of(method))
            .copied()
            .unwrap_or_default();
        assert_eq!(here, there, "{method:?}: {postings:#?}");
    }
}

/// An order that was given up, its money back, and nothing left to do.
async fn check(job: &Job, id: &OrderId, method: PaymentMethod) {
    let broken = job.world.power.struck();
    let order = job.load(id).await;
    assert_eq!(order.display(), DisplayState::Refunded, "{broken:?}");
    let refund = &order.refunds[0];
    assert_eq!(
        (order.refunds.len(), refund.state, refund.amount),
        (1, RefundState::Done, order.total),
        "{broken:?}"
    );
    assert_eq!(
        gave_back(job, method),
        [(format!("{id}_R1"), order.total)],
        "once, {broken:?}"
    );
    for (name, _, status) in job.world.states.runs() {
        assert_eq!(status, ExecutionStatus::Succeeded, "{name} {broken:?}");
    }
    assert_eq!(job.world.store.open_outcomes(), Vec::<String>::new());
    assert!(
        job.world.store.open_orders().await.unwrap().is_empty(),
        "{broken:?}"
    );
    check_books(job).await;
}

async fn cut_everywhere(method: PaymentMethod, moment: Moment, length: Length) {
    let first = Job::new(PowerCut::never()).await.world.power.writes() + 1;
    let mut struck = Vec::new();
    for number in first.. {
        let job = Job::new(PowerCut::at(number, moment, length)).await;
        let id = paid(&job, method).await;
        job.settle().await;
        give_up(&job, &id).await;
        until_back(&job, &id).await;
        check(&job, &id, method).await;
        match job.world.power.struck() {
            Some(place) => struck.push(place),
            None => break,
        }
    }
    let gateway = format!("{}.refund", method.as_str());
    for what in ["orders.commit", "states.start", gateway.as_str()] {
        assert!(
            struck.iter().any(|place| place.contains(what)),
            "{what} was never hit: {struck:?}"
        );
    }
}

#[tokio::test]
async fn an_outage_at_any_write_gives_money_back_once_by_alipay() {
    for moment in [Moment::Before, Moment::After] {
        cut_everywhere(PaymentMethod::Alipay, moment, Length::Outage).await;
    }
}

#[tokio::test]
async fn an_outage_at_any_write_gives_money_back_once_by_wechatpay() {
    for moment in [Moment::Before, Moment::After] {
        cut_everywhere(PaymentMethod::WechatPay, moment, Length::Outage).await;
    }
}

#[tokio::test]
async fn one_lost_answer_at_any_write_gives_money_back_once() {
    for method in METHODS {
        for moment in [Moment::Before, Moment::After] {
            cut_everywhere(method, moment, Length::Flicker).await;
        }
    }
}

/// Each stands at another point: both codes are alive, and both are paid.
#[tokio::test]
async fn money_that_comes_twice_goes_back_by_the_gateway_that_it_came_by() {
    for (first, second) in [
        (PaymentMethod::Alipay, PaymentMethod::WechatPay),
        (PaymentMethod::WechatPay, PaymentMethod::Alipay),
    ] {
        let job = Job::new(PowerCut::never()).await;
        let id = job.buy().await;
        let one = code(&job, &id, first).await;
        // WeChat Pay closes what nobody has scanned; Alipay knows nothing of it, so it lapses.
        let two = code(&job, &id, second).await;
        let attempts = job.world.store.attempts(&id).await.unwrap();
        let lapses = first == PaymentMethod::Alipay;
        let expected = if lapses {
            AttemptState::Lapsing
        } else {
            AttemptState::Closed
        };
        assert_eq!(attempts[0].state, expected);
        phone(&job, second, &two);
        tell(&job, second, &two).await;
        if lapses {
            phone(&job, first, &one);
            tell(&job, first, &one).await;
            until_back(&job, &id).await;
            let order = job.load(&id).await;
            assert_eq!(gave_back(&job, first), [(format!("{id}_R1"), order.total)]);
        } else {
            assert!(!job.world.wechatpay.pay(&one), "closed there");
        }
        job.settle().await;
        let order = job.load(&id).await;
        assert_eq!(order.display(), DisplayState::AwaitingMaterials);
        assert_eq!(order.payment.as_ref().unwrap().method, second);
        check_books(&job).await;
    }
}

/// A gateway that is down all along, or whose balance is short, costs time and nothing else.
#[tokio::test]
async fn a_refund_waits_for_a_gateway_and_goes_on() {
    for method in METHODS {
        let job = Job::new(PowerCut::never()).await;
        let id = paid(&job, method).await;
        job.settle().await;
        job.world.alipay.set_down(true);
        job.world.wechatpay.set_down(true);
        give_up(&job, &id).await;
        for _ in 0..12 {
            job.world.clock.advance(SignedDuration::from_mins(5));
            job.reconcile().await;
        }
        let refund = job.load(&id).await.refunds[0].clone();
        assert_eq!(refund.state, RefundState::Waiting);
        assert_eq!(refund.trouble.unwrap().hindrance, Hindrance::Unreachable);
        assert_eq!(gave_back(&job, method), []);
        job.world.alipay.set_down(false);
        job.world.wechatpay.set_down(false);
        job.world.alipay.set_refunds(alipay::Refunds::Short);
        job.world.wechatpay.set_refunds(wechatpay::Refunds::Short);
        for _ in 0..12 {
            job.world.clock.advance(SignedDuration::from_mins(15));
            job.reconcile().await;
        }
        let refund = job.load(&id).await.refunds[0].clone();
        assert_eq!(refund.trouble.unwrap().hindrance, Hindrance::Short);
        job.world.alipay.set_refunds(alipay::Refunds::Done);
        job.world
            .wechatpay
            .set_refunds(wechatpay::Refunds::Taken(wechatpay::RefundState::Success));
        for _ in 0..30 {
            job.world.clock.advance(SignedDuration::from_mins(61));
            job.reconcile().await;
        }
        check(&job, &id, method).await;
    }
}

/// WeChat Pay tells by itself, before it was asked again, and twice; and its answer comes after.
#[tokio::test]
async fn a_refund_notice_is_taken_once_and_only_for_what_we_asked() {
    let job = Job::new(PowerCut::never()).await;
    job.world.wechatpay.set_refunds(wechatpay::Refunds::Taken(
        wechatpay::RefundState::Processing,
    ));
    let id = paid(&job, PaymentMethod::WechatPay).await;
    job.settle().await;
    give_up(&job, &id).await;
    job.settle().await;
    let number = format!("{id}_R1");
    assert_eq!(job.load(&id).await.refunds[0].state, RefundState::Waiting);
    job.world
        .wechatpay
        .settle_refund(&number, wechatpay::RefundState::Success);
    let gateway = Client::new(job.apis.pay_callback.clone());
    for _ in 0..2 {
        let (headers, body) = job.world.wechatpay.refund_notice(&number);
        let path = "/api/webhooks/wechatpay/refund";
        let answer = post(&gateway, path, &headers, body).await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (204, ""));
        job.settle().await;
    }
    let version = job.load(&id).await.version;
    job.world.clock.advance(SignedDuration::from_hours(2));
    job.reconcile().await;
    assert_eq!(
        job.load(&id).await.version,
        version,
        "there is nothing left to do"
    );
    check(&job, &id, PaymentMethod::WechatPay).await;
}

/// A refund that the gateway cannot do: finance asks again, or two of them say that it was paid out by hand.
#[tokio::test]
async fn finance_settles_what_a_gateway_cannot() {
    let job = Job::new(PowerCut::never()).await;
    job.world
        .wechatpay
        .set_refunds(wechatpay::Refunds::Taken(wechatpay::RefundState::Abnormal));
    let id = paid(&job, PaymentMethod::WechatPay).await;
    job.settle().await;
    give_up(&job, &id).await;
    job.settle().await;
    let one = job
        .world
        .as_staff(&job.apis.finance, 8, &[Role::Finance])
        .await;
    let two = job
        .world
        .as_staff(&job.apis.finance, 9, &[Role::Finance])
        .await;
    let queue: RefundQueueView = one.get("/api/console/refunds?queue=needs_you").await.json();
    assert_eq!(queue.refunds.len(), 1);
    let row = &queue.refunds[0];
    assert_eq!(
        (&row.order, row.can_retry, row.can_settle),
        (&id, true, true)
    );
    let company: OrderView = job
        .company
        .at(&job.apis.order)
        .get(&format!("/api/orders/{id}"))
        .await
        .json();
    assert_eq!(
        company.refunds[0].progress,
        contract::order::RefundProgress::Delayed
    );

    let path = format!("/api/console/refunds/{id}/1");
    let row: RefundRow = one.post(&format!("{path}/retry")).await.json();
    assert_eq!(row.state, RefundState::Asking);
    job.settle().await;

    let wrong = one
        .post_json(&format!("{path}/settlement"), &json!({"reference": " "}))
        .await;
    assert_eq!(wrong.problem().errors[0].field, "reference");
    let told: RefundRow = one
        .post_json(
            &format!("{path}/settlement"),
            &json!({"reference": "BANK-77"}),
        )
        .await
        .json();
    assert!(told.settlement.as_ref().unwrap().mine && !told.can_retry);
    one.post(&format!("{path}/settlement/agree"))
        .await
        .refused(contract::error::ErrorCode::SecondPerson);
    one.post(&format!("{path}/retry"))
        .await
        .refused(contract::error::ErrorCode::NotInThisState);
    let agreed: RefundRow = two.post(&format!("{path}/settlement/agree")).await.json();
    assert_eq!(agreed.state, RefundState::Settled);
    let again: RefundRow = two.post(&format!("{path}/settlement/agree")).await.json();
    assert_eq!(again.state, RefundState::Settled);
    job.settle().await;

    let books: OrderBooks = one
        .get(&format!("/api/console/ledger/orders/{id}"))
        .await
        .json();
    assert_eq!(
        (books.books.paid, books.books.refunded, books.books.held),
        (books.total, books.total, Money::ZERO)
    );
    assert_eq!(books.postings.last().unwrap().credit, Account::Bank);
    let order = job.load(&id).await;
    assert_eq!(order.display(), DisplayState::Refunded);
    for (name, _, status) in job.world.states.runs() {
        assert_eq!(status, ExecutionStatus::Succeeded, "{name}");
    }
    // The gateway says later that it paid it out after all: that is nothing to be taken quietly.
    job.world
        .wechatpay
        .settle_refund(&format!("{id}_R1"), wechatpay::RefundState::Success);
    let gateway = Client::new(job.apis.pay_callback.clone());
    let (headers, body) = job.world.wechatpay.refund_notice(&format!("{id}_R1"));
    let answer = post(&gateway, "/api/webhooks/wechatpay/refund", &headers, body).await;
    assert_eq!(answer.status.as_u16(), 503);
}

/// The executions of refunds are lost: they are started anew, and nothing is given twice.
#[tokio::test]
async fn a_lost_execution_of_a_refund_is_started_anew() {
    for method in METHODS {
        let job = Job::new(PowerCut::never()).await;
        let id = paid(&job, method).await;
        job.settle().await;
        job.world.alipay.set_down(true);
        job.world.wechatpay.set_down(true);
        give_up(&job, &id).await;
        job.settle().await;
        job.world.states.lose_everything();
        job.world.alipay.set_down(false);
        job.world.wechatpay.set_down(false);
        let report = reconcile::run(&job.reconcile, ReconcileRequest { recover: true })
            .await
            .unwrap();
        assert_eq!((report.restarted, report.failed), (1, 0));
        let again = reconcile::run(&job.reconcile, ReconcileRequest { recover: true })
            .await
            .unwrap();
        assert_eq!((again.restarted, again.failed), (0, 0));
        for _ in 0..3 {
            job.world.clock.advance(SignedDuration::from_secs(61));
            job.reconcile().await;
        }
        let order = job.load(&id).await;
        assert_eq!(
            (order.refunds[0].state, order.refunds[0].run),
            (RefundState::Done, 2)
        );
        assert_eq!(gave_back(&job, method).len(), 1);
        check_books(&job).await;
    }
}

/// No notice and no question ever told of a payment; the bill of the day does, and it is recorded then.
#[tokio::test]
async fn the_bill_of_the_day_finds_what_nobody_told() {
    for method in METHODS {
        let job = Job::new(PowerCut::never()).await;
        let ports = statements(&job);
        let day = domain::ledger::day_of(job.world.clock.now());
        let request = StatementRequest { day: Some(day) };
        let quiet = paid(&job, method).await;
        // Paid after the order was given up, and no notice came.
        let lost = job.buy().await;
        let number = code(&job, &lost, method).await;
        phone(&job, method, &number);
        give_up(&job, &lost).await;
        // The bill is there on the next day, after noon at the latest.
        let early = statement::run(&ports, request.clone()).await.unwrap();
        assert_eq!(early.different, 0, "{method:?}: {early:?}");
        job.world.clock.advance(SignedDuration::from_hours(28));
        let report = statement::run(&ports, request.clone()).await.unwrap();
        assert_eq!((report.balanced, report.different), (1, 1), "{method:?}");
        let found: domain::statement::Statement = job
            .world
            .registry()
            .load(&adapters::registry::statement(day, method))
            .await
            .unwrap()
            .unwrap();
        let kinds: Vec<_> = found
            .differences
            .iter()
            .map(|difference| (difference.kind, difference.number.clone()))
            .collect();
        assert_eq!(kinds, [(DifferenceKind::PaymentRecordedLate, number)]);
        until_back(&job, &lost).await;
        check_books(&job).await;
        assert_eq!(
            job.load(&quiet).await.display(),
            DisplayState::AwaitingMaterials
        );
        // Read again: what was put right stays on the list, and nothing new is found.
        statement::run(&ports, request).await.unwrap();
        check_books(&job).await;
    }
}

fn statements(job: &Job) -> statement::Ports {
    let world = &job.world;
    statement::Ports {
        orders: world.store.clone(),
        attempts: world.store.clone(),
        registry: world.store.clone(),
        payments: world.payments(),
        policies: world.policies.clone(),
        clock: Arc::clone(&world.clock) as Arc<dyn adapters::ports::Clock>,
    }
}

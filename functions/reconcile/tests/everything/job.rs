//! The whole job in one process, from the draft to the parcel at the door: every function through its real
//! router or handler, both state machines, the table's stream, and `reconcile`.
//!
//! A crash between any two writes loses nothing and does nothing twice: what each test here breaks is mended
//! by trying again and by `reconcile` alone.

use std::sync::Arc;

use adapters::ports::{
    Attempts as _, Clock as _, ExecutionStatus, Lists as _, Orders as _, Outstanding as _,
};
use adapters::registry::{self, CRL, CRL_MARKS, CrlWanted};
use async_trait::async_trait;
use contract::agent::{Act, JOSE, TicketView};
use contract::error::ErrorCode;
use contract::order::OrderView;
use contract::payment::PaymentView;
use contract::step::{InvoiceStep, LineStep, ReconcileReport, ReconcileRequest, RefundStep};
use contract::upload::PaperUploadView;
use domain::actor::Role;
use domain::certificate::{KeyPurpose, Register};
use domain::ids::{LineNo, OrderId};
use domain::notice::NoticeKind;
use domain::operation::OperationState;
use domain::order::{DisplayState, LineStage, Order, OrderState, UnitState};
use domain::payment::{AttemptState, Disposition};
use domain::work::Task;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::agent::{Agent, DeskKey, Token, Wire, make_keys};
use testkit::power::{Length, Moment, PowerCut};
use testkit::states::Steps;
use testkit::web::{Answer, Client};
use testkit::world::World;
use testkit::{courier, orders, pki};

use crate::apis::Apis;
use reconcile::audit::AuditPorts;

/// Tries that a patient person makes before giving up.
const PATIENCE: u32 = 6;

struct RealSteps {
    papers: paper_check::Ports,
    shipment: book_shipment::Ports,
    refund: refund::Ports,
    invoice: invoice::Ports,
}

#[async_trait]
impl Steps for RealSteps {
    async fn call(&self, state: LineStage, input: LineStep) -> Result<(), String> {
        let done = match state {
            LineStage::CheckPapers => paper_check::run(&self.papers, input).await,
            _ => book_shipment::run(&self.shipment, input).await,
        };
        done.map(|_| ())
            .map_err(|error| error.code.as_str().to_owned())
    }

    async fn refund(&self, input: RefundStep) -> Result<(), String> {
        let done = refund::run(&self.refund, input).await;
        done.map(|_| ())
            .map_err(|error| error.code.as_str().to_owned())
    }

    async fn invoice(&self, input: InvoiceStep) -> Result<(), String> {
        let done = invoice::run(&self.invoice, input).await;
        done.map(|_| ())
            .map_err(|error| error.code.as_str().to_owned())
    }
}

/// The desk's agent insists too.
#[async_trait(?Send)]
impl Wire for Job {
    fn now(&self) -> i64 {
        self.world.clock.now().as_second()
    }

    async fn say(&self, act: Act, call: String) -> Result<Vec<u8>, String> {
        let router = match act {
            Act::RequestCertificates => &self.apis.ca,
            Act::RequestSeal => &self.apis.seal_maker,
            _ => &self.apis.ticket,
        };
        let client = Client::new(router.clone());
        let path = format!("/{}", act.path());
        let headers = [("content-type", JOSE)];
        let answer = self
            .insist(async || {
                let call = call.clone().into_bytes();
                client.post_raw(&path, &headers, call).await
            })
            .await;
        Ok(answer.body.to_vec())
    }
}

/// Everything, and everybody at their desks.
pub(crate) struct Job {
    pub(crate) world: World,
    steps: RealSteps,
    pub(crate) reconcile: reconcile::Ports,
    lists: crl::Ports,
    /// Does the stream reach `dispatch`?
    pub(crate) dispatch: bool,
    /// Do Alipay's notices reach us?
    pub(crate) notices: bool,
    /// Do two rounds of `reconcile` run at once?
    pub(crate) twins: bool,
    /// The invoice that its orders ask for.
    pub(crate) invoice: Value,
    pub(crate) company: Client,
    reviewer: Client,
    maker: Client,
    shipper: Client,
    desk: DeskKey,
    pub(crate) apis: Apis,
}

impl Job {
    pub(crate) async fn new(power: Arc<PowerCut>) -> Self {
        // On the heap: the whole world is much for one frame.
        Box::pin(Self::opened(power)).await
    }

    async fn opened(power: Arc<PowerCut>) -> Self {
        // Nobody was at work yet: taking people on is not part of the job.
        let world = World::with_power(power).await;
        let (store, clock, policies) = (
            world.store.clone(),
            world.clock.clone(),
            world.policies.clone(),
        );
        let (objects, secrets) = (world.objects.clone(), world.secrets.clone());
        let apis = Apis::new(&world);
        let steps = RealSteps {
            papers: paper_check::Ports {
                orders: store.clone(),
                papers: store.clone(),
                objects,
                policies: policies.clone(),
                clock: clock.clone(),
            },
            shipment: book_shipment::Ports {
                orders: store.clone(),
                secrets,
                policies: policies.clone(),
                clock: clock.clone(),
            },
            refund: refund::Ports {
                orders: store.clone(),
                gateways: world.gateways.clone(),
                policies: policies.clone(),
                clock: clock.clone(),
            },
            invoice: invoice::Ports {
                orders: store.clone(),
                secrets: world.secrets.clone(),
                cipher: world.cipher.clone(),
                objects: world.invoices.clone(),
                policies: policies.clone(),
                clock: clock.clone(),
            },
        };
        let audit = AuditPorts {
            registry: store.clone(),
            heads: world.objects.clone(),
            signer: pki::kms_key(world.power.clone()),
        };
        let lists = crl::Ports {
            registry: store.clone(),
            public: world.objects.clone(),
            lists: pki::lists(world.power.clone()),
            clock: clock.clone(),
        };
        let reconcile = reconcile::Ports {
            registry: store.clone(),
            audit,
            outstanding: store.clone(),
            orders: store.clone(),
            attempts: store.clone(),
            executions: world.states.clone(),
            worker: world.worker(),
            payments: world.payments(),
            policies,
            clock,
            stage: "local".to_owned(),
        };
        world.stock().await;
        world
            .blanks(orders::key_with_seal().medium, &["CPP-1", "CPP-2"])
            .await;
        let desk = world.enrolled(1).await;
        let company = world.as_company(&apis.order, 1).await;
        let reviewer = world.as_staff(&apis.review, 1, &[Role::Reviewer]).await;
        let maker = world.as_staff(&apis.review, 2, &[Role::Maker]).await;
        let shipper = world.as_staff(&apis.review, 3, &[Role::Shipper]).await;
        Self {
            world,
            steps,
            reconcile,
            lists,
            dispatch: true,
            notices: true,
            twins: false,
            invoice: Value::Null,
            company,
            reviewer,
            maker,
            shipper,
            desk,
            apis,
        }
    }

    /// The stream reaches `dispatch` and `crl`, the machines go on, until all is quiet or dark.
    pub(crate) async fn settle(&self) {
        let worker = self.world.worker();
        loop {
            self.world
                .states
                .drive(&self.world.store, &self.steps)
                .await;
            if self.dispatch {
                // What it cannot publish now is asked for again.
                let _ = crl::run(&self.lists).await;
            }
            let records = self.world.store.take_stream();
            if records.is_empty() || self.world.power.is_out() || !self.dispatch {
                return;
            }
            let batch: dispatch::Batch =
                serde_json::from_value(json!({ "Records": records })).unwrap();
            dispatch::run(&worker, batch).await;
        }
    }

    pub(crate) async fn reconcile(&self) -> ReconcileReport {
        // The power may go out in this very round, when it signs the audit; the next one goes on.
        let round =
            async || match reconcile::run(&self.reconcile, ReconcileRequest::default()).await {
                Ok(report) => report,
                Err(_) if self.world.power.is_out() => {
                    self.world.power.restore();
                    reconcile::run(&self.reconcile, ReconcileRequest::default())
                        .await
                        .unwrap()
                }
                Err(error) => panic!("{error:?}"),
            };
        let report = if self.twins {
            let (one, _) = tokio::join!(Box::pin(round()), Box::pin(round()));
            one
        } else {
            round().await
        };
        self.settle().await;
        report
    }

    /// The power is back. What was on its way is lost; two minutes later `reconcile` has had its turn.
    pub(crate) async fn recover(&self) {
        drop(self.world.store.take_stream());
        self.world.power.restore();
        for _ in 0..3 {
            self.world.clock.advance(SignedDuration::from_secs(61));
            self.settle().await;
            self.reconcile().await;
        }
    }

    /// Somebody does something, and again while they are told to try again later. Nothing else may they be
    /// told: not that they did wrong, not that we have a defect.
    pub(crate) async fn insist(&self, act: impl AsyncFn() -> Answer) -> Answer {
        for _ in 0..PATIENCE {
            let answer = Box::pin(act()).await;
            let told_to_wait = if answer.text() == "fail" || answer.text().contains("\"FAIL\"") {
                true
            } else if answer.status.is_success() {
                false
            } else {
                let problem = answer.problem();
                assert!(
                    problem.code.is_retryable(),
                    "{problem:?} after {:?}",
                    self.world.power.struck()
                );
                true
            };
            let dark = self.world.power.is_out();
            self.settle().await;
            if !told_to_wait && !dark && !self.world.power.is_out() {
                return answer;
            }
            self.recover().await;
        }
        panic!("it never works; {:?}", self.world.power.struck());
    }

    pub(crate) async fn load(&self, id: &OrderId) -> Order {
        self.world.store.load(id).await.unwrap().unwrap()
    }

    /// Time goes by until the line is where somebody can go on with it.
    pub(crate) async fn until(&self, id: &OrderId, stage: LineStage) {
        for _ in 0..PATIENCE {
            self.settle().await;
            if self.world.power.is_out() {
                self.recover().await;
                continue;
            }
            let order = self.load(id).await;
            if order.line_stage(&order.lines[0]) == stage {
                return;
            }
            self.recover().await;
        }
        let order = self.load(id).await;
        panic!(
            "{:?} never comes, it is {:?} ({:?}, {:?})",
            stage,
            order.line_stage(&order.lines[0]),
            self.world.power.struck(),
            self.world.states.runs(),
        );
    }

    /// The job. Returns the order that it was done for.
    async fn run(&self) -> OrderId {
        let id = self.buy().await;
        self.pay(&id).await;
        self.until(&id, LineStage::AwaitMaterials).await;
        self.hand_in(&id).await;
        self.until(&id, LineStage::AwaitReview).await;
        self.review_and_make(&id).await;
        self.until(&id, LineStage::AwaitCollection).await;
        self.ship(&id).await;
        self.until(&id, LineStage::Completed).await;
        id
    }

    pub(crate) async fn buy(&self) -> OrderId {
        self.buy_at("none").await
    }

    /// An order of this speed.
    pub(crate) async fn buy_at(&self, speed: &str) -> OrderId {
        let draft = json!({
            "storefront": "mall",
            "lines": [{"sku": "key-with-seal", "quantity": 2}],
            "urgency": speed,
            "delivery": {"kind": "courier_prepaid", "address": orders::address()},
            "invoice": self.invoice,
        });
        let company = self.company.at(&self.apis.order);
        let made: OrderView = self
            .insist(async || company.post_json("/api/orders", &draft).await)
            .await
            .json();
        let path = format!("/api/orders/{}/submit", made.id);
        let order: OrderView = self.insist(async || company.post(&path).await).await.json();
        assert_eq!(order.display, DisplayState::AwaitingPayment);
        order.id
    }

    pub(crate) async fn pay(&self, id: &OrderId) {
        let company = self.company.at(&self.apis.pay);
        let path = format!("/api/orders/{id}/payments");
        let body = json!({"method": "alipay"});
        let view: PaymentView = self
            .insist(async || company.post_json(&path, &body).await)
            .await
            .json();
        let attempt = view.attempt.unwrap();
        assert_eq!(
            (attempt.state, attempt.qr.is_some()),
            (AttemptState::Open, true)
        );
        assert!(
            self.world.alipay.pay(&attempt.number),
            "the code can be paid"
        );
        if self.notices {
            let notice = self.world.alipay.notice(&attempt.number);
            let gateway = Client::new(self.apis.pay_callback.clone());
            let answer = self
                .insist(async || {
                    gateway
                        .post_raw("/api/webhooks/alipay", &[], notice.clone())
                        .await
                })
                .await;
            assert_eq!(answer.text(), "success");
        }
    }

    pub(crate) async fn hand_in(&self, id: &OrderId) {
        let company = self.company.at(&self.apis.upload);
        let path = format!("/api/orders/{id}/lines/1/papers");
        let mut papers = Vec::new();
        for kind in ["business_licence", "authorisation_letter", "seal_sheet"] {
            let png = match kind {
                "seal_sheet" => orders::seal_sheet(),
                _ => orders::png(),
            };
            let body = json!({
                "kind": kind, "file_name": "扫描.png", "format": "image/png",
                "length": png.len(), "sha256": "0".repeat(64),
            });
            let view: PaperUploadView = self
                .insist(async || company.post_json(&path, &body).await)
                .await
                .json();
            assert!(
                self.world
                    .objects
                    .upload(&view.url, "image/png", png, self.world.clock.now())
            );
            papers.push(view.paper);
        }
        let body = json!({"basic": orders::basic(), "papers": papers});
        let path = format!("/api/orders/{id}/lines/1/materials");
        let company = self.company.at(&self.apis.order);
        let order: OrderView = self
            .insist(async || company.post_json(&path, &body).await)
            .await
            .json();
        assert_eq!(order.display, DisplayState::UnderReview);
    }

    pub(crate) async fn review_and_make(&self, id: &OrderId) {
        self.approve(id).await;
        self.make(id).await;
    }

    pub(crate) async fn approve(&self, id: &OrderId) {
        let reviewer = self.reviewer.at(&self.apis.review);
        let path = format!("/api/console/reviews/{id}/1");
        let claim = format!("{path}/claim");
        let view = self.insist(async || reviewer.post(&claim).await).await;
        let body = json!({"seals": orders::stamps_of(&view.json())});
        let path = format!("{path}/approve");
        self.insist(async || reviewer.post_json(&path, &body).await)
            .await;
    }

    pub(crate) async fn make(&self, id: &OrderId) {
        let maker = self.maker.at(&self.apis.ticket);
        let path = format!("/api/console/production/{id}/1/operations");
        let view: TicketView = self.insist(async || maker.post(&path).await).await.json();
        let tokens = [1, 2].map(|no| Token {
            serial: format!("CPP-{no}"),
            no,
        });
        let agent = Agent::new(9);
        let made = make_keys(self, &view, &agent, &self.desk, &tokens).await;
        let made = made.unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(made[1].view.state, OperationState::Done);
    }

    pub(crate) async fn ship(&self, id: &OrderId) {
        let desk = self.shipper.at(&self.apis.shipping);
        let path = format!("/api/console/shipping/{id}/1/handed-over");
        self.insist(async || desk.post(&path).await).await;
        let waybill = self.load(id).await.lines[0].waybill.clone().unwrap();
        let at = self.world.clock.now();
        let courier = Client::new(self.apis.shipping.clone());
        self.insist(async || {
            let message =
                courier::message("e-9", &waybill, "delivered", at, self.world.clock.now());
            let headers = [
                ("x-courier-timestamp", message.timestamp.as_str()),
                ("x-courier-signature", message.signature.as_str()),
            ];
            courier
                .post_raw("/api/webhooks/courier", &headers, message.body)
                .await
        })
        .await;
    }

    /// How it must be in the end, whatever happened on the way.
    async fn check(&self, id: &OrderId) {
        let world = &self.world;
        // Whatever is still due comes due.
        for _ in 0..4 {
            world.clock.advance(SignedDuration::from_mins(70));
            self.settle().await;
            self.reconcile().await;
        }
        let broken = world.power.struck();
        let order = self.load(id).await;
        assert_eq!(
            (order.state, order.display()),
            (OrderState::Completed, DisplayState::Completed),
            "{broken:?}"
        );
        assert!(
            order.lines[0]
                .all_units()
                .iter()
                .all(|unit| unit.state == UnitState::HandedOver)
        );

        // The history is whole, and each thing happened once.
        let history = world.store.history(id).await.unwrap();
        let numbers: Vec<u32> = history.iter().map(|record| record.seq).collect();
        assert_eq!(numbers, (1..=order.events).collect::<Vec<_>>());
        let times = |event: &str| {
            history
                .iter()
                .filter(|record| record.event == event)
                .count()
        };
        for (event, count) in [
            ("submitted", 1),
            ("payment_received", 1),
            ("payment_to_refund", 0),
            ("materials_submitted", 1),
            ("papers_checked", 1),
            ("approved", 1),
            ("unit_begun", 2),
            ("certificate_issued", 2),
            ("unit_made", 2),
            ("shipment_booked", 1),
            ("handed_to_courier", 1),
            ("delivered", 1),
            ("restarted", order.run as usize - 1),
        ] {
            assert_eq!(times(event), count, "{event} after {broken:?}");
        }

        // The money is on record once, and so it is at the gateway.
        let attempts = world.store.attempts(id).await.unwrap();
        let counted = attempts
            .iter()
            .filter(|attempt| attempt.disposition == Some(Disposition::Counted))
            .count();
        let receipts = attempts
            .iter()
            .filter(|attempt| attempt.receipt.is_some())
            .count();
        assert_eq!(
            (counted, receipts, world.alipay.paid().len()),
            (1, 1, 1),
            "{broken:?}"
        );
        assert!(
            world
                .store
                .due_attempts(world.clock.now(), 100)
                .await
                .unwrap()
                .is_empty()
        );

        // One certificate for each key and attempt, the one that the key says; one waybill.
        let records = world.store.all_issuances();
        assert_eq!(records.len(), 2, "{broken:?}");
        for record in &records {
            let unit = order.lines[0].unit(record.unit).unwrap();
            let serial = &record.part(KeyPurpose::Sign).unwrap().serial;
            assert_eq!(unit.certificate.unwrap().serial, *serial);
            assert!(record.is_finished());
        }
        // The register has just these, all of them good; nobody waits for a revocation list, but `reconcile` for the
        // first one, which function `crl` would make.
        let registry = world.registry();
        let register: Register = {
            let key = registry::register(id, LineNo(1));
            registry.load(&key).await.unwrap().unwrap()
        };
        assert_eq!(register.keys.len(), 2, "{broken:?}");
        assert_eq!(register.listed().count(), 0, "{broken:?}");
        let wanted: Vec<CrlWanted> = registry.load_all(CRL, CRL_MARKS).await.unwrap();
        assert!(
            wanted.iter().all(|it| *it == CrlWanted::again(it.at)),
            "{broken:?}: {wanted:?}"
        );
        let waybills: Vec<String> = world.courier.waybills().into_values().collect();
        assert_eq!(
            waybills,
            [order.lines[0].waybill.clone().unwrap()],
            "{broken:?}"
        );
        assert_eq!(world.store.all_parcels().len(), 1);

        // Executions: each name ran once and ended as business does; nothing waits, nothing is left to do.
        for (name, _, status) in world.states.runs() {
            assert_eq!(
                status,
                ExecutionStatus::Succeeded,
                "{name} {:?} {broken:?}",
                world.states.ended_in(&name)
            );
        }
        assert_eq!(
            world.states.ended_in(&order.execution().name()).as_deref(),
            Some("OrderCompleted")
        );
        assert_eq!(
            world
                .states
                .ended_in(&order.line_execution(LineNo(1)).name())
                .as_deref(),
            Some("LineCompleted")
        );
        assert_eq!(world.store.open_work(), Vec::<String>::new(), "{broken:?}");
        assert_eq!(
            world.store.open_outcomes(),
            Vec::<String>::new(),
            "{broken:?}"
        );
        assert!(
            world.store.open_orders().await.unwrap().is_empty(),
            "{broken:?}"
        );
        for stage in LineStage::ALL {
            assert!(
                world
                    .store
                    .queue(*stage, None, 10)
                    .await
                    .unwrap()
                    .rows
                    .is_empty(),
                "{stage:?}"
            );
        }
        self.check_notices();
    }

    /// Every notice that was written was sent: at least once, and more often only where power was lost.
    fn check_notices(&self) {
        let (mails, texts) = (self.world.mail.sent(), self.world.sms.sent());
        let mut wanted = (0, 0);
        let mut kinds = Vec::new();
        for item in self.world.store.all_work() {
            if let Task::Notice {
                notice, channel, ..
            } = item.task
            {
                match channel {
                    domain::notice::Channel::Mail => wanted.0 += 1,
                    domain::notice::Channel::Sms => wanted.1 += 1,
                }
                kinds.push(notice);
            }
        }
        for kind in [
            NoticeKind::OrderSubmitted,
            NoticeKind::OrderPaid,
            NoticeKind::PapersApproved,
            NoticeKind::LineShipped,
            NoticeKind::LineDelivered,
        ] {
            assert!(kinds.contains(&kind), "{kind:?}");
        }
        let mut twice = usize::from(self.world.power.struck().is_some());
        if self.twins {
            twice = wanted.0 + wanted.1;
        }
        assert!(
            (wanted.0..=wanted.0 + twice).contains(&mails.len()),
            "{} mails for {}",
            mails.len(),
            wanted.0
        );
        assert!(
            (wanted.1..=wanted.1 + twice).contains(&texts.len()),
            "{} texts for {}",
            texts.len(),
            wanted.1
        );
    }
}

/// How many writes happen before the job begins: people and products.
async fn writes_before_the_job() -> u32 {
    Job::new(PowerCut::never()).await.world.power.writes()
}

/// Does the job once for each of its writes, and loses the power there.
async fn cut_everywhere(moment: Moment, length: Length) {
    let first = writes_before_the_job().await + 1;
    let mut struck = Vec::new();
    for number in first.. {
        let job = Job::new(PowerCut::at(number, moment, length)).await;
        let id = job.run().await;
        job.check(&id).await;
        match job.world.power.struck() {
            Some(place) => struck.push(place),
            None => break,
        }
    }
    // Every kind of write of the job was hit; a new port that is not counted would show here.
    for what in [
        "orders.commit",
        "attempts.save",
        "papers.announce",
        "papers.set_previews",
        "certificates.begin",
        "certificates.finish",
        "work.done",
        "waits.over",
        "states.start",
        "states.wake",
        "mail.send",
        "sms.send",
        "objects.write",
        "alipay.create",
        "courier.book",
        "kms.sign",
    ] {
        assert!(
            struck.iter().any(|place| place.contains(what)),
            "{what} was never hit in {} writes",
            struck.len()
        );
    }
}

#[tokio::test]
async fn a_job_without_trouble_needs_no_reconcile() {
    let job = Job::new(PowerCut::never()).await;
    let id = job.run().await;
    let report = reconcile::run(&job.reconcile, ReconcileRequest::default())
        .await
        .unwrap();
    // What the three at their desks did is signed, and the first revocation list asked for; nothing else is left.
    let signed = ReconcileReport {
        signed: 3,
        lists: 1,
        ..ReconcileReport::default()
    };
    assert_eq!(report, signed);
    job.check(&id).await;
    assert_eq!(job.load(&id).await.run, 1);
    assert!(
        job.world
            .states
            .runs()
            .iter()
            .all(|(_, starts, _)| *starts == 1)
    );
}

#[tokio::test]
async fn an_outage_before_any_write_loses_nothing_and_does_nothing_twice() {
    cut_everywhere(Moment::Before, Length::Outage).await;
}

#[tokio::test]
async fn an_outage_after_any_write_loses_nothing_and_does_nothing_twice() {
    cut_everywhere(Moment::After, Length::Outage).await;
}

#[tokio::test]
async fn one_write_that_fails_loses_nothing_and_does_nothing_twice() {
    cut_everywhere(Moment::Before, Length::Flicker).await;
}

#[tokio::test]
async fn one_answer_that_is_lost_loses_nothing_and_does_nothing_twice() {
    cut_everywhere(Moment::After, Length::Flicker).await;
}

/// `dispatch` is dead and no notice of Alipay ever arrives.
#[tokio::test]
async fn reconcile_alone_gets_a_job_done() {
    let mut job = Job::new(PowerCut::never()).await;
    job.dispatch = false;
    job.notices = false;
    let id = job.run().await;
    job.check(&id).await;
    assert_eq!(job.load(&id).await.run, 1, "nothing had to be started anew");
    assert!(
        job.world
            .alipay
            .asked()
            .iter()
            .any(|asked| asked.starts_with("query"))
    );
}

/// Two rounds of `reconcile` at once, all the way, for a minute may be too short for one: only a notice may
/// go out twice.
#[tokio::test]
async fn two_rounds_of_reconcile_at_once_do_everything_once() {
    let mut job = Job::new(PowerCut::never()).await;
    job.dispatch = false;
    job.notices = false;
    job.twins = true;
    let id = job.run().await;
    job.check(&id).await;
    assert_eq!(job.load(&id).await.run, 1);
}

/// All executions are gone, at each point of the way: `reconcile` starts them anew under new names.
#[tokio::test]
async fn lost_executions_are_started_anew_at_every_point() {
    for point in 0..6 {
        let job = Job::new(PowerCut::never()).await;
        let lose = async |at: u32| {
            if at != point {
                return;
            }
            job.settle().await;
            job.world.states.lose_everything();
            let report = reconcile::run(&job.reconcile, ReconcileRequest { recover: true })
                .await
                .unwrap();
            assert_eq!((report.restarted, report.failed), (1, 0), "at {at}");
            let again = reconcile::run(&job.reconcile, ReconcileRequest { recover: true })
                .await
                .unwrap();
            assert_eq!(
                (again.restarted, again.failed),
                (0, 0),
                "at {at}: what was started anew runs"
            );
            job.settle().await;
        };
        let id = job.buy().await;
        lose(0).await;
        job.pay(&id).await;
        job.until(&id, LineStage::AwaitMaterials).await;
        lose(1).await;
        job.hand_in(&id).await;
        job.until(&id, LineStage::AwaitReview).await;
        lose(2).await;
        job.review_and_make(&id).await;
        job.until(&id, LineStage::AwaitCollection).await;
        lose(3).await;
        let desk = job.shipper.at(&job.apis.shipping);
        let path = format!("/api/console/shipping/{id}/1/handed-over");
        job.insist(async || desk.post(&path).await).await;
        lose(4).await;
        job.ship(&id).await;
        job.until(&id, LineStage::Completed).await;
        let order = job.load(&id).await;
        assert_eq!(order.state, OrderState::Completed);
        assert_eq!(order.run, if point < 5 { 2 } else { 1 });
        assert_eq!(job.world.store.all_parcels().len(), 1);
        let last: Vec<_> = job
            .world
            .states
            .runs()
            .into_iter()
            .filter(|(name, ..)| name.ends_with("-2"))
            .collect();
        assert!(
            last.iter()
                .all(|(_, _, status)| *status == ExecutionStatus::Succeeded),
            "{last:?}"
        );
    }
}

/// The courier does not answer: the machine asks again, and the line waits without harm.
#[tokio::test]
async fn a_courier_who_is_down_holds_the_line_and_nothing_else() {
    let job = Job::new(PowerCut::never()).await;
    job.world.courier.set_down(true);
    let id = job.buy().await;
    job.pay(&id).await;
    job.hand_in(&id).await;
    job.until(&id, LineStage::AwaitReview).await;
    job.review_and_make(&id).await;
    job.until(&id, LineStage::BookShipment).await;
    let row: Value = job
        .shipper
        .at(&job.apis.shipping)
        .get("/api/console/shipping")
        .await
        .json();
    assert_eq!(row["lines"][0]["stage"], "BookShipment");
    job.world.courier.set_down(false);
    job.until(&id, LineStage::AwaitCollection).await;
    job.ship(&id).await;
    job.until(&id, LineStage::Completed).await;
    job.check(&id).await;
    assert_eq!(
        ErrorCode::CourierUnavailable.as_str(),
        "courier_unavailable"
    );
}

//! Invoices in one process: issued, mailed, taken back, with the power cut at every write, by finance and customer
//! service when the platform or a rule cannot (R12, R13, R73, R74, R75).

use std::sync::Arc;

use adapters::ports::{Clock as _, ExecutionStatus, FieldCipher as _, Objects as _, Orders as _};
use contract::company::CompanyFile;
use contract::console::ConsoleOrder;
use contract::error::ErrorCode;
use contract::invoice::{
    InvoiceFileView, InvoiceList, InvoiceProgress, InvoiceQueueView, InvoiceRow, InvoiceView,
};
use contract::order::OrderView;
use domain::actor::Role;
use domain::company::InvoiceTitle;
use domain::ids::OrderId;
use domain::invoice::{InvoiceState, TaxHindrance, file_key};
use domain::order::{InvoiceChoice, LineStage};
use domain::policy::InvoiceKind;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders::{self, Point};
use testkit::power::{Length, Moment, PowerCut};
use testkit::tax::Mood;
use testkit::web::Client;

use crate::job::Job;
use crate::refunds::{check_books, until_back};

const FORMATS: [&str; 3] = ["pdf", "ofd", "xml"];

/// An order of the order service, approved just now, that asks for this invoice.
async fn approved(power: Arc<PowerCut>, choice: InvoiceChoice) -> (Job, OrderId) {
    let job = Job::new(power).await;
    let now = job.world.clock.now();
    let mut draft = orders::draft(1, 7, &[(orders::counter_key(), 2)], now);
    draft.invoice = Some(choice);
    let journey = orders::bring(1, draft, Point::Approved, now);
    let written = journey.write(&job.world.store, &job.world.objects).await;
    written.unwrap();
    (job, journey.order.id)
}

fn ordinary() -> InvoiceChoice {
    orders::invoice(InvoiceKind::ElectronicOrdinary)
}

async fn state(job: &Job, id: &OrderId, no: u32) -> InvoiceState {
    job.load(id).await.invoice(no).unwrap().state
}

/// Time goes by, with `reconcile` each minute, until the invoice stands so.
async fn until(job: &Job, id: &OrderId, no: u32, wanted: InvoiceState) {
    for _ in 0..20 {
        job.settle().await;
        if job.world.power.is_out() {
            job.recover().await;
        }
        let order = job.load(id).await;
        let quiet =
            job.world.store.open_work().is_empty() && job.world.store.open_outcomes().is_empty();
        if quiet && order.invoice(no).is_some_and(|it| it.state == wanted) {
            return;
        }
        job.world.clock.advance(SignedDuration::from_secs(61));
        job.reconcile().await;
    }
    panic!(
        "{wanted:?} never comes: {:?} {:?}",
        job.load(id).await.invoices,
        job.world.power.struck()
    );
}

async fn times(job: &Job, id: &OrderId, event: &str) -> usize {
    let history = job.world.store.history(id).await.unwrap();
    let same = history.iter().filter(|record| record.event == event);
    same.count()
}

fn mails(job: &Job) -> Vec<adapters::ports::Mail> {
    let mails = job.world.mail.sent().into_iter();
    mails
        .filter(|mail| mail.subject.contains("发票已开具"))
        .collect()
}

fn path(id: &OrderId, no: u32) -> String {
    format!("/api/orders/{id}/invoices/{no}")
}

/// covers: R73, R75
#[tokio::test]
async fn an_approved_order_is_billed_mailed_and_listed_by_itself() {
    let (job, id) = approved(PowerCut::never(), ordinary()).await;
    job.settle().await;
    let order = job.load(&id).await;
    let invoice = order.invoice(1).unwrap();
    assert_eq!(
        (invoice.state, invoice.amount),
        (InvoiceState::Issued, order.total)
    );
    let number = invoice.number.clone().unwrap();
    assert_eq!(job.world.tax.standing(), std::slice::from_ref(&number));
    let billed = &job.world.tax.orders()[&format!("{id}_I1")];
    assert_eq!(billed["buyer"]["title"], "南京示例科技有限公司");
    assert_eq!(billed["amount"], order.total.to_string());
    assert_eq!(billed["buyer"]["account"], Value::Null);

    // With its three files, to the mailbox of the title.
    let [mail] = mails(&job).try_into().unwrap();
    assert_eq!(mail.to, "invoice@example.cn");
    let names: Vec<&str> = mail.files.iter().map(|file| file.name.as_str()).collect();
    let wanted = FORMATS.map(|format| format!("invoice-{number}.{format}"));
    assert_eq!(names, wanted);
    assert_eq!(mail.files[0].bytes, format!("pdf of {number}").into_bytes());

    let company = job.company.at(&job.apis.order);
    let list: InvoiceList = company.get("/api/invoices").await.json();
    assert_eq!(list.invoices.len(), 1);
    let view: InvoiceView = company.get(&path(&id, 1)).await.json();
    assert_eq!(
        (view.progress, view.number.as_ref(), view.can_send),
        (InvoiceProgress::Issued, Some(&number), true)
    );
    for format in FORMATS {
        let file: InvoiceFileView = company
            .get(&format!("{}/files/{format}", path(&id, 1)))
            .await
            .json();
        assert!(file.url.contains(&file_key(&id, 1, format)), "{file:?}");
    }
    company
        .get(&format!("{}/files/exe", path(&id, 1)))
        .await
        .refused(ErrorCode::NotFound);
    // Nobody else's.
    let stranger = job.world.as_company(&job.apis.order, 2).await;
    for other in [
        path(&id, 1),
        format!("{}/files/pdf", path(&id, 1)),
        path(&id, 2),
    ] {
        stranger.get(&other).await.refused(ErrorCode::NotFound);
    }
    let none: InvoiceList = stranger.get("/api/invoices").await.json();
    assert_eq!(none.invoices.len(), 0);

    // Once more when asked, and not twice by a double click.
    let send = format!("{}/mail", path(&id, 1));
    company.post(&send).await.json::<InvoiceView>();
    job.settle().await;
    assert_eq!(mails(&job).len(), 1, "it went out a moment ago");
    job.world.clock.advance(SignedDuration::from_mins(6));
    for _ in 0..2 {
        company.post(&send).await.json::<InvoiceView>();
        job.settle().await;
    }
    assert_eq!(mails(&job).len(), 2);
}

async fn cut_everywhere(moment: Moment, length: Length) {
    let (before, _) = Box::pin(approved(PowerCut::never(), ordinary())).await;
    let mut struck = Vec::new();
    for number in before.world.power.writes() + 1.. {
        let (job, id) = Box::pin(approved(PowerCut::at(number, moment, length), ordinary())).await;
        until(&job, &id, 1, InvoiceState::Issued).await;
        let broken = job.world.power.struck();
        let order = job.load(&id).await;
        assert_eq!(order.invoices.len(), 1, "{broken:?}");
        assert_eq!(times(&job, &id, "invoice_issued").await, 1, "{broken:?}");
        assert_eq!(job.world.tax.standing().len(), 1, "{broken:?}");
        for format in FORMATS {
            let key = file_key(&id, 1, format);
            let there = job.world.invoices.info(&key).await.unwrap();
            assert!(there.is_some(), "{format} {broken:?}");
        }
        let sent = mails(&job);
        assert!((1..=2).contains(&sent.len()), "{broken:?}");
        assert!(sent.iter().all(|mail| mail.files.len() == 3));
        let invoices = job.world.states.runs().into_iter();
        let mut invoices = invoices.filter(|(name, ..)| name.contains("-I1-"));
        assert!(
            invoices.all(|(_, _, status)| status == ExecutionStatus::Succeeded),
            "{broken:?}"
        );
        match broken {
            Some(place) => struck.push(place),
            None => break,
        }
    }
    for what in ["tax.ask", "objects.write", "orders.commit", "mail.send"] {
        assert!(
            struck.iter().any(|place| place.contains(what)),
            "{what} was never hit"
        );
    }
}

#[tokio::test]
async fn an_outage_at_any_write_bills_once() {
    Box::pin(cut_everywhere(Moment::Before, Length::Outage)).await;
    Box::pin(cut_everywhere(Moment::After, Length::Outage)).await;
}

#[tokio::test]
async fn a_write_or_answer_that_is_lost_bills_once() {
    Box::pin(cut_everywhere(Moment::Before, Length::Flicker)).await;
    Box::pin(cut_everywhere(Moment::After, Length::Flicker)).await;
}

#[tokio::test]
async fn a_platform_that_is_down_or_slow_is_asked_again() {
    let (job, id) = approved(PowerCut::never(), ordinary()).await;
    job.world.tax.set(Mood::Down);
    until(&job, &id, 1, InvoiceState::Waiting).await;
    let trouble = job.load(&id).await.invoices[0].trouble.clone().unwrap();
    assert_eq!(trouble.hindrance, TaxHindrance::Unreachable);
    let ordered = || {
        let asked = job.world.tax.asked();
        asked.iter().filter(|call| call.starts_with("POST")).count()
    };
    let in_vain = ordered();
    job.world.tax.set(Mood::Slow);
    job.world.clock.advance(SignedDuration::from_mins(6));
    assert_eq!(job.reconcile().await.invoices, 1);
    let invoice = job.load(&id).await.invoices[0].clone();
    assert!(invoice.accepted && invoice.trouble.is_none());
    job.world.tax.finish();
    until(&job, &id, 1, InvoiceState::Issued).await;
    // Ordered once; then only asked after.
    assert_eq!(ordered(), in_vain + 1);
    assert_eq!(job.world.tax.standing().len(), 1);
}

#[tokio::test]
async fn a_lost_execution_is_started_anew() {
    let (job, id) = approved(PowerCut::never(), ordinary()).await;
    job.world.tax.set(Mood::Slow);
    until(&job, &id, 1, InvoiceState::Waiting).await;
    job.world.states.lose_everything();
    job.world.clock.advance(SignedDuration::from_secs(61));
    job.world.tax.finish();
    until(&job, &id, 1, InvoiceState::Issued).await;
    assert_eq!(job.world.tax.standing().len(), 1);
}

/// A title that nobody knows: the company reads it, mends it, and the same invoice is issued to the new one.
#[tokio::test]
async fn a_title_that_the_platform_does_not_know_is_mended_by_its_company() {
    let (job, id) = approved(PowerCut::never(), ordinary()).await;
    job.world
        .tax
        .set(Mood::Refusing("buyer_unknown".to_owned()));
    until(&job, &id, 1, InvoiceState::Abnormal).await;
    let finance = job
        .world
        .as_staff(&job.apis.finance, 8, &[Role::Finance])
        .await;
    let queue: InvoiceQueueView = finance
        .get("/api/console/invoices?queue=needs_you")
        .await
        .json();
    let row = &queue.invoices[0];
    let trouble = row.trouble.as_ref().unwrap();
    assert_eq!(
        (&row.order, trouble.hindrance, trouble.code.as_str()),
        (&id, TaxHindrance::Buyer, "buyer_unknown")
    );
    let company = job.company.at(&job.apis.order);
    let view: InvoiceView = company.get(&path(&id, 1)).await.json();
    assert_eq!(
        (view.progress, view.can_change_title),
        (InvoiceProgress::TitleWanted, true)
    );
    let title = add_title(&job, "ordinary").await;
    job.world.tax.set(Mood::Well);
    let change = format!("{}/title", path(&id, 1));
    company
        .put_json(&change, &json!({"title": format!("ti_{}", "0".repeat(26))}))
        .await
        .wrong_fields(&["title"]);
    company
        .put_json(&change, &json!({"title": title.id}))
        .await
        .json::<InvoiceView>();
    until(&job, &id, 1, InvoiceState::Issued).await;
    let billed = &job.world.tax.orders()[&format!("{id}_I1")];
    assert_eq!(billed["buyer"]["title"], "南京开票有限公司");
    // Issued, it is what it is.
    company
        .put_json(&change, &json!({"title": title.id}))
        .await
        .refused(ErrorCode::NotInThisState);
}

/// The month's amount is used up: finance asks again when it is raised.
#[tokio::test]
async fn what_the_platform_refuses_is_asked_again_by_finance_only() {
    let (job, id) = approved(PowerCut::never(), ordinary()).await;
    job.world
        .tax
        .set(Mood::Refusing("quota_used_up".to_owned()));
    until(&job, &id, 1, InvoiceState::Abnormal).await;
    let view: InvoiceView = job
        .company
        .at(&job.apis.order)
        .get(&path(&id, 1))
        .await
        .json();
    assert_eq!(
        (view.progress, view.can_change_title),
        (InvoiceProgress::Delayed, false)
    );
    let retry = format!("/api/console/invoices/{id}/1/retry");
    let support = job
        .world
        .as_staff(&job.apis.finance, 7, &[Role::Support])
        .await;
    support.post(&retry).await.refused(ErrorCode::Forbidden);
    let finance = job
        .world
        .as_staff(&job.apis.finance, 8, &[Role::Finance])
        .await;
    job.world.tax.set(Mood::Well);
    let row: InvoiceRow = finance.post(&retry).await.json();
    assert_eq!(row.state, InvoiceState::Asking);
    until(&job, &id, 1, InvoiceState::Issued).await;
}

async fn add_title(job: &Job, kind: &str) -> contract::company::InvoiceTitleView {
    let company = job.company.at(&job.apis.company);
    let file: CompanyFile = company.get("/api/company").await.json();
    let mut body = json!({
        "version": file.version, "kind": kind, "title": "南京开票有限公司",
        "tax_number": "91320100MA1X0000XX", "mail": "bill@example.cn",
    });
    if kind == "special" {
        body["bank"] = json!("工商银行玄武支行");
        body["bank_account"] = json!("4301 0001 2345 6789 012");
        body["address"] = json!("南京市玄武区一号");
        body["phone"] = json!("025-88880000");
    }
    let file: CompanyFile = company
        .post_json("/api/company/invoice-titles", &body)
        .await
        .json();
    file.invoice_titles.last().unwrap().clone()
}

/// A special invoice in the order service: customer service has it first (R74).
///
/// covers: R74
#[tokio::test]
async fn customer_service_says_which_kind_a_held_invoice_becomes() {
    let mut choice = InvoiceChoice {
        ask_special: true,
        ..ordinary()
    };
    let buyer = choice.buyer.as_mut().unwrap();
    let special = buyer.special.as_mut().unwrap();
    // Sealed as the company's file seals it.
    let cipher = Job::new(PowerCut::never()).await.world.cipher.clone();
    let field = InvoiceTitle::account_field(buyer.from.as_ref().unwrap());
    let owner = orders::company(1).id;
    special.bank_account.sealed = cipher
        .seal(owner.as_str(), &field, "4301000123456789012")
        .await
        .unwrap();
    let (job, id) = approved(PowerCut::never(), choice).await;
    job.settle().await;
    assert_eq!(state(&job, &id, 1).await, InvoiceState::Held);
    assert_eq!(job.world.tax.asked(), Vec::<String>::new());
    let support = job
        .world
        .as_staff(&job.apis.finance, 7, &[Role::Support])
        .await;
    let queue: InvoiceQueueView = support.get("/api/console/invoices?queue=held").await.json();
    assert_eq!(
        queue.invoices[0].can_become,
        [
            InvoiceKind::ElectronicSpecial,
            InvoiceKind::ElectronicOrdinary
        ]
    );
    let account = queue.invoices[0].buyer.as_ref().unwrap();
    assert_eq!(account.bank_account.as_deref(), Some("4301**********0001"));
    let release = format!("/api/console/invoices/{id}/1/release");
    support
        .post_json(&release, &json!({"kind": "paper_special"}))
        .await
        .wrong_fields(&["kind"]);
    for _ in 0..2 {
        support
            .post_json(&release, &json!({"kind": "electronic_special"}))
            .await
            .json::<InvoiceRow>();
    }
    until(&job, &id, 1, InvoiceState::Issued).await;
    let billed = &job.world.tax.orders()[&format!("{id}_I1")];
    assert_eq!(billed["kind"], "electronic_special");
    assert_eq!(billed["buyer"]["account"], "4301000123456789012");
}

/// The mall, all of it by API: a special invoice on the company's title, then a line that ends. The refund does not
/// wait for the buyer; a buyer who lets 72 hours go by is asked anew.
///
/// covers: R12, R13
#[tokio::test]
async fn an_order_refunded_after_invoicing_ends_with_nothing_billed_and_balanced_books() {
    let mut job = Job::new(PowerCut::never()).await;
    let title = add_title(&job, "special").await;
    job.invoice = json!({"kind": "paper_special", "title": title.id});
    let id = job.buy().await;
    job.pay(&id).await;
    job.until(&id, LineStage::AwaitMaterials).await;
    job.hand_in(&id).await;
    job.until(&id, LineStage::AwaitReview).await;
    job.approve(&id).await;
    until(&job, &id, 1, InvoiceState::Issued).await;
    let billed = &job.world.tax.orders()[&format!("{id}_I1")];
    assert_eq!(billed["buyer"]["account"], "4301000123456789012");
    let stored = job.world.store.everything();
    assert!(!stored.contains("4301000123456789012"));

    job.world.tax.set(Mood::BuyersWait);
    let exit = format!("/api/console/orders/{id}/lines/1/exit");
    let one = job
        .world
        .as_staff(&job.apis.console, 7, &[Role::Support])
        .await;
    let two = job
        .world
        .as_staff(&job.apis.console, 8, &[Role::Finance])
        .await;
    one.post_json(&exit, &json!({"reason": "不再需要"}))
        .await
        .json::<ConsoleOrder>();
    two.post(&format!("{exit}/agree"))
        .await
        .json::<ConsoleOrder>();
    until_back(&job, &id).await;
    until(&job, &id, 1, InvoiceState::AwaitingBuyer).await;
    let view: OrderView = job
        .company
        .at(&job.apis.order)
        .get(&format!("/api/orders/{id}"))
        .await
        .json();
    assert_eq!(view.invoices[0].progress, InvoiceProgress::AwaitingBuyer);
    check_books(&job).await;

    let first = job.load(&id).await.invoices[0].buyer_until.unwrap();
    job.world.clock.advance(SignedDuration::from_hours(73));
    job.reconcile().await;
    until(&job, &id, 1, InvoiceState::AwaitingBuyer).await;
    assert!(job.load(&id).await.invoices[0].buyer_until.unwrap() > first);
    job.world.tax.agree();
    job.world.clock.advance(SignedDuration::from_hours(6));
    job.reconcile().await;
    until(&job, &id, 1, InvoiceState::Reversed).await;
    assert_eq!(job.world.tax.standing(), Vec::<String>::new());
    assert_eq!(job.load(&id).await.invoices.len(), 1);
    let runs = job.world.states.runs();
    let mut of_invoice = runs.iter().filter(|(name, ..)| name.contains("-I1-"));
    assert!(of_invoice.all(|(_, _, status)| *status == ExecutionStatus::Succeeded));
    check_books(&job).await;
}

/// Whoever asks for a special one without such a title is told which field it is.
#[tokio::test]
async fn what_a_title_lacks_is_told_before_anything_is_bought() {
    let job = Job::new(PowerCut::never()).await;
    let company: Client = job.company.at(&job.apis.order);
    let draft = |storefront: &str, invoice: Value| {
        json!({
            "storefront": storefront, "lines": [{"sku": "key-with-seal", "quantity": 1}],
            "urgency": "none",
            "delivery": {"kind": "courier_prepaid", "address": orders::address()},
            "invoice": invoice,
        })
    };
    let made = async |invoice: Value| {
        company
            .post_json("/api/orders", &draft("mall", invoice))
            .await
    };
    made(json!({"kind": "paper_special"}))
        .await
        .wrong_fields(&["invoice.title"]);
    made(json!({"kind": "paper_ordinary", "ask_special": true}))
        .await
        .wrong_fields(&["invoice.ask_special"]);
    let plain = add_title(&job, "ordinary").await;
    made(json!({"kind": "paper_special", "title": plain.id}))
        .await
        .wrong_fields(&["invoice.title"]);
    let view: OrderView = made(json!({"kind": "paper_ordinary"})).await.json();
    let buyer = view.invoice.unwrap().buyer.unwrap();
    assert_eq!(
        (buyer.title.as_str(), buyer.from.as_ref()),
        ("南京开票有限公司", Some(&plain.id))
    );
    let special = add_title(&job, "special").await;
    let view: OrderView = made(json!({"kind": "paper_special"})).await.json();
    let buyer = view.invoice.unwrap().buyer.unwrap();
    assert_eq!(buyer.from.as_ref(), Some(&special.id));
    assert_eq!(buyer.bank_account, special.bank_account);
}

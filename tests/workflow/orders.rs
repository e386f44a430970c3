//! Orders of other kinds than a new key in the mall.

use adapters::dynamodb::Table;
use adapters::ports::{Registry, Transaction};
use adapters::registry;
use anyhow::{Context, Result};
use contract::catalog::CatalogView;
use contract::console::{ConsoleOrder, OrderSearchView, ShippingView};
use contract::error::ErrorCode;
use contract::keys::KeyList;
use contract::order::{OrderList, OrderView, QuoteView};
use domain::catalog::{Medium, ProductKind};
use domain::company::Company;
use domain::credit::Inspection;
use domain::key::CompanyKey;
use domain::order::{DisplayState, OrderState};
use domain::paper::PaperKind;
use domain::refund::RefundReason;
use edge::real::SystemClock;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::books::balanced;
use system_tests::job::{CompanyAt, StaffAt, until};
use system_tests::stack::Stack;
use testkit::orders::escrow;

fn now() -> Timestamp {
    use adapters::ports::Clock as _;
    SystemClock.now()
}

fn counter_draft(sku: &str, quantity: u32, seals: u32, branch: &str) -> Value {
    json!({
        "storefront": "counter",
        "lines": [{"sku": sku, "quantity": quantity, "seals": seals}],
        "urgency": "none",
        "delivery": {"kind": "branch_pickup", "branch": branch},
        "invoice": {"kind": "electronic_ordinary"},
    })
}

async fn pay(company: &CompanyAt, order: &OrderView) -> Result<()> {
    let qr = company.qr(&order.id).await?;
    company.pay_by_phone(&qr).await?;
    Ok(())
}

/// Waits until refunds are through: then both gateways and our books say the same.
async fn in_balance(stack: &Stack, order: &OrderView) -> Result<()> {
    let accounts = until(&format!("the books of {} balance", order.id), || async {
        let accounts = balanced(stack, &order.id).await.ok();
        Ok(accounts.filter(|accounts| !accounts.order.is_refunding()))
    })
    .await?;
    assert_eq!(accounts.order.id, order.id);
    Ok(())
}

/// covers: R57, R58, R59, R60, R65, R66, R67, R72, R77
///
/// A draft is saved, changed and submitted with its papers; taken back while unpaid; paid; refused: it is
/// 待提交 at once and the money goes back; corrected, submitted and paid again; approved, made, fetched.
#[tokio::test]
async fn the_order_service_gives_the_money_back_and_takes_the_order_again() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let branch_staff = StaffAt::login(&stack, "branch").await?;
    let catalog: CatalogView = company.person.get("/api/catalog/counter").await?.ok()?;
    let branch = catalog.branches.first().context("a branch")?.id.to_string();

    let refused = company
        .person
        .post(
            "/api/orders",
            &counter_draft("certificate-1y", 1, 2, &branch),
        )
        .await?
        .problem()?;
    assert_eq!(refused.errors[0].field, "lines.0.seals");

    let draft: OrderView = company
        .person
        .post(
            "/api/orders",
            &counter_draft("certificate-1y", 2, 1, &branch),
        )
        .await?
        .ok()?;
    // 2 × 220 and one seal at 100.
    assert_eq!(draft.total.to_string(), "540.00");
    let path = format!("/api/orders/{}", draft.id);
    let early = company
        .person
        .act(Method::POST, &format!("{path}/submit"))
        .await?;
    assert_eq!(early.problem()?.code, ErrorCode::PapersMissing);

    let ready = company.hand_in(&draft.id).await?;
    assert!(ready.lines[0].papers_complete);
    let submitted = company.submit(&draft.id).await?;
    assert_eq!(submitted.display, DisplayState::Submitted);
    let back: OrderView = company
        .person
        .act(Method::POST, &format!("{path}/withdraw"))
        .await?
        .ok()?;
    assert_eq!(back.display, DisplayState::Draft);
    assert!(back.lines[0].papers_complete, "what was uploaded stays");
    let mut change = counter_draft("certificate-1y", 2, 2, &branch);
    change["version"] = json!(back.version);
    change["lines"][0]["line"] = json!(back.lines[0].no);
    let changed: OrderView = company
        .person
        .with_body(Method::PUT, &path, &change)
        .await?
        .ok()?;
    assert_eq!(changed.total.to_string(), "640.00");
    assert!(
        changed.lines[0].papers_complete,
        "its papers stay with the line"
    );
    company.submit(&draft.id).await?;
    pay(&company, &changed).await?;
    company
        .until_shown(&draft.id, DisplayState::UnderReview)
        .await?;

    let reviewer = StaffAt::login(&stack, "reviewer").await?;
    reviewer
        .reject(&draft.id, PaperKind::BusinessLicence, "执照已过期")
        .await?;
    let returned = company.until_shown(&draft.id, DisplayState::Draft).await?;
    assert_eq!(returned.lines[0].refusals[0].note, "执照已过期");
    assert_eq!(returned.refunds[0].reason, RefundReason::Rejected);
    assert_eq!(returned.refunds[0].amount.to_string(), "640.00");
    let early = company
        .person
        .act(Method::POST, &format!("{path}/submit"))
        .await?;
    assert_eq!(early.problem()?.code, ErrorCode::PapersMissing);

    company.hand_in(&draft.id).await?;
    let again = company.submit(&draft.id).await?;
    pay(&company, &again).await?;
    company
        .until_shown(&draft.id, DisplayState::UnderReview)
        .await?;
    reviewer.approve(&draft.id).await?;
    company
        .until_shown(&draft.id, DisplayState::Handling)
        .await?;
    let maker = StaffAt::login(&stack, "maker").await?;
    maker.make(&draft.id, 1).await?;
    maker.make(&draft.id, 2).await?;
    let pickup = format!("/api/console/pickups/{}/1", draft.id);
    let waiting: ShippingView = branch_staff.person.get(&pickup).await?.ok()?;
    assert_eq!(waiting.contact.mobile, draft.contact.mobile);
    branch_staff
        .person
        .act(Method::POST, &format!("{pickup}/picked-up"))
        .await?
        .ok::<ShippingView>()?;
    company
        .until_shown(&draft.id, DisplayState::AwaitingReceipt)
        .await?;
    company
        .person
        .act(
            Method::POST,
            &format!("/api/orders/{}/lines/1/receipt", draft.id),
        )
        .await?
        .ok::<OrderView>()?;
    let done = company
        .until_shown(&draft.id, DisplayState::Completed)
        .await?;
    assert_eq!(done.state, OrderState::Completed);
    in_balance(&stack, &draft).await
}

/// Gives a company a key as if an agent had activated it before the company unbound, and read it a moment ago.
async fn give_key(
    stack: &Stack,
    company: &CompanyAt,
    serial: &str,
    medium: Medium,
    months: i64,
) -> Result<()> {
    let table = Table::connect(&stack.cloud(), &stack.table);
    let store: &dyn Registry = &table;
    let id = company.session.company.clone();
    let found: Option<Company> = store.load(&registry::company(&id)).await?;
    let mut owner = found.context("the company")?;
    let now = now();
    owner.unbound_at = Some(now);
    owner.version += 1;
    let end = now
        .in_tz(domain::CIVIL_ZONE)?
        .checked_add(jiff::Span::new().months(months))?
        .timestamp();
    let key = CompanyKey {
        company: id.clone(),
        serial: serial.to_owned(),
        medium,
        storefront: owner.storefront.clone(),
        certificate_serial: format!("40{}", system_tests::job::random_hex(15)?),
        seal: true,
        activated_at: now - SignedDuration::from_secs(1),
        not_after: end,
        issued_by: None,
        revoked_at: None,
        suspended: None,
        reported_at: None,
        earlier: Vec::new(),
        version: 1,
    };
    let inspection = Inspection {
        company: id,
        serial: serial.to_owned(),
        certificate_serial: key.certificate_serial.clone(),
        medium,
        not_after: end,
        at: now,
        without_pin: false,
    };
    let all = Transaction::new(now)
        .change(&owner)?
        .change(&key)?
        .mark(&escrow(&key, "sealed elsewhere", now))?
        .mark(&inspection)?;
    Ok(store.record(&all).await?)
}

fn mall_draft(lines: &Value) -> Value {
    json!({
        "storefront": "mall",
        "lines": lines,
        "urgency": "none",
        "delivery": {"kind": "courier_prepaid", "address": {
            "name": "韩梅梅", "mobile": "13900139000", "province": "江苏省", "city": "南京市",
            "district": "玄武区", "detail": "珠江路 1 号"}},
        "invoice": null,
    })
}

/// covers: R23, R24, R33, R37, R38, R39, R41
///
/// An upgrade with 1 year 8 months left; what is bought together and what is not; a renewal and an unlock in
/// one order; a key lost and replaced; staff find all of it by the key, and end a line by two.
#[tokio::test]
async fn what_is_bought_for_a_key() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let tag = system_tests::job::random_hex(4)?;
    let (cpp, old, new) = (
        format!("CPP-{tag}"),
        format!("OLD-{tag}"),
        format!("NEW-{tag}"),
    );
    give_key(&stack, &company, &cpp, Medium::Cpp, 20).await?;
    give_key(&stack, &company, &old, Medium::Bjca, 2).await?;
    give_key(&stack, &company, &new, Medium::Bjca, 11).await?;

    let upgrade = json!([{"sku": "upgrade", "quantity": 1, "key_serial": cpp}]);
    let quote: QuoteView = company
        .person
        .post(
            "/api/quotes",
            &json!({"storefront": "mall", "lines": upgrade, "urgency": "none"}),
        )
        .await?
        .ok()?;
    let credit = quote.lines[0].credit.as_ref().context("a credit")?;
    // A minute may have gone by since the key was given: 20 months, or 19 and some days.
    assert_eq!(credit.months_carried, 12);
    assert!((19..=20).contains(&credit.months_left), "{credit:?}");
    assert_eq!(credit.amount, credit.worth);
    let together = json!([
        {"sku": "upgrade", "quantity": 1, "key_serial": cpp},
        {"sku": "key-1y", "quantity": 1},
    ]);
    let refused = company
        .person
        .post("/api/orders", &mall_draft(&together))
        .await?;
    assert_eq!(refused.problem()?.errors[0].field, "lines.0.sku");

    let draft: OrderView = company
        .person
        .post("/api/orders", &mall_draft(&upgrade))
        .await?
        .ok()?;
    assert_eq!(draft.lines.len(), 2);
    assert_eq!(draft.lines[1].carried_from, Some(draft.lines[0].no));
    assert_eq!(draft.lines[1].price.amount.to_string(), "0.00");
    company.submit(&draft.id).await?;
    // The certificate gives its credit once: a second order for it is told so.
    let second = company
        .person
        .post("/api/orders", &mall_draft(&upgrade))
        .await?;
    assert_eq!(second.problem()?.code, ErrorCode::CreditTaken);

    // Too early for one key, in time for the other; no papers, no parcel.
    let early = json!([{"sku": "renewal-1y", "quantity": 1, "key_serial": new}]);
    let refused = company
        .person
        .post("/api/orders", &mall_draft(&early))
        .await?
        .problem()?;
    assert_eq!(refused.errors[0].field, "lines.0.key_serial");
    let services = json!([
        {"sku": "renewal-2y", "quantity": 1, "key_serial": old},
        {"sku": "unlock", "quantity": 1, "key_serial": new},
        {"sku": "key-seal-1y", "quantity": 1},
    ]);
    let three: OrderView = company
        .person
        .post("/api/orders", &mall_draft(&services))
        .await?
        .ok()?;
    assert_eq!(three.total.to_string(), "860.00");
    assert!(three.lines[0].required_papers.is_empty());
    let three = company.submit(&three.id).await?;
    pay(&company, &three).await?;
    let paid = company
        .until_shown(&three.id, DisplayState::AwaitingMaterials)
        .await?;
    assert_eq!(paid.lines[0].display, DisplayState::AwaitingAgent);

    // Lost: suspended at once, before any order; then it can only be replaced.
    company
        .person
        .post(
            &format!("/api/keys/{new}/loss"),
            &json!({"reason": "stolen"}),
        )
        .await?
        .ok::<contract::keys::KeyView>()?;
    let keys: KeyList = company.person.get("/api/keys").await?.ok()?;
    let lost = keys
        .keys
        .iter()
        .find(|key| key.serial == new)
        .context("the key")?;
    assert!(lost.suspended.is_some());
    let open: Vec<_> = lost
        .services
        .iter()
        .filter(|service| service.refused.is_none())
        .collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].kind, ProductKind::Replacement);

    // Lists by kind, without reading anything else.
    let list: OrderList = company.person.get("/api/orders?kind=unlock").await?.ok()?;
    assert_eq!(list.orders.len(), 1);
    assert_eq!(list.orders[0].id, three.id);

    // The unlock of a stolen key is dead: two of the staff make it its replacement, or end it.
    let support = StaffAt::login(&stack, "support").await?;
    let finance = StaffAt::login(&stack, "finance").await?;
    let found: OrderSearchView = support
        .person
        .get(&format!("/api/console/orders?serial={new}"))
        .await?
        .ok()?;
    assert_eq!(found.orders[0].row.id, three.id);
    let line = format!("/api/console/orders/{}/lines", three.id);
    let ask = json!({"convert_to": "replacement", "reason": "密钥被盗，改为补办"});
    let asked: ConsoleOrder = support
        .person
        .post(&format!("{line}/2/exit"), &ask)
        .await?
        .ok()?;
    assert!(asked.exits[0].mine);
    let same = support
        .person
        .act(Method::POST, &format!("{line}/2/exit/agree"))
        .await?;
    assert_eq!(same.problem()?.code, ErrorCode::SecondPerson);
    finance
        .person
        .act(Method::POST, &format!("{line}/2/exit/agree"))
        .await?
        .ok::<ConsoleOrder>()?;
    let ask = json!({"reason": "企业已注销该密钥"});
    support
        .person
        .post(&format!("{line}/1/exit"), &ask)
        .await?
        .ok::<ConsoleOrder>()?;
    finance
        .person
        .act(Method::POST, &format!("{line}/1/exit/agree"))
        .await?
        .ok::<ConsoleOrder>()?;
    let after = company.see(&three.id).await?;
    assert_eq!(after.lines[1].product.kind, ProductKind::Replacement);
    assert_eq!(after.lines[1].display, DisplayState::AwaitingMaterials);
    assert_eq!(after.lines[0].display, DisplayState::Cancelled);
    assert_eq!(after.refunds[0].amount.to_string(), "450.00");
    in_balance(&stack, &three).await
}

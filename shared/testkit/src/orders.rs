//! Companies, products, and orders at any point of their way.

use std::collections::BTreeMap;

use adapters::ports::{Commit, Objects as _, Orders, Papers, PortError};
use contract::console::ReviewView;
use contract::stamps::SealChoice;
use domain::actor::Actor;
use domain::catalog::{Amount, Medium, Product, ProductKind};
use domain::certificate::{Subject, Validity};
use domain::company::{Company, Contact, CreditCode, SealedText, User};
use domain::credit::{Credit, Inspection};
use domain::ids::{
    CompanyId, LineNo, OperationId, OrderId, PaperId, StaffId, TitleId, UnitNo, UserId,
};
use domain::invoice::{Buyer, SpecialBuyer};
use domain::key::CompanyKey;
use domain::money::Money;
use domain::order::{
    Address, BasicData, BoughtProduct, Change, Delivery, Event, EventKind, InvoiceChoice, Line,
    NamedKey, Order, OrderState, PaperRef, transition,
};
use domain::paper::{Paper, PaperFormat, PaperKind, PaperRefusal, RefusalReason};
use domain::parcel::{Parcel, ParcelStatus};
use domain::payment::{Attempt, AttemptState, Disposition, OutTradeNo, PaymentMethod, Receipt};
use domain::plan::{Handover, Make, Plan};
use domain::policy::{InvoiceKind, Policies, StorefrontId, StorefrontPolicy, Text, Urgency};
use domain::qualification::QualificationState;
use domain::stock::StockKey;
use jiff::{SignedDuration, Timestamp};

use crate::objects::MemoryObjects;
use crate::store::MemoryStore;

/// The policies that ship, and a third one that is made up: what works for it follows the data, and no
/// storefront's name.
pub fn policies() -> Policies {
    Policies::read(&[
        ("mall", include_str!("../../domain/policies/mall.json")),
        (
            "counter",
            include_str!("../../domain/policies/counter.json"),
        ),
        ("fair", include_str!("../policies/fair.json")),
    ])
    .expect("the policies are valid")
}

/// The policy of a storefront.
pub fn policy(id: &str) -> StorefrontPolicy {
    policies()
        .get(&StorefrontId(id.to_owned()))
        .expect("there is one")
        .clone()
}

/// The policy of the mall.
pub fn mall() -> StorefrontPolicy {
    policy("mall")
}

/// The policy of the order service.
pub fn counter() -> StorefrontPolicy {
    policy("counter")
}

/// The policy that an order follows.
pub fn policy_of(order: &Order) -> StorefrontPolicy {
    policy(&order.storefront.0)
}

fn text(zh: &str, en: &str) -> Text {
    Text {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

/// 带签章电子密钥办理: 360 yuan, 100 more in half a day, 50 more on the same day.
pub fn key_with_seal() -> Product {
    Product {
        sku: "key-with-seal".to_owned(),
        storefront: StorefrontId("mall".to_owned()),
        kind: ProductKind::NewKey,
        name: text("带签章电子密钥办理", "Key with e-seal"),
        description: text(
            "企业电子密钥，含电子印章。",
            "A key with certificate and e-seal.",
        ),
        medium: Medium::Cpp,
        seal: true,
        seal_price: None,
        term_years: 1,
        price: Money::from_fen(36_000),
        surcharges: [
            (Urgency::HalfDay, Money::from_fen(10_000)),
            (Urgency::SameDay, Money::from_fen(5_000)),
        ]
        .into(),
        position: 1,
        effective_from: Timestamp::UNIX_EPOCH,
        withdrawn: false,
    }
}

/// What the order service sells: a key for 200 yuan, an e-seal on it for 80 more.
pub fn counter_key() -> Product {
    Product {
        sku: "counter-key".to_owned(),
        storefront: StorefrontId("counter".to_owned()),
        name: text("数字证书", "Certificate"),
        price: Money::from_fen(20_000),
        seal_price: Some(Money::from_fen(8_000)),
        surcharges: BTreeMap::new(),
        ..key_with_seal()
    }
}

/// A product of another kind, without seal: renewal 240, unlock 30, replacement 100, upgrade 300 yuan.
pub fn service(kind: ProductKind) -> Product {
    let (sku, fen, years) = match kind {
        ProductKind::NewKey => ("key", 12_050, 1),
        ProductKind::Renewal => ("renewal-1y", 24_000, 1),
        ProductKind::Unlock => ("unlock", 3_000, 0),
        ProductKind::Replacement => ("replacement", 10_000, 0),
        ProductKind::Upgrade => ("upgrade", 30_000, 1),
    };
    Product {
        sku: sku.to_owned(),
        kind,
        price: Money::from_fen(fen),
        term_years: years,
        ..plain_key()
    }
}

/// What we know of the SO PIN of a company's key that was made elsewhere: `sealed` is what an escrow file had, sealed.
pub fn escrow(key: &CompanyKey, sealed: &str, now: Timestamp) -> StockKey {
    let (serial, medium) = (key.serial.clone(), key.medium);
    StockKey::escrowed(serial, medium, sealed.to_owned(), staff(1), now)
}

/// A key of company `no` that was activated and ends at some time.
pub fn company_key(no: u32, serial: &str, not_after: Timestamp) -> CompanyKey {
    CompanyKey {
        company: company(no).id,
        serial: serial.to_owned(),
        medium: Medium::Cpp,
        storefront: StorefrontId("mall".to_owned()),
        certificate_serial: format!("C{serial}"),
        seal: false,
        activated_at: Timestamp::UNIX_EPOCH,
        not_after,
        issued_by: None,
        revoked_at: None,
        suspended: None,
        reported_at: None,
        earlier: Vec::new(),
        version: 1,
    }
}

/// A key as a line names it.
pub fn named_key(serial: &str, not_after: Timestamp) -> NamedKey {
    company_key(1, serial, not_after).named(None)
}

/// 不带签章电子密钥办理: 120.50 yuan, not sold faster than ordinary.
pub fn plain_key() -> Product {
    Product {
        sku: "key".to_owned(),
        name: text("不带签章电子密钥办理", "Key"),
        medium: Medium::Bjca,
        seal: false,
        price: Money::from_fen(12_050),
        surcharges: BTreeMap::new(),
        position: 2,
        ..key_with_seal()
    }
}

/// The 26 characters of an id that stands for a number.
pub fn ulid(no: u32) -> String {
    format!("{no:026}")
}

/// A credit code of its own for each number.
pub fn credit_code(no: u32) -> CreditCode {
    let first = format!("91320100MA{no:07}");
    let check = CreditCode::check_character(&first).expect("characters of the alphabet");
    format!("{first}{check}").parse().expect("a credit code")
}

/// A company.
pub fn company(no: u32) -> Company {
    let contact = Contact {
        name: "李雷".to_owned(),
        mobile: "13800138000".to_owned(),
        mail: format!("li.lei.{no}@example.cn"),
    };
    let mut company = Company::new(
        CompanyId::from_ulid(&ulid(no)),
        format!("南京第{no}示例科技有限公司"),
        credit_code(no),
        contact,
        UserId::from_ulid(&ulid(no)),
        StorefrontId("mall".to_owned()),
        Timestamp::UNIX_EPOCH,
    );
    // It may buy: its papers were approved.
    company.qualification.state = QualificationState::Approved;
    company
}

/// The person who logs in for it.
pub fn user(no: u32) -> User {
    User {
        id: UserId::from_ulid(&ulid(no)),
        company: CompanyId::from_ulid(&ulid(no)),
        account: Some(format!("company-{no}")),
        name: "李雷".to_owned(),
        mobile: "13800138000".to_owned(),
        password: None,
        epoch: 0,
        created_at: Timestamp::UNIX_EPOCH,
        version: 1,
    }
}

/// That person, as the one who caused an event.
pub fn person(no: u32) -> Actor {
    Actor::Company { user: user(no).id }
}

/// A member of staff by number.
pub fn staff(no: u32) -> StaffId {
    StaffId::from_ulid(&ulid(no))
}

/// Who reviews in [`bring`].
pub fn reviewer() -> StaffId {
    staff(1)
}

/// Who makes keys in [`bring`].
pub fn maker() -> StaffId {
    staff(2)
}

/// Who hands parcels over in [`bring`].
pub fn shipper() -> StaffId {
    staff(3)
}

/// A member of staff as the one who caused an event.
pub fn by(staff: StaffId) -> Actor {
    Actor::Staff { staff }
}

/// Where parcels go.
pub fn address() -> Address {
    Address {
        name: "韩梅梅".to_owned(),
        mobile: "13900139000".to_owned(),
        province: "江苏省".to_owned(),
        city: "南京市".to_owned(),
        district: "玄武区".to_owned(),
        detail: "珠江路 1 号 2 室".to_owned(),
    }
}

/// What is typed beside the papers.
pub fn basic() -> BasicData {
    BasicData {
        legal_representative: "王五".to_owned(),
        agent_name: "李雷".to_owned(),
        agent_mobile: "13800138000".to_owned(),
    }
}

/// A line that nobody has touched.
pub fn line(no: u8, product: &Product, quantity: u32, urgency: Urgency, now: Timestamp) -> Line {
    let policy = policy(&product.storefront.0);
    let plan = Plan::for_line(product.kind, &policy, policy.delivery_kinds[0]);
    let amount = Amount {
        quantity,
        seals: quantity,
        urgency,
    };
    Line {
        price: product.price(amount).expect("sold at this speed"),
        key: product.kind.names_key().then(|| {
            named_key(
                &format!("CPP{no}"),
                now + SignedDuration::from_hours(24 * 60),
            )
        }),
        seals: u8::try_from(product.seals(quantity, quantity)).unwrap_or_default(),
        ..Line::new(LineNo(no), product, plan, now)
    }
}

/// An upgrade of a key with 20 months left: the line itself, less what eight months are worth, and the year
/// that is carried over.
pub fn upgrade_lines(now: Timestamp) -> Vec<Line> {
    let zone = domain::CIVIL_ZONE;
    let end = now.in_tz(zone).expect("a time in China");
    let end = end
        .checked_add(jiff::Span::new().months(20))
        .expect("inside the calendar")
        .timestamp();
    let inspected = Inspection {
        company: company(1).id,
        serial: "CPP1".to_owned(),
        certificate_serial: "CCPP1".to_owned(),
        medium: Medium::Cpp,
        not_after: end,
        at: now,
        without_pin: false,
    };
    let (upgrade, yearly) = (service(ProductKind::Upgrade), service(ProductKind::Renewal));
    let mut line = line(1, &upgrade, 1, Urgency::None, now);
    let credit = Credit::reckon(&inspected, now, yearly.price, line.price.amount);
    line.price = line.price.clone().less(credit.expect("time is left"));
    line.key = Some(named_key("CPP1", end));
    let carried = Line {
        product: BoughtProduct {
            seal: false,
            ..BoughtProduct::of(&yearly)
        },
        key: line.key.clone(),
        carried_from: Some(line.no),
        ..Line::new(LineNo(2), &yearly, Plan::for_carried(&mall()), now)
    };
    vec![line, carried]
}

/// An invoice of this kind, made out to a title that names all that a special one wants.
pub fn invoice(kind: InvoiceKind) -> InvoiceChoice {
    let buyer = Buyer {
        from: Some(TitleId::from_ulid(&ulid(1))),
        title: "南京示例科技有限公司".to_owned(),
        tax_number: "91320100MA1X0000XX".to_owned(),
        mail: "invoice@example.cn".to_owned(),
        special: Some(SpecialBuyer {
            address: "南京市玄武区一号".to_owned(),
            phone: "025-88880000".to_owned(),
            bank: "工商银行玄武支行".to_owned(),
            bank_account: SealedText {
                sealed: "c2VhbGVk".to_owned(),
                tag: "00".to_owned(),
                masked: "4301**********0001".to_owned(),
            },
        }),
    };
    InvoiceChoice {
        kind,
        buyer: Some(buyer),
        ask_special: false,
    }
}

/// A draft of company `no` with these lines, not written yet.
pub fn draft_of(no: u32, salt: u16, lines: Vec<Line>, now: Timestamp) -> Order {
    Order {
        total: lines.iter().map(|line| line.price.amount).sum(),
        lines,
        ..draft(no, salt, &[], now)
    }
}

/// A draft of company `no`, not written yet.
pub fn draft(no: u32, salt: u16, lines: &[(Product, u32)], now: Timestamp) -> Order {
    let company = company(no);
    let storefront = lines.first().map_or_else(
        || StorefrontId("mall".to_owned()),
        |(product, _)| product.storefront.clone(),
    );
    let lines: Vec<Line> = (1..)
        .zip(lines)
        .map(|(no, (product, quantity))| line(no, product, *quantity, Urgency::None, now))
        .collect();
    Order {
        id: OrderId::new(now, salt),
        delivery: Delivery {
            kind: policy(&storefront.0).delivery_kinds[0],
            address: Some(address()),
            branch: None,
        },
        storefront,
        subject: Subject {
            company_name: company.name,
            credit_code: company.credit_code.as_str().to_owned(),
        },
        company: company.id,
        contact: company.contact,
        state: OrderState::Draft,
        version: 0,
        run: 0,
        events: 0,
        urgency: Urgency::None,
        invoice: None,
        total: lines.iter().map(|line| line.price.amount).sum(),
        lines,
        created_at: now,
        submitted_at: None,
        calendar: None,
        pay_by: None,
        payment: None,
        refunds: Vec::new(),
        invoices: Vec::new(),
        ended_at: None,
        check_at: None,
    }
}

/// A point on the way of an order; all its lines stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// 待提交.
    Draft,
    /// 待支付.
    Submitted,
    /// 待上传资料.
    Paid,
    /// Papers handed in, not looked at yet.
    HandedIn,
    /// 待审核: waits for a reviewer.
    Checked,
    /// A reviewer has taken it.
    Claimed,
    /// 制作中: waits for a maker.
    Approved,
    /// Every key has its certificate.
    Certified,
    /// Every key is made; waits for a waybill.
    Made,
    /// Waits for the courier.
    Booked,
    /// 已发货.
    Shipped,
    /// 已完成.
    Completed,
}

impl Point {
    /// Every point, in order.
    pub const ALL: [Self; 12] = [
        Self::Draft,
        Self::Submitted,
        Self::Paid,
        Self::HandedIn,
        Self::Checked,
        Self::Claimed,
        Self::Approved,
        Self::Certified,
        Self::Made,
        Self::Booked,
        Self::Shipped,
        Self::Completed,
    ];
}

/// The ways off the main road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The company gives up before paying.
    Cancelled,
    /// Nobody pays in time.
    Expired,
    /// A reviewer sends the licence of every line back.
    SentBack,
}

/// An order on its way, with all that was written for it.
#[derive(Debug, Clone)]
pub struct Journey {
    /// The order as it is now.
    pub order: Order,
    /// One transaction after the other.
    pub commits: Vec<Commit>,
    /// Papers that were announced.
    pub papers: Vec<Paper>,
}

impl Journey {
    /// The first write of a draft.
    pub fn begin(draft: Order, actor: Actor, now: Timestamp) -> Self {
        let policy = policy_of(&draft);
        let commit = Commit::of(Change::create(draft, actor, now, &policy));
        Self {
            order: commit.change.order.clone(),
            commits: vec![commit],
            papers: Vec::new(),
        }
    }

    /// One event on, with what is written beside it.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "reads better where it is called"
    )]
    pub fn event(&mut self, actor: Actor, kind: EventKind, now: Timestamp) {
        let beside = Commit::of(
            transition(
                &self.order,
                &Event {
                    actor,
                    kind: kind.clone(),
                },
                now,
                &policy_of(&self.order),
            )
            .expect("the event fits"),
        );
        let mut commit = beside;
        match &kind {
            EventKind::PaymentReceived {
                attempt: no,
                amount,
                ..
            } => {
                commit.attempt = Some(Attempt {
                    version: 1,
                    ..paid_attempt(&self.order.id, *no, *amount, now)
                });
            }
            EventKind::ShipmentBooked { line, waybill } => {
                commit.parcel = Some(parcel(&self.order.id, *line, waybill));
            }
            _ => {}
        }
        self.order = commit.change.order.clone();
        self.commits.push(commit);
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// The store's.
    pub async fn write(
        &self,
        store: &MemoryStore,
        objects: &MemoryObjects,
    ) -> Result<(), PortError> {
        for paper in &self.papers {
            store.announce(paper).await?;
            objects.put(&paper.object_key(), png());
            if !paper.previews.is_empty() {
                store
                    .set_previews(&paper.order, paper.line, &paper.id, &paper.previews)
                    .await?;
                objects
                    .write(&paper.previews[0], "image/jpeg", png())
                    .await?;
            }
        }
        for commit in &self.commits {
            store.commit(commit).await?;
        }
        Ok(())
    }
}

/// An attempt with money on it.
pub fn paid_attempt(order: &OrderId, no: u32, amount: Money, now: Timestamp) -> Attempt {
    Attempt {
        state: AttemptState::Paid,
        receipt: Some(Receipt {
            trade_no: format!("20261123220014{no:05}"),
            amount,
            paid_at: now,
        }),
        disposition: Some(Disposition::Counted),
        ..open_attempt(order, no, amount, now)
    }
}

/// An attempt whose QR code can be scanned.
pub fn open_attempt(order: &OrderId, no: u32, amount: Money, now: Timestamp) -> Attempt {
    Attempt {
        number: OutTradeNo {
            order: order.clone(),
            attempt: no,
        },
        method: PaymentMethod::Alipay,
        amount,
        state: AttemptState::Open,
        qr: Some(format!("https://qr.alipay.com/bax{no}")),
        qr_expires_at: now + SignedDuration::from_mins(30),
        created_at: now,
        queries: 0,
        next_query_at: now + Attempt::query_pause(0),
        paying: false,
        silent: false,
        receipt: None,
        disposition: None,
        version: 1,
    }
}

/// A parcel that was just booked.
pub fn parcel(order: &OrderId, line: LineNo, waybill: &str) -> Parcel {
    Parcel {
        order: order.clone(),
        line,
        waybill: waybill.to_owned(),
        status: ParcelStatus::Booked,
        events: Vec::new(),
        version: 1,
    }
}

/// One paper of each kind that a line asks for, as they would be announced.
pub fn papers_for(order: &OrderId, line: &Line, from: u32, now: Timestamp) -> Vec<Paper> {
    let kinds = line.required_papers();
    (from..)
        .zip(kinds)
        .map(|(no, kind)| paper(order, line.no, kind, u32::from(line.no.0) * 1000 + no, now))
        .collect()
}

/// A paper.
pub fn paper(order: &OrderId, line: LineNo, kind: PaperKind, no: u32, now: Timestamp) -> Paper {
    Paper {
        id: PaperId::from_ulid(&ulid(no)),
        order: order.clone(),
        line,
        kind,
        file_name: format!("扫描件{no}.png"),
        format: PaperFormat::Png,
        length: u64::try_from(png().len()).unwrap_or_default(),
        sha256: "0".repeat(64),
        created_at: now,
        previews: Vec::new(),
    }
}

/// A picture of one white point: small, and a real PNG.
pub fn png() -> Vec<u8> {
    const HEX: &str = "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da63f8ffff3f0005fe02fe331295140000000049454e44ae426082";
    hex::decode(HEX).expect("hex")
}

/// A page of 25 dpi with a red frame of 40 mm on it, as a seal sheet with one stamp.
pub fn seal_sheet() -> Vec<u8> {
    include_bytes!("../fixtures/seal-sheet.png").to_vec()
}

/// The stamps of a line as a reviewer with one sheet before them chooses: the first one, on every key with a seal.
///
/// # Panics
/// When no stamp was cut.
pub fn stamps_of(view: &ReviewView) -> Vec<SealChoice> {
    let Some(seals) = &view.seals else {
        return Vec::new();
    };
    let stamp = seals.stamps.first().expect("a stamp");
    let on = |unit| SealChoice {
        unit: UnitNo(unit),
        sha256: stamp.sha256.clone(),
        size: stamp.size,
    };
    (1..=seals.wanted).map(on).collect()
}

/// The waybill that [`bring`] gives a line.
pub fn waybill(order: &OrderId, line: LineNo) -> String {
    format!("SF{}{:02}", order.as_str(), line.0)
}

/// Brings a draft of company `no` to a point.
pub fn bring(no: u32, draft: Order, to: Point, now: Timestamp) -> Journey {
    let mut journey = Journey::begin(draft, person(no), now);
    for point in Point::ALL.into_iter().skip(1).filter(|point| *point <= to) {
        onward(&mut journey, no, point, now);
    }
    journey
}

/// The step from the point before to `point`.
pub fn onward(journey: &mut Journey, no: u32, point: Point, now: Timestamp) {
    let lines = journey.order.lines.clone();
    let id = journey.order.id.clone();
    match point {
        Point::Draft => {}
        Point::Submitted => {
            for line in lines.iter().filter(|line| line.plan.papers_before_submit()) {
                let (basic, papers) = (basic(), hand_in(journey, line, now));
                let line = line.no;
                let kind = EventKind::MaterialsPrepared {
                    line,
                    basic,
                    papers,
                };
                journey.event(person(no), kind, now);
            }
            let policy = policy_of(&journey.order);
            let pay_by = now + SignedDuration::from_mins(i64::from(policy.payment_window_minutes));
            let calendar = policy.calendar.since(now);
            let kind = EventKind::Submitted {
                lines,
                calendar,
                pay_by,
            };
            journey.event(person(no), kind, now);
        }
        Point::Paid => journey.event(
            Actor::Gateway,
            payment(&journey.order, 1, Disposition::Counted, now),
            now,
        ),
        _ => {
            for line in &lines {
                let key = line.no;
                let confirms = line.plan.receipt_days.is_some();
                let units = line.all_units().into_iter().map(|unit| unit.no);
                let plan = line.plan;
                let papers = plan.materials.is_some();
                match point {
                    Point::HandedIn if !papers || plan.papers_before_submit() => {}
                    Point::Checked | Point::Claimed | Point::Approved if !papers => {}
                    Point::Certified | Point::Made if plan.make == Make::Agent => {}
                    // It is written into the key that it goes along with, once that is made.
                    Point::Certified if line.carried_from.is_some() => {}
                    Point::Made if line.carried_from.is_some() => {
                        for unit in units {
                            journey.event(by(maker()), certificate(key, unit, now), now);
                            journey.event(by(maker()), made(key, unit), now);
                        }
                    }
                    Point::Booked | Point::Shipped if plan.handover != Handover::Courier => {}
                    Point::Completed if plan.make == Make::Agent => {
                        for (actor, kind) in served(line, no, now) {
                            journey.event(actor, kind, now);
                        }
                    }
                    Point::Completed if plan.handover == Handover::Branch => {
                        journey.event(by(shipper()), EventKind::PickedUp { line: key }, now);
                    }
                    Point::Completed if plan.handover == Handover::None => {}
                    Point::HandedIn => {
                        let refs = hand_in(journey, line, now);
                        let kind = EventKind::MaterialsSubmitted {
                            line: key,
                            basic: basic(),
                            papers: refs,
                        };
                        journey.event(person(no), kind, now);
                    }
                    Point::Checked => {
                        let kind = EventKind::PapersChecked {
                            line: key,
                            round: line.round,
                            refusals: Vec::new(),
                        };
                        journey.event(Actor::System, kind, now);
                    }
                    Point::Claimed => {
                        journey.event(by(reviewer()), EventKind::ReviewClaimed { line: key }, now);
                    }
                    Point::Approved => {
                        journey.event(by(reviewer()), EventKind::Approved { line: key }, now);
                    }
                    Point::Certified => {
                        for unit in units {
                            journey.event(by(maker()), certificate(key, unit, now), now);
                        }
                    }
                    Point::Made => {
                        for unit in units {
                            journey.event(by(maker()), made(key, unit), now);
                        }
                    }
                    Point::Booked => {
                        let kind = EventKind::ShipmentBooked {
                            line: key,
                            waybill: waybill(&id, key),
                        };
                        journey.event(Actor::System, kind, now);
                    }
                    Point::Shipped => {
                        journey.event(by(shipper()), EventKind::HandedToCourier { line: key }, now);
                    }
                    Point::Completed => {
                        journey.event(Actor::Courier, EventKind::Delivered { line: key }, now);
                    }
                    Point::Draft | Point::Submitted | Point::Paid => {}
                }
                if point == Point::Completed && confirms {
                    journey.event(person(no), EventKind::ReceiptConfirmed { line: key }, now);
                }
            }
        }
    }
}

/// Announces the papers that a line asks for, as if they had been looked at.
fn hand_in(journey: &mut Journey, line: &Line, now: Timestamp) -> Vec<PaperRef> {
    let from = u32::try_from(journey.papers.len()).unwrap_or_default() + 1;
    let mut papers = papers_for(&journey.order.id, line, from, now);
    for paper in &mut papers {
        paper.previews = vec![format!("images/{}/1.jpg", paper.id)];
    }
    let refs = papers
        .iter()
        .map(|paper| PaperRef {
            id: paper.id.clone(),
            kind: paper.kind,
        })
        .collect();
    journey.papers.extend(papers);
    refs
}

/// Takes an exit where it is open: unpaid for the first two, claimed for the third.
pub fn leave(journey: &mut Journey, no: u32, exit: Exit, now: Timestamp) {
    match exit {
        Exit::Cancelled => journey.event(person(no), EventKind::Cancelled, now),
        Exit::Expired => journey.event(Actor::System, EventKind::PaymentWindowClosed, now),
        Exit::SentBack => {
            for line in journey.order.lines.clone() {
                let kind = EventKind::Rejected {
                    line: line.no,
                    refusals: vec![refusal()],
                };
                journey.event(by(reviewer()), kind, now);
            }
        }
    }
}

/// Money on an attempt, the sum that the order costs.
pub fn payment(order: &Order, attempt: u32, disposition: Disposition, now: Timestamp) -> EventKind {
    EventKind::PaymentReceived {
        attempt,
        method: PaymentMethod::Alipay,
        amount: order.total,
        paid_at: now,
        disposition,
    }
}

/// The certificate of a key; its number follows from the key's.
pub fn certificate(line: LineNo, unit: UnitNo, now: Timestamp) -> EventKind {
    let validity = Validity::from_now(now, 1).expect("inside the calendar");
    EventKind::CertificateIssued {
        line,
        unit,
        serial: format!("40{:02}{:02}", line.0, unit.0),
        validity,
    }
}

/// A key that somebody began on a blank token, with the same number as in [`made`].
pub fn begun(line: LineNo, unit: UnitNo) -> EventKind {
    EventKind::UnitBegun {
        line,
        unit,
        key_serial: format!("CPP{:02}{:02}", line.0, unit.0),
        operation: OperationId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    }
}

/// A finished key; its token's number follows from the key's.
pub fn made(line: LineNo, unit: UnitNo) -> EventKind {
    EventKind::UnitMade {
        line,
        unit,
        key_serial: format!("CPP{:02}{:02}", line.0, unit.0),
    }
}

/// An agent began what was bought for a key.
pub fn service_begun(line: LineNo, key_serial: &str) -> EventKind {
    EventKind::ServiceBegun {
        line,
        key_serial: key_serial.to_owned(),
        operation: OperationId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    }
}

/// Everything that an agent does for a line of company `no`, from its first word to its last.
///
/// # Panics
/// When the line names no key.
pub fn served(line: &Line, no: u32, now: Timestamp) -> Vec<(Actor, EventKind)> {
    let serial = &line.key.as_ref().expect("a key").serial;
    let mut events = vec![(person(no), service_begun(line.no, serial))];
    if line.product.kind == ProductKind::Renewal {
        events.push((person(no), certificate(line.no, UnitNo(1), now)));
    }
    events.push((Actor::System, EventKind::AgentFinished { line: line.no }));
    events
}

/// The licence, not to be read.
pub fn refusal() -> PaperRefusal {
    PaperRefusal {
        kind: PaperKind::BusinessLicence,
        reason: RefusalReason::Unreadable,
        note: "请重新扫描".to_owned(),
    }
}

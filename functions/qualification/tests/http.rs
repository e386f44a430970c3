//! The reviewer's desk for companies, as a reviewer's page sees it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::sync::Arc;

use adapters::ports::{Clock as _, Kept, Key, Transaction};
use adapters::registry::{self, Claimed, Ownership};
use axum::Router;
use contract::company::CompanyFile;
use contract::error::{ErrorCode, FieldCode};
use contract::qualification::{IdNumberView, QualificationDetail, QualificationQueue};
use domain::actor::Role;
use domain::audit::AuditEntry;
use domain::company::{Company, CompanyEvent, CompanyEventKind, LegalRepresentative, User};
use domain::ids::{CompanyId, PaperId, UserId};
use domain::paper::PaperFormat;
use domain::qualification::{CompanyPaper, CompanyPaperKind, Qualification, QualificationState};
use domain::staff::{Staff, StaffState};
use edge::company_papers::CompanyPapers;
use jiff::SignedDuration;
use qualification::{Ports, api};
use serde_json::{Value, json};
use testkit::orders;
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::{Answer, Client};
use testkit::world::World;

const ID_NUMBER: &str = "11010519491231002X";

fn papers(world: &World) -> CompanyPapers {
    world.doors().papers(world.objects.clone())
}

/// The function in its world.
struct Desk {
    world: World,
    router: Router,
}

impl Desk {
    async fn new() -> Self {
        Self::with_power(PowerCut::never()).await
    }

    async fn with_power(power: Arc<PowerCut>) -> Self {
        let world = World::with_power(power).await;
        let ports = Ports {
            registry: world.store.clone(),
            papers: papers(&world),
            fields: world.fields(),
            mac: world.mac.clone(),
            clock: world.clock.clone(),
            random: world.random.clone(),
        };
        let router = api(world.gate(), ports).unwrap();
        Self { world, router }
    }

    async fn reviewer(&self, no: u32) -> Client {
        self.world
            .as_staff(&self.router, no, &[Role::Reviewer])
            .await
    }

    /// Company `no`, which has registered as what it is or as somebody else.
    async fn registered(&self, no: u32, change: impl FnOnce(&mut Company)) -> Company {
        let mut company = Company {
            qualification: Qualification::default(),
            ..orders::company(no)
        };
        change(&mut company);
        let user = orders::user(no);
        self.world.register(&company, &user).await;
        company
    }

    /// The same with its papers before a reviewer.
    async fn candidate(&self, no: u32, change: impl FnOnce(&mut Company)) -> Company {
        let owner = orders::company(no).id;
        let sealed = self
            .world
            .fields()
            .seal(owner.as_str(), "legal_representative_id", ID_NUMBER, (4, 4))
            .await
            .unwrap();
        let paper = CompanyPaper {
            id: PaperId::from_ulid(&orders::ulid(no)),
            owner: owner.to_string(),
            kind: CompanyPaperKind::BusinessLicence,
            file_name: "营业执照.png".to_owned(),
            format: PaperFormat::Png,
            length: 1,
            sha256: "ab".repeat(32),
            created_at: self.world.clock.now(),
            previews: vec![format!("images/{owner}/page/1.jpg")],
            version: 1,
        };
        self.write(&paper).await;
        let now = self.world.clock.now();
        self.registered(no, |company| {
            company.legal_representative = Some(LegalRepresentative {
                name: "王强".to_owned(),
                id_number: Some(sealed),
            });
            company.qualification = Qualification {
                state: QualificationState::Submitted,
                papers: vec![paper.id],
                submitted_at: Some(now),
                ..Qualification::default()
            };
            change(company);
        })
        .await
    }

    async fn write<T: Kept>(&self, kept: &T) {
        let all = Transaction::new(self.world.clock.now())
            .change(kept)
            .unwrap();
        self.world.registry().record(&all).await.unwrap();
    }

    async fn load<T: Kept>(&self, key: &Key) -> Option<T> {
        self.world.registry().load(key).await.unwrap()
    }

    async fn stored(&self, id: &CompanyId) -> Company {
        self.load(&registry::company(id)).await.unwrap()
    }

    async fn person(&self, no: u32) -> User {
        let user = orders::user(no);
        self.load(&registry::user(&user.company, &user.id))
            .await
            .unwrap()
    }

    async fn events(&self, id: &CompanyId) -> Vec<CompanyEvent> {
        let partition = registry::company_partition(id);
        self.world
            .registry()
            .load_all(&partition, registry::COMPANY_EVENTS)
            .await
            .unwrap()
    }

    async fn owner(&self, what: Claimed, text: &str) -> Option<CompanyId> {
        let owner: Option<Ownership> = self.load(&registry::ownership(what, text)).await;
        owner.map(|owner| owner.company)
    }

    /// What member of staff `no` did, by the audit.
    async fn deeds(&self, no: u32) -> Vec<(String, String, String)> {
        let chain: Vec<AuditEntry> = self
            .world
            .registry()
            .load_all(
                &registry::audit_chain(&orders::staff(no)),
                registry::AUDIT_ENTRIES,
            )
            .await
            .unwrap();
        let told = |entry: AuditEntry| (entry.action, entry.subject, entry.detail);
        chain.into_iter().map(told).collect()
    }

    fn told(&self) -> Vec<(String, String)> {
        let sms = self.world.sms.sent().into_iter();
        let mail = self.world.mail.sent().into_iter();
        sms.map(|sms| (sms.mobile, sms.template.to_owned()))
            .chain(mail.map(|mail| (mail.to, mail.subject)))
            .collect()
    }
}

fn path(company: &Company, deed: &str) -> String {
    format!("/api/console/qualifications/{}{deed}", company.id)
}

async fn claim(client: &Client, company: &Company) -> QualificationDetail {
    client.post(&path(company, "/claim")).await.json()
}

async fn approve(client: &Client, company: &Company, version: u64) -> Answer {
    let body = json!({"version": version});
    client.post_json(&path(company, "/approve"), &body).await
}

/// Takes a company and approves it.
async fn approved(client: &Client, company: &Company) -> Answer {
    let seen = claim(client, company).await;
    approve(client, company, seen.version).await
}

fn refusals(version: u64) -> Value {
    json!({
        "version": version,
        "refusals": [
            {"item": "licence", "reason": "unreadable"},
            {"item": "credit_code", "reason": "other", "note": " 请核对 "},
        ],
    })
}

#[tokio::test]
async fn the_queue_begins_with_the_longest_waiting_and_shows_whose_a_company_is() {
    let desk = Desk::new().await;
    let client = desk.reviewer(1).await;
    let other = desk.reviewer(2).await;
    let first = desk.candidate(5, |_| {}).await;
    desk.world.clock.advance(SignedDuration::from_mins(1));
    let second = desk.candidate(4, |_| {}).await;
    desk.registered(3, |_| {}).await;
    claim(&client, &second).await;
    let rows = |queue: QualificationQueue| -> Vec<(CompanyId, bool, bool)> {
        let rows = queue.companies.into_iter();
        rows.map(|row| (row.company, row.claimed, row.mine))
            .collect()
    };
    let mine = client.get("/api/console/qualifications").await.json();
    assert_eq!(
        rows(mine),
        [
            (first.id.clone(), false, false),
            (second.id.clone(), true, true)
        ]
    );
    let theirs = other.get("/api/console/qualifications").await.json();
    assert_eq!(
        rows(theirs),
        [(first.id, false, false), (second.id, true, false)]
    );
    let maker = desk
        .world
        .as_staff(&desk.router, 3, &[Role::Maker, Role::Admin])
        .await;
    maker
        .get("/api/console/qualifications")
        .await
        .refused(ErrorCode::Forbidden);
}

/// covers: R3
#[tokio::test]
async fn a_company_is_shown_with_its_papers_as_images_and_its_rivals() {
    let desk = Desk::new().await;
    let client = desk.reviewer(1).await;
    let company = desk.candidate(1, |_| {}).await;
    let rival = desk
        .registered(2, |rival| rival.name.clone_from(&company.name))
        .await;
    let detail: QualificationDetail = client.get(&path(&company, "")).await.json();
    assert_eq!(detail.legal_representative, "王强");
    assert_eq!(
        detail.legal_representative_id.as_deref(),
        Some("1101**********002X")
    );
    assert_eq!(detail.papers.len(), 1);
    assert!(detail.papers[0].pages[0].ends_with("/1.jpg?signed"));
    assert_eq!(detail.rivals.len(), 1);
    assert_eq!(detail.rivals[0].company, rival.id);
    assert_eq!(detail.rivals[0].state, QualificationState::Open);
    assert!(!detail.claimed && !detail.mine);
    // What was never handed in is nothing to reviewers.
    client
        .get(&path(&rival, ""))
        .await
        .refused(ErrorCode::NotFound);
    client
        .post(&path(&rival, "/claim"))
        .await
        .refused(ErrorCode::NotFound);
}

#[tokio::test]
async fn only_one_reviewer_has_a_company() {
    let desk = Desk::new().await;
    let client = desk.reviewer(1).await;
    let other = desk.reviewer(2).await;
    let company = desk.candidate(1, |_| {}).await;
    let taken = claim(&client, &company).await;
    assert!(taken.claimed && taken.mine);
    assert_eq!(claim(&client, &company).await.version, taken.version);
    for deed in ["/claim", "/release", "/id-number"] {
        other
            .post(&path(&company, deed))
            .await
            .refused(ErrorCode::ClaimedByOther);
    }
    approve(&other, &company, taken.version)
        .await
        .refused(ErrorCode::ClaimedByOther);
    other
        .post_json(&path(&company, "/reject"), &refusals(taken.version))
        .await
        .refused(ErrorCode::ClaimedByOther);
    client.post(&path(&company, "/release")).await.done();
    client.post(&path(&company, "/release")).await.done();
    let seen: QualificationDetail = client.get(&path(&company, "")).await.json();
    approve(&client, &company, seen.version)
        .await
        .refused(ErrorCode::NotInThisState);
    claim(&other, &company).await;
}

#[tokio::test]
async fn a_company_does_not_wait_for_somebody_who_has_left_the_desk() {
    let desk = Desk::new().await;
    let gone = desk.reviewer(1).await;
    let client = desk.reviewer(2).await;
    let company = desk.candidate(1, |_| {}).await;
    claim(&gone, &company).await;
    let staff: Staff = desk
        .load(&registry::staff(&orders::staff(1)))
        .await
        .unwrap();
    let suspended = Staff {
        state: StaffState::Suspended,
        version: staff.version + 1,
        ..staff
    };
    desk.write(&suspended).await;
    assert!(claim(&client, &company).await.mine);
}

/// covers: R2, R3
#[tokio::test]
async fn an_approved_company_owns_its_name_and_code_and_is_told() {
    let desk = Desk::new().await;
    let client = desk.reviewer(1).await;
    let company = desk.candidate(1, |_| {}).await;
    let seen = claim(&client, &company).await;
    approve(&client, &company, seen.version - 1)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    approve(&client, &company, seen.version).await.done();
    let stored = desk.stored(&company.id).await;
    assert_eq!(stored.qualification.state, QualificationState::Approved);
    assert_eq!(stored.qualification.claim, None);
    assert_eq!(stored.qualification.reviewer, Some(orders::staff(1)));
    for (what, text) in [
        (Claimed::Name, company.name.as_str()),
        (Claimed::CreditCode, company.credit_code.as_str()),
    ] {
        assert_eq!(desk.owner(what, text).await, Some(company.id.clone()));
    }
    let events = desk.events(&company.id).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event, CompanyEventKind::QualificationApproved);
    assert_eq!(
        desk.deeds(1).await,
        [(
            "qualification_approved".to_owned(),
            format!("company {}", company.id),
            String::new()
        )]
    );
    // Approved again, after a lost answer, nothing more happens.
    approve(&client, &company, seen.version).await.done();
    desk.world.work_off().await;
    assert_eq!(
        desk.told(),
        [
            (
                "13800138000".to_owned(),
                "qualification_approved".to_owned()
            ),
            (
                "li.lei.1@example.cn".to_owned(),
                "【Sealkey】资质审核已通过".to_owned()
            ),
        ]
    );
    let other = desk.reviewer(2).await;
    approve(&other, &company, stored.version)
        .await
        .refused(ErrorCode::NotInThisState);
    let queue: QualificationQueue = client.get("/api/console/qualifications").await.json();
    assert!(queue.companies.is_empty());
}

/// covers: R2
#[tokio::test]
async fn approved_papers_of_a_second_claimant_take_the_name_over_and_the_first_is_told() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let client = desk.reviewer(1).await;
    let first = desk.registered(1, |_| {}).await;
    let pages = company::api(
        world.gate(),
        company::Ports {
            registry: world.store.clone(),
            papers: papers(world),
            fields: world.fields(),
            codes: world.codes(),
            throttles: world.throttles(),
            policies: world.policies.clone(),
            clock: world.clock.clone(),
            random: world.random.clone(),
        },
    )
    .unwrap();
    let at_first = world.as_company(&pages, 1).await;
    at_first.get("/api/company").await.json::<CompanyFile>();
    let second = desk
        .candidate(2, |second| {
            second.name.clone_from(&first.name);
            second.credit_code = first.credit_code.clone();
        })
        .await;
    approved(&client, &second).await.done();

    let lost = desk.stored(&first.id).await;
    assert_eq!(lost.superseded_by, Some(second.id.clone()));
    assert_eq!(
        desk.events(&first.id).await[0].event,
        CompanyEventKind::Superseded
    );
    at_first
        .get("/api/company")
        .await
        .refused(ErrorCode::LoginRequired);
    let again = world.as_company(&pages, 1).await;
    let file: CompanyFile = again.get("/api/company").await.json();
    assert!(
        file.superseded,
        "the record is still theirs, without the name"
    );
    let took: Vec<(CompanyEventKind, String)> = desk
        .events(&second.id)
        .await
        .into_iter()
        .map(|event| (event.event, event.note))
        .collect();
    assert_eq!(
        took,
        [
            (CompanyEventKind::QualificationApproved, String::new()),
            (CompanyEventKind::TookOver, "1".to_owned())
        ]
    );
    assert_eq!(
        desk.deeds(1).await[0].2,
        format!("took over from {}", first.id)
    );
    world.work_off().await;
    let told = desk.told();
    assert_eq!(told.len(), 4);
    for (to, what) in [
        ("13800138000", "taken_over"),
        (
            "li.lei.1@example.cn",
            "【Sealkey】企业名称和代码已由另一账户使用",
        ),
    ] {
        assert!(told.contains(&(to.to_owned(), what.to_owned())), "{told:?}");
    }

    // Under another name of its own it is nobody's second record.
    let renamed = json!({
        "version": file.version,
        "name": "南京另一名字有限公司",
        "credit_code": orders::credit_code(88).as_str(),
        "legal_representative": "",
        "registered_address": "",
        "phone": "",
    });
    let file: CompanyFile = again.put_json("/api/company/basics", &renamed).await.json();
    assert!(!file.superseded);
}

/// covers: R2
#[tokio::test]
async fn an_approved_owner_is_not_taken_over_by_name_or_by_code() {
    let desk = Desk::new().await;
    let client = desk.reviewer(1).await;
    let owner = desk.world.company(1).await;
    let by_name = desk
        .candidate(2, |rival| rival.name.clone_from(&owner.name))
        .await;
    let by_code = desk
        .candidate(3, |rival| rival.credit_code = owner.credit_code.clone())
        .await;
    for rival in [&by_name, &by_code] {
        let seen = claim(&client, rival).await;
        assert_eq!(seen.rivals[0].state, QualificationState::Approved);
        approve(&client, rival, seen.version)
            .await
            .refused(ErrorCode::NameOwned);
        client
            .post_json(&path(rival, "/reject"), &refusals(seen.version))
            .await
            .done();
    }
    assert_eq!(desk.stored(&owner.id).await, owner);
    assert_eq!(desk.person(1).await.epoch, 0);
    assert!(
        desk.world.store.all_work().len() == 4,
        "only those sent back are told"
    );
}

#[tokio::test]
async fn of_two_claimants_approved_at_the_same_moment_one_gets_the_name() {
    let desk = Desk::new().await;
    let (one, two) = (desk.reviewer(1).await, desk.reviewer(2).await);
    let first = desk.candidate(1, |_| {}).await;
    let second = desk
        .candidate(2, |rival| rival.name.clone_from(&first.name))
        .await;
    let (seen_first, seen_second) = (claim(&one, &first).await, claim(&two, &second).await);
    let (a, b) = tokio::join!(
        approve(&one, &first, seen_first.version),
        approve(&two, &second, seen_second.version),
    );
    let done = [&a, &b]
        .iter()
        .filter(|answer| answer.status == 204)
        .count();
    assert_eq!(done, 1);
    let (won, lost) = if a.status == 204 {
        (&first, b)
    } else {
        (&second, a)
    };
    // The other one lost name and version at once.
    let told = lost.problem().code;
    assert!(
        matches!(told, ErrorCode::NameOwned | ErrorCode::ChangedMeanwhile),
        "{told:?}"
    );
    assert_eq!(
        desk.owner(Claimed::Name, &first.name).await,
        Some(won.id.clone())
    );
}

#[tokio::test]
async fn many_rivals_are_taken_over_as_far_as_one_transaction_goes_the_oldest_first() {
    let desk = Desk::new().await;
    let client = desk.reviewer(1).await;
    let mut rivals = Vec::new();
    for no in 1..=9 {
        let rival = desk
            .registered(no, |rival| rival.name = "南京同名有限公司".to_owned())
            .await;
        for more in 1..10 {
            let user = User {
                id: UserId::from_ulid(&orders::ulid(no * 100 + more)),
                account: None,
                ..orders::user(no)
            };
            desk.write(&user).await;
        }
        rivals.push(rival);
    }
    let company = desk
        .candidate(20, |company| company.name = "南京同名有限公司".to_owned())
        .await;
    approved(&client, &company).await.done();
    let mut superseded = Vec::new();
    for rival in &rivals {
        let stored = desk.stored(&rival.id).await;
        superseded.push(stored.superseded_by.is_some());
    }
    // 9 items are the company's own, 14 those of each rival; 100 fit.
    assert_eq!(
        superseded,
        [true, true, true, true, true, true, false, false, false]
    );
    let events = desk.events(&company.id).await;
    assert_eq!(events[1].note, "6/9");
    assert_eq!(desk.person(1).await.epoch, 1);
    assert_eq!(desk.person(9).await.epoch, 0);
}

/// covers: R3
#[tokio::test]
async fn papers_are_sent_back_with_a_reason_for_each_item() {
    let desk = Desk::new().await;
    let client = desk.reviewer(1).await;
    let company = desk.candidate(1, |_| {}).await;
    let seen = claim(&client, &company).await;
    let body = refusals(seen.version);
    client
        .post_json(&path(&company, "/reject"), &body)
        .await
        .done();
    let stored = desk.stored(&company.id).await;
    assert_eq!(
        stored.qualification.state,
        QualificationState::ChangesRequested
    );
    assert_eq!(stored.qualification.refusals[1].note, "请核对");
    let events = desk.events(&company.id).await;
    assert_eq!(events[0].event, CompanyEventKind::QualificationSentBack);
    assert!(events[0].note.contains("统一社会信用代码：请核对"));
    // Sent back again, after a lost answer, nothing more happens.
    client
        .post_json(&path(&company, "/reject"), &body)
        .await
        .done();
    desk.world.work_off().await;
    let mail = desk.world.mail.sent();
    assert_eq!(mail.len(), 1);
    assert!(
        mail[0].text.contains("统一社会信用代码：请核对"),
        "{}",
        mail[0].text
    );
    assert_eq!(desk.deeds(1).await[0].0, "qualification_sent_back");
    assert!(desk.owner(Claimed::Name, &company.name).await.is_none());
}

#[tokio::test]
async fn reasons_have_to_be_of_use() {
    let desk = Desk::new().await;
    let client = desk.reviewer(1).await;
    let company = desk.candidate(1, |_| {}).await;
    let version = claim(&client, &company).await.version;
    let refuse = |refusals: Value| {
        let body = json!({"version": version, "refusals": refusals});
        let (client, path) = (client.clone(), path(&company, "/reject"));
        async move { client.post_json(&path, &body).await }
    };
    let licence = json!({"item": "licence", "reason": "expired"});
    refuse(json!([])).await.wrong_fields(&["refusals"]);
    refuse(json!([licence, licence]))
        .await
        .wrong_fields(&["refusals.1.item"]);
    let problem = refuse(json!([{"item": "licence", "reason": "other", "note": " "}]))
        .await
        .wrong_fields(&["refusals.0.note"]);
    assert_eq!(problem.errors[0].code, FieldCode::Required);
    let long = json!([{"item": "licence", "reason": "expired", "note": "长".repeat(501)}]);
    refuse(long).await.wrong_fields(&["refusals.0.note"]);
    let body = json!({"version": version + 5, "refusals": [licence]});
    client
        .post_json(&path(&company, "/reject"), &body)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    assert_eq!(
        desk.stored(&company.id).await.qualification.state,
        QualificationState::Submitted
    );
}

#[tokio::test]
async fn each_look_at_the_full_id_number_is_noted() {
    let desk = Desk::new().await;
    let client = desk.reviewer(1).await;
    let company = desk.candidate(1, |_| {}).await;
    assert!(!desk.world.store.everything().contains(ID_NUMBER));
    let shown = path(&company, "/id-number");
    client.post(&shown).await.refused(ErrorCode::NotInThisState);
    let seen = claim(&client, &company).await;
    for look in 1..=2 {
        let answer = client.post(&shown).await;
        assert_eq!(answer.headers["cache-control"], "no-store");
        let view: IdNumberView = answer.json();
        assert_eq!(view.id_number.expose(), ID_NUMBER);
        assert_eq!(desk.events(&company.id).await.len(), look);
        assert_eq!(desk.deeds(1).await.len(), look);
    }
    assert_eq!(
        desk.events(&company.id).await[1].event,
        CompanyEventKind::IdNumberShown
    );
    assert_eq!(desk.deeds(1).await[0].0, "id_number_shown");
    assert!(!desk.world.store.everything().contains(ID_NUMBER));

    // Looking changed nothing of what was looked at; anything else does.
    let stored = desk.stored(&company.id).await;
    let (next, event) = stored.changed(
        orders::person(1),
        CompanyEventKind::ContactChanged,
        Vec::new(),
        "",
        desk.world.clock.now(),
    );
    let approved_before_that = Desk::new().await;
    let quick = approved_before_that.reviewer(1).await;
    let same = approved_before_that.candidate(1, |_| {}).await;
    let at_once = claim(&quick, &same).await;
    quick.post(&path(&same, "/id-number")).await;
    quick.post(&path(&same, "/id-number")).await;
    approve(&quick, &same, at_once.version).await.done();

    desk.write(&next).await;
    let all = Transaction::new(desk.world.clock.now())
        .create(&event)
        .unwrap();
    desk.world.registry().record(&all).await.unwrap();
    client.post(&shown).await.json::<IdNumberView>();
    approve(&client, &company, seen.version)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
}

#[tokio::test]
async fn a_company_without_an_id_number_has_none_to_show() {
    let desk = Desk::new().await;
    let client = desk.reviewer(1).await;
    let company = desk
        .candidate(1, |company| company.legal_representative = None)
        .await;
    claim(&client, &company).await;
    client
        .post(&path(&company, "/id-number"))
        .await
        .refused(ErrorCode::NotFound);
    assert!(desk.deeds(1).await.is_empty());
}

#[tokio::test]
async fn nobody_decides_about_their_own_company() {
    let desk = Desk::new().await;
    let client = desk.reviewer(1).await;
    let company = desk
        .candidate(1, |company| {
            company.contact.mail = "Staff.1@Sealkey.example".to_owned();
        })
        .await;
    client
        .post(&path(&company, "/claim"))
        .await
        .refused(ErrorCode::OwnCompany);
    let other = desk.reviewer(2).await;
    claim(&other, &company).await;
    approve(&client, &company, 2)
        .await
        .refused(ErrorCode::OwnCompany);
    client
        .post(&path(&company, "/id-number"))
        .await
        .refused(ErrorCode::OwnCompany);
}

#[tokio::test]
async fn a_power_cut_leaves_a_company_approved_with_everything_or_not_at_all() {
    async fn scene(power: Arc<PowerCut>) -> (Desk, Client, Company, Company, u64) {
        let desk = Desk::with_power(power).await;
        let client = desk.reviewer(1).await;
        let first = desk.registered(1, |_| {}).await;
        let company = desk
            .candidate(2, |company| company.name.clone_from(&first.name))
            .await;
        let version = claim(&client, &company).await.version;
        (desk, client, first, company, version)
    }
    let (quiet, client, _, company, version) = scene(PowerCut::never()).await;
    let first_write = quiet.world.power.writes() + 1;
    approve(&client, &company, version).await.done();
    assert_eq!(
        quiet.world.power.writes(),
        first_write,
        "one write does it all"
    );
    for moment in [Moment::Before, Moment::After] {
        let power = PowerCut::at(first_write, moment, Length::Outage);
        let (desk, client, first, company, version) = scene(power).await;
        approve(&client, &company, version)
            .await
            .refused(ErrorCode::Unavailable);
        desk.world.power.restore();
        let stored = desk.stored(&company.id).await;
        let done = stored.qualification.state == QualificationState::Approved;
        assert_eq!(done, moment == Moment::After);
        let lost = desk.stored(&first.id).await;
        assert_eq!(lost.superseded_by.is_some(), done);
        assert_eq!(desk.person(1).await.epoch, u32::from(done));

        approve(&client, &company, version).await.done();
        desk.world.work_off().await;
        assert_eq!(desk.told().len(), 4, "{moment:?}");
        assert_eq!(desk.deeds(1).await.len(), 1);
        assert_eq!(desk.events(&company.id).await.len(), 2);
        assert_eq!(desk.events(&first.id).await.len(), 1);
    }
}

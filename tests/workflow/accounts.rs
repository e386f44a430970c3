//! Who somebody is, on the real stack: a newcomer's whole way, and the staff's.

use adapters::dynamodb::Table;
use adapters::ports::{Clock as _, Registry, Transaction};
use adapters::registry;
use anyhow::{Context, Result, ensure};
use contract::account::{CodeSent, LoginView, SessionView};
use contract::company::{CompanyFile, ContactChangeView, PeopleView};
use contract::error::ErrorCode;
use contract::qualification::RecoveryDetail;
use contract::staff::{AuditPage, InviteView, StaffRequestList};
use contract::unbinding::{ObjectionView, RecoveryView};
use contract::upload::PaperUploadView;
use domain::company::Company;
use domain::ids::PaperId;
use domain::order::DisplayState;
use domain::qualification::QualificationState;
use domain::recovery::{Recovery, RecoveryState};
use domain::session::SessionLevel;
use edge::real::SystemClock;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::faults::invoke;
use system_tests::hire::StaffLogin;
use system_tests::job::{
    CompanyAt, StaffAt, mail_code, new_mobile, picture, random_hex, text_code, texts_to, until,
};
use system_tests::people::Person;
use system_tests::stack::Stack;

/// What stands behind the `#` of the last link of a kind in a mail to somebody.
async fn link(stack: &Stack, to: &str, page: &str) -> Result<String> {
    until(&format!("a link {page} for {to}"), || async {
        let mails = stack.outbox("ses/messages").await?;
        let found = texts_to(&mails, to).iter().rev().find_map(|text| {
            text.split_once(&format!("{page}#"))
                .map(|(_, rest)| rest.to_owned())
        });
        let token = found.map(|rest| {
            rest.chars()
                .take_while(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
                .collect::<String>()
        });
        // A sentence may end right after the link.
        Ok(token.map(|token| token.trim_end_matches('.').to_owned()))
    })
    .await
}

async fn log_in(person: &Person, name: &str, password: &str) -> Result<LoginView> {
    let body = json!({
        "storefront": "mall", "name": name, "password": password, "human": person.human().await?,
    });
    person.post("/api/session", &body).await?.ok()
}

/// Registers a new password by the code sent to a mobile number.
async fn forget_password(
    stack: &Stack,
    person: &Person,
    company_name: &str,
    (mobile, which): (&str, usize),
) -> Result<String> {
    let asked: CodeSent = person
        .post(
            "/api/password-resets",
            &json!({"company_name": company_name, "mobile": mobile, "human": person.human().await?}),
        )
        .await?
        .ok()?;
    let code = text_code(stack, mobile, which).await?;
    let password = format!("Kp7-{}", random_hex(8)?);
    let path = format!("/api/password-resets/{}/confirm", asked.code);
    let body = json!({"code": code, "password": password});
    person.post(&path, &body).await?.ok::<()>()?;
    let again = person.post(&path, &body).await?;
    ensure!(again.code()? == ErrorCode::CodeWrong, "a code works once");
    Ok(password)
}

/// covers: R2, R3, R50, R51, R53
#[tokio::test]
async fn a_newcomer_registers_is_qualified_and_gets_a_new_password() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::register(&stack).await?;
    assert_eq!(company.session.level, SessionLevel::Full);
    let draft: contract::order::OrderView = company
        .person
        .post("/api/orders", &CompanyAt::draft(1))
        .await?
        .ok()?;
    let submit = format!("/api/orders/{}/submit", draft.id);
    let refused = company.person.act(Method::POST, &submit).await?;
    assert_eq!(refused.code()?, ErrorCode::QualificationRequired);

    let file = company.ask_for_approval().await?;
    assert_eq!(file.qualification.state, QualificationState::Submitted);
    StaffAt::login(&stack, "reviewer")
        .await?
        .approve_company(&company.session.company)
        .await?;
    let order = company.submit(&draft.id).await?;
    assert_eq!(order.display, DisplayState::AwaitingPayment);

    // Another browser: the password is forgotten, the name and the mobile number are not.
    let name = &company.session.company_name;
    let elsewhere = Person::at(&stack.web)?;
    let mobile = &company.session.contact.mobile;
    let password = forget_password(&stack, &elsewhere, name, (mobile, 2)).await?;
    let ended = company.person.get("/api/session").await?;
    assert_eq!(
        ended.code()?,
        ErrorCode::LoginRequired,
        "every session ended"
    );
    let body = json!({
        "storefront": "counter", "name": name, "password": company.password,
        "human": elsewhere.human().await?,
    });
    let old = elsewhere.post("/api/session", &body).await?;
    assert_eq!(old.code()?, ErrorCode::LoginFailed);
    let again = log_in(&elsewhere, name, &password).await?;
    assert_eq!(
        again.session.context("a session")?.company,
        company.session.company
    );
    Ok(())
}

/// covers: R54, R55, R56
#[tokio::test]
async fn a_company_keeps_its_file() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::register(&stack).await?;
    let person = &company.person;
    let file = company.file().await?;
    let basics = json!({
        "version": file.version, "name": file.basics.name, "credit_code": file.basics.credit_code,
        "legal_representative": "王芳", "legal_representative_id": "11010519491231002X",
        "consent": "2026-11", "registered_address": "南京市玄武区中山路1号", "phone": "025-80000001",
    });
    let put = person.with_body(Method::PUT, "/api/company/basics", &basics);
    let file: CompanyFile = put.await?.ok()?;
    let shown = file
        .basics
        .legal_representative_id
        .context("an ID number")?;
    assert_eq!(shown, "1101**********002X");
    let mut other = basics.clone();
    other["phone"] = "025-80000002".into();
    let late = person.with_body(Method::PUT, "/api/company/basics", &other);
    assert_eq!(late.await?.code()?, ErrorCode::ChangedMeanwhile);

    let title = json!({
        "version": file.version, "kind": "special", "title": file.basics.name,
        "tax_number": file.basics.credit_code, "bank": "中国银行南京分行",
        "bank_account": "6222 0000 1111 2222", "address": "南京市玄武区中山路1号",
        "phone": "025-80000001", "is_default": true,
    });
    let file: CompanyFile = person
        .post("/api/company/invoice-titles", &title)
        .await?
        .ok()?;
    let titles = &file.invoice_titles;
    assert!(
        titles[0]
            .bank_account
            .as_ref()
            .is_some_and(|shown| shown.contains('*'))
    );
    let address = json!({"version": file.version, "is_default": true, "address": {
        "name": "韩梅梅", "mobile": "13900139000", "province": "江苏省", "city": "南京市",
        "district": "玄武区", "detail": "中山路1号3楼"}});
    let file: CompanyFile = person
        .post("/api/company/addresses", &address)
        .await?
        .ok()?;

    // A new contact is confirmed at both ends before anything changes; the old one is told.
    let (mobile, mail) = (new_mobile()?, format!("{}@example.com", random_hex(5)?));
    let asked: ContactChangeView = person
        .post(
            "/api/company/contact",
            &json!({"version": file.version,
                    "contact": {"name": "韩梅梅", "mobile": mobile, "mail": mail}}),
        )
        .await?
        .ok()?;
    assert_eq!(asked.file.contact, company.session.contact);
    let confirm = format!(
        "/api/company/contact/{}/confirm",
        asked.change.context("a change")?
    );
    let codes = json!({
        "mobile_code": text_code(&stack, &mobile, 1).await?,
        "mail_code": mail_code(&stack, &mail, 1).await?,
    });
    let file: CompanyFile = person.post(&confirm, &codes).await?.ok()?;
    assert_eq!((file.contact.mobile, file.contact.mail), (mobile, mail));
    let old = &company.session.contact.mail;
    until("the old contact is told", || async {
        let mails = stack.outbox("ses/messages").await?.to_string();
        Ok(mails.contains(old.as_str()).then_some(()))
    })
    .await?;

    // A second person logs in by the road for a forgotten password.
    let second = new_mobile()?;
    let account = format!("zweit-{}", random_hex(4)?);
    let people: PeopleView = person
        .post(
            "/api/company/people",
            &json!({"name": "吴用", "mobile": second, "account": account}),
        )
        .await?
        .ok()?;
    assert_eq!(people.people.len(), 2);
    let colleague = Person::at(&stack.web)?;
    let password = forget_password(&stack, &colleague, &file.basics.name, (&second, 1)).await?;
    assert!(
        log_in(&colleague, &account, &password)
            .await?
            .session
            .is_some()
    );
    let gone = people
        .people
        .iter()
        .find(|row| row.account.as_ref() == Some(&account))
        .context("the second person")?;
    let version = {
        let now: PeopleView = person.get("/api/company/people").await?.ok()?;
        let row = now.people.into_iter().find(|row| row.id == gone.id);
        row.context("still there")?.version
    };
    let path = format!("/api/company/people/{}?version={version}", gone.id);
    person
        .act(Method::DELETE, &path)
        .await?
        .ok::<PeopleView>()?;
    let over = colleague.get("/api/session").await?;
    assert_eq!(over.code()?, ErrorCode::LoginRequired, "at once");
    let history: Value = person.get("/api/company/history").await?.ok()?;
    let events = history["events"].as_array().context("events")?.len();
    assert!(events >= 6, "{history}");
    Ok(())
}

/// covers: R27, R28, R29, R30
#[tokio::test]
async fn a_bound_company_unbinds_by_mail_and_can_take_it_back() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let table = Table::connect(&stack.cloud(), &stack.table);
    let bind = domain::key::CompanyKey {
        company: company.session.company.clone(),
        serial: random_hex(6)?,
        activated_at: SystemClock.now(),
        not_after: SystemClock.now() + jiff::SignedDuration::from_hours(24 * 365),
        medium: domain::catalog::Medium::Bjca,
        storefront: domain::policy::StorefrontId("mall".to_owned()),
        certificate_serial: "40".to_owned(),
        seal: false,
        suspended: None,
        reported_at: None,
        earlier: Vec::new(),
        issued_by: None,
        revoked_at: None,
        version: 1,
    };
    let registry: &dyn Registry = &table;
    registry
        .record(&Transaction::new(SystemClock.now()).change(&bind)?)
        .await?;

    // The right password tells that a key is bound; a code opens a session that does not buy.
    let name = company.session.company_name.as_str();
    let contact = &company.session.contact;
    let desk = Person::at(&stack.web)?;
    let bound = log_in(&desk, name, &company.password).await?;
    assert!(bound.session.is_none());
    let sent = bound.code.context("a code")?;
    let code = text_code(&stack, &contact.mobile, 2).await?;
    let limited: SessionView = desk
        .post("/api/session/code", &json!({"id": sent.code, "code": code}))
        .await?
        .ok()?;
    assert_eq!(limited.level, SessionLevel::Limited);
    let buy = desk.post("/api/orders", &CompanyAt::draft(1)).await?;
    assert_eq!(buy.code()?, ErrorCode::KeyLoginRequired);

    let items = |human: String| json!({"mail": contact.mail, "company_name": name, "mobile": contact.mobile, "human": human});
    let asked: CodeSent = desk
        .post("/api/unbindings", &items(desk.human().await?))
        .await?
        .ok()?;
    let code = mail_code(&stack, &contact.mail, 1).await?;
    let confirm = format!("/api/unbindings/{}/confirm", asked.code);
    desk.post(&confirm, &json!({"code": code}))
        .await?
        .ok::<()>()?;
    for person in [&desk, &company.person] {
        let over = person.get("/api/session").await?;
        assert_eq!(over.code()?, ErrorCode::LoginRequired);
    }
    let full = log_in(&desk, name, &company.password).await?;
    assert_eq!(full.session.context("unbound")?.level, SessionLevel::Full);
    let file: CompanyFile = desk.get("/api/company").await?.ok()?;
    assert!(file.frozen_until.is_some());
    let change = json!({"version": file.version,
        "contact": {"name": "韩梅梅", "mobile": new_mobile()?, "mail": contact.mail}});
    let frozen = desk.post("/api/company/contact", &change).await?;
    assert_eq!(frozen.code()?, ErrorCode::Frozen);

    // "This was not us": bound again, everybody out.
    let owner = Person::at(&stack.web)?;
    let token = link(&stack, &contact.mail, "/objection").await?;
    let about: ObjectionView = owner
        .post("/api/objections", &json!({"token": token}))
        .await?
        .ok()?;
    assert_eq!(about.company_name, name);
    owner
        .post("/api/objections/confirm", &json!({"token": token}))
        .await?
        .ok::<()>()?;
    let over = desk.get("/api/session").await?;
    assert_eq!(over.code()?, ErrorCode::LoginRequired);
    assert!(
        log_in(&desk, name, &company.password)
            .await?
            .session
            .is_none()
    );
    Ok(())
}

async fn recovery_paper(person: &Person, kind: &str) -> Result<PaperId> {
    let bytes = picture();
    let hash = hex::encode(aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA256,
        &bytes,
    ));
    let request = json!({
        "kind": kind, "file_name": "扫描件.png", "format": "image/png", "length": bytes.len(),
        "sha256": hash,
    });
    let place: PaperUploadView = person.post("/api/recovery/papers", &request).await?.ok()?;
    let mut put = person.client().put(&place.url).body(bytes);
    for (name, value) in &place.headers {
        put = put.header(name, value);
    }
    ensure!(
        put.send().await?.status().is_success(),
        "the bucket refuses"
    );
    Ok(place.paper)
}

/// covers: R30
#[tokio::test]
async fn who_lost_mailbox_and_mobile_number_gets_back_in() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let company = CompanyAt::buyer(&stack).await?;
    let person = Person::at(&stack.web)?;
    let (mobile, mail) = (new_mobile()?, format!("{}@example.com", random_hex(5)?));
    let begin = json!({
        "storefront": "mall", "company_name": company.session.company_name,
        "credit_code": company.session.credit_code, "consent": "2026-11",
        "contact": {"name": "韩梅梅", "mobile": mobile, "mail": mail},
        "human": person.human().await?,
    });
    let begun: RecoveryView = person.post("/api/recoveries", &begin).await?.ok()?;
    let codes = json!({
        "mobile_code": text_code(&stack, &mobile, 1).await?,
        "mail_code": mail_code(&stack, &mail, 1).await?,
    });
    person
        .post("/api/recovery/confirm", &codes)
        .await?
        .ok::<RecoveryView>()?;
    let mut papers = Vec::new();
    for kind in [
        "business_licence",
        "authorisation_letter",
        "legal_representative_id",
    ] {
        papers.push(recovery_paper(&person, kind).await?);
    }
    let submitted: RecoveryView = person
        .post("/api/recovery/submit", &json!({"papers": papers}))
        .await?
        .ok()?;
    assert_eq!(submitted.state, RecoveryState::Submitted);

    let decide = format!("/api/console/recoveries/{}/decide", begun.id);
    let agree = json!({"approve": true, "note": ""});
    let first = StaffAt::login(&stack, "reviewer").await?;
    first
        .person
        .post(&decide, &agree)
        .await?
        .ok::<RecoveryDetail>()?;
    let twice = first.person.post(&decide, &agree).await?;
    assert_eq!(twice.code()?, ErrorCode::SecondPerson);
    let second = StaffAt::login(&stack, "reviewer").await?;
    let detail: RecoveryDetail = second.person.post(&decide, &agree).await?.ok()?;
    assert_eq!(detail.state, RecoveryState::Waiting);
    // The old contact could object, and does not.
    link(&stack, &company.session.contact.mail, "/objection").await?;

    // A day passes: its end is written back, for nobody waits a day here.
    let table = Table::connect(&stack.cloud(), &stack.table);
    let registry: &dyn Registry = &table;
    let waiting: Option<Recovery> = registry.load(&registry::recovery(&begun.id)).await?;
    let mut waiting = waiting.context("a recovery")?;
    waiting.object_until = Some(SystemClock.now());
    waiting.version += 1;
    registry
        .record(&Transaction::new(SystemClock.now()).change(&waiting)?)
        .await?;
    until("the new contact is set", || async {
        invoke(&stack, "reconcile", &json!({})).await?;
        let key = registry::company(&company.session.company);
        let now: Option<Company> = registry.load(&key).await?;
        Ok(now.filter(|now| now.contact.mail == mail))
    })
    .await?;
    let done: RecoveryView = person.get("/api/recovery").await?.ok()?;
    assert_eq!(done.state, RecoveryState::Done);
    let name = &company.session.company_name;
    let password = forget_password(&stack, &person, name, (&mobile, 2)).await?;
    let session = log_in(&person, name, &password).await?.session;
    assert_eq!(session.context("in again")?.contact.mail, mail);
    Ok(())
}

#[tokio::test]
async fn staff_are_invited_by_two_and_what_they_do_is_on_record() -> Result<()> {
    let stack = Stack::of_the_tests()?;
    let (asks, agrees) = (
        StaffAt::login(&stack, "admin").await?,
        StaffAt::login(&stack, "admin").await?,
    );
    let mail = format!("neu-{}@sealkey.example", random_hex(5)?);
    let invite = json!({
        "name": "新人", "mail": mail, "roles": ["support"], "reason": "入职",
    });
    let list: StaffRequestList = asks
        .person
        .post("/api/console/staff/invites", &invite)
        .await?
        .ok()?;
    let request = list
        .requests
        .iter()
        .find(|row| row.mine && serde_json::to_string(&row.change).is_ok_and(|c| c.contains(&mail)))
        .context("the request")?;
    let approve = format!("/api/console/staff/requests/{}/approve", request.id);
    let alone = asks.person.act(Method::POST, &approve).await?;
    assert_eq!(alone.code()?, ErrorCode::SecondPerson);
    agrees
        .person
        .act(Method::POST, &approve)
        .await?
        .ok::<StaffRequestList>()?;

    let newcomer = Person::at(&stack.web)?;
    let token = link(&stack, &mail, "/console/invite").await?;
    let offer: InviteView = newcomer
        .post("/api/console/invites", &json!({"token": token}))
        .await?
        .ok()?;
    let login = StaffLogin {
        mail: mail.clone(),
        password: format!("Kp7-{}", random_hex(8)?),
        totp: offer.secret.expose().to_owned(),
    };
    let code = login.codes()?.into_iter().nth(1).context("a code")?;
    let accept = json!({"token": token, "password": login.password, "code": code});
    newcomer
        .post("/api/console/invites/accept", &accept)
        .await?
        .ok::<()>()?;
    let again = newcomer
        .post("/api/console/invites", &json!({"token": token}))
        .await?;
    assert_eq!(again.code()?, ErrorCode::LinkExpired);
    let at_work = StaffAt::log_in(&stack, &login).await?;
    let page: AuditPage = asks.person.get("/api/console/audit").await?.ok()?;
    assert!(!page.entries.is_empty());
    let curious = at_work.person.get("/api/console/audit").await?;
    assert_eq!(curious.code()?, ErrorCode::Forbidden);
    // Heads are signed, and every chain is whole.
    invoke(&stack, "reconcile", &json!({})).await?;
    let said = system_tests::faults::audit_verify(&stack).await?;
    assert!(said.contains("chain"), "{said}");
    Ok(())
}

//! Basic data, invoice titles, the address book.

use adapters::registry::{self, Claim, Claimed, Ownership};
use contract::company::CompanyFile;
use contract::error::{ErrorCode, FieldCode};
use domain::company::{Company, CompanyEventKind, MAX_ADDRESSES, MAX_TITLES, TitleKind};
use domain::qualification::QualificationState;
use serde_json::{Value, json};
use testkit::orders;

use crate::desk::{Desk, basics, change, file, history, newest, with};

const ID_NUMBER: &str = "11010519491231002X";
const ACCOUNT: &str = "6222021234567890123";

/// covers: R54
#[tokio::test]
async fn basic_data_is_filled_in_and_every_change_stands_in_the_history() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let before = file(&client).await;
    assert_eq!(before.basics.legal_representative_id, None);
    let form = with(
        basics(&before),
        &json!({
            "legal_representative": " 王强 ",
            "legal_representative_id": "11010519491231002x",
            "consent": "2026-11",
            "registered_address": "南京市玄武区示例路1号",
            "phone": "025-8888 6666",
        }),
    );
    let after: CompanyFile = client.put_json("/api/company/basics", &form).await.json();
    assert_eq!(after.version, before.version + 1);
    assert_eq!(after.basics.legal_representative, "王强");
    assert_eq!(
        after.basics.legal_representative_id.as_deref(),
        Some("1101**********002X")
    );
    let (event, changes) = newest(&client).await;
    assert_eq!(event, CompanyEventKind::BasicsChanged);
    assert_eq!(
        changes,
        [
            change("legal_representative", "", "王强"),
            change("legal_representative_id", "", "1101**********002X"),
            change("registered_address", "", "南京市玄武区示例路1号"),
            change("phone", "", "025-8888 6666"),
        ]
    );
    let entry = history(&client).await.events.remove(0);
    assert_eq!(entry.actor_name, "李雷");
    assert_eq!(entry.note, "consent 2026-11");

    // Stored sealed: what opens it is the company and the field.
    assert!(!desk.world.store.everything().contains(ID_NUMBER));
    let stored = desk.stored(1).await;
    let sealed = stored.legal_representative.unwrap().id_number.unwrap();
    let fields = desk.world.fields();
    let owner = stored.id.as_str();
    assert_eq!(
        fields
            .open(owner, "legal_representative_id", &sealed)
            .await
            .unwrap(),
        ID_NUMBER
    );
    assert!(fields.open(owner, "phone", &sealed).await.is_err());

    // The same again, as after a lost answer, is no change; nothing typed leaves the number as it is.
    let again: CompanyFile = client.put_json("/api/company/basics", &form).await.json();
    assert_eq!(again.version, after.version);
    let kept: CompanyFile = client
        .put_json(
            "/api/company/basics",
            &with(basics(&after), &json!({"phone": ""})),
        )
        .await
        .json();
    assert_eq!(kept.basics.phone, "");
    assert!(kept.basics.legal_representative_id.is_some());
    let gone: CompanyFile = client
        .put_json(
            "/api/company/basics",
            &with(basics(&kept), &json!({"legal_representative_id": ""})),
        )
        .await
        .json();
    assert_eq!(gone.basics.legal_representative_id, None);
    assert_eq!(
        newest(&client).await.1,
        [change("legal_representative_id", "1101**********002X", "")]
    );
}

#[tokio::test]
async fn what_is_wrong_with_basic_data_is_named_and_nothing_is_written() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let form = basics(&file(&client).await);
    let number = |text: &str| json!({"legal_representative": "王强", "legal_representative_id": text, "consent": "2026-11"});
    for (typed, field, code) in [
        (json!({"name": " "}), "name", FieldCode::Required),
        (json!({"name": "长".repeat(65)}), "name", FieldCode::TooLong),
        (
            json!({"credit_code": ""}),
            "credit_code",
            FieldCode::Required,
        ),
        (
            json!({"credit_code": "91440300708461136"}),
            "credit_code",
            FieldCode::Invalid,
        ),
        (
            json!({"credit_code": "91440300708461136U"}),
            "credit_code",
            FieldCode::CheckCharacter,
        ),
        (json!({"phone": "ring twice"}), "phone", FieldCode::Invalid),
        (
            json!({"registered_address": "路\u{7}"}),
            "registered_address",
            FieldCode::Invalid,
        ),
        (
            number("110105194912310021"),
            "legal_representative_id",
            FieldCode::CheckCharacter,
        ),
        (
            number("1101051949"),
            "legal_representative_id",
            FieldCode::Invalid,
        ),
        (
            number("一二三四五六七八九十一二三四五六七八"),
            "legal_representative_id",
            FieldCode::Invalid,
        ),
        (
            with(number(ID_NUMBER), &json!({"legal_representative": ""})),
            "legal_representative",
            FieldCode::Required,
        ),
        (
            with(number(ID_NUMBER), &json!({"consent": "2020-01"})),
            "consent",
            FieldCode::Required,
        ),
        (
            with(number(ID_NUMBER), &json!({"consent": null})),
            "consent",
            FieldCode::Required,
        ),
    ] {
        let answer = client
            .put_json("/api/company/basics", &with(form.clone(), &typed))
            .await;
        let problem = answer.wrong_fields(&[field]);
        assert_eq!(problem.errors[0].code, code, "{typed}");
    }
    assert_eq!(desk.stored(1).await.version, 1);
}

/// covers: R2
#[tokio::test]
async fn another_name_or_code_closes_the_qualification_and_moves_the_claim() {
    let desk = Desk::new().await;
    let client = desk.logged_in(1).await;
    let before = file(&client).await;
    assert_eq!(before.qualification.state, QualificationState::Approved);

    // Another telephone is nothing to a reviewer.
    let phone = with(basics(&before), &json!({"phone": "02588886666"}));
    let after: CompanyFile = client.put_json("/api/company/basics", &phone).await.json();
    assert_eq!(after.qualification.state, QualificationState::Approved);

    let renamed = with(basics(&after), &json!({"name": "南京更名科技有限公司"}));
    let after: CompanyFile = client
        .put_json("/api/company/basics", &renamed)
        .await
        .json();
    assert_eq!(after.qualification.state, QualificationState::Open);
    assert_eq!(after.qualification.decided_at, None);
    assert_eq!(
        newest(&client).await,
        (
            CompanyEventKind::QualificationReopened,
            vec![change("name", &before.basics.name, "南京更名科技有限公司")]
        )
    );
    let owner = |what, text: &str| {
        let key = registry::ownership(what, text);
        let desk = &desk;
        async move { desk.load::<Ownership>(&key).await }
    };
    assert!(owner(Claimed::Name, &before.basics.name).await.is_none());
    assert!(owner(Claimed::Name, "南京更名科技有限公司").await.is_none());
    let code = owner(Claimed::CreditCode, &before.basics.credit_code).await;
    assert_eq!(code.unwrap().company, before.id);
    let claims = |text: &str| {
        let partition = registry::claims(Claimed::Name, text);
        let desk = &desk;
        async move {
            let found: Vec<Claim> = desk
                .world
                .registry()
                .load_all(&partition, registry::CLAIMS)
                .await
                .unwrap();
            found.len()
        }
    };
    assert_eq!(claims(&before.basics.name).await, 0);
    assert_eq!(claims("南京更名科技有限公司").await, 1);

    let code = with(
        basics(&after),
        &json!({"credit_code": orders::credit_code(77).as_str()}),
    );
    let after: CompanyFile = client.put_json("/api/company/basics", &code).await.json();
    assert_eq!(newest(&client).await.0, CompanyEventKind::BasicsChanged);
    assert!(
        owner(Claimed::CreditCode, &before.basics.credit_code)
            .await
            .is_none()
    );

    // The same name in other letters is claimed once.
    let latin = with(basics(&after), &json!({"name": "Example Ltd"}));
    let after: CompanyFile = client.put_json("/api/company/basics", &latin).await.json();
    let capitals = with(basics(&after), &json!({"name": "EXAMPLE LTD"}));
    client
        .put_json("/api/company/basics", &capitals)
        .await
        .json::<CompanyFile>();
    assert_eq!(claims("example ltd").await, 1);
}

#[tokio::test]
async fn somebody_else_s_name_stays_theirs() {
    let desk = Desk::new().await;
    desk.logged_in(1).await;
    let client = desk.newcomer(2).await;
    let theirs = orders::company(1).name;
    let taken = with(basics(&file(&client).await), &json!({"name": theirs}));
    let after: CompanyFile = client.put_json("/api/company/basics", &taken).await.json();
    let own = with(basics(&after), &json!({"name": "南京第三名字有限公司"}));
    client
        .put_json("/api/company/basics", &own)
        .await
        .json::<CompanyFile>();
    let key = registry::ownership(Claimed::Name, &theirs);
    let owner: Ownership = desk.load(&key).await.unwrap();
    assert_eq!(owner.company, orders::company(1).id);
}

#[tokio::test]
async fn nothing_of_the_basic_data_changes_under_a_reviewer_s_eyes() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    desk.submitted(1).await;
    let form = with(
        basics(&file(&client).await),
        &json!({"phone": "02588886666"}),
    );
    client
        .put_json("/api/company/basics", &form)
        .await
        .refused(ErrorCode::NotInThisState);
}

#[tokio::test]
async fn of_two_people_who_edit_the_same_file_the_second_is_told() {
    let desk = Desk::new().await;
    let first = desk.newcomer(1).await;
    let (_, second) = desk.colleague(1).await;
    let seen = file(&first).await;
    let by_first = with(basics(&seen), &json!({"phone": "02588886666"}));
    let by_second = with(basics(&seen), &json!({"registered_address": "示例路2号"}));
    first
        .put_json("/api/company/basics", &by_first)
        .await
        .json::<CompanyFile>();
    second
        .put_json("/api/company/basics", &by_second)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    for (path, body) in [
        ("/api/company/addresses", address(seen.version, "韩梅梅")),
        ("/api/company/invoice-titles", ordinary(seen.version)),
    ] {
        second
            .post_json(path, &body)
            .await
            .refused(ErrorCode::ChangedMeanwhile);
    }
    let now = file(&second).await;
    assert_eq!(now.basics.phone, "02588886666");
    assert_eq!(now.basics.registered_address, "");

    // At the very same moment one of them is first, too.
    let by_first = with(basics(&now), &json!({"phone": "1"}));
    let (one, two) = (
        with(by_first, &json!({"phone": "02511111111"})),
        with(basics(&now), &json!({"phone": "02522222222"})),
    );
    let [one, two] = both(
        first.put_json("/api/company/basics", &one),
        second.put_json("/api/company/basics", &two),
    )
    .await;
    let done = [&one, &two]
        .iter()
        .filter(|answer| answer.status == 200)
        .count();
    assert_eq!(done, 1);
    let told = if one.status == 200 { two } else { one };
    told.refused(ErrorCode::ChangedMeanwhile);
    let events = history(&first).await.events;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].seq, 2);
}

/// Two things at once, without any more of a runtime than the tests have.
async fn both<T>(one: impl Future<Output = T>, two: impl Future<Output = T>) -> [T; 2] {
    let (one, two) = tokio::join!(one, two);
    [one, two]
}

fn ordinary(version: u64) -> Value {
    json!({
        "version": version,
        "kind": "ordinary",
        "title": "南京第1示例科技有限公司",
        "tax_number": "91320100ma0000001x",
    })
}

fn special(version: u64) -> Value {
    with(
        ordinary(version),
        &json!({
            "kind": "special",
            "bank": "示例银行南京分行",
            "bank_account": "6222 0212-3456 7890 123",
            "address": "南京市玄武区示例路1号",
            "phone": "025-88886666",
            "mail": "invoice@example.cn",
        }),
    )
}

/// covers: R55
#[tokio::test]
async fn invoice_titles_are_stored_once_and_one_of_them_is_chosen_at_first() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let answer = client
        .post_json("/api/company/invoice-titles", &ordinary(1))
        .await;
    assert_eq!(answer.status, 201);
    let one: CompanyFile = answer.json();
    assert!(one.invoice_titles[0].is_default);
    assert_eq!(one.invoice_titles[0].tax_number, "91320100MA0000001X");

    let two: CompanyFile = client
        .post_json("/api/company/invoice-titles", &special(one.version))
        .await
        .json();
    let [first, second] = &two.invoice_titles[..] else {
        panic!("two titles")
    };
    assert!(first.is_default && !second.is_default);
    assert_eq!(second.kind, TitleKind::Special);
    assert_eq!(second.bank_account.as_deref(), Some("6222***********0123"));
    assert!(!desk.world.store.everything().contains(ACCOUNT));
    let (event, changes) = newest(&client).await;
    assert_eq!(event, CompanyEventKind::TitleAdded);
    assert!(changes.contains(&change("bank_account", "", "6222***********0123")));

    // Kept without typing it again; another account with the same ends is another account.
    let path = format!("/api/company/invoice-titles/{}", second.id);
    let mut form = special(two.version);
    form.as_object_mut().unwrap().remove("bank_account");
    form["is_default"] = json!(true);
    let three: CompanyFile = client.put_json(&path, &form).await.json();
    assert!(!three.invoice_titles[0].is_default && three.invoice_titles[1].is_default);
    assert_eq!(
        newest(&client).await.1,
        [change("is_default", "false", "true")]
    );
    let same: CompanyFile = client.put_json(&path, &special(three.version)).await.json();
    assert_eq!(same.version, three.version, "the same account is no change");
    let other = with(
        special(three.version),
        &json!({"bank_account": "6222029999999990123"}),
    );
    let four: CompanyFile = client.put_json(&path, &other).await.json();
    assert_eq!(
        newest(&client).await.1,
        [change(
            "bank_account",
            "6222***********0123",
            "6222***********0123"
        )]
    );

    // As an ordinary one it has no bank; taken away, the other one is chosen at first.
    let plain = ordinary(four.version);
    let five: CompanyFile = client.put_json(&path, &plain).await.json();
    assert_eq!(five.invoice_titles[1].bank_account, None);
    assert_eq!(five.invoice_titles[1].bank, "");
    let gone: CompanyFile = client
        .delete(&format!("{path}?version={}", five.version))
        .await
        .json();
    assert_eq!(gone.invoice_titles.len(), 1);
    assert!(gone.invoice_titles[0].is_default);
    assert_eq!(newest(&client).await.0, CompanyEventKind::TitleRemoved);
    client
        .delete(&format!("{path}?version={}", gone.version))
        .await
        .refused(ErrorCode::NotFound);
}

#[tokio::test]
async fn the_account_of_one_title_does_not_open_in_another() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    client
        .post_json("/api/company/invoice-titles", &special(1))
        .await
        .json::<CompanyFile>();
    let short = with(special(2), &json!({"bank_account": "123456789"}));
    let file: CompanyFile = client
        .post_json("/api/company/invoice-titles", &short)
        .await
        .json();
    // Of a short account no more than the end is shown.
    assert_eq!(
        file.invoice_titles[1].bank_account.as_deref(),
        Some("*****6789")
    );
    let stored = desk.stored(1).await;
    let fields = desk.world.fields();
    let sealed = stored.invoice_titles[0].bank_account.clone().unwrap();
    let own = format!(
        "invoice_titles.{}.bank_account",
        stored.invoice_titles[0].id
    );
    let other = format!(
        "invoice_titles.{}.bank_account",
        stored.invoice_titles[1].id
    );
    let owner = stored.id.as_str();
    assert_eq!(fields.open(owner, &own, &sealed).await.unwrap(), ACCOUNT);
    assert!(fields.open(owner, &other, &sealed).await.is_err());
}

#[tokio::test]
async fn what_is_wrong_with_a_title_is_named() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let path = "/api/company/invoice-titles";
    for (typed, fields) in [
        (json!({"title": ""}), &["title"][..]),
        (json!({"tax_number": ""}), &["tax_number"]),
        (json!({"tax_number": "91320100MA"}), &["tax_number"]),
        (json!({"tax_number": "91320100-MA0000001"}), &["tax_number"]),
        (json!({"bank": ""}), &["bank"]),
        (json!({"bank_account": ""}), &["bank_account"]),
        (json!({"bank_account": null}), &["bank_account"]),
        (json!({"bank_account": "1234567"}), &["bank_account"]),
        (
            json!({"bank_account": "62220212345678901x"}),
            &["bank_account"],
        ),
        (json!({"bank_account": "1".repeat(31)}), &["bank_account"]),
        (json!({"address": "", "phone": ""}), &["address", "phone"]),
        (json!({"mail": "nobody"}), &["mail"]),
    ] {
        client
            .post_json(path, &with(special(1), &typed))
            .await
            .wrong_fields(fields);
    }
    client
        .post_json(path, &with(special(1), &json!({"kind": "paper"})))
        .await
        .refused(ErrorCode::MalformedRequest);
    // For an ordinary one the bank is nobody's business.
    for version in 1..=u64::try_from(MAX_TITLES).unwrap() {
        client
            .post_json(path, &ordinary(version))
            .await
            .json::<CompanyFile>();
    }
    let full = file(&client).await;
    assert_eq!(
        full.invoice_titles
            .iter()
            .filter(|title| title.is_default)
            .count(),
        1
    );
    client
        .post_json(path, &ordinary(full.version))
        .await
        .refused(ErrorCode::TooMany);
}

fn address(version: u64, name: &str) -> Value {
    json!({
        "version": version,
        "address": {
            "name": name,
            "mobile": "13900139000",
            "province": "江苏省",
            "city": "南京市",
            "district": "玄武区",
            "detail": "示例路1号",
        },
    })
}

#[tokio::test]
async fn the_address_book_has_one_address_that_is_chosen_at_first() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let path = "/api/company/addresses";
    let answer = client.post_json(path, &address(1, "韩梅梅")).await;
    assert_eq!(answer.status, 201);
    let one: CompanyFile = answer.json();
    assert!(one.addresses[0].is_default);
    let second = with(address(one.version, "李雷"), &json!({"is_default": true}));
    let two: CompanyFile = client.post_json(path, &second).await.json();
    assert!(!two.addresses[0].is_default && two.addresses[1].is_default);

    let own = format!("{path}/{}", two.addresses[1].id);
    let three: CompanyFile = client
        .put_json(&own, &address(two.version, "王强"))
        .await
        .json();
    assert!(three.addresses[1].is_default, "the only one that is");
    assert_eq!(
        newest(&client).await,
        (
            CompanyEventKind::AddressChanged,
            vec![change("address.name", "李雷", "王强")]
        )
    );
    let again: CompanyFile = client
        .put_json(&own, &address(two.version, "王强"))
        .await
        .json();
    assert_eq!(again.version, three.version);
    client
        .delete(&format!("{own}?version={}", two.version))
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    let gone: CompanyFile = client
        .delete(&format!("{own}?version={}", three.version))
        .await
        .json();
    assert_eq!(gone.addresses.len(), 1);
    assert!(gone.addresses[0].is_default);
    let events: Vec<CompanyEventKind> = history(&client)
        .await
        .events
        .iter()
        .map(|event| event.event)
        .collect();
    assert_eq!(
        events,
        [
            CompanyEventKind::AddressRemoved,
            CompanyEventKind::AddressChanged,
            CompanyEventKind::AddressAdded,
            CompanyEventKind::AddressAdded,
        ]
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_named_and_the_book_has_an_end() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let path = "/api/company/addresses";
    for field in ["name", "mobile", "province", "city", "district", "detail"] {
        let mut form = address(1, "韩梅梅");
        form["address"][field] = json!("");
        client
            .post_json(path, &form)
            .await
            .wrong_fields(&[&format!("address.{field}")]);
    }
    let company = desk.stored(1).await;
    let first: CompanyFile = client.post_json(path, &address(1, "韩梅梅")).await.json();
    let full = Company {
        version: first.version,
        addresses: vec![first.addresses[0].clone(); MAX_ADDRESSES],
        events: 1,
        ..company
    };
    let full = desk.store(full).await;
    client
        .post_json(path, &address(full.version, "李雷"))
        .await
        .refused(ErrorCode::TooMany);
}

/// covers: R27
#[tokio::test]
async fn a_limited_session_reads_the_file_and_changes_nothing() {
    let desk = Desk::new().await;
    desk.newcomer(1).await;
    let client = desk.world.as_limited(&desk.router, 1).await;
    let before = file(&client).await;
    history(&client).await;
    let no = KEY_LOGIN;
    client
        .put_json("/api/company/basics", &basics(&before))
        .await
        .refused(no);
    for path in [
        "/api/company/contact",
        "/api/company/invoice-titles",
        "/api/company/addresses",
        "/api/company/people",
        "/api/company/papers",
        "/api/company/qualification",
    ] {
        client.post_json(path, &json!({})).await.refused(no);
    }
    assert_eq!(desk.stored(1).await.version, 1);
}

const KEY_LOGIN: ErrorCode = ErrorCode::KeyLoginRequired;

#[tokio::test]
async fn another_company_s_titles_and_addresses_are_not_there() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let other = desk.newcomer(2).await;
    let titled: CompanyFile = client
        .post_json("/api/company/invoice-titles", &ordinary(1))
        .await
        .json();
    let own: CompanyFile = client
        .post_json("/api/company/addresses", &address(titled.version, "韩梅梅"))
        .await
        .json();
    let title = format!("/api/company/invoice-titles/{}", own.invoice_titles[0].id);
    let saved = format!("/api/company/addresses/{}", own.addresses[0].id);
    for (path, body) in [(&title, ordinary(1)), (&saved, address(1, "韩梅梅"))] {
        other
            .put_json(path, &body)
            .await
            .refused(ErrorCode::NotFound);
        other
            .delete(&format!("{path}?version=1"))
            .await
            .refused(ErrorCode::NotFound);
        other
            .delete(path)
            .await
            .refused(ErrorCode::MalformedRequest);
    }
}

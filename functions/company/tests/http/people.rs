//! Who logs in for a company.

use adapters::ports::{Clock as _, Transaction};
use adapters::registry::{self, AccountName};
use contract::company::{PeopleView, PersonView};
use contract::error::{ErrorCode, FieldCode};
use domain::company::{Company, CompanyEventKind, MAX_PEOPLE, PasswordHash, User};
use domain::ids::UserId;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders;

use crate::desk::{Desk, change, history, newest, people, with};

fn person(account: &str) -> Value {
    json!({"name": "韩梅梅", "mobile": "13700137000", "account": account})
}

fn of<'a>(view: &'a PeopleView, account: &str) -> &'a PersonView {
    let found = view.people.iter();
    let mut found = found.filter(|person| person.account.as_deref() == Some(account));
    found.next().expect("a person of that account name")
}

#[tokio::test]
async fn a_second_person_is_added_and_told_how_to_get_in() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let answer = client
        .post_json("/api/company/people", &person(" han.meimei "))
        .await;
    assert_eq!(answer.status, 201);
    let view: PeopleView = answer.json();
    let [first, second] = &view.people[..] else {
        panic!("two people")
    };
    assert!(first.main && first.you && !second.main && !second.you);
    assert!(!second.ready, "no password yet");
    assert_eq!(second.account.as_deref(), Some("han.meimei"));
    assert_eq!(
        newest(&client).await,
        (
            CompanyEventKind::PersonAdded,
            vec![
                change("name", "", "韩梅梅"),
                change("mobile", "", "13700137000"),
                change("account", "", "han.meimei"),
            ]
        )
    );
    desk.world.work_off().await;
    let sms = desk.world.sms.sent();
    assert_eq!(sms.len(), 1);
    assert_eq!(
        (sms[0].mobile.as_str(), sms[0].template),
        ("13700137000", "person_added")
    );
    assert!(
        desk.world.store.all_work().len() == 1,
        "one message, however long it is looked for"
    );

    // The same again after a lost answer is the same person, told once.
    let again: PeopleView = client
        .post_json("/api/company/people", &person("han.meimei"))
        .await
        .json();
    assert_eq!(again.people.len(), 2);
    assert_eq!(desk.world.store.all_work().len(), 1);
    let name: AccountName = desk
        .load(&registry::account_name("HAN.MEIMEI"))
        .await
        .unwrap();
    assert_eq!(name.user, second.id);
}

#[tokio::test]
async fn what_is_wrong_with_a_person_is_named_and_a_taken_account_name_is_told() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    desk.newcomer(2).await;
    let path = "/api/company/people";
    for (typed, field) in [
        (json!({"name": ""}), "name"),
        (json!({"mobile": "025-88886666"}), "mobile"),
        (json!({"account": ""}), "account"),
        (json!({"account": null}), "account"),
        (json!({"account": "ab"}), "account"),
        (json!({"account": "han meimei"}), "account"),
        (json!({"account": "a".repeat(41)}), "account"),
    ] {
        client
            .post_json(path, &with(person("han.meimei"), &typed))
            .await
            .wrong_fields(&[field]);
    }
    for taken in ["company-2", "Company-1"] {
        let problem = client
            .post_json(path, &person(taken))
            .await
            .refused(ErrorCode::AccountTaken);
        assert_eq!(problem.errors[0].field, "account");
        assert_eq!(problem.errors[0].code, FieldCode::Taken);
    }
    assert_eq!(people(&client).await.people.len(), 1);
}

#[tokio::test]
async fn a_company_has_ten_people_at_most_and_floods_nobody() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    for no in 1..MAX_PEOPLE {
        let typed = json!({"mobile": format!("1370013700{no}")});
        let form = with(person(&format!("person-{no}")), &typed);
        let answer = client.post_json("/api/company/people", &form).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let one_more = person("person-99");
    desk.world.clock.advance(SignedDuration::from_mins(20));
    client
        .post_json("/api/company/people", &one_more)
        .await
        .refused(ErrorCode::TooMany);
    for _ in 0..4 {
        client
            .post_json("/api/company/people", &one_more)
            .await
            .refused(ErrorCode::TooMany);
    }
    client
        .post_json("/api/company/people", &one_more)
        .await
        .refused(ErrorCode::TooManyRequests);
}

#[tokio::test]
async fn a_person_is_changed_and_the_old_account_name_is_free_again() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let (colleague, _) = desk.colleague(1).await;
    let path = format!("/api/company/people/{}", colleague.id);
    let form = json!({"name": "韩梅", "mobile": "13600136000", "account": "hanmei", "version": 1});
    let view: PeopleView = client.put_json(&path, &form).await.json();
    let now = of(&view, "hanmei");
    assert_eq!((now.version, now.mobile.as_str()), (2, "13600136000"));
    assert_eq!(newest(&client).await.0, CompanyEventKind::PersonChanged);
    assert!(
        desk.load::<AccountName>(&registry::account_name("colleague-1"))
            .await
            .is_none()
    );
    desk.world.work_off().await;
    assert_eq!(
        desk.told(),
        [("13700137000".to_owned(), "contact_changed".to_owned())],
        "the old number is told"
    );

    // The same again is no change; from another view it is told; the name in capitals is the same name.
    client.put_json(&path, &form).await.json::<PeopleView>();
    assert_eq!(history(&client).await.events.len(), 1);
    let late = with(form.clone(), &json!({"name": "王强"}));
    client
        .put_json(&path, &late)
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    let blind = json!({"name": "王强", "mobile": "13600136000", "account": "hanmei"});
    client
        .put_json(&path, &blind)
        .await
        .wrong_fields(&["version"]);
    let capitals = with(form.clone(), &json!({"account": "HanMei", "version": 2}));
    let view: PeopleView = client.put_json(&path, &capitals).await.json();
    of(&view, "HanMei");
    let taken = with(form, &json!({"account": "company-1", "version": 3}));
    client
        .put_json(&path, &taken)
        .await
        .refused(ErrorCode::AccountTaken);
    let nameless = json!({"name": "韩梅", "mobile": "13600136000", "version": 3});
    client
        .put_json(&path, &nameless)
        .await
        .wrong_fields(&["account"]);
}

#[tokio::test]
async fn the_main_person_may_do_without_an_account_name() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let main = orders::user(1);
    let path = format!("/api/company/people/{}", main.id);
    let form = json!({"name": "李雷", "mobile": "13800138000", "version": 1});
    let view: PeopleView = client.put_json(&path, &form).await.json();
    assert_eq!(view.people[0].account, None);
    assert!(
        desk.load::<AccountName>(&registry::account_name("company-1"))
            .await
            .is_none()
    );
    // Then nobody else takes that place: the one before would have no name to log in by.
    let (colleague, _) = desk.colleague(1).await;
    ready(&desk, &colleague).await;
    client
        .post(&format!("/api/company/people/{}/main", colleague.id))
        .await
        .wrong_fields(&["account"]);
}

async fn ready(desk: &Desk, user: &User) {
    let user = User {
        password: Some(PasswordHash("$argon2id$somebody".to_owned())),
        version: user.version + 1,
        ..user.clone()
    };
    let all = Transaction::new(desk.world.clock.now())
        .change(&user)
        .unwrap();
    desk.world.registry().record(&all).await.unwrap();
}

#[tokio::test]
async fn somebody_taken_away_is_logged_out_at_once() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let (colleague, theirs) = desk.colleague(1).await;
    people(&theirs).await;
    let path = format!("/api/company/people/{}", colleague.id);
    client
        .delete(&format!("{path}?version=9"))
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    let view: PeopleView = client.delete(&format!("{path}?version=1")).await.json();
    assert_eq!(view.people.len(), 1);
    theirs
        .get("/api/company/people")
        .await
        .refused(ErrorCode::LoginRequired);
    assert!(
        desk.load::<AccountName>(&registry::account_name("colleague-1"))
            .await
            .is_none()
    );
    let (event, changes) = newest(&client).await;
    assert_eq!(event, CompanyEventKind::PersonRemoved);
    assert_eq!(changes[0], change("name", "韩梅梅", ""));
    client
        .delete(&format!("{path}?version=1"))
        .await
        .refused(ErrorCode::NotFound);
}

#[tokio::test]
async fn somebody_is_always_left() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let (colleague, theirs) = desk.colleague(1).await;
    let main = format!("/api/company/people/{}?version=1", orders::user(1).id);
    client
        .delete(&main)
        .await
        .refused(ErrorCode::NotInThisState);
    theirs
        .delete(&main)
        .await
        .refused(ErrorCode::NotInThisState);
    theirs
        .delete(&format!("/api/company/people/{}?version=1", colleague.id))
        .await
        .refused(ErrorCode::NotInThisState);
}

#[tokio::test]
async fn another_becomes_the_main_person_once_there_is_a_password() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let (colleague, _) = desk.colleague(1).await;
    let path = format!("/api/company/people/{}/main", colleague.id);
    client.post(&path).await.refused(ErrorCode::NotInThisState);
    ready(&desk, &colleague).await;
    let view: PeopleView = client.post(&path).await.json();
    let main: Vec<&UserId> = view
        .people
        .iter()
        .filter(|person| person.main)
        .map(|person| &person.id)
        .collect();
    assert_eq!(main, [&colleague.id]);
    assert_eq!(
        newest(&client).await,
        (
            CompanyEventKind::PersonChanged,
            vec![change("main", "李雷", "韩梅梅")]
        )
    );
    client.post(&path).await.json::<PeopleView>();
    assert_eq!(history(&client).await.events.len(), 1);
    // The one before can be replaced now.
    let (other, theirs) = (orders::user(1), desk.colleague_again(1).await);
    let gone: PeopleView = theirs
        .delete(&format!("/api/company/people/{}?version=1", other.id))
        .await
        .json();
    assert_eq!(gone.people.len(), 1);
}

#[tokio::test]
async fn while_contacts_are_frozen_codes_go_where_they_went() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let frozen = Company {
        frozen_until: Some(desk.world.clock.now() + SignedDuration::from_hours(24)),
        ..desk.stored(1).await
    };
    desk.store(frozen).await;
    let path = format!("/api/company/people/{}", orders::user(1).id);
    let form =
        json!({"name": "李雷", "mobile": "13900139000", "account": "company-1", "version": 1});
    client
        .put_json(&path, &form)
        .await
        .refused(ErrorCode::Frozen);
    let named = with(form, &json!({"name": "李磊", "mobile": "13800138000"}));
    client.put_json(&path, &named).await.json::<PeopleView>();
}

#[tokio::test]
async fn another_company_s_people_are_not_there() {
    let desk = Desk::new().await;
    desk.newcomer(1).await;
    let (colleague, _) = desk.colleague(1).await;
    let other = desk.newcomer(2).await;
    let path = format!("/api/company/people/{}", colleague.id);
    let form = with(person("han.meimei"), &json!({"version": 1}));
    other
        .put_json(&path, &form)
        .await
        .refused(ErrorCode::NotFound);
    other
        .delete(&format!("{path}?version=1"))
        .await
        .refused(ErrorCode::NotFound);
    other
        .post(&format!("{path}/main"))
        .await
        .refused(ErrorCode::NotFound);
}

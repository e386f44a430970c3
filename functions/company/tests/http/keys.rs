//! The company's keys: what can be bought for each, and reporting one lost. And making a thing once.

use std::collections::BTreeSet;

use adapters::ports::{Clock as _, Expect, Key, Transaction, Write};
use adapters::registry::{self, CRL, CRL_LINES, CRL_MARKS, CertificatePlace, CrlLine, CrlWanted};
use contract::company::CompanyFile;
use contract::error::{ErrorCode, FieldCode};
use contract::keys::{KeyList, KeyService, KeyState, KeyView};
use domain::catalog::{Medium, ProductKind};
use domain::certificate::{KeyPurpose, Register, Registered, RegisteredKey, Standing};
use domain::company::CompanyEventKind;
use domain::credit::{CreditUse, Inspection};
use domain::ids::{LineNo, OrderId, UnitNo};
use domain::key::{CompanyKey, NoService, ReplacementReason, Suspension};
use domain::order::IssuedCertificate;
use domain::policy::StorefrontId;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::orders::{self, company_key, escrow};
use testkit::web::{Answer, Client};

use crate::desk::{Desk, file, history, newest, with};

const KEYS: &str = "/api/keys";

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

async fn give(desk: &Desk, key: &CompanyKey) {
    let now = desk.world.clock.now();
    let all = Transaction::new(now).change(key).unwrap();
    let all = all.mark(&escrow(key, "sealed", now)).unwrap();
    desk.world.registry().record(&all).await.unwrap();
}

async fn stored(desk: &Desk, key: &CompanyKey) -> CompanyKey {
    let place = registry::company_key(&key.company, &key.serial);
    desk.load(&place).await.unwrap()
}

/// The keys of company 1, read in a session of this moment.
async fn keys(desk: &Desk) -> Vec<KeyView> {
    let client = desk.logged_in(1).await;
    let list: KeyList = client.get(KEYS).await.json();
    list.keys
}

async fn only_key(desk: &Desk) -> KeyView {
    let mut keys = keys(desk).await;
    assert_eq!(keys.len(), 1);
    keys.remove(0)
}

fn service(key: &KeyView, kind: ProductKind) -> &KeyService {
    let mut services = key.services.iter();
    services.find(|service| service.kind == kind).unwrap()
}

/// Why what cannot be bought for a key cannot, in the order in which services are shown.
fn refusals(key: &KeyView) -> Vec<(ProductKind, Option<NoService>)> {
    let services = key.services.iter();
    services
        .map(|service| (service.kind, service.refused))
        .collect()
}

fn loss(serial: &str) -> String {
    format!("{KEYS}/{serial}/loss")
}

fn as_lost(reason: &str) -> Value {
    json!({"reason": reason})
}

// ---- what can be bought --------------------------------------------------------------------------------

/// From 90 days before the end to 365 days after it, both included: what the page says before anybody pays.
#[tokio::test]
async fn a_key_is_renewed_inside_the_window_and_told_when_that_is() {
    let desk = Desk::new().await;
    let now = desk.world.clock.now();
    let end = now + days(91);
    give(&desk, &company_key(1, "CPP-1", end)).await;
    let (second, a_day) = (SignedDuration::from_secs(1), days(1));
    for (later, refused, state) in [
        (
            SignedDuration::ZERO,
            Some(NoService::TooEarly),
            KeyState::Active,
        ),
        (a_day - second, Some(NoService::TooEarly), KeyState::Active),
        (second, None, KeyState::Active),
        (days(90) - second, None, KeyState::Active),
        (second, None, KeyState::Expired),
        (days(365), None, KeyState::Expired),
        (second, Some(NoService::TooLate), KeyState::Expired),
    ] {
        desk.world.clock.advance(later);
        let at = desk.world.clock.now();
        let key = only_key(&desk).await;
        let renewal = service(&key, ProductKind::Renewal);
        assert_eq!((renewal.refused, key.state), (refused, state), "{at}");
        let opens = end - days(90);
        assert_eq!(renewal.opens_at, Some(opens).filter(|opens| *opens > at));
        assert_eq!(renewal.closes_at, Some(end + days(365)));
    }
}

#[tokio::test]
async fn an_expired_key_is_renewed_or_upgraded_and_nothing_else() {
    let desk = Desk::new().await;
    let end = desk.world.clock.now() + SignedDuration::from_hours(1);
    give(&desk, &company_key(1, "CPP-1", end)).await;
    let key = only_key(&desk).await;
    assert_eq!(
        refusals(&key),
        [
            (ProductKind::Renewal, None),
            (ProductKind::Unlock, None),
            (ProductKind::Replacement, None),
            (ProductKind::Upgrade, None),
        ]
    );
    for kind in [ProductKind::Unlock, ProductKind::Replacement] {
        assert_eq!(service(&key, kind).closes_at, Some(end));
    }
    assert_eq!(service(&key, ProductKind::Upgrade).closes_at, None);
    desk.world.clock.advance(SignedDuration::from_hours(1));
    let key = only_key(&desk).await;
    assert_eq!(key.state, KeyState::Expired);
    assert_eq!(
        refusals(&key),
        [
            (ProductKind::Renewal, None),
            (ProductKind::Unlock, Some(NoService::Expired)),
            (ProductKind::Replacement, Some(NoService::Expired)),
            (ProductKind::Upgrade, None),
        ]
    );
}

/// Days of China, and the reminder of the storefront's policy that they have reached.
#[tokio::test]
async fn a_key_says_how_many_days_it_has_left_and_which_reminder_is_due() {
    let desk = Desk::new().await;
    let now = desk.world.clock.now();
    for (serial, left) in [("CPP-1", 91), ("CPP-2", 90), ("CPP-3", 29), ("CPP-4", 1)] {
        give(&desk, &company_key(1, serial, now + days(left))).await;
    }
    let due = |keys: Vec<KeyView>| -> Vec<(Option<u16>, Option<u16>)> {
        keys.iter()
            .map(|key| (key.days_left, key.reminder))
            .collect()
    };
    let expected = [
        (Some(91), None),
        (Some(90), Some(90)),
        (Some(29), Some(30)),
        (Some(1), Some(1)),
    ];
    assert_eq!(due(keys(&desk).await), expected);
    desk.world.clock.advance(days(1));
    let next = due(keys(&desk).await);
    assert_eq!(next[0], (Some(90), Some(90)));
    assert_eq!(next[3], (None, None));
}

#[tokio::test]
async fn a_key_that_is_suspended_revoked_or_of_the_new_medium_says_why() {
    let desk = Desk::new().await;
    let now = desk.world.clock.now();
    let end = now + days(60);
    let suspended = CompanyKey {
        suspended: Some(Suspension {
            reason: ReplacementReason::Lost,
            at: now,
        }),
        ..company_key(1, "CPP-1", end)
    };
    let revoked = CompanyKey {
        revoked_at: Some(now),
        ..company_key(1, "CPP-2", end - days(1))
    };
    let new_medium = CompanyKey {
        medium: Medium::Bjca,
        ..company_key(1, "BJCA-3", end - days(2))
    };
    for key in [&suspended, &revoked, &new_medium] {
        give(&desk, key).await;
    }
    let keys = keys(&desk).await;
    let states: Vec<KeyState> = keys.iter().map(|key| key.state).collect();
    assert_eq!(
        states,
        [KeyState::Suspended, KeyState::Revoked, KeyState::Active]
    );
    let (lost, gone) = (Some(NoService::Suspended), Some(NoService::Revoked));
    let why: Vec<Vec<Option<NoService>>> = keys
        .iter()
        .map(|key| refusals(key).into_iter().map(|(_, why)| why).collect())
        .collect();
    assert_eq!(
        why,
        [
            // Only a replacement helps.
            [lost, lost, None, lost],
            [gone, gone, gone, gone],
            [None, None, None, Some(NoService::Medium)],
        ]
    );
    assert_eq!(keys[0].suspended, suspended.suspended);
}

/// The storefront where a key was bought says what can be bought for it.
#[tokio::test]
async fn a_companys_keys_are_its_own_the_longest_lasting_first() {
    let desk = Desk::new().await;
    assert!(keys(&desk).await.is_empty());
    let now = desk.world.clock.now();
    let counter = CompanyKey {
        storefront: StorefrontId("counter".to_owned()),
        ..company_key(1, "CPP-A", now + days(30))
    };
    let closed = CompanyKey {
        storefront: StorefrontId("closed".to_owned()),
        ..company_key(1, "CPP-B", now + days(20))
    };
    let sealed = CompanyKey {
        seal: true,
        ..company_key(1, "CPP-C", now + days(40))
    };
    desk.logged_in(2).await;
    for key in [
        &counter,
        &closed,
        &sealed,
        &company_key(2, "CPP-D", now + days(50)),
    ] {
        give(&desk, key).await;
    }
    let keys = keys(&desk).await;
    let serials: Vec<&str> = keys.iter().map(|key| key.serial.as_str()).collect();
    assert_eq!(serials, ["CPP-C", "CPP-A", "CPP-B"]);
    assert_eq!(keys[0].certificate_serial, "CCPP-C");
    assert!(keys[0].seal && !keys[1].seal);
    let kinds: Vec<ProductKind> = keys[1]
        .services
        .iter()
        .map(|service| service.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            ProductKind::Renewal,
            ProductKind::Unlock,
            ProductKind::Replacement
        ]
    );
    assert_eq!(keys[1].storefront, "counter");
    assert!(keys[2].services.is_empty(), "nobody sells there any more");
}

#[tokio::test]
async fn an_inspection_holds_for_a_day_and_its_credit_is_given_once() {
    let desk = Desk::new().await;
    let now = desk.world.clock.now();
    let key = company_key(1, "CPP-1", now + days(200));
    give(&desk, &key).await;
    assert!(only_key(&desk).await.inspection.is_none());
    let inspection = Inspection {
        company: key.company.clone(),
        serial: key.serial.clone(),
        certificate_serial: key.certificate_serial.clone(),
        medium: key.medium,
        not_after: key.not_after,
        at: now,
        without_pin: false,
    };
    let read = Transaction::new(now).mark(&inspection).unwrap();
    desk.world.registry().record(&read).await.unwrap();
    let second = SignedDuration::from_secs(1);
    for (later, fresh) in [
        (SignedDuration::ZERO, true),
        (days(1) - second, true),
        (second, false),
    ] {
        desk.world.clock.advance(later);
        let seen = only_key(&desk).await.inspection.unwrap();
        assert_eq!((seen.fresh, seen.used), (fresh, false), "{later}");
        assert_eq!((seen.at, seen.not_after), (now, key.not_after));
    }
    // An unpaid order has it: nobody else does.
    let taken = CreditUse {
        certificate_serial: key.certificate_serial.clone(),
        order: OrderId::new(now, 1),
        line: LineNo(1),
        paid: false,
    };
    let taken = Transaction::new(now).create(&taken).unwrap();
    desk.world.registry().record(&taken).await.unwrap();
    assert!(only_key(&desk).await.inspection.unwrap().used);
}

// ---- reporting one lost --------------------------------------------------------------------------------

/// covers: R33
///
/// Free, at once, before and without any order.
#[tokio::test]
async fn a_key_that_is_lost_or_stolen_is_suspended_at_once() {
    for (word, reason) in [
        ("lost", ReplacementReason::Lost),
        ("stolen", ReplacementReason::Stolen),
    ] {
        let desk = Desk::new().await;
        let client = desk.logged_in(1).await;
        let now = desk.world.clock.now();
        let key = company_key(1, "CPP-1", now + days(60));
        let other = company_key(1, "CPP-2", now + days(50));
        give(&desk, &key).await;
        give(&desk, &other).await;
        let seen: KeyView = client
            .post_json(&loss(&key.serial), &as_lost(word))
            .await
            .json();
        assert_eq!(seen.state, KeyState::Suspended);
        assert_eq!(seen.suspended, Some(Suspension { reason, at: now }));
        assert_eq!(service(&seen, ProductKind::Replacement).refused, None);
        for kind in [
            ProductKind::Renewal,
            ProductKind::Unlock,
            ProductKind::Upgrade,
        ] {
            assert_eq!(service(&seen, kind).refused, Some(NoService::Suspended));
        }
        let states: Vec<KeyState> = keys(&desk).await.iter().map(|key| key.state).collect();
        assert_eq!(states, [KeyState::Suspended, KeyState::Active]);
        assert_eq!(stored(&desk, &key).await.version, key.version + 1);
        assert_eq!(stored(&desk, &other).await, other);
        let entry = history(&client).await.events.remove(0);
        assert_eq!(
            (entry.event, entry.note.as_str(), entry.actor_name.as_str()),
            (CompanyEventKind::KeyReported, "CPP-1", "李雷")
        );
        assert!(desk.world.store.all_orders().is_empty());
    }
}

/// The certificates of the token do not count from the same transaction on, and a new revocation list is asked for.
#[tokio::test]
async fn certificates_of_a_reported_key_are_suspended_with_it() {
    let desk = Desk::new().await;
    let client = desk.logged_in(1).await;
    let now = desk.world.clock.now();
    // Renewed once: the certificate of before is on it too, and on the same record here.
    let key = CompanyKey {
        earlier: vec![IssuedCertificate {
            serial: "a3".to_owned(),
            not_after: now + days(30),
        }],
        ..company_key(1, "CPP-1", now + days(60))
    };
    give(&desk, &key).await;
    let order = OrderId::new(now, 7);
    let token = |unit: u8, serials: [&str; 2]| RegisteredKey {
        unit: UnitNo(unit),
        attempt: 1,
        certificates: KeyPurpose::ALL
            .into_iter()
            .zip(serials)
            .map(|(purpose, serial)| Registered {
                purpose,
                serial: serial.to_owned(),
            })
            .collect(),
        not_after: key.not_after,
        standing: Standing::Good,
    };
    let register = Register {
        keys: vec![
            token(1, [&key.certificate_serial, "e1"]),
            token(2, ["a2", "e2"]),
            token(3, ["a3", "e3"]),
        ],
        version: 1,
        ..Register::empty(order.clone(), LineNo(1))
    };
    let place = |serial: &str, unit: u8| CertificatePlace {
        serial: serial.to_owned(),
        purpose: KeyPurpose::Sign,
        order: order.clone(),
        line: LineNo(1),
        unit: UnitNo(unit),
        attempt: 1,
    };
    let all = Transaction::new(now)
        .change(&register)
        .and_then(|all| all.create(&place(&key.certificate_serial, 1)))
        .and_then(|all| all.create(&place("a3", 3)))
        .unwrap();
    desk.world.registry().record(&all).await.unwrap();

    let seen: KeyView = client
        .post_json(&loss(&key.serial), &as_lost("lost"))
        .await
        .json();
    assert_eq!(seen.state, KeyState::Suspended);
    let kept: Register = desk
        .load(&registry::register(&order, LineNo(1)))
        .await
        .unwrap();
    let standing: Vec<Standing> = kept.keys.iter().map(|key| key.standing).collect();
    let suspended = Standing::Suspended { at: now };
    assert_eq!(standing, [suspended, Standing::Good, suspended]);
    assert_eq!(kept.version, register.version + 1);
    let store = desk.world.registry();
    let listed: Vec<CrlLine> = store.load_all(CRL, CRL_LINES).await.unwrap();
    let serials: Vec<&str> = listed[0]
        .listed
        .iter()
        .map(|listed| listed.serial.as_str())
        .collect();
    assert_eq!(serials, [key.certificate_serial.as_str(), "e1", "a3", "e3"]);
    let wanted: Vec<CrlWanted> = store.load_all(CRL, CRL_MARKS).await.unwrap();
    assert_eq!((listed.len(), wanted.len()), (1, 1));
    // Reporting it again asks for nothing more.
    client
        .post_json(&loss(&key.serial), &as_lost("stolen"))
        .await
        .json::<KeyView>();
    let wanted: Vec<CrlWanted> = store.load_all(CRL, CRL_MARKS).await.unwrap();
    assert_eq!(wanted.len(), 1);
}

/// What no longer works harms nobody: it is replaced, not reported.
#[tokio::test]
async fn a_damaged_key_is_not_reported() {
    let desk = Desk::new().await;
    let client = desk.logged_in(1).await;
    let key = company_key(1, "CPP-1", desk.world.clock.now() + days(60));
    give(&desk, &key).await;
    let problem = client
        .post_json(&loss(&key.serial), &as_lost("damaged"))
        .await
        .wrong_fields(&["reason"]);
    assert_eq!(problem.errors[0].code, FieldCode::NotOffered);
    for body in [
        as_lost("eaten"),
        json!({}),
        json!({"reason": "lost", "serial": "CPP-2"}),
    ] {
        client
            .post_json(&loss(&key.serial), &body)
            .await
            .refused(ErrorCode::MalformedRequest);
    }
    assert_eq!(stored(&desk, &key).await, key);
    assert!(history(&client).await.events.is_empty());
}

#[tokio::test]
async fn reported_again_a_key_stays_suspended_as_it_was() {
    let desk = Desk::new().await;
    let client = desk.logged_in(1).await;
    let first = desk.world.clock.now();
    let key = company_key(1, "CPP-1", first + days(60));
    give(&desk, &key).await;
    client
        .post_json(&loss(&key.serial), &as_lost("lost"))
        .await
        .json::<KeyView>();
    let after = stored(&desk, &key).await;
    desk.world.clock.advance(SignedDuration::from_hours(1));
    for word in ["lost", "stolen"] {
        let again: KeyView = client
            .post_json(&loss(&key.serial), &as_lost(word))
            .await
            .json();
        let kept = Suspension {
            reason: ReplacementReason::Lost,
            at: first,
        };
        assert_eq!(again.suspended, Some(kept));
    }
    assert_eq!(stored(&desk, &key).await, after);
    assert_eq!(history(&client).await.events.len(), 1);
}

#[tokio::test]
async fn two_people_who_report_at_once_report_once() {
    let desk = Desk::new().await;
    let one = desk.logged_in(1).await;
    let (_, two) = desk.colleague(1).await;
    let key = company_key(1, "CPP-1", desk.world.clock.now() + days(60));
    give(&desk, &key).await;
    let path = loss(&key.serial);
    let (lost, stolen) = (as_lost("lost"), as_lost("stolen"));
    let (first, second) = tokio::join!(one.post_json(&path, &lost), two.post_json(&path, &stolen));
    let (first, second): (KeyView, KeyView) = (first.json(), second.json());
    assert_eq!(first.suspended, second.suspended, "both read what was kept");
    assert_eq!(stored(&desk, &key).await.version, key.version + 1);
    assert_eq!(history(&one).await.events.len(), 1);
}

#[tokio::test]
async fn another_companys_key_is_not_there_word_for_word() {
    let desk = Desk::new().await;
    let client = desk.logged_in(1).await;
    desk.logged_in(2).await;
    let theirs = company_key(2, "CPP-1", desk.world.clock.now() + days(60));
    give(&desk, &theirs).await;
    let answer = client.post_json(&loss("CPP-1"), &as_lost("lost")).await;
    answer.refused(ErrorCode::NotFound);
    let nobodys = client.post_json(&loss("CPP-9"), &as_lost("lost")).await;
    assert_eq!(answer.without_request_id(), nobodys.without_request_id());
    assert_eq!(stored(&desk, &theirs).await, theirs);
}

/// A revoked one holds nothing any more that could be suspended.
#[tokio::test]
async fn a_revoked_key_is_not_reported() {
    let desk = Desk::new().await;
    let client = desk.logged_in(1).await;
    let now = desk.world.clock.now();
    let key = CompanyKey {
        revoked_at: Some(now),
        ..company_key(1, "CPP-1", now + days(60))
    };
    give(&desk, &key).await;
    client
        .post_json(&loss(&key.serial), &as_lost("lost"))
        .await
        .refused(ErrorCode::NotInThisState);
    assert_eq!(stored(&desk, &key).await, key);
}

/// covers: R33
///
/// Who has lost the key cannot log in by it.
#[tokio::test]
async fn a_limited_session_reads_the_keys_and_reports_one() {
    let desk = Desk::new().await;
    let client = desk.world.as_limited(&desk.router, 1).await;
    let key = company_key(1, "CPP-1", desk.world.clock.now() + days(60));
    give(&desk, &key).await;
    let list: KeyList = client.get(KEYS).await.json();
    assert_eq!(list.keys[0].state, KeyState::Active);
    let seen: KeyView = client
        .post_json(&loss(&key.serial), &as_lost("stolen"))
        .await
        .json();
    assert_eq!(seen.state, KeyState::Suspended);
    let (event, changes) = newest(&client).await;
    assert_eq!((event, changes.len()), (CompanyEventKind::KeyReported, 0));
}

// ---- making a thing once -------------------------------------------------------------------------------

const ADDRESSES: &str = "/api/company/addresses";
const TITLES: &str = "/api/company/invoice-titles";
const ONCE: &str = "0190f8a2-7c31-7d50-9a11-1c2d3e4f5a6b";

fn address(version: u64) -> Value {
    json!({"version": version, "address": orders::address()})
}

fn title(version: u64) -> Value {
    json!({
        "version": version,
        "kind": "ordinary",
        "title": "南京第1示例科技有限公司",
        "tax_number": orders::credit_code(1),
        "mail": "finance@example.cn",
    })
}

/// Asks for something under a key.
async fn under(client: &Client, key: &str, path: &str, body: &Value) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", key),
    ];
    let body = body.to_string().into_bytes();
    client.post_raw(path, &headers, body).await
}

/// How many addresses and titles the company has.
async fn things(client: &Client) -> (usize, usize) {
    let file = file(client).await;
    (file.addresses.len(), file.invoice_titles.len())
}

/// A retry after an answer that was lost: it is there once, and the page reads what it would have read.
#[tokio::test]
async fn the_same_request_under_one_key_makes_one_thing_and_gives_one_answer() {
    for (path, body, made) in [(ADDRESSES, address(1), (1, 0)), (TITLES, title(1), (0, 1))] {
        let desk = Desk::new().await;
        let client = desk.newcomer(1).await;
        let first = under(&client, ONCE, path, &body).await;
        assert_eq!(first.status, 201);
        first.json::<CompanyFile>();
        for hours in [0, 11] {
            desk.world.clock.advance(SignedDuration::from_hours(hours));
            let again = under(&client, ONCE, path, &body).await;
            assert_eq!((again.status, again.text()), (first.status, first.text()));
        }
        assert_eq!(things(&client).await, made);
        assert_eq!(history(&client).await.events.len(), 1);
        // Without a key nobody can tell a retry from a second wish.
        client
            .post_json(path, &body)
            .await
            .refused(ErrorCode::ChangedMeanwhile);
    }
}

#[tokio::test]
async fn another_request_under_a_used_key_is_a_mistake() {
    for (path, body, others) in [
        (
            ADDRESSES,
            address(1),
            vec![
                json!({"version": 2}),
                json!({"is_default": true}),
                json!({"address": orders::basic()}),
            ],
        ),
        (
            TITLES,
            title(1),
            vec![
                json!({"title": "另一家公司"}),
                json!({"tax_number": orders::credit_code(2)}),
                json!({"mail": "other@example.cn"}),
                json!({"is_default": true}),
            ],
        ),
    ] {
        let desk = Desk::new().await;
        let client = desk.newcomer(1).await;
        under(&client, ONCE, path, &body)
            .await
            .json::<CompanyFile>();
        let before = things(&client).await;
        for typed in others {
            let mut other = with(body.clone(), &typed);
            if typed.get("address").is_some() {
                other["address"] = body["address"].clone();
                other["address"]["detail"] = json!("示例路9号");
            }
            let answer = under(&client, ONCE, path, &other).await;
            let problem = answer.wrong_fields(&["Idempotency-Key"]);
            assert_eq!(problem.errors[0].code, FieldCode::Taken, "{typed}");
        }
        assert_eq!(things(&client).await, before);
    }
}

#[tokio::test]
async fn a_key_is_sixteen_to_sixty_four_plain_characters() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let (short, long) = ("k".repeat(15), "k".repeat(65));
    for key in [
        "",
        &short,
        &long,
        "0190f8a2_7c31_7d50",
        "0190f8a2 7c31 7d50",
        "密钥密钥密钥密钥密钥密钥",
    ] {
        for (path, body) in [(ADDRESSES, address(1)), (TITLES, title(1))] {
            let problem = under(&client, key, path, &body)
                .await
                .wrong_fields(&["Idempotency-Key"]);
            assert_eq!(problem.errors[0].code, FieldCode::Invalid, "{key}");
        }
    }
    assert_eq!(things(&client).await, (0, 0));
    for (version, key) in [(1, "k".repeat(16)), (2, "K-9".repeat(21) + "z")] {
        let answer = under(&client, &key, ADDRESSES, &address(version)).await;
        answer.json::<CompanyFile>();
    }
    assert_eq!(things(&client).await, (2, 0));
}

/// Nobody learns from a guessed key what another one made, and a page may name two things alike.
#[tokio::test]
async fn a_key_stands_for_one_thing_of_one_company() {
    let desk = Desk::new().await;
    let (one, two) = (desk.newcomer(1).await, desk.newcomer(2).await);
    for client in [&one, &two] {
        under(client, ONCE, ADDRESSES, &address(1))
            .await
            .json::<CompanyFile>();
        let file: CompanyFile = under(client, ONCE, TITLES, &title(2)).await.json();
        assert_eq!(file.addresses.len(), 1);
        assert_eq!(things(client).await, (1, 1));
    }
}

/// What was refused has used up nothing.
#[tokio::test]
async fn a_key_under_which_nothing_was_made_is_free() {
    let desk = Desk::new().await;
    let client = desk.newcomer(1).await;
    let empty = with(
        address(1),
        &json!({"address": with(address(1)["address"].clone(), &json!({"name": ""}))}),
    );
    under(&client, ONCE, ADDRESSES, &empty)
        .await
        .wrong_fields(&["address.name"]);
    under(&client, ONCE, ADDRESSES, &address(7))
        .await
        .refused(ErrorCode::ChangedMeanwhile);
    under(&client, ONCE, ADDRESSES, &address(1))
        .await
        .json::<CompanyFile>();
    assert_eq!(things(&client).await, (1, 0));
}

/// Two tabs, a double click: one of them makes it, and whoever asks again reads it.
#[tokio::test]
async fn two_clicks_at_once_make_one_thing() {
    for (path, body, made) in [(ADDRESSES, address(1), (1, 0)), (TITLES, title(1), (0, 1))] {
        let desk = Desk::new().await;
        let client = desk.newcomer(1).await;
        let (first, second) = tokio::join!(
            under(&client, ONCE, path, &body),
            under(&client, ONCE, path, &body)
        );
        for answer in [&first, &second] {
            if !answer.status.is_success() {
                answer.refused(ErrorCode::ChangedMeanwhile);
            }
        }
        assert!(first.status.is_success() || second.status.is_success());
        assert_eq!(things(&client).await, made);
        let again = under(&client, ONCE, path, &body).await;
        again.json::<CompanyFile>();
        assert_eq!(things(&client).await, made);
    }
}

/// Takes every key of a request away, as the table does some time after a day.
async fn sweep(desk: &Desk) {
    let all = desk.world.store.everything();
    let keys = all.split("ONCE#").skip(1);
    let keys: BTreeSet<&str> = keys.filter_map(|rest| rest.get(..64)).collect();
    assert!(!keys.is_empty());
    let mut away = Transaction::new(desk.world.clock.now());
    away.writes.extend(keys.into_iter().map(|key| Write {
        key: Key::new(format!("ONCE#{key}"), "ONCE"),
        expect: Expect::Anything,
        document: None,
    }));
    desk.world.registry().record(&away).await.unwrap();
    assert!(!desk.world.store.everything().contains("ONCE#"));
}

/// A key stands for what it made for a day, and as long as the table has not swept it away: then it is new.
#[tokio::test]
async fn a_key_holds_for_a_day_and_until_it_is_swept_away() {
    for (path, form) in [
        (ADDRESSES, address as fn(u64) -> Value),
        (TITLES, title as fn(u64) -> Value),
    ] {
        let desk = Desk::new().await;
        let client = desk.newcomer(1).await;
        let made: CompanyFile = under(&client, ONCE, path, &form(1)).await.json();
        for later in [
            days(1) - SignedDuration::from_secs(1),
            SignedDuration::from_secs(1),
            days(2),
        ] {
            desk.world.clock.advance(later);
            let client = desk.logged_in(1).await;
            let same: CompanyFile = under(&client, ONCE, path, &form(1)).await.json();
            assert_eq!(same.version, made.version);
            let other = under(&client, ONCE, path, &form(made.version)).await;
            let problem = other.wrong_fields(&["Idempotency-Key"]);
            assert_eq!(problem.errors[0].code, FieldCode::Taken);
        }
        sweep(&desk).await;
        let client = desk.logged_in(1).await;
        let anew: CompanyFile = under(&client, ONCE, path, &form(made.version)).await.json();
        assert_eq!(anew.version, made.version + 1);
        // From then on it stands for the new one.
        let again: CompanyFile = under(&client, ONCE, path, &form(made.version)).await.json();
        assert_eq!(again.version, anew.version);
        let (addresses, titles) = things(&client).await;
        assert_eq!(addresses + titles, 2);
    }
}

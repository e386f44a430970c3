//! Staff log in by mail address, password and second factor.

use adapters::ports::Transaction;
use adapters::registry::{self, AUDIT_ENTRIES};
use contract::account::{SessionView, StaffSessionView};
use contract::error::ErrorCode;
use contract::staff::StaffSessionList;
use domain::actor::Role;
use domain::audit::{AuditEntry, AuditHead, verify};
use domain::ids::BranchId;
use domain::staff::{Branch, Staff, StaffState};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use testkit::web::{Answer, Client};
use totp_rs::{Builder, Secret};

use crate::desk::{Desk, MINUTE, PASSWORD, Traces, alike, headers};

const SECRET: &str = "KRSXG5CTMVRXEZLUKN2XAZLSKNSWG4TF";
const STEP: SignedDuration = SignedDuration::from_secs(30);

/// The code that an authenticator shows at a moment.
fn shown(at: Timestamp) -> String {
    let secret = Secret::try_from_base32(SECRET).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    let seconds = u64::try_from(at.as_second()).unwrap();
    format!("{}", totp.generate(seconds))
}

async fn change(desk: &Desk, staff: &Staff) {
    let write = Transaction::new(desk.now()).change(staff).unwrap();
    desk.world.registry().record(&write).await.unwrap();
}

/// A member of staff who has set password and second factor.
async fn ready(desk: &Desk, no: u32, roles: &[Role]) -> Staff {
    let staff = desk.world.staff(no, roles).await;
    let sealed = desk
        .world
        .fields()
        .seal(staff.id.as_str(), "totp", SECRET, (0, 0))
        .await
        .unwrap();
    let hash = desk.ports.passwords.hash(PASSWORD, &*desk.world.random);
    let staff = Staff {
        password: Some(hash.unwrap()),
        totp: Some(sealed),
        version: staff.version + 1,
        ..staff
    };
    change(desk, &staff).await;
    staff
}

fn typed(mail: &str, password: &str, code: &str) -> Value {
    json!({"mail": mail, "password": password, "code": code})
}

async fn login(client: &Client, mail: &str, password: &str, code: &str) -> Answer {
    client
        .post_json("/api/console/session", &typed(mail, password, code))
        .await
}

async fn stored(desk: &Desk, staff: &Staff) -> Staff {
    desk.load(&registry::staff(&staff.id)).await.unwrap()
}

#[tokio::test]
async fn staff_log_in_by_password_and_second_factor_apart_from_companies() {
    let desk = Desk::new().await;
    let staff = ready(&desk, 9, &[Role::Reviewer]).await;
    let client = desk.visitor("192.0.2.1");
    let code = shown(desk.now());
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let answer = login(&client, "STAFF.9@sealkey.example ", PASSWORD, &spaced).await;
    let view: StaffSessionView = answer.json();
    assert_eq!((&view.staff, &view.mail), (&staff.id, &staff.mail));
    assert_eq!(view.roles, [Role::Reviewer]);
    assert_eq!(view.expires_at, desk.now() + SignedDuration::from_hours(10));

    let inside = client.after(&answer);
    let again: StaffSessionView = inside.get("/api/console/session").await.json();
    assert_eq!(
        (again.staff, again.expires_at),
        (view.staff, view.expires_at)
    );
    inside
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);
    // The token of one kind is worth nothing under the name of the other.
    let token = answer.cookie().split_once('=').unwrap().1.to_owned();
    let posed = client.clone().cookie(format!("__Host-sealkey={token}"));
    posed
        .get("/api/session")
        .await
        .refused(ErrorCode::LoginRequired);

    inside.delete("/api/console/session").await.done();
    inside
        .get("/api/console/session")
        .await
        .refused(ErrorCode::LoginRequired);
    inside
        .delete("/api/console/session")
        .await
        .refused(ErrorCode::LoginRequired);

    // What they did is on record, whole.
    let chain = registry::audit_chain(&staff.id);
    let entries: Vec<AuditEntry> = desk
        .world
        .registry()
        .load_all(&chain, AUDIT_ENTRIES)
        .await
        .unwrap();
    let head: Option<AuditHead> = desk.load(&registry::audit_head(&staff.id)).await;
    assert_eq!(verify(&entries, head.as_ref()), Ok(()));
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].action, "logged_in");
    assert_eq!(entries[0].subject, format!("staff {}", staff.id));

    let table = desk.world.store.everything();
    for secret in [PASSWORD, SECRET, &token, &format!("\"{code}\"")] {
        assert!(!table.contains(secret));
    }
}

#[tokio::test]
async fn no_code_works_twice_and_none_from_long_ago() {
    let desk = Desk::new().await;
    let staff = ready(&desk, 9, &[Role::Reviewer]).await;
    let client = desk.visitor("192.0.2.1");
    let failed = |answer: Answer| {
        answer.refused(ErrorCode::LoginFailed);
    };
    let now = desk.now();
    failed(login(&client, &staff.mail, PASSWORD, &shown(now - STEP - STEP)).await);
    failed(login(&client, &staff.mail, PASSWORD, &shown(now + STEP + STEP)).await);
    // Clocks differ by a step.
    login(&client, &staff.mail, PASSWORD, &shown(now - STEP))
        .await
        .cookie();
    failed(login(&client, &staff.mail, PASSWORD, &shown(now - STEP)).await);
    login(&client, &staff.mail, PASSWORD, &shown(now + STEP))
        .await
        .cookie();
    // An older one than the last is as good as used.
    failed(login(&client, &staff.mail, PASSWORD, &shown(now)).await);
    let kept = stored(&desk, &staff).await;
    assert_eq!(
        (kept.totp_step, kept.version),
        (u64::try_from(now.as_second()).unwrap() / 30 + 1, 4)
    );

    desk.wait(MINUTE);
    let code = shown(desk.now());
    let (one, two) = tokio::join!(
        login(&client, &staff.mail, PASSWORD, &code),
        login(&client, &staff.mail, PASSWORD, &code)
    );
    let (won, lost) = if one.status == 200 {
        (one, two)
    } else {
        (two, one)
    };
    won.cookie();
    failed(lost);
}

/// The same answers, hashes and writes, whatever was wrong.
#[tokio::test]
async fn a_failed_login_does_not_tell_what_was_wrong() {
    let desk = Desk::new().await;
    let good = ready(&desk, 1, &[Role::Reviewer]).await;
    let suspended = ready(&desk, 2, &[Role::Reviewer]).await;
    change(
        &desk,
        &Staff {
            state: StaffState::Suspended,
            version: suspended.version + 1,
            ..suspended.clone()
        },
    )
    .await;
    let invited = desk.world.staff(3, &[Role::Reviewer]).await;
    let half = ready(&desk, 4, &[Role::Reviewer]).await;
    change(
        &desk,
        &Staff {
            totp: None,
            version: half.version + 1,
            ..half.clone()
        },
    )
    .await;
    let code = shown(desk.now());
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let mut seen: Vec<(Value, Vec<String>, Traces)> = Vec::new();
    for (place, (mail, password, code)) in [
        ("nobody@sealkey.example", PASSWORD, code.as_str()),
        ("not even a mail address", PASSWORD, &code),
        (&good.mail, "wrong horse battery", &code),
        (&good.mail, PASSWORD, wrong),
        (&suspended.mail, PASSWORD, &code),
        (&invited.mail, PASSWORD, &code),
        (&half.mail, PASSWORD, &code),
    ]
    .into_iter()
    .enumerate()
    {
        let client = desk.visitor(&format!("198.51.100.{place}"));
        let before = desk.traces();
        let answer = login(&client, mail, password, code).await;
        answer.refused(ErrorCode::LoginFailed);
        let mut traces = desk.since(before);
        // The counter of a name that was tried before is there already.
        traces.documents -= traces.counters;
        traces.counters = 0;
        seen.push((alike(&answer), headers(&answer), traces));
    }
    assert_eq!((seen[0].2.hashes, seen[0].2.writes), (1, 4));
    for (place, one) in seen.iter().enumerate() {
        assert_eq!(*one, seen[0], "{place}");
    }
    login(&desk.visitor("198.51.100.99"), &good.mail, PASSWORD, &code)
        .await
        .cookie();
    let empty = typed(" ", "", "");
    desk.visitor("198.51.100.98")
        .post_json("/api/console/session", &empty)
        .await
        .wrong_fields(&["mail", "password", "code"]);
}

#[tokio::test]
async fn an_address_waits_after_failures_an_office_goes_on_and_a_stranger_locks_nobody_out() {
    // Nobody has a cookie before they log in at the console.
    let desk = Desk::new().await;
    let staff = ready(&desk, 9, &[Role::Reviewer]).await;
    for place in 0..2 {
        let stranger = Client::new(desk.router.clone()).from(&format!("198.51.100.{place}"));
        for _ in 0..50 {
            login(&stranger, &staff.mail, "wrong horse battery", "123456")
                .await
                .refused(ErrorCode::LoginFailed);
        }
        let answer = login(&stranger, &staff.mail, "wrong horse battery", "123456").await;
        let problem = answer.refused(ErrorCode::TooManyRequests);
        assert_eq!(problem.retry_after, Some(600));
    }
    // The mistakes of a few keep nobody else out of their office.
    let office = Client::new(desk.router.clone()).from("192.0.2.1");
    for place in 0..20 {
        let mail = format!("colleague-{place}@ca.example");
        login(&office, &mail, "wrong horse battery", "123456")
            .await
            .refused(ErrorCode::LoginFailed);
    }
    login(&office, &staff.mail, PASSWORD, &shown(desk.now()))
        .await
        .cookie();
}

/// Who has somebody's password still does not guess six digits from a thousand addresses.
#[tokio::test]
async fn second_factors_are_guessed_at_only_so_often() {
    let desk = Desk::new().await;
    let staff = ready(&desk, 9, &[Role::Reviewer]).await;
    let wrong = if shown(desk.now()) == "000000" {
        "000001"
    } else {
        "000000"
    };
    for place in 0..5 {
        let thief = desk.visitor(&format!("198.51.100.{place}"));
        login(&thief, &staff.mail, PASSWORD, wrong)
            .await
            .refused(ErrorCode::LoginFailed);
    }
    let thief = desk.visitor("198.51.100.99");
    login(&thief, &staff.mail, PASSWORD, &shown(desk.now()))
        .await
        .refused(ErrorCode::LoginFailed);
    // It was not used up; after the wait the next one opens.
    assert_eq!(stored(&desk, &staff).await.totp_step, 0);
    desk.wait(MINUTE * 10);
    login(&thief, &staff.mail, PASSWORD, &shown(desk.now()))
        .await
        .cookie();
}

#[tokio::test]
async fn sessions_of_staff_are_listed_and_end_at_once() {
    let desk = Desk::new().await;
    let staff = ready(&desk, 9, &[Role::Branch]).await;
    let branch = Branch {
        id: BranchId::from_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        name: "新街口网点".to_owned(),
        address: "中山路 1 号".to_owned(),
        phone: "02584191234".to_owned(),
        version: 1,
    };
    desk.put(&branch).await;
    change(
        &desk,
        &Staff {
            branch: Some(branch.id.clone()),
            version: staff.version + 1,
            ..staff.clone()
        },
    )
    .await;
    let one = desk.visitor("192.0.2.1");
    let answer = login(&one, &staff.mail, PASSWORD, &shown(desk.now())).await;
    let view: StaffSessionView = answer.json();
    assert_eq!(view.branch_name.as_deref(), Some("新街口网点"));
    let here = one.after(&answer);
    desk.wait(MINUTE);
    let two = desk.visitor("192.0.2.2");
    let there = two.after(&login(&two, &staff.mail, PASSWORD, &shown(desk.now())).await);

    let list: StaffSessionList = here.get("/api/console/sessions").await.json();
    let rows: Vec<(&str, bool)> = list
        .sessions
        .iter()
        .map(|row| (row.address.as_str(), row.current))
        .collect();
    assert_eq!(rows, [("192.0.2.2", false), ("192.0.2.1", true)]);
    let out = here.delete("/api/console/sessions").await;
    out.done();
    assert!(
        out.headers["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    for client in [&here, &there] {
        client
            .get("/api/console/session")
            .await
            .refused(ErrorCode::LoginRequired);
        client
            .get("/api/console/sessions")
            .await
            .refused(ErrorCode::LoginRequired);
    }

    // Suspending holds at once too.
    desk.wait(MINUTE);
    let answer = login(&one, &staff.mail, PASSWORD, &shown(desk.now())).await;
    let here = one.after(&answer);
    here.get("/api/console/session")
        .await
        .json::<StaffSessionView>();
    let now = stored(&desk, &staff).await;
    change(
        &desk,
        &Staff {
            state: StaffState::Suspended,
            version: now.version + 1,
            ..now
        },
    )
    .await;
    here.get("/api/console/session")
        .await
        .refused(ErrorCode::LoginRequired);
    // A session of a company is none here.
    let company = desk
        .registered(&desk.visitor("192.0.2.9"), &crate::desk::form(1))
        .await;
    company.get("/api/session").await.json::<SessionView>();
    company
        .get("/api/console/sessions")
        .await
        .refused(ErrorCode::LoginRequired);
}

//! The audit, as administrators see it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use adapters::ports::{Clock as _, Objects as _, Transaction};
use adapters::registry;
use audit::{Ports, api};
use axum::Router;
use contract::error::ErrorCode;
use contract::staff::{AuditExportView, AuditPage};
use domain::actor::Role;
use domain::audit::{AuditEntry, Deed};
use domain::ids::StaffId;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use testkit::orders::staff;
use testkit::power::{Length, Moment, PowerCut};
use testkit::web::Client;
use testkit::world::World;

const AUDIT: &str = "/api/console/audit";
const EXPORTS: &str = "/api/console/audit/exports";

fn router(world: &World) -> Router {
    let ports = Ports {
        registry: world.store.clone(),
        exports: world.objects.clone(),
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    api(world.gate(), ports).unwrap()
}

/// An administrator before the audit.
async fn desk() -> (World, Client) {
    let world = World::new().await;
    let router = router(&world);
    let admin = world.as_staff(&router, 1, &[Role::Admin]).await;
    (world, admin)
}

async fn write(world: &World, who: u32, at: Timestamp, subject: &str, detail: &str) {
    let deed = Deed {
        staff: staff(who),
        at,
        action: "approved".to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_owned(),
    };
    let all = Transaction::new(at).audited(deed);
    world.registry().record(&all).await.unwrap();
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Reads page after page, and tells how many there were.
async fn all(admin: &Client, query: &str) -> (Vec<String>, usize) {
    let (mut found, mut pages) = (Vec::new(), 0);
    let mut cursor = String::new();
    loop {
        let page: AuditPage = admin.get(&format!("{AUDIT}?{query}{cursor}")).await.json();
        pages += 1;
        assert!(page.entries.len() <= 50);
        found.extend(page.entries.into_iter().map(|row| row.subject));
        match page.cursor {
            None => return (found, pages),
            Some(next) => cursor = format!("&cursor={next}"),
        }
        assert!(pages < 100);
    }
}

#[tokio::test]
async fn a_persons_chain_is_read_from_its_end() {
    let (world, admin) = desk().await;
    world.staff(4, &[Role::Reviewer]).await;
    let at = moment("2026-11-20T01:00:00Z");
    for number in 1..=250 {
        write(&world, 4, at, &format!("order {number}"), "").await;
    }
    write(&world, 5, at, "order 9", "").await;
    let (found, pages) = all(&admin, &format!("staff={}", staff(4))).await;
    let wanted: Vec<String> = (1..=250)
        .rev()
        .map(|number| format!("order {number}"))
        .collect();
    assert_eq!(found, wanted);
    assert_eq!(pages, 5);
    let page: AuditPage = admin
        .get(&format!("{AUDIT}?staff={}", staff(4)))
        .await
        .json();
    let first = &page.entries[0];
    assert_eq!((first.seq, first.staff_name.as_str()), (250, "员工4"));
    assert_eq!(first.hash.len(), 64);
    let (found, pages) = all(&admin, &format!("staff={}", staff(6))).await;
    assert_eq!((found.len(), pages), (0, 1));
}

#[tokio::test]
async fn a_persons_days_are_found_in_a_long_chain() {
    let (world, admin) = desk().await;
    let begin = moment("2026-11-01T00:00:00Z");
    for number in 0..400 {
        let at = begin + SignedDuration::from_hours(number);
        write(&world, 4, at, &format!("order {number}"), "").await;
    }
    let query = format!("staff={}&from=2026-11-03&to=2026-11-04", staff(4));
    let (found, _) = all(&admin, &query).await;
    // From midnight in Nanjing, 16:00 UTC of the day before: hours 40 to 87.
    let wanted: Vec<String> = (40..88)
        .rev()
        .map(|number| format!("order {number}"))
        .collect();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn everything_done_to_one_thing_is_found_whoever_did_it() {
    let (world, admin) = desk().await;
    for (who, day) in [(4, 1), (5, 2), (4, 3)] {
        let at = moment(&format!("2026-0{day}-01T00:00:00Z"));
        write(&world, who, at, "company co_1", &day.to_string()).await;
        write(&world, who, at, "company co_2", "").await;
    }
    let page: AuditPage = admin
        .get(&format!("{AUDIT}?subject=company%20co_1"))
        .await
        .json();
    let told: Vec<(StaffId, &str)> = page
        .entries
        .iter()
        .map(|row| (row.staff.clone(), row.detail.as_str()))
        .collect();
    assert_eq!(told, [(staff(4), "3"), (staff(5), "2"), (staff(4), "1")]);
    // Nobody of that name is known: the id tells who it was.
    assert_eq!(page.entries[0].staff_name, staff(4).as_str());
    let (found, _) = all(
        &admin,
        "subject=company%20co_1&from=2026-02-01&to=2026-02-20",
    )
    .await;
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn days_are_days_in_nanjing_and_go_over_the_end_of_a_month() {
    let (world, admin) = desk().await;
    for (at, subject) in [
        ("2026-10-30T15:59:59Z", "before"),
        ("2026-10-30T16:00:00Z", "31 October, first second"),
        (
            "2026-10-31T23:59:59.9Z",
            "1 November in Nanjing, October in London",
        ),
        ("2026-11-01T15:59:59.9Z", "1 November, last moment"),
        ("2026-11-01T16:00:00Z", "after"),
    ] {
        write(&world, 4, moment(at), subject, "").await;
    }
    let (found, _) = all(&admin, "from=2026-10-31&to=2026-11-01").await;
    assert_eq!(
        found,
        [
            "1 November, last moment",
            "1 November in Nanjing, October in London",
            "31 October, first second"
        ]
    );
    for number in 0..130 {
        let at = moment("2026-10-31T20:00:00Z") + SignedDuration::from_mins(number * 4);
        write(&world, 4, at, "many", "").await;
    }
    let (found, pages) = all(&admin, "from=2026-10-31&to=2026-11-01").await;
    assert_eq!(found.len(), 133);
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn without_a_question_the_last_week_is_shown() {
    let (world, admin) = desk().await;
    let now = world.clock.now();
    write(&world, 4, now, "today", "").await;
    write(
        &world,
        4,
        now - SignedDuration::from_hours(24 * 6),
        "six days ago",
        "",
    )
    .await;
    write(
        &world,
        4,
        now - SignedDuration::from_hours(24 * 7),
        "a week ago",
        "",
    )
    .await;
    let (found, _) = all(&admin, "").await;
    assert_eq!(found, ["today", "six days ago"]);
    // What a form sends when nothing was typed.
    let (found, _) = all(&admin, "subject=&from=&to=").await;
    assert_eq!(found, ["today", "six days ago"]);
}

#[tokio::test]
async fn wrong_questions_are_told_apart() {
    let (_world, admin) = desk().await;
    let ask = async |query: &str| admin.get(&format!("{AUDIT}?{query}")).await;
    let both = format!("staff={}&subject=x", staff(1));
    ask(&both).await.wrong_fields(&["subject"]);
    ask("from=yesterday&to=2026-11-01")
        .await
        .wrong_fields(&["from"]);
    ask("from=2026-11-02&to=2026-11-01")
        .await
        .wrong_fields(&["to"]);
    ask("from=2026-10-01&to=2026-11-01")
        .await
        .wrong_fields(&["to"]);
    ask("from=2026-10-02&to=2026-11-01")
        .await
        .json::<AuditPage>();
    for cursor in ["x", "2026-01.", "2026-11"] {
        ask(&format!("cursor={cursor}"))
            .await
            .refused(ErrorCode::MalformedRequest);
    }
    ask(&format!("staff={}&cursor=x", staff(1)))
        .await
        .refused(ErrorCode::MalformedRequest);
    ask("staff=somebody")
        .await
        .refused(ErrorCode::MalformedRequest);
    ask("who=somebody")
        .await
        .refused(ErrorCode::MalformedRequest);
}

#[tokio::test]
async fn the_audit_is_for_administrators() {
    let (world, admin) = desk().await;
    let router = router(&world);
    let body = json!({"from": "2026-11-01", "to": "2026-11-02"});
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
        let other = world.as_staff(&router, 9, &[role]).await;
        other.get(AUDIT).await.refused(ErrorCode::Forbidden);
        other
            .post_json(EXPORTS, &body)
            .await
            .refused(ErrorCode::Forbidden);
    }
    assert!(world.objects.keys().is_empty());
    admin.get(AUDIT).await.json::<AuditPage>();
}

async fn exported(world: &World, view: &AuditExportView) -> String {
    let key = view.url.strip_prefix("https://bucket.test/").unwrap();
    let key = key.strip_suffix("?signed").unwrap();
    assert!(key.starts_with("exports/audit/"));
    let bytes = world.objects.read(key, 1 << 20).await.unwrap().unwrap();
    String::from_utf8(bytes).unwrap()
}

fn days() -> Value {
    json!({"from": "2026-11-20", "to": "2026-11-23"})
}

#[tokio::test]
async fn an_export_holds_the_days_in_order_and_is_in_the_audit_itself() {
    let (world, admin) = desk().await;
    world.staff(4, &[Role::Reviewer]).await;
    write(&world, 4, moment("2026-11-19T15:59:59Z"), "before", "").await;
    write(
        &world,
        4,
        moment("2026-11-19T16:00:00Z"),
        "order 1",
        "a \"b\", c",
    )
    .await;
    write(
        &world,
        5,
        moment("2026-11-22T00:00:00Z"),
        "=cmd|' /C calc'!A0",
        "@x",
    )
    .await;
    let answer = admin.post_json(EXPORTS, &days()).await;
    assert_eq!(answer.status, 201);
    let view: AuditExportView = answer.json();
    assert_eq!(view.entries, 2);
    assert_eq!(
        view.expires_at,
        world.clock.now() + SignedDuration::from_mins(10)
    );
    let text = exported(&world, &view).await;
    assert!(text.starts_with('\u{feff}') && text.ends_with("\r\n"));
    let lines: Vec<&str> = text
        .trim_start_matches('\u{feff}')
        .trim_end()
        .split("\r\n")
        .collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("\"time (Asia/Shanghai)\",\"time (UTC)\",\"staff\""));
    let first = format!(
        "\"2026-11-20 00:00:00\",\"2026-11-19T16:00:00Z\",\"{}\",\"员工4\",\"2\",\"approved\",\"order 1\",\"a \"\"b\"\", c\",",
        staff(4)
    );
    assert!(lines[1].starts_with(&first), "{}", lines[1]);
    assert!(
        lines[2].contains(",\"'=cmd|' /C calc'!A0\",\"'@x\","),
        "{}",
        lines[2]
    );

    let chain = registry::audit_chain(&staff(1));
    let deeds: Vec<AuditEntry> = world
        .registry()
        .load_all(&chain, registry::AUDIT_ENTRIES)
        .await
        .unwrap();
    assert_eq!(deeds.len(), 1);
    assert_eq!(deeds[0].action, "audit_exported");
    assert!(
        deeds[0]
            .detail
            .starts_with("2026-11-20 to 2026-11-23, 2 entries, file ")
    );
    let (found, _) = all(&admin, "subject=audit").await;
    assert_eq!(found, ["audit"]);
}

#[tokio::test]
async fn an_export_of_wrong_days_is_none() {
    let (world, admin) = desk().await;
    admin
        .post_json(EXPORTS, &json!({"from": "", "to": "x"}))
        .await
        .wrong_fields(&["from", "to"]);
    admin
        .post_json(EXPORTS, &json!({"from": "2026-01-01", "to": "2026-02-01"}))
        .await
        .wrong_fields(&["to"]);
    assert!(world.objects.keys().is_empty());
    let view: AuditExportView = admin.post_json(EXPORTS, &days()).await.json();
    assert_eq!(view.entries, 0);
}

/// Of every file that somebody can fetch the audit tells.
#[tokio::test]
async fn no_file_goes_out_unnoticed_when_the_power_does() {
    // Staff and session are the first two writes, file and entry the next.
    for number in 3..=4 {
        for moment in [Moment::Before, Moment::After] {
            let world = World::with_power(PowerCut::at(number, moment, Length::Flicker)).await;
            let router = router(&world);
            let admin = world.as_staff(&router, 1, &[Role::Admin]).await;
            admin
                .post_json(EXPORTS, &days())
                .await
                .refused(ErrorCode::Unavailable);
            let view: AuditExportView = admin.post_json(EXPORTS, &days()).await.json();
            exported(&world, &view).await;
            let chain = registry::audit_chain(&staff(1));
            let deeds: Vec<AuditEntry> = world
                .registry()
                .load_all(&chain, registry::AUDIT_ENTRIES)
                .await
                .unwrap();
            let told = deeds.iter().any(|deed| {
                let file = deed.detail.rsplit(' ').next().unwrap();
                view.url.contains(file)
            });
            assert!(told);
        }
    }
}

//! Login by key (R27): the session is opened only where the PIN was typed and the browser that asked come together.

use adapters::ports::{Clock as _, Transaction};
use adapters::registry;
use contract::account::{SessionList, SessionView};
use contract::agent::{AgentView, TicketView};
use contract::error::ErrorCode;
use domain::key::{CompanyKey, ReplacementReason, Suspension};
use domain::session::SessionLevel;
use edge::cookie;
use jiff::SignedDuration;
use serde_json::json;
use testkit::agent::{Agent, Held};
use testkit::orders;
use testkit::web::{Answer, Client};

use crate::activating::{PASSWORD, Table};
use crate::making::code;

const BEGIN: &str = "/api/session/key-login";
const OPEN: &str = "/api/session/key";
const SESSION: &str = "/api/session";
const SESSIONS: &str = "/api/sessions";

/// A browser that nobody has logged in at, with its ticket.
struct Browser {
    client: Client,
    held: Held,
}

async fn browser(table: &Table) -> Browser {
    let fresh = Client::new(table.floor.ticket.clone());
    let answer = fresh.post(BEGIN).await;
    let held = Held::of(&answer.json::<TicketView>());
    assert_eq!(
        (held.ticket.company.as_str(), &held.ticket.key_serial),
        ("", &None)
    );
    Browser {
        client: fresh.after(&answer),
        held,
    }
}

/// The PIN is typed beside the key: what the agent's page then has.
async fn signed(table: &Table, held: &Held) -> Result<String, String> {
    let agent = Agent::new(6);
    let says = agent.claim(held, None);
    agent.say(&table.floor, held, says).await?;
    let evidence = table.token.evidence(held, &table.made.certificates.sign);
    let view: AgentView = agent.say(&table.floor, held, evidence).await?;
    Ok(view.login_code.unwrap().expose().to_owned())
}

async fn open(table: &Table, browser: &Client, held: &Held, code: &str) -> Answer {
    let body = json!({"operation": held.operation(), "code": code});
    browser.at(&table.account).post_json(OPEN, &body).await
}

#[tokio::test]
async fn the_browser_that_asked_is_in_once_its_key_has_signed() {
    let table = Table::new().await;
    table.activate().await;
    let Browser { client, held } = browser(&table).await;
    let code = signed(&table, &held).await.unwrap();
    assert_eq!(signed(&table, &held).await.unwrap(), code, "said again");
    let answer = open(&table, &client, &held, &code).await;
    let session: SessionView = answer.json();
    assert_eq!(session.level, SessionLevel::Key);
    assert!(answer.text().contains("company"));
    // Once.
    let again = open(&table, &client, &held, &code).await;
    again.refused(ErrorCode::CodeWrong);
}

/// A's ticket in B's hands, who types the PIN: neither gets a session.
#[tokio::test]
async fn a_ticket_in_another_browser_logs_nobody_in() {
    let table = Table::new().await;
    table.activate().await;
    let stranger = browser(&table).await;
    let code = signed(&table, &stranger.held).await.unwrap();
    let owner = browser(&table).await;
    let elsewhere = Client::new(table.floor.ticket.clone());
    // The owner's browser has the code, without the cookie or with its own.
    for client in [&owner.client, &elsewhere] {
        let answer = open(&table, client, &stranger.held, &code).await;
        answer.refused(ErrorCode::CodeWrong);
    }
    // The stranger's browser has the cookie, and no way to the code.
    for guess in ["", "AAAA"] {
        let answer = open(&table, &stranger.client, &stranger.held, guess).await;
        answer.refused(ErrorCode::CodeWrong);
    }
    let path = format!("/api/operations/{}", stranger.held.operation());
    stranger
        .client
        .get(&path)
        .await
        .refused(ErrorCode::LoginRequired);
}

#[tokio::test]
async fn a_login_is_taken_up_soon_or_not_at_all() {
    let table = Table::new().await;
    table.activate().await;
    let Browser { client, held } = browser(&table).await;
    let unsigned = open(&table, &client, &held, "AAAA").await;
    unsigned.refused(ErrorCode::CodeWrong);
    let code = signed(&table, &held).await.unwrap();
    table
        .floor
        .world
        .clock
        .advance(SignedDuration::from_mins(5));
    let late = open(&table, &client, &held, &code).await;
    late.refused(ErrorCode::CodeWrong);
}

#[tokio::test]
async fn only_a_key_that_is_a_companys_own_logs_in() {
    let table = Table::new().await;
    let first = browser(&table).await;
    // Handed over, and not activated.
    assert_eq!(
        code(signed(&table, &first.held).await),
        ErrorCode::NotYourKey
    );
    table.activate().await;
    signed(&table, &first.held).await.unwrap();
    let body = json!({"verb": "login", "key_serial": null});
    table
        .site
        .post_json("/api/operations", &body)
        .await
        .wrong_fields(&["verb"]);
}

#[tokio::test]
async fn strangers_are_kept_from_asking_without_end() {
    let table = Table::new().await;
    let fresh = Client::new(table.floor.ticket.clone()).from("198.51.100.7");
    let mut refused = None;
    for _ in 0..120 {
        let answer = fresh.post(BEGIN).await;
        if !answer.status.is_success() {
            refused = Some(answer);
            break;
        }
    }
    refused.unwrap().refused(ErrorCode::TooManyRequests);
    assert_eq!(cookie::LOGIN, "__Host-login");
}

/// Whoever found or stole a key does not stay in with it (R34).
#[tokio::test]
async fn a_session_ends_with_the_key_that_opened_it_and_stays_ended_when_that_is_found() {
    let table = Table::new().await;
    table.activate().await;
    let Browser { client, held } = browser(&table).await;
    let code = signed(&table, &held).await.unwrap();
    let answer = open(&table, &client, &held, &code).await;
    let thief = client.at(&table.account).after(&answer);
    assert!(thief.get(SESSION).await.status.is_success());

    let world = &table.floor.world;
    // Signed before the report, and taken up after it.
    let late = browser(&table).await;
    let late_code = signed(&table, &late.held).await.unwrap();
    world.clock.advance(SignedDuration::from_mins(1));
    let place = registry::company_key(&orders::user(1).company, &table.token.serial);
    let stolen = Suspension {
        reason: ReplacementReason::Stolen,
        at: world.clock.now(),
    };
    let change = async |change: &dyn Fn(CompanyKey) -> CompanyKey| {
        let key: Option<CompanyKey> = world.registry().load(&place).await.unwrap();
        let written = Transaction::new(world.clock.now()).change(&change(key.unwrap()));
        world.registry().record(&written.unwrap()).await.unwrap();
    };
    change(&|key| key.reported(stolen.clone())).await;
    thief.get(SESSION).await.refused(ErrorCode::LoginRequired);
    // One that a password opened goes on, and lists it no more.
    let own = table.site.at(&table.account);
    assert_eq!(
        own.get(SESSIONS).await.json::<SessionList>().sessions.len(),
        1
    );
    let answer = open(&table, &late.client, &late.held, &late_code).await;
    answer.refused(ErrorCode::CodeWrong);
    change(&|key| key.found().unwrap()).await;
    let answer = open(&table, &late.client, &late.held, &late_code).await;
    answer.refused(ErrorCode::CodeWrong);
    thief.get(SESSION).await.refused(ErrorCode::LoginRequired);

    world.clock.advance(SignedDuration::from_mins(1));
    let Browser { client, held } = browser(&table).await;
    let code = signed(&table, &held).await.unwrap();
    let answer = open(&table, &client, &held, &code).await;
    let back = client.at(&table.account).after(&answer);
    // A new password begins a new session: it is the key's all the same.
    let body = json!({"current": PASSWORD, "password": "another long sentence of mine"});
    let changed = back.put_json("/api/password", &body).await;
    changed.done();
    let back = back.after(&changed);
    assert!(back.get(SESSION).await.status.is_success());
    change(&|key| key.revoked(world.clock.now()).unwrap()).await;
    back.get(SESSION).await.refused(ErrorCode::LoginRequired);
}

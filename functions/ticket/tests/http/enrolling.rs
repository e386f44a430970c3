//! A computer becomes a desk.

use adapters::ports::Clock as _;
use adapters::registry;
use contract::agent::{AgentView, Enrolled, TicketView};
use contract::error::ErrorCode;
use domain::actor::Role;
use domain::desk::Desk;
use serde_json::json;
use testkit::agent::{Agent, DeskKey, Held, enrol, enrolment};
use testkit::pki;

use crate::making::{Floor, code};

const DESKS: &str = "/api/console/desks";

#[tokio::test]
async fn an_administrator_makes_a_computer_a_desk_and_it_makes_keys() {
    let floor = Floor::new(1).await;
    let admin = floor.world.as_staff(&floor.ticket, 5, &[Role::Admin]).await;
    let view: TicketView = admin
        .post_json(DESKS, &json!({"name": "一号工位"}))
        .await
        .json();
    assert_eq!(Held::of(&view).ticket.desk.as_deref(), Some("一号工位"));
    let desk = enrol(&floor, &view, 7).await.unwrap();
    let place = registry::desk(&desk.id);
    let kept: Desk = floor.world.registry().load(&place).await.unwrap().unwrap();
    assert_eq!((kept.name.as_str(), kept.is_active()), ("一号工位", true));
    assert_eq!(kept.enrolled_at, floor.world.clock.now());
    let held = Held::of(&floor.offer().await);
    let agent = Agent::new(1);
    let says = agent.claim(&held, Some(&desk));
    agent.say(&floor, &held, says).await.unwrap();
    // Its name is taken now.
    let again = admin.post_json(DESKS, &json!({"name": "一号工位"})).await;
    again.wrong_fields(&["name"]);
    admin
        .post_json(DESKS, &json!({"name": "  "}))
        .await
        .wrong_fields(&["name"]);
    floor
        .maker
        .post_json(DESKS, &json!({"name": "二号工位"}))
        .await
        .refused(ErrorCode::Forbidden);
}

#[tokio::test]
async fn an_enrolment_is_of_one_key_and_may_be_said_twice() {
    let floor = Floor::new(1).await;
    let admin = floor.world.as_staff(&floor.ticket, 5, &[Role::Admin]).await;
    let view: TicketView = admin
        .post_json(DESKS, &json!({"name": "一号工位"}))
        .await
        .json();
    let (agent, held) = (Agent::new(7), Held::of(&view));
    let says = agent.claim(&held, None);
    let _: AgentView = agent.say(&floor, &held, says).await.unwrap();
    let key = pki::token_key(77);
    // Without the private half there is no desk.
    let mut stolen = enrolment(&key, &agent, held.operation());
    stolen.proof = enrolment(&pki::token_key(78), &agent, held.operation()).proof;
    assert_eq!(
        code(agent.say(&floor, &held, stolen).await),
        ErrorCode::NoPossession
    );
    let of_another = enrolment(&key, &Agent::new(8), held.operation());
    assert_eq!(
        code(agent.say(&floor, &held, of_another).await),
        ErrorCode::NoPossession
    );
    let mut answers: Vec<Enrolled> = Vec::new();
    for _ in 0..2 {
        let says = enrolment(&key, &agent, held.operation());
        answers.push(agent.say(&floor, &held, says).await.unwrap());
    }
    assert_eq!(answers[0], answers[1]);
    let late = enrolment(&pki::token_key(79), &agent, held.operation());
    assert_eq!(
        code(agent.say(&floor, &held, late).await),
        ErrorCode::OperationEnded
    );
    let desks: Vec<Desk> = floor
        .world
        .registry()
        .load_all(registry::DESKS, registry::DESK)
        .await
        .unwrap();
    assert_eq!(desks.len(), 2, "the one of the tests, and this one");
}

#[tokio::test]
async fn an_administrator_who_is_none_any_more_enrols_nothing() {
    let floor = Floor::new(1).await;
    let admin = floor.world.as_staff(&floor.ticket, 5, &[Role::Admin]).await;
    let view: TicketView = admin
        .post_json(DESKS, &json!({"name": "一号工位"}))
        .await
        .json();
    floor.world.staff(5, &[Role::Support]).await;
    let refused = enrol(&floor, &view, 7).await.map(|desk: DeskKey| desk.id);
    assert_eq!(code(refused), ErrorCode::Forbidden);
}

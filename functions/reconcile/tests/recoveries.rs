//! New contacts whose time to object is over.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::sync::Arc;

use adapters::ports::{Clock, Registry, Transaction};
use adapters::registry;
use domain::company::{Company, Contact, User};
use domain::ids::{CodeId, ObjectionId, RecoveryId};
use domain::notice::AccountNotice;
use domain::qualification::Consent;
use domain::recovery::{Objection, ObjectionAbout, Recovery, RecoveryDecision, RecoveryState};
use domain::work::Task;
use jiff::SignedDuration;
use testkit::orders;
use testkit::power::{Length, Moment, PowerCut};
use testkit::world::World;

/// An application for company `no` to which two reviewers agreed now.
async fn waiting(world: &World, no: u32) -> Recovery {
    let company = world.company(no).await;
    let now = world.clock.now();
    let code = |place: u32| CodeId::from_ulid(&orders::ulid(100 * no + place));
    let begun = Recovery {
        id: RecoveryId::from_ulid(&orders::ulid(no)),
        storefront: company.storefront.clone(),
        company_name: company.name.clone(),
        credit_code: company.credit_code.clone(),
        company: Some(company.id.clone()),
        contact: Contact {
            name: "韩梅梅".to_owned(),
            mobile: format!("1390013900{no}"),
            mail: format!("han.meimei.{no}@example.cn"),
        },
        mobile_code: code(1),
        mail_code: code(2),
        confirmed_at: Some(now),
        consent: Consent {
            version: "2026-11".to_owned(),
            at: now,
        },
        papers: Vec::new(),
        state: RecoveryState::Submitted,
        decisions: Vec::new(),
        object_until: None,
        objection: Some(ObjectionId::from_ulid(&orders::ulid(no))),
        created_at: now,
        submitted_at: Some(now),
        version: 1,
    };
    let agrees = |who| RecoveryDecision {
        staff: orders::staff(who),
        at: now,
        approve: true,
        note: String::new(),
    };
    let agreed = begun
        .decided(agrees(11))
        .unwrap()
        .decided(agrees(12))
        .unwrap();
    let recovery = Recovery {
        version: 1,
        ..agreed
    };
    let objection = Objection {
        id: ObjectionId::from_ulid(&orders::ulid(no)),
        about: ObjectionAbout::Recovery {
            recovery: recovery.id.clone(),
        },
        expires_at: recovery.object_until.unwrap(),
        used_at: None,
        version: 1,
    };
    let all = Transaction::new(now).create(&recovery).unwrap();
    let all = all.create(&objection).unwrap();
    world.registry().record(&all).await.unwrap();
    recovery
}

/// What a round came to: each recovery that was due, and whether it was set now.
async fn round(world: &World) -> Vec<(RecoveryId, Option<bool>)> {
    let registry: Arc<dyn Registry> = world.store.clone();
    let clock: Arc<dyn Clock> = world.clock.clone();
    match reconcile::recoveries::due(&registry, &clock).await {
        Ok(looked) => looked
            .into_iter()
            .map(|(id, came)| (id, came.ok()))
            .collect(),
        Err(_) => Vec::new(),
    }
}

async fn company(world: &World, no: u32) -> Company {
    let key = registry::company(&orders::company(no).id);
    world.registry().load(&key).await.unwrap().unwrap()
}

fn told(world: &World, notice: AccountNotice) -> usize {
    let work = world.store.all_work().into_iter();
    work.filter(|work| matches!(&work.task, Task::Tell(message) if message.notice == notice))
        .count()
}

/// covers: R30
#[tokio::test]
async fn a_new_contact_is_set_when_nobody_objected_for_a_day() {
    let world = World::new().await;
    let first = waiting(&world, 1).await;
    world.clock.advance(SignedDuration::from_mins(1));
    let second = waiting(&world, 2).await;
    let almost = SignedDuration::from_mins(24 * 60 - 2);
    world.clock.advance(almost);
    assert_eq!(round(&world).await, []);
    world.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(round(&world).await, [(first.id.clone(), Some(true))]);
    assert_eq!(round(&world).await, []);
    assert_eq!(company(&world, 1).await.contact, first.contact);
    assert_eq!(company(&world, 2).await, orders::company(2));
    world.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(round(&world).await, [(second.id, Some(true))]);

    let done = company(&world, 1).await;
    assert!(done.unbound_at.is_some() && done.frozen_until.is_some());
    let key = registry::user(&done.id, &done.main_user);
    let user: User = world.registry().load(&key).await.unwrap().unwrap();
    assert_eq!(user.mobile, first.contact.mobile, "codes go there");
    assert_eq!(user.epoch, 1);
}

/// covers: R30
#[tokio::test]
async fn one_that_cannot_be_set_holds_up_no_other_and_stays_due() {
    let world = World::new().await;
    let lost = waiting(&world, 1).await;
    let good = waiting(&world, 2).await;
    let gone = company(&world, 1).await;
    let all = Transaction::new(world.clock.now()).remove(&gone);
    world.registry().record(&all).await.unwrap();
    world.clock.advance(SignedDuration::from_hours(24));
    let looked = [(lost.id.clone(), None), (good.id, Some(true))];
    assert_eq!(round(&world).await, looked);
    assert_eq!(round(&world).await, [(lost.id, None)]);
}

#[tokio::test]
async fn a_power_cut_at_any_write_leaves_all_of_it_or_nothing() {
    let calm = World::new().await;
    waiting(&calm, 1).await;
    calm.clock.advance(SignedDuration::from_hours(24));
    let before = calm.power.writes();
    assert_eq!(round(&calm).await.len(), 1);
    let writes = calm.power.writes();
    for number in before + 1..=writes {
        for moment in [Moment::Before, Moment::After] {
            for length in [Length::Outage, Length::Flicker] {
                let power = PowerCut::at(number, moment, length);
                let world = World::with_power(power.clone()).await;
                let recovery = waiting(&world, 1).await;
                world.clock.advance(SignedDuration::from_hours(24));
                round(&world).await;
                assert!(power.struck().is_some());
                power.restore();
                round(&world).await;
                assert_eq!(company(&world, 1).await.contact, recovery.contact);
                assert_eq!(company(&world, 1).await.events, 1);
                assert_eq!(told(&world, AccountNotice::RecoveryDone), 2);
                assert_eq!(told(&world, AccountNotice::ContactChanged), 2);
                assert_eq!(round(&world).await, []);
            }
        }
    }
}

//! A key gets another PIN by its SO PIN.

use std::sync::Arc;

use contract::agent::Act;
use contract::error::ErrorCode;
use domain::ids::OperationId;
use domain::operation::{Obstacle, OperationState, Verb};
use jiff::SignedDuration;
use local_agent::http::{Answer, Field, Stage, StepName, Trouble};
use local_agent::token::{TokenDriver, TokenError, Tries};

use crate::cloud::{Cloud, Epoch, Lost, so_pin, so_pin_of, transport_pin};
use crate::desk::{Agent, Computer, Fuse, key};
use crate::support::{Machine, pin};
use crate::{OWN, at_a_desk, furnished, looking};

fn chosen(serial: &str, new: &str) -> Answer {
    Answer {
        new: Some(pin(new)),
        ..key(serial)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what `settled` is compared with")]
fn asked(trouble: Option<Trouble>) -> Option<Stage> {
    Some(Stage::Asking {
        fields: vec![Field::New],
        trouble,
    })
}

fn is_done(stage: Option<&Stage>) -> bool {
    matches!(stage, Some(Stage::Done { read: Some(_) }))
}

#[expect(clippy::unnecessary_wraps, reason = "what `settled` is compared with")]
fn ended(trouble: Trouble) -> Option<Stage> {
    Some(Stage::Failed { trouble })
}

/// Somebody's try of an SO PIN.
fn try_so_pin(serial: &str, so_pin: &str) -> Result<(), TokenError> {
    looking().login_officer(serial, &pin(so_pin)).map(drop)
}

/// How many wrong SO PINs a key still takes before it locks for ever.
fn patience(serial: &str) -> u32 {
    for wrong in 0..20 {
        match try_so_pin(serial, "not-the-so-pin") {
            Err(TokenError::SoPinWrong) => {}
            Err(TokenError::SoPinLocked) => return wrong,
            other => panic!("{other:?}"),
        }
    }
    panic!("it does not lock")
}

/// How many a key takes that nobody tried.
fn full_patience(machine: &Machine) -> u32 {
    machine.key("CONTROL");
    patience("CONTROL")
}

/// The new PIN lets its user in, the old one does not, and the SO PIN is the one that the cloud has.
fn is_unlocked(cloud: &Cloud, serial: &str, told: &str) {
    let driver = looking();
    assert!(driver.login(serial, &pin(OWN)).is_ok(), "{told}");
    let Err(TokenError::PinWrong(_)) = driver.login(serial, &pin(&transport_pin(serial))) else {
        panic!("the old PIN still lets somebody in: {told}");
    };
    let known = cloud.so_pin(serial);
    assert_ne!(known, so_pin(serial), "what was released opens nothing");
    assert_eq!(try_so_pin(serial, &known), Ok(()), "{told}");
}

/// Unlocks a key in one go, or dies on the way, or loses a call; then somebody goes on.
async fn unlocked_in_the_end(computer: &Computer<'_>, serial: &str, fuse: Arc<Fuse>) {
    computer.clear();
    furnished(computer.machine, serial).await;
    computer.machine.does(&["lock", serial]);
    let (operation, ticket) = computer.cloud.serving(Verb::Unlock, serial);
    {
        let agent = computer.fused(fuse.clone(), SignedDuration::ZERO).await;
        if agent.begin(&ticket).await.is_ok() || !fuse.is_dead() {
            let _ = agent.begin(&ticket).await;
            agent.through(OWN, "").await;
        }
    }
    if looking().login(serial, &pin(OWN)).is_ok() {
        // The SO PIN that was released is worth nothing by then.
        let old = try_so_pin(serial, &so_pin(serial));
        assert_eq!(old, Err(TokenError::SoPinWrong));
    }
    let agent = computer.agent().await;
    agent.resume().await;
    let told = format!("{:?}", fuse.log.lock().unwrap());
    if agent.shown().await.is_some() {
        let end = agent.through(OWN, "").await;
        assert!(is_done(end.as_ref()), "{end:?} {told}");
    }
    assert_eq!(computer.state(&operation), OperationState::Done, "{told}");
    assert_eq!(computer.under_way(), 0, "{told}");
    is_unlocked(&computer.cloud, serial, &told);
    computer.holds_no_secret(&[OWN, &transport_pin(serial)]);
}

#[test]
fn a_key_is_unlocked_whenever_its_agent_is_killed() {
    let name = "unlock::a_key_is_unlocked_whenever_its_agent_is_killed";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        for at in 1.. {
            let fuse = Fuse::at(at);
            unlocked_in_the_end(&computer, &format!("K-{at}"), fuse.clone()).await;
            if !fuse.is_dead() {
                assert!(fuse.count() > 16, "{:?}", fuse.log.lock().unwrap());
                break;
            }
        }
    });
}

#[test]
fn a_key_is_unlocked_whichever_call_or_answer_is_lost() {
    let name = "unlock::a_key_is_unlocked_whichever_call_or_answer_is_lost";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        for lost in [Lost::Call, Lost::Answer] {
            for at in 1.. {
                {
                    let mut books = cloud.books.lock().unwrap();
                    books.calls = 0;
                    books.lost = Some(lost(at));
                }
                let serial = format!("{}-{at}", if lost(0) == Lost::Call(0) { "C" } else { "A" });
                unlocked_in_the_end(&computer, &serial, Fuse::never()).await;
                if cloud.books.lock().unwrap().lost.take().is_some() {
                    assert_eq!(at, 4, "claim, SO PINs, evidence");
                    break;
                }
            }
        }
    });
}

/// An agent that shows the code and has asked for the SO PINs, in vain.
async fn waiting(computer: &Computer<'_>, serial: &str) -> (OperationId, Agent) {
    let (operation, ticket) = computer.cloud.serving(Verb::Unlock, serial);
    computer.cloud.with(&operation, |operation| {
        operation.confirmed = false;
    });
    computer.cloud.books.lock().unwrap().calls = 0;
    let agent = computer.agent().await;
    agent.begin(&ticket).await.unwrap();
    let code = computer.cloud.code(&operation);
    let shown = agent.shown().await.unwrap();
    assert_eq!(shown.code.as_deref(), Some(code.as_str()), "at once");
    assert_eq!(agent.settled().await, asked(None));
    let calls = computer.cloud.books.lock().unwrap().calls;
    assert_eq!(calls, 1, "the claim, and nothing before a PIN is chosen");
    for (weak, trouble) in [
        ("12345678", Trouble::PinWeak),
        ("short", Trouble::PinLength { min: 8, max: 16 }),
    ] {
        let refused = agent.answer(chosen(serial, weak)).await;
        assert_eq!(refused, Err(trouble), "{weak}");
    }
    agent.answer(chosen(serial, OWN)).await.unwrap();
    let cloud = computer.cloud.clone();
    agent
        .until("waits", |shown| {
            let step = StepName::Confirming;
            matches!(&shown.stage, Stage::Working { step: is, .. } if *is == step)
                && shown.code.as_deref() == Some(&code)
                && cloud.books.lock().unwrap().calls > 1
        })
        .await;
    (operation, agent)
}

#[test]
fn nothing_is_released_before_the_code_is_typed() {
    let name = "unlock::nothing_is_released_before_the_code_is_typed";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        furnished(machine, "KEY-1").await;
        machine.does(&["lock", "KEY-1"]);
        let (operation, agent) = waiting(&computer, "KEY-1").await;
        cloud.with(&operation, |operation| {
            assert_eq!(operation.released, 0);
            operation.confirmed = true;
        });
        let end = agent.settled().await;
        assert!(is_done(end.as_ref()), "{end:?}");
        assert_eq!(agent.shown().await.unwrap().code, None);
        cloud.with(&operation, |operation| assert_eq!(operation.released, 1));
        is_unlocked(&cloud, "KEY-1", "");
        computer.holds_no_secret(&[OWN]);
    });
}

#[test]
fn whoever_gives_up_while_the_code_is_waited_for_leaves_the_key_as_it_was() {
    let name = "unlock::whoever_gives_up_while_the_code_is_waited_for_leaves_the_key_as_it_was";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        furnished(machine, "KEY-1").await;
        machine.does(&["lock", "KEY-1"]);
        {
            let (operation, agent) = waiting(&computer, "KEY-1").await;
            agent.stop().await.unwrap();
            agent.gone().await;
            assert_eq!(computer.state(&operation), OperationState::RolledBack);
            cloud.with(&operation, |operation| assert_eq!(operation.released, 0));
            assert_eq!(computer.under_way(), 0);
        }
        assert_eq!(looking().present()[0].tries, Tries::Locked);
        assert_eq!(try_so_pin("KEY-1", &so_pin("KEY-1")), Ok(()));
        // The code was typed wrong too often: the site ended it.
        let (operation, agent) = waiting(&computer, "KEY-1").await;
        cloud.with(&operation, |operation| {
            operation.state = OperationState::RolledBack;
        });
        assert_eq!(agent.settled().await, ended(Trouble::OperationEnded));
        assert_eq!(computer.under_way(), 0);
    });
}

/// A PIN that was only forgotten, a key that was swapped meanwhile, one that the cloud does not unlock.
#[test]
fn a_forgotten_pin_is_replaced_and_only_on_the_right_key() {
    let name = "unlock::a_forgotten_pin_is_replaced_and_only_on_the_right_key";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        furnished(machine, "KEY-1").await;
        let (operation, agent) = waiting(&computer, "KEY-1").await;
        machine.does(&["eject", "KEY-1"]);
        furnished(machine, "KEY-2").await;
        cloud.with(&operation, |operation| operation.confirmed = true);
        assert_eq!(agent.settled().await, asked(Some(Trouble::Removed)));
        let Err(Trouble::WrongKey { .. }) = agent.answer(chosen("KEY-2", OWN)).await else {
            panic!("another key than the one that it is for");
        };
        machine.does(&["insert", "KEY-1"]);
        // The cloud has changed its mind for once.
        cloud.books.lock().unwrap().refuse = Some((Act::TakeSoPins, ErrorCode::NoUnlock));
        agent.answer(chosen("KEY-1", OWN)).await.unwrap();
        assert_eq!(agent.settled().await, asked(Some(Trouble::NoUnlock)));
        agent.answer(chosen("KEY-1", OWN)).await.unwrap();
        let end = agent.settled().await;
        assert!(is_done(end.as_ref()), "{end:?}");
        is_unlocked(&cloud, "KEY-1", "");
        let untried = full_patience(machine);
        assert_eq!(patience("KEY-2"), untried, "nobody tried it");
        computer.holds_no_secret(&[OWN]);
    });
}

#[test]
fn a_locked_so_pin_ends_it_before_anything_is_released() {
    let name = "unlock::a_locked_so_pin_ends_it_before_anything_is_released";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        furnished(machine, "KEY-1").await;
        patience("KEY-1");
        for lost in [None, Some(Lost::Call(2)), Some(Lost::Answer(2))] {
            let (operation, ticket) = cloud.serving(Verb::Unlock, "KEY-1");
            {
                let mut books = cloud.books.lock().unwrap();
                books.calls = 0;
                books.lost = lost;
            }
            let agent = computer.agent().await;
            agent.begin(&ticket).await.unwrap();
            agent.answer(chosen("KEY-1", OWN)).await.unwrap();
            if lost.is_some() {
                let unheard = Some(Stage::Asking {
                    fields: Vec::new(),
                    trouble: Some(Trouble::CloudUnreachable),
                });
                assert_eq!(agent.settled().await, unheard);
                assert_eq!(agent.shown().await.unwrap().code, None);
                agent.answer(key("")).await.unwrap();
            }
            assert_eq!(agent.settled().await, ended(Trouble::SoPinLocked));
            assert_eq!(computer.state(&operation), OperationState::RolledBack);
            cloud.with(&operation, |operation| {
                assert_eq!(operation.released, 0);
                let told = Some(&Some(Obstacle::SoPinLocked));
                assert_eq!(operation.told.last(), told);
            });
            assert_eq!(computer.under_way(), 0);
        }
    });
}

#[test]
fn an_so_pin_that_nobody_knows_is_tried_once() {
    let name = "unlock::an_so_pin_that_nobody_knows_is_tried_once";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        let untried = full_patience(machine);
        for (serial, moment) in [("KEY-1", None), ("KEY-2", Some("officer"))] {
            computer.clear();
            furnished(machine, serial).await;
            let theirs = pin("somebody-elses");
            let driver = looking();
            driver
                .rotate_so_pin(serial, &pin(&so_pin(serial)), &theirs)
                .unwrap();
            let (operation, ticket) = cloud.serving(Verb::Unlock, serial);
            {
                // Killed before it is tried, or not.
                let fuse = moment.map_or_else(Fuse::never, Fuse::before);
                let agent = computer.fused(fuse, SignedDuration::ZERO).await;
                agent.begin(&ticket).await.unwrap();
                let _ = agent.through(OWN, "").await;
            }
            let agent = computer.agent().await;
            agent.resume().await;
            let mut tries = 1;
            if moment.is_some() {
                let trouble = Some(Trouble::UnlockInterrupted);
                assert_eq!(agent.settled().await, asked(trouble));
                let end = agent.through(OWN, "").await;
                assert_eq!(end, ended(Trouble::SoPinUnknown));
                // A new release, with the next one before it: either once.
                tries = 2;
            }
            assert_eq!(computer.state(&operation), OperationState::RolledBack);
            cloud.with(&operation, |operation| {
                let told = Some(&Some(Obstacle::SoPinUnknown));
                assert_eq!(operation.told.last(), told);
            });
            assert_eq!(computer.under_way(), 0);
            assert_eq!(patience(serial), untried - tries, "{serial}");
            computer.holds_no_secret(&[OWN]);
        }
    });
}

/// An unlock was begun elsewhere, and nobody knows how far it came: two may be it, and the second is tried only while
/// that cannot lock the key for ever.
#[test]
fn of_two_so_pins_the_second_is_tried_only_while_that_is_safe() {
    let name = "unlock::of_two_so_pins_the_second_is_tried_only_while_that_is_safe";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        let untried = full_patience(machine);
        let begun = Epoch {
            number: 0,
            releasing: true,
        };
        for (serial, wrong_before, next_is_in_force) in
            [("KEY-1", 0, false), ("KEY-2", 0, true), ("KEY-3", 6, false)]
        {
            computer.clear();
            furnished(machine, serial).await;
            machine.does(&["lock", serial]);
            if next_is_in_force {
                let (old, next) = (pin(&so_pin(serial)), pin(&so_pin_of(serial, 1)));
                looking().rotate_so_pin(serial, &old, &next).unwrap();
            }
            for _ in 0..wrong_before {
                let wrong = try_so_pin(serial, "not-the-so-pin");
                assert_eq!(wrong, Err(TokenError::SoPinWrong));
            }
            let epoch = (serial.to_owned(), begun);
            cloud.books.lock().unwrap().epochs.extend([epoch]);
            let (operation, ticket) = cloud.serving(Verb::Unlock, serial);
            let agent = computer.agent().await;
            agent.begin(&ticket).await.unwrap();
            let end = agent.through(OWN, "").await;
            if wrong_before == 0 {
                assert!(is_done(end.as_ref()), "{serial} {end:?}");
                is_unlocked(&cloud, serial, "");
                continue;
            }
            assert_eq!(end, ended(Trouble::SoPinUnknown));
            assert_eq!(computer.state(&operation), OperationState::RolledBack);
            // The first one was tried, the second was not.
            assert_eq!(patience(serial), untried - wrong_before - 1);
        }
    });
}

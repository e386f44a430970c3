//! A key gets a further term, beside what is on it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::agent::Act;
use contract::error::ErrorCode;
use domain::certificate::Validity;
use domain::ids::OperationId;
use domain::operation::{Obstacle, OperationState, Verb};
use jiff::SignedDuration;
use local_agent::http::{Answer, Field, Stage, Tries, Trouble};
use local_agent::token::{Certificate, TokenDriver, Tries as TokenTries};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use x509_cert::der::pem::decode_vec;

use crate::cloud::{Cloud, Lost, transport_pin};
use crate::desk::{Agent, Computer, Fuse, key};
use crate::support::{Machine, pin};
use crate::{OWN, at_a_desk, furnished, furnished_for, looking, sealed};

/// The secret that the old pair and somebody have in common: what was encrypted before opens by it.
fn old_secret(serial: &str) -> Vec<u8> {
    let driver = looking();
    let session = driver.login(serial, &pin(&transport_pin(serial))).unwrap();
    let peer = p256::SecretKey::from_slice(&[9; 32]).unwrap();
    let point = peer.public_key().to_sec1_point(false);
    session.derive(b"e", point.as_bytes()).unwrap().to_vec()
}

fn certificates(serial: &str) -> Vec<Certificate> {
    looking().certificates(serial).unwrap()
}

/// How many private keys and data objects are on a key.
fn holds(serial: &str) -> (usize, usize) {
    let driver = looking();
    let data = driver.data(serial).unwrap().len();
    let session = driver.login(serial, &pin(&transport_pin(serial))).unwrap();
    (session.keys().unwrap().len(), data)
}

/// The new certificate that signs, DER.
fn issued(computer: &Computer<'_>, operation: &OperationId) -> Vec<u8> {
    let pem = computer.cloud.with(operation, |operation| {
        let (_, issued) = operation.renewed.as_ref().unwrap();
        issued.sign.clone()
    });
    decode_vec(pem.as_bytes()).unwrap().1
}

fn typed(serial: &str, text: &str) -> Answer {
    Answer {
        current: Some(pin(text)),
        ..key(serial)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what `settled` is compared with")]
fn asked(trouble: Option<Trouble>) -> Option<Stage> {
    Some(Stage::Asking {
        fields: vec![Field::Current],
        trouble,
    })
}

fn is_done(stage: Option<&Stage>) -> bool {
    matches!(stage, Some(Stage::Done { read: Some(_) }))
}

/// The old term is as it was and the new one beside it, once.
fn is_renewed(computer: &Computer<'_>, operation: &OperationId, old: &[Certificate], told: &str) {
    let serial = computer.cloud.with(operation, |operation| {
        operation.ticket.key_serial.clone().unwrap()
    });
    let new = certificates(&serial);
    assert_eq!(new.len(), 4, "{told}");
    assert!(old.iter().all(|one| new.contains(one)), "{told}");
    let sign = issued(computer, operation);
    assert_eq!(new.iter().filter(|one| one.der == sign).count(), 1);
    let named = sealed(&serial);
    assert!(named.contains(&sign), "{told}");
    assert_eq!(holds(&serial), (4, 2), "{told}");
}

/// Renews a key in one go, or dies on the way, or loses a call; then somebody goes on.
async fn renewed_in_the_end(computer: &Computer<'_>, serial: &str, fuse: Arc<Fuse>) {
    computer.clear();
    furnished(computer.machine, serial).await;
    let (secret, old) = (old_secret(serial), certificates(serial));
    let (operation, ticket) = computer.cloud.serving(Verb::Renew, serial);
    let own = transport_pin(serial);
    {
        let agent = computer.fused(fuse.clone(), SignedDuration::ZERO).await;
        if agent.begin(&ticket).await.is_ok() || !fuse.is_dead() {
            let _ = agent.begin(&ticket).await;
            agent.through("", &own).await;
        }
    }
    let agent = computer.agent().await;
    agent.resume().await;
    let moments = fuse.log.lock().unwrap().clone();
    if agent.shown().await.is_some() {
        let end = agent.through("", &own).await;
        assert!(is_done(end.as_ref()), "{end:?} {moments:?}");
    }
    let told = format!("{moments:?}");
    assert_eq!(computer.state(&operation), OperationState::Done, "{told}");
    assert_eq!(computer.under_way(), 0, "{told}");
    is_renewed(computer, &operation, &old, &told);
    assert_eq!(old_secret(serial), secret, "{told}");
    computer.holds_no_secret(&[&own]);
}

#[test]
fn a_key_is_renewed_whenever_its_agent_is_killed() {
    let name = "renew::a_key_is_renewed_whenever_its_agent_is_killed";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        for at in 1.. {
            let fuse = Fuse::at(at);
            renewed_in_the_end(&computer, &format!("K-{at}"), fuse.clone()).await;
            if !fuse.is_dead() {
                assert!(fuse.count() > 30, "{:?}", fuse.log.lock().unwrap());
                break;
            }
        }
    });
}

#[test]
fn a_key_is_renewed_whichever_call_or_answer_is_lost() {
    let name = "renew::a_key_is_renewed_whichever_call_or_answer_is_lost";
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
                renewed_in_the_end(&computer, &serial, Fuse::never()).await;
                if cloud.books.lock().unwrap().lost.take().is_some() {
                    assert_eq!(at, 5, "claim, renewal, seal, evidence");
                    break;
                }
            }
        }
    });
}

/// A certificate that has ended is renewed, and from then on every verb is done with the new one.
#[test]
fn an_ended_key_is_renewed_and_shows_its_new_certificate_from_then_on() {
    let name = "renew::an_ended_key_is_renewed_and_shows_its_new_certificate_from_then_on";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        let past = Validity {
            not_before: "2026-01-02T00:00:00Z".parse().unwrap(),
            not_after: "2026-10-31T00:00:00Z".parse().unwrap(),
        };
        furnished_for(machine, "KEY-1", past).await;
        let (old, own) = (certificates("KEY-1"), transport_pin("KEY-1"));
        let (operation, ticket) = cloud.serving(Verb::Renew, "KEY-1");
        let agent = computer.agent().await;
        agent.begin(&ticket).await.unwrap();
        let serving = agent.shown().await.unwrap().serving.unwrap();
        assert_eq!((serving.kept, serving.ending), (false, false));
        agent.answer(typed("KEY-1", &own)).await.unwrap();
        let end = agent.settled().await;
        assert!(is_done(end.as_ref()), "{end:?}");
        is_renewed(&computer, &operation, &old, "");
        let new = STANDARD.encode(issued(&computer, &operation));

        let verbs = [Verb::Inspect, Verb::Test, Verb::Login, Verb::ChangePin];
        for (verb, now) in verbs.into_iter().zip([&own; 4]) {
            let (operation, ticket) = cloud.ticket(verb, |ticket| {
                ticket.key_serial = Some("KEY-1".to_owned());
            });
            agent.begin(&ticket).await.unwrap();
            let answer = Answer {
                new: (verb == Verb::ChangePin).then(|| pin(OWN)),
                ..typed("KEY-1", now)
            };
            agent.answer(answer).await.unwrap();
            let end = agent.settled().await;
            assert!(is_done(end.as_ref()), "{verb:?} {end:?}");
            // The page of a login is told once.
            agent.shown().await.unwrap();
            cloud.with(&operation, |operation| {
                assert_eq!(operation.evidence[0].certificate, new, "{verb:?}");
            });
        }
        // Once more: the renewed one is what is renewed now.
        let (operation, ticket) = cloud.serving(Verb::Renew, "KEY-1");
        agent.begin(&ticket).await.unwrap();
        agent.answer(typed("KEY-1", OWN)).await.unwrap();
        let end = agent.settled().await;
        assert!(is_done(end.as_ref()), "{end:?}");
        cloud.with(&operation, |operation| {
            let (says, _) = operation.renewed.as_ref().unwrap();
            assert_eq!(says.certificate, new);
        });
        assert_eq!(certificates("KEY-1").len(), 6);

        // The check does not complain of what was renewed.
        let check = local_agent::http::Desk::check(&*agent.desk).await;
        let lines = check.lines.iter();
        let of =
            |line: &&local_agent::http::Line| line.item == local_agent::http::Item::Certificate;
        let lines: Vec<_> = lines.filter(of).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines.iter().all(|line| line.trouble.is_none()), "{lines:?}");
    });
}

/// The room that a key has from now on.
fn give_room(machine: &Machine, serial: &str, room: u64) {
    let file = machine.0.join("token.conf");
    let text = std::fs::read_to_string(&file).unwrap();
    let with = text.replace(&format!("\"{serial}\""), &format!("\"{serial} {room}\""));
    assert_ne!(text, with);
    std::fs::write(&file, with).unwrap();
}

/// With whatever room: the key is renewed, or is full before anything was issued, and then it is as it was.
#[test]
fn a_full_key_is_as_it_was_and_nothing_was_issued() {
    let name = "renew::a_full_key_is_as_it_was_and_nothing_was_issued";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        let mut tried_room = false;
        for step in 0.. {
            let serial = format!("K-{step}");
            computer.clear();
            furnished(machine, &serial).await;
            let (old, own) = (certificates(&serial), transport_pin(&serial));
            let file = machine.0.join(format!("{serial}.sql"));
            let size = std::fs::metadata(file).unwrap().len();
            give_room(machine, &serial, size + 2048 * step);
            let (operation, ticket) = cloud.serving(Verb::Renew, &serial);
            let agent = computer.agent().await;
            agent.begin(&ticket).await.unwrap();
            agent.answer(typed(&serial, &own)).await.unwrap();
            let end = agent.settled().await;
            if is_done(end.as_ref()) {
                assert!(step > 2 && tried_room);
                is_renewed(&computer, &operation, &old, "");
                break;
            }
            assert_eq!(end, asked(Some(Trouble::Full)), "{step}");
            let log = agent.fuse.log.lock().unwrap().clone();
            tried_room |= log.contains(&"data");
            assert_eq!(holds(&serial), (2, 1), "{step}");
            assert_eq!(certificates(&serial), old);
            cloud.with(&operation, |operation| {
                assert!(operation.renewed.is_none(), "{step}");
                assert!(operation.told.contains(&Some(Obstacle::KeyFull)));
            });
            agent.stop().await.unwrap();
            assert_eq!(computer.state(&operation), OperationState::RolledBack);
            assert_eq!(computer.under_way(), 0);
        }
    });
}

#[test]
fn a_wrong_pin_the_last_try_and_another_key_are_named() {
    let name = "renew::a_wrong_pin_the_last_try_and_another_key_are_named";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        furnished(machine, "KEY-1").await;
        let (old, own) = (certificates("KEY-1"), transport_pin("KEY-1"));
        let (operation, ticket) = cloud.serving(Verb::Renew, "KEY-1");
        let agent = computer.agent().await;
        agent.begin(&ticket).await.unwrap();
        furnished(machine, "KEY-2").await;
        let other = agent.answer(typed("KEY-2", &own)).await;
        let Err(Trouble::WrongKey { needed, .. }) = other else {
            panic!("{other:?}");
        };
        assert_eq!(needed, "KEY-1");
        agent.answer(typed("KEY-1", "wrong-one-1")).await.unwrap();
        let tries = Tries::Many;
        assert_eq!(
            agent.settled().await,
            asked(Some(Trouble::PinWrong { tries }))
        );
        for _ in 0..10 {
            if looking().present()[0].tries == TokenTries::Last {
                break;
            }
            agent.answer(typed("KEY-1", "wrong-one-1")).await.unwrap();
            agent.settled().await.unwrap();
        }
        let last = agent.answer(typed("KEY-1", &own)).await;
        assert_eq!(last, Err(Trouble::LastTry));
        let yes = Answer {
            last_try: true,
            ..typed("KEY-1", &own)
        };
        agent.answer(yes).await.unwrap();
        let end = agent.settled().await;
        assert!(is_done(end.as_ref()), "{end:?}");
        is_renewed(&computer, &operation, &old, "");
        computer.holds_no_secret(&["wrong-one-1", &own]);
    });
}

/// The cloud says no, the key is swapped, it fails its test: it goes on with what was begun.
#[test]
fn what_stands_in_the_way_is_named_and_it_goes_on() {
    let name = "renew::what_stands_in_the_way_is_named_and_it_goes_on";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        furnished(machine, "KEY-1").await;
        furnished(machine, "KEY-2").await;
        let (old, own) = (certificates("KEY-1"), transport_pin("KEY-1"));
        let (operation, ticket) = cloud.serving(Verb::Renew, "KEY-1");
        let agent = computer.agent().await;
        agent.begin(&ticket).await.unwrap();
        cloud.books.lock().unwrap().refuse = Some((Act::RequestRenewal, ErrorCode::NotInThisState));
        agent.answer(typed("KEY-1", &own)).await.unwrap();
        assert_eq!(agent.settled().await, asked(Some(Trouble::CloudRefused)));
        let serving = agent.shown().await.unwrap().serving.unwrap();
        assert!(!serving.kept, "nothing is issued");
        machine.does(&["eject", "KEY-1"]);
        let theirs = transport_pin("KEY-2");
        let Err(Trouble::WrongKey { .. }) = agent.answer(typed("KEY-2", &theirs)).await else {
            panic!("another key than the one that was begun");
        };
        machine.does(&["insert", "KEY-1"]);
        agent.wrong.store(true, Ordering::SeqCst);
        agent.answer(typed("KEY-1", &own)).await.unwrap();
        assert_eq!(agent.settled().await, asked(Some(Trouble::SelfTest)));
        assert!(agent.shown().await.unwrap().serving.unwrap().kept);
        agent.answer(typed("KEY-1", &own)).await.unwrap();
        let end = agent.settled().await;
        assert!(is_done(end.as_ref()), "{end:?}");
        is_renewed(&computer, &operation, &old, "");
        assert_eq!(holds("KEY-2"), (2, 1));
        let generated = agent.fuse.log.lock().unwrap().clone();
        let generated = generated.iter().filter(|what| **what == "generate").count();
        assert_eq!(generated, 2 * 2, "two pairs, once");
        cloud.with(&operation, |operation| assert_eq!(operation.asked, 2));
    });
}

/// An agent that died right after new pairs were made.
async fn with_new_pairs(computer: &Computer<'_>, serial: &str) -> (OperationId, Agent) {
    furnished(computer.machine, serial).await;
    let own = transport_pin(serial);
    let (operation, ticket) = computer.cloud.serving(Verb::Renew, serial);
    {
        // Room for the certificates is tried when both pairs are there.
        let fuse = Fuse::before("data");
        let agent = computer.fused(fuse, SignedDuration::ZERO).await;
        agent.begin(&ticket).await.unwrap();
        agent.answer(typed(serial, &own)).await.unwrap();
        assert_eq!(agent.settled().await, None);
    }
    assert_eq!(holds(serial).0, 4);
    let agent = computer.agent().await;
    agent.resume().await;
    let trouble = Some(Trouble::RenewalInterrupted);
    assert_eq!(agent.settled().await, asked(trouble));
    (operation, agent)
}

#[test]
fn whoever_gives_up_in_time_leaves_nothing_behind() {
    let name = "renew::whoever_gives_up_in_time_leaves_nothing_behind";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        // Before anything was done.
        let (operation, ticket) = cloud.serving(Verb::Renew, "KEY-1");
        {
            let agent = computer.agent().await;
            agent.begin(&ticket).await.unwrap();
            agent.stop().await.unwrap();
            assert_eq!(computer.state(&operation), OperationState::RolledBack);
        }
        // With pairs on the key: by its PIN, of which a wrong one changes nothing.
        {
            let (operation, agent) = with_new_pairs(&computer, "KEY-1").await;
            agent.stop().await.unwrap();
            assert_eq!(agent.settled().await, asked(Some(Trouble::PairsLeft)));
            assert!(agent.shown().await.unwrap().serving.unwrap().ending);
            agent.answer(typed("KEY-1", "wrong-one-1")).await.unwrap();
            let tries = Tries::Many;
            assert_eq!(
                agent.settled().await,
                asked(Some(Trouble::PinWrong { tries }))
            );
            assert_eq!(computer.state(&operation), OperationState::Claimed);
            let own = transport_pin("KEY-1");
            agent.answer(typed("KEY-1", &own)).await.unwrap();
            agent.gone().await;
            assert_eq!(computer.state(&operation), OperationState::RolledBack);
            assert_eq!(holds("KEY-1"), (2, 1));
            assert_eq!(computer.under_way(), 0);
        }
        // Without its PIN: said twice.
        {
            let (operation, agent) = with_new_pairs(&computer, "KEY-2").await;
            agent.stop().await.unwrap();
            agent.stop().await.unwrap();
            assert_eq!(agent.shown().await, None);
            assert_eq!(computer.state(&operation), OperationState::RolledBack);
            assert_eq!(computer.under_way(), 0);
        }
    });
}

#[test]
fn what_was_issued_is_put_aside_and_not_given_up() {
    let name = "renew::what_was_issued_is_put_aside_and_not_given_up";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        furnished(machine, "KEY-1").await;
        let (old, own) = (certificates("KEY-1"), transport_pin("KEY-1"));
        let (operation, ticket) = cloud.serving(Verb::Renew, "KEY-1");
        let agent = computer.agent().await;
        agent.begin(&ticket).await.unwrap();
        cloud.books.lock().unwrap().lost = Some(Lost::Answer(2));
        agent.answer(typed("KEY-1", &own)).await.unwrap();
        let unheard = asked(Some(Trouble::CloudUnreachable));
        assert_eq!(agent.settled().await, unheard);
        assert!(agent.shown().await.unwrap().serving.unwrap().kept);
        agent.stop().await.unwrap();
        assert_eq!(agent.shown().await, None);
        assert_eq!(computer.state(&operation), OperationState::Claimed);
        assert_eq!(computer.under_way(), 1);
        // Its ticket takes it up again, as the next start would.
        agent.begin(&ticket).await.unwrap();
        let interrupted = asked(Some(Trouble::RenewalInterrupted));
        assert_eq!(agent.settled().await, interrupted);
        agent.answer(typed("KEY-1", &own)).await.unwrap();
        let end = agent.settled().await;
        assert!(is_done(end.as_ref()), "{end:?}");
        is_renewed(&computer, &operation, &old, "");
        assert_eq!(computer.under_way(), 0);

        // The new pairs are lost with what was issued for them: that is named, and the old one still signs.
        furnished(machine, "KEY-2").await;
        let own = transport_pin("KEY-2");
        let (operation, ticket) = cloud.serving(Verb::Renew, "KEY-2");
        agent.begin(&ticket).await.unwrap();
        {
            let mut books = cloud.books.lock().unwrap();
            books.calls = 0;
            books.lost = Some(Lost::Answer(1));
        }
        agent.answer(typed("KEY-2", &own)).await.unwrap();
        assert_eq!(agent.settled().await, unheard);
        {
            let driver = looking();
            let session = driver.login("KEY-2", &pin(&own)).unwrap();
            for key in session.keys().unwrap() {
                if key.id != b"s" && key.id != b"e" {
                    session.delete(&key.id).unwrap();
                }
            }
        }
        agent.answer(typed("KEY-2", &own)).await.unwrap();
        assert_eq!(agent.settled().await, asked(Some(Trouble::RenewalLost)));
        cloud.with(&operation, |operation| {
            assert!(operation.told.contains(&Some(Obstacle::KeyFails)));
        });
    });
}

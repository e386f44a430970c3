//! Keys are made, put to use, given other PINs, renewed and unlocked by an agent with virtual keys, against a cloud that keeps books: what
//! comes of it, and what is left when the power goes out at any moment.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

mod cloud;
mod desk;
mod renew;
#[path = "../token/support.rs"]
#[expect(dead_code, reason = "certificates come from the CA here")]
mod support;
mod unlock;

use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::agent::Act;
use contract::error::ErrorCode;
use domain::certificate::Validity;
use domain::operation::{Obstacle, OperationState, Verb};
use domain::stock::ScrapReason;
use jiff::SignedDuration;
use local_agent::http::{Answer, Field, Stage, Trouble};
use local_agent::token::{Pkcs11Driver, Purpose, TokenDriver, TokenError};
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

use crate::cloud::{Cloud, Lost, Sealing, issued_for, now, so_pin, transport_pin};
use crate::desk::{Computer, Fuse, key};
use crate::support::{Machine, alone, driver, pin};

/// A company's own PIN.
const OWN: &str = "own-pin-8642";

/// A test that has a computer and a program of its own.
fn at_a_desk(name: &str, test: impl AsyncFnOnce(&Machine)) {
    alone(name, |machine| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(test(machine));
    });
}

/// A driver that has looked: the first look of a second one in the same program is that of the first.
fn looking() -> Pkcs11Driver {
    let driver = driver(&["soft"]);
    driver.present();
    driver
}

/// The certificates that e-seals on a key name, each of a seal that its maker signed.
fn sealed(serial: &str) -> Vec<Vec<u8>> {
    let objects = looking().data(serial).unwrap();
    let seals = objects.iter().map(|object| {
        let seal = eseal::verify(&object.value).unwrap();
        assert_eq!(object.label, seal.id);
        assert_eq!(seal.png, *testkit::seals::PICTURE);
        seal.certificates.concat()
    });
    seals.collect()
}

/// Is a key made? Two pairs with their certificates, a seal for each that signs, transport PIN and SO PIN as they
/// were sealed.
fn is_made(serial: &str, pairs: usize) {
    let driver = looking();
    let certificates = driver.certificates(serial).unwrap();
    assert_eq!(certificates.len(), pairs, "{serial}");
    let signing = certificates
        .iter()
        .map(|certificate| certificate.der.clone())
        .filter(|der| local_agent::certificate::read(der).is_some_and(|read| read.signs));
    let (mut named, mut signing) = (sealed(serial), signing.collect::<Vec<_>>());
    named.sort();
    signing.sort();
    assert_eq!(named, signing, "{serial}");
    let session = driver.login(serial, &pin(&transport_pin(serial))).unwrap();
    assert_eq!(session.keys().unwrap().len(), pairs, "{serial}");
    for certificate in certificates {
        let read = Certificate::from_der(&certificate.der).unwrap();
        let spki = read.tbs_certificate().subject_public_key_info();
        let public = session.public_key(&certificate.id).unwrap();
        assert_eq!(spki.to_der().unwrap(), public);
    }
    drop(session);
    let transport = pin(&transport_pin(serial));
    driver
        .set_user_pin(serial, &pin(&so_pin(serial)), &transport)
        .unwrap();
}

/// A key as it leaves the desk.
async fn furnished(machine: &Machine, serial: &str) {
    furnished_for(machine, serial, Validity::from_now(now(), 1).unwrap()).await;
}

/// One whose certificates are for another time.
async fn furnished_for(machine: &Machine, serial: &str, validity: Validity) {
    machine.does(&[
        "new",
        "--medium",
        "cpp",
        "--serial",
        serial,
        "--pin",
        &transport_pin(serial),
        "--so-pin",
        &so_pin(serial),
    ]);
    let driver = looking();
    let session = driver.login(serial, &pin(&transport_pin(serial))).unwrap();
    let sign = session.generate_key_pair(Purpose::Sign, b"s", "sign");
    let encrypt = session.generate_key_pair(Purpose::Encrypt, b"e", "encrypt");
    let request = csr::Request::new(&sign.unwrap(), &encrypt.unwrap(), "n").unwrap();
    let signature = session.sign_sha256(b"s", &request.digest()).unwrap();
    let request = request.with_signature(&signature).unwrap();
    let both = issued_for(&request, "n", 1, validity).await.unwrap();
    let seal = testkit::seals::seal_for(&both.sign, 255).await;
    let seal = STANDARD.decode(seal).unwrap();
    let name = eseal::verify(&seal).unwrap().id;
    session.write_data("sealkey e-seal", &name, &seal).unwrap();
    for (id, pem) in [(b"s", both.sign), (b"e", both.encrypt)] {
        let (_, der) = x509_cert::der::pem::decode_vec(pem.as_bytes()).unwrap();
        session.write_certificate(id, "c", &der).unwrap();
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what `settled` is compared with")]
fn asked(trouble: Option<Trouble>) -> Option<Stage> {
    Some(Stage::Asking {
        fields: Vec::new(),
        trouble,
    })
}

fn scrapped(serial: &str, reason: ScrapReason) -> Answer {
    Answer {
        scrap: Some(reason),
        ..key(serial)
    }
}

/// Makes a key in one go, or dies on the way; then somebody else goes on. It is made in the end, once.
async fn made_in_the_end(computer: &Computer<'_>, serial: &str, fuse: std::sync::Arc<Fuse>) {
    computer.clear();
    computer.blank(&[serial]);
    let cloud = &computer.cloud;
    let (operation, ticket) = cloud.making(1, &[]);
    {
        let agent = computer.fused(fuse.clone(), SignedDuration::ZERO).await;
        if agent.begin(&ticket).await.is_ok() && fuse.is_dead() {
            agent.through("", "").await;
        } else if !fuse.is_dead() {
            let _ = agent.begin(&ticket).await;
            agent.through("", "").await;
        }
    }
    let agent = computer.agent().await;
    agent.resume().await;
    if agent.shown().await.is_some() {
        let end = agent.through("", "").await;
        assert_eq!(end, Some(Stage::Done { read: None }), "{serial}");
    }
    let moments = fuse.log.lock().unwrap().clone();
    assert_eq!(
        computer.state(&operation),
        OperationState::Done,
        "{moments:?}"
    );
    cloud.with(&operation, |operation| {
        let unit = &operation.units[0];
        assert_eq!(unit.serial.as_deref(), Some(serial));
        assert_eq!((unit.attempt, unit.issued.len()), (1, 1), "{moments:?}");
    });
    assert_eq!(computer.under_way(), 0, "{moments:?}");
    is_made(serial, 2);
}

#[test]
fn a_key_is_made_whenever_its_agent_is_killed() {
    let name = "a_key_is_made_whenever_its_agent_is_killed";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::enrolled(machine, &cloud, "one").await;
        for at in 1.. {
            let fuse = Fuse::at(at);
            made_in_the_end(&computer, &format!("K-{at}"), fuse.clone()).await;
            if !fuse.is_dead() {
                assert!(fuse.count() > 35, "{:?}", fuse.log.lock().unwrap());
                break;
            }
        }
        computer.holds_no_secret(&[]);
    });
}

#[test]
fn a_key_is_made_whichever_call_or_answer_is_lost() {
    let name = "a_key_is_made_whichever_call_or_answer_is_lost";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::enrolled(machine, &cloud, "one").await;
        for lost in [Lost::Call, Lost::Answer] {
            for at in 1.. {
                {
                    let mut books = cloud.books.lock().unwrap();
                    books.calls = 0;
                    books.lost = Some(lost(at));
                }
                let serial = format!("{}-{at}", if lost(0) == Lost::Call(0) { "C" } else { "A" });
                made_in_the_end(&computer, &serial, Fuse::never()).await;
                if cloud.books.lock().unwrap().lost.take().is_some() {
                    assert_eq!(at, 6, "claim, take, certificates, seal, made");
                    break;
                }
            }
        }
    });
}

/// What is no seal for the certificate in hand is not written; a key may have none.
#[test]
fn a_seal_is_written_only_when_it_is_for_this_certificate() {
    let name = "a_seal_is_written_only_when_it_is_for_this_certificate";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::enrolled(machine, &cloud, "one").await;
        for (place, sealing) in [Sealing::Damaged, Sealing::OfAnother]
            .into_iter()
            .enumerate()
        {
            let serial = format!("BAD-{place}");
            computer.clear();
            computer.blank(&[&serial]);
            let (operation, ticket) = cloud.making(1, &[]);
            cloud.with(&operation, |operation| operation.sealing = sealing);
            let agent = computer.agent().await;
            agent.begin(&ticket).await.unwrap();
            agent.answer(key(&serial)).await.unwrap();
            assert_eq!(agent.settled().await, asked(Some(Trouble::CloudRefused)));
            assert!(sealed(&serial).is_empty(), "{sealing:?}");
            assert_eq!(computer.state(&operation), OperationState::Claimed);
            // The cloud has mended itself, and the same key goes on.
            cloud.with(&operation, |operation| operation.sealing = Sealing::Good);
            agent.answer(key(&serial)).await.unwrap();
            agent.settled().await;
            assert_eq!(computer.state(&operation), OperationState::Done);
            is_made(&serial, 2);
        }
        computer.clear();
        computer.blank(&["PLAIN"]);
        let (operation, ticket) = cloud.making(1, &[]);
        cloud.with(&operation, |operation| operation.sealing = Sealing::Nothing);
        let agent = computer.agent().await;
        agent.begin(&ticket).await.unwrap();
        agent.answer(key("PLAIN")).await.unwrap();
        agent.settled().await;
        assert_eq!(computer.state(&operation), OperationState::Done);
        assert!(sealed("PLAIN").is_empty());
    });
}

#[test]
fn three_keys_are_made_and_one_of_them_twice() {
    let name = "three_keys_are_made_and_one_of_them_twice";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::enrolled(machine, &cloud, "one").await;
        let (operation, ticket) = cloud.making(3, &[]);
        let agent = computer.agent().await;
        agent.begin(&ticket).await.unwrap();
        computer.blank(&["BLANK-1"]);
        agent.answer(key("BLANK-1")).await.unwrap();
        assert_eq!(agent.settled().await, asked(None));
        let making = agent.shown().await.unwrap().making.unwrap();
        assert_eq!((making.made, making.of, making.serial), (Some(1), 3, None));

        // The key that was made is none to be made, and the next one fails at its self-test.
        computer.blank(&["BLANK-2", "BLANK-3", "BLANK-4"]);
        let not_blank = agent.answer(key("BLANK-1")).await;
        assert_eq!(not_blank, Err(Trouble::KeyNotBlank));
        agent.wrong.store(true, Ordering::SeqCst);
        agent.answer(key("BLANK-2")).await.unwrap();
        assert_eq!(agent.settled().await, asked(Some(Trouble::SelfTest)));
        let making = agent.shown().await.unwrap().making.unwrap();
        assert_eq!(making.serial.as_deref(), Some("BLANK-2"));
        assert_eq!(making.scrap, Some(ScrapReason::SelfTest));
        let other = scrapped("BLANK-3", ScrapReason::SelfTest);
        assert_eq!(agent.answer(other).await, Err(Trouble::NotAsked));
        let given_up = scrapped("BLANK-2", ScrapReason::SelfTest);
        agent.answer(given_up).await.unwrap();
        assert_eq!(agent.settled().await, asked(None));
        let again = agent.answer(key("BLANK-2")).await;
        assert_eq!(again, Err(Trouble::KeyNotBlank));

        for serial in ["BLANK-3", "BLANK-4"] {
            agent.answer(key(serial)).await.unwrap();
            assert!(agent.settled().await.is_some());
        }
        assert_eq!(agent.settled().await, Some(Stage::Done { read: None }));
        assert_eq!(computer.state(&operation), OperationState::Done);
        cloud.with(&operation, |operation| {
            let units = operation.units.iter();
            let attempts: Vec<u32> = units.map(|unit| unit.attempt).collect();
            assert_eq!(attempts, [1, 2, 1]);
            let given_up = ("BLANK-2".to_owned(), ScrapReason::SelfTest);
            assert_eq!(operation.scrapped, [given_up]);
            let told = operation.told.as_slice();
            assert!(told.contains(&Some(Obstacle::KeyFails)), "{told:?}");
            assert_eq!(told.last(), Some(&None), "{told:?}");
        });
        for serial in ["BLANK-1", "BLANK-3", "BLANK-4"] {
            is_made(serial, 2);
        }
        computer.holds_no_secret(&[]);
        assert_eq!(computer.under_way(), 0);
    });
}

/// A key is given up, and the agent dies, or the answer is lost.
#[test]
fn a_key_is_given_up_once_whatever_is_lost() {
    let name = "a_key_is_given_up_once_whatever_is_lost";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::enrolled(machine, &cloud, "one").await;
        for lost in [Lost::Call(1), Lost::Answer(1)] {
            computer.clear();
            computer.blank(&["BLANK-1"]);
            let (operation, ticket) = cloud.making(1, &[]);
            {
                let agent = computer.agent().await;
                agent.begin(&ticket).await.unwrap();
                agent.wrong.store(true, Ordering::SeqCst);
                agent.answer(key("BLANK-1")).await.unwrap();
                assert_eq!(agent.settled().await, asked(Some(Trouble::SelfTest)));
                {
                    let mut books = cloud.books.lock().unwrap();
                    books.calls = 0;
                    books.lost = Some(lost);
                }
                let given_up = scrapped("BLANK-1", ScrapReason::SelfTest);
                agent.answer(given_up).await.unwrap();
                let unheard = asked(Some(Trouble::CloudUnreachable));
                assert_eq!(agent.settled().await, unheard);
            }
            let agent = computer.agent().await;
            agent.resume().await;
            assert_eq!(agent.settled().await, asked(None));
            cloud.with(&operation, |operation| {
                assert_eq!(operation.scrapped.len(), 1);
            });
            computer.clear();
            computer.blank(&["BLANK-2"]);
            agent.answer(key("BLANK-2")).await.unwrap();
            assert_eq!(agent.settled().await, Some(Stage::Done { read: None }));
            is_made("BLANK-2", 2);
            for serial in ["BLANK-1", "BLANK-2"] {
                std::fs::remove_file(machine.0.join(format!("{serial}.sql"))).unwrap();
            }
        }
    });
}

/// R40: a carried year goes beside what is on the key.
#[test]
fn a_carried_year_is_written_beside_what_is_there() {
    let name = "a_carried_year_is_written_beside_what_is_there";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::enrolled(machine, &cloud, "one").await;
        furnished(machine, "MADE-1").await;
        computer.blank(&["BLANK-1"]);
        let (operation, ticket) = cloud.making(1, &["MADE-1"]);
        let agent = computer.agent().await;
        agent.begin(&ticket).await.unwrap();
        let blank = agent.answer(key("BLANK-1")).await;
        assert_eq!(blank, Err(Trouble::KeyNotMade));
        machine.key("LOCKED");
        machine.does(&["lock", "LOCKED"]);
        let locked = agent.answer(key("LOCKED")).await;
        assert_eq!(locked, Err(Trouble::PinLocked));
        agent.answer(key("MADE-1")).await.unwrap();
        assert_eq!(agent.settled().await, Some(Stage::Done { read: None }));
        assert_eq!(computer.state(&operation), OperationState::Done);
        is_made("MADE-1", 4);

        // Somebody changed its PIN since: tried once, then only given up.
        furnished(machine, "MADE-2").await;
        let session = looking();
        let transport = pin(&transport_pin("MADE-2"));
        session
            .login("MADE-2", &transport)
            .unwrap()
            .change_pin(&transport, &pin(OWN))
            .unwrap();
        let (_, ticket) = cloud.making(1, &["MADE-2"]);
        agent.begin(&ticket).await.unwrap();
        agent.answer(key("MADE-2")).await.unwrap();
        let wrong = Some(Trouble::TransportPinWrong);
        assert_eq!(agent.settled().await, asked(wrong.clone()));
        assert_eq!(agent.answer(key("MADE-2")).await.err(), wrong);
    });
}

#[test]
fn whoever_stops_finishes_the_key_in_hand_first() {
    let name = "whoever_stops_finishes_the_key_in_hand_first";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::enrolled(machine, &cloud, "one").await;
        computer.blank(&["BLANK-1"]);
        let (operation, ticket) = cloud.making(2, &[]);
        let agent = computer.agent().await;
        agent.begin(&ticket).await.unwrap();
        agent.answer(key("BLANK-1")).await.unwrap();
        // It works now.
        agent.stop().await.unwrap();
        assert!(agent.shown().await.unwrap().making.unwrap().finishing);
        assert_eq!(agent.settled().await, Some(Stage::Done { read: None }));
        assert_eq!(computer.state(&operation), OperationState::RolledBack);
        is_made("BLANK-1", 2);

        // With nothing in hand it is over at once, and with a stuck key only once that is given up.
        let (operation, ticket) = cloud.making(2, &[]);
        agent.begin(&ticket).await.unwrap();
        agent.stop().await.unwrap();
        assert_eq!(computer.state(&operation), OperationState::RolledBack);
        computer.blank(&["BLANK-2"]);
        let (operation, ticket) = cloud.making(2, &[]);
        agent.begin(&ticket).await.unwrap();
        agent.wrong.store(true, Ordering::SeqCst);
        agent.answer(key("BLANK-2")).await.unwrap();
        assert_eq!(agent.settled().await, asked(Some(Trouble::SelfTest)));
        assert_eq!(agent.stop().await, Err(Trouble::KeyBegun));
        let given_up = scrapped("BLANK-2", ScrapReason::SelfTest);
        agent.answer(given_up).await.unwrap();
        assert_eq!(agent.settled().await, Some(Stage::Done { read: None }));
        assert_eq!(computer.state(&operation), OperationState::RolledBack);
        assert_eq!(computer.under_way(), 0);
    });
}

#[test]
fn what_is_wrong_with_a_key_is_named_and_another_one_taken() {
    let name = "what_is_wrong_with_a_key_is_named_and_another_one_taken";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::enrolled(machine, &cloud, "one").await;
        let (operation, ticket) = cloud.making(1, &[]);
        let agent = computer.agent().await;
        agent.begin(&ticket).await.unwrap();

        // Of another medium, not in stock, gone, full, of another SO PIN, swapped.
        machine.does(&["new", "--medium", "bjca", "--serial", "OTHER", "--blank"]);
        let other = agent.answer(key("OTHER")).await;
        assert_eq!(other, Err(Trouble::KeyOfOtherMedium));
        machine.does(&["new", "--medium", "cpp", "--serial", "STRANGER", "--blank"]);
        agent.answer(key("STRANGER")).await.unwrap();
        assert_eq!(agent.settled().await, asked(Some(Trouble::KeyNotBlank)));
        computer.clear();
        computer.blank(&["BLANK-1"]);
        for (code, trouble) in [
            (ErrorCode::UnitGone, Trouble::UnitGone),
            (ErrorCode::NothingToMake, Trouble::NothingToMake),
            (ErrorCode::KeyBegun, Trouble::KeyBegun),
            (ErrorCode::KeyOfOtherMedium, Trouble::KeyOfOtherMedium),
            (ErrorCode::DeskUnknown, Trouble::NotADesk),
        ] {
            cloud.books.lock().unwrap().refuse = Some((Act::TakeKey, code));
            agent.answer(key("BLANK-1")).await.unwrap();
            assert_eq!(agent.settled().await, asked(Some(trouble)));
        }
        computer.clear();

        let room = ["new", "--medium", "cpp", "--serial", "FULL", "--blank"];
        machine.does(&[&room[..], &["--room", "28000"]].concat());
        cloud.books.lock().unwrap().blank.push("FULL".to_owned());
        // The desk was unknown while the other one was in hand; it never was taken, and is given back.
        agent.answer(key("FULL")).await.unwrap_err();
        assert_eq!(agent.stop().await, Ok(()));
        let (operation, ticket) = {
            assert_eq!(computer.state(&operation), OperationState::RolledBack);
            cloud.making(1, &[])
        };
        agent.begin(&ticket).await.unwrap();
        agent.answer(key("FULL")).await.unwrap();
        assert_eq!(agent.settled().await, asked(Some(Trouble::Full)));
        let making = agent.shown().await.unwrap().making.unwrap();
        assert_eq!(making.scrap, Some(ScrapReason::NoRoom));
        let given_up = scrapped("FULL", ScrapReason::NoRoom);
        agent.answer(given_up).await.unwrap();
        assert_eq!(agent.settled().await, asked(None));

        // Initialised by somebody else: its SO PIN is tried once.
        computer.clear();
        computer.blank(&["TAKEN"]);
        let theirs = looking();
        theirs
            .initialise("TAKEN", &pin("somebody-elses"), "x")
            .unwrap();
        for _ in 0..12 {
            let _ = agent.answer(key("TAKEN")).await;
            assert!(agent.settled().await.is_some());
        }
        assert_eq!(
            agent.answer(key("TAKEN")).await,
            Err(Trouble::SoPinWrong),
            "tried once, then only given up"
        );
        theirs
            .initialise("TAKEN", &pin("somebody-elses"), "x")
            .unwrap();
        agent
            .answer(scrapped("TAKEN", ScrapReason::KeyFails))
            .await
            .unwrap();
        assert_eq!(agent.settled().await, asked(None));

        // Pulled out between two steps, another one in its place: nothing is lost.
        computer.clear();
        computer.blank(&["BLANK-5", "BLANK-6"]);
        cloud.books.lock().unwrap().refuse =
            Some((Act::RequestCertificates, ErrorCode::NotInThisState));
        agent.answer(key("BLANK-5")).await.unwrap();
        assert_eq!(agent.settled().await, asked(Some(Trouble::CloudRefused)));
        machine.does(&["eject", "BLANK-5"]);
        let Err(Trouble::WrongKey { needed, .. }) = agent.answer(key("BLANK-6")).await else {
            panic!("another key than the one in hand");
        };
        assert_eq!(needed, "BLANK-5");
        machine.does(&["insert", "BLANK-5"]);
        agent.answer(key("BLANK-5")).await.unwrap();
        assert_eq!(agent.settled().await, Some(Stage::Done { read: None }));
        assert_eq!(computer.state(&operation), OperationState::Done);
        is_made("BLANK-5", 2);
        computer.holds_no_secret(&[]);
    });
}

#[test]
fn a_desk_is_one_only_once_it_is_enrolled_and_again_and_whatever_is_lost() {
    let name = "a_desk_is_one_only_once_it_is_enrolled_and_again_and_whatever_is_lost";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        let (_, making) = cloud.making(1, &[]);
        {
            let agent = computer.agent().await;
            assert_eq!(agent.begin(&making).await, Err(Trouble::NotADesk));
            assert_eq!(computer.under_way(), 0);
        }
        let mut desks = 0;
        for (moments, lost) in [
            (true, None),
            (false, Some(Lost::Call(2))),
            (false, Some(Lost::Answer(2))),
        ] {
            for at in 1.. {
                {
                    let mut books = cloud.books.lock().unwrap();
                    books.calls = 0;
                    books.lost = lost;
                }
                let (operation, ticket) = cloud.ticket(Verb::Enrol, |ticket| {
                    ticket.desk = Some(format!("工位 {at}"));
                });
                let fuse = if moments { Fuse::at(at) } else { Fuse::never() };
                {
                    let agent = computer.fused(fuse.clone(), SignedDuration::ZERO).await;
                    if agent.begin(&ticket).await.is_ok() {
                        assert!(fuse.is_dead() || agent.shown().await.unwrap().desk.is_some());
                        agent.through("", "").await;
                    }
                }
                let agent = computer.agent().await;
                agent.resume().await;
                if agent.shown().await.is_some() {
                    let end = agent.through("", "").await;
                    assert_eq!(end, Some(Stage::Done { read: None }));
                }
                assert_eq!(computer.state(&operation), OperationState::Done);
                assert_eq!(computer.under_way(), 0);
                desks += 1;
                assert_eq!(cloud.books.lock().unwrap().desks.len(), desks);
                // Whatever became of it: this computer is a desk, by the key that the cloud knows.
                let (_, making) = cloud.making(1, &[]);
                agent.begin(&making).await.unwrap();
                agent.stop().await.unwrap();
                if !fuse.is_dead() {
                    break;
                }
            }
        }
        assert_eq!(computer.mode_of_desk(), 0o600);
        // Dismissed.
        cloud.books.lock().unwrap().desks.clear();
        let agent = computer.agent().await;
        let (_, making) = cloud.making(1, &[]);
        assert_eq!(agent.begin(&making).await, Err(Trouble::NotADesk));
        assert_eq!(computer.under_way(), 0);
    });
}

/// A key is put to use, or gets another PIN: once in one go, once for each moment at which the agent dies, once for each
/// call that is lost.
async fn changed_in_the_end(
    computer: &Computer<'_>,
    verb: Verb,
    serial: &str,
    fuse: std::sync::Arc<Fuse>,
) {
    computer.clear();
    furnished(computer.machine, serial).await;
    let (operation, ticket) = computer.cloud.ticket(verb, |ticket| {
        ticket.key_serial = Some(serial.to_owned());
    });
    let old = transport_pin(serial);
    {
        let agent = computer.fused(fuse.clone(), SignedDuration::ZERO).await;
        if agent.begin(&ticket).await.is_ok() || !fuse.is_dead() {
            let _ = agent.begin(&ticket).await;
            agent.through(OWN, &old).await;
        }
    }
    let agent = computer.agent().await;
    agent.resume().await;
    if agent.shown().await.is_some() {
        let end = agent.through(OWN, &old).await;
        assert!(
            matches!(end, Some(Stage::Done { read: Some(_) })),
            "{end:?}"
        );
    }
    let moments = fuse.log.lock().unwrap().clone();
    assert_eq!(
        computer.state(&operation),
        OperationState::Done,
        "{moments:?}"
    );
    assert_eq!(computer.under_way(), 0);
    let driver = looking();
    assert!(driver.login(serial, &pin(OWN)).is_ok(), "{moments:?}");
    let Err(TokenError::PinWrong(_)) = driver.login(serial, &pin(&old)) else {
        panic!("the old PIN still lets somebody in");
    };
    computer.holds_no_secret(&[OWN, &old]);
}

#[test]
fn a_key_is_put_to_use_whenever_its_agent_is_killed() {
    let name = "a_key_is_put_to_use_whenever_its_agent_is_killed";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        for at in 1.. {
            let fuse = Fuse::at(at);
            let serial = format!("K-{at}");
            changed_in_the_end(&computer, Verb::Activate, &serial, fuse.clone()).await;
            if !fuse.is_dead() {
                assert!(fuse.count() > 15, "{:?}", fuse.log.lock().unwrap());
                break;
            }
        }
    });
}

#[test]
fn a_pin_is_changed_whenever_its_agent_is_killed() {
    let name = "a_pin_is_changed_whenever_its_agent_is_killed";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        for at in 1.. {
            let fuse = Fuse::at(at);
            let serial = format!("K-{at}");
            changed_in_the_end(&computer, Verb::ChangePin, &serial, fuse.clone()).await;
            if !fuse.is_dead() {
                assert!(fuse.count() > 10, "{:?}", fuse.log.lock().unwrap());
                break;
            }
        }
    });
}

#[test]
fn a_key_is_put_to_use_whichever_call_or_answer_is_lost() {
    let name = "a_key_is_put_to_use_whichever_call_or_answer_is_lost";
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
                changed_in_the_end(&computer, Verb::Activate, &serial, Fuse::never()).await;
                if cloud.books.lock().unwrap().lost.take().is_some() {
                    assert_eq!(at, 4, "claim, transport PIN, evidence");
                    break;
                }
            }
        }
    });
}

fn chosen(serial: &str, new: &str) -> Answer {
    Answer {
        new: Some(pin(new)),
        ..key(serial)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what `settled` is compared with")]
fn asked_new(trouble: Option<Trouble>) -> Option<Stage> {
    Some(Stage::Asking {
        fields: vec![Field::New],
        trouble,
    })
}

#[test]
fn a_transport_pin_that_does_not_fit_is_tried_once() {
    let name = "a_transport_pin_that_does_not_fit_is_tried_once";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        furnished(machine, "KEY-1").await;
        let driver = looking();
        let session = driver
            .login("KEY-1", &pin(&transport_pin("KEY-1")))
            .unwrap();
        let transport = pin(&transport_pin("KEY-1"));
        session.change_pin(&transport, &pin("another-one")).unwrap();
        drop(session);
        let activate = || {
            cloud.ticket(Verb::Activate, |ticket| {
                ticket.key_serial = Some("KEY-1".to_owned());
            })
        };
        let (operation, ticket) = activate();
        {
            let agent = computer.agent().await;
            agent.begin(&ticket).await.unwrap();
            assert_eq!(agent.settled().await, asked_new(None));
            for (weak, trouble) in [
                ("12345678", Trouble::PinWeak),
                ("aaaaaaaa", Trouble::PinWeak),
                ("short", Trouble::PinLength { min: 8, max: 16 }),
                (
                    "much-too-long-a-pin",
                    Trouble::PinLength { min: 8, max: 16 },
                ),
            ] {
                let refused = agent.answer(chosen("KEY-1", weak)).await;
                assert_eq!(refused, Err(trouble), "{weak}");
            }
            agent.answer(chosen("KEY-1", OWN)).await.unwrap();
            assert_eq!(
                agent.settled().await,
                asked(Some(Trouble::TransportPinWrong))
            );
            let again = agent.answer(chosen("KEY-1", OWN)).await;
            assert_eq!(again, Err(Trouble::TransportPinWrong));
        }
        // Not after a loss of power either.
        let agent = computer.agent().await;
        agent.resume().await;
        assert_eq!(
            agent.settled().await,
            asked(Some(Trouble::TransportPinWrong))
        );
        let again = agent.answer(chosen("KEY-1", OWN)).await;
        assert_eq!(again, Err(Trouble::TransportPinWrong));
        cloud.with(&operation, |operation| {
            assert!(operation.told.contains(&Some(Obstacle::PinWrong)));
        });
        assert!(driver.login("KEY-1", &pin("another-one")).is_ok());
        agent.stop().await.unwrap();
        assert_eq!(computer.state(&operation), OperationState::RolledBack);
        computer.holds_no_secret(&[OWN]);
    });
}

/// The PIN is changed, the agent dies, and another PIN is typed than the one that was chosen.
#[test]
fn the_pin_that_was_chosen_is_asked_for_again() {
    let name = "the_pin_that_was_chosen_is_asked_for_again";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        let whole = Fuse::never();
        changed_in_the_end(&computer, Verb::Activate, "KEY-1", whole.clone()).await;
        let moments = whole.log.lock().unwrap().clone();
        let changed = moments.iter().rposition(|what| *what == "change").unwrap() + 1;

        computer.clear();
        furnished(machine, "KEY-2").await;
        let (operation, ticket) = cloud.ticket(Verb::Activate, |ticket| {
            ticket.key_serial = Some("KEY-2".to_owned());
        });
        {
            let fuse = Fuse::at(u32::try_from(changed).unwrap());
            let agent = computer.fused(fuse.clone(), SignedDuration::ZERO).await;
            agent.begin(&ticket).await.unwrap();
            agent.answer(chosen("KEY-2", OWN)).await.unwrap();
            assert_eq!(agent.settled().await, None);
        }
        let agent = computer.agent().await;
        agent.resume().await;
        assert_eq!(
            agent.settled().await,
            asked_new(Some(Trouble::PinInterrupted))
        );
        for _ in 0..2 {
            let other = chosen("KEY-2", "another-pin-7");
            agent.answer(other).await.unwrap();
            let Some(Stage::Asking {
                trouble: Some(Trouble::PinWrong { .. }),
                ..
            }) = agent.settled().await
            else {
                panic!("another PIN than the one that is in force");
            };
        }
        // The transport PIN was tried once, not each time: the key would be locked by now.
        let session = agent.fuse.log.lock().unwrap().clone();
        let logins = session.iter().filter(|what| **what == "login").count();
        assert_eq!(logins, 3 * 2, "{session:?}");
        agent.answer(chosen("KEY-2", OWN)).await.unwrap();
        let Some(Stage::Done { read: Some(_) }) = agent.settled().await else {
            panic!("done");
        };
        assert_eq!(computer.state(&operation), OperationState::Done);
        computer.holds_no_secret(&[OWN, "another-pin-7"]);
    });
}

/// A driver whose module is not installed.
fn missing() -> Pkcs11Driver {
    let mut profiles = support::profiles(&["soft"]);
    let path = std::path::PathBuf::from("/nowhere/libsoft_token.so");
    profiles[0].module.linux = Some(path);
    Pkcs11Driver::new(profiles)
}

#[test]
fn a_module_that_is_not_installed_is_told() {
    let name = "a_module_that_is_not_installed_is_told";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let mut computer = Computer::enrolled(machine, &cloud, "one").await;
        computer.blank(&["BLANK-1"]);
        computer.driver = missing;
        let agent = computer.agent().await;
        let (operation, ticket) = cloud.making(1, &[]);
        agent.begin(&ticket).await.unwrap();
        assert_eq!(agent.answer(key("BLANK-1")).await, Err(Trouble::NoKey));
        for _ in 0..400 {
            agent.shown().await.unwrap();
            let told = cloud.with(&operation, |operation| operation.told.clone());
            if told.last() == Some(&Some(Obstacle::NoModule)) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!(
            "{:?} {:?}",
            agent.shown().await,
            cloud.with(&operation, |one| one.told.clone())
        );
    });
}

#[test]
fn a_login_is_handed_to_the_page_once() {
    let name = "a_login_is_handed_to_the_page_once";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        furnished(machine, "KEY-1").await;
        let own = transport_pin("KEY-1");
        let answer = || Answer {
            current: Some(pin(&own)),
            ..key("KEY-1")
        };
        let (operation, ticket) = cloud.ticket(Verb::Login, |_| {});
        {
            let agent = computer.agent().await;
            agent.begin(&ticket).await.unwrap();
            cloud.books.lock().unwrap().lost = Some(Lost::Answer(2));
            agent.answer(answer()).await.unwrap();
            assert_eq!(
                agent.settled().await,
                asked(Some(Trouble::CloudUnreachable))
            );
        }
        // Killed before the page has it: it is asked for again, with what the key signed.
        let agent = computer.agent().await;
        agent.resume().await;
        let mut told = Vec::new();
        for _ in 0..400 {
            let shown = agent.shown().await.unwrap();
            let done = matches!(shown.stage, Stage::Done { .. });
            told.extend(shown.login.map(|address| address.expose().to_owned()));
            if done {
                break;
            }
        }
        let again = agent.shown().await.unwrap();
        assert_eq!(again.login, None);
        let address = format!("https://keys.example.cn/login/key#{operation}.the-code");
        assert_eq!(told, [address]);
        assert_eq!(computer.under_way(), 0);
        computer.holds_no_secret(&["the-code", &own]);
    });
}

/// The site hears what is waited for before anybody answers anything, and once.
#[test]
fn the_site_hears_what_is_waited_for() {
    let name = "the_site_hears_what_is_waited_for";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::new(machine, &cloud, "one");
        let (operation, ticket) = cloud.ticket(Verb::Test, |ticket| {
            ticket.key_serial = Some("KEY-1".to_owned());
        });
        let agent = computer.agent().await;
        agent.begin(&ticket).await.unwrap();
        let heard = async |wanted: &[Option<Obstacle>]| {
            for _ in 0..400 {
                agent.shown().await.unwrap();
                let told = cloud.with(&operation, |operation| operation.told.clone());
                if told == wanted {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            let told = cloud.with(&operation, |operation| operation.told.clone());
            panic!("{told:?} is not {wanted:?}");
        };
        heard(&[Some(Obstacle::NoKey)]).await;
        machine.key("KEY-2");
        heard(&[Some(Obstacle::NoKey), Some(Obstacle::WrongKey)]).await;
        for _ in 0..5 {
            agent.shown().await.unwrap();
        }
        furnished(machine, "KEY-1").await;
        let all = [Some(Obstacle::NoKey), Some(Obstacle::WrongKey), None];
        heard(&all).await;
        for _ in 0..5 {
            agent.shown().await.unwrap();
        }
        heard(&all).await;
    });
}

#[test]
fn a_late_ticket_another_agent_and_a_wrong_clock_are_named() {
    let name = "a_late_ticket_another_agent_and_a_wrong_clock_are_named";
    at_a_desk(name, async |machine| {
        let cloud = Cloud::open().await;
        let computer = Computer::enrolled(machine, &cloud, "one").await;
        let (_, late) = cloud.ticket(Verb::Activate, |ticket| {
            ticket.expires_at = ticket.issued_at;
        });
        let agent = computer.agent().await;
        assert_eq!(agent.begin(&late).await, Err(Trouble::TicketExpired));
        let (_, ticket) = cloud.making(1, &[]);
        agent.begin(&ticket).await.unwrap();
        let other = Computer::enrolled(machine, &cloud, "two").await;
        let theirs = other.agent().await;
        assert_eq!(theirs.begin(&ticket).await, Err(Trouble::TicketTaken));
        assert_eq!(other.under_way(), 0);
        drop(theirs);
        let off = other
            .fused(Fuse::never(), SignedDuration::from_hours(5))
            .await;
        let (_, another) = cloud.making(1, &[]);
        let Err(Trouble::ClockWrong { .. }) = off.begin(&another).await else {
            panic!("a clock that is wrong by hours");
        };
    });
}

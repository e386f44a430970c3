//! Against kryoptic: it locks, and its keys can be pulled out.

use std::path::PathBuf;

use cryptoki::context::Pkcs11;
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::UserType;
use domain::catalog::Medium;
use local_agent::token::profile::Hotplug;
use local_agent::token::{Pkcs11Driver, Purpose, TokenDriver, TokenError, Tries, UserSession};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{DerSignature, Signature, VerifyingKey};
use p256::elliptic_curve::point::AffineCoordinates as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::pkcs8::DecodePublicKey as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use x509_cert::der::pem::{LineEnding, encode_string};
use x509_cert::der::{DecodePem as _, Encode as _};
use x509_cert::request::CertReq;

use crate::support::{PIN, SO_PIN, alone, certificate, driver, pin, profiles, soft_token};

fn wrong(serial: &str) -> TokenError {
    TokenError::WrongToken {
        serial: serial.to_owned(),
    }
}

/// `unwrap_err` would want to show a session.
fn refused(login: Result<Box<dyn UserSession>, TokenError>) -> TokenError {
    match login {
        Ok(_) => panic!("it let somebody in"),
        Err(error) => error,
    }
}

/// What every module must be able to do with a key that has its PIN, from two key pairs to nothing.
pub fn whole_life(driver: &Pkcs11Driver, serial: &str) {
    let digest: [u8; 32] = Sha256::digest(b"what is signed").into();
    let session = driver.login(serial, &pin(PIN)).unwrap();
    assert_eq!(session.serial(), serial);

    let spki = session
        .generate_key_pair(Purpose::Sign, b"sign-1", "signing")
        .unwrap();
    assert_eq!(session.public_key(b"sign-1").unwrap(), spki);
    let signature = session.sign_sha256(b"sign-1", &digest).unwrap();
    let key = VerifyingKey::from_public_key_der(&spki).unwrap();
    key.verify_prehash(&digest, &Signature::from_der(&signature).unwrap())
        .unwrap();

    let encryption = session
        .generate_key_pair(Purpose::Encrypt, b"encrypt-1", "encryption")
        .unwrap();
    let peer = p256::SecretKey::from_slice(&[9; 32]).unwrap();
    let point = peer.public_key().to_sec1_point(false);
    let theirs = session.derive(b"encrypt-1", point.as_bytes()).unwrap();
    let shared = p256::PublicKey::from_public_key_der(&encryption)
        .unwrap()
        .to_projective()
        * *peer.to_nonzero_scalar();
    assert_eq!(theirs.as_slice(), shared.to_affine().x().as_slice());
    // Each is for its own purpose.
    assert!(session.sign_sha256(b"encrypt-1", &digest).is_err());
    assert!(session.derive(b"sign-1", point.as_bytes()).is_err());
    assert!(session.derive(b"encrypt-1", &[4; 65]).is_err());

    let keys = session.keys().unwrap();
    assert_eq!(keys.len(), 2);
    for key in &keys {
        assert!(!key.extractable && key.never_extractable, "{key:?}");
    }
    assert_eq!(
        session.generate_key_pair(Purpose::Sign, b"sign-1", "again"),
        Err(TokenError::Taken)
    );
    assert_eq!(
        session.sign_sha256(b"another", &digest),
        Err(TokenError::NoSuchKey)
    );

    let der = certificate(&spki, "first");
    session.write_certificate(b"sign-1", "cert", &der).unwrap();
    session.write_certificate(b"sign-1", "cert", &der).unwrap();
    assert_eq!(
        session.write_certificate(b"sign-1", "cert", &certificate(&spki, "second")),
        Err(TokenError::Taken)
    );
    assert_eq!(
        session.write_certificate(b"another", "cert", &der),
        Err(TokenError::NoSuchKey)
    );
    assert!(matches!(
        session.write_certificate(b"sign-1", "cert", b"no certificate"),
        Err(TokenError::Unsupported(_))
    ));
    let seal = vec![0x5a; 20_000];
    session.write_data("sealkey", "seal", &seal).unwrap();
    session.write_data("sealkey", "seal", &seal).unwrap();
    session.write_data("sealkey", "other", b"x").unwrap();
    assert_eq!(
        session.write_data("sealkey", "seal", b"another one"),
        Err(TokenError::Taken)
    );
    drop(session);

    // Without a PIN.
    let certificates = driver.certificates(serial).unwrap();
    assert_eq!(certificates.len(), 1);
    assert_eq!(certificates[0].id, b"sign-1");
    assert_eq!(certificates[0].label, "cert");
    assert_eq!(certificates[0].der, der);
    let data = driver.data(serial).unwrap();
    assert_eq!(data.len(), 2);
    let found = data.iter().find(|one| one.label == "seal").unwrap();
    assert_eq!(
        (found.application.as_str(), &found.value),
        ("sealkey", &seal)
    );

    let session = driver.login(serial, &pin(PIN)).unwrap();
    assert_eq!(session.delete(b"sign-1").unwrap(), 3);
    assert_eq!(session.delete(b"sign-1").unwrap(), 0);
    assert_eq!(session.delete(b""), Err(TokenError::NoSuchKey));
    assert_eq!(session.delete_data("sealkey", "seal").unwrap(), 1);
    assert_eq!(session.keys().unwrap().len(), 1);
    session.change_pin(&pin(PIN), &pin("another-pin")).unwrap();
    drop(session);
    assert!(matches!(
        refused(driver.login(serial, &pin(PIN))),
        TokenError::PinWrong(_)
    ));
    let session = driver.login(serial, &pin("another-pin")).unwrap();
    assert!(matches!(
        session.change_pin(&pin(PIN), &pin("a-third-pin")),
        Err(TokenError::PinWrong(_))
    ));
    session.change_pin(&pin("another-pin"), &pin(PIN)).unwrap();
    drop(session);
    assert_eq!(driver.certificates(serial).unwrap(), []);
}

#[test]
fn a_blank_key_is_made_ready_and_used() {
    alone("soft::a_blank_key_is_made_ready_and_used", |machine| {
        let driver = driver(&["soft"]);
        assert_eq!(driver.present(), []);
        assert_eq!(refused(driver.login("SK1", &pin(PIN))), TokenError::NoToken);
        // Plugged in while the driver runs.
        machine.does(&["new", "--medium", "bjca", "--serial", "SK1", "--blank"]);
        let present = driver.present();
        assert_eq!(present.len(), 1);
        assert_eq!(present[0].serial, "SK1");
        assert_eq!(present[0].medium, Some(Medium::Bjca));
        assert_eq!(present[0].initialised, Some(false));
        assert_eq!(present[0].pin_set, Some(false));
        assert_eq!(present[0].tries, Tries::Unknown);

        assert_eq!(
            driver.initialise("SK1", &pin("short"), "a label"),
            Err(TokenError::PinLength { min: 8, max: 32 })
        );
        assert_eq!(
            driver.initialise("SK1", &pin(SO_PIN), "a label").unwrap(),
            "SK1"
        );
        assert_eq!(
            refused(driver.login("SK1", &pin(PIN))),
            TokenError::PinNotSet
        );
        driver.set_user_pin("SK1", &pin(SO_PIN), &pin(PIN)).unwrap();
        let present = driver.present();
        assert_eq!(present[0].initialised, Some(true));
        assert_eq!(present[0].pin_set, Some(true));
        assert_eq!(present[0].tries, Tries::Many);
        assert_eq!(present[0].label, "a label");
        assert_eq!((present[0].pin_min, present[0].pin_max), (8, 16));
        assert!(!present[0].pin_pad);
        assert_eq!(present[0].free_memory, None);

        whole_life(&driver, "SK1");

        // Made anew: the serial number stays, nothing else does.
        assert_eq!(
            driver.initialise("SK1", &pin("another-so-pin"), "x"),
            Err(TokenError::SoPinWrong)
        );
        assert!(!driver.data("SK1").unwrap().is_empty());
        driver.initialise("SK1", &pin(SO_PIN), "x").unwrap();
        assert!(driver.data("SK1").unwrap().is_empty());
        assert_eq!(
            refused(driver.login("SK1", &pin(PIN))),
            TokenError::PinNotSet
        );
    });
}

#[test]
fn a_private_key_never_leaves_its_token() {
    alone("soft::a_private_key_never_leaves_its_token", |machine| {
        machine.key("SK1");
        let driver = driver(&["soft"]);
        let session = driver.login("SK1", &pin(PIN)).unwrap();
        session
            .generate_key_pair(Purpose::Sign, b"1", "signing")
            .unwrap();
        drop(session);
        // Past the driver, as any program could.
        let context = Pkcs11::new(soft_token()).unwrap();
        let slot = context.get_slots_with_token().unwrap()[0];
        let session = context.open_rw_session(slot).unwrap();
        session.login(UserType::User, Some(&PIN.into())).unwrap();
        let key = session
            .find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)])
            .unwrap()[0];
        let value = session.get_attributes(key, &[AttributeType::Value]);
        assert!(
            value.as_ref().is_ok_and(Vec::is_empty) || value.is_err(),
            "{value:?}"
        );
        let loosen = session.update_attributes(key, &[Attribute::Extractable(true)]);
        assert!(loosen.is_err());
        assert!(
            session
                .update_attributes(key, &[Attribute::Sensitive(false)])
                .is_err()
        );
    });
}

#[test]
fn ten_wrong_pins_lock_a_key_and_the_so_pin_unlocks_it() {
    alone(
        "soft::ten_wrong_pins_lock_a_key_and_the_so_pin_unlocks_it",
        |machine| {
            machine.key("SK1");
            let driver = driver(&["soft"]);
            let digest = [3; 32];
            let session = driver.login("SK1", &pin(PIN)).unwrap();
            let spki = session
                .generate_key_pair(Purpose::Sign, b"1", "signing")
                .unwrap();
            drop(session);

            // Of no possible length: no try is spent.
            for _ in 0..20 {
                assert_eq!(
                    refused(driver.login("SK1", &pin("12345678901234567"))),
                    TokenError::PinLength { min: 8, max: 16 }
                );
                assert_eq!(
                    refused(driver.login("SK1", &pin(""))),
                    TokenError::PinLength { min: 8, max: 16 }
                );
            }
            let mut seen = Vec::new();
            let mut wrong = 0;
            loop {
                match refused(driver.login("SK1", &pin("not-the-pin"))) {
                    TokenError::PinWrong(tries) => seen.push(tries),
                    TokenError::PinLocked => break,
                    other => panic!("{other}"),
                }
                wrong += 1;
                assert!(wrong < 20, "it does not lock");
            }
            assert!((9..=10).contains(&wrong), "it locked after {wrong}");
            assert_eq!(seen.first(), Some(&Tries::Many));
            assert!(seen.contains(&Tries::Few), "{seen:?}");
            assert!(seen.contains(&Tries::Last), "{seen:?}");
            assert_eq!(driver.present()[0].tries, Tries::Locked);
            assert_eq!(
                refused(driver.login("SK1", &pin(PIN))),
                TokenError::PinLocked
            );

            // As the unlocking does it: the SO PIN is replaced first.
            driver
                .rotate_so_pin("SK1", &pin(SO_PIN), &pin("the-next-so-pin"))
                .unwrap();
            assert_eq!(
                driver.set_user_pin("SK1", &pin(SO_PIN), &pin("new-pin-1")),
                Err(TokenError::SoPinWrong)
            );
            assert_eq!(
                driver.set_user_pin("SK1", &pin("the-next-so-pin"), &pin("short")),
                Err(TokenError::PinLength { min: 8, max: 16 })
            );
            driver
                .set_user_pin("SK1", &pin("the-next-so-pin"), &pin("new-pin-1"))
                .unwrap();
            assert_eq!(driver.present()[0].tries, Tries::Many);
            let session = driver.login("SK1", &pin("new-pin-1")).unwrap();
            let signature = session.sign_sha256(b"1", &digest).unwrap();
            VerifyingKey::from_public_key_der(&spki)
                .unwrap()
                .verify_prehash(&digest, &Signature::from_der(&signature).unwrap())
                .unwrap();
        },
    );
}

/// As a module says it that looks at a key only when it starts.
#[test]
fn a_key_that_let_its_user_in_is_not_locked_whatever_it_says() {
    alone(
        "soft::a_key_that_let_its_user_in_is_not_locked_whatever_it_says",
        |machine| {
            machine.key("SK1");
            machine.does(&["lock", "SK1"]);
            let mut profiles = profiles(&["soft"]);
            profiles[0].hotplug = Hotplug::List;
            let driver = Pkcs11Driver::new(profiles);
            let tries = || driver.present()[0].tries;
            assert_eq!(tries(), Tries::Locked);
            assert_eq!(driver.present()[0].so_tries, Tries::Many);
            let officer = driver.login_officer("SK1", &pin(SO_PIN)).unwrap();
            assert_eq!(
                refused(driver.login("SK1", &pin(PIN))),
                TokenError::Busy,
                "one at a time"
            );
            let short = officer.change_so_pin(&pin(SO_PIN), &pin("short"));
            assert_eq!(short, Err(TokenError::PinLength { min: 8, max: 32 }));
            officer
                .change_so_pin(&pin(SO_PIN), &pin("the-next-so-pin"))
                .unwrap();
            let short = officer.set_user_pin(&pin("short"));
            assert_eq!(short, Err(TokenError::PinLength { min: 8, max: 16 }));
            officer.set_user_pin(&pin("new-pin-1")).unwrap();
            drop(officer);
            assert!(driver.login("SK1", &pin("new-pin-1")).is_ok());
            assert_ne!(tries(), Tries::Locked);
            let old = driver.login_officer("SK1", &pin(SO_PIN)).map(drop);
            assert_eq!(old, Err(TokenError::SoPinWrong));
            // Locked anew, the login says so, and is believed.
            while refused(driver.login("SK1", &pin("not-the-pin"))) != TokenError::PinLocked {}
            assert_eq!(tries(), Tries::Locked);
        },
    );
}

#[test]
fn a_wrong_so_pin_is_never_tried_twice_and_locks_in_the_end() {
    alone(
        "soft::a_wrong_so_pin_is_never_tried_twice_and_locks_in_the_end",
        |machine| {
            machine.key("SK1");
            let driver = driver(&["soft"]);
            // Nine calls, nine tries: then the right one still works, and the count begins anew.
            for _ in 0..9 {
                assert_eq!(
                    driver.rotate_so_pin("SK1", &pin("not-the-so-pin"), &pin("another-one")),
                    Err(TokenError::SoPinWrong)
                );
            }
            driver.set_user_pin("SK1", &pin(SO_PIN), &pin(PIN)).unwrap();
            let mut wrong = 0;
            while driver.set_user_pin("SK1", &pin("not-the-so-pin"), &pin(PIN))
                == Err(TokenError::SoPinWrong)
            {
                wrong += 1;
                assert!(wrong < 20, "it does not lock");
            }
            assert_eq!(
                driver.set_user_pin("SK1", &pin(SO_PIN), &pin(PIN)),
                Err(TokenError::SoPinLocked)
            );
            // Its user does not notice.
            driver.login("SK1", &pin(PIN)).unwrap();
        },
    );
}

#[test]
fn another_key_is_refused_by_every_call() {
    alone("soft::another_key_is_refused_by_every_call", |machine| {
        machine.key("SK1");
        let driver = driver(&["soft"]);
        let wrong = wrong("SK2");
        assert_eq!(refused(driver.login("SK2", &pin(PIN))), wrong);
        assert_eq!(driver.certificates("SK2").unwrap_err(), wrong);
        assert_eq!(driver.data("SK2").unwrap_err(), wrong);
        assert_eq!(
            driver.initialise("SK2", &pin(SO_PIN), "x").unwrap_err(),
            wrong
        );
        assert_eq!(
            driver
                .rotate_so_pin("SK2", &pin(SO_PIN), &pin("the-next-so-pin"))
                .unwrap_err(),
            wrong
        );
        assert_eq!(
            driver
                .set_user_pin("SK2", &pin(SO_PIN), &pin(PIN))
                .unwrap_err(),
            wrong
        );
        // The key that was there is as before.
        driver.login("SK1", &pin(PIN)).unwrap();
        driver.set_user_pin("SK1", &pin(SO_PIN), &pin(PIN)).unwrap();
    });
}

#[test]
fn a_key_that_is_pulled_out_or_swapped_ends_its_session() {
    alone(
        "soft::a_key_that_is_pulled_out_or_swapped_ends_its_session",
        |machine| {
            machine.key("SK1");
            machine.key("SK2");
            machine.does(&["eject", "SK2"]);
            let driver = driver(&["soft"]);
            let session = driver.login("SK1", &pin(PIN)).unwrap();
            session
                .generate_key_pair(Purpose::Sign, b"1", "signing")
                .unwrap();

            // Swapped between two steps.
            machine.does(&["eject", "SK1"]);
            machine.does(&["insert", "SK2"]);
            assert_eq!(
                session.sign_sha256(b"1", &[3; 32]),
                Err(TokenError::Removed)
            );
            assert_eq!(
                session.generate_key_pair(Purpose::Sign, b"2", "x"),
                Err(TokenError::Removed)
            );
            assert_eq!(
                session.write_data("sealkey", "x", b"x"),
                Err(TokenError::Removed)
            );
            assert_eq!(session.delete(b"1"), Err(TokenError::Removed));
            assert!(matches!(
                session.change_pin(&pin(PIN), &pin("another-pin")),
                Err(TokenError::Removed | TokenError::WrongToken { .. })
            ));
            drop(session);
            let serials: Vec<_> = driver.present().into_iter().map(|key| key.serial).collect();
            assert_eq!(serials, ["SK2"]);
            assert_eq!(refused(driver.login("SK1", &pin(PIN))), wrong("SK1"));
            // Nothing came onto the other one.
            let other = driver.login("SK2", &pin(PIN)).unwrap();
            assert_eq!(other.keys().unwrap(), []);
            drop(other);

            // Out and in again, and nobody looked: the login is gone all the same.
            machine.does(&["insert", "SK1"]);
            let session = driver.login("SK1", &pin(PIN)).unwrap();
            machine.does(&["eject", "SK1"]);
            machine.does(&["insert", "SK1"]);
            assert_eq!(
                session.sign_sha256(b"1", &[3; 32]),
                Err(TokenError::Removed)
            );
            drop(session);
            let session = driver.login("SK1", &pin(PIN)).unwrap();
            session.sign_sha256(b"1", &[3; 32]).unwrap();
            drop(session);

            machine.does(&["eject", "SK1"]);
            machine.does(&["eject", "SK2"]);
            assert_eq!(driver.present(), []);
            assert_eq!(refused(driver.login("SK1", &pin(PIN))), TokenError::NoToken);
        },
    );
}

#[test]
fn one_login_at_a_time_and_reading_beside_it() {
    alone(
        "soft::one_login_at_a_time_and_reading_beside_it",
        |machine| {
            machine.key("SK1");
            machine.key("SK2");
            let driver = driver(&["soft"]);
            let session = driver.login("SK1", &pin(PIN)).unwrap();
            assert_eq!(refused(driver.login("SK1", &pin(PIN))), TokenError::Busy);
            assert_eq!(refused(driver.login("SK2", &pin(PIN))), TokenError::Busy);
            assert_eq!(
                driver.set_user_pin("SK2", &pin(SO_PIN), &pin(PIN)),
                Err(TokenError::Busy)
            );
            assert_eq!(
                driver.initialise("SK1", &pin(SO_PIN), "x"),
                Err(TokenError::Busy)
            );
            assert_eq!(driver.present().len(), 2);
            assert!(driver.certificates("SK2").unwrap().is_empty());
            // All that did not end it.
            session
                .generate_key_pair(Purpose::Sign, b"1", "signing")
                .unwrap();
            drop(session);
            let other = driver.login("SK2", &pin(PIN)).unwrap();
            assert_eq!(other.keys().unwrap(), []);
        },
    );
}

#[test]
fn a_full_key_says_so_and_goes_on_when_something_is_deleted() {
    alone(
        "soft::a_full_key_says_so_and_goes_on_when_something_is_deleted",
        |machine| {
            machine.does(&[
                "new", "--medium", "cpp", "--serial", "SK1", "--pin", PIN, "--so-pin", SO_PIN,
                "--room", "60000",
            ]);
            let driver = driver(&["soft"]);
            let free = driver.present()[0].free_memory.unwrap();
            assert!((1000..60_000).contains(&free), "{free}");
            let session = driver.login("SK1", &pin(PIN)).unwrap();
            let mut written = 0;
            let full = loop {
                let label = format!("data-{written}");
                match session.write_data("sealkey", &label, &[1; 8000]) {
                    Ok(()) => written += 1,
                    Err(error) => break error,
                }
                assert!(written < 20, "it is never full");
            };
            assert_eq!(full, TokenError::Full);
            assert!(written > 0);
            assert!(driver.present()[0].free_memory.unwrap() < 9100);
            while session
                .write_data("sealkey", &format!("rest-{written}"), &[2; 500])
                .is_ok()
            {
                written += 1;
                assert!(written < 200, "it is never full");
            }
            assert_eq!(
                session.generate_key_pair(Purpose::Sign, b"1", "signing"),
                Err(TokenError::Full)
            );
            assert_eq!(session.keys().unwrap(), []);
            for data in driver.data("SK1").unwrap() {
                session.delete_data("sealkey", &data.label).unwrap();
            }
            session
                .generate_key_pair(Purpose::Sign, b"1", "signing")
                .unwrap();
        },
    );
}

#[test]
fn what_another_program_did_to_a_key_is_seen() {
    alone(
        "soft::what_another_program_did_to_a_key_is_seen",
        |machine| {
            machine.key("SK1");
            let driver = driver(&["soft"]);
            drop(driver.login("SK1", &pin(PIN)).unwrap());
            machine.does(&["lock", "SK1"]);
            assert_eq!(driver.present()[0].tries, Tries::Locked);
            assert_eq!(
                refused(driver.login("SK1", &pin(PIN))),
                TokenError::PinLocked
            );
            let list = machine.run(&["list"]);
            assert!(String::from_utf8_lossy(&list.stdout).contains("in, locked"));
        },
    );
}

#[test]
fn a_key_whose_clock_cannot_be_read_is_listed_and_hides_no_other() {
    alone(
        "soft::a_key_whose_clock_cannot_be_read_is_listed_and_hides_no_other",
        |machine| {
            machine.key("SK1");
            machine.key("SK2");
            std::fs::write(machine.0.join("SK1.clock"), "").unwrap();
            let driver = driver(&["soft"]);
            let present = driver.present();
            assert_eq!(present.len(), 2);
            let odd = present.iter().find(|key| key.serial.is_empty()).unwrap();
            assert_eq!((odd.initialised, odd.pin_set), (None, None));
            assert_eq!((odd.tries, odd.medium), (Tries::Unknown, None));
            assert_eq!(refused(driver.login("SK1", &pin(PIN))), wrong("SK1"));
            driver.login("SK2", &pin(PIN)).unwrap();
        },
    );
}

#[test]
fn a_missing_or_broken_module_is_named_and_hides_no_other() {
    alone(
        "soft::a_missing_or_broken_module_is_named_and_hides_no_other",
        |machine| {
            machine.key("SK1");
            let missing = machine.0.join("libmissing.so");
            let broken = machine.0.join("libbroken.so");
            std::fs::write(&broken, "this is no module").unwrap();
            let other = |name: &str, path: &PathBuf| {
                let mut profile = profiles(&["soft"]).remove(0);
                name.clone_into(&mut profile.name);
                profile.module.linux = Some(path.clone());
                profile
            };

            let alone = Pkcs11Driver::new(vec![other("missing", &missing)]);
            assert_eq!(alone.present(), []);
            assert_eq!(
                refused(alone.login("SK1", &pin(PIN))),
                TokenError::NoModule(missing.clone())
            );
            let alone_broken = Pkcs11Driver::new(vec![other("broken", &broken)]);
            assert_eq!(
                alone_broken.certificates("SK1").unwrap_err(),
                TokenError::ModuleBroken(broken.clone())
            );
            // A program, and a library of something else: a procedural macro that cargo left here.
            let program = std::env::current_exe().unwrap();
            let library = std::fs::read_dir(program.parent().unwrap())
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .find(|path| {
                    let name = path.file_name().unwrap().to_string_lossy();
                    name.starts_with("libserde_derive-") && name.ends_with(".so")
                })
                .unwrap();
            for file in [program, library] {
                let driver = Pkcs11Driver::new(vec![other("broken", &file)]);
                assert_eq!(
                    driver.certificates("SK1").unwrap_err(),
                    TokenError::ModuleBroken(file)
                );
            }

            let mut all = vec![other("missing", &missing), other("broken", &broken)];
            all.extend(profiles(&["soft"]));
            let driver = Pkcs11Driver::new(all);
            driver.login("SK1", &pin(PIN)).unwrap();
            let states = driver.modules();
            assert_eq!(states[0].keys, Err(TokenError::NoModule(missing.clone())));
            assert_eq!(states[1].keys, Err(TokenError::ModuleBroken(broken)));
            assert_eq!(states[2].keys, Ok(1));
            drop(driver);

            // Installed while the agent runs.
            std::fs::copy(soft_token(), &missing).unwrap();
            alone.login("SK1", &pin(PIN)).unwrap();
        },
    );
}

#[test]
fn sealkey_token_refuses_what_it_cannot_do() {
    alone("soft::sealkey_token_refuses_what_it_cannot_do", |machine| {
        let refuses = |words: &[&str], why: &str| {
            let output = machine.run(words);
            assert!(!output.status.success(), "{words:?}");
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(said.contains(why), "{words:?}: {said}");
        };
        machine.key("SK1");
        refuses(&["new"], "--medium");
        refuses(&["new", "--medium", "cpp", "--serial", "SK1"], "already");
        refuses(&["new", "--medium", "cpp", "--serial", "../x"], "capitals");
        refuses(&["new", "--medium", "cpp", "--pin", "123"], "8 to 16 bytes");
        refuses(&["lock", "SK2"], "not there");
        refuses(&["eject", "SK2"], "no key SK2");
        refuses(&["list", "--blank"], "belongs to `new`");
        refuses(
            &["eject", "SK1", "--pin", PIN],
            "belongs to `new`, `request`",
        );
        refuses(&["new", "--medium", "cpp", "--keep"], "needs --serial");
        refuses(&["request", "SK1"], "wrong PIN");
        refuses(&["certify", "SK1", "--pin", PIN], "no certificate in PEM");
        refuses(&["melt"], "no command melt");
        // What was refused left nothing.
        let list = machine.run(&["list"]);
        assert_eq!(String::from_utf8_lossy(&list.stdout).lines().count(), 2);
        assert_eq!(machine.does(&["new", "--medium", "bjca"]), "SK-BJCA-000001");
    });
}

/// Who asks for a certificate and writes it, from outside, as the laptop's seed does.
#[test]
fn a_certificate_is_asked_for_and_written_by_command() {
    let name = "soft::a_certificate_is_asked_for_and_written_by_command";
    alone(name, |machine| {
        machine.key("SK1");
        let ask = || {
            let output = machine.run(&["request", "SK1", "--pin", PIN]);
            assert!(output.status.success(), "{output:?}");
            let request = CertReq::from_pem(&output.stdout).unwrap();
            let key = request.info.public_key.to_der().unwrap();
            let signature = DerSignature::from_bytes(request.signature.raw_bytes()).unwrap();
            VerifyingKey::from_public_key_der(&key)
                .unwrap()
                .verify(&request.info.to_der().unwrap(), &signature)
                .unwrap();
            key
        };
        // One certificate a key: it names the second in which it was made.
        let issue = |key: &[u8]| {
            let der = certificate(key, "company");
            encode_string("CERTIFICATE", LineEnding::LF, &der).unwrap()
        };
        let certify = |pem: &str| machine.run_with(&["certify", "SK1", "--pin", PIN], pem);
        let first = ask();
        let pem = issue(&first);
        let written = certify(&pem);
        assert!(written.status.success(), "{written:?}");
        // Another time writes the same.
        assert!(certify(&pem).status.success());
        let listed =
            || -> Value { serde_json::from_str(&machine.does(&["list", "--json"])).unwrap() };
        assert_eq!(
            listed(),
            json!([{"serial": "SK1", "medium": "cpp", "state": "in", "certificates": [pem]}])
        );

        // Asking anew makes another key pair, and what was issued for the first is of no use.
        let second = ask();
        assert_ne!(first, second);
        assert_eq!(listed()[0]["certificates"], json!([]));
        let refused = certify(&pem);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains("another key pair"), "{said}");
        assert!(certify(&issue(&second)).status.success());
        assert_eq!(listed()[0]["certificates"].as_array().unwrap().len(), 1);

        machine.does(&["eject", "SK1"]);
        assert_eq!(
            listed(),
            json!([{"serial": "SK1", "medium": "cpp", "state": "out", "certificates": []}])
        );
    });
}

/// The laptop's keys are made by a command that may be killed anywhere and comes again at each start.
#[test]
fn a_key_that_is_to_be_kept_is_finished_and_then_left_alone() {
    let name = "soft::a_key_that_is_to_be_kept_is_finished_and_then_left_alone";
    alone(name, |machine| {
        let keep = |serial: &str| {
            let words = [
                "new", "--keep", "--medium", "bjca", "--serial", serial, "--pin", PIN,
            ];
            assert_eq!(machine.does(&words), serial);
        };
        let driver = driver(&["soft"]);
        // Killed after it was added, and after it was initialised.
        machine.does(&["new", "--blank", "--medium", "bjca", "--serial", "SK1"]);
        machine.does(&["new", "--blank", "--medium", "bjca", "--serial", "SK2"]);
        driver.initialise("SK2", &pin("12345678"), "BJCA").unwrap();
        for serial in ["SK1", "SK2", "SK3"] {
            keep(serial);
            drop(driver.login(serial, &pin(PIN)).unwrap());
        }

        // A blank one stays blank, a locked one locked, one that is out is out.
        let blank = [
            "new", "--keep", "--blank", "--medium", "bjca", "--serial", "SK4",
        ];
        machine.does(&blank);
        machine.does(&blank);
        machine.does(&["lock", "SK1"]);
        keep("SK1");
        machine.does(&["eject", "SK2"]);
        keep("SK2");
        let list: Value = serde_json::from_str(&machine.does(&["list", "--json"])).unwrap();
        let states: Vec<_> = list
            .as_array()
            .unwrap()
            .iter()
            .map(|key| &key["state"])
            .collect();
        assert_eq!(states, ["locked", "out", "in", "blank"]);
    });
}

//! The list of certificates that do not count, with the `openssl` command as the one who reads it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

use adapters::ca::CRL_KEY;
use adapters::ports::{
    Certificates as _, Clock as _, Commit, IssuancePart, IssuanceRecord, IssueRequest,
    Objects as _, Orders as _, PortError, Transaction,
};
use adapters::registry::{self, CRL, CRL_MARKS, CrlNote, CrlWanted, KeyMove, restand_key};
use crl::{Ports, run};
use domain::certificate::{KeyPurpose, Validity};
use domain::ids::{LineNo, UnitNo};
use domain::key::CompanyKey;
use domain::order::{Event, EventKind, ExitWay, Order, transition};
use jiff::SignedDuration;
use serde_json::json;
use testkit::oracle::{Look, look};
use testkit::orders::{Point, by, company_key, key_with_seal, staff};
use testkit::pki;
use testkit::power::{Length, Moment, PowerCut};
use testkit::world::World;

fn ports(world: &World) -> Ports {
    Ports {
        registry: world.store.clone(),
        public: world.objects.clone(),
        lists: pki::lists(world.power.clone()),
        clock: world.clock.clone(),
    }
}

/// A certificate that was issued.
struct Issued {
    serial: String,
    pem: String,
}

/// The two certificates of a key of line 1, as function `ca` has them made: on record, signed, on the order.
async fn issue(world: &World, order: &Order, unit: u8) -> [Issued; 2] {
    let now = world.clock.now();
    let ca = pki::ca(PowerCut::never());
    let validity = Validity::from_now(now, 1).unwrap();
    let csr_pem = pki::request(unit, "nonce");
    let prepared = KeyPurpose::ALL.map(|purpose| {
        let mut serial = [0x40 | unit; 16];
        serial[1] = u8::from(purpose == KeyPurpose::Encrypt);
        ca.prepare(&IssueRequest {
            csr_pem: csr_pem.clone(),
            purpose,
            nonce: Some("nonce".to_owned()),
            subject: order.subject.clone(),
            validity,
            serial,
        })
        .unwrap()
    });
    let record = IssuanceRecord {
        order: order.id.clone(),
        line: LineNo(1),
        unit: UnitNo(unit),
        attempt: 1,
        parts: prepared.iter().map(IssuancePart::from).collect(),
        validity,
        created_at: now,
    };
    world.store.begin_issuance(&record).await.unwrap();
    let [sign, encrypt] = prepared;
    let mut issued = Vec::new();
    for prepared in [sign, encrypt] {
        let signed = ca.issue(prepared).await.unwrap();
        issued.push(Issued {
            serial: signed.serial,
            pem: signed.certificate_pem,
        });
    }
    let [sign, encrypt] = <[Issued; 2]>::try_from(issued).ok().unwrap();
    let kind = EventKind::CertificateIssued {
        line: LineNo(1),
        unit: UnitNo(unit),
        serial: sign.serial.clone(),
        validity,
    };
    happen(world, order, 3, kind).await;
    [sign, encrypt]
}

/// An event by a member of staff on the order as it is now.
async fn happen(world: &World, order: &Order, who: u32, kind: EventKind) {
    let order = world.store.load(&order.id).await.unwrap().unwrap();
    let event = Event {
        actor: by(staff(who)),
        kind,
    };
    let policy = world.policies.get(&order.storefront).unwrap();
    let change = transition(&order, &event, world.clock.now(), policy).unwrap();
    world.store.commit(&Commit::of(change)).await.unwrap();
}

/// The line is refunded: two people want it.
async fn refund(world: &World, order: &Order) {
    let line = LineNo(1);
    let asked = EventKind::ExitAsked {
        line,
        way: Box::new(ExitWay::Refund),
        reason: "不要了".to_owned(),
    };
    happen(world, order, 5, asked).await;
    happen(world, order, 6, EventKind::ExitAgreed { line }).await;
}

/// Reports the key of a certificate, and answers how much was written.
async fn suspend(world: &World, serial: &str) -> usize {
    let now = world.clock.now();
    let key = CompanyKey {
        certificate_serial: serial.to_owned(),
        ..company_key(1, "CPP1", now)
    };
    let writes = restand_key(world.registry(), &key, KeyMove::Suspend, now)
        .await
        .unwrap();
    let written = writes.len();
    let mut transaction = Transaction::new(now);
    transaction.writes = writes;
    world.registry().record(&transaction).await.unwrap();
    written
}

async fn ask(world: &World) {
    let mark = CrlWanted::again(world.clock.now());
    let transaction = Transaction::new(world.clock.now()).mark(&mark).unwrap();
    world.registry().record(&transaction).await.unwrap();
}

async fn marks(world: &World) -> usize {
    let marks: Vec<CrlWanted> = world.registry().load_all(CRL, CRL_MARKS).await.unwrap();
    marks.len()
}

async fn note(world: &World) -> CrlNote {
    let note = world.registry().load(&registry::crl_note()).await.unwrap();
    note.unwrap()
}

/// A folder of one test, with the chain and the list that is published.
struct Reader(PathBuf);

impl Reader {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("chain.pem"), pki::chain()).unwrap();
        Self(folder)
    }

    fn openssl(&self, words: &str) -> Output {
        Command::new("openssl")
            .args(words.split(' '))
            .current_dir(&self.0)
            .output()
            .unwrap()
    }

    async fn fetch(&self, world: &World) {
        let list = world
            .objects
            .read(CRL_KEY, 1_000_000)
            .await
            .unwrap()
            .unwrap();
        fs::write(self.0.join("ca.crl"), list).unwrap();
    }

    /// What openssl says of a certificate: with the list that was fetched, an hour from now.
    fn says(&self, world: &World, certificate: &Issued) -> String {
        fs::write(self.0.join("leaf.pem"), &certificate.pem).unwrap();
        let at = world.clock.now().as_second() + 3600;
        let output = self.openssl(&format!(
            "verify -attime {at} -x509_strict -crl_check -CAfile chain.pem -CRLfile ca.crl leaf.pem"
        ));
        let errors = String::from_utf8(output.stderr).unwrap();
        if output.status.success() {
            "good".to_owned()
        } else if errors.contains("certificate revoked") {
            "revoked".to_owned()
        } else {
            errors
        }
    }

    /// The list as openssl reads it, with its signature checked: its number, and reasons by serial numbers.
    fn list(&self) -> (u64, BTreeMap<String, String>) {
        let output = self.openssl("crl -inform DER -in ca.crl -noout -text -CAfile chain.pem");
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains("verify OK"), "{errors}");
        assert!(text.contains("Version 2 (0x1)"), "{text}");
        assert!(text.contains("X509v3 Authority Key Identifier"), "{text}");
        let after = |what: &str| {
            let mut lines = text.lines().skip_while(|line| !line.contains(what));
            lines.nth(1).unwrap().trim().to_owned()
        };
        let mut entries = BTreeMap::new();
        let mut serial = String::new();
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if let Some(number) = line.strip_prefix("Serial Number: ") {
                number.to_lowercase().clone_into(&mut serial);
            } else if line == "X509v3 CRL Reason Code:" {
                entries.insert(serial.clone(), lines.next().unwrap().to_owned());
            }
        }
        let number = after("X509v3 CRL Number").parse().unwrap();
        self.asn1crypto_agrees(number, &entries);
        (number, entries)
    }

    /// The same, read by another program.
    fn asn1crypto_agrees(&self, number: u64, entries: &BTreeMap<String, String>) {
        let list = fs::read(self.0.join("ca.crl")).unwrap();
        let said = look(Look::Crl(&list, pki::chain())).unwrap();
        let reasons: BTreeMap<&str, String> = entries
            .iter()
            .map(|(serial, reason)| {
                let reason = reason.to_lowercase().replace(' ', "_");
                (serial.as_str(), reason)
            })
            .collect();
        assert_eq!(said, json!({"number": number, "entries": reasons}));
        let mut forged = list;
        *forged.last_mut().unwrap() ^= 1;
        assert!(look(Look::Crl(&forged, pki::chain())).is_err());
    }
}

#[tokio::test]
async fn openssl_agrees_on_good_held_and_revoked() {
    let world = World::new().await;
    let ports = ports(&world);
    let reader = Reader::new("crl_verify");
    let order = world
        .order(1, &[(key_with_seal(), 2)], Point::Approved)
        .await;
    let [sign, encrypt] = issue(&world, &order, 1).await;
    let [other, _] = issue(&world, &order, 2).await;
    assert_eq!(run(&ports).await.unwrap(), None, "nobody wants one");

    // The first list of all is empty, and counts.
    ask(&world).await;
    assert_eq!(run(&ports).await.unwrap(), Some(1));
    reader.fetch(&world).await;
    assert_eq!(reader.list(), (1, BTreeMap::new()));
    for certificate in [&sign, &encrypt, &other] {
        assert_eq!(reader.says(&world, certificate), "good");
    }
    for (certificate, usage) in [
        (&sign, json!(["digital_signature", "non_repudiation"])),
        (&encrypt, json!(["key_agreement"])),
    ] {
        let said = look(Look::Certificate(&certificate.pem, pki::chain())).unwrap();
        assert_eq!(said["serial"], json!(certificate.serial));
        assert_eq!(said["usage"], usage);
        let subject = said["subject"].to_string();
        assert!(subject.contains(&order.subject.company_name), "{subject}");
    }

    // Reported lost by its signing certificate: the other one of the token follows.
    suspend(&world, &sign.serial).await;
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(run(&ports).await.unwrap(), Some(2));
    reader.fetch(&world).await;
    let held = "Certificate Hold".to_owned();
    let both = [&sign, &encrypt].map(|it| (it.serial.clone(), held.clone()));
    assert_eq!(reader.list(), (2, both.clone().into()));
    assert_eq!(reader.says(&world, &sign), "revoked");
    assert_eq!(reader.says(&world, &encrypt), "revoked");
    assert_eq!(reader.says(&world, &other), "good");
    assert_eq!(suspend(&world, &sign.serial).await, 0);

    // Its line ends: everything issued for it does.
    refund(&world, &order).await;
    assert_eq!(run(&ports).await.unwrap(), Some(3));
    assert_eq!(marks(&world).await, 0);
    reader.fetch(&world).await;
    let (_, entries) = reader.list();
    assert_eq!(entries.len(), 4);
    assert!(
        entries
            .values()
            .all(|reason| reason == "Cessation Of Operation")
    );
    assert_eq!(reader.says(&world, &other), "revoked");
    assert_eq!(suspend(&world, "00").await, 0, "none of ours");
    assert_eq!(run(&ports).await.unwrap(), None);
}

#[tokio::test]
async fn what_ended_stands_on_one_more_list() {
    let world = World::new().await;
    let ports = ports(&world);
    let reader = Reader::new("crl_ended");
    let order = world
        .order(1, &[(key_with_seal(), 1)], Point::Approved)
        .await;
    let [sign, _] = issue(&world, &order, 1).await;
    suspend(&world, &sign.serial).await;
    for (hours, entries) in [(0, 2), (365 * 24 + 1, 2), (24, 0)] {
        world.clock.advance(SignedDuration::from_hours(hours));
        ask(&world).await;
        run(&ports).await.unwrap().unwrap();
        reader.fetch(&world).await;
        assert_eq!(reader.list().1.len(), entries, "{hours}");
    }
}

/// A key whose line has ended gets no certificate, and what is begun at the same moment is revoked.
#[tokio::test]
async fn nothing_is_issued_for_what_has_ended() {
    let world = World::new().await;
    let order = world
        .order(1, &[(key_with_seal(), 2)], Point::Approved)
        .await;
    let [sign, _] = issue(&world, &order, 1).await;
    refund(&world, &order).await;
    let record = world
        .store
        .issuance(&order.id, LineNo(1), UnitNo(1), 1)
        .await
        .unwrap()
        .unwrap();
    let mut late = IssuanceRecord {
        unit: UnitNo(2),
        ..record
    };
    for part in &mut late.parts {
        part.serial.replace_range(0..2, "4f");
    }
    let refused = world.store.begin_issuance(&late).await;
    assert!(matches!(refused, Err(PortError::Conflict)), "{refused:?}");
    assert_eq!(suspend(&world, &sign.serial).await, 0);
}

/// A world in which one list is published and a key was reported since: its certificates.
async fn reported(power: Arc<PowerCut>) -> (World, [Issued; 2]) {
    let world = World::with_power(power).await;
    let order = world
        .order(1, &[(key_with_seal(), 1)], Point::Approved)
        .await;
    let issued = issue(&world, &order, 1).await;
    ask(&world).await;
    assert_eq!(run(&ports(&world)).await.unwrap(), Some(1));
    suspend(&world, &issued[0].serial).await;
    (world, issued)
}

/// The power goes out at every write, before and after it: afterwards a list is published that has everything, its
/// number is larger than any before, and no mark is left.
#[tokio::test]
async fn a_power_cut_never_loses_a_revocation() {
    let (world, _) = reported(PowerCut::never()).await;
    let first = world.power.writes() + 1;
    let mut again = 0;
    for moment in [Moment::Before, Moment::After] {
        for number in first.. {
            let power = PowerCut::at(number, moment, Length::Outage);
            let (world, issued) = reported(power).await;
            let came = run(&ports(&world)).await;
            if world.power.struck().is_none() {
                assert_eq!(came.unwrap(), Some(2));
                assert_eq!(number, first + 4, "number, signature, list, note");
                break;
            }
            came.unwrap_err();
            world.power.restore();
            let before = note(&world).await;
            match run(&ports(&world)).await.unwrap() {
                Some(number) => {
                    assert!(number > before.taken);
                    again += 1;
                }
                None => assert_eq!(before.issued, 2, "only its answer was lost"),
            }
            assert_eq!(marks(&world).await, 0);
            let reader = Reader::new(&format!("crl_power_{number}_{moment:?}"));
            reader.fetch(&world).await;
            let (on_list, entries) = reader.list();
            assert_eq!(on_list, note(&world).await.issued);
            let serials: Vec<String> = entries.into_keys().collect();
            assert_eq!(serials, issued.map(|issued| issued.serial));
        }
    }
    assert_eq!(again, 7);
}

/// Six runs at once, on as many changes: the last word is the newest list with everything on it.
#[tokio::test]
async fn of_runs_at_once_none_publishes_an_older_list_over_a_newer_one() {
    let world = World::new().await;
    let reader = Reader::new("crl_at_once");
    let order = world
        .order(1, &[(key_with_seal(), 6)], Point::Approved)
        .await;
    let mut runs = Vec::new();
    let mut serials = Vec::new();
    for unit in 1..=6 {
        let [sign, encrypt] = issue(&world, &order, unit).await;
        suspend(&world, &sign.serial).await;
        serials.extend([sign.serial, encrypt.serial]);
        let ports = ports(&world);
        runs.push(tokio::spawn(async move { run(&ports).await }));
        tokio::task::yield_now().await;
    }
    for run in runs {
        // Who was overtaken every time leaves it to the next.
        let _ = run.await.unwrap();
    }
    ask(&world).await;
    let last = run(&ports(&world)).await.unwrap().unwrap();
    reader.fetch(&world).await;
    let (number, entries) = reader.list();
    serials.sort();
    assert_eq!(
        (number, entries.into_keys().collect::<Vec<_>>()),
        (last, serials)
    );
    assert_eq!(marks(&world).await, 0);
}

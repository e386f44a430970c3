//! A cloud for one desk and its keys: it verifies each call as the real one does, keeps books, and fails when told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use adapters::ports::IssueRequest;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::agent::{
    AT_DESK, Act, AgentView, Assigned, AtDesk, CALL, Call, Claim, Enrol, Enrolled, Evidence,
    Hindered, KeyCertificates, KeyMade, KeySeal, KeySecrets, Making, MakingView,
    RequestCertificates, RequestRenewal, RequestSeal, SO_PIN_LENGTH, ScrapKey, SealedText, Serving,
    SoPins, TICKET, TRANSPORT_PIN_LENGTH, TakeKey, TakeSoPins, TakeTransportPin, Ticket,
    confirmation_code, confirmed, consent, possession, sealed_for,
};
use contract::error::{ErrorCode, Language, Problem};
use contract::secret::Secret;
use domain::catalog::Medium;
use domain::certificate::{KeyPurpose, Subject, Validity};
use domain::ids::{DeskId, LineNo, OperationId, OrderId, UnitNo};
use domain::operation::{KeyRead, Obstacle, OperationState, Verb};
use domain::stock::ScrapReason;
use jiff::Timestamp;
use jws::{Parts, PublicKey, Unsigned};
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{DerSignature, SigningKey, VerifyingKey};
use p256::pkcs8::DecodePublicKey as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::pki;
use testkit::power::PowerCut;
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, DecodePem as _, Encode as _};

pub const SITE: &str = "https://keys.example.cn";
pub const NOW: &str = "2026-11-01T02:00:00Z";

/// A key of a line.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    pub attempt: u32,
    pub serial: Option<String>,
    /// Was it made before, and waits for its carried year?
    pub carried: bool,
    pub made: bool,
    /// Requests that certificates were issued on, by attempt.
    pub issued: Vec<(u32, String, KeyCertificates)>,
}

/// What an agent is answered that asks for an e-seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealing {
    /// One for its certificate.
    Good,
    /// That the key has none.
    Nothing,
    /// One that its maker did not sign so.
    Damaged,
    /// One for another certificate.
    OfAnother,
}

#[derive(Debug)]
pub struct Operation {
    pub ticket: Ticket,
    pub holder: Option<PublicKey>,
    pub state: OperationState,
    pub told: Vec<Option<Obstacle>>,
    pub units: Vec<Unit>,
    pub scrapped: Vec<(String, ScrapReason)>,
    pub evidence: Vec<Evidence>,
    /// The request for a further term, and what was issued for it.
    pub renewed: Option<(RequestRenewal, KeyCertificates)>,
    /// How often its certificates were asked for.
    pub asked: u32,
    /// Was the code typed that the agent shows?
    pub confirmed: bool,
    /// How often SO PINs were released to it.
    pub released: u32,
    /// What it answers who asks for an e-seal.
    pub sealing: Sealing,
    /// What was sealed: the certificate that signs, PEM, and the seal.
    pub seals: Vec<(String, KeySeal)>,
    enrolled: Option<(String, Enrolled)>,
}

/// When a call gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// It was not heard.
    Call(u32),
    /// It was done, and nobody was told.
    Answer(u32),
}

/// Which SO PIN a key has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Epoch {
    pub number: u32,
    /// Was the next one released, so that it may be in force?
    pub releasing: bool,
}

#[derive(Default)]
pub struct Books {
    pub operations: HashMap<String, Operation>,
    pub desks: HashMap<String, PublicKey>,
    /// Serial numbers of blank keys.
    pub blank: Vec<String>,
    /// Calls so far.
    pub calls: u32,
    pub lost: Option<Lost>,
    /// The answer to the next call of an act.
    pub refuse: Option<(Act, ErrorCode)>,
    /// Every secret that was ever given out.
    pub given: Vec<String>,
    /// Which SO PIN a key has, and whether the next one was released meanwhile; none means the first, and no.
    pub epochs: HashMap<String, Epoch>,
    number: u64,
}

pub struct Cloud {
    pub books: Mutex<Books>,
    pub address: String,
    key: SigningKey,
}

/// A secret of a key: letters and digits as the real ones have.
fn secret(what: &str, length: usize) -> String {
    Sha256::digest(what.as_bytes())
        .iter()
        .take(length)
        .map(|byte| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::from(byte % 32)]))
        .collect()
}

pub fn so_pin(serial: &str) -> String {
    secret(&format!("so {serial}"), SO_PIN_LENGTH)
}

/// The SO PIN that a key has after so many unlocks.
pub fn so_pin_of(serial: &str, epoch: u32) -> String {
    match epoch {
        0 => so_pin(serial),
        epoch => secret(&format!("so {serial} {epoch}"), SO_PIN_LENGTH),
    }
}

pub fn transport_pin(serial: &str) -> String {
    secret(&format!("transport {serial}"), TRANSPORT_PIN_LENGTH)
}

pub fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// Certificates for a request, of a company.
pub async fn issued(request: &str, nonce: &str, number: u8) -> Option<KeyCertificates> {
    issued_for(request, nonce, number, Validity::from_now(now(), 1)?).await
}

/// The same, for another time.
pub async fn issued_for(
    request: &str,
    nonce: &str,
    number: u8,
    validity: Validity,
) -> Option<KeyCertificates> {
    let ca = pki::ca(PowerCut::never());
    let mut both = Vec::new();
    for (purpose, first) in [(KeyPurpose::Sign, 0x20), (KeyPurpose::Encrypt, 0x30)] {
        let wanted = IssueRequest {
            csr_pem: request.to_owned(),
            purpose,
            nonce: Some(nonce.to_owned()),
            subject: Subject {
                company_name: "某某有限公司".to_owned(),
                credit_code: "91350100M000100Y43".to_owned(),
            },
            validity,
            serial: [first | (number & 0x0f); 16],
        };
        let signed = ca.issue(ca.prepare(&wanted).ok()?).await.ok()?;
        both.push(signed.certificate_pem);
    }
    let encrypt = both.pop()?;
    Some(KeyCertificates {
        sign: both.pop()?,
        encrypt,
        chain: pki::chain().to_owned(),
    })
}

fn seal(
    operation: &OperationId,
    serial: &str,
    to: &str,
    secrets: &impl Serialize,
) -> Result<SealedText, ErrorCode> {
    let text = serde_json::to_vec(secrets).unwrap();
    let sealed = sealed::seal(to, &sealed_for(operation, serial), &text)
        .map_err(|_| ErrorCode::MalformedRequest)?;
    Ok(SealedText {
        enc: sealed.enc,
        text: sealed.text,
    })
}

/// Whether a key really is there.
fn shows(ticket: &Ticket, evidence: &Evidence, must_be: Option<&str>) -> Result<(), ErrorCode> {
    let der = STANDARD.decode(&evidence.certificate).unwrap();
    if let Some(pem) = must_be {
        let meant = Certificate::from_pem(pem).unwrap().to_der().unwrap();
        if meant != der {
            return Err(ErrorCode::NoPossession);
        }
    }
    let message = possession(
        &ticket.operation,
        &ticket.nonce,
        &evidence.serial,
        &evidence.certificate,
    );
    let signature = evidence.signature.as_deref();
    signed(
        &evidence.certificate,
        &message,
        signature.ok_or(ErrorCode::NoPossession)?,
    )
}

/// Did the key of a certificate sign this?
fn signed(certificate: &str, message: &[u8], signature: &str) -> Result<(), ErrorCode> {
    let der = STANDARD.decode(certificate).unwrap();
    let certificate = Certificate::from_der(&der).map_err(|_| ErrorCode::UnknownIssuer)?;
    let spki = certificate.tbs_certificate().subject_public_key_info();
    let key = VerifyingKey::from_public_key_der(&spki.to_der().unwrap()).unwrap();
    let signature = STANDARD.decode(signature).unwrap();
    let signature = DerSignature::from_bytes(&signature).map_err(|_| ErrorCode::NoPossession)?;
    key.verify_prehash(&Sha256::digest(message), &signature)
        .map_err(|_| ErrorCode::NoPossession)
}

impl Operation {
    fn view(&self) -> MakingView {
        MakingView {
            state: self.state,
            of: u8::try_from(self.units.len()).unwrap(),
            made: u8::try_from(self.units.iter().filter(|unit| unit.made).count()).unwrap(),
        }
    }

    fn answer(&self, read: Option<KeyRead>, code: Option<&str>) -> AgentView {
        AgentView {
            operation: self.ticket.operation.clone(),
            state: self.state,
            now: now().as_second(),
            read,
            login_code: code.map(Secret::new),
        }
    }

    fn unit(&mut self, serial: &str) -> Option<(usize, &mut Unit)> {
        let mut units = self.units.iter_mut().enumerate();
        units.find(|(_, unit)| unit.serial.as_deref() == Some(serial) && unit.is_of_this())
    }

    fn live(&self) -> Result<(), ErrorCode> {
        match self.state {
            OperationState::Claimed => Ok(()),
            _ => Err(ErrorCode::OperationEnded),
        }
    }
}

impl Unit {
    fn is_of_this(&self) -> bool {
        !self.carried || self.attempt > 1
    }
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap()
}

type Said = Result<Value, ErrorCode>;

impl Books {
    fn operation(&mut self, id: &OperationId) -> Result<&mut Operation, ErrorCode> {
        self.operations
            .get_mut(id.as_str())
            .ok_or(ErrorCode::NotTheHolder)
    }

    fn at_desk(&self, desk: &DeskId, proof: &str, id: &OperationId, key: &str) -> bool {
        let Some(known) = self.desks.get(desk.as_str()) else {
            return false;
        };
        let says: AtDesk = Parts::of(proof, AT_DESK)
            .and_then(|parts| parts.verified(std::slice::from_ref(known)))
            .unwrap();
        says.operation == *id && says.key == key
    }

    fn claim(&mut self, id: &OperationId, claim: &Claim) -> Said {
        let desk = claim.desk.clone();
        let at_desk = desk.is_some_and(|at| self.at_desk(&at.desk, &at.proof, id, &claim.key));
        let operation = self.operation(id)?;
        if operation.ticket.verb == Verb::Make && !at_desk {
            return Err(ErrorCode::DeskUnknown);
        }
        let key: PublicKey = claim.key.parse().unwrap();
        match &operation.holder {
            Some(holder) if *holder != key => return Err(ErrorCode::TicketTaken),
            Some(_) => {}
            None if operation.ticket.expires_at <= now().as_second() => {
                return Err(ErrorCode::TicketExpired);
            }
            None => {
                operation.holder = Some(key);
                operation.state = OperationState::Claimed;
            }
        }
        Ok(json(&operation.answer(None, None)))
    }

    fn hindered(&mut self, id: &OperationId, says: &Hindered) -> Said {
        let operation = self.operation(id)?;
        operation.told.push(says.by);
        Ok(json(&operation.answer(None, None)))
    }

    fn evidence(&mut self, id: &OperationId, says: &Evidence) -> Said {
        let operation = self.operation(id)?;
        let renewed = operation.renewed.as_ref().map(|(_, issued)| &issued.sign);
        if operation.ticket.verb == Verb::Renew && renewed.is_none() {
            return Err(ErrorCode::NoPossession);
        }
        shows(&operation.ticket, says, renewed.map(String::as_str))?;
        if operation.state == OperationState::RolledBack {
            return Err(ErrorCode::OperationEnded);
        }
        operation.state = OperationState::Done;
        operation.evidence.push(says.clone());
        let read = KeyRead {
            serial: says.serial.clone(),
            medium: Medium::Cpp,
            certificate_serial: "01".to_owned(),
            not_after: now(),
            without_pin: false,
        };
        let login = operation.ticket.verb == Verb::Login;
        let unlocked = operation.ticket.verb == Verb::Unlock;
        let answer = operation.answer(Some(read), login.then_some("the-code"));
        if let Some(epoch) = self.epochs.get_mut(&says.serial)
            && unlocked
            && epoch.releasing
        {
            epoch.number += 1;
            epoch.releasing = false;
        }
        Ok(json(&answer))
    }

    fn give_up(&mut self, id: &OperationId) -> Said {
        let operation = self.operation(id)?;
        operation.live()?;
        let begun = |unit: &Unit| unit.is_of_this() && unit.serial.is_some() && !unit.made;
        if operation.units.iter().any(begun) {
            return Err(ErrorCode::KeyBegun);
        }
        assert!(operation.renewed.is_none(), "given up, and issued");
        operation.state = OperationState::RolledBack;
        Ok(json(&operation.answer(None, None)))
    }

    fn enrol(&mut self, id: &OperationId, says: &Enrol) -> Said {
        let number = self.desks.len();
        let operation = self.operation(id)?;
        let key: PublicKey = says.key.parse().unwrap();
        let proof: AtDesk = Parts::of(&says.proof, AT_DESK)
            .and_then(|parts| parts.verified(std::slice::from_ref(&key)))
            .map_err(|_| ErrorCode::NotTheHolder)?;
        let holder = operation.holder.as_ref().unwrap().to_string();
        assert_eq!((proof.operation, proof.key), (id.clone(), holder));
        if let Some((with, enrolled)) = &operation.enrolled {
            return if *with == says.key {
                Ok(json(enrolled))
            } else {
                Err(ErrorCode::OperationEnded)
            };
        }
        operation.live()?;
        let enrolled = Enrolled {
            desk: DeskId::from_ulid(&format!("{number:026}")),
            name: operation.ticket.desk.clone().unwrap(),
        };
        operation.enrolled = Some((says.key.clone(), enrolled.clone()));
        operation.state = OperationState::Done;
        self.desks.insert(enrolled.desk.as_str().to_owned(), key);
        Ok(json(&enrolled))
    }

    fn take(&mut self, id: &OperationId, says: &TakeKey) -> Said {
        let at = self.blank.iter().position(|one| *one == says.serial);
        let operation = self.operation(id)?;
        operation.live()?;
        let medium = operation.ticket.making.as_ref().unwrap().medium;
        if says.medium.is_some_and(|is| is != medium) {
            return Err(ErrorCode::KeyOfOtherMedium);
        }
        let place = match operation.unit(&says.serial) {
            Some((_, unit)) if unit.made => return Err(ErrorCode::KeyNotBlank),
            Some((place, _)) => place,
            None => {
                let carried = operation
                    .units
                    .iter()
                    .position(|unit| unit.carried && unit.serial.as_ref() == Some(&says.serial));
                let begun = |unit: &Unit| unit.is_of_this() && unit.serial.is_some() && !unit.made;
                if operation.units.iter().any(begun) {
                    return Err(ErrorCode::KeyBegun);
                }
                let open = operation
                    .units
                    .iter()
                    .position(|unit| unit.serial.is_none());
                let place = match (carried, at) {
                    (Some(place), _) => place,
                    (None, None) => return Err(ErrorCode::KeyNotBlank),
                    (None, Some(_)) => open.ok_or(ErrorCode::NothingToMake)?,
                };
                let unit = &mut operation.units[place];
                unit.attempt += 1;
                unit.serial = Some(says.serial.clone());
                place
            }
        };
        let unit = operation.units[place].clone();
        let secrets = KeySecrets {
            so_pin: (!unit.carried).then(|| Secret::new(so_pin(&says.serial))),
            transport_pin: Secret::new(transport_pin(&says.serial)),
        };
        if let Some(at) = at {
            self.blank.remove(at);
        }
        self.given.push(transport_pin(&says.serial));
        self.given.push(so_pin(&says.serial));
        Ok(json(&Assigned {
            unit: UnitNo(u8::try_from(place).unwrap() + 1),
            attempt: unit.attempt,
            blank: !unit.carried,
            label: "某公司 1".to_owned(),
            secrets: seal(id, &says.serial, &says.seal_to, &secrets)?,
        }))
    }

    /// What is to be issued; none when it was.
    fn wanted(
        &mut self,
        id: &OperationId,
        says: &RequestCertificates,
    ) -> Result<Result<KeyCertificates, String>, ErrorCode> {
        let operation = self.operation(id)?;
        let nonce = operation.ticket.nonce.clone();
        let (_, unit) = operation.unit(&says.serial).ok_or(ErrorCode::UnitGone)?;
        let attempt = unit.attempt;
        match unit.issued.iter().find(|(at, _, _)| *at == attempt) {
            Some((_, request, issued)) if *request == says.request => Ok(Ok(issued.clone())),
            Some(_) => Err(ErrorCode::CertificateAlreadyIssued),
            None => Ok(Err(nonce)),
        }
    }

    fn made(&mut self, id: &OperationId, says: &KeyMade) -> Said {
        let operation = self.operation(id)?;
        let ticket = operation.ticket.clone();
        let unit = operation.unit(&says.evidence.serial);
        let (_, unit) = unit.ok_or(ErrorCode::UnitGone)?;
        let attempt = unit.attempt;
        let issued = unit.issued.iter().find(|(at, _, _)| *at == attempt);
        let (_, _, issued) = issued.ok_or(ErrorCode::NoPossession)?;
        shows(&ticket, &says.evidence, Some(&issued.sign))?;
        unit.made = true;
        if operation.units.iter().all(|unit| unit.made) {
            operation.state = OperationState::Done;
        }
        Ok(json(&operation.view()))
    }

    fn scrap(&mut self, id: &OperationId, says: &ScrapKey) -> Said {
        let operation = self.operation(id)?;
        let known = operation.scrapped.iter();
        if !known.clone().any(|(serial, _)| *serial == says.serial) {
            let (_, unit) = operation.unit(&says.serial).ok_or(ErrorCode::UnitGone)?;
            unit.serial = None;
            operation.scrapped.push((says.serial.clone(), says.reason));
        }
        Ok(json(&operation.view()))
    }

    fn transport(&mut self, id: &OperationId, says: &TakeTransportPin) -> Said {
        let operation = self.operation(id)?;
        operation.live()?;
        if operation.ticket.key_serial.as_ref() != Some(&says.serial) {
            return Err(ErrorCode::WrongKey);
        }
        let secrets = KeySecrets {
            so_pin: None,
            transport_pin: Secret::new(transport_pin(&says.serial)),
        };
        self.given.push(transport_pin(&says.serial));
        Ok(json(&seal(id, &says.serial, &says.seal_to, &secrets)?))
    }
}

/// For a further term: did the key consent, and was anything issued before?
fn renewal(
    operation: &mut Operation,
    says: &RequestRenewal,
) -> Result<Option<KeyCertificates>, ErrorCode> {
    operation.live()?;
    let ticket = &operation.ticket;
    assert_eq!(ticket.verb, Verb::Renew);
    if ticket.key_serial.as_ref() != Some(&says.serial) {
        return Err(ErrorCode::WrongKey);
    }
    let digest = hex::encode(Sha256::digest(says.request.as_bytes()));
    let (id, nonce) = (&ticket.operation, &ticket.nonce);
    let message = consent(id, nonce, &says.serial, &says.certificate, &digest);
    signed(&says.certificate, &message, &says.signature)?;
    operation.asked += 1;
    match &operation.renewed {
        Some((before, issued)) if before.request == says.request => Ok(Some(issued.clone())),
        Some(_) => Err(ErrorCode::CertificateAlreadyIssued),
        None => Ok(None),
    }
}

impl Books {
    fn so_pins(&mut self, id: &OperationId, says: &TakeSoPins) -> Said {
        let operation = self.operation(id)?;
        operation.live()?;
        assert_eq!(operation.ticket.verb, Verb::Unlock);
        if operation.ticket.key_serial.as_ref() != Some(&says.serial) {
            return Err(ErrorCode::WrongKey);
        }
        if !operation.confirmed {
            return Err(ErrorCode::NotConfirmed);
        }
        operation.released += 1;
        let epoch = self.epochs.entry(says.serial.clone()).or_default();
        let old = so_pin_of(&says.serial, epoch.number);
        let next = so_pin_of(&says.serial, epoch.number + 1);
        let known = if epoch.releasing {
            vec![next.clone(), old.clone()]
        } else {
            vec![old.clone()]
        };
        epoch.releasing = true;
        self.given.extend([old, next.clone()]);
        let pins = SoPins {
            known: known.into_iter().map(Secret::new).collect(),
            next: Secret::new(next),
        };
        Ok(json(&seal(id, &says.serial, &says.seal_to, &pins)?))
    }
}

/// A call, once its operation's key has signed it.
fn heard<T: DeserializeOwned>(books: &Books, token: &str, act: Act) -> Result<Call<T>, ErrorCode> {
    let parts = Parts::of(token, CALL).map_err(|_| ErrorCode::MalformedRequest)?;
    let unbelieved: Call<Value> = parts.unverified().unwrap();
    assert_eq!(unbelieved.act, act);
    let operation = books.operations.get(unbelieved.operation.as_str());
    let operation = operation.ok_or(ErrorCode::NotTheHolder)?;
    let key = match (act, &operation.holder) {
        (Act::Claim, _) => unbelieved.says["key"].as_str().unwrap().parse().unwrap(),
        (_, Some(holder)) => holder.clone(),
        (_, None) => return Err(ErrorCode::NotTheHolder),
    };
    let call: Call<T> = parts
        .verified(&[key])
        .map_err(|_| ErrorCode::NotTheHolder)?;
    if (call.at - now().as_second()).abs() > contract::agent::CLOCK_SECONDS {
        return Err(ErrorCode::ClockWrong);
    }
    Ok(call)
}

const ACTS: [Act; 13] = [
    Act::Claim,
    Act::Hindered,
    Act::Evidence,
    Act::GiveUp,
    Act::Enrol,
    Act::TakeKey,
    Act::RequestCertificates,
    Act::KeyMade,
    Act::ScrapKey,
    Act::TakeTransportPin,
    Act::RequestRenewal,
    Act::TakeSoPins,
    Act::RequestSeal,
];

impl Cloud {
    pub async fn open() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cloud = Arc::new(Self {
            books: Mutex::default(),
            address: format!("http://{}/", listener.local_addr().unwrap()),
            key: SigningKey::from_slice(&[5; 32]).unwrap(),
        });
        let router = Router::new().fallback(answer).with_state(cloud.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        cloud
    }

    pub fn ticket_key(&self) -> PublicKey {
        PublicKey::from(&self.key)
    }

    /// A ticket: its operation, and the text in the fragment.
    pub fn ticket(&self, verb: Verb, more: impl FnOnce(&mut Ticket)) -> (OperationId, String) {
        let mut books = self.books.lock().unwrap();
        books.number += 1;
        let id = OperationId::from_ulid(&format!("{:026}", books.number));
        let mut ticket = Ticket {
            operation: id.clone(),
            verb,
            company: "某某有限公司".to_owned(),
            key_serial: None,
            making: None,
            serving: None,
            desk: None,
            nonce: format!("nonce-{}", books.number),
            site: SITE.to_owned(),
            issued_at: now().as_second(),
            expires_at: now().as_second() + 600,
        };
        more(&mut ticket);
        let kid = self.ticket_key().id();
        let text = Unsigned::new(TICKET, &kid, &ticket)
            .unwrap()
            .sign(&self.key);
        let operation = Operation {
            ticket,
            holder: None,
            state: OperationState::Offered,
            told: Vec::new(),
            units: Vec::new(),
            scrapped: Vec::new(),
            evidence: Vec::new(),
            renewed: None,
            asked: 0,
            confirmed: true,
            released: 0,
            sealing: Sealing::Good,
            seals: Vec::new(),
            enrolled: None,
        };
        books.operations.insert(id.as_str().to_owned(), operation);
        (id, text)
    }

    /// A ticket to make keys: so many new ones, or for a carried year of these.
    pub fn making(&self, of: u8, carried: &[&str]) -> (OperationId, String) {
        let (id, text) = self.ticket(Verb::Make, |ticket| {
            ticket.making = Some(Making {
                order: OrderId::new(now(), 1),
                line: LineNo(1),
                product: "某产品".to_owned(),
                medium: Medium::Cpp,
                of,
                onto_made: !carried.is_empty(),
            });
        });
        self.with(&id, |operation| {
            operation.units = (0..usize::from(of))
                .map(|place| match carried.get(place) {
                    Some(serial) => Unit {
                        attempt: 1,
                        serial: Some((*serial).to_owned()),
                        carried: true,
                        ..Unit::default()
                    },
                    None => Unit::default(),
                })
                .collect();
        });
        (id, text)
    }

    /// A ticket for what was bought for a key.
    pub fn serving(&self, verb: Verb, serial: &str) -> (OperationId, String) {
        self.ticket(verb, |ticket| {
            ticket.key_serial = Some(serial.to_owned());
            ticket.serving = Some(Serving {
                order: OrderId::new(now(), 1),
                line: LineNo(1),
                product: "某产品".to_owned(),
            });
        })
    }

    /// The code that the agent of an operation has to show.
    pub fn code(&self, id: &OperationId) -> String {
        self.with(id, |operation| {
            let holder = operation.holder.as_ref().unwrap().to_string();
            let text = confirmed(id, &operation.ticket.nonce, &holder);
            confirmation_code(&Sha256::digest(text).into())
        })
    }

    /// The SO PIN that a key has as far as the cloud knows.
    pub fn so_pin(&self, serial: &str) -> String {
        let epoch = self.books.lock().unwrap().epochs.get(serial).copied();
        let epoch = epoch.unwrap_or_default();
        assert!(!epoch.releasing, "nobody knows");
        so_pin_of(serial, epoch.number)
    }

    pub fn with<T>(&self, id: &OperationId, act: impl FnOnce(&mut Operation) -> T) -> T {
        act(self
            .books
            .lock()
            .unwrap()
            .operations
            .get_mut(id.as_str())
            .unwrap())
    }

    async fn certificates(&self, call: Call<RequestCertificates>) -> Said {
        let (id, says) = (call.operation, call.says);
        let asked = self.books.lock().unwrap().wanted(&id, &says)?;
        let nonce = match asked {
            Ok(there) => return Ok(json(&there)),
            Err(nonce) => nonce,
        };
        let number = u8::try_from(self.books.lock().unwrap().calls % 16).unwrap();
        let issued = issued(&says.request, &nonce, number).await;
        let issued = issued.ok_or(ErrorCode::BadCertificateRequest)?;
        self.with(&id, |operation| {
            let (_, unit) = operation.unit(&says.serial).unwrap();
            let attempt = unit.attempt;
            unit.issued.push((attempt, says.request, issued.clone()));
        });
        Ok(json(&issued))
    }

    async fn renewal(&self, call: Call<RequestRenewal>) -> Said {
        let (id, says) = (call.operation, call.says);
        let known = self.with(&id, |operation| renewal(operation, &says))?;
        if let Some(issued) = known {
            return Ok(json(&issued));
        }
        let nonce = self.with(&id, |operation| operation.ticket.nonce.clone());
        let number = u8::try_from(self.books.lock().unwrap().calls % 16).unwrap();
        let validity = Validity::from_now(now(), 2).unwrap();
        let issued = issued_for(&says.request, &nonce, number, validity).await;
        let issued = issued.ok_or(ErrorCode::BadCertificateRequest)?;
        self.with(&id, |operation| {
            operation.renewed = Some((says, issued.clone()));
        });
        Ok(json(&issued))
    }

    async fn seal(&self, call: Call<RequestSeal>) -> Said {
        let (id, says) = (call.operation, call.says);
        let (certificate, known) = self.with(&id, |operation| {
            operation.live()?;
            let renewed = operation.renewed.as_ref();
            let certificate = if let Some((_, issued)) = renewed {
                issued.sign.clone()
            } else {
                let (_, unit) = operation.unit(&says.serial).ok_or(ErrorCode::UnitGone)?;
                let attempt = unit.attempt;
                let issued = unit.issued.iter().find(|(at, _, _)| *at == attempt);
                issued.ok_or(ErrorCode::NotInThisState)?.2.sign.clone()
            };
            let known = operation.seals.iter().find(|(of, _)| *of == certificate);
            Ok::<_, ErrorCode>((certificate.clone(), known.map(|(_, seal)| seal.clone())))
        })?;
        if let Some(known) = known {
            return Ok(json(&known));
        }
        let kind = self.with(&id, |operation| operation.sealing);
        let number = u8::try_from(self.books.lock().unwrap().calls % 251).unwrap();
        let seal = testkit::seals::seal_for(&certificate, number).await;
        let seal = match kind {
            Sealing::Good => Some(seal),
            Sealing::Nothing => None,
            Sealing::Damaged => {
                let mut der = STANDARD.decode(seal).unwrap();
                der[60] ^= 1;
                Some(STANDARD.encode(der))
            }
            Sealing::OfAnother => {
                let other = issued(&pki::request(9, "n"), "n", 9).await.unwrap();
                Some(testkit::seals::seal_for(&other.sign, number).await)
            }
        };
        let seal = KeySeal { seal };
        if matches!(kind, Sealing::Damaged | Sealing::OfAnother) {
            return Ok(json(&seal));
        }
        self.with(&id, |operation| {
            operation.seals.push((certificate, seal.clone()));
        });
        Ok(json(&seal))
    }

    async fn said(&self, act: Act, token: &str) -> Said {
        macro_rules! call {
            ($method:ident) => {{
                let mut books = self.books.lock().unwrap();
                let call = heard(&books, token, act)?;
                books.$method(&call.operation, &call.says)
            }};
        }
        match act {
            Act::Claim => call!(claim),
            Act::Hindered => call!(hindered),
            Act::Evidence => call!(evidence),
            Act::Enrol => call!(enrol),
            Act::TakeKey => call!(take),
            Act::KeyMade => call!(made),
            Act::ScrapKey => call!(scrap),
            Act::TakeTransportPin => call!(transport),
            Act::TakeSoPins => call!(so_pins),
            Act::GiveUp => {
                let mut books = self.books.lock().unwrap();
                let call: Call<Value> = heard(&books, token, act)?;
                books.give_up(&call.operation)
            }
            Act::RequestCertificates => {
                let call = heard(&self.books.lock().unwrap(), token, act)?;
                self.certificates(call).await
            }
            Act::RequestSeal => {
                let call = heard(&self.books.lock().unwrap(), token, act)?;
                self.seal(call).await
            }
            Act::RequestRenewal => {
                let call = heard(&self.books.lock().unwrap(), token, act)?;
                self.renewal(call).await
            }
        }
    }
}

async fn answer(State(cloud): State<Arc<Cloud>>, uri: Uri, body: Bytes) -> Response {
    let path = uri.path().trim_start_matches('/');
    let Some(act) = ACTS.into_iter().find(|act| act.path() == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (lost, refuse) = {
        let mut books = cloud.books.lock().unwrap();
        // What hinders is told beside, at no moment of its own.
        if act != Act::Hindered {
            books.calls += 1;
        }
        let calls = books.calls;
        let lost = books.lost.filter(|lost| match lost {
            Lost::Call(at) | Lost::Answer(at) => *at == calls && act != Act::Hindered,
        });
        if lost.is_some() {
            books.lost = None;
        }
        let refuse = books.refuse.filter(|(at, _)| *at == act);
        if refuse.is_some() {
            books.refuse = None;
        }
        (lost, refuse.map(|(_, code)| code))
    };
    if let Some(Lost::Call(_)) = lost {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let said = match refuse {
        Some(code) => Err(code),
        None => cloud.said(act, std::str::from_utf8(&body).unwrap()).await,
    };
    if lost.is_some() {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    match said {
        Ok(value) => axum::Json(value).into_response(),
        Err(code) => {
            let problem = Problem {
                type_: format!("urn:sealkey:error:{}", code.as_str()),
                title: code.text(Language::En).to_owned(),
                status: code.status(),
                code,
                request_id: String::new(),
                detail: String::new(),
                retry_after: None,
                errors: Vec::new(),
            };
            let status = StatusCode::from_u16(code.status()).unwrap();
            let kind = [(header::CONTENT_TYPE, "application/problem+json")];
            (status, kind, json!(problem).to_string()).into_response()
        }
    }
}

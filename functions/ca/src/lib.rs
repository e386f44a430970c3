//! Function `ca`: issues the certificates of keys. The only function that may use the issuing CA's key.
//!
//! It reads the approved unit itself: subject and term come from the order, from the request only its
//! public keys. A renewal (R25, R26) is asked for by the key that is renewed: it signs the request. For one unit and attempt there is one record of issuance, written before anything is
//! signed. When the power goes out between record and signature, the next call signs the very same
//! to-be-signed part; between signature and order, it finds the certificate and moves the order.

use std::sync::Arc;

use adapters::ca::{Issuers, IssuingCa};
use adapters::kms::KmsSigner;
use adapters::ports::{
    CaError, CertificateAuthority, Certificates, Clock, IssuancePart, IssuanceRecord, IssueRequest,
    Orders, PortError, Prepared, Random, Registry,
};
use adapters::s3::Bucket;
use axum::Router;
use axum::extract::State;
use bytes::Bytes;
use contract::agent::{KeyCertificates, RequestCertificates, RequestRenewal, consent};
use contract::console::CertificateView;
use contract::error::{ErrorCode, FieldCode};
use domain::actor::{Actor, Duty};
use domain::certificate::{KeyPurpose, Validity};
use domain::ids::{LineNo, OrderId, UnitNo};
use domain::operation::{AskedBy, OperationState, Verb};
use domain::order::{Event, EventKind, LineStage, Order, UnitState};
use domain::policy::Policies;
use edge::ApiError;
use edge::agents::{heard, maker, signed_by};
use edge::api::{Api, Gate};
use edge::extract::{Json, Path, StaffMember};
use edge::keys::begin_service;
use edge::orders::advance;
use edge::real::{OsRandom, SystemClock};
use jiff::Timestamp;
use lambda_http::Error;
use sha2::{Digest as _, Sha256};

/// A request is a kilobyte; ten are more than any.
const LONGEST_CSR: usize = 10_000;

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Operations of desks' agents.
    pub registry: Arc<dyn Registry>,
    /// Records of issuance.
    pub certificates: Arc<dyn Certificates>,
    /// Whose certificates count: what is renewed is one of theirs.
    pub issuers: Arc<Issuers>,
    /// The CA.
    pub ca: Arc<dyn CertificateAuthority>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Serial numbers.
    pub random: Arc<dyn Random>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("ca")
        .operation("requestCertificates", request)
        .operation("requestRenewal", renew)
        .operation("getCertificate", show)
        .finish(gate, ports)
}

/// The function with its real ports.
///
/// # Errors
/// When the environment lacks something, or the chain of the CA is not in the public bucket: the root
/// ceremony puts it there.
pub async fn connect() -> Result<Router, Error> {
    let table = edge::wiring::table()?;
    let gate = edge::wiring::gate(&table)?;
    let config = edge::aws::sdk_config()?;
    let bucket = Bucket::connect(
        config,
        edge::config::required("PUBLIC_BUCKET")?,
        edge::aws::has_own_endpoint(),
    );
    let chain = adapters::ca::chain(&bucket).await?;
    let signer = Arc::new(KmsSigner::connect(
        config,
        edge::config::required("CA_KEY_ID")?,
    ));
    let ca = IssuingCa::new(
        &chain,
        &crl_url(&edge::config::required("SITE_URL")?),
        signer,
    )?;
    let ports = Ports {
        orders: table.clone(),
        registry: table.clone(),
        certificates: table,
        issuers: Arc::new(Issuers::new(&chain)?),
        ca: Arc::new(ca),
        policies: Arc::new(Policies::shipped()?),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
    };
    Ok(api(gate, ports)?)
}

/// Where the revocation list is read: plain http, for programs that check certificates often know no
/// other, and the list is signed anyway.
fn crl_url(site_url: &str) -> String {
    let site_url = site_url.trim_end_matches('/');
    let plain = site_url
        .strip_prefix("https://")
        .map_or_else(|| site_url.to_owned(), |rest| format!("http://{rest}"));
    format!("{plain}/pki/ca.crl")
}

fn bad_csr(error: CaError) -> ApiError {
    match error {
        CaError::BadRequest(why) => ApiError {
            fields: vec![("request".to_owned(), FieldCode::Invalid)],
            ..ApiError::new(ErrorCode::BadCertificateRequest).because(why)
        },
        CaError::Port(error) => error.into(),
    }
}

/// What is asked for.
struct Wanted {
    /// PKCS#10, PEM.
    csr: String,
    /// The nonce that it must name.
    nonce: String,
    /// From when to when.
    validity: Validity,
    /// May a new issuance begin? One that is on record is finished anyway.
    may_begin: bool,
}

/// The issuance of a unit's attempt, with every certificate signed: the one that is on record when it is of the same
/// keys, a new one when there is none.
async fn issuance(
    ports: &Ports,
    order: &Order,
    (line, unit): (LineNo, UnitNo),
    attempt: u32,
    wanted: Wanted,
    now: Timestamp,
) -> Result<IssuanceRecord, ApiError> {
    let validity = wanted.validity;
    let mut prepared = Vec::new();
    for purpose in KeyPurpose::ALL {
        let mut serial = [0u8; 16];
        ports.random.fill(&mut serial);
        serial[0] = (serial[0] & 0x7F) | 0x40;
        let request = IssueRequest {
            csr_pem: wanted.csr.clone(),
            purpose,
            nonce: Some(wanted.nonce.clone()),
            subject: order.subject.clone(),
            validity,
            serial,
        };
        prepared.push(ports.ca.prepare(&request).map_err(bad_csr)?);
    }
    let there = || ports.certificates.issuance(&order.id, line, unit, attempt);
    let record = match there().await? {
        Some(record) => record,
        None if !wanted.may_begin => return Err(ErrorCode::NotInThisState.into()),
        None => {
            let record = IssuanceRecord {
                order: order.id.clone(),
                line,
                unit,
                attempt,
                parts: prepared.iter().map(IssuancePart::from).collect(),
                validity,
                created_at: now,
            };
            match ports.certificates.begin_issuance(&record).await {
                Ok(()) => record,
                Err(PortError::Conflict) => there().await?.ok_or(ErrorCode::Unavailable)?,
                Err(error) => return Err(error.into()),
            }
        }
    };
    if !record.is_of(&prepared) {
        return Err(ErrorCode::CertificateAlreadyIssued.into());
    }
    finish(ports, record).await
}

/// The order knows of an issuance.
async fn told(
    ports: &Ports,
    order: &Order,
    record: &IssuanceRecord,
    actor: Actor,
    now: Timestamp,
) -> Result<Order, ApiError> {
    let certificate = signing(record)?;
    advance(&*ports.orders, &ports.policies, &order.id, now, |order| {
        let line = order.line(record.line).ok_or(ErrorCode::NotFound)?;
        let unit = line.unit(record.unit).ok_or(ErrorCode::NotFound)?;
        // Given up meanwhile: its certificates were revoked with it.
        if unit.attempt != record.attempt {
            return Err(ErrorCode::UnitGone.into());
        }
        if unit.certificate.is_some() {
            return Ok(None);
        }
        let kind = EventKind::CertificateIssued {
            line: record.line,
            unit: record.unit,
            serial: certificate.serial.clone(),
            validity: record.validity,
        };
        Ok(Some(Event {
            actor: actor.clone(),
            kind,
        }))
    })
    .await
}

/// The certificates of a key that a desk's agent has begun: for the token that the unit was begun on, by the operation
/// that began it, with that operation's nonce in the request.
async fn request(
    State(ports): State<Ports>,
    body: Bytes,
) -> Result<Json<KeyCertificates>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<RequestCertificates>(&*ports.registry, &body, now).await?;
    let maker = maker(&*ports.registry, &operation).await?;
    let RequestCertificates { serial, request } = call.says;
    if request.len() > LONGEST_CSR {
        return Err(ApiError::field("request", FieldCode::TooLong));
    }
    let order = ports.orders.load(&maker.line.order).await?;
    let order = order.ok_or(ErrorCode::NotFound)?;
    let line = order.line(maker.line.line).ok_or(ErrorCode::NotFound)?;
    let unit = line
        .unit_on(&serial)
        .filter(|unit| unit.operation.as_ref() == Some(&operation.id))
        .ok_or(ErrorCode::UnitGone)?;
    if order.has_other_duty(&maker.staff, Duty::Make) {
        return Err(ErrorCode::SamePerson.into());
    }
    let begun = unit.state == UnitState::Writing;
    let wanted = Wanted {
        csr: request,
        nonce: operation.nonce.clone(),
        // None when the old certificate, with which a replacement ends, has ended meanwhile: the desk refunds it.
        validity: order
            .validity(line.no, now)
            .ok_or(ErrorCode::NotInThisState)?,
        may_begin: begun && order.line_stage(line) == LineStage::AwaitProduction,
    };
    let place = (line.no, unit.no);
    let record = issuance(&ports, &order, place, unit.attempt, wanted, now).await?;
    let actor = Actor::Staff { staff: maker.staff };
    told(&ports, &order, &record, actor, now).await?;
    certificates(&ports, &record)
}

/// The certificates of a key's further term (R25, R26): asked for by the agent that holds the operation, signed by the
/// pair that is renewed, which the company has in its hand. It may have ended, but must not have been reported lost.
async fn renew(State(ports): State<Ports>, body: Bytes) -> Result<Json<KeyCertificates>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<RequestRenewal>(&*ports.registry, &body, now).await?;
    let (Verb::Renew, AskedBy::Company { user, .. }) = (operation.verb, &operation.by) else {
        return Err(ApiError::new(ErrorCode::MalformedRequest).because("it renews nothing"));
    };
    if operation.state != OperationState::Claimed {
        return Err(ErrorCode::OperationEnded.into());
    }
    let RequestRenewal {
        serial,
        certificate,
        request,
        signature,
    } = call.says;
    if request.len() > LONGEST_CSR {
        return Err(ApiError::field("request", FieldCode::TooLong));
    }
    if operation.key_serial.as_ref() != Some(&serial) {
        return Err(ErrorCode::WrongKey.into());
    }
    let digest = hex::encode(Sha256::digest(&request));
    let signed = consent(
        &operation.id,
        &operation.nonce,
        &serial,
        &certificate,
        &digest,
    );
    let renewed = signed_by(&ports.issuers, &certificate, &signed, &signature)?;
    let at = (&*ports.registry, &*ports.orders);
    let (order, key) = begin_service(at, &ports.policies, &operation, now).await?;
    let of = operation.line.as_ref();
    let of = of.ok_or_else(|| ApiError::internal("a renewal without a line"))?;
    let line = order.line(of.line).ok_or(ErrorCode::NotFound)?;
    let unit = line.unit_on(&serial).ok_or(ErrorCode::UnitGone)?;
    // Said again after the end, the key is known by its new certificate already.
    if !key.certificates().any(|known| known == renewed.serial) {
        return Err(ErrorCode::NotYourKey.into());
    }
    let wanted = Wanted {
        csr: request,
        nonce: operation.nonce.clone(),
        validity: Validity::renewed(now, key.not_after, line.product.term_years)
            .ok_or_else(|| ApiError::internal("a term past the end of the calendar"))?,
        may_begin: unit.state == UnitState::Writing
            && order.line_stage(line) == LineStage::AwaitAgent,
    };
    let place = (line.no, unit.no);
    let record = issuance(&ports, &order, place, unit.attempt, wanted, now).await?;
    let actor = Actor::Company { user: user.clone() };
    told(&ports, &order, &record, actor, now).await?;
    certificates(&ports, &record)
}

/// What an agent writes on a key.
fn certificates(ports: &Ports, record: &IssuanceRecord) -> Result<Json<KeyCertificates>, ApiError> {
    let signed = |purpose| {
        record
            .part(purpose)
            .and_then(|part| part.certificate_pem.clone())
            .ok_or_else(|| ApiError::internal("an issuance without certificate"))
    };
    Ok(Json(KeyCertificates {
        sign: signed(KeyPurpose::Sign)?,
        encrypt: signed(KeyPurpose::Encrypt)?,
        chain: ports.ca.chain_pem().to_owned(),
    }))
}

/// Signs what is on record and not signed yet.
async fn finish(ports: &Ports, record: IssuanceRecord) -> Result<IssuanceRecord, ApiError> {
    if record.is_finished() {
        return Ok(record);
    }
    for part in record
        .parts
        .iter()
        .filter(|it| it.certificate_pem.is_none())
    {
        let signed = ports.ca.issue(Prepared::resume(part)?).await;
        ports
            .certificates
            .finish_issuance(&record, part.purpose, &signed.map_err(bad_csr)?)
            .await?;
    }
    // Of two who signed at once, the record keeps one; that one is the certificate.
    let kept = ports
        .certificates
        .issuance(&record.order, record.line, record.unit, record.attempt)
        .await?;
    kept.filter(IssuanceRecord::is_finished)
        .ok_or_else(|| ApiError::internal("certificate not on record"))
}

/// The certificate by which a key is known.
fn signing(record: &IssuanceRecord) -> Result<&IssuancePart, ApiError> {
    record
        .part(KeyPurpose::Sign)
        .ok_or_else(|| ApiError::internal("an issuance without signing certificate"))
}

async fn view(
    ports: &Ports,
    order: &Order,
    line_no: LineNo,
    unit_no: UnitNo,
) -> Result<Json<CertificateView>, ApiError> {
    let unit = order
        .line(line_no)
        .and_then(|line| line.unit(unit_no))
        .ok_or(ErrorCode::NotFound)?;
    let record = ports
        .certificates
        .issuance(&order.id, line_no, unit_no, unit.attempt)
        .await?;
    let record = record.ok_or(ErrorCode::NotFound)?;
    let certificate = signing(&record)?;
    let pem = certificate.certificate_pem.clone();
    Ok(Json(CertificateView {
        unit: unit_no,
        serial: certificate.serial.clone(),
        certificate: pem.ok_or(ErrorCode::NotFound)?,
        chain: ports.ca.chain_pem().to_owned(),
        not_after: record.validity.not_after,
    }))
}

async fn show(
    State(ports): State<Ports>,
    _: StaffMember,
    Path((id, line_no, unit_no)): Path<(OrderId, LineNo, UnitNo)>,
) -> Result<Json<CertificateView>, ApiError> {
    let order = ports.orders.load(&id).await?.ok_or(ErrorCode::NotFound)?;
    view(&ports, &order, line_no, unit_no).await
}

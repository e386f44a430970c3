//! Function `seal-maker`: makes the e-seals (电子印章) that are written on keys. The only function that may read the
//! seal maker's key.
//!
//! A seal is made for a certificate that is issued already, and once: it names that certificate, and the record of it
//! stands beside the certificate's own.
//!
//! | step | on record | when the power goes out after it |
//! | --- | --- | --- |
//! | an agent asks | | it asks again |
//! | the picture is read, the seal signed | | it asks again: another number and signature, and nobody has seen the first |
//! | the seal is recorded | the seal | it asks again, and gets the same |
//!
//! The picture is the one that was approved for the key. A key that goes on from another certificate of its own (a
//! renewal, a carried year) has the picture of the seal before.

mod picture;

use std::sync::Arc;

use adapters::ports::{
    Certificates, Clock, CommitError, IssuanceRecord, Objects, Orders, Random, Registry, SealMaker,
    Transaction,
};
use adapters::registry;
use adapters::s3::Bucket;
use adapters::seal_maker::SecretSealMaker;
use axum::Router;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use contract::agent::{KeySeal, RequestSeal};
use contract::error::ErrorCode;
use contract::stamps::{LineSeals, SealPicture, SealStanding, UnitSeal};
use der::Document;
use domain::certificate::{KeyPurpose, Register, Standing};
use domain::ids::{LineNo, OrderId};
use domain::key::CompanyKey;
use domain::operation::{Operation, OperationState, Verb};
use domain::order::{Order, Unit};
use domain::seal::MadeSeal;
use edge::ApiError;
use edge::agents::{heard, maker};
use edge::api::{Api, Gate};
use edge::extract::{Json, Path, StaffMember};
use edge::real::{OsRandom, SystemClock};
use edge::seals::made;
use eseal::{SealError, SealWish};
use jiff::Timestamp;
use lambda_http::Error;

use crate::picture::{Picture, Pictures};

/// What this function reaches.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Operations, approved pictures, seals.
    pub registry: Arc<dyn Registry>,
    /// Records of issuance.
    pub certificates: Arc<dyn Certificates>,
    /// Pictures.
    pub objects: Arc<dyn Objects>,
    /// Signs seals.
    pub maker: Arc<dyn SealMaker>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Numbers of seals.
    pub random: Arc<dyn Random>,
}

/// Its HTTP side.
///
/// # Errors
/// When it and the table of routes disagree.
pub fn api(gate: Gate, ports: Ports) -> Result<Router, String> {
    Api::new("seal-maker")
        .operation("requestSeal", request)
        .operation("lineSeals", show)
        .finish(gate, ports)
}

/// The function with its real ports.
///
/// # Errors
/// When the environment lacks something.
#[expect(clippy::unused_async, reason = "every function connects the same way")]
pub async fn connect() -> Result<Router, Error> {
    let table = edge::wiring::table()?;
    let gate = edge::wiring::gate(&table)?;
    let bucket = Bucket::connect(
        edge::aws::sdk_config()?,
        edge::config::required("PAPERS_BUCKET")?,
        edge::aws::has_own_endpoint(),
    );
    let ports = Ports {
        orders: table.clone(),
        registry: table.clone(),
        certificates: table,
        objects: Arc::new(bucket),
        maker: Arc::new(SecretSealMaker::new(gate.secrets.clone())),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
    };
    Ok(api(gate, ports)?)
}

/// The e-seal of a key whose certificate the agent has just been given.
async fn request(State(ports): State<Ports>, body: Bytes) -> Result<Json<KeySeal>, ApiError> {
    let now = ports.clock.now();
    let (call, operation) = heard::<RequestSeal>(&*ports.registry, &body, now).await?;
    let order = order_of(&ports, &operation).await?;
    let no = operation.line.as_ref().map(|of| of.line);
    let line = no
        .and_then(|no| order.line(no))
        .ok_or(ErrorCode::NotFound)?;
    let unit = line
        .unit_on(&call.says.serial)
        .filter(|unit| unit.operation.as_ref() == Some(&operation.id))
        .ok_or(ErrorCode::UnitGone)?;
    let certificate = unit.certificate.as_ref();
    let certificate = certificate.ok_or(ErrorCode::NotInThisState)?;
    if let Some(made) = made(&*ports.registry, &certificate.serial).await? {
        return Ok(Json(KeySeal {
            seal: Some(made.seal),
        }));
    }
    let Some(picture) = Pictures::of(&ports, &order, line)
        .await?
        .picture(unit)
        .await?
    else {
        return Ok(Json(KeySeal { seal: None }));
    };
    let issuance = ports
        .certificates
        .issuance(&order.id, line.no, unit.no, unit.attempt)
        .await?
        .ok_or_else(|| ApiError::internal("a certificate without its issuance"))?;
    let made = make(&ports, &order, &issuance, picture, now).await?;
    Ok(Json(KeySeal {
        seal: Some(made.seal),
    }))
}

/// The order of an operation that writes certificates on keys, while its agent may go on.
async fn order_of(ports: &Ports, operation: &Operation) -> Result<Order, ApiError> {
    if operation.verb == Verb::Make {
        maker(&*ports.registry, operation).await?;
    } else if operation.verb != Verb::Renew {
        return Err(ApiError::new(ErrorCode::MalformedRequest).because("it writes no certificate"));
    }
    if operation.state != OperationState::Claimed {
        return Err(ErrorCode::OperationEnded.into());
    }
    let of = operation.line.as_ref();
    let of = of.ok_or_else(|| ApiError::internal("an operation without its line"))?;
    let order = ports.orders.load(&of.order).await?;
    let order = order.ok_or(ErrorCode::NotFound)?;
    // Reported lost or stolen since it was begun: nothing more leaves for it.
    if let (Verb::Renew, Some(serial)) = (operation.verb, &operation.key_serial) {
        let place = registry::company_key(&order.company, serial);
        let key: Option<CompanyKey> = ports.registry.load(&place).await?;
        let key = key.ok_or(ErrorCode::NotYourKey)?;
        key.in_hand().map_err(|_| ErrorCode::CertificateRevoked)?;
    }
    Ok(order)
}

fn seconds(at: Timestamp) -> Result<u64, ApiError> {
    u64::try_from(at.as_second()).map_err(|_| ApiError::internal("a time before 1970"))
}

fn unfit(error: &SealError) -> ApiError {
    ApiError::internal(format!("a seal that cannot be made: {error}"))
}

/// Makes the seal of an issuance and puts it on record. Of two who do it at once, the record keeps one.
async fn make(
    ports: &Ports,
    order: &Order,
    issuance: &IssuanceRecord,
    picture: Picture,
    now: Timestamp,
) -> Result<MadeSeal, ApiError> {
    let part = issuance.part(KeyPurpose::Sign);
    let (serial, pem) = part
        .and_then(|part| Some((part.serial.clone(), part.certificate_pem.as_ref()?)))
        .ok_or_else(|| ApiError::internal("an issuance without signing certificate"))?;
    let (_, certificate) =
        Document::from_pem(pem).map_err(|_| ApiError::internal("a certificate that is no PEM"))?;
    let mut id = [0; 16];
    ports.random.fill(&mut id);
    let id = hex::encode(id);
    let (maker, maker_certificate) = ports.maker.maker().await?;
    let wish = SealWish {
        id: id.clone(),
        maker,
        name: order.subject.company_name.clone(),
        certificates: vec![certificate.as_bytes().to_vec()],
        created: seconds(now)?,
        from: seconds(issuance.validity.not_before)?,
        until: seconds(issuance.validity.not_after)?,
        png: picture.png,
        width: picture.size.width,
        height: picture.size.height,
    };
    let unsigned = eseal::prepare(&wish, &maker_certificate).map_err(|error| unfit(&error))?;
    let signature = ports.maker.sign(unsigned.message()).await?;
    let seal = unsigned.signed(&signature).map_err(|error| unfit(&error))?;
    let made = MadeSeal {
        certificate_serial: serial.clone(),
        id,
        order: order.id.clone(),
        line: issuance.line,
        unit: issuance.unit,
        attempt: issuance.attempt,
        name: wish.name,
        picture_sha256: picture.sha256,
        size: picture.size,
        seal: STANDARD.encode(seal),
        made_at: now,
    };
    let write = Transaction::new(now).create(&made)?;
    match ports.registry.record(&write).await {
        Ok(()) => Ok(made),
        Err(CommitError::Refused(_)) => edge::seals::made(&*ports.registry, &serial)
            .await?
            .ok_or_else(|| ErrorCode::ChangedMeanwhile.into()),
        Err(CommitError::Port(error)) => Err(error.into()),
    }
}

/// The seals of a line's keys, for whoever makes them: what will be written, and what is.
async fn show(
    State(ports): State<Ports>,
    _: StaffMember,
    Path((id, line_no)): Path<(OrderId, LineNo)>,
) -> Result<Json<LineSeals>, ApiError> {
    let order = ports.orders.load(&id).await?.ok_or(ErrorCode::NotFound)?;
    let line = order
        .line(line_no)
        .filter(|line| line.approved_at.is_some() || line.carried_from.is_some())
        .ok_or(ErrorCode::NotFound)?;
    let mut view = LineSeals {
        pictures: Vec::new(),
        seals: Vec::new(),
    };
    let mut pictures = Pictures::of(&ports, &order, line).await?;
    let place = registry::register(&order.id, line.no);
    let register: Option<Register> = ports.registry.load(&place).await?;
    for unit in line.all_units() {
        let Some(picture) = pictures.picture(&unit).await? else {
            continue;
        };
        let standing = standing(&ports, register.as_ref(), &unit).await?;
        view.seals.push(UnitSeal {
            unit: unit.no,
            picture: picture.sha256.clone(),
            size: picture.size,
            standing,
        });
        if !view.pictures.iter().any(|it| it.sha256 == picture.sha256) {
            view.pictures.push(SealPicture {
                sha256: picture.sha256,
                png: STANDARD.encode(picture.png),
            });
        }
    }
    Ok(Json(view))
}

/// How the seal of a key stands, which is how its certificate does. None: it is not made yet.
async fn standing(
    ports: &Ports,
    register: Option<&Register>,
    unit: &Unit,
) -> Result<Option<SealStanding>, ApiError> {
    let Some(certificate) = &unit.certificate else {
        return Ok(None);
    };
    if made(&*ports.registry, &certificate.serial).await?.is_none() {
        return Ok(None);
    }
    let key = register
        .and_then(|register| {
            let mut keys = register.keys.iter();
            keys.find(|key| key.has(&certificate.serial))
        })
        .ok_or_else(|| ApiError::internal("a certificate without its register"))?;
    Ok(Some(match key.standing {
        Standing::Revoked { .. } => SealStanding::Ended,
        _ if key.not_after <= ports.clock.now() => SealStanding::Ended,
        Standing::Suspended { .. } => SealStanding::Suspended,
        Standing::Good => SealStanding::Good,
    }))
}

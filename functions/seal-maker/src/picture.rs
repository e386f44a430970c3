//! Which picture the e-seal of a key has.

use adapters::registry;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::catalog::ProductKind;
use domain::key::CompanyKey;
use domain::order::{Line, Order, Unit};
use domain::seal::{ApprovedSeals, MadeSeal, StampSize};
use edge::ApiError;
use sha2::{Digest as _, Sha256};

use crate::{Ports, made};

/// No cut stamp is larger; a seal that is does not fit on a key.
const LARGEST: u64 = 64 * 1024;

/// A picture, to be written as it is.
pub(crate) struct Picture {
    /// The transparent PNG.
    pub(crate) png: Vec<u8>,
    /// SHA-256 of it, hex.
    pub(crate) sha256: String,
    /// Its size as approved.
    pub(crate) size: StampSize,
}

/// The picture for a key: approved with its line, or that of the seal it goes on from. None: it has no e-seal.
///
/// # Errors
/// When the approved picture is gone or another one, or the store does not answer.
pub(crate) async fn picture(
    ports: &Ports,
    order: &Order,
    line: &Line,
    unit: &Unit,
) -> Result<Option<Picture>, ApiError> {
    let place = registry::approved_seals(&order.id, line.no);
    let approved: Option<ApprovedSeals> = ports.registry.load(&place).await?;
    // An approval that was taken back chose nothing.
    let approved = approved.filter(|approved| approved.round == line.round);
    if let Some(seal) = approved.as_ref().and_then(|approved| approved.of(unit.no)) {
        let png = ports.objects.read(&seal.picture, LARGEST).await?;
        let png = png.ok_or_else(|| ApiError::internal("an approved picture that is gone"))?;
        if hex::encode(Sha256::digest(&png)) != seal.sha256 {
            return Err(ApiError::internal("another picture than the approved one"));
        }
        return Ok(Some(Picture {
            png,
            sha256: seal.sha256.clone(),
            size: seal.size,
        }));
    }
    let Some(before) = before(ports, order, line, unit).await? else {
        return Ok(None);
    };
    let made = made(ports, &before).await?;
    made.as_ref().map(of_seal).transpose()
}

/// The certificate that this key's goes on from, and its seal with it.
async fn before(
    ports: &Ports,
    order: &Order,
    line: &Line,
    unit: &Unit,
) -> Result<Option<String>, ApiError> {
    if let Some(upgrade) = line.carried_from {
        let serial = unit.key_serial.as_deref();
        let upgraded = serial.and_then(|serial| order.line(upgrade)?.unit_on(serial));
        let certificate = upgraded.and_then(|unit| unit.certificate.as_ref());
        return Ok(certificate.map(|certificate| certificate.serial.clone()));
    }
    let goes_on = matches!(
        line.product.kind,
        ProductKind::Renewal | ProductKind::Replacement
    );
    let Some(named) = line.key.as_ref().filter(|_| goes_on) else {
        return Ok(None);
    };
    // It may have been renewed since it was ordered.
    let place = registry::company_key(&order.company, &named.serial);
    let key: Option<CompanyKey> = ports.registry.load(&place).await?;
    Ok(Some(key.map_or_else(
        || named.certificate_serial.clone(),
        |key| key.certificate_serial,
    )))
}

fn of_seal(made: &MadeSeal) -> Result<Picture, ApiError> {
    let seal = STANDARD.decode(&made.seal).ok();
    let seal = seal.and_then(|seal| eseal::verify(&seal).ok());
    let seal = seal.ok_or_else(|| ApiError::internal("a recorded seal that cannot be read"))?;
    Ok(Picture {
        png: seal.png,
        sha256: made.picture_sha256.clone(),
        size: made.size,
    })
}

//! Which e-seal a key gets: the picture that was approved for it, or that of the seal before.

use adapters::ports::{PortError, Registry};
use adapters::registry;
use domain::catalog::ProductKind;
use domain::key::CompanyKey;
use domain::order::{Line, Order, Unit};
use domain::seal::{ApprovedSeal, ApprovedSeals, MadeSeal};

/// Where the picture of a key's e-seal comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Approved with the line.
    Approved(ApprovedSeal),
    /// The seal that the key had before its certificate was renewed, or before it got its carried year.
    Before(Box<MadeSeal>),
}

/// The e-seals of a line, as far as its approval says.
#[derive(Debug, Clone)]
pub struct Approval(Option<ApprovedSeals>);

impl Approval {
    /// What was chosen with the approval that the line has now. One that was taken back chose nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn of(store: &dyn Registry, order: &Order, line: &Line) -> Result<Self, PortError> {
        let place = registry::approved_seals(&order.id, line.no);
        let approved: Option<ApprovedSeals> = store.load(&place).await?;
        Ok(Self(
            approved.filter(|approved| line.approved_at == Some(approved.at)),
        ))
    }

    /// Where the picture for a key comes from. None: it has no e-seal.
    ///
    /// # Errors
    /// The store's.
    pub async fn source(
        &self,
        store: &dyn Registry,
        order: &Order,
        line: &Line,
        unit: &Unit,
    ) -> Result<Option<Source>, PortError> {
        let chosen = self.0.as_ref().filter(|_| unit.no.0 <= line.seals);
        if let Some(seal) = chosen.and_then(|approved| approved.of(unit.no)) {
            return Ok(Some(Source::Approved(seal.clone())));
        }
        for certificate in before(store, order, line, unit).await? {
            if let Some(seal) = made(store, &certificate).await? {
                return Ok(Some(Source::Before(Box::new(seal))));
            }
        }
        Ok(None)
    }
}

/// The seal that was made for a certificate, by its serial number.
///
/// # Errors
/// The store's.
pub async fn made(store: &dyn Registry, certificate: &str) -> Result<Option<MadeSeal>, PortError> {
    store.load(&registry::made_seal(certificate)).await
}

/// Does a key still lack its e-seal, which has to be on record before the key counts as made or renewed?
///
/// # Errors
/// The store's.
pub async fn is_missing(
    store: &dyn Registry,
    order: &Order,
    line: &Line,
    unit: &Unit,
) -> Result<bool, PortError> {
    let Some(certificate) = &unit.certificate else {
        return Ok(false);
    };
    if made(store, &certificate.serial).await?.is_some() {
        return Ok(false);
    }
    let approval = Approval::of(store, order, line).await?;
    let source = approval.source(store, order, line, unit).await?;
    Ok(source.is_some())
}

/// The certificates that this key's goes on from, the newest first. A replacement has a sheet of its own.
async fn before(
    store: &dyn Registry,
    order: &Order,
    line: &Line,
    unit: &Unit,
) -> Result<Vec<String>, PortError> {
    if let Some(upgrade) = line.carried_from {
        let serial = unit.key_serial.as_deref();
        let upgraded = serial.and_then(|serial| order.line(upgrade)?.unit_on(serial));
        let certificate = upgraded.and_then(|unit| unit.certificate.as_ref());
        return Ok(certificate
            .map(|it| it.serial.clone())
            .into_iter()
            .collect());
    }
    let Some(named) = &line.key else {
        return Ok(Vec::new());
    };
    if line.product.kind != ProductKind::Renewal {
        return Ok(Vec::new());
    }
    let place = registry::company_key(&order.company, &named.serial);
    let key: Option<CompanyKey> = store.load(&place).await?;
    let own = unit.certificate.as_ref().map(|it| it.serial.as_str());
    let known = key.iter().flat_map(CompanyKey::certificates);
    Ok(known
        .filter(|certificate| Some(*certificate) != own)
        .map(str::to_owned)
        .collect())
}

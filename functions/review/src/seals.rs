//! The stamps of a line: what `paper-check` cut, and which of them the reviewer chose for which key.

use adapters::ports::Write;
use adapters::registry::approved_seals;
use contract::error::FieldCode;
use contract::stamps::{
    LONGEST_SIDE, MAX_RECORD_BYTES, Measured, ReviewSeals, ReviewStamp, SHORTEST_SIDE, SealChoice,
    StampFinding, StampRecord, record_key,
};
use domain::ids::UnitNo;
use domain::order::{Line, Order};
use domain::paper::PaperKind;
use domain::seal::{ApprovedSeal, ApprovedSeals};
use edge::extract::StaffMember;
use edge::{ApiError, FieldErrors};
use jiff::Timestamp;

use crate::{IMAGE_LIFETIME, Ports};

/// What was cut from the seal sheets that are part of a line.
async fn records(ports: &Ports, order: &Order, line: &Line) -> Result<Vec<StampRecord>, ApiError> {
    let mut records = Vec::new();
    for paper in line
        .papers
        .iter()
        .filter(|paper| paper.kind == PaperKind::SealSheet)
    {
        let key = record_key(&order.id, line.no, &paper.id);
        // A sheet that was looked at before stamps were cut has none.
        if let Some(bytes) = ports.objects.read(&key, MAX_RECORD_BYTES).await? {
            let record: StampRecord = serde_json::from_slice(&bytes)
                .map_err(|error| ApiError::internal(format!("{key}: {error}")))?;
            records.push(record);
        }
    }
    Ok(records)
}

/// The stamps of a line as a reviewer sees them; none for keys without e-seals.
///
/// # Errors
/// The store's.
pub async fn view(
    ports: &Ports,
    order: &Order,
    line: &Line,
) -> Result<Option<ReviewSeals>, ApiError> {
    if line.seals == 0 {
        return Ok(None);
    }
    let mut seals = ReviewSeals {
        wanted: line.seals,
        stamps: Vec::new(),
        findings: Vec::new(),
        chosen: Vec::new(),
    };
    for record in records(ports, order, line).await? {
        // A line may have several sheets; for the reviewer the numbers go on.
        let before = u8::try_from(seals.stamps.len()).unwrap_or(u8::MAX);
        for stamp in &record.stamps {
            let page = record.pages.iter().find(|page| page.page == stamp.page);
            seals.stamps.push(ReviewStamp {
                sha256: stamp.sha256.clone(),
                no: before.saturating_add(stamp.no),
                page: stamp.page,
                shape: stamp.shape,
                ink: stamp.ink,
                size: stamp.size,
                measured: page.map_or(Measured::ByPage, |page| page.measured),
                picture: ports
                    .objects
                    .presign_get(&stamp.picture, IMAGE_LIFETIME)
                    .await?,
                original: ports
                    .objects
                    .presign_get(&stamp.original, IMAGE_LIFETIME)
                    .await?,
            });
        }
        let findings = record.findings.into_iter().map(|finding| StampFinding {
            stamp: finding.stamp.map(|no| before.saturating_add(no)),
            ..finding
        });
        seals.findings.extend(findings);
    }
    let approved: Option<ApprovedSeals> = ports
        .registry
        .load(&approved_seals(&order.id, line.no))
        .await?;
    if let Some(approved) = approved.filter(|approved| line.approved_at == Some(approved.at)) {
        seals.chosen = approved
            .seals
            .into_iter()
            .map(|seal| SealChoice {
                unit: seal.unit,
                sha256: seal.sha256,
                size: seal.size,
            })
            .collect();
    }
    Ok(Some(seals))
}

/// What is written with an approval. Each key with an e-seal needs a stamp that was cut; one stamp may go on several
/// keys. A sheet without any goes back to the company: a key without the seal that was paid for is never made.
///
/// # Errors
/// Choices that do not fit the line or its stamps, or the store's troubles.
pub async fn chosen(
    ports: &Ports,
    order: &Order,
    line: &Line,
    choices: &[SealChoice],
    staff: &StaffMember,
    now: Timestamp,
) -> Result<Vec<Write>, ApiError> {
    if line.seals == 0 && choices.is_empty() {
        return Ok(Vec::new());
    }
    let records = records(ports, order, line).await?;
    let stamps: Vec<_> = records.iter().flat_map(|record| &record.stamps).collect();
    let wanted = line.seals;
    let mut errors = FieldErrors::new();
    for unit in 1..=wanted {
        let there = choices.iter().any(|choice| choice.unit == UnitNo(unit));
        errors.require(there, "seals", FieldCode::Required);
    }
    let sides = SHORTEST_SIDE..=LONGEST_SIDE;
    let mut seals: Vec<ApprovedSeal> = Vec::new();
    for (index, choice) in choices.iter().enumerate() {
        let field = |name: &str| format!("seals.{index}.{name}");
        let twice = seals.iter().any(|seal| seal.unit == choice.unit);
        let fits = (1..=wanted).contains(&choice.unit.0) && !twice;
        errors.require(fits, field("unit"), FieldCode::Invalid);
        let size = sides.contains(&choice.size.width) && sides.contains(&choice.size.height);
        errors.require(size, field("size"), FieldCode::OutOfRange);
        let Some(stamp) = stamps.iter().find(|stamp| stamp.sha256 == choice.sha256) else {
            errors.require(false, field("sha256"), FieldCode::Invalid);
            continue;
        };
        seals.push(ApprovedSeal {
            unit: choice.unit,
            picture: stamp.picture.clone(),
            sha256: stamp.sha256.clone(),
            size: choice.size,
            measured: stamp.size,
        });
    }
    errors.finish()?;
    let approved = ApprovedSeals {
        order: order.id.clone(),
        line: line.no,
        round: line.round,
        staff: staff.0.id.clone(),
        at: now,
        seals,
    };
    // The version of the order, in the same transaction, says that this is still its approval. One without stamps
    // takes away what an approval before it chose.
    let write = if approved.seals.is_empty() {
        Write::remove(&approved)
    } else {
        Write::mark(&approved)?
    };
    Ok(vec![write])
}

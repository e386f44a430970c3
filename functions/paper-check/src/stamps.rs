//! Cuts the stamps of a seal sheet for the reviewer.
//!
//! The pictures and the record of them stand beside the sheet's images. Run twice, the same bytes are written under
//! the same keys. Whatever is wrong with a sheet, the reviewer is told and decides: nothing is refused here.

use adapters::ports::Objects;
use contract::stamps::{
    CutStamp, SheetPage, StampFinding, StampProblem, StampRecord, original_key, picture_key,
    record_key,
};
use domain::paper::Paper;
use edge::ApiError;
use edge::step::StepError;
use imaging::Scan;
use seal::cut::{Sheet, Stamp};
use sha2::{Digest as _, Sha256};

/// Pages that are looked at: a sheet has one, two at most with a back.
const MOST_PAGES: usize = 3;

/// Cuts the stamps, writes them and then the record of them.
///
/// # Errors
/// The store's troubles, or a defect.
pub async fn cut(objects: &dyn Objects, paper: &Paper, scans: Vec<Scan>) -> Result<(), StepError> {
    let mut record = StampRecord {
        paper: paper.id.clone(),
        pages: Vec::new(),
        stamps: Vec::new(),
        findings: Vec::new(),
    };
    for (page, scan) in (1..).zip(scans) {
        if usize::from(page) > MOST_PAGES {
            record.findings.push(StampFinding {
                problem: StampProblem::MorePages,
                page,
                stamp: None,
            });
            break;
        }
        let sheet = seal::cut::cut(&scan.into_rgb8()).map_err(defect)?;
        add(objects, paper, &mut record, page, sheet).await?;
    }
    // A back without stamps is no trouble when the front has some.
    if !record.stamps.is_empty() {
        record
            .findings
            .retain(|finding| finding.problem != StampProblem::NoStamp);
    }
    let bytes = serde_json::to_vec(&record).map_err(defect)?;
    let key = record_key(&paper.order, paper.line, &paper.id);
    objects.write(&key, "application/json", bytes).await?;
    Ok(())
}

fn defect(error: impl std::fmt::Display) -> StepError {
    ApiError::internal(error.to_string()).into()
}

/// Adds what is on one page.
async fn add(
    objects: &dyn Objects,
    paper: &Paper,
    record: &mut StampRecord,
    page: u8,
    sheet: Sheet,
) -> Result<(), StepError> {
    let before = u8::try_from(record.stamps.len()).map_err(defect)?;
    let findings = sheet.findings.iter().map(|(problem, stamp)| StampFinding {
        problem: *problem,
        page,
        stamp: stamp.and_then(|place| u8::try_from(place).ok().map(|place| before + place + 1)),
    });
    record.findings.extend(findings);
    record.pages.push(SheetPage {
        page,
        measured: sheet.measured,
    });
    for (no, stamp) in (before + 1..).zip(sheet.stamps) {
        let kept = keep(objects, paper, page, no, stamp).await?;
        record.stamps.push(kept);
    }
    Ok(())
}

/// Writes the pictures of one stamp.
async fn keep(
    objects: &dyn Objects,
    paper: &Paper,
    page: u8,
    no: u8,
    stamp: Stamp,
) -> Result<CutStamp, StepError> {
    let picture = picture_key(&paper.order, paper.line, &paper.id, no);
    let original = original_key(&paper.order, paper.line, &paper.id, no);
    let sha256 = hex::encode(Sha256::digest(&stamp.picture));
    objects.write(&picture, "image/png", stamp.picture).await?;
    objects
        .write(&original, "image/jpeg", stamp.original)
        .await?;
    Ok(CutStamp {
        no,
        page,
        shape: stamp.shape,
        ink: stamp.ink,
        size: stamp.size,
        place: stamp.place,
        picture,
        sha256,
        original,
    })
}

//! From the scan of a seal sheet to the pictures of its stamps.
//!
//! 1. [`page`]: the scan is straightened by the sheet's four marks to an A4 page of 300 dpi, or taken for a
//!    whole A4 page where they are not found. From here on a point is a twelfth of a millimetre.
//! 2. [`ink`]: red and blue are told from paper and black by hue; each point has a strength of ink.
//! 3. [`groups`]: points that are near, and parts that stand within others, belong to one stamp. Dust is dropped.
//! 4. [`outline`]: the shape, the way it is turned, and its size along its own axes.
//! 5. [`picture`]: the ink of one stamp as alpha over one clean colour, turned upright.
//!
//! What looks wrong is said as a finding, with what could be cut all the same: a reviewer decides.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "geometry of pictures, whose sides are a few thousand points"
)]

mod groups;
mod ink;
mod outline;
mod page;
mod picture;

use contract::stamps::{Measured, StampInk, StampPlace, StampProblem, StampShape, StampSize};
use image::RgbImage;

use ink::Strengths;
use outline::Outline;
use page::Page;

/// Points to an inch of the straightened page and of the pictures.
const DPI: f32 = 300.0;
/// Points to a millimetre.
const PER_MM: f32 = DPI / 25.4;

/// Stamps on one page, at most: a line has at most 50 keys, but nobody has that many different seals.
pub const MOST_STAMPS: usize = 12;
/// Scans below this many points to an inch are named. 200 dpi is the coarsest that scanners offer for pictures; a
/// little less is left for pages that were scanned with a margin.
const FEWEST_DPI: f32 = 180.0;

/// Ink of a longer side is no stamp at all but coloured paper or a lid, in tenths of a millimetre.
const LARGEST: u16 = 1000;
/// A picture with a side of fewer points holds no stamp that could be cut: at 180 dpi that is 14 mm of a page.
const SMALLEST: u32 = 100;

/// A page that was looked at.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// What its millimetres were told by.
    pub measured: Measured,
    /// Its stamps, from top to bottom.
    pub stamps: Vec<Stamp>,
    /// What to look at; where it is about one stamp, with its place in `stamps`.
    pub findings: Vec<(StampProblem, Option<usize>)>,
}

/// A stamp that was cut.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// Its outline.
    pub shape: StampShape,
    /// Its colour.
    pub ink: StampInk,
    /// Its size along its own axes.
    pub size: StampSize,
    /// Where it is on the straightened page.
    pub place: StampPlace,
    /// The transparent PNG, upright, 300 dpi.
    pub picture: Vec<u8>,
    /// The same part of the straightened scan, with a margin, as JPEG.
    pub original: Vec<u8>,
}

/// A picture could not be written. It is made of pixels in memory, so this is a defect.
#[derive(Debug, thiserror::Error)]
#[error("a picture of a stamp could not be written: {0}")]
pub struct CutError(String);

/// Finds and cuts the stamps of a page. The same pixels give the same bytes every time.
///
/// # Errors
/// Only by a defect; what is wrong with a page is told by its findings.
pub fn cut(scan: &RgbImage) -> Result<Sheet, CutError> {
    if scan.width().min(scan.height()) < SMALLEST {
        return Ok(Sheet {
            measured: Measured::ByPage,
            stamps: Vec::new(),
            findings: vec![(StampProblem::Coarse, None), (StampProblem::NoStamp, None)],
        });
    }
    let page = page::straighten(scan);
    let mut sheet = Sheet {
        measured: page.measured,
        stamps: Vec::new(),
        findings: page
            .problems
            .iter()
            .map(|problem| (*problem, None))
            .collect(),
    };
    let strengths = Strengths::of(&page.picture);
    let mut found = Vec::new();
    for ink in [StampInk::Red, StampInk::Blue] {
        for group in groups::of(strengths.of_ink(ink)) {
            match Outline::of(&group).filter(Outline::can_be_a_stamp) {
                Some(outline) => found.push((ink, group, outline)),
                None => sheet.findings.push((StampProblem::NotAStamp, None)),
            }
        }
    }
    if found.is_empty() {
        sheet.findings.push((StampProblem::NoStamp, None));
    }
    if found.len() > MOST_STAMPS {
        sheet.findings.push((StampProblem::TooMany, None));
        found.sort_by_key(|(_, group, _)| std::cmp::Reverse(group.area()));
        found.truncate(MOST_STAMPS);
    }
    found.sort_by_key(|(_, group, _)| (group.top, group.left));
    for (place, (ink, group, outline)) in found.iter().enumerate() {
        sheet.findings.extend(
            problems(&page, outline)
                .into_iter()
                .map(|problem| (problem, Some(place))),
        );
        sheet.stamps.push(Stamp {
            shape: outline.shape,
            ink: *ink,
            size: outline.size(),
            place: outline.place(),
            picture: picture::transparent(group, outline, *ink)?,
            original: picture::original(&page.picture, group)?,
        });
    }
    Ok(sheet)
}

/// What is wrong with one stamp.
fn problems(page: &Page, outline: &Outline) -> Vec<StampProblem> {
    let mut problems = Vec::new();
    if outline
        .hull
        .iter()
        .any(|point| page.at_edge(point.x as f32, point.y as f32))
    {
        problems.push(StampProblem::CutByEdge);
    }
    let size = outline.size();
    let (long, short) = (size.width.max(size.height), size.width.min(size.height));
    let (least, most) = sides(outline.shape);
    if short < least {
        problems.push(StampProblem::TooSmall);
    }
    if long > most {
        problems.push(StampProblem::TooLarge);
    }
    problems
}

/// The shortest and the longest side that stamps of a shape have, in tenths of a millimetre.
///
/// Companies' seals have 38 to 50 mm and the largest in use 58; ovals are 30 × 40 or 30 × 45 mm; chops of legal
/// representatives 16 to 25 mm, rectangular ones for departments up to 50.
fn sides(shape: StampShape) -> (u16, u16) {
    match shape {
        StampShape::Round => (300, 600),
        StampShape::Oval => (200, 600),
        StampShape::Square => (100, 600),
    }
}

/// Points as tenths of a millimetre.
fn tenths(points: f32) -> u16 {
    (points.max(0.0) / PER_MM * 10.0).round() as u16
}

//! Puts points of ink together to stamps.

use image::{GrayImage, Luma};
use imageproc::distance_transform::Norm;
use imageproc::morphology::{dilate, erode};
use imageproc::region_labelling::{Connectivity, connected_components};

use super::PER_MM;
use super::ink::{FAINTEST, percentile};

/// A cell is this many points wide: a third of a millimetre.
const CELL: u32 = 4;
/// Cells are joined over twice this many: 1.4 mm of paper between two parts of one stamp.
const REACH: u8 = 2;
/// Fewer points that hang together are dust.
const DUST: u32 = 12;
/// What is no longer than this many millimetres and stands alone is dust too: a dot of a pen, a fleck.
const FLECK: f32 = 6.0;
/// Of the points of a stamp, at least one in so many is well inside a stroke. Coloured fringes of black print,
/// which scanners make, are one or two points wide.
const SOLID: usize = 20;

/// The ink of one stamp.
pub(super) struct Group {
    /// Its left side on the page, in points.
    pub(super) left: u32,
    /// Its upper side on the page, in points.
    pub(super) top: u32,
    /// Its ink, without anybody else's, with a margin of paper around it that begins at `left` and `top`.
    pub(super) ink: GrayImage,
    /// Strength of its full colour.
    pub(super) full: u8,
}

impl Group {
    /// Points of its rectangle.
    pub(super) fn area(&self) -> u32 {
        self.ink.width() * self.ink.height()
    }
}

/// A rectangle of cells, both ends included, with the labels that it holds.
#[derive(Debug, Clone)]
struct Part {
    labels: Vec<u32>,
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Part {
    fn area(&self) -> u32 {
        (self.right - self.left + 1) * (self.bottom - self.top + 1)
    }

    /// Does the smaller of the two stand within the other, at least by half? So text and star belong to the ring
    /// around them, and two stamps side by side stay two.
    fn within(&self, other: &Self) -> bool {
        let over = |from: u32, to: u32| (to + 1).saturating_sub(from);
        let width = over(self.left.max(other.left), self.right.min(other.right));
        let height = over(self.top.max(other.top), self.bottom.min(other.bottom));
        width * height * 2 >= self.area().min(other.area())
    }

    fn take(&mut self, other: Self) {
        self.left = self.left.min(other.left);
        self.top = self.top.min(other.top);
        self.right = self.right.max(other.right);
        self.bottom = self.bottom.max(other.bottom);
        self.labels.extend(other.labels);
    }
}

/// The stamps, or what may be some, of one colour.
pub(super) fn of(strength: &GrayImage) -> Vec<Group> {
    let clean = without_dust(strength);
    let cells = connected_components(&cells(&clean), Connectivity::Eight, Luma([0]));
    let mut groups = Vec::new();
    for part in joined(parts(&cells)) {
        let longest = (part.right - part.left + 1).max(part.bottom - part.top + 1);
        // The reach on both sides is not ink.
        let longest = longest.saturating_sub(2 * u32::from(REACH)) * CELL;
        if longest as f32 >= FLECK * PER_MM
            && let Some(group) = group(&clean, &cells, &part)
        {
            groups.push(group);
        }
    }
    groups
}

/// Ink without what is too small to be part of anything.
fn without_dust(strength: &GrayImage) -> GrayImage {
    let mask = GrayImage::from_fn(strength.width(), strength.height(), |x, y| {
        Luma([if strength.get_pixel(x, y).0[0] >= FAINTEST {
            255
        } else {
            0
        }])
    });
    let labels = connected_components(&mask, Connectivity::Eight, Luma([0]));
    let mut sizes: Vec<u32> = vec![0];
    for label in labels.pixels() {
        let label = label.0[0] as usize;
        if sizes.len() <= label {
            sizes.resize(label + 1, 0);
        }
        sizes[label] += 1;
    }
    let mut clean = strength.clone();
    for (point, label) in clean.pixels_mut().zip(labels.pixels()) {
        let label = label.0[0] as usize;
        if label > 0 && sizes[label] < DUST {
            *point = Luma([0]);
        }
    }
    clean
}

/// The page in cells: those with ink, and those within reach.
fn cells(clean: &GrayImage) -> GrayImage {
    let (width, height) = (clean.width().div_ceil(CELL), clean.height().div_ceil(CELL));
    let mut cells = GrayImage::new(width, height);
    for (x, y, point) in clean.enumerate_pixels() {
        if point.0[0] >= FAINTEST {
            cells.put_pixel(x / CELL, y / CELL, Luma([255]));
        }
    }
    dilate(&cells, Norm::LInf, REACH)
}

/// The rectangle of each label.
fn parts(cells: &imageproc::definitions::Image<Luma<u32>>) -> Vec<Part> {
    let mut parts: Vec<Option<Part>> = Vec::new();
    for (x, y, label) in cells.enumerate_pixels() {
        let label = label.0[0];
        if label == 0 {
            continue;
        }
        let place = label as usize;
        if parts.len() <= place {
            parts.resize(place + 1, None);
        }
        let here = Part {
            labels: vec![label],
            left: x,
            top: y,
            right: x,
            bottom: y,
        };
        match &mut parts[place] {
            None => parts[place] = Some(here),
            Some(part) => {
                part.left = part.left.min(x);
                part.right = part.right.max(x);
                part.bottom = part.bottom.max(y);
            }
        }
    }
    parts.into_iter().flatten().collect()
}

/// Parts that stand within others are theirs. The largest come first, so that a ring takes its text.
fn joined(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by_key(|part| std::cmp::Reverse(part.area()));
    let mut whole: Vec<Part> = Vec::new();
    for part in parts {
        match whole.iter_mut().find(|other| part.within(other)) {
            Some(other) => other.take(part),
            None => whole.push(part),
        }
    }
    whole
}

/// Cuts the ink of a part out of the page, or none when it has no solid strokes.
fn group(
    clean: &GrayImage,
    cells: &imageproc::definitions::Image<Luma<u32>>,
    part: &Part,
) -> Option<Group> {
    let (left, top) = (part.left * CELL, part.top * CELL);
    let right = ((part.right + 1) * CELL).min(clean.width());
    let bottom = ((part.bottom + 1) * CELL).min(clean.height());
    let mut labels = part.labels.clone();
    labels.sort_unstable();
    let ink = GrayImage::from_fn(right - left, bottom - top, |x, y| {
        let (x, y) = (left + x, top + y);
        let label = cells.get_pixel(x / CELL, y / CELL).0[0];
        if labels.binary_search(&label).is_ok() {
            *clean.get_pixel(x, y)
        } else {
            Luma([0])
        }
    });
    let mut counts = [0_u64; 256];
    for point in ink.pixels().filter(|point| point.0[0] >= FAINTEST) {
        counts[usize::from(point.0[0])] += 1;
    }
    let full = u8::try_from(percentile(&counts, 75)).unwrap_or(u8::MAX);
    let mask = GrayImage::from_fn(ink.width(), ink.height(), |x, y| {
        Luma([if ink.get_pixel(x, y).0[0] >= full / 2 {
            255
        } else {
            0
        }])
    });
    let count = |mask: &GrayImage| mask.pixels().filter(|point| point.0[0] > 0).count();
    let solid = count(&erode(&mask, Norm::LInf, 1)) * SOLID >= count(&mask);
    solid.then_some(Group {
        left,
        top,
        ink,
        full,
    })
}

//! Straightens a scan by the marks of its sheet.

use contract::stamps::{Measured, StampProblem};
use image::imageops::{grayscale, thumbnail};
use image::{GrayImage, Luma, Rgb, RgbImage};
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};
use imageproc::region_labelling::{Connectivity, connected_components};

use super::{FEWEST_DPI, PER_MM};

/// A4, in millimetres.
const A4: (f32, f32) = (210.0, 297.0);
/// A mark is a filled black square with sides of this many millimetres.
const MARK: f32 = 6.0;
/// From the edges of the page to the middle of a mark: its outer corner is at 10 mm.
const MARK_MIDDLE: f32 = 10.0 + MARK / 2.0;
/// Scans of longer sides are made smaller first; an A4 page has this at 400 dpi.
const LONGEST: u32 = 4677;
/// Marks are looked for in a picture of this size: 150 dpi.
const LONGEST_FOR_MARKS: u32 = 1754;
/// Candidates for one corner, the nearest ones.
const CANDIDATES: usize = 3;
/// How near to the edge of the scan ink is cut off, in points of the scan.
const EDGE: f32 = 3.0;
/// How far the proportions of a whole page may be from A4.
const ODD: f32 = 0.03;

/// A straightened page.
pub(super) struct Page {
    /// A4 at 300 dpi, upright or lying as the scan was.
    pub(super) picture: RgbImage,
    /// What its millimetres were told by.
    pub(super) measured: Measured,
    /// What is wrong with it as a whole.
    pub(super) problems: Vec<StampProblem>,
    /// From the page to the scan.
    back: Projection,
    /// Sides of the scan.
    scan: (f32, f32),
}

impl Page {
    /// Was this point of the page at the edge of the scan, or outside?
    pub(super) fn at_edge(&self, x: f32, y: f32) -> bool {
        let (x, y) = self.back * (x, y);
        let (width, height) = self.scan;
        !(EDGE..width - 1.0 - EDGE).contains(&x) || !(EDGE..height - 1.0 - EDGE).contains(&y)
    }
}

/// A point of the page in millimetres, as coordinates of the middles of its pixels.
fn at(x: f32, y: f32) -> (f32, f32) {
    (x * PER_MM - 0.5, y * PER_MM - 0.5)
}

/// Straightens a scan.
pub(super) fn straighten(scan: &RgbImage) -> Page {
    let longest = scan.width().max(scan.height());
    let smaller = (longest > LONGEST).then(|| {
        let side = |side: u32| (u64::from(side) * u64::from(LONGEST) / u64::from(longest)) as u32;
        let (width, height) = (side(scan.width()).max(1), side(scan.height()).max(1));
        thumbnail(scan, width, height)
    });
    let scan = smaller.as_ref().unwrap_or(scan);
    let lying = scan.width() > scan.height();
    let (width, height) = if lying { (A4.1, A4.0) } else { A4 };
    let by_marks = Marks::find(scan).and_then(|marks| marks.to_page(width, height));
    let (to_page, measured) = match by_marks {
        Some(to_page) => (to_page, Measured::ByMarks),
        None => (whole_page(scan, width, height), Measured::ByPage),
    };
    let mut problems = Vec::new();
    let (wide, high) = (scan.width() as f32, scan.height() as f32);
    if measured == Measured::ByPage && (wide / high * height / width - 1.0).abs() > ODD {
        problems.push(StampProblem::OddPage);
    }
    if dpi(&to_page, wide, high) < FEWEST_DPI {
        problems.push(StampProblem::Coarse);
    }
    let side = |side: f32| (side * PER_MM).round() as u32;
    let paper = Rgb([255, 255, 255]);
    let mut picture = RgbImage::from_pixel(side(width), side(height), paper);
    warp_into(
        scan,
        to_page,
        Interpolation::Bilinear,
        Border::Constant(paper),
        &mut picture,
    );
    Page {
        picture,
        measured,
        problems,
        back: to_page.invert(),
        scan: (wide, high),
    }
}

/// The scan taken for a whole page. Of other proportions than A4 it is fitted by its longer side, so that circles
/// stay circles.
fn whole_page(scan: &RgbImage, width: f32, height: f32) -> Projection {
    let (x, y) = (
        width * PER_MM / scan.width() as f32,
        height * PER_MM / scan.height() as f32,
    );
    let (x, y) = if (x / y - 1.0).abs() > ODD {
        (x.min(y), x.min(y))
    } else {
        (x, y)
    };
    // Pixels are counted by their middles: half a pixel of the scan is half a pixel of the page.
    Projection::translate(-0.5, -0.5) * Projection::scale(x, y) * Projection::translate(0.5, 0.5)
}

/// Points to an inch in the middle of the scan.
fn dpi(to_page: &Projection, width: f32, height: f32) -> f32 {
    let step = |x: f32, y: f32| {
        let (from, to) = (
            *to_page * (width / 2.0, height / 2.0),
            *to_page * (width / 2.0 + x, height / 2.0 + y),
        );
        (to.0 - from.0).hypot(to.1 - from.1)
    };
    super::DPI / step(1.0, 0.0).max(step(0.0, 1.0)).max(f32::EPSILON)
}

/// A black square.
#[derive(Debug, Clone, Copy)]
struct Square {
    middle: (f32, f32),
    side: f32,
}

/// The four marks: left upper, right upper, left lower, right lower.
#[derive(Debug, Clone, Copy)]
struct Marks([Square; 4]);

impl Marks {
    /// Looks for them.
    fn find(scan: &RgbImage) -> Option<Self> {
        let gray = grayscale(scan);
        let longest = gray.width().max(gray.height());
        let scale = longest.div_ceil(LONGEST_FOR_MARKS).max(1);
        let (width, height) = (gray.width() / scale, gray.height() / scale);
        if width.min(height) < 100 {
            return None;
        }
        let small = thumbnail(&gray, width, height);
        let squares = squares(&small);
        let (right, bottom) = (width as f32, height as f32);
        let corner = |x: f32, y: f32| nearest(&squares, x, y, right / 2.0, bottom / 2.0);
        let corners = [
            corner(0.0, 0.0),
            corner(right, 0.0),
            corner(0.0, bottom),
            corner(right, bottom),
        ];
        let mut best: Option<(f32, Self)> = None;
        for a in &corners[0] {
            for b in &corners[1] {
                for c in &corners[2] {
                    for d in &corners[3] {
                        let marks = Self([*a, *b, *c, *d]);
                        if let Some(off) = marks.off()
                            && best.as_ref().is_none_or(|(least, _)| off < *least)
                        {
                            best = Some((off, marks));
                        }
                    }
                }
            }
        }
        let (x, y) = (
            gray.width() as f32 / width as f32,
            gray.height() as f32 / height as f32,
        );
        best.map(|(_, marks)| marks.scaled(x, y))
    }

    /// How far from the marks of a sheet these are, or none when they cannot be them: a rectangle of about the
    /// right proportions, and squares of the size that belongs to it.
    fn off(&self) -> Option<f32> {
        let [a, b, c, d] = &self.0;
        let far = |one: &Square, other: &Square| {
            (one.middle.0 - other.middle.0).hypot(one.middle.1 - other.middle.1)
        };
        let (top, bottom, left, right) = (far(a, b), far(c, d), far(a, c), far(b, d));
        let unlike = |one: f32, other: f32| (one / other).ln().abs();
        let proportion = (A4.0 - 2.0 * MARK_MIDDLE) / (A4.1 - 2.0 * MARK_MIDDLE);
        let (wide, high) = (f32::midpoint(top, bottom), f32::midpoint(left, right));
        let (short, long) = (wide.min(high), wide.max(high));
        let shape = [
            unlike(top, bottom),
            unlike(left, right),
            unlike(far(a, d), far(b, c)),
            unlike(short / long, proportion),
        ];
        let side = short * MARK / (A4.0 - 2.0 * MARK_MIDDLE);
        let sizes = self.0.map(|square| unlike(square.side, side));
        let fits = shape.iter().all(|off| *off < 0.15) && sizes.iter().all(|off| *off < 0.25);
        fits.then(|| shape.iter().sum::<f32>() + sizes.iter().sum::<f32>())
    }

    /// The same in a picture whose pixels are this much smaller. Coordinates are of the middles of pixels.
    fn scaled(self, x: f32, y: f32) -> Self {
        Self(self.0.map(|square| Square {
            middle: (
                (square.middle.0 + 0.5) * x - 0.5,
                (square.middle.1 + 0.5) * y - 0.5,
            ),
            side: square.side * x,
        }))
    }

    /// The way from the scan to the page.
    fn to_page(self, width: f32, height: f32) -> Option<Projection> {
        let (left, right, top, bottom) = (
            MARK_MIDDLE,
            width - MARK_MIDDLE,
            MARK_MIDDLE,
            height - MARK_MIDDLE,
        );
        let there = [
            at(left, top),
            at(right, top),
            at(left, bottom),
            at(right, bottom),
        ];
        Projection::from_control_points(self.0.map(|square| square.middle), there)
    }
}

/// The squares of a quarter of the picture that are nearest to its corner.
fn nearest(squares: &[Square], x: f32, y: f32, half_width: f32, half_height: f32) -> Vec<Square> {
    let mut mine: Vec<Square> = squares
        .iter()
        .filter(|square| {
            (square.middle.0 - x).abs() < half_width && (square.middle.1 - y).abs() < half_height
        })
        .copied()
        .collect();
    let far = |square: &Square| (square.middle.0 - x).hypot(square.middle.1 - y);
    mine.sort_by(|one, other| far(one).total_cmp(&far(other)));
    mine.truncate(CANDIDATES);
    mine
}

/// What a component adds up to.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    area: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

/// Filled black squares of about the size of a mark, turned whichever way.
fn squares(gray: &GrayImage) -> Vec<Square> {
    let paper = bright(gray);
    let dark = GrayImage::from_fn(gray.width(), gray.height(), |x, y| {
        let black = u16::from(gray.get_pixel(x, y).0[0]) * 2 < paper;
        Luma([if black { 255 } else { 0 }])
    });
    let labels = connected_components(&dark, Connectivity::Eight, Luma([0]));
    let mut parts: Vec<Sums> = Vec::new();
    for (x, y, label) in labels.enumerate_pixels() {
        let Some(part) = (label.0[0] as usize).checked_sub(1) else {
            continue;
        };
        if parts.len() <= part {
            parts.resize(part + 1, Sums::default());
        }
        let sums = &mut parts[part];
        let (x, y) = (f64::from(x), f64::from(y));
        sums.area += 1.0;
        sums.x += x;
        sums.y += y;
        sums.xx += x * x;
        sums.yy += y * y;
        sums.xy += x * y;
    }
    let side = f64::from(gray.width().max(gray.height())) * f64::from(MARK / A4.1);
    parts.iter().filter_map(|sums| sums.square(side)).collect()
}

impl Sums {
    /// The square that this is, if it is one. The second moments of a filled square are a twelfth of its area,
    /// the same in every direction, however it is turned.
    fn square(&self, expected: f64) -> Option<Square> {
        let side = self.area.sqrt();
        if !(0.5 * expected..1.8 * expected).contains(&side) {
            return None;
        }
        let (x, y) = (self.x / self.area, self.y / self.area);
        let moment = self.area / 12.0;
        let xx = (self.xx / self.area - x * x) / moment;
        let yy = (self.yy / self.area - y * y) / moment;
        let xy = (self.xy / self.area - x * y) / moment;
        let even = (0.8..1.25).contains(&xx) && (0.8..1.25).contains(&yy) && xy.abs() < 0.2;
        even.then_some(Square {
            middle: (x as f32, y as f32),
            side: side as f32,
        })
    }
}

/// The brightness of the paper: nine tenths of the points are no brighter.
fn bright(gray: &GrayImage) -> u16 {
    let mut counts = [0_u64; 256];
    for point in gray.pixels() {
        counts[usize::from(point.0[0])] += 1;
    }
    super::ink::percentile(&counts, 90)
}

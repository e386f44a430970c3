//! Tells ink from paper and from black print.

use contract::stamps::StampInk;
use image::{GrayImage, Luma, Rgb, RgbImage};

/// Weaker colour than this is paper, shadow, or the noise of a JPEG.
pub(super) const FAINTEST: u8 = 38;

/// How much ink of each colour there is, point by point.
pub(super) struct Strengths {
    red: GrayImage,
    blue: GrayImage,
}

impl Strengths {
    /// Looks at a page.
    pub(super) fn of(page: &RgbImage) -> Self {
        let white = paper(page);
        let mut red = GrayImage::new(page.width(), page.height());
        let mut blue = GrayImage::new(page.width(), page.height());
        for (x, y, point) in page.enumerate_pixels() {
            let point = lit(*point, white);
            let most = point.into_iter().max().unwrap_or_default();
            let least = point.into_iter().min().unwrap_or_default();
            match hue(point) {
                Some(StampInk::Red) => red.put_pixel(x, y, Luma([most - least])),
                Some(StampInk::Blue) => blue.put_pixel(x, y, Luma([most - least])),
                None => {}
            }
        }
        Self { red, blue }
    }

    /// Of one colour.
    pub(super) fn of_ink(&self, ink: StampInk) -> &GrayImage {
        match ink {
            StampInk::Red => &self.red,
            StampInk::Blue => &self.blue,
        }
    }
}

/// A point as it would be on white paper.
fn lit(point: Rgb<u8>, white: [u16; 3]) -> [u8; 3] {
    let mut lit = [0; 3];
    for ((lit, value), white) in lit.iter_mut().zip(point.0).zip(white) {
        *lit = u8::try_from(u16::from(value) * 255 / white.max(1)).unwrap_or(u8::MAX);
    }
    lit
}

/// Which of the two inks a point has by its hue, if any. Stamp pads run from orange red to carmine, and from sky
/// blue to violet blue.
fn hue([r, g, b]: [u8; 3]) -> Option<StampInk> {
    let most = r.max(g).max(b);
    let chroma = i32::from(most - r.min(g).min(b));
    if chroma == 0 {
        return None;
    }
    let (r, g, b) = (i32::from(r), i32::from(g), i32::from(b));
    if r == i32::from(most) && (-35..=30).contains(&(60 * (g - b) / chroma)) {
        Some(StampInk::Red)
    } else if b == i32::from(most) && (190..=280).contains(&(240 + 60 * (r - g) / chroma)) {
        Some(StampInk::Blue)
    } else {
        None
    }
}

/// The colour of the paper, by channel: a tenth of the points are brighter.
fn paper(page: &RgbImage) -> [u16; 3] {
    let mut counts = [[0_u64; 256]; 3];
    for point in page.pixels() {
        for (counts, value) in counts.iter_mut().zip(point.0) {
            counts[usize::from(value)] += 1;
        }
    }
    // Dark paper is none; then colours are taken as they are.
    counts.map(|counts| percentile(&counts, 90).max(128))
}

/// The value that this percentage of the points do not exceed.
pub(super) fn percentile(counts: &[u64; 256], percent: u64) -> u16 {
    let all: u64 = counts.iter().sum();
    let mut seen = 0;
    for (value, count) in (0..).zip(counts) {
        seen += count;
        if seen * 100 >= all * percent {
            return value;
        }
    }
    255
}

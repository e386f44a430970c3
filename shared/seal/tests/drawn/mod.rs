//! Draws scans of seal sheets: what is on the paper is known in millimetres, and then it is scanned badly.

use std::f64::consts::{PI, TAU};
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, Rgb, RgbImage};

pub const RED: [f64; 3] = [205.0, 35.0, 40.0];
pub const BLUE: [f64; 3] = [35.0, 70.0, 175.0];
const BLACK: [f64; 3] = [25.0, 25.0, 28.0];
const PAPER: [f64; 3] = [246.0, 244.0, 238.0];

/// What a stamp looks like, in millimetres.
#[derive(Debug, Clone, Copy)]
pub enum Look {
    /// A ring with a star and bars where the characters stand.
    Ring { across: f64 },
    /// An oval with bars.
    Oval { width: f64, height: f64 },
    /// A frame with bars.
    Square { width: f64, height: f64 },
    /// A line that goes up and down, as a hand writes.
    Scrawl { width: f64 },
}

/// A stamp on the paper.
#[derive(Debug, Clone, Copy)]
pub struct Print {
    pub look: Look,
    pub colour: [f64; 3],
    /// Its middle on the page.
    pub at: (f64, f64),
    /// By how many degrees it was turned when it was pressed.
    pub turned: f64,
}

impl Print {
    pub fn new(look: Look, colour: [f64; 3], at: (f64, f64)) -> Self {
        Self {
            look,
            colour,
            at,
            turned: 0.0,
        }
    }

    fn inks(&self, x: f64, y: f64) -> bool {
        let (sin, cos) = self.turned.to_radians().sin_cos();
        let (x, y) = (x - self.at.0, y - self.at.1);
        if x.abs().max(y.abs()) > 40.0 {
            return false;
        }
        let (x, y) = (x * cos + y * sin, y * cos - x * sin);
        self.look.inks(x, y)
    }
}

impl Look {
    fn inks(self, x: f64, y: f64) -> bool {
        match self {
            Self::Ring { across } => {
                let (far, outer) = (x.hypot(y), across / 2.0);
                let ring = (outer - 1.2..=outer).contains(&far);
                let letters = (outer - 8.0..=outer - 3.5).contains(&far)
                    && y < outer / 3.0
                    && (y.atan2(x).to_degrees() / 6.0).rem_euclid(3.0) < 1.6;
                ring || letters || star(x, y, across / 6.0)
            }
            Self::Oval { width, height } => {
                let far = |less: f64| (x / (width / 2.0 - less)).hypot(y / (height / 2.0 - less));
                let ring = far(0.0) <= 1.0 && far(0.9) >= 1.0;
                ring || (y.abs() < 2.0 && x.abs() < width / 3.0 && x.rem_euclid(4.0) < 2.2)
            }
            Self::Square { width, height } => {
                let (x, y) = (x.abs() - width / 2.0, y.abs() - height / 2.0);
                let frame = x <= 0.0 && y <= 0.0 && x.max(y) >= -1.0;
                frame || (x < -3.0 && y < -3.0 && (x * 1.7).rem_euclid(2.5) < 1.2)
            }
            Self::Scrawl { width } => {
                x.abs() < width / 2.0 && (y - 5.0 * (x * 0.9).sin() * (x * 0.13).cos()).abs() < 0.6
            }
        }
    }
}

/// A star of five points, one of them up.
fn star(x: f64, y: f64, outer: f64) -> bool {
    let inner = outer * 0.382;
    let fifth = TAU / 5.0;
    let angle = (x.atan2(-y)).rem_euclid(fifth);
    let angle = angle.min(fifth - angle);
    // The edge from a point of the star to the notch beside it.
    let (ax, ay) = (outer, 0.0);
    let (bx, by) = (inner * (PI / 5.0).cos(), inner * (PI / 5.0).sin());
    let far = x.hypot(y);
    let (px, py) = (far * angle.cos(), far * angle.sin());
    (bx - ax) * (py - ay) - (by - ay) * (px - ax) >= 0.0
}

/// How the sheet was printed, stamped and scanned.
#[derive(Debug, Clone)]
pub struct Scan {
    pub prints: Vec<Print>,
    pub dpi: f64,
    /// Degrees by which the sheet lay crooked on the scanner.
    pub crooked: f64,
    /// Does the sheet have its marks?
    pub marks: bool,
    /// Lines of black text.
    pub text: bool,
    /// A scan goes through a JPEG of this quality, with noise.
    pub quality: u8,
    /// Is the longer side across?
    pub lying: bool,
    /// Millimetres around the sheet that the scanner took with it, or cut off where negative.
    pub around: f64,
}

impl Scan {
    pub fn of(prints: &[Print]) -> Self {
        Self {
            prints: prints.to_vec(),
            dpi: 300.0,
            crooked: 0.0,
            marks: true,
            text: true,
            quality: 80,
            lying: false,
            around: 0.0,
        }
    }

    fn sides(&self) -> (f64, f64) {
        if self.lying {
            (297.0, 210.0)
        } else {
            (210.0, 297.0)
        }
    }

    /// The colour of a point of the sheet.
    fn colour(&self, x: f64, y: f64) -> [f64; 3] {
        let (width, height) = self.sides();
        if !(0.0..width).contains(&x) || !(0.0..height).contains(&y) {
            // The lid of the scanner.
            return [250.0; 3];
        }
        let mark = |v: f64, side: f64| {
            (10.0..=16.0).contains(&v) || (side - 16.0..=side - 10.0).contains(&v)
        };
        if self.marks && mark(x, width) && mark(y, height) {
            return BLACK;
        }
        if let Some(print) = self.prints.iter().find(|print| print.inks(x, y)) {
            return print.colour;
        }
        // Lines of text on the upper third, as black dashes.
        if self.text
            && (25.0..80.0).contains(&y)
            && (25.0..width - 25.0).contains(&x)
            && y.rem_euclid(7.0) < 2.8
            && (x * 1.3).rem_euclid(3.0) < 1.1
        {
            return BLACK;
        }
        PAPER
    }

    /// The scan.
    pub fn draw(&self) -> RgbImage {
        let per_mm = self.dpi / 25.4;
        let (width, height) = self.sides();
        let side = |side: f64| ((side + 2.0 * self.around) * per_mm).round() as u32;
        let (sin, cos) = self.crooked.to_radians().sin_cos();
        let mut noise = 0x9E37_79B9_u32;
        let mut scan = RgbImage::new(side(width), side(height));
        for (px, py, point) in scan.enumerate_pixels_mut() {
            let mut sum = [0.0; 3];
            for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                let (x, y) = (
                    (f64::from(px) + dx) / per_mm - self.around - width / 2.0,
                    (f64::from(py) + dy) / per_mm - self.around - height / 2.0,
                );
                let (x, y) = (x * cos + y * sin, y * cos - x * sin);
                let colour = self.colour(x + width / 2.0, y + height / 2.0);
                for (sum, value) in sum.iter_mut().zip(colour) {
                    *sum += value / 4.0;
                }
            }
            *point = Rgb(sum.map(|value| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let off = f64::from(noise >> 24) / 255.0 * 12.0 - 6.0;
                (value + off).clamp(0.0, 255.0) as u8
            }));
        }
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, self.quality)
            .encode_image(&scan)
            .unwrap();
        image::load(Cursor::new(bytes), ImageFormat::Jpeg)
            .unwrap()
            .to_rgb8()
    }
}

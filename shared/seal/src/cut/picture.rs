//! The pictures of a stamp: cut out, and as it is on the scan.

use contract::stamps::{MOST_PICTURE_BYTES, StampInk};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, crop_imm, resize};
use image::{GrayImage, Luma, RgbImage};
use imageproc::geometric_transformations::{Border, Interpolation, warp_into_with};

use super::groups::Group;
use super::outline::Outline;
use super::{CutError, DPI, PER_MM};

/// The red of all red stamps, and the blue of all blue ones.
const RED: [u8; 3] = [214, 16, 24];
const BLUE: [u8; 3] = [18, 60, 170];
/// Ink weaker than this share of a stamp's full colour is paper; stronger than the other is all ink.
const PAPER: f32 = 0.2;
const INK: f32 = 0.75;
/// Steps of transparency: with 16 a point takes half a byte, and a stamp fits on a key.
const STEPS: u8 = 16;
/// Paper around the original, in millimetres.
const MARGIN: f32 = 3.0;
/// JPEG quality of the original: the reviewer looks closely.
const QUALITY: u8 = 88;
/// Points to a metre, as PNG counts them.
const PER_METRE: u32 = (DPI / 0.0254) as u32;

/// The transparent PNG of a stamp, upright, as large as its size says.
pub(super) fn transparent(
    group: &Group,
    outline: &Outline,
    ink: StampInk,
) -> Result<Vec<u8>, CutError> {
    let mut strength = upright(group, outline);
    let full = f32::from(group.full.max(1));
    let colour = match ink {
        StampInk::Red => RED,
        StampInk::Blue => BLUE,
    };
    let mut density = PER_METRE;
    loop {
        let steps: Vec<u8> = strength
            .pixels()
            .map(|point| step(f32::from(point.0[0]) / full))
            .collect();
        let (width, height) = strength.dimensions();
        let cut = png(width, height, &steps, colour, density);
        let cut = cut.map_err(|error| CutError(error.to_string()))?;
        // What does not fit on a key beside its certificates has fewer points.
        if cut.len() <= MOST_PICTURE_BYTES || width.min(height) < 2 {
            return Ok(cut);
        }
        strength = resize(&strength, width / 2, height / 2, FilterType::Triangle);
        density /= 2;
    }
}

/// The part of the page that a stamp is on.
pub(super) fn original(page: &RgbImage, group: &Group) -> Result<Vec<u8>, CutError> {
    let margin = (MARGIN * PER_MM) as u32;
    let (left, top) = (
        group.left.saturating_sub(margin),
        group.top.saturating_sub(margin),
    );
    let right = (group.left + group.ink.width() + margin).min(page.width());
    let bottom = (group.top + group.ink.height() + margin).min(page.height());
    let part = crop_imm(page, left, top, right - left, bottom - top).to_image();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(&part)
        .map_err(|error| CutError(error.to_string()))?;
    Ok(bytes)
}

/// The ink of a stamp, turned upright, and nothing around it.
fn upright(group: &Group, outline: &Outline) -> GrayImage {
    let (width, height) = (
        outline.sides.0.round().max(1.0),
        outline.sides.1.round().max(1.0),
    );
    let (sin, cos) = outline.turned.sin_cos();
    let mut upright = GrayImage::new(width as u32, height as u32);
    let from = |x: f32, y: f32| {
        // The middle of the picture is the middle of the stamp.
        let (x, y) = (
            f64::from(x) - (width - 1.0) / 2.0,
            f64::from(y) - (height - 1.0) / 2.0,
        );
        (
            (outline.middle.0 + x * cos - y * sin) as f32,
            (outline.middle.1 + x * sin + y * cos) as f32,
        )
    };
    warp_into_with(
        &group.ink,
        from,
        Interpolation::Bilinear,
        Border::Constant(Luma([0])),
        &mut upright,
    );
    upright
}

/// How opaque a point is, in steps.
fn step(share: f32) -> u8 {
    let opaque = ((share - PAPER) / (INK - PAPER)).clamp(0.0, 1.0);
    (opaque * f32::from(STEPS - 1)).round() as u8
}

/// A PNG of one colour in steps of transparency.
fn png(
    width: u32,
    height: u32,
    steps: &[u8],
    colour: [u8; 3],
    density: u32,
) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Four);
    encoder.set_palette(colour.repeat(usize::from(STEPS)));
    encoder.set_trns((0..STEPS).map(|step| step * 17).collect::<Vec<u8>>());
    encoder.set_compression(png::Compression::High);
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: density,
        yppu: density,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&packed(width as usize, steps))?;
    writer.finish()?;
    Ok(bytes)
}

/// Two points to a byte, each row on its own.
fn packed(width: usize, steps: &[u8]) -> Vec<u8> {
    steps
        .chunks(width.max(1))
        .flat_map(|row| {
            row.chunks(2)
                .map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0))
        })
        .collect()
}

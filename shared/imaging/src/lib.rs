//! From an uploaded file to page images.
//!
//! The decoders are Rust without unsafe parts of ours, with limits on what one file may ask for: pixels,
//! pages, memory. The images are new files made from pixels: nothing of the upload survives in them.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::paper::PaperFormat;
use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, ImageReader, Limits, RgbImage};

/// Longer sides are made smaller: enough to read an A4 page by.
const LONGEST_SIDE: u32 = 1800;
/// An A4 page of a PDF is drawn this large where something on it is measured: 300 dpi.
const LONGEST_SCAN: u32 = 3508;
/// Codes are read from a picture of this size: those on our sheets have modules of half a millimetre, five points of
/// 250 dpi.
const LONGEST_FOR_CODES: u32 = 2924;
/// A scan of more pixels than this on a side is no scan.
const MOST_PIXELS_A_SIDE: u32 = 16_000;
/// Memory that one picture may take while it is decoded, in bytes.
const MOST_MEMORY: u64 = 400 * 1024 * 1024;
/// Pages of a PDF, at most.
const MOST_PAGES: usize = 10;
/// JPEG quality: text stays sharp.
const QUALITY: u8 = 82;

/// A page in full, in memory.
pub type Scan = DynamicImage;

/// Why a file cannot be used. `Display` is for logs, [`BadFile::text`] and [`BadFile::english`] for who
/// uploaded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// It cannot be opened or drawn.
    #[error("unreadable file")]
    Unreadable,
    /// It is not of the format that it is said to be, or of none that we take.
    #[error("file of another type")]
    WrongType,
    /// It asks for more pixels or memory than a scan needs.
    #[error("picture too large")]
    TooLarge,
    /// A PDF of too many pages.
    #[error("too many pages")]
    TooManyPages,
}

impl BadFile {
    /// Every reason.
    pub const ALL: [Self; 4] = [
        Self::Unreadable,
        Self::WrongType,
        Self::TooLarge,
        Self::TooManyPages,
    ];

    /// What is wrong and what to do about it, in Chinese.
    pub fn text(self) -> &'static str {
        match self {
            Self::Unreadable => "文件无法打开，请重新扫描后上传",
            Self::WrongType => "文件内容与格式不符，请上传 JPG、PNG 或 PDF 文件",
            Self::TooLarge => "图片尺寸过大，请降低扫描分辨率后上传",
            Self::TooManyPages => "PDF 页数过多，请拆分后上传",
        }
    }

    /// The same in English.
    pub fn english(self) -> &'static str {
        match self {
            Self::Unreadable => "The file cannot be opened. Please scan it again.",
            Self::WrongType => "The file is not what its name says. Please use JPG, PNG or PDF.",
            Self::TooLarge => "The picture is too large. Please scan it at a lower resolution.",
            Self::TooManyPages => "The PDF has too many pages. Please split it.",
        }
    }
}

/// The pages of a file as JPEG images.
///
/// # Errors
/// [`BadFile`], when the file cannot be used. The same bytes give the same answer every time.
pub fn pages(bytes: &[u8], said: PaperFormat) -> Result<Vec<Vec<u8>>, BadFile> {
    drawn(bytes, said, LONGEST_SIDE)?
        .iter()
        .map(preview)
        .collect()
}

/// The pages of a file as they were scanned, for what looks at them more closely than a person does: pictures as
/// they are, pages of a PDF as a scanner would see them. [`preview`] makes of each what [`pages`] gives.
///
/// # Errors
/// As [`pages`].
pub fn scans(bytes: &[u8], said: PaperFormat) -> Result<Vec<Scan>, BadFile> {
    drawn(bytes, said, LONGEST_SCAN)
}

/// What the QR codes on a page say, those that can be read.
pub fn codes(page: &DynamicImage) -> Vec<String> {
    let grey = if page.width().max(page.height()) > LONGEST_FOR_CODES {
        page.thumbnail(LONGEST_FOR_CODES, LONGEST_FOR_CODES)
            .to_luma8()
    } else {
        page.to_luma8()
    };
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let read = || {
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            grey.as_raw().get(y * width + x).copied().unwrap_or(u8::MAX)
        });
        let grids = prepared.detect_grids();
        let all = grids.iter().filter_map(|grid| grid.decode().ok());
        all.map(|(_, text)| text).collect()
    };
    // Whatever is on a page: a code that breaks its reader is none that can be read.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
}

/// The JPEG image of a page.
///
/// # Errors
/// As [`pages`].
pub fn preview(page: &DynamicImage) -> Result<Vec<u8>, BadFile> {
    let small = if page.width().max(page.height()) > LONGEST_SIDE {
        page.resize(LONGEST_SIDE, LONGEST_SIDE, FilterType::Triangle)
    } else {
        page.clone()
    };
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(&small.to_rgb8())
        .map_err(|_| BadFile::Unreadable)?;
    Ok(bytes)
}

fn drawn(bytes: &[u8], said: PaperFormat, longest: u32) -> Result<Vec<DynamicImage>, BadFile> {
    if PaperFormat::sniff(bytes) != Some(said) {
        return Err(BadFile::WrongType);
    }
    // A decoder that panics on a hostile file has found that it cannot be used.
    let drawn = catch_unwind(AssertUnwindSafe(|| match said {
        PaperFormat::Jpeg => picture(bytes, ImageFormat::Jpeg).map(|page| vec![page]),
        PaperFormat::Png => picture(bytes, ImageFormat::Png).map(|page| vec![page]),
        PaperFormat::Pdf => document(bytes, longest),
    }));
    drawn.unwrap_or(Err(BadFile::Unreadable))
}

fn picture(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, BadFile> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS_A_SIDE);
    limits.max_image_height = Some(MOST_PIXELS_A_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    reader.decode().map_err(|error| match error {
        image::ImageError::Limits(_) => BadFile::TooLarge,
        _ => BadFile::Unreadable,
    })
}

#[expect(clippy::float_arithmetic, reason = "the scale of a page, no money")]
#[expect(
    clippy::cast_precision_loss,
    reason = "a page is a few thousand points wide"
)]
fn document(bytes: &[u8], longest_side: u32) -> Result<Vec<DynamicImage>, BadFile> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|_| BadFile::Unreadable)?;
    let pages = pdf.pages();
    if pages.is_empty() {
        return Err(BadFile::Unreadable);
    }
    if pages.len() > MOST_PAGES {
        return Err(BadFile::TooManyPages);
    }
    let cache = RenderCache::new();
    let interpreter = InterpreterSettings::default();
    let settings = RenderSettings::default();
    let mut drawn = Vec::new();
    for page in pages.iter() {
        let (width, height) = page.render_dimensions();
        let longest = width.max(height);
        if !(1.0..=20_000.0).contains(&longest) {
            return Err(BadFile::TooLarge);
        }
        let scale = longest_side as f32 / longest;
        let pixels = PixmapSettings {
            x_scale: scale,
            y_scale: scale,
            bg_color: hayro::vello_cpu::color::palette::css::WHITE,
        };
        let page = render(page, &cache, &interpreter, &settings, &pixels);
        let (width, height) = (u32::from(page.width()), u32::from(page.height()));
        // The background is opaque, so the alpha of every pixel is full and can be left out.
        let rgb: Vec<u8> = page
            .data_as_u8_slice()
            .chunks_exact(4)
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect();
        drawn.push(
            RgbImage::from_raw(width, height, rgb)
                .map(DynamicImage::from)
                .ok_or(BadFile::Unreadable)?,
        );
    }
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        RgbImage::from_pixel(width, height, image::Rgb([200, 30, 30]))
            .write_to(&mut bytes, ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    }

    /// A PDF of one empty A4 page, written by hand.
    fn pdf(pages: usize) -> Vec<u8> {
        let mut text = b"%PDF-1.4\n".to_vec();
        let mut places = Vec::new();
        let kids: Vec<String> = (0..pages).map(|n| format!("{} 0 R", n + 3)).collect();
        let mut objects = vec![
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            format!(
                "<< /Type /Pages /Kids [{}] /Count {pages} >>",
                kids.join(" ")
            ),
        ];
        objects.extend(
            (0..pages)
                .map(|_| "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>".to_owned()),
        );
        for (index, object) in objects.iter().enumerate() {
            places.push(text.len());
            text.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
        }
        let start = text.len();
        text.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
        for place in places {
            text.extend(format!("{place:010} 00000 n \n").bytes());
        }
        text.extend(
            format!(
                "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
                objects.len() + 1
            )
            .bytes(),
        );
        text
    }

    #[test]
    fn each_reason_has_its_own_words_in_both_languages() {
        for (place, bad) in BadFile::ALL.into_iter().enumerate() {
            assert!(!bad.text().is_ascii() && bad.english().is_ascii());
            for other in &BadFile::ALL[place + 1..] {
                assert_ne!(bad.text(), other.text());
                assert_ne!(bad.english(), other.english());
            }
        }
    }

    #[test]
    fn a_picture_becomes_one_page_no_larger_than_needed() {
        let pages = pages(&png(2400, 1200), PaperFormat::Png).unwrap();
        assert_eq!(pages.len(), 1);
        let page = image::load_from_memory(&pages[0]).unwrap();
        assert_eq!((page.width(), page.height()), (1800, 900));
        assert_eq!(PaperFormat::sniff(&pages[0]), Some(PaperFormat::Jpeg));
    }

    #[test]
    fn a_pdf_becomes_its_pages() {
        let pages = pages(&pdf(2), PaperFormat::Pdf).unwrap();
        assert_eq!(pages.len(), 2);
        let page = image::load_from_memory(&pages[0]).unwrap();
        assert_eq!(page.height(), 1800);
    }

    #[test]
    fn a_scan_keeps_its_points_and_its_preview_is_the_same_as_before() {
        let bytes = png(2400, 1200);
        let scanned = scans(&bytes, PaperFormat::Png).unwrap();
        assert_eq!((scanned[0].width(), scanned[0].height()), (2400, 1200));
        assert_eq!(
            vec![preview(&scanned[0]).unwrap()],
            pages(&bytes, PaperFormat::Png).unwrap()
        );
        let scanned = scans(&pdf(1), PaperFormat::Pdf).unwrap();
        assert_eq!(scanned[0].height(), 3508);
        assert_eq!(scans(b"<html>", PaperFormat::Pdf), Err(BadFile::WrongType));
    }

    #[test]
    fn what_is_not_what_it_says_is_refused_with_the_reason() {
        assert_eq!(pages(b"<html>", PaperFormat::Pdf), Err(BadFile::WrongType));
        assert_eq!(
            pages(&png(10, 10), PaperFormat::Jpeg),
            Err(BadFile::WrongType)
        );
        assert_eq!(
            pages(b"%PDF-1.4 nothing", PaperFormat::Pdf),
            Err(BadFile::Unreadable)
        );
        assert_eq!(
            pages(&png(100, 100)[..60], PaperFormat::Png),
            Err(BadFile::Unreadable)
        );
        assert_eq!(
            pages(&pdf(11), PaperFormat::Pdf),
            Err(BadFile::TooManyPages)
        );
    }

    #[test]
    fn a_picture_that_claims_to_be_enormous_is_refused_before_it_is_decoded() {
        let mut bomb = png(10, 10);
        // Width and height in the header, with the header's own checksum made right again.
        bomb[16..24].copy_from_slice(&[0, 0, 0x9C, 0x40, 0, 0, 0x9C, 0x40]);
        let mut crc = 0xFFFF_FFFFu32;
        for byte in &bomb[12..29] {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 {
                    (crc >> 1) ^ 0xEDB8_8320
                } else {
                    crc >> 1
                };
            }
        }
        bomb[29..33].copy_from_slice(&(!crc).to_be_bytes());
        assert_eq!(pages(&bomb, PaperFormat::Png), Err(BadFile::TooLarge));
    }
}

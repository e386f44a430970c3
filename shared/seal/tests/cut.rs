//! Stamps are cut from scans whose millimetres are known.
#![expect(
    clippy::float_arithmetic,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "drawn scans"
)]

mod drawn;

use contract::stamps::{Measured, StampInk, StampProblem, StampShape};
use drawn::{BLUE, Look, Print, RED, Scan};
use image::{RgbImage, RgbaImage};
use proptest::prelude::*;
use seal::cut::{MOST_STAMPS, Sheet, Stamp, cut};

const RING: Look = Look::Ring { across: 42.0 };
const OVAL: Look = Look::Oval {
    width: 45.0,
    height: 30.0,
};
const CHOP: Look = Look::Square {
    width: 20.0,
    height: 20.0,
};

/// Problems in the order of the findings.
fn problems(sheet: &Sheet) -> Vec<StampProblem> {
    sheet.findings.iter().map(|(problem, _)| *problem).collect()
}

/// Half a millimetre, the most that a measure may be off.
fn measures(stamp: &Stamp, width: f64, height: f64, said: &str) {
    let off = |tenths: u16, wanted: f64| (f64::from(tenths) / 10.0 - wanted).abs();
    assert!(
        off(stamp.size.width, width) <= 0.5 && off(stamp.size.height, height) <= 0.5,
        "{said}: {:?} is not {width} × {height} mm",
        stamp.size
    );
}

fn png(stamp: &Stamp) -> RgbaImage {
    image::load_from_memory(&stamp.picture).unwrap().to_rgba8()
}

/// A stamp of each kind, where they do not touch.
fn three() -> Vec<Print> {
    vec![
        Print::new(RING, RED, (60.0, 130.0)),
        Print {
            turned: 7.0,
            ..Print::new(OVAL, BLUE, (140.0, 130.0))
        },
        Print {
            turned: -5.0,
            ..Print::new(CHOP, RED, (60.0, 220.0))
        },
    ]
}

#[test]
fn every_shape_and_colour_is_measured_within_half_a_millimetre_however_it_was_scanned() {
    for (dpi, crooked, quality) in [
        (200.0, 0.0, 85),
        (200.0, 3.0, 70),
        (300.0, -2.0, 80),
        (400.0, 4.0, 90),
        (600.0, 1.0, 75),
    ] {
        let scan = Scan {
            dpi,
            crooked,
            quality,
            ..Scan::of(&three())
        };
        let sheet = cut(&scan.draw()).unwrap();
        let said = format!("{dpi} dpi, {crooked}°");
        assert_eq!(sheet.measured, Measured::ByMarks, "{said}");
        assert_eq!(problems(&sheet), [], "{said}");
        let mut stamps = sheet.stamps;
        stamps.sort_by_key(|stamp| (stamp.place.top / 300, stamp.place.left));
        let kinds: Vec<_> = stamps
            .iter()
            .map(|stamp| (stamp.shape, stamp.ink))
            .collect();
        assert_eq!(
            kinds,
            [
                (StampShape::Round, StampInk::Red),
                (StampShape::Oval, StampInk::Blue),
                (StampShape::Square, StampInk::Red)
            ],
            "{said}"
        );
        measures(&stamps[0], 42.0, 42.0, &said);
        measures(&stamps[1], 45.0, 30.0, &said);
        measures(&stamps[2], 20.0, 20.0, &said);
    }
}

#[test]
fn a_scan_with_a_margin_or_a_little_too_small_is_measured_by_the_marks_alone() {
    for around in [-6.0, 12.0] {
        let scan = Scan {
            around,
            crooked: 1.0,
            ..Scan::of(&three()[..1])
        };
        let sheet = cut(&scan.draw()).unwrap();
        assert_eq!(sheet.measured, Measured::ByMarks, "{around}");
        measures(&sheet.stamps[0], 42.0, 42.0, &format!("{around} mm around"));
    }
}

#[test]
fn a_sheet_that_lies_is_measured_as_it_lies() {
    let scan = Scan {
        lying: true,
        crooked: 2.0,
        ..Scan::of(&[Print::new(OVAL, RED, (150.0, 130.0))])
    };
    let sheet = cut(&scan.draw()).unwrap();
    assert_eq!(sheet.measured, Measured::ByMarks);
    measures(&sheet.stamps[0], 45.0, 30.0, "lying");
}

#[test]
fn without_marks_the_picture_is_taken_for_a_whole_page_and_that_is_said() {
    let whole = Scan {
        marks: false,
        ..Scan::of(&three())
    };
    let sheet = cut(&whole.draw()).unwrap();
    assert_eq!(sheet.measured, Measured::ByPage);
    assert_eq!((sheet.stamps.len(), problems(&sheet)), (3, vec![]));
    let ring = sheet
        .stamps
        .iter()
        .find(|stamp| stamp.shape == StampShape::Round);
    measures(ring.unwrap(), 42.0, 42.0, "whole page");
    // A part of the page says nothing about millimetres.
    let part = image::imageops::crop_imm(&whole.draw(), 0, 1100, 1700, 900).to_image();
    let sheet = cut(&part).unwrap();
    assert_eq!(sheet.measured, Measured::ByPage);
    assert!(
        problems(&sheet).contains(&StampProblem::OddPage),
        "{:?}",
        sheet.findings
    );
    let ring = sheet
        .stamps
        .iter()
        .find(|stamp| stamp.shape == StampShape::Round);
    assert!(
        ring.is_some(),
        "circles stay circles: {:?}",
        sheet
            .stamps
            .iter()
            .map(|stamp| (stamp.shape, stamp.size))
            .collect::<Vec<_>>()
    );
}

#[test]
fn outside_of_the_ink_all_is_transparent_and_inside_all_is_one_colour() {
    let sheet = cut(&Scan::of(&three()).draw()).unwrap();
    for stamp in &sheet.stamps {
        let picture = png(stamp);
        let points = |tenths: u16| (f64::from(tenths) / 254.0 * 300.0).round() as u32;
        assert!(picture.width().abs_diff(points(stamp.size.width)) <= 1);
        assert!(picture.height().abs_diff(points(stamp.size.height)) <= 1);
        let inked: Vec<_> = picture.pixels().filter(|point| point.0[3] > 0).collect();
        let first = inked[0].0;
        assert!(inked.iter().all(|point| point.0[..3] == first[..3]));
        assert_eq!(stamp.ink == StampInk::Red, first[0] > first[2]);
        assert!(picture.pixels().any(|point| point.0[3] == 255));
        if stamp.shape != StampShape::Square {
            for (x, y) in [(0, 0), (picture.width() - 1, 0), (0, picture.height() - 1)] {
                assert_eq!(picture.get_pixel(x, y).0[3], 0);
            }
        }
        // It has to fit on a key beside certificates.
        assert!(
            stamp.picture.len() < 30_000,
            "{} bytes",
            stamp.picture.len()
        );
    }
    // Between ring and letters there is paper, and so there is nothing.
    let ring = png(sheet
        .stamps
        .iter()
        .find(|stamp| stamp.shape == StampShape::Round)
        .unwrap());
    let middle = ring.height() / 2;
    let line: Vec<u8> = (0..ring.width())
        .map(|x| ring.get_pixel(x, middle).0[3])
        .collect();
    assert_eq!(line[24], 0);
    assert_eq!(line[ring.width() as usize / 2], 255, "the star");
    assert_eq!(line[5], 255, "the ring");
}

#[test]
fn the_original_shows_the_same_part_of_the_scan() {
    let sheet = cut(&Scan::of(&three()[..1]).draw()).unwrap();
    let original = image::load_from_memory(&sheet.stamps[0].original).unwrap();
    // 42 mm, and three and a bit on each side.
    assert!(
        (560..600).contains(&original.width()),
        "{}",
        original.width()
    );
    assert!((560..600).contains(&original.height()));
}

#[test]
fn a_page_without_a_stamp_is_named_even_when_it_is_full_of_black() {
    for text in [false, true] {
        let scan = Scan {
            text,
            ..Scan::of(&[])
        };
        let sheet = cut(&scan.draw()).unwrap();
        assert!(sheet.stamps.is_empty());
        assert_eq!(problems(&sheet), [StampProblem::NoStamp]);
    }
}

#[test]
fn handwriting_is_no_stamp() {
    let name = Print::new(Look::Scrawl { width: 40.0 }, BLUE, (120.0, 200.0));
    let sheet = cut(&Scan::of(&[name]).draw()).unwrap();
    assert!(sheet.stamps.is_empty());
    assert_eq!(
        problems(&sheet),
        [StampProblem::NotAStamp, StampProblem::NoStamp]
    );
}

#[test]
fn a_page_that_is_red_all_over_is_no_stamp() {
    for (width, height) in [(200, 120), (1654, 2339)] {
        let sheet = cut(&RgbImage::from_pixel(
            width,
            height,
            image::Rgb([200, 30, 30]),
        ))
        .unwrap();
        assert!(sheet.stamps.is_empty(), "{width} × {height}");
        assert!(problems(&sheet).ends_with(&[StampProblem::NotAStamp, StampProblem::NoStamp]));
    }
}

#[test]
fn a_stamp_over_the_edge_of_the_scan_is_named_with_its_number() {
    let prints = [
        Print::new(RING, RED, (60.0, 130.0)),
        Print::new(RING, RED, (198.0, 180.0)),
    ];
    let sheet = cut(&Scan::of(&prints).draw()).unwrap();
    assert_eq!(sheet.stamps.len(), 2);
    assert!(
        sheet.findings.contains(&(StampProblem::CutByEdge, Some(1))),
        "{:?}",
        sheet.findings
    );
    assert!(sheet.findings.iter().all(|(_, stamp)| *stamp == Some(1)));
}

#[test]
fn sizes_that_no_stamp_has_are_named() {
    for (across, problem) in [
        (25.0, Some(StampProblem::TooSmall)),
        (38.0, None),
        (58.0, None),
        (66.0, Some(StampProblem::TooLarge)),
    ] {
        let print = Print::new(Look::Ring { across }, RED, (100.0, 150.0));
        let sheet = cut(&Scan::of(&[print]).draw()).unwrap();
        measures(&sheet.stamps[0], across, across, "round");
        assert_eq!(problems(&sheet), problem.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn of_too_many_stamps_some_are_cut_and_that_is_said() {
    let prints: Vec<Print> = (0..15)
        .map(|no| {
            let at = (
                35.0 + 32.0 * f64::from(no % 5),
                110.0 + 45.0 * f64::from(no / 5),
            );
            Print::new(CHOP, RED, at)
        })
        .collect();
    let sheet = cut(&Scan::of(&prints).draw()).unwrap();
    assert_eq!(sheet.stamps.len(), MOST_STAMPS);
    assert_eq!(problems(&sheet), [StampProblem::TooMany]);
}

#[test]
fn stamps_that_stand_close_stay_two() {
    let prints = [
        Print::new(RING, RED, (60.0, 150.0)),
        Print::new(RING, RED, (60.0 + 32.0, 150.0 + 32.0)),
    ];
    let sheet = cut(&Scan::of(&prints).draw()).unwrap();
    assert_eq!(sheet.stamps.len(), 2);
    for stamp in &sheet.stamps {
        measures(stamp, 42.0, 42.0, "close");
    }
}

#[test]
fn a_coarse_scan_is_named() {
    let scan = Scan {
        dpi: 120.0,
        ..Scan::of(&three()[..1])
    };
    let sheet = cut(&scan.draw()).unwrap();
    assert!(problems(&sheet).contains(&StampProblem::Coarse));
}

#[test]
fn the_same_scan_gives_the_same_bytes() {
    let scan = Scan::of(&three()).draw();
    let (one, two) = (cut(&scan).unwrap(), cut(&scan).unwrap());
    let bytes = |sheet: &Sheet| -> Vec<Vec<u8>> {
        sheet
            .stamps
            .iter()
            .map(|stamp| stamp.picture.clone())
            .collect()
    };
    assert_eq!(bytes(&one), bytes(&two));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever the picture: an answer, never a panic.
    #[test]
    fn any_picture_has_an_answer(width in 1_u32..300, height in 1_u32..300, seed in any::<u32>(), grain in 1_u32..60) {
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let n = (x / grain).wrapping_mul(31).wrapping_add((y / grain).wrapping_mul(17)).wrapping_add(seed);
            let n = n.wrapping_mul(2_654_435_761).to_be_bytes();
            image::Rgb([n[0], n[1], n[2]])
        });
        let sheet = cut(&picture).unwrap();
        prop_assert_eq!(sheet.stamps.is_empty(), problems(&sheet).contains(&StampProblem::NoStamp));
    }
}

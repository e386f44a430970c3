//! The shape of a stamp and its size along its own axes.

use contract::stamps::{StampPlace, StampShape, StampSize};
use imageproc::geometry::{contour_area, convex_hull};
use imageproc::point::Point;

use super::groups::Group;
use super::{LARGEST, tenths};

/// Of two sides that differ by less than this, a circle.
const ROUND: f64 = 0.93;
/// The share of its rectangle that a hull fills: a circle and an ellipse 0.785, a rectangle all of it.
const FILLED: f64 = 0.89;
/// Directions from the middle in which an outline is looked for.
const DIRECTIONS: usize = 72;
/// In so many of them there must be ink near the outline.
const SEEN: usize = 43;
/// How near, as a share of the way from the middle.
const NEAR: f64 = 0.85;
/// Turned by less than this, in radians, a stamp is upright: a fifth of a degree.
const UPRIGHT: f64 = 0.0035;

/// The outline of a stamp. Coordinates in `middle` count from its group's left upper corner.
#[derive(Debug, Clone)]
pub(super) struct Outline {
    /// Its shape.
    pub(super) shape: StampShape,
    /// Its middle.
    pub(super) middle: (f64, f64),
    /// Its sides in points.
    pub(super) sides: (f64, f64),
    /// By how much it is turned, in radians, between -45° and 45°.
    pub(super) turned: f64,
    /// Its corners, if it were a polygon, on the page.
    pub(super) hull: Vec<Point<i32>>,
}

/// A rectangle that stands around points.
#[derive(Debug, Clone, Copy)]
struct Around {
    middle: (f64, f64),
    sides: (f64, f64),
    turned: f64,
}

impl Around {
    /// The rectangle around points that is turned so.
    fn of(hull: &[Point<i32>], turned: f64) -> Self {
        let (sin, cos) = turned.sin_cos();
        let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
        for point in hull {
            let (x, y) = (f64::from(point.x), f64::from(point.y));
            let along = (x * cos + y * sin, y * cos - x * sin);
            low = (low.0.min(along.0), low.1.min(along.1));
            high = (high.0.max(along.0), high.1.max(along.1));
        }
        let (x, y) = (f64::midpoint(low.0, high.0), f64::midpoint(low.1, high.1));
        Self {
            middle: (x * cos - y * sin, x * sin + y * cos),
            // From the middle of the first pixel to the middle of the last is one less than both cover.
            sides: (high.0 - low.0 + 1.0, high.1 - low.1 + 1.0),
            turned,
        }
    }

    /// The smallest one: one of its sides lies on a side of the hull.
    fn smallest(hull: &[Point<i32>]) -> Self {
        let next = hull.iter().cycle().skip(1);
        let each = hull.iter().zip(next).map(|(from, to)| {
            let angle = f64::from(to.y - from.y).atan2(f64::from(to.x - from.x));
            Self::of(hull, upright(angle))
        });
        each.min_by(|one, other| one.area().total_cmp(&other.area()))
            .unwrap_or_else(|| Self::of(hull, 0.0))
    }

    fn area(&self) -> f64 {
        self.sides.0 * self.sides.1
    }
}

/// The same direction or one at right angles to it, between -45° and 45°.
fn upright(angle: f64) -> f64 {
    let quarter = std::f64::consts::FRAC_PI_2;
    let angle = angle - (angle / quarter).round() * quarter;
    if angle.abs() < UPRIGHT { 0.0 } else { angle }
}

impl Outline {
    /// The outline of a group, or none when it is no stamp's.
    pub(super) fn of(group: &Group) -> Option<Self> {
        let rows = rows(group);
        let points: Vec<Point<i32>> = rows
            .iter()
            .flat_map(|(y, from, to)| [Point::new(*from, *y), Point::new(*to, *y)])
            .collect();
        let hull = convex_hull(points);
        if hull.len() < 3 {
            return None;
        }
        let smallest = Around::smallest(&hull);
        // The hull goes through the middles of pixels: half a pixel is missing all around.
        let (width, height) = smallest.sides;
        let filled = contour_area(&hull) / ((width - 1.0) * (height - 1.0)).max(1.0);
        let (shape, around) = if filled > FILLED {
            (StampShape::Square, smallest)
        } else if width.min(height) / width.max(height) > ROUND {
            // Whichever way a circle is turned, its outline does not tell.
            (StampShape::Round, Around::of(&hull, 0.0))
        } else {
            (StampShape::Oval, Around::of(&hull, axis(&rows)))
        };
        let outline = Self {
            shape,
            middle: around.middle,
            sides: around.sides,
            turned: around.turned,
            hull: hull
                .iter()
                .map(|point| Point::new(point.x + group.left as i32, point.y + group.top as i32))
                .collect(),
        };
        (outline.directions(group) >= SEEN).then_some(outline)
    }

    /// Is it no larger than a stamp can be?
    pub(super) fn can_be_a_stamp(&self) -> bool {
        let size = self.size();
        size.width.max(size.height) <= LARGEST
    }

    /// Its size.
    pub(super) fn size(&self) -> StampSize {
        StampSize {
            width: tenths(self.sides.0 as f32),
            height: tenths(self.sides.1 as f32),
        }
    }

    /// Where it is on the page.
    pub(super) fn place(&self) -> StampPlace {
        let (mut left, mut top) = (i32::MAX, i32::MAX);
        let (mut right, mut bottom) = (0, 0);
        for point in &self.hull {
            left = left.min(point.x);
            top = top.min(point.y);
            right = right.max(point.x + 1);
            bottom = bottom.max(point.y + 1);
        }
        StampPlace {
            left: tenths(left as f32),
            top: tenths(top as f32),
            width: tenths((right - left) as f32),
            height: tenths((bottom - top) as f32),
        }
    }

    /// In how many directions there is ink near the outline.
    fn directions(&self, group: &Group) -> usize {
        let (sin, cos) = self.turned.sin_cos();
        let mut seen = [false; DIRECTIONS];
        for (x, y, point) in group.ink.enumerate_pixels() {
            if point.0[0] < group.full / 2 {
                continue;
            }
            let (x, y) = (f64::from(x) - self.middle.0, f64::from(y) - self.middle.1);
            let x2 = (x * cos + y * sin) / (self.sides.0 / 2.0);
            let y2 = (y * cos - x * sin) / (self.sides.1 / 2.0);
            let far = match self.shape {
                StampShape::Square => x2.abs().max(y2.abs()),
                StampShape::Round | StampShape::Oval => x2.hypot(y2),
            };
            if far >= NEAR {
                let share = y2.atan2(x2) / std::f64::consts::TAU + 0.5;
                let place = (share * DIRECTIONS as f64) as usize;
                seen[place.min(DIRECTIONS - 1)] = true;
            }
        }
        seen.iter().filter(|seen| **seen).count()
    }
}

/// The first and the last point of ink in each row: row, from, to.
fn rows(group: &Group) -> Vec<(i32, i32, i32)> {
    let half = group.full / 2;
    let mut rows = Vec::new();
    for (y, row) in (0..).zip(group.ink.rows()) {
        let mut inked = (0..)
            .zip(row)
            .filter(|(_, point)| point.0[0] >= half)
            .map(|(x, _)| x);
        if let Some(first) = inked.next() {
            rows.push((y, first, inked.last().unwrap_or(first)));
        }
    }
    rows
}

/// The direction of the long axis of what lies between the first and the last point of each row. Unlike the
/// smallest rectangle, it is not led astray by single points of a rough edge.
fn axis(rows: &[(i32, i32, i32)]) -> f64 {
    let (mut area, mut x1, mut y1, mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (y, from, to) in rows {
        for x in *from..=*to {
            let (x, y) = (f64::from(x), f64::from(*y));
            area += 1.0;
            x1 += x;
            y1 += y;
            xx += x * x;
            yy += y * y;
            xy += x * y;
        }
    }
    let (x, y) = (x1 / area, y1 / area);
    let (xx, yy, xy) = (xx / area - x * x, yy / area - y * y, xy / area - x * y);
    upright(0.5 * (2.0 * xy).atan2(xx - yy))
}

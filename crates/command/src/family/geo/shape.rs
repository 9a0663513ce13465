//! Distances on the sphere, and the shapes in which members are looked for.
//!
//! Always true: a shape's reach in degrees has every position that the shape has.
//! Not here: which cells cover a shape — `area.rs`

use super::cell::Position;

/// The radius of the earth in metres, as the haversine formula takes it.
const EARTH_RADIUS: f64 = 6_372_797.560_856;
const RADIANS: f64 = std::f64::consts::PI / 180.0;

/// The shape in which members are looked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A radius around the centre, in metres.
    Circle { radius: f64 },
    /// A width and a height in metres, with the centre in the middle.
    Box { width: f64, height: f64 },
    /// Between these corners.
    Polygon { corners: Vec<Position> },
}

/// Degrees from corner to corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub(super) west: f64,
    pub(super) south: f64,
    pub(super) east: f64,
    pub(super) north: f64,
}

impl Shape {
    /// The distance of a position from the centre, if the shape has it.
    pub(super) fn distance(&self, centre: Position, position: Position) -> Option<f64> {
        match self {
            Self::Circle { radius } => {
                let distance = distance(centre, position);
                (distance <= *radius).then_some(distance)
            }
            Self::Box { width, height } => {
                let same_latitude = Position {
                    longitude: centre.longitude,
                    latitude: position.latitude,
                };
                let is_inside = latitude_distance(position.latitude, centre.latitude)
                    <= height / 2.0
                    && distance(position, same_latitude) <= width / 2.0;
                is_inside.then(|| distance(centre, position))
            }
            Self::Polygon { corners } => {
                is_inside(corners, position).then(|| distance(centre, position))
            }
        }
    }

    /// How far it reaches from its centre at most, in metres.
    pub(super) fn radius(&self, centre: Position) -> f64 {
        match self {
            Self::Circle { radius } => *radius,
            Self::Box { width, height } => {
                let (x, y) = (width / 2.0, height / 2.0);
                (x * x + y * y).sqrt()
            }
            Self::Polygon { corners } => {
                let distances = corners.iter().map(|corner| distance(centre, *corner));
                distances.fold(0.0, f64::max)
            }
        }
    }

    /// The degrees that it reaches.
    pub(super) fn bounds(&self, centre: Position) -> Bounds {
        let (half_width, half_height) = match self {
            Self::Circle { radius } => (*radius, *radius),
            Self::Box { width, height } => (width / 2.0, height / 2.0),
            Self::Polygon { corners } => return bounds_of(corners),
        };
        let rise = half_height / EARTH_RADIUS / RADIANS;
        // Degrees of longitude are shortest where the shape is farthest from the equator.
        let latitude = match centre.latitude < 0.0 {
            true => centre.latitude - rise,
            false => centre.latitude + rise,
        };
        let run = half_width / EARTH_RADIUS / (latitude * RADIANS).cos() / RADIANS;
        Bounds {
            west: centre.longitude - run,
            south: centre.latitude - rise,
            east: centre.longitude + run,
            north: centre.latitude + rise,
        }
    }
}

/// The distance of two positions in metres.
pub(super) fn distance(a: Position, b: Position) -> f64 {
    let v = ((b.longitude * RADIANS - a.longitude * RADIANS) / 2.0).sin();
    if v == 0.0 {
        return latitude_distance(a.latitude, b.latitude);
    }
    let (from, to) = (a.latitude * RADIANS, b.latitude * RADIANS);
    let u = ((to - from) / 2.0).sin();
    let a = u * u + from.cos() * to.cos() * v * v;
    2.0 * EARTH_RADIUS * a.sqrt().asin()
}

fn latitude_distance(a: f64, b: f64) -> f64 {
    EARTH_RADIUS * (b * RADIANS - a * RADIANS).abs()
}

/// The middle of corners on the sphere.
pub(super) fn centre(corners: &[Position]) -> Position {
    let (mut x, mut y, mut z) = (0.0, 0.0, 0.0);
    for corner in corners {
        let (longitude, latitude) = (corner.longitude * RADIANS, corner.latitude * RADIANS);
        x += latitude.cos() * longitude.cos();
        y += latitude.cos() * longitude.sin();
        z += latitude.sin();
    }
    let count = corners.len().max(1) as f64;
    let (x, y, z) = (x / count, y / count, z / count);
    Position {
        longitude: y.atan2(x) / RADIANS,
        latitude: z.atan2((x * x + y * y).sqrt()) / RADIANS,
    }
}

fn bounds_of(corners: &[Position]) -> Bounds {
    let nowhere = Bounds {
        west: f64::INFINITY,
        south: f64::INFINITY,
        east: f64::NEG_INFINITY,
        north: f64::NEG_INFINITY,
    };
    corners.iter().fold(nowhere, |bounds, corner| Bounds {
        west: bounds.west.min(corner.longitude),
        south: bounds.south.min(corner.latitude),
        east: bounds.east.max(corner.longitude),
        north: bounds.north.max(corner.latitude),
    })
}

/// Whether a ray from the position to the east crosses an odd number of edges.
fn is_inside(corners: &[Position], position: Position) -> bool {
    let mut is_inside = false;
    let Some(mut previous) = corners.last() else {
        return false;
    };
    for corner in corners {
        let (a, b) = (corner, previous);
        if (a.latitude > position.latitude) != (b.latitude > position.latitude) {
            let share = (position.latitude - a.latitude) / (b.latitude - a.latitude);
            let crossing = (b.longitude - a.longitude) * share + a.longitude;
            is_inside ^= position.longitude < crossing;
        }
        previous = corner;
    }
    is_inside
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(longitude: f64, latitude: f64) -> Position {
        Position {
            longitude,
            latitude,
        }
    }

    #[test]
    fn a_polygon_has_what_is_between_its_corners() {
        // An arrow head: the notch at (15, 38) is outside.
        let corners = vec![
            at(12.0, 37.0),
            at(15.0, 38.0),
            at(18.0, 37.0),
            at(15.0, 41.0),
        ];
        let cases = [
            (15.0, 39.0, true),
            (15.0, 37.5, false),
            (13.0, 37.5, true),
            (17.0, 37.5, true),
            (11.0, 37.5, false),
            (15.0, 42.0, false),
        ];
        for (longitude, latitude, expected) in cases {
            assert_eq!(is_inside(&corners, at(longitude, latitude)), expected);
        }
        assert!(!is_inside(&[], at(0.0, 0.0)));
    }

    #[test]
    fn distances_are_those_of_the_haversine_formula() {
        let palermo = at(13.361389338970184, 38.1155563954963);
        let catania = at(15.087267458438873, 37.50266842333162);
        assert_eq!(format!("{:.4}", distance(palermo, catania)), "166274.1516");
        let north = at(13.361389338970184, 39.1155563954963);
        assert_eq!(format!("{:.4}", distance(palermo, north)), "111226.3000");
    }
}

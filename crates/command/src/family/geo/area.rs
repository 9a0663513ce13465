//! The cells in which members of a shape are looked for: the one of the centre and those around it.
//!
//! Cells are as large as the shape, so that nine of them cover it.
//!
//! Always true: no cell comes twice in a row; the order is the same for the same question.
//! Not here: whether a member is in the shape — `shape.rs`

use smallvec::SmallVec;

use super::cell::{Cell, Position, STEPS_MAX};
use super::shape::{Bounds, Shape};

/// The radius at which one cell is enough for the projection.
const RADIUS_MAX: f64 = 20_037_726.37;

/// Steps east and north, in the order in which cells are looked at.
const AROUND: [(i32, i32); 9] = [
    (0, 0),
    (0, 1),
    (0, -1),
    (1, 0),
    (-1, 0),
    (1, 1),
    (-1, 1),
    (1, -1),
    (-1, -1),
];

/// The cells that a shape around a centre needs.
pub(super) fn cells(shape: &Shape, centre: Position) -> SmallVec<[Cell; 9]> {
    let bounds = shape.bounds(centre);
    let mut steps = steps_for(shape.radius(centre), centre.latitude);
    let mut cell = Cell::of(centre, steps);
    // COMPAT: circles and boxes get larger cells once; a centre of corners may be far from the
    // middle.
    let again = if matches!(shape, Shape::Polygon { .. }) {
        STEPS_MAX
    } else {
        1
    };
    for _ in 0..again {
        if steps > 1 && !covers(cell, bounds) {
            steps -= 1;
            cell = Cell::of(centre, steps);
        }
    }
    let mut cells: SmallVec<[Cell; 9]> = SmallVec::new();
    for (east, north) in AROUND {
        let beside = cell.beside(east, north);
        let is_useless = steps >= 2 && is_beyond(cell, (east, north), bounds);
        if !is_useless && cells.last() != Some(&beside) {
            cells.push(beside);
        }
    }
    cells
}

/// Whether the cells around one reach as far as the bounds.
fn covers(cell: Cell, bounds: Bounds) -> bool {
    cell.beside(0, 1).latitude().max >= bounds.north
        && cell.beside(0, -1).latitude().min <= bounds.south
        && cell.beside(1, 0).longitude().max >= bounds.east
        && cell.beside(-1, 0).longitude().min <= bounds.west
}

/// Whether the bounds end before the cells on that side.
fn is_beyond(cell: Cell, (east, north): (i32, i32), bounds: Bounds) -> bool {
    let (longitude, latitude) = (cell.longitude(), cell.latitude());
    north < 0 && latitude.min < bounds.south
        || north > 0 && latitude.max > bounds.north
        || east < 0 && longitude.min < bounds.west
        || east > 0 && longitude.max > bounds.east
}

/// The steps at which cells are about as large as a radius.
fn steps_for(radius: f64, latitude: f64) -> u32 {
    if radius == 0.0 {
        return STEPS_MAX;
    }
    let (mut steps, mut reach) = (1, radius);
    while reach < RADIUS_MAX {
        reach *= 2.0;
        steps += 1;
    }
    steps -= 2;
    // Towards the poles degrees of longitude are shorter.
    if latitude.abs() > 66.0 {
        steps -= 1;
        if latitude.abs() > 80.0 {
            steps -= 1;
        }
    }
    steps.clamp(1, STEPS_MAX as i32) as u32
}

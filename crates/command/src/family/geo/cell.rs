//! Positions as numbers of 52 bits: the cells of a grid that is halved 26 times each way.
//!
//! ```text
//!  bit   51 50 49 48 … 3 2 1 0
//!        x  y  x  y  … x y x y        x = longitude, y = latitude; first bits are coarse
//! ```
//! A cell of fewer steps is a range of such numbers, so a sorted set finds what is in it.
//!
//! Always true: what a number decodes to lies within the limits of the projection.
//! Not here: which cells an area needs — `area.rs`

/// The most steps, and those that members have.
pub(super) const STEPS_MAX: u32 = 26;
/// Longitudes.
pub(super) const LONGITUDE: Span = Span {
    min: -180.0,
    max: 180.0,
};
/// Latitudes, as far as the projection goes.
pub(super) const LATITUDE: Span = Span {
    min: -85.051_128_78,
    max: 85.051_128_78,
};
/// Latitudes as other tools have them, who read geohashes.
const LATITUDE_STANDARD: Span = Span {
    min: -90.0,
    max: 90.0,
};
/// The digits of geohashes.
const DIGITS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
const DIGITS_LEN: usize = 11;

/// A range of degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Span {
    pub(super) fn has(&self, degrees: f64) -> bool {
        degrees >= self.min && degrees <= self.max
    }

    /// The number of the part, of `2^steps`, that has a degree.
    fn part(&self, degrees: f64, steps: u32) -> u32 {
        let share = (degrees - self.min) / (self.max - self.min);
        (share * (1u64 << steps) as f64) as u32
    }

    /// The degrees of a part.
    fn of_part(&self, part: u32, steps: u32) -> Self {
        let width = self.max - self.min;
        let parts = (1u64 << steps) as f64;
        Self {
            min: self.min + (f64::from(part) / parts) * width,
            max: self.min + ((f64::from(part) + 1.0) / parts) * width,
        }
    }

    fn middle(&self) -> f64 {
        (self.min + self.max) / 2.0
    }
}

/// A position in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Position {
    pub(super) longitude: f64,
    pub(super) latitude: f64,
}

impl Position {
    /// Whether the projection has it.
    pub(super) fn is_valid(&self) -> bool {
        LONGITUDE.has(self.longitude) && LATITUDE.has(self.latitude)
    }

    /// The score of a member at this position.
    pub(super) fn score(&self) -> f64 {
        Cell::of(*self, STEPS_MAX).bits() as f64
    }

    /// The position that a score stands for: the middle of its cell.
    pub(super) fn of_score(score: f64) -> Self {
        let cell = Cell::of_bits(score as u64, STEPS_MAX);
        let (longitude, latitude) = (cell.longitude().middle(), cell.latitude().middle());
        Self {
            longitude: longitude.clamp(LONGITUDE.min, LONGITUDE.max),
            latitude: latitude.clamp(LATITUDE.min, LATITUDE.max),
        }
    }

    /// The geohash as other tools write it.
    pub(super) fn geohash(&self) -> [u8; DIGITS_LEN] {
        let cell = Cell {
            x: LONGITUDE.part(self.longitude, STEPS_MAX),
            y: LATITUDE_STANDARD.part(self.latitude, STEPS_MAX),
            steps: STEPS_MAX,
        };
        let bits = cell.bits();
        // 52 bits fill ten digits; the eleventh is always the first one.
        std::array::from_fn(|digit| match digit {
            10 => DIGITS[0],
            digit => DIGITS[(bits >> (2 * STEPS_MAX as usize - 5 * (digit + 1)) & 31) as usize],
        })
    }
}

/// A cell of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    x: u32,
    y: u32,
    steps: u32,
}

impl Cell {
    /// The cell of a position.
    pub(super) fn of(position: Position, steps: u32) -> Self {
        Self {
            x: LONGITUDE.part(position.longitude, steps),
            y: LATITUDE.part(position.latitude, steps),
            steps,
        }
    }

    fn of_bits(bits: u64, steps: u32) -> Self {
        Self {
            x: every_other(bits >> 1),
            y: every_other(bits),
            steps,
        }
    }

    fn bits(&self) -> u64 {
        spread(self.x) << 1 | spread(self.y)
    }

    /// The cell beside it; the grid has no edges.
    ///
    /// COMPAT: the greatest longitude and latitude are in a part of their own, one beyond the grid.
    /// A step leads back into the grid, but a cell that keeps its column or row stays beyond it.
    pub(super) fn beside(&self, east: i32, north: i32) -> Self {
        let mask = u32::MAX >> (u32::BITS - self.steps);
        let step = |part: u32, by: i32| match by {
            0 => part,
            _ => part.wrapping_add_signed(by) & mask,
        };
        Self {
            x: step(self.x, east),
            y: step(self.y, north),
            steps: self.steps,
        }
    }

    pub(super) fn longitude(&self) -> Span {
        LONGITUDE.of_part(self.x, self.steps)
    }

    pub(super) fn latitude(&self) -> Span {
        LATITUDE.of_part(self.y, self.steps)
    }

    /// The scores of members in the cell: from the first one to before the second.
    pub(super) fn scores(&self) -> (f64, f64) {
        let unit = 1u64 << (2 * (STEPS_MAX - self.steps));
        let bits = self.bits();
        let first = bits.wrapping_mul(unit);
        let end = bits.wrapping_add(1).wrapping_mul(unit);
        (first as f64, end as f64)
    }
}

/// Puts a zero before each bit.
fn spread(number: u32) -> u64 {
    let mut bits = u64::from(number);
    for (shift, mask) in SPREADS {
        bits = (bits | bits << shift) & mask;
    }
    bits
}

/// Takes every other bit, from the lowest on.
fn every_other(bits: u64) -> u32 {
    let mut number = bits & SPREADS[4].1;
    for step in (0..SPREADS.len()).rev() {
        let mask = match step {
            0 => u64::from(u32::MAX),
            _ => SPREADS[step - 1].1,
        };
        number = (number | number >> SPREADS[step].0) & mask;
    }
    number as u32
}

const SPREADS: [(u32, u64); 5] = [
    (16, 0x0000_ffff_0000_ffff),
    (8, 0x00ff_00ff_00ff_00ff),
    (4, 0x0f0f_0f0f_0f0f_0f0f),
    (2, 0x3333_3333_3333_3333),
    (1, 0x5555_5555_5555_5555),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_interleaved_and_taken_apart() {
        for number in [0, 1, 2, 3, 0xff, 0x1234_5678, 0x03ff_ffff, u32::MAX] {
            assert_eq!(every_other(spread(number)), number, "{number:x}");
            assert_eq!(spread(number) & 0xaaaa_aaaa_aaaa_aaaa, 0, "{number:x}");
        }
        assert_eq!(spread(0b111), 0b01_0101);
    }

    #[test]
    fn positions_have_the_scores_and_geohashes_that_clients_expect() {
        let cases = [
            (13.361389, 38.115556, 3_479_099_956_230_698, "sqc8b49rny0"),
            (15.087269, 37.502669, 3_479_447_370_796_909, "sqdtr74hyu0"),
            (-180.0, -85.05112878, 0, "00bh0hbj200"),
        ];
        for (longitude, latitude, score, geohash) in cases {
            let position = Position {
                longitude,
                latitude,
            };
            assert_eq!(position.score() as u64, score);
            let decoded = Position::of_score(position.score());
            assert_eq!(decoded.geohash(), *geohash.as_bytes());
            assert!((decoded.longitude - longitude).abs() < 1e-5);
            assert!((decoded.latitude - latitude).abs() < 1e-5);
        }
    }

    #[test]
    fn neighbours_wrap_around() {
        let cell = Cell {
            x: 0,
            y: 7,
            steps: 3,
        };
        assert_eq!((cell.beside(-1, 1).x, cell.beside(-1, 1).y), (7, 0));
        let edge = Position {
            longitude: LONGITUDE.max,
            latitude: LATITUDE.max,
        };
        let cell = Cell::of(edge, 3);
        let around = [cell.beside(0, 0), cell.beside(0, -1), cell.beside(-1, 0)];
        assert_eq!(
            around.map(|cell| (cell.x, cell.y)),
            [(8, 8), (8, 7), (7, 8)]
        );
        assert!(Cell::of(edge, STEPS_MAX).scores().0 == edge.score());
        let (from, to) = cell.scores();
        assert_eq!(to - from, (1u64 << 46) as f64);
    }
}

//! Ranges of a string: two positions and the unit they are counted in.
//!
//! Always true: a range that was cut lies within the string.

use crate::args::is_word;
use crate::error::CommandError;

/// The unit of positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Bytes.
    Byte,
    /// Bits.
    Bit,
}

impl Unit {
    /// Reads `BYTE` or `BIT`.
    pub(super) fn read(arg: &[u8]) -> Result<Self, CommandError> {
        match arg {
            _ if is_word(arg, "BIT") => Ok(Self::Bit),
            _ if is_word(arg, "BYTE") => Ok(Self::Byte),
            _ => Err(CommandError::Syntax),
        }
    }
}

/// Two positions, both included, counted from the end when negative.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    /// The first.
    pub(super) start: i64,
    /// The last; the end of the string when it was not given.
    pub(super) end: Option<i64>,
    /// Their unit.
    pub(super) unit: Unit,
}

impl Range {
    /// The whole string.
    pub(super) const ALL: Self = Self {
        start: 0,
        end: None,
        unit: Unit::Byte,
    };

    /// Whether both positions count from the end, and the second lies before the first.
    pub(super) fn is_reversed(self) -> bool {
        self.start < 0 && self.end.is_some_and(|end| end < 0 && self.start > end)
    }

    /// The bits from the first to the last, both included, of a string of `len` bytes; nothing
    /// when the range is empty. Positions before the string are those of its first unit.
    pub(super) fn bits(self, len: usize) -> Option<(u64, u64)> {
        let end = self.end.unwrap_or(-1);
        let per_unit = match self.unit {
            Unit::Byte => 1,
            Unit::Bit => 8,
        };
        let total = i64::try_from(len).ok()?.checked_mul(per_unit)?;
        let absolute = |at: i64| {
            if at < 0 {
                at.saturating_add(total).max(0)
            } else {
                at
            }
        };
        let (start, end) = (absolute(self.start), absolute(end).min(total - 1));
        if start > end {
            return None;
        }
        // Both are at least zero, and within the string.
        let (start, end) = (start as u64, end as u64);
        Some(match self.unit {
            Unit::Byte => (start * 8, end * 8 + 7),
            Unit::Bit => (start, end),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_string() {
        use Unit::{Bit, Byte};
        type Bits = Option<(u64, u64)>;
        let cases: &[(i64, i64, Unit, usize, Bits)] = &[
            (0, -1, Byte, 3, Some((0, 23))),
            (0, -1, Bit, 3, Some((0, 23))),
            (1, 1, Byte, 3, Some((8, 15))),
            (1, 1, Bit, 3, Some((1, 1))),
            (-1, -1, Bit, 3, Some((23, 23))),
            (-100, -50, Byte, 3, Some((0, 7))),
            (-50, -100, Byte, 3, Some((0, 7))),
            (-1, -2, Byte, 3, None),
            (2, 1, Byte, 3, None),
            (3, 9, Byte, 3, None),
            (0, 99, Byte, 3, Some((0, 23))),
            (0, -1, Byte, 0, None),
            (i64::MIN, i64::MAX, Bit, 1, Some((0, 7))),
        ];
        for &(start, end, unit, len, expected) in cases {
            let range = Range {
                start,
                end: Some(end),
                unit,
            };
            assert_eq!(range.bits(len), expected, "{start} {end} {unit:?} of {len}");
        }
    }
}

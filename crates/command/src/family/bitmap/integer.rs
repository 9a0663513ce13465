//! Integers of 1 to 64 bits anywhere in a row of bits, and what happens when they overflow.
//!
//! Always true: bits beyond the end of a row read as zeros.
//! Not here: the operations as a client writes them — `field.rs`.

use crate::args::integer;
use crate::error::CommandError;

/// The type of a field: its sign and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FieldType {
    is_signed: bool,
    /// 1–64, or 1–63 without a sign.
    bits: u32,
}

/// The treatment of a value that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overflow {
    /// The high bits are lost.
    Wrap,
    /// The nearest value that fits is taken.
    Saturate,
    /// Nothing is written.
    Fail,
}

impl FieldType {
    /// Reads a type such as `u8` or `i16`.
    pub(super) fn read(arg: &[u8]) -> Result<Self, CommandError> {
        let (is_signed, digits) = match arg {
            [b'i', digits @ ..] => (true, digits),
            [b'u', digits @ ..] => (false, digits),
            _ => return Err(CommandError::BitfieldType),
        };
        let bits = integer(digits).map_err(|_| CommandError::BitfieldType)?;
        let bits_max = if is_signed { 64 } else { 63 };
        match u32::try_from(bits) {
            Ok(bits) if (1..=bits_max).contains(&bits) => Ok(Self { is_signed, bits }),
            _ => Err(CommandError::BitfieldType),
        }
    }

    /// How wide a field is.
    pub(super) fn bits(self) -> u32 {
        self.bits
    }

    fn limits(self) -> (i128, i128) {
        if self.is_signed {
            let half = 1i128 << (self.bits - 1);
            (-half, half - 1)
        } else {
            (0, (1i128 << self.bits) - 1)
        }
    }

    /// A number as this type takes it in a SET: without a sign, a negative one is a large one.
    ///
    /// COMPAT: so is one with a sign, if its distance from the highest value is no 64-bit integer.
    pub(super) fn given(self, number: i64) -> i128 {
        let wide = i128::from(number);
        let is_large = match self.is_signed {
            true => self.bits < 64 && self.limits().1 - wide > I64_MAX,
            false => number < 0,
        };
        // Only the bits that no field has are others.
        if is_large { wide + (1 << 64) } else { wide }
    }

    /// The value that is stored for a number; nothing when it does not fit and that fails.
    pub(super) fn fit(self, number: i128, overflow: Overflow) -> Option<i128> {
        let (min, max) = self.limits();
        if (min..=max).contains(&number) {
            return Some(number);
        }
        match overflow {
            Overflow::Wrap => Some(self.value_of(number as u64)),
            Overflow::Saturate => Some(number.clamp(min, max)),
            Overflow::Fail => None,
        }
    }

    /// The value whose low bits these are.
    fn value_of(self, bits: u64) -> i128 {
        let unused = 64 - self.bits;
        match self.is_signed {
            true => i128::from((bits << unused).cast_signed() >> unused),
            false => i128::from(bits << unused >> unused),
        }
    }

    /// The field at a bit.
    pub(super) fn load(self, row: &[u8], at: u64) -> i128 {
        let mut window = [0; 16];
        let first = usize::try_from(at >> 3).unwrap_or(usize::MAX);
        let present = row.get(first..).unwrap_or_default();
        let len = present.len().min(WINDOW);
        window[..len].copy_from_slice(&present[..len]);
        let skipped = (at & 7) as u32;
        self.value_of((u128::from_be_bytes(window) << skipped >> (128 - self.bits)) as u64)
    }

    /// Writes the field at a bit; the row must reach as far.
    pub(super) fn store(self, row: &mut [u8], at: u64, value: i128) {
        let first = usize::try_from(at >> 3).unwrap_or(usize::MAX);
        let Some(present) = row.get_mut(first..) else {
            return;
        };
        let len = present.len().min(WINDOW);
        let mut window = [0; 16];
        window[..len].copy_from_slice(&present[..len]);
        let shift = 128 - self.bits - (at & 7) as u32;
        let mask = (u128::MAX >> (128 - self.bits)) << shift;
        let bits = (value as u128) << shift & mask;
        let changed = (u128::from_be_bytes(window) & !mask | bits).to_be_bytes();
        present[..len].copy_from_slice(&changed[..len]);
    }
}

const I64_MAX: i128 = i64::MAX as i128;

/// How many bytes a field can touch: 64 bits, and up to 7 before them.
const WINDOW: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> FieldType {
        FieldType::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn types_have_a_sign_and_a_width() {
        for wrong in [
            "", "u", "i", "u0", "i0", "u64", "i65", "x8", "U8", "u-1", "u08", "u 8",
        ] {
            let read = FieldType::read(wrong.as_bytes());
            assert_eq!(read, Err(CommandError::BitfieldType), "{wrong}");
        }
        assert_eq!(of("u63").bits(), 63);
        assert_eq!(of("i64").bits(), 64);
    }

    #[test]
    fn a_stored_field_loads_and_leaves_its_neighbours() {
        for width in 1..=64 {
            let field = of(&format!("i{width}"));
            for at in 0..24 {
                let (min, max) = field.limits();
                for value in [min, max, 0, -1, min / 3, max / 3] {
                    let Some(value) = field.fit(value, Overflow::Fail) else {
                        continue;
                    };
                    let mut row = [0xa5; 12];
                    field.store(&mut row, at, value);
                    assert_eq!(field.load(&row, at), value, "{width} at {at}");
                    let bits = |row: &[u8], at: u64| row[(at / 8) as usize] >> (7 - at % 8) & 1;
                    for other in (0..at).chain(at + width..96) {
                        assert_eq!(bits(&row, other), bits(&[0xa5; 12], other), "{width} {at}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_wraps_saturates_or_fails() {
        use Overflow::{Fail, Saturate, Wrap};
        let cases: &[(&str, i128, Overflow, Option<i128>)] = &[
            ("u2", 4, Wrap, Some(0)),
            ("u2", 4, Saturate, Some(3)),
            ("u2", 4, Fail, None),
            ("u2", -1, Wrap, Some(3)),
            ("u2", -1, Saturate, Some(0)),
            ("i8", 128, Wrap, Some(-128)),
            ("i8", 128, Saturate, Some(127)),
            ("i8", -129, Wrap, Some(127)),
            ("i8", -129, Saturate, Some(-128)),
            ("i64", i64::MAX as i128 + 1, Wrap, Some(i64::MIN as i128)),
            (
                "i64",
                i64::MAX as i128 * 2,
                Saturate,
                Some(i64::MAX as i128),
            ),
            ("i64", i64::MIN as i128 - 1, Fail, None),
        ];
        for (field, number, overflow, expected) in cases {
            assert_eq!(
                of(field).fit(*number, *overflow),
                *expected,
                "{field} {number}"
            );
        }
        assert_eq!(of("u8").fit(of("u8").given(-1), Saturate), Some(255));
        assert_eq!(of("i8").fit(of("i8").given(-1), Saturate), Some(-1));
        assert_eq!(of("i8").fit(of("i8").given(i64::MIN), Saturate), Some(127));
        assert_eq!(of("i8").fit(of("i8").given(i64::MIN), Wrap), Some(0));
        assert_eq!(
            of("i64").fit(of("i64").given(i64::MIN), Fail),
            Some(i64::MIN as i128)
        );
    }

    #[test]
    fn beyond_the_end_there_are_zeros() {
        assert_eq!(of("u8").load(&[0xff], 4), 0xf0);
        assert_eq!(of("i8").load(&[], 1 << 40), 0);
    }
}

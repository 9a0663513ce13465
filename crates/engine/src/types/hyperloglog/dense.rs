//! The dense form: every register in six bits, the first in the lowest of the first byte.
//!
//! Always true: four registers lie in three bytes.

const VALUE_MAX: u8 = 0x3f;

/// Shows the value of each register.
#[inline]
pub(super) fn for_each(registers: &[u8], mut show: impl FnMut(u8)) {
    for three in registers.as_chunks::<3>().0 {
        let bits = u32::from_le_bytes([three[0], three[1], three[2], 0]);
        for at in 0..4 {
            show((bits >> (6 * at)) as u8 & VALUE_MAX);
        }
    }
}

/// Raises a register to a value; says whether it was lower.
#[inline]
pub(super) fn raise(registers: &mut [u8], index: usize, value: u8) -> bool {
    let Some(three) = registers.get_mut(index / 4 * 3..index / 4 * 3 + 3) else {
        return false;
    };
    let shift = 6 * (index % 4);
    let bits = u32::from_le_bytes([three[0], three[1], three[2], 0]);
    if (bits >> shift) as u8 & VALUE_MAX >= value {
        return false;
    }
    let bits = bits & !(u32::from(VALUE_MAX) << shift) | u32::from(value) << shift;
    three.copy_from_slice(&bits.to_le_bytes()[..3]);
    true
}

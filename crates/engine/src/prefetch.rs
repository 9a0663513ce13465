//! Instructions of the processor that the language has no words for: hints that memory will be
//! read soon, and the comparison of sixteen bytes at once.
//!
//! Duties of this file:
//! 1. Only hints are given: a prefetch of any address, mapped or not, has no effect that a program
//!    can observe.
//! 2. Only instructions are used that every processor of the target has.
//!
//! Always true: with and without these instructions the results are the same.
//! Not here: what is worth fetching — `store/lookahead.rs`

#![expect(
    unsafe_code,
    reason = "instructions are intrinsics, some of which take raw pointers"
)]

/// Starts loading the cache line at an address, which need not be valid.
#[inline(always)]
pub(crate) fn line<T>(address: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: duty 1: the instruction never faults, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    // SAFETY: the instruction never faults and touches neither registers, flags nor the stack.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, readonly));
    }
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let _ = address;
}

/// Which of the first sixteen bytes are `byte`, as the low sixteen bits.
///
/// # Panics
/// When there are fewer.
#[inline(always)]
pub(crate) fn first_equal(bytes: &[u8], byte: u8) -> u32 {
    let (low, rest) = bytes.split_first_chunk().expect("sixteen bytes are there");
    let high = rest.first_chunk().expect("sixteen bytes are there");
    bytes_equal([u64::from_le_bytes(*low), u64::from_le_bytes(*high)], byte)
}

/// Which of the sixteen bytes of two words are `byte`, as the low sixteen bits.
// PERF: every look-up compares twelve tags; a vector does it in four instructions, not thirty.
#[inline(always)]
pub(crate) fn bytes_equal(words: [u64; 2], byte: u8) -> u32 {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    // SAFETY: duty 2: the condition says that the target has the instructions.
    unsafe {
        vector::bytes_equal(words, byte)
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    plain::bytes_equal(words, byte)
}

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod vector {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8};

    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn bytes_equal([low, high]: [u64; 2], byte: u8) -> u32 {
        let words = _mm_set_epi64x(high as i64, low as i64);
        _mm_movemask_epi8(_mm_cmpeq_epi8(words, _mm_set1_epi8(byte as i8))) as u32
    }
}

#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse2"))))]
mod plain {
    #[inline]
    pub(super) fn bytes_equal(words: [u64; 2], byte: u8) -> u32 {
        const REPEAT: u64 = 0x0101_0101_0101_0101;
        let [low, high] = words.map(|word| collect(zero_bytes(word ^ (u64::from(byte) * REPEAT))));
        low | high << 8
    }

    /// The high bit of every byte that is zero, and of no other: exact, unlike the shorter
    /// formula, which may add a false one above a true one.
    #[inline]
    fn zero_bytes(word: u64) -> u64 {
        const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
        !(((word & LOW) + LOW) | word | LOW)
    }

    /// The high bits of the eight bytes, as the low eight bits.
    #[inline]
    fn collect(high_bits: u64) -> u32 {
        ((high_bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_found_alike_with_and_without_vectors() {
        let mut rng = russet_base::Rng::new(4);
        for _ in 0..if cfg!(miri) { 50 } else { 20_000 } {
            let words = [rng.u64() & rng.u64() & rng.u64(), rng.u64() | rng.u64()];
            for byte in [0, 1, 0x7f, 0x80, 0xff, words[0] as u8] {
                let expected = plain::bytes_equal(words, byte);
                assert_eq!(bytes_equal(words, byte), expected);
                let bytes = [words[0].to_le_bytes(), words[1].to_le_bytes()].concat();
                assert_eq!(first_equal(&bytes, byte), expected);
            }
        }
    }
}

//! Counting, searching and combining bits, a word at a time.
//!
//! Always true: the answer does not depend on how bytes fall into words.
//! Not here: which bits — `count.rs`, `op.rs`.

/// How many bits are set.
pub(super) fn count(bytes: &[u8]) -> u64 {
    // PERF: four independent sums keep the adders busy: twice as fast as one.
    let mut sums = [0u64; 4];
    let (blocks, rest) = bytes.as_chunks::<32>();
    for block in blocks {
        let (words, _) = block.as_chunks::<8>();
        for (sum, word) in sums.iter_mut().zip(words) {
            *sum += u64::from(u64::from_le_bytes(*word).count_ones());
        }
    }
    let rest: u64 = rest.iter().map(|byte| u64::from(byte.count_ones())).sum();
    sums.iter().sum::<u64>() + rest
}

/// The first byte that is not this one.
pub(super) fn first_other(bytes: &[u8], plain: u8) -> Option<usize> {
    let (blocks, _) = bytes.as_chunks::<64>();
    let skipped = blocks
        .iter()
        .take_while(|block| block.iter().fold(0, |seen, byte| seen | (byte ^ plain)) == 0)
        .count();
    let start = skipped * 64;
    let found = bytes[start..].iter().position(|byte| *byte != plain)?;
    Some(start + found)
}

/// The first bit of `bytes` that is `bit`, counted from the highest of the first byte.
pub(super) fn first_bit(bytes: &[u8], bit: bool) -> Option<u64> {
    let plain = if bit { 0x00 } else { 0xff };
    let at = first_other(bytes, plain)?;
    let within = (bytes[at] ^ plain).leading_zeros();
    Some((at as u64) << 3 | u64::from(within))
}

/// Combines two rows of bytes, of which the second may be shorter: zeros follow it then.
pub(super) fn combine(left: &mut [u8], right: &[u8], combine: impl Fn(u64, u64) -> u64) {
    let right = &right[..right.len().min(left.len())];
    let (both, tail) = left.split_at_mut(right.len());
    let (words, left_rest) = both.as_chunks_mut::<8>();
    let (right_words, right_rest) = right.as_chunks::<8>();
    for (left, right) in words.iter_mut().zip(right_words) {
        let word = combine(u64::from_le_bytes(*left), u64::from_le_bytes(*right));
        *left = word.to_le_bytes();
    }
    for (left, right) in left_rest.iter_mut().zip(right_rest) {
        *left = combine(u64::from(*left), u64::from(*right)) as u8;
    }
    let (words, rest) = tail.as_chunks_mut::<8>();
    for left in words {
        *left = combine(u64::from_le_bytes(*left), 0).to_le_bytes();
    }
    for left in rest {
        *left = combine(u64::from(*left), 0) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(len: usize, seed: usize) -> Vec<u8> {
        (0..len)
            .map(|at| (at * 37 + seed * 91 + at / 7) as u8)
            .collect()
    }

    #[test]
    fn counts_and_combinations_do_not_depend_on_words() {
        for len in 0..200 {
            let bytes = row(len, 1);
            let naive: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
            assert_eq!(count(&bytes), u64::from(naive), "{len}");
            for other_len in [0, 1, 7, 8, 9, 31, len, len + 3] {
                let other = row(other_len, 2);
                let mut combined = bytes.clone();
                combine(&mut combined, &other, |a, b| a & !b);
                for (at, byte) in combined.iter().enumerate() {
                    let mask = other.get(at).copied().unwrap_or(0);
                    assert_eq!(*byte, bytes[at] & !mask, "{len} {other_len} {at}");
                }
            }
        }
    }

    #[test]
    fn the_first_bit_is_found_wherever_it_is() {
        for len in [1usize, 8, 63, 64, 65, 200] {
            for at in 0..len * 8 {
                let mut bytes = vec![0u8; len];
                bytes[at / 8] |= 0x80 >> (at % 8);
                assert_eq!(first_bit(&bytes, true), Some(at as u64));
                let inverted: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
                assert_eq!(first_bit(&inverted, false), Some(at as u64));
            }
            assert_eq!(first_bit(&vec![0; len], true), None);
            assert_eq!(first_bit(&vec![255; len], false), None);
        }
        assert_eq!(first_bit(&[], true), None);
    }
}

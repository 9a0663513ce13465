//! Numbers as leaves pack them: in as few bytes as they need, the length in the first one.
//!
//! ```text
//!  0xxxxxxx                     7 bits       a whole number, zigzag, in 1 byte …
//!  10xxxxxx + 1 byte           14 bits
//!  110xxxxx + 2 bytes          21 bits       scores up to a million: 3 bytes
//!  …
//!  11111110 + 7 bytes          56 bits       … or in 8
//!  11111111 + 8 bytes                        any other double
//! ```
//! Always true: what is put reads back bit for bit, -0 included.
//! Not here: where the numbers stand — `leaf.rs`

/// The first byte of a double that is not a whole number of 56 bits.
const RAW: u8 = 0xff;
const RAW_SIZE: usize = 9;
/// The most bytes that a number takes.
pub(super) const SIZE_MAX: usize = RAW_SIZE;
/// The largest number of 56 bits.
const UINT_MAX: u64 = (1 << 56) - 1;
/// Whole doubles below this magnitude have zigzag forms of 56 bits, and convert without loss.
const WHOLE_LIMIT: f64 = (1u64 << 52) as f64;

/// A score as it is packed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed {
    bytes: [u8; SIZE_MAX],
    len: u8,
}

impl Packed {
    /// Packs a score.
    #[inline]
    pub(super) fn score(score: f64) -> Self {
        let whole = score as i64;
        let is_whole = score.abs() < WHOLE_LIMIT && (whole as f64).to_bits() == score.to_bits();
        if is_whole {
            return Self::uint(zigzag(whole));
        }
        let mut bytes = [RAW; SIZE_MAX];
        bytes[1..].copy_from_slice(&score.to_bits().to_be_bytes());
        Self {
            bytes,
            len: RAW_SIZE as u8,
        }
    }

    /// Packs a length, which is below 2^56.
    #[inline]
    pub(super) fn uint(number: u64) -> Self {
        debug_assert!(number <= UINT_MAX);
        let bits = 64 - (number | 1).leading_zeros();
        let len = bits.div_ceil(7);
        // The ones that tell the length, then the number, at the high end of a word.
        let ones = !(u64::MAX >> (len - 1));
        let word = ones | number << (64 - 8 * len);
        let mut bytes = [0; SIZE_MAX];
        bytes[..8].copy_from_slice(&word.to_be_bytes());
        Self {
            bytes,
            len: len as u8,
        }
    }

    /// The bytes.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// Reads a score and how many bytes it takes.
#[inline]
pub(super) fn read_score(bytes: &[u8]) -> (f64, usize) {
    if bytes[0] == RAW {
        let word = u64::from_be_bytes(first_eight(&bytes[1..]));
        return (f64::from_bits(word), RAW_SIZE);
    }
    let (number, len) = read_uint(bytes);
    (unzigzag(number) as f64, len)
}

/// Reads a number and how many bytes it takes.
#[inline]
pub(super) fn read_uint(bytes: &[u8]) -> (u64, usize) {
    let first = bytes[0];
    if first < 0x80 {
        return (u64::from(first), 1);
    }
    let len = first.leading_ones() as usize + 1;
    let word = u64::from_be_bytes(first_eight(bytes));
    let number = word >> (64 - 8 * len) & ((1 << (7 * len)) - 1);
    (number, len)
}

#[inline]
fn first_eight(bytes: &[u8]) -> [u8; 8] {
    match bytes.first_chunk() {
        Some(chunk) => *chunk,
        None => {
            let mut chunk = [0; 8];
            chunk[..bytes.len()].copy_from_slice(bytes);
            chunk
        }
    }
}

const fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_double_reads_back_bit_for_bit() {
        let mut scores = vec![0.0, -0.0, 0.5, -1.5, 1e300, f64::MIN_POSITIVE];
        scores.extend([f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN]);
        for bit in 0..63 {
            for near in [-1i64, 0, 1] {
                let whole = (1i64 << bit).wrapping_add(near) as f64;
                scores.extend([whole, -whole, whole + 0.5]);
            }
        }
        for score in scores {
            let packed = Packed::score(score);
            let (read, len) = read_score(packed.bytes());
            assert_eq!(read.to_bits(), score.to_bits(), "{score}");
            assert_eq!(len, packed.bytes().len(), "{score}");
            let mut longer = packed.bytes().to_vec();
            longer.extend([0xaa; 8]);
            assert_eq!(read_score(&longer).0.to_bits(), score.to_bits(), "{score}");
        }
    }

    #[test]
    fn numbers_take_as_few_bytes_as_they_can() {
        let cases = [
            (0.0, 1),
            (63.0, 1),
            (-64.0, 1),
            (64.0, 2),
            (999_999.0, 3),
            (1_700_000_000_000.0, 6),
            (4_503_599_627_370_495.0, 8),
            (4_503_599_627_370_496.0, 9),
            (0.5, 9),
        ];
        for (score, len) in cases {
            assert_eq!(Packed::score(score).bytes().len(), len, "{score}");
        }
        for number in [0, 127, 128, 16_383, 16_384, UINT_MAX] {
            let packed = Packed::uint(number);
            assert_eq!(
                read_uint(packed.bytes()),
                (number, packed.bytes().len()),
                "{number}"
            );
        }
    }
}

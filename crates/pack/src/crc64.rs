//! CRC-64 as RDB files and DUMP payloads end with: the Jones polynomial, reflected, from 0, not
//! inverted at the end.
//!
//! Always true: `update(update(0, a), b)` is the checksum of `a` followed by `b`.

/// The polynomial `0xad93d23594c935a9`, its bits reversed.
const POLYNOMIAL: u64 = 0x95ac_9329_ac4b_c9b5;

/// The checksum of `bytes`.
///
/// # Examples
/// ```
/// assert_eq!(russet_pack::crc64::checksum(b"123456789"), 0xe9c6_d914_c4b8_d9ca);
/// ```
#[must_use]
pub fn checksum(bytes: &[u8]) -> u64 {
    update(0, bytes)
}

/// Continues a checksum: `crc` is that of the bytes so far, and `bytes` follow them.
#[must_use]
pub fn update(mut crc: u64, bytes: &[u8]) -> u64 {
    // PERF: three lanes side by side, since each word waits for the one before it in its lane:
    // 3.6 GB/s instead of the 1.8 GB/s of a single lane.
    let (rounds, rest) = bytes.as_chunks::<{ 3 * LANE }>();
    for round in rounds {
        let (lanes, _) = round.as_chunks::<LANE>();
        let [first, second, third] = lanes else {
            continue;
        };
        let (first, second, third) = (words(first), words(second), words(third));
        let (mut a, mut b, mut c) = (crc, 0, 0);
        for ((first, second), third) in first.iter().zip(second).zip(third) {
            a = word(a, first);
            b = word(b, second);
            c = word(c, third);
        }
        crc = past_lane(past_lane(a) ^ b) ^ c;
    }
    let (words, rest) = rest.as_chunks::<8>();
    for bytes in words {
        crc = word(crc, bytes);
    }
    for &byte in rest {
        let [low, ..] = crc.to_le_bytes();
        crc = TABLES[0][usize::from(low ^ byte)] ^ (crc >> 8);
    }
    crc
}

/// The length of a lane.
const LANE: usize = 1 << 10;

#[inline]
fn words(lane: &[u8; LANE]) -> &[[u8; 8]] {
    lane.as_chunks().0
}

#[inline]
fn word(crc: u64, bytes: &[u8; 8]) -> u64 {
    look_up(&TABLES, u64::from_le_bytes(*bytes) ^ crc)
}

/// The checksum after a lane of zeros.
fn past_lane(crc: u64) -> u64 {
    look_up(&PAST_LANE, crc)
}

#[inline]
fn look_up(tables: &[[u64; 256]; 8], mixed: u64) -> u64 {
    let [a, b, c, d, e, f, g, h] = mixed.to_le_bytes().map(usize::from);
    let low = tables[7][a] ^ tables[6][b] ^ tables[5][c] ^ tables[4][d];
    low ^ tables[3][e] ^ tables[2][f] ^ tables[1][g] ^ tables[0][h]
}

/// Takes bytes back: `crc` is the checksum of some bytes followed by `bytes`, and the result is
/// that of the bytes in front of them.
///
/// # Examples
/// ```
/// use russet_pack::crc64;
/// let whole = crc64::checksum(b"123456789");
/// assert_eq!(crc64::rewind(whole, b"6789"), crc64::checksum(b"12345"));
/// ```
#[must_use]
pub fn rewind(mut crc: u64, bytes: &[u8]) -> u64 {
    for &byte in bytes.iter().rev() {
        let [.., high] = crc.to_le_bytes();
        let mixed = BY_HIGH_BYTE[usize::from(high)];
        crc = (crc ^ TABLES[0][usize::from(mixed)]) << 8 | u64::from(mixed ^ byte);
    }
    crc
}

/// The checksum of some bytes with `crc`, followed by `len` bytes with the checksum `after`.
///
/// Takes time in proportion to the number of digits of `len`.
///
/// # Examples
/// ```
/// use russet_pack::crc64;
/// let (a, b) = (crc64::checksum(b"12345"), crc64::checksum(b"6789"));
/// assert_eq!(crc64::combine(a, b, 4), crc64::checksum(b"123456789"));
/// ```
#[must_use]
pub fn combine(crc: u64, after: u64, mut len: u64) -> u64 {
    let mut shifted = crc;
    // What one zero byte does to each bit of a checksum; then two, four, …
    let mut zeros: [u64; 64] = core::array::from_fn(|bit| past_zeros(1 << bit, 1));
    while len > 0 {
        if len & 1 == 1 {
            shifted = product(&zeros, shifted);
        }
        zeros = core::array::from_fn(|bit| product(&zeros, zeros[bit]));
        len >>= 1;
    }
    shifted ^ after
}

/// The sum of the rows that a checksum has bits for.
fn product(rows: &[u64; 64], crc: u64) -> u64 {
    let bits = (0..64).filter(|bit| crc >> bit & 1 == 1);
    bits.fold(0, |sum, bit: usize| sum ^ rows[bit])
}

/// `TABLES[n][byte]`: what `byte` does to the checksum once `n` zero bytes have followed it.
static TABLES: [[u64; 256]; 8] = tables();

const fn tables() -> [[u64; 256]; 8] {
    let mut tables = [[0u64; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ POLYNOMIAL
            } else {
                crc >> 1
            };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut zeros = 1;
    while zeros < 8 {
        let mut byte = 0;
        while byte < 256 {
            let crc = tables[zeros - 1][byte];
            tables[zeros][byte] = tables[0][(crc & 0xff) as usize] ^ crc >> 8;
            byte += 1;
        }
        zeros += 1;
    }
    tables
}

/// `PAST_LANE[n][byte]`: what a checksum with `byte` in place `7 - n` and zeros elsewhere becomes
/// once a lane of zeros has followed.
static PAST_LANE: [[u64; 256]; 8] = past_lane_tables();

const fn past_lane_tables() -> [[u64; 256]; 8] {
    let mut tables = [[0u64; 256]; 8];
    let mut place = 0;
    while place < 8 {
        let mut byte = 1usize;
        while byte < 256 {
            let lowest = byte & byte.wrapping_neg();
            tables[7 - place][byte] = match byte ^ lowest {
                0 => past_zeros((byte as u64) << (8 * place), LANE),
                others => tables[7 - place][others] ^ tables[7 - place][lowest],
            };
            byte += 1;
        }
        place += 1;
    }
    tables
}

const fn past_zeros(mut crc: u64, count: usize) -> u64 {
    let mut at = 0;
    while at < count {
        crc = TABLES[0][(crc & 0xff) as usize] ^ crc >> 8;
        at += 1;
    }
    crc
}

/// Which entry of the first table has this high byte: each has another one.
static BY_HIGH_BYTE: [u8; 256] = by_high_byte();

const fn by_high_byte() -> [u8; 256] {
    let mut bytes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        bytes[(TABLES[0][byte] >> 56) as usize] = byte as u8;
        byte += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bit_by_bit(bytes: &[u8]) -> u64 {
        let mut crc = 0;
        for &byte in bytes {
            crc ^= u64::from(byte);
            for _ in 0..8 {
                crc = crc >> 1 ^ (POLYNOMIAL & (crc & 1).wrapping_neg());
            }
        }
        crc
    }

    #[test]
    fn every_length_and_split_gives_the_same() {
        let bytes: Vec<u8> = (0..3 * LANE as u32 * 2 + 100)
            .map(|n| (n * 37 % 251) as u8)
            .collect();
        let lens = (0..40).chain(3 * LANE - 20..3 * LANE + 20);
        for len in lens.chain([6 * LANE - 1, 6 * LANE, bytes.len()]) {
            let expect = bit_by_bit(&bytes[..len]);
            assert_eq!(checksum(&bytes[..len]), expect, "{len}");
            let half = update(checksum(&bytes[..len / 2]), &bytes[len / 2..len]);
            assert_eq!(half, expect, "{len}");
            assert_eq!(
                rewind(expect, &bytes[len / 3..len]),
                checksum(&bytes[..len / 3])
            );
        }
    }
}

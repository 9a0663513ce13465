//! The slot of a key in a cluster: CRC16 of the key, or of its hash tag, modulo 16,384.
//!
//! A key that has `{`, then at least one other byte, then `}` belongs to the slot of what stands
//! between the first `{` and the first `}` after it. So a client can keep keys together.
//!
//! Always true: a slot is below [`SLOT_COUNT`].
//! Not here: who serves a slot

/// How many slots a cluster has.
pub const SLOT_COUNT: u16 = 1 << SLOT_BITS;

/// How many bits number them.
pub const SLOT_BITS: u32 = 14;

/// The slot of a key.
///
/// # Examples
/// ```
/// use russet_base::slot::slot_of;
///
/// assert_eq!(slot_of(b"foo"), 12182);
/// assert_eq!(slot_of(b"{foo}bar"), 12182);
/// ```
#[inline]
pub fn slot_of(key: &[u8]) -> u16 {
    let (crc, has_brace) = scan(key);
    match has_brace {
        false => crc % SLOT_COUNT,
        true => slot_of_tagged(key),
    }
}

/// The slot of a key that may have a hash tag.
#[cold]
fn slot_of_tagged(key: &[u8]) -> u16 {
    crc16(hash_tag(key).unwrap_or(key)) % SLOT_COUNT
}

/// The part of a key that alone decides on its slot, if it has such a part.
fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let open = key.iter().position(|&byte| byte == b'{')?;
    let rest = &key[open + 1..];
    let len = rest.iter().position(|&byte| byte == b'}')?;
    (len > 0).then(|| &rest[..len])
}

/// CRC16 with the polynomial 0x1021, as CCITT and XMODEM have it.
#[inline]
pub fn crc16(bytes: &[u8]) -> u16 {
    scan(bytes).0
}

/// The checksum of some bytes, and whether `{` is among them.
// PERF: both in one pass, eight bytes a step. Zeros in front do not change the checksum, so what
// is more than whole words is a word of its own, and the first. The hash of a key of sixteen bytes
// takes 109 instructions more than without its slot; with a pass for each they were 194.
#[inline]
fn scan(bytes: &[u8]) -> (u16, bool) {
    let Some(first) = bytes.first_chunk() else {
        let crc = bytes.iter().fold(0, |crc: u16, &byte| {
            crc << 8 ^ TABLES[0][usize::from((crc >> 8) as u8 ^ byte)]
        });
        return (crc, bytes.contains(&b'{'));
    };
    let (odd, first) = (bytes.len() % 8, u64::from_le_bytes(*first));
    let (mut crc, mut found) = match odd {
        0 => (0, 0),
        _ => (
            step(0, &u64::to_le_bytes(first << (64 - 8 * odd))),
            braces(first),
        ),
    };
    for word in bytes[odd..].as_chunks().0 {
        crc = step(crc, word);
        found |= braces(u64::from_le_bytes(*word));
    }
    (crc, found & HIGH != 0)
}

/// The checksum of what a checksum is of, and eight bytes more.
// PERF: a load for each byte is one instruction, a shift of a word three.
#[inline(always)]
fn step(crc: u16, word: &[u8; 8]) -> u16 {
    let [first, second, rest @ ..] = word;
    let [high, low] = crc.to_be_bytes();
    let part = |n: usize, byte: u8| TABLES[n][usize::from(byte)];
    let rest = part(5, rest[0])
        ^ part(4, rest[1])
        ^ part(3, rest[2])
        ^ part(2, rest[3])
        ^ part(1, rest[4])
        ^ part(0, rest[5]);
    part(7, first ^ high) ^ part(6, second ^ low) ^ rest
}

/// The high bit of each byte.
const HIGH: u64 = 0x80 * LOW;
/// The low bit of each byte.
const LOW: u64 = 0x0101_0101_0101_0101;

/// A word that has one of the bits of [`HIGH`] if a byte of this one is `{`, and only then.
#[inline(always)]
fn braces(word: u64) -> u64 {
    let differing = word ^ (LOW * u64::from(b'{'));
    differing.wrapping_sub(LOW) & !differing
}

const POLYNOMIAL: u16 = 0x1021;

/// The part of the checksum that a byte makes when this many bytes follow it.
static TABLES: [[u16; 256]; 8] = {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc << 1) ^ if crc >> 15 == 1 { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut ahead = 1;
    while ahead < 8 {
        let mut byte = 0;
        while byte < 256 {
            let crc: u16 = tables[ahead - 1][byte];
            tables[ahead][byte] = (crc << 8) ^ tables[0][(crc >> 8) as usize];
            byte += 1;
        }
        ahead += 1;
    }
    tables
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_is_that_of_xmodem() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(crc16(b""), 0);
    }

    #[test]
    fn words_and_bytes_give_the_same() {
        let mut rng = crate::Rng::new(7);
        for len in 0..40 {
            let bytes: Vec<u8> = (0..len).map(|_| rng.u64() as u8).collect();
            let plain = bytes.iter().fold(0_u16, |crc, &byte| {
                (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
                    crc << 1 ^ if crc >> 15 == 1 { POLYNOMIAL } else { 0 }
                })
            });
            assert_eq!(crc16(&bytes), plain, "{len}");
            assert_eq!(scan(&bytes).1, bytes.contains(&b'{'), "{len}");
        }
    }

    #[test]
    fn a_brace_is_found_wherever_it_stands() {
        for len in 0..40 {
            for other in [0, b'z', b'|', 0xfb, 0xff] {
                let mut bytes = vec![other; len];
                assert!(!scan(&bytes).1, "{len}");
                for at in 0..len {
                    bytes[at] = b'{';
                    assert!(scan(&bytes).1, "{len} {at}");
                    bytes[at] = other;
                }
            }
        }
    }

    #[test]
    fn a_hash_tag_stands_between_the_first_brace_and_the_first_that_closes_it() {
        let whole = |key: &[u8]| crc16(key) % SLOT_COUNT;
        assert_eq!(slot_of(b"{user1000}.following"), whole(b"user1000"));
        assert_eq!(slot_of(b"foo{}{bar}"), whole(b"foo{}{bar}"));
        assert_eq!(slot_of(b"foo{{bar}}zap"), whole(b"{bar"));
        assert_eq!(slot_of(b"foo{bar}{zap}"), whole(b"bar"));
        assert_eq!(slot_of(b"foo}{bar"), whole(b"foo}{bar"));
        assert_eq!(slot_of(b""), 0);
    }
}

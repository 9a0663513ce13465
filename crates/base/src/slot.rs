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
    let (words, rest) = bytes.as_chunks::<8>();
    let mut crc = 0;
    for word in words {
        let [high, low] = u16::to_be_bytes(crc);
        crc = TABLES[7][usize::from(word[0] ^ high)] ^ TABLES[6][usize::from(word[1] ^ low)];
        for (table, &byte) in TABLES[..6].iter().rev().zip(&word[2..]) {
            crc ^= table[usize::from(byte)];
        }
    }
    rest.iter().fold(crc, |crc, &byte| {
        crc << 8 ^ TABLES[0][usize::from((crc >> 8) as u8 ^ byte)]
    })
}

const POLYNOMIAL: u16 = 0x1021;

/// The part of the checksum that a byte makes when this many bytes follow it.
// PERF: eight bytes a step; a byte at a time, a key of sixteen bytes takes three times as long.
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

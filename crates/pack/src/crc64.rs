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
    // PERF: sixteen tables at once, so that the look-ups of a block do not wait for one another.
    let (blocks, rest) = bytes.as_chunks::<16>();
    for block in blocks {
        let mixed = u128::from_le_bytes(*block) ^ u128::from(crc);
        crc = 0;
        for (byte, table) in mixed.to_le_bytes().into_iter().zip(TABLES.iter().rev()) {
            crc ^= table[usize::from(byte)];
        }
    }
    for &byte in rest {
        let [low, ..] = crc.to_le_bytes();
        crc = TABLES[0][usize::from(low ^ byte)] ^ (crc >> 8);
    }
    crc
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

/// `TABLES[n][byte]`: what `byte` does to the checksum once `n` zero bytes have followed it.
static TABLES: [[u64; 256]; 16] = tables();

const fn tables() -> [[u64; 256]; 16] {
    let mut tables = [[0u64; 256]; 16];
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
    while zeros < 16 {
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

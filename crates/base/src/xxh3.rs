//! XXH3-64 with seed 0 and the default secret: the digest of a value.
//!
//! DIGEST prints it as 16 hex digits and SET … IFDEQ compares it, so it must equal the reference
//! for every length. Four recipes by length, all over 64-bit lanes and the secret:
//!
//! ```text
//!  0–16      one multiply        17–128   mix 16-byte pieces from both ends
//!  129–240   mix all pieces      241–     eight lanes over 64-byte stripes, 16 stripes a block
//! ```
//!
//! Always true: equal on every platform; lanes are little-endian.
//! Not here: the hash of the key space, which is keyed — `crates/engine`

/// The XXH3-64 hash of `input`.
///
/// # Examples
/// ```
/// assert_eq!(russet_base::xxh3::xxh3_64(b""), 0x2d06800538d394c2);
/// ```
#[must_use]
pub fn xxh3_64(input: &[u8]) -> u64 {
    match input.len() {
        0 => avalanche_xxh64(secret(56) ^ secret(64)),
        1..=3 => hash_1_to_3(input),
        4..=8 => hash_4_to_8(input),
        9..=16 => hash_9_to_16(input),
        17..=128 => hash_17_to_128(input),
        129..=240 => hash_129_to_240(input),
        _ => hash_long(input),
    }
}

/// The hash as DIGEST prints it: 16 lower-case hex digits.
///
/// # Examples
/// ```
/// assert_eq!(&russet_base::xxh3::digest_text(b""), b"2d06800538d394c2");
/// ```
#[must_use]
pub fn digest_text(input: &[u8]) -> [u8; 16] {
    let mut left = xxh3_64(input);
    let mut text = [b'0'; 16];
    for digit in text.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(left & 15) as usize];
        left >>= 4;
    }
    text
}

fn hash_1_to_3(input: &[u8]) -> u64 {
    let len = input.len();
    let (first, middle, last) = (input[0], input[len / 2], input[len - 1]);
    let combined = u32::from_le_bytes([last, len as u8, first, middle]);
    let flip = u64::from(read32(&SECRET, 0) ^ read32(&SECRET, 4));
    avalanche_xxh64(u64::from(combined) ^ flip)
}

fn hash_4_to_8(input: &[u8]) -> u64 {
    let (head, tail) = (read32(input, 0), read32(input, input.len() - 4));
    let mut hash = (u64::from(tail) | u64::from(head) << 32) ^ secret(8) ^ secret(16);
    hash ^= hash.rotate_left(49) ^ hash.rotate_left(24);
    hash = hash.wrapping_mul(PRIME_MX2);
    hash ^= (hash >> 35).wrapping_add(input.len() as u64);
    hash = hash.wrapping_mul(PRIME_MX2);
    hash ^ (hash >> 28)
}

fn hash_9_to_16(input: &[u8]) -> u64 {
    let low = read64(input, 0) ^ secret(24) ^ secret(32);
    let high = read64(input, input.len() - 8) ^ secret(40) ^ secret(48);
    avalanche(
        (input.len() as u64)
            .wrapping_add(low.swap_bytes())
            .wrapping_add(high)
            .wrapping_add(fold(low, high)),
    )
}

fn hash_17_to_128(input: &[u8]) -> u64 {
    let len = input.len();
    let mut sum = (len as u64).wrapping_mul(PRIME64_1);
    for pair in 0..=(len - 1) / 32 {
        let (near, key) = (16 * pair, 32 * pair);
        sum = sum.wrapping_add(mix16(input, near, key));
        sum = sum.wrapping_add(mix16(input, len - 16 - near, key + 16));
    }
    avalanche(sum)
}

fn hash_129_to_240(input: &[u8]) -> u64 {
    let len = input.len();
    let mut sum = (len as u64).wrapping_mul(PRIME64_1);
    for piece in 0..8 {
        sum = sum.wrapping_add(mix16(input, 16 * piece, 16 * piece));
    }
    sum = avalanche(sum);
    for piece in 8..len / 16 {
        sum = sum.wrapping_add(mix16(input, 16 * piece, 16 * (piece - 8) + 3));
    }
    avalanche(sum.wrapping_add(mix16(input, len - 16, SECRET_SIZE_MIN - 17)))
}

fn hash_long(input: &[u8]) -> u64 {
    let mut lanes = LANES;
    // The last byte is always left for the last stripe, which may overlap the one before.
    let (stripes, _) = input[..input.len() - 1].as_chunks::<STRIPE>();
    for block in stripes.chunks(STRIPES_PER_BLOCK) {
        for (at, stripe) in block.iter().enumerate() {
            accumulate(&mut lanes, stripe, secret_stripe(8 * at));
        }
        if block.len() == STRIPES_PER_BLOCK {
            scramble(&mut lanes, secret_stripe(SECRET.len() - STRIPE));
        }
    }
    if let Some(last) = input.last_chunk::<STRIPE>() {
        accumulate(&mut lanes, last, secret_stripe(SECRET.len() - STRIPE - 7));
    }
    let mut sum = (input.len() as u64).wrapping_mul(PRIME64_1);
    for (at, pair) in lanes.as_chunks::<2>().0.iter().enumerate() {
        let key = 11 + 16 * at;
        sum = sum.wrapping_add(fold(pair[0] ^ secret(key), pair[1] ^ secret(key + 8)));
    }
    avalanche(sum)
}

fn accumulate(lanes: &mut [u64; 8], stripe: &[u8; STRIPE], key: &[u8; STRIPE]) {
    for lane in 0..8 {
        let value = read64(stripe, 8 * lane);
        let keyed = value ^ read64(key, 8 * lane);
        lanes[lane ^ 1] = lanes[lane ^ 1].wrapping_add(value);
        lanes[lane] = lanes[lane].wrapping_add((keyed & 0xffff_ffff).wrapping_mul(keyed >> 32));
    }
}

fn scramble(lanes: &mut [u64; 8], key: &[u8; STRIPE]) {
    for (at, lane) in lanes.iter_mut().enumerate() {
        *lane ^= *lane >> 47;
        *lane ^= read64(key, 8 * at);
        *lane = lane.wrapping_mul(PRIME32_1);
    }
}

fn mix16(input: &[u8], at: usize, key: usize) -> u64 {
    fold(
        read64(input, at) ^ secret(key),
        read64(input, at + 8) ^ secret(key + 8),
    )
}

/// The two halves of the 128-bit product, xored.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

fn avalanche(mut hash: u64) -> u64 {
    hash ^= hash >> 37;
    hash = hash.wrapping_mul(PRIME_MX1);
    hash ^ (hash >> 32)
}

fn avalanche_xxh64(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(PRIME64_2);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(PRIME64_3);
    hash ^ (hash >> 32)
}

fn secret(at: usize) -> u64 {
    read64(&SECRET, at)
}

fn secret_stripe(at: usize) -> &'static [u8; STRIPE] {
    SECRET[at..]
        .first_chunk()
        .expect("the callers stay a stripe before the secret's end")
}

fn read32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(
        *bytes[at..]
            .first_chunk()
            .expect("recipes stay within their length"),
    )
}

fn read64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(
        *bytes[at..]
            .first_chunk()
            .expect("recipes stay within their length"),
    )
}

const STRIPE: usize = 64;
const STRIPES_PER_BLOCK: usize = (SECRET.len() - STRIPE) / 8;
const SECRET_SIZE_MIN: usize = 136;

const PRIME32_1: u64 = 0x9e37_79b1;
const PRIME32_2: u64 = 0x85eb_ca77;
const PRIME32_3: u64 = 0xc2b2_ae3d;
const PRIME64_1: u64 = 0x9e37_79b1_85eb_ca87;
const PRIME64_2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PRIME64_3: u64 = 0x1656_67b1_9e37_79f9;
const PRIME64_4: u64 = 0x85eb_ca77_c2b2_ae63;
const PRIME64_5: u64 = 0x27d4_eb2f_1656_67c5;
const PRIME_MX1: u64 = 0x1656_6791_9e37_79f9;
const PRIME_MX2: u64 = 0x9fb2_1c65_1e98_df25;

const LANES: [u64; 8] = [
    PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1,
];

/// The specification's default secret.
#[rustfmt::skip]
const SECRET: [u8; 192] = [
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
];

#[cfg(test)]
mod tests {
    use super::{digest_text, xxh3_64};

    /// The same bytes from which the reference implementation made the numbers below.
    fn sample() -> Vec<u8> {
        (0..5000usize)
            .map(|i| (i * 131 + (i >> 8) * 7 + 3) as u8)
            .collect()
    }

    #[test]
    fn hashes_at_the_edges_of_the_recipes_equal_the_reference() {
        let bytes = sample();
        for (len, hash) in [
            (0, 0x2d06_8005_38d3_94c2),
            (1, 0x13e6_08bc_156d_efed),
            (3, 0x974a_8c6f_a70c_32a8),
            (4, 0xd53c_28cd_ece5_352d),
            (8, 0xd4d9_e4c4_99eb_d3fc),
            (9, 0xd6fd_e088_7a18_93ca),
            (16, 0xca47_3819_3200_d5bf),
            (17, 0x02ec_6811_3d62_488b),
            (128, 0xa67a_e43a_ec75_8836),
            (129, 0xfb62_8a65_7194_4e54),
            (240, 0x2408_051b_9d58_0275),
            (241, 0xef63_0bb6_bb6c_fe02),
            (1024, 0x4670_3f18_d0b7_abc5),
            (1025, 0x178c_11ef_15cb_206e),
        ] {
            assert_eq!(xxh3_64(&bytes[..len]), hash, "{len} bytes");
        }
    }

    #[test]
    fn hashes_of_every_length_equal_the_reference() {
        let bytes = sample();
        let all = (0..5000).fold(0u64, |all, len| all.rotate_left(7) ^ xxh3_64(&bytes[..len]));
        assert_eq!(all, 0x15c4_4e34_3e1a_5821);
    }

    #[test]
    fn the_text_keeps_leading_zeros() {
        assert_eq!(&digest_text(&sample()[..17]), b"02ec68113d62488b");
    }
}

//! SHA-1, which names scripts. It protects nothing.
//!
//! Always true: the digest is the one of FIPS 180.
//! Not here: passwords — the node's `secrets.rs`

/// The digest of some bytes. O(N).
pub(crate) fn digest(bytes: &[u8]) -> [u8; 20] {
    let mut hash = [
        0x6745_2301,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0_u32,
    ];
    let (blocks, rest) = bytes.as_chunks::<64>();
    for block in blocks {
        add_block(&mut hash, block);
    }
    // A one bit, zeroes, and the length in bits fill one block or two.
    let mut tail = [0_u8; 128];
    tail[..rest.len()].copy_from_slice(rest);
    tail[rest.len()] = 0x80;
    let len = if rest.len() < 56 { 64 } else { 128 };
    tail[len - 8..len].copy_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
    for block in tail[..len].as_chunks::<64>().0 {
        add_block(&mut hash, block);
    }
    let mut digest = [0; 20];
    for (out, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(hash) {
        *out = word.to_be_bytes();
    }
    digest
}

/// The digest as forty hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> [u8; 40] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 40];
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(digest(bytes)) {
        *pair = [
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ];
    }
    text
}

/// Five rounds, after which each of the five words has its name again.
macro_rules! rounds {
    ($words:ident, $hash:ident, $mix:expr, $constant:literal, [$($at:literal)*]) => {
        let mix: fn(u32, u32, u32) -> u32 = $mix;
        $(
            let [a, b, c, d, e] = &mut $hash;
            round!($words, $at, mix, $constant, a, b, c, d, e);
            round!($words, $at + 1, mix, $constant, e, a, b, c, d);
            round!($words, $at + 2, mix, $constant, d, e, a, b, c);
            round!($words, $at + 3, mix, $constant, c, d, e, a, b);
            round!($words, $at + 4, mix, $constant, b, c, d, e, a);
        )*
    };
}

macro_rules! round {
    ($words:ident, $at:expr, $mix:ident, $constant:literal,
     $a:ident, $b:ident, $c:ident, $d:ident, $e:ident) => {
        let mixed = $mix(*$b, *$c, *$d).wrapping_add(next_word(&mut $words, $at));
        let turned = $a.rotate_left(5).wrapping_add($constant);
        *$e = $e.wrapping_add(mixed).wrapping_add(turned);
        *$b = $b.rotate_left(30);
    };
}

/// The word of a round, of which the last sixteen are kept.
#[inline(always)]
fn next_word(words: &mut [u32; 16], at: usize) -> u32 {
    if at >= 16 {
        let mixed = words[(at + 13) % 16] ^ words[(at + 8) % 16] ^ words[(at + 2) % 16];
        words[at % 16] = (mixed ^ words[at % 16]).rotate_left(1);
    }
    words[at % 16]
}

fn add_block(hash: &mut [u32; 5], block: &[u8; 64]) {
    let mut words = [0_u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let mut mixed = *hash;
    rounds!(words, mixed, |b, c, d| d ^ (b & (c ^ d)), 0x5a82_7999, [0 5 10 15]);
    rounds!(words, mixed, |b, c, d| b ^ c ^ d, 0x6ed9_eba1, [20 25 30 35]);
    rounds!(words, mixed, |b, c, d| (b & c) | (d & (b | c)), 0x8f1b_bcdc, [40 45 50 55]);
    rounds!(words, mixed, |b, c, d| b ^ c ^ d, 0xca62_c1d6, [60 65 70 75]);
    for (sum, word) in hash.iter_mut().zip(mixed) {
        *sum = sum.wrapping_add(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standard() {
        assert_eq!(&hex(b""), b"da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(&hex(b"abc"), b"a9993e364706816aba3e25717850c26c9cd0d89d");
        let long = vec![b'a'; 1_000_000];
        assert_eq!(&hex(&long), b"34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    }
}

//! Passwords as they are kept: their SHA-256 digest, never the password itself.
//!
//! Always true: comparing two digests takes the same time wherever they differ; a digest is not
//! shown by `Debug`.
//! Not here: who has which password — `user.rs`.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The digest of a password.
#[derive(Clone, Copy, Eq)]
pub(crate) struct Digest([u8; SIZE]);

const SIZE: usize = 32;

impl Digest {
    /// The digest of a password.
    pub(crate) fn of(password: &[u8]) -> Self {
        Self(Sha256::digest(password).into())
    }

    /// Reads 64 hexadecimal digits, of which letters are in lower case.
    pub(crate) fn from_hex(text: &[u8]) -> Option<Self> {
        if text.len() != SIZE * 2 {
            return None;
        }
        let mut digest = [0; SIZE];
        for (byte, pair) in digest.iter_mut().zip(text.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(digest))
    }

    /// Its 64 hexadecimal digits.
    pub(crate) fn hex(&self) -> String {
        hex(&self.0)
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        pairs.fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest")
    }
}

/// Unpredictable hexadecimal digits: digests of a secret and a counter that never repeats.
pub(crate) fn random_hex(secret: &[u8; 32], drawn: &mut u64, len: usize) -> String {
    let mut digits = String::with_capacity(len + SIZE * 2);
    while digits.len() < len {
        *drawn += 1;
        let block = Sha256::new()
            .chain_update(secret)
            .chain_update(drawn.to_le_bytes());
        digits.push_str(&hex(&block.finalize()));
    }
    digits.truncate(len);
    digits
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    let pairs = bytes.iter();
    pairs
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_sha_256_and_reads_back() {
        let digest = Digest::of(b"x");
        let hex = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
        assert_eq!(digest.hex(), hex);
        assert_eq!(Digest::from_hex(hex.as_bytes()), Some(digest));
        assert_ne!(Digest::of(b"y"), digest);
        assert_eq!(format!("{digest:?}"), "Digest");
    }

    #[test]
    fn digits_in_upper_case_and_other_lengths_are_refused() {
        let good = "a".repeat(64);
        assert!(Digest::from_hex(good.as_bytes()).is_some());
        for bad in [
            "A".repeat(64),
            "g".repeat(64),
            "a".repeat(63),
            "a".repeat(66),
        ] {
            assert_eq!(Digest::from_hex(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn random_digits_do_not_repeat() {
        let mut drawn = 0;
        let first = random_hex(&[7; 32], &mut drawn, 100);
        let second = random_hex(&[7; 32], &mut drawn, 100);
        assert_eq!((first.len(), second.len(), drawn), (100, 100, 4));
        assert_ne!(first, second);
    }
}

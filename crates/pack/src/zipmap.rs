//! Zipmaps, the small hashes before Redis 2.6: read only, for old files and payloads.
//!
//! ```text
//!  zipmap    count: u8, 254 = "walk to know" │ pair … │ 11111111
//!  pair      size │ field │ size │ unused: u8 │ value │ unused bytes
//!  size      u8 below 254, or 254 and u32 LE
//! ```
//!
//! Always true: a [`Zipmap`] has been checked as a whole.

use crate::Malformed;

const END: u8 = 0xff;
const LONG_SIZE: u8 = 0xfe;
const COUNT_UNKNOWN: u8 = 0xfe;

/// A zipmap, checked.
#[derive(Clone, Copy, Debug)]
pub struct Zipmap<'a> {
    /// The pairs, without the count and the end.
    pairs: &'a [u8],
}

impl<'a> Zipmap<'a> {
    /// Checks untrusted bytes.
    ///
    /// # Errors
    /// The bytes are not a zipmap, or not only one.
    pub fn validate(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let [counted, pairs @ .., END] = bytes else {
            return Err(Malformed::Header);
        };
        let (mut rest, mut found) = (pairs, 0usize);
        while !rest.is_empty() {
            let at = 1 + pairs.len() - rest.len();
            rest = pair(rest).ok_or(Malformed::Element { at })?.1;
            found += 1;
        }
        let counted = *counted;
        if counted < COUNT_UNKNOWN && usize::from(counted) != found {
            return Err(Malformed::Count {
                counted: usize::from(counted),
                found,
            });
        }
        Ok(Self { pairs })
    }

    /// The fields with their values.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone {
        let mut rest = self.pairs;
        std::iter::from_fn(move || {
            let (found, behind) = pair(rest)?;
            rest = behind;
            Some(found)
        })
    }

    /// The number of pairs, which are walked to count them.
    #[must_use]
    pub fn count(self) -> usize {
        self.iter().count()
    }
}

type Pair<'a> = (&'a [u8], &'a [u8]);

/// The first pair and what is behind it.
fn pair(bytes: &[u8]) -> Option<(Pair<'_>, &[u8])> {
    let (len, rest) = size(bytes)?;
    let (field, rest) = rest.split_at_checked(len)?;
    let (len, rest) = size(rest)?;
    let (&unused, rest) = rest.split_first()?;
    let (value, rest) = rest.split_at_checked(len)?;
    let (_, rest) = rest.split_at_checked(usize::from(unused))?;
    Some(((field, value), rest))
}

fn size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes.split_first()? {
        (&LONG_SIZE, rest) => {
            let (size, rest) = rest.split_first_chunk()?;
            Some((usize::try_from(u32::from_le_bytes(*size)).ok()?, rest))
        }
        (&END, _) => None,
        (&size, rest) => Some((usize::from(size), rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_and_unused_bytes_are_not() {
        let bytes = b"\x02\x03foo\x03\x00bar\xfe\x05\x00\x00\x00hello\x05\x02world..\xff";
        let map = Zipmap::validate(bytes).unwrap();
        let expect: [Pair<'_>; 2] = [(b"foo", b"bar"), (b"hello", b"world")];
        assert!(map.iter().eq(expect));
        assert_eq!(map.count(), 2);
        for len in 0..bytes.len() {
            assert!(Zipmap::validate(&bytes[..len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn a_wrong_count_is_refused_and_an_unknown_one_is_not() {
        assert!(Zipmap::validate(b"\x00\xff").is_ok());
        assert!(Zipmap::validate(b"\xfe\x01a\x01\x00b\xff").is_ok());
        let found = Zipmap::validate(b"\x02\x01a\x01\x00b\xff").unwrap_err();
        assert_eq!(
            found,
            Malformed::Count {
                counted: 2,
                found: 1
            }
        );
    }
}

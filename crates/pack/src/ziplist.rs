//! Ziplists, the predecessors of listpacks until Redis 6.2: read only, for old files and payloads.
//!
//! ```text
//!  ziplist   bytes: u32 LE │ last entry: u32 LE │ count: u16 LE │ entry … │ 11111111
//!
//!  entry     size of the entry in front: u8 below 254, or 254 and u32 LE │ body
//!
//!  body      00llllll  bytes                      a string of up to 63 bytes
//!            01llllll  llllllll  bytes            a string of up to 16383 bytes, high bits first
//!            10000000  u32 BE    bytes            a string
//!            11000000  i16 LE                     integers
//!            11010000  i32 LE
//!            11100000  i64 LE
//!            11110000  i24 LE
//!            11111110  i8
//!            1111nnnn                             0 … 12, written as 1 … 13
//! ```
//!
//! Always true: a [`Ziplist`] has been checked as a whole.

use crate::Malformed;
use crate::listpack::Entry;

const HEADER_LEN: usize = 10;
const END: u8 = 0xff;
const COUNT_UNKNOWN: usize = 0xffff;
const LONG_SIZE: u8 = 0xfe;

/// A ziplist, checked.
#[derive(Clone, Copy, Debug)]
pub struct Ziplist<'a> {
    bytes: &'a [u8],
}

impl<'a> Ziplist<'a> {
    /// Checks untrusted bytes.
    ///
    /// # Errors
    /// The bytes are not a ziplist, or not only one.
    pub fn validate(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let header: [u8; HEADER_LEN] = *bytes.first_chunk().ok_or(Malformed::Header)?;
        let [a, b, c, d, e, f, g, h, i, j] = header;
        let size = usize::try_from(u32::from_le_bytes([a, b, c, d]));
        if size != Ok(bytes.len()) || bytes.len() <= HEADER_LEN || bytes.last() != Some(&END) {
            return Err(Malformed::Header);
        }
        let tail = usize::try_from(u32::from_le_bytes([e, f, g, h]));
        let counted = usize::from(u16::from_le_bytes([i, j]));
        let end = bytes.len() - 1;
        let (mut at, mut in_front, mut found, mut last) = (HEADER_LEN, 0, 0, HEADER_LEN);
        while at < end {
            let (entry, next) = entry(bytes, at, end).ok_or(Malformed::Element { at })?;
            if entry.in_front != in_front {
                return Err(Malformed::WayBack { at });
            }
            (in_front, found, last, at) = (next - at, found + 1, at, next);
        }
        if tail != Ok(last) || at != end {
            return Err(Malformed::End);
        }
        if counted != COUNT_UNKNOWN && counted != found {
            return Err(Malformed::Count { counted, found });
        }
        Ok(Self { bytes })
    }

    /// The entries.
    pub fn iter(self) -> impl Iterator<Item = Entry<'a>> + Clone {
        let end = self.bytes.len().saturating_sub(1);
        let mut at = HEADER_LEN;
        std::iter::from_fn(move || {
            let (found, next) = entry(self.bytes, at, end)?;
            at = next;
            Some(found.value)
        })
    }

    /// The number of entries, which are walked to count them.
    #[must_use]
    pub fn count(self) -> usize {
        self.iter().count()
    }
}

struct Found<'a> {
    /// The size that it declares for the entry in front.
    in_front: usize,
    value: Entry<'a>,
}

/// The entry at `at` and where the next one begins, all of it in front of `end`.
fn entry(bytes: &[u8], at: usize, end: usize) -> Option<(Found<'_>, usize)> {
    let all = bytes.get(at..end)?;
    let (&first, rest) = all.split_first()?;
    let (in_front, rest) = match first {
        LONG_SIZE => {
            let (size, rest) = rest.split_first_chunk()?;
            (usize::try_from(u32::from_le_bytes(*size)).ok()?, rest)
        }
        END => return None,
        size => (usize::from(size), rest),
    };
    let (&head, rest) = rest.split_first()?;
    let (value, rest) = match head >> 6 {
        0 => text(rest, usize::from(head & 0x3f))?,
        1 => {
            let (&low, rest) = rest.split_first()?;
            text(rest, usize::from(u16::from_be_bytes([head & 0x3f, low])))?
        }
        2 => {
            let (len, rest) = rest.split_first_chunk()?;
            text(rest, usize::try_from(u32::from_be_bytes(*len)).ok()?)?
        }
        _ => integer(head, rest)?,
    };
    Some((Found { in_front, value }, at + all.len() - rest.len()))
}

fn text(rest: &[u8], len: usize) -> Option<(Entry<'_>, &[u8])> {
    let (text, rest) = rest.split_at_checked(len)?;
    Some((Entry::Str(text), rest))
}

fn integer(head: u8, rest: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let (n, rest) = match head {
        0xc0 => {
            let (bytes, rest) = rest.split_first_chunk()?;
            (i64::from(i16::from_le_bytes(*bytes)), rest)
        }
        0xd0 => {
            let (bytes, rest) = rest.split_first_chunk()?;
            (i64::from(i32::from_le_bytes(*bytes)), rest)
        }
        0xe0 => {
            let (bytes, rest) = rest.split_first_chunk()?;
            (i64::from_le_bytes(*bytes), rest)
        }
        0xf0 => {
            let (&[a, b, c], rest) = rest.split_first_chunk()?;
            (i64::from(i32::from_le_bytes([0, a, b, c]) >> 8), rest)
        }
        0xfe => {
            let (bytes, rest) = rest.split_first_chunk()?;
            (i64::from(i8::from_le_bytes(*bytes)), rest)
        }
        0xf1..=0xfd => (i64::from(head & 0x0f) - 1, rest),
        _ => return None,
    };
    Some((Entry::Int(n), rest))
}

#[cfg(test)]
mod tests;

//! The bytes of a listpack.
//!
//! ```text
//!  listpack  total: u32 LE │ count: u16 LE │ entry … │ 11111111
//!            total counts all bytes, the header and the end included; count 65535 = "walk to know"
//!
//!  entry     body │ way back: the size of the body, read from its last byte towards its first
//!
//!  body      0nnnnnnn                              an integer of 0 … 127
//!            10llllll  bytes                       a string of up to 63 bytes
//!            110nnnnn  nnnnnnnn                    a signed integer of 13 bits, high bits first
//!            1110llll  llllllll  bytes             a string of up to 4095 bytes, high bits first
//!            11110000  u32 LE    bytes             a string
//!            11110001  i16 LE                      integers that need so many bits
//!            11110010  i24 LE
//!            11110011  i32 LE
//!            11110100  i64 LE
//!
//!  way back  0lllllll                              up to 127
//!            0lllllll  1lllllll  …                 up to five bytes, high bits first
//! ```
//!
//! Always true: what [`encode_int`] and [`encode_str`] write, [`read`] reads.
//! Not here: walking — `mod.rs`; whether bytes can be trusted — `validate.rs`

use super::Entry;
use crate::Buffer;

/// Bytes in front of the first entry.
pub const HEADER_LEN: usize = 6;
/// The byte behind the last entry.
pub const END: u8 = 0xff;
/// The count of a header that says nothing: there are this many entries or more.
pub const COUNT_UNKNOWN: usize = 0xffff;
/// A listpack without entries.
pub const EMPTY: [u8; HEADER_LEN + 1] = [7, 0, 0, 0, 0, 0, END];

const STR_6BIT: u8 = 0b1000_0000;
const INT_13BIT: u8 = 0b1100_0000;
const STR_12BIT: u8 = 0b1110_0000;
const STR_32BIT: u8 = 0xf0;
const INT_16BIT: u8 = 0xf1;
const INT_24BIT: u8 = 0xf2;
const INT_32BIT: u8 = 0xf3;
const INT_64BIT: u8 = 0xf4;

const STR_6BIT_MAX: usize = 0x3f;
const STR_12BIT_MAX: usize = 0xfff;

/// The header of a listpack of `total` bytes and `count` entries.
///
/// # Panics
/// `total` does not fit four bytes.
#[inline]
#[must_use]
pub fn header(total: usize, count: usize) -> [u8; HEADER_LEN] {
    let total = u32::try_from(total).expect("a listpack is smaller than 4 GiB");
    let [a, b, c, d] = total.to_le_bytes();
    let [e, f] = u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes();
    [a, b, c, d, e, f]
}

/// Bytes that the body of an entry occupies, by its first bytes. `None`: no entry begins there.
#[inline]
pub(super) fn body_len(bytes: &[u8], at: usize) -> Option<usize> {
    let first = *bytes.get(at)?;
    Some(match first {
        0..STR_6BIT => 1,
        STR_6BIT..INT_13BIT => 1 + usize::from(first & 0x3f),
        INT_13BIT..STR_12BIT => 2,
        STR_12BIT..STR_32BIT => 2 + long_len(first, *bytes.get(at + 1)?),
        STR_32BIT => 5usize.checked_add(huge_len(bytes, at)?)?,
        INT_16BIT => 3,
        INT_24BIT => 4,
        INT_32BIT => 5,
        INT_64BIT => 9,
        _ => return None,
    })
}

/// Bytes that lead back over a body of `body` bytes.
// COMPAT: the limits of two bytes and more are one lower than the bits allow.
#[inline]
pub(super) const fn way_back_len(body: usize) -> usize {
    match body {
        0..=127 => 1,
        128..=16_382 => 2,
        16_383..=2_097_150 => 3,
        2_097_151..=268_435_454 => 4,
        _ => 5,
    }
}

/// The entry at `at` and where the next one begins. `None`: no entry, or not a whole one.
#[inline]
pub(super) fn read(bytes: &[u8], at: usize) -> Option<(Entry<'_>, usize)> {
    let rest = bytes.get(at..)?;
    let first = *rest.first()?;
    let (entry, body) = match first {
        0..STR_6BIT => (Entry::Int(i64::from(first)), 1),
        STR_6BIT..INT_13BIT => {
            let body = 1 + usize::from(first & 0x3f);
            (Entry::Str(rest.get(1..body)?), body)
        }
        _ => return read_long(bytes, rest, first, at),
    };
    Some((entry, at + body + 1))
}

fn read_long<'a>(
    bytes: &'a [u8],
    rest: &'a [u8],
    first: u8,
    at: usize,
) -> Option<(Entry<'a>, usize)> {
    let (entry, body) = match first {
        INT_13BIT..STR_12BIT => {
            // The sign is the highest of thirteen bits.
            let value = i16::from_be_bytes([first & 0x1f, *rest.get(1)?]) << 3 >> 3;
            (Entry::Int(i64::from(value)), 2)
        }
        STR_12BIT..STR_32BIT => {
            let body = 2 + long_len(first, *rest.get(1)?);
            (Entry::Str(rest.get(2..body)?), body)
        }
        STR_32BIT => {
            let body = 5usize.checked_add(huge_len(bytes, at)?)?;
            (Entry::Str(rest.get(5..body)?), body)
        }
        INT_16BIT => (
            Entry::Int(i64::from(i16::from_le_bytes(
                *rest.get(1..)?.first_chunk()?,
            ))),
            3,
        ),
        INT_24BIT => {
            let [a, b, c] = *rest.get(1..)?.first_chunk()?;
            (
                Entry::Int(i64::from(i32::from_le_bytes([0, a, b, c]) >> 8)),
                4,
            )
        }
        INT_32BIT => (
            Entry::Int(i64::from(i32::from_le_bytes(
                *rest.get(1..)?.first_chunk()?,
            ))),
            5,
        ),
        INT_64BIT => (
            Entry::Int(i64::from_le_bytes(*rest.get(1..)?.first_chunk()?)),
            9,
        ),
        _ => return None,
    };
    Some((entry, at + body + way_back_len(body)))
}

/// Where the entry in front of `at` begins; `at` is where an entry or the end stands.
#[inline]
pub(super) fn step_back(bytes: &[u8], at: usize) -> Option<usize> {
    let (body, way) = way_back(bytes, at)?;
    let start = at.checked_sub(way)?.checked_sub(body)?;
    (start >= HEADER_LEN && body > 0).then_some(start)
}

/// The size of the body in front of `at`, and how many bytes say so.
#[inline]
pub(super) fn way_back(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut body = 0usize;
    for way in 1..=5usize {
        let byte = *bytes.get(at.checked_sub(way)?)?;
        body |= usize::from(byte & 0x7f) << (7 * (way - 1));
        if byte & 0x80 == 0 {
            return Some((body, way));
        }
    }
    None
}

/// Appends the entry of an integer.
#[inline]
pub fn encode_int<B: Buffer>(n: i64, into: &mut B) {
    if let Ok(small) = u8::try_from(n)
        && small < STR_6BIT
    {
        into.push_bytes(&[small, 1]);
        return;
    }
    if (-4096..4096).contains(&n) {
        let [.., high, low] = n.to_be_bytes();
        into.push_bytes(&[INT_13BIT | high & 0x1f, low, 2]);
        return;
    }
    let [a, b, c, d, e, f, g, h] = n.to_le_bytes();
    match n {
        -0x8000..0x8000 => into.push_bytes(&[INT_16BIT, a, b, 3]),
        -0x80_0000..0x80_0000 => into.push_bytes(&[INT_24BIT, a, b, c, 4]),
        -0x8000_0000..0x8000_0000 => into.push_bytes(&[INT_32BIT, a, b, c, d, 5]),
        _ => into.push_bytes(&[INT_64BIT, a, b, c, d, e, f, g, h, 9]),
    }
}

/// Appends the entry of a string as a string, even if it spells a number.
///
/// # Panics
/// `value` is 4 GiB or more.
#[inline]
pub fn encode_str<B: Buffer>(value: &[u8], into: &mut B) {
    let len = value.len();
    let [a, b, c, d] = u32::try_from(len)
        .expect("a string is smaller than 4 GiB")
        .to_le_bytes();
    let head = match len {
        0..=STR_6BIT_MAX => {
            into.push_bytes(&[STR_6BIT | a]);
            1
        }
        64..=STR_12BIT_MAX => {
            into.push_bytes(&[STR_12BIT | b, a]);
            2
        }
        _ => {
            into.push_bytes(&[STR_32BIT, a, b, c, d]);
            5
        }
    };
    into.push_bytes(value);
    push_way_back(head + len, into);
}

/// Bytes of the entry that [`encode_int`] writes.
#[inline]
#[must_use]
pub const fn int_entry_len(n: i64) -> usize {
    match n {
        0..128 => 2,
        -4096..4096 => 3,
        -0x8000..0x8000 => 4,
        -0x80_0000..0x80_0000 => 5,
        -0x8000_0000..0x8000_0000 => 6,
        _ => 10,
    }
}

/// Bytes of the entry that [`encode_str`] writes for a string of `len` bytes.
#[inline]
#[must_use]
pub const fn str_entry_len(len: usize) -> usize {
    let body = match len {
        0..=STR_6BIT_MAX => 1 + len,
        64..=STR_12BIT_MAX => 2 + len,
        _ => 5 + len,
    };
    body + way_back_len(body)
}

#[inline]
fn push_way_back<B: Buffer>(body: usize, into: &mut B) {
    let low = |shift: u32| u8::try_from(body >> shift & 0x7f).unwrap_or(0);
    match way_back_len(body) {
        1 => into.push_bytes(&[low(0)]),
        2 => into.push_bytes(&[low(7), low(0) | 0x80]),
        3 => into.push_bytes(&[low(14), low(7) | 0x80, low(0) | 0x80]),
        4 => into.push_bytes(&[low(21), low(14) | 0x80, low(7) | 0x80, low(0) | 0x80]),
        _ => into.push_bytes(&[
            low(28),
            low(21) | 0x80,
            low(14) | 0x80,
            low(7) | 0x80,
            low(0) | 0x80,
        ]),
    }
}

#[inline]
fn long_len(first: u8, second: u8) -> usize {
    usize::from(u16::from_be_bytes([first & 0x0f, second]))
}

#[inline]
fn huge_len(bytes: &[u8], at: usize) -> Option<usize> {
    let len = u32::from_le_bytes(*bytes.get(at + 1..)?.first_chunk()?);
    usize::try_from(len).ok()
}

const _: () = assert!(EMPTY.len() == 7 && STR_6BIT_MAX + 1 == 64);
const _: () = assert!(str_entry_len(STR_6BIT_MAX) == 65 && str_entry_len(64) == 67);

//! Values in blocks: integers by their magnitude, other bytes behind their length.
//!
//! ```text
//!  tag (varint)     bit 0 clear: bytes, the tag's upper bits are their length
//!                   bit 0 set:   an integer, the upper bits are its zigzag form
//! ```
//! Always true: what is read is what was written; the bytes come from here, never from outside.
//! Not here: what stands around values — `block.rs`

use russet_base::num::{I64Buf, format_i64, parse_i64};

/// A value of a field, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamText<'a> {
    /// Bytes whose text is this integer in canonical form.
    Int(i64),
    /// Any other bytes.
    Bytes(&'a [u8]),
}

impl<'a> StreamText<'a> {
    /// The bytes; the digits of an integer are put into `digits`.
    pub fn bytes(self, digits: &'a mut I64Buf) -> &'a [u8] {
        match self {
            Self::Int(n) => format_i64(n, digits),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// Integers beyond these are kept as text: the zigzag form and the tag bit must fit 64 bits.
const INT_MAX: u64 = 1 << 61;

/// Appends a number, seven bits a byte, the lowest first.
#[inline]
pub(super) fn push_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads a number at `at` and moves `at` behind it.
#[inline]
pub(super) fn read_varint(bytes: &[u8], at: &mut usize) -> u64 {
    let mut number = 0;
    let mut shift = 0;
    loop {
        let byte = bytes[*at];
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return number;
        }
        shift += 7;
    }
}

/// Parses a value: an integer or text.
#[inline]
pub(super) fn parse(bytes: &[u8]) -> StreamText<'_> {
    match bytes.len() {
        1..=20 => parse_i64(bytes).map_or(StreamText::Bytes(bytes), StreamText::Int),
        _ => StreamText::Bytes(bytes),
    }
}

/// Appends a value; `bytes` are what it was parsed from.
#[inline]
pub(super) fn push_text(out: &mut Vec<u8>, bytes: &[u8], text: StreamText<'_>) {
    match text {
        StreamText::Int(n) if n.unsigned_abs() <= INT_MAX => {
            let zigzag = ((n << 1) ^ (n >> 63)) as u64;
            push_varint(out, zigzag << 1 | 1);
        }
        _ => push_bytes(out, bytes),
    }
}

/// Appends bytes that are not looked at.
#[inline]
pub(super) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push_varint(out, (bytes.len() as u64) << 1);
    out.extend_from_slice(bytes);
}

/// Reads a value at `at` and moves `at` behind it.
#[inline]
pub(super) fn read_text<'a>(bytes: &'a [u8], at: &mut usize) -> StreamText<'a> {
    let tag = read_varint(bytes, at);
    let rest = tag >> 1;
    if tag & 1 == 1 {
        return StreamText::Int((rest >> 1) as i64 ^ -((rest & 1) as i64));
    }
    let start = *at;
    *at += rest as usize;
    StreamText::Bytes(&bytes[start..*at])
}

/// Reads bytes that were written as such at `at` and moves `at` behind them.
#[inline]
pub(super) fn read_bytes<'a>(bytes: &'a [u8], at: &mut usize) -> &'a [u8] {
    let len = (read_varint(bytes, at) >> 1) as usize;
    let start = *at;
    *at += len;
    &bytes[start..*at]
}

/// Moves `at` behind the value that it stands at.
#[inline]
pub(super) fn skip_text(bytes: &[u8], at: &mut usize) {
    let tag = read_varint(bytes, at);
    if tag & 1 == 0 {
        *at += (tag >> 1) as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_read_as_it_was_written() {
        let long = vec![b'x'; 70_000];
        for text in [
            &b""[..],
            b"0",
            b"-1",
            b"63",
            b"64",
            b"007",
            b"2305843009213693952",
            b"2305843009213693953",
            b"-2305843009213693952",
            b"9223372036854775807",
            b"-9223372036854775808",
            b"9223372036854775808",
            b"text",
            &long,
        ] {
            let mut out = vec![1, 2];
            push_text(&mut out, text, parse(text));
            let mut at = 2;
            let mut digits = I64Buf::new();
            assert_eq!(read_text(&out, &mut at).bytes(&mut digits), text);
            assert_eq!(at, out.len());
            at = 2;
            skip_text(&out, &mut at);
            assert_eq!(at, out.len());
        }
    }
}

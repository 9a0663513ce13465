//! The short way through most requests: whole, multibulk, known peer, lengths of a few digits.
//!
//! ```text
//!   byte   0   1   2   3   4   5   6   7        eight bytes hold any header of interest;
//!          $   6   4  \r  \n   x   x   x        each comparison below looks at all its
//!                                               fixed bytes at once
//! ```
//! Whatever is not so is left to the careful way, which starts again from the first byte; hence
//! nothing here tells an error from a request that is unusual or not complete.
//!
//! Always true: what is decoded here, the careful way decodes the same (a test compares them).
//! Not here: the careful way — `request.rs`.

use crate::args::Span;
use crate::limits::{Limits, Peer};
use crate::wire;

/// The largest number that is read here.
pub(crate) const NUMBER_MAX: u32 = 9_999;

/// The longest prefix of a frame that is looked at: what a span can address.
const FRAME_MAX: usize = 1 << 31;

/// Decodes the multibulk request at the start of `frame`, appends its arguments, and gives its
/// length. After `None` the spans appended are of no use.
// PERF: a third of the instructions of the careful way, because nothing can fail in two ways.
#[inline(never)]
pub(crate) fn multibulk(frame: &[u8], limits: &Limits, spans: &mut Vec<Span>) -> Option<usize> {
    let frame = frame.get(..FRAME_MAX).unwrap_or(frame);
    let may_skip_checks = limits.args_max >= NUMBER_MAX
        && limits.bulk_len_max >= u64::from(NUMBER_MAX)
        && limits.peer == Peer::Known;
    let (count, mut pos) = header::<{ wire::ARRAY }>(head(frame)?)?;
    if count == 0 || !may_skip_checks {
        return None;
    }
    for _ in 0..count {
        let (len, header_len) = header::<{ wire::BULK }>(head(frame.get(pos..)?)?)?;
        let start = pos + header_len;
        let end = start + len as usize;
        let tail = frame.get(end..)?.first_chunk()?;
        if u16::from_le_bytes(*tail) != u16::from_le_bytes(*wire::CRLF) {
            return None;
        }
        // Nothing is truncated: the frame is no longer than `FRAME_MAX`.
        spans.push(Span::within(start as u32, len));
        pos = end + wire::CRLF.len();
    }
    Some(pos)
}

/// The first eight bytes, with zeros behind the last.
#[inline]
fn head(rest: &[u8]) -> Option<u64> {
    match rest.first_chunk() {
        Some(chunk) => Some(u64::from_le_bytes(*chunk)),
        None if rest.is_empty() => None,
        None => {
            let mut chunk = [0; 8];
            chunk[..rest.len()].copy_from_slice(rest);
            Some(u64::from_le_bytes(chunk))
        }
    }
}

/// The number in a header of this type, canonical and of one to four digits, and the header's
/// length.
#[inline(always)]
fn header<const KIND: u8>(head: u64) -> Option<(u32, usize)> {
    let fixed = |text: [u8; 8]| u64::from_le_bytes(text);
    let digit = |idx: u32| ((head >> (8 * idx)) as u8).wrapping_sub(b'0');
    let is_digit = |digit: u8| digit <= 9;
    let (a, b, c, d) = (digit(1), digit(2), digit(3), digit(4));

    if head & fixed([!0, 0, !0, !0, 0, 0, 0, 0]) == fixed([KIND, 0, b'\r', b'\n', 0, 0, 0, 0]) {
        return is_digit(a).then_some((u32::from(a), 4));
    }
    let is_canonical = (1..=9).contains(&a) && is_digit(b);
    let high = u32::from(a) * 10 + u32::from(b);
    if head & fixed([!0, 0, 0, !0, !0, 0, 0, 0]) == fixed([KIND, 0, 0, b'\r', b'\n', 0, 0, 0]) {
        return is_canonical.then_some((high, 5));
    }
    let is_canonical = is_canonical && is_digit(c);
    let high = high * 10 + u32::from(c);
    if head & fixed([!0, 0, 0, 0, !0, !0, 0, 0]) == fixed([KIND, 0, 0, 0, b'\r', b'\n', 0, 0]) {
        return is_canonical.then_some((high, 6));
    }
    let is_canonical = is_canonical && is_digit(d);
    if head & fixed([!0, 0, 0, 0, 0, !0, !0, 0]) == fixed([KIND, 0, 0, 0, 0, b'\r', b'\n', 0]) {
        return is_canonical.then_some((high * 10 + u32::from(d), 7));
    }
    None
}

//! Lines of a request that say how much follows, and where inline requests end.
//!
//! ```text
//!  *3\r\n   multibulk      $11\r\n   bulk      SET k v\r\n   inline
//! ```
//! Only canonical numbers are accepted: a frame that was decoded is the frame we would encode.
//!
//! Always true: a line is refused for its length alone at the same byte, however it arrives.
//! Not here: what follows the lines — `request.rs`, `inline.rs`.

use memchr::memchr2;
use russet_base::num::parse_i64;

use crate::error::ProtocolError;
use crate::limits::{Limits, Peer};
use crate::wire;

/// The first line of an inline request and the offset behind its end.
pub(crate) fn inline<'a>(
    frame: &'a [u8],
    scanned: &mut usize,
    limits: &Limits,
) -> Result<Option<(&'a [u8], usize)>, ProtocolError> {
    let (len, is_whole) = line_end(frame, *scanned, b'\n', scanned);
    if len > limits.line_len_max {
        return Err(ProtocolError::InlineTooBig);
    }
    if !is_whole {
        return Ok(None);
    }
    let line = &frame[..len];
    Ok(Some((line.strip_suffix(b"\r").unwrap_or(line), len + 1)))
}

/// The number of arguments and the offset behind the first line.
#[inline]
pub(crate) fn multibulk(
    frame: &[u8],
    scanned: &mut usize,
    limits: &Limits,
) -> Result<Option<(u32, usize)>, ProtocolError> {
    let (count, next) = match length_line(frame, 1, scanned, limits.line_len_max) {
        Line::Length(count, next) => (count, next),
        Line::Incomplete => return Ok(None),
        Line::TooLong => return Err(ProtocolError::MultibulkLineTooBig),
        Line::NotANumber => return Err(ProtocolError::InvalidMultibulkLength),
        Line::NoLineFeed => return Err(ProtocolError::InvalidCrlf),
    };
    if count <= 0 {
        return Ok(Some((0, next)));
    }
    let count = match u32::try_from(count) {
        Ok(count) if count <= limits.args_max => count,
        _ => return Err(ProtocolError::InvalidMultibulkLength),
    };
    if limits.peer == Peer::Stranger && count > Limits::STRANGER_ARGS_MAX {
        return Err(ProtocolError::StrangerMultibulkLength);
    }
    Ok(Some((count, next)))
}

/// The length of the argument whose header is at `pos`, and the offset of its first byte.
#[inline]
pub(crate) fn bulk(
    frame: &[u8],
    pos: usize,
    scanned: &mut usize,
    limits: &Limits,
) -> Result<Option<(usize, usize)>, ProtocolError> {
    match frame.get(pos) {
        None => return Ok(None),
        Some(&wire::BULK) => {}
        Some(&got) => return Err(ProtocolError::ExpectedBulk { got }),
    }
    let (len, next) = match length_line(frame, pos + 1, scanned, limits.line_len_max) {
        Line::Length(len, next) => (len, next),
        Line::Incomplete => return Ok(None),
        Line::TooLong => return Err(ProtocolError::BulkLineTooBig),
        Line::NotANumber => return Err(ProtocolError::InvalidBulkLength),
        Line::NoLineFeed => return Err(ProtocolError::InvalidCrlf),
    };
    let len = match u64::try_from(len) {
        Ok(len) if len <= limits.bulk_len_max => len,
        _ => return Err(ProtocolError::InvalidBulkLength),
    };
    if limits.peer == Peer::Stranger && len > Limits::STRANGER_BULK_LEN_MAX {
        return Err(ProtocolError::StrangerBulkLength);
    }
    match usize::try_from(len) {
        Ok(len) => Ok(Some((len, next))),
        Err(_) => Err(ProtocolError::InvalidBulkLength),
    }
}

enum Line {
    /// The number and the offset behind the line.
    Length(i64, usize),
    Incomplete,
    TooLong,
    NotANumber,
    NoLineFeed,
}

/// Reads the number of a line that starts at `pos`.
#[inline]
fn length_line(frame: &[u8], pos: usize, scanned: &mut usize, limit: usize) -> Line {
    // PERF: lengths of one to nine digits without sign need no search for the end of the line.
    let mut number = 0_u32;
    let rest = frame.get(pos..).unwrap_or_default();
    for (digits, &byte) in rest.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            let is_canonical = digits == 1 || (digits > 1 && rest[0] != b'0');
            if byte == b'\r' && rest.get(digits + 1) == Some(&b'\n') && is_canonical {
                return Line::Length(i64::from(number), pos + digits + 2);
            }
            break;
        }
        if digits == 9 {
            break;
        }
        number = number.wrapping_mul(10).wrapping_add(u32::from(digit));
    }
    any_line(frame, pos, scanned, limit)
}

/// Where a line ends, of which no byte before `known` is its end, and whether the end is there; if
/// not, the line is as long as the frame. `scanned` becomes where to go on.
// COMPAT: a line with a zero byte never ends, as for servers that search it as C does.
fn line_end(frame: &[u8], known: usize, end: u8, scanned: &mut usize) -> (usize, bool) {
    let known = known.min(frame.len());
    let found = memchr2(end, 0, &frame[known..]).map(|offset| known + offset);
    *scanned = found.unwrap_or(frame.len());
    match found {
        Some(at) if frame[at] == end => (at, true),
        _ => (frame.len(), false),
    }
}

/// As [`length_line`], for every line there can be.
#[cold]
fn any_line(frame: &[u8], pos: usize, scanned: &mut usize, limit: usize) -> Line {
    let known = (*scanned).max(pos);
    let (end, is_whole) = line_end(frame, known, b'\r', scanned);
    if end.saturating_sub(pos) > limit {
        return Line::TooLong;
    }
    match frame.get(end + 1).filter(|_| is_whole) {
        None => Line::Incomplete,
        Some(b'\n') => match parse_i64(&frame[pos..end]) {
            Some(number) => Line::Length(number, end + 2),
            None => Line::NotANumber,
        },
        Some(_) => Line::NoLineFeed,
    }
}

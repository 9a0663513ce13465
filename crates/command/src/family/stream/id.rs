//! Identifiers as text: `ms-seq`, `ms`, `-`, `+`, and the ends of intervals.
//!
//! Always true: nothing is allocated.
//! Not here: words that stand for identifiers (`$`, `>`) — the commands that know them

use russet_base::num::{I64Buf, format_u64, parse_u64};
use russet_engine::StreamId;
use russet_resp::Reply;

use super::text::{ID_INVALID, INTERVAL_END, INTERVAL_START};
use crate::args::lenient_u64;
use crate::error::CommandError;

/// The longest text that is looked at.
const LEN_MAX: usize = 127;

/// Reads an identifier; without a number it is that of the first entry of its millisecond.
///
/// # Errors
/// [`ID_INVALID`].
pub(super) fn parse(arg: &[u8]) -> Result<StreamId, CommandError> {
    parse_with(arg, 0)
}

/// Reads an identifier, or `-` and `+` for the lowest and the highest.
pub(super) fn parse_any(arg: &[u8], missing_seq: u64) -> Result<StreamId, CommandError> {
    match arg {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        _ => parse_with(arg, missing_seq),
    }
}

fn parse_with(arg: &[u8], missing_seq: u64) -> Result<StreamId, CommandError> {
    let (ms, seq) = split(arg)?;
    let seq = match seq {
        Some(seq) => number(seq)?,
        None => missing_seq,
    };
    Ok(StreamId::new(number(ms)?, seq))
}

/// The identifier that XADD is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NewId {
    /// `*`: the next one from now on.
    Auto,
    /// `ms-*`: the next one of that millisecond.
    AutoSeq(u64),
    /// This one.
    Exactly(StreamId),
}

/// Reads the identifier of a new entry.
pub(super) fn parse_new(arg: &[u8]) -> Result<NewId, CommandError> {
    if arg == b"*" {
        return Ok(NewId::Auto);
    }
    match split(arg)? {
        (ms, Some(b"*")) => number(ms).map(NewId::AutoSeq),
        _ => parse(arg).map(NewId::Exactly),
    }
}

/// The milliseconds and the number of an identifier.
fn split(arg: &[u8]) -> Result<(&[u8], Option<&[u8]>), CommandError> {
    if arg.len() > LEN_MAX {
        return Err(ID_INVALID);
    }
    // COMPAT: an identifier ends at a zero byte.
    match arg.iter().position(|byte| matches!(byte, b'-' | 0)) {
        Some(at) if arg[at] == b'-' => Ok((&arg[..at], Some(&arg[at + 1..]))),
        Some(at) => Ok((&arg[..at], None)),
        None => Ok((arg, None)),
    }
}

fn number(text: &[u8]) -> Result<u64, CommandError> {
    match parse_u64(text) {
        Some(number) => Ok(number),
        None => lenient_u64(text).ok_or(ID_INVALID),
    }
}

/// One end of an interval.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    First,
    Last,
}

/// Reads an end of an interval; `(` before it leaves it out.
pub(super) fn parse_end(arg: &[u8], end: End) -> Result<StreamId, CommandError> {
    let missing_seq = match end {
        End::First => 0,
        End::Last => u64::MAX,
    };
    match arg {
        [b'(', id @ ..] if !id.is_empty() => {
            let id = parse_with(id, missing_seq)?;
            match end {
                End::First => id.next().ok_or(INTERVAL_START),
                End::Last => id.previous().ok_or(INTERVAL_END),
            }
        }
        _ => parse_any(arg, missing_seq),
    }
}

/// An identifier as text.
#[derive(Debug, Clone, Copy)]
pub(super) struct IdText {
    bytes: [u8; 41],
    len: u8,
}

impl IdText {
    pub(super) fn new(id: StreamId) -> Self {
        let mut text = Self {
            bytes: [0; 41],
            len: 0,
        };
        text.push(id.ms);
        text.bytes[usize::from(text.len)] = b'-';
        text.len += 1;
        text.push(id.seq);
        text
    }

    /// A number alone.
    pub(super) fn of_number(number: u64) -> Self {
        let mut text = Self {
            bytes: [0; 41],
            len: 0,
        };
        text.push(number);
        text
    }

    fn push(&mut self, number: u64) {
        let mut digits = I64Buf::new();
        let digits = format_u64(number, &mut digits);
        let from = usize::from(self.len);
        self.bytes[from..from + digits.len()].copy_from_slice(digits);
        self.len += digits.len() as u8;
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// Writes an identifier.
pub(super) fn reply(reply: &mut Reply<'_>, id: StreamId) {
    reply.bulk(IdText::new(id).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_as_leniently_as_they_are_elsewhere() {
        let max = u64::MAX;
        for (text, id) in [
            ("5-1", Some((5, 1))),
            ("5", Some((5, 0))),
            ("0-0", Some((0, 0))),
            ("007-+1", Some((7, 1))),
            (" 5- 1", Some((5, 1))),
            ("1--0", Some((1, 0))),
            ("1--01", Some((1, max))),
            ("1--1", None),
            ("1- -1", Some((1, max))),
            ("5\0-1", Some((5, 0))),
            ("5-1\0x", Some((5, 1))),
            ("\0", None),
            ("1--9223372036854775809", Some((1, (1 << 63) - 1))),
            (
                "18446744073709551615-18446744073709551615",
                Some((max, max)),
            ),
            ("18446744073709551616", None),
            ("", None),
            ("-", None),
            ("+", None),
            ("1-", None),
            ("-1", None),
            ("1-2-3", None),
            ("1-*", None),
            ("5 ", None),
            ("abc", None),
        ] {
            let id = id.map(|(ms, seq)| StreamId::new(ms, seq)).ok_or(ID_INVALID);
            assert_eq!(parse(text.as_bytes()), id, "{text}");
        }
        assert_eq!(parse(&[b'1'; 128]), Err(ID_INVALID));
    }

    #[test]
    fn ends_of_intervals_may_be_left_out() {
        let id = StreamId::new;
        assert_eq!(parse_end(b"5", End::First), Ok(id(5, 0)));
        assert_eq!(parse_end(b"5", End::Last), Ok(id(5, u64::MAX)));
        assert_eq!(parse_end(b"(5-1", End::First), Ok(id(5, 2)));
        assert_eq!(parse_end(b"(5-0", End::Last), Ok(id(4, u64::MAX)));
        assert_eq!(parse_end(b"(0-0", End::Last), Err(INTERVAL_END));
        assert_eq!(parse_end(b"(-", End::First), Err(ID_INVALID));
        assert_eq!(parse_end(b"(", End::First), Err(ID_INVALID));
    }

    #[test]
    fn identifiers_are_written_in_full() {
        assert_eq!(IdText::new(StreamId::MIN).as_bytes(), b"0-0");
        assert_eq!(IdText::new(StreamId::MAX).as_bytes().len(), 41);
    }
}

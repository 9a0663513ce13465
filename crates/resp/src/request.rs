//! The request decoder: bytes of a client become frames of spans.
//!
//! ```text
//!              ┌────────────── input: the session's buffer ──────────────┐
//!              │ *1 $4 PING │ *3 $3 SET $1 k $5 hello │ *3 $3 SET $1 k $9│
//!              └────────────┴─────────────────────────┴──────────────────┘
//!  decode() ─►  Frame        Frame                     Incomplete{at}        nothing was copied
//!
//!  … *3 $3 SET $1 k $41943040 │ first bytes   ─►  Bulk{keep}: cut the input there,
//!                                                 read into bulk_space() until bulk_filled()
//! ```
//! An idle decoder is one null pointer. Short unfinished requests are decoded again from their
//! first byte, which is cheaper than remembering them; of longer ones everything seen is kept.
//!
//! Always true: any split of the input gives the same frames as the whole.
//! Always true: memory grows with the bytes that arrived, never with what they declare.
//! Not here: words of inline requests — `inline.rs`; what a view of a frame can do — `args.rs`.

use bytes::Bytes;
use memchr::memchr;
use russet_base::num::parse_i64;

use crate::args::{Args, Span};
use crate::error::ProtocolError;
use crate::inline;
use crate::limits::{Limits, Peer};
use crate::wire;

/// What one call of [`RequestDecoder::decode`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A whole request. The next one starts at [`Frame::end`].
    Frame(Frame),
    /// The request that starts at `at` is not complete. Bytes before `at` are no longer needed.
    /// Call again with the offset at which this byte then lies, when there is more input.
    Incomplete {
        /// Offset of the request's first byte.
        at: usize,
    },
    /// A large argument is not complete. All bytes from `keep` on have been taken over: cut the
    /// input to this length, read into [`RequestDecoder::bulk_space`] or append to the input,
    /// then call again with the offset `at`.
    Bulk {
        /// Offset of the request's first byte.
        at: usize,
        /// The length to which the input must be cut.
        keep: usize,
    },
}

/// A whole request: ranges of the input, the spans and the bulks that were decoded into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    start: usize,
    end: usize,
    spans: (u32, u32),
    bulks: (u32, u32),
}

impl Frame {
    /// Offset of the first byte in the input.
    #[inline]
    #[must_use]
    pub const fn start(&self) -> usize {
        self.start
    }

    /// Offset behind the last byte in the input.
    #[inline]
    #[must_use]
    pub const fn end(&self) -> usize {
        self.end
    }

    /// The number of arguments.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        (self.spans.1 - self.spans.0) as usize
    }

    /// Whether there is no argument; the decoder gives no such frames.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The arguments, given what the frame was decoded from and into.
    #[inline]
    #[must_use]
    pub fn args<'a>(&self, input: &'a [u8], spans: &'a [Span], bulks: &'a [Bytes]) -> Args<'a> {
        Args::new(
            &input[self.start..self.end],
            &spans[self.spans.0 as usize..self.spans.1 as usize],
            &bulks[self.bulks.0 as usize..self.bulks.1 as usize],
        )
    }

    /// The bytes of the request, if they are its canonical form: not inline, and no argument in
    /// a buffer of its own.
    #[inline]
    #[must_use]
    pub fn verbatim<'a>(&self, input: &'a [u8]) -> Option<&'a [u8]> {
        let bytes = &input[self.start..self.end];
        (self.bulks.0 == self.bulks.1 && bytes.first() == Some(&wire::ARRAY)).then_some(bytes)
    }
}

/// Decodes requests from the input of one connection.
///
/// # Examples
///
/// ```
/// use russet_resp::{Decoded, Limits, RequestDecoder};
///
/// let input = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n*1\r\n$4\r\nQU";
/// let (mut spans, mut bulks) = (Vec::new(), Vec::new());
/// let mut decoder = RequestDecoder::new();
/// let mut at = 0;
/// let mut names = Vec::new();
/// while let Decoded::Frame(frame) =
///     decoder.decode(input, at, &Limits::DEFAULT, &mut spans, &mut bulks)?
/// {
///     names.push(frame.args(input, &spans, &bulks)[0].to_vec());
///     at = frame.end();
/// }
/// assert_eq!(names, [&b"GET"[..], b"PING"]);
/// # Ok::<(), russet_resp::ProtocolError>(())
/// ```
#[derive(Debug, Default)]
pub struct RequestDecoder {
    partial: Option<Box<Partial>>,
}

/// What is known of a request that is not complete.
#[derive(Debug, Default)]
struct Partial {
    cursor: Cursor,
    spans: Vec<Span>,
    bulks: Vec<Bytes>,
    reading: Option<Reading>,
}

/// How far a request has been decoded. Offsets are relative to its first byte.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    /// The next byte to decode.
    pos: usize,
    /// Bytes of an unfinished line that are known to contain no end.
    scanned: usize,
    /// Arguments still to come; 0 while the first line is not complete.
    remaining: u32,
    /// The length of the argument at `pos`, when its header has been decoded.
    body: Option<usize>,
}

/// A large argument on its way in, with its CR LF.
#[derive(Debug)]
struct Reading {
    /// Zeroed room; the first `filled` bytes have arrived.
    buf: Vec<u8>,
    filled: usize,
    /// The argument's length and two.
    need: usize,
}

enum Step {
    Done,
    Incomplete,
    Big,
}

/// Unfinished requests shorter than this are not remembered but decoded again.
// PERF: saves two allocations whenever a read ends inside a request of a pipeline.
const REMEMBER_MIN: usize = 256;

/// The least room offered for a large argument, unless less is missing.
const BULK_SPACE_MIN: usize = 64 << 10;

impl RequestDecoder {
    /// A decoder at the start of a connection.
    #[must_use]
    pub const fn new() -> Self {
        Self { partial: None }
    }

    /// Decodes the request that starts at offset `at`, skipping empty ones, and appends its
    /// arguments to `spans` and `bulks`.
    ///
    /// # Errors
    ///
    /// When the bytes break the protocol or the limits. The connection is then of no use.
    #[inline]
    pub fn decode(
        &mut self,
        input: &[u8],
        mut at: usize,
        limits: &Limits,
        spans: &mut Vec<Span>,
        bulks: &mut Vec<Bytes>,
    ) -> Result<Decoded, ProtocolError> {
        let mut scanned = 0;
        if let Some(partial) = self.partial.take() {
            if partial.cursor.remaining > 0 {
                return self.resume(partial, input, at, limits, spans, bulks);
            }
            scanned = partial.cursor.scanned;
        }
        loop {
            let frame = input.get(at..).unwrap_or_default();
            match frame.first() {
                None => return Ok(Decoded::Incomplete { at }),
                Some(&wire::ARRAY) => {}
                Some(_) => match inline_line(frame, &mut scanned, limits)? {
                    None => return Ok(self.park_line(frame, at, scanned)),
                    Some((line, end)) => {
                        let start = (spans.len(), bulks.len());
                        inline::split(line, spans, bulks, start.1)?;
                        if spans.len() > start.0 {
                            let end = at + end;
                            return Ok(Decoded::Frame(frame_of(at, end, start, spans, bulks)?));
                        }
                        at += end;
                        scanned = 0;
                        continue;
                    }
                },
            }
            let Some((count, pos)) = multibulk_header(frame, &mut scanned, limits)? else {
                return Ok(self.park_line(frame, at, scanned));
            };
            if count == 0 {
                at += pos;
                scanned = 0;
                continue;
            }
            let start = (spans.len(), bulks.len());
            let mut cursor = Cursor {
                pos,
                scanned: 0,
                remaining: count,
                body: None,
            };
            return match arguments(&mut cursor, frame, limits, spans)? {
                Step::Done => {
                    let end = at + cursor.pos;
                    Ok(Decoded::Frame(frame_of(at, end, start, spans, bulks)?))
                }
                step => self.park(cursor, step, frame, at, start.0, spans),
            };
        }
    }

    /// Whether nothing of a request is remembered.
    #[inline]
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.partial.is_none()
    }

    /// Whether a large argument is being read, so that [`RequestDecoder::bulk_space`] has room.
    #[must_use]
    pub fn is_reading_bulk(&self) -> bool {
        self.reading()
            .is_some_and(|reading| reading.filled < reading.need)
    }

    /// Room for the next bytes of a large argument, empty when none is being read. It grows with
    /// what has arrived: at most by as much again, or by 64 KiB.
    pub fn bulk_space(&mut self) -> &mut [u8] {
        match self
            .partial
            .as_mut()
            .and_then(|partial| partial.reading.as_mut())
        {
            Some(reading) => reading.space(),
            None => &mut [],
        }
    }

    /// Notes that the first `n` bytes of [`RequestDecoder::bulk_space`] have arrived. True when
    /// the argument is complete, so that decoding goes on.
    ///
    /// # Panics
    ///
    /// When there was less room.
    pub fn bulk_filled(&mut self, n: usize) -> bool {
        let Some(reading) = self
            .partial
            .as_mut()
            .and_then(|partial| partial.reading.as_mut())
        else {
            assert_eq!(n, 0, "no argument is being read");
            return false;
        };
        assert!(
            n <= reading.buf.len() - reading.filled,
            "more than there was room for"
        );
        reading.filled += n;
        reading.filled == reading.need
    }

    /// The memory that the decoder holds, for accounting.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.partial.as_ref().map_or(0, |partial| {
            size_of::<Partial>()
                + partial.spans.capacity() * size_of::<Span>()
                + partial.bulks.iter().map(Bytes::len).sum::<usize>()
                + partial
                    .reading
                    .as_ref()
                    .map_or(0, |reading| reading.buf.capacity())
        })
    }

    fn reading(&self) -> Option<&Reading> {
        self.partial.as_ref()?.reading.as_ref()
    }

    /// Remembers how much of an unfinished first line was searched.
    #[cold]
    fn park_line(&mut self, frame: &[u8], at: usize, scanned: usize) -> Decoded {
        if frame.len() >= REMEMBER_MIN {
            let mut partial = Partial::default();
            partial.cursor.scanned = scanned;
            self.partial = Some(Box::new(partial));
        }
        Decoded::Incomplete { at }
    }

    /// Remembers a request that is not complete, if that is worth it.
    #[cold]
    fn park(
        &mut self,
        cursor: Cursor,
        step: Step,
        frame: &[u8],
        at: usize,
        spans_start: usize,
        spans: &mut Vec<Span>,
    ) -> Result<Decoded, ProtocolError> {
        let is_big = matches!(step, Step::Big);
        if !is_big && frame.len() < REMEMBER_MIN {
            spans.truncate(spans_start);
            return Ok(Decoded::Incomplete { at });
        }
        let mut partial = Box::new(Partial {
            cursor,
            spans: spans.split_off(spans_start),
            ..Partial::default()
        });
        if is_big {
            partial.start_reading(frame);
        }
        Ok(self.keep(partial, at))
    }

    fn keep(&mut self, partial: Box<Partial>, at: usize) -> Decoded {
        let keep = at + partial.cursor.pos;
        let is_reading = partial.reading.is_some();
        self.partial = Some(partial);
        if is_reading {
            Decoded::Bulk { at, keep }
        } else {
            Decoded::Incomplete { at }
        }
    }

    /// Goes on with a request whose first line was complete.
    #[cold]
    fn resume(
        &mut self,
        mut partial: Box<Partial>,
        input: &[u8],
        at: usize,
        limits: &Limits,
        spans: &mut Vec<Span>,
        bulks: &mut Vec<Bytes>,
    ) -> Result<Decoded, ProtocolError> {
        let frame = input.get(at..).unwrap_or_default();
        if !partial.finish_reading(frame)? {
            return Ok(self.keep(partial, at));
        }
        match arguments(&mut partial.cursor, frame, limits, &mut partial.spans)? {
            Step::Done => {
                let start = (spans.len(), bulks.len());
                spans.append(&mut partial.spans);
                bulks.append(&mut partial.bulks);
                let end = at + partial.cursor.pos;
                Ok(Decoded::Frame(frame_of(at, end, start, spans, bulks)?))
            }
            Step::Incomplete => Ok(self.keep(partial, at)),
            Step::Big => {
                partial.start_reading(frame);
                Ok(self.keep(partial, at))
            }
        }
    }
}

impl Partial {
    /// Moves what has arrived of a large argument into a buffer of its own.
    fn start_reading(&mut self, frame: &[u8]) {
        let len = self.cursor.body.take().unwrap_or_default();
        let arrived = frame.get(self.cursor.pos..).unwrap_or_default();
        self.reading = Some(Reading {
            buf: arrived.to_vec(),
            filled: arrived.len(),
            need: len.saturating_add(wire::CRLF.len()),
        });
    }

    /// Takes more of a large argument from the input; true when none is being read any more.
    fn finish_reading(&mut self, frame: &[u8]) -> Result<bool, ProtocolError> {
        let Some(reading) = &mut self.reading else {
            return Ok(true);
        };
        let appended = frame.get(self.cursor.pos..).unwrap_or_default();
        let taken = appended.len().min(reading.need - reading.filled);
        reading.take(&appended[..taken]);
        if reading.filled < reading.need {
            return Ok(false);
        }
        let Some(mut reading) = self.reading.take() else {
            return Ok(true);
        };
        reading.buf.truncate(reading.filled);
        if !reading.buf.ends_with(wire::CRLF) {
            return Err(ProtocolError::InvalidCrlf);
        }
        reading.buf.truncate(reading.need - wire::CRLF.len());
        let idx = u32::try_from(self.bulks.len()).map_err(|_| ProtocolError::RequestTooLarge)?;
        self.bulks.push(Bytes::from(reading.buf));
        self.spans.push(Span::bulk(idx));
        self.cursor.pos += taken;
        self.cursor.remaining -= 1;
        Ok(true)
    }
}

impl Reading {
    fn space(&mut self) -> &mut [u8] {
        if self.buf.len() == self.filled {
            let step = self.filled.max(BULK_SPACE_MIN).min(self.need - self.filled);
            self.buf.reserve_exact(step);
            self.buf.resize(self.filled + step, 0);
        }
        &mut self.buf[self.filled..]
    }

    fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = self.space();
            let n = space.len().min(bytes.len());
            let (now, later) = bytes.split_at(n);
            space[..n].copy_from_slice(now);
            self.filled += n;
            bytes = later;
        }
    }
}

#[inline]
fn frame_of(
    at: usize,
    end: usize,
    start: (usize, usize),
    spans: &[Span],
    bulks: &[Bytes],
) -> Result<Frame, ProtocolError> {
    let range = |from: usize, to: usize| match (u32::try_from(from), u32::try_from(to)) {
        (Ok(from), Ok(to)) => Ok((from, to)),
        _ => Err(ProtocolError::RequestTooLarge),
    };
    Ok(Frame {
        start: at,
        end,
        spans: range(start.0, spans.len())?,
        bulks: range(start.1, bulks.len())?,
    })
}

/// The first line of an inline request and the offset behind its end.
fn inline_line<'a>(
    frame: &'a [u8],
    scanned: &mut usize,
    limits: &Limits,
) -> Result<Option<(&'a [u8], usize)>, ProtocolError> {
    let known = (*scanned).min(frame.len());
    let len = match memchr(b'\n', &frame[known..]) {
        Some(offset) => known + offset,
        None => frame.len(),
    };
    if len > limits.line_len_max {
        return Err(ProtocolError::InlineTooBig);
    }
    if len == frame.len() {
        *scanned = len;
        return Ok(None);
    }
    let line = &frame[..len];
    Ok(Some((line.strip_suffix(b"\r").unwrap_or(line), len + 1)))
}

/// The number of arguments and the offset behind the first line.
#[inline]
fn multibulk_header(
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

/// Decodes arguments as far as the input goes.
#[inline]
fn arguments(
    cursor: &mut Cursor,
    frame: &[u8],
    limits: &Limits,
    spans: &mut Vec<Span>,
) -> Result<Step, ProtocolError> {
    while cursor.remaining > 0 {
        let len = match cursor.body {
            Some(len) => len,
            None => match bulk_header(cursor, frame, limits)? {
                Some(len) => len,
                None => return Ok(Step::Incomplete),
            },
        };
        let pos = cursor.pos;
        let rest = frame.get(pos..).unwrap_or_default();
        let Some([cr, lf, ..]) = rest.get(len..) else {
            cursor.body = Some(len);
            let is_big = len >= limits.big_arg_len;
            return Ok(if is_big { Step::Big } else { Step::Incomplete });
        };
        if [*cr, *lf] != *wire::CRLF {
            return Err(ProtocolError::InvalidCrlf);
        }
        let end = pos + len + wire::CRLF.len();
        let (Ok(start), Ok(_)) = (u32::try_from(pos), u32::try_from(end)) else {
            return Err(ProtocolError::RequestTooLarge);
        };
        spans.push(Span::within(start, u32::try_from(len).unwrap_or_default()));
        cursor.body = None;
        cursor.pos = end;
        cursor.remaining -= 1;
    }
    Ok(Step::Done)
}

/// The length of the next argument; leaves the cursor at its first byte.
#[inline]
fn bulk_header(
    cursor: &mut Cursor,
    frame: &[u8],
    limits: &Limits,
) -> Result<Option<usize>, ProtocolError> {
    match frame.get(cursor.pos) {
        None => return Ok(None),
        Some(&wire::BULK) => {}
        Some(&got) => return Err(ProtocolError::ExpectedBulk { got }),
    }
    let line = length_line(
        frame,
        cursor.pos + 1,
        &mut cursor.scanned,
        limits.line_len_max,
    );
    let (len, next) = match line {
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
    cursor.pos = next;
    usize::try_from(len)
        .map(Some)
        .map_err(|_| ProtocolError::InvalidBulkLength)
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

/// As [`length_line`], for every line there can be.
#[cold]
fn any_line(frame: &[u8], pos: usize, scanned: &mut usize, limit: usize) -> Line {
    let known = (*scanned).max(pos).min(frame.len());
    let end = match memchr(b'\r', &frame[known..]) {
        Some(offset) => known + offset,
        None => frame.len(),
    };
    if end.saturating_sub(pos) > limit {
        return Line::TooLong;
    }
    match frame.get(end + 1) {
        None => {
            *scanned = end;
            Line::Incomplete
        }
        Some(b'\n') => match parse_i64(&frame[pos..end]) {
            Some(number) => Line::Length(number, end + 2),
            None => Line::NotANumber,
        },
        Some(_) => Line::NoLineFeed,
    }
}

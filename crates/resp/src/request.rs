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
//! Not here: the lines that declare lengths — `header.rs`; words of inline requests —
//! `inline.rs`; large arguments — `big.rs`; what a view of a frame can do — `args.rs`.

use bytes::Bytes;

use crate::args::{Args, Span};
use crate::big::BigArg;
use crate::error::ProtocolError;
use crate::fast;
use crate::header;
use crate::inline;
use crate::limits::Limits;
use crate::wire;

/// The result of one call of [`RequestDecoder::decode`].
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

/// The state of a request that is not complete.
#[derive(Debug, Default)]
struct Partial {
    cursor: Cursor,
    spans: Vec<Span>,
    bulks: Vec<Bytes>,
    big: Option<BigArg>,
}

/// How far a request has been decoded. Offsets are relative to its first byte.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    /// The next byte to decode.
    pos: usize,
    /// Arguments still to come; 0 while the first line is not complete.
    remaining: u32,
    /// The length of the argument at `pos`, when its header has been decoded.
    body: Option<usize>,
    /// Where to go on searching for the end of the line at `pos`.
    scanned: usize,
}

/// Where the arguments of whole requests go.
struct Sink<'a> {
    spans: &'a mut Vec<Span>,
    bulks: &'a mut Vec<Bytes>,
    spans_start: usize,
    bulks_start: usize,
}

/// Why decoding of arguments stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stopped {
    Complete,
    Incomplete,
    AtBigArg,
}

/// Unfinished requests shorter than this are not remembered but decoded again.
// PERF: saves two allocations whenever a read ends inside a request of a pipeline.
const REMEMBER_MIN: usize = 256;

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
        at: usize,
        limits: &Limits,
        spans: &mut Vec<Span>,
        bulks: &mut Vec<Bytes>,
    ) -> Result<Decoded, ProtocolError> {
        let (spans_start, bulks_start) = (spans.len(), bulks.len());
        let sink = Sink {
            spans,
            bulks,
            spans_start,
            bulks_start,
        };
        if self.partial.is_some() {
            return self.resume(input, at, limits, sink);
        }
        match input.get(at..) {
            Some(frame @ [wire::ARRAY, ..]) => {
                if let Some(len) = fast::multibulk(frame, limits, sink.spans) {
                    return sink.frame(at, at + len);
                }
                sink.spans.truncate(spans_start);
            }
            Some([]) => return Ok(Decoded::Incomplete { at }),
            _ => {}
        }
        self.start(input, at, 0, limits, sink)
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
        let big = self
            .partial
            .as_ref()
            .and_then(|partial| partial.big.as_ref());
        big.is_some_and(|big| !big.is_complete())
    }

    /// Room for the next bytes of a large argument, empty when none is being read. It grows with
    /// what has arrived: at most by as much again, or by 64 KiB.
    ///
    /// # Examples
    ///
    /// A large argument is read from the socket straight into its own buffer:
    ///
    /// ```
    /// use std::io::Read;
    /// use russet_resp::{Decoded, Limits, RequestDecoder, encode_request};
    ///
    /// let mut request = Vec::new();
    /// encode_request([&b"SET"[..], b"key", &[b'x'; 200_000]], &mut request);
    /// let mut socket = &request[..];
    ///
    /// let (mut spans, mut bulks) = (Vec::new(), Vec::new());
    /// let mut decoder = RequestDecoder::new();
    /// let (mut input, mut filled, mut at) = ([0; 4096], 0, 0);
    /// loop {
    ///     filled += socket.read(&mut input[filled..])?;
    ///     match decoder.decode(&input[..filled], at, &Limits::DEFAULT, &mut spans, &mut bulks)? {
    ///         Decoded::Frame(frame) => {
    ///             let args = frame.args(&input[..filled], &spans, &bulks);
    ///             assert_eq!((&args[1], args[2].len()), (&b"key"[..], 200_000));
    ///             break;
    ///         }
    ///         Decoded::Incomplete { at: kept } => at = kept,
    ///         Decoded::Bulk { at: kept, keep } => {
    ///             (at, filled) = (kept, keep);
    ///             while decoder.is_reading_bulk() {
    ///                 let n = socket.read(decoder.bulk_space())?;
    ///                 decoder.bulk_filled(n);
    ///             }
    ///         }
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bulk_space(&mut self) -> &mut [u8] {
        self.big().map(BigArg::space).unwrap_or_default()
    }

    /// Notes that the first `n` bytes of [`RequestDecoder::bulk_space`] have arrived. True when
    /// the argument is complete, so that decoding goes on.
    ///
    /// # Panics
    ///
    /// When there was less room.
    pub fn bulk_filled(&mut self, n: usize) -> bool {
        let Some(big) = self.big() else {
            assert_eq!(n, 0, "no argument is being read");
            return false;
        };
        big.fill(n);
        big.is_complete()
    }

    /// The number of bytes that have arrived of a large argument that is not complete. Complete
    /// ones do not count: they are arguments, not input.
    #[must_use]
    pub fn partial_len(&self) -> usize {
        let partial = self.partial.as_ref();
        let big = partial.and_then(|partial| partial.big.as_ref());
        big.map_or(0, BigArg::len)
    }

    /// The memory that the decoder holds, for accounting.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.partial.as_ref().map_or(0, |partial| {
            size_of::<Partial>()
                + partial.spans.capacity() * size_of::<Span>()
                + partial.bulks.iter().map(Bytes::len).sum::<usize>()
                + partial.big.as_ref().map_or(0, BigArg::memory)
        })
    }

    fn big(&mut self) -> Option<&mut BigArg> {
        self.partial.as_mut()?.big.as_mut()
    }

    /// Decodes from the first byte of a request, in whose first line `scanned` bytes are known.
    #[inline(never)]
    fn start(
        &mut self,
        input: &[u8],
        mut at: usize,
        mut scanned: usize,
        limits: &Limits,
        mut sink: Sink<'_>,
    ) -> Result<Decoded, ProtocolError> {
        loop {
            let frame = input.get(at..).unwrap_or_default();
            let (count, pos) = match frame.first() {
                None => return Ok(Decoded::Incomplete { at }),
                Some(&wire::ARRAY) => match header::multibulk(frame, &mut scanned, limits)? {
                    None => return Ok(self.park_line(frame, at, scanned)),
                    Some(line) => line,
                },
                Some(_) => match inline_request(frame, &mut scanned, limits, &mut sink)? {
                    None => return Ok(self.park_line(frame, at, scanned)),
                    Some((0, end)) => (0, end),
                    Some((_, end)) => return sink.frame(at, at + end),
                },
            };
            if count == 0 {
                at += pos;
                scanned = 0;
                continue;
            }
            let mut cursor = Cursor {
                pos,
                remaining: count,
                ..Cursor::default()
            };
            return match arguments(&mut cursor, frame, limits, sink.spans)? {
                Stopped::Complete => sink.frame(at, at + cursor.pos),
                stopped => Ok(self.park(cursor, stopped, frame, at, sink)),
            };
        }
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
        stopped: Stopped,
        frame: &[u8],
        at: usize,
        sink: Sink<'_>,
    ) -> Decoded {
        if stopped == Stopped::Incomplete && frame.len() < REMEMBER_MIN {
            sink.spans.truncate(sink.spans_start);
            return Decoded::Incomplete { at };
        }
        let partial = Box::new(Partial {
            cursor,
            spans: sink.spans.split_off(sink.spans_start),
            ..Partial::default()
        });
        self.keep(partial, stopped, frame, at)
    }

    /// Remembers a request, and begins with the large argument at which it stopped.
    fn keep(
        &mut self,
        mut partial: Box<Partial>,
        stopped: Stopped,
        frame: &[u8],
        at: usize,
    ) -> Decoded {
        let keep = at + partial.cursor.pos;
        if stopped == Stopped::AtBigArg && partial.big.is_none() {
            let len = partial.cursor.body.take().unwrap_or_default();
            let arrived = frame.get(partial.cursor.pos..).unwrap_or_default();
            partial.big = Some(BigArg::new(len, arrived));
        }
        self.partial = Some(partial);
        match stopped {
            Stopped::AtBigArg => Decoded::Bulk { at, keep },
            _ => Decoded::Incomplete { at },
        }
    }

    /// Goes on with a request that is remembered.
    #[cold]
    fn resume(
        &mut self,
        input: &[u8],
        at: usize,
        limits: &Limits,
        sink: Sink<'_>,
    ) -> Result<Decoded, ProtocolError> {
        let Some(mut partial) = self.partial.take() else {
            return Ok(Decoded::Incomplete { at });
        };
        if partial.cursor.remaining == 0 {
            return self.start(input, at, partial.cursor.scanned, limits, sink);
        }
        let frame = input.get(at..).unwrap_or_default();
        let stopped = partial.step(frame, limits)?;
        if stopped != Stopped::Complete {
            return Ok(self.keep(partial, stopped, frame, at));
        }
        sink.spans.append(&mut partial.spans);
        sink.bulks.append(&mut partial.bulks);
        sink.frame(at, at + partial.cursor.pos)
    }
}

impl Partial {
    /// Decodes as far as the input goes.
    fn step(&mut self, frame: &[u8], limits: &Limits) -> Result<Stopped, ProtocolError> {
        if let Some(mut big) = self.big.take() {
            let taken = big.take(frame.get(self.cursor.pos..).unwrap_or_default());
            if !big.is_complete() {
                // What was taken will be cut off the input, so the position stays.
                self.big = Some(big);
                return Ok(Stopped::AtBigArg);
            }
            self.cursor.pos += taken;
            let idx = self.bulks.len();
            let idx = u32::try_from(idx).map_err(|_| ProtocolError::RequestTooLarge)?;
            self.bulks.push(big.finish()?);
            self.spans.push(Span::bulk(idx));
            self.cursor.remaining -= 1;
        }
        arguments(&mut self.cursor, frame, limits, &mut self.spans)
    }
}

impl Sink<'_> {
    /// The frame of everything appended, whose bytes are at these offsets.
    #[inline]
    fn frame(&self, start: usize, end: usize) -> Result<Decoded, ProtocolError> {
        let (Ok(spans_end), Ok(bulks_end)) = (
            u32::try_from(self.spans.len()),
            u32::try_from(self.bulks.len()),
        ) else {
            return Err(ProtocolError::RequestTooLarge);
        };
        // Nothing is truncated: a start is not after its end.
        Ok(Decoded::Frame(Frame {
            start,
            end,
            spans: (self.spans_start as u32, spans_end),
            bulks: (self.bulks_start as u32, bulks_end),
        }))
    }
}

/// The number of words of an inline request and the offset behind its line.
fn inline_request(
    frame: &[u8],
    scanned: &mut usize,
    limits: &Limits,
    sink: &mut Sink<'_>,
) -> Result<Option<(usize, usize)>, ProtocolError> {
    let Some((line, end)) = header::inline(frame, scanned, limits)? else {
        return Ok(None);
    };
    inline::split(line, sink.spans, sink.bulks, sink.bulks_start)?;
    Ok(Some((sink.spans.len() - sink.spans_start, end)))
}

/// Decodes arguments as far as the input goes.
#[inline]
fn arguments(
    cursor: &mut Cursor,
    frame: &[u8],
    limits: &Limits,
    spans: &mut Vec<Span>,
) -> Result<Stopped, ProtocolError> {
    while cursor.remaining > 0 {
        let len = match cursor.body {
            Some(len) => len,
            None => match header::bulk(frame, cursor.pos, &mut cursor.scanned, limits)? {
                Some((len, pos)) => {
                    cursor.pos = pos;
                    len
                }
                None => return Ok(Stopped::Incomplete),
            },
        };
        let pos = cursor.pos;
        let rest = frame.get(pos..).unwrap_or_default();
        let Some([cr, lf, ..]) = rest.get(len..) else {
            cursor.body = Some(len);
            let is_big = len >= limits.big_arg_len;
            return Ok(if is_big {
                Stopped::AtBigArg
            } else {
                Stopped::Incomplete
            });
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
    Ok(Stopped::Complete)
}

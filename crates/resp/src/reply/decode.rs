//! The reply decoder: bytes of a server become values.
//!
//! ```text
//!  bytes ─► line or string ─► token ─┬─ scalar ─► place ─► level full? ─► place again ─► value
//!                                    ├─ header ─► open a level (bounded)
//!                                    ├─ chunk  ─► the string being streamed
//!                                    └─ end    ─► close the streamed level
//! ```
//! Every byte is looked at once and then taken over; what is unfinished lives in the decoder.
//!
//! Always true: any split of the input gives the same values as the whole.
//! Always true: no recursion, and memory grows with the bytes that arrived, not as declared.
//! Not here: what a value can do — `value.rs`.

use std::mem;

use bytes::Bytes;
use memchr::memchr;
use russet_base::num::{parse_i64, parse_u64};

use crate::error::ReplyError;
use crate::limits::ReplyLimits;
use crate::reply::value::Value;
use crate::wire;

/// Decodes replies of both protocols.
///
/// # Examples
///
/// ```
/// use russet_resp::{ReplyDecoder, Value};
///
/// let mut decoder = ReplyDecoder::new();
/// let mut input = &b"+OK\r\n*2\r\n:1\r\n$3\r\nab"[..];
/// assert_eq!(decoder.decode(&mut input)?, Some(Value::Simple("OK".into())));
/// assert_eq!(decoder.decode(&mut input)?, None);
///
/// let mut input = &b"c\r\n"[..];
/// let reply = Value::Array(vec![Value::Integer(1), Value::bulk("abc")]);
/// assert_eq!(decoder.decode(&mut input)?, Some(reply));
/// # Ok::<(), russet_resp::ReplyError>(())
/// ```
#[derive(Debug, Default)]
pub struct ReplyDecoder {
    limits: ReplyLimits,
    /// The beginning of a line whose end has not arrived.
    line: Vec<u8>,
    /// A string that has not arrived whole.
    string: Option<Partial>,
    /// Aggregates and streams that are open, the outermost first.
    levels: Vec<Level>,
}

/// A string on its way in, with its CR LF.
#[derive(Debug)]
struct Partial {
    kind: u8,
    buf: Vec<u8>,
    need: usize,
}

/// Something that more replies belong to.
#[derive(Debug)]
enum Level {
    /// An array, set or push. `left` is absent when the end will be said.
    Items {
        kind: u8,
        items: Vec<Value>,
        left: Option<u64>,
    },
    /// A map or attributes. `left` counts pairs.
    Pairs {
        kind: u8,
        pairs: Vec<(Value, Value)>,
        key: Option<Value>,
        left: Option<u64>,
    },
    /// Attributes whose reply is to come.
    Attributed { attributes: Vec<(Value, Value)> },
    /// A streamed string.
    Chunks { buf: Vec<u8> },
}

/// One step of the wire.
enum Token {
    Scalar(Value),
    /// A header with the number of elements, absent when streamed.
    Open(u8, Option<u64>),
    /// One piece of a streamed string; an empty one is the last.
    Chunk(Bytes),
    End,
}

/// The most elements that room is made for before any has arrived.
const ELEMENTS_AHEAD_MAX: u64 = 64;

impl ReplyDecoder {
    /// A decoder with the default limits.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_limits(ReplyLimits::DEFAULT)
    }

    /// A decoder with these limits.
    #[must_use]
    pub const fn with_limits(limits: ReplyLimits) -> Self {
        Self {
            limits,
            line: Vec::new(),
            string: None,
            levels: Vec::new(),
        }
    }

    /// Decodes one reply and moves the start of `input` behind it. `None` means that all of the
    /// input was taken and more is needed.
    ///
    /// # Errors
    ///
    /// When the bytes break the protocol or the limits. The stream is then of no use.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Value>, ReplyError> {
        while let Some(token) = self.token(input)? {
            let value = match token {
                Token::Scalar(value) => self.place(value)?,
                Token::Open(kind, len) => self.open(kind, len)?,
                Token::Chunk(bytes) => self.chunk(&bytes)?,
                Token::End => self.end()?,
            };
            if value.is_some() {
                return Ok(value);
            }
        }
        Ok(None)
    }

    /// Whether nothing of a reply is remembered.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.line.is_empty() && self.string.is_none() && self.levels.is_empty()
    }

    /// The next token; `None` when all input is taken.
    #[inline]
    fn token(&mut self, input: &mut &[u8]) -> Result<Option<Token>, ReplyError> {
        if let Some(partial) = &mut self.string {
            if !partial.fill(input) {
                return Ok(None);
            }
            let Some(Partial { kind, mut buf, .. }) = self.string.take() else {
                return Ok(None);
            };
            if !buf.ends_with(wire::CRLF) {
                return Err(ReplyError::MissingCrlf);
            }
            buf.truncate(buf.len() - wire::CRLF.len());
            return string_token(kind, Bytes::from(buf)).map(Some);
        }
        if self.line.is_empty() {
            let Some(kind) = input.first() else {
                return Ok(None);
            };
            self.check_type(*kind)?;
        }
        let Some(end) = memchr(b'\n', input) else {
            // The last byte may be the CR of a line that is just short enough.
            self.check_line_len((self.line.len() + input.len()).saturating_sub(1 + 1))?;
            self.line.extend_from_slice(input);
            *input = &[];
            return Ok(None);
        };
        let (part, rest) = input.split_at(end + 1);
        *input = rest;
        if self.line.is_empty() {
            return self.line_token(part, input);
        }
        let mut line = mem::take(&mut self.line);
        line.extend_from_slice(part);
        let token = self.line_token(&line, input);
        line.clear();
        self.line = line;
        token
    }

    /// Refuses a type byte that cannot stand here.
    fn check_type(&self, got: u8) -> Result<(), ReplyError> {
        let is_known = matches!(
            got,
            wire::SIMPLE
                | wire::ERROR
                | wire::INTEGER
                | wire::BULK
                | wire::ARRAY
                | wire::NULL
                | wire::BOOLEAN
                | wire::DOUBLE
                | wire::BIG_NUMBER
                | wire::BULK_ERROR
                | wire::VERBATIM
                | wire::MAP
                | wire::SET
                | wire::PUSH
                | wire::ATTRIBUTE
                | wire::CHUNK
                | wire::END
        );
        let is_streaming = matches!(self.levels.last(), Some(Level::Chunks { .. }));
        if !is_known {
            Err(ReplyError::UnknownType { got })
        } else if is_streaming != (got == wire::CHUNK) {
            Err(ReplyError::StreamOrder { got })
        } else {
            Ok(())
        }
    }

    const fn check_line_len(&self, len: usize) -> Result<(), ReplyError> {
        let limit = self.limits.line_len_max;
        if len > limit {
            return Err(ReplyError::LineTooLong { limit });
        }
        Ok(())
    }

    /// Reads a line; a string's bytes are taken from the input behind it.
    #[inline]
    fn line_token(&mut self, line: &[u8], input: &mut &[u8]) -> Result<Option<Token>, ReplyError> {
        let Some((&kind, text)) = line.split_first() else {
            return Ok(None);
        };
        self.check_line_len(text.len().saturating_sub(wire::CRLF.len()))?;
        let text = text
            .strip_suffix(wire::CRLF)
            .ok_or(ReplyError::MissingCrlf)?;
        match kind {
            wire::BULK | wire::BULK_ERROR | wire::VERBATIM | wire::CHUNK => {
                self.string_header(kind, text, input)
            }
            wire::ARRAY | wire::SET | wire::PUSH | wire::MAP | wire::ATTRIBUTE => {
                self.aggregate_header(kind, text).map(Some)
            }
            _ => scalar(kind, text).map(Some),
        }
    }

    fn aggregate_header(&self, kind: u8, text: &[u8]) -> Result<Token, ReplyError> {
        match text {
            b"-1" if kind == wire::ARRAY => return Ok(Token::Scalar(Value::NullArray)),
            [wire::STREAMED] => return Ok(Token::Open(kind, None)),
            _ => {}
        }
        let count = parse_u64(text).ok_or(ReplyError::InvalidLength)?;
        self.check_count(count)?;
        Ok(Token::Open(kind, Some(count)))
    }

    #[inline]
    fn string_header(
        &mut self,
        kind: u8,
        text: &[u8],
        input: &mut &[u8],
    ) -> Result<Option<Token>, ReplyError> {
        match (kind, text) {
            (wire::BULK, b"-1") => return Ok(Some(Token::Scalar(Value::NullBulk))),
            (wire::BULK, [wire::STREAMED]) => return Ok(Some(Token::Open(kind, None))),
            (wire::CHUNK, b"0") => return Ok(Some(Token::Chunk(Bytes::new()))),
            _ => {}
        }
        let declared = parse_u64(text).ok_or(ReplyError::InvalidLength)?;
        let streamed = match self.levels.last() {
            Some(Level::Chunks { buf }) => buf.len() as u64,
            _ => 0,
        };
        let limit = self.limits.bulk_len_max;
        let total = declared.saturating_add(streamed);
        let len = usize::try_from(declared).unwrap_or(usize::MAX);
        let need = len.saturating_add(wire::CRLF.len());
        if total > limit || need == usize::MAX {
            return Err(ReplyError::StringTooLong { len: total, limit });
        }
        // PERF: a string that is here already is copied once, straight to its place.
        if let Some((whole, rest)) = input.split_at_checked(need) {
            *input = rest;
            let bytes = whole
                .strip_suffix(wire::CRLF)
                .ok_or(ReplyError::MissingCrlf)?;
            return string_token(kind, Bytes::copy_from_slice(bytes)).map(Some);
        }
        let mut partial = Partial {
            kind,
            buf: Vec::new(),
            need,
        };
        partial.fill(input);
        self.string = Some(partial);
        Ok(None)
    }

    const fn check_count(&self, count: u64) -> Result<(), ReplyError> {
        let limit = self.limits.elements_max;
        if count > limit {
            return Err(ReplyError::TooManyElements { count, limit });
        }
        Ok(())
    }

    /// Opens a level. An empty aggregate is a value at once.
    fn open(&mut self, kind: u8, left: Option<u64>) -> Result<Option<Value>, ReplyError> {
        let limit = self.limits.depth_max;
        if self.levels.len() >= usize::from(limit) {
            return Err(ReplyError::TooDeep { limit });
        }
        let ahead = usize::try_from(left.unwrap_or_default().min(ELEMENTS_AHEAD_MAX));
        let ahead = ahead.unwrap_or_default();
        self.levels.push(match kind {
            wire::BULK => Level::Chunks { buf: Vec::new() },
            wire::MAP | wire::ATTRIBUTE => Level::Pairs {
                kind,
                pairs: Vec::with_capacity(ahead),
                key: None,
                left,
            },
            _ => Level::Items {
                kind,
                items: Vec::with_capacity(ahead),
                left,
            },
        });
        match left {
            Some(0) => self.close_and_place(),
            _ => Ok(None),
        }
    }

    /// Adds bytes to the string being streamed; the empty chunk ends it.
    fn chunk(&mut self, bytes: &Bytes) -> Result<Option<Value>, ReplyError> {
        match self.levels.last_mut() {
            Some(Level::Chunks { buf }) if !bytes.is_empty() => {
                buf.extend_from_slice(bytes);
                Ok(None)
            }
            Some(Level::Chunks { .. }) => self.close_and_place(),
            _ => Err(ReplyError::StreamOrder { got: wire::CHUNK }),
        }
    }

    /// Ends the streamed aggregate.
    fn end(&mut self) -> Result<Option<Value>, ReplyError> {
        match self.levels.last() {
            Some(
                Level::Items { left: None, .. }
                | Level::Pairs {
                    left: None,
                    key: None,
                    ..
                },
            ) => self.close_and_place(),
            Some(Level::Attributed { .. }) => Err(ReplyError::AttributeWithoutReply),
            _ => Err(ReplyError::StreamOrder { got: wire::END }),
        }
    }

    fn close_and_place(&mut self) -> Result<Option<Value>, ReplyError> {
        match self.close() {
            Some(value) => self.place(value),
            None => Ok(None),
        }
    }

    /// Closes the innermost level and gives what it held. Attributes stay, for their reply.
    fn close(&mut self) -> Option<Value> {
        match self.levels.pop()? {
            Level::Items { kind, items, .. } => Some(match kind {
                wire::SET => Value::Set(items),
                wire::PUSH => Value::Push(items),
                _ => Value::Array(items),
            }),
            Level::Pairs { kind, pairs, .. } if kind == wire::MAP => Some(Value::Map(pairs)),
            Level::Pairs { pairs, .. } => {
                self.levels.push(Level::Attributed { attributes: pairs });
                None
            }
            Level::Chunks { buf } => Some(Value::Bulk(Bytes::from(buf))),
            // `place` closes these, because it has the reply.
            Level::Attributed { .. } => None,
        }
    }

    /// Gives a value to the level that it belongs to, closing those that become full; gives the
    /// reply when no level is open.
    #[inline]
    fn place(&mut self, mut value: Value) -> Result<Option<Value>, ReplyError> {
        loop {
            let Some(level) = self.levels.last_mut() else {
                return Ok(Some(value));
            };
            let (count, left) = match level {
                Level::Items { items, left, .. } => {
                    items.push(value);
                    (items.len(), left)
                }
                Level::Pairs {
                    pairs, key, left, ..
                } => {
                    let Some(first) = key.take() else {
                        *key = Some(value);
                        return Ok(None);
                    };
                    pairs.push((first, value));
                    (pairs.len(), left)
                }
                Level::Attributed { attributes } => {
                    let attributes = mem::take(attributes);
                    self.levels.pop();
                    let inner = Box::new(value);
                    value = Value::Attribute {
                        attributes,
                        value: inner,
                    };
                    continue;
                }
                Level::Chunks { .. } => return Err(ReplyError::StreamOrder { got: wire::BULK }),
            };
            let is_full = match left {
                Some(left) => {
                    *left = left.saturating_sub(1);
                    *left == 0
                }
                None => {
                    self.check_count(count as u64)?;
                    false
                }
            };
            match self.close_if(is_full) {
                Some(whole) => value = whole,
                None => return Ok(None),
            }
        }
    }

    fn close_if(&mut self, is_full: bool) -> Option<Value> {
        if is_full { self.close() } else { None }
    }
}

impl Partial {
    /// Takes what is missing from the input; true when nothing is missing any more.
    fn fill(&mut self, input: &mut &[u8]) -> bool {
        let missing = self.need - self.buf.len();
        let (part, rest) = input.split_at(missing.min(input.len()));
        if self.buf.capacity() - self.buf.len() < part.len() {
            // Grows by what has arrived, and never past what is needed.
            self.buf
                .reserve_exact(part.len().max(self.buf.len()).min(missing));
        }
        self.buf.extend_from_slice(part);
        *input = rest;
        self.buf.len() == self.need
    }
}

/// Reads a line without elements or bytes behind it.
#[inline]
fn scalar(kind: u8, text: &[u8]) -> Result<Token, ReplyError> {
    let value = match (kind, text) {
        // PERF: the most frequent reply of all needs no allocation.
        (wire::SIMPLE, b"OK") => Some(Value::Simple(Bytes::from_static(b"OK"))),
        (wire::SIMPLE, _) => Some(Value::Simple(Bytes::copy_from_slice(text))),
        (wire::ERROR, _) => Some(Value::Error(Bytes::copy_from_slice(text))),
        // Other servers may write a plus or zeros in front.
        (wire::INTEGER, _) => parse_i64(text).or_else(|| parsed(text)).map(Value::Integer),
        (wire::NULL, b"") => Some(Value::Null),
        (wire::BOOLEAN, b"t") => Some(Value::Boolean(true)),
        (wire::BOOLEAN, b"f") => Some(Value::Boolean(false)),
        (wire::DOUBLE, _) => parsed(text).map(Value::Double),
        (wire::BIG_NUMBER, _) if is_integer(text) => {
            Some(Value::BigNumber(Bytes::copy_from_slice(text)))
        }
        (wire::END, b"") => return Ok(Token::End),
        _ => None,
    };
    value
        .map(Token::Scalar)
        .ok_or(ReplyError::InvalidLine { kind })
}

/// Interprets the bytes of a string.
#[inline]
fn string_token(kind: u8, bytes: Bytes) -> Result<Token, ReplyError> {
    let value = match kind {
        wire::CHUNK => return Ok(Token::Chunk(bytes)),
        wire::BULK_ERROR => Value::BulkError(bytes),
        wire::VERBATIM => match bytes[..] {
            [a, b, c, b':', ..] => Value::Verbatim {
                format: [a, b, c],
                text: bytes.slice(wire::VERBATIM_PREFIX_LEN..),
            },
            _ => return Err(ReplyError::InvalidLine { kind }),
        },
        _ => Value::Bulk(bytes),
    };
    Ok(Token::Scalar(value))
}

fn parsed<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn is_integer(text: &[u8]) -> bool {
    let digits = match text {
        [b'-' | b'+', digits @ ..] => digits,
        digits => digits,
    };
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

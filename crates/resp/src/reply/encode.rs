//! The reply encoder: the one place where RESP2 and RESP3 differ.
//!
//! ```text
//!              RESP3            RESP2
//!  null        _                $-1   (null_array: *-1)
//!  map(n)      %n               *2n
//!  set, push   ~n  >n           *n
//!  double      ,1.5             $3 1.5
//!  boolean     #t               :1
//!  big number  (123             $3 123
//!  verbatim    =7 txt:abc       $3 abc
//!  attribute   |n               not sent
//! ```
//! Whoever knows the number of elements says it first; whoever does not uses `begin_*` and
//! `end_*`, which put the header in front when the number is known.
//!
//! Always true: no method fails, and no text given to one can end its line early.
//! Not here: who sends the bytes — `output.rs`.

use bytes::Bytes;
use russet_base::num::{F64Buf, format_f64};

use super::bulks::Bulks;
use crate::output::{Mark, Output};
use crate::wire::{self, Protocol};

/// Writes replies to an [`Output`].
///
/// # Examples
///
/// ```
/// use russet_resp::{Output, Protocol, Reply};
///
/// let mut out = Output::new();
/// let mut reply = Reply::new(&mut out, Protocol::Resp2);
/// reply.map(1);
/// reply.bulk(b"count");
/// reply.integer(3);
/// assert_eq!(out.to_vec(), b"*2\r\n$5\r\ncount\r\n:3\r\n");
/// ```
#[derive(Debug)]
pub struct Reply<'o> {
    out: &'o mut Output,
    protocol: Protocol,
}

/// An aggregate whose number of elements is not known yet.
#[derive(Debug)]
#[must_use = "an aggregate that is begun must be ended"]
pub struct Deferred {
    mark: Mark,
}

/// The room of the header of a bulk or an aggregate: type, 20 digits, CR LF.
const HEADER_LEN_MAX: usize = 23;

/// The room of a line of a type and eight digits: two words.
const SHORT_LINE_LEN: usize = 16;

/// Whole doubles below this magnitude are printed as integers are.
const WHOLE_LIMIT: u64 = 1 << 52;

impl<'o> Reply<'o> {
    /// An encoder for this protocol.
    #[inline]
    #[must_use]
    pub const fn new(out: &'o mut Output, protocol: Protocol) -> Self {
        Self { out, protocol }
    }

    /// The same encoder for a shorter time.
    #[inline]
    #[must_use]
    pub const fn reborrow(&mut self) -> Reply<'_> {
        Reply {
            out: self.out,
            protocol: self.protocol,
        }
    }

    /// The protocol that is spoken.
    #[inline]
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Whether RESP3 is spoken.
    #[inline]
    #[must_use]
    pub const fn is_resp3(&self) -> bool {
        matches!(self.protocol, Protocol::Resp3)
    }

    /// Speaks another protocol from now on.
    pub const fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    /// The queue that is written to.
    #[inline]
    #[must_use]
    pub const fn output(&mut self) -> &mut Output {
        self.out
    }

    /// `+OK`.
    #[inline]
    pub fn ok(&mut self) {
        self.raw(b"+OK\r\n");
    }

    /// A status text. Line ends and NUL bytes in it become spaces.
    #[inline]
    pub fn simple(&mut self, text: &str) {
        self.line(wire::SIMPLE, text.as_bytes());
    }

    /// An error, beginning with its code. Line ends and NUL bytes in it become spaces.
    pub fn error(&mut self, text: impl AsRef<[u8]>) {
        self.line(wire::ERROR, text.as_ref());
    }

    /// An integer.
    #[inline]
    pub fn integer(&mut self, number: i64) {
        // PERF: counts and flags are the most frequent integers.
        match number {
            0 => self.raw(b":0\r\n"),
            1 => self.raw(b":1\r\n"),
            2..=9 => self.raw(&[wire::INTEGER, b'0' + number as u8, b'\r', b'\n']),
            10..=99_999_999 => {
                let (line, len) = short_number(wire::INTEGER, number.unsigned_abs());
                // PERF: a copy of fixed length is two stores; one of `len` bytes would read what
                // was just stored in other pieces.
                if let Some(tail) = self.out.room(line.len()) {
                    let end = tail.len() + len;
                    tail.extend_from_slice(&line);
                    tail.truncate(end);
                }
            }
            _ => self.raw(Header::new(wire::INTEGER, number).as_bytes()),
        }
    }

    /// A length or another unsigned number as an integer; numbers past `i64::MAX` become that.
    #[inline]
    pub fn count(&mut self, number: usize) {
        self.integer(i64::try_from(number).unwrap_or(i64::MAX));
    }

    /// A string of any bytes.
    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        let Some(tail) = self
            .out
            .room(HEADER_LEN_MAX + bytes.len() + wire::CRLF.len())
        else {
            return;
        };
        push_header(tail, wire::BULK, bytes.len());
        tail.extend_from_slice(bytes);
        tail.extend_from_slice(wire::CRLF);
    }

    /// A string of any bytes, by reference when it is large.
    pub fn bulk_shared(&mut self, bytes: Bytes) {
        self.header(wire::BULK, bytes.len());
        self.out.extend_shared(bytes);
        self.raw(wire::CRLF);
    }

    /// An integer as a string.
    pub fn bulk_int(&mut self, number: i64) {
        let mut digits = itoa::Buffer::new();
        self.bulk(digits.format(number).as_bytes());
    }

    /// A writer of many strings, one after the other, with room for `room` bytes at first. The
    /// header of the aggregate that they are in is written before.
    ///
    /// # Examples
    ///
    /// ```
    /// use russet_resp::{Output, Protocol, Reply};
    ///
    /// let mut out = Output::new();
    /// let mut reply = Reply::new(&mut out, Protocol::Resp2);
    /// reply.array(2);
    /// let mut bulks = reply.bulks(64);
    /// bulks.push(b"a");
    /// bulks.push_int(7);
    /// drop(bulks);
    /// assert_eq!(out.to_vec(), b"*2\r\n$1\r\na\r\n$1\r\n7\r\n");
    /// ```
    pub fn bulks(&mut self, room: usize) -> Bulks<'_> {
        Bulks::new(self.out, room)
    }

    /// The absent value.
    #[inline]
    pub fn null(&mut self) {
        match self.protocol {
            Protocol::Resp2 => self.raw(b"$-1\r\n"),
            Protocol::Resp3 => self.raw(b"_\r\n"),
        }
    }

    /// The absent array.
    #[inline]
    pub fn null_array(&mut self) {
        match self.protocol {
            Protocol::Resp2 => self.raw(b"*-1\r\n"),
            Protocol::Resp3 => self.raw(b"_\r\n"),
        }
    }

    /// An array without elements.
    #[inline]
    pub fn empty_array(&mut self) {
        self.raw(b"*0\r\n");
    }

    /// An array; its elements follow.
    #[inline]
    pub fn array(&mut self, len: usize) {
        self.header(wire::ARRAY, len);
    }

    /// A map; that many pairs of replies follow.
    #[inline]
    pub fn map(&mut self, pairs: usize) {
        let (kind, len) = self.map_header(pairs);
        self.header(kind, len);
    }

    /// A set; its elements follow.
    #[inline]
    pub fn set(&mut self, len: usize) {
        let kind = self.or_array(wire::SET);
        self.header(kind, len);
    }

    /// A message that answers no request; its elements follow.
    #[inline]
    pub fn push(&mut self, len: usize) {
        let kind = self.or_array(wire::PUSH);
        self.header(kind, len);
    }

    /// Attributes of the next reply. When this is true, that many pairs follow; RESP2 has no
    /// attributes, and nothing must follow.
    #[must_use = "in RESP2 the pairs must not be written"]
    pub fn attribute(&mut self, pairs: usize) -> bool {
        if self.is_resp3() {
            self.header(wire::ATTRIBUTE, pairs);
        }
        self.is_resp3()
    }

    /// A floating point number in its shortest digits.
    #[inline]
    pub fn double(&mut self, number: f64) {
        // PERF: most scores are whole.
        let whole = number as i64;
        let is_whole = (whole as f64).to_bits() == number.to_bits();
        if is_whole && whole.unsigned_abs() < WHOLE_LIMIT && self.protocol == Protocol::Resp2 {
            return self.bulk_int(whole);
        }
        self.double_text(format_f64(number, &mut F64Buf::new()));
    }

    /// A floating point number that is formatted already.
    pub fn double_text(&mut self, digits: &str) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(digits.as_bytes()),
            Protocol::Resp3 => self.line(wire::DOUBLE, digits.as_bytes()),
        }
    }

    /// A truth value.
    pub fn boolean(&mut self, value: bool) {
        self.raw(match (self.protocol, value) {
            (Protocol::Resp2, false) => b":0\r\n",
            (Protocol::Resp2, true) => b":1\r\n",
            (Protocol::Resp3, false) => b"#f\r\n",
            (Protocol::Resp3, true) => b"#t\r\n",
        });
    }

    /// An integer of any size, in decimal digits.
    pub fn big_number(&mut self, digits: &str) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(digits.as_bytes()),
            Protocol::Resp3 => self.line(wire::BIG_NUMBER, digits.as_bytes()),
        }
    }

    /// A text for humans with its format: three bytes such as `txt` or `mkd`.
    ///
    /// # Panics
    ///
    /// When the format is not three bytes long.
    pub fn verbatim(&mut self, format: &str, text: &[u8]) {
        assert_eq!(
            format.len() + 1,
            wire::VERBATIM_PREFIX_LEN,
            "format of a verbatim text"
        );
        if !self.is_resp3() {
            return self.bulk(text);
        }
        self.header(wire::VERBATIM, text.len() + wire::VERBATIM_PREFIX_LEN);
        self.raw(format.as_bytes());
        self.raw(b":");
        self.raw(text);
        self.raw(wire::CRLF);
    }

    /// Bytes that are replies already, or a part of one.
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend(bytes);
    }

    /// Bytes that are replies already, by reference when they are many.
    pub fn raw_shared(&mut self, bytes: Bytes) {
        self.out.extend_shared(bytes);
    }

    /// The place to which [`Reply::rollback`] takes back what is written from now on.
    #[inline]
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.out.mark()
    }

    /// How many bytes wait in the output, those of earlier replies among them.
    #[inline]
    #[must_use]
    pub fn queued_len(&self) -> usize {
        self.out.len()
    }

    /// Whether the output dropped bytes because of its limit ([`Output::set_limit`]). A handler
    /// whose reply may be long asks this now and then, and stops early: the client will be closed.
    #[inline]
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.out.is_over()
    }

    /// Takes back everything written since the mark.
    pub fn rollback(&mut self, mark: Mark) {
        self.out.rollback(mark);
    }

    /// Whether anything was written since the mark.
    #[inline]
    #[must_use]
    pub fn has_written_since(&self, mark: Mark) -> bool {
        self.out.mark() != mark
    }

    /// Begins an array of a number of elements that is told to [`Reply::end_array`].
    #[inline]
    pub fn begin_array(&mut self) -> Deferred {
        Deferred { mark: self.mark() }
    }

    /// Begins a map of a number of pairs that is told to [`Reply::end_map`].
    #[inline]
    pub fn begin_map(&mut self) -> Deferred {
        self.begin_array()
    }

    /// Begins a set of a number of elements that is told to [`Reply::end_set`].
    #[inline]
    pub fn begin_set(&mut self) -> Deferred {
        self.begin_array()
    }

    /// Begins a push of a number of elements that is told to [`Reply::end_push`].
    #[inline]
    pub fn begin_push(&mut self) -> Deferred {
        self.begin_array()
    }

    /// Ends an array with the number of elements written since its beginning.
    #[expect(clippy::needless_pass_by_value, reason = "an aggregate is ended once")]
    pub fn end_array(&mut self, begun: Deferred, len: usize) {
        self.end(begun.mark, wire::ARRAY, len);
    }

    /// Ends a map with the number of pairs written since its beginning.
    #[expect(clippy::needless_pass_by_value, reason = "an aggregate is ended once")]
    pub fn end_map(&mut self, begun: Deferred, pairs: usize) {
        let (kind, len) = self.map_header(pairs);
        self.end(begun.mark, kind, len);
    }

    /// Ends a set with the number of elements written since its beginning.
    #[expect(clippy::needless_pass_by_value, reason = "an aggregate is ended once")]
    pub fn end_set(&mut self, begun: Deferred, len: usize) {
        let kind = self.or_array(wire::SET);
        self.end(begun.mark, kind, len);
    }

    /// Ends a push with the number of elements written since its beginning.
    #[expect(clippy::needless_pass_by_value, reason = "an aggregate is ended once")]
    pub fn end_push(&mut self, begun: Deferred, len: usize) {
        let kind = self.or_array(wire::PUSH);
        self.end(begun.mark, kind, len);
    }

    /// Ends the array of two that a scan answers: puts its length and the cursor in front of the
    /// elements, which are written.
    #[expect(clippy::needless_pass_by_value, reason = "an aggregate is ended once")]
    pub fn end_scan(&mut self, begun: Deferred, cursor: u64) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(cursor).as_bytes();
        let mut bytes = Vec::with_capacity(2 * HEADER_LEN_MAX + digits.len());
        push_header(&mut bytes, wire::ARRAY, 2);
        push_header(&mut bytes, wire::BULK, digits.len());
        bytes.extend_from_slice(digits);
        bytes.extend_from_slice(wire::CRLF);
        self.out.insert(begun.mark, &bytes);
    }

    fn end(&mut self, mark: Mark, kind: u8, len: usize) {
        self.out.insert(mark, Header::new(kind, len).as_bytes());
    }

    const fn or_array(&self, kind: u8) -> u8 {
        match self.protocol {
            Protocol::Resp2 => wire::ARRAY,
            Protocol::Resp3 => kind,
        }
    }

    const fn map_header(&self, pairs: usize) -> (u8, usize) {
        match self.protocol {
            Protocol::Resp2 => (wire::ARRAY, pairs.saturating_mul(2)),
            Protocol::Resp3 => (wire::MAP, pairs),
        }
    }

    #[inline]
    fn header(&mut self, kind: u8, len: usize) {
        with_header(kind, len, |header| self.raw(header));
    }

    /// A line of text that may contain anything.
    fn line(&mut self, kind: u8, text: &[u8]) {
        if memchr::memchr3(b'\r', b'\n', 0, text).is_none() {
            return self.plain_line(kind, text);
        }
        let is_break = |byte: &u8| matches!(*byte, b'\r' | b'\n' | 0);
        let end = text
            .iter()
            .rposition(|byte| !is_break(byte))
            .map_or(0, |last| last + 1);
        let safe: Vec<u8> = text[..end]
            .iter()
            .map(|byte| if is_break(byte) { b' ' } else { *byte })
            .collect();
        self.plain_line(kind, &safe);
    }

    /// A line of text without line ends.
    #[inline]
    fn plain_line(&mut self, kind: u8, text: &[u8]) {
        let Some(tail) = self.out.room(1 + text.len() + wire::CRLF.len()) else {
            return;
        };
        tail.push(kind);
        tail.extend_from_slice(text);
        tail.extend_from_slice(wire::CRLF);
    }
}

/// Appends the first line of a bulk or an aggregate.
#[inline]
pub(crate) fn push_header(out: &mut Vec<u8>, kind: u8, len: usize) {
    with_header(kind, len, |header| out.extend_from_slice(header));
}

/// Passes on the first line of a bulk or an aggregate.
#[inline]
fn with_header(kind: u8, len: usize, put: impl FnOnce(&[u8])) {
    // PERF: most lengths have one or two digits.
    match u8::try_from(len) {
        Ok(small @ 0..=9) => put(&[kind, b'0' + small, b'\r', b'\n']),
        Ok(small @ 10..=99) => {
            put(&[kind, b'0' + small / 10, b'0' + small % 10, b'\r', b'\n']);
        }
        _ => put(Header::new(kind, len).as_bytes()),
    }
}

/// A line of a type and a positive number of at most eight digits, and its length.
// PERF: the lengths of lists and the values of counters; all digits come of three multiplications.
#[inline]
fn short_number(kind: u8, number: u64) -> ([u8; SHORT_LINE_LEN], usize) {
    debug_assert!(
        (1..100_000_000).contains(&number),
        "not one to eight digits"
    );
    let digits = eight_digits(number);
    let zeros = digits.trailing_zeros() / u8::BITS;
    let text = (digits | u64::from_le_bytes(*b"00000000")) >> (zeros * u8::BITS);
    let end = 1 + 8 - zeros;
    let crlf = u128::from(u16::from_le_bytes(*wire::CRLF));
    let line = u128::from(kind) | u128::from(text) << u8::BITS | crlf << (end * u8::BITS);
    (line.to_le_bytes(), end as usize + wire::CRLF.len())
}

/// The eight digits of a number, a byte each, the first in the lowest; those in front are zero.
///
/// ```text
///  12345678 ─► 1234 │ 5678 ─► 12 │ 34 │ 56 │ 78 ─► 1 │ 2 │ 3 │ 4 │ 5 │ 6 │ 7 │ 8
/// ```
/// Each step divides all parts at once: by 100 as times 10486 / 2^20, which is exact below 10000,
/// and by 10 as times 103 / 2^10, which is exact below 100.
#[inline]
const fn eight_digits(number: u64) -> u64 {
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((twos - tens * 10) << 8)
}

/// A line of a type and a number.
// PERF: built aside and appended at once, because each append checks for room.
struct Header {
    bytes: [u8; HEADER_LEN_MAX],
    len: usize,
}

impl Header {
    #[inline]
    fn new(kind: u8, number: impl itoa::Integer) -> Self {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(number).as_bytes();
        let mut bytes = [0; HEADER_LEN_MAX];
        let end = 1 + digits.len();
        bytes[0] = kind;
        bytes[1..end].copy_from_slice(digits);
        bytes[end..end + wire::CRLF.len()].copy_from_slice(wire::CRLF);
        Self {
            bytes,
            len: end + wire::CRLF.len(),
        }
    }

    #[inline]
    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

//! The arguments of one request: a view without copies, and its owned form.
//!
//! ```text
//!  input   … *3 $3 SET $1 k $5 hello …        bulks  [ Bytes(40 MiB) ]
//!  spans     (8,3)  (17,1)  (24,5)            a span with the BULK mark names an index in bulks
//! ```
//! Spans are relative to the first byte of their request, so moving the input's bytes does not
//! invalidate them.
//!
//! Always true: a span made by the decoder resolves within the input and bulks of its frame.
//! Not here: how spans are found — `request.rs`, `inline.rs`.

use std::ops::{Index, Range};

use bytes::Bytes;

use crate::wire;

/// Where one argument lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Offset in the request's bytes, or an index into the bulks.
    start: u32,
    /// Length in bytes, or [`Span::IN_BULKS`].
    len: u32,
}

impl Span {
    /// The length that marks an argument with a buffer of its own.
    const IN_BULKS: u32 = u32::MAX;

    /// An argument inside the request's bytes.
    #[inline]
    pub(crate) const fn within(start: u32, len: u32) -> Self {
        Self { start, len }
    }

    /// The argument that is the bulk with this index.
    pub(crate) const fn bulk(idx: u32) -> Self {
        Self {
            start: idx,
            len: Self::IN_BULKS,
        }
    }
}

/// The arguments of one request, the command's name first.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    input: &'a [u8],
    spans: &'a [Span],
    bulks: &'a [Bytes],
}

impl<'a> Args<'a> {
    /// No arguments at all.
    pub const EMPTY: Args<'static> = Args {
        input: &[],
        spans: &[],
        bulks: &[],
    };

    /// A view over the bytes of a frame. [`crate::Frame::args`] is the usual way to get one.
    #[inline]
    #[must_use]
    pub const fn new(input: &'a [u8], spans: &'a [Span], bulks: &'a [Bytes]) -> Self {
        Self {
            input,
            spans,
            bulks,
        }
    }

    /// The number of arguments.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is no argument.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The argument at this index.
    #[inline]
    #[must_use]
    pub fn get(&self, idx: usize) -> Option<&'a [u8]> {
        self.spans.get(idx).map(|span| self.resolve(*span))
    }

    /// The argument at this index, if it was read into a buffer of its own that can be kept.
    #[inline]
    #[must_use]
    pub fn shared(&self, idx: usize) -> Option<&'a Bytes> {
        let span = self.spans.get(idx)?;
        if span.len != Span::IN_BULKS {
            return None;
        }
        self.bulks.get(span.start as usize)
    }

    /// The arguments in order.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> ArgsIter<'a> {
        ArgsIter { args: *self }
    }

    /// The arguments from this index on; none when the index is past the end.
    #[inline]
    #[must_use]
    pub fn skip(&self, from: usize) -> Self {
        Self {
            spans: self.spans.get(from..).unwrap_or_default(),
            ..*self
        }
    }

    /// The arguments in this range, cut to those that exist.
    #[inline]
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.spans.len());
        Self {
            spans: self.spans.get(range.start..end).unwrap_or_default(),
            ..*self
        }
    }

    /// The sum of the lengths of all arguments.
    #[must_use]
    pub fn size(&self) -> usize {
        self.iter().map(<[u8]>::len).sum()
    }

    /// The length of the request in its canonical form.
    #[must_use]
    pub fn encoded_size(&self) -> usize {
        let bulk = |arg: &[u8]| header_size(arg.len()) + arg.len() + wire::CRLF.len();
        header_size(self.len()) + self.iter().map(bulk).sum::<usize>()
    }

    /// Appends the request in its canonical form.
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode_header(wire::ARRAY, self.len(), out);
        for arg in self.iter() {
            encode_bulk(arg, out);
        }
    }

    /// The bytes of the whole request, if they are its canonical form as it was received: no inline
    /// request, no argument in a buffer of its own. Meant for the view that a frame gives, not for
    /// a part of it.
    #[inline]
    #[must_use]
    pub fn verbatim(&self) -> Option<&'a [u8]> {
        // In the canonical form a header stands in front of the first argument; in an owned request
        // nothing does.
        let is_framed = self.spans.first().is_some_and(|first| first.start > 0);
        let is_array = self.input.first() == Some(&wire::ARRAY);
        (is_framed && is_array && self.bulks.is_empty()).then_some(self.input)
    }

    #[inline]
    fn resolve(&self, span: Span) -> &'a [u8] {
        let start = span.start as usize;
        if span.len == Span::IN_BULKS {
            return &self.bulks[start];
        }
        &self.input[start..][..span.len as usize]
    }
}

impl Index<usize> for Args<'_> {
    type Output = [u8];

    /// # Panics
    ///
    /// When there is no argument with this index.
    #[inline]
    fn index(&self, idx: usize) -> &[u8] {
        self.resolve(self.spans[idx])
    }
}

impl<'a> IntoIterator for Args<'a> {
    type Item = &'a [u8];
    type IntoIter = ArgsIter<'a>;

    fn into_iter(self) -> ArgsIter<'a> {
        self.iter()
    }
}

impl std::fmt::Debug for Args<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.iter().map(<[u8]>::escape_ascii))
            .finish()
    }
}

/// The arguments of a request one after the other.
#[derive(Clone, Debug)]
pub struct ArgsIter<'a> {
    args: Args<'a>,
}

impl<'a> Iterator for ArgsIter<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (first, rest) = self.args.spans.split_first()?;
        self.args.spans = rest;
        Some(self.args.resolve(*first))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.args.len(), Some(self.args.len()))
    }
}

impl ExactSizeIterator for ArgsIter<'_> {}

impl DoubleEndedIterator for ArgsIter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let (last, rest) = self.args.spans.split_last()?;
        self.args.spans = rest;
        Some(self.args.resolve(*last))
    }
}

/// A request that owns its bytes.
///
/// # Examples
///
/// ```
/// use russet_resp::ArgBuf;
///
/// let request = ArgBuf::from_slices(&[b"SET", b"k", b"v"]);
/// assert_eq!(&request.args()[2], b"v");
///
/// let mut wire = Vec::new();
/// request.encode(&mut wire);
/// assert_eq!(wire, b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n");
/// ```
#[derive(Clone, Default)]
pub struct ArgBuf {
    bytes: Vec<u8>,
    spans: Vec<Span>,
    bulks: Vec<Bytes>,
}

impl ArgBuf {
    /// A request without arguments.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            spans: Vec::new(),
            bulks: Vec::new(),
        }
    }

    /// A request of these arguments.
    #[must_use]
    pub fn from_slices(args: &[&[u8]]) -> Self {
        args.iter().collect()
    }

    /// Adds an argument by copying it.
    pub fn push(&mut self, arg: &[u8]) {
        let end = self.bytes.len().checked_add(arg.len());
        match (
            u32::try_from(self.bytes.len()),
            u32::try_from(arg.len()),
            end.map(u32::try_from),
        ) {
            (Ok(start), Ok(len), Some(Ok(_))) => {
                self.bytes.extend_from_slice(arg);
                self.spans.push(Span::within(start, len));
            }
            // Past what a span addresses, an argument gets a buffer of its own.
            _ => self.push_shared(Bytes::copy_from_slice(arg)),
        }
    }

    /// Adds an argument without copying it.
    ///
    /// # Panics
    ///
    /// With more than 2^32 shared arguments.
    pub fn push_shared(&mut self, arg: Bytes) {
        let idx = u32::try_from(self.bulks.len()).expect("fewer than 2^32 shared arguments");
        self.bulks.push(arg);
        self.spans.push(Span::bulk(idx));
    }

    /// Removes all arguments and keeps the room.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
        self.bulks.clear();
    }

    /// The arguments.
    #[inline]
    #[must_use]
    pub fn args(&self) -> Args<'_> {
        Args::new(&self.bytes, &self.spans, &self.bulks)
    }

    /// Appends the request in its canonical form.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.args().encode(out);
    }

    /// The memory that the request holds, for accounting.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.bytes.capacity()
            + self.spans.capacity() * size_of::<Span>()
            + self.bulks.iter().map(Bytes::len).sum::<usize>()
    }
}

impl From<Args<'_>> for ArgBuf {
    fn from(args: Args<'_>) -> Self {
        let mut buf = Self {
            bytes: Vec::new(),
            spans: Vec::with_capacity(args.len()),
            bulks: Vec::new(),
        };
        for (idx, arg) in args.iter().enumerate() {
            match args.shared(idx) {
                Some(bytes) => buf.push_shared(bytes.clone()),
                None => buf.push(arg),
            }
        }
        buf
    }
}

impl<A: AsRef<[u8]>> FromIterator<A> for ArgBuf {
    fn from_iter<I: IntoIterator<Item = A>>(args: I) -> Self {
        let mut buf = Self::new();
        for arg in args {
            buf.push(arg.as_ref());
        }
        buf
    }
}

impl PartialEq for ArgBuf {
    fn eq(&self, other: &Self) -> bool {
        self.args().iter().eq(other.args().iter())
    }
}

impl Eq for ArgBuf {}

impl std::fmt::Debug for ArgBuf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.args().fmt(f)
    }
}

/// Appends the canonical form of a request, without a view over it.
///
/// # Examples
///
/// ```
/// let mut wire = Vec::new();
/// russet_resp::encode_request(["GET", "k"], &mut wire);
/// assert_eq!(wire, b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
/// ```
pub fn encode_request<I>(args: I, out: &mut Vec<u8>)
where
    I: IntoIterator<IntoIter: ExactSizeIterator, Item: AsRef<[u8]>>,
{
    let args = args.into_iter();
    encode_header(wire::ARRAY, args.len(), out);
    for arg in args {
        encode_bulk(arg.as_ref(), out);
    }
}

fn encode_header(kind: u8, len: usize, out: &mut Vec<u8>) {
    let mut digits = itoa::Buffer::new();
    out.push(kind);
    out.extend_from_slice(digits.format(len).as_bytes());
    out.extend_from_slice(wire::CRLF);
}

/// The length of what [`encode_header`] appends.
fn header_size(len: usize) -> usize {
    let digits = len.checked_ilog10().unwrap_or(0) as usize + 1;
    1 + digits + wire::CRLF.len()
}

fn encode_bulk(bytes: &[u8], out: &mut Vec<u8>) {
    encode_header(wire::BULK, bytes.len(), out);
    out.extend_from_slice(bytes);
    out.extend_from_slice(wire::CRLF);
}

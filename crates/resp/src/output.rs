//! The output queue of one connection: bytes that are waiting to be sent.
//!
//! ```text
//!  stream   ──────────── tail ───────────┬─ shared ─┬──── tail ────┬─ shared ─┐
//!  tail     [sent░░░░|...................][.............]          │          │
//!  shared             (position in the stream of tail bytes, Bytes) …
//! ```
//! All small replies are in one vector, the tail; large values stand between its bytes by
//! reference. An idle connection gives its vector back and owns nothing. Bytes that were sent stay
//! in front of the rest until the vector would grow, or until they are more than the rest.
//!
//! Always true: `len` is what [`Output::slices`] would give if it had slices enough.
//! Always true: positions of shared chunks ascend and are not before the bytes sent.
//! Always true: memory does not grow beyond the limit; what would exceed it is dropped.
//! Not here: what the bytes mean — `reply/encode.rs`.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// From this length on, shared bytes are queued by reference; shorter ones are copied.
pub const SHARED_LEN_MIN: usize = 16 << 10;

/// Sent bytes are cut off the tail when there are more of them than this, and than of the rest.
const COMPACT_MIN: usize = 64 << 10;

/// A piece of queued output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// Bytes that lie in the queue.
    Bytes(&'a [u8]),
    /// Bytes that the queue shares by reference count.
    Shared(&'a Bytes),
}

impl<'a> Chunk<'a> {
    /// The bytes.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        match self {
            Chunk::Bytes(bytes) => bytes,
            Chunk::Shared(bytes) => bytes,
        }
    }
}

/// Bytes that are waiting to be sent.
///
/// # Examples
///
/// ```
/// use std::io::IoSlice;
/// use russet_resp::Output;
///
/// let mut output = Output::new();
/// output.extend(b"+OK\r\n");
/// let mut slices = [IoSlice::new(&[]); 4];
/// let n = output.slices(&mut slices);
/// assert_eq!((n, &slices[0][..]), (1, &b"+OK\r\n"[..]));
/// output.advance(5);
/// assert!(output.is_empty());
/// ```
#[derive(Debug, Default)]
pub struct Output {
    tail: Vec<u8>,
    /// Bytes at the front of the tail that are sent.
    sent: usize,
    /// Present when something large is queued.
    shared: Option<Box<Shared>>,
    limit: Limit,
}

/// How many bytes may be queued, and whether more were offered.
#[derive(Debug)]
struct Limit {
    len_max: usize,
    is_over: bool,
}

impl Limit {
    const NONE: Self = Self {
        len_max: usize::MAX,
        is_over: false,
    };
}

impl Default for Limit {
    fn default() -> Self {
        Self::NONE
    }
}

#[derive(Debug, Default)]
struct Shared {
    /// Chunks, each with the number of tail bytes in front of it.
    chunks: VecDeque<(usize, Bytes)>,
    /// The sum of the chunks' lengths.
    len: usize,
}

impl Shared {
    /// The bytes of the chunks from one of them on.
    #[cold]
    fn len_from(&self, first: usize) -> usize {
        let chunks = self.chunks.iter().skip(first);
        chunks.map(|(_, bytes)| bytes.len()).sum()
    }
}

impl Output {
    /// An empty queue that owns no buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            tail: Vec::new(),
            sent: 0,
            shared: None,
            limit: Limit::NONE,
        }
    }

    /// Lends the queue a buffer, usually from a pool. What the buffer contains is dropped; it is
    /// given back when the queue owns a larger one already.
    pub fn attach(&mut self, mut buffer: Vec<u8>) -> Option<Vec<u8>> {
        buffer.clear();
        if !self.is_empty() || self.tail.capacity() >= buffer.capacity() {
            return Some(buffer);
        }
        self.sent = 0;
        let old = std::mem::replace(&mut self.tail, buffer);
        (old.capacity() > 0).then_some(old)
    }

    /// Takes the buffer out of an empty queue.
    pub fn detach(&mut self) -> Option<Vec<u8>> {
        if !self.is_empty() || self.tail.capacity() == 0 {
            return None;
        }
        self.sent = 0;
        let mut buffer = std::mem::take(&mut self.tail);
        buffer.clear();
        Some(buffer)
    }

    /// Appends bytes by copying them.
    #[inline]
    pub fn extend(&mut self, bytes: &[u8]) {
        // PERF: the same comparison that the vector makes, so that there is one of them.
        if bytes.len() > self.tail.capacity().wrapping_sub(self.tail.len()) {
            return self.extend_grown(bytes);
        }
        self.tail.extend_from_slice(bytes);
    }

    #[cold]
    fn extend_grown(&mut self, bytes: &[u8]) {
        if self.reserve(bytes.len()) {
            self.tail.extend_from_slice(bytes);
        }
    }

    /// Appends bytes, by reference when they are many.
    pub fn extend_shared(&mut self, bytes: Bytes) {
        if bytes.len() < SHARED_LEN_MIN {
            return self.extend(&bytes);
        }
        if !self.admit(bytes.len()) {
            return;
        }
        let shared = self.shared.get_or_insert_default();
        shared.len += bytes.len();
        shared.chunks.push_back((self.tail.len(), bytes));
    }

    /// Drops everything that is queued and keeps the buffer and the limit.
    pub fn clear(&mut self) {
        self.tail.clear();
        self.sent = 0;
        self.shared = None;
        self.limit.is_over = false;
    }

    /// Limits how many bytes may be queued; `None` lifts the limit.
    ///
    /// The limit is enforced where memory would grow: bytes that would need a larger buffer, or
    /// that are queued by reference, are dropped when the queue would exceed it, and
    /// [`Output::is_over`] is true from then on. A queue whose buffer is large enough already may
    /// hold more, so compare [`Output::len`] too where the limit must be exact.
    ///
    /// # Examples
    ///
    /// ```
    /// use russet_resp::Output;
    ///
    /// let mut output = Output::new();
    /// output.set_limit(Some(1000));
    /// output.extend(&[b'x'; 900]);
    /// assert!(!output.is_over());
    /// output.extend(&[b'x'; 900]);
    /// assert!(output.is_over());
    /// assert_eq!(output.len(), 900);
    /// ```
    pub fn set_limit(&mut self, len_max: Option<usize>) {
        self.limit.len_max = len_max.unwrap_or(usize::MAX);
    }

    /// Whether bytes were dropped because of the limit. The stream is broken then: the connection
    /// can only be closed, unless [`Output::rollback`] takes back all of the reply.
    #[inline]
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.limit.is_over
    }

    /// Makes room for bytes in the tail; false when they must be dropped.
    #[cold]
    pub(crate) fn reserve(&mut self, additional: usize) -> bool {
        let is_admitted = self.admit(additional);
        if is_admitted {
            self.grow(additional);
        }
        is_admitted
    }

    /// Makes room for bytes in the tail, as a vector grows, but not beyond the limit. Sent bytes
    /// are cut off first, unless they are too few for all others to be moved.
    fn grow(&mut self, additional: usize) {
        let unsent = self.tail.len() - self.sent;
        if self.sent > unsent / 32 {
            self.cut_sent();
        }
        let left = self.limit.len_max.saturating_sub(self.len());
        self.tail.reserve_exact(unsent.min(left).max(additional));
    }

    /// Decides whether that many more bytes are queued or dropped.
    fn admit(&mut self, additional: usize) -> bool {
        let is_admitted = !self.limit.is_over && self.has_room(additional);
        self.limit.is_over = !is_admitted;
        is_admitted
    }

    /// Whether that many more bytes are within the limit.
    pub(crate) fn has_room(&self, additional: usize) -> bool {
        self.len().saturating_add(additional) <= self.limit.len_max
    }

    /// Notes that the first `n` bytes have been sent.
    ///
    /// # Panics
    ///
    /// When fewer bytes are queued.
    #[inline]
    pub fn advance(&mut self, n: usize) {
        assert!(n <= self.len(), "more bytes sent than were queued");
        match self.shared {
            None => self.sent += n,
            Some(_) => self.advance_shared(n),
        }
        if self.is_empty() {
            self.tail.clear();
            self.sent = 0;
        } else if self.sent > COMPACT_MIN && self.sent > self.tail.len() / 2 {
            self.compact();
        }
    }

    /// The number of bytes that are queued.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        let shared = self.shared.as_ref().map_or(0, |shared| shared.len);
        self.tail.len() - self.sent + shared
    }

    /// Whether nothing is queued.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sent == self.tail.len() && self.shared.is_none()
    }

    /// The memory that the queue holds, for accounting.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.tail.capacity() + self.shared.as_ref().map_or(0, |shared| shared.len)
    }

    /// Fills `slices` with the next bytes to send, in order; returns how many slices were set.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        if let Some(single) = self.as_single() {
            return match slices.first_mut() {
                Some(first) if !single.is_empty() => {
                    *first = IoSlice::new(single);
                    1
                }
                _ => 0,
            };
        }
        let mut count = 0;
        for chunk in self.chunks().take(slices.len()) {
            slices[count] = IoSlice::new(chunk.bytes());
            count += 1;
        }
        count
    }

    /// The queued bytes that lie in one piece, when nothing is shared.
    // PERF: as a rule it is all one piece, and a walk over pieces costs a hundred instructions.
    #[inline]
    #[must_use]
    pub fn as_single(&self) -> Option<&[u8]> {
        match self.shared {
            None => self.tail.get(self.sent..),
            Some(_) => None,
        }
    }

    /// The queued bytes in order, in as few pieces as they lie in.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk<'_>> {
        let shared = self.shared.iter().flat_map(|shared| &shared.chunks);
        let mut pos = self.sent;
        let last = self.shared.iter().flat_map(|shared| shared.chunks.back());
        let rest = last.map(|(at, _)| *at).last().unwrap_or(self.sent);
        shared
            .flat_map(move |(at, bytes)| {
                let before = Chunk::Bytes(&self.tail[pos..*at]);
                pos = *at;
                [before, Chunk::Shared(bytes)]
            })
            .chain([Chunk::Bytes(&self.tail[rest..])])
            .filter(|chunk| !chunk.bytes().is_empty())
    }

    /// All queued bytes in one vector: for tests and for output that is not sent by a socket.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len());
        for chunk in self.chunks() {
            bytes.extend_from_slice(chunk.bytes());
        }
        bytes
    }

    fn advance_shared(&mut self, mut n: usize) {
        while let Some(shared) = &mut self.shared {
            let Some((at, bytes)) = shared.chunks.front_mut() else {
                self.shared = None;
                break;
            };
            let before = n.min(*at - self.sent);
            self.sent += before;
            n -= before;
            let of_chunk = n.min(bytes.len());
            if self.sent < *at || (of_chunk == 0 && !bytes.is_empty()) {
                return;
            }
            bytes.advance(of_chunk);
            shared.len -= of_chunk;
            n -= of_chunk;
            if !bytes.is_empty() {
                return;
            }
            shared.chunks.pop_front();
        }
        self.sent += n;
    }

    /// Cuts off sent bytes, and gives room to the allocator of which most is not used any more.
    fn compact(&mut self) {
        self.cut_sent();
        let len = self.tail.len();
        if len < self.tail.capacity() / 4 {
            self.tail.shrink_to(2 * len);
        }
    }

    /// Cuts off sent bytes. Marks stay good, for they do not count them.
    fn cut_sent(&mut self) {
        self.tail.drain(..self.sent);
        for (at, _) in self.shared.iter_mut().flat_map(|shared| &mut shared.chunks) {
            *at -= self.sent;
        }
        self.sent = 0;
    }
}

/// A place in an [`Output`] to which what was written later can be taken back. It is good until
/// something in front of it is taken back or sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Bytes of the tail in front of it that are not sent.
    tail: usize,
    chunks: usize,
    is_over: bool,
}

/// Taking back and putting in front.
impl Output {
    /// The tail, to append to.
    #[inline]
    pub(crate) const fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.tail
    }

    /// The tail with room for that many bytes; `None` when they must be dropped.
    #[inline]
    pub(crate) fn room(&mut self, additional: usize) -> Option<&mut Vec<u8>> {
        let is_short = additional > self.tail.capacity().wrapping_sub(self.tail.len());
        if is_short && !self.reserve(additional) {
            return None;
        }
        Some(&mut self.tail)
    }

    /// The place behind the last byte.
    #[inline]
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            tail: self.tail.len() - self.sent,
            chunks: self.shared.as_ref().map_or(0, |shared| shared.chunks.len()),
            is_over: self.limit.is_over,
        }
    }

    /// The number of bytes behind a mark.
    #[inline]
    #[must_use]
    pub fn len_since(&self, mark: Mark) -> usize {
        let tail = (self.tail.len() - self.sent).wrapping_sub(mark.tail);
        match &self.shared {
            None => tail,
            Some(shared) => tail.wrapping_add(shared.len_from(mark.chunks)),
        }
    }

    /// Takes back everything behind a mark.
    pub fn rollback(&mut self, mark: Mark) {
        self.tail.truncate(self.sent + mark.tail);
        self.limit.is_over = mark.is_over;
        let Some(shared) = &mut self.shared else {
            return;
        };
        let dropped: usize = shared
            .chunks
            .drain(mark.chunks..)
            .map(|(_, bytes)| bytes.len())
            .sum();
        shared.len -= dropped;
        if shared.chunks.is_empty() {
            self.shared = None;
        }
    }

    /// Puts bytes at a mark, in front of everything written since.
    pub(crate) fn insert(&mut self, mark: Mark, bytes: &[u8]) {
        if bytes.len() > self.tail.capacity() - self.tail.len() {
            self.grow(bytes.len());
        }
        let (at, end) = (self.sent + mark.tail, self.tail.len());
        debug_assert!(at <= end, "the mark has been taken back");
        self.tail.extend_from_slice(bytes);
        self.tail[at..].rotate_right(bytes.len());
        let later = self
            .shared
            .iter_mut()
            .flat_map(|shared| shared.chunks.range_mut(mark.chunks..));
        for (at, _) in later {
            *at += bytes.len();
        }
    }
}

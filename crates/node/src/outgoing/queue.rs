//! The queue of one connection: bytes that wait, their fences, and what was taken.
//!
//! Always true: a free place has generation 0, which no connection has.

use russet_io::{ConnId, Piece};
use russet_resp::{Chunk, Output, Protocol};

use super::fence::Fences;
use super::{Class, Waiting};
use crate::buffers::{BUFFER_SIZE, Spares};
use crate::journal::Offset;

/// Where what is written for a connection that has gone is dropped.
pub(super) const NOWHERE: usize = 0;

/// Where the replies to the commands of a script are kept.
pub(super) const CAPTURED: usize = 1;

/// How many places belong to no connection.
pub(super) const RESERVED: usize = 2;

/// Where the queue of a connection stands.
#[inline]
pub(super) fn place(conn: ConnId) -> usize {
    conn.index as usize + RESERVED
}

/// Output that is on its way to one connection.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Tells the users of this place apart; 0 is nobody.
    pub generation: u32,
    /// Its class.
    pub class: Class,
    /// The protocol that it speaks.
    pub protocol: Protocol,
    /// Whether it stands in the list of connections to flush.
    pub is_listed: bool,
    /// Bytes that wait.
    pub output: Output,
    /// Places in the stream that wait for an offset; absent while replies wait for nothing.
    pub fences: Option<Box<Fences>>,
    /// Whether it went beyond a limit, which is reported once.
    pub is_over: bool,
    /// Whether it is closed once its output has left.
    pub is_closing: bool,
    /// Whether it is about to be closed, whatever it holds.
    pub is_killed: bool,
    /// When it is closed unless its output gets below the soft limit, in monotonic microseconds.
    pub closes_at_us: Option<u64>,
    /// The offset behind the last change of the connection.
    pub written: Offset,
    /// Bytes that were taken and did not leave yet.
    pub held: usize,
    /// When bytes left last, in monotonic microseconds.
    pub left_at_us: u64,
    /// Bytes taken so far: the position in the stream of the first byte that waits.
    taken: u64,
}

impl Queue {
    pub(super) fn new(generation: u32, class: Class) -> Self {
        Self {
            generation,
            class,
            ..Self::default()
        }
    }

    pub(super) fn is_free(&self) -> bool {
        self.generation == 0
    }

    /// Lends it a buffer for what is about to be written.
    // PERF: a call of its own is half of its cost.
    #[inline(always)]
    pub(super) fn equip(&mut self, spares: &mut Spares) {
        if self.output.is_empty()
            && let Some(unused) = self.output.attach(spares.output())
        {
            spares.give_output(unused);
        }
    }

    /// Bounds what one reply may add, so that none is built far beyond the hard limit; 0 is none.
    pub(super) fn bound(&mut self, hard: u64) {
        let hard = usize::try_from(hard).unwrap_or(usize::MAX);
        self.output
            .set_limit((hard > 0).then(|| hard.max(BUFFER_SIZE).saturating_add(BUFFER_SIZE)));
    }

    /// Whether more waits than a first buffer holds, or was dropped since it would have been too
    /// much.
    #[inline]
    pub(super) fn is_large(&self) -> bool {
        self.waiting() > BUFFER_SIZE || self.output.is_over()
    }

    /// The bytes that have not left.
    #[inline]
    pub(super) fn waiting(&self) -> usize {
        self.output.len() + self.held
    }

    /// The bytes that left.
    pub(super) fn sent(&self) -> u64 {
        self.taken - self.held as u64
    }

    /// The position in the stream behind the last byte.
    pub(super) fn end(&self) -> u64 {
        self.taken + self.output.len() as u64
    }

    pub(super) fn take(&mut self, count: usize) {
        self.output.advance(count);
        self.taken += count as u64;
        self.is_listed = false;
    }

    #[inline]
    pub(super) fn pieces<'s>(&'s self, allowed: Option<Offset>, pieces: &mut [Piece<'s>]) -> usize {
        if self.fences.is_none()
            && let Some(single) = self.output.as_single()
        {
            return match pieces.first_mut() {
                Some(first) if !single.is_empty() => {
                    *first = Piece::Bytes(single);
                    1
                }
                _ => 0,
            };
        }
        self.pieces_before(self.open_until(allowed), pieces)
    }

    /// Lets what waits now leave; what comes waits until it is noted.
    pub(super) fn fence_all(&mut self) {
        let end = self.end();
        self.fences = Some(Box::new(Fences::new(end)));
    }

    /// Notes what the bytes depend on that were added since the last call; says whether this is
    /// the first fence that is closed.
    pub(super) fn note(&mut self, depends_on: Option<Offset>) -> bool {
        let end = self.end();
        match &mut self.fences {
            Some(fences) => fences.note(end, depends_on),
            None => false,
        }
    }

    /// Opens the fences up to this offset; says whether none is left.
    pub(super) fn open(&mut self, allowed: Offset) -> bool {
        self.fences
            .as_mut()
            .is_none_or(|fences| fences.open(allowed))
    }

    /// Whether every byte may leave.
    pub(super) fn is_open(&self, allowed: Option<Offset>) -> bool {
        self.open_until(allowed) >= self.output.len()
    }

    /// Whether any byte may leave.
    pub(super) fn may_leave(&self, allowed: Option<Offset>) -> bool {
        !self.output.is_empty() && self.open_until(allowed) > 0
    }

    /// The number of waiting bytes that are in front of every closed fence.
    fn open_until(&self, allowed: Option<Offset>) -> usize {
        match self.fences.as_deref().zip(allowed) {
            Some((fences, allowed)) => {
                let position = fences.first_closed(allowed);
                usize::try_from(position.saturating_sub(self.taken)).unwrap_or(usize::MAX)
            }
            None => usize::MAX,
        }
    }

    fn pieces_before<'s>(&'s self, mut rest: usize, pieces: &mut [Piece<'s>]) -> usize {
        let mut count = 0;
        for (chunk, piece) in self.output.chunks().zip(pieces) {
            if rest == 0 {
                break;
            }
            let size = chunk.bytes().len();
            *piece = match chunk {
                Chunk::Shared(bytes) if size <= rest => Piece::Shared(bytes),
                chunk => Piece::Bytes(&chunk.bytes()[..size.min(rest)]),
            };
            rest = rest.saturating_sub(size);
            count += 1;
        }
        count
    }

    pub(super) fn show(&self) -> Waiting {
        let total = self.waiting();
        let first = total.min(BUFFER_SIZE);
        let beyond = total - first;
        Waiting {
            first,
            pieces: beyond.div_ceil(BUFFER_SIZE),
            beyond,
        }
    }
}

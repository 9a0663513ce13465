//! Fences: places in a stream of output behind which bytes depend on an offset of the journal.
//!
//! ```text
//!  stream  ────────────┬───────────────┬──────────────┬──────────
//!          may leave   │ needs 120     │ needs 300    │ not noted: may not leave
//! ```
//! Always true: positions and offsets both ascend.

use std::collections::VecDeque;

use crate::journal::Offset;

/// The fences of one connection, oldest first.
#[derive(Debug, Default)]
pub(super) struct Fences {
    /// The position in the stream of the first byte behind the fence, and what opens it.
    fences: VecDeque<(u64, Offset)>,
    /// The position up to which it is known what the bytes depend on.
    noted: u64,
}

impl Fences {
    /// Bytes in front of this position may leave.
    pub(super) fn new(noted: u64) -> Self {
        Self {
            fences: VecDeque::new(),
            noted,
        }
    }

    /// Notes what the bytes up to this position depend on that were not noted before. Says whether
    /// this is the only fence.
    pub(super) fn note(&mut self, end: u64, depends_on: Option<Offset>) -> bool {
        let begin = std::mem::replace(&mut self.noted, end);
        let Some(offset) = depends_on.filter(|_| begin < end) else {
            return false;
        };
        if self.fences.back().is_some_and(|&(_, last)| last >= offset) {
            return false;
        }
        self.fences.push_back((begin, offset));
        self.fences.len() == 1
    }

    /// Forgets the fences that this offset opens; says whether none is left.
    pub(super) fn open(&mut self, allowed: Offset) -> bool {
        while self
            .fences
            .front()
            .is_some_and(|&(_, offset)| offset <= allowed)
        {
            self.fences.pop_front();
        }
        self.fences.is_empty()
    }

    /// The position of the first byte that may not leave.
    pub(super) fn first_closed(&self, allowed: Offset) -> u64 {
        let closed = self.fences.iter().find(|&&(_, offset)| offset > allowed);
        closed.map_or(self.noted, |&(position, _)| position)
    }
}

//! Sessions whose requests were postponed, and sessions that go on.
//!
//! Always true: whoever was postponed first goes on first; going on means to pass the gate again.
//! Not here: why they were postponed — `gate.rs`.

use std::collections::VecDeque;

use russet_io::ConnId;

/// The two lists.
#[derive(Debug, Default)]
pub(crate) struct Postponed {
    postponed: VecDeque<ConnId>,
    released: VecDeque<ConnId>,
}

impl Postponed {
    /// A session's requests are postponed.
    pub(crate) fn push(&mut self, conn: ConnId) {
        self.postponed.push_back(conn);
    }

    /// Gives the sessions back in the order they came, when the pause is over.
    pub(crate) fn take(&mut self) -> VecDeque<ConnId> {
        std::mem::take(&mut self.postponed)
    }

    /// A session need not wait any more.
    pub(crate) fn release(&mut self, conn: ConnId) {
        self.released.push_back(conn);
    }

    /// Whether any session goes on.
    #[inline]
    pub(crate) fn has_released(&self) -> bool {
        !self.released.is_empty()
    }

    /// The next session that goes on.
    #[inline]
    pub(crate) fn next_released(&mut self) -> Option<ConnId> {
        self.released.pop_front()
    }
}

//! Limits of a reply for all streams together: MAXCOUNT and MAXSIZE of XREAD and XREADGROUP.
//!
//! Always true: the first entry is given whatever its size, so that every read gets on; once an
//! entry does not fit, no other is given.
//! Not here: COUNT, which is for each stream — `read.rs`, `read_group.rs`

use russet_resp::Reply;

/// The rest of the limits of a reply.
#[derive(Debug)]
pub(super) struct Budget {
    /// How many entries may follow.
    entries: usize,
    /// How many bytes may wait for the client.
    size_max: usize,
    /// Whether an entry was given.
    is_begun: bool,
}

impl Budget {
    /// Limits of `entries` and `size_max` bytes for a reply that begins here.
    pub(super) fn new(reply: &Reply<'_>, entries: usize, size_max: usize) -> Self {
        Self {
            entries,
            size_max: size_max.saturating_add(reply.queued_len()),
            is_begun: false,
        }
    }

    /// Whether no entry may follow.
    pub(super) fn is_spent(&self) -> bool {
        self.entries == 0
    }

    /// Writes an entry if it fits; says whether it did.
    pub(super) fn give(
        &mut self,
        reply: &mut Reply<'_>,
        write: impl FnOnce(&mut Reply<'_>),
    ) -> bool {
        if self.entries == 0 {
            return false;
        }
        let mark = reply.mark();
        write(reply);
        if self.is_begun && reply.queued_len() > self.size_max {
            reply.rollback(mark);
            self.entries = 0;
            return false;
        }
        self.is_begun = true;
        self.entries -= 1;
        true
    }
}

//! A batch: requests of several sessions that were decoded before the first of them runs.
//!
//! Always true: requests of one session stand together, in the order they came.
//! Not here: filling and running it — `run.rs`.

use bytes::Bytes;
use russet_command::registry::{CommandId, Recent};
use russet_engine::{KeyHash, MemberHash};
use russet_io::ConnId;
use russet_resp::{Frame, ProtocolError, Span};

/// The most spans for which room is kept from one batch to the next.
const SPANS_KEPT_MAX: usize = 16 << 10;

/// A request on its way.
pub(crate) struct Queued {
    /// Where it lies in the input of its session.
    pub frame: Frame,
    /// Its command, if there is one.
    pub command: Option<CommandId>,
    /// The database it is for, if none before it selects another.
    pub db: usize,
    /// The hash of the key that it looks for first, if it may; 0 if not.
    pub hint: Option<KeyHash>,
    /// The hash of the member or field it names, if it may.
    pub member: Option<MemberHash>,
}

/// The requests of one batch and what they were decoded into.
#[derive(Default)]
pub(crate) struct Batch {
    /// The requests.
    pub queue: Vec<Queued>,
    /// Their arguments.
    pub spans: Vec<Span>,
    /// The arguments of these requests that have a buffer of their own.
    pub bulks: Vec<Bytes>,
    /// Sessions that were decoded, in order, each with the end of its requests in the queue.
    pub touched: Vec<(ConnId, usize)>,
    /// Whether any request names a member.
    pub has_members: bool,
    /// Sessions whose input is not the protocol.
    pub broken: Vec<(ConnId, ProtocolError)>,
    /// The commands found last.
    pub recent: Recent,
}

impl Batch {
    /// Empties it, keeping its room.
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        // One request of very many arguments is no reason to keep room for such ones.
        if self.spans.capacity() > SPANS_KEPT_MAX {
            self.spans = Vec::new();
        }
        self.spans.clear();
        self.bulks.clear();
        self.touched.clear();
        self.has_members = false;
        self.broken.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_for_very_many_arguments_is_given_back() {
        let mut batch = Batch::default();
        batch.spans.reserve(100);
        let room = batch.spans.capacity();
        batch.clear();
        assert_eq!(batch.spans.capacity(), room);
        batch.spans.reserve(1_000_000);
        batch.clear();
        assert_eq!(batch.spans.capacity(), 0);
    }
}

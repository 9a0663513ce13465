//! Records of reads and claims: which consumer has which entry since when, without chance and time.
//!
//! ```text
//!  delivered, claimed        XCLAIM key group consumer 0 id TIME … RETRYCOUNT … FORCE JUSTID …
//!  a group read on           XGROUP SETID key group id ENTRIESREAD n
//!  a consumer came           XGROUP CREATECONSUMER key group consumer
//! ```
//! Always true: nothing is built unless the journal has readers.

use russet_base::num::{I64Buf, format_i64, format_u64};
use russet_engine::{Pending, StreamGroup, StreamId};

use super::id::IdText;
use crate::effects::Effects;

/// The group of a stream, as requests name it.
#[derive(Debug, Clone, Copy)]
pub(super) struct GroupName<'a> {
    pub(super) key: &'a [u8],
    pub(super) group: &'a [u8],
}

impl GroupName<'_> {
    /// Records who has an entry since when, in a group that has read up to `last_id`.
    pub(super) fn record_claim(
        self,
        effects: &mut Effects,
        pending: &Pending,
        owner: &[u8],
        last_id: StreamId,
    ) {
        if !effects.recording {
            return;
        }
        let (mut time, mut count) = (I64Buf::new(), I64Buf::new());
        let (id, last_id) = (IdText::new(pending.id), IdText::new(last_id));
        let request: [&[u8]; 14] = [
            b"XCLAIM",
            self.key,
            self.group,
            owner,
            b"0",
            id.as_bytes(),
            b"TIME",
            format_i64(pending.delivered_at, &mut time),
            b"RETRYCOUNT",
            format_u64(pending.deliveries, &mut count),
            b"FORCE",
            b"JUSTID",
            b"LASTID",
            last_id.as_bytes(),
        ];
        effects.propagate_as(request);
    }

    /// Records that an entry is pending no more, because the stream has lost it.
    pub(super) fn record_gone(self, effects: &mut Effects, group: &StreamGroup, pending: &Pending) {
        match pending.consumer {
            // Where the journal is replayed, the entry is missing too.
            Some(owner) => {
                let owner = group.consumer(owner).name();
                self.record_claim(effects, pending, owner, group.last_id);
            }
            None if effects.recording => {
                let id = IdText::new(pending.id);
                let words: [&[u8]; 4] = [b"XACK", self.key, self.group, id.as_bytes()];
                effects.propagate_as(words);
            }
            None => {}
        }
    }

    /// Records how far a group has read.
    pub(super) fn record_position(
        self,
        effects: &mut Effects,
        (last_id, entries_read): (StreamId, Option<u64>),
    ) {
        if !effects.recording {
            return;
        }
        let mut count = I64Buf::new();
        let count = match entries_read {
            Some(read) => format_u64(read, &mut count),
            None => b"-1",
        };
        let id = IdText::new(last_id);
        let request: [&[u8]; 7] = [
            b"XGROUP",
            b"SETID",
            self.key,
            self.group,
            id.as_bytes(),
            b"ENTRIESREAD",
            count,
        ];
        effects.propagate_as(request);
    }

    /// Records that a consumer came.
    pub(super) fn record_consumer(self, effects: &mut Effects, consumer: &[u8]) {
        if !effects.recording {
            return;
        }
        let words: [&[u8]; 5] = [b"XGROUP", b"CREATECONSUMER", self.key, self.group, consumer];
        effects.propagate_as(words);
    }
}

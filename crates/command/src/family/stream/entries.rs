//! Entries in replies.
//!
//! Always true: an entry is its identifier and its names and values in turn, in both protocols.
//! Not here: which entries — the commands

use russet_engine::{StreamEntry, StreamId, StreamText};
use russet_resp::Reply;

use super::id;

/// Writes an entry.
pub(super) fn reply_entry(reply: &mut Reply<'_>, entry: &StreamEntry<'_>) {
    reply.array(2);
    id::reply(reply, entry.id());
    reply_fields(reply, entry);
}

/// Writes the names and values of an entry.
pub(super) fn reply_fields(reply: &mut Reply<'_>, entry: &StreamEntry<'_>) {
    reply.array(2 * entry.len());
    for (name, value) in entry.fields() {
        reply.bulk(name);
        match value {
            StreamText::Int(n) => reply.bulk_int(n),
            StreamText::Bytes(bytes) => reply.bulk(bytes),
        }
    }
}

/// Writes an entry that is gone but for its identifier.
pub(super) fn reply_gone(reply: &mut Reply<'_>, id: StreamId) {
    reply.array(2);
    id::reply(reply, id);
    reply.null_array();
}

/// Writes entries as an array; says how many there were.
pub(super) fn reply_entries<'a>(
    reply: &mut Reply<'_>,
    entries: impl Iterator<Item = StreamEntry<'a>>,
) -> usize {
    let begun = reply.begin_array();
    let mut count = 0;
    for entry in entries {
        reply_entry(reply, &entry);
        count += 1;
        if reply.is_over() {
            break;
        }
    }
    reply.end_array(begun, count);
    count
}

//! XINFO: what a stream, its groups and their consumers are like.
//!
//! Always true: an unknown number (a lag, a count of entries read) is null.
//! Not here: how lags are found — the engine

use russet_engine::{Consumer, Pending, Producers, Stream, StreamGroup, StreamId, Touch};
use russet_resp::{Args, Reply};

use super::entries::{reply_entries, reply_entry};
use super::pending::{deliveries, owner};
use super::{id, text};
use crate::args::{integer, is_word};
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;
use crate::help;

/// The number of entries that XINFO STREAM … FULL shows by default.
const COUNT_DEFAULT: usize = 10;

/// Looks the stream up and lets `show` write the reply.
fn with_stream(
    cx: &mut Ctx<'_>,
    key: &[u8],
    show: impl FnOnce(&mut Reply<'_>, &Stream) -> Result<(), CommandError>,
) -> Result<Flow, CommandError> {
    let mut db = cx.keyspace.db(cx.db);
    match db.stream(key, Touch::Yes)? {
        Some(stream) => show(&mut cx.reply, stream).map(|()| Flow::Done),
        None => {
            cx.effects.miss(cx.db, key);
            Err(CommandError::NoSuchKey)
        }
    }
}

/// `XINFO CONSUMERS key group`.
pub(super) fn consumers(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, name, now) = (&args[2], &args[3], cx.now());
    with_stream(cx, key, |reply, stream| {
        let group = stream
            .group(name)
            .ok_or_else(|| text::no_group_of_key(key, name))?;
        reply.array(group.consumers().len());
        for consumer in group.consumers() {
            let inactive = consumer.active_at.map(|at| now.saturating_sub(at));
            reply.map(4);
            reply.bulk(b"name");
            reply.bulk(consumer.name());
            number(reply, "pending", consumer.pending_len() as i64);
            number(reply, "idle", now.saturating_sub(consumer.seen_at).max(0));
            number(reply, "inactive", inactive.unwrap_or(-1));
        }
        Ok(())
    })
}

/// `XINFO GROUPS key`.
pub(super) fn groups(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    with_stream(cx, &args[2], |reply, stream| {
        reply.array(stream.groups().len());
        for group in stream.groups() {
            reply.map(6);
            reply.bulk(b"name");
            reply.bulk(group.name());
            number(reply, "consumers", group.consumers().len() as i64);
            number(reply, "pending", group.pending_len() as i64);
            reply.bulk(b"last-delivered-id");
            id::reply(reply, group.last_id);
            progress(reply, stream, group);
        }
        Ok(())
    })
}

/// `XINFO STREAM key [FULL [COUNT count]]`.
pub(super) fn stream(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    with_stream(cx, &args[2], |reply, stream| {
        let count = match (args.len(), args.get(3), args.get(4), args.get(5)) {
            (3, ..) => None,
            (4, Some(full), ..) if is_word(full, "FULL") => Some(COUNT_DEFAULT),
            (6, Some(full), Some(word), Some(count))
                if is_word(full, "FULL") && is_word(word, "COUNT") =>
            {
                match usize::try_from(integer(count)?) {
                    Ok(0) => Some(usize::MAX),
                    Ok(count) => Some(count),
                    Err(_) => Some(COUNT_DEFAULT),
                }
            }
            _ => return Err(text::bad_subcommand("XINFO", &args[1])),
        };
        let ends_or_groups = if count.is_some() { 2 } else { 3 };
        reply.map(13 + ends_or_groups);
        counters(reply, stream);
        match count {
            Some(count) => full(reply, stream, count),
            None => ends(reply, stream),
        }
        Ok(())
    })
}

/// The counters of a stream, in both forms of the reply.
fn counters(reply: &mut Reply<'_>, stream: &Stream) {
    number(reply, "length", stream.len() as i64);
    number(reply, "radix-tree-keys", stream.blocks().len() as i64);
    number(reply, "radix-tree-nodes", stream.tree_nodes() as i64);
    reply.bulk(b"last-generated-id");
    id::reply(reply, stream.last_id());
    reply.bulk(b"max-deleted-entry-id");
    id::reply(reply, stream.max_deleted_id());
    number(reply, "entries-added", stream.entries_added() as i64);
    reply.bulk(b"recorded-first-entry-id");
    id::reply(reply, stream.first_id());
    match stream.producers() {
        Some(producers) => remembered(reply, producers),
        None => remembered(reply, &Producers::default()),
    }
}

/// Writes the state and the limits of producers.
fn remembered(reply: &mut Reply<'_>, producers: &Producers) {
    number(reply, "idmp-duration", producers.duration_s as i64);
    number(reply, "idmp-maxsize", producers.len_max as i64);
    number(reply, "pids-tracked", producers.len() as i64);
    number(reply, "iids-tracked", producers.numbers_len() as i64);
    number(reply, "iids-added", producers.added as i64);
    number(reply, "iids-duplicates", producers.duplicates as i64);
}

fn ends(reply: &mut Reply<'_>, stream: &Stream) {
    number(reply, "groups", stream.groups().len() as i64);
    let last = stream.last_entry();
    for (name, entry) in [
        ("first-entry", stream.entries().next()),
        ("last-entry", last),
    ] {
        reply.bulk(name.as_bytes());
        match entry {
            Some(entry) => reply_entry(reply, &entry),
            None => reply.null(),
        }
    }
}

/// Entries, and groups with all that is known of them.
fn full(reply: &mut Reply<'_>, stream: &Stream, count: usize) {
    reply.bulk(b"entries");
    reply_entries(reply, stream.entries().take(count));
    reply.bulk(b"groups");
    reply.array(stream.groups().len());
    for group in stream.groups() {
        reply.map(7);
        reply.bulk(b"name");
        reply.bulk(group.name());
        reply.bulk(b"last-delivered-id");
        id::reply(reply, group.last_id);
        progress(reply, stream, group);
        number(reply, "pel-count", group.pending_len() as i64);
        reply.bulk(b"pending");
        reply.array(group.pending_len().min(count));
        for pending in group.pending_from(StreamId::MIN).take(count) {
            reply.array(4);
            id::reply(reply, pending.id);
            reply.bulk(owner(group, pending));
            reply_delivery(reply, pending);
        }
        reply.bulk(b"consumers");
        reply.array(group.consumers().len());
        for consumer in group.consumers() {
            full_consumer(reply, group, consumer, count);
        }
    }
}

fn full_consumer(reply: &mut Reply<'_>, group: &StreamGroup, consumer: &Consumer, count: usize) {
    reply.map(5);
    reply.bulk(b"name");
    reply.bulk(consumer.name());
    number(reply, "seen-time", consumer.seen_at);
    number(reply, "active-time", consumer.active_at.unwrap_or(-1));
    number(reply, "pel-count", consumer.pending_len() as i64);
    reply.bulk(b"pending");
    let pending = consumer
        .pending_from(StreamId::MIN)
        .filter_map(|id| group.pending(id));
    reply.array(consumer.pending_len().min(count));
    for pending in pending.take(count) {
        reply.array(3);
        id::reply(reply, pending.id);
        reply_delivery(reply, pending);
    }
}

fn reply_delivery(reply: &mut Reply<'_>, pending: &Pending) {
    reply.integer(pending.delivered_at);
    reply.integer(deliveries(pending));
}

/// How far a group has read.
fn progress(reply: &mut Reply<'_>, stream: &Stream, group: &StreamGroup) {
    let read = group.entries_read.map(|read| read as i64);
    for (name, value) in [("entries-read", read), ("lag", stream.lag(group))] {
        reply.bulk(name.as_bytes());
        match value {
            Some(value) => reply.integer(value),
            None => reply.null(),
        }
    }
}

fn number(reply: &mut Reply<'_>, name: &str, value: i64) {
    reply.bulk(name.as_bytes());
    reply.integer(value);
}

/// `XINFO HELP`.
pub(super) fn help(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    help::write(&mut cx.reply, "XINFO", HELP);
    Ok(Flow::Done)
}

const HELP: &[&str] = &[
    "CONSUMERS <key> <groupname>",
    "    Shows the consumers of a group.",
    "GROUPS <key>",
    "    Shows the groups of a stream.",
    "STREAM <key> [FULL [COUNT <count>]",
    "    Shows what a stream is like.",
];

//! XDEL, XDELEX and XSETID.
//!
//! Always true: a stream that loses its last entry stays, with its counters and groups.
//! Not here: the oldest entries at once — `trim.rs`

use russet_engine::{Refs, Stream, StreamId, StreamMut};
use russet_resp::Args;

use super::ids::{self, NOT_THERE, REMOVED, STILL_REFERENCED};
use super::{id, text};
use crate::args::{Cursor, integer};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// `XDEL key id [id ...]`.
pub(super) fn xdel(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut((hash, key))?;
    let Some(stream) = target.get() else {
        cx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let ids = ids::read_all(args, 2)?;
    let is_there = |id: &StreamId| stream.entry(*id).is_some();
    let removed = match ids.iter().any(is_there) {
        true => target.edit(|stream| ids.iter().filter(|id| stream.delete(**id)).count()),
        false => 0,
    };
    cx.reply.count(removed);
    settle(cx, key, removed);
    Ok(Flow::Done)
}

fn settle(cx: &mut Ctx<'_>, key: &[u8], removed: usize) {
    if removed > 0 {
        cx.notify(NotifyClass::STREAM, "xdel", key);
        cx.dirty(removed as u64);
    }
}

/// `XDELEX key [KEEPREF | DELREF | ACKED] IDS count id [id ...]`.
pub(super) fn xdelex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let (refs, ids) = ids::read_options(args, 2)?;
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut((hash, key))?;
    cx.reply.array(ids.len());
    let mut removed = 0;
    for id in ids {
        let answer = remove(&mut target, id, refs);
        removed += usize::from(answer == REMOVED);
        cx.reply.integer(answer);
    }
    settle(cx, key, removed);
    Ok(Flow::Done)
}

/// Removes an entry as far as groups allow it.
fn remove(target: &mut StreamMut<'_>, id: StreamId, refs: Refs) -> i64 {
    match target.get() {
        Some(stream) if stream.entry(id).is_some() => {
            if refs == Refs::Acknowledged && stream.is_referenced(id) {
                return STILL_REFERENCED;
            }
        }
        _ => return NOT_THERE,
    }
    target.edit(|stream| remove_entry(stream, id, refs));
    REMOVED
}

/// Removes an entry, and what groups know of it if that is wanted.
pub(super) fn remove_entry(stream: &mut Stream, id: StreamId, refs: Refs) {
    if refs == Refs::Delete {
        stream.forget(id);
    }
    stream.delete(id);
}

/// `XSETID key id [ENTRIESADDED count] [MAXDELETEDID id]`.
pub(super) fn xsetid(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let last = id::parse(&args[2])?;
    let (mut added, mut deleted) = (None, None);
    let mut options = Cursor::new(args, 3);
    while options.has_more() {
        if let Some(value) = options.eat_valued("ENTRIESADDED") {
            let count = u64::try_from(integer(value)?);
            added = Some(count.map_err(|_| text::ENTRIES_ADDED_NEGATIVE)?);
        } else if let Some(value) = options.eat_valued("MAXDELETEDID") {
            let id = id::parse(value)?;
            if last < id {
                return Err(text::SETID_BELOW_GIVEN);
            }
            deleted = Some(id).filter(|id| !id.is_zero());
        } else {
            return Err(CommandError::Syntax);
        }
    }
    let key = &args[1];
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut(key)?;
    let stream = target.get().ok_or(CommandError::NoSuchKey)?;
    if last < stream.max_deleted_id() {
        return Err(text::SETID_BELOW_DELETED);
    }
    if let Some(top) = stream.last_entry() {
        if last < top.id() {
            return Err(text::SETID_BELOW_TOP);
        }
        if added.is_some_and(|added| added < stream.len()) {
            return Err(text::ENTRIES_ADDED_LOW);
        }
    }
    target.edit_quietly(|stream| {
        stream.set_last_id(last);
        added
            .into_iter()
            .for_each(|added| stream.set_entries_added(added));
        deleted
            .into_iter()
            .for_each(|id| stream.set_max_deleted_id(id));
    });
    cx.reply.ok();
    cx.dirty(1);
    cx.notify(NotifyClass::STREAM, "xsetid", key);
    Ok(Flow::Done)
}

//! XLEN, XRANGE and XREVRANGE.
//!
//! Always true: entries are shown with their fields in the order in which they were given.
//! Not here: entries after an identifier, of several streams — `read.rs`

use russet_engine::Touch;
use russet_resp::Args;

use super::entries::reply_entries;
use super::id::{End, parse_end};
use crate::args::{Cursor, integer};
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;

/// `XLEN key`.
pub(super) fn xlen(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let len = cx
        .db()
        .stream((hash, key), Touch::Yes)?
        .map(|stream| stream.len());
    if len.is_none() {
        cx.miss(key);
    }
    cx.reply.count(len.unwrap_or(0) as usize);
    Ok(Flow::Done)
}

/// `XRANGE key start end [COUNT count]`.
pub(super) fn xrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    range(cx, args, false)
}

/// `XREVRANGE key end start [COUNT count]`.
pub(super) fn xrevrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    range(cx, args, true)
}

fn range(cx: &mut Ctx<'_>, args: Args<'_>, is_reversed: bool) -> Result<Flow, CommandError> {
    let (first, last) = if is_reversed { (3, 2) } else { (2, 3) };
    let from = parse_end(&args[first], End::First)?;
    let to = parse_end(&args[last], End::Last)?;
    let mut count = None;
    let mut options = Cursor::new(args, 4);
    while options.has_more() {
        let Some(value) = options.eat_valued("COUNT") else {
            return Err(CommandError::Syntax);
        };
        count = Some(usize::try_from(integer(value)?).unwrap_or(0));
    }
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let Some(stream) = db.stream((hash, key), Touch::Yes)? else {
        cx.effects.miss(cx.db, key);
        cx.reply.empty_array();
        return Ok(Flow::Done);
    };
    let reply = &mut cx.reply;
    match (count, is_reversed) {
        // COMPAT: no entries at all are another reply than no entries in the range.
        (Some(0), _) => reply.null_array(),
        (count, false) => {
            reply_entries(
                reply,
                stream.range(from, to).take(count.unwrap_or(usize::MAX)),
            );
        }
        (count, true) => {
            reply_entries(
                reply,
                stream
                    .range_back(from, to)
                    .take(count.unwrap_or(usize::MAX)),
            );
        }
    }
    Ok(Flow::Done)
}

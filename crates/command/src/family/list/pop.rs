//! Elements that go from an end: LPOP, RPOP, LMPOP, and BLPOP, BRPOP, BLMPOP, which wait for them.
//!
//! Always true: a command that waited is recorded as the pop that it became.
//! Not here: elements that go to another list — `transfer.rs`; how clients wait — the node.

use std::ops::Range;

use russet_base::num::{I64Buf, format_i64};
use russet_engine::{End, KeyHash, Kind, Millis};
use russet_resp::Args;

use super::element::{end_of, pop_command, push_element, reply_element, room_for, settle_pop};
use crate::args::{Cursor, at_least, timeout_seconds};
use crate::ctx::{Ctx, Flow, Wait};
use crate::error::CommandError;

/// `LPOP key [count]`.
pub(super) fn lpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop(cx, args, End::Front, "lpop")
}

/// `RPOP key [count]`.
pub(super) fn rpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop(cx, args, End::Back, "rpop")
}

#[inline]
fn pop(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    end: End,
    command: &'static str,
) -> Result<Flow, CommandError> {
    if args.len() > 2 {
        return pop_several(cx, args, end, command);
    }
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut list = db.list_mut((hash, key))?;
    let reply = &mut cx.reply;
    if list.pop(end, 1, |element| reply_element(reply, element)) == 0 {
        cx.reply.null();
        return Ok(Flow::Done);
    }
    let is_gone = list.is_empty();
    settle_pop(cx, key, end, 1, is_gone);
    Ok(Flow::Done)
}

fn pop_several(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    end: End,
    command: &'static str,
) -> Result<Flow, CommandError> {
    if args.len() > 3 {
        return Err(CommandError::WrongArity(command.into()));
    }
    let out_of_range = CommandError::text("ERR value is out of range, must be positive");
    let count = at_least(0, &args[2], out_of_range)?;
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let list = db.list_mut((hash, key))?;
    let len = list.len();
    if len == 0 {
        cx.reply.null_array();
    } else if count == 0 {
        cx.reply.empty_array();
    } else {
        reply_popped(cx, (hash, key), end, count.min(len))?;
    }
    Ok(Flow::Done)
}

/// Takes elements away, as many as there are, and writes them as an array.
fn reply_popped(
    cx: &mut Ctx<'_>,
    (hash, key): (KeyHash, &[u8]),
    end: End,
    count: usize,
) -> Result<(), CommandError> {
    let mut db = cx.keyspace.db(cx.db);
    let mut list = db.list_mut((hash, key))?;
    cx.reply.array(count);
    let mut bulks = cx.reply.bulks(room_for(count));
    list.pop(end, count, |element| push_element(&mut bulks, element));
    drop(bulks);
    let is_gone = list.is_empty();
    settle_pop(cx, key, end, count, is_gone);
    Ok(())
}

/// `BLPOP key [key ...] timeout`.
pub(super) fn blpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop_or_wait(cx, args, End::Front)
}

/// `BRPOP key [key ...] timeout`.
pub(super) fn brpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop_or_wait(cx, args, End::Back)
}

fn pop_or_wait(cx: &mut Ctx<'_>, args: Args<'_>, end: End) -> Result<Flow, CommandError> {
    let last = args.len() - 1;
    let deadline = timeout_seconds(&args[last], cx.now())?;
    for key in args.slice(1..last) {
        let mut db = cx.keyspace.db(cx.db);
        let mut list = db.list_mut(key)?;
        if list.is_empty() {
            continue;
        }
        cx.reply.array(2);
        cx.reply.bulk(key);
        let reply = &mut cx.reply;
        list.pop(end, 1, |element| reply_element(reply, element));
        let is_gone = list.is_empty();
        settle_pop(cx, key, end, 1, is_gone);
        cx.propagate_as(&[pop_command(end), key]);
        return Ok(Flow::Done);
    }
    Ok(wait(cx, 1..last, deadline))
}

/// Waits for lists, or says that there are none.
fn wait(cx: &mut Ctx<'_>, keys: Range<usize>, deadline: Option<Millis>) -> Flow {
    if cx.may_block {
        return Flow::block(Wait::new(keys, Kind::List, deadline));
    }
    cx.reply.null_array();
    Flow::Done
}

/// `LMPOP numkeys key [key ...] <LEFT | RIGHT> [COUNT count]`.
pub(super) fn lmpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let request = Several::read(args, 1)?;
    if !request.pop(cx, args)? {
        cx.reply.null_array();
    }
    Ok(Flow::Done)
}

/// `BLMPOP timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]`.
pub(super) fn blmpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let request = Several::read(args, 2)?;
    let deadline = timeout_seconds(&args[1], cx.now())?;
    match request.pop(cx, args)? {
        true => Ok(Flow::Done),
        false => Ok(wait(cx, request.keys, deadline)),
    }
}

/// The options of LMPOP.
struct Several {
    keys: Range<usize>,
    end: End,
    count: usize,
}

impl Several {
    /// Reads the arguments from the number of keys on.
    fn read(args: Args<'_>, at: usize) -> Result<Self, CommandError> {
        let first = at + 1;
        let keys = at_least(1, &args[at], CommandError::NumkeysNotPositive)?;
        let end_at = first.saturating_add(keys);
        let end = end_of(args.get(end_at).ok_or(CommandError::Syntax)?)?;
        let mut rest = Cursor::new(args, end_at + 1);
        let mut count = None;
        while rest.has_more() {
            match rest.eat_valued("COUNT") {
                Some(value) if count.is_none() => {
                    count = Some(at_least(1, value, CommandError::CountNotPositive)?);
                }
                _ => return Err(CommandError::Syntax),
            }
        }
        Ok(Self {
            keys: first..end_at,
            end,
            count: count.unwrap_or(1),
        })
    }

    /// Pops from the first list that is there; says whether one is.
    fn pop(&self, cx: &mut Ctx<'_>, args: Args<'_>) -> Result<bool, CommandError> {
        for key in args.slice(self.keys.clone()) {
            let mut db = cx.keyspace.db(cx.db);
            let hash = db.hash(key);
            let len = db.list_mut((hash, key))?.len();
            if len == 0 {
                continue;
            }
            let count = self.count.min(len);
            cx.reply.array(2);
            cx.reply.bulk(key);
            reply_popped(cx, (hash, key), self.end, count)?;
            let mut digits = I64Buf::new();
            let count = format_i64(i64::try_from(count).unwrap_or(i64::MAX), &mut digits);
            cx.propagate_as(&[pop_command(self.end), key, count]);
            return Ok(true);
        }
        Ok(false)
    }
}

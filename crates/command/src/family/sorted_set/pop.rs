//! Members that are returned when they go: ZPOPMIN, ZPOPMAX, ZMPOP, and BZPOPMIN, BZPOPMAX, BZMPOP,
//! which wait for them.
//!
//! Always true: what is popped from one of several keys is recorded as the pop that it became.
//! Not here: how clients wait — the node.

use std::ops::Range;

use russet_base::num::{I64Buf, format_i64};
use russet_engine::{Kind, Millis, Scored, ZsetMut};
use russet_resp::Args;

use super::replies::{Scores, replies_each, reply_member, reply_scored, settle_removal};
use crate::args::{Cursor, at_least, is_word, timeout_seconds};
use crate::ctx::{Ctx, Flow, Wait};
use crate::error::CommandError;

/// Which members are popped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Lowest,
    Highest,
}

impl Side {
    fn event(self) -> &'static str {
        match self {
            Self::Lowest => "zpopmin",
            Self::Highest => "zpopmax",
        }
    }

    fn command(self) -> &'static [u8] {
        match self {
            Self::Lowest => b"ZPOPMIN",
            Self::Highest => b"ZPOPMAX",
        }
    }
}

/// `ZPOPMIN key [count]`.
pub(super) fn zpopmin(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop(cx, args, Side::Lowest)
}

/// `ZPOPMAX key [count]`.
pub(super) fn zpopmax(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop(cx, args, Side::Highest)
}

fn pop(cx: &mut Ctx<'_>, args: Args<'_>, side: Side) -> Result<Flow, CommandError> {
    let count = match args.len() {
        2 => None,
        3 => Some(at_least(0, &args[2], NOT_POSITIVE)?),
        _ => return Err(CommandError::Syntax),
    };
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut zset = db.zset_mut((hash, key))?;
    let popped = count.unwrap_or(1).min(zset.len());
    let reply = &mut cx.reply;
    // COMPAT: without a count the pair is not in an array of its own.
    match count {
        Some(_) => {
            reply.array(popped * replies_each(reply, Scores::With));
            take(&mut zset, side, popped, |scored| {
                reply_scored(reply, scored, Scores::With);
            });
        }
        None => {
            reply.array(2 * popped);
            take(&mut zset, side, popped, |scored| {
                reply_member(reply, scored.member);
                reply.double(scored.score);
            });
        }
    }
    let is_gone = zset.is_empty();
    settle_removal(cx, key, side.event(), popped, is_gone);
    Ok(Flow::Done)
}

/// `ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]`.
pub(super) fn zmpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let wish = Wish::read(args, 1)?;
    if !wish.run(cx, args)? {
        cx.reply.null_array();
    }
    Ok(Flow::Done)
}

/// `BZMPOP timeout numkeys key [key ...] <MIN | MAX> [COUNT count]`.
pub(super) fn bzmpop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let wish = Wish::read(args, 2)?;
    let deadline = timeout_seconds(&args[1], cx.now())?;
    if wish.run(cx, args)? {
        return Ok(Flow::Done);
    }
    Ok(wait(cx, wish.keys, deadline))
}

/// `BZPOPMIN key [key ...] timeout`.
pub(super) fn bzpopmin(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop_or_wait(cx, args, Side::Lowest)
}

/// `BZPOPMAX key [key ...] timeout`.
pub(super) fn bzpopmax(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop_or_wait(cx, args, Side::Highest)
}

fn pop_or_wait(cx: &mut Ctx<'_>, args: Args<'_>, side: Side) -> Result<Flow, CommandError> {
    let last = args.len() - 1;
    let deadline = timeout_seconds(&args[last], cx.now())?;
    for key in args.slice(1..last) {
        let mut db = cx.keyspace.db(cx.db);
        let mut zset = db.zset_mut(key)?;
        if zset.is_empty() {
            continue;
        }
        let reply = &mut cx.reply;
        reply.array(3);
        reply.bulk(key);
        take(&mut zset, side, 1, |scored| {
            reply_member(reply, scored.member);
            reply.double(scored.score);
        });
        let is_gone = zset.is_empty();
        settle_removal(cx, key, side.event(), 1, is_gone);
        cx.propagate_as(&[side.command(), key]);
        return Ok(Flow::Done);
    }
    Ok(wait(cx, 1..last, deadline))
}

/// Waits for sorted sets, or says that there are none.
fn wait(cx: &mut Ctx<'_>, keys: Range<usize>, deadline: Option<Millis>) -> Flow {
    if cx.may_block {
        return Flow::block(Wait::new(keys, Kind::Zset, deadline));
    }
    cx.reply.null_array();
    Flow::Done
}

/// The options of ZMPOP.
struct Wish {
    keys: Range<usize>,
    side: Side,
    count: usize,
}

impl Wish {
    /// Reads arguments from the count of keys on.
    fn read(args: Args<'_>, numkeys_at: usize) -> Result<Self, CommandError> {
        let numkeys = at_least(1, &args[numkeys_at], CommandError::NumkeysNotPositive)?;
        let first = numkeys_at + 1;
        let side_at = first.saturating_add(numkeys);
        let side = match args.get(side_at) {
            Some(word) if is_word(word, "MIN") => Side::Lowest,
            Some(word) if is_word(word, "MAX") => Side::Highest,
            _ => return Err(CommandError::Syntax),
        };
        let mut rest = Cursor::new(args, side_at + 1);
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
            keys: first..side_at,
            side,
            count: count.unwrap_or(1),
        })
    }

    /// Pops from the first sorted set that has members; false if none has.
    fn run(&self, cx: &mut Ctx<'_>, args: Args<'_>) -> Result<bool, CommandError> {
        for key in args.slice(self.keys.clone()) {
            let mut db = cx.keyspace.db(cx.db);
            let mut zset = db.zset_mut(key)?;
            let popped = self.count.min(zset.len());
            if popped == 0 {
                continue;
            }
            let reply = &mut cx.reply;
            reply.array(2);
            reply.bulk(key);
            reply.array(popped);
            take(&mut zset, self.side, popped, |scored| {
                reply.array(2);
                reply_member(reply, scored.member);
                reply.double(scored.score);
            });
            let is_gone = zset.is_empty();
            settle_removal(cx, key, self.side.event(), popped, is_gone);
            let mut digits = I64Buf::new();
            let count = format_i64(popped as i64, &mut digits);
            cx.propagate_as(&[self.side.command(), key, count]);
            return Ok(true);
        }
        Ok(false)
    }
}

/// Takes members from an end, that of the end first.
#[inline]
fn take(zset: &mut ZsetMut<'_>, side: Side, count: usize, mut show: impl FnMut(Scored<'_>)) {
    if side == Side::Lowest {
        zset.remove_ranks(0..count, show);
        return;
    }
    let len = zset.len();
    if let Some(view) = zset.view() {
        let highest = russet_engine::Span::Ranks(len - count..len);
        view.walk_back(highest).for_each(&mut show);
    }
    zset.remove_ranks(len - count..len, |_| ());
}

const NOT_POSITIVE: CommandError =
    CommandError::text("ERR value is out of range, must be positive");

//! Members that go: ZREM, ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX.
//!
//! Not here: members that are returned when they go — `pop.rs`.

use std::ops::Range;

use russet_engine::ZsetRef;
use russet_resp::Args;

use super::bound::{self, Ranks};
use super::replies::settle_removal;
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;

/// `ZREM key member [member ...]`.
pub(super) fn zrem(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut zset = db.zset_mut((hash, key))?;
    let mut removed = 0;
    for member in args.skip(2) {
        removed += usize::from(zset.remove(member).is_some());
        if zset.is_empty() {
            break;
        }
    }
    let is_gone = zset.is_empty();
    cx.reply.count(removed);
    settle_removal(cx, key, "zrem", removed, is_gone);
    Ok(Flow::Done)
}

/// `ZREMRANGEBYRANK key start stop`.
pub(super) fn zremrangebyrank(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let ranks = Ranks::read(&args[2], &args[3])?;
    remove(cx, &args[1], "zremrangebyrank", |zset| ranks.of(zset.len()))
}

/// `ZREMRANGEBYSCORE key min max`.
pub(super) fn zremrangebyscore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let span = bound::scores(&args[2], &args[3])?;
    remove(cx, &args[1], "zremrangebyscore", |zset| zset.ranks(&span))
}

/// `ZREMRANGEBYLEX key min max`.
pub(super) fn zremrangebylex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let span = bound::members(&args[2], &args[3])?;
    remove(cx, &args[1], "zremrangebylex", |zset| zset.ranks(&span))
}

fn remove(
    cx: &mut Ctx<'_>,
    key: &[u8],
    event: &'static str,
    ranks: impl FnOnce(ZsetRef<'_>) -> Range<usize>,
) -> Result<Flow, CommandError> {
    let mut db = cx.keyspace.db(cx.db);
    let mut zset = db.zset_mut(key)?;
    let ranks = zset.view().map_or(0..0, ranks);
    let removed = zset.remove_ranks(ranks, |_| ());
    let is_gone = zset.is_empty();
    cx.reply.count(removed);
    settle_removal(cx, key, event, removed, is_gone);
    Ok(Flow::Done)
}

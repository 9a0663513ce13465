//! Questions about members: ZCARD, ZSCORE, ZMSCORE, ZRANK, ZREVRANK, ZCOUNT, ZLEXCOUNT.
//!
//! Not here: members in order — `range.rs`.

use russet_engine::{Span, Touch};
use russet_resp::Args;

use super::bound;
use crate::args::is_word;
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;

/// `ZCARD key`.
pub(super) fn zcard(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    match cx.keyspace.db(cx.db).zset(key, Touch::Yes)? {
        Some(zset) => cx.reply.count(zset.len()),
        None => {
            cx.reply.integer(0);
            cx.miss(key);
        }
    }
    Ok(Flow::Done)
}

/// `ZSCORE key member`.
pub(super) fn zscore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    match cx.keyspace.db(cx.db).zset((hash, key), Touch::Yes)? {
        Some(zset) => match zset.score(&args[2]) {
            Some(score) => cx.reply.double(score),
            None => cx.reply.null(),
        },
        None => {
            cx.reply.null();
            cx.miss(key);
        }
    }
    Ok(Flow::Done)
}

/// `ZMSCORE key member [member ...]`.
pub(super) fn zmscore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let members = args.skip(2);
    let mut db = cx.keyspace.db(cx.db);
    let zset = db.zset(key, Touch::Yes)?;
    cx.reply.array(members.len());
    for member in members {
        match zset.and_then(|zset| zset.score(member)) {
            Some(score) => cx.reply.double(score),
            None => cx.reply.null(),
        }
    }
    if zset.is_none() {
        cx.miss(key);
    }
    Ok(Flow::Done)
}

/// `ZRANK key member [WITHSCORE]`.
pub(super) fn zrank(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_rank(cx, args, "zrank", |rank, _| rank)
}

/// `ZREVRANK key member [WITHSCORE]`.
pub(super) fn zrevrank(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_rank(cx, args, "zrevrank", |rank, len| len - 1 - rank)
}

fn reply_rank(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    command: &'static str,
    counted: fn(usize, usize) -> usize,
) -> Result<Flow, CommandError> {
    if args.len() > 4 {
        return Err(CommandError::WrongArity(command.into()));
    }
    let with_score = args.len() == 4;
    if with_score && !is_word(&args[3], "WITHSCORE") {
        return Err(CommandError::Syntax);
    }
    let key = &args[1];
    let mut db = cx.keyspace.db(cx.db);
    let zset = db.zset(key, Touch::Yes)?;
    let is_missed = zset.is_none();
    let found = zset.and_then(|zset| {
        let (rank, score) = zset.rank(&args[2])?;
        Some((counted(rank, zset.len()), score))
    });
    match found {
        None if with_score => cx.reply.null_array(),
        None => cx.reply.null(),
        Some((rank, _)) if !with_score => cx.reply.count(rank),
        Some((rank, score)) => {
            cx.reply.array(2);
            cx.reply.count(rank);
            cx.reply.double(score);
        }
    }
    if is_missed {
        cx.miss(key);
    }
    Ok(Flow::Done)
}

/// `ZCOUNT key min max`.
pub(super) fn zcount(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let span = bound::scores(&args[2], &args[3])?;
    reply_count(cx, &args[1], &span)
}

/// `ZLEXCOUNT key min max`.
pub(super) fn zlexcount(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let span = bound::members(&args[2], &args[3])?;
    reply_count(cx, &args[1], &span)
}

fn reply_count(cx: &mut Ctx<'_>, key: &[u8], span: &Span<'_>) -> Result<Flow, CommandError> {
    match cx.keyspace.db(cx.db).zset(key, Touch::Yes)? {
        Some(zset) => cx.reply.count(zset.ranks(span).len()),
        None => {
            cx.reply.integer(0);
            cx.miss(key);
        }
    }
    Ok(Flow::Done)
}

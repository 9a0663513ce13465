//! Members without an order: ZRANDMEMBER, ZSCAN.
//!
//! Not here: what a cursor means — the engine's `ZsetRef::scan`.

use std::collections::BTreeSet;

use russet_base::num::{F64Buf, I64Buf, format_f64, format_f64_17g};
use russet_engine::{Span, Touch, ZsetRef};
use russet_resp::Args;

use super::replies::{Scores, replies_each, reply_member, reply_scored};
use crate::args::{check_repeats, is_word, random_count};
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;
use crate::family::walk::{self, Wish};

/// `ZRANDMEMBER key [count [WITHSCORES]]`.
pub(super) fn zrandmember(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    if args.len() > 2 {
        return several(cx, args);
    }
    let key = &args[1];
    let mut db = cx.keyspace.db(cx.db);
    match db.zset(key, Touch::Yes)? {
        Some(zset) => {
            let rank = cx.rng.index(zset.len());
            if let Some(scored) = zset.get(rank) {
                reply_member(&mut cx.reply, scored.member);
            }
        }
        None => {
            cx.reply.null();
            cx.miss(key);
        }
    }
    Ok(Flow::Done)
}

fn several(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let count = random_count(&args[2])?;
    let scores = match args.len() {
        3 => Scores::Without,
        4 if is_word(&args[3], "WITHSCORES") => Scores::With,
        _ => return Err(CommandError::Syntax),
    };
    if scores == Scores::With && count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(CommandError::ValueRange);
    }
    check_repeats(count)?;
    let key = &args[1];
    let mut db = cx.keyspace.db(cx.db);
    let Some(zset) = db.zset(key, Touch::Yes)? else {
        cx.reply.empty_array();
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let each = replies_each(&cx.reply, scores);
    let reply = &mut cx.reply;
    if count < 0 {
        reply.array(wanted.saturating_mul(each));
        for _ in 0..wanted {
            if let Some(scored) = zset.get(cx.rng.index(zset.len())) {
                reply_scored(reply, scored, scores);
            }
            if reply.is_over() {
                break;
            }
        }
        return Ok(Flow::Done);
    }
    let wanted = wanted.min(zset.len());
    reply.array(wanted * each);
    if wanted == zset.len() {
        let all = zset.walk_back(Span::Ranks(0..wanted));
        all.for_each(|scored| reply_scored(reply, scored, scores));
        return Ok(Flow::Done);
    }
    for rank in distinct_ranks(cx.rng, wanted, zset) {
        if let Some(scored) = zset.get(rank) {
            reply_scored(reply, scored, scores);
        }
    }
    Ok(Flow::Done)
}

/// Draws `wanted` different ranks, each choice equally likely.
fn distinct_ranks(rng: &mut russet_base::Rng, wanted: usize, zset: ZsetRef<'_>) -> Vec<usize> {
    // Floyd's way: the last ranks stand in for those drawn twice.
    let (mut chosen, mut ranks) = (BTreeSet::new(), Vec::with_capacity(wanted));
    for last in zset.len() - wanted..zset.len() {
        let drawn = rng.index(last + 1);
        let rank = if chosen.insert(drawn) { drawn } else { last };
        chosen.insert(rank);
        ranks.push(rank);
    }
    rng.shuffle(&mut ranks);
    ranks
}

/// `ZSCAN key cursor [MATCH pattern] [COUNT count] [NOSCORES]`.
pub(super) fn zscan(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let cursor = walk::cursor(&args[2])?;
    let key = &args[1];
    let mut db = cx.keyspace.db(cx.db);
    let Some(zset) = db.zset(key, Touch::Yes)? else {
        walk::write_empty(&mut cx.reply);
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let wish = Wish::read_scored(args)?;
    walk::write(&mut cx.reply, |reply| {
        let mut len = 0;
        let next = zset.scan(cursor, wish.page.count, &mut |scored| {
            let mut digits = I64Buf::new();
            if !wish
                .page
                .pattern
                .matches(scored.member.as_bytes(&mut digits))
            {
                return;
            }
            reply_member(reply, scored.member);
            len += 1;
            if !wish.without_values {
                // COMPAT: a score has as many digits here as are in memory, and is no double.
                let mut buf = F64Buf::new();
                reply.bulk(match zset.listpack() {
                    Some(_) => format_f64(scored.score, &mut buf).as_bytes(),
                    None => format_f64_17g(scored.score, &mut buf).as_bytes(),
                });
                len += 1;
            }
        });
        (next, len)
    });
    Ok(Flow::Done)
}

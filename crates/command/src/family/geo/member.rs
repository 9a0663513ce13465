//! Members at positions: GEOADD, GEODIST, GEOHASH, GEOPOS.
//!
//! Always true: a position is the score of a member, so GEOADD is recorded as the ZADD that it is.
//! Not here: members near a position — `search.rs`.

use russet_base::num::{I64Buf, format_i64};
use russet_engine::{AddPresence, Touch, ZsetAdd};
use russet_resp::{ArgBuf, Args};
use smallvec::SmallVec;

use super::cell::Position;
use super::shape;
use super::unit::{metres, position, reply_distance, reply_position};
use crate::args::is_word;
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;
use crate::family::sorted_set::add;

/// `GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]`.
pub(super) fn geoadd(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (mut is_new_only, mut is_old_only, mut counts_changes) = (false, false, false);
    let mut first = 2;
    while let Some(word) = args.get(first) {
        match () {
            () if is_word(word, "NX") => is_new_only = true,
            () if is_word(word, "XX") => is_old_only = true,
            () if is_word(word, "CH") => counts_changes = true,
            () => break,
        }
        first += 1;
    }
    let triples = args.skip(first);
    let is_odd = triples.is_empty() || !triples.len().is_multiple_of(3);
    if is_odd || is_new_only && is_old_only {
        return Err(CommandError::Syntax);
    }
    let mut items = SmallVec::<[(f64, &[u8]); 4]>::new();
    let arg = |at: usize| triples.get(at).unwrap_or_default();
    for at in (0..triples.len()).step_by(3) {
        let position = position(arg(at), arg(at + 1))?;
        items.push((position.score(), arg(at + 2)));
    }
    let presence = match (is_new_only, is_old_only) {
        (true, _) => AddPresence::Absent,
        (_, true) => AddPresence::Present,
        _ => AddPresence::Any,
    };
    let how = ZsetAdd {
        presence,
        ..ZsetAdd::default()
    };
    add::put(cx, &args[1], &items, how, counts_changes)?;
    if cx.effects.recording && cx.effects.dirty > 0 {
        let mut request = ArgBuf::from_slices(&[b"ZADD"]);
        (1..first).for_each(|at| request.push(&args[at]));
        let mut digits = I64Buf::new();
        for (score, member) in items {
            request.push(format_i64(score as i64, &mut digits));
            request.push(member);
        }
        cx.propagate_as(request.args());
    }
    Ok(Flow::Done)
}

/// `GEODIST key member1 member2 [M | KM | FT | MI]`.
pub(super) fn geodist(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let unit = match args.len() {
        4 => 1.0,
        5 => metres(&args[4])?,
        _ => return Err(CommandError::Syntax),
    };
    let key = &args[1];
    let mut db = cx.keyspace.db(cx.db);
    let Some(zset) = db.zset(key, Touch::Yes)? else {
        cx.reply.null();
        cx.miss(key);
        return Ok(Flow::Done);
    };
    match (zset.score(&args[2]), zset.score(&args[3])) {
        (Some(a), Some(b)) => {
            let distance = shape::distance(Position::of_score(a), Position::of_score(b));
            reply_distance(&mut cx.reply, distance / unit);
        }
        _ => cx.reply.null(),
    }
    Ok(Flow::Done)
}

/// `GEOHASH key [member ...]`.
pub(super) fn geohash(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_positions(cx, args, |cx, position| match position {
        Some(position) => cx.reply.bulk(&position.geohash()),
        None => cx.reply.null(),
    })
}

/// `GEOPOS key [member ...]`.
pub(super) fn geopos(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_positions(cx, args, |cx, position| match position {
        Some(position) => reply_position(&mut cx.reply, position),
        None => cx.reply.null_array(),
    })
}

fn reply_positions(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    write: fn(&mut Ctx<'_>, Option<Position>),
) -> Result<Flow, CommandError> {
    let key = &args[1];
    let members = args.skip(2);
    let mut db = cx.keyspace.db(cx.db);
    let zset = db.zset(key, Touch::Yes)?;
    let scores: Option<Vec<Option<f64>>> =
        zset.map(|zset| members.iter().map(|member| zset.score(member)).collect());
    cx.reply.array(members.len());
    for at in 0..members.len() {
        let score = scores.as_ref().and_then(|scores| scores[at]);
        write(cx, score.map(Position::of_score));
    }
    if scores.is_none() {
        cx.miss(key);
    }
    Ok(Flow::Done)
}

//! Several sets at once: SINTER, SUNION, SDIFF, what stores their results, and what counts them.
//!
//! Always true: all keys are looked up, and their types checked, before anything is written; a
//! destination may be among the sources.

use russet_engine::{Db, Encoding, NewSet, Touch};
use russet_resp::{Args, Reply};

use super::algebra::{
    Sets, Subtraction, intersect, intersection_begins, result_begins, subtract_asking,
    subtract_removing, unite,
};
use super::replies::{reply_member, reply_members};
use crate::args::{Cursor, integer, positive};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// `SINTER key [key ...]`.
pub(super) fn sinter(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    check(cx, args.skip(1))?;
    let db = cx.keyspace.db(cx.db);
    let sets = sets(&db, args.skip(1))?;
    let begun = cx.reply.begin_set();
    let mut len = 0;
    intersect(&sets, |member| {
        len += 1;
        reply_member(&mut cx.reply, member);
        true
    });
    cx.reply.end_set(begun, len);
    Ok(Flow::Done)
}

/// `SINTERSTORE destination key [key ...]`.
pub(super) fn sinterstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    check(cx, args.skip(2))?;
    let db = cx.keyspace.db(cx.db);
    let sets = sets(&db, args.skip(2))?;
    let mut result = db.new_set(intersection_begins(&sets));
    intersect(&sets, |member| result.add(member));
    result.pack_integers();
    drop(sets);
    store(cx, &args[1], result, "sinterstore");
    Ok(Flow::Done)
}

/// `SUNION key [key ...]`.
pub(super) fn sunion(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    check(cx, args.skip(1))?;
    let db = cx.keyspace.db(cx.db);
    let sets = sets(&db, args.skip(1))?;
    let mut result = db.new_set(result_begins(&sets));
    unite(&sets, &mut result, usize::MAX);
    reply_new(&mut cx.reply, &result);
    Ok(Flow::Done)
}

/// `SUNIONSTORE destination key [key ...]`.
pub(super) fn sunionstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    check(cx, args.skip(2))?;
    let db = cx.keyspace.db(cx.db);
    let sets = sets(&db, args.skip(2))?;
    let mut result = db.new_set(Encoding::Intset);
    unite(&sets, &mut result, usize::MAX);
    drop(sets);
    store(cx, &args[1], result, "sunionstore");
    Ok(Flow::Done)
}

/// `SDIFF key [key ...]`.
pub(super) fn sdiff(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    check(cx, args.skip(1))?;
    let db = cx.keyspace.db(cx.db);
    let sets = sets(&db, args.skip(1))?;
    if Subtraction::of(&sets) == Subtraction::Remove {
        let mut result = db.new_set(result_begins(&sets));
        subtract_removing(&sets, &mut result);
        reply_new(&mut cx.reply, &result);
        return Ok(Flow::Done);
    }
    let begun = cx.reply.begin_set();
    let mut len = 0;
    subtract_asking(&sets, |member| {
        len += 1;
        reply_member(&mut cx.reply, member);
        true
    });
    cx.reply.end_set(begun, len);
    Ok(Flow::Done)
}

/// `SDIFFSTORE destination key [key ...]`.
pub(super) fn sdiffstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    check(cx, args.skip(2))?;
    let db = cx.keyspace.db(cx.db);
    let sets = sets(&db, args.skip(2))?;
    let mut result = db.new_set(Encoding::Intset);
    match Subtraction::of(&sets) {
        Subtraction::Ask => subtract_asking(&sets, |member| result.add(member)),
        Subtraction::Remove => subtract_removing(&sets, &mut result),
    }
    drop(sets);
    store(cx, &args[1], result, "sdiffstore");
    Ok(Flow::Done)
}

/// `SINTERCARD numkeys key [key ...] [LIMIT limit]`.
pub(super) fn sintercard(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (keys, limit) = read_counted(args, Approximate::No)?;
    check(cx, keys)?;
    let db = cx.keyspace.db(cx.db);
    let mut count = 0;
    intersect(&sets(&db, keys)?, |_| {
        count += 1;
        count < limit
    });
    cx.reply.count(count);
    Ok(Flow::Done)
}

/// `SUNIONCARD numkeys key [key ...] [APPROX] [LIMIT limit]`: an exact count is the best
/// approximation.
pub(super) fn sunioncard(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (keys, limit) = read_counted(args, Approximate::Maybe)?;
    check(cx, keys)?;
    let db = cx.keyspace.db(cx.db);
    let sets = sets(&db, keys)?;
    let count = match sets.as_slice() {
        [Some(only)] => only.len().min(limit),
        _ => {
            let mut result = db.new_set(result_begins(&sets));
            unite(&sets, &mut result, limit);
            result.len()
        }
    };
    cx.reply.count(count);
    Ok(Flow::Done)
}

/// `SDIFFCARD numkeys key [key ...] [LIMIT limit]`.
pub(super) fn sdiffcard(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (keys, limit) = read_counted(args, Approximate::No)?;
    check(cx, keys)?;
    let db = cx.keyspace.db(cx.db);
    let mut count = 0;
    subtract_asking(&sets(&db, keys)?, |_| {
        count += 1;
        count < limit
    });
    cx.reply.count(count);
    Ok(Flow::Done)
}

/// Whether a count may be told to be approximate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Approximate {
    No,
    Maybe,
}

/// Reads `numkeys key [key ...] [LIMIT limit]`: the keys, and a limit that is not zero.
fn read_counted(
    args: Args<'_>,
    approximate: Approximate,
) -> Result<(Args<'_>, usize), CommandError> {
    let count = integer(&args[1])
        .ok()
        .and_then(|count| usize::try_from(count).ok());
    let count = count
        .filter(|count| *count > 0)
        .ok_or(CommandError::NumkeysNotPositive)?;
    if count > args.len() - 2 {
        return Err(CommandError::NumkeysTooMany);
    }
    let mut limit = 0;
    let mut rest = Cursor::new(args, 2 + count);
    while rest.has_more() {
        if let Some(value) = rest.eat_valued("LIMIT") {
            limit = positive(value).map_err(|_| CommandError::LimitNegative)?;
        } else if approximate == Approximate::No || !rest.eat("APPROX") {
            return Err(CommandError::Syntax);
        }
    }
    let limit = match usize::try_from(limit) {
        Ok(0) | Err(_) => usize::MAX,
        Ok(limit) => limit,
    };
    Ok((args.slice(2..2 + count), limit))
}

/// Uses the keys, each a set or absent.
fn check(cx: &mut Ctx<'_>, keys: Args<'_>) -> Result<(), CommandError> {
    for key in keys {
        if cx.db().read_set(key, Touch::Yes)?.is_none() {
            cx.miss(key);
        }
    }
    Ok(())
}

/// The sets of keys that were checked, all borrowed at once.
fn sets<'d>(db: &'d Db<'_>, keys: Args<'_>) -> Result<Sets<'d>, CommandError> {
    keys.iter().map(|key| Ok(db.peek_set(key)?)).collect()
}

fn reply_new(reply: &mut Reply<'_>, result: &NewSet) {
    match result.view() {
        Some(set) => reply_members(reply, set),
        None => reply.set(0),
    }
}

/// Gives the destination a result; an empty one removes it.
fn store(cx: &mut Ctx<'_>, target: &[u8], result: NewSet, event: &'static str) {
    let len = result.len();
    let mut db = cx.keyspace.db(cx.db);
    let existed = db.contains(target);
    db.store_set(target, result);
    if len > 0 {
        if !existed {
            cx.notify(NotifyClass::NEW, "new", target);
        }
        cx.dirty(1);
        cx.notify(NotifyClass::SET, event, target);
    } else if existed {
        cx.dirty(1);
        cx.notify(NotifyClass::GENERIC, "del", target);
    }
    cx.reply.count(len);
}

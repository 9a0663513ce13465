//! Setting and removing fields: HSET, HMSET, HSETNX, HDEL.
//!
//! Always true: a field that is set has no deadline afterwards.
//! Not here: setting with a deadline — `both.rs`; numbers — `counter.rs`.

use russet_engine::{FieldTtl, HashMut};
use russet_resp::Args;

use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// `HSET key field value [field value …]`.
pub(super) fn hset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let created = set_pairs(cx, args, "hset")?;
    cx.reply.count(created);
    Ok(Flow::Done)
}

/// `HMSET key field value [field value …]`.
pub(super) fn hmset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    set_pairs(cx, args, "hmset")?;
    cx.reply.ok();
    Ok(Flow::Done)
}

/// Sets pairs and says how many fields are new.
#[inline]
fn set_pairs(cx: &mut Ctx<'_>, args: Args<'_>, name: &'static str) -> Result<usize, CommandError> {
    if !args.len().is_multiple_of(2) {
        return Err(CommandError::WrongArity(name.into()));
    }
    let (key, pairs) = (&args[1], args.skip(2));
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.hash_mut((hash, key))?;
    let is_new = target.is_empty();
    let created = store(&mut target, pairs, FieldTtl::Clear);
    cx.dirty(pairs.len() as u64 / 2);
    if is_new {
        cx.notify(NotifyClass::NEW, "new", key);
    }
    cx.notify(NotifyClass::HASH, "hset", key);
    Ok(created)
}

/// Sets pairs of a hash and says how many fields are new.
#[inline]
pub(super) fn store(target: &mut HashMut<'_>, pairs: Args<'_>, ttl: FieldTtl) -> usize {
    let pairs = (0..pairs.len() / 2).map(|at| (&pairs[2 * at], &pairs[2 * at + 1]));
    target.set_all(pairs, ttl)
}

/// `HSETNX key field value`.
pub(super) fn hsetnx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, field) = (&args[1], &args[2]);
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.hash_mut((hash, key))?;
    if target.get(field).is_some() {
        cx.reply.integer(0);
        return Ok(Flow::Done);
    }
    // What is recorded sets the field only where it is not stored.
    target.expire_among(std::iter::once(field));
    let is_new = target.is_empty();
    store(&mut target, args.skip(2), FieldTtl::Clear);
    cx.dirty(1);
    if is_new {
        cx.notify(NotifyClass::NEW, "new", key);
    }
    cx.notify(NotifyClass::HASH, "hset", key);
    cx.reply.integer(1);
    Ok(Flow::Done)
}

/// `HDEL key field [field …]`; COMPAT: a field that is due but not removed yet counts.
pub(super) fn hdel(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.hash_mut((hash, key))?;
    target.expire_among(args.skip(2).iter());
    let removed = args.skip(2).iter().filter(|field| target.remove(field));
    let removed = removed.count();
    let is_gone = target.is_empty();
    if removed > 0 {
        cx.dirty(removed as u64);
        tell_removed(cx, key, is_gone);
    }
    cx.reply.count(removed);
    Ok(Flow::Done)
}

/// Tells of fields that were removed, and of the key if it went with them.
pub(super) fn tell_removed(cx: &mut Ctx<'_>, key: &[u8], is_gone: bool) {
    cx.notify(NotifyClass::HASH, "hdel", key);
    if is_gone {
        cx.notify(NotifyClass::GENERIC, "del", key);
    }
}

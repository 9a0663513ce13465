//! Members one by one: SADD, SREM, SCARD, SISMEMBER, SMISMEMBER, SMEMBERS, SMOVE.
//!
//! Always true: what adds nothing and removes nothing is no change and no event.

use russet_engine::{SetRef, Touch};
use russet_resp::Args;

use super::replies::reply_members;
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// `SADD key member [member ...]`.
pub(super) fn sadd(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut set = db.set_mut((hash, key))?;
    let is_new = set.is_empty();
    let added = set.add_all(args.skip(2).iter());
    if is_new {
        cx.notify(NotifyClass::NEW, "new", key);
    }
    if added > 0 {
        cx.dirty(added as u64);
        cx.notify(NotifyClass::SET, "sadd", key);
    }
    cx.reply.count(added);
    Ok(Flow::Done)
}

/// `SREM key member [member ...]`.
pub(super) fn srem(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut set = db.set_mut((hash, key))?;
    let removed = args
        .skip(2)
        .iter()
        .filter(|member| set.remove(member))
        .count();
    let is_gone = set.is_empty();
    if removed > 0 {
        cx.dirty(removed as u64);
        cx.notify(NotifyClass::SET, "srem", key);
        if is_gone {
            cx.notify(NotifyClass::GENERIC, "del", key);
        }
    }
    cx.reply.count(removed);
    Ok(Flow::Done)
}

/// `SCARD key`.
pub(super) fn scard(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let len = with_set(cx, &args[1], |set| set.len())?;
    cx.reply.count(len.unwrap_or(0));
    Ok(Flow::Done)
}

/// `SISMEMBER key member`.
pub(super) fn sismember(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let found = with_set(cx, &args[1], |set| set.contains(&args[2]))?;
    cx.reply.integer(i64::from(found.unwrap_or(false)));
    Ok(Flow::Done)
}

/// `SMISMEMBER key member [member ...]`.
pub(super) fn smismember(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let members = args.skip(2);
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let value = db.read((hash, key), Touch::Yes);
    let set = value.map(|value| value.set()).transpose()?;
    cx.reply.array(members.len());
    for member in members {
        let found = set.is_some_and(|set| set.contains(member));
        cx.reply.integer(i64::from(found));
    }
    if set.is_none() {
        cx.miss(key);
    }
    Ok(Flow::Done)
}

/// `SMEMBERS key`.
pub(super) fn smembers(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    match db.read((hash, key), Touch::Yes) {
        Some(value) => reply_members(&mut cx.reply, value.set()?),
        None => {
            cx.reply.set(0);
            cx.miss(key);
        }
    }
    Ok(Flow::Done)
}

/// `SMOVE source destination member`.
pub(super) fn smove(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (source, target, member) = (&args[1], &args[2], &args[3]);
    let mut db = cx.keyspace.db(cx.db);
    let set = db.set_mut(source)?;
    if set.is_empty() {
        cx.reply.integer(0);
        return Ok(Flow::Done);
    }
    let is_member = set.view().is_some_and(|set| set.contains(member));
    let is_new = db.set_mut(target)?.is_empty();
    if source == target || !is_member {
        cx.reply.integer(i64::from(is_member));
        return Ok(Flow::Done);
    }
    let mut set = db.set_mut(source)?;
    set.remove(member);
    let is_gone = set.is_empty();
    let is_added = db.set_mut(target)?.add(member);
    cx.dirty(1 + u64::from(is_added));
    cx.notify(NotifyClass::SET, "srem", source);
    if is_gone {
        cx.notify(NotifyClass::GENERIC, "del", source);
    }
    if is_new {
        cx.notify(NotifyClass::NEW, "new", target);
    }
    if is_added {
        cx.notify(NotifyClass::SET, "sadd", target);
    }
    cx.reply.integer(1);
    Ok(Flow::Done)
}

/// Looks at the set of the request's first key; tells of a miss when it is not there.
fn with_set<T>(
    cx: &mut Ctx<'_>,
    key: &[u8],
    look: impl FnOnce(SetRef<'_>) -> T,
) -> Result<Option<T>, CommandError> {
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    match db.read((hash, key), Touch::Yes) {
        Some(value) => Ok(Some(look(value.set()?))),
        None => {
            cx.miss(key);
            Ok(None)
        }
    }
}

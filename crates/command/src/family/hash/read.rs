//! Reading fields: HGET, HMGET, HEXISTS, HSTRLEN, HLEN, HGETALL, HKEYS, HVALS.
//!
//! Always true: the key is looked up once; nothing is copied but into the reply.
//! Not here: random fields and walks — `walk.rs`.

use russet_engine::{HashRef, StringRef, Touch};
use russet_resp::{Args, Reply};

use super::fields;
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;
use crate::family::string::value::reply_value;

/// `HGET key field`.
pub(super) fn hget(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    show_one(cx, args, |reply, value| match value {
        Some(value) => reply_value(reply, value),
        None => reply.null(),
    })
}

/// `HEXISTS key field`.
pub(super) fn hexists(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    show_one(cx, args, |reply, value| {
        reply.integer(i64::from(value.is_some()));
    })
}

/// `HSTRLEN key field`.
pub(super) fn hstrlen(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    show_one(cx, args, |reply, value| {
        reply.count(value.map_or(0, |value| value.len()));
    })
}

#[inline]
fn show_one(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    show: impl FnOnce(&mut Reply<'_>, Option<StringRef<'_>>),
) -> Result<Flow, CommandError> {
    let (key, field) = (&args[1], &args[2]);
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let Some(found) = db.hash_ref((hash, key), Touch::Yes)? else {
        show(&mut cx.reply, None);
        cx.miss(key);
        return Ok(Flow::Done);
    };
    show(&mut cx.reply, found.get(field));
    if found.is_overdue() {
        fields::expire(cx, (hash, key), args.skip(2));
    }
    Ok(Flow::Done)
}

/// `HMGET key field [field …]`.
pub(super) fn hmget(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, wanted) = (&args[1], args.skip(2));
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let found = db.hash_ref((hash, key), Touch::Yes)?;
    cx.reply.array(wanted.len());
    let Some(found) = found else {
        wanted.iter().for_each(|_| cx.reply.null());
        cx.miss(key);
        return Ok(Flow::Done);
    };
    for field in wanted.iter() {
        match found.get(field) {
            Some(value) => reply_value(&mut cx.reply, value),
            None => cx.reply.null(),
        }
    }
    if found.is_overdue() {
        fields::expire(cx, (hash, key), wanted);
    }
    Ok(Flow::Done)
}

/// `HLEN key`; COMPAT: fields that are due count until they are removed.
pub(super) fn hlen(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let len = match cx.keyspace.db(cx.db).hash_ref((hash, key), Touch::Yes)? {
        Some(found) => found.len(),
        None => {
            cx.miss(key);
            0
        }
    };
    cx.reply.count(len);
    Ok(Flow::Done)
}

/// `HGETALL key`.
pub(super) fn hgetall(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    show_all(cx, &args[1], All::Pairs)
}

/// `HKEYS key`.
pub(super) fn hkeys(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    show_all(cx, &args[1], All::Fields)
}

/// `HVALS key`.
pub(super) fn hvals(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    show_all(cx, &args[1], All::Values)
}

/// The part of all fields that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum All {
    Pairs,
    Fields,
    Values,
}

fn show_all(cx: &mut Ctx<'_>, key: &[u8], what: All) -> Result<Flow, CommandError> {
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    match db.hash_ref((hash, key), Touch::Yes)? {
        Some(found) => write_all(&mut cx.reply, found, what),
        None if what == All::Pairs => {
            cx.reply.map(0);
            cx.miss(key);
        }
        None => {
            cx.reply.empty_array();
            cx.miss(key);
        }
    }
    Ok(Flow::Done)
}

fn write_all(reply: &mut Reply<'_>, found: HashRef<'_>, what: All) {
    let mut len = 0;
    let begun = match what {
        All::Pairs => reply.begin_map(),
        All::Fields | All::Values => reply.begin_array(),
    };
    found.each(|shown| {
        if what != All::Values {
            reply_value(reply, shown.field);
        }
        if what != All::Fields {
            reply_value(reply, shown.value);
        }
        len += 1;
    });
    match what {
        All::Pairs => reply.end_map(begun, len),
        All::Fields | All::Values => reply.end_array(begun, len),
    }
}

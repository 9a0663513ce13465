//! Numbers in fields: HINCRBY, HINCRBYFLOAT.
//!
//! Always true: a counter keeps its deadline; a sum that does not fit changes nothing.

use russet_base::num::{I64Buf, LongDouble, format_i64};
use russet_engine::{FieldTtl, StringRef};
use russet_resp::Args;

use crate::args::integer;
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;
use crate::family::string::counter::float_of;
use crate::family::string::value::integer_of;

/// `HINCRBY key field increment`.
pub(super) fn hincrby(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, field) = (&args[1], &args[2]);
    let increment = integer(&args[3])?;
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.hash_mut((hash, key))?;
    let is_new = target.is_empty();
    let number = match target.get(field) {
        Some(value) => integer_of(value).map_err(|_| CommandError::HashNotInteger)?,
        None => 0,
    };
    let sum = number
        .checked_add(increment)
        .ok_or(CommandError::IncrementOverflow)?;
    let mut digits = I64Buf::new();
    target.set(field, format_i64(sum, &mut digits), FieldTtl::Keep);
    cx.dirty(1);
    if is_new {
        cx.notify(NotifyClass::NEW, "new", key);
    }
    cx.notify(NotifyClass::HASH, "hincrby", key);
    cx.reply.integer(sum);
    Ok(Flow::Done)
}

/// `HINCRBYFLOAT key field increment`; recorded as the sum, so that replicas need not agree on
/// floating point.
pub(super) fn hincrbyfloat(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, field) = (&args[1], &args[2]);
    let increment = LongDouble::parse(&args[3]).ok_or(CommandError::NotFloat)?;
    if increment.is_infinite() {
        return Err(CommandError::FloatInfinite);
    }
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.hash_mut((hash, key))?;
    let is_new = target.is_empty();
    let value = target.get(field).unwrap_or(StringRef::Int(0));
    let number = float_of(value).ok_or(CommandError::HashNotFloat)?;
    let sum = number
        .checked_add(increment)
        .ok_or(CommandError::IncrementNan)?
        .to_text();
    target.set(field, &sum, FieldTtl::Keep);
    let has_deadline = target.deadline(field).flatten().is_some();
    if has_deadline {
        cx.propagate_as(&[b"HSETEX", key, b"KEEPTTL", b"FIELDS", b"1", field, &sum]);
    } else {
        cx.propagate_as(&[b"HSET", key, field, &sum]);
    }
    cx.dirty(1);
    if is_new {
        cx.notify(NotifyClass::NEW, "new", key);
    }
    cx.notify(NotifyClass::HASH, "hincrbyfloat", key);
    cx.reply.bulk(&sum);
    Ok(Flow::Done)
}

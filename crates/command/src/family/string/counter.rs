//! Numbers in values: INCR, DECR, INCRBY, DECRBY, INCRBYFLOAT.
//!
//! Always true: a counter keeps its deadline; a sum that does not fit changes nothing.
//! Not here: bounds and deadlines in the same step — `increx.rs`.

use russet_base::num::LongDouble;
use russet_engine::{Entry, NewValue, StringRef};
use russet_resp::Args;

use super::value::integer_of;
use crate::args::integer;
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// `INCR key`.
pub(super) fn incr(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    add(cx, &args[1], 1)
}

/// `DECR key`.
pub(super) fn decr(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    add(cx, &args[1], -1)
}

/// `INCRBY key increment`.
pub(super) fn incrby(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    add(cx, &args[1], integer(&args[2])?)
}

/// `DECRBY key decrement`.
pub(super) fn decrby(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let negated = integer(&args[2])?
        .checked_neg()
        .ok_or(CommandError::DecrementOverflow)?;
    add(cx, &args[1], negated)
}

#[inline]
fn add(cx: &mut Ctx<'_>, key: &[u8], increment: i64) -> Result<Flow, CommandError> {
    let hash = cx.hash_of_first(key);
    let sum = match cx.keyspace.db(cx.db).entry((hash, key)) {
        Entry::Occupied(mut entry) => {
            let number = match entry.string()? {
                StringRef::Int(number) => number,
                text => integer_of(text)?,
            };
            let Some(sum) = number.checked_add(increment) else {
                return Err(CommandError::IncrementOverflow);
            };
            entry.set(NewValue::Int(sum));
            sum
        }
        Entry::Vacant(entry) => {
            entry.insert(NewValue::Int(increment), None);
            cx.notify(NotifyClass::NEW, "new", key);
            increment
        }
    };
    cx.dirty(1);
    cx.notify(NotifyClass::STRING, "incrby", key);
    cx.reply.integer(sum);
    Ok(Flow::Done)
}

/// `INCRBYFLOAT key increment`; recorded as `SET key sum KEEPTTL`, so that replicas need not agree
/// on floating point.
pub(super) fn incrbyfloat(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, increment) = (&args[1], LongDouble::parse(&args[2]));
    let sum = match cx.keyspace.db(cx.db).entry(key) {
        Entry::Occupied(mut entry) => {
            let number = float_of(entry.string()?).ok_or(CommandError::NotFloat)?;
            let sum = sum_of(number, increment)?;
            entry.set(NewValue::Text(&sum));
            sum
        }
        Entry::Vacant(entry) => {
            let sum = sum_of(LongDouble::from_i64(0), increment)?;
            entry.insert(NewValue::Text(&sum), None);
            cx.notify(NotifyClass::NEW, "new", key);
            sum
        }
    };
    cx.propagate_as(&[b"SET", key, &sum, b"KEEPTTL"]);
    cx.dirty(1);
    cx.notify(NotifyClass::STRING, "incrbyfloat", key);
    cx.reply.bulk(&sum);
    Ok(Flow::Done)
}

/// The text of a sum; the increment is only now complained about, the value comes first.
fn sum_of(number: LongDouble, increment: Option<LongDouble>) -> Result<Vec<u8>, CommandError> {
    let increment = increment.ok_or(CommandError::NotFloat)?;
    let sum = number
        .checked_add(increment)
        .ok_or(CommandError::IncrementNan)?;
    Ok(sum.to_text())
}

/// A value as a floating point number.
pub(in crate::family) fn float_of(value: StringRef<'_>) -> Option<LongDouble> {
    match value {
        StringRef::Int(n) => Some(LongDouble::from_i64(n)),
        StringRef::Bytes(bytes) => LongDouble::parse(bytes),
        StringRef::Shared(bytes) => LongDouble::parse(bytes),
    }
}

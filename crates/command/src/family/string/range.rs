//! Parts of values: APPEND, GETRANGE (once SUBSTR), SETRANGE.
//!
//! Always true: a value never grows beyond `proto-max-bulk-len`; only what is stored is allocated.
//! Not here: bits — the bitmap family.

use russet_engine::{Entry, NewValue, StringRef, Touch};
use russet_resp::{Args, SHARED_LEN_MIN};

use super::value::new_value;
use crate::args::integer;
use crate::ctx::{Ctx, Flow, Settings};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// `APPEND key value`.
pub(super) fn append(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, value) = (&args[1], &args[2]);
    let len = match cx.keyspace.db(cx.db).entry(key) {
        Entry::Occupied(mut entry) => {
            let len_now = entry.string()?.len();
            check_len(cx.settings, len_now as u64, value)?;
            entry.append(value)?
        }
        Entry::Vacant(entry) => {
            entry.insert(new_value(args, 2), None);
            cx.notify(NotifyClass::NEW, "new", key);
            value.len()
        }
    };
    cx.dirty(1);
    cx.notify(NotifyClass::STRING, "append", key);
    cx.reply.count(len);
    Ok(Flow::Done)
}

/// `GETRANGE key start end`; SUBSTR is its first name.
pub(super) fn getrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (start, end) = (integer(&args[2])?, integer(&args[3])?);
    let key = &args[1];
    let mut db = cx.keyspace.db(cx.db);
    let Some(value) = db.read(key, Touch::Yes) else {
        cx.reply.bulk(b"");
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let value = value.string()?;
    let (from, to) = clamp(start, end, value.len());
    match value {
        StringRef::Shared(bytes) if to - from >= SHARED_LEN_MIN => {
            cx.reply.bulk_shared(bytes.slice(from..to));
        }
        _ => cx.reply.bulk(&value.as_bytes()[from..to]),
    }
    Ok(Flow::Done)
}

/// `SETRANGE key offset value`.
pub(super) fn setrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let offset = integer(&args[2])?;
    let Ok(offset) = u64::try_from(offset) else {
        return Err(CommandError::OffsetRange);
    };
    let (key, value) = (&args[1], &args[3]);
    let mut is_new = false;
    let len = match cx.keyspace.db(cx.db).entry(key) {
        Entry::Occupied(mut entry) => {
            let len_now = entry.string()?.len();
            if value.is_empty() {
                cx.reply.count(len_now);
                return Ok(Flow::Done);
            }
            let end = check_len(cx.settings, offset, value)?;
            entry.string_mut(end)?[end - value.len()..end].copy_from_slice(value);
            end.max(len_now)
        }
        Entry::Vacant(_) if value.is_empty() => {
            cx.reply.integer(0);
            return Ok(Flow::Done);
        }
        Entry::Vacant(entry) => {
            let end = check_len(cx.settings, offset, value)?;
            let mut bytes = vec![0; end];
            bytes[end - value.len()..].copy_from_slice(value);
            entry.insert(owned_value(&mut bytes), None);
            is_new = true;
            end
        }
    };
    if is_new {
        cx.notify(NotifyClass::NEW, "new", key);
    }
    cx.dirty(1);
    cx.notify(NotifyClass::STRING, "setrange", key);
    cx.reply.count(len);
    Ok(Flow::Done)
}

/// A value that was built here: adopted when it is large, copied otherwise.
fn owned_value(bytes: &mut Vec<u8>) -> NewValue<'_> {
    match bytes.len() {
        0..SHARED_LEN_MIN => NewValue::Raw(bytes),
        _ => NewValue::Shared(std::mem::take(bytes).into()),
    }
}

/// Where the bytes end that are put at an offset, if a string may be so long.
fn check_len(settings: &Settings, offset: u64, value: &[u8]) -> Result<usize, CommandError> {
    offset
        .checked_add(value.len() as u64)
        .filter(|end| *end <= settings.string_len_max)
        .and_then(|end| usize::try_from(end).ok())
        .ok_or(CommandError::StringTooLong)
}

/// The bytes from `start` to `end`, both included and counted from the end when negative, as a
/// half-open range within `len`.
fn clamp(start: i64, end: i64, len: usize) -> (usize, usize) {
    // COMPAT: two negative indexes are compared as they are, before they are cut to the string.
    if start < 0 && end < 0 && start > end {
        return (0, 0);
    }
    let len_signed = i64::try_from(len).unwrap_or(i64::MAX);
    let absolute = |idx: i64| match idx < 0 {
        true => idx.saturating_add(len_signed).max(0),
        false => idx,
    };
    let (from, to) = (absolute(start), absolute(end).min(len_signed - 1));
    match from > to {
        true => (0, 0),
        // Both are within the string, hence fit.
        false => (from as usize, to as usize + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::clamp;

    #[test]
    fn indexes_are_cut_to_the_string() {
        let cases: &[(i64, i64, usize, (usize, usize))] = &[
            (0, 3, 11, (0, 4)),
            (0, -1, 11, (0, 11)),
            (-4, -1, 11, (7, 11)),
            (5, 3, 11, (0, 0)),
            (5, 5000, 11, (5, 11)),
            (-5000, 10000, 11, (0, 11)),
            (0, -100, 11, (0, 1)),
            (1, -100, 11, (0, 0)),
            (-1, -100, 11, (0, 0)),
            (-100, -99, 11, (0, 1)),
            (-100, -101, 11, (0, 0)),
            (11, 11, 11, (0, 0)),
            (i64::MIN, i64::MAX, 11, (0, 11)),
            (i64::MIN, i64::MIN, 11, (0, 1)),
            (i64::MAX, i64::MAX, 11, (0, 0)),
            (0, -1, 0, (0, 0)),
            (-1, -1, 0, (0, 0)),
            (i64::MIN, i64::MIN, 0, (0, 0)),
        ];
        for &(start, end, len, expected) in cases {
            assert_eq!(clamp(start, end, len), expected, "{start} {end} of {len}");
        }
    }
}

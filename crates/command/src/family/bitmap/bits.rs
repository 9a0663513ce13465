//! Single bits: SETBIT, GETBIT.
//!
//! Always true: a SETBIT that changes nothing is no change and no event.

use russet_base::num::parse_i64;
use russet_engine::Touch;
use russet_resp::Args;

use super::value::{bit_offset, change};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// `SETBIT key offset value`.
pub(super) fn setbit(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let offset = bit_offset(cx.settings, &args[2])?;
    let value = match parse_i64(&args[3]) {
        Some(0) => 0,
        Some(1) => 1,
        _ => return Err(CommandError::BitValue),
    };
    let key = &args[1];
    let at = index(offset).ok_or(CommandError::BitOffset)?;
    let shift = 7 - (offset & 7);
    let changed = change(cx, key, at + 1, |bytes| {
        let before = bytes[at] >> shift & 1;
        bytes[at] ^= (before ^ value) << shift;
        (before, before != value)
    })?;
    if changed.has_grown || changed.answer != value {
        cx.dirty(1);
        cx.notify(NotifyClass::STRING, "setbit", key);
    }
    cx.reply.integer(i64::from(changed.answer));
    Ok(Flow::Done)
}

/// `GETBIT key offset`.
pub(super) fn getbit(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let offset = bit_offset(cx.settings, &args[2])?;
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let Some(value) = db.read((hash, key), Touch::Yes) else {
        cx.reply.integer(0);
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let bytes = value.string()?.as_bytes();
    let byte = index(offset).and_then(|at| bytes.get(at));
    let bit = byte.map_or(0, |byte| byte >> (7 - (offset & 7)) & 1);
    cx.reply.integer(i64::from(bit));
    Ok(Flow::Done)
}

/// The byte that a bit is in.
fn index(offset: u64) -> Option<usize> {
    usize::try_from(offset >> 3).ok()
}

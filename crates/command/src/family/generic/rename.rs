//! RENAME, RENAMENX, COPY, MOVE: a value finds itself under another key or in another database.
//!
//! Always true: the deadline goes with the value.

use russet_engine::{Entry, Touch};
use russet_resp::Args;

use crate::args::Cursor;
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;
use crate::family::database::database_index;

pub(super) fn rename(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (from, to) = (&args[1], &args[2]);
    let present = match from == to {
        true => is_there(cx, from),
        false => give_name(cx, from, to),
    };
    if !present {
        return Err(CommandError::NoSuchKey);
    }
    cx.reply.ok();
    Ok(Flow::Done)
}

pub(super) fn renamenx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (from, to) = (&args[1], &args[2]);
    if !is_there(cx, from) {
        return Err(CommandError::NoSuchKey);
    }
    let renamed = !cx.db().contains(to) && give_name(cx, from, to);
    cx.reply.integer(i64::from(renamed));
    Ok(Flow::Done)
}

/// Whether a key exists, which is a use of it.
fn is_there(cx: &mut Ctx<'_>, key: &[u8]) -> bool {
    matches!(cx.db().entry(key), Entry::Occupied(_))
}

/// Renames a key; false when it is absent.
fn give_name(cx: &mut Ctx<'_>, from: &[u8], to: &[u8]) -> bool {
    let renamed = cx.db().rename(from, to);
    if renamed {
        cx.dirty(1);
        cx.notify(NotifyClass::NEW, "new", to);
        cx.notify(NotifyClass::GENERIC, "rename_from", from);
        cx.notify(NotifyClass::GENERIC, "rename_to", to);
    }
    renamed
}

pub(super) fn copy(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (from, to) = (&args[1], &args[2]);
    let mut target = cx.db;
    let mut replace = false;
    let mut rest = Cursor::new(args, 3);
    while rest.has_more() {
        if rest.eat("REPLACE") {
            replace = true;
        } else if let Some(index) = rest.eat_valued("DB") {
            target = database_index(cx, index)?;
        } else {
            return Err(CommandError::Syntax);
        }
    }
    if target == cx.db && from == to {
        return Err(CommandError::SameObject);
    }
    if cx.db().read(from, Touch::Yes).is_none() {
        cx.miss(from);
        cx.reply.integer(0);
        return Ok(Flow::Done);
    }
    let copied = cx.keyspace.copy_key((cx.db, from), (target, to), replace);
    if copied {
        cx.dirty(1);
        cx.effects.notify(NotifyClass::NEW, "new", target, to);
        cx.effects
            .notify(NotifyClass::GENERIC, "copy_to", target, to);
    }
    cx.reply.integer(i64::from(copied));
    Ok(Flow::Done)
}

pub(super) fn move_to(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let target = database_index(cx, &args[2])?;
    if target == cx.db {
        return Err(CommandError::SameObject);
    }
    let moved = cx.keyspace.move_key(key, cx.db, target);
    if moved {
        cx.dirty(1);
        cx.effects.notify(NotifyClass::NEW, "new", target, key);
        cx.notify(NotifyClass::GENERIC, "move_from", key);
        cx.effects
            .notify(NotifyClass::GENERIC, "move_to", target, key);
    }
    cx.reply.integer(i64::from(moved));
    Ok(Flow::Done)
}

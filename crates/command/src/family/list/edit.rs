//! Changes within a list: LINSERT, LREM, LSET, LTRIM.
//!
//! Always true: a list that becomes empty is removed, with a `del` event.
//! Not here: its ends — `push.rs`, `pop.rs`.

use std::ops::ControlFlow;

use russet_engine::{End, Target};
use russet_resp::Args;

use super::element::{absolute, clamp};
use super::push::check_len;
use crate::args::{integer, is_word};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// `LINSERT key <BEFORE | AFTER> pivot element`.
pub(super) fn linsert(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let behind = match &args[2] {
        word if is_word(word, "AFTER") => 1,
        word if is_word(word, "BEFORE") => 0,
        _ => return Err(CommandError::Syntax),
    };
    let (key, pivot, element) = (&args[1], &args[3], &args[4]);
    check_len(element)?;
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut list = db.list_mut((hash, key))?;
    // COMPAT: the list is converted for an element that finds no place, too.
    list.grow(element.len());
    let Some(view) = list.view() else {
        cx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let pivot = Target::new(pivot);
    let mut index = 0;
    let found = view.walk(0, |found| match pivot.is(found) {
        true => ControlFlow::Break(()),
        false => {
            index += 1;
            ControlFlow::Continue(())
        }
    });
    if found.is_none() {
        cx.reply.integer(-1);
        return Ok(Flow::Done);
    }
    list.insert(index + behind, element);
    cx.reply.count(list.len());
    cx.dirty(1);
    cx.notify(NotifyClass::LIST, "linsert", key);
    Ok(Flow::Done)
}

/// `LSET key index element`.
pub(super) fn lset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, element) = (&args[1], &args[3]);
    check_len(element)?;
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut list = db.list_mut((hash, key))?;
    let len = list.len();
    if len == 0 {
        return Err(CommandError::NoSuchKey);
    }
    let index = integer(&args[2])?;
    // COMPAT: the list is converted for an element that finds no place, too.
    list.grow(element.len());
    let index = absolute(index, len).filter(|index| list.set(*index, element));
    if index.is_none() {
        return Err(CommandError::IndexRange);
    }
    cx.reply.ok();
    cx.dirty(1);
    cx.notify(NotifyClass::LIST, "lset", key);
    Ok(Flow::Done)
}

/// `LREM key count element`.
pub(super) fn lrem(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (from, count) = match integer(&args[2])? {
        i64::MIN => return Err(CommandError::CountRange),
        0 => (End::Front, u64::MAX),
        count if count < 0 => (End::Back, count.unsigned_abs()),
        count => (End::Front, count.unsigned_abs()),
    };
    let (key, element) = (&args[1], &args[3]);
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut list = db.list_mut((hash, key))?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let removed = list.remove_equal(from, element, count);
    let is_gone = list.is_empty();
    cx.reply.count(removed);
    if removed > 0 {
        cx.dirty(removed as u64);
        cx.notify(NotifyClass::LIST, "lrem", key);
        settle_gone(cx, key, is_gone);
    }
    Ok(Flow::Done)
}

/// `LTRIM key start stop`.
pub(super) fn ltrim(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (start, stop) = (integer(&args[2])?, integer(&args[3])?);
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut list = db.list_mut((hash, key))?;
    let len = list.len();
    cx.reply.ok();
    if len == 0 {
        return Ok(Flow::Done);
    }
    let (from, count) = clamp(start, stop, len);
    list.trim(from, count);
    let is_gone = list.is_empty();
    cx.dirty((len - count) as u64);
    cx.notify(NotifyClass::LIST, "ltrim", key);
    settle_gone(cx, key, is_gone);
    Ok(Flow::Done)
}

fn settle_gone(cx: &mut Ctx<'_>, key: &[u8], is_gone: bool) {
    if is_gone {
        cx.notify(NotifyClass::GENERIC, "del", key);
    }
}

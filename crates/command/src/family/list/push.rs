//! Elements that come: LPUSH, LPUSHX, RPUSH, RPUSHX.
//!
//! Always true: the key is looked up once.
//! Not here: elements that come from another list — `transfer.rs`.

use russet_engine::End;
use russet_resp::Args;

use super::element::push_event;
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// The longest element that there may be.
const ELEMENT_LEN_MAX: usize = u32::MAX as usize - 1023;

/// `LPUSH key element [element ...]`.
pub(super) fn lpush(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    push(cx, args, End::Front, false)
}

/// `RPUSH key element [element ...]`.
pub(super) fn rpush(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    push(cx, args, End::Back, false)
}

/// `LPUSHX key element [element ...]`.
pub(super) fn lpushx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    push(cx, args, End::Front, true)
}

/// `RPUSHX key element [element ...]`.
pub(super) fn rpushx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    push(cx, args, End::Back, true)
}

#[inline]
fn push(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    end: End,
    must_exist: bool,
) -> Result<Flow, CommandError> {
    let key = &args[1];
    let elements = args.skip(2);
    for element in elements {
        check_len(element)?;
    }
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut list = db.list_mut((hash, key))?;
    let is_new = list.is_empty();
    if is_new && must_exist {
        cx.reply.integer(0);
        return Ok(Flow::Done);
    }
    let len = list.push(end, elements);
    cx.reply.count(len);
    cx.dirty(elements.len() as u64);
    if is_new {
        cx.notify(NotifyClass::NEW, "new", key);
    }
    cx.notify(NotifyClass::LIST, push_event(end), key);
    Ok(Flow::Done)
}

/// Refuses an element that no list may hold.
#[inline]
pub(super) fn check_len(element: &[u8]) -> Result<(), CommandError> {
    match element.len() {
        0..=ELEMENT_LEN_MAX => Ok(()),
        _ => Err(CommandError::ElementTooLarge),
    }
}

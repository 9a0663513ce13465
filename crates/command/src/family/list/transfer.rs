//! Elements that go from one list to another: LMOVE, RPOPLPUSH, and BLMOVE, BRPOPLPUSH, which wait.
//!
//! Always true: the source changes only when the destination is a list, or is not there.
//! Not here: several elements at once — `movem.rs`.

use russet_engine::{End, Kind, Millis};
use russet_resp::Args;

use super::element::{copy_of, end_of, push_event, settle_pop};
use crate::args::timeout_seconds;
use crate::ctx::{Ctx, Flow, NoReply, Wait};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// `LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT>`.
pub(super) fn lmove(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let ends = (end_of(&args[3])?, end_of(&args[4])?);
    if !transfer(cx, args, ends)? {
        cx.reply.null();
    }
    Ok(Flow::Done)
}

/// `RPOPLPUSH source destination`.
pub(super) fn rpoplpush(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    if !transfer(cx, args, (End::Back, End::Front))? {
        cx.reply.null();
    }
    Ok(Flow::Done)
}

/// `BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout`.
pub(super) fn blmove(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let ends = (end_of(&args[3])?, end_of(&args[4])?);
    let deadline = timeout_seconds(&args[5], cx.now())?;
    if !transfer(cx, args, ends)? {
        return Ok(wait(cx, deadline));
    }
    cx.propagate_as(&[b"LMOVE", &args[1], &args[2], &args[3], &args[4]]);
    Ok(Flow::Done)
}

/// `BRPOPLPUSH source destination timeout`.
pub(super) fn brpoplpush(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let deadline = timeout_seconds(&args[3], cx.now())?;
    if !transfer(cx, args, (End::Back, End::Front))? {
        return Ok(wait(cx, deadline));
    }
    cx.propagate_as(&[b"RPOPLPUSH", &args[1], &args[2]]);
    Ok(Flow::Done)
}

/// Waits for the source, or says that there is nothing.
// COMPAT: where RESP2 tells them apart, it is a null that says so at once, and a null array later.
pub(super) fn wait(cx: &mut Ctx<'_>, deadline: Option<Millis>) -> Flow {
    if cx.may_block {
        let mut wait = Wait::new(1..2, Kind::List, deadline);
        wait.on_timeout = NoReply::NullArray;
        return Flow::block(wait);
    }
    cx.reply.null();
    Flow::Done
}

/// Moves an element and writes it; says whether there was one.
fn transfer(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    (from, to): (End, End),
) -> Result<bool, CommandError> {
    let (source, destination) = (&args[1], &args[2]);
    let hash = cx.hash_of_first(source);
    let mut db = cx.keyspace.db(cx.db);
    let list = db.list_mut((hash, source))?;
    let Some(element) = list.view().and_then(|view| {
        let index = match from {
            End::Front => 0,
            End::Back => view.len() - 1,
        };
        view.show(index, copy_of)
    }) else {
        return Ok(false);
    };
    let is_new = db.list_mut(destination)?.is_empty();
    if source == destination {
        db.list_mut((hash, source))?.rotate(from, to);
    } else {
        db.list_mut(destination)?.push(to, [&element[..]]);
        db.list_mut((hash, source))?.pop(from, 1, |_| {});
    }
    let is_gone = !db.contains(source);
    cx.reply.bulk(&element);
    if is_new {
        cx.notify(NotifyClass::NEW, "new", destination);
    }
    cx.notify(NotifyClass::LIST, push_event(to), destination);
    settle_pop(cx, source, from, 1, is_gone);
    Ok(true)
}

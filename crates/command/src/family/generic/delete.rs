//! DEL, UNLINK, EXISTS, TOUCH: many keys in, one count out.
//!
//! Always true: a key named twice counts twice as far as it is there both times.
//! Not here: what becomes of large values — the engine's garbage.

use russet_engine::Touch;
use russet_resp::Args;

use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// DEL and UNLINK: large values are freed elsewhere in either case.
pub(super) fn del(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut removed = 0;
    for key in args.skip(1) {
        if cx.db().remove(key) {
            cx.notify(NotifyClass::GENERIC, "del", key);
            removed += 1;
        }
    }
    cx.dirty(removed as u64);
    cx.reply.count(removed);
    Ok(Flow::Done)
}

pub(super) fn exists(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    count_present(cx, args, Touch::Counted)
}

pub(super) fn touch(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    // A client that leaves access clocks alone still means it when it says TOUCH.
    cx.keyspace.keep_clocks(false);
    count_present(cx, args, Touch::Yes)
}

fn count_present(cx: &mut Ctx<'_>, args: Args<'_>, touch: Touch) -> Result<Flow, CommandError> {
    let mut present = 0;
    for key in args.skip(1) {
        if cx.db().read(key, touch).is_some() {
            present += 1;
        } else {
            cx.miss(key);
        }
    }
    cx.reply.count(present);
    Ok(Flow::Done)
}

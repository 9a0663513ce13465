//! MULTI, EXEC, DISCARD, WATCH, UNWATCH.
//!
//! Always true: EXEC runs every command or none; nobody else's request runs in between.
//! Not here: the queue — `multi.rs`; watched keys — `watchers.rs`; running — `exec.rs`.

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::row::KeyFlags;
use russet_command::{CommandError, Family, Flags, Group, KeySpec};
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::exec::{self, discard};
use crate::open_unit::OpenUnit;

const ANYWHERE: Flags = Flags::NOSCRIPT.with(Flags::LOADING).with(Flags::STALE);
const ALWAYS: Flags = ANYWHERE.with(Flags::FAST).with(Flags::ALLOW_BUSY);

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Transactions,
    rows: &[
        Row::control("DISCARD", Exactly(1), discard_queued)
            .flags(ALWAYS.with(Flags::UNQUEUED))
            .since("2.0.0")
            .cost("O(N), when N is the number of queued commands")
            .does("Drops the commands queued since MULTI."),
        Row::control("EXEC", Exactly(1), exec)
            .flags(
                ANYWHERE
                    .with(Flags::SKIP_SLOWLOG)
                    .with(Flags::UNQUEUED)
                    .with(Flags::RUNS_QUEUED),
            )
            .since("1.2.0")
            .cost("Depends on commands in the transaction")
            .does("Runs the commands queued since MULTI as one."),
        Row::control("MULTI", Exactly(1), multi)
            .flags(ALWAYS.with(Flags::UNQUEUED))
            .since("1.2.0")
            .cost("O(1)")
            .does("Queues the commands that follow, until EXEC."),
        Row::control("UNWATCH", Exactly(1), unwatch)
            .flags(ALWAYS)
            .since("2.2.0")
            .cost("O(1)")
            .does("Forgets the keys that are watched."),
        Row::control("WATCH", AtLeast(2), watch)
            .takes("key [key ...]")
            .keys(&[KeySpec::range(1, -1, 1, KeyFlags::RO)])
            .flags(ALWAYS.with(Flags::UNQUEUED))
            .since("2.2.0")
            .cost("O(1) for every key.")
            .does("Lets the next EXEC run only if these keys have not changed."),
    ],
};
const _: () = FAMILY.check();

fn multi(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    if cx.session.multi().is_some() {
        return Err(CommandError::text("ERR MULTI calls can not be nested"));
    }
    cx.session.begin_multi();
    cx.ok()
}

fn discard_queued(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    if cx.session.multi().is_none() {
        return Err(CommandError::text("ERR DISCARD without MULTI"));
    }
    discard(cx.core, cx.session);
    cx.ok()
}

fn watch(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    if cx.session.multi().is_some() {
        return Err(CommandError::text("ERR WATCH inside MULTI is not allowed"));
    }
    cx.core.watch(cx.session.id, cx.session.db, args.skip(1));
    cx.ok()
}

fn unwatch(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.core.unwatch(cx.session.id);
    cx.ok()
}

fn exec(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let Some(multi) = cx.session.multi() else {
        return Err(CommandError::text("ERR EXEC without MULTI"));
    };
    let (is_doomed, count) = (multi.is_doomed, multi.count);
    let is_as_watched = cx.core.is_as_watched(cx.session.id);
    cx.core.unwatch(cx.session.id);
    let Some(multi) = cx.session.end_multi() else {
        return Ok(ControlFlow::Done);
    };
    if is_doomed {
        return Err(CommandError::text(
            "EXECABORT Transaction discarded because of previous errors.",
        ));
    }
    if !is_as_watched {
        cx.reply().null_array();
        return Ok(ControlFlow::Done);
    }
    if !cx.session.replies.are_dropped() {
        cx.reply().array(count);
    }
    let exec = multi.into_exec();
    match exec::run(cx.core, cx.sessions, cx.session, exec) {
        None => Ok(ControlFlow::Done),
        Some((waits_for, rest)) => {
            let open = OpenUnit::new(cx.session.conn, waits_for, Some(rest));
            cx.core.set_open(Some(open));
            Ok(ControlFlow::Waits(waits_for))
        }
    }
}

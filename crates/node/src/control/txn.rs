//! MULTI, EXEC, DISCARD, WATCH, UNWATCH.
//!
//! Always true: EXEC runs every command or none; nobody else's request runs in between, unless one
//! of the commands waits for work outside (CONFIG REWRITE).
//! Not here: the queue and the watched keys — `txn.rs` of the node.

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::row::KeyFlags;
use russet_command::{CommandError, Family, Flags, Group, KeySpec};
use russet_resp::{ArgBuf, Args};

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::core::Core;
use crate::registry::CommandId;
use crate::session::{Replies, Session, Sessions, State};
use crate::txn::{Multi, discard};
use crate::unit::{Call, fail, invoke};

const ANYWHERE: Flags = Flags::NOSCRIPT.with(Flags::LOADING).with(Flags::STALE);
const ALWAYS: Flags = ANYWHERE.with(Flags::FAST).with(Flags::ALLOW_BUSY);

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Transactions,
    rows: &[
        Row::control("DISCARD", Exactly(1), discard_queued)
            .flags(ALWAYS)
            .since("2.0.0")
            .cost("O(N), when N is the number of queued commands")
            .does("Drops the commands queued since MULTI."),
        Row::control("EXEC", Exactly(1), exec)
            .flags(ANYWHERE.with(Flags::SKIP_SLOWLOG))
            .since("1.2.0")
            .cost("Depends on commands in the transaction")
            .does("Runs the commands queued since MULTI as one."),
        Row::control("MULTI", Exactly(1), multi)
            .flags(ALWAYS)
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
            .flags(ALWAYS)
            .since("2.2.0")
            .cost("O(1) for every key.")
            .does("Lets the next EXEC run only if these keys have not changed."),
    ],
};
const _: () = FAMILY.check();

fn multi(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    if cx.session.multi.is_some() {
        return Err(CommandError::text("ERR MULTI calls can not be nested"));
    }
    cx.session.multi = Some(Box::new(Multi::new()));
    cx.ok()
}

fn discard_queued(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    if cx.session.multi.is_none() {
        return Err(CommandError::text("ERR DISCARD without MULTI"));
    }
    discard(cx.core, cx.session);
    cx.ok()
}

fn watch(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    if cx.session.multi.is_some() {
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
    let Some(multi) = &cx.session.multi else {
        return Err(CommandError::text("ERR EXEC without MULTI"));
    };
    let (is_doomed, count) = (multi.is_doomed, multi.count);
    let is_as_watched = cx.core.is_as_watched(cx.session.id);
    if is_doomed {
        discard(cx.core, cx.session);
        return Err(CommandError::text(
            "EXECABORT Transaction discarded because of previous errors.",
        ));
    }
    if !is_as_watched {
        discard(cx.core, cx.session);
        cx.reply().null_array();
        return Ok(ControlFlow::Done);
    }
    cx.core.unwatch(cx.session.id);
    if cx.session.replies != Replies::Off {
        cx.reply().array(count);
    }
    if let Some(multi) = &mut cx.session.multi {
        multi.is_running = true;
    }
    go_on(cx.core, cx.sessions, cx.session);
    Ok(match cx.session.state {
        State::Waiting => ControlFlow::Waiting,
        _ => ControlFlow::Done,
    })
}

/// Runs the commands of a transaction, up to the end or the next that waits for work outside.
pub(crate) fn go_on(core: &mut Core, sessions: &mut Sessions, session: &mut Session) {
    let mut meter = core.meter();
    while let Some((id, request)) = next(&mut session.multi) {
        meter.runs(id, &mut core.stats);
        let mark = session.output.mark();
        let call = Call {
            id,
            hint: 0,
            args: &request.args(),
            may_block: false,
        };
        if let Err(error) = invoke(core, sessions, session, call) {
            session.output.rollback(mark);
            fail(core, session, &error);
        }
        if session.replies == Replies::Off {
            session.output.rollback(mark);
        }
        if session.state == State::Waiting {
            return meter.stop(&mut core.stats);
        }
    }
    meter.stop(&mut core.stats);
    session.multi = None;
}

fn next(multi: &mut Option<Box<Multi>>) -> Option<(CommandId, ArgBuf)> {
    multi.as_mut()?.queue.pop_front()
}

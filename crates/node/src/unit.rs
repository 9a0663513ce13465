//! A unit of execution: one request, or all those of a transaction, with what they bring about.
//!
//! ```text
//!  run_one ─► gate ─┬─ Runs(permit) ─► invoke ─┬─ the reply is written
//!                   │                          ├─ Blocks ─► parked                (block.rs)
//!                   │                          ├─ Waits ─► a job, or an open unit (complete.rs)
//!                   │                          └─ error ─► is written, instead of a reply
//!                   ├─ Queues ─► in the transaction                               (multi.rs)
//!                   ├─ Postpones ─► runs later, from the gate on                  (postponed.rs)
//!                   └─ Refused, Denied ─► error; a transaction is doomed     (denials.rs)
//!  then, once: what it changed wakes those who wait for it
//! ```
//! Always true: nobody else's request runs within a unit; time stands still.
//! Always true: whoever waits for a key is served after the unit that changed it, before the next.
//! Not here: where requests come from — `run.rs`; whether they may run — `gate.rs`.

use russet_command::registry::CommandId;
use russet_command::{CommandError, Flags};
use russet_engine::KeyHash;
use russet_io::LogLevel;
use russet_resp::{ArgBuf, Args, Mark};

use crate::acl::log::Context;
use crate::block::{self, fail};
use crate::core::Core;
use crate::evict::make_room;
use crate::exec;
use crate::gate::{self, Source, Verdict};
use crate::invoke::{Call, Ran, invoke};
use crate::open_unit::OpenUnit;
use crate::session::{For, Replies, Session, Sessions, State};
use crate::stats::Meter;

/// How far a request has come.
#[derive(PartialEq, Eq)]
enum Reply {
    /// It is written.
    Written,
    /// It follows later.
    Follows,
}

/// Runs one request as a unit: gate, handler, settlement.
#[inline]
pub(crate) fn run_one(
    core: &mut Core,
    sessions: &mut Sessions,
    session: &mut Session,
    (command, hint, args): (Option<CommandId>, Option<KeyHash>, &Args<'_>),
    meter: &mut Meter,
) {
    core.running.runs(args);
    let before = session.replies;
    let mark = match before {
        Replies::On => None,
        _ => Some(core.outgoing.own().mark()),
    };
    session.commands += 1;
    let outcome = match command {
        Some(id) => match gate::admit(core, session, id, args, Source::Client) {
            Verdict::Runs(permit) => {
                let call = Call {
                    permit: &permit,
                    hint,
                    args,
                };
                run_permitted(core, sessions, session, (call, meter))
            }
            Verdict::NeedsRoom => run_with_room(core, sessions, session, (id, hint, args), meter),
            verdict => turn_away(core, session, (id, verdict), args),
        },
        None => unknown(core, session, args),
    };
    let reply = outcome.unwrap_or_else(|error| {
        core.spend_caching(session.conn, args);
        fail(core, session, &error);
        Reply::Written
    });
    if before != Replies::On || session.replies != Replies::On {
        drop_reply(core, session, reply, mark.filter(|_| before.are_dropped()));
    }
    core.outgoing.end_reply();
    if meter.has_own()
        && let Some(id) = command
    {
        core.end_timed(meter, session, (id, args));
    }
    block::settle(core, sessions);
}

/// Runs a command that may run.
// PERF: what every command does is without a call.
#[inline(always)]
fn run_permitted(
    core: &mut Core,
    sessions: &mut Sessions,
    session: &mut Session,
    (call, meter): (Call<'_>, &mut Meter),
) -> Result<Reply, CommandError> {
    let id = call.permit.id();
    session.last_command = Some(id);
    core.begin_timed(meter, id);
    let outcome = match invoke(core, sessions, session, call) {
        Ok(Ran::Done) => Ok(Reply::Written),
        Ok(ran) => Ok(wait(core, session, call, (ran, meter))),
        Err(error) => Err(error),
    };
    if !core.monitors.is_empty() {
        core.show_to_monitors(sessions, session, (id, call.args));
    }
    outcome
}

/// Runs a command once keys were evicted for it, or could not be.
#[cold]
fn run_with_room(
    core: &mut Core,
    sessions: &mut Sessions,
    session: &mut Session,
    (id, hint, args): (CommandId, Option<KeyHash>, &Args<'_>),
    meter: &mut Meter,
) -> Result<Reply, CommandError> {
    make_room(core, sessions);
    core.limit.has_tried = true;
    let verdict = gate::admit(core, session, id, args, Source::Client);
    core.limit.has_tried = false;
    match verdict {
        Verdict::Runs(permit) => {
            let call = Call {
                permit: &permit,
                hint,
                args,
            };
            run_permitted(core, sessions, session, (call, meter))
        }
        verdict => turn_away(core, session, (id, verdict), args),
    }
}

/// A command waits: for keys, for a job, or for a peer and holds all others.
#[cold]
fn wait(
    core: &mut Core,
    session: &mut Session,
    call: Call<'_>,
    (ran, meter): (Ran, &mut Meter),
) -> Reply {
    match ran {
        Ran::Done => return Reply::Written,
        Ran::Blocks(wait) => {
            block::park(core, session, call, (*wait, meter.suspend()));
            if session.runs() {
                return Reply::Written;
            }
        }
        Ran::Waits(waits_for) => {
            if waits_for == For::Script {
                core.suspend_script(meter);
            }
            let holds = matches!(waits_for, For::Peer | For::Files | For::Script);
            if holds && core.open.is_none() {
                let open = OpenUnit::new(session.conn, waits_for, None);
                core.set_open(Some(open));
            }
            if session.runs() {
                session.state = State::Waits(waits_for);
            }
        }
    }
    Reply::Follows
}

/// A command does not run now.
#[inline(never)]
fn turn_away(
    core: &mut Core,
    session: &mut Session,
    (id, verdict): (CommandId, Verdict),
    args: &Args<'_>,
) -> Result<Reply, CommandError> {
    match verdict {
        Verdict::Queues => {
            session.last_command = Some(id);
            let flags = core.flags_of(core.commands.get(id), args);
            if let Some(multi) = session.multi_mut() {
                multi.push(id, flags, *args);
            }
            let mut reply = core.outgoing.reply(session.conn, session.protocol);
            reply.simple("QUEUED");
            Ok(Reply::Written)
        }
        Verdict::Postpones => {
            session.state = State::Waits(For::Gate);
            session.commands -= 1;
            session.deferred.push_front(ArgBuf::from(*args));
            core.postponed.push(session.conn);
            Ok(Reply::Follows)
        }
        Verdict::Refused(refusal) => refuse(core, session, id, refusal),
        Verdict::Denied(denial) => {
            let context = match session.multi() {
                Some(_) => Context::Multi,
                None => Context::TopLevel,
            };
            let error = core.deny(session, (id, args), denial, context);
            refuse(core, session, id, error)
        }
        // A permit is used where it was given, and room is made there.
        Verdict::Runs(_) | Verdict::NeedsRoom => Ok(Reply::Written),
    }
}

/// A command is refused.
#[cold]
fn refuse(
    core: &mut Core,
    session: &mut Session,
    id: CommandId,
    refusal: CommandError,
) -> Result<Reply, CommandError> {
    core.stats.rejected(id);
    if !core.commands.get(id).spec.flags.has(Flags::RUNS_QUEUED) {
        doom(session);
        return Err(refusal);
    }
    // COMPAT: EXEC that is refused says so, whether there is a transaction or not.
    match session.multi() {
        Some(_) => Err(exec::abort(core, session, &refusal)),
        None => Err(exec::aborted(&refusal)),
    }
}

/// A request names no command.
#[cold]
fn unknown(core: &mut Core, session: &mut Session, args: &Args<'_>) -> Result<Reply, CommandError> {
    if gate::is_http(*args) {
        let text = "A client that speaks HTTP is closed: this may be a cross-protocol attack";
        core.outbox.log(LogLevel::Warning, text);
        session.close();
        return Ok(Reply::Written);
    }
    doom(session);
    match gate::resolve(core, *args) {
        Err(error) => Err(error),
        Ok(_) => Ok(Reply::Written),
    }
}

/// A request was refused: the transaction that is open, if any, will not run.
fn doom(session: &mut Session) {
    if let Some(multi) = session.multi_mut() {
        multi.doom();
    }
}

/// Drops the reply of a client that asked for silence, and says what holds for the next.
#[cold]
fn drop_reply(core: &mut Core, session: &mut Session, reply: Reply, dropped_from: Option<Mark>) {
    // What follows later is dropped then.
    if reply == Reply::Follows {
        return;
    }
    if let Some(mark) = dropped_from.filter(|_| session.replies.are_dropped()) {
        core.outgoing.output(session.conn).rollback(mark);
    }
    session.replies = session.replies.next();
}

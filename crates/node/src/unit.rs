//! A unit of execution: one request, or all those of a transaction, with what they bring about.
//!
//! ```text
//!  run_one ─► gate ─┬─ in MULTI ─► queued                                (txn.rs)
//!                   └─ invoke ─► handler ─┬─ the reply is written
//!                        ▲                ├─ it waits ─► parked           (block.rs)
//!                        │                └─ error ─► the reply is taken back, the error written
//!                       EXEC, for each
//!  then, once: what it changed wakes those who wait for it
//! ```
//! Always true: nobody else's request runs within a unit; time stands still.
//! Always true: whoever waits for a key is served after the unit that changed it, before the next.
//! Not here: where requests come from — `run.rs`; whether they may run — `gate.rs`.

use std::sync::Arc;

use russet_command::{CommandError, Ctx, Flags, Flow};
use russet_io::LogLevel;
use russet_resp::{Args, Mark, Reply};

use crate::block;
use crate::control::{ControlCtx, ControlFlow};
use crate::core::Core;
use crate::gate;
use crate::registry::{CommandId, Handler};
use crate::session::{Replies, Session, Sessions, State};
use crate::txn;

/// A command that may run.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    /// Which command.
    pub id: CommandId,
    /// The hash of its first key, if it was prefetched; 0 if not.
    pub hint: u64,
    /// The request.
    // PERF: by reference, since copying what was just put together waits for it.
    pub args: &'a Args<'a>,
    /// Whether it may wait: not as a part of a transaction.
    pub may_block: bool,
}

/// Runs one request as a unit: gate, handler, settlement.
#[inline]
pub(crate) fn run_one(
    core: &mut Core,
    sessions: &mut Sessions,
    session: &mut Session,
    (command, hint): (Option<CommandId>, u64),
    args: &Args<'_>,
) {
    let mark = session.output.mark();
    let replies = session.replies;
    session.commands += 1;
    let outcome = match plain(core, session, command, args) {
        Some((id, run)) => {
            session.last_command = Some(id);
            let call = Call {
                id,
                hint,
                args,
                may_block: true,
            };
            invoke_data(core, session, run, call)
        }
        None => dispatch(core, sessions, session, (command, hint), args),
    };
    if let Err(error) = outcome {
        session.output.rollback(mark);
        fail(core, session, &error);
    }
    if replies != Replies::On || session.replies != Replies::On {
        hush(core, session, replies, mark);
    }
    block::settle(core, sessions);
}

/// The handler of a data command that nothing can hold up: the client is known and has no
/// transaction, nobody is put off, the number of arguments fits, memory is no matter.
// PERF: nearly every request; what is asked here once, `dispatch` asks step by step.
#[inline]
fn plain(
    core: &Core,
    session: &Session,
    command: Option<CommandId>,
    args: &Args<'_>,
) -> Option<(CommandId, russet_command::Handler)> {
    let id = command?;
    let is_free = session.authenticated && session.multi.is_none() && core.pause.is_none();
    let command = core.commands.get(id);
    match command.run {
        Some(Handler::Data(run))
            if is_free
                && command.spec.arity.admits(args.len())
                && (core.config.maxmemory == 0 || !command.spec.flags.has(Flags::DENY_OOM)) =>
        {
            Some((id, run))
        }
        _ => None,
    }
}

/// Passes a request through the gate to its handler, or to the queue of a transaction.
#[inline(never)]
fn dispatch(
    core: &mut Core,
    sessions: &mut Sessions,
    session: &mut Session,
    (command, hint): (Option<CommandId>, u64),
    args: &Args<'_>,
) -> Result<(), CommandError> {
    let id = match command {
        Some(id) => id,
        None if gate::is_http(*args) => {
            let text = "A client that speaks HTTP is closed: this may be a cross-protocol attack";
            core.outbox.log(LogLevel::Warning, text);
            session.close();
            return Ok(());
        }
        None => {
            txn::doom(session);
            gate::resolve(core, *args)?
        }
    };
    let command = core.commands.get(id);
    let refusal = match (gate::admit(core, session, command, *args), command.run) {
        (Ok(()), Some(_)) => None,
        (Ok(()), None) => Some(gate::wrong_arity(command)),
        (Err(refusal), _) => Some(refusal),
    };
    if let Some(refusal) = refusal {
        return Err(refuse(core, session, id, refusal));
    }
    session.last_command = Some(id);
    if core.pause.is_some() {
        let commands = Arc::clone(&core.commands);
        if core.postpone(session, commands.get(id), *args) {
            return Ok(());
        }
    }
    let command = core.commands.get(id);
    if session.multi.is_some() && txn::is_queued(command) {
        txn::enqueue(session, command, *args);
        return Ok(());
    }
    let call = Call {
        id,
        hint,
        args,
        may_block: true,
    };
    invoke(core, sessions, session, call)
}

/// A command does not run; if a transaction is being queued, it will not run either.
#[cold]
fn refuse(
    core: &mut Core,
    session: &mut Session,
    id: CommandId,
    refusal: CommandError,
) -> CommandError {
    core.stats.rejected(id);
    match txn::is_exec(core.commands.get(id)) && session.multi.is_some() {
        true => txn::abort(core, session, &refusal),
        false => {
            txn::doom(session);
            refusal
        }
    }
}

/// Runs the handler of a command that may run.
///
/// # Errors
/// What the handler refused. It may have begun a reply, which must be taken back.
pub(crate) fn invoke(
    core: &mut Core,
    sessions: &mut Sessions,
    session: &mut Session,
    call: Call<'_>,
) -> Result<(), CommandError> {
    let result = match core.commands.get(call.id).run {
        Some(Handler::Data(run)) => return invoke_data(core, session, run, call),
        Some(Handler::Control(run)) => {
            core.keyspace.keep_clocks(session.wishes.no_touch);
            let db = session.db;
            let mut cx = ControlCtx {
                core,
                sessions,
                session,
            };
            let result = run(&mut cx, *call.args);
            if result == Ok(ControlFlow::Waiting) && session.runs() {
                session.state = State::Waiting;
            }
            if result.is_ok() {
                take_effects(core, db, call);
            }
            result.map(|_| ())
        }
        None => Err(gate::wrong_arity(core.commands.get(call.id))),
    };
    core.stats.called(call.id);
    if result.is_err() {
        core.stats.failed(call.id);
    }
    result
}

/// Runs the handler of a data command that may run, and counts it.
// PERF: a call of its own costs forty instructions, most of them moves.
#[inline(always)]
fn invoke_data(
    core: &mut Core,
    session: &mut Session,
    run: russet_command::Handler,
    call: Call<'_>,
) -> Result<(), CommandError> {
    match run_data(core, session, run, call) {
        Ok(Flow::Done) => {
            core.stats.called(call.id);
            Ok(())
        }
        Ok(Flow::Block(wait)) => {
            // It is counted when the wait is over.
            block::park(core, session, call, *wait);
            Ok(())
        }
        Err(error) => {
            core.stats.called(call.id);
            core.stats.failed(call.id);
            Err(error)
        }
    }
}

/// Runs the handler of a data command and takes in what it did.
#[inline(always)]
pub(crate) fn run_data(
    core: &mut Core,
    session: &mut Session,
    run: russet_command::Handler,
    call: Call<'_>,
) -> Result<Flow, CommandError> {
    core.keyspace.keep_clocks(session.wishes.no_touch);
    let mut cx = Ctx {
        keyspace: &mut core.keyspace,
        db: session.db,
        reply: Reply::new(&mut session.output, session.protocol),
        effects: &mut core.effects,
        settings: &core.settings,
        rng: &mut core.rng,
        hint: call.hint,
        may_block: call.may_block,
    };
    let result = run(&mut cx, *call.args);
    let db = std::mem::replace(&mut session.db, cx.db);
    take_effects(core, db, call);
    result
}

/// Takes in what a handler did to the data.
#[inline]
fn take_effects(core: &mut Core, db: usize, call: Call<'_>) {
    core.dirty += core.effects.dirty;
    if core.effects.is_counted_only() {
        core.effects.dirty = 0;
    } else {
        take_rare_effects(core, db, call.args);
    }
}

/// Takes in what the end of a wait for work outside did to the data, as this request would have.
pub(crate) fn take_late_effects(core: &mut Core, db: usize, request: &Args<'_>) {
    core.dirty += core.effects.dirty;
    take_rare_effects(core, db, request);
}

/// Takes in what somebody listens for.
#[cold]
fn take_rare_effects(core: &mut Core, db: usize, request: &Args<'_>) {
    if core.hears_events() {
        core.hear_events();
    }
    if core.effects.recording {
        core.records.note(db, *request, &mut core.effects);
    }
    core.effects.reset();
}

/// Writes an error reply.
#[cold]
pub(crate) fn fail(core: &mut Core, session: &mut Session, error: &CommandError) {
    let text = error.to_bytes();
    core.effects.reset();
    core.stats.error(&String::from_utf8_lossy(&text));
    Reply::new(&mut session.output, session.protocol).error(&text);
}

/// Drops the reply of a client that asked for silence.
#[cold]
fn hush(core: &Core, session: &mut Session, before: Replies, mark: Mark) {
    let last = session.last_command.map(|id| core.commands.get(id));
    match (before, session.replies) {
        // What was put off has no reply yet.
        _ if session.state == State::Postponed => {}
        // CLIENT REPLY ON answers; OFF and SKIP do not, and neither does what they silence.
        (_, Replies::On) if before != Replies::SkipNext => {}
        // Within a transaction each command was hushed by itself.
        (Replies::On, _) if last.is_some_and(txn::is_exec) => {}
        (Replies::SkipNext, now) => {
            session.output.rollback(mark);
            if now == Replies::SkipNext {
                session.replies = Replies::On;
            }
        }
        _ => session.output.rollback(mark),
    }
}

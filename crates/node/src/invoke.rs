//! Running the handler of a command, given a permit.
//!
//! ```text
//!  permit ─► handler ─┬─ Done: the reply is written, effects are taken in
//!                     ├─ Blocks: for keys                     (the caller parks it: block.rs)
//!                     ├─ Waits: for a job or a peer           (the caller: unit.rs, exec.rs)
//!                     └─ error: begun replies are taken back; the caller writes the error
//! ```
//! Always true: nothing runs a handler but this file, and it takes a permit of the gate.
//! Not here: what becomes of the effects — `settle.rs`; its time and size — `notice.rs`.

use russet_command::{CommandError, Ctx, Flow, Wait};
use russet_engine::KeyHash;
use russet_resp::{Args, Reply};

use crate::core::{ControlCtx, ControlFlow, ControlHandler, Core, Handler};
use crate::gate::Permit;
use crate::session::{For, Session, Sessions};
use crate::trace;

/// A command that may run.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    /// The leave to run it.
    pub permit: &'a Permit,
    /// The hash of its first key, if it was prefetched; 0 if not.
    pub hint: Option<KeyHash>,
    /// The request.
    // PERF: by reference, since copying what was just put together waits for it.
    pub args: &'a Args<'a>,
}

/// How a command ended that did not fail.
#[derive(Debug)]
pub(crate) enum Ran {
    /// Its reply is written.
    Done,
    /// It waits for keys; nothing is written.
    Blocks(Box<Wait>),
    /// It waits for something outside; its reply follows.
    Waits(For),
}

/// Runs a command, and counts it.
///
/// # Errors
/// The error of the handler. What it had written of a reply is taken back.
// PERF: a call of its own costs forty instructions, most of them moves.
#[inline(always)]
pub(crate) fn invoke(
    core: &mut Core,
    sessions: &mut Sessions,
    session: &mut Session,
    call: Call<'_>,
) -> Result<Ran, CommandError> {
    let id = call.permit.id();
    let result = match call.permit.handler() {
        // PERF: nearly every command ends here, and nothing of its result is looked at again.
        Handler::Data(run) => match run_data(core, session, run, call) {
            Ok(Flow::Done) => {
                core.stats.called(id);
                return Ok(Ran::Done);
            }
            // It is counted when its wait is over.
            Ok(Flow::Block(wait)) => return Ok(Ran::Blocks(wait)),
            Err(error) => Err(error),
        },
        Handler::Control(run) => run_control(core, sessions, session, run, call),
    };
    core.stats.called(id);
    if result.is_err() {
        core.stats.failed(id);
    }
    result
}

/// Runs the command of a client that waited once more; it is counted when its wait ends.
///
/// # Errors
/// The error of the handler.
pub(crate) fn invoke_again(
    core: &mut Core,
    session: &mut Session,
    call: Call<'_>,
) -> Result<Ran, CommandError> {
    match call.permit.handler() {
        Handler::Data(run) => run_data(core, session, run, call).map(|flow| match flow {
            Flow::Done => Ran::Done,
            Flow::Block(wait) => Ran::Blocks(wait),
        }),
        // Only data commands wait for keys.
        Handler::Control(_) => Ok(Ran::Done),
    }
}

#[inline(always)]
fn run_data(
    core: &mut Core,
    session: &mut Session,
    run: russet_command::Handler,
    call: Call<'_>,
) -> Result<Flow, CommandError> {
    core.keyspace.keep_clocks(session.wishes.no_touch);
    let output = core.outgoing.own();
    let mark = output.mark();
    let mut cx = Ctx {
        keyspace: &mut core.keyspace,
        db: session.db,
        reply: Reply::new(output, session.protocol),
        effects: &mut core.effects,
        settings: &core.settings,
        rng: &mut core.rng,
        hint: call.hint,
        may_block: call.permit.may_block(),
        reads_all_keys: call.permit.reads_all_keys(),
        is_in_script: call.permit.is_of_script(),
    };
    trace::begin();
    let result = run(&mut cx, *call.args);
    let db = std::mem::replace(&mut session.db, cx.db);
    trace::end(core, db, call);
    core.take_effects(db, call.args);
    if result.is_err() {
        core.outgoing.own().rollback(mark);
    }
    result
}

#[inline(never)]
fn run_control(
    core: &mut Core,
    sessions: &mut Sessions,
    session: &mut Session,
    run: ControlHandler,
    call: Call<'_>,
) -> Result<Ran, CommandError> {
    core.keyspace.keep_clocks(session.wishes.no_touch);
    let db = session.db;
    let mark = core.outgoing.own().mark();
    let mut cx = ControlCtx {
        core,
        sessions,
        session,
        may_block: call.permit.may_block(),
        command: call.permit.id(),
        is_replayed: call.permit.is_replayed(),
    };
    trace::begin();
    let flow = run(&mut cx, *call.args).inspect_err(|_| {
        core.outgoing.own().rollback(mark);
    })?;
    trace::end(core, db, call);
    core.take_effects(db, call.args);
    Ok(match flow {
        ControlFlow::Done => Ran::Done,
        ControlFlow::Waits(waits_for) => Ran::Waits(waits_for),
    })
}

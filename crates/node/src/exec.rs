//! Running the commands of a transaction, one after the other, as one unit.
//!
//! ```text
//!  EXEC ─► [ a · b · c ] ─► a runs ─► b waits for a job ─► the unit is open, [ c ] is left
//!                                     … completed ─► go_on ─► c runs ─► done
//! ```
//! Always true: nobody else's request runs between two commands.
//! Not here: queueing — `multi.rs`; the command EXEC — `control/txn.rs`.

use std::borrow::Cow;

use russet_command::CommandError;

use crate::acl::log::Context;
use crate::block::fail;
use crate::core::Core;
use crate::denials::no_longer;
use crate::gate::{self, Source, Verdict};
use crate::invoke::{Call, Ran, invoke};
use crate::multi::Exec;
use crate::session::{For, Session, Sessions};

/// Runs commands to the end, or to the first that waits for something outside: what it waits for,
/// and the rest.
pub(crate) fn run(
    core: &mut Core,
    sessions: &mut Sessions,
    session: &mut Session,
    mut exec: Exec,
) -> Option<(For, Exec)> {
    let mut meter = core.meter();
    meter.mark = core.outgoing.own().mark();
    let view = core.look_as(session);
    let mut waits_for = None;
    while let Some((id, request)) = exec.next() {
        let mark = core.outgoing.output(session.conn).mark();
        let args = request.args();
        let result = match gate::admit(core, session, id, &args, Source::Queued) {
            Verdict::Runs(permit) => {
                meter.stalled_us = core.outbox.stall_us;
                core.begin_timed(&mut meter, id);
                let call = Call {
                    permit: &permit,
                    hint: None,
                    args: &args,
                };
                let result = invoke(core, sessions, session, call);
                if !core.monitors.is_empty() {
                    core.show_to_monitors(sessions, session, (id, &args));
                }
                result
            }
            Verdict::Refused(error) => Err(error),
            Verdict::Denied(denial) => {
                core.deny(session, (id, &args), denial, Context::Multi);
                Err(no_longer(denial))
            }
            // What was queued is neither queued nor postponed again.
            Verdict::Queues | Verdict::Postpones | Verdict::NeedsRoom => Ok(Ran::Done),
        };
        match result {
            // The increment changes between units: what a transaction seals is sealed behind it.
            Ok(Ran::Waits(For::Backup)) if core.backup.is_sealed_by(session.conn) => {
                core.backup.take_sealer();
                core.outgoing.reply(session.conn, session.protocol).ok();
            }
            Ok(Ran::Waits(what)) => {
                if what == For::Script {
                    core.suspend_script(&mut meter);
                }
                waits_for = Some(what);
            }
            Ok(_) => {}
            Err(error) => fail(core, session, &error),
        }
        if meter.has_own() {
            core.end_timed(&mut meter, session, (id, &args));
        }
        if session.replies.are_dropped() {
            core.outgoing.output(session.conn).rollback(mark);
        }
        if waits_for.is_some() {
            break;
        }
    }
    core.look_as_before(view);
    if core.end_shared(&mut meter) {
        core.note_shared(&meter, session, None);
    }
    waits_for.map(|waits_for| (waits_for, exec))
}

/// Ends the transaction and forgets the watched keys.
pub(crate) fn discard(core: &mut Core, session: &mut Session) {
    session.end_multi();
    core.unwatch(session.id);
}

/// EXEC itself was refused: the transaction is over.
#[cold]
pub(crate) fn abort(core: &mut Core, session: &mut Session, why: &CommandError) -> CommandError {
    discard(core, session);
    aborted(why)
}

/// The error of an EXEC that was refused.
#[cold]
pub(crate) fn aborted(why: &CommandError) -> CommandError {
    let why = why.to_string();
    let why = why.strip_prefix("ERR ").unwrap_or(&why);
    let text = format!("EXECABORT Transaction discarded because of: {why}");
    CommandError::Text(Cow::Owned(text))
}

//! Clients that wait for a key: how they are parked, and how they are served when it changes.
//!
//! ```text
//!  BLPOP a b 0 ─► nothing there ─► park: the request is kept, the client stands in two queues
//!                                       a ─► [ 7, 9, 12 ]      b ─► [ 7 ]      in order of arrival
//!  LPUSH b x   ─► the engine notes a change of b ─► after the unit: b is ready
//!                 for each in the queue of b: the same handler runs again
//!                     it replies      ─► the client leaves every queue and goes on
//!                     it waits again  ─► the client keeps its place
//! ```
//! | state | key changes | deadline | alarm | CLIENT UNBLOCK | hang-up, kill |
//! |---|---|---|---|---|---|
//! | waits, no key ready | → key ready | → answered null | → key ready | → answered | → forgotten |
//! | waits, key ready | stays | → answered null | stays | → answered | → forgotten |
//! | being served | its own changes are seen by those behind it | – | – | – | – |
//!
//! Some wait for time as well: XREADGROUP with CLAIM for entries that become idle. Their key is
//! ready when they asked for that, and its queue is served as if it had changed.
//!
//! A client that is served may change other keys, or its own (BLMOVE). Those become ready behind
//! what is ready already, so that chains of any length are worked off without recursion.
//!
//! Always true: who came first is asked first. A client in a queue waits for keys, or its session
//! is on its way out. A command that waited is counted once, when its wait ends.
//! Not here: what a command waits for — `russet_command::Wait`; queues — `waiters.rs`.

use russet_command::{CommandError, NoReply, Wait};
use russet_resp::{ArgBuf, Mark};

use crate::acl::log::Context;
use crate::core::Core;
use crate::gate::{self, Source, Verdict};
use crate::invoke::{Call, Ran, invoke_again};
use crate::session::{For, Session, Sessions, State};
use crate::waiters::{Blocked, DbKey, WAITERS};

/// How a wait ends before anything came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GivesUp {
    /// As if the time were over.
    TimedOut,
    /// With an error.
    Refused,
}

/// The end of a wait at the request of another client.
pub(crate) const UNBLOCKED: CommandError =
    CommandError::text("UNBLOCKED client unblocked via CLIENT UNBLOCK");

/// Lets a client wait; its request runs again when a key changes.
#[cold]
pub(crate) fn park(
    core: &mut Core,
    session: &mut Session,
    call: Call<'_>,
    (mut wait, took_ns): (Wait, u64),
) {
    if !call.permit.may_block() {
        debug_assert!(call.permit.may_block(), "a command waits where none may");
        return answer_nothing(core, session, wait.on_timeout);
    }
    let request = wait.request.take();
    let blocked = Blocked {
        conn: session.conn,
        client: session.id,
        command: call.permit.id(),
        request: request.unwrap_or_else(|| ArgBuf::from(*call.args)),
        db: session.db,
        gives_up_us: wait.deadline.map(|deadline| core.monotonic_us(deadline)),
        again_us: wait.again_at.map(|moment| core.monotonic_us(moment)),
        wait,
        ticket: core.waiters.next_ticket(),
        took_ns,
    };
    for key in blocked.keys() {
        if core.waiters.enter(&blocked, key.clone()) {
            core.keyspace.observe(key.0, &key.1, WAITERS);
        }
    }
    core.waiters.insert(blocked);
    session.state = State::Waits(For::Keys);
}

/// Ends a unit: tells everybody concerned of the keys that changed, and serves those who waited
/// for them, each in a unit of its own.
#[inline]
pub(crate) fn settle(core: &mut Core, sessions: &mut Sessions) {
    if core.keyspace.has_changes() || core.effects.recording {
        settle_changes(core, sessions);
    }
}

// PERF: what most units need is without a call, so that no register is saved for one.
#[inline(never)]
fn settle_changes(core: &mut Core, sessions: &mut Sessions) {
    let is_rare = core.open.is_some() | core.is_stalled();
    if is_rare || core.keyspace.has_changes() || core.keyspace.has_events() {
        return settle_otherwise(core, sessions);
    }
    core.end_unit();
}

#[inline(never)]
fn settle_otherwise(core: &mut Core, sessions: &mut Sessions) {
    // An open unit ends later.
    if core.open.is_some() {
        return;
    }
    core.end_unit();
    // A unit that stalls the server (DEBUG SLEEP) ends when the next turn begins, in its time.
    if core.is_stalled() {
        core.stalled_by = core.outgoing.running();
        return;
    }
    if !core.keyspace.has_changes() {
        return;
    }
    core.hear_changes();
    serve_ready(core, sessions);
}

fn serve_ready(core: &mut Core, sessions: &mut Sessions) {
    while let Some(key) = core.waiters.next_ready() {
        serve(core, sessions, &key);
        core.waiters.serving = None;
    }
}

/// Serves those who wait for time, when it has come; not during a pause, as it may change data.
pub(crate) fn serve_in_time(core: &mut Core, sessions: &mut Sessions) {
    if !core.pause.is_on() && core.waiters.expire_alarms(core.now.mono_us) {
        serve_ready(core, sessions);
    }
}

/// Runs the requests of those who wait for a key, in the order they came.
fn serve(core: &mut Core, sessions: &mut Sessions, key: &DbKey) {
    // What a client does to the key that it is served from is seen by those behind it.
    core.waiters.serving = Some(key.clone());
    let mut from = 0;
    while let Some((ticket, client)) = core.waiters.next_in_line(key, from) {
        from = ticket + 1;
        let kind = core.keyspace.db(key.0).kind(&key.1);
        let Some(wait) = core.waiters.wait_of(client) else {
            continue;
        };
        if wait.on_gone || kind == Some(wait.kind) {
            let by = core.waiters.conn_of(client);
            run_again(core, sessions, client);
            core.end_unit();
            core.hear_changes_by(by);
        } else if kind.is_none() && !core.waiters.anybody_on_gone(key) {
            return;
        }
    }
}

/// Runs the request of a waiting client once more.
fn run_again(core: &mut Core, sessions: &mut Sessions, client: u64) {
    let Some(mut blocked) = core.waiters.take(client) else {
        return;
    };
    let session = sessions.take(blocked.conn);
    let Some(mut session) = session else {
        // The running session waits since this very unit: it has just seen what is there.
        core.waiters.insert(blocked);
        return;
    };
    if session.state != State::Waits(For::Keys) {
        sessions.put(session);
        return leave(core, &blocked);
    }
    let before = core.outgoing.begin(session.conn);
    let mark = core.outgoing.own().mark();
    let args = blocked.request.args();
    let result = match gate::admit(core, &session, blocked.command, &args, Source::Woken) {
        Verdict::Runs(permit) => {
            let call = Call {
                permit: &permit,
                hint: None,
                args: &args,
            };
            let view = core.look_as(&session);
            let mut meter = core.meter();
            let result = invoke_again(core, &mut session, call);
            blocked.took_ns += meter.suspend();
            core.look_as_before(view);
            result
        }
        Verdict::Refused(error) => Err(error),
        Verdict::Denied(denial) => {
            let asked = (blocked.command, &args);
            let error = core.deny(&mut session, asked, denial, Context::TopLevel);
            core.stats.rejected(blocked.command);
            fail(core, &session, &error);
            leave(core, &blocked);
            end_request(core, &mut session, mark);
            core.outgoing.end(before);
            return sessions.put(session);
        }
        // Whoever waits is neither queued nor postponed.
        Verdict::Queues | Verdict::Postpones | Verdict::NeedsRoom => Ok(Ran::Done),
    };
    match result {
        Ok(Ran::Blocks(wait)) => {
            blocked.again_us = wait.again_at.map(|moment| core.monotonic_us(moment));
            core.waiters.insert(blocked);
        }
        Ok(_) => finish(core, &mut session, &blocked, mark, None),
        Err(error) => finish(core, &mut session, &blocked, mark, Some(&error)),
    }
    core.end_unit();
    core.outgoing.end(before);
    sessions.put(session);
}

/// Ends a wait whose outcome is written, or is this error.
fn finish(
    core: &mut Core,
    session: &mut Session,
    blocked: &Blocked,
    mark: Mark,
    error: Option<&CommandError>,
) {
    core.stats.called(blocked.command);
    if let Some(error) = error {
        core.stats.failed(blocked.command);
        fail(core, session, error);
    }
    let asked = (blocked.command, &blocked.request.args());
    core.end_suspended(session, asked, (blocked.took_ns, mark));
    leave(core, blocked);
    end_request(core, session, mark);
}

/// A request that waited has its reply, written behind the mark: the session goes on.
pub(crate) fn end_request(core: &mut Core, session: &mut Session, mark: Mark) {
    if session.replies.are_dropped() {
        core.outgoing.output(session.conn).rollback(mark);
    }
    session.replies = session.replies.next();
    session.end_wait(core.now);
    core.postponed.release(session.conn);
}

/// Ends the waits whose time is over.
pub(crate) fn expire_waits(core: &mut Core, sessions: &mut Sessions) {
    while let Some(client) = core.waiters.next_overdue(core.now.mono_us) {
        let conn = core.waiters.conn_of(client);
        let session = conn.and_then(|conn| sessions.get_mut(conn));
        let is_ended = session.is_some_and(|s| give_up(core, s, GivesUp::TimedOut));
        if !is_ended {
            stop_waiting(core, client);
        }
    }
}

/// Ends the wait of a client without what it waited for; false if it does not wait.
pub(crate) fn give_up(core: &mut Core, session: &mut Session, how: GivesUp) -> bool {
    if session.state != State::Waits(For::Keys) {
        return false;
    }
    let Some(blocked) = core.waiters.take(session.id) else {
        return false;
    };
    core.outgoing.equip(session.conn);
    let mark = core.outgoing.output(session.conn).mark();
    let error = match how {
        GivesUp::Refused => Some(&UNBLOCKED),
        GivesUp::TimedOut => {
            answer_nothing(core, session, blocked.wait.on_timeout);
            None
        }
    };
    finish(core, session, &blocked, mark, error);
    true
}

fn answer_nothing(core: &mut Core, session: &Session, what: NoReply) {
    let mut reply = core.outgoing.reply(session.conn, session.protocol);
    match what {
        NoReply::Null => reply.null(),
        NoReply::NullArray => reply.null_array(),
    }
}

/// Writes an error reply.
#[cold]
pub(crate) fn fail(core: &mut Core, session: &Session, error: &CommandError) {
    let text = error.to_bytes();
    core.effects.reset();
    core.stats.error(&String::from_utf8_lossy(&text));
    core.outgoing
        .reply(session.conn, session.protocol)
        .error(&text);
}

/// Forgets the wait of a client, if it waits.
pub(crate) fn stop_waiting(core: &mut Core, client: u64) {
    if let Some(blocked) = core.waiters.take(client) {
        leave(core, &blocked);
    }
}

/// Lets those go on whose requests were postponed: they pass the gate again.
pub(crate) fn release_postponed(core: &mut Core, sessions: &mut Sessions) {
    for conn in core.postponed.take() {
        if let Some(session) = sessions.get_mut(conn)
            && session.state == State::Waits(For::Gate)
        {
            session.end_wait(core.now);
            core.postponed.release(conn);
        }
    }
}

/// Takes a client out of the queues of its keys.
fn leave(core: &mut Core, blocked: &Blocked) {
    for key in blocked.keys() {
        if core.waiters.leave(blocked, &key) {
            core.keyspace.unobserve(key.0, &key.1, WAITERS);
        }
    }
}

//! Clients that wait for a key, and how they are served when it changes.
//!
//! ```text
//!  BLPOP a b 0 ─► nothing there ─► park: the request is kept, the client stands in two queues
//!                                       a ─► [ 7, 9, 12 ]      b ─► [ 7 ]      in order of arrival
//!  LPUSH b x   ─► the engine notes a change of b ─► after the unit: b is ready
//!                 for each in the queue of b: the same handler runs again
//!                     it replies      ─► the client leaves every queue and goes on
//!                     it waits again  ─► the client keeps its place
//! ```
//! Some wait for time as well: XREADGROUP with CLAIM for entries that become idle. Their key is
//! ready when they asked for that, and its queue is served as if it had changed.
//!
//! A client that is served may change other keys, or its own (BLMOVE). Those become ready behind
//! what is ready already, so that chains of any length are worked off without recursion.
//!
//! Always true: who came first is asked first. A client in a queue is in state `Blocked`, or its
//! session is on its way out. A command that waited is counted once, when its wait ends.
//! Not here: what a command waits for — `russet_command::Wait`; keys being watched — `txn.rs`.

mod queues;

use russet_command::{CommandError, Flow, NoReply, Wait};
use russet_engine::Millis;
use russet_io::ConnId;
use russet_resp::{ArgBuf, Reply};

pub(crate) use queues::Waiters;

use crate::core::Core;
use crate::registry::{CommandId, Handler};
use crate::session::{Replies, Session, Sessions, State};
use crate::unit::{Call, fail, run_data};

/// A key of a numbered database.
pub(crate) type DbKey = (usize, Box<[u8]>);

/// A client that waits, and what for.
#[derive(Debug)]
pub(crate) struct Blocked {
    /// Its connection.
    conn: ConnId,
    /// Its number.
    client: u64,
    /// Its command.
    command: CommandId,
    /// What runs when a key changes.
    request: ArgBuf,
    /// The database of the keys.
    db: usize,
    /// What the handler said.
    wait: Wait,
    /// Whether its reply is not wanted.
    is_silent: bool,
    /// Its place in every queue: who came earlier has a lower one.
    ticket: u64,
    /// When it gives up, in monotonic milliseconds.
    gives_up_ms: Option<u64>,
    /// When it is asked again although no key changed, in monotonic milliseconds.
    again_ms: Option<u64>,
}

impl Blocked {
    /// The keys it waits for; some may be the same.
    fn keys(&self) -> impl Iterator<Item = DbKey> {
        let keys = self.request.args();
        let keys = keys.slice(self.wait.keys.clone()).iter();
        keys.map(|key| (self.db, Box::from(key)))
    }
}

/// How a wait ends before anything came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GivesUp {
    /// As if the time were over.
    TimedOut,
    /// With an error.
    Refused,
}

/// Lets a client wait; its request runs again when a key changes.
#[cold]
pub(crate) fn park(core: &mut Core, session: &mut Session, call: Call<'_>, mut wait: Wait) {
    if !call.may_block {
        debug_assert!(call.may_block, "a command waits where none may");
        return answer_nothing(session, wait.on_timeout);
    }
    let request = wait.request.take();
    let blocked = Blocked {
        conn: session.conn,
        client: session.id,
        command: call.id,
        request: request.unwrap_or_else(|| ArgBuf::from(*call.args)),
        db: session.db,
        gives_up_ms: wait.deadline.map(|deadline| core.monotonic(deadline)),
        again_ms: wait.again_at.map(|moment| core.monotonic(moment)),
        wait,
        is_silent: session.replies != Replies::On,
        ticket: core.waiters.next_ticket(),
    };
    for key in blocked.keys() {
        if core.waiters.enter(&blocked, key.clone()) {
            core.keyspace.observe(key.0, &key.1);
        }
    }
    core.waiters.insert(blocked);
    session.state = State::Blocked;
}

/// Ends a unit: tells everybody concerned of the keys that changed, and serves those who waited
/// for them, each in a unit of its own.
#[inline]
pub(crate) fn settle(core: &mut Core, sessions: &mut Sessions) {
    if core.keyspace.has_changes() || core.effects.recording {
        settle_changes(core, sessions);
    }
}

fn settle_changes(core: &mut Core, sessions: &mut Sessions) {
    // The unit of a MIGRATE ends with what the other server answers.
    if core.outbox.is_exchanging() {
        return;
    }
    core.end_unit();
    // A unit that stalls the server (DEBUG SLEEP) ends when the next turn begins, in its time.
    if !core.keyspace.has_changes() || core.outbox.stall_us > 0 {
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
    if core.pause.is_none() && core.waiters.ring(core.now.mono_ms()) {
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
            run_again(core, sessions, client);
            core.end_unit();
            core.hear_changes();
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
    let Some(Handler::Data(run)) = core.commands.get(blocked.command).run else {
        sessions.put(session);
        return core.leave(&blocked);
    };
    if session.state != State::Blocked {
        sessions.put(session);
        return core.leave(&blocked);
    }
    let mark = session.output.mark();
    let call = Call {
        id: blocked.command,
        hint: 0,
        args: &blocked.request.args(),
        may_block: true,
    };
    match run_data(core, &mut session, run, call) {
        Ok(Flow::Block(wait)) => {
            blocked.again_ms = wait.again_at.map(|moment| core.monotonic(moment));
            core.waiters.insert(blocked);
        }
        Ok(Flow::Done) => finish(core, &mut session, &blocked, mark, None),
        Err(error) => finish(core, &mut session, &blocked, mark, Some(&error)),
    }
    sessions.put(session);
}

/// Ends a wait whose outcome is written, or is this error.
fn finish(
    core: &mut Core,
    session: &mut Session,
    blocked: &Blocked,
    mark: russet_resp::Mark,
    error: Option<&CommandError>,
) {
    core.stats.called(blocked.command);
    if let Some(error) = error {
        session.output.rollback(mark);
        core.stats.failed(blocked.command);
        fail(core, session, error);
    }
    if blocked.is_silent {
        session.output.rollback(mark);
    }
    session.state = State::Open;
    core.leave(blocked);
    core.waiters.release(session.conn);
}

/// Ends the waits whose time is over.
pub(crate) fn expire_waits(core: &mut Core, sessions: &mut Sessions) {
    let now_ms = core.now.mono_ms();
    while let Some(client) = core.waiters.next_overdue(now_ms) {
        let conn = core.waiters.conn_of(client);
        let session = conn.and_then(|conn| sessions.get_mut(conn));
        let is_ended = session.is_some_and(|s| give_up(core, s, GivesUp::TimedOut));
        if !is_ended {
            core.stop_waiting(client);
        }
    }
}

/// Ends the wait of a client without what it waited for; false if it does not wait.
pub(crate) fn give_up(core: &mut Core, session: &mut Session, how: GivesUp) -> bool {
    if session.state != State::Blocked {
        return false;
    }
    let Some(blocked) = core.waiters.take(session.id) else {
        return false;
    };
    let mark = session.output.mark();
    let unblocked = CommandError::text("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    let error = match how {
        GivesUp::Refused => Some(&unblocked),
        GivesUp::TimedOut => {
            answer_nothing(session, blocked.wait.on_timeout);
            None
        }
    };
    finish(core, session, &blocked, mark, error);
    true
}

fn answer_nothing(session: &mut Session, what: NoReply) {
    let mut reply = Reply::new(&mut session.output, session.protocol);
    match what {
        NoReply::Null => reply.null(),
        NoReply::NullArray => reply.null_array(),
    }
}

impl Core {
    /// A moment of the wall clock, in monotonic milliseconds; not before now.
    fn monotonic(&self, moment: Millis) -> u64 {
        let rest_ms = moment.saturating_sub(self.now.wall_ms());
        let rest_ms = u64::try_from(rest_ms).unwrap_or_default();
        self.now.mono_ms().saturating_add(rest_ms)
    }

    /// Tells those who watch and those who wait of the keys that changed.
    pub(crate) fn hear_changes(&mut self) {
        for change in self.keyspace.take_changes() {
            let key = (change.db, change.key);
            self.touch_watched(&key);
            self.waiters.changed(key);
        }
    }

    /// Forgets the wait of a client, if it waits.
    pub(crate) fn stop_waiting(&mut self, client: u64) {
        if let Some(blocked) = self.waiters.take(client) {
            self.leave(&blocked);
        }
    }

    /// Takes a client out of the queues of its keys.
    fn leave(&mut self, blocked: &Blocked) {
        for key in blocked.keys() {
            if self.waiters.leave(blocked, &key) {
                self.keyspace.unobserve(key.0, &key.1);
            }
        }
    }
}

//! A client's session, and the table of all sessions.
//!
//! Always true: an idle session owns no buffer: input and output buffers come from the pool when
//! bytes arrive and go back when they are used up.
//! Not here: what is done with the bytes — `run.rs`.

use std::collections::VecDeque;

use russet_base::time::Now;
use russet_io::{ConnId, Origin};
use russet_resp::{ArgBuf, Output, Protocol, RequestDecoder};

use crate::fieldsets::Fieldsets;
use crate::registry::CommandId;
use crate::txn::Multi;

/// The size of a pooled buffer.
pub(crate) const BUFFER_SIZE: usize = 16 << 10;

/// How many buffers the pool keeps at most.
const POOL_COUNT_MAX: usize = 1024;

/// Whether replies reach the client (`CLIENT REPLY`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replies {
    /// They do.
    On,
    /// They do not.
    Off,
    /// The reply of the next command does not.
    SkipNext,
}

/// What a session is up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Commands run as they come.
    Open,
    /// Nothing runs until a job completes.
    Waiting,
    /// Nothing runs until a key changes, or the client gives up.
    Blocked,
    /// Nothing runs until a pause ends.
    Postponed,
    /// Nothing runs any more; the connection closes once its output was written.
    Closing,
}

/// Things a client asked for that others only read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// `CLIENT NO-EVICT on`.
    pub no_evict: bool,
    /// `CLIENT NO-TOUCH on`.
    pub no_touch: bool,
}

/// The names that a client gave itself; boxed, since most have none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// `CLIENT SETNAME`.
    pub name: Vec<u8>,
    /// `CLIENT SETINFO LIB-NAME`.
    pub lib_name: Vec<u8>,
    /// `CLIENT SETINFO LIB-VER`.
    pub lib_version: Vec<u8>,
}

/// One client.
pub(crate) struct Session {
    /// Its connection.
    pub conn: ConnId,
    /// Its number, never reused.
    pub id: u64,
    /// Where it came from.
    pub origin: Origin,
    /// The protocol of its replies.
    pub protocol: Protocol,
    /// The selected database.
    pub db: usize,
    /// Whether it may run commands that need authentication.
    pub authenticated: bool,
    /// What it is up to.
    pub state: State,
    /// Whether replies reach it.
    pub replies: Replies,
    /// What it asked for.
    pub wishes: Wishes,
    /// Its names, if any.
    pub names: Option<Box<Names>>,
    /// The last command, for CLIENT LIST.
    pub last_command: Option<CommandId>,
    /// When it connected, in wall milliseconds.
    pub created_ms: i64,
    /// When it last sent something, in monotonic milliseconds.
    pub active_ms: u64,
    /// Since when its output is beyond the soft limit, in monotonic milliseconds.
    pub over_soft_since_ms: Option<u64>,
    /// Bytes received so far.
    pub bytes_in: u64,
    /// Bytes sent so far.
    pub bytes_out: u64,
    /// Commands executed.
    pub commands: u64,
    /// Bytes received and not executed: `input[..filled]`, decoded up to `decoded`.
    pub input: Vec<u8>,
    /// How much of `input` holds bytes.
    pub filled: usize,
    /// How much of `input` was decoded into whole requests.
    pub decoded: usize,
    /// The decoder, in the middle of a request or at its start.
    pub decoder: RequestDecoder,
    /// Requests decoded but put off, since the session had to wait.
    pub deferred: VecDeque<ArgBuf>,
    /// Its transaction, from MULTI on.
    pub multi: Option<Box<Multi>>,
    /// What HIMPORT PREPARE declared, if anything.
    pub fieldsets: Option<Box<Fieldsets>>,
    /// Replies on their way.
    pub output: Output,
    /// Whether it stands in the turn's list of sessions with input.
    pub queued: bool,
    /// Whether it stands in the turn's list of sessions with output.
    pub flushing: bool,
    /// Whether its reading was refused and is to be resumed.
    pub paused: bool,
}

impl Session {
    /// A session that has just connected.
    pub(crate) fn new(conn: ConnId, id: u64, origin: Origin, now: Now) -> Self {
        Self {
            conn,
            id,
            origin,
            protocol: Protocol::Resp2,
            db: 0,
            authenticated: true,
            state: State::Open,
            replies: Replies::On,
            wishes: Wishes::default(),
            names: None,
            last_command: None,
            created_ms: now.wall_ms(),
            active_ms: now.mono_ms(),
            over_soft_since_ms: None,
            bytes_in: 0,
            bytes_out: 0,
            commands: 0,
            input: Vec::new(),
            filled: 0,
            decoded: 0,
            decoder: RequestDecoder::default(),
            deferred: VecDeque::new(),
            multi: None,
            fieldsets: None,
            output: Output::default(),
            queued: false,
            flushing: false,
            paused: false,
        }
    }

    /// The name, which may be empty.
    pub(crate) fn name(&self) -> &[u8] {
        self.names.as_deref().map_or(&[], |n| &n.name)
    }

    /// The names, made when there were none.
    pub(crate) fn names_mut(&mut self) -> &mut Names {
        self.names.get_or_insert_default()
    }

    /// Whether requests may run now.
    #[inline]
    pub(crate) fn runs(&self) -> bool {
        self.state == State::Open
    }

    /// Whether requests wait to run, whole ones or not.
    pub(crate) fn has_requests(&self) -> bool {
        !self.deferred.is_empty() || self.filled > self.decoded
    }

    /// Whether it is not on its way out.
    pub(crate) fn runs_or_waits(&self) -> bool {
        self.state != State::Closing
    }

    /// Lets the rest of its output go and then closes; runs nothing more.
    pub(crate) fn close(&mut self) {
        self.state = State::Closing;
        self.deferred.clear();
    }
}

/// Spare buffers of [`BUFFER_SIZE`] bytes, the last used first.
///
/// Input buffers keep their whole length, so that taking one never clears it.
#[derive(Default)]
pub(crate) struct Pool {
    inputs: Spares,
    outputs: Spares,
}

impl Pool {
    /// A buffer whose whole length may be written to.
    #[inline]
    pub(crate) fn input(&mut self) -> Vec<u8> {
        self.inputs.take().unwrap_or_else(|| vec![0; BUFFER_SIZE])
    }

    /// An empty buffer to append to.
    #[inline]
    pub(crate) fn output(&mut self) -> Vec<u8> {
        self.outputs
            .take()
            .unwrap_or_else(|| Vec::with_capacity(BUFFER_SIZE))
    }

    /// Takes an input buffer back; one that grew is given to the allocator instead.
    #[inline]
    pub(crate) fn give_input(&mut self, buffer: Vec<u8>) {
        if buffer.len() == BUFFER_SIZE {
            self.inputs.give(buffer);
        }
    }

    /// Takes an output buffer back; one that grew is given to the allocator instead.
    #[inline]
    pub(crate) fn give_output(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() < 2 * BUFFER_SIZE {
            buffer.clear();
            self.outputs.give(buffer);
        }
    }

    /// Gives half of the buffers to the allocator that nobody took since the last call.
    pub(crate) fn trim(&mut self) {
        self.inputs.trim();
        self.outputs.trim();
    }
}

/// Spare buffers of one kind.
#[derive(Default)]
struct Spares {
    buffers: Vec<Vec<u8>>,
    /// The fewest there were since the last trim.
    idle: usize,
}

impl Spares {
    #[inline]
    fn take(&mut self) -> Option<Vec<u8>> {
        let buffer = self.buffers.pop();
        self.idle = self.idle.min(self.buffers.len());
        buffer
    }

    #[inline]
    fn give(&mut self, buffer: Vec<u8>) {
        if self.buffers.len() < POOL_COUNT_MAX {
            self.buffers.push(buffer);
        }
    }

    fn trim(&mut self) {
        // Those in front were used longest ago.
        self.buffers.drain(..self.idle.div_ceil(2));
        self.idle = self.buffers.len();
    }
}

/// All sessions by connection, but for the one that is running.
#[derive(Default)]
pub(crate) struct Sessions {
    slots: Vec<Option<Box<Session>>>,
    len: usize,
    /// Connections that the turn must close once their output is written.
    pub closing: Vec<ConnId>,
    /// Connections that the turn must close at once.
    pub killed: Vec<ConnId>,
}

impl Sessions {
    /// How many there are, the running one among them.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds a session.
    pub(crate) fn insert(&mut self, session: Box<Session>) {
        let index = session.conn.index as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        self.slots[index] = Some(session);
        self.len += 1;
    }

    /// Removes the session of a connection.
    pub(crate) fn remove(&mut self, conn: ConnId) -> Option<Box<Session>> {
        let session = self.take(conn)?;
        self.len -= 1;
        Some(session)
    }

    /// Takes a session out to run it; [`Self::put`] brings it back.
    #[inline]
    pub(crate) fn take(&mut self, conn: ConnId) -> Option<Box<Session>> {
        let slot = self.slots.get_mut(conn.index as usize)?;
        if slot
            .as_ref()
            .is_some_and(|s| s.conn.generation == conn.generation)
        {
            return slot.take();
        }
        None
    }

    /// Puts a session back that was taken.
    #[inline]
    pub(crate) fn put(&mut self, session: Box<Session>) {
        let slot = &mut self.slots[session.conn.index as usize];
        debug_assert!(
            slot.is_none(),
            "a session that was taken left its place empty"
        );
        // PERF: what is known to be empty need not be dropped.
        if slot.is_none() {
            *slot = Some(session);
        }
    }

    /// The session of a connection.
    #[inline]
    pub(crate) fn get_mut(&mut self, conn: ConnId) -> Option<&mut Session> {
        let session = self.slots.get_mut(conn.index as usize)?.as_deref_mut()?;
        (session.conn.generation == conn.generation).then_some(session)
    }

    /// The session of a connection.
    #[inline]
    pub(crate) fn get(&self, conn: ConnId) -> Option<&Session> {
        let session = self.slots.get(conn.index as usize)?.as_deref()?;
        (session.conn.generation == conn.generation).then_some(session)
    }

    /// Every session that is in the table.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.slots.iter().filter_map(Option::as_deref)
    }

    /// Every session that is in the table.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.slots.iter_mut().filter_map(Option::as_deref_mut)
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;

    #[test]
    fn buffers_that_nobody_takes_go_by_halves_and_others_stay() {
        let mut pool = Pool::default();
        let taken: Vec<_> = (0..20).map(|_| pool.input()).collect();
        taken.into_iter().for_each(|buffer| pool.give_input(buffer));
        pool.trim();
        let mut left = Vec::new();
        for _ in 0..6 {
            let used: Vec<_> = (0..3).map(|_| pool.input()).collect();
            used.into_iter().for_each(|buffer| pool.give_input(buffer));
            pool.trim();
            left.push(pool.inputs.buffers.len());
        }
        assert_eq!(left, [11, 7, 5, 4, 3, 3]);
    }
}

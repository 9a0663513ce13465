//! CLIENT PAUSE: requests that are put off for a while.
//!
//! ```text
//!  CLIENT PAUSE 1000 WRITE ─► a request that may write is put off, with all behind it
//!  the time is over, or UNPAUSE ─► all go on, in the order they came
//! ```
//! Always true: a transaction that is running is not held up; the data stays as it is meanwhile:
//! keys whose deadline passes are absent to reads, but only go when the pause is over.
//! Not here: waiting for keys — `block.rs`.

use std::collections::VecDeque;

use russet_command::Flags;
use russet_io::ConnId;
use russet_resp::{ArgBuf, Args};

use crate::core::Core;
use crate::registry::Command;
use crate::session::{Session, Sessions, State};
use crate::txn;

/// A pause that is on.
#[derive(Debug, Clone)]
pub(crate) struct Pause {
    /// When it ends, in monotonic milliseconds.
    pub ends_ms: u64,
    /// Whether all requests are put off, not only those that may write.
    pub is_for_all: bool,
    /// Whose requests were put off, in order.
    postponed: VecDeque<ConnId>,
}

impl Core {
    /// Begins a pause, or makes the one that is on longer and stricter.
    pub(crate) fn pause(&mut self, ends_ms: u64, is_for_all: bool) {
        let pause = self.pause.get_or_insert_with(|| Pause {
            ends_ms,
            is_for_all,
            postponed: VecDeque::new(),
        });
        pause.ends_ms = pause.ends_ms.max(ends_ms);
        pause.is_for_all |= is_for_all;
        self.keyspace.keep_expired(true);
    }

    /// Ends the pause; those who were put off go on.
    pub(crate) fn unpause(&mut self, sessions: &mut Sessions) {
        let Some(pause) = self.pause.take() else {
            return;
        };
        self.keyspace.keep_expired(false);
        for conn in pause.postponed {
            let session = sessions.get_mut(conn);
            if let Some(session) = session.filter(|s| s.state == State::Postponed) {
                session.state = State::Open;
                self.waiters.release(conn);
            }
        }
    }

    /// Ends the pause when its time is over.
    pub(crate) fn end_pause(&mut self, sessions: &mut Sessions) {
        let now_ms = self.now.mono_ms();
        let is_over = |pause: &Pause| pause.ends_ms <= now_ms;
        if self.pause.as_ref().is_some_and(is_over) {
            self.unpause(sessions);
        }
    }

    /// Puts a request off if the pause asks for it; false if it may run.
    #[cold]
    pub(crate) fn postpone(
        &mut self,
        session: &mut Session,
        command: &Command,
        args: Args<'_>,
    ) -> bool {
        const WRITES: [Flags; 2] = [Flags::WRITE, Flags::MAY_REPLICATE];
        let Some(pause) = &mut self.pause else {
            return false;
        };
        let flags = match &session.multi {
            Some(multi) if txn::is_exec(command) => multi.flags,
            _ => command.spec.flags,
        };
        if !pause.is_for_all && !WRITES.iter().any(|&writes| flags.has(writes)) {
            return false;
        }
        pause.postponed.push_back(session.conn);
        session.state = State::Postponed;
        session.commands -= 1;
        session.deferred.push_front(ArgBuf::from(args));
        true
    }
}

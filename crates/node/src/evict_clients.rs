//! Closing clients when all together occupy more memory than `maxmemory-clients` allows.
//!
//! ```text
//!  received, ran, output given out, message delivered ─► weighed again
//!  before requests run, and at the end of a turn: the sum is beyond the limit
//!      ─► the client with the most memory is closed, until it is not
//! ```
//! Not here: the sum — `weights.rs`; limits of one client's output — `outgoing/limits.rs`.

use russet_io::{ConnId, LogLevel};

use crate::client_memory::Memory;
use crate::control::client::describe::{Names, describe};
use crate::node::Node;

impl Node {
    /// Weighs the clients whose memory may have changed, and closes some if it is too much.
    pub(crate) fn weigh_clients(&mut self) {
        let (mut changed, is_all) = self.core.weights.take_changed();
        if is_all {
            changed = self.sessions.iter().map(|session| session.conn).collect();
        }
        for conn in changed {
            match self.sessions.get_mut(conn) {
                Some(session) if session.runs_or_waits() => {
                    let bytes = Memory::of(&self.core, session).total as u64;
                    let may_go = !session.wishes.no_evict;
                    self.core.weights.set(conn, bytes, may_go);
                }
                _ => self.core.weights.remove(conn),
            }
        }
        while let Some(conn) = self.core.weights.heaviest() {
            self.evict_client(conn);
        }
    }

    /// The same at the end of a turn: those to whom messages were delivered count as well.
    #[cold]
    pub(crate) fn weigh_written(&mut self) {
        if let Some(receivers) = &mut self.core.outgoing.receivers {
            for conn in receivers.drain(..) {
                self.core.weights.change(conn);
            }
        }
        self.weigh_clients();
    }

    /// Closes a client for its memory.
    fn evict_client(&mut self, conn: ConnId) {
        self.core.weights.remove(conn);
        if let Some(session) = self.sessions.get_mut(conn) {
            let mut text = "Evicting client: ".to_owned();
            describe(&self.core, session, Names::in_log(&self.core), &mut text);
            self.core.outbox.log(LogLevel::Notice, text.trim_end());
            self.core.stats.evicted_clients += 1;
            self.drop_session(conn);
        }
    }
}

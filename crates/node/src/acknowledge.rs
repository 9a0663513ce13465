//! Acknowledging: clients hear that their writes are durable (WAITAOF), or replicated (WAIT).
//!
//! ```text
//!  WAITAOF ─► offset of the last write ─┬─ synced ──► [1, 0]
//!                                       └─ not yet ─► waits ─┬─ a sync ends ──► [1, 0]
//!                                                            ├─ timeout ──────► [0, 0]
//!                                                            ├─ appendonly no ► error
//!                                                            └─ CLIENT UNBLOCK
//! ```
//! There are no replicas yet, so whoever waits for a replica waits until the timeout.
//!
//! Always true: a local 1 means that the sync which covers the write has returned, or that a base
//! which holds it is on the disk.
//! Not here: who waits — `acks.rs`; the commands — `control/wait.rs`; what is durable —
//! `persist/aof.rs`

use russet_command::CommandError;
use russet_io::ConnId;
use russet_resp::Protocol;

use crate::acks::{Waiting, Wanted};
use crate::block::{GivesUp, UNBLOCKED, end_request, fail};
use crate::core::Core;
use crate::journal::Offset;
use crate::session::{For, Session, Sessions, State};

/// WAITAOF for a local file while `appendonly` is `no`.
const NO_FILE: CommandError = CommandError::text(
    "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
);

impl Core {
    /// Whether a condition is met.
    pub(crate) fn is_met(&self, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Replicas(replicas) => replicas <= 0,
            Wanted::Files {
                local,
                replicas,
                upto,
            } => replicas <= 0 && local <= self.synced(upto),
        }
    }

    /// Why a condition cannot be met.
    pub(crate) fn refuse_wait(&self, wanted: Wanted) -> Option<CommandError> {
        let needs_file = matches!(wanted, Wanted::Files { local: 1.., .. });
        (needs_file && !self.config.appendonly).then_some(NO_FILE)
    }

    /// Writes how far a condition is met.
    pub(crate) fn acknowledge(&mut self, wanted: Wanted, conn: ConnId, protocol: Protocol) {
        let local = match wanted {
            Wanted::Replicas(_) => None,
            Wanted::Files { upto, .. } => Some(self.synced(upto)),
        };
        let mut reply = self.outgoing.reply(conn, protocol);
        if let Some(local) = local {
            reply.array(2);
            reply.integer(local);
        }
        reply.integer(0);
    }

    /// 1 if a sync has covered all changes up to an offset; else 0.
    fn synced(&self, upto: Offset) -> i64 {
        i64::from(self.aof.durable().is_some_and(|durable| durable >= upto))
    }
}

/// Ends the waits whose condition is met or has become impossible, or whose time is over.
pub(crate) fn serve(core: &mut Core, sessions: &mut Sessions) {
    if core.acks.is_empty() {
        return;
    }
    if !core.config.appendonly {
        for waiting in core.acks.take_of_file() {
            end_of(core, sessions, waiting, Some(NO_FILE));
        }
    }
    let (now_us, durable) = (core.now.mono_us, core.aof.durable());
    while let Some(waiting) = core.acks.take_over(now_us, durable) {
        end_of(core, sessions, waiting, None);
    }
}

fn end_of(core: &mut Core, sessions: &mut Sessions, waiting: Waiting, error: Option<CommandError>) {
    if let Some(session) = sessions.get_mut(waiting.conn) {
        end(core, session, waiting, error);
    }
}

/// Ends the wait of a client at the request of another one; false if it does not wait.
pub(crate) fn give_up(core: &mut Core, session: &mut Session, how: GivesUp) -> bool {
    if session.state != State::Waits(For::Acks) {
        return false;
    }
    let Some(waiting) = core.acks.take(session.conn) else {
        return false;
    };
    let error = (how == GivesUp::Refused).then_some(UNBLOCKED);
    end(core, session, waiting, error);
    true
}

fn end(core: &mut Core, session: &mut Session, waiting: Waiting, error: Option<CommandError>) {
    core.outgoing.equip(session.conn);
    let mark = core.outgoing.output(session.conn).mark();
    match error {
        Some(error) => fail(core, session, &error),
        None => core.acknowledge(waiting.wanted, session.conn, session.protocol),
    }
    end_request(core, session, mark);
}

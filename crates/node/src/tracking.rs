//! Client-side caching: which connections are told when keys change that they may hold.
//!
//! ```text
//!  default   a read ─► table[key] += client ── the key changes ─► "invalidate" to each; forgotten
//!  BCAST     prefixes[p] += client ── a key with p changes ─► gathered ─► end of the turn: told
//!  REDIRECT  another connection is told instead, if it is still there
//! ```
//! | input | effect |
//! |---|---|
//! | on | the client has this mode; prefixes add to those before |
//! | off, gone | nothing is sent to it; the table forgets it when its keys change |
//! | read | the keys are remembered, unless OPTIN or OPTOUT says otherwise |
//! | change | those who remember the key are taken from the table; prefixes gather it |
//! | flush, SWAPDB | everybody is told; the table is empty |
//! | table beyond its limit | some keys are invalidated for no reason, more in the next turn |
//!
//! Always true: the engine observes the keys of the table, and all keys while there are prefixes.
//! Always true: nobody is told of a key that its user may not read.
//! Always true: no turn has to forget many more keys than its requests have read.
//! Not here: messages — `invalidate.rs`; the commands — `control/client/tracking.rs`.

mod prefixes;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use russet_base::rng::Rng;
use russet_io::ConnId;

use crate::acl::User;
use crate::waiters::DbKey;

pub(crate) use prefixes::{Changed, Prefixes, overlap};
pub(crate) use table::{TRACKERS, Table};

/// Which reads are remembered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// All.
    #[default]
    Default,
    /// Only the reads after CLIENT CACHING YES.
    OptIn,
    /// All reads but those after CLIENT CACHING NO.
    OptOut,
    /// None: changes of all keys with certain prefixes are told.
    Broadcast,
}

/// How far a CLIENT CACHING reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Caching {
    /// There was none.
    #[default]
    Unsaid,
    /// The next command.
    Next,
    /// The transaction that has begun since.
    Transaction,
}

/// The tracking of one client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tracker {
    pub mode: Mode,
    /// Whether it is not told of its own changes.
    pub no_loop: bool,
    /// The client that is told instead: its number and its connection.
    pub redirect: Option<(u64, ConnId)>,
    /// Whether that client was found to be gone.
    pub is_broken: bool,
    /// The user of the client, if there is something that it may not do.
    pub user: Option<Arc<User>>,
    pub caching: Caching,
}

impl Tracker {
    /// Whether its client may hear of a change of a key.
    pub(crate) fn may_hear_of(&self, (db, key): &DbKey) -> bool {
        let user = self.user.as_ref();
        user.is_none_or(|user| user.may_read(*db, key))
    }

    /// Whether the reads of its next command are remembered.
    fn remembers(&self) -> bool {
        let is_said = self.caching != Caching::Unsaid;
        match self.mode {
            Mode::Default => true,
            Mode::OptIn => is_said,
            Mode::OptOut => !is_said,
            Mode::Broadcast => false,
        }
    }

    /// A command of this name has run.
    fn step(&mut self, name: &str) {
        self.caching = match (self.caching, name) {
            (Caching::Unsaid, _) | (Caching::Transaction, "exec" | "discard" | "reset") => {
                Caching::Unsaid
            }
            (Caching::Next, "multi") | (Caching::Transaction, _) => Caching::Transaction,
            (Caching::Next, "client") => Caching::Next,
            (Caching::Next, _) => Caching::Unsaid,
        };
    }
}

/// All clients that track.
#[derive(Debug)]
pub(crate) struct Tracking {
    trackers: BTreeMap<ConnId, Tracker>,
    pub table: Table,
    pub prefixes: Prefixes,
}

impl Tracking {
    /// Nobody tracks; keys are hashed with seeds from `rng`.
    pub(crate) fn new(rng: &mut Rng) -> Self {
        Self {
            trackers: BTreeMap::new(),
            table: Table::new(rng),
            prefixes: Prefixes::default(),
        }
    }

    /// Whether nobody tracks.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.trackers.is_empty()
    }

    /// The tracking of a client.
    pub(crate) fn get(&self, conn: ConnId) -> Option<&Tracker> {
        self.trackers.get(&conn)
    }

    /// The tracking of a client.
    pub(crate) fn get_mut(&mut self, conn: ConnId) -> Option<&mut Tracker> {
        self.trackers.get_mut(&conn)
    }

    /// Sets the tracking of a client.
    pub(crate) fn set(&mut self, conn: ConnId, tracker: Tracker) {
        self.trackers.insert(conn, tracker);
    }

    /// Ends the tracking of a client.
    pub(crate) fn remove(&mut self, conn: ConnId) {
        if self.trackers.remove(&conn).is_some() {
            self.prefixes.remove(conn);
        }
    }

    /// All clients that track.
    pub(crate) fn clients(&self) -> impl Iterator<Item = ConnId> {
        self.trackers.keys().copied()
    }

    /// The number of clients that track.
    pub(crate) fn len(&self) -> usize {
        self.trackers.len()
    }

    /// Whether what a client reads now is remembered.
    pub(crate) fn remembers(&self, conn: ConnId) -> bool {
        self.trackers.get(&conn).is_some_and(Tracker::remembers)
    }

    /// A command of a client has run; whether what it read is to be remembered.
    pub(crate) fn step(&mut self, conn: ConnId, name: &str) -> bool {
        let Some(tracker) = self.trackers.get_mut(&conn) else {
            return false;
        };
        let remembers = tracker.remembers();
        tracker.step(name);
        remembers
    }
}

#[cfg(test)]
mod tests;

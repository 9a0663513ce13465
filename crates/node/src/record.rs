//! What the log is to hold: the requests that repeat what was done, unit by unit.
//!
//! ```text
//!  SET k v EX 10              ─► unit [ SET k v PXAT … ]
//!  MULTI  INCR a  GET a  DEL b  EXEC
//!                             ─► unit [ INCR a · DEL b ]        one transaction, if there are two
//!  INCR k, whose deadline has passed
//!                             ─► unit [ DEL k · INCR k ]
//!  time passes                ─► unit [ DEL a ], unit [ HDEL h f ]
//! ```
//! Who repeats the units needs no clock: whatever expires is removed by them.
//!
//! Always true: a unit is not empty; what changed nothing is in none; nothing is recorded while
//! nobody reads.
//! Not here: what a command wants recorded — `russet_command::Effects`.

use russet_command::effects::removal;
use russet_command::{Effects, Propagate};
use russet_engine::{Event, EventKind};
use russet_resp::{ArgBuf, Args};

use crate::core::Core;
use crate::node::Node;

/// A request that repeats a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The database it is for.
    pub db: usize,
    /// The request.
    pub request: ArgBuf,
}

/// Requests that must be repeated all or none.
pub type Unit = Vec<Record>;

/// The units that nobody has taken yet.
#[derive(Debug, Default)]
pub(crate) struct Records {
    open: Unit,
    closed: Vec<Unit>,
}

impl Records {
    /// Notes what a command did that was asked for in this database.
    pub(crate) fn note(&mut self, db: usize, args: Args<'_>, effects: &mut Effects) {
        if !effects.is_logged() {
            return;
        }
        let record = |request| Record { db, request };
        match std::mem::take(&mut effects.propagate) {
            Propagate::Verbatim => self.open.push(record(ArgBuf::from(args))),
            Propagate::As(requests) => self.open.extend(requests.into_iter().map(record)),
            Propagate::Nothing => {}
        }
    }

    /// Notes what expired before a command could find it, whose value is freed lazily or at once.
    pub(crate) fn note_event(&mut self, event: &Event, is_lazy: bool) {
        let request = match &event.kind {
            EventKind::Expired => ArgBuf::from_slices(&[removal(is_lazy), &event.key]),
            EventKind::FieldExpired(field) => ArgBuf::from_slices(&[b"HDEL", &event.key, field]),
            EventKind::Evicted | EventKind::Emptied => return,
        };
        let db = event.db;
        self.open.push(Record { db, request });
    }

    /// A unit has ended.
    fn end_unit(&mut self) {
        if !self.open.is_empty() {
            self.closed.push(std::mem::take(&mut self.open));
        }
    }

    /// What was noted since the last unit belongs to no command: each is a unit of its own.
    pub(crate) fn end_each(&mut self) {
        self.closed.extend(self.open.drain(..).map(|one| vec![one]));
    }
}

impl Core {
    /// A unit has ended, with what expired in it.
    pub(crate) fn end_unit(&mut self) {
        if self.effects.recording {
            self.hear_events();
            self.records.end_unit();
        }
    }
}

impl Node {
    /// Sets whether [`Self::take_records`] will have something to give; at first it will not.
    ///
    /// # Examples
    /// ```
    /// use russet_node::loopback::Loopback;
    ///
    /// let mut server = Loopback::new(Default::default());
    /// let client = server.connect();
    /// server.node().keep_records(true);
    /// server.call(client, b"MULTI\r\nSET k v\r\nGET k\r\nSELECT 1\r\nINCR n\r\nEXEC\r\n");
    /// let units = server.node().take_records();
    /// assert_eq!(units.len(), 1);
    /// assert_eq!((units[0][0].db, &units[0][0].request.args()[0]), (0, &b"SET"[..]));
    /// assert_eq!((units[0][1].db, &units[0][1].request.args()[0]), (1, &b"INCR"[..]));
    /// ```
    pub fn keep_records(&mut self, kept: bool) {
        self.core.effects.recording = kept;
        self.core.derive_events();
        if !kept {
            self.core.records = Records::default();
        }
    }

    /// What changed since the last call, as requests that change it again: unit by unit, each to be
    /// repeated as a whole.
    pub fn take_records(&mut self) -> Vec<Unit> {
        std::mem::take(&mut self.core.records.closed)
    }
}
